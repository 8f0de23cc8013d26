/* terse: the build without messages (WRT_MESSAGES 0), for small machines. An error then carries its status,
 * its number in the catalogue ("W0107", `wrtd explain W0107`), offset, table, trap and exit code; format
 * strings and their arguments are checked by the compiler and dropped. Included by base.h. */
#ifndef WRT_SRC_BASE_TERSE_H
#define WRT_SRC_BASE_TERSE_H

/* Status and number travel as one word, and no offset as no argument: there are two hundred callers. */
#define WRT__TERSE(status, code) ((uint32_t)(code) << 8 | (uint8_t)(status))
WRT_COLD wrt_status wrt__terse(wrt_error *err, uint32_t what);
WRT_COLD wrt_status wrt__terse_at(wrt_error *err, uint32_t what, uint64_t offset);
WRT_COLD wrt_status wrt__terse_table(wrt_error *err, uint32_t what, const char *table);

_Noreturn WRT_COLD void wrt__panic_here(void);

#if defined(__GNUC__)
#define WRT__SURELY(x) (__builtin_constant_p(x) && (x))
#else
#define WRT__SURELY(x) 0
#endif

/* A macro is not expanded inside itself: the dead branch is the function. */
#define wrt__fail(err, status, code, offset, ...)                                                            \
    (0 ? wrt__fail(err, status, code, offset, __VA_ARGS__)                                                   \
       : WRT__SURELY((offset) + 1ull == 0)                                                                   \
       ? wrt__terse(err, WRT__TERSE(status, code))                                                           \
       : wrt__terse_at(err, WRT__TERSE(status, code), offset))
#define wrt__fail_table(err, status, code, table, ...)                                                       \
    (0 ? wrt__fail_table(err, status, code, table, __VA_ARGS__)                                              \
       : wrt__terse_table(err, WRT__TERSE(status, code), table))
#define wrt__error_where(err, ...) (0 ? wrt__error_where(err, __VA_ARGS__) : (void)0)
#define wrt__error_hint(err, ...) (0 ? wrt__error_hint(err, __VA_ARGS__) : (void)0)

#endif
