"""The researchers as the database keeps them. Takes the transaction, returns values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, delete, exists, func, insert, or_, select, update

from server.accounts.tables import accounts
from server.errors import Conflict, NotFound
from server.people import names
from server.people.model import Person, decode, encode
from server.people.tables import people, person_ids, person_links, person_names


@dataclass(frozen=True, slots=True)
class Kept:
    """A person with what is kept beside it."""

    id: int
    person: Person
    version: int
    active: bool
    account_id: int | None
    merged_into: int | None
    created: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """What a list asks for: words of a name, an identifier or an e-mail address; which people; the page."""

    text: str = ""
    only: str = ""
    """`account`: who can log in; `inactive`: who is not active; empty: all who are active."""
    page: int = 1


_AT_ONCE = 5_000

#: Whom a list can be narrowed to.
ONLY = {"": "active", "account": "with an account", "candidates": "with works to confirm", "inactive": "not active"}


def add(tx: Connection, person: Person, now: datetime, *, own: bool = False) -> Kept:
    """Keep a new person; raises Conflict where an identifier is somebody else's. `own`: only they say so."""
    row = {"version": 1, "active": True, "created": now, "modified": now, **_columns(person)}
    number = int(tx.execute(insert(people).values(row).returning(people.c.id)).scalar_one())
    _claim(tx, number, person, own=own)
    return Kept(number, person, 1, True, None, None, now, now)  # noqa: FBT003 -- a row's column


def add_all(tx: Connection, persons: Sequence[Person], now: datetime) -> list[int]:
    """Keep many new people at once and return their numbers; the caller has seen that their identifiers are free."""
    if not persons:
        return []
    rows = [{"version": 1, "active": True, "created": now, "modified": now, **_columns(person)} for person in persons]
    made = insert(people).returning(people.c.id, sort_by_parameter_order=True)
    numbers = list(tx.execute(made, rows).scalars())
    both = list(zip(numbers, persons, strict=True))
    ids = [
        {"scheme": one.scheme, "value": one.value, "person_id": number, "proved": False, "claimed": False}
        for number, who in both
        for one in who.ids
    ]
    if ids:
        tx.execute(insert(person_ids), ids)
    tx.execute(insert(person_names), [row for number, who in both for row in _names(number, who)])
    return numbers


def replace(tx: Connection, kept: Kept, person: Person, now: datetime, *, own: bool = False) -> Kept:
    """Make a person what is given; `own`: only they say so. Nothing is written where nothing differs.

    Raises Conflict where somebody else changed the person since, and where an identifier is somebody else's.
    """
    if person == kept.person:
        return kept
    values = {"version": kept.version + 1, "modified": now, **_columns(person)}
    _changed(tx, kept, values)
    _claim(tx, kept.id, person, own=own)
    return Kept(kept.id, person, kept.version + 1, kept.active, kept.account_id, kept.merged_into, kept.created, now)


def mark(tx: Connection, kept: Kept, now: datetime, **values: Any) -> None:
    """Change what is kept beside a person (active, account_id, merged_into); raises Conflict where it changed since."""
    _changed(tx, kept, {"version": kept.version + 1, "modified": now, **values})


def _changed(tx: Connection, kept: Kept, values: Mapping[str, Any]) -> None:
    done = tx.execute(update(people).where(people.c.id == kept.id, people.c.version == kept.version).values(values))
    if done.rowcount != 1:
        raise Conflict(
            "The person was changed by somebody else at the same moment.",
            remedy="Look at what is there now, and repeat the change.",
            code="changed",
        )


def _columns(person: Person) -> dict[str, Any]:
    """Return the columns that follow from the document; whoever's names or identifiers change is looked for anew."""
    return {
        "sorted": names.whole(person.family, person.given),
        "document": encode(person),
        "email": person.email,
        "sought": None,
    }


