"""What people look at: use by month, what stands out, charts, and reports as tables."""

from datetime import UTC, datetime

import pytest

from server.house import House
from server.usage import figures
from server.usage.chart import HEIGHT, WIDTH, chart, drawn
from server.usage.counter.asked import REPORTS, read
from server.usage.counter.tabular import table
from server.usage.definition import Counting
from server.usage.figures import Month, Spike, back, is_spike
from server.usage.tables import months
from tests.items.test_pages import publish
from tests.items.works import RICH

NOW = datetime(2026, 3, 14, tzinfo=UTC)
NUMBERS = ["01J0000000000000000000000A", "01J0000000000000000000000B"]


async def use(house: House, number: str, found: dict[str, tuple[int, int]]) -> None:
    rows = [
        {"record_id": number, "month": month, "access": access, "total_investigations": seen, "unique_investigations": seen,
         "total_requests": got, "unique_requests": got}
        for month, (seen, got) in found.items() for access in (("Open", "Controlled") if number == NUMBERS[1] else ("Open",))
    ]  # fmt: skip
    await house.database.write(lambda tx: tx.execute(months.insert(), rows) and None)


async def test_months_without_use_are_there_too(house: House) -> None:
    await use(house, NUMBERS[0], {"2026-03": (9, 4), "2026-01": (5, 0), "2024-01": (70, 70)})
    await use(house, NUMBERS[1], {"2026-01": (1, 1)})
    whole = await house.database.read(figures.by_month, NOW)
    assert [it.month for it in whole[-3:]] == ["2026-01", "2026-02", "2026-03"]
    assert len(whole) == 24
    assert whole[-3:] == [Month("2026-01", 7, 2), Month("2026-02"), Month("2026-03", 9, 4)]
    one = await house.database.read(figures.by_month, NOW, 12, NUMBERS[1])
    assert [it.investigations for it in one] == [0] * 9 + [2, 0, 0]


async def test_the_most_downloaded_come_first(house: House) -> None:
    for number in NUMBERS:
        await publish(house, RICH, number)
    await use(house, NUMBERS[0], {"2026-03": (9, 1), "2025-03": (9, 9)})
    await use(house, NUMBERS[1], {"2026-01": (2, 1)})
    found = await house.database.read(figures.most_used, NOW, 10)
    assert [(it.record_id, it.investigations, it.requests) for it in found] == [(NUMBERS[1], 4, 2), (NUMBERS[0], 9, 1)]


@pytest.mark.parametrize(
    ("count", "average", "stands_out"),
    [
        (100, 0, True),
        (99, 0, False),
        (400, 100, True),
        (399, 100, False),
        (0, 20, True),
        (0, 19.9, False),
        (1, 100, False),
        (1, 101, True),
    ],
)
def test_what_stands_out(count: int, average: float, stands_out: bool) -> None:
    assert is_spike(count, average) is stands_out


async def test_spikes_are_found_in_works_and_in_the_whole(house: House) -> None:
    await publish(house, RICH, NUMBERS[0])
    year = {back("2026-02", many): (12, 0) for many in range(1, 13)}
    await use(house, NUMBERS[0], year | {"2026-02": (500, 20)})
    await use(house, NUMBERS[1], {back("2026-02", many): (30, 30) for many in range(1, 13)})
    found = await house.database.read(figures.spikes, "2026-02", 10)
    assert found == [
        Spike("", "", "investigations", 500, 72.0),
        Spike(NUMBERS[0], RICH.title.value, "investigations", 500, 12.0),
        Spike(NUMBERS[1], NUMBERS[1], "requests", 0, 60.0),
        Spike(NUMBERS[1], NUMBERS[1], "investigations", 0, 60.0),
    ]
    assert [it.is_high for it in found] == [True, True, False, False]
    assert await house.database.read(figures.spikes, "2020-01", 10) == []


def test_bars_stand_on_the_ground_and_whatever_is_there_can_be_seen() -> None:
    found = chart([Month("2026-01"), Month("2026-02", 10_000, 1), Month("2026-03", 1, 0)])
    assert found.most == 10_000
    assert [(block.mood, block.x) for block in found.blocks] == [("good", 240.0), ("wait", 240.0), ("wait", 480.0)]
    assert all(block.height >= 2 and block.y >= 0 and block.x + block.width <= WIDTH for block in found.blocks)
    assert max(block.y + block.height for block in found.blocks) == HEIGHT
    assert chart([Month("2026-01")]).blocks == ()


