"""`sheaf profile`, `sheaf mint`, `sheaf status`: small questions to the installation."""

import json
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from server import control
from server.commands.desk import Ask, asked, run
from server.settings import Settings

console = Console()


@click.command()
def status() -> None:
    """Count works, deposits, identifiers and jobs by state, and name the agencies that do not answer."""
    table = Table("what", "state", "how many")
    found = asked("status", control.Nothing())
    for what, states in found["counts"].items():
        for state, count in sorted(states.items()) or [("none", 0)]:
            table.add_row(what, state, f"{count:,}")
    console.print(table)
    for down in found["down"]:
        waiting = f"{down['waiting']:,} identifier{'s wait' if down['waiting'] != 1 else ' waits'}"
        since = f"{down['since']:%Y-%m-%d %H:%M} UTC"
        click.secho(f"{down['profile']} does not answer since {since}: {down['words']} {waiting}.", fg="yellow")


@click.group()
def profile() -> None:
    """Set up integrations: who registers identifiers, under which prefix."""


@profile.command("kinds")
def profile_kinds() -> None:
    """List the kinds of profile and the settings each takes."""
    for kind in asked("profile-kinds", control.Nothing(), creates=True):
        click.secho(f"{kind['name']}: {kind['title']}", bold=True)
        click.echo(f"  {kind['description']}")
        for setting in kind["settings"]:
            needed = "needed" if setting["default"] is None else f"default {setting['default']}"
            secret = ", secret" if setting["secret"] else ""
            click.echo(f"  {setting['name']:<26} {setting['said']} ({needed}{secret})")
        click.echo()


@profile.command("set")
@click.argument("kind")
@click.argument("name")
@click.argument("settings", nargs=-1)
def profile_set(kind: str, name: str, settings: tuple[str, ...]) -> None:
    """Make the profile NAME of KIND, or change some of its settings.

    SETTINGS are key=value; a value that is JSON is taken as such. A list is set as a whole: what it leaves out is taken away.

    \b
      sheaf profile set datacite "Our DOIs" prefix=10.5072 account_id=INST.REPO \\
        password=secret environment=test labels='[{"types": ["dataset"], "label": "data"}]'
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace
    values = dict(value_of(setting) for setting in settings)

    gone = asked("profile-set", control.ProfileSet(kind=kind, name=name, values=values), creates=True)
    click.echo(f"The profile {name!r} is set.")
    for field, names in gone.items():
        click.secho(f"Taken away from {field}, as a list is set as a whole: {', '.join(names)}.", fg="yellow", err=True)


def value_of(setting: str) -> tuple[str, Any]:
    """Return the name and the value of a key=value of the command line; a value that is JSON is taken as such."""
    key, equals, text = setting.partition("=")
    if not equals:
        raise click.BadParameter(f"{setting!r} is not of the form key=value.")
    if text[:1] in {"[", "{"}:
        try:
            return key, json.loads(text)
        except ValueError as error:
            raise click.BadParameter(f"{key}: the JSON cannot be read: {error}.") from error
    return key, text


@profile.command("list")
def profile_list() -> None:
    """List the profiles, without their secrets."""
    table = Table(*(Column(name, overflow="fold") for name in ("name", "state", "settings")), show_lines=True)
    for row in asked("profile-list", control.Nothing()):
        state = f"paused: {row['paused']}" if row["paused"] else "on" if row["enabled"] else "off"
        lines = [f"{name}={_plain(value)}" for name, value in row["settings"].items() if value not in ("", [], None)]
        table.add_row(*map(escape, (f"{row['name']}\n({row['kind']})", state, "\n".join(lines))))
    console.print(table)


def _plain(value: object) -> str:
    """Write a value as `sheaf profile set` takes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@profile.command("test")
@click.argument("name")
def profile_test(name: str) -> None:
    """Ask the agency whether it knows the account of NAME; changes nothing."""
    answer = asked("profile-test", control.ProfileName(name=name))
    if not answer["agrees"]:
        raise click.ClickException(answer["message"])
    click.echo(answer["message"])


@profile.command("enable")
@click.argument("name")
def profile_enable(name: str) -> None:
    """Switch NAME on, or let a paused profile go on."""
    _enable(name, enabled=True)


@profile.command("disable")
@click.argument("name")
def profile_disable(name: str) -> None:
    """Switch NAME off."""
    _enable(name, enabled=False)


@profile.command("delete")
@click.argument("name")
@click.confirmation_option(prompt="Delete this profile? What it registered stays registered.")
def profile_delete(name: str) -> None:
    """Delete NAME; the identifiers it minted stay."""
    asked("profile-delete", control.ProfileName(name=name))
    click.echo(f"The profile {name!r} is deleted.")


@profile.command("export")
@click.argument("file", type=click.File("wb"), default="-")
def profile_export(file: BinaryIO) -> None:
    """Write all profiles as JSON to FILE (or out), without their secrets."""
    file.write(asked("profile-export", control.Nothing()))


@profile.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Say what would be made, changed or refused, and change nothing.")
def profile_import(file: BinaryIO, *, dry_run: bool) -> None:
    """Make and change profiles as FILE says. Those that need secrets arrive switched off."""
    steps = asked("profile-import", control.ProfileImport(file=file.read(), dry=dry_run), creates=True)
    for step in steps:
        click.echo(f"{step['outcome']:<8} {step['name']} ({step['kind']})")
        for words in step["words"]:
            click.echo(f"         {words}")
    if dry_run:
        click.echo("Nothing was changed.")
    if any(step["outcome"] == "refused" for step in steps):
        raise click.ClickException("Some profiles were refused.")


@click.command("rotate-key")
def rotate_key() -> None:
    """Seal all stored secrets under the present SHEAF_SECRET_KEY.

    Start the server with the new key as SHEAF_SECRET_KEY and the old one as SHEAF_SECRET_KEY_OLD, run this, then remove the old
    one. It can be interrupted and run again.
    """
    rows = asked("rotate-key", control.Nothing())
    for row in rows:
        click.echo(
            f"{row['name']}: {row['anew']} sealed anew, {row['already']} under the present key already, {row['lost']} lost"
        )
    if lost := sum(row["lost"] for row in rows):
        raise click.ClickException(
            f"{lost} secrets are sealed under a key that is neither SHEAF_SECRET_KEY nor SHEAF_SECRET_KEY_OLD. "
            "Nothing of them was changed; start with the key they were sealed under."
        )


def _enable(name: str, *, enabled: bool) -> None:
    asked("profile-enable", control.ProfileEnable(name=name, enabled=enabled))
    click.echo(f"The profile {name!r} is switched {'on' if enabled else 'off'}.")


@click.command()
@click.argument("type_code", metavar="TYPE")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 100_000), help="How many.")
@click.option("--each", is_flag=True, help="One transaction each, instead of all or none.")
def mint(type_code: str, count: int, *, each: bool) -> None:
    """Reserve the next free DOIs for works of TYPE (for example dataset.dataset) and print them."""

    async def job(_settings: Settings, ask: Ask) -> None:
        for _ in range(count if each else 1):
            for value in await ask("mint", control.Mint(type=type_code, count=1 if each else count)):
                click.echo(value)

    run(job)
