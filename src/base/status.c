/* Statuses: number -> name and text, out of the one list of include/wrt/base.h. Owns the library's version
 * number. Must not know what an operation was about. */
#include "base/base.h"

#if WRT_MESSAGES

struct status_text {
    wrt_status status;
    wrt_str name, text;
};

static const struct status_text status_texts[] = {
#define X(name_, value_, text_) \
    { (value_), { "WRT_" #name_, sizeof("WRT_" #name_) - 1u }, { text_, sizeof(text_) - 1u } },
    WRT_STATUS_MAP(X)
#undef X
};

static const struct status_text *status_find(wrt_status s)
{
    for (size_t i = 0; i < WRT_COUNT(status_texts); i++) {
        if (status_texts[i].status == s) return &status_texts[i];
    }
    return NULL;
}

wrt_str wrt_status_name(wrt_status s)
{
    const struct status_text *t = status_find(s);
    return t ? t->name : WRT_STR("WRT_?");
}

wrt_str wrt_status_text(wrt_status s)
{
    const struct status_text *t = status_find(s);
    return t ? t->text : WRT_STR("unknown status");
}

#else

/* Names only; the text of a status is its name. */
wrt_str wrt_status_name(wrt_status s)
{
    static const int8_t values[] = {
#define X(name_, value_, text_) (value_),
        WRT_STATUS_MAP(X)
#undef X
    };
    static const char names[] =
#define X(name_, value_, text_) "WRT_" #name_ "\0"
        WRT_STATUS_MAP(X)
#undef X
        "WRT_?";
    const char *name = names;
    for (size_t i = 0; i < sizeof values && values[i] != (int32_t)s; i++) {
        name += wrt__str_len(name) + 1;
    }
    return (wrt_str){ name, wrt__str_len(name) };
}

wrt_str wrt_status_text(wrt_status s)
{
    return wrt_status_name(s);
}

#endif

uint32_t wrt_version(void)
{
    return (uint32_t)WRT_VERSION_MAJOR << 16 | (uint32_t)WRT_VERSION_MINOR << 8 | (uint32_t)WRT_VERSION_PATCH;
}
