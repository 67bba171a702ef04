"""What robots may look at (RFC 9309)."""

#: The works, their files and all records by OAI-PMH; not what searches or pages through them. The same for every robot, as
#: aggregators ask. What is closed comes first, for those who take the first line that fits.
ROBOTS = "User-agent: *\n" + "".join(
    f"{word}: {path}\n"
    for word, paths in (
        ("Disallow", ("/oai/explore", "/admin", "/my", "/account", "/login", "/sword")),
        ("Allow", ("/items/", "/oai")),
    )
    for path in paths
)
