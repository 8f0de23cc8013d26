#!/usr/bin/env python3
"""Tests of the command line: every error message with its exit code, values, help texts, documents against their schemas.

    run.py [--wrtd build/release/wrtd] [--write] [PART]     --write renews the expected help texts in golden/

Ends with `N passed, N failed`.
"""
import argparse
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time

import schema

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
FIX = ROOT / "tests" / "fixtures" / "cli"
LINES = ROOT / "tests" / "wcet" / "lines"
CALLS, COMMAND = str(FIX / "calls.wasm"), str(FIX / "command.wasm")
OPTIONS = None
FAILED, PASSED, SKIPPED = [], 0, 0
COMMANDS = ["run", "tasks", "validate", "inspect", "profile", "bench", "sched", "build-image", "wcet", "wast", "trace", "fuel-table", "explain", "schema", "version",
            "help", "man", "completion"]


def wrtd(*args, **more):
    env = dict(os.environ, NO_COLOR="", TERM="xterm", ONLY_HERE="yes")
    env.pop("NO_COLOR")
    more.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([OPTIONS.wrtd, *map(str, args)], capture_output="stdout" not in more, timeout=60, env=env, **more)
    done.out = (done.stdout or b"").decode(errors="replace")
    done.err = (done.stderr or b"").decode(errors="replace")
    return done


def test(name, *problems):
    """Counts one test; problems that are None or empty do not count."""
    global PASSED
    found = [p for p in problems if p]
    if OPTIONS.part and OPTIONS.part not in name:
        return
    if found:
        FAILED.append(name)
        print(f"{name}: " + "\n    ".join(found))
    else:
        PASSED += 1


def differs(what, got, want):
    return None if got == want else f"{what} is {got!r}, expected {want!r}"


def lacks(what, text, *parts):
    missing = [p for p in parts if p not in text]
    return f"{what} lacks {missing!r}: {text!r}" if missing else None


# ---- misuse: arguments, exit code, parts of the message ---------------------------------------------------------------------

