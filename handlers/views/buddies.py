"""Views of buddy programmes for those who take part: where they stand, what they did, whom they never meet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final

from bot.enrolments import Stand, Together
from bot.errors import Refusal
from bot.programme_settings import settings_of
from handlers.views import elements
from handlers.views.buddies_words import names, rhythm, where
from handlers.views.elements import Block, Message, Payload, View
from handlers.views.rounds import DECLINE_ALONE, I_MET, NOT_YET, SWAP_ALONE, decline_button, swap_button
from models.programmes import PAUSED, Programme
from models.rounds import MET

OPEN_JOIN, OPEN_START, EXCLUSIONS = "buddies.open_join", "buddies.open_start", "buddies.exclusions"
MENU = "buddies.menu"
JOIN, LEAVE, SKIP, BACK = "buddies.join", "buddies.leave", "buddies.skip", "buddies.back"
PAUSE, RESUME, NAME, UNNAME = "buddies.pause", "buddies.resume", "buddies.name", "buddies.unname"
PAGE = "buddies.page"
PREVIEW, MATCH_NOW = "buddies.preview", "buddies.match_now"
TAKE_OVER, OPEN_OWNERLESS = "buddies.take_over", "buddies.open_ownerless"
ALLOW, OPEN_EXCLUDE = "buddies.allow", "buddies.open_exclude"
LISTED: Final = 12
"""Programmes shown in a message, with two blocks each."""
ON_HOME: Final = 6
"""Programmes shown on Home, where there is more than that; `/buddy` shows the rest."""
BLOCKS_EACH: Final = 2
"""Where they stand, and their buttons."""
LISTED_PEOPLE: Final = 40

VERBS: Final = {
    SKIP: "Sit the next round out",
    BACK: "Take part after all",
    PAUSE: "Pause",
    RESUME: "Resume",
    UNNAME: "Do not name me",
    NAME: "Name me",
    LEAVE: "Leave",
    JOIN: "Take part",
    PAGE: "The programme…",
    PREVIEW: "Preview",
    MATCH_NOW: "Match now",
    TAKE_OVER: "Take it over",
}


class OldMenu(Refusal):
    """That menu is from another time. `/buddy` shows what is current."""


def overview(stands: Sequence[Stand], zone: str, *, is_admin: bool = False) -> Message:
    """Answer `/buddy`: where somebody stands everywhere, with all that can be done."""
    buttons = _buttons(is_admin=is_admin)
    if not stands:
        line = (
            "You are in no buddy programme yet. Join the one of a channel, or start one: every few weeks I bring "
            "people together who rarely meet."
        )
        return Message(line, [elements.section(line), buttons])
    shown = _fitting(stands, zone, LISTED)
    lines = [where(each, zone) for each in stands[: len(shown)]]
    return Message("\n".join(lines), [*(block for row in shown for block in row), buttons])


def home_blocks(stands: Sequence[Stand], zone: str, *, is_admin: bool = False) -> list[Block]:
    """Show the same in App Home."""
    shown = _fitting(stands, zone, ON_HOME)
    rows = [block for row in shown for block in row]
    if len(stands) > len(shown):
        rows.append(elements.context(f"And {len(stands) - len(shown)} more: `/buddy`."))
    nothing = elements.section("None yet. Join the programme of a channel, or start one.")
    return [elements.header("Buddies"), *(rows or [nothing]), _buttons(is_admin=is_admin)]


def _fitting(stands: Sequence[Stand], zone: str, most: int) -> list[list[Block]]:
    """Show the first programmes, up to so many with two blocks each; whoever has many buddies sees fewer of them."""
    rows: list[list[Block]] = []
    left = most * BLOCKS_EACH
    for each in stands[:most]:
        row = _row(each, zone)
        if rows and len(row) > left:
            break
        rows.append(row[: most * BLOCKS_EACH - 1])  # never without the buttons of the last
        left -= len(row)
    return rows


def _buttons(*, is_admin: bool) -> Block:
    """Offer what concerns no programme in particular.

    Admins can always look for what has no owner: a button that came with such a programme would tell of one in a
    channel they are not in.
    """
    ownerless = [elements.button("Programmes without an owner", OPEN_OWNERLESS)] if is_admin else []
    return elements.actions(
        elements.button("Join a programme", OPEN_JOIN),
        elements.button("Start a programme", OPEN_START),
        elements.button("Keep me apart from", EXCLUSIONS),
        *ownerless,
    )


def ownerless(programmes: Sequence[Programme]) -> View:
    """List the programmes an admin may take over, or say that there is none."""
    if programmes:
        return which(TAKE_OVER, programmes[:LISTED])
    line = "In the channels you are in, every programme has an owner."
    return elements.modal("elements.notice", "Without an owner", [elements.section(line)])


def _row(seen: Stand, zone: str) -> list[Block]:
    options = [elements.option(VERBS[verb], f"{verb}:{seen.programme.id}") for verb in verbs_of(seen)]
    row = elements.section(where(seen, zone), elements.overflow(MENU, options) if options else None)
    taking = [elements.actions(_verb(TAKE_OVER, seen.programme))] if seen.may_take_over else []
    return [row, *taking, *_pairings(seen)]


def _pairings(seen: Stand) -> list[Block]:
    open_ones = [pairing for pairing in seen.pairings if pairing.answer != MET]
    if len(open_ones) == 1 == len(seen.pairings):
        return [_answers(open_ones[0])]
    return [block for each in open_ones for block in (_with(each), _answers(each))]


def _with(pairing: Together) -> Block:
    return elements.context(f"With {names(pairing.others)}:")


def _answers(pairing: Together) -> Block:
    return elements.actions(
        elements.button("We met", I_MET, pairing.id),
        elements.button("Not yet", NOT_YET, pairing.id),
        *([swap_button(pairing.id, SWAP_ALONE)] if pairing.may_swap else []),
        *([decline_button(pairing.id, DECLINE_ALONE)] if pairing.may_decline else []),
    )


def verbs_of(seen: Stand) -> list[str]:
    """List what somebody can do in a programme; a menu has five places."""
    own = [PAGE] if seen.is_owner else []
    if seen.programme.ended_at is not None:
        return []
    if not seen.takes_part:
        return [JOIN, *own]
    if seen.is_shut_out:
        return [LEAVE, *own]
    naming = NAME if seen.is_unnamed else UNNAME
    if seen.state == PAUSED:
        return [RESUME, naming, LEAVE, *own]
    skipping = [] if seen.pacts else [BACK if seen.sits_out else SKIP]
    return [*skipping, PAUSE, naming, LEAVE, *own]


def read_menu(action: Payload) -> tuple[str, int]:
    """Read what was chosen for which programme; raises OldMenu for what no menu of ours says."""
    verb, _, number = str(action["selected_option"]["value"]).partition(":")
    if verb not in VERBS or not elements.is_number(number):
        raise OldMenu
    return verb, int(number)


def which(verb: str, programmes: Collection[Programme]) -> View:
    """Ask which programme is meant: a select would show no channel's name, as we keep none."""
    rows = [
        elements.section(
            f"*{elements.channel(each.channel)}*\n{rhythm(settings_of(each))}",
            elements.button(VERBS[verb], verb, each.id),
        )
        for each in programmes
    ]
    return elements.modal("elements.notice", "Which programme?", rows)


