#!/usr/bin/env python3
"""Bounds without facts against runs with arguments of every kind, each on a new instance.

    inputs.py --wrtd build/release/wrtd --runs build/release/tests/wcet/inputs [--inputs ../shared/wcet] [--count 200] [--jobs 2]
              [--tables unit,weighted] [--minutes M] [--write] [PART]

Programs: tests/wcet/programs and loops, and every program and level of --inputs. No run may use more than the bound, and none that
returns less than the lower bound, whatever the prices. A program without a bound names a loop, a function or a
limit. --count 100000 is a campaign. --write: renews tests/wcet/programs/programs.list; what is there stays when it is the dearer run.
Ends with what is bounded, how near, and `N passed, N failed, N skipped`.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests/wcet/programs"
LIST = PROGRAMS / "programs.list"
MOST = 20_000_000   # fuel of a run, then it is cut
OPEN = 100_000      # the same, of a program without a bound


def wcet(options, wasm, func, table):
    done = subprocess.run([options.wrtd, "wcet", "--json", "--fuel-table", table, str(wasm), func], capture_output=True, timeout=600)
    if done.returncode not in (0, 123):
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.decode()[-300:]}")
    return json.loads(done.stdout)


def runs(options, wasm, func, table, got, arguments):
    """({argument: (status, fuel)}, figures of all runs)"""
    most = min(got["fuel_high"] + 1000, MOST) if got["bounded"] else OPEN
    args = [options.runs, str(wasm), str(options.count), str(options.seed), str(most), table, "1", "0", func, *map(str, arguments)]
    done = subprocess.run(args, capture_output=True, timeout=7200)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(args)}: {done.stderr.decode()[-300:]}")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    names = ("runs", "returned", "cut", "least", "most", "argument")
    return {int(line[0]): (line[1], int(line[2])) for line in lines[:-1]}, dict(zip(names, map(int, lines[-1][1:])))


def check(options, wasm, func, recorded, figures):
    """Yields what is wrong."""
    for table in ["unit"] if options.write else options.tables.split(","):
        got = wcet(options, wasm, func, table)
        arguments = [0, 1, 2, 3] + ([int(recorded[3])] if len(recorded) > 3 else [])
        each, seen = runs(options, wasm, func, table, got, arguments)
        if got["bounded"] and seen["most"] > got["fuel_high"]:
            yield f"{table}: {seen['most']} for {seen['argument']}, above the bound {got['fuel_high']}"
        if seen["returned"] and seen["least"] < got["fuel_low"]:
            yield f"{table}: {seen['least']}, below the least {got['fuel_low']}"
        if not got["bounded"] and not got["unbounded"]:
            yield f"{table}: no bound, and no reason"
        figures.append((str(wasm), got, seen))
        if table == "unit" and recorded and recorded[0] != "open" and (not got["bounded"] or got["fuel_high"] > int(recorded[1])):
            yield f"{got['fuel_high']}, recorded is {recorded[1]}"
        if table == "unit" and len(recorded) > 3 and each[int(recorded[3])][1] != int(recorded[2]):
            yield f"{each[int(recorded[3])][1]} for {recorded[3]}, recorded is {recorded[2]}"


def programs(options):
    """(name, group, wasm, function, what is recorded)"""
    recorded = {line.split()[0]: line.split()[1:] for line in LIST.read_text().splitlines() if line and line[0] != "#"}
    for wasm in sorted(PROGRAMS.glob("*.wasm")):
        words = recorded.get(wasm.stem, [])
        yield f"programs/{wasm.stem}", "programs " + wasm.stem[-2:], wasm, "run", words[:2] + [w for w in words[2:] if w.isdigit()]
    for line in (ROOT / "tests/wcet/loops/loops.list").read_text().splitlines():
        if line and line[0] != "#":
            yield f"loops/{line.split()[0]}", "loops", ROOT / "tests/wcet/loops/loops.wasm", line.split()[0], []
    for wasm in sorted(pathlib.Path(options.inputs).glob("*/O?.wasm")):
        yield f"{wasm.parent.name}/{wasm.stem}", "vectors " + wasm.stem, wasm, "run", []


def verdict(got):
    if got["bounded"]:
        return f"{'exact' if got['fuel_low'] == got['fuel_high'] else 'most':5} {got['fuel_high']}"
    why = next((why for why in got["unbounded"] if why["kind"] == "loop"), None)
    return f"open  {why['func']}:{why['loop']}" if why else f"open  {got.get('limit') or '-'}"


def write(figures, old):
    text = "\n".join(line for line in LIST.read_text().splitlines() if line.startswith("#")) + "\n"
    for path, got, seen in sorted(figures, key=lambda one: one[0]):
        name = pathlib.Path(path).stem
        most, argument = seen["most"], seen["argument"]
        if len(old.get(name, [])) > 3 and int(old[name][2]) >= most:
            most, argument = int(old[name][2]), int(old[name][3])
        what = verdict(got)
        if old.get(name, [""])[0] == "paths" and got["bounded"]:
            what = f"paths {got['fuel_high']}"
        text += f"{name + ' ' * max(0, 24 - len(name))} {what:18} seen {most} by {argument}\n"
    LIST.write_text(text)


def tell(figures, groups):
    for group in sorted(set(groups.values())):
        ratios = [got["fuel_high"] / seen["most"] for _, name, got, seen in figures
                  if groups[name] == group and got["bounded"] and seen["most"] and not seen["cut"]]
        bounded = sum(got["bounded"] for _, name, got, _ in figures if groups[name] == group)
        total = sum(groups[name] == group for _, name, _, _ in figures)
        ratios.sort()
        if ratios:
            print(f"{group}: {bounded} of {total} bounded; bound by dearest run: median {ratios[len(ratios) // 2]:.3f}, "
                  f"{sum(ratio <= 1.3 for ratio in ratios)} within 1.3, largest {ratios[-1]:.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build/release/wrtd"))
    parser.add_argument("--runs", default=str(ROOT / "build/release/tests/wcet/inputs"))
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared/wcet"))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--tables", default="unit,weighted")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("part", nargs="?", default="programs/" if "--write" in sys.argv else "")
    options = parser.parse_args()
    end = time.monotonic() + options.minutes * 60 if options.minutes else None
    skipped = int(not any(pathlib.Path(options.inputs).glob("*/O?.wasm")))
    work = [one for one in programs(options) if options.part in one[0]]
    figures, groups, passed, failed, executed = [], {one[0]: one[1] for one in work}, 0, 0, 0

    def one(job):
        name, _, wasm, func, recorded = job
        mine = []
        if end is not None and time.monotonic() > end:
            return name, mine, None
        try:
            return name, mine, list(check(options, wasm, func, [] if options.write else recorded, mine))
        except (RuntimeError, subprocess.TimeoutExpired, ValueError) as e:
            return name, mine, [str(e)]

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, mine, problems in pool.map(one, work):
            figures += [(path, name, got, seen) for path, got, seen in mine]
            executed += sum(seen["runs"] for _, _, seen in mine)
            skipped += problems is None
            passed += problems == []
            failed += bool(problems)
            for problem in problems or []:
                print(f"{name}: {problem}", flush=True)
    if options.write:
        old = {one[0].partition("/")[2]: one[4] for one in work}
        write([(path, got, seen) for path, _, got, seen in figures], old)
    tell(figures, groups)
    print(f"{executed} runs")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
