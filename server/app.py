"""The one place where everything meets: constructors are called here, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import ClientSession
from msgspec import Struct
from sqlalchemy import Connection

import server.audit.tables
import server.enrichment.tables
import server.events.tables
import server.oable.tables
import server.people.tables
import server.works.tables
from server import clock as clocks
from server import configuration, housekeeping, observe, regrouping, rendering, resealing
from server.accounts.tables import accounts
from server.admin.overview import overview
from server.clock import Clock
from server.db.engine import Database
from server.db.opening import open_database
from server.described import asking, definition_of, named, provider_of, renderer_of
from server.enrichment import gathering, writing
from server.enrichment import kind as orcid_public
from server.enrichment.asking import Asking, forget
from server.errors import Conflict
from server.events.telling import NOTIFY
from server.house import House
from server.housekeeping import keep_house
from server.identifiers import integration
from server.identifiers.comparing import Comparer
from server.identifiers.judging import Judge
from server.identifiers.ledger import Entry
from server.identifiers.mint import REGISTER, agencies
from server.identifiers.preflight.responsible import Responsible, responsible
from server.identifiers.register import Registrar
from server.identifiers.sessions import Sessions
from server.identifiers.tasks import tasks as identifier_tasks
from server.jobs.model import Handler
from server.jobs.worker import Worker
from server.metadata.reading import readers
from server.metadata.ruling import rules
from server.notify import mail, webhooks
from server.notify.client import Outward
from server.notify.deliver import ByMail, ByWebhook, Channel, Deliverer, Notifier
from server.notify.digest import DIGEST, Digests
from server.notify.guard import THIS_MACHINE, Guard, connector
from server.notify.mail import MAIL, Mail, Post
from server.notify.store import DELIVER
from server.notify.tables import deliveries, endpoint_secrets, endpoints
from server.notify.webhooks import WEBHOOK, Hooks, Webhook
from server.oable import kind as oable
from server.oable.client import Client as OableClient
from server.oable.sending import Sending
from server.oable.settings import OABLE, Oable
from server.oable.store import ASK
from server.oai import definition
from server.oai import irus as oai_irus
from server.oai import kind as oai_kind
from server.oai.answering import Answering
from server.oai.definition import Definition
from server.oai.simulating import Simulator
from server.openid import kind as openid
from server.orcid import kind as orcid
from server.orcid.inbox import Looker
from server.orcid.push import Pusher
from server.orcid.settings import KIND as ORCID
from server.orcid.settings import Orcid
from server.orcid.sweep import LOOK, PUSH, Sweeping, follow_events
from server.orcid.tables import orcid_links
from server.people.following import FOLLOW
from server.people.seeking import SEEK, Seeking
from server.profiles.keeping import Desk, Keeper
from server.profiles.kind import Kinds
from server.profiles.live import Live
from server.profiles.rotation import Sealed
from server.profiles.seal import Seal
from server.profiles.tables import profiles
from server.publishing import Press
from server.records.files import DiskStore
from server.regrouping import REGROUP, Regrouping
from server.rendering import RENDER, Rendering
from server.runs.run import Runner
from server.runs.schedule import keep_schedules
from server.runs.store import RUN
from server.runs.task import Tasks
from server.settings import Settings, secret_key
from server.sword import replay
from server.sword.accept import Acceptance
from server.sword.check import checks
from server.sword.intake import Intake, Open
from server.sword.package import packagings
from server.sword.profile import kind as sword_server
from server.sword.profile.settings import KIND as SWORD
from server.sword.profile.settings import Server
from server.sword.queued import READ
from server.sword.reference_store import FETCH
from server.sword.server import Servers
from server.sword.understand import Understanding
from server.sword.v2.opening import open_deposit
from server.sword.v3.documents import Limits
from server.sword.v3.fetching import Fetching
from server.sword.v3.links import Links as Sword3Links
from server.sword.v3.opening import Opening
from server.usage import definition as usage
from server.usage.counting import Count
from server.usage.irus import again as irus_again
from server.usage.irus import definition as irus
from server.usage.irus import kind as irus_kind
from server.usage.irus.deliver import Delivery
from server.usage.irus.outbox import SEND
from server.usage.noting import COUNT
from server.works import attributing, bulk
from server.works.advice import place_of

# Every table is known once this module is imported.
_ = (
    server.audit.tables, server.events.tables, server.oable.tables, server.people.tables, server.works.tables,
)  # fmt: skip
log = observe.logger("app")

#: The kinds whose settings are asked for while pages are made.
_LIVE: dict[str, type[Struct]] = {
    definition.KIND: Definition, SWORD: Server, usage.KIND_NAME: usage.Counting, OABLE: Oable, irus.KIND: irus.Irus,
}  # fmt: skip

_AHEAD = 3
"""So many times as many registrations are made ready or written down as agencies are spoken to at once."""

#: Every column whose values are sealed with the secret key; `sheaf rotate-key` seals them anew.
SEALED = (
    Sealed(profiles, profiles.c.secrets, "secrets of profiles"),
    Sealed(deliveries, deliveries.c.sealed, "letters that wait"),
    Sealed(endpoints, endpoints.c.sealed, "signing secrets of webhooks"),
    Sealed(endpoint_secrets, endpoint_secrets.c.sealed, "signing secrets that were replaced"),
    Sealed(accounts, accounts.c.code_secret, "one-time codes"),
    Sealed(orcid_links, orcid_links.c.sealed, "tokens of ORCID"),
)


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: Clock = clocks.now, serving: bool = True, moved: Mapping[str, str] | None = None
) -> AsyncIterator[House]:
    """Open database, files and worker of an installation whose tables are up to date; close them in order.

    A server's settings decide the address that stands in every record; where they changed, all is rendered anew. What does
    not serve (a command) keeps to the address the installation is known by. `moved` is what the environment still says of what
    stands in profiles now. Raises Invalid where the OAI domain would change.
    """
    key = secret_key(settings)
    old = (settings.secret_key_old.encode(),) if settings.secret_key_old else ()
    database = await open_database(settings.database)
    try:
        seal = Seal(key, *old)
        await _first_profiles(database, settings, moved or {}, seal, clock)
        live = Live(database, seal, _LIVE)
        await live.look()
        agent = f"{named(settings.url)}mailto:{definition_of(live, settings).admin_emails[0]})"
        async with _spoken(settings, agent) as sessions, Outward(Guard(settings.opened), agent) as outward:
            house = await _built(_Ground(settings, clock, key, database, sessions, outward, seal, live), serving=serving)
            async with _watching(live, settings):
                yield house
    finally:
        await database.close()


@asynccontextmanager
async def _spoken(settings: Settings, agent: str) -> AsyncIterator[Sessions]:
    headers = {"User-Agent": agent}
    within, trials = Guard(settings.opened), Guard((*settings.opened, *THIS_MACHINE))
    async with (
        ClientSession(headers=headers) as known,
        ClientSession(headers=headers, connector=connector(within, plain=False)) as production,
        ClientSession(headers=headers, connector=connector(trials, plain=False)) as test,
    ):
        yield Sessions(known, {"production": production, "test": test})


async def _first_profiles(database: Database, settings: Settings, moved: Mapping[str, str], seal: Seal, clock: Clock) -> None:
    try:
        if await database.write(configuration.first_profiles, settings, moved, seal, clock()):
            log.info("made the first profiles", extra={"where": "/admin/profiles"})
    except Conflict as error:  # another process of the same installation was first
        log.info("another process made the first profiles", extra={"reason": error.message})
    await database.read(configuration.told_of_moved, moved)


@asynccontextmanager
async def _watching(live: Live, settings: Settings) -> AsyncIterator[None]:
    """Follow what other processes change; on SQLite there are none."""
    if settings.is_sqlite:
        yield
        return
    task = asyncio.create_task(live.watch(), name="profiles")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a house stands on."""

    settings: Settings
    clock: Clock
    key: bytes
    database: Database
    sessions: Sessions
    outward: Outward
    seal: Seal
    live: Live


