"""The client of a handle server: what it sends, what it makes of every answer, and that another's handle is left alone."""

import base64
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from server.identifiers.agencies.handle import PLUGIN
from server.identifiers.handle import client as speaking
from server.identifiers.handle import line
from server.identifiers.handle.account import Account
from server.identifiers.handle.answers import parse
from server.identifiers.handle.client import HandleClient
from server.identifiers.model import AgencyState, Confirmed, Desired, Failed, Fault, Listed, Ticket, Told
from server.profiles.model import Wrong
from server.profiles.reading import read
from tests.fakes.handle import FakeHandleServer, Mood

NAME = "10536/DRO/DU:1"
URL = "https://repository.example.org/items/1"
SECRET = "correct horse:ü"
ADMIN = {"handle": "0.NA/10536", "index": 200, "permissions": "111111111111"}


def account(url: str = "https://handle.example.org", **changes: object) -> Account:
    fields = {
        "prefix": "10536/DRO/", "suffix": "DU:", "server": url, "environment": "test", "administrator": "300:0.NA/10536",
        "secret": SECRET,
    }  # fmt: skip
    return read(Account, fields | changes)


def wanted(url: str = URL) -> Desired:
    return Desired(NAME, url, AgencyState.FINDABLE, b"")


FIRST = Ticket(1, 1)
AGAIN = Ticket(2, 2, addresses=frozenset({URL}))


@pytest.fixture
async def fake() -> AsyncIterator[FakeHandleServer]:
    fake = FakeHandleServer(secret=SECRET)
    fake.slowness = 0.8
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def client(fake: FakeHandleServer) -> AsyncIterator[HandleClient]:
    async with aiohttp.ClientSession() as session:
        yield HandleClient(account(fake.url), session)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_TIMEOUT", aiohttp.ClientTimeout(total=2, connect=1, sock_read=0.3))


def said(fake: FakeHandleServer) -> list[tuple[str, dict[str, str]]]:
    return [(call.method, dict(call.query)) for call in fake.log]


# When all is well.


async def test_a_handle_is_made_with_its_administrator_where_there_is_none_and_looked_at(
    fake: FakeHandleServer, client: HandleClient
) -> None:
    assert isinstance(await client.agree(wanted(), FIRST), Confirmed)
    assert said(fake) == [("PUT", {"overwrite": "false"}), ("GET", {"auth": "true"})]
    values = json.loads(fake.log[0].body)
    assert [(v["index"], v["type"], v["data"]) for v in values] == [
        (100, "HS_ADMIN", {"format": "admin", "value": ADMIN}),
        (1, "URL", {"format": "string", "value": URL}),
    ]
    sent = base64.b64decode(fake.log[0].headers["Authorization"].partition(" ")[2]).decode()
    assert sent == f"300%3A0.NA/10536:{SECRET}"
    assert fake.log[0].path == f"/api/handles/{NAME}", "nothing is inserted, and nothing is lost on the way"


async def test_what_was_sent_before_is_looked_at_first_and_only_its_address_is_changed(
    fake: FakeHandleServer, client: HandleClient
) -> None:
    there = fake.lead(NAME, URL)
    there.values[2] = {"index": 2, "type": "EMAIL", "data": {"format": "string", "value": "a@example.org"}, "ttl": 1}
    moved = "https://repository.example.org/items/2"
    assert isinstance(await client.agree(wanted(moved), AGAIN), Confirmed)
    assert said(fake) == [("GET", {"auth": "true"}), ("PUT", {"overwrite": "true", "index": "1"}), ("GET", {"auth": "true"})]
    assert (there.url, sorted(there.values)) == (moved, [1, 2, 100])
    assert [value["index"] for value in json.loads(fake.log[1].body)] == [1]


async def test_what_leads_there_already_is_not_sent_again(fake: FakeHandleServer, client: HandleClient) -> None:
    fake.lead(NAME, URL)
    assert isinstance(await client.agree(wanted(), AGAIN), Confirmed)
    assert said(fake) == [("GET", {"auth": "true"})]


async def test_one_that_is_gone_is_made_again(fake: FakeHandleServer, client: HandleClient) -> None:
    assert isinstance(await client.agree(wanted(), AGAIN), Confirmed)
    assert [method for method, _ in said(fake)] == ["GET", "PUT", "GET"]
    assert sorted(fake.handles[NAME.casefold()].values) == [1, 100]


# Another's handle.


