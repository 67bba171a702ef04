"""Names of people and bodies."""

import pytest

from server.metadata.names import agent, agent_id, is_body, split, unpacked
from server.records.model import AgentId


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("Darwin, Charles", ("Darwin", "Charles")), ("King, Martin Luther, Jr.", ("King", "Martin Luther, Jr.")), ("Homer", ("Homer", "")),
        ("الخوارزمي، محمد", ("الخوارزمي", "محمد")), ("曹\uff0c雪芹", ("曹", "雪芹")), (", Plato", ("Plato", "")),
    ],
)  # fmt: skip
def test_a_name_is_split_at_its_comma(written: str, parts: tuple[str, str]):
    assert split(written) == parts


@pytest.mark.parametrize(
    "name",
    ["University of Oslo", "University of Oslo, Department of Physics", "Max-Planck-Institut für Physik", "ATLAS Collaboration"],
)
def test_a_body_is_told_by_its_words(name: str):
    assert is_body(name)
    assert agent(name).kind == "org"


@pytest.mark.parametrize("name", ["Church, Alonzo", "Bank, Lue", "Homer", "Ludwig van Beethoven", "曹雪芹"])
def test_a_person_is_not_taken_for_a_body(name: str):
    assert agent(name).kind == "person"


@pytest.mark.parametrize("name", ["", " ", ",", " ; , "])
def test_a_name_without_letters_is_no_agent(name: str):
    assert agent(name) is None


@pytest.mark.parametrize(
    ("value", "named", "found"),
    [
        ("0000-0002-1825-0097", "ORCID", ("orcid", "https://orcid.org/0000-0002-1825-0097")),
        ("http://orcid.org/0000-0002-1825-0097", "", ("orcid", "https://orcid.org/0000-0002-1825-0097")),
        ("0000000218250097", "orcid", ("orcid", "https://orcid.org/0000-0002-1825-0097")),
        ("https://ror.org/04wxnsj81", "", ("ror", "https://ror.org/04wxnsj81")),
        ("0000 0001 2103 2683", "ISNI", ("isni", "0000000121032683")),
        ("(DE-588)118523813", "gnd", ("gnd", "118523813")),
        ("https://d-nb.info/gnd/118523813", "", ("gnd", "118523813")),
        ("http://viaf.org/viaf/27063124", "naf", ("viaf", "27063124")),
        ("http://www.wikidata.org/entity/Q1035", "", ("wikidata", "Q1035")),
    ],
)  # fmt: skip
def test_an_identifier_of_a_person_or_body_is_written_as_its_registry_writes_it(value: str, named: str, found: tuple[str, str]):
    assert agent_id(value, named) == AgentId(scheme=found[0], value=found[1])


@pytest.mark.parametrize(("value", "named"), [("", ""), ("12345", ""), ("orcid", "orcid"), ("x", "viaf"), ("7", "ResearcherID")])
def test_other_identifiers_are_not_taken(value: str, named: str):
    assert agent_id(value, named) is None


def test_a_packed_name_is_taken_apart():
    name, ids, rest = unpacked("Noether, Emmy; orcid: 0000-0002-1825-0097; email: emmy@example.org")
    assert name == "Noether, Emmy"
    assert ids == (AgentId(scheme="orcid", value="https://orcid.org/0000-0002-1825-0097"),)
    assert rest == ("email: emmy@example.org",)
