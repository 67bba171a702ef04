"""The forms of the jobs' pages: a task's parameters, and when something runs by the clock."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy import Connection

from server.errors import SheafError
from server.forms.field import Choice, Label, title
from server.forms.form import Form, Layout
from server.runs.model import Run
from server.runs.schedule import CHOICES, Schedule, checked
from server.runs.task import Choices, Task, Tasks

OWN = "own"

#: What is offered for the time of a schedule: the usual ones, and one's own.
_TIMES = (*(Choice(cron, words[:1].upper() + words[1:]) for cron, words in CHOICES.items()), Choice(OWN, "Another time"))


class When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When something runs."""

    time: Annotated[str, title("When", "All times are UTC.", choices=_TIMES, widget="select")] = "0 2 * * *"
    cron: Annotated[
        str,
        Meta(max_length=100),
        title("Another time", "Minute, hour, day of the month, month, day of the week: 30 2 * * 1 is Monday at 02:30."),
    ] = ""

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Refuse a line that would not count: which of the two was meant cannot be known."""
        if values.get("cron") and values.get("time", OWN) != OWN:
            yield "cron", "counts only with “Another time”: choose that, or empty this line"

    def line(self) -> str:
        """Return the cron line; raises Invalid."""
        return checked(self.cron if self.time == OWN else self.time)

    @classmethod
    def of(cls, cron: str) -> "When":
        """Return the form's value for a cron line."""
        return cls(time=cron) if cron in CHOICES else cls(time=OWN, cron=cron)


WHEN = Layout.of(When)


def layout(task: Task[Any], choices: Choices) -> Layout[Any]:
    """Return the form of a task's parameters, with what can be chosen for them now."""
    labels = {
        name: Label(choices=tuple(Choice(each, each) for each in found), help=_hint(found)) for name, found in choices.items()
    }
    return Layout.of(task.parameters, labels=labels)


def _hint(found: Sequence[str]) -> str:
    return "" if found else "There is none to choose from yet."


def offered(tx: Connection, task: Task[Any]) -> Choices:
    """Return what can be chosen for a task's parameters now."""
    return task.choices(tx)


def problems(error: SheafError) -> Mapping[str, str]:
    """Return what a use case found wrong, as a form takes it."""
    return {error.place: f"{error.message} {error.remedy}".strip()}


def said(tasks: Tasks, what: Run | Schedule) -> list[tuple[str, str]]:
    """Return parameters in words: what each is called and what was given; as they are kept where they cannot be read."""
    task = tasks.find(what.task)
    try:
        form: Form | None = Layout.of(task.parameters).show(task.decode(what.parameters)) if task else None
    except SheafError:
        form = None
    if form is None:
        return [("", what.parameters)]
    return [(entry.title, entry.display) for entry in form.entries if entry.display]
