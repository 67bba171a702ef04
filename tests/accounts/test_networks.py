"""Networks: written by people, kept as CIDR, and who is in them."""

import pytest

from server.accounts import networks
from server.errors import Invalid


def test_what_is_written_and_what_is_in_it() -> None:
    found = networks.parse("192.0.2.7, 198.51.100.9/24\n2001:db8::/32 192.0.2.7")
    assert found == ("192.0.2.7/32", "198.51.100.0/24", "2001:db8::/32")
    assert networks.opened(networks.stored(found)) == found
    for inside in ("192.0.2.7", "198.51.100.200", "2001:db8::1", "::ffff:192.0.2.7"):
        assert networks.contain(found, inside)
    for outside in ("192.0.2.8", "2001:db9::1", "", "nonsense", "fe80::1%eth0"):
        assert not networks.contain(found, outside)
    assert networks.contain((), "")


@pytest.mark.parametrize("text", ["10.0.0.0/33", "a", "1.2.3.4/x", "::/129", "9" * 40])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(Invalid, match="not networks"):
        networks.parse(f"192.0.2.1 {text}")


def test_too_many() -> None:
    with pytest.raises(Invalid, match="most"):
        networks.parse(" ".join(f"10.0.{n}.1" for n in range(101)))
