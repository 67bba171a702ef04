"""Each operation of SWORD 3.0 on a deposit: what it does, what it answers."""

import json
import re

import pytest

from tests.conftest import URL
from tests.sword.conftest import MODS, archive
from tests.sword.v3.conftest import OPEN, PDF, SERVICE, TERMS, WORKS, Client, described, filed, metadata, zipped

PACKAGE = archive(mods_xml=MODS, peas_csv=b"round\n5474\n", peas_pdf=PDF)
ALL = {
    "getMetadata", "getFiles", "appendMetadata", "appendFiles", "replaceMetadata", "replaceFiles", "deleteMetadata", "deleteFiles",
    "deleteObject",
}  # fmt: skip


async def test_the_root_lists_the_services_and_takes_nothing_itself(sword: Client) -> None:
    found = await sword.get(SERVICE)
    assert found.status == 200
    assert found.document["acceptDeposits"] is False
    assert [each["@id"] for each in found.document["services"]] == [WORKS]
    assert (await sword.ask("POST", SERVICE, b"{}")).error == "MethodNotAllowed"


async def test_a_service_says_what_it_takes(sword: Client) -> None:
    found = (await sword.get(WORKS)).document
    assert found["acceptDeposits"] is True
    assert found["version"] == "http://purl.org/net/sword/3.0"
    assert "SHA-256" in found["digest"]
    assert {
        "http://purl.org/net/sword/3.0/package/Binary",
        "http://purl.org/net/sword/3.0/package/SimpleZip",
        "http://purl.org/net/sword/3.0/package/SWORDBagIt",
    } <= set(found["acceptPackaging"])
    assert "http://www.loc.gov/mods/v3" in found["acceptMetadata"]
    assert found["staging"] == f"{URL}/sword/3/staging"
    assert found["maxUploadSize"] < found["maxAssembledSize"]


async def test_the_well_known_address_leads_to_the_root(sword: Client) -> None:
    found = await sword.get(f"{URL}/.well-known/swordv3")
    assert (found.status, found.headers["Location"]) == (307, SERVICE)


async def test_pages_lead_programs_to_the_service(sword: Client) -> None:
    found = await sword.done()
    front, item = [await (await sword.client.get(path)).text() for path in ("/", f"/items/{found.number}")]
    assert re.search(rf'rel="http://purl.org/net/sword/3.0/discovery/Service"[^>]*href="{SERVICE}"', front)
    assert re.search(rf'rel="http://purl.org/net/sword/3.0/discovery/Object"[^>]*href="{found.object}"', item)


async def test_metadata_make_a_work(sword: Client) -> None:
    body = metadata(dcterms_abstract="Of peas.")
    found = await sword.create(body, described(body))
    assert found.state == "ingested"
    assert (await sword.get(found.object)).document == found.document
    page = await sword.client.get(f"/items/{found.number}")
    assert page.status == 200
    told = await sword.get(found.document["metadata"]["@id"])
    assert told.document["dc:title"] == "Peas"
    assert told.document["dc:creator"] == "Mendel, Gregor"
    assert told.document["dcterms:abstract"] == "Of peas."
    assert [link["metadataFormat"] for link in found.links("originalDeposit")] == ["http://purl.org/net/sword/3.0/types/Metadata"]


@pytest.mark.usefixtures("files_alone")
async def test_a_file_makes_a_work_named_after_it(sword: Client) -> None:
    found = await sword.create(PDF, filed(PDF))
    assert found.state == "ingested"
    (link,) = found.links("originalDeposit")
    assert link["rel"] == [f"{TERMS}originalDeposit", f"{TERMS}fileSetFile"]
    assert link["@id"] == f"{found.object}/files/peas.pdf"
    assert (await sword.get(link["@id"])).body == PDF


async def test_a_package_is_unpacked(sword: Client) -> None:
    found = await sword.create(PACKAGE, zipped(PACKAGE))
    assert found.state == "ingested"
    assert found.names() == ["peas.csv", "peas.pdf"]
    (original,) = found.links("originalDeposit")
    assert (await sword.get(original["@id"])).body == PACKAGE
    assert {link["derivedFrom"] for link in found.links("derivedResource")} == {original["@id"]}
    assert (await sword.get(f"{found.object}/metadata")).document["dc:title"] == "Versuche"


async def test_an_object_may_begin_with_nothing(sword: Client) -> None:
    found = await sword.create(b"", OPEN)
    assert found.state == "inProgress"
    assert set(found.document["actions"]) == ALL
    assert all(found.document["actions"].values())
    assert set((await sword.get(f"{found.object}/metadata")).document) == {"@context", "@id", "@type"}


