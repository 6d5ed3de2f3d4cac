"""Slack's texts as the page writes them: mrkdwn, plain text, Markdown, rich text and dates, safe whatever they say."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from sandbox.page.dates import day_heading, fill_date_format
from sandbox.page.markdown import markdown
from sandbox.page.mrkdwn import mrkdwn, mrkdwn_inline, plain
from sandbox.page.reader import Reader
from sandbox.page.rich_text import rich_text

TUESDAY_NOON = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)
AMY = Reader(
    id="UAMY0001",
    now=TUESDAY_NOON,
    zone=ZoneInfo("America/New_York"),
    people={"UAMY0001": "Amy Okafor", "UBEN0001": "Ben <b>"},
    channels={"CGENERAL1": "general"},
)
WEB = 'target="_blank" rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold*", "<strong>bold</strong>"),
        ("_leaning_ ~gone~", "<em>leaning</em> <s>gone</s>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("_*both*_", "<em><strong>both</strong></em>"),
        ("*a _b* c_", "<strong>a _b</strong> c_"),
        ("(*bold*), *again*.", "(<strong>bold</strong>), <strong>again</strong>."),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("* not bold *", "* not bold *"),
        ("`*code*`", "<code>*code*</code>"),
        ("`a &lt; b`", "<code>a &lt; b</code>"),
        ("a &lt; b &amp;&amp; c", "a &lt; b &amp;&amp; c"),
        (":tada: :nobody_knows:", "🎉 :nobody_knows:"),
        ("at 10:30:20", "at 10:30:20"),
        ("<@UAMY0001>", '<span class="mention mention-me">@Amy Okafor</span>'),
        ("<@UBEN0001|ben>", '<span class="mention">@Ben &lt;b&gt;</span>'),
        ("<@UNOBODY1|zed>", '<span class="mention">@zed</span>'),
        ("<#CGENERAL1>", '<a class="mention" href="/as/UAMY0001/CGENERAL1">#general</a>'),
        ("<#CSECRET01>", '<span class="mention">#private channel</span>'),
        ("<!channel>", '<span class="mention mention-me">@channel</span>'),
        ("<!subteam^S1|@crew>", '<span class="mention">@crew</span>'),
        ("<https://a.example/x_y_z|here>", f'<a href="https://a.example/x_y_z" {WEB}>here</a>'),
        ("see https://a.example/?a=1&amp;b=2.", f'see <a href="https://a.example/?a=1&amp;b=2" {WEB}>https://a.example/?a=1&amp;b=2</a>.'),
        ("<mailto:a@b.example|write>", f'<a href="mailto:a@b.example" {WEB}>write</a>'),
        ("<!date^not-a-number^{date}|some day>", "some day"),
        ("<!date^99999999999999999^{date}|far away>", "far away"),
    ],
)  # fmt: skip
def test_a_line_of_mrkdwn_becomes_html(text: str, html: str) -> None:
    assert mrkdwn_inline(text, AMY) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo", "<p>one<br>two</p>"),
        ("&gt; said\n&gt; so\nthen", "<blockquote>said<br>so</blockquote><p>then</p>"),
        ("• a\n• *b*", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
        ("x\n```\n*raw* &lt;b&gt;\n```\ny", "<p>x</p><pre><code>*raw* &lt;b&gt;</code></pre><p>y</p>"),
        ("never ```closed", "<p>never ```closed</p>"),
        ("*not\nbold*", "<p>*not<br>bold*</p>"),
    ],
)
def test_lines_quotes_lists_and_code_blocks_are_told_apart(text: str, html: str) -> None:
    assert mrkdwn(text, AMY) == html


class Harmless(HTMLParser):
    """Fails on any element, attribute or address that mrkdwn must never produce."""

    ALLOWED = frozenset(
        [
            "p",
            "br",
            "strong",
            "em",
            "s",
            "code",
            "pre",
            "blockquote",
            "ul",
            "ol",
            "li",
            "a",
            "span",
            "time",
            "hr",
        ]
    )
    ATTRIBUTES = frozenset(
        ["href", "target", "rel", "class", "title", "datetime", "role", "aria-level", "start"]
    )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.ALLOWED
        for name, value in attrs:
            assert name in self.ATTRIBUTES
            if name == "href":
                assert str(value).startswith(
                    ("http://", "https://", "mailto:", "tel:", "/as/UAMY0001/CGENERAL1")
                )


ATTACKS = [
    "<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<javascript:alert(1)|click>",
    "<JaVaScRiPt:alert(1)>",
    "<data:text/html,<script>alert(1)</script>|x>",
    '<https://a.example/"onmouseover="alert(1)|x>',
    "<https://a.example/' onclick='alert(1)|x>",
    '<https://a.example|"><img src=x onerror=alert(1)>>',
    '<@UAMY0001|"><svg onload=alert(1)>>',
    "<#CGENERAL1/../../evil|x>",
    '<!date^1^{date}^javascript:alert(1)|"><b>',
    '<!date^1^"><img src=x>^https://a.example|x>',
    "`<img src=x onerror=alert(1)>`",
    "```<img src=x onerror=alert(1)>```",
    "*<b onclick=x>* _<i>_ ~</s>~",
    "\ue0000\ue001 `x` \ue0005\ue001",
    "[x](javascript:alert(1)) [y](https://a.example/\"onclick=alert(1))",
    "# <script>\n- <img src=x onerror=alert(1)>\n> <svg/onload=alert(1)>",
    "https://a.example/<script>alert(1)</script>",
    "&amp;lt;script&amp;gt;",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_becomes_anything_but_harmless_html(attack: str) -> None:
    for rendered in (mrkdwn(attack, AMY), plain(attack), markdown(attack)):
        Harmless().feed(str(rendered))
        assert "<script" not in rendered
        assert "<img" not in rendered


def test_rich_text_is_escaped_and_never_links_to_scripts() -> None:
    block = {
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "<b>", "style": {"bold": True, "code": True}},
                    {"type": "link", "url": "javascript:alert(1)", "text": "<i>"},
                    {"type": "unheard_of", "text": "<u>"},
                ],
            }
        ]
    }

    html = rich_text(block, AMY)

    assert html == "<p><strong><code>&lt;b&gt;</code></strong>&lt;i&gt;&lt;u&gt;</p>"


def test_rich_text_shows_lists_quotes_code_and_mentions() -> None:
    section = {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "UAMY0001"}]}
    block = {
        "elements": [
            {"type": "rich_text_list", "style": "ordered", "offset": 2, "indent": 1, "elements": [section]},
            {"type": "rich_text_quote", "elements": [{"type": "emoji", "name": "seedling"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x < y"}]},
        ]
    }

    html = rich_text(block, AMY)

    assert (
        '<ol class="indent-1" start="3"><li><span class="mention mention-me">@Amy Okafor</span></li></ol>'
        in html
    )
    assert "<blockquote>🌱</blockquote><pre><code>x &lt; y</code></pre>" in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "**b** *i* _i_ ~~s~~ `c*d*`",
            "<p><strong>b</strong> <em>i</em> <em>i</em> <s>s</s> <code>c*d*</code></p>",
        ),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("> said", "<blockquote>said</blockquote>"),
        ("---", "<hr>"),
        ("```py\nx < y\n```", "<pre><code>x &lt; y</code></pre>"),
        ("# Title", '<p class="md-heading" role="heading" aria-level="4">Title</p>'),
        ("[a](https://a.example)", f'<p><a href="https://a.example" {WEB}>a</a></p>'),
    ],
)
def test_the_markdown_block_knows_common_markdown(text: str, html: str) -> None:
    assert markdown(text) == html


@pytest.mark.parametrize(
    ("date_format", "words"),
    [
        ("{date_num} {time}", "2027-03-02 9:30 AM"),
        ("{date_slash} {time_secs}", "03/02/2027 9:30:00 AM"),
        ("{date}", "March 2nd, 2027"),
        ("{date_short}", "Mar 2, 2027"),
        ("{date_long}", "Tuesday, March 2nd, 2027"),
        ("{date_pretty}", "today"),
        ("{ago}", "in 2 hours"),
        ("{unheard_of}", "{unheard_of}"),
    ],
)
def test_a_date_token_is_written_in_the_readers_zone(date_format: str, words: str) -> None:
    half_past_nine_in_new_york = int(datetime(2027, 3, 2, 14, 30, tzinfo=UTC).timestamp())

    assert fill_date_format(date_format, half_past_nine_in_new_york, AMY) == words


def test_a_date_token_says_its_whole_moment_on_hover() -> None:
    seconds = int(datetime(2027, 3, 2, 14, 30, tzinfo=UTC).timestamp())

    html = mrkdwn_inline(f"<!date^{seconds}^{{time}}|half past nine>", AMY)

    assert html == (
        '<time datetime="2027-03-02T09:30:00-05:00" title="Tuesday, March 2, 2027 at 9:30 AM EST">9:30 AM</time>'
    )


@pytest.mark.parametrize(
    ("day", "heading"),
    [
        (datetime(2027, 3, 2, tzinfo=UTC), "Today"),
        (datetime(2027, 3, 1, tzinfo=UTC), "Yesterday"),
        (datetime(2027, 2, 22, tzinfo=UTC), "Monday, February 22nd"),
        (datetime(2026, 12, 11, tzinfo=UTC), "Friday, December 11th, 2026"),
    ],
)
def test_a_day_is_named_as_people_name_it(day: datetime, heading: str) -> None:
    assert day_heading(day, TUESDAY_NOON) == heading
