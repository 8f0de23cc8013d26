/* manifest: a system of tasks as docs/manifest.md describes it, read, checked and resolved to numbers. */
#ifndef WRTD_MANIFEST_H
#define WRTD_MANIFEST_H

#include <wrt/sched.h>
#include <wrt/wcet.h>
#include "manifest_read.h"

enum { WD_MF_BYTES = 16 << 20, WD_MF_TASKS = 16384, WD_MF_COMPONENTS = 256, WD_MF_CORES = 64 };
/* As wrt_verification. */
enum wd_mf_verify { WD_MF_OFF, WD_MF_BASIC, WD_MF_STANDARD, WD_MF_FULL, WD_MF_REDUNDANT };
enum wd_mf_source { WD_MF_GIVEN, WD_MF_MEASURED, WD_MF_STATIC };

struct wd_mf_component {
    char *name;
    const struct toml_value *at;    /* its table */
    const struct toml_value *file_at, *sha_at, *memory_at;
    char *file;                     /* relative to the manifest */
    uint8_t sha256[32];
    bool has_sha, has_memory, has_stack, has_asil;
    wrt_asil asil;
    uint64_t memory_bytes, stack_bytes;
    uint32_t tasks_most;            /* 0: no limit of its own */
    const struct toml_value *args, *env, *dirs;
    /* resolved */
    uint32_t core;                  /* index into cores; UINT32_MAX: no task uses it */
    uint32_t tasks;
    struct wd_module *module;       /* loaded: manifest_load.c */
    wrt_instance *instance;
};

struct wd_mf_server {
    char *name;
    const struct toml_value *at;
    wrt_server_kind kind;
    uint64_t fuel, period_ns;
    uint8_t priority;
    bool band_set;
    uint8_t band;
    uint32_t core;
};

/* A limit of what a job may spend: of one thing by name, or of the system. */
enum wd_mf_scope { WD_MF_OF_SYSTEM, WD_MF_OF_TASK, WD_MF_OF_COMPONENT, WD_MF_OF_OPERATION };
struct wd_mf_most {
    enum wd_mf_scope scope;
    const struct toml_value *at;    /* the name; of the system: the table */
    wrt_str name;                   /* in the text of the manifest */
    uint64_t fuel;
};

struct wd_mf_slot { uint64_t at_ns, length_ns; };

struct wd_mf_task {
    char *name;
    const struct toml_value *at, *component_at, *call_at, *deadline_at, *period_at, *np_at, *wcet_at,
        *core_at, *fault_at;
    uint32_t component;
    struct wd_invoke call;          /* its text is the manifest's */
    char *call_text;
    wrt_sched_task o;               /* all but func, args and numbers of servers of the scheduler */
    uint32_t server;                /* index into servers, when o.in_server */
    enum wd_mf_source source;
    const struct toml_value *facts_at;
    enum wd_mf_verify verify;
    uint64_t bound_low, bound_high; /* proven for every job; bound_high UINT64_MAX: none, 0: was not asked */
    uint32_t stated;                /* loops that it rests on */
    wrt_wcet_assumption *facts;     /* at verification full: numbers of what is stated; texts are gone */
    uint32_t facts_count;
    bool sporadic;
    struct wd_mf_slot *slots;
    uint32_t slots_count;
    char *fault;                    /* exported global that injection sets; NULL */
    /* loaded */
    wrt_func_type type;
    wrt_val args[WD_ARGS_MAX];
};

/* What `wrtd bench --calibrate` measured (calibrate.c writes it, manifest_board.c reads it). */
struct wd_board {
    bool given;
    uint64_t ns_per_kfuel;
    uint64_t table_hash;
    char table[24], cpu[128], build[32];
};

struct wd_manifest {
    struct mf mf;
    char *text;
    char *folder;                   /* of the manifest, with a slash; "" for the present one */
    int folder_fd;
    char *name;
    wrt_asil profile;
    wrt_sched_opts o;               /* settings; cores is their count */
    uint32_t cores[WD_MF_CORES];    /* numbers as the manifest names them */
    bool seal, cores_wrong;
    char *fuel_table;               /* as written; NULL: default */
    const wrt_fuel_table *table;
    wrt_fuel_table *own_table;
    struct wd_board board;
    char *trace;                    /* observe.trace.file; NULL */
    struct wd_mf_component *components;
    struct wd_mf_server *servers;
    struct wd_mf_task *tasks;
    uint32_t components_count, servers_count, tasks_count;
    const struct toml_value *slots_at;
    enum wd_mf_verify verify;
    wrt_adm_ratio factor[2];        /* from bound to budget; [1]: at level full and above */
    struct wd_mf_most *mosts;
    uint32_t mosts_count;
    struct wd_follow *follow;       /* of a run: sched_follow.h; NULL */
    uint64_t hash;                  /* FNV-1a of the text */
};

/* Does this text look like a manifest? By its name: *.toml; or by its first word. */
bool wd_manifest_is(const char *path, const char *text, size_t n);
/* Reads and checks all that can be checked without the files that it names. Takes `text` (free).
 * 0, or an exit code, reported; wd_manifest_free in both cases. */
int wd_manifest_read(struct wd *w, const char *path, char *text, size_t n, struct wd_manifest *m);
/* The same without saying anything: the faults are in m->mf. */
void wd_manifest_parse(struct wd *w, const char *path, char *text, size_t n, struct wd_manifest *m);
/* Opens board, fuel table and components, compares hashes, loads the modules into the engine of `s` (made
 * here, with the table of the manifest), finds the exports, reads the arguments. 0 or an exit code, reported.
 */
int wd_manifest_load(struct wd_manifest *m, struct wd_session *s);
void wd_manifest_free(struct wd_manifest *m);
const char *wd_policy_name(wrt_policy p);
const char *wd_asil_name(uint32_t level);       /* "QM", "A" .. "D" */

/* manifest_file.c: a file below the folder of the manifest. `at` is the value that names it. False: a fault
 * is noted. */
bool wd_manifest_open(
    struct wd_manifest *m, const struct toml_value *at, const char *path, uint8_t **out, size_t *n);
/* manifest_board.c: reads the board file. False: reported as a fault of the manifest. */
bool wd_board_read(struct wd_manifest *m, const struct toml_value *at, const char *path);
/* manifest_wcet.c. Reads [wcet-analysis]; NULL: as if empty. */
void wd_manifest_analysis(struct wd_manifest *m, const struct toml_value *at);
/* source = "static": proves a bound, compares the budgets with it or makes them of it. At C and D there must
 * be a bound, whatever the source. */
void wd_manifest_bound(struct wd_manifest *m, struct wd_mf_task *t, const struct wd_mf_component *c);
/* Holds the budgets against the limits, when they are known. */
void wd_manifest_limits(struct wd_manifest *m);

/* calibrate.c: `wrtd bench --calibrate`. */
int wd_calibrate(struct wd *w);
/* Warns when the rate of a manifest was measured with another build or on another processor. */
void wd_board_warn(const struct wd_manifest *m);

/* sha256.c */
void wd_sha256(const void *p, size_t n, uint8_t out[32]);

#endif
