"""The COUNTER API: valid by COUNTER's own schemas, read by somebody else's library, and refusing in COUNTER's words."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from celus_nigiri.counter51 import Counter51IRReport, Counter51PRReport
from jsonschema import Draft202012Validator, FormatChecker

from server.accounts import store as accounts
from server.accounts import tokens
from server.accounts.model import Role
from server.accounts.tokens import Scope
from server.errors import Unavailable
from server.house import House
from server.records.model import Agent, AgentId, Conference, Container, Dates, Identifier, Publisher, Text
from server.usage.counter.asked import METRICS, REPORTS, WORLD
from server.usage.counter.kinds import ITEMS
from tests.conftest import HASH, SHARED, SetClock
from tests.items.test_pages import publish
from tests.items.works import RICH
from tests.usage.reference import Event, counted
from tests.usage.test_counting import count_until, write_down

SCHEMA = SHARED / "data" / "counter" / "COUNTER_API.json"
needs_schema = pytest.mark.skipif(not SCHEMA.exists(), reason="COUNTER's schema is not here")

ARTICLE = msgspec.structs.replace(
    RICH,
    container=Container(title="Verhandlungen", issn_print="0373-1960", volume="4"),
    dates=Dates(issued="1866-02-08"),
    identifiers=(Identifier(scheme="doi", value="10.5281/zenodo.7"),),
    publisher=Publisher(name="Verein", ids=(AgentId(scheme="ror", value="https://ror.org/02nr0ka47"),)),
    creators=tuple(Agent(family=name, given="A.", ids=RICH.creators[0].ids) for name in ("Mendel", "Curie", "Planck", "Noether")),
    version="VoR",
)
BOOK = msgspec.structs.replace(
    RICH, type="publication.book", title=Text(value="=On the Origin"), container=Container(isbn="978-3-16-148410-0"), access="restricted",
    dates=Dates(issued="1859"),
)  # fmt: skip
TALK = msgspec.structs.replace(RICH, type="conference.conferencePaper", conference=Conference(name="Solvay"), dates=Dates())
DATA = msgspec.structs.replace(RICH, type="dataset.dataset")
WORKS = dict(zip((f"01J0000000000000000000000{letter}" for letter in "ABCD"), (ARTICLE, BOOK, TALK, DATA), strict=True))
NUMBERS = list(WORKS)

BEGIN, END = "2026-01", "2026-02"


def valid(name: str, document: Any) -> None:
    api = json.loads(SCHEMA.read_text())
    schema = {"$ref": f"#/components/schemas/{name}", "components": api["components"]}
    errors = list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(document))
    assert not errors, errors[:3]


@pytest.fixture
async def key(house: House) -> str:
    account = await house.database.write(accounts.add, "library", Role.REVIEWER, HASH, house.clock())
    add = tokens.add
    _, text = await house.database.write(add, account, tokens.Wanted("celus", (Scope.USAGE,), timedelta(days=30)), house.clock())
    return text


@pytest.fixture
async def used(house: House, client: TestClient) -> list[Event]:
    """Two months in which works were used."""
    for number, record in WORKS.items():
        await publish(house, record, number)
    begin = datetime(2026, 1, 20, 10, tzinfo=UTC)
    found = [
        Event(begin + timedelta(days=day, minutes=minute), user, NUMBERS[work], file)
        for day in range(0, 30, 3)
        for user in range(3)
        for minute, work, file in ((0, 0, ""), (2, 0, "a.pdf"), (3, 1, ""), (4, 2, "t.pdf"), (5, 3, ""), (6, 3, "d.csv"))
        if (day + user + work) % 4
    ]
    await write_down(house, found)
    await count_until(house, datetime(2026, 3, 1, tzinfo=UTC))
    return found


Get = Callable[..., Any]


@pytest.fixture
async def get(client: TestClient, key: str) -> Get:
    """Ask the API as somebody who may; what is given is laid over that, and None takes something away."""

    async def ask(path: str, status: int = 200, **more: str | None) -> Any:
        asked = {"customer_id": WORLD, "api_key": key, "begin_date": BEGIN, "end_date": END} | more
        answer = await client.get(f"/r51/{path}", params={name: value for name, value in asked.items() if value is not None})
        assert answer.status == status, await answer.text()
        assert answer.content_type == "application/json"
        return await answer.json()

    return ask


def figures(report: Any) -> dict[tuple[str, str], list[int]]:
    """Figures by work and month, in the order the reference has them."""
    sums: dict[tuple[str, str], list[int]] = {}
    order = ("Total_Item_Investigations", "Unique_Item_Investigations", "Total_Item_Requests", "Unique_Item_Requests")
    for group in report["Report_Items"]:
        for it in group["Items"]:
            number = it["Item_ID"]["Proprietary"].partition(":")[2]
            for performance in it["Attribute_Performance"]:
                for metric, counts in performance["Performance"].items():
                    for month, many in counts.items():
                        sums.setdefault((number, month), [0, 0, 0, 0])[order.index(metric)] += many
    return sums


#: What is asked of the reports, each of which must come out valid.
ASKED = [
    ("pr", {}), ("pr", {"attributes_to_show": "Access_Method"}), ("pr", {"granularity": "Total", "data_type": "Article|Dataset"}),
    ("pr", {"metric_type": "Total_Item_Requests|Unique_Item_Requests"}), ("pr", {"platform": "Sheaf"}),
    ("pr_p1", {}), ("pr_p1", {"data_type": "Article"}), ("ir", {}), ("ir", {"include_parent_details": "True"}),
    ("ir", {"attributes_to_show": "Authors|Publication_Date|YOP|Access_Method|Access_Type|Article_Version",
            "include_parent_details": "True"}),
    ("ir", {"yop": "1800-1900|0001", "access_type": "Open"}), ("ir", {"item_id": f"sheaf:{NUMBERS[0]}"}),
    ("ir", {"author": "0000-0002-1825-0097", "metric_type": "Unique_Item_Requests"}), ("ir", {"granularity": "Total"}),
    ("ir", {"foo": "bar", "yop": "x", "attributes_to_show": "Country_Code|YOP", "include_component_details": "True"}),
    ("ir", {"data_type": "Journal"}), ("ir", {"access_method": "TDM"}), ("ir_a1", {}), ("ir", {"end_date": "2027-12-31"}),
    ("ir", {"begin_date": "2027-01", "end_date": "2027-02"}), ("ir", {"begin_date": "2020-01", "end_date": "2020-02"}),
]  # fmt: skip


@needs_schema
async def test_every_report_is_valid(get: Get, used: list[Event]) -> None:
    for report, more in ASKED:
        found = await get(f"reports/{report}", **more)
        valid(report.upper(), found)
        assert found["Report_Header"]["Report_ID"] == report.upper()


@needs_schema
async def test_status_members_and_list_are_valid(get: Get, client: TestClient, used: list[Event]) -> None:
    valid("Status", (await (await client.get("/r51/status")).json())[0])
    (member,) = await get("members")
    valid("Member", member)
    assert member["Customer_ID"] == WORLD
    listed = await get("reports")
    assert [it["Report_ID"] for it in listed] == ["PR", "PR_P1", "IR", "IR_A1"]
    for it in listed:
        valid("Report", it)
        assert (it["First_Month_Available"], it["Last_Month_Available"]) == ("2026-01", "2026-02")


async def test_the_item_report_says_what_the_reference_counts(get: Get, used: list[Event]) -> None:
    expected = {key: list(value) for key, value in counted(used).items() if any(value)}
    assert figures(await get("reports/ir")) == expected
    whole = figures(await get("reports/ir", granularity="Total"))
    assert sum(map(sum, whole.values())) == sum(map(sum, expected.values()))
    assert {month for _, month in whole} == {BEGIN}
    platform = await get("reports/pr")
    said = {
        metric: sum(
            sum(each["Performance"].get(metric, {}).values()) for each in platform["Report_Items"][0]["Attribute_Performance"]
        )
        for metric in METRICS
    }
    order = ("Total_Item_Investigations", "Unique_Item_Investigations", "Total_Item_Requests", "Unique_Item_Requests")
    assert said == {metric: sum(value[place] for value in expected.values()) for place, metric in enumerate(order)}


async def test_works_are_described(get: Get, used: list[Event]) -> None:
    shown = "Authors|Publication_Date|YOP|Access_Method|Access_Type|Article_Version"
    report = await get("reports/ir", attributes_to_show=shown, include_parent_details="True")
    by_parent = {group.get("Data_Type", ""): group for group in report["Report_Items"]}
    journal = by_parent["Journal"]
    assert (journal["Title"], journal["Item_ID"]) == ("Verhandlungen", {"Print_ISSN": "0373-1960"})
    (article,) = journal["Items"]
    assert article["Item_ID"] == {
        "DOI": "10.5281/zenodo.7", "Proprietary": f"sheaf:{NUMBERS[0]}", "URI": f"https://repository.example.org/items/{NUMBERS[0]}",
    }  # fmt: skip
    assert (article["Publisher"], article["Publisher_ID"]) == ("Verein", {"ROR": ["02nr0ka47"]})
    assert article["Authors"][0] == {"Name": "A. Mendel", "ORCID": "0000-0002-1825-0097"}
    assert len(article["Authors"]) == 3
    assert (article["Publication_Date"], article["Article_Version"]) == ("1866-02-08", "VoR")
    (performance,) = article["Attribute_Performance"]
    assert [performance[name] for name in ("Data_Type", "YOP", "Access_Type", "Access_Method")] == [
        "Article",
        "1866",
        "Open",
        "Regular",
    ]
    assert by_parent["Book"]["Item_ID"] == {"ISBN": "978-3-16-148410-0"}
    assert by_parent["Book"]["Items"][0]["Attribute_Performance"][0]["Access_Type"] == "Controlled"
    assert by_parent["Conference"]["Title"] == "Solvay"
    assert by_parent["Conference"]["Items"][0]["Attribute_Performance"][0]["YOP"] == "0001"
    assert by_parent[""]["Items"][0]["Attribute_Performance"][0]["Data_Type"] == "Dataset"
    (only,) = (await get("reports/ir_a1"))["Report_Items"]
    assert only["Title"] == "Verhandlungen"


async def test_filters_choose(get: Get, used: list[Event]) -> None:
    async def chosen(**more: str) -> list[int]:
        numbers = {number for number, _ in figures(await get("reports/ir", **more))}
        return sorted(NUMBERS.index(number) for number in numbers)

    assert await chosen() == [0, 1, 2, 3]
    assert await chosen(data_type="Article|Dataset") == [0, 3]
    assert await chosen(yop="1859") == [1]
    assert await chosen(yop="1850-1860|1866") == [0, 1, 3]
    assert await chosen(access_type="Controlled") == [1]
    assert await chosen(item_id="DOI:10.5281/zenodo.7") == [0]
    assert await chosen(item_id="10.5281/zenodo.7") == [0]
    assert await chosen(author="A. Curie") == [0]
    assert await chosen(author="ORCID:0000-0002-1825-0097") == [0, 1, 2, 3]
    assert await chosen(access_method="Regular") == [0, 1, 2, 3]
    assert await chosen(platform="Another") == []


async def test_what_is_passed_over_is_said_and_what_is_not_ready_too(get: Get, used: list[Event]) -> None:
    async def codes(**more: str) -> list[int]:
        return [each["Code"] for each in (await get("reports/ir", **more))["Report_Header"].get("Exceptions", [])]

    assert await codes() == []
    assert await codes(color="blue") == [3050]
    assert await codes(data_type="Article|Novel") == [3060]
    assert await codes(data_type="Novel") == [3030, 3060]
    assert await codes(attributes_to_show="YOP|Colour") == [3062]
    assert await codes(include_component_details="True") == [3063]
    assert await codes(granularity="Week") == [3062]
    assert await codes(begin_date="2019-01", end_date="2019-12") == [3030]
    assert await codes(end_date="2026-03") == [3031]
    assert await codes(begin_date="2026-03", end_date="2026-03") == [3031]
    assert await codes(requestor_id="somebody") == []


REFUSED: list[tuple[dict[str, str | None], int, int]] = [
    ({"customer_id": None}, 400, 1030), ({"api_key": None}, 400, 1030), ({"begin_date": None}, 400, 1030), ({"end_date": ""}, 400, 1030),
    ({"api_key": "shf_nobody"}, 401, 2020), ({"api_key": "x", "customer_id": "7"}, 403, 2010), ({"customer_id": "7"}, 403, 2010),
    ({"api_key": "x", "begin_date": "x"}, 401, 2020), ({"begin_date": "2026-13"}, 400, 3020), ({"begin_date": "2026-02-30"}, 400, 3020),
    ({"begin_date": "2026-05"}, 400, 3020), ({"end_date": "January"}, 400, 3020), ({"api_key": None, "customer_id": "7"}, 400, 1030),
]  # fmt: skip


async def test_refusals_are_counters_own_one_and_the_lowest(get: Get) -> None:
    for more, status, code in REFUSED:
        found = await get("reports/ir", status, **more)
        assert found["Code"] == code, more
        if SCHEMA.exists():
            valid(f"Exception_{code}", found)


async def test_who_may_ask(get: Get, house: House, client: TestClient, key: str, clock: SetClock) -> None:
    account = await house.database.write(accounts.add, "sender", Role.MANAGER, HASH, house.clock())
    add = tokens.add
    _, sword = await house.database.write(
        add, account, tokens.Wanted("sword", (Scope.DEPOSIT,), timedelta(days=30)), house.clock()
    )
    assert (await get("members", 401, api_key=sword))["Code"] == 2000
    assert (await get("reports", 401, api_key="shf_x"))["Code"] == 2020
    assert (await client.get("/r51/status")).status == 200
    await get("members", begin_date=None, end_date=None)
    clock.pass_time(days=31)
    assert (await get("members", 401))["Code"] == 2020
    assert (await client.get("/r51/reports")).status == 400


async def test_what_is_not_here_is_a_plain_404(client: TestClient, key: str) -> None:
    for path in ("/r51/reports/tr", "/r51/reports/ir_m1", "/r51/reports/IR", "/r5/reports/ir", "/r51", "/r51/nothing"):
        answer = await client.get(path, params={"customer_id": WORLD, "api_key": key, "begin_date": BEGIN, "end_date": END})
        assert answer.status == 404, path


async def test_a_database_that_is_away_and_a_client_in_a_hurry(
    get: Get, house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: Any) -> None:
        raise Unavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.database, "read_hot", away)
        assert (await get("reports", 503))["Code"] == 1000
    monkeypatch.setattr("server.usage.counter.routes.WAITING", 0)
    assert (await get("reports/ir", 503))["Code"] == 1010
    answers = [(await client.get("/r51/status")) for _ in range(70)]
    assert {answer.status for answer in answers} == {200, 429}
    assert (await answers[-1].json())["Code"] == 1020
    assert answers[-1].headers["Retry-After"]


async def test_somebody_elses_library_reads_the_reports(get: Get, used: list[Event], tmp_path) -> None:
    shown = "Authors|Publication_Date|YOP|Access_Method|Access_Type|Article_Version"
    document = json.dumps(await get("reports/ir", attributes_to_show=shown, include_parent_details="True")).encode()
    report = Counter51IRReport(io.BytesIO(document))
    assert (report.errors, report.warnings, report.infos) == ([], [], [])
    header, items = report.fd_to_dicts(io.BytesIO(document))
    records = list(report.read_report(header, items))
    expected = counted(used)
    assert sum(each.value for each in records if each.metric == "Total_Item_Requests") == sum(
        value[2] for value in expected.values()
    )
    assert {each.item for each in records} == {record.title.value for record in WORKS.values()}
    document = json.dumps(await get("reports/pr", attributes_to_show="Access_Method")).encode()
    report = Counter51PRReport(io.BytesIO(document))
    assert (report.errors, report.warnings) == ([], [])
    records = list(report.read_report(*report.fd_to_dicts(io.BytesIO(document))))
    assert sum(each.value for each in records if each.metric == "Total_Item_Investigations") == sum(
        v[0] for v in expected.values()
    )
    nothing = await get("reports/ir", begin_date="2020-01", end_date="2020-02")
    report = Counter51IRReport(io.BytesIO(json.dumps(nothing).encode()))
    assert [each.code for each in (*report.errors, *report.warnings, *report.infos)] in ([3030], ["3030"])


def test_every_report_takes_what_counter_lets_it_take() -> None:
    assert set(REPORTS) == {"pr", "pr_p1", "ir", "ir_a1"}
    assert "Book" not in ITEMS
