"""A harvest of ourselves: a task that walks lists as a harvester would, by their tokens, and proves what came.

Its answers are those everybody gets; only they are not counted, as asking oneself is no harvest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.clock import Clock
from server.db.engine import Database
from server.errors import Invalid, NotFound, SheafError, Unavailable
from server.forms.field import title
from server.metadata.format import Format
from server.metadata.ruling import Facts, Rules
from server.oai import sets, simulations
from server.oai.proving import PROOFS, Proof, Verdict, Wanted
from server.oai.request import Pairs
from server.oai.simulations import Simulation
from server.oai.verbs import Provider
from server.registry import Registry
from server.runs import store as runs
from server.runs.model import ItemOutcome, Outcome, Subject
from server.runs.task import Choices, Task
from server.schemas import Schemas
from server.xml import parse, text_of

NAME = "simulate-harvest"

UNSCHOOLED = (
    "No schemas are at hand, so none were used. Keep copies of the official ones in a folder with a catalog.xml, "
    "and name that folder in SHEAF_SCHEMAS."
)

_OAI = "{http://www.openarchives.org/OAI/2.0/}"

_ROOT = "/oai"

Ask = Callable[[str, Pairs], Awaitable[bytes]]
"""Answers the arguments of a request at the base URL of a context, as everybody is answered."""


class Harvest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lists are walked."""

    base: Annotated[str, title("Base URL", "Of the whole repository, or of one of its contexts.")] = _ROOT
    format: Annotated[
        str, title("Format", "Of every format there is a list; they are walked one after the other.", none="Every format")
    ] = ""
    set: Annotated[str, title("Set", "Its records only.", none="All records")] = ""
    first: Annotated[
        int, Meta(ge=0, le=100_000_000), title("How many records", "The first so many of each list; 0 is every record.")
    ] = 0

    @property
    def context(self) -> str:
        return self.base.removeprefix(_ROOT).removeprefix("/")