async def test_another_s_handle_is_found_out_and_left_as_it_is(fake: FakeHandleServer, client: HandleClient) -> None:
    fake.lead(NAME, "https://elsewhere.example.org/x")
    for ticket in (FIRST, AGAIN):
        outcome = await client.agree(wanted(), ticket)
        assert isinstance(outcome, Failed)
        assert outcome.fault is Fault.REJECTED
        assert "leads to https://elsewhere.example.org/x, where we never sent it; it is left as it is" in outcome.message
    assert fake.handles[NAME.casefold()].url == "https://elsewhere.example.org/x"


async def test_one_without_an_address_is_another_s_too(fake: FakeHandleServer, client: HandleClient) -> None:
    fake.put(NAME, {100: fake.lead("10536/x", URL).values[100]})
    outcome = await client.agree(wanted(), FIRST)
    assert isinstance(outcome, Failed)
    assert "has no address at index 1" in outcome.message


async def test_one_that_leads_here_already_is_taken_for_ours_and_one_nobody_can_change_is_remarked_on(
    fake: FakeHandleServer, client: HandleClient
) -> None:
    del fake.lead(NAME, URL).values[100]
    outcome = await client.agree(wanted(), FIRST)
    assert isinstance(outcome, Confirmed)
    assert outcome.remark == "The handle has no HS_ADMIN value: nobody can change it any more."


async def test_one_that_was_confirmed_before_is_led_back_whoever_changed_it(fake: FakeHandleServer, client: HandleClient) -> None:
    fake.lead(NAME, "https://elsewhere.example.org/x")
    assert isinstance(await client.agree(wanted(), Ticket(2, 2, addresses=frozenset({URL}), known=True)), Confirmed)
    assert fake.handles[NAME.casefold()].url == URL


# What goes wrong.


@pytest.mark.parametrize(
    ("mood", "fault", "words"),
    [
        (Mood.DOWN, Fault.TRANSIENT, "503"),
        (Mood.BUSY, Fault.TRANSIENT, "answered 3: it is too busy"),
        (Mood.LIMITED, Fault.TRANSIENT, "429"),
        (Mood.CUT, Fault.UNKNOWN, "was lost"),
        (Mood.LOST, Fault.UNKNOWN, "looked at before anything is sent again"),
        (Mood.SLOW, Fault.UNKNOWN, "was lost"),
        (Mood.GARBAGE, Fault.UNKNOWN, "no response code"),
        (Mood.REFUSED, Fault.CREDENTIALS, "check server, administrator and key of the profile"),
    ],
)
async def test_each_mood_has_its_class_and_its_words(
    fake: FakeHandleServer, client: HandleClient, mood: Mood, fault: Fault, words: str
) -> None:
    fake.mood = mood  # for as long as that lasts: who is cut off asks once more by himself
    outcome = await client.agree(wanted(), FIRST)
    fake.mood = Mood.WELL
    assert isinstance(outcome, Failed)
    assert (outcome.fault, words in outcome.message) == (fault, True), outcome
    assert outcome.retry_after == (7.0 if mood is Mood.LIMITED else None)
    assert isinstance(await client.agree(wanted(), AGAIN), Confirmed), "whatever became of the first"
    assert fake.handles[NAME.casefold()].made == 1


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (2, Fault.TRANSIENT), (3, Fault.TRANSIENT), (4, Fault.REJECTED), (5, Fault.CREDENTIALS), (7, Fault.TRANSIENT),
        (102, Fault.REJECTED), (202, Fault.REJECTED), (301, Fault.CREDENTIALS), (302, Fault.CREDENTIALS), (303, Fault.CREDENTIALS),
        (400, Fault.CREDENTIALS), (401, Fault.CREDENTIALS), (402, Fault.CREDENTIALS), (403, Fault.CREDENTIALS),
        (404, Fault.CREDENTIALS), (999, Fault.UNKNOWN),
    ],
)  # fmt: skip
async def test_each_response_code_has_its_class(code: int, fault: Fault) -> None:
    async with aiohttp.ClientSession() as session:
        failed = HandleClient(account(), session)._line.refusal(parse(500, json.dumps({"responseCode": code, "handle": NAME})))
    assert (failed.fault, f"answered {code}: " in failed.message) == (fault, True)


