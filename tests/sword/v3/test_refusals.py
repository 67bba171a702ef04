"""What SWORD 3.0 refuses, and what it tolerates with a warning: every type of the official table, every rule of a header."""

import base64
import csv
import hashlib
import io
import json
from typing import Any

import msgspec
import pytest
from aiohttp import encode_basic_auth, web

from server.house import House
from server.settings import Settings
from server.sword import errors as neutral
from server.sword import problems
from server.sword.v3 import errors
from server.sword.v3.desk import Desk, Standing
from tests.conftest import PASSWORD, SHARED, URL, configured
from tests.sword.conftest import MODS
from tests.sword.v3.conftest import CONTEXT, OPEN, PDF, SERVICE, WORKS, Client, described, digest, filed, metadata

TABLE = SHARED / "data" / "schemas" / "sword" / "v3" / "tables" / "error-types.csv"
META = metadata()


def test_every_type_of_the_table_has_its_status() -> None:
    if not TABLE.exists():
        pytest.skip(f"no table at {TABLE}: set SHEAF_SHARED")
    with TABLE.open(encoding="utf-8-sig") as file:
        table = {row["Error Type"]: int(row["Error Code"]) for row in csv.DictReader(file)}
    every = [kind for module in (neutral, errors) for kind in vars(module).values() if isinstance(kind, type)]
    waits = neutral.TooManyFailures
    refusals = [kind("") for kind in every if issubclass(kind, neutral.SwordError) and kind is not waits]
    refusals.append(waits(1, "", place="", remedy=""))
    said = {errors.typed(each) for each in refusals} | {errors.typed(neutral.Unauthorised(""), tried=True)}
    table.pop("ETagRequired")  # no client in use sends If-Match, so it is never required
    assert {name: status for name, status in said if name in table} == table
    assert all(name.startswith(errors.OWN) for name, _ in said if name not in table)


#: What is sent beside the headers of good metadata, the body, and the type and status it is refused with.
REFUSED: dict[str, tuple[dict[str, str], bytes, str, int]] = {
    "no credentials": ({"Authorization": ""}, META, "AuthenticationRequired", 401),
    "a wrong password": ({"Authorization": encode_basic_auth("depositor", "wrong")}, META, "AuthenticationFailed", 403),
    "an unknown token": ({"Authorization": "Bearer X"}, META, "AuthenticationFailed", 403),
    "somebody else": ({"On-Behalf-Of": "other"}, META, "OnBehalfOfNotAllowed", 412),
    "a digest of other bytes": ({"Digest": digest(b"other")}, META, "DigestMismatch", 412),
    "a second digest that differs": ({"Digest": f"{digest(META)},{digest(b'x', 'MD5')}"}, META, "DigestMismatch", 412),
    "nonsense for a digest": ({"Digest": "SHA-256=nonsense"}, META, "BadRequest", 400),
    "no digest we know": ({"Digest": "UNIXsum=30637"}, META, "BadRequest", 400),
    "nonsense for In-Progress": ({"In-Progress": "perhaps"}, META, "BadRequest", 400),
    "a segment": ({"Content-Disposition": "segment; segment_number=1"}, META, "BadRequest", 400),
    "a format nobody knows": ({"Metadata-Format": "http://example.org/own"}, META, "MetadataFormatNotAcceptable", 415),
    "JSON that is none": ({"Digest": ""}, b'{"@context":', "ContentMalformed", 400),
    "JSON too deep": ({"Digest": ""}, b"[" * 100_000, "ContentMalformed", 400),
    "JSON that is no object": ({"Digest": ""}, b"[1]", "ContentMalformed", 400),
    "JSON of another kind": ({"Digest": ""}, b'{"@type": "Other"}', "FormatHeaderMismatch", 415),
    "another format than is said": (
        {"Digest": "", "Metadata-Format": "http://datacite.org/schema/kernel-4"}, MODS, "FormatHeaderMismatch", 415,
    ),
    "XML that is none": ({"Digest": "", "Metadata-Format": "http://www.loc.gov/mods/v3"}, b"<mods", "ContentMalformed", 400),
    "a document that names no files": (
        {"Digest": "", "Content-Disposition": "attachment; by-reference=true"}, META, "ContentMalformed", 400,
    ),
    "half of two documents": (
        {"Digest": "", "Content-Disposition": "attachment; metadata=true; by-reference=true"}, META, "ContentMalformed", 400,
    ),
    "a packaging nobody knows": (
        filed(META) | {"Packaging": "http://example.org/own"}, META, "PackagingFormatNotAcceptable", 415,
    ),
}  # fmt: skip


