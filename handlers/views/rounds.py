"""How a round looks to those in it: the heads-up, the introduction, half-way, the end, and what came of a press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from bot.matching.results import GuestsStayOut, NotAsked
from bot.round_facts import Buddy, Closing, HeadsUp, Introduction, LeftOut, Nobody, Parted, Silenced, TooFew
from handlers.views import elements
from handlers.views.elements import Block, Message, View
from handlers.views.rounds_reasons import day, people, why_nobody, why_these

SIT_OUT: Final = "rounds.sit_out"
WE_MET: Final = "rounds.met"
SWAP: Final = "rounds.swap"
I_MET: Final = "rounds.i_met"
NOT_YET: Final = "rounds.not_yet"
SWAP_ALONE: Final = "rounds.swap_alone"
DECLINE_ALONE: Final = "rounds.decline_alone"
"""These four stand where one person reads them, those above in a message to all of a pairing."""
DECLINE: Final = "rounds.decline"
GO_ON: Final = "rounds.go_on"
WORD = 40
PAIR = 2
COUNTS = {2: "two", 3: "three", 4: "four", 5: "five"}


def heads_up(facts: HeadsUp) -> Message:
    """Tell somebody that a round is near, and that they may sit it out."""
    line = (
        f"*{elements.when(facts.starts_at, facts.zone)}: the next buddies of {elements.channel(facts.channel)}.* "
        "You are in, and hear then who it is."
    )
    return _message([line], elements.button("Sit this one out", SIT_OUT, facts.round_id))


def sat_out(channel: str, starts_at: datetime, zone: str) -> Message:
    """Confirm that somebody sits a round out."""
    return Message(
        f"You sit out the round of {elements.channel(channel)} on {elements.when(starts_at, zone)}. "
        "You are in again for the one after. `/buddy` shows where you stand."
    )


def introduction(facts: Introduction) -> Message:
    """Introduce people to each other: who, why these, when, what to open with, and the plan."""
    count = len(facts.buddies)
    lines = [f"*{_who(facts)}, buddies until {day(facts.until)}.*"]
    if facts.reasons:
        lines.append(f"Why you {COUNTS[count]}: {why_these(facts.reasons, are_two=count == PAIR)}.")
    if facts.times:
        lines.append(f"Possible times: {_times(facts)}.")
    if facts.question:
        lines.append(f"*{facts.question}*")
    lines.append("Plan: show your maps, one action each.")
    if facts.met:
        lines.append(f"_Met, says {people(facts.met)}._")
    return _message(lines, *_introduction_buttons(facts))


def _introduction_buttons(facts: Introduction) -> list[Block]:
    buttons = [elements.button("We met", WE_MET, facts.pairing_id)]
    if facts.has_met:
        return buttons
    return [*buttons, swap_button(facts.pairing_id), *_decline(facts)]


def _decline(facts: Introduction) -> list[Block]:
    return [decline_button(facts.pairing_id)] if facts.may_decline else []


def swap_button(pairing_id: int, action_id: str = SWAP) -> Block:
    """Offer somebody else, once that is confirmed."""
    sure = elements.confirm(
        "Somebody else?", "If somebody is free, this pairing ends for you and the others hear of it.", "Swap"
    )
    return elements.button("Swap", action_id, pairing_id, confirm=sure)


def decline_button(pairing_id: int, action_id: str = DECLINE) -> Block:
    """Let a mentor decline, once that is confirmed."""
    sure = elements.confirm("Decline?", "Your mentee is then put together with somebody else.", "Decline")
    return elements.button("Decline", action_id, pairing_id, confirm=sure)


def _who(facts: Introduction) -> str:
    """Name them, with where they work unless a reason says so."""
    said = {word for reason in facts.reasons for word in map(str, vars(reason).values())}
    is_short = len(facts.buddies) == PAIR
    names = [
        _name(each, said, is_shown=is_short, is_mentor=each.user_id == facts.mentor) for each in facts.buddies
    ]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _name(buddy: Buddy, said: set[str], *, is_shown: bool, is_mentor: bool) -> str:
    is_news = is_shown and buddy.department and buddy.department not in said
    about = [elements.one_line(buddy.department or "", WORD)] if is_news else []
    told = ["mentor"] * is_mentor + about
    return (
        f"{elements.mention(buddy.user_id)} ({', '.join(told)})" if told else elements.mention(buddy.user_id)
    )


def _times(facts: Introduction) -> str:
    return ", ".join(elements.when(each, facts.zone) for each in facts.times)


def halfway(facts: Introduction) -> Message:
    """Remind a pairing, once, in the middle of their round."""
    names = people([each.user_id for each in facts.buddies])
    lines = [f"*{names}, half of your round is over* (it ends {day(facts.until)})."]
    if facts.times:
        lines.append(f"Possible times: {_times(facts)}.")
    if facts.question:
        lines.append(f"To open: *{facts.question}*")
    met = elements.button("We met", WE_MET, facts.pairing_id)
    return _message(lines, met, swap_button(facts.pairing_id), *_decline(facts))


def closing(facts: Closing) -> Message:
    """Ask one of a pairing, at the end, what became of it."""
    line = (
        f"*You and {people(facts.others)}, buddies of {elements.channel(facts.channel)} "
        f"until {day(facts.until)}:* did you meet?"
    )
    return _message(
        [line],
        elements.button("We met", I_MET, facts.pairing_id),
        elements.button("Not yet", NOT_YET, facts.pairing_id),
        *([swap_button(facts.pairing_id, SWAP_ALONE)] if facts.may_swap else []),
        *([decline_button(facts.pairing_id, DECLINE_ALONE)] if facts.may_decline else []),
    )


def met(others: Sequence[str]) -> Message:
    """Confirm that somebody met."""
    return Message(f"Noted: you and {people(others)} met.")


def not_yet(facts: Closing) -> Message:
    """Take it that they have not met so far."""
    return Message(
        f"Noted. You have until {day(facts.until)}: "
        f"write {people(facts.others)} one line now, with a time that suits you."
    )


def swapped(others: Sequence[str]) -> Message:
    """Say who it is now."""
    return Message(
        f"Done. You are together with {people(others)} now; I introduce you in a new conversation."
    )


def nobody_to_swap(others: Sequence[str], *, is_late: bool = False, has_next: bool = True) -> Message:
    """Say that there is nobody else this time, or not in time."""
    why = "It is too late in this round to meet anybody else" if is_late else "Nobody else is free this round"
    following = " The next round brings you somebody new; `/buddy skip` sits it out." if has_next else ""
    return Message(f"{why}, so you stay with {people(others)}.{following}")


def declined(mentee: str) -> Message:
    """Confirm that a mentor declined."""
    return Message(f"Done. I look for another mentor for {elements.mention(mentee)}, and say nothing of why.")


def which_to_decline(mentees: Mapping[int, Sequence[str]]) -> View:
    """Ask a mentor of several whom they decline; mentees are given by pairing."""
    rows = [
        elements.section(people(names), decline_button(pairing_id, DECLINE_ALONE))
        for pairing_id, names in mentees.items()
    ]
    return elements.modal("elements.notice", "Which mentee?", rows)


def left_over(facts: Nobody) -> Message:
    """Tell somebody that there was nobody for them this time, why, and that they come first next time."""
    is_owed = not isinstance(facts.why, GuestsStayOut | NotAsked)
    following = _next(facts.next_on) if is_owed else _later(facts.next_on)
    line = (
        f"*This round of {elements.channel(facts.channel)} has nobody for you.* {why_nobody(facts.why)} "
        f"{following}"
    )
    return Message(line.replace("*", "").strip(), [elements.section(line)])


def _next(on: date | None) -> str:
    return f"You come first in the next one, on {day(on)}." if on else ""


def _later(on: date | None) -> str:
    return f"The next round is on {day(on)}." if on else ""


def left_out(facts: LeftOut) -> Message:
    """Tell somebody who heard of a round that its owner's settings keep them out of it by now."""
    where = elements.channel(facts.channel)
    why = "it is for full members only now. Its owner can open it to guests."
    if facts.lacks_role:
        why = "mentors meet mentees there now. Type `/buddy join as mentor`, or `as mentee`, in the channel."
    following = f" {_later(facts.next_on)}" if facts.lacks_role else ""
    return Message(f"You are not in this round of {where} after all: {why}{following}".rstrip())


