"""What every route of SWORD 3.0 shares: reading an object as it stands, the answers and the refusals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Account
from server.errors import SheafError
from server.sword import errors, reference_store
from server.sword.door import ACCOUNT, DEPOSIT, Door, Handler
from server.sword.holding import holding
from server.sword.model import ContainerState, Holding
from server.sword.profile.settings import Collection
from server.sword.reference import OUTSTANDING, Named
from server.sword.v3 import documents
from server.sword.v3.documents import Limits, Server, Service
from server.sword.v3.links import Links
from server.sword.v3.opening import Opening
from server.sword.v3.status import object_tag, status

_V3 = "http://purl.org/net/sword/3.0/package/"
ARCHIVES = ("application/zip", "application/x-tar", "application/gzip", "application/x-bzip2", "application/x-xz")


@dataclass(frozen=True, slots=True)
class Standing:
    """An object as it is, with the files it waits for."""

    holding: Holding
    named: list[Named]

    @property
    def tag(self) -> str:
        return object_tag(self.holding, self.named)

    @property
    def waits(self) -> bool:
        """Whether something of it is still done by a worker."""
        received = self.holding.container.state is ContainerState.RECEIVED
        return received or any(each.state in OUTSTANDING for each in self.named)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes of SWORD 3.0 stand on."""

    door: Door
    links: Links
    name: Callable[[], str]
    """What the repository is called."""
    opening: Opening
    limits: Limits

    def route(self, method: str, path: str, handler: Handler) -> web.RouteDef:
        return self.door.route(method, path, handler, self.refusal)

    async def standing(self, request: web.Request, number: str = "") -> Standing:
        """Return the object of an address, or one by its number. Raises NotFound and Refused."""
        return await self.door.database.read(_standing, number or request.match_info["id"], request[ACCOUNT])

    async def answered(
        self, request: web.Request, number: str, made: int, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """Answer with the Status document: 202 where a worker still has something to do, else as `made` says (§ 7)."""
        found = await self.standing(request, number)
        return self.status(found, 202 if found.waits else made, headers)

    def status(self, found: Standing, code: int, headers: Mapping[str, str] | None = None) -> web.Response:
        own = {"ETag": quoted(found.tag)} | dict(headers or {})
        return written(status(self.links, found.holding, found.named), code, own)

    async def done(self, request: web.Request, number: str, tag: Callable[[Standing], str]) -> web.Response:
        """Answer what has no document: 204, or 202 where a worker still has something to do."""
        found = await self.standing(request, number)
        return web.Response(status=202 if found.waits else 204, headers={"ETag": quoted(tag(found))})

    def server(self, client: Account) -> Server:
        return Server(
            self.name(), self.limits, self.opening.formats(), ARCHIVES, on_behalf_of=self.door.servers.mediates(client.name)
        )

    def offered(self, request: web.Request) -> list[Service]:
        """Return the services the client may deposit to."""
        return [self.service(found) for found in self.door.open_to(request)]

    def service(self, found: Collection) -> Service:
        ending = "are published at once" if found.import_as == "approved" else "wait for approval"
        known = self.door.intake.understanding.packagings
        offered = [each for each in known if not found.packagings or each.iri in found.packagings]
        names = [next((name for name in each.names if name.startswith(_V3)), each.iri) for each in offered]
        return Service(found.id, found.title, found.abstract, found.policy, f"Complete deposits {ending}.", tuple(names))

    # --- refusing

    def translate(self, request: web.Request, code: int, text: str) -> web.StreamResponse:
        """Answer what the web server itself refuses (404, 405, 500, …) with an error document too."""
        return self.refusal(request, errors.of_status(code)(text))

    def refusal(self, request: web.Request, error: SheafError) -> web.Response:
        """Answer with an error document; whatever went wrong, it is never HTML and never empty."""
        failure, number = errors.spoken(error), request.get(DEPOSIT, "")
        tried = "Authorization" in request.headers
        reference = self.links.deposit(number) if number and request.get(ACCOUNT) else ""
        code, document = documents.error(failure, self.door.clock(), reference=reference, tried=tried)
        return written(document, code, failure.headers if code == failure.status else {})


def _standing(tx: Connection, number: str, account: Account) -> Standing:
    return Standing(holding(tx, number, account), reference_store.of_container(tx, number))


def quoted(tag: str) -> str:
    return f'"{tag}"'


def written(document: dict[str, Any], code: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=documents.written(document), status=code, headers={"Content-Type": documents.TYPE, **(headers or {})}
    )
