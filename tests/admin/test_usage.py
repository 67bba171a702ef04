"""Usage statistics in the administration: the chart, what was left out, what stands out, and reports to take away."""

import csv

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.usage.model import Class, Drop, Kind
from server.usage.noting import Dropped, leave_out
from tests.admin.visits import login
from tests.items.test_pages import publish
from tests.items.works import RICH
from tests.usage.test_figures import NUMBERS, use

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
async def seen(house: House, client: TestClient) -> TestClient:
    await publish(house, RICH, NUMBERS[0])
    await use(house, NUMBERS[0], {"2026-02": (300, 120), "2026-01": (5, 1)})
    left_out = Dropped(
        {("2026-03-14", Drop(Class.COUNTER, HOSTILE), Kind.REQUEST): 7, ("2026-01-01", Drop(Class.AI), Kind.REQUEST): 9}
    )
    await house.database.write(leave_out, left_out)
    await login(client)
    return client


async def text(client: TestClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status == status, path
    return await answer.text()


async def test_the_page_shows_use_and_what_was_left_out(seen: TestClient) -> None:
    page = await text(seen, "/admin/usage")
    assert "<svg" in page
    assert "at most 300" in page
    assert f'href="/admin/usage/works/{NUMBERS[0]}"' in page
    assert "&lt;script&gt;alert(1)" in page
    assert HOSTILE not in page
    assert "AI crawlers: dated 2026-" in page
    assert "from 2026-01 to 2026-02" in page
    work = await text(seen, f"/admin/usage/works/{NUMBERS[0]}")
    assert RICH.title.value in work
    assert "<td>180</td><td>120</td>" in work
    assert "Nothing" not in work
    await text(seen, "/admin/usage/works/01J0000000000000000000000Z", 404)


async def test_what_stands_out_is_said_month_by_month(seen: TestClient) -> None:
    page = await text(seen, "/admin/usage/spikes")
    assert page.count("300 (more)") == 2
    assert 'value="2026-02"' in page
    assert "Nothing stands out in 2026-01" in await text(seen, "/admin/usage/spikes?month=2026-01")
    assert 'value="2026-02"' in await text(seen, "/admin/usage/spikes?month=%3Cx%3E")


@pytest.mark.parametrize(("kind", "between"), [("tsv", "\t"), ("csv", ",")])
async def test_reports_are_taken_away_as_tables(seen: TestClient, kind: str, between: str) -> None:
    for report in ("pr", "pr_p1", "ir", "ir_a1"):
        answer = await seen.get(f"/admin/usage/report?report={report}&begin=2026-01&end=2026-02&format={kind}")
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{report.upper()}-2026-01-2026-02.{kind}"'
        rows = list(csv.reader((await answer.read()).decode("utf-8-sig").splitlines(), delimiter=between))
        assert rows[1] == ["Report_ID", report.upper()]
        assert rows[14][-3:] == ["Reporting_Period_Total", "Jan-2026", "Feb-2026"]
        requests = next(row for row in rows[15:] if "Total_Item_Requests" in row)
        assert requests[-3:] == ["121", "1", "120"]


@pytest.mark.parametrize("query", ["", "report=tr&begin=2026-01&end=2026-02&format=csv", "report=ir&begin=x&end=2026-02&format=csv",
                                   "report=ir&begin=2026-03&end=2026-02&format=tsv", "report=ir&begin=2026-01&end=2026-02&format=xls"])  # fmt: skip
async def test_what_cannot_be_made_is_said_on_the_page(seen: TestClient, query: str) -> None:
    assert 'role="alert"' in await text(seen, f"/admin/usage/report?{query}", 400)


async def test_a_repository_nobody_has_used_yet_offers_no_month_to_report(client: TestClient) -> None:
    await login(client)
    page = await text(client, "/admin/usage")
    assert "No use has been counted yet." in page
    assert "No month is ready yet" in page
    assert 'action="/admin/usage/report"' not in page
