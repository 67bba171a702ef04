"""Imports with one cause: found as a group, explained once, read again by a run; selections and searches likewise."""

import re

import pytest
from aiohttp.test_utils import TestClient

from server.accounts import store as accounts
from server.accounts.model import Role
from server.audit import log as audit
from server.audit.log import Asked as Noted
from server.house import House
from server.profiles import store as profiles
from server.runs import store as runs
from server.runs.model import Outcome
from server.runs.store import RUN
from server.sword import monitor, store
from server.sword.model import ContainerState, DepositState
from server.sword.monitor import Asked, asked_of
from server.sword.problems import Weight
from tests.admin.visits import csrf, deposit_faulty, login
from tests.conftest import AUTH, HASH, Deposit

WORD = "Research paper"


async def asked_for(client: TestClient, path: str, **given: object) -> str:
    """Send a form of the monitor; return where it leads."""
    answer = await client.post(path, data={"csrf": await csrf(client, "/admin/imports"), **given}, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"]


async def work_off(house: House) -> dict[Outcome, int]:
    """Let the worker do the runs; return how many of the last one's items came to what."""
    last = 0
    while going := await house.database.read(runs.going_on):
        last = going[0].id
        await house.worker.do(RUN, str(last))
    counts = (await house.database.read(runs.get, last)).counts
    return {outcome: counts.of(outcome) for outcome in Outcome if counts.of(outcome)}


async def test_a_word_is_explained_once_and_all_are_read(client: TestClient, house: House, deposit: Deposit) -> None:
    await login(client)
    works = [await deposit(title=f"Peas {number}", type=WORD) for number in range(3)]
    other = await deposit(title="Beans", type="Vademecum")
    page = await (await client.get("/admin/imports")).text()
    assert re.search(r"3 × Unknown type <bdi>“Research paper”", page)
    lead = await asked_for(
        client,
        "/admin/imports/causes/explain",
        code="type-unknown",
        value=WORD,
        weight="hold",
        meaning="publication.journalArticle",
    )
    assert "explained-and-started" in lead
    assert await work_off(house) == {Outcome.CHANGED: 3}
    states = await house.database.read(store.states_of, [*works, other])
    assert [states[work] for work in works] == [ContainerState.ACCEPTED] * 3
    assert states[other] is ContainerState.HELD
    for row in await house.database.read(store.search, state="taken"):
        assert (row.replays, row.state) == (1, DepositState.TAKEN)
    (profile,) = [each for each in await house.database.read(profiles.every) if each.kind == "sword"]
    assert profile.document["types"] == [{"word": WORD, "type": "publication.journalArticle"}]
    deeds = [line.deed for line in await house.database.read(audit.search, Noted(subject_kind="profile"), 5)]
    assert "profile.changed" in deeds
    later = await deposit(title="Later", type=WORD.upper())
    assert (await client.get(f"/items/{later}")).status == 200, "it holds for what comes later, in any case"
    gone = await (await client.get("/admin/imports/causes", params={"code": "type-unknown", "value": WORD})).text()
    assert "Nothing is held for this any more." in gone


async def test_a_word_explained_anew_takes_the_place_of_what_it_meant(client: TestClient, house: House, deposit: Deposit) -> None:
    await login(client)
    await deposit(type=WORD)
    path, given = "/admin/imports/causes/explain", {"code": "type-unknown", "value": WORD, "weight": "hold"}
    await asked_for(client, path, meaning="dataset.dataset", **given)
    await deposit(title="Not yet read", type="Other word")
    await asked_for(client, path, meaning="publication.journalArticle", **given)
    (profile,) = [each for each in await house.database.read(profiles.every) if each.kind == "sword"]
    assert [row["type"] for row in profile.document["types"]] == ["publication.journalArticle"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"code": "type-unknown", "value": WORD, "meaning": "nonsense"}, "there is no type"),
        ({"code": "type-unknown", "value": WORD, "meaning": ""}, "there is no type"),
        ({"code": "archive-broken", "value": "", "meaning": "dataset.dataset"}, "No word can mend this problem."),
        ({"code": "type-unknown", "value": "Nobody sent it", "meaning": "dataset.dataset"}, "No SWORD profile"),
    ],
)
async def test_what_is_no_meaning_is_refused(
    client: TestClient, house: House, deposit: Deposit, given: dict[str, str], said: str
) -> None:
    await login(client)
    await deposit(type=WORD)
    proof = {"csrf": await csrf(client, "/admin/imports"), "weight": "hold"}
    answer = await client.post("/admin/imports/causes/explain", data=proof | given, allow_redirects=False)
    assert answer.status == 422
    assert said in await answer.text()
    assert await house.database.read(runs.going_on) == []


async def test_a_group_that_is_still_wrong_is_held_again(client: TestClient, house: House) -> None:
    await login(client)
    for number in range(2):
        await deposit_faulty(client, b"PK\x03\x04 not a zip" + bytes([number]))
    (group,) = await house.database.read(monitor.groups, house.clock())
    assert (group.count, group.weight) == (2, Weight.HOLD)
    await asked_for(client, "/admin/imports/causes/read", code=group.code, value=group.value)
    assert await work_off(house) == {Outcome.WARNING: 2}
    (again,) = await house.database.read(monitor.groups, house.clock())
    assert again.count == 2


