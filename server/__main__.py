"""`python -m server` is the command `sheaf`."""

from server.cli import main

main()