async def test_adding_and_completing(sword: Client) -> None:
    found = await sword.begun()
    assert found.state == "inProgress"
    added = await sword.ask("POST", found.object, PDF, filed(PDF), OPEN)
    assert (added.status, added.state) == (200, "inProgress")
    assert added.headers["Location"] == f"{found.object}/files/peas.pdf"
    more = metadata(dc_title="Other title", dcterms_abstract="Of peas.")
    assert (await sword.ask("POST", found.object, more, described(more), OPEN)).status == 200
    told = (await sword.get(f"{found.object}/metadata")).document
    assert told["dc:title"] == "Peas"
    assert told["dcterms:abstract"] == "Of peas."
    done = await sword.ask("POST", found.object, b"", {"In-Progress": "false"})
    assert (done.status, done.body) == (204, b"")
    assert (await sword.get(found.object)).state == "ingested"


async def test_metadata_that_are_added_need_not_say_the_title_again(sword: Client) -> None:
    found = await sword.done()
    body = (
        b'{"@context": "https://swordapp.github.io/swordv3/swordv3.jsonld", "@type": "Metadata", "dcterms:abstract": "Of peas."}'
    )
    assert (await sword.ask("POST", found.object, body, described(body))).state == "ingested"
    told = (await sword.get(f"{found.object}/metadata")).document
    assert (told["dc:title"], told["dcterms:abstract"], told["dc:type"]) == ("Peas", "Of peas.", "Journal article")


async def test_nothing_that_is_added_overwrites(sword: Client) -> None:
    found = await sword.done()
    added = await sword.ask("POST", found.object, b"other", filed(b"other"))
    assert added.names() == ["peas%20%282%29.pdf", "peas.pdf"]
    assert added.headers["Location"] == f"{found.object}/files/peas%20%282%29.pdf"
    assert (await sword.get(f"{found.object}/files/peas.pdf")).body == PDF


async def test_replacing_an_object_by_metadata_removes_its_files(sword: Client) -> None:
    found = await sword.done()
    body = metadata(dc_title="Beans")
    answer = await sword.ask("PUT", found.object, body, described(body))
    assert (answer.status, answer.names()) == (200, [])
    assert (await sword.get(f"{found.object}/metadata")).document["dc:title"] == "Beans"


async def test_replacing_an_object_by_a_file_empties_its_metadata(sword: Client) -> None:
    found = await sword.begun()
    answer = await sword.ask("PUT", found.object, b"beans", filed(b"beans", "beans.pdf"), OPEN)
    assert (answer.status, answer.names()) == (200, ["beans.pdf"])
    assert "dc:title" not in (await sword.get(f"{found.object}/metadata")).document


async def test_replacing_an_object_by_a_package(sword: Client) -> None:
    found = await sword.done()
    answer = await sword.ask("PUT", found.object, PACKAGE, zipped(PACKAGE))
    assert answer.names() == ["peas.csv", "peas.pdf"]
    assert (await sword.get(f"{found.object}/metadata")).document["dc:title"] == "Versuche"


async def test_replacing_metadata_keeps_files(sword: Client) -> None:
    found = await sword.done()
    body = metadata(dc_title="Beans")
    answer = await sword.ask("PUT", f"{found.object}/metadata", body, described(body))
    assert (answer.status, answer.body) == (204, b"")
    told = await sword.get(f"{found.object}/metadata")
    assert told.document["dc:title"] == "Beans"
    assert told.headers["ETag"] == answer.headers["ETag"]
    assert (await sword.get(found.object)).names() == ["peas.pdf"]


async def test_replacing_metadata_leaves_an_object_in_progress(sword: Client) -> None:
    found = await sword.begun()
    body = metadata(dc_title="Beans")
    assert (await sword.ask("PUT", f"{found.object}/metadata", body, described(body))).status == 204
    assert (await sword.get(found.object)).state == "inProgress"


async def test_deleting_metadata(sword: Client) -> None:
    found = await sword.begun()
    assert (await sword.ask("DELETE", f"{found.object}/metadata")).status == 204
    assert "dc:title" not in (await sword.get(f"{found.object}/metadata")).document


async def test_the_metadata_of_a_work_without_files_stay(sword: Client) -> None:
    body = metadata()
    found = await sword.create(body, described(body))
    assert found.document["actions"]["deleteMetadata"] is False
    refused = await sword.ask("DELETE", f"{found.object}/metadata")
    assert (refused.status, refused.error) == (405, "MethodNotAllowed")
    assert (await sword.get(f"{found.object}/metadata")).document["dc:title"] == "Peas"


async def test_replacing_and_deleting_the_file_set(sword: Client) -> None:
    found = await sword.done()
    answer = await sword.ask("PUT", f"{found.object}/fileset", b"beans", filed(b"beans", "beans.pdf"))
    assert answer.status == 204
    assert (await sword.get(found.object)).names() == ["beans.pdf"]
    assert (await sword.ask("DELETE", f"{found.object}/fileset")).status == 204
    assert (await sword.get(found.object)).names() == []


