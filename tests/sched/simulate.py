"""The rules of docs/scheduling.md, written a second time: an exact simulator of one core under the fuel clock.

Knows nothing of the C code; the tests compare recorded schedules with what this says. Slow and plain on purpose: every decision looks at all tasks.

A task set is a dict; times in ns, fuel in units; `rate`: ns of 1000 fuel (1000):

    policy      cooperative round-robin priority rm edf rm+edf time-triggered
    settings    hybrid, mode_switching, quantum, miss_threshold, return_after, protocol (none, inheritance, ceiling)
    servers     [{kind: cbs|sporadic, Q, P, priority}]
    slots       [{at, length, task}], cycle
    tasks       [{T, D, O, level 0..4, C: [normal, high, critical], priority, weight, band, np, on_overrun, percent, on_late, on_drop, degrade,
                  server, enforce, monitor, instance, jobs}]

`jobs` is a function of how many jobs of this task have begun since its instance was made anew, this one included: the prices of the job's charge blocks
as a list of (count, price), and "trap" at the end where it traps. An instance is made anew after a job that failed or was aborted once it had begun.
`instance` names what a job stands in from the moment it first has the processor to its end; tasks of one instance exclude each other; None: its own.

`Simulator(set).run(until)` returns the records before `until`: (time, kind, task, job, fuel), kinds as in the page; task -1: nobody.
"""
import math

FAR = (1 << 64) - 1
MS = 1_000_000
KEEPS = (0, 2, 3)       # by mode: the lowest level that it keeps
CRITICAL = 2
INHERITING = ("priority", "rm", "edf", "rm+edf")
WINDOW = 10             # hyperperiods in which misses count
PENDING = 8             # replenishments of a sporadic server


class Job:
    def __init__(self, task, number, release, deadline, budget):
        self.task, self.number, self.release, self.deadline, self.budget = task, number, release, deadline, budget
        self.fuel = self.base = self.s = 0      # base: the fuel at which the budget began
        self.begun = self.started = self.paid = False   # paid: a block since it was given the processor
        self.blocks, self.outcome = None, "done"
        self.extended = self.overran = self.missed = False
        self.throttled = False          # by on_overrun = suspend
        self.dropped = False            # by a mode; it may still run on behalf of who waits for it
        self.finishing = False          # dropped, but not to be preempted
        self.waits_for = None           # the job that stands in its way
        self.slice = 0                  # round robin

    def begin(self):
        self.begun = True
        self.task.begun += 1
        blocks = self.task.jobs(self.task.begun)
        self.outcome = "failed" if blocks[-1] == "trap" else "done"
        self.blocks = [list(b) for b in blocks if b != "trap" and b[0] > 0]

    def price(self):
        return self.blocks[0][1] if self.blocks else None

    def pay(self):
        price = self.blocks[0][1]
        self.blocks[0][0] -= 1
        if not self.blocks[0][0]:
            self.blocks.pop(0)
        self.fuel += price
        self.paid = True
        return price


class Task:
    def __init__(self, number, t, hybrid):
        self.n = number
        self.T, self.D, self.O = t.get("T", 0), t.get("D", 0), t.get("O", 0)
        self.level, self.C = t.get("level", 0), list(t["C"])
        self.priority, self.weight = t.get("priority", 128), t.get("weight", 1)
        self.np = bool(t.get("np")) or self.level == 4
        self.on_overrun, self.percent = t.get("on_overrun", "abort"), t.get("percent", 0)
        self.on_late, self.on_drop, self.degrade = t.get("on_late", "abort"), t.get("on_drop", "suspend"), t.get("degrade", 1)
        self.server, self.instance, self.jobs = t.get("server"), t.get("instance"), t["jobs"]
        self.enforced = t.get("enforce", True) or self.level >= 3
        self.monitored = t.get("monitor", True) or self.level >= 3
        self.band = t.get("band")
        if not hybrid:
            self.band = {0: 5, 1: 4}.get(self.level, 0)
        elif self.band is None:
            by_period = 0 if self.T <= 10 * MS else 1 if self.T <= 50 * MS else 2 if self.T <= 200 * MS else 3
            self.band = {0: 5, 1: 4}.get(self.level, by_period)
        self.k, self.begun, self.job, self.queued = 0, 0, None, None
        self.has_slot = False

    def next_release(self):
        return self.O + self.k * self.T if self.T and not self.has_slot else FAR


