"""In which order a form asks for the fields of a work: what nearly every work has first, the rest by subject. A table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together; `folded` where most works leave them empty."""

    id: str
    title: str
    fields: tuple[str, ...]
    folded: bool = True


SECTIONS = (
    Section(
        "main", "The work", ("type", "title", "subtitle", "creators", "dates.issued", "languages", "abstracts"), folded=False
    ),
    Section("access", "Access and licence", ("access", "dates.embargo_until", "licences", "rights_statement"), folded=False),
    Section("files", "Files", (), folded=False),
    Section("identifiers", "Identifiers", ("identifiers",), folded=False),
    Section("appeared", "Where it appeared", ("publisher", "container", "conference", "version", "peer_reviewed")),
    Section("thesis", "Thesis", ("thesis",)),
    Section("people", "Contributors and funding", ("contributors", "funding")),
    Section("subjects", "Subjects, places, periods", ("subjects", "geo", "temporal")),
    Section(
        "dates",
        "Further dates",
        ("dates.created", "dates.submitted", "dates.accepted", "dates.available", "dates.updated"),
    ),
    Section("related", "Related works", ("related",)),
    Section("more", "Further titles and notes", ("alt_titles", "toc", "citation_text", "source_note")),
)
