"""The documents of SWORD 2.0: service document, receipt, statement, feeds, errors. Values in, XML out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from server.clock import to_wire
from server.metadata.templates import environment
from server.sword.causes import is_of_metadata
from server.sword.errors import SwordError
from server.sword.model import ENTRY_TYPES, STATES, ContainerState, Deposit, DepositState, Holding, Listing
from server.sword.v2.dublin_core import elements

ROOT = "/sword/v2"
MEDIA = f"{ROOT}/edit-media/"
TERMS = "http://purl.org/net/sword/terms/"
STATE = "http://purl.org/net/sword/state/"

MOST_REMARKS = 5
MOST_TOLD = 20

SERVICE_TYPE = "application/atomsvc+xml"
ENTRY_TYPE = "application/atom+xml;type=entry"
FEED_TYPE = "application/atom+xml;type=feed"
ORE_TYPE = "application/rdf+xml"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection somebody may deposit into."""

    name: str
    title: str
    policy: str
    treatment: str
    packagings: tuple[str, ...]
    abstract: str = ""
    mediation: bool = False
    """Whether the account that asks may deposit on behalf of others."""
    server: str = ""
    """The code of its server, where that has a service document of its own beside this one."""


@dataclass(frozen=True, slots=True)
class Links:
    """The IRIs of one server (SWORD 2.0 § 6)."""

    base: str

    @property
    def service(self) -> str:
        return f"{self.base}{ROOT}/service-document"

    def service_of(self, code: str) -> str:
        return f"{self.service}/{quote(code, safe='')}"

    def collection(self, name: str) -> str:
        return f"{self.base}{ROOT}/collection/{quote(name, safe='')}"

    def edit(self, number: str) -> str:
        return f"{self.base}{ROOT}/edit/{number}"

    def media(self, number: str) -> str:
        return f"{self.base}{ROOT}/edit-media/{number}"

    def file(self, number: str, name: str) -> str:
        return f"{self.base}{ROOT}/edit-media/{number}/{quote(name)}"

    def original(self, deposit_id: str) -> str:
        return f"{self.base}{ROOT}/original/{deposit_id}"

    def statement(self, number: str) -> str:
        return f"{self.base}{ROOT}/statement/{number}"

    def ore(self, number: str) -> str:
        return f"{self.statement(number)}.rdf"

    def page(self, name: str, after: str) -> str:
        return f"{self.collection(name)}?after={quote(after, safe='')}"

    def item(self, number: str) -> str:
        return f"{self.base}/items/{number}"

    def monitor(self, deposit_id: str) -> str:
        return f"{self.base}/sword/deposits/{deposit_id}"


def service_document(links: Links, name: str, collections: Sequence[Collection], max_upload_kb: int) -> bytes:
    """Write the service document (§ 6.1); the size is in kilobytes."""
    return _render("service.xml", links=links, name=name, collections=collections, max_upload_kb=max_upload_kb)


def receipt(links: Links, holding: Holding, deposit: str = "") -> bytes:
    """Write a deposit receipt (§ 10); in the reply to a `deposit` that brought bytes, with the link to them."""
    kept = _originals(holding)
    original = next((each for each in kept if each.id == deposit), kept[0] if deposit and kept else None)
    return _render(
        "receipt.xml",
        links=links,
        holding=holding,
        elements=elements(holding),
        original=original,
        treatment=treatment(links, holding),
        verbose=verbose(holding),
        **_common(holding),
    )


def statement(links: Links, holding: Holding) -> bytes:
    """Write a statement as an Atom feed (§ 11.2)."""
    return _render("statement.xml", links=links, holding=holding, **_stated(holding), **_common(holding))


def ore(links: Links, holding: Holding) -> bytes:
    """Write a statement as an OAI-ORE resource map in RDF/XML (§ 11.1)."""
    aggregation = f"{links.edit(holding.container.id)}#aggregation"
    return _render("ore.xml", links=links, holding=holding, aggregation=aggregation, **_stated(holding), **_common(holding))


def _stated(holding: Holding) -> dict[str, object]:
    description = " ".join(filter(None, (_state(holding), _problem(holding))))
    return {"state": STATE + holding.container.state.value, "description": description, "originals": _originals(holding)}


