"""The rooms of the administration, in the order of the navigation."""

from typing import Protocol

from aiohttp import web

from server.admin.accounts.listing import Listing
from server.admin.accounts.one import One
from server.admin.accounts.rules import Rules
from server.admin.audit import Audit
from server.admin.deliveries import Deliveries
from server.admin.enriching.rooms import rooms as enriching
from server.admin.harvests.console import Console
from server.admin.harvests.irus import WhatIrusReads
from server.admin.harvests.simulations import Simulations
from server.admin.identifiers.rooms import rooms as identifiers
from server.admin.imports.rooms import rooms as imports
from server.admin.irus import IrusPage
from server.admin.jobs.queue import Queue
from server.admin.jobs.runs import Runs
from server.admin.jobs.schedules import Schedules
from server.admin.jobs.start import Start as StartTask
from server.admin.oable import Oable
from server.admin.orcid import OrcidRoom
from server.admin.people.rooms import People
from server.admin.profile import OneProfile
from server.admin.profile_transfer import Transfer
from server.admin.profiles import Profiles
from server.admin.quarantine import Quarantine
from server.admin.reconciling.rooms import rooms as reconciling
from server.admin.search import Search
from server.admin.sets import Sets
from server.admin.start import Start
from server.admin.trying import Trying
from server.admin.usage import Usage
from server.admin.works.bulk import Bulk
from server.admin.works.listing import WorksList
from server.admin.works.work import WorkRoom
from server.admin.works.writing import WORKS
from server.portal.frame import Frame
from server.portal.links import post
from server.portal.writing import Writing


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build every room of the administration."""
    mail = post(frame.house)
    accounts = (Listing(frame, mail), One(frame, mail), Rules(frame))
    jobs = (StartTask(frame), Schedules(frame), Queue(frame), Runs(frame))
    works = (WorksList(frame), Writing(frame, WORKS), Bulk(frame), WorkRoom(frame))
    harvests = (Sets(frame), Simulations(frame), WhatIrusReads(frame), Console(frame), Quarantine(frame))
    names = (*reconciling(frame), *identifiers(frame))  # in the order in which addresses are looked through
    used, going_out = (Usage(frame), IrusPage(frame)), (Deliveries(frame), Oable(frame))
    people = (People(frame), OrcidRoom(frame), *enriching(frame))
    watched = (Trying(frame), *imports(frame), *names, *people, *used, *harvests, *jobs, *going_out)
    profiles = (Profiles(frame), OneProfile(frame), Transfer(frame))
    return (Start(frame), *works, *watched, *profiles, *accounts, Audit(frame), Search(frame))
