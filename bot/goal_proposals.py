"""Goals that one of a 1-on-1 proposes to the other, who alone makes them goals or lets them go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot import absences, goals, members, occurrences, outbox
from bot.errors import Name, Refusal
from bot.goal_drafts import NewGoal, checked
from bot.outbox import Later, Never
from bot.permissions import Actor
from models.goals import ACCEPTED, DECLINED, WAITING, Goal, GoalProposal
from models.members import Member
from models.outbox import Delivery

PROPOSED: Final = "goals.proposed"
KEPT: Final = timedelta(days=14)
"""How long the message about a proposal is of use; the proposal itself waits in App Home."""


class UnknownProposal(Refusal):
    """I do not know a goal proposed to you behind that. Open my Home to see what waits for you."""


class NotMetAnyMore(Refusal):
    """Your 1-on-1 with {name} has ended, so I do not propose goals to them. `/goal add` logs one of your own."""


@dataclass(frozen=True)
class Decision:
    """A proposal and the goal it became; `is_new` is False if it had been decided before."""

    proposal: GoalProposal
    goal: Goal | None = None
    is_new: bool = True


def propose_to_other(
    session: Session, actor: Actor, occurrence_id: int, draft: NewGoal, *, now: datetime, today: date
) -> GoalProposal:
    """Propose a goal to the other of a meeting; refuses who was no part of it."""
    occurrence = occurrences.of_actor(session, actor, occurrence_id)
    owner = occurrence.one_on_one.other(actor.user_id)
    if occurrence.one_on_one.ended_at is not None:
        raise NotMetAnyMore(name=Name(owner))
    draft = checked(draft, not_before=today)
    return propose(session, actor, owner, draft.title, measure=draft.measure, due_on=draft.due_on, now=now)


def propose(
    session: Session,
    actor: Actor,
    owner: str,
    title: str,
    *,
    measure: str | None,
    due_on: date | None,
    now: datetime,
) -> GoalProposal:
    """Keep a proposal and tell the owner, in their next working moment; who may propose is settled before."""
    proposal = GoalProposal(
        workspace_id=actor.workspace_id,
        owner=owner,
        proposer=actor.user_id,
        title=title,
        measure=measure,
        due_on=due_on,
        proposed_at=now,
        state=WAITING,
    )
    session.add(proposal)
    session.flush()
    member = session.get_one(Member, (actor.workspace_id, owner))
    outbox.enqueue(session, [_message(proposal, member, now)])
    return proposal


def find(session: Session, actor: Actor, proposal_id: int, *, to_decide: bool = False) -> GoalProposal:
    """Look up a proposal made to the actor, decided or not, locked for a decision; raises UnknownProposal."""
    chosen = GoalProposal.to(actor.workspace_id, actor.user_id, proposal_id)
    proposal = session.scalar(chosen.with_for_update() if to_decide else chosen)
    if proposal is None:
        raise UnknownProposal
    return proposal


def read(session: Session, actor: Actor, proposal_id: int) -> Decision:
    """Read how a proposal made to the actor stands; `is_new` while it waits."""
    proposal = find(session, actor, proposal_id)
    if proposal.state != WAITING:
        return _decided_before(session, actor, proposal)
    return Decision(proposal)


def accept(
    session: Session,
    actor: Actor,
    proposal_id: int,
    *,
    now: datetime,
    today: date,
    changed: NewGoal | None = None,
) -> Decision:
    """Make a proposal the actor's goal, with their changes if they made any; the first decision stands."""
    proposal = find(session, actor, proposal_id, to_decide=True)
    if proposal.state != WAITING:
        return _decided_before(session, actor, proposal)
    draft = changed or _still_sensible(as_draft(proposal), today)
    goal = goals.log(session, actor, draft, now=now, today=today, proposer=proposal.proposer)
    proposal.state, proposal.goal_number = ACCEPTED, goal.number
    _withdraw_message(session, proposal)
    return Decision(proposal, goal)


def decline(session: Session, actor: Actor, proposal_id: int) -> Decision:
    """Let a proposal go; its proposer is not told. The first decision stands."""
    proposal = find(session, actor, proposal_id, to_decide=True)
    if proposal.state != WAITING:
        return _decided_before(session, actor, proposal)
    proposal.state = DECLINED
    _withdraw_message(session, proposal)
    return Decision(proposal)


def as_draft(proposal: GoalProposal) -> NewGoal:
    """Give what was proposed as something to change."""
    return NewGoal(proposal.title, measure=proposal.measure, due_on=proposal.due_on)


def judge(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, GoalProposal | Later | Never]:
    """Decide with today's data whether each proposal is still to be told; two queries for any number of them."""
    workspaces = {delivery.workspace_id for delivery in deliveries}
    among = GoalProposal.among(workspaces, {delivery.subject_id for delivery in deliveries})
    proposals = {proposal.id: proposal for proposal in session.scalars(among)}
    people = session.scalars(Member.among(workspaces, {delivery.receiver for delivery in deliveries}))
    owners = {(member.workspace_id, member.user_id): member for member in people}
    return {
        delivery.id: _judge(
            delivery, proposals[delivery.subject_id], owners[delivery.workspace_id, delivery.receiver], now
        )
        for delivery in deliveries
    }


def _judge(
    delivery: Delivery, proposal: GoalProposal, owner: Member, now: datetime
) -> GoalProposal | Later | Never:
    if proposal.state != WAITING:
        return Never("decided already")
    if owner.is_deactivated:
        return Never("deactivated")
    silent = members.silent_until(owner, now)
    at_work = members.hours_of(owner).next_working(min(silent or now, now + KEPT))
    if at_work > now:
        return Later(at_work, "paused or away" if silent else "outside working hours")
    return absences.spare(owner, now, delivery.expire_at) or proposal


def _message(proposal: GoalProposal, owner: Member, now: datetime) -> outbox.Message:
    return outbox.Message(
        workspace_id=proposal.workspace_id,
        # A store put back from a copy gives the id to another one.
        key=f"proposal:{proposal.id}:{proposal.proposed_at.isoformat()}",
        kind=PROPOSED,
        receiver=proposal.owner,
        subject_id=proposal.id,
        not_before=members.hours_of(owner).next_working(now),
        expire_at=now + KEPT,
    )


def _decided_before(session: Session, actor: Actor, proposal: GoalProposal) -> Decision:
    number = proposal.goal_number
    goal = goals.find(session, actor, number) if number is not None else None
    return Decision(proposal, goal, is_new=False)


def _still_sensible(draft: NewGoal, today: date) -> NewGoal:
    """Leave out a due day that passed while the proposal waited: its owner did not choose it."""
    return replace(draft, due_on=None) if draft.due_on and draft.due_on < today else draft


def _withdraw_message(session: Session, proposal: GoalProposal) -> None:
    outbox.cancel(session, proposal.workspace_id, [PROPOSED], [proposal.id], reason="decided already")
