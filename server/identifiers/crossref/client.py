"""Crossref's deposit service: a document is handed in, worked at in a queue, and asked after by its file name."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, quote_plus

import aiohttp
from yarl import URL

from server.identifiers.answers import USER_AGENT, read, reason_of, retry_after
from server.identifiers.crossref.account import Account
from server.identifiers.crossref.diagnostic import Fate, Receipt, Verdict, diagnostic, receipt, verdict, words_of
from server.identifiers.crossref.works import CrossrefWorks
from server.identifiers.leading import is_anothers, leads_to, refusal
from server.identifiers.model import Confirmed, Desired, Failed, Fault, Pending, Ticket
from server.metadata.crossref.document import deposit

_TIMEOUT = aiohttp.ClientTimeout(total=90, connect=10, sock_read=60)
_KEPT_ANSWER = 16_384
_SERVER_ERROR = 500

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
UNSEEN_FOR = timedelta(minutes=30)
"""A submission Crossref does not know of is waited for so long: it may have been taken and not be visible yet."""
STUCK_AFTER = timedelta(days=3)
"""A submission that stands in the queue for so long is sent once more."""

#: Status → fault; 5xx are transient, other refusals are of what was sent.
FAULTS = {401: Fault.CREDENTIALS, 403: Fault.CREDENTIALS} | dict.fromkeys((408, 425, 429), Fault.TRANSIENT)

_ADVICE = {
    Fault.CREDENTIALS: " (check account ID and password of the profile)",
    Fate.RIGHTS: " (check that the prefix belongs to the account)",
}
_LARGEST_STAMP = 10**18
"""What the database can count up from."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: float | None
    body: str


def file_name(doi: str, ticket: Ticket) -> str:
    """Return the name of a submission's file: of each name Crossref finds the first submission only, so each has its own."""
    return f"{_batch(doi, ticket)}.xml"


def _batch(doi: str, ticket: Ticket) -> str:
    return f"{re.sub('[^0-9A-Za-z]+', '-', doi)[:50]}-{ticket.submission}-{ticket.stamp}"


