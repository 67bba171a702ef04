"""The OAI repository definition: what harvesters are told follows it at once, and what it offers is all there is."""

from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree

from server import control
from server.house import House
from server.oai.definition import Definition
from server.profiles.model import Wrong
from tests.conftest import Deposit, configured
from tests.oai.conftest import NS


async def ask(client: TestClient, **arguments: str) -> etree._Element:
    return etree.fromstring(await (await client.get("/oai", params=arguments)).read())


def found(root: etree._Element, path: str) -> list[str]:
    return root.xpath(path, namespaces=NS)


async def test_identify_says_what_the_definition_says(client: TestClient, house: House) -> None:
    await configured(
        house, "oai", repository_name="Museum <of> Papers", admin_emails=["ada@example.org", "emmy@example.org"],
        description="Old & new", rights="Free",
    )  # fmt: skip
    root = await ask(client, verb="Identify")
    assert found(root, "//o:repositoryName/text()") == ["Museum <of> Papers"]
    assert found(root, "//o:adminEmail/text()") == ["ada@example.org", "emmy@example.org"]
    assert found(root, "//dc:description/text()") == ["Old & new"]
    assert found(root, "//dc:rights/text()") == ["Free"]
    assert "Museum &lt;of&gt; Papers" in await (await client.get("/")).text()


async def test_another_page_size_counts_for_the_next_request(client: TestClient, house: House, deposit: Deposit) -> None:
    for number in range(3):
        await deposit(title=f"Peas {number}")
    await configured(house, "oai", page_size=1)
    root = await ask(client, verb="ListRecords", metadataPrefix="oai_dc")
    (token,) = found(root, "//o:resumptionToken/text()")
    await configured(house, "oai", page_size=2)
    assert len(found(await ask(client, verb="ListRecords", resumptionToken=token), "//o:record")) == 2


async def test_only_the_formats_offered_are_given(client: TestClient, house: House, deposit: Deposit) -> None:
    for number in range(6):
        await deposit(title=f"Peas {number}")
    root = await ask(client, verb="ListRecords", metadataPrefix="datacite")
    (token,) = found(root, "//o:resumptionToken/text()")
    (identifier, *_) = found(root, "//o:identifier/text()")
    await configured(house, "oai", formats=["oai_dc"])
    assert found(await ask(client, verb="ListMetadataFormats"), "//o:metadataPrefix/text()") == ["oai_dc"]
    of_one = await ask(client, verb="ListMetadataFormats", identifier=identifier)
    assert found(of_one, "//o:metadataPrefix/text()") == ["oai_dc"]
    for arguments, code in (
        ({"verb": "ListRecords", "metadataPrefix": "datacite"}, "cannotDisseminateFormat"),
        ({"verb": "GetRecord", "metadataPrefix": "datacite", "identifier": identifier}, "cannotDisseminateFormat"),
        ({"verb": "ListRecords", "resumptionToken": token}, "badResumptionToken"),
    ):
        assert found(await ask(client, **arguments), "//o:error/@code") == [code]


async def test_only_the_sets_offered_are_named_anywhere(client: TestClient, house: House, deposit: Deposit) -> None:
    await deposit()
    assert "collection:works" in found(await ask(client, verb="ListSets"), "//o:setSpec/text()")
    await configured(house, "oai", sets=["type"])
    specs = ["type", "type:publication", "type:publication:journalArticle"]
    assert found(await ask(client, verb="ListSets"), "//o:setSpec/text()") == specs
    records = await ask(client, verb="ListRecords", metadataPrefix="oai_dc")
    assert found(records, "//o:header/o:setSpec/text()") == specs
    (identifier,) = found(records, "//o:identifier/text()")
    assert (
        found(await ask(client, verb="GetRecord", metadataPrefix="oai_dc", identifier=identifier), "//o:setSpec/text()") == specs
    )
    headers = await ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc", set="type:publication")
    assert found(headers, "//o:setSpec/text()") == specs
    hidden = await ask(client, verb="ListRecords", metadataPrefix="oai_dc", set="collection:works")
    assert found(hidden, "//o:error/@code") == ["noRecordsMatch"]


async def test_a_shorter_life_ends_lists_that_could_lose_records(
    client: TestClient, house: House, deposit: Deposit, clock
) -> None:
    await configured(house, "oai", token_days=30)
    for number in range(6):
        await deposit(title=f"Peas {number}")
    (token,) = found(await ask(client, verb="ListRecords", metadataPrefix="oai_dc"), "//o:resumptionToken/text()")
    clock.pass_time(days=13)
    assert found(await ask(client, verb="ListRecords", resumptionToken=token), "//o:record")
    await configured(house, "oai", token_days=1)
    assert found(await ask(client, verb="ListRecords", resumptionToken=token), "//o:record"), "a week at least, and twice that"
    clock.pass_time(days=2)
    assert found(await ask(client, verb="ListRecords", resumptionToken=token), "//o:error/@code") == ["badResumptionToken"]


