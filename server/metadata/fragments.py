"""The bytes harvesters get, rendered once when a work changes and parsed once before anybody can be given them."""

from dataclasses import dataclass, replace

import msgspec
from lxml import etree

from server.clock import Clock, now, to_wire
from server.metadata.format import Format
from server.metadata.work import Work
from server.records.changes import Change
from server.records.embargo import opened
from server.records.model import Record, Related, is_id
from server.records.sets import specs_of
from server.records.store import State, Stored

_CHECK = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


@dataclass(frozen=True, slots=True)
class Repository:
    """Who we are to the world: what every address and every OAI identifier is made of."""

    name: str
    url: str
    domain: str
    email: str

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
        from urllib.parse import quote

        return f"{self.item(record_id)}/files/{quote(name)}"


@dataclass(slots=True)
class Renderer:
    """Turns a record into what the feed stores of it: one body a format.

    Its repository is put in another's place when it is renamed while we run; address and domain stay as they are.
    """

    repository: Repository
    formats: dict[str, Format]
    ids: dict[str, int]
    """The number of each format in the database, by name."""
    clock: Clock = now

    def current(self, stored: Stored) -> Stored:
        """Return a work as it counts today: one whose embargo has ended is open."""
        return replace(stored, record=opened(stored.record, self.clock().date()))

    def sets(self, record: Record, collection: str) -> tuple[str, ...]:
        """Return the setSpecs of a record as it counts today."""
        return specs_of(opened(record, self.clock().date()), collection)

    def work(self, record_id: str, record: Record, *, doi: str = "", deposited: str = "", modified: str = "") -> Work:
        """Put a record, as it counts today, and what the repository adds together."""
        record = opened(record, self.clock().date())
        names = (self.repository.file(record_id, file.name) if record.access_to(file) == "open" else "" for file in record.files)
        return Work(
            id=record_id,
            record=record,
            landing_url=self.repository.item(record_id),
            oai_id=self.repository.oai_id(record_id),
            doi=doi,
            file_urls=tuple(names),
            deposited=deposited,
            modified=modified,
            repository_name=self.repository.name,
        )

    def kept(self, stored: Stored, *, doi: str) -> Work:
        """Put a work the repository keeps and its DOI together; a withdrawn one says what took its place."""
        record = stored.record
        if stored.state is State.WITHDRAWN and stored.replacement:
            after = Related(value=stored.replacement, scheme="doi", relation="IsObsoletedBy")
            if address := self.repository.address(stored.replacement):
                after = Related(value=address, scheme="url", relation="IsObsoletedBy")
            record = msgspec.structs.replace(record, related=(*record.related, after))
        deposited, modified = stored.created.date().isoformat(), to_wire(stored.modified)
        return self.work(stored.id, record, doi=doi, deposited=deposited, modified=modified)

    def bodies(self, work: Work) -> dict[int, bytes]:
        """Write a work in every format that applies, as `<metadata>…</metadata>` by format number."""
        return {self.ids[f.name]: self._body(f, work) for f in self.formats.values() if f.applies(work.record)}

    def metadata(self, name: str, work: Work) -> bytes:
        """Write a work in one format, as a document of its own."""
        body = self.formats[name].write(work).strip().encode()
        etree.fromstring(body, _CHECK)
        return body

    def change(self, work: Work, collection: str) -> Change:
        """Make the feed's next state of a published work."""
        return Change(work.id, work.oai_id, self.sets(work.record, collection), self.bodies(work))

    def tombstone(self, record_id: str, record: Record, collection: str, known: dict[int, bytes]) -> Change:
        """Make the feed's next state of a withdrawn work: announced in the sets and formats it was known in."""
        return Change(record_id, self.repository.oai_id(record_id), self.sets(record, collection), known, deleted=True)

    def _body(self, form: Format, work: Work) -> bytes:
        body = form.write(work).strip().encode()
        etree.fromstring(body, _CHECK)  # one broken fragment would break every page it stands on; better refuse it here
        return b"<metadata>" + body + b"</metadata>"
