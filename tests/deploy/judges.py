"""The programs that judge what is deployed, each made by those who read it: Prometheus, systemd, hadolint."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chromium import IS_REQUIRED


def judge(name: str) -> str:
    """Find a program on this machine or beside Python; where there is none the test skips, or fails if it counts."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found:
        return found
    missing = f"{name} is not installed"
    if IS_REQUIRED:
        pytest.fail(f"{missing}; `.ci/run` installs it")
    pytest.skip(missing)


def told(*command: str | Path) -> tuple[int, str]:
    """Run a program, and give its exit code and all it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
