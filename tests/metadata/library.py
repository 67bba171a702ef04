"""What the tests of the library formats share: how a work is written and judged, and records both sides of a crosswalk can hold."""

import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from lxml import etree

from server.metadata.format import Format, formats
from server.metadata.roles import RELATORS
from server.metadata.work import Work
from server.records import model
from server.records.vocabulary import ACCESS, TYPES
from tests.metadata import famous

SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[2] / ".." / "shared").resolve()
DRIVER = SHARED / "data" / "schemas" / "oai-all.xsd"
needs_schema = pytest.mark.skipif(not DRIVER.exists(), reason="needs schemas/oai-all.xsd of SHEAF_SHARED")
GOLDEN = Path(__file__).resolve().parent.parent / "golden"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
MANY = settings(
    max_examples=int(os.environ.get("SHEAF_TEST_EXAMPLES") or 40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@cache
def form(name: str) -> Format:
    return formats()[name]


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(DRIVER))


def written(name: str, work: Work) -> etree._Element:
    return etree.fromstring(form(name).write(work).strip().encode())


def titled(**fields: object) -> Work:
    return famous.work(9, model.Record(**({"type": "publication.book", "title": model.Text(value="T")} | fields)), handle="")


def with_files(record: model.Record, **more: object) -> Work:
    """Make a work whose open files have addresses, as the repository gives them."""
    urls = tuple(
        f"https://repo.example.org/items/X/files/{at}" if record.access_to(file) == "open" else ""
        for at, file in enumerate(record.files)
    )
    return famous.work(8, record, file_urls=urls, **more)


def approved(name: str, work: str) -> None:
    """Compare with what a person has read; SHEAF_TEST_GOLDEN=rewrite writes it anew."""
    document = etree.tostring(written(name, famous.ALL[work]), method="c14n") + b"\n"
    golden = GOLDEN / name / f"{work}.xml"
    if os.environ.get("SHEAF_TEST_GOLDEN") == "rewrite":
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(document)
    assert document == golden.read_bytes()


def stands_alone(root: etree._Element, form: Format) -> None:
    """Check that the root declares every namespace used below it, for harvesters cut the metadata out, and says where its schema is."""
    declared = {uri for uri in root.nsmap.values() if uri} | {"http://www.w3.org/XML/1998/namespace"}
    used = {
        etree.QName(name).namespace for element in root.iter() for name in (element.tag, *element.attrib) if name.startswith("{")
    }
    assert used <= declared
    assert all(value.split(":")[0] in root.nsmap for value in root.xpath("//@*[name()='xsi:type']"))
    assert etree.QName(root).namespace == form.namespace
    location = root.get(f"{XSI}schemaLocation").split()
    assert dict(zip(location[::2], location[1::2], strict=True))[form.namespace] == form.schema


NAMES = st.sampled_from(("Mendel", "Noether", "Curie", "Lovelace", "紫式部", "O'Brien"))
BODIES = st.sampled_from(("Académie des sciences", "Royal Institution of Great Britain"))
LANGUAGES = st.sampled_from(("de", "fr", "en", "zh", "akk", "ja"))
PERSON = {"family": NAMES, "given": st.sampled_from(("Gregor", "Ada", ""))}
ORCID = st.sampled_from(((), (model.AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),)))
ROLES = st.sampled_from((*sorted(set(RELATORS) - {"creator"}), "ContactPerson", "WorkPackageLeader"))
IDENTIFIERS = (
    model.Identifier(scheme="doi", value="10.1002/andp.19053221004"), model.Identifier(scheme="pmid", value="17747831"),
    model.Identifier(scheme="handle", value="20.500.12345/7"), model.Identifier(scheme="urn", value="urn:nbn:de:101:1-2"),
    model.Identifier(scheme="isbn", value="978-3-16-148410-0"), model.Identifier(scheme="url", value="https://example.org/x?a=b&c"),
)  # fmt: skip
#: What a record and a library format can both say, so that nothing is lost on the way out and in again.
SAYABLE = st.builds(
    model.Record,
    type=st.sampled_from(sorted(TYPES)),
    title=st.builds(model.Text, value=st.sampled_from(("Versuche über Pflanzen-Hybriden", "源氏物語", "A & B <c>"))),
    subtitle=st.sampled_from(("", "ein Versuch")),
    creators=st.lists(
        st.one_of(st.builds(model.Agent, ids=ORCID, **PERSON), st.builds(model.Agent, kind=st.just("org"), name=BODIES)),
        max_size=3,
    ).map(tuple),
    contributors=st.lists(st.builds(model.Contributor, role=ROLES, **PERSON), max_size=2, unique=True).map(tuple),
    abstracts=st.sampled_from(((), (model.Text(value="Peas, and what becomes of them."),))),
    dates=st.builds(model.Dates, issued=st.sampled_from(("1866", "1866-02", "1866-02-08", "-1100", "0820"))),
    languages=st.lists(LANGUAGES, unique=True, max_size=2).map(tuple),
    publisher=st.builds(model.Publisher, name=BODIES, place=st.sampled_from(("", "Brünn"))),
    container=st.builds(
        model.Container,
        title=st.sampled_from(("Verhandlungen des naturforschenden Vereines", "Annalen der Physik")),
        issn_print=st.just("2049-3630"),
        issn_online=st.sampled_from(("", "1521-3889")),
        volume=st.sampled_from(("4", "322")),
        issue=st.sampled_from(("", "10")),
        first_page=st.just("3"),
        last_page=st.sampled_from(("", "47")),
        series=st.sampled_from(("", "Ostwalds Klassiker")),
    ),
    conference=st.builds(model.Conference, name=st.sampled_from(("", "Solvay Conference on Physics"))),
    identifiers=st.lists(st.sampled_from(IDENTIFIERS), unique=True, max_size=3).map(tuple),
    related=st.lists(
        st.builds(
            model.Related,
            scheme=st.just("doi"),
            value=st.sampled_from(("10.1002/andp.19053231314", "10.5072/other")),
            relation=st.sampled_from(("References", "Continues", "IsSupplementTo", "HasVersion", "IsPartOf")),
        ),
        unique=True,
        max_size=2,
    ).map(tuple),
    version=st.sampled_from(("", "VoR", "AM")),
    access=st.sampled_from(sorted(ACCESS)),
    licences=st.sampled_from(((), (famous.PUBLIC_DOMAIN,))),
    temporal=st.sampled_from(((), ("Bronze Age",))),
)

#: What comes back as it was.
KEPT = (
    "title", "subtitle", "type", "creators", "contributors", "abstracts", "dates", "languages", "publisher", "conference", "version",
    "access", "temporal",
)  # fmt: skip


def comes_back(name: str, read: model.Record, record: model.Record) -> None:
    """Check what both sides can say; the address of the page comes in as one identifier more, a set of relations in any order."""
    for field in KEPT:
        assert getattr(read, field) == getattr(record, field), f"{name} {field}"
    assert read.container == record.container, name
    page = model.Identifier(scheme="url", value="https://repo.example.org/items/01J00000000000000000000008")
    assert set(read.identifiers) - {page} == set(record.identifiers), name
    assert set(read.related) == set(record.related), name
    assert {licence.uri for licence in read.licences} == {licence.uri for licence in record.licences}, name
