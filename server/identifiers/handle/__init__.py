"""The Handle System's side: an account at a handle server, and a client of its REST API."""
