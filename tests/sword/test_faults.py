"""A disk that fills up, or a database that fails, at any one moment of a deposit: nothing is lost, nothing is half there."""

import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from server.sword.model import DepositState
from tests.conftest import entry
from tests.sword.conftest import ENTRY, MODS, PDF, ZIP, Depositor, archive, related
from tests.sword.faults import Faults, faulty

STRIDE = int(os.environ.get("SHEAF_TEST_STRIDE") or 7)
"""Every so manyth place fails; the long runs take each."""

MOST = 100_000
"""Rows that are looked at."""

_NUMBERS = count(1)


@dataclass(frozen=True)
class Sent:
    """A request that makes or changes a work nobody else has the title of."""

    method: str
    body: Any
    headers: dict[str, str]
    to: str = "collection"
    """Where it is sent: the collection, or a link of a work deposited before."""


def requests(title: str) -> dict[str, Sent]:
    packed = archive(
        mods_xml=MODS.replace(b"Versuche", title.encode()), peas_csv=title.encode(), peas_pdf=b"%PDF " + title.encode()
    )
    body, kind = related(entry(title=title), archive(peas_csv=b"round " + title.encode()))
    return {
        "zip": Sent("POST", packed, ZIP),
        "multipart": Sent("POST", body, kind),
        "entry": Sent("POST", entry(title=title), ENTRY),
        "added file": Sent("POST", b"%PDF more of " + title.encode(), PDF, "edit-media"),
        "content replaced": Sent("PUT", packed, ZIP, "edit-media"),
        "metadata replaced": Sent("PUT", entry(title=title, creator="Nägeli, Carl"), ENTRY, "edit"),
        "deleted": Sent("DELETE", None, {}, "edit"),
    }


@pytest.fixture
def faults(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    with faulty(monkeypatch.setattr) as found:
        yield found


async def tried(depositor: Depositor, faults: Faults, kind: str, at: int, number: int, *, for_good: bool) -> bool:
    """Send a request while something fails, then again while nothing does; return whether it came as far as what fails."""
    title = f"Peas {next(_NUMBERS)}"
    sent = requests(title)[kind]
    iri, known = depositor.collection, set[str]()
    if sent.to != "collection":
        before = await depositor.create(entry(title=title), ENTRY, {"Slug": title})
        iri = before.link(sent.to)
    known = {row.id for row in await depositor.rows(limit=MOST)}
    with faults.failing(at, number, for_good=for_good):
        answer = await depositor.ask(sent.method, iri, sent.body, sent.headers)
    failed = bool(faults.met)
    rows = [row for row in await depositor.rows(limit=MOST) if row.id not in known]
    if answer.status >= 300:
        assert failed, (kind, at, answer.body)
        assert answer.status == 503, (kind, at, faults.met, answer.body)
        assert answer.headers["Content-Type"].startswith("application/xml")
        assert answer.text("/s:error/@href") == "info:sheaf/sword/error/Unavailable"
        assert int(answer.headers["Retry-After"]) > 0
        if not for_good and kind != "deleted":  # which has no row of its own before it is done
            await _told(depositor, rows, faults.met)
    assert depositor.left() == [], (kind, at, faults.met)
    if answer.status >= 300:
        again = await depositor.ask(sent.method, iri, sent.body, sent.headers)
        assert again.status < 300 or (kind == "deleted" and again.status == 404), (kind, at, faults.met, again.body)
    depositor.house.clock.pass_time(minutes=5)  # type: ignore[attr-defined]
    await depositor.house.worker.drain()
    await _whole(depositor, kind, title, known)
    return failed


async def _told(depositor: Depositor, rows: list[Any], met: str) -> None:
    """The monitor says what happened to a request that was answered 503."""
    assert len(rows) == 1, (met, rows)
    (row,) = rows
    if row.state is DepositState.REFUSED:
        assert row.problem is not None
        assert row.problem.code in {"unavailable", "storage"}
        assert row.problem.message
    else:
        assert row.state is DepositState.RECEIVED, (met, row)
        assert "delayed" in [event.what for event in await depositor.events(row.id)], met


async def _whole(depositor: Depositor, kind: str, title: str, known: set[str]) -> None:
    """There is one work of this title, or none where it was deleted, and all it refers to is kept."""
    found = [number for number, status, named in await depositor.oai() if named == title and status != "deleted"]
    assert len(found) == (0 if kind == "deleted" else 1), (kind, found)
    for row in await depositor.rows(limit=MOST):
        if row.id in known:
            continue
        assert row.state in {DepositState.TAKEN, DepositState.REFUSED}, (kind, row)
        if row.sha256 is not None:
            assert hashlib.sha256(depositor.kept(row)).hexdigest() == row.sha256
    for number in found:
        media = await depositor.get(f"{depositor.collection.rsplit('/', 2)[0]}/edit-media/{number}")
        assert media.status == 200


@pytest.mark.parametrize("kind", list(requests("")))
async def test_wherever_disk_or_database_fails_nothing_is_lost_or_half_there(
    depositor: Depositor, faults: Faults, kind: str
) -> None:
    at = 1
    while await tried(depositor, faults, kind, at, errno.ENOSPC if at % 2 else errno.EIO, for_good=False):
        at += STRIDE
    print(f"{kind}: {len(faults.seen)} places where something is written")
    assert at > 1, "something was written"


async def test_what_fails_for_good_fails_in_words(depositor: Depositor, faults: Faults) -> None:
    at = 1
    while await tried(depositor, faults, "zip", at, errno.ENOSPC, for_good=True):
        at += 2 * STRIDE
    assert at > 1, "something was written"
