"""The SWORD server: who may deposit where, and what becomes of it. A kind of profile, one for each group of clients."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import aiohttp
from aiohttp import ClientSession
from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.forms.field import Choice, Label, title
from server.profiles import store as profiles
from server.profiles.kind import Kind, Tested
from server.profiles.live import Live
from server.profiles.model import Profile, Wrong
from server.records.vocabulary import TYPES
from server.ruled import refuse
from server.sword.model import Rules

KIND = "sword"

_NAME = r"^[A-Za-z0-9._~-]{1,64}$"
_TIMEOUT = aiohttp.ClientTimeout(total=15)
_QUOTED = 200
_SAYS_NAME = "may hold letters A to Z, digits and . - _ ~ only, at most 64"
_UNAUTHORISED = 401


class Collection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A collection somebody may deposit into."""

    id: Annotated[
        str, Meta(pattern=_NAME), title("Code", "Its last part of the address; no other collection may have it.", rule=_SAYS_NAME)
    ]
    title: Annotated[str, Meta(min_length=1, max_length=200), title("Title", "Clients show it to depositors.")]
    abstract: Annotated[str, Meta(max_length=5000), title("Abstract", "What belongs into it.", widget="textarea")] = ""
    policy: Annotated[str, Meta(max_length=5000), title("Policy", "Who may deposit, and on what terms.", widget="textarea")] = ""
    import_as: Annotated[
        Literal["approved", "pending"],
        title(
            "Import as",
            "What becomes of a complete deposit.",
            choices=(
                Choice("approved", "Approved: it is published at once"),
                Choice("pending", "Pending: it waits for approval"),
            ),
        ),
    ] = "approved"
    type: Annotated[
        str,
        title(
            "Type of works that name none", "Empty: Other.", choices=tuple(Choice(row.code, row.label) for row in TYPES.values())
        ),
    ] = ""
    packagings: Annotated[tuple[str, ...], title("Packagings accepted", "None chosen means all.")] = ()

    def __post_init__(self) -> None:
        if self.type and self.type not in TYPES:
            raise ValueError(f"type: there is no type {self.type!r}, for example dataset.dataset")


