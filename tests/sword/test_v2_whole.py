"""What SWORD 2.0 has beyond the round trip: statements as ORE, conditions, pages for programs, whose deposit it is."""

import asyncio
import hashlib

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient
from lxml import etree

from server.audit.log import OPERATOR
from server.profiles import keeping
from server.publishing import prepare, publish
from server.records.model import Record, Text
from server.records.store import New, State
from server.sword.headers import credentials, preferred
from server.sword.v2.documents import ENTRY_TYPE, FEED_TYPE, ORE_TYPE
from tests.conftest import PASSWORD, configured, entry
from tests.sword.conftest import BINARY, ENTRY, GOOD, OPEN, PDF, SIMPLE_ZIP, ZIP, Depositor, archive, related

TERMS = "http://purl.org/net/sword/terms/"
RDF = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "ore": "http://www.openarchives.org/ore/terms/",
    "s": TERMS,
}
OTHER = {"Authorization": encode_basic_auth("other", PASSWORD)}


async def mediating(depositor: Depositor) -> None:
    """Let `depositor` deposit on behalf of others."""
    await configured(depositor.house, "sword", clients=[{"account": "depositor", "mediates": True}, {"account": "other"}])


# --- the service document


async def test_the_service_document_has_the_type_of_atompub_and_no_empty_policy(depositor: Depositor) -> None:
    plain = {"id": "works", "title": "Works"}
    await configured(depositor.house, "sword", collections=[plain])
    found = await depositor.get(depositor.service)
    assert found.headers["Content-Type"] == "application/atomsvc+xml"
    assert found.all("//s:collectionPolicy") == []
    assert found.all("//s:service") == []
    await configured(depositor.house, "sword", collections=[plain | {"policy": "Peas only."}])
    assert (await depositor.get(depositor.service)).text("//s:collectionPolicy") == "Peas only."


async def test_several_servers_have_each_a_service_document_of_its_own(depositor: Depositor) -> None:
    keeper = depositor.house.keeper
    fields = {"code": "theses", "collections": [{"id": "etd", "title": "Theses"}]}
    await keeper.do(keeping.put, keeper.desk, keeper.kinds["sword"], "Theses", fields, OPERATOR)
    whole = await depositor.get(depositor.service)
    nested = whole.all("//s:service/text()")
    assert len(nested) == 2
    each = [await depositor.get(iri) for iri in nested]
    assert [found.all("//app:collection/@href") for found in each] == [[href] for href in whole.all("//app:collection/@href")]
    assert [found.all("//s:service") for found in each] == [[], []]


async def test_who_deposits_for_others_is_shown_where_the_pair_may_deposit(depositor: Depositor) -> None:
    await mediating(depositor)
    for header in ("On-Behalf-Of", "X-On-Behalf-Of"):
        found = await depositor.get(depositor.service, {header: "other"})
        assert found.all("//app:collection/@href") == [depositor.collection]
        assert found.text("//s:mediation") == "true"
    unknown = await depositor.get(depositor.service, {"On-Behalf-Of": "nobody"})
    assert (unknown.status, unknown.text("/s:error/@href")) == (403, "http://purl.org/net/sword/error/TargetOwnerUnknown")
    assert (await depositor.get(depositor.service, OTHER, {"On-Behalf-Of": "depositor"})).text("//s:mediation") == "false"


async def test_a_statement_says_who_sent_it_and_for_whom(depositor: Depositor) -> None:
    await mediating(depositor)
    receipt = await depositor.create(GOOD, ZIP, {"On-Behalf-Of": "other"})
    found = await depositor.get(receipt.link(f"{TERMS}statement"), OTHER)
    assert (found.text("//s:depositedBy"), found.text("//s:depositedOnBehalfOf")) == ("depositor", "other")
    assert (await depositor.get(receipt.edit)).status == 403
    assert (await depositor.get(receipt.edit, {"On-Behalf-Of": "other"})).status == 200


# --- receipt and statements


