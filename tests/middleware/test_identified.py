"""What is counted and logged of a request is what was answered, also where the answer is a redirect that was raised."""

import pytest
from aiohttp.test_utils import TestClient

from server import observe


def counted(room: str, status: int) -> float:
    return observe.requests.labels(room, str(status))._value.get()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/admin/harvests", 303), ("/admin/no-such-page", 404)],
)
async def test_a_raised_answer_is_counted_logged_and_numbered_as_what_it_is(
    client: TestClient, caplog: pytest.LogCaptureFixture, path: str, status: int
) -> None:
    before, failed = counted("admin", status), counted("admin", 500)
    with caplog.at_level("INFO", "sheaf.web"):
        answer = await client.get(path, headers={"X-Request-Id": "mendel-1866"}, allow_redirects=False)
    assert answer.status == status
    assert answer.headers["X-Request-Id"] == "mendel-1866"
    assert (counted("admin", status), counted("admin", 500)) == (before + 1, failed)
    assert [line.status for line in caplog.records if line.message == "answered"] == [status]
