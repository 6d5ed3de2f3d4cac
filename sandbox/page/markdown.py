"""The markdown block turned into safe HTML: the part of Markdown that Slack's block knows."""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from sandbox.page.emoji import with_emoji
from sandbox.page.mrkdwn import link

FENCED = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
BULLET = re.compile(r"\s*[-*+]\s+(.*)")
NUMBERED = re.compile(r"\s*\d{1,9}[.)]\s+(.*)")
RULE = re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*$")
PHRASE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\[(?P<label>[^\]]{1,500})\]\((?P<address>[^\s)]{1,2000})\)"
    r"|\*\*(?P<strong>\S.{0,2000}?)\*\*"
    r"|~~(?P<s>\S.{0,2000}?)~~"
    r"|(?<!\w)(?P<mark>[*_])(?P<em>[^\s*_].{0,2000}?)(?P=mark)(?!\w)"
)


def markdown(text: str) -> Markup:
    """Render Markdown with headings, lists, quotes, code, rules, links and emphasis."""
    parts = FENCED.split(text)
    rendered = (_fence(part) if i % 2 else _blocks(part) for i, part in enumerate(parts))
    return Markup("").join(rendered)


def _fence(code: str) -> Markup:
    return Markup("<pre><code>{}</code></pre>").format(code.rstrip("\n"))


def _blocks(text: str) -> Markup:
    return Markup("").join(_groups(text.split("\n")))


def _kind(line: str) -> str:
    if not line.strip():
        return "gap"
    if RULE.match(line):
        return "rule"
    for kind, pattern in (("heading", HEADING), ("bullet", BULLET), ("numbered", NUMBERED)):
        if pattern.match(line):
            return kind
    return "quote" if line.startswith(">") else "text"


def _groups(lines: list[str]) -> Iterator[Markup]:
    for kind, group in groupby(lines, key=_kind):
        yield _render(kind, list(group))


def _render(kind: str, lines: list[str]) -> Markup:
    if kind == "gap":
        return Markup("")
    if kind == "rule":
        return Markup("<hr>")
    if kind == "heading":
        return Markup("").join(map(_heading, lines))
    if kind == "quote":
        return Markup("<blockquote>{}</blockquote>").format(_joined([line[1:].strip() for line in lines]))
    if kind == "text":
        return Markup("<p>{}</p>").format(_joined(lines))
    return _list(kind, lines)


def _heading(line: str) -> Markup:
    # The page owns the outline's first levels, so a message's headings are strong lines in it.
    match = HEADING.match(line)
    words = match[2] if match else line
    return Markup('<p class="md-heading" role="heading" aria-level="4">{}</p>').format(_phrases(words))


def _list(kind: str, lines: list[str]) -> Markup:
    tag, pattern = ("ul", BULLET) if kind == "bullet" else ("ol", NUMBERED)
    items = (_phrases(pattern.sub(r"\1", line)) for line in lines)
    return Markup("<{0}>{1}</{0}>").format(
        Markup(tag),  # noqa: S704 - one of two constants
        Markup("").join(map(Markup("<li>{}</li>").format, items)),
    )


def _joined(lines: list[str]) -> Markup:
    return Markup("<br>").join(map(_phrases, lines))


def _phrases(text: str) -> Markup:
    rendered, position = Markup(""), 0
    for match in PHRASE.finditer(text):
        rendered += escape(with_emoji(text[position : match.start()])) + _phrase(match)
        position = match.end()
    return rendered + escape(with_emoji(text[position:]))


def _phrase(match: re.Match[str]) -> Markup:
    if match["code"]:
        return Markup("<code>{}</code>").format(match["code"])
    if match["address"]:
        return link(match["address"], match["label"])
    for tag in ("strong", "s", "em"):
        if match[tag]:
            return Markup("<{0}>{1}</{0}>").format(Markup(tag), _phrases(match[tag]))  # noqa: S704 - a constant
    return escape(match[0])
