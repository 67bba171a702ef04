"""`sheaf identifiers`: listed with the agency's words, shown with what was sent, asked about again, held and let go."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import control
from server.cli import main
from server.commands import identifiers as commands
from server.control import identifiers
from server.control.identifiers import Filter, ProfileNamed, Which
from server.errors import Conflict, NotFound
from server.house import House
from server.identifiers import ledger
from server.identifiers.model import State
from server.profiles import store as profiles
from server.runs import store as runs
from server.runs.model import Outcome
from tests.admin.identifiers.conftest import agency, registering
from tests.conftest import Deposit, SetClock
from tests.fakes.datacite import FakeDatacite, Mood
from tests.fakes.datacite_schema import XSD
from tests.registration.test_register import work

__all__ = ["agency", "registering"]
needs_schema = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


def sheaf(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEAF_DATA", str(tmp_path))
    monkeypatch.setenv("SHEAF_SECRET_KEY", "only for tests")
    monkeypatch.setenv("COLUMNS", "200")
    assert sheaf("profile", "set", "reserve", "Ours", "prefix=10.5072").exit_code == 0
    assert sheaf("mint", "dataset.dataset", "--count", "2").exit_code == 0


@pytest.mark.usefixtures("installation")
def test_identifiers_are_listed_shown_held_and_let_go_from_the_command_line() -> None:
    listed = sheaf("identifiers", "list").output
    assert "10.5072/00000001" in listed
    assert "2 identifiers; by state: 2 reserved" in listed
    assert "0 identifiers" in sheaf("identifiers", "list", "--state", "rejected").output
    assert "10.5072/00000002: reserved" in sheaf("identifiers", "show", "10.5072/00000002").output
    held = sheaf("identifiers", "hold", "1", "--why", "The author asked us to wait")
    assert "10.5072/00000001 is held" in held.output
    assert "Held by operator: The author asked us to wait" in sheaf("identifiers", "show", "1").output
    assert "is let go" in sheaf("identifiers", "release", "1").output
    again = sheaf("identifiers", "release", "1")
    assert (again.exit_code, "Nobody holds it." in again.output) == (1, True)
    nothing = sheaf("identifiers", "retry", "1")
    assert (nothing.exit_code, "It has no agency that could be asked." in nothing.output) == (1, True)
    assert sheaf("identifiers", "retry").exit_code == 2
    assert "None of these waits" in sheaf("identifiers", "retry", "--state", "submitted").output
    unknown = sheaf("identifiers", "show", "10.5072/nobody")
    assert (unknown.exit_code, "There is no identifier" in unknown.output) == (1, True)
    assert "VALUE is an identifier as it is written" in sheaf("identifiers", "--help").output


@needs_schema
async def test_agencies_are_asked_again_about_one_and_about_many(
    deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    agency.moods.extend([Mood.DOWN] * 2)
    for title in "ab":
        (entry,) = await registering.database.read(ledger.of_record, await deposit(title=title, type="Dataset"))
        await registering.worker.drain()
    found = await identifiers.listed(registering, Filter(state="submitted", profile="Our DOIs", waiting=True))
    assert found["count"] == 2
    assert "503" in found["rows"][0]["words"]
    shown = await identifiers.shown(registering, Which(value=entry.value.upper()))
    assert [each.outcome for each in shown["sent"]] == ["transient"]
    await identifiers.retry(registering, Which(value=entry.value))
    run = await identifiers.retry_all(registering, Filter(state="submitted"))
    await work(registering, clock)
    counts = (await registering.database.read(runs.get, run.id)).counts
    assert counts.of(Outcome.FAILED) == 0
    assert (await registering.database.read(ledger.get, entry.id)).state is State.REGISTERED
    same = await identifiers.compare(registering, Which(value=entry.value))
    assert (same["known"], same["differences"]) == (True, [])
    with pytest.raises(NotFound, match="None of these waits"):
        await identifiers.retry_all(registering, Filter())
    await identifiers.hold(registering, Which(value=entry.value, why="wait"))
    with pytest.raises(Conflict, match="operator holds it: wait"):
        await identifiers.retry(registering, Which(value=entry.value))
    await identifiers.release(registering, Which(value=entry.value))
    with pytest.raises(NotFound):
        await identifiers.listed(registering, Filter(profile="Nobody's"))
    assert control.OPERATIONS["identifier-list"].run is identifiers.listed


@needs_schema
async def test_an_account_is_tried_out_with_a_draft_of_which_nothing_is_left(registering: House, agency: FakeDatacite) -> None:
    steps = await identifiers.verify(registering, ProfileNamed(name="Our DOIs"))
    assert [step.good for step in steps] == [True] * 5, steps
    assert agency.dois == {}
    known = await registering.database.read(profiles.get, "Our DOIs")
    assert known.succeeded is not None
    assert known.succeeded.words.startswith("Nothing is left of it")
    assert known.failed is None
    agency.moods.append(Mood.REFUSED)
    (refused,) = await identifiers.verify(registering, ProfileNamed(name="Our DOIs"))
    assert not refused.good
    assert "401" in refused.words
    failed = (await registering.database.read(profiles.get, "Our DOIs")).failed
    assert failed is not None
    assert "401" in failed.words
    assert "correct horse" not in refused.words


@needs_schema
async def test_a_draft_whose_answer_was_lost_is_taken_back_too(registering: House, agency: FakeDatacite) -> None:
    agency.moods += [Mood.WELL, Mood.WELL, Mood.LOST, Mood.LOST]  # the account is known; the draft is made, and nobody hears
    steps = await identifiers.verify(registering, ProfileNamed(name="Our DOIs"))
    assert [step.good for step in steps] == [True, False, True], steps
    assert "PUT" in {call.method for call in agency.log}
    assert agency.dois == {}


@pytest.mark.usefixtures("installation")
def test_production_is_never_tried_out_and_a_failure_is_an_exit_status() -> None:
    account = ("prefix=10.82433", "account_id=INST.REPO", "password=planted-password")
    real = sheaf("profile", "set", "datacite", "Real", *account, "environment=production", 'types=["dataset"]')
    assert real.exit_code == 0, real.output
    refused = sheaf("verify-agency", "Real")
    assert refused.exit_code == 1
    assert "speaks to the production system of DataCite, where nothing is tried out." in refused.output
    nowhere = ("environment=test", "endpoint=http://127.0.0.1:9", 'types=["software"]')
    test = sheaf("profile", "set", "datacite", "Test", *account, *nowhere)
    assert test.exit_code == 0, test.output
    failed = sheaf("verify-agency", "Test")
    assert failed.exit_code == 1
    assert "FAILED DataCite knows the account: No connection to 127.0.0.1" in failed.output
    assert "planted-password" not in refused.output + failed.output
    assert "registers nothing with an agency" in sheaf("verify-agency", "Ours").output
    assert sheaf("verify-agency", "Nobody").exit_code == 1


@pytest.mark.usefixtures("installation")
def test_all_of_a_profile_are_compared_as_a_job() -> None:
    refused = sheaf("identifiers", "reconcile", "Ours")
    assert refused.exit_code == 1
    assert "no agency that can be asked what it knows" in refused.output
    account = ("prefix=10.82433", "account_id=INST.REPO", "password=correct horse", "environment=test")
    assert sheaf("profile", "set", "datacite", "Our DOIs", *account).exit_code == 0
    asked = sheaf("identifiers", "reconcile", "Our DOIs", "--repair")
    assert "Job 1 is asked for" in asked.output
    assert '"repair":true' in sheaf("jobs", "show", "1").output


def test_what_is_too_early_to_compare_is_not_said_to_be_right(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"value": "10.5072/1", "differences": [], "url": None, "state": "", "known": False, "remark": "It is too early."}
    for too_early, said in (
        (True, "It is too early.\n"),
        (False, "The agency does not know it, and need not.\nIt is too early.\n"),
    ):
        monkeypatch.setattr(commands, "asked", lambda *_, early=too_early: told | {"too_early": early})
        assert sheaf("identifiers", "compare", "10.5072/1").output == said


ROW = {
    "id": 1, "value": "10.5072/data." + "0" * 30 + "1", "scheme": "doi", "state": "rejected", "profile": "Ours", "work": "",
    "environment": "test", "title": "", "attempts": 1, "words": "No title.", "cause": "No title.", "since": None, "next": None,
    "request": "", "held_by": "", "held_why": "",
}  # fmt: skip


def test_what_is_copied_from_a_narrow_list_is_folded_and_empty_columns_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "asked", lambda *_: {"rows": [ROW], "states": {"rejected": 1}, "count": 1})
    monkeypatch.setattr(commands.console, "width", 60)
    with commands.console.capture() as listed:
        sheaf("identifiers", "list")
    said = listed.get()
    assert "…" not in said
    assert ROW["value"] in "".join(line.split("│")[1].strip() for line in said.splitlines() if "│" in line)
    assert "next try" not in said
    assert "title." in said


def test_answers_are_shown_on_request_and_differences_always(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {"sent": datetime(2026, 11, 23, tzinfo=UTC), "attempt": 1, "outcome": "rejected", "status": 422, "answer": "base64=="}
    told = ROW | {"sent": [sent], "differences": ["It leads to x and not to y."]}
    monkeypatch.setattr(commands, "asked", lambda *_: told)
    short, long = sheaf("identifiers", "show", "1").output, sheaf("identifiers", "show", "1", "--answers").output
    assert "The agency said otherwise: It leads to x and not to y." in short
    assert "base64==" not in short
    assert "base64==" in long
    assert short.count("No title.") == 1
