"""oai_dc: the profile rule by rule, three famous works as a person reads them, and any record as the official schema reads it."""

import os
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from server.metadata.format import formats
from server.metadata.formats.oai_dc import view
from server.metadata.readers.oai_dc import PLUGIN
from server.records import model
from server.records.vocabulary import ACCESS, TYPES
from server.xml import FORBIDDEN, parse
from tests.conftest import SHARED
from tests.metadata import famous
from tests.strategies import records

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "oai_dc"
SCHEMA = SHARED / "data" / "schemas" / "oai" / "oai_dc.xsd"
needs_schema = pytest.mark.skipif(not SCHEMA.exists(), reason="needs schemas/oai/oai_dc.xsd of SHEAF_SHARED")
DC = "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
LANDING = "https://repo.example.org/items/01J00000000000000000000009"


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(SCHEMA))


def document(work: famous.Work) -> bytes:
    return formats()["oai_dc"].write(work).encode()


def work(**fields: object) -> famous.Work:
    added = {name: fields.pop(name) for name in ("doi", "handle", "file_urls") if name in fields}
    return famous.work(9, model.Record(**({"type": "publication.book", "title": model.Text(value="T")} | fields)), **added)


def values(name: str, **fields: object) -> list[str]:
    """Return the values of one element, as the template writes them, for a record with these fields."""
    found = etree.fromstring(document(work(**fields))).findall(DC + name)
    return [(f"{element.text}@{lang}" if (lang := element.get(LANG)) else str(element.text)) for element in found]


@pytest.mark.parametrize("name", famous.ALL)
def test_famous_works_are_as_they_were_approved(name):
    canonical = etree.tostring(etree.fromstring(document(famous.ALL[name])), method="c14n").replace(b"><dc:", b">\n<dc:") + b"\n"
    golden = GOLDEN / f"{name}.xml"
    if os.environ.get("SHEAF_TEST_GOLDEN") == "rewrite":
        golden.write_bytes(canonical)
    assert canonical == golden.read_bytes()


def test_the_elements_stand_in_the_order_of_the_profile():
    order = ["title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier", "source",
             "language", "relation", "coverage", "rights"]  # fmt: skip
    for each in famous.ALL.values():
        names = [element.name for element in view(each)]
        assert names == sorted(names, key=order.index)


def test_titles():
    alternatives = (model.Title(value="A", lang="eng", kind="translated"), model.Title(value="B"))
    title = model.Text(value="T", lang="de_AT")
    assert values("title", title=title, subtitle="S", alt_titles=alternatives) == ["T: S@de-AT", "A@en", "B"]


def test_creators_are_inverted_and_none_is_lost():
    wang = model.Agent(family="Wang", given="Wei", ids=(model.AgentId(scheme="orcid", value="0000-0002-1825-0097"),))
    body = model.Agent(kind="org", name="Swiss Patent Office. Second Class")
    one_name = model.Agent(family="Homer")
    assert values("creator", creators=(wang, wang, body, one_name)) == [
        "Wang, Wei",
        "Wang, Wei",
        "Swiss Patent Office. Second Class",
        "Homer",
    ]


def test_classes_come_before_keywords():
    subjects = (
        model.Subject(value="Peas", lang="en"),
        model.Subject(value="Botany", scheme="DDC", code="580"),
        model.Subject(value="Physics", scheme="Dewey Decimal Classification", code="530"),
        model.Subject(value="no code", scheme="ddc"),
    )
    expected = ["info:eu-repo/classification/ddc/580", "info:eu-repo/classification/ddc/530", "Peas@en", "no code"]
    assert values("subject", subjects=subjects) == expected


def test_description_is_the_abstract_and_never_a_note():
    assert values(
        "description", abstracts=(model.Text(value="A", lang="la"),), source_note="from a box", toc="1. x", citation_text="c"
    ) == ["A@la"]


def test_publisher_or_for_theses_the_university():
    assert values("publisher", publisher=model.Publisher(name="P"), thesis=model.Thesis(grantor="G")) == ["P"]
    assert values("publisher", thesis=model.Thesis(grantor="G")) == ["G"]
    assert values("publisher") == []


def test_contributors():
    assert values("contributor", contributors=(model.Contributor(family="L", given="G", role="Supervisor"),)) == ["L, G"]


