"""The integration profiles: the list with what is stuck first, and the two steps in which one is made."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin import profile_form
from server.forms.form import Form
from server.identifiers import ledger
from server.notify.store import endpoint
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.profiles import keeping, store
from server.profiles.kind import Kind
from server.profiles.model import Profile, Wrong

PAGE = "/admin/profiles"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a profile's work last."""

    at: datetime
    agrees: bool
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """A profile in the list."""

    profile: Profile
    kind: Kind | None
    result: Result | None

    @property
    def stuck(self) -> str:
        """Say why it does not work; empty where it does, or nobody knows."""
        if self.kind is None:
            return "This release does not know its kind."
        if self.profile.paused:
            return self.profile.paused
        failed = self.result is not None and not self.result.agrees and self.profile.enabled
        return self.result.words if failed and self.result is not None else ""


@dataclass(frozen=True, slots=True)
class Profiles:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(PAGE, Right.PROFILES, self.every),
            get(f"{PAGE}/new", Right.PROFILES, self.types),
            get(f"{PAGE}/new/{{kind}}", Right.PROFILES, self.blank),
            post(f"{PAGE}/new/{{kind}}", Right.PROFILES, self.make),
        ]

    async def every(self, request: web.Request) -> web.StreamResponse:
        found, gone = await self.frame.house.database.read(self._rows)
        rows = sorted(found, key=lambda row: (not row.stuck, row.kind.title if row.kind else "", row.profile.name.lower()))
        return self.frame.page(request, "admin/profiles.html", rows=rows, gone=gone)

    def _rows(self, tx: Connection) -> tuple[list[Row], list[Profile]]:
        kinds = self.frame.house.keeper.kinds
        found = [Row(profile, kinds.get(profile.kind), self._result(tx, profile)) for profile in store.every(tx)]
        return found, store.gone(tx)

    def _result(self, tx: Connection, profile: Profile) -> Result | None:
        """Return the latest of what a test was told and what an agency answered."""
        results = [
            Result(heard.at, agrees, heard.words)
            for heard, agrees in ((profile.succeeded, True), (profile.failed, False))
            if heard is not None
        ]
        agency = self.frame.house.agencies.get(profile.kind)
        if agency is not None and agency.client is not None:
            results += [
                Result(sent.sent, sent.outcome == "confirmed", f"{sent.value}: {sent.outcome}")
                for sent in ledger.submissions_of(tx, profile.id, limit=1)
                if sent.outcome is not None
            ]
        known = endpoint(tx, profile.id)
        results += [Result(at, agrees, known.words) for at, agrees in ((known.succeeded, True), (known.failed, False)) if at]
        return max(results, key=lambda result: result.at, default=None)

    async def types(self, request: web.Request) -> web.StreamResponse:
        """Step 1: the type."""
        taken = await self.frame.house.database.read(_taken)
        return self.frame.page(request, "admin/profile_types.html", kinds=self.frame.house.keeper.kinds, taken=taken)

    async def blank(self, request: web.Request) -> web.StreamResponse:
        """Step 2: the fields of the type."""
        kind = self.frame.house.keeper.kinds[request.match_info["kind"]]
        taken = await self.frame.house.database.read(_taken)
        if kind.single and kind.name in taken:
            return self.frame.page(request, "admin/profile_types.html", 409, kinds=self.frame.house.keeper.kinds, taken=taken)
        return self._form(request, kind, profile_form.shown(self.frame.house.keeper.kinds.layout(kind.name)))

    async def make(self, request: web.Request) -> web.StreamResponse:
        keeper = self.frame.house.keeper
        kind = keeper.kinds[request.match_info["kind"]]
        layout, given = keeper.kinds.layout(kind.name), (await pairs(request)).items()
        read = profile_form.read(layout, given, None, None)
        if isinstance(read, Form):
            return self._form(request, kind, read)
        try:
            made = await keeper.do(keeping.make, keeper.desk, kind, read.naming, read.settings, request[VISITOR].actor)
        except Wrong as error:
            return self._form(request, kind, profile_form.again(layout, given, None, None, error.fields))
        raise led(f"{PAGE}/{made.id}", "profile-made")

    def _form(self, request: web.Request, kind: Kind, form: Form) -> web.Response:
        return self.frame.page(request, "admin/profile_new.html", 422 if form.errors else 200, kind=kind, form=form)


def _taken(tx: Connection) -> dict[str, Profile]:
    """Return the profiles there are, one of each kind."""
    return {profile.kind: profile for profile in store.every(tx)}
