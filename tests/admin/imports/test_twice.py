"""A deposit that is held because its work is here already: both side by side, and somebody says what it is to be."""

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.records import store as records
from server.records.store import State
from server.sword import monitor
from server.sword.monitor import Asked
from tests.admin.imports.test_causes import asked_for
from tests.admin.visits import login
from tests.conftest import AUTH, configured, entry

ATOM = {"Content-Type": "application/atom+xml;type=entry"}
DOI = "<dcterms:identifier>https://doi.org/10.5555/peas</dcterms:identifier>"


async def sent(client: TestClient, body: str) -> str:
    answer = await client.post("/sword/v2/collection/works", data=body, headers=AUTH | ATOM)
    assert answer.status == 201
    return answer.headers["Location"].rsplit("/", 1)[1]


@pytest.mark.parametrize(("deed", "relations"), [("as-own", []), ("as-version", ["IsNewVersionOf"])])
async def test_a_second_deposit_of_a_work_is_compared_and_decided(
    client: TestClient, house: House, deed: str, relations: list[str]
) -> None:
    await login(client)
    await configured(house, "sword", by_doi="hold")
    first = await sent(client, entry(title="Peas", more=DOI))
    second = await sent(client, entry(title="More peas", more=DOI))
    (row,) = await house.database.read(monitor.page, Asked(state="held"))
    assert row.problem is not None
    assert row.problem.value == "10.5555/peas", "what both have, not a number of ours"
    page = await (await client.get(f"/admin/imports/{row.id}")).text()
    assert f'href="/admin/works/{first}"' in page
    assert "<ins>More peas</ins>" in page or "<ins>More</ins>" in page
    await asked_for(client, f"/admin/imports/{row.id}/{deed}")
    stored = await house.database.read(records.get, second)
    assert stored.state is State.PUBLISHED
    assert [related.relation for related in stored.record.related] == relations
    assert "10.5555/peas" not in {each.value for each in stored.record.identifiers if each.scheme == "doi"}
    again = await client.post(
        f"/admin/imports/{row.id}/{deed}",
        data={"csrf": page.split('name="csrf" value="')[1].split('"')[0]},
        allow_redirects=False,
    )
    assert again.status == 409
