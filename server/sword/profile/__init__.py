"""The profile of a SWORD server: what an administrator can set, and what the page of profiles says of it."""
