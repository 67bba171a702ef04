"""A mail server on loopback: keeps the letters it takes, and can refuse people or be broken."""

import asyncio
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


class Mailbox:
    """`refuse` says which recipients it does not know, `broken` what it answers to all."""

    def __init__(self) -> None:
        self.letters: list[tuple[Any, EmailMessage]] = []
        self.refuse: set[str] = set()
        self.broken = ""
        self.port = 0

    async def start(self) -> None:
        def accept() -> SMTP:
            return SMTP(self, authenticator=self.login, auth_require_tls=False, enable_SMTPUTF8=True, hostname="mail.example.org")

        self._server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()

    def login(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        return AuthResult(success=data.password == b"correct horse", handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802 -- the library's name
        if address in self.refuse:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 -- the library's name
        if self.broken:
            return self.broken
        self.letters.append((envelope, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"
