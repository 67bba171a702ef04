"""An OAI-PMH request: from arguments to one of six frozen values, or every error found.

The arguments are pairs, so that repeats stay visible.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from server.oai.errors import BadArgument, BadVerb, OaiError, Refusal, quoted

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Identify:
    pass


@dataclass(frozen=True, slots=True)
class ListMetadataFormats:
    identifier: str | None


@dataclass(frozen=True, slots=True)
class ListSets:
    token: str | None


@dataclass(frozen=True, slots=True)
class GetRecord:
    identifier: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Listing:
    """ListRecords or ListIdentifiers from its start; both bounds are inclusive whole seconds."""

    verb: str
    prefix: str
    since: datetime | None
    until: datetime | None
    spec: str | None


@dataclass(frozen=True, slots=True)
class Resumption:
    """ListRecords or ListIdentifiers, continued."""

    verb: str
    token: str


Request = Identify | ListMetadataFormats | ListSets | GetRecord | Listing | Resumption


@dataclass(frozen=True, slots=True)
class _Arguments:
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    exclusive: str = ""


_LIST = _Arguments(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), "resumptionToken")

#: OAI-PMH 4: the arguments of each verb.
VERBS = {
    "Identify": _Arguments(),
    "ListMetadataFormats": _Arguments(optional=frozenset({"identifier"})),
    "ListSets": _Arguments(exclusive="resumptionToken"),
    "GetRecord": _Arguments(required=frozenset({"identifier", "metadataPrefix"})),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
}

#: OAI-PMH.xsd: what a metadataPrefix and a setSpec may look like.
_UNRESERVED = r"[A-Za-z0-9\-_.!~*'()]+"
_SHAPES = {"metadataPrefix": re.compile(_UNRESERVED), "set": re.compile(f"{_UNRESERVED}(:{_UNRESERVED})*")}

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_SECOND = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z")


def parse(pairs: Pairs) -> Request:
    """Turn arguments into a request; raises Refusal with every badVerb and badArgument found."""
    verb = _verb(pairs)
    known = VERBS[verb]
    given = {key: value for key, value in pairs if key != "verb"}
    errors: list[OaiError] = list(_faults(verb, known, pairs))
    since = until = None
    if known is _LIST and "resumptionToken" not in given:
        since, until, wrong = _bounds(given.get("from") or None, given.get("until") or None)  # an empty one is reported already
        errors += wrong
    if errors:
        raise Refusal(*errors)
    match verb:
        case "Identify":
            return Identify()
        case "ListMetadataFormats":
            return ListMetadataFormats(given.get("identifier"))
        case "ListSets":
            return ListSets(given.get("resumptionToken"))
        case "GetRecord":
            return GetRecord(given["identifier"], given["metadataPrefix"])
    if "resumptionToken" in given:
        return Resumption(verb, given["resumptionToken"])
    return Listing(verb, given["metadataPrefix"], since, until, given.get("set"))


def prefix_of(pairs: Pairs) -> str | None:
    """Return the format that is asked for, whatever else is wrong; None where the verb takes none, or it is not rightly given."""
    times, given = Counter(key for key, _ in pairs), dict(pairs)
    known = VERBS.get(given.get("verb", ""), _Arguments())
    is_taken = "metadataPrefix" in known.required and not (known.exclusive and known.exclusive in given)
    if not is_taken or times["verb"] > 1 or times["metadataPrefix"] != 1:
        return None
    return given["metadataPrefix"] if _SHAPES["metadataPrefix"].fullmatch(given["metadataPrefix"]) else None


def _verb(pairs: Pairs) -> str:
    verbs = [value for key, value in pairs if key == "verb"]
    if not verbs:
        raise Refusal(BadVerb("The argument verb is missing. Legal verbs: " + ", ".join(VERBS) + "."))
    if len(verbs) > 1:
        raise Refusal(BadVerb("The argument verb is given more than once."))
    if verbs[0] not in VERBS:
        raise Refusal(
            BadVerb(f"There is no verb {quoted(verbs[0])} (verbs are case-sensitive). Legal verbs: " + ", ".join(VERBS) + ".")
        )
    return verbs[0]


def _faults(verb: str, known: _Arguments, pairs: Pairs) -> Iterable[OaiError]:
    times = Counter(key for key, _ in pairs)
    given = dict(pairs)
    legal = known.required | known.optional | ({known.exclusive} if known.exclusive else set()) | {"verb"}
    for key, many in times.items():
        if key not in legal:
            yield BadArgument(
                f"{verb} takes no argument {quoted(key)}. Legal arguments: {', '.join(sorted(legal - {'verb'})) or 'none'}."
            )
        elif many > 1:
            yield BadArgument(f"The argument {key} is given more than once.")
        elif not given[key]:
            yield BadArgument(f"The argument {key} is empty.")
        elif key in _SHAPES and not _SHAPES[key].fullmatch(given[key]):
            yield BadArgument(f"The argument {key} has characters that are not allowed: {quoted(given[key])}.")
    if known.exclusive and known.exclusive in times:
        if len(times) > 2:  # noqa: PLR2004 -- verb and the exclusive argument itself
            yield BadArgument(f"{known.exclusive} may not be combined with other arguments.")
        return
    for key in sorted(known.required - times.keys()):
        yield BadArgument(f"{verb} needs the argument {key}.")


def _bounds(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None, list[OaiError]]:
    errors: list[OaiError] = []
    bounds: dict[str, datetime | None] = {"from": None, "until": None}
    for key, value in (("from", since), ("until", until)):
        try:
            bounds[key] = None if value is None else moment(key, value)
        except BadArgument as error:
            errors.append(error)
    if errors:
        return None, None, errors
    first, last = bounds["from"], bounds["until"]
    if since is not None and until is not None and len(since) != len(until):
        errors.append(BadArgument("from and until must have the same granularity."))  # OAI-PMH 2.7.1
    if until is not None and last is not None and "T" not in until:
        last += timedelta(days=1, seconds=-1)  # a day as upper bound includes the whole day
    if not errors and first is not None and last is not None and first > last:
        errors.append(BadArgument(f"from ({since}) is later than until ({until})."))
    return first, last, errors


def moment(key: str, value: str) -> datetime:
    """Read a UTCdatetime of either granularity (OAI-PMH 3.3); raises BadArgument."""
    found = _SECOND.fullmatch(value) or _DAY.fullmatch(value)
    try:
        if found is None or not value.isascii():
            raise ValueError
        parts = [int(part) for part in found.groups()]
        date(*parts[:3])
        return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # three or six numbers
    except ValueError:
        raise BadArgument(f"The argument {key} is not a date: {quoted(value)}. Use YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.") from None
