"""The works a record names beside itself, by what they are to it: other versions first. Pure."""

from dataclasses import dataclass

from server.items import spoken
from server.items.facts import Named
from server.metadata.addresses import link, uri, uri_of
from server.records.model import Record, Related

#: Relations between forms of one work.
_VERSIONS = frozenset({
    "IsNewVersionOf", "IsPreviousVersionOf", "IsVersionOf", "HasVersion", "IsVariantFormOf", "IsOriginalFormOf", "IsIdenticalTo",
    "Obsoletes", "IsObsoletedBy", "IsTranslationOf", "HasTranslation",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relations:
    """Other works; the note of each says what it is to this one."""

    versions: tuple[Named, ...]
    others: tuple[Named, ...]


def relations(record: Record) -> Relations:
    """Return the other versions of a work, and what else it is related to."""
    named = tuple((each.relation in _VERSIONS, _related(each)) for each in record.related)
    return Relations(
        tuple(other for is_version, other in named if is_version), tuple(other for is_version, other in named if not is_version)
    )


def _related(other: Related) -> Named:
    address = link(other.scheme, other.value)
    href = uri(address) if address.startswith(("https://", "http://")) else uri_of(other.scheme, other.value)
    return Named(address, href if href.startswith("http") else "", note=spoken.role(other.relation))
