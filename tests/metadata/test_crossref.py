"""Crossref 5.4.0: each record type as a person reads it, any record at all as the official schema reads it, and what is refused."""

import io
import json
import os
import re

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from lxml import etree

from server.errors import Invalid
from server.metadata.crossref.document import body, deposit
from server.metadata.crossref.people import orcid
from server.metadata.crossref.record_types import BARRED, RECORD_TYPES
from server.metadata.crossref.relations import RELATIONS
from server.metadata.crossref.view import record_type, view
from server.metadata.kernel import CONTRIBUTOR_TYPES, RELATION_TYPES
from server.metadata.work import Work
from server.records import model
from server.records.vocabulary import TYPES
from tests.fakes.crossref_schema import CROSSREF, NS, SHARED, XSD, schema
from tests.metadata import famous, famous_theses
from tests.metadata.real import real_records
from tests.strategies import records

needs_schema = pytest.mark.skipif(not XSD.exists(), reason="needs agencies/crossref/5.4.0 of SHEAF_SHARED")
MANY = settings(
    max_examples=int(os.environ.get("SHEAF_TEST_EXAMPLES") or 40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ACL = SHARED / "data" / "records" / "acl" / "acl-anthology-open.jsonl.zst"
DOI = "10.82433/data.00000001"
FULL = {
    "title": model.Text(value="Elements & <more>", lang="grc"),
    "subtitle": "In thirteen books",
    "creators": (
        model.Agent(
            family="Noether",
            given="Emmy",
            ids=(model.AgentId(scheme="orcid", value="0000-0002-1825-0097"),),
            affiliations=(model.Affiliation(name="Universität Göttingen", ror="https://ror.org/01y9bpm73"),),
        ),
        model.Agent(family="Hypatia"),
        model.Agent(kind="org", name="Académie des sciences"),
    ),
    "contributors": (
        model.Contributor(family="Klein", given="Felix", role="Editor"),
        model.Contributor(family="Hilbert", given="David", role="Supervisor"),
    ),
    "abstracts": (model.Text(value="A point has no part.\n\nA line has no breadth.", lang="en"), model.Text(value="σημεῖον")),
    "dates": model.Dates(issued="1918-07-26", created="1915", embargo_until="2027-01-01"),
    "languages": ("grc", "en"),
    "publisher": model.Publisher(name="Teubner", place="Leipzig", ids=(model.AgentId(scheme="ror", value="042nb2s44"),)),
    "container": model.Container(title="Works", isbn="978-0-19-852663-6", first_page="1", last_page="13", edition="3rd edition"),
    "related": (
        model.Related(scheme="doi", value="10.5072/a", relation="Reviews"),
        model.Related(scheme="arxiv", value="1501.00001", relation="IsSupplementTo"),
        model.Related(scheme="url", value="https://example.org/x", relation="Other"),
    ),
    "identifiers": (
        model.Identifier(scheme="doi", value="https://doi.org/10.1007/BF01457955"),
        model.Identifier(scheme="standard", value="ISO 15836-1:2017"),
    ),
    "funding": (
        model.Funding(funder_name="Kaiser-Wilhelm-Gesellschaft", funder_id="10.13039/501100004189", award_no="7"),
        model.Funding(funder_name="Society", funder_id="https://ror.org/042nb2s44", award_no="8"),
        model.Funding(award_no="of nobody"),
    ),
    "licences": (
        model.Licence(uri="https://creativecommons.org/licenses/by/4.0/", start_date="2026-01-01"),
        model.Licence(name="x"),
    ),
    "thesis": model.Thesis(degree_name="Dr. phil.", grantor="Friedrich-Alexander-Universität", date_awarded="1907-12-13"),
}


def work(code: str, **fields: object) -> Work:
    return famous.work(9, model.Record(**({"type": code} | FULL | fields)), doi=DOI)


def written(work: Work, *, withdrawn: bool = False, version: str = "5.4.0") -> etree._Element:
    inner = body(work, repository="Museum & Papers", withdrawn=withdrawn, version=version)
    email, name = "library@example.org", "Library <of> & papers"
    return etree.fromstring(
        deposit(inner, batch="sheaf-1", stamp=20261122101500123, depositor=name, email=email, version=version)
    )


def texts(root: etree._Element, path: str) -> list[str]:
    return [found if isinstance(found, str) else found.text or "" for found in root.xpath(path, namespaces=NS)]


def refused(work: Work) -> str:
    with pytest.raises(Invalid) as error:
        body(work, repository="Museum", withdrawn=False)
    return str(error.value)


# Which type is what.


def test_each_of_our_types_has_a_record_type_or_is_barred():
    assert RECORD_TYPES.keys() | BARRED == TYPES.keys()
    assert not RECORD_TYPES.keys() & BARRED
    assert sorted(BARRED) == [*sorted(code for code in TYPES if code.startswith("conference.")), "publication.journalArticle"]


@pytest.mark.parametrize("code", sorted(BARRED))
def test_a_barred_type_is_refused_by_its_name(code):
    assert f"type: Crossref takes no DOI for {TYPES[code].label}" in refused(work(code))


#: What a record type may demand.
DEMANDED = ("title", "dates", "publisher", "container", "thesis")


@needs_schema
@pytest.mark.parametrize("code", sorted(RECORD_TYPES))
def test_every_type_is_valid_full_and_bare(code):
    bare = model.Record(type=code, **{name: FULL[name] for name in DEMANDED})
    for one in (work(code), famous.work(9, bare, doi=DOI)):
        for withdrawn in (False, True):
            root = written(one, withdrawn=withdrawn)
            schema().assertValid(root)
            title = ("WITHDRAWN: " if withdrawn else "") + "Elements & <more>"
            assert title in texts(root, "//c:title")
            assert (texts(root, "//c:doi"), texts(root, "//c:resource")) == ([DOI], [one.landing_url])


@pytest.mark.skipif(not (CROSSREF / "5.5.0-xsd10").exists(), reason="needs agencies/crossref/5.5.0-xsd10 of SHEAF_SHARED")
@pytest.mark.parametrize("code", sorted(RECORD_TYPES))
def test_every_type_is_valid_in_the_other_version_too(code):
    """Against the copy of 5.5.0 without its three assertions; the one that is about what we write is looked at here."""
    root = written(work(code), version="5.5.0")
    schema("5.5.0-xsd10").assertValid(root)
    for person in root.iter("{*}person_name"):
        assert [role.get("type") in {"author", "editor"} for role in person.iter("{*}role")] == [True]
        assert "contributor_role" not in person.attrib


@needs_schema
def test_each_record_type_stands_alone_in_its_body():
    roots = {
        "preprint": ("postedContent.preprint", "posted_content"), "thesis": ("etd.doctoral", "dissertation"),
        "report": ("publication.report", "report-paper"), "book": ("publication.book", "book"),
        "chapter": ("publication.bookChapter", "book"), "data": ("dataset.dataset", "database"),
        "review": ("publication.bookReview", "peer_review"), "standard": ("publication.technicalDocumentation", "standard"),
    }  # fmt: skip
    for code, name in roots.values():
        assert [etree.QName(each).localname for each in written(work(code)).find("c:body", NS)] == [name]


def test_a_review_and_a_document_without_what_the_other_type_needs_are_what_they_can_be():
    plain = {"related": (), "identifiers": ()}
    assert record_type(work("publication.bookReview", **plain).record).name == "posted_content"
    assert record_type(work("publication.bookReview", dates=model.Dates(issued="1918-07")).record).name == "posted_content"
    assert record_type(work("publication.technicalDocumentation", **plain).record).name == "report"


# What is said.


def test_the_head_says_who_deposits_and_which_is_the_newest():
    root = written(work("dataset.dataset"))
    assert texts(root, "c:head/c:timestamp") == ["20261122101500123"]
    assert texts(root, "c:head/c:depositor/*") == ["Library <of> & papers", "library@example.org"]
    assert texts(root, "c:head/c:registrant") == ["Library <of> & papers"]


def test_a_dataset_stands_in_the_database_of_the_repositorys_name():
    root = written(work("dataset.dataset"))
    assert texts(root, "//c:database_metadata/c:titles/c:title") == ["Museum & Papers"]
    assert texts(root, "//c:dataset/c:titles/c:title") == ["Elements & <more>"]
    assert texts(root, "//c:creation_date/c:year") == ["1915"]


def test_people_have_their_parts_roles_ids_and_affiliations():
    root = written(work("publication.report"))
    assert [p.attrib["contributor_role"] for p in root.xpath("//c:contributors/*", namespaces=NS)] == [*["author"] * 3, "editor"]
    assert [p.attrib["sequence"] for p in root.xpath("//c:contributors/*", namespaces=NS)] == ["first", *["additional"] * 3]
    assert texts(root, "//c:surname") == ["Noether", "Hypatia", "Klein"]
    assert texts(root, "//c:ORCID") == ["https://orcid.org/0000-0002-1825-0097"]
    assert root.xpath("//c:ORCID/@authenticated", namespaces=NS) == [], "nobody authenticated it here"
    assert texts(root, "//c:affiliations//c:institution_id") == ["https://ror.org/01y9bpm73"]


def test_funding_licences_access_and_relations_are_said():
    root = written(work("publication.report"))
    assert texts(root, "//fr:assertion[@name='funder_identifier']") == ["https://doi.org/10.13039/501100004189"]
    assert texts(root, "//fr:assertion[@name='ror']") == ["https://ror.org/042nb2s44"]
    assert texts(root, "//fr:assertion[@name='award_number']") == ["7", "8"]
    assert texts(root, "//ai:license_ref") == ["https://creativecommons.org/licenses/by/4.0/"]
    assert len(root.xpath("//ai:free_to_read", namespaces=NS)) == 1
    assert texts(root, "//rel:related_item/*/@relationship-type") == ["isVersionOf", "isReviewOf", "isSupplementTo"]
    assert texts(root, "//rel:related_item/*/@identifier-type") == ["doi", "doi", "arxiv"]
    preprint = written(work("postedContent.preprint", access="embargoed"))
    assert texts(preprint, "//rel:related_item[1]/*/@relationship-type") == ["isPreprintOf"]
    assert texts(preprint, "//ai:free_to_read/@start_date") == ["2027-01-01"]


def test_an_abstract_keeps_its_paragraphs():
    root = written(work("publication.report"))
    assert texts(root, "//jats:abstract[1]/jats:p") == ["A point has no part.", "A line has no breadth."]


def test_what_is_older_than_crossrefs_calendar_was_published_here():
    root = written(work("publication.book", dates=model.Dates(issued="-0300")))
    assert texts(root, "//c:publication_date/*") == ["01", "15", "2026"]
    assert texts(root, "//c:publication_date/@media_type") == ["online"]
    assert texts(written(work("publication.book")), "//c:publication_date/@media_type") == ["print"]


# What is refused before it is sent.


@pytest.mark.parametrize(
    ("code", "fields", "path"),
    [
        ("publication.book", {"publisher": model.Publisher(), "thesis": model.Thesis()}, "publisher.name"),
        ("publication.bookChapter", {"container": model.Container()}, "container.title"),
        ("publication.technicalDocumentation", {"publisher": model.Publisher(), "thesis": model.Thesis()}, "publisher.name"),
        ("etd.doctoral", {"publisher": model.Publisher(), "thesis": model.Thesis(date_awarded="1907")}, "thesis.grantor"),
        ("etd.doctoral", {"dates": model.Dates(), "thesis": model.Thesis(grantor="Erlangen")}, "thesis.date_awarded"),
        ("dataset.dataset", {"title": model.Text(value="\x00")}, "title"),
        ("dataset.dataset", {"creators": (model.Agent(family="x" * 61),)}, "creators.0.family"),
        ("dataset.dataset", {"creators": (model.Agent(family="Area 51 ? 2"),)}, "creators.0.family"),
        ("dataset.dataset", {"creators": (model.Agent(kind="org", name="x" * 512),)}, "creators.0.name"),
    ],
)  # fmt: skip
def test_what_crossref_would_refuse_is_said_in_terms_of_fields(code, fields, path):
    assert f"{path}: " in refused(work(code, **fields))


def test_all_that_is_wrong_is_said_at_once():
    nothing = {"publisher": model.Publisher(), "thesis": model.Thesis(), "container": model.Container()}
    _, problems = view(work("publication.bookChapter", **nothing), repository="x", withdrawn=False)
    assert [problem.path for problem in problems] == ["publisher.name", "container.title"]


def test_a_paper_of_three_hundred_is_written():
    many = tuple(model.Agent(family=f"{'IVX' * (n % 5)}Curie", given="Marie") for n in range(300))
    root = written(work("publication.report", creators=many))
    assert len(root.xpath("//c:person_name[@contributor_role='author']", namespaces=NS)) == 300


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0000-0002-1825-0097", True), ("https://orcid.org/0000-0001-5109-3700", True), ("0000-0002-1694-233X", True),
        ("0000-0000-0000-0000", False), ("0000-0002-1825-0098", False), ("curie", False), ("", False),
    ],
)  # fmt: skip
def test_an_orcid_with_a_wrong_checksum_is_left_out(text, kept):
    assert bool(orcid(text)) is kept


