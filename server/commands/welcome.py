"""The very first start: accounts, their passwords shown once, a prefix to reserve example DOIs under, and the example works."""

import asyncio
from dataclasses import dataclass, field

import click
from sqlalchemy import Connection

from server import observe
from server.accounts import store as accounts
from server.accounts.model import Role
from server.accounts.passwords import generate, hashed
from server.errors import Conflict, SheafError
from server.examples import deposit_examples
from server.examples import folder as examples_folder
from server.house import House
from server.identifiers.agencies.reserve import Account
from server.identifiers.schemes.doi import Label
from server.profiles import store as profiles
from server.records import store as records

EXAMPLE_PREFIX = "10.5072"
"""Once DataCite's prefix for tests: no agency registers it, so the examples' DOIs stay reserved."""

log = observe.logger("app")


@dataclass(slots=True)
class Welcome:
    """What is printed when the server is up; `passwords` only on the very first start."""

    url: str
    passwords: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    with_examples: bool = False

    def greet(self) -> None:
        """Print the addresses, and on the first start the credentials: where examples are deposited, below these."""
        lines = [
            ("Pages", f"{self.url}/"),
            ("OAI-PMH", f"{self.url}/oai?verb=Identify"),
            ("SWORD 2", f"{self.url}/sword/v2/service-document"),
            ("Admin", f"{self.url}/admin"),
        ]
        click.echo()
        click.secho("  Sheaf is up.", bold=True)
        for name, address in lines:
            click.echo(f"  {name:<9} {address}")
        if not self.with_examples:
            self._introduce()
        click.echo()

    def _introduce(self) -> None:
        """Print the credentials, this once."""
        for name, password in self.shown.items():
            click.echo(f"  {'Login':<9} {name} / {password}")
        if self.shown:
            click.echo("            (shown this once; `sheaf user password NAME` sets another)")

    async def deposit_examples(self, house: House) -> None:
        """Deposit the example works through SWORD, as any depositor would."""
        if not self.with_examples:
            return
        host = "127.0.0.1" if house.settings.host in {"0.0.0.0", "::"} else house.settings.host  # noqa: S104 -- compared, not bound
        # The world's address may lead here only once a proxy is set up: speak to ourselves directly.
        nearby = (self.url, f"http://{f'[{host}]' if ':' in host else host}:{house.settings.port}")
        service = f"{self.url}/sword/v2/service-document"
        password = self.passwords["depositor"]
        try:
            made = await deposit_examples(
                examples_folder(), service, "depositor", password, house.session, click.echo, nearby=nearby
            )
        except SheafError as error:
            log.error("could not deposit the examples", extra={"reason": error.message})  # noqa: TRY400 -- the reason says all
        except Exception:
            log.exception("could not deposit the examples")
        except asyncio.CancelledError:
            click.echo("  Stopped while depositing the examples; delete the data folder to begin anew.")
            raise
        else:
            click.echo(f"  {len(made)} example works are deposited: {self.url}/oai?verb=ListRecords&metadataPrefix=oai_dc")
        self._introduce()


async def first_start(house: House) -> Welcome:
    """Make the accounts an installation cannot do without, and say what to greet with.

    An administrator where there is none; the example depositor where there is nobody at all; examples only where there is no work
    either.
    """
    url = house.press.renderer.repository.url
    known = await house.database.read(accounts.every)
    if any(account.role is Role.ADMIN for account in known):
        return Welcome(url)
    settings = house.settings
    given = {"admin": settings.admin_password} | ({} if known else {"depositor": settings.depositor_password})
    passwords = {name: password or generate() for name, password in given.items()}
    hashes = {name: await asyncio.to_thread(hashed, password) for name, password in passwords.items()}
    examples = settings.examples and not known and not await house.database.read(records.counts)
    try:
        await house.database.write(_make, house, hashes, examples=examples)
    except Conflict:  # another process of the same installation was first
        return Welcome(url)
    shown = {name: f"(as SHEAF_{name.upper()}_PASSWORD says)" if given[name] else passwords[name] for name in passwords}
    return Welcome(url, passwords, shown, examples)


def _make(tx: Connection, house: House, hashes: dict[str, str], *, examples: bool) -> None:
    now = house.clock()
    roles = {"admin": Role.ADMIN, "depositor": Role.DEPOSITOR}
    for name, password in hashes.items():
        accounts.add(tx, name, roles[name], password, now)
    if examples:
        labels = (
            Label(types=("dataset",), label="data"),
            Label(types=("software",), label="soft"),
            Label(types=("etd",), label="thesis"),
        )
        profiles.save(tx, "reserve", "example DOIs", Account(prefix=EXAMPLE_PREFIX, labels=labels), house.seal, now)
