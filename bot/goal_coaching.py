"""A goal read as a good coach would read it: the one most useful remark on its title, or none.

A first version by patterns of English. A title it cannot read gets the question that is never wrong: what
would you be able to show? No remark quotes the title, so no user text needs escaping here.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a remark is about, the most pressing first."""

    SEVERAL_GOALS = "several_goals"
    ONE_OFF_TASK = "one_off_task"
    VAGUE_VERB = "vague_verb"
    NO_MEASURE = "no_measure"
    NO_DATE = "no_date"


@dataclass(frozen=True)
class Remark:
    """One thing said about a goal, and a sharper goal on the same topic as an example; neither has user text in it."""

    kind: Kind
    sentence: str
    example: str


def remark_on(title: str, *, measure: str | None, due_on: date | None, today: date) -> Remark | None:
    """Say the one most useful thing about a goal; None if it is good as it is, or blank."""
    kind = _kind_of(_plain(title), has_measure=bool(measure and measure.strip()), has_date=due_on is not None)
    if kind is None:
        return None
    by = due_on if due_on and due_on > today else _end_of_month_ahead(today)
    sentence = _SENTENCES[kind].format(month=_month(by, today))
    return Remark(kind, sentence, _example_for(_plain(title)).format(date=_day(by, today)))


_SENTENCES: Final = {
    Kind.SEVERAL_GOALS: (
        "This looks like more than one goal. Which would you most like to see done in {month}? "
        "The rest can follow as goals of their own."
    ),
    Kind.ONE_OFF_TASK: "This sounds like a single step. What would you like to be different in {month} because of it?",
    Kind.VAGUE_VERB: "How would you notice in {month} that it worked?",
    Kind.NO_MEASURE: "What would you be able to count or show in {month}?",
    Kind.NO_DATE: "This is clear. A day would keep it in sight: how about the end of {month}?",
}


# Reading a title. All patterns meet it in small letters, without Slack's tokens and links.


def _any_of(*alternatives: str) -> str:
    return f"(?:{'|'.join(alternatives)})"


_NOISE: Final = re.compile(r"<[^<>]*>|https?://\S+|(?<!\w):[\w+-]+:(?!\w)")  # tokens, links, emoji by name

