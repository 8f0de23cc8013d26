#!/usr/bin/env python3
"""Lines of the source in `wrtd wcet`, and pragmas that become facts: at three levels, with tables of two versions, and with broken ones.

    lines.py --wrtd build/release/wrtd

The fixtures are tests/wcet/lines/bounds.c, built by build.sh beside it. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).parent / "lines"
SOURCE = (FIXTURES / "bounds.c").read_text()
STEP, FOR, WHILE = 26, 8, 11            # lines of the loops: `while` of the do, for, while
PRAGMAS = {7: 20, 10: 9, 21: 32}        # line of a pragma: its max
RESULTS = {"passed": 0, "failed": 0, "skipped": 0}
TOOL, FOLDER = None, None


def test(name, *problems):
    problems = [p for p in problems if p]
    RESULTS["failed" if problems else "passed"] += 1
    for problem in problems:
        print(f"FAILED {name}: {problem}")


def differs(what, got, want):
    return None if got == want else f"{what} is {got!r}, expected {want!r}"


def wcet(wasm, *args, run=()):
    done = subprocess.run([TOOL, "wcet", "--json", *map(str, args), wasm, "step", *map(str, run)], capture_output=True, timeout=120)
    done.doc = json.loads(done.stdout) if done.stdout else {}
    done.err = done.stderr.decode(errors="replace")
    return done


def write(name, data):
    path = FOLDER / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


# ---- lines and pragmas as they should be -----------------------------------------------------------------------------------

def levels():
    for version in (4, 5):
        for level in ("O0", "O1", "O2"):
            name = f"bounds.{level}.v{version}"
            wasm = FIXTURES / f"{name}.wasm"
            plain = wcet(wasm, "--blocks")
            lines = {(u.get("file"), u.get("line")) for u in plain.doc["unbounded"]}
            test(f"places without a bound, {name}", differs("exit code", plain.returncode, 123),
                 None if lines >= {("bounds.c", STEP), ("bounds.c", WHILE)} and lines <= {("bounds.c", n) for n in (STEP, FOR, WHILE)} else lines,
                 None if f"drain, bounds.c:{WHILE}" in plain.err else plain.err,
                 None if all(b.get("file") == "bounds.c" and 1 <= b["line"] <= 28 for b in plain.doc["blocks"]) else "blocks")
            done = wcet(wasm, "--pragmas", FIXTURES / "bounds.c")
            states = {p["line"]: p["state"] for p in done.doc["pragmas"]}
            if level == "O2":           # the innermost loop was unrolled into three
                test(f"several loops, {name}", differs("exit code", done.returncode, 123), differs("bounded", done.doc["bounded"], False),
                     differs("states", states, {7: "used", 10: "several", 21: "used"}),
                     differs("lines", {u["line"] for u in done.doc["unbounded"]}, {WHILE}),
                     None if "bounds.c:10: the pragma is not used: several loops" in done.err else done.err)
                continue
            loops = {l["line"]: (l["max"], l["rule"]) for l in done.doc["loops"]}
            test(f"pragmas, {name}", differs("exit code", done.returncode, 0), differs("states", states, dict.fromkeys(PRAGMAS, "used")),
                 differs("loops", loops, {STEP: (33, 5), FOR: (21, 5), WHILE: (10, 5)}),
                 differs("rationale", done.doc["assumptions"][0].get("rationale"), "bounds.c:7: loopbound min 0 max 20"))
    page = FOLDER / "page.html"
    wcet(FIXTURES / "bounds.O1.v5.wasm", "--pragmas", FIXTURES / "bounds.c", "--report", page)
    text = page.read_text()
    test("on the page", *[None if f">bounds.c:{n}<" in text else f"line {n} is not there" for n in (STEP, FOR, WHILE)],
         None if "loopbound min 0 max 9" in text else "the pragma is not there")


def as_listed():
    """Every block's line against the table as another tool prints it."""
    dump = shutil.which("llvm-dwarfdump") or shutil.which("llvm-dwarfdump-19")
    if not dump:
        RESULTS["skipped"] += 1
        return
    for wasm in sorted(FIXTURES.glob("*.wasm")):
        text = subprocess.run([dump, "--debug-line", wasm], capture_output=True, timeout=60).stdout.decode()
        rows = [(int(a, 16), int(line), "end_sequence" in rest) for a, line, rest in re.findall(r"^0x(\w+)\s+(\d+)\s+(.*)$", text, re.M)]
        code = code_start(wasm.read_bytes())
        wrong = []
        for block in wcet(wasm, "--blocks").doc["blocks"]:
            before = [r for r in rows if r[0] + code <= block["offset"]]
            while before and before[-1][1] == 0:
                before.pop()
            if before[-1][1] != block["line"]:
                wrong.append((block["offset"], block["line"], before[-1][1]))
        test(f"lines of {wasm.name}", wrong and f"(offset, line, expected): {wrong}")


