/* rt_world: a task set as text (its format is in rt_replay.c) run through src/sched under a simulated fuel
 * clock. Plays the executor: jobs that pay charge blocks, host calls, locks. For programs of one file. */
#ifndef RT_WORLD_H
#define RT_WORLD_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sched/realtime.h"

enum { TASKS = 4096, SERVERS = 256, SLOTS = 4096, INSTANCES = 4096, AGENDA = 65536, LINE = 1 << 16 };
#define NEVER UINT64_MAX

/* ---- what is read ----------------------------------------------------------------------------------- */

enum item_kind { ITEM_BLOCK, ITEM_WAIT, ITEM_LOCK, ITEM_UNLOCK, ITEM_YIELD, ITEM_TRAP };
struct item {
    enum item_kind kind;
    uint64_t count, value;
};
struct behaviour {
    struct item *items;
    uint32_t count;
};
struct guest {
    struct wrt__rt_task_opts o;
    struct behaviour *behaviours;
    uint32_t behaviours_count, next;
    uint32_t uses[16], uses_count;
    /* its job */
    const struct behaviour *job;
    uint32_t item;
    uint64_t done_of_item;
    uint64_t wake_at;
    bool running_job, waits_for_lock;
    uint32_t wanted;
    bool owns_wanted;
};
struct agenda {
    uint64_t at;
    bool is_mode;
    uint32_t value;
};

static struct guest guests[TASKS];
static uint32_t guests_count;
static struct wrt__rt_server_opts servers[SERVERS];
static uint32_t servers_count;
static struct { uint64_t at, length; uint32_t task; } slots[SLOTS];
static uint32_t slots_count;
static struct agenda agenda[AGENDA];
static uint32_t agenda_count, agenda_next;
static struct wrt__rt_opts opts;
static uint64_t cycle, until = 1000000, ns_per_kfuel = 1000;
static uint32_t owners[INSTANCES];
static unsigned line_number;
static bool audit;
static FILE *out;
static const char *shown; /* kinds, with blanks around each; NULL: all */

static struct wrt__rt *rt;
static void *rt_memory;
static uint64_t fuel_total, idle_ns;

_Noreturn static void bad(const char *fmt, ...)
{
    va_list args;
    fprintf(stderr, "line %u: ", line_number);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, "\n");
    exit(2);
}

static uint64_t read_number(const char *text)
{
    char *end;
    uint64_t v;
    if (!strcmp(text, "none")) return NEVER;
    v = strtoull(text, &end, 10);
    if (end == text || *end) bad("'%s' is no number", text);
    return v;
}

static uint32_t read_index(const char *text, uint32_t below)
{
    uint64_t v = read_number(text);
    if (v == NEVER) return WRT__RT_NONE;
    if (v >= below) bad("%s is too large", text);
    return (uint32_t)v;
}

static uint8_t read_name(const char *text, const char *names)
{
    char list[200], *word, *rest = list;
    uint8_t n = 0;
    snprintf(list, sizeof list, "%s", names);
    while ((word = strtok_r(rest, " ", &rest)) != NULL) {
        if (!strcmp(word, text)) return n;
        n++;
    }
    bad("'%s' is none of: %s", text, names);
}

/* Splits NAME:NUMBER. */
static uint64_t read_tail(char *text, uint64_t otherwise)
{
    char *colon = strchr(text, ':');
    if (!colon) return otherwise;
    *colon = 0;
    return read_number(colon + 1);
}

static void read_budget(char *text, uint64_t fuel[WRT__RT_MODES])
{
    char *word, *rest = text;
    uint32_t n = 0;
    while ((word = strtok_r(rest, ",", &rest)) != NULL && n < WRT__RT_MODES) fuel[n++] = read_number(word);
    for (; n > 0 && n < WRT__RT_MODES; n++) fuel[n] = fuel[n - 1];
}

