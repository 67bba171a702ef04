"""Requests of our own for clients of which there is no recording, built as their sources say they send them (spec/sword.md § C).

None of these was captured: they show that we understand what we know of each client, and no more.
"""

import base64
import hashlib
from datetime import timedelta

import pytest
from aiohttp import encode_basic_auth

from server.accounts import store as accounts
from server.accounts import tokens
from server.accounts.tokens import Scope
from server.sword import problems
from tests.conftest import configured, entry
from tests.sword.conftest import ENTRY, ENTRY_TYPE, MODS, SIMPLE_ZIP, Answer, Depositor, archive, md5, related

PACKAGE = "http://purl.org/net/sword/package"
METS_SIP = f"{PACKAGE}/METSDSpaceSIP"
OLD_METS_SIP = "http://purl.org/net/sword-types/METSDSpaceSIP"
TERMS = "http://purl.org/net/sword/terms/"
DC_ENTRY = b"""<?xml version="1.0"?><entry xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/"
xmlns:dcterms="http://purl.org/dc/terms/"><title>Versuche</title><dc:title>Versuche</dc:title>
<dcterms:title>Versuche</dcterms:title><dcterms:creator>Mendel, Gregor</dcterms:creator><dcterms:type>Journal article</dcterms:type></entry>"""

EPDCX = b"""<epdcx:descriptionSet xmlns:epdcx="http://purl.org/eprint/epdcx/2006-11-16/"><epdcx:description epdcx:resourceId="sword-mets-epdcx-1">
<epdcx:statement epdcx:propertyURI="http://purl.org/dc/elements/1.1/type" epdcx:valueURI="http://purl.org/eprint/entityType/ScholarlyWork"/>
<epdcx:statement epdcx:propertyURI="http://purl.org/dc/elements/1.1/title"><epdcx:valueString>Versuche</epdcx:valueString></epdcx:statement>
<epdcx:statement epdcx:propertyURI="http://purl.org/dc/elements/1.1/creator"><epdcx:valueString>Mendel, Gregor</epdcx:valueString></epdcx:statement>
</epdcx:description></epdcx:descriptionSet>"""
DIM = b"""<dim:dim xmlns:dim="http://www.dspace.org/xmlns/dspace/dim" dspaceType="ITEM">
<dim:field mdschema="dc" element="title">Versuche</dim:field><dim:field mdschema="dc" element="contributor" qualifier="author">Mendel, Gregor</dim:field>
<dim:field mdschema="dc" element="type">Thesis</dim:field></dim:dim>"""


def mets(*metadata: tuple[str, bytes]) -> bytes:
    """A METSDSpaceSIP of one PDF; each description with how its mdWrap names it."""
    sections = b"".join(
        b'<dmdSec ID="d%d"><mdWrap %s MIMETYPE="text/xml"><xmlData>%s</xmlData></mdWrap></dmdSec>' % (number, kind.encode(), data)
        for number, (kind, data) in enumerate(metadata)
    )
    document = (
        b'<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" PROFILE="DSpace METS SIP Profile 1.0">'
        + sections
        + b'<fileSec><fileGrp ID="g" USE="CONTENT"><file ID="f" MIMETYPE="application/pdf" GROUPID="g">'
        b'<FLocat LOCTYPE="URL" xlink:href="peas.pdf"/></file></fileGrp></fileSec>'
        b'<structMap LABEL="structure" TYPE="LOGICAL"><div DMDID="d0"><div><fptr FILEID="f"/></div></div></structMap></mets>'
    )
    return archive(mets_xml=document, peas_pdf=b"%PDF-1.4 peas")


EPRINTS = b"""<?xml version="1.0"?><eprints xmlns="http://eprints.org/ep2/data/2.0"><eprint><type>article</type>
<title>Versuche</title><creators><item><name><family>Mendel</family><given>Gregor</given></name></item></creators></eprint></eprints>"""
RIOXX = b"""<?xml version="1.0"?><entry xmlns="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/"
xmlns:rioxxterms="http://www.rioxx.net/schema/v2.0/rioxx/" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Versuche</dc:title>
<rioxxterms:author>Mendel, Gregor</rioxxterms:author><rioxxterms:type>Journal Article/Review</rioxxterms:type></entry>"""