def _claim(tx: Connection, number: int, person: Person, *, own: bool = False) -> None:
    """Write down a person's identifiers and names; an identifier that was proved stays so."""
    wanted = [(one.scheme, one.value) for one in person.ids]
    for place, (scheme, value) in enumerate(wanted):
        owner = owner_of(tx, scheme, value)
        if owner not in {None, number}:
            if own:
                raise Conflict(
                    "Somebody else here says that this identifier is theirs.",
                    place=f"ids.{place}.value",
                    remedy="If it is yours, tell those who keep the people; they can set it right.",
                    code="duplicate",
                )
            raise Conflict(
                f"This identifier is that of {get(tx, owner or 0).person.label} already.",
                place=f"ids.{place}.value",
                remedy="If the two are one person, merge them.",
                code="duplicate",
            )
    have = {(row.scheme, row.value) for row in tx.execute(select(person_ids).where(person_ids.c.person_id == number))}
    for scheme, value in have - set(wanted):
        tx.execute(delete(person_ids).where(person_ids.c.scheme == scheme, person_ids.c.value == value))
    said = {"person_id": number, "proved": False, "claimed": own}
    fresh = [{"scheme": s, "value": v, **said} for s, v in wanted if (s, v) not in have]
    if fresh:
        tx.execute(insert(person_ids), fresh)
    tx.execute(delete(person_names).where(person_names.c.person_id == number))
    tx.execute(insert(person_names), _names(number, person))


def confirm(tx: Connection, kept: Kept, person: Person) -> set[tuple[str, str]]:
    """Take those of a person's identifiers for theirs which only they said are, and return these; the works are to be sought."""
    wanted = {(one.scheme, one.value) for one in person.ids}
    mine = (person_ids.c.person_id == kept.id, person_ids.c.claimed)
    found = {(row.scheme, row.value) for row in tx.execute(select(person_ids).where(*mine))} & wanted
    for scheme, value in found:
        one = (person_ids.c.scheme == scheme, person_ids.c.value == value)
        tx.execute(update(person_ids).where(*one).values(claimed=False))
    if found:
        tx.execute(update(people).where(people.c.id == kept.id).values(sought=None))
    return found


def set_proved(tx: Connection, number: int, scheme: str, value: str, *, proved: bool) -> None:
    """Note whether the registry says that an identifier is a person's. It is no mere claim of theirs either way."""
    one = (person_ids.c.person_id == number, person_ids.c.scheme == scheme, person_ids.c.value == value)
    tx.execute(update(person_ids).where(*one).values(proved=proved, claimed=False))
    tx.execute(update(people).where(people.c.id == number).values(sought=None))


def only_claimed(tx: Connection, scheme: str, value: str) -> bool:
    """Whether an identifier is somebody's only because they say so themselves."""
    one = (person_ids.c.scheme == scheme, person_ids.c.value == value, person_ids.c.claimed, ~person_ids.c.proved)
    return tx.execute(select(person_ids.c.person_id).where(*one)).scalar() is not None


def claims_of_others(tx: Connection, number: int | None, person: Person) -> dict[int, set[tuple[str, str]]]:
    """Return who else only says that identifiers of a person are theirs, and which."""
    found = dict[int, set[tuple[str, str]]]()
    for one in person.ids:
        this = (person_ids.c.scheme == one.scheme, person_ids.c.value == one.value)
        query = select(person_ids.c.person_id).where(*this, person_ids.c.claimed, ~person_ids.c.proved)
        owner = tx.execute(query).scalar()
        if owner is not None and owner != number:
            found.setdefault(owner, set()).add((one.scheme, one.value))
    return found


def _names(number: int, person: Person) -> list[dict[str, Any]]:
    return [
        {"person_id": number, "position": place, "key": names.key(*name), "folded": names.whole(*name), "given": name[1]}
        for place, name in enumerate(person.names)
    ]


def release(tx: Connection, number: int) -> None:
    """Let go of a person's identifiers and names, so that somebody else can have them."""
    tx.execute(delete(person_ids).where(person_ids.c.person_id == number))
    tx.execute(delete(person_names).where(person_names.c.person_id == number))


def claim(tx: Connection, kept: Kept) -> None:
    """Take a person's identifiers and names back. Raises Conflict where one is somebody else's now."""
    _claim(tx, kept.id, kept.person)


