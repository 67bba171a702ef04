"""Rules 29 to 37 of the checklist: dates and the bounds of lists (2.7.1, 3.3)."""

import re

import pytest

from tests.oai.conftest import Standing

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTS = ("ListIdentifiers", "ListRecords")
JUNK = (
    "junk", "2002-2-5", "2002-02-30", "2002-13-01", "2002", "2002-02", "2002-02-05T06:07Z", "2002-02-05T06:07:08", "2002-02-05T06:07:08.9Z",
    "2002-02-05T06:07:08%2B01:00", "2002-02-05%2006:07:08Z", "2002-02-05T25:00:00Z", "%202002-02-05", "2002-02-05%0A", "20020205",
    "0000-01-01", "2001-02-29", "2002-02-05T06:07:60Z", "2002-02-05t06:07:08z", "%D9%A2002-02-05",
)  # fmt: skip


async def found(standing: Standing, query: str, verb: str = "ListIdentifiers") -> tuple[list[str], set[int]]:
    """Return the errors and the numbers of the works in a list."""
    parts = [await standing.ask(f"verb={verb}&metadataPrefix=oai_dc&{query}")]
    while parts[-1].token:
        parts.append(await standing.ask(verb=verb, resumptionToken=parts[-1].token))
    return parts[0].codes, {standing.ids.index(id_) for part in parts for id_ in part.ids}


async def test_rule_29_days_and_seconds_are_taken(standing: Standing) -> None:
    for verb in LISTS:
        for bounds in ("from=2026-03-16&until=2026-03-16", "from=2026-03-16T00:00:00Z&until=2026-03-16T23:59:59Z"):
            assert await found(standing, bounds, verb) == ([], {2})


async def test_rule_30_no_finer_than_the_granularity(standing: Standing) -> None:
    assert (await standing.ask(verb="Identify")).text("//o:granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert (await found(standing, "from=2026-03-16T09:26:53Z&until=2026-03-16T09:26:53Z"))[0] == []
    assert (await found(standing, "from=2026-03-16T09:26:53.0Z"))[0] == ["badArgument"]


async def test_rule_31_two_granularities(standing: Standing) -> None:
    for verb in LISTS:
        for bounds in ("from=2026-03-16&until=2026-03-17T00:00:00Z", "from=2026-03-16T00:00:00Z&until=2026-03-17"):
            assert (await found(standing, bounds, verb))[0] == ["badArgument"]


async def test_rule_32_from_later_than_until(standing: Standing) -> None:
    for verb in LISTS:
        for bounds in (
            "from=2026-03-17&until=2026-03-16",
            "from=2026-03-16T09:26:54Z&until=2026-03-16T09:26:53Z",
            "from=2999-01-02&until=2999-01-01",
        ):
            assert (await found(standing, bounds, verb))[0] == ["badArgument"]


async def test_rule_33_bounds_are_inclusive(standing: Standing) -> None:
    for bounds, numbers in (
        ("from=2026-03-16T09:26:53Z&until=2026-03-16T09:26:53Z", {2}),
        ("from=2026-03-16T09:26:54Z&until=2026-03-18T09:26:52Z", set()),
        ("from=2026-03-16T09:26:54Z&until=2026-03-18T09:26:53Z", {4}),
        ("until=2026-03-14", {0}),
        ("from=2026-03-14&until=2026-03-15", {0, 1}),
        ("from=2026-03-24", {3, 5, 7, 9, 10, 11, 12}),
    ):
        for verb in LISTS:
            assert await found(standing, bounds, verb) == ([] if numbers else ["noRecordsMatch"], numbers), bounds


async def test_rule_34_what_is_no_date(standing: Standing) -> None:
    for date in JUNK:
        for key in ("from", "until"):
            assert (await found(standing, f"{key}={date}"))[0] == ["badArgument"], date


async def test_rule_35_until_before_everything(standing: Standing) -> None:
    for verb in LISTS:
        for bound in ("until=2026-03-13", "until=2026-03-14T09:26:52Z", "from=1990-01-01&until=1999-12-31"):
            assert (await found(standing, bound, verb))[0] == ["noRecordsMatch"]


async def test_rule_36_bounds_outside_of_what_there_is(standing: Standing) -> None:
    everything = set(range(len(standing.ids)))
    for bounds in (
        "from=1900-01-01",
        "until=2999-01-01",
        "from=0001-01-01&until=9999-12-31",
        "from=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z",
    ):
        assert await found(standing, bounds) == ([], everything)
    for bounds in ("from=2999-01-01", "from=2999-01-01T00:00:00Z&until=9999-12-31T23:59:59Z"):
        assert (await found(standing, bounds))[0] == ["noRecordsMatch"]


async def test_rule_37_datestamps_and_the_earliest(standing: Standing) -> None:
    identify = await standing.ask(verb="Identify")
    assert identify.text("//o:granularity") == "YYYY-MM-DDThh:mm:ssZ"
    earliest = identify.text("//o:earliestDatestamp")
    parts = await standing.walk("ListIdentifiers", metadataPrefix="oai_dc")
    stamps = [stamp for part in parts for stamp in part.all("//o:datestamp/text()")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp) for stamp in (earliest, *stamps))
    assert earliest == min(stamps), "it is exact, deletions included"
