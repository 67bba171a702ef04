"""The pages of what agencies say otherwise: found, shown, repaired by a click; and of DOIs taken over once their number is typed."""

import csv
import io
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from server import control
from server.house import House
from server.identifiers import ledger
from server.identifiers.agencies.reserve import PLUGIN
from server.identifiers.drifts import OPEN, SETTLED
from server.identifiers.model import State
from server.profiles import store as profiles
from server.runs import store as runs
from tests.admin.visits import csrf, login
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration.drifted import bring, drift, name, record_id, set_profile

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
COUNT = 20


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def number(house: House, agency: FakeDatacite) -> int:
    """The number of a profile, with works that came with DOIs of its prefix."""
    await set_profile(house, agency)
    await bring(house, agency, COUNT, elsewhere=COUNT)
    return (await house.database.read(profiles.get, "Our DOIs")).id


async def text(client: TestClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def post(client: TestClient, page: str, path: str, **fields: str) -> tuple[int, str]:
    answer = await client.post(path, data={"csrf": await csrf(client, page)} | fields, allow_redirects=False)
    return answer.status, answer.headers.get("Location", await answer.text())


async def judged(client: TestClient, number: int, lines: str) -> int:
    form = FormData()
    form.add_field("csrf", await csrf(client, f"/admin/identifiers/migrating/{number}"))
    form.add_field("file", lines.encode(), filename="dois.csv", content_type="text/csv")
    return (await client.post(f"/admin/identifiers/migrating/{number}", data=form, allow_redirects=False)).status


async def take_over(client: TestClient, page: str, seen: str, count: int) -> tuple[int, str]:
    """Type a number below a list, as the page showed it."""
    return await post(client, page, f"{page}/start", count=str(count), plan=re.findall(r'name="plan" value="(\d+)"', seen)[0])


async def rows(client: TestClient, path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO((await text(client, path)).lstrip("\ufeff"))))


async def test_dois_are_taken_over_compared_and_repaired(
    client: TestClient, house: House, agency: FakeDatacite, number: int, clock: SetClock
) -> None:
    await login(client)
    page, report = f"/admin/identifiers/migrating/{number}", f"/admin/identifiers/agencies/{number}"
    assert "Our DOIs" in await text(client, "/admin/identifiers/agencies")
    assert await judged(client, number, "DOI,Work\n" + "".join(f"{name(n)},\n" for n in range(COUNT)) + "peas,\n") == 303
    shown = await text(client, page)
    assert "It is no DOI." in shown
    assert f"Type {COUNT} to take them over" in shown
    assert [row[3] for row in (await rows(client, f"{page}/report.csv"))[:2]] == ["problem", "It is no DOI."]
    assert agency.log == [], "nothing is asked or changed by that"
    status, said = await take_over(client, page, shown, 7)
    assert status == 422
    assert f"Type {COUNT}, the number of the DOIs" in said
    status, job = await take_over(client, page, shown, COUNT)
    assert status == 303
    assert await judged(client, number, f"{name(0)},\n") == 409, "nobody puts another list in its place now"
    await house.worker.drain()
    assert "completed" in await text(client, job.partition("?")[0])
    (entry,) = await house.database.read(ledger.of_record, record_id(0))
    assert (entry.state, entry.own) == (State.REGISTERED, True)

    clock.pass_time(minutes=1)
    expected = drift(agency, COUNT, 1)
    status, job = await post(client, report, f"{report}/start")
    assert status == 303
    await house.worker.drain()
    assert "differs" in await text(client, job.partition("?")[0])
    found = await rows(client, f"{report}/report.csv")
    assert {(row[0], row[1]) for row in found[1:]} == {(value, kind) for kind, values in expected.items() for value in values}
    shown = await text(client, f"{report}?kind=url")
    assert "https://elsewhere.net/" in shown
    assert "wrong address" in shown
    (url,) = expected["url"]
    place = next(n for n in range(COUNT) if name(n) == url)
    (wrong,) = await house.database.read(ledger.of_record, record_id(place))
    status, where = await post(client, report, f"{report}/repair/{wrong.id}")
    assert (status, where) == (303, f"{report}?done=agency-asked-again")
    clock.pass_time(minutes=1)
    await house.worker.drain()
    assert agency.dois[url].url.startswith("https://repository.example.org/")
    stands = {row[0]: row[4] for row in (await rows(client, f"{report}/report.csv"))[1:]}
    assert [value for value, stand in stands.items() if stand == SETTLED] == [url]
    status, _ = await post(client, report, f"{report}/repair", kind="")
    assert status == 303
    clock.pass_time(minutes=1)
    await house.worker.drain()
    stands = {row[0]: row[4] for row in (await rows(client, f"{report}/report.csv"))[1:]}
    assert {value for value, stand in stands.items() if stand == OPEN} == expected["unknown_here"]
    assert (await post(client, report, f"{report}/repair", kind="unknown_here"))[0] == 404


