"""What an administrator is shown of the DOIs to come."""

from server.house import House
from server.identifiers.integration import preview
from server.identifiers.schemes import doi
from server.identifiers.schemes.doi import DoiRules, Label
from server.records.vocabulary import TYPES


async def test_a_preview_names_what_each_doi_is_for(house: House) -> None:
    plain = await house.database.read(preview, DoiRules(prefix="10.5072"), scheme=doi.PLUGIN)
    assert plain.facts == (("Every type it serves", "10.5072/00000001"),)
    labels = (Label(types=("dataset",), label="data"),)
    mixed = await house.database.read(preview, DoiRules(prefix="10.5072", labels=labels, padding=1, start=10), scheme=doi.PLUGIN)
    assert mixed.facts == (("Types without a label", "10.5072/10"), ("data", "10.5072/data.10"))
    assert sorted(words.partition(":")[0] for words in mixed.warnings) == ["Types without a label", "data"]


async def test_a_preview_passes_over_what_the_agency_never_takes(house: House) -> None:
    labels = (Label(types=("conference",), label="talk"), Label(types=("dataset",), label="data"))
    rules = DoiRules(prefix="10.5072", labels=labels, types=("conference", "dataset"))
    barred = frozenset(code for code in TYPES if code.startswith("conference."))
    assert (await house.database.read(preview, rules, scheme=doi.PLUGIN, barred=barred)).facts == (
        ("data", "10.5072/data.00000001"),
    )