def get(tx: Connection, number: int) -> Kept:
    """Return a person; raises NotFound."""
    row = tx.execute(select(people).where(people.c.id == number)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such person.", code="person")
    return _kept(row)


def some(tx: Connection, numbers: Iterable[int]) -> dict[int, Kept]:
    """Return people by number."""
    rows = tx.execute(select(people).where(people.c.id.in_(list(numbers)))).mappings()
    return {row["id"]: _kept(row) for row in rows}


def of_account(tx: Connection, account_id: int) -> Kept | None:
    """Return the person an account belongs to, or None."""
    row = tx.execute(select(people).where(people.c.account_id == account_id)).mappings().one_or_none()
    return None if row is None else _kept(row)


def owner_of(tx: Connection, scheme: str, value: str) -> int | None:
    """Return whose an identifier is, or None."""
    return tx.execute(select(person_ids.c.person_id).where(person_ids.c.scheme == scheme, person_ids.c.value == value)).scalar()


def owners_of(tx: Connection, ids: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return whose the identifiers are that are somebody's."""
    wanted = set(ids)
    values = sorted({value for _, value in wanted})
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(values), _AT_ONCE):
        query = select(person_ids).where(person_ids.c.value.in_(values[start : start + _AT_ONCE]))
        found |= {(row.scheme, row.value): row.person_id for row in tx.execute(query)}
    return {one: number for one, number in found.items() if one in wanted}


def proved(tx: Connection, number: int) -> set[tuple[str, str]]:
    """Return those of a person's identifiers whose registry said so."""
    query = select(person_ids.c.scheme, person_ids.c.value).where(person_ids.c.person_id == number, person_ids.c.proved)
    return {(row.scheme, row.value) for row in tx.execute(query)}


def vouched(tx: Connection, scheme: str, values: Collection[str]) -> set[str]:
    """Return those of the identifiers whose registry said whose they are."""
    if not values:
        return set()
    query = select(person_ids.c.value).where(person_ids.c.scheme == scheme, person_ids.c.value.in_(values), person_ids.c.proved)
    return set(tx.execute(query).scalars())


def search(tx: Connection, wanted: Search, size: int) -> tuple[list[Kept], int]:
    """Return a page of people in the order of their names, and how many there are."""
    query = _narrowed(select(people), wanted)
    total = int(tx.execute(query.with_only_columns(func.count(people.c.id))).scalar_one())
    rows = tx.execute(query.order_by(people.c.sorted, people.c.id).limit(size).offset((wanted.page - 1) * size)).mappings()
    return [_kept(row) for row in rows], total


def _narrowed(query: Select[Any], wanted: Search) -> Select[Any]:
    query = query.where(people.c.merged_into.is_(None))
    query = query.where(people.c.active.is_(wanted.only != "inactive"))
    if wanted.only == "account":
        query = query.where(people.c.account_id.is_not(None))
    if wanted.only == "candidates":
        mine = and_(person_links.c.person_id == people.c.id, person_links.c.state == "candidate")
        query = query.where(exists().where(mine))
    for word in wanted.text.split():
        plain = names.folded(word)
        named = exists().where(person_names.c.person_id == people.c.id, person_names.c.folded.contains(plain, autoescape=True))
        known = exists().where(person_ids.c.person_id == people.c.id, person_ids.c.value.icontains(word, autoescape=True))
        ways = [known, people.c.email.icontains(word, autoescape=True), *([named] if plain else [])]
        query = query.where(or_(*ways))
    return query


def every(tx: Connection, after: int = 0, size: int = 500) -> list[Kept]:
    """Return people one after the other by number, those merged into others left out."""
    query = select(people).where(people.c.id > after, people.c.merged_into.is_(None)).order_by(people.c.id).limit(size)
    return [_kept(row) for row in tx.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class Owner:
    """An account that could be a person's; `alike` where it has the person's e-mail address."""

    id: int
    name: str
    alike: bool


def unlinked_accounts(tx: Connection, email: str) -> list[Owner]:
    """Return the active accounts that belong to no person; first the one with an e-mail address, where it is there."""
    taken = select(people.c.account_id).where(people.c.account_id.is_not(None))
    query = select(accounts.c.id, accounts.c.name, accounts.c.email).where(accounts.c.active, accounts.c.id.not_in(taken))
    found = [Owner(row.id, row.name, bool(email) and row.email == email) for row in tx.execute(query.order_by(accounts.c.name))]
    return sorted(found, key=lambda owner: not owner.alike)


def claimable(tx: Connection, account_id: int) -> Kept | None:
    """Return the person an account may say they are: nobody's yet, active, and the only one with the e-mail address it proved."""
    email = select(accounts.c.email).where(accounts.c.id == account_id, accounts.c.email_proved).scalar_subquery()
    query = select(people).where(people.c.email == email, people.c.email != "", people.c.active)
    rows = tx.execute(query.limit(2)).mappings().all()
    return _kept(rows[0]) if len(rows) == 1 and rows[0]["account_id"] is None else None


def _kept(row: RowMapping) -> Kept:
    return Kept(
        row["id"], decode(row["document"]), row["version"], row["active"], row["account_id"], row["merged_into"],
        row["created"], row["modified"],
    )  # fmt: skip
