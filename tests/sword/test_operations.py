"""What each operation of either version of SWORD makes of a draft."""

from dataclasses import replace

import pytest

from server.records.model import File, Record, Text
from server.sword.model import NOT_FETCHED, Content, Deposit, DepositState, Draft, Operation, Problem
from server.sword.operations import applied, mended, mends
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


def held(content_type: str, operation: Operation = Operation.CREATE) -> Deposit:
    return Deposit(
        "01J00000000000000000000001", None, None, "sword3", "POST", operation, "/", (), DepositState.HELD, START, 1, None, None, None,
        content_type, None, False, None, Problem("title-missing", "", "", ""), 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/ld+json; charset=utf-8", "application/atom+xml;type=entry"]
)
def test_metadata_that_are_held_are_mended_by_metadata(content_type: str) -> None:
    assert mends(held(content_type), Operation.REPLACE_METADATA, Content(record=record("Peas")))
    assert not mends(held(content_type), Operation.ADD, Content(files=(file("c.pdf"),)))


def test_metadata_of_another_format_are_known_by_what_they_replaced() -> None:
    assert mends(held("application/xml", Operation.REPLACE_METADATA), Operation.REPLACE_METADATA, Content(record=record("Peas")))


def test_what_replaces_an_object_mends_whatever_was_held() -> None:
    assert mends(held("application/pdf"), Operation.REPLACE_OBJECT, Content(record=record("Peas")))


def package(number: str, filename: str) -> Deposit:
    known = held("application/zip", Operation.ADD)
    return replace(known, id=number, filename=filename, problem=Problem("archive-broken", "", "", ""))


def test_one_package_mends_one_of_those_that_are_held() -> None:
    both, came = (package("1", "a.zip"), package("2", "b.zip")), Content(files=(file("c.pdf"),))
    assert mended(both, package("3", "b.zip"), came) == ("2",)
    assert mended(both, package("3", "c.zip"), came) == ()
    assert mended((package("1", "a.zip"), package("2", "a.zip")), package("3", "a.zip"), came) == ("1",)
    assert mended(both[:1], package("3", "c.zip"), came) == ("1",)
    assert mended(both, replace(package("3", "c.zip"), operation=Operation.REPLACE_CONTENT), came) == ("1", "2")


def test_a_file_that_could_not_be_fetched_is_mended_by_none_of_another_name() -> None:
    lost = replace(package("1", "a.zip"), problem=Problem(NOT_FETCHED, "", "", ""))
    assert mended((lost,), package("3", "c.zip"), Content(files=(file("c.zip"),))) == ()
    assert mended((lost,), package("3", "a.zip"), Content(files=(file("peas.pdf"),))) == ("1",)
