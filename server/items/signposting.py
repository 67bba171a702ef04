"""FAIR Signposting, level 1: typed links that lead machines from the page to what it is about (profile of 2023-10-02). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from server.items.files import content_type
from server.items.page import ItemPage

LONGEST = 3500
"""Bytes of the Link header; longer ones break proxies."""

#: The kind of thing behind our category, in schema.org's words; single types that say it better come first.
_WORKS = {
    "publication.journalArticle": "ScholarlyArticle", "publication.book": "Book", "publication.editedBook": "Book",
    "publication.bookChapter": "Chapter",
    "publication.report": "Report", "publication.bookReview": "Review", "other.map": "Map", "creativeWork.film": "Movie",
    "creativeWork.painting": "Painting", "creativeWork.musicalComposition": "MusicComposition",
    "creativeWork.sculpture": "Sculpture",
    "conference": "ScholarlyArticle", "dataset": "Dataset", "etd": "Thesis", "etdexternal": "Thesis",
    "postedContent": "ScholarlyArticle",
    "software": "SoftwareSourceCode", "teaching": "LearningResource",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """One typed link (RFC 8288)."""

    href: str
    rel: str
    type: str = ""
    profile: str = ""

    def __str__(self) -> str:
        more = "".join(f'; {name}="{value}"' for name, value in (("type", self.type), ("profile", self.profile)) if value)
        return f'<{self.href}>; rel="{self.rel}"{more}'


def links(page: ItemPage, type_code: str, doi: str) -> list[Link]:
    """Return the links of a work's page, the most important first; `doi` is its own one once it leads here."""
    return [link for link in _links(page, type_code, doi) if link.href.isascii() and not {*link.href} & {*'<>" \r\n'}]


def header(found: Sequence[Link]) -> str:
    """Write as many links as a header may hold; the list is in order of importance, so only the last are lost."""
    kept: list[str] = []
    left = LONGEST
    for link in found:
        text = str(link)
        left -= len(text.encode()) + 2
        if left < 0:
            break
        kept.append(text)
    return ", ".join(kept)


def _links(page: ItemPage, type_code: str, doi: str) -> Iterator[Link]:
    if doi:  # only a name that resolves here; a publisher's DOI names the publisher's page
        yield Link(doi, "cite-as")
    yield Link("https://schema.org/AboutPage", "type")
    work = _WORKS.get(type_code) or _WORKS.get(type_code.partition(".")[0], "CreativeWork")
    yield Link(f"https://schema.org/{work}", "type")
    for form in page.formats:
        yield Link(form.href, "describedby", "text/xml", form.note)
    yield from _once(Link(licence.href, "license") for licence in page.licences if licence.href)
    yield from _once(Link(creator.orcid or creator.href, "author") for creator in page.creators if creator.orcid or creator.href)
    for file in page.files:
        if file.open:
            yield Link(file.address, "item", content_type(file.mime).partition(";")[0])


def _once(found: Iterable[Link]) -> Iterator[Link]:
    yield from dict.fromkeys(found)
