"""Who is at the door: read once for a burst of clicks, and never staler than promised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.permissions import Actor
from bot.runtime.database import Sessions, connect
from handlers.acquaintance import FAMILIAR_FOR, FAMILIAR_MEMBERS, Familiar
from models.members import Member

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AMY, NAMESAKE = Actor("T1", "UAMY"), Actor("T2", "UAMY")


class StoppedClock:
    """Machine time that goes on when told."""

    now = NOON

    def machine_now(self) -> datetime:
        return self.now

    def people_now(self) -> datetime:
        raise AssertionError("a moved calendar says nothing about how old a record is")


class Store:
    """A store in which one can see who was looked up."""

    def __init__(self) -> None:
        self.sessions, self.clock = Sessions(connect("sqlite:///never-opened.db")), StoppedClock()
        self.familiar = Familiar()
        self.read: list[Actor] = []

    def meet(self, actor: Actor = AMY, *, is_there: bool = True) -> Member | None:
        def read() -> Member | None:
            self.read.append(actor)
            return Member(workspace_id=actor.workspace_id, user_id=actor.user_id) if is_there else None

        return self.familiar.meet(actor, self.sessions, self.clock, read)


def test_whoever_clicks_on_is_read_once() -> None:
    store = Store()

    first, second = store.meet(), store.meet()

    assert first is second
    assert store.read == [AMY]


def test_a_namesake_in_another_workspace_is_somebody_else() -> None:
    store = Store()

    store.meet(AMY)
    other = store.meet(NAMESAKE)

    assert other is not None
    assert other.workspace_id == NAMESAKE.workspace_id


def test_a_change_made_by_this_process_is_seen_at_once() -> None:
    store = Store()
    store.meet()

    with store.sessions.begin():
        pass
    store.meet()

    assert store.read == [AMY, AMY]


def test_a_change_made_while_the_record_was_read_is_seen_at_once() -> None:
    store = Store()

    def read_while_somebody_writes() -> Member:
        with store.sessions.begin():
            pass
        return Member(workspace_id=AMY.workspace_id, user_id=AMY.user_id)

    store.familiar.meet(AMY, store.sessions, store.clock, read_while_somebody_writes)
    store.meet()

    assert store.read == [AMY]


def test_a_change_made_elsewhere_is_seen_after_seconds() -> None:
    store = Store()
    store.meet()

    store.clock.now = NOON + FAMILIAR_FOR
    store.meet()

    assert store.read == [AMY, AMY]
    assert timedelta(seconds=5) >= FAMILIAR_FOR


def test_a_machine_clock_set_back_does_not_make_a_record_last() -> None:
    store = Store()
    store.meet()

    store.clock.now = NOON - timedelta(hours=1)
    store.meet()

    assert store.read == [AMY, AMY]


def test_whoever_is_not_there_is_asked_for_again() -> None:
    store = Store()

    assert store.meet(is_there=False) is None
    assert store.meet(is_there=True) is not None


def test_a_crowd_does_not_fill_the_memory() -> None:
    store = Store()
    for number in range(FAMILIAR_MEMBERS + 1):
        store.meet(Actor("T1", f"U{number}"))

    store.meet(Actor("T1", f"U{FAMILIAR_MEMBERS}"))
    store.meet(Actor("T1", "U0"))

    assert len(store.read) == FAMILIAR_MEMBERS + 2
