/* Hash map from byte strings to numbers: open addressing, half full at most. Keys come out of hostile
 * binaries, so the hash is a keyed one (SipHash with one and three rounds: Aumasson and Bernstein, 2012);
 * when a run of neighbours gets too long all the same, the table is built again under the next key. No binary
 * can be slow under all of them. */
#include "base/base.h"

struct wrt__map_entry {
    const uint8_t *p;       /* NULL: empty */
    size_t n;
    uint32_t hash, value;
};

enum { MAP_RUN_MAX = 96, MAP_SEED_MAX = 16 };

static const uint8_t map_no_bytes[1] = { 0 };

static uint64_t sip_rotl(uint64_t x, uint32_t n)
{
    return x << n | x >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = sip_rotl(v[1], 13) ^ v[0];
    v[3] = sip_rotl(v[3], 16) ^ v[2];
    v[0] = sip_rotl(v[0], 32) + v[3];
    v[2] += v[1];
    v[1] = sip_rotl(v[1], 17) ^ v[2];
    v[3] = sip_rotl(v[3], 21) ^ v[0];
    v[2] = sip_rotl(v[2], 32);
}

static uint64_t sip_word(const uint8_t *p, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++) {
        word |= (uint64_t)p[i] << (8 * i);
    }
    return word;
}

static uint32_t map_hash(uint32_t seed, const uint8_t *p, size_t n)
{
    uint64_t k0 = seed * 0x9e3779b97f4a7c15u, k1 = ~k0;
    uint64_t v[4] = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
        k1 ^ 0x7465646279746573u };
    size_t left = n;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t word = sip_word(p, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t tail = (uint64_t)(n & 0xff) << 56 | sip_word(p, left);
    v[3] ^= tail;
    sip_round(v);
    v[0] ^= tail;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    uint64_t h = v[0] ^ v[1] ^ v[2] ^ v[3];
    return (uint32_t)(h ^ h >> 32);
}

void wrt__map_init(struct wrt__map *m, const wrt_alloc *alloc)
{
    *m = (struct wrt__map){ .alloc = alloc };
}

void wrt__map_fini(struct wrt__map *m)
{
    wrt__free(m->alloc, m->entries, m->cap * sizeof *m->entries, WRT_TAG_TABLE);
    *m = (struct wrt__map){ .alloc = m->alloc };
}

/* The entry with this key, or the empty one where it belongs. The table has an empty entry. */
static struct wrt__map_entry *map_find(const struct wrt__map *m, uint32_t hash, wrt_bytes key, uint32_t *run)
{
    uint32_t mask = m->cap - 1, i = hash & mask;
    for (*run = 0; m->entries[i].p; i = (i + 1) & mask, (*run)++) {
        const struct wrt__map_entry *e = &m->entries[i];
        if (e->hash == hash && e->n == key.n && (key.n == 0 || memcmp(e->p, key.p, key.n) == 0)) break;
    }
    return &m->entries[i];
}

/* Moves everything to `entries` (empty, `cap` of them) under `seed`; the old array is left to the caller. */
static uint32_t map_move(struct wrt__map *m, struct wrt__map_entry *entries, uint32_t cap, uint32_t seed)
{
    const struct wrt__map_entry *old = m->entries;
    uint32_t old_cap = m->cap, longest = 0, run;
    bool same = seed == m->seed;
    m->entries = entries;
    m->cap = cap;
    m->seed = seed;
    for (uint32_t i = 0; i < old_cap; i++) {
        struct wrt__map_entry e = old[i];
        if (!e.p) continue;
        if (!same) e.hash = map_hash(seed, e.p, e.n);
        *map_find(m, e.hash, (wrt_bytes){ e.p, e.n }, &run) = e;
        if (run > longest) longest = run;
    }
    return longest;
}

static wrt_status map_rebuild(struct wrt__map *m, uint32_t cap, uint32_t seed)
{
    uint64_t bytes = (uint64_t)cap * sizeof *m->entries;
    if (bytes == 0 || bytes > PTRDIFF_MAX) return WRT_E_NOMEM;
    struct wrt__map_entry *old = m->entries;
    struct wrt__map_entry *entries = wrt__alloc_zero(m->alloc, (size_t)bytes, WRT_TAG_TABLE);
    if (!entries) return WRT_E_NOMEM;
    uint32_t old_cap = m->cap;
    (void)map_move(m, entries, cap, seed);
    wrt__free(m->alloc, old, old_cap * sizeof *old, WRT_TAG_TABLE);
    return WRT_OK;
}

bool wrt__map_get(const struct wrt__map *m, wrt_bytes key, uint32_t *value)
{
    if (m->count == 0) return false;
    uint32_t run;
    const struct wrt__map_entry *e = map_find(m, map_hash(m->seed, key.p, key.n), key, &run);
    if (!e->p) return false;
    *value = e->value;
    return true;
}

wrt_status wrt__map_put(struct wrt__map *m, wrt_bytes key, uint32_t value, bool *existed)
{
    uint32_t run = 0;
    *existed = false;
    if (m->count >= m->cap / 2) {
        /* A refusal changes nothing; asking for a key that is there must not need memory. */
        uint32_t there;
        *existed = wrt__map_get(m, key, &there);
        if (*existed) return WRT_OK;
        wrt_status status = map_rebuild(m, m->cap != 0 ? m->cap * 2 : 8, m->seed);
        if (status != WRT_OK) return status;
    }
    uint32_t hash = map_hash(m->seed, key.p, key.n);
    struct wrt__map_entry *e = map_find(m, hash, key, &run);
    *existed = e->p != NULL;
    if (e->p) return WRT_OK;
    *e = (struct wrt__map_entry){
        .p = key.n != 0 ? key.p : map_no_bytes, .n = key.n, .hash = hash, .value = value
    };
    m->count++;
    /* The entry is in: if there is no memory for another table the long run stays, slower but right. */
    if (run > MAP_RUN_MAX && m->seed < MAP_SEED_MAX) (void)map_rebuild(m, m->cap, m->seed + 1);
    return WRT_OK;
}
