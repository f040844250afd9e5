#!/usr/bin/env python3
"""Lets libFuzzer search with the programs of the preset "fuzz", as many at once as there are processors, each for the
same time.

usage: run.py BUILD SECONDS [--keep] [TARGET ...]
An input that breaks a promise is left in BUILD/found. With --keep, what was reached is written to corpus/: the smallest
inputs that reach most.
SPDX-License-Identifier: MIT"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LONGEST = {"tokenizer": 16384, "model": 16384, "program": 4096}
# The program's functions do not return from a failure, so what they hold is lost.
LEAKING = {"fuzz_program"}
KEPT_INPUTS, KEPT_BYTES, KEPT_ALL = 150, 1500, 40000


def run(program, *arguments):
    """libFuzzer's output; it ends with another status than 0 if it has found something."""
    leaks = {"ASAN_OPTIONS": "detect_leaks=0"} if program.name in LEAKING else {}
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, env={**os.environ, **leaks})
    return done.returncode, done.stdout.decode(errors="replace")


def search(build, target, seconds):
    folder = build / "inputs" / target
    subprocess.run([sys.executable, HERE / "seeds.py", target, folder], check=True)
    (folder / "reached").mkdir(exist_ok=True)
    (build / "found").mkdir(exist_ok=True)
    words = folder / "words"
    status, text = run(build / "tests" / "fuzz" / f"fuzz_{target}", f"-max_total_time={seconds}", "-rss_limit_mb=3000",
                       "-timeout=60", f"-max_len={LONGEST.get(target, 512)}", "-print_final_stats=1",
                       *([f"-dict={words}"] if words.stat().st_size else []),
                       f"-artifact_prefix={build / 'found' / target}-", folder / "reached", folder / "seeds")
    runs = re.findall(r"number_of_executed_units: *(\d+)", text) or ["?"]
    reached = re.findall(r"cov: (\d+) ft: (\d+)", text) or [("?", "?")]
    print(f"{target}: {runs[-1]} runs in {seconds} s, {reached[-1][0]} edges, {reached[-1][1]} features", flush=True)
    if status:
        print("\n".join(text.splitlines()[-60:]), flush=True)
    return status


def hexadecimal(data):
    text = data.hex()
    return "\n".join(text[i:i + 100] for i in range(0, len(text), 100))


def keep(build, target):
    """Few inputs that reach what all reach, the smallest first."""
    folder = build / "inputs" / target
    small = folder / "small"
    small.mkdir(exist_ok=True)
    for old in small.iterdir():
        old.unlink()
    run(build / "tests" / "fuzz" / f"fuzz_{target}", "-merge=1", "-rss_limit_mb=3000",
        f"-max_len={KEPT_BYTES}", small, folder / "reached", folder / "seeds")
    inputs, size = [], 0
    for data in sorted((path.read_bytes() for path in small.iterdir()), key=lambda data: (len(data), data)):
        if data and len(inputs) < KEPT_INPUTS and size + len(data) < KEPT_ALL:
            inputs.append(data)
            size += len(data)
    blocks = "\n\n".join(map(hexadecimal, inputs))
    (HERE / "corpus" / f"{target}.txt").write_text(f"# Inputs of {target}.c: tests/fuzz/run.py\n{blocks}\n")
    print(f"{target}: {len(inputs)} inputs of {size} bytes are kept", flush=True)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--keep"]
    build, seconds = pathlib.Path(arguments[0]).resolve(), int(arguments[1])
    programs = sorted(path.name[5:] for path in (build / "tests" / "fuzz").glob("fuzz_*") if not path.suffix)
    targets = arguments[2:] or programs
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        failed = any(list(pool.map(lambda target: search(build, target, seconds), targets)))
    if "--keep" in sys.argv:
        for target in targets:
            keep(build, target)
    return 1 if failed else 0


sys.exit(main())
