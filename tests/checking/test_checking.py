"""What `sheaf check` finds: each fault in words with its remedy, on both databases, and nothing where all is well."""

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import text

from server import cli, clock
from server.app import kind_settings
from server.checking import Finding, Verdict, look
from server.db.migrate import engine_for, migrate
from server.house import House
from server.identifiers.agencies.reserve import Account
from server.profiles import store as profiles
from server.settings import Settings
from tests.conftest import AUTH, START, Deposit
from tests.sword.conftest import GOOD, ZIP

KINDS = kind_settings()
LONG = "a secret key that is long enough for anybody"


def seen(settings: Settings, *, everything: bool = False, now: datetime | None = None) -> dict[str, Finding]:
    """The findings by name; of several of one name the worst."""
    found: dict[str, Finding] = {}
    order = list(Verdict)
    for finding in look(settings, KINDS, now or clock.now(), everything=everything):
        before = found.get(finding.name)
        if before is None or order.index(finding.verdict) > order.index(before.verdict):
            found[finding.name] = finding
        assert finding.words[-1] in ".…", finding
        assert finding.verdict is Verdict.OK or finding.remedy, finding
    return found


@pytest.fixture
async def filled(house: House, client: TestClient, deposit: Deposit) -> Settings:
    await deposit()
    assert (await client.post("/sword/v2/collection/works", data=GOOD, headers=ZIP | AUTH)).status == 201
    await house.database.write(profiles.save, "reserve", "Ours", Account(prefix="10.5072"), house.seal, START)
    if house.settings.is_sqlite:
        house.settings.folder.chmod(0o700)
    return replace(house.settings, trusted_proxies="127.0.0.1")


def execute(settings: Settings, statement: str, **values: object) -> None:
    engine = engine_for(settings.database)
    with engine.begin() as tx:
        tx.execute(text(statement), values)
    engine.dispose()


@pytest.mark.parametrize("everything", [False, True])
async def test_nothing_is_wrong_where_all_is_well(filled: Settings, everything: bool) -> None:
    found = seen(filled, everything=everything)
    assert {name: finding.verdict for name, finding in found.items()} == {
        "settings": "ok", "storage": "ok", "database": "ok", "clock": "ok", "files": "ok", "profiles": "ok",
        "secret key": "warning",  # the tests' is short
    }  # fmt: skip
    if everything:
        assert "All 5 are there and sound." in found["files"].words, "an entry, an archive and the three documents in it"


@pytest.mark.parametrize(
    ("changed", "name", "verdict", "words"),
    [
        ({"base_url": "http://repository.example.org"}, "settings", "warning", "passwords travel in the clear"),
        ({"trusted_proxies": ""}, "settings", "warning", "every client looks like the proxy"),
        ({"trusted_proxies": "0.0.0.0/0"}, "settings", "wrong", "claim to be anybody"),
        ({"secret_key": LONG}, "profiles", "wrong", "The secret was sealed under another"),
        ({"secret_key": "short"}, "secret key", "wrong", "has 5 characters"),
        ({"data": "/proc/nowhere"}, "storage", "wrong", "cannot be written"),
    ],
)
async def test_settings_that_do_not_do(filled: Settings, changed: dict[str, str], name: str, verdict: str, words: str) -> None:
    found = seen(replace(filled, **changed))[name]
    assert (found.verdict, words in found.words) == (verdict, True), found


def test_every_kind_of_profile_can_be_read(house: House) -> None:
    assert {kind.name: kind.settings for kind in house.keeper.kinds} == kind_settings()


async def test_a_folder_others_can_look_into(filled: Settings) -> None:
    filled.folder.chmod(0o755)
    assert "open to every user" in seen(filled)["storage"].words


