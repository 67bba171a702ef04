"""Search over everything: each subject is found, and only by those who may see it."""

from aiohttp.test_utils import TestClient

from server.accounts import store
from server.accounts.model import Role
from server.house import House
from tests.admin.visits import deposit_faulty, login
from tests.conftest import HASH


async def test_what_is_typed_is_found_by_subject(client: TestClient) -> None:
    await deposit_faulty(client)
    await login(client)
    page = await (await client.get("/admin/search?q=faulty")).text()
    assert 'href="/admin/imports/' in page
    assert 'href="/admin/imports?q=faulty"' in page
    assert "Accounts" in await (await client.get("/admin/search?q=depositor")).text()
    page = await (await client.get("/admin/search", params={"q": "<script>%'_"})).text()
    assert "Nothing was found." in page
    assert "<script>%" not in page


async def test_a_reviewer_finds_no_accounts(client: TestClient, house: House) -> None:
    await house.database.write(store.add, "noether", Role.REVIEWER, HASH, house.clock())
    await login(client, "noether")
    page = await (await client.get("/admin/search?q=depositor")).text()
    assert "/admin/accounts" not in page
