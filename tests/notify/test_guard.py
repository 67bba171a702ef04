"""Where nothing may be sent: every notation, every network, a name server that changes its mind, redirections, floods."""

import gzip
import socket
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from server.errors import Invalid
from server.notify.client import LARGEST, Answer, Outward, Unreached
from server.notify.guard import Barred, Guard, Resolver, connector, target
from server.settings import Settings
from tests.fakes.receiver import Receiver, answers, drips, floods, hangs

BARRED = [
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OPEN = ["8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255"]
OPEN += ["2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("address", BARRED)
def test_what_is_not_the_public_internet_is_barred(address: str) -> None:
    assert Guard().objection(ip_address(address)).startswith(str(ip_address(address)))
    with pytest.raises(Barred, match="SHEAF_PRIVATE_TARGETS"):
        Guard().judge(address, plain=False)


@pytest.mark.parametrize("address", OPEN)
def test_the_public_internet_is_open_to_https_alone(address: str) -> None:
    Guard().judge(address, plain=False)
    with pytest.raises(Barred, match="only https"):
        Guard().judge(address, plain=True)


def test_the_operator_opens_networks_and_nothing_beside_them() -> None:
    guard = Guard((ip_network("10.1.0.0/16"), ip_network("fd00::/8")))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::1"):
        guard.judge(address, plain=True)
    for address in ("10.2.0.1", "127.0.0.1", "fc00::1", "169.254.169.254"):
        with pytest.raises(Barred):
            guard.judge(address, plain=False)


def test_networks_that_are_none_stop_the_start() -> None:
    assert Settings(private_targets="10.1.0.0/16, fd00::/8").opened == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    with pytest.raises(ValueError, match=r"10\.1\.2\.3/16"):
        Settings(private_targets="10.1.2.3/16")


@pytest.mark.parametrize(
    "text",
    [
        "", "example.org", "//example.org/", "https://", "https:///x", "ftp://example.org/", "file:///etc/passwd", "javascript:alert(1)",
        "gopher://example.org/", "https://user@example.org/", "https://user:word@example.org/", "https://@example.org/",
        "https://8.8.8.8@10.0.0.1/", "https://example.org#@10.0.0.1/", "https://example.org/#x", "https://exa mple.org/",
        "https://example.org/a b", "https://example.org/\r\nX-Evil: 1", "https://example.org/\nx", "https://example.org/\x00",
        "https://example.org\\@10.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://127.1/",
        "https://0177.0.0.1/", "https://017700000001/", "https://127.0.1/", "https://1.2.3.4.5/", "https://example.org:22/",
        "https://example.org:0/", "https://example.org:65536/", "https://example.org:x/", "https://example.org:6379/",
        "https://example.org:25/", "https://[::1/", "https://[fe80::1%25eth0", "https://" + "a" * 3000, "http://0x7f.1/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_web_server_is_refused_in_words(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        target(text)
    assert refusal.value.message.endswith(".")
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "text",
    ["https://example.org", "https://example.org:8443/hooks?key=1&b=ü", "https://bücher.example/", "https://[2606:4700::1]/x"],
)
def test_addresses_of_web_servers_are_taken(text: str) -> None:
    assert target(text).host


class Names(Resolver):
    """A name server that gives one list of answers after another."""

    def __init__(self, guard: Guard, *answers: list[str], plain: bool = False) -> None:
        super().__init__(guard, plain=plain)
        self.answers = list(answers)
        self.asked = 0

    def look_up(self, host, port, family):
        self.asked += 1
        given = self.answers.pop(0)
        kind = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kind[":" in address], socket.SOCK_STREAM, 6, "", (address, port)) for address in given]


async def with_names(client: Outward, names: Names, scheme: str) -> None:
    """Let an opened client ask another name server."""
    session = client._sessions[scheme]
    old = session._connector
    session._connector = connector(client._guard, plain=scheme == "http", resolver=names)
    await old.close()


async def test_a_name_that_is_private_later_is_asked_for_once_and_the_first_answer_is_the_one_connected_to() -> None:
    server = await started(web.Application())
    guard = Guard((ip_network("127.0.0.1/32"),))  # 127.0.0.1 plays the public address, 127.0.0.2 the private one
    try:
        async with Outward(guard, "Sheaf") as client:
            names = Names(guard, ["127.0.0.1"], ["127.0.0.2"], plain=True)
            await with_names(client, names, "http")
            url = URL(f"http://rebinding.example:{server.port}/")
            first = await client.ask("GET", url.with_path("/close"), {"Connection": "close"})
            assert isinstance(first, Answer)
            assert names.asked == 1, "resolved once for the connection"
            second = await client.ask("GET", url, {})
            assert isinstance(second, Unreached)
            assert second.barred
            assert "127.0.0.2 is this machine's own address" in second.words
    finally:
        await server.close()


@pytest.mark.parametrize("given", [["8.8.8.8", "10.0.0.1"], ["2606:4700::1", "::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]])
async def test_one_private_answer_among_public_ones_bars_the_name(given: list[str]) -> None:
    async with Outward(Guard(), "Sheaf") as client:
        await with_names(client, Names(Guard(), given), "https")
        found = await client.ask("GET", URL("https://both.example/"), {})
    assert isinstance(found, Unreached)
    assert found.barred, found


@pytest.mark.parametrize(
    "text",
    ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://localhost/", "https://localhost./", "http://127.0.0.1/",
     "https://[fe80::1]/", "https://169.254.169.254/latest/meta-data/", "https://127.0.0.1./", "https://①②⑦.⓪.⓪.①/"],
)  # fmt: skip
async def test_no_notation_of_an_address_goes_around_the_socket(text: str) -> None:
    async with Outward(Guard(), "Sheaf") as client:
        found = await client.ask("GET", URL(text), {})
    assert isinstance(found, Unreached)
    assert found.barred or any(words in found.words for words in ("not a canonical", "not known")), found


async def started(application: web.Application) -> TestServer:
    async def fine(_request: web.Request) -> web.Response:
        return web.Response(text="fine")

    application.router.add_route("*", "/{tail:.*}", fine)
    server = TestServer(application)
    await server.start_server()
    return server


@pytest.fixture
async def client():
    async with Outward(Guard((ip_network("127.0.0.0/8"),)), "Sheaf", patience=0.4) as opened:
        yield opened


async def test_a_redirection_to_a_private_address_is_not_followed(client: Outward, receiver: Receiver) -> None:
    receiver.mood = answers(302, Location="http://169.254.169.254/latest/meta-data/")
    found = await client.ask("POST", URL(receiver.url), {}, b"{}")
    assert isinstance(found, Answer)
    assert found.status == 302
    assert receiver.asked == 1


@pytest.mark.parametrize("mood", [hangs, drips])
async def test_who_hangs_or_drips_is_left_after_the_patience(client: Outward, receiver: Receiver, mood) -> None:
    receiver.mood = mood
    found = await client.ask("POST", URL(receiver.url), {}, b"{}")
    assert isinstance(found, Unreached)
    assert "did not answer within 0.4 seconds" in found.words
    assert found.milliseconds < 2000


async def test_of_a_gigabyte_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.mood = floods
    async with Outward(Guard((ip_network("127.0.0.0/8"),)), "Sheaf") as client:
        found = await client.ask("POST", URL(receiver.url), {}, b"{}")
    assert isinstance(found, Answer)
    assert len(found.body) == LARGEST
    assert found.milliseconds < 3000


async def test_a_packed_answer_is_not_unpacked(client: Outward, receiver: Receiver) -> None:
    packed = gzip.compress(bytes(50 * 2**20), 1)

    async def bomb(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    receiver.mood = bomb
    found = await client.ask("POST", URL(receiver.url), {}, b"{}")
    assert isinstance(found, Answer)
    assert len(found.body) <= LARGEST


async def test_nothing_is_remembered_between_requests(client: Outward, receiver: Receiver) -> None:
    receiver.mood = answers(200, **{"Set-Cookie": "a=b"})
    await client.ask("POST", URL(receiver.url), {}, b"{}")
    receiver.mood = None
    await client.ask("POST", URL(receiver.url), {}, b"{}")
    assert "Cookie" not in receiver.taken[0].headers


async def test_the_proxies_of_the_environment_are_not_asked(
    client: Outward, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert isinstance(await client.ask("POST", URL(receiver.url), {}, b"{}"), Answer)


async def test_a_header_cannot_be_broken_by_a_value(client: Outward, receiver: Receiver) -> None:
    found = await client.ask("POST", URL(receiver.url), {"webhook-id": "a\r\nX-Evil: 1"}, b"{}")
    assert isinstance(found, Unreached)
    assert receiver.asked == 0


async def test_a_refused_connection_is_said_in_words(client: Outward) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = await client.ask("GET", URL(f"http://127.0.0.1:{port}/"), {})
    assert isinstance(found, Unreached)
    assert found.words.startswith("No connection to 127.0.0.1")
    assert not found.barred
