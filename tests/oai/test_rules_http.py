"""Rules 1 to 9 of the checklist: OAI-PMH over HTTP (3.1)."""

import gzip
from itertools import permutations

import pytest

from tests.oai.conftest import Standing, checked

pytestmark = pytest.mark.asyncio(loop_scope="session")


def form(standing: Standing) -> dict[str, dict[str, str]]:
    """One legal request of each verb."""
    prefix = {"metadataPrefix": "oai_dc"}
    return {
        "Identify": {},
        "ListMetadataFormats": {"identifier": standing.oai_id(0)},
        "ListSets": {},
        "GetRecord": prefix | {"identifier": standing.oai_id(0)},
        "ListIdentifiers": prefix | {"from": "2026-03-16", "set": "type"},
        "ListRecords": prefix | {"until": "2026-03-16"},
    }


async def test_rule_1_get_and_post_answer_alike(standing: Standing) -> None:
    for verb, arguments in form(standing).items():
        whole = {"verb": verb} | arguments
        got = await (await standing.client.get("/oai", params=whole)).read()
        posted = await (await standing.client.post("/oai", data=whole)).read()
        assert checked(got).codes == []
        assert checked(got).echo == whole
        assert got == posted
    wrong = {"json": {"verb": "Identify"}}, {"data": b"verb=Identify", "headers": {"Content-Type": "text/plain"}}
    for body in wrong:
        answer = checked(await (await standing.raw(method="POST", **body)).read())
        assert answer.codes == ["badArgument"]
        assert "application/x-www-form-urlencoded" in answer.text("//o:error")


async def test_rule_2_one_base_url_for_any_order_and_coding_of_arguments(standing: Standing) -> None:
    parts = [f"identifier={standing.oai_id(1)}", "metadataPrefix=oai_dc", "verb=GetRecord"]
    answers = [await standing.ask("&".join(order)) for order in permutations(parts)]
    assert [answer.titles for answer in answers] == [["Work 1"]] * 6
    coded = "%76erb=Get%52ecord&metadata%50refix=oai%5Fdc&identifier=" + standing.oai_id(1).replace(":", "%3a")
    assert (await standing.ask(coded)).titles == ["Work 1"]
    assert (await standing.ask("verb=ListRecords&resumptionToken=a+b%2Bc")).echo["resumptionToken"] == "a b+c"


async def test_rule_2_a_slash_behind_the_base_url_changes_nothing(standing: Standing) -> None:
    for path in ("/oai", "/oai/narrow"):
        for verb, arguments in form(standing).items():
            asked = {"verb": verb} | arguments
            plain = await (await standing.client.get(path, params=asked)).read()
            slashed = await standing.client.get(f"{path}/", params=asked)
            assert (slashed.status, await slashed.read()) == (200, plain), verb
            assert await (await standing.client.post(f"{path}/", data=asked)).read() == plain
    assert (await standing.raw("verb=Identify", path="/oai/nowhere/")).status == 404


async def test_rule_3_every_answer_is_xml(standing: Standing) -> None:
    accepts = ("text/html,application/xhtml+xml;q=0.9", "application/json", "*/*", "image/png", "nonsense")
    for query in ("verb=Identify", "verb=Nothing", "verb=ListRecords", "verb=ListRecords&resumptionToken=x"):
        for accept in accepts:
            response = await standing.raw(query, headers={"Accept": accept})
            assert response.headers.getall("Content-Type") == ["text/xml; charset=utf-8"]
            checked(await response.read())


async def test_rule_4_errors_of_the_protocol_are_http_200(standing: Standing) -> None:
    queries = (
        "verb=x", "verb=Identify&x=1", "verb=ListSets&resumptionToken=x", "verb=GetRecord&metadataPrefix=oai_dc&identifier=x",
        "verb=ListRecords&metadataPrefix=x", "verb=ListRecords&metadataPrefix=oai_dc&set=x",
    )  # fmt: skip
    codes = []
    for query in queries:
        response = await standing.raw(query)
        assert response.status == 200
        codes += checked(await response.read()).codes
    assert codes == [
        "badVerb", "badArgument", "badResumptionToken", "idDoesNotExist", "cannotDisseminateFormat", "noRecordsMatch",
    ]  # fmt: skip


async def test_rule_6_codings_are_done_only_when_asked_for(standing: Standing) -> None:
    wanted = {
        None: False, "": False, "gzip": True, "gzip;q=0": False, "identity, gzip;q=0.5": True, "*": True, "*;q=0": False, "br": False,
    }  # fmt: skip
    for verb, arguments in form(standing).items():
        for header, coded in wanted.items():
            # None: the client's own header is taken away
            more = {"skip_auto_headers": ["Accept-Encoding"]} if header is None else {"headers": {"Accept-Encoding": header}}
            async with standing.client.get("/oai", params={"verb": verb} | arguments, auto_decompress=False, **more) as response:
                body = await response.read()
            assert response.headers.get("Content-Encoding") == ("gzip" if coded else None), (verb, header)
            assert response.headers["Vary"] == "Accept-Encoding"
            assert checked(gzip.decompress(body) if coded else body).codes == []


async def test_rule_7_identify_lists_the_codings_that_are_done(standing: Standing) -> None:
    assert (await standing.ask(verb="Identify")).all("//o:compression/text()") == ["gzip"]
    for coding in ("deflate", "br", "zstd", "compress"):
        response = await standing.raw("verb=Identify", headers={"Accept-Encoding": coding})
        assert "Content-Encoding" not in response.headers


async def test_rule_8_long_requests_are_answered(standing: Standing) -> None:
    long = standing.oai_id(0) + "x" * 6000
    answer = await standing.ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=long)
    assert (answer.codes, answer.echo["identifier"]) == (["idDoesNotExist"], long)


async def test_rule_9_head_and_other_methods(standing: Standing) -> None:
    for verb, arguments in form(standing).items():
        head = await standing.client.head("/oai", params={"verb": verb} | arguments, headers={"Accept-Encoding": "identity"})
        got = await standing.client.get("/oai", params={"verb": verb} | arguments, headers={"Accept-Encoding": "identity"})
        assert (head.status, await head.read()) == (200, b"")
        for name in ("Content-Type", "Content-Length", "Vary", "ETag", "Last-Modified"):
            assert head.headers.get(name) == got.headers.get(name)
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
        for path in ("/oai", "/oai/", "/oai/narrow", "/oai/narrow/"):
            refused = await standing.raw("verb=Identify", method=method, path=path, headers={"Accept": "text/html"})
            assert (refused.status, refused.content_type) == (405, "text/plain")
            words = await refused.text()
            assert words == f"OAI-PMH is asked by GET or POST, not by {method}.\n"
            assert set(refused.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
