"""Rules 21 to 28 of the checklist, and the errors of each verb (3.6)."""

import pytest

from server.oai.request import VERBS
from tests.oai.conftest import Answer, Standing, checked

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTS = ("ListIdentifiers", "ListRecords")
KEYS = ("identifier", "metadataPrefix", "from", "until", "set", "resumptionToken")
VALUES = dict(zip(KEYS, ("oai:x:1", "oai_dc", "2026-03-14", "2026-03-14", "type", "x"), strict=True))


async def codes(standing: Standing, query: str) -> list[str]:
    return (await standing.ask(query)).codes


async def lists(standing: Standing, verb: str) -> None:
    """Try the errors both lists have."""
    for query, code in (
        ("", "badArgument"),
        ("metadataPrefix=oai_dc&identifier=x", "badArgument"),
        ("metadataPrefix=oai_dc&from=junk", "badArgument"),
        ("resumptionToken=junk", "badResumptionToken"),
        ("metadataPrefix=nonsense", "cannotDisseminateFormat"),
        ("metadataPrefix=oai_dc&set=nothing", "noRecordsMatch"),
        ("metadataPrefix=oai_dc&until=1900-01-01", "noRecordsMatch"),
    ):
        assert await codes(standing, f"verb={verb}&{query}") == [code]


async def test_errors_of_any_verb_that_is_none(standing: Standing) -> None:
    for query in (
        "", "verb", "verb=", "verb=Nothing", "verb=identify", "verb=IDENTIFY", "Verb=Identify", "verb=Identify&verb=Identify",
        "verb=Identify&verb=ListSets", "verb=Identify%20", "metadataPrefix=oai_dc",
    ):  # fmt: skip
        assert await codes(standing, query) == ["badVerb"], query


async def test_errors_of_identify_with_arguments(standing: Standing) -> None:
    for key in (*KEYS, "x", ""):
        assert await codes(standing, f"verb=Identify&{key}={VALUES.get(key, '1')}") == ["badArgument"]


async def test_errors_of_list_metadata_formats_of_items(standing: Standing) -> None:
    assert await codes(standing, "verb=ListMetadataFormats&metadataPrefix=oai_dc") == ["badArgument"]
    for identifier in ("oai:x:1", "junk", 'invalid"id', standing.oai_id(0) + "0"):
        assert await codes(standing, f"verb=ListMetadataFormats&identifier={identifier}") == ["idDoesNotExist"]
    # noMetadataFormats is said of an item that is in none of the formats offered; every item of ours has oai_dc (rule 58).
    assert await codes(standing, f"verb=ListMetadataFormats&identifier={standing.oai_id(0)}") == []


async def test_errors_of_list_sets_and_its_token(standing: Standing) -> None:
    for query in ("metadataPrefix=oai_dc", "set=type", "resumptionToken="):
        assert await codes(standing, f"verb=ListSets&{query}") == ["badArgument"]
    assert set(await codes(standing, "verb=ListSets&resumptionToken=x&set=type")) == {"badArgument"}
    assert await codes(standing, "verb=ListSets&resumptionToken=x") == ["badResumptionToken"]


async def test_errors_of_get_record_one_by_one(standing: Standing) -> None:
    one = standing.oai_id(0)
    for query, code in (
        ("", ["badArgument"] * 2),
        (f"identifier={one}", ["badArgument"]),
        ("metadataPrefix=oai_dc", ["badArgument"]),
        (f"identifier={one}&metadataPrefix=oai_dc&set=type", ["badArgument"]),
        (f"identifier={one}&metadataPrefix=oai_dc&resumptionToken=x", ["badArgument"]),
        (f"identifier={one}&identifier={one}&metadataPrefix=oai_dc", ["badArgument"]),
        ("identifier=oai:x:1&metadataPrefix=oai_dc", ["idDoesNotExist"]),
        (f"identifier={one}&metadataPrefix=nonsense", ["cannotDisseminateFormat"]),
    ):
        assert await codes(standing, f"verb=GetRecord&{query}") == code


async def test_errors_of_list_identifiers_one_by_one(standing: Standing) -> None:
    await lists(standing, "ListIdentifiers")


async def test_errors_of_list_records_one_by_one(standing: Standing) -> None:
    await lists(standing, "ListRecords")


