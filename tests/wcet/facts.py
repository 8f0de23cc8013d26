#!/usr/bin/env python3
"""What `wrtd wcet` says about facts that are wrong, code that has no bound, and what it writes: exit codes, places, certificates.

    facts.py [--wrtd build/release/wrtd]

The modules are made here, byte by byte. Ends with `N passed, N failed`.
"""
import argparse
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPTIONS, FOLDER = None, None
FAILED, PASSED = [], 0


# ---- modules ---------------------------------------------------------------------------------------------------------------

def leb(n):
    out = bytearray()
    while True:
        byte, n = n & 0x7f, n >> 7
        out.append(byte | (0x80 if n else 0))
        if not n:
            return bytes(out)


def vec(items):
    return leb(len(items)) + b"".join(items)


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


def name(text):
    return leb(len(text)) + text.encode()


def module(bodies, imports=(), start=None, memory=None, table=None, exported_table=False, custom=None):
    """Every function is (i32) -> (i32) but the start function, () -> (). The first body is exported as "run"."""
    first = len(imports)
    types = vec([b"\x60\x01\x7f\x01\x7f", b"\x60\x00\x00"])
    out = b"\0asm\1\0\0\0" + section(1, types)
    if imports:
        out += section(2, vec([name(m) + name(n) + b"\0\0" for m, n in imports]))
    out += section(3, vec([b"\1" if start == first + k else b"\0" for k in range(len(bodies))]))
    if table is not None:
        out += section(4, vec([b"\x70\x00" + leb(len(table))]))
    if memory is not None:
        out += section(5, vec([b"\0" + leb(memory)]))
    exports = [name("run") + b"\0" + leb(first)] + ([name("t") + b"\1\0"] if exported_table else [])
    out += section(7, vec(exports))
    if start is not None:
        out += section(8, leb(start))
    if table is not None:
        out += section(9, vec([b"\0\x41\0\x0b" + vec([leb(f) for f in table])]))
    code = [b"\1\2\x7f" + body + b"\x0b" for body in bodies]
    out += section(10, vec([leb(len(c)) + c for c in code]))
    if custom:
        out += section(0, name(custom[0]) + custom[1])
    return out


GET0 = b"\x20\0"
# while (argument != 0) argument = argument / 2, by a shift that inference does not have to understand
OPEN_LOOP = b"\x03\x40\x20\0\x41\x03\x6c\x41\x01\x6a\x22\0\x41\xe7\x07\x70\x0d\0\x0b" + GET0
COUNTED = b"\x41\x0a\x21\1\x03\x40\x20\1\x41\1\x6b\x22\1\x0d\0\x0b" + GET0
CALL1 = GET0 + b"\x10\1"


def write(text, suffix):
    data = text if isinstance(text, bytes) else text.encode()
    path = pathlib.Path(FOLDER) / (hashlib.sha256(data).hexdigest()[:16] + suffix)
    path.write_bytes(data)
    return str(path)


def wcet(wasm, *args, facts=None, function="run"):
    more = []
    if facts is not None:
        more = ["--annotate", write(facts if isinstance(facts, (str, bytes)) else json.dumps(facts), ".json")]
    done = subprocess.run([OPTIONS.wrtd, "wcet", "--json", "--fuel-table", "unit", *more, *args, write(wasm, ".wasm"), function],
                          capture_output=True, timeout=60)
    done.doc = json.loads(done.stdout) if done.stdout else {}
    done.err = done.stderr.decode(errors="replace")
    return done


def test(title, *problems):
    global PASSED
    problems = [p for p in problems if p]
    if problems:
        FAILED.append(title)
        print(f"{title}: " + "; ".join(problems))
    else:
        PASSED += 1


def differs(what, got, want):
    return None if got == want else f"{what} is {got!r}, expected {want!r}"


def refused(title, wasm, facts, code, *words):
    """Exit code 65, the catalogue's number and the words."""
    done = wcet(wasm, facts=facts)
    lacking = [w for w in (f"W{code:04}", *words) if w not in done.err]
    test(title, differs("exit code", done.returncode, 65), lacking and f"{done.err!r} lacks {lacking}")


# ---- tests -----------------------------------------------------------------------------------------------------------------

