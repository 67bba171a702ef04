"""The recipes in `deploy/`, tried as they are written as far as this machine allows; what it has not got is skipped by name."""

import asyncio
import dataclasses
import io
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from bench.measure import free_port
from server.commands.serve import GRACE
from server.house import House
from server.rooms import web_application
from server.settings import Settings, table
from tests.conftest import AUTH

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NAME = "repository.example.org"
SETTINGS = {name for name, _, _ in table()}

needs = {
    program: pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed here")
    for program in ("nginx", "caddy", "systemd-analyze")
}


def certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    shape = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key.private_bytes(*shape))


def exchanged(recipe: str, *pairs: tuple[str, str]) -> str:
    """The recipe with what belongs to another machine exchanged; each must be in it."""
    for theirs, ours in pairs:
        assert theirs in recipe, theirs
        recipe = recipe.replace(theirs, ours)
    return recipe


def nginx(folder: Path, ports: tuple[int, int, int]) -> list[str]:
    upstream, plain, secure = ports
    recipe = exchanged(
        (DEPLOY / "nginx.conf").read_text(), ("127.0.0.1:8080", f"127.0.0.1:{upstream}"), ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{secure} "), ("/etc/ssl/sheaf", str(folder)),
    )  # fmt: skip
    (folder / "sheaf.conf").write_text(recipe)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
        f"http {{ access_log off; {temporary} include {folder}/sheaf.conf; }}"
    )
    subprocess.run(["nginx", "-t", "-q", "-c", str(folder / "nginx.conf")], check=True, timeout=30)
    return ["nginx", "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, ports: tuple[int, int, int]) -> list[str]:
    upstream, plain, secure = ports
    recipe = exchanged(
        (DEPLOY / "Caddyfile").read_text(), ("127.0.0.1:8080", f"127.0.0.1:{upstream}"),
        (f"http://{NAME} {{", f"http://{NAME}:{plain} {{\n\tbind 127.0.0.1"),
        (f"https://{NAME} {{", f"https://{NAME}:{secure} {{\n\tbind 127.0.0.1\n\ttls {folder}/fullchain.pem {folder}/privkey.pem"),
    )  # fmt: skip
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n\thttp_port {plain}\n}}\n{recipe}")
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@asynccontextmanager
async def running(command: list[str], folder: Path, port: int) -> AsyncIterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env={"HOME": str(folder), "PATH": "/usr/bin:/usr/sbin"}
        )
    try:
        async with asyncio.timeout(30):
            while True:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


class ToLoopback(TCPConnector):
    """Finds the recipes' host name on this machine."""

    async def _resolve_host(self, host: str, port: int, traces: object = None) -> list[dict]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]


