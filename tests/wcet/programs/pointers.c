/* Pointers against the end of an array, with steps of one, two and three. */
#include "common.h"
static i32 a[90];
EXPORT i32 run(i32 v)
{
    i32 sum = 0;
    for (i32 *p = a; p != a + 90; p++) *p = v ^ (i32)(p - a);
    for (i32 *p = a; p < a + 89; p += 2) sum += *p;
    for (i32 *p = a + 90; p != a;) {
        p -= 3;
        sum ^= *p;
    }
    return sum;
}
