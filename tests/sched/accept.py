#!/usr/bin/env python3
"""Is a verdict worth anything on real modules? Random sets of wasm loops of exact fuel, caps off, factor 1, utilisation 0.5 to 1.0, with
implicit and constrained deadlines, under EDF and RM:

  * no set that is accepted misses a deadline in a whole hyperperiod,
  * every set that the simulator proves infeasible is refused,
  * of the sets that are schedulable at least 95 % are accepted.

And sets under every policy, with offsets, jobs that are not preempted, and blocks from 6 to 118 fuel:

  * no set that is accepted misses, and no response is above the bound that the analysis gave it.

    accept.py --wrtd PATH [--sets N] [--bounds N] [--first SEED]

Ends with `N passed, N failed`.
"""
import argparse
import concurrent.futures
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from simulate import Simulator      # noqa: E402
from wasm import prices, records_of     # noqa: E402

PERIODS = (2000, 2500, 3000, 4000, 5000, 6000, 7500, 10000, 12000, 15000, 20000, 30000, 60000)


def uunifast(rng, count, total):
    out = []
    for k in range(1, count):
        rest = total * rng.random() ** (1 / (count - k))
        out.append(total - rest)
        total = rest
    return out + [total]


def random_set(rng, policy, entry, turn):
    count = rng.randint(2, 6)
    tasks = []
    for share in uunifast(rng, count, rng.uniform(0.5, 1.0)):
        period = rng.choice(PERIODS)
        turns = max(1, int((share * period - entry) / turn) + 1)
        fuel = entry + (turns - 1) * turn
        deadline = period if rng.random() < 0.7 else rng.randint(min(period, fuel), period)
        tasks.append(dict(T=period, D=deadline, level=2, C=[fuel] * 3, turns=turns, on_late="skip",
                          jobs=lambda begun, n=turns: [(1, entry), (n - 1, turn), (1, 0)]))
    return dict(policy=policy, tasks=tasks, settings=dict(mode_switching=False))


def manifest(spec):
    out = ["manifest = 1", "[system]", f'policy = "{spec["policy"]}"', 'clock = "fuel"', "ns-per-kfuel = 1000", "max-utilization = 1",
           "max-utilization-per-level = 1", "overhead-factor = 1", "mode-switching = false"]
    for n, _ in enumerate(spec["tasks"]):
        out += [f"[component.c{n}]", 'file = "jobs.wasm"', 'asil = "B"']
    for n, t in enumerate(spec["tasks"]):
        out += ["[[task]]", f'name = "t{n}"', f'component = "c{n}"', f'call = "burn_5({t["turns"]})"', f'period = "{t["T"]}ns"', f'deadline = "{t["D"]}ns"',
                f"wcet = {{ fuel = {t['C'][0]} }}", 'on-late = "skip"']
    return "\n".join(out) + "\n"


def run_one(wrtd, folder, policy, seed, entry, turn):
    spec = random_set(random.Random(f"accept {policy} {seed}"), policy, entry, turn)
    until = math.lcm(*(t["T"] for t in spec["tasks"])) + max(t["D"] for t in spec["tasks"])
    name = folder / f"{policy}_{seed}.toml"
    name.write_text(manifest(spec))
    verdict = subprocess.run([wrtd, "sched", "analyze", "-q", "--json", str(name)], capture_output=True, text=True)
    if verdict.returncode not in (0, 122):
        return policy, seed, None, None, None, verdict.stderr
    json.loads(verdict.stdout)
    trace = name.with_suffix(".wtr")
    run = subprocess.run([wrtd, "sched", "run", "-q", "--force", "--until", f"{until}ns", "--trace", str(trace), str(name)], capture_output=True, text=True)
    missed = any(r[1] == "miss" for r in records_of(trace)) if run.returncode in (0, 121) else None
    trace.unlink(missing_ok=True)
    # Nobody could do better than a processor whose blocks have no size: a miss there proves the set infeasible under this policy.
    ideal = dict(spec, tasks=[dict(t, jobs=lambda begun, c=t["C"][0]: [(c, 1)]) for t in spec["tasks"]])
    infeasible = any(r[1] == "miss" for r in Simulator(ideal).run(until)) if seed % 10 == 0 and until < 80000 else None
    return policy, seed, verdict.returncode == 0, missed, infeasible, run.stderr


