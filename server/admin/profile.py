"""One integration profile: its settings, the people to ask, what it did, a test of its connection, and its end."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin import profile_form
from server.admin.profiles import PAGE
from server.admin.trying import tried, wanted_of
from server.audit import log
from server.audit.log import Asked, Noted
from server.errors import NotFound, SheafError
from server.forms.form import Form, Layout
from server.identifiers import ledger
from server.notify.mail import MAIL
from server.notify.webhooks import WEBHOOK
from server.portal import words
from server.portal.asked import asked, number
from server.portal.compared import compared
from server.portal.door import VISITOR, fields, pairs
from server.portal.frame import Frame, led
from server.profiles import keeping, store
from server.profiles.kind import Kind, Preview
from server.profiles.model import Contacts, Profile, Wrong
from server.runs import store as runs
from server.runs.model import Run
from server.runs.store import Wanted as WantedRuns
from server.sword.profile.settings import Server
from server.sword.trial import Wanted

LINES = 50
_SEEN = "seen"
_TRY = "try"
_NOTHING_MORE = {"review": None, "wanted": Wanted(), "outcome": None}
_PEOPLE = Layout.of(Contacts)


@dataclass(frozen=True, slots=True)
class OneProfile:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        one = f"{PAGE}/{{number:[0-9]{{1,15}}}}"
        return [
            get(one, Right.PROFILES, self.settings),
            post(one, Right.PROFILES, self.save),
            get(f"{one}/contacts", Right.PROFILES, self.contacts),
            post(f"{one}/contacts", Right.PROFILES, self.save_contacts),
            get(f"{one}/history", Right.PROFILES, self.history),
            get(f"{one}/test", Right.PROFILES, self.connection),
            post(f"{one}/test", Right.PROFILES, self.test),
            post(f"{one}/switch", Right.PROFILES, self.switch),
            get(f"{one}/delete", Right.PROFILES, self.farewell),
            post(f"{one}/delete", Right.PROFILES, self.delete),
        ]

    async def settings(self, request: web.Request) -> web.StreamResponse:
        profile, kind = await self._profile(request)
        if kind is None or profile.deleted is not None:
            return self._page(request, profile, kind, "admin/profile_gone.html")
        stored, fault = self._opened(profile, kind)
        form = profile_form.shown(self.frame.house.keeper.kinds.layout(kind.name), profile, stored)
        return await self._settings(request, profile, kind, form, stored, fault=fault)

    async def save(self, request: web.Request) -> web.StreamResponse:
        profile, kind = await self._living(request)
        keeper, given = self.frame.house.keeper, (await pairs(request)).items()
        layout, (stored, fault) = keeper.kinds.layout(kind.name), self._opened(profile, kind)
        read = profile_form.read(layout, given, profile, stored)
        if isinstance(read, Form):
            return await self._settings(request, profile, kind, read, stored, fault=fault)
        if kind.tries and any(name == _TRY for name, _ in given):
            wanted = wanted_of(dict(given))
            outcome = await tried(self.frame.house, cast("Server", read.settings), wanted)
            form = profile_form.again(layout, given, profile, stored, {})
            return await self._settings(request, profile, kind, form, stored, fault=fault, wanted=wanted, outcome=outcome)
        if (review := await self._reviewed(kind, stored, read.settings, given)) is not None:
            form = profile_form.again(layout, given, profile, stored, {})
            return await self._settings(request, profile, kind, form, stored, fault=fault, review=review)
        try:
            actor = request[VISITOR].actor
            await keeper.do(keeping.change, keeper.desk, profile.id, read.naming, read.settings, actor, entered=read.entered)
        except Wrong as error:
            form = profile_form.again(layout, given, profile, stored, error.fields)
            return await self._settings(request, profile, kind, form, stored, fault=fault)
        raise led(f"{PAGE}/{profile.id}", "saved")

    async def _reviewed(
        self, kind: Kind, stored: Any, wanted: Struct, given: Iterable[tuple[str, Any]]
    ) -> tuple[Preview, str] | None:
        """Return what saving would lead to and the word that says it was seen; None where it was, or nobody need know first."""
        if kind.review is None or stored is None:
            return None
        word = hashlib.sha256(msgspec.json.encode(wanted)).hexdigest()
        if any(name == _SEEN and value == word for name, value in given):
            return None
        found = await kind.review(stored, wanted)
        return None if found is None else (found, word)

    def _opened(self, profile: Profile, kind: Kind) -> tuple[Any, str]:
        """Return the stored settings, or why they cannot be read: then everything is entered again."""
        try:
            settings, missing = store.so_far(profile, kind.settings, self.frame.house.seal)
        except SheafError as error:
            return None, f"{error.message} {error.remedy}"
        return settings, f"A secret is missing or cannot be opened: {', '.join(missing)}. Enter it below." if missing else ""

    async def _settings(
        self,
        request: web.Request,
        profile: Profile,
        kind: Kind,
        form: Form,
        stored: Any,
        *,
        fault: str,
        status: int = 0,
        **more: Any,
    ) -> web.Response:
        """Show the form; `more` is a review of what saving would lead to, or what somebody tried with the settings."""
        preview: Preview | None = None
        if kind.preview is not None and stored is not None:
            preview = await self.frame.house.database.read(kind.preview, stored)
        status = status or (422 if form.errors else 200)
        facts, pending = kind.facts(profile), await self.frame.house.database.read(kind.pending)
        return self._page(
            request, profile, kind, "admin/profile.html", status, form=form, facts=facts, preview=preview, fault=fault,
            seen=_SEEN, pending=pending, stored=stored, **(_NOTHING_MORE | more),
        )  # fmt: skip

    async def contacts(self, request: web.Request) -> web.StreamResponse:
        profile, kind = await self._profile(request)
        return self._page(
            request, profile, kind, "admin/profile_contacts.html", form=_PEOPLE.show(Contacts(contacts=profile.contacts))
        )

    async def save_contacts(self, request: web.Request) -> web.StreamResponse:
        profile, kind = await self._living(request)
        read = _PEOPLE.read((await pairs(request)).items(), Contacts(contacts=profile.contacts))
        if isinstance(read, Form):
            return self._page(request, profile, kind, "admin/profile_contacts.html", 422 if read.errors else 200, form=read)
        keeper = self.frame.house.keeper
        await keeper.do(keeping.contact, keeper.desk, profile.id, read.contacts, request[VISITOR].actor)
        raise led(f"{PAGE}/{profile.id}/contacts", "saved")

    async def history(self, request: web.Request) -> web.StreamResponse:
        profile, kind = await self._profile(request)
        (before,) = asked(request, "before")
        lines, sent, ran = await self.frame.house.database.read(_history, profile.id, number(before))
        return self._page(
            request, profile, kind, "admin/profile_history.html",
            lines=lines, sent=sent[:LINES], older=sent[LINES - 1].id if len(sent) > LINES else 0, first=not before,
            ran=ran, delivers=profile.kind in {WEBHOOK, MAIL}, words=words, compared=compared,
        )  # fmt: skip

    async def connection(self, request: web.Request) -> web.StreamResponse:
        profile, kind = await self._profile(request)
        return self._page(request, profile, kind, "admin/profile_test.html")

    async def test(self, request: web.Request) -> web.StreamResponse:
        """Ask the other side; what it says stands on the page this leads to."""
        profile, _ = await self._living(request)
        await self.frame.house.keeper.test(profile.id)
        raise led(f"{PAGE}/{profile.id}/test")

    async def switch(self, request: web.Request) -> web.StreamResponse:
        profile, _ = await self._living(request)
        keeper, enabled = self.frame.house.keeper, (await fields(request)).get("active", "") == "yes"
        try:
            await keeper.do(keeping.switch, keeper.desk, profile.id, request[VISITOR].actor, enabled=enabled)
        except SheafError as error:
            kind = keeper.kinds[profile.kind]
            stored, fault = self._opened(profile, kind)
            form = profile_form.shown(keeper.kinds.layout(kind.name), profile, stored)
            return await self._settings(request, profile, kind, form, stored, fault=fault or error.message, status=409)
        raise led(f"{PAGE}/{profile.id}", "switched-on" if enabled else "switched-off")

    async def farewell(self, request: web.Request) -> web.StreamResponse:
        """Ask whether a profile is to be deleted, and say what it did."""
        profile, kind = await self._living(request)
        minted, sent = await self.frame.house.database.read(_did, profile.id)
        return self._page(request, profile, kind, "admin/profile_delete.html", minted=minted, sent=sent)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        profile, _ = await self._living(request)
        keeper = self.frame.house.keeper
        await keeper.do(keeping.delete, keeper.desk, profile.id, request[VISITOR].actor)
        raise led(PAGE, "deleted")

    async def _profile(self, request: web.Request) -> tuple[Profile, Kind | None]:
        """Return the profile of an address, also a deleted one, and its kind where this release knows it."""
        found = await self.frame.house.database.read(store.numbered, int(request.match_info["number"]))
        return found, self.frame.house.keeper.kinds.get(found.kind)

    async def _living(self, request: web.Request) -> tuple[Profile, Kind]:
        """Return a profile that can be changed; raises NotFound."""
        profile, kind = await self._profile(request)
        if kind is None or profile.deleted is not None:
            raise NotFound("This profile was deleted, or this release does not know its kind; it can only be read.")
        return profile, kind

    def _page(
        self, request: web.Request, profile: Profile, kind: Kind | None, template: str, status: int = 200, **values: Any
    ) -> web.Response:
        return self.frame.page(request, template, status, profile=profile, kind=kind, **values)


def _history(tx: Connection, profile_id: int, before: int) -> tuple[list[Noted], list[ledger.Submission], list[Run]]:
    lines = log.search(tx, Asked(subject_kind="profile", subject=str(profile_id)), LINES)
    sent = ledger.submissions_of(tx, profile_id, before=before, limit=LINES + 1)
    return lines, sent, runs.ended(tx, WantedRuns(profile_id=profile_id), LINES)


def _did(tx: Connection, profile_id: int) -> tuple[int, bool]:
    return ledger.count_of_profile(tx, profile_id), bool(ledger.submissions_of(tx, profile_id, limit=1))
