#!/usr/bin/env python3
"""The reader of TOML against tomllib of Python: cases by hand, generated documents and mutations of them.

    toml.py --reader build/release/tests/manifest/toml_json [--documents 4000] [--seed N] [-v]

Where the two are meant to differ (KNOWN) it is because the text of TOML 1.0 says more than tomllib does.
Ends with `N passed, N failed`.
"""
import argparse
import datetime
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import tomllib

GOOD = [
    "", "\n", "# comment", "a=1", "a = 1 # c\r\nb = 2\r\n", "\"\" = 1", "'' = 'x'", "'a.b' = 1\na.b = 2", "1.2 = 3", "-_- = 1",
    "a.b.c = 1\na.b.d = 2\na.e = 3", "a . b = 1", "a = {}", "a = {b=1, c.d = 2, c.e = 3}", "a = [ ]", "a = [1,2,]", "a = [ # c\n 1, # d\n\n 2 # e\n ]",
    "a = [[1], ['x', {b = [1, 2]}]]", "[a]\n[b]", "[a.b.c]\n[a]\n[a.b]", "[a]\nb.c = 1\nb.d = 2\n[a.e]", "[a.b]\nx=1\n[a]\nc.d = 1",
    "[a]\nb.c = 1\n[a.b.d]\ne = 2", "[[a]]\n[[a]]\nb = 1\n[a.c]\nd = 1\n[[a.e]]\n[[a.e]]", "[[a.b]]\n[a.b.c]\n[[a.b]]\n[a.b.c]", "[ a . 'b' ]\n", "[[ a . 'b' ]]",
    "a = 0\nb = +0\nc = -0\nd = 1_000\ne = 0xDead_beef\nf = 0o17\ng = 0b1_0", "a = 9223372036854775807\nb = -9223372036854775808", "a = 0x7fffffffffffffff",
    "a = 1.0\nb = -0.0\nc = 1e06\nd = 1E-2\ne = 6.626e-34\nf = 1_0.0_1\ng = +1.5", "a = inf\nb = -inf\nc = +inf\nd = nan\ne = -nan\nf=+nan", "a = true\nb = false",
    "a = 1979-05-27\nb = 07:32:00\nc = 07:32:00.999999\nd = 1979-05-27T07:32:00\ne = 1979-05-27 07:32:00Z\nf = 1979-05-27t07:32:00.5+01:30\ng = 2000-02-29",
    "a = [1979-05-27 , 1979-05-27 07:32:00, 07:32:00]", "a = 1979-05-27 # c", "a = '\\n'", "a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00e9\\U0001F600\"", "a = \"é\\u0000\"",
    'a = """\nline\r\nline"""', 'a = """x\\\n   \n  y"""', 'a = """x\\  \r\n y"""', "a = '''\n\\ x''y'''", 'a = """a"b""c\\""""', 'a = """"x"""""', "a = '''''x'''''", 'a = """"""',
    "\"a\\u0062\" = 1", "a = { b = \"\"\"x\ny\"\"\" }", "a = {b = [\n1,\n2\n]}", "\"é\" = 1", "a = 1\n\n\n   \t\nb=2", "\ta\t=\t1\t", "true = 1\ninf = 2\n1979-05-27 = 3",
    "a = \"\\u00e9\\uD7FF\\uE000\"", "[a.b]\n[[a.c]]\n[a.c.d]\n[a.c.d.e]", "x = '''\r\n\r\n'''", "a=[\"]\",'#']", "[a]#c\n[b] # d", "a = 1E+1_0", "a = 00:00:00", "a.'b.c'.\"d\" = 1",
]
BAD = [
    "a", "a =", "= 1", "a = 1 b = 2", "a = 1\na = 2", "[a]\n[a]", "a = 1\n[a]", "[a]\nb = 1\n[a.b]", "a = {b=1}\n[a]", "a = {b=1}\n[a.c]", "a = {b=1}\na.c = 2", "a.b = 1\n[a]", "a.b = 1\na = 2",
    "[a]\nb.c = 1\n[a.b]", "[a.b]\n[a]\nb.c = 1", "[a.b.c]\n[a]\nb.c.d = 1", "[[a]]\n[a]", "[a]\n[[a]]", "a = []\n[[a]]", "a = [{}]\n[a.b]", "[[a.b]]\n[a]\nb.c = 1", "a = {b=1, b=2}", "a = {b.c=1, b=2}", "a = {b={c=1}, b.d=2}",
    "a = {b=1,}", "a = {b=1\n}", "a = {\n}", "a = {,}", "a = [,]", "a = [1,,2]", "a = [1 2]", "a = [1", "a = {b=1", "[a", "[a]]", "[[a]", "[]", "[a.]", "[.a]", "[a..b]", "[ [a]]", "a..b = 1", "a. = 1", ".a = 1", "a b = 1",
    "a = 01", "a = 1_", "a = _1", "a = 1__0", "a = 0x", "a = 0X1", "a = +0x1", "a = 0xg", "a = 0o8", "a = 0b2", "a = 1.", "a = .1", "a = 1.e1", "a = 1e", "a = 1e_1", "a = 1._0", "a = --1", "a = Inf", "a = NaN", "a = True", "a = ++1", "a = 1_.0", "a = 0_0", "a = -01", "a = 03.14",
    "a = 1979-13-01", "a = 1979-02-29", "a = 1900-02-29", "a = 1979-00-01", "a = 1979-01-00", "a = 24:00:00", "a = 00:60:00", "a = 00:00:61", "a = 1979-05-27T", "a = 1979-05-27T07:32", "a = 07:32", "a = 07:32:00.", "a = 1979-05-27T07:32:00+25:00", "a = 07:32:00Z", "a = 1979-5-27", "a = 79-05-27", "a = 1979-05-27T07:32:00+0100", "a = 1979-05-27  07:32:00",
    "a = \"x", "a = 'x", "a = \"x\ny\"", "a = 'x\ny'", "a = \"\\x41\"", "a = \"\\u12\"", "a = \"\\uD800\"", "a = \"\\U00110000\"", "a = \"\\a\"", "a = \"\\ \"", 'a = """x', "a = '''x", "a = '''x'''''' ", 'a = """x""""""', '"""a""" = 1', "'''a''' = 1", "a = \"x\" y",
    "a = \"\x00\"", "a = '\x07'", "# \x01", "a = 1\rb = 2", "a = \"\x7f\"", "# \r", "a = '''\x0b'''", "\x0ca = 1", "\ufeffa = 1", "é = 1", "a = é", "a = $", "a = 1 # \x00", "a = 'x' 'y'", "a = \"\"\"\\ x\"\"\"", "a = 1,", "[a] b = 1", "[[a]] b", "a = tru", "a = falsee", "\"a = 1", "a = [1]]", "a = {}}", "[a]\n[a.b]\n[a]", "a.b = 1\na.b.c = 2", "a = 1\na.b = 2", "[a]\nb = 1\nb.c = 2", "[a.b]\n[a.b]",
    "[a]\nx.y = 1\n[a.x.z]\n[a]", "[x]\na.b = 1\n[x.c]\n[x]\na.d = 1",
]
# Where the texts differ: valid by RFC 3339, refused by Python's datetime; 64 bits, which tomllib does not keep.
KNOWN = [
    ("a = 0000-01-01", True), ("a = 23:59:60", True), ("a = 9223372036854775808", False), ("a = -9223372036854775809", False), ("a = 0xffffffffffffffff", False), ("a = 0b" + "1" * 64, False),
]
# Place and words of faults.
FAULTS = [
    ("a = 1\nb = = 2\n", 2, 5, "begins no value"), ("é = 1", 1, 1, "a key is expected"), ("\"é\" = x", 1, 7, "`x` is no value"), ("a = 5ms", 1, 5, "`5ms` is no value"), ("a = 1\na = 2", 2, 1, "`a` is given twice"),
    ("[x]\n[y]\n [ x ]", 3, 4, "`x` is given twice"), ("a = [1,\n 2,\n 03]", 3, 2, "`03` is no value"), ("a = \"x\ny = 1", 1, 5, "not closed"), ("a = [1,\n2", 1, 5, "the array is not closed"),
    ("a = {b = 1,\n}", 1, 5, "not closed on its line"), ("a = 1 b", 1, 7, "nothing more is expected"), ("a = '\t\x02'", 1, 7, "control character 0x02"), ("a.b = 1\n[a]", 2, 2, "`a` is given twice"), ("a = {}\n[a.b]", 2, 2, "`a` cannot be extended"),
]


