"""A headless Chromium, and a whole Sheaf in a thread of its own that it can visit."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from aiohttp import web
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.accounts.model import Role
from server.app import open_house, web_application
from server.audit.log import Actor
from server.clock import now
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
from server.settings import Settings
from tests.conftest import AUTH, HASH, entry

ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1280,900",
)  # fmt: skip


@dataclass
class Site:
    """A running Sheaf and how a depositor reaches it."""

    url: str
    numbers: dict[str, str] = field(default_factory=dict)
    """What stands for the variable parts of addresses: `/admin/imports:id` → the id of an import."""

    def deposit(self, body: bytes, kind: str = "application/atom+xml;type=entry", **headers: str) -> str:
        """Deposit and return the work's id."""
        answer = self._send("POST", "/sword/v2/collection/works", body, {"Content-Type": kind} | headers)
        return answer.headers["Location"].rsplit("/", 1)[1]

    def delete(self, number: str) -> None:
        self._send("DELETE", f"/sword/v2/edit/{number}", None, {})

    def entry(self, title: str) -> str:
        return self.deposit(entry(title=title))

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]):
        with urlopen(Request(self.url + path, data=body, method=method, headers=headers | AUTH)) as answer:  # loopback
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
    found: list[str] = []

    async def serve() -> None:
        settings = Settings(data=str(tmp_path), secret_key="only for tests")
        async with open_house(settings, clock=now, moved={"repository_name": "Browser House"}) as house:
            for name, role in (("depositor", Role.DEPOSITOR), ("admin", Role.ADMIN)):
                await house.database.write(accounts.add, name, role, HASH, now())
            await house.database.write(failed_delivery, house.seal)
            await house.database.write(two_people)
            runner = web.AppRunner(web_application(house))
            await runner.setup()
            listening = web.TCPSite(runner, "127.0.0.1", 0)
            await listening.start()
            found.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
            ready.set()
            await done.wait()
            await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield Site(found[0], {"/admin/people:id": "1", "/my/works:id": OWN})
    loop.call_soon_threadsafe(done.set)
    thread.join(30)
    loop.close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A fresh browser; skipped by name where there is no Chromium."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("no browser: chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(chromedriver))
    opened.implicitly_wait(5)
    yield opened
    opened.quit()
