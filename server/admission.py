"""Who is served first when not all can be served at once. On a server that has nothing else to do nobody ever waits here.

There are two rows of seats, and a request holds a seat while it is worked on, not while its answer is on the way:

- **running**: lists that go on with a resumptionToken of ours, what else the same client asks of the protocol meanwhile, and all
  that allow-listed harvesters ask. RUNNING seats.
- **the rest**: lists that begin, single records, pages for people, files, all else. WIDE seats as long as no list is running;
  while one is, NARROW, and each rests as long as it was held before it is given away again. So whatever comes, and from however
  many addresses, takes at most half of one processor from a harvest under way, and a harvest that began comes to its end.

Who finds no seat waits, by whom it is: each lane has a handicap, and who has spent its budget a further one; the smallest sum of
arrival and handicap goes first, so that nobody waits for ever behind a crowd. One client holds PER_CLIENT seats of a row at most,
and all of one network, whatever they call themselves, half of its seats and no more than their own larger budget.
Who has waited PATIENCE seconds is refused (Busy), and so is the one least entitled to wait where more than WAITING do. Waiting
costs next to nothing, and it slows down whoever asks again only when answered; a refusal at once would not.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from time import monotonic

from msgspec import Struct

from server import observe
from server.budgets import BURST, RATE, SHARE, Budgets, Caller
from server.errors import Unavailable

RUNNING, WIDE, NARROW = 8, 4, 1
PER_CLIENT = 2
PATIENCE = 5.0
WAITING = 500
"""Requests that wait in one row at most."""

UNDER_WAY = 2.0
"""Seconds after its last part in which a list counts as running: its harvester is reading."""

WALKERS = 1_000
"""Clients whose lists are running, as far as they are remembered."""

LONGEST_REST = 1.0
SPENT = 3.0
"""Seconds' handicap of a client that has spent its budget."""

SOON, LATE = 5, 120
"""Seconds after which somebody refused may come again: who came at a bad moment, and who asked too much, at most."""


class Lane(StrEnum):
    """What a request is to the server; each has a name in the figures."""

    RUNNING = "running list"
    OAI = "oai"
    PAGE = "page"
    OTHER = "other"


#: Seconds by which others may have come later and still go first.
_HANDICAP = {Lane.RUNNING: 0.0, Lane.OAI: 0.0, Lane.PAGE: 1.0, Lane.OTHER: 2.0}


class Busy(Unavailable):
    """The server has no room now; the client may come again after `seconds`."""

    code = "busy"

    def __init__(self, seconds: int) -> None:
        super().__init__("The server is busy.", remedy=f"Ask again in {seconds} seconds.")
        self.seconds = seconds


class Visit(Struct, frozen=True):
    """A request that wants in: what it is, whose, and what it costs. What is `allowed` is neither counted nor held back."""

    lane: Lane
    caller: Caller
    cost: float
    allowed: bool = False


@dataclass(slots=True, eq=False)
class _Waiter:
    visit: Visit
    place: float
    """Its arrival and its handicaps: the smallest goes first."""
    seconds: int
    """When it may come again, should it be refused."""
    future: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def is_seated(self) -> bool:
        return self.future.done() and not self.future.cancelled() and self.future.exception() is None

    def refuse(self) -> None:
        if not self.future.done():
            self.future.set_exception(Busy(self.seconds))


class _Row:
    """Seats, who holds them, and who waits for one; `seats` says how many there are at this moment, `most` at other times."""

    def __init__(self, seats: Callable[[], int], most: int) -> None:
        self._seats = seats
        self._share = most // 2
        self.taken = 0
        self._held: Counter[Caller | str] = Counter()
        self.waiters: list[_Waiter] = []

    def take(self, visit: Visit) -> bool:
        """Take a seat for a visit, if there is one for it."""
        if self.taken >= self._seats() or (not visit.allowed and self._has_enough(visit.caller)):
            return False
        self.taken += 1
        self._held[visit.caller] += 1
        self._held[visit.caller.network] += 1
        return True

    def _has_enough(self, caller: Caller) -> bool:
        return self._held[caller] >= PER_CLIENT or self._held[caller.network] >= self._share

    def give_back(self, caller: Caller) -> None:
        """Let the client have another one; the seat itself is free after `free`."""
        for each in (caller, caller.network):
            self._held[each] -= 1
            if not self._held[each]:
                del self._held[each]

    def free(self) -> None:
        self.taken -= 1
        self.fill()

    def fill(self) -> None:
        """Seat those who wait, as far as there are seats for them."""
        if self.waiters and self.taken < self._seats():
            for waiter in sorted(self.waiters, key=lambda each: each.place):
                if not waiter.future.done() and self.take(waiter.visit):
                    self.waiters.remove(waiter)
                    waiter.future.set_result(None)


