"""The same request again: one deposit and counted retries, by its key or by its bytes, one after the other and at once."""

import asyncio
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from multidict import CIMultiDict

from server.sword.headers import idempotency_key
from server.sword.model import DepositState
from tests.conftest import AUTH, PASSWORD, URL, entry
from tests.sword.conftest import ENTRY, GOOD, OPEN, PDF, ZIP, Answer, Depositor, archive, related

OTHER = archive(peas_csv=b"green,yellow\n428,152\n")


def key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}


async def one_work(depositor: Depositor, answers: list[Answer], retries: int) -> None:
    assert {answer.status for answer in answers} == {201}
    assert len({answer.edit for answer in answers}) == 1
    assert len(await depositor.oai()) == 1
    (row,) = await depositor.rows()
    assert (row.state, row.retries) == (DepositState.TAKEN, retries)
    assert [event.what for event in await depositor.events(row.id)].count("repeated") == retries


@pytest.mark.parametrize("more", [{}, key("8e03978e-40d5-43dd-bc93-6894a57f9324")], ids=["bytes", "key"])
async def test_a_deposit_sent_ten_times_is_one_work_and_nine_retries(depositor: Depositor, more: dict[str, str]) -> None:
    answers = [await depositor.ask("POST", depositor.collection, GOOD, ZIP, more) for _ in range(10)]
    await one_work(depositor, answers, 9)


@pytest.mark.parametrize("more", [{}, key("8e03978e-40d5-43dd-bc93-6894a57f9324")], ids=["bytes", "key"])
async def test_a_deposit_sent_ten_times_at_once_is_one_work_and_nine_retries(depositor: Depositor, more: dict[str, str]) -> None:
    answers = await asyncio.gather(*(depositor.ask("POST", depositor.collection, GOOD, ZIP, more) for _ in range(10)))
    await one_work(depositor, list(answers), 9)