MISUSE = [
    (["rnu"], 64, "error[W0901]: no command `rnu`", "did you mean `run`?"),
    (["nothing-like-it"], 64, "W0901", "`wrtd help` lists the commands"),
    (["run", "--invok", "f", CALLS], 64, "error[W0902]: `run` has no option `--invok`", "did you mean `--invoke`?"),
    (["run", "--runs", "3", CALLS], 64, "W0902"),
    (["run", "-Z", CALLS], 64, "error[W0902]: `run` has no option `-Z`"),
    (["run", "--invoke"], 64, "error[W0903]: --invoke needs a value", "--invoke CALL"),
    (["run", "--quiet=3", CALLS], 64, "error[W0903]: --quiet takes no value"),
    (["run", "--fuel", "1", "--fuel", "2", CALLS], 64, "error[W0904]: --fuel is given twice"),
    (["run"], 64, "error[W0905]: `run` needs a FILE", "usage: wrtd run"),
    (["inspect", CALLS, "more"], 64, "error[W0906]: `inspect` does not take `more`"),
    (["run", "-W", "fule=1", CALLS], 64, "error[W0907]: -W has no key `fule`", "did you mean `fuel`?"),
    (["run", "-W", "max-memroy=1MiB", CALLS], 64, "did you mean `max-memory`?"),
    (["run", "-W", "zzz", CALLS], 64, "`-W help` lists the keys"),
    (["run", "-S", "random-sed=1", CALLS], 64, "error[W0907]: -S has no key", "did you mean `random-seed`?"),
    (["run", "-W", "fuel=many", CALLS], 64, "error[W0908]: `many` is no value for -W fuel"),
    (["run", "-W", "fuel=0", CALLS], 64, "W0908", "above 0"),
    (["run", "-W", "timeout=5q", CALLS], 64, "W0908", "250ms"),
    (["run", "-W", "stack=1", CALLS], 64, "W0908", "bytes (64KiB, 16MiB) from 256 to 1073741824"),
    (["run", "-W", "tail-call=maybe", CALLS], 64, "W0908", "y or n"),
    (["run", "-W", "gc=y", CALLS], 64, "error[W0943]: the feature gc is not built"),
    (["run", "-S", "clock=odd", CALLS], 64, "W0908", "real or virtual"),
    (["run", "--color", "alwys", CALLS], 64, "W0908", "did you mean `always`?"),
    (["bench", "--runs", "0", CALLS], 64, "W0908", "a number from 1 to 1000000"),
    (["run", "--link", "lib", CALLS], 64, "W0908", "--link NAME=FILE"),
    (["run", "/no/such/file.wasm"], 66, "error[W0911]: file not found", "--> /no/such/file.wasm"),
    (["run", "--link", "lib=/no/such.wasm", str(FIX / "user.wasm")], 66, "W0911"),
    (["validate", "/no/such/file.wasm"], 66, "W0911"),
    (["run", str(FIX)], 74, "error[W0912]: cannot read"),
    (["run", str(FIX / "calls.wat")], 65, "error[W0914]: this is the text format", "wasm-tools parse"),
    (["validate", str(FIX / "calls.wat")], 65, "W0914"),
    (["run", "--invoke", "add(1,", CALLS], 64, "error[W0921]: cannot read the call", "^ expected a value"),
    (["run", "--invoke", "add(1", CALLS], 64, "W0921", "^ expected `)`"),
    (["run", "--invoke", "add(1,2) 3", CALLS], 64, "W0921", "nothing may follow"),
    (["run", "--invoke", '"add(1', CALLS], 64, "W0921", "the quote is not closed"),
    (["run", "--invoke", "add(1)", CALLS], 64, "error[W0922]: `add` takes 2 arguments, 1 given", "add: func(i32, i32) -> i32"),
    (["run", "--invoke", 'add(1, "x")', CALLS], 64, "error[W0923]: argument 2 of `add` has the wrong type",
     '       add(1, "x")\n              ^^^ not an integer, expected i32'),
    (["run", "--invoke", "add(4294967296, 1)", CALLS], 64, "W0923", "does not fit, expected i32"),
    (["run", "--invoke", "add(-2147483649, 1)", CALLS], 64, "W0923", "does not fit"),
    (["run", "--invoke", "add(1k, 1)", CALLS], 64, "W0923", "not an integer"),
    (["run", "--invoke", "f32(one)", CALLS], 64, "W0923", "not a number, expected f32"),
    (["run", "--invoke", "func(3)", CALLS], 64, "W0923", "only null can be written"),
    (["run", "--invoke", "dvide(1)", CALLS], 64, "error[W0924]: no function `dvide` is exported", "did you mean `divide`?"),
    (["run", "--invoke", "memory()", CALLS], 64, "W0924"),
    (["run", CALLS], 64, "error[W0925]: the module exports no `_start`", "it has add, i64"),
    (["inspect", "--disasm", CALLS, "recurs"], 64, "error[W0926]: no function `recurs`", "did you mean `recurse`?"),
    (["inspect", "--disasm=0", CALLS], 64, "W0926"),
    (["run", "-W", "timeout=100ms", "--invoke", "spin()", CALLS], 124, "error[W0931]: the time limit was reached", "0: calls  spin"),
    (["run", "-W", "timeout=100ms", str(FIX / "start_spin.wasm")], 124, "W0931"),
    (["run", "-W", "fuel=1000", "--invoke", "spin()", CALLS], 120, "error[W0933]: out of fuel", "the budget is 1 000", "0: calls  spin"),
    (["run", "-W", "fuel=1000", str(FIX / "start_spin.wasm")], 120, "out of fuel"),
    (["wast", str(HERE / "run.py")], 65, "error[W0941]"),
    (["wast", "/no/such.json"], 66, "W0911"),
    (["wast", str(HERE)], 74, "error[W0912]: cannot read: Is a directory"),
    (["validate", "/dev/zero"], 74, "error[W0912]: cannot read: File too large", "/dev/zero"),
    (["trace", "convert", CALLS], 65, "error[W0944]: this is not a trace"),
    (["trace", "convert"], 64, "W0905"),
    (["trace", "show", CALLS], 64, "error[W0948]: `trace` cannot `show`"),
    (["fuel-table", "wieghted"], 64, "error[W0945]: no fuel table `wieghted`", "did you mean `weighted`?"),
    (["fuel-table", str(FIX / "calls.wat")], 65, "error[W0945]", "calls.wat:1:1"),
    (["fuel-table", "--diff", "unit"], 64, "W0905"),
    (["explain", "W9999"], 64, "error[W0946]: no error has the number W9999"),
    (["explain", "hello"], 64, "error[W0946]: `hello` is no error number"),
    (["tasks", "a.wasm,bugdet=5"], 64, "error[W0947]: a task has no key `bugdet`", "did you mean `budget`?"),
    (["tasks", COMMAND + ",priority=300"], 64, "W0947", "1 to 255"),
    (["tasks", COMMAND + ",refuel=5x0"], 64, "W0947", "20000x3"),
    (["tasks", COMMAND + ",on-empty=die"], 64, "W0947", "suspend or trap"),
    (["tasks", COMMAND + ",stdin=/no/such"], 66, "W0911"),
    (["schema", "rnu"], 64, "error[W0948]: `rnu` prints no document", "did you mean `run`?"),
    (["completion", "tcsh"], 64, "error[W0948]: no completions for `tcsh`"),
    (["man", "rnu"], 64, "error[W0948]: no command `rnu`", "did you mean `run`?"),
    (["help", "rnu"], 64, "error[W0948]: no command `rnu`", "did you mean `run`?"),
    (["run", str(FIX / "needs.wasm")], 69, "error[W0201]: unknown import", "lib.twice", 'did you mean "fd_write"?',
     "error[W0202]: incompatible import type", "proc_exit"),
    (["run", "-W", "max-memory=1KiB", "--invoke", "add(1, 2)", CALLS], 125, "error[W0401]", "limit: memory_bytes"),
    (["run", "--dir", "/no/such/dir", COMMAND], 74, "error[W0502]", "/no/such/dir"),
    (["run", "--invoke", "divide(0)", CALLS], 134, "trap[W0303]: integer divide by zero", "   0: calls  quotient  +0x",
     "   1: calls  divide"),
    (["run", "--invoke", "recurse()", CALLS], 134, "trap[W0306]: call stack exhausted", "times", "more frames"),
    (["validate", "-W", "tail-call=n,multi-value=n", str(FIX / "calls.wasm")], 65, "error[W0141]", "switched off"),
    (["run", "--trace", "/no/such/dir/x.wtr", COMMAND], 74, "error[W0913]"),
]


def misuse():
    for args, code, *parts in MISUSE:
        done = wrtd(*args)
        extra = None
        if args[0] != "wast" and done.out:       # a summary is what that one is for
            extra = f"standard output is not empty: {done.out!r}"
        test("misuse/" + " ".join(os.path.basename(a) for a in args), differs("exit code", done.returncode, code),
             lacks("the message", done.err, *parts), extra)