def wrong_facts():
    wasm = module([OPEN_LOOP])
    loop = {"func": 0, "loop": 0, "max": 5}
    refused("another module", wasm, {"sha256": "0" * 64, "loops": [loop]}, 703)
    refused("no such function", wasm, {"loops": [{"func": 7, "loop": 0, "max": 5}]}, 704, "7")
    refused("no such loop", wasm, {"loops": [{"func": 0, "loop": 3, "max": 5}]}, 704, "1")
    refused("no such offset", wasm, {"loops": [{"func": 0, "offset": 1, "max": 5}]}, 704)
    refused("offset of another loop", wasm, {"loops": [{"func": 0, "loop": 0, "offset": 3, "max": 5}]}, 704)
    refused("an import", module([CALL1], imports=[("m", "f")]), {"loops": [loop]}, 704, "imported")
    refused("invocations of nothing", wasm, {"function_calls": {"9": 1}}, 704)
    refused("a function that is no number", wasm, {"function_calls": {"x": 1}}, 701)
    refused("negative", wasm, {"loops": [{"func": 0, "loop": 0, "max": -1}]}, 701, "1:")
    refused("a fraction", wasm, {"loops": [{"func": 0, "loop": 0, "max": 1.5}]}, 701)
    refused("too large", wasm, {"loops": [{"func": 0, "loop": 0, "max": 2 ** 63}]}, 701)
    refused("no number", wasm, {"loops": [{"func": 0, "loop": 0, "max": "5"}]}, 701)
    refused("no place", wasm, {"loops": [{"func": 0, "max": 5}]}, 701, "loop")
    refused("no function", wasm, {"loops": [{"loop": 0, "max": 5}]}, 701, "func")
    refused("cut off", wasm, '{"loops":[{"func":0,', 701)
    refused("no JSON", wasm, "max 5", 701)
    refused("more behind it", wasm, '{"loops":[]} x', 701)
    refused("deep", wasm, '{"x":' + "[" * 100 + "]" * 100 + "}", 701, "64")
    refused("min above max", wasm, {"loops": [dict(loop, min=6)]}, 705)
    refused("two that differ", wasm, {"loops": [loop, dict(loop, max=6)]}, 705)
    refused("against the code", module([COUNTED]), {"loops": [dict(loop, max=9)]}, 705, "false")
    test("line of the fault", differs("exit code", wcet(wasm, facts='{\n "loops": [\n  {"func": -1}]}').returncode, 65),
         None if ":3:" in wcet(wasm, facts='{\n "loops": [\n  {"func": -1}]}').err else "no line 3")
    contradiction = {"loops": [{"func": 0, "loop": 0, "max": 10, "total": 3}], "function_calls": {"0": 0}}
    done = wcet(wasm, "--facts", "full", facts=contradiction)
    test("no run satisfies all", differs("exit code", done.returncode, 65), None if "W0705" in done.err else done.err)


def right_facts():
    wasm = module([OPEN_LOOP])
    done = wcet(wasm)
    why = (done.doc.get("unbounded") or [{}])[0]
    test("no bound", differs("exit code", done.returncode, 123), differs("bounded", done.doc.get("bounded"), False),
         differs("kind", why.get("kind"), "loop"), differs("loop", why.get("loop"), 0), differs("func", why.get("func"), 0),
         differs("fuel_high", done.doc.get("fuel_high", 0), None), None if "W0702" in done.err else done.err)
    facts = {"sha256": hashlib.sha256(wasm).hexdigest().upper(), "loops": [{"func": 0, "loop": 0, "max": 5, "author": "A. Writer",
             "rationale": "the argument is small"}]}
    done = wcet(wasm, facts=facts)
    assumed = (done.doc.get("assumptions") or [{}])[0]
    test("a stated bound", differs("exit code", done.returncode, 0), differs("fuel_high", done.doc.get("fuel_high"), 2 + 5 * 9),
         differs("author", assumed.get("author"), "A. Writer"), differs("checked", assumed.get("checked"), True))
    facts = json.dumps({"loops": [{"func": 0, "loop": 0, "max": 4}]}).encode()
    done = wcet(module([OPEN_LOOP], custom=("wrt.flowfacts", facts)))
    test("facts in the module", differs("fuel_high", done.doc.get("fuel_high"), 2 + 4 * 9))
    test("fail over", differs("above", wcet(wasm, "--fail-over", "46", facts={"loops": [{"func": 0, "loop": 0, "max": 5}]}).returncode, 122),
         differs("at", wcet(wasm, "--fail-over", "47", facts={"loops": [{"func": 0, "loop": 0, "max": 5}]}).returncode, 0))
    test("no such function to bound", differs("exit code", wcet(wasm, function="rum").returncode, 69))
    test("by number", differs("fuel_high", wcet(module([COUNTED]), function="0").doc.get("fuel_high"), 4 + 10 * 5))
    same = [wcet(wasm, facts=facts).stdout for _ in range(2)]
    test("the same twice", None if same[0] == same[1] else "two documents differ")


