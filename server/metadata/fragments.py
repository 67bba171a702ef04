"""The bytes harvesters get, parsed once before anybody can be given them.

oai_dc is written when a work changes, as everybody asks for it; the other formats are written when somebody asks.
"""

from dataclasses import dataclass, field, replace

import msgspec
from lxml import etree

from server.clock import Clock, now
from server.metadata.about import about
from server.metadata.format import Format
from server.metadata.sets import Grouping
from server.metadata.work import NAMELESS, Names, Work, file_address
from server.records.changes import Change, Written
from server.records.embargo import opened
from server.records.model import Record, Related, is_id
from server.records.provenance import Provenance
from server.records.query import Facts
from server.records.store import State, Stored

#: The formats that are written when a work changes.
AT_ONCE = frozenset({"oai_dc"})

_LONGEST_CAUSE = 500
_CHECK = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


@dataclass(frozen=True, slots=True)
class Repository:
    """Who we are to the world: what every address and every OAI identifier is made of."""

    name: str
    url: str
    domain: str
    email: str
    licence: str = ""
    """The address of the licence of all metadata; empty where none is said."""

    def item(self, record_id: str) -> str:
        """Return the address of a work's page: direct, without a redirect."""
        return f"{self.url}/items/{record_id}"

    def address(self, replacement: str) -> str:
        """Return the address of what took a work's place, a work of ours or a page elsewhere; empty for a DOI."""
        if is_id(replacement):
            return self.item(replacement)
        return replacement if replacement.startswith(("https://", "http://")) else ""

    def oai_id(self, record_id: str) -> str:
        """Return a work's OAI identifier (oai-identifier guideline)."""
        return f"oai:{self.domain}:{record_id}"

    def local_id(self, oai_id: str) -> str:
        """Return the record id in an OAI identifier of ours, or an empty string.

        So what cannot be an id never reaches the database.
        """
        prefix = f"oai:{self.domain}:"
        local = oai_id.removeprefix(prefix)
        return local if oai_id.startswith(prefix) and is_id(local) else ""

    def file(self, record_id: str, name: str) -> str:
        """Return the address of one file of a work."""
        return file_address(self.item(record_id), name)


@dataclass(slots=True)
class Renderer:
    """Turns a record into what the feed stores of it: one body a format.

    Its repository is put in another's place when it is renamed while we run, and its grouping when the sets are defined
    otherwise; address and domain stay as they are.
    """

    repository: Repository
    formats: dict[str, Format]
    ids: dict[str, int]
    """The number of each format in the database, by name."""
    clock: Clock = now
    grouping: Grouping = field(default_factory=Grouping)
    """The sets records are in."""

    def current(self, stored: Stored) -> Stored:
        """Return a work as it counts today: one whose embargo has ended is open."""
        return replace(stored, record=opened(stored.record, self.clock().date()))

    def sets(self, record: Record, collection: str, doi: str = "") -> tuple[str, ...]:
        """Return the setSpecs of a record as it counts today; `doi` is the one of ours it is shown with."""
        return self.grouping.specs(Facts(opened(record, self.clock().date()), collection, doi))

    def work(
        self,
        record_id: str,
        record: Record,
        *,
        names: Names = NAMELESS,
        deposited: str = "",
        provenance: Provenance | None = None,
    ) -> Work:
        """Put a record, as it counts today, and what the repository adds together."""
        record = opened(record, self.clock().date())
        address = self.repository.file
        urls = (address(record_id, file.name) if record.access_to(file) == "open" else "" for file in record.files)
        return Work(
            id=record_id,
            record=record,
            landing_url=self.repository.item(record_id),
            oai_id=self.repository.oai_id(record_id),
            doi=names.doi,
            handle=names.handle,
            file_urls=tuple(urls),
            deposited=deposited,
            repository_name=self.repository.name,
            provenance=provenance,
        )

    def kept(self, stored: Stored, *, names: Names) -> Work:
        """Put a work the repository keeps and its names together; a withdrawn one says what took its place.

        When it was changed is left to whoever knows what harvesters were told: an owner may change, and no record does.
        """
        record = stored.record
        if stored.state is State.WITHDRAWN and stored.replacement:
            after = Related(value=stored.replacement, scheme="doi", relation="IsObsoletedBy")
            if address := self.repository.address(stored.replacement):
                after = Related(value=address, scheme="url", relation="IsObsoletedBy")
            record = msgspec.structs.replace(record, related=(*record.related, after))
        deposited = stored.created.date().isoformat()
        return self.work(stored.id, record, names=names, deposited=deposited, provenance=stored.provenance)

    def write(self, work: Work) -> Written:
        """Write a work in the formats that are written at once, and say in which others it can be given."""
        bodies: dict[int, bytes] = {}
        broken: dict[int, str] = {}
        others = 0
        for form in self.formats.values():
            number = self.ids[form.name]
            try:
                if not form.applies(work.record):
                    continue
                if form.name in AT_ONCE:
                    bodies[number] = self.body(form, work)
                else:
                    others |= 1 << number
            except Exception as error:  # noqa: BLE001 - whatever it is, it holds up this format of this work alone; it is named
                broken[number] = cause_of(error)
        return Written(bodies, others, broken)

    def metadata(self, name: str, work: Work) -> bytes:
        """Write a work in one format, as a document of its own."""
        body = self.formats[name].write(work).strip().encode()
        etree.fromstring(body, _CHECK)
        return body

    def change(self, work: Work, collection: str) -> Change:
        """Make the feed's next state of a published work."""
        return Change(work.id, work.oai_id, self.sets(work.record, collection, work.doi), self.write(work))

    def tombstone(self, record_id: str) -> Change:
        """Make the feed's next state of a withdrawn work: announced in the sets and formats it was known in."""
        return Change(record_id, self.repository.oai_id(record_id), (), deleted=True)

    def body(self, form: Format, work: Work) -> bytes:
        """Write a work in one format as `<metadata>…</metadata>`, with what is to be said about that (OAI-PMH 2.5).

        Raises whatever the format or the parser has against it.
        """
        body = form.write(work).strip().encode()
        etree.fromstring(body, _CHECK)  # one broken fragment would break every page it stands on; better refuse it here
        return b"<metadata>" + body + b"</metadata>" + about(self.repository.licence, work.provenance)


def cause_of(error: Exception) -> str:
    """Say in a line why a work cannot be written."""
    return f"{type(error).__name__}: {error}".partition("\n")[0][:_LONGEST_CAUSE]
