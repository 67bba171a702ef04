"""`sheaf jobs`: what runs and ran, starting a task, cancelling."""

from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from server import control
from server.commands.desk import asked
from server.commands.manage import value_of

console = Console()


@click.group()
def jobs() -> None:
    """See, start and cancel long work.

    \b
      sheaf jobs tasks                                             what can be started
      sheaf jobs start update-doi-agency profile="Our DOIs" which=all
      sheaf jobs show 7
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace


@jobs.command("tasks")
def jobs_tasks() -> None:
    """List what can be started, with the parameters each takes."""
    for task in asked("job-tasks", control.Nothing()):
        click.secho(f"{task['name']}: {task['title']}", bold=True)
        click.echo(f"  {task['description']}")
        if task["parameters"]:
            click.echo(f"  Takes: {', '.join(task['parameters'])}")
        click.echo()


@jobs.command("list")
def jobs_list() -> None:
    """List what runs and waits, then the last that ended."""
    table = Table("job", Column("task", overflow="fold"), "state", "done", "asked for by", "when")
    for run in asked("job-list", control.Nothing()):
        table.add_row(str(run["id"]), run["task"], _state(run), _done(run), run["actor"]["name"], _moment(run["created"]))
    console.print(table)


@jobs.command("show")
@click.argument("number", type=int)
def jobs_show(number: int) -> None:
    """Show how job NUMBER stands, its log, what failed, and what somebody should look at."""
    found = asked("job-show", control.JobNumber(number=number))
    run = found["run"]
    click.secho(f"{run['task']} {run['id']}: {_state(run)}", bold=True)
    click.echo(f"  Parameters: {run['parameters']}")
    click.echo(f"  Done: {_done(run)}")
    for line in found["log"]:
        click.echo(f"  {_moment(line['at'])} {line['level']}: {line['text']}")
    for word, items in (("Failed", found["failed"]), ("Warning", found["warned"])):
        for item in items:
            click.echo(f"  {word}: {item['subject']['title'] or item['subject']['id']}: {item['message']}")
    click.echo(f"  The whole report: {found['report']} and, as CSV, {found['report']}/report.csv")
    if found["differences"]:
        click.echo(f"  What differs now: {found['differences']} and, as CSV, {found['differences']}/report.csv")


@jobs.command("start")
@click.argument("task")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
def jobs_start(task: str, values: tuple[str, ...]) -> None:
    """Ask for a run of TASK; it begins as soon as a server or a worker runs."""
    run = asked("job-start", control.JobStart(task=task, values=dict(value_of(each) for each in values)))
    click.echo(f"Job {run['id']} is asked for: `sheaf jobs show {run['id']}` says how it stands.")


@jobs.command("cancel")
@click.argument("number", type=int)
def jobs_cancel(number: int) -> None:
    """Let job NUMBER stop; what was done before stays done."""
    run = asked("job-cancel", control.JobNumber(number=number))
    click.echo(
        f"Job {number}: {'it is cancelled' if run['state'] == 'aborted' else 'it stops as soon as what is at work is done'}."
    )


def _state(run: dict[str, Any]) -> str:
    return str(run["state"]).replace("_", " ")


def _done(run: dict[str, Any]) -> str:
    said = ", ".join(f"{count:,} {outcome}" for outcome, count in run["counts"].items() if count)
    total = f" of {run['total']:,}" if run["total"] is not None else ""
    return f"{said or 'nothing'}{total}"


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