async def test_an_authority_that_lives_elsewhere_stops_the_profile_and_not_the_work(fake: FakeHandleServer) -> None:
    async with aiohttp.ClientSession() as session:
        client = HandleClient(account(fake.url, prefix="10537/"), session)
        outcome = await client.agree(Desired("10537/1", URL, AgencyState.FINDABLE, b""), FIRST)
    assert isinstance(outcome, Failed)
    assert outcome.fault is Fault.CREDENTIALS
    assert "answered 301: That prefix doesn't live here" in outcome.message


async def test_a_closed_door_is_transient() -> None:
    async with aiohttp.ClientSession() as session:
        outcome = await HandleClient(account("http://127.0.0.1:9"), session).agree(wanted(), FIRST)
    assert isinstance(outcome, Failed)
    assert outcome.fault is Fault.TRANSIENT


@pytest.mark.parametrize("body", ["", "null", "[]", '{"responseCode":"1"}', '{"responseCode":1,"handle":"x/y"}', "[" * 99_999])
def test_any_body_is_an_answer(body: str) -> None:
    found = parse(200, body)
    assert (found.url, found.has_admin, found.values) == (None, False, ())


def test_an_address_is_read_with_its_format_and_bare() -> None:
    for data in ("https://x", {"format": "string", "value": "https://x"}):
        values = [{"index": 1, "type": "URL", "data": data}, {"index": 2, "type": "URL", "data": "https://other"}]
        assert parse(200, json.dumps({"responseCode": 1, "values": values})).url == "https://x"


# The account.


async def test_the_account_is_tested_and_nothing_changes(fake: FakeHandleServer, client: HandleClient) -> None:
    fake.lead(NAME, URL)
    fine = await client.test()
    assert isinstance(fine, Confirmed)
    assert fine.answer == "1 handles are there under 10536."
    fake.may_list = False
    known = await client.test()
    assert isinstance(known, Confirmed)
    assert "is known there" in known.answer
    fake.secret = "another"
    refused = await client.test()
    assert isinstance(refused, Failed)
    assert refused.fault is Fault.CREDENTIALS
    assert {call.method for call in fake.log} == {"GET"}


async def test_what_is_there_can_be_read_and_listed(
    fake: FakeHandleServer, client: HandleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "_PAGE", 3)
    for n in range(1, 8):
        fake.lead(f"10536/DRO/DU:{n}", f"{URL}{n}")
    fake.lead("10536/other", URL)
    assert await client.look("10536/DRO/DU:4") == Told("10536/DRO/DU:4", f"{URL}4")
    assert await client.look("10536/DRO/DU:9") is None
    names, cursor = [], ""
    while True:
        page = await client.every(cursor)
        assert isinstance(page, Listed)
        names += [told.value for told in page.told]
        if not (cursor := page.cursor):
            break
    assert names == [f"10536/DRO/DU:{n}" for n in range(1, 8)]


async def test_secrets_are_in_nothing_that_is_said(fake: FakeHandleServer) -> None:
    settings = account(fake.url)
    assert SECRET not in repr(settings)
    async with aiohttp.ClientSession() as session:
        client = HandleClient(settings, session)
        token = client._line._headers["Authorization"].partition(" ")[2]
        echo = parse(403, json.dumps({"responseCode": 403, "handle": NAME, "message": f"{SECRET} {token}"}))
        assert SECRET not in str(client._line.refusal(echo))
        assert token not in str(client._line.refusal(echo))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("server", {"server": "http://handle.example.org:8000"}),
        ("server", {"server": "http://127.0.0.1:8000", "environment": "production"}),
        ("server", {"server": "handle.example.org"}),
        ("server", {"server": "https://me:secret@handle.example.org"}),
        ("server", {"server": "https://handle.example.org/?a=b"}),
        ("administrator", {"administrator": "0.NA/10536"}),
        ("administrator", {"administrator": "300:0.NA"}),
        ("owner", {"owner": "admin"}),
        ("permissions", {"permissions": "1111"}),
        ("permissions", {"permissions": "000000000000"}),
        ("prefix", {"prefix": "10536"}),
        ("authentication", {"authentication": "none"}),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(field: str, values: dict[str, object]) -> None:
    with pytest.raises(Wrong) as caught:
        account(**values)
    assert caught.value.fields.keys() == {field}


def test_the_administrator_of_new_handles_is_the_group_of_the_authority_unless_another_is_named() -> None:
    assert account().admin == (200, "0.NA/10536")
    assert account(owner="101:10536/ADMIN").admin == (101, "10536/ADMIN")
    assert PLUGIN.scheme.compose(account(start=3001), "dataset.dataset", 3001) == "10536/DRO/DU:3001"
