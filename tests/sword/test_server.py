"""The SWORD server's profile: collections, clients, packagings and what becomes of deposits follow it at once."""

import io
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient
from lxml import etree
from sqlalchemy import Connection

from server import clock, control
from server.accounts import store as accounts
from server.accounts import tokens
from server.accounts.tokens import Scope
from server.house import House
from server.profiles.kind import Preview
from server.profiles.model import Wrong
from server.records import store as records
from server.records.model import Record
from server.sword import store as deposits
from server.sword.profile import kind
from server.sword.profile.settings import FIELDS, Client, Collection, Server
from tests.conftest import AUTH, PASSWORD, configured, entry

ENTRY = {"Content-Type": "application/atom+xml;type=entry"}
OTHER = {"Authorization": encode_basic_auth("other", PASSWORD)}
WORKS = {"id": "works", "title": "Works"}
THESES = {"id": "theses", "title": "Theses", "abstract": "By our doctors", "import_as": "pending", "type": "etd.doctoral"}
SERVICE = "/sword/v2/service-document"
NAMES = {"app": "http://www.w3.org/2007/app", "atom": "http://www.w3.org/2005/Atom", "sword": "http://purl.org/net/sword/terms/"}


async def offered(client: TestClient, who: dict[str, str] = AUTH, path: str = SERVICE) -> etree._Element:
    answer = await client.get(path, headers=who)
    assert answer.status == 200
    return etree.fromstring(await answer.read())


def titles(root: etree._Element) -> list[str]:
    return root.xpath("//app:collection/atom:title/text()", namespaces=NAMES)


async def post(client: TestClient, collection: str, body: bytes | None = None, **headers: str) -> Any:
    return await client.post(f"/sword/v2/collection/{collection}", data=body or entry(), headers=AUTH | ENTRY | headers)


async def test_the_service_document_follows_the_profile_at_once(client: TestClient, house: House) -> None:
    await configured(house, "sword", collections=[WORKS, THESES])
    root = await offered(client)
    assert titles(root) == ["Works", "Theses"]
    assert root.xpath("//dcterms:abstract/text()", namespaces={"dcterms": "http://purl.org/dc/terms/"}) == ["By our doctors"]
    treatments = root.xpath("//sword:treatment/text()", namespaces=NAMES)
    assert treatments == ["Complete deposits are published at once.", "Complete deposits wait for approval."]
    assert titles(await offered(client, path=f"{SERVICE}/sword")) == ["Works", "Theses"]
    assert (await client.get(f"{SERVICE}/nothing", headers=AUTH)).status == 404


async def test_each_collection_takes_in_by_its_own_rules(client: TestClient, house: House) -> None:
    await configured(house, "sword", collections=[WORKS, THESES | {"type": "dataset.dataset"}])
    untyped = entry(type="")
    for collection, state, code in (("works", "published", "other.other"), ("theses", "pending", "dataset.dataset")):
        answer = await post(client, collection, untyped)
        assert answer.status == 201
        stored = await house.database.read(records.get, answer.headers["Location"].rpartition("/")[2])
        assert (stored.state, stored.record.type, stored.collection) == (state, code, collection)
    typed = await post(client, "theses")
    stored = await house.database.read(records.get, typed.headers["Location"].rpartition("/")[2])
    assert stored.record.type == "publication.journalArticle", "what the work says itself counts"


async def test_only_the_clients_named_may_deposit_and_only_where_they_may(client: TestClient, house: House) -> None:
    first = (await post(client, "works")).headers["Location"]
    clients = [{"account": "depositor", "collections": ["theses"]}, {"account": "other"}]
    await configured(house, "sword", collections=[WORKS, THESES], clients=clients)
    assert titles(await offered(client)) == ["Theses"]
    assert titles(await offered(client, OTHER)) == ["Works", "Theses"]
    assert (await post(client, "works")).status == 404
    edit = f"/sword/v2/edit/{first.rpartition('/')[2]}"
    assert (await client.get(edit, headers=AUTH)).status == 200
    assert (await client.put(edit, data=entry(title="Beans"), headers=AUTH | ENTRY)).status == 403
    assert (await client.delete(edit, headers=AUTH)).status == 403


