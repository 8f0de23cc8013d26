#!/usr/bin/env python3
"""Every setting of [system] matters: one manifest each in which changing it alone changes a schedule or a verdict. Enforcement and monitoring
cannot be switched off at C and D.

    settings.py [--wrtd build/release/wrtd]

Ends with `N passed, N failed`.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPTIONS = None
PASSED = FAILED = 0
# 1 fuel = 1 us
HEAD = {"clock": '"fuel"', "ns-per-kfuel": "1000000", "max-utilization": "1", "max-utilization-per-level": "1", "overhead-factor": "1"}


def test(name, *problems):
    global PASSED, FAILED
    found = [p for p in problems if p]
    FAILED, PASSED = FAILED + bool(found), PASSED + (not found)
    if found:
        print(f"{name}: " + "\n    ".join(map(str, found)))


def task(name, period, fuel, asil="B", **more):
    lines = [f'[[task]]\nname = "{name}"\ncomponent = "x"\ncall = "step()"\nperiod = "{period}"\nasil = "{asil}"\nwcet = {{ fuel = {fuel}' + (f", overload-fuel = {more.pop('overload')}" if "overload" in more else "") + " }"]
    return "\n".join(lines + [f"{k.replace('_', '-')} = {v}" for k, v in more.items()]) + "\n"


class World:
    def __init__(self, folder):
        self.path = folder / "m.toml"
        shutil.copy(ROOT / "examples" / "brake-by-wire" / "lidar.wasm", folder)

    def ask(self, part, system, tasks, *args, prefix=""):
        keys = {**HEAD, **system}
        self.path.write_text("manifest = 1\n[system]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) + '[component.x]\nfile = "lidar.wasm"\n' + prefix + "".join(tasks))
        done = subprocess.run([OPTIONS.wrtd, "sched", part, "-q", "--json", *args, self.path], capture_output=True, text=True, timeout=60)
        document = json.loads(done.stdout)
        assert document["schema"] != "wrt.error/1", done.stderr
        return document

    def simulate(self, system, tasks, *args, **more):
        return self.ask("simulate", system, tasks, "--until", "100ms", *args, **more)

    def verdict(self, system, tasks):
        return self.ask("analyze", system, tasks)["admission"]["verdict"]


def differ(name, world, key, one, other, tasks, *args, what=None, base=None, **more):
    """The schedules differ; `what` picks what they differ in, and what the two are."""
    a, b = (world.simulate({**(base or {}), key: v}, tasks, *args, **more) for v in (one, other))
    problem = None if a["schedule_hash"] != b["schedule_hash"] else f"{key} = {one} and {other} give the same schedule"
    pick, wanted = what or (lambda d: None, None)
    test(name, problem, None if wanted is None or (pick(a), pick(b)) == wanted else f"{(pick(a), pick(b))}, expected {wanted}")


def same(name, world, key, one, other, tasks, *args):
    a, b = (world.simulate({key: v}, tasks, *args) for v in (one, other))
    test(name, None if a["schedule_hash"] == b["schedule_hash"] else f"{key} changes the schedule")


def response(name):
    return lambda d: next(t["response_ns"]["max"] for t in d["tasks"] if t["name"] == name) // 1000


def count(name, what):
    return lambda d: next(t[what] for t in d["tasks"] if t["name"] == name)


def schedules(w):
    bands = [task("a", "10ms", 3000), task("b", "40ms", 2000, deadline='"8ms"')]
    differ("hybrid", w, "hybrid", "true", "false", bands, what=(response("b"), (5000, 2000)))
    raise_ = [task("a", "10ms", 1000, "C", overload=4000), task("b", "10ms", 3000, "A")]
    differ("mode-switching", w, "mode-switching", "true", "false", raise_, "--inject", "overrun:a@25ms", what=(lambda d: d["total"]["raises"], (1, 0)))
    differ("on-overload", w, "on-overload", '"drop-below:B"', '"none"', raise_, "--inject", "overrun:a@25ms", what=(lambda d: d["total"]["raises"], (1, 0)))
    long = [task("a", "10ms", 3000, "QM")]
    differ("wcet-enforcement", w, "wcet-enforcement", "true", "false", long, "--inject", "overrun:a@25ms", what=(count("a", "aborted"), (1, 0)))
    for level in "CD":
        more = {"np_max": 3000} if level == "D" else {}
        same(f"wcet-enforcement at {level}", w, "wcet-enforcement", "true", "false", [task("a", "10ms", 3000, level, **more)], "--inject", "overrun:a@25ms")
    late = [task("a", "10ms", 6000, "B", priority=200), task("b", "20ms", 3000, "QM", priority=100, deadline='"8ms"')]
    late_c = [task("a", "10ms", 6000, "B", priority=200), task("b", "20ms", 3000, "C", priority=100, deadline='"8ms"')]
    differ("deadline-monitoring", w, "deadline-monitoring", "true", "false", late, base={"policy": '"priority"'}, what=(count("b", "misses"), (5, 0)))
    a, b = (w.simulate({"policy": '"priority"', "mode-switching": "false", "deadline-monitoring": v}, late_c) for v in ("true", "false"))
    test("deadline-monitoring at C", None if a["schedule_hash"] == b["schedule_hash"] and count("b", "misses")(a) == 5 else "it can be switched off")
    drop = [task("a", "10ms", 6000, "B", priority=200), task("b", "20ms", 3000, "B", priority=100, deadline='"8ms"'), task("c", "50ms", 1000, "A", priority=50)]
    differ("miss-threshold", w, "miss-threshold", "1", "3", drop, base={"policy": '"priority"'}, what=(lambda d: d["modes"][0]["at_ns"] // 1000000, (28, 68)))
    differ("miss-threshold 0", w, "miss-threshold", "0", "1", drop, base={"policy": '"priority"'}, what=(lambda d: d["modes"][0]["at_ns"] // 1000000, (8, 28)))
    differ("return-after", w, "return-after", "1", '"never"', raise_, "--inject", "overrun:a@25ms", what=(lambda d: d["total"]["returns"], (1, 0)))
    turns = [task("a", "50ms", 10000, "QM"), task("b", "50ms", 10000, "QM")]
    differ("quantum", w, "quantum", "1000", "5000", turns, base={"policy": '"round-robin"'})
    differ("policy", w, "policy", '"rm"', '"edf"', bands, what=(response("b"), (5000, 2000)))
    slots = lambda at: [task("a", "10ms", 2000, slots=f'[{{ at = "{at}", length = "3ms" }}]')]
    a, b = (w.simulate({"policy": '"time-triggered"', "cycle": '"10ms"'}, slots(at)) for at in ("0ms", "4ms"))
    differ("cycle", w, "cycle", '"10ms"', '"20ms"', slots("1ms"), base={"policy": '"time-triggered"'}, what=(count("a", "releases"), (10, 5)))
    test("slots", None if a["schedule_hash"] != b["schedule_hash"] else "the place of a slot changes nothing")
    server = '[server.s]\nfuel = {}\nperiod = "10ms"\n'
    served = [task("a", "20ms", 4000, "A", server='"s"'), task("b", "20ms", 4000)]
    a, b = (w.simulate({}, served, prefix=server.format(v)) for v in (2000, 4000))
    test("server", None if response("a")(a) > response("a")(b) else f"{response('a')(a)} {response('a')(b)}")
    a, b = (w.simulate({"ns-per-kfuel": v}, bands) for v in ("1000000", "500000"))
    test("ns-per-kfuel", None if (response("a")(a), response("a")(b)) == (3000, 1500) else "the rate changes nothing")
    for key, one, other, policy, b, others in [
        ("priority", "200", "10", "priority", "", [task("a", "10ms", 3000, priority=100)]), ("offset", '"0ms"', '"2ms"', "rm", "", [task("a", "10ms", 3000)]),
        ("deadline", '"40ms"', '"2ms"', "edf", "", [task("a", "10ms", 3000)]), ("np", "true\nnp-max = 9000", "false", "priority", "priority = 50\n", [task("a", "10ms", 3000, offset='"1ms"')]),
        ("on-late", '"abort"', '"queue"', "rm", "", [task("a", "10ms", 8000)]), ("asil", '"B"', '"QM"', "rm+edf", "", [task("c", "20ms", 3000, "A")]),
        ("band", "0", "3", "rm+edf", 'deadline = "8ms"\n', [task("a", "10ms", 3000)]), ("weight", "1", "4", "round-robin", "", [task("a", "50ms", 9000)]),
    ]:
        text = lambda v: f'[[task]]\nname = "b"\ncomponent = "x"\ncall = "step()"\nperiod = "20ms"\nwcet = {{ fuel = 9000 }}\n{b}{key} = {v}\n' + ("" if key == "asil" else 'asil = "B"\n')
        one, other = (w.simulate({"policy": f'"{policy}"', "mode-switching": "false"}, [*others, text(v)]) for v in (one, other))
        test(f"task {key}", None if one["schedule_hash"] != other["schedule_hash"] else "changes nothing")


def verdicts(w):
    def check(name, key, accepted, refused, tasks, **base):
        got = [w.verdict({**base, key: v}, tasks) for v in (accepted, refused)]
        test(name, None if got == ["schedulable", "refused"] else f"{key} = {accepted}, {refused}: {got}")

    half = [task("a", "10ms", 2800, "B"), task("b", "10ms", 2700, "B")]     # U = 0.55
    check("max-utilization", "max-utilization", "0.55", "0.549", half)
    check("max-utilization-per-level", "max-utilization-per-level", '"11/20"', "0.54", half)
    two = [task("a", "10ms", 2800, "B"), task("b", "10ms", 2700, "C")]
    check("levels count apart", "max-utilization-per-level", "0.28", "0.27", two)
    for fuel, factor in [(2000, 5), (8000, 1.25), (9000, 1.111)]:
        got = w.ask("analyze", {}, [task("a", "10ms", fuel, "B")])["scale"]
        test(f"every wcet could be {factor} times as large", None if got == factor else got)
    test("and there is no such factor", None if "scale" not in w.ask("analyze", {}, [task("a", "10ms", 11000, "B")]) else "a set that needs more than its core has one")
    check("overhead-factor", "overhead-factor", "1", '"23/20"', [task("a", "10ms", 9000, "B")])
    check("overhead-factor is exact", "overhead-factor", '"10000/8000"', '"10001/8000"', [task("a", "10ms", 8000, "B")])
    check("overhead-factor rounds up", "overhead-factor", '"9999999/8000000"', '"10000001/8000000"', [task("a", "10ms", 8000, "B")])
    defaults = {"max-utilization": None, "max-utilization-per-level": None, "overhead-factor": None}
    keys = {k: v for k, v in HEAD.items() if k not in defaults}
    HEAD_SAVED = dict(HEAD)
    HEAD.clear()
    HEAD.update(keys)
    # 0.5 in all with the factor 23/20: 4347 * 23/20 = 4999.05 us, 4348 * 23/20 = 5000.2 us of 10 ms
    got = [w.verdict({}, [task("a", "10ms", n, "B")]) for n in (4347, 4348)]
    test("the caps where nothing is said", None if got == ["schedulable", "refused"] else got)
    HEAD.update(HEAD_SAVED)
    for name, one, other in [("deadline", '"9ms"', '"2ms"'), ("jitter", '"0ms"', '"8ms"')]:
        got = [w.verdict({"policy": '"rm"'}, [task("a", "10ms", 3000, **{name: v})]) for v in (one, other)]
        test(f"task {name}", None if got == ["schedulable", "refused"] else got)
    blocked = lambda np: [task("a", "10ms", 3000, priority=200, deadline='"5ms"'), task("b", "40ms", 8000, priority=100, np="true", np_max=8000) if np else task("b", "40ms", 8000, priority=100)]
    got = [w.verdict({"policy": '"priority"'}, blocked(np)) for np in (False, True)]
    test("task np", None if got == ["schedulable", "refused"] else got)


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    OPTIONS = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        world = World(pathlib.Path(name))
        schedules(world)
        verdicts(world)
    print(f"{PASSED} passed, {FAILED} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
