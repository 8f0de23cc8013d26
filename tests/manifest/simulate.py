#!/usr/bin/env python3
"""`wrtd sched simulate` against the independent simulator of tests/sched, record by record: random manifests under every policy, a third of
them with injected overruns; the same set as JSON, or in pieces; what --wcet, --seed and --until mean.

    simulate.py [--wrtd build/release/wrtd] [--sets N] [--first SEED]

Ends with `N passed, N failed`.
"""
import argparse
import collections
import json
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sched"))
from sets import LEVELS, POLICIES, random_set       # noqa: E402
from simulate import Simulator                      # noqa: E402

KINDS = {2: "slice-begin", 3: "slice-end", 13: "release", 14: "start", 15: "done", 16: "failed", 17: "abort", 18: "skip", 19: "continue", 20: "miss",
         21: "overrun", 22: "exhausted", 23: "replenished", 24: "mode"}
UNTIL = 30000
OPTIONS = None
PASSED = FAILED = 0


def test(name, *problems):
    global PASSED, FAILED
    found = [p for p in problems if p]
    FAILED, PASSED = FAILED + bool(found), PASSED + (not found)
    if found and FAILED < 12:
        print(f"{name}: " + "\n    ".join(found))


def wrtd(*args):
    done = subprocess.run([OPTIONS.wrtd, *map(str, args)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def records(path):
    data, out = path.read_bytes(), []
    for at in range(128, len(data), 40):
        t, fuel, task, kind, core, a, b = struct.unpack_from("<QQQIIII", data, at)
        if kind not in KINDS:
            continue
        name, number, job = KINDS[kind], task & 0xffffffff, task >> 32 & 0x7fffffff
        number = -1 if number == 0xffffffff else number
        if name in ("mode", "replenished", "exhausted"):
            number, job, fuel = (number if name == "mode" else -1), 0, 0
        out.append((t, name, number, job, fuel))
    return out


def wanted(simulator):
    out = []
    for t, name, task, job, fuel in simulator.run(UNTIL):
        if name == "suspend":
            continue            # only a state; no record of the library
        if name in ("mode", "replenished", "exhausted"):
            task, job, fuel = (task if name == "mode" else -1), 0, 0
        out.append((t, name, task, job, fuel))
    return out


class Demand:
    """A job spends C[normal]; the first one that starts after an injection twice the largest budget."""

    def __init__(self, budgets, at):
        self.budgets, self.at, self.simulator = budgets, at, None

    def __call__(self, begun):
        if self.at is not None and self.simulator.now >= self.at:
            self.at = None
            return [(2 * max(self.budgets), 1)]
        return [(self.budgets[0], 1)]




def prepare(rng, spec, faults):
    """The random set as far as a manifest can say it; returns the injections."""
    inject = []
    enforce, monitor = rng.random() < 0.8, rng.random() < 0.8
    for n, t in enumerate(spec["tasks"]):
        at = rng.randrange(UNTIL) if faults and rng.random() < 0.7 else None
        if at is not None:
            inject.append(f"overrun:t{n}@{at}ns")
        t["jobs"] = Demand(t["C"], at)
        t["enforce"], t["monitor"] = enforce or t["level"] >= 3, monitor or t["level"] >= 3
        t["degrade"] = max(2, t["degrade"])
        t.pop("instance", None)
    spec["settings"]["wcet-enforcement"], spec["settings"]["deadline-monitoring"] = enforce, monitor
    return inject


def manifest(spec):
    st = spec["settings"]
    flag = lambda v: str(v).lower()
    out = ["manifest = 1", "[system]", f'policy = "{spec["policy"]}"', 'clock = "fuel"', "ns-per-kfuel = 1000", f"hybrid = {flag(st['hybrid'])}",
           f"mode-switching = {flag(st['mode_switching'])}", f"quantum = {st['quantum']}", f"miss-threshold = {st['miss_threshold']}",
           f"return-after = {st['return_after']}", f"wcet-enforcement = {flag(st['wcet-enforcement'])}", f"deadline-monitoring = {flag(st['deadline-monitoring'])}"]
    if spec.get("cycle"):
        out.append(f'cycle = "{spec["cycle"]}ns"')
    out += ["[component.x]", 'file = "lidar.wasm"']
    for n, v in enumerate(spec.get("servers", [])):
        out += [f"[server.s{n}]", f'kind = "{v["kind"]}"', f"fuel = {v['Q']}", f'period = "{v["P"]}ns"', f"priority = {v['priority']}"]
    for n, t in enumerate(spec["tasks"]):
        overrun = f"extend:{t['percent']}%" if t["on_overrun"] == "extend" else t["on_overrun"]
        drop = f"degrade:{t['degrade']}" if t["on_drop"] == "degrade" else t["on_drop"]
        out += ["[[task]]", f'name = "t{n}"', 'component = "x"', 'call = "step()"', f'period = "{t["T"]}ns"', f'offset = "{t["O"]}ns"', f'asil = "{LEVELS[t["level"]]}"',
                f"wcet = {{ fuel = {t['C'][0]}, overload-fuel = {t['C'][1]}, critical-fuel = {t['C'][2]} }}", f"priority = {t['priority']}", f"weight = {t['weight']}",
                f'on-overrun = "{overrun}"', f'on-late = "{t["on_late"]}"', f'on-drop = "{drop}"']
        if t["D"]:
            out.append(f'deadline = "{t["D"]}ns"')
        if t["np"] or t["level"] == 4:
            out += ["np = true", f"np-max = {max(t['C'])}"]
        if t.get("band") is not None:
            out.append(f"band = {t['band']}")
        if t.get("server") is not None:
            out.append(f'server = "s{t["server"]}"')
        slots = [s for s in spec.get("slots", []) if s["task"] == n]
        if slots:
            out.append("slots = [" + ", ".join(f'{{ at = "{s["at"]}ns", length = "{s["length"]}ns" }}' for s in slots) + "]")
    return "\n".join(out) + "\n"


def compare(folder, policy, seed, counts):
    rng = random.Random(f"manifest {policy} {seed}")
    spec = random_set(rng, policy, faults=False, instances=False)
    inject = prepare(rng, spec, seed % 3 == 0)
    path, trace = folder / "m.toml", folder / "m.wtr"
    path.write_text(manifest(spec))
    trace.unlink(missing_ok=True)
    code, out, err = wrtd("sched", "simulate", "-q", "--json", "--until", f"{UNTIL}ns", "--trace", trace, *[w for i in inject for w in ("--inject", i)], path)
    if code not in (0, 121):
        return test(f"{policy} {seed}", f"exit code {code}: {err}")
    simulator = Simulator(spec)
    for t in spec["tasks"]:
        t["jobs"].simulator = simulator
    # The last tick is left out: whether a job that gets the processor there has begun is not told.
    here, there = ([r for r in records if r[0] < UNTIL - 1] for records in (wanted(simulator), records(trace)))
    counts.update(r[1] for r in here)
    # Where a replenishment falls due at the very instant at which its span ends, its record may stand before or behind the choice
    # that follows: the schedule is the same.
    server = [sorted(r for r in records if r[1] == "replenished") for records in (here, there)]
    here, there = ([r for r in records if r[1] != "replenished"] for records in (here, there))
    problem = None
    if here != there:
        at = next((k for k, (a, b) in enumerate(zip(here, there)) if a != b), min(len(here), len(there)))
        problem = f"record {at} differs\n" + "\n".join(f"        {n} {'>' if k == at else ' '} {r[k]}" for n, r in (("simulator", here), ("wrtd", there)) for k in range(max(0, at - 3), min(len(r), at + 3)))
    if not problem and server[0] != server[1]:
        problem = f"replenishments: {server}"
    misses = sum(r[1] == "miss" for r in records(trace))
    doc = json.loads(out)
    test(f"{policy} {seed}", problem, None if doc["total"]["misses"] == misses and code == (121 if misses else 0) else f"{doc['total']['misses']} misses, exit code {code}; expected {misses}")


def options_mean(folder):
    two = """manifest = 1
[system]
policy = "priority"
clock = "fuel"
ns-per-kfuel = 1000000
max-utilization = 1
max-utilization-per-level = 1
overhead-factor = 1
[component.x]
file = "lidar.wasm"
[[task]]
name = "high"
component = "x"
call = "step()"
period = "10ms"
priority = 200
bcet = 1000
wcet = { fuel = 3000 }
[[task]]
name = "low"
component = "x"
call = "step()"
period = "20ms"
priority = 100
wcet = { fuel = 9000 }
"""
    path = folder / "two.toml"
    path.write_text(two)
    simulate = lambda *args: wrtd("sched", "simulate", "--json", "--until", "40ms", *args, path)
    tasks = lambda out: {t["name"]: t for t in json.loads(out)["tasks"]}
    code, out, err = simulate()
    t = tasks(out)
    test("by hand", None if (t["high"]["response_ns"]["max"], t["low"]["response_ns"]["max"], t["low"]["done"], code) == (3000000, 15000000, 2, 0) else out)
    adm = {a["name"]: a.get("response_ns") for a in json.loads(out)["admission"]["tasks"]}
    # The programs of the set have blocks: each release can cost one, of either task.
    near = all(worst <= adm[n] <= worst * 1.04 for n, worst in (("high", 3000000), ("low", 15000000)))
    test("admission is the simulation of the worst case, and blocks", None if near else str(adm))
    runs = [simulate("--wcet", "random", "--seed", s)[1] for s in ("1", "1", "2")]
    test("seed", None if runs[0] == runs[1] and runs[0] != runs[2] else "runs of one seed differ, or runs of two are equal")
    spread = json.loads(wrtd("sched", "simulate", "--json", "--until", "100s", "--wcet", "random", path)[1])["tasks"][0]
    test("random lies between best and worst", None if 1000 <= spread["fuel"] / spread["done"] <= 3000 and spread["fuel_max"] == 3000 and spread["response_ns"]["min"] == 1000000 else str(spread))
    code, out, err = simulate("--policy", "edf")
    test("policy", None if json.loads(out)["policy"] == "edf" else out)
    code, out, err = simulate("--inject", "overrun:high@5ms")
    test("overrun", None if tasks(out)["high"]["overruns"] == 1 and tasks(out)["high"]["aborted"] == 1 and tasks(out)["low"]["misses"] == 0 else out)
    trace = folder / "two.wtr"
    code, first, err = simulate("--wcet", "random", "--seed", "5", "--trace", trace)
    code, out, err = simulate("--wcet", f"measured:{trace}")
    test("measured", None if tasks(out)["high"]["fuel_max"] <= tasks(first)["high"]["fuel_max"] and json.loads(out)["wcet"] == "measured" else out)
    code, out, err = wrtd("sched", "simulate", "--until", "40ms", path)
    test("text", None if "high |" in out and "#" in out and "simulated 40 ms" in out and "schedulable" in out else out)
    code, out, err = wrtd("sched", "simulate", "--until", "1h", "--wcet", "worst", "--json", path)
    test("long", None if code == 0 and json.loads(out)["total"]["releases"] == 540000 else f"{code} {err}")
    for args, part in [(["--until", "soon"], "`soon` is no time"), (["--wcet", "best"], "worst, random or measured:FILE.wtr"), (["--inject", "overrun:hihg@1s"], "did you mean `high`?"), (["--inject", "overrun"], "KIND:TASK@TIME"),
                       (["--inject", "burn:high@1s"], "KIND is overrun or release"), (["--inject", "release:high@1s"], "a task with a period releases itself"), (["--policy", "fifo"], "is no value for --policy"), (["--seed", "x"], "")]:
        code, out, err = wrtd("sched", "simulate", *args, path)
        test(f"misuse {args}", None if code == 64 and part in err else f"{code} {err}")
    sporadic = two.replace('period = "20ms"', 'min-separation = "20ms"')
    path.write_text(sporadic)
    code, out, err = simulate()
    test("sporadic tasks come as often as they may", None if tasks(out)["low"]["releases"] == 2 and tasks(out)["low"]["response_ns"]["max"] == 15000000 else out + err)
    code, out, err = simulate("--inject", "release:low@7ms", "--inject", "release:low@9ms")
    test("or when they are told to", None if tasks(out)["low"]["releases"] == 1 and tasks(out)["low"]["refused"] == 1 and tasks(out)["low"]["response_ns"]["max"] == 12000000 else out + err)
    cores = two.replace("[component.x]", "[component.y]\nfile = \"slip.wasm\"\n[component.x]").replace("overhead-factor = 1", "overhead-factor = 1\ncores = [4, 7]").replace('name = "low"\ncomponent = "x"', 'name = "low"\ncore = 7\ncomponent = "y"')
    path.write_text(cores)
    code, out, err = simulate()
    test("cores do not delay each other", None if tasks(out)["low"]["response_ns"]["max"] == 9000000 and tasks(out)["low"]["core"] == 7 else out + err)


def json_sets(folder):
    tasks = [{"id": "a", "T": 10, "D": 10, "C": 3, "prio": 0}, {"id": "b", "T": 20, "D": 20, "C": 9, "prio": 1}]
    path = folder / "set.json"
    path.write_text(json.dumps({"id": "x", "class": "x", "source": "x", "time_unit": "tick", "tasks": tasks}))
    code, out, err = wrtd("sched", "simulate", "--json", "--until", "40ns", path)
    got = {t["name"]: t["response_ns"]["max"] for t in json.loads(out)["tasks"]} if code == 0 else err
    test("a set in JSON", None if got == {"a": 3, "b": 15} else str(got))
    code, out, err = wrtd("sched", "simulate", "--json", "--until", "40ns", "--policy", "edf", path)
    test("a set in JSON, edf", None if code == 0 and json.loads(out)["policy"] == "edf" else err)
    code, out, err = wrtd("sched", "run", path)
    test("a set has no programs", None if code == 64 and "no programs to run" in err else f"{code} {err}")


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--sets", type=int, default=60, help="under each policy")
    parser.add_argument("--first", type=int, default=1)
    OPTIONS = parser.parse_args()
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for program in ("lidar", "slip"):
            shutil.copy(ROOT / "examples" / "brake-by-wire" / f"{program}.wasm", folder)
        for policy in POLICIES:
            for seed in range(OPTIONS.first, OPTIONS.first + OPTIONS.sets):
                compare(folder, policy, seed, counts)
        options_mean(folder)
        json_sets(folder)
    print("records compared: " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items())))
    missing = set(KINDS.values()) - set(counts) - {"failed"}
    test("every kind of record was seen", f"no {missing}" if missing and OPTIONS.sets >= 60 else None)
    print(f"{PASSED} passed, {FAILED} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
