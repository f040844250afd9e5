"""What rivals in Python have in common: see README.md for what is said here.

SPDX-License-Identifier: MIT
"""
import json
import sys
import time


def say(**answer):
    print(json.dumps(answer), flush=True)


def timed(way):
    start = time.perf_counter()
    output = way()
    return (time.perf_counter() - start) * 1e3, output


def serve(open_way):
    """Answers until the input ends. open_way(request) says what there is, and returns what "run" calls."""
    way = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "run":
            say(ms=timed(way)[0])
            continue
        way = None
        try:
            way = open_way(request)
        except (RuntimeError, ImportError, OSError, LookupError) as error:
            say(absent=str(error).splitlines()[0])
