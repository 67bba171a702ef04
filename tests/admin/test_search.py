"""Search over everything: each subject is found, and only by those who may see it."""

from aiohttp.test_utils import TestClient

from server.accounts import store
from server.accounts.model import Role
from server.audit.log import Actor
from server.house import House
from server.notify import store as deliveries
from server.notify.webhooks import Webhook
from server.profiles import store as profiles
from server.rendering import Corrected
from server.runs import schedule
from server.runs import store as runs
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


async def test_jobs_schedules_deliveries_and_the_audit_log_are_searched(client: TestClient, house: House) -> None:
    task, now = house.tasks.get("render-again"), house.clock()
    curie = Actor("curie")
    run = await house.database.write(runs.start, task, Corrected(), curie, now)
    plan = await house.database.write(schedule.add, task, Corrected(), "0 2 * * *", curie, now)
    settings = Webhook(address="https://hooks.example.org/")
    profile = await house.database.write(profiles.save, "webhook", "Hook", settings, house.seal, now)
    await house.database.write(deliveries.add, [deliveries.New(profile.id, "record.published", "work-of-curie", "{}")], now)
    (sent,) = await house.database.read(deliveries.search, deliveries.Asked(), 9)
    await login(client)
    page = await (await client.get("/admin/search?q=curie")).text()
    assert [f'href="{each}"' in page for each in (f"/admin/jobs/{run.id}", f"/admin/deliveries/{sent.id}")] == [True, True]
    assert 'href="/admin/audit?q=curie"' in page
    assert "schedule.added" in page
    page = await (await client.get("/admin/search?q=all+records+again")).text()
    assert f'href="/admin/jobs/{run.id}"' in page
    assert f'href="/admin/jobs/schedules/{plan}"' in page
    assert f'href="/admin/jobs/{run.id}"' in await (await client.get(f"/admin/search?q={run.id}")).text()
    assert f'href="/admin/jobs/schedules/{plan}"' in await (await client.get("/admin/search?q=night")).text()
    assert (await client.get(f"/admin/search?q={'9' * 30}")).status == 200


async def test_a_reviewer_finds_no_jobs_no_deliveries_and_no_audit_log(client: TestClient, house: House) -> None:
    await house.database.write(store.add, "noether", Role.REVIEWER, HASH, house.clock())
    await house.database.write(runs.start, house.tasks.get("render-again"), Corrected(), Actor("curie"), house.clock())
    await login(client, "noether")
    assert "Nothing was found." in await (await client.get("/admin/search?q=curie")).text()
