"""A disk that fills up, or a database that fails, at any one moment of a request of SWORD 3.0, or of the worker who fetches for it."""

import errno
import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import msgspec
import pytest

from server.errors import Unavailable
from server.records import store as records
from server.settings import Settings
from tests.sword.conftest import MODS, archive
from tests.sword.faults import Faults, faulty
from tests.sword.test_faults import STRIDE
from tests.sword.v3.conftest import BINARY, CONTEXT, SIMPLE_ZIP, WORKS, Answer, Client, described, digest, metadata, zipped
from tests.sword.v3.test_references import Remote, remote
from tests.sword.v3.test_segments import STAGING

__all__ = ("remote",)  # a fixture
_NUMBERS = count(1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, private_targets="127.0.0.0/8")


@pytest.fixture
def faults(sword: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    with faulty(monkeypatch.setattr) as found:
        yield found


def referring(url: str, name: str, body: bytes, packaging: str) -> tuple[bytes, dict[str, str]]:
    each: dict[str, Any] = {
        "@id": url, "contentType": "application/octet-stream", "contentDisposition": f"attachment; filename={name}",
        "digest": digest(body), "dereference": True, "packaging": packaging,
    }  # fmt: skip
    said = json.dumps({"@context": CONTEXT, "@type": "ByReference", "byReferenceFiles": [each]}).encode()
    return said, described(said) | {"Content-Disposition": "attachment; by-reference=true"}


async def asked(sword: Client, faults: Faults, at: int, url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send a request, and let the worker do what it can, while something fails; then again, where it was not taken."""
    with faults.failing(at, errno.ENOSPC if at % 2 else errno.EIO):
        answer = await sword.ask("POST", url, body, headers)
        met = faults.met
        if url == WORKS:
            with suppress(Unavailable):  # what it could not claim or settle it sees to later
                await sword.house.worker.drain()
    if answer.status >= 300:
        assert met, (at, answer.body)
        assert answer.status == 503, (at, met, answer.body)
        assert int(answer.headers["Retry-After"]) > 0
        assert sword.left() == [], (at, met)
        answer = await sword.ask("POST", url, body, headers)
        # A segment may have been kept, and only its answer failed.
        assert answer.status < 300 or (url != WORKS and answer.error == "UnexpectedSegment"), (at, met, answer.body)
    return answer


async def whole(sword: Client, title: str) -> None:
    """There is one work of this title, in the end."""
    for _ in range(4):
        sword.house.clock.pass_time(minutes=10)  # type: ignore[attr-defined]
        await sword.house.worker.drain()
    found = [work.record.title.value for work in await sword.house.database.read(records.newest, 10_000)]
    assert found.count(title) == 1, (title, found)
    assert [path for path in sword.left() if "segment" not in str(path)] == []


@pytest.mark.parametrize("kind", ["package", "metadata", "reference"])
async def test_wherever_something_fails_nothing_is_lost_or_doubled(
    sword: Client, faults: Faults, remote: Remote, kind: str
) -> None:
    at, failed = 1, True
    while failed:
        title = f"Peas {next(_NUMBERS)}"
        packed = archive(mods_xml=MODS.replace(b"Versuche", title.encode()), peas_pdf=b"%PDF " + title.encode())
        if kind == "metadata":
            body = metadata(dc_title=title)
            headers = described(body)
        elif kind == "package":
            body, headers = packed, zipped(packed)
        else:
            remote.files["peas.zip"] = packed
            body, headers = referring(f"{remote.base}/peas.zip", "peas.zip", packed, SIMPLE_ZIP)
        await asked(sword, faults, at, WORKS, body, headers)
        failed = bool(faults.met)
        await whole(sword, title)
        at += STRIDE
    print(f"{kind}: {len(faults.seen)} places where something is written")
    assert at > 1 + STRIDE, "something was written"


@pytest.mark.usefixtures("files_alone")
async def test_a_segment_that_failed_is_sent_again(sword: Client, faults: Faults) -> None:
    at, failed = 1, True
    while failed:
        title = f"peas-{next(_NUMBERS)}.bin"
        data = title.encode() * 20
        half = len(data) // 2
        said = f"size={len(data)}; digest={digest(data)}; segment_count=2; segment_size={half}"
        url = (await sword.ask("POST", STAGING, b"", {"Content-Disposition": f"segment-init; {said}"})).headers["Location"]
        for number, piece in ((1, data[:half]), (2, data[half:])):
            headers = {"Content-Disposition": f"segment; segment_number={number}", "Digest": digest(piece)}
            await asked(sword, faults, at if number == 1 else 0, url, piece, headers)
            failed = bool(faults.met) if number == 1 else failed
        body, headers = referring(url, title, data, BINARY)
        assert (await sword.ask("POST", WORKS, body, headers)).status == 202
        await whole(sword, title)
        at += max(1, STRIDE // 3)
    assert at > 1, "something was written"
