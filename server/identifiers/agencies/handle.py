"""A handle server: handles are made, looked at and led elsewhere over its REST API."""

from typing import Any

from server.identifiers.handle.account import Account
from server.identifiers.handle.client import HandleClient
from server.identifiers.model import Agency, AgencyState, Pace
from server.identifiers.schemes import handle
from server.metadata.work import Work

#: One's own server names no rate: as much as one server of its kind answers with ease.
PACES = {"production": Pace(600, 60.0, 60), "test": Pace(600, 60.0, 60)}


def _document(_work: Work, _account: Any, _state: AgencyState) -> bytes:
    """Write nothing: a handle says where a work is, and not what it is."""
    return b""


PLUGIN = Agency(
    name="handle",
    title="Handle Server Integration",
    scheme=handle.PLUGIN,
    account=Account,
    client=HandleClient,
    reads=HandleClient,
    drafts=HandleClient,
    document=_document,
    paces=PACES,
    is_entered=True,
    first_calls=2,  # it is made, and looked at
    later_calls=3,  # it is looked at, led elsewhere, and looked at again
    description="Gives each work a handle when it is approved, and keeps its address at a handle server up to date.",
)
