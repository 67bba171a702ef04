"""`sheaf identifiers`: which are stuck and why, asking their agencies again, holding one back, comparing."""

from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.commands.desk import asked
from server.control import JobStart
from server.control.identifiers import Filter, ProfileNamed, Which
from server.identifiers.model import Fault, State
from server.identifiers.reconcile import RECONCILE
from server.identifiers.watching import AGES

console = Console()

_FILTERS = (
    click.option("--state", type=click.Choice([state.value for state in State]), help="Only of one state."),
    click.option("--profile", metavar="NAME", help="Only those minted by one profile."),
    click.option("--scheme", metavar="SCHEME", help="Only DOIs (doi) or handles (handle)."),
    click.option("--fault", type=click.Choice([fault.value for fault in Fault]), help="Only what fails so."),
    click.option("--cause", metavar="WORDS", help="Only what fails with these words, as `show` gives them."),
    click.option("--age", type=click.Choice(list(AGES)), help="Only what waits for its agency at least so long."),
    click.option("--text", metavar="WORDS", help="Words of the identifier, the title or the agency's answer."),
)


_COLUMNS = ("identifier", "state", "agency", "attempts", "next try", "last words")


def _filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that narrow identifiers down."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group()
def identifiers() -> None:
    """See which identifiers are stuck and why, and do something about it.

    VALUE is an identifier as it is written (10.1234/data.00000001) or its number.

    \b
      sheaf identifiers list --state rejected         what the agency refuses, with its words
      sheaf identifiers list --age day --waiting      what waits for a day or longer, the longest first
      sheaf identifiers show 10.1234/data.00000001    what was sent and answered
      sheaf identifiers retry --state submitted       ask again about many, as a job
      sheaf identifiers reconcile "Our DOIs"          compare all with their agency, as a job
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace


@identifiers.command("list")
@_filtered
@click.option("--waiting", is_flag=True, help="Those that wait longest first.")
@click.option("--size", type=click.IntRange(1, 1000), default=50, show_default=True, help="So many at most.")
def identifiers_list(**given: Any) -> None:
    """List identifiers, the newest first, and count them by state."""
    found = asked("identifier-list", _filter(given))
    rows = []
    for row in found["rows"]:
        agency = " ".join(part for part in (row["profile"], row["environment"]) if part)
        words = f"{row['held_by']} holds it: {row['held_why']}" if row["held_by"] else row["words"]
        rows.append((row["value"], row["state"], agency, str(row["attempts"]), _next(row), words))
    filled = [place for place in range(len(_COLUMNS)) if not rows or any(cells[place] for cells in rows)]
    table = Table()
    for place in filled:
        table.add_column(_COLUMNS[place], overflow="fold")  # what is cut cannot be copied
    for cells in rows:
        table.add_row(*(escape(cells[place]) for place in filled))
    console.print(table)
    states = ", ".join(f"{count:,} {state}" for state, count in found["states"].items())
    click.echo(f"{found['count']:,} identifiers" + (f"; by state: {states}" if states else ""))


@identifiers.command("show")
@click.argument("value")
@click.option("--answers", is_flag=True, help="With the agency's answers as they came.")
def identifiers_show(value: str, *, answers: bool) -> None:
    """Show how VALUE stands, in what its agency differed when it was last compared, and what was sent and answered last."""
    row = asked("identifier-show", Which(value=value))
    click.secho(f"{row['value']}: {row['state']}", bold=True)
    for name in ("profile", "environment", "work", "title", "attempts", "words", "cause"):
        if row[name] and not (name == "cause" and row["cause"] == row["words"]):
            click.echo(f"  {name.capitalize()}: {row[name]}")
    if row["held_by"]:
        click.echo(f"  Held by {row['held_by']}: {row['held_why']}")
    if row["since"]:
        click.echo(f"  Waits since {row['since']:%Y-%m-%d %H:%M} UTC; next try: {_next(row)}")
    for difference in row["differences"]:
        click.echo(f"  The agency said otherwise: {difference}")
    for each in row["sent"]:
        status = f" (status {each['status']})" if each["status"] else ""
        click.echo(f"  {each['sent']:%Y-%m-%d %H:%M} UTC, attempt {each['attempt']}: {each['outcome'] or 'not answered'}{status}")
        for line in each["answer"].splitlines() if answers else ():
            click.echo(f"    {line}")


@identifiers.command("retry")
@click.argument("value", required=False)
@_filtered
def identifiers_retry(value: str | None, **given: Any) -> None:
    """Ask the agency again about VALUE, or about all that the options leave and that are not confirmed."""
    if value:
        row = asked("identifier-retry", Which(value=value))
        click.echo(f"{row['value']}: the agency is asked as soon as it is its turn and a server or a worker runs.")
        return
    if not any(given.values()):
        raise click.UsageError("Name an identifier, or narrow them down by an option.")
    run = asked("identifier-retry-all", _filter(given))
    click.echo(f"Job {run['id']} is asked for: `sheaf jobs show {run['id']}` says how it stands.")


@identifiers.command("hold")
@click.argument("value")
@click.option("--why", required=True, help="The reason; whoever lets go of it will want to know.")
def identifiers_hold(value: str, why: str) -> None:
    """Let nothing be sent of VALUE until somebody lets go of it."""
    row = asked("identifier-hold", Which(value=value, why=why))
    click.echo(f"{row['value']} is held: nothing is sent of it. `sheaf identifiers release {row['value']}` lets it go.")


@identifiers.command("release")
@click.argument("value")
def identifiers_release(value: str) -> None:
    """Let go of VALUE, so that its agency is told of it."""
    row = asked("identifier-release", Which(value=value))
    click.echo(f"{row['value']} is let go.")


@identifiers.command("renew")
@click.argument("value")
def identifiers_renew(value: str) -> None:
    """Give up VALUE, which is another's at the agency, and give its work the next number."""
    row = asked("identifier-renew", Which(value=value))
    click.echo(f"{value} is given up; the work has {row['value']} now.")


