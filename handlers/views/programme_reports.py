"""What the owner of a programme sees of how it goes: over all rounds, in one of them, and computed once more."""

from __future__ import annotations

from typing import Final

from bot.matching.results import GuestsStayOut, WhyLeftOver
from bot.programme_replays import Replayed
from bot.programme_reports import (
    GROUPS_A_PAGE,
    PEOPLE_A_PAGE,
    ROUNDS_A_PAGE,
    Figures,
    Overview,
    Participants,
    RoundReport,
)
from bot.programme_tallies import SILENT, Unmet
from bot.ties import FEWEST
from handlers.views import elements
from handlers.views.elements import Block, View
from handlers.views.programme_ties import in_sentences, new_ones
from handlers.views.rounds_channel import sections
from handlers.views.rounds_reasons import people, relaxed
from models.rounds import NOT_YET, SWAP

OPEN: Final = "programme_reports.open"
BACK: Final = "programme_reports.back"
OLDER, NEWER = "programme_reports.older", "programme_reports.newer"
LOOK: Final = "programme_reports.look"
LATER_GROUPS, EARLIER_GROUPS = "programme_reports.later_groups", "programme_reports.earlier_groups"
PARTICIPANTS: Final = "programme_reports.participants"
LATER_PEOPLE, EARLIER_PEOPLE = "programme_reports.later_people", "programme_reports.earlier_people"
REPLAY: Final = "programme_reports.replay"
PICTURE, EXPORT = "programme_reports.picture", "programme_reports.export"
TITLE: Final = "How it goes"
ADDING_UP: Final = "Adding up the rounds…"
SAID: Final = {NOT_YET: "said not yet", SWAP: "wanted another buddy", SILENT: "said nothing"}


def button(programme_id: int) -> Block:
    """Lead an owner here."""
    return elements.button(TITLE, OPEN, programme_id)


def waiting(text: str) -> View:
    """Say that something is being computed, which takes a moment."""
    return elements.notice(text, TITLE)


def overview(facts: Overview) -> View:
    """Show how a programme goes."""
    blocks = [
        elements.section(_opening(facts)),
        elements.section(in_sentences(facts.ties, facts.latest)),
        elements.actions(
            elements.button("Who takes part", PARTICIPANTS, facts.programme_id),
            elements.button("Draw the departments", PICTURE, facts.programme_id),
            elements.button("Export (CSV)", EXPORT, facts.programme_id),
        ),
        *(_row(each) for each in facts.rounds),
        *_turning(facts),
    ]
    return elements.modal("elements.notice", TITLE, blocks)


def _opening(facts: Overview) -> str:
    part = f"*{elements.channel(facts.channel)}*\n{_people(facts.participants, 'takes', 'take')} part."
    if not facts.count:
        return f"{part} No round has been held yet."
    if not facts.placed:
        return f"{part} How many met, I add up once a round of {FEWEST} people or more is over."
    return f"{part} Over all rounds that are over, {_rate(facts.met, facts.placed)} of those in a group met."


def _row(figures: Figures) -> Block:
    return elements.section(
        f"*{_named(figures)}*\n{_in_short(figures)}",
        None if figures.is_called_off else elements.button("Look closer", LOOK, figures.round_id),
    )


def _named(figures: Figures) -> str:
    under_way = "" if figures.is_over or figures.is_called_off else ", under way"
    return f"Round {figures.number}, {elements.day(figures.on)}{under_way}"


def _in_short(figures: Figures) -> str:
    if figures.is_called_off:
        return "Called off: there were no two people to bring together."
    return f"{_took_part(figures)} {_met(figures)}"


def _took_part(figures: Figures) -> str:
    over = f"; {_people(figures.left_over, 'was', 'were')} left over" if figures.left_over else ""
    return f"{_people(figures.took_part, 'was', 'were')} in it{over}."


def _met(figures: Figures) -> str:
    if not figures.placed:
        return "Nobody has a group in it any more."
    if figures.met is None:
        return f"How many met, I tell of {FEWEST} people or more."
    so_far = "" if figures.is_over else " so far"
    return f"{_rate(figures.met, figures.placed)} met{so_far}: {figures.met} of {figures.placed} in a group."


def _turning(facts: Overview) -> list[Block]:
    newer, older = facts.skipped - ROUNDS_A_PAGE, facts.skipped + ROUNDS_A_PAGE
    buttons = []
    if facts.skipped:
        buttons.append(elements.button("Newer rounds", NEWER, f"{facts.programme_id}:{max(newer, 0)}"))
    if older < facts.count:
        buttons.append(elements.button("Older rounds", OLDER, f"{facts.programme_id}:{older}"))
    return [elements.actions(*buttons)] if buttons else []


def participants(facts: Participants) -> View:
    """Show who takes part."""
    first, last = facts.skipped + 1, facts.skipped + len(facts.people)
    span = f", {first} to {last}" if facts.count > PEOPLE_A_PAGE else ""
    opening = f"*{elements.channel(facts.channel)}*\n{_people(facts.count, 'takes', 'take')} part{span}."
    blocks = [
        *sections([opening, *(f"• {elements.mention(who)}" for who in facts.people)]),
        elements.actions(*_other_people(facts), _back(facts.programme_id)),
    ]
    return elements.modal("elements.notice", TITLE, blocks)