def kinds():
    def kind(title, done, want):
        found = [why["kind"] for why in done.doc.get("unbounded", [])]
        test(title, differs("exit code", done.returncode, 123), None if want in found else f"{found}, expected {want}")
    host = module([CALL1.replace(b"\x10\1", b"\x10\0")], imports=[("m", "f")])
    kind("an import without a price", wcet(host), "host-call")
    test("a declared price", differs("fuel_high", wcet(host, "--host", "m.f=7").doc.get("fuel_high"), 3 + 7),
         differs("for all", wcet(host, "--host", "9").doc.get("fuel_high"), 3 + 9),
         differs("by facts", wcet(host, facts={"hosts": [{"module": "m", "name": "f", "fuel": 5}]}).doc.get("fuel_high"), 3 + 5),
         differs("host calls", wcet(host, "--host", "9").doc.get("host_calls"), 1))
    endless = module([GET0 + b"\x10\0"])
    kind("recursion", wcet(endless, "--no-inference"), "recursion")
    test("invocations bound recursion", differs("exit code", wcet(endless, "--facts", "full", facts={"function_calls": {"0": 3}}).returncode, 65))
    sized = module([b"\x41\0\x41\0" + GET0 + b"\xfc\x0b\0" + GET0], memory=1)
    kind("a size", wcet(sized, "--no-inference"), "size")
    fact = {"sizes": [{"func": 0, "offset": sized.index(b"\xfc\x0b"), "max": 100}]}
    test("a stated size", differs("fuel_high", wcet(sized, "--no-inference", facts=fact).doc.get("fuel_high"), 6 + 100))
    kind("a table of others", wcet(module([GET0 + GET0 + b"\x11\0\0", COUNTED], table=[1], exported_table=True), "--no-inference"),
         "indirect-call")
    own = module([GET0 + GET0 + b"\x11\0\0", COUNTED, GET0], table=[1, 2])
    done = wcet(own, "--facts", "per-entry", facts={"loops": [{"func": 1, "loop": 0, "max": 10}]})
    test("the dearest target", differs("fuel_high", done.doc.get("fuel_high"), 4 + 4 + 10 * 5))
    kind("no way out", wcet(module([b"\x03\x40\x0c\0\x0b" + GET0]), "--no-inference"), "loop")
    started = module([GET0, b"\x41\x05\x21\0\x03\x40\x20\0\x41\1\x6b\x22\0\x0d\0\x0b"], start=1)
    test("the start function", differs("start", wcet(started).doc.get("start"), {"bounded": True, "fuel_high": 1 + 2 + 5 * 5}))


def certificates():
    wasm = module([COUNTED + b"\x1a" + CALL1, COUNTED])
    facts = {"loops": [{"func": 0, "loop": 0, "max": 10}, {"func": 1, "loop": 0, "max": 12, "total": 10}], "function_calls": {"0": 1, "1": 1}}
    for use in ("per-entry", "full"):
        path = str(pathlib.Path(FOLDER) / f"{use}.json")
        done = wcet(wasm, "--facts", use, "--certificate", path, facts=facts)
        good = json.loads(pathlib.Path(path).read_text())
        check = [sys.executable, str(ROOT / "tools" / "wcet_check")]
        run = subprocess.run([*check, path, write(wasm, ".wasm")], capture_output=True, timeout=60)
        test(f"a certificate, {use}", differs("exit code", run.returncode, 0),
             differs("bound", run.stdout.split()[-1:], [str(done.doc.get("fuel_high")).encode()]))
        run = subprocess.run([*check, path, write(wasm + b"\0\2\1x", ".wasm")], capture_output=True, timeout=60)
        test(f"a certificate of another module, {use}", differs("exit code", run.returncode, 1))
        tampered(good, use, check)


def numbers(value, path=()):
    if isinstance(value, dict):
        for key in value:
            yield from numbers(value[key], path + (key,))
    elif isinstance(value, list):
        for k, item in enumerate(value):
            yield from numbers(item, path + (k,))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path


def tampered(good, use, check):
    """Whatever number of a proof is lowered, the checker refuses, or still proves no less than before."""
    rng, bad = random.Random(1), []
    places = [p for p in numbers(good) if p[0] in ("bound", "cases")]
    for path in rng.sample(places, min(25, len(places))):
        copy = json.loads(json.dumps(good))
        at = copy
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] -= 1 + abs(at[path[-1]]) // 10
        file = write(json.dumps(copy), ".json")
        run = subprocess.run([*check, file], capture_output=True, timeout=60)
        if run.returncode == 0 and int(run.stdout.split()[-1]) < good["bound"]:
            bad.append(path)
    test(f"a tampered certificate, {use}", bad and f"accepted with a lower bound: {bad}")


def main():
    global OPTIONS, FOLDER
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build/release/wrtd"))
    OPTIONS = parser.parse_args()
    with tempfile.TemporaryDirectory() as FOLDER:
        wrong_facts()
        right_facts()
        kinds()
        certificates()
    print(f"{PASSED} passed, {len(FAILED)} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
