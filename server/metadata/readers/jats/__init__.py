"""Reads JATS 1.x and the NLM tag sets before it: the front of an <article>, with or without a namespace or DOCTYPE."""

from collections.abc import Callable

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, lang_of, local, namespace, only_child, text_at
from server.metadata.identifying import identify
from server.metadata.readers.jats.grants import take_contracts, take_funding, take_licence, take_permissions, take_statement
from server.metadata.readers.jats.people import take_people
from server.metadata.readers.jats.prose import paragraphs, prose
from server.metadata.readers.jats.subjects import take_categories, take_keywords
from server.metadata.readers.jats.times import take_dates
from server.metadata.reading import Reader, Reading
from server.records.model import Related, Text, Title
from server.records.vocabulary import VERSIONS, find_term
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: article-type (JATS 1.3, suggested values) to a type, for words that mean something else, or nothing, outside a journal.
_TYPES = {
    **dict.fromkeys(
        (
            "review-article", "systematic-review", "case-report", "brief-report", "rapid-communication", "article-commentary",
            "clinical-trial", "data-paper", "methods-article", "protocol", "registered-report", "research-note", "short-report",
            "discussion", "reply", "correction", "retraction", "partial-retraction", "expression-of-concern", "addendum",
            "announcement", "in-brief", "introduction", "meeting-report", "news", "obituary", "oration", "policy", "guideline",
            "other",
        ),
        "publication.journalArticle",
    ),
    "product-review": "publication.bookReview", "collection": "publication.journalIssue",
    "books-received": "publication.bibliography", "calendar": "publication.journalArticle",
}  # fmt: skip

#: related-article-type (JATS 1.3, suggested values) to what the work is to the other one.
_RELATIONS = {
    "addended-article": "IsSupplementTo", "addendum": "IsSupplementedBy", "corrected-article": "IsSupplementTo",
    "correction": "IsSupplementedBy", "correction-forward": "IsSupplementedBy", "commentary": "IsReferencedBy",
    "letter": "IsReferencedBy", "peer-review": "IsReviewedBy", "peer-reviewed-article": "Reviews", "preprint": "IsNewVersionOf",
    "republished-article": "IsVariantFormOf", "retracted-article": "Obsoletes", "retraction-forward": "IsObsoletedBy",
    "translated-article": "IsTranslationOf", "translation": "HasTranslation", "update": "IsPreviousVersionOf",
    "updated-article": "IsNewVersionOf",
}  # fmt: skip

#: Abstracts that say the whole work again; the others (highlights, a picture for the table of contents) are no abstracts.
_SUMMARIES = frozenset(
    {
        "",
        "summary",
        "executive-summary",
        "plain-language-summary",
        "editors-summary",
        "author-summary",
        "synopsis",
        "short",
        "precis",
    }
)


def recognises(root: etree._Element) -> bool:
    article = first(root, "article") if local(root) in {"articles", "pmc-articleset"} else root
    return (
        article is not None
        and local(article) == "article"
        and (not namespace(article) or "nlm.nih.gov" in namespace(article))
        and (first(article, "front") is not None or bool(attribute(article, "article-type")))
    )


def read(root: etree._Element) -> Reading:
    article = root if local(root) == "article" else only_child(root, "article")
    draft = Draft(article, title_element="front/article-meta/title-group/article-title")
    lang = lang_of(article)
    if attribute(article, "lang"):
        draft.add_language(article, attribute(article, "lang"))
    for front in children(article, "front"):
        for part in children(front):
            take = _PARTS.get(local(part))
            if take is None:
                draft.leave(part, prose(part))
            else:
                take(draft, part)
    for part in children(article, "sub-article", "response"):
        draft.leave(part, f"{local(part)} {_title_within(part)}".strip())
    _settle_language(draft, lang)
    _settle_type(draft, article)
    return draft.reading()


def _settle_language(draft: Draft, lang: str) -> None:
    """Give title and abstract the language of the article, where they name none of their own (JATS 1.3, xml:lang)."""
    if draft.title and not draft.title.lang:
        draft.title = Text(value=draft.title.value, lang=lang)
    draft.abstracts = [text if text.lang else Text(value=text.value, lang=lang) for text in draft.abstracts]


def _settle_type(draft: Draft, article: etree._Element) -> None:
    """Choose the type by article-type; a journal's article without one is an article unless the heading above it says more."""
    word = attribute(article, "article-type")
    if word:
        headings, draft.types = draft.types, [(article, word)]
        for element, heading in headings:
            draft.leave(element, heading)
        draft.type = _TYPES.get(word.lower(), "")
    elif not draft.types and draft.container.get("title"):
        draft.type = "publication.journalArticle"