def misuse_json():
    """With --json a failure is a document too, and only one."""
    form = json.loads(wrtd("schema", "error").out)
    for args in (["run", "--json", "/no/such"], ["run", "--json", CALLS], ["run", "--json", "-W", "fule=1", CALLS],
                 ["inspect", "--json", str(FIX / "calls.wat")], ["run", "--json", str(FIX / "needs.wasm")], ["bench", "--json", CALLS, "no()"],
                 ["tasks", "--json", "/no/such"], ["fuel-table", "--json", "nil"], ["schema", "--json", "nil"]):
        done = wrtd(*args)
        try:
            document = json.loads(done.out)
        except ValueError as error:
            test("misuse_json/" + " ".join(map(os.path.basename, args)), f"{error}: {done.out!r}")
            continue
        test("misuse_json/" + " ".join(map(os.path.basename, args)), differs("exit_code", document.get("exit_code"), done.returncode),
             *schema.check(document, form, form))


def every_error():
    """A module with many bad bodies: each is told, up to a bound, in its place; what is right is not."""
    path = str(FIX / "errors.wasm")
    done = wrtd("validate", path)
    places = re.findall(r'function (\d+) "(\w+)"', done.err)
    want = [("1", "no_value"), ("2", "no_local")] + [(str(k + 1), f"bad{k}") for k in range(3, 21)]
    test("every_error/text", differs("exit code", done.returncode, 65), differs("places", places, want),
         lacks("the rest", done.err, "4 more functions are not valid"))
    document = json.loads(wrtd("validate", "--json", path).out)["files"][0]
    test("every_error/json", differs("valid", document["valid"], False), differs("told", len(document["errors"]), 20),
         differs("total", document["errors_total"], 24), differs("first", document["error"], document["errors"][0]),
         differs("rising", sorted(e["offset"] for e in document["errors"]), [e["offset"] for e in document["errors"]]))
    one = json.loads(wrtd("validate", "--json", FIX / "calls.wat").out)["files"][0]
    test("every_error/not a module", differs("total", one["errors_total"], 1), differs("errors", len(one["errors"]), 1))


# ---- values -----------------------------------------------------------------------------------------------------------------

VALUES = [
    ("add(1, 2)", "3"), ("add( 0x10 , -1 )", "15"), ("add(4294967295, 0)", "-1"), ("add(1_000, 0)", "1000"), ("add(+1, -2147483648)", "-2147483647"),
    ("i64(-9223372036854775808)", "-9223372036854775808"), ("i64(0xffffffffffffffff)", "-1"),
    ("f32(0.1)", "0.1"), ("f32(1)", "1"), ("f32(nan)", "nan"), ("f32(-nan)", "-nan"), ("f32(nan:0x1)", "nan:0x1"), ("f32(inf)", "inf"),
    ("f32(16777217)", "16777216"), ("f32(-0.0)", "-0"), ("f64(0x1p-1074)", "5e-324"), ("f64(1e400)", "inf"), ("f64(-inf)", "-inf"),
    ("f64(0.30000000000000004)", "0.30000000000000004"), ("f64(nan:0x8000000000001)", "nan:0x8000000000001"),
    ("two(1.5, 2.5)", "2.5\n1.5"), ("ref(7)", "externref(7)"), ("ref(null)", "null"), ("func(null)", "null"),
    ('"odd name (1)"()', "1"), ("add(1,2)", "3"),
]


def values():
    for call, want in VALUES:
        done = wrtd("run", "--invoke", call, CALLS)
        test(f"values/{call}", differs("output", done.out, want + "\n"), differs("exit code", done.returncode, 0), differs("errors", done.err, ""))
    done = wrtd("run", "--json", "--invoke", "two(nan, 2.5)", CALLS)
    test("values/json", differs("results", json.loads(done.out)["results"], [{"type": "f64", "value": 2.5}, {"type": "f32", "value": "nan"}]))
    done = wrtd("run", CALLS, "--invoke", "add(20, 22)")
    test("values/invoke after FILE", differs("output", done.out, "42\n"))


# ---- programs ---------------------------------------------------------------------------------------------------------------

def programs():
    done = wrtd(COMMAND)
    test("programs/FILE is run FILE", differs("exit code", done.returncode, 3), differs("stdout", done.out, "one\n"), differs("stderr", done.err, "two\n"))
    done = wrtd("run", "--exit-codes=wasmtime", "--invoke", "divide(0)", CALLS)
    test("programs/exit-codes trap", differs("exit code", done.returncode, 134))
    for args, code in ((["run", "/no/such"], 1), (["run", "-W", "fule=1", CALLS], 2), (["run", "--fuel", "100", "--invoke", "spin", CALLS], 134), ([COMMAND], 3)):
        test(f"programs/exit-codes {code}", differs("exit code", wrtd(*args[:1], "--exit-codes=wasmtime", *args[1:]).returncode
                                                    if args[0] == "run" else wrtd("--exit-codes=wasmtime", *args).returncode, code))
    for code, want in ((0, 0), (7, 7), (64, 64), (200, 200), (255, 255), (256, 255), (-1, 255)):
        done = wrtd("run", "--invoke", f"leave({code})", CALLS)
        document = json.loads(wrtd("run", "--json", "--invoke", f"leave({code})", CALLS).out)
        test(f"programs/guest code {code}", differs("exit code", done.returncode, want), differs("errors", done.err, ""),
             differs("exit_code", document["exit_code"], code), differs("guest", document["guest"], True))
    done = wrtd("run", "--link", f"lib={FIX / 'library.wasm'}", "--invoke", "four(5)", FIX / "user.wasm")
    test("programs/link", differs("output", done.out, "20\n"), differs("errors", done.err, ""))
    test("programs/reactor", differs("output", wrtd("run", "--invoke", "ready()", FIX / "reactor.wasm").out, "1\n"))
    test("programs/start only", differs("exit code", wrtd(FIX / "start_only.wasm").returncode, 0))
    document = json.loads(wrtd("run", "--json", "--invoke", "bytes()", CALLS).out)
    test("programs/stdout that is no text", differs("stdout_base64", document.get("stdout_base64"), "/2VsbG8K"))
    done = wrtd("run", "--invoke", "grow(10)", "-W", "max-memory=128KiB", CALLS)
    test("programs/grow beyond the limit", differs("output", done.out, "-1\n"))
    done = wrtd("run", "--fuel-table", "unit", "--json", "--invoke", "add(1, 2)", CALLS)
    fuel = json.loads(done.out)["fuel"]
    test("programs/unit fuel", differs("used", fuel["used"], 4), differs("table", fuel["table"], "unit"))
    test("programs/all-proposals", differs("output", wrtd("run", "-W", "all-proposals=y", "--invoke", "add(1, 2)", CALLS).out, "3\n"))
    test("programs/the rest is the guest's", differs("exit code", wrtd("run", COMMAND, "--json", "-W", "zzz").returncode, 3))