@identifiers.command("compare")
@click.argument("value")
def identifiers_compare(value: str) -> None:
    """Ask the agency what it says of VALUE and in what that differs; changes nothing. Exit status 1 where it differs."""
    found = asked("identifier-compare", Which(value=value))
    for difference in found["differences"]:
        click.echo(difference)
    if not found["differences"] and not found["too_early"]:
        click.echo("It is as it should be." if found["known"] else "The agency does not know it, and need not.")
    if found["remark"]:
        click.echo(found["remark"])
    if found["differences"]:
        raise click.exceptions.Exit(1)


@identifiers.command("reconcile")
@click.argument("profile")
@click.option("--repair", is_flag=True, help="Send again what differs; names that are not known here are only reported.")
def identifiers_reconcile(profile: str, *, repair: bool) -> None:
    """Compare all identifiers of PROFILE with what its agency says, as a job that reports on each."""
    values = {"profile": profile, "repair": repair}
    run = asked("job-start", JobStart(task=RECONCILE, values=values))
    click.echo(f"Job {run['id']} is asked for: `sheaf jobs show {run['id']}` says how it stands.")


@click.command("verify-agency")
@click.argument("profile")
def verify_agency(profile: str) -> None:
    """Try out the account of PROFILE at its agency's test system.

    At DataCite a draft, at a handle server a handle is made, looked at and deleted: nothing is left behind. To Crossref's test
    system a deposit is handed in and followed to its end, for three minutes at most; its DOI stays there. A profile of the
    production environment is refused: make one with the environment test and your test account. Exit status 1 where a step
    fails.

    \b
      sheaf verify-agency "Test DOIs"
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace
    steps = asked("verify-agency", ProfileNamed(name=profile))
    for step in steps:
        click.echo(f"{'ok    ' if step['good'] else 'FAILED'} {step['title']}{': ' + step['words'] if step['words'] else ''}")
    if not all(step["good"] for step in steps):
        raise click.exceptions.Exit(1)


def _filter(given: dict[str, Any]) -> Filter:
    return Filter(**{name: value for name, value in given.items() if value is not None})


def _next(row: dict[str, Any]) -> str:
    if row["next"]:
        return f"{row['next']:%Y-%m-%d %H:%M} UTC"
    return {"held": "waits for somebody", "active": "now"}.get(row["request"], "")
