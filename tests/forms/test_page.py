"""The form as it is drawn: every input labelled, every error pointed to, no secret told."""

import pytest
from lxml import html

from server.forms.form import Form, Layout
from server.oai.definition import Context, Definition
from server.records.model import Record
from tests.forms.browse import page, sent
from tests.forms.samples import Bed, Owner, Pea, Pod
from tests.forms.samples import Form as Seed

PEA = Layout.of(Pea)
FULL = Pea(
    name="pea", form=Seed.ROUND, password="hush-hush", certificate="hush-too", colours=("warm", "blue", "faded"), colour="faded",
    owner=Owner(name="Mendel"), beds=(Bed(place="north", pods=(Pod(label="aa", key="hush-key"),)), Bed()), pods=(Pod(label="bb"),),
)  # fmt: skip
WRONG = PEA.read(
    [("row.0", ""), ("name", "P"), ("seeds", "x"), ("form", ""), ("beds.0.pods.0.label", "a"), ("owner.mail", "x"), ("colours", "grey"),
     ("password", "typed-secret"), ("growth", "dwarf")], FULL,
)  # fmt: skip
DRAWN = {
    "empty": PEA.show(),
    "full": PEA.show(FULL),
    "wrong": WRONG,
    "read only": Layout.of(Pea, read_only=("name", "beds", "owner", "password", "colour")).show(FULL),
    "record": Layout.of(Record).read([("row", "add:creators"), ("creators.0.family", "Mendel")]),
    "moved": PEA.read([("row", "add:beds")]),
}


def labelled(tree: html.HtmlElement, control: html.HtmlElement) -> bool:
    around = any(parent.tag == "label" and parent.text_content().strip() for parent in control.iterancestors())
    return around or bool(tree.xpath("//label[@for=$id][normalize-space()]", id=control.get("id")))


@pytest.mark.parametrize("form", DRAWN.values(), ids=DRAWN)
def test_every_control_has_a_label_and_every_group_a_legend(form: Form) -> None:
    tree = page(form)
    controls = [c for c in tree.xpath("//input|//select|//textarea") if c.get("type") != "hidden"]
    assert len(controls) > 5
    assert [c.get("name") for c in controls if not labelled(tree, c)] == []
    for group in tree.iter("fieldset"):
        assert group[0].tag == "legend"
        assert group[0].text_content().strip()
    assert all(button.text_content().strip() for button in tree.iter("button"))


@pytest.mark.parametrize("form", DRAWN.values(), ids=DRAWN)
def test_ids_are_single_and_references_lead_somewhere(form: Form) -> None:
    tree = page(form)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    named = [name for value in tree.xpath("//@aria-describedby") for name in value.split()]
    assert set(named) | set(tree.xpath("//label/@for")) | set(tree.xpath("//@list")) <= set(ids)


def test_every_error_is_above_all_beside_its_field_and_pointed_to() -> None:
    tree = page(WRONG)
    (alert,) = tree.xpath("//*[@role='alert']")
    assert [link.get("href") for link in alert.iter("a")] == [f"#f-{error.path}" for error in WRONG.errors]
    assert len(WRONG.errors) == 7
    for error in WRONG.errors:
        (place,) = tree.xpath("//*[@id=$id]", id=error.id)
        assert f"{error.id}-error" in place.get("aria-describedby").split()
        (beside,) = tree.xpath("//*[@id=$id]", id=f"{error.id}-error")
        assert error.text in beside.text_content()
        assert place.tag == "fieldset" or place.get("aria-invalid") == "true"


def test_no_secret_is_told() -> None:
    for form in DRAWN.values():
        text = html.tostring(page(form)).decode()
        assert "hush" not in text
        assert "typed-secret" not in text
    tree = page(WRONG)
    assert "once more" in tree.get_element_by_id("f-password-again").text_content()
    assert "stored" in page(PEA.show(FULL)).get_element_by_id("f-certificate-set").text_content()
    assert page(PEA.show()).xpath("//*[@id='f-password-set']") == []


def test_the_enter_key_saves_and_moves_no_row() -> None:
    first = page(PEA.show(FULL)).forms[0].xpath(".//button")[0]
    assert first.get("name") is None


def test_what_is_stored_though_it_cannot_be_chosen_stays_possible() -> None:
    form = page(PEA.show(FULL)).forms[0]
    posted = form.form_values()
    assert ("colour", "faded") in posted
    assert {value for name, value in posted if name == "colours"} == {"warm", "blue", "faded"}


def test_what_a_browser_would_drop_is_shown_as_text() -> None:
    fields = page(PEA.read([("sown", "1866"), ("seen", "soon"), ("seeds", "x")])).forms[0].inputs
    assert [(fields[name].get("type"), fields[name].value) for name in ("sown", "seen", "seeds")] == [
        ("text", "1866"), ("text", "soon"), ("text", "x"),
    ]  # fmt: skip
    assert PEA.show()["sown"].input_type == "date"


def test_a_line_with_line_breaks_is_shown_as_several() -> None:
    assert page(PEA.read([("maker", "a"), ("name", "a\nb")])).forms[0].inputs["name"].tag == "textarea"


def test_read_only_fields_are_text() -> None:
    tree = page(DRAWN["read only"])
    assert "name" not in tree.forms[0].inputs
    assert tree.xpath("//*[starts-with(@name, 'beds')]") == []
    assert tree.xpath("//button[contains(@value, 'beds')]") == []
    assert "north" in tree.text_content()


def test_a_telephone_is_told_what_is_typed() -> None:
    fields = page(PEA.read([("row", "add:beds")])).forms[0].inputs
    assert fields["seeds"].get("inputmode") == "numeric"
    assert fields["owner.mail"].get("autocomplete") == "email"
    assert fields["password"].get("autocomplete") == "new-password"


def test_folded_rows_show_their_first_words_and_open_where_something_is_wrong() -> None:
    layout = Layout.of(Definition)
    stored = Definition(
        repository_name="Museum", admin_emails=("ada@example.org",),
        contexts=(Context(path="one", title="First"), Context(path="two", title="Second")),
    )  # fmt: skip
    tree = page(layout.show(stored))
    folded = tree.xpath("//details[@class='folded']")
    assert [each.xpath("string(summary)") for each in folded] == ["one – First", "two – Second"]
    assert not [each for each in folded if "open" in each.attrib]
    pairs = [(name, "" if name == "contexts.1.title" else text) for name, text in sent(layout.show(stored))]
    wrong = layout.read(pairs, stored)
    assert isinstance(wrong, Form)
    assert ["open" in each.attrib for each in page(wrong).xpath("//details[@class='folded']")] == [False, True]


def test_a_long_form_has_a_table_of_contents() -> None:
    assert not PEA.show(FULL).contents
    contexts = tuple(Context(path=f"c{n}", title="C") for n in range(5))
    form = Layout.of(Definition).show(Definition(repository_name="M", admin_emails=("ada@example.org",), contexts=contexts))
    assert [entry.path for entry in form.contents] == list(Definition.__struct_fields__)
