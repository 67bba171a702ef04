"""Every verb and every error of OAI-PMH as it goes over the wire, each answer valid against the official schema."""

import asyncio
import re
from io import BytesIO

import pytest
from aiohttp.test_utils import TestClient

from tests.conftest import SetClock
from tests.oai.conftest import BASE, VERBS, Answer, Ask, Dozen, checked
from tests.writers import Writer

OAI = "oai:repository.example.org:"


async def walk(ask: Ask, verb: str, **first: str) -> list[Answer]:
    """Ask for a whole list, part by part."""
    parts = [await ask(verb=verb, **first)]
    while parts[-1].token:
        parts.append(await ask(verb=verb, resumptionToken=parts[-1].token))
        assert len(parts) < 50
    return parts


async def test_identify(ask: Ask, dozen: Dozen):
    answer = await ask(verb="Identify")
    assert answer.echo == {"verb": "Identify"}
    assert answer.text("//o:baseURL") == BASE
    assert answer.text("//o:earliestDatestamp") == "2026-03-14T09:26:53Z"
    assert answer.text("//o:deletedRecord") == "persistent"
    assert answer.text("//o:granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert answer.all("//o:compression/text()") == ["gzip"]
    assert answer.text("//i:repositoryIdentifier") == "repository.example.org"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.text("//o:responseDate"))
    assert min(
        answer.text("//o:earliestDatestamp"),
        *(await ask(verb="ListIdentifiers", metadataPrefix="oai_dc")).all("//o:datestamp/text()"),
    ) == ("2026-03-14T09:26:53Z")


async def test_an_empty_repository(ask: Ask):
    assert (await ask(verb="Identify")).text("//o:earliestDatestamp") == "2026-03-14T09:26:53Z"
    assert (await ask(verb="ListSets")).codes == ["noSetHierarchy"]
    assert (await ask(verb="ListRecords", metadataPrefix="oai_dc")).codes == ["noRecordsMatch"]
    assert (await ask(verb="ListRecords", metadataPrefix="oai_dc", set="type")).codes == ["noSetHierarchy"]
    assert (await ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=f"{OAI}1")).codes == ["idDoesNotExist"]


async def test_formats_of_the_repository_and_of_items(ask: Ask, dozen: Dozen):
    whole = await ask(verb="ListMetadataFormats")
    assert {"oai_dc", "datacite", "xMetaDissPlus"} <= set(whole.all("//o:metadataPrefix/text()"))
    assert (
        whole.text("//o:metadataFormat[o:metadataPrefix='oai_dc']/o:metadataNamespace")
        == "http://www.openarchives.org/OAI/2.0/oai_dc/"
    )
    assert (
        whole.text("//o:metadataFormat[o:metadataPrefix='oai_dc']/o:schema") == "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
    )
    for number in (0, 5):
        item = await ask(verb="ListMetadataFormats", identifier=OAI + dozen.ids[number])
        of_item, of_theses = item.all("//o:metadataPrefix/text()"), {"etdms", "uketd_dc", "xMetaDissPlus"}
        assert of_item == [prefix for prefix in whole.all("//o:metadataPrefix/text()") if prefix not in of_theses]
        assert item.echo == {"verb": "ListMetadataFormats", "identifier": OAI + dozen.ids[number]}
    for unknown in (
        OAI + "1",
        OAI,
        "urn:x:1",
        "junk",
        'invalid"id',
        "oai:elsewhere.org:" + dozen.ids[0],
        OAI + dozen.ids[0].lower(),
    ):
        assert (await ask(verb="ListMetadataFormats", identifier=unknown)).codes == ["idDoesNotExist"]


async def test_every_set_in_a_header_is_listed_with_its_parents(ask: Ask, dozen: Dozen):
    listed = (await ask(verb="ListSets")).all("//o:setSpec/text()")
    assert sorted(listed) == sorted(set(listed))
    for spec in listed:
        assert spec.rpartition(":")[0] in {"", *listed[: listed.index(spec)]}, "a parent comes first"
    shown = {
        spec for part in await walk(ask, "ListIdentifiers", metadataPrefix="oai_dc") for spec in part.all("//o:setSpec/text()")
    }
    assert shown <= set(listed)
    assert shown == {
        "collection", "collection:works", "type", "type:dataset", "type:dataset:dataset", "type:publication", "type:publication:journalArticle",
        "open_access", "openaire", "openaire_data", "doc-type", "doc-type:Article", "doc-type:ResearchData",
    }  # fmt: skip