EPDCX_SIP = mets(('MDTYPE="OTHER" OTHERMDTYPE="EPDCX"', EPDCX))
OJS_SIP = mets(('MDTYPE="OTHER" OTHERMDTYPE="EPDCX"', EPDCX), ('MDTYPE="MODS"', MODS))
DIM_SIP = mets(('MDTYPE="OTHER" OTHERMDTYPE="DIM"', DIM))


def zipped(packaging: str, body: bytes, name: str = "deposit.zip") -> dict[str, str]:
    """The headers python sword2 sends with a package."""
    headers = {
        "Content-Type": "application/zip",
        "Content-MD5": md5(body),
        "Content-Disposition": f"attachment; filename={name}",
        "In-Progress": "false",
    }
    return headers | ({"Packaging": packaging} if packaging else {})


async def quirks(depositor: Depositor, number: int = 0) -> set[str]:
    """What was told of one of the deposits, the first unless said otherwise."""
    row = (await depositor.rows())[number]
    found = await depositor.house.database.read(problems.of, row.id)
    return {each.problem.code for each in found if each.problem.code.startswith("quirk-")}


async def state(depositor: Depositor, receipt: Answer) -> str:
    return (await depositor.state(receipt))[0]


# --- DeepGreen


@pytest.mark.usefixtures("files_alone")
@pytest.mark.parametrize(
    "packaging", [METS_SIP, f"{PACKAGE}/METSMODS", SIMPLE_ZIP, ""], ids=["SIP", "METSMODS", "SimpleZip", "OPUS"]
)
async def test_deepgreen_pushes_one_package_whatever_the_account_is_set_to(depositor: Depositor, packaging: str) -> None:
    body = archive(mods_xml=MODS, peas_pdf=b"%PDF-1.4") if packaging in {SIMPLE_ZIP, ""} else OJS_SIP
    receipt = await depositor.create(body, zipped(packaging, body))
    assert await state(depositor, receipt) == "accepted"


async def test_deepgreens_scripts_name_the_file_without_a_disposition(depositor: Depositor) -> None:
    body = archive(mods_xml=MODS, peas_pdf=b"%PDF-1.4")
    await depositor.create(body, zipped(SIMPLE_ZIP, body) | {"Content-Disposition": "filename=package.zip"})
    assert await quirks(depositor) == {"quirk-disposition"}
    assert (await depositor.rows())[0].filename == "package.zip"


async def test_deepgreen_begins_with_an_entry_whose_dublin_core_has_no_version(depositor: Depositor) -> None:
    receipt = await depositor.create(DC_ENTRY, ENTRY, {"In-Progress": "true"})
    assert "quirk-namespace" in await quirks(depositor)
    body = archive(peas_pdf=b"%PDF-1.4")
    assert (await depositor.ask("PUT", receipt.media, body, zipped(SIMPLE_ZIP, body))).status == 204
    assert (await depositor.ask("POST", receipt.edit, b"", {"In-Progress": "false"})).status == 200
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]


async def test_deepgreen_finds_why_it_was_refused_in_the_address_of_the_error(depositor: Depositor) -> None:
    body = archive(mods_xml=MODS)
    refused = await depositor.ask("POST", depositor.collection, body, zipped("http://example.org/none", body))
    assert (refused.status, refused.text("/s:error/@href")) == (415, "http://purl.org/net/sword/error/ErrorContent")


# --- Thoth


async def test_thoth_disseminates_a_book_and_finds_its_landing_page(depositor: Depositor) -> None:
    service = await depositor.get(depositor.service)
    [collection] = service.all("//app:collection/@href")
    created = await depositor.ask("POST", collection, entry(title="Versuche", type="Book"), ENTRY, {"In-Progress": "true"})
    assert created.status == 201
    for name, kind, body in (
        ("book.pdf", "application/pdf", b"%PDF-1.4"),
        ("book.json", "application/json", b'{"title": "Versuche"}'),
    ):
        headers = {"Content-Type": kind, "Content-Disposition": f"attachment; filename={name}", "Content-MD5": md5(body)}
        added = await depositor.ask("POST", created.media, body, headers, {"In-Progress": "true"})
        assert added.status == 201
    completed = await depositor.ask("POST", created.link(f"{TERMS}add"), b"", {"In-Progress": "false"})
    assert completed.status == 200
    landing = completed.link("alternate")
    assert (await depositor.get(landing)).status == 200


