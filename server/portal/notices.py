"""What a page says after a deed, by the word its address carries: a table, so that no address can put words on a page."""

NOTICES = {
    "published": "The work is published.",
    "read": "It was read again.",
    "closed": "It is set aside.",
    "saved": "Saved.",
    "deleted": "Deleted.",
    "password": "Your password is changed. All other sessions have ended.",
    "codes-on": "One-time codes are set up. From now on a login by password asks for one.",
    "codes-off": "One-time codes are switched off.",
    "ended": "Ended.",
    "revoked": "The token is revoked.",
    "made": "The account is made.",
    "unlocked": "The failed logins are forgotten.",
    "mailed": "The link is on its way by mail.",
    "linked": "The login is linked to your account.",
}
