/* What a board may supply. Each has a weak stand-in, so a board defines only what it has. Clocks and entropy
 * may come through wrt_host as well; these are for boards that would rather link them. */
#ifndef WRT_PORT_BARE_BOARD_H
#define WRT_PORT_BARE_BOARD_H
#include "port/port.h"

uint64_t wrt_board_mono_ns(void);               /* stand-in: always 0; timed waits then end at once */
uint64_t wrt_board_wall_ns(void);               /* stand-in: always 0 */
bool wrt_board_random(void *p, size_t n);       /* stand-in: false, there is none */
void wrt_board_idle(void);                      /* called while waiting, e.g. wfi; stand-in: nothing */
void wrt_board_wake(void); /* called after a word has changed, e.g. sev; interrupt safe */
void wrt_board_log(int level, wrt_str message); /* stand-in: nothing */
void wrt_board_panic(const char *file, int line, const char *what);     /* must not return; stand-in: loops */
#endif
