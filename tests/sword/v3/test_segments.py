"""Uploads in segments: in any order, at the same time, across a restart, and what of them is refused."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from server import housekeeping
from server.app import open_house
from server.house import House
from server.records.files import DiskStore, Received
from server.rooms import web_application
from server.spoken_of import COLUMNS
from server.sword.v3 import segments
from server.sword.v3.segments import IDLE
from tests.conftest import PASSWORD, URL, SetClock, configured
from tests.sword.v3.conftest import CONTEXT, OPEN, WORKS, Answer, Client, digest

pytestmark = pytest.mark.usefixtures("files_alone")

STAGING = f"{URL}/sword/3/staging"
BODY = bytes(range(250)) * 4
PIECES = [BODY[at : at + 300] for at in range(0, len(BODY), 300)]


def init(**values: object) -> dict[str, str]:
    known: dict[str, object] = {"size": len(BODY), "digest": digest(BODY), "segment_count": 4, "segment_size": 300} | values
    given = "; ".join(f"{name}={value}" for name, value in known.items() if value is not None)
    return {"Content-Disposition": f"segment-init; {given}"}


def segment(number: int, body: bytes) -> dict[str, str]:
    return {"Content-Disposition": f"segment; segment_number={number}", "Digest": digest(body)}


async def begun(sword: Client, **values: object) -> str:
    found = await sword.ask("POST", STAGING, b"", init(**values))
    assert found.status == 201, found.body
    assert found.body == b""
    return found.headers["Location"]


async def referred(sword: Client, url: str, where: str = WORKS, *headers: dict[str, str], method: str = "POST") -> Answer:
    each = {"@id": url, "contentType": "application/octet-stream", "contentDisposition": "attachment; filename=peas.bin"}
    body = json.dumps({
        "@context": CONTEXT, "@type": "ByReference", "byReferenceFiles": [each | {"digest": digest(BODY), "dereference": True}],
    }).encode()  # fmt: skip
    said = {"Content-Type": "application/json", "Content-Disposition": "attachment; by-reference=true", "Digest": digest(body)}
    return await sword.ask(method, where, body, said, *headers)


async def sent(sword: Client, url: str, *numbers: int) -> None:
    for number in numbers:
        found = await sword.ask("POST", url, PIECES[number - 1], segment(number, PIECES[number - 1]))
        assert (found.status, found.body) == (204, b""), found.body


async def test_segments_in_any_order_and_at_the_same_time_become_one_file(sword: Client) -> None:
    url = await begun(sword)
    await asyncio.gather(*(sent(sword, url, number) for number in (4, 2, 1)))
    told = (await sword.get(url)).document
    assert (told["received"], told["expecting"]) == ([1, 2, 4], [3])
    assert (told["assembledSize"], told["segmentSize"]) == (1000, 300)
    # The shape of the drafts before the standard, which clients of their time look for.
    assert told["segments"] == {"received": [1, 2, 4], "expecting": [3], "size": 1000, "segment_size": 300}
    await sent(sword, url, 3)
    found = await referred(sword, url)
    assert (found.status, found.state) == (202, "accepted")
    (link,) = found.links("byReferenceDeposit")
    assert link["status"].endswith("/pending")
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert now.state == "ingested"
    assert now.links("byReferenceDeposit") == []
    (link,) = now.links("fileSetFile")
    assert (link["byReference"], link["status"].rpartition("/")[2]) == (url, "ingested")
    assert (await sword.get(link["@id"])).body == BODY
    assert (await sword.get(url)).status == 404  # it is a deposit now
    assert sword.left() == []


async def test_every_order_of_segments_gives_the_same_bytes(sword: Client) -> None:
    found = await sword.begun()
    for order in itertools.islice(itertools.permutations(range(1, 5)), 0, 24, 5):
        url = await begun(sword)
        await sent(sword, url, *order)
        assert (await referred(sword, url, f"{found.object}/fileset", method="PUT")).status == 202
        await sword.house.worker.drain()
        assert (await sword.get(f"{found.object}/files/peas.bin")).body == BODY
    assert (await sword.get(found.object)).state == "inProgress"


async def test_an_upload_outlives_a_restart(sword: Client, clock: SetClock) -> None:
    url = await begun(sword)
    await sent(sword, url, 3, 1)
    async with (
        open_house(sword.house.settings, clock=clock) as again,
        TestClient(TestServer(web_application(again))) as client,
    ):
        other = Client(client, again)
        assert (await other.get(url)).document["expecting"] == [2, 4]
        await sent(other, url, 2, 4)
        found = await referred(other, url)
        await again.worker.drain()
        assert (await other.get(f"{found.object}/files/peas.bin")).body == BODY


async def test_a_reference_may_come_before_the_last_segment(sword: Client, clock: SetClock) -> None:
    url = await begun(sword)
    await sent(sword, url, 1, 2)
    found = await referred(sword, url)
    await sword.house.worker.drain()
    (link,) = (await sword.get(found.object)).links("byReferenceDeposit")
    assert "lacks 2 segments" in link["log"]
    await sent(sword, url, 3, 4)
    clock.pass_time(minutes=1)
    await sword.house.worker.drain()
    assert (await sword.get(found.object)).state == "ingested"


async def test_what_does_not_fit_is_refused(sword: Client) -> None:
    for values, kind in (
        ({"size": 2**56, "segment_size": 2**30, "segment_count": 2**26}, "MaxAssembledSizeExceeded"),
        ({"segment_size": 2**36}, "InvalidSegmentSize"),
        ({"segment_size": 0}, "BadRequest"),
        ({"size": 20_000, "segment_size": 1, "segment_count": 20_000}, "SegmentLimitExceeded"),
        ({"segment_count": 3}, "BadRequest"),
        ({"digest": None}, "BadRequest"),
        ({"digest": "SHA-256=nonsense"}, "BadRequest"),
        ({"size": None}, "BadRequest"),
    ):
        assert (await sword.ask("POST", STAGING, b"", init(**values))).error == kind, values
    assert (await sword.ask("POST", STAGING, b"", {"Content-Disposition": "attachment"})).error == "BadRequest"

    url = await begun(sword)
    await sent(sword, url, 1)
    for number, body, kind in (
        (1, PIECES[1], "UnexpectedSegment"),
        (5, PIECES[0], "UnexpectedSegment"),
        (0, PIECES[0], "BadRequest"),
        (2, PIECES[3], "InvalidSegmentSize"),
        (4, PIECES[0], "InvalidSegmentSize"),
    ):
        assert (await sword.ask("POST", url, body, segment(number, body))).error == kind, number
    lies = segment(2, PIECES[1]) | {"Digest": digest(b"other")}
    assert (await sword.ask("POST", url, PIECES[1], lies)).error == "DigestMismatch"
    assert (await sword.ask("POST", url, PIECES[1], {"Content-Disposition": "attachment"})).error == "BadRequest"
    assert (await sword.get(url)).document["received"] == [1]
    assert (await sword.ask("GET", url, None, {"Authorization": encode_basic_auth("other", PASSWORD)})).error == "Forbidden"
    assert sword.left() == []


async def test_a_segment_sent_again_after_a_lost_answer_is_the_same(sword: Client) -> None:
    url = await begun(sword)
    await sent(sword, url, 1, 1)
    assert (await sword.get(url)).document["received"] == [1]


async def test_a_segment_of_an_upload_given_up_meanwhile_is_not_found(sword: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url, keep, loop = await begun(sword), DiskStore.keep, asyncio.get_running_loop()

    def given_up(self: DiskStore, received: Received) -> str:
        kept = keep(self, received)
        assert asyncio.run_coroutine_threadsafe(sword.ask("DELETE", url), loop).result(5).status == 204
        return kept

    monkeypatch.setattr(DiskStore, "keep", given_up)
    assert (await sword.ask("POST", url, PIECES[0], segment(1, PIECES[0]))).status == 404


async def test_no_more_of_a_segment_is_read_than_was_announced(sword: Client) -> None:
    url, came = await begun(sword), []

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(400):
            came.append(1)
            yield b"x" * 2**16

    found = await sword.ask("POST", url, endless(), {"Content-Disposition": "segment; segment_number=1"})
    assert found.error == "InvalidSegmentSize"
    assert len(came) < 400
    assert sword.left() == []


async def test_one_account_has_no_more_open_than_is_bearable(sword: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MOST_OPEN", 2)
    first = await begun(sword)
    await begun(sword)
    assert (await sword.ask("POST", STAGING, b"", init())).error == "MaxAssembledSizeExceeded"
    other = {"Authorization": encode_basic_auth("other", PASSWORD)}
    assert (await sword.ask("POST", STAGING, b"", init(), other)).status == 201
    assert (await sword.ask("DELETE", first)).status == 204
    await begun(sword)
    monkeypatch.setattr(segments, "MOST_OPEN", 1_000)
    monkeypatch.setattr(segments, "LARGEST_OPEN", 0)
    assert (await sword.ask("POST", STAGING, b"", init())).error == "MaxAssembledSizeExceeded"


async def test_an_upload_of_who_speaks_for_others_is_theirs_too(sword: Client, house: House) -> None:
    await configured(house, "sword", clients=[{"account": "depositor", "mediates": True}, {"account": "other"}])
    url = await begun(sword)
    await sent(sword, url, 1, 2, 3, 4)
    assert (await referred(sword, url, WORKS, {"On-Behalf-Of": "other"})).status == 202
    await house.worker.drain()
    assert [row.state for row in await sword.rows()] == ["taken", "taken"]


async def test_a_file_that_is_not_what_was_announced_is_an_error_its_client_can_read(sword: Client) -> None:
    url = await begun(sword, digest=digest(b"other"))
    await sent(sword, url, 1, 2, 3, 4)
    found = await referred(sword, url)
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert now.state == "rejected"
    (link,) = [link for link in now.document["links"] if link["status"].endswith("/error")]
    assert "not" in link["log"]
    assert "as announced" in link["log"]


async def test_an_upload_can_be_given_up_and_is_after_a_while(sword: Client, clock: SetClock, house: House) -> None:
    url, other = await begun(sword), await begun(sword)
    await sent(sword, url, 1)
    assert (await sword.ask("DELETE", url)).status == 204
    assert (await sword.get(url)).status == 404
    clock.pass_time(seconds=IDLE.total_seconds() + 1)
    gone = await sword.get(other)
    assert (gone.status, gone.error) == (410, "SegmentedUploadTimedOut")
    await housekeeping.tidy(house.database, house.files, clock, IDLE)
    assert (await sword.get(other)).status == 404


async def test_what_is_sent_keeps_an_upload_alive(sword: Client, clock: SetClock) -> None:
    url = await begun(sword)
    for number in (1, 2, 3):
        clock.pass_time(seconds=IDLE.total_seconds() - 1)
        await sent(sword, url, number)
    assert (await sword.get(url)).document["expecting"] == [4]


async def test_the_bytes_of_a_segment_are_spoken_of() -> None:
    assert "segments.sha256" in {str(column) for column in COLUMNS}


@pytest.mark.parametrize("header", [OPEN])
async def test_an_upload_may_be_added_to_an_object(sword: Client, header: dict[str, str]) -> None:
    found, url = await sword.begun(), await begun(sword)
    await sent(sword, url, 1, 2, 3, 4)
    assert (await referred(sword, url, found.object, header)).status == 202
    await sword.house.worker.drain()
    now = await sword.get(found.object)
    assert (now.state, now.names()) == ("inProgress", ["peas.bin"])
