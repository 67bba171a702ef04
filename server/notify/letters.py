"""How a letter is written: from a template and its values to a message, as text and as simple HTML.

A template is two files in `templates/mail/`: `<name>.txt`, whose first line is the subject, and `<name>.html`. Whatever the
values hold, nothing in them can add a header or a recipient, and nothing in them is markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from server.language import gettext, ngettext
from server.xml import FORBIDDEN

_PACKAGE = Path(__file__).resolve().parents[1]
#: A wheel carries the templates inside the package, an editable checkout beside it.
_FOLDERS = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose letters they are."""

    name: str
    address: str
    reply_to: str = ""


def _finalize(value: object) -> object:
    return FORBIDDEN.sub("", value) if type(value) is str else value


def _moment(value: datetime | str) -> str:
    """Write a moment for people; letters keep theirs as text."""
    moment = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


@cache
def _environment() -> Environment:
    engine = Environment(
        loader=FileSystemLoader([str(folder / "mail") for folder in _FOLDERS]),
        autoescape=select_autoescape(["html"], default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
        extensions=["jinja2.ext.i18n"],
    )
    engine.filters["moment"] = _moment
    engine.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return engine


def names() -> tuple[str, ...]:
    """Return the letters there are."""
    return tuple(name.removesuffix(".txt") for name in _environment().list_templates(["txt"]))


def write(
    template: str, values: Mapping[str, Any], sender: Sender, to: tuple[str, ...], message_id: str, now: datetime
) -> EmailMessage:
    """Write one letter; `message_id` is the same at every attempt, so that a mailbox knows a repetition."""
    text = _environment().get_template(f"{template}.txt").render(values)
    page = _environment().get_template(f"{template}.html").render(values)
    subject, _, body = text.partition("\n")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_one_line(sender.name), addr_spec=sender.address)
    message["To"] = tuple(Address(addr_spec=address) for address in to)
    if sender.reply_to:
        message["Reply-To"] = Address(addr_spec=sender.reply_to)
    message["Subject"] = _one_line(subject)[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id}@{sender.address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no mailbox answers that its owner is on holiday
    message.set_content(body.lstrip("\n"), cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
