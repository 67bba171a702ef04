"""The public pages: what they say, to whom, and with which headers."""

import re

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.identifiers import ledger
from server.identifiers.agencies.reserve import PLUGIN as RESERVE
from server.identifiers.model import AgencyState, Confirmed, Desired
from server.profiles import store as profiles
from server.publishing import prepare, withdraw
from server.records import store as records
from server.records.store import New, State
from tests.conftest import AUTH, Deposit, SetClock
from tests.items.works import RICH, kept

HOSTILE = "&lt;script&gt;alert(1)&lt;/script&gt;"


async def publish(house: House, record, number: str = "01J00000000000000000000001") -> str:
    from server.publishing import publish as make

    record = record if not callable(record) else record()
    prepared = prepare(house.press, number, record, house.clock())
    await house.database.write(make, house.press, New(number, record, "works", State.PUBLISHED), prepared, house.clock())
    return number


async def register(house: House, number: str) -> str:
    """Let the agency confirm the work's own DOI."""

    def settle(tx) -> str:
        entry = next(e for e in ledger.of_record(tx, number) if e.own)
        desired = Desired(entry.value, "https://repository.example.org/items/x", AgencyState.FINDABLE, b"<x/>")
        ticket = ledger.begin(tx, entry, desired, "d" * 64, "test", 1, house.clock())
        ledger.confirm(
            tx, ledger.get(tx, entry.id), ticket.submission, "d" * 64, Confirmed(200, ""), hidden=False, now=house.clock()
        )
        return entry.value

    return await house.database.write(settle)


async def reserve(house: House) -> None:
    await house.database.write(profiles.save, "reserve", "ours", RESERVE.account(prefix="10.5072"), house.seal, house.clock())


async def test_front_page_names_the_newest_works_and_the_machines_addresses(client: TestClient, deposit: Deposit) -> None:
    number = await deposit(title="Peas")
    await deposit(title="Secret draft", in_progress=True)
    answer = await client.get("/")
    page = await answer.text()
    assert answer.status == 200
    assert f'href="/items/{number}"' in page
    assert "One work is published here." in page
    assert "https://repository.example.org/oai" in page
    assert "/sword/v2/service-document" in page
    assert "Secret draft" not in page


async def test_the_front_page_leads_to_the_login(client: TestClient) -> None:
    page = await (await client.get("/")).text()
    assert page.count('href="/login"') == 1


async def test_an_empty_house_has_a_front_page_too(client: TestClient) -> None:
    answer = await client.get("/")
    assert answer.status == 200
    assert "Nothing is published here yet." in await answer.text()


async def test_item_page_says_what_the_record_knows(client: TestClient, house: House) -> None:
    number = await publish(house, RICH)
    page = await (await client.get(f"/items/{number}")).text()
    for words in (
        "Versuche über Pflanzen-Hybriden", "Journal article", "8 February 1865", "Mendel, Gregor", "https://orcid.org/0000-0002-1825-0097",
        "Verhandlungen, 4(1), 3\N{EN DASH}47", "CC BY 4.0", "German", "Supervisor", "Science Fund: 42", "plant hybrids", "Peer-reviewed",
        f"https://repository.example.org/items/{number}", f"{number}.oai_dc.xml", "open access", 'name="citation_title"',
    ):  # fmt: skip
        assert words in page, words


async def test_hostile_words_stay_words(client: TestClient, deposit: Deposit) -> None:
    number = await deposit(title=HOSTILE, creator="Doe&quot;&gt;&lt;img src=x onerror=alert(1)&gt;, Jane")
    for address in ("/", f"/items/{number}"):
        page = await (await client.get(address)).text()
        assert page.count("<script") == page.count('<script type="application/ld+json">') == address.count("items")
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert HOSTILE in page


async def test_titles_from_right_to_left_carry_language_and_direction(client: TestClient, deposit: Deposit) -> None:
    body = """<entry xmlns="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/"><title>x</title>
    <dcterms:title xml:lang="he">ספר המספר</dcterms:title><dcterms:type>Book</dcterms:type></entry>"""
    number = await deposit(body.encode())
    page = await (await client.get(f"/items/{number}")).text()
    assert '<h1 dir="auto" lang="he">ספר המספר</h1>' in page


