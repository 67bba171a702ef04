"""What MODS and MARC 21 have in common."""

from server.metadata import bibliographic
from server.records import model
from tests.metadata import famous
from tests.metadata.library import titled


def test_our_own_identifiers_come_first_and_none_comes_twice():
    theirs = (
        model.Identifier(scheme="DOI", value="https://doi.org/10.5072/text.00000001"),
        model.Identifier(scheme="handle", value="hdl:20.500.12345/1"),
        model.Identifier(scheme="url", value="https://example.org/"),
    )
    work = famous.work(9, titled(identifiers=theirs).record, doi="10.5072/text.00000001")
    assert bibliographic.identifiers(work) == (
        ("doi", "10.5072/text.00000001"), ("hdl", "20.500.12345/1"), ("uri", "https://example.org/"),
    )  # fmt: skip


def test_an_isbn_belongs_to_the_whole_book_only():
    container = model.Container(isbn="978-3-16-148410-0")
    assert bibliographic.identifiers(titled(container=container)) == (("isbn", "978-3-16-148410-0"),)
    assert bibliographic.identifiers(titled(type="publication.bookChapter", container=container)) == ()


def test_languages_are_named_once_with_their_list():
    record = titled(languages=("de", "deu", "hbo", "nonsense")).record
    assert bibliographic.languages(record) == (("ger", "iso639-2b"), ("hbo", "iso639-3"))


def test_a_thesaurus_has_its_code_or_its_own_name():
    schemes = ("Dewey", "LCSH", " Regensburger Verbundklassifikation", "Thesaurus of the moon")
    subjects = [model.Subject(value="x", scheme=scheme) for scheme in schemes]
    assert [bibliographic.subject_source(s) for s in subjects] == ["ddc", "lcsh", "rvk", "Thesaurus of the moon"]


def test_a_thesis_without_a_publisher_is_published_by_the_university():
    assert bibliographic.publisher(famous.CURIE.record) == "Université de Paris"
    assert bibliographic.publisher(famous.EINSTEIN.record) == "Johann Ambrosius Barth"


def test_an_embargo_ends_on_a_day_and_counts_while_it_lasts():
    assert bibliographic.embargo(famous.CURIE.record, "embargoed") == "2027-01-01"
    year = titled(dates=model.Dates(embargo_until="2027"), access="embargoed").record
    assert bibliographic.embargo(year, "embargoed") == "2027-12-31", "nothing is promised too early"
    assert not bibliographic.embargo(year, "restricted")
    assert not bibliographic.embargo(titled(dates=model.Dates(embargo_until="2020-01-01")).record, "open")
