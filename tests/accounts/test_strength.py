"""Which passwords are refused, and why."""

import pytest

from server.accounts.passwords import generate, hashed, verify
from server.accounts.strength import LONGEST, refuse_weak, weakness
from server.errors import Invalid

OWN = ("mendel", "Abbey Repository")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "5 characters"), ("x" * (LONGEST + 1), "characters"), ("aaaaaaaaaaaa", "different"), ("abcabcabcabc", "different"),
        ("abcdeabcdeabcde", "repeats"), ("1234567890", "row"), ("qwertyuiop", "row"), ("zyxwvutsrq", "row"), ("abcdefg98765", "row"),
        ("Password123!", "common"), ("P@ssw0rd2026", "common"), ("!!letmein2026!!", "common"), ("welcomewelcome", "repeats"),
        ("Mendel-1866!", "name"), ("mendel mendel 1", "name"), ("abbeyrepository", "name"), ("Abbey 2026 Repository", "name"),
        ("Administrator1", "common"), ("Sommer2026!!", "common"),
    ],
)  # fmt: skip
def test_what_is_guessed_early(password: str, reason: str) -> None:
    assert reason in weakness(password, OWN)
    with pytest.raises(Invalid):
        refuse_weak(password, OWN)


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "peas in seven traits", "зелёный горох 1866", "        tall & short  peas", "x7$kQ2!mPz", "1866-02-08 Brünn",
     "mendel grew green peas", "a" * 100 + "long but bcdefg", "password of the brewery"],
)  # fmt: skip
def test_what_is_good(password: str) -> None:
    assert weakness(password, OWN) == ""


def test_generated_ones_are_good_and_no_password_is_nobodys() -> None:
    assert not any(weakness(generate()) for _ in range(50))
    assert not verify("", "")
    assert not verify(None, "x")
    assert verify(hashed("peas in seven traits"), "peas in seven traits")
