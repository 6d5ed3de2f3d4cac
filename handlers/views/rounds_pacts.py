"""How a pact looks: the offer, its prompts, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.goal_drafts import BUDDY, USUAL_AUDIENCE, NewGoal
from bot.round_facts import PactFacts
from bot.round_pacts import Action
from handlers.views import elements, goal_forms
from handlers.views.elements import Message, View
from handlers.views.rounds_reasons import people

AGREE: Final = "rounds.agree"
REFUSE: Final = "rounds.refuse"
EXTEND: Final = "rounds.extend"
ROTATE: Final = "rounds.rotate"
REMATCH: Final = "rounds.rematch"
ACTION: Final = "rounds.action"
PROMPTS: Final = {
    3: "Name the one thing each of you wants to be further with when this is over, and write it down as a goal.",
    14: "What has each of you tried so far, and what would you do differently from here on?",
    28: "Show each other what has changed since you began, and agree on one action each that outlives this.",
}


def offer(facts: PactFacts) -> Message:
    """Ask one of two who met whether they go on together."""
    line = (
        f"{_question(facts)} "
        f"You get three prompts, and no other buddy in {elements.channel(facts.channel)} meanwhile. "
        f"It begins if {'both' if len(facts.others) == 1 else 'all'} of you want it."
    )
    return _message(
        line,
        elements.button("Go on together", AGREE, facts.pact_id),
        elements.button("Rather not", REFUSE, facts.pact_id),
    )


def _question(facts: PactFacts) -> str:
    if facts.is_again:
        return f"*{facts.weeks} weeks more with {people(facts.others)}?* You were asked to go on together."
    return f"*You and {people(facts.others)} met.* Go on together for {facts.weeks} weeks?"


def prompt(facts: PactFacts) -> Message:
    """Bring two in a pact one thing to do."""
    line = f"*{people(facts.others)}, day {facts.day} of your {facts.weeks} weeks.* {PROMPTS[facts.day]}"
    return _message(line, elements.button("Make it a goal", ACTION, facts.pact_id))


def end(facts: PactFacts) -> Message:
    """Ask one of two how to go on after their pact; where they cannot, nothing says why."""
    new = [elements.button("Somebody new now", REMATCH, facts.pact_id)] if facts.has_next else []
    if facts.is_parted:
        following = (
            f" The next round of {elements.channel(facts.channel)} finds you somebody."
            if facts.has_next
            else ""
        )
        return _message(f"*Your weeks with {people(facts.others)} are over.*{following}", *new)
    brought = f"{PROMPTS[facts.day]} " if facts.day else ""
    line = f"*Your {facts.weeks} weeks with {people(facts.others)} are over.* {brought}{_how_to_go_on(facts)}"
    goal = [elements.button("Make it a goal", ACTION, facts.pact_id)] if facts.day else []
    rotate = [elements.button("Another round", ROTATE, facts.pact_id)] if facts.has_next else []
    more = elements.button(f"{facts.weeks} weeks more", EXTEND, facts.pact_id)
    return _message(line, *goal, more, *rotate, *new)


def _how_to_go_on(facts: PactFacts) -> str:
    if facts.has_next:
        return "How would you like to go on? Without a word from you the next round finds you somebody."
    return "No round follows. Would you like to go on together?"


def agreed(others: Sequence[str], weeks: int, *, stands: bool) -> Message:
    """Say what stands after somebody agreed."""
    if stands:
        return Message(
            f"You and {people(others)} go on together for {weeks} weeks. The first prompt comes in three days."
        )
    return Message(
        f"Noted. It begins as soon as {people(others)} {_agree(others)}; until then all stays as it is."
    )


def asked_again(others: Sequence[str], weeks: int, *, stands: bool, has_next: bool = True) -> Message:
    """Say what stands after somebody wanted the same weeks again: the others need not."""
    if stands:
        return agreed(others, weeks, stands=True)
    want = "wants" if len(others) == 1 else "want"
    otherwise = "; else the next round finds you somebody" if has_next else ""
    return Message(f"Noted: {weeks} weeks more, if {people(others)} {want} it too{otherwise}.")


def _agree(others: Sequence[str]) -> str:
    return "agrees" if len(others) == 1 else "agree"


def refused(*, has_next: bool = True) -> Message:
    """Confirm that a pact is let be; nobody is told."""
    following = "The next round finds you somebody new, and nobody" if has_next else "Nobody"
    return Message(f"All right. {following} hears of this.")


def rotates(channel_id: str) -> Message:
    """Confirm that somebody is in the rounds again."""
    return Message(f"Good. The next round of {elements.channel(channel_id)} finds you somebody.")


def rematched(others: Sequence[str] | None, channel_id: str, *, has_next: bool = True) -> Message:
    """Say whether somebody new was free at once."""
    if others is None:
        following = (
            f" The next round of {elements.channel(channel_id)} finds you somebody." if has_next else ""
        )
        return Message(f"Nobody is free at the moment.{following}")
    return Message(
        f"Done. You are together with {people(others)} now; I introduce you in a new conversation."
    )


def action_form(action: Action) -> View:
    """Ask for the action as a goal, to be reached while the pact lasts and open to the buddy."""
    why = f"Agreed with {' and '.join(action.names)}"
    draft = NewGoal("", why=why, due_on=action.due_on, audience=USUAL_AUDIENCE | {BUDDY})
    return elements.modal(goal_forms.LOG_FORM, "New goal", goal_forms.goal_fields(draft), submit="Log it")


def _message(line: str, *buttons: elements.Block) -> Message:
    rows = [elements.actions(*buttons)] if buttons else []
    return Message(line.replace("*", ""), [elements.section(line), *rows])
