"""Where requests to agencies go whose address people enter: inside the walls only where that is opened, here only for trials."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.house import House
from server.identifiers.answers import reason_of


async def test_an_address_that_was_entered_leads_inside_the_walls_only_where_it_may(house: House) -> None:
    sessions, handle, datacite = house.comparer.caller.sessions, house.agencies["handle"], house.agencies["datacite"]
    application = web.Application()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="within")

    application.router.add_get("/", answer)
    async with TestServer(application) as inner:
        url = inner.make_url("/")
        for session in (sessions.of(handle, "test"), sessions.of(datacite, "production")):
            async with session.get(url) as response:
                assert await response.text() == "within"
        for address in (url, url.with_host("localhost")):  # as a name of anybody's may lead here
            with pytest.raises(aiohttp.ClientConnectorError) as barred:
                await sessions.of(handle, "production").get(address)
            assert "not one of the public internet" in reason_of(barred.value)
    for environment in ("test", "production"):
        with pytest.raises(aiohttp.ClientConnectorError) as barred:
            await sessions.of(handle, environment).get("http://169.254.169.254/latest/")
        assert "link-local" in reason_of(barred.value)


async def test_why_there_is_no_connection_is_said_as_the_system_says_it(house: House) -> None:
    with pytest.raises(aiohttp.ClientConnectorError) as refused:
        await house.comparer.caller.sessions.known.get("http://127.0.0.1:1/")
    assert reason_of(refused.value) == "Connection refused"
    assert reason_of(TimeoutError()) == "TimeoutError"
