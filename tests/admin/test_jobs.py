"""The jobs' pages: a task is started, watched, cancelled, run again; schedules come and go; what is stuck is tried again."""

import csv
import dataclasses
import io
import re

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from server.house import House
from server.jobs import queue
from server.jobs.model import Dead, Done, Held
from server.portal.words import KINDS
from server.runs import store as runs
from server.runs.model import ItemOutcome, Outcome
from tests.admin.visits import csrf, login, press
from tests.conftest import SetClock
from tests.runs.allotment import Garden

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script>"


@pytest.fixture
async def garden(house: House, client: TestClient) -> Garden:
    """A house with one more task: a garden to be watered. An administrator is logged in."""
    found = Garden()
    house.tasks._tasks["water"] = found.task()
    await login(client)
    return found


async def send(client: TestClient, page: str, **fields: str) -> ClientResponse:
    return await client.post(page, data={"csrf": await csrf(client, "/admin/jobs")} | fields, allow_redirects=False)


async def text(client: TestClient, page: str) -> str:
    answer = await client.get(page)
    assert answer.status == 200, page
    return await answer.text()


async def run(house: House, client: TestClient, **fields: str) -> str:
    """Start the watering, let it run, and return its page."""
    answer = await send(client, "/admin/jobs/start/water", sure="yes", **fields)
    assert answer.status == 303
    await house.worker.drain()
    return answer.headers["Location"].partition("?")[0]


async def test_a_task_is_chosen_confirmed_and_started(garden: Garden, client: TestClient, house: House) -> None:
    assert "Water the beds" in await text(client, "/admin/jobs/start")
    assert 'name="beds"' in await text(client, "/admin/jobs/start/water")
    sure = await send(client, "/admin/jobs/start/water", beds="3")
    assert "This concerns 3 items." in await sure.text()
    assert "Nothing runs" in await text(client, "/admin/jobs")
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', await sure.text()))
    started = await client.post("/admin/jobs/start/water", data=kept | {"sure": "yes"}, allow_redirects=False)
    page = started.headers["Location"]
    assert "It is asked for" in await text(client, page)
    assert "Water the beds" in await text(client, "/admin/jobs")
    await house.worker.drain()
    shown = await text(client, page.partition("?")[0])
    for words in ("completed", "All went well.", "<bdi>admin</bdi>", "Bed-001", 'href="/beds/bed-001"', "It began with 3 items."):
        assert words in shown, words
    assert re.search(r"<dt>Beds</dt>\s*<dd[^>]*>3</dd>", shown)
    assert "data-refresh" not in shown


async def test_every_fault_of_the_parameters_is_shown_at_its_field(garden: Garden, client: TestClient) -> None:
    answer = await send(client, "/admin/jobs/start/water", beds="many", garden="13")
    page = await answer.text()
    assert answer.status == 422
    assert 'id="f-beds-error"' in page
    assert 'value="many"' in page
    answer = await send(client, "/admin/jobs/start/water", beds="3", garden="13")
    assert answer.status == 422
    assert "Nobody waters there." in await answer.text()
    assert "Nothing runs" in await text(client, "/admin/jobs")


@pytest.mark.parametrize(
    ("outcome", "word", "mood"),
    [
        (Outcome.CHANGED, "completed", "good"),
        (Outcome.UNCHANGED, "no effect", ""),
        (Outcome.WARNING, "with warnings", "wait"),
        (Outcome.FAILED, "failed", "bad"),
    ],
)
async def test_success_without_effect_is_never_green(
    garden: Garden, client: TestClient, house: House, outcome: Outcome, word: str, mood: str
) -> None:
    garden.moods = {"bed-000": ItemOutcome(outcome)}
    page = await run(house, client, beds="1")
    badge = f'<p class="lead"><span class="badge {mood}">{word}</span>'
    assert badge in await text(client, page)
    assert f'<span class="badge {mood}">{word}</span>' in await text(client, "/admin/jobs/ended")


