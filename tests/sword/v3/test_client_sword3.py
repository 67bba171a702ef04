"""A round trip with sword3client, the client on PyPI, over a real connection."""

import asyncio
import hashlib
import io
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import TestServer

from server.app import open_house, web_application
from server.house import House
from server.settings import Settings
from tests.conftest import PASSWORD, SetClock
from tests.sword.conftest import MODS, archive
from tests.sword.v3.conftest import PDF, SIMPLE_ZIP

client = pytest.importorskip("sword3client")
common = pytest.importorskip("sword3common")
layer = pytest.importorskip("sword3client.connection.connection_requests")

PACKAGE = archive(mods_xml=MODS, peas_csv=b"round\n", peas_pdf=PDF)


@pytest.fixture
def unused_port(unused_tcp_port_factory: Callable[[], int]) -> int:
    return unused_tcp_port_factory()