class CrossrefClient:
    """One account, spoken for through a shared client session."""

    def __init__(self, account: Account, session: aiohttp.ClientSession) -> None:
        self._account = account
        self._session = session
        self.calls = 0
        self._headers = {"User-Agent": session.headers.get("User-Agent", USER_AGENT)}
        password = account.password
        self._secrets = sorted({password, quote(password, safe=""), quote_plus(password), quote(password)}, key=len, reverse=True)

    async def agree(self, desired: Desired, ticket: Ticket) -> Confirmed | Failed | Pending:
        """Hand in what is desired, or ask what became of it. An answer that is lost is asked for, never sent for again.

        A deposit takes the place of whatever stands there with a lesser stamp: until Crossref has confirmed a DOI, it is
        looked at first, where that can be.
        """
        if ticket.waiting:
            return await self._ask(desired, ticket)
        if not ticket.known and self._account.shows_works and (refused := await self._taken(desired, ticket)):
            return refused
        return await self._deposit(desired, ticket)

    async def test(self) -> Confirmed | Failed:
        """Ask after a submission nobody ever made: who may ask is told that it is not known, and nothing changes."""
        answer = await self._result("account-test.xml")
        if isinstance(answer, Failed):
            return answer
        found = diagnostic(answer.body)
        if found is None:
            return self._strange(answer)
        return Confirmed(answer.status, f"The service answers for {self._account.account_id}.")

    async def _taken(self, desired: Desired, ticket: Ticket) -> Failed | None:
        """Look whether a DOI is another's. What is shown is some days old: what a former system deposited stands there."""
        works = CrossrefWorks(self._account, self._session)
        told = await works.look(desired.value)
        self.calls += works.calls
        if isinstance(told, Failed):  # where it is not shown to us at all, the stamps alone must tell
            return None if told.fault is Fault.REJECTED else _again(told)
        if told is None or not is_anothers(desired, ticket, told.url):
            return None
        leads = leads_to(told.url) if told.url else "leads nowhere"
        return Failed(Fault.REJECTED, refusal("doi", "DOI", leads) + ".")

    async def _deposit(self, desired: Desired, ticket: Ticket) -> Failed | Pending:
        account, name = self._account, file_name(desired.value, ticket)
        document = deposit(
            desired.metadata,
            batch=_batch(desired.value, ticket),
            stamp=ticket.stamp,
            depositor=account.registration_name,
            email=account.email,
            version=account.schema,
        )
        form = aiohttp.FormData()
        for field, value in (("operation", "doMDUpload"), ("login_id", account.account_id), ("login_passwd", account.password)):
            form.add_field(field, value)
        form.add_field("fname", document, filename=name, content_type="application/xml")
        answer = await self._send("POST", URL(f"{account.address}/servlet/deposit"), form)
        if isinstance(answer, Failed):
            lost = answer.fault is Fault.UNKNOWN and answer.status is None
            return Pending(answer.message, FIRST_WAIT.total_seconds()) if lost else answer
        match receipt(answer.body):
            case Receipt.TAKEN:
                return Pending(
                    "Crossref has it in its queue.", FIRST_WAIT.total_seconds(), answer.status, self._redacted(answer.body)
                )
            case Receipt.FAILED:
                return self._failed(Fault.TRANSIENT, f"Crossref could not take it: {words_of(answer.body)}", answer)
            case Receipt.CREDENTIALS:
                return self._strange(answer)
            case Receipt.NONSENSE:
                message = "Crossref's answer makes no sense; it is asked what became of the deposit."
                return Pending(message, FIRST_WAIT.total_seconds(), answer.status, self._redacted(answer.body))

    async def _ask(self, desired: Desired, ticket: Ticket) -> Confirmed | Failed | Pending:
        answer = await self._result(file_name(desired.value, ticket))
        if isinstance(answer, Failed):
            return answer if answer.fault is Fault.CREDENTIALS else _again(answer)
        found = diagnostic(answer.body)
        if found is None:
            strange = self._strange(answer)
            return strange if strange.fault is Fault.CREDENTIALS else _again(strange)
        if found.status == "completed":
            return self._judge(verdict(found.records, desired.value, ticket.stamp), ticket, answer)
        is_unseen = found.status == "unknown_submission"
        if ticket.age > (UNSEEN_FOR if is_unseen else STUCK_AFTER):
            gone = "does not know of it" if is_unseen else f"still says {found.status}"
            return self._failed(Fault.UNKNOWN, f"Crossref {gone} after {ticket.age}; it is sent again", answer)
        message = "Crossref does not show it yet." if is_unseen else f"Crossref is working at it ({found.status})."
        wait = min(max(ticket.age / 2, FIRST_WAIT), LONGEST_WAIT)
        return Pending(message, wait.total_seconds(), answer.status, self._redacted(answer.body))

    def _judge(self, said: Verdict, ticket: Ticket, answer: Answer) -> Confirmed | Failed:
        match said.fate:
            case Fate.REGISTERED:
                return Confirmed(answer.status, self._redacted(answer.body))
            case Fate.CONFLICT:
                return Confirmed(answer.status, self._redacted(answer.body), f"Crossref registered it, and says: {said.words}.")
            case Fate.OVERTAKEN if 0 < said.previous < _LARGEST_STAMP:
                return self._overtaken(said, ticket, answer)
            case Fate.RIGHTS:
                return self._failed(Fault.CREDENTIALS, f"Crossref says: {said.words}{_ADVICE[Fate.RIGHTS]}", answer)
            case Fate.SILENT:
                return self._failed(Fault.UNKNOWN, "Crossref says nothing of the DOI; it is sent again", answer)
        return self._failed(Fault.REJECTED, f"Crossref refused it: {said.words or 'no reason given'}", answer)

    def _overtaken(self, said: Verdict, ticket: Ticket, answer: Answer) -> Failed:
        """Go above a greater stamp of a DOI that is ours; else it is another's, as all that was sent from here had a lesser."""
        if not ticket.known:
            leads = f"has a version ({said.previous}) that was not sent from here"
            return self._failed(Fault.REJECTED, refusal("doi", "DOI", leads), answer)
        message = f"Crossref knows a newer version ({said.previous}); it is sent again with a greater one"
        failed = self._failed(Fault.UNKNOWN, message, answer)
        return Failed(failed.fault, failed.message, failed.status, failed.answer, above=said.previous)

    async def _result(self, name: str) -> Answer | Failed:
        account = self._account
        query = {"usr": account.account_id, "pwd": account.password, "file_name": name, "type": "result"}
        return await self._send("GET", URL(f"{account.address}/servlet/submissionDownload").with_query(query))

    async def _send(self, method: str, address: URL, form: aiohttp.FormData | None = None) -> Answer | Failed:
        """Send one request; return its answer when the status is 2xx, else what went wrong. The address is never quoted."""
        host = address.host or ""
        self.calls += 1
        try:
            async with self._session.request(
                method, address, data=form, headers=self._headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                body = await read(response)
                answer = Answer(response.status, retry_after(response.headers.get("Retry-After")), body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failed(Fault.TRANSIENT, self._redacted(f"No connection to {host}: {reason_of(error)}."))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = type(error).__name__  # its words may hold the address, and that the password
            return Failed(Fault.UNKNOWN, f"The answer of {host} was lost ({reason}); it is asked what became of it.")
        if answer.status // 100 == 2:  # noqa: PLR2004
            return answer
        status = answer.status
        fault = FAULTS.get(status, Fault.TRANSIENT if status >= _SERVER_ERROR else Fault.REJECTED)
        said = f"Crossref answered {status}: {words_of(answer.body) or 'no reason given'}{_ADVICE.get(fault, '')}"
        return self._failed(fault, said, answer)

    def _strange(self, answer: Answer) -> Failed:
        """Say what an answer means that is not what was asked for."""
        if receipt(answer.body) is Receipt.CREDENTIALS:
            said = f"Crossref says: {words_of(answer.body).rstrip('.')}{_ADVICE[Fault.CREDENTIALS]}"
            return self._failed(Fault.CREDENTIALS, said, answer)
        return self._failed(Fault.UNKNOWN, "Crossref's answer makes no sense", answer)

    def _failed(self, fault: Fault, message: str, answer: Answer) -> Failed:
        said = self._redacted(message).rstrip(".") + "."
        return Failed(fault, said, answer.status, self._redacted(answer.body), answer.retry_after)

    def _redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text if len(text) <= _KEPT_ANSWER else text[:_KEPT_ANSWER] + "…"


def _again(failed: Failed) -> Failed:
    """Turn whatever kept us from asking into something that passes: what was handed in is still there to be asked after."""
    return Failed(Fault.TRANSIENT, failed.message, failed.status, failed.answer, failed.retry_after)