class Client(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account that may deposit here."""

    account: Annotated[str, Meta(min_length=1, max_length=100), title("Account", "The name it logs in by.")]
    collections: Annotated[
        tuple[str, ...], title("Collections", "Codes, one a line; empty: every collection of this server.")
    ] = ()
    mediates: Annotated[
        bool,
        title("May deposit on behalf of others", "It names any active account (On-Behalf-Of); the deposit is that account's."),
    ] = False


def _twice(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


class Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one group of SWORD clients finds, and how their deposits are taken."""

    code: Annotated[
        str, Meta(pattern=_NAME), title("Code", "Stands in the address of this server's own service document.", rule=_SAYS_NAME)
    ]
    collections: Annotated[tuple[Collection, ...], Meta(min_length=1, max_length=200), title("Collections", one="Collection")]
    clients: Annotated[
        tuple[Client, ...],
        Meta(max_length=1000),
        title("Accounts of the clients", "None: every account that may deposit by SWORD.", one="Account"),
    ] = ()
    content_faults: Annotated[
        Literal["hold", "refuse"],
        title(
            "Wrong content",
            "What becomes of a deposit whose content is wrong.",
            choices=(Choice("hold", "Hold it: kept, and shown with its cause and remedy"), Choice("refuse", "Refuse it (400)")),
        ),
    ] = "hold"
    read_now_mb: Annotated[
        int,
        Meta(ge=0, le=1_000_000),
        title("Read at once up to", "Megabytes. Larger packages are read by the worker, after the client has its receipt."),
    ] = 64

    def __post_init__(self) -> None:
        refuse(self, self.faults)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        collections, clients = values.get("collections", ()), values.get("clients", ())
        ids = [collection.id for collection in collections if collection]
        names = [client.account for client in clients if client]
        yield from (("collections", f"two of them have the code {twice!r}") for twice in _twice(ids))
        yield from (("clients", f"{twice!r} stands there twice") for twice in _twice(names))
        if not all(collections):
            return  # whether a code is of this server can be said only when all codes could be read
        for number, client in enumerate(clients):
            for code in client.collections if client else ():
                if code not in ids:
                    yield (
                        f"clients.{number}.collections",
                        f"{client.account} may deposit into {code!r}, which is no collection of this server",
                    )

    def mediates(self, account: str) -> bool:
        """Whether an account may deposit here on behalf of others."""
        return any(client.mediates for client in self.clients if client.account == account)

    def serves(self, account: str, collection: str = "") -> bool:
        """Whether an account may deposit here at all, or into one collection."""
        if not self.clients:
            return True
        client = next((client for client in self.clients if client.account == account), None)
        return client is not None and (not collection or not client.collections or collection in client.collections)


@dataclass(frozen=True, slots=True)
class Servers:
    """The SWORD servers that are switched on, as they are at this moment."""

    live: Live

    def _every(self) -> Iterator[Server]:
        for each in self.live.of(KIND):
            yield each.settings

    def open_to(self, account: str, code: str = "", *, for_others: bool = False) -> list[Collection]:
        """Return the collections an account may deposit into, of all servers or of the one with this code.

        On behalf of others it may only into those of servers that let it.
        """
        return [
            collection
            for server in self._every()
            if (not code or server.code == code) and (not for_others or server.mediates(account))
            for collection in server.collections
            if server.serves(account, collection.id)
        ]

    def titles(self) -> dict[str, str]:
        """Return what the collections are called, by code."""
        return {collection.id: collection.title for server in self._every() for collection in server.collections}

    def several(self) -> bool:
        """Whether there is more than one server, each with a service document of its own."""
        return len(list(self._every())) > 1

    def knows(self, code: str) -> bool:
        return any(server.code == code for server in self._every())

    def rules(self, collection: str) -> Rules:
        """Return how deposits into a collection are taken; one that is not offered any more lets works wait for approval."""
        for server in self._every():
            for found in server.collections:
                if found.id == collection:
                    return Rules(
                        approves=found.import_as == "approved",
                        refuses=server.content_faults == "refuse",
                        read_now=server.read_now_mb * 2**20,
                        type=found.type,
                        packagings=found.packagings,
                        server=server.code,
                    )
        return Rules()

    def mediates(self, account: str) -> bool:
        """Whether an account may deposit on behalf of others."""
        return any(server.mediates(account) for server in self._every())


def kind(url: str, packagings: Mapping[str, str]) -> Kind:
    """Return the kind; `url` is our address without a slash at its end, `packagings` are their IRIs and titles."""
    service = f"{url}/sword/v2/service-document"

    async def test(settings: Server, session: ClientSession) -> Tested:
        return await _asked(f"{service}/{settings.code}", session)

    def facts(profile: Profile) -> tuple[tuple[str, str], ...]:
        own = f"{service}/{profile.document.get('code', '')}"
        offered = profile.document.get("collections", ())
        addresses = ((f"Collection {found['title']}", f"{url}/sword/v2/collection/{found['id']}") for found in offered)
        return (("Service document of this server", own), ("Service document of all", service), *addresses)

    choices = tuple(Choice(iri, name, iri) for iri, name in packagings.items())
    return Kind(
        name=KIND,
        title="SWORD server",
        description="Takes works in from other systems by SWORD: collections, accounts of the clients, what becomes of deposits.",
        settings=Server,
        creates="An import for each request, and a job for each large package. Clients log in by their accounts.",
        test=test,
        guard=_guard,
        facts=facts,
        labels={"collections.packagings": Label(choices=choices)},
    )


def _guard(tx: Connection, before: Profile | None, settings: Server) -> None:
    """Refuse codes that another server has, and clients that are no accounts. Raises Wrong with all of them."""
    wrong = {}
    for other in profiles.every(tx):
        if other.kind != KIND or (before is not None and other.id == before.id):
            continue
        if other.document.get("code") == settings.code:
            wrong["code"] = f"The server {other.name!r} has this code."
        theirs = {found["id"] for found in other.document.get("collections", ())}
        for number, collection in enumerate(settings.collections):
            if collection.id in theirs:
                wrong[f"collections.{number}.id"] = f"The server {other.name!r} has a collection of this code."
    known = {account.name for account in accounts.every(tx)} if settings.clients else set()
    for number, client in enumerate(settings.clients):
        if client.account not in known:
            wrong[f"clients.{number}.account"] = f"There is no account {client.account!r}; make it first."
    if wrong:
        raise Wrong(wrong)


async def _asked(address: str, session: ClientSession) -> Tested:
    """Ask for the service document as a client would that has not logged in: the door must ask who it is."""
    try:
        async with session.get(address, timeout=_TIMEOUT) as answer:
            body = (await answer.content.read(_QUOTED * 4)).decode("utf-8", "replace")
            status, asks = answer.status, answer.headers.get("WWW-Authenticate", "")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Tested(agrees=False, message=f"Nobody answers at {address}: {str(error) or type(error).__name__}")
    if status == _UNAUTHORISED and "Sheaf SWORD" in asks:
        return Tested(agrees=True, message=f"{address} answers and asks clients to log in: {asks}.")
    said = " ".join(re.sub(r"<[^>]*>", " ", body).split())[:_QUOTED]
    return Tested(agrees=False, message=f"{address} answers {status} and does not ask clients to log in: {said}")
