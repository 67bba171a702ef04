"""What an administrator does with profiles: each deed noted and told, nothing half done, no secret anywhere."""

import asyncio

import pytest
from sqlalchemy import Connection, select

from server import control
from server.audit import log
from server.audit.log import OPERATOR, Asked, Noted
from server.errors import Conflict, NotFound
from server.events import telling
from server.house import House
from server.profiles import keeping, store, transfer
from server.profiles.model import Contact, Naming, Profile, Wrong
from server.profiles.rotation import rotate
from server.profiles.seal import Seal
from server.profiles.tables import profiles
from tests.conftest import configured

VALUES = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "correct horse battery", "environment": "test"}
NAMING = Naming(profile_name="Second")


async def set_up(house: House, name: str = "Our DOIs", kind: str = "datacite", **more: object) -> Profile:
    values = VALUES | more if kind == "datacite" else more
    await control.profile_set(house, control.ProfileSet(kind=kind, name=name, values=values))
    return await house.database.read(store.get, name)


async def noted(house: House, number: int) -> list[Noted]:
    return await house.database.read(log.search, Asked(subject_kind="profile", subject=str(number)), 50)


async def told(house: House) -> list[tuple[str, dict]]:
    return [(event.type, event.data) for event in await house.database.write(telling.waiting, 100)]


async def test_a_profile_is_made_changed_switched_and_deleted_with_every_deed_noted(house: House) -> None:
    made = await set_up(house)
    await set_up(house, padding=5, password="another horse entirely")
    await house.keeper.do(keeping.contact, house.keeper.desk, made.id, (Contact(name="Ada Lovelace", role="account"),), OPERATOR)
    await control.profile_enable(house, control.ProfileEnable(name="Our DOIs", enabled=False))
    await control.profile_delete(house, control.ProfileName(name="Our DOIs"))
    lines = await noted(house, made.id)
    deeds = [line.deed for line in reversed(lines)]
    assert deeds == ["profile.made", "profile.changed", "profile.changed", "profile.switched-off", "profile.deleted"]
    changed = lines[-2].changes
    assert changed["padding"] == (8, 5)
    assert changed["password"] == (None, "changed")
    assert lines[-3].changes["contacts"][1][0]["name"] == "Ada Lovelace"
    assert [kind for kind, _ in await told(house)] == ["profile.saved"] * 4 + ["profile.deleted"]
    assert "horse" not in repr(lines) + repr(await told(house))
    gone = await house.database.read(store.numbered, made.id)
    assert (gone.sealed, gone.enabled, gone.contacts[0].name) == (b"", False, "Ada Lovelace")
    with pytest.raises(NotFound):
        await house.database.read(keeping.existing, made.id)


async def test_no_change_is_no_deed(house: House) -> None:
    made = await set_up(house)
    await set_up(house)
    assert len(await noted(house, made.id)) == 1


async def test_all_errors_come_at_once_and_nothing_is_kept(house: House) -> None:
    with pytest.raises(Wrong) as caught:
        await set_up(house, prefix="11.1", padding=12, account_id="x", environment="moon")
    assert caught.value.fields.keys() == {"prefix", "padding", "account_id", "environment"}
    assert "horse" not in caught.value.message
    assert await house.database.read(store.find, "Our DOIs") is None


async def test_a_kind_never_changes_and_a_name_is_one_profiles(house: House) -> None:
    made = await set_up(house)
    with pytest.raises(Conflict, match="kind cannot change"):
        await set_up(house, kind="reserve", prefix="10.5072")
    other = await set_up(house, "Other", kind="reserve", prefix="10.5072")
    settings = store.opened(other, house.keeper.kinds["reserve"].settings, house.seal)
    with pytest.raises(Wrong, match="There is another profile 'Our DOIs'"):
        await house.keeper.do(keeping.change, house.keeper.desk, other.id, Naming(profile_name=made.name), settings, OPERATOR)


async def test_a_second_definition_is_refused_in_words_also_in_a_race(house: House) -> None:
    keeper = house.keeper
    kind = keeper.kinds["oai"]
    (first,) = await house.database.read(store.of_kind, "oai")
    settings = store.opened(first, kind.settings, house.seal)
    with pytest.raises(Wrong) as caught:
        await keeper.do(keeping.make, keeper.desk, kind, NAMING, settings, OPERATOR)
    assert caught.value.fields == {"": kind.single}
    await keeper.do(keeping.delete, keeper.desk, first.id, OPERATOR)
    names = [Naming(profile_name=f"Definition {n}") for n in range(4)]
    tries = [keeper.do(keeping.make, keeper.desk, kind, name, settings, OPERATOR) for name in names]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, Profile) for outcome in outcomes) == 1
    assert [outcome.fields for outcome in outcomes if not isinstance(outcome, Profile)] == [{"": kind.single}] * 3


