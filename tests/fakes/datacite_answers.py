"""How DataCite answers: in JSON:API, and in HTML where the gateway before it does."""

import json

from aiohttp import web

MEDIA_TYPE = "application/vnd.api+json"

TITLES = {
    401: "Bad credentials.",
    403: "You are not authorized to access this resource.",
    404: "The resource you are looking for doesn't exist.",
    405: "Method not allowed",
    413: "413 Request Entity Too Large",
    429: "Too many requests, please try again later.",
    503: "503 Service Temporarily Unavailable",
}


def json_answer(status: int, document: object, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=json.dumps(document), content_type=MEDIA_TYPE, headers=headers)


def errors_answer(status: int, errors: list[dict]) -> web.Response:
    return json_answer(status, {"errors": errors})


def gateway_answer(status: int, headers: dict[str, str] | None = None) -> web.Response:
    """Answer as what stands before the API answers: in HTML."""
    text = f"<html><head><title>{TITLES[status]}</title></head><body><center><h1>{TITLES[status]}</h1></center></body></html>"
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)