async def test_a_doi_is_a_link_only_once_it_is_registered(client: TestClient, house: House, clock: SetClock) -> None:
    await reserve(house)
    number = await publish(house, RICH)
    first = await client.get(f"/items/{number}")
    page = await first.text()
    assert "10.5072/00000001" in page
    assert "reserved: not registered with an agency" in page
    assert "doi.org" not in page
    assert "cite-as" not in first.headers["Link"]
    clock.pass_time(minutes=1)
    value = await register(house, number)
    second = await client.get(f"/items/{number}", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    page = await second.text()
    assert second.status == 200, "the identifier's registration changed the page"
    assert f'href="https://doi.org/{value}"' in page
    assert "reserved" not in page
    assert second.headers["Link"].startswith(f'<https://doi.org/{value}>; rel="cite-as"')


async def test_signposts_lead_to_everything(client: TestClient, house: House) -> None:
    number = await publish(house, kept(house, RICH))
    for ask in (client.get, client.head):
        found = (await ask(f"/items/{number}")).headers["Link"]
        links = dict(re.findall(r'<([^>]+)>; rel="([^"]+)"', found))
        assert links["https://schema.org/ScholarlyArticle"] == "type"
        assert links["https://schema.org/AboutPage"] == "type"
        assert links["https://creativecommons.org/licenses/by/4.0/"] == "license"
        assert links["https://orcid.org/0000-0002-1825-0097"] == "author"
        assert links[f"https://repository.example.org/items/{number}/files/versuche%20%C3%BC.pdf"] == "item"
        assert 'rel="describedby"; type="application/xml"; profile="http://www.openarchives.org/OAI/2.0/oai_dc/"' in found


async def test_a_page_somebody_has_is_not_sent_again(client: TestClient, deposit: Deposit) -> None:
    number = await deposit()
    first = await client.get(f"/items/{number}")
    for condition in ({"If-None-Match": first.headers["ETag"]}, {"If-Modified-Since": first.headers["Last-Modified"]}):
        again = await client.get(f"/items/{number}", headers=condition)
        assert again.status == 304
        assert await again.read() == b""
        assert again.headers["ETag"] == first.headers["ETag"]
    stale = {"If-None-Match": '"other"', "If-Modified-Since": first.headers["Last-Modified"]}
    assert (await client.get(f"/items/{number}", headers=stale)).status == 200


async def test_every_page_is_protected(client: TestClient, deposit: Deposit) -> None:
    number = await deposit()
    for address in ("/", f"/items/{number}", "/items/nobody", "/nothing", "/login"):
        headers = (await client.get(address)).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], address
        assert "script-src 'self';" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Request-Id"]


async def test_drafts_and_unknown_works_are_the_same_404(client: TestClient, house: House, deposit: Deposit) -> None:
    draft = await deposit(title="Secret", in_progress=True)
    stored = New("01J00000000000000000000009", RICH, "works", State.DRAFT)
    await house.database.write(records.add, [stored], house.clock())
    for number in (draft, stored.id, "01J99999999999999999999999", "..%2f..%2fetc", "x'--"):
        answer = await client.get(f"/items/{number}")
        page = await answer.text()
        assert answer.status == 404
        assert "There is no work at this address." in page
        assert "Secret" not in page
        assert answer.headers["X-Request-Id"] in page
        assert (await client.get(f"/items/{number}/files/a.pdf")).status == 404


async def test_a_draft_that_was_withdrawn_is_not_revealed(client: TestClient, house: House) -> None:
    new = New("01J00000000000000000000009", RICH, "works", State.DRAFT)
    await house.database.write(records.add, [new], house.clock())
    stored = await house.database.read(records.get, new.id)
    await house.database.write(withdraw, house.press, stored, "no", house.clock())
    assert (await client.get(f"/items/{new.id}")).status == 404


async def test_a_withdrawn_work_leaves_a_tombstone_with_its_reason(client: TestClient, house: House) -> None:
    number = await publish(house, kept(house, RICH))
    stored = await house.database.read(records.get, number)
    await house.database.write(withdraw, house.press, stored, "A <b>mistake</b> in table 2", house.clock())
    for address in (f"/items/{number}", f"/items/{number}/files/versuche%20%C3%BC.pdf"):
        answer = await client.get(address)
        page = await answer.text()
        assert answer.status == 410
        assert "Versuche über Pflanzen-Hybriden" in page
        assert "A &lt;b&gt;mistake&lt;/b&gt; in table 2" in page
    assert number not in await (await client.get("/")).text()


async def test_a_tombstone_calls_what_took_its_place_by_its_title(client: TestClient, house: House, deposit: Deposit) -> None:
    later = await deposit(title="Peas, counted anew")
    for replacement, text in (
        (later, "Peas, counted anew"),
        (f"{house.settings.url}/items/{later}", "Peas, counted anew"),
        ("https://example.org/other", "https://example.org/other"),
    ):
        number = await deposit(title=f"Peas, see {replacement}")
        stored = await house.database.read(records.get, number)
        await house.database.write(withdraw, house.press, stored, "Counted anew.", house.clock(), replacement=replacement)
        page = await (await client.get(f"/items/{number}")).text()
        assert f">{text}</a></p>" in page.partition("In its place:")[2]


async def test_a_deleted_deposit_leaves_a_tombstone(client: TestClient, deposit: Deposit) -> None:
    number = await deposit()
    assert (await client.delete(f"/sword/v2/edit/{number}", headers=AUTH)).status == 204
    answer = await client.get(f"/items/{number}")
    assert answer.status == 410
    assert "Withdrawn by its depositor." in await answer.text()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nothing", 404),
        ("/items/", 404),
        ("/items/%00", 404),
        ("/items/x", 404),
        ("/items/%00/files/x", 404),
        ("/static/nothing.css", 404),
        ("/static/..%2fhtml%2fbase.html", 404),
    ],
)
async def test_errors_are_pages(client: TestClient, address: str, status: int) -> None:
    answer = await client.get(address)
    assert answer.status == status
    assert answer.content_type == "text/html"
    assert "Traceback" not in await answer.text()


async def test_another_method_is_refused_on_a_page(client: TestClient) -> None:
    answer = await client.post("/")
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


async def test_the_style_sheet_may_be_kept_for_a_year(client: TestClient) -> None:
    page = await (await client.get("/")).text()
    address = re.search(r'href="(/static/public\.css\?v=\w+)"', page)[1]
    answer = await client.get(address)
    assert answer.status == 200
    assert answer.content_type == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert (await client.get("/static/public.css")).headers["Cache-Control"] == "no-cache"
    assert (await client.get(address, headers={"If-None-Match": answer.headers["ETag"]})).status == 304
