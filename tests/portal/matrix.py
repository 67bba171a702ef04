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
    ("GET", "/admin/people"): MANAGES,
    ("GET", "/admin/people/new"): MANAGES,
    ("POST", "/admin/people/new"): MANAGES,
    ("GET", "/admin/people/export"): MANAGES,
    ("GET", "/admin/people/import"): MANAGES,
    ("POST", "/admin/people/import"): MANAGES,
    ("GET", "/admin/people/{id}"): MANAGES,
    ("GET", "/admin/people/{id}/edit"): MANAGES,
    ("POST", "/admin/people/{id}/edit"): MANAGES,
    ("POST", "/admin/people/{id}/active"): MANAGES,
    ("POST", "/admin/people/{id}/account"): MANAGES,
    ("POST", "/admin/people/{id}/works"): MANAGES,
    ("GET", "/admin/people/{id}/merge"): MANAGES,
    ("POST", "/admin/people/{id}/merge"): MANAGES,
    ("POST", "/admin/people/{id}/part"): MANAGES,
    ("GET", "/admin/audit"): "admin",
}
