"""What rivals in Python have in common: see README.md for what is said here.

SPDX-License-Identifier: MIT
"""
import importlib
import json
import sys
import time


def say(**answer):
    print(json.dumps(answer), flush=True)


def modules(*names):
    """These modules, or says which is missing and ends. Scripts lie in the first folder of the path: torchvision
    looks for a package `pytorch`, and a script has that name."""
    sys.path.pop(0)
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as error:
        say(absent=str(error))
        sys.exit(0)


def timed(way, clock=time.perf_counter):
    start = clock()
    output = way()
    return (clock() - start) * 1e3, output


def serve(open_way, clock=time.perf_counter):
    """Answers until the input ends. open_way(request) says what there is, and returns what "run" calls: a way,
    or a list of ways of which "run" names one."""
    way = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "run":
            say(ms=timed(way[request["way"]] if "way" in request else way, clock)[0])
            continue
        way = None
        try:
            way = open_way(request)
        except (RuntimeError, ImportError, OSError, LookupError) as error:
            say(absent=str(error).splitlines()[0])
