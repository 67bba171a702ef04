"""Crossref's deposit service as it behaves, on loopback, with moods a test can script; `python -m tests.fakes.crossref --port N`."""

import argparse
import asyncio
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web
from lxml import etree

from tests.fakes import crossref_works as works
from tests.fakes.crossref_schema import XSD, schema

PENDING_LIMIT = 10_000
CONTENT = web.RequestKey("content", bytes)
ACCEPTED = (
    "<html><head><title>SUCCESS</title></head><body><h2>SUCCESS</h2>"
    "<p>Your batch submission was successfully received.</p></body></html>"
)
FAILURE = (
    "<html>\n <head><title>FAILURE</title>\n </head>\n <body>\n <h2>FAILURE</h2>\n"
    " <p>Your XML batch submission failed. [{why}]</p>\n </body>\n </html>"
)
WRONG_CREDENTIALS = "Wrong credentials. Incorrect username or password."
OUTAGE = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"


class Mood(StrEnum):
    """What befalls one request."""

    WELL = "well"
    DOWN = "down"  # 503, nothing processed
    CUT = "cut"  # the connection breaks before anything is processed
    LOST = "lost"  # processed, then the connection breaks
    SLOW = "slow"  # processed, answered after `slowness` seconds
    GARBAGE = "garbage"  # processed, 200 with a page of somebody else
    LIMITED = "limited"  # 429: too many are pending
    REFUSED = "refused"  # wrong credentials whatever they are
    FAILING = "failing"  # 200 with the page of a failure, nothing processed


@dataclass
class Member:
    """A role, its password and the prefixes it may register under."""

    login: str = "role"
    password: str = "correct horse"
    prefixes: tuple[str, ...] = ("10.82433",)


