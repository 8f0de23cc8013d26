#!/usr/bin/env python3
"""Bounds against runs in large numbers, for as long as there is time for.

    campaign.py [--build build/release] [--programs 100000] [--jobs 2] [--minutes M] [--log FILE] [PART]

Three kinds of generated programs, those of the unit tests: `known` (loops whose counts are known, with and without facts, by both
tables of prices), `inferred` (loops of every kind, without facts), `repeated` (the same with memory and globals that calls leave to each
other). Work is cut into shares of 500 programs, so that a campaign that is ended early still says what it has shown; --first names the
first program. `again` in the output is the command for a share that failed. Ends with `N passed, N failed`.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARE = 500
KINDS = {"known": "test_generated", "inferred": "test_infer_generated", "repeated": "test_infer_repeated"}


def share(options, kind, first, count):
    """(figures by their name, output if something is wrong)"""
    program = pathlib.Path(options.build) / "tests/unit/wcet" / KINDS[kind]
    if kind == "known":     # runs so many by each of two tables
        first, count = (first + 1) // 2, (count + 1) // 2
    setting = {"WRT_GENERATED_PROGRAMS": str(count), "WRT_GENERATED_SEED": str(first)}
    done = subprocess.run([str(program)], env=dict(os.environ, **setting), capture_output=True)
    text = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    figures = collections.Counter()
    for line in text.splitlines():
        if re.match(r"\d+ programs, ", line):
            for number, what in re.findall(r"(\d+) ([a-z ]+)", line):
                figures[what.strip()] += int(number)
    if done.returncode != 0 or not figures:
        again = " ".join(f"{key}={value}" for key, value in setting.items())
        return figures, f"{kind}, exit code {done.returncode}; again: {again} {program}\n{text[-3000:]}"
    return figures, None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / "build/release"))
    parser.add_argument("--programs", type=int, default=100000, help="of each kind")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--log")
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    kinds = [kind for kind in KINDS if options.part in kind]
    work = [(kind, options.first + at, min(SHARE, options.programs - at))
            for at in range(0, options.programs, SHARE) for kind in kinds]
    end = time.monotonic() + options.minutes * 60 if options.minutes else None
    totals, passed, failed = {kind: collections.Counter() for kind in kinds}, 0, 0

    def one(job):
        return (job[0], *share(options, *job)) if end is None or time.monotonic() < end else None

    def tell(out):
        for kind, total in totals.items():
            print(f"{kind}: {', '.join(f'{count} {what}' for what, count in total.items()) or 'none'}", file=out)
        print(f"{passed} passed, {failed} failed", file=out, flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(one, work):
            if result is None:
                continue
            kind, figures, problem = result
            totals[kind].update(figures)
            passed += not problem
            failed += bool(problem)
            if problem:
                print(problem, flush=True)
            if options.log:
                with open(options.log, "w", encoding="utf-8") as out:
                    tell(out)
    tell(sys.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
