"""The address an error document names: the same words, for whoever sent the request, as JSON or as a page."""

from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient

from server.house import House
from tests.admin.visits import csrf, login
from tests.conftest import AUTH, PASSWORD
from tests.sword.conftest import ENTRY, PDF, Depositor

OTHER = {"Authorization": encode_basic_auth("other", PASSWORD)}
PAGE = {"Accept": "text/html,application/xhtml+xml"}


async def refused(depositor: Depositor) -> str:
    """Send a checksum that is a lie; return the reference."""
    answer = await depositor.ask("POST", depositor.collection, b"%PDF", PDF, {"Content-MD5": "0" * 32})
    assert answer.status == 412
    assert answer.text("/s:error/a:link[@rel='alternate']/@href").endswith(f"/sword/deposits/{answer.reference}")
    return answer.reference


async def test_the_link_of_an_error_document_says_the_same_as_the_document(client: TestClient, depositor: Depositor) -> None:
    answer = await depositor.ask("POST", depositor.collection, b"%PDF", PDF, {"Content-MD5": "0" * 32})
    found = await client.get(f"/sword/deposits/{answer.reference}", headers=AUTH)
    assert found.status == 200
    said = await found.json()
    assert said["state"] == "refused"
    (problem,) = said["problems"]
    assert problem["code"] == "checksum"
    assert problem["message"] in answer.text("/s:error/a:summary")
    assert problem["remedy"]
    assert problem["meaning"] == "What arrived is not what was announced."
    page = await (await client.get(f"/sword/deposits/{answer.reference}", headers=AUTH | PAGE)).text()
    assert problem["message"] in page
    assert "See it in the import monitor" not in page


async def test_it_is_nothing_to_strangers_and_to_other_depositors(client: TestClient, depositor: Depositor) -> None:
    path = f"/sword/deposits/{await refused(depositor)}"
    stranger = await client.get(path)
    assert stranger.status == 401
    assert stranger.headers["WWW-Authenticate"].startswith("Basic")
    assert (await stranger.json())["error"]
    assert (await client.get(path, headers=OTHER)).status == 404
    wrong = {"Authorization": AUTH["Authorization"][:-4] + "AAAA"}
    assert (await client.get(path, headers=wrong)).status == 401
    for junk in ("x", "01J00000000000000000000000"):
        assert (await client.get(f"/sword/deposits/{junk}", headers=AUTH)).status == 404
        missing = await client.get(f"/sword/deposits/{junk}", headers=AUTH | PAGE)
        assert (missing.status, missing.content_type) == (404, "text/html")


async def test_a_browser_is_led_to_the_login_and_an_administrator_to_the_monitor(
    client: TestClient, depositor: Depositor
) -> None:
    number = await refused(depositor)
    led = await client.get(f"/sword/deposits/{number}", headers=PAGE, allow_redirects=False)
    assert (led.status, led.headers["Location"]) == (303, f"/login?next=/sword/deposits/{number}")
    seated = await login(client, next=f"/sword/deposits/{number}")
    assert seated.headers["Location"] == f"/sword/deposits/{number}"
    page = await (await client.get(f"/sword/deposits/{number}", headers=PAGE)).text()
    assert f'href="/admin/imports/{number}"' in page


async def test_what_becomes_of_a_deposit_is_told_and_notes_are_not(
    client: TestClient, house: House, depositor: Depositor
) -> None:
    receipt = await depositor.create(b"<entry xmlns='http://www.w3.org/2005/Atom'><title>Peas</title></entry>", ENTRY)
    (row,) = await depositor.rows()
    await login(client)
    page = f"/admin/imports/{row.id}"
    note = {"csrf": await csrf(client, page), "note": "Ask the abbot."}
    assert (await client.post(f"{page}/note", data=note, allow_redirects=False)).status == 303
    said = await (await client.get(f"/sword/deposits/{row.id}", headers=AUTH)).json()
    assert said["deposit"]["id"] == receipt.number
    assert said["work"].endswith(f"/items/{receipt.number}")
    assert "Ask the abbot." not in str(said)
    assert "Ask the abbot." in await (await client.get(page)).text()