# ---- bounds: every policy ----------------------------------------------------------------------------------------------------

BOUNDS = ("cooperative", "round-robin", "priority", "rm", "edf", "rm+edf", "time-triggered")
BURNS = (5, 17, 61)


def bounded_task(rng, policy, table, share):
    period = rng.choice(PERIODS)
    burn = rng.choice(BURNS)
    entry, turn = table[f"burn_{burn}"][0], table[f"burn_{burn}"][1][0][0]
    turns = max(1, int((share * period - entry) / turn) + 1)
    fuel = entry + (turns - 1) * turn
    deadline = period if rng.random() < 0.5 else rng.randint(min(period, fuel), period)
    out = {"call": f'"burn_{burn}({turns})"', "period": f'"{period}ns"', "deadline": f'"{deadline}ns"', "offset": f'"{rng.randrange(period)}ns"',
           "wcet": f"{{ fuel = {fuel} }}", "on-late": '"skip"', "asil": '"B"'}
    if rng.random() < 0.2 and policy != "time-triggered":
        out.update({"np": "true", "np-max": fuel})
    if policy == "priority":
        out["priority"] = rng.randint(1, 255)
    if policy == "rm+edf":
        out["band"] = rng.randint(0, 2)
    if policy == "round-robin":
        out["weight"] = rng.randint(1, 3)
    return out, period, fuel


def slots_of(rng, tasks):
    """A table that gives most of them slots, some a little too short; the rest is for the gaps."""
    cycle, at = 60000, 0
    for out, period, fuel in tasks:
        for key in ("period", "offset") if rng.random() < 0.75 else ():
            out.pop(key, None)
        if "period" in out:
            out["asil"] = '"QM"'
            continue
        slots = []
        for _ in range(rng.randint(1, 3)):
            at += rng.choice((0, 0, 700, 3000))
            length = rng.randint(fuel, fuel + 600) if rng.random() < 0.9 else max(1, fuel - rng.randint(1, 20))
            if at + length > cycle:
                break
            slots.append(f'{{ at = "{at}ns", length = "{length}ns" }}')
            at += length
        if not slots:
            return None
        out["slots"] = "[" + ", ".join(slots) + "]"
        if rng.random() < 0.5:
            out.pop("deadline")
    return cycle


def served(rng, policy, tasks):
    """One or two of the tasks spend from a server, with at least what they need, most of the time."""
    members = [t for t in rng.sample(tasks, rng.randint(1, min(2, len(tasks)))) if "np" not in t[0]]
    if not members:
        return ""
    period = min(p for _, p, _ in members) // rng.randint(2, 4)
    budget = int(period * sum(f / p for _, p, f in members) * rng.uniform(0.9, 2)) + rng.randint(1, 240)
    for out, _, _ in members:
        out["server"] = '"s"'
        if policy == "rm+edf":
            out["band"] = 1
    kind = "sporadic" if policy in ("priority", "rm") else "cbs"
    more = "priority = 200\n" if policy == "priority" else "band = 1\n" if policy == "rm+edf" else ""
    return f'[server.s]\nkind = "{kind}"\nfuel = {max(1, min(budget, period))}\nperiod = "{period}ns"\n{more}'


