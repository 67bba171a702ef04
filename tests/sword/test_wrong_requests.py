"""The seven wrong requests that peers answer wrongly (spec/sword.md § D.8): each has its status, document, cause and place here."""

import pytest
from aiohttp import encode_basic_auth

from server.sword import problems
from server.sword.causes import CAUSES
from tests.conftest import PASSWORD, configured, entry
from tests.sword.conftest import ENTRY, GOOD, SIMPLE_ZIP, ZIP, Answer, Depositor, md5

ERROR = "http://purl.org/net/sword/error/"
OWN = "info:sheaf/sword/error/"
NOT_WELL_FORMED = entry().replace(b"</entry>", b"\n\n<x></entry>")

#: Body, headers; then status, error IRI, class of the cause, its place, and what the words must name.
WRONG = {
    "checksum": (
        GOOD, ZIP | {"Content-MD5": "0" * 32}, 412, "ErrorChecksumMismatch", "checksum", "Content-MD5", (md5(GOOD), "0" * 32),
    ),
    "nonsense for a checksum": (GOOD, ZIP | {"Content-MD5": "peas"}, 400, "ErrorBadRequest", "bad-request", "Content-MD5", ("'peas'",)),
    "packaging": (
        GOOD, ZIP | {"Packaging": "http://example.org/odd"}, 415, "ErrorContent", "packaging", "Packaging",
        ("http://example.org/odd", SIMPLE_ZIP),
    ),
    "nobody": (GOOD, ZIP | {"On-Behalf-Of": "nobody"}, 403, "TargetOwnerUnknown", "target-owner", "On-Behalf-Of", ("'nobody'",)),
    "malformed entry": (NOT_WELL_FORMED, ENTRY, 400, "ErrorBadRequest", "bad-request", "entry", ("line 5, column", "x")),
}  # fmt: skip


def described(answer: Answer, *, reference: bool = True) -> str:
    """Check that an error document is one a client can read, and return what it says at length."""
    assert answer.headers["Content-Type"] == "application/xml"
    for path in ("a:title", "a:updated", "a:author/a:name", "a:generator", "a:summary", "s:treatment"):
        assert answer.text(f"/s:error/{path}"), path
    assert bool(answer.reference) is reference
    return answer.text("/s:error/s:verboseDescription")


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_request_is_refused_with_its_cause_and_place(depositor: Depositor, name: str) -> None:
    body, headers, status, iri, code, place, words = WRONG[name]
    if name == "nobody":
        await configured(depositor.house, "sword", clients=[{"account": "depositor", "mediates": True}])
    refused = await depositor.ask("POST", depositor.collection, body, headers)
    assert (refused.status, refused.text("/s:error/@href")) == (status, ERROR + iri)
    said = described(refused)
    assert place in said
    for word in words:
        assert word in said, said
    row = await depositor.row(refused.reference)
    assert (row.state, row.problem.code) == ("refused", code)
    assert place in row.problem.place
    assert row.problem.remedy
    assert code in CAUSES
    if name != "nobody":  # whose deposit it is was not known, so its body was not read
        assert depositor.kept(row) == body


async def test_what_is_no_zip_is_kept_and_held_with_its_cause(depositor: Depositor) -> None:
    """Wrong content is no wrong request: it is kept, and both sides are told (§ H 1)."""
    receipt = await depositor.create(b"<html>Login</html>", ZIP)
    said = receipt.text("s:treatment")
    assert "held" in said
    [row] = await depositor.rows(state="held")
    [found] = [each.problem for each in await depositor.house.database.read(problems.of, row.id) if each.weight == "hold"]
    assert found.code in {"archive-broken", "no-archive"}
    assert found.place == "peas.zip"
    assert found.message in said
    assert (await depositor.state(receipt))[0] == "held"


@pytest.mark.parametrize("sent", [encode_basic_auth("depositor", "peas"), encode_basic_auth("x", PASSWORD), "Basic nonsense", ""])
async def test_a_wrong_password_is_challenged_in_a_document(depositor: Depositor, sent: str) -> None:
    refused = await depositor.ask("POST", depositor.collection, GOOD, ZIP, {"Authorization": sent})
    assert (refused.status, refused.text("/s:error/@href")) == (401, f"{OWN}Unauthorised")
    assert refused.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert "Place: Authorization." in described(refused, reference=False)
    assert await depositor.rows() == []


async def test_the_same_deposit_ten_times_is_one_work_and_nine_retries(depositor: Depositor) -> None:
    receipts = [await depositor.create(GOOD, ZIP | {"Slug": "peas", "Content-MD5": md5(GOOD)}) for _ in range(10)]
    assert len({receipt.edit for receipt in receipts}) == 1
    [row] = await depositor.rows()
    assert row.retries == 9
    assert len(await depositor.oai()) == 1
