"""What OpenAIRE asks of a literature repository by its guidelines 3, which others (LA Referencia) took over."""

import re
from collections.abc import Iterator

from lxml import etree

from server.metadata.harvested import ADVISED, EMBARGO_END, NEEDED, Harvested, Need, Value, described, place_of, read
from server.metadata.ruling import Facts, Fault, Rules, Weight

SEMANTICS = "info:eu-repo/semantics/"
#: The terms of info:eu-repo/semantics, as the guidelines list them by element.
TYPES = frozenset(
    {
        "article", "bachelorThesis", "masterThesis", "doctoralThesis", "book", "bookPart", "review", "conferenceObject",
        "lecture", "workingPaper", "preprint", "report", "annotation", "contributionToPeriodical", "patent", "other",
    }
)  # fmt: skip
VERSIONS = frozenset({"draft", "submittedVersion", "acceptedVersion", "publishedVersion", "updatedVersion"})
ACCESS = frozenset({"openAccess", "embargoedAccess", "restrictedAccess", "closedAccess"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_GRANT = "info:eu-repo/grantAgreement/"

#: Mandatory, and mandatory if applicable: whether the second sort applies, only the depositor knows.
NEEDS = (
    *NEEDED,
    Need("rights", "Say who may read it."),
    Need("subject", "Add keywords.", Weight.ADVICE),
    Need("description", "Add an abstract.", Weight.ADVICE),
    *ADVISED,
)


def check(record: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the record says all that is asked for
    """Yield what OpenAIRE would find wrong."""
    found = read(record)
    yield from described(found, NEEDS)
    yield from _types(found)
    yield from _access(found)
    yield from _projects(found)
    if "openaire" not in found.sets:
        message = (
            "The record is not in the set openaire, which OpenAIRE 3 harvests. Offer that set and see what keeps the record out."
        )
        yield Fault("set", "header/setSpec", message, Weight.ADVICE)


def _terms(found: Harvested, name: str, allowed: frozenset[str]) -> list[Value]:
    return [
        value for value in found.all(name) if value.text.removeprefix(SEMANTICS) in allowed and value.text.startswith(SEMANTICS)
    ]


def _types(found: Harvested) -> Iterator[Fault]:
    kinds, first = _terms(found, "type", TYPES), next(iter(found.all("type")), None)
    if first and first not in kinds:
        yield Fault(
            "type-first", first.place, f"The first dc:type is {first.text}. It must be one of the 16 terms of info:eu-repo."
        )
    for value in kinds[1:]:
        yield Fault("type-one", value.place, "A second term of info:eu-repo says another type. Keep one.")
    for value in _terms(found, "type", VERSIONS)[1:]:
        yield Fault("version-one", value.place, "A second version is given. Keep one.")


def _access(found: Harvested) -> Iterator[Fault]:
    levels = _terms(found, "rights", ACCESS)
    if found.all("rights") and not levels:
        yield Fault("access", place_of("rights"), "No dc:rights is one of the four access levels of info:eu-repo. Add one.")
    for value in levels[1:]:
        yield Fault("access", value.place, "There is a second access level. Keep one.")
    ends = found.starting("date", EMBARGO_END)
    if any(value.text == f"{SEMANTICS}embargoedAccess" for value in levels):
        if not ends:
            yield Fault(
                "embargo", place_of("date"), "The work is embargoed, and no date says until when. Add the end of the embargo."
            )
    else:
        yield from (Fault("embargo", end.place, "An embargo ends on a work that is not embargoed. Remove it.") for end in ends)
    for end in ends:
        if not _DAY.fullmatch(end.text.removeprefix(EMBARGO_END)):
            yield Fault("embargo", end.place, f"{end.text} does not end with a day, YYYY-MM-DD. Give the full date.")


def _projects(found: Harvested) -> Iterator[Fault]:
    """Guidelines 3, project identifier: funder, programme and number, of which only the programme may stay empty."""
    for value in found.starting("relation", _GRANT):
        parts = value.text.removeprefix(_GRANT).split("/")
        if len(parts) < 3 or not parts[0] or not parts[2]:  # noqa: PLR2004 - the three parts
            yield Fault("project", value.place, f"{value.text} lacks the funder or the number. Complete the funding of the work.")


PLUGIN = Rules(
    name="openaire3",
    title="OpenAIRE Literature 3",
    source="OpenAIRE Guidelines for Literature Repository Managers 3.0",
    formats=frozenset({"oai_dc", "oai_dc_openaire"}),
    check=check,
)
