"""Slack's mrkdwn turned into HTML that is safe to show, whatever the text says.

Everything is escaped unless it is a construct named here, and links go to web and mail addresses only.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from sandbox.page.dates import fill_date_format, full_moment
from sandbox.page.emoji import with_emoji
from sandbox.page.reader import Reader

FENCE = "```"
SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)[^\s\"<>]+", re.IGNORECASE)
TAGS = {"*": "strong", "_": "em", "~": "s"}

# Marks bind only at the edge of a word, as in Slack: 2*3*4 and snake_case_name stay as typed.
STYLED = re.compile(
    r"(?<![^\W_])(?P<mark>[*_~])(?=[^\s*_~]|[*_~][^\s])(?P<body>.{1,2000}?)(?<!\s)(?P=mark)(?![^\W_])"
)
CODE = re.compile(r"`([^`\n]+)`")
TOKEN = re.compile(r"<([^<>\n]+)>")
BARE_ADDRESS = re.compile(r"https?://[^\s<>\ue000|]*[^\s<>\ue000|.,;:!?)'\"]")
# Finished pieces are set aside under a private-use mark, so that no later step can look inside them.
SET_ASIDE = re.compile("\ue000(\\d+)\ue001")
PRIVATE_USE = dict.fromkeys((0xE000, 0xE001))


def mrkdwn(text: str, reader: Reader) -> Markup:
    """Render a mrkdwn text with its paragraphs, quotes, lists and code blocks."""
    parts = text.split(FENCE)
    if len(parts) % 2 == 0:  # the last fence never closes, so it is text
        parts[-2:] = [FENCE.join(parts[-2:])]
    rendered = (_code_block(part) if i % 2 else _lines(part, reader) for i, part in enumerate(parts))
    return Markup("").join(rendered)


def mrkdwn_inline(text: str, reader: Reader) -> Markup:
    """Render one line of mrkdwn without paragraphs, for places that hold phrases only."""
    pieces = _Pieces(reader)
    text = CODE.sub(pieces.code, text.translate(PRIVATE_USE))
    text = TOKEN.sub(pieces.token, text)
    text = BARE_ADDRESS.sub(pieces.bare_address, text)
    return pieces.put_back(_styled(with_emoji(unescape(text))))


def plain(text: str) -> Markup:
    """Render a plain_text text: emoji names become emoji, line breaks stay, nothing else has a meaning."""
    return Markup("<br>").join(with_emoji(line) for line in text.split("\n"))


def unescape(text: str) -> str:
    """Turn the three entities that Slack uses back into characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def link(address: str, label: str) -> Markup:
    """Link to a web or mail address; anything else, such as javascript:, stays text."""
    if not SAFE_ADDRESS.fullmatch(address):
        return escape(label)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(address, label)


def person_mention(person: str, reader: Reader, fallback: str = "") -> Markup:
    """Name a person, highlighted when it is the reader."""
    name = reader.people.get(person) or fallback or person
    kind = "mention mention-me" if person == reader.id else "mention"
    return Markup('<span class="{}">@{}</span>').format(kind, name)


def channel_mention(channel: str, reader: Reader, fallback: str = "") -> Markup:
    """Name a channel, with the way there when the reader can see it."""
    name = reader.channels.get(channel)
    if name is None:
        return Markup('<span class="mention">#{}</span>').format(fallback or "private channel")
    return Markup('<a class="mention" href="/as/{}/{}">#{}</a>').format(reader.id, channel, name)


def broadcast_mention(audience: str) -> Markup:
    """Show a mention that notifies a whole channel."""
    return Markup('<span class="mention mention-me">@{}</span>').format(audience)


def date_token(seconds: str, date_format: str, address: str, fallback: str, reader: Reader) -> Markup:
    """Show a moment in the reader's zone; one that no calendar has shows its fallback."""
    try:
        words = fill_date_format(date_format, int(seconds), reader)
        moment = reader.local_from_seconds(int(seconds))
    except (ValueError, OverflowError, OSError):
        return escape(fallback)
    if address:
        return link(address, words)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), full_moment(moment), words
    )


class _Pieces:
    """The finished pieces of one line, each standing under a mark in the text."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._finished: list[Markup] = []

    def code(self, match: re.Match[str]) -> str:
        return self._keep(Markup("<code>{}</code>").format(unescape(match[1])))

    def token(self, match: re.Match[str]) -> str:
        return self._keep(_token(match[1], self._reader))

    def bare_address(self, match: re.Match[str]) -> str:
        address = unescape(match[0])
        return self._keep(link(address, address))

    def put_back(self, line: Markup) -> Markup:
        return Markup(SET_ASIDE.sub(lambda match: self._finished[int(match[1])], line))  # noqa: S704 - escaped above

    def _keep(self, piece: Markup) -> str:
        self._finished.append(piece)
        return f"\ue000{len(self._finished) - 1}\ue001"


def _token(body: str, reader: Reader) -> Markup:
    target, _, label = body.partition("|")
    label = unescape(label)
    if target[:1] == "@":
        return person_mention(target[1:], reader, label.removeprefix("@"))
    if target[:1] == "#":
        return channel_mention(target[1:], reader, label.removeprefix("#"))
    if target[:1] == "!":
        return _special(target[1:], label, reader)
    address = unescape(target)
    if SAFE_ADDRESS.fullmatch(address):
        return link(address, with_emoji(label or address.removeprefix("mailto:")))
    return escape(f"<{unescape(body)}>")


def _special(command: str, label: str, reader: Reader) -> Markup:
    name, *parts = command.split("^")
    if name in ("channel", "here", "everyone"):
        return broadcast_mention(name)
    if name == "date" and len(parts) in (2, 3):
        address = unescape(parts[2]) if len(parts) == 3 else ""
        return date_token(parts[0], unescape(parts[1]), address, label, reader)
    return Markup('<span class="mention">{}</span>').format(label or name)


def _styled(text: str) -> Markup:
    """Escape a text and set its bold, italic and struck parts; an inner pair never crosses an outer one."""
    rendered, position = Markup(""), 0
    for match in STYLED.finditer(text):
        tag = Markup(TAGS[match["mark"]])  # noqa: S704 - one of three constants
        rendered += escape(text[position : match.start()])
        rendered += Markup("<{0}>{1}</{0}>").format(tag, _styled(match["body"]))
        position = match.end()
    return rendered + escape(text[position:])


def _code_block(text: str) -> Markup:
    return Markup("<pre><code>{}</code></pre>").format(unescape(text.strip("\n")))


def _line_kind(line: str) -> str:
    if line.startswith(("&gt;", ">")):
        return "quote"
    return "list" if line.lstrip().startswith("• ") else "text"


def _lines(text: str, reader: Reader) -> Markup:
    return Markup("").join(_groups(text.strip("\n"), reader))


def _groups(text: str, reader: Reader) -> Iterator[Markup]:
    if not text:
        return
    for kind, group in groupby(text.split("\n"), key=_line_kind):
        lines = list(group)
        if kind == "quote":
            bare = [line.removeprefix("&gt;").removeprefix(">").strip() for line in lines]
            yield Markup("<blockquote>{}</blockquote>").format(_joined(bare, reader))
        elif kind == "list":
            items = (mrkdwn_inline(line.lstrip()[2:], reader) for line in lines)
            yield Markup("<ul>{}</ul>").format(Markup("").join(map(Markup("<li>{}</li>").format, items)))
        else:
            yield Markup("<p>{}</p>").format(_joined(lines, reader))


def _joined(lines: list[str], reader: Reader) -> Markup:
    return Markup("<br>").join(mrkdwn_inline(line, reader) for line in lines)