async def _built(ground: _Ground, *, serving: bool) -> House:
    settings, clock, database, seal, live = ground.settings, ground.clock, ground.database, ground.seal, ground.live
    session, outward = ground.sessions.known, ground.outward
    renderer = await renderer_of(settings, clock, database, live, serving=serving)
    if serving and (gone := await database.write(resealing.settle, resealing.release())):
        log.info("let go of what another release sealed for harvesters", extra={"blocks": gone})
    shelf, files = agencies(), DiskStore(settings.folder)
    press = Press(renderer, shelf)
    understanding = Understanding(readers(), packagings(), files)

    def agencies_now(entries: Sequence[Entry]) -> Responsible:
        return responsible(press.agencies, live.every(), entries)

    acceptance = Acceptance(database, press, clock, Servers(live).rules, checks(), files.path, seal, agencies_now, place_of)
    registrar = Registrar(database, renderer, shelf, seal, ground.sessions, clock, Judge(settings.schemas), settings.workers)
    comparer = Comparer.of(database, shelf, seal, ground.sessions, clock, renderer)
    renders = Rendering(database, renderer, shelf, clock)
    handlers: dict[str, Handler] = {
        REGISTER: registrar,
        RENDER: renders,
        REGROUP: Regrouping(database, renderer, clock),
        SEEK: Seeking(database, clock),
    }
    worker = Worker(database, handlers, clock, slots=settings.workers, apart={REGISTER: _AHEAD * settings.workers})
    limits = Limits.of(settings.max_upload_mb)
    opens: dict[str, Open] = {
        "sword2": open_deposit,
        "sword3": Opening(understanding.readers, understanding.json_readers, limits.assembled),
    }
    intake = Intake(database, understanding, acceptance, clock, opens, wake=worker.call)
    post = Post(lambda: renderer.repository.name, renderer.repository.url, seal)
    channels: dict[str, Channel] = {WEBHOOK: ByWebhook(Hooks(outward)), MAIL: ByMail(post)}
    handlers |= {
        NOTIFY: Notifier(database, clock, worker.call, (follow_events,)),
        DELIVER: Deliverer(database, seal, channels, clock),
        DIGEST: Digests(database, clock, _stuck),
    }
    looker = Looker(database, renderer, seal, session, clock)
    handlers |= {FOLLOW: Sweeping(database, clock), PUSH: Pusher(database, renderer, seal, session, clock), LOOK: looker}
    handlers[COUNT] = Count(database, clock, lambda: usage.counting_of(live))
    handlers[SEND] = Delivery(database, outward, lambda: renderer.repository, clock)
    handlers[ASK] = Sending(database, seal, OableClient(outward), clock)
    handlers[READ] = intake.handle  # the intake wakes the worker and is one of its handlers; nothing runs yet
    handlers[FETCH] = Fetching(
        database, intake, files, clock, Guard(settings.opened), f"{named(settings.url)}by reference)",
        Sword3Links(renderer.repository.url), limits.assembled,
    )  # fmt: skip

    def life() -> timedelta:
        return definition_of(live, settings).token_life

    provider = provider_of(live, renderer, ground.key)

    def contexts() -> list[str]:
        return [each.path for each in definition_of(live, settings).contexts]

    ask = asking(Answering(database, clock), provider)
    simulator = Simulator(database, clock, ask, provider, contexts, rules(), settings.schemas)
    tasks = Tasks((
        *identifier_tasks(comparer, worker.do),
        bulk.task(database, press),
        attributing.task(database, press),
        gathering.task(Asking(database, seal, session, clock)),
        writing.write_task(database, press),
        writing.undo_task(database, press),
        replay.task(database, intake, live.look),
        rendering.again(renders),
        regrouping.touching(database, renderer),
        rendering.mend(renders),
        simulator.task(),
        oai_irus.task(ask, lambda: renderer.repository, simulator.specs),
        irus_again.task(),
        housekeeping.tidying(database, files, clock, life),
    ))  # fmt: skip
    handlers[RUN] = Runner(database, tasks, clock)
    kinds = Kinds(
        [
            *integration.kinds(shelf, ground.sessions),
            oai_kind.kind(renderer.repository.url, renderer.formats, database, clock),
            sword_server.kind(renderer.repository.url, {found.iri: found.title for found in understanding.packagings}),
            webhooks.kind(outward),
            mail.kind(post),
            openid.KIND,
            orcid_public.KIND,
            usage.kind(),
            irus_kind.kind(outward, lambda: renderer.repository, clock),
            oable.kind(outward),
            orcid.kind(),
        ]
    )
    keeper = Keeper(database, Desk(kinds, seal, clock), live, session, worker.call)
    return House(
        settings, clock, database, files, seal, keeper, SEALED, ground.key, shelf, comparer, understanding.readers, press, intake,
        worker, tasks, session,
    )  # fmt: skip


