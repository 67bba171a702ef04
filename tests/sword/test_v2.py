"""SWORD 2.0 from outside: every IRI of the profile with its methods and statuses (spec/sword.md § A), over both databases."""

import io
import zipfile

import pytest
from aiohttp import encode_basic_auth

from tests.conftest import PASSWORD, URL, entry
from tests.sword.conftest import BINARY, ENTRY, GOOD, OPEN, PDF, SIMPLE_ZIP, ZIP, Answer, Depositor, archive, md5, related

OTHER = {"Authorization": encode_basic_auth("other", PASSWORD)}
TERMS = "http://purl.org/net/sword/terms/"


async def unzipped(depositor: Depositor, receipt: Answer) -> dict[str, bytes]:
    content = await depositor.get(receipt.media)
    assert content.status == 200
    assert content.headers["Packaging"] == SIMPLE_ZIP
    with zipfile.ZipFile(io.BytesIO(content.body)) as made:
        assert made.testzip() is None
        return {name: made.read(name) for name in made.namelist()}


async def test_the_service_document_says_what_clients_need(depositor: Depositor) -> None:
    found = await depositor.get(depositor.service)
    assert found.status == 200
    assert found.text("/app:service/s:version") == "2.0"
    assert int(found.text("/app:service/s:maxUploadSize")) == 16384 * 1024
    assert found.all("//app:collection/@href") == [depositor.collection]
    assert found.all("//app:collection/app:accept[not(@alternate)]/text()") == ["*/*"]
    assert found.all("//app:collection/app:accept[@alternate='multipart-related']/text()") == ["*/*"]
    assert found.text("//s:mediation") == "false"
    assert {SIMPLE_ZIP, BINARY} <= set(found.all("//s:acceptPackaging/text()"))


async def test_a_receipt_has_every_link_and_stands_at_its_edit_iri(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP, {"Content-MD5": md5(GOOD)})
    again = await depositor.get(receipt.edit)
    assert again.status == 200
    originals = f"a:link[@rel='{TERMS}originalDeposit']"
    assert not again.all(originals)  # § 10: only in the reply to the deposit
    assert [line for line in receipt.body.split(b"\n") if b"originalDeposit" not in line] == again.body.split(b"\n")
    assert receipt.headers["Content-Type"] == "application/atom+xml;type=entry"
    assert receipt.link(f"{TERMS}add") == receipt.edit
    assert receipt.all("a:link[@rel='edit-media'][@type='application/atom+xml;type=feed']/@href")
    assert receipt.all(f"a:link[@rel='{TERMS}statement']/@type") == ["application/atom+xml;type=feed", "application/rdf+xml"]
    assert receipt.link("alternate") == f"{URL}/items/{receipt.number}"
    assert len(receipt.all("s:treatment")) == 1
    assert receipt.text("s:packaging") == SIMPLE_ZIP
    assert receipt.text("a:content/@src") == receipt.media
    assert receipt.text("t:title") == "Versuche"
    assert receipt.all("a:id and a:title and a:updated and a:author/a:name") is True
    original = await depositor.get(receipt.link(f"{TERMS}originalDeposit"))
    assert original.body == GOOD
    derived = {
        iri.rsplit("/", 1)[1]: (await depositor.get(iri)).body
        for iri in receipt.all(f"a:link[@rel='{TERMS}derivedResource']/@href")
    }
    assert derived == {"peas.csv": b"round,wrinkled\n5474,1850\n", "peas.pdf": b"%PDF-1.4 peas"}


async def test_an_entry_makes_a_work(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY)
    assert receipt.media
    assert receipt.text("t:creator") == "Mendel, Gregor"
    assert await depositor.state(receipt) == ("accepted", "The deposit is accepted and the work is published.")
    assert await depositor.oai() == [(receipt.number, "", "Peas")]
    assert await unzipped(depositor, receipt) == {}


@pytest.mark.usefixtures("files_alone")
async def test_a_binary_deposit_makes_a_work_named_after_its_file(depositor: Depositor) -> None:
    receipt = await depositor.create(b"%PDF-1.4", PDF)
    assert await depositor.oai() == [(receipt.number, "", "peas.pdf")]
    assert await unzipped(depositor, receipt) == {"peas.pdf": b"%PDF-1.4"}


