"""Two people who are one: what each was known by is kept, the works follow, and it can be undone."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import msgspec
from sqlalchemy import Connection, delete, insert, select, tuple_, update

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound
from server.people import keeping, store
from server.people.linking import LinkState
from server.people.model import Person, Spelling, decode, encode, spoken
from server.people.names import whole
from server.people.seeking import seek
from server.people.store import Kept
from server.people.tables import people, person_ids, person_links, person_merges

_Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """What merging would come to."""

    kept: Kept
    gone: Kept
    person: Person | None
    works: int
    problem: str
    """Why they cannot be merged, or empty."""


def preview(tx: Connection, kept_id: int, gone_id: int) -> Preview:
    """Show what merging would come to, changing nothing; raises NotFound."""
    kept, gone = store.get(tx, kept_id), store.get(tx, gone_id)
    works = select(person_links.c.record_id).where(
        person_links.c.person_id == gone_id, person_links.c.state == LinkState.LINKED.value
    )
    count = len(set(tx.execute(works).scalars()))
    try:
        _may(kept, gone)
        person = merged(kept.person, gone.person)
    except (Conflict, Invalid) as error:
        return Preview(kept, gone, None, count, f"{error.message} {error.remedy}".strip())
    return Preview(kept, gone, person, count, "")


def merged(kept: Person, gone: Person) -> Person:
    """Return the first person with the names, identifiers and affiliations of both. Raises Invalid where they contradict."""
    known = {whole(*name) for name in kept.names}
    spellings = list(kept.spellings)
    for family, given in gone.names:
        if whole(family, given) not in known:
            known.add(whole(family, given))
            spellings.append(Spelling(family=family, given=given))
    try:
        return msgspec.structs.replace(
            kept,
            spellings=tuple(spellings),
            ids=tuple(dict.fromkeys(chain(kept.ids, gone.ids))),
            affiliations=tuple(dict.fromkeys(chain(kept.affiliations, gone.affiliations))),
            email=kept.email or gone.email,
            note="\n".join(filter(None, (kept.note, gone.note))),
        )
    except ValueError as error:
        raise Invalid(
            "They have two different ORCID iDs.",
            remedy="So they are two people, or one of the two iDs is wrong: take that away first.",
            code="contradiction",
        ) from error


def _may(kept: Kept, gone: Kept) -> None:
    if kept.id == gone.id:
        raise Invalid("Nobody can be merged with themselves.", place="other", remedy="Choose another person.")
    if kept.merged_into is not None or gone.merged_into is not None:
        raise Conflict("One of the two was merged already.", remedy="Look at what is there now.", code="merged")
    if kept.account_id is not None and gone.account_id is not None:
        raise Conflict("Both have an account.", remedy="Take the account from one of them first.", code="accounts")


def merge(tx: Connection, kept_id: int, gone_id: int, actor: Actor, now: datetime) -> Kept:
    """Make two people one; the second leads to the first from then on. Raises NotFound, Conflict and Invalid."""
    kept, gone = store.get(tx, kept_id), store.get(tx, gone_id)
    _may(kept, gone)
    person = merged(kept.person, gone.person)
    proved = store.proved(tx, gone_id)
    links = _move_links(tx, gone_id, kept_id)
    store.mark(tx, gone, now, merged_into=kept_id, active=False, account_id=None)
    store.release(tx, gone_id)
    after = store.replace(tx, kept, person, now)
    for scheme, value in proved:
        tx.execute(update(person_ids).where(person_ids.c.scheme == scheme, person_ids.c.value == value).values(proved=True))
    if gone.account_id is not None:
        tx.execute(update(people).where(people.c.id == kept_id).values(account_id=gone.account_id))
    row = {
        "gone_id": gone_id,
        "kept_id": kept_id,
        "at": now,
        "by": actor.name,
        "before": encode(kept.person),
        "after_version": after.version,
        "account_id": gone.account_id,
        "links": msgspec.json.encode(links).decode(),
    }
    tx.execute(insert(person_merges).values(row))
    changes = audit.differences(spoken(kept.person), spoken(person)) | {"merged": (None, gone.person.label)}
    audit.note(tx, actor, "person.merged", keeping.KIND, str(kept_id), now, summary=person.label, changes=changes)
    gone_to = {"merged into": (None, person.label), "works": (None, len(links))}
    audit.note(tx, actor, "person.merged-away", keeping.KIND, str(gone_id), now, summary=gone.person.label, changes=gone_to)
    seek(tx, now)
    return after


def _move_links(tx: Connection, gone_id: int, kept_id: int) -> list[_Place]:
    """Give one person's links to another and return their places; where both have one, a candidate gives way."""
    mine = {_place(row): row.state for row in tx.execute(select(person_links).where(person_links.c.person_id == kept_id))}
    theirs = {_place(row): row.state for row in tx.execute(select(person_links).where(person_links.c.person_id == gone_id))}
    moved = [
        place for place, state in theirs.items() if mine.get(place) in {None, LinkState.CANDIDATE.value} or state == mine[place]
    ]
    key = tuple_(person_links.c.record_id, person_links.c.part, person_links.c.position)
    weaker = [place for place in moved if place in mine]
    for place in weaker:
        tx.execute(delete(person_links).where(person_links.c.person_id == kept_id, key == place))
    for place in moved:
        tx.execute(update(person_links).where(person_links.c.person_id == gone_id, key == place).values(person_id=kept_id))
    tx.execute(delete(person_links).where(person_links.c.person_id == gone_id))
    return moved


