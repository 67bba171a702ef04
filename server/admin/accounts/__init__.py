"""The administration's pages of the accounts: who there is, one of them, and what holds for a whole role."""