def _title_within(element: etree._Element) -> str:
    return prose(next((node for node in element.iter() if local(node) == "article-title"), None))


def _journal(draft: Draft, meta: etree._Element) -> None:
    """Take the journal: its title, ISSNs and publisher; what only its readers' programs know it by has no field."""
    for child in children(meta):
        take = _JOURNAL.get(local(child))
        if take is None:
            draft.leave(child)
        else:
            take(draft, child)


def _journal_titles(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        if local(child) == "journal-title":
            title = ": ".join(filter(None, (prose(child), text_at(element, "journal-subtitle"))))
            draft.put(draft.container, "title", title, child)
        elif local(child) != "journal-subtitle":
            draft.leave(child)


def _journal_title(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "title", prose(element), element)


def _issn(draft: Draft, element: etree._Element) -> None:
    kind = attribute(element, "pub-type") or attribute(element, "publication-format")
    named = {"ppub": "pissn", "print": "pissn", "epub": "eissn", "electronic": "eissn", "online": "eissn"}.get(kind, "issn")
    found = identify(text_of(element), named)
    if found:
        draft.add_issn(element, found)
    else:
        draft.leave(element)


def _isbn(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "isbn", text_of(element), element)


def _publisher(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        name = {"publisher-name": "name", "publisher-loc": "place"}.get(local(child))
        if name:
            draft.put(draft.publisher, name, prose(child), child)
        else:
            draft.leave(child)


def _article(draft: Draft, meta: etree._Element) -> None:
    take_people(draft, meta)
    take_dates(draft, meta)
    take_contracts(draft, meta)
    for child in children(meta):
        take = _ARTICLE.get(local(child))
        if take is None:
            draft.leave(child, None if len(child) else prose(child) or None)
        else:
            take(draft, child)


def _article_id(draft: Draft, element: etree._Element) -> None:
    kind, text = attribute(element, "pub-id-type").lower(), text_of(element)
    if not text:
        return
    if kind in {"pmc", "pmcid"}:
        draft.add_identifier(element, text if text.upper().startswith("PMC") else f"PMC{text}", "pmcid")
    elif kind == "doi" and attribute(element, "specific-use") == "version":
        _relate(draft, element, text, "doi", "HasVersion")
    else:
        draft.add_identifier(element, text, kind or "local")


def _titles(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        name, lang = local(child), lang_of(child)
        if name == "article-title":
            draft.set_title(child, prose(child))
        elif name == "subtitle":
            _subtitle(draft, child)
        elif name in {"trans-title-group", "trans-title"}:
            group = name.endswith("group")
            whole = (prose(first(child, "trans-title")), prose(first(child, "trans-subtitle"))) if group else (prose(child),)
            _further_title(draft, ": ".join(filter(None, whole)), lang or lang_of(next(children(child), child)), "translated")
        elif name == "alt-title":
            _further_title(draft, prose(child), lang, "alternative")
        elif name != "fn-group":
            draft.leave(child)


def _subtitle(draft: Draft, element: etree._Element) -> None:
    draft.subtitle = ": ".join(filter(None, (draft.subtitle, prose(element))))


def _further_title(draft: Draft, value: str, lang: str, kind: str) -> None:
    if value and not (draft.title and draft.title.value == value):
        draft.alt_titles.append(Title(value=value, lang=lang, kind=kind))


def _abstract(draft: Draft, element: etree._Element) -> None:
    text = paragraphs(element)
    if text and attribute(element, "abstract-type").lower() in _SUMMARIES:
        draft.abstracts.append(Text(value=text, lang=lang_of(element)))
    else:
        draft.leave(element, text or f"abstract-type {attribute(element, 'abstract-type')}")


def _numbered(name: str) -> Take:
    def take(draft: Draft, element: etree._Element) -> None:
        draft.put(draft.container, name, prose(element), element)

    return take


def _page_range(draft: Draft, element: etree._Element) -> None:
    """Read 45-67 where the pages have no elements of their own."""
    meta = element.getparent()
    start, _, end = text_of(element).replace("\u2013", "-").partition("-")
    if meta is not None and text_at(meta, "fpage"):
        if (start, end) != (text_at(meta, "fpage"), text_at(meta, "lpage")):
            draft.leave(element)
        return
    draft.put(draft.container, "first_page", start.strip(), element)
    draft.put(draft.container, "last_page", end.strip(), element)


def _conference(draft: Draft, element: etree._Element) -> None:
    names = {"conf-name": "name", "conf-loc": "place", "conf-date": "date", "string-conf": "name"}
    for child in children(element):
        if local(child) in names:
            draft.put(draft.conference, names[local(child)], prose(child), child)
        else:
            draft.leave(child)


def _relate(draft: Draft, element: etree._Element, text: str, named: str, relation: str) -> None:
    found = identify(text, named)
    if found and found[0] != "local":
        draft.related.append(Related(scheme=found[0], value=found[1], relation=relation))
    else:
        draft.leave(element, prose(element) or text)


def _related_article(draft: Draft, element: etree._Element) -> None:
    kind = attribute(element, "related-article-type") or attribute(element, "related-object-type")
    named = attribute(element, "ext-link-type") or attribute(element, "document-id-type")
    text = attribute(element, "href") or attribute(element, "document-id")
    _relate(draft, element, text, named, _RELATIONS.get(kind, "References"))


def _supplement(draft: Draft, element: etree._Element) -> None:
    _relate(draft, element, attribute(element, "href"), "", "IsSupplementedBy")


def _product(draft: Draft, element: etree._Element) -> None:
    """Take what an article reviews, by its ISBN or its address."""
    number = text_at(element, "isbn") or text_at(element, "pub-id") or attribute(element, "href")
    _relate(draft, element, number, "isbn" if text_at(element, "isbn") else "", "Reviews")


def _self_uri(draft: Draft, element: etree._Element) -> None:
    """Take the article's own address; a PDF's name or address is that of a file, and files come by their own way."""
    text = attribute(element, "href") or text_of(element)
    if identify(text, "url") and "pdf" not in attribute(element, "content-type").lower():
        draft.add_identifier(element, text)
    else:
        draft.leave(element, text)


def _version(draft: Draft, element: etree._Element) -> None:
    words = (attribute(element, "article-version-type"), attribute(element, "vocab-term"), text_of(element))
    found = next((code for word in words if word and (code := find_term(VERSIONS, word))), "")
    if found:
        draft.version = draft.version or found
    else:
        draft.leave(element)


def _versions(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        _version(draft, child)


def _history(draft: Draft, element: etree._Element) -> None:
    """Take the earlier versions that the history of publication links to; its dates are taken with the others."""
    for event in children(element, "event"):
        for child in children(event, "self-uri", "pub-id", "article-id"):
            _relate(draft, child, attribute(child, "href") or text_of(child), "", "IsNewVersionOf")


def _custom(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        draft.leave(child, ": ".join(filter(None, map(prose, children(child)))))


def _counts(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        draft.leave(child, attribute(child, "count"))


def _each(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        draft.leave(child, prose(child))


def _nothing(draft: Draft, element: etree._Element) -> None:
    """Pass over what has been taken with its neighbours."""


_CONTRACTS = ("contract-sponsor", "grant-sponsor", "contract-num", "grant-num")
_PARTS: dict[str, Take] = {"journal-meta": _journal, "article-meta": _article}
_JOURNAL: dict[str, Take] = {
    "journal-title-group": _journal_titles, "journal-title": _journal_title, "issn": _issn, "issn-l": _issn, "isbn": _isbn,
    "publisher": _publisher, "self-uri": _nothing,
}  # fmt: skip
_ARTICLE: dict[str, Take] = {
    "article-id": _article_id, "article-version": _version, "article-version-alternatives": _versions,
    "article-categories": take_categories, "title-group": _titles, "volume": _numbered("volume"),
    "volume-series": _numbered("series"), "issue": _numbered("issue"), "isbn": _isbn, "fpage": _numbered("first_page"),
    "lpage": _numbered("last_page"), "page-range": _page_range, "elocation-id": _numbered("article_no"), "product": _product,
    "supplementary-material": _supplement, "pub-history": _history, "permissions": take_permissions,
    "copyright-statement": take_statement, "license": take_licence, "self-uri": _self_uri,
    "related-article": _related_article, "related-object": _related_article, "abstract": _abstract, "trans-abstract": _abstract,
    "kwd-group": take_keywords, "funding-group": take_funding, "support-group": take_funding, "conference": _conference,
    "counts": _counts, "custom-meta-group": _custom, "custom-meta-wrap": _custom, "author-notes": _each,
    **dict.fromkeys(("contrib-group", "aff", "aff-alternatives", "pub-date", "history", *_CONTRACTS), _nothing),
}  # fmt: skip

PLUGIN = Reader("jats", "JATS XML", recognises, read)