async def test_thoth_takes_back_what_it_could_not_finish(depositor: Depositor) -> None:
    created = await depositor.create(entry(title="Versuche", type="Book"), ENTRY, {"In-Progress": "true"})
    assert (await depositor.ask("DELETE", created.edit)).status == 204
    assert await depositor.oai() == []


# --- OJS, the plug-in of the PHP library


async def test_ojs_deposits_an_article_described_twice_with_an_api_token(depositor: Depositor) -> None:
    house = depositor.house
    account, _ = await house.database.read(accounts.with_password, "depositor")
    life = timedelta(days=1)
    _, text = await house.database.write(
        tokens.add, account, tokens.Wanted("OJS", (Scope.READ, Scope.DEPOSIT), life), house.clock()
    )
    token = {"X-Ojs-Sword-Api-Token": text}
    seen = await depositor.client.get("/sword/v2/service-document", headers=token)
    assert seen.status == 200
    headers = token | zipped(METS_SIP, OJS_SIP) | {"User-Agent": "SWORDAPP PHP v2 library (version 0.1) http://php.swordapp.org/"}
    answer = await depositor.client.post("/sword/v2/collection/works", data=OJS_SIP, headers=headers)
    assert answer.status == 201, await answer.text()
    assert [title for _, _, title in await depositor.oai()] == ["Versuche"]
    assert text not in str((await depositor.rows())[0].headers)


# --- EasyDeposit, the PHP library too


async def test_easydeposit_sends_a_package_in_the_old_name_of_its_packaging(depositor: Depositor) -> None:
    headers = zipped(OLD_METS_SIP, EPDCX_SIP, "sword.zip") | {"Expect": "100-continue"}
    receipt = await depositor.create(EPDCX_SIP, headers)
    assert await quirks(depositor) == {"quirk-packaging"}
    assert await state(depositor, receipt) == "accepted"


# --- Archivematica


async def test_archivematica_sends_files_with_a_printed_tuple_for_a_type(depositor: Depositor) -> None:
    created = await depositor.create(entry(title="AIP"), ENTRY, {"In-Progress": "true"})
    body = archive(data_txt=b"peas")
    headers = {
        "Content-Type": "('application/x-7z-compressed', None)",
        "Content-Disposition": "attachment; filename=Versuche%20%C3%BCber.7z",
        "Content-MD5": md5(body),
        "In-Progress": "true",
        "Packaging": "http://purl.org/net/sword/package/Binary",
    }
    added = await depositor.ask("POST", created.media, body, headers)
    assert added.status == 201
    assert "quirk-type" in await quirks(depositor, 1)
    assert (await depositor.ask("POST", created.edit, b"", {"In-Progress": "false"})).status == 200
    statement = await depositor.get(created.link(f"{TERMS}statement"), {"Accept": "application/atom+xml;type=feed"})
    assert "Versuche über.7z" in statement.all("a:entry/a:title/text()")


# --- DANS


def bag() -> bytes:
    payload = b"5474"
    manifest = hashlib.sha1(payload, usedforsecurity=False).hexdigest().encode() + b"  data/peas.csv\n"
    files = {
        "bag/bagit.txt": b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
        "bag/bag-info.txt": b"Source-Organization: Brno\nExternal-Description: Versuche\n",
        "bag/manifest-sha1.txt": manifest,
        "bag/data/peas.csv": payload,
    }
    return archive(**{name.replace(".", "_"): content for name, content in files.items()})


async def test_dans_sends_a_bag_and_waits_to_be_asked_for_it(depositor: Depositor) -> None:
    body = bag()
    headers = zipped(f"{PACKAGE}/BagIt", body, "bag.zip") | {"Expect": "100-continue"}
    receipt = await depositor.create(body, headers)
    assert (await depositor.get(receipt.link(f"{TERMS}statement"))).status == 200


