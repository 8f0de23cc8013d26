/* The list of limits: defaults, bounds, narrowing. What happens at each limit is tested where the limited
 * thing lives. */
#include "test.h"
#include "base/base.h"
#include <wrt/engine.h>
#include <string.h>

TEST(zero_takes_the_default)
{
    wrt_limits l;
    memset(&l, 0, sizeof l);
    CHECK_EQ(wrt__limits_fill(&l, NULL, NULL), WRT_OK);
#define LIMIT(name, type, dflt, least, most, unit, text) CHECK_EQ(l.name, dflt);
#include <wrt/limits.def>
#undef LIMIT
}

TEST(the_table_says_what_the_list_says)
{
    size_t i = 0;
    const struct wrt__limit_info *info;
#define LIMIT(name_, type, dflt, least_, most_, unit, text) \
    CHECK((info = wrt__limit_info(i++)) != NULL); \
    CHECK_STR(info->name, #name_); \
    CHECK_EQ(wrt__limit_normal(info), dflt); \
    CHECK_EQ(info->least, least_); \
    CHECK_EQ(wrt__limit_most(info), most_);
#include <wrt/limits.def>
#undef LIMIT
    CHECK(wrt__limit_info(i) == NULL);
}

TEST(every_field_is_checked_at_both_ends)
{
    const struct wrt__limit_info *info;
    for (size_t i = 0; (info = wrt__limit_info(i)) != NULL; i++) {
        CONTEXT("%s", info->name);
        wrt_limits l, before;
        wrt_error e;
        memset(&l, 0, sizeof l);
        wrt__limit_set(&l, info, wrt__limit_most(info));
        CHECK_EQ(wrt__limits_fill(&l, NULL, NULL), WRT_OK);
        CHECK_EQ(wrt__limit_get(&l, info), wrt__limit_most(info));
        if (info->least != 0) {
            memset(&l, 0, sizeof l);
            wrt__limit_set(&l, info, info->least);
            CHECK_EQ(wrt__limits_fill(&l, NULL, NULL), WRT_OK);
            CHECK_EQ(wrt__limit_get(&l, info), info->least);
        }
        for (int low = 0; low < 2; low++) {
            uint64_t bad = low ? info->least - 1ull : wrt__limit_most(info) + 1;
            if (bad == 0 || (low && info->least == 0) || (info->bytes == 4 && bad > UINT32_MAX)) continue;
            memset(&l, 0, sizeof l);
            wrt__limit_set(&l, info, bad);
            before = l;
            CHECK_EQ(wrt__limits_fill(&l, NULL, &e), WRT_E_ARG);
            CHECK_STR(e.table, info->name);
            CHECK_MEM(&l, &before, sizeof l);
        }
    }
}

TEST(a_store_narrows_and_cannot_widen)
{
    wrt_limits engine, store;
    wrt_error e;
    memset(&engine, 0, sizeof engine);
    engine.tasks = 100;
    CHECK_EQ(wrt__limits_fill(&engine, NULL, NULL), WRT_OK);
    memset(&store, 0, sizeof store);
    store.timers = 5;
    CHECK_EQ(wrt__limits_fill(&store, &engine, NULL), WRT_OK);
    CHECK_EQ(store.tasks, 100);
    CHECK_EQ(store.timers, 5);
    CHECK_EQ(store.memory_bytes, engine.memory_bytes);
    memset(&store, 0, sizeof store);
    store.tasks = 101;
    CHECK_EQ(wrt__limits_fill(&store, &engine, &e), WRT_E_ARG);
    CHECK_STR(e.table, "tasks");
    CHECK_STR(e.message, "limit tasks is 101, expected 1 to 100 tasks per store");
}