def _originals(holding: Holding) -> list[Deposit]:
    return [deposit for deposit in holding.deposits if deposit.sha256 and deposit.bytes]


def collection_feed(links: Links, collection: Collection, listing: Listing, now: datetime, after: str = "") -> bytes:
    """Write a page of a collection as an Atom feed, linked with the next (RFC 5023 § 10.1)."""
    return _render(
        "collection.xml",
        links=links,
        collection=collection,
        listing=listing,
        page=links.page(collection.name, after) if after else links.collection(collection.name),
        updated=to_wire(now),
        wire=to_wire,
    )


def media_feed(links: Links, holding: Holding) -> bytes:
    """Write a container's files as an Atom feed (§ 6.4)."""
    return _render("media.xml", links=links, holding=holding, **_common(holding))


def error(href: str, failure: SwordError, now: datetime, generator: str) -> bytes:
    """Write an error document (§ 12).

    `href` leads the depositor to the same words and what became of it since, its last part is the client's reference.
    """
    return _render("error.xml", failure=failure, href=href, updated=to_wire(now), generator=generator)


def treatment(links: Links, holding: Holding) -> str:
    """Say what was done with the deposit, and of what is held by which address it is mended."""
    last, problem = _held(holding), _problem(holding)
    if last is not None:
        entry = (last.content_type or "").partition(";")[0].strip().lower() in ENTRY_TYPES
        described = entry or (last.problem is not None and is_of_metadata(last.problem.code))
        mends = links.edit(holding.container.id) if described else links.media(holding.container.id)
        return f"The deposit is kept but held. {problem} PUT to {mends} mends it. More: {links.monitor(last.id)}"
    words = [_state(holding)]
    words += [f"{value} is {state}." for value, state in holding.identifiers]
    if holding.remarks:
        words += ["Please check:", *map(_sentence, holding.remarks[:MOST_REMARKS])]
    if (more := len(holding.remarks) - MOST_REMARKS) > 0:
        words.append(f"And {more} more, at {links.monitor(holding.deposits[-1].id)}")
    return " ".join(words)


def verbose(holding: Holding) -> str:
    """Say all there is to say: what the client calls the deposit, all that was remarked, how each request ended (§ 10)."""
    words = [f"Slug: {holding.container.slug}."] if holding.container.slug else []
    words += map(_sentence, holding.remarks)
    words += [f"{to_wire(each.received)} {each.operation}: {each.state}." for each in holding.deposits[-MOST_TOLD:]]
    return " ".join(words)


def _state(holding: Holding) -> str:
    """Say where the deposit stands, and what somebody said when they returned or withdrew its work."""
    words = "The work was withdrawn." if holding.withdrawn else STATES[holding.container.state]
    return f"{words} Reason: {holding.reason}" if holding.reason else words


def _sentence(words: str) -> str:
    """Return words as a sentence, so that one can be told from the next."""
    return words if words.endswith((".", "!", "?", ":")) else f"{words}."


def _held(holding: Holding) -> Deposit | None:
    """Return the deposit that is held, unless it was mended since."""
    still = holding.container.state is ContainerState.HELD  # what was taken since did not mend it
    ends = {DepositState.HELD} if still else {DepositState.HELD, DepositState.TAKEN}
    last = next((d for d in reversed(holding.deposits) if d.state in ends), None)
    return last if last is not None and last.problem is not None and last.state is DepositState.HELD else None


def _problem(holding: Holding) -> str:
    last = _held(holding)
    if last is None or last.problem is None:
        return ""
    found = last.problem
    place = f" ({found.place})" if found.place and found.place not in found.message else ""
    return " ".join(filter(None, (_sentence(f"{found.message}{place}"), found.remedy, f"Reference: {last.id}.")))


def _common(holding: Holding) -> dict[str, object]:
    is_visible = holding.container.state is ContainerState.ACCEPTED and not holding.withdrawn
    return {"updated": to_wire(holding.container.changed), "is_visible": is_visible, "wire": to_wire, "terms": TERMS}


def _render(template: str, /, **values: object) -> bytes:
    return environment().get_template(f"sword/{template}").render(values).encode()
