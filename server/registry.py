"""Plug-ins are found by looking in a folder: one module, one `PLUGIN` of the right type."""

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """The plug-ins of one shelf, by name, in the order of their names.

    `package` is the dotted name of the shelf's folder, `kind` the class each `PLUGIN` must be an instance of, and
    `name` takes a plug-in and returns what it is called. Entry points of the group named like the package are added.
    Raises TypeError for a module without a fitting `PLUGIN` and ValueError for two of one name: both are mistakes of
    whoever built the installation, so they stop the start.
    """

    def __init__(self, package: str, kind: type[T], name: Callable[[T], str]) -> None:
        shelf = import_module(package)
        modules = [f"{package}.{found.name}" for found in iter_modules(shelf.__path__)]
        found: dict[str, T] = {}
        for source, plugin in [
            *((m, _plugin(m)) for m in modules),
            *((e.value, e.load()) for e in _installed(package)),
        ]:
            if not isinstance(plugin, kind):
                message = f"{source} must hold a PLUGIN of type {kind.__name__}"
                raise TypeError(message)
            if name(plugin) in found:
                message = f"{source}: there are two plug-ins named {name(plugin)!r}"
                raise ValueError(message)
            found[name(plugin)] = plugin
        self._plugins = dict(sorted(found.items()))

    def __iter__(self) -> Iterator[T]:
        return iter(self._plugins.values())

    def __contains__(self, name: str) -> bool:
        return name in self._plugins

    def __getitem__(self, name: str) -> T:
        return self._plugins[name]

    def get(self, name: str) -> T | None:
        return self._plugins.get(name)

    def names(self) -> tuple[str, ...]:
        return tuple(self._plugins)


def _plugin(module: str) -> object:
    return getattr(import_module(module), "PLUGIN", None)


@cache
def _installed(package: str) -> tuple[EntryPoint, ...]:
    """Return what else is installed for a shelf; found once, as looking through all that is installed costs more than a start."""
    return tuple(entry_points(group=package))
