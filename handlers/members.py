"""Doors for members: who is acting, who is meant, what Slack says when a profile changes, and settings."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot import members, occurrences
from bot.members import Profile
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.zones import is_known
from handlers import doors, home
from handlers.doors import Visit
from handlers.views import members as views
from handlers.views.elements import Payload
from models.members import Member

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(days=1)
"""Changes come as events; this is how long we believe that none got lost."""
PAGE = 200


def register(app: App) -> None:
    """Say what triggers what."""
    app.event("user_change")(take_over)
    app.event("team_join")(take_over)
    app.action(views.OPEN_SETTINGS)(open_settings)
    app.view(views.SETTINGS)(save_settings)
    app.action(views.PAUSE)(pause)
    app.action(views.RESUME)(resume)


def know_actor(
    context: BoltContext,
    client: WebClient,
    sessions: Sessions,
    clock: Clock,
    next_: Callable[[], BoltResponse],
) -> BoltResponse:
    """Offer listeners the acting member's record, and a way to show their Home anew."""
    actor = context.get("actor")
    if actor is not None:
        member = acquaint(client, sessions, clock, actor, actor.user_id)
        if member is None:
            raise members.NobodyThere
        context["member"] = member
        context["visit"] = Visit(actor, member, clock.people_now())
        context["refresh_home"] = partial(home.publish, client, actor, sessions=sessions, clock=clock)
    return next_()


def acquaint(
    client: WebClient, sessions: Sessions, clock: Clock, actor: Actor, user_id: str
) -> Member | None:
    """Find somebody's record, asking Slack if it is missing or old; None if Slack knows nobody by that id."""
    now = clock.machine_now()
    with sessions.read() as session:
        known = members.known(session, actor.workspace_id, [user_id]).get(user_id)
    if known is not None and known.refreshed_at > now - FRESH_FOR:
        return known
    try:
        user = client.users_info(user=user_id)["user"]
    except SlackApiError as refusal:
        log.info("member_not_found", extra={"member": user_id, "error": refusal.response.get("error")})
        return known
    with sessions.begin() as session:
        members.welcome_workspace(session, actor.workspace_id)
        return members.remember(session, actor.workspace_id, profile_of(user), at=now)


def profile_of(user: Payload) -> Profile:
    """Read what Slack says of an account; a zone we do not know counts as UTC."""
    about, zone = user.get("profile", {}), user.get("tz") or "UTC"
    expires = about.get("status_expiration") or 0
    return Profile(
        user_id=user["id"],
        name=about.get("display_name") or user.get("real_name") or user.get("name") or user["id"],
        zone=zone if is_known(zone) else "UTC",
        is_person=not (user.get("is_bot") or user.get("is_workflow_bot") or user["id"] == "USLACKBOT"),
        is_guest=any(user.get(mark) for mark in ("is_restricted", "is_ultra_restricted", "is_stranger")),
        is_deactivated=bool(user.get("deleted")),
        is_admin=bool(user.get("is_admin") or user.get("is_owner")),
        is_away=about.get("status_emoji") == members.ON_VACATION,
        away_until=datetime.fromtimestamp(expires, UTC) if expires else None,
    )


def take_over(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
    """Keep up with a profile: a new zone moves this member's windows, a deactivation silences the nudges."""
    profile, workspace_id = profile_of(event["user"]), str(context.team_id)
    actor = Actor(workspace_id, profile.user_id)
    with sessions.begin() as session:
        doors.once(session, actor, f"event:{body['event_id']}", clock=clock)
        members.welcome_workspace(session, workspace_id)
        members.remember(session, workspace_id, profile, at=clock.machine_now())
        occurrences.reopen_windows_of(session, workspace_id, profile.user_id, now=clock.people_now())


def reconcile(client: WebClient, sessions: Sessions, clock: Clock, workspace_id: str) -> int:
    """Take over all profiles, page by page: Slack sends no event for everybody who leaves. Counts the people."""
    cursor, seen = "", 0
    while True:
        page = client.users_list(limit=PAGE, cursor=cursor)
        with sessions.begin() as session:
            members.welcome_workspace(session, workspace_id)
            for user in page["members"]:
                members.remember(session, workspace_id, profile_of(user), at=clock.machine_now())
        seen += len(page["members"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return seen


def open_settings(ack: Ack, body: Payload, client: WebClient, member: Member) -> None:
    """Open the form with the settings."""
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=views.settings_form(member))


def save_settings(
    ack: Ack, view: Payload, actor: Actor, sessions: Sessions, clock: Clock, refresh_home: Callable[[], None]
) -> None:
    """Keep the settings; nudges that wait follow them at once."""
    wanted = views.read_settings_form(view)
    with sessions.begin() as session:
        doors.once(session, actor, f"view:{view['id']}", clock=clock)
        member = members.prefer(session, actor, wanted)
        occurrences.reopen_windows_of(session, actor.workspace_id, actor.user_id, now=clock.people_now())
    ack(response_action="update", view=views.settings_saved(member))
    refresh_home()


def pause(ack: Ack, actor: Actor, sessions: Sessions, refresh_home: Callable[[], None]) -> None:
    """Send this member nothing unasked until they resume."""
    ack()
    with sessions.begin() as session:
        members.pause(session, actor, until=None)
    refresh_home()


def resume(ack: Ack, actor: Actor, sessions: Sessions, refresh_home: Callable[[], None]) -> None:
    """End the pause."""
    ack()
    with sessions.begin() as session:
        members.resume(session, actor)
    refresh_home()
