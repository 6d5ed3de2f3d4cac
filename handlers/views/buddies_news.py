"""What a programme tells by itself: the invitation, its owner's news, that a round or a pause is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.pauses import Return
from bot.programme_news import (
    ARCHIVED,
    CALLED_OFF,
    HANDED_OVER,
    HELD,
    INVITATION,
    RELEASED,
    UNSEEN,
    WITHOUT_BOT,
    News,
)
from bot.programme_settings import Settings, settings_of
from handlers.views import elements
from handlers.views.buddies import SKIP, VERBS
from handlers.views.buddies_words import rhythm
from handlers.views.elements import Block, Message
from models.programmes import EVERYONE, MENTEE, MENTOR, MENTORING, Programme

JOIN_HERE, LEAVE_HERE = "buddies.join_here", "buddies.leave_here"
JOIN_AS: Final = {MENTOR: "buddies.join_as_mentor", MENTEE: "buddies.join_as_mentee"}
HAND_BACK: Final = "buddies.hand_back"
PAIR: Final = 2

_HELD: Final = {
    ARCHIVED: "the channel is archived. Bring it back and I go on by myself, or end the programme: `/buddy`.",
    WITHOUT_BOT: "I am not in the channel. Type `/invite` there and pick me, and I go on by myself.",
    UNSEEN: "I no longer find the channel: it was deleted, or I was taken out of it. Let me in with `/invite`, "
    "or end the programme: `/buddy`.",
}


def message(news: News) -> Message:
    """Word a piece of news."""
    return _WORDS[news.kind](news)


def _invitation(news: News) -> Message:
    programme = news.programme
    settings = settings_of(programme)
    line = (
        f"*Career buddies, {rhythm(settings)}:* {_what(settings)}, with a question to open. {_how(news)} "
        f"Ask {elements.mention(programme.owner)} about it."
    )
    return _plainly(line, *_ways(programme))


def _what(settings: Settings) -> str:
    if settings.mixing == MENTORING:
        return "I bring mentors and mentees together"
    return "I put you together in pairs" if settings.group_size == PAIR else "I put a few of you together"


def _how(news: News) -> str:
    programme = news.programme
    first = elements.when(news.next_at, news.zone)
    if programme.enrolment == EVERYONE and programme.mixing != MENTORING:
        return f"Everyone here is in; the next round is {first}. Say so if you would rather not: nobody hears of it."
    return f"Join, and you are in from the next round on: {first}."


def _ways(programme: Programme) -> list[Block]:
    leave = [elements.button("Leave me out", LEAVE_HERE, programme.id)] * (programme.enrolment == EVERYONE)
    if programme.mixing == MENTORING:
        return [
            elements.button("Join as mentor", JOIN_AS[MENTOR], programme.id),
            elements.button("Join as mentee", JOIN_AS[MENTEE], programme.id),
            *leave,
        ]
    return leave or [elements.button("Join", JOIN_HERE, programme.id, style="primary")]


def _handed_over(news: News) -> Message:
    programme, giver = news.programme, str(news.giver)
    line = (
        f"*{elements.mention(giver)} made you the owner of the buddies in {elements.channel(programme.channel)}*, "
        f"{rhythm(settings_of(programme))}. You can change all of it, preview a round, or hand it back: `/buddy`."
    )
    button = elements.button("Hand it back", HAND_BACK, f"{programme.id}:{giver}")
    return _plainly(line, button)


def _held(news: News) -> Message:
    programme = news.programme
    why = _HELD[programme.held_because or UNSEEN]
    place = elements.channel(programme.channel)
    if news.is_unannounced:
        lost = f"I could not post this round's pairs in {place}, and hold no rounds there for now"
        return _plainly(f"*{lost}:* {why} The pairs themselves are told.")
    return _plainly(f"*No buddies are matched in {place} now:* {why}")


def _released(news: News) -> Message:
    programme = news.programme
    next_at = elements.when(news.next_at, news.zone)
    return _plainly(
        f"*The programme of {elements.channel(programme.channel)} goes on.* The next round is {next_at}."
    )


def _called_off(news: News) -> Message:
    place = elements.channel(news.programme.channel)
    if news.programme.ended_at is not None:
        return Message(f"The programme of {place} has ended, and so there is no round this time.")
    return Message(f"There is no round of {place} this time, after all.")


_WORDS: Final[dict[str, Callable[[News], Message]]] = {
    INVITATION: _invitation,
    HANDED_OVER: _handed_over,
    HELD: _held,
    RELEASED: _released,
    CALLED_OFF: _called_off,
}


def returned(back: Return) -> Message:
    """Tell somebody that their pause is over, wherever it is on this day."""
    places = ", ".join(elements.channel(each.channel) for each in back.programmes)
    line = f"*Your pause at {places} is over:* you are in from the next round on."
    if len(back.programmes) > 1:
        return _plainly(f"{line} `/buddy skip` leaves you out of one.")
    (programme,) = back.programmes
    return _plainly(line, elements.button(VERBS[SKIP], SKIP, programme.id))


def _plainly(line: str, *buttons: Block) -> Message:
    """Show a line as it is marked up, and say it without: its text alone is read aloud."""
    shown = elements.section(line)
    return Message(line.replace("*", ""), [shown, elements.actions(*buttons)] if buttons else [shown])
