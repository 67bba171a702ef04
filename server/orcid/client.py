"""ORCID's Member API (3.0): one request at a time, bounded in time and size, no redirection followed, no token in any word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from server.identifiers.answers import retry_after
from server.orcid.answers import Raw, judged
from server.orcid.model import Said, Verdict
from server.orcid.settings import Orcid

XML = "application/vnd.orcid+xml"
LARGEST = 32 * 2**20
_TIMEOUT = ClientTimeout(total=60, connect=10, sock_read=45)


@dataclass(frozen=True, slots=True)
class Member:
    """One person's record at ORCID, spoken to with their token."""

    session: ClientSession
    settings: Orcid
    token: str

    async def works(self, orcid: str) -> Said:
        """Ask for the summary of all works on a record."""
        return await self._send("GET", f"{orcid}/works", orcid)

    async def read(self, orcid: str, put_codes: Sequence[int]) -> Said:
        """Ask for up to a hundred works whole."""
        return await self._send("GET", f"{orcid}/works/{','.join(map(str, put_codes))}", orcid)

    async def put(self, orcid: str, put_code: int, document: bytes) -> Said:
        """Change a work that we put there; the document names the same put-code."""
        return await self._send("PUT", f"{orcid}/work/{put_code}", orcid, document)

    async def post(self, orcid: str, document: bytes) -> Said:
        """Put one work there."""
        return await self._send("POST", f"{orcid}/work", orcid, document)

    async def post_all(self, orcid: str, document: bytes) -> Said:
        """Put up to a hundred works there; what became of each stands in the answer."""
        return await self._send("POST", f"{orcid}/works", orcid, document)

    async def delete(self, orcid: str, put_code: int) -> Said:
        """Take a work away that we put there."""
        return await self._send("DELETE", f"{orcid}/work/{put_code}", orcid)

    async def _send(self, method: str, path: str, orcid: str, document: bytes | None = None) -> Said:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": XML}
        if document is not None:
            headers["Content-Type"] = XML
        address = f"{self.settings.places.api}/{path}"
        raw = await asked(self.session, method, address, headers, document)
        return judged(raw, method, orcid, (self.token,)) if isinstance(raw, Raw) else raw


async def asked(
    session: ClientSession, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None
) -> Raw | Said:
    """Send one request; an answer that does not come is one that says nothing. Never raises for what the other side may do."""
    url = URL(address)
    try:
        async with session.request(
            method, url, headers=dict(headers), data=body, timeout=_TIMEOUT, allow_redirects=False
        ) as answer:
            parts = bytearray()
            async for part in answer.content.iter_any():
                parts += part
                if len(parts) > LARGEST:
                    return Said(Verdict.UNCLEAR, answer.status, f"{url.host} answered more than {LARGEST} bytes.")
            wait = retry_after(answer.headers.get("Retry-After"))
            return Raw(answer.status, answer.headers.get("Location", ""), wait, answer.content_type, bytes(parts))
    except (ClientError, TimeoutError, OSError, ValueError) as error:
        reason = type(error).__name__ if isinstance(error, TimeoutError) or not str(error) else str(error)
        return Said(Verdict.SILENT, None, f"No answer of {url.host}: {reason.rstrip('.')}.")
