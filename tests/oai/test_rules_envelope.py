"""Rules 10 to 20 of the checklist: the envelope of every answer (3.2)."""

import re

import pytest
from lxml import etree

from server.oai import response
from server.oai.errors import NoMetadataFormats, NoSetHierarchy
from server.records.deflated import whole
from tests.conftest import START
from tests.oai.conftest import BASE, ODD, Standing, checked
from tests.oai.test_rules_http import form

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: One request for each error that keeps its arguments, and what it is refused with.
KEPT = (
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:x:1"}, "idDoesNotExist"),
    ({"verb": "ListMetadataFormats", "identifier": "oai:x:1"}, "idDoesNotExist"),
    ({"verb": "ListRecords", "metadataPrefix": "nonsense", "from": "2012-01-01"}, "cannotDisseminateFormat"),
    ({"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "nothing"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2999-01-01"}, "noRecordsMatch"),
    ({"verb": "ListRecords", "resumptionToken": "x"}, "badResumptionToken"),
    ({"verb": "ListSets", "resumptionToken": "x"}, "badResumptionToken"),
)
NEVER = (
    "",
    "verb=x&metadataPrefix=oai_dc",
    "verb=Identify&x=1",
    "verb=ListRecords&metadataPrefix=oai_dc&from=x",
    "verb=GetRecord",
)


async def bodies(standing: Standing) -> list[bytes]:
    """Answers of every verb, and with every error."""
    right = [{"verb": verb} | arguments for verb, arguments in form(standing).items()]
    wrong = [arguments for arguments, _ in KEPT]
    found = [await (await standing.client.get("/oai", params=each)).read() for each in [*right, *wrong]]
    return found + [await (await standing.raw(query)).read() for query in NEVER]


async def test_rule_10_declaration_and_no_entities(standing: Standing) -> None:
    for body in await bodies(standing):
        assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
        body.decode("utf-8")
        assert b"<!" not in body
        assert set(re.findall(rb"&(\w+);", body)) <= {b"amp", b"lt", b"gt", b"quot", b"apos"}


async def test_rule_11_the_root_and_its_schema(standing: Standing) -> None:
    for body in await bodies(standing):
        root = etree.fromstring(body)
        assert root.tag == "{http://www.openarchives.org/OAI/2.0/}OAI-PMH"
        located = root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation")
        assert located.split() == ["http://www.openarchives.org/OAI/2.0/", "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"]


