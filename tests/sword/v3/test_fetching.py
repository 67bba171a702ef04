"""Fetching, disturbed: who breaks down, who is deleted or replaced meanwhile, who is slow, and what is asked for again."""

import asyncio
from typing import Any

import pytest

from server.accounts.model import Account
from server.audit.log import OPERATOR
from server.records.files import Received
from server.sword import pace, reference_store
from server.sword.intake import Intake
from server.sword.model import Container, Deposit, DepositState
from server.sword.v3 import fetching
from server.sword.v3.fetching import Fetching
from tests.conftest import SetClock
from tests.sword.v3 import test_references as references
from tests.sword.v3.conftest import Client, described, filed, metadata
from tests.sword.v3.test_references import Remote, named, sent, states

pytestmark = pytest.mark.usefixtures("files_alone")

remote, settings = references.remote, references.settings


async def breaks_down(sword: Client) -> None:
    """Work the queue, and be killed at it; what it had claimed comes up again."""
    with pytest.raises(asyncio.CancelledError):
        await sword.house.worker.drain()


async def test_who_breaks_down_after_a_file_was_taken_in_does_not_take_it_in_twice(
    sword: Client, remote: Remote, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await sent(sword, named(remote))
    with monkeypatch.context() as patch:
        patch.setattr(Fetching, "_settle", _killed)
        await breaks_down(sword)
    before = await sword.rows()
    assert [row.state for row in before] == [DepositState.TAKEN] * 2
    clock.pass_time(minutes=30)
    await sword.house.worker.drain()
    assert (len(await sword.rows()), remote.asked) == (len(before), ["peas.pdf"])
    assert (await sword.get(found.object)).names() == ["peas.pdf"]


async def test_who_breaks_down_before_a_file_is_taken_in_fetches_it_again_unless_it_was_replaced(
    sword: Client, remote: Remote, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await sword.done()
    remote.files |= {"old.pdf": b"old", "new.pdf": b"new"}
    await sent(sword, named(remote, "old.pdf"), url=found.object)
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "receive", _killed)
        await breaks_down(sword)
    body = b"brand new"
    assert (await sword.ask("PUT", f"{found.object}/fileset", body, filed(body, "only.pdf"))).status == 204
    await sent(sword, named(remote, "new.pdf"), url=found.object)
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "receive", _killed)
        await breaks_down(sword)
    clock.pass_time(minutes=30)
    await sword.house.worker.drain()
    assert (await sword.get(found.object)).names() == ["new.pdf", "only.pdf"]


async def _killed(*_args: object, **_values: object) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("before", [True, False])
async def test_a_file_set_replaced_while_a_file_is_taken_in_is_without_it_or_replaces_it(
    sword: Client, remote: Remote, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    found = await sword.done()
    remote.files["old.pdf"] = b"old"
    await sent(sword, named(remote, "old.pdf"), url=found.object)
    receive, body = Intake.receive, b"brand new"

    async def replaced(self: Intake, account: Account, deposit: Deposit, *args: Any, **values: Any) -> Container | None:
        if deposit.method == "PUT":
            return await receive(self, account, deposit, *args, **values)
        if not before:
            await receive(self, account, deposit, *args, **values)
        assert (await sword.ask("PUT", f"{found.object}/fileset", body, filed(body, "only.pdf"))).status == 204
        return await receive(self, account, deposit, *args, **values) if before else None

    monkeypatch.setattr(Intake, "receive", replaced)
    await sword.house.worker.drain()
    assert (await sword.get(found.object)).names() == ["only.pdf"]
    assert await sword.rows(state="refused") == []
    assert sword.left() == []


async def test_an_object_deleted_during_a_download_ends_it_and_leaves_no_row(
    sword: Client, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await sent(sword, named(remote))
    received = Fetching._received

    async def deleted(self: Fetching, *args: Any) -> Received:
        got = await received(self, *args)
        assert (await sword.ask("DELETE", found.object)).status == 204
        return got

    monkeypatch.setattr(Fetching, "_received", deleted)
    await sword.house.worker.drain()
    assert [(row.method, row.state) for row in await sword.rows()] == [("POST", "taken"), ("DELETE", "taken")]
    assert sword.left() == []


async def test_a_download_whose_object_is_deleted_is_broken_off(
    sword: Client, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "NOTED", 1)
    found = await sent(sword, named(remote, "endless", contentLength=None, digest=None))
    move, pieces = Fetching._move, []

    async def deleted(self: Fetching, *args: Any, **values: Any) -> bool:
        pieces.append(values.get("got", 0))
        if len(pieces) == 2:
            assert (await sword.ask("DELETE", found.object)).status == 204
        return await move(self, *args, **values)

    monkeypatch.setattr(Fetching, "_move", deleted)
    await sword.house.worker.drain()
    assert len(pieces) == 2
    assert (len(await sword.rows()), sword.left()) == (2, [])


async def test_who_lost_the_job_leaves_the_files_to_who_has_it(
    sword: Client, remote: Remote, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await sent(sword, named(remote))
    monkeypatch.setattr(fetching, "NOTED", 1)
    receive, first = fetching.receive, []

    async def slow(*args: Any) -> Received:
        if not first:
            first.append(1)
            clock.pass_time(minutes=6)
            await sword.house.worker.drain()  # another process takes the job
        return await receive(*args)

    monkeypatch.setattr(fetching, "receive", slow)
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, states(now), now.names()) == ("ingested", ["ingested"], ["peas.pdf"])
    assert [row.state for row in await sword.rows()] == [DepositState.TAKEN] * 2
    assert sword.left() == []


async def test_who_sends_next_to_nothing_is_left(sword: Client, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await sent(sword, named(remote, "drip", contentLength=None, digest=None))
    monkeypatch.setattr(pace, "PATIENCE", 0.1)
    await sword.house.worker.drain()
    (link,) = (await sword.get(found.object)).links("byReferenceDeposit")
    assert (link["status"].rpartition("/")[2], "next to nothing" in link["log"]) == ("pending", True)


async def test_a_file_that_could_not_be_had_is_fetched_again_when_it_is_read_again(sword: Client, remote: Remote) -> None:
    remote.status = 404
    found = await sent(sword, named(remote))
    await sword.house.worker.drain()
    (held,) = await sword.rows(state="held")
    await sword.house.intake.read_again(held.id, OPERATOR)
    assert (await sword.get(found.object)).state == "accepted"
    await sword.house.worker.drain()
    (again,) = await sword.rows(state="held")
    assert again.id != held.id
    remote.status = 200
    await sword.house.intake.read_again(again.id, OPERATOR)
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, states(now), now.names()) == ("ingested", ["ingested"], ["peas.pdf"])
    assert await sword.rows(state="held") == []


async def test_the_key_of_a_client_is_never_that_of_a_file(sword: Client, remote: Remote) -> None:
    found = await sent(sword, named(remote))
    (one,) = await sword.house.database.read(reference_store.of_container, found.number)
    assert "\n" in one.key  # no header has one
    body = metadata()
    await sword.create(body, described(body), {"Idempotency-Key": one.key.replace("\n", " ")})
    await sword.house.worker.drain()
    assert (await sword.get(found.object)).state == "ingested"
