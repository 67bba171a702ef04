"""A record in the making: readers put in what they find, and it is built, or refused, in one place."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from lxml import etree

from server.clock import now
from server.errors import Invalid
from server.metadata.dates import date_of
from server.metadata.elements import children, lang_of, shortened
from server.metadata.identifying import identify
from server.metadata.kinds import choose_type
from server.metadata.languages import language_of
from server.metadata.names import contributor
from server.metadata.reading import Reading, Remark
from server.metadata.roles import CREATOR, FUNDER, GRANTOR, PUBLISHER
from server.records.embargo import latest, strictest
from server.records.model import (
    Agent,
    AgentId,
    Conference,
    Container,
    Contributor,
    Dates,
    Funding,
    Identifier,
    Licence,
    Place,
    Publisher,
    Record,
    Related,
    Subject,
    Text,
    Thesis,
    Title,
    decode,
    encode,
)
from server.records.vocabulary import VERSIONS, find_term
from server.xml import clean, place_of, text_of

T = TypeVar("T")

_NO_EMBARGO = frozenset({"none", "no", "no embargo", "n/a", "false", "0"})


@dataclass(slots=True)
class Draft:
    """What a reader has found so far. Every method takes the element it is about, so that what is left over can be named.

    `title_element` is what the remedy tells a sender to add where there is no title; `where` says where an element stands in
    the document that was sent, which need not be XML.
    """

    root: etree._Element
    title_element: str = "title"
    where: Callable[[etree._Element], str] = place_of
    title: Text | None = None
    subtitle: str = ""
    alt_titles: list[Title] = field(default_factory=list)
    creators: list[Agent] = field(default_factory=list)
    contributors: list[Contributor] = field(default_factory=list)
    abstracts: list[Text] = field(default_factory=list)
    has_abstract: bool = False
    toc: list[str] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)
    languages: list[str] = field(default_factory=list)
    publisher: dict[str, str] = field(default_factory=dict)
    publisher_ids: list[AgentId] = field(default_factory=list)
    container: dict[str, str] = field(default_factory=dict)
    issns: list[tuple[etree._Element, str]] = field(default_factory=list)
    conference: dict[str, str] = field(default_factory=dict)
    identifiers: list[Identifier] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    licences: dict[str, Licence] = field(default_factory=dict)
    rights: list[str] = field(default_factory=list)
    thesis: dict[str, str] = field(default_factory=dict)
    geo: list[Place] = field(default_factory=list)
    temporal: list[str] = field(default_factory=list)
    types: list[tuple[etree._Element, str]] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    type: str = ""
    version: str = ""
    peer_reviewed: bool | None = None
    access: str = ""
    closed: dict[str, str] = field(default_factory=dict)
    citation_text: str = ""
    unmapped: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    language_words: list[str] = field(default_factory=list)

    def leave(self, element: etree._Element, value: str | None = None, *, code: str = "unmapped") -> None:
        """Note what the record cannot take up; an element without text and attributes is not worth a sentence."""
        if value is None:
            parts = [text_of(child) for child in children(element)] or [text_of(element)]
            value = "; ".join(filter(None, parts)) or " ".join(map(str, element.attrib.values()))
        shown = clean(value)
        if shown:
            place = self.where(element)
            self.unmapped.append(Remark(f"{place}: {shortened(shown)}", code=code, place=place, value=shortened(shown)))

    def warn(self, element: etree._Element, message: str, *, code: str = "guessed", value: str = "") -> None:
        """Note what was guessed or mended; `value` is the word it is about, by which alike remarks are one group."""
        place = self.where(element)
        self.warnings.append(Remark(f"{place}: {message}", code=code, place=place, value=shortened(clean(value))))

    def put(self, part: dict[str, str], name: str, value: str, element: etree._Element) -> None:
        """Set a field once; a further value that differs is left over."""
        if value and part.setdefault(name, value) != value:
            self.leave(element, value)

    def add_licence(self, licence: Licence) -> None:
        """Take a licence unless one with the same address is there."""
        self.licences.setdefault(licence.uri or licence.name, licence)

    def set_date(self, name: str, text: str, element: etree._Element) -> None:
        """Set a date; what is not a date is left over."""
        if name == "embargo_until":
            self.embargo(element, text)
            return
        found = date_of(text)
        if found:
            self.put(self.dates, name, found, element)
        elif text:
            self.leave(element, text, code="date-unknown")

    def restrict(self, access: str) -> None:
        """Take what is said of who may have the work: of several statements the strictest holds."""
        self.access = strictest(self.access, access)

    def embargo(self, element: etree._Element, text: str) -> None:
        """Take the day an embargo ends on: of several the last holds. What is no day closes the work."""
        found, known = date_of(text), self.dates.get("embargo_until", "")
        if found:
            self.dates["embargo_until"] = latest(known, found)
            if known and known != found:
                self.leave(element, known if self.dates["embargo_until"] == found else found)
        elif text.lower() in _NO_EMBARGO:
            self.leave(element, text)
        elif text:
            self.puzzle(element, text)

    def puzzle(self, element: etree._Element, text: str) -> None:
        """Close the work for a statement on access that is not understood: nothing may be shown that must not be."""
        self.restrict("restricted")
        message = f"“{shortened(clean(text))}” is not understood as an access; the access is restricted."
        self.warn(element, message, code="access-unknown", value=text)

    def close_file(self, name: str, access: str) -> None:
        """Take that a file is closed whatever the work is."""
        self.closed[name] = strictest(self.closed.get(name, ""), access)

    def set_title(self, element: etree._Element, value: str, kind: str = "") -> None:
        """Take the first title as the title and the others as further ones, of a kind guessed by language where none is given."""
        lang = lang_of(element)
        if not value:
            return
        if self.title is None and not kind:
            self.title = Text(value=value, lang=lang)
        else:
            known = self.title.lang if self.title else ""
            guess = "translated" if lang and known and lang != known else "alternative"
            self.alt_titles.append(Title(value=value, lang=lang, kind=kind or guess))

    def add_language(self, element: etree._Element, text: str) -> None:
        """Take a language, or several in one text (`en; de`) where each of them is known."""
        words = [text] if language_of(text) else [word.strip() for word in re.split(r"[;,/|]", text)]
        found = [language_of(word) for word in words]
        if text and all(found):
            self.language_words.extend(words)
            self.languages.extend(found)
        elif text:
            self.language_words.append(text)
            self.leave(element, text, code="language-unknown")

    def add_identifier(self, element: etree._Element, text: str, named: str = "") -> None:
        """Take an identifier of the work; an ISSN is that of the journal it stands in."""
        found = identify(text, named)
        if found is None:
            self.leave(element, text)
        elif found[0].startswith("issn"):
            self.add_issn(element, found)
        else:
            self.identifiers.append(Identifier(scheme=found[0], value=found[1]))

    def add_issn(self, element: etree._Element, found: tuple[str, str]) -> None:
        """Take an ISSN; where nobody says whether it is that of the print, this is settled when all are known."""
        scheme, value = found
        if scheme == "issn":
            self.issns.append((element, value))
        else:
            self.put(self.container, scheme, value, element)

    def _settle_issns(self) -> None:
        """Put the plain ISSNs in the places still free, print before online."""
        for element, value in self.issns:
            if value in {self.container.get("issn_print"), self.container.get("issn_online")}:
                continue
            self.put(self.container, "issn_online" if "issn_print" in self.container else "issn_print", value, element)

    def add_agent(self, element: etree._Element, agent: Agent | None, role: str) -> None:
        """Give an agent the place its role asks for; None stands for a name that was empty."""
        if agent is None:
            return
        if role == CREATOR:
            self.creators.append(agent)
        elif role == PUBLISHER:
            self.put(self.publisher, "name", agent.label, element)
        elif role == GRANTOR:
            self.put(self.thesis, "grantor", agent.label, element)
        elif role == FUNDER:
            self.funding.append(Funding(funder_name=agent.label))
        else:
            self.contributors.append(contributor(agent, role))

    def add_type(self, element: etree._Element, word: str, meaning: str = "") -> None:
        """Take a word for the type; words that state version or peer review go where they belong.

        `meaning` is what a format's own word says in words everybody uses: EPrints calls a report a monograph.
        """
        key = word.rsplit("/", 1)[-1].lower()
        reviewed = {"peerreviewed": True, "nonpeerreviewed": False}.get(key)
        version = find_term(VERSIONS, word) if "/" in word else None
        if reviewed is not None:
            self.peer_reviewed = reviewed
        elif version:
            self.version = self.version or version
        elif word:
            self.types.append((element, word))
            if meaning:
                self.meanings[word] = meaning

    def reading(self) -> Reading:
        """Build the record.

        Raises Invalid with code title-missing for a document without a title; whatever else the record's own rules
        refuse becomes an Invalid here and nowhere else.
        """
        if self.title is None:
            remedy = f"Add a {self.title_element} with the title of the work."
            raise Invalid("The metadata has no title.", place=self.where(self.root), remedy=remedy, code="title-missing")
        available = self.dates.get("available", "")
        if self.access in {"", "open"} and available > now().date().isoformat()[: len(available)]:
            self.dates["embargo_until"] = latest(self.dates.get("embargo_until", ""), available)
        if self.dates.get("embargo_until"):
            self.restrict("embargoed")
        self._settle_issns()
        kind = self._chosen_type()
        try:
            # Building checks some rules and decoding the others, so the record passes through both.
            record = decode(encode(self._record(self.title, kind)))
        except Invalid as error:
            raise Invalid(
                error.message, place=f"{self.where(self.root)} {error.place}".strip(), remedy=error.remedy, code=error.code
            ) from error
        except ValueError as error:
            raise Invalid(
                f"No record can be made of the metadata: {error}.",
                place=self.where(self.root),
                remedy="Correct the value named.",
                code="record",
            ) from error
        return Reading(
            record=record,
            unmapped=tuple(self.unmapped),
            warnings=tuple(self.warnings),
            types=tuple(word for _, word in self.types),
            languages=tuple(self.language_words),
            access=self.access,
            closed=dict(self.closed),
        )

    def _chosen_type(self) -> str:
        words = [word for _, word in self.types]
        code = self.type or choose_type([self._meaning(word) for word in words])
        if code:
            for element, word in self.types:
                if not choose_type([self._meaning(word)]):
                    self.leave(element, word)
            return code
        if words:
            listed = ", ".join(f"“{shortened(word)}”" for word in words)
            words_of_it = f"no type is known by the name {listed}; the record has the type “Other”."
            self.warn(self.types[0][0], words_of_it, code="type-unknown", value=words[0])
        else:
            self.warn(self.root, "the metadata states no type; the record has the type “Other”.", code="type-missing")
        return "other.other"

    def _meaning(self, word: str) -> str:
        return self.meanings.get(word, word)

    def _record(self, title: Text, kind: str) -> Record:
        return Record(
            type=kind,
            title=title,
            subtitle=self.subtitle,
            alt_titles=_once(self.alt_titles),
            creators=tuple(self.creators),
            contributors=_once(self.contributors),
            abstracts=_once(self.abstracts),
            toc="\n".join(self.toc),
            subjects=_once(self.subjects),
            dates=Dates(**self.dates),
            languages=_once(self.languages),
            publisher=Publisher(ids=_once(self.publisher_ids), **self.publisher),
            container=Container(**self.container),
            conference=Conference(**self.conference),
            identifiers=_once(self.identifiers),
            related=_once(self.related),
            funding=_once(self.funding),
            version=self.version,
            peer_reviewed=self.peer_reviewed,
            access=self.access or "open",
            licences=tuple(self.licences.values()),
            rights_statement="\n".join(_once(self.rights)),
            thesis=Thesis(**self.thesis),
            geo=_once(self.geo),
            temporal=_once(self.temporal),
            citation_text=self.citation_text,
        )


def _once(items: list[T]) -> tuple[T, ...]:
    """Drop repetitions, the first of each kept in its place; here and not on the way in, so that long lists stay cheap."""
    return tuple(dict.fromkeys(items))
