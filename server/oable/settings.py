"""What an administrator says of OABLE: the form, the command line and the export are made of this."""

import re
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from server.errors import Invalid
from server.forms.field import Choice, Widget, title
from server.notify.fields import is_mailbox
from server.notify.guard import target

OABLE = "oable"

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Oable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where requests are sent, in whose name, and who may make them."""

    address: Annotated[
        str,
        Meta(min_length=1, max_length=2000),
        title(
            "Address",
            "Where requests are posted, https://…, as OABLE told your institution. OABLE's API is not public: this server builds "
            "the request itself, as its documentation shows it.",
            widget=Widget.URL,
        ),
    ]
    api_key: Annotated[str, Meta(min_length=1, max_length=4000), title("API key", "Your institution's, from OABLE.", secret=True)]
    key_in: Annotated[
        Literal["bearer", "x-api-key"],
        title(
            "The key is sent as",
            "The header OABLE reads it from.",
            choices=(Choice("bearer", "Authorization: Bearer"), Choice("x-api-key", "X-API-Key")),
        ),
    ] = "bearer"
    suffix: Annotated[
        str,
        Meta(min_length=1, max_length=254),
        title("Institutional e-mail suffix", "Such as example.org: who asks has an address there, or in a subdomain of it."),
    ]
    errors: Annotated[
        str,
        Meta(min_length=1, max_length=254),
        title("E-mail for error messages", "Who is told when a request is refused or given up.", widget=Widget.EMAIL),
    ]
    organisation: Annotated[
        str, Meta(min_length=1, max_length=300), title("Organisation", "Its name exactly as in ROR (https://ror.org).")
    ]

    def __post_init__(self) -> None:
        try:
            target(self.address)
        except Invalid as error:
            raise ValueError(f"address: {error.message} {error.remedy}") from error
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise ValueError("api_key: must be letters, digits and signs without blanks; enter it as OABLE gave it")
        host = self.suffix.strip().lower().removeprefix("@").removeprefix(".")
        if not _HOST.fullmatch(host):
            raise ValueError("suffix: must be what follows the @ in your institution's addresses, such as example.org")
        force_setattr(self, "suffix", host)
        if not is_mailbox(self.errors):
            raise ValueError("errors: must be one e-mail address, such as library@example.org")

    def __repr__(self) -> str:
        return f"Oable({self.address!r}, {self.organisation!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("address", self.address), ("organisation", self.organisation)]
