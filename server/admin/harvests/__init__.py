"""The harvest console: who harvests, which lists and how far, what was refused; and our own walks that prove the lists."""
