#!/usr/bin/env python3
"""Bounds for calls that are not the first on their instance: `wrtd wcet --state repeated` and `any`, against calls of one instance.

    repeated.py --wrtd build/release/wrtd --calls build/release/tests/wcet/calls [--inputs ../shared/wcet] [--examples FOLDER] [PART]

tests/wcet/states/states.list says what is expected of the programs there. For these, for the examples, for tests/wcet/loops and programs,
and for every program and level of --inputs: 50 calls on one instance with random arguments, none above fuel_high, none that returns
below fuel_low; for `any` somebody also writes into the exported memory between calls. Ends with a table of what is bounded, and
`N passed, N failed, N skipped`.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST = 3_000_000    # fuel of a call, then it is cut


def wcet(options, wasm, func, state, others=()):
    args = [options.wrtd, "wcet", "--json", "--fuel-table", "unit", "--state", state]
    for other in others:
        args += ["--also", other]
    done = subprocess.run([*args, str(wasm), func], capture_output=True, timeout=120)
    if done.returncode not in (0, 123):
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.decode()[-300:]}")
    return json.loads(done.stdout)


def calls(options, wasm, func, count, seed, writes=0, arguments=(1, 0), others=()):
    """Pairs of status and fuel of each call of `func`."""
    args = [options.calls, str(wasm), str(count), str(seed), str(MOST), str(writes), *map(str, arguments), func, *others]
    done = subprocess.run(args, capture_output=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(args)}: {done.stderr.decode()[-300:]}")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    return [(status, int(fuel)) for name, status, fuel in lines if name == func]


def outside(got, runs):
    """What leaves the bounds. A call that was cut costs more than it shows."""
    for status, fuel in runs:
        if got["bounded"] and fuel > got["fuel_high"]:
            return f"{status} {fuel}, above {got['fuel_high']}"
        if status == "ok" and fuel < got["fuel_low"]:
            return f"{status} {fuel}, below {got['fuel_low']}"
    return None


def check(options, tally, wasm, func, group, others=(), states=("repeated", "any"), arguments=(1, 0)):
    """Yields what is wrong; counts what is bounded."""
    for state in states:
        got = wcet(options, wasm, func, state, others)
        if got["state"] != state:
            yield f"{state}: the document says {got['state']}"
        tally[group, state] += got["bounded"]
        tally[group, state, "all"] += 1
        largest = 0
        for seed in range(1 if state == "fresh" else 2):
            writes = [0, 0, 300][seed + (state == "any")]
            count = 1 if state == "fresh" else 50
            runs = calls(options, wasm, func, count, seed + 7, writes, arguments, others)
            largest = max([largest, *(fuel for _, fuel in runs)])
            problem = outside(got, runs)
            if problem:
                yield f"{state}, seed {seed + 7}, {writes} writes: {problem}"
        if got["bounded"] and largest:
            tally.setdefault((group, state, "ratios"), []).append(got["fuel_high"] / largest)


def expected(options, line, tally):
    module, func, state, verdict, *rest = line.split()
    limit = int(rest.pop(0)) if verdict == "most" else None
    wasm = ROOT / "tests" / "wcet" / "states" / f"{module}.wasm"
    got = wcet(options, wasm, func, state, rest)
    if verdict == "open" and got["bounded"]:
        yield f"{got['fuel_high']}, expected no bound"
    if verdict == "wide" and got["bounded"] and got["fuel_high"] < 10 ** 9:
        yield f"{got['fuel_high']}, expected none, or far more"
    if verdict == "most" and (not got["bounded"] or got["fuel_high"] > limit):
        yield f"{got['fuel_high']}, expected at most {limit}"
    yield from check(options, tally, wasm, func, "states", rest, [state])


def exports(options, wasm):
    done = subprocess.run([options.wrtd, "inspect", "--json", str(wasm)], capture_output=True, timeout=60)
    return [e["name"] for e in json.loads(done.stdout)["exports"] if e["kind"] == "func"]


def programs(options):
    """(name, wasm, function, group)"""
    for wasm in sorted(pathlib.Path(options.examples).glob("*.wasm")):
        yield f"{wasm.stem}", wasm, "step", "examples"
    for folder in ("loops", "programs"):
        for wasm in sorted((ROOT / "tests" / "wcet" / folder).glob("**/*.wasm")):
            for func in exports(options, wasm):
                if func not in ("_initialize", "_start", "fault"):
                    yield f"{folder}/{wasm.stem} {func}", wasm, func, folder
    for wasm in sorted(pathlib.Path(options.inputs).glob("*/O?.wasm")):
        yield f"{wasm.parent.name}/{wasm.stem}", wasm, "run", wasm.stem


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build/release/wrtd"))
    parser.add_argument("--calls", default=str(ROOT / "build/release/tests/wcet/calls"))
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared/wcet"))
    parser.add_argument("--examples", default=str(ROOT / "examples/brake-by-wire"))
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    tally = collections.defaultdict(int)
    passed = failed = 0
    skipped = not any(pathlib.Path(options.inputs).glob("*/O?.wasm"))
    work = [(f"states: {line.strip()}", lambda line=line: expected(options, line, tally))
            for line in open(ROOT / "tests/wcet/states/states.list") if line.strip() and line[0] != "#"]
    for name, wasm, func, group in programs(options):
        work.append((name, lambda wasm=wasm, func=func, group=group: check(options, tally, wasm, func, group)))
    for name, job in work:
        if options.part not in name:
            continue
        try:
            problems = list(job())
        except (RuntimeError, subprocess.TimeoutExpired, ValueError) as e:
            problems = [str(e)]
        passed += not problems
        failed += bool(problems)
        for problem in problems:
            print(f"{name}: {problem}")
    for group in sorted({key[0] for key in tally}):
        figures = []
        for state in ("fresh", "repeated", "any"):
            ratios = sorted(tally.get((group, state, "ratios"), []))
            if ratios:
                near = sum(ratio <= 1.3 for ratio in ratios)
                figures.append(f"{state} {tally[group, state]} of {tally[group, state, 'all']} (bound by largest call: median "
                               f"{ratios[len(ratios) // 2]:.2f}, {near} within 1.3)")
        print(f"bounded, {group}: {', '.join(figures)}")
    print(f"{passed} passed, {failed} failed, {int(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
