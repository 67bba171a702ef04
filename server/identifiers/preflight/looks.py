"""How pre-flight finds each kind of fault in a record. Pure; each yields the paths of the fields and what is to be quoted."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from server.identifiers.verifying import CHECKS
from server.metadata.addresses import uri
from server.metadata.crossref import view as crossref
from server.metadata.formats import datacite
from server.metadata.kernel import CONTRIBUTOR_TYPES, FUNDER_TYPES, IDENTIFIER_TYPES, RELATION_TYPES, TITLE_TYPES
from server.metadata.languages import written
from server.metadata.work import Work
from server.records.model import Agent, is_date
from server.xml import kept

Found = Iterator[tuple[str, str]]

_ADDRESS = re.compile(r"https?://\S|\bwww\.\S|\b(?:ror|orcid|isni)\.org/", re.IGNORECASE)
_ROR = re.compile(r"\bror\.org/", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"untitled|no title|title|unknown|n/?a|none|null|tb[ad]|test|:\w{3,6}|[\W_]+", re.IGNORECASE)
_OTHERS = re.compile(r"\bet\.? al\b|\band others\b|\bu\. ?a\.", re.IGNORECASE)
_YEAR = re.compile(r"[0-9]{4}")
#: What somebody other than the repository brings out, as a rule; of anything else the repository is the publisher.
_BROUGHT_OUT = frozenset({
    "creativeWork.exhibitionCatalog", "publication.book", "publication.bookChapter", "publication.conferenceProceeding",
    "publication.dictionaryEntry", "publication.editedBook", "publication.encyclopediaEntry", "publication.report",
    "teaching.textbook",
})  # fmt: skip
#: What Crossref's schema holds of fields it can do without (XSD 5.4.0); longer or shorter ones are left out.
_LIMITS = {
    "publisher.place": (2, 255),
    "thesis.degree_name": (2, 255),
    "container.first_page": (1, 32),
    "container.last_page": (1, 32),
}
_NUMBERS: Mapping[str, str] = {"issn_print": "issn", "issn_online": "issn", "isbn": "isbn"}
_EARTH = {"latitude": 90, "longitude": 180}


def refused_by_crossref(work: Work) -> Found:
    """Find what Crossref's schema has no way to hold: the same decisions that write the deposit."""
    # The name of the repository and the version of the schema decide nothing of what is refused.
    _, problems = crossref.view(work, repository=work.repository_name, withdrawn=False)
    yield from ((problem.path, problem.message) for problem in problems)


def empty_title(work: Work) -> Found:
    if not kept(work.record.title.value):
        yield "title", ""


def placeholder(work: Work) -> Found:
    if _PLACEHOLDER.fullmatch(title := kept(work.record.title.value)):
        yield "title", title


def ror_for_publisher(work: Work) -> Found:
    if _ROR.search(name := kept(work.record.publisher.name)):
        yield "publisher.name", name


def address_for_publisher(work: Work) -> Found:
    """Find addresses other than a ROR's where the publisher's name belongs."""
    if _ADDRESS.search(name := kept(work.record.publisher.name)) and not _ROR.search(name):
        yield "publisher.name", name


def no_publisher(work: Work) -> Found:
    """Find no publisher where one is expected."""
    record = work.record
    if record.type in _BROUGHT_OUT and not kept(record.publisher.name) and not kept(record.thesis.grantor):
        yield "publisher.name", datacite.view(work).publisher.value


def no_creators(work: Work) -> Found:
    if not any(kept(agent.label) for agent in work.record.creators):
        yield "creators", ""


def no_year(work: Work) -> Found:
    if not _YEAR.match(kept(work.record.dates.issued)):
        yield "dates.issued", datacite.view(work).year


def outside_the_calendar(work: Work) -> Found:
    """Find days of issue Crossref's calendar does not have: it is told another day."""
    if (issued := kept(work.record.dates.issued)) and crossref.day_of(issued) is None:
        yield "dates.issued", issued


def nameless(work: Work) -> Found:
    yield from ((path, "") for path, agent in _agents(work) if not kept(agent.label))


def in_one_piece(work: Work) -> Found:
    for path, agent in _agents(work):
        if agent.kind == "person" and not agent.family and " " in (name := kept(agent.name)):
            yield f"{path}.name", name


def others_unnamed(work: Work) -> Found:
    yield from ((path, name) for path, name in _names(work) if _OTHERS.search(name))


def several_in_one(work: Work) -> Found:
    yield from ((path, name) for path, name in _names(work) if ";" in name)


def unknown_role(work: Work) -> Found:
    for number, who in enumerate(work.record.contributors):
        if kept(who.label) and who.role not in CONTRIBUTOR_TYPES:
            yield f"contributors.{number}.role", who.role


def unverified(work: Work) -> Found:
    """Find identifiers with a form or a check digit that cannot be right."""
    for path, scheme, value in _identifiers(work):
        check = CHECKS.get(scheme.strip().lower())
        if kept(value) and check is not None and (said := check(kept(value))):
            yield path, said


