"""`sheaf backup` and `sheaf restore`: everything in one archive, and back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server import clock, observe
from server.backup.model import Manifest, Step
from server.commands.desk import failure
from server.errors import SheafError
from server.settings import load

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("path", type=_PATH)
@click.option("--check", is_flag=True, help="Make no backup, but look whether the one at PATH is whole.")
def backup(path: Path, *, check: bool) -> None:
    """Save database and files in one archive at PATH; in a folder it gets the moment as its name.

    Works on both databases and beside a running server, whoever deposits meanwhile: what was acknowledged before the backup
    began is in it. The secret key is not: keep it elsewhere (SHEAF_SECRET_KEY, or secret.key in the data folder).

    \b
    Examples:
      sheaf backup /srv/backups/
      sheaf backup --check /srv/backups/sheaf-20260314T092653Z.tar
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace
    from server.backup.make import make
    from server.backup.restore import verify

    with _words(), _progress() as step:
        if check:
            manifest = verify(path, step)
        else:
            now = clock.now()
            target = path / f"sheaf-{now:%Y%m%dT%H%M%SZ}.tar" if path.is_dir() else path
            manifest = make(load(), target.absolute(), now, step)
    if check:
        click.echo(f"{path} is whole: {_spoken(manifest)}.")
        return
    click.echo(f"{target}: {_spoken(manifest)}.")
    click.echo("The secret key is not in it; without the key the passwords in profiles must be entered again.")
    if manifest.damaged:
        names = "\n  ".join(manifest.damaged)
        raise click.ClickException(
            f"{len(manifest.damaged)} files in the store are not what they were, and are not in the backup:\n  {names}\n"
            "  remedy: restore them from an older backup; `sheaf check` says more."
        )


@click.command()
@click.argument("path", type=_PATH)
@click.option("--key-lost", is_flag=True, help="Restore without the secret key; passwords in profiles are to be entered again.")
@click.option("--paused", is_flag=True, help="A copy: let agencies, webhooks and mail stand still.")
def restore(path: Path, *, key_lost: bool, paused: bool) -> None:
    """Take the backup at PATH into the empty installation that the settings name.

    Every byte is looked at before anything is changed. The archive may come from the other database, and from an older release,
    whose tables are brought to this one. Put the secret key in its place first.

    \b
    Examples:
      SHEAF_DATA=/srv/sheaf sheaf restore /srv/backups/sheaf-20260314T092653Z.tar
      SHEAF_DATABASE_URL=postgresql://sheaf@db/sheaf sheaf restore sheaf.tar
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace
    from server.backup.restore import restore as take_in

    with _words(), _progress() as step:
        settings = load()
        observe.set_up(settings.log_format)
        manifest = take_in(settings, path, step, key_lost=key_lost, paused=clock.now() if paused else None)
    click.echo(f"Restored {_spoken(manifest)}.")
    if paused:
        click.echo(
            "Nothing goes out: agencies, webhooks and mail stand still, each until it is switched on "
            "(`sheaf profile enable NAME`). OAI-PMH, SWORD and logins answer whoever asks."
        )
    click.echo("`sheaf check` looks at it, `sheaf serve` starts it.")


def _spoken(manifest: Manifest) -> str:
    rows = sum(found.rows for found in manifest.tables)
    works = next((found.rows for found in manifest.tables if found.name == "records"), 0)
    tables = f"{rows:,} rows in {len(manifest.tables)} tables"
    files = f"{manifest.files:,} files of {manifest.bytes / 2**20:,.1f} MB"
    made = f"made {manifest.moment:%Y-%m-%d %H:%M:%S} UTC by release {manifest.release} on {manifest.database}"
    return f"{works:,} works, {tables}, {files}, {made}"


@contextmanager
def _words() -> Iterator[None]:
    try:
        yield
    except SheafError as error:
        raise failure(error) from error


@contextmanager
def _progress() -> Iterator[Step]:
    """Show a bar a step on a terminal, and nothing elsewhere."""
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def step(name: str, total: int) -> Callable[[int], None]:
            task = bars.add_task(name, total=total)
            return lambda done: bars.advance(task, done)

        yield step