# ---- sources that do not match ---------------------------------------------------------------------------------------------

def others():
    new, old = FIXTURES / "bounds.O1.v5.wasm", FIXTURES / "bounds.O1.v4.wasm"

    def states(wasm, text, name="bounds.c"):
        done = wcet(wasm, "--pragmas", write(name, text))
        return done, {p["line"]: p["state"] for p in done.doc.get("pragmas", [])}
    done, found = states(new, SOURCE + "\n")
    test("a changed source", differs("states", set(found.values()), {"other-source"}), differs("exit code", done.returncode, 123),
         None if "is not the one that was compiled" in done.err else done.err)
    done, found = states(new, SOURCE, "other.c")
    test("another name", differs("states", set(found.values()), {"no-file"}))
    done, found = states(old, SOURCE.replace("for (int i = 0", "if (n > 0) for (int i = 0").replace("do {", "{ ; } do {"))
    test("a pragma before no loop", differs("states", found, {7: "before-none", 10: "used", 21: "before-none"}))
    done, found = states(old, "\n" * 40 + SOURCE)
    test("lines that moved away", differs("states", set(found.values()), {"no-loop"}))
    stripped = custom_sections(new.read_bytes(), lambda name, data: None if name.startswith(b".debug") else data)
    done, found = states(write("stripped.wasm", stripped), SOURCE)
    test("no line table", differs("states", set(found.values()), {"no-lines"}), None if "compile with -g" in done.err else done.err)
    # both loops in one line: columns tell them apart only where they are the compiler's
    done, found = states(old, SOURCE.replace("        while (sum > table[0]) {\n            sum -= table[7];\n        }\n",
                                             "        while (sum > table[0]) {\n            while (sum & 1) sum -= table[7];\n        }\n"))
    test("a loop that was written since", None if done.returncode in (0, 123) else done.returncode)


def wrong():
    wasm = FIXTURES / "bounds.O1.v4.wasm"

    def refused(title, text, number, line, *words, code=65):
        done = wcet(wasm, "--pragmas", write("bounds.c", text))
        where = done.doc.get("error", {})
        test(title, differs("exit code", done.returncode, code), None if number in done.stderr.decode() else done.err,
             None if f"bounds.c:{line}:" in done.err and where.get("line") == line else f"{done.err} {where}",
             *[None if w in done.err else f"{w!r} is not in {done.err}" for w in words])
    refused("min above max", SOURCE.replace("min 0 max 20", "min 21 max 20"), "W0705", 7, "min is above its max")
    refused("a negative bound", SOURCE.replace("min 0 max 9", "min 0 max -9"), "W0701", 10, "loopbound min A max B")
    refused("no max", SOURCE.replace("min 0 max 9", "min 0"), "W0701", 10)
    refused("a word", SOURCE.replace("min 1 max 32", "min one max 32"), "W0701", 21)
    refused("too large", SOURCE.replace("max 32", "max 99999999999999999999"), "W0701", 21)
    refused("deep", SOURCE.replace("int sum = 0;", "int sum = 0;" + "{" * 300 + "}" * 300, 1), "W0706", 6, code=125)
    low = wcet(wasm, "--pragmas", write("bounds.c", SOURCE.replace("max 20", "max 3")), "--check-facts", run=[10])
    test("a false pragma is caught", differs("exit code", low.returncode, 123), None if "W0710" in low.err else low.err)
    good = wcet(wasm, "--pragmas", FIXTURES / "bounds.c", "--check-facts", run=[3])
    test("a true one is not", differs("exit code", good.returncode, 0))
    for text in (b"", b"\xff\0\x80", b"/*", b"'", b'"\\', b"#", b"#pragma", b"_Pragma(", b'f(){_Pragma("loopbound max 1")',
                 b"f(){" + b"for(;;)" * 250, b"f(){do do do", b"}}}){{{", b"f(){switch(x){case 'a':for(;;);default:;}}"):
        done = wcet(wasm, "--pragmas", write("bounds.c", text))
        test(f"source {text[:20]}", None if done.returncode in (65, 123) else f"{done.returncode} {done.err}")


