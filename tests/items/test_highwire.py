"""The tags for scholarly search engines, judged by the rules Google Scholar publishes for them."""

import re
from collections import Counter

import pytest

from server.items.highwire import tags
from server.records.vocabulary import TYPES
from tests.items.kinds import NUMBER, of_type, work
from tests.items.works import RICH

_DATE = re.compile(r"\d{4}(/\d\d?(/\d\d?)?)?")
#: May stand several times; everything else stands once.
_MANY = {"citation_author", "citation_author_institution", "citation_author_orcid", "citation_issn"}


def judged(found: list[tuple[str, str]], page: str) -> list[str]:
    """Return what the rules have against the tags of a page.

    A title, an author at least and a date are needed; authors one a tag, in the order of the work, whoever they belong to before
    what is theirs; dates with slashes; a journal or a conference with volume and pages; a PDF on the site of the page, below its
    folder; a thesis names its institution.
    """
    faults = []
    names = Counter(name for name, _ in found)
    value = dict(found)
    faults += [
        f"{needed} is missing"
        for needed in ("citation_title", "citation_author", "citation_publication_date")
        if not names[needed]
    ]
    faults += [f"{name} stands {count} times" for name, count in names.items() if count > 1 and name not in _MANY]
    faults += [f"{name} is empty" for name, content in found if not content.strip()]
    faults += [
        f"{name} is no date: {value[name]}" for name in value if name.endswith("_date") and not _DATE.fullmatch(value[name])
    ]
    before = ""
    for name, content in found:
        if name.startswith("citation_author_") and not before.startswith("citation_author"):
            faults.append(f"{name} {content} belongs to nobody")
        if name == "citation_author" and ";" in content:
            faults.append(f"{content} are several authors")
        before = name
    if (pdf := value.get("citation_pdf_url", "")) and not pdf.startswith(f"{page}/"):
        faults.append("the PDF stands elsewhere")
    if "citation_lastpage" in value and "citation_firstpage" not in value:
        faults.append("pages end and do not begin")
    if (
        "citation_journal_title" in value
        and "citation_conference_title" in value
        and "citation_dissertation_institution" in value
    ):
        faults.append("it stands in everything")
    return faults


@pytest.mark.parametrize("code", TYPES)
def test_every_kind_of_work_keeps_the_rules(code: str) -> None:
    found = list(tags(work(of_type(code))))
    assert judged(found, work().landing_url) == []
    value = dict(found)
    assert value["citation_pdf_url"].endswith(f"/items/{NUMBER}/files/notes.pdf"), "the primary one, and never a closed one"
    assert ("citation_dissertation_institution" in value) == code.startswith("etd")
    assert ("citation_journal_title" in value) != (
        code.startswith(("conference", "etd")) or TYPES[code].datacite == "BookChapter"
    )


def test_the_judge_finds_what_is_wrong() -> None:
    wrong = [
        ("citation_author_orcid", "x"),
        ("citation_author", "A; B"),
        ("citation_publication_date", "1843-09"),
        ("citation_pdf_url", "https://elsewhere/x.pdf"),
    ]
    assert len(judged(wrong, "https://here")) == 5


def test_a_date_before_our_era_is_none() -> None:
    from msgspec.structs import replace

    from server.records.model import Dates

    found = dict(tags(work(replace(RICH, dates=Dates(issued="-0299")))))
    assert "citation_publication_date" not in found