def bounded_set(rng, policy, table):
    tasks = [bounded_task(rng, policy, table, share) for share in uunifast(rng, rng.randint(2, 5), rng.uniform(0.2, 0.95))]
    top = {"policy": f'"{policy}"', "clock": '"fuel"', "ns-per-kfuel": 1000, "max-utilization": 1, "max-utilization-per-level": 1,
           "overhead-factor": 1, "mode-switching": "false"}
    if policy == "time-triggered":
        cycle = slots_of(rng, tasks)
        if cycle is None:
            return None
        top["cycle"] = f'"{cycle}ns"'
    if policy == "round-robin":
        top["quantum"] = rng.choice((50, 200, 1000, 5000))
    text = "manifest = 1\n[system]\n" + "".join(f"{k} = {v}\n" for k, v in top.items())
    text += "".join(f'[component.c{n}]\nfile = "jobs.wasm"\n' for n in range(len(tasks)))
    if policy in ("priority", "rm", "edf", "rm+edf") and rng.random() < 0.4:
        text += served(rng, policy, tasks)
    for n, (out, _, _) in enumerate(tasks):
        text += f'[[task]]\nname = "t{n}"\ncomponent = "c{n}"\n' + "".join(f"{k} = {v}\n" for k, v in out.items())
    return text


def bounds_one(wrtd, folder, policy, seed, table):
    """None: nothing to say; else (accepted, closest response to its bound, what is wrong)."""
    text = bounded_set(random.Random(f"bounds {policy} {seed}"), policy, table)
    if text is None:
        return None
    name = folder / f"bounds_{policy}_{seed}.toml"
    name.write_text(text)
    verdict = subprocess.run([wrtd, "sched", "analyze", "-q", "--json", str(name)], capture_output=True, text=True)
    if verdict.returncode not in (0, 122):
        return False, 0, verdict.stderr
    if verdict.returncode == 122:
        return False, 0, None
    members = {f"t{n - 1}" for n, part in enumerate(text.split("[[task]]")) if "\nserver = " in part}
    bounds = {t["name"]: t.get("response_ns") for t in json.loads(verdict.stdout)["admission"]["tasks"]}
    run = subprocess.run([wrtd, "sched", "run", "-q", "--json", "--until", "240us", str(name)], capture_output=True, text=True)
    if run.returncode not in (0, 121):
        return True, 0, run.stderr
    closest = 0
    for t in json.loads(run.stdout)["tasks"]:
        seen = t.get("response_ns", {}).get("max", 0)
        if t["misses"]:
            return True, 0, f"{t['name']} is accepted, and misses"
        if bounds[t["name"]] is None and t["name"] in members:
            continue                        # a server answers for the deadlines of its members, no more
        if bounds[t["name"]] is None:
            return True, 0, f"{t['name']} has no bound"
        if seen > bounds[t["name"]]:
            return True, 0, f"{t['name']} responds after {seen}, above its bound of {bounds[t['name']]}"
        closest = max(closest, seen / bounds[t["name"]])
    return True, closest, None


def bounds_all(pool, wrtd, folder, table, first, count):
    passed = failed = 0
    for policy in BOUNDS:
        accepted, closest = 0, []
        for seed, found in zip(range(first, first + count), pool.map(lambda n: bounds_one(wrtd, folder, policy, n, table), range(first, first + count))):
            if found is None:
                continue
            accepted, closest = accepted + found[0], closest + [found[1]] * found[0]
            passed, failed = passed + (found[2] is None), failed + (found[2] is not None)
            if found[2]:
                print(f"bounds: {policy} {seed}: {found[2]}")
        print(f"bounds: {policy}: {accepted} accepted, largest response by bound {max(closest, default=0):.3f}")
        passed, failed = passed + (accepted > 0), failed + (accepted == 0)
    return passed, failed


# ---- sets that miss by what blocks of a size cost: none may be accepted ------------------------------------------------------------

