"""Who is asking: passwords or tokens checked against the accounts, off the event loop, and slowed down for those who guess."""

import asyncio
import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from server import clock as clocks
from server import observe
from server.accounts import failures, networks, one_time_codes, rules, store, throttle, tokens
from server.accounts.model import RIGHTS, Account, is_name
from server.accounts.noting import noted
from server.accounts.passwords import Remembered, verify
from server.accounts.rules import Rule
from server.accounts.tokens import COVERS, NOTED, SCOPES, Scope, Token
from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.errors import Refused
from server.xml import clean

THREADS = 2
"""How many passwords are verified at the same time: argon2 takes a core and 64 MB for each, and uploads need threads too."""

UNKNOWN = "credentials"
"""The code of a refusal of somebody who is not known; others are known and may not do this."""

_Asked = tuple[str, str, str | None, str]
"""Name, remote address, stored hash and password."""

_Ruled = tuple[Rule, bool]
"""The rule of an account's role, and whether a password is not enough for it."""

log = observe.logger("accounts")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says before a password is verified."""

    account: Account | None
    stored: str | None
    failed: bool
    wait: timedelta
    ruled: _Ruled


class MustWait(Refused):
    """Somebody failed too often: till then every password is wrong, and none is looked at."""

    code = "wait"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            f"Too many logins failed; no password is looked at for {throttle.spoken(wait)}.",
            place="Authorization",
            remedy="Wait that long, then send the right one. An administrator can end the wait.",
        )
        self.seconds = max(1, -int(-wait.total_seconds() // 1))


class Authenticator:
    """Checks names and passwords; remembers a good pair for a few minutes, as argon2 is made to be slow.

    A client that opens with two hundred requests at once is verified once: the others wait for that answer. Who fails too often
    from one address, with one name or with many, must wait (`throttle`): till then every password is wrong, and none is verified.
    The failures are counted in the database, so that processes side by side agree.
    """

    def __init__(self, database: Database, clock: Clock = clocks.now) -> None:
        self._database = database
        self._clock = clock
        self._remembered = Remembered()
        self._verifying: dict[_Asked, asyncio.Task[bool]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._free = asyncio.Semaphore(THREADS)

    async def wait(self, name: str, remote: str = "", *, now: datetime | None = None) -> timedelta:
        """Return how long this name at this address must wait before it is checked again; zero for not at all."""
        return await self._database.read(failures.wait, clean(name), remote, now or self._clock())

    async def check(self, name: str, password: str, *, remote: str = "", now: datetime | None = None) -> Account | None:
        """Return the active account these credentials belong to, or None; both answers take as long.

        `remote` is the address the credentials came from. None also for whoever must wait, and at once.
        """
        with suppress(MustWait):
            known = await self._checked(name, password, remote, now or self._clock())
            return known and known[0]
        return None

    async def _checked(self, name: str, password: str, remote: str, now: datetime) -> "tuple[Account, _Ruled] | None":
        """Return whose credentials these are and what holds for them, or None. Raises MustWait."""
        if not is_name(name):
            return None
        known = await self._database.read_hot(_known, name, remote, now)
        if known.wait:
            raise MustWait(known.wait)
        good = known.stored is not None and (known.stored, password) in self._remembered
        if not good:
            good = await self._verified((name, remote, known.stored, password), now)
        if (
            good and known.failed and remote
        ):  # where the address is not known, who knows the password must not make room for who guesses
            await self._database.write(failures.succeeded, name, remote)
        return (known.account, known.ruled) if good and known.account is not None and known.account.active else None

    async def admit(self, header: str, scope: Scope, *, remote: str = "") -> Account:
        """Return who an Authorization header belongs to, for something that needs this scope.

        Takes HTTP Basic with a password, a Bearer token, and a token in place of the password, as many clients know only Basic
        (the name is then of no account, or the token's own). Raises Refused in words: with the code `credentials` where nobody
        is known by them, with another where somebody is known and may not; MustWait where nobody is looked at.
        """
        now = self._clock()
        if text := bearer(header):
            return await self._by_token(text, "", scope, remote, now)
        credentials = basic(header)
        if credentials is None:
            raise Refused(
                "No credentials were sent." if not header else "The credentials cannot be read.",
                code=UNKNOWN,
                place="Authorization",
            )
        name, password = credentials
        if password.startswith(tokens.PREFIX):
            return await self._by_token(password, name, scope, remote, now)
        checked = await self._checked(name, password, remote, now)
        if checked is None:
            raise Refused("The name or password is wrong.", code=UNKNOWN, place="Authorization")
        account, (rule, needs_codes) = checked
        if needs_codes:
            raise Refused(
                "This account logs in with one-time codes, or must by the rule for its role; a program cannot give them.",
                place="Authorization",
                remedy="Make an API token on the page of the account, and send it in place of the password.",
                code="second-step",
            )
        return self._let(account, rule, scope, remote)

    async def _by_token(self, text: str, name: str, scope: Scope, remote: str, now: datetime) -> Account:
        token = await self._database.read_hot(tokens.by_text, text)
        if token is None or not token.account.active or (name and name != token.account.name):
            log.warning("refused a token nobody has", extra={"address": remote})
            raise Refused("This token is not known.", code=UNKNOWN, place="Authorization")
        state = token.state(now)
        if state != "good":
            await self._refused(token, remote, now, state)
            raise Refused(
                f"This token is {state}.",
                code=UNKNOWN,
                place="Authorization",
                remedy="Make another one on the page of the account.",
            )
        if not networks.contain(token.networks, remote):
            await self._refused(token, remote, now, "from a foreign network")
            raise Refused(
                "This token may not be used from this network.",
                place="Authorization",
                remedy="Its owner says from where.",
                code="network",
            )
        if not COVERS[scope] & set(token.scopes):
            await self._refused(token, remote, now, f"without the scope {scope}")
            raise Refused(
                f"This token is not made for this: {SCOPES[scope].title.lower()}.", place="Authorization",
                remedy=f"Make one with the scope {scope}.", code="scope",
            )  # fmt: skip
        rule = await self._database.read_hot(rules.of, token.account.role)
        account = self._let(token.account, rule, scope, remote)
        if token.used is None or now - token.used >= NOTED:
            await self._database.write(tokens.note_use, token.id, now, remote)
        return replace(account, collections=token.collections)

    def _let(self, account: Account, rule: Rule, scope: Scope, remote: str) -> Account:
        if SCOPES[scope].right not in RIGHTS[account.role]:
            raise Refused(
                f"An account with the role {account.role} may not deposit.", place="Authorization",
                remedy="Use the account of a depositor, or ask the administrator for the role.", code="right",
            )  # fmt: skip
        if not networks.contain(rule.networks, remote):
            log.warning("refused an account from a foreign network", extra={"account": account.name, "address": remote})
            raise Refused(
                f"Accounts with the role {account.role} may not come from this network.", place="Authorization",
                remedy="The administrator says from where they may.", code="network",
            )  # fmt: skip
        return account

    async def _refused(self, token: Token, remote: str, now: datetime, why: str) -> None:
        log.warning(
            "refused a token", extra={"account": token.account.name, "token": token.start, "address": remote, "reason": why}
        )
        await self._database.write(_note_refusal, token, remote, why, now)

    async def _verified(self, asked: _Asked, now: datetime) -> bool:
        if asked not in self._verifying:
            self._verifying[asked] = asyncio.create_task(self._verify(asked, now), name="verify a password")
        return await asyncio.shield(self._verifying[asked])

    async def _verify(self, asked: _Asked, now: datetime) -> bool:
        name, remote, stored, password = asked
        try:
            async with self._free:  # till the failure is written: the next one must see it
                if await self._database.read(
                    failures.wait, name, remote, now
                ):  # others failed while this one waited for its turn
                    return False
                good = await asyncio.get_running_loop().run_in_executor(self._threads, verify, stored, password)
                if not good:
                    await self._database.write(_failed, name, remote, now)
            if good and stored is not None:
                self._remembered.add((stored, password))
            return good
        finally:
            del self._verifying[asked]


def _known(tx: Connection, name: str, remote: str, now: datetime) -> _Known:
    found = store.with_password(tx, name)
    account, stored = found if found is not None else (None, None)
    ruled = _ruled(tx, account) if account is not None else (Rule(), False)
    return _Known(account, stored, failures.tries(tx, name, remote) is not None, failures.wait(tx, name, remote, now), ruled)


def _ruled(tx: Connection, account: Account) -> _Ruled:
    """Return the rule of an account's role, and whether a password is not enough for it.

    It is not where the account uses one-time codes, or its role asks for them and none are set up yet.
    """
    rule = rules.of(tx, account.role)
    return rule, rule.codes or one_time_codes.uses_codes(tx, account)


def _failed(tx: Connection, name: str, remote: str, now: datetime) -> None:
    """Count a failure; that an account is locked for the first time is noted where an administrator looks."""
    if failures.guessed(tx, name, remote, now).count == throttle.FREE and (account := store.find(tx, name)) is not None:
        summary = f"Locked for a while after {throttle.FREE} failed logins"
        noted(tx, Actor("somebody", address=remote), "account.locked", account, now, summary)


def _note_refusal(tx: Connection, token: Token, remote: str, why: str, now: datetime) -> None:
    """Note in the audit log that a token was refused, once an hour: a program that tries all night fills no log."""
    if tokens.refuse(tx, token.id, now):
        actor = Actor(token.account.name, token.account.id, "token", remote)
        noted(tx, actor, "token.refused", token.account, now, f"{token.name} ({token.start}…): {why}")


def basic(header: str) -> tuple[str, str] | None:
    """Return name and password of an Authorization header (RFC 7617), or None where it has none that an account could have."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon and is_name(name) else None


def bearer(header: str) -> str:
    """Return the token of an Authorization header (RFC 6750 § 2.1), or nothing."""
    scheme, _, value = header.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""
