#!/usr/bin/env python3
"""Random small sets of tasks: `wrtd sched analyze --json` against definitions that are followed step by step here, without
any of the shortcuts of the analysis: schedules are simulated tick by tick, demand is summed at every instant, fixed points are
looked for by counting up, orders of priorities are all tried.

    brute.py --wrtd build/release/wrtd [--sets 40] [--seed 1] [PART]      --sets: of each kind

Ends with `N passed, N failed`. A set that differs is printed.
"""
import argparse
import itertools
import json
import math
import pathlib
import random
import sys
import tempfile
from fractions import Fraction

import vectors

PERIODS = [4, 5, 6, 8, 10, 12, 15, 16, 20, 24, 30, 40]


def ceil(a, b):
    return -(-a // b)


def lcm(tasks):
    return math.lcm(*(t["T"] for t in tasks))


def load(tasks, key="C"):
    return sum(Fraction(t[key], t["T"]) for t in tasks)


# ---- fixed priority: the worst schedule, tick by tick -----------------------------------------------------------------------

def worst_response(task, higher, blocking, np):
    """Response of `task` when all are released at 0 as late as they may be and then as often as they may; a lower job has the
    first `blocking` ticks. None: it grows without end."""
    group = higher + [task]
    load_all = load(group)
    if load_all > 1 or (load_all == 1 and (blocking or any(t.get("J", 0) for t in group))):
        return None
    queue, worst, now, running, blocked = [], 0, 0, None, blocking
    counts = [0] * len(group)
    while True:
        for k, t in enumerate(group):
            while counts[k] * t["T"] - t.get("J", 0) <= now:
                queue.append([k, t["C"], counts[k] * t["T"] - t.get("J", 0)])
                counts[k] += 1
        if blocked:
            blocked -= 1
        else:
            if running not in queue or not group[running[0]].get("np", np):
                running = min(queue, key=lambda job: (group[job[0]]["prio"], job[2]))
            running[1] -= 1
            if running[1] == 0:
                queue.remove(running)
                if group[running[0]] is task:
                    worst = max(worst, now + 1 - running[2])
                running = None
        now += 1
        if not queue and not blocked:
            return worst                # what is released now begins another busy period


def fp(tasks, np=False, blocking=None, flags=False):
    """np: all jobs; flags: those whose task says so."""
    answer = {"schedulable": True, "R": {}, "ok": {}}
    for t in tasks:
        higher = [dict(h, np=h.get("np", False) if flags else np) for h in tasks if h["prio"] < t["prio"]]
        lower = [l["C"] - 1 for l in tasks if l["prio"] > t["prio"] and (np or (flags and l.get("np")))]
        b = blocking[t["id"]] if blocking else max(lower, default=0)
        own = dict(t, np=t.get("np", False) if flags else np)
        r = worst_response(own, higher, b, np)
        answer["R"][t["id"]] = r
        answer["ok"][t["id"]] = r is not None and r <= t["D"]
    answer["schedulable"] = all(answer["ok"].values())
    return answer


def overhead(tasks):
    return [dict(t, C=ceil(t["C"] * 23, 20)) for t in tasks]


# ---- EDF and bands: the demand at every instant ------------------------------------------------------------------------------

def demand(tasks, t):
    return sum(max(0, (t - x["D"]) // x["T"] + 1) * x["C"] for x in tasks)


def edf(tasks, np):
    if load(tasks) > 1:
        return {"schedulable": False, "first_violation": None, "reason": "U>1"}
    for t in range(1, lcm(tasks) + max(x["D"] for x in tasks) + 1):
        block = max((x["C"] - 1 for x in tasks if np and x["D"] > t), default=0)
        if demand(tasks, t) > 0 and demand(tasks, t) + block > t:
            return {"schedulable": False, "first_violation": t}
    return {"schedulable": True, "first_violation": None}


def bands(tasks, np):
    answer = {"schedulable": True, "bands": {}, "exact": not (np and any(t["np"] for t in tasks))}
    for band in sorted({t["band"] for t in tasks}):
        own = [t for t in tasks if t["band"] == band]
        higher = [t for t in tasks if t["band"] < band]
        violation, ok = None, load(own + higher) <= 1
        end = lcm(own + higher) + max(t["D"] for t in own) if ok else 0
        for t in range(1, end + 1):
            if not any(t >= x["D"] and (t - x["D"]) % x["T"] == 0 for x in own):
                continue
            lower = [x["C"] - 1 for x in tasks if np and x["np"] and (x["band"] > band or (x["band"] == band and x["D"] > t))]
            need = demand(own, t) + max(lower, default=0)
            if not any(need + sum(ceil(w, x["T"]) * x["C"] for x in higher) <= w for w in range(1, t + 1)):
                ok, violation = False, t
                break
        answer["bands"][str(band)] = {"ok": ok, "first_violation": violation}
        answer["schedulable"] &= ok
    return answer


def edf_response(own, tasks, np):
    """The longest response of `own` over every offset x: all others are released at 0, as late as they may be, and then as often as they may; its own
    jobs are meant for x, x - T, ..; who is due after it and is not preempted may have had one tick before. Ties go to the others. Tick by tick."""
    band, late = lambda t: t.get("band", 0), lambda t: t.get("J", 0)
    group = [t for t in tasks if band(t) <= band(own)]
    first = min(t["D"] for t in tasks if band(t) == band(own))
    lower = max((t["C"] - 1 for t in tasks if np(t) and (band(t), t["D"]) > (band(own), first)), default=0)
    if load(group) > 1 or (load(group) == 1 and (lower or any(map(late, group)))) or any(late(t) > t["D"] for t in group if band(t) == band(own)):
        return None
    busy, worst = sum(t["C"] for t in group), 0
    while sum(ceil(busy + late(t), t["T"]) * t["C"] for t in group) + lower > busy:
        busy += 1
    for x in range(-late(own), busy):
        due = x + own["D"]
        block = max((t["C"] - 1 for t in tasks if np(t) and t is not own and (band(t) > band(own) or (band(t) == band(own) and t["D"] > due))),
                    default=0)
        jobs = []
        for k, t in enumerate(group):
            begin = x - (x + late(t)) // t["T"] * t["T"] if t is own else -late(t)
            jobs += [[(band(t), r + t["D"] if band(t) == band(own) else k, t is own, r, k), max(r, 0), t["C"], t, r] for r in range(begin, max(x, 0) + busy + 1, t["T"])]
        mine = next(j for j in jobs if j[3] is own and j[4] == x)
        now, running = block, None
        while mine[2]:
            if not (running and running[2] and np(running[3])):
                running = min((j for j in jobs if j[1] <= now and j[2]), default=None)
            if running:
                running[2] -= 1
            now += 1
        worst = max(worst, now - x)
    return worst


def edf_responses(tasks, np):
    return {t["id"]: edf_response(t, tasks, np) for t in tasks}


# ---- criticality: the least w, by counting ------------------------------------------------------------------------------------

def least(limit, work):
    return next((w for w in range(1, limit + 1) if work(w) <= w), None)


def c_of(t, level):
    return t["C_HI"] if level else t["C_LO"]


def single(t, higher, vestal):
    own = t["L"] == "HI"
    level = lambda x: own if vestal else min(own, x["L"] == "HI")
    return {"R": least(t["D"], lambda w: c_of(t, own) + sum(ceil(w, x["T"]) * c_of(x, level(x)) for x in higher))}


def amc(t, higher, best):
    """best(s, w, higher HI tasks, higher LO tasks, R_LO): work above the task's own when the mode changes at s."""
    lo = least(t["D"], lambda w: t["C_LO"] + sum(ceil(w, x["T"]) * x["C_LO"] for x in higher))
    if t["L"] == "LO":
        return {"R_LO": lo}
    if lo is None:
        return {"R_LO": None, "R_HI": None}
    his, los = [x for x in higher if x["L"] == "HI"], [x for x in higher if x["L"] == "LO"]
    found = [least(t["D"], lambda w: t["C_HI"] + best(s, w, his, los, lo)) for s in range(lo)]
    return {"R_LO": lo, "R_HI": None if None in found else max(found)}


def rtb(s, w, his, los, lo):
    return sum(ceil(w, x["T"]) * x["C_HI"] for x in his) + sum(ceil(lo, x["T"]) * x["C_LO"] for x in los)


def amc_max(s, w, his, los, lo):
    total = sum((s // x["T"] + 1) * x["C_LO"] for x in los)
    for x in his:
        jobs = ceil(w, x["T"])
        late = max(0, min(ceil(w - s - (x["T"] - x["D"]), x["T"]) + 1, jobs))
        total += late * x["C_HI"] + (jobs - late) * x["C_LO"]
    return total


DUAL = {
    "vestal": lambda t, higher: single(t, higher, True),
    "smc": lambda t, higher: single(t, higher, False),
    "amc_rtb": lambda t, higher: amc(t, higher, rtb),
    "amc_max": lambda t, higher: amc(t, higher, amc_max),
}


def dual(tasks, test):
    rows = {t["id"]: test(t, [h for h in tasks if h["prio"] < t["prio"]]) for t in tasks}
    passes = lambda row: None not in row.values()
    some = any(all(passes(test(order[k], list(order[:k]))) for k in range(len(order))) for order in itertools.permutations(tasks))
    return {"schedulable": all(map(passes, rows.values())), "R": rows, "opa": {"schedulable": some} if some else
            {"schedulable": False, "prio": None}}


def edf_vd(tasks):
    hi, lo = [t for t in tasks if t["L"] == "HI"], [t for t in tasks if t["L"] == "LO"]
    a, b, c = load(lo, "C_LO"), load(hi, "C_LO"), load(hi, "C_HI")
    text = lambda f: f"{f.numerator}/{f.denominator}"
    x, case = None, "reject"
    if a + c <= 1:
        x, case = Fraction(1), "plain-EDF"
    elif a < 1 and b / (1 - a) <= 1 and b / (1 - a) * a + c <= 1:
        x, case = b / (1 - a), "virtual-deadlines"
    virtual = {t["id"]: math.floor(x * t["T"]) if x and x < 1 and t["L"] == "HI" else t["D"] for t in tasks}
    return {"U_LO_LO": text(a), "U_HI_LO": text(b), "U_HI_HI": text(c), "schedulable": x is not None,
            "x": text(x) if x is not None else None, "case": case, "in_ticks": x is not None and vd_fits(tasks, hi, virtual, x)}


def owed(t, virtual, time):
    """The most that a HI task can owe within `time` after the change: the job under way then has its virtual deadline in s
    ticks, and must have run long enough to meet it; its own deadline and those of its successors follow."""
    gap = t["T"] - virtual
    return max((t["C_HI"] - max(0, t["C_LO"] - s) + (time - s - gap) // t["T"] * t["C_HI"] for s in range(min(virtual, time - gap) + 1)),
               default=0)


def vd_fits(tasks, hi, virtual, x):
    if x == 1:
        return True
    low = [dict(t, C=t["C_LO"], D=virtual[t["id"]]) for t in tasks]
    if min(virtual.values()) == 0 or not edf(low, False)["schedulable"]:
        return False
    return all(sum(owed(t, virtual[t["id"]], time) for t in hi) <= time for time in range(1, 3 * lcm(hi) + 1))


def levels(tasks):
    answer = {"schedulable": True, "R": {}}
    for t in tasks:
        row, higher = [], [h for h in tasks if h["prio"] < t["prio"]]
        for m in range(t["level"] + 1):
            past = None in row
            row.append(None if past else least(t["D"], lambda w: t["Cs"][m] + sum(
                ceil(w, x["T"]) * x["Cs"][m] if x["level"] >= m else ceil(row[x["level"]], x["T"]) * x["Cs"][x["level"]]
                for x in higher)))
        answer["R"][t["id"]] = row
        answer["schedulable"] &= None not in row
    return answer


def caps(tasks):
    u = lambda some: sum((Fraction(t["Cs"][-1] * 23, t["T"] * 20) for t in some), Fraction(0))
    text = lambda f: f"{f.numerator}/{f.denominator}"
    per = {n: u([t for t in tasks if t["level"] == l]) for l, n in enumerate(["QM", "A", "B", "C", "D"]) if
           any(t["level"] == l for t in tasks)}
    return {"U_with_overhead": text(u(tasks)), "global_ok": u(tasks) <= Fraction(1, 2),
            "per_level": {n: text(v) for n, v in per.items()}, "per_level_ok": all(v <= Fraction(6, 10) for v in per.values())}


# ---- resources, cores ----------------------------------------------------------------------------------------------------------

def blocking(tasks, sections, inheritance):
    prio = {t["id"]: t["prio"] for t in tasks}
    ceiling = {}
    for s in sections:
        ceiling[s["res"]] = min(ceiling.get(s["res"], 99), prio[s["task"]])
    found = {}
    for t in tasks:
        mine = [s for s in sections if prio[s["task"]] > t["prio"] and ceiling[s["res"]] <= t["prio"]]
        most = lambda key: sum(max(s["len"] for s in mine if s[key] == v) for v in {s[key] for s in mine})
        found[t["id"]] = min(most("task"), most("res")) if inheritance else max((s["len"] for s in mine), default=0)
    return found


def locks(tasks, sections, inheritance):
    b = blocking(tasks, sections, inheritance)
    return {"B": b, "fp": fp(tasks, blocking=b)}


def spread(tasks, cores, worst, passes):
    order = sorted(tasks, key=lambda t: (-Fraction(t["C"], min(t["D"], t["T"])), t["id"]))
    held, place = [[] for _ in range(cores)], {}
    for t in order:
        choice = sorted(range(cores), key=lambda c: (load(held[c]), c)) if worst else range(cores)
        core = next((c for c in choice if passes(held[c] + [t])), None)
        if core is None:
            return {"schedulable": False, "assignment": place, "failed_at": t["id"]}
        held[core].append(t)
        place[t["id"]] = core
    return {"schedulable": True, "assignment": place, "failed_at": None}


def fp_monotonic(tasks):
    order = sorted(tasks, key=lambda t: (t["D"], t["T"], t["id"]))
    return fp([dict(t, prio=k) for k, t in enumerate(order)])["schedulable"]


def utilisation(tasks):
    u = load(tasks)
    answer = {"U": f"{u.numerator}/{u.denominator}", "ll_bound_ok": None, "hyperbolic_ok": None}
    if all(t["D"] == t["T"] for t in tasks):
        n = len(tasks)
        answer["ll_bound_ok"] = (1 + u / n) ** n <= 2
        answer["hyperbolic_ok"] = math.prod(Fraction(t["C"], t["T"]) + 1 for t in tasks) <= 2
    return answer


def sensitivity(tasks, got):
    """The factor and the largest wcet that the answer names are the last with which fixed priority accepts."""
    fits = lambda some: all(t["C"] <= t["D"] for t in some) and fp(some)["schedulable"]
    scaled = lambda k: fits([dict(t, C=ceil(t["C"] * k, 10000)) for t in tasks])
    k = int(got["largest_factor"].split("/")[0])
    if (k and not scaled(k)) or scaled(k + 1):
        yield f"largest_factor is {k}"
    for row in got["tasks"]:
        with_c = lambda c: fits([dict(t, C=c) if t["id"] == row["id"] else t for t in tasks])
        c = row["largest_wcet"]
        if (c and not with_c(c)) or with_c(c + 1):
            yield f"largest_wcet of {row['id']} is {c}"


def overloaded(rng, tasks):
    """Fixed priority with modes, tick by tick: jobs take any of their budgets; one that goes beyond that of the mode raises it, lower levels
    lose their jobs and get none until the processor is idle. The longest response of each task; None: one that was not dropped was late."""
    ready, mode, worst = [], 0, {t["id"]: 0 for t in tasks}
    next_release = {t["id"]: rng.randrange(t["T"]) if rng.random() < 0.5 else 0 for t in tasks}
    for now in range(3 * min(lcm(tasks), 400)):
        for t in tasks:
            if next_release[t["id"]] <= now:
                next_release[t["id"]] = now + t["T"] + (rng.randrange(3) if rng.random() < 0.2 else 0)
                if t["level"] >= mode:
                    ready.append([t["prio"], now, 0, rng.choice(t["Cs"]), t])
        if not ready:
            mode = 0
            continue
        job = min(ready, key=lambda j: j[:2])
        t = job[4]
        job[2] += 1
        if job[2] == job[3]:
            ready.remove(job)
            worst[t["id"]] = max(worst[t["id"]], now + 1 - job[1])
        while job[2] < job[3] and mode < t["level"] and job[2] >= t["Cs"][mode]:     # before what is released at this time
            mode += 1
            ready = [j for j in ready if j[4]["level"] >= mode]
        if any(now + 1 - j[1] >= j[4]["D"] for j in ready):
            return None
    return worst


def in_overload(rng, tasks, got):
    """No set that is accepted is late in an overload, and no response is above its bound."""
    levels = [dict(t, level=int(t["L"] == "HI"), Cs=[t["C_LO"], t["C_HI"]][:1 + (t["L"] == "HI")]) if "L" in t else t for t in tasks]
    for key in ("amc_rtb", "amc_max", "amc_rtb_levels"):
        if not got.get(key, {}).get("schedulable"):
            continue
        bounds = {k: max(r.values() if isinstance(r, dict) else r) for k, r in got[key]["R"].items()}
        for _ in range(12):
            seen = overloaded(rng, levels)
            if seen is None:
                yield f"{key}: late in an overload"
            elif any(seen[k] > bounds[k] for k in seen):
                yield f"{key}: responses {seen} above {bounds}"


# ---- sets -------------------------------------------------------------------------------------------------------------------

def shares(rng, n, u):
    parts = [rng.random() + 0.05 for _ in range(n)]
    return [u * p / sum(parts) for p in parts]


def number(tasks):
    """Unique priorities by deadline, ids in another order than that."""
    for k, t in enumerate(sorted(tasks, key=lambda t: t["D"])):
        t["prio"] = k
    return tasks


def base(rng, n, u, window=(0.6, 1.0)):
    tasks = []
    for k, share in enumerate(shares(rng, n, u)):
        period = rng.choice(PERIODS)
        c = max(1, round(share * period))
        tasks.append({"id": f"t{k + 1}", "T": period, "D": max(1, round(period * rng.uniform(*window))), "C": min(c, period)})
    return number(tasks)


def kind_plain(rng):
    window = rng.choice([(0.5, 1.0), (1.0, 1.0), (0.7, 2.5)])
    tasks = base(rng, rng.randint(1, 6), rng.choice([0.6, 0.8, 0.9, 1.0, 1.1]), window)
    return {"tasks": tasks}, {"fp": fp(tasks), "fp_np": fp(tasks, np=True), "fp_overhead_1_15": fp(overhead(tasks)),
                              "edf": edf(tasks, False), "edf_np": edf(tasks, True), "utilisation": utilisation(tasks),
                              "responses": {"edf": edf_responses(tasks, lambda t: False), "edf_np": edf_responses(tasks, lambda t: True)}}


def kind_jitter(rng):
    tasks = base(rng, rng.randint(2, 5), rng.choice([0.5, 0.7, 0.9]))
    for t in tasks:
        t["J"] = rng.choice([0, 1, 2, t["T"] // 2, t["T"] + 3])
    return {"tasks": tasks}, {"fp": fp(tasks), "fp_np": fp(tasks, np=True), "responses": {"edf": edf_responses(tasks, lambda t: False)}}


def kind_mixed(rng):
    tasks = base(rng, rng.randint(2, 5), rng.choice([0.5, 0.7, 0.85, 1.0]))
    for t in tasks:
        t["np"], t["band"] = rng.random() < 0.4, (t["T"] > 8) + (t["T"] > 20)
    return {"tasks": tasks}, {"fp_mixed_np": fp(tasks, flags=True), "bands_edf_preemptive": bands(tasks, False),
                              "bands_edf_np_sufficient": bands(tasks, True),
                              "responses": {"edf": edf_responses([dict(t, band=0) for t in tasks], lambda t: False),
                                            "edf_np": edf_responses([dict(t, band=0) for t in tasks], lambda t: t["np"]),
                                            "bands_edf_preemptive": edf_responses(tasks, lambda t: False),
                                            "bands_edf_np_sufficient": edf_responses(tasks, lambda t: t["np"])}}


def kind_dual(rng):
    implicit = rng.random() < 0.5
    tasks = base(rng, rng.randint(2, 5), rng.choice([0.5, 0.7, 0.9]), (1.0, 1.0) if implicit else (0.6, 1.0))
    for t in tasks:
        t["L"], t["C_LO"] = rng.choice(["LO", "HI"]), t.pop("C")
        t["C_HI"] = rng.randint(t["C_LO"], 2 * t["C_LO"])
    answers = {key: dual(tasks, test) for key, test in DUAL.items()}
    if implicit:
        answers["edf_vd"] = edf_vd(tasks)
    return {"tasks": tasks}, answers


def kind_levels(rng):
    tasks = base(rng, rng.randint(2, 6), rng.choice([0.4, 0.6, 0.8]))
    for t in tasks:
        t["level"] = rng.randint(0, 4)
        t["Cs"] = sorted(t["C"] + rng.randint(0, 2) * (k > 0) for k in range(t["level"] + 1))
        del t["C"]
    return {"tasks": tasks}, {"amc_rtb_levels": levels(tasks), "seed_admission": caps(tasks)}


def kind_resources(rng):
    tasks = base(rng, rng.randint(2, 6), rng.choice([0.5, 0.7]))
    sections = [{"task": t["id"], "res": r, "len": rng.randint(1, t["C"])} for t in tasks for r in ("a", "b", "c")
                if rng.random() < 0.4]
    return {"tasks": tasks, "critical_sections": sections}, {"pcp": locks(tasks, sections, False),
                                                            "pip": locks(tasks, sections, True)}


def kind_cores(rng):
    cores = rng.randint(1, 3)
    tasks = base(rng, rng.randint(3, 12), cores * rng.choice([0.6, 0.8, 1.0]))
    ways = {"fp": fp_monotonic, "edf": lambda some: edf(some, False)["schedulable"]}
    return {"tasks": tasks, "cores": cores}, {f"{'WFD' if worst else 'FFD'}_{name}": spread(tasks, cores, worst, passes)
                                              for worst in (False, True) for name, passes in ways.items()}


KINDS = {name[5:]: kind for name, kind in list(globals().items()) if name.startswith("kind_")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", required=True)
    parser.add_argument("--sets", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    passed = failed = 0
    yes = {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "set.json"
        for name, kind in KINDS.items():
            rng = random.Random(f"{options.seed} {name}")
            for k in range(options.sets if options.part in name else 0):
                case, want = kind(rng)
                path.write_text(json.dumps(case))
                got, problem = vectors.analyze(options.wrtd, path)
                found = [problem] if problem else list(vectors.differences(want, got, ""))
                found += list(vectors.assignments(options.wrtd, case["tasks"], got)) if got else []
                found += list(sensitivity(case["tasks"], got)) if got and name in ("plain", "jitter") else []
                found += list(in_overload(rng, case["tasks"], got)) if got and name in ("dual", "levels") else []
                passed, failed = passed + (not found), failed + bool(found)
                for key, answer in want.items():
                    verdict = answer.get("schedulable", answer.get("fp", {}).get("schedulable"))
                    if verdict is not None:
                        yes.setdefault(key, [0, 0])[verdict] += 1
                if found:
                    print(f"{name} {k}: " + "; ".join(found[:5]) + f"\n    {json.dumps(case)}")
    print("refused, accepted: " + ", ".join(f"{key} {no} {ok}" for key, (no, ok) in yes.items()))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
