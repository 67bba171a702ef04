"""Rules 39 to 49 of the checklist: lists in parts (3.5), as far as nothing changes meanwhile."""

import re
import string

import pytest

from server.oai.definition import Definition
from tests.conftest import URL
from tests.oai.conftest import Standing, checked
from tests.oai.test_rules_dates import LISTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_rule_39_the_last_part_has_an_empty_token(standing: Standing) -> None:
    for verb in LISTS:
        parts = await standing.walk(verb, metadataPrefix="oai_dc")
        assert [len(part.ids) for part in parts] == [5, 5, 3]
        assert [len(part.all("//o:resumptionToken")) for part in parts] == [1, 1, 1]
        assert [bool(part.token) for part in parts] == [True, True, False]
        whole = await standing.walk(verb, metadataPrefix="oai_dc", set="type:dataset")
        assert [part.all("//o:resumptionToken") for part in whole] == [[]]


async def test_rule_40_a_token_is_the_whole_request(standing: Standing) -> None:
    for verb in LISTS:
        bounds = {"metadataPrefix": "datacite", "set": "open_access", "from": "2026-03-16", "until": "2026-03-28"}
        parts = await standing.walk(verb, **bounds)
        assert len(parts) == 2
        assert [standing.ids.index(id_) for part in parts for id_ in part.ids] == [11, 3, 5, 7, 9, 12]
        assert all("open_access" in header for part in parts for header in part.headers)
        for part in parts:
            roots = part.all("//o:metadata/*")
            assert {root.tag for root in roots} <= {"{http://datacite.org/schema/kernel-4}resource"}
        again = await standing.client.post("/oai", data={"verb": verb, "resumptionToken": parts[0].token})
        assert checked(await again.read()).headers == parts[1].headers


async def test_rule_41_a_token_may_be_used_again(standing: Standing) -> None:
    for verb in LISTS:
        first = await standing.ask(verb=verb, metadataPrefix="oai_dc")
        answers = [await standing.ask(verb=verb, resumptionToken=first.token) for _ in range(3)]
        assert len({tuple(answer.headers) for answer in answers}) == 1
        assert len({answer.token for answer in answers}) == 1


async def test_rule_43_cursor_counts_what_was_given(standing: Standing) -> None:
    for verb in LISTS:
        parts = await standing.walk(verb, metadataPrefix="oai_dc")
        given = 0
        for part in parts:
            assert int(part.text("//o:resumptionToken/@cursor")) == given
            given += len(part.ids)


async def test_rule_44_every_part_says_how_many_there_are(standing: Standing) -> None:
    for verb in LISTS:
        for more in ({}, {"set": "type:publication"}, {"from": "2026-03-16"}):
            parts = await standing.walk(verb, metadataPrefix="oai_dc", **more)
            assert len(parts) > 1
            total = str(sum(len(part.ids) for part in parts))
            assert [part.text("//o:resumptionToken/@completeListSize") for part in parts] == [total] * len(parts)


async def test_rule_46_tokens_that_are_none_of_this_list(standing: Standing) -> None:
    tokens = {verb: (await standing.ask(verb=verb, metadataPrefix="oai_dc")).token for verb in LISTS}
    token = tokens["ListRecords"]
    middle = len(token) // 2
    wrong = {
        "junk", "x" * 5000, "%00", "..", token[:-1], token[1:], token[:middle], token + "A", token * 2, token.swapcase(), token[::-1],
        token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :],
    }  # fmt: skip
    wrong |= {token[:-1] + last for last in string.ascii_letters + string.digits + "-_" if last != token[-1]}
    for each in wrong:
        answer = await standing.ask(f"verb=ListRecords&resumptionToken={each}")
        assert answer.codes == ["badResumptionToken"]
        assert "from= the datestamp of the last record received" in answer.text("//o:error")
    assert (await standing.ask(verb="ListSets", resumptionToken=token)).codes == ["badResumptionToken"]
    for context in ("narrow", "wide"):
        answer = await standing.ask(path=f"/oai/{context}", verb="ListRecords", resumptionToken=token)
        assert answer.codes == ["badResumptionToken"]
        assert "metadataPrefix=oai_dc and from=2026-03-20T09:26:53Z" in answer.text("//o:error")


async def test_rule_46_a_token_of_the_other_list_says_whose_it_is_and_how_to_go_on(standing: Standing) -> None:
    for mine, other in (LISTS, LISTS[::-1]):
        first = await standing.ask(verb=mine, metadataPrefix="oai_dc", set="type")
        answer = await standing.ask(verb=other, resumptionToken=first.token)
        assert answer.codes == ["badResumptionToken"]
        said = answer.text("//o:error")
        assert f"This resumptionToken was issued for {mine}, and {mine} goes on with it." in said
        last = first.all("//o:header/o:datestamp/text()")[-1]
        assert f"begin again with {other}, metadataPrefix=oai_dc, set=type and from={last}" in said
        wrong = await standing.ask(path="/oai/narrow", verb=other, resumptionToken=first.token)
        assert f"was issued at {URL}/oai and is valid only there" in wrong.text("//o:error")
    assert "not a resumptionToken of this repository for ListSets" in (
        await standing.ask(verb="ListSets", resumptionToken=first.token)
    ).text("//o:error")


async def test_rule_48_parts_are_of_500_unless_set_otherwise() -> None:
    assert Definition(repository_name="x", admin_emails=("a@example.org",)).page_size == 500


async def test_rule_49_tokens_need_no_encoding(standing: Standing) -> None:
    for verb in LISTS:
        for prefix in ("oai_dc", "datacite"):
            for part in await standing.walk(verb, metadataPrefix=prefix):
                assert re.fullmatch(r"[A-Za-z0-9_.~-]*", part.token)
