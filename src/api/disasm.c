/* disasm.c (api): wrt_code_disasm. */
#include "api/objects.h"
#include "wasm/disasm.h"

wrt_status wrt_code_disasm(
    const wrt_code *c, uint32_t func, void (*write)(void *ctx, wrt_str line), void *ctx)
{
    if (!c || !write) return WRT_E_ARG;
    struct wrt__line_sink out = { write, ctx };
    if (c->module->handlers) return WRT_E_STATE;
    return wrt__disasm(c->module, func, &out) ? WRT_OK : WRT_E_ARG;
}
