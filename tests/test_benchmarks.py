"""The kept figures: a part that is measured again replaces what was said of it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.__main__ import PARTS, RESULTS, main
from benchmarks.figures import Figure

BEFORE = "# The last figures\n\nHow.\n\n## deliveries\n\nslow\n\n## chaos\n\nsurvived\n"


def kept(tmp_path: Path, name: str) -> str:
    path = tmp_path / "RESULTS.md"
    path.write_text(BEFORE, encoding="utf-8")
    report.keep(path, name, "What it is.", [Figure("messages", "9/s", "8/s", "at least 8/s", True)])
    return path.read_text(encoding="utf-8")


def test_a_part_measured_again_stands_where_it_stood(tmp_path: Path) -> None:
    text = kept(tmp_path, "deliveries")

    assert "slow" not in text
    assert text.index("How.") < text.index("9/s") < text.index("survived")
    assert text.count("\n\n## ") == 2


@pytest.mark.parametrize(("name", "before"), [("attention", "## deliveries"), ("memory", "## chaos")])
def test_a_part_measured_for_the_first_time_stands_by_its_name_and_the_attack_stays_last(
    tmp_path: Path, name: str, before: str
) -> None:
    text = kept(tmp_path, name)

    assert text.index(f"## {name}") < text.index("9/s") < text.index(before)
    assert text.index("## deliveries") < text.index("## chaos") < text.index("survived")


def test_what_was_kept_of_a_part_stands_when_there_is_nothing_to_measure_it_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_peers = tmp_path / "python"
    without_peers.write_text("#!/bin/sh\necho '{}'\n")
    without_peers.chmod(0o755)
    monkeypatch.setenv("BENCH_PYTHON", str(without_peers))
    before = RESULTS.read_text()

    assert main(["peers", "--keep"]) == 0

    assert RESULTS.read_text() == before
    why, last = capsys.readouterr().out.splitlines()
    assert why.startswith(
        f"dbos and procrastinate left out: {without_peers} does not have it. To install it: "
    )
    assert last.endswith("nothing new is kept: peers")


def test_what_is_kept_has_a_section_for_each_part_that_is_told_of() -> None:
    sections = [
        line.removeprefix("## ") for line in RESULTS.read_text().splitlines() if line.startswith("## ")
    ]

    assert set(sections) <= {*PARTS, "chaos"}
    assert len(sections) == len(set(sections))
