"""What each operation of either version of SWORD makes of a draft."""

from dataclasses import replace
from typing import Any

import pytest

from server.records.model import File, Record, Text
from server.sword.model import NOT_FETCHED, NOTHING, Content, Deposit, DepositState, Draft, Operation, Problem
from server.sword.operations import applied, mended
from tests.conftest import START


def record(title: str) -> Record:
    return Record(type="other.other", title=Text(value=title))


def file(name: str, sha256: str = "a") -> File:
    return File(name=name, sha256=sha256)


BEFORE = Draft(record=record("Peas"), files=(file("a.pdf"), file("b.pdf")))


@pytest.mark.parametrize("operation", list(Operation))
def test_every_operation_makes_something_of_a_draft(operation: Operation) -> None:
    assert isinstance(applied(BEFORE, operation, Content()), Draft)


def test_replacing_an_object_leaves_only_what_came() -> None:
    for content in (Content(record=record("Beans")), Content(files=(file("c.pdf"),)), Content()):
        assert applied(BEFORE, Operation.REPLACE_OBJECT, content) == Draft(record=content.record, files=content.files)


def test_replacing_all_keeps_the_metadata_where_none_came() -> None:
    assert applied(BEFORE, Operation.REPLACE_ALL, Content(files=(file("c.pdf"),))) == Draft(
        record=BEFORE.record, files=(file("c.pdf"),)
    )


def test_clearing_metadata_keeps_the_files() -> None:
    assert applied(BEFORE, Operation.CLEAR_METADATA, Content()) == Draft(files=BEFORE.files)


def test_replacing_a_file_keeps_its_place_and_the_others() -> None:
    came = file("a.pdf", "b")
    assert applied(BEFORE, Operation.REPLACE_FILE, Content(files=(came,))).files == (came, file("b.pdf"))
    assert applied(BEFORE, Operation.REPLACE_FILE, Content()) == BEFORE  # it is still fetched


def held(number: int = 1, content_type: str = "application/zip", **values: Any) -> Deposit:
    found = Deposit(
        f"01J0000000000000000000000{number}", None, None, "sword3", "POST", Operation.ADD, "/", (), DepositState.HELD, START, 1,
        f"{number}", None, "peas.zip", content_type, None, False, None, Problem("title-missing", "", "", ""), 0,
    )  # fmt: skip
    return replace(found, **values)


def sent(operation: Operation, filename: str = "", **values: Any) -> Deposit:
    return held(9, operation=operation, filename=filename, problem=None, **values)


RECORD, FILE = Content(record=record("Peas")), Content(files=(file("c.pdf"),))
ENTRY = "application/atom+xml;type=entry"


def mends(kept: Deposit | tuple[Deposit, ...], by: Deposit, content: Content, before: Draft = BEFORE) -> str:
    """Return the last digits of what a request mends."""
    every = kept if isinstance(kept, tuple) else (kept,)
    return "".join(sorted(each[-1] for each in mended(every, by, content, applied(before, by.operation, content))))


@pytest.mark.parametrize("content_type", ["application/json", "application/ld+json; charset=utf-8", ENTRY])
def test_metadata_that_are_held_are_mended_by_metadata(content_type: str) -> None:
    kept = held(content_type=content_type)
    assert mends(kept, sent(Operation.REPLACE_METADATA), RECORD) == "1"
    assert mends(kept, sent(Operation.ADD), FILE) == ""


def test_metadata_of_another_format_are_known_by_what_they_replaced() -> None:
    kept = held(content_type="application/xml", operation=Operation.REPLACE_METADATA)
    assert mends(kept, sent(Operation.REPLACE_METADATA), RECORD) == "1"


def test_what_replaces_an_object_mends_whatever_was_held() -> None:
    kept = held(1, "application/pdf"), held(2, ENTRY), held(3, "multipart/related; boundary=a")
    assert mends(kept, sent(Operation.REPLACE_OBJECT), RECORD) == "123"


def test_what_replaces_the_files_mends_every_file_and_no_metadata() -> None:
    kept = held(1), held(2), held(3, ENTRY)
    assert mends(kept, sent(Operation.REPLACE_CONTENT), FILE) == "12"
    assert mends(kept, sent(Operation.DELETE_CONTENT), Content()) == "12"
    assert mends(kept, sent(Operation.REPLACE_METADATA), RECORD) == "3"


def test_a_file_that_is_added_mends_one_that_of_its_name_first() -> None:
    kept = held(1), held(2, filename="beans.zip"), held(3)
    assert mends(kept, sent(Operation.ADD, "beans.zip"), FILE) == "2"
    assert mends(kept, sent(Operation.ADD, "other.zip"), FILE) == ""
    assert mends(kept[1], sent(Operation.ADD, "other.zip"), FILE) == "2"
    assert mends(kept, sent(Operation.ADD), Content(files=(file("peas.zip"),))) == "1"
    assert mends(kept, sent(Operation.ADD), Content()) == ""


def test_the_same_bytes_held_twice_are_mended_once() -> None:
    assert mends((held(1, sha256="a"), held(2, sha256="a"), held(3)), sent(Operation.ADD, "peas.zip"), FILE) == "12"


def test_a_file_that_never_came_is_mended_by_one_of_its_name_alone() -> None:
    kept = held(content_type="application/json", filename="c.pdf", problem=Problem(NOT_FETCHED, "", "", ""))
    assert mends(kept, sent(Operation.ADD), Content(files=(file("d.pdf"),))) == ""
    assert mends(kept, sent(Operation.ADD, "c.pdf"), FILE) == "1"
    assert mends(kept, sent(Operation.DELETE_FILE), Content(gone=("c.pdf",))) == "1"
    assert mends(kept, sent(Operation.REPLACE_CONTENT), Content()) == "1"


def test_metadata_and_files_held_together_both_must_come() -> None:
    kept, nothing = held(content_type='multipart/related; boundary="a"'), Draft()
    assert mends(kept, sent(Operation.ADD), FILE, nothing) == ""
    assert mends(kept, sent(Operation.REPLACE_METADATA), RECORD, nothing) == ""
    assert mends(kept, sent(Operation.ADD), FILE, Draft(record=record("Peas"))) == "1"
    assert mends(kept, sent(Operation.REPLACE_METADATA), RECORD, Draft(files=(file("a.pdf"),))) == "1"


def test_what_is_read_again_mends_nothing_beside_it() -> None:
    assert mends((held(1), held(2)), sent(Operation.ADD, "peas.zip", replays=1), FILE) == ""


def test_what_came_later_is_not_mended_by_what_came_before() -> None:
    assert mends(held(9), held(1, operation=Operation.REPLACE_OBJECT), RECORD) == ""


def test_nothing_at_all_is_mended_by_anything() -> None:
    kept = held(content_type=ENTRY, problem=Problem(NOTHING, "", "", ""))
    assert mends(kept, sent(Operation.ADD), FILE) == "1"
    assert mends(kept, sent(Operation.COMPLETE), Content()) == ""