class Server:
    def __init__(self, number, v):
        self.n, self.cbs, self.Q, self.P, self.priority = number, v["kind"] == "cbs", v["Q"], v["P"], v.get("priority", 128)
        self.q, self.d = 0 if self.cbs else v["Q"], 0
        self.until = None               # exhausted: when that ends
        self.able = False               # a member could run but for the server
        self.pending = []               # sporadic: [time, amount]
        self.begin, self.used = None, 0     # its span


class Simulator:
    def __init__(self, spec):
        st = spec.get("settings", {})
        self.policy, self.rate = spec["policy"], spec.get("rate", 1000)
        self.mode_switching, self.quantum = st.get("mode_switching", True), st.get("quantum", 1000)
        self.threshold, self.return_after = st.get("miss_threshold", 1), st.get("return_after", 10)
        self.protocol = st.get("protocol", "inheritance") if self.policy in INHERITING else "none"
        self.tasks = [Task(i, t, st.get("hybrid", True)) for i, t in enumerate(spec["tasks"])]
        self.servers = [Server(i, v) for i, v in enumerate(spec.get("servers", []))]
        self.slots, self.cycle = spec.get("slots", []), spec.get("cycle", 0)
        for slot in self.slots:
            self.tasks[slot["task"]].has_slot = True
        self.slot_base, self.slot_next, self.slot, self.slot_end = 0, 0, None, FAR
        self.now, self.order, self.mode, self.records = 0, 0, 0, []
        self.seen = 0                   # up to which time events have been looked at
        periods = [t.T for t in self.tasks if t.T and not t.has_slot] + ([self.cycle] if self.slots else [])
        self.H = math.lcm(*periods) if periods else FAR
        self.H = FAR if self.H >= 1 << 63 else self.H
        self.misses, self.last_fault = [], 0
        self.on = None                  # who has the processor
        self.inside, self.entries = {}, 0       # instance -> (job, how many had entered before)

    # ---- recording ----------------------------------------------------------------------------------

    def record(self, kind, task=None, number=0, fuel=0):
        self.records.append((self.now, kind, -1 if task is None else task.n, number, fuel))

    def record_job(self, kind, job):
        self.record(kind, job.task, job.number, job.fuel)

    def take_order(self, job):
        self.order += 1
        job.s = self.order
        job.slice = self.quantum * job.task.weight + min(job.slice, 0)      # round robin

    def leave(self, job):
        """The job no longer has the processor."""
        if self.on is job:
            self.record_job("slice-end", job)
            self.on = None

    # ---- who may run, in which order -----------------------------------------------------------------

    def unfinished(self):
        return [t.job for t in self.tasks if t.job]

    def waiters(self, job):
        return [j for j in self.unfinished() if j.waits_for is job]

    def kept_level(self, task, mode):
        return task.level >= KEEPS[mode]

    def kept(self, task):
        return self.kept_level(task, self.mode) or task.on_drop == "degrade"

    def needed(self, job):
        """Does a kept job wait for it, through a chain?"""
        return any(not w.dropped or self.needed(w) for w in self.waiters(job))

    def runnable(self, job):
        t = job.task
        if job.throttled or job.waits_for or (t.server is not None and self.servers[t.server].until is not None):
            return False
        if job.dropped and not self.needed(job):
            return False
        return self.own_rank(job) is not None

    def own_rank(self, job):
        t = job.task
        v = self.servers[t.server] if t.server is not None else None
        if self.policy in ("cooperative", "round-robin"):
            return (job.s,)
        if self.policy == "priority":
            priority = v.priority if v else t.priority
            return (255 - max([priority] + [o.priority for o in self.sharing(job)]), job.s)
        if self.policy == "rm":
            own = (v.P, 1, v.n, job.s) if v else (t.T or FAR, 0, t.n, 0)
            return min([own] + [(o.T or FAR, 0, o.n, 0) for o in self.sharing(job)])
        if self.policy in ("edf", "rm+edf"):
            if v:
                rank = (v.d, 1, v.n, job.s)
            elif job.deadline == FAR:
                rank = (FAR, 2, job.s, 0)
            else:
                rank = (job.deadline, 0, 4 - t.level, t.n)
            return rank if self.policy == "edf" else (t.band,) + rank
        if self.slot is not None and self.slot["task"] == t.n:
            return (0, 0)
        return None if t.has_slot else (1, job.s)

    def sharing(self, job):
        """Ceilings of fixed priorities: the other tasks that may stand where this job stands."""
        t = job.task
        if self.protocol != "ceiling" or t.instance is None or self.inside.get(t.instance, (None,))[0] is not job:
            return []
        return [o for o in self.tasks if o.instance == t.instance and o is not t]

    def rank(self, job):
        ranks = []
        if self.protocol == "none" or not job.dropped:
            ranks.append(self.own_rank(job))
        if self.protocol != "none":
            ranks += [self.rank(w) for w in self.waiters(job) if not w.dropped or self.needed(w)]
        return min(ranks)

    def level(self, task):
        """Preemption level of the stack resource policy; less is higher."""
        relative = self.servers[task.server].P if task.server is not None else task.D or FAR
        return (task.band, relative) if self.policy == "rm+edf" else (relative,)

    def in_the_way(self, job):
        """The job that must leave before this one, which is first, may begin."""
        t = job.task
        owner = self.inside.get(t.instance, (None,))[0] if t.instance is not None else None
        if self.protocol == "ceiling" and self.policy in ("edf", "rm+edf"):
            blocking = []
            for instance, (other, entry) in self.inside.items():
                users = [o for o in self.tasks if o.instance == instance]
                if other is job or len(users) < 2:
                    continue
                ceiling = min(self.level(o) for o in users)
                if not ceiling > self.level(t):
                    blocking.append((ceiling, -entry, other))
            if blocking:
                return min(blocking, key=lambda b: b[:2])[2]
        return owner if owner is not job else None

    def choose(self):
        if self.on and not self.runnable(self.on):
            self.leave(self.on)
        while True:
            ready = [j for j in self.unfinished() if self.runnable(j)]
            if not ready:
                return None
            held = self.on if self.on in ready else None
            if held and held.task.np and held.paid and self.policy != "time-triggered":
                return held
            best = min(ready, key=self.rank)
            if held and held is not best:
                ahead, mine = self.rank(best), self.rank(held)
                if self.policy in ("cooperative", "round-robin") or (self.policy == "priority" and not ahead[0] < mine[0]) or not ahead < mine:
                    best = held
            if best.begun:
                return best
            owner = self.in_the_way(best)
            if owner is None:
                return best
            best.waits_for = owner
            self.server_look(best.task.server)

    # ---- servers --------------------------------------------------------------------------------------

    def server_look(self, number):
        """Members may have become able, or none is any more."""
        if number is None:
            return
        v = self.servers[number]
        able = any(j.task.server == number and not j.throttled and not j.waits_for and (not j.dropped or self.needed(j)) for j in self.unfinished())
        if able and not v.able and v.until is None:
            if v.cbs and (v.d <= self.now or v.q * v.P >= (v.d - self.now) * v.Q):
                v.q, v.d = v.Q, self.now + v.P
            if not v.cbs:
                v.begin, v.used = self.now, 0
        if not able and v.able:
            self.span_end(v)
        v.able = able

    def span_end(self, v):
        if v.cbs or v.begin is None:
            return
        if v.used:
            v.pending.append([max(v.begin + v.P, self.now), v.used])
            if len(v.pending) > PENDING:
                last = v.pending.pop()
                v.pending[-1] = [max(v.pending[-1][0], last[0]), v.pending[-1][1] + last[1]]
        v.begin, v.used = None, 0

    def server_exhausted(self, v, job):
        self.leave(job)
        self.record_job("exhausted", job)
        self.span_end(v)
        v.until = max(v.d, self.now) if v.cbs else min((p[0] for p in v.pending), default=self.now + v.P)
        self.stop_finishing(job)

    def server_event(self, v):
        if v.cbs:
            return FAR if v.until is None else v.until
        return min([p[0] for p in v.pending] + ([v.until] if v.until is not None else []), default=FAR)

    def server_replenish(self, v):
        if v.cbs:
            v.q, v.d = v.Q, v.d + v.P
        else:
            v.q = min(v.Q, v.q + sum(p[1] for p in v.pending if p[0] <= self.now))
            v.pending = [p for p in v.pending if p[0] > self.now]
            self.span_end(v)
        v.until = None
        if not v.cbs and v.able:
            v.begin, v.used = self.now, 0
        self.record("replenished")

    # ---- jobs begin and end ---------------------------------------------------------------------------

    def becomes_ready(self, job):
        self.take_order(job)
        self.server_look(job.task.server)

    def end(self, job, kind):
        t = job.task
        self.leave(job)
        self.record_job(kind, job)
        t.job = None
        if kind != "done" and job.begun:
            for other in self.tasks:        # the instance is made anew
                if other is t or (t.instance is not None and other.instance == t.instance):
                    other.begun = 0
        self.leave_instance(job)
        job.waits_for = None
        self.server_look(t.server)
        if t.queued:
            t.job, t.queued = t.queued, None
            self.becomes_ready(t.job)

    def leave_instance(self, job):
        instance, waiting = job.task.instance, self.waiters(job)
        if self.inside.get(instance, (None,))[0] is job:
            del self.inside[instance]
        elsewhere = [w for w in waiting if w.task.instance != instance]       # stack resource policy: they ask again
        waiting = [w for w in waiting if w.task.instance == instance]
        if self.protocol == "ceiling" and self.policy in ("edf", "rm+edf"):
            elsewhere, waiting = elsewhere + waiting, []
        for w in elsewhere:
            w.waits_for = None              # in their old order
            self.server_look(w.task.server)
        waiting = [w for w in waiting if not w.dropped]
        if not waiting:
            return
        key = (lambda w: (w.s,)) if self.protocol == "none" else self.rank
        new = min(waiting, key=key)
        for w in waiting:
            w.waits_for = new
        new.waits_for = None
        self.inside[instance] = (new, self.entries)
        self.entries += 1
        self.becomes_ready(new)

    # ---- budgets, deadlines, modes --------------------------------------------------------------------

    def overrun(self, job):
        t = job.task
        self.record_job("overrun", job)
        if self.kept(t):
            self.last_fault = self.now
        if not t.enforced:
            job.overran, job.budget = True, FAR
            return
        if job.dropped or job.finishing:
            self.end(job, "abort")
            return
        if self.mode_switching:
            for mode in range(self.mode + 1, CRITICAL + 1):
                if self.kept_level(t, mode) and t.C[mode] > t.C[self.mode]:
                    self.raise_mode(mode, t)
                    return
        if t.on_overrun == "extend" and not job.extended:
            job.extended, job.extra = True, t.C[self.mode] * t.percent // 100
            job.budget += job.extra
        elif t.on_overrun == "suspend":
            self.leave(job)
            self.record_job("suspend", job)
            job.throttled = True
            self.server_look(t.server)
        else:
            self.end(job, "failed" if t.on_overrun == "trap" else "abort")

    def raise_mode(self, mode, by):
        self.mode, self.last_fault = mode, self.now
        self.record("mode", by)
        for t in self.tasks:
            job = t.job
            if self.kept(t):
                for under_way in filter(None, (job, t.queued)):
                    under_way.budget = self.budget(under_way)
                continue
            if t.queued:
                self.record("skip", t, t.queued.number)
                t.queued = None
            if not job or job.dropped or job.finishing:
                continue
            if self.on is job and t.np and job.paid and self.policy != "time-triggered":
                job.finishing = True
            else:
                self.drop(job)

    def budget(self, job):
        t = job.task
        if job.overran:
            return FAR
        return job.base + t.C[self.mode] + (job.extra if job.extended else 0)

    def drop(self, job):
        t = job.task
        job.finishing = False
        if t.on_drop == "abort":
            self.end(job, "abort")
            return
        job.dropped = True
        if not job.begun:
            job.waits_for = None
            if self.inside.get(t.instance, (None,))[0] is job:
                self.leave_instance(job)
        if not self.needed(job):
            self.leave(job)
        self.record_job("suspend", job)
        self.server_look(t.server)

    def stop_finishing(self, job):
        if job.finishing:
            self.drop(job)

    def waits_to_continue(self, job):
        return job.throttled or job.dropped

    def try_return(self):
        if self.mode == 0 or not self.mode_switching or self.H == FAR or self.now < self.last_fault + self.return_after * self.H:
            return
        if any(self.kept(j.task) and not self.waits_to_continue(j) for j in self.unfinished()):
            return
        self.mode -= 1
        self.last_fault = self.now
        self.record("mode")

    def can_miss(self, job):
        return job is not None and job.task.monitored and not (job.missed or job.dropped or job.finishing)

    def miss(self, job):
        t = job.task
        job.missed = True
        self.record_job("miss", job)
        if self.kept(t):
            self.last_fault = self.now
        if t.level < 2:
            return
        self.misses = [m for m in self.misses if self.H == FAR or self.now - m < WINDOW * self.H] + [self.now]
        target = 2 if len(self.misses) > 2 * self.threshold else 1 if len(self.misses) > self.threshold else 0
        if self.mode_switching and target > self.mode:
            self.misses = []
            self.raise_mode(target, t)

    # ---- what happens at a time -----------------------------------------------------------------------

    def next_event(self):
        times = [t.next_release() for t in self.tasks]
        times += [j.deadline for t in self.tasks for j in (t.job, t.queued) if self.can_miss(j)]
        times += [self.server_event(v) for v in self.servers]
        if self.slots:
            times += [self.slot_base + self.slots[self.slot_next]["at"], self.slot_end]
        if self.mode and self.mode_switching and self.H != FAR:
            at = self.last_fault + self.return_after * self.H
            times += [at] if at > self.seen else []
        return min(times)

    def alone(self, job):
        """Nobody can take the processor from it."""
        if self.policy == "time-triggered":
            return self.slot is not None and self.slot["task"] == job.task.n
        return job.task.np

    def horizon(self, job):
        """The event before which the blocks of this job must fit: the next one; what is not its own does not count where nobody can interrupt it."""
        if not self.alone(job):
            return self.next_event()
        t = job.task
        times = [t.next_release()] + [j.deadline for j in (t.job, t.queued) if self.can_miss(j)]
        times += [self.server_event(self.servers[t.server])] if t.server is not None else []
        times += [self.slot_end] if self.policy == "time-triggered" else []
        return min(times)

    def release(self, t, deadline=None):
        k = t.k
        t.k += 1
        if not self.kept(t) or (not self.kept_level(t, self.mode) and k % t.degrade):
            self.record("skip", t, k)
            return
        if deadline is None:
            deadline = self.now + t.D if t.D else FAR
        old = t.job
        if old and self.waits_to_continue(old):
            old.throttled = old.dropped = False
            old.deadline, old.missed, old.extended, old.overran = deadline, False, False, False
            old.base = old.fuel
            old.budget = self.budget(old)
            self.record_job("continue", old)
            self.becomes_ready(old)
            return
        if old and (t.on_late == "skip" or (t.on_late == "queue" and t.queued)):
            self.record("skip", t, k)
            return
        if old and t.on_late == "abort":
            self.end(old, "abort")
        job = Job(t, k, self.now, deadline, t.C[self.mode])
        self.record_job("release", job)
        if t.job:
            t.queued = job
        else:
            t.job = job
            self.becomes_ready(job)

    def slot_begins(self):
        self.slot = self.slots[self.slot_next]
        self.slot_end = self.now + self.slot["length"]
        self.slot_next += 1
        if self.slot_next == len(self.slots):
            self.slot_next, self.slot_base = 0, self.slot_base + self.cycle
        t = self.tasks[self.slot["task"]]
        self.release(t, self.now + t.D if t.D else self.slot_end)

    def one_event(self):
        """The first thing in the order of the page that is due; False: nothing is."""
        for t in self.tasks:
            for job in (t.job, t.queued):
                if self.can_miss(job) and job.deadline <= self.now:
                    self.miss(job)
                    return True
        for v in self.servers:
            if self.server_event(v) <= self.now:
                self.server_replenish(v)
                return True
        for t in self.tasks:
            if t.next_release() <= self.now:
                self.release(t)
                return True
        if self.slot_end <= self.now:
            self.slot, self.slot_end = None, FAR
            return True
        if self.slots and self.slot_base + self.slots[self.slot_next]["at"] <= self.now:
            self.slot_begins()
            return True
        return False

    def events(self):
        """All that is due, each at its own time: what fell into a block that nobody could interrupt comes late."""
        now = self.now
        while self.next_event() <= now:
            self.now = self.seen = self.next_event()
            while self.one_event():
                pass
            self.try_return()
        self.now = self.seen = now
        self.try_return()

    # ---- the run ----------------------------------------------------------------------------------------

    def slice_over(self, job):
        self.leave(job)
        self.take_order(job)

    def loses_turn(self, job):
        """Round robin: the overdraft has taken the whole slice."""
        if self.policy != "round-robin" or job.task.np or self.on is job or job.slice > 0:
            return False
        self.take_order(job)
        return True

    def time_of(self, fuel):
        return fuel * self.rate // 1000

    def fuel_to(self, job, at):
        """The most fuel, of this job in all, after which the time is not beyond `at`."""
        begin = self.now - self.time_of(job.fuel)       # had it run without a break
        return ((at - begin + 1) * 1000 - 1) // self.rate

    def looks_up(self, job, price):
        """Something of others has happened in a block that nobody could interrupt; what costs nothing is done before."""
        event = self.next_event()
        return event <= self.now and (price > 0 or job.fuel > self.fuel_to(job, event - 1) + 1)

    def step(self, job):
        """Blocks, up to the first checkpoint at which something else happens."""
        horizon, alone = self.horizon(job), self.alone(job)
        v = self.servers[job.task.server] if job.task.server is not None else None
        sliced = self.policy == "round-robin" and not job.task.np
        while job.price() is not None:
            price = job.price()
            left, which = min((job.budget - job.fuel, 0), (v.q if v else FAR, 1), (self.fuel_to(job, horizon) - job.fuel, 2))
            if price > left and which == 0:
                return self.overrun(job)
            if price > left and which == 1:
                return self.server_exhausted(v, job)
            if sliced and job.slice <= 0 and price > job.slice:
                return self.slice_over(job)
            if price > left:
                self.now = horizon
                return None
            if alone and self.looks_up(job, price):
                return None
            if not job.started:
                job.started = True
                self.record_job("start", job)
            before = self.time_of(job.fuel)
            job.pay()
            self.now += self.time_of(job.fuel) - before
            job.slice -= price if sliced else 0
            if v:
                v.q, v.used = v.q - price, v.used + price
        return self.end(job, job.outcome)

    def run(self, until):
        while self.now < until:
            self.events()
            if self.next_event() <= self.now:
                continue
            job = self.choose()
            if self.on and self.on is not job:
                self.leave(self.on)
            if job is None:
                self.now = self.next_event()
                continue
            if self.loses_turn(job):
                continue
            if not job.begun:
                job.begin()
                if job.task.instance is not None:
                    self.inside[job.task.instance] = (job, self.entries)
                    self.entries += 1
            if self.on is None:
                self.on, job.paid = job, False
                self.record_job("slice-begin", job)
            self.step(job)
        self.events()
        return [r for r in self.records if r[0] < until]
