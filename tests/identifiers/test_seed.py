"""What our user's documents demand of DOI profiles, example by example: shapes, labels, padding, barred types, environments."""

import string

import pytest

from server import control
from server.errors import Conflict, Invalid, NotFound
from server.house import House
from server.identifiers import ledger
from server.identifiers.integration import preview
from server.identifiers.mint import mint, routes
from server.identifiers.schemes import doi
from server.identifiers.schemes.doi import DoiRules, Label
from server.metadata.crossref.record_types import BARRED
from server.profiles.model import Wrong
from server.profiles.reading import read
from server.records.model import Identifier
from server.records.vocabulary import TYPES
from tests.writers import Writer

ALLOWED = frozenset(string.ascii_letters + string.digits + ".-_;()/")
MEMBER = {
    "prefix": "10.82433", "registration_name": "Abbey of St Thomas", "email": "library@example.org", "repository_name": "Garden notes",
    "account_id": "role", "password": "correct horse", "environment": "test",
}  # fmt: skip
ACCOUNT = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "correct horse", "environment": "test"}


def rules(**fields: object) -> DoiRules:
    return read(DoiRules, {"prefix": "10.5072"} | fields)


def label(text: str) -> DoiRules:
    return rules(labels=[{"types": ["dataset"], "label": text}])


async def put(house: House, kind: str, values: dict[str, object], name: str = "Our DOIs") -> None:
    await control.profile_set(house, control.ProfileSet(kind=kind, name=name, values=values))


async def minted(house: House, code: str = "dataset.dataset") -> str:
    def reserved(tx):
        (route,) = routes(tx, house.press.agencies)
        return mint(tx, route, None, code, house.clock()).value

    return await house.database.write(reserved)


def test_the_example_with_a_prefix_that_can_exist() -> None:
    assert doi.compose(label("data"), "dataset.dataset", 1) == "10.5072/data.00000001"


@pytest.mark.parametrize(
    "prefix", ["10.ABC", "11.5072", "10.123", "10.1234567890", "10.5072/", "10.5072\n", "", "10.5072.1", "10.٥٠٧٢"]
)
def test_a_prefix_that_no_agency_assigns_is_refused(prefix: str) -> None:
    with pytest.raises(Wrong) as error:
        rules(prefix=prefix)
    assert set(error.value.fields) == {"prefix"}


@pytest.mark.parametrize("mark", [*map(chr, range(0x20, 0x7F)), "\n", "\t", "é", "ſ", "٣", "＿", "\u200b"])
def test_the_characters_of_a_label_one_by_one(mark: str) -> None:
    if mark in ALLOWED:
        name = doi.compose(label(f"a{mark}b"), "dataset.dataset", 1)
        assert name == f"10.5072/a{mark}b.00000001".lower()
        assert doi.normal(name) == name
        return
    for text in (f"a{mark}b", mark, f"data{mark}"):
        with pytest.raises(Wrong) as error:
            label(text)
        assert [field.split(".")[0] for field in error.value.fields] == ["labels"]


@pytest.mark.parametrize("digits", range(1, 10))
async def test_padding_from_one_to_nine_and_what_outgrows_it(house: House, digits: int) -> None:
    some = rules(padding=digits)
    assert doi.compose(some, "other.map", 7) == f"10.5072/{'7':0>{digits}}"
    last = 10**digits - 1
    assert [doi.compose(some, "other.map", n) for n in (last, last + 1)] == [f"10.5072/{last}", f"10.5072/{last + 1}"]
    before, after = [
        await house.database.read(preview, rules(padding=digits, start=n), scheme=doi.PLUGIN) for n in (last, last + 1)
    ]
    assert before.warnings == ()
    assert [f"more digits than the padding of {digits}" in words for words in after.warnings] == [True]


@pytest.mark.parametrize(
    ("field", "value"), [("padding", 0), ("padding", 10), ("padding", "x"), ("start", 0), ("start", -1), ("start", "one")]
)
def test_a_padding_or_a_number_that_is_none_is_refused(field: str, value: object) -> None:
    with pytest.raises(Wrong) as error:
        rules(**{field: value})
    assert set(error.value.fields) == {field}


