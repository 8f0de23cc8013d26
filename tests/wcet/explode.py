#!/usr/bin/env python3
"""Programs that are built to blow up the analysis: each ends, with a bound or with the name of the limit.

    explode.py --wrtd build/release/wrtd

Memory of the process is limited (400 MiB of addresses, where the platform can). Needs wat2wasm of the Python
package wasmtime. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

try:
    from wasmtime import wat2wasm
except ImportError:
    print("no wasmtime package for the programs of this test")
    sys.exit(77)


def nest(depth):
    """Loops inside each other whose exits depend on a value that nothing is known of."""
    text = "(local.set 1 (i32.add (local.get 1) (i32.rotl (local.get 0) (local.get 1))))"
    for k in range(2, depth + 2):
        step = f"(local.set {k} (i32.add (local.get {k}) (i32.const 1)))"
        test = f"(i32.lt_u (i32.xor (local.get {k}) (local.get 1)) (i32.const 77))"
        text = f"(loop {text} {step} (br_if 0 {test}))"
    return f'(module (func (export "f") (param i32) (local {"i32 " * (depth + 1)}) {text}))'


def forks(count):
    """Conditions one after the other, each with a store."""
    one = "(if (i32.and (local.get 0) (i32.const {})) (then (i32.store (i32.const {}) (local.get 0))))"
    return ('(module (memory 1) (func (export "f") (param i32) '
            + "".join(one.format(1 << k % 32, 8 * k) for k in range(count)) + "))")


def chain(depth):
    """Each function calls the next one twice, with other arguments."""
    call = "(call $g{0} (local.get 0)) (call $g{0} (i32.add (local.get 0) (i32.const 1)))"
    texts = [f"(func $g{k} (param i32) (result i32) (i32.add {call.format(k + 1)}))" for k in range(depth)]
    return (f"(module {' '.join(texts)} (func $g{depth} (param i32) (result i32) (local.get 0)) "
            '(func (export "f") (drop (call $g0 (i32.const 0)))))')


DOUBLE = """(module (func $f (export "f") (param i32) (if (local.get 0) (then
    (call $f (i32.shr_u (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))))"""
PAGES = """(module (memory 4096) (func (export "f") (param i32) (local i32) (loop
    (i32.store (i32.mul (local.get 1) (i32.const 256)) (i32.add (local.get 0) (local.get 1)))
    (local.set 1 (i32.add (local.get 1) (i32.const 1)))
    (br_if 0 (i32.lt_u (local.get 1) (i32.const 1000000))))))"""
DICE = """(module (func (export "f") (local i32) (loop
    (local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 1664525)) (i32.const 1013904223)))
    (br_if 0 (i32.ne (local.get 0) (i32.const 12345))))))"""
# name, text, the limit; "": bounded; None: no bound, whatever limit
PROGRAMS = [("loops", nest(40), "wcet_steps"), ("calls", DOUBLE, "wcet_steps"),
            ("pages", PAGES, "wcet_state_bytes"), ("conditions", forks(2000), ""),
            ("calls twice", chain(30), ""), ("dice", DICE, None)]


def smaller():
    resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default="build/release/wrtd")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        wasm = pathlib.Path(folder) / "m.wasm"
        for name, text, limit in PROGRAMS:
            wasm.write_bytes(wat2wasm(text))
            for state in ["fresh", "repeated", "any"]:
                args = [options.wrtd, "wcet", "--json", "--state", state, str(wasm), "f"]
                done = subprocess.run(args, capture_output=True, timeout=120, preexec_fn=smaller)
                got = json.loads(done.stdout) if done.returncode in (0, 123) else {}
                good = bool(got) and got["bounded"] == (limit == "")
                if state == "fresh" and limit:
                    good = good and got.get("limit") == limit
                passed += good
                failed += not good
                if not good:
                    print(f"{name}, {state}: {done.returncode} {got.get('bounded')} {got.get('limit')}"
                          f" {done.stderr.decode()[-200:]}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
