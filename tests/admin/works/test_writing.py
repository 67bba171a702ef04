"""Works written in the browser, as somebody without scripts does it: nothing that was typed or sent is lost."""

import hashlib
import io
import re

import msgspec
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from server.house import House
from server.records import store
from server.records.store import State
from server.settings import Settings
from tests.admin.visits import csrf, login
from tests.conftest import SetClock
from tests.works.entering import NEW, PEAS, fields_of, send, send_again, work_in

PDF = b"%PDF-1.7 peas"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings that take a megabyte at once."""
    return msgspec.structs.replace(settings, max_upload_mb=1)


async def sent(client: TestClient, files: list[tuple[str, bytes, str]], path: str = NEW, **changes: str):
    """Send a form in parts, as a browser does: the proof first, the files where their field is."""
    page = await (await client.get(path)).text()
    return await parts(client, path, fields_of(page, path), files, **changes)


async def parts(
    client: TestClient, path: str, fields: list[tuple[str, str]], files: list[tuple[str, bytes, str]], **changes: str
):
    form = FormData(quote_fields=False, default_to_multipart=True)
    named = {name.replace("__", "."): value for name, value in changes.items()}
    for name, value in [*((name, value) for name, value in fields if name not in named), *named.items()]:
        form.add_field(name, value)
    for name, body, kind in files:
        form.add_field("upload", io.BytesIO(body), filename=name, content_type=kind)
    return await client.post(path, data=form, allow_redirects=False)


MENDEL = {name.replace(".", "__"): value for name, value in PEAS.items()}


async def test_a_work_is_written_and_published(client: TestClient, house: House) -> None:
    await login(client)
    work = work_in(await send(client, NEW, PEAS, "publish"))
    page = await (await client.get(f"/items/{work}")).text()
    assert "Mendel, Gregor" in page
    stored = await house.database.read(store.get, work)
    assert (stored.state, stored.record.dates.issued) == (State.PUBLISHED, "1866")
    assert "record.created" in await (await client.get(f"/admin/works/{work}")).text()


async def test_everything_wrong_is_said_at_once_and_kept(client: TestClient) -> None:
    await login(client)
    wrong = PEAS | {
        "type": "", "title.value": "", "dates.issued": "1866-13", "languages": "de\nnot a language", "identifiers.0.scheme": "doi",
        "identifiers.0.value": "no DOI", "geo.0.latitude": "north", "abstracts.0.value": "Erbsen", "abstracts.0.lang": "d e",
    }  # fmt: skip
    answer = await send(client, NEW, wrong)
    page = await answer.text()
    assert answer.status == 422
    for path in ("type", "title.value", "dates.issued", "geo.0.latitude"):
        assert f'href="#f-{path}"' in page, path
    assert 'value="1866-13"' in page
    assert "north" in page
    answer = await send_again(client, page, NEW, PEAS | {"geo.0.latitude": "49.2"})
    page = await answer.text()
    assert answer.status == 422
    for path in ("languages", "abstracts.0.lang", "identifiers.0.value"):
        assert f'href="#f-{path}"' in page, path


async def test_rows_are_added_without_a_script(client: TestClient) -> None:
    await login(client)
    page = await (await client.get(NEW)).text()
    answer = await send_again(client, page, NEW, {"title.value": "Peas"}, row="add:creators")
    page = await answer.text()
    assert answer.status == 200
    assert 'name="creators.1.family"' in page
    assert 'value="Peas"' in page


async def test_files_come_with_the_form_and_are_kept_whatever_is_wrong_with_it(client: TestClient, house: House) -> None:
    await login(client)
    answer = await sent(
        client, [("peas.pdf", PDF, "text/html"), ("../../etc/passwd", b"root", "text/plain")], title__value="Peas"
    )
    page = await answer.text()
    assert answer.status == 422  # there is no type yet
    assert 'value="peas.pdf"' in page
    assert 'value="passwd"' in page
    fields = fields_of(page, NEW)
    answer = await parts(client, NEW, fields, [("peas.pdf", b"%PDF-1.7 more", "")], **MENDEL, then="publish")
    files = (await house.database.read(store.get, work_in(answer))).record.files
    assert [(file.name, file.mime, file.bytes) for file in files] == [
        ("peas.pdf", "application/pdf", len(PDF)), ("passwd", "text/plain", 4), ("peas (2).pdf", "application/pdf", 13),
    ]  # fmt: skip
    work = work_in(answer)
    assert await (await client.get(f"/items/{work}/files/peas.pdf")).read() == PDF


async def test_a_file_that_was_collected_before_the_form_was_right_is_asked_for_again(client: TestClient, house: House) -> None:
    await login(client)
    page = await (await sent(client, [("peas.pdf", PDF, ""), ("beans.txt", b"beans", "")], then="publish")).text()
    house.files.path(hashlib.sha256(PDF).hexdigest()).unlink()
    answer = await send_again(client, page, NEW, PEAS, "publish")
    page = await answer.text()
    assert answer.status == 422
    assert page.count("was sent too long ago") >= 1
    page = await (await send_again(client, page, NEW, {}, row="remove:files.0")).text()
    work = work_in(await send_again(client, page, NEW, {}, "publish"))
    files = (await house.database.read(store.get, work)).record.files
    assert [(file.name, file.bytes) for file in files] == [("beans.txt", 5)]


async def test_files_are_renamed_closed_ordered_and_removed(client: TestClient, house: House) -> None:
    await login(client)
    files = [(name, name.encode(), "text/plain") for name in ("a.txt", "b.txt", "c.txt")]
    work = work_in(await sent(client, files, **MENDEL))
    edit = f"/admin/works/{work}/edit"
    page = await (await client.get(edit)).text()
    page = await (
        await send_again(client, page, edit, {"files.1.name": "bee.txt", "files.1.access": "restricted"}, row="remove:files.0")
    ).text()
    page = await (await send_again(client, page, edit, {}, row="up:files.1")).text()
    work_in(await send_again(client, page, edit, {"files.0.primary": "true"}))
    kept = (await house.database.read(store.get, work)).record.files
    assert [(file.name, file.access, file.primary) for file in kept] == [("c.txt", "", True), ("bee.txt", "restricted", False)]


async def test_a_file_that_says_what_it_is_not_is_shown_as_that(client: TestClient, house: House) -> None:
    await login(client)
    work = work_in(
        await sent(client, [("peas.pdf", b"<html><script>alert(1)</script>", "application/pdf")], **MENDEL, then="publish")
    )
    assert (await house.database.read(store.get, work)).record.files[0].mime == "text/html"
    assert "its bytes say otherwise" in await (await client.get(f"/admin/works/{work}")).text()
    assert "attachment" in (await client.get(f"/items/{work}/files/peas.pdf")).headers["Content-Disposition"]


async def test_a_form_in_parts_proves_itself_before_anything_is_read(client: TestClient, house: House) -> None:
    await login(client)
    proof = await csrf(client, NEW)
    for fields in ([("csrf", "forged")], [], [("subtitle", "Peas"), ("csrf", proof)]):
        answer = await parts(client, NEW, fields, [("peas.pdf", PDF, "")], **MENDEL)
        assert answer.status == 403
    answer = await client.post(NEW, data=b"--x\r\nnonsense", headers={"Content-Type": "multipart/form-data; boundary=y"})
    assert answer.status in {400, 403}
    assert not list((house.settings.folder / "spool").iterdir())
    assert await house.database.read(store.counts) == {}


async def test_a_file_that_is_too_large_is_refused_and_the_form_kept(client: TestClient, house: House) -> None:
    await login(client)
    answer = await sent(client, [("large.bin", bytes(2**20 + 1), ""), ("small.txt", b"peas", "")], **MENDEL)
    page = await answer.text()
    assert answer.status == 422
    assert "large.bin: it is larger" in page
    assert 'value="small.txt"' in page
    assert 'value="Mendel"' in page
    answer = await sent(client, [("huge.bin", bytes(2**20 * 3), "")], **MENDEL)
    assert answer.status == 413
    assert not list((house.settings.folder / "spool").iterdir())


async def test_what_two_change_at_once_is_not_lost(client: TestClient, house: House, clock: SetClock) -> None:
    await login(client)
    work = work_in(await send(client, NEW, PEAS | {"subtitle": "first"}, "publish"))
    edit = f"/admin/works/{work}/edit"
    mine = await (await client.get(edit)).text()
    clock.pass_time(minutes=1)
    work_in(await send(client, edit, {"subtitle": "theirs"}))
    answer = await send_again(client, mine, edit, {"subtitle": "mine", "title.value": "Pisum"})
    page = await answer.text()
    assert answer.status == 409
    assert "Somebody else changed the work meanwhile" in page
    assert re.search(r"<del>theirs</del><ins>mine</ins>", page)
    assert (await house.database.read(store.get, work)).record.subtitle == "theirs"
    work_in(await send_again(client, page, edit, {}))
    stored = await house.database.read(store.get, work)
    assert (stored.record.subtitle, stored.record.title.value, stored.version) == ("mine", "Pisum", 3)


async def test_a_doi_of_another_work_is_refused_in_words(client: TestClient) -> None:
    await login(client)
    doi = {"identifiers.0.scheme": "doi", "identifiers.0.value": "10.5072/peas"}
    first = work_in(await send(client, NEW, PEAS | doi, "publish"))
    answer = await send(client, NEW, PEAS | doi)
    assert answer.status == 422
    assert f"belongs to work {first} already" in await answer.text()


async def test_nobody_claims_bytes_they_never_sent(client: TestClient, house: House) -> None:
    await login(client)
    page = await (await sent(client, [("peas.pdf", PDF, "")], title__value="Peas")).text()
    note = re.search(r'name="uploaded" value="([^"]+)"', page)[1]
    body, _, signature = note.partition(".")
    forged = [
        ("uploaded", f"{body[:-4]}AAAA.{signature}"),
        ("uploaded", f"{body}."),
        ("files.0.@", "0"),
        ("files.0.name", "peas.pdf"),
    ]
    answer = await parts(client, NEW, [("csrf", await csrf(client, NEW)), *forged], [], **MENDEL)
    assert (await house.database.read(store.get, work_in(answer))).record.files == ()