def plain(v):
    """A value of tomllib in the form that the reader prints."""
    if isinstance(v, dict):
        return {k: plain(m) for k, m in v.items()}
    if isinstance(v, list):
        return [plain(m) for m in v]
    if isinstance(v, bool):
        return ["bool", v]
    if isinstance(v, str):
        return ["string", v]
    if isinstance(v, int):
        return ["integer", str(v)]
    if isinstance(v, float):
        return ["float", "nan" if math.isnan(v) else v]
    kind = {datetime.datetime: "datetime", datetime.date: "date", datetime.time: "time"}[type(v)]
    return [kind, v]


def ours(v):
    """What the reader printed, dates and numbers as values."""
    if isinstance(v, dict):
        return {k: ours(m) for k, m in v.items()}
    if v and isinstance(v[0], str):
        kind, text = v
        if kind == "bool":
            return [kind, text == "true"]
        if kind == "float":
            return [kind, "nan" if text == "nan" else float(text)]
        if kind in ("datetime", "date", "time"):
            return [kind, tomllib.loads(f"x = {text}")["x"]]
        return [kind, text]
    return [ours(m) for m in v]


def oracle(data):
    try:
        return plain(tomllib.loads(data.decode())), None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError, RecursionError) as why:
        return None, str(why)


def big_integers(v):
    if isinstance(v, dict):
        return any(map(big_integers, v.values()))
    if v and isinstance(v[0], str):
        return v[0] == "integer" and not -2**63 <= int(v[1]) < 2**63
    return any(map(big_integers, v))