async def test_rule_12_the_order_of_parts_and_the_form_of_dates(standing: Standing) -> None:
    for body in await bodies(standing):
        root = etree.fromstring(body)
        first, second, *rest = [etree.QName(child).localname for child in root]
        assert (first, second) == ("responseDate", "request")
        assert len(rest) == 1 or set(rest) == {"error"}
        for date in root.iter("{*}responseDate", "{*}datestamp", "{*}earliestDatestamp"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", date.text)


async def test_rule_13_request_holds_the_base_url(standing: Standing) -> None:
    for body in await bodies(standing):
        assert etree.fromstring(body).findtext("{*}request") == BASE
    for context in ("narrow", "wide"):
        answer = await standing.ask(path=f"/oai/{context}", verb="Identify")
        assert answer.text("/o:OAI-PMH/o:request") == answer.text("//o:baseURL") == f"{BASE}/{context}"


async def test_rule_14_arguments_are_echoed_as_they_were_sent(standing: Standing) -> None:
    for verb, arguments in form(standing).items():
        assert (await standing.ask(verb=verb, **arguments)).echo == {"verb": verb} | arguments
    days = {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "0001-01-01", "until": "9999-12-31"}
    first = await standing.ask(**days)
    assert first.echo == days, "days stay days"
    going_on = {"verb": "ListRecords", "resumptionToken": first.token}
    assert (await standing.ask(**going_on)).echo == going_on


async def test_rule_15_no_arguments_after_bad_ones(standing: Standing) -> None:
    for query in NEVER:
        answer = await standing.ask(query)
        assert set(answer.codes) in ({"badVerb"}, {"badArgument"})
        assert answer.echo == {}


async def test_rule_16_other_errors_keep_the_arguments(standing: Standing) -> None:
    for arguments, code in KEPT:
        answer = await standing.ask(**arguments)
        assert answer.codes == [code]
        assert answer.echo == arguments
    for error, verb in ((NoSetHierarchy("None."), "ListSets"), (NoMetadataFormats("None."), "ListMetadataFormats")):
        answer = checked(whole(response.errors(BASE, [("verb", verb)], START, [error])))
        assert answer.echo == {"verb": verb}


async def test_rule_17_a_bad_argument_among_errors_takes_them_away(standing: Standing) -> None:
    answer = await standing.ask(f"verb=GetRecord&metadataPrefix=nonsense&identifier={standing.oai_id(0)}&x=1&from=junk")
    assert "badArgument" in answer.codes
    assert answer.echo == {}


async def test_rule_18_all_errors_are_told(standing: Standing) -> None:
    answer = await standing.ask("verb=ListRecords&x=1&y=2&from=junk&until=2002-13-01&set=a b")
    assert answer.codes == ["badArgument"] * 6
    told = "\n".join(answer.all("//o:error/text()"))
    for part in ("“x”", "“y”", "from", "until", "set", "metadataPrefix"):
        assert part in told
    both = await standing.ask(verb="GetRecord", metadataPrefix="nonsense", identifier="oai:x:y")
    assert sorted(both.codes) == ["cannotDisseminateFormat", "idDoesNotExist"]
    for verb in ("ListRecords", "ListIdentifiers"):
        both = await standing.ask(verb=verb, metadataPrefix="nonsense", set="nothing")
        assert both.codes == ["cannotDisseminateFormat", "noRecordsMatch"]


async def test_rule_18_an_unknown_format_is_told_beside_bad_arguments(standing: Standing) -> None:
    for verb, query in (
        ("ListRecords", "from=bad"),
        ("ListIdentifiers", "from=2026-03-16&until=2026-03-15"),
        ("ListRecords", "set="),
        ("GetRecord", "x=1"),
    ):
        answer = await standing.ask(f"verb={verb}&metadataPrefix=nonsense&{query}")
        assert {*answer.codes} == {"badArgument", "cannotDisseminateFormat"}, query
        assert answer.codes.count("cannotDisseminateFormat") == 1
        assert answer.echo == {}
        assert {*(await standing.ask(f"verb={verb}&metadataPrefix=oai_dc&{query}")).codes} == {"badArgument"}
    narrow = await standing.ask("verb=ListRecords&metadataPrefix=datacite&from=bad", path="/oai/narrow")
    assert narrow.codes == ["badArgument", "cannotDisseminateFormat"]
    for query in (
        "verb=Identify&metadataPrefix=nonsense", "verb=ListRecords&metadataPrefix=nonsense&resumptionToken=x",
        "verb=ListRecords&metadataPrefix=nonsense&metadataPrefix=nonsense", "verb=GetRecord&metadataPrefix=a b", "verb=ListRecords&set=%20",
    ):  # fmt: skip
        assert {*(await standing.ask(query)).codes} == {"badArgument"}, query


async def test_rule_18_what_was_sent_is_quoted_as_people_do(standing: Standing) -> None:
    for query, said in (
        ("verb=%00Identify", "There is no verb “\ufffdIdentify” ("),
        ("verb=nope%27%22%3Cb", "There is no verb “nope'\"<b” ("),
        ("verb=Identify&a%0Ab%27=1", "Identify takes no argument “a\ufffdb'”."),
        ("verb=ListRecords&metadataPrefix=a%5Cb", "characters that are not allowed: “a\\b”."),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=%22%27", "The argument from is not a date: “\"'”."),
        ("verb=ListRecords&metadataPrefix='", "There is no metadata format “'” here."),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=a'%09", "There is no item “a'\ufffd” in this"),
        ("verb=ListMetadataFormats&identifier=\u00e9%E2%80%8B", "There is no item “\u00e9\ufffd” in this"),
    ):
        assert said in (await standing.ask(query)).text("//o:error"), query


async def test_rule_19_nothing_makes_an_answer_ill_formed(standing: Standing) -> None:
    odd = (
        "%00",
        "%01",
        "%FF",
        "%ED%A0%80",
        "%EF%BF%BE",
        "%EF%BF%BF",
        "%3C%26%3E%22%27",
        "%0D%0A%09",
        "%zz",
        "%",
        "%C2%85",
        "]]%3E",
    )
    for value in odd:
        for query in (
            f"verb={value}", f"{value}={value}", f"verb=Identify&{value}=1", f"verb=ListRecords&resumptionToken={value}",
            f"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:{value}", f"verb=ListRecords&metadataPrefix={value}&set={value}",
        ):  # fmt: skip
            assert (await standing.ask(query)).codes, query  # parsed and validated
    record = await standing.ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=standing.oai_id(-1))
    assert record.titles == ["Odd  <&>'\" \U0001f343"]
    assert not any(forbidden in record.body.decode() for forbidden in set(ODD) & {"\x01", "\ufffe"})


async def test_rule_20_every_answer_is_valid(standing: Standing) -> None:
    for body in await bodies(standing):
        checked(body)
    for prefix in (await standing.ask(verb="ListMetadataFormats")).all("//o:metadataPrefix/text()"):
        for verb in ("ListRecords", "ListIdentifiers"):
            first = (await standing.walk(verb, metadataPrefix=prefix))[0]  # each part is validated
            assert first.codes in ([], ["noRecordsMatch"]), prefix
