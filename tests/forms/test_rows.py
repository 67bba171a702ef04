"""Rows added, removed and moved by buttons, without a script and without a check."""

import pytest

from server.forms.form import Form, Layout
from tests.forms.browse import sent
from tests.forms.samples import Bed, Pea, Pod
from tests.forms.samples import Form as Seed

PEA = Layout.of(Pea)
STORED = Pea(
    name="pea", form=Seed.ROUND, beds=(Bed(place="north", pods=(Pod(label="aa"), Pod(label="bb", key="kk"))), Bed(place="south")),
    pods=(Pod(label="only"),),
)  # fmt: skip


def press(button: str, *more: tuple[str, str]) -> Form:
    form = PEA.read([("row", button), *more, *sent(PEA.show(STORED))], STORED)
    assert isinstance(form, Form)
    assert form.errors == ()
    return form


def shape(form: Form) -> list[tuple[str, list[str]]]:
    return [(bed.parts[0].text, [pod.parts[0].text for pod in bed.parts[1].parts]) for bed in form["beds"].parts]


@pytest.mark.parametrize(
    ("button", "beds", "focus"),
    [
        ("add:beds", [("north", ["aa", "bb"]), ("south", []), ("", [])], "beds.2"),
        ("add:beds.1.pods", [("north", ["aa", "bb"]), ("south", [""])], "beds.1.pods.0"),
        ("remove:beds.0", [("south", [])], "beds.0"),
        ("remove:beds.0.pods.1", [("north", ["aa"]), ("south", [])], "beds.0.pods.0"),
        ("up:beds.1", [("south", []), ("north", ["aa", "bb"])], "beds.0"),
        ("down:beds.0", [("south", []), ("north", ["aa", "bb"])], "beds.1"),
        ("down:beds.0.pods.0", [("north", ["bb", "aa"]), ("south", [])], "beds.0.pods.1"),
        ("up:beds.0", [("north", ["aa", "bb"]), ("south", [])], "beds.0"),
        ("down:beds.1", [("north", ["aa", "bb"]), ("south", [])], "beds.1"),
        ("remove:beds.9", [("north", ["aa", "bb"]), ("south", [])], "beds"),
        ("remove:beds.x", [("north", ["aa", "bb"]), ("south", [])], "beds"),
        ("add:nothing", [("north", ["aa", "bb"]), ("south", [])], ""),
        ("remove:", [("north", ["aa", "bb"]), ("south", [])], ""),
    ],
)
def test_a_button_changes_the_rows(button: str, beds: list, focus: str) -> None:
    form = press(button)
    assert shape(form) == beds
    assert form.focus == focus


def test_what_was_typed_stays_and_what_is_moved_keeps_its_secrets() -> None:
    form = press("up:beds.1", ("name", "TYPED"), ("beds.0.place", "changed"))
    assert form["name"].text == "TYPED"
    assert form["beds.1.place"].text == "changed"
    taken = PEA.read([("name", "pea"), *sent(form)], STORED)
    assert taken.beds == (STORED.beds[1], Bed(place="changed", pods=STORED.beds[0].pods))


def test_another_button_is_no_row_button() -> None:
    assert isinstance(PEA.read([("row", "burn:beds"), *sent(PEA.show(STORED))], STORED), Pea)


def test_a_row_that_is_needed_is_offered_and_others_only_when_asked_for() -> None:
    form = PEA.show()
    assert (len(form["pods"].parts), len(form["beds"].parts)) == (1, 0)


def test_no_more_rows_are_added_than_are_taken() -> None:
    pairs = [(f"beds.{n}.place", "x") for n in range(2_000)]
    assert len(PEA.read([("row", "add:beds"), *pairs])["beds"].parts) == 2_000
