/* A list in a pool: built in order, so that its length is known, and turned round. */
#include "common.h"
static u8 link[33], value[33];
EXPORT i32 run(i32 v)
{
    u32 first = 0, sum = 0, rank = 1;
    for (u32 i = 1; i <= 32; i++) {
        link[i] = (u8)first;
        value[i] = (u8)((u32)v >> (i & 31));
        first = i;
    }
    u32 back = 0;
    while (first) {
        u32 then = link[first];
        link[first] = (u8)back;
        back = first;
        first = then;
    }
    for (u32 at = back; at; at = link[at]) sum += value[at] * rank++;
    return (i32)sum;
}
