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
    "search-kept": "The search is kept.",
    "deleted": "Deleted.",
    "discarded": "The draft is discarded.",
    "person-added": "The person is kept. The works are looked through for them now.",
    "people-decided": "It is kept who they are.",
    "people-merged": "The two are one person now.",
    "people-parted": "They are two people again.",
    "people-brought": "The people are brought in. The works are looked through for them now.",
    "people-same": "Everybody in the file is here as it says; nothing was changed.",
}
