"""`sheaf usage irus`: the days on the command line."""

import pytest
from click.testing import CliRunner

from server import cli
from server.clock import now
from server.db.migrate import engine_for
from server.usage.irus import outbox
from server.usage.irus.outbox import What


def test_days_are_shown_with_their_reasons(database_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    today = now().date().isoformat()
    tally = {(today, What.COUNTABLE, "", "request"): 1200, (today, What.DROPPED, "hidden", "request"): 7,
             (today, What.LEFT_OUT, "private", "request"): 3, (today, What.SENT, "", "request"): 123_456,
             (today, What.ACKNOWLEDGED, "", "request"): 1193}  # fmt: skip
    with engine_for(database_url).begin() as tx:
        outbox.count(tx, tally)
    for name, value in {"SHEAF_DATA": str(tmp_path), "SHEAF_DATABASE_URL": database_url, "SHEAF_SECRET_KEY": "only for tests",
                        "SHEAF_BASE_URL": "https://repository.example.org", "COLUMNS": "80"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    said = CliRunner().invoke(cli.main, ["usage", "irus", "--days", "2"])
    assert said.exit_code == 0, said.output
    assert today in said.output
    assert "1,200" in said.output
    for word in ("Countable", "Acknowledged", "Given", "harvested", "asked for", "countable", "123,456"):
        assert word in said.output
    assert "…" not in said.output
    assert max(len(line.rstrip()) for line in said.output.splitlines()) <= 80