def no_language(work: Work) -> Found:
    record = work.record
    yield from (("languages", tag) for tag in record.languages if kept(tag) and not written(tag))
    yield from (("title.lang", tag) for tag in (record.title.lang,) if kept(tag) and not written(tag))
    for name in ("alt_titles", "abstracts", "subjects"):
        for number, text in enumerate(getattr(record, name)):
            if kept(text.lang) and not written(text.lang):
                yield f"{name}.{number}.lang", text.lang


def unknown_kind_of_title(work: Work) -> Found:
    for number, title in enumerate(work.record.alt_titles):
        if title.kind not in TITLE_TYPES and title.kind != "other":
            yield f"alt_titles.{number}.kind", title.kind


def unknown_scheme(work: Work) -> Found:
    for number, related in enumerate(work.record.related):
        if related.scheme.strip().lower() not in IDENTIFIER_TYPES:
            yield f"related.{number}.scheme", related.scheme


def unknown_relation(work: Work) -> Found:
    for number, related in enumerate(work.record.related):
        if related.relation not in RELATION_TYPES and related.scheme.strip().lower() in IDENTIFIER_TYPES:
            yield f"related.{number}.relation", related.relation


def funder_unnamed(work: Work) -> Found:
    for number, funding in enumerate(work.record.funding):
        if not kept(funding.funder_name) and datacite.fund_of(funding) is not None:
            yield f"funding.{number}.funder_name", ""


def unknown_funder_scheme(work: Work) -> Found:
    for number, funding in enumerate(work.record.funding):
        scheme, found = kept(funding.funder_id_scheme), datacite.funder_id(funding)
        if scheme and found is not None and found.scheme == "Other" and scheme.lower() not in {*FUNDER_TYPES, "other"}:
            yield f"funding.{number}.funder_id_scheme", scheme


def no_uri(work: Work) -> Found:
    record = work.record
    told = chain(
        (
            (f"subjects.{n}.{name}", getattr(each, name))
            for n, each in enumerate(record.subjects)
            for name in ("scheme_uri", "value_uri")
        ),
        ((f"licences.{n}.uri", each.uri) for n, each in enumerate(record.licences)),
        ((f"funding.{n}.award_uri", each.award_uri) for n, each in enumerate(record.funding)),
    )
    yield from ((path, text) for path, text in told if kept(text) and not uri(kept(text)))


def off_the_earth(work: Work) -> Found:
    for number, place in enumerate(work.record.geo):
        for name, most in _EARTH.items():
            degrees = getattr(place, name)
            if degrees is not None and not -most <= degrees <= most:
                yield f"geo.{number}.{name}", f"{degrees:g}"


def half_a_point(work: Work) -> Found:
    for number, place in enumerate(work.record.geo):
        missing = [name for name in _EARTH if getattr(place, name) is None]
        if len(missing) == 1:
            yield f"geo.{number}.{missing[0]}", ""


def no_date(work: Work) -> Found:
    if (awarded := kept(work.record.thesis.date_awarded)) and not is_date(awarded):
        yield "thesis.date_awarded", awarded


def out_of_limits(work: Work) -> Found:
    for path, (least, most) in _LIMITS.items():
        part, name = path.split(".")
        if (text := kept(getattr(getattr(work.record, part), name))) and not least <= len(text) <= most:
            yield path, f"{least} to {most}"


def _agents(work: Work) -> Iterator[tuple[str, Agent]]:
    yield from ((f"creators.{number}", agent) for number, agent in enumerate(work.record.creators))
    yield from ((f"contributors.{number}", agent) for number, agent in enumerate(work.record.contributors))


def _names(work: Work) -> Iterator[tuple[str, str]]:
    for path, agent in _agents(work):
        if agent.kind == "person":
            yield from ((f"{path}.{name}", text) for name in ("family", "given", "name") if (text := kept(getattr(agent, name))))


def _identifiers(work: Work) -> Iterator[tuple[str, str, str]]:
    """Yield the identifiers in a record that have a form: path, scheme, value."""
    record = work.record
    for path, agent in _agents(work):
        yield from ((f"{path}.ids.{n}.value", each.scheme, each.value) for n, each in enumerate(agent.ids))
        yield from ((f"{path}.affiliations.{n}.ror", "ror", each.ror) for n, each in enumerate(agent.affiliations))
    yield from ((f"publisher.ids.{n}.value", each.scheme, each.value) for n, each in enumerate(record.publisher.ids))
    yield from ((f"identifiers.{n}.value", each.scheme, each.value) for n, each in enumerate(record.identifiers))
    yield from ((f"related.{n}.value", each.scheme, each.value) for n, each in enumerate(record.related))
    container = record.container
    yield from ((f"container.{name}", scheme, getattr(container, name)) for name, scheme in _NUMBERS.items())
    yield "thesis.grantor_ror", "ror", record.thesis.grantor_ror
