"""Secrets at rest: what was changed is never opened, nor what another key sealed."""

import base64

import pytest

from server.errors import Unavailable
from server.profiles.seal import Seal


def test_whatever_byte_is_changed_the_seal_is_broken() -> None:
    seal = Seal(b"a secret key that is long enough")
    sealed = base64.urlsafe_b64decode(seal.close(b"peas"))
    for at in range(len(sealed)):
        torn = bytes(byte ^ (at == place) for place, byte in enumerate(sealed))
        with pytest.raises(Unavailable):
            seal.open(base64.urlsafe_b64encode(torn))
    for torn in (sealed[:-1], sealed[1:], b""):
        with pytest.raises(Unavailable):
            seal.open(base64.urlsafe_b64encode(torn))
    assert seal.open(base64.urlsafe_b64encode(sealed)) == b"peas"


def test_the_same_is_never_sealed_alike_and_another_key_opens_nothing() -> None:
    seal = Seal(b"a secret key that is long enough")
    assert seal.close(b"peas") != seal.close(b"peas")
    with pytest.raises(Unavailable):
        Seal(b"another secret key, as long as it").open(seal.close(b"peas"))