# What came of it


def joined(
    programme: Programme, next_at: datetime | None, zone: str, *, is_announced: bool = False
) -> Message:
    """Confirm that somebody takes part; of a round that is announced the others have heard already."""
    hears = ", and you are in it" if is_announced else "; you hear of it a working day ahead"
    begins = f"The next round is {elements.when(next_at, zone)}{hears}. " if next_at else ""
    return Message(
        f"You are in at {elements.channel(programme.channel)}. {begins}"
        "`/buddy skip` leaves you out once, `/buddy leave` for good."
    )


def left(programme: Programme) -> Message:
    """Confirm that somebody takes no part any more."""
    return Message(
        f"You are out at {elements.channel(programme.channel)}, and I do not enrol you again. "
        "`/buddy join` brings you back."
    )


def skipped(programme: Programme, starts_at: datetime, zone: str) -> Message:
    """Confirm that somebody sits a round out."""
    line = (
        f"You sit out the round of {elements.channel(programme.channel)} on {elements.when(starts_at, zone)}. "
        "From the one after it you are in again."
    )
    return Message(line, [elements.section(line), elements.actions(_verb(BACK, programme))])


def back(programme: Programme, starts_at: datetime, zone: str) -> Message:
    """Confirm that somebody takes part after all."""
    return Message(
        f"You are in for the round of {elements.channel(programme.channel)} on {elements.when(starts_at, zone)}."
    )


def _verb(verb: str, programme: Programme) -> Block:
    return elements.button(VERBS[verb], verb, programme.id)


def paused(channels: Sequence[str], until: date | None) -> Message:
    """Confirm a pause; nobody else reads of it."""
    where_ = ", ".join(elements.channel(each) for each in channels)
    end = (
        f"until {elements.day(until)}; I tell you when it is over"
        if until
        else "until you say `/buddy resume`"
    )
    return Message(f"You pause at {where_} {end}. Nobody else hears of it.")


def resumed(channels: Sequence[str]) -> Message:
    """Confirm the end of a pause."""
    where_ = ", ".join(elements.channel(each) for each in channels)
    return Message(f"You are in again at {where_}, from the next round on.")


def naming(*, is_unnamed: bool) -> Message:
    """Confirm whether channels read somebody's name."""
    if is_unnamed:
        return Message("I keep your name out of all announcements. `/buddy name me` takes that back.")
    return Message("Announcements may name you again. `/buddy do not name me` takes that back.")


# Whom one does not want to meet; for nobody else's eyes


def excluded(person: str, *, is_new: bool, is_buddy: bool = False) -> Message:
    """Confirm an exclusion, or that it stood already; a round under way goes on until they swap."""
    who = elements.mention(person)
    kept = (
        f"I never put you and {who} together" if is_new else f"It stands: I never put you and {who} together"
    )
    now = " This round you are together: *Swap* in `/buddy` looks for somebody else." if is_buddy else ""
    line = f"{kept}. Only you can see this; nobody hears of it, {who} included.{now}"
    return Message(line.replace("*", ""), [elements.section(line), elements.actions(_allow(person))])


def allowed(person: str) -> Message:
    """Confirm that an exclusion is taken back."""
    return Message(f"You and {elements.mention(person)} may be put together again. Only you can see this.")


def exclusions(people: Sequence[str]) -> View:
    """List whom somebody does not want to meet."""
    rows = [elements.section(elements.mention(each), _allow(each)) for each in people[:LISTED_PEOPLE]]
    nobody = elements.section("There is nobody I keep you apart from.")
    private = elements.context("Only you can see this list. Nobody is told, and no reason ever shows it.")
    add = elements.actions(elements.button("Add somebody", OPEN_EXCLUDE))
    return elements.modal("elements.notice", "Keep me apart from", [*(rows or [nobody]), private, add])


def _allow(person: str) -> Block:
    return elements.button("Allow again", ALLOW, person)
