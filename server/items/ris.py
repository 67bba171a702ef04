"""The RIS entry of a work (crosswalk C.7), as reference managers read it. Pure."""

from collections.abc import Iterator

from server.items.csl import doi_of, issued, keywords, published_by
from server.items.kinds import KINDS
from server.metadata.work import Work
from server.records.vocabulary import TYPES


def ris(work: Work) -> str:
    """Return the entry: a line a value, the type first and the end last."""
    lines = "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in _lines(work) if value.strip())
    return f"TY  - {KINDS[work.record.type].ris}\r\n{lines}ER  - \r\n"


def _lines(work: Work) -> Iterator[tuple[str, str]]:
    record = work.record
    place, thesis = record.container, record.thesis
    for agent in record.creators:
        yield "AU", agent.label
    for agent in record.contributors:
        if agent.role == "Editor":
            yield "A2", agent.label
        elif agent.role == "Supervisor":
            yield "A3", agent.label
    yield "TI", f"{record.title.value}: {record.subtitle}" if record.subtitle else record.title.value
    yield "T2", place.title or record.conference.name
    yield "T3", place.series
    year, *rest = issued(record).rsplit("-", issued(record).lstrip("-").count("-"))
    yield "PY", year
    yield "DA", "/".join([year, *rest, *[""] * (3 - len(rest))]) if year else ""
    yield "VL", place.volume
    yield "IS", place.issue
    yield "SP", place.first_page or place.article_no
    yield "EP", place.last_page
    yield "ET", place.edition
    yield "SN", place.issn_online or place.issn_print or place.isbn
    publisher, city = published_by(record)
    yield "PB", publisher
    yield "CY", city
    yield "M3", thesis.degree_name or TYPES[record.type].label
    yield "DO", doi_of(work)
    yield "UR", work.landing_url
    for file, address in zip(record.files, work.file_urls, strict=True):
        if address and file.mime == "application/pdf":
            yield "L1", address
    for word in keywords(record):
        yield "KW", word
    for abstract in record.abstracts[:1]:
        yield "AB", abstract.value
    yield "LA", ", ".join(record.languages)