def too_few(facts: TooFew) -> Message:
    """Tell the owner, or the only one, that a round brought nobody together."""
    where = elements.channel(facts.channel)
    following = f" {_later(facts.next_on)}".rstrip()
    if not facts.is_owner:
        return Message(
            f"You are the only one in this round of {where}, so there is nobody to meet.{following}"
        )
    return Message(
        f"Today's round of {where} brought nobody together: {_few(facts)}.{following} "
        f"Who types {_joining(facts)} in {where} takes part."
    )


def _joining(facts: TooFew) -> str:
    return "`/buddy join as mentor`, or `as mentee`," if facts.is_mentoring else "`/buddy join`"


def _few(facts: TooFew) -> str:
    if facts.count == 0:
        return "nobody takes part" + (" as mentor or mentee" * facts.is_mentoring)
    if facts.count == 1:
        others = " is free, as the others go on together by a pact" if facts.are_in_pacts else " takes part"
        return f"only one person{others}"
    return f"no two of {facts.count} people could be paired"


def parted(facts: Parted) -> Message:
    """Tell somebody that their pairing came to nothing, without a word of why."""
    where, names = elements.channel(facts.channel), people(facts.others)
    if facts.is_unreachable:
        return Message(
            f"Your buddy of {where} this round: {names}. Slack opens no group conversation for you, "
            "so write to each other directly."
        )
    if facts.now_with is not None:
        following = (
            f" You go on with {people(facts.now_with)}: I introduce you in a new conversation."
            if facts.now_with
            else ""
        )
        return Message(f"Your round of {where} with {names} ends here.{following}")
    return Message(
        f"Your round of {where} with {names} ends here, and nobody else is free this time. {_next(facts.next_on)}"
    )


def silenced(facts: Silenced) -> Message:
    """Tell somebody that they are paused after three silent rounds, and how to go on."""
    line = (
        f"*{elements.channel(facts.channel)}: you are paused.* I heard nothing from you in three rounds, "
        "so I leave you out until you want to go on."
    )
    return _message([line], elements.button("Go on", GO_ON, facts.programme_id))


def goes_on(channel_id: str) -> Message:
    """Confirm that somebody is in again."""
    return Message(f"Good. You are in again from the next round of {elements.channel(channel_id)}.")


def _message(lines: Sequence[str], *buttons: Block) -> Message:
    text = "\n".join(lines)
    return Message(text.replace("*", ""), [elements.section(text), elements.actions(*buttons)])
