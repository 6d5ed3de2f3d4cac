"""The doors behind buttons and menus about goals: each looks its number up again as one of the actor's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from slack_bolt import App

from bot import goal_changes, goals
from bot.runtime.database import Sessions
from handlers import doors
from handlers.doors import Visit
from handlers.screens import Screen
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


def open_log_form(screen: Screen) -> None:
    """Open the form for a new goal."""
    screen.open(forms.log_form())


def open_of_form(screen: Screen) -> None:
    """Ask whose goals to show."""
    screen.open(forms.of_form())


def show_list(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show one's open goals, from the start or after the last one shown."""
    after = doors.number_in(action) if action["action_id"] == views.MORE else 0
    with sessions.connect() as connection:
        page = goals.page(connection, visit.actor, after=after)
    screen.show(views.goal_list(page, today=visit.today), views.TITLE)


def show_more_of(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show further goals that somebody shares; what may be seen is decided anew."""
    owner, _, after = action["value"].partition(" ")
    with sessions.read() as session:
        page = goals.shared_by(session, visit.actor, owner, after=whole_number(after))
    screen.show(views.shared_list(page, today=visit.today), views.TITLE)


def show_story(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show a goal that was picked, with its story."""
    with sessions.read() as session:
        story = goals.story(session, visit.actor, doors.number_in(action))
    screen.show(answers.story(story, today=visit.today), views.TITLE)


def complete(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Close a goal as reached."""
    with sessions.begin() as session:
        change = goal_changes.complete(session, visit.actor, doors.number_in(action), None, now=visit.now)
    screen.tell(answers.closed(change))


def reopen(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Take a closed goal up again."""
    with sessions.begin() as session:
        change = goal_changes.reopen(session, visit.actor, doors.number_in(action), now=visit.now)
    screen.tell(answers.reopened(change))


def keep(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Leave a goal as it was written; the remark and its buttons go away."""
    with sessions.read() as session:
        goal = goals.find(session, visit.actor, doors.number_in(action))
    screen.show(answers.kept(goal), views.TITLE)


def choose_from_menu(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Do what was chosen from the menu beside a goal; its value is a verb and the goal's number."""
    verb, _, number = action["selected_option"]["value"].partition(" ")
    chosen = {"value": number}
    if verb == "done":
        complete(chosen, visit, sessions, screen)
        return
    if verb in _MENU_FORMS:
        _opener(_MENU_FORMS[verb])(chosen, visit, sessions, screen)
        return
    show_story(chosen, visit, sessions, screen)


_MENU_FORMS: Final[dict[str, Callable[[Goal], View]]] = {
    "progress": forms.progress_form,
    "edit": forms.edit_form,
    "drop": forms.drop_form,
}


def _opener(form: Callable[[Goal], View]) -> Callable[[Payload, Visit, Sessions, Screen], None]:
    """Make the listener that opens a form about one open goal."""

    def open_for_goal(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
        with sessions.read() as session:
            goal = goal_changes.find_open(session, visit.actor, doors.number_in(action))
        screen.open(form(goal))

    return open_for_goal
