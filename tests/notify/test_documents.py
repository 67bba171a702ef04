"""What docs/webhooks.md says is so: its events are those there are, and its ten lines verify."""

import re
from datetime import UTC, datetime
from pathlib import Path

from server.events.model import EVENTS
from server.notify.model import DELAYS, LIFE, SUSPICIOUS, WIDEST
from server.notify.webhooks import KEPT, Webhook, signed
from tests.notify.conftest import SECRET

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()


def test_the_events_are_those_there_are() -> None:
    assert dict(re.findall(r"^\| `([a-z.]+)` \| (.+)\. \|$", TEXT, re.MULTILINE)) == EVENTS


def test_the_ten_lines_verify() -> None:
    code = re.search(r"<!-- verify -->\n```python\n(.+?)```", TEXT, re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line]) <= 10
    found: dict = {}
    exec(code, found)
    headers = signed(Webhook(address="https://example.org/", secret=SECRET), (), "id-1", b"{}", datetime.now(UTC))
    assert found["verified"](SECRET, headers, b"{}")
    assert not found["verified"](SECRET, headers, b"{ }")
    old = signed(Webhook(address="https://example.org/", secret=SECRET), (), "id-1", b"{}", datetime(2026, 1, 1, tzinfo=UTC))
    assert not found["verified"](SECRET, old, b"{}")


def test_the_figures_are_those_of_the_engine() -> None:
    assert [delay.total_seconds() for delay in DELAYS] == [5, 30, 120, 600, 1800, 3600, 7200, 10800]
    assert (LIFE.days, WIDEST, SUSPICIOUS, KEPT) == (3, 8, 3, 1024)
