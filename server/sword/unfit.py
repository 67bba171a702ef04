"""Content that must be held: an error that knows all that is wrong with it, and what was understood of it all the same."""

from collections.abc import Sequence
from typing import Self

from server.errors import Invalid, SheafError
from server.sword.model import Content, Problem


class Unfit(Invalid):
    """Content that cannot be taken as it is. It speaks by the first of its problems; none of what was found is lost.

    `refuses`: whether the profile wants such content refused, whatever it wants of other faults.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        warnings: Sequence[Problem] = (),
        content: Content | None = None,
        notes: Sequence[str] = (),
        *,
        refuses: bool = False,
    ) -> None:
        first = problems[0]
        super().__init__(first.message, place=first.place, remedy=first.remedy, code=first.code, value=first.value)
        self.problems, self.warnings, self.notes = tuple(problems), tuple(warnings), tuple(notes)
        self.content = content or Content()
        self.refuses = refuses

    @classmethod
    def of(cls, error: SheafError, content: Content | None = None, notes: Sequence[str] = ()) -> Self:
        """Return an error with what was understood before it came up; one that knows that already stays as it is."""
        if isinstance(error, cls):
            return error
        remarks = content.remarks if content is not None else ()
        return cls((Problem.of(error),), [Problem.from_remark(remark) for remark in remarks], content, notes)
