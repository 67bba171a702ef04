"""Whom a handle account believes: the certificate of its server and no other, and nothing of what strangers say."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.identifiers.handle.client import HandleClient
from server.identifiers.handle.resolved import Account as Resolved
from server.identifiers.handle.resolved import ResolvedClient
from server.identifiers.model import Confirmed, Failed, Fault
from tests.fakes.handle import FakeHandleServer
from tests.identifiers.test_agency_handle import AGAIN, FIRST, account, wanted

# Certificates: the server's own, and ours.


def certificate(name: str) -> tuple[str, str]:
    """Make a self-signed certificate for no host, as handle servers do, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.USER_ID, name)])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(datetime.now(UTC) + timedelta(days=1))
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode(), private


async def test_a_server_s_own_certificate_is_believed_and_no_other_and_ours_is_shown(tmp_path: Path) -> None:
    (theirs, their_key), (ours, our_key) = certificate("300:0.NA/10536"), certificate("us")
    (tmp_path / "server.pem").write_text(theirs + their_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    context.load_verify_locations(cadata=ours)
    context.verify_mode = ssl.CERT_OPTIONAL
    fake = FakeHandleServer()
    await fake.start(ssl_context=context)
    trusting = {"trusted": theirs, "authentication": "certificate"}
    try:
        async with aiohttp.ClientSession() as session:
            shown = HandleClient(account(fake.url, **trusting, secret=ours + our_key), session)
            assert isinstance(await shown.agree(wanted(), FIRST), Confirmed)
            assert fake.log[0].headers["Authorization"] == 'Handle clientCert="true"'
            for changes, words in (
                ({}, "is not believed"),
                ({"trusted": ours}, "is not believed"),
                (trusting | {"secret": "no certificate"}, "A certificate of the profile cannot be read"),
            ):
                outcome = await HandleClient(account(fake.url, **changes), session).agree(wanted(), AGAIN)
                assert isinstance(outcome, Failed)
                assert (outcome.fault, words in outcome.message) == (Fault.CREDENTIALS, True), outcome
    finally:
        await fake.stop()


def issued(host: str) -> tuple[str, str, str]:
    """Make an authority, and a certificate it issued for a host, with its key."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("Institution", host)]
    then, soon = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    built = [
        x509.CertificateBuilder(names[0], name, key.public_key(), x509.random_serial_number(), then, soon)
        for name, key in zip(names, keys, strict=True)
    ]
    built[0] = built[0].add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    built[1] = built[1].add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    made = [each.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode() for each in built]
    plain = serialization.NoEncryption()
    return *made, keys[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


async def test_a_certificate_that_was_issued_by_the_one_of_the_profile_is_another_one(tmp_path: Path) -> None:
    """An institution's authority issued many: the key goes to none of those servers but the one whose certificate it is."""
    authority, theirs, key = issued("evil.example.net")
    (tmp_path / "server.pem").write_text(theirs + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    fake = FakeHandleServer()
    await fake.start(ssl_context=context)
    try:
        async with aiohttp.ClientSession() as session:
            outcome = await HandleClient(account(fake.url, trusted=authority), session).test()
            assert isinstance(outcome, Failed)
            assert (outcome.fault, "is not believed" in outcome.message) == (Fault.CREDENTIALS, True), outcome
            assert fake.log == [], "the key was not sent"
            await HandleClient(account(fake.url, trusted=authority + theirs), session).test()
            assert fake.log
    finally:
        await fake.stop()


# Who answers where a handle server should.


async def test_nothing_is_kept_of_what_no_handle_server_says() -> None:
    application = web.Application()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="inner-secret: peas")

    application.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(application) as other, aiohttp.ClientSession() as session:
        asked = Resolved(prefix="10536/", server=str(other.make_url("/latest")), environment="test")
        outcome = await ResolvedClient(asked, session).agree(wanted(), FIRST)
    assert isinstance(outcome, Failed)
    assert "answered 200 and no response code" in outcome.message
    assert "peas" not in repr(outcome)


@pytest.mark.parametrize(
    "server",
    ["http://127.0.0.1:8000", "http://169.254.169.254", "https://localhost", "http://[::1]", "http://[::ffff:127.0.0.1]"],
)
def test_what_resolves_for_the_world_is_not_on_this_machine(server: str) -> None:
    Resolved(prefix="10536/", server=server, environment="test")
    with pytest.raises(ValueError, match="server: may be this machine"):
        Resolved(prefix="10536/", server=server, environment="production")
