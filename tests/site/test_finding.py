"""The public search on both databases: what fits, in which order, how many of what; and nothing that is not public."""

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from hypothesis import given
from hypothesis import strategies as st

from server.house import House
from server.publishing import prepare, revise, withdraw
from server.records import store as records
from server.records.model import Agent, Dates, Record, Subject, Text
from server.records.store import New, State
from server.site import finding
from server.site.asked import Asked, Term, asked_of
from server.site.finding import Count
from tests.conftest import SetClock
from tests.items.test_pages import publish, register, reserve


def work(title: str, who: str = "Mendel", year: str = "1866", kind: str = "publication.book", **more: object) -> Record:
    return Record(type=kind, title=Text(value=title), creators=(Agent(family=who, given="A."),), dates=Dates(issued=year), **more)


WORKS = (
    work("Hybrids of peas"),
    work("On beans", abstracts=(Text(value="Peas are mentioned, once, among a great number of other plants."),)),
    work("Éléments de géométrie", "Legendre", "1794", "publication.journalArticle"),
    work("Pea plants in the garden", "Lamarck", "1801", "dataset.dataset", subjects=(Subject(value="botany"),)),
)


async def stocked(house: House) -> list[str]:
    return [await publish(house, record, f"01J0000000000000000000{place:04}") for place, record in enumerate(WORKS)]


async def found(house: House, q: str = "", **more: object) -> list[str]:
    page = await house.database.read_hot(finding.find, Asked(q=q, **more))
    assert page.total == len(page.works)
    return [each.record.title.value for each in page.works]


PEAS, BEANS, ELEMENTS, GARDEN = (each.title.value for each in WORKS)


async def test_words_are_found_whatever_their_form_and_accents(house: House) -> None:
    await stocked(house)
    for query, titles in (
        ("hybrid", [PEAS]),
        ("HYBRIDS peas", [PEAS]),
        ("elements geometrie", [ELEMENTS]),
        ("Éléments", [ELEMENTS]),
        ("legendre", [ELEMENTS]),
        ("botany", [GARDEN]),
        ("the garden of peas", [GARDEN]),
        ('"pea plants"', [GARDEN]),
        ('"plants pea"', []),
        ("pea -garden -hybrid", [BEANS]),
        ("géomé*", [ELEMENTS]),
        ("nothing", []),
    ):
        assert await found(house, query) == titles, query


async def test_what_fits_best_comes_first_and_the_newest_where_asked(house: House) -> None:
    await stocked(house)
    assert (await found(house, "pea"))[-1] == BEANS, "a title weighs more than an abstract"
    assert await found(house, "pea", order="newest") == [GARDEN, BEANS, PEAS]
    assert await found(house) == [GARDEN, ELEMENTS, BEANS, PEAS]


async def test_facets_count_what_each_choice_would_leave(house: House) -> None:
    await stocked(house)
    page = await house.database.read_hot(finding.find, Asked(q="pea", type="publication"))
    assert set(page.types) == {Count("publication.book", 2), Count("dataset.dataset", 1)}
    assert page.years == (Count("1866", 2),)
    assert page.total == 2
    assert await found(house, year="1794") == [ELEMENTS]
    assert await found(house, type="dataset.dataset") == [GARDEN]
    assert await found(house, author="mendel, a.") == [BEANS, PEAS]


async def test_a_doi_finds_its_work(house: House) -> None:
    await reserve(house)
    number, *_ = await stocked(house)
    value = await register(house, number)
    for query in (value, f"https://doi.org/{value}"):
        page = await house.database.read_hot(finding.find, Asked(q=query))
        assert page.works[0].id == number


async def test_only_what_is_public_is_found_and_as_it_is_now(house: House, clock: SetClock) -> None:
    number, other, *_ = await stocked(house)
    draft = New("01J00000000000000000000999", work("Secret peas"), "works", State.DRAFT)
    await house.database.write(records.add, [draft], house.clock())
    assert "Secret peas" not in await found(house)
    clock.pass_time(minutes=1)
    stored = await house.database.read(records.get, number)
    changed = msgspec.structs.replace(stored.record, title=Text(value="Hybrids of vetches"), creators=(Agent(family="Unger"),))
    prepared = prepare(house.press, number, changed, house.clock())
    await house.database.write(revise, house.press, stored, prepared, house.clock())
    assert await found(house, "vetches") == ["Hybrids of vetches"]
    assert await found(house, "hybrids peas") == []
    assert await found(house, author="unger") == ["Hybrids of vetches"]
    assert await found(house, author="mendel, a.") == [BEANS]
    stored = await house.database.read(records.get, other)
    await house.database.write(withdraw, house.press, stored, "A mistake.", house.clock())
    assert await found(house, "beans") == []
    assert await found(house, author="mendel, a.") == []


async def test_pages_follow_one_another_without_gaps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "PAGE", 2)
    for place in range(7):
        await publish(house, work(f"Peas {'peas ' * place}"), f"01J0000000000000000000{place:04}")
    for order in ("", "newest"):
        seen, after = [], 0
        while True:
            page = await house.database.read_hot(finding.find, Asked(q="peas", order=order, after=after))
            seen += [each.id for each in page.works]
            if not (after := page.after):
                break
        assert len(seen) == len(set(seen)) == 7, order


async def test_what_has_many_finds_is_not_weighed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST_RANKED", 2)
    await stocked(house)
    page = await house.database.read_hot(finding.find, Asked(q="pea"))
    assert not page.is_ranked
    assert [each.record.title.value for each in page.works] == [GARDEN, BEANS, PEAS]


ODD = (
    '"',
    "'",
    "* - ( ) :",
    "title:x",
    "a AND",
    'NEAR("a")',
    "-x",
    "--",
    "*",
    "é*",
    "\x00",
    "x" * 500,
    "a:* & b",
    "\\",
    "<-> !!",
    "𓂀 𒀭",
    "%00",
)


@pytest.mark.parametrize("query", ODD)
async def test_no_words_break_the_search(client: TestClient, house: House, query: str) -> None:
    answer = await client.get("/search", params={"q": query.replace("\x00", "%00")})
    assert answer.status == 200
    await house.database.read_hot(finding.find, Asked(q=query.replace("\x00", "")))


@given(st.text(max_size=60))
def test_any_words_are_terms_or_none(text: str) -> None:
    terms = Asked(q=text).terms
    assert len(terms) <= 12
    assert not terms or not terms[0].unwanted


def test_terms() -> None:
    assert Asked(q='Peas "in the  garden" -beans hyb* the').terms == (
        Term("peas"),
        Term("in the garden"),
        Term("hyb", is_beginning=True),
        Term("beans", unwanted=True),
    )
    assert Asked(q="-beans").terms == ()


def test_addresses_say_what_is_asked() -> None:
    asked = asked_of("q=peas&type=publication&year=1866&after=7&order=newest&other=1&type=publication")
    assert asked == Asked(q="peas", type="publication", year="1866", after=7, order="newest")
    assert asked.to(year="") == "/search?q=peas&type=publication&order=newest"
    assert asked_of("type=nonsense&year=x&after=-1&order=y") == Asked()
