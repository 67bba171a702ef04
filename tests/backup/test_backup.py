"""Everything in one archive, and back: on both databases, from one to the other, from an older release, without secrets."""

import hashlib
import io
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import insert, select, text

from server import cli
from server.accounts import store as accounts
from server.app import open_house
from server.backup import model, rows
from server.backup.make import make
from server.backup.model import LEFT_OUT
from server.backup.restore import manifest_of, restore, verify
from server.db.columns import metadata
from server.db.migrate import engine_for, migrate
from server.errors import Conflict, Invalid, NotFound, SheafError, Unavailable
from server.house import House
from server.identifiers.agencies.datacite import Account
from server.jobs.tables import jobs
from server.profiles import store as profiles
from server.rooms import web_application
from server.settings import Settings
from tests.admin.visits import login
from tests.conftest import AUTH, HASH, START, Deposit, SetClock, entry
from tests.sword.conftest import ENTRY, GOOD, ZIP

SECRET = "a password of an agency"


def silent(_name: str, _total: int) -> Callable[[int], None]:
    return lambda _done: None


async def filled(house: House, client: TestClient, deposit: Deposit) -> str:
    """Make a house in which something of everything is; return the id of a work with files."""
    settings = Account(prefix="10.5072", account_id="INST.REPO", password=SECRET, environment="test")
    await house.database.write(profiles.save, "datacite", "Our DOIs", settings, house.seal, house.clock())
    for number in range(3):
        await deposit(title=f"Peas {number}")
    answer = await client.post("/sword/v2/collection/works", data=GOOD, headers=ZIP | AUTH)
    assert answer.status == 201, await answer.text()
    await login(client)
    return answer.headers["Location"].rpartition("/")[2]


def everything(settings: Settings) -> dict[str, list[tuple]]:
    engine = engine_for(settings.database)
    with engine.connect() as tx:
        found = {name: sorted(map(tuple, tx.execute(select(table))), key=repr) for name, table in metadata.tables.items()}
    engine.dispose()
    return found


@pytest.fixture
async def archive(house: House, client: TestClient, deposit: Deposit, tmp_path: Path) -> Path:
    await filled(house, client, deposit)
    make(house.settings, tmp_path / "backup.tar", START, silent)
    return tmp_path / "backup.tar"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return Settings(data=str(tmp_path / "elsewhere"), base_url="https://repository.example.org", secret_key="only for tests")


async def harvested(house: House) -> str:
    async with TestClient(TestServer(web_application(house))) as visitor:
        answer = await visitor.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")
        body = await answer.text()
    return body.partition("<ListRecords>")[2]


@pytest.mark.parametrize("onto", ["sqlite", "postgresql"])
async def test_what_was_saved_is_there_again_on_either_database(
    house: House, client: TestClient, deposit: Deposit, tmp_path: Path, elsewhere: Settings, onto: str, request, clock: SetClock
) -> None:
    work = await filled(house, client, deposit)
    path = tmp_path / "backup.tar"
    made = make(house.settings, path, START, silent)
    before = everything(house.settings)
    assert sum(found.rows for found in made.tables) > 20
    assert made.files == len(list(house.files.every())) >= 2
    with request.getfixturevalue("postgres").database() if onto == "postgresql" else Nothing() as url:
        target = replace(elsewhere, database_url=url)
        restore(target, path, silent)
        after = everything(target)
        assert [row for name in LEFT_OUT for row in after[name]] == []
        assert before["sessions"]
        assert {name: rows for name, rows in after.items() if name not in LEFT_OUT} == {
            name: rows for name, rows in before.items() if name not in LEFT_OUT
        }
        async with open_house(target, clock=clock) as restored:
            assert await harvested(restored) == await harvested(house)
            for sha256 in house.files.every():
                assert restored.files.path(sha256).read_bytes() == house.files.path(sha256).read_bytes()
            profile = await restored.database.read(profiles.get, "Our DOIs")
            assert profiles.opened(profile, Account, restored.seal).password == SECRET
            async with TestClient(TestServer(web_application(restored))) as visitor:
                assert (await visitor.get(f"/items/{work}")).status == 200
                another = await visitor.post("/sword/v2/collection/works", data=entry("Rings"), headers=ENTRY | AUTH)
                assert another.status == 201, "its numbering goes on behind what came"
            await restored.database.write(accounts.add, "someone", accounts.Role.DEPOSITOR, HASH, clock())


