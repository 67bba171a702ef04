"""From a class to its fields."""

from typing import Annotated

import pytest
from msgspec import Struct

from server.forms.field import Label, root, title
from server.forms.form import Layout
from server.identifiers.agencies.datacite import Account
from server.records.model import Record
from tests.forms.samples import COLOURS, Pea

WIDGETS = {
    "name": "text", "form": "radio", "growth": "radio", "habit": "select", "seeds": "number", "weight": "number", "hardy": "checkbox",
    "tested": "select", "sown": "date", "seen": "datetime", "address": "url", "story": "textarea", "colour": "select",
    "colours": "checkboxes", "forms": "checkboxes", "names": "lines", "years": "lines", "maker": "suggest", "password": "password",
    "certificate": "file", "owner": "fieldset", "beds": "rows", "pods": "rows",
}  # fmt: skip


def test_every_sort_of_field_has_its_widget() -> None:
    assert {field.name: field.widget.value for field in root(Pea).fields} == WIDGETS


def test_titles_come_from_the_class_and_else_from_the_name() -> None:
    fields = {field.name: field for field in root(Account).fields}
    assert fields["prefix"].title == "DOI prefix"
    assert fields["password"].secret
    assert fields["types"].help
    assert {field.name: field.title for field in root(Record).fields}["alt_titles"] == "Alt titles"


def test_labels_name_what_the_class_leaves_unnamed() -> None:
    labels = {
        "creators": Label(title="Creators", one="Creator"),
        "creators.family": Label(title="Family name", help="As on the title page"),
        "toc": Label(widget="textarea"),
        "type": Label(choices=COLOURS),
    }
    form = Layout.of(Record, labels=labels).read([("row", "add:creators")])
    assert (form["creators.0.family"].title, form["creators.0.family"].help) == ("Family name", "As on the title page")
    assert form["creators"].one == "Creator"
    assert form["toc"].widget == "textarea"
    assert form["type"].field.codes == {"warm", "red", "yellow", "cold", "blue", "green"}


def test_a_record_comes_out_with_all_its_fields_also_nested() -> None:
    def paths(part) -> set[str]:
        return {child.name for child in part.fields if child.name} | {name for child in part.fields for name in paths(child)}

    whole = root(Record)
    assert {field.name for field in whole.fields} == set(Record.__struct_fields__)
    assert {
        "ror",
        "scheme_uri",
        "embargo_until",
        "award_no",
        "grantor_ror",
        "latitude",
        "sha256",
        "corresponding",
        "role",
    } <= paths(whole)


def test_only_and_without_take_paths() -> None:
    assert [e.path for e in Layout.of(Record, only=("type", "title.value")).show().entries] == ["type", "title"]
    form = Layout.of(Record, only=("type", "title.value")).show()
    assert [e.path for e in form["title"].parts] == ["title.value"]
    less = Layout.of(Record, without=("creators.ids", "files")).read([("row", "add:creators")])
    assert [e.path for e in less["creators.0"].parts if "ids" in e.path] == []
    with pytest.raises(KeyError):
        less["files"]


@pytest.mark.parametrize(
    "mistake", [{"only": ("titel",)}, {"labels": {"creators.nme": Label()}}, {"read_only": ("creators.0.name",)}]
)
def test_a_path_that_names_no_field_is_a_mistake(mistake: dict) -> None:
    with pytest.raises(LookupError):
        Layout.of(Record, **mistake)


def test_a_class_no_form_can_show_is_a_mistake() -> None:
    class Wild(Struct):
        anything: dict[str, int]

    class Either(Struct):
        either: int | str

    class Endless(Struct):
        more: "tuple[Endless, ...]" = ()

    Endless.__annotations__["more"] = tuple[Endless, ...]
    for struct in (Wild, Either, Endless):
        with pytest.raises(TypeError):
            root(struct)


def test_a_secret_in_a_text_area_stays_a_secret() -> None:
    class Signed(Struct):
        key: Annotated[str, title("Key", secret=True, widget="textarea")] = ""

    field = root(Signed).fields[0]
    assert (field.widget, field.kept) == ("textarea", True)
