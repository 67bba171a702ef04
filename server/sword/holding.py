"""All there is to say of a container, read in one go."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from server.accounts.model import Account
from server.errors import Invalid, NotFound, Refused
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.identifiers.mint import REGISTER
from server.identifiers.model import State as IdentifierState
from server.jobs import queue
from server.metadata.addresses import link
from server.records import store as records
from server.records.store import State
from server.sword import problems, store
from server.sword.model import Container, Deposit, Holding, Listing

MOST_LISTED = 100

_WORDS = {
    IdentifierState.RESERVED: "reserved; no agency has registered it yet",
    IdentifierState.SUBMITTED: "being registered",
    IdentifierState.REGISTERED: "registered",
    IdentifierState.REJECTED: "not registered: the agency refuses the metadata",
    IdentifierState.BLOCKED: "not registered: the agency refuses the account",
    IdentifierState.WITHDRAWN: "withdrawn",
    IdentifierState.EXTERNAL: "kept as it came",
    IdentifierState.GIVEN_UP: "given up: it is another's",
}


_SENT_AGAIN = "being registered: the agency refused the metadata as they were; the corrected ones are sent"


def container_of(tx: Connection, number: str, account: Account) -> Container:
    """Return a container its depositor may see; raises NotFound and Refused."""
    found = store.container(tx, number)
    if found is None:
        raise NotFound("There is no such deposit, or it was deleted.")
    if found.account_id != account.id:
        raise Refused("This deposit belongs to another account.")
    if not account.lets_into(found.collection):
        raise Refused(f"This token is not made for the collection {found.collection!r}.", remedy="Log in with another.")
    return found


def holding(tx: Connection, number: str, account: Account) -> Holding:
    """Return what receipt and statement say; raises NotFound and Refused."""
    container = container_of(tx, number, account)
    record, files = container.draft.record, container.draft.files
    withdrawn, reason = False, ""
    if container.has_record:
        stored = records.get(tx, number)
        record, files, withdrawn = stored.record, stored.record.files, stored.state is State.WITHDRAWN
        reason = (stored.reason or "") if stored.state in {State.WITHDRAWN, State.RETURNED, State.DECLINED} else ""
    names = tuple((link(entry.scheme, entry.value), _standing(tx, entry)) for entry in ledger.of_record(tx, number))
    deposits, remarks = store.deposits_of(tx, number), problems.remarks_of(tx, number)
    return Holding(container, record, files, deposits, names, withdrawn, reason, remarks)


def _standing(tx: Connection, entry: Entry) -> str:
    """Say how an identifier stands. What was refused waits for a change; once there is one, it is on its way again."""
    if entry.state is IdentifierState.REJECTED and entry.held_by is None and queue.is_on_its_way(tx, REGISTER, str(entry.id)):
        return _SENT_AGAIN
    return _WORDS[entry.state]


def original(tx: Connection, deposit_id: str, account: Account) -> Deposit:
    """Return a deposit whose bytes its depositor may have back; raises NotFound and Refused."""
    found = store.deposit(tx, deposit_id)
    if found is None or found.sha256 is None or found.container_id is None:
        raise NotFound("There is no such deposit.")
    container_of(tx, found.container_id, account)
    if problems.infected(tx, found.id):
        raise Refused("A virus was found in it; it is given to nobody.", code="virus")
    return found


def listing(tx: Connection, account: Account, collection: str, after: str = "", most: int = MOST_LISTED) -> Listing:
    """Return a page of a depositor's containers in a collection, those that changed last first; `after` says where it begins."""
    found = store.containers_of(tx, account.id, collection, most + 1, after=_place(after))
    shown = found[:most]
    titles = {each.id: each.draft.record.title.value if each.draft.record else "Deposit in progress" for each in shown}
    titles |= records.titles(tx, [each.id for each in shown if each.has_record])
    last = shown[-1] if len(found) > most else None
    return Listing(shown, titles, f"{last.changed.isoformat()}~{last.id}" if last is not None else "")


def _place(after: str) -> tuple[datetime, str] | None:
    """Read where a page begins, as `listing` wrote it. Raises Invalid."""
    if not after:
        return None
    changed, _, number = after.partition("~")
    try:
        return datetime.fromisoformat(changed).astimezone(UTC), number
    except ValueError as error:
        raise Invalid("This page of the feed does not exist.", place="after", remedy="Begin at the collection.") from error