class Nothing:
    def __enter__(self) -> str:
        return ""

    def __exit__(self, *_: object) -> None: ...


async def test_an_archive_is_its_owners_alone_and_has_no_secret_in_it(archive: Path, house: House) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    plain = archive.read_bytes()
    with tarfile.open(archive) as opened:
        names = opened.getnames()
        assert names[0] == "README.txt"
        assert names[-1].startswith("manifest-")
        for name in names:
            body = opened.extractfile(name).read()
            plain += zstandard.ZstdDecompressor().stream_reader(body).read() if name.endswith(".zst") else body
    assert b"Our DOIs" in plain, "or this shows nothing"
    for secret in (SECRET, "only for tests", "correct horse"):
        assert secret.encode() not in plain
    assert verify(archive, silent) == manifest_of(archive)


async def test_any_byte_that_changed_is_noticed(archive: Path, tmp_path: Path) -> None:
    good = archive.read_bytes()
    with tarfile.open(archive) as opened:
        held = [(member.offset, member.offset_data + member.size) for member in opened if member.name != "README.txt"]
    torn = tmp_path / "torn.tar"
    for begin, end in held:
        for place in {begin + 3, begin + 130, end - 1, (begin + end) // 2, end + -end % 512 - 1}:
            torn.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            with pytest.raises(SheafError) as caught:
                verify(torn, silent)
            assert caught.value.message.endswith("."), place
    for length in (0, 100, 512, len(good) // 3, len(good) // 2, len(good) - 1500):
        torn.write_bytes(good[:length])
        with pytest.raises(Invalid):
            verify(torn, silent)


def member(name: str, body: bytes = b"", **more: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(body)
    for field, value in more.items():
        setattr(info, field, value)
    return info, body


EVIL = {
    "above": member("files/../../../etc/cron.d/peas", b"* * * * * root"),
    "absolute": member("/etc/passwd", b"root::0:0::/:/bin/sh"),
    "link": member("files/" + "a" * 64, type=tarfile.SYMTYPE, linkname="/etc/shadow"),
    "hard link": member("files/" + "a" * 64, type=tarfile.LNKTYPE, linkname="README.txt"),
    "device": member("README.txt", type=tarfile.CHRTYPE),
    "folder": member("files/" + "a" * 64 + "/", type=tarfile.DIRTYPE),
    "long name": member("files/" + "a" * 300, b"x"),
    "extended": member("README.txt", b"x", pax_headers={"path": "/etc/passwd"}),
    "other": member("secret.key", b"x"),
}


@pytest.mark.parametrize("kind", EVIL)
def test_what_could_leave_its_place_is_refused_at_its_header(tmp_path: Path, elsewhere: Settings, kind: str) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT if kind == "extended" else tarfile.GNU_FORMAT) as opened:
        info, body = EVIL[kind]
        opened.addfile(info, io.BytesIO(body))
    for look in (lambda: verify(path, silent), lambda: restore(elsewhere, path, silent, key_lost=True)):
        with pytest.raises(Invalid, match=r"no member|not a backup"):
            look()
    assert not elsewhere.folder.exists() or not list(elsewhere.folder.rglob("*"))


def test_a_member_larger_than_the_archive_is_refused(tmp_path: Path) -> None:
    info, _ = member("files/" + "a" * 64)
    info.size = 2**40
    (tmp_path / "large.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"x" * 2048)
    with pytest.raises(Invalid, match="larger than the archive"):
        verify(tmp_path / "large.tar", silent)


def test_rows_that_never_end_are_not_unpacked() -> None:
    bomb = zstandard.compress(b'["name"]\n' + b"[1]\n" * 100_000)
    table = model.Dump("sequences", (model.Column("name", "integer"),), 3, hashlib.sha256(bomb).hexdigest())
    with pytest.raises(Invalid, match="more rows than the 3"):
        list(rows.read(io.BytesIO(bomb), table))
    with pytest.raises(Invalid, match="row 100001 of"):
        list(rows.read(io.BytesIO(bomb), replace(table, rows=200_000)))


async def test_it_goes_into_an_empty_installation_only(archive: Path, house: House) -> None:
    before = everything(house.settings)
    with pytest.raises(Conflict, match="There is a Sheaf here already"):
        restore(house.settings, archive, silent)
    assert everything(house.settings) == before


async def test_a_torn_archive_changes_nothing(archive: Path, elsewhere: Settings) -> None:
    body = bytearray(archive.read_bytes())
    body[len(body) // 2] ^= 1
    archive.write_bytes(body)
    with pytest.raises(SheafError):
        restore(elsewhere, archive, silent)
    assert not (elsewhere.folder / "sheaf.db").exists()
    assert not (elsewhere.folder / "files").exists()


async def test_the_key_must_be_the_one_it_was_sealed_with(archive: Path, elsewhere: Settings, clock: SetClock) -> None:
    for other in ("", "another one entirely"):
        with pytest.raises(Conflict, match="another secret key"):
            restore(replace(elsewhere, secret_key=other), archive, silent)
    assert not elsewhere.folder.exists(), "not even a key was made"
    restore(replace(elsewhere, secret_key=""), archive, silent, key_lost=True)
    async with open_house(replace(elsewhere, secret_key=""), clock=clock) as restored:
        profile = await restored.database.read(profiles.get, "Our DOIs")
        with pytest.raises(Unavailable, match="sealed under another"):
            profiles.opened(profile, Account, restored.seal)


async def test_a_copy_can_be_kept_from_speaking_to_the_world(archive: Path, elsewhere: Settings, clock: SetClock) -> None:
    restore(elsewhere, archive, silent, paused=START)
    async with open_house(elsewhere, clock=clock) as restored:
        profile = await restored.database.read(profiles.get, "Our DOIs")
        assert profile.paused.startswith("It came from a backup, on 2026-03-14.")
        others = [found.paused for found in await restored.database.read(profiles.every) if found.kind in {"oai", "sword"}]
        assert others == [None, None], "they answer whoever asks, and go on doing so"


def forged(archive: Path, **more: object) -> Path:
    """The same archive under a manifest that says something else."""
    manifest = replace(manifest_of(archive), **more)
    body = msgspec.json.encode(manifest)
    path = archive.with_name("forged.tar")
    with tarfile.open(archive) as old, tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as new:
        for found in old:
            if not found.name.startswith("manifest-"):
                new.addfile(found, old.extractfile(found))
        info, _ = member(f"manifest-{hashlib.sha256(body).hexdigest()}.json", body)
        new.addfile(info, io.BytesIO(body))
    return path


async def test_what_a_newer_release_made_is_refused_in_words(archive: Path, elsewhere: Settings) -> None:
    for newer in ({"revision": "9999", "release": "9.0"}, {"format": 2}):
        with pytest.raises(Conflict, match="newer"):
            restore(elsewhere, forged(archive, **newer), silent)
    assert not elsewhere.folder.exists()


async def test_what_an_older_release_made_is_brought_to_this_one(database_url: str, tmp_path: Path, elsewhere: Settings) -> None:
    old = Settings(data=str(tmp_path), database_url=database_url, secret_key="only for tests")
    migrate(database_url, "0001")
    engine = engine_for(database_url)
    with engine.begin() as tx:
        tx.execute(text("INSERT INTO sequences (name, value) VALUES ('peas', 7)"))
    engine.dispose()
    make(old, tmp_path / "old.tar", START, silent)
    assert manifest_of(tmp_path / "old.tar").revision == "0001"
    restore(elsewhere, tmp_path / "old.tar", silent)
    assert ("peas", 7) in everything(elsewhere)["sequences"]


async def test_a_file_that_is_not_what_it_was_stays_out_and_is_named(house: House, client, deposit, tmp_path: Path) -> None:
    await filled(house, client, deposit)
    victim, *others = house.files.every()
    house.files.path(victim).write_bytes(b"not peas")
    made = make(house.settings, tmp_path / "backup.tar", START, silent)
    assert made.damaged == (victim,)
    assert made.files == len(others)
    assert verify(tmp_path / "backup.tar", silent) == made


async def test_nothing_is_left_of_a_backup_that_failed(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "backup.tar"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("server.backup.archive.os.fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            make(house.settings, target, START, silent)
    assert list(target.parent.iterdir()) == []
    target.write_text("another's")
    with pytest.raises(Conflict, match="already"):
        make(house.settings, target, START, silent)
    assert target.read_text() == "another's"


def test_where_no_sheaf_is_none_is_made(elsewhere: Settings, tmp_path: Path, postgres) -> None:
    with pytest.raises(NotFound, match="no Sheaf"):
        make(elsewhere, tmp_path / "backup.tar", START, silent)
    assert list(tmp_path.iterdir()) == []
    with postgres.database() as url:
        migrate(url, "base")
        with pytest.raises(NotFound, match="no tables"):
            make(replace(elsewhere, database_url=url), tmp_path / "backup.tar", START, silent)


async def test_postgresql_numbers_on_behind_what_was_restored(archive: Path, elsewhere: Settings, postgres) -> None:
    with postgres.database() as url:
        target = replace(elsewhere, database_url=url)
        restore(target, archive, silent)
        highest = max((row[0] for row in everything(target)["jobs"]), default=0)
        engine = engine_for(url)
        values = {
            "kind": "x",
            "subject": "x",
            "state": "done",
            "due": START,
            "attempts": 0,
            "again": False,
            "created": START,
            "changed": START,
        }
        with engine.begin() as tx:
            assert tx.execute(insert(jobs).values(values).returning(jobs.c.id)).scalar_one() == highest + 1
        engine.dispose()


def test_every_table_can_be_saved_and_what_is_left_out_exists(database_url: str) -> None:
    engine = engine_for(database_url)
    with engine.connect() as tx:
        assert {shape.name for shape in rows.shapes(tx)} == set(metadata.tables) >= set(LEFT_OUT)
    engine.dispose()


async def test_the_commands(house: House, client, deposit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(house, client, deposit)
    said = []
    for name, value in (
        ("DATA", house.settings.data),
        ("DATABASE_URL", house.settings.database),
        ("SECRET_KEY", "only for tests"),
    ):
        monkeypatch.setenv(f"SHEAF_{name}", value)
    (tmp_path / "backups").mkdir()
    for words in (["backup", str(tmp_path / "backups")], ["backup", str(tmp_path / "named.tar")]):
        answer = CliRunner().invoke(cli.main, words)
        assert answer.exit_code == 0, answer.output
        assert "4 works" in answer.output
        assert "secret key is not in it" in answer.output
        said.append(answer.output)
    [path] = (tmp_path / "backups").iterdir()
    assert path.name.startswith("sheaf-")
    assert "is whole: 4 works" in CliRunner().invoke(cli.main, ["backup", "--check", str(path)]).output
    refused = CliRunner().invoke(cli.main, ["restore", str(path)])
    assert refused.exit_code == 1
    assert "remedy: Restore into an empty data folder" in refused.output
    monkeypatch.setenv("SHEAF_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("SHEAF_DATABASE_URL", "")
    answer = CliRunner().invoke(cli.main, ["restore", "--paused", str(path)])
    assert answer.exit_code == 0, answer.output
    assert "Restored 4 works" in answer.output
    assert "Nothing goes out: agencies, webhooks and mail stand still" in answer.output
