"""The Unix socket by which the command line reaches a running server: named operations, arguments in, answer or error out.

Only the user who runs the server can open the socket, so there is no further login.
"""

from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import OPERATOR
from server.control.accounts import ACCOUNTS
from server.control.identifiers import IDENTIFIERS
from server.control.operation import Arguments, Nothing, Operation
from server.control.usage import USAGE
from server.errors import Invalid, NotFound, SheafError
from server.harvest import batch
from server.harvest.batch import Item, Known, Report
from server.harvest.sources import Line
from server.house import House
from server.identifiers import alarms, ledger
from server.identifiers.mint import reserve
from server.identifiers.reconcile import RECONCILE
from server.jobs import queue
from server.profiles import keeping, transfer
from server.profiles import store as profiles
from server.profiles.reading import defaults, explained, secret_fields
from server.profiles.rotation import rotate
from server.records import store as records
from server.records.vocabulary import TYPES
from server.runs import store as runs
from server.runs.model import Outcome, Run
from server.runs.store import Wanted
from server.sword import store as deposits

__all__ = ["Arguments", "Nothing", "Operation", "control_application", "perform"]

LARGEST = 256 * 2**20


class ProfileSet(Arguments, frozen=True, kw_only=True):
    kind: str
    name: str
    values: dict[str, Any]


class ProfileName(Arguments, frozen=True, kw_only=True):
    name: str


class ProfileEnable(Arguments, frozen=True, kw_only=True):
    name: str
    enabled: bool


class ProfileImport(Arguments, frozen=True, kw_only=True):
    file: bytes
    dry: bool = True


class Mint(Arguments, frozen=True, kw_only=True):
    type: str
    count: int = 1


async def status(house: House, _arguments: Nothing) -> dict[str, Any]:
    """Count everything by state, and name the agencies that do not answer."""
    return {"counts": await house.database.read(_counts), "down": await house.database.read(alarms.outages)}


def _counts(tx: Connection) -> dict[str, dict[str, int]]:
    return {
        "works": records.counts(tx),
        "deposits": deposits.counts(tx),
        "identifiers": ledger.counts(tx),
        "jobs": queue.counts(tx),
    }


async def profile_set(house: House, arguments: ProfileSet) -> dict[str, list[str]]:
    """Make or change a profile; what it holds already stays where no new value is given. Every wrong field is named.

    A list is set as a whole: returned are, by field, the names of what stood in one and stands there no more.
    """
    keeper = house.keeper
    kind = keeper.kinds[arguments.kind]
    before = await house.database.read(profiles.find, arguments.name)
    after = await keeper.do(keeping.put, keeper.desk, kind, arguments.name, arguments.values, OPERATOR)
    return {} if before is None else _taken_away(before.document, after.document)


#: What the rows of a profile's lists go by.
_ROW_NAMES = ("path", "spec", "id", "name")


def _taken_away(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    gone = {field: [name for name in _rows(value) if name not in _rows(after.get(field))] for field, value in before.items()}
    return {field: names for field, names in gone.items() if names}


def _rows(value: object) -> list[str]:
    """Return the names of a list's rows; none of what is no list of rows."""
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list | tuple) else []
    return [next((str(row[name]) for name in _ROW_NAMES if row.get(name)), "") for row in rows]


async def profile_list(house: House, _arguments: Nothing) -> list[dict[str, Any]]:
    found = await house.database.read(profiles.every)
    return [
        {"name": p.name, "kind": p.kind, "enabled": p.enabled, "paused": p.paused or "", "settings": p.document} for p in found
    ]


async def profile_enable(house: House, arguments: ProfileEnable) -> None:
    found = await house.database.read(profiles.get, arguments.name)
    await house.keeper.do(keeping.switch, house.keeper.desk, found.id, OPERATOR, enabled=arguments.enabled)


async def profile_delete(house: House, arguments: ProfileName) -> None:
    found = await house.database.read(profiles.get, arguments.name)
    await house.keeper.do(keeping.delete, house.keeper.desk, found.id, OPERATOR)


