"""The import monitor's use cases: find deposits, see one with all that belongs to it, publish a work that waits for approval."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from server.audit.log import Actor
from server.errors import Conflict, NotFound
from server.house import House
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.records import store as records
from server.records.store import State, Stored
from server.sword import store
from server.sword.model import Container, ContainerState, Deposit, DepositState, Event
from server.works import deeds

PAGE = 50


@dataclass(frozen=True, slots=True)
class Search:
    """What the list shows: a state (of the deposit, or `pending` of its work), words, and the id to go on from."""

    state: str = ""
    text: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list; `older` is the id the next page begins behind, empty at the end."""

    deposits: Sequence[Deposit]
    containers: dict[str, ContainerState]
    older: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A deposit with all that belongs to it."""

    deposit: Deposit
    events: Sequence[Event]
    container: Container | None
    work: Stored | None
    identifiers: Sequence[Entry]

    @property
    def may_publish(self) -> bool:
        return (
            self.container is not None
            and self.container.state is ContainerState.PENDING
            and self.work is not None
            and self.work.state is State.PENDING
        )

    @property
    def may_close(self) -> bool:
        return self.deposit.state is DepositState.HELD

    @property
    def may_read_again(self) -> bool:
        return self.deposit.state is DepositState.HELD and self.deposit.sha256 is not None and self.container is not None


def listed(tx: Connection, wanted: Search) -> Listed:
    """Return a page of the list, the newest first."""
    found = store.search(tx, state=wanted.state, text=wanted.text, before=wanted.before, limit=PAGE + 1)
    shown = found[:PAGE]
    states = store.states_of(tx, {d.container_id for d in shown if d.container_id})
    return Listed(shown, states, shown[-1].id if len(found) > PAGE else "")


def detail(tx: Connection, number: str) -> Detail:
    """Return a deposit with all that belongs to it; raises NotFound."""
    deposit = store.deposit(tx, number)
    if deposit is None:
        raise NotFound(f"There is no import {number[:40]}.")
    container = store.container(tx, deposit.container_id) if deposit.container_id else None
    work = records.find(tx, deposit.container_id) if deposit.container_id else None
    names = ledger.of_record(tx, work.id) if work is not None else []
    return Detail(deposit, store.events_of(tx, number), container, work, names)


async def publish(house: House, number: str, by: Actor) -> None:
    """Publish the pending work of a deposit. Raises NotFound, Conflict and Invalid; writes nothing then."""
    seen = await house.database.read(detail, number)
    if seen.work is None or not seen.may_publish:
        raise Conflict("This work does not wait for approval any more.", code="state")
    await deeds.carried_out(house, seen.work.id, by, deeds.approve)
