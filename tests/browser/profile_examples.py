"""What somebody enters for each kind of integration profile, with the other side running where there is one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from tests.browser.conftest import Site
from tests.fakes.crossref import FakeCrossref
from tests.fakes.datacite import FakeDatacite
from tests.fakes.handle import FakeHandleServer
from tests.fakes.irus import FakeIrus
from tests.fakes.mailbox import Mailbox
from tests.fakes.oable import FakeOable
from tests.fakes.oidc import running
from tests.fakes.orcid import CLIENT, SECRET, FakeOrcid
from tests.fakes.orcid_public import FakePublicOrcid
from tests.fakes.receiver import Receiver

DEAD = "127.66.7.8:8080"
"""Nothing listens there: an address of this machine that nobody uses."""


@dataclass(frozen=True)
class Example:
    """What somebody enters for a profile, and what the other side says to it."""

    fields: dict[str, str]
    wrong: tuple[dict[str, str], str, str]
    """What is entered first, the field its error stands beside, and words of the error."""
    change: tuple[str, str]
    rows: tuple[str, ...] = ()
    """Buttons that add what the form does not begin with."""
    secret: str = ""
    """What must never come back, of the fields above."""
    agrees: str = ""
    """Words of the other side; empty where there is none."""
    dead: dict[str, str] = field(default_factory=dict)
    """What leads to nobody; empty where it is this server that is asked, which then leaves its address."""
    refuses: str = ""
    """Words of the failure then."""


@contextmanager
def oai(_site: Site) -> Iterator[Example]:
    yield Example(
        {"repository_name": "Abbey of St Thomas", "admin_emails": "library@abbey.example"},
        ({"admin_emails": "nobody"}, "admin_emails", "is not a whole address"),
        ("page_size", "77"),
        agrees="Abbey of St Thomas",
        refuses="Nobody answers at",
    )


@contextmanager
def sword(_site: Site) -> Iterator[Example]:
    yield Example(
        {"code": "garden", "collections.0.id": "peas", "collections.0.title": "Peas", "collections.0.import_as": "pending"},
        ({"code": "a b"}, "code", "may hold letters"),
        ("read_now_mb", "3"),
        rows=("Add: Collection",),
        agrees="asks clients to log in",
        refuses="Nobody answers at",
    )


@contextmanager
def running_in(
    site: Site,
    server: FakeCrossref | FakeDatacite | FakeHandleServer | FakeIrus | FakeOable | FakeOrcid | Receiver | Mailbox,
) -> Iterator[None]:
    """Let a server run beside ours."""
    site.do(server.start())
    try:
        yield
    finally:
        site.do(server.stop())


@contextmanager
def datacite(site: Site) -> Iterator[Example]:
    fake = FakeDatacite()
    password = fake.repositories[0].password
    with running_in(site, fake):
        yield Example(
            {
                "prefix": "10.82433", "account_id": "INST.REPO", "password": password, "environment": "test", "endpoint": fake.url,
            },
            ({"prefix": "11.5"}, "prefix", "starts with 10."),
            ("padding", "5"), secret=password, dead={"password": "a wrong one"},
            agrees="DataCite knows the account", refuses="DataCite answered 401: Bad credentials",
        )  # fmt: skip


@contextmanager
def crossref(site: Site) -> Iterator[Example]:
    fake = FakeCrossref()
    password = fake.members[0].password
    with running_in(site, fake):
        yield Example(
            {
                "prefix": "10.82433", "registration_name": "Abbey of St Thomas", "email": "library@abbey.example",
                "repository_name": "Garden notes", "account_id": "role", "password": password, "environment": "test",
                "endpoint": fake.url,
            },
            ({"email": "nobody"}, "email", "must be a mail address"),
            ("padding", "5"), secret=password, dead={"password": "a wrong one"},
            agrees="Crossref knows the account", refuses="Wrong credentials",
        )  # fmt: skip


@contextmanager
def handle(site: Site) -> Iterator[Example]:
    fake = FakeHandleServer()
    with running_in(site, fake):
        yield Example(
            {
                "prefix": "10536/DRO/", "suffix": "DU:", "server": fake.url, "environment": "test",
                "administrator": "300:0.NA/10536", "secret": fake.secret,
            },
            ({"administrator": "nobody"}, "administrator", "must be an index, a colon and a handle"),
            ("suffix", "DX:"), secret=fake.secret, dead={"secret": "a wrong one"},
            agrees="handles are there under 10536", refuses="no response code",
        )  # fmt: skip


@contextmanager
def handle_resolver(site: Site) -> Iterator[Example]:
    fake = FakeHandleServer()
    with running_in(site, fake):
        yield Example(
            {"prefix": "10536/", "server": fake.url, "environment": "test"},
            ({"prefix": "10536"}, "prefix", "a slash must end the naming authority"),
            ("start", "12"), dead={"server": f"http://{DEAD}"},
            agrees="The server answers for handles", refuses="No connection to",
        )  # fmt: skip


@contextmanager
def reserve(_site: Site) -> Iterator[Example]:
    yield Example({"prefix": "10.5072"}, ({"prefix": "11.5"}, "prefix", "starts with 10."), ("start", "12"))


@contextmanager
def usage(_site: Site) -> Iterator[Example]:
    yield Example(
        {"platform": "Garden notes"}, ({"namespace": "1 garden"}, "namespace", "may hold letters"), ("per_minute", "30")
    )


@contextmanager
def irus_uk(site: Site) -> Iterator[Example]:
    fake = FakeIrus()
    with running_in(site, fake):
        yield Example(
            {"endpoint": fake.url, "source": "abbey.example"},
            ({"source": "the abbey"}, "source", "must have no blanks"),
            ("days", "14"), agrees="IRUS tracker", dead={"endpoint": f"http://{DEAD}/"}, refuses="127.66.7.8",
        )  # fmt: skip
        assert fake.asked == 0


@contextmanager
def orcid(site: Site) -> Iterator[Example]:
    fake = FakeOrcid()
    with running_in(site, fake):
        yield Example(
            {"client_id": CLIENT, "client_secret": SECRET, "target": "sandbox", "endpoint": fake.url},
            ({"client_id": "somebody"}, "client_id", "begins with APP-"),
            ("ringgold_id", "8765"), secret=SECRET, dead={"client_secret": "a wrong one"},
            agrees="ORCID knows the client", refuses="ORCID answered 401",
        )  # fmt: skip


@contextmanager
def openid(_site: Site) -> Iterator[Example]:
    with running() as issuer:
        yield Example(
            {"issuer": issuer, "client_id": "sheaf", "client_secret": "tall and dwarf", "label": "Log in by the abbey"},
            ({"issuer": "http://login.example.org"}, "issuer", "must be an https address"),
            ("label", "By the abbey"),
            secret="tall and dwarf",
            agrees=f"{issuer} answers and has",
            dead={"issuer": f"https://{DEAD}", "client_secret": "tall and dwarf"},
            refuses="127.66.7.8",
        )


@contextmanager
def webhook(site: Site) -> Iterator[Example]:
    receiver = Receiver()
    with running_in(site, receiver):
        yield Example(
            {"address": receiver.url, "secret": "yellow and green", "signatures": "exl", "events": "record.published"},
            ({"address": "ftp://abbey.example"}, "address", "http"),
            ("events", "record.withdrawn"),
            secret="yellow and green",
            agrees="challenge",
            dead={"address": f"http://{DEAD}/hook", "secret": "yellow and green"},
            refuses="127.66.7.8",
        )
        assert receiver.challenges == 1


@contextmanager
def mail(site: Site) -> Iterator[Example]:
    mailbox = Mailbox()
    mailbox.refuse = {"nobody@abbey.example"}
    with running_in(site, mailbox):
        yield Example(
            {
                "host": "127.0.0.1", "port": str(mailbox.port), "security": "none", "sender": "sheaf@abbey.example",
                "recipients": "mendel@abbey.example",
            },
            ({"user": "sheaf", "password": "round and wrinkled"}, "security", "would be readable on the way"),
            ("digest_hour", "21"),
            secret="round and wrinkled",
            agrees="took a test message for mendel@abbey.example",
            dead={"recipients": "nobody@abbey.example"},
            refuses="550 5.1.1 no such mailbox",
        )  # fmt: skip
        assert len(mailbox.letters) == 1


@contextmanager
def orcid_public(site: Site) -> Iterator[Example]:
    fake = FakePublicOrcid()
    with running_in(site, fake):
        yield Example(
            {"client_id": fake.client, "client_secret": fake.secret, "environment": "sandbox", "endpoint": fake.url},
            ({"client_id": "nobody"}, "client_id", "must be APP- and 16 letters or digits"),
            ("days", "12"), secret=fake.secret, dead={"client_secret": "a wrong one"},
            agrees="ORCID gave a token and answers", refuses="Client not found",
        )  # fmt: skip


@contextmanager
def oable(site: Site) -> Iterator[Example]:
    fake = FakeOable()
    fake.key = "yellow-and-green"
    with running_in(site, fake):
        yield Example(
            {
                "address": fake.url, "api_key": fake.key, "suffix": "abbey.example", "errors": "library@abbey.example",
                "organisation": "Abbey of St Thomas",
            },
            ({"suffix": "abbey"}, "suffix", "must be what follows the @"),
            ("organisation", "Augustinian Abbey of St Thomas"), secret=fake.key, dead={"api_key": "a-wrong-one"},
            agrees="answered 405", refuses="it does not know the API key",
        )  # fmt: skip
        assert fake.known == {}


EXAMPLES: dict[str, Callable[[Site], AbstractContextManager[Example]]] = {
    "oai": oai, "sword": sword, "datacite": datacite, "crossref": crossref, "reserve": reserve, "openid": openid,
    "webhook": webhook, "mail": mail, "handle": handle, "handle-resolver": handle_resolver,
    "usage": usage, "irus-uk": irus_uk, "orcid": orcid, "orcid-public": orcid_public, "oable": oable,
}  # fmt: skip
