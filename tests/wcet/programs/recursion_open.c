/* Recursion as deep as the argument is large: no bound. */
#include "common.h"
NOINLINE static i32 down(u32 n) { return n == 0 ? 0 : 1 + (down(n - 1) ^ (i32)n); }
EXPORT i32 run(i32 v) { return down((u32)v); }
