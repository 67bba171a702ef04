"""A work as ORCID's schema work-3.0 has it: title, type, date, identifiers, contributors. Pure.

Nothing is said of who may see it: whoever owns the record decides that.
"""

import hashlib
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from lxml import etree

from server.metadata.addresses import bare, uri_of
from server.metadata.work import Work
from server.orcid.answers import BULK, WORK
from server.records.model import Agent, Contributor
from server.xml import kept

COMMON = "http://www.orcid.org/ns/common"
_SPACES = {"work": WORK, "common": COMMON, "bulk": BULK}

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_NAME = 1000, 5000, 150
MOST_PEOPLE = 50
"""As many as ORCID shows of a work."""
MOST_AT_ONCE = 100
_FIRST_YEAR, _LAST_YEAR = 1900, 2100

UNTITLED = "[Untitled]"
OTHER = "other"
#: Our types → ORCID's (orcid-model, WorkType.java); what is not here is `other`.
TYPES = {
    "conference.conferencePaper": "conference-paper",
    "conference.conferencePoster": "conference-poster",
    "conference.conferencePresentation": "lecture-speech",
    "conference.eventposter": "conference-poster",
    "conference.presentation": "lecture-speech",
    "creativeWork.choreography": "artistic-performance",
    "creativeWork.dance": "artistic-performance",
    "creativeWork.drama": "artistic-performance",
    "creativeWork.exhibitionCatalog": "book",
    "creativeWork.fiction": "book",
    "creativeWork.musicalPerformance": "artistic-performance",
    "creativeWork.newMedia": "online-resource",
    "creativeWork.nonFiction": "book",
    "creativeWork.sculpture": "physical-object",
    "creativeWork.theater": "artistic-performance",
    "dataset.dataset": "data-set",
    "etd.doctoral": "dissertation-thesis",
    "etd.graduate": "dissertation-thesis",
    "etd.undergraduate": "dissertation-thesis",
    "etdexternal.doctoral_external": "dissertation-thesis",
    "etdexternal.graduate_external": "dissertation-thesis",
    "etdexternal.undergraduate_external": "dissertation-thesis",
    "interactiveResource.blog": "online-resource",
    "interactiveResource.podcast": "online-resource",
    "interactiveResource.virtualRealityEnvironment": "online-resource",
    "interactiveResource.webinar": "lecture-speech",
    "interactiveResource.website": "website",
    "patent.patent": "patent",
    "postedContent.acceptedManuscript": "journal-article",
    "postedContent.preprint": "preprint",
    "postedContent.workingPaper": "working-paper",
    "publication.abstract": "conference-abstract",
    "publication.annotation": "annotation",
    "publication.book": "book",
    "publication.bookChapter": "book-chapter",
    "publication.bookReview": "book-review",
    "publication.conferenceProceeding": "edited-book",
    "publication.dictionaryEntry": "dictionary-entry",
    "publication.editedBook": "edited-book",
    "publication.editorial": "journal-article",
    "publication.encyclopediaEntry": "encyclopedia-entry",
    "publication.journalArticle": "journal-article",
    "publication.journalIssue": "journal-issue",
    "publication.letter": "journal-article",
    "publication.magazineArticle": "magazine-article",
    "publication.newsletterArticle": "newsletter-article",
    "publication.newspaperArticle": "newspaper-article",
    "publication.report": "report",
    "publication.technicalDocumentation": "report",
    "publication.translation": "translation",
    "software.code": "software",
    "software.workflow": "research-technique",
    "teaching.lecture": "lecture-speech",
    "teaching.manual": "manual",
    "teaching.textbook": "book",
}

#: Our schemes of what a work came with → ORCID's types of identifiers, and where an identifier of that kind is of the whole work.
_SCHEMES = {"handle": "handle", "urn": "urn", "pmid": "pmid", "pmcid": "pmc", "arxiv": "arxiv"}
#: In what a book's number is the work's own; elsewhere it is that of what it is part of.
_BOOKS = frozenset({"book", "edited-book", "report", "dissertation-thesis", "manual"})
#: The languages ORCID knows (LanguageCode.java; common-3.0.xsd lists them).
LANGUAGES = frozenset({
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bh", "bi", "bm", "bn", "bo",
    "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da", "de", "dv", "dz", "ee", "el", "en", "eo", "es",
    "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy", "ga", "gd", "gl", "gn", "gu", "gv", "ha", "hi", "ho", "hr", "ht",
    "hu", "hy", "hz", "ia", "ie", "ig", "ii", "ik", "in", "io", "is", "it", "iu", "iw", "ja", "ji", "jv", "ka", "kg", "ki",
    "kj", "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo", "lt", "lu",
    "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mo", "mr", "ms", "mt", "my", "na", "nb", "nd", "ne", "ng", "nl", "nn", "no",
    "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa",
    "sc", "sd", "se", "sg", "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg",
    "th", "ti", "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo", "wa", "wo",
    "xh", "yo", "za", "zu", "zh_CN", "zh_TW",
})  # fmt: skip
#: Our code → ORCID's, where that is another: the older ones, and Chinese by how it is written; of `zh` alone nothing is said.
_CODES = {
    "he": "iw", "id": "in", "yi": "ji", "zh-cn": "zh_CN", "zh-hans": "zh_CN", "zh-tw": "zh_TW", "zh-hant": "zh_TW",
}  # fmt: skip
#: What contributors do, in ORCID's words; the others are named without.
_ROLES = {"Editor": "editor", "Translator": "chair-or-translator"}


def document(work: Work, vouched: AbstractSet[str], put_code: int | None = None) -> bytes:
    """Write a work; `vouched` are the iDs of its people that ORCID itself told us."""
    return _written(element(work, vouched, put_code))


