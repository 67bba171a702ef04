"""Two agencies and the types they serve: no type may lead to two of one scheme, and the profile that would is refused in words."""

import pytest

from server import control
from server.house import House
from server.identifiers.mint import route_for
from server.profiles import store as profiles
from server.profiles.model import Wrong

ACCOUNT = {"account_id": "INST.REPO", "password": "correct horse", "environment": "test", "endpoint": "http://127.0.0.1:9"}
MEMBER = ACCOUNT | {
    "account_id": "role",
    "registration_name": "Abbey of St Thomas",
    "email": "library@example.org",
    "repository_name": "Garden notes",
}


async def kept(house: House, kind: str, name: str, **values: object) -> None:
    account = MEMBER if kind == "crossref" else ACCOUNT if kind == "datacite" else {}
    await control.profile_set(house, control.ProfileSet(kind=kind, name=name, values=account | values))


async def test_a_type_that_leads_to_two_agencies_is_refused_with_both_named_and_a_remedy(house: House) -> None:
    await kept(house, "datacite", "Data", prefix="10.82433", types=["dataset", "etd.doctoral"])
    with pytest.raises(Wrong) as caught:
        await kept(house, "crossref", "Texts", prefix="10.82434")
    assert caught.value.fields == {
        "types": "'Texts' and 'Data' would both register DOIs for Dataset, Doctoral thesis. "
        "Choose categories and types in each of the two so that they have none in common, or switch one off."
    }
    assert await house.database.read(profiles.find, "Texts") is None, "nothing of it was kept"


async def test_agencies_that_share_no_type_both_serve_theirs(house: House) -> None:
    await kept(house, "datacite", "Data", prefix="10.82433", types=["dataset"])
    await kept(house, "crossref", "Texts", prefix="10.82434", types=["etd", "publication.book"])
    for code, name in (("dataset.dataset", "Data"), ("etd.doctoral", "Texts")):
        route = await house.database.read(route_for, house.agencies, code)
        assert route is not None
        assert route.profile_id == (await house.database.read(profiles.get, name)).id
    with pytest.raises(Wrong, match="'Data' and 'Texts' would both register DOIs for ETD"):
        await kept(house, "datacite", "Data", types=["dataset", "etd"])


async def test_one_that_is_switched_off_does_not_count_until_it_is_switched_on(house: House) -> None:
    await kept(house, "datacite", "First", prefix="10.82433")
    await control.profile_enable(house, control.ProfileEnable(name="First", enabled=False))
    await kept(house, "datacite", "Second", prefix="10.82434")
    await kept(house, "datacite", "First", start=7)  # edited, and still off
    with pytest.raises(Wrong, match="'First' and 'Second' would both register DOIs for every type"):
        await control.profile_enable(house, control.ProfileEnable(name="First", enabled=True))
    assert not (await house.database.read(profiles.get, "First")).enabled
    await control.profile_enable(house, control.ProfileEnable(name="Second", enabled=False))
    await control.profile_enable(house, control.ProfileEnable(name="First", enabled=True))


async def test_one_that_only_reserves_stands_behind_the_others_and_types_the_agency_bars_do_not_count(house: House) -> None:
    await kept(house, "reserve", "Later", prefix="10.5072")
    await kept(house, "crossref", "Texts", prefix="10.82434")
    await kept(house, "datacite", "Articles", prefix="10.82433", types=["publication.journalArticle", "conference"])
    route = await house.database.read(route_for, house.agencies, "publication.journalArticle")
    assert route is not None
    assert route.agency.name == "datacite"
