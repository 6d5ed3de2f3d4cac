"""The doors behind buttons and menus about goals: each looks its number up again as one of the actor's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot import goal_changes, goals
from bot.runtime.database import Sessions
from handlers import doors
from handlers.doors import Visit
from handlers.goal_places import open_form, show, tell
from handlers.views import goal_answers as answers
from handlers.views import goal_forms as forms
from handlers.views import goals as views
from handlers.views.elements import Payload, View
from handlers.views.goal_forms import whole_number
from models.goals import Goal


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.ADD)(open_log_form)
    app.action(views.OF)(open_of_form)
    app.action(views.ALL)(show_list)
    app.action(views.MORE)(show_list)
    app.action(views.MORE_OF)(show_more_of)
    app.action(views.PICK)(show_story)
    app.action(views.MENU)(choose_from_menu)
    app.action(answers.SHOW)(show_story)
    app.action(answers.COMPLETE)(complete)
    app.action(answers.REOPEN)(reopen)
    app.action(answers.KEEP)(keep)
    for action_id, form in FORMS.items():
        app.action(action_id)(_opener(form))


FORMS: Final[dict[str, Callable[[Goal], View]]] = {
    answers.PROGRESS: forms.progress_form,
    answers.EDIT: forms.edit_form,
    answers.SHARPEN: forms.edit_form,
    answers.SHARE: forms.share_form,
    answers.DROP: forms.drop_form,
}
"""Which button opens which form about one goal."""


def open_log_form(ack: Ack, body: Payload, client: WebClient) -> None:
    """Open the form for a new goal."""
    ack()
    open_form(forms.log_form(), body, client)


def open_of_form(ack: Ack, body: Payload, client: WebClient) -> None:
    """Ask whose goals to show."""
    ack()
    open_form(forms.of_form(), body, client)


def show_list(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    visit: Visit,
) -> None:
    """Show one's open goals, from the start or after the last one shown."""
    ack()
    after = doors.number_in(action) if action["action_id"] == views.MORE else 0
    with sessions.read() as session:
        page = goals.page(session, visit.actor, after=after)
    show(views.goal_list(page, today=visit.today), body, client, respond)


def show_more_of(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    visit: Visit,
) -> None:
    """Show further goals that somebody shares; what may be seen is decided anew."""
    ack()
    owner, _, after = action["value"].partition(" ")
    with sessions.read() as session:
        page = goals.shared_by(session, visit.actor, owner, after=whole_number(after))
    show(views.shared_list(page, today=visit.today), body, client, respond)


def show_story(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    visit: Visit,
) -> None:
    """Show a goal that was picked, with its story."""
    ack()
    with sessions.read() as session:
        story = goals.story(session, visit.actor, doors.number_in(action))
    show(answers.story(story, today=visit.today), body, client, respond)


def complete(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    visit: Visit,
    refresh_home: Callable[[], None],
) -> None:
    """Close a goal as reached."""
    ack()
    with sessions.begin() as session:
        change = goal_changes.complete(session, visit.actor, doors.number_in(action), None, now=visit.now)
    tell(answers.closed(change), body, client, respond, refresh_home)


def reopen(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    visit: Visit,
    refresh_home: Callable[[], None],
) -> None:
    """Take a closed goal up again."""
    ack()
    with sessions.begin() as session:
        change = goal_changes.reopen(session, visit.actor, doors.number_in(action), now=visit.now)
    tell(answers.reopened(change), body, client, respond, refresh_home)


def keep(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    visit: Visit,
) -> None:
    """Leave a goal as it was written; the remark and its buttons go away."""
    ack()
    with sessions.read() as session:
        goal = goals.find(session, visit.actor, doors.number_in(action))
    show(answers.kept(goal), body, client, respond)


def choose_from_menu(
    ack: Ack,
    action: Payload,
    body: Payload,
    client: WebClient,
    respond: Respond,
    sessions: Sessions,
    visit: Visit,
    refresh_home: Callable[[], None],
) -> None:
    """Do what was chosen from the menu beside a goal; its value is a verb and the goal's number."""
    verb, _, number = action["selected_option"]["value"].partition(" ")
    chosen = {"value": number}
    if verb == "done":
        complete(ack, chosen, body, client, respond, sessions, visit, refresh_home)
        return
    if verb in _MENU_FORMS:
        _opener(_MENU_FORMS[verb])(ack, chosen, body, client, sessions, visit)
        return
    show_story(ack, chosen, body, client, respond, sessions, visit)


_MENU_FORMS: Final[dict[str, Callable[[Goal], View]]] = {
    "progress": forms.progress_form,
    "edit": forms.edit_form,
    "drop": forms.drop_form,
}


def _opener(
    form: Callable[[Goal], View],
) -> Callable[[Ack, Payload, Payload, WebClient, Sessions, Visit], None]:
    """Make the listener that opens a form about one open goal."""

    def open_for_goal(
        ack: Ack, action: Payload, body: Payload, client: WebClient, sessions: Sessions, visit: Visit
    ) -> None:
        ack()
        with sessions.read() as session:
            goal = goal_changes.find_open(session, visit.actor, doors.number_in(action))
        open_form(form(goal), body, client)

    return open_for_goal