# ---- generated documents ----------------------------------------------------------------------------------------------------

class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def key(self):
        r = self.r
        return r.choice(["a", "b", "c", "task", "x-1", "0", "'a'", '"b"', '"\\u0061"', "'q r'", '""', "'é'", "7_", '"x\\ty"'])

    def keys(self):
        return ".".join(self.key() for _ in range(self.r.choice([1, 1, 1, 2, 3])))

    def scalar(self):
        r = self.r
        return r.choice([
            lambda: str(r.randint(-10**6, 10**6)), lambda: hex(r.getrandbits(62)), lambda: oct(r.getrandbits(40)), lambda: bin(r.getrandbits(20)), lambda: f"{r.randint(1, 999)}_{r.randint(0, 999):03}",
            lambda: repr(r.uniform(-1e6, 1e6)), lambda: repr(r.uniform(-1, 1) * 10.0 ** r.randint(-300, 300)), lambda: r.choice(["inf", "-inf", "nan", "+1e3", "-0.0", "0e0", "3.5e-4"]), lambda: r.choice(["true", "false"]),
            lambda: f"{r.randint(1, 9999):04}-{r.randint(1, 12):02}-{r.randint(1, 31):02}", lambda: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}" + r.choice(["", ".5", ".123456"]),
            lambda: f"2026-{r.randint(1, 12):02}-{r.randint(1, 28):02}{r.choice('Tt ')}{r.randint(0, 24):02}:00:00{r.choice(['', 'Z', 'z', '+01:00', '-23:59', '.25', '+24:00'])}",
            self.string, self.string,
        ])()

    def string(self):
        r = self.r
        text = "".join(r.choice(["a", "b", " ", "é", "\\n", "\\u00e9", "'", "#", "\\\"", "=", "[", "😀", "\t"]) for _ in range(r.randint(0, 8)))
        form = r.randint(0, 3)
        if form == 0:
            return '"' + text + '"'
        if form == 1:
            return "'" + text.replace("'", "") + "'"
        lines = text.replace("b", r.choice(["\n", "\r\n", "b"]))
        if form == 2:
            return '"""' + r.choice(["", "\n", "\r\n"]) + lines.replace("a", r.choice(["\\\n   ", '"', "a", "\\  \r\n\n "])) + '"""'
        return "'''" + r.choice(["", "\n"]) + lines.replace("'", "''"[:r.randint(0, 2)]) + "'''"

    def value(self, depth=0):
        r = self.r
        kind = r.random()
        if depth < 4 and kind < 0.12:
            gap = r.choice(["", " ", "\n", " # c\n", "\r\n"])
            return "[" + gap + ("," + gap).join(self.value(depth + 1) for _ in range(r.randint(0, 4))) + r.choice(["", "", gap, ","]) + "]"
        if depth < 4 and kind < 0.22:
            return "{" + ", ".join(f"{self.keys()} = {self.value(depth + 1)}" for _ in range(r.randint(0, 3))) + "}"
        return self.scalar()

    def document(self):
        r, out = self.r, []
        for _ in range(r.randint(0, 12)):
            kind = r.random()
            if kind < 0.15:
                out.append(f"[{self.keys()}]")
            elif kind < 0.25:
                out.append(f"[[{self.keys()}]]")
            elif kind < 0.3:
                out.append(r.choice(["", "# text", "  ", "#\ttab é"]))
            else:
                out.append(f"{self.keys()}{r.choice([' = ', '=', chr(9) + '= '])}{self.value()}{r.choice(['', '', ' # c'])}")
        return r.choice(["\n", "\n", "\r\n"]).join(out) + r.choice(["", "\n"])

    def mutated(self, data):
        r, data = self.r, bytearray(data)
        for _ in range(r.randint(1, 3)):
            at = r.randint(0, len(data))
            kind = r.randint(0, 3)
            if kind == 0 and data:
                del data[min(at, len(data) - 1)]
            elif kind == 1:
                data[at:at] = r.choice([b"\"", b"'", b"[", b"]", b"{", b"}", b"=", b",", b".", b"\n", b"\r", b"\x00", b"\xff", b"_", b"-", b"#", b"\\", b"0", b"e", b" ", b'"""', b"\xc3", b"[[", b"T"])
            elif kind == 2 and data:
                data[min(at, len(data) - 1)] = r.randrange(256)
            else:
                data[at:at] = data[at:at + r.randint(0, 10)]
        return bytes(data)