def signals():
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        running = subprocess.Popen([OPTIONS.wrtd, "run", "--json", "--invoke", "spin()", CALLS], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        running.send_signal(number)
        out, err = running.communicate(timeout=30)
        test(f"signals/{number.name}", differs("exit code", running.returncode, code), lacks("the message", err.decode(), "W0932", number.name),
             differs("status", json.loads(out or b"{}").get("status"), "interrupted"))
    start = time.monotonic()
    code = wrtd("run", "-W", "timeout=200ms", "--invoke", "spin()", CALLS).returncode
    test("signals/timeout in time", differs("exit code", code, 124), None if time.monotonic() - start < 5 else "it took too long")


def terminal():
    """Both ends of a terminal, or None where the machine has none to give (a bare root without /dev/pts)."""
    global SKIPPED
    try:
        return pty.openpty()
    except OSError as error:
        print(f"     skipped: no terminal here: {error}")
        SKIPPED += 1
        return None


def outputs():
    """A full disk is an error; colour is for terminals."""
    with open("/dev/full", "wb") as full:
        done = wrtd("run", "--invoke", "add(1, 2)", CALLS, stdout=full, stderr=subprocess.PIPE)
    test("outputs/full", differs("exit code", done.returncode, 74),
         differs("the message", done.err, "error[W0913]: cannot write: No space left on device\n  --> standard output\n"))
    with tempfile.TemporaryDirectory() as folder:
        with open("/dev/full", "wb") as full:
            done = wrtd("trace", "convert", make_trace(folder), stdout=full, stderr=subprocess.PIPE)
        test("outputs/full, said once", differs("exit code", done.returncode, 74), differs("errors", done.err.count("error"), 1))
        huge = os.path.join(folder, "huge.wasm")
        with open(huge, "wb") as file:
            file.truncate(6 << 30)
        done = wrtd("run", huge)
        test("outputs/huge input", differs("exit code", done.returncode, 74), lacks("the message", done.err, "W0912", "too large"))
        done = wrtd("trace", "convert", "-o", "/dev/full", make_trace(folder))
        test("outputs/full file", differs("exit code", done.returncode, 74), lacks("the message", done.err, "W0913"))
    test("outputs/no colour in a pipe", "a colour" if "\033" in wrtd("run", "/no").err else None)
    test("outputs/colour", lacks("the message", wrtd("run", "--color=always", "/no").err, "\033[1;31merror"))
    for extra, coloured in ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False):
        ends = terminal()
        if not ends:
            continue
        leader, follower = ends
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | extra
        subprocess.run([OPTIONS.wrtd, "run", "/no"], stderr=follower, stdin=subprocess.DEVNULL, env=env, timeout=30, check=False)
        os.close(follower)
        text = os.read(leader, 4096).decode()
        os.close(leader)
        test(f"outputs/terminal {extra}", None if ("\033" in text) == coloured else f"colour: {text!r}")
    for where, shown in (("terminal", True), ("pipe", False)):
        ends = terminal() if shown else os.pipe()
        if not ends:
            continue
        leader, follower = ends
        subprocess.run([OPTIONS.wrtd, "bench", "--runs", "30", "--warmup", "0", CALLS, "count(20000000)"], stderr=follower, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, timeout=120, check=False)
        os.set_blocking(leader, False)
        try:
            text = os.read(leader, 65536).decode()
        except BlockingIOError:
            text = ""
        test(f"outputs/progress on a {where}", None if ("bench [" in text) == shown else f"{text!r}")
        os.close(follower)
        os.close(leader)
    test("outputs/quiet", differs("errors", wrtd("run", "-q", "-v", "--invoke", "add(1, 2)", CALLS).out, "3\n"))


# ---- tools ------------------------------------------------------------------------------------------------------------------

def make_trace(folder):
    path = os.path.join(folder, "x.wtr")
    done = wrtd("tasks", "--trace", path, f"{COMMAND},name=a name that is rather long,slice=100", f"{COMMAND},name=b,slice=300")
    assert done.returncode == 3, done.err
    return path


