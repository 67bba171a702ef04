"""Whose permission we have: linked by ORCID's login or brought from another system, unlinked, moved. Use cases."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from server import observe
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, NotFound
from server.orcid.model import Consent, Grant, Linked
from server.orcid.settings import Orcid
from server.orcid.tables import orcid_found, orcid_links
from server.people import keeping, store
from server.people.store import Kept
from server.profiles.seal import Seal

CONSENT, IMPORT = "consent", "import"
MOST_MOVES = 5

log = observe.logger("orcid")


class Tokens(msgspec.Struct, frozen=True):
    """What is sealed."""

    access: str


def find(tx: Connection, person_id: int) -> Linked | None:
    """Return a person's link, or None."""
    row = tx.execute(select(orcid_links).where(orcid_links.c.person_id == person_id)).mappings().one_or_none()
    return None if row is None else linked_of(row)


def token_of(link: Linked, seal: Seal) -> str:
    """Open a link's token. Raises Unavailable where no key of ours opens it."""
    return msgspec.json.decode(seal.open(link.sealed), type=Tokens).access


def obstacle(link: Linked, settings: Orcid, now: datetime, words: Mapping[Consent | None, str] | None = None) -> str:
    """Say why a link cannot be used with the client that is set up now; empty where it can.

    `words` say it to whom the link belongs (MINE); else it is said to others.
    """
    words = words or WORDS
    if link.server != settings.places.site or link.client_id != settings.client_id:
        return words[None]
    if link.state is not Consent.VALID:
        return words[link.state]
    if link.expires is not None and link.expires <= now:
        return words[Consent.EXPIRED]
    return ""


#: Why nothing is sent, by what became of the permission; None where it was given to another client.
WORDS: dict[Consent | None, str] = {
    None: "It was linked with another client or another system of ORCID. The person must link it again.",
    Consent.EXPIRED: "The permission has run out. The person must link the iD again.",
    Consent.REVOKED: "ORCID does not take the permission any more. The person must link the iD again.",
    Consent.LOCKED: "ORCID locked the record. The person must ask ORCID; then link the iD again.",
    Consent.DEACTIVATED: "The person closed the ORCID record.",
    Consent.NOBODY: "ORCID knows no such iD.",
    Consent.MOVED: "ORCID sends from one iD to another in a circle. The person must link the iD again.",
}

#: The same, said to the person.
MINE: dict[Consent | None, str] = {
    None: "It was linked with another client or another system of ORCID. Link it again.",
    Consent.EXPIRED: "Your permission has run out. Link the iD again.",
    Consent.REVOKED: "ORCID does not take your permission any more. Link the iD again.",
    Consent.LOCKED: "ORCID locked your record. Ask ORCID to unlock it; then link the iD again.",
    Consent.DEACTIVATED: "Your ORCID record was closed.",
    Consent.NOBODY: "ORCID knows no such iD.",
    Consent.MOVED: "ORCID sends from one iD to another in a circle. Link the iD again.",
}


def link(
    tx: Connection, settings: Orcid, seal: Seal, person_id: int, grant: Grant, actor: Actor, now: datetime, source: str = CONSENT
) -> Linked:
    """Keep somebody's permission; by the registry's own word (not the sandbox's) the iD is theirs from now on.

    An imported one proves nothing until ORCID has taken something with it (`believe`): a file may pair anything with anybody.
    Raises Conflict where the iD is somebody else's here, or the person names another one.
    """
    kept = store.get(tx, person_id)
    uri = f"https://orcid.org/{grant.orcid}"
    known = kept.person.id_of("orcid")
    if known and known != uri and not settings.is_trial:
        raise Conflict(
            f"ORCID says {grant.orcid}, but the profile names {known.rpartition('/')[2]}.",
            remedy="If the one in the profile is wrong, take it out there; if not, log in to ORCID with it. Then link again.",
            code="other-id",
        )
    _free(tx, settings, person_id, grant.orcid)
    if not settings.is_trial and source != IMPORT:
        keeping.prove(tx, person_id, "orcid", uri, actor, now)
    before = find(tx, person_id)
    values = {
        "orcid": grant.orcid, "server": settings.places.site, "client_id": settings.client_id, "name": grant.name[:300],
        "scope": grant.scope[:300], "sealed": seal.close(msgspec.json.encode(Tokens(grant.access))),
        "state": Consent.VALID.value, "status": None, "words": "", "source": source, "former": "", "granted": now, "changed": now,
        "expires": grant.expires, "looked": None, "slot": None,
    }  # fmt: skip
    if before is None:
        tx.execute(insert(orcid_links).values(person_id=person_id, **values))
    else:
        tx.execute(update(orcid_links).where(orcid_links.c.person_id == person_id).values(values))
    was = before.orcid if before is not None else None
    changes = {"orcid": (was, grant.orcid), "system": (None, settings.target)}
    audit.note(tx, actor, "orcid.linked", keeping.KIND, str(person_id), now, summary=kept.person.label, changes=changes)
    return _get(tx, person_id)


