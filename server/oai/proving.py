"""The proof of a list: its parts are looked at one after the other as a harvester gets them, and at the end stands what holds.

What is proved of every list stands in PROOFS; what aggregators ask of single records is added to it.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from lxml import etree
from msgspec import Struct

from server.errors import Invalid, SheafError
from server.metadata.ruling import Facts, Rules, Weight
from server.schemas import Schemas
from server.xml import parse, text_of

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_METADATA = re.compile(rb"<metadata>(.*?)</metadata>(?=\s*<(?:about|/record))", re.DOTALL)
_END = "/OAI-PMH/ListRecords/resumptionToken"
_SOUND_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")

#: What is proved of every list, by name: in the order of the report.
PROOFS = {
    "answer": "Every answer is a well-formed part of the list",
    "schema": "Every answer is valid by the official XML schemas",
    "count": "There are as many records as completeListSize says",
    "cursor": "Every part says the same completeListSize, and where it stands",
    "token": "Tokens need no escaping in an address, and end where the list ends",
    "unique": "No identifier comes twice",
    "identifier": "Every identifier is one of this repository's",
    "order": "Datestamps never fall",
    "dates": "Datestamps lie between earliestDatestamp and the moment the list was begun",
    "sets": "Records name only sets that ListSets names, and the set that was asked for",
    "metadata": "Every record has metadata in its format's namespace that stand alone when cut out; a deleted one has none",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The list that is proved, and what must hold in it."""

    prefix: str
    namespace: str
    spec: str
    sets: frozenset[str]
    """What ListSets names."""
    earliest: str
    """earliestDatestamp of Identify."""
    identifiers: str
    """What every identifier begins with."""
    first: int = 0
    """So many of its records are looked at, though a part brings more; 0 is all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: with a record, or with the list where `identifier` is empty."""

    identifier: str
    rule: str
    place: str
    message: str
    weight: Weight = Weight.ERROR


class Verdict(Struct, frozen=True):
    """What became of one proof: how much was found against it, or why it could not be made."""

    name: str
    title: str
    errors: int = 0
    advice: int = 0
    unproved: str = ""

    @property
    def holds(self) -> bool:
        return not self.errors and not self.unproved


