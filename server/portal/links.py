"""Links by which somebody sets a password: how they are written, and how they reach their owner by mail."""

from urllib.parse import quote

from sqlalchemy import Connection

from server.accounts.model import Account
from server.accounts.own import Post
from server.accounts.tickets import Purpose
from server.errors import Unavailable


def link(url: str, word: str) -> str:
    """Return the address of the page on which a password is set by a ticket."""
    return f"{url}/login/password?ticket={quote(word, safe='')}"


def post() -> Post:
    """Return what mails links in somebody's transaction."""

    def mail(tx: Connection, account: Account, address: str, word: str, purpose: Purpose) -> None:
        del tx, account, address, word, purpose
        raise Unavailable("No mail server is set up, so no mail can be sent.")

    return mail
