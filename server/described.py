"""The repository as its definition describes it: what every record is rendered with, and what each base URL offers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy import Connection

from server import VERSION, configuration, observe, regrouping, rendering
from server.clock import Clock
from server.db.engine import Database
from server.errors import Unavailable
from server.metadata.format import Format, formats
from server.metadata.fragments import Renderer, Repository
from server.oai import definition
from server.oai.answering import Answering
from server.oai.definition import Definition
from server.oai.request import Pairs
from server.oai.verbs import Edge, Provider
from server.profiles import store as profiles
from server.profiles.live import Live
from server.records import changes
from server.records.sizes import Sizes
from server.settings import Settings
from server.sword.server import Servers

log = observe.logger("described")


def named(url: str) -> str:
    """Return how the name begins that this installation gives itself where it asks others."""
    return f"Sheaf/{VERSION} (+{url}; "


def definition_of(live: Live, settings: Settings) -> Definition:
    """Return the definition, or what stands for it where none is switched on."""
    found = live.of(definition.KIND)
    return found[0].settings if found else configuration.first_definition(settings, {})


async def renderer_of(settings: Settings, clock: Clock, database: Database, live: Live, *, serving: bool) -> Renderer:
    """Return the renderer; it goes by the definition's name and sets from now on, whenever they change.

    Raises Invalid where the OAI domain would change.
    """
    known = formats()
    ids = await database.write(changes.format_ids, list(known))
    renderer, anew = await database.write(_settled, settings, known, ids, clock, serving=serving)
    if anew:
        log.info(
            "the name, the address or the formats changed: every record is rendered anew", extra={"url": renderer.repository.url}
        )

    def described_anew() -> None:
        if live.of(definition.KIND):
            now = definition_of(live, settings)
            renderer.repository = replace(
                renderer.repository, name=now.repository_name, email=now.admin_emails[0], licence=now.metadata_licence
            )
            renderer.grouping = now.grouping

    live.tell(described_anew)
    return renderer


def _settled(
    tx: Connection, settings: Settings, known: dict[str, Format], ids: dict[str, int], clock: Clock, *, serving: bool
) -> tuple[Renderer, bool]:
    """Read the definition and make it what every record is rendered with; return whether all must be rendered anew.

    In one transaction, in which nobody else changes it: settled with what another process has just changed, the records would
    be rendered back. One that is switched off counts as well, and where there is none the records keep the name they have.
    """
    profiles.hold(tx, definition.KIND)
    before, defined = rendering.known(tx), configuration.defined(tx)
    kept = {"repository_name": before.name, "metadata_licence": before.licence} if before is not None and before.name else {}
    said = defined or configuration.first_definition(settings, kept)
    url, domain = (before.url, before.domain) if before is not None and not serving else (settings.url, settings.repository_id)
    repository = Repository(said.repository_name, url, domain, said.admin_emails[0], said.metadata_licence)
    renderer = Renderer(repository, known, ids, clock)
    if defined is not None:
        renderer.grouping = defined.grouping
    anew = (serving or before is None) and rendering.settle(tx, rendering.shape_of(renderer), clock())
    if defined is not None:
        regrouping.settle(tx, defined.sets_kept, clock())
    return renderer, anew


def provider_of(live: Live, renderer: Renderer, key: bytes) -> Callable[[str], Provider | None]:
    """Return what says what is offered in a context now; None where harvesting is switched off."""
    edge, sizes = Edge(), Sizes()
    providers: dict[str, Provider] = {}

    def provider(context: str) -> Provider | None:
        defined = next((each.settings for each in live.of(definition.KIND)), None)
        if defined is None:
            return None
        found = providers.get(context)
        if found is None or found.definition is not defined:
            offer, titles = defined.offer(context), Servers(live).titles
            found = providers[context] = Provider(renderer, key, defined, offer, edge, titles, sizes)
        return found

    return provider


def asking(answering: Answering, provider: Callable[[str], Provider | None]) -> Callable[[str, Pairs], Awaitable[bytes]]:
    """Return what answers the house itself as it answers a harvester, in a context."""

    async def ask(context: str, pairs: Pairs) -> bytes:
        if (found := provider(context)) is None:
            raise Unavailable("Harvesting is switched off here.")
        return await answering.document(found, pairs)

    return ask
