"""rioxx: the profile rule by rule, to whom it applies, and any record it applies to as the rules read it."""

import msgspec
import pytest
from hypothesis import given

from server.records import model
from tests.metadata import famous
from tests.metadata.approved import MANY, errors, faults, found, is_as_approved, stands_alone, texts, titled, written
from tests.strategies import records

CURIE = model.Agent(family="Curie", given="Marie")
COAR = "http://purl.org/coar/"


def said(path: str, **fields: object) -> list[str]:
    return texts(written("rioxx", titled(**fields)), path)


@pytest.mark.parametrize("name", ["einstein", "curie"])
def test_famous_works_are_as_they_were_approved(name):
    is_as_approved("rioxx", name)
    assert faults("rioxx", written("rioxx", famous.ALL[name])) == []


def test_the_fragment_stands_alone():
    stands_alone("rioxx")


@MANY
@given(records())
def test_any_record_with_what_it_demands_keeps_the_rules(record):
    fields = {"creators": (*record.creators, CURIE), "languages": (*record.languages, "fr"), "title": model.Text(value="T")}
    record = msgspec.structs.replace(record, **fields)
    assert found()["rioxx"].applies(record)
    work = famous.work(8, record, doi="10.5072/x.1", handle="1/2", repository_name="Ω & <sons>")
    assert errors(faults("rioxx", written("rioxx", work))) == set()


@MANY
@given(records(dirty=True))
def test_any_record_at_all_is_well_formed(record):
    written("rioxx", famous.work(8, record))


def test_it_applies_to_what_has_all_that_the_profile_demands():
    whole = {"creators": (CURIE,), "languages": ("fr",)}
    applies = found()["rioxx"].applies
    assert applies(titled(**whole).record)
    for lack in ({"creators": ()}, {"languages": ()}, {"languages": ("und", "nonsense")}, {"title": model.Text(value=" ")}):
        assert not applies(titled(**(whole | lack)).record)


def test_the_landing_page_is_the_one_identifier_and_persistent_ones_are_cited_as():
    assert said("dc:identifier", doi="10.5072/x", handle="1/2") == ["https://repo.example.org/items/01J00000000000000000000009"]
    assert said("dc:relation[@rel='cite-as']", doi="10.5072/x", handle="1/2") == [
        "https://doi.org/10.5072/x",
        "https://hdl.handle.net/1/2",
    ]


def test_a_file_says_all_that_is_known_of_it_the_primary_first():
    files = (
        model.File(name="data.csv", mime="text/csv", role="dataset", access="restricted", licence="all mine"),
        model.File(name="a.pdf", mime="application/pdf", primary=True, licence="https://creativecommons.org/licenses/by-nc/4.0/"),
        model.File(name="gone.pdf", access="metadata_only"),
    )
    work = titled(
        type="publication.journalArticle", version="AM", files=files, file_urls=("", "https://repo.example.org/a.pdf", ""),
        licences=(model.Licence(uri="https://creativecommons.org/licenses/by/4.0/"),), dates=model.Dates(available="2026-02-01"),
    )  # fmt: skip
    items = [
        (link.text.rpartition("/")[2], dict(link.attrib)) for link in written("rioxx", work).iterfind("{*}relation[@rel='item']")
    ]
    assert items == [
        ("a.pdf", {
            "rel": "item", "type": "application/pdf", "coar_type": COAR + "resource_type/c_6501",
            "coar_version": COAR + "version/c_ab4af688f83e57aa", "deposit_date": "2026-01-15", "resource_exposed_date": "2026-02-01",
            "access_rights": COAR + "access_right/c_abf2", "license_ref": "https://creativecommons.org/licenses/by-nc/4.0/",
        }),
        ("data.csv", {
            "rel": "item", "type": "text/csv", "coar_type": COAR + "resource_type/c_ddb1", "deposit_date": "2026-01-15",
            "access_rights": COAR + "access_right/c_16ec", "license_ref": "https://creativecommons.org/licenses/by/4.0/",
        }),
    ]  # fmt: skip


@pytest.mark.parametrize(("access", "exposed"), [("embargoed", ["2027-01-01"]), ("open", ["2027-01-01"]), ("restricted", [])])
def test_a_file_under_embargo_says_when_it_opens(access, exposed):
    dates = model.Dates(available="2026-02-01", embargo_until="2027-01-01")
    assert (
        said("dc:relation/@resource_exposed_date", files=(model.File(name="a"),), file_urls=("",), access=access, dates=dates)
        == exposed
    )


def test_what_is_no_address_of_the_web_is_no_licence():
    licences = (
        model.Licence(uri="http://"),
        model.Licence(uri="urn:nbn:de:101:1-2"),
        model.Licence(uri="https://creativecommons.org/licenses/by/4.0/"),
    )
    found = said("dc:relation/@license_ref", files=(model.File(name="a", licence="mine"),), file_urls=("",), licences=licences)
    assert found == ["https://creativecommons.org/licenses/by/4.0/"]


