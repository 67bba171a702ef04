"""`sheaf migrate` and `sheaf check`: the installation itself."""

import click
from rich.console import Console
from sqlalchemy import inspect, text

from server import observe
from server import settings as configuration
from server.commands.desk import failure
from server.db.migrate import engine_for
from server.db.migrate import migrate as run_migrations
from server.errors import SheafError
from server.ownership import owned
from server.settings import Settings

console = Console()


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="The revision to go to; an earlier one downgrades.")
def migrate(revision: str) -> None:
    """Bring the database's tables to this release. `serve` does it by itself."""
    try:
        found = configuration.load()
        observe.set_up(found.log_format)
        with owned(found):
            run_migrations(found.database, revision)
    except SheafError as error:
        raise failure(error) from error
    click.echo("The database is up to date." if revision == "head" else f"The database is at revision {revision}.")


@click.command()
def check() -> None:
    """Look at settings, data folder, database and secrets, and say what would stop the server."""
    try:
        found = configuration.load()
    except SheafError as error:
        raise failure(error) from error
    bad = 0
    for name, look in (("settings", _settings), ("data folder", _folder), ("database", _database), ("secret key", _secret)):
        fault = look(found)
        bad += bool(fault)
        console.print(f"  [{'red' if fault else 'green'}]{'✗' if fault else '✓'}[/] {name}{': ' + fault if fault else ''}")
    if bad:
        raise click.ClickException(f"{bad} of 4 things need attention.")


def _settings(found: Settings) -> str:
    if found.url.startswith("http://") and not any(host in found.url for host in ("127.0.0.1", "localhost", "[::1]")):
        return "SHEAF_BASE_URL is http; passwords would travel in the clear. Use https."
    return ""


def _folder(found: Settings) -> str:
    try:
        found.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = found.folder / ".probe"
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        return f"{found.folder} cannot be written: {error.strerror}."
    return ""


def _database(found: Settings) -> str:
    try:
        engine = engine_for(found.database)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            missing = not inspect(connection).has_table("alembic_version")
        engine.dispose()
    except Exception as error:  # noqa: BLE001 -- whatever the driver says is the finding
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return "the tables are not there yet; `sheaf migrate` makes them." if missing else ""


def _secret(found: Settings) -> str:
    try:
        configuration.secret_key(found)
    except SheafError as error:
        return error.message
    except OSError as error:
        return f"secret.key cannot be read or made: {error.strerror}."
    return ""
