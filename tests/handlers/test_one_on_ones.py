"""The doors of standing 1-on-1s: what people type and press, and what they see."""

from __future__ import annotations

from tests.people import AMY, BEN
from tests.trellis import Trellis, utc


def test_both_get_the_question_once_before_the_meeting(trellis: Trellis) -> None:
    answer = trellis.slack.command(AMY, "/1on1 add @ben every wednesday 10:00 as manager")
    print(answer)
    assert "Registered: you and" in answer.text

    trellis.tick(utc("2026-11-23 15:00"))
    print([m.text for m in trellis.slack.dms(BEN)])
    trellis.tick(utc("2026-11-24 15:00"))
    for w in (AMY, BEN):
        print([m.text for m in trellis.slack.dms(w)])