async def test_a_bag_in_slices_is_held_and_no_slice_is_refused(depositor: Depositor) -> None:
    body = bag()
    half = len(body) // 2
    headers = {"Content-Type": "application/octet-stream", "Packaging": f"{PACKAGE}/BagIt"}
    first = {"Content-Disposition": "attachment; filename=bag.zip.1", "In-Progress": "true"}
    receipt = await depositor.create(body[:half], headers, first)
    second = {"Content-Disposition": "attachment; filename=bag.zip.2", "In-Progress": "false"}
    assert (await depositor.ask("POST", receipt.edit, body[half:], headers, second)).status in {200, 201}
    assert await state(depositor, receipt) == "held"


# --- HAL


async def test_a_client_of_hal_is_told_that_its_packaging_is_not_offered(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", clients=[{"account": "depositor", "mediates": True}])
    body = archive(meta_xml=b'<TEI xmlns="http://www.tei-c.org/ns/1.0"/>')
    headers = {
        "X-Packaging": "http://purl.org/net/sword-types/AOfr",
        "Content-Type": "application/zip",
        "Content-Disposition": "attachment; filename=meta.xml",
        "On-Behalf-Of": "login|other;idhal|mendel",
    }
    refused = await depositor.ask("POST", depositor.collection, body, headers)
    assert (refused.status, refused.text("/s:error/@href")) == (415, "http://purl.org/net/sword/error/ErrorContent")
    [row] = await depositor.rows()
    assert (row.account, row.sender, row.on_behalf_of) == ("other", "depositor", "login|other;idhal|mendel")


# --- theses: Vireo, ProQuest


async def test_vireo_speaks_sword_1_3_and_reads_the_handle_from_the_atom_id(depositor: Depositor) -> None:
    headers = {
        "Content-Type": "application/zip",
        "Content-MD5": md5(DIM_SIP),
        "Content-Disposition": "filename=thesis.zip",
        "X-Packaging": OLD_METS_SIP,
        "X-No-Op": "false",
        "X-Verbose": "true",
    }
    receipt = await depositor.create(DIM_SIP, headers)
    assert await quirks(depositor) == {"quirk-header", "quirk-disposition", "quirk-packaging"}
    assert receipt.text("a:id").startswith("https://")
    assert await state(depositor, receipt) == "accepted"


@pytest.mark.parametrize("header", ["On-behalf-of", "X-On-Behalf-Of"])
async def test_proquest_sends_an_entry_and_a_package_kept_as_it_is_for_somebody(depositor: Depositor, header: str) -> None:
    """What is known is the shape of the requests that such servers get (§ C.10); what is in the package is not."""
    await configured(depositor.house, "sword", clients=[{"account": "depositor", "mediates": True}, {"account": "other"}])
    body, headers = related(entry(title="Thesis", type="Thesis"), archive(etd_xml=b"<DISS/>"), packaging=f"{PACKAGE}/Binary")
    receipt = await depositor.create(body, headers, {header: "other", "In-Progress": "false"})
    [row] = await depositor.rows()
    assert (row.account, row.sender) == ("other", "depositor")
    assert len(receipt.all(f"a:link[@rel='{TERMS}derivedResource']")) == 1


# --- Symplectic Elements, of which nothing public is known but that it speaks SWORD 2


async def test_symplectic_creates_by_an_entry_replaces_files_and_updates_metadata(depositor: Depositor) -> None:
    created = await depositor.create(entry(), ENTRY, {"In-Progress": "true", "Slug": "elements-1866"})
    body = b"%PDF-1.4"
    headers = {"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=peas.pdf"}
    assert (await depositor.ask("PUT", created.media, body, headers)).status == 204
    assert (await depositor.ask("PUT", created.edit, entry(title="Beans"), ENTRY, {"In-Progress": "false"})).status == 200
    assert await depositor.oai() == [(created.number, "", "Beans")]


# --- Jisc Publications Router


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/atom+xml; type=entry", entry(title="Versuche")),
        (
            "application/vnd.eprints.data+xml; charset=utf-8",
            EPRINTS,
        ),
        (
            "application/vnd.rioxx2.data+xml;type=entry;charset=utf-8",
            RIOXX,
        ),
    ],
    ids=["DSpace", "EPrints", "RIOXX"],
)
async def test_router_sends_metadata_then_files_then_completes(depositor: Depositor, kind: str, body: bytes) -> None:
    created = await depositor.create(body, {"Content-Type": kind, "In-Progress": "true"})
    assert ("quirk-type" in await quirks(depositor)) is ("vnd" in kind)
    package = archive(peas_pdf=b"%PDF-1.4")
    for each, packaging in ((package, SIMPLE_ZIP), (b"%PDF-1.4", "")):
        headers = {
            "Content-Type": "application/zip" if packaging else "application/pdf",
            "Content-Disposition": f'attachment; filename="article.{"zip" if packaging else "pdf"}"',
            "In-Progress": "true",
        }
        added = await depositor.ask("POST", created.media, each, headers | ({"Packaging": packaging} if packaging else {}))
        assert added.status == 201
    completed = await depositor.ask("POST", created.link(f"{TERMS}add"), b"", {"In-Progress": "false", "Content-Length": "0"})
    assert completed.status == 200
    assert await depositor.oai() == [(created.number, "", "Versuche")]


