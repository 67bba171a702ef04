"""Files by reference: fetched by the worker from the web and nowhere else, and what a client reads of it meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.settings import Settings
from server.sword import store
from server.sword.accept import Acceptance
from server.sword.intake import Intake
from server.sword.model import DepositState, Operation
from server.sword.reference import MOVES, OUTSTANDING, ReferenceState
from server.sword.v3.fetching import TRIES
from tests.conftest import SetClock
from tests.sword.conftest import MODS, archive
from tests.sword.v3.conftest import (
    BINARY,
    CONTEXT,
    OPEN,
    PDF,
    SIMPLE_ZIP,
    WORKS,
    Answer,
    Client,
    described,
    digest,
    filed,
    metadata,
)

pytestmark = pytest.mark.usefixtures("files_alone")
PACKAGE = archive(mods_xml=MODS, peas_pdf=PDF)


@dataclass
class Remote:
    """A server files are fetched from, in moods that are set."""

    base: str = ""
    files: dict[str, bytes] = field(default_factory=lambda: {"peas.pdf": PDF, "peas.zip": PACKAGE})
    status: int = 200
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.asked.append(name)
        if self.status in {301, 302, 307}:
            return web.Response(status=self.status, headers={"Location": f"{self.base}/peas.pdf"})
        if self.status != 200:
            return web.Response(status=self.status)
        if name == "endless":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(80):
                await response.write(b"x" * 2**16)
            return response
        if name == "drip":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(20):
                await response.write(b"x")
                await asyncio.sleep(0.05)
            return response
        if name == "broken":
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b"x")
            request.transport.close()
            return response
        return web.Response(body=self.files[name])


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    made = Remote()
    application = web.Application()
    application.router.add_get("/{name}", made.answer)
    async with TestServer(application) as server:
        made.base = str(server.make_url("")).rstrip("/")
        yield made


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, private_targets="127.0.0.0/8", max_upload_mb=1)


def named(remote: Remote, name: str = "peas.pdf", **values: Any) -> dict[str, Any]:
    body = remote.files.get(name, b"")
    kind = "application/zip" if name.endswith("zip") else "application/pdf"
    known: dict[str, Any] = {
        "@id": f"{remote.base}/{name}", "contentType": kind, "contentDisposition": f"attachment; filename={name}",
        "contentLength": len(body), "digest": digest(body), "dereference": True,
    }  # fmt: skip
    return {key: value for key, value in (known | values).items() if value is not None}


def by_reference(*files: dict[str, Any]) -> bytes:
    return json.dumps({"@context": CONTEXT, "@type": "ByReference", "byReferenceFiles": files}).encode()


def said(body: bytes, disposition: str = "by-reference=true") -> dict[str, str]:
    return described(body) | {"Content-Disposition": f"attachment; {disposition}"}


async def sent(sword: Client, *files: dict[str, Any], url: str = WORKS, more: dict[str, str] | None = None) -> Answer:
    body = by_reference(*files)
    found = await sword.ask("POST", url, body, said(body), more or {})
    assert found.status == 202, found.body
    return found


def states(found: Answer) -> list[str]:
    return [link["status"].rpartition("/")[2] for link in found.document["links"] if "byReference" in link]


async def test_a_file_is_fetched_and_taken_in(sword: Client, remote: Remote) -> None:
    found = await sent(sword, named(remote))
    assert (found.state, states(found)) == ("accepted", ["pending"])
    assert found.headers["Location"] == found.object
    assert remote.asked == []  # § 9.4: asynchronously
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, states(now), now.names()) == ("ingested", ["ingested"], ["peas.pdf"])
    assert (await sword.get(f"{found.object}/files/peas.pdf")).body == PDF
    assert remote.asked == ["peas.pdf"]
    assert sword.left() == []


async def test_metadata_and_files_come_together(sword: Client, remote: Remote) -> None:
    files = json.loads(by_reference(named(remote), named(remote, "peas.zip", packaging=SIMPLE_ZIP)))
    body = json.dumps({"metadata": json.loads(metadata()), "by-reference": files}).encode()
    found = await sword.ask("POST", WORKS, body, said(body, "metadata=true; by-reference=true"))
    assert (found.status, found.state, states(found)) == (202, "accepted", ["pending", "pending"])
    assert (await sword.get(f"{found.object}/metadata")).document["dc:title"] == "Peas"
    assert (await sword.client.get(f"/items/{found.number}")).status == 404  # not before all has come
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, states(now)) == ("ingested", ["ingested", "ingested"])
    assert (await sword.get(f"{found.object}/metadata")).document["dc:title"] == "Peas"
    assert (await sword.client.get(f"/items/{found.number}")).status == 200


async def test_files_are_added_and_replaced_by_reference(sword: Client, remote: Remote) -> None:
    found = await sword.done()
    remote.files["new.pdf"] = b"new"
    await sent(sword, named(remote, "new.pdf"), url=found.object)
    await sword.house.worker.drain()
    assert (await sword.get(found.object)).names() == ["new.pdf", "peas.pdf"]
    body = by_reference(named(remote, "new.pdf"))
    assert (await sword.ask("PUT", f"{found.object}/files/peas.pdf", body, said(body))).status == 202
    assert (await sword.get(f"{found.object}/files/peas.pdf")).body == PDF
    await sword.house.worker.drain()
    assert (await sword.get(f"{found.object}/files/peas.pdf")).body == b"new"
    two = by_reference(named(remote), named(remote))
    assert (await sword.ask("PUT", f"{found.object}/files/peas.pdf", two, said(two))).error == "BadRequest"


async def test_a_file_set_that_is_replaced_goes_at_once(sword: Client, remote: Remote) -> None:
    found = await sword.done()
    body = by_reference(named(remote, "peas.zip"))
    assert (await sword.ask("PUT", f"{found.object}/fileset", body, said(body))).status == 202
    now = await sword.get(found.object)
    assert [link["rel"][0] for link in now.links("fileSetFile")] == ["http://purl.org/net/sword/3.0/terms/byReferenceDeposit"]
    assert (await sword.get(f"{found.object}/files/peas.pdf")).status == 404
    await sword.house.worker.drain()
    assert (await sword.get(found.object)).names() == ["peas.zip"]


async def test_an_object_is_replaced_by_reference(sword: Client, remote: Remote) -> None:
    found = await sword.begun()
    await sword.ask("POST", found.object, b"old", filed(b"old", "old.pdf"), OPEN)
    body = by_reference(named(remote))
    assert (await sword.ask("PUT", found.object, body, said(body))).status == 202
    assert "dc:title" not in (await sword.get(f"{found.object}/metadata")).document
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, now.names()) == ("ingested", ["peas.pdf"])


async def test_a_link_that_is_not_to_be_fetched_is_kept(sword: Client, remote: Remote) -> None:
    found = await sword.begun()
    body = by_reference(named(remote, dereference=False))
    answer = await sword.ask("POST", found.object, body, said(body))
    assert (answer.status, answer.state) == (200, "ingested")
    await sword.house.worker.drain()
    assert (states(await sword.get(found.object)), remote.asked) == (["ingested"], [])


async def test_what_fails_for_a_while_is_asked_for_again_ever_more_slowly(sword: Client, remote: Remote, clock: SetClock) -> None:
    remote.status = 503
    found = await sent(sword, named(remote))
    await sword.house.worker.drain()
    assert states(await sword.get(found.object)) == ["pending"]
    (link,) = (await sword.get(found.object)).links("byReferenceDeposit")
    assert "answered 503" in link["log"]
    clock.pass_time(seconds=29)
    await sword.house.worker.drain()
    assert len(remote.asked) == 1
    remote.status = 200
    clock.pass_time(seconds=2)
    await sword.house.worker.drain()
    assert states(await sword.get(found.object)) == ["ingested"]


async def test_what_never_comes_is_held_with_its_reason_and_can_be_sent(sword: Client, remote: Remote, clock: SetClock) -> None:
    remote.status = 503
    body = metadata()
    found = await sword.create(body, described(body), OPEN)
    await sent(sword, named(remote), url=found.object)
    for _ in range(TRIES + 2):
        await sword.house.worker.drain()
        clock.pass_time(hours=3)
    assert len(remote.asked) == TRIES
    now = await sword.get(found.object)
    assert (now.state, states(now)) == ("rejected", ["error"])
    (held,) = await sword.rows(state="held")
    assert held.problem is not None
    assert (held.problem.code, held.problem.place) == ("by-reference-failed", f"{remote.base}/peas.pdf")
    assert f"{TRIES} times" in held.problem.message
    assert (await sword.ask("POST", found.object, PDF, filed(PDF))).state == "ingested"


async def test_one_that_fails_keeps_the_others_from_being_a_work(sword: Client, remote: Remote) -> None:
    found = await sent(sword, named(remote, digest=digest(b"other")), named(remote, "peas.zip", packaging=SIMPLE_ZIP))
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, sorted(states(now))) == ("rejected", ["error", "ingested"])
    assert "peas.pdf" in now.names()  # of the package


@pytest.mark.parametrize(
    ("name", "values", "status", "words"),
    [
        ("peas.pdf", {}, 404, "answered 404"),
        ("peas.pdf", {}, 302, "Redirections are not followed"),
        ("peas.pdf", {"digest": digest(b"other")}, 200, "as announced"),
        ("peas.pdf", {"contentLength": 5}, 200, "not 5 as announced"),
        ("endless", {"contentLength": None, "digest": None}, 200, "larger than"),
        ("peas.pdf", {"packaging": "http://example.org/own"}, 200, "not accepted"),
        ("peas.pdf", {"@id": "http://10.1.2.3/f.pdf"}, 200, "private address"),
        ("peas.pdf", {"@id": "http://169.254.169.254/latest/meta-data/"}, 200, "link-local"),
        ("peas.pdf", {"@id": "https://[fd00::1]/f.pdf"}, 200, "private address"),
    ],
)
async def test_what_no_further_try_would_mend_is_held_at_once(
    sword: Client, remote: Remote, name: str, values: dict[str, Any], status: int, words: str
) -> None:
    remote.status = status
    found = await sent(sword, named(remote, name, **values))
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, states(now)) == ("rejected", ["error"])
    assert any(words in link.get("log", "") for link in now.document["links"]), now.body
    assert len(remote.asked) <= 1
    assert sword.left() == []


async def test_a_broken_answer_is_asked_for_again(sword: Client, remote: Remote) -> None:
    found = await sent(sword, named(remote, "broken", digest=None, contentLength=None))
    await sword.house.worker.drain()
    assert states(await sword.get(found.object)) == ["pending"]
    assert sword.left() == []


async def test_what_was_deleted_meanwhile_is_not_fetched(sword: Client, remote: Remote) -> None:
    found = await sword.begun()
    await sent(sword, named(remote), url=found.object, more=OPEN)
    assert (await sword.ask("DELETE", f"{found.object}/fileset")).status == 204
    assert states(await sword.get(found.object)) == []
    other = await sent(sword, named(remote, "peas.zip"))
    assert (await sword.ask("DELETE", other.object)).status == 204
    await sword.house.worker.drain()
    assert remote.asked == []


def test_every_walk_through_the_states_of_a_reference_comes_to_an_end() -> None:
    ends = {state for state, after in MOVES.items() if not after} | {ReferenceState.FETCHED, ReferenceState.ERROR}
    assert set(MOVES) == set(ReferenceState)
    assert ends.isdisjoint(OUTSTANDING)
    for state in MOVES:
        seen, edge = {state}, {state}
        while edge:
            edge = {after for each in edge for after in MOVES[each]} - seen
            seen |= edge
        assert seen & ends


def dies(
    monkeypatch: pytest.MonkeyPatch, what: type, name: str, when: Callable[..., bool] = lambda *_: True
) -> Callable[[], None]:
    """Let the process end where a method is called; return what brings it back."""
    real = getattr(what, name)

    async def ended(*args: Any, **more: Any) -> Any:
        if when(*args):
            raise asyncio.CancelledError
        return await real(*args, **more)

    monkeypatch.setattr(what, name, ended)
    return lambda: monkeypatch.setattr(what, name, real)


async def fetch_and_die(sword: Client) -> None:
    with pytest.raises(asyncio.CancelledError):
        await sword.house.worker.drain()


async def test_what_could_not_be_had_is_held_in_the_moment_it_is_written_down(
    sword: Client, remote: Remote, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> None:
    remote.status = 404
    found = await sent(sword, named(remote))
    revive = dies(monkeypatch, Acceptance, "hold")
    await sword.house.worker.drain()
    revive()
    assert [row.state for row in await sword.rows()] == [DepositState.TAKEN, DepositState.HELD]
    clock.pass_time(minutes=5)
    answer = await sword.ask("POST", found.object, PDF, filed(PDF))
    assert (answer.status, answer.state) == (200, "ingested")


async def test_a_deposit_nobody_was_asked_to_read_is_read_once_another_waits_behind_it(sword: Client, clock: SetClock) -> None:
    found = await sword.begun()
    (row,) = await sword.rows()
    lost = replace(row, id=store.new_id(), operation=Operation.COMPLETE, state=DepositState.RECEIVED)
    await sword.house.database.write(store.add_deposit, replace(lost, sha256=None), 1)
    answer = await sword.ask("POST", found.object, PDF, filed(PDF))
    assert answer.status == 202
    for _ in range(3):
        clock.pass_time(minutes=1)
        await sword.house.worker.drain()
    assert DepositState.RECEIVED not in {each.state for each in await sword.rows()}


async def test_a_file_that_was_replaced_before_it_was_written_down_does_not_come_back(
    sword: Client, remote: Remote, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> None:
    found = await sword.done()
    await sent(sword, named(remote, "peas.zip", packaging=BINARY), url=found.object)
    revive = dies(monkeypatch, Intake, "receive", lambda _intake, _account, deposit, *_: deposit.method == "GET")
    await fetch_and_die(sword)
    revive()
    assert (await sword.ask("PUT", f"{found.object}/fileset", b"new", filed(b"new", "only.pdf"))).status == 204
    clock.pass_time(minutes=30)
    await sword.house.worker.drain()
    assert (await sword.get(found.object)).names() == ["only.pdf"]


async def test_a_work_completed_while_its_file_comes_waits_for_it(
    sword: Client, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await sword.begun()
    await sent(sword, named(remote), url=found.object, more=OPEN)
    real, seen = Intake.receive, []

    async def completed(intake: Intake, account: Any, deposit: Any, *args: Any, **more: Any) -> Any:
        if deposit.method == "GET":
            seen.append((await sword.ask("POST", found.object, b"")).status)
            seen.append((await sword.get(found.object)).state)
        return await real(intake, account, deposit, *args, **more)

    monkeypatch.setattr(Intake, "receive", completed)
    await sword.house.worker.drain()
    assert seen == [202, "inProgress"]
    now = await sword.get(found.object)
    assert (now.state, now.names()) == ("ingested", ["peas.pdf"])
    assert len(now.links("fileSetFile")) == 1


async def test_of_two_files_that_did_not_come_each_is_mended_by_its_own_name(sword: Client, remote: Remote) -> None:
    remote.status = 404
    found = await sword.begun()
    await sent(sword, named(remote), named(remote, "peas.zip"), url=found.object)
    await sword.house.worker.drain()
    await sword.ask("POST", found.object, PDF, filed(PDF))
    states = {row.filename: row.state for row in await sword.rows() if row.problem is not None}
    assert states == {"peas.pdf": DepositState.CLOSED, "peas.zip": DepositState.HELD}
    assert (await sword.get(found.object)).state == "rejected"
    await sword.ask("POST", found.object, PACKAGE, filed(PACKAGE, "peas.zip", "application/zip", SIMPLE_ZIP))
    assert (await sword.get(found.object)).state == "ingested"
