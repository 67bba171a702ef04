"""What the tests of every format do: write a work, compare it with what a person approved, judge it by schema and by rules."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from lxml import etree

from server.metadata.format import Format, formats
from server.metadata.ruling import Facts, Fault, Weight, rules
from server.metadata.work import Work
from server.records import model
from tests.conftest import SHARED
from tests.metadata import famous

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SCHEMAS = SHARED / "data" / "schemas"
needs_schemas = pytest.mark.skipif(not SCHEMAS.exists(), reason="needs data/schemas of SHEAF_SHARED")
MANY = settings(
    max_examples=int(os.environ.get("SHEAF_TEST_EXAMPLES") or 25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NS = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "datacite": "http://datacite.org/schema/kernel-4",
    "envelope": "http://schema.datacite.org/oai/oai-1.1/",
    "oaire": "http://namespace.openaire.eu/schema/oaire/",
    "qdc": "http://worldcat.org/xmlschemas/qdc-1.0/",
    "rioxx": "http://www.rioxx.net/schema/v3.0/rioxx/",
    "rioxxterms": "http://docs.rioxx.net/schema/v3.0/rioxxterms/",
}
_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
FACTS = Facts("https://repo.example.org")


@cache
def found() -> dict[str, Format]:
    return formats()


def written(name: str, work: Work) -> etree._Element:
    """Write a work in a format and read it again, as a harvester that cut it out of a page does."""
    return etree.fromstring(found()[name].write(work).strip().encode())


def titled(**fields: object) -> Work:
    """Make a work of a title and these fields; those of the work itself may be among them."""
    added = {name: fields.pop(name) for name in ("doi", "handle", "file_urls", "deposited", "repository_name") if name in fields}
    return famous.work(9, model.Record(**({"type": "publication.book", "title": model.Text(value="T")} | fields)), **added)


def texts(root: etree._Element, path: str) -> list[str]:
    return [value if isinstance(value, str) else value.text or "" for value in root.xpath(path, namespaces=NS)]


def is_as_approved(name: str, work: str) -> None:
    """Compare a famous work with its golden file, or rewrite that where a person has read the difference."""
    document = etree.tostring(written(name, famous.ALL[work]), method="c14n") + b"\n"
    golden = GOLDEN / name / f"{work}.xml"
    if os.environ.get("SHEAF_TEST_GOLDEN") == "rewrite":
        golden.write_bytes(document)
    assert document == golden.read_bytes()


def stands_alone(name: str) -> None:
    """Check that a fragment names its own namespace and schema, and that the format does so in the same words."""
    form, root = found()[name], written(name, famous.CURIE)
    assert form.prefix == name
    assert etree.QName(root).namespace == form.namespace
    assert root.get(_LOCATION) == f"{form.namespace} {form.schema}"


def faults(name: str, fragment: etree._Element, facts: Facts = FACTS) -> list[Fault]:
    """Return what the rules say of a fragment in a record."""
    record = etree.Element("{http://www.openarchives.org/OAI/2.0/}record")
    etree.SubElement(record, "{http://www.openarchives.org/OAI/2.0/}metadata").append(fragment)
    return list(rules()[name].check(record, facts))


def errors(all_faults: Iterable[Fault]) -> set[str]:
    return {fault.rule for fault in all_faults if fault.weight is Weight.ERROR}


@cache
def schema(name: str) -> etree.XMLSchema:
    """Compile the schema of a format from the local copies."""
    return etree.XMLSchema(etree.fromstring(DRIVERS[name].replace("SCHEMAS", SCHEMAS.as_uri())))


#: DCMI's container without a namespace, in the namespace of the format, which is all that format's own schema does;
#: DataCite's envelope, of which there is no local copy, as its documentation describes it.
DRIVERS = {
    "oai_datacite": """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
        targetNamespace="http://schema.datacite.org/oai/oai-1.1/" xmlns:d="http://datacite.org/schema/kernel-4">
      <xs:import namespace="http://datacite.org/schema/kernel-4" schemaLocation="SCHEMAS/datacite/kernel-4.7/metadata.xsd"/>
      <xs:element name="oai_datacite"><xs:complexType><xs:all>
        <xs:element name="schemaVersion" type="xs:string"/><xs:element name="datacentreSymbol" type="xs:string"/>
        <xs:element name="payload">
          <xs:complexType><xs:sequence><xs:element ref="d:resource"/></xs:sequence></xs:complexType>
        </xs:element></xs:all></xs:complexType></xs:element></xs:schema>""",
    "oai_openaire": """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
      <xs:import namespace="http://namespace.openaire.eu/schema/oaire/" schemaLocation="SCHEMAS/openaire/4.0/openaire.xsd"/>
      </xs:schema>""",
    "oai_qdc": """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
        targetNamespace="http://worldcat.org/xmlschemas/qdc-1.0/">
      <xs:include schemaLocation="SCHEMAS/dc/2008/qualifieddc.xsd"/></xs:schema>""",
}
