"""What a programme's owner reads of a post that did not go as it should, and what came of their answer."""

from __future__ import annotations

from bot.programme_news import INVITATION
from bot.programme_posts import Unposted
from handlers.views import elements
from handlers.views.elements import Message

POST_AGAIN, IS_THERE = "programme_posts.post_again", "programme_posts.is_there"


def question(facts: Unposted) -> Message:
    """Ask what nobody but a member of the channel can see, or tell what Slack refused."""
    again = elements.button("Post again", POST_AGAIN, facts.attempt)
    if facts.refused_because is not None:
        return _asking(_refused(facts), again)
    return _asking(_unseen(facts), again, elements.button("It is there", IS_THERE, facts.attempt))


def _asking(line: str, *buttons: elements.Block) -> Message:
    return Message(line, [elements.section(line), elements.actions(*buttons)])


def _unseen(facts: Unposted) -> str:
    return (
        f"*I could not see whether {_what(facts)} arrived in {elements.channel(facts.channel)}.* "
        f"Slack did not say, and I may not read there. {_besides(facts)}"
        "Please look, and press *Post again* if it is missing."
    )


def _refused(facts: Unposted) -> str:
    why = elements.one_line(facts.refused_because or "")
    return (
        f"*I could not post {_what(facts)} in {elements.channel(facts.channel)}:* Slack says `{why}`. "
        f"{_besides(facts)}An admin can see whether I may post there; then press *Post again*."
    )


def _what(facts: Unposted) -> str:
    if facts.kind == INVITATION:
        return "the invitation to join"
    which = f" (part {facts.part} of {facts.parts})" if facts.parts > 1 else ""
    return f"the list of this round's pairs{which}"


def _besides(facts: Unposted) -> str:
    return "" if facts.kind == INVITATION else "The pairs themselves are told in any case. "


def posting(facts: Unposted) -> Message:
    """Answer that it is posted once more."""
    return Message(f"I post {_what(facts)} in {elements.channel(facts.channel)} again.")


def left(facts: Unposted) -> Message:
    """Answer that nothing is posted."""
    return Message(f"Good. Then I leave {elements.channel(facts.channel)} as it is.")
