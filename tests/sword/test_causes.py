"""One vocabulary: every class of problem that can be raised where deposits are read stands in the table."""

import pickle
import re
from pathlib import Path

import pytest

import server
from server.metadata.reading import Remark
from server.sword import problems
from server.sword.causes import CAUSES, Kind, title
from server.sword.errors import SwordError
from server.sword.model import CONTAINER_MOVES, DEPOSIT_MOVES, ContainerState, DepositState, Problem
from server.sword.problems import Weight
from tests.conftest import entry
from tests.sword.conftest import ENTRY, Depositor

ROOT = Path(server.__file__).parent
_CODE = re.compile(r'\bcode\s*=\s*"([a-z][a-z-]*)"')


def codes() -> set[str]:
    """Return the classes that are named in the sources of what reads deposits."""
    found: set[str] = set()
    for folder in ("sword", "metadata"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found |= set(_CODE.findall(path.read_text()))
    return found


def kinds(of: type[SwordError]) -> set[str]:
    return {of.code} | {code for each in of.__subclasses__() for code in kinds(each)}


#: Said to an administrator who sets something up, never of a deposit.
ELSEWHERE = {"sword"}


def test_every_class_that_is_raised_stands_in_the_table() -> None:
    assert codes() | (kinds(SwordError) - {"error"}) <= set(CAUSES) | ELSEWHERE


@pytest.mark.parametrize("code", sorted(CAUSES))
def test_each_class_says_what_it_means(code: str) -> None:
    cause = CAUSES[code]
    assert cause.title[0].isupper()
    assert len(cause.title.split()) <= 5
    assert cause.meaning.endswith(".")
    assert cause.remedy.endswith(".") or (not cause.remedy and cause.kind is not Kind.MAPPING)


def test_a_class_of_another_release_goes_by_its_name() -> None:
    assert title("never-heard-of") == "Never heard of"


def test_a_remark_is_its_sentence_and_knows_more() -> None:
    remark = Remark("/a (line 2): no such type.", code="type-unknown", place="/a (line 2)", value="Scroll")
    again = pickle.loads(pickle.dumps(remark))
    assert (str(again), again.code, again.place, again.value) == (str(remark), remark.code, remark.place, remark.value)
    assert Problem.from_remark(remark) == Problem("type-unknown", str(remark), "/a (line 2)", "", "Scroll")


def test_the_tables_of_states_name_every_state() -> None:
    assert set(CONTAINER_MOVES) == set(ContainerState)
    assert set(DEPOSIT_MOVES) == set(DepositState)
    assert not CONTAINER_MOVES[ContainerState.DELETED]
    assert not any(state in following for state, following in CONTAINER_MOVES.items())


async def test_what_was_guessed_and_what_holds_is_written_down(depositor: Depositor) -> None:
    await depositor.create(entry(more="<dcterms:language>Volapuke</dcterms:language>"), ENTRY)
    await depositor.create(
        b"<entry xmlns='http://www.w3.org/2005/Atom'><title/><author><name>Mendel</name></author></entry>", ENTRY
    )
    taken, held = await depositor.rows(state="taken"), await depositor.rows(state="held")
    known = await depositor.house.database.read(problems.of, taken[0].id)
    assert [(each.weight, each.problem.code, each.problem.value) for each in known] == [
        (Weight.WARN, "quirk-entry", "id, updated, author"),
        (Weight.WARN, "language-unknown", "Volapuke"),
    ]
    assert taken[0].warnings == 2
    read = await depositor.house.database.read(problems.understood_of, taken[0].id)
    assert read is not None
    assert read[0].title.value == "Peas"
    known = await depositor.house.database.read(problems.of, held[0].id)
    assert [(each.weight, each.problem.code) for each in known] == [(Weight.HOLD, "title-missing"), (Weight.WARN, "quirk-entry")]