async def test_where_the_starting_number_is_taken_the_next_free_one_is_used(house: House) -> None:
    await put(house, "reserve", {"prefix": "10.5072", "start": 7, "labels": [{"types": ["dataset"], "label": "data"}]})
    writer = Writer(house.database, house.press, house.clock)
    for number in (7, 8, 10):
        came = Identifier(scheme="doi", value=f"10.5072/DATA.{number:08d}")
        await writer.publish(f"Peas {number}", identifiers=(came,))
    shown = await house.database.read(
        preview, rules(start=7, labels=[{"types": ["dataset"], "label": "data"}]), scheme=doi.PLUGIN
    )
    assert dict(shown.facts)["data"] == "10.5072/data.00000009", "the preview says it"
    assert [await minted(house) for _ in range(2)] == ["10.5072/data.00000009", "10.5072/data.00000011"]
    assert await minted(house, "other.map") == "10.5072/00000007"


async def test_a_greater_starting_number_is_taken_up_and_a_smaller_one_repeats_nothing(house: House) -> None:
    await put(house, "reserve", {"prefix": "10.5072", "start": 5})
    assert await minted(house) == "10.5072/00000005"
    for start, following in ((100, "10.5072/00000100"), (1, "10.5072/00000101")):
        await put(house, "reserve", {"prefix": "10.5072", "start": start})
        assert await minted(house) == following


def test_labels_of_a_category_and_of_one_of_its_types() -> None:
    both = DoiRules(prefix="10.5072", labels=(Label(types=("etd",), label="thesis"), Label(types=("etd.doctoral",), label="phd")))
    assert doi.compose(both, "etd.doctoral", 1) == "10.5072/phd.00000001"
    assert doi.compose(both, "etd.graduate", 1) == "10.5072/thesis.00000001"


@pytest.mark.parametrize("field", ["types", "labels"])
@pytest.mark.parametrize("code", [*sorted(BARRED), "conference"])
async def test_crossrefs_barred_types_are_refused_when_they_are_configured(house: House, field: str, code: str) -> None:
    values = {"types": ["dataset", code]} if field == "types" else {"labels": [{"types": [code], "label": "x"}]}
    with pytest.raises((Wrong, Invalid)) as error:
        await put(house, "crossref", MEMBER | values)
    assert "Crossref registers no DOIs of a repository for" in str(error.value)
    assert await house.database.read(lambda tx: routes(tx, house.press.agencies)) == []


async def test_crossrefs_barred_types_come_to_it_by_no_other_way(house: House) -> None:
    await put(house, "crossref", MEMBER)
    for code in sorted(BARRED):
        with pytest.raises(NotFound, match=f"No enabled profile mints DOIs for {code}"):
            await control.mint(house, control.Mint(type=code, count=1))
    shown = await house.database.read(preview, rules(types=["publication"]), scheme=doi.PLUGIN, barred=BARRED)
    assert len(shown.facts) == 1
    assert {code for code in TYPES if code.startswith("conference.")} | {"publication.journalArticle"} == BARRED


@pytest.mark.parametrize(("kind", "values"), [("datacite", ACCOUNT), ("crossref", MEMBER)])
async def test_what_was_minted_for_the_test_system_never_comes_to_production(
    house: House, kind: str, values: dict[str, object]
) -> None:
    await put(house, kind, values)
    await minted(house)
    with pytest.raises(Conflict, match=r"1 identifiers were minted by .* environment test; it cannot change"):
        await put(house, kind, values | {"environment": "production"})
    with pytest.raises(Conflict, match=r"1 identifiers were minted by .* prefix"):
        await put(house, kind, values | {"prefix": "10.14454"})
    (entry,) = await house.database.read(ledger.search, "10.82433", 9)
    assert entry.environment == "test"


@pytest.mark.parametrize(("kind", "values"), [("datacite", ACCOUNT), ("crossref", MEMBER)])
async def test_only_a_test_profile_may_speak_to_another_address(house: House, kind: str, values: dict[str, object]) -> None:
    with pytest.raises(Wrong):
        await put(house, kind, values | {"environment": "production", "endpoint": "http://127.0.0.1:1"})
    with pytest.raises(Wrong):
        await put(house, kind, values | {"environment": "elsewhere"})
    await put(house, kind, values | {"endpoint": "http://127.0.0.1:1"})
