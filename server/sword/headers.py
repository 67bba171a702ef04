"""What the headers of a deposit say, in whatever form real clients write them. Of no version of SWORD, and pure.

Tolerant of what they send, strict about what cannot be understood.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.errors import MessageError
from email.header import decode_header, make_header
from pathlib import PurePosixPath
from urllib.parse import unquote

from server.sword.errors import BadRequest, MediationNotAllowed
from server.xml import clean

#: Other spellings of headers that clients send (SWORD 1.3 names, underscores), by the name we use.
ALIASES = {
    "packaging": ("Packaging", "X-Packaging"),
    "on-behalf-of": ("On-Behalf-Of", "X-On-Behalf-Of"),
    "content-md5": ("Content-MD5", "CONTENT_MD5"),
    "in-progress": ("In-Progress", "X-In-Progress"),
    "metadata-relevant": ("Metadata-Relevant",),
    "slug": ("Slug",),
    "idempotency-key": ("Idempotency-Key", "X-Idempotency-Key"),
    "dry-run": ("Dry-Run", "X-No-Op"),
    "token": ("Api-Key", "X-Ojs-Sword-Api-Token", "X-Api-Key"),
}

_SECRET = re.compile(r"auth|token|secret|passw|cookie|api-?key|access-?key|signature|credential|session", re.IGNORECASE)
_SCHEME = re.compile(r"[\w!#$%&'*+.^`|~-]{1,20}", re.ASCII)

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_PARAMETER = re.compile(r'([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_secret(name: str) -> bool:
    """Whether a header is one that lets somebody in, by its name: it is kept nowhere."""
    return _SECRET.search(name) is not None


def header(headers: Mapping[str, str], name: str) -> str:
    """Return what a header of ALIASES says in the first of its spellings; empty where none was sent."""
    return next((headers[alias].strip() for alias in ALIASES[name] if headers.get(alias)), "")


def boolean(headers: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Return whether a header of ALIASES says true. Raises BadRequest for what is neither true nor false."""
    value = header(headers, name)
    if not value:
        return default
    if value.lower() not in _BOOLEANS:
        raise BadRequest(
            f"{ALIASES[name][0]} must be true or false, not {value!r}.", place=ALIASES[name][0], remedy="Send true or false."
        )
    return _BOOLEANS[value.lower()]


LONGEST_KEY = 255


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """Return what a client calls a request; None where it does not.

    A string of structured fields in quotes (draft-ietf-httpapi-idempotency-key-header § 2.1), or bare as many clients send it.
    One longer than we keep is kept as its digest, which is as good to know it again by.
    """
    value = header(headers, "idempotency-key")
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    value = clean(value)
    if len(value) > LONGEST_KEY:
        return "sha-256:" + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
    return value or None


