"""What a comparison found stands on the start page and with its identifier, until the agency has confirmed it; commands name it."""

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection

from server import control
from server.audit.log import OPERATOR
from server.house import House
from server.identifiers import drifts, gate, ledger
from server.identifiers.comparing import Difference, Drift
from server.identifiers.model import Failed, Fault, Pace
from server.identifiers.reconcile import RECONCILE, Reconcile
from server.profiles import store as profiles
from server.runs import store as runs
from server.runs.model import ItemOutcome, Outcome, Subject
from tests.admin.visits import login
from tests.conftest import Deposit, SetClock
from tests.fakes.datacite import FakeDatacite
from tests.fakes.datacite_schema import XSD
from tests.registration.test_register import work

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
ELSEWHERE = Difference(Drift.URL, "https://repository.example.org/items/1", "https://elsewhere.example.net/1")


async def text(client: TestClient, path: str) -> str:
    return await (await client.get(path)).text()


async def test_a_difference_is_shown_on_the_start_page_and_with_its_identifier(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    (entry,) = await registering.database.read(ledger.of_record, await deposit(title="Peas", type="Dataset"))
    await work(registering, clock)
    assert "difference" not in await text(client, "/admin")
    clock.pass_time(minutes=1)
    write, profile_id, value, now = registering.database.write, entry.profile_id, entry.value, clock()
    await write(drifts.record, profile_id, entry, value, [ELSEWHERE], now)
    await write(drifts.record, profile_id, None, "10.82433/stranger", [Difference(Drift.UNKNOWN_HERE, "", "")], now)
    start = await text(client, "/admin")
    assert "1 difference found between an agency and this repository</a>" in start
    assert "1 name of our prefixes that an agency knows and this repository does not</a>" in start
    assert "Nothing is stuck." not in start
    page = await text(client, f"/admin/identifiers/{entry.id}")
    assert "The agency said otherwise when it was last compared" in page
    assert ELSEWHERE.told in page
    assert f'action="/admin/identifiers/agencies/{profile_id}/repair/{entry.id}"' in page
    for untrue in ("The agency confirmed exactly what is wanted.", "leads to the work&#39;s page", "leads to the work's page"):
        assert untrue not in page
    clock.pass_time(minutes=1)
    await write(drifts.record, profile_id, entry, value, [], clock())
    assert "difference found" not in await text(client, "/admin")
    assert "The agency confirmed exactly what is wanted." in await text(client, f"/admin/identifiers/{entry.id}")


async def test_an_agency_that_does_not_answer_is_named_with_the_counts(
    client: TestClient, registering: House, clock: SetClock
) -> None:
    await login(client)
    profile = await registering.database.read(profiles.get, "Our DOIs")
    await registering.database.write(_down, profile.id, clock)
    found = await control.status(registering, control.Nothing())
    (down,) = found["down"]
    assert (down.profile, down.words, down.waiting) == ("Our DOIs", "Nobody is there.", 0)
    assert set(found["counts"]) == {"works", "deposits", "identifiers", "jobs"}
    start = await text(client, "/admin")
    assert "Nothing else is stuck." in start
    assert "Nothing is stuck." not in start


def _down(tx: Connection, profile_id: int, clock: SetClock) -> None:
    gate.enter(tx, profile_id, Pace(1, 1, 1), None, clock())
    for _ in range(gate.DOWN_AFTER):
        gate.told(tx, profile_id, "Our DOIs", Failed(Fault.TRANSIENT, "Nobody is there."), clock())


async def test_a_comparison_that_found_something_says_of_what_and_where_it_stands(registering: House, clock: SetClock) -> None:
    task = registering.tasks.get(RECONCILE)
    run = await registering.database.write(runs.start, task, Reconcile(profile="Our DOIs"), OPERATOR, clock())
    done = [(Subject("b-1", "10.82433/1"), ItemOutcome(Outcome.WARNING, "It leads elsewhere."))]
    await registering.database.write(runs.report, run, done)
    shown = await control.job_show(registering, control.JobNumber(number=run.id))
    assert [item.message for item in shown["warned"]] == ["It leads elsewhere."]
    home = "https://repository.example.org/admin"
    assert shown["report"] == f"{home}/jobs/{run.id}"
    assert shown["differences"] == f"{home}/identifiers/agencies/{run.profile_id}"
