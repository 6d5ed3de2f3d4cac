"""Getting to know people: an account's record, asked of Slack when it is missing or old."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from sqlalchemy.orm import Session

from bot import members, planning, programme_heads_ups
from bot.errors import Refusal
from bot.members import Profile
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.decisions import Failed
from bot.runtime.patience import apart
from bot.runtime.slack import word_of
from bot.zones import is_known
from handlers import doors
from handlers.views.elements import Payload
from models.members import Member
from models.outbox import GROUP

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(days=1)
"""Changes come as events; this is how long we believe that none got lost."""
LOOK_UP_SECONDS = 1
"""Two people may have to be looked up in the three seconds after which Slack gives up on us."""
NOBODY = frozenset({"user_not_found", "user_not_visible"})
GONE = frozenset({"account_inactive", "user_disabled"})
"""What Slack answers about a person whose account is no longer in use."""


FAMILIAR_FOR = timedelta(seconds=5)
"""How long another process's change to a member may go unnoticed here."""
FAMILIAR_MEMBERS = 1000


class SlackSilent(Refusal):
    """Slack did not tell me who that is, so I changed nothing. Try again in a minute."""


def note_who_is_gone(session: Session, failed: Sequence[Failed], now: datetime) -> None:
    """Take over from a message that was refused that its receiver's account is gone: nothing more is sent there."""
    gone = [each for each in failed if each.reason in GONE and not each.receiver.startswith(GROUP)]
    for workspace_id in sorted({each.workspace_id for each in gone}):
        people = [each.receiver for each in gone if each.workspace_id == workspace_id]
        members.note_gone(session, workspace_id, people)
        programme_heads_ups.expect_without(session, workspace_id, people, now=now)


def acquaint(
    client: WebClient, sessions: Sessions, clock: Clock, actor: Actor, user_id: str
) -> Member | None:
    """Find somebody's record, asking Slack if it is missing or old; None if Slack knows nobody by that id.

    If Slack does not answer, an old record will do; raises SlackSilent without one.
    """
    now = clock.machine_now()
    with sessions.read() as session:
        known = members.known(session, actor.workspace_id, [user_id]).get(user_id)
    if known is not None and known.refreshed_at > now - FRESH_FOR:
        return known
    try:
        user = impatient(client).users_info(user=user_id)["user"]
    except doors.UNHEARD as unheard:
        log.info("member_not_found", extra={"member": user_id, "error": error_of(unheard)})
        if known is None and error_of(unheard) not in NOBODY:
            raise SlackSilent from unheard
        return known
    with apart(), sessions.begin() as session:
        members.welcome_workspace(session, actor.workspace_id)
        profiles = [profile_of(user, actor.workspace_id)]
        return believe(session, actor.workspace_id, profiles, clock, at=now)[user_id]


def believe(
    session: Session, workspace_id: str, profiles: Sequence[Profile], clock: Clock, *, at: datetime
) -> dict[str, Member]:
    """Take over what Slack says of accounts, as of a moment of machine time, with all that follows for others."""
    now = clock.people_now()
    known = planning.take_over(session, workspace_id, profiles, at=at, now=now)
    gone = [each.user_id for each in profiles if each.is_deactivated]
    programme_heads_ups.expect_without(session, workspace_id, gone, now=now)
    return known


@dataclass(frozen=True)
class _Met:
    member: Member
    at: datetime
    version: object


class Familiar:
    """The members whose record this process read a moment ago; who clicks on does not have it read each time.

    Only for who is at the door: zone, day and settings shown. What decides a message or a change reads the store.
    A record counts for a few seconds, and not beyond the next change this process makes to the store: people see
    what they have just set.
    """

    def __init__(self) -> None:
        self._met: dict[Actor, _Met] = {}

    def meet(
        self, actor: Actor, sessions: Sessions, clock: Clock, read: Callable[[], Member | None]
    ) -> Member | None:
        """Give the actor's record, read now unless it was read a moment ago."""
        now, version = clock.machine_now(), sessions.version
        met = self._met.get(actor)
        if met is not None and met.version is version and now - FAMILIAR_FOR < met.at <= now:
            return met.member
        member = read()
        if member is not None:
            if len(self._met) >= FAMILIAR_MEMBERS:
                self._met.clear()
            self._met[actor] = _Met(member, now, version)
        return member


def patient(client: WebClient) -> WebClient:
    """Make a client for long readings, which wait as long as Slack says; nothing is posted with it."""
    waits = RateLimitErrorRetryHandler(max_retry_count=50)
    return WebClient(
        token=client.token, base_url=client.base_url, timeout=30, retry_handlers=[waits], ssl=client.ssl
    )


def impatient(client: WebClient) -> WebClient:
    """Make a client that gives up soon, for what is asked of Slack while a request waits."""
    return WebClient(
        token=client.token,
        base_url=client.base_url,
        timeout=LOOK_UP_SECONDS,
        retry_handlers=[],
        ssl=client.ssl,
    )


def error_of(unheard: Exception) -> str:
    """Name what went wrong: Slack's word for it, or the kind of failure."""
    word = word_of(unheard) if isinstance(unheard, SlackApiError) else None
    return word or type(unheard).__name__


def profile_of(user: Payload, workspace_id: str) -> Profile:
    """Read what Slack says of an account to a workspace; a zone we do not know counts as UTC.

    Who is of another organisation counts as a guest, and as no admin: those of whom they are one are others.
    """
    about, zone = user.get("profile", {}), user.get("tz") or "UTC"
    is_foreign = _is_foreign(user, workspace_id)
    expires = about.get("status_expiration") or 0
    return Profile(
        user_id=user["id"],
        name=about.get("display_name") or user.get("real_name") or user.get("name") or user["id"],
        zone=zone if is_known(zone) else "UTC",
        is_person=not (user.get("is_bot") or user.get("is_workflow_bot") or user["id"] == "USLACKBOT"),
        is_guest=is_foreign or any(user.get(mark) for mark in ("is_restricted", "is_ultra_restricted")),
        is_deactivated=bool(user.get("deleted")),
        is_admin=not is_foreign and bool(user.get("is_admin") or user.get("is_owner")),
        is_away=about.get("status_emoji") == members.ON_VACATION,
        away_until=datetime.fromtimestamp(expires, UTC) if expires else None,
    )


def _is_foreign(user: Payload, workspace_id: str) -> bool:
    """Whether an account is not of this workspace.

    Slack calls a stranger only with whom the app shares no channel (https://docs.slack.dev/apis/slack-connect); who
    has come to a shared one is known by the team. On Enterprise Grid an account may be of several.
    """
    teams = {user.get("team_id"), *(user.get("teams") or ())}
    teams |= set((user.get("enterprise_user") or {}).get("teams") or ())
    named = teams - {None, ""}
    return bool(user.get("is_stranger")) or (bool(named) and workspace_id not in named)
