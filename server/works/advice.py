"""What the agency responsible for a work would say of it, and what it did say: in the words of the form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from server.forms.fault import Fault
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.identifiers.model import Agency, State
from server.identifiers.preflight.explained import explained
from server.identifiers.preflight.finding import Finding, Weight
from server.identifiers.preflight.responsible import Responsible, responsible
from server.metadata.work import Names, Work
from server.profiles import store as profiles
from server.publishing import Press
from server.records.model import Record
from server.records.store import Stored
from server.works.differences import spoken

_SAID = "%(agency)s refused the work for this: %(words)s"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to look at: where in the record (and in the form), what is wrong, and what to do."""

    path: str
    place: str
    text: str
    remedy: str = ""

    @property
    def id(self) -> str:
        """The id of the field in the form of the work."""
        return f"f-{self.path}"


@dataclass(frozen=True, slots=True)
class Advice:
    """What an agency minds of a work."""

    agency: str = ""
    """What it is called; empty where none is responsible."""
    findings: tuple[Finding, ...] = ()
    said: tuple[Line, ...] = ()
    """Why it refused the work when it was asked."""

    def of(self, weight: Weight) -> tuple[Line, ...]:
        return tuple(_line(each) for each in self.findings if each.weight is weight)

    @property
    def refused(self) -> tuple[Line, ...]:
        """What it refuses."""
        return self.of(Weight.REFUSED)

    @property
    def advised(self) -> tuple[Line, ...]:
        """What it takes, and is told otherwise."""
        return self.of(Weight.ADVISED)

    @property
    def faults(self) -> Mapping[str, Fault]:
        """The sentences, by the fields they are about; what the agency said of a field before what it would say."""
        refused = {line.path: Fault(_SAID, {"agency": self.agency, "words": line.text}) for line in self.said}
        return {each.path: each.fault for each in self.findings} | refused


def advice(tx: Connection, press: Press, stored: Stored, entries: Sequence[Entry]) -> Advice:
    """Return what the agency responsible for a work minds of it, and why it refused it."""
    return _advice(press.renderer.kept(stored, names=_own(entries)), _responsible(tx, press, entries), entries)


def advice_stored(tx: Connection, press: Press, stored: Stored) -> Advice:
    """Return what `advice` does, for who has only the work."""
    return advice(tx, press, stored, ledger.of_record(tx, stored.id))


def advice_unsaved(tx: Connection, press: Press, record: Record, stored: Stored | None, today: date) -> Advice:
    """Return what the agency responsible would mind of a work that is being written; `stored` is the work it changes."""
    entries = ledger.of_record(tx, stored.id) if stored is not None else []
    deposited = (stored.created.date() if stored is not None else today).isoformat()
    number = stored.id if stored is not None else ""
    work = press.renderer.work(number, record, names=_own(entries), deposited=deposited)
    return _advice(work, _responsible(tx, press, entries), ())


def _own(entries: Sequence[Entry]) -> Names:
    return Names(doi=next((entry.value for entry in entries if entry.own and entry.scheme == "doi"), ""))


def _responsible(tx: Connection, press: Press, entries: Sequence[Entry]) -> Responsible:
    return responsible(press.agencies, profiles.every(tx, enabled=True), entries)


def _advice(work: Work, agencies: Responsible, entries: Sequence[Entry]) -> Advice:
    agency, findings = agencies.minds(work)
    return Advice(agency.title, findings, tuple(_said(agency, entries))) if agency is not None else Advice()


def _line(finding: Finding) -> Line:
    return Line(finding.path, place_of(finding.path), finding.fault.text, finding.remedy)


def _said(agency: Agency, entries: Sequence[Entry]) -> Iterator[Line]:
    for entry in entries:
        if entry.own and entry.scheme == agency.scheme.name and entry.state is State.REJECTED:
            for reason in explained(agency.name, entry.message or ""):
                yield Line(reason.path, place_of(reason.path), reason.words, reason.remedy)


def place_of(path: str) -> str:
    """Say the way to a field as the form does, where rows are counted from one."""
    steps = (str(int(step) + 1) if step.isdecimal() else step for step in path.split("."))
    return spoken(".".join(steps)) if path else ""
