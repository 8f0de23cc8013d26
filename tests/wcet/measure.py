#!/usr/bin/env python3
"""Checks what `wrtd wcet` says of samples and runs, against computations of its own.

    measure.py --wrtd build/release/wrtd [--inputs ../shared/wcet]

Statistics, the numbers of the gates and the quantiles of the fits are computed again here, without packages. With inputs: facts one
too low are named by a run (--check-facts). Ends with `N passed, N failed, N skipped`.
"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

# work(n): turns n & 255 times. pair(n): a loop with a fact, a function that it calls. trap(n): traps where n is odd.
WASM = bytes.fromhex(
    "0061736d0100000001060160017f017f0305040000000007160304776f726b000004706169720002047472617000030a45041d01017f20"
    "0041ff017121010340200141016b220141004a0d000b20010b040020000b15000340200010011a200041017622000d000b41000b0a0020"
    "000440000b41000b")
RESULTS = {"passed": 0, "failed": 0, "skipped": 0}


def test(name, *problems):
    problems = [p for p in problems if p]
    RESULTS["failed" if problems else "passed"] += 1
    for problem in problems:
        print(f"FAILED {name}: {problem}")


def differs(what, got, expected, slack=0.0):
    if isinstance(expected, float) and isinstance(got, (int, float)):
        return None if abs(got - expected) <= slack * max(1.0, abs(expected)) else f"{what} is {got}, expected {expected}"
    return None if got == expected else f"{what} is {got}, expected {expected}"


class Tool:
    def __init__(self, path, folder):
        self.path, self.folder = path, pathlib.Path(folder)
        self.wasm = self.folder / "m.wasm"
        self.wasm.write_bytes(WASM)

    def run(self, *args):
        done = subprocess.run([self.path, "wcet", *map(str, args)], capture_output=True, timeout=300)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def doc(self, *args):
        code, out, err = self.run("--json", *args)
        return code, json.loads(out) if out else {}, err

    def samples(self, lines, *args):
        path = self.folder / "samples.txt"
        path.write_text("".join(f"{line}\n" for line in lines))
        return self.doc("--samples", path, *args, self.wasm, "work")


# ---- the same computations again ------------------------------------------------------------------------------


def runs_p(x):
    s = sorted(x)
    median = (s[(len(s) - 1) // 2] + s[len(s) // 2]) / 2
    signs = [v > median for v in x if v != median]
    a, b = sum(signs), len(signs) - sum(signs)
    runs = 1 + sum(p != q for p, q in zip(signs, signs[1:]))
    mean = 2 * a * b / (a + b) + 1
    variance = 2 * a * b * (2 * a * b - a - b) / ((a + b) ** 2 * (a + b - 1))
    return math.erfc(abs(runs - mean) / math.sqrt(2 * variance))


def ljung_box_p(x, lags=20):
    n, mean = len(x), sum(x) / len(x)
    d = [v - mean for v in x]
    square = sum(v * v for v in d)
    q = n * (n + 2) * sum((sum(d[i] * d[i - k] for i in range(k, n)) / square) ** 2 / (n - k) for k in range(1, lags + 1))
    return sum(math.exp(-q / 2) * (q / 2) ** k / math.factorial(k) for k in range(lags // 2))


def ks_p(x):
    a, b = sorted(x[:len(x) // 2]), sorted(x[len(x) // 2:])
    most = max(abs(sum(u <= v for u in a) / len(a) - sum(u <= v for u in b) / len(b)) for v in set(x))
    root = math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    t = (root + 0.12 + 0.11 / root) * most
    return min(1.0, max(0.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * t * t) for k in range(1, 101))))


def moments(x):
    s, n = sorted(x), len(x)
    b = [sum(v * math.comb(i, r) for i, v in enumerate(s)) / (n * math.comb(n - 1, r)) for r in range(3)]
    return b[0], 2 * b[1] - b[0], 6 * b[2] - 6 * b[1] + b[0]


def gev(x):
    l1, l2, l3 = moments(x)
    c = 2 * l2 / (l3 + 3 * l2) - math.log(2) / math.log(3)
    k = 7.8590 * c + 2.9554 * c * c
    scale = l2 * k / ((1 - 2 ** -k) * math.gamma(1 + k))
    return l1 - scale * (1 - math.gamma(1 + k)) / k, scale, -k


def gumbel(x):
    l1, l2, _ = moments(x)
    return l1 - 0.5772156649015329 * l2 / math.log(2), l2 / math.log(2)


# ---- tests -----------------------------------------------------------------------------------------------------


def statistics(tool):
    rng = random.Random(3)
    for n in (1, 2, 19, 20, 21, 500, 2994, 2995):
        x = [rng.randrange(14, 2047) for _ in range(n)]
        _, doc, _ = tool.samples([f"{v} - {i}" for i, v in enumerate(x)])
        o = doc["observed"]
        checks = [differs("count", o["count"], n), differs("enough", o["enough"], n >= 20),
                  differs("confident", o["confident"], n >= 2995), differs("needed", o["needed"], 2995)]
        if n >= 20:
            mean = sum(x) / n
            checks += [differs("max", o["max"], max(x)), differs("min", o["min"], min(x)), differs("mean", o["mean"], mean, 1e-9),
                       differs("deviation", o["deviation"], math.sqrt(sum((v - mean) ** 2 for v in x) / (n - 1)), 1e-9),
                       differs("margin", o["with_margin"], -(-max(x) * 13 // 10)), differs("bins", sum(o["bins"]), n),
                       differs("input", o["max_input"], f"0x{x.index(max(x)):016x}"),
                       differs("pessimism", o["pessimism_permille"], -(-doc["fuel_high"] * 1000 // max(x)))]
            width = o["bin_width"]
            checks.append(differs("histogram", o["bins"], [sum((v - min(x)) // width == k for v in x) for k in range(16)]))
        else:
            checks.append("max" in o and "statistics of too few")
        test(f"{n} samples", *checks)
    for text, q in (("0.9", 0.9), ("0.99", 0.99), ("0.9999", 0.9999), ("0.5", 0.5)):
        _, doc, _ = tool.samples([20] * 20, "--confidence", text)
        test(f"confidence {text}", differs("needed", doc["observed"]["needed"], math.ceil(math.log(0.05) / math.log(q))))
    _, doc, _ = tool.samples([100] * 5, "--min-samples", 5, "--margin", "1.25")
    test("other settings", differs("margin", doc["observed"]["with_margin"], 125))
    code, out, _ = tool.run("--samples", tool.folder / "samples.txt", tool.wasm, "work")
    test("too few, as text", differs("code", code, 0), None if "too few for statistics" in out else out,
         None if "takes 2 995 independent runs, there are 5" in out else out)


def contradictions(tool):
    code, doc, err = tool.samples([14] * 30)
    high, low = doc["fuel_high"], doc["fuel_low"]
    test("at the least", differs("code", code, 0))
    for fuel, method, expected in ((high, "hybrid", 0), (high + 1, "hybrid", 123), (low - 1, "hybrid", 123), (high + 1, "measured", 0)):
        code, _, err = tool.samples([14] * 30 + [fuel], "--method", method)
        test(f"{fuel} {method}", differs("code", code, expected), ("W0708" not in err and err) if expected else None)
    code, after, _ = tool.samples([20] * 30)
    test("samples change no bound", differs("high", after["fuel_high"], high), differs("low", after["fuel_low"], low))
    for bad in ("x", "1 2 3 4", "1 y", "-5", "1 2 z", "4294967295 4294967295", "99999999999999999999999"):
        code, _, err = tool.samples(["14", bad])
        test(f"line {bad!r}", differs("code", code, 65), None if "line 2" in err or ":2" in err else err)
    for option in (("--margin", "0.9"), ("--margin", "x"), ("--confidence", "1"), ("--confidence", "0"), ("--method", "guess"), ("--min-samples", "0")):
        code, _, err = tool.samples(["14"], *option)
        test(" ".join(option), differs("code", code, 64))


def series(kind, n, seed):
    rng = random.Random(seed)
    last, out = 0.0, []
    for i in range(n):
        u = rng.random()
        if kind == "uniform":
            v = 14 + 2000 * u
        elif kind == "exponential":
            v = 500 - 60 * math.log(1 - u)
        elif kind == "gumbel":
            v = 700 - 60 * math.log(-math.log(u))
        elif kind == "heavy":
            v = 300 * (1 - u) ** -0.4
        elif kind == "autocorrelated":
            v = last = 0.5 * last + 300 * u + 100
        elif kind == "mixture":
            v = (300 if i < n // 2 else 330) + 200 * u
        elif kind == "discrete":
            v = 20 + 8 * int(30 * u)
        out.append(int(v))
    return out


def gates(tool):
    expected = {"heavy": ("heavy tail",), "autocorrelated": ("not independent",), "mixture": ("one distribution", "not independent"),
                "discrete": ("distinct values",)}
    passed = {}
    for kind in ("uniform", "exponential", "gumbel", "heavy", "autocorrelated", "mixture", "discrete"):
        for seed in range(4):
            x = series(kind, 4000 if kind == "heavy" else 1500, seed)
            _, doc, _ = tool.samples(x, "--method", "probabilistic")
            p = doc["probabilistic"]
            checks = [differs("distinct", p["distinct"], len(set(x)))]
            for name, f in (("runs_p", runs_p), ("ljung_box_p", ljung_box_p), ("ks_p", ks_p)):
                if name in p and (name != "ks_p" or seed == 0):
                    checks.append(differs(name, p[name], f(x), 1e-7))
            if "gev_shape" in p:
                maxima = [max(x[i:i + 50]) for i in range(0, len(x) - 49, 50)]
                location, scale, shape = gev(maxima)
                checks += [differs("location", p["gev_location"], location, 1e-7), differs("scale", p["gev_scale"], scale, 1e-7),
                           differs("shape", p["gev_shape"], shape, 1e-7), differs("gumbel", p["gumbel_location"], gumbel(maxima)[0], 1e-7)]
                above = [v - p["threshold"] for v in x if v > p["threshold"]]
                mean = sum(above) / len(above)
                cv = math.sqrt(sum((v - mean) ** 2 for v in above) / (len(above) - 1)) / mean
                checks += [differs("excesses", p["excesses"], len(above)), differs("cv", p["tail_cv"], cv, 1e-7)]
                if not p["refused"]:
                    checks.append(differs("shape above 0", shape > 0, False))
                    for at in p["exceedance"]:
                        y = -50 * math.log1p(-at["probability"])
                        checks += [differs("gev", at["gev"], location + scale / shape * (y ** -shape - 1), 1e-6),
                                   differs("gumbel", at["gumbel"], gumbel(maxima)[0] - gumbel(maxima)[1] * math.log(y), 1e-6),
                                   differs("largest", at["fuel"], max(at["gev"], at["gumbel"], at["tail"])),
                                   differs("mark", at["extrapolated"], at["probability"] < 1 / (100 * len(x)))]
            if kind in expected:
                likely = any(text in p["gate"] for text in expected[kind]) or "p below 0.05" in p["gate"]
                checks += [differs("refused", p["refused"], True), None if likely else p["gate"], differs("answers", p["exceedance"], [])]
            passed[kind] = passed.get(kind, 0) + (not p["refused"])
            test(f"{kind} {seed}", *checks)
    test("some pass", None if passed["uniform"] + passed["exponential"] + passed["gumbel"] >= 2 else passed)
    x = series("uniform", 999, 1)
    test("999 samples", differs("gate", tool.samples(x, "--method", "probabilistic")[1]["probabilistic"]["gate"], "fewer than 1000 samples"))


def runs(tool):
    twice = [tool.run("--measure", 60, "--seed", 4, "--json", tool.wasm, "work") for _ in range(2)]
    test("the same seed, the same bytes", differs("second", twice[1], twice[0]), differs("code", twice[0][0], 0))
    other = tool.run("--measure", 60, "--seed", 5, "--json", tool.wasm, "work")
    test("another seed", None if other != twice[0] else "nothing changed")
    _, doc, _ = tool.doc("--measure", 25, tool.wasm, "work", 7)
    _, exact, _ = tool.doc("--arg", "7", tool.wasm, "work")
    test("an argument", differs("max", doc["observed"]["max"], exact["fuel_high"]), differs("min", doc["observed"]["min"], exact["fuel_high"]))
    _, doc, _ = tool.doc("--measure", 40, "--arg", "10..11", tool.wasm, "work")
    test("a range", differs("max", doc["observed"]["max"], doc["fuel_high"]), differs("min", doc["observed"]["min"], doc["fuel_low"]))
    _, doc, _ = tool.doc("--measure", 60, "--arg", "0..1", tool.wasm, "trap")
    o = doc["observed"]
    test("runs that trap", differs("sum", o["count"] + o["trapped"], 60), None if o["trapped"] > 0 < o["count"] else o)
    test("too many arguments", differs("code", tool.run("--measure", 1, tool.wasm, "work", 1, 2)[0], 64))
    test("no argument without a run", differs("code", tool.run(tool.wasm, "work", 1)[0], 64))


def facts(tool):
    path = tool.folder / "facts.json"
    for most, calls, code in ((8, 8, 0), (7, 8, 123), (8, 7, 123)):
        path.write_text(json.dumps({"loops": [{"func": 2, "loop": 0, "max": most}], "functions": [{"func": 1, "calls": calls}]}))
        got, doc, err = tool.doc("--annotate", path, "--check-facts", tool.wasm, "pair", 128)
        checked = doc["facts_checked"]
        test(f"facts {most} {calls}", differs("code", got, code), differs("followed", checked["followed"], True),
             differs("seen", [c["seen"] for c in checked["facts"]], [8, 8]),
             differs("contradicted", [c["contradicted"] for c in checked["facts"]], [most < 8, calls < 8]),
             ("loop 0 of function 2 made 8 arrivals" not in err and err) if most < 8 else None)
    path.write_text(json.dumps({"loops": [{"func": 2, "loop": 0, "max": 7}]}))
    code, _, err = tool.doc("--annotate", path, "--measure", 30, "--arg", "0..255", tool.wasm, "pair")
    test("a run above a bound with a false fact", differs("code", code, 123), None if "W0708" in err else err)


def endless(tool):
    """Runs that stay in a loop for ever have no fuel in which they return: what the others use is no bound."""
    wasm = pathlib.Path(__file__).resolve().parent / "loops" / "loops.wasm"
    for name in ("forever", "forever_if"):
        code, doc, _ = tool.doc(wasm, name)
        test(name, differs("code", code, 123), differs("bounded", doc["bounded"], False), differs("bound", doc["fuel_high"], None))


def vectors(tool, folder, everything):
    """Facts of real programs: as they are, then with a loop's maximum one below what the run does. Every program, at one of its
    levels in turn, and three of its loops; or `everything`."""
    for k, wasm in enumerate(sorted(folder.glob("*/O?.wasm"))):
        if not everything and k % 3 != k // 3 % 3:
            continue
        if json.loads(wasm.with_suffix(".meta.json").read_text())["reference_bound"] is None:
            RESULTS["skipped"] += 1     # recursion: what is one entry is counted otherwise there
            continue
        name, tried = f"{wasm.parent.name}/{wasm.stem}", 0
        given = json.loads(wasm.with_suffix(".flowfacts.json").read_text())
        path = tool.folder / "given.json"
        path.write_text(json.dumps(given))
        code, doc, err = tool.doc("--annotate", path, "--check-facts", wasm, "run", 0)
        checked = doc["facts_checked"]
        if not checked["followed"]:
            RESULTS["skipped"] += 1
            continue
        test(f"{name}: facts hold", differs("code", code, 0), err)
        for c in checked["facts"]:
            if c.get("loop") is None or not c["seen"] or c["seen"] < 2 or c["in_run"]:
                continue
            tried += 1
            if tried > 3 and not everything:
                break
            wrong = [{"func": c["func"], "loop": c["loop"], "max": c["seen"] - 1}]
            path.write_text(json.dumps({"loops": wrong}))
            code, _, err = tool.doc("--annotate", path, "--check-facts", wasm, "run", 0)
            named = f"loop {c['loop']} of function {c['func']}" in err
            test(f"{name}: loop {c['loop']} of {c['func']} one too low",
                 None if (code == 123 and named) or (code == 65 and "a fact is false" in err) else f"{code} {err}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wrtd", required=True)
    parser.add_argument("--inputs", type=pathlib.Path)
    parser.add_argument("--everything", action="store_true", help="every level and loop of --inputs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(options.wrtd, folder)
        for part in (statistics, contradictions, gates, runs, facts, endless):
            part(tool)
        if options.inputs and options.inputs.exists():
            vectors(tool, options.inputs, options.everything)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**RESULTS))
    return 1 if RESULTS["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