SETS = {
    "type:dataset:dataset": {0, 3, 6, 9},
    "type:dataset": {0, 3, 6, 9},
    "type": set(range(12)),
    "collection:works": set(range(12)),
    "open_access": {1, 3, 5, 7, 9, 11},
}


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
async def test_a_set_gives_its_members_and_its_tombstones(ask: Ask, dozen: Dozen, verb: str):
    for spec, numbers in SETS.items():
        parts = await walk(ask, verb, metadataPrefix="oai_dc", set=spec)
        assert sorted(id_ for part in parts for id_ in part.ids) == sorted(dozen.ids[number] for number in numbers)
        assert all(spec in header for part in parts for header in part.headers)
        deleted = [
            text.rpartition(":")[2] for part in parts for text in part.all("//o:header[@status='deleted']/o:identifier/text()")
        ]
        assert sorted(deleted) == sorted(dozen.ids[number] for number in numbers & {5, 7})


async def test_sets_that_are_not_there(ask: Ask, dozen: Dozen):
    assert (await ask(verb="ListRecords", metadataPrefix="oai_dc", set="nothing")).codes == ["noRecordsMatch"]
    assert (await ask(verb="ListRecords", metadataPrefix="oai_dc", set="typ")).codes == ["noRecordsMatch"]
    assert (await ask(verb="ListSets", resumptionToken="junk")).codes == ["badResumptionToken"]


@pytest.mark.parametrize("prefix", ["oai_dc", "datacite"])
async def test_headers_are_the_same_in_every_verb_and_deletions_in_every_format(ask: Ask, dozen: Dozen, prefix: str):
    records = [header for part in await walk(ask, "ListRecords", metadataPrefix=prefix) for header in part.headers]
    identifiers = [header for part in await walk(ask, "ListIdentifiers", metadataPrefix=prefix) for header in part.headers]
    assert records == identifiers
    assert len(records) == 12
    single = [await ask(verb="GetRecord", metadataPrefix=prefix, identifier=OAI + id_) for id_ in dozen.ids]
    assert sorted(header for answer in single for header in answer.headers) == sorted(records)
    for number, answer in enumerate(single):
        gone = number in {5, 7}
        assert bool(answer.all("//o:header[@status='deleted']")) is gone
        assert len(answer.all("//o:metadata")) == (not gone)
        assert answer.echo == {"verb": "GetRecord", "metadataPrefix": prefix, "identifier": OAI + dozen.ids[number]}


async def test_a_metadata_element_declares_its_namespaces_itself(ask: Ask, dozen: Dozen):
    answer = await ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=OAI + dozen.ids[0])
    fragment = answer.body.partition(b"<metadata>")[2].partition(b"</metadata>")[0]
    for declared in (b"xmlns:oai_dc=", b"xmlns:dc=", b"xmlns:xsi=", b"http://www.openarchives.org/OAI/2.0/oai_dc.xsd"):
        assert declared in fragment


async def test_get_record_refuses(ask: Ask, dozen: Dozen):
    one = OAI + dozen.ids[0]
    assert (await ask(verb="GetRecord", metadataPrefix="nonsense", identifier=one)).codes == ["cannotDisseminateFormat"]
    assert (await ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=f"{one}x")).codes == ["idDoesNotExist"]
    both = await ask(verb="GetRecord", metadataPrefix="nonsense", identifier="oai:x:y")
    assert sorted(both.codes) == ["cannotDisseminateFormat", "idDoesNotExist"]
    assert both.echo == {"verb": "GetRecord", "metadataPrefix": "nonsense", "identifier": "oai:x:y"}


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
async def test_a_list_in_parts(ask: Ask, dozen: Dozen, verb: str):
    parts = await walk(ask, verb, metadataPrefix="oai_dc")
    assert [len(part.ids) for part in parts] == [5, 5, 2]
    assert [part.text("//o:resumptionToken/@cursor") for part in parts] == ["0", "5", "10"]
    assert [part.text("//o:resumptionToken/@completeListSize") for part in parts] == ["12"] * 3
    assert [bool(part.text("//o:resumptionToken/@expirationDate")) for part in parts] == [True, True, False]
    assert parts[0].text("//o:resumptionToken/@expirationDate") == "2026-04-04T09:27:03Z"
    assert [len(part.all("//o:resumptionToken")) for part in parts] == [1, 1, 1], "the last one is there and empty (OAI-PMH 3.5)"
    assert parts[1].echo == {"verb": verb, "resumptionToken": parts[0].token}
    assert sorted(id_ for part in parts for id_ in part.ids) == sorted(dozen.ids)
    stamps = [stamp for part in parts for stamp in part.all("//o:datestamp/text()")]
    assert stamps == sorted(stamps)
    again = await ask(verb=verb, resumptionToken=parts[0].token)
    assert again.headers == parts[1].headers, "a token gives the same part again"


async def test_a_list_that_fits_has_no_token_and_full_parts_leave_no_empty_one(ask: Ask, writer: Writer):
    for number in range(5):
        await writer.publish(str(number))
    assert (await ask(verb="ListRecords", metadataPrefix="oai_dc")).all("//o:resumptionToken") == []
    for number in range(5):
        await writer.publish(str(number))
    assert [len(part.ids) for part in await walk(ask, "ListRecords", metadataPrefix="oai_dc")] == [5, 5]


