"""What changed is told thing by thing: nobody has to find the difference between two long lists."""

import pytest

from server.portal.compared import Difference, compared

OPEN = {"path": "openaire", "title": "OpenAIRE", "formats": ["oai_dc_openaire", "oai_openaire"], "conditions": {"types": []}}
DINI = {"path": "dini", "title": "DINI", "formats": [], "conditions": {}}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Peas", "Beans", [("x", "Peas", "Beans")]),
        (None, "Beans", [("x", "", "Beans")]),
        (500, 100, [("x", "500", "100")]),
        (True, False, [("x", "true", "false")]),
        (["a", "b"], ["b", "c"], [("x", "a", "c")]),
        (["a", "b"], ["b", "a"], [("x", "a, b", "b, a")]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("x › b", "2", "3")]),
        ([OPEN, DINI], [OPEN, DINI | {"title": "The DINI"}], [("x › dini › title", "DINI", "The DINI")]),
        ([OPEN, DINI], [OPEN | {"formats": ["oai_openaire"]}, DINI], [("x › openaire › formats", "oai_dc_openaire", "")]),
        ([OPEN, DINI], [OPEN], [("x › dini", "path: dini; title: DINI", "")]),
        ([], [DINI], [("x › dini", "", "path: dini; title: DINI")]),
        (None, [DINI], [("x › dini", "", "path: dini; title: DINI")]),
        ([OPEN, DINI], [DINI, OPEN], [("x", "openaire, dini", "dini, openaire")]),
        ([DINI, DINI], [DINI], [("x › dini 2", "path: dini; title: DINI", "")]),
        ([{"n": 1}, {"n": 2}], [{"n": 1}, {"n": 3}], [("x › 2 › n", "2", "3")]),
        (["a"], "b", [("x", "a", "b")]),
    ],
)
def test_only_what_differs_is_told(before: object, after: object, told: list[tuple[str, str, str]]) -> None:
    assert compared({"x": (before, after)}) == [Difference(*each) for each in told]


def test_what_did_not_change_is_not_told() -> None:
    assert compared({"x": ([DINI], [DINI])}) == []
