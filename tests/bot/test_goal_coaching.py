"""A goal gets the one most useful remark, a good goal none, and no title whatsoever an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.goal_coaching import _ANY_TOPIC, _TOPICS, Kind, Remark, remark_on

FIRST_OF_DECEMBER = date(2026, 12, 1)
END_OF_MARCH = date(2027, 3, 31)


def remark(title: str, *, measure: str | None = None, due_on: date | None = END_OF_MARCH) -> Remark | None:
    return remark_on(title, measure=measure, due_on=due_on, today=FIRST_OF_DECEMBER)


def kind_of(title: str, *, measure: str | None = None, due_on: date | None = END_OF_MARCH) -> Kind | None:
    said = remark(title, measure=measure, due_on=due_on)
    return said.kind if said else None


SEVERAL = [
    "Improve my communication and learn Python",
    "Learn Python; get AWS certified",
    "Give two talks and write three articles",
    "Pass the AWS exam by June, run a marathon in October",
    "Become a team lead & finish my degree",
    "1. Learn Spanish\n2. Read 12 books\n3. Run a workshop",
    "- get better at SQL\n- present at the all-hands",
    "I want to hire two engineers and also reduce our backlog by 20%",
    "read one book a month plus improve my English",
    "🚀 Launch the beta and then build a team of five",
]
ONE_OFF = [
    "Send the email to HR",
    "Book the AWS exam",
    "Schedule a meeting with my manager",
    "sign up for the leadership course",
    "Talk to Anna about the new role",
    "SET UP A CALL WITH THE DATA TEAM",
    "Update my CV",
    "Register for the conference",
    "Ask Ben for a reference",
    "I need to call the client",
    "📧 email the recruiter by Friday",
    "Buy a book about negotiation",
    "Arrange a coffee with the head of sales",
]
VAGUE = [
    "Improve my communication",
    "improve my communication by March",
    "Get better at presenting",
    "GET BETTER AT DELEGATING",
    "Become a better leader",
    "Be more confident in meetings",
    "Work on my time management",
    "Learn more about machine learning",
    "Learn about the business",
    "Research career options",
    "Understand our customers better",
    "Understand the pricing model and the sales process",
    "I want to be more strategic",
    "To strengthen my network",
    "Explore moving into management",
    "Focus on writing",
    "Look into Kubernetes",
    "Deepen my knowledge of Python 3",
    "Grow as an engineer",
    "Develop my leadership skills",
    "Improving my 1:1s",
    "Improve my one-on-ones",
    "• improve work-life balance",
    "My goal is to read more",
    "Improve how I work with <@U012AB3CD>",
    "Improve <https://example.com/page/2027|the page>",
]
NO_MEASURE = [
    "Learn Spanish",
    "Better communication",
    "Mentoring",
    "Networking",
    "Mentor a junior colleague",
    "Speak to customers more often",
    "Ask for feedback regularly",
    "Delegate",
    "Master Excel",
    "Leadership skills",
    "Stop procrastinating",
    "Practise SQL",
    "🎯",
    "לשפר את התקשורת שלי",
    "تحسين مهاراتي في الكتابة",
    "沟通能力",
]
GOOD = [
    "Open two of the four weekly demos until 31 March, and ask two people each time what was unclear",
    "Pass the AWS Solutions Architect exam",
    "Give a talk at the spring conference",
    "Read 12 books on negotiation",
    "Reach B2 in German",
    "Raise our NPS from 30 to 45",
    "Cut the build time by 40%",
    "Write one blog post a month",
    "Run a marathon under four hours",
    "Mentor two juniors every two weeks",
    "Get promoted to level 5",
    "Get AWS certified",
    "Improve test coverage from 60 to 80 percent",
    "Improve my typing to 70 words a minute",
    "Plan and run three workshops",
    "Run three user interviews and present the results to the team",
    "Publish the design guide and share it with each team",
    "Become a team lead",
    "Move to the data team",
    "Speak at PyCon",
    "Learn touch typing by 2027-06-30",
    "Learn to touch-type by June",
    "Meet my mentor monthly",
    "Call three customers a week",
    "Ship the new onboarding",
    "Host four lunch talks",
    "Finish the Kubernetes course and use it in one project",
    "Hold weekly office hours",
    "Save 20,000 € on hosting",
    "لقاء ٣ عملاء كل شهر",
]
CASES = [
    *((title, Kind.SEVERAL_GOALS) for title in SEVERAL),
    *((title, Kind.ONE_OFF_TASK) for title in ONE_OFF),
    *((title, Kind.VAGUE_VERB) for title in VAGUE),
    *((title, Kind.NO_MEASURE) for title in NO_MEASURE),
    *((title, None) for title in GOOD),
]


# What is said


@pytest.mark.parametrize(("title", "kind"), CASES)
def test_each_title_gets_the_most_useful_remark(title: str, kind: Kind | None) -> None:
    assert kind_of(title) == kind


@pytest.mark.parametrize(
    "vary",
    [str.upper, str.lower, "  {}  ".format, "✨ {} ✨".format],
    ids=["upper", "lower", "spaces", "signs"],
)
def test_letter_case_and_decoration_change_nothing(vary: Callable[[str], str]) -> None:
    assert {title: kind_of(vary(title)) for title, _ in CASES} == dict(CASES)


@pytest.mark.parametrize(
    "title", [title for title in GOOD if not re.search(r"March|June|spring|2027", title)]
)
def test_a_good_goal_without_a_day_is_asked_for_one(title: str) -> None:
    assert kind_of(title, due_on=None) == Kind.NO_DATE


@pytest.mark.parametrize(
    "when",
    [
        "by 31 March", "until March 31st", "by 2027-03-31", "by 31.3.2027", "by the end of the quarter", "in Q2",
        "this year", "by summer", "by Friday", "in six weeks", "within the next 3 months", "by year-end", "in May",
    ],
)  # fmt: skip
def test_a_day_in_the_title_is_a_date(when: str) -> None:
    assert kind_of(f"Read 12 books {when}", due_on=None) is None
    assert kind_of(f"Read the classics {when}", due_on=None) is None
    assert kind_of(f"Improve my writing {when}", due_on=None) == Kind.VAGUE_VERB


@pytest.mark.parametrize("title", VAGUE + ONE_OFF + NO_MEASURE)
def test_a_measure_beside_the_title_settles_what_the_title_leaves_open(title: str) -> None:
    assert kind_of(title, measure="from 2 to 5 a month") is None
    assert kind_of(title, measure="  ") is not None


def test_a_measure_does_not_make_one_goal_of_two() -> None:
    assert kind_of("Improve my English and learn Python", measure="B2") == Kind.SEVERAL_GOALS


@pytest.mark.parametrize("title", ["", " ", "\n\t ", "\u00a0"])
def test_a_blank_title_gets_no_remark(title: str) -> None:
    assert remark(title) is None


# How it is said


def test_the_example_of_the_house_reads_as_written() -> None:
    assert remark("Improve my communication", due_on=None) == Remark(
        kind=Kind.VAGUE_VERB,
        sentence="How would you notice in March that it worked?",
        example="Open two of the four weekly demos until 31 March, and ask two people each time what was unclear.",
    )


@pytest.mark.parametrize(
    ("today", "month", "day"),
    [
        (date(2026, 12, 1), "March", "31 March"),
        (date(2026, 11, 30), "February", "28 February"),
        (date(2027, 11, 1), "February", "29 February"),
        (date(2027, 9, 30), "December", "31 December"),
        (date(2027, 1, 15), "April", "30 April"),
    ],
)
def test_months_and_days_are_about_three_months_from_today(today: date, month: str, day: str) -> None:
    said = remark_on("Improve it", measure=None, due_on=None, today=today)
    assert said is not None
    assert f"in {month} that" in said.sentence
    assert f"until {day}," in said.example


def test_a_day_that_was_given_is_the_one_spoken_of() -> None:
    said = remark("Improve it", due_on=date(2027, 2, 14))
    assert said is not None
    assert "in February that" in said.sentence
    assert "until 14 February," in said.example


def test_a_day_far_off_is_named_with_its_year() -> None:
    said = remark("Improve it", due_on=date(2028, 3, 31))
    assert said is not None
    assert "in March 2028 that" in said.sentence
    assert "until 31 March 2028," in said.example


def test_a_day_in_the_past_is_not_spoken_of() -> None:
    said = remark("Improve it", due_on=FIRST_OF_DECEMBER - timedelta(days=1))
    assert said is not None
    assert "in March that" in said.sentence


@pytest.mark.parametrize("title", [SEVERAL[0], ONE_OFF[0], VAGUE[0], NO_MEASURE[0], GOOD[3]])
def test_every_sentence_is_short_and_names_the_month(title: str) -> None:
    for month in range(1, 13):
        said = remark_on(title, measure=None, due_on=None, today=date(2027, month, 1))
        assert said is not None, month
        assert len(said.sentence.split()) <= 30, month
        assert re.search(
            r"January|February|March|April|May|June|July|August|Sept|Octo|Nov|Dec", said.sentence
        ), month
        assert "!" not in said.sentence, month


# Examples


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("Improve my communication", "demos"),
        ("Get better at presenting", "ten-minute talk"),
        ("Become a better leader", "Lead one project"),
        ("Learn Python", "small tool"),
        ("Improve my technical skills", "small tool"),
        ("Improve my English", "in the language"),
        ("Get better at giving feedback", "Ask one colleague"),
        ("Work on delegating", "Hand over"),
        ("Do more networking", "coffee"),
        ("Improve my writing", "Publish one page"),
        ("Understand our data better", "chart"),
        ("Understand our customers better", "customer conversations"),
        ("Improve my project management", "Plan and run"),
        ("Improve my time management", "three mornings"),
        ("Get better at hiring", "six interviews"),
        ("Mentoring", "newer colleague"),
        ("Find a mentor", "experienced colleague"),
        ("Become a better senior engineer", "the next role"),
        ("Be more confident", "first ten minutes"),
        ("Think more about strategy", "where the team should go"),
        ("Sign up for a course", "Finish one course"),
        ("Become better at juggling", "two hours on it"),
        ("Improve the readiness of our maintainers", "two hours on it"),
    ],
)
def test_the_example_is_about_the_topic_of_the_goal(title: str, part: str) -> None:
    said = remark(title)
    assert said is not None
    assert part in said.example


EXAMPLES = [
    template.format(date="31 March") for template in (*(topic.example for topic in _TOPICS), _ANY_TOPIC)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_itself_a_good_goal(example: str) -> None:
    assert kind_of(example, due_on=None) is None
    assert len(example.split()) <= 25


# Any text at all


@given(title=st.text(max_size=300), measure=st.none() | st.text(max_size=10), due_on=st.none() | st.dates())
@settings(max_examples=300, deadline=None)
def test_no_title_raises(title: str, measure: str | None, due_on: date | None) -> None:
    said = remark(title, measure=measure, due_on=due_on)
    assert said is None or (said.sentence and said.example)


@pytest.mark.parametrize(
    "title",
    [
        "a" * 5000, "improve " * 625, "1,1." * 1250, "<" * 5000, ":" * 5000, "to " * 1666, "- " * 2500,
        "😀" * 5000, "and " * 1250, "learn x and " * 416, "\n" * 4999 + "x", "١" * 5000, "{date}" * 800,
        "1" * 4999 + "a", "in the end of the " * 277,
    ],
)  # fmt: skip
def test_the_longest_titles_are_read_too(title: str) -> None:
    assert remark(title) is None or isinstance(remark(title), Remark)


@pytest.mark.parametrize(
    "title", ["Improve <!channel> *bold* {date}", "Improve <script>alert</script>", "Improve zyzzyva"]
)
def test_no_word_of_the_title_is_repeated(title: str) -> None:
    said = remark(title)
    assert said is not None
    for word in ("channel", "bold", "{", "<", "script", "zyzzyva"):
        assert word not in said.sentence + said.example
