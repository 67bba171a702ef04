"""The explorer: what people see is what harvesters get, request by request, and no more than that."""

import re
import threading
from collections.abc import Callable
from html import unescape

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree, html

from server.house import House
from server.oai import shown
from server.oai.shown import asked, pretty
from server.records.model import Agent
from server.xml import parse
from tests.conftest import Deposit, configured, entry
from tests.oai.conftest import BASE, Ask, Dozen
from tests.writers import Writer

NARROW = {"path": "narrow", "title": "Only <some>", "formats": ["oai_dc"], "sets": ["type"]}


async def seen(client: TestClient, **arguments: str) -> html.HtmlElement:
    answer = await client.get("/oai/explore", params={name.rstrip("_"): value for name, value in arguments.items()})
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    return html.document_fromstring(await answer.text())


def requests(page: html.HtmlElement) -> list[str]:
    return page.xpath(".//div[@class='asked']/p[1]/a/@href")


async def test_the_repository_as_it_says_who_it_is(client: TestClient, house: House) -> None:
    await configured(house, "oai", repository_name="Museum & <b>", description="Old papers")
    page = await seen(client)
    assert requests(page) == [f"{BASE}?verb=Identify"]
    facts = {div.xpath("string(dt)"): div.xpath("string(dd)") for div in page.xpath("//dl/div")}
    assert facts["repositoryName"] == "Museum & <b>"
    assert facts["baseURL"] == BASE
    assert facts["deletedRecord"] == "persistent"
    assert page.xpath("//code[starts-with(., 'curl')]/text()") == [f"curl --compressed '{BASE}?verb=Identify'"]


async def test_each_page_says_what_its_request_says(client: TestClient, ask: Ask, dozen: Dozen) -> None:
    page = await seen(client, verb="ListSets")
    listed = (await ask(verb="ListSets")).all("//o:setSpec/text()")
    assert page.xpath("//tbody//a/code/text()") == listed
    counts = dict(zip(listed, page.xpath("//tbody/tr/td[2]/text()"), strict=True))
    assert counts["type"] == "10", "twelve, of which two are withdrawn"
    page = await seen(client, verb="ListMetadataFormats")
    assert page.xpath("//tbody//th//code/text()") == (await ask(verb="ListMetadataFormats")).all("//o:metadataPrefix/text()")


async def test_a_list_is_walked_by_its_tokens(client: TestClient, ask: Ask, dozen: Dozen) -> None:
    page = await seen(client, verb="ListRecords")
    found = page.xpath("//ol[@class='works']/li/div/code/text()")
    assert page.xpath("//h2/text()") == ["Records 1 to 5 of 12"]
    onward = page.xpath("//a[.='Next part']/@href")
    while onward:
        answer = await client.get(onward[0])
        page = html.document_fromstring(await answer.text())
        (address,) = requests(page)
        assert re.fullmatch(rf"{re.escape(BASE)}\?verb=ListRecords&resumptionToken=[\w.~-]+", address)
        theirs = await ask(address.partition("?")[2])
        ours = page.xpath("//ol[@class='works']/li/div/code/text()")
        assert [text.rpartition(":")[2] for text in ours] == theirs.ids, "a token is good for both"
        found += ours
        onward = page.xpath("//a[.='Next part']/@href")
    assert sorted(text.rpartition(":")[2] for text in found) == sorted(dozen.ids)
    assert page.xpath("//h2/text()") == ["Records 11 to 12 of 12"]


async def test_a_list_is_filtered_and_the_form_remembers_by_what(client: TestClient, dozen: Dozen) -> None:
    page = await seen(
        client, verb="ListRecords", set="type:dataset", from_="2026-03-14", until="2026-03-20", metadataPrefix="datacite"
    )
    assert requests(page) == [
        f"{BASE}?verb=ListRecords&metadataPrefix=datacite&set=type%3Adataset&from=2026-03-14&until=2026-03-20"
    ]
    assert [text.strip() for text in page.xpath("//a[@class='work']/text()")] == ["Work 0", "Work 6"]
    form = {field.get("name"): field.value for field in page.xpath("//form[.//@list='sets']//*[self::input or self::select]")}
    assert form == {
        "verb": "ListRecords", "metadataPrefix": "datacite", "set": "type:dataset", "from": "2026-03-14", "until": "2026-03-20",
    }  # fmt: skip
    assert "type:dataset" in page.xpath("//datalist/option/@value")
    page = await seen(client, verb="ListRecords", metadataPrefix="datacite", from_="2026-03-14T09:00:00Z")
    assert page.xpath("//input[@name='from']/@type") == ["text"], "a field for dates could not hold it"
    (onward,) = page.xpath("//a[.='Next part']/@href")
    page = html.document_fromstring(await (await client.get(onward)).text())
    assert page.xpath("//select[@id='metadataPrefix']/option[@selected]/text()") == ["datacite"]


