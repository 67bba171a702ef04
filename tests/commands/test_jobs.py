"""`sheaf jobs`: tasks are listed, started, shown and cancelled, with and without words that fit."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import control
from server.cli import main
from server.errors import Invalid, NotFound
from server.house import House


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEAF_DATA", str(tmp_path))
    monkeypatch.setenv("SHEAF_SECRET_KEY", "only for tests")
    monkeypatch.setenv("COLUMNS", "200")
    assert sheaf("user", "add", "mendel").exit_code == 0


def sheaf(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.mark.usefixtures("installation")
def test_a_run_is_asked_for_shown_and_cancelled_from_the_command_line() -> None:
    tasks = sheaf("jobs", "tasks").output
    assert "tidy-up: Tidy up" in tasks
    assert "Takes: profile, which" in tasks
    assert "Job 1 is asked for" in sheaf("jobs", "start", "tidy-up").output
    listed = sheaf("jobs", "list").output
    assert "tidy-up" in listed
    assert "waiting" in listed
    assert "Job 1: it is cancelled." in sheaf("jobs", "cancel", "1").output
    shown = sheaf("jobs", "show", "1").output
    assert "tidy-up 1: aborted" in shown
    assert "info: Cancelled before it began." in shown
    assert "/admin/jobs/1/report.csv" in shown
    assert "What differs now" not in shown
    twice = sheaf("jobs", "cancel", "1")
    assert (twice.exit_code, twice.output) == (1, "Error: Run 1 is over already.\n")
    unknown = sheaf("jobs", "start", "update-doi-agency", "profile=Nobody's")
    assert unknown.exit_code == 1
    assert "There is no profile" in unknown.output


async def test_what_cannot_be_started_is_refused_with_what_it_takes(house: House) -> None:
    with pytest.raises(NotFound, match="There is no task"):
        await control.job_start(house, control.JobStart(task="weed"))
    with pytest.raises(Invalid) as caught:
        await control.job_start(house, control.JobStart(task="update-doi-agency", values={"profile": 7, "when": "now"}))
    assert caught.value.remedy == "It takes profile, which."


async def test_what_failed_stands_in_the_answer(house: House) -> None:
    run = await control.job_start(house, control.JobStart(task="tidy-up"))
    await house.worker.drain()
    shown = await control.job_show(house, control.JobNumber(number=run.id))
    assert shown["run"].state == "no_effect"
    assert shown["failed"] == []
    assert [each.id for each in await control.job_list(house, control.Nothing())] == [run.id]
