"""No agency: DOIs are reserved under a prefix and stay reserved, until this is deleted and an agency's profile takes over."""

from server.identifiers.model import Agency
from server.identifiers.schemes import doi
from server.identifiers.schemes.doi import DoiRules


class Account(DoiRules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules by which names are reserved; there is nobody to log in to."""


PLUGIN = Agency(
    name="reserve",
    title="Reserve only (no agency)",
    scheme=doi.PLUGIN,
    account=Account,
    client=None,
    description="Mints DOIs under a prefix and registers them nowhere. To have them registered, delete this profile, and then "
    "make one of an agency with the same prefix, or switch the one there is off and on again: it takes them over.",
)
