"""API tokens of the own account: made with what they may do, for how long and from where; shown once; revoked.

The password is asked for, as a token outlives the session it is made in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from multidict import MultiDict
from sqlalchemy import Connection

from server.accounts import networks, once, own, store, tokens
from server.accounts.authenticate import Authenticator
from server.accounts.model import Account, Right
from server.accounts.tokens import LONGEST, SCOPES, USUAL, Scope, Wanted
from server.errors import Conflict, Invalid
from server.house import House
from server.portal.account.password import asked
from server.portal.door import VISITOR, Visitor, fields, pairs
from server.portal.frame import Frame, led
from server.sword.server import Servers

_LONGEST_NUMBER = 17


@dataclass(frozen=True, slots=True)
class OwnTokens:
    frame: Frame
    authenticator: Authenticator

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/account/tokens", Right.ACCOUNT, self.page),
            self.frame.post("/account/tokens", Right.ACCOUNT, self.add),
            self.frame.post("/account/tokens/revoke", Right.ACCOUNT, self.revoke),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, 200, MultiDict(), {})

    async def add(self, request: web.Request) -> web.StreamResponse:
        given = await pairs(request)
        wanted, errors = read(given)
        if fault := await asked(self.frame, self.authenticator, request, given):
            errors["old"] = fault
        if wanted is None or errors:
            return await self._page(request, 422, given, errors)
        try:
            visitor, house = request[VISITOR], self.frame.house
            word = await house.database.write(made, house, visitor, visitor.account, wanted)
        except (Invalid, Conflict) as error:
            return await self._page(request, 422, given, {error.place: f"{error.message} {error.remedy}".strip()})
        raise led("/account/tokens", shown=word)

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        visitor, house = request[VISITOR], self.frame.house
        text = (await fields(request)).get("token", "")
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0
        await house.database.write(own.revoke_token, visitor.actor, number, house.clock(), visitor.account.id)
        raise led("/account/tokens", "revoked")

    async def _page(self, request: web.Request, status: int, given: Mapping[str, str], errors: dict[str, str]) -> web.Response:
        account, house, now = request[VISITOR].account, self.frame.house, self.frame.house.clock()
        lines: list[str] = []
        if shown := request.query.get("shown", ""):
            lines = await house.database.write(once.show, account.id, shown, house.seal, now)
        found = await house.database.read(tokens.of_account, account.id)
        it = await house.database.read(store.details, account.id, now)
        typed = {"name": "", "networks": "", "days": str(USUAL.days)} | dict(given)
        chosen = given.getall("scopes", []) if isinstance(given, MultiDict) else []
        return self.frame.page(
            request, "account/tokens.html", status, it=it, tokens=found, now=now, scopes=tokens.scopes_of(account.role),
            words=SCOPES, typed=typed, chosen=chosen, errors=errors, shown=lines[0] if lines else "", longest=LONGEST.days,
            offered=offered(house, account), into=given.getall("collections", []) if isinstance(given, MultiDict) else [],
        )  # fmt: skip


def offered(house: House, account: Account) -> dict[str, str]:
    """Return the collections a token of an account can be bound to: their titles by code."""
    return {found.id: found.title for found in Servers(house.keeper.live).open_to(account.name)}


def read(given: MultiDict[str]) -> tuple[Wanted | None, dict[str, str]]:
    """Read a posted token; every fault by its field, and nothing where there is one."""
    errors: dict[str, str] = {}
    name, days = given.get("name", "").strip(), given.get("days", "").strip()
    nets: networks.Networks = ()
    if not name or len(name) > tokens.LONGEST_NAME or not name.isprintable():
        errors["name"] = f"A token needs a name of 1 to {tokens.LONGEST_NAME} characters."
    if not (days.isascii() and days.isdecimal() and len(days) < 5 and 1 <= int(days) <= LONGEST.days):  # noqa: PLR2004 -- digits
        errors["days"] = f"A whole number from 1 to {LONGEST.days}."
    scopes = tuple(scope for scope in Scope if scope.value in given.getall("scopes", []))
    into = tuple(given.getall("collections", []))
    if not scopes:
        errors["scopes"] = "A token must be able to do something: choose at least one."
    try:
        nets = networks.parse(given.get("networks", ""))
    except Invalid as error:
        errors["networks"] = f"{error.message} {error.remedy}"
    return (None, errors) if errors else (Wanted(name, scopes, timedelta(days=int(days)), nets, into), {})


def made(tx: Connection, house: House, visitor: Visitor, account: Account, wanted: Wanted) -> str:
    """Make a token for an account, and keep its text for whoever made it, to be shown once."""
    _token, text = own.add_token(tx, visitor.actor, account, wanted, house.clock())
    return once.keep(tx, visitor.account.id, [text], house.seal, house.clock())
