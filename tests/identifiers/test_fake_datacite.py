"""The stand-in for DataCite, pinned from outside: its OpenAPI, its own refusals, its state machine, a client we did not write."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest
import yaml
from datacite import DataCiteRESTClient
from datacite.errors import DataCiteError, DataCiteServerError
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from server.identifiers.agencies.datacite import DataciteClient
from server.identifiers.model import AgencyState, Desired
from tests.fakes.datacite import BODY_LIMIT, MOVES, FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import SHARED
from tests.identifiers.conftest import TICKET, needs_schema

LUPO = SHARED / "data" / "agencies" / "lupo"
needs_lupo = pytest.mark.skipif(not LUPO.exists(), reason="needs agencies/lupo of SHEAF_SHARED")

DOI = "10.82433/data.00000001"
URL = "https://repo.example.org/items/1"
METADATA = {
    "creators": [{"name": "Euclid"}],
    "titles": [{"title": "Elements"}],
    "publisher": "Ratdolt",
    "publicationYear": 1482,
    "types": {"resourceTypeGeneral": "Book"},
}
OWNER = aiohttp.encode_basic_auth("INST.REPO", "correct horse")


@pytest.fixture
async def api(fake: FakeDatacite) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(fake.url) as api:
        yield api


def payload(**attributes: object) -> dict:
    return {"data": {"type": "dois", "attributes": attributes}}


async def put(api, doi=DOI, auth=OWNER, **attributes):
    async with api.put(f"/dois/{doi}", json=payload(**attributes), headers={"Authorization": auth} if auth else {}) as answer:
        return answer.status, await answer.json(content_type=None)


def state(answer) -> str:
    return answer[1]["data"]["attributes"]["state"]


# The contract of the requests.


@pytest.fixture(scope="module")
def contract() -> OAS30Validator:
    openapi = yaml.safe_load((LUPO / "openapi.yaml").read_text())
    registry = Registry().with_resource("lupo", DRAFT4.create_resource(openapi))
    return OAS30Validator({"$ref": "lupo#/components/schemas/DoiDetailItem"}, registry=registry)


@needs_lupo
async def test_what_our_client_sends_keeps_the_published_contract(fake, client: DataciteClient, contract):
    for wanted in (AgencyState.FINDABLE, AgencyState.HIDDEN):
        await client.agree(Desired(DOI, URL, wanted, b"<resource/>"), TICKET)
    await client.agree(Desired("10.82433/2", URL, AgencyState.HIDDEN, b"<resource/>"), TICKET)
    await client.test()
    bodies = [call.json for call in fake.log if call.body]
    assert len(bodies) >= 4
    for body in bodies:
        assert not list(contract.iter_errors(body))
        assert body["data"]["type"] == "dois"


@needs_lupo
def test_the_contract_would_notice(contract):
    assert list(contract.iter_errors(payload(event="abracadabra")))
    assert list(contract.iter_errors(payload(url=7)))
    assert list(contract.iter_errors({"data": {"attributes": {}}}))


# The refusals: byte for byte what DataCite's own specifications expect of these three files.

GOLDEN = [
    (
        "datacite_missing_creator.xml",
        "10.14454/4k3m-nyvg",
        "creators",
        "Missing child element(s). Expected is ( {http://datacite.org/schema/kernel-4}creator ). at line 4, column 0",
    ),
    (
        "datacite_malformed_creator.xml",
        "10.14454/10703",
        "creatorName",
        "This element is not expected. Expected is ( {http://datacite.org/schema/kernel-4}affiliation ). at line 16, column 0",
    ),
    (
        "datacite_malformed_creator_name_type.xml",
        "10.14454/10703",
        "creatorName', attribute 'nameType",
        "[facet 'enumeration'] The value 'personal' is not an element of the set {'Organizational', 'Personal'}. at line 12, column 0",
    ),
]


@needs_lupo
@needs_schema
@pytest.mark.parametrize(("file", "doi", "source", "words"), GOLDEN)
async def test_refusals_are_those_of_datacite_byte_for_byte(api, file, doi, source, words):
    xml = base64.b64encode((LUPO / "spec-fixtures" / file).read_bytes()).decode()
    status, document = await put(api, doi, aiohttp.encode_basic_auth("OTHER.REPO", "other"), event="publish", url=URL, xml=xml)
    assert status == 422
    first = document["errors"][0]
    assert json.dumps(first) == json.dumps({"source": source, "title": f"DOI {doi}: {words}", "uid": doi})


@needs_lupo
@needs_schema
@pytest.mark.parametrize("file", ["datacite.xml", "datacite-example-full-v4.7.xml"])
async def test_datacites_own_good_examples_pass(api, file):
    xml = base64.b64encode((LUPO / "spec-fixtures" / file).read_bytes()).decode()
    status, document = await put(api, event="publish", url=URL, xml=xml)
    assert (status, document["data"]["attributes"]["state"]) == (201, "findable")


async def test_kernel_3_is_no_longer_supported(api):
    xml = base64.b64encode(b'<resource xmlns="http://datacite.org/schema/kernel-3"/>').decode()
    status, document = await put(api, event="publish", url=URL, xml=xml)
    assert status == 422
    assert document["errors"][0]["title"].endswith("Schema http://datacite.org/schema/kernel-3 is no longer supported")


# The state machine: every event in every state.

PATHS = {"draft": [], "registered": ["register"], "findable": ["publish"]}


@pytest.mark.parametrize("event", ["register", "publish", "show", "hide", "abracadabra", None])
@pytest.mark.parametrize("start", PATHS)
async def test_an_event_moves_as_the_table_says_or_is_ignored_with_200(api, start, event):
    made = await put(api, url=URL, **METADATA)
    assert made[0] == 201
    for step in PATHS[start]:
        await put(api, event=step)
    answer = await put(api, event=event)
    assert answer[0] == 200
    assert state(answer) == MOVES.get(event, {}).get(start, start)


async def test_what_is_not_sent_is_kept(api):
    await put(api, event="publish", url=URL, **METADATA)
    _, document = await put(api, url=URL + "0")
    assert document["data"]["attributes"]["url"] == URL + "0"
    assert document["data"]["attributes"]["titles"] == METADATA["titles"]
    assert document["data"]["attributes"]["state"] == "findable"


async def test_the_address_must_be_there_and_in_the_domains_of_the_repository(api):
    assert (await put(api, event="publish", **METADATA))[1]["errors"][0]["source"] == "url"
    status, document = await put(api, event="publish", url="https://elsewhere.net/1", **METADATA)
    assert status == 422
    title = "URL https://elsewhere.net/1 is not allowed by repository INST.REPO domain settings."
    assert document["errors"][0]["title"] == title


async def test_registered_is_set_when_the_handle_system_took_the_address(fake, api):
    fake.moods.append(Mood.HANDLE_DOWN)
    _, document = await put(api, event="publish", url=URL, **METADATA)
    assert document["data"]["attributes"]["state"] == "findable"
    assert document["data"]["attributes"]["registered"] is None
    _, document = await put(api, event="publish", url=URL)
    assert document["data"]["attributes"]["registered"]
    assert fake.handles == {DOI: URL}


# Who may do what.


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Basic " + base64.b64encode(b"INST.REPO:correct horse").decode(), 201),
        ("Basic " + base64.b64encode(b"inst.repo:correct horse").decode(), 201),
        ("Bearer DC." + "k" * 32, 201),
        ("Basic " + base64.b64encode(b"DC." + b"k" * 32 + b":").decode(), 201),
        ("Basic " + base64.b64encode(b"INST.REPO:DC." + b"k" * 32).decode(), 201),
        ("Basic " + base64.b64encode(b"INST.REPO:wrong").decode(), 401),
        ("Basic ???", 401),
        ("Bearer DC.unknown", 401),
        ("", 401),
        ("Basic " + base64.b64encode(b"OTHER.REPO:other").decode(), 403),
        ("Basic " + base64.b64encode(b"INST.ASLEEP:asleep").decode(), 403),
        ("Basic " + base64.b64encode(b"INST:member").decode(), 403),
    ],
)
async def test_credentials_in_all_their_forms(api, header, status):
    async with api.put(f"/dois/{DOI}", json=payload(url=URL), headers={"Authorization": header} if header else {}) as answer:
        assert answer.status == status
        document = await answer.json(content_type=None)
    if status == 401:
        assert document == {"errors": [{"status": "401", "title": "Bad credentials."}]}
    if status == 403:
        assert document == {"errors": [{"status": "403", "title": "You are not authorized to access this resource."}]}


async def test_only_the_owner_sees_what_is_not_findable_and_may_change_it(fake, api):
    await put(api, url=URL, **METADATA)
    owner, stranger = {"Authorization": OWNER}, {"Authorization": aiohttp.encode_basic_auth("OTHER.REPO", "other")}
    assert [(await api.get(f"/dois/{DOI}", headers=h)).status for h in (owner, stranger, {})] == [200, 404, 404]
    await put(api, event="publish")
    assert [(await api.get(f"/dois/{DOI}", headers=h)).status for h in (owner, stranger, {})] == [200, 200, 200]
    assert (await put(api, auth=aiohttp.encode_basic_auth("OTHER.REPO", "other"), url=URL))[0] == 403


async def test_only_drafts_can_be_deleted(api):
    owner = {"Authorization": OWNER}
    await put(api, url=URL, **METADATA)
    await put(api, event="publish")
    async with api.delete(f"/dois/{DOI}", headers=owner) as answer:
        assert (answer.status, await answer.json(content_type=None)) == (
            405,
            {"errors": [{"status": "405", "title": "Method not allowed"}]},
        )
        assert answer.headers["Allow"] == "HEAD, GET, POST, PATCH, PUT, OPTIONS"
    await put(api, "10.82433/draft")
    assert [(await api.delete("/dois/10.82433/draft", headers=owner)).status for _ in range(2)] == [204, 404]


async def test_the_small_table_of_answers(api):
    owner = {"Authorization": OWNER}
    assert (await put(api, "not-a-doi", url=URL))[0] == 404
    assert (await put(api, "10.82433/a,b", url=URL))[0] == 422
    assert (await api.put(f"/dois/{DOI}", data=b"{}", headers=owner)).status == 400
    assert (await api.put(f"/dois/{DOI}", data=b"{", headers=owner)).status == 400
    assert (await api.put(f"/dois/{DOI}", data=BytesIO(b"x" * (BODY_LIMIT + 1)), headers=owner)).status == 413
    assert (await api.get("/dois/random", headers=owner)).status == 422
    assert (await (await api.get("/dois/random?prefix=10.82433", headers=owner)).json(content_type=None))["dois"][0].startswith(
        "10.82433/"
    )
    assert await (await api.get("/heartbeat")).text() == "OK"
    validate = await api.post("/dois/validate", json=payload(doi=DOI), headers=owner)
    assert validate.status == 200
    assert (await api.get(f"/dois/{DOI}", headers=owner)).status == 404


async def test_post_refuses_a_name_that_is_taken(api):
    owner = {"Authorization": OWNER}
    first = await api.post("/dois", json=payload(doi=DOI), headers=owner)
    assert (first.status, first.headers["Location"].endswith(DOI)) == (201, True)
    second = await api.post("/dois", json=payload(doi=DOI.upper()), headers=owner)
    assert second.status == 422
    assert (await second.json(content_type=None))["errors"][0]["title"] == "This DOI has already been taken"


async def test_title_strings_are_refused_in_words(api):
    status, document = await put(api, titles=["Elements"])
    assert (status, document["errors"][0]["title"]) == (422, "Title 'Elements' should be an object instead of a string.")


# A client somebody else wrote.


@pytest.fixture
def foreign(fake: FakeDatacite) -> DataCiteRESTClient:
    return DataCiteRESTClient("INST.REPO", "correct horse", "10.82433", url=fake.url, timeout=5)


async def call(function, *arguments):
    return await asyncio.to_thread(function, *arguments)


async def test_the_pypi_client_takes_a_doi_through_its_life(foreign):
    assert await call(foreign.draft_doi, {"url": URL}, "10.82433/life") == "10.82433/life"
    await call(foreign.delete_doi, "10.82433/life")
    assert (await call(foreign.draft_doi)).startswith("10.82433/")
    assert await call(foreign.private_doi, METADATA.copy(), URL, "10.82433/life") == "10.82433/life"
    assert (await call(foreign.show_doi, "10.82433/life"))["state"] == "findable"
    assert await call(foreign.get_doi, "10.82433/life") == URL
    assert await call(foreign.update_url, "10.82433/life", URL + "0") == URL + "0"
    assert (await call(foreign.update_doi, "10.82433/life", {"publisher": "Plantin"}))["publisher"] == "Plantin"
    assert (await call(foreign.get_metadata, "10.82433/life"))["titles"] == METADATA["titles"]
    assert (await call(foreign.hide_doi, "10.82433/life"))["state"] == "registered"
    assert await call(foreign.public_doi, METADATA.copy(), URL, "10.82433/other") == "10.82433/other"
    with pytest.raises(DataCiteError):  # 405: what was registered stays
        await call(foreign.delete_doi, "10.82433/other")


async def test_the_pypi_client_takes_a_created_doi_for_a_server_error(foreign, fake):
    """Its known defect: a PUT that creates is answered 201, which it raises as an error of the server although the DOI is made."""
    with pytest.raises(DataCiteServerError):
        await call(foreign.put_doi, DOI, {"attributes": {"url": URL}})
    assert fake.dois[DOI].url == URL


def test_the_account_of_the_standalone_server_is_complete():
    assert Repository().symbol.count(".") == 1
