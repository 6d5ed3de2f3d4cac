"""Programmes whose owner has left: who is offered to follow where, and what comes of two who press at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bot import enrolments, programmes
from bot.permissions import Actor, NotForYouToTake
from models.members import Member
from models.programmes import Programme
from tests.handlers import forging
from tests.handlers.buddies_stage import GROWTH, MANAGERS, programme_of, started
from tests.handlers.one_on_ones_stage import home_of, home_shows, pressed
from tests.people import AMY, BEN, JONAS, MIA, ZOE
from tests.trellis import Trellis

OFFER = "Take it over"


def left_alone(trellis: Trellis, *people: str, channel: str = GROWTH, owner: str = AMY) -> Programme:
    """Let there be a programme with these people in it, whose owner is gone."""
    programme = started(trellis, owner, channel=channel)
    for who in people:
        trellis.slack.command(who, "/buddy join", channel=channel)
    trellis.slack.change_person(owner, deleted=True)
    trellis.slack.eventually(lambda: _is_gone(trellis, owner))
    return programme


def _is_gone(trellis: Trellis, who: str) -> bool:
    with trellis.sessions.read() as session:
        return session.get_one(Member, (trellis.workspace, who)).is_deactivated


def test_an_admin_is_offered_it_on_home_and_others_read_who_can_follow(trellis: Trellis) -> None:
    left_alone(trellis, BEN, MIA)

    theirs = home_of(trellis, MIA)
    ours = home_of(trellis, BEN)
    trellis.slack.press(BEN, ours, OFFER)

    assert OFFER not in theirs.buttons
    assert "Its owner has left" in theirs.words
    assert "A workspace admin can follow" in theirs.words
    assert "You are an admin and can take it over" in ours.words
    trellis.slack.eventually(lambda: programme_of(trellis).owner == BEN)  # type: ignore[union-attr]
    home_shows(trellis, BEN, "yours")
    assert OFFER not in home_of(trellis, BEN).buttons
    assert "Its owner has left" not in home_of(trellis, MIA).words


def test_an_admin_who_takes_no_part_finds_it_among_those_of_their_channels(trellis: Trellis) -> None:
    left_alone(trellis)
    left_alone(trellis, channel=MANAGERS, owner=MIA)
    trellis.slack.put_out(MANAGERS, ZOE)

    listed = pressed(trellis, ZOE, home_of(trellis, ZOE), "Programmes without an owner")
    trellis.slack.press(ZOE, listed, OFFER)

    assert f"<#{GROWTH}>" in listed.words
    assert MANAGERS not in listed.words
    trellis.slack.eventually(lambda: programme_of(trellis).owner == ZOE)  # type: ignore[union-attr]
    assert "Programmes without an owner" not in home_of(trellis, JONAS).buttons
    nothing = pressed(trellis, ZOE, home_of(trellis, ZOE), "Programmes without an owner")
    assert "every programme has an owner" in nothing.words


def test_a_press_of_nobody_who_may_changes_nothing(trellis: Trellis) -> None:
    hidden = left_alone(trellis, channel=MANAGERS, owner=BEN)
    owned = started(trellis, AMY)
    trellis.slack.put_out(MANAGERS, ZOE)

    def press(who: str, value: object, action: str = "buddies.take_over") -> str:
        message = trellis.slack.command(who, "/buddy").message
        forged = forging.button(message, "Start a programme", str(value), action_id=action)
        return trellis.slack.press(who, forged, "Start a programme").text

    assert "do not find you and me" in press(ZOE, hidden.id)  # an admin, who is not in the channel
    assert press(ZOE, hidden.id) == press(ZOE, hidden.id + 9)
    assert "by a workspace admin" in press(MIA, owned.id)
    assert "only when its owner is no longer active" in press(ZOE, owned.id)
    assert "That is for workspace admins" in press(JONAS, "", "buddies.open_ownerless")
    assert "from another time" in press(ZOE, "many")
    assert programme_of(trellis, MANAGERS).owner == BEN  # type: ignore[union-attr]
    assert programme_of(trellis).owner == AMY  # type: ignore[union-attr]


def test_of_two_admins_who_press_at_once_one_owns_it_and_the_other_reads_so(
    trellis_anywhere: Trellis,
) -> None:
    trellis = trellis_anywhere
    programme = left_alone(trellis)
    for who in (BEN, ZOE):
        trellis.slack.command(who, "/buddy")  # by which Trellis knows that they are admins

    def take(who: str) -> bool:
        with trellis.sessions.begin() as session:
            found = session.get_one(Programme, programme.id)
            try:
                programmes.take_over(session, Actor(trellis.workspace, who), found)
            except NotForYouToTake:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        took = list(pool.map(take, (BEN, ZOE)))

    assert sorted(took) == [False, True]
    assert programme_of(trellis).owner == (BEN, ZOE)[took.index(True)]  # type: ignore[union-attr]
    assert take((BEN, ZOE)[took.index(True)])  # a second press of the one who has it


def test_what_is_offered_is_what_may_be_done(trellis: Trellis) -> None:
    programme = left_alone(trellis, BEN, MIA)

    for who in (BEN, MIA):
        with trellis.sessions.begin() as session:
            actor, now = Actor(trellis.workspace, who), trellis.clock.people_now()
            (stand,) = enrolments.mine(session, actor, today=now.date(), now=now)
            try:
                programmes.take_over(session, actor, session.get_one(Programme, programme.id))
            except NotForYouToTake:
                assert not stand.may_take_over
                continue
            assert stand.may_take_over
            session.rollback()
