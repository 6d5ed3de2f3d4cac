"""Views of goals stay within Slack's limits and keep people's text harmless, whatever that text is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.goal_changes import Change, Sharing
from bot.goal_coaching import remark_on
from bot.goal_proposals import Decision
from bot.goals import GoalOverview, GoalPage, SharedPage, Story
from handlers.views import elements, goal_answers, goal_forms, goal_proposals, goals
from handlers.views.elements import Message, View
from models.goals import Goal, GoalEntry, GoalProposal
from sandbox.block_kit.surfaces import check_message, check_view
from sandbox.seen import Blocks

TODAY = date(2026, 9, 7)
NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)
TITLES = {
    "plain": "Open two of the four weekly demos",
    "longest": "x" * 300,
    "all escaped": "&" * 300,
    "pings": "<!channel> <@UBEN> <https://evil.example|click> " * 6,
    "emoji": "👩🏽‍💻" * 60,
    "right to left": "تحسين مهارات العرض " * 15,
    "quotes": '"' * 300,
}


def goal(title: str = TITLES["plain"], number: int = 3, **facts: object) -> Goal:
    settled = {
        "why": None,
        "measure": None,
        "kind": None,
        "due_on": None,
        "percent": 40,
        "state": "open",
        "for_manager": True,
        "for_buddy": False,
        "for_everyone": False,
    }
    return Goal(
        **{
            **settled,
            "workspace_id": "T",
            "owner": "UAMY",
            "number": number,
            "title": title,
            "logged_at": NOON,
            **facts,
        }
    )


def shown(count: int, title: str) -> tuple[Goal, ...]:
    return tuple(goal(title[:300], number) for number in range(1, min(count, 20) + 1))


def page(count: int, title: str = TITLES["plain"], **facts: object) -> GoalPage:
    settled: dict[str, object] = {"after": 0, "has_more": count > 20}
    return GoalPage(shown(count, title), {"open": count} if count else {}, **{**settled, **facts})  # type: ignore[arg-type]


def proposal(title: str, **facts: object) -> GoalProposal:
    settled = {"measure": title, "due_on": date(2027, 3, 31), "state": "waiting", "goal_number": None}
    people = {"workspace_id": "T", "owner": "UAMY", "proposer": "UBEN"}
    return GoalProposal(**{"id": 7, "title": title, "proposed_at": NOON, **people, **settled, **facts})


def entry(what: str, changes: dict[str, list[object]], note: str | None = None) -> GoalEntry:
    return GoalEntry(workspace_id="T", goal_id=1, at=NOON, by="UAMY", what=what, note=note, changes=changes)


def story(title: str) -> Story:
    entries = [
        entry("logged", {"title": [None, title], "proposer": [None, "UBEN"]}),
        entry("progress", {"percent": [0, 40]}, note=title),
        entry("edited", {"title": [title, title], "due_on": [None, "2027-03-31"]}),
        entry("shared", {"audience": [["manager"], ["everyone", "manager"]]}),
        entry("done", {"state": ["open", "done"]}, note=(title * 9)[:500]),
        *[entry("progress", {"percent": [0, 40]}, note=title * 3) for _ in range(5)],
    ]
    told = goal(
        title, why=f"{title}&&"[:500], measure=title, kind="formal learning", due_on=TODAY, for_buddy=True
    )
    return Story(told, tuple(entries), has_earlier=True)


MESSAGES: dict[str, Callable[[str], Message]] = {
    "list": lambda title: goals.goal_list(page(100, title), today=TODAY),
    "later page": lambda title: goals.goal_list(page(100, title, after=40), today=TODAY),
    "no goals": lambda _: goals.goal_list(page(0), today=TODAY),
    "none left": lambda _: goals.goal_list(GoalPage((), {"done": 3}, 0, has_more=False), today=TODAY),
    "shared list": lambda title: goals.shared_list(
        SharedPage("UBEN", shown(20, title), has_more=True), today=TODAY
    ),
    "nothing shared": lambda _: goals.shared_list(SharedPage("UBEN", (), has_more=False), today=TODAY),
    "logged": lambda title: goal_answers.logged(goal(title), None, today=TODAY),
    "logged with a remark": lambda title: goal_answers.logged(
        goal(title),
        remark_on("Improve my communication", measure=None, due_on=None, today=TODAY),
        today=TODAY,
    ),
    "kept": lambda title: goal_answers.kept(goal(title)),
    "progressed": lambda title: goal_answers.progressed(goal(title), title),
    "at 100": lambda title: goal_answers.progressed(goal(title, percent=100), None),
    "done": lambda title: goal_answers.closed(Change(goal(title, state="done")), title),
    "dropped": lambda title: goal_answers.closed(Change(goal(title, state="dropped")), title),
    "done before": lambda title: goal_answers.closed(Change(goal(title, state="done"), is_new=False)),
    "reopened": lambda title: goal_answers.reopened(Change(goal(title))),
    "edited": lambda title: goal_answers.edited(Change(goal(title, due_on=TODAY)), TODAY),
    "shared": lambda title: goal_answers.shared(
        Sharing(goal(title, for_buddy=True, for_everyone=True), ("UBEN",))
    ),
    "story": lambda title: goal_answers.story(story(title), today=TODAY),
    "story of a closed one": lambda title: goal_answers.story(
        Story(goal(title, state="dropped"), (), has_earlier=False), today=TODAY
    ),
    "proposed": lambda title: goal_proposals.proposed(proposal(title)),
    "proposal sent": lambda title: goal_proposals.sent(proposal(title)),
    "accepted": lambda title: goal_proposals.decided(Decision(proposal(title), goal(title))),
    "declined": lambda title: goal_proposals.decided(Decision(proposal(title))),
    "decided before": lambda title: goal_proposals.decided(
        Decision(proposal(title, state="accepted", goal_number=4), goal(title), is_new=False)
    ),
}

VIEWS: dict[str, Callable[[str], View]] = {
    "log form": lambda _: goal_forms.log_form(),
    "edit form": lambda title: goal_forms.edit_form(
        goal(title, why=title, measure=title, kind="habit", due_on=TODAY, for_everyone=True)
    ),
    "progress form": lambda title: goal_forms.progress_form(goal(title)),
    "progress of any": lambda title: goal_forms.form_to_choose("progress", hundred(title)),
    "done form": lambda title: goal_forms.form_to_choose("done", hundred(title)),
    "drop form": lambda title: goal_forms.drop_form(goal(title)),
    "share form": lambda title: goal_forms.share_form(goal(title)),
    "share any": lambda title: goal_forms.form_to_choose("share", hundred(title)),
    "edit picker": lambda title: goal_forms.form_to_choose("edit", hundred(title)),
    "show picker": lambda title: goal_forms.form_to_choose("show", hundred(title)),
    "of form": lambda _: goal_forms.of_form(),
    "proposal form": lambda title: goal_proposals.proposal_form("UBEN", title, "12"),
    "accept form": lambda title: goal_proposals.accept_form(proposal(title)),
    "home": lambda title: home(
        GoalOverview(page(10, title, has_more=True), tuple(proposal(title) for _ in range(5)))
    ),
    "empty home": lambda _: home(GoalOverview(page(0), ())),
}


def hundred(title: str) -> list[Goal]:
    return [goal(title, number) for number in range(1, 101)]


def home(overview: GoalOverview) -> View:
    return {"type": "home", "blocks": goals.home_goals(overview, today=TODAY)}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_every_message_is_one_that_slack_takes(message: Callable[[str], Message]) -> None:
    for name, title in TITLES.items():
        shown = message(title).payload()
        assert check_message(shown["blocks"]) is None, name
        assert check_view(elements.dialog(message(title), "Goals")) is None, name
        assert 0 < len(shown["text"]) <= 3000, name
        assert len(json.dumps(shown["blocks"], ensure_ascii=False)) <= 12_000, name


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_every_view_is_one_that_slack_takes(view: Callable[[str], View]) -> None:
    refused = {name: said for name, title in TITLES.items() if (said := check_view(view(title)))}
    assert refused == {}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_nobody_is_pinged_by_what_somebody_wrote(message: Callable[[str], Message]) -> None:
    shown = message("<!channel> <@UEVIL> <https://evil.example|click>").payload()
    texts = json.dumps([shown["text"], list(_mrkdwn(shown["blocks"]))])
    for forbidden in ("<!channel>", "<@UEVIL>", "<https"):
        assert forbidden not in texts


def _mrkdwn(blocks: object) -> list[str]:
    if isinstance(blocks, list):
        return [text for each in blocks for text in _mrkdwn(each)]
    if not isinstance(blocks, dict):
        return []
    if blocks.get("type") == "mrkdwn":
        return [blocks["text"]]
    return [text for each in blocks.values() for text in _mrkdwn(each)]


def test_the_list_numbers_its_goals_and_each_can_be_picked() -> None:
    shown = goals.goal_list(page(3), today=TODAY)
    menu = Blocks(blocks=with_ids(shown)).element("Pick a goal")
    assert [option.partition(" ")[0] for option in menu.options] == ["1", "2", "3"]
    assert "*2.* Open two of the four weekly demos · 40%" in shown.text


def test_a_page_shows_only_what_fits_and_goes_on_from_there() -> None:
    shown = goals.goal_list(page(20, "&" * 300, has_more=False), today=TODAY)
    blocks = Blocks(blocks=with_ids(shown))
    last = blocks.element("Pick a goal").options[-1].partition(" ")[0]
    assert blocks.element("Show more").value == last
    assert int(last) < 20


def test_a_page_that_is_the_last_offers_no_more() -> None:
    assert "Show more" not in Blocks(blocks=with_ids(goals.goal_list(page(20), today=TODAY))).buttons


def with_ids(message: Message) -> list[elements.Block]:
    return [{"block_id": f"b{count}", **block} for count, block in enumerate(message.payload()["blocks"])]


def test_a_day_that_has_passed_is_said_to_have_passed() -> None:
    late = goal(due_on=date(2026, 9, 6))
    done = goal(due_on=date(2026, 9, 6), state="done")
    assert goals.due_words(late, TODAY) == "was due Sun 6 Sep 2026"
    assert goals.due_words(done, TODAY) == "due Sun 6 Sep 2026"


@pytest.mark.parametrize(
    ("facts", "managers", "said"),
    [
        (
            {"for_manager": True},
            ("UBEN",),
            "Goal 3, _Open two of the four weekly demos_, is seen by you and <@UBEN> as your manager.",
        ),
        (
            {"for_manager": False},
            ("UBEN",),
            "Goal 3, _Open two of the four weekly demos_, is seen by you and nobody else.",
        ),
        (
            {"for_manager": True},
            (),
            (
                "Goal 3, _Open two of the four weekly demos_, is seen by you and nobody else. "
                "You have not confirmed a manager yet; once you do, with `/1on1`, they see it too."
            ),
        ),
        (
            {"for_manager": False, "for_buddy": True, "for_everyone": True},
            (),
            (
                "Goal 3, _Open two of the four weekly demos_, is seen by you and everyone in this workspace. "
                "You have no buddy yet; once you have one, they see it too."
            ),
        ),
    ],
)
def test_sharing_says_exactly_who_sees_it(
    facts: dict[str, object], managers: tuple[str, ...], said: str
) -> None:
    assert goal_answers.shared(Sharing(goal(**facts), managers)).text == said  # type: ignore[arg-type]


def test_a_story_tells_each_kind_of_change() -> None:
    lines = goal_answers.story(story("Open two demos"), today=TODAY).text.splitlines()
    told = [line.partition(" · ")[2] for line in lines if line.startswith("<!date")]
    assert told[:4] == [
        "logged, proposed by <@UBEN>",
        "0% → 40%: “Open two demos”",
        "title: Open two demos → Open two demos; due date: none → 2027-03-31",
        "audience: manager → everyone, manager",
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("", 0),
        ("-1", 0),
        ("1.5", 0),
        ("٣", 0),
        ("9" * 19, 0),
        ("1; DROP TABLE goal", 0),
        (None, 0),
    ],
)
def test_a_number_that_went_through_slack_is_read_or_is_none(text: object, number: int) -> None:
    assert goal_forms.whole_number(text) == number


def submitted(view: View, **given: dict[str, object]) -> dict[str, object]:
    """Give a form back as Slack does, with what was given by field."""
    return {**view, "state": {"values": {field: {field: value} for field, value in given.items()}}}


def test_the_goal_form_reads_what_it_asked() -> None:
    draft = goal_forms.read_goal_form(
        submitted(
            goal_forms.log_form(),
            title={"value": "Open two demos"},
            measure={"value": "Two demos"},
            why={"value": None},
            kind={"selected_option": {"value": "habit"}},
            due_on={"selected_date": "2027-03-31"},
            audience={"selected_options": [{"value": "buddy"}]},
        )
    )
    assert (draft.title, draft.measure, draft.why, draft.kind) == (
        "Open two demos",
        "Two demos",
        None,
        "habit",
    )
    assert (draft.due_on, set(draft.audience)) == (date(2027, 3, 31), {"buddy"})


def test_an_empty_goal_form_reads_as_empty() -> None:
    draft = goal_forms.read_goal_form(submitted(goal_forms.log_form()))
    assert (draft.title, draft.kind, draft.due_on, draft.audience) == ("", None, None, frozenset())


@pytest.mark.parametrize("percent", ["", "half", "-5", "1e2", "9" * 30])
def test_a_percentage_that_is_none_is_beyond_all(percent: str) -> None:
    form = submitted(goal_forms.progress_form(goal()), percent={"value": percent})
    assert goal_forms.read_percent(form) > 100


@pytest.mark.parametrize("carried", ["", "x", "12; --", "9" * 25])
def test_a_forged_place_of_a_proposal_is_no_meeting(carried: str) -> None:
    form = submitted(goal_proposals.proposal_form("UBEN", "A question", carried), title={"value": "A goal"})
    assert goal_proposals.read_proposal_form(form).occurrence_id == 0


@pytest.mark.parametrize(
    ("given", "whose"),
    [({}, "theirs"), ({"whose": {"selected_option": {"value": "mine"}}}, "mine"), ({"whose": {}}, "theirs")],
)
def test_a_goal_from_a_meeting_is_the_others_unless_one_says_mine(
    given: dict[str, dict[str, object]], whose: str
) -> None:
    form = submitted(goal_proposals.proposal_form("UBEN", "A question", "12"), **given)
    assert goal_proposals.read_proposal_form(form).whose == whose


@pytest.mark.parametrize("name", [*MESSAGES, *VIEWS])
def test_it_looks_as_it_was_approved(name: str, snapshot: SnapshotAssertion) -> None:
    if name in MESSAGES:
        shown = drawn(MESSAGES[name](TITLES["plain"]).payload()["blocks"])
    else:
        shown = drawn(VIEWS[name](TITLES["plain"])["blocks"])
    assert shown == snapshot(name=name)


def drawn(blocks: list[elements.Block]) -> str:
    """Draw blocks as lines: texts as they are, and what can be pressed or filled in brackets."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: elements.Block) -> Iterator[str]:
    if block["type"] in ("section", "header"):
        yield block["text"]["text"]
    if block["type"] == "context":
        yield f"({block['elements'][0]['text']})"
    if block["type"] == "input":
        yield f"{block['label']['text']} {_control(block['element'])}"
    if block["type"] == "actions":
        yield " ".join(_control(element) for element in block["elements"])
    if "accessory" in block:
        yield _control(block["accessory"])


def _control(element: elements.Block) -> str:
    if element["type"] == "button":
        return f"[{element['text']['text']}: {element['action_id']} {element['value']}]"
    initial = element.get("initial_value") or element.get("initial_date") or element.get("initial_option")
    offered = [option["value"] for option in element.get("options", [])]
    shown = f"{offered[:3]}…{len(offered)}" if len(offered) > 9 else f"{offered}" if offered else ""
    chosen = initial["value"] if isinstance(initial, dict) else initial or ""
    ticked = [option["value"] for option in element.get("initial_options", [])]
    return f"<{element['type']} {element['action_id']} {shown} {chosen} {ticked or ''}".rstrip() + ">"
