"""Where commands are answered: by the running server over its socket, else by opening the database ourselves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector
from sqlalchemy import make_url

from server import errors
from server.app import open_house
from server.control import Arguments, perform
from server.db.migrate import migrate
from server.errors import Conflict, NotFound, SheafError, Unavailable
from server.ownership import owned
from server.settings import Settings, load, moved

T = TypeVar("T")
Ask = Callable[[str, Arguments], Awaitable[Any]]
"""Asks for an operation and returns its answer as plain values; raises the errors the operation raises."""

_KINDS = {
    kind.__name__: kind
    for kind in (errors.NotFound, errors.Invalid, errors.Conflict, errors.Refused, errors.TooLarge, errors.Unavailable)
}


@asynccontextmanager
async def desk(settings: Settings, *, creates: bool = False) -> AsyncIterator[Ask]:
    """Open the way to the installation: its socket where a server listens there, else the database itself.

    Only a command that `creates` something makes an installation where there is none; the others raise NotFound.
    """
    if settings.is_sqlite and settings.socket.is_socket() and await _answers(settings):
        async with ClientSession(connector=UnixConnector(str(settings.socket)), timeout=ClientTimeout(total=None)) as session:
            yield _over(session)
        return
    if not creates and not _exists(settings):
        where = settings.folder
        raise NotFound(
            f"There is no Sheaf in {where}.", place="SHEAF_DATA", remedy="Name its folder, or start one: `sheaf serve`."
        )
    with owned(settings):
        migrate(settings.database)
        async with open_house(settings, serving=False, moved=moved()) as house:

            async def ask(name: str, arguments: Arguments) -> Any:
                return msgspec.msgpack.decode(await perform(house, name, msgspec.msgpack.encode(arguments)))

            yield ask


def _exists(settings: Settings) -> bool:
    path = make_url(settings.database).database
    return not settings.is_sqlite or (path is not None and Path(path).exists())


async def _answers(settings: Settings) -> bool:
    try:
        _reader, writer = await asyncio.open_unix_connection(str(settings.socket))
    except OSError:
        return False  # left behind by a server that was killed
    writer.close()
    await writer.wait_closed()
    return True


def _over(session: ClientSession) -> Ask:
    async def ask(name: str, arguments: Arguments) -> Any:
        try:
            async with session.post(f"http://sheaf/{name}", data=msgspec.msgpack.encode(arguments)) as answer:
                body = msgspec.msgpack.decode(await answer.read()) if answer.status in {200, 400} else None
                if answer.status == 200:  # noqa: PLR2004
                    return body
        except (ClientError, OSError) as error:
            raise Unavailable(f"The running server does not answer: {error}.") from error
        if body is None:
            raise Unavailable("The running server met an internal error; its log has the details.")
        kind = _KINDS.get(body.pop("kind"), Conflict)
        raise kind(body.pop("message"), **body)

    return ask


def run(job: Callable[[Settings, Ask], Awaitable[T]], *, creates: bool = False) -> T:
    """Run a command's job with the way to the installation; an error becomes one sentence and exit status 1."""

    async def whole() -> T:
        settings = load()
        async with desk(settings, creates=creates) as ask:
            return await job(settings, ask)

    try:
        return asyncio.run(whole())
    except SheafError as error:
        raise failure(error) from error


def asked(name: str, arguments: Arguments, *, creates: bool = False) -> Any:
    """Ask for one operation and return its answer: what most commands do."""

    async def job(_settings: Settings, ask: Ask) -> Any:
        return await ask(name, arguments)

    return run(job, creates=creates)


def failure(error: SheafError) -> click.ClickException:
    """Write an error as the command line shows it: what, where, and what to do."""
    place = f"\n  where: {error.place}" if error.place else ""
    remedy = f"\n  remedy: {error.remedy}" if error.remedy else ""
    return click.ClickException(f"{error.message}{place}{remedy}")
