"""The families of sets: which of them a work is in, what they are called, and that every node above a set is named."""

import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from server.metadata.sets import FAMILIES, STANDARD, Grouping, OwnSet
from server.records.model import Agent, AgentId, File, Funding, Subject
from server.records.query import Facts, Query
from tests.strategies import records
from tests.writers import record

ALL = Grouping(tuple(FAMILIES))
#: OAI-PMH 2.6, and OAI-PMH.xsd, setSpecType.
SPEC = re.compile(r"([A-Za-z0-9\-_.!~*'()])+(:[A-Za-z0-9\-_.!~*'()]+)*")
PDF = (File(name="a.pdf"),)


def specs(grouping: Grouping = ALL, **parts: object) -> tuple[str, ...]:
    return grouping.specs(Facts(record(**parts), "works"))


def roots(**parts: object) -> set[str]:
    """Return what a work is in beside collection, type, doc-type and rioxx, where every one of these is."""
    return {spec for spec in specs(**parts) if spec.partition(":")[0] not in {"collection", "type", "doc-type", "rioxx"}}


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"access": "open", "files": PDF}, {"open_access", "openaire", "driver", "has-fulltext"}),
        ({"access": "open"}, {"open_access", "openaire"}),
        ({"access": "restricted", "files": PDF}, set()),
        ({"access": "restricted", "files": (File(name="a.pdf", access="open"),)}, {"has-fulltext"}),
        ({"access": "restricted", "funding": (Funding(funder_name="Royal Society"),)}, set()),
        ({"access": "restricted", "funding": (Funding(funder_name="Royal Society", award_no="7"),)}, {"openaire"}),
        (
            {"access": "restricted", "funding": (Funding(funder_name="European Commission", award_no="7"),)},
            {"openaire", "ec_fundedresources"},
        ),
        (
            {"access": "restricted", "funding": (Funding(funder_id="https://doi.org/10.13039/501100000780"),)},
            {"ec_fundedresources"},
        ),
        ({"access": "open", "type": "dataset.dataset", "files": PDF}, {"open_access", "openaire_data", "has-fulltext"}),
        ({"access": "restricted", "type": "etdexternal.doctoral_external"}, {"theses"}),
        (
            {"access": "restricted", "creators": (Agent(family="Curie", ids=(AgentId(scheme="orcid", value="x"),)),)},
            {"irus-orcid"},
        ),
        ({"access": "restricted", "version": "AM"}, {"status-type", "status-type:acceptedVersion"}),
        ({"access": "restricted", "version": "NA"}, set()),
        (
            {"access": "restricted", "subjects": (Subject(value="x", scheme="ddc", code="530.1"), Subject(value="530"))},
            {"ddc", "ddc:530"},
        ),
        (
            {"access": "restricted", "subjects": (Subject(value="x", value_uri="http://dewey.info/class/004/e23/"),)},
            {"ddc", "ddc:004"},
        ),
        ({"access": "restricted", "subjects": (Subject(value="x", scheme="DDC", code="53"),)}, set()),
    ],
)
def test_a_work_is_in_the_sets_it_belongs_to(parts: dict, found: set) -> None:
    assert roots(**parts) == found


def test_a_work_without_creators_cannot_be_said_in_rioxx() -> None:
    assert "rioxx" in specs()
    assert "rioxx" not in specs(creators=())


def test_only_what_is_offered_is_computed() -> None:
    assert specs(Grouping(("theses",)), type="etd.doctoral") == ("theses",)
    assert set(STANDARD) <= FAMILIES.keys()


def test_own_sets_bring_what_is_above_them_and_contexts_are_hidden() -> None:
    own = (OwnSet("a:b", "B", "About b", Query(access=("open",))), OwnSet("a:c", "C", "", Query()))
    grouping = Grouping((), own, (("dini", Query()), ("plain", Query(access=("restricted",)))))
    assert specs(grouping, access="open") == ("a", "a:b", "a:c", "/dini")
    assert grouping.described("a:b", {}) == ("B", "About b")
    assert grouping.described("a", {}) == ("a", "B, C")
    assert grouping.described("z", {}) is None
    assert list(dict.fromkeys(grouping.roots())) == ["a", "a:b", "a:c"]


def test_the_fingerprint_differs_where_members_may() -> None:
    one = Grouping(("type",), (OwnSet("a", "A", "", Query(access=("open",))),))
    same = Grouping(("type",), (OwnSet("a", "Another name", "and words", Query(access=("open",))),))
    assert one.fingerprint == same.fingerprint
    for other in (
        Grouping(("type", "theses"), one.own),
        Grouping(("type",)),
        Grouping(("type",), (OwnSet("b", "A", "", Query(access=("open",))),)),
        Grouping(("type",), (OwnSet("a", "A", "", Query(access=("restricted",))),)),
        Grouping(("type",), one.own, (("dini", Query()),)),
    ):
        assert other.fingerprint != one.fingerprint


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(records())
def test_every_spec_is_lawful_named_once_and_stands_below_its_parents(work: object) -> None:
    found = ALL.specs(Facts(msgspec.structs.replace(work), "works"))
    assert len(found) == len(set(found))
    for place, spec in enumerate(found):
        assert SPEC.fullmatch(spec), spec
        assert spec.rpartition(":")[0] in {"", *found[:place]}, spec
        described = ALL.described(spec, {"works": "Works of members"})
        assert described is not None
        assert described.name
    assert ALL.described("collection:works", {"works": "Works of members"}) == ("Works of members", "")


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("doc-type:CartographicMaterial", "Cartographic material"),
        ("doc-type:Article", "Article"),
        ("status-type:publishedVersion", "Published version"),
    ],
)
def test_terms_of_dini_are_called_as_people_say_them(spec: str, name: str) -> None:
    found = Grouping(("doc-type", "status-type")).described(spec, {})
    assert found is not None
    assert found.name == name
