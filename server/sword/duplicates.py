"""What is here already: the work a deposit would make a second time, found by DOI, by package or by title, year and author.

What becomes of the second is the profile's to say: it is held, refused, taken as a change of the first or as its next version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection, select, update

from server.errors import Conflict
from server.identifiers import ledger
from server.identifiers.schemes import doi
from server.metadata.fragments import Repository
from server.records import store as records
from server.records.model import Record, Related
from server.records.searchable import normal, sorting, year_of
from server.records.store import State
from server.records.tables import searchable
from server.sword import store
from server.sword.decisions import CHANGE, OWN, decision
from server.sword.decisions import VERSION as AS_VERSION
from server.sword.model import Container, ContainerState, Content, Deposit, DepositState, Operation, Problem
from server.sword.tables import containers, deposits

HOLD, REFUSE, UPDATE, VERSION = "hold", "refuse", CHANGE, AS_VERSION

_SAME_TITLE = 20
"""Works of one title and year that are looked at; many journals have an editorial each month."""

_WORDS = {
    "doi": "The DOI is that of the work “{}”.",
    "package": "The same package has made the work “{}”.",
    "title": "A work of this title, year and first author is here already: “{}”.",
}


#: The same of a work that is not public, and nobody's business but its owner's.
_HIDDEN = {
    "doi": "The DOI is that of a work that is not public.",
    "package": "The same package has made a work that is not public.",
    "title": "A work of this title, year and first author is here already, and not public.",
}


@dataclass(frozen=True, slots=True)
class Other:
    """The work that is here already."""

    id: str
    title: str
    state: State
    way: str
    """How it was found: doi, package or title."""
    policy: str
    """What the profile says of that."""
    container: Container | None
    """What it was deposited in, where it came by SWORD."""
    doi: str
    """The one by which it was found, or that is its own."""
    decided: bool = False
    """Whether the policy is what somebody here decided of this one deposit."""

    def may_change(self, account_id: int) -> bool:
        """Whether a depositor may change it by sending it anew: it came by SWORD, is theirs, and nobody took it out of view.

        Somebody who keeps the repository may decide so of anybody's.
        """
        mine = self.container is not None and (self.decided or self.container.account_id == account_id)
        return mine and self.state is not State.WITHDRAWN


def find(tx: Connection, deposit: Deposit, record: Record, policies: Mapping[str, str]) -> Other | None:
    """Return the work that a deposit would make once more, or None; the surest way of finding it comes first."""
    decided = decision(tx, deposit.id)
    for way, look in _WAYS.items():
        if way in policies and (number := look(tx, deposit, record)):
            stored = records.get(tx, number)
            container, name = store.container(tx, number), _doi_of(tx, number, record)
            title, policy = stored.record.title.value, decided or policies[way]
            return Other(number, title, stored.state, way, policy, container, name, decided=bool(decided))
    return None


def again(tx: Connection, deposit: Deposit, record: Record) -> Other | None:
    """Return the work a held deposit is a second time, by the way that was found; None where that is not so any more."""
    way = deposit.problem.code.removeprefix("duplicate-") if deposit.problem is not None else ""
    return find(tx, deposit, record, {way: HOLD}) if way in _WAYS else None


def asks(record: Record, policies: Mapping[str, str]) -> bool:
    """Whether there is anything to look for: most works come without a DOI, and nobody may want to know of the rest."""
    return any(way != "doi" or record.identifier("doi") for way in policies)


def _by_doi(tx: Connection, deposit: Deposit, record: Record) -> str:
    owners = _owners(tx, record).values()
    return next((owner for owner in owners if owner and owner != deposit.container_id), "")


def _owners(tx: Connection, record: Record) -> dict[str, str | None]:
    """Return whose a work's DOIs are, by the DOI in its normal form."""
    normals = [doi.normal(each.value) for each in record.identifiers if each.scheme == "doi"]
    return ledger.owners_of(tx, "doi", normals) if normals else {}


def _doi_of(tx: Connection, number: str, record: Record) -> str:
    """Return the DOI of a work: the one another record names, else its own."""
    named = (name for name, owner in _owners(tx, record).items() if owner == number)
    return next(named, "") or ledger.shown(tx, number).doi


