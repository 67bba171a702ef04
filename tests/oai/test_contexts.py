"""Contexts: further base URLs of the one repository, each with formats and sets of its own, and all records."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from html import unescape

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.house import House
from server.oai.definition import Context, Definition
from server.oai.kind import kind
from server.profiles import store
from server.profiles.model import Wrong
from server.rooms import web_application
from tests.admin.visits import csrf, login
from tests.conftest import URL, configured
from tests.oai.conftest import BASE, Answer, Dozen, checked
from tests.oai.test_clients import using_sickle

NARROW = {"path": "narrow", "title": "Only <some>", "description": "For & by some", "formats": ["oai_dc"], "sets": ["type"]}
WIDE = {"path": "wide-2", "title": "Everything"}

At = Callable[..., Awaitable[Answer]]


@pytest.fixture
async def at(client: TestClient, house: House) -> At:
    """Ask a context (empty: the repository's own base URL) and get the checked answer."""
    await configured(house, "oai", repository_name="Museum", description="Old papers", rights="Free", contexts=[NARROW, WIDE])

    async def asked(context: str, *, post: bool = False, **arguments: str) -> Answer:
        path = f"/oai/{context}" if context else "/oai"
        answer = await (client.post(path, data=arguments) if post else client.get(path, params=arguments))
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        return checked(await answer.read(), f"{URL}{path}")

    return asked


async def walked(at: At, context: str, verb: str, **first: str) -> list[Answer]:
    parts = [await at(context, verb=verb, **first)]
    while parts[-1].token:
        parts.append(await at(context, verb=verb, resumptionToken=parts[-1].token))
    return parts


async def test_each_base_url_says_who_it_is(at: At) -> None:
    for context, name, descriptions in (
        ("", "Museum", ["Old papers"]),
        ("narrow", "Museum: Only <some>", ["For & by some"]),
        ("wide-2", "Museum: Everything", []),
    ):
        answer = await at(context, verb="Identify")
        assert answer.all("//o:repositoryName/text()") == [name]
        assert answer.all("//dc:title/text()") == [name]
        assert answer.text("//o:baseURL") == answer.text("//o:request")
        assert answer.all("//dc:description/text()") == descriptions
        assert answer.all("//dc:rights/text()") == ["Free"]
    assert (await at("narrow", post=True, verb="Identify")).text("//o:baseURL") == f"{BASE}/narrow"
    assert (await at("narrow", verb="Nothing")).codes == ["badVerb"]


async def test_a_context_gives_its_own_formats_and_no_other(at: At, dozen: Dozen) -> None:
    one = f"oai:repository.example.org:{dozen.ids[0]}"
    for more in ({}, {"identifier": one}):
        assert (await at("narrow", verb="ListMetadataFormats", **more)).all("//o:metadataPrefix/text()") == ["oai_dc"]
    assert (await at("narrow", verb="GetRecord", identifier=one, metadataPrefix="oai_dc")).titles == ["Work 0"]
    for request in (
        {"verb": "ListRecords"},
        {"verb": "ListIdentifiers"},
        {"verb": "GetRecord", "identifier": one},
    ):
        assert (await at("narrow", metadataPrefix="datacite", **request)).codes == ["cannotDisseminateFormat"]
        assert (await at("wide-2", metadataPrefix="datacite", **request)).ids
        assert (await at("", metadataPrefix="datacite", **request)).ids


async def test_a_context_names_its_own_sets_and_holds_all_records(at: At, dozen: Dozen) -> None:
    listed = {
        context: set((await at(context, verb="ListSets")).all("//o:setSpec/text()")) for context in ("", "narrow", "wide-2")
    }
    assert listed["narrow"] == {spec for spec in listed[""] if spec.startswith("type")}
    assert listed["wide-2"] == listed[""] > listed["narrow"]
    for verb in ("ListRecords", "ListIdentifiers"):
        parts = await walked(at, "narrow", verb, metadataPrefix="oai_dc")
        assert len(parts) == 3
        assert sorted(id_ for part in parts for id_ in part.ids) == sorted(dozen.ids)
        assert {spec for part in parts for spec in part.all("//o:header/o:setSpec/text()")} == listed["narrow"]
    one = await at("narrow", verb="GetRecord", metadataPrefix="oai_dc", identifier=f"oai:repository.example.org:{dozen.ids[1]}")
    assert one.all("//o:setSpec/text()") == ["type", "type:publication", "type:publication:journalArticle"]
    assert (await at("narrow", verb="ListRecords", metadataPrefix="oai_dc", set="open_access")).codes == ["noRecordsMatch"]
    assert (await at("", verb="ListRecords", metadataPrefix="oai_dc", set="open_access")).ids


async def test_what_the_repository_does_not_offer_a_context_may(at: At, house: House, dozen: Dozen) -> None:
    await configured(house, "oai", formats=["oai_dc"], sets=["type"])
    assert (await at("", verb="ListRecords", metadataPrefix="datacite")).codes == ["cannotDisseminateFormat"]
    assert (await at("wide-2", verb="ListRecords", metadataPrefix="datacite", set="collection:works")).ids


async def test_a_token_is_valid_only_at_its_base_url(at: At, dozen: Dozen) -> None:
    tokens = {
        context: (await at(context, verb="ListRecords", metadataPrefix="oai_dc")).token for context in ("", "narrow", "wide-2")
    }
    for issued, token in tokens.items():
        for context in tokens:
            answer = await at(context, verb="ListRecords", resumptionToken=token)
            assert answer.codes == ([] if context == issued else ["badResumptionToken"])
            if context != issued:
                home = f"{BASE}/{issued}" if issued else BASE
                assert f"issued at {home} and is valid only there" in answer.text("//o:error")


async def test_a_list_begun_before_there_were_contexts_goes_on(at: At, house: House, dozen: Dozen) -> None:
    from server.oai import token

    whole = (await at("", verb="ListRecords", metadataPrefix="oai_dc")).token
    position = token.read("ListRecords", whole, house.key, token.Position)
    payload = msgspec.msgpack.encode(msgspec.structs.astuple(position)[:-1])
    old = token.base64.urlsafe_b64encode(token._sign("ListRecords", payload, house.key) + payload).rstrip(b"=").decode()
    assert old != whole
    assert (await at("", verb="ListRecords", resumptionToken=old)).ids == (
        await at("", verb="ListRecords", resumptionToken=whole)
    ).ids


async def test_sickle_walks_a_context(at: At, house: House, dozen: Dozen) -> None:
    async with TestServer(web_application(house)) as server:
        address = str(server.make_url("/oai/narrow"))
        records = await using_sickle(address, lambda sickle: list(sickle.ListRecords(metadataPrefix="oai_dc")))
        formats = await using_sickle(address, lambda sickle: [found.metadataPrefix for found in sickle.ListMetadataFormats()])
    assert sorted(record.header.identifier.rpartition(":")[2] for record in records) == sorted(dozen.ids)
    assert {spec.partition(":")[0] for record in records for spec in record.header.setSpecs} == {"type"}
    assert formats == ["oai_dc"]


async def test_an_unknown_context_is_a_page_in_words(client: TestClient, at: At, house: House) -> None:
    for path in ("/oai/nothing", "/oai/Narrow", "/oai/narrow%0A", "/oai/%3Cb%3E"):
        for method in ("GET", "POST"):
            answer = await client.request(method, path, params={"verb": "Identify"})
            text = await answer.text()
            assert (answer.status, answer.content_type) == (404, "text/html"), path
            assert "There is no OAI-PMH base URL at this address." in text
            assert "<OAI-PMH" not in text
    await configured(house, "oai", contexts=[WIDE])
    assert (await client.get("/oai/narrow", params={"verb": "Identify"})).status == 404, "it is gone at once"
    assert (await at("wide-2", verb="Identify")).text("//o:repositoryName") == "Museum: Everything"


@pytest.mark.parametrize(
    ("contexts", "words"),
    [
        ([NARROW, WIDE, NARROW | {"title": "Another"}], "is “narrow”, as another context's is"),
        ([WIDE | {"path": "explore"}], "cannot be “explore”"),
        ([WIDE | {"formats": ["datacite"]}], "need one with the prefix oai_dc"),
        ([WIDE | {"sets": ["nothing"]}], "there is no 'nothing'"),
        ([WIDE | {"path": ""}], "does not have the form that is needed"),
        ([WIDE | {"path": "Wide"}], "does not have the form that is needed"),
        ([WIDE | {"path": "wide\n"}], "does not have the form that is needed"),
        ([WIDE | {"path": "w" * 33}], "does not have the form that is needed"),
        ([{"path": "wide"}], "title"),
    ],
)
async def test_what_no_context_may_be_is_refused(house: House, contexts: list[dict], words: str) -> None:
    with pytest.raises(Wrong) as caught:
        await configured(house, "oai", contexts=contexts)
    assert caught.value.fields.keys() == {"contexts"}
    assert words in caught.value.fields["contexts"]


async def test_the_form_says_beside_the_field_what_is_wrong(client: TestClient, house: House) -> None:
    await login(client)
    (profile,) = await house.database.read(store.of_kind, "oai")
    page = f"/admin/profiles/{profile.id}"
    whole = {
        "csrf": await csrf(client, page), "profile_name": profile.name, "repository_name": "Museum",
        "admin_emails": "ada@example.org", "page_size": "5", "token_days": "7",
    }  # fmt: skip

    async def send(**rows: str | list[str]) -> tuple[int, str]:
        answer = await client.post(
            page, data=whole | {f"contexts.{name}": text for name, text in rows.items()}, allow_redirects=False
        )
        return answer.status, unescape(await answer.text())

    first = {"0.path": "one", "0.title": "First"}
    status, text = await send(**first, **{"1.path": "one", "1.title": "Second"})
    assert status == 422
    assert 'id="f-contexts.1.path-error"' in text
    assert "is “one”, as another context's is" in text
    status, text = await send(**first | {"0.formats": ["oai_dc", "oai_dc_dini"]}, **{"1.path": "Two"})
    assert status == 422
    assert 'id="f-contexts.0.formats-error"' in text, "told with all else that is wrong"
    assert "choose only one of “Dublin Core" in text
    assert "all have the prefix oai_dc" in text
    status, text = await send(**first, **{"1.path": "Two", "1.title": "Second", "1.formats": "datacite"})
    assert status == 422
    assert 'id="f-contexts.1.path-error"' in text
    assert "may hold letters a to z, digits and - only" in text
    status, text = await send(**first, **{"1.path": "two", "1.title": "Second", "1.formats": "datacite"})
    assert status == 422
    assert 'id="f-contexts.1.formats-error"' in text
    assert (await send(**first))[0] == 303
    shown = unescape(await (await client.get(page)).text())
    assert "Base URL of First" in shown
    assert f"{BASE}/one<" in shown


async def test_the_test_asks_every_base_url(client: TestClient, house: House) -> None:
    await configured(house, "oai", repository_name="Museum", contexts=[NARROW, WIDE])
    here = str(client.make_url("")).rstrip("/")
    renderer = house.press.renderer
    renderer.repository = replace(renderer.repository, url=here)
    test = kind(here, {}, house.database, house.clock).test
    settings = house.keeper.live.of("oai")[0].settings
    found = await test(settings, client.session)
    assert found.agrees
    assert [f"{here}/oai{more} answers Identify" in found.message for more in ("", "/narrow", "/wide-2")] == [True] * 3
    missing = msgspec.structs.replace(settings, contexts=(*settings.contexts, Context(path="gone", title="Gone")))
    found = await test(missing, client.session)
    assert not found.agrees
    assert found.message.startswith(f"{here}/oai/gone answers 404")


def test_a_definition_from_before_has_no_contexts() -> None:
    old = msgspec.convert({"repository_name": "x", "admin_emails": ["a@example.org"]}, Definition)
    assert old.contexts == ()