async def test_the_number_that_is_typed_is_of_the_list_that_was_seen(client: TestClient, house: House, number: int) -> None:
    await login(client)
    page = f"/admin/identifiers/migrating/{number}"
    assert await judged(client, number, f"{name(0)}\n") == 303
    seen = await text(client, page)
    assert await judged(client, number, f"{name(1)}\n") == 303
    status, said = await take_over(client, page, seen, 1)
    assert status == 409
    assert "Another list was looked through" in said
    assert await house.database.read(runs.going_on) == []
    assert (await take_over(client, page, said, 1))[0] == 303


async def test_the_works_of_a_set_can_be_chosen_and_none_is_a_sentence(client: TestClient, number: int) -> None:
    await login(client)
    page = f"/admin/identifiers/migrating/{number}"
    assert await judged(client, number, "DOI\n") == 422
    status, said = await post(client, page, page)
    assert status == 422
    assert "Choose a file or a set." in said
    status, said = await post(client, page, page, set="nobody")
    assert status == 422
    assert "No work of the set" in said


async def test_a_profile_that_may_not_says_why(client: TestClient, house: House, agency: FakeDatacite, number: int) -> None:
    await set_profile(house, agency, update_migrated=False)
    await login(client)
    assert await judged(client, number, f"{name(0)}\n") == 303
    shown = await text(client, f"/admin/identifiers/migrating/{number}")
    assert "does not update DOIs of migrated assets" in shown
    assert "Take them over" not in shown
    status, _ = await post(
        client, f"/admin/identifiers/migrating/{number}", f"/admin/identifiers/migrating/{number}/start", count="1"
    )
    assert status == 422


@pytest.mark.parametrize(
    "path",
    [
        "/admin/identifiers/agencies/99",
        "/admin/identifiers/agencies/peas",
        "/admin/identifiers/migrating/99",
        "/admin/identifiers/migrating/0",
    ],
)
async def test_what_is_no_profile_is_not_found(client: TestClient, path: str) -> None:
    await login(client)
    assert (await client.get(path)).status == 404


async def test_a_profile_without_an_agency_that_can_be_asked_is_not_there(client: TestClient, house: House) -> None:
    await login(client)
    await house.database.write(profiles.save, "reserve", "peas", PLUGIN.account(prefix="10.5072"), house.seal, house.clock())
    peas = next(profile.id for profile in await house.database.read(profiles.every) if profile.kind == "reserve")
    migrating, agencies = f"/admin/identifiers/migrating/{peas}", f"/admin/identifiers/agencies/{peas}"
    for path in (migrating, f"{migrating}/start", f"{agencies}/start", f"{agencies}/repair"):
        status, _ = await post(client, "/admin/identifiers", path, set="works", count="1")
        assert status == 404, path
    assert await house.database.read(runs.going_on) == []


async def test_only_a_profile_that_registers_takes_dois_over(client: TestClient, house: House, number: int) -> None:
    await login(client)
    (other,) = await house.database.read(profiles.of_kind, "oai")
    data = {"csrf": await csrf(client, f"/admin/identifiers/migrating/{number}"), "set": "works"}
    answer = await client.post(f"/admin/identifiers/migrating/{other.id}", data=data, allow_redirects=False)
    assert answer.status == 404


async def test_what_an_agency_is_given_is_said_before_the_number_is_typed(
    client: TestClient, house: House, agency: FakeDatacite, number: int
) -> None:
    await login(client)
    await set_profile(house, agency, types=["dataset"])
    assert "the new address alone" in await text(client, f"/admin/identifiers/migrating/{number}")
    values = {
        "prefix": "10.5072", "account_id": "inst", "password": "correct horse", "environment": "test", "registration_name": "Peas",
        "email": "mendel@example.org", "repository_name": "Peas", "types": ["etd"],
    }  # fmt: skip
    await control.profile_set(house, control.ProfileSet(kind="crossref", name="Theses", values=values))
    other = await house.database.read(profiles.get, "Theses")
    shown = await text(client, f"/admin/identifiers/migrating/{other.id}")
    assert "takes an address with all the metadata only" in shown
    assert "the new address alone" not in shown
