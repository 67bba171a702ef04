"""Trying out an account: at a handle server a handle is made and deleted, to Crossref a deposit is handed in and followed."""

from types import SimpleNamespace

import pytest

from server import control
from server.control.identifiers import ProfileNamed
from server.control.identifiers import verify as verified
from server.house import House
from server.identifiers import roundtrip
from tests.fakes.crossref import FakeCrossref
from tests.fakes.crossref_schema import XSD
from tests.fakes.handle import FakeHandleServer, Mood

SECRET = "correct horse"


async def test_at_a_handle_server_a_handle_is_made_and_deleted(house: House) -> None:
    server = FakeHandleServer(secret=SECRET)
    await server.start()
    values = {
        "prefix": "10536/DRO/", "suffix": "DU:", "server": server.url, "environment": "test",
        "administrator": "300:0.NA/10536", "secret": SECRET,
    }  # fmt: skip
    await control.profile_set(house, control.ProfileSet(kind="handle", name="Ours", values=values))
    try:
        steps = await verified(house, ProfileNamed(name="Ours"))
        assert [step.good for step in steps] == [True] * 5, steps
        assert "10536/DRO/sheaf-trial-" in steps[1].title
        assert [call.method for call in server.log[1:]] == ["PUT", "GET", "DELETE", "GET"]
        assert server.ours == {}
        server.moods += [Mood.WELL, Mood.LOST, Mood.LOST]  # it is made, and nobody hears of it
        steps = await verified(house, ProfileNamed(name="Ours"))
        assert [step.good for step in steps] == [True, False, True], steps
        assert server.ours == {}
    finally:
        await server.stop()


@pytest.mark.skipif(not XSD.exists(), reason="the stand-in for Crossref needs agencies/crossref of SHEAF_SHARED")
async def test_to_crossref_a_deposit_is_handed_in_and_followed_to_its_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(roundtrip, "asyncio", SimpleNamespace(sleep=wait))
    service = FakeCrossref()
    await service.start()
    values = {
        "prefix": "10.82433", "account_id": "role", "password": SECRET, "registration_name": "Abbey of St Thomas",
        "email": "library@example.org", "repository_name": "Garden notes", "environment": "test", "endpoint": service.url,
    }  # fmt: skip
    await control.profile_set(house, control.ProfileSet(kind="crossref", name="Ours", values=values))
    try:
        service.rests.append(2)
        steps = await verified(house, ProfileNamed(name="Ours"))
        assert [step.good for step in steps] == [True] * 3, steps
        assert len(service.dois) == 1
        assert waits == [5.0, 5.0]
        service.rests.append(10_000)
        steps = await verified(house, ProfileNamed(name="Ours"))
        assert [step.good for step in steps] == [True, True, False], steps
        assert "after" in steps[-1].words
        assert sum(waits[2:]) >= roundtrip.PATIENCE
    finally:
        await service.stop()