class Proof:
    """A proof under way; `take` is given the answers in their order."""

    def __init__(self, wanted: Wanted, rules: Sequence[Rules], facts: Facts, schemas: Schemas | None, unschooled: str) -> None:
        self._wanted = wanted
        self._rules = rules
        self._facts = facts
        self._schemas = schemas
        self._seen = _Seen()
        self._counts: Counter[tuple[str, Weight]] = Counter()
        self._unproved = {} if schemas else {"schema": unschooled}
        self._newest = self._edge = self._token = ""
        self.delivered = 0
        self.size: int | None = None

    def take(self, answer: bytes) -> tuple[str, list[Finding]]:
        """Look at one answer; return the token that goes on behind it, empty at the end, and what is wrong."""
        found: list[Finding] = []
        token = ""
        try:
            root = parse(answer)
        except SheafError as error:
            found.append(Finding("", "answer", error.place, error.message))
        else:
            listed = next(iter(root.iter(f"{_OAI}ListRecords")), None)
            if listed is None:
                errors = [(each.get("code"), text_of(each)) for each in root.iter(f"{_OAI}error")]
                if self.size is None and [code for code, _ in errors] == ["noRecordsMatch"]:
                    self.size = 0  # so an empty list is answered (OAI-PMH 4.3)
                else:
                    said = "; ".join(f"{code}: {message}" for code, message in errors)
                    found.append(Finding("", "answer", "", said or "It is no list."))
            else:
                token = text_of(listed.find(f"{_OAI}resumptionToken"))
                found += self._listed(root, listed, answer, token)
                if token and self._goes_round(token):
                    found.append(Finding("", "token", _END, "The tokens never come to an end."))
                    token = ""
        self._counts.update((each.rule, each.weight) for each in found)
        return token, found

    def _goes_round(self, token: str) -> bool:
        """Whether a list brings nothing new any more: its token is the one it was asked with, or far too much has come."""
        same, self._token = token == self._token, token
        return same or self.delivered > 2 * (self.size or 0)

    def conclude(self, *, whole: bool) -> tuple[list[Verdict], list[Finding]]:
        """Return what was proved and what only the end could show; `whole` says whether the list was walked to its end."""
        found = []
        if not whole:
            self._unproved["count"] = "Only the first records were asked for."
        elif self.delivered != self.size:
            message = (
                f"completeListSize says {self.size:,}, and {self.delivered:,} records came."
                if self.size is not None
                else ("No part said how many records there are.")
            )
            found.append(Finding("", "count", _END, message))
        self._counts.update((each.rule, each.weight) for each in found)
        return [self._verdict(name, title) for name, title in self._titles().items()], found

    def _titles(self) -> dict[str, str]:
        return PROOFS | {f"{rules.name}": rules.title for rules in self._rules}

    def _verdict(self, name: str, title: str) -> Verdict:
        mine = {
            weight: sum(n for (rule, w), n in self._counts.items() if w is weight and _under(rule, name)) for weight in Weight
        }
        return Verdict(name, title, mine[Weight.ERROR], mine[Weight.ADVICE], self._unproved.get(name, ""))

    def _listed(self, root: etree._Element, listed: etree._Element, answer: bytes, token: str) -> Iterator[Finding]:
        date = text_of(root.find(f"{_OAI}responseDate"))
        self._edge = self._edge or date
        every = listed.findall(f"{_OAI}record")
        yield from self._part(listed.find(f"{_OAI}resumptionToken"), len(every), token)
        records = every[: self._wanted.first - self.delivered] if self._wanted.first else every
        yield from self._valid(root, every, len(records))
        cut = iter(_METADATA.findall(answer))
        if not self.delivered:
            yield from self._surveyed()
        for record in records:
            yield from self._record(record, cut)
        self.delivered += len(records)

    def _surveyed(self) -> Iterator[Finding]:
        """Yield what the rules say of the repository itself, which no record can mend."""
        for rules in self._rules:
            for fault in rules.survey(self._facts):
                yield Finding("", f"{rules.name}: {fault.rule}", fault.place, fault.message, fault.weight)

    def _part(self, element: etree._Element | None, records: int, token: str) -> Iterator[Finding]:
        place = _END
        if element is None:
            if self.delivered:
                yield Finding("", "token", place, "The last part of a list has no empty resumptionToken (OAI-PMH 3.5).")
            size, cursor = self.delivered + records, self.delivered
        else:
            size, cursor = _number(element, "completeListSize"), _number(element, "cursor")
            if not token and not self.delivered:
                yield Finding("", "token", place, "A list of one part has a resumptionToken.", Weight.ADVICE)
        if token and not _SOUND_TOKEN.fullmatch(token):
            yield Finding("", "token", place, f"The token must be escaped in an address: {token[:80]}", Weight.ADVICE)
        self.size = size if self.size is None else self.size
        if size != self.size:
            yield Finding("", "cursor", place, f"completeListSize was {self.size:,} and is {size:,} now.")
        if cursor != self.delivered:
            yield Finding("", "cursor", place, f"cursor is {cursor:,}, and {self.delivered:,} records came before.")

    def _valid(self, root: etree._Element, every: Sequence[etree._Element], wanted: int) -> Iterator[Finding]:
        """Judge a part by the schemas; of its records only the first so many."""
        if self._schemas is None:
            return
        if missing := self._schemas.missing(root):
            self._unproved["schema"] = f"There is no copy of {', '.join(missing)} in the catalog of SHEAF_SCHEMAS."
            return
        try:
            for number, place, message in self._schemas.faults(root):
                at = every[number] if 0 <= number < len(every) else None
                if at is not None and number >= wanted:
                    continue
                yield Finding("" if at is None else _identifier(at), "schema", place, message)
        except Invalid as error:
            self._unproved["schema"] = error.message

    def _record(self, record: etree._Element, cut: Iterator[bytes]) -> Iterator[Finding]:
        header = record.find(f"{_OAI}header")
        if header is None:
            yield Finding("", "answer", "/OAI-PMH/ListRecords/record", "A record has no header.")
            return
        identifier, deleted = _identifier(record), header.get("status") == "deleted"
        for rule, place, message in (
            *self._headed(header, identifier, deleted=deleted),
            *self._body(record, cut, deleted=deleted),
        ):
            yield Finding(identifier, rule, place, message)
        if deleted:
            return
        for rules in self._rules:
            for fault in rules.check(record, self._facts):
                yield Finding(identifier, f"{rules.name}: {fault.rule}", fault.place, fault.message, fault.weight)

    def _headed(self, header: etree._Element, identifier: str, *, deleted: bool) -> Iterator[tuple[str, str, str]]:
        stamp = text_of(header.find(f"{_OAI}datestamp"))
        specs = {text_of(each) for each in header.findall(f"{_OAI}setSpec")}
        if not self._seen.add(identifier):
            yield "unique", "header/identifier", "This identifier came before in the same list."
        if not identifier.startswith(self._wanted.identifiers):
            yield "identifier", "header/identifier", f"It does not begin with {self._wanted.identifiers}."
        if stamp < self._newest:
            yield "order", "header/datestamp", f"{stamp} comes behind {self._newest}."
        if not self._wanted.earliest <= stamp <= self._edge:
            yield "dates", "header/datestamp", f"{stamp} is not between {self._wanted.earliest} and {self._edge}."
        self._newest = max(self._newest, stamp)
        for spec in sorted(specs - self._wanted.sets):
            yield "sets", "header/setSpec", f"ListSets names no set {spec}."
        spec = self._wanted.spec
        if spec and not deleted and not any(each == spec or each.startswith(f"{spec}:") for each in specs):
            yield "sets", "header/setSpec", f"It is given in the set {spec}, and its header does not say so."

    def _body(self, record: etree._Element, cut: Iterator[bytes], *, deleted: bool) -> Iterator[tuple[str, str, str]]:
        metadata = record.find(f"{_OAI}metadata")
        if deleted or metadata is None:
            if deleted is (metadata is not None):
                yield "metadata", "metadata", "A deleted record has metadata." if deleted else "There are no metadata."
            return
        roots = list(metadata.iterchildren(etree.Element))
        space = etree.QName(roots[0]).namespace if roots else None
        if len(roots) != 1 or space != self._wanted.namespace:
            yield "metadata", "metadata", f"It holds {len(roots)} documents, the first in the namespace {space or 'of nothing'}."
        try:
            parse(next(cut, b""))
        except SheafError as error:
            yield "metadata", "metadata", f"Cut out of the answer it is no document any more: {error.message}"


def _under(rule: str, name: str) -> bool:
    return rule == name or rule.startswith(f"{name}: ")


def _identifier(record: etree._Element) -> str:
    return text_of(record.find(f"{_OAI}header/{_OAI}identifier"))


def _number(element: etree._Element, name: str) -> int:
    text = element.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else -1


class _Seen:
    """Texts that were seen, remembered by 64 bits each in a table of whole numbers: a million take 32 MB at most."""

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * 1024))
        self._count = 0

    def add(self, text: str) -> bool:
        """Remember a text; return whether it is new."""
        if 2 * self._count >= len(self._table):
            self._grow()
        mark = int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1
        place = self._place(mark)
        is_new = not self._table[place]
        self._table[place] = mark
        self._count += is_new
        return is_new

    def _place(self, mark: int) -> int:
        table = self._table
        place = mark % len(table)
        while table[place] not in (0, mark):
            place = (place + 1) % len(table)
        return place

    def _grow(self) -> None:
        old, self._table = self._table, array("Q", bytes(16 * len(self._table)))
        for mark in old:
            if mark:
                self._table[self._place(mark)] = mark