# ---- tables that are broken ------------------------------------------------------------------------------------------------

def leb(n):
    out = bytearray()
    while True:
        byte, n = n & 0x7f, n >> 7
        out.append(byte | (0x80 if n else 0))
        if not n:
            return bytes(out)


def read_leb(data, at):
    n, shift = 0, 0
    while True:
        byte = data[at]
        n, shift, at = n | (byte & 0x7f) << shift, shift + 7, at + 1
        if byte < 0x80:
            return n, at


def sections(wasm):
    at = 8
    while at < len(wasm):
        size, first = read_leb(wasm, at + 1)
        yield wasm[at], wasm[first:first + size], first
        at = first + size


def code_start(wasm):
    return next(first for number, _, first in sections(wasm) if number == 10)


def custom_sections(wasm, change):
    """The module with what change(name, data) gives for custom sections; None: left out."""
    out = wasm[:8]
    for number, content, _ in sections(wasm):
        if number == 0:
            n, at = read_leb(content, 0)
            data = change(content[at:at + n], content[at + n:])
            if data is None:
                continue
            content = content[:at + n] + data
        out += bytes([number]) + leb(len(content)) + content
    return out


def broken():
    rng = random.Random(7)
    for version in (4, 5):
        whole = (FIXTURES / f"bounds.O1.v{version}.wasm").read_bytes()
        table = {}
        custom_sections(whole, lambda name, data: table.setdefault(name, data))
        table = table[b".debug_line"]

        def attempt(data):
            wasm = custom_sections(whole, lambda name, own: data if name == b".debug_line" else own)
            return wcet(write("broken.wasm", wasm), "--no-inference", "--pragmas", FIXTURES / "bounds.c")
        cases = [table[:n] for n in sorted(rng.sample(range(1, len(table)), 20))]
        for at in [*range(0, 40), *rng.sample(range(40, len(table)), 20)]:
            for value in {0, 0xff, rng.randrange(256)} - {table[at]}:
                cases.append(table[:at] + bytes([value]) + table[at + 1:])
        bad, ignored = [], 0
        for k, data in enumerate(cases):
            done = attempt(data)
            ignored += "lines_ignored" in done.doc
            stated = any(p["state"] == "used" for p in done.doc.get("pragmas", []))
            if done.returncode not in (0, 123) or "no bound" not in done.err and not stated:
                bad.append((k, done.returncode, done.err[:200]))
            if "lines_ignored" in done.doc and "the line table is ignored: " not in done.err:
                bad.append((k, "not said"))
        test(f"{len(cases)} broken tables, version {version}", bad and bad[:3], None if ignored > 30 else f"only {ignored} were ignored")
        for title, data, words in (
                ("cut", table[:-3], "longer than the section"), ("version", table[:4] + b"\x09" + table[5:], "version is none of 2 to 5"),
                ("64 bit", b"\xff\xff\xff\xff" + table[4:], "64 bit format")):
            done = attempt(data)
            test(f"{title}, version {version}", None if words in done.err else done.err, differs("code", done.returncode, 123))
    done = attempt(table + table)
    test("the same code twice", None if "two sequences speak of the same code" in done.err else done.err)


def main():
    global TOOL, FOLDER
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", required=True)
    TOOL = parser.parse_args().wrtd
    with tempfile.TemporaryDirectory() as folder:
        FOLDER = pathlib.Path(folder)
        levels()
        as_listed()
        others()
        wrong()
        broken()
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**RESULTS))
    return 1 if RESULTS["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
