"""A sandbox workspace in a process of its own, in which the app may do everything and nobody counts its calls."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore

from bot.runtime.config import ROOT
from sandbox.driver import Driver
from sandbox.testing import Running

START_SECONDS, END_SECONDS = 10.0, 10.0
LOOK_EVERY_SECONDS = 0.02


@contextmanager
def workspace_process() -> Iterator[Running]:
    """Run it for as long as the block lasts."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--no-rates"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        with Driver(url) as driver:
            _wait_for(driver)
            yield Running(url, driver)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_for(driver: Driver) -> None:
    """Wait until the server takes calls; it says its address when it is about to."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            driver.state()
        except httpcore.ConnectError:
            if time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(LOOK_EVERY_SECONDS)
