"""The doors for bringing in a roster: an admin uploads a file, sees what it would change, and applies it or not."""

from __future__ import annotations

import logging
import threading
from functools import partial

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot import roster_imports, rosters
from bot.errors import Refusal
from bot.permissions import Actor
from bot.rosters import Account, Directory, Roster
from bot.rosters.files import MOST_BYTES
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from handlers import doors, members, uploads, waiting
from handlers.acquaintance import patient, profile_of
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import rosters as views
from handlers.views.elements import Payload, View

log = logging.getLogger(__name__)


class PeopleNotTold(Refusal):
    """Slack did not tell me who is here, so I cannot read that file. Try again in a minute."""


PAGE = 1000
"""People asked for at once, the most Slack gives: somebody waits for the last page."""
REST_SECONDS = 0.1
"""Between two steps: whoever else waits to write to a SQLite file looks that often whether it is free."""


def register(app: App) -> None:
    """Say what triggers what."""
    app.view(views.UPLOAD)(read_file)
    app.view(views.PREVIEW)(apply)
    app.view_closed(views.PREVIEW)(cancel)


def open_form(visit: Visit, sessions: Sessions, screen: Screen, clock: Clock) -> None:
    """Ask an admin for the file; a roster that was stopped half-way goes on."""
    with sessions.read() as session:
        stalled = roster_imports.stalled(session, visit.actor, at=visit.at)
    screen.open(views.upload_form(goes_on=stalled is not None))
    if stalled is not None:
        with sessions.begin() as session:
            roster_imports.begin(session, visit.actor, stalled, at=visit.at)
        screen.later(partial(_apply, visit.actor, stalled, sessions, clock))


def read_file(view: Payload, visit: Visit, sessions: Sessions, screen: Screen, clock: Clock) -> None:
    """Read the file that was uploaded, and then show what it would change."""
    file_id = views.read_upload_form(view)
    with doors.effect_of(view, visit, sessions) as session:
        roster_imports.require_admin(session, visit.actor)
    work = partial(_preview, screen.client, visit.actor, file_id, sessions, clock)
    waiting.turn_to(screen, views.reading(), work)


def apply(view: Payload, visit: Visit, sessions: Sessions, screen: Screen, clock: Clock) -> None:
    """Apply the roster that was shown, once."""
    import_id = doors.number_carried(view)
    with doors.effect_of(view, visit, sessions) as session:
        roster_imports.begin(session, visit.actor, import_id, at=visit.at)
    waiting.turn_to(screen, views.applying(), partial(_apply, visit.actor, import_id, sessions, clock))


def cancel(ack: Ack, view: Payload, visit: Visit, sessions: Sessions) -> None:
    """Forget a roster whose preview was closed."""
    ack()
    import_id = doors.number_carried(view)
    with sessions.begin() as session:
        roster_imports.cancel(session, visit.actor, import_id)


def _preview(client: WebClient, actor: Actor, file_id: str, sessions: Sessions, clock: Clock) -> View:
    upload = uploads.fetch(client, file_id, uploader=actor.user_id, most=MOST_BYTES)
    sheet = rosters.read(upload.content)
    directory = _directory(client, actor, sessions, clock)
    with sessions.read() as session:
        roster = roster_imports.compare(session, actor, sheet, directory)
    has_file = bool(roster.problems) and _send_problems(client, actor, roster)
    import_id = None
    if roster.entries:
        packed = roster_imports.pack(roster)
        with sessions.begin() as session:
            import_id = roster_imports.keep(session, actor, packed, at=clock.machine_now())
    log.info("roster_read", extra={"people": len(roster.entries), "problems": len(roster.problems)})
    return views.preview(import_id, upload.name, sheet, roster, has_file=has_file)


def _directory(client: WebClient, actor: Actor, sessions: Sessions, clock: Clock) -> Directory:
    """Ask Slack who is there, whose addresses we do not keep; members are brought up to date on the way."""
    accounts: list[Account] = []
    try:
        members.reconcile(
            patient(client),
            sessions,
            clock,
            actor.workspace_id,
            page_size=PAGE,
            see=lambda user: accounts.append(_account(user, actor.workspace_id)),
        )
    except doors.UNHEARD as unheard:
        raise PeopleNotTold from unheard
    return Directory(accounts)


def _account(user: Payload, workspace_id: str) -> Account:
    profile, about = profile_of(user, workspace_id), user.get("profile", {})
    names = user.get("name") or "", about.get("display_name") or user.get("real_name") or ""
    return Account(
        profile.user_id,
        about.get("email") or "",
        names,
        is_person=profile.is_person,
        is_deactivated=profile.is_deactivated,
    )


def _send_problems(client: WebClient, actor: Actor, roster: Roster) -> bool:
    """Put a file with all that is wrong into the admin's messages; False if Slack did not take it."""
    try:
        channel = client.conversations_open(users=[actor.user_id])["channel"]["id"]
        client.files_upload_v2(
            channel=channel,
            initial_comment=views.problems_comment(len(roster.problems)),
            filename="roster-problems.csv",
            title="What is wrong in the roster",
            content=views.problems_file(roster.problems),
        )
    except doors.UNHEARD as unheard:
        log.warning("problems_not_uploaded", extra={"error": type(unheard).__name__})
        return False
    return True


def _apply(actor: Actor, import_id: int, sessions: Sessions, clock: Clock) -> View:
    """Apply a roster to its end, some people a transaction."""
    with sessions.read() as session:
        applying = roster_imports.load(session, actor.workspace_id, import_id)
    rest = threading.Event()
    while not applying.is_done:
        with sessions.begin() as session:
            applying = roster_imports.step(session, applying, at=clock.machine_now())
        if not applying.is_done:
            rest.wait(REST_SECONDS)
    log.info("roster_applied", extra={"roster": import_id, "people": len(applying.said)})
    return views.applied(applying)
