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


def empty_facts():
    """What was meant as a fact and says nothing is no fact: a misspelled member would go unnoticed."""
    wasm = module([OPEN_LOOP + b"\x1a" + CALL1, GET0])
    refused("no list that is known", wasm, {"loop": [{"func": 0, "loop": 0, "max": 5}]}, 701, '"loops"')
    refused("no member at all", wasm, {}, 701, '"loops"')
    refused("a loop without a figure", wasm, {"loops": [{"func": 0, "loop": 0, "maximum": 5}]}, 701, "says nothing", '"max"')
    refused("a function without a figure", wasm, {"functions": [{"func": 1, "called": 5}]}, 701, "says nothing", '"calls"')
    refused("targets that are missing", wasm, {"targets": [{"func": 0, "offset": 50}]}, 701, "says nothing")
    refused("a size that is missing", wasm, {"sizes": [{"func": 0, "offset": 50}]}, 701, "says nothing")
    refused("a member stated twice", wasm, '{"loops":[{"func":0,"loop":0,"max":1,"max":2}]}', 705, "stated twice")


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


def run_again(wasm, facts, *args):
    """The bound held against runs: exit code and what is said."""
    return wcet(wasm, "--no-inference", *args, facts=facts)


def verified(wasm, facts, *args):
    """Problems of the certificate of this bound."""
    path = str(pathlib.Path(FOLDER) / "own.json")
    done = wcet(wasm, "--certificate", path, *args, facts=facts)
    run = subprocess.run([sys.executable, str(ROOT / "tools" / "wcet_check"), path, write(wasm, ".wasm")], capture_output=True, timeout=60)
    return differs("exit code of the checker", run.returncode, 0) or differs(
        "what it proves", run.stdout.split()[-1:], [str(done.doc.get("fuel_high")).encode()])


DEAR = b"\x41\0\x1a" * 10              # costs 10


def choices(second):
    """if (n) { 10 } if (second) { 10 }: offsets of both."""
    return GET0 + b"\x04\x40" + DEAR + b"\x0b" + second + b"\x04\x40" + DEAR + b"\x0b"


def pairs():
    """Two arms that exclude each other: the pair alone lowers the bound, in straight code and in every round of a loop."""
    exclusive, both = GET0 + b"\x45", GET0
    for title, body, rounds in (("straight", choices(exclusive) + GET0, 1),
                                ("in a loop", b"\x41\x05\x21\1\x03\x40" + choices(exclusive) + b"\x20\1\x41\1\x6b\x22\1\x0d\0\x0b" + GET0, 5)):
        wasm = module([body])
        first = wasm.index(DEAR)
        facts = {"loops": [{"func": 0, "loop": 0, "max": 5}]} if rounds > 1 else {"loops": []}
        pair = {"func": 0, "offsets": [first, wasm.index(DEAR, first + 1)], "author": "A", "rationale": "one \"or\" the other"}
        plain = wcet(wasm, "--no-inference", facts=facts).doc
        done = wcet(wasm, "--no-inference", facts={**facts, "infeasible": [pair]}).doc
        full = wcet(wasm, "--facts", "full", "--no-inference", facts={**facts, "infeasible": [pair]}).doc
        per = wcet(wasm, "--facts", "per-entry", "--no-inference", facts={**facts, "infeasible": [pair]}).doc
        assumed = [a for a in done["assumptions"] if a["kind"] == "infeasible"]
        test(f"an infeasible pair, {title}", differs("what it saves", plain["fuel_high"] - done["fuel_high"], 10 * rounds),
             differs("with --facts full", full["fuel_high"], done["fuel_high"]), differs("per entry", per["fuel_high"], plain["fuel_high"]),
             differs("method", done["method"], "ilp"), differs("assumptions", len(assumed), 1),
             differs("rationale", assumed[0]["rationale"], 'one "or" the other'),
             verified(wasm, {**facts, "infeasible": [pair]}, "--no-inference"))
    wasm = module([choices(both) + GET0])
    first = wasm.index(DEAR)
    second = wasm.index(DEAR, first + 1)
    done = run_again(wasm, {"infeasible": [{"func": 0, "offsets": [first, second]}]}, "--measure", "25", "--arg", "1")
    test("a false pair is caught by runs", differs("exit code", done.returncode, 123), None if "W0708" in done.err else done.err)

    def pair(title, code, *offsets, words=()):
        refused(title, wasm, {"infeasible": [{"func": 0, "offsets": list(offsets)}]}, code, *words)
    pair("a pair of one", 705, first, first + 2, words=("always executed together",))
    pair("a pair with nothing", 704, first, 7, words=("no path of function 0 reaches an operator at offset 7",))
    pair("half a pair", 701, first, words=("two offsets",))
    pair("three of them", 701, first, second, second + 2, words=("two offsets",))
    inside = module([b"\x03\x40" + DEAR + b"\x20\0\x0d\0\x0b" + GET0 + b"\x04\x40" + DEAR + b"\x0b" + GET0])
    at = inside.index(DEAR)
    refused("a pair across a loop", inside, {"infeasible": [{"func": 0, "offsets": [at, inside.index(DEAR, at + 1)]}]}, 704,
            "do not stand in the same loop")


