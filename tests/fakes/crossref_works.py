"""Crossref's REST API as it shows works: one, or all of a prefix by pages from a cursor."""

from collections.abc import Mapping, Sequence

from aiohttp import web
from lxml import etree


def item(doi: str, url: str, record: etree._Element) -> dict[str, object]:
    """Show a record as the REST API does."""
    people: dict[str, list[dict[str, str]]] = {}
    for each in record.iterfind("{*}contributors/*"):
        role = each.get("contributor_role") or "author"
        given, family = each.findtext("{*}given_name"), each.findtext("{*}surname")
        named = {"given": given, "family": family} if family else {"name": each.text}
        people.setdefault(role, []).append({key: value for key, value in named.items() if value})
    titles = ["".join(each.itertext()) for each in record.iterfind("{*}titles/{*}title")]
    return {"DOI": doi, "title": titles, "resource": {"primary": {"URL": url}}} | people


def one(shown: Mapping[str, object]) -> web.Response:
    return web.json_response({"status": "ok", "message-type": "work", "message": shown})


def listed(found: Sequence[Mapping[str, object]], query: Mapping[str, str]) -> web.Response:
    start = 0 if query["cursor"] == "*" else int(query["cursor"].removeprefix("AoJ"))
    rows = found[start : start + int(query["rows"])]
    message = {"total-results": len(found), "items": rows, "next-cursor": f"AoJ{start + len(rows)}"}
    return web.json_response({"status": "ok", "message-type": "work-list", "message": message})
