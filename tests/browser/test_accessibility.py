"""Every page behind the login and in front of it, judged by the rules of axe-core (WCAG 2.2 AA), on a desk and on a phone."""

import os
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sqlalchemy import Connection

from server import control
from server.accounts import store as accounts
from server.accounts import tickets
from server.accounts.tickets import Purpose
from server.audit.log import OPERATOR
from server.clock import now
from server.identifiers import watching
from server.jobs import queue
from server.metadata.ruling import Weight
from server.notify.webhooks import WEBHOOK
from server.oable import requesting
from server.oable import store as oable
from server.oable.asking import Asked
from server.oable.model import State
from server.oai import harvested, simulations
from server.oai.proving import Finding, Verdict
from server.oai.simulations import Simulation
from server.oai.walk import Count, Listed, Part, Visitor
from server.portal.links import link
from server.profiles import store as profiles
from server.runs import schedule as schedules
from server.runs import store as runs
from server.sword import problems
from server.sword import store as sword
from server.sword.model import Content, Held
from tests.admin.identifiers.stock import fill
from tests.browser.conftest import OWN, Site
from tests.browser.enriched import enriched
from tests.browser.test_pages import wait_for
from tests.conftest import PASSWORD, entry
from tests.oable.conftest import ASKED
from tests.portal.matrix import EXPECTED

WHO = Visitor("Sickle/0.7.0 (+https://harvester.example.org/about)", "192.0.2.1", "gregor@example.org")

OABLE = {
    "address": "https://oable.example.org/requests", "api_key": "peas", "suffix": "abbey.example", "errors": "l@abbey.example",
    "organisation": "Abbey of St Thomas",
}  # fmt: skip

WORD = "Vademecum"
"""A word for a type that nobody knows."""

Numbers = dict[str, list[str]]

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / ".venv" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
SHOTS = os.environ.get("SHEAF_TEST_SHOTS", "")
"""A folder in which a picture of each page is kept, to be looked at."""

#: What is no page: files, documents of the protocols, figures for machines, ways to another server, a link out of a letter.
NO_PAGE = re.compile(
    r"/(oai(?!/explore)|reconcile(?!/about)|metrics|healthz|readyz|robots\.txt|sitemap|static|\.well-known|r51)|^/items/[^/]+\.|/original$|/files/|\.(csv|txt)$"
    r"|\.json$|/export$|/qr$|^/login/(openid|password$)|^/my/orcid/back$|^/(handle/|resolve|listprefixes|listhandles)|^/admin/usage/report$"
)


def furnished(site: Site) -> Numbers:
    """Make one of everything, and return what stands for the variable parts of addresses, by the address before them."""
    house, tasks = site.house, [task.name for task in site.house.tasks if task.offered]
    task = house.tasks.get("tidy-up")
    run = site.do(house.database.write(runs.start, task, task.parameters(), OPERATOR, now()))
    schedule = site.do(house.database.write(schedules.add, task, task.parameters(), "0 3 * * *", OPERATOR, now()))
    work = site.entry("Peas")
    site.deposit(entry(title="Beans", type=WORD))
    site.faulty("peas.zip", "admin")
    (held,) = site.do(house.database.read(sword.search, limit=1))
    member = Held("mods.xml", 9, "0" * 64, "application/xml", "metadata")
    site.do(house.database.write(problems.keep_content, held.id, Content(members=(replace(member, sha256=kept(site)),))))
    account = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "peas", "environment": "test"}
    site.do(control.profile_set(house, control.ProfileSet(kind="datacite", name="Test DOIs", values=account)))
    charge = charged(site)
    asking = {"client_id": "APP-0123456789ABCDEF", "client_secret": "peas", "environment": "sandbox"}
    site.do(control.profile_set(house, control.ProfileSet(kind="orcid-public", name="ORCID", values=asking)))
    made = site.do(house.database.read(profiles.every))
    taken, hook = {profile.kind for profile in made}, next(profile for profile in made if profile.kind == WEBHOOK)
    kinds = [kind.name for kind in house.keeper.kinds if not (kind.single and kind.name in taken)]
    site.do(house.database.write(stopped, now()))
    site.do(house.database.write(proved, run.id))
    site.do(house.database.write(fill, 60, (made[0].id,), now()))
    stuck = site.do(house.database.read(watching.page, watching.Asked(state="rejected"), now()))
    return {
        "/items": [work],
        "/my/works": [OWN],
        "/my/charges": [charge],
        "/admin/oable": [charge],
        "/my/deposits": [held.id],
        "/admin/works": [work],
        "/admin/usage/works": [work],
        f"/admin/works/{work}/versions": ["1"],
        f"/admin/works/{work}/formats": ["oai_dc"],
        "/admin/people": ["1"],
        "/admin/enrich": [str(site.do(house.database.write(enriched, house.tasks, work, now())))],
        "/admin/imports": [held.id],
        f"/admin/imports/{held.id}/text": ["1"],
        "/admin/identifiers/agencies": [str(profile.id) for profile in made if profile.kind == "datacite"],
        "/admin/identifiers/migrating": [str(profile.id) for profile in made if profile.kind == "datacite"],
        "/admin/identifiers": [str(stuck[0].entry.id)],
        "/admin/accounts": ["1"],
        "/admin/profiles": [str(profile.id) for profile in made],
        "/admin/profiles/new": kinds,
        "/admin/deliveries": ["1"],
        "/admin/deliveries/to": [str(hook.id)],
        "/admin/harvests": [WHO.id],
        "/admin/harvests/simulations": [str(run.id)],
        f"/admin/harvests/simulations/{run.id}": ["oai_dc"],
        "/admin/jobs": [str(run.id)],
        "/admin/jobs/start": tasks,
        "/admin/jobs/schedules": [str(schedule)],
        "/admin/jobs/schedules/new": tasks,
    }