async def profile_test(house: House, arguments: ProfileName) -> dict[str, Any]:
    """Ask the other side whether it would work with a profile; changes nothing there."""
    profile = await house.database.read(profiles.get, arguments.name)
    outcome = await house.keeper.test(profile.id)
    return {"agrees": outcome.agrees, "message": outcome.message}


class Described(Struct, frozen=True, kw_only=True):
    """A setting as the command line lists it."""

    name: str
    said: str
    default: str | None
    secret: bool


async def profile_kinds(house: House, _arguments: Nothing) -> list[dict[str, Any]]:
    return [
        {"name": kind.name, "title": kind.title, "description": kind.description, "settings": _described(kind.settings)}
        for kind in house.keeper.kinds
    ]


def _described(settings: type[Struct]) -> list[Described]:
    hidden = secret_fields(settings)
    return [
        Described(name=name, said=explained(settings, name), default=None if default is None else default, secret=name in hidden)
        for name, default in defaults(settings).items()
    ]


async def profile_export(house: House, _arguments: Nothing) -> bytes:
    return await house.database.read(transfer.exported, house.keeper.desk)


async def profile_import(house: House, arguments: ProfileImport) -> list[dict[str, Any]]:
    steps = await transfer.bring_in(house.keeper, arguments.file, OPERATOR, dry=arguments.dry)
    return [msgspec.to_builtins(step) for step in steps]


async def rotate_key(house: House, _arguments: Nothing) -> list[dict[str, Any]]:
    """Seal everything sealed under the present key; can be asked as often as one likes."""
    return [msgspec.to_builtins(found) for found in await rotate(house.database, house.seal, house.sealed)]


async def mint(house: House, arguments: Mint) -> list[str]:
    """Reserve the next free DOIs of a type, all or none."""
    if arguments.type not in TYPES:
        near = [code for code in TYPES if arguments.type.lower() in code.lower()] or list(TYPES)[:3]
        raise Invalid(f"There is no type {arguments.type!r}.", place="type", remedy=f"For example {', '.join(near[:6])}.")
    return await house.database.write(_mint, house, arguments)


def _mint(tx: Connection, house: House, arguments: Mint) -> list[str]:
    return [reserve(tx, house.agencies, None, arguments.type, house.clock()).value for _ in range(arguments.count)]


class JobStart(Arguments, frozen=True, kw_only=True):
    task: str
    values: dict[str, Any] = {}  # noqa: RUF012 -- a Struct gives each its own


class JobNumber(Arguments, frozen=True, kw_only=True):
    number: int


async def job_tasks(house: House, _arguments: Nothing) -> list[dict[str, Any]]:
    """Return the tasks that can be started, with the names of their parameters."""
    return [
        {"name": t.name, "title": t.title, "description": t.description, "parameters": t.parameters.__struct_fields__}
        for t in house.tasks
        if t.offered
    ]


async def job_list(house: House, _arguments: Nothing) -> list[Run]:
    """Return what runs and waits, then the last that ended."""
    return [*await house.database.read(runs.going_on), *await house.database.read(runs.ended, Wanted(), 20)]


async def job_show(house: House, arguments: JobNumber) -> dict[str, Any]:
    run = await house.database.read(runs.get, arguments.number)
    failed = await house.database.read(runs.items, arguments.number, outcome=Outcome.FAILED.value, limit=20)
    warned = await house.database.read(runs.items, arguments.number, outcome=Outcome.WARNING.value, limit=20)
    log = await house.database.read(runs.lines, arguments.number, 50)
    page = f"{house.press.renderer.repository.url}/admin"
    found = {"run": run, "log": log, "failed": failed, "warned": warned, "report": f"{page}/jobs/{run.id}"}
    differences = f"{page}/identifiers/agencies/{run.profile_id}" if run.task == RECONCILE else ""
    return found | {"differences": differences}


async def job_start(house: House, arguments: JobStart) -> Run:
    """Ask for a run; raises NotFound for a task, Invalid for its parameters."""
    task = house.tasks.get(arguments.task)
    try:
        given = msgspec.convert(arguments.values, task.parameters, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"{error}.", place="values", remedy=f"It takes {', '.join(task.parameters.__struct_fields__)}.") from error
    run = await house.database.write(runs.start, task, given, OPERATOR, house.clock())
    house.worker.call()
    return run


