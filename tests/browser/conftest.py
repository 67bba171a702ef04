"""A headless Chromium, and a whole Sheaf in a thread of its own that it can visit."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from aiohttp import encode_basic_auth, web
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.accounts.model import Role
from server.app import open_house
from server.audit.log import Actor
from server.clock import now
from server.house import House
from server.notify import store
from server.notify.model import Failed
from server.notify.webhooks import WEBHOOK, Webhook
from server.people import keeping
from server.people import store as people
from server.people.linking import LinkState, Place
from server.people.model import Person, PersonId, Post
from server.profiles import store as profiles
from server.profiles.seal import Seal
from server.publishing import keep_new
from server.records.model import Agent, Record, Text
from server.records.store import New, State
from server.rooms import web_application
from server.settings import Settings
from tests.admin.visits import FAULTY
from tests.conftest import AUTH, HASH, PASSWORD, entry

ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1280,900",
)  # fmt: skip


@dataclass
class Site:
    """A running Sheaf and how a depositor reaches it."""

    url: str
    loop: asyncio.AbstractEventLoop
    house: House = field(init=False)
    known: web.AppRunner = field(init=False)
    """The address the server believes to have: it asks itself there, nobody else does."""

    def deposit(self, body: bytes, kind: str = "application/atom+xml;type=entry", **headers: str) -> str:
        """Deposit and return the work's id."""
        answer = self._send("POST", "/sword/v2/collection/works", body, {"Content-Type": kind} | headers)
        return answer.headers["Location"].rsplit("/", 1)[1]

    def delete(self, number: str) -> None:
        self._send("DELETE", f"/sword/v2/edit/{number}", None, {})

    def entry(self, title: str) -> str:
        return self.deposit(entry(title=title))

    def faulty(self, name: str, account: str = "depositor") -> None:
        """Deposit what is no package, so that it is held."""
        who = {"Authorization": encode_basic_auth(account, PASSWORD)}
        self.deposit(b"not a zip", **FAULTY | {"Content-Disposition": f"attachment; filename={name}"} | who)

    def do(self, deed: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the thread of the server."""
        return asyncio.run_coroutine_threadsafe(deed, self.loop).result(30)

    def unplug(self) -> None:
        """Let nobody answer at the address the server believes to have; visitors still come in by the other."""
        self.do(self.known.cleanup())

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]):
        with urlopen(Request(self.url + path, data=body, method=method, headers=AUTH | headers)) as answer:  # loopback
            answer.read()
            return answer


def failed_delivery(tx: Connection, seal: Seal) -> None:
    """A webhook, the first profile, and a delivery to it, the first, that the other side did not take."""
    hook = profiles.save(tx, WEBHOOK, "Library system", Webhook(address="https://library.example.org/hook"), seal, now())
    body = '{"type": "record.published", "data": {"title": "Peas"}}'
    store.add(tx, [store.New(hook.id, "record.published", "1", body)], now())
    failure = Failed("library.example.org answered 503: closed on Mondays", 503, "closed on Mondays", 12)
    store.settle(tx, store.get(tx, 1), failure, None, now())
    store.remember(tx, store.endpoint(tx, hook.id), failed=now(), words=failure.words, failures=1)


OWN = "01J0000000000000000000000M"
"""A draft of the administrator's own."""


def two_people(tx: Connection) -> None:
    """Somebody with all that can be kept of a person, a work to confirm and one that is theirs; and somebody of the same name."""
    orcid, post = PersonId(value="0000-0002-1825-0097"), Post(name="Abbey", position="Abbot", since="1868")
    one = people.add(tx, Person(family="Mendel", given="Gregor", ids=(orcid,), affiliations=(post,), note="Peas"), now())
    people.add(tx, Person(family="Mendel", given="G."), now())
    agent = Agent(family="Mendel", given="Gregor")
    for number in (OWN, f"{OWN[:-1]}N"):
        work = Record(type="publication.journalArticle", title=Text(value="Hawkweed"), creators=(agent,))
        keep_new(tx, [New(number, work, "works", State.DRAFT, owner=2)], now())
    place = Place(OWN, "creators", 0)
    keeping.decide(tx, one.id, place, LinkState.LINKED, Actor("admin", 2), now())


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "sheaf.db")
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    door = socket.create_server(("127.0.0.1", 0))
    opened = Site(f"http://127.0.0.1:{door.getsockname()[1]}", loop)
    known = socket.create_server(("127.0.0.1", 0))

    async def serve() -> None:
        settings = Settings(
            data=str(tmp_path),
            secret_key="only for tests",
            base_url=f"http://127.0.0.1:{known.getsockname()[1]}",
            private_targets="127.0.0.0/8",
        )
        async with open_house(settings, clock=now, moved={"repository_name": "Browser House"}) as opened.house:
            for name, role in (("depositor", Role.DEPOSITOR), ("admin", Role.ADMIN)):
                await opened.house.database.write(accounts.add, name, role, HASH, now())
            await opened.house.database.write(failed_delivery, opened.house.seal)
            await opened.house.database.write(two_people)
            runner = web.AppRunner(web_application(opened.house), shutdown_timeout=0.1)
            await runner.setup()
            await web.SockSite(runner, door).start()
            opened.known = web.AppRunner(web_application(opened.house), shutdown_timeout=0.1)
            await opened.known.setup()
            await web.SockSite(opened.known, known).start()
            ready.set()
            await done.wait()
            await runner.cleanup()
            await opened.known.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield opened
    loop.call_soon_threadsafe(done.set)
    thread.join(30)
    loop.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser for the tests of a file; skipped by name where there is no Chromium."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no browser: chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> webdriver.Chrome:
    """The browser as if nobody had used it."""
    chromium.get("about:blank")
    chromium.implicitly_wait(5)
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.get_log("browser")
    return chromium
