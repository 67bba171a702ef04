"""What stands in the log: when, what and of which request; logins, refusals and bugs; nothing that forges a line."""

import json
import logging

import pytest
from aiohttp.test_utils import TestClient

from server import observe, operate
from tests.admin.visits import login
from tests.conftest import PASSWORD


def line(style: str, event: str, **more: object) -> str:
    record = logging.LogRecord("sheaf.web", logging.INFO, "", 0, event, (), None)
    record.__dict__ |= more
    return observe._Line(style).format(record)


def test_a_line_says_when_what_and_of_which_request() -> None:
    token = observe.request_id.set("01M81QCH5MDTQNWEGWS9ZKWZ3K")
    entry = json.loads(line("json", "answered", method="GET", status=200))
    observe.request_id.reset(token)
    assert entry.pop("time").endswith("+00:00"), "UTC"
    assert entry == {
        "level": "info", "logger": "sheaf.web", "event": "answered", "request": "01M81QCH5MDTQNWEGWS9ZKWZ3K", "method": "GET", "status": 200,
    }  # fmt: skip


@pytest.mark.parametrize("style", ["text", "json"])
def test_values_cannot_forge_lines(style: str) -> None:
    forged = "peas\n2026-01-01T00:00:00+00:00 info opened a session account='admin'\r\x1b[2J"
    assert len(line(style, "answered", path=forged).splitlines()) == 1
    assert len(line(style, forged.replace("\r", ""), path="/").split("\n")) == 1
    assert "\x1b" not in line(style, "answered", path=forged)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_logins_and_refusals_are_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await login(client, "admin", "not the password")
        await login(client, "depositor", PASSWORD)
        await client.get("/admin/imports")
    said = [(record.getMessage(), record.__dict__.get("account")) for record in caplog.records]
    for event, account in (("refused a login", "admin"), ("opened a session", "depositor"), ("refused a page", "depositor")):
        assert (event, account) in said
    everything = "".join(str(record.__dict__) for record in caplog.records)
    assert PASSWORD not in everything
    assert "not the password" not in everything


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_bug_is_logged_and_not_shown(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_registry: object) -> bytes:
        raise ZeroDivisionError("the inside of it")

    monkeypatch.setattr(operate, "generate_latest", broken)
    answer = await client.get("/metrics")
    body = await answer.text()
    assert answer.status == 500
    assert "the inside" not in body
    assert "ZeroDivisionError" not in body
    assert answer.headers["X-Request-Id"] in body, "the operator finds it by that"
    assert "ZeroDivisionError: the inside of it" in caplog.text
