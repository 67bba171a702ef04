"""How works are written in the administration: all of them, by whoever may edit; they can be published at once."""

from server.accounts.model import Account, Right
from server.portal.writing import Manner
from server.records.store import Stored
from server.works.saving import Then


def _any(_stored: Stored, _account: Account) -> None:
    """Whoever has the right may write every work, whatever its state."""


WORKS = Manner(Right.EDIT, "/admin/works", "/admin/works", "Works", _any, frozenset({Then.SAVE, Then.PUBLISH}))
