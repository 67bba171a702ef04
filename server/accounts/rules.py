"""What an administrator rules for all accounts of a role: the networks it may come from, and whether it needs one-time codes."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select

from server.accounts import networks
from server.accounts.model import Role
from server.accounts.networks import Networks
from server.accounts.tables import role_rules
from server.db.statement import Statement


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for a role; as it stands, nothing does."""

    networks: Networks = ()
    codes: bool = False


def of(tx: Connection, role: Role) -> Rule:
    row = _OF.one(tx, {"of": role.value})
    return Rule() if row is None else Rule(networks.opened(row["networks"]), row["codes"])


_OF = Statement(select(role_rules).where(role_rules.c.role == bindparam("of")))


def every(tx: Connection) -> dict[Role, Rule]:
    return {role: of(tx, role) for role in Role}


def save(tx: Connection, wanted: dict[Role, Rule]) -> dict[str, tuple[str, str]]:
    """Replace the rules of these roles; return what changed, before and after, in words."""
    changed: dict[str, tuple[str, str]] = {}
    for role, rule in wanted.items():
        before = of(tx, role)
        if before == rule:
            continue
        changed[role.value] = (said(before), said(rule))
        tx.execute(delete(role_rules).where(role_rules.c.role == role.value))
        row = {"role": role.value, "networks": networks.stored(rule.networks), "codes": rule.codes}
        tx.execute(insert(role_rules).values(row))
    return changed


def said(rule: Rule) -> str:
    """Say a rule in a few words, for the log of changes."""
    return f"from {networks.widest(rule.networks)}" + (", with one-time codes" if rule.codes else "")
