"""The one place where everything meets: constructors are called here, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from aiohttp import ClientSession, web
from sqlalchemy import Connection

import server.audit.tables
import server.events.tables
import server.oai.tables
import server.people.tables
import server.sword.tables
import server.works.tables
from server import VERSION, housekeeping, observe, rendering
from server import clock as clocks
from server.accounts.authenticate import Authenticator
from server.admin.overview import overview
from server.admin.rooms import Room, rooms
from server.clock import Clock
from server.db.engine import Database
from server.db.opening import open_database
from server.events.telling import NOTIFY
from server.house import House
from server.housekeeping import keep_house
from server.identifiers import update
from server.identifiers.mint import REGISTER, agencies
from server.identifiers.register import Registrar
from server.items.routes import Items
from server.jobs.model import Handler
from server.jobs.worker import Worker
from server.metadata.format import formats
from server.metadata.fragments import Renderer, Repository
from server.metadata.reading import readers
from server.middleware import TRUSTED, Translator, armoured, identified
from server.my.rooms import rooms as own_rooms
from server.notify.client import Outward
from server.notify.deliver import ByMail, ByWebhook, Channel, Deliverer, Notifier
from server.notify.digest import DIGEST, Digests
from server.notify.guard import Guard
from server.notify.mail import MAIL, Post
from server.notify.store import DELIVER
from server.notify.webhooks import WEBHOOK, Hooks
from server.oai.harvesters import Tally
from server.oai.routes import Oai
from server.oai.verbs import Provider
from server.operate import Operate
from server.pages import Pages
from server.people.seeking import SEEK, Seeking
from server.portal.door import Door
from server.portal.frame import Frame
from server.portal.ways_in import ways_in
from server.profiles.seal import Seal
from server.publishing import Press
from server.records import changes
from server.records.files import DiskStore
from server.rendering import RENDER, Rendering
from server.runs.run import Runner
from server.runs.schedule import keep_schedules
from server.runs.store import RUN
from server.runs.task import Tasks
from server.settings import Settings, secret_key
from server.sword.accept import READ, Acceptance
from server.sword.intake import Intake
from server.sword.package import packagings
from server.sword.understand import Understanding
from server.sword.v2.documents import Collection, Links
from server.sword.v2.opening import open_deposit
from server.sword.v2.routes import SwordV2
from server.works import attributing, bulk

_ = (
    server.audit.tables,
    server.events.tables,
    server.oai.tables,
    server.people.tables,
    server.sword.tables,
    server.works.tables,
)  # every table is known once this module is imported
log = observe.logger("app")

#: The rooms whose errors are pages for people.
_PAGED = ("items", "admin", "my", "account", "login", "other")


@asynccontextmanager
async def open_house(settings: Settings, *, clock: Clock = clocks.now, serving: bool = True) -> AsyncIterator[House]:
    """Open database, files and worker of an installation whose tables are up to date; close them in order.

    A server's settings decide the address that stands in every record; where they changed, all is rendered anew. What does
    not serve (a command) keeps to the address the installation is known by. Raises Invalid where the OAI domain would change.
    """
    key = secret_key(settings)
    database = await open_database(settings.database)
    try:
        agent = f"Sheaf/{VERSION} (+{settings.url}; mailto:{settings.email})"
        async with ClientSession(headers={"User-Agent": agent}) as session, Outward(Guard(settings.opened), agent) as outward:
            yield await _built(settings, clock, key, database, session, outward, serving=serving)
    finally:
        await database.close()


async def _built(
    settings: Settings, clock: Clock, key: bytes, database: Database, session: ClientSession, outward: Outward, *, serving: bool
) -> House:
    renderer = await _renderer(settings, clock, database, serving=serving)
    shelf, seal, files = agencies(), Seal(key), DiskStore(settings.folder)
    press = Press(renderer, shelf)
    understanding = Understanding(readers(), packagings(), files)
    acceptance = Acceptance(database, press, clock, approves=settings.import_as == "approved")
    registrar = Registrar(database, renderer, shelf, seal, session, clock)
    renders = Rendering(database, renderer, shelf, clock)
    handlers: dict[str, Handler] = {REGISTER: registrar, RENDER: renders, SEEK: Seeking(database, clock)}
    worker = Worker(database, handlers, clock, slots=settings.workers)
    intake = Intake(
        database, understanding, acceptance, clock, {"sword2": open_deposit},
        refuses=settings.content_faults == "refuse", read_now=settings.read_now_mb * 2**20, wake=worker.call,
    )  # fmt: skip
    post = Post(renderer.repository.name, renderer.repository.url, seal)
    channels: dict[str, Channel] = {WEBHOOK: ByWebhook(Hooks(outward)), MAIL: ByMail(post)}
    handlers |= {
        NOTIFY: Notifier(database, clock, worker.call),
        DELIVER: Deliverer(database, seal, channels, clock),
        DIGEST: Digests(database, clock, _stuck),
    }
    handlers[READ] = intake.handle  # the intake wakes the worker and is one of its handlers; nothing runs yet
    life = timedelta(days=settings.oai_token_days)
    tasks = Tasks((
        update.task(database, shelf, worker.do),
        bulk.task(database, press),
        attributing.task(database, press),
        rendering.again(renders),
        housekeeping.tidying(database, files, clock, life),
    ))  # fmt: skip
    handlers[RUN] = Runner(database, tasks, clock)
    return House(settings, clock, database, files, seal, key, shelf, understanding.readers, press, intake, worker, tasks, session)


def _stuck(tx: Connection, now: datetime) -> list[tuple[int, str]]:
    """Say what needs somebody, as the start page says it."""
    return [(stuck.count, stuck.what) for stuck in overview(tx, now).stuck]


async def _renderer(settings: Settings, clock: Clock, database: Database, *, serving: bool) -> Renderer:
    known, before = formats(), await database.read(rendering.known)
    repository = Repository(settings.repository_name, settings.url, settings.repository_id, settings.email)
    if before is not None and not serving:
        repository = Repository(settings.repository_name, before.url, before.domain, settings.email)
    renderer = Renderer(repository, known, await database.write(changes.format_ids, list(known)))
    if (serving or before is None) and await database.write(rendering.settle, rendering.shape_of(renderer), clock()):
        log.info("the address or the formats changed: every record is rendered anew", extra={"url": repository.url})
    return renderer


def web_application(house: House) -> web.Application:
    """Return the web server's application."""
    settings, repository = house.settings, house.press.renderer.repository
    provider = Provider(house.press.renderer, house.key, settings.oai_page_size, timedelta(days=settings.oai_token_days))
    ending = "are published at once" if settings.import_as == "approved" else "wait for approval"
    collection = Collection(
        "works", f"Works of {settings.repository_name}", "Works of the institution's members.",
        f"Complete deposits {ending}.",
        house.intake.understanding.packagings.names(),
    )  # fmt: skip
    authenticator, pages = Authenticator(house.database, house.clock), Pages(repository.name)
    sword = SwordV2(
        house.database, authenticator, house.intake, house.intake.acceptance, house.files, house.clock,
        Links(repository.url), repository.name, (collection,), settings.max_upload_mb * 2**20,
    )  # fmt: skip
    items = Items(house.database, house.files, house.press.renderer, pages)
    door = Door(house.database, house.clock, house.key, secure=repository.url.startswith("https://"))
    frame = Frame(house, door, pages)
    translators: dict[str, Translator] = {"sword": sword.translate} | dict.fromkeys(_PAGED, pages.translate)
    tally = Tally(house.database, house.clock)
    application = web.Application(middlewares=[identified(translators)], client_max_size=0)
    application.cleanup_ctx.append(tally.flushing)
    frame = Frame(house, door, pages)
    application[TRUSTED] = settings.proxies
    application.on_response_prepare.append(armoured)
    everything: tuple[Room, ...] = (
        Oai(house.database, provider, house.clock, tally),
        sword,
        items,
        door,
        *own_rooms(frame),
        *ways_in(frame, authenticator),
        *rooms(frame),
        pages,
        Operate(house.database),
    )
    for room in everything:
        application.add_routes(room.routes())
    return application


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    """Run the worker and the housekeeping beside whatever else the process does; at the end jobs are finished or given back."""
    life = timedelta(days=house.settings.oai_token_days)
    task = asyncio.create_task(house.worker.run(), name="worker")
    tidying = asyncio.create_task(keep_house(house.database, house.files, house.clock, life), name="housekeeping")
    beginning = asyncio.create_task(keep_schedules(house.database, house.tasks, house.clock), name="schedules")
    try:
        yield
    finally:
        tidying.cancel()
        beginning.cancel()
        await house.worker.stop()
        await asyncio.gather(task, tidying, beginning, return_exceptions=True)
