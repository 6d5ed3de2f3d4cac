"""The doors behind submitted forms about goals: each takes effect once, then says what came of it."""

from __future__ import annotations

from slack_bolt import App

from bot import goal_changes, goals
from bot.goal_coaching import remark_on
from bot.runtime.database import Sessions
from handlers.doors import Visit, effect_of
from handlers.screens import Screen
from handlers.views import elements
from handlers.views import goal_answers as answers
from handlers.views import goal_forms as forms
from handlers.views import goals as views
from handlers.views.elements import Payload


def register(app: App) -> None:
    """Say what triggers what."""
    app.view(forms.LOG_FORM)(log)
    app.view(forms.EDIT_FORM)(edit)
    app.view(forms.PROGRESS_FORM)(progress)
    app.view(forms.DONE_FORM)(close)
    app.view(forms.DROP_FORM)(close)
    app.view(forms.SHARE_FORM)(share)
    app.view(forms.EDIT_PICKER)(pick_to_edit)
    app.view(forms.SHOW_PICKER)(pick_to_show)
    app.view(forms.OF_FORM)(show_of)


def log(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Log the goal that was written down."""
    draft = forms.read_goal_form(view)
    with effect_of(view, visit, sessions) as session:
        goal = goals.log(session, visit.actor, draft, now=visit.now, today=visit.today)
    remark = remark_on(goal.title, measure=goal.measure, due_on=goal.due_on, today=visit.today)
    screen.conclude(answers.logged(goal, remark, today=visit.today), views.TITLE)


def edit(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Put the new words in the place of the old."""
    number, draft = forms.read_chosen(view), forms.read_goal_form(view)
    with effect_of(view, visit, sessions) as session:
        change = goal_changes.edit(session, visit.actor, number, draft, now=visit.now, today=visit.today)
    screen.conclude(answers.edited(change, visit.today), views.TITLE)


def progress(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Note how far a goal is."""
    number, percent, note = forms.read_chosen(view), forms.read_percent(view), forms.read_note(view)
    with effect_of(view, visit, sessions) as session:
        goal = goal_changes.progress(session, visit.actor, number, percent, note, now=visit.now)
    screen.conclude(answers.progressed(goal, note), views.TITLE)


def close(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Close a goal, as reached or as dropped, by which form it was."""
    number, note = forms.read_chosen(view), forms.read_note(view)
    do = goal_changes.complete if view["callback_id"] == forms.DONE_FORM else goal_changes.drop
    with effect_of(view, visit, sessions) as session:
        change = do(session, visit.actor, number, note, now=visit.now)
    screen.conclude(answers.closed(change, note), views.TITLE)


def share(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Set who else may see a goal."""
    number, audience = forms.read_chosen(view), forms.read_audience(view)
    with effect_of(view, visit, sessions) as session:
        sharing = goal_changes.share(session, visit.actor, number, audience, now=visit.now)
    screen.conclude(answers.shared(sharing), views.TITLE)


def pick_to_edit(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Put the form with the picked goal in the place of the question."""
    with sessions.read() as session:
        goal = goal_changes.find_open(session, visit.actor, forms.read_chosen(view))
    screen.turn_to(forms.edit_form(goal))


def pick_to_show(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Put the picked goal's story in the place of the question."""
    with sessions.read() as session:
        story = goals.story(session, visit.actor, forms.read_chosen(view))
    shown = answers.story(story, today=visit.today)
    screen.turn_to(elements.dialog(shown, views.TITLE))


def show_of(view: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Put what the picked person shares in the place of the question."""
    with sessions.read() as session:
        page = goals.shared_by(session, visit.actor, forms.read_of_form(view))
    shown = views.shared_list(page, today=visit.today)
    screen.turn_to(elements.dialog(shown, views.TITLE))
