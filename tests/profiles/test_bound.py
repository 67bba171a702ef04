"""Secrets are bound to their server: one that is kept follows no profile to another, by whichever way it is changed."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server import control
from server.audit.log import OPERATOR
from server.house import House
from server.profiles import keeping, store, transfer
from server.profiles.bound import server_of
from server.profiles.model import Naming, Wrong
from server.profiles.reading import secret_fields

SECRET = "correct-horse-battery"
DOIS = {"prefix": "10.82433", "environment": "test", "password": SECRET}
HANDLES = {"prefix": "10536/", "environment": "test", "administrator": "300:0.NA/10536", "secret": SECRET}

#: kind → settings, the change that names another server, the secret.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "handle": (HANDLES | {"server": "https://handle.example.org:8000"}, {"server": "https://handle.example.org:8001"}, "secret"),
    "datacite": (DOIS | {"account_id": "INST.REPO"}, {"endpoint": "http://127.0.0.1:9/"}, "password"),
    "crossref": (
        DOIS | {"account_id": "inst", "registration_name": "Peas", "email": "a@example.org", "repository_name": "Peas"},
        {"environment": "production"}, "password",
    ),
    "webhook": (
        {"address": "https://hooks.example.org/peas", "secret": SECRET}, {"address": "https://other.example.org/peas"}, "secret",
    ),
    "mail": (
        {"host": "smtp.example.org", "user": "library", "sender": "library@example.org", "password": SECRET}, {"port": 2525},
        "password",
    ),
    "oable": (
        {
            "address": "https://oable.example.org/requests", "api_key": SECRET, "suffix": "example.org",
            "errors": "library@example.org", "organisation": "Peas",
        },
        {"address": "https://oable.example.net/requests"}, "api_key",
    ),
    "openid": (
        {"issuer": "https://login.example.org", "client_id": "sheaf", "client_secret": SECRET, "label": "Log in"},
        {"issuer": "https://login.example.net"}, "client_secret",
    ),
    "orcid": (
        {"client_id": "APP-0123456789ABCDEF", "client_secret": SECRET, "target": "sandbox"}, {"target": "production"},
        "client_secret",
    ),
    "orcid-public": (
        {"client_id": "APP-0123456789ABCDEF", "client_secret": SECRET, "environment": "sandbox"}, {"environment": "production"},
        "client_secret",
    ),
}  # fmt: skip


async def put(house: House, kind: str, **values: Any) -> None:
    await control.profile_set(house, control.ProfileSet(kind=kind, name="Ours", values=values))


async def kept(house: House) -> Any:
    profile = await house.database.read(store.get, "Ours")
    return store.opened(profile, house.keeper.kinds[profile.kind].settings, house.seal)


def test_every_kind_with_a_secret_is_here(house: House) -> None:
    with_secrets = {kind.name for kind in house.keeper.kinds if secret_fields(kind.settings)}
    assert with_secrets == KINDS.keys()
    assert with_secrets == {kind.name for kind in house.keeper.kinds if kind.server is not None}


@pytest.mark.parametrize("kind", KINDS)
async def test_for_another_server_the_secret_is_entered_again(house: House, kind: str) -> None:
    values, moved, secret = KINDS[kind]
    await put(house, kind, **values)
    before = await kept(house)
    with pytest.raises(Wrong, match="It was entered for") as caught:
        await put(house, kind, **moved)
    assert caught.value.fields.keys() == {secret}
    assert SECRET not in caught.value.message
    assert await kept(house) == before
    await put(house, kind, **moved, **{secret: SECRET})
    after = await kept(house)
    assert getattr(after, secret) == SECRET, "it may be the same, where somebody says so"
    assert all(getattr(after, name) == value for name, value in moved.items())


@pytest.mark.parametrize("kind", KINDS)
async def test_no_file_leads_a_secret_to_another_server(house: House, kind: str) -> None:
    values, moved, secret = KINDS[kind]
    await put(house, kind, **values)
    before = await kept(house)
    settings = {name: value for name, value in (values | moved).items() if name != secret}
    file = transfer.File(
        format=transfer.FORMAT, version=1, exported=house.clock(),
        profiles=(transfer.Exported(kind=kind, name="Ours", settings=settings, secrets=(secret,)),),
    )  # fmt: skip
    (step,) = await house.keeper.do(transfer.bring, house.keeper.desk, file, OPERATOR)
    assert step.outcome == "refused"
    assert step.words[0].startswith(f"{secret}: It was entered for")
    assert await kept(house) == before


async def test_the_same_server_written_otherwise_is_no_other(house: House) -> None:
    await put(house, "handle", **HANDLES, server="https://handle.example.org:443/")
    await put(house, "handle", server="https://Handle.Example.org")
    assert (await kept(house)).secret == SECRET


async def test_a_secret_that_may_stand_empty_can_be_removed_with_its_server(house: House) -> None:
    values, moved, secret = KINDS["mail"]
    await put(house, "mail", **values)
    await put(house, "mail", **moved, **{secret: ""})
    assert (await kept(house)).password == ""


async def test_a_form_that_was_opened_before_brings_no_old_secret_to_a_new_server(house: House) -> None:
    """Two saves at once: the one kept the secret it had read, and the other has moved the profile since."""
    values, _, _ = KINDS["handle"]
    await put(house, "handle", **values)
    old = await kept(house)
    await put(house, "handle", server="https://evil.example.net", secret="nothing worth")
    number = (await house.database.read(store.get, "Ours")).id
    settings = type(old)(**{name: getattr(old, name) for name in old.__struct_fields__} | {"server": "https://evil.example.net"})
    with pytest.raises(Wrong, match="changed meanwhile"):
        await house.keeper.do(
            keeping.change, house.keeper.desk, number, Naming(profile_name="Ours"), settings, OPERATOR, entered=frozenset()
        )


async def test_what_is_tested_gets_no_secret_of_another_server(house: House) -> None:
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({"responseCode": 402})

    application = web.Application()
    application.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(application) as other:
        await put(house, "handle", **KINDS["handle"][0])
        with pytest.raises(Wrong, match="secret: It was entered for https://handle"):
            await put(house, "handle", server=str(other.make_url("")).rstrip("/"))
    assert seen == []


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("https://Handle.example.org:443/api", "https://handle.example.org"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://[::1]:8000/", "https://[::1]:8000"),
        ("http://example.org:443", "http://example.org:443"),
    ],
)
def test_a_server_is_its_scheme_its_host_and_its_port(address: str, server: str) -> None:
    assert server_of(address) == server
