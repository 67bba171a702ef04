"""Links by which somebody sets a password: how they are written, and how they reach their owner by mail."""

from urllib.parse import quote

from sqlalchemy import Connection

from server.accounts.model import Account
from server.accounts.own import Post
from server.accounts.tickets import LIVES, Purpose
from server.house import House
from server.notify import mail

#: Which letter carries a link, by what it is for.
LETTERS = {Purpose.RESET: "reset", Purpose.INVITATION: "invitation"}


def link(url: str, word: str) -> str:
    """Return the address of the page on which a password is set by a ticket."""
    return f"{url}/login/password?ticket={quote(word, safe='')}"


def can_mail(tx: Connection) -> bool:
    """Whether there is a mail server to send links by."""
    return mail.enabled(tx) is not None


def post(house: House) -> Post:
    """Return what mails links in somebody's transaction; it raises Unavailable where no mail server is set up."""

    def ask(tx: Connection, account: Account, address: str, word: str, purpose: Purpose) -> None:
        now, life = house.clock(), LIVES[purpose]
        values = {"name": account.name, "minutes": int(life.total_seconds() // 60), "days": life.days}
        secret = {"link": link(house.press.renderer.repository.url, word)}
        mail.ask(tx, house.seal, to=address, template=LETTERS[purpose], values=values, secret=secret, now=now, until=now + life)

    return ask