async def test_the_report_is_filtered_paged_and_downloaded_without_formulas(
    garden: Garden, client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.admin.jobs.runs.ITEMS", 4)
    monkeypatch.setattr("server.admin.jobs.runs.CHUNK", 2)
    garden.moods = {"bed-002": ItemOutcome(Outcome.FAILED, HOSTILE)}
    page = await run(house, client, beds="7")
    shown = await text(client, page)
    assert "<script>alert" not in shown
    assert "Bed-003" in shown
    assert "Bed-004" not in shown
    more = re.search(r'href="([^"]+)" rel="next"', shown)[1].replace("&amp;", "&")
    assert "Bed-004" in await text(client, more.partition("#")[0])
    failed = await text(client, f"{page}?outcome=failed")
    assert "Bed-002" in failed
    assert "Bed-003" not in failed
    assert "Bed-003" in await text(client, f"{page}?outcome=nonsense&after=x")
    answer = await client.get(f"{page}/report.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="run-{page.rsplit("/", 1)[1]}-water.csv"'
    lines = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert len(lines) == 8
    assert lines[0] == ["number", "id", "title", "outcome", "message"]
    assert lines[3] == ["3", "bed-002", "Bed-002", "failed", f"'{HOSTILE}"]


async def test_a_run_is_cancelled_and_run_again(garden: Garden, client: TestClient, house: House) -> None:
    asked = (await send(client, "/admin/jobs/start/water", sure="yes", beds="2")).headers["Location"].partition("?")[0]
    assert "data-refresh" in await text(client, asked)
    assert (await press(client, asked, "cancel")).status == 303
    shown = await text(client, asked)
    assert "aborted" in shown
    assert "Cancelled before it began." in shown
    twice = await press(client, asked, "cancel")
    assert twice.status == 409
    assert "is over already" in await twice.text()
    again = await press(client, asked, "again")
    await house.worker.drain()
    assert "completed" in await text(client, again.headers["Location"].partition("?")[0])
    assert (await press(client, asked, "failed")).status == 409


async def test_the_failed_are_run_again(garden: Garden, client: TestClient, house: House) -> None:
    garden.moods = {"bed-001": ItemOutcome(Outcome.FAILED, "no well")}
    page = await run(house, client, beds="3")
    garden.moods = {}
    again = (await press(client, page, "failed")).headers["Location"].partition("?")[0]
    await house.worker.drain()
    shown = await text(client, again)
    assert f'Does again what failed in</dt><dd><a href="{page}"' in shown
    assert "completed" in shown
    assert "Bed-001" in shown
    assert "Bed-002" not in shown


@pytest.mark.parametrize(("button", "concerns"), [("again", "3"), ("failed", "1")])
async def test_what_began_with_a_selection_is_run_again_by_its_number(
    garden: Garden, client: TestClient, house: House, button: str, concerns: str
) -> None:
    garden.moods = {"bed-001": ItemOutcome(Outcome.FAILED, "no well")}
    page = await run(house, client, beds="3")
    house.tasks._tasks["water"] = dataclasses.replace(garden.task(), offered=False)
    sure = await press(client, page, button)
    assert sure.status == 200
    assert f"Type {concerns} to do it" in await sure.text()
    for typed in ("", "2", "all"):
        wrong = await send(client, f"{page}/{button}", count=typed)
        assert wrong.status == 422
        assert 'href="#count"' in await wrong.text()
    assert len(await house.database.read(runs.ended, runs.Wanted(), 9)) == 1
    assert await house.database.read(runs.going_on) == []
    done = await send(client, f"{page}/{button}", count=concerns)
    assert done.status == 303
    await house.worker.drain()
    assert f"{int(concerns):,}" in await text(client, done.headers["Location"].partition("?")[0])


async def test_a_report_says_something_of_every_item(garden: Garden, client: TestClient, house: House) -> None:
    garden.moods = {f"bed-{number:03}": ItemOutcome(outcome) for number, outcome in enumerate(Outcome)}
    shown = await text(client, await run(house, client, beds="4"))
    assert '<td dir="auto"></td>' not in shown
    assert "It is as it should be already." in shown
    assert "There was nothing to do." in await text(client, await run(house, client, beds="0"))


async def test_one_waits_for_another_and_says_so(garden: Garden, client: TestClient, house: House) -> None:
    first = await send(client, "/admin/jobs/start/water", sure="yes", beds="2")
    second = await send(client, "/admin/jobs/start/water", sure="yes", beds="2")
    shown = await text(client, second.headers["Location"])
    assert f'<a href="{first.headers["Location"].partition("?")[0]}">' in shown
    await house.worker.drain()
    assert "Nothing runs" in await text(client, "/admin/jobs")


async def test_what_ended_is_filtered_and_goes_on_to_older(
    garden: Garden, client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.admin.jobs.runs.PAGE", 2)
    pages = [await run(house, client, beds=str(n)) for n in (0, 1, 2)]
    shown = await text(client, "/admin/jobs/ended?task=water")
    assert [page for page in pages if f'"{page}"' in shown] == pages[1:]
    older = re.search(r'href="([^"]+)" rel="next"', shown)[1].replace("&amp;", "&")
    assert f'"{pages[0]}"' in await text(client, older)
    assert f'"{pages[0]}"' in await text(client, "/admin/jobs/ended?state=no_effect")
    assert "none is like that" in await text(client, "/admin/jobs/ended?profile=7")
    assert "none is like that" in await text(client, "/admin/jobs/ended?task=nonsense&state=nonsense&before=x")


async def test_a_run_of_a_task_nobody_knows_any_more_is_still_shown(garden: Garden, client: TestClient, house: House) -> None:
    page = await run(house, client, beds="1")
    del house.tasks._tasks["water"]
    shown = await text(client, page)
    assert "{&#34;beds&#34;:1" in shown
    assert "Run again" not in shown
    assert (await press(client, page, "again")).status == 409


async def test_unknown_things_are_404(garden: Garden, client: TestClient) -> None:
    for page in (
        "/admin/jobs/999",
        "/admin/jobs/peas",
        "/admin/jobs/start/peas",
        "/admin/jobs/schedules/9",
        "/admin/jobs/schedules/x",
        "/admin/jobs/schedules/new/x",
        "/admin/jobs/9/report.csv",
    ):
        assert (await client.get(page)).status == 404, page
    for page in (
        "/admin/jobs/999/cancel",
        "/admin/jobs/queue/9/again",
        "/admin/jobs/queue/x/again",
        "/admin/jobs/schedules/9/run",
    ):
        assert (await send(client, page)).status == 404, page


async def test_a_schedule_is_made_paused_changed_run_and_deleted(garden: Garden, client: TestClient, house: House) -> None:
    home = "/admin/jobs/schedules"
    assert "Nothing runs by the clock" in await text(client, home)
    assert f"{home}/new/water" in await text(client, f"{home}/new")
    assert "every night at 02:00" in (await text(client, f"{home}/new/water")).lower()
    made = await send(client, f"{home}/new/water", beds="2", time="0 2 * * *")
    assert made.status == 303
    shown = await text(client, home)
    number = re.search(rf'href="{home}/(\d+)"', shown)[1]
    for words in ("every night at 02:00", "15 March 2026, 02:00 UTC", "16 March 2026, 02:00 UTC", "17 March 2026, 02:00 UTC"):
        assert words in shown, words
    changed = await send(client, f"{home}/{number}", beds="5", time="own", cron="30 6 * * 1")
    assert changed.status == 303
    assert "at 06:30 on Monday" in await text(client, home)
    shown = await text(client, f"{home}/{number}")
    assert 'value="30 6 * * 1"' in shown
    assert 'value="5"' in shown
    assert (await send(client, f"{home}/{number}/pause")).status == 303
    assert "paused" in await text(client, home)
    assert (await send(client, f"{home}/{number}/resume")).status == 303
    assert "16 March 2026, 06:30 UTC" in await text(client, home)
    begun = await send(client, f"{home}/{number}/run")
    await house.worker.drain()
    shown = await text(client, begun.headers["Location"].partition("?")[0])
    assert "at 06:30 on Monday" in shown
    assert "completed" in shown
    assert (await send(client, f"{home}/{number}/delete")).status == 303
    assert "Nothing runs by the clock" in await text(client, home)


async def test_every_fault_of_a_schedule_is_shown_at_once(garden: Garden, client: TestClient) -> None:
    home = "/admin/jobs/schedules"
    answer = await send(client, f"{home}/new/water", beds="many", time="own", cron="61 * * * *")
    page = await answer.text()
    assert answer.status == 422
    assert 'id="f-beds-error"' in page
    assert 'id="f-cron-error"' in page
    assert page.count('id="f-errors"') == 1
    assert 'value="61 * * * *"' in page
    assert 'value="many"' in page
    answer = await send(client, f"{home}/new/water", beds="1", garden="13", time="0 2 * * *")
    assert answer.status == 422
    assert "Nobody waters there." in await answer.text()
    await send(client, f"{home}/new/water", beds="1", time="0 2 * * *")
    number = re.search(rf'href="{home}/(\d+)"', await text(client, home))[1]
    for fields in ({"beds": "x", "time": "nonsense"}, {"beds": "1", "garden": "13", "time": "0 2 * * *"}):
        assert (await send(client, f"{home}/{number}", **fields)).status == 422


async def test_the_queue_shows_what_is_stuck_and_tries_it_again(client: TestClient, house: House, clock: SetClock) -> None:
    await login(client)
    assert "The queue is empty." in await text(client, "/admin/jobs/queue")
    for subject, answer in (("held", Held("no <b>well</b>")), ("dead", Dead("gone")), ("done", Done())):
        await house.database.write(_stuck, subject, answer, clock())
    clock.pass_time(hours=5)
    await login(client)  # the session was idle for too long
    shown = await text(client, "/admin/jobs/queue")
    assert "no &lt;b&gt;well&lt;/b&gt;" in shown
    assert "5 hours" in shown
    number = re.search(r"/admin/jobs/queue/(\d+)/again", await text(client, "/admin/jobs/queue?state=held"))[1]
    assert "Try all of this kind again" not in shown
    assert (await send(client, f"/admin/jobs/queue/{number}/again")).status == 303
    assert (await send(client, f"/admin/jobs/queue/{number}/again")).status == 303, "it goes on already"
    assert "no &lt;b&gt;well" not in await text(client, "/admin/jobs/queue")
    assert "Try all of this kind again" in await text(client, "/admin/jobs/queue?kind=weed")
    assert (await send(client, "/admin/jobs/queue/all", kind="weed")).status == 303
    assert "Nothing is stuck." in await text(client, "/admin/jobs/queue")
    await send(client, "/admin/jobs/queue/forget")
    assert await house.database.read(queue.counts) == {"ready": 2}


async def test_the_tasks_of_the_house_can_be_started(client: TestClient, house: House) -> None:
    await login(client)
    shown = await text(client, "/admin/jobs/start")
    for task in house.tasks:
        assert (f"/admin/jobs/start/{task.name}" in shown) is task.offered
        assert task.title
        assert task.description
    answer = await send(client, "/admin/jobs/start/tidy-up", sure="yes")
    await house.worker.drain()
    assert "All was tidy." in await text(client, answer.headers["Location"].partition("?")[0])


async def test_deeds_are_in_the_audit_log(garden: Garden, client: TestClient, house: House) -> None:
    asked = (await send(client, "/admin/jobs/start/water", sure="yes", beds="2")).headers["Location"].partition("?")[0]
    await press(client, asked, "cancel")
    shown = await text(client, "/admin/audit")
    for deed in ("run.started", "run.cancelled"):
        assert deed in shown
    assert f'href="{asked}"' in shown


def _stuck(tx, subject, answer, now):
    queue.enqueue(tx, "weed", subject, now)
    (job,) = queue.claim(tx, ["weed"], now)
    queue.settle(tx, job, answer, now)


async def test_every_kind_of_job_is_said_in_words(house: House) -> None:
    assert set(house.worker._handlers) == set(KINDS)
