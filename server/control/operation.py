"""What an operation of the control socket is: its arguments and what does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from server.house import House


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operation takes."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing an operator can ask for: the class of its arguments, and what does it."""

    arguments: type[Any]
    run: Callable[[House, Any], Awaitable[Any]]


class Nothing(Arguments, frozen=True, kw_only=True):
    pass
