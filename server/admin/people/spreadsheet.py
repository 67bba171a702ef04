"""People brought in from a spreadsheet, after it was shown what that comes to; and taken out as one."""

import hashlib
from dataclasses import dataclass

from aiohttp import web

from server.accounts.model import Right
from server.errors import Conflict, Invalid, SheafError
from server.pages import PROTECTION
from server.people import bringing, spreadsheet, store
from server.people.bringing import Plan
from server.people.model import Person
from server.portal.door import VISITOR, posted
from server.portal.frame import Frame, led
from server.xml import clean

MOST_SHOWN = 200
"""So many lines of each kind are shown; all are counted."""


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get("/admin/people/export", Right.PEOPLE, self.export),
            get("/admin/people/import", Right.PEOPLE, self.form),
            post("/admin/people/import", Right.PEOPLE, self.bring),
        ]

    async def export(self, _request: web.Request) -> web.StreamResponse:
        people: list[tuple[int, Person]] = []
        while some := await self.frame.house.database.read(store.every, people[-1][0] if people else 0):
            people += [(kept.id, kept.person) for kept in some]
        headers = PROTECTION | {"Content-Disposition": 'attachment; filename="people.csv"', "Cache-Control": "no-store"}
        body = "\ufeff" + spreadsheet.write(people)  # the mark tells spreadsheet programs that it is UTF-8
        return web.Response(text=body, content_type="text/csv", charset="utf-8", headers=headers)

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self._page(request)

    async def bring(self, request: web.Request) -> web.StreamResponse:
        """Show what a file comes to; the second time, by the same bytes, bring it in."""
        house = self.frame.house
        try:
            text, sure = await _file(request)
            read = spreadsheet.read(text)
            if not sure:
                plan = await house.database.read(bringing.plan, read)
                return self._page(request, plan=plan, text=text, digest=_digest(text))
            new, changed = await house.database.write(bringing.bring, read, request[VISITOR].actor, house.clock())
        except (Invalid, Conflict) as error:
            return self._page(request, 422, failure=error)
        house.worker.call()
        raise led("/admin/people", "people-brought" if new or changed else "people-same")

    def _page(
        self, request: web.Request, status: int = 200, *, plan: Plan | None = None, text: str = "", digest: str = "",
        failure: SheafError | None = None,
    ) -> web.Response:  # fmt: skip
        values = {"plan": plan, "text": text, "digest": digest, "failure": failure}
        if plan is not None and plan.faults:
            status = 422
        return self.frame.page(
            request, "admin/people/import.html", status, **values, columns=spreadsheet.COLUMNS, most=MOST_SHOWN
        )


async def _file(request: web.Request) -> tuple[str, bool]:
    """Return the text of the file and whether it is the one that was shown; raises Invalid."""
    form = await posted(request)
    again, digest = form.get("text", ""), form.get("digest", "")
    if isinstance(again, str) and again:
        # browsers send every line end of a form as CR LF
        text = again.replace("\r\n", "\n")
        if digest == _digest(text):
            return text, True
        raise Invalid("The file is not the one that was shown.", place="file", remedy="Choose it again.")
    upload = form.get("file")
    body = upload.file.read() if isinstance(upload, web.FileField) else b""
    try:
        return clean(body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")).lstrip("\n"), False
    except UnicodeDecodeError as error:
        raise Invalid(
            "The file is not in UTF-8.", place="file", remedy="Save it as “CSV UTF-8” in the spreadsheet program."
        ) from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
