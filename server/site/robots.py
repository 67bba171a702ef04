"""What robots may look at (RFC 9309)."""

#: The works, their files, the ways to browse and all records by OAI-PMH; not what searches, nor the explorer. The same for every
#: robot, as aggregators ask. What is closed comes first, for those who take the first line that fits.
_RULES = "User-agent: *\n" + "".join(
    f"{word}: {path}\n"
    for word, paths in (
        ("Disallow", ("/search", "/oai/explore", "/admin", "/my", "/account", "/login", "/sword")),
        ("Allow", ("/items/", "/browse", "/oai")),
    )
    for path in paths
)


def robots(url: str) -> str:
    """Return the rules, and where the list of all works is."""
    return f"{_RULES}Sitemap: {url}/sitemap.xml\n"
