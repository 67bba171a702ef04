"""An embargo whose day has come: the work is open, wherever it is read."""

from datetime import date

import msgspec
import pytest

from server.records.embargo import opened
from server.records.model import Dates, File, Record, Text

FILES = (File(name="a", access="embargoed"), File(name="b", access="restricted"), File(name="c"))


@pytest.mark.parametrize(
    ("until", "today", "access"),
    [
        ("2026-03-14", date(2026, 3, 13), "embargoed"),
        ("2026-03-14", date(2026, 3, 14), "open"),
        ("2026-02", date(2026, 2, 27), "embargoed"),
        ("2026-02", date(2026, 2, 28), "open"),
        ("2026", date(2026, 12, 30), "embargoed"),
        ("2026", date(2026, 12, 31), "open"),
        ("", date(2026, 3, 14), "embargoed"),
        ("0000", date(2026, 3, 14), "embargoed"),
        ("-0044-03-15", date(2026, 3, 14), "embargoed"),
    ],
)
def test_an_embargo_ends_on_its_day(until: str, today: date, access: str) -> None:
    record = Record(
        type="dataset.dataset", title=Text(value="Peas"), access="embargoed", dates=Dates(embargo_until=until), files=FILES
    )
    found = opened(record, today)
    assert found.access == access
    assert [file.access for file in found.files] == [access, "restricted", ""]


def test_what_is_closed_for_another_reason_stays_closed() -> None:
    record = Record(type="dataset.dataset", title=Text(value="Peas"), access="restricted", dates=Dates(embargo_until="2019"))
    assert opened(record, date(2026, 1, 1)) is record
    files = msgspec.structs.replace(record, files=FILES)
    assert [file.access for file in opened(files, date(2026, 1, 1)).files] == ["open", "restricted", ""]