def charged(site: Site) -> str:
    """A request for an article processing charge that was refused, in the name of whoever looks at the pages."""
    house = site.house
    site.do(control.profile_set(house, control.ProfileSet(kind="oable", name="OABLE", values=OABLE)))
    somebody = site.do(house.database.read(accounts.get, "admin"))
    office = requesting.office(house.keeper.live, house.press.renderer.repository.item)
    number = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    site.do(house.database.write(requesting.ask, office, number, somebody, Asked(**ASKED), None, OPERATOR, now()))
    site.do(house.database.write(refused, number))
    return number


def refused(tx: Connection, number: str) -> None:
    found = oable.get(tx, number)
    queue.drop(tx, oable.ASK, number)
    oable.put(tx, replace(found, state=State.REFUSED, words="The journal is not in our agreement."))


def kept(site: Site) -> str:
    """Keep a document in the file store and return its SHA-256."""
    spool = site.house.files.spool()
    spool.write(b"<mods/>\n\n")
    return site.house.files.keep(spool.finish())


def stopped(tx: Connection, at: datetime) -> None:
    """A harvester that stopped in the middle of its list."""
    count = Count(WHO, at, at, 2, errors=1, error="badArgument: There is no argument size.")
    count.walk(Part(Listed("", "ListRecords", "oai_dc", "type", at, "2026-01-01T00:00:00Z"), 5, 5, 12, "abc"), at, 0.1)
    harvested.add(tx, [count], at)


def proved(tx: Connection, run: int) -> None:
    """A walk of ours with a fault of a record and one of the list, and a proof of each kind."""
    simulations.begin(tx, Simulation(run, "oai_dc", "", "type", 0, now(), None, 0, 0, 0, 0, (), ""))
    of_record = Finding(
        "oai:sheaf.localhost:01ARZ3NDEKTSV4RRFFQ69G5FAV", "base: title", "metadata/dc:title", "None.", Weight.ADVICE
    )
    simulations.further(tx, (run, "oai_dc"), 12, 13, [of_record, Finding("", "count", "", "One record is missing.")])
    verdicts = [
        Verdict("count", "As many as said", 1),
        Verdict("schema", "Valid", unproved="No schemas."),
        Verdict("order", "In order"),
    ]
    simulations.end(tx, (run, "oai_dc"), verdicts, "", now())


def pages(numbers: Numbers) -> list[str]:
    """The addresses of all pages the server shows by GET: of each thing in its room, and of the first for pages below it."""
    found = []
    for method, path in EXPECTED:
        if method == "GET" and not NO_PAGE.search(path) and not path.startswith("/sword"):
            found += _filled(path, numbers)
    return found


def explored(numbers: Numbers) -> list[str]:
    """The addresses of what one page shows of harvesting, by its arguments."""
    one = f"GetRecord&identifier=oai:sheaf.localhost:{numbers['/items'][0]}"
    return [
        f"/oai/explore?verb={verb}" for verb in ("ListSets", "ListMetadataFormats", "ListRecords", one, "GetRecord&identifier=x")
    ]


def watched(numbers: Numbers) -> list[str]:
    """The addresses of what the import monitor shows by its arguments, and of what a depositor sees of one import."""
    cause = f"/admin/imports/causes?code=type-unknown&value={WORD}&weight=hold"
    return [
        "/admin/identifiers?state=rejected&age=hour&order=waiting",
        "/admin/imports?state=held",
        "/admin/imports?q=nothing",
        cause,
        f"/sword/deposits/{numbers['/admin/imports'][0]}",
    ]


def _filled(path: str, numbers: Numbers) -> list[str]:
    room, brace, rest = path.partition("/{")
    if not brace:
        return [path]
    below = rest.partition("}")[2]
    each = (_filled(f"{room}/{thing}{below}", numbers) for thing in (numbers[room][:1] if below else numbers[room]))
    return [address for filled in each for address in filled]


def judged(browser: webdriver.Chrome, address: str) -> list[str]:
    """What is wrong with a page, one line each."""
    browser.get(address)
    status = browser.execute_script("return performance.getEntriesByType('navigation')[0].responseStatus")
    if status >= 400:
        return [f"{address}: {status}, {browser.title}"]
    browser.execute_script(AXE.read_text())
    found = browser.execute_async_script("axe.run(document, arguments[0]).then(arguments[1])", RULES)
    return [f"{address}: {each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"][:3]]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_shuts_anybody_out(site: Site, browser: webdriver.Chrome, width: int) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm was not there when the tests were set up")
    numbers = furnished(site)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    )
    wrong = judged(browser, f"{site.url}/login")
    browser.find_element(By.ID, "name").send_keys("admin", Keys.TAB, PASSWORD, Keys.ENTER)
    wait_for(browser, "/admin")
    word = site.do(site.house.database.write(tickets.issue, Purpose.RESET, now(), 1))
    for path in [link("", word), *pages(numbers), *explored(numbers), *watched(numbers)]:
        wrong += judged(browser, site.url + path)
        too_wide = browser.execute_script("return document.documentElement.scrollWidth") - width
        wrong += [f"{path}: {too_wide} pixels wider than the screen"] * (too_wide > 0)
        if SHOTS:
            name = re.sub(r"[/?&=:]+", "-", path.strip("/")) or "front"
            browser.save_screenshot(str(Path(SHOTS) / f"{name}-{width}.png"))
    assert wrong == [], "\n".join(wrong)
