"""What a person can be: identifiers with check characters, dates that follow each other, names that are compared."""

import pytest

from server.people import names, schemes
from server.people.model import Person, PersonId, Post, decode, encode


@pytest.mark.parametrize(
    ("scheme", "typed", "written"),
    [
        ("orcid", "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("orcid", "https://orcid.org/0000-0001-5109-3700/", "https://orcid.org/0000-0001-5109-3700"),
        ("orcid", "0000 0002 1694 233x", "https://orcid.org/0000-0002-1694-233X"),
        ("orcid", "ORCID: 0000000218250097", "https://orcid.org/0000-0002-1825-0097"),
        ("isni", "0000 0001 2103 2683", "0000000121032683"),
        ("gnd", "https://d-nb.info/gnd/118580787", "118580787"),
        ("gnd", "(DE-588)11858078X", "11858078X"),
        ("viaf", "http://viaf.org/viaf/22146475/", "22146475"),
        ("wikidata", "https://www.wikidata.org/wiki/Q37970", "Q37970"),
        ("researcherid", "a-1009-2008", "A-1009-2008"),
        ("scopus", "7004212771", "7004212771"),
    ],
)
def test_identifiers_are_written_as_their_registries_do(scheme: str, typed: str, written: str) -> None:
    found = PersonId(scheme=scheme, value=typed)
    assert found.value == written
    assert found.address.startswith("https://")
    assert PersonId(scheme=scheme, value=found.value) == found
    assert PersonId(scheme=scheme, value=found.address) == found


@pytest.mark.parametrize(
    ("scheme", "typed", "why"),
    [
        ("orcid", "0000-0002-1825-0098", "wrong check character"),
        ("orcid", "0000-0002-1825", "is not an ORCID iD"),
        ("isni", "0000 0001 2103 2684", "wrong check character"),
        ("isni", "12", "is not an ISNI"),
        ("wikidata", "37970", "is not a Wikidata"),
        ("twitter", "mendel", "must be one of orcid"),
        ("orcid", "<script>", "is not"),
    ],
)
def test_what_is_no_identifier_is_refused_in_words(scheme: str, typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        PersonId(scheme=scheme, value=typed)


def test_a_mistyped_ror_id_is_seen() -> None:
    assert schemes.ror("ror.org/03YRM5C26") == "https://ror.org/03yrm5c26"
    for wrong in ("03yrm5c27", "03yrn5c26", "03yrm5c2", "03ylm5c26"):
        with pytest.raises(ValueError, match=r"^ror: "):
            schemes.ror(wrong)


def test_every_digit_of_an_orcid_counts() -> None:
    good = "0000000218250097"
    for place in range(15):
        for digit in "0123456789":
            if digit != good[place]:
                assert not schemes.iso7064(good[:place] + digit + good[place + 1 :])


def test_an_affiliation_ends_after_it_begins() -> None:
    assert Post(name="St Thomas's Abbey", since="1843", until="1884-01-06").until == "1884-01-06"
    assert Post(name="St Thomas's Abbey", since="1868-03-30", until="1868").until == "1868"
    with pytest.raises(ValueError, match="until: is earlier"):
        Post(name="St Thomas's Abbey", since="1884", until="1843")
    with pytest.raises(ValueError, match="since: must be a date"):
        Post(name="St Thomas's Abbey", since="last year")


def test_a_person_has_one_orcid_and_no_identifier_twice() -> None:
    one, two = PersonId(value="0000-0002-1825-0097"), PersonId(value="0000-0001-5109-3700")
    with pytest.raises(ValueError, match="two ORCID"):
        Person(family="Curie", ids=(one, two))
    with pytest.raises(ValueError, match="twice"):
        Person(family="Curie", ids=(PersonId(scheme="viaf", value="22146475"), PersonId(scheme="viaf", value="22146475")))
    with pytest.raises(ValueError, match="email: "):
        Person(family="Curie", email="nobody")


def test_a_person_survives_encoding() -> None:
    person = Person(
        family="Skłodowska-Curie", given="Marie", ids=(PersonId(value="0000-0002-1825-0097"),),
        affiliations=(Post(name="Sorbonne", ror="https://ror.org/02en5vm52", since="1906"),), email="Marie@Example.org",
    )  # fmt: skip
    assert decode(encode(person)) == person
    assert person.email == "marie@example.org"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Müller", "Johannes"), ("Mueller", "J.")), (("Skłodowska", "Marie"), ("Sklodowska", "M")), (("Ørsted", "Hans"), ("Oersted", "H.")),
        (("O'Neill", "Eugene"), ("O\u2019Neill", "E.")), (("Meyer-Lübke", "Wilhelm"), ("Meyer Luebke", "W")),
    ],
)  # fmt: skip
def test_spellings_of_one_name_share_a_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert names.key(*one) == names.key(*other)


def test_given_names_fit_as_initials_or_whole_or_not() -> None:
    assert names.likeness("Gregor Johann", "G. J.") == 1
    assert names.likeness("Gregor", "Gregor Johann") == 2
    assert names.likeness("Gregor", "Georg") == 0
    assert names.likeness("G. K.", "Gregor Johann") == 0
    assert names.likeness("", "Gregor") == 1
