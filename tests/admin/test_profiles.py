"""The integration profiles as an administrator sees them: made in two steps, changed, tested, deleted; no secret on any page."""

import json
import re
from html import unescape

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.profiles import kind as kinds_of_profile
from server.profiles import store
from server.profiles.model import Profile
from tests.admin.visits import csrf, login

SECRET = "correct horse battery"
DATACITE = {
    "profile_name": "Our DOIs", "profile_description": "At the agency", "prefix": "10.82433", "start": "1", "padding": "8",
    "account_id": "INST.REPO", "password": SECRET, "environment": "test",
}  # fmt: skip


@pytest.fixture
async def admin(client: TestClient) -> TestClient:
    await login(client)
    return client


async def send(client: TestClient, page: str, to: str = "", **given: object) -> tuple[int, str, str]:
    """Send a form of a page and return status, where it leads, and what it says."""
    data = {"csrf": await csrf(client, page)} | given
    answer = await client.post(to or page, data=data, allow_redirects=False)
    return answer.status, answer.headers.get("Location", ""), unescape(await answer.text())


async def shown(client: TestClient, page: str) -> str:
    answer = await client.get(page)
    assert answer.status == 200, page
    return unescape(await answer.text())


async def make(client: TestClient, kind: str = "datacite", **given: str) -> str:
    """Make a profile and return its address."""
    status, led, text = await send(client, f"/admin/profiles/new/{kind}", **(DATACITE | given))
    assert status == 303, text
    return led.partition("?")[0]


async def named(house: House, name: str) -> Profile:
    return await house.database.read(store.get, name)


async def test_the_list_shows_what_the_first_start_made(admin: TestClient) -> None:
    page = await shown(admin, "/admin/profiles")
    assert all(words in page for words in ("OAI repository", "OAI repository definition", "SWORD server", "none yet"))


async def test_a_profile_is_made_in_two_steps_and_its_secret_never_comes_back(admin: TestClient, house: House) -> None:
    step = await shown(admin, "/admin/profiles/new")
    assert "/admin/profiles/new/datacite" in step
    address = await make(admin, **{"labels.0.types": "dataset", "labels.0.label": "data"})
    profile = await named(house, "Our DOIs")
    assert profile.document["labels"] == [{"types": ["dataset"], "label": "data"}]
    pages = [address + part for part in ("", "/contacts", "/history", "/test", "/delete")] + ["/admin/profiles"]
    for page in [*pages, "/admin/profiles/export", "/admin/audit"]:
        assert SECRET not in await shown(admin, page), page
    page = await shown(admin, address)
    assert "10.82433/data.00000001" in page
    assert "10.82433/00000001" in page
    assert "It can never be changed." in page


async def test_every_error_stands_beside_its_field_and_what_was_typed_is_kept(admin: TestClient, house: House) -> None:
    wrong = {"profile_name": "", "prefix": "11.1", "start": "0", "padding": "12", "account_id": "x", "environment": "moon"}
    wrong |= {"labels.0.label": "ä b", "labels.0.types": "nothing", "endpoint": "ftp://x"}
    status, _, text = await send(admin, "/admin/profiles/new/datacite", **(DATACITE | wrong))
    assert status == 422
    for field in ("profile_name", "prefix", "start", "padding", "account_id", "environment", "labels.0.label", "labels.0.types"):
        assert f'id="f-{field}-error"' in text, field
    assert 'value="11.1"' in text
    assert 'value="ä b"' in text
    assert SECRET not in text
    assert await house.database.read(store.find, "Our DOIs") is None


async def test_a_secret_left_empty_stays_and_a_new_one_takes_its_place(admin: TestClient, house: House) -> None:
    address = await make(admin)
    kind = house.keeper.kinds["datacite"].settings
    assert (await send(admin, address, **(DATACITE | {"password": "", "padding": "5"})))[0] == 303
    first = store.opened(await named(house, "Our DOIs"), kind, house.seal)
    assert (first.password, first.padding) == (SECRET, 5)
    await send(admin, address, **(DATACITE | {"password": "another horse"}))
    assert store.opened(await named(house, "Our DOIs"), kind, house.seal).password == "another horse"
    assert "another horse" not in await shown(admin, f"{address}/history")