async def test_router_sends_files_and_jats(depositor: Depositor) -> None:
    jats = (
        b'<article article-type="research-article"><front><journal-meta><journal-title-group><journal-title>Verhandlungen'
        b"</journal-title></journal-title-group></journal-meta><article-meta><title-group><article-title>Versuche</article-title>"
        b"</title-group></article-meta></front></article>"
    )
    body = archive(article_xml=jats, article_pdf=b"%PDF-1.4")
    for iri in ("https://pubrouter.jisc.ac.uk/FilesAndJATS", "https://datahub.deepgreen.org/FilesAndJATS"):
        created = await depositor.create(entry(title="Versuche"), ENTRY, {"In-Progress": "true", "Slug": iri[-30:]})
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": 'attachment; filename="article.zip"',
            "Packaging": iri,
        }
        assert (await depositor.ask("POST", created.media, body, headers)).status == 201
        assert await state(depositor, created) == "in-progress"


# --- Dataverse's client for R, BibApp, MDPI


async def test_a_client_sends_its_whole_path_and_a_token_for_a_name(depositor: Depositor) -> None:
    house = depositor.house
    account, _ = await house.database.read(accounts.with_password, "depositor")
    _, text = await house.database.write(
        tokens.add, account, tokens.Wanted("R", (Scope.READ, Scope.DEPOSIT), timedelta(days=1)), house.clock()
    )
    body = archive(peas_csv=b"1")
    headers = zipped(SIMPLE_ZIP, body) | {
        "Content-Disposition": "filename=/home/mendel/peas.zip",
        "Authorization": encode_basic_auth(text, ""),
    }
    answer = await depositor.client.post("/sword/v2/collection/works", data=body, headers=headers)
    assert answer.status == 201
    assert (await depositor.rows())[0].filename == "peas.zip"
    assert await quirks(depositor) == {"quirk-disposition"}


async def test_an_md5_in_base64_is_told(depositor: Depositor) -> None:
    body = archive(peas_csv=b"1")
    sum_of_it = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    await depositor.create(body, zipped(SIMPLE_ZIP, body) | {"Content-MD5": sum_of_it})
    assert await quirks(depositor) == {"quirk-md5"}


async def test_an_entry_that_says_no_type_and_no_name_is_metadata_all_the_same(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Versuche"), {"In-Progress": "false"})
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]
    assert "quirk-type" in await quirks(depositor)


async def test_nothing_is_told_of_a_client_that_does_as_the_profile_says(depositor: Depositor) -> None:
    more = "<id>urn:x</id><updated>2026-01-01T00:00:00Z</updated><author><name>Mendel</name></author>"
    await depositor.create(entry(more=more), {"Content-Type": ENTRY_TYPE, "In-Progress": "false"})
    body = archive(peas_csv=b"1")
    await depositor.create(body, zipped(SIMPLE_ZIP, body))
    assert [await quirks(depositor, number) for number in (0, 1)] == [set(), set()]