def test_one_date_without_a_time_and_the_end_of_an_embargo():
    many = model.Dates(
        issued="1905-09", accepted="1905-01-01", submitted="1904", available="1906", created="1903", embargo_until="2030-01-01"
    )
    assert values("date", dates=many) == ["1905-09"]
    assert values("date", dates=many, access="embargoed") == ["1905-09", "info:eu-repo/date/embargoEnd/2030-01-01"]
    assert values("date", thesis=model.Thesis(date_awarded="1903-06-25T10:00:00Z")) == ["1903-06-25"]
    assert values("date", thesis=model.Thesis(date_awarded="in summer")) == []


@pytest.mark.parametrize("code", TYPES)
def test_types_begin_with_the_controlled_term(code):
    kind = TYPES[code]
    expected = [f"info:eu-repo/semantics/{kind.eurepo}", f"{kind.label}@en", kind.coar_uri, code, kind.dcmi]
    assert values("type", type=code) == expected
    assert values("type", type=code, version="AM") == [*expected[:4], "info:eu-repo/semantics/acceptedVersion", expected[4]]


def test_formats_are_those_of_public_files_each_once():
    files = tuple(
        model.File(name=name, mime=mime)
        for name, mime in (("a", "text/csv"), ("b", "application/pdf"), ("c", "text/csv"), ("d", "x/y"))
    )
    assert values("format", files=files, file_urls=("u:a", "u:b", "u:c", "")) == ["text/csv", "application/pdf"]


def test_identifiers_begin_with_the_page_then_files_then_our_names():
    files = (
        model.File(name="a.csv", mime="text/csv"), model.File(name="b.pdf", mime="application/pdf"), model.File(name="c.txt", mime="text/plain", primary=True),
        model.File(name="closed.pdf", mime="application/pdf"),
    )  # fmt: skip
    own = {
        "files": files,
        "file_urls": ("https://u/a.csv", "https://u/b.pdf", "https://u/c.txt", ""),
        "doi": "10.5072/x",
        "handle": "1/2",
    }
    others = (
        model.Identifier(scheme="doi", value="10.1002/publisher"), model.Identifier(scheme="URN", value="urn:nbn:de:101:1"),
        model.Identifier(scheme="isbn", value="978-3-16-148410-0"), model.Identifier(scheme="local", value="shelf 3"),
    )  # fmt: skip
    first = [
        LANDING,
        "https://u/c.txt",
        "https://u/b.pdf",
        "https://u/a.csv",
        "https://doi.org/10.5072/x",
        "https://hdl.handle.net/1/2",
    ]
    urn = ["urn:nbn:de:101:1", "https://nbn-resolving.org/urn:nbn:de:101:1"]
    assert values("identifier", identifiers=others, **own) == [*first, *urn, "urn:isbn:978-3-16-148410-0"]
    assert values("identifier", identifiers=others, type="publication.bookChapter") == [LANDING, *urn], (
        "an ISBN names whole books only"
    )


def test_source():
    full = model.Container(
        title="J", volume="3", issue="2", first_page="1", last_page="9", issn_print="0003-3804", issn_online="1521-3889"
    )
    assert values("source", container=full) == ["J, 3(2), 1-9. ISSN 1521-3889"]
    assert values("source", container=model.Container(title="J", article_no="e7")) == ["J, e7"]
    assert values("source", container=model.Container(issn_print="0003-3804")) == ["ISSN 0003-3804"]
    assert values("source", conference=model.Conference(name="C", place="Bern", date="1905")) == ["C, Bern, 1905"]


def test_languages_have_three_letters():
    assert values("language", languages=("de", "en-GB", "zh-Hant-TW", "akk", "nonsense tag", "x-elvish")) == [
        "deu",
        "eng",
        "zho",
        "akk",
    ]


def test_grants_keep_the_slashes_of_empty_parts():
    grants = (
        model.Funding(funder_name="EC", stream="H2020", award_no="1/2", jurisdiction="CH", award_title="Ether/Wind", acronym="E"),
        model.Funding(funder_name="EC", award_no="3", acronym="E"), model.Funding(funder_name="EC", award_no="4"), model.Funding(funder_name="no number"),
    )  # fmt: skip
    head = "info:eu-repo/grantAgreement/EC/"
    assert values("relation", funding=grants) == [f"{head}H2020/1%2F2/CH/Ether%2FWind/E", f"{head}/3///E", f"{head}/4"]