def digest(work: Work, vouched: AbstractSet[str]) -> str:
    """Return by what a work as it should be there is known."""
    return hashlib.sha256(document(work, vouched)).hexdigest()


def together(works: Iterable[etree._Element]) -> bytes:
    """Write many works in one document (bulk-3.0)."""
    root = etree.Element(f"{{{BULK}}}bulk", nsmap=_SPACES)
    root.extend(works)
    return _written(root)


def _written(root: etree._Element) -> bytes:
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return body


def element(work: Work, vouched: AbstractSet[str], put_code: int | None = None) -> etree._Element:
    """Build a work in the order of the schema."""
    record, kind = work.record, TYPES.get(work.record.type, OTHER)
    root = etree.Element(f"{{{WORK}}}work", nsmap=_SPACES)
    if put_code is not None:
        root.set("put-code", str(put_code))
    title = etree.SubElement(root, f"{{{WORK}}}title")
    _add(title, COMMON, "title", _line(record.title.value) or UNTITLED, LONGEST_TITLE)
    _add(title, COMMON, "subtitle", record.subtitle, LONGEST_TITLE)
    _add(root, WORK, "journal-title", record.container.title or record.conference.name, LONGEST_TITLE)
    if record.abstracts:
        _add(root, WORK, "short-description", record.abstracts[0].value, LONGEST_DESCRIPTION)
    _add(root, WORK, "type", kind)
    _date(root, record.dates.issued)
    ids = etree.SubElement(root, f"{{{COMMON}}}external-ids")
    for scheme, value, url, relation in dict.fromkeys(_identifiers(work, kind)):
        one = etree.SubElement(ids, f"{{{COMMON}}}external-id")
        _add(one, COMMON, "external-id-type", scheme)
        _add(one, COMMON, "external-id-value", value)
        _add(one, COMMON, "external-id-url", url)
        _add(one, COMMON, "external-id-relationship", relation)
    _add(root, COMMON, "url", work.landing_url)
    _people(root, work, vouched)
    language = record.languages[0].lower() if record.languages else ""
    if (code := _CODES.get(language, language)) in LANGUAGES:
        _add(root, COMMON, "language-code", code)
    return root


def _add(parent: etree._Element, space: str, name: str, text: str, longest: int = 2000) -> None:
    """Add an element with a text, shortened to what ORCID takes; none where there is nothing to say."""
    words = _line(text)
    if len(words) > longest:
        words = words[: longest - 1].rstrip() + "…"
    if words:
        etree.SubElement(parent, f"{{{space}}}{name}").text = words


def _line(text: str) -> str:
    return " ".join(kept(text).split())


def _date(root: etree._Element, issued: str) -> None:
    """Say when it was published, as far as ORCID's calendar goes: it begins in 1900."""
    parts = [] if issued.startswith("-") else issued.split("-")
    if not parts[:1] or not parts[0].isdecimal() or not _FIRST_YEAR <= int(parts[0]) <= _LAST_YEAR:
        return
    date = etree.SubElement(root, f"{{{COMMON}}}publication-date")
    for name, part in zip(("year", "month", "day"), parts, strict=False):
        _add(date, COMMON, name, part)


_Id = tuple[str, str, str, str]


def _identifiers(work: Work, kind: str) -> Iterator[_Id]:
    """Yield type, value, address and relation of identifiers: ours first, the work's page last, so that one is its own."""
    record, own = work.record, work.doi
    if own:
        yield "doi", own, uri_of("doi", own), "self"
    if work.handle:
        yield "handle", work.handle, uri_of("handle", work.handle), "self"
    for each in record.identifiers:
        value = _line(bare(each.scheme, each.value))
        if each.scheme == "doi" and value and value.lower() != own.lower():
            # The publisher's version beside ours; where we registered none, it is the work's own.
            yield "doi", value, uri_of("doi", value), "version-of" if own else "self"
        elif each.scheme == "isbn" and value:
            yield "isbn", value, "", "self" if kind in _BOOKS else "part-of"
        elif each.scheme in _SCHEMES and value:
            yield _SCHEMES[each.scheme], value, uri_of(each.scheme, value), "self"
    within = record.container
    for scheme, value in (("isbn", within.isbn), ("issn", within.issn_online), ("issn", within.issn_print)):
        if _line(value):
            yield scheme, _line(value), "", "part-of"
    yield "uri", work.landing_url, work.landing_url, "self"


def _people(root: etree._Element, work: Work, vouched: AbstractSet[str]) -> None:
    agents: list[Agent] = [*work.record.creators, *work.record.contributors][:MOST_PEOPLE]
    if not agents:
        return
    everybody = etree.SubElement(root, f"{{{WORK}}}contributors")
    for place, agent in enumerate(agents):
        one = etree.SubElement(everybody, f"{{{WORK}}}contributor")
        iri = agent.id_of("orcid")
        if iri in vouched:  # work-3.0.xsd: only where the iD was collected with its owner's consent
            orcid = etree.SubElement(one, f"{{{COMMON}}}contributor-orcid")
            _add(orcid, COMMON, "uri", iri)
            _add(orcid, COMMON, "path", iri.rpartition("/")[2])
        _add(one, WORK, "credit-name", _credited(agent), LONGEST_NAME)
        parts = etree.SubElement(one, f"{{{WORK}}}contributor-attributes")
        _add(parts, WORK, "contributor-sequence", "additional" if place else "first")
        role = _ROLES.get(agent.role, "") if isinstance(agent, Contributor) else "author"
        _add(parts, WORK, "contributor-role", role)


def _credited(agent: Agent) -> str:
    """Return a name as it stands under a title."""
    return f"{agent.given} {agent.family}".strip() if agent.family else agent.name
