"""One import: what came beside what was understood, its files, and who sees to it."""

import base64
import hashlib
import re

import pytest
from aiohttp.test_utils import TestClient

from server.events import telling
from server.house import House
from server.records import store as records
from server.records.store import State
from server.sword import problems, store
from server.sword.model import Content, Held
from tests.admin.imports.test_causes import asked_for
from tests.admin.visits import csrf, deposit_faulty, login, press
from tests.conftest import AUTH, Deposit

SIMPLE_ZIP = "http://purl.org/net/sword/package/SimpleZip"
HOSTILE = b"<a><script>alert(1)</script></a>"


async def only(client: TestClient) -> str:
    page = await (await client.get("/admin/imports")).text()
    return re.findall(r'<a href="/admin/imports/(\w{26})"', page)[0]


async def test_what_came_stands_beside_what_was_understood(client: TestClient, deposit: Deposit) -> None:
    await login(client)
    await deposit(title="Peas &amp; beans", type="Journal article", more="<dcterms:coverage>Brno</dcterms:coverage>")
    page = await (await client.get(f"/admin/imports/{await only(client)}")).text()
    assert "&lt;dcterms:coverage&gt;Brno&lt;/dcterms:coverage&gt;" in page
    assert page.index("As it came") < page.index("As it was understood")
    assert "Journal article" in page[page.index("As it was understood") :]
    assert "Every field" in page


async def test_the_files_of_a_package_are_listed_and_opened_safely(client: TestClient, house: House, deposit: Deposit) -> None:
    await login(client)
    await deposit()
    number = await only(client)
    kept = {}
    for name, body in (("evil.xml", HOSTILE), ("peas.pdf", b"%PDF-1.4"), ("gone.xml", b"")):
        spool = house.files.spool()
        spool.write(body)
        received = spool.finish()
        kept[name] = Held(name, len(body), house.files.keep(received), "application/xml" if "xml" in name else "application/pdf")
    gone = Held("gone.xml", 9, "0" * 64, "application/xml", "metadata")
    content = Content(members=(kept["evil.xml"], gone, kept["peas.pdf"]))
    await house.database.write(problems.keep_content, number, content)
    page = await (await client.get(f"/admin/imports/{number}")).text()
    assert "3 files in the package" in page
    assert kept["evil.xml"].sha256 in page
    file = await client.get(f"/admin/imports/{number}/files/1")
    assert await file.read() == HOSTILE
    assert file.headers["Content-Disposition"].startswith('attachment; filename="evil.xml"')
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Security-Policy"].startswith("sandbox")
    assert file.content_type == "application/octet-stream"
    shown = await (await client.get(f"/admin/imports/{number}/text/1")).text()
    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown
    for path in ("files/0", "files/4", "files/x", "files/2", "text/2", "text/3"):
        assert (await client.get(f"/admin/imports/{number}/{path}")).status == 404, path


async def test_somebody_sees_to_it_writes_a_note_and_resolves_it(client: TestClient, house: House) -> None:
    await login(client)
    await deposit_faulty(client)
    number = await only(client)
    page = f"/admin/imports/{number}"
    proof = {"csrf": await csrf(client, page)}
    for deed, given in (("claim", {}), ("note", {"note": "Asked the abbot."})):
        assert (await client.post(f"{page}/{deed}", data=proof | given, allow_redirects=False)).status == 303
    assert (await client.post(f"{page}/note", data=proof | {"note": " "})).status == 409
    text = await (await client.get(page)).text()
    assert "admin: Asked the abbot." in text
    assert "Leave it to somebody else" in text
    assert [number] == re.findall(
        r'<a href="/admin/imports/(\w{26})"', await (await client.get("/admin/imports?claimed=admin")).text()
    )
    given = proof | {"note": "Sent by post."}
    assert (await client.post(f"{page}/resolve", data=given, allow_redirects=False)).status == 303
    row = await house.database.read(store.deposit, number)
    assert (row.state.value, row.claimed_by) == ("closed", "")
    shown = await (await client.get(page)).text()
    assert "Resolved by admin." in shown
    assert "admin: Sent by post." in shown
    assert "Sent by post" not in await (await client.get(f"/sword/deposits/{number}", headers=AUTH)).text()
    assert (await client.post(f"{page}/resolve", data=given)).status == 409


