"""Taking a new number: a work whose name turned out to be another's gives that up and gets the next one."""

from datetime import datetime

from sqlalchemy import Connection

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict
from server.identifiers import ledger
from server.identifiers.holding import ours
from server.identifiers.leading import is_refusal
from server.identifiers.ledger import Entry
from server.identifiers.mint import REGISTER, ask, mint, route_for
from server.identifiers.model import Agency, State
from server.jobs import queue
from server.records import store as records
from server.registry import Registry


def is_renewable(entry: Entry) -> bool:
    """Whether another's name stands in the way of a work's: one its agency never confirmed to us, and says is there already."""
    stuck = entry.own and entry.state is State.REJECTED and entry.registered is None and not entry.migrated
    return stuck and entry.record_id is not None and is_refusal(entry.message or "")


def renew(tx: Connection, number: int, shelf: Registry[Agency], by: Actor, now: datetime) -> Entry:
    """Give up a name that is another's, mint the next one for its work and ask for its registration; return the new one.

    The ledger keeps the name, so that it is never minted again. Raises NotFound, and Conflict where it is not another's, while
    its agency is asked about it, or where no profile serves the type of the work any more.
    """
    entry = ours(tx, number)
    if not is_renewable(entry) or entry.record_id is None:
        raise Conflict(
            "It keeps its number: only a name that is another's at the agency is given up.",
            remedy="What the agency refuses of the metadata is mended in the work.", code="state",
        )  # fmt: skip
    record = records.get(tx, entry.record_id, to_change=True).record
    route = route_for(tx, shelf, record.type, entry.scheme)
    if route is None:
        raise Conflict(
            "No profile that is switched on serves the type of this work, so there is no next number.",
            remedy="Switch the profile on, or choose the type there.", code="state",
        )  # fmt: skip
    queue.drop(tx, REGISTER, str(number))
    if queue.is_open(tx, REGISTER, str(number)):
        raise Conflict("The agency is being asked about it at this moment.", remedy="Try again in a moment.", code="state")
    ledger.give_up(tx, entry, now)
    new = mint(tx, route, entry.record_id, record.type, now)
    ask(tx, [new], shelf, now)
    for each in (entry, new):
        audit.note(tx, by, "identifier.renewed", "identifier", str(each.id), now, summary=f"{entry.value} → {new.value}")
    return new