static void read_task_key(struct guest *g, const char *key, char *value)
{
    struct wrt__rt_task_opts *o = &g->o;
    uint64_t tail;
    if (!strcmp(key, "T")) {
        o->period_ns = read_number(value);
    } else if (!strcmp(key, "D")) {
        o->deadline_ns = read_number(value);
    } else if (!strcmp(key, "O")) {
        o->offset_ns = read_number(value);
    } else if (!strcmp(key, "separation")) {
        o->separation_ns = read_number(value);
    } else if (!strcmp(key, "C")) {
        read_budget(value, o->fuel);
    } else if (!strcmp(key, "level")) {
        o->level = read_name(value, "QM A B C D");
    } else if (!strcmp(key, "priority")) {
        o->priority = (uint8_t)read_index(value, 256);
    } else if (!strcmp(key, "weight")) {
        o->weight = read_index(value, 1000000);
    } else if (!strcmp(key, "band")) {
        o->band = (uint8_t)read_index(value, 255);
    } else if (!strcmp(key, "np")) {
        o->np = read_number(value) != 0;
    } else if (!strcmp(key, "on_overrun")) {
        tail = read_tail(value, 0);
        o->on_overrun = read_name(value, "abort suspend extend trap");
        o->extend_percent = tail;
    } else if (!strcmp(key, "on_late")) {
        o->on_late = read_name(value, "abort skip queue");
    } else if (!strcmp(key, "on_drop")) {
        tail = read_tail(value, 1);
        o->on_drop = read_name(value, "suspend abort degrade");
        o->degrade = tail;
    } else if (!strcmp(key, "server")) {
        o->server = read_index(value, SERVERS);
    } else if (!strcmp(key, "instance")) {
        o->instance = read_index(value, INSTANCES);
    } else if (!strcmp(key, "enforce")) {
        o->enforce = read_number(value) != 0;
    } else if (!strcmp(key, "monitor")) {
        o->monitor = read_number(value) != 0;
    } else {
        bad("unknown key '%s' of a task", key);
    }
}

static void read_set_key(const char *key, const char *value)
{
    if (!strcmp(key, "hybrid")) {
        opts.hybrid = read_number(value) != 0;
    } else if (!strcmp(key, "mode_switching")) {
        opts.mode_switching = read_number(value) != 0;
    } else if (!strcmp(key, "protocol")) {
        opts.protocol = read_name(value, "none inheritance ceiling");
    } else if (!strcmp(key, "quantum")) {
        opts.quantum_fuel = read_number(value);
    } else if (!strcmp(key, "miss_threshold")) {
        opts.miss_threshold = read_index(value, 1001);
    } else if (!strcmp(key, "return_after")) {
        opts.return_after = read_index(value, UINT32_MAX);
    } else if (!strcmp(key, "ns_per_kfuel")) {
        ns_per_kfuel = read_number(value);
    } else if (!strcmp(key, "until")) {
        until = read_number(value);
    } else {
        bad("unknown setting '%s'", key);
    }
}

static void read_server_key(struct wrt__rt_server_opts *s, const char *key, const char *value)
{
    if (!strcmp(key, "kind")) {
        s->kind = read_name(value, "cbs sporadic");
    } else if (!strcmp(key, "Q")) {
        s->fuel = read_number(value);
    } else if (!strcmp(key, "P")) {
        s->period_ns = read_number(value);
    } else if (!strcmp(key, "priority")) {
        s->priority = (uint8_t)read_index(value, 256);
    } else {
        bad("unknown key '%s' of a server", key);
    }
}

static struct item read_item(char *word)
{
    struct item item = { ITEM_BLOCK, 1, 0 };
    char *star = strchr(word, '*');
    if (!strcmp(word, "trap")) {
        item.kind = ITEM_TRAP;
    } else if (!strcmp(word, "yield")) {
        item.kind = ITEM_YIELD;
    } else if (!strncmp(word, "wait:", 5)) {
        item.kind = ITEM_WAIT;
        item.value = read_number(word + 5);
    } else if (!strncmp(word, "lock:", 5)) {
        item.kind = ITEM_LOCK;
        item.value = read_index(word + 5, INSTANCES);
    } else if (!strncmp(word, "unlock:", 7)) {
        item.kind = ITEM_UNLOCK;
        item.value = read_index(word + 7, INSTANCES);
    } else {
        if (star) {
            *star = 0;
            item.count = read_number(word);
            word = star + 1;
        }
        item.value = read_number(word);
    }
    return item;
}

static void read_job(struct guest *g, char *rest)
{
    struct behaviour *b;
    char *word;
    g->behaviours = realloc(g->behaviours, (g->behaviours_count + 1) * sizeof *b);
    if (!g->behaviours) bad("no memory");
    b = &g->behaviours[g->behaviours_count++];
    *b = (struct behaviour){ NULL, 0 };
    while ((word = strtok_r(rest, " \t\n", &rest)) != NULL) {
        struct item item = read_item(word);
        if (!item.count) continue;
        b->items = realloc(b->items, (b->count + 1) * sizeof item);
        if (!b->items) bad("no memory");
        b->items[b->count++] = item;
    }
}

