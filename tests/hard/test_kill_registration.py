"""The process is killed while the agency is asked, after it has processed the request: afterwards both agree, and one name was minted."""

import asyncio
import time
from pathlib import Path

import pytest
from aiohttp import ClientSession, encode_basic_auth

from tests.conftest import entry
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD
from tests.hard.servers import PASSWORD, Server

AUTH = {"Authorization": encode_basic_auth("depositor", PASSWORD), "Content-Type": "application/atom+xml;type=entry"}


@pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
async def test_a_kill_between_the_call_and_the_commit_harms_nothing(tmp_path: Path, sqlite_template: Path) -> None:
    agency = FakeDatacite(Repository())
    agency.slowness = 30.0
    await agency.start()
    server = Server(tmp_path / "data")
    await asyncio.to_thread(server.start)
    try:
        settings = (
            f"endpoint={agency.url}",
            "prefix=10.82433",
            "account_id=INST.REPO",
            "password=correct horse",
            "environment=test",
        )
        labels = 'labels=[{"types": ["dataset"], "label": "data"}]'
        setting = server.command("profile", "set", "datacite", "DOIs", *settings, labels)
        said = await asyncio.to_thread(setting.communicate, timeout=60)
        assert setting.returncode == 0, said
        agency.mood = Mood.SLOW
        agency.moods.append(Mood.WELL)  # to the question whether the name is there already
        async with ClientSession(headers=AUTH) as session:
            async with session.post(f"{server.url}/sword/v2/collection/works", data=entry(type="Dataset")) as answer:
                assert answer.status == 201
                number = answer.headers["Location"].rpartition("/")[2]
            await until(lambda: "10.82433/data.00000001" in agency.dois)
            server.kill()
            agency.mood = Mood.WELL
            await asyncio.to_thread(server.start)

            async def shown() -> bool:
                async with session.get(f"{server.url}/sword/v2/edit/{number}") as answer:
                    return "data.00000001 is registered" in await answer.text()

            end = time.monotonic() + 30
            while not await shown():
                assert time.monotonic() < end, "registered by itself after the restart"
                await asyncio.sleep(0.2)
        assert {name: doi.state for name, doi in agency.dois.items()} == {"10.82433/data.00000001": "findable"}
        assert len([line for line in agency.log if "PUT" in str(line)]) == 2, "asked again with the same name"
    finally:
        server.kill()
        await agency.stop()


async def until(true: object) -> None:
    end = time.monotonic() + 30
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
