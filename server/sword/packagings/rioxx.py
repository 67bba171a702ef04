"""RIOXX as a deposit: an entry as Jisc's Publications Router sends it, or RIOXX 3."""

from server.sword.alone import alone

PLUGIN = alone(
    "http://www.rioxx.net/schema/v3.0/rioxx/",
    "RIOXX",
    "rioxx",
    names=("http://www.rioxx.net/schema/v2.0/rioxx/", "http://pubrouter.jisc.ac.uk/rioxxplus/v2.0/"),
    media_types=("application/vnd.rioxx2.data+xml",),
)