static void read_keys(char *rest, int what)
{
    char *word;
    while ((word = strtok_r(rest, " \t\n", &rest)) != NULL) {
        char *value = strchr(word, '=');
        if (!value) bad("'%s' is not KEY=VALUE", word);
        *value++ = 0;
        if (what == 't') {
            read_task_key(&guests[guests_count - 1], word, value);
        } else if (what == 's') {
            read_server_key(&servers[servers_count - 1], word, value);
        } else {
            read_set_key(word, value);
        }
    }
}

static char *read_word(char **rest)
{
    char *word = strtok_r(*rest, " \t\n", rest);
    if (!word) bad("something is missing");
    return word;
}

static void read_agenda(char *rest)
{
    struct agenda *a = &agenda[agenda_count];
    char *what;
    if (agenda_count++ == AGENDA) bad("too many of these");
    a->at = read_number(read_word(&rest));
    what = read_word(&rest);
    a->is_mode = read_name(what, "release mode") == 1;
    a->value = a->is_mode ? read_name(read_word(&rest), "normal high critical")
                          : read_index(read_word(&rest), TASKS);
    if (agenda_count > 1 && a[-1].at > a->at) bad("out of order");
}

static void read_line(char *line)
{
    char *hash = strchr(line, '#'), *rest = line, *word;
    if (hash) *hash = 0;
    word = strtok_r(rest, " \t\n", &rest);
    if (!word) return;
    if (!strcmp(word, "policy")) {
        opts.policy = read_name(
            read_word(&rest), "cooperative round-robin priority rm edf rm+edf time-triggered");
    } else if (!strcmp(word, "set")) {
        read_keys(rest, 'o');
    } else if (!strcmp(word, "server")) {
        if (servers_count++ == SERVERS) bad("too many of these");
        read_keys(rest, 's');
    } else if (!strcmp(word, "task")) {
        if (guests_count == TASKS) bad("too many of these");
        wrt__rt_task_opts_init(&guests[guests_count++].o);
        read_keys(rest, 't');
    } else if (!strcmp(word, "slot")) {
        if (slots_count == SLOTS) bad("too many of these");
        slots[slots_count].at = read_number(read_word(&rest));
        slots[slots_count].length = read_number(read_word(&rest));
        slots[slots_count++].task = read_index(read_word(&rest), TASKS);
    } else if (!strcmp(word, "cycle")) {
        cycle = read_number(read_word(&rest));
    } else if (!strcmp(word, "at")) {
        read_agenda(rest);
    } else if (guests_count && !strcmp(word, "job")) {
        read_job(&guests[guests_count - 1], rest);
    } else if (guests_count && !strcmp(word, "uses")) {
        struct guest *g = &guests[guests_count - 1];
        while ((word = strtok_r(rest, " \t\n", &rest)) != NULL) {
            if (g->uses_count == WRT_COUNT(g->uses)) bad("too many of these");
            g->uses[g->uses_count++] = read_index(word, INSTANCES);
        }
    } else {
        bad("'%s' is not known here", word);
    }
}

/* ---- the schedule ----------------------------------------------------------------------------------- */

static void need(wrt_status status, const wrt_error *err)
{
    if (status == WRT_OK) return;
    fprintf(stderr, "refused: %s\n", err->message);
    exit(3);
}

static void make(void)
{
    wrt_error err = { 0 };
    uint32_t n;
    size_t bytes;
    opts.tasks_max = guests_count;
    opts.servers_max = servers_count;
    opts.slots_max = slots_count;
    opts.instances_max = INSTANCES;
    bytes = wrt__rt_size(&opts);
    rt_memory = malloc(bytes ? bytes : 1);
    need(wrt__rt_init(&rt, &opts, rt_memory, bytes, &err), &err);
    for (uint32_t i = 0; i < servers_count; i++) need(wrt__rt_server(rt, &servers[i], &n, &err), &err);
    for (uint32_t i = 0; i < guests_count; i++) {
        need(wrt__rt_add(rt, &guests[i].o, &n, &err), &err);
        for (uint32_t k = 0; k < guests[i].uses_count; k++)
            need(wrt__rt_uses(rt, n, guests[i].uses[k]), &err);
    }
    for (uint32_t i = 0; i < slots_count; i++) {
        need(wrt__rt_slot(rt, slots[i].at, slots[i].length, slots[i].task, &err), &err);
    }
    if (slots_count) need(wrt__rt_cycle(rt, cycle, &err), &err);
    for (uint32_t i = 0; i < INSTANCES; i++) owners[i] = WRT__RT_NONE;
    need(wrt__rt_start(rt, 0, &err), &err);
}

