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


async def test_a_second_deposit_is_taken_as_a_change_of_the_first(client: TestClient, house: House) -> None:
    await login(client)
    await configured(house, "sword", by_doi="hold")
    first = await sent(client, entry(title="Peas", more=DOI))
    second = await sent(client, entry(title="More peas", more=DOI))
    (row,) = await house.database.read(monitor.page, Asked(state="held"))
    assert "Take it as a change of that work" in await (await client.get(f"/admin/imports/{row.id}")).text()
    await asked_for(client, f"/admin/imports/{row.id}/as-change")
    stored = await house.database.read(records.get, first)
    assert stored.record.title.value == "More peas"
    assert stored.version == 2
    assert await house.database.read(records.find, second) is None
    assert (await client.get(f"/sword/v2/edit/{second}", headers=AUTH)).status == 404
    told = await (await client.get(f"/sword/deposits/{row.id}", headers=AUTH)).text()
    assert "somebody who keeps the repository decided" in told
    page = await (await client.get(f"/admin/imports/{row.id}")).text()
    assert f'href="/admin/works/{first}"' in page


async def test_what_more_was_sent_to_is_no_change_of_another(client: TestClient, house: House) -> None:
    await login(client)
    await configured(house, "sword", by_doi="hold")
    await sent(client, entry(title="Peas", more=DOI))
    second = await sent(client, entry(title="More peas", more=DOI))
    (row,) = await house.database.read(monitor.page, Asked(state="held"))
    page = await (await client.get(f"/admin/imports/{row.id}")).text()
    kind = {"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=peas.pdf"}
    assert (await client.post(f"/sword/v2/edit-media/{second}", data=b"%PDF", headers=AUTH | kind)).status == 201
    proof = {"csrf": page.split('name="csrf" value="')[1].split('"')[0]}
    refused = await client.post(f"/admin/imports/{row.id}/as-change", data=proof, allow_redirects=False)
    assert refused.status == 409
    assert "more was sent to it" in await refused.text()