# ---- running ----------------------------------------------------------------------------------------------------------------

def read_all(reader, documents):
    with tempfile.TemporaryDirectory() as folder:
        out = []
        for start in range(0, len(documents), 500):
            names = []
            for k, data in enumerate(documents[start:start + 500]):
                names.append(f"{folder}/{k}")
                pathlib.Path(names[-1]).write_bytes(data)
            done = subprocess.run([reader, *names], capture_output=True, timeout=120)
            lines = done.stdout.decode().splitlines()
            if done.returncode or len(lines) != len(names):
                sys.exit(f"{reader}: exit code {done.returncode} after {len(lines)} of {len(names)} documents: {done.stderr.decode()[-2000:]}")
            out += map(json.loads, lines)
        return out


def compare(data, got):
    want, why = oracle(data)
    if want is not None and big_integers(want):
        want, why = None, "an integer of more than 64 bits"
    if want is None:
        return None if "faults" in got and got["faults"][0][0] >= 1 else f"accepted; tomllib: {why}"
    if "ok" not in got:
        return f"refused: {got['faults'][0]}"
    return None if ours(got["ok"]) == want else f"read {ours(got['ok'])!r}, expected {want!r}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", required=True)
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    maker, passed, failed = Maker(options.seed), 0, 0

    def count(data, problem):
        nonlocal passed, failed
        if problem:
            failed += 1
            print(f"{data!r}: {problem}")
        else:
            passed += 1

    hand = [text.encode() for text in GOOD + BAD]
    made = [maker.document().encode() for _ in range(options.documents)]
    made += [maker.mutated(maker.r.choice(made + hand)) for _ in range(options.documents)]
    for data, got in zip(hand, read_all(options.reader, hand)):
        wrong = ("ok" in got) != (data.decode() in GOOD)
        count(data, compare(data, got) or ("it stands in the wrong list" if wrong else None))
    accepted = 0
    for data, got in zip(made, read_all(options.reader, made)):
        accepted += "ok" in got
        count(data, compare(data, got))
    count(b"", f"only {accepted} of {len(made)} generated documents are valid" if accepted < len(made) // 10 else None)
    for (text, valid), got in zip(KNOWN, read_all(options.reader, [text.encode() for text, _ in KNOWN])):
        count(text.encode(), None if ("ok" in got) == valid else f"valid should be {valid}: {got}")
    for (text, line, column, words), got in zip(FAULTS, read_all(options.reader, [text.encode() for text, *_ in FAULTS])):
        first = got.get("faults", [[0, 0, "no fault", ""]])[0]
        count(text.encode(), None if first[:2] == [line, column] and words in first[2] else f"{first}, expected {line}:{column} {words}")
    # Limits: depth, values, size; and keys of one table in time that is not square.
    deep = ["a = " + "[" * n + "]" * n for n in (64, 65, 100000)] + ["a = " + "{a=" * 100000]
    many = ["\n".join(f"k{n} = {n}" for n in range(200000)), "x = [" + "1," * (1 << 20) + "]", "a = 1\n" + "#" * (16 << 20)]
    results = [subprocess.run([options.reader, "/dev/stdin"], input=text.encode(), capture_output=True, timeout=60) for text in deep + many]
    texts = [r.stdout.decode()[:300] if b'"faults"' in r.stdout[:20] else f"ok {r.returncode}" for r in results]
    for text, got, want in zip(deep + many, texts, ["ok 4", "nest deeper than 64", "nest deeper than 64", "nest deeper than 64", "ok 0", "more than 1048576 values", "16777216 are read at most"]):
        count(text[:60].encode(), None if want in got else f"{got}, expected {want}")
    several = subprocess.run([options.reader, "/dev/stdin"], input=b"a = \nb = 01\n[c\nd = 1\nd = 2\n", capture_output=True).stdout
    count(b"several", None if [f[0] for f in json.loads(several)["faults"]] == [1, 2, 3, 5] else several.decode())
    print(f"{len(made)} generated documents, {accepted} valid")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
