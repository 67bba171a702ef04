"""Where a work was harvested from (OAI-PMH guidelines on provenance): a frozen value that cannot be wrong."""

import re
from datetime import date, time

import msgspec

from server.records.model import Value

#: An absolute address or name as XML Schema's anyURI takes it (RFC 3986 § 3, and other characters as they are).
_MARKS = r"""\w.~!$&'()*+,;=<>"{}|\\^`\-"""
_TAIL = rf"(?:[{_MARKS}:@/?]|%[0-9A-Fa-f]{{2}})*"
_AUTHORITY = rf"(?:[{_MARKS}:]*@)?(?:\[[0-9A-Fa-f:.]+\]|[{_MARKS}]*)(?::[0-9]{{1,5}})?(?=[/?#]|\Z)"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_AUTHORITY}|(?!//)){_TAIL}(?:#{_TAIL})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z)?")


def is_moment(text: str) -> bool:
    """Whether a text is a day, or a time of day in UTC, as OAI-PMH writes them (3.3); fractions of a second are let pass."""
    if not _MOMENT.fullmatch(text):
        return False
    try:
        date.fromisoformat(text[:10])
        time.fromisoformat(text[11:19] or "00:00:00")
    except ValueError:
        return False
    return True


class Provenance(Value, frozen=True, kw_only=True):
    """The record of another repository that a work was made of.

    Construction refuses (ValueError) what its schema would: names that are no URIs, dates that are none.
    """

    base_url: str
    identifier: str
    """Its OAI identifier there."""
    datestamp: str
    """As the other repository wrote it."""
    namespace: str
    """Of the metadata that were harvested; empty where they had none."""
    harvested: str
    altered: bool = True
    """Whether what is given on differs from what came. It does of what we harvest: the metadata are written anew."""
    origin: "Provenance | None" = None
    """Where the other repository harvested it from."""

    def __post_init__(self) -> None:
        if not all(_URI.fullmatch(uri) for uri in (self.base_url, self.identifier, self.namespace or "urn:none")):
            raise ValueError("base URL, identifier and namespace must be URIs")
        if not (is_moment(self.datestamp) and is_moment(self.harvested)):
            raise ValueError("datestamp and harvest date must be dates in UTC")

    def tells_as(self, other: "Provenance | None") -> bool:
        """Whether another one is of the same state of the same record, whenever it was harvested."""
        return other is not None and msgspec.structs.replace(other, harvested=self.harvested) == self


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Provenance)


def encode(provenance: Provenance | None) -> str | None:
    """Write it as JSON, as it is kept beside a work."""
    return None if provenance is None else _encoder.encode(provenance).decode()


def decode(document: str | None) -> Provenance | None:
    """Read it from its JSON."""
    return None if document is None else _decoder.decode(document)
