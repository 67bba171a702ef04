"""Very many DOIs of another system are taken over and compared with their agency: all that drifted is found, and none other.

`make hard` brings 80,000 of which 500 drift in five ways; a run without it brings a few. It prints how often the agency was called,
and how the memory of the process grew, in which the stand-in for the agency lives as well.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest

from server import clock
from server.app import open_house
from server.house import House
from server.identifiers import drifts
from server.identifiers.arrivals import Line
from server.identifiers.comparing import Drift
from server.identifiers.drifts import Wanted
from server.identifiers.model import Agency, Pace
from server.profiles import store as profiles
from server.settings import Settings
from tests.fakes.datacite import FakeDatacite, Repository
from tests.registration.drifted import bring, drift, migrated, name, reconciled, set_profile

COUNT = int(os.environ.get("SHEAF_TEST_MIGRATED") or 400)
EACH = max(COUNT // 800, 4)
"""So many drift in each of five ways."""
ELSEWHERE = COUNT // 80
"""So many lead to the old system when they are taken over; the others lead to us already, as after a redirection."""
SPARE = 96 * 2**20
PAGE = 1000


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def running(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose clock goes, and whose agencies may be asked as fast as they answer."""
    monkeypatch.setattr(Agency, "pace", lambda *_: Pace(10**9, 1.0, 10**6))
    async with open_house(settings, clock=clock.now) as house:
        yield house


def anonymous() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024


async def watched(peak: list[int]) -> None:
    while True:
        peak[0] = max(peak[0], anonymous())
        await asyncio.sleep(0.2)


@pytest.mark.timeout(300 + COUNT // 10)
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the system does not tell a process's anonymous memory in /proc"
)
async def test_all_that_drifted_is_found_and_none_other(running: House, agency: FakeDatacite) -> None:
    await set_profile(running, agency)
    await bring(running, agency, COUNT, elsewhere=ELSEWHERE)
    begun = perf_counter()
    run = await migrated(running, [Line(n + 1, name(n), "") for n in range(COUNT)])
    print(f"{COUNT} DOIs taken over in {perf_counter() - begun:.0f} s with {len(agency.log)} calls")
    assert run.counts.changed == COUNT
    pages = COUNT // PAGE + 1
    assert len(agency.log) == pages + ELSEWHERE, "the list, and an address where it was another"

    expected = drift(agency, COUNT, EACH)
    agency.log.clear()
    before = anonymous()
    peak = [before]
    watching = asyncio.create_task(watched(peak))
    begun = perf_counter()
    run = await reconciled(running)
    took, grown = perf_counter() - begun, (peak[0] - before) / 2**20
    watching.cancel()
    profile = await running.database.read(profiles.get, "Our DOIs")
    found: dict[Drift, set[str]] = {kind: set() for kind in Drift}
    for each in await running.database.read(drifts.page, profile.id, Wanted(), 10 * EACH):
        found[each.kind].add(each.value)
    print(
        f"{COUNT} DOIs reconciled in {took:.0f} s with {len(agency.log)} calls ({COUNT / took:.0f} DOIs a second); "
        f"{sum(map(len, found.values()))} of {5 * EACH} drifted found; memory grew by {grown:.0f} MB"
    )
    assert found == expected
    assert run.counts.warning == 5 * EACH
    listed = COUNT // PAGE + 1
    assert len(agency.log) == listed + 5 * EACH, "the list, and each suspect once"
    assert grown < SPARE / 2**20