@pytest.mark.parametrize(("free", "verdict"), [(50 * 2**20, "wrong"), (500 * 2**20, "warning"), (2**40, "ok")])
async def test_a_disk_that_is_nearly_full(filled: Settings, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    monkeypatch.setattr("server.checking.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(2**41, 0, free))
    assert seen(filled)["storage"].verdict == verdict


async def test_files_that_are_missing_or_damaged(filled: Settings, house: House) -> None:
    one, two, *_ = house.files.every()
    house.files.path(one).unlink()
    house.files.path(two).write_bytes(b"not what it was")
    for everything in (False, True):
        found = seen(filled, everything=everything)["files"]
        assert found.verdict == "wrong"
        assert found.words == f"1 files are missing and 1 damaged, the first {one}."


async def test_files_nobody_speaks_of_are_counted(filled: Settings, house: House) -> None:
    spool = house.files.spool()
    spool.write(b"left behind")
    house.files.keep(spool.finish())
    found = seen(filled, everything=True)["files"]
    assert (found.verdict, "1 more belong to nothing" in found.words) == ("ok", True)


async def test_the_clock_went_backwards(filled: Settings) -> None:
    execute(filled, "UPDATE feed SET datestamp = :late", late=clock.now() + timedelta(days=1))
    found = seen(filled)["clock"]
    assert (found.verdict, "yet to come" in found.words) == ("wrong", True)


@pytest.mark.postgresql
async def test_the_clock_is_not_the_databases(postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        settings = Settings(data=str(tmp_path), database_url=url, secret_key=LONG)
        for skew, verdict in ((0, "ok"), (30, "warning"), (600, "wrong")):
            assert seen(settings, now=clock.now() + timedelta(seconds=skew))["clock"].verdict == verdict


async def test_profiles_that_cannot_work(filled: Settings) -> None:
    execute(filled, "UPDATE profiles SET paused = 'The password is wrong.'")
    assert "stands still: The password is wrong." in seen(filled)["profiles"].words
    execute(filled, "UPDATE profiles SET document = '{\"prefix\": 7}'")
    assert "cannot be read" in seen(filled)["profiles"].words
    execute(filled, "UPDATE profiles SET kind = 'crystal ball'")
    assert "which is not installed" in seen(filled)["profiles"].words


@pytest.mark.parametrize(
    ("revision", "words"), [("base", "not there yet"), ("0001", "It is at revision 0001"), ("9999", "does not know")]
)
def test_tables_of_another_release(database_url: str, tmp_path: Path, revision: str, words: str) -> None:
    settings = Settings(data=str(tmp_path), database_url=database_url, secret_key=LONG)
    if revision == "9999":
        execute(settings, "UPDATE alembic_version SET version_num = '9999'")
    else:
        migrate(database_url, revision)
    found = seen(settings)
    assert words in found["database"].words
    assert "profiles" not in found


def test_before_the_first_start_all_is_well_and_nothing_is_made(tmp_path: Path) -> None:
    found = seen(Settings(data=str(tmp_path)))
    assert {finding.verdict for finding in found.values()} <= {"ok", "warning"}
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_a_finding(tmp_path: Path) -> None:
    begun = time.monotonic()
    found = seen(Settings(data=str(tmp_path), database_url="postgresql://nobody@127.0.0.1:1/none"))["database"]
    assert (found.verdict, time.monotonic() - begun < 10) == ("wrong", True)


def test_a_torn_database_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "sheaf.db").write_bytes(b"SQLite format 3\0" + b"x" * 8192)
    assert seen(Settings(data=str(tmp_path)))["database"].verdict == "wrong"


async def test_the_command_says_a_line_each_and_its_status(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"DATA": filled.data, "DATABASE_URL": filled.database, "SECRET_KEY": "only for tests", "BASE_URL": filled.base_url}
    for name, value in values.items():
        monkeypatch.setenv(f"SHEAF_{name}", value)
    answer = CliRunner().invoke(cli.main, ["check"])
    assert "ok       database" in answer.output
    assert "warning  settings    The base URL is https, and no proxy is trusted" in answer.output
    monkeypatch.setenv("SHEAF_TRUSTED_PROXIES", "::/0")
    answer = CliRunner().invoke(cli.main, ["check", "--everything"])
    assert answer.exit_code == 1
    assert "wrong    settings" in answer.output
