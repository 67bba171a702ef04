"""The names of types: one row for each type we know, and the same as in the table they were taken from, where it is at hand."""

import csv
import os
from pathlib import Path

import pytest

from server.metadata.types import COAR_TERMS, COAR_TYPE, NAMES
from server.records.vocabulary import TYPES

SHARED = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[2] / ".." / "shared").resolve()
TABLE = SHARED / "data" / "crosswalk-samples" / "types.csv"


def test_every_type_has_names_and_no_other_has():
    assert list(NAMES) == list(TYPES)


def test_a_marc_leader_has_two_letters():
    assert all(len(names.leader) == 2 and names.leader.isalpha() for names in NAMES.values())


@pytest.mark.skipif(not TABLE.exists(), reason="needs crosswalk-samples/types.csv of SHEAF_SHARED")
def test_the_names_are_those_of_the_checked_table():
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = {
            row["code"]: (
                row["irus_expected"],
                row["dini"],
                row["oaire_general"],
                row["coar_oaire40"].removeprefix(COAR_TYPE),
                row["marc_ldr0607"],
            )
            for row in csv.DictReader(table)
        }
    assert rows == {code: tuple(names) for code, names in NAMES.items()}


def test_every_concept_of_a_type_has_its_term_and_no_other_has():
    assert set(COAR_TERMS) == {kind.coar for kind in TYPES.values()}


@pytest.mark.skipif(not TABLE.exists(), reason="needs crosswalk-samples/types.csv of SHEAF_SHARED")
def test_the_terms_are_those_of_the_checked_table():
    with TABLE.open(encoding="utf-8", newline="") as table:
        assert {row["coar"].removeprefix(COAR_TYPE): row["coar_label"] for row in csv.DictReader(table)} == COAR_TERMS
