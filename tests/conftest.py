"""What tests share: the catalogue of schemas, databases of both kinds, a house and a client of it."""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[1] / ".." / "shared").resolve()
_CATALOG = SHARED / "data" / "schemas" / "catalog.xml"
if _CATALOG.exists():
    os.environ["XML_CATALOG_FILES"] = str(_CATALOG)  # before anything imports lxml: it maps schema addresses to local copies

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from hypothesis import settings as properties

from server.accounts import store as accounts
from server.accounts.model import Role
from server.app import open_house
from server.audit.log import OPERATOR
from server.db import sqlite
from server.db.migrate import migrate
from server.house import House
from server.profiles import keeping
from server.profiles import store as profiles
from server.rooms import web_application
from server.settings import Settings
from tests.databases import Postgres

#: Enough each time; the long runs look harder.
properties.register_profile("sheaf", max_examples=int(os.environ.get("SHEAF_TEST_EXAMPLES") or 40))
properties.load_profile("sheaf")

URL = "https://repository.example.org"
PASSWORD = "correct horse"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # cheap, as every test begins with it
AUTH = {"Authorization": encode_basic_auth("depositor", PASSWORD)}
START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


class SetClock:
    """A clock that tests set; it stands still until `pass_time`."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def pass_time(self, **parts: float) -> None:
        self.moment += timedelta(**parts)


@pytest.fixture(scope="session", autouse=True)
def _hurried() -> Iterator[None]:
    """Wait for no disk: nothing here outlives the tests. Servers in processes of their own do, and so do those that are killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(sqlite, "_WRITER_PRAGMAS", (*sqlite._WRITER_PRAGMAS, "synchronous=OFF"))
        yield


def pytest_collection_finish() -> None:
    """Leave out of every search for garbage what lives as long as the tests: it is a tenth of their time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write out what is no text in what a test printed or logged: a report travels between processes as UTF-8."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "sheaf.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of our own with a migrated template database; skipped by name where none can be had.

    It runs as another user, and pytest shuts other users out of its folders each time one more run begins: so it gets a folder apart.
    """
    with tempfile.TemporaryDirectory(prefix="sheaf-") as folder, Postgres.start(Path(folder)) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database of either kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "sheaf.db")
        yield f"sqlite:///{tmp_path / 'sheaf.db'}"
    else:
        with request.getfixturevalue("postgres").database() as url:
            yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data=str(tmp_path), database_url=database_url, base_url=URL, secret_key="only for tests")


@pytest.fixture
def seeds() -> dict[str, str]:
    """What the first profiles are made with, by the variables that once held it; `configured` changes them later."""
    return {"oai_page_size": "5"}


@pytest.fixture
async def house(settings: Settings, clock: SetClock, seeds: dict[str, str]) -> AsyncIterator[House]:
    async with open_house(settings, clock=clock, moved=seeds) as opened:
        await opened.database.write(accounts.add, "depositor", Role.DEPOSITOR, HASH, clock())
        await opened.database.write(accounts.add, "other", Role.DEPOSITOR, HASH, clock())
        await opened.database.write(accounts.add, "admin", Role.ADMIN, HASH, clock())
        yield opened


async def configured(house: House, kind: str, **fields: Any) -> None:
    """Change settings of the one profile of a kind, as an administrator would."""
    keeper = house.keeper
    (profile,) = [each for each in await house.database.read(profiles.every) if each.kind == kind]
    await keeper.do(keeping.put, keeper.desk, keeper.kinds[kind], profile.name, fields, OPERATOR)


@pytest.fixture
async def client(house: House) -> AsyncIterator[TestClient]:
    """A client of the whole web application, without credentials."""
    async with TestClient(TestServer(web_application(house))) as opened:
        yield opened


Deposit = Callable[..., Awaitable[str]]

ENTRY = """<entry xmlns="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/"><title>{title}</title>
<dcterms:title>{title}</dcterms:title><dcterms:creator>{creator}</dcterms:creator><dcterms:type>{type}</dcterms:type>
<dcterms:issued>{issued}</dcterms:issued>{more}</entry>"""


def entry(
    title: str = "Peas",
    creator: str = "Mendel, Gregor",
    type: str = "Journal article",  # noqa: A002 -- named as in the entry
    issued: str = "1866",
    more: str = "",
) -> bytes:
    """An Atom entry as a depositor sends it."""
    return ENTRY.format(title=title, creator=creator, type=type, issued=issued, more=more).encode()


@pytest.fixture
def deposit(client: TestClient) -> Deposit:
    """Deposit an entry as `depositor` and return the id of its container."""

    async def send(body: bytes | None = None, *, in_progress: bool = False, **parts: str) -> str:
        headers = {"Content-Type": "application/atom+xml;type=entry", "In-Progress": str(in_progress).lower()}
        answer = await client.post("/sword/v2/collection/works", data=body or entry(**parts), headers=headers | AUTH)
        assert answer.status == 201, await answer.text()
        return answer.headers["Location"].rsplit("/", 1)[1]

    return send
