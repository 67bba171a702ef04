"""Fills in, when the documentation is built, what only the code knows: settings, commands, log lines, figures.

A page marks the place by a comment: `<!-- settings -->`, `<!-- commands -->`, `<!-- events -->`, `<!-- figures -->`.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from server import observe
from server.cli import COMMANDS, main
from server.settings import table

SERVER = Path(__file__).resolve().parents[1] / "server"
_MARK = re.compile(r"<!-- (settings|commands|events|figures) -->")
_LEVELS = {"info", "warning", "error", "exception"}


def settings() -> str:
    rows = [f"| `{name}` | {f'`{default}`' if default else ''} | {sentence} |" for name, default, sentence in table()]
    return "\n".join(["| variable | default | what it says |", "|---|---|---|", *rows])


def commands() -> str:
    """Return the help of every command and its subcommands."""
    context = click.Context(main, info_name="sheaf")
    parts = []
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is not None:
            parts += [f"## sheaf {name}", *_helped(command, click.Context(command, info_name=f"sheaf {name}"))]
    return "\n\n".join(parts)


def _helped(command: click.Command, context: click.Context) -> Iterator[str]:
    context.max_content_width = 110
    yield f"```text\n{command.get_help(context).rstrip()}\n```"
    for name, under in getattr(command, "commands", {}).items():
        yield from _helped(under, click.Context(under, info_name=f"{context.info_name} {name}"))


def logged() -> list[tuple[str, str, str, str]]:
    """Return every line the code can log: logger, level, event, and the keys it carries."""
    found = set()
    for path in sorted(SERVER.rglob("*.py")):
        tree = ast.parse(path.read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = [_text(call.args[0]) for call in calls if _named(call) == "logger" and call.args]
        for call in calls:
            word = _named(call)
            if word in _LEVELS and ast.unparse(call.func) == f"log.{word}" and names:
                level = "error" if word == "exception" else word
                found.add((f"sheaf.{names[0]}", level, _text(call.args[0]), ", ".join(_keys(call))))
    return sorted(found)


def _named(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _keys(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
            yield from (_text(key) for key in keyword.value.keys if key is not None)
        elif keyword.arg == "extra":
            yield "…"


def events() -> str:
    rows = [f"| {event} | `{logger}` | {level} | {keys} |" for logger, level, event, keys in logged()]
    return "\n".join(["| event | logger | level | with |", "|---|---|---|---|", *rows])


def figures() -> str:
    rows = []
    for metric in observe.metrics.collect():
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        rows.append(f"| `{name}` | {metric.type} | {metric.documentation} |")
    return "\n".join(["| figure | kind | what it counts |", "|---|---|---|", *sorted(rows)])


PARTS: dict[str, Callable[[], str]] = {"settings": settings, "commands": commands, "events": events, "figures": figures}


def on_page_markdown(markdown: str, **_given: object) -> str:
    """Fill in a page's marks; MkDocs calls this for each page."""
    return _MARK.sub(lambda mark: PARTS[mark[1]](), markdown)
