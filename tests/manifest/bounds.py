#!/usr/bin/env python3
"""Budgets from bounds: what `wrtd sched analyze` makes of source = "static", of levels, factors and limits.

    bounds.py --wrtd build/release/wrtd

The bound itself is asked of `wrtd wcet --state repeated`. Budgets are computed again in fractions. Ends with `N passed, N failed`.
"""
import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "examples" / "brake-by-wire"
# (module (func (export "step") (loop (br 0))))
OPEN = bytes.fromhex("0061736d01000000 010401600000 03020100 0708010473746570 0000 0a0901070003400c000b0b")
# (module (memory 1) (global $g (mut i32) (i32.const 0)) (func $h (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
#  (func (export "step") (local i32) (global.set $g (i32.add (global.get $g) (i32.const 1)))
#   (loop (local.set 0 (call $h (local.get 0))) (br_if 0 (i32.lt_u (local.get 0) (global.get $g))))))
# Job k, from 0, arrives k + 1 times at its loop.
GROWS = bytes.fromhex("0061736d0100000001090260017f017f600000030302000105030100010606017f0141000b070801047374657000010a2502070020004101"
                      "6a0b1b01017f230041016a2400034020001000210020002300490d000b0b")
PASSED = FAILED = 0


def wrtd(*args):
    done = subprocess.run([OPTIONS.wrtd, *map(str, args)], capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def test(name, *problems):
    global PASSED, FAILED
    found = [p for p in problems if p]
    FAILED += bool(found)
    PASSED += not found
    if found:
        print(f"{name}: " + "\n    ".join(found))


def text(file="log.wasm", level="B", wcet='source = "static"', system="", task="", more=""):
    return f"""manifest = 1
[system]
ns-per-kfuel = 1000
overhead-factor = 1
max-utilization = 1
max-utilization-per-level = 1
clock = "fuel"
{system}
[component.part]
file = "{file}"
asil = "{level}"
[[task]]
name = "one"
component = "part"
call = "step()"
period = "1s"
wcet = {{ {wcet} }}
{'np-max = "900k"' if level == "D" else ''}
{task}
{more}
"""


def analyze(folder, manifest):
    (folder / "m.toml").write_text(manifest)
    code, out, err = wrtd("sched", "analyze", "--json", folder / "m.toml")
    return code, json.loads(out) if out.startswith("{") else {}, err


def budget(folder, **parts):
    code, doc, err = analyze(folder, text(**parts))
    return doc["admission"]["tasks"][0]["wcet_fuel"] if code == 0 else f"exit code {code}: {err}"


def refused(folder, manifest, *parts):
    code, doc, err = analyze(folder, manifest)
    return (None if code == 78 else f"exit code {code}"), *[None if p in json.dumps(doc) + err else f"lacks {p!r}: {doc} {err}" for p in parts]


def expect(got, wanted):
    return None if got == wanted else f"{got}, expected {wanted}"


def up(x):
    return -(-x.numerator // x.denominator)


def factors(folder):
    for file in ["pedal.wasm", "slip.wasm", "log.wasm"]:
        bound = json.loads(wrtd("wcet", "--json", "--state", "repeated", folder / file, "step")[1])["fuel_high"]
        for level in ["QM", "B", "C", "D"]:
            test(f"{file} {level}", expect(budget(folder, file=file, level=level), up(bound * Fraction(13, 10))))
        for word, factor in [("off", 130), ("basic", 130), ("standard", 130), ("full", 115), ("redundant", 115)]:
            wanted = up(bound * Fraction(factor, 100))
            test(f"{file}, system {word}", expect(budget(folder, file=file, system=f'verification = "{word}"'), wanted))
            test(f"{file}, task {word}", expect(budget(folder, file=file, task=f'verification = "{word}"'), wanted))
        own = '[wcet-analysis]\nfactor = "7/3"\nfactor-full = 1'
        test(f"{file}, figures of its own", expect(budget(folder, file=file, more=own), up(bound * Fraction(7, 3))))
        full = budget(folder, file=file, more=own, task='verification = "full"')
        test(f"{file}, figures of its own, full", expect(full, bound))
        test(f"{file}, given", expect(budget(folder, file=file, wcet=f'source = "static", fuel = {bound}'), bound))
        below = text(file=file, wcet=f'source = "static", fuel = {bound - 1}')
        test(f"{file}, below the bound", *refused(folder, below, "W0956", f"below the proven bound of {bound}"))
        high = text(file=file, wcet=f'source = "static", overload-fuel = {bound}')
        test(f"{file}, mode high below", *refused(folder, high, "W0956", "a budget of a higher mode is below"))


def enforced(folder):
    """Admission counts what is enforced, not the bound: a set that fits by its bounds alone is refused."""
    bound = json.loads(wrtd("wcet", "--json", "--state", "repeated", folder / "pedal.wasm", "step")[1])["fuel_high"]
    for factor, wanted in [("1", 0), ("1.01", 122)]:
        m = text(file="pedal.wasm", more=f"[wcet-analysis]\nfactor = {factor}").replace('"1s"', f'"{bound}ns"')
        test(f"a period of the bound, factor {factor}", expect(analyze(folder, m)[0], wanted))


def without(folder):
    for level in ["QM", "A", "B", "C", "D"]:
        test(f"no bound, static, {level}", *refused(folder, text("open.wasm", level), "`step` has no bound", "facts = "))
        given, measured = 'fuel = 5000, source = "given"', 'fuel = 5000, source = "measured"'
        if level in "CD":
            test(f"no bound, given, {level}", *refused(folder, text("open.wasm", level, given), "`step` has no bound"))
            for file in ["open.wasm", "pedal.wasm"]:
                no = text(file, level, measured)
                test(f"{file} measured, {level}", *refused(folder, no, f"at level {level} a budget is no measurement"))
            test(f"bound, given, {level}", expect(budget(folder, file="pedal.wasm", level=level, wcet=given), 5000))
        else:
            test(f"no bound, given, {level}", expect(budget(folder, file="open.wasm", level=level, wcet=given), 5000))
            test(f"measured, {level}", expect(budget(folder, file="open.wasm", level=level, wcet=measured), 5000))


def limits(folder):
    two = '[[task]]\nname = "two"\ncomponent = "part"\ncall = "step()"\nperiod = "1s"\nwcet = { fuel = 500, overload-fuel = 700 }\n'
    for what, least in [('task = "one"', 1000), ('task = "two"', 700), ('component = "part"', 1700), ('operation = "step"', 1000), ("", 1700)]:
        for fuel in [least, least - 1]:
            m = text("pedal.wasm", wcet="fuel = 1000", more=two + f"[wcet-analysis]\nlimits = [{{ {what}{', ' if what else ''}fuel = {fuel} }}]")
            if fuel == least:
                test(f"limit {what} {fuel}", expect(analyze(folder, m)[0], 0))
            else:
                test(f"limit {what} {fuel}", *refused(folder, m, "W0956", f"the budgets reach {least}, above this limit"))
    for bad, *parts in [('task = "x", fuel = 5', "W0955", "no task has to do with a task"), ('operation = "step", task = "one", fuel = 5', "a limit names one thing"), ('task = "one"', "W0954", "a limit lacks `fuel`"), ("fuel = 0", "W0953"), ("fuel = 5, speed = 1", "W0952")]:
        test(f"limit {bad}", *refused(folder, text("pedal.wasm", more=f"[wcet-analysis]\nlimits = [{{ {bad} }}]"), *parts))
    bound = json.loads(wrtd("wcet", "--json", "--state", "repeated", folder / "log.wasm", "step")[1])["fuel_high"]
    most = up(bound * Fraction(13, 10))
    for fuel, code in [(most, 0), (most - 1, 78)]:
        m = text(more=f'[wcet-analysis]\nlimits = [{{ task = "one", fuel = {fuel} }}]')
        test(f"a budget from a bound against a limit of {fuel}", expect(analyze(folder, m)[0], code))


def facts(folder, **numbers):
    doc = {"sha256": hashlib.sha256(GROWS).hexdigest(), "loops": [{"func": 1, "loop": 0, "max": numbers["max"], "total": numbers["total"]}],
           "functions": [{"func": 0, "calls": numbers["calls"]}]}
    (folder / "facts.json").write_text(json.dumps(doc))


def run(folder, level, jobs=10, **parts):
    wcet = 'source = "static", facts = "facts.json", fuel = 2000'
    (folder / "m.toml").write_text(text("grows.wasm", wcet=wcet, system=f'verification = "{level}"', **parts).replace('"1s"', '"1ms"'))
    code, out, err = wrtd("sched", "run", "--json", "--virtual", "--until", f"{jobs}ms", folder / "m.toml")
    doc = json.loads(out)
    return doc["bounds"][0], doc["findings"], doc["findings_count"]


def followed(folder):
    """Facts against jobs: loops and invocations are counted, and named when they are more than is stated."""
    (folder / "grows.wasm").write_bytes(GROWS)
    facts(folder, max=10, total=10, calls=10)
    bound, found, count = run(folder, "full")
    test("facts that hold", expect([found, count], [[], 0]), expect([bound["jobs_held"], bound["jobs_not_held"], bound["facts"]], [10, 0, 2]),
         expect(bound["observed"], bound["fuel_high"]), expect(bound["pessimism_permille"], 1000))
    high = bound["fuel_high"]
    bound, found, count = run(folder, "standard")
    test("facts are not counted at standard", expect([found, bound["jobs_held"], bound["facts"]], [[], 0, 0]))
    for what, numbers, first, times in [("max", {"max": 7, "total": 50, "calls": 50}, (7, 8, 7, "loop 0 of function 1"), 3), ("total", {"max": 50, "total": 4, "calls": 50}, (4, 5, 4, "in all"), 6),
                                        ("calls", {"max": 50, "total": 50, "calls": 9}, (9, 10, 9, "function 0 was called"), 1)]:
        facts(folder, **numbers)
        bound, found, count = run(folder, "full")
        false = [f for f in found if f["kind"] == "fact"]
        above = [f for f in found if f["kind"] == "above-bound"]
        test(f"a false {what}", expect(len(false), times), expect([false[0][k] for k in ("job", "seen", "limit")], list(first[:3])) if false else None,
             None if first[3] in json.dumps(false) else found, expect(bound["jobs_held"], 10), expect([f["job"] for f in above], [first[0]]),
             None if bound["fuel_high"] < high else f"the bound of the false fact is {bound['fuel_high']}")
        _, found, count = run(folder, "standard")
        test(f"a false {what} at standard", expect([f["kind"] for f in found], ["above-bound"]))
    _, found, count = run(folder, "full", 200)
    test("many findings are counted", expect(len(found), 64), None if count > 150 else count)


def redundant(folder):
    (folder / "m.toml").write_text(text("pedal.wasm", system='verification = "redundant"'))
    code, _, err = wrtd("sched", "run", folder / "m.toml")
    test("a run of redundant jobs", expect(code, 78), None if "W0960" in err else err)


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    OPTIONS = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for wasm in PROGRAMS.glob("*.wasm"):
            shutil.copy(wasm, folder)
        (folder / "open.wasm").write_bytes(OPEN)
        factors(folder)
        enforced(folder)
        without(folder)
        limits(folder)
        redundant(folder)
        followed(folder)
    print(f"{PASSED} passed, {FAILED} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