def test_relations_name_identifiers_bare_and_the_publishers_doi_also_as_an_address():
    given_ = (model.Identifier(scheme="DOI", value="https://doi.org/10.1002/a"), model.Identifier(scheme="arxiv", value="arXiv:1"),
              model.Identifier(scheme="handle", value="hdl:1/2"))  # fmt: skip
    related = (
        model.Related(scheme="doi", value="doi:10.1/data", type_code="dataset.dataset"), model.Related(scheme="doi", value="10.1/lorentz"),
        model.Related(scheme="url", value="https://example.org/x"), model.Related(scheme="local", value="a letter"),
    )  # fmt: skip
    alt, semantics = "info:eu-repo/semantics/altIdentifier", "info:eu-repo/semantics"
    assert values("relation", identifiers=given_, related=related, container=model.Container(issn_print="0003-3804", isbn="9")) == [
        f"{alt}/doi/10.1002/a", f"{alt}/arxiv/1", f"{alt}/hdl/1/2", f"{alt}/pissn/0003-3804", f"{alt}/isbn/9",
        f"{semantics}/dataset/doi/10.1/data", f"{semantics}/reference/doi/10.1/lorentz", "https://example.org/x", "https://doi.org/10.1002/a",
    ]  # fmt: skip
    assert values("relation", identifiers=given_[:1], doi="10.1002/A") == [], "our own DOI is no other identifier"


def test_coverage():
    assert values("coverage", geo=(model.Place(name="Bern"), model.Place(latitude=1.0)), temporal=("1905",)) == ["Bern", "1905"]


@pytest.mark.parametrize("access", ACCESS)
def test_rights_begin_with_the_access(access):
    licences = (model.Licence(uri="https://creativecommons.org/licenses/by/4.0/", name="CC BY"), model.Licence(name="Ask first"))
    assert values("rights", access=access, licences=licences, rights_statement="R") == [
        f"info:eu-repo/semantics/{ACCESS[access].eurepo}", f"http://purl.org/coar/access_right/{ACCESS[access].coar}",
        "https://creativecommons.org/licenses/by/4.0/", "Ask first", "R",
    ]  # fmt: skip


MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@needs_schema
@MANY
@given(records(dirty=True), st.sampled_from(("", "10.5072/x.1", "\x00")))
def test_any_record_is_valid_and_holds_nothing_forbidden(record, own):
    written = document(famous.work(8, record, doi=own, handle=own))
    root = etree.fromstring(written)
    schema().assertValid(root)
    assert not FORBIDDEN.search(written.decode())
    for element in root:
        assert (element.text or "").strip(), "no element is empty"
        assert set(element.attrib) <= {LANG}
    assert root.findtext(f"{DC}identifier") == "https://repo.example.org/items/01J00000000000000000000008"


NAMES = st.sampled_from(("Mendel", "Noether", "Curie", "Lovelace", "紫式部", "O'Brien"))
CLEAN = st.builds(
    model.Record,
    type=st.sampled_from(sorted(TYPES)),
    title=st.builds(
        model.Text,
        value=st.sampled_from(("Versuche über Pflanzen-Hybriden", "源氏物語", "A & B <c>")),
        lang=st.sampled_from(("", "de", "ja")),
    ),
    creators=st.lists(st.builds(model.Agent, family=NAMES, given=st.sampled_from(("Gregor", "Ada"))), max_size=2).map(tuple),
    dates=st.builds(model.Dates, issued=st.sampled_from(("1866", "1866-02", "1866-02-08", "-1100", "0820"))),
    languages=st.lists(st.sampled_from(("de", "en", "ja", "akk")), unique=True, max_size=2).map(tuple),
    access=st.sampled_from(sorted(ACCESS)),
    licences=st.sampled_from(((), (model.Licence(uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0"),))),
)


@MANY
@given(CLEAN)
def test_our_own_reader_reads_back_what_we_write(record):
    """What oai_dc cannot say: identifiers of people, kinds of further titles, roles, the parts of dates but one, codes of licences."""
    read = PLUGIN.read(parse(document(famous.work(8, record)))).record
    for name in ("title", "type", "creators", "languages", "access", "licences"):
        assert getattr(read, name) == getattr(record, name), name
    assert read.dates == msgspec.structs.replace(model.Dates(), issued=record.dates.issued)