def test_what_we_call_relations_and_roles_is_datacites():
    assert RELATIONS.keys() < RELATION_TYPES
    assert {"Editor", "Translator"} < CONTRIBUTOR_TYPES


# What the schema reads.


def valid_or_refused(one: Work) -> bool:
    """Whether a work can be deposited; where it can, what is deposited must be valid, else the fields must be named."""
    try:
        root = written(one)
    except Invalid as error:
        if not re.search(r"refuse it: [a-z]+(\.[a-z_0-9]+)*: ", str(error)):
            raise
        return False
    schema().assertValid(root)
    return True


@needs_schema
@MANY
@given(records(dirty=True))
def test_any_record_is_valid_or_refused_by_its_fields(record):
    valid_or_refused(famous.work(8, record, doi=DOI))


@needs_schema
@pytest.mark.parametrize("name", famous.ALL | famous_theses.ALL)
def test_famous_works_are_valid_or_barred(name):
    one = (famous.ALL | famous_theses.ALL)[name]
    possible = valid_or_refused(famous.work(7, one.record, doi=DOI))
    assert possible is (one.record.type not in BARRED)


@needs_schema
@pytest.mark.skipif(not (SHARED / "data" / "records").exists(), reason="needs records of SHEAF_SHARED")
def test_real_records_are_valid_or_refused_by_their_fields():
    served = [record for record in real_records() if record.type in RECORD_TYPES]
    possible = sum(valid_or_refused(famous.work(6, record, doi=DOI)) for record in served)
    assert possible > 0.9 * len(served) > 0


