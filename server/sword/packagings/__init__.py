"""The packagings a deposit can have, one file each."""
