"""The question bank: reading `questions.toml`, looking things up in it, and judging how it is worded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

ANY_TIME: Final = "any"
SITUATIONS: Final = frozenset(
    {
        ANY_TIME,
        "first_90_days",
        "anniversary",
        "goal_without_news",
        "no_map",
        "before_review",
        "after_review",
    }
)
LONGEST_WORDING: Final = 30  # words: one can say it in a breath, and a nudge has 60 words in all


@dataclass(frozen=True)
class Theme:
    """What a question is about; the label finishes "You two have not talked about …"."""

    id: str
    label: str


@dataclass(frozen=True)
class Question:
    """One thing to ask in a 1-on-1, in the words of whoever asks, is asked, or is reminded; `theme` is an id."""

    id: str
    theme: str
    ask: str
    closing: str
    reflect: str
    probes: tuple[str, ...]
    when: frozenset[str]

    def fits(self, situations: frozenset[str]) -> bool:
        """Tell whether one of the situations that hold is one that this question is for."""
        return not self.when.isdisjoint(situations)


@dataclass(frozen=True)
class QuestionBank:
    """Everything there is to ask, each question under one of the themes."""

    themes: tuple[Theme, ...]
    questions: tuple[Question, ...]

    def question(self, question_id: str) -> Question:
        """Look a question up; raises KeyError for one that was retired or never existed."""
        return self._questions_by_id[question_id]

    def theme(self, theme_id: str) -> Theme:
        """Look a theme up; raises KeyError for one that is not in the bank."""
        return self._themes_by_id[theme_id]

    def fitting(self, situations: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """Give the ids of the questions for the situations that hold, by theme in order; none of them is empty.

        Thousands of pairs ask for the same ones together, so they are gathered once.
        """
        if situations not in self._fitting:
            fitting: dict[str, set[str]] = {}
            for question in self.questions:
                if question.fits(situations):
                    fitting.setdefault(question.theme, set()).add(question.id)
            self._fitting[situations] = {theme: frozenset(fitting[theme]) for theme in sorted(fitting)}
        return self._fitting[situations]

    def __contains__(self, question_id: str) -> bool:
        return question_id in self._questions_by_id

    @cached_property
    def _questions_by_id(self) -> dict[str, Question]:
        return {question.id: question for question in self.questions}

    @cached_property
    def _fitting(self) -> dict[frozenset[str], Mapping[str, frozenset[str]]]:
        # Of seven situations there are no more than a hundred or so combinations.
        return {}

    @cached_property
    def _themes_by_id(self) -> dict[str, Theme]:
        return {theme.id: theme for theme in self.themes}


@dataclass(frozen=True)
class BankProblem:
    """One thing to mend in a bank file: where it is, and what is wrong there."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class BrokenBank(ValueError):
    """The bank file cannot be used; the message names every problem in it."""

    def __init__(self, problems: tuple[BankProblem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@cache
def default_bank() -> QuestionBank:
    """Return the bank that comes with Trellis, read once."""
    return load(Path(__file__).with_name("questions.toml"))


def load(path: Path) -> QuestionBank:
    """Read a bank file; raises BrokenBank with everything that is wrong in it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BrokenBank((BankProblem(path.name, str(error)),)) from error
    return bank_of(document)


def bank_of(document: Mapping[str, object]) -> QuestionBank:
    """Build a bank from a parsed file; raises BrokenBank with everything that is wrong in it."""
    problems = tuple(problems_of(document))
    if problems:
        raise BrokenBank(problems)
    themes = tuple(Theme(id=theme_id, label=str(table["label"])) for theme_id, table in _themes_in(document))
    return QuestionBank(themes, tuple(_question_from(table) for table in _questions_in(document)))


def problems_of(document: Mapping[str, object]) -> Iterator[BankProblem]:
    """Name everything that keeps a parsed bank file from being used: fields, ids, themes, situations."""
    for unknown in sorted(document.keys() - {"themes", "questions"}):
        yield BankProblem(unknown, "is not a part of a bank; it has [themes.…] and [[questions]]")
    for theme_id, theme in _themes_in(document):
        if not _is_text(theme.get("label")):
            yield BankProblem(f"theme {theme_id}", "has no label")
    known_themes = {theme_id for theme_id, _ in _themes_in(document)}
    seen: set[str] = set()
    for place, table in enumerate(_questions_in(document), start=1):
        where = str(table.get("id") or f"question number {place}")
        yield from (BankProblem(where, what) for what in _faults_of(table, known_themes))
        if where in seen:
            yield BankProblem(where, "has the same id as an earlier question")
        seen.add(where)
    if not seen:
        yield BankProblem("bank", "has no questions")


def problems_with(question: Question) -> list[str]:
    """Say in which of its wordings a question is broad, leading, double, closed, too long or in jargon."""
    wordings = {"ask": question.ask, "closing": question.closing, "reflect": question.reflect}
    wordings |= {f"probe {place}": probe for place, probe in enumerate(question.probes, start=1)}
    found = [f"{name} {flaw}" for name, text in wordings.items() for flaw in _flaws_of(text)]
    return found + [f"ask {flaw}" for flaw in _flaws_as_opening(question.ask)]


_TEXTS: Final = ("id", "theme", "ask", "closing", "reflect")
_LISTS: Final = ("probes", "when")
_MOST_PROBES: Final = 2
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# What a wording must not have. Each is matched in small letters with straight apostrophes.
_SUBJECT = r"(you|it|that|this|they|we|there|i)"
_FLAWS: Final = (
    (
        re.compile(
            r"\b(five|5|ten|10)[ -]years?\b|career goals|in general\b|\boverall\b|dream job|anything else"
            r"|strengths? and weakness|where do you see yourself|how (are|is) (things|everything|life|it going)"
            r"|what motivates you|how do you feel about your (job|work|career)"
        ),
        "is broad: tie it to a time, a task or a person",
    ),
    (
        re.compile(
            rf"(^|[.,;:!?] |\bwhy )(is|are|do|does|did|was|were|would|could|should|ca|wo|have|has)n't {_SUBJECT}\b"
            r"|, (right|correct|no|yes)\?|\b(surely|obviously|of course)\b|\b(do|would)n?'?t? you agree\b"
        ),
        "is leading: it says which answer is wanted",
    ),
    (
        re.compile(r"\?.*\?|\b(and|or) (what|why|how|which|who|whom|whose|where|when)\b", re.DOTALL),
        "asks two things at once: keep the one that matters more",
    ),
    (
        re.compile(
            r"\b(leverag\w+|synerg\w+|reach(ing)? out|bandwidth|deep[ -]dive|circle back|touch base|upskill\w*"
            r"|stakeholders?|skill ?sets?|low-hanging|kpis?|okrs?|deliverables?|going forward|proactive\w*)\b"
        ),
        "has jargon in it",
    ),
)
_CLOSED: Final = re.compile(
    r"(^\s*|, )(is|are|do|does|did|was|were|would|could|should|can|will|have|has|had)"
    r" (you|it|that|this|they|there|your)\b"
)
_REQUEST: Final = re.compile(r"^(tell|describe|walk|show|think|take|pick|name|choose)\b")


def _flaws_of(text: str) -> Iterator[str]:
    """Name what is wrong with a wording, whoever says it."""
    plain = _plain(text)
    yield from (flaw for pattern, flaw in _FLAWS if pattern.search(plain))
    words = len(plain.split())
    if words > LONGEST_WORDING:
        yield f"is too long: {words} words, where {LONGEST_WORDING} are plenty"


def _flaws_as_opening(text: str) -> Iterator[str]:
    """Name what keeps a wording from opening a conversation."""
    plain = _plain(text)
    if "?" not in plain and not _REQUEST.match(plain):
        yield "asks nothing: end it with a question mark or begin with “Tell me …”"
    if any(_CLOSED.search(sentence) for sentence in re.findall(r"[^.!?]+\?", plain)):
        yield "can be answered with yes or no: begin with what, which, when, who or how"


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def _faults_of(table: Mapping[str, object], known_themes: set[str]) -> Iterator[str]:
    """Name what is wrong with the fields of one question."""
    yield from (f"has no {field}" for field in _TEXTS if not _is_text(table.get(field)))
    yield from (f"has no list of {field}" for field in _LISTS if not _texts_in(table.get(field)))
    yield from (f"has an unknown field {field}" for field in sorted(table.keys() - {*_TEXTS, *_LISTS}))
    if _is_text(table.get("id")) and not _SLUG.fullmatch(str(table["id"])):
        yield "has an id that is not in small letters, digits and hyphens"
    if _is_text(table.get("theme")) and table["theme"] not in known_themes:
        yield f"has the theme {table['theme']}, which is not in the bank"
    if len(_texts_in(table.get("probes"))) > _MOST_PROBES:
        yield f"has more than {_MOST_PROBES} probes"
    unknown = sorted(set(_texts_in(table.get("when"))) - SITUATIONS)
    yield from (f"is for the situation {situation}, which Trellis does not know" for situation in unknown)


def _themes_in(document: Mapping[str, object]) -> list[tuple[str, Mapping[str, object]]]:
    themes = document.get("themes")
    if not isinstance(themes, dict):
        return []
    return [(theme_id, table if isinstance(table, dict) else {}) for theme_id, table in themes.items()]


def _questions_in(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    questions = document.get("questions")
    if not isinstance(questions, list):
        return []
    return [table if isinstance(table, dict) else {} for table in questions]


def _question_from(table: Mapping[str, object]) -> Question:
    texts = {field: str(table[field]).strip() for field in _TEXTS}
    return Question(**texts, probes=_texts_in(table["probes"]), when=frozenset(_texts_in(table["when"])))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts_in(value: object) -> tuple[str, ...]:
    """Return the texts of a list; nothing if it is not a list of texts alone."""
    if not isinstance(value, list) or not all(map(_is_text, value)):
        return ()
    return tuple(str(text) for text in value)
