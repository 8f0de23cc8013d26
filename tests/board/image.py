#!/usr/bin/env python3
"""`wrtd build-image` on manifests with everything in them: the C compiles without a warning, its schedule has the hash of
`wrtd sched run`, foreign texts stay texts, and what an image cannot hold is refused.

    image.py [--wrtd build/release/wrtd] [--library build/release/libwrt.a]      ends with `N passed, N failed`
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOARD = ROOT / "examples" / "board"
PROGRAMS = ROOT / "examples" / "brake-by-wire"
FLAGS = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Wundef", "-Werror",
         f"-I{ROOT / 'include'}", f"-I{BOARD}"]
OPTIONS = None
PASSED, FAILED = 0, 0


def test(name, problem=None):
    global PASSED, FAILED
    if problem:
        FAILED += 1
        print(f"FAILED: {name}: {problem}")
    else:
        PASSED += 1


def wrtd(*args, cwd=None):
    return subprocess.run([OPTIONS.wrtd, *map(str, args)], capture_output=True, text=True, timeout=60, cwd=cwd)


def module(body):
    """A module of hand-made sections: (type, bytes) pairs."""
    def leb(n):
        out = bytearray()
        while True:
            out.append(n & 127 | (128 if n > 127 else 0))
            n >>= 7
            if not n:
                return bytes(out)
    return b"\0asm\1\0\0\0" + b"".join(bytes([kind]) + leb(len(data)) + data for kind, data in body)


# (func (export "f") (param i32 i64 f32 f64) counts the first argument down) and (func (export "g"))
COUNTS = module([
    (1, b"\2\x60\4\x7f\x7e\x7d\x7c\0\x60\0\0"),
    (3, b"\2\0\1"),
    (7, b"\2\1f\0\0\1g\0\1"),
    (10, b"\2\x11\0\x03\x40\x20\0\x41\1\x6b\x22\0\x0d\0\x0b\x01\x01\x01\x0b\x02\0\x0b"),
])
IMPORTS = module([(1, b"\1\x60\0\0"), (2, b"\1\5board\4tick\0\0"), (3, b"\1\0"), (7, b"\1\1g\0\1"), (10, b"\1\4\0\x10\0\x0b")])
WASI = module([(1, b"\1\x60\1\x7f\0"), (2, b"\1\x16wasi_snapshot_preview1\x09proc_exit\0\0"), (3, b"\1\0"), (7, b"\1\1g\0\1"),
               (10, b"\1\2\0\x0b")])
SPINS = module([(1, b"\1\x60\0\0"), (3, b"\1\0"), (7, b"\1\1g\0\0"), (8, b"\0"), (10, b"\1\7\0\x03\x40\x0c\0\x0b\x0b")])
TASK = '[[task]]\nname = "{0}"\ncomponent = "{1}"\ncall = "{2}"\nperiod = "{3}"\nwcet = {{ fuel = {4} }}\n{5}\n'


def head(more="", system=""):
    return f'manifest = 1\n[system]\nname = "it"\nclock = "fuel"\nns-per-kfuel = 1_000_000\noverhead-factor = "1"\n' \
           f'max-utilization = 1\nmax-utilization-per-level = 1\n{system}\n[component.c]\nfile = "counts.wasm"\nlimits = {{ stack = "4KiB" }}\n{more}\n'


ARGS = "f(20, -5, nan, -0x1.8p3)"
MANIFESTS = {
    "servers": head("[server.s]\nfuel = 200\nperiod = \"2ms\"\n", 'policy = "edf"')
    + TASK.format("one", "c", ARGS, "8ms", 300, 'server = "s"') + TASK.format("two", "c", "g()", "5ms", 100, 'on-late = "queue"'),
    "slots": head(system='policy = "time-triggered"\ncycle = "4ms"')
    + TASK.format("one", "c", ARGS, "4ms", 300, 'slots = [{ at = "1ms", length = "2ms" }]').replace('period = "4ms"\n', ""),
    "levels": head(system='policy = "rm+edf"')
    + TASK.format("one", "c", ARGS, "3ms", 300, 'asil = "D"\nnp-max = 300') + TASK.format("two", "c", "f(4000, 1, 2, 3)", "5ms", 500, 'asil = "B"\non-overrun = "suspend"')
    + TASK.format("three", "c", "g()", "7ms", 100, 'asil = "QM"\non-drop = "degrade:3"'),
    "round robin": head(system='policy = "round-robin"\nquantum = 70')
    + TASK.format("one", "c", ARGS, "3ms", 900, "weight = 3") + TASK.format("two", "c", "f(60, 1, 2, 3)", "3ms", 900, 'offset = "1ms"'),
    "own prices": head(system='policy = "priority"\nfuel-table = "own.table"') + TASK.format("one", "c", ARGS, "3ms", 900, "priority = 200")
    + TASK.format("two", "c", "f(60, 1, 2, 3)", "4ms", 900, 'jitter = "100us"'),
    "names": head(system="").replace('"it"', '"3.it-s_"') + TASK.format("a-b", "c", ARGS, "3ms", 300, "")
    + TASK.format("a_b", "c", "g()", "3ms", 300, ""),
    "sealed": head(system="seal = true") + TASK.format("one", "c", ARGS, "3ms", 300, ""),
}


def compiled(folder, name, until):
    image = (folder / "image.h").read_text()
    prefix = re.search(r"^typedef struct (\w+)_system", image, re.M).group(1)
    done = subprocess.run(["cc", *FLAGS, f"-I{folder}", f"-DSYSTEM={prefix}", f"-DSYSTEM_UPPER={prefix.upper()}",
                           '-DSYSTEM_HEADER="image.h"', f"-DUNTIL_NS={until}", folder / "image.c", BOARD / "system.c",
                           BOARD / "host.c", OPTIONS.library, "-lpthread", "-lm", "-o", folder / "it"], capture_output=True, text=True)
    test(f"{name} compiles", done.stderr[:500] if done.returncode else None)
    if done.returncode:
        return "", image
    done = subprocess.run([folder / "it"], capture_output=True, text=True, timeout=60)
    test(f"{name} runs", None if done.returncode == 0 else done.stdout[:300])
    return done.stdout, image


def images(folder):
    for name, text in MANIFESTS.items():
        (folder / "m.toml").write_text(text)
        made = wrtd("build-image", "--json", "-o", folder / "image.c", folder / "m.toml")
        test(f"{name} is made", None if made.returncode == 0 else made.stderr[:300])
        if made.returncode:
            continue
        out, _ = compiled(folder, name, 100_000_000)
        run = wrtd("sched", "run", "--virtual", "--until", "100ms", folder / "m.toml")
        want = run.stdout.strip().splitlines()[-1] if run.stdout else run.stderr
        got = out.strip().splitlines()[-1] if out else "nothing"
        test(f"{name}: schedule", None if got == want and "hash" in got else f"{got}, `sched run` says {want}")
        test(f"{name}: document", None if json.loads(made.stdout)["block_bytes"] > 0 else made.stdout)


def verdicts(folder):
    tight = head() + TASK.format("one", "c", ARGS, "1ms", 2000, "")
    (folder / "m.toml").write_text(tight)
    for f in ("no.c", "no.h"):
        (folder / f).unlink(missing_ok=True)
    made = wrtd("build-image", "-o", folder / "no.c", folder / "m.toml")
    test("refused", None if made.returncode == 122 and not (folder / "no.c").exists() else f"{made.returncode} {made.stderr}")
    made = wrtd("build-image", "--force", "-o", folder / "no.c", folder / "m.toml")
    text = (folder / "no.h").read_text() if made.returncode == 0 else ""
    test("forced", None if re.search(r"IT_ADMITTED 0\b", text) and "warning" in made.stderr else made.stderr)
    (folder / "m.toml").write_text(head(system='policy = "priority"') + TASK.format("one", "c", ARGS, "4ms", 300, "priority = 9"))
    wrtd("build-image", "-o", folder / "no.c", folder / "m.toml")
    text = (folder / "no.c").read_text()
    test("response time", None if "UINT64_C(300000)" in text else re.findall(r"response_ns.*\n.*", text))


def refusals(folder):
    one = TASK.format("one", "c", "g()", "4ms", 300, "")
    cases = [
        ("a missing output", [], one, 64, "-o image.c"),
        ("a strange output", ["-o", "image.cc"], one, 64, "no name of a C file"),
        ("a folder as output", ["-o", "folder.c"], one, 74, "cannot write"),
        ("a full disk", ["-o", "full.c"], one, 74, "cannot write"),
        ("WASI", ["-o", "x.c"], one.replace("counts", "wasi"), 78, "needs WASI"),
        ("arguments", ["-o", "x.c"], one + '[component.d]\nfile = "counts.wasm"\nargs = ["x"]\n', 78, "no system interface"),
        ("a start function without end", ["-o", "x.c"], one, 120, "fuel"),
    ]
    (folder / "folder.c").mkdir()
    (folder / "full.c").symlink_to("/dev/full")
    for name, args, text, code, part in cases:
        text = head() + text
        for word, file in (("WASI", "wasi.wasm"), ("a start function without end", "spins.wasm")):
            if name == word:
                text = text.replace("counts.wasm", file).replace("g()", "g(1)" if file == "wasi.wasm" else "g()")
        (folder / "m.toml").write_text(text)
        made = wrtd("build-image", *args, "m.toml", cwd=folder)
        good = made.returncode == code and part in made.stderr
        test(name, None if good else f"{made.returncode} {made.stderr[:300]}")
    (folder / "set.json").write_text('{"tasks": [{"name": "a", "C": 1, "T": 2}]}')
    made = wrtd("build-image", "-o", "x.c", "set.json", cwd=folder)
    test("a set in JSON", None if made.returncode in (64, 65) else f"{made.returncode} {made.stderr}")


def linking(folder):
    """What the board offers: options.link defines it, and no block is promised."""
    (folder / "m.toml").write_text(head().replace("counts", "imports") + TASK.format("one", "c", "g()", "4ms", 300, ""))
    made = wrtd("build-image", "-o", folder / "image.c", folder / "m.toml")
    header = (folder / "image.h").read_text()
    test("imports", made.stderr if made.returncode or "BLOCK_BYTES" in header else None)
    (folder / "main.c").write_text("""
