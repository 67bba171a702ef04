"""`sheaf migrate` and `sheaf check`: the installation itself."""

import click

from server import clock, observe
from server import settings as configuration
from server.checking import Verdict, look
from server.commands.desk import failure
from server.db.migrate import migrate as run_migrations
from server.errors import SheafError
from server.ownership import owned


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


_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "red"}


@click.command()
@click.option("--everything", is_flag=True, help="Read every byte of database and files, however long that takes.")
def check(*, everything: bool) -> None:
    """Look at settings, storage, database, clock, files, secrets and profiles.

    One line each: ok, warning or wrong, what was found and what to do. Exits with 1 where something is wrong. Changes nothing,
    and may run beside the server.
    """
    try:
        found = configuration.load()
    except SheafError as error:
        raise failure(error) from error
    from server.app import kind_settings

    wrong = 0
    for finding in look(found, kind_settings(), clock.now(), everything=everything):
        wrong += finding.verdict is Verdict.WRONG
        click.secho(f"{finding.verdict:<8} ", fg=_COLOURS[finding.verdict], nl=False)
        click.echo(f"{finding.name:<11} {finding.words}{' ' + finding.remedy if finding.remedy else ''}")
    if wrong:
        raise click.ClickException(f"{wrong} {'things are' if wrong > 1 else 'thing is'} wrong.")