_NUMBER: Final = _any_of(
    r"\d[\d.,]{0,12}",
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve",
    "fifteen|twenty|thirty|forty|fifty|hundred|thousand|half",
)
_MONTH: Final = _any_of(
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?",
    "aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?",
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_SEASON: Final = "(?:spring|summer|autumn|fall|winter|christmas|easter|new year)"
_WEEKDAY: Final = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_TOWARDS: Final = "(?:by|until|till|before|in|during|this|next|mid|end of)"
_SPAN: Final = "(?:week|month|quarter|half-year|year)"
_TURN: Final = rf"(?:day|morning|evening|fortnight|sprint|meeting|time|{_SPAN}|{_WEEKDAY})s?"

_DATE: Final = re.compile(
    _any_of(
        r"\b\d{4}-\d\d-\d\d\b",
        r"\b\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d\d)?(?!\d)",
        rf"\b{_DAY}(?: of)? {_MONTH}\b|\b{_MONTH} {_DAY}\b",
        rf"\b{_TOWARDS}(?: the)?(?: end of)?[ -](?:{_MONTH}(?: {_DAY})?|{_SEASON})\b",
        rf"\b(?:by|until|till|before|on|next) {_WEEKDAY}\b",
        r"\bq[1-4]\b",
        rf"\b(?:this|next) {_SPAN}\b",
        rf"\bend of (?:the |this |next )?{_SPAN}\b",
        rf"\b(?:in|within)(?: the next)? {_NUMBER} (?:day|{_SPAN})s?\b",
        r"\b20[2-9]\d\b|\btomorrow\b|\byear[- ]end\b",
    )
)
_NOT_A_QUANTITY: Final = re.compile(
    _any_of(
        r"\b1[-: ]?(?:on|:)?[-: ]?1s?\b|\bone[- ]on[- ]ones?\b",
        r"\b(?:no|this|that|any) one\b|\bone (?:of|day)\b|\bhalf of\b|\b24/7\b",
        r"\b(?:python|java|office|windows|iso|gpt|vue|angular|web|industry)[ -]?\d[\d.]{0,8}",
    )
)
_QUANTITY: Final = re.compile(
    _any_of(
        rf"(?<!\w){_NUMBER}(?:[kmx%]|st|nd|rd|th)?(?!\w)",
        r"\bper ?cent\b|\b(?:once|twice|a dozen)\b",
        r"\b[abc][12]\b",  # levels of the European framework for languages
        rf"\b(?:every|each|per) (?:other |second |single )?{_TURN}\b",
        r"\b(?:daily|weekly|fortnightly|monthly|quarterly)\b",
        r"\ba (?:day|week|fortnight|month|quarter)\b",
    )
)

_OPENING: Final = re.compile(
    _any_of(
        r"[\W_]+",
        r"\d+[.)]\s",
        r"(?:i|we)(?:'d| would)? (?:want|like|will|plan|need|hope|aim)(?: to)?\b",
        r"my goal is(?: to)?\b|goals?:",
        r"(?:try to|start to|begin to|be able to|learn (?:how )?to|to)\b",
    )
)
_VAGUE: Final = re.compile(
    _any_of(
        r"(?:improv|enhanc|explor|investigat|familiari[sz])(?:e|ing)\b",
        r"(?:strengthen|deepen|understand|research)(?:ing)?\b|better understand\b",
        r"learn(?:ing)? (?:more|about|a bit|a lot)\b|know(?:ing)? more\b|read(?:ing)? (?:more|up|about)\b",
        r"(?:get|becom|be)(?:e|ing|ting)?(?: an?)?(?: much| even)? (?:better|more|good|great|stronger|less)\b",
        r"(?:work|focus)(?:ing)? on\b|look(?:ing)? (?:into|at)\b|think(?:ing)? (?:about|more)\b",
        r"(?:grow|develop)(?:ing)?(?: as\b| my\b| in\b| into\b|$)|do(?:ing)? (?:better|more)\b",
    )
)
_ONE_OFF: Final = re.compile(
    _any_of(
        r"(?:send|book|schedule|call|e-?mail|buy|order|reply|reserve|message|ping|contact|invite|install)\b",
        r"(?:sign up|register|enroll?)\b|fill (?:in|out)\b|(?:talk|speak) (?:to|with)\b|meet (?:up )?with\b",
        r"ask (?!for\b)",
        r"(?:set up|arrange) (?:an?|the|my) (?:\w+ )?(?:call|meeting|chat|coffee|appointment)\b",
        r"update (?:my|the) (?:cv|resume|résumé|profile|linkedin)\b",
    )
)
_OFTEN: Final = re.compile(r"\b(?:more often|more|regularly|always|habit)\b")
_FINISH_LINE: Final = re.compile(  # done or not done: whoever reads it can tell which
    _any_of(
        r"(?:pass|publish|ship|launch|release|finish|complete|earn|obtain|graduate|submit|win|host|apply|migrate)\b",
        r"(?:get|become|be) (?:\w+[ -])?(?:certified|promoted|accredited|licensed)\b|(?:speak|present) at\b",
        r"(?:give|run|hold|lead|deliver|facilitate|organi[sz]e|write|build) (?:an?|the|my first|our first)\b",
        r"(?:move|transfer) (?:to|into)\b|(?:become|be) (?:an?|the) ",
    )
)
_GOAL_WITH_OBJECT: Final = re.compile(
    _any_of(
        "achieve|attend|become?|build|complete|deliver|develop|earn|finish|gain|get|give|grow|hire|improve|increase",
        "join|launch|lead|learn|master|mentor|move|organi[sz]e|pass|practi[sc]e|present|publish|read|reduce|research",
        "run|ship|speak|start|strengthen|study|understand|work on|write",
    )
    + r"\s+(?!daily|weekly|monthly|regularly|about\b|for\b|with\b)\S"
)
_AND: Final = re.compile(r" (?:and|&|\+|plus|as well as) (?:also |then )?|[;\n]|, (?:and )?(?:also |then )?")
_SAME_GOAL: Final = re.compile(
    r"\b(?:its?|them|each|this|that|these|those|the (?:results?|findings))\b|\bone (?:at|to|in|of)\b"
)


def _plain(title: str) -> str:
    """Prepare a title for reading; lines stay apart, because a list of goals has one on each."""
    lines = _NOISE.sub(" ", title.casefold()).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def _opened(text: str) -> str:
    """Cut off what people write before the verb: bullets, emoji, "I want to"."""
    while opening := _OPENING.match(text):
        text = text[opening.end() :]
    return text


def _kind_of(plain: str, *, has_measure: bool, has_date: bool) -> Kind | None:
    if not plain:
        return None
    if _holds_several(plain):
        return Kind.SEVERAL_GOALS
    is_dated = _DATE.search(plain) is not None
    if not has_measure and (unmeasured := _kind_without_measure(plain, is_dated=is_dated)):
        return unmeasured
    return None if has_date or is_dated else Kind.NO_DATE


def _kind_without_measure(plain: str, *, is_dated: bool) -> Kind | None:
    """Tell what a title lacks if nothing beside it says how the goal is measured; None if it says so itself.

    A day in the title is enough for a plain verb ("Learn to touch-type by June"), not for a vague one: "Improve
    my writing by June" still leaves open what June should look like.
    """
    if _QUANTITY.search(_NOT_A_QUANTITY.sub(" ", _DATE.sub(" ", plain))):
        return None
    opened = _opened(plain)
    if _ONE_OFF.match(opened) and not _OFTEN.search(opened):
        return Kind.ONE_OFF_TASK
    if _VAGUE.match(opened):
        return Kind.VAGUE_VERB
    return None if is_dated or _FINISH_LINE.match(opened) else Kind.NO_MEASURE


def _holds_several(plain: str) -> bool:
    """Tell whether two parts of a title are goals of their own, each with a verb and an object."""
    goals = [part for part in map(_opened, _AND.split(plain)) if _GOAL_WITH_OBJECT.match(part)]
    return any(not _SAME_GOAL.search(goal) for goal in goals[1:])


# Days


def _end_of_month_ahead(today: date) -> date:
    """Return the last day of the third month from now: about three months, and a day that one remembers."""
    years, month = divmod(today.month + 2, 12)
    return date(today.year + years, month + 1, monthrange(today.year + years, month + 1)[1])


# calendar.month_name would follow the machine's locale
_MONTHS: Final = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def _month(day: date, today: date) -> str:
    """Name a month; with its year where the month alone could be taken for one nearer by."""
    name = _MONTHS[day.month - 1]
    return f"{name} {day.year}" if day - today > timedelta(days=300) else name


def _day(day: date, today: date) -> str:
    return f"{day.day} {_month(day, today)}"


# Examples. The first topic found in the title wins, so the narrow ones stand before the wide ones.


@dataclass(frozen=True)
class _Topic:
    words: re.Pattern[str]
    example: str


def _topic(example: str, *words: str) -> _Topic:
    return _Topic(re.compile(r"\b" + _any_of(*words)), example)


_TOPICS: Final = (
    _topic(
        "Give a ten-minute talk at three team meetings until {date}, and ask two listeners each time what they kept.",
        r"present(?!\s+role)|public speaking|talks?\b(?! to| with)|pitch|keynote|slides|stage\b",
    ),
    _topic(
        "Hold a conversation of 30 minutes in the language every Tuesday until {date}, and note five new phrases.",
        r"english|german\b|spanish|french\b|chinese|mandarin|japanese|korean|portuguese|italian|dutch",
        r"polish\b|arabic|hebrew|(?:foreign |second )languages?|vocabulary|fluent",
    ),
    _topic(
        "Ask one colleague every two weeks until {date} what to do differently, and try one answer each time.",
        "feedback",
    ),
    _topic(
        "Hand over one regular task a month until {date}, and ask about each no more than once a week.",
        "delegat|hand(?:ing)? over|micro-?manag|let(?:ting)? go",
    ),
    _topic(
        "Have coffee with two people from other teams each month until {date}, and follow up on one thing each time.",
        "networking|(?:my|professional) network|connections|relationships?",
    ),
    _topic(
        "Sit in on six interviews until {date}, and compare notes with the other interviewer within a day.",
        r"hiring|hire\b|recruit|interview",
    ),
    _topic(
        "Meet one experienced colleague a month until {date}, each time with a question and one thing tried since.",
        "(?:find|get|have|meet) (?:an?|my) (?:mentor|coach)|be mentored",
    ),
    _topic(
        "Talk to three people who do the next role until {date}, and collect two pieces of my work at that level.",
        r"promot|career|senior|next role|raise\b|salary",
    ),
    _topic(
        "Meet one newer colleague every two weeks until {date}, and let them choose the topic each time.",
        "mentor|coach|onboard|teach|junior",
    ),
    _topic(
        "Prepare three difficult conversations on half a page until {date}, and ask someone after each how it went.",
        "conflict|negotiat|(?:difficult|hard|tough) conversation|persua|influenc",
    ),
    _topic(
        "Speak in the first ten minutes of two meetings a week until {date}, and keep a tally.",
        "confiden|assertive|shy|speak(?:ing)? up|impost[oe]r|courage",
    ),
    _topic(
        "Write one page a month until {date} on where the team should go, and discuss it with two people outside.",
        "strateg|big(?:ger)? picture|vision|business",
    ),
    _topic(
        "Answer one question a week from the team's own data until {date}, each with a chart that explains itself.",
        r"data\b|sql|excel\b|spreadsheet|statistic|analy|dashboard|metrics",
    ),
    _topic(
        "Try one AI tool on a real task every two weeks until {date}, and show the team where it helped and failed.",
        r"machine learning|ai\b|artificial intelligence|prompt|llm",
    ),
    _topic(
        "Build one small tool that three colleagues use by {date}, with tests, and have every change reviewed.",
        r"cod(?:e|ing)\b|program(?:ming|mer)|python|java|typescript|rust\b|golang|software|engineer",
        r"technical|architect|test(?:s|ing)\b|cloud|aws|azure|devops|kubernetes|docker|apis?\b|backend",
        "frontend|security|debug",
    ),
    _topic(
        "Show two early sketches a month to people outside the team until {date}, and change one thing after each.",
        r"design|ux\b|figma|prototyp",
    ),
    _topic(
        "Sit in on four customer conversations until {date}, and bring one finding from each to the team.",
        r"customer|client|users?\b|sales|selling|support ticket",
    ),
    _topic(
        "Publish one page for the team every two weeks until {date}, and ask one reader each time what was missing.",
        r"writ(?:e|ing|ten)|blog|article|document|reports?\b|copy\b",
    ),
    _topic(
        "Keep three mornings a week free of meetings until {date}, and note every Friday what got finished in them.",
        r"time management|focus(?:ed)?\b(?! on)|priorit|productiv|concentrat|distract|procrastinat",
        "organi[sz]ed|overtime|calendar",
    ),
    _topic(
        "Stop work by six on four days a week until {date}, and note every Friday what made it possible.",
        "stress|burn-?out|well-?being|health|sleep|balance|resilien|calm",
    ),
    _topic(
        "Plan and run one project of six weeks until {date}, with a weekly status of three lines for all involved.",
        "project|planning|agile|scrum|roadmap|deadline",
    ),
    _topic(
        "Open two of the four weekly demos until {date}, and ask two people each time what was unclear.",
        r"communicat|listen|explain|meetings?\b|clear(?:er|ly)",
    ),
    _topic(
        "Lead one project of at least four weeks until {date}, and ask three people in it what helped.",
        "lead|manag|supervis",
    ),
    _topic(
        "Do one piece of work a month with another team until {date}, and ask each time what to do differently.",
        r"collaborat|teamwork|team\b|cross-functional|stakeholder",
    ),
    _topic(
        "Explain the figures of three projects to a colleague until {date}, without notes by the third time.",
        "budget|financ|accounting|numbers",
    ),
    _topic(
        "Try one small experiment every two weeks until {date}, and tell the team each time what came of it.",
        r"creativ|innovat|ideas?\b|experiment",
    ),
    _topic(
        "Finish one course of about 20 hours until {date}, and use something from it in two tasks of my own.",
        r"course|certif|exam|training|degree|workshop|conference|read(?:ing)?\b|books?\b|study|learn",
    ),
)
_ANY_TOPIC: Final = (
    "Spend two hours on it every Friday until {date}, and show a colleague one result a month."
)


def _example_for(plain: str) -> str:
    return next((topic.example for topic in _TOPICS if topic.words.search(plain)), _ANY_TOPIC)