def credentials(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return an Authorization value of RFC 9110 for credentials in any form clients send, and what that form is called.

    A token comes as `APIKey …`, in a header of its own, or as the user's name with no password.
    """
    sent = headers.get("Authorization", "").strip()
    if not sent:
        token = header(headers, "token")
        name = next((alias for alias in ALIASES["token"] if headers.get(alias)), "")
        return (f"Bearer {token}", f"a token in the header {name}") if token else ("", "none")
    scheme, _, rest = sent.partition(" ")
    if scheme.lower() in {"apikey", "token"}:
        return f"Bearer {rest.strip()}", f"a token after {scheme!r}"
    if scheme.lower() != "basic":
        named = rest and _SCHEME.fullmatch(scheme)  # a word alone may be the token itself
        return sent, "a Bearer token" if scheme.lower() == "bearer" else repr(scheme) if named else "no scheme of credentials"
    with suppress(ValueError, UnicodeDecodeError):
        name, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        if name and not password:
            return f"Bearer {name}", "a name without a password, taken as a token"
    return sent, "HTTP Basic"


def on_behalf_of(headers: Mapping[str, str]) -> str:
    """Return whom a request is made for (SWORD 2.0 § 7), in any spelling of the header; empty for oneself."""
    return clean(header(headers, "on-behalf-of"))


def beneficiaries(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names a request may mean by whom it is made for, the likeliest first: `a`, `a;b` or `type|a` (HAL)."""
    whole = on_behalf_of(headers)
    parts = [part.strip() for part in whole.split(";")]
    return tuple(dict.fromkeys(filter(None, (whole, *parts, *(part.rpartition("|")[2].strip() for part in parts)))))


def refuse_mediation(headers: Mapping[str, str], owner: str) -> None:
    """Refuse a request that names somebody else than whose it became. Raises MediationNotAllowed."""
    names = beneficiaries(headers)
    if names and owner not in names:
        raise MediationNotAllowed(
            f"Deposits on behalf of {names[0]!r} are not allowed for this account.",
            place="On-Behalf-Of",
            remedy="Leave the header out; the deposit is then made in the account's own name.",
        )


def sound(value: str) -> str:
    """Return a header's value as text that can be kept: bytes that are no UTF-8 are Latin-1 (RFC 9110 § 5.5), no NUL."""
    try:
        value.encode()
    except UnicodeEncodeError:
        try:
            return clean(value.encode("utf-8", "surrogateescape").decode("latin-1"))
        except UnicodeEncodeError:  # a surrogate that no byte became
            pass
    return clean(value)


def content_type(value: str) -> tuple[str, dict[str, str]]:
    """Split a Content-Type into the type in lower case and its parameters."""
    kind, _, rest = value.partition(";")
    return kind.strip().lower(), _parameters(rest)


def preferred(accept: str, offered: Sequence[str]) -> str:
    """Return what somebody wants of what there is (RFC 9110 § 12.5.1); the first where they do not say or want none of it.

    To refuse would help nobody: clients send what their library puts there.
    """
    weights = {}
    for each in accept.split(","):
        kind, parameters = content_type(each)
        try:
            weight = float(parameters.pop("q", "1"))
        except ValueError:
            weight = 0.0
        weights[";".join([kind, *(f"{name}={value}" for name, value in parameters.items())])] = weight
    return max(offered, key=lambda kind: weights.get(kind, 0.0))


def parameters_of(value: str) -> tuple[str, dict[str, str]]:
    """Split a Content-Disposition into its type and parameters.

    Takes `filename=x` without a type and RFC 2047 words around the whole.
    """
    if value.startswith("=?"):
        value = _words(value)
    first, _, rest = value.partition(";")
    if "=" in first:
        return "", _parameters(value)
    return first.strip().lower(), _parameters(rest)


def _parameters(rest: str) -> dict[str, str]:
    found = {}
    for name, value in _PARAMETER.findall(rest):
        text = value.strip()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        found[name.lower()] = text
    return found


def file_name(parameters: Mapping[str, str], _disposition: str = "") -> str:
    """Return the file name a Content-Disposition gives, without any path (RFC 6266 § 4.3); empty where there is none."""
    extended = parameters.get("filename*", "")
    if extended.count("'") >= 2:  # noqa: PLR2004 -- RFC 5987: charset'language'value
        charset, _, value = extended.split("'", 2)
        try:
            return safe_name(unquote(value, encoding=charset or "utf-8", errors="replace"))
        except (LookupError, ValueError):
            return safe_name(unquote(value))
    name = parameters.get("filename", "")
    if name.startswith("=?"):
        name = _words(name)
    if "%" in name:
        name = unquote(name)
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")  # UTF-8 that was read as Latin-1 on its way
    return safe_name(name)


def safe_name(name: str) -> str:
    """Return the last part of a path of any system, without control characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return clean(_CONTROL.sub("", last)).strip()[:255].strip(".") or ""


def _words(value: str) -> str:
    """Decode RFC 2047 words; empty where they are none."""
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError, MessageError):
        return ""
