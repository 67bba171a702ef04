"""What pre-flight finds, and the shape of its rules: words, a place in the record, a weight."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from server.forms.fault import Fault
from server.metadata.work import Work


class Weight(StrEnum):
    """What a fault of a record means for its registration."""

    REFUSED = "refused"  # the agency refuses the work; nothing is registered before it is mended
    ADVISED = "advised"  # it is registered, and the agency is told less than stands in the record, or something else


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a work in the eyes of an agency."""

    path: str
    """The field, as the record has it: `creators.0.family`."""
    fault: Fault
    """A sentence that follows the name of the field."""
    weight: Weight
    remedy: str = ""

    @property
    def words(self) -> str:
        """The sentence, in English: for what is kept. It follows the name of the field."""
        return self.fault.sentence % self.fault.values if self.fault.values else self.fault.sentence

    @property
    def field(self) -> str:
        """The field without the numbers of its rows: the same for everybody who makes this mistake."""
        return ".".join(part for part in self.path.split(".") if not part.isdigit())


Look = Callable[[Work], Iterator[tuple[str, str]]]
"""Looks for one kind of fault; yields the path of each field that has it, and the value the sentence quotes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing an agency minds."""

    words: str
    """The sentence; `%(value)s` stands for what is quoted."""
    look: Look
    weight: Weight = Weight.ADVISED
    agencies: frozenset[str] = frozenset()
    """Whose rule it is, by name; none means everybody's."""
    remedy: str = ""
