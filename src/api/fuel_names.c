/* api/fuel_names: names for what a fuel table prices (include/wrt/engine.h). */
#include <wrt/engine.h>
#include "wasm/front.h"

wrt_str wrt_fuel_op_name(uint32_t op)
{
    const char *text = wrt__op_text(op);
    if (!text) return (wrt_str){ "", 0 };
    return (wrt_str){ text, wrt__str_len(text) };
}
