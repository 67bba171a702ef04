"""People as a spreadsheet: written so that no program runs what is in it, read so that every mistake is found at once. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from server.errors import Invalid
from server.people.model import Person, PersonId, Post, Spelling
from server.people.schemes import SCHEMES
from server.spreadsheet import bare, lines
from server.xml import clean

#: The columns, and what stands in them; a file may have them in any order and leave any out.
COLUMNS: dict[str, str] = {
    "number": "The person's number here. Empty for somebody new.",
    "family": "Family name, or the only name.",
    "given": "Given names.",
    "other_names": "Other names as Family, Given; several are parted by a semicolon.",
    **{scheme: f"{kind.title}, such as {kind.example}." for scheme, kind in SCHEMES.items()},
    "affiliations": (
        "Institution | ROR id | position | from | to; only the first is needed, several affiliations are parted by a semicolon."
    ),
    "email": "Never shown to the public.",
    "note": "For those who keep the people.",
}

_LIST, _FIELD = re.compile(r"(?<!\\);"), re.compile(r"(?<!\\)\|")
LONGEST_CELL = 20_000
MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line."""

    line: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person as a line says it. What its cells leave empty is not said."""

    line: int
    number: int | None
    person: Person
    said: frozenset[str]
    """The fields of the person the line says something of."""

    def onto(self, before: Person) -> Person:
        """Return a person as they are after this line: what it says takes the place of what was; identifiers kind by kind."""
        changes = {name: getattr(self.person, name) for name in self.said}
        if "ids" in changes:
            mine = {one.scheme for one in self.person.ids}
            changes["ids"] = (*(one for one in before.ids if one.scheme not in mine), *self.person.ids)
        return msgspec.structs.replace(before, **changes)


@dataclass(frozen=True, slots=True)
class Read:
    """A file as it was understood."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


def write(people: Iterable[tuple[int, Person]]) -> str:
    """Write people as CSV, with the columns' names above."""
    rows = (_cells(number, person) for number, person in people)
    return lines([tuple(COLUMNS), *([cells[name] for name in COLUMNS] for cells in rows)])


def _cells(number: int, person: Person) -> dict[str, str]:
    posts = ((post.name, post.ror, post.position, post.since, post.until) for post in person.affiliations)
    ids = {scheme: "; ".join(one.value for one in person.ids if one.scheme == scheme) for scheme in SCHEMES}
    return ids | {
        "number": str(number),
        "family": person.family,
        "given": person.given,
        "other_names": "; ".join(_escaped(f"{one.family}, {one.given}".rstrip(", ")) for one in person.spellings),
        "affiliations": "; ".join(" | ".join(map(_escaped, post)).rstrip("| ") for post in posts),
        "email": person.email,
        "note": person.note,
    }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace("|", "\\|")


def _parts(text: str, parting: re.Pattern[str]) -> list[str]:
    return [re.sub(r"\\([\\;|])", r"\1", part).strip() if parting is _FIELD else part.strip() for part in parting.split(text)]


