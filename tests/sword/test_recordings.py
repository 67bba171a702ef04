"""Requests recorded from real clients, sent byte for byte as they were recorded but for the addresses, which are ours."""

import json
import re

import pytest

from server.house import House
from server.sword import problems, store
from tests.sword.conftest import Answer
from tests.sword.wire import LOGIN, Recorded, package, recordings, sent, served

#: What each client does otherwise than the protocol says, as the deposits tell it.
QUIRKS = {
    "jisc-client.txt": {"quirk-type"},
    "php-swordappv2.txt": {"quirk-multipart"},
    "py2-sword2-0.2.1-multipart.txt": {"quirk-multipart", "quirk-entry"},
    "py3-sword2-0.3.txt": {"quirk-entry"},
    "swh-cli.txt": {"quirk-header", "quirk-boolean", "quirk-md5", "quirk-multipart", "quirk-entry"},
}


def iri_of(recorded: Recorded, edit: str) -> str:
    """The path of ours that stands for a recorded one."""
    if recorded.path.endswith("/sd"):
        return "/sword/v2/service-document"
    if "/col/" in recorded.path:
        return "/sword/v2/collection/works" + ("/" if recorded.path.endswith("/") else "")
    if not re.search("/edit/[0-9a-f]{32}", recorded.path):
        return "/sword/v2/edit/1"
    if "statement" in recorded.path:
        return edit.replace("/edit/", "/statement/")
    return edit.replace("/edit/", "/edit-media/") if recorded.path.endswith("/media") else edit


def wanted(recorded: Recorded) -> int:
    """The status of the profile (§ A.4)."""
    if recorded.has_two_lengths:
        return 400
    if recorded.path == "/v2/edit/1":
        return 404
    if recorded.method == "PUT":
        return 204 if recorded.path.endswith("/media") else 200
    creates = recorded.method == "POST" and ("/col/" in recorded.path or recorded.path.endswith("/media"))
    return 201 if creates else {"GET": 200, "POST": 200, "DELETE": 204}[recorded.method]


async def replayed(port: int, name: str) -> list[tuple[Recorded, Answer]]:
    """Send a recording, following the Edit-IRI its first entry got; who sends no credentials does after the challenge."""
    answers: list[tuple[Recorded, Answer]] = []
    edit = ""
    for recorded in recordings(name):
        request = recorded
        if not recorded.says("Authorization") and recorded.path != "/v2/edit/1" and not recorded.has_two_lengths:
            challenge = await sent(port, recorded, iri_of(recorded, edit))
            assert challenge.status == 401
            assert challenge.headers["WWW-Authenticate"].startswith("Basic ")
            request = recorded.with_line(LOGIN)
        answer = await sent(port, request, iri_of(request, edit))
        if answer.status == 201 and not edit and "/col/" in recorded.path and b"<entry" in recorded.body[:300]:
            edit = answer.headers["Location"].removeprefix("https://repository.example.org")
        answers.append((recorded, answer))
    return answers


@pytest.mark.parametrize("name", QUIRKS)
async def test_a_recording_is_accepted_byte_for_byte(house: House, name: str) -> None:
    async with served(house) as port:
        answers = await replayed(port, name)
    assert answers
    known = {iri for each in house.intake.understanding.packagings for iri in (each.iri, *each.names, *each.aliases)}
    for recorded, answer in answers:
        if any(line.lower().startswith("packaging: ") and line[11:] not in known for line in recorded.lines):
            assert answer.status == 415
            continue
        assert answer.status == wanted(recorded), (recorded, answer.body)
        assert answer.body or answer.status == 204
        if answer.body and answer.status >= 400:
            assert answer.xml.tag == "{http://purl.org/net/sword/terms/}error"
    rows = await house.database.read(store.search)
    assert not [row for row in rows if row.state.value in {"refused", "broken-off"}]
    told = {each.problem.code for row in rows for each in await house.database.read(problems.of, row.id)}
    assert QUIRKS[name] <= told
    assert {code for code in told if code.startswith("quirk-")} <= QUIRKS[name] | {"quirk-entry", "quirk-packaging"}


async def test_what_was_sent_is_kept_byte_for_byte(house: House) -> None:
    async with served(house) as port:
        await replayed(port, "py3-sword2-0.3.txt")
    rows = [row for row in await house.database.read(store.search) if row.filename == "deposit.zip"]
    assert len(rows) == 3
    assert {house.files.path(row.sha256 or "").read_bytes() for row in rows} == {package()}
    assert {(row.account, row.sender, row.on_behalf_of) for row in rows} == {("obo", "u", "obo")}


async def test_a_request_of_two_lengths_is_refused_in_words_and_taken_once_a_proxy_has_mended_it(house: House) -> None:
    """§ C.5: what this client sends is no request of HTTP (RFC 9112 § 6.1); a proxy that takes one length away mends it."""
    [recorded] = [each for each in recordings("php-swordappv2.txt") if each.has_two_lengths]
    async with served(house) as port:
        refused = await sent(port, recorded, "/sword/v2/collection/works")
        assert refused.status == 400
        assert refused.headers["Content-Type"] == "application/xml"
        assert "Place: Transfer-Encoding." in refused.text("/s:error/s:verboseDescription")
        told = await sent(port, recorded, "/sword/3/service/works")
        assert (told.status, told.headers["Content-Type"]) == (400, "application/json")
        assert "Place: Transfer-Encoding." in json.loads(told.body)["log"]
        taken = await sent(port, recorded.without("Transfer-Encoding"), "/sword/v2/collection/works")
    assert taken.status == 201, taken.body
    assert taken.text("t:title").startswith("If SWORD is the answer")