class Gate:
    """Lets requests in. Lives in one event loop; each process has its own."""

    def __init__(self, clock: Callable[[], float] = monotonic, patience: float = PATIENCE) -> None:
        self._budgets = Budgets()
        self._shared = Budgets(SHARE * RATE, SHARE * BURST)
        self._clock = clock
        self._patience = patience
        self._walkers: OrderedDict[Caller, float] = OrderedDict()
        self._running = _Row(lambda: RUNNING, RUNNING)
        self._rest = _Row(lambda: NARROW if self.list_is_running else WIDE, WIDE)

    @property
    def list_is_running(self) -> bool:
        latest = next(reversed(self._walkers.values()), -UNDER_WAY)
        return self._running.taken > 0 or self._clock() - latest < UNDER_WAY

    def _row_of(self, visit: Visit, now: float) -> _Row:
        walks = visit.lane is Lane.OAI and now - self._walkers.get(visit.caller, -UNDER_WAY) < UNDER_WAY
        return self._running if walks or visit.allowed or visit.lane is Lane.RUNNING else self._rest

    async def enter(self, visit: Visit) -> "Seat":
        """Return a seat, after a wait where there is none; raises Busy where there is none in time."""
        now = self._clock()
        over = 0.0 if visit.allowed else self._spend(visit, now)
        row = self._row_of(visit, now)
        row.fill()  # those who waited for the seats that became more when the last list ended
        if not row.take(visit):
            observe.delayed.labels(visit.lane).inc()
            place = now + _HANDICAP[visit.lane] + (SPENT if over else 0.0)
            await self._wait(row, _Waiter(visit, place, min(LATE, SOON + ceil(over))))
        return Seat(self, row, visit.caller, self._clock())

    def _spend(self, visit: Visit, now: float) -> float:
        alone = self._budgets.spend(visit.caller, visit.cost, now)
        return max(alone, self._shared.spend(visit.caller.network, visit.cost, now))

    async def _wait(self, row: _Row, waiter: _Waiter) -> None:
        row.waiters.append(waiter)
        if len(row.waiters) > WAITING:
            last = max(row.waiters, key=lambda each: each.place)
            row.waiters.remove(last)
            last.refuse()
        timer = asyncio.get_running_loop().call_later(self._patience, waiter.refuse)
        try:
            await waiter.future
        except Busy:
            observe.refused.labels(waiter.visit.lane).inc()
            raise
        except asyncio.CancelledError:
            if waiter.is_seated:  # in the same moment
                row.give_back(waiter.visit.caller)
                row.free()
            raise
        finally:
            timer.cancel()
            if waiter in row.waiters:
                row.waiters.remove(waiter)

    def leave(self, row: _Row, caller: Caller, since: float) -> None:
        """Take a seat back that was held since a moment."""
        row.give_back(caller)
        now = self._clock()
        if row is self._running:
            self._walkers[caller] = now
            self._walkers.move_to_end(caller)
            if len(self._walkers) > WALKERS:
                self._walkers.popitem(last=False)
        elif self.list_is_running and now > since:
            asyncio.get_running_loop().call_later(min(now - since, LONGEST_REST), row.free)
            return
        row.free()


class Seat:
    """A seat taken; it goes back once, however often it is left."""

    def __init__(self, gate: Gate, row: _Row, caller: Caller, since: float) -> None:
        self._left = False
        self._gate = gate
        self._row = row
        self._caller = caller
        self._since = since

    def leave(self) -> None:
        if not self._left:
            self._left = True
            self._gate.leave(self._row, self._caller, self._since)
