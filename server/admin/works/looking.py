"""Everything the house knows of a work, read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from server.accounts.tables import accounts
from server.audit import log as audit
from server.audit.log import Asked, Noted
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.metadata.work import Names
from server.publishing import Press
from server.records import changes, store
from server.records.model import is_id
from server.records.store import State, Stored
from server.sword import store as sword
from server.sword.model import Container, Deposit
from server.works.advice import Advice, advice

LINES = 30
"""Lines of the audit log that are shown; its own page has all."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A work with all that belongs to it."""

    stored: Stored
    owner: str | None
    identifiers: Sequence[Entry]
    names: Names
    container: Container | None
    imports: Sequence[Deposit]
    versions: Sequence[tuple[int, datetime]]
    lines: Sequence[Noted]
    stamped: datetime | None
    """When harvesters were last told of it."""
    advice: Advice
    """What the agency responsible for it minds."""
    replacement: tuple[str, str] | None = None
    """Address and words of what took its place."""

    @property
    def may_approve(self) -> bool:
        return self.stored.state.before and self.stored.state is not State.DECLINED

    @property
    def may_decline(self) -> bool:
        return self.stored.state in {State.PENDING, State.RETURNED}

    @property
    def may_reopen(self) -> bool:
        return self.stored.state is State.DECLINED

    @property
    def may_return(self) -> bool:
        return self.stored.state in {State.PENDING, State.DRAFT}

    @property
    def may_withdraw(self) -> bool:
        return self.stored.state is not State.WITHDRAWN

    @property
    def may_restore(self) -> bool:
        return self.stored.state is State.WITHDRAWN

    @property
    def may_reserve(self) -> bool:
        return not any(entry.scheme == "doi" for entry in self.identifiers) and not self.stored.record.identifier("doi")


def looked(tx: Connection, press: Press, work: str) -> Looked:
    """Return a work with all that belongs to it; raises NotFound."""
    stored, entries = store.get(tx, work), ledger.of_record(tx, work)
    container = sword.container(tx, work)
    return Looked(
        stored,
        tx.execute(select(accounts.c.name).where(accounts.c.id == stored.owner)).scalar(),
        entries,
        ledger.shown(tx, work),
        container,
        sword.deposits_of(tx, work),
        store.versions(tx, work),
        audit.search(tx, Asked(subject_kind="record", subject=work), LINES),
        changes.stamped(tx, work),
        advice(tx, press, stored, entries),
        _replacement(tx, stored.replacement),
    )


def _replacement(tx: Connection, kept: str | None) -> tuple[str, str] | None:
    if not kept:
        return None
    if is_id(kept):
        return f"/admin/works/{kept}", store.titles(tx, [kept]).get(kept, kept)
    return (kept, kept) if kept.startswith(("https://", "http://")) else (f"https://doi.org/{kept}", kept)
