"""Pre-flight: each rule finds its fault, whatever the official schemas refuse was named, and what passes is valid."""

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from server.identifiers.preflight.finding import Weight
from server.identifiers.preflight.rules import MOST, RULES, preflight, refused
from server.metadata.crossref import view as crossref
from server.metadata.crossref.document import body
from server.metadata.templates import environment
from server.metadata.work import Work
from server.records import model
from tests.fakes import crossref_schema, datacite_schema
from tests.identifiers.plain_datacite import document
from tests.metadata import famous
from tests.strategies import records, theses

needs_kernel = pytest.mark.skipif(not datacite_schema.XSD.exists(), reason="needs kernel 4.7 of SHEAF_SHARED")
needs_crossref = pytest.mark.skipif(not crossref_schema.XSD.exists(), reason="needs agencies/crossref/5.4.0 of SHEAF_SHARED")
MANY = settings(
    max_examples=int(os.environ.get("SHEAF_TEST_EXAMPLES") or 40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
DOI = "10.82433/data.00000001"
EULER = model.Agent(family="Euler", given="Leonhard")
GOOD = {
    "type": "publication.report",
    "title": model.Text(value="Solutio problematis", lang="la"),
    "creators": (EULER,),
    "publisher": model.Publisher(name="Academia Petropolitana"),
    "dates": model.Dates(issued="1741"),
}


def work(**fields: object) -> Work:
    return famous.work(9, model.Record(**(GOOD | fields)), doi=DOI)


def found(agency: str, one: Work) -> dict[str, tuple[Weight, str]]:
    return {finding.path: (finding.weight, finding.fault.text) for finding in preflight(agency, one)}


def test_a_publisher_is_missed_only_where_one_is_expected():
    for kind, missed in (("publication.book", True), ("dataset.dataset", False), ("etd.doctoral", False)):
        assert ("publisher.name" in found("datacite", work(type=kind, publisher=model.Publisher()))) is missed, kind


@pytest.mark.parametrize("agency", ["datacite", "crossref"])
def test_a_good_work_is_left_alone(agency):
    assert preflight(agency, work()) == ()


R, A = Weight.REFUSED, Weight.ADVISED
ROR = model.AgentId(scheme="ror", value="https://ror.org/nonsense")
WRONG = model.AgentId(scheme="orcid", value="0000-0002-1825-0098")
#: What stands in a record, the field that is named, words of the sentence, and its weight at DataCite and at Crossref.
FAULTS = (
    ({"type": "publication.journalArticle"}, "type", "takes no DOI for Journal article", None, R),
    ({"publisher": model.Publisher(name="https://ror.org/02jx3x895")}, "publisher.name", "looks like a URL; put the name here", R, A),
    ({"publisher": model.Publisher(name="UCL, https://ror.org/02jx3x895")}, "publisher.name", "looks like a URL", R, A),
    ({"publisher": model.Publisher(name="http://example.org/pub")}, "publisher.name", "works are cited by it", A, A),
    ({"title": model.Text(value=" ")}, "title", "is empty", A, R),
    ({"title": model.Text(value="N/A")}, "title", "stands for a title", A, A),
    ({"creators": ()}, "creators", "are not named", A, None),
    ({"publisher": model.Publisher()}, "publisher.name", "is not said; the agency is told Museum", A, None),
    ({"dates": model.Dates()}, "dates.issued", "has no year; the agency is told 2026", A, None),
    ({"dates": model.Dates(issued="-0300")}, "dates.issued", "", A, A),
    ({"dates": model.Dates(issued="0820")}, "dates.issued", "is not within Crossref's calendar", None, A),
    ({"thesis": model.Thesis(date_awarded="last May")}, "thesis.date_awarded", "is not a date (last May)", A, A),
    ({"contributors": (model.Contributor(family=" ", role="Editor"),)}, "contributors.0", "has no name", A, A),
    ({"creators": (model.Agent(name="Leonhard Euler"),)}, "creators.0.name", "stands in one piece", A, A),
    ({"creators": (model.Agent(family="Euler et al."),)}, "creators.0.family", "speaks of others", A, A),
    ({"creators": (model.Agent(name="Euler;Gauss"),)}, "creators.0.name", "looks like several people", A, A),
    ({"creators": (model.Agent(family="x" * 61),)}, "creators.0.family", "60 characters at most", None, R),
    ({"contributors": (model.Contributor(family="Gauss", role="Muse"),)}, "contributors.0.role", "none of DataCite's roles (Muse)", A, None),
    ({"creators": (model.Agent(family="Euler", ids=(WRONG,)),)}, "creators.0.ids.0.value", "check", A, A),
    ({"creators": (model.Agent(family="Euler", affiliations=(model.Affiliation(name="A", ror="x"),)),)}, "creators.0.affiliations.0.ror", "", A, A),
    ({"publisher": model.Publisher(name="A", ids=(ROR,))}, "publisher.ids.0.value", "", A, A),
    ({"container": model.Container(isbn="978-3-16-148410-1")}, "container.isbn", "wrong check digit", A, A),
    ({"container": model.Container(issn_online="1234-5678")}, "container.issn_online", "wrong check digit", A, A),
    ({"related": (model.Related(scheme="shelfmark", value="A 1"),)}, "related.0.scheme", "do not know (shelfmark)", A, A),
    ({"related": (model.Related(scheme="doi", value="10.5072/a", relation="inspires"),)}, "related.0.relation", "(inspires)", A, None),
    ({"licences": (model.Licence(uri="a b"),)}, "licences.0.uri", "is no address (a b)", A, A),
    ({"languages": ("x-elvish!",)}, "languages", "is no language tag", A, A),
    ({"title": model.Text(value="T", lang="?")}, "title.lang", "is no language tag", A, A),
    ({"alt_titles": (model.Title(value="T", kind="odd"),)}, "alt_titles.0.kind", "(odd)", A, None),
    ({"funding": (model.Funding(award_no="7"),)}, "funding.0.funder_name", "is not said", A, A),
    ({"funding": (model.Funding(funder_name="A", funder_id="7", funder_id_scheme="local"),)}, "funding.0.funder_id_scheme", "(local)", A, None),
    ({"geo": (model.Place(latitude=91, longitude=0),)}, "geo.0.latitude", "outside the globe (91)", A, None),
    ({"geo": (model.Place(latitude=9),)}, "geo.0.longitude", "is not said", A, None),
    ({"container": model.Container(first_page="1" * 33)}, "container.first_page", "(1 to 32 characters)", None, A),
)  # fmt: skip


@pytest.mark.parametrize(("fields", "path", "words", "datacite", "registered"), FAULTS)
def test_a_fault_is_named_by_its_field(fields, path, words, datacite, registered):
    for agency, weight in (("datacite", datacite), ("crossref", registered)):
        told = found(agency, work(**fields)).get(path)
        assert (told[0] if told else None) is weight, (agency, told)
        if told and agency == ("datacite" if datacite else "crossref"):
            assert words in told[1]


def test_every_rule_is_tried():
    tried = [
        finding.fault.sentence
        for fields, *_ in FAULTS
        for agency in ("datacite", "crossref")
        for finding in preflight(agency, work(**fields))
    ]
    assert {rule.words for rule in RULES} <= set(tried)


def test_what_is_refused_comes_first_and_endless_lists_end():
    many = tuple(model.Agent(name=f"Leonhard Euler {n};") for n in range(300))
    told = preflight("crossref", work(creators=many, container=model.Container(), type="publication.bookChapter"))
    assert len(told) == MOST
    assert told[0].weight is Weight.REFUSED
    assert refused(told)
    assert not refused(preflight("datacite", work(creators=many)))


def test_a_finding_knows_its_field_without_the_row():
    told = preflight("datacite", work(creators=(EULER, model.Agent(family="Gauss", ids=(WRONG,)))))
    assert [(each.path, each.field) for each in told] == [("creators.1.ids.0.value", "creators.ids.value")]


def test_a_percent_sign_and_endless_text_do_no_harm():
    told = found("datacite", work(title=model.Text(value="T", lang="100% %(value)s" + "x" * 500)))
    assert told["title.lang"][1].startswith("is no language tag (100% %(value)sxxx")
    assert len(told["title.lang"][1]) < 200


# The official schemas.


def unnamed(root: etree._Element, fields: dict[int, str], told: set[str]) -> list[str]:
    """Return what the schema refuses of a plain document and pre-flight did not name."""
    official = datacite_schema.schema()
    if official.validate(root):
        return []
    return [
        f"{error.message} ({fields[error.line]}; named: {sorted(told)})"
        for error in official.error_log
        if not any(path == name or path.startswith(f"{name}.") for name in fields[error.line].split() for path in told)
    ]


@needs_kernel
@MANY
@given(records())
def test_whatever_datacites_schema_refuses_was_named(record):
    one = famous.work(8, record, doi=DOI)
    root, fields = document(one.record)
    assert unnamed(root, fields, set(found("datacite", one))) == []


@needs_kernel
def test_the_schema_refuses_what_stands_in_the_list_of_faults():
    """So that the property above is about something."""
    wrong = [fields for fields, *_ in FAULTS if not datacite_schema.schema().validate(document(work(**fields).record)[0])]
    assert len(wrong) >= 12


def forced(one: Work, monkeypatch) -> etree._Element:
    """Return the deposit as if nothing were refused."""
    made = []
    real = crossref.Deposit
    with monkeypatch.context() as patched:
        patched.setattr(crossref, "Deposit", lambda **values: made.append(real(**values)) or made[0])
        crossref.view(one, repository="Museum", withdrawn=False)
    module = environment().get_template("agencies/crossref.xml").module
    head = str(module.opening("5.4.0")) + str(module.head("sheaf-1", 20261122101500123, "Library", "library@example.org"))
    return etree.fromstring(f"{head}{str(module.body(made[0])).strip()}</doi_batch>".encode())


def judged(one: Work, monkeypatch) -> None:
    told = preflight("crossref", one)
    if crossref.record_type(one.record) is None:
        assert refused(told)
        return
    valid = crossref_schema.schema().validate(forced(one, monkeypatch))
    assert valid or refused(told), crossref_schema.schema().error_log
    if not refused(told):
        assert body(one, repository="Museum", withdrawn=False)


@needs_crossref
def test_whatever_crossrefs_schema_refuses_was_named(monkeypatch):
    @MANY
    @given(records() | theses())
    def judge(record):
        judged(famous.work(8, record, doi=DOI), monkeypatch)

    judge()
    long = work(creators=(model.Agent(family="x" * 61),))
    assert not crossref_schema.schema().validate(forced(long, monkeypatch)), "so that the property is about something"


@settings(MANY, max_examples=10)
@given(records(dirty=True))
def test_even_what_xml_forbids_is_looked_at_without_harm(record):
    one = replace(famous.work(8, record), doi="")
    for agency in ("datacite", "crossref"):
        for finding in preflight(agency, one):
            assert "\x00" not in finding.fault.text