static uint64_t clock_now(void)
{
    return idle_ns + fuel_total / 1000 * ns_per_kfuel + fuel_total % 1000 * ns_per_kfuel / 1000;
}

/* When something happens by itself: in the schedule, or because a host call ends or the host acts. */
static uint64_t clock_next(void)
{
    uint64_t at = wrt__rt_next_event(rt);
    for (uint32_t i = 0; i < guests_count; i++) at = wrt__min_u64(at, guests[i].wake_at);
    if (agenda_next < agenda_count) at = wrt__min_u64(at, agenda[agenda_next].at);
    return at;
}

static uint64_t clock_fuel_to(uint64_t now, uint64_t at)
{
    uint64_t left;
    if (at == NEVER) return NEVER;
    left = at > now ? at - now : 0;
    return left / ns_per_kfuel * 1000 + left % ns_per_kfuel * 1000 / ns_per_kfuel;
}

/* Of a job that nobody can interrupt: only what concerns it. */
static uint64_t clock_horizon(void)
{
    return wrt__rt_alone(rt) ? wrt__rt_horizon(rt) : clock_next();
}

static void print(uint64_t at, const char *kind, uint32_t task, uint64_t job, uint64_t fuel)
{
    fprintf(out, "%" PRIu64 " %s ", at, kind);
    if (task == WRT__RT_NONE) {
        fprintf(out, "- - %" PRIu64, fuel);
    } else {
        fprintf(out, "%" PRIu32 " %" PRIu64 " %" PRIu64, task, job, fuel);
    }
}

/* ---- locks: the part of an executor ------------------------------------------------------------------ */

static void lock_free(uint32_t instance)
{
    uint32_t heir = WRT__RT_NONE;
    owners[instance] = WRT__RT_NONE;
    for (uint32_t i = 0; i < guests_count; i++) {
        if (!guests[i].waits_for_lock || guests[i].wanted != instance) continue;
        if (heir == WRT__RT_NONE || wrt__rt_before(rt, i, heir)) heir = i;
    }
    if (heir == WRT__RT_NONE) return;
    owners[instance] = heir;
    guests[heir].waits_for_lock = false;
    for (uint32_t i = 0; i < guests_count; i++) {
        if (guests[i].waits_for_lock && guests[i].wanted == instance) wrt__rt_wait_for(rt, i, heir);
    }
    wrt__rt_wake(rt, heir, clock_now());
    wrt__rt_enter(rt, heir, instance);
}

/* The job is gone: what it stood in is free. */
static void guest_end(uint32_t task, bool cut)
{
    struct guest *g = &guests[task];
    for (uint32_t i = 0; cut && g->running_job && i < guests_count; i++) { /* the instance is as new */
        bool same = g->o.instance != WRT__RT_NONE && guests[i].o.instance == g->o.instance;
        if (i == task || same) guests[i].next = 0;
    }
    g->running_job = g->waits_for_lock = false;
    g->wake_at = NEVER;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        if (owners[i] == task) lock_free(i);
    }
}

/* ---- one job ----------------------------------------------------------------------------------------- */

static void guest_begin(struct guest *g)
{
    static const struct behaviour nothing = { NULL, 0 };
    static struct item whole;
    static struct behaviour plain = { &whole, 1 };
    g->running_job = true;
    g->item = 0;
    g->done_of_item = 0;
    if (g->behaviours_count) {
        g->job = &g->behaviours[g->next];
        g->next = (g->next + 1) % g->behaviours_count;
        return;
    }
    whole = (struct item){ ITEM_BLOCK, 1, g->o.fuel[0] };
    g->job = g->o.fuel[0] == NEVER ? &nothing : &plain;
}

struct run {
    enum wrt__rt_how how;
    uint64_t fuel;
    bool horizon, locked;
};

/* Something of others has happened while a job ran that nobody can interrupt: it looks up before this block.
 */