@dataclass(frozen=True, slots=True)
class Simulator:
    """What a walk needs. `provider` is what is offered in a context, None where harvesting is switched off."""

    database: Database
    clock: Clock
    ask: Ask
    provider: Callable[[str], Provider | None]
    contexts: Callable[[], Sequence[str]]
    rules: Registry[Rules]
    folder: str
    """Where copies of the schemas are kept; empty for none."""

    def task(self) -> Task[Harvest]:
        description = (
            "Walks lists as a harvester would and proves them: the number of records, each once and in order, the schemas, "
            "the rules of aggregators."
        )
        return Task(
            NAME, "Simulate a harvest", description, Harvest, self._count, self._subjects, self._do, self._checked, self._choices
        )

    def _asked(self, given: Harvest) -> Provider:
        """Return what is offered where the harvest is; raises Invalid where nothing is."""
        try:
            provider = self.provider(given.context)
        except NotFound as error:
            raise Invalid("There is no such base URL.", place="base") from error
        if provider is None:
            raise Invalid("Harvesting is switched off here.", place="base", remedy="Switch the OAI repository definition on.")
        return provider

    def _offered(self, given: Harvest) -> dict[str, Format]:
        """Return the formats to be walked by prefix; raises Invalid for what is not offered."""
        formats = self._asked(given).formats
        if given.format and given.format not in formats:
            raise Invalid(f"It is not offered there. There are {', '.join(formats)}.", place="format")
        return {prefix: formats[prefix] for prefix in sorted(formats) if given.format in {"", prefix}}

    def _checked(self, tx: Connection, given: Harvest) -> None:
        self._offered(given)
        provider = self._asked(given)
        if given.set and not sets.is_named(tx, given.set, provider.renderer.grouping, provider.offer):
            raise Invalid("There is no such set, or it is not offered there.", place="set")

    def _choices(self, tx: Connection) -> Choices:
        contexts = self.contexts()
        formats = sorted({prefix for offer in self._offers() for prefix in offer.formats})
        bases = [_ROOT, *(f"{_ROOT}/{each}" for each in contexts)]
        return {"base": bases, "format": formats, "set": self.specs(tx)}

    def specs(self, tx: Connection) -> list[str]:
        """Return the sets that are offered at any base URL."""
        offers = self._offers()
        named = {spec for each in offers for spec, _ in sets.offered(tx, each.renderer.grouping, each.offer, each.titles())}
        return sorted(named)

    def _offers(self) -> list[Provider]:
        return [provider for each in ("", *self.contexts()) if (provider := self.provider(each)) is not None]

    def _count(self, _tx: Connection, given: Harvest) -> int:
        return len(self._offered(given))

    def _subjects(self, tx: Connection, given: Harvest, after: str, limit: int) -> Sequence[Subject]:
        run = runs.at_work(tx, NAME)
        home = f"/admin/harvests/simulations/{run.id}" if run else ""
        found = [prefix for prefix in self._offered(given) if prefix > after]
        return [Subject(prefix, f"ListRecords {prefix} {given.set}".strip(), home and f"{home}/{prefix}") for prefix in found][
            :limit
        ]

    async def _do(self, subject: Subject, given: Harvest, _actor: Actor) -> ItemOutcome:
        """Walk one list. It is one item however long it takes; whether it was cancelled is looked at with each part."""
        run = await self.database.read_hot(runs.at_work, NAME)
        form = self._offered(given).get(subject.id)
        if run is None or form is None:
            return ItemOutcome(Outcome.UNCHANGED, "It is offered no more.")
        number = (run.id, subject.id)
        begun = Simulation(run.id, subject.id, given.context, given.set, given.first, self.clock(), None, 0, 0, 0, 0, (), "")
        await self.database.write(simulations.begin, begun)
        try:
            return await self._proved(given, form, number)
        except SheafError as error:
            await self.database.write(simulations.end, number, (), f"{error.message} {error.remedy}".strip(), self.clock())
            raise

    async def _proved(self, given: Harvest, form: Format, number: tuple[int, str]) -> ItemOutcome:
        """Walk a list that was begun, and write down what was proved."""
        proof = await self._proof(given, form)
        broken = await self._walked(proof, given, number)
        whole = not broken and (not given.first or proof.delivered < given.first or proof.delivered == proof.size)
        verdicts, found = proof.conclude(whole=whole)
        await self.database.write(simulations.further, number, proof.delivered, proof.size or 0, found)
        await self.database.write(simulations.end, number, verdicts, broken, self.clock())
        return broken_off(broken, proof.delivered) if broken else outcome(verdicts, proof.delivered)

    async def _proof(self, given: Harvest, form: Format) -> Proof:
        """Learn what harvesters are told of the repository, and begin to prove the list."""
        provider = self.provider(given.context)
        if provider is None:
            raise Unavailable("Harvesting is switched off here.")
        identity = parse(await self.ask(given.context, [("verb", "Identify")]))
        repository = provider.renderer.repository
        wanted = Wanted(
            prefix=form.prefix,
            namespace=form.namespace,
            spec=given.set,
            sets=await self._sets(given.context),
            earliest=text_of(next(identity.iter(f"{_OAI}earliestDatestamp"), None)),
            identifiers=f"oai:{repository.domain}:",
            first=given.first,
        )
        schemas, why = None, UNSCHOOLED
        if self.folder:
            try:
                schemas = await asyncio.to_thread(Schemas, Path(self.folder))
            except Invalid as error:
                why = f"{error.message} {error.remedy}".strip()
        judges = [rules for rules in self.rules if form.name in rules.formats]
        return Proof(wanted, judges, Facts(repository.url), schemas, why)

    async def _sets(self, context: str) -> frozenset[str]:
        """Return the sets ListSets names, walked by its tokens."""
        found, arguments = set[str](), [("verb", "ListSets")]
        while arguments:
            root = parse(await self.ask(context, arguments))
            found |= {text_of(each) for each in root.iter(f"{_OAI}setSpec")}
            token = text_of(next(root.iter(f"{_OAI}resumptionToken"), None))
            arguments = [("verb", "ListSets"), ("resumptionToken", token)] if token else []
        return frozenset(found)

    async def _walked(self, proof: Proof, given: Harvest, number: tuple[int, str]) -> str:
        """Walk a list to its end, or to as many records as are wanted; return why it broke off, empty where it did not."""
        arguments = [("verb", "ListRecords"), ("metadataPrefix", number[1])] + ([("set", given.set)] if given.set else [])
        while True:
            answer = await self.ask(given.context, arguments)
            token, found = await asyncio.to_thread(proof.take, answer)
            await self.database.write(simulations.further, number, proof.delivered, proof.size or 0, found)
            if not token or 0 < given.first <= proof.delivered:
                return ""
            run = await self.database.read_hot(runs.get, number[0])
            if run.cancel:
                return "Cancelled."
            arguments = [("verb", "ListRecords"), ("resumptionToken", token)]


def broken_off(why: str, delivered: int) -> ItemOutcome:
    """Say that a walk did not come to its end."""
    return ItemOutcome(Outcome.WARNING, f"{why} {_counted(delivered, 'record')} looked at.")


def outcome(verdicts: Sequence[Verdict], delivered: int) -> ItemOutcome:
    """Say what became of a walk: it failed where the protocol is broken; what aggregators complain of should be looked at."""
    errors, advice = (sum(getattr(each, weight) for each in verdicts) for weight in ("errors", "advice"))
    broken = any(each.errors for each in verdicts if each.name in PROOFS)
    said = f"{_counted(delivered, 'record')}: {_counted(errors, 'error')}, {_counted(advice, 'piece')} of advice."
    if unproved := [each.name for each in verdicts if each.unproved]:
        said += f" Not proved: {', '.join(unproved)}."
    if broken:
        return ItemOutcome(Outcome.FAILED, said)
    return ItemOutcome(Outcome.WARNING if errors or advice else Outcome.CHANGED, said)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
