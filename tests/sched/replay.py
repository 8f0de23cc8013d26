#!/usr/bin/env python3
"""Do src/sched and the independent simulator give the same schedule, tick by tick? Random task sets under every policy, a third of them
with planted misses, overruns and traps.

    replay.py --replay PROGRAM [--sets N] [--first SEED] [--policy NAME]

Ends with `N passed, N failed`: one per set.
"""
import argparse
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sets import POLICIES, random_set, text_of      # noqa: E402
from simulate import Simulator                      # noqa: E402
from tally import Tally                             # noqa: E402

UNTIL = 30000


def records_of(program, text):
    run = subprocess.run([program, "--check"], input=text, capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        return [("exit", run.returncode, run.stderr.strip()[-300:])]
    out = []
    for line in run.stdout.splitlines():
        words = line.split()
        number = lambda w: -1 if w == "-" else int(w)
        job, fuel = (0, 0) if words[1] in ("mode", "replenished") else (number(words[3]), number(words[4]))   # of a task, if of anyone
        out.append((int(words[0]), words[1], number(words[2]), job, fuel))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--replay", required=True)
    parser.add_argument("--sets", type=int, default=1000, help="under each policy")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--policy", action="append")
    args = parser.parse_args()
    tally = Tally("src/sched", "sched")
    for policy in args.policy or POLICIES:
        for seed in range(args.first, args.first + args.sets):
            spec = random_set(random.Random(f"{policy} {seed}"), policy, faults=seed % 3 == 0)
            text = text_of(spec, UNTIL)
            there = records_of(args.replay, text)
            here = Simulator(spec).run(UNTIL)
            tally.add(policy, seed, here, there)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
