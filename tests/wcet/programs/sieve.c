/* Primes below 500. */
#include "common.h"
static u8 no[500];
EXPORT i32 run(i32 v)
{
    i32 n = 0;
    for (i32 i = 2; i < 500; i++) {
        if (no[i]) continue;
        n++;
        for (i32 j = i * i; j < 500; j += i) no[j] = 1;
    }
    return n + v;
}
