"""The citation of a work as one line of text, made of what the record says."""

from server.items import spoken
from server.records.model import Agent, Record

_MANY = 6


def citation(record: Record) -> str:
    """Return the citation: the one the record came with, else one composed (authors, year, title, where it stands, publisher)."""
    if record.citation_text:
        return record.citation_text
    thesis = record.thesis
    who = names(record.creators)
    year = spoken.year(record.dates.issued or thesis.date_awarded or record.dates.created)
    head = f"{who} ({year})" if who and year else who or (f"({year})" if year else "")
    parts = (head, full_title(record), standing(record), thesis.degree_name, record.publisher.name or thesis.grantor)
    return " ".join(_closed(part) for part in parts if part)


def full_title(record: Record) -> str:
    return f"{record.title.value}: {record.subtitle}" if record.subtitle else record.title.value


def names(agents: tuple[Agent, ...]) -> str:
    """Join names as a list of references does; of more than six, the first and `et al.`."""
    labels = [spoken.name(agent) for agent in agents]
    if len(labels) > _MANY:
        return f"{labels[0]} et al."
    return " & ".join(filter(None, ["; ".join(labels[:-1]), *labels[-1:]]))


def standing(record: Record) -> str:
    """Say where a work stands: journal, volume, issue and pages, or the conference."""
    place = record.container
    number = (
        f"{place.volume}({place.issue})"
        if place.volume and place.issue
        else place.volume or (f"no. {place.issue}" if place.issue else "")
    )
    pages = "\N{EN DASH}".join(filter(None, (place.first_page, place.last_page))) or place.article_no
    where = ", ".join(filter(None, (place.title or place.series, number, pages)))
    conference = record.conference
    return where or ", ".join(filter(None, (conference.name, conference.place, spoken.date(conference.date))))


def _closed(text: str) -> str:
    return text if text.endswith((".", "?", "!", "。")) else f"{text}."
