"""Our client of Crossref: what it makes of every page and every diagnostic, and that no secret ever leaves it."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from lxml import etree

from server.identifiers.agencies.crossref import PLUGIN
from server.identifiers.crossref import client as speaking
from server.identifiers.crossref.account import Account
from server.identifiers.crossref.client import CrossrefClient, file_name
from server.identifiers.crossref.diagnostic import Fate, Receipt, diagnostic, receipt, verdict
from server.identifiers.model import Agency, AgencyState, Confirmed, Desired, Failed, Fault, Pending, Ticket
from server.identifiers.schemes.doi import Label
from server.metadata.crossref.document import body
from server.metadata.crossref.record_types import BARRED
from server.profiles.store import secret_fields
from server.records import model
from server.records.vocabulary import TYPES
from server.registry import Registry
from tests.fakes.crossref import OUTAGE, FakeCrossref, Mood
from tests.fakes.crossref_schema import CROSSREF, XSD
from tests.metadata import famous

needs_schema = pytest.mark.skipif(not XSD.exists(), reason="needs agencies/crossref of SHEAF_SHARED")

DOI = "10.82433/data.00000001"
PASSWORD = "correct horse/&?ü"
STAMP = 20261122120000000
RESULTS = CROSSREF / "results"


def wanted(title: str = "Elements") -> Desired:
    work = famous.work(1, model.Record(type="dataset.dataset", title=model.Text(value=title)), doi=DOI)
    return Desired(DOI, work.landing_url, AgencyState.FINDABLE, body(work, repository="Museum", withdrawn=False))


def ticket(number: int = 1, *, waiting: bool = False, **age: float) -> Ticket:
    return Ticket(number, STAMP + number, waiting, timedelta(**age), known=True)


def account(url: str = "", **changes: object) -> Account:
    fields = {
        "prefix": "10.82433", "registration_name": "Museum of Old Papers", "email": "library@example.org",
        "repository_name": "Museum", "account_id": "role", "password": PASSWORD, "environment": "test", "endpoint": url,
    }  # fmt: skip
    return Account(**(fields | changes))


@pytest.fixture
async def service() -> AsyncIterator[FakeCrossref]:
    fake = FakeCrossref()
    fake.members[0].password = PASSWORD
    fake.slowness = 0.8
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def client(service: FakeCrossref) -> AsyncIterator[CrossrefClient]:
    async with aiohttp.ClientSession() as session:
        yield CrossrefClient(account(service.url), session)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(speaking, "_TIMEOUT", aiohttp.ClientTimeout(total=2, connect=1, sock_read=0.4))


# When all is well.


@needs_schema
async def test_a_deposit_is_handed_in_asked_after_and_confirmed(service, client):
    service.rests.append(2)
    service.unseens.append(1)
    sent = await client.agree(wanted(), ticket())
    assert isinstance(sent, Pending)
    assert sent.wait == 5
    for said in ("does not show it yet", "is working at it"):
        waits = await client.agree(wanted(), ticket(waiting=True, seconds=60))
        assert isinstance(waits, Pending)
        assert said in waits.message
        assert waits.wait == 30
        service.submissions[0].rest = 9
    service.finish()
    answer = await client.agree(wanted(), ticket(waiting=True))
    assert isinstance(answer, Confirmed)
    assert (answer.status, answer.remark) == (200, "")
    assert (service.dois[DOI].version, service.dois[DOI].title) == (STAMP + 1, "Elements")


@needs_schema
async def test_the_request_is_the_one_that_is_documented(service, client):
    await client.agree(wanted(), ticket(7))
    call = service.log[0]
    assert (call.method, call.path, call.query) == ("POST", "/servlet/deposit", {})
    assert call.fields == {"operation": "doMDUpload", "login_id": "role", "login_passwd": PASSWORD}
    assert call.file_name == file_name(DOI, ticket(7)) == f"10-82433-data-00000001-7-{STAMP + 7}.xml"
    await client.agree(wanted(), ticket(7, waiting=True))
    assert service.log[1].query == {"usr": "role", "pwd": PASSWORD, "file_name": call.file_name, "type": "result"}


@needs_schema
async def test_the_other_version_of_the_schema_is_taken_too(service):
    work = famous.work(1, model.Record(type="dataset.dataset", title=model.Text(value="Elements")), doi=DOI)
    settings = account(service.url, schema="5.5.0")
    assert PLUGIN.document is not None
    desired = Desired(DOI, work.landing_url, AgencyState.FINDABLE, PLUGIN.document(work, settings, AgencyState.FINDABLE))
    async with aiohttp.ClientSession() as session:
        client = CrossrefClient(settings, session)
        await client.agree(desired, ticket())
        assert isinstance(await client.agree(desired, ticket(waiting=True)), Confirmed)
    assert b'version="5.5.0"' in service.submissions[0].content


def test_no_two_submissions_have_one_file_name():
    assert file_name(DOI, ticket(1)) != file_name(DOI, ticket(2)) != file_name("10.82433/data.00000002", ticket(2))
    assert len(file_name("10.82433/" + "x" * 200, ticket(10**9)).encode()) < 104


# Every mood.


@needs_schema
@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        (Mood.DOWN, (Fault.TRANSIENT, 503)), (Mood.LIMITED, (Fault.TRANSIENT, 429)), (Mood.REFUSED, (Fault.CREDENTIALS, 200)),
        (Mood.FAILING, (Fault.TRANSIENT, 200)),
        (Mood.GARBAGE, 200), (Mood.SLOW, None), (Mood.LOST, None), (Mood.CUT, None),
    ],
)  # fmt: skip
async def test_a_deposit_in_every_mood_is_refused_for_now_or_asked_after(service, client, mood, outcome):
    service.moods.append(mood)
    answer = await client.agree(wanted(), ticket())
    if isinstance(answer, Failed):
        assert (answer.fault, answer.status) == outcome
        assert service.submissions == []
    else:
        assert isinstance(answer, Pending)
        assert answer.status == outcome


@needs_schema
@pytest.mark.parametrize("mood", [m for m in Mood if m is not Mood.WELL])
async def test_asking_in_every_mood_never_gives_up_what_was_handed_in(service, client, mood):
    await client.agree(wanted(), ticket())
    service.moods.append(mood)
    answer = await client.agree(wanted(), ticket(waiting=True))
    if mood not in {Mood.CUT, Mood.LOST}:  # a question whose connection broke is asked once more at once
        assert isinstance(answer, Failed)
        assert answer.fault is (Fault.CREDENTIALS if mood is Mood.REFUSED else Fault.TRANSIENT)
    assert isinstance(await client.agree(wanted(), ticket(waiting=True)), Confirmed)


async def test_nobody_there_is_transient():
    async with aiohttp.ClientSession() as session:
        nowhere = CrossrefClient(account("http://127.0.0.1:9"), session)
        for waiting in (False, True):
            answer = await nowhere.agree(wanted(), ticket(waiting=waiting))
            assert isinstance(answer, Failed)
            assert answer.fault is Fault.TRANSIENT


async def test_a_submission_that_is_not_known_is_waited_for_and_then_sent_again(client):
    assert isinstance(await client.agree(wanted(), ticket(waiting=True, minutes=29)), Pending)
    answer = await client.agree(wanted(), ticket(waiting=True, minutes=31))
    assert isinstance(answer, Failed)
    assert answer.fault is Fault.UNKNOWN


@needs_schema
async def test_waits_grow_and_end(service, client):
    service.rests.append(1000)
    await client.agree(wanted(), ticket())
    waits = [await client.agree(wanted(), ticket(waiting=True, minutes=n)) for n in (0, 1, 10, 600)]
    assert [wait.wait for wait in waits if isinstance(wait, Pending)] == [5, 30, 300, 900]
    stuck = await client.agree(wanted(), ticket(waiting=True, days=4))
    assert isinstance(stuck, Failed)
    assert stuck.fault is Fault.UNKNOWN


# What a completed submission means.


@needs_schema
async def test_a_refusal_is_in_their_words(service, client):
    broken = Desired(
        DOI, "x", AgencyState.FINDABLE, wanted().metadata.replace(b"<titles>", b"<tttles>").replace(b"</titles>", b"</tttles>")
    )
    await client.agree(broken, ticket())
    answer = await client.agree(broken, ticket(waiting=True))
    assert isinstance(answer, Failed)
    assert answer.fault is Fault.REJECTED
    assert "Error validating schema crossref5.4.0.xsd" in answer.message


@needs_schema
async def test_a_conflict_is_registered_with_a_remark(service, client):
    service.conflicting.add(DOI)
    service.twices.append(True)
    await client.agree(wanted(), ticket())
    answer = await client.agree(wanted(), ticket(waiting=True))
    assert isinstance(answer, Confirmed)
    assert "Added with conflict (with 10.5555/x9)" in answer.remark


@needs_schema
async def test_who_deposited_before_with_a_greater_stamp_is_overtaken(service, client):
    await client.agree(wanted("Of another system"), ticket(99))
    await client.agree(wanted(), ticket(1))
    answer = await client.agree(wanted(), ticket(1, waiting=True))
    assert isinstance(answer, Failed)
    assert (answer.fault, answer.above) == (Fault.UNKNOWN, STAMP + 99)
    service.names_old = False
    await client.agree(wanted(), ticket(2))
    answer = await client.agree(wanted(), ticket(2, waiting=True))
    assert isinstance(answer, Failed)
    assert (answer.fault, answer.above) == (Fault.REJECTED, 0)


@needs_schema
async def test_a_prefix_of_somebody_else_is_the_accounts_fault(service, client):
    service.members[0].prefixes = ()
    await client.agree(wanted(), ticket())
    answer = await client.agree(wanted(), ticket(waiting=True))
    assert isinstance(answer, Failed)
    assert answer.fault is Fault.CREDENTIALS


@pytest.mark.skipif(not RESULTS.exists(), reason="needs agencies/crossref/results of SHEAF_SHARED")
@pytest.mark.parametrize(
    ("file", "doi", "fate"),
    [
        ("success.xml", "10.5555/x1", Fate.REGISTERED), ("updated.xml", "10.5555/X1", Fate.REGISTERED),
        ("citations-deferred.xml", "10.5555/x1", Fate.REGISTERED), ("warning-conflict.xml", "10.5555/x1", Fate.CONFLICT),
        ("version-failure-mixed.xml", "10.5555/x1", Fate.REGISTERED), ("version-failure-mixed.xml", "10.5555/x2", Fate.OVERTAKEN),
        ("version-failure-names-old.xml", "10.5555/x1", Fate.OVERTAKEN), ("schema-failure-no-doi.xml", "10.5555/x1", Fate.REFUSED),
        ("orcid-checksum-failure.xml", "10.5555/x1", Fate.REFUSED), ("success.xml", "10.5555/another", Fate.SILENT),
    ],
)  # fmt: skip
def test_observed_results_are_understood(file, doi, fate):
    found = diagnostic((RESULTS / file).read_text())
    assert found is not None
    assert found.status == "completed"
    assert verdict(found.records, doi, STAMP).fate is fate


def test_the_same_document_processed_twice_is_registered():
    text = (
        '<doi_batch_diagnostic status="completed"><record_diagnostic status="Failure" msg_id="4"><doi>10.5555/x</doi><msg>Record not '
        f"processed because submitted version: {STAMP} is less or equal to previously submitted version {STAMP}</msg>"
        "</record_diagnostic></doi_batch_diagnostic>"
    )
    found = diagnostic(text)
    assert found is not None
    assert verdict(found.records, "10.5555/x", STAMP).fate is Fate.REGISTERED


def test_a_doi_that_succeeded_and_failed_in_one_result_is_registered():
    text = "".join(
        f'<record_diagnostic status="{status}"><doi>10.5555/x</doi><msg>{status}!</msg></record_diagnostic>'
        for status in ("Failure", "Success")
    )
    found = diagnostic(f'<doi_batch_diagnostic status="completed">{text}</doi_batch_diagnostic>')
    assert found is not None
    said = verdict(found.records, "10.5555/x", STAMP)
    assert (said.fate, said.words) == (Fate.CONFLICT, "Failure!")


@pytest.mark.parametrize(
    ("page", "meaning"),
    [
        ("deposit-accepted.html", Receipt.TAKEN), ("deposit-failure.html", Receipt.FAILED),
        ("wrong-credentials.txt", Receipt.CREDENTIALS), ("outage-503.html", Receipt.NONSENSE),
    ],
)  # fmt: skip
@pytest.mark.skipif(not RESULTS.exists(), reason="needs agencies/crossref/results of SHEAF_SHARED")
def test_observed_pages_are_understood(page, meaning):
    assert receipt((RESULTS / page).read_text()) is meaning


def test_success_is_believed_in_its_own_words_only():
    assert receipt("<html>SUCCESS</html>") is Receipt.NONSENSE
    assert receipt("") is Receipt.NONSENSE


@pytest.mark.parametrize(
    "text",
    [
        "", "SUCCESS", OUTAGE, "<a/>", "<doi_batch_diagnostic",
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><doi_batch_diagnostic status="completed">&e;</doi_batch_diagnostic>',
    ],
)  # fmt: skip
def test_what_is_no_diagnostic_is_none(text):
    assert diagnostic(text) is None


# The account.


def test_every_other_type_can_be_chosen_alone_and_with_its_category():
    for code in (code for code in TYPES if code not in BARRED):
        assert account(types=(code, "dataset")).types == (code, "dataset")


def test_barred_types_are_refused_by_their_names():
    for codes, named in (
        (("publication.journalArticle",), "Journal article"), (("conference",), "Conference/Event"),
        (("dataset", "conference.conferencePoster"), "Conference poster"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=rf"^types: Crossref registers no DOIs of a repository for {named}"):
            account(types=codes)
        with pytest.raises(ValueError, match=r"^labels: Crossref registers no DOIs"):
            account(labels=(Label(types=codes, label="x"),))
    account(types=("publication", "dataset"))


@pytest.mark.parametrize(
    ("environment", "endpoint", "allowed"),
    [
        ("test", "", True), ("test", "http://127.0.0.1:8", True), ("test", "http://example.org", False),
        ("production", "", True), ("production", "http://127.0.0.1:8", False),
    ],
)  # fmt: skip
def test_only_this_machine_stands_in_for_crossref(environment, endpoint, allowed):
    if allowed:
        there = account(endpoint, environment=environment).address
        assert there == (endpoint or {"test": "https://test.crossref.org", "production": "https://doi.crossref.org"}[environment])
    else:
        with pytest.raises(ValueError, match=r"^endpoint: "):
            account(endpoint, environment=environment)


def test_it_is_an_agency_on_the_shelf():
    assert Registry("server.identifiers.agencies", Agency, lambda each: each.name)["crossref"] is PLUGIN
    assert secret_fields(Account) == {"password"}
    assert PASSWORD not in repr(account())


@needs_schema
async def test_the_test_of_the_account_changes_nothing(service, client):
    answer = await client.test()
    assert isinstance(answer, Confirmed)
    assert service.submissions == []
    for mood, fault in ((Mood.REFUSED, Fault.CREDENTIALS), (Mood.DOWN, Fault.TRANSIENT), (Mood.GARBAGE, Fault.UNKNOWN)):
        service.moods.append(mood)
        answer = await client.test()
        assert isinstance(answer, Failed)
        assert answer.fault is fault


@needs_schema
async def test_secrets_are_in_no_answer_and_no_line_of_the_log(service, client, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for mood in Mood:
        for waiting in (False, True):
            service.moods.append(mood)
            said.append(repr(await client.agree(wanted(), ticket(waiting=waiting))))
    async with aiohttp.ClientSession() as session:
        nowhere = CrossrefClient(account("http://127.0.0.1:9"), session)
        said.append(repr(await nowhere.agree(wanted(), ticket(waiting=True))))
        said.append(repr(nowhere._account))
    for text in (*said, caplog.text):
        assert not any(part in text for part in (PASSWORD, "correct+horse", "correct%20horse"))


def test_what_is_sent_is_one_document_with_one_stamp():
    root = etree.fromstring(speaking.deposit(wanted().metadata, batch="x-1-2", stamp=STAMP, depositor="M", email="a@b.org"))
    assert len(root.findall(".//{*}timestamp")) == 1
    assert len(root.findall(".//{*}doi_data")) == 1
