"""A proposed goal waits for its owner, whose first decision stands; its message asks at the moment of sending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot import goal_proposals, goals, members
from bot.goal_drafts import DueInThePast, NewGoal, TitleMissing
from bot.goal_proposals import Decision, UnknownProposal
from bot.outbox import Later, Never
from bot.permissions import Actor, NotYourMeeting
from models.goals import GoalProposal
from tests.bot.goals_stage import (
    AMY,
    BEN,
    MONDAY_NOON,
    NAMESAKE,
    NEXT_SPRING,
    RAY,
    SATURDAY_NOON,
    TODAY,
    Stage,
    set_stage,
)
from tests.statements import counted


@pytest.fixture
def stage(sqlite: Engine) -> Stage:
    return set_stage(sqlite)


@pytest.fixture
def meeting(stage: Stage) -> int:
    """A meeting of Ben and Amy."""
    return stage.hold(stage.meet(BEN, AMY))


Propose = Callable[..., GoalProposal]


@pytest.fixture
def propose(stage: Stage, meeting: int) -> Propose:
    """Let Ben propose a goal to Amy."""

    def do(
        title: str = "Open two demos", *, by: Actor = BEN, at: datetime = MONDAY_NOON, **facts: object
    ) -> GoalProposal:
        draft = NewGoal(title, **facts)  # type: ignore[arg-type]
        with stage.sessions.begin() as session:
            return goal_proposals.propose_to_other(session, by, meeting, draft, now=at, today=at.date())

    return do


def accept(stage: Stage, proposal: int, actor: Actor = AMY, changed: NewGoal | None = None) -> Decision:
    with stage.sessions.begin() as session:
        return goal_proposals.accept(session, actor, proposal, now=MONDAY_NOON, today=TODAY, changed=changed)


def decline(stage: Stage, proposal: int, actor: Actor = AMY) -> Decision:
    with stage.sessions.begin() as session:
        return goal_proposals.decline(session, actor, proposal)


def judge(stage: Stage, at: datetime) -> GoalProposal | Later | Never:
    [delivery] = stage.deliveries()
    with stage.sessions.begin() as session:
        return goal_proposals.judge(session, [delivery], now=at)[delivery.id]


def test_the_other_of_the_meeting_is_told_and_nobody_has_a_goal_yet(stage: Stage, propose: Propose) -> None:
    proposal = propose(measure="Two demos", due_on=NEXT_SPRING)

    assert (proposal.owner, proposal.proposer, proposal.state) == ("UAMY", "UBEN", "waiting")
    [delivery] = stage.deliveries()
    assert (delivery.kind, delivery.receiver, delivery.key) == (
        "goals.proposed",
        "UAMY",
        f"proposal:{proposal.id}:{MONDAY_NOON.isoformat()}",
    )
    assert (delivery.not_before, delivery.expire_at) == (MONDAY_NOON, MONDAY_NOON + timedelta(days=14))
    assert stage.goals() == []


def test_the_news_waits_for_the_owners_next_working_moment(stage: Stage, propose: Propose) -> None:
    propose(at=SATURDAY_NOON)
    assert stage.deliveries()[0].not_before == datetime(2026, 9, 14, 9, tzinfo=SATURDAY_NOON.tzinfo)


@pytest.mark.parametrize("actor", [RAY, NAMESAKE], ids=["somebody else", "elsewhere"])
def test_who_was_no_part_of_the_meeting_proposes_nothing(
    stage: Stage, propose: Propose, actor: Actor
) -> None:
    with pytest.raises(NotYourMeeting):
        propose(by=actor)
    assert stage.proposals() == []


@pytest.mark.parametrize("occurrence", [0, 10**17])
def test_a_forged_meeting_is_refused(stage: Stage, occurrence: int) -> None:
    with stage.sessions.begin() as session, pytest.raises(NotYourMeeting):
        goal_proposals.propose_to_other(
            session, BEN, occurrence, NewGoal("Open two demos"), now=MONDAY_NOON, today=TODAY
        )


def test_a_proposal_is_checked_like_a_goal(stage: Stage, propose: Propose) -> None:
    with pytest.raises(TitleMissing):
        propose("  ")
    with pytest.raises(DueInThePast):
        propose(due_on=TODAY - timedelta(days=1))
    assert stage.everything() == []


def test_accepted_it_is_a_goal_of_the_owner_and_the_log_names_the_proposer(
    stage: Stage, propose: Propose
) -> None:
    proposal = propose(measure="Two demos", due_on=NEXT_SPRING)
    decision = accept(stage, proposal.id)

    [goal] = stage.goals()
    assert decision.is_new
    assert (goal.title, goal.measure, goal.due_on) == ("Open two demos", "Two demos", NEXT_SPRING)
    assert stage.entries()[0].by == "UAMY"
    assert stage.entries()[0].changes["proposer"] == [None, "UBEN"]
    assert (stage.proposals()[0].state, stage.proposals()[0].goal_number) == ("accepted", 1)


def test_the_owner_may_change_it_first(stage: Stage, propose: Propose) -> None:
    accept(stage, propose().id, changed=NewGoal("Open one demo", kind="habit"))
    [goal] = stage.goals()
    assert (goal.title, goal.kind) == ("Open one demo", "habit")
    assert stage.proposals()[0].title == "Open two demos"


def test_a_due_day_that_passed_while_it_waited_is_left_out(stage: Stage, propose: Propose) -> None:
    proposal = propose(due_on=TODAY)
    with stage.sessions.begin() as session:
        goal_proposals.accept(session, AMY, proposal.id, now=SATURDAY_NOON, today=SATURDAY_NOON.date())
    assert stage.goals()[0].due_on is None


@pytest.mark.parametrize("second", [accept, decline])
def test_the_first_decision_stands(stage: Stage, propose: Propose, second: Callable[..., Decision]) -> None:
    accepted, declined = propose("Accepted").id, propose("Declined").id
    accept(stage, accepted)
    decline(stage, declined)
    before = stage.everything()

    after_yes, after_no = second(stage, accepted), second(stage, declined)

    assert not after_yes.is_new
    assert not after_no.is_new
    assert after_yes.goal is not None
    assert (after_yes.goal.number, after_no.goal) == (1, None)
    assert stage.everything() == before


@pytest.mark.parametrize("actor", [BEN, RAY, NAMESAKE], ids=["proposer", "somebody else", "elsewhere"])
@pytest.mark.parametrize("decide", [accept, decline])
def test_only_the_owner_decides(
    stage: Stage, propose: Propose, actor: Actor, decide: Callable[..., Decision]
) -> None:
    proposal = propose()
    before = stage.everything()
    with pytest.raises(UnknownProposal):
        decide(stage, proposal.id, actor)
    assert stage.everything() == before


@pytest.mark.parametrize("forged", [0, 999, 10**17])
def test_a_forged_proposal_is_refused(stage: Stage, forged: int) -> None:
    with pytest.raises(UnknownProposal):
        accept(stage, forged)


@pytest.mark.parametrize("decide", [accept, decline])
def test_what_is_decided_is_not_announced_any_more(
    stage: Stage, propose: Propose, decide: Callable[..., Decision]
) -> None:
    decide(stage, propose().id)
    assert (stage.deliveries()[0].state, judge(stage, MONDAY_NOON)) == ("cancelled", Never("decided already"))


def test_what_waits_is_told(stage: Stage, propose: Propose) -> None:
    proposal = propose()
    verdict = judge(stage, MONDAY_NOON)
    assert isinstance(verdict, GoalProposal)
    assert verdict.id == proposal.id


def test_an_owner_who_left_is_not_told(stage: Stage, propose: Propose) -> None:
    propose()
    stage.arrive(AMY, is_deactivated=True)
    assert judge(stage, MONDAY_NOON) == Never("deactivated")


@pytest.mark.parametrize(
    ("until", "later"),
    [
        (
            datetime(2026, 9, 8, 10, tzinfo=MONDAY_NOON.tzinfo),
            datetime(2026, 9, 8, 10, tzinfo=MONDAY_NOON.tzinfo),
        ),
        (SATURDAY_NOON, datetime(2026, 9, 14, 9, tzinfo=MONDAY_NOON.tzinfo)),
        (None, MONDAY_NOON + timedelta(days=14)),
    ],
    ids=["until tomorrow", "until the weekend", "with no end"],
)
def test_an_owner_who_pauses_is_told_later(
    stage: Stage, propose: Propose, until: datetime | None, later: datetime
) -> None:
    propose()
    with stage.sessions.begin() as session:
        members.pause(session, AMY, until)
    assert judge(stage, MONDAY_NOON) == Later(later, "paused or away")


def test_an_owner_off_work_is_told_later(stage: Stage, propose: Propose) -> None:
    propose()
    verdict = judge(stage, SATURDAY_NOON)
    assert verdict == Later(datetime(2026, 9, 14, 9, tzinfo=MONDAY_NOON.tzinfo), "outside working hours")


def test_judging_costs_two_queries_for_many(stage: Stage, propose: Propose) -> None:
    for _ in range(20):
        propose()
    deliveries = stage.deliveries()
    with counted() as statements, stage.sessions.begin() as session:
        assert len(goal_proposals.judge(session, deliveries, now=MONDAY_NOON)) == 20
    assert len(statements) == 2


def test_home_shows_what_waits(stage: Stage, propose: Propose) -> None:
    waiting, decided = propose("Waits"), propose("Decided")
    decline(stage, decided.id)
    with stage.sessions.read() as session:
        assert [each.id for each in goals.overview(session, AMY).proposals] == [waiting.id]
        assert goals.overview(session, BEN).proposals == ()
