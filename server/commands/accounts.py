"""`sheaf user` and `sheaf token`: who may log in, and which programs."""

from datetime import datetime

import click
from rich.console import Console
from rich.table import Column, Table

from server.accounts.model import Role
from server.accounts.tokens import USUAL, Scope
from server.commands.desk import asked
from server.control import accounts as control
from server.control.operation import Nothing

console = Console()


@click.group()
def user() -> None:
    """Make accounts, set passwords, switch accounts on and off."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="depositor", show_default=True)
@click.option("--password", default="", help="Generated and shown once where not given.")
@click.option("--email", default="", help="By it the owner gets a new password, and is known to OpenID Connect.")
def user_add(name: str, role: str, password: str, email: str) -> None:
    """Make an account NAME."""
    _tell(asked("user-add", control.UserAdd(name=name, role=Role(role), password=password, email=email), creates=True))


@user.command("password")
@click.argument("name")
@click.option("--password", default="", help="Generated and shown once where not given.")
def user_password(name: str, password: str) -> None:
    """Set the password of NAME and end its sessions."""
    _tell(asked("user-password", control.UserName(name=name, password=password)))


@user.command("disable")
@click.argument("name")
def user_disable(name: str) -> None:
    """Switch NAME off."""
    _switch(name, active=False)


@user.command("enable")
@click.argument("name")
def user_enable(name: str) -> None:
    """Switch NAME on again."""
    _switch(name, active=True)


@user.command("list")
def user_list() -> None:
    """List the accounts."""
    table = Table("name", "role", "active", "e-mail", "one-time codes", "last login")
    for row in asked("user-list", Nothing()):
        state = "locked" if row["locked"] else "yes" if row["active"] else "no"
        codes = "yes" if row["codes"] else "no"
        table.add_row(row["name"], row["role"], state, row["email"], codes, _day(row["last_login"]))
    console.print(table)


@user.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
def user_role(name: str, role: str) -> None:
    """Give NAME another ROLE and end its sessions."""
    asked("user-role", control.UserRole(name=name, role=Role(role)))
    click.echo(f"{name} is {role} now.")


@user.command("email")
@click.argument("name")
@click.argument("email")
def user_email(name: str, email: str) -> None:
    """Give NAME the address EMAIL; an empty one takes it away."""
    asked("user-email", control.UserEmail(name=name, email=email))
    click.echo(f"{name}: {email or 'no address'}")


@user.command("reset")
@click.argument("name")
def user_reset(name: str) -> None:
    """Print a link by which NAME sets a new password; it is good once, and older ones are void."""
    click.echo(asked("user-reset", control.UserName(name=name)))


@user.command("unlock")
@click.argument("name")
def user_unlock(name: str) -> None:
    """Forget the failed logins of NAME, so that nobody has to wait."""
    asked("user-unlock", control.UserName(name=name))
    click.echo(f"{name} is unlocked.")


@user.command("codes-off")
@click.argument("name")
def user_codes_off(name: str) -> None:
    """Switch the one-time codes of NAME off, as the device and the recovery codes are lost."""
    asked("user-codes-off", control.UserName(name=name))
    click.echo(f"{name} logs in without one-time codes.")


@user.command("networks")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.argument("networks", nargs=-1)
def user_networks(role: str, networks: tuple[str, ...]) -> None:
    """Say from which NETWORKS the accounts of ROLE may come; none means from anywhere."""
    found = asked("role-networks", control.RoleNetworks(role=Role(role), networks=networks))
    click.echo(f"{role}: from {', '.join(found) or 'anywhere'}")


def _switch(name: str, *, active: bool) -> None:
    asked("user-active", control.UserActive(name=name, active=active))
    click.echo(f"{name} is switched {'on' if active else 'off'}.")


def _tell(answer: dict[str, str]) -> None:
    click.echo(f"{answer['name']}: password {answer['password'] or 'as given'}")


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


@click.group()
def token() -> None:
    """Make and revoke API tokens."""


@token.command("add")
@click.argument("account")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([scope.value for scope in Scope]), default=["deposit"])
@click.option("--days", default=USUAL.days, show_default=True, help="How long it is good.")
@click.option("--network", "networks", multiple=True, help="From where it may be used; may be given several times.")
@click.option("--collection", "collections", multiple=True, help="Code of a collection it is good for; all where none is given.")
def token_add(account: str, name: str, scopes: tuple[str, ...], days: int, **bounds: tuple[str, ...]) -> None:
    """Make a token NAME for ACCOUNT and print it, this once."""
    wanted = control.TokenAdd(account=account, name=name, scopes=[Scope(scope) for scope in scopes], days=days, **bounds)
    click.echo(asked("token-add", wanted))


@token.command("list")
def token_list() -> None:
    """List the tokens of all accounts."""
    table = Table(Column("number", no_wrap=True), *(Column(name, overflow="fold") for name in ("token", "may", "state")))
    for row in asked("token-list", Nothing()):
        nets = ", ".join(row["networks"]) or "anywhere"
        table.add_row(
            str(row["id"]),
            f"{row['name']}\nof {row['account']}\nbegins {row['start']}",
            f"{', '.join(row['scopes'])}{' into ' if row['collections'] else ''}{', '.join(row['collections'])}\nfrom {nets}",
            f"{row['state']}\nuntil {_day(row['expires'])}\nlast used {_day(row['used'])}",
        )  # fmt: skip
    console.print(table)


@token.command("revoke")
@click.argument("number", type=int)
def token_revoke(number: int) -> None:
    """Revoke the token NUMBER."""
    asked("token-revoke", control.TokenId(id=number))
    click.echo("The token is revoked.")