#include "image.h"
static _Alignas(16) uint8_t block[1 << 20];
static uint64_t ticks;
static wrt_status tick(void *ctx, wrt_call *c) { (void)ctx; (void)c; ticks++; return WRT_OK; }
static wrt_status give(void *ctx, const char *component, wrt_linker *l, wrt_error *err)
{
    wrt_fn_def d = { .size = sizeof d, .name = { "tick", 4 }, .fn = tick };
    (void)ctx;
    return component[0] == 'c' ? wrt_link_funcs(l, (wrt_str){ "board", 5 }, &d, 1, err) : WRT_E_ARG;
}
int main(void)
{
    static it_system s;
    wrt_error e;
    it_options o = { .link = give };
    if (it_make(block, 512, &o, &s, &e) != WRT_E_NOMEM) return 1;       /* too small, and cleanly */
    it_free(&s);
    if (it_make(block, sizeof block, NULL, &s, &e) != WRT_E_LINK) return 2;
    it_free(&s);
    if (it_make(block, sizeof block, &o, &s, &e) || wrt_sched_run(s.sched, 40000000, &e)) return 3;
    it_free(&s);
    return ticks == 10 ? 0 : 4;
}
""")
    done = subprocess.run(["cc", *FLAGS, f"-I{folder}", folder / "main.c", folder / "image.c", OPTIONS.library, "-lpthread", "-lm",
                           "-o", folder / "it"], capture_output=True, text=True)
    test("linking compiles", done.stderr[:500] if done.returncode else None)
    if done.returncode == 0:
        done = subprocess.run([folder / "it"], timeout=60)
        test("linking", f"exit code {done.returncode}" if done.returncode else None)


def main():
    global OPTIONS
    args = argparse.ArgumentParser()
    args.add_argument("--wrtd", default="build/release/wrtd")
    args.add_argument("--library", default="build/release/libwrt.a")
    OPTIONS = args.parse_args()
    OPTIONS.wrtd = str(pathlib.Path(OPTIONS.wrtd).resolve())
    if not shutil.which("cc"):
        print("skipped: no C compiler")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, data in (("counts", COUNTS), ("imports", IMPORTS), ("wasi", WASI), ("spins", SPINS)):
            (folder / f"{file}.wasm").write_bytes(data)
        table = wrtd("fuel-table", "weighted").stdout
        (folder / "own.table").write_text(re.sub(r"(?m)^(\s*i32\.sub\s+)\d+", r"\g<1>7", table).replace("weighted", "own"))
        images(folder)
        verdicts(folder)
        refusals(folder)
        linking(folder)
    print(f"{PASSED} passed, {FAILED} failed")
    sys.exit(1 if FAILED else 0)


main()
