"""How a proposed goal looks: the message to its owner-to-be, its place in App Home, and the two forms about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from bot.goal_drafts import NewGoal
from bot.goal_proposals import Decision, as_draft
from handlers.views import elements
from handlers.views.elements import Block, Message, Payload, View
from handlers.views.goal_forms import goal_fields, read_goal_form, short_fields, whole_number
from handlers.views.goal_titles import clipped, ended
from models.goals import ACCEPTED, GoalProposal

ACCEPT: Final = "goals.accept"
CHANGE: Final = "goals.change_first"
DECLINE: Final = "goals.decline"
PROPOSE_FORM: Final = "goals.propose_form"
ACCEPT_FORM: Final = "goals.accept_form"

WHOSE: Final = "whose"
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Proposed:
    """What somebody wrote after a meeting: a goal, whose it is to be, and the meeting it comes from."""

    whose: Literal["mine", "theirs"]
    draft: NewGoal
    occurrence_id: int
    """As the form carried it; 0 if that was no number. It is authorised again."""


def proposal_form(other: str, question_text: str, carries: str) -> View:
    """Ask for the goal that came out of a meeting; `carries` is the occurrence's id."""
    whose = elements.choice(
        "radio_buttons",
        [
            elements.option("Theirs", THEIRS, "I propose it; they accept or change it"),
            elements.option("Mine", MINE, "I log it for myself"),
        ],
        THEIRS,
    )
    blocks = [
        elements.section(
            f"Out of your 1-on-1 with {elements.mention(other)}:\n{elements.quoted(question_text)}"
        ),
        elements.field(WHOSE, "Whose goal is it?", whose),
        *short_fields(NewGoal("")),
    ]
    return elements.modal(PROPOSE_FORM, "Make it a goal", blocks, submit="Save", carries=carries)


def read_proposal_form(view: Payload) -> Proposed:
    """Read the goal that came out of a meeting, and whose it is to be."""
    given = view["state"]["values"].get(WHOSE, {}).get(WHOSE, {}).get("selected_option") or {}
    # One's own goal begins with the usual audience: this short form does not ask.
    written = read_goal_form(view)
    draft = NewGoal(written.title, measure=written.measure, due_on=written.due_on)
    whose: Literal["mine", "theirs"] = "mine" if given.get("value") == MINE else "theirs"
    return Proposed(whose, draft, whole_number(view["private_metadata"]))


def accept_form(proposal: GoalProposal) -> View:
    """Offer a proposed goal to change before it is accepted."""
    blocks = goal_fields(as_draft(proposal))
    return elements.modal(
        ACCEPT_FORM, "A goal for you", blocks, submit="Accept it so", carries=str(proposal.id)
    )


def read_accept_form(view: Payload) -> tuple[int, NewGoal]:
    """Read which proposal is accepted, and as what; 0 if that is no number."""
    return whole_number(view["private_metadata"]), read_goal_form(view)


def proposed(proposal: GoalProposal) -> Message:
    """Tell a person of a goal somebody proposed to them."""
    return Message(_proposal_words(proposal), waiting(proposal))


def waiting(proposal: GoalProposal) -> list[Block]:
    """Show a proposal that waits for its owner, with the three answers to it."""
    return [
        elements.section(_proposal_words(proposal)),
        elements.actions(
            elements.button("Accept", ACCEPT, proposal.id, style="primary"),
            elements.button("Change first", CHANGE, proposal.id),
            elements.button("No, thanks", DECLINE, proposal.id),
        ),
    ]


def sent(proposal: GoalProposal) -> Message:
    """Tell the proposer what happens next."""
    return Message(
        f"Proposed to {elements.mention(proposal.owner)}: {ended(proposal.title)} "
        "They hear of it in their next working hours, and it is theirs to accept, change or leave."
    )


def decided(decision: Decision) -> Message:
    """Say what became of a proposal; a second decision changes nothing and says so."""
    proposal, goal = decision.proposal, decision.goal
    if not decision.is_new:
        became = (
            f"accepted it as goal {proposal.goal_number}" if proposal.state == ACCEPTED else "said no to it"
        )
        return Message(f"You {became} before, so nothing changed: {ended(proposal.title)}")
    if goal is None:
        return Message(f"Left where it was: {ended(proposal.title)}")
    return Message(f"Accepted as goal {goal.number}: {ended(goal.title)} It is yours now.")


def _proposal_words(proposal: GoalProposal) -> str:
    who, at = elements.mention(proposal.proposer), elements.when(proposal.proposed_at)
    # Its reader sees it for the first time, so there is more of it than elsewhere; "Change first" shows it whole.
    lines = [f"*{who}, {at}*: a goal for you, if you like it.", ended(proposal.title, words=20)]
    if proposal.measure:
        lines.append(f"You would notice by: {clipped(proposal.measure, 15)}")
    if proposal.due_on:
        lines.append(f"By {elements.day(proposal.due_on)}.")
    return "\n".join(lines)