async def test_a_refused_request_stays_listed_is_told_of_and_can_be_resolved(client: TestClient, house: House) -> None:
    await login(client)
    headers = {"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=a.pdf", "Content-MD5": "0" * 32}
    assert (await client.post("/sword/v2/collection/works", data=b"%PDF", headers=AUTH | headers)).status == 412
    stranger = {"Authorization": "Basic eDp5"}
    assert (await client.post("/sword/v2/collection/works", data=b"%PDF", headers=headers | stranger)).status == 401
    number = await only(client)
    (told,) = [event for event in await house.database.write(telling.waiting, 100) if event.type == "import.refused"]
    assert told.subject == number
    assert told.data | {"problem": "checksum", "cause": "Checksum differs", "state": "refused"} == told.data
    assert told.data["remedy"]
    page = f"/admin/imports/{number}"
    text = await (await client.get(page)).text()
    assert "What arrived is not what was announced." in text
    assert "Basic" not in text
    proof = {"csrf": await csrf(client, page)}
    assert (await client.post(f"{page}/resolve", data=proof, allow_redirects=False)).status == 303
    assert "Mark as resolved" not in await (await client.get(page)).text()
    for deed in ("claim", "release", "note", "resolve"):
        missing = "/admin/imports/01J00000000000000000000000"
        assert (await client.post(f"{missing}/{deed}", data=proof | {"note": "x"})).status == 404


V3 = "/sword/3/service/works"
JSON = b'{"@context": "https://swordapp.github.io/swordv3/swordv3.jsonld", "@type": "Metadata", "dc:title": "Peas & beans"}'
MODS = b'<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Lentils</title></titleInfo></mods>'


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (JSON, "application/json", "&#34;dc:title&#34;: &#34;Peas &amp; beans&#34;"),
        (MODS, "http://www.loc.gov/mods/v3", "&lt;title&gt;Lentils&lt;/title&gt;"),
        (JSON[:-1], "application/json", "Peas &amp; beans"),
    ],
)
async def test_metadata_of_sword_3_stand_as_they_came(client: TestClient, body: bytes, kind: str, shown: str) -> None:
    await login(client)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    said = {"Content-Disposition": "attachment; metadata=true", "Digest": f"SHA-256={digest}", "In-Progress": "true"}
    said |= (
        {"Content-Type": "application/json"} if "json" in kind else {"Content-Type": "application/xml", "Metadata-Format": kind}
    )
    await client.post(V3, data=body, headers=AUTH | said)
    page = await (await client.get(f"/admin/imports/{await only(client)}")).text()
    assert shown in page[page.index("As it came") :]


async def test_a_file_without_metadata_can_be_taken_as_it_is_and_waits(client: TestClient, house: House) -> None:
    await login(client)
    kind = {"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=peas.pdf"}
    answer = await client.post("/sword/v2/collection/works", data=b"%PDF-1.4", headers=AUTH | kind)
    number, work = await only(client), answer.headers["Location"].rsplit("/", 1)[1]
    assert "Take it as it is" in await (await client.get(f"/admin/imports/{number}")).text()
    await asked_for(client, f"/admin/imports/{number}/as-it-is")
    stored = await house.database.read(records.get, work)
    assert (stored.state, stored.record.title.value) == (State.PENDING, "peas.pdf")
    assert "takes it as it is" in await (await client.get(f"/admin/imports/{number}")).text()
    kind["Content-Type"] = "application/zip"
    await client.post("/sword/v2/collection/works", data=b"no zip", headers=AUTH | kind | {"Packaging": SIMPLE_ZIP})
    number = await only(client)
    page = await (await client.get(f"/admin/imports/{number}")).text()
    assert "Take it as it is" not in page
    refused = await press(client, f"/admin/imports/{number}", "as-it-is")
    assert refused.status == 409
