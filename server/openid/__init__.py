"""Logging in by OpenID Connect: the institution's own login vouches for people (OpenID Connect Core 1.0, code flow with PKCE)."""
