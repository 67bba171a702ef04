"""Our client of DataCite: what it makes of every mood of the agency, and that it always arrives where it should."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import msgspec
import pytest

from server.identifiers.agencies import datacite
from server.identifiers.agencies.datacite import PLUGIN, Account, DataciteClient
from server.identifiers.model import Agency, AgencyState, Confirmed, Desired, Failed, Fault
from server.profiles.store import secret_fields
from server.registry import Registry
from tests.fakes.datacite import FakeDatacite, Mood
from tests.identifiers.conftest import TICKET, account, needs_schema

DOI = "10.82433/data.00000001"
URL = "https://repo.example.org/items/1"


def metadata(title: str = "Elements", creator: str = "<creator><creatorName>Euclid</creatorName></creator>") -> bytes:
    return (
        '<resource xmlns="http://datacite.org/schema/kernel-4">'
        f'<identifier identifierType="DOI">{DOI}</identifier><creators>{creator}</creators><titles><title>{title}</title></titles>'
        "<publisher>Ratdolt</publisher><publicationYear>1482</publicationYear>"
        '<resourceType resourceTypeGeneral="Book">Book</resourceType></resource>'
    ).encode()


def findable(url: str = URL, document: bytes | None = None) -> Desired:
    return Desired(DOI, url, AgencyState.FINDABLE, document or metadata())


def hidden(url: str = "https://repo.example.org/items/1") -> Desired:
    return Desired(DOI, url, AgencyState.HIDDEN, metadata())


def agrees(fake: FakeDatacite, desired: Desired) -> bool:
    there = fake.dois[desired.value]
    state = {AgencyState.FINDABLE: "findable", AgencyState.HIDDEN: "registered"}[desired.state]
    return (there.state, there.url, there.xml, bool(there.registered)) == (state, desired.url, desired.metadata, True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(datacite, "_TIMEOUT", aiohttp.ClientTimeout(total=2, connect=1, sock_read=0.15))


# When all is well.


async def test_a_doi_is_created_changed_hidden_and_shown_again(fake, client):
    for desired, status in [
        (findable(), 201),
        (findable(), 200),
        (findable("https://repo.example.org/items/1?moved"), 200),
        (findable(document=metadata("The Elements")), 200),
        (hidden("https://repo.example.org/tombstone/1"), 200),
        (findable(), 200),
    ]:
        answer = await client.agree(desired, TICKET)
        assert isinstance(answer, Confirmed)
        assert answer.status == status
        assert agrees(fake, desired)
        assert fake.handles[DOI] == desired.url


async def test_a_doi_the_agency_never_saw_is_hidden_without_ever_being_findable(fake, client):
    assert isinstance(await client.agree(hidden(), TICKET), Confirmed)
    assert agrees(fake, hidden())
    assert [call.json["data"]["attributes"]["event"] for call in fake.log] == ["hide", "register"]


async def test_a_draft_somebody_made_is_published_or_hidden(fake, client, session):
    for desired in (findable(), hidden()):
        fake.dois.clear()
        headers = {"Authorization": aiohttp.encode_basic_auth("INST.REPO", "correct horse")}
        await session.put(f"{fake.url}/dois/{DOI}", json={"data": {"type": "dois", "attributes": {"url": URL}}}, headers=headers)
        assert fake.dois[DOI].state == "draft"
        assert isinstance(await client.agree(desired, TICKET), Confirmed)
        assert agrees(fake, desired)


async def test_the_request_is_an_upsert_with_all_that_is_desired(fake, client):
    await client.agree(findable(), TICKET)
    call = fake.log[0]
    assert (call.method, call.path) == ("PUT", f"/dois/{DOI}")
    assert call.headers["Content-Type"] == "application/vnd.api+json"
    assert call.headers["User-Agent"].startswith("Sheaf/")
    assert set(call.json["data"]["attributes"]) == {"event", "url", "xml"}


async def test_a_session_that_names_its_operator_is_left_to_do_so(fake):
    async with aiohttp.ClientSession(
        headers={"User-Agent": "Sheaf/0.1 (+https://repo.example.org; mailto:it@example.org)"}
    ) as session:
        await DataciteClient(account(fake), session).agree(findable(), TICKET)
    assert "mailto:it@example.org" in fake.log[0].headers["User-Agent"]


# Every mood.


@pytest.mark.parametrize(
    ("mood", "fault", "status"),
    [
        (Mood.DOWN, Fault.TRANSIENT, 503),
        (Mood.LIMITED, Fault.TRANSIENT, 429),
        (Mood.HANDLE_DOWN, Fault.TRANSIENT, 201),
        (Mood.REFUSED, Fault.CREDENTIALS, 401),
        (Mood.GARBAGE, Fault.UNKNOWN, 200),
        (Mood.SLOW, Fault.UNKNOWN, None),
        (Mood.LOST, Fault.UNKNOWN, None),
        (Mood.CUT, Fault.UNKNOWN, None),
    ],
)
async def test_every_mood_has_its_fault_and_passes(fake, client, mood, fault, status):
    fake.mood = mood
    failed = await client.agree(findable(), TICKET)
    assert isinstance(failed, Failed)
    assert (failed.fault, failed.status) == (fault, status)
    assert failed.message.endswith(".")
    fake.mood = Mood.WELL
    assert isinstance(await client.agree(findable(), TICKET), Confirmed)
    assert agrees(fake, findable())
    assert set(fake.dois) == {DOI}


async def test_a_wait_the_agency_asks_for_is_passed_on(fake, client):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for header, least, most in [
        ("7", 7, 7),
        (soon, 80, 91),
        ("9" * 400, 86_400, 86_400),
        ("whenever", None, None),
        ("-1", None, None),
    ]:
        fake.moods.append(Mood.LIMITED)
        fake.retry_after = header
        failed = await client.agree(findable(), TICKET)
        assert failed.retry_after is None if least is None else least <= failed.retry_after <= most


async def test_a_lost_answer_says_that_repeating_is_safe(fake, client):
    fake.moods.extend([Mood.LOST, Mood.LOST])  # one loss is made good by the session itself, as PUT may be repeated
    assert "can safely be repeated" in (await client.agree(findable(), TICKET)).message
    assert agrees(fake, findable())


async def test_no_connection_at_all_is_transient(fake, client):
    await fake.stop()
    failed = await client.agree(findable(), TICKET)
    assert failed.fault is Fault.TRANSIENT
    assert failed.message.startswith("No connection to 127.0.0.1")


async def test_not_resolvable_yet_is_said_so(fake, client):
    fake.moods.append(Mood.HANDLE_DOWN)
    assert (await client.agree(findable(), TICKET)).message == "The DOI is not resolvable yet and will be sent again."


# What the agency refuses.


@needs_schema
async def test_bad_metadata_is_rejected_in_the_agencys_words(fake, client):
    failed = await client.agree(findable(document=metadata(creator="")), TICKET)
    assert (failed.fault, failed.status) == (Fault.REJECTED, 422)
    assert failed.message.startswith("DataCite answered 422: creators: DOI 10.82433/data.00000001: Missing child element(s).")
    assert '"source": "creators"' in failed.answer
    assert fake.dois == {}


async def test_an_address_outside_the_domains_of_the_repository_is_rejected(client):
    failed = await client.agree(findable("https://elsewhere.net/1"), TICKET)
    assert failed.fault is Fault.REJECTED
    assert "url: URL https://elsewhere.net/1 is not allowed" in failed.message


async def test_a_name_datacite_cannot_parse_is_rejected_and_a_foreign_prefix_is_a_matter_of_the_account(client):
    nonsense = await client.agree(Desired("not-a-doi", URL, AgencyState.FINDABLE, metadata()), TICKET)
    assert (nonsense.fault, nonsense.status) == (Fault.REJECTED, 404)
    foreign = await client.agree(Desired("10.14454/1", URL, AgencyState.FINDABLE, metadata()), TICKET)
    assert (foreign.fault, foreign.status) == (Fault.CREDENTIALS, 403)
    assert "prefix" in foreign.message


async def test_a_body_over_the_limit_is_never_a_success(fake, client):
    failed = await client.agree(findable(document=metadata("x" * 9 * 2**20)), TICKET)
    assert isinstance(failed, Failed)
    assert fake.dois == {}


ANSWERS = [
    ({"state": "draft"}, Fault.REJECTED),
    ({"state": "registered"}, Fault.UNKNOWN),
    ({"state": "flagged"}, Fault.UNKNOWN),
    ({"state": None}, Fault.UNKNOWN),
    ({"url": "https://elsewhere.net"}, Fault.UNKNOWN),
    ({"url": None}, Fault.UNKNOWN),
    ({"url": "http://[bad"}, Fault.UNKNOWN),
    ({"doi": "10.82433/other"}, Fault.UNKNOWN),
    ({"registered": None}, Fault.TRANSIENT),
    ({"registered": ""}, Fault.TRANSIENT),
]


@pytest.mark.parametrize(("said", "fault"), ANSWERS)
def test_an_answer_is_believed_only_where_it_shows_what_was_desired(said, fault):
    attributes = {"doi": DOI.upper(), "state": "findable", "url": URL, "registered": "2026-01-01T00:00:00Z"}
    judge = DataciteClient(offline(), Speechless())._judge

    def body(**changes: object) -> datacite.Answer:
        return datacite.Answer(200, None, msgspec.json.encode({"data": {"attributes": attributes | changes}}).decode())

    assert isinstance(judge(findable(), body()), Confirmed)
    assert judge(findable(), body(**said)).fault is fault


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", '{"data": []}', '{"data": {"attributes": 7}}', "[" * 100_000, "\x00", '{"data": {"attributes": {}}}'],
)
def test_whatever_comes_is_unknown_and_never_a_crash(body):
    client = DataciteClient(offline(), Speechless())
    assert client._judge(findable(), datacite.Answer(200, None, body)).fault is Fault.UNKNOWN
    for status in (302, 400, 401, 405, 409, 418, 425, 500, 599):
        assert isinstance(client._refusal(datacite.Answer(status, None, body)), Failed)


@pytest.mark.parametrize(
    ("status", "fault"),
    [(302, Fault.UNKNOWN), (400, Fault.REJECTED), (405, Fault.REJECTED), (408, Fault.TRANSIENT), (409, Fault.TRANSIENT), (425, Fault.TRANSIENT),
     (500, Fault.TRANSIENT), (502, Fault.TRANSIENT), (504, Fault.TRANSIENT), (413, Fault.REJECTED)],
)  # fmt: skip
def test_statuses_the_stand_in_has_no_mood_for(status, fault):
    assert DataciteClient(offline(), Speechless())._refusal(datacite.Answer(status, None, "")).fault is fault


class Speechless:
    headers: dict[str, str] = {}  # noqa: RUF012 - nothing is ever sent with it


# The account.


def offline(**changes: object) -> Account:
    return Account(
        **({"prefix": "10.82433", "account_id": "INST.REPO", "password": "correct horse", "environment": "test"} | changes)
    )


async def test_the_account_is_tested_without_changing_anything(fake, session):
    async def tested(**changes: object) -> Confirmed | Failed:
        return await DataciteClient(account(fake, **changes), session).test()

    assert isinstance(await tested(), Confirmed)
    assert isinstance(await tested(password="DC." + "k" * 32), Confirmed)
    assert (await tested(password="wrong")).status == 401
    assert (await tested(account_id="INST.ASLEEP", password="asleep")).status == 403
    other = await tested(account_id="OTHER.REPO", password="other")
    assert (other.fault, "prefix 10.82433" in other.message) == (Fault.CREDENTIALS, True)
    fake.mood = Mood.DOWN
    assert (await tested()).fault is Fault.TRANSIENT
    fake.mood = Mood.GARBAGE
    assert (await tested()).fault is Fault.UNKNOWN
    assert fake.dois == {}


async def test_secrets_are_in_no_message_answer_or_representation(fake, session):
    secret = 's3cr"et / päß'
    settings = account(fake, password=secret)
    shown = [repr(settings), str(list(settings.__rich_repr__()))]
    client = DataciteClient(settings, session)
    token = aiohttp.encode_basic_auth("INST.REPO", secret).removeprefix("Basic ")
    for mood in Mood:
        fake.moods.append(mood)
        shown.append(repr(await client.agree(findable(), TICKET)))
    echo = datacite.Answer(422, None, msgspec.json.encode({"errors": [{"title": f"{secret} {token}"}]}).decode())
    shown.append(repr(client._refusal(echo)))
    for text in shown:
        assert not {secret, token, "s3cr"} & {part for part in (secret, token, "s3cr") if part in text}
    assert secret_fields(Account) == {"password"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account_id": "INST"}, "account_id"),
        ({"account_id": "INST.REPO:x"}, "account_id"),
        ({"password": ""}, "password"),
        ({"environment": "staging"}, "environment"),
        ({"prefix": "10.1234567"}, "prefix"),
        ({"prefix": "10.ABC"}, "prefix"),
        ({"endpoint": "https://api.datacite.org"}, "endpoint"),
        ({"endpoint": "http://127.0.0.1.example.org"}, "endpoint"),
        ({"endpoint": "http://me:secret@127.0.0.1"}, "endpoint"),
        ({"endpoint": "ftp://127.0.0.1"}, "endpoint"),
        ({"endpoint": "http://[::1"}, "endpoint"),
        ({"endpoint": "http://localhost:99999"}, "endpoint"),
        ({"endpoint": "http://127.0.0.1:80", "environment": "production"}, "endpoint"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_profile_that_cannot_be_right_is_refused_by_the_name_of_its_field(changes, field):
    good = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "p", "environment": "test"}
    msgspec.convert(good, Account)
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(good | changes, Account)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8080/", "https://localhost", "http://[::1]:1"])
def test_an_endpoint_on_this_machine_is_allowed_with_the_test_environment(endpoint):
    assert offline(endpoint=endpoint).address == endpoint.rstrip("/")


def test_without_an_endpoint_the_environment_decides():
    assert offline().address == "https://api.test.datacite.org"
    assert offline(environment="production").address == "https://api.datacite.org"


def test_the_agency_is_found_on_its_shelf():
    shelf = Registry("server.identifiers.agencies", Agency, lambda agency: agency.name)
    assert shelf["datacite"] is PLUGIN
    assert (PLUGIN.scheme.name, PLUGIN.metadata) == ("doi", "datacite")


# Whatever happens, it arrives.


@pytest.mark.parametrize("seed", range(40))
async def test_after_any_script_of_faults_the_agency_says_what_is_desired(fake, client, seed):
    dice = random.Random(seed)
    fake.slowness = 0.2
    fake.moods.extend(dice.choices(list(Mood), k=dice.randint(1, 8)))
    wishes = [
        findable(),
        hidden(),
        findable("https://repo.example.org/items/1?moved"),
        findable(document=metadata("The Elements")),
    ]
    desired = dice.choice(wishes)
    for _ in range(40):
        if dice.random() < 0.3 and fake.moods:
            desired = dice.choice(wishes)  # the record changes while the agency is not well
        if isinstance(await client.agree(desired, TICKET), Confirmed):
            assert agrees(fake, desired), "confirmed, but not so"
            if not fake.moods:
                break
    assert isinstance(await client.agree(desired, TICKET), Confirmed)
    assert agrees(fake, desired)
    assert fake.handles == {DOI: desired.url}
    assert set(fake.dois) == {DOI}


async def test_two_workers_that_send_the_same_do_no_harm(fake, client):
    answers = await asyncio.gather(*(client.agree(findable(), TICKET) for _ in range(8)))
    assert all(isinstance(answer, Confirmed) for answer in answers)
    assert agrees(fake, findable())


async def test_known_limit_a_handle_outage_during_a_change_of_address_does_not_show_in_the_answer(fake, client):
    """DataCite keeps `registered` from the first time; only the next sending of the DOI mends the handle."""
    moved = findable("https://repo.example.org/items/1?moved")
    await client.agree(findable(), TICKET)
    fake.moods.append(Mood.HANDLE_DOWN)
    assert isinstance(await client.agree(moved, TICKET), Confirmed)
    assert fake.handles[DOI] == URL
    await client.agree(moved, TICKET)
    assert fake.handles[DOI] == moved.url
