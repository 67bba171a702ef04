"""A server whose tables are up to date goes without alembic, which is ten megabytes of memory."""

import subprocess
import sys
from pathlib import Path

_PROGRAM = "import sys; from server.db.migrate import migrate; migrate(sys.argv[1]); print('alembic' in sys.modules)"


def test_alembic_stays_away_where_nothing_is_to_be_done(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PROGRAM, f"sqlite:///{tmp_path / 'sheaf.db'}"]
    said = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() for _ in range(2)]
    assert said == ["True", "False"], "the first makes the tables, the second finds them"