async def test_tokens_that_are_none(ask: Ask, dozen: Dozen):
    token = (await ask(verb="ListRecords", metadataPrefix="oai_dc")).token
    for wrong in (token[:-2], token + "AAAA", "junk", "a+b/c=", "ä", "<&>", "x" * 5000):
        answer = await ask(verb="ListRecords", resumptionToken=wrong)
        assert answer.codes == ["badResumptionToken"]
        assert answer.echo == {"verb": "ListRecords", "resumptionToken": wrong}
    assert (await ask(verb="ListIdentifiers", resumptionToken=token)).codes == ["badResumptionToken"]
    assert (await ask(verb="ListSets", resumptionToken=token)).codes == ["badResumptionToken"]
    dozen.clock.pass_time(days=7)
    assert len((await ask(verb="ListRecords", resumptionToken=token)).ids) == 5
    dozen.clock.pass_time(seconds=1)
    assert (await ask(verb="ListRecords", resumptionToken=token)).codes == ["badResumptionToken"]


BOUNDS: tuple[tuple[dict[str, str], set[int]], ...] = (
    ({"until": "2026-03-16"}, {0, 1, 2}),
    ({"from_": "2026-03-16", "until": "2026-03-16"}, {2}),
    ({"from_": "2026-03-16T09:26:53Z", "until": "2026-03-16T09:26:53Z"}, {2}),
    ({"from_": "2026-03-16T09:26:54Z", "until": "2026-03-18T09:26:52Z"}, set()),
    ({"from_": "2026-03-16T09:26:54Z", "until": "2026-03-18T09:26:53Z"}, {4}),
    ({"from_": "2026-03-24"}, {3, 5, 7, 9, 10, 11}),
    ({"from_": "1900-01-01", "until": "2999-01-01"}, set(range(12))),
    ({"from_": "0001-01-01", "until": "9999-12-31"}, set(range(12))),
    ({"from_": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}, set(range(12))),
    ({"until": "2026-03-13"}, set()),
    ({"from_": "2026-03-29"}, set()),
)


async def test_bounds_are_inclusive(ask: Ask, dozen: Dozen):
    for bounds, numbers in BOUNDS:
        parts = await walk(ask, "ListRecords", metadataPrefix="oai_dc", **bounds)
        assert sorted(id_ for part in parts for id_ in part.ids) == sorted(dozen.ids[number] for number in numbers), bounds
        sent = {key.rstrip("_"): value for key, value in bounds.items()}
        assert parts[0].echo == {"verb": "ListRecords", "metadataPrefix": "oai_dc", **sent}
        assert parts[0].codes == ([] if numbers else ["noRecordsMatch"])


async def test_bad_arguments_are_never_echoed(ask: Ask):
    for query in ("", "verb=Nonsense&set=%20", "verb=Identify&foo=1", "verb=ListRecords&metadataPrefix=oai_dc&from=x&set=%3C"):
        answer = await ask(query)
        assert set(answer.codes) in ({"badVerb"}, {"badArgument"})
        assert answer.echo == {}


async def test_a_bad_format_is_echoed(ask: Ask, dozen: Dozen):
    answer = await ask(verb="ListRecords", metadataPrefix="marc", from_="2012-01-01", set="type")
    assert answer.codes == ["cannotDisseminateFormat"]
    assert answer.echo == {"verb": "ListRecords", "metadataPrefix": "marc", "from": "2012-01-01", "set": "type"}


async def test_post_answers_as_get_does_and_head_is_get_without_a_body(client: TestClient, dozen: Dozen):
    listing = {"metadataPrefix": "oai_dc"}
    more = {"GetRecord": listing | {"identifier": OAI + dozen.ids[1]}, "ListRecords": listing, "ListIdentifiers": listing}
    for verb in VERBS:
        arguments = {"verb": verb} | more.get(verb, {})
        got = await (await client.get("/oai", params=arguments)).read()
        posted = await (await client.post("/oai", data=arguments)).read()
        assert checked(posted).codes == []
        assert got == posted
        head = await client.head("/oai", params=arguments)
        assert (head.status, await head.read()) == (200, b"")
        assert head.headers["Content-Type"] == "text/xml; charset=utf-8"


async def test_arguments_in_address_and_form_are_one_request(client: TestClient):
    for query, form, codes in (
        ("verb=Identify", {"verb": "Identify"}, ["badVerb"]),
        ("verb=Identify", {"foo": "1"}, ["badArgument"]),
        ("verb=Identify", {}, []),
    ):
        assert checked(await (await client.post(f"/oai?{query}", data=form)).read()).codes == codes