async def test_a_deposit_whose_answer_was_lost_is_known_again(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    path = depositor.collection.removeprefix(URL)
    with monkeypatch.context() as patched:
        patched.setattr("server.sword.v2.documents.receipt", _lost)
        broken = await depositor.client.post(path, data=GOOD, headers=AUTH | ZIP | key("a"))
        assert broken.status == 500
    await one_work(depositor, [await depositor.ask("POST", depositor.collection, GOOD, ZIP, key("a"))], 1)


def _lost(*_: Any) -> bytes:
    raise RuntimeError("the connection is gone")


@pytest.mark.parametrize("more", [{}, key("8e03978e-40d5-43dd-bc93-6894a57f9324")], ids=["bytes", "key"])
async def test_a_multipart_is_known_again_between_other_boundaries(depositor: Depositor, more: dict[str, str]) -> None:
    """A client in use makes its boundary from the clock, each time it sends."""
    body, kind = related(entry(title="Peas"), GOOD)
    other = {"Content-Type": kind["Content-Type"].replace("b1", "c2")}
    again = body.replace(b"--b1", b"--c2")
    answers = [await depositor.ask("POST", depositor.collection, *each, more) for each in ((body, kind), (again, other))]
    await one_work(depositor, answers, 1)
    assert depositor.left() == []


async def test_a_multipart_of_another_entry_is_another(depositor: Depositor) -> None:
    body, kind = related(entry(title="Peas"), GOOD)
    first = await depositor.create(body, kind, key("a"))
    beans, _ = related(entry(title="Beans"), GOOD)
    assert (await depositor.ask("POST", depositor.collection, beans, kind, key("a"))).status == 422
    assert (await depositor.create(beans, kind)).edit != first.edit


async def test_a_key_belongs_to_its_request(depositor: Depositor) -> None:
    first = await depositor.create(GOOD, ZIP, key("a"))
    refused = await depositor.ask("POST", depositor.collection, OTHER, ZIP, key("a"))
    assert refused.status == 422
    assert refused.text("/s:error/@href") == "info:sheaf/sword/error/IdempotencyKeyReused"
    row = await depositor.row(refused.reference)
    assert row.state is DepositState.REFUSED
    assert row.problem is not None
    assert (row.problem.code, row.problem.place) == ("key-reused", "Idempotency-Key")
    assert (await depositor.ask("POST", first.edit, entry(), ENTRY, key("a"))).status == 422
    assert len(await depositor.oai()) == 1
    assert (await depositor.create(OTHER, ZIP, key("b"))).edit != first.edit
    assert depositor.left() == []


async def test_a_key_is_its_accounts_own(depositor: Depositor) -> None:
    await depositor.create(GOOD, ZIP, key("a"))
    other = {"Authorization": encode_basic_auth("other", PASSWORD)}
    answer = await depositor.ask("POST", depositor.collection, OTHER, ZIP, key("a"), other)
    assert answer.status == 201


async def test_what_was_refused_may_come_again_under_its_key(depositor: Depositor) -> None:
    wrong = await depositor.ask("POST", depositor.collection, GOOD, ZIP, key("a"), {"Content-MD5": "0" * 32})
    assert wrong.status == 412
    assert (await depositor.ask("POST", depositor.collection, GOOD, ZIP, key("a"))).status == 201


async def test_a_file_added_twice_under_one_key_is_added_once(depositor: Depositor) -> None:
    begun = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    answers = [await depositor.ask("POST", begun.media, b"%PDF peas", PDF, key("a")) for _ in range(3)]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert [row.retries for row in await depositor.rows()] == [0, 2]


async def test_a_deposit_nobody_read_is_read_when_it_comes_again(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("server.sword.accept.prepare", _lost)
        assert (await depositor.ask("POST", depositor.collection, GOOD, ZIP)).status == 500
    assert [row.state for row in await depositor.rows()] == [DepositState.RECEIVED]
    assert (await depositor.ask("POST", depositor.collection, GOOD, ZIP)).status == 201
    await depositor.house.worker.drain()
    assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN]


async def test_two_keys_are_two_deposits(depositor: Depositor) -> None:
    edits = {(await depositor.create(GOOD, ZIP, more)).edit for more in (key("a"), key("b"), {}, key("a"), {})}
    assert len(edits) == 3
    assert [row.retries for row in await depositor.rows()] == [1, 0, 1]


def parts(boundary: bytes, payload: bytes = GOOD) -> tuple[bytes, dict[str, str]]:
    """The same parts between boundaries that clients make up anew each time."""
    body, headers = related(entry(), payload)
    return body.replace(b"--b1", b"--" + boundary), {
        name: value.replace("b1", boundary.decode()) for name, value in headers.items()
    }


@pytest.mark.parametrize("more", [{}, key("a")], ids=["bytes", "key"])
async def test_parts_are_known_again_whatever_stands_between_them(depositor: Depositor, more: dict[str, str]) -> None:
    answers = [await depositor.ask("POST", depositor.collection, *parts(each), more) for each in (b"b1", b"b2", b"b3")]
    await one_work(depositor, answers, 2)
    at_once = (depositor.ask("POST", depositor.collection, *parts(each), more) for each in (b"b4", b"b5", b"b6"))
    await one_work(depositor, [*answers, *await asyncio.gather(*at_once)], 5)
    assert depositor.left() == []


async def test_parts_that_differ_are_another_request(depositor: Depositor) -> None:
    first = await depositor.create(*parts(b"b1"), key("a"))
    assert (await depositor.ask("POST", depositor.collection, *parts(b"b2", OTHER), key("a"))).status == 422
    assert (await depositor.create(*parts(b"b2", OTHER))).edit != first.edit


async def test_parts_added_twice_under_one_key_are_added_once(depositor: Depositor) -> None:
    begun = await depositor.create(entry(), ENTRY, OPEN)
    for each in (b"b1", b"b2"):
        assert (await depositor.ask("POST", begun.edit, *parts(each), key("a"))).status == 201
    assert [row.retries for row in await depositor.rows()] == [0, 1]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('"8e03978e"', "8e03978e"),
        ("8e03978e", "8e03978e"),
        (r'"say \"peas\""', 'say "peas"'),
        ('"', '"'),
        ("", None),
        ('""', None),
        ("a" * 255, "a" * 255),
    ],
)
def test_a_key_is_read_in_quotes_and_without(sent: str, kept: str | None) -> None:
    assert idempotency_key(CIMultiDict({"Idempotency-Key": sent})) == kept


def test_a_key_longer_than_we_keep_is_still_its_own() -> None:
    found = {idempotency_key(CIMultiDict({"Idempotency-Key": "a" * 300 + end})) for end in "ab"}
    assert len(found) == 2
    assert all(len(each or "") <= 255 for each in found)
