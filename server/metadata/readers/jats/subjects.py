"""What an article is about, as JATS tells it: keywords, and the categories of the journal's contents."""

import re

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, lang_of, local
from server.metadata.kinds import choose_type
from server.metadata.readers.jats.prose import prose
from server.records.model import Subject

#: Headings of a journal's sections, which say what kind of text stands below them and not what it is about.
_HEADING = re.compile(
    r"((original|regular|research|review|short|brief|full|case|data|rapid|scientific)\b.{0,20})?"
    r"\b(articles?|papers?|reports?|research|communications?|reviews?|letters?|commentar(y|ies)|editorials?|correspondence|"
    r"perspectives?|insights?|stud(y|ies))( ?[-:\u2013] .*)?",
    re.IGNORECASE,
)
_SECTIONS = frozenset({"article-type", "display-channel", "sub-display-channel"})
#: Keyword groups that are of no vocabulary.
_AUTHORS_OWN = frozenset({"", "author", "author-keywords", "author-generated", "keywords", "kwd"})


def take_keywords(draft: Draft, element: etree._Element) -> None:
    """Take the keywords of a group, each a subject of the group's vocabulary."""
    kind = attribute(element, "kwd-group-type")
    scheme = attribute(element, "vocab") or ("" if kind.lower() in _AUTHORS_OWN else kind)
    for child in element.iter():
        name = local(child)
        if name not in {"kwd", "compound-kwd"}:
            continue
        text = ": ".join(filter(None, map(prose, children(child)))) if name == "compound-kwd" else prose(child)
        if text:
            draft.subjects.append(
                Subject(
                    value=text,
                    lang=lang_of(child) or lang_of(element),
                    scheme=scheme,
                    scheme_uri=attribute(element, "vocab-identifier"),
                    value_uri=attribute(child, "vocab-term-identifier"),
                )
            )


def take_categories(draft: Draft, element: etree._Element) -> None:
    """Take the subjects of all groups in groups; what is the heading of a section tells the type, if anything."""
    for child in element.iter():
        name = local(child)
        if name == "series-title":
            draft.put(draft.container, "series", prose(child), child)
        elif name == "series-text":
            draft.leave(child)
        elif name in {"subject", "compound-subject"}:
            _category(draft, child)


def _category(draft: Draft, element: etree._Element) -> None:
    groups = list(element.iterancestors())[:-1]
    kind = next((found for group in groups if (found := attribute(group, "subj-group-type"))), "")
    text = ": ".join(map(prose, children(element))) if local(element) == "compound-subject" else prose(element)
    if choose_type([text]):
        draft.add_type(element, text)
    elif kind in _SECTIONS or _HEADING.fullmatch(text):
        draft.leave(element, text)
    elif text:
        lang = next((found for group in groups if (found := lang_of(group))), "")
        draft.subjects.append(Subject(value=text, lang=lang, scheme="" if kind == "heading" else kind))
