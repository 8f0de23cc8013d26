/* A small machine with a program in memory; at most 200 of its steps. */
#include "common.h"
static const u8 code[] = { 0, 10, 1, 2, 3, 4, 4, 250, 5, 1, 2, 2, 6 };
static i32 regs[4];
EXPORT i32 run(i32 v)
{
    i32 acc = 0;
    u32 pc = 0;
    regs[2] = v;
    for (i32 steps = 0; steps < 200; steps++) {
        switch (code[pc]) {
        case 0: acc = code[pc + 1]; pc += 2; break;
        case 1: acc += regs[code[pc + 1] & 3]; pc += 2; break;
        case 2: regs[code[pc + 1] & 3] = acc; pc += 2; break;
        case 3: acc -= 3; pc += 1; break;
        case 4: if (acc > 0 && code[pc + 1] > 200) pc = 4; else pc += 2; break;
        case 5: acc ^= code[pc + 1]; pc += 2; break;
        default: return acc;
        }
        if (pc > 12) pc = 12;
    }
    return acc;
}
