"""Settings from plain values: every field that is wrong is named at once."""

from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from server.forms.field import title
from server.profiles.model import Wrong
from server.profiles.reading import defaults, explained, read, secret_fields


class Sample(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1), title("Name", "What it is called.")]
    size: Annotated[int, Meta(ge=1), title("Size")] = 3
    mood: Annotated[Literal["dry", "wet"], title("Mood")] = "dry"
    word: Annotated[str, title("Word", secret=True)] = ""
    port: Annotated[int, Meta(ge=1, le=65535), title("Port")] = 587
    code: Annotated[str, Meta(pattern="^[a-z]+$"), title("Code", rule="may hold letters a to z only")] = "a"
    plain: Annotated[str, Meta(pattern="^[a-z]+$", max_length=3), title("Plain")] = "a"
    rows: Annotated[tuple[Annotated[int, Meta(le=9)], ...], Meta(max_length=2), title("Rows")] = ()

    def __post_init__(self) -> None:
        if self.name == self.word:
            raise ValueError("word: must not be the name")


def test_what_fits_is_read_also_from_text() -> None:
    assert read(Sample, {"name": "Ada", "size": "7"}) == Sample(name="Ada", size=7)


def test_all_that_is_wrong_is_said_at_once_each_with_what_it_takes() -> None:
    with pytest.raises(Wrong) as caught:
        read(Sample, {"size": 0, "mood": "grey", "colour": "red"})
    assert caught.value.fields.keys() == {"name", "size", "mood", "colour"}
    assert "it is needed" in caught.value.fields["name"]
    assert "What it is called." in caught.value.fields["name"]
    assert "One of: dry, wet." in caught.value.fields["mood"]
    assert "There is no such setting." in caught.value.fields["colour"]
    assert all(name in caught.value.message for name in ("name", "size", "mood", "colour"))


def test_a_rule_of_the_class_is_put_at_its_field() -> None:
    with pytest.raises(Wrong) as caught:
        read(Sample, {"name": "Ada", "word": "Ada"})
    assert caught.value.fields.keys() == {"word"}
    assert caught.value.place == "word"


def test_what_a_class_says_of_its_fields() -> None:
    assert secret_fields(Sample) == {"word"}
    assert defaults(Sample) == {
        "name": None, "size": "3", "mood": '"dry"', "word": '""', "port": "587", "code": '"a"', "plain": '"a"', "rows": "[]",
    }  # fmt: skip
    assert explained(Sample, "nothing") == ""


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("port", 70000, "must be 65535 or less. Port."),
        ("port", "many", "must be a whole number, such as 12. Port."),
        ("port", 0, "must be 1 or more. Port."),
        ("code", "A B", "may hold letters a to z only. Code."),
        ("plain", "A", "does not have the form that is needed here. Plain."),
        ("plain", "abcd", "must have at most 3 characters. Plain."),
        ("name", "", "is needed. Name. What it is called."),
        ("mood", "grey", "must be one of the choices offered. Mood. One of: dry, wet."),
        ("rows", [1, 2, 3], "may have at most 2. Rows."),
        ("rows", [11], "must be 9 or less ([0]). Rows."),
    ],
)
def test_what_does_not_fit_is_said_as_the_forms_say_it(name: str, value: object, sentence: str) -> None:
    with pytest.raises(Wrong) as caught:
        read(Sample, {"name": "Ada", name: value})
    assert caught.value.fields == {name: sentence}
