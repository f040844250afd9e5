"""Runs the selfattn program and looks at what it says.

SPDX-License-Identifier: MIT"""
import json
import os
import subprocess

PROGRAM = os.environ["SELFATTN_PROGRAM"]
MODEL = os.environ.get("SELFATTN_MINILM") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "selfattn", "minilm")


def run(*arguments, given="", status=0):
    """Standard output, or standard error where the program is expected to fail with `status`."""
    # A program that gives up leaves its memory to the system, which is no leak.
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0") if status else None
    given = given if isinstance(given, bytes) else given.encode()
    done = subprocess.run([PROGRAM, *arguments], input=given, capture_output=True, timeout=300, check=False,
                          env=environment)
    text = (done.stderr if status else done.stdout).decode()
    assert done.returncode == status, \
        f"{arguments}: exit status {done.returncode}, expected {status}\n{done.stderr.decode()}"
    return text


def run_json(*arguments, given=""):
    return json.loads(run(*arguments, "--json", given=given))
