/* All ways to place five queens, going back without recursion. */
#include "common.h"
static signed char row[5];
EXPORT i32 run(i32 v)
{
    i32 k = 0, found = 0;
    row[0] = -1;
    while (k >= 0) {
        i32 ok = 0;
        while (!ok && ++row[k] < 5) {
            ok = 1;
            for (i32 i = 0; i < k; i++) {
                i32 d = row[k] - row[i];
                if (d == 0 || d == k - i || d == i - k) ok = 0;
            }
        }
        if (!ok) k--;
        else if (k == 4) found++;
        else row[++k] = -1;
    }
    return found + v;
}