async def test_switched_off_nobody_harvests(client: TestClient, house: House) -> None:
    await control.profile_enable(house, control.ProfileEnable(name="OAI repository", enabled=False))
    answer = await client.get("/oai", params={"verb": "Identify"})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    await control.profile_enable(house, control.ProfileEnable(name="OAI repository", enabled=True))
    assert (await client.get("/oai", params={"verb": "Identify"})).status == 200


async def test_a_new_name_stands_in_every_record_that_names_no_publisher(
    client: TestClient, house: House, deposit: Deposit, clock
) -> None:
    await deposit()
    await configured(house, "oai", repository_name="Museum of Old Papers")
    await deposit(title="Beans")
    await house.worker.drain()
    before = await ask(client, verb="ListRecords", metadataPrefix="datacite")
    stamps = found(before, "//*[local-name()='datestamp']/text()")
    assert stamps == ["2026-03-14T09:26:53Z"] * 2
    clock.pass_time(seconds=15)
    await house.worker.drain()
    after = await ask(client, verb="ListRecords", metadataPrefix="datacite")
    assert found(after, "//*[local-name()='publisher']/text()") == ["Museum of Old Papers"] * 2
    assert found(after, "//*[local-name()='datestamp']/text()") == ["2026-03-14T09:27:08Z"] * 2, "harvesters are told"


async def test_a_licence_of_the_metadata_stands_in_every_record(
    client: TestClient, house: House, deposit: Deposit, clock
) -> None:
    await deposit()
    licences = "//*[local-name()='about']//*[local-name()='rightsReference']/@ref"
    assert not found(await ask(client, verb="ListRecords", metadataPrefix="oai_dc"), licences)
    assert not found(await ask(client, verb="Identify"), "//*[local-name()='rightsManifest']")
    for licence in ("https://creativecommons.org/publicdomain/zero/1.0/", "https://example.org/?a=1&b='2'", ""):
        await configured(house, "oai", metadata_licence=licence)
        clock.pass_time(seconds=15)
        begun = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        await house.worker.drain()
        for prefix in ("oai_dc", "datacite"):
            moved = await ask(client, verb="ListRecords", metadataPrefix=prefix, **{"from": begun})
            assert found(moved, licences) == ([licence] if licence else []), "it is sent to harvesters anew"
            assert len(found(moved, "//o:record")) == 1


async def test_the_test_asks_ourselves_who_we_are(client: TestClient, house: House) -> None:
    from server.oai.kind import kind

    settings = house.keeper.live.of("oai")[0].settings
    near = kind(str(client.make_url("")).rstrip("/"), {}, house.database, house.clock).test
    here = await near(settings, client.session)
    assert not here.agrees, "the server at this address calls itself by another"
    assert "another repository answers" in here.message
    await configured(house, "oai", repository_name="Test & Co")
    assert "it calls itself Test & Co at" in (await near(settings, client.session)).message
    nobody = await kind("http://127.0.0.1:9", {}, house.database, house.clock).test(settings, house.session)
    assert not nobody.agrees
    assert "Nobody answers" in nobody.message


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"admin_emails": []}, "admin_emails"),
        ({"admin_emails": ["somebody"]}, "admin_emails"),
        ({"formats": ["datacite"]}, "formats"),
        ({"sets": ["nothing"]}, "sets"),
        ({"page_size": 1001}, "page_size"),
        ({"token_days": 0}, "token_days"),
        ({"repository_name": ""}, "repository_name"),
        ({"metadata_licence": "CC0"}, "metadata_licence"),
        ({"friends": ["https://example.org/oai", "example.org/oai"]}, "friends"),
        ({"friends": ["https://example.org/o ai"]}, "friends"),
    ],
)
async def test_what_no_repository_may_say_is_refused(house: House, values: dict, field: str) -> None:
    with pytest.raises(Wrong) as caught:
        await configured(house, "oai", **values)
    assert caught.value.fields.keys() == {field}


def test_a_family_of_sets_brings_all_below_it() -> None:
    some = Definition(repository_name="x", admin_emails=("a@example.org",), sets=("type",))
    assert some.offer("").offers_set("type:dataset:dataset")
    assert some.offer("").offers_set("typesetting"), "no family, so one of one's own that nobody defines any more"
    assert not some.offer("").offers_set("theses")
    assert some.token_life == timedelta(days=7)
