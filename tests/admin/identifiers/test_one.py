"""One identifier: wanted beside confirmed, every exchange verbatim; asked again, held, let go, one by one and many at once."""

import re

import pytest
from aiohttp.test_utils import TestClient

from server.accounts import store as accounts
from server.accounts.model import Role
from server.audit import log as audit
from server.house import House
from server.identifiers import ledger, watching
from server.identifiers.model import State
from server.identifiers.watching import Asked
from server.runs import store as runs
from server.runs.model import Outcome
from tests.admin.visits import csrf, login
from tests.conftest import AUTH, HASH, Deposit, SetClock, entry
from tests.fakes.datacite import FakeDatacite, Mood
from tests.fakes.datacite_schema import XSD
from tests.registration.test_register import work

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


async def number_of(house: House, record_id: str) -> int:
    (found,) = await house.database.read(ledger.of_record, record_id)
    return found.id


async def sent_form(client: TestClient, path: str, **given: object) -> tuple[int, str]:
    page = path.rsplit("/", 1)[0]
    answer = await client.post(path, data={"csrf": await csrf(client, page), **given}, allow_redirects=False)
    return answer.status, answer.headers.get("Location", "") or await answer.text()


async def test_a_page_shows_what_is_wanted_what_is_confirmed_and_every_word_of_the_agency(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    agency.moods.append(Mood.DOWN)
    number = await number_of(registering, await deposit(title="Peas", type="Dataset"))
    page = await (await client.get(f"/admin/identifiers/{number}")).text()
    assert "Nothing was sent." in page
    assert "The agency has confirmed nothing yet." in page
    await registering.worker.drain()
    page = await (await client.get(f"/admin/identifiers/{number}")).text()
    assert "503" in page
    assert "the agency did not answer" in page
    assert "Next try" in page
    await work(registering, clock)
    page = await (await client.get(f"/admin/identifiers/{number}")).text()
    assert "The agency confirmed exactly what is wanted." in page
    assert "the agency did not answer" in page, "what went wrong before stays in the log"
    assert page.count("https://repository.example.org/items/") >= 2
    assert '<pre class="xml code"' in page
    assert (await client.get("/admin/identifiers/999")).status == 404
    assert (await client.get("/admin/identifiers/x")).status == 404


async def test_what_changed_since_is_said_and_which_version_was_confirmed(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    record = await deposit(title="Peas", type="Dataset")
    number = await number_of(registering, record)
    await work(registering, clock)
    agency.mood = Mood.DOWN
    headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
    revised = entry(title="More peas", type="Dataset")
    assert (await client.put(f"/sword/v2/edit/{record}", data=revised, headers=headers)).status == 200
    page = await (await client.get(f"/admin/identifiers/{number}")).text()
    assert "The agency has not confirmed what is wanted now" in page
    assert re.search(r"Version of the work.*?>2<.*?>1<", page, re.DOTALL)


async def test_nothing_is_sent_of_what_somebody_holds(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    number = await number_of(registering, await deposit(type="Dataset"))
    path = f"/admin/identifiers/{number}"
    status, said = await sent_form(client, f"{path}/hold", reason="  ")
    assert (status, "Say why it is held back." in said) == (409, True)
    status, lead = await sent_form(client, f"{path}/hold", reason="The author asked us to wait")
    assert (status, lead) == (303, f"{path}?done=identifier-held")
    await work(registering, clock)
    assert agency.dois == {}
    row = await registering.database.read(watching.one, number)
    assert row.request.state == "held"
    assert "admin holds it: The author asked us to wait" in row.words
    page = await (await client.get(path)).text()
    assert "admin holds it: The author asked us to wait" in page
    for deed, words in (("hold", "holds it already"), ("retry", "admin holds it")):
        status, said = await sent_form(client, f"{path}/{deed}", reason="again")
        assert (status, words in said) == (409, True)
    assert (await sent_form(client, f"{path}/release"))[0] == 303
    assert (await sent_form(client, f"{path}/release"))[0] == 409
    await work(registering, clock)
    assert len(agency.dois) == 1
    found = await registering.database.read(audit.search, audit.Asked(subject_kind="identifier"), 9)
    assert [line.deed for line in found] == ["identifier.released", "identifier.held"]
    assert "Identifier held back" in await (await client.get(path)).text()


async def test_one_is_asked_about_again(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    agency.mood = Mood.DOWN
    number = await number_of(registering, await deposit(type="Dataset"))
    await registering.worker.drain()
    agency.mood = Mood.WELL
    assert (await sent_form(client, f"/admin/identifiers/{number}/retry"))[1].endswith("done=agency-asked-again")
    await work(registering, clock)
    assert (await registering.database.read(ledger.get, number)).state is State.REGISTERED


async def test_what_has_no_agency_or_stands_still_is_not_asked_about(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite
) -> None:
    await login(client)
    agency.mood = Mood.REFUSED
    number = await number_of(registering, await deposit(type="Dataset"))
    await registering.worker.drain()
    status, said = await sent_form(client, f"/admin/identifiers/{number}/retry")
    assert (status, "asked about again by itself" in said) == (409, True)


async def test_all_of_one_cause_are_asked_about_by_a_run_that_reports_on_each(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    agency.moods.extend([Mood.DOWN] * 2)
    for title in "ab":
        await deposit(title=title, type="Dataset")
        await registering.worker.drain()
    held = await number_of(registering, await deposit(title="held", type="Dataset"))
    await sent_form(client, f"/admin/identifiers/{held}/hold", reason="wait")
    (group,) = await registering.database.read(watching.groups)
    assert group.count == 2
    status, lead = await sent_form(client, "/admin/identifiers/retry", what="all", query=group.query)
    assert status == 303
    run = int(re.search(r"/admin/jobs/(\d+)", lead)[1])
    await registering.worker.drain()
    counts = (await registering.database.read(runs.get, run)).counts
    assert {outcome: counts.of(outcome) for outcome in Outcome if counts.of(outcome)} == {Outcome.CHANGED: 2}
    assert len(agency.dois) == 2, "what somebody holds was not asked about"
    assert (await registering.database.read(watching.groups)) == []
    again = await sent_form(client, "/admin/identifiers/retry", what="all", query=group.query)
    assert again[1].endswith("done=nothing-to-ask")
    ids = [row.entry.id for row in await registering.database.read(watching.page, Asked(), clock())]
    await sent_form(client, "/admin/identifiers/retry", what="selected", id=ids)
    await registering.worker.drain()
    assert "done=select-identifiers" in (await sent_form(client, "/admin/identifiers/retry", what="selected"))[1]


async def test_one_is_compared_with_its_agency_and_nothing_is_changed(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await login(client)
    number = await number_of(registering, await deposit(type="Dataset"))
    path = f"/admin/identifiers/{number}/compare"
    await work(registering, clock)
    assert "It is as it should be." in (await sent_form(client, path))[1]
    (doi,) = agency.dois.values()
    doi.attributes["url"] = "https://elsewhere.example.org/1"
    status, page = await sent_form(client, path)
    assert (status, "https://elsewhere.example.org/1" in page) == (200, True)
    assert re.search(r"<li[^>]*>It leads to https://elsewhere.example.org/1 and not to https://repository.example.org/", page)
    doi.state = "registered"
    assert "It is hidden and should be findable." in (await sent_form(client, path))[1]
    assert doi.attributes["url"] == "https://elsewhere.example.org/1"
    agency.mood = Mood.DOWN
    assert (await sent_form(client, path))[0] == 503
    assert "Identifier compared with its agency" in await (await client.get(f"/admin/identifiers/{number}")).text()


async def test_who_may_only_look_is_shown_no_deed(client: TestClient, deposit: Deposit, registering: House) -> None:
    number = await number_of(registering, await deposit(type="Dataset"))
    await registering.database.write(accounts.add, "vera", Role.REVIEWER, HASH, registering.clock())
    await login(client, "vera")
    page = await (await client.get(f"/admin/identifiers/{number}")).text()
    assert 'method="post" action="/admin/identifiers' not in page
    listed = await (await client.get("/admin/identifiers")).text()
    assert 'action="/admin/identifiers/retry"' not in listed
