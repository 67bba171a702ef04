"""What a page says after a deed, by the word its address carries: a table, so that no address can put words on a page."""

NOTICES = {
    "published": "The work is published.",
    "read": "It was read again.",
    "closed": "It is set aside.",
    "saved": "Saved.",
    "handed-in": "Saved; it waits for approval.",
    "returned": "The work is returned; its depositor can read why.",
    "withdrawn": "The work is withdrawn.",
    "restored": "The work is published again.",
    "version-restored": "The earlier version is the current one again.",
    "reserved": "A DOI is reserved for the work.",
    "nothing-selected": "Select works first.",
    "search-kept": "The search is kept.",
    "deleted": "Deleted.",
    "sent-again": "It is sent again.",
    "started": "It is asked for, and begins as soon as nothing is in its way.",
    "cancelled": "It stops as soon as what is at work is done.",
    "asked-again": "It is tried again now.",
    "forgotten": "The finished jobs are removed.",
    "paused": "It pauses.",
    "resumed": "It goes on.",
}