async def job_cancel(house: House, arguments: JobNumber) -> Run:
    run = await house.database.write(runs.cancel, arguments.number, OPERATOR, house.clock())
    house.worker.call()
    return run


class Origins(Arguments, frozen=True, kw_only=True):
    origins: list[str]


class Store(Arguments, frozen=True, kw_only=True):
    items: list[Item]


class Walk(Arguments, frozen=True, kw_only=True):
    after: str = ""
    size: int = 500


class Shape(Struct, frozen=True, kw_only=True):
    """What a renderer in another process is made of."""

    name: str
    url: str
    domain: str
    email: str
    licence: str
    ids: dict[str, int]


async def shape(house: House, _arguments: Nothing) -> Shape:
    found, ids = house.press.renderer.repository, house.press.renderer.ids
    return Shape(name=found.name, url=found.url, domain=found.domain, email=found.email, licence=found.licence, ids=ids)


async def known(house: House, arguments: Origins) -> dict[str, Known]:
    return await house.database.read_hot(batch.known, arguments.origins)


async def store_works(house: House, arguments: Store) -> Report:
    return await house.database.write(batch.store_batch, house.press, arguments.items, house.clock)


async def export(house: House, arguments: Walk) -> list[tuple[str, bytes]]:
    """Return the ids of the next published works and their lines of an export."""
    found = await house.database.read_hot(records.walk, arguments.after, arguments.size)
    oai_id = house.press.renderer.repository.oai_id
    bare = [msgspec.structs.replace(s.record, files=()) for s in found]  # no file travels with its metadata
    lines = [Line(record=r, origin=s.origin or oai_id(s.id), collection=s.collection) for r, s in zip(bare, found, strict=True)]
    return [(stored.id, msgspec.json.encode(line)) for stored, line in zip(found, lines, strict=True)]


#: What can be asked, by name.
OPERATIONS = (
    {
        "status": Operation(Nothing, status),
        "profile-set": Operation(ProfileSet, profile_set),
        "profile-list": Operation(Nothing, profile_list),
        "profile-enable": Operation(ProfileEnable, profile_enable),
        "profile-delete": Operation(ProfileName, profile_delete),
        "profile-test": Operation(ProfileName, profile_test),
        "profile-kinds": Operation(Nothing, profile_kinds),
        "profile-export": Operation(Nothing, profile_export),
        "profile-import": Operation(ProfileImport, profile_import),
        "rotate-key": Operation(Nothing, rotate_key),
        "mint": Operation(Mint, mint),
        "job-tasks": Operation(Nothing, job_tasks),
        "job-list": Operation(Nothing, job_list),
        "job-show": Operation(JobNumber, job_show),
        "job-start": Operation(JobStart, job_start),
        "job-cancel": Operation(JobNumber, job_cancel),
        "shape": Operation(Nothing, shape),
        "known": Operation(Origins, known),
        "store": Operation(Store, store_works),
        "export": Operation(Walk, export),
    }
    | ACCOUNTS
    | IDENTIFIERS
    | USAGE
)


async def perform(house: House, name: str, arguments: bytes) -> bytes:
    """Do an operation: MessagePack in and out. Raises what the operation raises, Invalid for arguments that do not fit."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise NotFound(f"There is no operation {name!r}.", remedy="Is the running server an older release?")
    try:
        decoded = msgspec.msgpack.decode(arguments, type=operation.arguments)
    except msgspec.DecodeError as error:
        raise Invalid(f"{name}: {error}.") from error
    return msgspec.msgpack.encode(await operation.run(house, decoded))


def control_application(house: House) -> web.Application:
    """Return the application behind the socket: POST /{operation}."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return web.Response(body=await perform(house, request.match_info["operation"], await request.read()))
        except SheafError as error:
            body = {
                "kind": type(error).__name__,
                "message": error.message,
                "place": error.place,
                "remedy": error.remedy,
                "code": error.code,
            }
            return web.Response(status=400, body=msgspec.msgpack.encode(body))

    application = web.Application(client_max_size=LARGEST)
    application.add_routes([web.post("/{operation}", answer)])
    return application