async def test_replacing_and_deleting_a_file(sword: Client) -> None:
    found = await sword.done()
    await sword.ask("POST", found.object, b"a,b", filed(b"a,b", "data.csv", "text/csv"))
    url = f"{found.object}/files/peas.pdf"
    assert (await sword.ask("PUT", url, b"new", filed(b"new", "ignored.pdf"))).status == 204
    assert (await sword.get(url)).body == b"new"
    assert (await sword.get(found.object)).names() == ["data.csv", "peas.pdf"]
    assert (await sword.ask("DELETE", url)).status == 204
    assert (await sword.get(url)).status == 404
    assert (await sword.get(found.object)).names() == ["data.csv"]


async def test_a_file_of_an_object_in_progress_is_replaced_and_the_object_stays_in_progress(sword: Client) -> None:
    found = await sword.begun()
    await sword.ask("POST", found.object, PDF, filed(PDF), OPEN)
    assert (await sword.ask("PUT", f"{found.object}/files/peas.pdf", b"new", filed(b"new"))).status == 204
    assert (await sword.get(found.object)).state == "inProgress"


async def test_a_deleted_object_is_gone(sword: Client) -> None:
    found = await sword.done()
    assert (await sword.ask("DELETE", found.object)).status == 204
    assert (await sword.get(found.object)).status == 404
    assert (await sword.client.get(f"/items/{found.number}")).status == 410


async def test_metadata_in_another_format(sword: Client) -> None:
    headers = described(MODS) | {"Content-Type": "application/xml", "Metadata-Format": "http://www.loc.gov/mods/v3"}
    found = await sword.create(MODS, headers)
    assert found.state == "ingested"
    assert (await sword.get(f"{found.object}/metadata")).document["dc:title"] == "Versuche"
    assert found.links("originalDeposit")[0]["metadataFormat"] == "http://www.loc.gov/mods/v3"


async def test_our_own_metadata_document_comes_back_the_same(sword: Client) -> None:
    body = metadata(
        dc_creator="Mendel, Gregor; Darwin, Charles", dc_subject="peas; heredity", dc_language="de",
        dcterms_license="https://creativecommons.org/licenses/by/4.0/", dc_publisher="Natural History Society",
    )  # fmt: skip
    found = await sword.create(body, described(body))
    told = (await sword.get(f"{found.object}/metadata")).body
    assert json.loads(told)["dc:creator"] == "Mendel, Gregor; Darwin, Charles"
    assert (await sword.ask("PUT", f"{found.object}/metadata", told, described(told))).status == 204
    assert (await sword.get(f"{found.object}/metadata")).body == told


async def test_what_cannot_be_understood_is_held_with_its_cause(sword: Client) -> None:
    body = b'{"@context": "x", "@type": "Metadata", "dc:creator": "Mendel, Gregor"}'
    found = await sword.create(body, described(body))
    assert found.state == "rejected"
    assert "no title" in found.document["state"][0]["description"]
    (link,) = found.links("originalDeposit")
    assert link["status"].endswith("/error")
    assert "no title" in link["log"]
    mended = metadata()
    assert (await sword.ask("PUT", f"{found.object}/metadata", mended, described(mended))).status == 204
    assert (await sword.get(found.object)).state == "ingested"


async def test_a_file_that_is_no_package_is_held(sword: Client) -> None:
    found = await sword.create(b"hello", zipped(b"hello"))
    assert found.state == "rejected"
    assert (await sword.ask("PUT", found.object, PACKAGE, zipped(PACKAGE))).state == "ingested"


async def test_the_same_deposit_again_makes_no_second_object(sword: Client) -> None:
    body = metadata()
    first = await sword.create(body, described(body))
    again = await sword.create(body, described(body))
    assert first.object == again.object
    assert (await sword.rows())[0].retries == 1


async def test_a_deposit_can_be_tried_and_nothing_of_it_is_kept(sword: Client) -> None:
    body = metadata()
    tried = await sword.ask("POST", WORKS, body, described(body), {"Dry-Run": "true"})
    assert tried.status == 200
    assert b"Peas" in tried.body
    assert await sword.rows() == []
    assert (await sword.ask("DELETE", WORKS, None, {"Dry-Run": "true"})).status in {400, 405}
    found = await sword.done()
    assert (await sword.ask("DELETE", found.object, None, {"Dry-Run": "true"})).error == "BadRequest"
    assert (await sword.get(found.object)).state == "ingested"


async def test_a_deposit_of_either_version_is_one_object(sword: Client) -> None:
    found = await sword.done()
    receipt = await sword.get(f"{URL}/sword/v2/edit/{found.number}")
    assert receipt.status == 200
    assert b"Peas" in receipt.body


async def test_head_says_the_size_and_sends_nothing(sword: Client) -> None:
    found = await sword.done()
    answer = await sword.ask("HEAD", f"{found.object}/files/peas.pdf")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, str(len(PDF)), b"")