@needs_schema
@pytest.mark.skipif(not ACL.exists(), reason="needs records/acl of SHEAF_SHARED")
def test_the_volumes_of_a_large_anthology_are_valid_where_they_have_a_publisher():
    """The corpus is of papers, which are barred; what can be deposited of it are its proceedings and issues."""
    kinds = {"proceedings": "publication.conferenceProceeding", "journal-issue": "publication.journalIssue"}
    with ACL.open("rb") as packed:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), "utf-8")
        volumes = [
            each
            for line in lines
            if '"type": "proceedings"' in line or '"type": "journal-issue"' in line
            for each in [json.loads(line)]
        ]
    possible = 0
    for volume in volumes[::10]:
        record = model.Record(
            type=kinds[volume["type"]],
            title=model.Text(value=volume["title"]),
            creators=tuple(
                model.Agent(family=p.get("family", ""), given=p.get("given", ""), name=p.get("name", ""))
                for p in volume.get("creators", ())
            ),
            dates=model.Dates(issued=volume["date"]),
            publisher=model.Publisher(name=volume.get("publisher", ""), place=volume.get("place", "")),
            licences=(model.Licence(uri=volume["license"]),) if "license" in volume else (),
        )
        possible += valid_or_refused(famous.work(6, record, doi=DOI))
    assert possible > 100


@needs_schema
def test_the_official_minimal_deposits_are_valid():
    found = sorted((CROSSREF / "minimal").glob("*-5.4.0.xml"))
    assert len(found) == 8
    for file in found:
        schema().assertValid(etree.parse(str(file)))