async def test_a_selection_and_a_search_are_read_again_and_nothing_twice(
    client: TestClient, house: House, deposit: Deposit
) -> None:
    await login(client)
    await deposit(title="Taken")
    for number in range(3):
        await deposit_faulty(client, b"PK\x03\x04 not a zip" + bytes([number]))
    every = [row.id for row in await house.database.read(store.search)]
    await asked_for(client, "/admin/imports/read", what="selected", id=every)
    assert await work_off(house) == {Outcome.WARNING: 3, Outcome.UNCHANGED: 1}
    await asked_for(client, "/admin/imports/read", what="all", query="q=faulty.zip")
    assert await work_off(house) == {Outcome.WARNING: 3}
    assert sorted(row.replays for row in await house.database.read(store.search)) == [0, 2, 2, 2]
    nothing = await asked_for(client, "/admin/imports/read", what="selected")
    assert "done=select-imports" in nothing


async def test_words_that_only_warned_are_a_group_too(client: TestClient, house: House, deposit: Deposit) -> None:
    await login(client)
    await deposit(more="<dcterms:language>Old Moravian</dcterms:language>")
    (group,) = await house.database.read(monitor.groups, house.clock())
    assert (group.code, group.value, group.weight) == ("language-unknown", "Old Moravian", Weight.WARN)
    page = await (await client.get(f"/admin/imports/causes?{group.query}")).text()
    assert "Their word “Old Moravian” is the language" in page
    given = {"code": group.code, "value": group.value, "weight": "warn", "meaning": "cs"}
    assert "done=explained" in await asked_for(client, "/admin/imports/causes/explain", **given)


async def test_the_numbers_beside_the_filters_are_what_their_links_show(
    client: TestClient, house: House, deposit: Deposit
) -> None:
    await login(client)
    await deposit(title="Peas")
    await deposit(title="Beans", type=WORD)
    await deposit_faulty(client)
    bad = await client.post("/sword/v2/collection/works", data=b"%PDF", headers=_refused())
    assert bad.status == 412
    seen = 0
    for asked in (Asked(), Asked(state="held"), Asked(kind="package"), Asked(q="peas"), Asked(problem="type-unknown")):
        count, facets = await house.database.read(monitor.facets, asked)
        assert count == len(await house.database.read(monitor.page, asked))
        for facet in facets:
            for value, number in facet.values:
                found = await house.database.read(monitor.page, asked.but(**{facet.name: value}))
                assert len(found) == number, (asked, facet.name, value)
                seen += 1
    assert seen > 20
    page = await (await client.get("/admin/imports?kind=package")).text()
    assert "1 import<" in page or "1 import " in page
    assert "Take away:" in page


def _refused() -> dict[str, str]:
    return AUTH | {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename=a.pdf",
        "Content-MD5": "0" * 32,
    }


async def test_days_searches_and_the_sheet(client: TestClient, house: House, deposit: Deposit) -> None:
    await login(client)
    await deposit(title="=Peas()")
    await deposit_faulty(client)
    days = await house.database.read(monitor.daily, Asked(), house.clock().date())
    assert len(days) == monitor.DAYS
    assert (days[-1].good, days[-1].bad) == (1, 1)
    assert sum(day.all for day in days) == 2
    page = await (await client.get("/admin/imports")).text()
    assert '<rect class="bad"' in page
    assert "style=" not in page
    today = house.clock().date().isoformat()
    assert len(await house.database.read(monitor.page, Asked(since=today, until=today))) == 2
    assert await house.database.read(monitor.page, Asked(until="2020-01-01")) == []
    assert len(await house.database.read(monitor.page, Asked(since="9999-12-31", until="nonsense"))) == 2, "no day, no filter"
    sheet = (await (await client.get("/admin/imports.csv?state=held")).read()).decode("utf-8-sig").splitlines()
    assert len(sheet) == 2
    assert "faulty.zip" in sheet[1]
    assert "'=Peas()" in await (await client.get("/admin/imports.csv")).text()
    kept = await asked_for(client, "/admin/imports/searches", name="Stuck", query="state=held&junk=1")
    assert "state=held" in kept
    page = await (await client.get("/admin/imports")).text()
    assert 'href="/admin/imports?state=held" dir="auto">Stuck<' in page
    assert "Stuck" not in await (await client.get("/admin/works")).text(), "each room has its own"
    number = re.search(r"/admin/imports/searches/(\d+)/delete", page)[1]
    await asked_for(client, f"/admin/imports/searches/{number}/delete")
    assert "Stuck" not in await (await client.get("/admin/imports")).text()


def test_what_an_address_does_not_know_is_passed_over() -> None:
    assert asked_of("state=held&junk=1&q=%00peas") == Asked(state="held", q="peas")
    assert asked_of(Asked(state="held", value="a&b").query) == Asked(state="held", value="a&b")


async def test_who_may_not_set_up_integrations_sees_no_form(client: TestClient, house: House, deposit: Deposit) -> None:
    await house.database.write(accounts.add, "manager", Role.MANAGER, HASH, house.clock())
    await deposit(type=WORD)
    await login(client, "manager")
    page = await (await client.get("/admin/imports/causes", params={"code": "type-unknown", "value": WORD})).text()
    assert "An administrator can write it" in page
    assert 'name="meaning"' not in page
    assert "Read the import again" in page
