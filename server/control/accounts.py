"""What the command line asks about accounts and tokens: made, changed, unlocked, listed; each change is noted."""

import asyncio
from datetime import timedelta
from typing import Any

from server.accounts import keeping, networks, own, store, tokens
from server.accounts.model import Role
from server.accounts.passwords import generate, hashed
from server.accounts.strength import refuse_weak
from server.accounts.tokens import USUAL, Scope
from server.audit.log import OPERATOR
from server.control.operation import Arguments, Nothing, Operation
from server.errors import Invalid
from server.house import House
from server.portal.links import link
from server.sword.server import Servers


class UserAdd(Arguments, frozen=True, kw_only=True):
    name: str
    role: Role
    password: str = ""
    email: str = ""


class UserName(Arguments, frozen=True, kw_only=True):
    name: str
    password: str = ""


class UserActive(Arguments, frozen=True, kw_only=True):
    name: str
    active: bool


class UserRole(Arguments, frozen=True, kw_only=True):
    name: str
    role: Role


class UserEmail(Arguments, frozen=True, kw_only=True):
    name: str
    email: str


class RoleNetworks(Arguments, frozen=True, kw_only=True):
    role: Role
    networks: tuple[str, ...] = ()


class TokenAdd(Arguments, frozen=True, kw_only=True):
    account: str
    name: str
    scopes: list[Scope]
    days: int = USUAL.days
    networks: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


class TokenId(Arguments, frozen=True, kw_only=True):
    id: int


async def user_add(house: House, arguments: UserAdd) -> dict[str, str]:
    """Make an account; answer its password where it was generated."""
    keeping.sensible_name(arguments.name)
    password = _good(house, arguments.name, arguments.password)
    stored = await asyncio.to_thread(hashed, password)
    now = house.clock()
    await house.database.write(keeping.make, OPERATOR, arguments.name, arguments.role, stored, now, "", arguments.email)
    return {"name": arguments.name, "password": "" if arguments.password else password}


async def user_password(house: House, arguments: UserName) -> dict[str, str]:
    password = _good(house, arguments.name, arguments.password)
    stored = await asyncio.to_thread(hashed, password)
    await house.database.write(keeping.set_password, OPERATOR, arguments.name, stored, house.clock())
    return {"name": arguments.name, "password": "" if arguments.password else password}


def _good(house: House, name: str, given: str) -> str:
    """Return a password that is good enough, a generated one where none is given; raises Invalid."""
    if given:
        refuse_weak(given, (name, house.press.renderer.repository.name))
    return given or generate()


async def user_active(house: House, arguments: UserActive) -> None:
    """Switch an account on or off; raises Conflict for the only administrator there is."""
    await house.database.write(keeping.switch, OPERATOR, arguments.name, house.clock(), active=arguments.active)


async def user_role(house: House, arguments: UserRole) -> None:
    await house.database.write(keeping.give_role, OPERATOR, arguments.name, arguments.role, house.clock())


async def user_email(house: House, arguments: UserEmail) -> None:
    await house.database.write(keeping.give_email, OPERATOR, arguments.name, arguments.email, house.clock())


async def user_reset(house: House, arguments: UserName) -> str:
    """Return a link by which the account's owner sets a password."""
    word, _purpose = await house.database.write(keeping.reset_link, OPERATOR, arguments.name, house.clock(), mailed=False)
    return link(house.press.renderer.repository.url, word)


async def user_unlock(house: House, arguments: UserName) -> None:
    await house.database.write(keeping.unlock, OPERATOR, arguments.name, house.clock())


async def user_codes_off(house: House, arguments: UserName) -> None:
    await house.database.write(keeping.take_codes_away, OPERATOR, arguments.name, house.clock())


async def role_networks(house: House, arguments: RoleNetworks) -> list[str]:
    """Say from where the accounts of a role may come; whoever shut themselves out on the page gets in again by this."""
    nets = networks.parse(" ".join(arguments.networks))
    await house.database.write(keeping.set_networks, OPERATOR, arguments.role, nets, house.clock())
    return list(nets)


async def user_list(house: House, _arguments: Nothing) -> list[dict[str, Any]]:
    found = await house.database.read(store.every_detail, house.clock())
    return [
        {
            "name": it.account.name, "role": it.account.role.value, "active": it.account.active, "email": it.email,
            "locked": it.waits is not None, "codes": it.has_codes, "last_login": it.last_login,
        }
        for it in found
    ]  # fmt: skip


async def token_add(house: House, arguments: TokenAdd) -> str:
    """Make a token and return its text, which is kept nowhere. Raises Invalid for a collection that is not there."""
    account = await house.database.read(store.get, arguments.account)
    there = [found.id for found in Servers(house.keeper.live).open_to(account.name)]
    if unknown := [code for code in arguments.collections if code not in there]:
        raise Invalid(
            f"{unknown[0]} is no collection that {account.name} may deposit into.",
            remedy=f"These are: {', '.join(there) or 'none'}.", place="collections",
        )  # fmt: skip
    nets = networks.parse(" ".join(arguments.networks))
    life = timedelta(days=max(0, min(arguments.days, 10_000)))
    wanted = tokens.Wanted(arguments.name, tuple(arguments.scopes), life, nets, arguments.collections)
    _token, text = await house.database.write(own.add_token, OPERATOR, account, wanted, house.clock())
    return text


async def token_list(house: House, _arguments: Nothing) -> list[dict[str, Any]]:
    now = house.clock()
    return [
        {
            "id": token.id, "account": token.account.name, "name": token.name, "start": token.start,
            "scopes": list(token.scopes), "networks": list(token.networks),
            "collections": list(token.collections), "state": token.state(now),
            "expires": token.expires, "used": token.used,
        }
        for token in await house.database.read(tokens.every)
    ]  # fmt: skip


async def token_revoke(house: House, arguments: TokenId) -> None:
    await house.database.write(own.revoke_token, OPERATOR, arguments.id, house.clock())


ACCOUNTS = {
    "user-add": Operation(UserAdd, user_add),
    "user-password": Operation(UserName, user_password),
    "user-active": Operation(UserActive, user_active),
    "user-role": Operation(UserRole, user_role),
    "user-email": Operation(UserEmail, user_email),
    "user-reset": Operation(UserName, user_reset),
    "user-unlock": Operation(UserName, user_unlock),
    "user-codes-off": Operation(UserName, user_codes_off),
    "role-networks": Operation(RoleNetworks, role_networks),
    "user-list": Operation(Nothing, user_list),
    "token-add": Operation(TokenAdd, token_add),
    "token-list": Operation(Nothing, token_list),
    "token-revoke": Operation(TokenId, token_revoke),
}