def hard():
    """Pairs at random between arms of random prices: which arms to take is a search that grows without bound. It ends at a limit, with a bound."""
    rng = random.Random(1)
    for arms, count, limit in ((40, 160, "wcet_ilp_work"), (150, 1250, "wcet_ilp_rows")):
        head = GET0 + b"\x04\x40"
        costs = [rng.randint(10, 90) for _ in range(arms)]
        wasm = module([b"".join(head + DEAR[:3] * cost + b"\x0b" for cost in costs) + GET0])
        at = [0]
        while len(at) <= arms:
            at.append(wasm.index(head, at[-1] + 1))
        chosen = set()
        while len(chosen) < count:
            chosen.add(tuple(sorted(rng.sample(at[1:], 2))))
        facts = {"infeasible": [{"func": 0, "offsets": [a + len(head), b + len(head)]} for a, b in sorted(chosen)]}
        plain, done = wcet(wasm, "--no-inference").doc, wcet(wasm, "--no-inference", facts=facts).doc
        # one arm by itself is always possible
        test(f"{count} pairs between {arms} arms", differs("limit", done.get("limit"), limit),
             differs("no bound", max(costs) < done.get("fuel_high", 0) <= plain["fuel_high"], True), verified(wasm, facts, "--no-inference"))


def alone():
    """Each kind of fact changes the bound by itself, and a false one is caught by a run."""
    turn = b"\x03\x40\x20\1\x41\1\x6b\x22\1\x0d\0\x0b"                     # until local 1 is 0; 5 fuel a round
    # for (k = n; k != 0; k--) { j = k; do j--; while (j != 0); }    with n = 4: inner rounds 4 + 3 + 2 + 1
    nest = module([GET0 + b"\x21\2\x03\x40\x20\2\x21\1" + turn + b"\x20\2\x41\1\x6b\x22\2\x0d\0\x0b" + GET0])
    loops = [{"func": 0, "loop": 0, "max": 4}, {"func": 0, "loop": 1, "max": 4}]
    plain = wcet(nest, "--no-inference", facts={"loops": loops}).doc
    loops[1]["total"] = 10
    done = wcet(nest, "--no-inference", facts={"loops": loops}).doc
    test("a total", differs("what it saves", plain["fuel_high"] - done["fuel_high"], 6 * 5), verified(nest, {"loops": loops}, "--no-inference"))
    held = run_again(nest, {"loops": loops}, "--check-facts", "--measure", "25", "--arg", "4")
    test("a true total", differs("exit code", held.returncode, 0), differs("observed", held.doc["fuel_high"], done["fuel_high"]))
    loops[1]["total"] = 9
    held = check(nest, {"loops": loops}, 4)
    test("a false total", differs("exit code", held.returncode, 123), None if "W0710" in held.err and "in one run" in held.err else held.err)
    # if (n) call 1; if (!n) call 1
    calls = module([GET0 + b"\x04\x40" + CALL1 + b"\x1a\x0b" + GET0 + b"\x45\x04\x40" + CALL1 + b"\x1a\x0b" + GET0, DEAR + GET0])
    plain = wcet(calls, "--no-inference").doc
    once = {"functions": [{"func": 1, "calls": 1}]}
    done = wcet(calls, "--no-inference", facts=once).doc
    test("invocations", differs("less", plain["fuel_high"] - done["fuel_high"] >= 10, True), verified(calls, once, "--no-inference"))
    held = check(module([(GET0 + b"\x04\x40" + CALL1 + b"\x1a\x0b") * 2 + GET0, DEAR + GET0]), once, 1)
    test("false invocations", differs("exit code", held.returncode, 123),
         None if "W0710" in held.err and "called 2 times" in held.err else held.err)
    # f(n) = n ? f(n - 1) : 0
    down = module([CALL1, GET0 + b"\x04\x40" + GET0 + b"\x41\1\x6b\x10\1\x1a\x0b" + GET0])
    open_ = wcet(down, "--no-inference")
    test("recursion without a fact", differs("exit code", open_.returncode, 123))
    depth = {"functions": [{"func": 1, "calls": 5}]}
    done = wcet(down, "--facts", "full", "--no-inference", facts=depth)
    ran = subprocess.run([OPTIONS.wrtd, "run", "--json", "--fuel-table", "unit", "--invoke", "run(4)", write(down, ".wasm")],
                         capture_output=True, timeout=60)
    test("recursion by invocations", differs("exit code", done.returncode, 0),
         differs("fuel_high", done.doc.get("fuel_high"), json.loads(ran.stdout)["fuel"]["used"]), verified(down, depth, "--no-inference"))
    held = check(down, depth, 5)
    test("false recursion", differs("exit code", held.returncode, 123), None if "called 6 times" in held.err else held.err)