def test_people_have_their_identifiers_as_https_addresses_and_the_first_is_marked():
    ids = (
        model.AgentId(scheme="orcid", value="0000-0002-1825-0097"),
        model.AgentId(scheme="isni", value="0000 0001 2096 8680"),
        model.AgentId(scheme="scopus", value="7004212771"),
    )
    root = written(
        "rioxx",
        titled(
            creators=(model.Agent(family="Carberry", given="Josiah", ids=ids), CURIE),
            contributors=(model.Contributor(family="Lippmann"),),
        ),
    )
    assert texts(root, "rioxxterms:creator/@first-named-author") == ["true"]
    assert texts(root, "rioxxterms:creator[1]/rioxxterms:id") == [
        "https://orcid.org/0000-0002-1825-0097",
        "https://isni.org/isni/0000000120968680",
    ]
    assert texts(root, "rioxxterms:creator/rioxxterms:name") == ["Carberry, Josiah", "Curie, Marie"]
    assert texts(root, "rioxxterms:contributor/rioxxterms:name") == ["Lippmann"]


def test_the_publisher_of_a_thesis_is_who_awards_the_degree():
    thesis = model.Thesis(grantor="Université de Paris", grantor_ror="05gq02987")
    assert said("rioxxterms:publisher/*", thesis=thesis) == ["Université de Paris", "https://ror.org/05gq02987"]
    assert said("rioxxterms:publisher/*", publisher=model.Publisher(name="Gauthier-Villars"), thesis=thesis) == [
        "Gauthier-Villars"
    ]
    assert said("rioxxterms:publisher") == []


@pytest.mark.parametrize(
    ("funding", "attributes"),
    [
        (model.Funding(funder_name="Carlsbergfondet", award_no="7"), {"funder_name": "Carlsbergfondet"}),
        (model.Funding(funder_id="https://ror.org/00k4n6c32", award_no="7"), {"funder_id": "https://ror.org/00k4n6c32"}),
        (model.Funding(funder_id="10.13039/501100000780", award_no="7"), {"funder_id": "https://doi.org/10.13039/501100000780"}),
        (model.Funding(funder_id="0000 0001 2096 8680", funder_id_scheme="isni", award_no="7"), {"funder_id": "https://isni.org/isni/0000000120968680"}),
        (model.Funding(funder_id="grid.1", award_no="7"), None),
        (model.Funding(funder_name="Carlsbergfondet"), None),
    ],
)  # fmt: skip
def test_a_grant_has_a_number_and_a_funder(funding, attributes):
    grants = [dict(grant.attrib) for grant in written("rioxx", titled(funding=(funding,))).iterfind("{*}grant")]
    assert grants == ([] if attributes is None else [attributes])


def test_works_elsewhere_are_named_where_their_type_is_known():
    root = written("rioxx", titled(
        doi="10.5072/x",
        identifiers=(model.Identifier(scheme="doi", value="10.5072/X"), model.Identifier(scheme="doi", value="10.1002/y")),
        related=(
            model.Related(scheme="doi", value="10.1/data", type_code="dataset.dataset"),
            model.Related(scheme="doi", value="10.1/what"),
            model.Related(scheme="isbn", value="978-3-16-148410-0", type_code="publication.book"),
        ),
    ))  # fmt: skip
    relations = [
        (link.text, link.get("rel"), link.get("coar_type").rpartition("/")[2]) for link in root.iterfind("{*}ext_relation")
    ]
    assert relations == [("https://doi.org/10.1002/y", "cite-as", "c_2f33"), ("https://doi.org/10.1/data", "cite-as", "c_ddb1")]


@pytest.mark.parametrize(
    ("kind", "container", "source"),
    [
        ("publication.journalArticle", model.Container(issn_print="0003-3804", issn_online="1521-3889"), ["1521-3889"]),
        ("publication.bookChapter", model.Container(isbn="978-3-16-148410-0"), ["978-3-16-148410-0"]),
        ("publication.book", model.Container(isbn="978-3-16-148410-0"), []),
    ],
)
def test_the_source_is_what_the_work_is_part_of(kind, container, source):
    assert said("dc:source", type=kind, container=container) == source


def test_descriptions_have_no_markup_and_an_inequality_is_none():
    abstracts = (model.Text(value="<p>Of <i>light</i> where a<b and c>d</p>"),)
    assert said("dc:description", abstracts=abstracts) == ["Of light where a<b and c>d"]


def test_a_subject_is_an_address_where_it_has_one():
    subjects = (
        model.Subject(value="Relativity", value_uri="https://www.wikidata.org/entity/Q11455"),
        model.Subject(value="Licht"),
    )
    assert said("dc:subject", subjects=subjects) == ["https://www.wikidata.org/entity/Q11455", "Licht"]


def test_dates_are_w3cdtf_or_left_out():
    path = "dcterms:dateAccepted | rioxxterms:publication_date"
    assert said(path, dates=model.Dates(issued="1905-09-26", accepted="1905-06-30")) == ["1905-06-30", "1905-09-26"]
    assert said(path, dates=model.Dates(issued="-1100", accepted="0000")) == []