async def test_rule_21_arguments_a_verb_does_not_take(standing: Standing) -> None:
    for verb, known in VERBS.items():
        legal = known.required | known.optional | {known.exclusive}
        required = "".join(f"&{key}={VALUES[key]}" for key in known.required)
        for key in (*{*KEYS, "x", "From", "metadataprefix"} - legal, ""):
            answer = await standing.ask(f"verb={verb}{required}&{key}={VALUES.get(key, '1')}")
            assert answer.codes == ["badArgument"], (verb, key)
            assert f"takes no argument “{key}”" in answer.text("//o:error")


async def test_rule_22_repeated_arguments(standing: Standing) -> None:
    for verb, known in VERBS.items():
        for key in known.required | known.optional | {known.exclusive} - {""}:
            rest = "".join(f"&{each}={VALUES[each]}" for each in known.required - {key}) if key != known.exclusive else ""
            for second in (VALUES[key], "other"):
                once = f"verb={verb}{rest}&{key}={VALUES[key]}"
                answers: list[Answer] = [await standing.ask(f"{once}&{key}={second}")]
                for query, form in ((once, f"{key}={second}"), ("", f"{once}&{key}={second}")):
                    headers = {"Content-Type": "application/x-www-form-urlencoded"}
                    posted = await standing.raw(query, method="POST", data=form, headers=headers)
                    answers.append(checked(await posted.read()))
                for answer in answers:
                    assert set(answer.codes) == {"badArgument"}, (verb, key)
                    assert f"{key} is given more than once" in answer.text("//o:error")
    for twice in ("verb=Identify&verb=Identify", "verb=Identify&verb=ListSets"):
        assert await codes(standing, twice) == ["badVerb"]


async def test_rule_23_missing_arguments(standing: Standing) -> None:
    for verb, known in VERBS.items():
        for missing in known.required:
            rest = "".join(f"&{key}={VALUES[key]}" for key in known.required - {missing})
            answer = await standing.ask(f"verb={verb}{rest}")
            assert answer.codes == ["badArgument"]
            assert f"needs the argument {missing}" in answer.text("//o:error")


async def test_rule_24_a_token_stands_alone(standing: Standing) -> None:
    token = (await standing.ask(verb="ListRecords", metadataPrefix="oai_dc")).token
    for verb in (*LISTS, "ListSets"):
        for key in ("metadataPrefix", "from", "until", "set"):
            for given in (token, "junk"):
                answer = await standing.ask(f"verb={verb}&resumptionToken={given}&{key}={VALUES[key]}")
                assert set(answer.codes) == {"badArgument"}


async def test_rule_25_an_unknown_format(standing: Standing) -> None:
    for verb in LISTS:
        assert await codes(standing, f"verb={verb}&metadataPrefix=nonsense") == ["cannotDisseminateFormat"]
    for number in (0, 5):  # 5 is withdrawn
        query = f"verb=GetRecord&metadataPrefix=nonsense&identifier={standing.oai_id(number)}"
        assert await codes(standing, query) == ["cannotDisseminateFormat"]


async def test_rule_26_identifiers_of_no_legal_form(standing: Standing) -> None:
    for identifier in (
        'invalid"id',
        "junk",
        "not%20a%20uri",
        "%C3%A4",
        "oai:",
        "http%3A%2F%2F%5B",
        "1",
        "%00",
        standing.oai_id(0)[:-1],
    ):
        for query in (
            f"verb=GetRecord&metadataPrefix=oai_dc&identifier={identifier}",
            f"verb=ListMetadataFormats&identifier={identifier}",
        ):
            assert await codes(standing, query) == ["idDoesNotExist"], identifier


async def test_rule_27_unknown_and_illegal_sets(standing: Standing) -> None:
    for verb in LISTS:
        for spec in ("nothing", "type:nothing", "typ", "type:dataset:dataset:more", "~"):
            assert await codes(standing, f"verb={verb}&metadataPrefix=oai_dc&set={spec}") == ["noRecordsMatch"]
        for spec in ("a%20b", "a:", ":a", "a::b", "a/b", "%C3%A4", "%00"):
            assert await codes(standing, f"verb={verb}&metadataPrefix=oai_dc&set={spec}") == ["badArgument"]


async def test_rule_28_empty_values(standing: Standing) -> None:
    for verb, known in VERBS.items():
        for key in known.required | known.optional | {known.exclusive} - {""}:
            rest = "".join(f"&{each}={VALUES[each]}" for each in known.required - {key}) if key != known.exclusive else ""
            for empty in (f"{key}=", key):
                answer = await standing.ask(f"verb={verb}{rest}&{empty}")
                assert answer.codes == ["badArgument"], (verb, key)
                assert f"The argument {key} is empty" in answer.text("//o:error")