async def test_a_receipt_reflects_every_term_of_dublin_core(depositor: Depositor) -> None:
    """§ A.2: what was sent as Dublin Core must be recorded and reflected."""
    sent = {
        "alternative": "Experiments", "subject": "Heredity", "contributor": "Nägeli, Carl", "publisher": "Verein Brünn",
        "rights": "No rights reserved", "relation": "https://example.org/x", "source": "https://example.org/source",
        "spatial": "Brno", "temporal": "1856/1863", "bibliographicCitation": "Verhandlungen 4, 3-47", "abstract": "Of peas",
        "tableOfContents": "I. II.",
    }  # fmt: skip
    more = "".join(f"<dcterms:{name}>{value}</dcterms:{name}>" for name, value in sent.items())
    receipt = await depositor.create(entry(more=more + "<dcterms:language>de</dcterms:language>"), ENTRY)
    said = "\n".join(f"{etree.QName(each).localname}={each.text}" for each in receipt.all("t:*"))
    for value in sent.values():
        assert value in said, value
    assert {"title=Peas", "creator=Mendel, Gregor", "issued=1866", "language=deu"} <= set(said.split("\n"))


async def test_a_slug_is_kept_and_shown(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(), ENTRY, {"Slug": "erbsen%20%C3%BC"})
    assert "Slug: erbsen ü." in receipt.text("s:verboseDescription")
    [row] = await depositor.rows()
    assert row.slug == "erbsen ü"


