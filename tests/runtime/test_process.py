"""What a process loads, and that it ends in order whichever of its threads a signal is handed to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.runtime.config import ROOT

STRUCK_IN_ANOTHER_THREAD = """
import logging, signal, sys, threading
from bot.runtime import config
from bot.runtime.clock import SystemClock
from bot.runtime.process import Process

bystander = threading.Thread(target=threading.Event().wait, daemon=True)
bystander.start()

class Struck(Process):
    def start(self):
        super().start()
        signal.pthread_kill(bystander.ident, signal.SIGTERM)

logging.basicConfig(level="INFO", format="%(message)s")
settings = config.load({"SLACK_BOT_TOKEN": "xoxb-1", "DATABASE_URL": f"sqlite:///{sys.argv[1]}"}, needs=())
Struck(settings, SystemClock(), build_app=None, build_work=None).run()
"""

HEAVY = ("numpy", "scipy", "rustworkx", "matplotlib")


@pytest.mark.siege
def test_a_signal_that_another_thread_gets_ends_the_process_in_order(tmp_path: Path) -> None:
    """Libraries start threads of their own, and no rule says that it is the main thread that a signal finds."""
    done = _run(STRUCK_IN_ANOTHER_THREAD, str(tmp_path / "trellis.db"))

    assert done.returncode == 0, (done.returncode, done.stderr)
    assert "process_stopped" in done.stderr


def test_what_computes_rounds_and_draws_pictures_is_loaded_by_no_process_at_its_start() -> None:
    done = _run(f"import handlers.wiring, sys; print([name for name in {HEAVY} if name in sys.modules])")

    assert done.stdout == "[]\n", done.stderr


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