CODINGS = {
    "gzip": True, "gzip, deflate, br": True, "*": True, "x-gzip": True, "GZIP;Q=0.1": True, "identity;q=0.5, gzip;q=1.0": True,
    "identity": False, "gzip;q=0": False, "gzip; q=0.0, *": False, "*;q=0": False, "br": False, "": False, "gzip;q=junk": False,
}  # fmt: skip


async def test_compression_is_a_matter_of_asking(client: TestClient, dozen: Dozen):
    for header, coded in CODINGS.items():
        response = await client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc", headers={"Accept-Encoding": header})
        assert response.headers.get("Content-Encoding") == ("gzip" if coded else None), header
        assert response.headers["Vary"] == "Accept-Encoding"
        assert len(checked(await response.read()).ids) == 5  # the client has undone the coding
    twice = await client.get("/oai?verb=ListSets", headers=[("Accept-Encoding", "identity"), ("Accept-Encoding", "gzip")])
    assert twice.headers.get("Content-Encoding") == "gzip", "two headers are one list (RFC 9110 § 5.3)"


ODD = ["%00", "%01", "%FF", "%EF%BF%BE", "%EF%BF%BF", "%ED%A0%80", "%3C%26%3E%22%27", "%0A%09%0D", "%F0%9F%8D%83", "%C2%85", "a%20b", "+", "%zz", "%",
       "%5B", "http%3A%2F%2F%5B", "%23%23", "%25zz", ":", "http%3A%2F%2Fa%3Ab"]  # fmt: skip


async def test_whatever_stands_in_a_request_the_answer_is_xml(ask: Ask, writer: Writer):
    one = await writer.publish("One")
    for odd in ODD:
        for before in ("", "oai:x:", OAI.replace(":", "%3A"), f"{OAI}{one}"):
            assert (await ask(f"verb=GetRecord&metadataPrefix=oai_dc&identifier={before}{odd}")).codes == ["idDoesNotExist"]
        assert (await ask(f"verb=ListMetadataFormats&identifier={OAI}{odd}")).codes == ["idDoesNotExist"]
        assert (await ask(f"verb=ListRecords&resumptionToken={odd}")).codes == ["badResumptionToken"]
        assert (await ask(f"verb={odd}")).codes == ["badVerb"]
        assert (await ask(f"verb=Identify&{odd}={odd}")).codes == ["badArgument"]
        for key in ("set", "from", "until", "metadataPrefix"):
            assert set((await ask(f"verb=ListRecords&metadataPrefix=oai_dc&{key}={odd}")).codes) == {"badArgument"}, key


async def test_bytes_that_nobody_encoded_are_answered_too(client: TestClient, writer: Writer):
    await writer.publish("One")
    for odd in (b"\xff", b"\xc3\xa4", b"\xed\xa0\x80"):
        reader, out = await asyncio.open_connection(client.host, client.port)
        out.write(b"GET /oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=" + OAI.encode() + odd + b" HTTP/1.0\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        out.close()
        await out.wait_closed()
        if b" 200 " in head.splitlines()[0]:
            assert checked(body).codes == ["idDoesNotExist"]
        else:
            assert b" 400 " in head.splitlines()[0], "not a request of HTTP at all"


async def test_an_identifier_that_is_a_uri_is_echoed_exactly(ask: Ask, dozen: Dozen):
    for value in ("urn:x:1?a=b&c=d", "http://example.org/%20%C3%A4#x", "oai:x:<&>'", "oai:x:ä"):
        answer = await ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=value)
        assert answer.echo == {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": value}


async def test_long_identifiers_and_long_forms(client: TestClient, ask: Ask, dozen: Dozen):
    long = OAI + "x" * 6000
    answer = await ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=long)
    assert (answer.codes, answer.echo["identifier"]) == (["idDoesNotExist"], long)
    fits = await client.post("/oai", data={"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "y" * 65_000})
    assert checked(await fits.read()).codes == ["idDoesNotExist"]
    for size in (2**16, 2**20):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        response = await client.post("/oai", data=BytesIO(b"verb=Identify&x=" + b"y" * size), headers=form)
        assert response.status == 200
        assert checked(await response.read()).codes == ["badArgument"]


async def test_datestamps_move_with_every_visible_change(ask: Ask, writer: Writer, clock: SetClock):
    one = await writer.publish("One")
    seen = []
    for change in ("revise", "withdraw", "restore"):
        clock.pass_time(seconds=1)
        await (writer.revise(one, "One, again") if change == "revise" else getattr(writer, change)(one))
        answer = await ask(verb="ListRecords", metadataPrefix="oai_dc", from_=clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
        seen.append(answer.text("//o:datestamp"))
        assert answer.ids == [one]
    assert seen == ["2026-03-14T09:26:54Z", "2026-03-14T09:26:55Z", "2026-03-14T09:26:56Z"]
