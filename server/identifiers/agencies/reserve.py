"""No agency: DOIs are reserved under a prefix and stay reserved, until a profile of an agency takes over."""

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
    description="Mints DOIs under a prefix and registers them nowhere; a profile of an agency takes them over later.",
)