async def test_a_packaging_the_collection_does_not_accept_is_refused(client: TestClient, house: House) -> None:
    binary = "http://purl.org/net/sword/package/Binary"
    await configured(house, "sword", collections=[WORKS | {"packagings": [binary]}])
    root = await offered(client)
    assert root.xpath("//sword:acceptPackaging/text()", namespaces=NAMES) == [binary]
    zipped = {
        "Content-Type": "application/zip",
        "Content-Disposition": "attachment; filename=a.zip",
        "Packaging": "http://purl.org/net/sword/package/SimpleZip",
    }
    answer = await post(client, "works", b"PK", **zipped)
    assert answer.status == 415
    assert binary in await answer.text()


async def test_a_client_that_mediates_deposits_for_others_and_nobody_else_does(client: TestClient, house: House) -> None:
    await configured(house, "sword", clients=[{"account": "depositor", "mediates": True}, {"account": "other"}])
    assert (await offered(client)).xpath("//sword:mediation/text()", namespaces=NAMES) == ["true"]
    assert (await offered(client, OTHER)).xpath("//sword:mediation/text()", namespaces=NAMES) == ["false"]
    answer = await post(client, "works", **{"On-Behalf-Of": "other"})
    assert answer.status == 201
    number = answer.headers["Location"].rpartition("/")[2]
    edit = f"/sword/v2/edit/{number}"
    assert (await client.get(edit, headers=OTHER)).status == 200, "it is theirs"
    assert (await client.get(edit, headers=AUTH)).status == 403, "and not the client's own"
    assert (await client.get(edit, headers=AUTH | {"On-Behalf-Of": "other"})).status == 200
    (row,) = await house.database.read(deposits.deposits_of, number)
    events = await house.database.read(deposits.events_of, row.id)
    assert any("by depositor on behalf of other" in event.detail for event in events)
    assert (await post(client, "works", **{"On-Behalf-Of": "nobody"})).status == 403
    refused = await client.delete(edit, headers=OTHER | {"On-Behalf-Of": "depositor"})
    assert refused.status == 412
    assert "MediationNotAllowed" in await refused.text()


async def test_switched_off_it_offers_nothing(client: TestClient, house: House) -> None:
    await control.profile_enable(house, control.ProfileEnable(name="SWORD server", enabled=False))
    assert titles(await offered(client)) == []
    assert (await post(client, "works")).status == 404


async def test_two_servers_share_no_code_and_every_client_is_an_account(house: House) -> None:
    values = {"code": "sword", "collections": [WORKS, {"id": "new", "title": "New"}], "clients": [{"account": "nobody"}]}
    with pytest.raises(Wrong) as caught:
        await control.profile_set(house, control.ProfileSet(kind="sword", name="Second", values=values))
    assert caught.value.fields.keys() == {"code", "collections.0.id", "clients.0.account"}
    values = {"code": "second", "collections": [{"id": "new", "title": "New"}], "clients": [{"account": "other"}]}
    await control.profile_set(house, control.ProfileSet(kind="sword", name="Second", values=values))
    assert len(house.keeper.live.of("sword")) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"collections": []}, "collections"),
        ({"collections": [WORKS, WORKS]}, "collections"),
        ({"collections": [WORKS | {"type": "nothing"}]}, "collections"),
        ({"collections": [{"id": "a/b", "title": "x"}]}, "collections"),
        ({"clients": [{"account": "other", "collections": ["elsewhere"]}]}, "clients"),
        ({"clients": [{"account": "other"}, {"account": "other"}]}, "clients"),
        ({"clients": [{"account": "other", "mediates": True, "speaks_for": ["nobody"]}]}, "clients"),
        ({"content_faults": "forget"}, "content_faults"),
        ({"read_now_mb": -1}, "read_now_mb"),
        ({"holds": ["checksum"]}, "holds"),
        ({"keeps": ["colour"]}, "keeps"),
        ({"types": [{"word": "Paper", "type": "nothing"}]}, "types"),
        ({"types": [{"word": "Paper", "type": "dataset.dataset"}, {"word": "paper ", "type": "dataset.dataset"}]}, "types"),
        ({"languages": [{"word": "Platt", "language": "Low German"}]}, "languages"),
    ],
)
async def test_what_no_server_can_do_is_refused(house: House, values: dict, field: str) -> None:
    with pytest.raises(Wrong) as caught:
        await configured(house, "sword", **values)
    assert {path.partition(".")[0] for path in caught.value.fields} == {field}


