"""What holds for all accounts of a role: the networks it may come from, and whether it needs one-time codes."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from server.accounts import keeping, networks, one_time_codes, rules
from server.accounts.model import ROLES, Right, Role
from server.accounts.rules import Rule
from server.errors import Invalid, Refused
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame, led


@dataclass(frozen=True, slots=True)
class Rules:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/admin/accounts/rules", Right.ACCOUNTS, self.form),
            self.frame.post("/admin/accounts/rules", Right.ACCOUNTS, self.save),
        ]

    async def form(self, request: web.Request) -> web.StreamResponse:
        return await self._form(request, 200, {}, {})

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Save the rules of all roles. Whoever would shut themselves out is asked first."""
        visitor, given, house = request[VISITOR], await fields(request), self.frame.house
        wanted, errors = read(given)
        if errors:
            return await self._form(request, 422, given, errors)
        sure = "sure" in given
        role = visitor.account.role
        if wanted[role].codes and not sure and not await house.database.read(one_time_codes.uses_codes, visitor.account):
            fault = "You have no one-time codes yourself: set them up first, or confirm below that you do so next."
            return await self._form(request, 409, given, {f"codes-{role}": fault}, asks=True)
        try:
            await house.database.write(
                keeping.set_rules, visitor.actor, wanted, house.clock(), address=visitor.address, role=None if sure else role
            )
        except Refused as error:
            return await self._form(request, 409, given, {error.place: f"{error.message} {error.remedy}"}, asks=True)
        raise led("/admin/accounts/rules", "saved")

    async def _form(
        self, request: web.Request, status: int, given: Mapping[str, str], errors: Mapping[str, str], *, asks: bool = False
    ) -> web.Response:
        known = await self.frame.house.database.read(rules.every)
        typed = {f"networks-{role}": "\n".join(rule.networks) for role, rule in known.items()}
        ticked = {role.value for role, rule in known.items() if rule.codes}
        if given:
            typed = {name: given.get(name, "") for name in typed}
            ticked = {role.value for role in Role if f"codes-{role}" in given}
        labels = {f"{what}-{role}": title for role, (title, _says) in ROLES.items() for what in ("networks", "codes")}
        return self.frame.page(
            request, "admin/accounts/rules.html", status, typed=typed, ticked=ticked, errors=errors, roles=ROLES, labels=labels,
            asks=asks, address=request[VISITOR].address,
        )  # fmt: skip


def read(given: Mapping[str, str]) -> tuple[dict[Role, Rule], dict[str, str]]:
    """Read the posted rules, and every fault by its field."""
    wanted, errors = {}, {}
    for role in Role:
        found: networks.Networks = ()
        try:
            found = networks.parse(given.get(f"networks-{role}", ""))
        except Invalid as error:
            errors[f"networks-{role}"] = f"{error.message} {error.remedy}"
        wanted[role] = Rule(found, f"codes-{role}" in given)
    return wanted, errors
