"""The page of the sets: what each holds, where it is offered, what a change of the definition would do, and a touch."""

from html import unescape

import pytest
from aiohttp.test_utils import TestClient
from msgspec import structs

from server import regrouping
from server.audit import log as audit
from server.audit.log import Asked
from server.house import House
from server.oai import counting
from server.oai.definition import Context
from server.runs import store as runs
from tests.admin.visits import csrf, login
from tests.conftest import SetClock, configured
from tests.oai.conftest import checked
from tests.writers import Writer

OPEN = {"spec": "mine", "name": "Open <ones>", "description": "For all", "conditions": {"access": ["open"]}}
FEW = {"path": "few", "title": "Few", "sets": ["theses"], "conditions": {"types": ["etd"]}}


@pytest.fixture
def writer(house: House) -> Writer:
    return Writer(house.database, house.press, house.clock)


@pytest.fixture
async def admin(client: TestClient, house: House, writer: Writer) -> TestClient:
    await configured(house, "oai", saved_sets=[OPEN], contexts=[FEW])
    for number in range(4):
        kind = "etd.doctoral" if number == 3 else "publication.journalArticle"
        await writer.publish(f"Work {number}", access="open" if number % 2 else "restricted", type=kind)
    await login(client)
    return client


async def shown(client: TestClient, page: str, status: int = 200) -> str:
    answer = await client.get(page)
    assert answer.status == status, page
    return unescape(await answer.text())


async def test_every_set_is_shown_with_its_members_and_where_it_is_offered(admin: TestClient) -> None:
    page = await shown(admin, "/admin/sets")
    rows = {row.partition("</code>")[0].rpartition(">")[2]: row for row in page.split("<tr>") if "</code>" in row}
    assert '<td data-label="Works">2' in rows["mine"]
    assert '<td data-label="Works">1' in rows["theses"]
    assert "/oai/few" in rows["theses"]
    assert "/oai/few" not in rows["type:etd"]
    assert '<td data-label="Works">1' in rows["https://repository.example.org/oai/few"]
    assert '<td data-label="Works">4' in rows["https://repository.example.org/oai"]
    assert "Open <ones>" in page
    found = await shown(admin, "/admin/sets?q=thes")
    assert "theses" in found
    assert "mine" not in found


async def test_hundreds_of_sets_fit_on_the_page(admin: TestClient, house: House) -> None:
    many = [OPEN | {"spec": f"mine{number}", "name": f"Set {number}"} for number in range(300)]
    await configured(house, "oai", saved_sets=many)
    page = await shown(admin, "/admin/sets")
    assert "Set 299" in page
    assert len(await shown(admin, f"/admin/profiles/{house.keeper.live.of('oai')[0].profile.id}")) > 0


async def test_a_set_shows_its_works_and_a_context_too(admin: TestClient) -> None:
    page = await shown(admin, "/admin/sets/one?set=mine")
    assert ("Work 1" in page, "Work 2" in page, "Work 3" in page) == (True, False, True)
    assert "2 records get a new datestamp" in page
    assert "Work 3" in await shown(admin, "/admin/sets/one?set=/few")
    assert "4 records get a new datestamp" in await shown(admin, "/admin/sets/one?set=")
    await shown(admin, "/admin/sets/one?set=nothing", 404)
    await shown(admin, "/admin/sets/one?set=/nothing", 404)


