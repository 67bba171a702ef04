"""What an operator sees of the running server: log lines with a request id, and counters."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

#: The id of the request being served; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

metrics = CollectorRegistry()
requests = Counter("sheaf_http_requests", "Requests answered, by room and status.", ["room", "status"], registry=metrics)
seconds = Histogram("sheaf_http_seconds", "Seconds a request took, by room.", ["room"], registry=metrics)
delayed = Counter("sheaf_delayed", "Requests that had to wait for their turn, by lane.", ["lane"], registry=metrics)
refused = Counter("sheaf_refused", "Requests sent away because the server was busy, by lane.", ["lane"], registry=metrics)
deposits = Counter("sheaf_deposits", "Deposits received, by how they ended.", ["state"], registry=metrics)
works = Gauge("sheaf_works", "Works, by state.", ["state"], registry=metrics)
jobs = Gauge("sheaf_jobs", "Jobs, by state.", ["state"], registry=metrics)
identifiers = Gauge("sheaf_identifiers", "Identifiers, by state.", ["state"], registry=metrics)
stuck = Gauge("sheaf_identifiers_stuck", "Identifiers their agency should have confirmed, by state.", ["state"], registry=metrics)
waiting_since = Gauge(
    "sheaf_identifiers_waiting_since_seconds", "Since when the oldest of them waits, in Unix time.", ["state"], registry=metrics
)
agencies_down = Gauge("sheaf_agencies_down", "Agencies that do not answer.", registry=metrics)


def answered(room: str, status: int, took: float) -> None:
    """Count a request that was answered after so many seconds."""
    _requests(room, status).inc()
    _seconds(room).observe(took)


@cache
def _requests(room: str, status: int) -> Counter:
    return requests.labels(room, str(status))


@cache
def _seconds(room: str) -> Histogram:
    return seconds.labels(room)


def logger(name: str) -> logging.Logger:
    """Return the logger of a house. One event a line, a verb in the past tense, details in `extra`."""
    return logging.getLogger(f"sheaf.{name}")


class _Line(logging.Formatter):
    """A log record as one line, as text or as JSON; line breaks in values cannot forge lines."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self._form = style

    def format(self, record: logging.LogRecord) -> str:
        fields = {key: record.__dict__[key] for key in record.__dict__ if key not in _PLAIN}
        moment = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
        level = record.levelname.lower()
        entry: dict[str, object] = {"time": moment, "level": level, "logger": record.name, "event": record.getMessage()}
        if found := request_id.get():
            entry["request"] = found
        entry |= {key: value if isinstance(value, int | float) else str(value) for key, value in fields.items()}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if self._form == "json":
            return msgspec.json.encode(entry).decode()
        rest = " ".join(
            f"{key}={value!r}" for key, value in entry.items() if key not in {"time", "level", "logger", "event", "exception"}
        )
        line = f"{entry['time']} {entry['level']:<7} {entry['event']!s} {rest}".rstrip().replace("\n", "\\n")
        return f"{line}\n{entry['exception']}" if "exception" in entry else line


def set_up(style: str) -> None:
    """Send all logs to standard error in one of the two forms."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line(style))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # What no line of ours says need not be found out for each of them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.getLogger("alembic").setLevel(logging.WARNING)