def kind_settings() -> dict[str, type[Struct]]:
    """Return the settings class of every kind of profile: for a command that reads stored profiles and opens no house."""
    others: dict[str, type[Struct]] = {WEBHOOK: Webhook, MAIL: Mail, openid.KIND.name: openid.KIND.settings, ORCID: Orcid}
    others[orcid_public.ORCID_PUBLIC] = orcid_public.PublicApi
    return {agency.name: agency.account for agency in agencies()} | _LIVE | others


def _stuck(tx: Connection, now: datetime) -> list[tuple[int, str]]:
    """Say what needs somebody, as the start page says it."""
    return [(stuck.count, stuck.what) for stuck in overview(tx, now).stuck]


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    """Run the worker and the housekeeping beside whatever else the process does; at the end jobs are finished or given back."""
    live = house.keeper.live

    def life() -> timedelta:
        return definition_of(live, house.settings).token_life

    task = asyncio.create_task(house.worker.run(), name="worker")
    renders = Rendering(house.database, house.press.renderer, house.agencies, house.clock)

    def forget_others() -> Awaitable[None]:
        return house.database.write(forget, house.clock())

    keeping = keep_house(house.database, house.files, house.clock, life, lambda: rendering.open_ended(renders), forget_others)
    tidying = asyncio.create_task(keeping, name="housekeeping")
    beginning = asyncio.create_task(keep_schedules(house.database, house.tasks, house.clock), name="schedules")
    try:
        yield
    finally:
        tidying.cancel()
        beginning.cancel()
        await house.worker.stop()
        await asyncio.gather(task, tidying, beginning, return_exceptions=True)