def tools():
    with tempfile.TemporaryDirectory() as folder:
        path = make_trace(folder)
        for to in ("perfetto", "chrome"):
            done = wrtd("trace", "convert", "--to", to, path)
            events = json.loads(done.out)["traceEvents"]
            names = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
            slices = [e for e in events if e["ph"] == "X"]
            test(f"tools/trace {to}", differs("names", names, {"a name that is rather long", "b"}),
                 None if len(slices) > 20 and all(e["dur"] >= 0 and e["args"]["fuel"] >= 0 for e in slices) else f"slices: {slices[:3]}",
                 None if sum(e["args"]["fuel"] for e in slices) == 2 * fuel_of_command() else "the slices do not add up to the fuel")
        text = wrtd("trace", "convert", "--to", "text", path).out
        done = wrtd("trace", "convert", "--json", path)
        test("tools/trace json without a file", differs("exit code", done.returncode, 64), lacks("the message", done.err, "add -o FILE"))
        test("tools/trace text", lacks("the text", text, "TASK_START", "SLICE_END", "TASK_END", "a name that is rather long"))
        whole = pathlib.Path(path).read_bytes()
        cut = pathlib.Path(folder, "cut.wtr")
        cut.write_bytes(whole[:128 + 40 * 10 + 13])
        done = wrtd("trace", "convert", "--to", "text", str(cut))
        test("tools/trace that was cut", differs("exit code", done.returncode, 0), lacks("the warning", done.err, "the trace is cut: 10 of"))
        for at in range(0, 128, 4):       # a damaged header is an error or a trace, never a crash
            broken = bytearray(whole)
            broken[at:at + 4] = b"\xff\xff\xff\xff"
            cut.write_bytes(bytes(broken))
            code = wrtd("trace", "convert", str(cut)).returncode
            if code not in (0, 65):
                test(f"tools/trace header {at}", f"exit code {code}")
        table = os.path.join(folder, "own.toml")
        pathlib.Path(table).write_text(wrtd("fuel-table", "weighted").out)
        one, two = (json.loads(wrtd("fuel-table", "--json", name).out) for name in ("weighted", table))
        test("tools/fuel-table reads what it prints", differs("table", one, two))
        pathlib.Path(table).write_text('name = "mine"\nbase = "unit"\n0x6a = 7 # i32.add\nmemory_bulk = [2, 3]\n')
        fuel = json.loads(wrtd("run", "--json", "--fuel-table", table, "--invoke", "add(1, 2)", CALLS).out)["fuel"]
        test("tools/own fuel table", differs("used", fuel["used"], 10), differs("name", fuel["table"], "mine"))
        diff = json.loads(wrtd("fuel-table", "--json", "--diff", "unit", table).out)["differences"]
        test("tools/fuel-table --diff", differs("codes", [d["code"] for d in diff], ["bulk", "shift", "0x6a"]))
        for text in ("0x6a = 9999", "locals = [1]", "nonsense", "0x123 = 1", "base = \"odd\"", "name = long", "version = x", "entry ="):
            pathlib.Path(table).write_text("# first\n" + text + "\n")
            done = wrtd("fuel-table", table)
            test(f"tools/fuel table with `{text}`", differs("exit code", done.returncode, 65), lacks("the message", done.err, "W0945", "own.toml:2:1"))
    profile = json.loads(wrtd("profile", "--json", "--invoke", "divide(1)", CALLS).out)
    test("tools/profile", differs("sum", sum(f["self_fuel"] for f in profile["functions"]), profile["fuel"]["guest"]),
         differs("functions", sorted(f["name"] for f in profile["functions"]), ["divide", "quotient"]))
    folded = wrtd("profile", "--format", "folded", "--invoke", "divide(1)", CALLS).out
    test("tools/profile folded", lacks("the stacks", folded, "divide;quotient "))
    bench = json.loads(wrtd("bench", "--json", "--runs", "3", CALLS, "add(1, 2)").out)
    test("tools/bench", differs("runs", bench["runs"], 3), differs("varies", bench["fuel"]["varies"], False), differs("results", bench["results"], [{"type": "i32", "value": 3}]))
    done = wrtd("bench", "--runs", "2", COMMAND)
    test("tools/bench of a failing program", differs("exit code", done.returncode, 3), lacks("the message", done.err, "W0949"))
    text = wrtd("inspect", FIX / "needs.wasm").out
    test("tools/inspect", lacks("the report", text, "lib.twice  func(i32) -> i32  -- missing", "sched_yield  func() -> i32  -- provided by wrt",
                               "proc_exit  func(i64)  -- provided with another type", "_start  func()"))
    text = wrtd("inspect", "--link", f"lib={FIX / 'library.wasm'}", FIX / "user.wasm").out
    test("tools/inspect --link", lacks("the report", text, "provided by --link"))
    text = wrtd("inspect", "--disasm", CALLS, "divide").out
    test("tools/inspect --disasm", lacks("the code", text, "<divide>", "fuel", "block @"))
    text = wrtd("run", "-W", "help").out
    limits = re.findall(r"^LIMIT\((\w+)", (ROOT / "include" / "wrt" / "limits.def").read_text(), re.M)
    test("tools/-W help", lacks("the list", text, *(name.replace("_", "-") for name in limits), "tail-call", "feature, not built", "timeout=TIME"))
    test("tools/-S help", lacks("the list", wrtd("run", "-S", "help").out, "random-seed=N", "clock=real|virtual"))


def fuel_of_command():
    return json.loads(wrtd("run", "--json", COMMAND).out)["fuel"]["used"]