def _place(row: object) -> _Place:
    return (row.record_id, row.part, row.position)  # type: ignore[attr-defined]  # a row of person_links


def merges_into(tx: Connection, kept_id: int) -> list[tuple[Kept, str, datetime]]:
    """Return who was merged into a person, by whom and when, the newest first."""
    query = select(person_merges).where(person_merges.c.kept_id == kept_id).order_by(person_merges.c.at.desc())
    rows = tx.execute(query).all()
    gone = store.some(tx, [row.gone_id for row in rows])
    return [(gone[row.gone_id], row.by, row.at) for row in rows]


def part(tx: Connection, gone_id: int, actor: Actor, now: datetime) -> Kept:
    """Undo a merging: the two are two again, each with what they had.

    Raises NotFound, and Conflict where the one who was kept has changed since.
    """
    row = tx.execute(select(person_merges).where(person_merges.c.gone_id == gone_id)).one_or_none()
    if row is None:
        raise NotFound("This person was not merged.", code="person")
    kept, gone = store.get(tx, row.kept_id), store.get(tx, gone_id)
    if kept.version != row.after_version:
        raise Conflict(
            f"{kept.person.label} was changed after the merging, so it cannot simply be undone.",
            remedy="Take by hand from this person what is the other's, and add the other anew; the audit log says what each had.",
            code="changed",
        )
    proved = store.proved(tx, kept.id)
    moved_account = row.account_id if row.account_id is not None and kept.account_id == row.account_id else None
    before = store.replace(tx, kept, decode(row.before), now)
    if moved_account is not None:
        store.mark(tx, before, now, account_id=None)
    store.mark(tx, gone, now, merged_into=None, active=True, account_id=moved_account, sought=None)
    store.claim(tx, gone)
    for scheme, value in proved:
        tx.execute(update(person_ids).where(person_ids.c.scheme == scheme, person_ids.c.value == value).values(proved=True))
    key = tuple_(person_links.c.record_id, person_links.c.part, person_links.c.position)
    for place in msgspec.json.decode(row.links, type=list[_Place]):
        tx.execute(update(person_links).where(person_links.c.person_id == kept.id, key == place).values(person_id=gone_id))
    tx.execute(delete(person_merges).where(person_merges.c.gone_id == gone_id))
    audit.note(tx, actor, "person.parted", keeping.KIND, str(gone_id), now, summary=gone.person.label)
    seek(tx, now)
    return store.get(tx, gone_id)
