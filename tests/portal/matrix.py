"""Who may do what, as it is meant: every route of the server, written down by hand. The test compares it with what happens."""

#: Whom a line lets in. `everybody` has no account at all; `basic` says who they are with each request (SWORD).
ROLES = ("admin", "manager", "reviewer", "depositor", "researcher")
ALL = " ".join(ROLES)
READS = "admin manager reviewer"
MANAGES = "admin manager"

EXPECTED = {
    ("GET", "/"): "everybody",
    ("GET", "/items/{id}"): "everybody",
    ("GET", "/items/{id}/files/{name}"): "everybody",
    ("GET", "/robots.txt"): "everybody",
    ("GET", "/static/{name}"): "everybody",
    ("GET", "/healthz"): "everybody",
    ("GET", "/readyz"): "everybody",
    ("GET", "/metrics"): "everybody",
    ("GET", "/oai"): "everybody",
    ("POST", "/oai"): "everybody",
    ("GET", "/login"): "everybody",
    ("POST", "/login"): "everybody",
    ("POST", "/logout"): ALL,
    ("GET", "/admin"): READS,
    ("GET", "/admin/"): READS,
    ("GET", "/admin/search"): READS,
    ("GET", "/admin/imports"): READS,
    ("GET", "/admin/imports/{id}"): READS,
    ("GET", "/admin/imports/{id}/original"): MANAGES,
    ("POST", "/admin/imports/{id}/publish"): READS,
    ("POST", "/admin/imports/{id}/read"): MANAGES,
    ("POST", "/admin/imports/{id}/close"): MANAGES,
    ("GET", "/admin/identifiers"): READS,
    ("GET", "/admin/profiles"): "admin",
    ("GET", "/admin/profiles/new"): "admin",
    ("GET", "/admin/profiles/new/{kind}"): "admin",
    ("POST", "/admin/profiles/new/{kind}"): "admin",
    ("GET", "/admin/profiles/export"): "admin",
    ("GET", "/admin/profiles/import"): "admin",
    ("POST", "/admin/profiles/import"): "admin",
    ("GET", "/admin/profiles/{number}"): "admin",
    ("POST", "/admin/profiles/{number}"): "admin",
    ("GET", "/admin/profiles/{number}/contacts"): "admin",
    ("POST", "/admin/profiles/{number}/contacts"): "admin",
    ("GET", "/admin/profiles/{number}/history"): "admin",
    ("GET", "/admin/profiles/{number}/test"): "admin",
    ("POST", "/admin/profiles/{number}/test"): "admin",
    ("POST", "/admin/profiles/{number}/switch"): "admin",
    ("GET", "/admin/profiles/{number}/delete"): "admin",
    ("POST", "/admin/profiles/{number}/delete"): "admin",
    ("GET", "/admin/audit"): "admin",
}
