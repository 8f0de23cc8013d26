/* The limits as a table, made from include/wrt/limits.def. Owns defaults and bounds; must not know what is
 * limited. */
#include "base/base.h"
#include <wrt/engine.h>

#if WRT_MESSAGES
#define LIMIT_UNIT(text) .unit = text,
#define LIMIT_UNIT_OF(info) ((info)->unit)
#else
#define LIMIT_UNIT(text)
#define LIMIT_UNIT_OF(info) ""
#endif
static const struct wrt__limit_info limit_infos[] = {
#define LIMIT(name_, type_, default_, least_, most_, unit_, text_) \
    { .name = #name_, \
        LIMIT_UNIT(unit_) \
        .offset = (uint8_t)offsetof(wrt_limits, name_), \
        .bytes = sizeof(type_), \
        .normal_less = (uint32_t)((default_) - 1ull), \
        .least = (least_), \
        .most_less = (uint32_t)((most_) - 1ull) },
#include <wrt/limits.def>
#undef LIMIT
};

#define LIMIT(name_, type_, default_, least_, most_, unit_, text_) \
    _Static_assert( \
        (least_) <= (default_) + 0ull && (default_) + 0ull <= (most_) + 0ull, "default of " #name_); \
    _Static_assert( \
        (default_) >= 1 && (least_) <= UINT16_MAX && (most_) + 0ull <= 1ull << 32, "range of " #name_); \
    _Static_assert(sizeof(type_) == 4 || sizeof(type_) == 8, "type of " #name_);
#include <wrt/limits.def>
#undef LIMIT
_Static_assert(sizeof(wrt_limits) <= UINT8_MAX, "offsets of limits");

const struct wrt__limit_info *wrt__limit_info(size_t i)
{
    return i < WRT_COUNT(limit_infos) ? &limit_infos[i] : NULL;
}

uint64_t wrt__limit_get(const struct wrt_limits *l, const struct wrt__limit_info *info)
{
    const char *field = (const char *)l + info->offset;
    uint64_t wide;
    uint32_t narrow;
    if (info->bytes == sizeof wide) {
        memcpy(&wide, field, sizeof wide);
        return wide;
    }
    memcpy(&narrow, field, sizeof narrow);
    return narrow;
}

void wrt__limit_set(struct wrt_limits *l, const struct wrt__limit_info *info, uint64_t value)
{
    char *field = (char *)l + info->offset;
    uint32_t narrow = (uint32_t)value;
    if (info->bytes == sizeof value) {
        memcpy(field, &value, sizeof value);
    } else {
        WRT_ASSERT(value <= UINT32_MAX);
        memcpy(field, &narrow, sizeof narrow);
    }
}

static wrt_status limit_check(const struct wrt__limit_info *info, uint64_t v, uint64_t most, wrt_error *err)
{
    if (v >= info->least && v <= most) return WRT_OK;
    return wrt__fail_table(err, WRT_E_ARG, 217, info->name, "limit %s is %lu, expected %lu to %lu %s",
        info->name, v, info->least, most, LIMIT_UNIT_OF(info));
}

wrt_status wrt__limits_fill(struct wrt_limits *l, const struct wrt_limits *base, wrt_error *err)
{
    for (size_t i = 0; i < WRT_COUNT(limit_infos); i++) {
        const struct wrt__limit_info *info = &limit_infos[i];
        uint64_t v = wrt__limit_get(l, info);
        uint64_t most = base ? wrt__limit_get(base, info) : wrt__limit_most(info);
        wrt_status status = v == 0 ? WRT_OK : limit_check(info, v, most, err);
        if (status != WRT_OK) return status;
    }
    for (size_t i = 0; i < WRT_COUNT(limit_infos); i++) {
        const struct wrt__limit_info *info = &limit_infos[i];
        uint64_t normal = base ? wrt__limit_get(base, info) : wrt__limit_normal(info);
        if (wrt__limit_get(l, info) == 0) wrt__limit_set(l, info, normal);
    }
    return WRT_OK;
}