def tasks():
    alone = json.loads(wrtd("run", "--json", COMMAND).out)
    spec = [f"{COMMAND},name=a,slice=50", f"{COMMAND},name=b,budget=2000", f"{COMMAND},name=c,budget=2000,refuel=1000x2",
            f"{COMMAND},name=d,budget=10,on-empty=trap", f"{CALLS},name=e,invoke=add(40, 2),priority=200"]
    both = [json.loads(wrtd("tasks", "--json", *spec).out) for _ in range(2)]
    a, b, c, d, e = both[0]["tasks"]
    test("tasks/alone and among others", differs("fuel", a["fuel"]["guest"], alone["fuel"]["guest"]), differs("stdout", a["stdout"], "one\n"),
         differs("stderr", a["stderr"], "two\n"), differs("exit_code", a["exit_code"], 3), None if a["slices"] > 20 else f"slices: {a['slices']}")
    test("tasks/budget", differs("status", b["status"], "out-of-fuel"), None if b["fuel"]["used"] <= 2000 else f"fuel: {b['fuel']}")
    test("tasks/refuel", differs("status", c["status"], "out-of-fuel"), None if 2000 < c["fuel"]["used"] <= 4000 else f"fuel: {c['fuel']}")
    test("tasks/trap", differs("status", d["status"], "out-of-fuel"), lacks("the message", d["error"]["message"], 'the task "d"'))
    test("tasks/invoke", differs("results", e["results"], [{"type": "i32", "value": 42}]), differs("priority", e["priority"], 200))
    test("tasks/exit code is the first that is not 0", differs("exit_code", both[0]["exit_code"], 3))
    test("tasks/deterministic", differs("trace hash", both[0]["trace_hash"], both[1]["trace_hash"]), differs("timeline", a["timeline"], both[1]["tasks"][0]["timeline"]))
    sleeper = [f"{ROOT / 'examples' / 'programs' / 'monitor.wasm'},name=s{k},args=6 {k + 5},slice=700" for k in range(3)]
    virtual = [json.loads(wrtd("tasks", "--json", "-S", "clock=virtual", *sleeper).out) for _ in range(2)]
    test("tasks/virtual clock", differs("trace hash", virtual[0]["trace_hash"], virtual[1]["trace_hash"]), differs("exit code", virtual[0]["exit_code"], 0))
    order = [json.loads(wrtd("tasks", "--json", "--policy", p, f"{COMMAND},name=low,priority=1,slice=50", f"{COMMAND},name=high,priority=9,slice=50").out)
             for p in ("fp", "rr", "coop")]
    low, high = order[0]["tasks"]
    test("tasks/fixed priority", None if len(high["timeline"].rstrip()) <= len(low["timeline"]) - len(low["timeline"].lstrip(".")) + 1 else
         f"{high['timeline']!r} {low['timeline']!r}")
    test("tasks/cooperative", differs("slices", [t["slices"] for t in order[2]["tasks"]], [1, 1]))
    text = wrtd("tasks", *spec).out
    test("tasks/text", lacks("the report", text, "a    | one", "a    ! two", "e    = 42", "guest fuel =", "timeline over fuel", "trace hash"))
    text = wrtd("tasks", "--live", f"{COMMAND},name=a", f"{COMMAND},name=b").out
    test("tasks/live", differs("lines", sorted(l for l in text.splitlines() if re.match(r"[ab] +[|!]", l)),
                               [f"{n}{' ' * 11} {m} {w}" for n in "ab" for m, w in (("!", "two"), ("|", "one"))]))


# ---- texts made of the tables --------------------------------------------------------------------------------------------------

def texts():
    golden = HERE / "golden"
    pages = {"help.txt": ["help"], "man.1": ["man"], "keys_w.txt": ["run", "-W", "help"], "catalogue.txt": ["explain", "--all"]}
    for command in COMMANDS:
        pages[f"help_{command}.txt"] = ["help", command]
        pages[f"man_{command}.1"] = ["man", command]
        pages[f"schema_{command}.json"] = ["schema", command]
    for name in ("error", "disasm"):
        pages[f"schema_{name}.json"] = ["schema", name]
    for name in ("schema_schema.json", "schema_help.json", "schema_man.json", "schema_completion.json", "schema_trace.json"):
        del pages[name]
    for shell in ("bash", "zsh", "fish"):
        pages[f"completion.{shell}"] = ["completion", shell]
    for name, args in pages.items():
        text = wrtd(*args).out
        if OPTIONS.write:
            (golden / name).write_text(text)
        have = (golden / name).read_text() if (golden / name).exists() else None
        test(f"texts/{name}", None if have == text else "differs from golden/; run.py --write renews it, then read the difference")
    listed = re.findall(r"^  ([a-z-]+) ", wrtd("help").out.split("commands:")[1].split("examples:")[0], re.M)
    test("texts/every command is listed", differs("commands", listed, COMMANDS))
    bash = wrtd("completion", "bash").out
    for command in COMMANDS:
        options = re.findall(r"^  (?:-\w, |    )--([a-z-]+)", wrtd("help", command).out, re.M)
        roff = wrtd("man", command).out.replace("\\-", "-")
        mine = re.search(rf"^    {re.escape(command)}\) words='([^']*)'", bash, re.M).group(1).split()
        test(f"texts/{command}: help, man and completion agree", differs("bash", mine, [f"--{o}" for o in options]), lacks("man", roff, *(f"--{o}" for o in options)))
        accepted = [o for o in options if "W0902" in wrtd(command, f"--{o}=x", "--help").err]
        test(f"texts/{command}: the parser knows what help lists", differs("refused", accepted, []))
        test(f"texts/{command} --help", differs("text", wrtd(command, "--help").out, wrtd("help", command).out))
    done = subprocess.run(["bash", "-n"], input=bash, text=True, capture_output=True, check=False)
    test("texts/bash reads the completion", done.stderr)
    test("texts/no argument", differs("exit code", wrtd().returncode, 64), lacks("the help", wrtd().err, "usage: wrtd COMMAND"))
    test("texts/--version", lacks("the version", wrtd("--version").out, "wrtd 0."))


BRAKES = ROOT / "examples" / "brake-by-wire" / "brake-by-wire.toml"