async def test_a_fault_of_protocol_is_refused(sword: Client) -> None:
    for name, (headers, body, kind, status) in REFUSED.items():
        found = await sword.ask("POST", WORKS, body, described(META), headers)
        assert (found.error, found.status) == (kind, status), (name, found.body)
        assert found.document["error"]
        assert found.document["log"]
        if "credentials" in name:
            assert found.headers["WWW-Authenticate"].startswith("Basic ")
        if status not in {401, 403}:
            row = await sword.row(found)
            assert row.problem is not None
            assert row.problem.message in found.document["log"]
    assert sword.left() == []


class TestSmallLimit:
    """A server that takes a megabyte."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, max_upload_mb=1)

    async def test_a_body_that_is_too_large_is_refused_and_what_may_be_sent_is_told(self, sword: Client) -> None:
        big = io.BytesIO(b"x" * (2**20 + 1))
        assert (await sword.ask("POST", WORKS, big, filed(b""), {"Digest": ""})).error == "MaxUploadSizeExceeded"
        told = (await sword.get(WORKS)).document
        assert (told["maxUploadSize"], told["maxByReferenceSize"], told["maxAssembledSize"]) == (2**20, 2**22, 2**22)


def reference(**values: Any) -> bytes:
    each = {
        "@id": "https://example.org/f.zip",
        "contentType": "application/zip",
        "contentDisposition": "attachment; filename=f.zip",
    }
    each |= {"digest": digest(b"x"), "dereference": True, **values}
    return json.dumps({"@context": CONTEXT, "@type": "ByReference", "byReferenceFiles": [each]}).encode()


async def test_a_file_by_reference_that_cannot_be_fetched_is_refused(sword: Client) -> None:
    for body, kind in (
        (reference(contentLength=2**40), "ByReferenceFileSizeExceeded"),
        (reference(contentLength="much"), "BadRequest"),
        (reference(digest="SHA-256=nonsense"), "BadRequest"),
        (reference(**{"@id": ""}), "BadRequest"),
        (reference(**{"@id": "file:///etc/passwd"}), "ByReferenceNotAllowed"),
        (reference(**{"@id": "https://name:secret@example.org/"}), "ByReferenceNotAllowed"),
    ):
        headers = described(body) | {"Content-Disposition": "attachment; by-reference=true"}
        assert (await sword.ask("POST", WORKS, body, headers)).error == kind
    assert await sword.rows(state="taken") == []


async def test_what_belongs_elsewhere_is_refused_there(sword: Client) -> None:
    found = await sword.done()
    here = found.object
    for url, body, headers in (
        (f"{here}/metadata", PDF, filed(PDF)),
        (f"{here}/fileset", META, described(META)),
        (f"{here}/files/peas.pdf", META, described(META)),
    ):
        assert (await sword.ask("PUT", url, body, headers)).error == "ContentTypeNotAcceptable"
    package = filed(PDF) | {"Packaging": "http://purl.org/net/sword/3.0/package/SimpleZip"}
    assert (await sword.ask("PUT", f"{here}/files/peas.pdf", PDF, package)).error == "PackagingFormatNotAcceptable"
    assert (await sword.get(here)).names() == ["peas.pdf"]


async def test_what_is_not_there_is_404_and_what_cannot_be_done_405(sword: Client) -> None:
    found = await sword.done()
    for url in (
        f"{SERVICE}/none",
        f"{URL}/sword/3/nothing",
        f"{found.object}/files/none.pdf",
        f"{URL}/sword/3/object/{'A' * 26}",
    ):
        answer = await sword.get(url)
        assert (answer.status, answer.error) == (404, f"{errors.OWN}NotFound")
    for method, url in (("PATCH", found.object), ("POST", f"{found.object}/metadata"), ("DELETE", WORKS)):
        answer = await sword.ask(method, url)
        assert (answer.status, answer.error) == (405, "MethodNotAllowed")
        assert answer.headers["Allow"]


async def test_an_object_is_its_depositors_own(sword: Client) -> None:
    found = await sword.done()
    other = {"Authorization": encode_basic_auth("other", PASSWORD)}
    for method, url in (("GET", found.object), ("DELETE", found.object), ("GET", f"{found.object}/files/peas.pdf")):
        assert (await sword.ask(method, url, None, other)).error == "Forbidden"


async def test_who_may_speak_for_others_does(sword: Client, house: House) -> None:
    collections = [{"id": "works", "title": "Works", "import_as": "approved"}]
    clients = [{"account": "depositor", "mediates": True}]
    await configured(house, "sword", collections=collections, clients=clients)
    assert (await sword.get(WORKS)).document["onBehalfOf"] is True
    await sword.create(META, described(META), {"On-Behalf-Of": "other"})
    assert [row.account for row in await sword.rows()] == ["other"]
    assert (await sword.ask("POST", WORKS, META, described(META), {"On-Behalf-Of": "nobody"})).error == "OnBehalfOfNotAllowed"


#: What clients in use send beside what the standard asks for, and the class of the warning.
def tolerated(meta: bytes) -> dict[str, tuple[dict[str, str], str]]:
    raw = hashlib.sha256(meta).digest()
    return {
        "hexadecimal": ({"Digest": f"SHA-256={raw.hex()}"}, "quirk-digest"),
        "base64 of hexadecimal": ({"Digest": f"SHA-256={base64.b64encode(raw.hex().encode()).decode()}"}, "quirk-digest"),
        "a printed value": ({"Digest": f"SHA-256={base64.b64encode(raw)!r}"}, "quirk-digest"),
        "another name": ({"Digest": digest(meta).replace("SHA-256", "SHA256")}, "quirk-digest"),
        "an algorithm nobody knows besides": ({"Digest": f"{digest(meta)}, UNIXsum=30637"}, "quirk-digest"),
        "no digest": ({"Digest": ""}, "quirk-digest"),
        "no disposition": ({"Content-Disposition": ""}, "quirk-disposition"),
        "no type of disposition": ({"Content-Disposition": "metadata=true"}, "quirk-disposition"),
        "another type of disposition": ({"Content-Disposition": "form-data; metadata=true"}, "quirk-disposition"),
        "an encoded word": ({"Content-Disposition": "=?utf-8?q?attachment=3B_metadata=3Dtrue?="}, "quirk-disposition"),
    }


async def test_the_forms_of_real_clients_are_taken_and_noted(sword: Client) -> None:
    for name in tolerated(META):
        body = metadata(dc_title=name)  # the same twice would be a repetition
        headers, code = tolerated(body)[name]
        found = await sword.create(body, described(body), headers)
        assert found.state == "ingested", name
        row = (await sword.rows())[-1]
        assert code in {known.problem.code for known in await sword.house.database.read(problems.of, row.id)}, name


async def test_every_digest_we_announce_is_verified(sword: Client) -> None:
    announced = (await sword.get(WORKS)).document["digest"]
    assert announced == ["SHA-256", "SHA-512", "SHA", "MD5"]
    for name in announced:
        body = metadata(dc_title=name)
        assert (
            await sword.ask("POST", WORKS, body, described(body), {"Digest": digest(b"other", name)})
        ).error == "DigestMismatch"
        await sword.create(body, described(body), {"Digest": digest(body, name)})


async def test_etags_and_if_match(sword: Client) -> None:
    found = await sword.done()
    tag = found.headers["ETag"]
    assert tag.strip('"') == found.document["eTag"]
    own = found.document["metadata"]["eTag"]
    body = metadata(dc_title="Beans")
    wrong = await sword.ask("PUT", f"{found.object}/metadata", body, described(body), {"If-Match": '"other"'})
    assert (wrong.status, wrong.error) == (412, "ETagNotMatched")
    assert (await sword.ask("PUT", f"{found.object}/metadata", body, described(body), {"If-Match": f'W/"{own}"'})).status == 204
    assert (await sword.ask("DELETE", found.object, None, {"If-Match": tag})).error == "ETagNotMatched"  # a change travels up
    now = await sword.get(found.object)
    assert now.document["fileSet"]["eTag"] == found.document["fileSet"]["eTag"]  # and not down
    (link,) = now.links("fileSetFile")
    assert (await sword.ask("DELETE", link["@id"], None, {"If-Match": f'"{link["eTag"]}"'})).status == 204
    assert (await sword.ask("DELETE", found.object, None, {"If-Match": "*"})).status == 204


async def test_a_name_beyond_latin_is_kept(sword: Client) -> None:
    headers = filed(PDF) | {"Content-Disposition": "attachment; filename*=UTF-8''%C5%BDit%C3%B3.pdf"}
    found = await sword.create(PDF, headers, OPEN)
    assert found.names() == ["%C5%BDit%C3%B3.pdf"]
    assert (await sword.get(f"{found.object}/files/%C5%BDit%C3%B3.pdf")).body == PDF


async def test_a_file_without_a_name_gets_one(sword: Client) -> None:
    found = await sword.create(PDF, filed(PDF) | {"Content-Disposition": "attachment"}, OPEN)
    assert found.names() == ["file.pdf"]


async def test_what_changes_while_a_condition_is_looked_at_makes_it_fail(sword: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await sword.done()
    where = f"{found.object}/metadata"
    tag = (await sword.get(where)).headers["ETag"]
    standing, mine, other = Desk.standing, metadata(dc_title="Mine"), metadata(dc_title="Another's")

    async def changed(self: Desk, request: web.Request, number: str = "") -> Standing:
        seen = await standing(self, request, number)
        monkeypatch.setattr(Desk, "standing", standing)
        assert (await sword.ask("PUT", where, other, described(other))).status == 204
        return seen

    monkeypatch.setattr(Desk, "standing", changed)
    assert (await sword.ask("PUT", where, mine, described(mine), {"If-Match": tag})).status == 412
    assert (await sword.get(where)).document["dc:title"] == "Another's"