async def test_for_another_server_the_secret_is_asked_for_again(admin: TestClient, house: House) -> None:
    address = await make(admin)
    elsewhere = DATACITE | {"endpoint": "http://127.0.0.1:9"}
    for entered in ("", "  "):
        status, _, text = await send(admin, address, **(elsewhere | {"password": entered}))
        assert status == 422
        assert re.search(r'id="f-password-error".*?It was entered for https://api.test.datacite.org', text, re.DOTALL)
        assert SECRET not in text
    assert (await named(house, "Our DOIs")).document["endpoint"] == ""
    assert (await send(admin, address, **elsewhere))[0] == 303
    profile = await named(house, "Our DOIs")
    kind = house.keeper.kinds["datacite"].settings
    assert store.opened(profile, kind, house.seal).password == SECRET
    assert profile.document["endpoint"] == "http://127.0.0.1:9"


async def test_a_row_is_added_without_a_script_and_nothing_is_judged_yet(admin: TestClient) -> None:
    status, _, text = await send(admin, "/admin/profiles/new/datacite", row="add:labels", profile_name="Half")
    assert status == 200
    assert 'name="labels.0.label"' in text
    assert 'value="Half"' in text
    assert 'role="alert"' not in text


async def test_a_second_definition_is_refused_in_words(admin: TestClient, house: House) -> None:
    step = await shown(admin, "/admin/profiles/new")
    assert house.keeper.kinds["oai"].single in step
    assert 'href="/admin/profiles/new/oai"' not in step
    answer = await admin.get("/admin/profiles/new/oai")
    assert answer.status == 409
    given = {"csrf": await csrf(admin, "/admin/profiles"), "profile_name": "Second", "repository_name": "x", "page_size": "5"}
    given |= {"token_days": "7", "admin_emails": "a@example.org"}
    answer = await admin.post("/admin/profiles/new/oai", data=given)
    assert answer.status == 422
    assert house.keeper.kinds["oai"].single in unescape(await answer.text())


async def test_what_names_were_minted_with_cannot_change(admin: TestClient, house: House) -> None:
    from server.identifiers.mint import reserve

    address = await make(admin)
    await house.database.write(reserve, house.agencies, None, "dataset.dataset", house.clock())
    status, _, text = await send(admin, address, **(DATACITE | {"prefix": "10.5072", "environment": "production"}))
    assert status == 422
    for field in ("prefix", "environment"):
        assert re.search(rf'id="f-{field}-error".*?1 identifiers were minted', text, re.DOTALL), field
    assert "10.82433/00000002" in await shown(admin, address)
    assert "1 identifier was minted by it" in await shown(admin, f"{address}/delete")


async def test_numbers_that_outgrow_the_padding_are_announced(admin: TestClient) -> None:
    assert "more digits than the padding" in await shown(admin, await make(admin, start="1234", padding="3"))