async def test_long_sets_are_shown_part_by_part(admin: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.oai import sets

    monkeypatch.setattr(sets, "PAGE", 1)
    page = await shown(admin, "/admin/sets/one?set=mine")
    assert "Work 1" in page
    assert "Work 3" not in page
    behind = page.partition("behind=")[2].partition('"')[0]
    page = await shown(admin, f"/admin/sets/one?set=mine&behind={behind}")
    assert "Work 3" in page
    assert "Back to the first" in page


async def test_a_touch_has_the_members_and_nobody_else_fetched_again(admin: TestClient, house: House, clock: SetClock) -> None:
    clock.pass_time(minutes=5)
    since = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    page = "/admin/sets/one?set=mine"
    data = {"csrf": await csrf(admin, page), "set": "mine"}
    answer = await admin.post("/admin/sets/touch", data=data, allow_redirects=False)
    assert answer.status == 303
    number = int(answer.headers["Location"].rpartition("/")[2].partition("?")[0])
    await house.worker.drain()
    run = await house.database.read(runs.get, number)
    assert (run.state.value, run.counts.changed, run.total) == ("completed", 2, 2)
    params = {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": since}
    found = checked(await (await admin.get("/oai", params=params)).read())
    assert sorted(found.titles) == ["Work 1", "Work 3"]
    lines = await house.database.read(audit.search, Asked(subject_kind="set", subject="mine"), 5)
    assert [line.deed for line in lines] == ["set.touched"]


async def test_what_a_change_would_do_is_shown_before_it_is_saved(admin: TestClient, house: House) -> None:
    profile = house.keeper.live.of("oai")[0].profile
    page = f"/admin/profiles/{profile.id}"
    form = {
        "csrf": await csrf(admin, page), "profile_name": profile.name, "repository_name": "Sheaf", "page_size": "5",
        "admin_emails": "ada@example.org", "token_days": "7",
        "saved_sets.0.@": "0", "saved_sets.0.spec": "mine", "saved_sets.0.name": "Theses",
        "saved_sets.0.conditions.types": "etd",
    }  # fmt: skip
    answer = await admin.post(page, data=form, allow_redirects=False)
    text = unescape(await answer.text())
    assert answer.status == 200
    assert "What saving would do" in text
    assert "Set mine" in text
    assert "1: Work 3" in text
    assert "1 of 4 records come into other sets" in text
    assert "Context few" in text
    assert house.keeper.live.of("oai")[0].settings.saved_sets[0].name == "Open <ones>", "nothing is saved yet"
    word = text.partition('name="seen" value="')[2].partition('"')[0]
    other = await admin.post(page, data=form | {"seen": word, "saved_sets.0.conditions.types": "dataset"}, allow_redirects=False)
    assert other.status == 200, "what was changed meanwhile is looked at again"
    assert (await admin.post(page, data=form | {"seen": word}, allow_redirects=False)).status == 303
    assert house.keeper.live.of("oai")[0].settings.saved_sets[0].name == "Theses"
    renamed = form | {"saved_sets.0.name": "All theses", "csrf": await csrf(admin, page)}
    assert (await admin.post(page, data=renamed, allow_redirects=False)).status == 303, "a name needs no second look"


async def test_a_count_that_takes_too_long_says_how_far_it_came(
    admin: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "SIZE", 2)
    before = house.keeper.live.of("oai")[0].settings
    after = type(before)(repository_name="x", admin_emails=before.admin_emails)
    whole = await counting.count(house.database, house.clock, before, after)
    assert (whole.works, whole.every, whole.changed) == (4, 4, 2), "two are in mine no longer"
    steps = iter((0.0, 0.0, 99.0))
    monkeypatch.setattr(counting, "_time", lambda: next(steps))
    preview = await counting.review(house.database, house.clock, before, after)
    assert preview is not None
    assert "all 4 are rendered anew" in preview.warnings[0], "its name is another"
    assert "only the first 2" in preview.warnings[-1]


async def test_progress_is_shown_while_records_are_looked_at(admin: TestClient, house: House, clock: SetClock) -> None:
    await configured(house, "oai", saved_sets=[])
    assert "given to harvesters anew" in await shown(admin, "/admin/sets")
    clock.pass_time(seconds=15)
    await house.worker.drain()
    assert "given to harvesters anew" not in await shown(admin, "/admin/sets")


async def test_without_a_definition_there_are_no_sets(admin: TestClient, house: House) -> None:
    profile = house.keeper.live.of("oai")[0].profile
    data = {"csrf": await csrf(admin, "/admin/sets/one?set=mine"), "active": "no"}
    await admin.post(f"/admin/profiles/{profile.id}/switch", data=data)
    assert "No OAI repository definition is switched on" in await shown(admin, "/admin/sets")
    await shown(admin, "/admin/sets/one?set=mine", 404)


async def test_a_new_name_or_licence_is_counted_before_it_is_saved_and_said_to_be_under_way(
    admin: TestClient, house: House, clock: SetClock
) -> None:
    profile = house.keeper.live.of("oai")[0].profile
    page = f"/admin/profiles/{profile.id}"
    settings = house.keeper.live.of("oai")[0].settings
    form = {
        "csrf": await csrf(admin, page), "profile_name": profile.name, "repository_name": settings.repository_name,
        "page_size": "5", "admin_emails": "ada@example.org", "token_days": "7",
        "saved_sets.0.@": "0", "saved_sets.0.spec": "mine", "saved_sets.0.name": "Open", "saved_sets.0.conditions.access": "open",
        "contexts.0.@": "0", "contexts.0.path": "few", "contexts.0.title": "Few", "contexts.0.sets": "theses",
        "contexts.0.conditions.types": "etd",
    }  # fmt: skip
    for new in ({"repository_name": "Museum"}, {"metadata_licence": "https://creativecommons.org/publicdomain/zero/1.0/"}):
        answer = await admin.post(page, data=form | new, allow_redirects=False)
        text = unescape(await answer.text())
        assert answer.status == 200
        assert "all 4 are rendered anew" in text
        assert "come into other sets" not in text
    assert house.keeper.live.of("oai")[0].settings == settings, "nothing is saved yet"
    assert "rendered anew, and given" not in await shown(admin, "/admin")
    word = text.partition('name="seen" value="')[2].partition('"')[0]
    answer = await admin.post(page, data=form | new | {"seen": word}, allow_redirects=False)
    assert answer.status == 303
    for place in (answer.headers["Location"], "/admin"):
        assert "Every record is being rendered anew" in await shown(admin, place)
    clock.pass_time(seconds=15)
    await house.worker.drain()
    for place in (page, "/admin"):
        assert "Every record is being rendered anew" not in await shown(admin, place)


async def test_saved_conditions_are_said_to_be_worked_out(admin: TestClient, house: House) -> None:
    await configured(house, "oai", contexts=[FEW | {"conditions": {"access": ["open"]}}])
    profile = house.keeper.live.of("oai")[0].profile
    for place in (f"/admin/profiles/{profile.id}", "/admin"):
        assert "The sets are being worked out anew" in await shown(admin, place)
    await house.database.write(regrouping.forget)
    assert "The sets are being worked out anew" not in await shown(admin, "/admin")


async def test_conditions_of_a_context_count_only_who_leaves_it(admin: TestClient, house: House) -> None:
    definition = house.keeper.live.of("oai")[0].settings
    whole = Context(path="some", title="Some")
    before = structs.replace(definition, contexts=(*definition.contexts, whole))
    theses = structs.replace(whole, conditions=definition.contexts[0].conditions)
    after = structs.replace(definition, contexts=(*definition.contexts, theses))
    assert (await counting.count(house.database, house.clock, before, after)).changed == 3, "one of four stays"
    assert (await counting.count(house.database, house.clock, definition, after)).changed == 0, "a new one nobody has harvested"


async def test_a_set_no_base_url_asks_for_any_more_is_said_to_give_deletions_only(
    admin: TestClient, house: House, clock: SetClock
) -> None:
    await configured(house, "oai", contexts=[{"path": "kinds", "title": "Kinds", "sets": ["doc-type"]}])
    clock.pass_time(seconds=15)
    await house.worker.drain()
    note = "deletions only: no base URL asks for it any more"
    assert note not in await shown(admin, "/admin/sets?q=doc-type")
    await configured(house, "oai", contexts=[], saved_sets=[])
    assert (await shown(admin, "/admin/sets?q=doc-type")).count(note) >= 1
    page = await shown(admin, "/admin/sets")
    assert page.index("<code>theses</code>") < page.index("<code>mine</code>"), "those kept no more stand at the end"
    assert note in await shown(admin, "/admin/sets/one?set=mine")
    assert note not in await shown(admin, "/admin/sets/one?set=theses")