static bool guest_looks(uint64_t now, uint64_t look, uint64_t price)
{
    return now >= look && (price || now > look);
}

/* Pays blocks until a limit or something else comes; docs/fuel.md, section 4. */
static struct run guest_run(uint32_t task, const struct wrt__rt_pick *pick)
{
    struct guest *g = &guests[task];
    uint64_t begin = clock_now(), horizon = clock_fuel_to(begin, clock_horizon()), hard = pick->hard_fuel;
    uint64_t look = wrt__rt_alone(rt) ? clock_next() : NEVER;
    int64_t soft = pick->soft_fuel;
    struct run run = { WRT__RT_DONE, 0, false, false };
    bool by_horizon = horizon < hard;
    if (by_horizon) hard = horizon;
    for (; g->item < g->job->count; g->item++, g->done_of_item = 0) {
        const struct item *item = &g->job->items[g->item];
        switch (item->kind) {
        case ITEM_BLOCK:
            for (; g->done_of_item < item->count; g->done_of_item++) {
                if (item->value > hard - run.fuel) {
                    run.how = by_horizon ? WRT__RT_STILL : WRT__RT_BUDGET;
                    run.horizon = by_horizon;
                    return run;
                }
                if (soft <= 0) {
                    run.how = WRT__RT_SLICE;
                    return run;
                }
                if (guest_looks(begin + run.fuel * ns_per_kfuel / 1000, look, item->value)) {
                    run.how = WRT__RT_STILL;
                    return run;
                }
                run.fuel += item->value;
                if (soft != INT64_MAX) soft -= (int64_t)item->value;
            }
            break;
        case ITEM_WAIT:
            fuel_total += run.fuel;
            g->wake_at = clock_now() + item->value;
            fuel_total -= run.fuel;
            g->item++;
            run.how = WRT__RT_WAITING;
            return run;
        case ITEM_LOCK:
            if (owners[item->value] == task) break;
            if (owners[item->value] != WRT__RT_NONE) {
                g->wanted = (uint32_t)item->value;
                run.locked = true;
                return run;
            }
            owners[item->value] = task;
            wrt__rt_enter(rt, task, (uint32_t)item->value);
            break;
        case ITEM_UNLOCK: /* another one may be first now: stops here */
            if (owners[item->value] != task) break;
            g->item++;
            g->wanted = (uint32_t)item->value;
            g->owns_wanted = true;
            run.how = WRT__RT_STILL;
            return run;
        case ITEM_YIELD:
            g->item++;
            run.how = WRT__RT_SLICE;
            return run;
        case ITEM_TRAP: run.how = WRT__RT_FAILED; return run;
        }
    }
    return run;
}

static void guest_unlock(uint32_t task)
{
    struct guest *g = &guests[task];
    if (!g->owns_wanted) return;
    g->owns_wanted = false;
    wrt__rt_leave(rt, task, g->wanted);
    lock_free(g->wanted);
}

static void guest_turn(const struct wrt__rt_pick *pick)
{
    struct guest *g = &guests[pick->task];
    struct run run;
    if (pick->fresh && !g->running_job) guest_begin(g);
    run = guest_run(pick->task, pick);
    fuel_total += run.fuel;
    if (run.locked) {
        wrt_status status = wrt__rt_report_locked(rt, owners[g->wanted], run.fuel, clock_now());
        if (status == WRT_OK) {
            g->waits_for_lock = true;
            return;
        }
        if (clock_now() < until) {
            print(clock_now(), "deadlock", pick->task, pick->job, 0);
            fprintf(out, "\n");
        }
        wrt__rt_report(rt, WRT__RT_FAILED, 0, clock_now());
        return;
    }
    wrt__rt_report(rt, run.how, run.fuel, clock_now());
    guest_unlock(pick->task);
    if (!run.horizon || wrt__rt_pending(rt, clock_now())) return;
    if (clock_horizon() > clock_now()) idle_ns += clock_horizon() - clock_now();
}

/* ---- what happens ------------------------------------------------------------------------------------ */

static const char *const mode_names[] = { "normal", "high", "critical" };
static const char *const cause_names[] = { "report", "late", "overrun", "mode", "miss", "host", "quiet" };

