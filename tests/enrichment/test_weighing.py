"""What speaks for a candidate, and what does not."""

import pytest

from server.enrichment.model import Facts, title_key
from server.enrichment.weighing import STRONG, Named, Ours, Sort, dois_of, ranked, weigh
from server.records.model import Affiliation, Agent, Identifier
from tests.writers import record

FACTS = Facts(
    orcid="0000-0002-1825-0097", given="Gregor Johann", family="Mendel", others=("Johann Mendel",),
    current=(Affiliation(name="Abbey of St Thomas", ror="https://ror.org/02j46qs45"),), past=(Affiliation(name="Realschule"),),
    dois=("10.5072/peas",), titles=(title_key("Experiments in plant hybridization"),),
)  # fmt: skip


def named(*places: str, title: str = "Peas", doi: str = "", ror: str = "") -> Named:
    agent = Agent(family="Mendel", given="Gregor", affiliations=tuple(Affiliation(name=name, ror=ror) for name in places))
    ids = (Identifier(scheme="doi", value=doi),) if doi else ()
    work = record(title, creators=(agent,), identifiers=ids)
    return Named(agent, work, dois_of(work))


@pytest.mark.parametrize(
    ("name", "points"),
    [
        (("Mendel", "Gregor"), 25), (("Mendel", "G. J."), 10), (("MENDEL", "gregor johann"), 25), (("Mendel", "Johann"), 20),
        (("Mendel", "Georg"), None), (("Mandel", "Gregor"), None), (("Mendel", ""), 10),
    ],
)  # fmt: skip
def test_the_name(name: tuple[str, str], points: int | None) -> None:
    found = weigh(FACTS, name, [])
    assert (found.score if found else None) == points


def test_a_doi_in_common_is_strong_however_it_is_written() -> None:
    found = weigh(FACTS, ("Mendel", "Gregor"), [named(doi="https://doi.org/10.5072/PEAS")])
    assert found
    assert found.is_strong
    assert [each.sort for each in found.evidence] == [Sort.WORK, Sort.NAME]
    assert found.evidence[0].value == "Peas"


def test_a_title_in_common_counts_once_and_a_short_one_never() -> None:
    same = named(title="Experiments in Plant Hybridization.", doi="10.5072/peas")
    found = weigh(FACTS, ("Mendel", "Gregor"), [same])
    assert found
    assert [each.points for each in found.evidence if each.sort is Sort.WORK] == [50]
    by_title = weigh(FACTS, ("Mendel", "Gregor"), [named(title="Experiments in Plant Hybridization.")])
    assert by_title
    assert by_title.score == 25 + 30 < STRONG
    assert title_key("Introduction") == ""


def test_many_works_in_common_stay_within_a_hundred() -> None:
    found = weigh(FACTS, ("Mendel", "Gregor"), [named(doi="10.5072/peas") for _ in range(50)])
    assert found
    assert found.score <= 100


@pytest.mark.parametrize(
    ("place", "ror", "points"),
    [
        ("Abbey of St. Thomas, Brno", "", 25), ("Anything", "https://ror.org/02j46qs45", 25), ("Realschule", "", 15),
        ("Abbey", "https://ror.org/05a28rw58", 0), ("Abbey of St Thomas", "https://ror.org/05a28rw58", 0), ("School", "", 0),
    ],
)  # fmt: skip
def test_an_institution_in_common(place: str, ror: str, points: int) -> None:
    found = weigh(FACTS, ("Mendel", "Gregor"), [named(place, ror=ror)])
    assert found
    assert found.score == 25 + points


def test_one_of_our_people_counts_though_the_name_is_another() -> None:
    assert weigh(FACTS, ("Mandel", "G."), []) is None
    found = weigh(FACTS, ("Mandel", "G."), [], Ours("Mendel, Gregor", proved=True))
    assert found
    assert found.score == 45
    same = weigh(FACTS, ("Mendel", "Gregor"), [], Ours("Mendel, Gregor", proved=True))
    assert same
    assert not same.is_strong, "a namesake of one of our people is not strong by the name alone"


def test_the_likeliest_stands_first() -> None:
    other = Facts(orcid="0000-0001-5109-3700", given="Gregor", family="Mendel")
    places = [named(doi="10.5072/peas")]
    order = ranked(weigh(each, ("Mendel", "Gregor"), places) for each in (other, FACTS))
    assert [each.facts.orcid for each in order] == [FACTS.orcid, other.orcid]
