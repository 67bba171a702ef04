"""`sheaf usage`: the lists of robots, by which use is told from crawling, and what IRUS was told."""

from typing import BinaryIO

import click
from rich.console import Console
from rich.table import Column, Table

from server import control
from server.commands.desk import asked
from server.control.usage import Back, Install, ListName

console = Console()

#: What a day's figures are called, as the page calls them. The table has no lines: it fits into 80 columns.
FIGURES = {
    "Countable": "countable", "Messages sent": "sent", "Acknowledged": "acknowledged", "Waiting": "waiting", "Given up": "dead",
}  # fmt: skip


@click.group()
def usage() -> None:
    """Keep the lists of robots up to date, and see what IRUS was told."""


@usage.command()
@click.option("--days", type=click.IntRange(1, 400), default=31, show_default=True, help="How many days back.")
def irus(days: int) -> None:
    """Show day by day what became of the uses that IRUS is told of."""
    figures = (Column(title, width=max(7, *map(len, title.split())), overflow="fold") for title in FIGURES)
    table = Table(
        Column("Day", no_wrap=True),
        *figures,
        *(Column(title, overflow="fold") for title in ("Dropped", "Not countable")),
        box=None,
        padding=(0, 1, 0, 0),
    )
    for it in asked("irus", Back(days=days)):
        said = (", ".join(f"{reason} {many:,}" for reason, many in it[which].items()) for which in ("dropped", "left_out"))
        table.add_row(it["day"], *(f"{it[name]:,}" for name in FIGURES.values()), *said)
    console.print(table)


@usage.group()
def robots() -> None:
    """Keep the lists `ai` and `counter`, by which robots are known, and `people`: what is none although its name looks so."""


@robots.command("list")
def robots_list() -> None:
    """Show the lists that are in use, with their dates."""
    table = Table("name", "list", "dated", "patterns", "from")
    for it in asked("robots", control.Nothing(), creates=True):
        origin = "installed" if it["installed"] else "this release"
        table.add_row(it["name"], it["title"], it["dated"] or "unknown", f"{it['patterns']:,}", origin)
    console.print(table)


@robots.command("install")
@click.argument("name")
@click.argument("file", type=click.File("rb"))
def robots_install(name: str, file: BinaryIO) -> None:
    """Put FILE in the place of the list NAME; - reads from the pipe.

    \b
      curl -sSf https://…/COUNTER_Robots_list.json | sheaf usage robots install counter -
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace
    it = asked("robots-install", Install(name=name, file=file.read()), creates=True)
    click.echo(f"{it['patterns']:,} patterns are in use within a minute; dated {it['dated'] or 'not at all'}.")


@robots.command("remove")
@click.argument("name")
def robots_remove(name: str) -> None:
    """Go back to the list NAME that came with this release."""
    asked("robots-remove", ListName(name=name))
    click.echo("The list of this release is in use within a minute.")
