"""An agency that says back what it was told makes no secret known: not on pages, in sheets, commands, letters or the log."""

import base64
import logging
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import BasicAuth, web
from aiohttp.test_utils import TestClient, TestServer

from server import control
from server.control import identifiers as commands
from server.control.identifiers import Filter, ProfileNamed, Which
from server.events.tables import outbox
from server.house import House
from server.identifiers import ledger
from server.identifiers.tables import submissions
from tests.admin.visits import csrf, login
from tests.conftest import Deposit

PASSWORD = 'planted "password" of an agency'
SEALED = base64.b64encode(f"INST.REPO:{PASSWORD}".encode()).decode()
FORMS = (PASSWORD, PASSWORD.replace('"', '\\"'), PASSWORD.replace('"', "&#34;"), SEALED)


@pytest.fixture
async def parrot() -> AsyncIterator[TestServer]:
    """An agency that refuses everything, and says with which credentials it came."""

    async def answer(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        said = f"refused: {given} which is {BasicAuth.decode(given).password}"
        return web.json_response({"errors": [{"title": said}]}, status=422)

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", answer)
    server = TestServer(application)
    await server.start_server()
    yield server
    await server.close()


async def test_what_an_agency_says_back_is_shown_without_secrets(
    client: TestClient, house: House, deposit: Deposit, parrot: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    values = {
        "prefix": "10.82433", "account_id": "INST.REPO", "password": PASSWORD, "environment": "test",
        "endpoint": str(parrot.make_url("")).rstrip("/"),
    }  # fmt: skip
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Parrot", values=values))
    await login(client)
    record = await deposit(type="Dataset")
    await house.worker.drain()
    (entry,) = await house.database.read(ledger.of_record, record)
    assert entry.state == "rejected"
    one = f"/admin/identifiers/{entry.id}"
    places = {
        path: await (await client.get(path)).text() for path in ("/admin/identifiers", "/admin/identifiers.csv", one, "/admin")
    }
    for deed in ("retry", "compare"):
        answer = await client.post(f"{one}/{deed}", data={"csrf": await csrf(client, one)})
        places[deed] = await answer.text()
    await house.worker.drain()
    for name, found in {
        "list": await commands.listed(house, Filter()),
        "show": await commands.shown(house, Which(value=entry.value)),
        "verify": await commands.verify(house, ProfileNamed(name="Parrot")),
        "submissions": await house.database.read(lambda tx: [list(row) for row in tx.execute(submissions.select())]),
        "events": await house.database.read(lambda tx: [list(row) for row in tx.execute(outbox.select())]),
    }.items():
        places[name] = msgspec.json.encode(found).decode()
    places["log"] = "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records if line.name.startswith("sheaf"))
    assert "refused: " in places[one], "the answer is shown"
    assert [(place, form) for place, text in places.items() for form in FORMS if form in text] == []