def many():
    """Work grows with the facts, not with their square."""
    turn = b"\x41\x05\x21\1\x03\x40\x20\1\x41\1\x6b\x22\1\x0d\0\x0b"
    count = 40000
    wasm, dead = module([turn * count + GET0]), module([GET0, turn * count + GET0])
    loops = [{"func": 0, "loop": k, "max": 5} for k in range(count)]
    done = wcet(wasm, "--no-inference", facts={"loops": loops})
    test("many loops", differs("exit code", done.returncode, 0), differs("fuel_high", done.doc.get("fuel_high"), 2 + count * (2 + 5 * 5)))
    loops[-1] = dict(loops[0], max=6)
    refused("many loops, two of which contradict each other", wasm, {"loops": loops}, 705)
    done = wcet(dead, facts={"loops": [{"func": 1, "loop": k, "max": 5} for k in range(count)]})
    test("many loops that are not reached", differs("exit code", done.returncode, 0))
    first = wasm.index(turn) + 6                # a label
    pairs = [{"func": 0, "offsets": [first, first + 16 * k]} for k in range(1, count)]
    refused("many pairs", wasm, {"infeasible": pairs}, 704, "do not stand in the same loop")


def check(wasm, facts, *run):
    done = subprocess.run([OPTIONS.wrtd, "wcet", "--json", "--no-inference", "--check-facts", "--annotate", write(json.dumps(facts), ".json"),
                           write(wasm, ".wasm"), "run", *map(str, run)], capture_output=True, timeout=60)
    done.err = done.stderr.decode(errors="replace")
    return done


def assumed():
    wasm = module([CALL1.replace(b"\x10\1", b"\x10\0")], imports=[("m", "f")])
    facts = {"hosts": [{"module": "m", "name": "\u0066", "fuel": 5, "author": "a \"b\" \\ \u00e9 \U0001f600", "rationale": "\n"}]}
    text = json.dumps(facts).replace('"name": "f"', '"name": "\\u0066"')
    done = wcet(wasm, "--arg", "-3..9", "--host", "m.f=7", "--host", "9", facts=text)
    kinds = [a["kind"] for a in done.doc.get("assumptions", [])]
    test("what is declared is listed", differs("kinds", kinds, ["host-price", "argument", "host-price", "host-price", "state"]))
    if len(kinds) == 5:
        fact, arg, host, every = done.doc["assumptions"][:4]
        test("texts are decoded", differs("author", fact.get("author"), facts["hosts"][0]["author"]), differs("rationale", fact.get("rationale"), "\n"),
             differs("name", fact.get("name"), "f"), differs("fuel_high", done.doc["fuel_high"], 3 + 5))
        ran = wcet(module([COUNTED]), "--arg", "-3..9", "--measure", "3")
        test("runs inside a range", differs("exit code", ran.returncode, 0))
        for value, code in (("10", 64), ("-4", 64), ("-3", 0), ("9", 0)):
            ran = subprocess.run([OPTIONS.wrtd, "wcet", "--arg=-3..9", "--measure=3", write(module([COUNTED]), ".wasm"), "run", "--", value],
                                 capture_output=True, timeout=60)
            test(f"a run with {value}, range -3..9", differs("exit code", ran.returncode, code))
        test("a range", differs("argument", (arg.get("argument"), arg.get("min"), arg.get("max")), (0, -3, 9)),
             differs("a price", (host.get("module"), host.get("name"), host.get("max")), ("m", "f", 7)),
             differs("all prices", (every.get("name"), every.get("max")), ("", 9)))
    done = wcet(module([CALL1.replace(b"\x10\1", b"\x10\0")], imports=[("adc", "read")]), "--host", "adc.raed=7")
    test("a price of no import", differs("exit code", done.returncode, 64), None if "did you mean `read`?" in done.err else done.err)
    done = wcet(wasm, "--host", "o.f=7")
    test("a price of another module's", differs("exit code", done.returncode, 64), None if "imports no function" in done.err else done.err)
    refused("a fact about no import", wasm, {"hosts": [{"module": "m", "name": "g", "fuel": 1}]}, 704, "does not import")
    done = wcet(wasm, "--arg", "*", "--arg", "1..2", "--host", "1")
    test("a range of no argument", differs("exit code", done.returncode, 65), None if "W0704" in done.err and "function 1 has 1" in done.err else done.err)
    for bad in ("\\q", "\\u12g4", "\\ud800", "\\udc00", "\\ud800\\u0041", "\\u12"):
        refused(f"the escape {bad}", wasm, '{"hosts": [{"name": "f", "fuel": 1, "author": "' + bad + '"}]}', 701, "escape")


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
        empty_facts()
        right_facts()
        kinds()
        pairs()
        alone()
        assumed()
        many()
        hard()
        certificates()
    print(f"{PASSED} passed, {len(FAILED)} failed")
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