def policies(folder):
    """Manifests that are admitted, refused, and not analysed, one a policy."""
    text = """manifest = 1
[system]
policy = "{}"
ns-per-kfuel = 1000
{}
[component.a]
file = "calls.wasm"
[[task]]
name = "t"
component = "a"
call = "add(1, 2)"
period = "1ms"
wcet = {{ fuel = 100 }}
{}
"""
    pathlib.Path(folder, "calls.wasm").write_bytes(pathlib.Path(CALLS).read_bytes())
    slot = 'slots = [{ at = "0us", length = "1us" }]'
    for name, top, task in (("cooperative", "", ""), ("round-robin", "", ""), ("priority", "", 'deadline = "50ns"'), ("rm", "", ""), ("edf", "", ""),
                            ("rm+edf", "max-utilization = 0.00001", ""), ("time-triggered", 'cycle = "1ms"', slot)):
        path = pathlib.Path(folder, f"{name}.toml")
        path.write_text(text.format(name, top, task))
        yield path


def short_trace(folder):
    data = pathlib.Path(make_trace(folder)).read_bytes()
    path = pathlib.Path(folder, "short.wtr")
    path.write_bytes(data[:-40])
    return path


def documents():
    """Every document fits its schema."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder, "s.json")
        script.write_text(json.dumps(SCRIPT))
        samples = pathlib.Path(folder, "samples.txt")
        samples.write_text("".join(f"{1000 + (k * k * 7919) % 1009}\n" for k in range(1200)))
        made = {
            "run": [["run", "--invoke", "add(1, 2)", CALLS], ["run", COMMAND], ["run", "--invoke", "divide(0)", CALLS], ["run", "--fuel", "99", "--invoke", "spin", CALLS],
                    ["run", "--invoke", "bytes", CALLS], ["run", "-W", "timeout=50ms", "--invoke", "spin", CALLS], ["run", "--invoke", "ref(null)", CALLS]],
            "tasks": [["tasks", COMMAND, f"{CALLS},invoke=divide(0)", f"{CALLS},invoke=spin(),budget=100"]],
            "validate": [["validate", CALLS, FIX / "calls.wat", "/no/such"], ["validate", FIX / "errors.wasm"]],
            "inspect": [["inspect", CALLS], ["inspect", FIX / "needs.wasm"]],
            "disasm": [["inspect", "--disasm", CALLS], ["inspect", "--disasm=add", CALLS, "quotient", "2"]],
            "profile": [["profile", COMMAND], ["profile", "--invoke", "divide(0)", CALLS]],
            "bench": [["bench", "--runs", "2", CALLS, "add(1, 2)"]],
            "wast": [["wast", script]],
            "wcet": [["wcet", "--blocks", "--fail-over", "1", "--pragmas", LINES / "bounds.c", LINES / f"bounds.{level}.wasm", "step"] for level in ("O1.v5", "O2.v4")]
                    + [["wcet", "--arg=-2..9", "--host", "1", "--measure", "25", "--check-facts", "--pragmas", LINES / "bounds.c", LINES / "bounds.O1.v4.wasm", "step", "3"],
                       ["wcet", "--method", "probabilistic", "--samples", samples, LINES / "bounds.O1.v4.wasm", "step"]],
            "sched": [["sched", "analyze", p] for p in sorted((ROOT / "fuzz" / "corpus" / "taskset").glob("*.json"))],
            "fuel-table": [["fuel-table"], ["fuel-table", "unit"], ["fuel-table", "--diff", "unit", "weighted"]],
            "trace-convert": [["trace", "convert", "-o", os.path.join(folder, "x.json"), make_trace(folder)]],
            "trace-diff": [["trace", "diff", make_trace(folder), t] for t in (make_trace(folder), short_trace(folder))],
            "admission": [["sched", "analyze", BRAKES]] + [["sched", "analyze", m] for m in policies(folder)],
            "simulate": [["sched", "simulate", "--until", "1s", BRAKES]],
            "sched-run": [["sched", "run", "--virtual", "--until", "200ms", BRAKES],
                          ["sched", "run", "--virtual", "--until", "200ms", "--inject", "overrun:lidar@50ms", BRAKES]],
            "build-image": [["build-image", "-o", os.path.join(folder, "image.c"), BRAKES]],
            "explain": [["explain", "W0301", "302"], ["explain", "--all"]],
            "version": [["version"]],
        }
        for name, lines in made.items():
            form = json.loads(wrtd("schema", name).out)
            for args in lines:
                done = wrtd(args[0], "--json", *args[1:])
                lines_done = wrtd(args[0], "--json=lines", *args[1:])
                try:
                    document, line = json.loads(done.out), json.loads(lines_done.out)
                except ValueError as error:
                    test(f"documents/{name}", f"{error}: {done.out[:300]!r}")
                    continue
                test(f"documents/{' '.join(os.path.basename(str(a)) for a in args)}", differs("schema", document["schema"], f"wrt.{name}/1"),
                     None if lines_done.out.count("\n") == 1 else "more than one line", differs("fields", list(line), list(document)),
                     *schema.check(document, form, form))


# ---- scripts ------------------------------------------------------------------------------------------------------------------

def i32(value):
    return {"type": "i32", "value": str(value)}


def invoke(field, *args, **more):
    return {"type": "invoke", "field": field, "args": list(args), **more}


SCRIPT = {"source_filename": "s.wast", "features": [], "commands": [
    {"type": "module", "line": 1, "name": "U", "filename": str(FIX / "reactor.wasm")},
    {"type": "assert_return", "line": 2, "action": invoke("ready"), "expected": [i32(0)]},
    {"type": "action", "line": 3, "action": invoke("_initialize", module="U")},
    {"type": "assert_return", "line": 4, "action": invoke("ready"), "expected": [i32(1)]},
    {"type": "assert_return", "line": 5, "action": invoke("ready"), "expected": [i32(2)]},
    {"type": "assert_trap", "line": 6, "action": invoke("ready"), "text": ""},
    {"type": "assert_return", "line": 7, "action": invoke("nobody\0"), "expected": []},
    {"type": "module", "line": 8, "filename": str(FIX / "library.wasm"), "features": ["gc"]},
    {"type": "register", "line": 9, "as": "lib"},
    {"type": "module", "line": 10, "filename": str(FIX / "user.wasm")},
    {"type": "assert_return", "line": 11, "action": invoke("four", i32(1)), "expected": [i32(4)]},
    {"type": "module", "line": 12, "filename": str(FIX / "library.wasm")},
    {"type": "register", "line": 13, "as": "lib2"},
    {"type": "assert_unlinkable", "line": 14, "filename": str(FIX / "needs.wasm"), "text": ""},
    {"type": "assert_unlinkable", "line": 15, "filename": str(FIX / "library.wasm"), "text": ""},
    {"type": "assert_malformed", "line": 16, "filename": str(FIX / "calls.wat"), "text": ""},
    {"type": "assert_invalid", "line": 17, "filename": str(FIX / "library.wasm"), "text": ""},
    {"type": "nonsense", "line": 18},
    {"type": "module", "line": 19, "filename": "/no/such.wasm"},
    {"type": "assert_return", "line": 20, "action": invoke("four", i32(1)), "expected": [i32(4)]},
]}


def scripts():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "s.json")
        path.write_text(json.dumps(SCRIPT))
        done = wrtd("wast", path)
        lines = {int(m) for m in re.findall(r"^.*s\.json:(\d+): ", done.out, re.M)}
        test("scripts/verdicts", differs("failures", lines, {5, 6, 7, 15, 17, 18, 19, 20}),
             differs("last line", done.out.splitlines()[-1], "7 passed, 8 failed, 5 skipped"), lacks("skips", done.out, "skipped by feature: gc 5"),
             differs("exit code", done.returncode, 123))
        test("scripts/reasons", lacks("the report", done.out, "result 1 is i32 1, expected i32 2", "returned, expected a trap", "is accepted", "instantiates",
                                      "unknown command", "cannot read", "there is no module"))
        path.write_text('{"commands": 5}')
        test("scripts/no commands", differs("exit code", wrtd("wast", path).returncode, 65))
        path.write_text('{"commands": [5, {}, {"type": "module"}, {"type": "assert_return"}, {"type":"register"}, {"type":"module_instance"}]}')
        test("scripts/hostile", differs("exit code", wrtd("wast", path).returncode, 123))
        values = [({"type": "f32", "value": "nan:canonical"}, "f32(nan)", True), ({"type": "f32", "value": "nan:canonical"}, "f32(nan:0x1)", False)]
        for expected, call, good in values:
            bits = {"f32(nan)": 0x7fc00000, "f32(nan:0x1)": 0x7f800001}[call]
            path.write_text(json.dumps({"commands": [{"type": "module", "line": 1, "filename": str(FIX / "floats.wasm")}, {
                "type": "assert_return", "line": 2, "action": invoke("f32", {"type": "f32", "value": str(bits)}), "expected": [expected]}]}))
            test(f"scripts/{call} {expected['value']}", differs("exit code", wrtd("wast", path).returncode, 0 if good else 123))


def catalogue():
    """Every number that the library or the tool can print is explained, and no number twice."""
    have = re.findall(r"^EXPLAIN\((\d+), ", (ROOT / "wrtd" / "explain.def").read_text(), re.M)
    test("catalogue/unique and sorted", differs("numbers", have, sorted(set(have), key=int)))
    used = {}
    for path in sorted([*(ROOT / "src").rglob("*.[ch]"), *(ROOT / "src").rglob("*.def"), ROOT / "wrtd" / "wd.h"]):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        numbers = re.findall(r"^ERROR\((\d+),", text, re.M)
        numbers += re.findall(r"wrt__fail(?:_table)?\(\s*[^,]+,\s*WRT_E_\w+,\s*(\d+)", text)
        for block in re.findall(r"enum\s*\w*\s*\{([^}]*_W_[^}]*)\}", text):
            value = None
            for entry in block.split(","):
                found = re.match(r"\s*(\w+_W_\w+)\s*(?:=\s*(\d+))?\s*$", entry)
                if not found:
                    continue
                value = int(found.group(2)) if found.group(2) else None if value is None else value + 1
                if value is not None:
                    numbers.append(str(value))
        used.update({n: path for n in numbers})
    traps = re.findall(r"X\(\w+,\s*(\d+), ", (ROOT / "include" / "wrt" / "diag.h").read_text().split("WRT_TRAP_MAP(X)")[1].split("typedef")[0])
    used.update({str(300 + int(n)): "a trap" for n in traps})
    test("catalogue/the search finds numbers", None if len(used) > 60 else f"only {len(used)}")
    for number, path in sorted(used.items(), key=lambda item: int(item[0])):
        test(f"catalogue/W{int(number):04}", None if number in have else f"not in wrtd/explain.def, used by {path}")
    test("catalogue/explain", lacks("the text", wrtd("explain", "error[W0303]").out, "W0303: integer divide by zero", "What to try:"))


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("part", nargs="?")
    OPTIONS = parser.parse_args()
    for group in (misuse, misuse_json, every_error, values, programs, signals, outputs, tools, tasks, texts, documents, scripts, catalogue):
        group()
    print(f"{PASSED} passed, {len(FAILED)} failed, {SKIPPED} skipped")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