async def test_one_record_in_all_its_formats(client: TestClient, ask: Ask, dozen: Dozen) -> None:
    identifier = f"oai:repository.example.org:{dozen.ids[3]}"
    page = await seen(client, verb="GetRecord", identifier=identifier)
    prefixes = (await ask(verb="ListMetadataFormats", identifier=identifier)).all("//o:metadataPrefix/text()")
    sections = page.xpath("//div[@class='documents']/section")
    assert [section.get("id") for section in sections] == prefixes
    for prefix, section in zip(prefixes, sections, strict=True):
        (address,) = requests(section)
        theirs = await ask(address.partition("?")[2])
        shown = etree.fromstring(section.xpath("string(pre)"))
        (record,) = theirs.all("//o:metadata")
        texts = [[text.strip() for text in each.itertext() if text.strip()] for each in (shown, record)]
        assert texts[0] == texts[1]
        assert f"metadataPrefix={prefix}" in address
    assert page.xpath("//h2/text()") == ["Work 3, revised"]
    (header,) = page.xpath("//details[contains(summary, 'The header')]/pre")
    assert identifier in header.text_content(), "once, and not with every format"
    assert not [section for section in sections if "<header" in section.text_content()]
    assert page.xpath("//a[.='Page of the work']/@href") == [f"/items/{dozen.ids[3]}"]
    page = await seen(client, verb="GetRecord", identifier=f"oai:repository.example.org:{dozen.ids[5]}")
    assert page.xpath("//span[@class='badge withdrawn']/text()")
    assert "<metadata>" not in page.text_content(), "it was withdrawn"


async def test_a_record_is_found_by_what_people_have_at_hand(client: TestClient, dozen: Dozen) -> None:
    page = await seen(client, verb="GetRecord")
    (example,) = page.xpath("//p[contains(., 'For example')]/a/code/text()")
    number = dozen.ids[3]
    url = "https://repository.example.org/items/"
    for typed in (
        example,
        f" {number} ",
        number.lower(),
        f"{url}{number}",
        f"{url}{number}?lang=de",
        f"{url}{number}/files/a.pdf",
    ):
        assert not (found := await seen(client, verb="GetRecord", identifier=typed)).xpath("//div[@class='notice bad']"), typed
        assert typed == example or found.xpath("//h2/text()") == ["Work 3, revised"]


async def test_errors_are_shown_in_their_words(client: TestClient, dozen: Dozen) -> None:
    for arguments, code in (
        ({"verb": "ListRecords", "set": "nothing"}, "noRecordsMatch"),
        ({"verb": "ListRecords", "from_": "2026-02-30"}, "badArgument"),
        ({"verb": "ListRecords", "metadataPrefix": "<b>"}, "badArgument"),
        ({"verb": "ListRecords", "resumptionToken": "nonsense\x00"}, "badResumptionToken"),
        ({"verb": "ListSets", "resumptionToken": "nonsense"}, "badResumptionToken"),
        ({"verb": "ListMetadataFormats", "identifier": "nothing"}, "idDoesNotExist"),
        ({"verb": "GetRecord", "identifier": "'\"><script>alert(1)</script>"}, "idDoesNotExist"),
    ):
        page = await seen(client, **arguments)
        assert page.xpath("//div[@class='notice bad']//code/text()") == [code], arguments
        assert not page.xpath("//script[not(@src)]")
    for path in ("/oai/explore?verb=Nothing", "/oai/explore?context=nothing", "/oai/explore/x"):
        answer = await client.get(path)
        assert (answer.status, answer.content_type) == (404, "text/html"), path


