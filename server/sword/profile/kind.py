"""The kind of profile a SWORD server is: its form, what is to be copied into the other system, and a test."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import aiohttp
from aiohttp import ClientSession
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.accounts import tokens
from server.clock import now
from server.forms.field import Choice, Label
from server.profiles import store as profiles
from server.profiles.kind import Kind, Preview, Tested
from server.profiles.model import Profile, Wrong
from server.sword.clamd import Clamd, Unscanned
from server.sword.profile.settings import KIND, Server

_ACCOUNTS = "/admin/accounts"
_SOON = timedelta(days=14)
_TIMEOUT = aiohttp.ClientTimeout(total=15)
_QUOTED = 200
_UNAUTHORISED = 401


def kind(url: str, packagings: Mapping[str, str]) -> Kind:
    """Return the kind; `url` is our address without a slash at its end, `packagings` are their IRIs and titles."""
    service = f"{url}/sword/v2/service-document"

    async def test(settings: Server, session: ClientSession) -> Tested:
        found = await _asked(f"{service}/{settings.code}", session)
        return await asyncio.to_thread(_scanning, settings.scanner, found) if settings.scanner and found.agrees else found

    def facts(profile: Profile) -> tuple[tuple[str, str], ...]:
        own = f"{service}/{profile.document.get('code', '')}"
        offered = profile.document.get("collections", ())
        addresses = ((f"Collection {found['title']}", f"{url}/sword/v2/collection/{found['id']}") for found in offered)
        by_json = (("SWORD 3 service document", f"{url}/sword/3/service"),)
        return (("Service document of this server", own), ("Service document of all", service), *by_json, *addresses)

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
        preview=credentials,
        tries=True,
        labels={"collections.packagings": Label(choices=choices)},
    )


def credentials(tx: Connection, settings: Server) -> Preview:
    """Return what the clients log in with: each account, its good tokens, and when each was used last; warn of what ends soon."""
    facts, warnings, moment = [], [], now()
    for client in settings.clients:
        account = accounts.find(tx, client.account)
        if account is None or not account.active:
            warnings.append(f"The account {client.account} cannot log in: it is switched off, or is not there any more.")
            continue
        good = [token for token in tokens.of_account(tx, account.id) if token.state(moment) == "good"]
        said = [f"“{token.name}” ({token.start}…), {_used(token.used)}, until {token.expires.date()}" for token in good]
        facts.append((client.account, "; ".join(said) or "no API token; it logs in by its password"))
        warnings += [
            f"The token “{token.name}” of {client.account} ends on {token.expires.date()}; make the next one now."
            for token in good
            if token.expires - moment < _SOON
        ]
    facts.append(("Made, rotated and revoked on the pages of the accounts", _ACCOUNTS))
    return Preview("What the clients log in with", tuple(facts), tuple(warnings))


def _used(used: datetime | None) -> str:
    return "never used" if used is None else f"last used {used:%Y-%m-%d %H:%M}"


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
        if strangers := [name for name in client.speaks_for if name not in known]:
            wrong[f"clients.{number}.speaks_for"] = f"There is no account {strangers[0]!r}; make it first."
    if wrong:
        raise Wrong(wrong)


def _scanning(scanner: str, found: Tested) -> Tested:
    """Ask the virus scanner, too, whether it is there."""
    try:
        Clamd.at(scanner).ping()
    except Unscanned as error:
        return Tested(agrees=False, message=f"No virus scanner answers at {scanner}: {error}")
    return Tested(agrees=True, message=f"{found.message} The virus scanner at {scanner} answers.")


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