async def test_a_simple_zip_makes_a_work_of_its_metadata_and_files(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    assert await unzipped(depositor, receipt) == {"peas.csv": b"round,wrinkled\n5474,1850\n", "peas.pdf": b"%PDF-1.4 peas"}
    assert depositor.left() == []


@pytest.mark.parametrize("payload", [GOOD, archive(peas_csv=b"1")], ids=["with metadata", "without"])
async def test_a_multipart_deposit_makes_a_work_of_both(depositor: Depositor, payload: bytes) -> None:
    body, headers = related(entry(title="Peas"), payload, more=f"Content-MD5: {md5(payload)}\r\n".encode())
    receipt = await depositor.create(body, headers)
    assert receipt.text("t:title") == "Peas"
    assert "peas.csv" in await unzipped(depositor, receipt)
    assert depositor.left() == []


async def test_a_form_with_file_before_atom_makes_a_work_of_both(depositor: Depositor) -> None:
    body = b"\r\n".join([
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="small.zip"\r\nContent-Type: application/zip\r\n', archive(a_csv=b"1"),
        b'--x\r\nContent-Disposition: form-data; name="atom"; filename="meta.xml"\r\n', entry(title="Form"), b"--x--\r\n",
    ])  # fmt: skip
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "IN-PROGRESS": "False",
        "CONTENT_MD5": md5(body),
        "Packaging": SIMPLE_ZIP,
    }
    receipt = await depositor.create(body, headers)
    assert receipt.text("t:title") == "Form"
    assert await unzipped(depositor, receipt) == {"a.csv": b"1"}


@pytest.mark.parametrize("ending", [{}, {"In-Progress": "false"}, {"Content-Type": "multipart/form-data; boundary=x"}])
async def test_a_deposit_in_progress_is_published_once_when_it_is_completed(depositor: Depositor, ending: dict[str, str]) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    assert (await depositor.state(receipt))[0] == "in-progress"
    added = await depositor.ask("POST", receipt.media, GOOD, ZIP, {"Metadata-Relevant": "false"})
    assert (added.status, added.headers["Location"]) == (201, receipt.media)
    assert await depositor.oai() == []
    assert not added.link("alternate")
    completed = await depositor.ask("POST", receipt.link(f"{TERMS}add"), b"", ending)
    assert completed.status == 200
    assert completed.link("alternate") == f"{URL}/items/{receipt.number}"
    assert await depositor.oai() == [(receipt.number, "", "Peas")]
    assert len(await unzipped(depositor, completed)) == 3
    again = await depositor.ask("POST", receipt.link(f"{TERMS}add"), b"", ending)
    assert again.status == 200
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


async def test_a_chunked_body_of_nothing_completes_too(depositor: Depositor) -> None:
    async def nothing():
        for piece in ():
            yield piece

    receipt = await depositor.create(entry(), ENTRY, OPEN)
    assert (await depositor.ask("POST", receipt.edit, nothing())).status == 200
    assert (await depositor.state(receipt))[0] == "accepted"


