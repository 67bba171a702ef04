"""Every scheme on the shelf keeps the contract: what it composes is its own normal form's, numbers never share a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid
from server.identifiers.mint import agencies, rules_of, schemes_of
from server.identifiers.model import Scheme
from server.records.vocabulary import TYPES
from server.registry import Registry

SHELF = Registry("server.identifiers.schemes", Scheme, lambda scheme: scheme.name)
SAMPLES = {
    "doi": {"prefix": "10.5072", "labels": [{"types": ["dataset"], "label": "Data"}]},
    "handle": {"prefix": "10536/DRO/", "suffix": "DU:", "types": ["dataset"]},
}


def test_every_agency_registers_names_of_a_scheme_on_the_shelf() -> None:
    assert schemes_of(agencies()) == {scheme.name: scheme for scheme in SHELF}
    assert SAMPLES.keys() == set(SHELF.names())


@pytest.mark.parametrize("name", SHELF.names())
def test_its_rules_are_read_out_of_a_profile_and_what_is_no_rule_is_left(name: str) -> None:
    rules = rules_of(SHELF[name], SAMPLES[name] | {"environment": "test", "of_no_scheme": 1})
    assert (rules.prefix, rules.start) == (SAMPLES[name]["prefix"], 1)


@pytest.mark.parametrize("name", SHELF.names())
@given(code=st.sampled_from(sorted(TYPES)), number=st.integers(1, 10**12), other=st.integers(1, 10**12))
def test_names_are_normal_begin_with_their_stem_and_differ_with_their_number(
    name: str, code: str, number: int, other: int
) -> None:
    scheme = SHELF[name]
    rules = rules_of(scheme, SAMPLES[name])
    value = scheme.compose(rules, code, number)
    normal = scheme.normal(value)
    assert scheme.normal(normal) == normal == scheme.normal(f"  {value}\n")
    assert normal.startswith(scheme.stem(rules.prefix))
    assert value.endswith(str(number))
    assert (scheme.normal(scheme.compose(rules, code, other)) == normal) == (other == number)
    assert len(scheme.sequence_name(rules, code)) <= 200, "a counter's name fits its column"


@pytest.mark.parametrize("name", SHELF.names())
def test_what_is_no_name_is_refused_with_a_remedy(name: str) -> None:
    for text in ("", " ", "x", "10536", "a b/c", "10536/", "10.5072/a b", "1/\ud800", f"10.5072/{'x' * 2048}"):
        with pytest.raises(Invalid) as caught:
            SHELF[name].normal(text)
        assert caught.value.code == name
        assert caught.value.remedy.startswith("Write it as ")