def _other_people(facts: Participants) -> list[Block]:
    earlier, later = facts.skipped - PEOPLE_A_PAGE, facts.skipped + PEOPLE_A_PAGE
    buttons = []
    if facts.skipped:
        buttons.append(
            elements.button("Earlier names", EARLIER_PEOPLE, f"{facts.programme_id}:{max(earlier, 0)}")
        )
    if later < facts.count:
        buttons.append(elements.button("Later names", LATER_PEOPLE, f"{facts.programme_id}:{later}"))
    return buttons


def round_report(facts: RoundReport) -> View:
    """Show how one round went."""
    figures = facts.figures
    blocks = [
        elements.section(
            f"*{_named(figures)}*, in {elements.channel(facts.channel)}\n{_took_part(figures)} {_met(figures)}"
            f"{_unmet(facts.unmet)}"
        ),
        *_groups(facts),
        *_left_over(facts),
        *_relaxed(facts),
        elements.section(f"*Departments*\n{new_ones(facts.ties, figures.number)}"),
        elements.actions(
            *_leafing(facts),
            elements.button("Compute it again", REPLAY, figures.round_id),
            _back(facts.programme_id),
        ),
    ]
    return elements.modal("elements.notice", TITLE, blocks)


def _unmet(said: tuple[Unmet, ...]) -> str:
    """Say what the others said, where that can be said of nobody in particular."""
    parts = [f"{each.count} {' or '.join(SAID[word] for word in each.said)}" for each in said]
    return f"\nOf the others {', '.join(parts)}." if parts else ""


def _groups(facts: RoundReport) -> list[Block]:
    if not facts.groups:
        return []
    first, last = facts.skipped + 1, facts.skipped + len(facts.groups)
    span = f", {first} to {last} of {facts.count}" if facts.count > GROUPS_A_PAGE else ""
    lines = [f"• {people(each)}" for each in facts.groups]
    return sections([f"*Groups{span}*", *lines])


def _left_over(facts: RoundReport) -> list[Block]:
    if not facts.left_over:
        return []
    lines = [f"• {elements.mention(who)}: {why_left_over(why)}." for who, why in facts.left_over]
    return sections(["*Left over*", *lines, *_more(facts.figures.left_over - len(lines))])


def why_left_over(why: WhyLeftOver | None) -> str:
    """Say of somebody why they had nobody, in words that are the same whoever wanted whom."""
    if isinstance(why, GuestsStayOut):
        return "the programme is for full members of the workspace"
    return "nobody was free for them"


def _relaxed(facts: RoundReport) -> list[Block]:
    if not facts.relaxed:
        return []
    lines = [f"• {relaxed(each)}." for each in facts.relaxations]
    return sections(["*What had to give*", *lines, *_more(facts.relaxed - len(lines))])


def _more(count: int) -> list[str]:
    return [f"… and {count} more."] if count > 0 else []


def _leafing(facts: RoundReport) -> list[Block]:
    earlier, later = facts.skipped - GROUPS_A_PAGE, facts.skipped + GROUPS_A_PAGE
    round_id, buttons = facts.figures.round_id, []
    if facts.skipped:
        buttons.append(elements.button("Earlier groups", EARLIER_GROUPS, f"{round_id}:{max(earlier, 0)}"))
    if later < facts.count:
        buttons.append(elements.button("Later groups", LATER_GROUPS, f"{round_id}:{later}"))
    return buttons


def _back(programme_id: int) -> Block:
    return elements.button("All rounds", BACK, programme_id)


def replayed(facts: Replayed, programme_id: int) -> View:
    """Say what came of computing a round again."""
    what = f"the preview of round {facts.number}" if facts.was_previewed else f"round {facts.number}"
    line = f"I computed {what} again, from seed {facts.seed} and what was known then. {_verdict(facts)}"
    if facts.was_previewed:
        line += " Whoever could not take part any more when it began was left out of what was sent."
    return _said(line, programme_id)


def _verdict(facts: Replayed) -> str:
    if facts.is_same:
        return "*It comes out the same*: every group, how many are left over, and what had to give."
    return (
        f"*It comes out differently*: {facts.same} of {facts.groups} groups are the same. "
        "The way I match has changed since."
    )


def sent(what: str, programme_id: int) -> View:
    """Say that files have gone out."""
    return _said(f"{what} in your messages with me.", programme_id)


def not_sent(programme_id: int) -> View:
    """Say that files did not arrive, and what to do."""
    return _said(
        "I am sorry, Slack did not take that. Nothing is lost: try again in a few minutes.", programme_id
    )


def nothing_to_draw(why: str, programme_id: int) -> View:
    """Say why there is no picture."""
    return _said(why, programme_id)


def _said(text: str, programme_id: int) -> View:
    back = elements.actions(_back(programme_id))
    return elements.modal("elements.notice", TITLE, [elements.section(text), back])


def _people(count: int, verb: str, verbs: str) -> str:
    return f"1 person {verb}" if count == 1 else f"{count} people {verbs}"


def _rate(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)}%"
