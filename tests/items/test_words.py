"""How the pages say dates, names, licences, citations and links."""

import msgspec
import pytest

from server.items import spoken
from server.items.citation import citation
from server.items.signposting import LONGEST, Link, header
from server.pages import size
from server.records.model import Agent, Licence, Record, Text
from tests.items.works import RICH


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1866", "1866"),
        ("1866-02", "February 1866"),
        ("1866-02-08", "8 February 1866"),
        ("0820", "820"),
        ("-0299", "300 BCE"),
        ("soon", "soon"),
    ],
)
def test_dates(value: str, words: str) -> None:
    assert spoken.date(value) == words


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (Agent(family="Mendel", given="Gregor"), "Mendel, Gregor"),
        (Agent(family="沈", given="括"), "沈括"),
        (Agent(family="김", given="정호"), "김 정호"),
        (Agent(kind="org", name="Linnean Society"), "Linnean Society"),
    ],
)
def test_names(agent: Agent, words: str) -> None:
    assert spoken.name(agent) == words


def test_licences() -> None:
    assert spoken.licence(Licence(uri="https://creativecommons.org/publicdomain/mark/1.0/")) == "Public Domain Mark 1.0"
    assert spoken.licence(Licence(uri="http://creativecommons.org/licenses/by-nc/3.0/de/")) == "CC BY-NC 3.0"
    assert spoken.licence(Licence(uri="https://example.org/terms")) == "https://example.org/terms"


def test_languages() -> None:
    assert [spoken.language(tag) for tag in ("de", "ger", "he-Latn", "xx-nonsense")] == [
        "German",
        "German",
        "Hebrew",
        "xx-nonsense",
    ]


def test_sizes() -> None:
    assert [size(n) for n in (0, 999, 1000, 2_500_000, 3_000_000_000_000)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "2.5 MB",
        "3.0 TB",
    ]


def test_citation() -> None:
    assert (
        citation(RICH)
        == "Mendel, Gregor (1866). Versuche über Pflanzen-Hybriden. Verhandlungen, 4(1), 3\N{EN DASH}47. Naturforschender Verein."
    )
    assert citation(Record(type="other.other", title=Text(value="Alone"))) == "Alone."
    assert citation(msgspec.structs.replace(RICH, citation_text="As it came")) == "As it came"
    many = msgspec.structs.replace(RICH, creators=tuple(Agent(family=f"A{n}") for n in range(9)))
    assert citation(many).startswith("A0 et al. (1866).")
    three = msgspec.structs.replace(RICH, creators=tuple(Agent(family=f"A{n}") for n in range(3)))
    assert citation(three).startswith("A0; A1 & A2 (1866).")


def test_the_link_header_is_cut_at_its_end_before_it_breaks_proxies() -> None:
    links = [Link("https://doi.org/10.5072/1", "cite-as")] + [Link(f"https://example.org/{n:090}", "item") for n in range(200)]
    found = header(links)
    assert len(found.encode()) <= LONGEST
    assert found.startswith('<https://doi.org/10.5072/1>; rel="cite-as"')
    assert found.endswith('rel="item"')
