"""A handle server that asks us: handles are minted here and resolved from here, and looked at where the world would."""

from typing import Any

from server.identifiers.handle.resolved import Account, ResolvedClient
from server.identifiers.model import Agency, AgencyState, Pace
from server.identifiers.schemes import handle
from server.metadata.work import Work

#: Each look is one small answer, and the proxy of all handles is everybody's.
PACES = {"production": Pace(120, 60.0, 10), "test": Pace(600, 60.0, 60)}


def _document(_work: Work, _account: Any, _state: AgencyState) -> bytes:
    """Write nothing: a handle says where a work is, and not what it is."""
    return b""


PLUGIN = Agency(
    name="handle-resolver",
    title="Handle Server Integration (it asks this repository)",
    scheme=handle.PLUGIN,
    account=Account,
    client=ResolvedClient,
    reads=ResolvedClient,
    document=_document,
    paces=PACES,
    is_entered=True,
    description="Gives each work a handle that an existing handle server resolves by asking this repository.",
)
