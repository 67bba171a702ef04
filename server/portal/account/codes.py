"""One-time codes of the own account: set up with a QR code and proved by a first code, switched off with password and code."""

from dataclasses import dataclass

import segno
from aiohttp import web
from markupsafe import Markup
from sqlalchemy import Connection

from server.accounts import failures, once, one_time_codes, own, store
from server.accounts.authenticate import Authenticator
from server.accounts.login import EVERYWHERE
from server.accounts.model import Account, Right
from server.accounts.one_time_codes import Setup
from server.accounts.throttle import spoken
from server.portal.account.password import asked, proved
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led

WRONG = "The code is wrong, or was used before. Is the clock of your device right?"


@dataclass(frozen=True, slots=True)
class OwnCodes:
    frame: Frame
    authenticator: Authenticator

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/account/codes", Right.ACCOUNT, self.page),
            self.frame.post("/account/codes/begin", Right.ACCOUNT, self.begin),
            self.frame.post("/account/codes/on", Right.ACCOUNT, self.switch_on),
            self.frame.post("/account/codes/off", Right.ACCOUNT, self.switch_off),
            self.frame.post("/account/codes/recovery", Right.ACCOUNT, self.recovery),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, 200, {})

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Make a secret and lead to the page that shows it."""
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        if fault := await asked(self.frame, self.authenticator, request, given):
            return await self._page(request, 422, {"old": fault})
        if await house.database.read(one_time_codes.uses_codes, visitor.account):
            raise led("/account/codes")
        secret = one_time_codes.new_secret()
        word = await house.database.write(own.begin_codes, visitor.account, secret, house.seal, house.clock())
        raise led("/account/codes", setup=word)

    async def switch_on(self, request: web.Request) -> web.StreamResponse:
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        word, now = given.get("setup", ""), house.clock()
        secret = await house.database.read(own.codes_begun, visitor.account, word, house.seal, now)
        if secret is None or await house.database.read(one_time_codes.uses_codes, visitor.account):
            raise led("/account/codes")
        cookie = self.frame.door.worn(request)
        found = await house.database.write(_switch_on, self.frame, request, secret, given.get("code", "")[:40], cookie)
        if found is None:
            return await self._page(request, 422, {"code": WRONG}, word)
        shown, renewed = found
        answer = led("/account/codes", "codes-on", shown=shown)
        self.frame.door.wear(answer, renewed)
        raise answer

    async def switch_off(self, request: web.Request) -> web.StreamResponse:
        """Switch them off; password and code are both asked for, and both faults told at once."""
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        fault = await proved(self.authenticator, visitor.account.name, given.get("old", ""), visitor.address)
        cookie, code = self.frame.door.worn(request), given.get("code", "")[:40]
        if fault:
            return await self._page(request, 422, {"old": fault})
        if wait := await self._wait(visitor.account):
            return await self._page(request, 429, {"off": wait})
        renewed = await house.database.write(
            own.switch_codes_off, visitor.actor, visitor.account, code, house.seal, cookie, house.clock()
        )
        if not renewed:
            await self._failed(visitor.account)
            return await self._page(request, 422, {"off": WRONG})
        answer = led("/account/codes", "codes-off")
        self.frame.door.wear(answer, renewed)
        raise answer

    async def recovery(self, request: web.Request) -> web.StreamResponse:
        """Replace the recovery codes."""
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        if wait := await self._wait(visitor.account):
            return await self._page(request, 429, {"recovery": wait})
        shown = await house.database.write(_recovery, self.frame, request, given.get("code", "")[:40])
        if shown is None:
            await self._failed(visitor.account)
            return await self._page(request, 422, {"recovery": WRONG})
        raise led("/account/codes", shown=shown)

    async def _wait(self, account: Account) -> str:
        """Say how long the account must wait after wrong codes; empty for not at all."""
        house = self.frame.house
        spelled = failures.step_of(account.name)
        wait = await house.database.read(failures.wait, spelled, EVERYWHERE, house.clock())
        return f"Too many wrong codes. Try again in {spoken(wait)}." if wait else ""

    async def _failed(self, account: Account) -> None:
        house = self.frame.house
        await house.database.write(failures.failed, failures.step_of(account.name), EVERYWHERE, house.clock())

    async def _page(self, request: web.Request, status: int, errors: dict[str, str], word: str = "") -> web.Response:
        visitor, house = request[VISITOR], self.frame.house
        account, now = visitor.account, house.clock()
        it = await house.database.read(store.details, account.id, now)
        left = await house.database.read(one_time_codes.recovery_codes_left, account)
        word = word or request.query.get("setup", "")
        secret = await house.database.read(own.codes_begun, account, word, house.seal, now) if word else None
        setup = one_time_codes.setup(secret, account.name, self.frame.pages.name) if secret and not it.has_codes else None
        lines: list[str] = []
        if shown := request.query.get("shown", ""):
            lines = await house.database.write(once.show, account.id, shown, house.seal, now)
        return self.frame.page(
            request, "account/codes.html", status, it=it, left=left, setup=setup, word=word, shown=lines, errors=errors,
            picture=_picture(setup) if setup else "", due="due" in request.query,
        )  # fmt: skip


def _switch_on(tx: Connection, frame: Frame, request: web.Request, secret: str, code: str, cookie: str) -> tuple[str, str] | None:
    visitor, house = request[VISITOR], frame.house
    found = own.switch_codes_on(tx, visitor.actor, visitor.account, secret, code, house.seal, cookie, house.clock())
    if found is None:
        return None
    codes, renewed = found
    return once.keep(tx, visitor.account.id, codes, house.seal, house.clock()), renewed


def _recovery(tx: Connection, frame: Frame, request: web.Request, code: str) -> str | None:
    visitor, house = request[VISITOR], frame.house
    codes = own.fresh_recovery_codes(tx, visitor.actor, visitor.account, code, house.seal, house.clock())
    return None if codes is None else once.keep(tx, visitor.account.id, codes, house.seal, house.clock())


def _picture(setup: Setup) -> Markup:
    """Draw what an app reads with its camera: part of the page, so that no other request carries the secret."""
    drawn = segno.make(setup.address, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704 -- drawn by the library from modules, not from text
