#!/usr/bin/env python3
"""Manifests: what is read, every complaint with its place, reason and help, limits, paths, and docs/manifest.md.

    manifest.py [--wrtd build/release/wrtd] [--write] [PART]     --write renews the table of keys in docs/manifest.md

Ends with `N passed, N failed`.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "examples" / "brake-by-wire"
OPTIONS = None
PASSED, FAILED = 0, 0

BASE = """manifest = 1
[system]
name = "test"
policy = "rm+edf"
cores = [0, 3]
clock = "fuel"
ns-per-kfuel = 5000
max-utilization = 1
max-utilization-per-level = 1
overhead-factor = 1

[component.lidar]
file = "lidar.wasm"

[component.pedal]
file = "pedal.wasm"
asil = "C"

[[task]]
name = "one"
component = "pedal"
call = "step()"
period = "5ms"
deadline = "4ms"
wcet = { fuel = 50000 }

[[task]]
name = "two"
component = "lidar"
call = "step()"
period = "50ms"
core = 3
wcet = { fuel = "1M" }
"""


def wrtd(*args, **more):
    done = subprocess.run([OPTIONS.wrtd, *map(str, args)], capture_output=True, timeout=60, stdin=subprocess.DEVNULL, **more)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def test(name, *problems):
    global PASSED, FAILED
    if OPTIONS.part and OPTIONS.part not in name:
        return
    found = [p for p in problems if p]
    if found:
        FAILED += 1
        print(f"{name}: " + "\n    ".join(found))
    else:
        PASSED += 1


def analyze(folder, text, name="m.toml", *args):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return wrtd("sched", "analyze", *args, folder / name)


def place_of(text, mark):
    """Line and column of ^ in the text, which is taken out."""
    at = text.index(mark)
    before = text[:at]
    return text.replace(mark, "", 1), before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


# ---- complaints: what is replaced, by what (ยง marks the place of the fault), parts of the message ---------------------------
MARK = "\u0e5b"
FAULTS = [
    # the file and its keys
    ("manifest = 1\n", f"{MARK}name = 1\n", "W0952]: a manifest has no key `name`", "it is a key of [system]"),
    ("manifest = 1", f"manifest = {MARK}2", "W0953", "`manifest` is out of range: 1 to 1"),
    ("manifest = 1", f"{MARK}manifst = 1", "W0952", "did you mean `manifest`?"),
    ('policy = "rm+edf"', f'{MARK}polcy = "rm+edf"', "W0952]: [system] has no key `polcy`", "did you mean `policy`?"),
    ('period = "5ms"', f'{MARK}perid = "5ms"', "W0952]: a task has no key `perid`", "did you mean `period`?"),
    ("wcet = { fuel = 50000 }", f"wcet = {{ fuel = 50000, {MARK}overlod-fuel = 1 }}", "W0952]: wcet has no key", "did you mean `overload-fuel`?"),
    ('asil = "C"', f'{MARK}host = "C"', "W0952", "it is a key of a folder of dirs"),
    ('name = "test"', f'name = {MARK}test', "W0951]: `test` is no value", "strings stand in quotes"),
    ('name = "test"', f'name = "a"\n{MARK}name = "b"', "W0951]: `name` is given twice", "the first one stands in line 3"),
    # types and forms
    ('name = "test"', f"name = {MARK}5", "W0953]: `name` has the wrong type: found an integer, expected a string"),
    ('name = "test"', f'name = {MARK}"a b"', "W0953", "^^^^^ 1 to 31 letters, digits, - _ ."),
    ('name = "test"', f'name = {MARK}""', "W0953"),
    ('policy = "rm+edf"', f'policy = {MARK}"rm-edf"', "W0953]: `rm-edf` is no value for `policy`", "did you mean `rm+edf`?"),
    ('policy = "rm+edf"', f'policy = {MARK}"fastest"', "W0953", "one of cooperative|round-robin|"),
    ("cores = [0, 3]", f"cores = {MARK}[]", "W0953]: 1 to 64 cores, found 0"),
    ("cores = [0, 3]", f"cores = [0, {MARK}0, 3]", "W0953]: core 0 is listed twice"),
    ("cores = [0, 3]", f"cores = [0, 3, {MARK}-1]", "W0953", "out of range"),
    ("cores = [0, 3]", f'cores = [0, 3, {MARK}"1"]', "W0953", "expected an array of numbers"),
    ("cores = [0, 3]", f"cores = {MARK}2", "W0953", "found an integer, expected an array of numbers"),
    ("ns-per-kfuel = 5000", f"ns-per-kfuel = {MARK}0", "W0953", "out of range: 1 to"),
    ("ns-per-kfuel = 5000", f'ns-per-kfuel = {MARK}"5ms"', "W0953", "expected a count like 20 or"),
    ("max-utilization = 1", f"max-utilization = {MARK}1.5", "W0953", "out of range: above 0 to 1"),
    ("max-utilization = 1", f'max-utilization = {MARK}"1/0"', "W0953", "division by 0"),
    ("max-utilization = 1", f'max-utilization = {MARK}"half"', "W0953", 'a number like 0.5, "1.15" or "23/20"'),
    ("max-utilization = 1", f"max-utilization = {MARK}0.3333333333333333", "W0953", "too many digits"),
    ("overhead-factor = 1", f"overhead-factor = {MARK}0.9", "W0953", "1 to 1000"),
    ("overhead-factor = 1", f"overhead-factor = {MARK}1e3", "W0953"),
    ("overhead-factor = 1", f"return-after = {MARK}0", "W0953"),
    ("overhead-factor = 1", f'return-after = {MARK}"ever"', "W0953"),
    ('period = "5ms"', f'period = {MARK}"5"', "W0953", "the unit is missing"),
    ('period = "5ms"', f'period = {MARK}5', "W0953", "the unit is missing"),
    ('period = "5ms"', f'period = {MARK}"5 ms"', "W0953", "units are ns, us, ms"),
    ('period = "5ms"', f'period = {MARK}"-5ms"', "W0953"),
    ('period = "5ms"', f'period = {MARK}"0.5ns"', "W0953", "not a whole number of nanoseconds"),
    ('period = "5ms"', f'period = {MARK}"9999999999h"', "W0953", "too long"),
    ('period = "5ms"', f'period = {MARK}"99999999999999999999ms"', "W0953"),
    ("wcet = { fuel = 50000 }", f"wcet = {MARK}50000", "W0953", "found an integer, expected a table"),
    ("wcet = { fuel = 50000 }", f"wcet = {{ fuel = {MARK}0 }}", "W0953"),
    ("wcet = { fuel = 50000 }", f'wcet = {{ fuel = {MARK}"2Q" }}', "W0953"),
    ("wcet = { fuel = 50000 }", f"wcet = {{ fuel = {MARK}1152921504606846977 }}", "W0953"),
    ('asil = "C"', f'asil = {MARK}"E"', "W0953", "one of QM|A|B|C|D"),
    ('asil = "C"', f'sha256 = {MARK}"12"', "W0953", "expected 64 hexadecimal digits"),
    ("[component.lidar]\n", f"[component]\n{MARK}x = 5\n[component.lidar]\n", "W0953]: `component` holds tables"),
    # missing
    ("manifest = 1\n", "", "W0954]: the file does not say that it is a manifest", "manifest = 1 is its first line"),
    ("ns-per-kfuel = 5000\n", "", "W0954]: [system] lacks the rate", "1 fuel = 1 ms"),
    ('file = "pedal.wasm"\n', "", "W0954]: component `pedal` lacks `file`"),
    ('component = "pedal"\n', "", "W0954]: task `one` lacks `component`"),
    ('period = "5ms"\n', "", "W0954]: task `one` has neither `period` nor `min-separation`"),
    ("wcet = { fuel = 50000 }\n", "", "W0954]: task `one` lacks `wcet`"),
    ("wcet = { fuel = 50000 }", f"{MARK}wcet = {{ }}", "W0954]: `wcet` lacks `fuel`"),
    ('asil = "C"', 'asil = "D"', "W0954]: task `one` is not preempted and lacks `np-max`", "np-max = 50000"),
    ('core = 3', f"{MARK}np = true\ncore = 3", "W0954]: task `two` is not preempted and lacks `np-max`"),
    # names
    ('component = "pedal"', f'component = {MARK}"pedall"', "W0955]: no component `pedall`", "did you mean `pedal`?"),
    ('name = "two"', f'name = {MARK}"one"', "W0955]: two tasks have the name `one`", "the first one stands in line 20"),
    ("core = 3", f"core = {MARK}1", "W0955]: core 1 is not listed", "system.cores = [0, 3]"),
    ("core = 3", f'server = {MARK}"s"\ncore = 3', "W0955]: no server `s`"),
    ('call = "step()"\nperiod = "50ms"', f'call = {MARK}"stp()"\nperiod = "50ms"', "W0924]: component `lidar` exports no function `stp`", "did you mean `step`?"),
    ('call = "step()"\nperiod = "50ms"', f'call = {MARK}"step(1)"\nperiod = "50ms"', "W0922]: `step` takes 0 arguments, 1 given", "func() -> i32"),
    ('call = "step()"\nperiod = "50ms"', f'call = {MARK}"step("\nperiod = "50ms"', "W0953]: the call cannot be read"),
    ("core = 3", f'fault = {MARK}"nothing"\ncore = 3', "W0924]: component `lidar` exports no global `nothing`"),
    # sense
    ('deadline = "4ms"', f'deadline = {MARK}"6ms"', "W0956]: at level C the deadline is within the period"),
    ('period = "5ms"', f'{MARK}period = 0', "W0956]: a period of 0 would release without end"),
    ('deadline = "4ms"', f'{MARK}deadline = "0ms"', "W0956]: a deadline of 0"),
    ("core = 3", f'{MARK}min-separation = "1ms"\ncore = 3', "W0956", "a period says it already"),
    ("wcet = { fuel = 50000 }", f"wcet = {{ fuel = 50000, {MARK}overload-fuel = 49999 }}", "W0956", "budgets do not fall"),
    ("wcet = { fuel = 50000 }", f"wcet = {{ fuel = 5, overload-fuel = 9, {MARK}critical-fuel = 8 }}", "W0956"),
    ("wcet = { fuel = 50000 }", f"wcet = {{ fuel = 50000 }}\n{MARK}bcet = 50001", "W0956]: `bcet` is above wcet.fuel"),
    ('asil = "C"', 'asil = "D"\nlimits = { tasks = 1 }', "np-max"),
    ("wcet = { fuel = 50000 }", f'wcet = {{ fuel = 50000 }}\non-overrun = {MARK}"extend:10%"', "W0956]: budgets are not extended at level C"),
    ("core = 3", f'on-overrun = {MARK}"extend:0%"\ncore = 3', "W0953", "1 to 1000 percent"),
    ("core = 3", f'on-overrun = {MARK}"explode"\ncore = 3', "W0953", "expected abort, suspend, trap or extend:10%"),
    ("core = 3", f'on-drop = {MARK}"degrade:1"\ncore = 3', "W0953", "degrade:N with N from 2"),
    ("core = 3", f'np = true\n{MARK}np-max = 999999\ncore = 3', "W0956]: `np-max` is below a budget"),
    ("core = 3", f'{MARK}slots = [{{ at = 0, length = "1ms" }}]\ncore = 3', "W0956]: slots are for the policy time-triggered"),
    ('component = "lidar"', f'component = "pedal"', "W0956]: component `pedal` is used on two cores"),
    ("wcet = { fuel = 50000 }", f"wcet = {MARK}{{ fuel = 1152921504606846976 }}", "W0956", "more than 2^62 ns"),
    ("overhead-factor = 1", f'mode-switching = true\n{MARK}on-overload = "none"', "W0956]: `on-overload` contradicts `mode-switching`"),
    ("ns-per-kfuel = 5000", f'{MARK}ns-per-kfuel = 5000\nboard = "b.toml"', "W0956]: `ns-per-kfuel` and `board` both give the rate"),
    ('policy = "rm+edf"', 'policy = "time-triggered"', "W0954]: time-triggered needs the length of its table"),
    ("core = 3", f'core = 3\n[server.{MARK}s]\nfuel = 10', "W0954]: server `s` needs `fuel` and `period`"),
    ("core = 3", f'core = 3\nserver = "s"\n[server.s]\nfuel = 10\nperiod = "1ms"\n{MARK}kind = "sporadic"', "W0956]: this kind of server does not go with the policy"),
    # not built: refused by name
    ('asil = "C"', f'isolate = {MARK}"maximum"', 'W0960]: isolation "maximum" is not built yet'),
    ('asil = "C"', f'{MARK}grant = ["wasi:cli/stderr@0.3.0"]', "W0960]: `grant` is not built yet: it needs components"),
    ('asil = "C"', f'on-trap = {{ do = "reset", {MARK}max = 3 }}', "W0960]: `max` is not built yet"),
    ('asil = "C"', f'on-trap = {{ do = {MARK}"safe-state" }}', "W0960"),
    ('asil = "C"', f'limits = {{ {MARK}handles = 3 }}', "W0960"),
    ('asil = "C"', f'limits = {{ {MARK}fuel-rate = "2M/s" }}', "W0960", "a [server] bounds tasks"),
    ('asil = "C"', f'limits = {{ memory = {MARK}"1MiB" }}\n[component.z]\nfile = "slip.wasm"\n[[task]]\nname = "z"\ncomponent = "z"\ncall = "step()"\nperiod = "1s"\nwcet = {{ fuel = 9 }}', "W0960]: this limit of `pedal` cannot be held"),
    ('file = "pedal.wasm"', f'file = {MARK}"oci://host/name:1.2"', "W0960]: files from a registry"),
    ("wcet = { fuel = 50000 }", f'wcet = {MARK}{{ source = "static", fuel = 1 }}', "W0956]: wcet.fuel is below the proven bound of"),
    ("wcet = { fuel = 50000 }", f'wcet = {{ source = "static", facts = {MARK}"none.json" }}', "W0911"),
    ("wcet = { fuel = 50000 }", f'wcet = {{ source = "static", facts = {MARK}"broken.board" }}', "no bound of `step`"),
    ("overhead-factor = 1", f'on-overload = {MARK}"drop-below:C"', "W0960", "the modes are fixed"),
    ("overhead-factor = 1", f'verification = {MARK}"most"', "W0953", "one of off|basic|standard|full|redundant"),
    ("wcet = { fuel = 50000 }", f'wcet = {MARK}{{ fuel = 50000, source = "measured" }}', "W0956]: at level C a budget is no measurement", 'source = "static"'),
    ("[[task]]\nname = \"one\"", f'[observe]\n{MARK}metrics = "127.0.0.1:9464"\n[[task]]\nname = "one"', "W0960]: `metrics` is not built yet: it needs the daemon"),
    ("[[task]]\nname = \"one\"", f'[observe]\ntrace = {{ file = "t.wtr", {MARK}size = "8MiB" }}\n[[task]]\nname = "one"', "W0960"),
    ("[[task]]\nname = \"one\"", f'[[{MARK}link]]\nfrom = "a:b"\nto = "c:d"\n[[task]]\nname = "one"', "W0960]: `link` is not built yet: it needs components"),
    ("[[task]]\nname = \"one\"", f'[[{MARK}channel]]\nname = "speed"\ndepth = 8\nwhen-full = "drop-oldest"\n[[task]]\nname = "one"', "W0960]: `channel` is not built yet"),
    ("[[task]]\nname = \"one\"", f'[[channel]]\ndepth = 8\nwhen-full = {MARK}"burst"\n[[task]]\nname = "one"', "W0953]: `burst` is no value for `when-full`"),
    # files and paths
    ('file = "pedal.wasm"', f'file = {MARK}"none.wasm"', "W0911]: file not found: none.wasm"),
    ('file = "pedal.wasm"', f'file = {MARK}"../pedal.wasm"', "W0957", "leads out of the folder"),
    ('file = "pedal.wasm"', f'file = {MARK}"a/../../pedal.wasm"', "W0957"),
    ('file = "pedal.wasm"', f'file = {MARK}"/etc/passwd"', "W0957", "absolute"),
    ('file = "pedal.wasm"', f'file = {MARK}"link.wasm"', "W0957]: a symbolic link on the way"),
    ('file = "pedal.wasm"', f'file = {MARK}"out/pedal.wasm"', "W0957]: a symbolic link on the way"),
    ('file = "pedal.wasm"', f'file = {MARK}"sub"', "W0912"),
    ('file = "pedal.wasm"', f'file = {MARK}"bad.wasm"', "W0101]: bad.wasm"),
    ('file = "pedal.wasm"', f'file = {MARK}"a\\u0000b"', "W0957", "a 0 byte"),
    ('asil = "C"', f'sha256 = {MARK}"{"0" * 64}"', "W0958]: pedal.wasm is another file", "it has sha256 "),
    ("ns-per-kfuel = 5000", f'board = {MARK}"none.toml"', "W0911"),
    ("ns-per-kfuel = 5000", f'board = {MARK}"broken.board"', "W0961]: the board file cannot be read: line 2"),
    ("ns-per-kfuel = 5000", f'board = {MARK}"empty.board"', "W0961", "it lacks `board = 1`"),
    ("ns-per-kfuel = 5000", f'board = {MARK}"other.board"', "W0961]: the board was measured with another fuel table (weighted)"),
    ("overhead-factor = 1", f'fuel-table = {MARK}"weigthed"', "W0945", "did you mean `weighted`?"),
    ("overhead-factor = 1", f'fuel-table = {MARK}"../t"', "W0957"),
]


def faults(folder):
    for number, (old, new, *parts) in enumerate(FAULTS):
        if OPTIONS.part and OPTIONS.part not in f"fault {number}":
            continue
        if old not in BASE:
            test(f"fault {number}", f"{old!r} is not in the text")
            continue
        text, line = BASE.replace(old, new, 1), None
        if MARK in text:
            text, line, column = place_of(text, MARK)
        code, out, err = analyze(folder, text)
        missing = [p for p in parts if p and p not in err]
        place = f"m.toml:{line}:{column}" if line else "m.toml:"
        test(f"fault {number} {new!r}", None if code == 78 else f"exit code {code}",
             f"lacks {missing}: {err}" if missing else None,
             f"the place is not {place}: {err}" if place not in err else None, f"standard output: {out}" if out else None)


def documents(folder):
    code, out, err = analyze(folder, BASE.replace("cores = [0, 3]", "cores = 2\nspeed = 3").replace('"5ms"', '"5"'), "m.toml", "--json")
    doc = json.loads(out)
    test("json", None if doc["schema"] == "wrt.error/1" and doc["exit_code"] == 78 else out,
         None if [(e["line"], e["code"]) for e in doc["errors"]] == [(5, "W0953"), (6, "W0952"), (24, "W0953")] else out)
    text = "manifest = 1\n" + "".join(f"k{n} = 1\n" for n in range(1000))
    code, out, err = analyze(folder, text)
    test("bounded", None if code == 78 and err.count("error[") == 20 and "error: 982 more faults" in err else err[-500:])
    code, out, err = analyze(folder, "manifest = 1\n" + "x = = 1\n" * 100)
    test("bounded, text", None if code == 78 and err.count("error[W0951]") == 20 and "error: 80 more faults" in err else err[-500:])
    long = BASE.replace('name = "test"', 'name = "' + "x" * 5000 + '" # ' + "y" * 5000)
    code, out, err = analyze(folder, long)
    test("long line", None if code == 78 and max(map(len, err.splitlines())) < 260 else err[:400])
    code, out, err = analyze(folder, BASE.replace("5000", "\x07\x1b[31m"))
    test("no control characters reach the terminal", "\x1b" in err or "\x07" in err)


def good(folder):
    """Every built key, alone, is taken; what it says is in the answer."""
    board = f'board = 1\nns-per-kfuel = 4321\nfuel-table = "weighted"\nfuel-table-hash = "{table_hash("weighted")}"\ncpu = "X"\n'
    (folder / "good.board").write_text(board)
    digest = hashlib.sha256((folder / "pedal.wasm").read_bytes()).hexdigest()
    for old, new, *parts in [
        ("", ""), ("overhead-factor = 1", "overhead-factor = 1.15"), ("overhead-factor = 1", 'overhead-factor = "23/20"'), ("max-utilization = 1", "max-utilization = 0.5"),
        ('asil = "C"', f'sha256 = "{digest}"'), ('asil = "C"', f'sha256 = "{digest.upper()}"'), ('file = "pedal.wasm"', 'file = "sub/pedal.wasm"'), ('file = "pedal.wasm"', 'file = "./sub//pedal.wasm"'),
        ('asil = "C"', 'asil = "C"\nisolate = "none"\non-trap = { do = "reset" }\nlimits = { stack = "16KiB", tasks = 4 }\ngrant = []\nargs = ["a"]\nenv = ["A=B"]\ndirs = [{ host = ".", write = true }]'),
        ("ns-per-kfuel = 5000", 'board = "good.board"', '"ns_per_kfuel": 4321'), ('asil = "C"', 'asil = "C"\nlimits = { memory = "1MiB" }'),
        ("wcet = { fuel = 50000 }", 'wcet = { source = "static" }'), ("core = 3", 'core = 3\non-overrun = "extend:10%"\non-late = "queue"\non-drop = "degrade:3"\nband = 2\nnp = true\nnp-max = "1M"\nbcet = 5\njitter = "10us"\noffset = "1ms"'),
        ("[[task]]", '[server.s]\nkind = "cbs"\nfuel = "1M"\nperiod = "25ms"\nband = 3\n[[task]]\nserver = "s"'),
        ('policy = "rm+edf"', 'policy = "deadline"', '"policy": "rm+edf"'), ('policy = "rm+edf"', 'policy = "priority"', '"policy": "priority"'), ('policy = "rm+edf"', 'policy = "rm"'), ('policy = "rm+edf"', 'policy = "edf"'),
        ("overhead-factor = 1", 'hybrid = false\nmode-switching = false\nwcet-enforcement = true\ndeadline-monitoring = true\nmiss-threshold = 0\nreturn-after = "never"\ninheritance = true\nprotocol = "ceiling"\nseal = true\non-overload = "none"\nquantum = "5k"\npin = true\nlock-memory = false\nos-policy = "fifo"\nos-priority = 20\nprofile = "ASIL-B"'),
        ("overhead-factor = 1", 'fuel-table = "t.fuel"'), ('wcet = { fuel = "1M" }', 'wcet = { fuel = "50_000", overload-fuel = "60k", critical-fuel = 70000, source = "measured", samples = 10000, margin = 1.3 }'),
        ('period = "5ms"', 'min-separation = "5ms"'), ('period = "5ms"', 'period = "5000us"'), ('period = "5ms"', 'period = "0.005s"'), ('name = "two"', "name = 'two'"),
        ("[[task]]\nname = \"one\"", '[observe]\ntrace = { file = "t.wtr" }\n[[task]]\nname = "one"'),
    ]:
        code, out, err = analyze(folder, BASE.replace(old, new, 1) if old else BASE, "m.toml", "--json")
        doc = json.loads(out) if out.startswith("{") else {}
        test(f"good {new!r}", None if code in (0, 122) and doc.get("schema") == "wrt.admission/1" else f"exit code {code}: {err}", *[f"lacks {p}: {out}" for p in parts if p not in out])
    tt = BASE.replace('policy = "rm+edf"', 'policy = "time-triggered"\ncycle = "10ms"').replace('period = "5ms"\ndeadline = "4ms"', 'slots = [{ at = "0ms", length = "1ms" }, { at = "5ms", length = "1ms" }]')
    tt = tt.replace('period = "50ms"', 'slots = [{ at = "2ms", length = "2ms" }]')
    code, out, err = analyze(folder, tt)
    test("time-triggered", None if code in (0, 122) else err)
    code, out, err = analyze(folder, tt.replace('at = "5ms"', 'at = "9500us"'))
    test("slot behind the cycle", None if code == 78 and "W0956]: the slot ends behind the cycle" in err else err)
    code, out, err = analyze(folder, tt.replace('at = "5ms"', 'at = "500us"'))
    test("slots overlap", None if code == 78 and "W0956]: the slot at " in err and "overlaps another one of its core" in err
         and re.search(r"--> [^\n]*:\d+:\d+", err) else err)
    primes = BASE.replace('period = "5ms"', 'period = "4999999937ns"').replace('period = "50ms"', 'period = "4999999903ns"')
    for text, warning in [(BASE.replace("5000", "5000000"), "the deadline of `one` is 800 fuel"), (primes, "the hyperperiod is beyond 2^63 ns"), (BASE, None)]:
        code, out, err = analyze(folder, text)
        test(f"warning {warning}", None if (warning in err if warning else "warning" not in err) else err)


def other_names(folder):
    """A manifest is known by how it begins, too."""
    code, out, err = analyze(folder, BASE, "system.txt")
    test("a manifest of another name", None if code in (0, 122) and "verdict" in out else f"{code} {err}")
    code, out, err = analyze(folder, "# a comment first\n" + BASE, "system")
    test("a manifest that begins with a comment", None if code in (0, 122) else f"{code} {err}")


def table_hash(name):
    code, out, err = wrtd("fuel-table", "--json")
    return next(t["hash"] for t in json.loads(out)["tables"] if t["name"] == name)


def sizes(folder):
    """Large files: a clear answer, in time that grows with the file."""
    many = BASE.split("[[task]]")[0] + "".join(
        f'[[task]]\nname = "t{n}"\ncomponent = "lidar"\ncall = "step()"\nperiod = "50ms"\nwcet = {{ fuel = 10 }}\n' for n in range(100000))
    for name, text, code, part in [
        ("100000 tasks", many, 78, "W0959]: 100000 tasks; the limit is 16384"),
        ("10 MB of comments", BASE + ("#" + "x" * 99 + "\n") * 100000, 0, ""),
        ("10 MB of keys", "manifest = 1\n" + "".join(f"key-{n:07} = {n}\n" for n in range(480000)), 78, "more faults"),
        ("10 MB of one string", BASE + 'x = "' + "y" * 10000000 + '"\n', 78, "has no key `x`"),
        ("20 MB", BASE + "#" * 20000000, 78, "16777216 are read at most"),
        ("not UTF-8", BASE.encode() + b"x = '\xff'", 78, "no UTF-8"),
        ("a binary", (folder / "lidar.wasm").read_bytes(), 78, "W0951"),
        ("empty", "", 78, "W0954"),
    ]:
        start = time.monotonic()
        got, out, err = analyze(folder, text)
        test(name, None if got in (code, 122 if code == 0 else code) and part in err else f"exit code {got}: {err[:500]}")


def keys_in_docs():
    rows = re.findall(r'^KEY\((\w+), \w+, "([^"]+)", (\w+), (\d+), (\d+), "([^"]*)", "([^"]*)", "((?:[^"\\]|\\.)*)"\)', (ROOT / "wrtd" / "manifest.def").read_text(), re.M)
    names = {"ROOT": "top", "SYSTEM": "`[system]`", "COMPONENT": "`[component.NAME]`", "TRAP": "`on-trap`", "LIMITS": "`limits`", "DIR": "`dirs`", "SERVER": "`[server.NAME]`",
             "TASK": "`[[task]]`", "WCET": "`wcet`", "SLOT": "`slots`", "LINK": "`[[link]]`", "CHANNEL": "`[[channel]]`", "OBSERVE": "`[observe]`", "TRACE": "`trace`",
             "ANALYSIS": "`[wcet-analysis]`", "MOST": "`limits` of it"}
    forms = {"COUNT": "count", "NEVER": "count", "BYTES": "size", "TIME": "time", "RATIO": "ratio", "BOOL": "boolean", "NAME": "name", "TEXT": "text", "PATH": "path", "HASH": "text",
             "NUMBERS": "numbers", "TEXTS": "texts", "TABLE": "table", "TABLES": "tables", "NAMED": "tables"}
    lines, last = ["| table | key | form | |", "| --- | --- | --- | --- |"], None
    for table, name, kind, least, most, words, later, text in rows:
        form = words.replace("|", " ") if kind == "WORD" else forms[kind]
        text = text.replace('\\"', '"').replace("|", "\\|") + (f" (refused: needs {later})" if later else "")
        lines.append(f"| {names[table] if table != last else ''} | `{name}` | {form} | {text} |")
        last = table
    page = ROOT / "docs" / "manifest.md"
    text = page.read_text()
    begin, end = text.index("<!-- keys -->\n") + 14, text.index("<!-- end of keys -->")
    wanted = "\n".join(lines) + "\n"
    if OPTIONS.write:
        page.write_text(text[:begin] + wanted + text[end:])
    count = (ROOT / "wrtd" / "manifest.def").read_text().count("\nKEY(")
    test("docs/manifest.md", None if OPTIONS.write or text[begin:end] == wanted else "the table of keys is old: manifest.py --write", None if len(rows) == count else f"{len(rows)} of {count} keys")


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("part", nargs="?", default="")
    OPTIONS = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "m"
        (folder / "sub").mkdir(parents=True)
        for wasm in PROGRAMS.glob("*.wasm"):
            shutil.copy(wasm, folder)
        shutil.copy(folder / "pedal.wasm", folder / "sub")
        (folder.parent / "outside").mkdir()
        shutil.copy(folder / "pedal.wasm", folder.parent / "outside")
        os.symlink("pedal.wasm", folder / "link.wasm")
        os.symlink("../outside", folder / "out")
        (folder / "bad.wasm").write_bytes(b"\0asm\2\0\0\0")
        (folder / "broken.board").write_text("board = 1\nx = = 1\n")
        (folder / "empty.board").write_text("")
        (folder / "t.fuel").write_text('base = "weighted"\nname = "mine"\n')
        (folder / "other.board").write_text('board = 1\nns-per-kfuel = 1\nfuel-table = "weighted"\nfuel-table-hash = "0x1234"\n')
        faults(folder)
        documents(folder)
        good(folder)
        other_names(folder)
        sizes(folder)
    keys_in_docs()
    print(f"{PASSED} passed, {FAILED} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