async def test_the_table_itself_takes_only_one(house: House) -> None:
    (first,) = await house.database.read(store.of_kind, "oai")
    settings = store.opened(first, house.keeper.kinds["oai"].settings, house.seal)
    with pytest.raises(Conflict):
        await house.database.write(store.add, "oai", "Another", settings, house.seal, house.clock(), sole=True)


async def test_a_profile_sealed_under_another_key_says_so_and_can_be_entered_anew(house: House) -> None:
    made = await set_up(house)

    def reseal(tx: Connection) -> None:
        tx.execute(profiles.update().where(profiles.c.id == made.id).values(secrets=Seal(b"another key").close(b"{}")))

    await house.database.write(reseal)
    with pytest.raises(Wrong, match="password: It is missing"):
        await control.profile_enable(house, control.ProfileEnable(name=made.name, enabled=True))
    settings = house.keeper.kinds["datacite"].settings(**VALUES)
    await house.keeper.do(keeping.change, house.keeper.desk, made.id, Naming(profile_name=made.name), settings, OPERATOR)
    again = await house.database.read(store.get, made.name)
    assert store.opened(again, type(settings), house.seal).password == VALUES["password"]


class TestRotation:
    async def test_everything_is_sealed_anew_and_running_it_again_does_nothing(self, house: House) -> None:
        await set_up(house)
        fresh = Seal(b"a new key of ours", b"only for tests")
        first = (await rotate(house.database, fresh, house.sealed))[0]
        assert (first.anew, first.already, first.lost) == (3, 0, 0)
        second = (await rotate(house.database, fresh, house.sealed))[0]
        assert (second.anew, second.already) == (0, 3)
        profile = await house.database.read(store.get, "Our DOIs")
        without_old = store.opened(profile, house.keeper.kinds["datacite"].settings, Seal(b"a new key of ours"))
        assert without_old.password == VALUES["password"]

    async def test_it_goes_on_where_it_was_interrupted(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        for n in range(5):
            await set_up(house, f"DOIs {n}", kind="reserve", prefix="10.5072")
        monkeypatch.setattr("server.profiles.rotation.SIZE", 2)
        fresh = Seal(b"a new key of ours", b"only for tests")
        sealings = []
        plain = Seal.close

        def interrupted(self: Seal, secret: bytes) -> bytes:
            sealings.append(1)
            if len(sealings) == 4:
                raise RuntimeError("the power went")
            return plain(self, secret)

        with monkeypatch.context() as patch:
            patch.setattr(Seal, "close", interrupted)
            with pytest.raises(RuntimeError):
                await rotate(house.database, fresh, house.sealed)
        done = (await rotate(house.database, fresh, house.sealed))[0]
        assert (done.anew, done.already, done.lost) == (5, 2, 0), "the whole batch of two that was done stayed done"

    async def test_what_no_key_opens_is_counted_and_left(self, house: House) -> None:
        before = await house.database.read(_sealed)
        lost = (await rotate(house.database, Seal(b"a stranger's key"), house.sealed))[0]
        assert (lost.anew, lost.lost) == (0, 2)
        assert await house.database.read(_sealed) == before


def _sealed(tx: Connection) -> list[bytes]:
    return list(tx.execute(select(profiles.c.secrets).order_by(profiles.c.id)).scalars())


class TestTransfer:
    async def test_a_file_has_no_secret_and_brings_the_same_back(self, house: House) -> None:
        made = await set_up(house)
        await house.keeper.do(keeping.contact, house.keeper.desk, made.id, (Contact(name="Ada Lovelace"),), OPERATOR)
        body = await control.profile_export(house, control.Nothing())
        assert b"horse" not in body
        steps = await transfer.bring_in(house.keeper, body, OPERATOR, dry=False)
        assert {step.name: step.outcome for step in steps} == dict.fromkeys(
            ("OAI repository", "SWORD server", "Our DOIs"), "same"
        )
        await control.profile_delete(house, control.ProfileName(name="Our DOIs"))
        dry = await transfer.bring_in(house.keeper, body, OPERATOR, dry=True)
        assert [(step.outcome, step.words) for step in dry if step.name == "Our DOIs"] == [
            ("made", ("password is missing; enter it, then switch the profile on.",))
        ]
        assert await house.database.read(store.find, "Our DOIs") is None
        await transfer.bring_in(house.keeper, body, OPERATOR, dry=False)
        back = await house.database.read(store.get, "Our DOIs")
        assert (back.enabled, back.document, back.contacts) == (False, made.document, (Contact(name="Ada Lovelace"),))

    async def test_a_pause_survives_an_import_and_is_spoken_of(self, house: House) -> None:
        made = await set_up(house)
        await house.database.write(store.pause, made.id, "It came from a backup.")
        lines = len(await noted(house, made.id))
        body = await control.profile_export(house, control.Nothing())
        steps = {step.name: step for step in await transfer.bring_in(house.keeper, body, OPERATOR, dry=False)}
        assert steps["Our DOIs"].outcome == "same"
        assert (await house.database.read(store.get, "Our DOIs")).paused == "It came from a backup."
        assert len(await noted(house, made.id)) == lines
        changed = body.replace(b'"padding": 8', b'"padding": 6')
        steps = {step.name: step for step in await transfer.bring_in(house.keeper, changed, OPERATOR, dry=False)}
        assert steps["Our DOIs"].outcome == "changed"
        assert "It stays paused (It came from a backup.)" in steps["Our DOIs"].words[1]
        now = await house.database.read(store.get, "Our DOIs")
        assert (now.paused, now.document["padding"]) == ("It came from a backup.", 6)

    async def test_only_a_secret_that_was_set_is_asked_for(self, house: House) -> None:
        await set_up(house, "Letters", kind="mail", host="mail.example.org", sender="library@example.org")
        await set_up(house)
        body = await control.profile_export(house, control.Nothing())
        for name in ("Letters", "Our DOIs"):
            await control.profile_delete(house, control.ProfileName(name=name))
        steps = {step.name: step for step in await transfer.bring_in(house.keeper, body, OPERATOR, dry=False)}
        assert (steps["Letters"].outcome, steps["Letters"].words) == ("made", ())
        assert (await house.database.read(store.get, "Letters")).enabled
        assert steps["Our DOIs"].words == ("password is missing; enter it, then switch the profile on.",)

    async def test_a_profile_without_its_secret_cannot_be_switched_on(self, house: House) -> None:
        await set_up(house)
        body = await control.profile_export(house, control.Nothing())
        await control.profile_delete(house, control.ProfileName(name="Our DOIs"))
        await transfer.bring_in(house.keeper, body, OPERATOR, dry=False)
        with pytest.raises(Wrong, match="password"):
            await control.profile_enable(house, control.ProfileEnable(name="Our DOIs", enabled=True))
        await set_up(house)
        await control.profile_enable(house, control.ProfileEnable(name="Our DOIs", enabled=True))

    async def test_what_is_wrong_is_refused_and_the_rest_is_done(self, house: House) -> None:
        good = {"kind": "reserve", "name": "Good", "settings": {"prefix": "10.5072"}}
        bad = {"kind": "reserve", "name": "Bad", "settings": {"prefix": "nothing", "padding": 99}}
        secret = {"kind": "datacite", "name": "Secret", "settings": VALUES}
        second = {"kind": "oai", "name": "Second", "settings": {"repository_name": "x", "admin_emails": ["a@example.org"]}}
        strange = {"kind": "fax", "name": "Strange", "settings": {}}
        file = transfer.parsed(_file(good, bad, secret, second, strange))
        steps = {step.name: step for step in await house.keeper.do(transfer.bring, house.keeper.desk, file, OPERATOR)}
        assert {name: step.outcome for name, step in steps.items()} == {"Good": "made"} | dict.fromkeys(
            ("Bad", "Secret", "Second", "Strange"), "refused"
        )
        assert len(steps["Bad"].words) == 2
        assert "harvesters know" in steps["Second"].words[0]
        assert "There is no profile kind 'fax'" in steps["Strange"].words[0]
        assert [p.name for p in await house.database.read(store.every)] == ["OAI repository", "SWORD server", "Good"]

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b"\xff", b'{"format": "sheaf-profiles", "version": 99}', b"x" * 3_000_000]
    )
    async def test_what_is_no_such_file_is_refused(self, house: House, body: bytes) -> None:
        with pytest.raises(Exception, match=r"not a file of profiles|larger than"):
            await transfer.bring_in(house.keeper, body, OPERATOR, dry=False)


def _file(*found: dict) -> bytes:
    import msgspec

    return msgspec.json.encode({"format": "sheaf-profiles", "version": 1, "exported": "2026-03-14T09:26:53Z", "profiles": found})


async def test_what_is_changed_here_is_known_here_at_once(house: House) -> None:
    await configured(house, "oai", page_size=42)
    assert house.keeper.live.of("oai")[0].settings.page_size == 42
    await control.profile_enable(house, control.ProfileEnable(name="OAI repository", enabled=False))
    assert house.keeper.live.of("oai") == ()
