"""Changing the own password: the old one is asked for, the new one must be good, all other sessions end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from server import observe
from server.accounts import own, store
from server.accounts.authenticate import Authenticator
from server.accounts.model import Right
from server.accounts.passwords import hashed
from server.accounts.strength import SHORTEST, weakness
from server.accounts.throttle import spoken
from server.errors import Conflict
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led

log = observe.logger("portal")


@dataclass(frozen=True, slots=True)
class OwnPassword:
    frame: Frame
    authenticator: Authenticator

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/account/password", Right.ACCOUNT, self.form),
            self.frame.post("/account/password", Right.ACCOUNT, self.change),
        ]

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self._form(request, 200, {})

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Change it; every fault is told at once. Wrong old passwords count as failed logins."""
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        fresh, name = given.get("password", ""), visitor.account.name
        faults = {
            "old": await proved(self.authenticator, name, given.get("old", ""), visitor.address),
            "password": weakness(fresh, (name, self.frame.pages.name)),
            "again": "" if fresh == given.get("again", "") else "This is not the same as above.",
        }
        faults = {field: fault for field, fault in faults.items() if fault}
        found = await house.database.read(store.with_password, name)
        if faults or found is None:
            return self._form(request, 422, faults)
        cookie = self.frame.door.worn(request)
        hash_of_it = await asyncio.to_thread(hashed, fresh)
        try:
            renewed = await house.database.write(
                own.change_password, visitor.actor, visitor.account, found[1], hash_of_it, cookie, house.clock()
            )
        except Conflict as error:
            return self._form(request, 409, {"old": error.message})
        log.info("changed a password", extra={"account": name})
        answer = led("/account", "password")
        self.frame.door.wear(answer, renewed)
        raise answer

    def _form(self, request: web.Request, status: int, faults: dict[str, str]) -> web.Response:
        return self.frame.page(request, "account/password.html", status, errors=faults, shortest=SHORTEST)


async def asked(frame: Frame, authenticator: Authenticator, request: web.Request, given: Mapping[str, str]) -> str:
    """Say what is wrong with the present password a deed asks for, as an unattended screen must not do it.

    Empty where it is right, and where the account has none.
    """
    visitor, house = request[VISITOR], frame.house
    if not (await house.database.read(store.details, visitor.account.id, house.clock())).has_password:
        return ""
    return await proved(authenticator, visitor.account.name, given.get("old", ""), visitor.address)


async def proved(authenticator: Authenticator, name: str, password: str, address: str) -> str:
    """Return why somebody has not proved to know the present password; empty where they have."""
    if wait := await authenticator.wait(name, address):
        return f"Too many failed attempts. Try again in {spoken(wait)}."
    good = password and await authenticator.check(name, password, remote=address) is not None
    return "" if good else "This is not your present password."
