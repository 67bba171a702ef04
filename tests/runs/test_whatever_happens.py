"""Whatever sequence of kills, cancels, faults and second workers: a run ends as it may, each item is reported once, each deed done once."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from server.audit.tables import audit
from server.errors import SheafError
from server.runs import store
from server.runs.model import ENDED, ItemOutcome, Outcome, verdict
from server.runs.tables import run_items
from tests.runs.allotment import AWAY, MENDEL, WATERED, Allotment

BEDS = 13
LANES = count(100)
MOODS = [ItemOutcome(outcome, outcome.value) for outcome in Outcome] + [SheafError("Stones."), AWAY]


@dataclass
class Trouble:
    """What happens: after so many watered beds a worker dies, somebody cancels, or another worker thinks the first one dead."""

    moods: dict[str, ItemOutcome | Exception] = field(default_factory=dict)
    kills: list[int] = field(default_factory=list)
    cancel: int | None = None
    deeds: bool = False


troubles = st.builds(
    Trouble,
    moods=st.dictionaries(st.sampled_from([f"bed-{n:03}" for n in range(BEDS)]), st.sampled_from(MOODS), max_size=5),
    kills=st.lists(st.integers(0, 40), max_size=3),
    cancel=st.none() | st.integers(0, 3),
    deeds=st.booleans(),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(troubles)
async def test_each_item_is_reported_once_and_the_run_ends_as_it_may(plot: Allotment, trouble: Trouble) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("server.runs.run.PART", -1)
        plot.garden.moods, plot.garden.deeds, plot.garden.watered = trouble.moods, trouble.deeds, []
        before = await plot.database.read(_deeds)
        run = await plot.ask(beds=BEDS, garden=next(LANES))  # a lane of its own, whatever became of the example before
        for turn, steps in enumerate(trouble.kills):
            if (await plot.get(run)).over:
                break
            if turn == trouble.cancel:
                await plot.database.write(store.cancel, run.id, MENDEL, plot.clock())
            await killed_after(plot, steps)
            plot.clock.pass_time(minutes=6)
        for _ in range(40):
            await plot.worker.drain()
            plot.clock.pass_time(hours=1)
            if (await plot.get(run)).over:
                break
    run = await plot.get(run)
    reported = await plot.database.read(_reported, run.id)
    assert run.state in ENDED
    assert run.counts.done == len(reported) <= BEDS
    assert max(Counter(reported).values(), default=1) == 1
    assert set(reported) <= set(plot.garden.watered)
    good = [bed for bed in reported if not isinstance(trouble.moods.get(bed), Exception)]
    assert await plot.database.read(_deeds) - before == (Counter(good) if trouble.deeds else Counter())
    if run.state.value != "aborted":
        assert len(reported) == BEDS == run.total
        assert run.state is verdict(run.counts)
    else:
        assert trouble.cancel is not None


async def killed_after(plot: Allotment, steps: int) -> None:
    """Let the worker go so many steps of the loop, then let it vanish: its claim stays until the lease runs out."""
    task = asyncio.create_task(plot.worker.drain())
    for _ in range(steps):
        await asyncio.sleep(0.0005)
        if task.done():
            break
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _deeds(tx):
    return Counter(tx.execute(select(audit.c.subject).where(audit.c.deed == WATERED)).scalars())


def _reported(tx, number):
    return list(tx.execute(select(run_items.c.subject).where(run_items.c.run_id == number)).scalars())