def believe(tx: Connection, link: Linked, settings: Orcid, actor: Actor, now: datetime) -> bool:
    """Take an imported iD for the person's, as ORCID has taken something with its token; return whether that is news.

    Where the profile names another iD by now, or it became another person's, it stays unproved.
    """
    uri = f"https://orcid.org/{link.orcid}"
    if link.source != IMPORT or settings.is_trial or ("orcid", uri) in store.proved(tx, link.person_id):
        return False
    try:
        keeping.prove(tx, link.person_id, "orcid", uri, actor, now)
    except Conflict as error:
        log.warning("proved no iD by an imported permission", extra={"person": link.person_id, "reason": error.message})
        return False
    return True


def _free(tx: Connection, settings: Orcid, person_id: int, orcid: str) -> None:
    """Raise Conflict where an iD is linked, or known for sure, as another person's."""
    same = (orcid_links.c.server == settings.places.site, orcid_links.c.orcid == orcid, orcid_links.c.person_id != person_id)
    if tx.execute(select(orcid_links.c.person_id).where(*same)).scalar() is not None:
        raise _taken(orcid)
    if settings.is_trial:
        return
    owner = store.owner_of(tx, "orcid", f"https://orcid.org/{orcid}")
    if owner not in {None, person_id} and not store.only_claimed(tx, "orcid", f"https://orcid.org/{orcid}"):
        raise _taken(orcid)


def is_linked(tx: Connection, settings: Orcid, orcid: str) -> bool:
    """Whether an iD is linked as anybody's."""
    same = (orcid_links.c.server == settings.places.site, orcid_links.c.orcid == orcid)
    return tx.execute(select(orcid_links.c.person_id).where(*same)).scalar() is not None


def _taken(orcid: str) -> Conflict:
    return Conflict(
        f"The iD {orcid} belongs to another person here.",
        remedy="If that is you too, tell those who keep the people: they can make the two one.",
        code="taken-id",
    )


def unlink(tx: Connection, person_id: int, actor: Actor, now: datetime) -> Linked:
    """Forget somebody's permission; return the link, for its token is to be given back. Raises NotFound.

    The iD stays as what the person says; what is on the record at ORCID stays theirs, too.
    """
    before = _get(tx, person_id)
    tx.execute(delete(orcid_links).where(orcid_links.c.person_id == person_id))
    tx.execute(delete(orcid_found).where(orcid_found.c.person_id == person_id, orcid_found.c.state == "new"))
    kept = store.get(tx, person_id)
    keeping.unprove(tx, person_id, "orcid", f"https://orcid.org/{before.orcid}", now)
    changes = {"orcid": (before.orcid, None)}
    audit.note(tx, actor, "orcid.unlinked", keeping.KIND, str(person_id), now, summary=kept.person.label, changes=changes)
    return before


def ended(tx: Connection, before: Linked, state: Consent, status: int | None, words: str, now: datetime) -> None:
    """Note that a permission is of no use any more; nothing where the person has given another meanwhile.

    With an imported one that ORCID does not take goes what it proved.
    """
    values = {"state": state.value, "status": status, "words": words, "changed": now}
    if tx.execute(update(orcid_links).where(*_same(before)).values(values)).rowcount == 0:
        return
    uri = f"https://orcid.org/{before.orcid}"
    if (before.source, state) == (IMPORT, Consent.REVOKED) and ("orcid", uri) in store.proved(tx, before.person_id):
        keeping.unprove(tx, before.person_id, "orcid", uri, now)


