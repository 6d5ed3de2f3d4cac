"""Who may see and do what: decided here, asked by every use case right after it opened its session."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.errors import Refusal
from models.goals import Goal
from models.members import Member
from models.one_on_ones import OneOnOne
from models.programmes import Programme


@dataclass(frozen=True)
class Actor:
    """Who is acting, as Slack signed it; never taken from a form or a button."""

    workspace_id: str
    user_id: str


class NotYourMeeting(Refusal):
    """I do not know a standing 1-on-1 of yours behind that. `/1on1` lists yours."""


class NotAnAdmin(Refusal):
    """That is for workspace admins. What is known of you is yours to change: `/growth profile`."""


class NotYourProgramme(Refusal):
    """Only the owner of a buddy programme can do that. `/buddy` shows yours."""


class NotForGuests(Refusal):
    """You are a guest here, and full members start buddy programmes. Ask one of them to start it `with guests`."""


class NotForYouToTake(Refusal):
    """A programme can be taken over by a workspace admin, and only when its owner is no longer active here."""


def may_see_goal(viewer: Actor, goal: Goal, *, reports: Collection[str]) -> bool:
    """Decide whether the viewer may read the goal; `Goal.visible_to` is the same rule as a query.

    `reports` are the people who confirmed, in a standing 1-on-1, that the viewer is their manager.
    """
    if viewer.workspace_id != goal.workspace_id:
        return False
    if viewer.user_id == goal.owner or goal.for_everyone:
        return True
    return goal.for_manager and goal.owner in reports


def require_part(actor: Actor, one_on_one: OneOnOne | None) -> OneOnOne:
    """Give the 1-on-1 back if the actor is one of the two; raises NotYourMeeting."""
    if one_on_one is None or one_on_one.workspace_id != actor.workspace_id:
        raise NotYourMeeting
    if actor.user_id not in one_on_one.people:
        raise NotYourMeeting
    return one_on_one


def require_admin(member: Member | None) -> None:
    """Raise NotAnAdmin unless this member is an admin of the workspace."""
    if member is None or not member.is_admin or member.is_deactivated:
        raise NotAnAdmin


def require_owner(actor: Actor, programme: Programme | None) -> Programme:
    """Give the programme back if it is the actor's; raises NotYourProgramme, also where there is none."""
    if programme is None or (programme.workspace_id, programme.owner) != (actor.workspace_id, actor.user_id):
        raise NotYourProgramme
    return programme


def require_full_member(member: Member) -> None:
    """Let no guest, nor anybody of another organisation, begin what concerns a whole channel; raises NotForGuests."""
    if member.is_guest:
        raise NotForGuests


def may_succeed(heir: Member, owner: Member) -> bool:
    """Decide whether somebody may follow the owner of a programme: an admin, where the owner was deactivated."""
    if heir.workspace_id != owner.workspace_id:
        return False
    return heir.is_admin and not heir.is_deactivated and owner.is_deactivated


def require_succession(heir: Member, owner: Member) -> None:
    """Raise NotForYouToTake unless the one may follow the other."""
    if not may_succeed(heir, owner):
        raise NotForYouToTake
