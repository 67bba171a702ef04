"""The reconciliation service: every answer judged by the schemas of the Reconciliation API, and who is told what."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from server.accounts import store as accounts
from server.accounts import tokens
from server.accounts.tokens import Scope
from server.audit.log import OPERATOR
from server.enrichment.model import Facts
from server.enrichment.refine import documents, people
from server.enrichment.refine.asked import MOST_QUERIES, Query, read
from server.enrichment.refine.routes import BURST
from server.errors import Invalid
from server.house import House
from server.people import keeping
from server.people.model import Person, PersonId, Post, Spelling
from server.records.model import Affiliation, Agent, AgentId, Identifier
from tests.conftest import SHARED
from tests.enrichment.conftest import GREGOR, OTHER
from tests.fakes.orcid_public import FakePublicOrcid, Mood
from tests.writers import Writer

OPENREFINE = SHARED / "data" / "openrefine"
VERSIONS = ("0.1", "0.2")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MARIE = "0000-0002-9079-593X"
needs_openrefine = pytest.mark.skipif(
    not OPENREFINE.exists(), reason="the schemas of the Reconciliation API are not here (SHEAF_SHARED)"
)


def judged(document: Any, name: str, versions: tuple[str, ...] = VERSIONS) -> Any:
    """Judge an answer by the schemas of each version, and return it."""
    for version in versions:
        folder = OPENREFINE / version / "schemas"
        if not folder.exists():
            continue
        known = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
        base = f"https://reconciliation-api.github.io/specs/{version}/schemas/"
        pairs = [(f"{base}{each}", Resource(schema, DRAFT7)) for each, schema in known.items()]
        if "openapi.json" in known:
            pairs.append(("http://swagger.io/v2/schema.json", Resource(known["openapi.json"], DRAFT7)))
        Draft7Validator(known[f"{name}.json"], registry=Registry().with_resources(pairs)).validate(document)
    return document


@pytest.fixture
async def token(asked: House) -> str:
    account = await asked.database.read(accounts.find, "admin")
    wanted = tokens.Wanted("openrefine", (Scope.RECONCILE,), timedelta(days=30))
    return (await asked.database.write(tokens.add, account, wanted, asked.clock()))[1]


@pytest.fixture
async def marie(asked: House) -> None:
    """One of our people in a published work; and one who is in none."""
    orcid = PersonId(value=MARIE)
    person = Person(
        family="Curie", given="Marie", ids=(orcid,), spellings=(Spelling(family="Skłodowska", given="Maria"),),
        affiliations=(Post(name="Radium Institute"),), email="marie@radium.example", note="secret",
    )  # fmt: skip
    await asked.database.write(keeping.add, person, OPERATOR, asked.clock())
    hidden = Person(family="Curie", given="Manya", ids=(PersonId(value="0000-0001-5109-3700"),), note="nobody's business")
    await asked.database.write(keeping.add, hidden, OPERATOR, asked.clock())
    agent = Agent(
        family="Curie", given="M.", ids=(AgentId(scheme="orcid", value=f"https://orcid.org/{MARIE}"),),
        affiliations=(Affiliation(name="Sorbonne"),),
    )  # fmt: skip
    writer = Writer(asked.database, asked.press, asked.clock)
    await writer.publish("Radioactive substances", creators=(agent,), identifiers=(Identifier(scheme="doi", value="10.5072/ra"),))


async def batch(client: TestClient, queries: dict[str, Any], key: str = "", way: str = "post") -> Any:
    given = {"queries": json.dumps(queries)} | ({"api_key": key} if key else {})
    answer = await (client.post("/reconcile", data=given) if way == "post" else client.get("/reconcile", params=given))
    assert answer.status == 200, await answer.text()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return judged(await answer.json(), "reconciliation-result-batch")


@needs_openrefine
async def test_the_manifest_is_one_and_what_it_names_answers(client: TestClient, marie: None) -> None:
    manifest = judged(await (await client.get("/reconcile")).json(), "manifest")
    assert manifest["versions"] == ["0.1", "0.2"]
    root = manifest["suggest"]["entity"]["service_url"].partition("/reconcile")[0]

    async def of(service: dict[str, str], name: str, versions: tuple[str, ...] = VERSIONS, **query: str) -> Any:
        path = f"{service['service_url']}{service['service_path']}".removeprefix(root)
        return judged(await (await client.get(path, params=query)).json(), name, versions)

    suggest = manifest["suggest"]
    people = await of(suggest["entity"], "suggest-entities-response", prefix="Cur")
    assert [one["id"] for one in people["result"]] == [MARIE]
    assert (await of(suggest["entity"], "suggest-entities-response", prefix="Cur", cursor="1"))["result"] == []
    assert len((await of(suggest["property"], "suggest-properties-response", prefix=""))["result"]) == 3
    assert (await of(suggest["property"], "suggest-properties-response", prefix="doi"))["result"][0]["id"] == "doi"
    assert (await of(suggest["type"], "suggest-types-response", prefix="Per"))["result"][0]["id"] == "Person"
    assert (await of(suggest["type"], "suggest-types-response", prefix="Q"))["result"] == []
    proposal = await of(manifest["extend"]["propose_properties"], "data-extension-property-proposal", ("0.2",), type="Person")
    assert {each["id"] for each in proposal["properties"]} == set(documents.TOLD)
    preview = await client.get(manifest["preview"]["url"].removeprefix(root).replace("{{id}}", MARIE))
    assert "Sorbonne" in await preview.text()
    assert "frame-ancestors *" in preview.headers["Content-Security-Policy"]
    flyout = await client.get(f"/reconcile{suggest['entity']['flyout_service_path']}".replace("${id}", MARIE))
    assert "Curie" in (await flyout.json())["html"]
    assert (await client.get(manifest["documentation"].removeprefix(root))).status == 200
    assert (await client.get("/reconcile/preview?id=0000-0001-5109-3700")).status == 404


@needs_openrefine
@pytest.mark.parametrize("way", ["get", "post"])
async def test_a_stranger_hears_what_published_works_say_and_orcid_is_not_asked(
    client: TestClient, marie: None, orcid: FakePublicOrcid, way: str
) -> None:
    found = await batch(client, {"q0": {"query": "Curie, Marie"}, "q1": {"query": "Gregor Mendel"}}, way=way)
    (one,) = found["q0"]["result"]
    assert (one["id"], one["name"]) == (MARIE, "Marie Curie (Sorbonne)")
    assert found["q1"]["result"] == []
    assert orcid.log == []
    text = json.dumps(found)
    for secret in ("marie@", "secret", "Radium", "Manya"):
        assert secret not in text


@needs_openrefine
async def test_with_a_token_orcid_answers_too_and_evidence_counts(
    client: TestClient, token: str, marie: None, orcid: FakePublicOrcid
) -> None:
    beside = [
        {"pid": "doi", "v": "https://doi.org/10.5072/PEAS"},
        {"pid": "affiliation", "v": [{"id": "x", "name": "Abbey of St Thomas"}]},
    ]
    queries = {
        "a": {"query": "Mendel, Gregor, 1822-1884.", "type": "Person", "limit": 3, "properties": beside},
        "b": {"query": "Gregor Mendel", "type": ["Q5", "Person"]},
        "c": {"query": "Mendel, Gregor", "type": "Organization"},
        "d": {"query": f"https://orcid.org/{GREGOR.orcid}"},
        "e": {"query": "Curie, Marie", "properties": [{"pid": "doi", "v": "10.5072/ra"}]},
        "f": {"query": "Sklodowska, Maria"},
    }
    found = await batch(client, queries, token)
    first, second = found["a"]["result"]
    assert (first["id"], first["match"], first["name"]) == (GREGOR.orcid, True, "Gregor Johann Mendel (Abbey of St Thomas)")
    assert (second["id"], second["match"]) == (OTHER.orcid, False)
    assert {each["id"]: each["value"] for each in first["features"]} == {"name": 25, "work": 50, "affiliation": 25, "here": 0}
    assert not any(one["match"] for one in found["b"]["result"])
    assert found["c"]["result"] == []
    assert [one["score"] for one in found["d"]["result"]] == [100]
    assert found["e"]["result"][0]["match"] is True
    assert found["f"]["result"][0]["id"] == MARIE


@pytest.mark.parametrize("inside", [True, False])
async def test_works_are_read_where_a_query_speaks_of_works(
    asked: House, marie: None, monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    agent = Agent(
        family="Curie", given="Marie", ids=(AgentId(scheme="orcid", value=f"https://orcid.org/{MARIE}"),),
        affiliations=(Affiliation(name="Collège"),),
    )  # fmt: skip
    newest = (Identifier(scheme="doi", value="10.5072/polonium"),)
    await Writer(asked.database, asked.press, asked.clock).publish(
        "Polonium and its weight", creators=(agent,), identifiers=newest
    )

    async def facts(*, works: bool) -> Facts:
        [(found, _)] = [
            each
            for each in await asked.database.read(people.of_name, "Curie", "Marie", inside=inside, works=works)
            if each[0].orcid == MARIE
        ]
        return found

    alone, whole = await facts(works=False), await facts(works=True)
    assert [place.name for place in alone.current] == (["Radium Institute"] if inside else ["Collège"]), "as the newest work says"
    assert alone.dois == ()
    assert whole.dois == ("10.5072/polonium", "10.5072/ra")
    assert whole.titles == ("polonium and its weight", "radioactive substances")
    monkeypatch.setattr(people, "MOST_WORKS", 2 if inside else 1)
    assert (await facts(works=True)).dois == ("10.5072/polonium",), "no more than so many, the newest"


def test_what_speaks_of_works_costs_more() -> None:
    plain, beside = {"query": "Curie"}, {"query": "Curie", "properties": [{"pid": "doi", "v": "10.5072/ra"}]}
    assert read({"queries": json.dumps({"a": plain, "b": beside})}).cost == 5
    assert read({"query": json.dumps(beside)}).cost == 4
    assert read({"query": "Curie"}).cost == read({}).cost == 1
    full = {str(n): beside for n in range(MOST_QUERIES)}
    assert read({"queries": json.dumps(full)}).cost < BURST, "a whole batch can be asked after a rest"


@needs_openrefine
async def test_people_are_extended(client: TestClient, token: str, marie: None) -> None:
    asked = {
        "ids": [MARIE, GREGOR.orcid, "nonsense"],
        "properties": [{"id": "name"}, {"id": "affiliation"}, {"id": "past"}, {"id": "?"}],
    }
    judged(asked, "data-extension-query")
    answer = await client.post("/reconcile", data={"extend": json.dumps(asked)}, headers={"Authorization": f"Bearer {token}"})
    told = judged(await answer.json(), "data-extension-response")
    assert [each["id"] for each in told["meta"]] == ["name", "affiliation", "past"]
    assert told["rows"][GREGOR.orcid]["past"] == [{"str": "Realschule Brno"}]
    assert told["rows"]["nonsense"] == {"name": [], "affiliation": [], "past": []}
    stranger = await (await client.get("/reconcile", params={"extend": json.dumps(asked)})).json()
    judged(stranger, "data-extension-response")
    assert stranger["rows"][GREGOR.orcid]["name"] == []
    assert stranger["rows"][MARIE]["affiliation"] == [{"str": "Sorbonne"}]


async def test_alma_refine_asks_first_whether_there_are_credentials(client: TestClient, asked: House, token: str) -> None:
    probe = {"query": "hasOrcidCredentials"}
    assert await (await client.get("/reconcile", params=probe)).json() == {"hasOrcidCredentials": False}
    bearer = {"Authorization": f"Bearer {token}"}
    assert await (await client.get("/reconcile", params=probe, headers=bearer)).json() == {"hasOrcidCredentials": True}
    single = await (await client.get("/reconcile", params={"query": "Mendel, Gregor"}, headers=bearer)).json()
    assert {one["id"] for one in single["result"]} == {GREGOR.orcid, OTHER.orcid}
    object_ = {"query": json.dumps({"query": "Mendel, Gregor", "limit": 1})}
    assert len((await (await client.get("/reconcile", params=object_, headers=bearer)).json())["result"]) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"queries": "nonsense"}, {"queries": "[]"}, {"queries": '{"a": {}}'}, {"queries": '{"a": {"query": "x", "wrong": 1}}'},
        {"queries": json.dumps({str(n): {"query": "x"} for n in range(51)})}, {"query": '{"query": 5}'}, {"callback": "x"},
        {"queries": '{"a": {"query": "x"}}', "callback": "jsonp1"}, {"extend": "{}"}, {"queries": '{"a": {"query": "  "}}'},
        {"extend": json.dumps({"ids": ["x"] * 51, "properties": []})},
    ],
)  # fmt: skip
def test_what_the_schemas_do_not_allow_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        read(given)


@needs_openrefine
@pytest.mark.parametrize("version", VERSIONS)
def test_every_example_of_a_query_is_read_or_refused_as_it_is_meant(version: str) -> None:
    folder = OPENREFINE / version / "examples" / "reconciliation-query-batch"
    for path in (folder / "valid").glob("*.json"):
        assert read({"queries": path.read_text()}).queries
    for path in (folder / "invalid").glob("*.json"):
        if not (version == "0.1" and "query" not in path.name):
            with pytest.raises(Invalid):
                read({"queries": path.read_text()})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mendel, Gregor", ("Mendel", "Gregor")), ("Gregor Johann Mendel", ("Mendel", "Gregor Johann")),
        ("Mendel, Gregor, 1822-1884.", ("Mendel", "Gregor")), ("Mendel, Gregor, 1822-", ("Mendel", "Gregor")),
        ("Mendel", ("Mendel", "")), ("  ", ("", "")),
    ],
)  # fmt: skip
def test_a_name_is_read_either_way_round_and_without_years(text: str, name: tuple[str, str]) -> None:
    assert Query(query=text).name == name


async def test_bad_requests_are_answered_in_json_that_every_page_may_read(client: TestClient, asked: House, token: str) -> None:
    wrong = await client.get("/reconcile", params={"query": "x"}, headers={"Authorization": "Bearer shf_nobody"})
    assert wrong.status == 401
    assert (await wrong.json())["status"] == "error"
    jsonp = await client.get("/reconcile?callback=x")
    assert (jsonp.status, jsonp.headers["Access-Control-Allow-Origin"]) == (400, "*")
    assert (await client.post("/reconcile", json={"queries": {}})).status == 400
    assert (await client.post("/reconcile", data=BytesIO(b"queries=" + b"x" * 1_100_000), headers=FORM)).status == 413
    preflight = await client.options(
        "/reconcile", headers={"Origin": "https://refine.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]


async def test_an_orcid_that_does_not_answer_is_no_empty_answer(client: TestClient, token: str, orcid: FakePublicOrcid) -> None:
    orcid.mood = Mood.DOWN
    answer = await client.get("/reconcile", params={"query": "Mendel, Gregor", "api_key": token})
    assert answer.status == 503
    assert answer.headers["Retry-After"]


async def test_who_asks_without_end_is_put_off(client: TestClient, asked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.enrichment.refine.routes.monotonic", lambda: 1.0)
    statuses = set()
    for _ in range(40):
        answer = await client.post("/reconcile", data={"queries": json.dumps({str(n): {"query": "x y"} for n in range(50)})})
        statuses.add(answer.status)
        if answer.status == 503:
            break
    assert statuses == {200, 503}
