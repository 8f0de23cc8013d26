/* terse (wasm): what base/terse.h does, for the failures of this room. Included by front.h. */
#ifndef WRT_SRC_WASM_TERSE_H
#define WRT_SRC_WASM_TERSE_H

#if !WRT_MESSAGES

WRT_COLD void wrt__input_terse(struct wrt__input *in, uint32_t what, uint64_t offset);
WRT_COLD void wrt__input_terse_limit(struct wrt__input *in, const char *table, uint64_t offset);
bool wrt__terse_need_feature(struct wrt__input *in, uint64_t feature, uint64_t offset);
bool wrt__terse_check_index(struct wrt__input *in, uint32_t index, uint32_t count, uint64_t offset);

#define wrt__input_fail(in, status, code, offset, ...)                                                       \
    (0 ? wrt__input_fail(in, status, code, offset, __VA_ARGS__)                                              \
       : wrt__input_terse(in, WRT__TERSE(status, code), offset))
#define wrt__input_limit(in, table, most, found, offset)                                                     \
    (0 ? wrt__input_limit(in, table, most, found, offset) : wrt__input_terse_limit(in, table, offset))
#define wrt__need_feature(in, feature, offset, what)                                                         \
    (0 ? wrt__need_feature(in, feature, offset, what) : wrt__terse_need_feature(in, feature, offset))
#define wrt__check_index(in, index, count, what, whose, offset)                                              \
    (0 ? wrt__check_index(in, index, count, what, whose, offset)                                             \
       : wrt__terse_check_index(in, index, count, offset))

#endif
#endif