async def test_the_connection_is_tested_and_both_answers_are_remembered(
    admin: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = await make(admin)
    answers = iter(
        [
            kinds_of_profile.Tested(agrees=True, message="Welcome, INST."),
            kinds_of_profile.Tested(agrees=False, message="401: who are <you>?"),
        ]
    )

    async def test(*_: object) -> kinds_of_profile.Tested:
        return next(answers)

    from dataclasses import replace

    kinds = house.keeper.kinds
    monkeypatch.setitem(kinds._kinds, "datacite", replace(kinds["datacite"], test=test))
    for _ in range(2):
        assert (await send(admin, f"{address}/test"))[:2] == (303, f"{address}/test")
    page = await shown(admin, f"{address}/test")
    assert "Welcome, INST." in page
    assert "401: who are <you>?" in page
    assert "&lt;you&gt;" in await (await admin.get(f"{address}/test")).text()
    rows = await shown(admin, "/admin/profiles")
    assert rows.index("Our DOIs") < rows.index("OAI repository"), "what is stuck stands first"


async def test_a_profile_is_switched_off_and_on_and_deleted_and_its_history_stays(admin: TestClient, house: House) -> None:
    address = await make(admin)
    assert (await send(admin, address, f"{address}/switch", active="no"))[0] == 303
    assert not (await named(house, "Our DOIs")).enabled
    await send(admin, address, f"{address}/switch", active="yes")
    assert (await named(house, "Our DOIs")).enabled
    assert "Delete this profile?" in await shown(admin, f"{address}/delete")
    status, led, _ = await send(admin, f"{address}/delete")
    assert (status, led) == (303, "/admin/profiles?done=deleted")
    assert await house.database.read(store.find, "Our DOIs") is None
    assert "profile.deleted" in await shown(admin, f"{address}/history")
    gone = await shown(admin, address)
    assert "INST.REPO" in gone
    assert "<button>Save" not in gone
    answer = await admin.post(address, data={"csrf": await csrf(admin, "/admin/profiles")} | DATACITE)
    assert answer.status == 404


async def test_people_are_kept_with_a_profile(admin: TestClient, house: House) -> None:
    address = await make(admin)
    given = {"contacts.0.name": "Ada Lovelace", "contacts.0.email": "ada@example.org", "contacts.0.role": "Account manager"}
    assert (await send(admin, f"{address}/contacts", **given))[0] == 303
    assert (await named(house, "Our DOIs")).contacts[0].email == "ada@example.org"
    status, _, text = await send(admin, f"{address}/contacts", **{"contacts.0.name": "", "contacts.0.email": "nobody"})
    assert status == 422
    assert 'id="f-contacts.0.name-error"' in text
    assert 'id="f-contacts.0.email-error"' in text


async def test_the_configuration_goes_out_and_comes_back(admin: TestClient, house: House) -> None:
    address = await make(admin)
    answer = await admin.get("/admin/profiles/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    body = await answer.read()
    assert SECRET.encode() not in body
    assert json.loads(body)["format"] == "sheaf-profiles"
    await send(admin, f"{address}/delete")
    status, _, text = await send(admin, "/admin/profiles/import", file=body.decode(), deed="look", text=body.decode())
    assert status == 200
    assert "password is missing" in text
    assert await house.database.read(store.find, "Our DOIs") is None
    await send(admin, "/admin/profiles/import", text=body.decode(), deed="bring")
    back = await named(house, "Our DOIs")
    assert not back.enabled
    page = f"/admin/profiles/{back.id}"
    status, _, text = await send(admin, page, f"{page}/switch", active="yes")
    assert status == 409
    assert "A secret is missing or cannot be opened: password" in text
    assert (await send(admin, page, **(DATACITE | {"password": ""})))[0] == 422
    assert (await send(admin, page, **DATACITE))[0] == 303
    assert (await send(admin, page, f"{page}/switch", active="yes"))[0] == 303
    status, _, text = await send(admin, "/admin/profiles/import", text="<nonsense>", deed="look")
    assert status == 422
    assert "not a file of profiles" in text


async def test_a_kind_nobody_knows_is_shown_and_stands_still(admin: TestClient, house: House) -> None:
    from sqlalchemy import Connection

    from server.profiles.tables import profiles

    address = await make(admin)

    def forget(tx: Connection) -> None:
        tx.execute(profiles.update().where(profiles.c.name == "Our DOIs").values(kind="fax"))

    await house.database.write(forget)
    assert "This release does not know its kind." in await shown(admin, "/admin/profiles")
    assert "can only be read" in await shown(admin, address)
    for kind in ("nothing", "%00", "oai/../x"):
        assert (await admin.get(f"/admin/profiles/new/{kind}")).status == 404
    for number in ("99999", "999999999999999"):
        assert (await admin.get(f"/admin/profiles/{number}")).status == 404


async def test_every_kind_has_a_form_that_says_what_is_missing(admin: TestClient, house: House) -> None:
    for kind in house.keeper.kinds:
        page = f"/admin/profiles/new/{kind.name}"
        answer = await admin.get(page)
        assert answer.status == (409 if kind.name == "oai" else 200), kind.name
        sent = await admin.post(page, data={"csrf": await csrf(admin, "/admin/profiles")})
        assert sent.status == 422, kind.name
        assert 'id="f-profile_name-error"' in await sent.text(), kind.name


async def test_a_webhook_keeps_its_secret_when_something_else_is_changed(admin: TestClient, house: House) -> None:
    from server.notify.tables import endpoint_secrets

    given = {"profile_name": "Hook", "address": "https://example.org/hook", "secret": "", "signatures": "both"}
    address = (await send(admin, "/admin/profiles/new/webhook", **given))[1].partition("?")[0]
    first = await named(house, "Hook")
    await send(admin, address, **(given | {"events": "record.published"}))
    again = await named(house, "Hook")
    assert again.document["events"] == ["record.published"]
    assert again.sealed == first.sealed
    assert await house.database.read(lambda tx: tx.execute(endpoint_secrets.select()).all()) == []
    assert "whsec_" not in await shown(admin, address)