async def test_an_entry_added_fills_what_was_open_and_overwrites_nothing(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas", issued="1866"), ENTRY, OPEN)
    added = await depositor.ask("POST", receipt.edit, entry(title="Beans", creator="Darwin, Charles", issued="1900"), ENTRY, OPEN)
    assert (added.status, added.headers["Location"]) == (200, receipt.edit)
    assert added.text("t:title") == "Peas"
    assert added.text("t:issued") == "1866"
    assert added.all("t:creator/text()") == ["Mendel, Gregor", "Darwin, Charles"]
    assert (await depositor.state(receipt))[0] == "in-progress"


async def test_a_multipart_added_brings_both_and_points_at_the_em_iri(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    body, headers = related(entry(title="Peas", creator="Darwin, Charles"), archive(a_csv=b"1"))
    added = await depositor.ask("POST", receipt.edit, body, headers)
    assert (added.status, added.headers["Location"]) == (201, receipt.media)
    assert await unzipped(depositor, receipt) == {"a.csv": b"1"}
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


async def test_metadata_are_replaced_at_the_edit_iri(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    replaced = await depositor.ask("PUT", receipt.edit, entry(title="Beans", creator="Darwin, Charles"), ENTRY)
    assert replaced.status == 200
    assert replaced.all("t:creator/text()") == ["Darwin, Charles"]
    assert len(await unzipped(depositor, receipt)) == 2
    assert await depositor.oai() == [(receipt.number, "", "Beans")]


async def test_both_are_replaced_at_the_edit_iri(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    body, headers = related(entry(title="Beans"), archive(beans_csv=b"2"))
    assert (await depositor.ask("PUT", receipt.edit, body, headers)).status == 200
    assert await unzipped(depositor, receipt) == {"beans.csv": b"2"}
    assert await depositor.oai() == [(receipt.number, "", "Beans")]


@pytest.mark.parametrize("in_progress", [True, False])
async def test_content_is_replaced_at_the_em_iri_and_in_progress_stays(depositor: Depositor, in_progress: bool) -> None:
    receipt = await depositor.create(GOOD, ZIP, {"In-Progress": str(in_progress)})
    replaced = await depositor.ask("PUT", receipt.media, archive(beans_csv=b"2"), ZIP, {"In-Progress": str(not in_progress)})
    assert (replaced.status, replaced.body) == (204, b"")
    assert await unzipped(depositor, receipt) == {"beans.csv": b"2"}
    assert (await depositor.state(receipt))[0] == ("in-progress" if in_progress else "accepted")
    assert (await depositor.get(receipt.edit)).text("t:title") == "Versuche"


async def test_an_atom_entry_at_the_em_iri_is_a_file(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    put = await depositor.ask("PUT", receipt.media, entry(), ENTRY, {"Content-Disposition": "attachment; filename=feed.atom"})
    assert put.status == 204
    assert await unzipped(depositor, receipt) == {"feed.atom": entry()}


async def test_content_is_deleted_and_the_container_stays(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    deleted = await depositor.ask("DELETE", receipt.media)
    assert (deleted.status, deleted.body) == (204, b"")
    assert await unzipped(depositor, receipt) == {}
    assert (await depositor.get(receipt.edit)).media == receipt.media


async def test_files_are_added_without_overwriting_and_answered_with_their_own_iri(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(), ENTRY)
    first = await depositor.ask("POST", receipt.media, b"one", PDF)
    second = await depositor.ask("POST", receipt.media, b"two", PDF, {"Packaging": BINARY})
    same = await depositor.ask("POST", receipt.media, b"one", PDF)
    assert [each.status for each in (first, second, same)] == [201, 201, 201]
    assert first.headers["Location"] == same.headers["Location"] == f"{receipt.media}/peas.pdf"
    assert (await depositor.get(first.headers["Location"])).body == b"one"
    assert (await depositor.get(second.headers["Location"])).body == b"two"
    assert await unzipped(depositor, receipt) == {"peas.pdf": b"one", "peas (2).pdf": b"two"}


@pytest.mark.usefixtures("files_alone")
@pytest.mark.parametrize("name", ["peas.pdf", "發微 算法.txt", "100%?#&.csv", "a'b\"c<d>.txt"])
async def test_a_file_can_be_fetched_and_deleted_at_its_iri(depositor: Depositor, name: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(f"data/{name}", b"peas")
        made.writestr("x", b"x")
    receipt = await depositor.create(out.getvalue(), ZIP)
    [iri] = [iri for iri in receipt.all(f"a:link[@rel='{TERMS}derivedResource']/@href") if not iri.endswith("/x")]
    assert (await depositor.get(iri)).body == b"peas"
    assert (await depositor.ask("PUT", iri, b"new")).status == 204
    assert (await depositor.get(iri)).body == b"new"
    assert (await depositor.ask("DELETE", iri)).status == 204
    assert (await depositor.ask("DELETE", iri)).status == 404
    assert (await depositor.get(iri)).status == 404
    assert await unzipped(depositor, receipt) == {"x": b"x"}


@pytest.mark.usefixtures("files_alone")
async def test_a_file_of_no_bytes_is_a_file(depositor: Depositor) -> None:
    receipt = await depositor.create(b"", PDF)
    assert await unzipped(depositor, receipt) == {"peas.pdf": b""}


async def test_a_deleted_deposit_is_gone_for_ever_and_a_tombstone_to_harvesters(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    deleted = await depositor.ask("DELETE", receipt.edit)
    assert (deleted.status, deleted.body) == (204, b"")
    for iri in (
        receipt.edit,
        receipt.media,
        receipt.link(f"{TERMS}statement"),
        f"{receipt.media}/peas.csv",
        receipt.link(f"{TERMS}originalDeposit"),
    ):
        gone = await depositor.get(iri)
        assert gone.status == 404
        assert gone.text("/s:error/@href")
    for method in ("PUT", "POST", "DELETE"):
        assert (await depositor.ask(method, receipt.edit, entry(), ENTRY)).status == 404
    assert await depositor.oai() == [(receipt.number, "deleted", "")]
    assert (await depositor.create(GOOD, ZIP)).number != receipt.number


async def test_a_deposit_in_progress_can_be_deleted_and_was_never_seen(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP, OPEN)
    assert (await depositor.ask("DELETE", receipt.edit)).status == 204
    assert (await depositor.get(receipt.edit)).status == 404
    assert await depositor.oai() == []


async def test_another_packaging_cannot_be_had(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    assert (await depositor.get(receipt.media, {"Accept-Packaging": SIMPLE_ZIP})).status == 200
    refused = await depositor.get(receipt.media, {"Accept-Packaging": "http://example.org/odd"})
    assert refused.status == 406
    assert refused.text("/s:error/@href") == "http://purl.org/net/sword/error/ErrorContent"


async def test_the_statement_tells_of_deposits_and_files(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    await depositor.ask("PUT", receipt.edit, entry(title="Beans"), ENTRY)
    found = await depositor.get(receipt.link(f"{TERMS}statement"))
    assert found.headers["Content-Type"] == "application/atom+xml;type=feed"
    originals = f"a:entry[a:category/@term='{TERMS}originalDeposit']"
    assert found.all(f"{originals}/s:depositedBy/text()") == ["depositor", "depositor"]
    assert found.all(f"{originals}/s:packaging/text()") == [SIMPLE_ZIP]
    assert [(await depositor.get(iri)).body for iri in found.all(f"{originals}/a:content/@src")] == [GOOD, entry(title="Beans")]
    assert found.all("a:entry[not(a:category)]/a:title/text()") == ["peas.csv", "peas.pdf"]


async def test_feeds_list_deposits_and_files(depositor: Depositor) -> None:
    first = await depositor.create(GOOD, ZIP)
    second = await depositor.create(entry(title="Beans &amp; &lt;Peas>"), ENTRY, OPEN)
    feed = await depositor.get(depositor.collection)
    assert set(feed.all("a:entry/a:link[@rel='edit']/@href")) == {first.edit, second.edit}
    assert set(feed.all("a:entry/a:title/text()")) == {"Versuche", "Beans & <Peas>"}
    files = await depositor.get(first.text("a:link[@rel='edit-media'][@type]/@href"))
    assert files.all("a:entry/a:title/text()") == ["peas.csv", "peas.pdf"]
    assert (await depositor.get(depositor.collection, OTHER)).all("a:entry") == []


async def test_nobody_touches_another_accounts_deposit(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    original = receipt.link(f"{TERMS}originalDeposit")
    for iri in (receipt.edit, receipt.media, receipt.link(f"{TERMS}statement"), original, f"{receipt.media}/peas.csv"):
        refused = await depositor.get(iri, OTHER)
        assert refused.status == 403
        assert refused.text("/s:error/@href")
    for method, iri in (
        ("PUT", receipt.edit),
        ("POST", receipt.edit),
        ("DELETE", receipt.edit),
        ("PUT", receipt.media),
        ("DELETE", receipt.media),
    ):
        assert (await depositor.ask(method, iri, entry(), ENTRY, OTHER)).status == 403
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]


async def test_a_feed_has_pages(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await depositor.create(entry(title=f"Peas {number}"), ENTRY, OPEN if number else {})
        if number % 2:  # two of them changed at the same moment
            depositor.house.clock.pass_time(minutes=1)  # type: ignore[attr-defined]  # the tests' clock
    assert not (await depositor.get(depositor.collection)).all("a:link[@rel='next']")
    monkeypatch.setattr("server.sword.holding.listing.__defaults__", ("", 2))
    iri, titles = depositor.collection, []
    while iri:
        feed = await depositor.get(iri)
        assert feed.text("a:link[@rel='self']/@href") == iri
        titles += feed.all("a:entry/a:title/text()")
        iri = feed.text("a:link[@rel='next']/@href")
    assert sorted(titles) == [f"Peas {number}" for number in range(5)]
    assert titles[0] == "Peas 4"
    assert (await depositor.get(f"{depositor.collection}?after=nowhere")).status == 400