def planted(table):
    """Name, system, the task that is late and the one that makes it so. A lower task is released often: before each release the core is idle for up to a
    block. A server is exhausted when the next block does not fit: what is left of its budget is of no use."""
    price = lambda burn, turns: table[f"burn_{burn}"][0] + (turns - 1) * table[f"burn_{burn}"][1][0][0]
    task = lambda burn, turns, **keys: dict(keys, call=f'"burn_{burn}({turns})"', wcet=f"{{ fuel = {price(burn, turns)} }}", asil='"B"')
    late = task(61, 50, period='"40000ns"', deadline=f'"{price(61, 50) + 177}ns"', priority=200)
    often = task(5, 4, period='"500ns"', deadline='"40000ns"', priority=100, **{"on-late": '"skip"'})
    for policy in ("priority", "edf"):
        yield f"often, {policy}", f'policy = "{policy}"\n', "", (late, often)
    server = '[server.s]\nkind = "cbs"\nfuel = 2000\nperiod = "4000ns"\n'
    for deadline in (17950, 18050):
        inside = task(61, 67, period='"40000ns"', deadline=f'"{deadline}ns"', server='"s"')
        yield f"server, {deadline}", 'policy = "edf"\n', server, (inside, task(5, 290, period='"4000ns"', deadline='"2500ns"'))


def planted_all(wrtd, folder, table):
    passed = failed = 0
    top = 'clock = "fuel"\nns-per-kfuel = 1000\nmax-utilization = 1\nmax-utilization-per-level = 1\noverhead-factor = 1\nmode-switching = false\n'
    for what, policy, server, tasks in planted(table):
        text = f"manifest = 1\n[system]\n{policy}{top}{server}" + "".join(f'[component.c{n}]\nfile = "jobs.wasm"\n' for n in range(len(tasks)))
        for n, t in enumerate(tasks):
            text += f'[[task]]\nname = "t{n}"\ncomponent = "c{n}"\n' + "".join(f"{k} = {v}\n" for k, v in t.items())
        name = folder / "planted.toml"
        name.write_text(text)
        verdict = subprocess.run([wrtd, "sched", "analyze", "-q", str(name)], capture_output=True, text=True)
        run = subprocess.run([wrtd, "sched", "run", "-q", "--json", "--force", "--until", "400us", str(name)], capture_output=True, text=True)
        missed = run.stdout.startswith("{") and json.loads(run.stdout)["tasks"][0]["misses"] > 0
        ok = verdict.returncode == 122 and missed
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print(f"planted: {what}: exit code {verdict.returncode}, {'late' if missed else 'not late'}: {verdict.stderr[:300]}")
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", required=True)
    parser.add_argument("--sets", type=int, default=1000, help="under each policy")
    parser.add_argument("--bounds", type=int, default=100, help="under each policy")
    parser.add_argument("--first", type=int, default=1)
    args = parser.parse_args()
    wrtd = str(pathlib.Path(args.wrtd).resolve())
    passed = failed = 0
    totals = {p: dict(accepted=0, schedulable=0, both=0) for p in ("edf", "rm")}
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folder = pathlib.Path(name)
        module = folder / "jobs.wasm"
        module.write_bytes((HERE.parent / "fixtures" / "jobs.wasm").read_bytes())
        table = prices(wrtd, str(module))
        entry, edges = table["burn_5"]
        todo = [pool.submit(run_one, wrtd, folder, p, s, entry, edges[0][0]) for p in totals for s in range(args.first, args.first + args.sets)]
        for done in todo:
            policy, seed, accepted, missed, infeasible, text = done.result()
            bad = ("no verdict: " + text if accepted is None or missed is None else "accepted, and a deadline is missed" if accepted and missed
                   else "accepted, and infeasible" if accepted and infeasible else None)
            passed, failed = passed + (bad is None), failed + (bad is not None)
            if bad:
                print(f"accept: {policy} {seed}: {bad}")
                continue
            totals[policy]["accepted"] += accepted
            totals[policy]["schedulable"] += not missed
            totals[policy]["both"] += accepted and not missed
        more = bounds_all(pool, wrtd, folder, table, args.first, args.bounds)
        passed, failed = passed + more[0], failed + more[1]
        more = planted_all(wrtd, folder, table)
        passed, failed = passed + more[0], failed + more[1]
    for policy, t in totals.items() if args.sets else ():
        share = t["both"] / max(1, t["schedulable"])
        print(f"accept: {policy}: {t['accepted']} accepted, {t['schedulable']} without a miss, share {share:.3f}")
        passed, failed = passed + (share >= 0.95), failed + (share < 0.95)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
