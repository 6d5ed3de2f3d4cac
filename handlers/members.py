"""Doors for members: who is acting, who is meant, what Slack says when a profile changes, and settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_sdk import WebClient

from bot import members, planning
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import doors, home
from handlers.acquaintance import Familiar, acquaint, profile_of
from handlers.doors import Visit
from handlers.views import members as views
from handlers.views.elements import Payload
from models.members import Member

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
    body: Payload,
    context: BoltContext,
    client: WebClient,
    sessions: Sessions,
    clock: Clock,
    familiar: Familiar,
    next_: Callable[[], BoltResponse],
) -> BoltResponse:
    """Offer listeners the acting member's record, and a way to show their Home anew.

    Not for events: a profile changes every second somewhere in a large company, and asking Slack about each
    would use up what it allows; an event that needs the member gets acquainted itself.
    """
    actor = context.get("actor")
    if actor is not None and body.get("type") != "event_callback":
        look_up = partial(acquaint, client, sessions, clock, actor, actor.user_id)
        member = familiar.meet(actor, sessions, clock, look_up)
        if member is None:
            raise members.NobodyThere
        context["member"] = member
        context["visit"] = Visit(actor, member, clock.people_now())
        context["refresh_home"] = partial(home.publish, client, actor, sessions=sessions, clock=clock)
    return next_()


def take_over(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
    """Keep up with a profile: a new zone moves this member's windows, a deactivation silences the nudges."""
    profile, workspace_id = profile_of(event["user"]), str(context.team_id)
    with sessions.read() as session:
        if not members.is_news(session, workspace_id, profile):
            return
    at, now = clock.machine_now(), clock.people_now()
    with sessions.begin() as session:
        doors.once(session, Actor(workspace_id, profile.user_id), f"event:{body['event_id']}", clock=clock)
        members.welcome_workspace(session, workspace_id)
        planning.take_over(session, workspace_id, [profile], at=at, now=now)


def reconcile(client: WebClient, sessions: Sessions, clock: Clock, workspace_id: str) -> int:
    """Take over all profiles, page by page: Slack sends no event for everybody who leaves. Counts the people."""
    cursor, seen = "", 0
    while True:
        page = client.users_list(limit=PAGE, cursor=cursor)
        with sessions.begin() as session:
            members.welcome_workspace(session, workspace_id)
            profiles = [profile_of(user) for user in page["members"]]
            planning.take_over(
                session, workspace_id, profiles, at=clock.machine_now(), now=clock.people_now()
            )
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
        doors.once_a_form(session, actor, view, clock=clock)
        member = members.prefer(session, actor, wanted)
        planning.reach_again(session, actor.workspace_id, actor.user_id, now=clock.people_now())
    ack(response_action="update", view=views.settings_saved(member))
    refresh_home()


def pause(ack: Ack, actor: Actor, sessions: Sessions, refresh_home: Callable[[], None]) -> None:
    """Send this member nothing unasked until they resume."""
    ack()
    with sessions.begin() as session:
        members.pause(session, actor, until=None)
    refresh_home()


def resume(
    ack: Ack, actor: Actor, sessions: Sessions, clock: Clock, refresh_home: Callable[[], None]
) -> None:
    """End the pause."""
    ack()
    with sessions.begin() as session:
        members.resume(session, actor)
        planning.reach_again(session, actor.workspace_id, actor.user_id, now=clock.people_now())
    refresh_home()
