"""The documents of SWORD 2.0: service document, receipt, statement, feeds, errors. Values in, XML out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from server.clock import to_wire
from server.metadata.templates import environment
from server.sword.errors import SwordError
from server.sword.model import STATES, ContainerState, DepositState, Holding, Listing

ROOT = "/sword/v2"
MEDIA = f"{ROOT}/edit-media/"
TERMS = "http://purl.org/net/sword/terms/"
STATE = "http://purl.org/net/sword/state/"

MOST_REMARKS = 5

SERVICE_TYPE = "application/atomserv+xml"
ENTRY_TYPE = "application/atom+xml;type=entry"
FEED_TYPE = "application/atom+xml;type=feed"


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

    def item(self, number: str) -> str:
        return f"{self.base}/items/{number}"

    def monitor(self, deposit_id: str) -> str:
        return f"{self.base}/sword/deposits/{deposit_id}"


def service_document(links: Links, name: str, collections: Sequence[Collection], max_upload_kb: int) -> bytes:
    """Write the service document (§ 6.1); the size is in kilobytes."""
    return _render("service.xml", links=links, name=name, collections=collections, max_upload_kb=max_upload_kb)


def receipt(links: Links, holding: Holding) -> bytes:
    """Write a deposit receipt (§ 10)."""
    return _render("receipt.xml", links=links, holding=holding, treatment=treatment(holding), **_common(holding))


def statement(links: Links, holding: Holding) -> bytes:
    """Write a statement as an Atom feed (§ 11.2)."""
    description = " ".join(filter(None, (_state(holding), _problem(holding))))
    return _render(
        "statement.xml",
        links=links,
        holding=holding,
        state=STATE + holding.container.state.value,
        description=description,
        **_common(holding),
    )


def collection_feed(links: Links, collection: Collection, listing: Listing, now: datetime) -> bytes:
    """Write a collection as an Atom feed (RFC 5023 § 10)."""
    return _render(
        "collection.xml",
        links=links,
        collection=collection,
        listing=listing,
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


def treatment(holding: Holding) -> str:
    """Say what was done with the deposit."""
    problem = _problem(holding)
    if problem:
        return f"The deposit is kept but held. {problem}"
    words = [_state(holding)]
    words += [f"{value} is {state}." for value, state in holding.identifiers]
    if holding.remarks:
        words += ["Please check:", *holding.remarks[:MOST_REMARKS]]
    if (more := len(holding.remarks) - MOST_REMARKS) > 0:
        words.append(f"And {more} more; the administrator sees them all.")
    return " ".join(words)


def _state(holding: Holding) -> str:
    """Say where the deposit stands, and what somebody said when they returned or withdrew its work."""
    words = "The work was withdrawn." if holding.withdrawn else STATES[holding.container.state]
    return f"{words} Reason: {holding.reason}" if holding.reason else words


def _problem(holding: Holding) -> str:
    still = holding.container.state is ContainerState.HELD  # what was taken since did not mend it
    ends = {DepositState.HELD} if still else {DepositState.HELD, DepositState.TAKEN}
    last = next((d for d in reversed(holding.deposits) if d.state in ends), None)
    if last is None or last.problem is None or last.state is not DepositState.HELD:
        return ""
    found = last.problem
    place = f" ({found.place})" if found.place else ""
    return f"{found.message}{place} {found.remedy} Reference: {last.id}."


def _common(holding: Holding) -> dict[str, object]:
    is_visible = holding.container.state is ContainerState.ACCEPTED and not holding.withdrawn
    return {"updated": to_wire(holding.container.changed), "is_visible": is_visible, "wire": to_wire, "terms": TERMS}


def _render(template: str, /, **values: object) -> bytes:
    return environment().get_template(f"sword/{template}").render(values).encode()
