#!/usr/bin/env python3
"""`wrtd sched run`: real programs of a manifest, admission, injection, exit codes, traces, documents against their schemas.

    run.py [--wrtd build/release/wrtd]

Nothing here asserts how long anything took. Ends with `N passed, N failed`.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cli"))
import schema       # noqa: E402

OPTIONS = None
PASSED = FAILED = 0
BASE = """manifest = 1
[system]
name = "bbw"
cores = [0, 1]
clock = "fuel"
ns-per-kfuel = 5000
max-utilization = 1
max-utilization-per-level = 1

[component.pedal]
file = "pedal.wasm"
asil = "D"
[component.slip]
file = "slip.wasm"
asil = "C"
[component.lidar]
file = "lidar.wasm"
asil = "B"
[component.log]
file = "log.wasm"

[[task]]
name = "pedal"
component = "pedal"
call = "step()"
period = "5ms"
deadline = "4ms"
np-max = 2000
wcet = { fuel = 2000 }
[[task]]
name = "slip"
component = "slip"
call = "step()"
period = "10ms"
core = 1
wcet = { fuel = 5000, overload-fuel = 8000 }
[[task]]
name = "lidar"
component = "lidar"
call = "step()"
period = "50ms"
core = 1
wcet = { fuel = "100k" }
[[task]]
name = "log"
component = "log"
call = "step()"
period = "100ms"
wcet = { fuel = "200k" }
"""
# A task that says what it is told to: spins(n) burns about 4 n fuel, `wrong` makes it endless, trap() traps, out() writes.
WAT = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $wrong (mut i32) (i32.const 0)) (export "wrong" (global $wrong))
  (global (export "place") i32 (i32.const 64))
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00") (data (i32.const 16) "hello\\n")
  (func (export "spin") (param i32) (loop $l
    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
    (br_if $l (i32.or (i32.gt_s (local.get 0) (i32.const 0)) (i32.or (global.get $wrong) (i32.load8_u (i32.const 64)))))))
  (func (export "trap") unreachable)
  (func (export "out") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""


def wrtd(*args, **more):
    done = subprocess.run([OPTIONS.wrtd, *map(str, args)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **more)
    return done.returncode, done.stdout, done.stderr


def test(name, *problems):
    global PASSED, FAILED
    found = [p for p in problems if p]
    FAILED, PASSED = FAILED + bool(found), PASSED + (not found)
    if found:
        print(f"{name}: " + "\n    ".join(found)[:3000])


def document(name, out):
    doc = json.loads(out)
    root = json.loads(wrtd("schema", doc["schema"][4:-2])[1])
    test(f"{name}: schema", *list(schema.check(doc, root, root))[:5])
    return doc


def rows(doc):
    return {t["name"]: t for t in doc["tasks"]}


def real_programs(folder):
    path = folder / "bbw.toml"
    path.write_text(BASE)
    code, out, err = wrtd("sched", "run", "--json", "--until", "1s", "--trace", folder / "a.wtr", path)
    doc = document("run", out)
    t = rows(doc)
    test("run", None if code == 0 and doc["ran"] and doc["admission"]["verdict"] == "schedulable" else f"{code} {err} {out}",
         None if [t[n]["done"] for n in ("pedal", "slip", "lidar", "log")] == [200, 100, 20, 10] else str({n: v["done"] for n, v in t.items()}),
         None if all(v["misses"] == 0 and v["fuel_max"] <= v["wcet_fuel"] for v in t.values()) else out)
    again = wrtd("sched", "run", "--json", "--until", "1s", "--trace", folder / "b.wtr", path)[1]
    test("the same twice", None if json.loads(again)["schedule_hash"] == doc["schedule_hash"] and (folder / "a.wtr").read_bytes() == (folder / "b.wtr").read_bytes() else "two runs differ")
    parts = wrtd("sched", "run", "--json", "--until", "1s", path)[1]
    test("a trace changes nothing", None if json.loads(parts)["schedule_hash"] == doc["schedule_hash"] else "the schedule differs without --trace")
    code, out, err = wrtd("trace", "convert", "--to", "text", folder / "a.wtr")
    test("the trace has names", None if code == 0 and "pedal" in out and "RELEASE" in out else out[:300] + err)
    code, out, err = wrtd("sched", "run", "--until", "200ms", path)
    test("text", None if code == 0 and "lidar |" in out and "schedulable" in out and "outside event to running higher task <=" in out and "schedule hash" in out else out + err)
    simulated = json.loads(wrtd("sched", "simulate", "--json", "--until", "1s", "--wcet", f"measured:{folder / 'a.wtr'}", path)[1])
    test("what was measured can be simulated", None if rows(simulated)["pedal"]["fuel_max"] == t["pedal"]["fuel_max"] else str(simulated["tasks"][0]))
    path.write_text(BASE.replace('name = "bbw"', 'name = "bbw"\nseal = true'))
    code, out, err = wrtd("sched", "run", "--json", "--until", "1s", path)
    test("sealed", None if code == 0 and json.loads(out)["schedule_hash"] == doc["schedule_hash"] else err)
    path.write_text(BASE + '[observe]\ntrace = { file = "c.wtr" }\n')
    code, out, err = wrtd("sched", "run", "--json", "--until", "1s", path)
    test("the trace of the manifest", None if code == 0 and (folder / "c.wtr").exists() else err)


def refused(folder):
    path = folder / "no.toml"
    path.write_text(BASE.replace('wcet = { fuel = "200k" }', 'deadline = "40ms"\nwcet = { fuel = "10M" }'))
    code, out, err = wrtd("sched", "run", "--json", "--until", "100ms", path)
    doc = document("refused", out)
    test("refused", None if code == 122 and not doc["ran"] and doc["admission"]["verdict"] == "refused" and 'W0962]: task "log" cannot meet its deadline' in err else f"{code} {err}")
    code, out, err = wrtd("sched", "analyze", "--json", path)
    test("analyze says the same", None if code == 122 and document("analyze", out)["admission"]["first"] == "log" else out)
    code, out, err = wrtd("sched", "run", "--json", "--force", "--until", "100ms", path)
    test("--force", None if code == 0 and json.loads(out)["ran"] and "warning[W0962]" in err else f"{code} {err}")
    path.write_text(BASE.replace("[system]", '[system]\npolicy = "cooperative"'))
    code, out, err = wrtd("sched", "run", "--json", "--until", "100ms", path)
    verdict = json.loads(out)["admission"]
    test("first come first served", None if (code, verdict["verdict"], verdict["test"]) == (0, "schedulable", "first come first served bound")
         else f"{code} {verdict} {err}")


def own_program(folder):
    (folder / "p.wat").write_text(WAT)
    tool = OPTIONS.wasm_tools
    if not pathlib.Path(tool).exists():
        return print("skipped: no wasm-tools for the programs of this test")
    subprocess.run([tool, "parse", folder / "p.wat", "-o", folder / "p.wasm"], check=True)
    head = '[system]\nclock = "fuel"\nns-per-kfuel = 1000000\nmax-utilization = 1\nmax-utilization-per-level = 1\noverhead-factor = 1\n'
    task = lambda name, call, more="": f'[component.{name}]\nfile = "p.wasm"\n[[task]]\nname = "{name}"\ncomponent = "{name}"\ncall = "{call}"\nperiod = "10ms"\nwcet = {{ fuel = 5000 }}\n{more}\n'
    path = folder / "p.toml"

    def run(text, *args):
        path.write_text("manifest = 1\n" + head + text)
        code, out, err = wrtd("sched", "run", "--json", "--until", "100ms", *args, path)
        return code, json.loads(out) if out.startswith("{") else {}, err

    code, doc, err = run(task("a", "spin(10)", 'fault = "wrong"'), "--inject", "overrun:a@35ms")
    t = rows(doc)["a"] if doc else {}
    test("an injected overrun is one job's", None if code == 0 and (t["overruns"], t["aborted"], t["done"], t["releases"]) == (1, 1, 9, 10) else f"{code} {t} {err}")
    code, doc, err = run(task("a", "spin(10)", 'fault = "place"'), "--inject", "overrun:a@35ms")
    test("a fault in memory", None if code == 0 and rows(doc)["a"]["overruns"] == 1 and rows(doc)["a"]["done"] == 9 else f"{code} {doc} {err}")
    code, doc, err = run(task("a", "spin(10)"), "--inject", "overrun:a@35ms")
    test("no fault is named", None if code == 64 and "W0964]: task `a` names no fault" in err else f"{code} {err}")
    code, doc, err = run(task("a", "trap()"))
    test("traps", None if code == 0 and rows(doc)["a"]["failed"] == 10 else f"{code} {doc} {err}")
    code, doc, err = run(task("a", "spin(100000)", ""))
    test("overruns are not misses", None if code == 0 and rows(doc)["a"]["overruns"] == 10 else f"{code} {doc} {err}")
    code, doc, err = run(task("a", "spin(100)").replace("fuel = 5000", 'fuel = 5000').replace('period = "10ms"', 'period = "10ms"\ndeadline = "100us"'), "--force")
    test("misses", None if code == 121 and rows(doc)["a"]["misses"] == 10 else f"{code} {doc} {err}")
    code, doc, err = run(task("a", "out()"))
    test("output beside a document goes to stderr", None if code == 0 and err.count("hello") == 10 else f"{code} {err}")
    code, out, err = wrtd("sched", "run", "--until", "50ms", path)
    test("output", None if code == 0 and out.count("hello") == 5 else out + err)
    sporadic = task("a", "spin(10)").replace('period = "10ms"', 'min-separation = "10ms"')
    code, doc, err = run(sporadic, "--inject", "release:a@7ms", "--inject", "release:a@9ms", "--inject", "release:a@30ms")
    test("released from outside", None if code == 0 and (rows(doc)["a"]["done"], rows(doc)["a"]["refused"]) == (2, 1) else f"{code} {doc} {err}")
    code, doc, err = run(task("a", "spin(10)").replace("p.wasm", "missing.wasm"))
    test("a manifest that is wrong", None if code == 78 else f"{code} {err}")
    needs = folder / "n.wat"
    needs.write_text('(module (import "host" "f" (func)) (func (export "spin") (param i32)))')
    subprocess.run([tool, "parse", needs, "-o", folder / "n.wasm"], check=True)
    code, doc, err = run(task("a", "spin(10)").replace("p.wasm", "n.wasm"))
    test("an import that nobody has", None if code == 69 and "host" in err else f"{code} {err}")
    code, doc, err = run(task("a", "spin(10)").replace('file = "p.wasm"', 'file = "p.wasm"\nlimits = { memory = 1000 }'))
    test("less memory than it needs", None if code in (125, 69) else f"{code} {err}")


def real_time(folder):
    path = folder / "rt.toml"
    path.write_text(BASE.replace('clock = "fuel"', 'clock = "monotonic"'))
    code, out, err = wrtd("sched", "run", "--json", "--until", "300ms", path)
    doc = document("monotonic", out)
    t = rows(doc)
    test("monotonic", None if code in (0, 121) and doc["clock"] == "monotonic" and t["pedal"]["releases"] in (60, 61) and len(doc["cores"]) == 2 else f"{code} {out} {err}")
    code, out, err = wrtd("sched", "run", "--json", "--virtual", "--until", "1s", path)
    test("--virtual", None if code == 0 and json.loads(out)["clock"] == "fuel" and rows(json.loads(out))["pedal"]["done"] == 200 else f"{code} {err}")
    p = subprocess.Popen([OPTIONS.wrtd, "sched", "run", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=20)
    test("a signal ends it with a report", None if p.returncode in (0, 121, 130) and rows(json.loads(out))["pedal"]["releases"] > 0 else f"{p.returncode} {out} {err}")


def calibrated(folder):
    """The form of the board file, and that a manifest takes it; not how fast this machine is."""
    code, out, err = wrtd("bench", "--calibrate", "--json", "--runs", "3", "--warmup", "1", "-o", folder / "here.board.toml")
    doc = document("calibrate", out)
    names = [c["class"] for c in doc["classes"]]
    test("calibrate", None if code == 0 and doc["ns_per_kfuel"] >= max(c["worst_ns_per_kfuel"] for c in doc["classes"]) else f"{code} {out} {err}",
         None if {"alu", "mul", "div", "load", "store", "call", "br_table", "float", "bulk", "host_call"} <= set(names) else str(names), None if all(c["samples"] == 3 for c in doc["classes"]) else out)
    board = tomllib.loads((folder / "here.board.toml").read_text())
    test("board", None if board["board"] == 1 and board["ns-per-kfuel"] == doc["ns_per_kfuel"] and set(board["class"]) == set(names) and board["fuel-table-hash"] == doc["fuel_table_hash"] and board["cpu"] and len(board["build"]) == 16 else str(board))
    path = folder / "b.toml"
    path.write_text(BASE.replace("ns-per-kfuel = 5000", 'board = "here.board.toml"'))
    code, out, err = wrtd("sched", "analyze", "--json", path)
    test("a manifest takes the board", None if code in (0, 122) and json.loads(out)["ns_per_kfuel"] == doc["ns_per_kfuel"] else f"{code} {err}")
    real = BASE.replace("ns-per-kfuel = 5000", 'board = "BOARD.toml"').replace('clock = "fuel"', 'clock = "monotonic"')
    text = (folder / "here.board.toml").read_text()
    (folder / "moved.toml").write_text(text.replace(f'cpu = "{board["cpu"]}"', 'cpu = "Abacus"').replace(board["build"], "0" * 16))
    path.write_text(real.replace("BOARD", "here.board"))
    here = wrtd("sched", "run", "--force", "--json", "--until", "20ms", path)[2]
    path.write_text(real.replace("BOARD", "moved"))
    moved = wrtd("sched", "run", "--force", "--json", "--until", "20ms", path)[2]
    test("a board of another machine is told", None if "measured on another processor: Abacus" in moved and "another build of wrtd" in moved else moved, here if "measured" in here else None)
    path.write_text(BASE.replace("ns-per-kfuel = 5000", 'board = "here.board.toml"'))
    path.write_text(path.read_text().replace("[system]", '[system]\nfuel-table = "unit"'))
    code, out, err = wrtd("sched", "analyze", "--json", path)
    test("a board of another table is refused", None if code == 78 and "W0961" in err else f"{code} {err}")
    code, out, err = wrtd("bench", "--calibrate", "x.wasm")
    test("calibrate takes no file", None if code == 64 else f"{code} {err}")


def real_faults(folder):
    """A fault comes into a run in real time without stopping it, on the core of its task."""
    text = (ROOT / "examples" / "brake-by-wire" / "brake-by-wire.toml").read_text().replace('clock = "fuel"', 'clock = "monotonic"')
    path = folder / "live.toml"
    path.write_text(text.replace("ns-per-kfuel = 100_000", "ns-per-kfuel = 10_000"))
    code, out, err = wrtd("sched", "run", "--json", "--until", "400ms", "--inject", "overrun:lidar@120ms", "--trace", folder / "live.wtr", path)
    doc = json.loads(out) if code in (0, 121) else {}
    tasks = {t["name"]: t for t in doc.get("tasks", [])}
    test("a fault in real time", f"{code} {err}" if not tasks else None if tasks["lidar"]["overruns"] >= 1 and tasks["pedal"]["overruns"] == 0 else out)
    text = wrtd("trace", "convert", "--to", "text", folder / "live.wtr")[1]
    test("the trace of it", None if "OVERRUN" in text else text[:400])


def hostile(folder):
    """Disks that are full, sets that are too large, a policy that a set was not made for."""
    example = ROOT / "examples" / "brake-by-wire" / "brake-by-wire.toml"
    for part in ("run", "simulate"):
        for option in ("--trace", "--report"):
            code, _, err = wrtd("sched", part, "--virtual", "--until", "1s", option, "/dev/full", example)
            test(f"{part} {option} on a full disk", None if code == 74 and "cannot write" in err else f"{code} {err}")
    tasks = [{"id": f"t{k}", "C": 1, "T": 1000000 + k, "D": 1000000} for k in range(70000)]
    base = {"id": "x", "class": "fp", "time_unit": "1"}
    (folder / "many.json").write_text(json.dumps(dict(base, tasks=tasks)))
    code, _, err = wrtd("sched", "simulate", "--policy", "edf", "--until", "1ms", folder / "many.json")
    test("a set that is too large", None if code == 125 and "70000 tasks" in err else f"{code} {err}")
    (folder / "bands.json").write_text(json.dumps(dict(base, tasks=[dict(t, C=10, band=1) for t in tasks[:3]])))
    for policy in ("rm+edf", "edf", "rm"):
        code, out, err = wrtd("sched", "simulate", "--policy", policy, "--until", "2ms", "--json", folder / "bands.json")
        test(f"bands under {policy}", None if code == 0 else f"{code} {err}")


PLACES = """manifest = 1
[system]
name = "places"
policy = "edf"
clock = "fuel"
ns-per-kfuel = 1000
mode-switching = false
[component.a]
file = "jobs.wasm"
[component.b]
file = "jobs.wasm"
[[task]]
name = "liar"
component = "a"
call = "burn_5(1000)"
period = "1us"
asil = "B"
wcet = { fuel = 300 }
[[task]]
name = "slow"
component = "b"
call = "burn_9(500)"
period = "2us"
deadline = "1us"
asil = "B"
wcet = { fuel = 4000 }
"""


def idle_core(folder):
    """A core that no task is on."""
    shutil.copy(ROOT / "tests" / "fixtures" / "jobs.wasm", folder)
    path = folder / "idle.toml"
    path.write_text(PLACES.replace('policy = "edf"', 'policy = "edf"\ncores = [0, 1, 2]').replace('asil = "B"', 'asil = "B"\ncore = 1'))
    for part in ("run", "simulate"):
        code, out, err = wrtd("sched", part, "--json", *(["--force"] if part == "run" else []), "--until", "8us", path)
        test(f"{part} with an idle core", None if code == 121 and json.loads(out)["total"]["releases"] == 12 else f"{code} {out[:300]} {err}")


def places(folder):
    """Where a deadline was missed and a budget overrun: name of the function and offset, in figures, trace and report."""
    shutil.copy(ROOT / "tests" / "fixtures" / "jobs.wasm", folder)
    path, trace, page = folder / "places.toml", folder / "places.wtr", folder / "places.html"
    path.write_text(PLACES)
    code, out, err = wrtd("sched", "run", "--force", "--until", "8us", "--trace", trace, "--report", page, path)
    test("places in the text", None if code == 121 and "liar: job 0 overran its budget at 300 ns, in burn_5 +0x" in out
         and "slow: job 0 missed its deadline at 1 us, in burn_9 +0x" in out else f"{code} {out} {err}")
    code, out, err = wrtd("sched", "run", "--force", "--json", "--until", "8us", path)
    tasks = {t["name"]: t for t in json.loads(out)["tasks"]}
    liar, slow = tasks["liar"].get("first_overrun", {}), tasks["slow"].get("first_miss", {})
    test("places in the document", None if liar.get("name") == "burn_5" and slow.get("name") == "burn_9" and slow["at_ns"] == 1000
         and "first_overrun" not in tasks["slow"] else out)
    text = wrtd("trace", "convert", "--to", "text", trace)[1]
    lines = [l for l in text.splitlines() if "OVERRUN" in l or "MISS" in l]
    test("places in the trace", None if any("OVERRUN" in l and l.endswith("in burn_5") for l in lines) and
         any("MISS" in l and l.endswith("in burn_9") for l in lines) else text)
    viewer = wrtd("trace", "convert", trace)[1]
    test("places for viewers", None if any(e.get("args", {}).get("place", "").startswith("burn_9 +0x") for e in json.loads(viewer)["traceEvents"]) else viewer[:2000])
    test("places in the report", None if '"place":"burn_9 +0x' in page.read_text() and '"place":"burn_5 +0x' in page.read_text() else "no name")
    code, out, err = wrtd("trace", "convert", "--to", "html", "-o", folder / "drawn.html", trace)
    test("places in a picture", None if '"place":"burn_9 +0x' in (folder / "drawn.html").read_text() else "no name")
    code, out, err = wrtd("trace", "diff", trace, trace)
    test("names are no records", None if code == 0 else f"{code} {out}")


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--wasm-tools", default=os.environ.get("WASM_TOOLS", str(pathlib.Path(sys.executable).parent / "wasm-tools")))
    OPTIONS = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for program in (ROOT / "examples" / "brake-by-wire").glob("*.wasm"):
            shutil.copy(program, folder)
        real_programs(folder)
        refused(folder)
        own_program(folder)
        real_time(folder)
        real_faults(folder)
        hostile(folder)
        places(folder)
        idle_core(folder)
        calibrated(folder)
    print(f"{PASSED} passed, {FAILED} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
