#!/usr/bin/env python3
"""Task sets that nobody should send: `wrtd sched analyze` answers each with an error that names the place, or with a bounded
analysis that names the limit that ended it.

    hostile.py --wrtd build/release/wrtd [PART]

Ends with `N passed, N failed`.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

BIG = 1 << 60
PRIMES = [1000003, 1000033, 1000037, 1000039, 1000081, 1000099, 1000117, 1000121, 1000133, 1000151, 1000159]


def task(name, **more):
    return {"id": name, "T": 10, "D": 10, "C": 1, **more}


def tasks(*more, **top):
    return json.dumps({"tasks": list(more), **top})


# name, text of the file, exit code, parts of what is printed
REFUSED = [
    ("empty file", "", 65, ["W0941", "line 1"]),
    ("not JSON", '{"tasks": [\n  {"id": }\n]}', 65, ["error[W0941]: not JSON", "line 2, column"]),
    ("cut short", tasks(task("a"))[:-3], 65, ["W0941", "line 1"]),
    ("two keys of one name", '{"tasks": [{"id": "a", "T": 1, "T": 2, "C": 1}]}', 65, ["W0941", "duplicate"]),
    ("a number beyond 64 bits", '{"tasks": [{"id": "a", "T": 99999999999999999999, "C": 1}]}', 65, ["W0941", "too big"]),
    ("nested without end", "[" * 100000, 65, ["W0941"]),
    ("no object", "[]", 65, ["error[W0950]: a set of tasks is an object"]),
    ("no tasks", "{}", 65, ["there are no tasks"]),
    ("an empty list", '{"tasks": []}', 65, ["there are no tasks"]),
    ("tasks of another kind", '{"tasks": 3}', 65, ["there are no tasks"]),
    ("a task of another kind", '{"tasks": [\n7]}', 65, ["line 2, column 1", "task 1"]),
    ("a period of 0", '{"tasks": [\n {"id": "a", "T": 5, "C": 1},\n {"id": "b", "T": 0, "C": 1}]}', 65,
     ["error[W0950]: b: T = 0 is not in 1..1152921504606846976", "line 3, column 2"]),
    ("a negative period", tasks(task("a", T=-5)), 65, ["a: T = -5"]),
    ("a period that is no integer", tasks(task("a", T=2.5)), 65, ["a: T must be an integer"]),
    ("a period above 2^60", tasks(task("a", T=BIG + 1)), 65, ["a: T = 1152921504606846977"]),
    ("a deadline of 0", tasks(task("a", D=0)), 65, ["a: D = 0"]),
    ("no wcet", '{"tasks": [{"id": "a", "T": 3}]}', 65, ["a has no C"]),
    ("a wcet of 0", tasks(task("a", C=0)), 65, ["a: C = 0"]),
    ("no id", '{"tasks": [{"T": 3, "C": 1}]}', 65, ["task 1 has no id"]),
    ("an id twice", tasks(task("a"), task("b"), task("a")), 65, ['the id "a" is taken']),
    ("a misspelt key", tasks(task("a", pri=3)), 65, ['unknown key "pri"; did you mean "prio"?']),
    ("a key of nothing", '{"tasks": [], "tsks": []}', 65, ['unknown key "tsks"; did you mean "tasks"?']),
    ("a level beyond D", tasks({"id": "a", "T": 3, "level": 5, "Cs": [1] * 6}), 65, ["level = 5 is not in 0..4"]),
    ("too few budgets", tasks({"id": "a", "T": 3, "level": 2, "Cs": [1]}), 65, ["Cs must have 3 numbers"]),
    ("falling budgets", tasks({"id": "a", "T": 3, "level": 1, "Cs": [2, 1]}), 65, ["Cs must not fall"]),
    ("a level that is no level", tasks({"id": "a", "T": 3, "L": "MID", "C_LO": 1}), 65, ['L must be "LO" or "HI"']),
    ("C(HI) below C(LO)", tasks({"id": "a", "T": 9, "L": "HI", "C_LO": 4, "C_HI": 3}), 65, ["C_HI = 3 is not in 4.."]),
    ("levels of two kinds", tasks(task("a"), {"id": "b", "T": 9, "L": "LO", "C_LO": 4}), 65, ["either every task has L, or none"]),
    ("priorities of some", tasks(task("a", prio=0), task("b")), 65, ["either every task has prio, or none"]),
    ("np that is no truth", tasks(task("a", np=1)), 65, ["np must be true or false"]),
    ("a section of nobody", tasks(task("a"), critical_sections=[{"task": "x", "res": "r", "len": 1}]), 65,
     ['section 1: there is no task "x"']),
    ("a section without a length", tasks(task("a"), critical_sections=[{"task": "a", "res": "r"}]), 65, ["section 1 has no len"]),
    ("no cores", tasks(task("a"), cores=0), 65, ["the set: cores = 0"]),
    ("a deadline beyond the period at level C", tasks({"id": "a", "T": 9, "D": 12, "level": 3, "Cs": [1, 1, 1, 1]}), 65,
     ["error[W0604]", "amc-rtb is not defined with a deadline beyond the period"]),
    ("the same with two levels", tasks({"id": "a", "T": 9, "D": 12, "L": "HI", "C_LO": 1, "C_HI": 1}), 65, ["W0604"]),
]


def many(n, period):
    return tasks(*(task(f"t{k}", T=period, D=period, C=1, prio=k) for k in range(n)))


def full(periods):
    """U = 1 exactly, with jobs that are not preempted: only the hyperperiod bounds what must be looked at."""
    n = len(periods)
    return tasks(*(task(f"t{k}", T=n * p, D=n * p, C=p) for k, p in enumerate(periods)))


# name, text, exit code, what the document says: path -> value
BOUNDED = [
    ("a hundred thousand tasks", many(100000, 1 << 40), 122,
     {"reason": "analysis-limit", "limited_by": "iterations", "fp.limit": "iterations"}),
    ("a wcet beyond the deadline", tasks(task("a", C=BIG)), 122, {"reason": "utilisation|response", "edf.reason": "U>1"}),
    ("the largest numbers", tasks(*(task(f"t{k}", T=BIG, D=BIG, C=BIG // 4) for k in range(4))), 0,
     {"fp.R.t3": BIG, "edf.schedulable": True, "utilisation.U": "1/1"}),
    ("the largest numbers, one tick too much", tasks(*(task(f"t{k}", T=BIG, D=BIG, C=BIG // 4 + (k == 0)) for k in range(4))), 122,
     {"fp.schedulable": False, "edf.reason": "U>1", "utilisation.U": f"{BIG + 1}/{BIG}"}),
    ("a hyperperiod beyond 2^63", tasks(*(task(f"t{k}", T=p, D=p, C=p // 12) for k, p in enumerate(PRIMES))), 0,
     {"fp.schedulable": True, "edf.schedulable": True}),
    ("the same, full and not preempted", full(PRIMES), 122,
     {"edf.schedulable": True, "edf_np.schedulable": False, "edf_np.reason": "hyperperiod", "utilisation.U": "1/1"}),
    ("a jitter of many periods", tasks(task("a", J=BIG, C=1), task("b", T=100, D=100)), 122, {"fp.ok.a": False}),
    ("a full processor at 2^-60 from 1", tasks(task("a", T=BIG, D=BIG, C=BIG - 1), task("b", T=BIG - 1, D=BIG - 1, C=1)), 122,
     {"edf.reason": "U>1"}),
    ("a thousand coprime periods", tasks(*(task(f"t{k}", T=(1 << 40) + 2 * k + 1, D=1 << 40, C=1 << 20) for k in range(1000))), 0,
     {"utilisation.U": None, "fp.schedulable": True}),
]


def dig(document, path):
    for key in path.split("."):
        document = document[key]
    return document


def run(wrtd, text, *more):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(text)
        file.flush()
        return subprocess.run([wrtd, "sched", "analyze", *more, file.name], capture_output=True, text=True, timeout=240)


def check_refused(wrtd, text, code, parts):
    done = run(wrtd, text)
    if done.returncode != code:
        yield f"exit code {done.returncode}, expected {code}"
    yield from (f"stderr lacks {part!r}: {done.stderr!r}" for part in parts if part not in done.stderr)
    document = json.loads(run(wrtd, text, "--json").stdout)
    if document["schema"] != "wrt.error/1" or document["exit_code"] != code:
        yield f"no document of the error: {document}"


def check_bounded(wrtd, text, code, says):
    done = run(wrtd, text, "--json", "--iterations", "20M")
    if done.returncode != code:
        yield f"exit code {done.returncode}, expected {code}: {done.stderr}"
        return
    document = json.loads(done.stdout)
    for path, value in says.items():
        got = dig(document, path)
        if got not in value.split("|") if isinstance(value, str) else got != value:
            yield f"{path} is {got!r}, expected {value!r}"


def check_limit(wrtd):
    """A limit on steps refuses, names itself, and never turns a refusal into an acceptance."""
    text = tasks(*(task(f"t{k}", T=1000 + 7 * k, D=1000 + 7 * k, C=20) for k in range(40)))
    done = run(wrtd, text, "--iterations", "100")
    if done.returncode != 122 or "analysis-limit, stopped by its limit on iterations" not in done.stdout:
        yield f"exit code {done.returncode}: {done.stdout}"
    if run(wrtd, text, "--iterations", "1M").returncode != 0:
        yield "1M steps are not enough"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", required=True)
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    cases = [(c[0], check_refused, c[1:]) for c in REFUSED] + [(c[0], check_bounded, c[1:]) for c in BOUNDED]
    cases.append(("a limit on steps", check_limit, ()))
    passed = failed = 0
    for name, check, arguments in cases:
        if options.part not in name:
            continue
        found = list(check(options.wrtd, *arguments))
        passed, failed = passed + (not found), failed + bool(found)
        for line in found:
            print(f"{name}: {line[:600]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
