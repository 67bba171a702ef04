"""Proof that a form came from us and from the session that sends it. What is refused is logged, as somebody tried something."""

import hmac

from aiohttp import web

from server import observe
from server.middleware import remote_address

CSRF = "csrf"
"""The field that carries the proof."""

log = observe.logger("portal")

_FORGED = "This form is not from your session, so nothing was done. Go back, load the page again and repeat it."
_FOREIGN = "This form was sent by another site, so nothing was done."


def same_site(request: web.Request, account: str = "") -> None:
    """Refuse a form another site sent; every present browser says so (Fetch Metadata)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise _refused(request, account, "sent by another site", _FOREIGN)


def prove(request: web.Request, account: str, given: str, wanted: str) -> None:
    """Refuse a form that does not carry the proof of this account's session."""
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode()):
        raise _refused(request, account, "without the proof of its session", _FORGED)


def _refused(request: web.Request, account: str, reason: str, told: str) -> web.HTTPForbidden:
    extra = {"account": account, "path": request.path, "address": remote_address(request), "reason": reason}
    log.warning("refused a forged form", extra=extra)
    return web.HTTPForbidden(text=told)
