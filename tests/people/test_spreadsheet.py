"""People as a spreadsheet: out and in again, no formula runs, every mistake is named with its line, all or nothing."""

import csv
import io

import pytest

from server.errors import Conflict, Invalid
from server.house import House
from server.people import bringing, spreadsheet, store
from server.people.model import Person, PersonId, Post, Spelling
from tests.people.visits import LIBRARIAN, ORCID, person

CURIE = Person(
    family="Skłodowska-Curie", given="Marie",
    spellings=(Spelling(family="Skłodowska", given="Maria"), Spelling(family="Curie; Mme | Marie")),
    ids=(PersonId(value=ORCID), PersonId(scheme="viaf", value="22146475")),
    affiliations=(
        Post(name="Sorbonne", ror="https://ror.org/02en5vm52", position="Professor", since="1906", until="1934-07-04"),
        Post(name="Laboratoires; annexes | suite"), Post(name="Institut du Radium", since="1914"),
    ),
    email="marie@example.org", note="Two\nlines",
)  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    found = spreadsheet.read(spreadsheet.write([(7, CURIE), (8, Person(family="Madonna"))]))
    assert found.faults == ()
    assert [(row.number, row.person) for row in found.rows] == [(7, CURIE), (8, Person(family="Madonna"))]


@pytest.mark.parametrize("trick", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://example.org")', "'=1", "'"])
def test_no_cell_is_a_formula(trick: str) -> None:
    who = Person(family=trick, given=trick, note=trick, affiliations=(Post(name=trick),), spellings=(Spelling(family=trick),))
    text = spreadsheet.write([(1, who)])
    cells = next(csv.reader(io.StringIO(text.split("\r\n", 1)[1])))
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert spreadsheet.read(text).rows[0].person == who


def test_every_mistake_is_named_with_its_line() -> None:
    text = (
        "family;given;orcid;email;affiliations;number\n"
        "Mendel;Gregor;0000-0002-1825-0098;nobody;Abbey | 03yrm5c27;\n"
        ";;;;;\n"
        ";Carl;;;;x\n"
        "Curie;Marie\n"
        "Darwin;Charles;;wrong;;\n"
        "Hooke;Robert;0000-0002-1825-0097;;;3\n"
        "Hook;R.;0000-0002-1825-0097;;;3\n"
    )
    found = spreadsheet.read(text)
    assert [(fault.line, fault.column) for fault in found.faults] == [
        (2, "affiliations"), (2, "orcid"), (4, "number"), (4, "family"), (5, ""), (6, "email"), (8, "orcid"), (8, "number"),
    ]  # fmt: skip
    assert [row.person.family for row in found.rows] == ["Hooke", "Hook"]


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "nothing"), ("name,orcid\nMendel,\n", "unknown: name"), ("given\nGregor\n", "family is missing"),
     ('family\n"Mendel\n', "cannot be read"), ("family,family\na,b\n", "twice")],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_whole(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        spreadsheet.read(text)


async def test_nobody_is_made_twice_and_what_is_not_said_stays(house: House) -> None:
    who = await person(house, CURIE, looked=False)
    text = f"family,given,orcid,email,gnd\nCurie,Marie,{ORCID},,118523023\nMendel,Gregor,,,\n"
    found = spreadsheet.read(text)
    plan = await house.database.read(bringing.plan, found)
    assert (len(plan.new), len(plan.changed), plan.unchanged, plan.faults) == (1, 1, 0, ())
    assert await house.database.write(bringing.bring, found, LIBRARIAN, house.clock()) == (1, 1)
    after = await house.database.read(store.get, who.id)
    assert (after.person.family, after.person.email, after.person.spellings) == ("Curie", CURIE.email, CURIE.spellings)
    assert {one.scheme for one in after.person.ids} == {"orcid", "viaf", "gnd"}
    again = await house.database.read(bringing.plan, found)
    assert (len(again.new), len(again.changed), again.unchanged) == (1, 0, 1)  # a line without identifiers is somebody new


async def test_one_wrong_line_and_nothing_is_brought_in(house: House) -> None:
    who = await person(house, CURIE, looked=False)
    found = spreadsheet.read(f"family,number,viaf\nMendel,,\nNobody,999,\nCurie,{who.id},\nCurie,,22146475\n")
    plan = await house.database.read(bringing.plan, found)
    assert [(fault.line, fault.column) for fault in plan.faults] == [(3, "number"), (5, "")]
    with pytest.raises(Conflict):
        await house.database.write(bringing.bring, found, LIBRARIAN, house.clock())
    _, total = await house.database.read(store.search, store.Search(), 50)
    assert total == 1
