"""What can be run: a task names its parameters, finds its subjects page by page, and knows how to do one of them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from server.audit.log import Actor
from server.errors import Invalid, NotFound
from server.runs.model import ItemOutcome, Subject

P = TypeVar("P", bound=Struct)


class Nothing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a task that has none."""


Choices = Mapping[str, Sequence[str]]
"""By the name of a parameter, what can be chosen for it now."""

Deed = Callable[[Connection, datetime], ItemOutcome]
"""What is done to an item in the very transaction that reports it, so exactly once however often a worker is killed.

It gets the transaction and the time; what it shows to harvesters it shows at its end. It may raise a SheafError: then nothing of
it stays, and the item failed.
"""


def _no_profile(_tx: Connection, _parameters: Any) -> int | None:
    return None


def _no_choices(_tx: Connection) -> Choices:
    return {}


@dataclass(frozen=True, slots=True)
class Task(Generic[P]):
    """Something that can be run, by hand or by a schedule."""

    name: str
    title: str
    description: str
    parameters: type[P]
    """Its fields carry titles, from which the form is made."""
    count: Callable[[Connection, P], int]
    subjects: Callable[[Connection, P, str, int], Sequence[Subject]]
    """Returns up to so many subjects behind the one with that id (empty at first), always in the same order."""
    do: Callable[[Subject, P, Actor], Awaitable[ItemOutcome | Deed]]
    """Does one item for somebody. What it changes outside of a Deed may be asked for twice where a worker is killed: the second
    time it should find everything as it should be. A SheafError means that the item failed; Unavailable that the whole run
    goes on a little later, a few times, or (code `outage`) for as long as it takes."""
    profile: Callable[[Connection, P], int | None] = _no_profile
    """Names the integration profile a run belongs to. Runs of one task for one profile go one after the other.
    Raises what is wrong with the parameters before the run is asked for."""
    choices: Callable[[Connection], Choices] = _no_choices
    """Finds what can be chosen for parameters whose values are not in their class: the names of profiles, say."""
    offered: bool = True
    """Whether people start it from the list of tasks; some begin at their own page, with a selection."""

    def decode(self, document: str) -> P:
        """Return parameters from JSON; raises Invalid."""
        try:
            return msgspec.json.decode(document, type=self.parameters)
        except msgspec.DecodeError as error:
            raise Invalid(f"The parameters of {self.title!r} cannot be read: {error}.", place="parameters") from error


def one_step(
    name: str, title: str, description: str, parameters: type[P], do: Callable[[P, Actor], Awaitable[ItemOutcome]]
) -> Task[P]:
    """Return a task without items: one thing, done or not."""

    def subjects(_tx: Connection, _parameters: P, after: str, _limit: int) -> Sequence[Subject]:
        return () if after else (Subject("all", title),)

    async def whole(_subject: Subject, given: P, actor: Actor) -> ItemOutcome:
        return await do(given, actor)

    return Task(name, title, description, parameters, lambda _tx, _parameters: 1, subjects, whole)


class Tasks:
    """The tasks of the house by name, in the order in which they are offered."""

    def __init__(self, tasks: Iterable[Task[Any]]) -> None:
        self._tasks = {task.name: task for task in tasks}

    def __iter__(self) -> Iterator[Task[Any]]:
        return iter(self._tasks.values())

    def find(self, name: str) -> Task[Any] | None:
        return self._tasks.get(name)

    def get(self, name: str) -> Task[Any]:
        """Return a task by name; raises NotFound."""
        found = self._tasks.get(name)
        if found is None:
            names = ", ".join(self._tasks)
            raise NotFound(f"There is no task {name[:60]!r}.", place="task", remedy=f"Tasks: {names}." if names else "")
        return found

    def title(self, name: str) -> str:
        """Return what a task is called; one this release does not know keeps its name."""
        found = self._tasks.get(name)
        return found.title if found else name
