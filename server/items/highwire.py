"""A work as scholarly search engines read it in the head of its page: Highwire Press tags (crosswalk C.8). Pure."""

from collections.abc import Iterator

from server.items.csl import doi_of, issued, keywords
from server.metadata.addresses import link
from server.metadata.work import Work
from server.records.vocabulary import TYPES

_LONGEST = 300
"""Keywords in one tag."""


def tags(work: Work) -> Iterator[tuple[str, str]]:
    """Yield name and content of each tag, an author's own right behind the author; nothing is said twice."""
    record = work.record
    place, thesis = record.container, record.thesis
    kind = record.type.partition(".")[0]
    is_thesis, is_report = kind.startswith("etd"), TYPES[record.type].datacite == "Report"
    yield "citation_title", f"{record.title.value}: {record.subtitle}" if record.subtitle else record.title.value
    for agent in record.creators:
        yield "citation_author", agent.label
        for home in agent.affiliations:
            yield "citation_author_institution", home.name
        if orcid := agent.id_of("orcid"):
            yield "citation_author_orcid", link("orcid", orcid)
    journal = "" if kind == "conference" or is_thesis or _is_book_part(record.type) else place.title
    pairs = (
        ("citation_publication_date", _slashed(issued(record) or work.deposited)),
        ("citation_online_date", _slashed(work.deposited)),
        ("citation_journal_title", journal),
        (
            "citation_conference_title",
            "" if journal or is_thesis else record.conference.name or (place.title if kind == "conference" else ""),
        ),
        ("citation_inbook_title", place.title if _is_book_part(record.type) else ""),
        *(("citation_issn", issn) for issn in dict.fromkeys((place.issn_online, place.issn_print))),
        ("citation_isbn", place.isbn),
        ("citation_volume", place.volume),
        ("citation_issue", place.issue),
        ("citation_firstpage", place.first_page or place.article_no),
        ("citation_lastpage", place.last_page),
        ("citation_publisher", record.publisher.name),
        ("citation_dissertation_institution", (thesis.grantor or record.publisher.name) if is_thesis else ""),
        ("citation_dissertation_name", thesis.degree_name if is_thesis else ""),
        ("citation_technical_report_institution", record.publisher.name if is_report else ""),
        ("citation_technical_report_number", (place.issue or place.volume) if is_report else ""),
        ("citation_doi", doi_of(work)),
        ("citation_language", next(iter(record.languages), "")),
        ("citation_keywords", "; ".join(keywords(record))[:_LONGEST]),
        ("citation_abstract_html_url", work.landing_url),
        ("citation_pdf_url", _pdf(work)),
    )
    yield from ((name, value) for name, value in pairs if value)


def _is_book_part(code: str) -> bool:
    return TYPES[code].datacite == "BookChapter"


def _slashed(date: str) -> str:
    """Write a date as the tags have it; a year before our era is none they know."""
    return "" if date.startswith("-") else date.replace("-", "/")


def _pdf(work: Work) -> str:
    """Return the address of the PDF everybody may read, the primary one first; they take one."""
    files = zip(work.record.files, work.file_urls, strict=True)
    open_ones = [(not file.primary, address) for file, address in files if address and file.mime == "application/pdf"]
    return min(open_ones, key=lambda each: each[0])[1] if open_ones else ""