@dataclass
class Doi:
    """What is registered of a DOI: the document that counts, and the version it came with."""

    version: int
    url: str
    document: etree._Element
    versions: list[int] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title of what the DOI is of, be it a part of something or the whole."""
        return self.document.findtext("{*}titles/{*}title", "")


@dataclass
class Submission:
    number: int
    login: str
    file_name: str
    content: bytes
    rest: int
    """So many more requests of anybody pass before it is worked at."""
    unseen: int
    """So many times it is not known although it was taken."""
    twice: bool
    batch: str = ""
    records: list[tuple[str, str, str, str]] | None = None
    """Status, DOI, message and message number of each record, once it is completed."""


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]
    file_name: str
    mood: Mood


class FakeCrossref:
    """The service and what it knows. `moods` is taken from the left, one a request; then `mood` holds.

    `rests`, `unseens` and `twices` are taken from the left, one a submission: how long it rests in the queue, how often it is not
    known yet, and whether its result names each record twice.
    """

    def __init__(self, *members: Member) -> None:
        self.members = members or (Member(),)
        self.dois: dict[str, Doi] = {}
        self.submissions: list[Submission] = []
        self.log: list[Call] = []
        self.moods: deque[Mood] = deque()
        self.mood = Mood.WELL
        self.rests: deque[int] = deque()
        self.unseens: deque[int] = deque()
        self.twices: deque[bool] = deque()
        self.conflicting: set[str] = set()
        """DOIs that are in conflict with another one."""
        self.names_old = True
        """Whether a refusal for its version says which one is known."""
        self.slowness = 0.3
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        if XSD.exists():
            schema()  # seconds, once a run: not while somebody waits for an answer
        app = web.Application(client_max_size=10 * 2**20, middlewares=[self._door])
        app.router.add_post("/servlet/deposit", self._deposit)
        app.router.add_get("/servlet/submissionDownload", self._download)
        app.router.add_get("/works", self._works)
        app.router.add_get("/works/{doi:.+}", self._one_work)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    @web.middleware
    async def _door(self, request: web.Request, handler: object) -> web.StreamResponse:
        mood = self.moods.popleft() if self.moods else self.mood
        form = dict(await request.post())
        file = form.pop("fname", None)
        name = ""
        if isinstance(file, web.FileField):
            name, request[CONTENT] = file.filename, file.file.read()
            file.file.close()
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        self.log.append(Call(request.method, request.path, dict(request.query), fields, name, mood))
        self._work()
        before = {
            Mood.DOWN: lambda: _page(OUTAGE, 503),
            Mood.LIMITED: lambda: _page("Too many pending submissions", 429),
            Mood.REFUSED: lambda: _page(WRONG_CREDENTIALS),
            Mood.FAILING: lambda: _page(FAILURE.format(why="/path/md-tmp/crossrefxml.xml (Not a directory)")),
        }
        is_public = mood is Mood.REFUSED and request.path.startswith("/works")  # what the world is shown asks for no account
        if mood in before and not is_public:
            return before[mood]()
        answer = web.Response() if mood is Mood.CUT else await handler(request)  # type: ignore[operator]
        if mood in {Mood.LOST, Mood.CUT} and request.transport:
            request.transport.abort()
        if mood is Mood.SLOW:
            await asyncio.sleep(self.slowness)
        return _page("<html><title>Welcome</title></html>") if mood is Mood.GARBAGE else answer

    def _who(self, login: str, password: str) -> Member | None:
        # Who logs in as a user says so before the role; the role is whose work it is.
        role = login.rpartition("/")[2]
        return next((each for each in self.members if each.login == role and each.password == password), None)

    async def _deposit(self, request: web.Request) -> web.Response:
        form = await request.post()
        member = self._who(str(form.get("login_id", "")), str(form.get("login_passwd", "")))
        file = form.get("fname")
        if member is None:
            return _page(WRONG_CREDENTIALS)
        if form.get("operation") != "doMDUpload":
            return _page(FAILURE.format(why="operation"))
        if not isinstance(file, web.FileField) or not file.filename:
            return _page(FAILURE.format(why="no file"))
        if sum(each.records is None for each in self.submissions if each.login == member.login) >= PENDING_LIMIT:
            return _page("Too many pending submissions", 429)
        rest, unseen = self.rests.popleft() if self.rests else 0, self.unseens.popleft() if self.unseens else 0
        twice = self.twices.popleft() if self.twices else False
        number = 1_390_675_475 + len(self.submissions)
        self.submissions.append(Submission(number, member.login, file.filename, request[CONTENT], rest, unseen, twice))
        if not rest:
            self._process(self.submissions[-1], member)
        return _page(ACCEPTED)

    async def _works(self, request: web.Request) -> web.Response:
        prefix = request.query["filter"].removeprefix("prefix:")
        found = sorted(name for name in self.dois if name.startswith(f"{prefix}/"))
        return works.listed([works.item(name, self.dois[name].url, self.dois[name].document) for name in found], request.query)

    async def _one_work(self, request: web.Request) -> web.Response:
        name = request.match_info["doi"].lower()
        if name not in self.dois:
            return web.Response(status=404, text="Resource not found.")
        return works.one(works.item(name, self.dois[name].url, self.dois[name].document))

    async def _download(self, request: web.Request) -> web.Response:
        query = request.query
        member = self._who(query.get("usr", ""), query.get("pwd", ""))
        if member is None:
            return _page(WRONG_CREDENTIALS)
        mine = [each for each in self.submissions if each.login == member.login]
        by_name = [each for each in mine if each.file_name == query.get("file_name")]
        by_batch = [each for each in mine if each.records is not None and each.batch == query.get("doi_batch_id")]
        found = next(iter(by_name or by_batch), None)  # only the first match is ever returned
        if found is None or found.unseen:
            if found is not None:
                found.unseen -= 1
            return _xml(
                '<doi_batch_diagnostic status="unknown_submission"><submission_id>0</submission_id><batch_id /></doi_batch_diagnostic>'
            )
        if query.get("type") == "contents":
            return web.Response(body=found.content, content_type="text/xml")
        if found.records is None:
            if found.rest > 1:
                return _xml(f'<doi_batch_diagnostic status="queued"><batch_id>{found.batch}</batch_id></doi_batch_diagnostic>')
            return _xml('<doi_batch_diagnostic status="in_process"/>')
        return _xml(etree.tostring(_diagnostic(found), encoding="unicode"))

    # The queue.

    def _work(self) -> None:
        """Let a little time pass: whatever rested long enough is worked off, be it older or younger than the rest."""
        for each in self.submissions:
            if each.records is None:
                each.rest -= 1
                if each.rest <= 0:
                    self._process(each, next(m for m in self.members if m.login == each.login))

    def finish(self) -> None:
        """Work off whatever is left in the queue."""
        for each in self.submissions:
            if each.records is None:
                self._process(each, next(m for m in self.members if m.login == each.login))

    def _process(self, submission: Submission, member: Member) -> None:
        submission.records = list(self._records(submission, member))

    def _records(self, submission: Submission, member: Member) -> Iterator[tuple[str, str, str, str]]:
        try:
            root = etree.fromstring(submission.content, etree.XMLParser(no_network=True, resolve_entities=False))
        except etree.XMLSyntaxError as error:
            yield "Failure", "", f"Error processing XML: {error.msg}", ""
            return
        submission.batch = root.findtext("{*}head/{*}doi_batch_id", "")
        version = (etree.QName(root).namespace or "").rpartition("/")[2]
        official = schema({"5.5.0": "5.5.0-xsd10"}.get(version, "5.4.0"))
        if not official.validate(root):
            why = official.error_log[0].message
            yield "Failure", "", f"Error validating schema crossref{version}.xsd : Error: {why}", ""
            return
        for orcid in root.iter("{*}ORCID"):
            if not _is_orcid(orcid.text or ""):
                yield "Failure", "DOI not found", f'Error (Author ORCID): ORCID "{orcid.text}" has invalid checksum', "45"
                return
        found = list(root.iter("{*}doi_data")) or list(root.iter("{*}pending_publication"))
        prefixes = {each.findtext("{*}doi", "").partition("/")[0] for each in found}
        for data in found:
            doi = data.findtext("{*}doi", "")
            if len(prefixes) > 1:
                yield "Failure", doi, "All prefixes in a submission must match", ""
            elif doi.partition("/")[0] not in member.prefixes:
                yield "Failure", doi, f"User not allowed to add records for prefix: {doi.partition('/')[0]}", ""
            else:
                stamp = data.findtext("{*}timestamp", "") or root.findtext("{*}head/{*}timestamp", "")
                yield self._register(doi, int(stamp), data)

    def _register(self, doi: str, version: int, data: etree._Element) -> tuple[str, str, str, str]:
        known = self.dois.get(doi.lower())
        if known is not None and version <= known.version:  # compared as integers, whoever deposited before
            old = f" {known.version}" if self.names_old else " (DOI match)"
            message = (
                f"Record not processed because submitted version: {version} is less or equal to previously submitted version{old}"
            )
            return "Failure", doi, message, "4"
        parent = data.getparent()
        assert parent is not None
        versions = [*(known.versions if known else []), version]
        self.dois[doi.lower()] = Doi(version, data.findtext("{*}resource", ""), parent, versions)
        if doi.lower() in self.conflicting:
            return "Warning", doi, "Added with conflict", ""
        return "Success", doi, "Successfully updated" if known else "Successfully added", ""


def _diagnostic(submission: Submission) -> etree._Element:
    root = etree.Element("doi_batch_diagnostic", status="completed", sp="cs3.crossref.org")
    _add(root, "submission_id", str(submission.number))
    _add(root, "batch_id", submission.batch)
    records = submission.records or []
    for status, doi, message, number in records * (2 if submission.twice else 1):
        record = etree.SubElement(root, "record_diagnostic", {"status": status} | ({"msg_id": number} if number else {}))
        _add(record, "doi", doi)
        _add(record, "msg", message)
        if status == "Warning":
            _add(record, "conflict_id", "1423608")
            _add(etree.SubElement(record, "dois_in_conflict"), "doi", "10.5555/x9")
    counts = [status for status, _, _, _ in records]
    data = etree.SubElement(root, "batch_data")
    _add(data, "record_count", str(len(counts)))
    for name, status in (("success_count", "Success"), ("warning_count", "Warning"), ("failure_count", "Failure")):
        _add(data, name, str(counts.count(status)))
    return root


def _add(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text or None


def _is_orcid(text: str) -> bool:
    digits = re.sub("[^0-9X]", "", text.rpartition("/")[2])
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    return digits[-1:] == "0123456789X"[(12 - total % 11) % 11]


def _page(text: str, status: int = 200) -> web.Response:
    kind = "text/html" if text.startswith("<html") else "text/plain"
    return web.Response(status=status, text=text, content_type=kind)


def _xml(text: str) -> web.Response:
    return web.Response(text=f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', content_type="text/xml")


async def _serve(port: int) -> None:
    fake = FakeCrossref()
    member = fake.members[0]
    url = await fake.start(port)
    print(f"{url} account {member.login} password {member.password!r} prefix {member.prefixes[0]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(arguments.parse_args().port))
