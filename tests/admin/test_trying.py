"""Trying deposits out in a browser: on the page for it, and with settings of a SWORD server that are not saved."""

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.profiles import store as profiles
from server.sword import store
from tests.admin.test_profiles import send, shown
from tests.admin.visits import login
from tests.conftest import Deposit, entry

PAPER = entry(type="Research paper")
PAGE = "/admin/imports/try"


@pytest.fixture
async def admin(client: TestClient) -> TestClient:
    await login(client)
    return client


async def tried(client: TestClient, page: str = PAGE, **given: str) -> tuple[int, str]:
    status, _, text = await send(client, page, try_collection="works", **given)
    return status, text


async def imports(house: House) -> int:
    return len(await house.database.read(store.search))


async def test_a_document_is_shown_as_it_would_be_taken(admin: TestClient, house: House) -> None:
    status, text = await tried(admin, try_document=entry().decode())
    assert status == 200
    for words in ("It would be published at once.", "Journal article", "Peas", "Creators 1, Family name", "Mendel"):
        assert words in text, words
    assert await imports(house) == 0


async def test_a_past_import_is_read_again_and_stays_as_it_is(admin: TestClient, house: House, deposit: Deposit) -> None:
    await deposit(PAPER)
    [row] = await house.database.read(store.search)
    status, text = await tried(admin, try_import=row.id)
    assert status == 200
    for words in ("It would be held.", "Unknown type", "Research paper", "Where:", "What to do:"):
        assert words in text, words
    assert await house.database.read(store.search) == [row]


@pytest.mark.parametrize(("given", "words"), [({"try_document": "<a"}, "XML"), ({"try_import": "X" * 26}, "no import")])
async def test_what_cannot_be_read_is_said(admin: TestClient, given: dict[str, str], words: str) -> None:
    status, text = await tried(admin, **given)
    assert status == 422
    assert words in text


async def test_the_page_can_be_led_to_with_an_import(admin: TestClient) -> None:
    assert f'value="{"A" * 26}"' in await shown(admin, f"{PAGE}?import={'A' * 26}")


async def test_settings_are_tried_before_they_are_saved(admin: TestClient, house: House, deposit: Deposit) -> None:
    await deposit(PAPER)
    [row] = await house.database.read(store.search)
    profile = await house.database.read(profiles.get, "SWORD server")
    page = f"/admin/profiles/{profile.id}"
    values = {
        "profile_name": "SWORD server", "code": "sword", "content_faults": "hold", "holds": "type-unknown", "read_now_mb": "64",
        "collections.0.id": "works", "collections.0.title": "Works", "collections.0.import_as": "approved",
        "by_doi": "hold", "by_package": "off", "by_title": "off", "default_dates": "none", "unscanned": "hold",
        "try": "yes", "try_import": row.id,
    }  # fmt: skip
    status, text = await tried(admin, page, **values)
    assert (status, "It would be held." in text) == (200, True), text
    words = {"types.0.word": "research paper", "types.0.type": "publication.report"}
    status, text = await tried(admin, page, **values, **words)
    assert status == 200
    assert "It would be published at once." in text
    assert "as the profile says" in text
    assert 'value="research paper"' in text, "what was typed stays"
    assert house.keeper.live.of("sword")[0].settings.types == (), "and nothing is saved"