@pytest.mark.parametrize("proxy", [pytest.param(nginx, marks=needs["nginx"]), pytest.param(caddy, marks=needs["caddy"])])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_proxy_as_written(house: House, tmp_path: Path, proxy: Callable[[Path, tuple[int, int, int]], list[str]]) -> None:
    behind = dataclasses.replace(house, settings=replace(house.settings, trusted_proxies="127.0.0.1"))
    folder = tmp_path / "proxy"
    folder.mkdir()
    certificate(folder)
    plain, secure = free_port(), free_port()
    async with (
        TestServer(web_application(behind)) as server,
        ClientSession(connector=ToLoopback(ssl=False)) as client,
        ClientSession(connector=ToLoopback(ssl=False, local_addr=("127.0.0.2", 0))) as stranger,
        running(proxy(folder, (server.port, plain, secure)), folder, secure),
    ):
        http, https = f"http://{NAME}:{plain}", f"https://{NAME}:{secure}"
        async with client.get(f"{https}/healthz") as answer:
            assert answer.status == 200
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
            assert answer.headers["Server"].isalpha(), "no release of anything"
        async with client.get(f"{http}/oai?verb=Identify", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/oai?verb=Identify")
        async with client.post(f"{http}/sword/v2/collection/works", data=b"x", headers=AUTH, allow_redirects=False) as answer:
            assert answer.status == 403, "a password in the clear is refused"
        await streams(client, https, folder)
        await guesses(client, https)
        async with client.get(f"{https}/metrics") as answer:
            assert answer.status == 200
        async with stranger.get(f"{https}/metrics") as answer:
            assert answer.status == 403


async def streams(client: ClientSession, https: str, folder: Path) -> None:
    """A body reaches us while it is still being sent, and lies nowhere in between."""
    size = 3 * 2**20

    async def body() -> AsyncIterator[bytes]:
        for _ in range(size // 2**16):
            yield bytes(2**16)
            await asyncio.sleep(0)
        assert [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > 2**19] == []

    headers = AUTH | {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename=peas.pdf",
        "In-Progress": "true",
    }
    async with client.post(f"{https}/sword/v2/collection/works", data=body(), headers=headers) as answer:
        assert answer.status == 201, await answer.text()
    async with client.post(f"{https}/sword/v2/collection/works", data=io.BytesIO(bytes(size)), headers=headers) as answer:
        assert answer.status == 201, await answer.text()


async def guesses(client: ClientSession, https: str) -> None:
    """Whatever a client says of its address, it is one client."""
    statuses = []
    for turn in range(6):
        headers = {"X-Forwarded-For": f"203.0.113.{turn}", "Forwarded": f"for=203.0.113.{turn}"}
        data = {"name": "admin", "password": "wrong"}
        async with client.post(f"{https}/login", data=data, headers=headers, allow_redirects=False) as answer:
            statuses.append(answer.status)
    assert statuses == [401] * 5 + [429]


OLD, GOOD = "ALL:@SECLEVEL=0", re.compile(r"(TLS_|ECDHE-\w+-)(AES_?\d{3}|CHACHA20)[_-](GCM|POLY1305).*")


def spoken(port: int, highest: ssl.TLSVersion, ciphers: str) -> tuple[str, str]:
    """What a client that can do no better than that and a proxy agree on: version and cipher."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, highest
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname=NAME) as secure:
        return secure.version(), secure.cipher()[0]


@pytest.mark.parametrize("proxy", [pytest.param(nginx, marks=needs["nginx"]), pytest.param(caddy, marks=needs["caddy"])])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_proxy_speaks_new_tls_and_good_ciphers_alone(
    tmp_path: Path, proxy: Callable[[Path, tuple[int, int, int]], list[str]]
) -> None:
    certificate(tmp_path)
    secure = free_port()
    async with running(proxy(tmp_path, (free_port(), free_port(), secure)), tmp_path, secure):
        for highest, wanted in ((ssl.TLSVersion.TLSv1_3, "TLSv1.3"), (ssl.TLSVersion.TLSv1_2, "TLSv1.2")):
            version, cipher = await asyncio.to_thread(spoken, secure, highest, OLD)
            assert version == wanted, "the newest both can"
            assert GOOD.fullmatch(cipher), cipher
        with pytest.raises(ssl.SSLError, match="ALERT"):
            await asyncio.to_thread(spoken, secure, ssl.TLSVersion.TLSv1_1, OLD)
        for weak in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"):
            with pytest.raises(ssl.SSLError, match="ALERT"):
                await asyncio.to_thread(spoken, secure, ssl.TLSVersion.TLSv1_2, f"{weak}:@SECLEVEL=0")


@needs["systemd-analyze"]
def test_the_units_are_sound_and_locked_down(tmp_path: Path) -> None:
    units = [path for path in DEPLOY.iterdir() if path.suffix in {".service", ".timer"}]
    assert len(units) == 3
    for unit in units:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/sheaf/bin/sheaf", "/bin/true"))
    names = [str(tmp_path / unit.name) for unit in units]
    said = subprocess.run(["systemd-analyze", "verify", *names], check=False, capture_output=True, text=True, timeout=60)
    ours = [line for line in said.stderr.splitlines() if "sheaf" in line]
    assert (said.returncode, ours) == (0, [])
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / "sheaf.service")]
    judged = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert judged.returncode == 0, judged.stdout


def test_the_unit_waits_as_long_as_a_stop_takes() -> None:
    unit = (DEPLOY / "sheaf.service").read_text()
    assert int(re.search(r"TimeoutStopSec=(\d+)", unit)[1]) > GRACE
    assert set(re.findall(r"\bSHEAF_[A-Z_]+", unit)) <= SETTINGS


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Containerfile").read_text()
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in lines)]


def test_the_container_is_built_from_what_is_here() -> None:
    found = instructions()
    assert found[0] == ("FROM", "python:3.13-slim")
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for word, rest in found:
        if word == "COPY":
            source = rest.split()[0]
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, "what is copied must not be ignored"
    assert any("--require-hashes" in rest and "--no-deps" in rest for word, rest in found if word == "RUN")
    assert [rest for word, rest in found if word == "USER"] == ["10001:10001"]
    assert (
        dict(found)["VOLUME"]
        in dict(pair.split("=") for word, rest in found if word == "ENV" for pair in rest.split())["SHEAF_DATA"]
    )
    assert set(re.findall(r"\b(SHEAF_[A-Z_]+)=", (DEPLOY / "Containerfile").read_text())) <= SETTINGS
    assert "/readyz" in dict(found)["HEALTHCHECK"]


def test_the_recipes_allow_what_the_settings_allow() -> None:
    largest = Settings().max_upload_mb
    assert f"client_max_body_size {largest}m;" in (DEPLOY / "nginx.conf").read_text()
    caddys = int(re.search(r"max_size (\d+)MB", (DEPLOY / "Caddyfile").read_text())[1])
    assert 0 <= caddys * 10**6 - largest * 2**20 < 10**6, "Caddy counts in thousands"