def moved(tx: Connection, before: Linked, to: str, words: str, actor: Actor, now: datetime) -> str:
    """Go over to the iD that ORCID made of the one we know; return why not, empty where that is done.

    An iD that led here before would be a circle, and one of another person's is not taken.
    """
    former = [*before.former.split(), before.orcid]
    if to in former or len(former) > MOST_MOVES:
        ended(tx, before, Consent.MOVED, 301, words, now)
        return WORDS[Consent.MOVED]
    other = select(orcid_links.c.person_id).where(orcid_links.c.server == before.server, orcid_links.c.orcid == to)
    uri = f"https://orcid.org/{to}"
    owner = store.owner_of(tx, "orcid", uri)
    if tx.execute(other).scalar() is not None or owner not in {None, before.person_id}:
        ended(tx, before, Consent.MOVED, 301, words, now)
        return f"ORCID made {to} of the iD, and that belongs to another person here. If the two are one, merge them."
    values = {"orcid": to, "former": " ".join(former), "status": 301, "words": words, "changed": now, "looked": None}
    tx.execute(update(orcid_links).where(*_same(before)).values(values))
    if (("orcid", f"https://orcid.org/{before.orcid}")) in store.proved(tx, before.person_id):
        keeping.moved(tx, before.person_id, "orcid", f"https://orcid.org/{before.orcid}", uri, actor, now)
    label = store.get(tx, before.person_id).person.label
    changes = {"orcid": (before.orcid, to)}
    audit.note(tx, actor, "orcid.moved", keeping.KIND, str(before.person_id), now, summary=label, changes=changes)
    return ""


def looked(tx: Connection, before: Linked, now: datetime) -> None:
    """Note that a record was looked through."""
    tx.execute(update(orcid_links).where(*_same(before)).values(looked=now))


def keep_slot(tx: Connection, before: Linked, slot: datetime | None) -> None:
    """Remember the moment that is kept at the gate."""
    if before.slot != slot:
        tx.execute(update(orcid_links).where(*_same(before)).values(slot=slot))


def _same(before: Linked) -> tuple[Any, ...]:
    """Return what a link as it was seen is found by, and not the one that took its place."""
    return (
        orcid_links.c.person_id == before.person_id, orcid_links.c.granted == before.granted, orcid_links.c.orcid == before.orcid,
    )  # fmt: skip


def _get(tx: Connection, person_id: int) -> Linked:
    found = find(tx, person_id)
    if found is None:
        raise NotFound("No ORCID iD is linked.", code="link")
    return found


def linked_of(row: RowMapping | Mapping[str, Any]) -> Linked:
    """Return a row as a value."""
    fields = {name: row[name] for name in Linked.__dataclass_fields__}
    return Linked(**fields | {"state": Consent(row["state"])})


def counts(tx: Connection) -> dict[Consent, int]:
    """Count the links by what became of the permission."""
    query = select(orcid_links.c.state, func.count()).group_by(orcid_links.c.state)
    return {Consent(state): count for state, count in tx.execute(query)}


def search(tx: Connection, state: str, page: int, size: int) -> tuple[list[Linked], int]:
    """Return a page of links, the last that changed first, and how many there are; of one state, or all."""
    query = select(orcid_links)
    if state:
        query = query.where(orcid_links.c.state == state)
    total = int(tx.execute(query.with_only_columns(func.count(orcid_links.c.person_id))).scalar_one())
    latest = query.order_by(orcid_links.c.changed.desc(), orcid_links.c.person_id)
    return [linked_of(row) for row in tx.execute(latest.limit(size).offset((page - 1) * size)).mappings()], total


def own(tx: Connection, account_id: int) -> tuple[Kept | None, Linked | None]:
    """Return the person an account is, and their link."""
    kept = store.of_account(tx, account_id)
    return kept, find(tx, kept.id) if kept is not None else None