def _by_package(tx: Connection, deposit: Deposit, record: Record) -> str:
    """Look for the same bytes; the record has no say in that."""
    del record
    if deposit.operation is not Operation.CREATE:
        return ""
    query = (
        select(containers.c.id)
        .join(deposits, deposits.c.container_id == containers.c.id)
        .where(deposits.c.payload == (deposit.payload or deposit.sha256), deposits.c.state == DepositState.TAKEN.value)
        .where(containers.c.has_record.is_(True), containers.c.state != ContainerState.DELETED.value)
        .where(containers.c.id != deposit.container_id)
        .limit(1)
    )
    return tx.execute(query).scalar() or ""


def _by_title(tx: Connection, deposit: Deposit, record: Record) -> str:
    if not record.creators:
        return ""
    query = (
        select(searchable.c.record_id)
        .where(searchable.c.sorting == sorting(record.title.value), searchable.c.state != State.WITHDRAWN.value)
        .where(searchable.c.year == year_of(record), searchable.c.record_id != deposit.container_id)
        .limit(_SAME_TITLE)
    )
    wanted = _known_by(record)
    for number in tx.execute(query).scalars().all():
        if _known_by(records.get(tx, number).record) == wanted:
            return str(number)
    return ""


def _known_by(record: Record) -> tuple[str, str]:
    first = record.creators[0] if record.creators else None
    return normal(record.title.value), normal(first.family or first.name) if first is not None else ""


_WAYS: dict[str, Callable[[Connection, Deposit, Record], str]] = {"doi": _by_doi, "package": _by_package, "title": _by_title}


def problem(other: Other, repository: Repository, account_id: int) -> Problem:
    """Say what is here already, and what can be done.

    The address is that of its public page, or where its owner sees it. Of a work that is neither public nor of this account
    nothing is told.
    """
    own = other.container is not None and other.container.account_id == account_id
    value = other.doi if other.way == "doi" else other.title
    is_public = other.state is State.PUBLISHED
    address = repository.item(other.id) if is_public or not own else f"{repository.url}/my/works/{other.id}"
    if not is_public and not own:
        message, value = _HIDDEN[other.way], value if other.way == "doi" else ""
        remedy = "Ask those who keep the repository: they see both."
    else:
        message = _WORDS[other.way].format(other.title)
        remedy = f"Compare the two: {address}. Send changes of it to its own edit address, or wait until somebody has decided."
    if other.state is State.WITHDRAWN:
        message += " That work was withdrawn."
        address = repository.item(other.id)
        remedy = f"Ask the administrator, who can publish {address} again; or send this one with its own DOI or none."
    return Problem(f"duplicate-{other.way}", message, "", remedy, value)


def joined(tx: Connection, deposit: Deposit, container: Container, other: Other, content: Content) -> Deposit:
    """Make a deposit that began a container a change of another; the one it began is deleted, nobody was told of it yet.

    Raises Conflict (code changed) where the other went to somebody else, or out of view, since it was found.
    """
    standing = store.container(tx, other.id, to_change=True)
    stored = records.find(tx, other.id, to_change=True)
    current = replace(other, container=standing, state=stored.state if stored is not None else State.WITHDRAWN)
    if not current.may_change(container.account_id):
        raise Conflict("The work that is here already was changed at the same moment.", code="changed")
    operation = Operation.REPLACE_ALL if content.files else Operation.REPLACE_METADATA
    row = update(deposits).where(deposits.c.id == deposit.id, deposits.c.state == DepositState.RECEIVED.value)
    tx.execute(row.values(container_id=other.id, operation=operation.value))
    store.change_container(tx, container, deposit.received, state=ContainerState.DELETED)
    words = _WORDS[other.way].format(other.title)
    why = "somebody who keeps the repository decided" if other.decided else "the profile says"
    store.note(tx, deposit.id, deposit.received, "joined", f"{words} This deposit changes it, as {why}.")
    return replace(deposit, container_id=other.id, operation=operation)


def following(record: Record, other: Other, address: str) -> Record:
    """Return a record without the DOI of another work: its next version says so, one that was found to be apart does not."""
    known = Related(scheme="doi", value=other.doi) if other.doi else Related(scheme="url", value=address)
    before = msgspec.structs.replace(known, relation="IsNewVersionOf")
    own = tuple(each for each in record.identifiers if each.scheme != "doi" or doi.normal(each.value) != doi.normal(other.doi))
    related = record.related if other.policy == OWN else (*record.related, before)
    return msgspec.structs.replace(record, identifiers=own, related=related)
