#!/usr/bin/env python3
"""Every task set with a known answer: `wrtd sched analyze --json` must give the same verdict, response time, blocking,
violated instant and fraction under every key.

    vectors.py --wrtd build/release/wrtd [--inputs ../shared/realtime/tasksets] [PART]

The sets of tests/admission/sets/ are always run; those of the inputs where they are. An assignment of priorities is not
compared: any that passes will do, so it is given to the analysis again. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INFORMATIVE = {"limit", "qpa_points"}


def analyze(wrtd, path):
    done = subprocess.run([wrtd, "sched", "analyze", "--json", path], capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 122):
        return None, f"exit code {done.returncode}: {done.stderr.strip()}"
    return json.loads(done.stdout), None


def differences(want, got, place):
    """What of `want` is missing or other in `got`."""
    if isinstance(want, dict):
        if not isinstance(got, dict):
            yield f"{place} is {got!r}, expected an object"
            return
        for key, value in want.items():
            if key in INFORMATIVE or (key == "prio" and value is not None):
                continue
            if key not in got:
                yield f"{place}.{key} is missing"
            else:
                yield from differences(value, got[key], f"{place}.{key}")
        for key in got.keys() - want.keys() if place.endswith((".R", ".ok", ".B", ".assignment", ".bands")) else ():
            yield f"{place}.{key} is one too many"
    elif want != got or type(want) is not type(got):
        yield f"{place} is {got!r}, expected {want!r}"


def assignments(wrtd, tasks, answers):
    """An order that Audsley's algorithm gives must be a permutation and pass its own test."""
    for key, answer in answers.items():
        prio = answer.get("opa", {}).get("prio") if isinstance(answer, dict) else None
        if not prio:
            continue
        if sorted(prio.values()) != list(range(len(tasks))) or set(prio) != {t["id"] for t in tasks}:
            yield f"{key}.opa.prio is no order of the tasks"
            continue
        ordered = {"tasks": [dict(t, prio=prio[t["id"]]) for t in tasks]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(ordered, file)
            file.flush()
            got, problem = analyze(wrtd, file.name)
        if problem or not got[key]["schedulable"]:
            yield f"{key}.opa.prio does not pass {key}: {problem or 'not schedulable'}"


def check(wrtd, path):
    case = json.loads(path.read_text())
    got, problem = analyze(wrtd, path)
    if problem:
        return [problem]
    found = list(differences(case["expected"], got, "")) + list(differences(case["expected"], got["expected"], "expected"))
    return found + list(assignments(wrtd, case["tasks"], got["expected"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", required=True)
    parser.add_argument("--inputs", default=str(HERE.parents[2].parent / "shared" / "realtime" / "tasksets"))
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    own = sorted((HERE / "sets").glob("*.json"))
    shared = sorted(pathlib.Path(options.inputs).glob("*.json"))
    passed = failed = keys = 0
    for path in own + shared:
        if options.part not in path.name:
            continue
        found = check(options.wrtd, path)
        keys += len(json.loads(path.read_text())["expected"])
        passed, failed = passed + (not found), failed + bool(found)
        for line in found[:10]:
            print(f"{path.name}: {line}")
    if not shared:
        print(f"skipped: no task sets in {options.inputs}")
    print(f"{keys} answers in {passed + failed} sets")
    print(f"{passed} passed, {failed} failed, {int(not shared)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
