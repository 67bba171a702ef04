"""What agencies refuse and what they cannot take as it stands: one table, and what it finds in a work."""

from collections.abc import Iterator

from server.forms.fault import Fault
from server.identifiers.preflight import looks
from server.identifiers.preflight.finding import Finding, Rule, Weight
from server.metadata.work import Work
from server.xml import clean

DATACITE, CROSSREF = frozenset({"datacite"}), frozenset({"crossref"})

MOST = 40
"""Findings that are said of one work: of three hundred authors with one mistake, nobody reads them all."""

_LONGEST = 120

_ROR = "looks like a URL; put the name here and the ROR in its identifier"
_NAME_ALONE = "Leave the name alone here; its ROR ID goes into the publisher's identifiers."

# fmt: off
#: The official schemas (DataCite 4.7, Crossref 5.4.0), what the agencies' documentation asks for, and what was seen refused.
RULES: tuple[Rule, ...] = (
    # Refused.
    Rule("%(value)s", looks.refused_by_crossref, Weight.REFUSED, CROSSREF),
    Rule(_ROR, looks.ror_for_publisher, Weight.REFUSED, DATACITE, _NAME_ALONE),  # DataCite answered 422: EZID's issue 1031
    Rule(_ROR, looks.ror_for_publisher, Weight.ADVISED, CROSSREF, _NAME_ALONE),
    # What a work is cited by.
    Rule("is empty; the agency is told that it is unknown", looks.empty_title, agencies=DATACITE),
    Rule("is a word that stands for a title (%(value)s); the work will be cited by it", looks.placeholder),
    Rule("are not named; a body or the word for unknown stands in their place", looks.no_creators, agencies=DATACITE),
    Rule("looks like a URL; works are cited by it, so put the name here", looks.address_for_publisher),
    Rule("is not said; the agency is told %(value)s", looks.no_publisher, agencies=DATACITE),
    Rule("has no year; the agency is told %(value)s, from another date of the work", looks.no_year, agencies=DATACITE),
    Rule("is not within Crossref's calendar, the years 1400 to 2200 (%(value)s); it is told another day",
         looks.outside_the_calendar, agencies=CROSSREF),
    Rule("is not a date (%(value)s), and is left out", looks.no_date),
    # People.
    Rule("has no name, and is left out", looks.nameless),
    Rule("stands in one piece (%(value)s); give the family name and the given name, or say that it is an organisation",
         looks.in_one_piece),
    Rule("speaks of others without naming them (%(value)s); give each a row", looks.others_unnamed),
    Rule("looks like several people (%(value)s); give each a row", looks.several_in_one),
    Rule("is none of DataCite's roles (%(value)s); it is told “Other”", looks.unknown_role, agencies=DATACITE),
    # Identifiers and addresses.
    Rule("%(value)s", looks.unverified),
    Rule("is no address (%(value)s), and is left out", looks.no_uri),
    Rule("is a scheme agencies do not know (%(value)s); this related work is left out", looks.unknown_scheme),
    Rule("is none of DataCite's relations (%(value)s); it is told “Other”", looks.unknown_relation, agencies=DATACITE),
    # The rest.
    Rule("is no language tag (%(value)s), and is left out", looks.no_language),
    Rule("is none of DataCite's kinds of titles (%(value)s); it is told “Other”", looks.unknown_kind_of_title, agencies=DATACITE),
    Rule("is not said; without it an award is nobody's", looks.funder_unnamed),
    Rule("is no registry DataCite knows (%(value)s); it is told “Other”", looks.unknown_funder_scheme, agencies=DATACITE),
    Rule("lies outside the globe (%(value)s); the point is left out", looks.off_the_earth, agencies=DATACITE),
    Rule("is not said; a point needs both, and is left out", looks.half_a_point, agencies=DATACITE),
    Rule("has not the length Crossref takes (%(value)s characters), and is left out", looks.out_of_limits, agencies=CROSSREF),
)
# fmt: on


def preflight(agency: str, work: Work) -> tuple[Finding, ...]:
    """Return what an agency minds of a work, what it refuses first; of each field the first that is found."""
    found: dict[str, Finding] = {}
    for finding in sorted(_found(agency, work), key=lambda each: each.weight is Weight.ADVISED):
        found.setdefault(finding.path, finding)
    return tuple(found.values())[:MOST]


def refused(findings: tuple[Finding, ...]) -> bool:
    """Whether the agency refuses a work in which this was found."""
    return any(finding.weight is Weight.REFUSED for finding in findings)


def _found(agency: str, work: Work) -> Iterator[Finding]:
    for rule in RULES:
        if rule.agencies and agency not in rule.agencies:
            continue
        for path, value in rule.look(work):
            values = {"value": _quoted(value)} if "%(" in rule.words else {}
            yield Finding(path, Fault(rule.words, values), rule.weight, rule.remedy)


def _quoted(value: str) -> str:
    text = " ".join(clean(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
