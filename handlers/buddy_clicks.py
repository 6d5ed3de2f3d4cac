"""Doors behind the buttons and menus of buddy programmes, in messages, dialogs and App Home."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from slack_bolt import App
from slack_sdk import WebClient

from bot import enrolments, programmes, round_steps
from bot.programmes import Channel
from bot.runtime.database import Sessions
from handlers import buddy_answers as answers
from handlers import buddy_owners as owners
from handlers import channels, doors
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.views import buddies as views
from handlers.views import buddies_forms as forms
from handlers.views import buddies_news as news_views
from handlers.views.elements import Message, Payload, View, is_number


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.MENU)(choose_from_menu)
    for verb in answers.ACTS:
        app.action(verb)(_doing(verb))
    app.action(views.JOIN)(join)
    app.action(views.TAKE_OVER)(take_over)
    app.action(views.OPEN_OWNERLESS)(open_ownerless)
    app.action(forms.END)(end)
    app.action(news_views.JOIN_HERE)(_joining_here(None))
    for role, action in news_views.JOIN_AS.items():
        app.action(action)(_joining_here(role))
    app.action(news_views.LEAVE_HERE)(leave_here)
    app.action(news_views.HAND_BACK)(hand_back)
    app.action(views.ALLOW)(allow)
    for action, open_it in OPENERS.items():
        app.action(action)(open_it)


def choose_from_menu(
    action: Payload, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen
) -> None:
    """Do what was chosen from the menu of a programme."""
    verb, programme_id = views.read_menu(action)
    if verb in OPENED_BY_NUMBER:
        screen.open(OPENED_BY_NUMBER[verb](programme_id, visit, sessions))
        return
    if verb == views.JOIN:
        _join(programme_id, client, visit, sessions, screen)
        return
    _do(verb, programme_id, visit, sessions, screen)


def _doing(verb: str) -> Callable[..., None]:
    """Make the listener of a button that does something at once."""

    def do(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
        _do(verb, doors.number_in(action), visit, sessions, screen)

    return do


def _do(verb: str, programme_id: int, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    with sessions.begin() as session:
        message = answers.ACTS[verb](session, visit, programme_id)
    _tell(message, screen)


def _tell(message: Message, screen: Screen) -> None:
    """Say what came of a click, where it was; Home is drawn anew where it was clicked, or lies behind a dialog."""
    screen.show(message, "Career buddies")
    if screen.body.get("view"):
        screen.refresh_home()


def join(action: Payload, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Take part in the programme of a button that the visitor alone sees."""
    _join(doors.number_in(action), client, visit, sessions, screen)


def _join(programme_id: int, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    room = answers.room_of(client, visit, sessions, programme_id)
    with sessions.begin() as session:
        message = answers.join(session, room, visit)
    _tell(message, screen)


def take_over(action: Payload, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Let an admin follow an owner who has left, in a channel the admin is in."""
    room = answers.room_of(client, visit, sessions, doors.number_in(action))
    with sessions.begin() as session:
        message = answers.take_over(session, room, visit)
    _tell(message, screen)


def open_ownerless(client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show an admin the programmes without an owner, of the channels they are in."""
    channels_of = channels.of(client, visit.actor)
    with sessions.read() as session:
        found = programmes.without_owner(session, visit.actor, channels_of)
    screen.open(views.ownerless(found))


def _joining_here(role: str | None) -> Callable[..., None]:
    """Make the listener of a button in a channel, by which one takes part in the programme there."""

    def join_here(body: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
        with sessions.begin() as session:
            message = answers.join(session, _here(body), visit, role)
        screen.whisper(message)

    return join_here


def leave_here(body: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Leave the visitor out of the programme of the channel they clicked in."""
    with sessions.begin() as session:
        message = answers.leave_channel(session, _here(body), visit)
    screen.whisper(message)


def _here(body: Payload) -> Channel:
    """Say in which channel was clicked: Slack shows a message to nobody who may not read it."""
    return Channel(str((body.get("channel") or {}).get("id")))


def end(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """End a programme, which was confirmed."""
    with sessions.begin() as session:
        message = answers.end(session, visit, doors.number_in(action))
    _tell(message, screen)


def hand_back(action: Payload, client: WebClient, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Give a programme back to whom it came from, or to whom the button names: to give is the owner's right."""
    number, _, giver = str(action.get("value")).partition(":")
    if not is_number(number):
        raise doors.OldButton
    with sessions.read() as session:
        programme = programmes.owned(session, visit.actor, int(number))
    _tell(owners.give(programme, giver, client, visit, sessions), screen)


def allow(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Let the visitor be put together with somebody again, and show the list that is left."""
    person = str(action.get("value"))
    with sessions.begin() as session:
        message = answers.allow(session, visit, person)
    if (screen.body.get("view") or {}).get("type") == "modal":
        screen.open(views.exclusions(answers.excluded_by(visit, sessions)))
        return
    screen.show(message)


def open_exclusions(visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Show whom the visitor does not want to meet."""
    screen.open(views.exclusions(answers.excluded_by(visit, sessions)))


def open_exclude(screen: Screen) -> None:
    """Ask whom else the visitor does not want to meet."""
    screen.open(forms.exclude_form())


def open_join(screen: Screen) -> None:
    """Ask in which channel's programme the visitor wants to take part."""
    screen.open(forms.join_form())


def open_start(visit: Visit, screen: Screen) -> None:
    """Open the form that starts a programme."""
    screen.open(owners.start_form(visit))


def _opening(build: Callable[[int, Visit, Sessions], View]) -> Callable[..., None]:
    """Make the listener of a button that opens something about a programme."""

    def open_it(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
        screen.open(build(doors.number_in(action), visit, sessions))

    return open_it


def _page(programme_id: int, visit: Visit, sessions: Sessions) -> View:
    with sessions.read() as session:
        programme = programmes.owned(session, visit.actor, programme_id)
        return forms.page(programme, round_steps.progress(session, programme))


def _change_form(programme_id: int, visit: Visit, sessions: Sessions) -> View:
    with sessions.read() as session:
        return forms.change_form(programmes.owned(session, visit.actor, programme_id))


def _hand_over_form(programme_id: int, visit: Visit, sessions: Sessions) -> View:
    with sessions.read() as session:
        return forms.hand_over_form(programmes.owned(session, visit.actor, programme_id))


def _pause_form(programme_id: int, visit: Visit, sessions: Sessions) -> View:
    with sessions.read() as session:
        programme, _ = enrolments.part_of(session, visit.actor, programme_id)
    return forms.pause_form([programme.id], visit.today + timedelta(days=1))


OPENED_BY_NUMBER: dict[str, Callable[[int, Visit, Sessions], View]] = {
    views.PAGE: _page,
    views.PAUSE: _pause_form,
    forms.OPEN_CHANGE: _change_form,
    forms.OPEN_HAND_OVER: _hand_over_form,
}
OPENERS: dict[str, Callable[..., None]] = {
    views.EXCLUSIONS: open_exclusions,
    views.OPEN_EXCLUDE: open_exclude,
    views.OPEN_JOIN: open_join,
    views.OPEN_START: open_start,
    **{action: _opening(build) for action, build in OPENED_BY_NUMBER.items()},
}
"""What only opens something."""
