"""`sheaf serve` and `sheaf work`: the server and the worker, until they are told to stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import click
from aiohttp import web

from server import observe
from server.app import open_house, working
from server.commands.desk import failure
from server.commands.listening import Runner
from server.commands.welcome import Welcome, first_start
from server.control import control_application
from server.db.migrate import migrate
from server.errors import Conflict, SheafError
from server.house import House
from server.jobs import queue
from server.ownership import owned
from server.rooms import web_application
from server.settings import Settings, load, moved

GRACE = 25.0
"""Seconds requests under way get to finish at a stop."""

log = observe.logger("app")


@click.command()
@click.option(
    "--worker/--no-worker", default=True, help="Run the worker in this process too (the default), or leave it to `sheaf work`."
)
def serve(*, worker: bool) -> None:
    """Run the web server and the worker.

    Brings the database up to date, listens on SHEAF_HOST and SHEAF_PORT, and stops gracefully on SIGTERM or Ctrl-C. The very
    first start makes the accounts `admin` and `depositor` and deposits the example works.
    """
    _until_told(lambda settings, stop: _serve(settings, stop, worker=worker))


@click.command()
def work() -> None:
    """Run a worker alone, beside servers on the same PostgreSQL.

    On SQLite the server's own worker does the work, as only one process may own the database.
    """
    _until_told(_work)


async def _serve(settings: Settings, stop: asyncio.Event, *, worker: bool) -> None:
    listening = _bind(settings)  # before anything is made: the first passwords are shown once, and only where we can be reached
    async with open_house(settings, moved=moved()) as house:
        welcome = await first_start(house)
        if settings.is_sqlite:  # nobody else owns this installation, so what is claimed was claimed by a process that is gone
            await house.database.write(queue.reopen, house.clock())
            await asyncio.to_thread(house.files.sweep, 0.0)
        runner = runner_of(house)
        await runner.setup()
        control = web.AppRunner(control_application(house), access_log=None)
        try:
            await web.SockSite(runner, listening).start()
            if settings.is_sqlite:
                await control.setup()
                settings.socket.unlink(missing_ok=True)
                await web.UnixSite(control, str(settings.socket)).start()
                settings.socket.chmod(0o600)
            welcome.greet()
            _settle_down()
            await _wait(house, stop, welcome, worker=worker)
        finally:
            await control.cleanup()
            settings.socket.unlink(missing_ok=True)
            await runner.cleanup()


def _settle_down() -> None:
    """Let go of what only the start needed, and have no later collection look at what stays as long as the process does.

    To look at them, more than a hundred thousand, takes tens of milliseconds in which nobody is answered.
    """
    gc.collect()
    gc.freeze()


def runner_of(house: House) -> web.AppRunner:
    """Return what runs the web application."""
    return Runner(web_application(house), grace=GRACE)


async def _wait(house: House, stop: asyncio.Event, welcome: Welcome, *, worker: bool) -> None:
    async with working(house) if worker else nullcontext():
        examples = asyncio.create_task(welcome.deposit_examples(house), name="examples")
        await stop.wait()
        log.info("stopping", extra={"grace": GRACE})
        examples.cancel()
        await asyncio.gather(examples, return_exceptions=True)


def _bind(settings: Settings) -> socket.socket:
    """Take the address to listen on, without listening yet. Raises Conflict in words."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if not settings.is_sqlite:  # many servers of one PostgreSQL may share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise Conflict(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror or error}.",
            place="SHEAF_PORT",
            remedy="Choose another port: `PORT=8081 make run`, or SHEAF_PORT=8081.",
        ) from error
    return listening


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    if settings.is_sqlite:
        raise Conflict(
            "On SQLite the worker runs within `sheaf serve`.",
            remedy="Start `sheaf serve`, or use PostgreSQL (SHEAF_DATABASE_URL).",
        )
    async with open_house(settings, serving=False, moved=moved()) as house, working(house):
        log.info("started", extra={"slots": settings.workers})
        await stop.wait()


def _until_told(job: Callable[[Settings, asyncio.Event], Awaitable[None]]) -> None:
    async def whole(settings: Settings) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await job(settings, stop)

    try:
        settings = load()
        observe.set_up(settings.log_format)
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what we make is ours alone; what is there stays as it is
        with owned(settings):
            migrate(settings.database)
            asyncio.run(whole(settings))
    except SheafError as error:
        raise failure(error) from error
