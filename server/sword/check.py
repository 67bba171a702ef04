"""A look into what a deposit brought, before it is taken: what it is given, and what it may find."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from server.metadata.reading import Remark
from server.records.model import File
from server.registry import Registry
from server.sword.model import Content, Rules


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked into."""

    content: Content
    rules: Rules
    path: Callable[[str], Path]
    """Where the bytes of a file are, by their SHA-256; raises NotFound."""


@dataclass(frozen=True, slots=True)
class Check:
    """One look. It runs in a thread, and finds remarks, or what a file really is; it changes nothing itself."""

    name: str
    title: str
    run: Callable[[Looked], Iterator[Remark | File]]


def checks() -> Registry[Check]:
    """Find the checks on their shelf."""
    return Registry("server.sword.checks", Check, lambda check: check.name)


def looked_into(shelf: Registry[Check], looked: Looked) -> Content:
    """Return content with what the checks found: their remarks behind those of the reader, files under their true types."""
    content = looked.content
    remarks, files = list(content.remarks), {file.name: file for file in content.files}
    for check in shelf:
        for found in check.run(looked):
            if isinstance(found, File):
                files[found.name] = found
            else:
                remarks.append(found)
    return replace(content, remarks=tuple(remarks), files=tuple(files.values()))
