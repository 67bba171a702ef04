"""All accounts, and making another: with a password shown once, or with an invitation."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from server.accounts import keeping, once, own, store
from server.accounts.model import ROLES, Account, Right, Role
from server.accounts.passwords import generate, hashed
from server.accounts.tickets import Purpose
from server.errors import Conflict, Invalid, Unavailable
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led
from server.portal.links import link

#: How a new account gets its password.
WAYS = {
    "shown": "A password is made and shown to me once",
    "link": "A link is made and shown to me once, by which its owner sets the password",
    "mail": "The link is mailed to its owner",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account an administrator wants."""

    name: str
    role: Role
    display_name: str
    email: str
    way: str


@dataclass(frozen=True, slots=True)
class Listing:
    frame: Frame
    post: own.Post

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/admin/accounts", Right.ACCOUNTS, self.all),
            self.frame.get("/admin/accounts/add", Right.ACCOUNTS, self.form),
            self.frame.post("/admin/accounts/add", Right.ACCOUNTS, self.add),
        ]

    async def all(self, request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        found = await house.database.read(store.every_detail, house.clock())
        return self.frame.page(request, "admin/accounts/all.html", accounts=found, roles=ROLES)

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self._form(request, 200, {}, {})

    async def add(self, request: web.Request) -> web.StreamResponse:
        """Make the account; every fault is told at once."""
        given, house = await fields(request), self.frame.house
        wanted, errors = await house.database.read(read, given)
        if wanted is None:
            return self._form(request, 422, given, errors)
        password = generate() if wanted.way == "shown" else ""
        stored = await asyncio.to_thread(hashed, password) if password else ""
        try:
            account, word = await house.database.write(_make, self, request, wanted, stored, password)
        except (Conflict, Invalid, Unavailable) as error:
            return self._form(request, 422, given, {error.place or "way": f"{error.message} {error.remedy}".strip()})
        if wanted.way == "mail":
            house.worker.call()
        raise led(f"/admin/accounts/{account.id}", "made", shown=word)

    def _form(self, request: web.Request, status: int, given: Mapping[str, str], errors: Mapping[str, str]) -> web.Response:
        typed = {"name": "", "display_name": "", "email": "", "role": Role.RESEARCHER.value, "way": "shown"} | dict(given)
        roles = {role.value: title for role, (title, _says) in ROLES.items()}
        return self.frame.page(request, "admin/accounts/add.html", status, typed=typed, errors=errors, roles=roles, ways=WAYS)


def read(tx: Connection, given: Mapping[str, str]) -> tuple[Wanted | None, dict[str, str]]:
    """Read a posted account: every fault by its field, and nothing where there is one."""
    name, email, shown = (given.get(field, "").strip() for field in ("name", "email", "display_name"))
    role, way = given.get("role", ""), given.get("way", "")
    errors = faults_of_person(tx, shown, email)
    try:
        keeping.sensible_name(name)
    except Invalid as error:
        errors["name"] = f"{error.message} {error.remedy}"
    if "name" not in errors and store.find(tx, name) is not None:
        errors["name"] = "There is an account of this name already."
    if role not in {known.value for known in Role}:
        errors["role"] = "Choose one of the roles."
    if way not in WAYS:
        errors["way"] = "Choose one of the ways."
    if way == "mail" and not email:
        errors["email"] = "An invitation by mail needs an address."
    return (None, errors) if errors else (Wanted(name, Role(role), shown, email, way), {})


def faults_of_person(tx: Connection, shown: str, email: str, account_id: int | None = None) -> dict[str, str]:
    """Return what is wrong with a name to show and an address, by field."""
    errors = {}
    try:
        store.a_display_name(shown)
    except Invalid as error:
        errors["display_name"] = error.message
    try:
        store.free_email(tx, email, account_id)
    except (Invalid, Conflict) as error:
        errors["email"] = f"{error.message} {error.remedy}"
    return errors


def _make(tx: Connection, room: Listing, request: web.Request, wanted: Wanted, stored: str, password: str) -> tuple[Account, str]:
    visitor, house = request[VISITOR], room.frame.house
    now = house.clock()
    account = keeping.make(tx, visitor.actor, wanted.name, wanted.role, stored, now, wanted.display_name, wanted.email)
    if password:
        return account, once.keep(tx, visitor.account.id, ["password", password], house.seal, now)
    word, _purpose = keeping.reset_link(tx, visitor.actor, account.name, now, mailed=wanted.way == "mail")
    if wanted.way == "mail":
        room.post(tx, account, wanted.email.lower(), word, Purpose.INVITATION)
        return account, ""
    address = link(house.press.renderer.repository.url, word)
    return account, once.keep(tx, visitor.account.id, ["link", address], house.seal, now)
