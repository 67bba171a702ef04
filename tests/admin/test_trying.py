"""Trying deposits out in a browser: on the page for it, and with settings of a SWORD server that are not saved."""

import io

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from server.house import House
from server.profiles import store as profiles
from server.sword import store
from tests.admin.test_profiles import send, shown
from tests.admin.visits import csrf, login
from tests.conftest import Deposit, configured, entry
from tests.sword.conftest import GOOD, MODS

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


async def uploaded(client: TestClient, name: str, body: bytes, kind: str) -> tuple[int, str]:
    form = FormData()
    form.add_field("csrf", await csrf(client, PAGE))
    form.add_field("try_collection", "works")
    form.add_field("try_file", io.BytesIO(body), filename=name, content_type=kind or None)
    answer = await client.post(PAGE, data=form)
    return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("name", "body", "kind", "says"),
    [
        ("peas.zip", GOOD, "application/zip", "It would be published at once."),
        ("peas.zip", GOOD, "application/x-zip-compressed", "Versuche"),
        ("mods.xml", MODS, "text/xml", "Versuche"),
        ("codemeta.json", b'{"@context": "https://w3id.org/codemeta/3.0", "name": "Peas counted"}', "", "Peas counted"),
        ("peas.pdf", b"%PDF-1.4", "application/pdf", "No metadata"),
        ("peas.zip", b"no zip", "application/zip", "It would be held."),
    ],
)
async def test_a_file_is_tried_and_nothing_of_it_stays(
    admin: TestClient, house: House, name: str, body: bytes, kind: str, says: str
) -> None:
    before = sorted(path.name for path in house.settings.folder.rglob("*") if path.is_file() and "db" not in path.name)
    status, text = await uploaded(admin, name, body, kind)
    assert status == 200, text
    assert says in text
    after = sorted(path.name for path in house.settings.folder.rglob("*") if path.is_file() and "db" not in path.name)
    assert after == before
    assert await imports(house) == 0


@pytest.mark.parametrize(
    ("name", "body", "says"), [("a.xml", b"<a>", "cannot be read"), ("a.json", b"{", "The JSON cannot be read")]
)
async def test_a_document_that_cannot_be_read_says_why(admin: TestClient, name: str, body: bytes, says: str) -> None:
    status, text = await uploaded(admin, name, body, "")
    assert status == 422
    assert says in text


async def test_json_is_tried_like_xml(admin: TestClient) -> None:
    status, text = await tried(admin, try_document='{"@context": "https://w3id.org/codemeta/3.0", "name": "Peas counted"}')
    assert status == 200
    assert "Peas counted" in text


async def test_what_the_worker_would_read_is_not_tried(admin: TestClient, house: House) -> None:
    await configured(house, "sword", read_now_mb=0)
    status, text = await uploaded(admin, "peas.bin", b"x" * (2**20 + 1), "text/plain")
    assert status == 422
    assert "up to 1048576 are tried" in text
