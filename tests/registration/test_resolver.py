"""The resolver: what DSpace's plug-in for handle servers asks, and what it makes of the answers."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from server import control
from server.house import House
from server.identifiers import ledger, routes
from server.identifiers.resolving import work_of
from tests.conftest import AUTH, URL, Deposit

CAME = "<dcterms:identifier>https://hdl.handle.net/10536/old/7</dcterms:identifier>"


@pytest.fixture
async def naming(house: House) -> House:
    values = {"prefix": "10536/DRO/", "suffix": "DU:", "server": "https://hdl.handle.net", "environment": "test"}
    await control.profile_set(house, control.ProfileSet(kind="handle-resolver", name="Our handles", values=values))
    return house


async def asked(client: TestClient, path: str) -> Any:
    """Ask as the plug-in does: any status but 200, and anything but JSON, is an outage to it."""
    answer = await client.get(path)
    assert (answer.status, answer.content_type, answer.charset) == (200, "application/json", "utf-8")
    return await answer.json()


async def test_a_handle_server_is_told_where_our_handles_and_those_that_came_with_works_lead(
    client: TestClient, deposit: Deposit, naming: House
) -> None:
    ours, came = await deposit(), await deposit(title="Beans", more=CAME)
    assert await asked(client, "/listprefixes") == ["10536"]
    for written in ("10536/DRO/DU:1", "10536/dro/du%3A1", "10536%2FDRO%2FDU:1"):
        assert await asked(client, f"/resolve/{written}") == [f"{URL}/items/{ours}"]
    assert await asked(client, "/resolve/10536/old/7") == [f"{URL}/items/{came}"]
    assert await asked(client, "/listhandles/10536") == ["10536/DRO/DU:1", "10536/old/7"]


@pytest.mark.parametrize("unknown", ["10536/DRO/DU:2", "10537/1", "nonsense", "10536/", "%20", "10536/%00", "x" * 3000])
async def test_what_nobody_has_is_null_and_no_error(client: TestClient, naming: House, unknown: str) -> None:
    assert await asked(client, f"/resolve/{unknown}") is None


async def test_no_profile_means_no_prefix_and_one_that_is_switched_off_still_answers_for_what_it_minted(
    client: TestClient, deposit: Deposit, house: House
) -> None:
    assert await asked(client, "/listprefixes") == []
    assert await asked(client, "/listhandles/10536") == []
    values = {"prefix": "10536/", "server": "https://hdl.handle.net", "environment": "test"}
    for name, prefix in (("One", "10536/"), ("Two", "10536.1/x")):
        await control.profile_set(
            house, control.ProfileSet(kind="handle-resolver", name=name, values=values | {"prefix": prefix})
        )
        number = await deposit(title=name)
        await control.profile_enable(house, control.ProfileEnable(name=name, enabled=False))
        assert await asked(client, f"/resolve/{prefix}1") == [f"{URL}/items/{number}"]
    assert await asked(client, "/listprefixes") == ["10536", "10536.1"]
    assert await asked(client, "/listhandles/10536") == ["10536/1"], "another authority's begin otherwise"


async def test_a_withdrawn_work_leads_to_its_tombstone_and_a_draft_nowhere(
    client: TestClient, deposit: Deposit, naming: House
) -> None:
    number = await deposit()
    draft = await deposit(title="Draft", more=CAME, in_progress=True)
    assert (await client.delete(f"/sword/v2/edit/{number}", headers=AUTH)).status == 204
    assert await asked(client, "/resolve/10536/DRO/DU:1") == [f"{URL}/items/{number}"]
    assert await asked(client, "/resolve/10536/old/7") is None, draft


async def test_many_handles_are_listed_page_by_page(
    client: TestClient, deposit: Deposit, naming: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PAGE", 2)
    for n in range(5):
        await deposit(title=f"work {n}")
    assert await asked(client, "/listhandles/10536") == [f"10536/DRO/DU:{n}" for n in range(1, 6)]
    assert await asked(client, "/listhandles/10536/") == [f"10536/DRO/DU:{n}" for n in range(1, 6)]


async def test_a_handle_is_listed_bare_however_it_was_written(client: TestClient, deposit: Deposit, naming: House) -> None:
    number = await deposit()
    written = "https://hdl.handle.net/10536/Old/8"
    await naming.database.write(ledger.keep_external, number, "handle", written, "10536/old/8", naming.clock())
    assert await asked(client, "/listhandles/10536") == ["10536/DRO/DU:1", "10536/Old/8"]


async def test_a_list_without_a_prefix_is_a_wrong_question(client: TestClient, naming: House) -> None:
    for path in ("/listhandles", "/listhandles/"):
        answer = await client.get(path)
        assert (answer.status, answer.content_type) == (400, "application/json")


async def test_our_own_addresses_of_handles_lead_to_the_page(client: TestClient, deposit: Deposit, naming: House) -> None:
    number = await deposit()
    answer = await client.get("/handle/10536/DRO/DU:1", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, f"{URL}/items/{number}")
    assert (await client.get("/handle/10536/DRO/DU:9", allow_redirects=False)).status == 404


async def test_what_a_work_that_was_never_public_has_leads_nowhere(deposit: Deposit, naming: House) -> None:
    await deposit()
    for text in ("10536/DRO/DU:1", "hdl:10536/DRO/DU:1", "https://hdl.handle.net/10536/dro/du:1"):
        assert await naming.database.read(work_of, text) is not None
    assert await naming.database.read(work_of, "10.5072/x") is None