async def test_the_chart_of_a_page_is_drawn_where_that_is_switched_on(house: House) -> None:
    await use(house, NUMBERS[0], {"2026-03": (9, 4)})
    draw = drawn(house.clock, lambda: Counting(shown=True))
    found = await house.database.read(draw, NUMBERS[0])
    assert found is not None
    assert len(found.months) == 12
    assert await house.database.read(draw, NUMBERS[1]) is None
    assert await house.database.read(drawn(house.clock, Counting), NUMBERS[0]) is None


def test_a_report_is_a_table_of_counters_shape() -> None:
    query = {
        "begin_date": "2025-12",
        "end_date": "2026-01-31",
        "attributes_to_show": "YOP|Authors",
        "include_parent_details": "True",
    }
    asked = read(REPORTS["ir"], query, "Sheaf")
    work = {
        "Item": "=Peas", "Publisher": "Verein", "Platform": "Sheaf", "Item_ID": {"DOI": "10.5281/7", "Proprietary": "sheaf:1", "URI": "u"},
        "Authors": [{"Name": "A. Mendel", "ORCID": "0000-0002-1825-0097"}, {"Name": "B"}], "Publisher_ID": {"ROR": ["02nr0ka47"]},
        "Attribute_Performance": [
            {"Data_Type": "Article", "YOP": "1866", "Performance": {"Total_Item_Requests": {"2025-12": 1, "2026-01": 2}}}
        ],
    }  # fmt: skip
    header = {
        "Release": "5.1", "Report_ID": "IR", "Report_Name": "Item Report", "Created": "2026-03-14T09:26:53Z", "Created_By": "Sheaf",
        "Institution_ID": {"Proprietary": ["sheaf:0"]}, "Institution_Name": "The World", "Registry_Record": "",
        "Report_Filters": {"Begin_Date": "2025-12-01", "End_Date": "2026-01-31", "YOP": ["1866", "1900-1910"]},
        "Report_Attributes": {"Attributes_To_Show": ["Authors", "YOP"], "Include_Parent_Details": "True"},
        "Exceptions": [{"Code": 3050, "Message": "Parameter", "Data": "x"}],
    }  # fmt: skip
    journal = {"Title": "Verhandlungen", "Data_Type": "Journal", "Item_ID": {"Print_ISSN": "0373-1960"}, "Items": [work]}
    lines = [line.split("\t") for line in table({"Report_Header": header, "Report_Items": [journal]}, asked, "tsv").split("\r\n")]
    assert lines[:14] == [
        ["Report_Name", "Item Report"], ["Report_ID", "IR"], ["Release", "5.1"], ["Institution_Name", "The World"],
        ["Institution_ID", "sheaf:0"],
        ["Metric_Types", "Total_Item_Investigations; Total_Item_Requests; Unique_Item_Investigations; Unique_Item_Requests"],
        ["Report_Filters", "YOP=1866|1900-1910"], ["Report_Attributes", "Attributes_To_Show=Authors|YOP; Include_Parent_Details=True"],
        ["Exceptions", "3050: Parameter (x)"], ["Reporting_Period", "Begin_Date=2025-12-01; End_Date=2026-01-31"],
        ["Created", "2026-03-14T09:26:53Z"], ["Created_By", "Sheaf"], ["Registry_Record", ""], ["", ""],
    ]  # fmt: skip
    assert lines[14] == [
        "Item", "Publisher", "Publisher_ID", "Platform", "Authors", "DOI", "Proprietary_ID", "ISBN", "Print_ISSN", "Online_ISSN", "URI",
        "Parent_Title", "Parent_Authors", "Parent_Publication_Date", "Parent_Article_Version", "Parent_Data_Type", "Parent_DOI",
        "Parent_Proprietary_ID", "Parent_ISBN", "Parent_Print_ISSN", "Parent_Online_ISSN", "Parent_URI", "Data_Type", "YOP",
        "Metric_Type", "Reporting_Period_Total", "Dec-2025", "Jan-2026",
    ]  # fmt: skip
    said = dict(zip(lines[14], lines[15], strict=True))
    assert said["Item"] == "'=Peas"
    assert said["Authors"] == "A. Mendel (ORCID:0000-0002-1825-0097); B"
    assert (said["Parent_Title"], said["Parent_Print_ISSN"], said["Print_ISSN"]) == ("Verhandlungen", "0373-1960", "")
    assert (said["Publisher_ID"], said["Reporting_Period_Total"], said["Dec-2025"]) == ("ROR:02nr0ka47", "3", "1")
    assert lines[16:] == [[""]]