def read(text: str) -> Read:
    """Read people from CSV; every mistake is found, with its line. Raises Invalid for what is no such file at all."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Invalid("There is nothing in the file.", place="file")
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        names = [name.strip().lower().replace(" ", "_") for name in next(reader)]
        _check_head(names)
        return _rows(reader, names)
    except csv.Error as error:
        raise Invalid(
            f"Line {reader.line_num} cannot be read: {error}.", place="file", remedy="Save the file as CSV in UTF-8."
        ) from error


def _check_head(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "family" not in names or len(names) != len(set(names)):
        said = (
            f"unknown: {', '.join(unknown)[:200]}"
            if unknown
            else "family is missing"
            if "family" not in names
            else "one is there twice"
        )
        raise Invalid(
            f"The first line does not name the columns as they are called here ({said}).",
            place="file",
            remedy=f"The columns are: {', '.join(COLUMNS)}. Only family is needed.",
        )


def _rows(reader: "csv._reader", names: list[str]) -> Read:  # type: ignore[name-defined]  # typeshed has it
    rows: list[Row] = []
    faults: list[Fault] = []
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            faults.append(Fault(line, "", f"has {len(cells)} cells where the first line has {len(names)}"))
            continue
        if len(rows) + len(faults) >= MOST_ROWS:
            faults.append(Fault(line, "", f"is too much: at most {MOST_ROWS:,} people at once"))
            break
        said = {name: bare(clean(cell)).strip() for name, cell in zip(names, cells, strict=True)}
        row, wrong = _row(line, said)
        faults += wrong
        if row is not None:
            rows.append(row)
    return Read(tuple(rows), (*faults, *_twice(rows)))


def _twice(rows: list[Row]) -> list[Fault]:
    """Find what two lines say of one identifier or number."""
    seen: dict[object, int] = {}
    faults = []
    for row in rows:
        for column, key in [*((one.scheme, one) for one in row.person.ids), *([("number", row.number)] if row.number else [])]:
            if key in seen:
                faults.append(Fault(row.line, column, f"is that of line {seen[key]} too"))
            seen.setdefault(key, row.line)
    return faults


def _row(line: int, said: Mapping[str, str]) -> tuple[Row | None, list[Fault]]:
    faults: list[Fault] = []
    number = said.get("number", "")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 18):  # noqa: PLR2004 -- what the column holds
        faults.append(Fault(line, "number", "is not the number of a person"))
        number = ""
    faults += [Fault(line, name, "is too long") for name, cell in said.items() if len(cell) > LONGEST_CELL]
    parts: dict[str, object] = {name: said[name] for name in ("family", "given", "email", "note") if said.get(name)}
    if not said.get("family"):
        faults.append(Fault(line, "family", "is needed"))
    parts["spellings"] = tuple(_made(line, "other_names", said, _LIST, _spelling, faults))
    parts["affiliations"] = tuple(_made(line, "affiliations", said, _LIST, _post, faults))
    ids: list[PersonId] = []
    for scheme in SCHEMES:
        for value in filter(None, _parts(said.get(scheme, ""), _LIST)):
            try:
                ids.append(PersonId(scheme=scheme, value=value))
            except ValueError as error:
                faults.append(Fault(line, scheme, _words(error)))
    parts["ids"] = tuple(ids)
    if faults:
        return None, faults
    try:
        person = msgspec.convert(parts, Person)
    except ValueError as error:
        return None, [Fault(line, *_named(error))]
    return Row(line, int(number) if number else None, person, frozenset(name for name, value in parts.items() if value)), []


def _made(
    line: int, column: str, said: Mapping[str, str], parting: re.Pattern[str], make: object, faults: list[Fault]
) -> list[object]:
    found = []
    for part in filter(None, _parts(said.get(column, ""), parting)):
        try:
            found.append(make(part))  # type: ignore[operator]  # a function of a text
        except ValueError as error:
            faults.append(Fault(line, column, _words(error)))
    return found


def _spelling(text: str) -> Spelling:
    family, _, given = _parts(text, _FIELD)[0].partition(",")
    return msgspec.convert({"family": family.strip(), "given": given.strip()}, Spelling)


def _post(text: str) -> Post:
    names = ("name", "ror", "position", "since", "until")
    parts = _parts(text, _FIELD)
    if len(parts) > len(names):
        raise ValueError("has more parts than institution | ROR id | position | from | to")
    return msgspec.convert(dict(zip(names, parts, strict=False)), Post)


def _words(error: ValueError) -> str:
    return str(error).partition(" - at `")[0].removeprefix("value: ")


def _named(error: ValueError) -> tuple[str, str]:
    """Return the column a rule of a person speaks of, and what it says."""
    words = _words(error)
    name, colon, rest = words.partition(": ")
    return (name, rest) if colon and name in {*COLUMNS, "ids"} else ("", words)
