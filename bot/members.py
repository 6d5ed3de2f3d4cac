"""Members: what Slack says of them, their working hours and lead time, and their wish for silence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.orm import Session

from bot.budgets import OPTIONAL, WEEKLY
from bot.errors import ImpossibleWorkingHours, Name, Refusal
from bot.permissions import Actor
from bot.working_hours import WorkingHours
from models.bulk import insert_missing
from models.members import Member
from models.workspaces import Workspace

LEAD_HOURS = range(1, 49)
ON_VACATION = ":palm_tree:"
"""The emoji of Slack's own status "Vacationing"."""


class NobodyThere(Refusal):
    """I cannot find that person in this workspace. Pick them from the list that opens when you type `@`."""


class NotAPerson(Refusal):
    """{name} is an app, not a person. Pick somebody you meet."""


class Deactivated(Refusal):
    """{name} is no longer active in this workspace, so I cannot reach them."""


class Guest(Refusal):
    """{name} is a guest here, and 1-on-1s are for full members of the workspace."""


class GuestYourself(Refusal):
    """You are a guest here, and 1-on-1s are for full members of the workspace. Your goals work: `/goal`."""


class Yourself(Refusal):
    """That is you. Pick the other person."""


class BadLead(Refusal):
    """The lead time is between 1 and 48 hours."""


class BadWeeklyNumber(Refusal):
    """I can keep to between 1 and 10 messages a week. Pick one of these."""


class NoSuchTopic(Refusal):
    """I do not know what you want less of. Close this, and open the settings with `/growth settings`."""


@dataclass(frozen=True)
class Profile:
    """What Slack says of an account."""

    user_id: str
    name: str
    zone: str
    is_person: bool
    is_guest: bool
    is_deactivated: bool
    is_admin: bool
    is_away: bool = False
    away_until: datetime | None = None


@dataclass(frozen=True)
class Limits:
    """How much a member wants to hear that they did not ask for."""

    weekly_messages: int
    less_of: frozenset[str] = frozenset()
    """Topics of which they want none."""


@dataclass(frozen=True)
class Preferences:
    """What a member sets for themselves."""

    work_days: frozenset[int]
    work_starts: time
    work_ends: time
    lead_hours: int
    limits: Limits


def welcome_workspace(session: Session, workspace_id: str) -> None:
    """Make the workspace known; one that is known stays as it is."""
    insert_missing(session, Workspace, [{"workspace_id": workspace_id}])


def welcome_back(session: Session, workspace_id: str) -> None:
    """Post to the workspace again: its token works, whatever Slack said before."""
    welcome_workspace(session, workspace_id)
    session.execute(Workspace.welcome_back(workspace_id))


def note_gone(session: Session, workspace_id: str, user_ids: Collection[str]) -> None:
    """Take over that Slack says of accounts that they are no longer in use; it will say so itself if they return."""
    for member in session.scalars(Member.among([workspace_id], user_ids)):
        member.is_deactivated = True


def is_news(session: Session, workspace_id: str, profile: Profile) -> bool:
    """Whether Slack says anything of the account that we do not know; most events are about nothing of ours."""
    member = session.get(Member, (workspace_id, profile.user_id))
    return member is None or any(getattr(member, name) != value for name, value in asdict(profile).items())


def differently_reached(session: Session, workspace_id: str, profiles: Sequence[Profile]) -> list[str]:
    """Name the known members whose zone or absence is another than we believe."""
    standing = known(session, workspace_id, [profile.user_id for profile in profiles])
    return [
        profile.user_id
        for profile in profiles
        if (member := standing.get(profile.user_id)) is not None and _reach(member) != _reach(profile)
    ]


def _reach(account: Member | Profile) -> tuple[object, ...]:
    return account.zone, account.is_away, account.away_until, account.is_deactivated


def remember_all(
    session: Session, workspace_id: str, profiles: Sequence[Profile], *, at: datetime
) -> dict[str, Member]:
    """Take over what Slack says of accounts, keyed by id; what members set for themselves stays.

    `at` is machine time; three statements however many there are.
    """
    ids = [profile.user_id for profile in profiles]
    facts = {profile.user_id: {**asdict(profile), "refreshed_at": at} for profile in profiles}
    standing = known(session, workspace_id, ids)
    for user_id, member in standing.items():
        for name, value in facts[user_id].items():
            setattr(member, name, value)
    new = [
        {"workspace_id": workspace_id, **facts[each], **_defaults()} for each in ids if each not in standing
    ]
    if not new:
        return standing
    insert_missing(session, Member, new)
    return known(session, workspace_id, ids)


