"""Names of people and bodies: splitting `Family, Given`, telling organisations, and the identifiers of both."""

import re
from collections.abc import Iterable

from server.records.model import Affiliation, Agent, AgentId, Contributor

#: Words that stand in the names of bodies and hardly in those of people.
_BODIES = re.compile(
    r"\b(universit\w*|institut\w*|college|academ\w*|akademie|laborator\w*|department|society|gesellschaft|association|verein|"
    r"consortium|collaboration|council|ministry|ministerium|museum|library|bibliothek|foundation|stiftung|agency|committee|"
    r"commission|group|team|centre|center|zentrum|press|verlag|publisher|bank|office|bureau|organi[sz]ation|coalition|"
    r"network|project|company|ltd|inc|gmbh|corporation|school|hospital|congress|parliament|church of|trust|fund|union)\b",
    re.IGNORECASE,
)

#: The comma, the Arabic comma and the full-width one.
_COMMA = re.compile("[,\u060c\uff0c]")

_ORCID = re.compile(r"[0-9]{4}-?[0-9]{4}-?[0-9]{4}-?[0-9]{3}[0-9Xx]")
_KEYED = re.compile(r"(\w+):\s*(.+)")

#: How a value is found in what senders write, and how its registry writes it.
_AGENT_IDS = {
    "orcid": (
        re.compile(r"(?:.*orcid\.org/|orcid:?\s*)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])/?", re.IGNORECASE),
        "https://orcid.org/{}",
    ),
    "ror": (re.compile(r"(?:.*ror\.org/)?(0[a-z0-9]{8})/?", re.IGNORECASE), "https://ror.org/{}"),
    "isni": (re.compile(r"(?:.*isni\.org/(?:isni/)?|isni:?\s*)?([0-9]{15}[0-9X])/?", re.IGNORECASE), "{}"),
    "gnd": (re.compile(r"(?:.*d-nb\.info/gnd/|\(DE-588\)|gnd:?\s*)?([0-9X][0-9X-]{4,})/?", re.IGNORECASE), "{}"),
    "viaf": (re.compile(r"(?:.*viaf\.org/viaf/|viaf:?\s*)?([0-9]+)/?", re.IGNORECASE), "{}"),
    "wikidata": (re.compile(r"(?:.*wikidata\.org/(?:wiki|entity)/)?(Q[0-9]+)/?", re.IGNORECASE), "{}"),
}
_AGENT_SCHEMES = {"dnb": "gnd", "de-588": "gnd", "orcid id": "orcid", "orcid_id": "orcid", "orcidid": "orcid"}


def agent_id(value: str, named: str = "") -> AgentId | None:
    """Return the identifier of a person or body, or None where the record knows no such scheme.

    `named` is the scheme's name as the sender writes it; without it only addresses (`https://orcid.org/…`) are taken.
    """
    key = named.strip().lower()
    key = _AGENT_SCHEMES.get(key, key)
    compact = value.replace(" ", "")
    for scheme, (form, written) in _AGENT_IDS.items():
        found = form.fullmatch(_hyphened(compact) if scheme == "orcid" else compact)
        if found and (key == scheme or (found.start(1) > 0 and scheme in compact.lower().replace("d-nb.info/gnd", "gnd"))):
            bare = found[1].upper() if scheme != "ror" else found[1].lower()
            return AgentId(scheme=scheme, value=written.format(bare))
    return None


def _hyphened(value: str) -> str:
    """Write an ORCID's sixteen characters in fours, as orcid.org does."""
    bare = value.replace("-", "")
    if _ORCID.fullmatch(bare):
        return "-".join(bare[i : i + 4] for i in range(0, 16, 4))
    return value


def is_body(name: str) -> bool:
    """Guess whether a name is that of an organisation; a family name alone before the comma is a person's."""
    family, comma, _ = name.partition(",")
    return bool(_BODIES.search(name)) and not (comma and " " not in family.strip())


def split(name: str) -> tuple[str, str]:
    """Return family and given name of `Family, Given`; a name without a comma of any script is all family."""
    family, given = (part.strip() for part in [*_COMMA.split(name, maxsplit=1), ""][:2])
    return (family, given) if family else (given, "")


def agent(name: str, *, kind: str = "", ids: Iterable[AgentId] = (), affiliations: Iterable[Affiliation] = ()) -> Agent | None:
    """Make a person or body of a name as it is written; `kind` empty means guess. None for a name without letters."""
    name = name.strip(" ,;\u060c\uff0c")
    if not name:
        return None
    ids, affiliations = tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(affiliations))
    if (kind or ("org" if is_body(name) else "person")) == "org":
        return Agent(kind="org", name=name, ids=ids, affiliations=affiliations)
    family, given = split(name)
    return Agent(family=family, given=given, ids=ids, affiliations=affiliations)


def unpacked(text: str) -> tuple[str, tuple[AgentId, ...], tuple[str, ...]]:
    """Take apart `Family, Given; orcid: 0000-…; email: …`: the name, its identifiers, and what nobody asked for."""
    name, *parts = (part.strip() for part in text.split(";"))
    ids: list[AgentId] = []
    rest: list[str] = []
    for part in parts:
        keyed = _KEYED.fullmatch(part)
        found = agent_id(part) or (agent_id(keyed[2], keyed[1]) if keyed else None)
        if found:
            ids.append(found)
        elif part:
            rest.append(part)
    return name, tuple(ids), tuple(rest)


def contributor(of: Agent, role: str) -> Contributor:
    """Give an agent its part in the work."""
    return Contributor(
        kind=of.kind,
        family=of.family,
        given=of.given,
        name=of.name,
        ids=of.ids,
        affiliations=of.affiliations,
        role=role or "Other",
    )
