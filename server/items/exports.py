"""The forms a work is given in beside its page: each has an address of its own, `/items/{id}.{ending}`, and a media type."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from server.items.bibtex import bibtex
from server.items.citation import citation
from server.items.cited import FIRST, plain
from server.items.csl import csl
from server.items.datacite_json import datacite_json
from server.items.ris import ris
from server.items.schema_org import json_ld
from server.metadata.format import Format
from server.metadata.fragments import Renderer
from server.metadata.work import Work
from server.records.model import Record

Write = Callable[[Renderer, Work], bytes]


@dataclass(frozen=True, slots=True)
class Export:
    """One form of a work."""

    ending: str
    media: str
    title: str
    write: Write
    also: tuple[str, ...] = ()
    """Other media types it is asked for by."""
    profile: str = ""
    """What identifies its vocabulary: the namespace of XML."""
    attached: bool = False
    """Whether a browser is to keep it, so that a reference manager opens it."""
    applies: Callable[[Record], bool] = lambda _record: True
    negotiable: bool = True

    @property
    def is_reference(self) -> bool:
        """Whether it is for those who cite, and not for those who catalogue."""
        return self.ending in {"bib", "ris", "csl.json", "txt"}

    @property
    def content_type(self) -> str:
        """Return the Content-Type it is sent with: text needs its encoding said, XML and JSON say it themselves."""
        return self.media if self.media.endswith(("xml", "json")) else f"{self.media}; charset=utf-8"


def _json(write: Callable[[Work], Any]) -> Write:
    return lambda _renderer, work: msgspec.json.format(msgspec.json.encode(write(work)), indent=2) + b"\n"


def _text(write: Callable[[Work], str]) -> Write:
    return lambda _renderer, work: write(work).encode()


def reference(work: Work, style: str = FIRST) -> str:
    """Return a work as lists of references have it."""
    return plain(csl(work), style) or citation(work.record)


REFERENCE = "text/x-bibliography"
"""The media type of a reference; its parameter `style` says which style of CSL."""

_OWN = (
    Export("bib", "application/x-bibtex", "BibTeX", _text(bibtex), ("text/x-bibtex",), attached=True),
    Export("ris", "application/x-research-info-systems", "RIS", _text(ris), attached=True),
    Export("csl.json", "application/vnd.citationstyles.csl+json", "CSL-JSON", _json(lambda work: [csl(work)])),
    Export("txt", REFERENCE, "Text", _text(lambda work: f"{reference(work)}\n")),
    Export("jsonld", "application/ld+json", "schema.org", _json(json_ld), ("application/json",), "https://schema.org/"),
    Export("datacite.json", "application/vnd.datacite.datacite+json", "DataCite JSON", _json(datacite_json)),
)

#: Media types of formats that have one of their own, and what else they are asked for by.
_MEDIA = {
    "datacite": ("application/vnd.datacite.datacite+xml", "application/xml", "text/xml"),
    "mods": ("application/mods+xml",),
    "marcxml": ("application/marcxml+xml",),
    "mets": ("application/mets+xml",),
}


def exports(formats: Mapping[str, Format]) -> dict[str, Export]:
    """Return the forms by their ending: those of citations, and each OAI format as a document of its own."""
    return {each.ending: each for each in (*_OWN, *_documents(formats.values()))}


def _documents(formats: Iterable[Format]) -> Iterator[Export]:
    for form in formats:
        if not form.is_variant:
            media, *also = _MEDIA.get(form.name, ("application/xml",))
            yield Export(
                f"{form.name}.xml", media, form.title.partition(":")[0], _document(form.name), tuple(also), form.namespace,
                applies=form.applies, negotiable=form.name in _MEDIA,
            )  # fmt: skip


def _document(name: str) -> Write:
    return lambda renderer, work: b'<?xml version="1.0" encoding="UTF-8"?>\n' + renderer.metadata(name, work) + b"\n"


def of(forms: Iterable[Export], record: Record) -> tuple[Export, ...]:
    """Return the forms a work can be given in."""
    return tuple(form for form in forms if form.applies(record))
