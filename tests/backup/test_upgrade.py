"""From a release's database with data in it to this one's, back, and up again: what an archive of each release is kept for.

`tests/samples/backups/revision-NNNN.tar` was made by `sheaf backup` over an installation of that revision, under the key below.
"""

from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner

from server import cli
from server.app import open_house
from server.backup import rows
from server.backup.archive import members
from server.backup.make import make
from server.backup.model import LEFT_OUT, TABLE
from server.backup.restore import manifest_of, restore
from server.db.migrate import engine_for, migrate, revision_of, revisions
from server.errors import Conflict, Invalid
from server.rooms import web_application
from server.settings import Settings
from tests.backup.test_backup import silent
from tests.conftest import START, SetClock, entry
from tests.sword.conftest import AUTH, ENTRY

ARCHIVES = sorted((Path(__file__).parents[1] / "samples" / "backups").glob("revision-*.tar"))


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Settings:
    migrate(database_url, "base")
    return Settings(
        data=str(tmp_path), database_url=database_url, base_url="https://repository.example.org", secret_key="only for tests"
    )


def held(path: Path) -> dict[str, list[dict]]:
    """All rows of an archive, by table."""
    tables = {found.name: found for found in manifest_of(path).tables if found.name not in LEFT_OUT}
    named = ((TABLE.fullmatch(member.name), member) for member in members(path))
    return {name[1]: list(rows.read(member, tables[name[1]])) for name, member in named if name and name[1] in tables}


async def works(settings: Settings, clock: SetClock) -> list[str]:
    """The works' titles, as a harvester of the opened house gets them, after one more deposit."""
    async with open_house(settings, clock=clock) as house, TestClient(TestServer(web_application(house))) as client:
        answer = await client.post("/sword/v2/collection/works", data=entry("Radium"), headers=ENTRY | AUTH)
        assert answer.status == 201, await answer.text()
        body = await (await client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")).text()
    return sorted(part.partition("<")[0] for part in body.split("<dc:title>")[1:])


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.stem)
async def test_up_and_back_with_data_in_it(archive: Path, empty: Settings, tmp_path: Path, clock: SetClock) -> None:
    clock.pass_time(days=2)
    revision = manifest_of(archive).revision
    restore(empty, archive, silent)
    migrate(empty.database, revision)
    make(empty, tmp_path / "back.tar", START, silent)
    assert manifest_of(tmp_path / "back.tar").revision == revision
    assert held(tmp_path / "back.tar") == held(archive), "nothing of the older release was lost on the way up and down"
    migrate(empty.database)
    assert await works(empty, clock) == ["Curves", "Peas, revised", "Radium", "Versuche"]


#: The revision each earlier release ended with; nobody's database stands at one between them.
RELEASED = ["0001", "0006", "0010"]


def test_there_is_an_archive_of_every_earlier_release() -> None:
    assert [path.stem.removeprefix("revision-") for path in ARCHIVES] == RELEASED
    assert set(RELEASED) < set(revisions())


def test_a_revision_can_be_named_whichever_way_it_lies(empty: Settings) -> None:
    engine = engine_for(empty.database)
    for revision in ("0001", "0002", "0001", "head", "head", "base", "head"):
        migrate(empty.database, revision)
        with engine.connect() as tx:
            assert revision_of(tx) == {"head": revisions()[-1], "base": None}.get(revision, revision)
    with pytest.raises(Invalid, match="no revision '7'"):
        migrate(empty.database, "7")
    with engine.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(Conflict, match="at revision 9999, which this release does not know"):
        migrate(empty.database)


def test_the_command_goes_back_and_up(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEAF_DATA", empty.data)
    monkeypatch.setenv("SHEAF_DATABASE_URL", empty.database)
    for revision in ("0001", "head"):
        answer = CliRunner().invoke(cli.main, ["migrate", "--to", revision])
        assert answer.exit_code == 0, answer.output
    refused = CliRunner().invoke(cli.main, ["migrate", "--to", "nowhere"])
    assert refused.exit_code == 1
    assert f"One of: head, {', '.join(reversed(revisions()))}, base." in refused.output


def test_a_backup_made_before_the_upgrade_can_be_made_by_the_new_release(empty: Settings, tmp_path: Path) -> None:
    migrate(empty.database, "0001")
    assert make(empty, tmp_path / "before.tar", START, silent).revision == "0001"
