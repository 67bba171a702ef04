"""Rules 51 to 54 of the checklist: sets (2.6, 2.7.2, 4.6)."""

import re

import pytest

from tests.oai.conftest import Standing
from tests.oai.test_rules_dates import LISTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def listed(standing: Standing, path: str = "/oai") -> list[str]:
    return (await standing.ask(path=path, verb="ListSets")).all("//o:setSpec/text()")


async def members(standing: Standing, spec: str, verb: str = "ListIdentifiers") -> set[str]:
    return {id_ for part in await standing.walk(verb, metadataPrefix="oai_dc", set=spec) for id_ in part.ids}


async def test_rule_51_headers_carry_all_sets_and_list_sets_names_each_once(standing: Standing) -> None:
    specs = await listed(standing)
    assert len(specs) == len(set(specs))
    inside = {spec: await members(standing, spec) for spec in specs}
    for verb in LISTS:
        for more in ({}, {"set": "type:dataset"}):
            for part in await standing.walk(verb, metadataPrefix="oai_dc", **more):
                for header in part.all("//o:header"):
                    number = header.findtext("{*}identifier").rpartition(":")[2]
                    shown = [each.text for each in header.iterfind("{*}setSpec")]
                    assert len(shown) == len(set(shown))
                    assert set(shown) == {spec for spec in specs if number in inside[spec]}
    narrow = await standing.ask(path="/oai/narrow", verb="ListIdentifiers", metadataPrefix="oai_dc")
    assert set(narrow.all("//o:header/o:setSpec/text()")) <= set(await listed(standing, "/oai/narrow"))


async def test_rule_52_specs_are_of_legal_characters(standing: Standing) -> None:
    unreserved = r"[A-Za-z0-9\-_.!~*'()]+"
    for path in ("/oai", "/oai/narrow", "/oai/wide"):
        specs = await listed(standing, path)
        assert specs
        assert all(re.fullmatch(f"{unreserved}(:{unreserved})*", spec) for spec in specs)


async def test_rule_53_every_node_is_listed_and_holds_its_children(standing: Standing) -> None:
    specs = await listed(standing)
    children = [spec for spec in specs if ":" in spec]
    assert children
    for spec in children:
        parent = spec.rpartition(":")[0]
        assert parent in specs[: specs.index(spec)], "and parents come first"
        assert await members(standing, spec) <= await members(standing, parent)


async def test_rule_54_a_set_gives_its_members_alone(standing: Standing) -> None:
    wanted = {"type:dataset": {0, 3, 6, 9}, "open_access": {1, 3, 5, 7, 9, 11, 12}, "collection": set(range(13))}
    for verb in LISTS:
        for spec, numbers in wanted.items():
            assert await members(standing, spec, verb) == {standing.ids[number] for number in numbers}
        parts = await standing.walk(verb, metadataPrefix="oai_dc", set="open_access")
        gone = {each for part in parts for each in part.all("//o:header[@status='deleted']/o:identifier/text()")}
        assert gone == {standing.oai_id(5), standing.oai_id(7)}
