"""The rooms of the enrichment: works are chosen, names are answered, what was chosen is written or taken back."""

from server.admin.enriching.answering import Answering
from server.admin.enriching.begin import Begin
from server.admin.enriching.writing import Writing
from server.portal.frame import Frame


def rooms(frame: Frame) -> tuple[Begin, Answering, Writing]:
    """Build them, in the order in which addresses are looked through."""
    return (Begin(frame), Answering(frame), Writing(frame))