def _defaults() -> dict[str, object]:
    """Spell the columns' defaults out: a bulk insert with ON CONFLICT does not go through the ORM's."""
    columns = Member.__table__.columns
    return {column.name: column.default.arg for column in columns if column.default is not None}


def find(session: Session, actor: Actor) -> Member | None:
    """Find the actor's own record."""
    return session.get(Member, (actor.workspace_id, actor.user_id))


def known(session: Session, workspace_id: str, user_ids: Sequence[str]) -> dict[str, Member]:
    """Find the records of these people, keyed by id; who is unknown is left out."""
    chosen = session.scalars(Member.among([workspace_id], user_ids))
    return {member.user_id: member for member in chosen}


def partner_for(session: Session, actor: Actor, user_id: str) -> Member:
    """Find somebody to meet; refuses oneself, apps, guests (also as the actor) and whoever is not there."""
    if user_id == actor.user_id:
        raise Yourself
    if session.get_one(Member, (actor.workspace_id, actor.user_id)).is_guest:
        raise GuestYourself
    member = session.get(Member, (actor.workspace_id, user_id))
    if member is None:
        raise NobodyThere
    if not member.is_person:
        raise NotAPerson(name=Name(user_id))
    if member.is_deactivated:
        raise Deactivated(name=Name(user_id))
    if member.is_guest:
        raise Guest(name=Name(user_id))
    return member


def hours_of(member: Member) -> WorkingHours:
    """Give the member's working hours in their own zone."""
    days = frozenset(int(digit) for digit in member.work_days)
    return WorkingHours(days, member.work_starts, member.work_ends, member.zone)


def prefer(session: Session, actor: Actor, wanted: Preferences) -> Member:
    """Set all of it; raises BadLead, ImpossibleWorkingHours, and what `limit` raises."""
    if wanted.lead_hours not in LEAD_HOURS:
        raise BadLead(field="members.lead")
    member = session.get_one(Member, (actor.workspace_id, actor.user_id))
    try:
        WorkingHours(wanted.work_days, wanted.work_starts, wanted.work_ends, member.zone)
    except ImpossibleWorkingHours as impossible:
        raise ImpossibleWorkingHours(field="members.ends") from impossible
    member.work_days = "".join(str(digit) for digit in sorted(wanted.work_days))
    member.work_starts, member.work_ends = wanted.work_starts, wanted.work_ends
    member.lead_hours = wanted.lead_hours
    return limit(session, actor, wanted.limits)


def limit(session: Session, actor: Actor, wanted: Limits) -> Member:
    """Set how much may reach the actor unasked; raises BadWeeklyNumber and NoSuchTopic."""
    if wanted.weekly_messages not in WEEKLY:
        raise BadWeeklyNumber(field="attention.weekly")
    if not wanted.less_of <= set(OPTIONAL):
        raise NoSuchTopic(field="attention.less_of")
    member = session.get_one(Member, (actor.workspace_id, actor.user_id))
    member.weekly_messages = wanted.weekly_messages
    member.less_of = " ".join(sorted(wanted.less_of))
    return member


def limits_of(member: Member) -> Limits:
    """Give how much the member wants to hear that they did not ask for."""
    return Limits(member.weekly_messages, frozenset(member.less_of.split()))


def pause(session: Session, actor: Actor, until: datetime | None) -> Member:
    """Send this member nothing unasked until the moment, or until they resume."""
    member = session.get_one(Member, (actor.workspace_id, actor.user_id))
    member.is_paused, member.paused_until = True, until
    return member


def resume(session: Session, actor: Actor) -> Member:
    """End the member's pause."""
    member = session.get_one(Member, (actor.workspace_id, actor.user_id))
    member.is_paused, member.paused_until = False, None
    return member


def silent_until(member: Member, now: datetime) -> datetime | None:
    """Say until when nothing may reach the member; None if it may now, the far end of time if no end is known."""
    ends = []
    if member.is_pausing(now):
        ends.append(member.paused_until or FAR_OFF)
    if member.is_absent(now):
        ends.append(member.away_until or FAR_OFF)
    return max(ends) if ends else None


FAR_OFF = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
"""Later than everything, with room for a change of zone."""
