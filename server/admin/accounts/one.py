"""One account: its role and address changed, switched on and off, unlocked, its password reset, its sessions and tokens ended."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from multidict import MultiDict
from sqlalchemy import Connection

from server.accounts import keeping, once, own, sessions, store, tokens
from server.accounts.model import ROLES, Account, Right, Role
from server.admin.accounts.listing import faults_of_person
from server.clock import Clock
from server.errors import Conflict, Invalid, NotFound, Unavailable
from server.openid import admission
from server.portal.account.tokens import made, offered, read
from server.portal.asked import number
from server.portal.door import VISITOR, fields, pairs
from server.portal.frame import Frame, led
from server.portal.links import link

_HERE = "/admin/accounts/{id}"
Deed = Callable[[web.Request, Account], Awaitable[str]]
"""Does something with an account and returns the notice to show."""


@dataclass(frozen=True, slots=True)
class One:
    frame: Frame
    post: own.Post

    def routes(self) -> list[web.RouteDef]:
        deeds: dict[str, Deed] = {
            "switch-off": self.switch_off,
            "switch-on": self.switch_on,
            "unlock": self.unlock,
            "end-sessions": self.end_sessions,
            "take-codes-away": self.take_codes_away,
            "mail-link": self.mail_link,
            "revoke": self.revoke,
        }
        return [
            self.frame.get(_HERE, Right.ACCOUNTS, self.page),
            self.frame.post(_HERE, Right.ACCOUNTS, self.save),
            self.frame.post(f"{_HERE}/link", Right.ACCOUNTS, self.make_link),
            self.frame.post(f"{_HERE}/tokens", Right.ACCOUNTS, self.make_token),
            *(self.frame.post(f"{_HERE}/{name}", Right.ACCOUNTS, self._doing(deed)) for name, deed in deeds.items()),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, 200, {}, {})

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Change role, name to show and address; every fault is told at once."""
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        account = await self._account(request)
        shown, email, role = given.get("display_name", ""), given.get("email", ""), given.get("role", "")
        errors = await house.database.read(faults_of_person, shown, email, account.id)
        if role not in {known.value for known in Role}:
            errors["role"] = "Choose one of the roles."
        if errors:
            return await self._page(request, 422, given, errors)
        try:
            await house.database.write(keeping.change, visitor.actor, account.name, Role(role), shown, email, house.clock())
        except (Conflict, Invalid) as error:
            place = "role" if error.place == "name" else error.place
            return await self._page(request, 409, given, {place: f"{error.message} {error.remedy}".strip()})
        raise led(f"/admin/accounts/{account.id}", "saved")

    async def make_link(self, request: web.Request) -> web.StreamResponse:
        """Make a link by which the owner sets a password, and show it once."""
        account = await self._account(request)
        try:
            word = await self.frame.house.database.write(_link, self.frame, request, account)
        except Conflict as error:
            return await self._page(request, 409, {}, {"link": f"{error.message} {error.remedy}"})
        raise led(f"/admin/accounts/{account.id}", shown=word)

    async def make_token(self, request: web.Request) -> web.StreamResponse:
        """Make a token for the programs of somebody else, and show it once."""
        account, house, given = await self._account(request), self.frame.house, await pairs(request)
        wanted, errors = read(given)
        if wanted is None:
            return await self._page(request, 422, given, errors)
        try:
            word = await house.database.write(made, house, request[VISITOR], account, wanted)
        except (Invalid, Conflict) as error:
            return await self._page(request, 422, given, {error.place: f"{error.message} {error.remedy}".strip()})
        raise led(f"/admin/accounts/{account.id}", shown=word)

    async def mail_link(self, request: web.Request, account: Account) -> str:
        await self.frame.house.database.write(_mail_link, self, request, account)
        self.frame.house.worker.call()
        return "mailed"

    async def switch_off(self, request: web.Request, account: Account) -> str:
        house = self.frame.house
        await house.database.write(keeping.switch, request[VISITOR].actor, account.name, house.clock(), active=False)
        return "saved"

    async def switch_on(self, request: web.Request, account: Account) -> str:
        house = self.frame.house
        await house.database.write(keeping.switch, request[VISITOR].actor, account.name, house.clock(), active=True)
        return "saved"

    async def unlock(self, request: web.Request, account: Account) -> str:
        house = self.frame.house
        await house.database.write(keeping.unlock, request[VISITOR].actor, account.name, house.clock())
        return "unlocked"

    async def end_sessions(self, request: web.Request, account: Account) -> str:
        house = self.frame.house
        await house.database.write(keeping.end_sessions, request[VISITOR].actor, account.name, house.clock())
        return "ended"

    async def take_codes_away(self, request: web.Request, account: Account) -> str:
        house = self.frame.house
        await house.database.write(keeping.take_codes_away, request[VISITOR].actor, account.name, house.clock())
        return "codes-off"

    async def revoke(self, request: web.Request, account: Account) -> str:
        house, token = self.frame.house, number((await fields(request)).get("token", ""))
        await house.database.write(own.revoke_token, request[VISITOR].actor, token, house.clock(), account.id)
        return "revoked"

    def _doing(self, deed: Deed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            account = await self._account(request)
            try:
                done = await deed(request, account)
            except (Conflict, Invalid, NotFound, Unavailable) as error:
                return await self._page(request, 409, {}, {"deed": f"{error.message} {error.remedy}".strip()})
            raise led(f"/admin/accounts/{account.id}", done)

        return answer

    async def _account(self, request: web.Request) -> Account:
        found = await self.frame.house.database.read(store.by_id, number(request.match_info["id"]))
        if found is None:
            raise NotFound("There is no such account.")
        return found

    async def _page(self, request: web.Request, status: int, given: Mapping[str, str], errors: Mapping[str, str]) -> web.Response:
        account, house = await self._account(request), self.frame.house
        lines: list[str] = []
        if shown := request.query.get("shown", ""):
            lines = await house.database.write(once.show, request[VISITOR].account.id, shown, house.seal, house.clock())
        seen = await house.database.read(_seen, account, house.clock)
        it = seen[0]
        typed = {"display_name": it.display_name, "email": it.email, "role": account.role.value}
        typed |= {"name": "", "networks": "", "days": str(tokens.USUAL.days)} | dict(given)
        chosen, into = ([], []) if not isinstance(given, MultiDict) else map(given.getall, ("scopes", "collections"), ([], []))
        roles = {role.value: title for role, (title, _says) in ROLES.items()}
        return self.frame.page(
            request, "admin/accounts/one.html", status, it=it, sessions=seen[1], tokens=seen[2], identities=seen[3],
            now=house.clock(), typed=typed, errors=errors, roles=roles, shown=lines, scopes=tokens.scopes_of(account.role),
            words=tokens.SCOPES, longest=tokens.LONGEST.days, offered=offered(house, account), chosen=chosen, into=into,
        )  # fmt: skip


Seen = tuple[store.Details, list[sessions.Session], list[tokens.Token], list[admission.Identity]]


def _seen(tx: Connection, account: Account, clock: Clock) -> Seen:
    now = clock()
    return (
        store.details(tx, account.id, now),
        sessions.of_account(tx, account.id, now),
        tokens.of_account(tx, account.id),
        admission.of_account(tx, account.id),
    )


def _link(tx: Connection, frame: Frame, request: web.Request, account: Account) -> str:
    visitor, house = request[VISITOR], frame.house
    word, _purpose = keeping.reset_link(tx, visitor.actor, account.name, house.clock(), mailed=False)
    address = link(house.press.renderer.repository.url, word)
    return once.keep(tx, visitor.account.id, ["link", address], house.seal, house.clock())


def _mail_link(tx: Connection, room: One, request: web.Request, account: Account) -> None:
    house = room.frame.house
    email = store.details(tx, account.id, house.clock()).email
    if not email:
        raise Invalid("This account has no e-mail address.", place="email", remedy="Enter one first.")
    word, purpose = keeping.reset_link(tx, request[VISITOR].actor, account.name, house.clock(), mailed=True)
    room.post(tx, account, email, word, purpose)
