"""Doors for members: what Slack says when a profile changes, and settings."""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot import members, planning
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import doors
from handlers.acquaintance import believe, profile_of
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import members as views
from handlers.views.elements import Payload

PAGE = 200


def register(app: App) -> None:
    """Say what triggers what."""
    app.event("user_change")(take_over)
    app.event("team_join")(take_over)
    app.action(views.OPEN_SETTINGS)(open_settings)
    app.view(views.SETTINGS)(save_settings)
    app.action(views.PAUSE)(pause)
    app.action(views.RESUME)(resume)


def take_over(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
    """Keep up with a profile: a new zone moves this member's windows, a deactivation silences the nudges."""
    workspace_id = str(context.team_id)
    profile = profile_of(event["user"], workspace_id)
    with sessions.read() as session:
        if not members.is_news(session, workspace_id, profile):
            return
    at = clock.machine_now()
    with sessions.begin() as session:
        doors.once(session, Actor(workspace_id, profile.user_id), f"event:{body['event_id']}", at=at)
        members.welcome_workspace(session, workspace_id)
        believe(session, workspace_id, [profile], clock, at=at)


def reconcile(
    client: WebClient,
    sessions: Sessions,
    clock: Clock,
    workspace_id: str,
    *,
    page_size: int | None = None,
    see: Callable[[Payload], object] = lambda _: None,
) -> int:
    """Take over all profiles, page by page: Slack sends no event for everybody who leaves. Counts the people.

    Each account is shown to `see` as Slack tells of it.
    """
    cursor, seen = "", 0
    while True:
        page = client.users_list(limit=page_size or PAGE, cursor=cursor)
        with sessions.begin() as session:
            members.welcome_workspace(session, workspace_id)
            profiles = [profile_of(user, workspace_id) for user in page["members"]]
            believe(session, workspace_id, profiles, clock, at=clock.machine_now())
        for user in page["members"]:
            see(user)
        seen += len(page["members"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return seen


def open_settings(visit: Visit, screen: Screen) -> None:
    """Open the form with the settings."""
    screen.open(views.settings_form(visit.member))


def save_settings(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Keep the settings; nudges that wait follow them at once."""
    wanted = views.read_settings_form(view)
    with doors.effect_of(view, visit, sessions) as session:
        member = members.prefer(session, visit.actor, wanted)
        planning.reach_again(session, visit.actor.workspace_id, visit.actor.user_id, now=visit.now)
    screen.turn_to(views.settings_saved(member))
    screen.refresh_home()


def pause(actor: Actor, sessions: Sessions, screen: Screen) -> None:
    """Send this member nothing unasked until they resume."""
    with sessions.begin() as session:
        members.pause(session, actor, until=None)
    screen.refresh_home()


def resume(visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """End the pause."""
    with sessions.begin() as session:
        members.resume(session, visit.actor)
        planning.reach_again(session, visit.actor.workspace_id, visit.actor.user_id, now=visit.now)
    screen.refresh_home()