static void print_news(const struct wrt__rt_news *n)
{
    print(n->at, wrt__rt_kind_name(n->kind), n->task, n->job, n->fuel);
    switch ((enum wrt__rt_kind)n->kind) {
    case WRT__RT_RELEASE:
    case WRT__RT_CONTINUE:
        if (n->kind == WRT__RT_CONTINUE) fprintf(out, " number=%" PRIu64, n->number);
        if (n->deadline == NEVER) {
            fprintf(out, " deadline=none");
        } else {
            fprintf(out, " deadline=%" PRIu64, n->deadline);
        }
        break;
    case WRT__RT_ABORT:
    case WRT__RT_SUSPEND:
    case WRT__RT_END_FAILED: fprintf(out, " %s", cause_names[n->cause]); break;
    case WRT__RT_MODE_CHANGE:
        fprintf(out, " %s %s %s", mode_names[n->from], mode_names[n->to], cause_names[n->cause]);
        break;
    case WRT__RT_EXHAUSTED: fprintf(out, " server=%" PRIu32, n->server); break;
    case WRT__RT_REPLENISHED: fprintf(out, " server=%" PRIu32 " holds=%" PRIu64, n->server, n->fuel); break;
    default: break;
    }
    fprintf(out, "\n");
}

static bool world_shows(const char *kind)
{
    char word[32];
    snprintf(word, sizeof word, " %s ", kind);
    return !shown || strstr(shown, word);
}

static void hear(const struct wrt__rt_news *n)
{
    if (n->at < until && world_shows(wrt__rt_kind_name(n->kind))) print_news(n);
    if (n->kind == WRT__RT_ABORT || n->kind == WRT__RT_END_FAILED || n->kind == WRT__RT_END_DONE) {
        guest_end(n->task, n->kind != WRT__RT_END_DONE);
    }
}

/* What comes from outside at this time: ends of host calls by task, then the host. */
static void arrivals(uint64_t now)
{
    for (uint32_t i = 0; i < guests_count; i++) {
        if (guests[i].wake_at > now) continue;
        guests[i].wake_at = NEVER;
        wrt__rt_wake(rt, i, now);
    }
    while (agenda_next < agenda_count && agenda[agenda_next].at <= now) {
        const struct agenda *a = &agenda[agenda_next++];
        wrt_status status = a->is_mode ? wrt__rt_mode(rt, a->value, now) : wrt__rt_release(rt, a->value, now);
        if (status != WRT_OK) {
            print(now, "refused", a->is_mode ? WRT__RT_NONE : a->value, 0, 0);
            fprintf(out, "\n");
        }
    }
}

static void replay(void)
{
    struct wrt__rt_news news;
    struct wrt__rt_pick pick;
    for (;;) {
        uint64_t now = clock_now();
        arrivals(now);
        while (wrt__rt_poll(rt, now, &news)) {
            hear(&news);
            if (audit && news.kind != WRT__RT_MODE_CHANGE) wrt__rt_check(rt);
        }
        if (now >= until) return;
        if (wrt__rt_pick(rt, &pick)) {
            guest_turn(&pick);
        } else {
            uint64_t next = clock_next();
            if (next == NEVER) return;
            idle_ns += next - now;
        }
        if (audit) wrt__rt_check(rt);
    }
}

/* Runs the set that `line` reads off one by one (NULL: the end); prints to `file`. */
static void world_run(FILE *file, const char *(*line)(void *ctx), void *ctx)
{
    static char copy[LINE];
    const char *text;
    out = file;
    wrt__rt_opts_init(&opts);
    while ((text = line(ctx)) != NULL) {
        snprintf(copy, sizeof copy, "%s", text);
        line_number++;
        read_line(copy);
    }
    for (uint32_t i = 0; i < guests_count; i++) guests[i].wake_at = NEVER;
    make();
    replay();
}

/* Ready for another set. */
static inline void world_forget(void)
{
    for (uint32_t i = 0; i < guests_count; i++) {
        for (uint32_t k = 0; k < guests[i].behaviours_count; k++) free(guests[i].behaviours[k].items);
        free(guests[i].behaviours);
    }
    memset(guests, 0, guests_count * sizeof guests[0]);
    memset(servers, 0, sizeof servers);
    guests_count = servers_count = slots_count = agenda_count = agenda_next = 0;
    cycle = fuel_total = idle_ns = 0;
    until = 1000000;
    ns_per_kfuel = 1000;
    line_number = 0;
    free(rt_memory);
    rt_memory = NULL;
}

#endif