def test_every_field_of_a_work_can_be_kept() -> None:
    assert set(FIELDS) == set(Record.__struct_fields__)


async def test_the_test_finds_the_door(client: TestClient, house: House) -> None:
    settings = house.keeper.live.of("sword")[0].settings
    base = str(client.make_url("")).rstrip("/")
    found = await kind.kind(base, {}).test(settings, client.session)
    assert found.agrees, found.message
    elsewhere = await kind.kind(f"{base}/elsewhere", {}).test(settings, client.session)
    assert not elsewhere.agrees
    assert "404" in elsewhere.message


async def test_a_client_speaks_only_for_those_it_may(client: TestClient, house: House) -> None:
    clients = [{"account": "depositor", "mediates": True, "speaks_for": ["other"]}]
    await configured(house, "sword", clients=clients)
    assert (await post(client, "works", **{"On-Behalf-Of": "other"})).status == 201
    refused = await post(client, "works", **{"On-Behalf-Of": "admin"})
    assert refused.status == 412
    assert "MediationNotAllowed" in await refused.text()
    assert (await post(client, "works", entry(title="Own"), **{"On-Behalf-Of": "depositor"})).status == 201


async def test_the_profile_says_what_its_clients_log_in_with(house: House) -> None:
    def prepare(tx: Connection) -> Preview:
        account = accounts.get(tx, "depositor")
        tokens.add(tx, account, tokens.Wanted("old", (Scope.DEPOSIT,), timedelta(days=7)), clock.now())
        made, _ = tokens.add(tx, account, tokens.Wanted("new", (Scope.DEPOSIT,), timedelta(days=90)), clock.now())
        tokens.note_use(tx, made.id, clock.now(), "192.0.2.1")
        settings = Server(code="x", collections=(Collection(id="x", title="X"),), clients=(Client(account="depositor"),))
        return kind.credentials(tx, settings)

    found = await house.database.write(prepare)
    [(account, said), _] = found.facts
    assert account == "depositor"
    assert "“new” (shf_" in said
    assert "last used" in said
    assert "never used" in said
    assert [words for words in found.warnings if "“old”" in words], "it ends soon"
    assert len(found.warnings) == 1


async def test_the_largest_deposit_is_the_servers_to_say(client: TestClient, house: House) -> None:
    await configured(house, "sword", most_mb=1)
    assert (await offered(client)).xpath("//sword:maxUploadSize/text()", namespaces=NAMES) == ["1024"]
    zipped = {"Content-Type": "application/zip", "Content-Disposition": "attachment; filename=a.zip"}
    large = b"x" * (2**20 + 1)
    answer = await client.post("/sword/v2/collection/works", data=io.BytesIO(large), headers=AUTH | zipped)
    assert answer.status == 413
    assert "MaxUploadSizeExceeded" in await answer.text()
    first = await post(client, "works")
    media = f"/sword/v2/edit-media/{first.headers['Location'].rpartition('/')[2]}"
    assert (await client.put(media, data=io.BytesIO(large), headers=AUTH | zipped)).status == 413
