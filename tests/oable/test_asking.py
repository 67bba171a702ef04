"""What can be asked: every rule names its field and the remedy, an institution's address is one, money is written in one way."""

import pytest

from server.forms.field import Choice, flat
from server.forms.form import Form
from server.oable.asking import Asked, form, within
from server.oable.currencies import CHOICES, decimals
from server.oable.settings import Oable
from tests.oable.conftest import ASKED

LAYOUT = form("abbey.example", ())


def faults(**typed: str) -> dict[str, str]:
    read = LAYOUT.read(list((ASKED | typed).items()))
    return {error.path: error.text for error in read.errors} if isinstance(read, Form) else {}


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"email": "gregor@abbey.example.net"}, "email", "must end in @abbey.example: only members of the institution can ask"),
        ({"email": "gregor@notabbey.example"}, "email", "must end in @abbey.example"),
        ({"email": "gregor@abbey.example, b@abbey.example"}, "email", "address"),
        ({"email": ""}, "email", "needed"),
        ({"orcid": "0000-0002-1825-0098"}, "orcid", "wrong check character"),
        ({"doi": "peas"}, "doi", "Write it as 10.prefix/suffix"),
        ({"doi": ""}, "doi", "type the DOI of the article"),
        ({"title": ""}, "title", "type the title of the article"),
        ({"journal": " "}, "journal", "needed"),
        ({"amount": "2,499.50"}, "amount", "nothing between thousands"),
        ({"amount": "-1"}, "amount", "must be a number"),
        ({"amount": "1e3"}, "amount", "must be a number"),
        ({"amount": "٣"}, "amount", "must be a number"),
        ({"amount": "0.00"}, "amount", "more than nothing"),
        ({"amount": "12.345"}, "amount", "EUR has 2"),
        ({"amount": "250000.5", "currency": "JPY"}, "amount", "JPY has 0"),
        ({"currency": "DEM"}, "currency", "choice"),
        ({"currency": ""}, "currency", "needed"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(typed: dict[str, str], field: str, words: str) -> None:
    found = faults(**typed)
    assert list(found) == [field]
    assert words in found[field]


def test_all_of_it_is_said_at_once_and_what_was_typed_stays() -> None:
    typed = ASKED | {"email": "gregor@example.org", "amount": "a lot", "doi": "peas", "journal": ""}
    read = LAYOUT.read(list(typed.items()))
    assert isinstance(read, Form)
    assert [error.path for error in read.errors] == ["email", "doi", "journal", "amount"]
    assert {name: read[name].text for name in typed} == typed


@pytest.mark.parametrize(
    ("typed", "field", "kept"),
    [
        ({"doi": "https://doi.org/10.5072/PEAS.1"}, "doi", "10.5072/peas.1"),
        ({"orcid": "https://orcid.org/0000-0002-1825-0097"}, "orcid", "0000-0002-1825-0097"),
        ({"amount": "12.345", "currency": "KWD"}, "amount", "12.345"),
        ({"email": "g@ABBEY.example"}, "email", "g@ABBEY.example"),
    ],
)
def test_what_is_right_is_kept_as_its_registry_writes_it(typed: dict[str, str], field: str, kept: str) -> None:
    read = LAYOUT.read(list((ASKED | typed).items()))
    assert isinstance(read, Asked)
    assert getattr(read, field) == kept


def test_a_work_of_ones_own_needs_neither_title_nor_doi_and_only_those_offered_can_be_chosen() -> None:
    layout, typed = form("abbey.example", [Choice("A", "Peas")]), ASKED | {"doi": "", "title": ""}
    assert isinstance(layout.read(list((typed | {"work": "A"}).items())), Asked)
    read = layout.read(list((typed | {"work": "B"}).items()))
    assert isinstance(read, Form)
    assert [error.path for error in read.errors] == ["work"]


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("a@abbey.example", True),
        ("a@botany.abbey.example", True),
        ("a@xabbey.example", False),
        ("a@abbey.example.evil.example", False),
        ("abbey.example@evil.example", False),
    ],
)
def test_a_suffix_ends_at_a_dot(address: str, is_ours: bool) -> None:
    assert within(address, "abbey.example") is is_ours


def test_currencies_are_codes_of_three_letters_and_none_is_named_twice() -> None:
    codes = [choice.value for choice in flat(CHOICES)]
    assert len(codes) == len(set(codes)) > 150
    assert all(len(code) == 3 and code.isupper() for code in codes)
    assert [decimals(code) for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]


GIVEN = {
    "address": "https://oable.example.org/requests", "api_key": "peas", "suffix": "abbey.example", "errors": "l@abbey.example",
    "organisation": "Abbey",
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "ftp://oable.example.org"), ("api_key", "two words"), ("api_key", "line\nbreak"), ("suffix", "abbey"),
        ("suffix", "*"), ("errors", "nobody"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        Oable(**GIVEN | {field: value})


def test_the_key_is_in_no_words_about_the_settings() -> None:
    settings = Oable(**GIVEN | {"api_key": "hushhush", "suffix": "@Abbey.Example"})
    assert settings.suffix == "abbey.example"
    assert "hushhush" not in f"{settings!r}{settings}{settings.__rich_repr__()}"
