"""What is made of what is posted: values, and every mistake at once in words."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from server.forms.form import Form, Layout
from server.identifiers.agencies.datacite import Account
from tests.forms.samples import Bed, Owner, Pea, Pod
from tests.forms.samples import Form as Seed

PEA = Layout.of(Pea)
LEAST = [("name", "pea"), ("form", "round"), ("pods.0.label", "first")]


def read(*pairs: tuple[str, str], value: Pea | None = None) -> Pea | Form:
    """Read the least a pea needs and these, which come first where a name is posted twice."""
    return PEA.read([*pairs, *LEAST], value)


def faults(form: Pea | Form) -> dict[str, str]:
    assert isinstance(form, Form)
    return {error.path: error.text for error in form.errors}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("form", "wrinkled", Seed.WRINKLED),
        ("growth", "dwarf", "dwarf"),
        ("habit", "", None),
        ("habit", "b", "b"),
        ("seeds", " 7 ", 7),
        ("seeds", "", 5),
        ("weight", "", None),
        ("weight", "0,25", 0.25),
        ("hardy", "true", True),
        ("tested", "false", False),
        ("tested", "", None),
        ("sown", "1866-02-08", date(1866, 2, 8)),
        ("seen", "1866-02-08T20:15", datetime(1866, 2, 8, 20, 15, tzinfo=UTC)),
        ("seen", "1866-02-08T20:15+01:00", datetime(1866, 2, 8, 19, 15, tzinfo=UTC)),
        ("address", "https://example.org/pea", "https://example.org/pea"),
        ("story", "  In the garden\r\n  of the monks\r\n", "In the garden\n  of the monks"),
        ("maker", "Gregor\r\nMendel\x00", "Gregor Mendel"),
        ("maker", "Darwin", "Darwin"),
        ("names", "one\r\n\r\n two \n", ("one", "two")),
        ("years", "1856\n1863", (1856, 1863)),
        ("password", " a b ", "a b"),
    ],
)
def test_a_text_becomes_the_value_its_class_wants(name: str, text: str, value: object) -> None:
    taken = read((name, text))
    assert isinstance(taken, Pea), taken
    assert getattr(taken, name) == value


def test_several_choices_may_be_a_group_and_single_ones() -> None:
    taken = read(("colours", "warm"), ("colours", "blue"), ("colours", "blue"), ("forms", "round"))
    assert (taken.colours, taken.forms) == (("warm", "blue"), (Seed.ROUND,))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("name", "Pea", "may hold the letters a to z only"),
        ("name", "  ", "is needed"),
        ("form", "square", "must be one of the choices offered"),
        ("seeds", "many", "must be a whole number, such as 12"),
        ("seeds", "0", "must be 1 or more"),
        ("seeds", "10", "must be 9 or less"),
        ("weight", "nan", "must be a number, such as 48.2"),
        ("weight", "1_0", "must be a number, such as 48.2"),
        ("weight", "-1", "must be more than 0"),
        ("sown", "1866-02-30", "must be a day as year-month-day, such as 2026-03-14"),
        ("seen", "yesterday", "must be a day and a time, such as 2026-03-14T09:26"),
        ("seen", "0001-01-01T00:00+14:00", "must be a day and a time, such as 2026-03-14T09:26"),
        ("address", "javascript:alert(1)", "must be an address that begins with https:// or http://"),
        ("address", "http://[", "must be an address that begins with https:// or http://"),
        ("owner.mail", "mendel", "must be an e-mail address, such as name@example.org"),
        ("colours", "grey", "must be one of the choices offered"),
        ("names", "one\nthousand", "line 2 must have at most 5 characters"),
        ("years", "1856\nlater", "line 2 must be a whole number, such as 12"),
        ("pods.0.label", "x", "must have at least 2 characters"),
        ("maker", "x" * 20_001, "must have at most 20000 characters"),
        ("story", "x" * 1_000_001, "must have at most 1000000 characters"),
    ],
)
def test_what_is_wrong_is_said_in_words_at_its_field(name: str, text: str, sentence: str) -> None:
    form = read((name, text))
    assert faults(form) == {name: sentence}
    assert form[name].fault.text == sentence
    assert form[name].text == text


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_form() -> None:
    form = PEA.read([("name", "P"), ("seeds", "x"), ("beds.0.place", "garden"), ("beds.0.pods.0.label", "a")])
    assert [(error.place, error.path) for error in form.errors] == [
        ("Name", "name"), ("Form of the seed", "form"), ("Seeds", "seeds"), ("Bed 1, Pod 1, Label", "beds.0.pods.0.label"),
        ("Pods", "pods"),
    ]  # fmt: skip


def test_a_rule_of_the_class_stands_at_the_field_it_names() -> None:
    assert faults(read(("growth", "dwarf"), ("seeds", "8"))) == {"seeds": "a dwarf has at most 7 seeds"}
    form = read(("name", "weed"))
    assert faults(form) == {"": "this is no pea"}
    assert form.errors[0].place == ""


def test_an_agency_account_says_what_it_wants() -> None:
    account = Layout.of(Account)
    good = [("prefix", "10.1234"), ("account_id", "INST.REPO"), ("password", "x"), ("environment", "production")]
    assert isinstance(account.read(good), Account)
    assert faults(account.read([("endpoint", "http://127.0.0.1"), *good])) == {
        "endpoint": "may be set with the test environment only; leave it empty or choose test"
    }
    assert faults(account.read([("prefix", "11.1"), *good]))["prefix"] == "starts with 10. and 4 to 9 digits, such as 10.1234"


def test_a_nested_value_is_none_until_something_is_typed() -> None:
    assert read().owner is None
    assert read(("owner.name", "Mendel")).owner == Owner(name="Mendel")
    stored = msgspec.structs.replace(read(), owner=Owner(name="Mendel"))
    assert read(("owner.name", ""), value=stored).owner == Owner()


def test_blank_rows_are_dropped_and_rows_keep_their_order() -> None:
    taken = read(("beds.10.place", "last"), ("beds.2.place", "first"), ("beds.3.place", " "), ("beds.3.@", ""))
    assert taken.beds == (Bed(place="first"), Bed(place="last"))


def test_a_row_is_as_full_as_what_is_stored_of_it_and_not_shown() -> None:
    stored = msgspec.structs.replace(SECRETS, beds=(Bed(), Bed(place="north")))
    assert read(("beds.0.@", "0"), ("beds.1.@", "1"), value=stored).beds == (Bed(),)
    assert faults(read(("pods.0.@", "0"), ("pods.0.label", ""), value=stored)) == {"pods.0.label": "is needed"}
    assert faults(read(("pods.1.key", "typed"))) == {"pods.1.label": "is needed"}


def test_choices_stay_in_the_order_they_are_stored_in() -> None:
    stored = msgspec.structs.replace(read(), colours=("green", "warm", "blue"))
    assert read(("colours", "warm"), ("colours", "blue"), ("colours", "green"), value=stored) == stored


def test_absurd_numbers_of_rows_are_neither_made_nor_lost_unsaid() -> None:
    assert read(("beds.99999999.place", "far")).beds == (Bed(place="far"),)
    assert read(("beds.9999999999.place", "farther")).beds == ()
    assert faults(read(*((f"beds.{n}.place", "x") for n in range(2_001)))) == {"beds": "may have at most 2000"}


def test_what_no_field_asks_for_is_passed_over() -> None:
    taken = read(
        ("owner.name.more", "x"), ("name.clear", "x"), ("nothing", "x"), ("beds.x.place", "x"), ("hardy", b"x"), ("a." * 99, "x")
    )
    assert taken == read()


SECRETS = msgspec.structs.replace(
    read(), password="hush", certificate="signed", pods=(Pod(label="one", key="k1"), Pod(label="two", key="k2"))
)


def test_a_secret_is_kept_until_it_is_changed_or_removed() -> None:
    assert read(value=SECRETS).password == "hush"
    assert read(value=SECRETS).certificate == "signed"
    assert read(("password", ""), value=SECRETS).password == "hush"
    assert read(("password", "loud"), value=SECRETS).password == "loud"
    assert read(("password.clear", "true"), value=SECRETS).password == ""
    assert read(("password", "loud"), ("password.clear", "true"), value=SECRETS).password == "loud"
    assert read().password == ""


def test_the_secret_of_a_row_goes_where_the_row_goes() -> None:
    pairs = [("pods.0.@", "1"), ("pods.0.label", "two"), ("pods.1.@", "0"), ("pods.1.label", "one"), ("pods.2.label", "new")]
    taken = PEA.read([*LEAST[:2], *pairs, ("pods.3.@", "77"), ("pods.3.label", "junk")], SECRETS)
    assert [(pod.label, pod.key) for pod in taken.pods] == [("two", "k2"), ("one", "k1"), ("new", ""), ("junk", "")]


def test_a_required_secret_is_asked_for_only_once() -> None:
    account = Layout.of(Account)
    good = [("prefix", "10.1234"), ("account_id", "INST.REPO"), ("environment", "test")]
    assert faults(account.read(good)) == {"password": "is needed"}
    stored = account.read([*good, ("password", "x")])
    assert account.read(good, stored) == stored
    assert faults(account.read([*good, ("password.clear", "1")], stored)) == {"password": "is needed"}


def test_what_a_form_does_not_show_keeps_its_value() -> None:
    stored = msgspec.structs.replace(SECRETS, seeds=9, story="long ago", hardy=True)
    layout = Layout.of(Pea, only=("name", "seeds", "story"), read_only=("story",))
    taken = layout.read([("name", "other"), ("story", "forged"), ("password", "forged")], stored)
    assert taken == msgspec.structs.replace(stored, name="other", seeds=5)


def test_a_form_that_leaves_out_what_a_new_value_needs_can_only_change_one() -> None:
    layout = Layout.of(Pea, without=("form", "pods.label"))
    for ask in (layout.show, lambda: layout.read([])):
        with pytest.raises(TypeError, match="only change"):
            ask()
    taken = layout.read([("name", "pea"), ("pods.0.@", "1"), ("pods.1.key", "new")], SECRETS)
    assert taken.pods == (SECRETS.pods[1],)
    assert len(layout.read([("row", "add:pods"), ("pods.0.@", "1")], SECRETS)["pods"].parts) == 1


def test_a_persons_password_is_taken_as_it_is_typed() -> None:
    from typing import Annotated

    from server.forms.field import title

    class Entry(msgspec.Struct, frozen=True):
        password: Annotated[str, msgspec.Meta(min_length=4), title("Password", secret=True, autocomplete="new-password")]

    layout = Layout.of(Entry)
    assert layout.read([("password", " pass word ")]).password == " pass word "
    assert faults(layout.read([("password", " ")])) == {"password": "is needed"}
    assert faults(layout.read([("password", "abc")])) == {"password": "must have at least 4 characters"}


def test_what_a_use_case_finds_is_said_at_its_field_or_above_all() -> None:
    form = PEA.again(LEAST, None, {"name": "is taken", "elsewhere": "The garden is closed.", "": "Come back."})
    assert [(error.path, error.text) for error in form.errors] == [("", "Come back. The garden is closed."), ("name", "is taken")]
    assert form["name"].text == "pea"
