"""A buddy programme in words: what its owner set, and where somebody stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.enrolments import Stand
from bot.programme_news import ARCHIVED, UNSEEN, WITHOUT_BOT
from bot.programme_settings import Settings
from bot.recurrence import Recurrence
from handlers.views import elements
from models.programmes import ACROSS, ANY, ASKED, EVERYONE, LESS, MENTORING, MORE, OFF, PAUSED, WITHIN

MIXINGS: Final = {
    ANY: "anyone with anyone",
    ACROSS: "across departments",
    WITHIN: "within departments",
    MENTORING: "mentors with mentees",
}
ENROLMENTS: Final = {
    ASKED: "Whoever joins takes part.",
    EVERYONE: "Everyone in the channel takes part, and may leave.",
}
HELD: Final = {
    ARCHIVED: "the channel is archived",
    WITHOUT_BOT: "I am not in the channel; `/invite` lets me in",
    UNSEEN: "I no longer find the channel",
}


OWNERLESS: Final = (
    "Its owner has left, so nobody can change it. A workspace admin can follow: "
    "`/buddy programme #channel take over`."
)
OWNERLESS_YOURS: Final = "Its owner has left, so nobody can change it. You are an admin and can take it over."
TERMS: Final = {
    "skills": "skills to teach each other",
    "department": "departments, as they mix",
    "hours": "shared working hours",
    "tenure": "years here apart",
    "newness": "being new to each other",
    "channels": "few channels in common",
    "language": "languages in common",
    "location": "the same place",
}
COUNTS: Final = {MORE: "Counts more", LESS: "Counts less", OFF: "Does not count"}


def rhythm(settings: Settings) -> str:
    """Say when rounds are held: "every 2 weeks on Tuesday at 10:00 (Europe/Berlin)"."""
    days = Recurrence.weekly(settings.weekday, settings.every_weeks).in_words()
    return f"{days} at {settings.at:%H:%M} ({settings.zone})"


def in_words(settings: Settings) -> str:
    """Say all that is set, a sentence a line."""
    return "\n".join(
        (
            f"Rounds: {rhythm(settings)}, in {_groups(settings)}, {_mixing(settings)}.",
            ENROLMENTS[settings.enrolment],
            f"{_repeat(settings)} {_shared(settings)}",
            f"{'The channel reads who is with whom.' if settings.announces else 'Nothing is announced.'} "
            f"{'Guests may take part.' if settings.takes_guests else 'Guests take no part.'}"
            + (
                f" Two may agree to stay together for {settings.pact_weeks} weeks."
                if settings.pact_weeks
                else ""
            ),
            *_counts(settings),
        )
    )


def _counts(settings: Settings) -> list[str]:
    """Say in a line what counts otherwise than usual in who fits whom, if anything does."""
    at = {level: [term for term in TERMS if settings.weights.get(term) == level] for level in COUNTS}
    said = [
        f"{COUNTS[level]}: {', '.join(TERMS[term] for term in terms)}."
        for level, terms in at.items()
        if terms
    ]
    return [" ".join(said)] if said else []


def _groups(settings: Settings) -> str:
    return "pairs" if settings.group_size == 2 else f"groups of {settings.group_size}"


def _mixing(settings: Settings) -> str:
    strict = ", even if somebody stays alone" if settings.is_mixing_required else ""
    return MIXINGS[settings.mixing] + strict


def _repeat(settings: Settings) -> str:
    if not settings.repeat_window:
        return "The same people may meet again at once."
    rounds = "the next round" if settings.repeat_window == 1 else f"{settings.repeat_window} rounds"
    return f"For {rounds} nobody meets the same person again, where that can be."


def _shared(settings: Settings) -> str:
    hours = settings.shared_minutes // 60
    if not hours:
        return "Shared working hours are not asked for."
    return f"They share at least {hours} working hour{'s' if hours > 1 else ''}."


def where(seen: Stand, zone: str) -> str:
    """Say where somebody stands, for their eyes."""
    programme = seen.programme
    lines = [f"*{elements.channel(programme.channel)}* · {_short_rhythm(seen)}", _standing(seen, zone)]
    in_pacts = {other for pact in seen.pacts for other in pact.others}
    others = [other for pairing in seen.pairings for other in pairing.others if other not in in_pacts]
    if others:
        lines.append(f"Now with {names(others)}.")
    if seen.has_no_owner:
        lines.append(OWNERLESS_YOURS if seen.may_take_over else OWNERLESS)
    return "\n".join(lines)


def _short_rhythm(seen: Stand) -> str:
    programme = seen.programme
    if programme.ended_at is not None:
        return "ended"
    words = Recurrence.weekly(programme.weekday, programme.every_weeks).in_words()
    return f"{words}{', yours' if seen.is_owner else ''}"


def _standing(seen: Stand, zone: str) -> str:
    if seen.programme.ended_at is not None:
        return " ".join(["No round follows.", *_in_pacts(seen)])
    if not seen.takes_part:
        return _with_next("You take no part.", seen.next_at, zone, seen)
    if seen.is_shut_out:
        return "It is for full members of the workspace, so no round counts you in. Its owner can open it to guests."
    if seen.state == PAUSED:
        until = f" until {elements.day(seen.paused_until)}" if seen.paused_until else " until you resume"
        return f"You pause{until}."
    if seen.pacts:
        return " ".join(_in_pacts(seen))
    if seen.lacks_role:
        return "You are in once you say which you are: `/buddy join #channel as mentor`, or `as mentee`."
    if seen.sits_out and seen.next_at:
        return f"You sit out the round of {elements.when(seen.next_at, zone)}."
    unnamed = " The channel does not read your name." if seen.is_unnamed else ""
    return _with_next(f"You are in.{unnamed}", seen.next_at, zone, seen)


def _in_pacts(seen: Stand) -> list[str]:
    return [f"Together with {names(each.others)} until {elements.day(each.until)}." for each in seen.pacts]


def _with_next(words: str, next_at: datetime | None, zone: str, seen: Stand) -> str:
    if next_at is not None:
        return f"{words} Next round {elements.when(next_at, zone)}."
    return f"{words} No round is held now: {HELD[seen.programme.held_because or UNSEEN]}."


def names(people: Sequence[str]) -> str:
    """Name people: "@Amy, @Ben and @Ray"."""
    shown = [elements.mention(each) for each in people]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
