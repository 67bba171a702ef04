"""Works found: each filter alone and all together, in every order, page by page, on both databases."""

from collections.abc import Awaitable, Callable

import pytest

from server.house import House
from server.identifiers import ledger
from server.records import store
from server.records.model import Agent, Dates, File, Identifier
from server.records.store import New, State
from server.works import find
from server.works.find import Behind, Wanted, wanted_of
from tests.conftest import SetClock
from tests.writers import record

Titles = Callable[..., Awaitable[list[str]]]


@pytest.fixture
async def shelf(house: House, clock: SetClock) -> dict[str, str]:
    """Seven works, one an hour, that differ in all a filter asks for."""
    works = {
        "Peas": record("Peas", dates=Dates(issued="1866-02-08")),
        "The Ångström unit": record("The Ångström unit", "dataset.dataset", dates=Dates(issued="1905"), access="restricted"),
        "Zoonomia": record(
            "Zoonomia", "publication.book", dates=Dates(issued="1794"), creators=(Agent(family="Darwin", given="Erasmus"),)
        ),
        "100% of_it": record("100% of_it", dates=Dates(), files=(File(name="a.pdf", sha256="a"),)),
        "Straße": record("Straße", identifiers=(Identifier(scheme="doi", value="10.5072/strasse"),)),
        "Ода": record("Ода", "creativeWork.poetry", dates=Dates(issued="1784")),
        "gone": record("gone"),
    }
    ids = {}
    for number, (title, work) in enumerate(works.items()):
        ids[title] = f"01J0000000000000000000000{number}"
        state = {"gone": State.WITHDRAWN, "Zoonomia": State.PENDING}.get(title, State.PUBLISHED)
        collection = "letters" if title == "Ода" else "works"
        await house.database.write(
            store.add, [New(ids[title], work, collection, state, owner=1, origin=f"oai:elsewhere:{number}")], clock()
        )
        clock.pass_time(hours=1)
    await house.database.write(ledger.keep_external, ids["Straße"], "doi", "10.5072/strasse", "10.5072/strasse", clock())
    own = {"record_id": ids["Peas"], "scheme": "doi", "value": "10.5072/ours.1", "normal": "10.5072/ours.1", "own": True,
           "profile_id": None, "state": "reserved"}  # fmt: skip
    await house.database.write(ledger.add, own, clock())
    return ids


@pytest.fixture
def titles(house: House, shelf: dict[str, str]) -> Titles:
    async def found(**wanted: str) -> list[str]:
        asked = Wanted(**wanted)
        rows = await house.database.read(find.page, asked)
        assert await house.database.read(find.count, asked) == len(rows)
        assert await house.database.read(find.count_all, asked) == len(rows)
        assert len(await house.database.read(find.ids, asked, "", 100)) == len(rows)
        return [row.title for row in rows]

    return found


FOUND = {
    "peas": ["Peas"], "PEAS mendel": ["Peas"], "angstrom": ["The Ångström unit"], "ångström": ["The Ångström unit"],
    "strasse": ["Straße"], "STRASSE": ["Straße"], "ода": ["Ода"], "100%": ["100% of_it"], "f_i": ["100% of_it"], "%": ["100% of_it"],
    "erasmus darwin": ["Zoonomia"], "peas darwin": [], "oai:elsewhere:2": ["Zoonomia"], "01j00000000000000000000002": ["Zoonomia"],
    "10.5072/strasse": ["Straße"], "https://doi.org/10.5072/ours.1": ["Peas"], "10.5072": ["Straße", "Peas"], "\\": [], "'": [],
}  # fmt: skip


async def test_words_are_found_wherever_they_stand(titles: Titles) -> None:
    for words, expected in FOUND.items():
        assert await titles(q=words) == expected, words


FILTERED = {
    ("state", "pending"): ["Zoonomia"], ("state", "withdrawn"): ["gone"], ("type", "dataset.dataset"): ["The Ångström unit"],
    ("type", "creativeWork"): ["Ода"], ("collection", "letters"): ["Ода"], ("year", "1866"): ["gone", "Straße", "Peas"],
    ("year", "1780-1800"): ["Ода", "Zoonomia"], ("year", "-1790"): ["Ода"], ("year", "1900-"): ["The Ångström unit"],
    ("access", "restricted"): ["The Ångström unit"], ("files", "yes"): ["100% of_it"], ("doi", "reserved"): ["Peas"],
    ("doi", "external"): ["Straße"], ("owner", "other"): [], ("since", "2026-03-15"): [],
}  # fmt: skip


async def test_each_filter_finds_what_it_says(titles: Titles) -> None:
    for (name, value), expected in FILTERED.items():
        assert await titles(**{name: value}) == expected, (name, value)
    assert len(await titles(files="no")) == 6
    assert len(await titles(owner="depositor")) == 7
    assert len(await titles(doi="none")) == 5
    assert len(await titles(since="2026-03-14")) == 7
    assert await titles(q="peas", state="published", type="creativeWork") == []


async def test_what_a_filter_does_not_understand_filters_nothing(titles: Titles) -> None:
    for name, value in {
        "state": "eaten",
        "type": "x",
        "year": "soon",
        "access": "x",
        "files": "x",
        "doi": "x",
        "since": "32",
    }.items():
        assert len(await titles(**{name: value})) == 7, name


async def test_the_orders(titles: Titles) -> None:
    assert await titles(order="title") == ["100% of_it", "The Ångström unit", "gone", "Peas", "Straße", "Zoonomia", "Ода"]
    assert (await titles(order="changed"))[0] == "gone"
    assert (await titles(order="nonsense"))[0] == "gone"


async def test_pages_follow_one_another_without_gaps(house: House, shelf: dict[str, str]) -> None:
    for name, order in find.ORDERS.items():
        walked, behind = [], None
        while rows := await house.database.read(find.page, Wanted(order=name), behind, 2):
            walked += [row.id for row in rows]
            behind = Behind(rows[-1].id, order.key(rows[-1]))
        assert len(walked) == len(set(walked)) == len(shelf)
    assert await house.database.read(find.page, Wanted(order="changed"), Behind("x", "no moment"))


def test_an_address_says_what_is_wanted() -> None:
    wanted = Wanted(q="peas & beans", state="draft")
    assert wanted_of(wanted.query) == wanted
    assert wanted_of("q=a&unknown=b&behind=c") == Wanted(q="a")
    assert not Wanted(order="title").narrows


async def test_a_changed_work_is_found_by_what_it_is_now(house: House, shelf: dict[str, str], titles: Titles) -> None:
    stored = await house.database.read(store.get, shelf["Peas"])
    await house.database.write(store.replace, stored, record("Beans"), house.clock(), state=State.WITHDRAWN)
    assert await titles(q="peas") == []
    assert await titles(q="beans", state="withdrawn") == ["Beans"]