async def test_the_statement_can_be_had_as_a_resource_map(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    original = receipt.link(f"{TERMS}originalDeposit")
    iri = receipt.text(f"a:link[@rel='{TERMS}statement'][@type='application/rdf+xml']/@href")
    found = await depositor.get(iri)
    assert (found.status, found.headers["Content-Type"]) == (200, "application/rdf+xml")

    def about(resource: str, path: str) -> list[str]:
        return found.xml.xpath(f"rdf:Description[@rdf:about='{resource}']/{path}", namespaces=RDF)

    [aggregation] = about(receipt.edit, "ore:describes/@rdf:resource")
    assert about(aggregation, "ore:isDescribedBy/@rdf:resource") == [receipt.edit]
    files = receipt.all(f"a:link[@rel='{TERMS}derivedResource']/@href")
    assert set(about(aggregation, "ore:aggregates/@rdf:resource")) == {*files, original}
    assert about(aggregation, "s:originalDeposit/@rdf:resource") == [original]
    [state] = about(aggregation, "s:state/@rdf:resource")
    assert about(state, "s:stateDescription/text()") == ["The deposit is accepted and the work is published."]
    assert about(original, "s:packaging/@rdf:resource") == [SIMPLE_ZIP]
    assert about(original, "s:depositedBy/text()") == ["depositor"]
    assert about(original, "s:depositedOn/@rdf:datatype") == ["http://www.w3.org/2001/XMLSchema#dateTime"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", ENTRY_TYPE), ("*/*", ENTRY_TYPE), ("text/html", ENTRY_TYPE), ("application/rdf+xml", ORE_TYPE),
        ("application/atom+xml;type=feed", FEED_TYPE), ("application/atom+xml; type=feed", FEED_TYPE),
        ("application/atom+xml;type=entry", ENTRY_TYPE), ("application/rdf+xml;q=0.5, application/atom+xml;type=feed", FEED_TYPE),
        ("application/rdf+xml;q=high", ENTRY_TYPE),
    ],
)  # fmt: skip
def test_what_somebody_wants_is_found_in_what_there_is(accept: str, kind: str) -> None:
    assert preferred(accept, (ENTRY_TYPE, FEED_TYPE, ORE_TYPE)) == kind


async def test_the_edit_iri_gives_what_is_asked_for(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    for kind in (ENTRY_TYPE, FEED_TYPE, ORE_TYPE):
        found = await depositor.get(receipt.edit, {"Accept": kind})
        assert found.headers["Content-Type"] == kind
        assert found.headers["Vary"] == "Accept"


# --- conditions


async def test_every_resource_has_an_etag_that_changes_with_it(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    statement = receipt.link(f"{TERMS}statement")
    before = {iri: (await depositor.get(iri)).headers["ETag"] for iri in (receipt.edit, receipt.media, statement)}
    assert set(before.values()) == {receipt.headers["ETag"]}
    file = await depositor.get(f"{receipt.media}/peas.csv")
    assert file.headers["ETag"] == f'"{hashlib.sha256(file.body).hexdigest()}"'
    await depositor.ask("PUT", receipt.edit, entry(title="Beans"), ENTRY)
    assert {(await depositor.get(iri)).headers["ETag"] for iri in before}.isdisjoint(before.values())


async def test_a_change_that_means_what_is_not_there_any_more_is_refused(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    now = {"If-Match": receipt.headers["ETag"]}
    changed = await depositor.ask("PUT", receipt.edit, entry(title="Beans"), ENTRY, now)
    assert changed.status == 200
    for method, iri, body in (
        ("PUT", receipt.edit, entry(title="Lentils")), ("POST", receipt.edit, entry(title="Lentils")), ("PUT", receipt.media, b"x"),
        ("POST", receipt.media, b"x"), ("DELETE", receipt.media, None), ("DELETE", receipt.edit, None),
        ("PUT", f"{receipt.media}/peas.csv", b"x"), ("DELETE", f"{receipt.media}/peas.csv", None),
    ):  # fmt: skip
        refused = await depositor.ask(method, iri, body, ENTRY, now)
        assert refused.status == 412, (method, iri)
        assert "If-Match" in refused.text("/s:error/s:verboseDescription")
    assert await depositor.oai() == [(receipt.number, "", "Beans")]
    again = await depositor.ask("PUT", receipt.edit, entry(title="Lentils"), ENTRY, {"If-Match": "*"})
    assert again.status == 200
    several = {"If-Match": f'"other", {again.headers["ETag"]}'}
    assert (await depositor.ask("PUT", receipt.edit, entry(title="Lentils"), ENTRY, several)).status == 200


async def test_of_changes_at_once_that_mean_the_same_one_is_made(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    now = {"If-Match": receipt.headers["ETag"]}
    every = [depositor.ask("PUT", receipt.edit, entry(title=f"Beans {number}"), ENTRY, now) for number in range(5)]
    answers = await asyncio.gather(*every)
    assert sorted(answer.status for answer in answers) == [200, 412, 412, 412, 412]
    [made] = [answer for answer in answers if answer.status == 200]
    assert await depositor.oai() == [(receipt.number, "", made.text("t:title"))]


async def test_one_file_is_replaced_and_the_others_stay(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    iri = f"{receipt.media}/peas.csv"
    tag = (await depositor.get(iri)).headers["ETag"]
    assert (await depositor.ask("PUT", iri, b"new", {"If-Match": tag})).status == 204
    assert (await depositor.get(iri)).body == b"new"
    assert (await depositor.get(f"{receipt.media}/peas.pdf")).body == b"%PDF-1.4 peas"
    assert (await depositor.ask("PUT", iri, b"newer", {"If-Match": tag})).status == 412
    assert (await depositor.ask("PUT", f"{receipt.media}/other.csv", b"x")).status == 404
    assert (await depositor.get(iri, {"If-Match": tag})).status == 412
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]


# --- packagings, types, addresses


@pytest.mark.usefixtures("files_alone")
async def test_content_comes_in_the_packaging_asked_for_by_any_of_its_names(depositor: Depositor) -> None:
    one = await depositor.create(b"%PDF-1.4", PDF)
    several = await depositor.create(GOOD, ZIP)
    for iri in (BINARY, "http://purl.org/net/sword/3.0/package/Binary"):
        found = await depositor.get(one.media, {"Accept-Packaging": iri})
        assert (found.body, found.headers["Packaging"], found.headers["Content-Type"]) == (b"%PDF-1.4", BINARY, "application/pdf")
        assert (await depositor.get(several.media, {"Accept-Packaging": iri})).status == 406
    for iri in ("http://purl.org/net/sword/3.0/package/SimpleZip", SIMPLE_ZIP):
        assert (await depositor.get(several.media, {"Accept-Packaging": iri})).headers["Packaging"] == SIMPLE_ZIP


async def test_a_multipart_added_cannot_be_without_metadata(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(), ENTRY, OPEN)
    body, headers = related(entry(), archive(a_csv=b"1"))
    refused = await depositor.ask("POST", receipt.edit, body, headers, {"Metadata-Relevant": "false"})
    assert (refused.status, "Metadata-Relevant" in refused.text("//s:verboseDescription")) == (400, True)


async def test_a_collection_stands_at_its_address_with_a_slash_too(depositor: Depositor) -> None:
    receipt = await depositor.ask("POST", f"{depositor.collection}/", entry(), ENTRY)
    assert receipt.status == 201
    assert (await depositor.get(f"{depositor.collection}/")).all("a:entry/a:link[@rel='edit']/@href") == [receipt.edit]


# --- credentials


def basic(name: str, password: str) -> str:
    return encode_basic_auth(name, password)


@pytest.mark.parametrize(
    ("headers", "understood", "form"),
    [
        ({}, "", "none"),
        ({"Authorization": basic("mendel", "peas")}, basic("mendel", "peas"), "HTTP Basic"),
        ({"Authorization": basic("token", "")}, "Bearer token", "a name without a password, taken as a token"),
        ({"Authorization": "APIKey token"}, "Bearer token", "a token after 'APIKey'"),
        ({"Authorization": "Bearer token"}, "Bearer token", "a Bearer token"),
        ({"X-Ojs-Sword-Api-Token": "token"}, "Bearer token", "a token in the header X-Ojs-Sword-Api-Token"),
        ({"Api-Key": "token"}, "Bearer token", "a token in the header Api-Key"),
        ({"Authorization": "Basic é"}, "Basic é", "HTTP Basic"),
        ({"Authorization": "Digest username=x"}, "Digest username=x", "'Digest'"),
    ],
)
def test_credentials_are_found_in_every_form(headers: dict[str, str], understood: str, form: str) -> None:
    assert credentials(headers) == (understood, form)


async def test_a_refused_login_says_which_credentials_were_seen_and_keeps_none(depositor: Depositor) -> None:
    for headers, form in (
        ({"X-Ojs-Sword-Api-Token": "wrong"}, "X-Ojs-Sword-Api-Token"),
        ({"Authorization": basic("x", "")}, "token"),
    ):
        answer = await depositor.client.get("/sword/v2/service-document", headers=headers)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert f"Seen: {'a token in the header ' if 'Ojs' in form else 'a name without a password, taken as a '}{form}" in (
            await answer.text()
        )
    await depositor.create(entry(), ENTRY, {"X-Ojs-Sword-Api-Token": "secret", "Api-Key": "secret"})
    [row] = await depositor.rows()
    assert "secret" not in str(row.headers)


# --- links for programs


async def test_pages_lead_programs_to_sword(depositor: Depositor, client: TestClient) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    front = etree.HTML(await (await client.get("/")).read())
    for relation in ("sword", "http://purl.org/net/sword/discovery/service-document", f"{TERMS}service-document"):
        assert front.xpath(f"//head/link[@rel='{relation}']/@href") == [depositor.service]
    page = etree.HTML(await (await client.get(f"/items/{receipt.number}")).read())
    assert page.xpath(f"//head/link[@rel='{TERMS}edit']/@href") == [receipt.edit]
    statements = receipt.all(f"a:link[@rel='{TERMS}statement']/@href")
    assert page.xpath(f"//head/link[@rel='{TERMS}statement']/@href") == statements


async def test_a_work_no_client_deposited_has_no_such_links(depositor: Depositor, client: TestClient) -> None:
    house, number = depositor.house, "01J00000000000000000000001"
    record = Record(type="other.other", title=Text(value="Peas"))
    new = New(number, record, "works", State.PUBLISHED)
    await house.database.write(publish, house.press, new, prepare(house.press, number, record, house.clock()), house.clock())
    assert b"purl.org/net/sword" not in await (await client.get(f"/items/{number}")).read()


async def test_what_replaced_a_file_says_its_tag(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(), ENTRY)
    first = await depositor.ask("PUT", receipt.media, b"%PDF 1", PDF)
    second = await depositor.ask("PUT", receipt.media, b"%PDF 2", PDF, {"If-Match": first.headers["ETag"]})
    assert (first.status, second.status) == (204, 204)
    assert (await depositor.ask("PUT", receipt.media, b"%PDF 3", PDF, {"If-Match": first.headers["ETag"]})).status == 412
    file = (await depositor.get(receipt.edit)).text("a:link[contains(@rel, 'derived')]/@href")
    third = await depositor.ask("PUT", file, b"%PDF 4", PDF)
    assert third.headers["ETag"] == (await depositor.get(file)).headers["ETag"]
