"""Who may do what: accounts, passwords and sessions."""
