"""The configuration as a file: written without secrets, and brought in after one has seen what that would do."""

from dataclasses import dataclass

from aiohttp import web

from server.accounts.model import Right
from server.admin.profiles import PAGE
from server.errors import SheafError
from server.portal.door import VISITOR, fields, posted
from server.portal.frame import Frame
from server.profiles import transfer
from server.profiles.transfer import Step


@dataclass(frozen=True, slots=True)
class Transfer:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(f"{PAGE}/export", Right.PROFILES, self.export),
            self.frame.get(f"{PAGE}/import", Right.PROFILES, self.form),
            self.frame.post(f"{PAGE}/import", Right.PROFILES, self.bring),
        ]

    async def export(self, _request: web.Request) -> web.StreamResponse:
        house = self.frame.house
        body = await house.database.read(transfer.exported, house.keeper.desk)
        name = f"sheaf-profiles-{house.clock():%Y-%m-%d}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def form(self, request: web.Request) -> web.StreamResponse:
        return self._page(request)

    async def bring(self, request: web.Request) -> web.StreamResponse:
        """Say what a file would do, or do it: the second time the file comes back as text, as no browser sends it again."""
        given, form = await fields(request), await posted(request)
        upload = form.get("file")
        text = given.get("text", "")
        if isinstance(upload, web.FileField):
            text = upload.file.read(transfer.LARGEST + 1).decode("utf-8", "replace") or text
        dry = given.get("deed") != "bring"
        try:
            steps = await transfer.bring_in(self.frame.house.keeper, text.encode(), request[VISITOR].actor, dry=dry)
        except SheafError as error:
            return self._page(request, 422, fault=f"{error.message} {error.remedy}", text=text)
        return self._page(request, steps=steps, text=text if dry else "", dry=dry)

    def _page(
        self,
        request: web.Request,
        status: int = 200,
        *,
        steps: list[Step] | None = None,
        text: str = "",
        fault: str = "",
        dry: bool = True,
    ) -> web.Response:
        return self.frame.page(request, "admin/profile_import.html", status, steps=steps or [], text=text, fault=fault, dry=dry)
