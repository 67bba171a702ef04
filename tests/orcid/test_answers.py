"""What an answer of ORCID means: a table; whatever comes, there is a verdict, and no token in the words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.orcid.answers import Raw, judged
from server.orcid.model import Verdict

ME, OTHER = "0000-0002-1825-0097", "0000-0001-5109-3700"
TOKEN = "89f0181c-168b-4d7d-831c-1fdda2d7bbbb"
ERROR = (
    '<error xmlns="http://www.orcid.org/ns/error"><response-code>{0}</response-code><developer-message>{2}</developer-message>'
    "<error-code>{1}</error-code></error>"
)


def said(status: int, body: str = "", *, method: str = "PUT", location: str = "", kind: str = "application/vnd.orcid+xml"):
    return judged(Raw(status, location, None, kind, body.encode()), method, ME, (TOKEN,))


CASES = [
    (401, '{"error":"invalid_token","error_description":"Invalid access token: ' + TOKEN + '"}', Verdict.REVOKED),
    (403, ERROR.format(403, 9010, "You are not the source of the work"), Verdict.FOREIGN),
    (403, ERROR.format(403, 9004, "forbidden"), Verdict.REVOKED),
    (404, ERROR.format(404, 9016, "The resource was not found."), Verdict.ABSENT),
    (404, ERROR.format(404, 9011, f"ORCID {ME} not found."), Verdict.NOBODY),
    (409, ERROR.format(409, 9018, "The ORCID record is locked"), Verdict.LOCKED),
    (409, ERROR.format(409, 9021, "You have already added this activity"), Verdict.DUPLICATE),
    (409, ERROR.format(409, 9044, "The ORCID record is deactivated"), Verdict.DEACTIVATED),
    (409, '{"developer-message": "You have already added this activity"}', Verdict.DUPLICATE),
    (409, '{"developer-message": "The ORCID record is deactivated"}', Verdict.DEACTIVATED),
    (401, "", Verdict.UNCLEAR),
    (401, '{"error":"invalid_client"}', Verdict.UNCLEAR),
    (403, "", Verdict.UNCLEAR),
    (403, '{"error": "insufficient_scope"}', Verdict.REVOKED),
    (403, '{"message": "This API key is deactivated"}', Verdict.UNCLEAR),
    (404, '{"message":"no Route matched with those values"}', Verdict.UNCLEAR),
    (409, "", Verdict.UNCLEAR),
    (409, '{"message": "account deactivated"}', Verdict.UNCLEAR),
    (400, ERROR.format(400, 9037, "Invalid work type"), Verdict.REFUSED),
    (413, "", Verdict.REFUSED),
    (429, "", Verdict.SILENT),
    (503, "<html>busy</html>", Verdict.SILENT),
    (500, ERROR.format(500, 9008, "Something went wrong"), Verdict.SILENT),
    (302, "", Verdict.UNCLEAR),
    (404, "<!DOCTYPE html><html></html>", Verdict.UNCLEAR),
    (200, "<html>Oops</html>", Verdict.UNCLEAR),
    (200, "no XML", Verdict.UNCLEAR),
    (200, "<work/>", Verdict.DONE),
]


@pytest.mark.parametrize(("status", "body", "verdict"), CASES)
def test_what_it_means(status: int, body: str, verdict: Verdict) -> None:
    found = said(status, body)
    assert (found.verdict, found.status) == (verdict, status)
    assert TOKEN not in found.words
    assert found.words or verdict is Verdict.DONE


def test_a_work_that_was_put_there_says_its_number() -> None:
    assert said(201, method="POST", location=f"https://api.orcid.org/v3.0/{ME}/work/12345").put_code == 12345
    assert said(201, method="POST", location="https://api.orcid.org/").verdict is Verdict.UNCLEAR
    assert said(200, "<work/>", method="POST").verdict is Verdict.UNCLEAR, "an answer to many works names each"
    assert said(204, method="DELETE").verdict is Verdict.DONE


def test_where_a_record_went() -> None:
    words = ERROR.format(301, 9007, f"Please refer to account: https://orcid.org/{OTHER}. ORCID https://orcid.org/{ME}")
    assert said(301, words).moved_to == OTHER
    assert said(301, "", location=f"https://api.orcid.org/v3.0/{OTHER}/work/7").moved_to == OTHER
    assert said(301, "", location=f"https://api.orcid.org/v3.0/{ME}/work/7").verdict is Verdict.UNCLEAR


@given(st.integers(100, 599), st.binary(max_size=300), st.sampled_from(["GET", "PUT", "POST", "DELETE"]), st.text(max_size=80))
def test_whatever_comes_has_a_verdict(status: int, body: bytes, method: str, location: str) -> None:
    found = judged(Raw(status, location, None, "text/plain", body + TOKEN.encode()), method, ME, (TOKEN,))
    assert found.verdict in Verdict
    assert TOKEN not in found.words
    assert len(found.words) < 700
