"""What an OAI format is, and how the formats are found.

A format is a template, and a Python file beside it where the mapping needs thought.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath
from typing import Any

from server.metadata.templates import environment
from server.metadata.work import Work
from server.records.model import Record


@dataclass(frozen=True, slots=True)
class Format:
    """One way out (OAI-PMH 3.4): its prefix, the namespace and schema of its root element, and how a work is written in it."""

    name: str
    """What we call it; two formats may share a prefix, and then no base URL offers both."""
    prefix: str
    namespace: str
    schema: str
    title: str
    """What people call it, and what it is for."""
    applies: Callable[[Record], bool]
    """Whether a record can be given in this format; where not, it is left out of the format's lists."""
    write: Callable[[Work], str]
    """Write the metadata as one root element that declares all its namespaces itself, for harvesters cut it out."""

    @property
    def is_variant(self) -> bool:
        """Whether another format goes by this one's prefix, so that it is offered only where it is chosen.

        Case does not count: the DNB asks for xMetaDissPlus.
        """
        return self.name != self.prefix.lower()


def formats() -> dict[str, Format]:
    """Find the formats: every template in `templates/xml/formats/`, by its name.

    Raises TypeError for one that lacks a declaration.
    """
    engine = environment()
    names = sorted(name for name in engine.list_templates(["xml"]) if name.startswith("formats/"))
    found = [_format(PurePath(name).stem, engine.get_template(name).module) for name in names]
    return {each.name: each for each in found}


def _format(stem: str, template: Any) -> Format:
    for needed in ("title", "prefix", "namespace", "schema", "metadata"):
        if not hasattr(template, needed):
            raise TypeError(f"templates/xml/formats/{stem}.xml must declare {needed}")
    name = f"server.metadata.formats.{stem}"
    mapping: Any = import_module(name) if find_spec(name) else None
    view: Callable[[Work], Any] = getattr(mapping, "view", lambda work: work)
    applies: Callable[[Record], bool] = getattr(mapping, "applies", lambda _record: True)
    return Format(
        stem,
        str(template.prefix),
        str(template.namespace),
        str(template.schema),
        str(template.title),
        applies,
        lambda work: str(template.metadata(view(work))),
    )
