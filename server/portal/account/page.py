"""The own account: who one is here, where one is logged in, and by which other logins one gets in."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from server.accounts import one_time_codes, own, sessions, store, tokens
from server.accounts.model import ROLES, Account, Right
from server.clock import Clock
from server.errors import Conflict, Invalid
from server.openid import admission
from server.openid.kind import offered
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led


@dataclass(frozen=True, slots=True)
class Own:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/account", Right.ACCOUNT, self.page),
            self.frame.post("/account", Right.ACCOUNT, self.save),
            self.frame.post("/account/sessions/end", Right.ACCOUNT, self.end),
            self.frame.post("/account/sessions/end-others", Right.ACCOUNT, self.end_others),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self.shown(request, 200, {}, {})

    async def save(self, request: web.Request) -> web.StreamResponse:
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        shown, email = given.get("display_name", ""), given.get("email", "")
        try:
            await house.database.write(own.change_person, visitor.actor, visitor.account, shown, email, house.clock())
        except (Invalid, Conflict) as error:
            return await self.shown(request, 422, given, {error.place: f"{error.message} {error.remedy}".strip()})
        raise led("/account", "saved")

    async def end(self, request: web.Request) -> web.StreamResponse:
        visitor, house = request[VISITOR], self.frame.house
        handle = (await fields(request)).get("session", "")
        await house.database.write(own.end_session, visitor.actor, visitor.account, handle, house.clock())
        raise led("/account", "ended")

    async def end_others(self, request: web.Request) -> web.StreamResponse:
        visitor, house = request[VISITOR], self.frame.house
        cookie = self.frame.door.worn(request)
        await house.database.write(own.end_other_sessions, visitor.actor, visitor.account, cookie, house.clock())
        raise led("/account", "ended")

    async def shown(self, request: web.Request, status: int, given: dict[str, str], errors: dict[str, str]) -> web.Response:
        """Show the page with what was typed into it and what is wrong with that."""
        account = request[VISITOR].account
        seen = await self.frame.house.database.read(_seen, account, self.frame.house.clock)
        typed = {"display_name": seen["it"].display_name, "email": seen["it"].email} | given
        return self.frame.page(request, "account/page.html", status, roles=ROLES, typed=typed, errors=errors, **seen)


def _seen(tx: Connection, account: Account, clock: Clock) -> dict[str, Any]:
    now = clock()
    return {
        "it": store.details(tx, account.id, now),
        "codes_left": one_time_codes.recovery_codes_left(tx, account),
        "sessions": sessions.of_account(tx, account.id, now),
        "identities": admission.of_account(tx, account.id),
        "providers": offered(tx),
        "good_tokens": sum(token.state(now) == "good" for token in tokens.of_account(tx, account.id)),
    }
