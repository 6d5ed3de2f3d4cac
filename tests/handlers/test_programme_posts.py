"""An announcement nobody can see: its programme's owner is asked, once, and decides, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import programmes
from bot.permissions import Actor
from bot.programme_news import INVITATION, UNPOSTED
from bot.runtime.decisions import Failed
from bot.runtime.desk import Desk
from handlers import programme_posts as doors
from handlers.views import programme_posts as views
from models.members import Member
from models.outbox import DOUBTFUL, FAILED, SENT, Delivery
from models.programmes import Programme
from tests.handlers import forging
from tests.handlers import posts_stage as posts
from tests.handlers import rounds_stage as stage
from tests.handlers.buddies_stage import GROWTH, MANAGERS, programme_of
from tests.handlers.posts_stage import BEGUN, OWNER
from tests.people import AMY, BEN, DAY, HOUR, MINUTE
from tests.scenes import begin_with
from tests.trellis import Trellis

LOST = {"kind": "status", "status": 503}
"""Slack broke off before it took the post."""
TAKEN = {"kind": "status", "status": 503, "after": True}


@pytest.fixture
def asked(trellis: Trellis) -> Iterator[Trellis]:
    """Give a bot whose announcement was lost, and whose owner is asked about it."""
    with posts.looking(trellis):
        begin_with(trellis, posts.lose_announcement)
        yield trellis


@pytest.mark.parametrize("fault", [LOST, TAKEN], ids=["lost", "taken"])
def test_the_owner_is_asked_once_and_what_they_miss_is_posted_once_more(
    trellis: Trellis, fault: dict[str, object]
) -> None:
    with posts.looking(trellis):
        posts.begin(trellis, **fault)
        arrived = len(posts.announcements(trellis))
        trellis.tick(BEGUN + 10 * MINUTE)

        (question,) = posts.questions(trellis)
        (before,) = posts.rows(trellis)
        answers = [trellis.slack.press(OWNER, question, "Post again").text for _ in range(3)]
        trellis.tick(BEGUN + 20 * MINUTE)

    (after,) = posts.rows(trellis)
    assert question.buttons == ["Post again", "It is there"]
    assert f"<#{GROWTH}>" in question.text
    assert before.is_unresolved
    assert (before.reason or "").endswith(f"missing_scope; {OWNER} is asked")
    assert "again" in answers[0]
    assert [("settled already" in each) for each in answers] == [False, True, True]
    assert (after.id, after.key, after.state) == (before.id, before.key, SENT)
    assert len(posts.announcements(trellis)) == arrived + 1
    assert posts.questions(trellis) == []


def test_what_the_owner_sees_is_there_is_left_alone(asked: Trellis) -> None:
    (question,) = posts.questions(asked)

    answer = asked.slack.press(OWNER, question, "It is there").text
    too_late = asked.slack.press(OWNER, question, "Post again").text
    asked.tick(BEGUN + HOUR)

    assert "leave" in answer
    assert "settled already" in too_late
    assert posts.outcome(asked) == ([SENT], 0, 1)


def test_of_many_presses_at_once_one_posts(trellis_anywhere: Trellis) -> None:
    trellis = trellis_anywhere
    with posts.looking(trellis):
        posts.invite(trellis, **LOST)
        (question,) = posts.questions(trellis)

        with ThreadPoolExecutor(4) as devices:
            labels = ["Post again"] * 3 + ["It is there"]
            list(devices.map(lambda label: trellis.slack.press(OWNER, question, label), labels))
        trellis.tick()

    refused = [each for each in trellis.slack.messages(OWNER) if "settled already" in each.text]
    (row,) = posts.rows(trellis, INVITATION)
    assert len(refused) == len(labels) - 1
    assert row.state == SENT
    assert len(posts.invitations(trellis)) == int(row.ts is not None)


def test_nobody_but_the_owner_decides_and_nothing_else_can_be_named(asked: Trellis) -> None:
    (question,) = posts.questions(asked)
    right = question.element("Post again").value
    assert right is not None
    heads_up = stage.with_button(asked.slack.dms(BEN), "Sit this one out")[-1]
    others = (right, "1:round:9:9:announcement:1", "1:round:1:1:heads_up:" + BEN)
    broken = ("", "1:", "x:round:1:1:announcement:1", "1:\x00", "1:\ud800", "9" * 99 + ":a", "1:" + "a" * 999)

    for label, action in (("Post again", views.POST_AGAIN), ("It is there", views.IS_THERE)):
        by_ben = [
            asked.slack.press(
                BEN,
                forging.button(heads_up, "Sit this one out", value, action_id=action),
                "Sit this one out",
            )
            for value in others
        ]
        by_owner = [
            asked.slack.press(OWNER, forging.button(question, label, value), label) for value in others[1:]
        ]
        old = [asked.slack.press(OWNER, forging.button(question, label, value), label) for value in broken]
        of_another = forging.button(question, label, right.replace("1:", "2:", 1))
        another = asked.slack.press(OWNER, of_another, label)
        assert all("Only the owner" in each.text for each in (*by_ben, *by_owner)), label
        assert all("from another time" in each.text for each in old), label
        assert "settled" in another.text
    assert posts.outcome(asked) == ([FAILED], 0, 1)


@pytest.mark.parametrize("why", ["the round is over", "the programme has ended", "it has another channel"])
def test_what_is_out_of_date_is_posted_no_more(asked: Trellis, why: str) -> None:
    (question,) = posts.questions(asked)
    programme = programme_of(asked)
    assert programme is not None
    if why == "the round is over":
        asked.clock.move(BEGUN + 14 * DAY)
    with asked.sessions.begin() as session:
        if why == "the programme has ended":
            programmes.end(session, Actor(asked.workspace, OWNER), programme.id, now=BEGUN)
        if why == "it has another channel":
            session.get_one(Programme, programme.id).channel = MANAGERS

    answers = [asked.slack.press(OWNER, question, label).text for label in ("Post again", "It is there")]
    asked.loop.drain()

    assert all("out of date" in each or "programme has ended" in each for each in answers), answers
    assert posts.outcome(asked)[:2] == ([FAILED], 0)


def test_who_owns_the_programme_now_decides_and_is_asked_what_nobody_was_asked_yet(trellis: Trellis) -> None:
    with posts.looking(trellis):
        posts.come_near(trellis)
        trellis.slack.command(OWNER, "/growth pause")
        programme = posts.begin(trellis, **LOST)
        with trellis.sessions.begin() as session:
            actor = Actor(trellis.workspace, OWNER)
            programmes.hand_over(session, actor, programme.id, AMY, now=BEGUN)
        unasked = posts.questions(trellis)
        trellis.tick(BEGUN + 3 * HOUR)

        (question,) = posts.questions(trellis, AMY)
        trellis.slack.press(AMY, question, "Post again")
        trellis.loop.drain()

    assert unasked == posts.questions(trellis) == []
    assert posts.outcome(trellis) == ([SENT], 1, 1)


def test_who_follows_an_owner_who_did_not_decide_is_asked_as_well_and_nobody_twice(asked: Trellis) -> None:
    asked.tick(BEGUN + 10 * MINUTE)
    for giver, name in ((OWNER, "amy"), (AMY, "ben"), (BEN, "mia"), (OWNER, "amy")):
        given = asked.slack.command(giver, f"/buddy programme hand over to @{name}", channel=GROWTH).text
        assert "owns" in given
        if giver != AMY:  # who gives it on to Ben; he gives it back before he is asked
            asked.tick(asked.clock.people_now() + 3 * HOUR)

    (first,), (second,) = posts.questions(asked), posts.questions(asked, AMY)
    assert posts.questions(asked, BEN) == []
    asked.slack.press(OWNER, first, "Post again")
    asked.slack.press(AMY, second, "Post again")
    asked.loop.drain()

    assert posts.outcome(asked) == ([SENT], 1, 3)


def test_where_the_owner_has_left_the_admin_who_follows_is_asked(trellis: Trellis) -> None:
    with posts.looking(trellis):
        posts.come_near(trellis)
        trellis.slack.command(AMY, "/growth")
        with trellis.sessions.begin() as session:
            session.get_one(Member, (trellis.workspace, OWNER)).is_deactivated = True
            session.get_one(Member, (trellis.workspace, AMY)).is_admin = True
        programme = posts.begin(trellis, **LOST)
        with trellis.sessions.begin() as session:
            programmes.take_over(session, Actor(trellis.workspace, AMY), programme)
        trellis.tick(BEGUN + 3 * HOUR)

        (question,) = posts.questions(trellis, AMY)
        trellis.slack.press(AMY, question, "It is there")

    assert posts.outcome(trellis) == ([SENT], 0, 1)


def test_a_part_of_a_large_announcement_is_posted_again_alone(
    trellis: Trellis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.round_messages.GROUPS_A_MESSAGE", 1)
    with posts.looking(trellis):
        posts.come_near(trellis)
        trellis.slack.fault(posts.POST, "delay", seconds=0)  # the first part goes well
        posts.begin(trellis, **LOST)
        (question,) = posts.questions(trellis)
        channel = [each.text for each in trellis.slack.messages(AMY, GROWTH)]

        trellis.slack.press(OWNER, question, "Post again")
        trellis.loop.drain()

    added = [each.text for each in trellis.slack.messages(AMY, GROWTH)][len(channel) :]
    assert "part 2 of 2" in question.text
    assert len(added) == 1
    assert "continued (2 of 2)" in added[0]
    assert [each.attempt for each in posts.rows(trellis)] == [1, 2]


def test_what_is_lost_again_is_asked_anew_and_the_first_question_decides_nothing_more(asked: Trellis) -> None:
    (first,) = posts.questions(asked)
    asked.slack.fault(posts.POST, **LOST)  # type: ignore[arg-type]
    asked.slack.press(OWNER, first, "Post again")

    asked.loop.drain()
    (second,) = posts.questions(asked)
    stale = asked.slack.press(OWNER, first, "Post again").text
    state = posts.outcome(asked)
    asked.slack.press(OWNER, second, "Post again")
    asked.loop.drain()

    assert "settled" in stale
    assert state == ([FAILED], 0, 2)
    assert posts.outcome(asked) == ([SENT], 1, 2)


def test_an_operator_who_puts_it_back_leaves_the_owner_nothing_to_decide(asked: Trellis) -> None:
    (question,) = posts.questions(asked)
    (row,) = posts.rows(asked)
    desk = Desk(asked.sessions, asked.clock, posts.HURRIED)

    told = "\n".join([*desk.show([FAILED]), *desk.why(row.id)])
    desk.retry(row.id)  # looked up once more, in vain, and nobody is asked a second time
    asked.tick(BEGUN + 2 * MINUTE)
    again = posts.outcome(asked)
    desk.retry(row.id, absent=True)
    asked.tick(BEGUN + 3 * MINUTE)

    assert f"cannot be looked up: missing_scope; {OWNER} is asked" in told
    assert "does not let us look there: missing_scope" in told
    assert f"outbox retry {row.id}" in told
    assert "--absent" in told
    assert "Slack refused it" not in told
    assert again == ([FAILED], 0, 1)
    assert posts.outcome(asked) == ([SENT], 1, 1)
    assert "settled" in asked.slack.press(OWNER, question, "Post again").text


def test_who_says_that_it_is_there_is_believed_and_the_operator_reads_why(asked: Trellis) -> None:
    (question,) = posts.questions(asked)
    (row,) = posts.rows(asked)

    asked.slack.press(OWNER, question, "It is there")

    told = "\n".join(Desk(asked.sessions, asked.clock).why(row.id))
    assert "its owner says that it is there" in told
    assert "None" not in told


class Died(OperationalError):
    """The process, or its way to the store, ended before the transaction did."""

    def __init__(self) -> None:
        super().__init__("COMMIT", None, ConnectionError())


def test_whoever_dies_between_the_failure_and_the_question_leaves_neither_or_both(
    trellis_anywhere: Trellis,
) -> None:
    trellis, seen = trellis_anywhere, list[int]()

    def die(session: Session, failed: Sequence[Failed], now: datetime) -> None:
        doors.give_up(session, failed, now)
        seen.append(len(session.scalars(select(Delivery.id).where(Delivery.kind == UNPOSTED)).all()))
        raise Died

    with posts.looking(trellis, {INVITATION: die}), pytest.raises(OperationalError):
        posts.invite(trellis, **LOST)
    (dead,) = posts.rows(trellis, INVITATION)
    unasked = posts.rows(trellis, UNPOSTED)
    with trellis.sessions.begin() as session:
        session.execute(update(Delivery).values(lease_until=None, retry_at=None))  # its lease ran out
    with posts.looking(trellis):
        trellis.tick()
        trellis.tick()

    (row,) = posts.rows(trellis, INVITATION)
    assert (set(seen), dead.state, unasked) == ({1}, DOUBTFUL, [])
    assert (row.state, len(posts.questions(trellis))) == (FAILED, 1)


def test_an_invitation_nobody_can_see_is_asked_about_too(trellis: Trellis) -> None:
    with posts.looking(trellis):
        posts.invite(trellis, **LOST)
        (question,) = posts.questions(trellis)

        trellis.slack.press(OWNER, question, "Post again")
        trellis.tick()

    assert "invitation" in question.text
    assert [each.state for each in posts.rows(trellis, INVITATION)] == [SENT]
    assert len(posts.invitations(trellis)) == 1
