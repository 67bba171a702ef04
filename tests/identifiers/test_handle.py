"""The Handle scheme: every way a handle is written, and how ours are put together with nothing in between."""

import pytest

from server.identifiers.schemes import handle
from server.identifiers.schemes.handle import HandleRules
from server.profiles.model import Wrong
from server.profiles.reading import read


@pytest.mark.parametrize(
    "written",
    [
        "10536/DRO/DU:3001",
        "hdl:10536/dro/du:3001",
        "HDL: 10536/DRO/DU:3001",
        "handle:10536/DRO/DU:3001",
        "info:hdl/10536/DRO/DU:3001",
        "https://hdl.handle.net/10536/DRO/DU:3001",
        "http://HDL.handle.net/10536/DRO/DU%3A3001",
        "hdl.handle.net/10536/DRO/DU:3001",
    ],
)
def test_every_way_a_handle_is_written_has_one_normal_form(written: str) -> None:
    assert handle.normal(written) == "10536/dro/du:3001"


def test_the_seed_s_example_nothing_is_inserted() -> None:
    rules = HandleRules(prefix="10536/DRO/", suffix="DU:")
    assert [handle.compose(rules, "dataset.dataset", n) for n in (1, 3001)] == ["10536/DRO/DU:1", "10536/DRO/DU:3001"]
    assert handle.authority(rules.prefix) == "10536"


@pytest.mark.parametrize(
    ("prefix", "suffix", "first"),
    [
        ("10536/", "", "10536/1"),
        ("10536.1/", "item-", "10536.1/item-1"),
        ("21.T11998/", "a/b/", "21.T11998/a/b/1"),
        ("10536", "/DU:", "10536/DU:1"),
    ],
)
def test_forms_of_prefix_and_suffix(prefix: str, suffix: str, first: str) -> None:
    assert handle.compose(HandleRules(prefix=prefix, suffix=suffix), "", 1) == first


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("prefix", {"prefix": "10536"}),
        ("prefix", {"prefix": "10.5072/"}),
        ("prefix", {"prefix": "abc/"}),
        ("prefix", {"prefix": "10536/a b/"}),
        ("prefix", {"prefix": "10536/é/"}),
        ("prefix", {"prefix": ""}),
        ("suffix", {"prefix": "10536/", "suffix": "a%20"}),
        ("suffix", {"prefix": "10536/", "suffix": "a?b"}),
        ("start", {"prefix": "10536/", "start": 0}),
    ],
)
def test_what_makes_no_handle_is_refused_by_its_field(field: str, values: dict[str, object]) -> None:
    with pytest.raises(Wrong) as caught:
        read(HandleRules, values)
    assert caught.value.fields.keys() == {field}


def test_a_counter_for_each_prefix_and_suffix_together_letter_case_aside() -> None:
    one, other = HandleRules(prefix="10536/DRO/", suffix="DU:"), HandleRules(prefix="10536/", suffix="dro/du:")
    assert handle.sequence_name(one, "a") == handle.sequence_name(other, "b") == "handle:10536/dro/du:"
