"""The facts the page of a work lists: where it was published, when, by whom, in which language. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from server.items import spoken
from server.items.citation import standing
from server.language import gettext as _
from server.metadata.addresses import uri
from server.records.model import Funding, Record
from server.records.vocabulary import VERSIONS


@dataclass(frozen=True, slots=True)
class Named:
    """Words, perhaps in a language, perhaps with an address."""

    text: str
    href: str = ""
    lang: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the table of facts."""

    label: str
    values: tuple[Named, ...]


def _texts(*values: str) -> tuple[Named, ...]:
    return tuple(Named(value) for value in values if value)


def facts(record: Record) -> Iterator[Fact]:
    dates, thesis, place, conference = record.dates, record.thesis, record.container, record.conference
    yield Fact(_("Published in"), _texts(standing(record)))
    yield Fact(_("Edition"), _texts(place.edition))
    yield Fact(_("ISSN"), _texts(*dict.fromkeys((place.issn_online, place.issn_print))))
    yield Fact(_("ISBN"), _texts(place.isbn))
    yield Fact(
        _("Conference"), _texts(", ".join(filter(None, (conference.name, conference.place, spoken.date(conference.date)))))
    )
    yield Fact(_("Publisher"), _texts(", ".join(filter(None, (record.publisher.name, record.publisher.place)))))
    yield Fact(_("Degree"), _texts(", ".join(filter(None, (thesis.degree_name, thesis.discipline)))))
    yield Fact(_("Awarded by"), _texts(", ".join(filter(None, (thesis.grantor, thesis.department, thesis.grantor_place)))))
    yield Fact(_("Published"), _texts(spoken.date(dates.issued)))
    yield Fact(_("Awarded"), _texts(spoken.date(thesis.date_awarded)))
    yield Fact(_("Created"), _texts(spoken.date(dates.created)))
    yield Fact(_("Submitted"), _texts(spoken.date(dates.submitted)))
    yield Fact(_("Accepted"), _texts(spoken.date(dates.accepted)))
    yield Fact(_("Available"), _texts(spoken.date(dates.available)))
    yield Fact(_("Updated"), _texts(spoken.date(dates.updated)))
    yield Fact(_("Version"), _texts(VERSIONS[record.version].label if record.version and record.version != "NA" else ""))
    yield Fact(_("Peer review"), _texts(_peers(reviewed=record.peer_reviewed)))
    yield Fact(_("Language"), _texts(*(spoken.language(tag) for tag in record.languages)))
    yield Fact(_("Places"), _texts(*(p.name or f"{p.latitude}, {p.longitude}" for p in record.geo)))
    yield Fact(_("Period"), _texts(*record.temporal))
    yield Fact(_("Source"), _texts(record.source_note))


def _peers(*, reviewed: bool | None) -> str:
    return "" if reviewed is None else _("Peer-reviewed") if reviewed else _("Not peer-reviewed")


def funding(record: Record) -> tuple[Named, ...]:
    """Say who paid, each with the address of the grant or else of the funder."""
    return tuple(_fund(fund) for fund in record.funding)


def _fund(fund: Funding) -> Named:
    award = " ".join(filter(None, (fund.award_no, fund.acronym and f"({fund.acronym})", fund.award_title)))
    words = ": ".join(filter(None, (fund.funder_name or fund.stream, award)))
    funder = uri(fund.funder_id) if fund.funder_id.startswith(("https://", "http://")) else ""
    return Named(words or _("Funded"), (uri(fund.award_uri) if fund.award_uri.startswith("http") else "") or funder)
