"""The stand-in for a handle server is held to what a real one was recorded to say, and to an independent client."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import encode_basic_auth

from tests.conftest import SHARED
from tests.fakes.handle import FakeHandleServer

RECORDED = SHARED / "data" / "agencies" / "handle" / "handle-exchanges.json"
AUTHORITIES = ("10.14454", "10.5438", "10536")
#: What was there when the exchanges were recorded; whatever else is changed is made by them.
THERE = {"10.14454/10703": "x", "10.5438/MCNV-GA6N": "x", "10.14454/05MB-Q396": "https://example.org"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeHandleServer]:
    fake = FakeHandleServer(*AUTHORITIES)
    await fake.start()
    yield fake
    await fake.stop()


def _bare(document: object) -> object:
    """Leave out of an answer what differs between any two servers: the moment, and which handles there are."""
    if isinstance(document, dict):
        return {key: _bare(value) for key, value in document.items() if key not in {"timestamp", "handles", "totalCount"}}
    return [_bare(value) for value in document] if isinstance(document, list) else document


@pytest.mark.skipif(not RECORDED.exists(), reason="needs agencies/handle of SHEAF_SHARED")
async def test_it_says_what_a_real_one_was_recorded_to_say(fake: FakeHandleServer) -> None:
    exchanges = json.loads(RECORDED.read_text())
    assert len(exchanges) == 16
    for name, url in THERE.items():
        fake.lead(name, url, "0.NA/10536")
    async with aiohttp.ClientSession() as session:
        for exchange in exchanges:
            asked, said = exchange["request"], exchange["response"]
            parts = urlsplit(asked["uri"])
            refused = said["status"] == 401
            headers = {} if refused else {"Authorization": encode_basic_auth("300%3A0.NA/10536", fake.secret)}
            if asked["content_type"]:
                headers["Content-Type"] = asked["content_type"]
            address = f"{fake.url}{parts.path}?{parts.query}"
            async with session.request(asked["method"], address, data=asked["body"] or None, headers=headers) as answer:
                assert answer.status == said["status"], asked
                body = await answer.text()
                if refused:
                    theirs = said["headers"]["Www-Authenticate"][0]
                    assert (body, theirs.split("=")[0]) == ("", answer.headers["WWW-Authenticate"].split("=")[0])
                    assert theirs.endswith('error="Identity not verified"')
                    assert answer.headers["WWW-Authenticate"].endswith('error="Identity not verified"')
                    continue
                assert answer.headers["Content-Type"].lower() == said["headers"]["Content-Type"][0].lower()
                if said["body"].endswith("…"):  # a long list, cut where it was kept
                    mine, theirs = list(json.loads(body)), said["body"]
                    assert theirs.startswith("{" + f'"{mine[0]}":1,"{mine[1]}":"10.5438","{mine[2]}":"4')
                    assert [key for key in mine if f'"{key}":' in theirs] == mine
                    assert isinstance(json.loads(body)["totalCount"], str)
                    continue
                assert _bare(json.loads(body)) == _bare(json.loads(said["body"]))
                assert list(json.loads(body)) == list(json.loads(said["body"])), "fields in their order"


async def test_an_independent_client_makes_reads_changes_and_deletes_handles(fake: FakeHandleServer) -> None:
    pyhandle = pytest.importorskip("pyhandle.handleclient", reason="needs pyhandle")

    def speak() -> None:
        client = pyhandle.RESTHandleClient.instantiate_with_username_and_password(
            fake.url, "300:0.NA/10536", fake.secret, HTTPS_verify=False
        )
        assert client.register_handle("10536/DRO/DU.1", location="https://repository.example.org/1") == "10536/DRO/DU.1"
        assert client.get_value_from_handle("10536/DRO/DU.1", "URL") == "https://repository.example.org/1"
        client.modify_handle_value("10536/DRO/DU.1", URL="https://repository.example.org/2")
        assert client.get_value_from_handle("10536/DRO/DU.1", "URL") == "https://repository.example.org/2"
        client.delete_handle("10536/DRO/DU.1")
        assert client.retrieve_handle_record("10536/DRO/DU.1") is None

    await asyncio.to_thread(speak)
    assert fake.ours == {}