async def test_what_stands_in_a_record_is_text(client: TestClient, deposit: Deposit) -> None:
    await deposit(entry(title="&lt;script&gt;alert(1)&lt;/script&gt;"))
    answer = await client.get("/oai/explore?verb=ListRecords")
    text = await answer.text()
    assert "<script>alert" not in text
    assert "<script>alert(1)</script>" in unescape(text)


async def test_every_base_url_can_be_looked_at(client: TestClient, house: House, dozen: Dozen) -> None:
    await configured(house, "oai", contexts=[NARROW])
    page = await seen(client, context="narrow", verb="ListMetadataFormats")
    assert requests(page) == [f"{BASE}/narrow?verb=ListMetadataFormats"]
    assert page.xpath("//tbody//th//code/text()") == ["oai_dc"]
    assert page.xpath("//select[@id='context']/option[@selected]/@value") == ["narrow"]
    assert all("context=narrow" in href for href in page.xpath("//nav[@class='tabs']//a/@href"))
    page = await seen(client, context="narrow", verb="ListRecords", metadataPrefix="datacite")
    assert page.xpath("//div[@class='notice bad']//code/text()") == ["cannotDisseminateFormat"]


async def test_in_a_context_only_its_own_works_are_counted(client: TestClient, house: House, writer: Writer) -> None:
    few = {"path": "few", "title": "Few", "conditions": {"access": ["open"]}}
    await configured(house, "oai", contexts=[few])
    await writer.publish(access="open")
    await writer.publish(access="restricted")
    for context, counted in (("", "2"), ("few", "1")):
        page = await seen(client, context=context, verb="ListSets")
        counts = dict(zip(page.xpath("//tbody//a/code/text()"), page.xpath("//tbody/tr/td[2]/text()"), strict=True))
        assert counts["type"] == counted


async def test_a_work_of_thousands_holds_up_nobody(
    client: TestClient, house: House, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def noted(what: Callable[[object], object]) -> Callable[[object], object]:
        def work(given: object) -> object:
            threads.append(threading.current_thread())
            return what(given)

        return work

    monkeypatch.setattr(shown, "pretty", noted(pretty))
    monkeypatch.setattr(shown, "parse", noted(parse))
    work = await writer.publish(creators=tuple(Agent(family=f"Curie {number}", given="Marie") for number in range(3_000)))
    identifier = f"oai:repository.example.org:{work}"
    address = f"{BASE}?verb=GetRecord&identifier={identifier.replace(':', '%3A')}&metadataPrefix=oai_dc"
    for arguments in ({"verb": "ListRecords"}, {"verb": "GetRecord", "identifier": identifier}):
        page = await seen(client, **arguments)
        texts = page.xpath("//pre[@class='xml']")
        assert max(len(each.text_content()) for each in texts) == shown.LONGEST
        assert page.xpath("//a[.='The whole record']/@href")[0] in {address, *requests(page)}
    assert threads
    assert threading.main_thread() not in threads


async def test_switched_off_it_says_so(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.keeper.live, "of", lambda _kind: ())
    answer = await client.get("/oai/explore")
    assert (answer.status, answer.content_type) == (404, "text/html")
    assert "Harvesting is switched off here" in await answer.text()


async def test_it_counts_for_no_harvester_and_needs_no_login(client: TestClient, dozen: Dozen) -> None:
    page = await seen(client, verb="ListRecords")
    assert "csrf" not in page.text_content()
    assert (await client.post("/oai/explore")).status in {404, 405}
    assert '<a href="/oai/explore">' in await (await client.get("/")).text()
    assert "Disallow: /oai/explore" in await (await client.get("/robots.txt")).text()


def test_a_shell_takes_the_line_as_it_is() -> None:
    line = asked("https://a.example/oai", [("verb", "GetRecord"), ("identifier", "oai:a'b $(c)&é")]).curl
    assert line == "curl --compressed 'https://a.example/oai?verb=GetRecord&identifier=oai%3Aa%27b%20%24%28c%29%26%C3%A9'"


def test_an_element_is_laid_out_without_names_nobody_uses() -> None:
    root = etree.fromstring('<a xmlns="urn:a" xmlns:x="urn:x" xmlns:y="urn:y"><x:b><c>1</c><d/></x:b>tail</a>')
    assert pretty(root[0]) == '<x:b xmlns:x="urn:x" xmlns="urn:a">\n  <c>1</c>\n  <d/>\n</x:b>'
