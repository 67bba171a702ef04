"""Two descriptions of one work made one: what the first says stands, the second fills what it leaves open."""

import msgspec

from server.records.embargo import closed_as
from server.records.model import Container, Dates, Publisher, Record, Thesis, Value

_PARTS = (Dates, Publisher, Container, Thesis)


def merged(first: Record, second: Record) -> Record:
    """Return the first record, completed by the second.

    Single values stay, lists grow by what is new, the type moves only from `other.other`, and of two accesses the stricter holds.
    """
    changes: dict[str, object] = {}
    for name in first.__struct_fields__:
        mine, theirs = getattr(first, name), getattr(second, name)
        if name in {"title", "files", "access"}:
            continue
        if isinstance(mine, tuple):
            changes[name] = mine + tuple(item for item in theirs if item not in mine)
        elif isinstance(mine, _PARTS):
            changes[name] = _filled(mine, theirs)
        elif not mine or (name == "type" and mine == "other.other"):
            changes[name] = theirs
    return closed_as(msgspec.structs.replace(first, **changes), second)


def _filled(mine: Value, theirs: Value) -> Value:
    values = {name: getattr(mine, name) or getattr(theirs, name) for name in mine.__struct_fields__}
    return type(mine)(**values)
