"""Every room of the web server: each is built from the house here, and nowhere else."""

from dataclasses import replace

from aiohttp import web

from server.accounts.authenticate import Authenticator
from server.admin.rooms import Room, rooms
from server.admission import Gate
from server.described import named, provider_of
from server.enrichment.asking import Asking
from server.enrichment.refine.answering import Answerer
from server.enrichment.refine.routes import Reconcile
from server.house import House
from server.identifiers.routes import Resolver
from server.items.routes import Items
from server.middleware import TRUSTED, Translator, admitted, armoured, identified, recognised, translated
from server.my.reference import Reference
from server.my.rooms import rooms as own_rooms
from server.oai.answering import Answering
from server.oai.explorer import Explorer
from server.oai.harvesters import Tally
from server.oai.routes import Oai, plainly
from server.oai.sealer import Sealer
from server.operate import Operate
from server.pages import Pages
from server.portal.door import Door
from server.portal.frame import Frame
from server.portal.ways_in import ways_in
from server.site.routes import Site
from server.sword import discovery
from server.sword.door import Door as SwordDoor
from server.sword.server import Servers
from server.sword.v2.documents import Links
from server.sword.v2.routes import SwordV2
from server.sword.v3.desk import Desk as Sword3Desk
from server.sword.v3.documents import Limits
from server.sword.v3.links import ROOT as SWORD3
from server.sword.v3.links import Links as Sword3Links
from server.sword.v3.opening import Opening
from server.sword.v3.routes import SwordV3
from server.usage import definition as usage
from server.usage.capture import Capture
from server.usage.chart import drawn
from server.usage.counter.routes import CounterApi
from server.usage.irus.definition import Irus, shown, telling

#: The rooms whose errors are pages for people.
_PAGED = ("items", "admin", "my", "account", "login", "other")


def web_application(house: House) -> web.Application:
    """Return the web server's application."""
    renderer, live = house.press.renderer, house.keeper.live

    def name() -> str:
        return renderer.repository.name

    url = renderer.repository.url
    authenticator, pages = Authenticator(house.database, house.clock), Pages(name)
    by_sword2 = SwordDoor(
        "sword2", house.database, authenticator, Servers(live), house.intake, house.files, house.clock,
        house.settings.max_upload_mb * 2**20,
    )  # fmt: skip
    links = Links(url)
    sword = SwordV2(by_sword2, house.intake.acceptance, links, name)
    by_sword3 = replace(by_sword2, protocol="sword3")
    most = Limits.of(house.settings.max_upload_mb)
    opening = Opening(house.intake.understanding.readers, house.intake.understanding.json_readers, most.assembled)
    links3 = Sword3Links(url)
    sword3 = SwordV3(Sword3Desk(by_sword3, links3, name, opening, most), house.intake.acceptance)

    def by_version(request: web.Request, status: int, text: str) -> web.StreamResponse:
        return (sword3 if request.path.startswith(f"{SWORD3}/") else sword).translate(request, status, text)

    items = Items(
        house.database, house.files, renderer, pages, lambda tx, number: discovery.of_work(tx, links, links3, number),
        drawn(house.clock, lambda: usage.counting_of(live)), lambda: shown(live, house.clock()),
    )  # fmt: skip
    site = Site(house.database, renderer, pages, discovery.services(links, links3))
    door = Door(house.database, house.clock, house.key, secure=url.startswith("https://"))
    frame = Frame(house, door, pages)
    translators: dict[str, Translator] = {"sword": by_version} | dict.fromkeys(_PAGED, pages.translate)
    translators["oai"] = translators["r51"] = plainly(pages.translate)
    tally = Tally(house.database, house.clock, named(house.settings.url))
    sealer = Sealer(house.database, house.clock)
    gate = Gate()

    def contact() -> str:
        return renderer.repository.email

    def told() -> Irus | None:
        return telling(live, house.clock())

    capture = Capture(house.database, house.clock, door.worn, lambda: usage.counting_of(live), told)
    middlewares = [capture.middleware(), identified(), recognised(door.worn), admitted(gate, contact), translated(translators)]
    application = web.Application(middlewares=middlewares, client_max_size=0)
    application.cleanup_ctx.extend((tally.flushing, sealer.sealing, capture.flushing))
    application[TRUSTED] = house.settings.proxies
    application.on_response_prepare.append(armoured)
    answering, provider = Answering(house.database, house.clock), provider_of(live, renderer, house.key)
    everything: tuple[Room, ...] = (
        Explorer(
            house.database, provider, answering.document, pages
        ),  # before the contexts, which stand at addresses like its own
        Oai(answering, provider, tally, gate, sealer),
        sword,
        sword3,
        site,
        items,
        CounterApi(house.database, house.clock, authenticator, lambda: renderer.repository, lambda: usage.counting_of(live)),
        Reconcile(
            Answerer(Asking(house.database, house.seal, house.session, house.clock)),
            authenticator,
            lambda: renderer.repository,
            pages,
        ),
        Resolver(house.database, house.agencies, renderer),
        *own_rooms(frame),
        Reference(frame, authenticator),
        *ways_in(frame, authenticator),
        *rooms(frame),
        pages,
        Operate(house.database, house.clock),
    )
    for room in everything:
        application.add_routes(room.routes())
    return application
