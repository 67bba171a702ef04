"""Permissions another system collected, brought in from a file (CSV): every mistake is found, with its line; all or nothing."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound, SheafError
from server.orcid import links
from server.orcid.model import Consent, Grant
from server.orcid.settings import SCOPES, Orcid
from server.orcid.sweep import look, push
from server.people import schemes, store
from server.people.tables import people
from server.profiles.seal import Seal

#: The columns, and what stands in them; a file may have them in any order and leave out all but the first two.
COLUMNS = {
    "orcid": "The iD, such as 0000-0002-1825-0097.",
    "access_token": "The token.",
    "refresh_token": "May be in the file; it is not kept, as nothing here needs it.",
    "scope": "What it permits; empty means /read-limited /activities/update. Without /activities/update nothing can be written.",
    "expires": "Until when, as YYYY-MM-DD or with a time; empty means without end.",
    "name": "The name at ORCID.",
    "person": "The person's number here; empty finds them by the iD where it is known for sure, else by the e-mail address.",
    "email": "The e-mail address of the person here.",
}
NEEDED = ("orcid", "access_token")
MOST = 20_000
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line; no token stands in it."""

    line: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One permission as a line says it."""

    line: int
    grant: Grant
    person: int | None
    email: str


class Faulty(Conflict):
    """Something is wrong with the file, so nothing was brought in."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("Something is wrong with the file, so nothing was brought in.", remedy="Look at the lines named.")
        self.faults = sorted(faults, key=lambda fault: fault.line)


def read(text: str) -> list[Row]:
    """Read permissions. Raises Faulty with every line that is wrong, Invalid for what is no such file at all."""
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    rows, faults = list[Row](), list[Fault]()
    try:
        names = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
        _check_head(names)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                _take(reader.line_num, names, cells, rows, faults)
    except csv.Error as error:
        raise Invalid(f"Line {reader.line_num} cannot be read: {error}.", place="file", remedy="Save the file as CSV.") from error
    if len(rows) > MOST:
        raise Invalid(f"More than {MOST:,} lines at once are too many.", place="file", remedy="Part the file.")
    met = dict[str, int]()
    for row in rows:
        if met.setdefault(row.grant.orcid, row.line) != row.line:
            faults.append(Fault(row.line, "orcid", f"is the same iD as in line {met[row.grant.orcid]}"))
    if faults:
        raise Faulty(faults)
    return rows


def _check_head(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or not set(NEEDED) <= set(names) or len(names) != len(set(names)):
        said = f"unknown columns: {', '.join(unknown)[:200]}" if unknown else "each once, orcid and access_token among them"
        raise Invalid(
            f"The first line does not name the columns: {said}.", place="file", remedy=f"Columns: {', '.join(COLUMNS)}."
        )


def _take(line: int, names: list[str], cells: list[str], rows: list[Row], faults: list[Fault]) -> None:
    """Take a line in, or say what is wrong with it."""
    if len(cells) != len(names):
        faults.append(Fault(line, "", f"has {len(cells)} cells, and there are {len(names)} columns"))
        return
    said = dict.fromkeys(COLUMNS, "") | {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    found = list(_wrong(said))
    faults += (Fault(line, column, text) for column, text in found)
    if found:
        return
    expires = _moment(said["expires"]) if said["expires"] else None
    scope = " ".join(said["scope"].replace(",", " ").split()) or " ".join(SCOPES)
    orcid = schemes.bare("orcid", said["orcid"])
    grant = Grant(orcid, said["access_token"], scope, said["name"], expires)
    rows.append(Row(line, grant, int(said["person"]) if said["person"] else None, said["email"].lower()))


def _wrong(said: dict[str, str]) -> list[tuple[str, str]]:
    """Return the columns that are wrong, and why."""
    wrong = []
    try:
        schemes.bare("orcid", said["orcid"])
    except ValueError as error:
        wrong.append(("orcid", str(error).removeprefix("value: ")))
    token = said["access_token"]
    if not token or len(token) > _LONGEST or not token.isascii() or any(mark.isspace() for mark in token):
        wrong.append(("access_token", "is not a token"))
    if said["scope"] and SCOPES[1] not in said["scope"].replace(",", " ").split():
        wrong.append(("scope", "does not permit /activities/update"))
    if said["expires"] and _moment(said["expires"]) is None:
        wrong.append(("expires", "is not a day as YYYY-MM-DD"))
    if said["person"] and not (said["person"].isascii() and said["person"].isdecimal() and len(said["person"]) < 18):  # noqa: PLR2004
        wrong.append(("person", "is not the number of a person"))
    return wrong


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def bring(tx: Connection, settings: Orcid, seal: Seal, rows: list[Row], actor: Actor, now: datetime) -> int:
    """Keep permissions, and ask for the records to be made true; return how many are new.

    Whoever has a good permission keeps it. Raises Faulty, after which nothing must be kept of what was written.
    """
    faults, new = list[Fault](), 0
    for row in rows:
        try:
            person_id = _whose(tx, row)
            known = links.find(tx, person_id)
            if known is not None and known.state is Consent.VALID and known.server == settings.places.site:
                continue
            links.link(tx, settings, seal, person_id, row.grant, actor, now, links.IMPORT)
        except SheafError as error:
            faults.append(Fault(row.line, error.place, error.message))
            continue
        push(tx, person_id, now)
        look(tx, person_id, now)
        new += 1
    if faults:
        raise Faulty(faults)
    audit.note(tx, actor, "orcid.brought", "profile", "orcid", now, summary=f"{new} of {len(rows)}")
    return new


def _whose(tx: Connection, row: Row) -> int:
    """Return whose permission it is; that somebody only says the iD is theirs is not enough, for anybody can type it.

    Raises NotFound, and Conflict where an address is several people's.
    """
    if row.person is not None:
        return store.get(tx, row.person).id
    uri = f"https://orcid.org/{row.grant.orcid}"
    owner = store.owner_of(tx, "orcid", uri)
    if owner is not None and not store.only_claimed(tx, "orcid", uri):
        return owner
    query = select(people.c.id).where(people.c.email == row.email, people.c.email != "", people.c.merged_into.is_(None))
    found = list(tx.execute(query.limit(2)).scalars())
    if len(found) > 1:
        raise Conflict("several people have this e-mail address", place="email")
    if not found:
        raise NotFound("nobody here is known for sure by this iD or this e-mail address", place="orcid")
    return int(found[0])
