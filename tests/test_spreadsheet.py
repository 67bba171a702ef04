"""Tables for spreadsheets: no cell is run, and what is read again is what was written; one rule for every table there is."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import spreadsheet
from server.people import spreadsheet as people
from server.people.model import Person
from server.runs import report
from server.runs.model import Item, Outcome, Subject
from server.works import sheet

BEGINNINGS = ["=", "+", "-", "@", "\t=", "\r=", " =", "\n@", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'="]


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_no_cell_begins_like_a_formula(begin: str) -> None:
    assert spreadsheet.guarded(f"{begin}1+1").startswith("'")
    assert spreadsheet.guarded("1=1") == "1=1"


@given(st.text() | st.text("=+-@ \t\r\n'a", max_size=8))
def test_the_guard_comes_off_again(text: str) -> None:
    assert spreadsheet.bare(spreadsheet.guarded(text)) == text


@pytest.mark.parametrize("begin", [" =", "\n@", "\uff1d"])
def test_every_table_is_guarded_by_the_same_rule(begin: str) -> None:
    hostile = f"{begin}cmd"
    tables = (
        report.rows([Item(1, Subject("1", hostile), Outcome.FAILED, "")]).decode(),
        sheet.lines([[hostile]]).decode(),
        people.write([(1, Person(family="Curie", note=hostile))]),
    )
    for table in tables:
        cells = [cell for row in csv.reader(io.StringIO(table, newline="")) for cell in row]
        assert f"'{hostile}" in cells
        assert hostile not in cells
