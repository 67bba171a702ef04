"""The variants of oai_dc: the same elements but for dc:type and the classes, and never a word of another's profile."""

import os
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from server.metadata.format import formats
from server.metadata.formats import oai_dc, oai_dc_dini, oai_dc_openaire, oai_dc_plain
from server.records import model
from server.records.vocabulary import TYPES
from tests.conftest import SHARED
from tests.metadata import famous, famous_theses
from tests.strategies import records

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
SCHEMA = SHARED / "data" / "schemas" / "oai" / "oai_dc.xsd"
needs_schema = pytest.mark.skipif(not SCHEMA.exists(), reason="needs schemas/oai/oai_dc.xsd of SHEAF_SHARED")
VARIANTS = {"oai_dc_openaire": oai_dc_openaire, "oai_dc_dini": oai_dc_dini, "oai_dc_plain": oai_dc_plain}
#: What the specification lets differ (crosswalk C.2, last paragraph).
DIFFERENT = {"oai_dc_openaire": {"type"}, "oai_dc_dini": {"type", "subject"}, "oai_dc_plain": {"type"}}
FORMATS = formats()
WORKS = {**famous.ALL, "noether": famous_theses.NOETHER}
each_variant = pytest.mark.parametrize("name", VARIANTS)


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(SCHEMA))


def values(name: str, element: str, **fields: object) -> list[str]:
    record = model.Record(**({"type": "publication.book", "title": model.Text(value="T")} | fields))
    return [found.value for found in VARIANTS[name].view(famous.work(9, record)) if found.name == element]


@each_variant
@pytest.mark.parametrize("work", WORKS)
def test_famous_works_are_as_they_were_approved(name, work):
    written = etree.fromstring(FORMATS[name].write(WORKS[work]).encode())
    canonical = etree.tostring(written, method="c14n").replace(b"><dc:", b">\n<dc:") + b"\n"
    golden = GOLDEN / name / f"{work}.xml"
    if os.environ.get("SHEAF_TEST_GOLDEN") == "rewrite":
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(canonical)
    assert canonical == golden.read_bytes()


@each_variant
def test_a_variant_answers_to_the_prefix_of_the_default(name):
    default, variant = FORMATS["oai_dc"], FORMATS[name]
    assert variant.name == name
    assert (variant.prefix, variant.namespace, variant.schema) == (default.prefix, default.namespace, default.schema)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records(dirty=True))
def test_variants_differ_only_where_the_specification_says_and_all_are_valid(given_):
    work = famous.work(8, given_, doi="10.5072/x")
    default = oai_dc.view(work)
    for name, variant in VARIANTS.items():
        found = variant.view(work)
        assert [e for e in found if e.name not in DIFFERENT[name]] == [e for e in default if e.name not in DIFFERENT[name]]
        if SCHEMA.exists():
            schema().assertValid(etree.fromstring(FORMATS[name].write(work).encode()))


@pytest.mark.parametrize("code", TYPES)
def test_types(code):
    kind = TYPES[code]
    assert values("oai_dc_openaire", "type", type=code) == [f"info:eu-repo/semantics/{kind.eurepo}"]
    assert values("oai_dc_openaire", "type", type=code, version="AM")[1:] == ["info:eu-repo/semantics/acceptedVersion"]
    assert values("oai_dc_plain", "type", type=code, version="AM") == [kind.label]
    term, dcmi, version = values("oai_dc_dini", "type", type=code, version="AM")
    assert term.startswith("doc-type:")
    assert (dcmi, version) == (kind.dcmi, "status-type:acceptedVersion")


@each_variant
@pytest.mark.parametrize("code", ["publication.journalArticle", "etd.doctoral", "software.workflow"])
def test_a_record_never_mixes_profiles(name, code):
    signs = {"oai_dc_openaire": "info:eu-repo/semantics/", "oai_dc_dini": "doc-type:", "oai_dc_plain": TYPES[code].label}
    types = values(name, "type", type=code, version="VoR")
    assert {other for other, sign in signs.items() if any(value.startswith(sign) for value in types)} == {name}


def test_dini_classes_have_three_digits_and_what_is_no_number_stays_a_keyword():
    subjects = tuple(
        model.Subject(value=value, scheme=scheme, code=code)
        for value, scheme, code in (
            ("P", "ddc", "530.11"),
            ("Q", "DDC", " 530 "),
            ("R", "ddc", "5"),
            ("S", "lcc", "512"),
            ("T", "ddc", ""),
        )
    )
    assert values("oai_dc_dini", "subject", subjects=subjects) == ["ddc:530", "R", "S", "T"]
    assert values("oai_dc_openaire", "subject", subjects=subjects[:1]) == ["info:eu-repo/classification/ddc/530.11"]


def test_the_default_is_what_irus_maps_and_unchanged_by_its_variants():
    record = msgspec.structs.replace(famous_theses.NOETHER.record, version="")
    types = [e.value for e in oai_dc.view(famous.work(9, record, file_urls=("u",))) if e.name == "type"]
    assert types == [
        "info:eu-repo/semantics/doctoralThesis",
        "Doctoral thesis",
        "http://purl.org/coar/resource_type/c_db06",
        "etd.doctoral",
        "Text",
    ]


def test_what_has_another_name_than_its_prefix_is_a_variant_but_for_case():
    assert {name for name, form in FORMATS.items() if form.is_variant} >= {*VARIANTS}
    assert not FORMATS["oai_dc"].is_variant
    assert not FORMATS["xmetadissplus"].is_variant
