/* disasm.h: register code as text. */
#ifndef WRT_SRC_WASM_DISASM_H
#define WRT_SRC_WASM_DISASM_H
#include "wasm/module.h"
struct wrt__line_sink { void (*write)(void *ctx, wrt_str line); void *ctx; };
/* false: not a defined function, or the code holds handler addresses (load it portable). */
bool wrt__disasm(const struct wrt__module *m, uint32_t func, struct wrt__line_sink *out);
#endif
