"""What an administrator says of counting: the form, the command line and the export are made of this."""

from typing import Annotated

from msgspec import Meta, Struct

from server.forms.field import title
from server.profiles.kind import Kind
from server.profiles.live import Live

KIND_NAME = "usage"


class Counting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the use of works is counted."""

    counting: Annotated[
        bool, title("Count the use of works", "Views of their pages and downloads of their files, as COUNTER R5.1 counts them.")
    ] = True
    parts: Annotated[
        bool,
        title(
            "Count downloads in parts",
            "Some viewers fetch a file in parts. COUNTER counts whole answers only, so this is beyond it: a part counts where it "
            "begins at the first byte.",
        ),
    ] = False
    shown: Annotated[
        bool, title("Show use on the pages of works", "A chart of the last twelve months, below everything else; no script.")
    ] = False
    platform: Annotated[
        str, Meta(max_length=200), title("Platform", "What reports call this repository; empty means its name.")
    ] = ""
    namespace: Annotated[
        str,
        Meta(pattern=r"^[a-zA-Z][a-zA-Z0-9_./]{1,16}\Z"),
        title(
            "Platform ID",
            "What our own identifiers begin with in reports: the ID in the COUNTER Registry, where there is one.",
            rule="may hold letters, digits and _ . / only, 2 to 17, and begins with a letter",
        ),
    ] = "sheaf"
    registry_record: Annotated[
        str,
        Meta(pattern=r"^(https://registry\.(projectcounter|countermetrics)\.org/platform/[0-9a-f-]{36})?\Z"),
        title(
            "COUNTER Registry record",
            "The address of its page in the COUNTER Registry; empty where it has none.",
            rule="must be an address of the COUNTER Registry",
        ),
    ] = ""
    per_minute: Annotated[
        int,
        Meta(ge=0, le=10_000),
        title("Most clicks in a minute", "Whoever does more in any minute counts as a robot for that hour; 0 is no limit."),
    ] = 60
    per_hour: Annotated[
        int,
        Meta(ge=0, le=100_000),
        title(
            "Most clicks in an hour",
            "The same for the whole hour. People who share an address and a browser, in a reading room say, are one visitor.",
        ),
    ] = 500


def counting_of(live: Live) -> Counting:
    """Return how use is counted now: as the profile that is switched on says, else as is usual."""
    found = live.of(KIND_NAME)
    settings = found[0].settings if found else None
    return settings if isinstance(settings, Counting) else Counting()


def kind() -> Kind:
    """Return the kind of profile."""
    return Kind(
        name=KIND_NAME,
        title="Usage statistics (COUNTER)",
        description="Counts how works are seen and downloaded, without robots and staff, as COUNTER R5.1 says.",
        settings=Counting,
        single="An institution counts the use of its works in one way. Change the profile there is.",
        creates="A job each hour, which counts the clicks of the hour before.",
        place="/admin/usage",
    )
