/* Copies in steps of eight; the first is entered in the middle. */
#include "common.h"
static u8 from[70], to[70];
EXPORT i32 run(i32 v)
{
    u32 count = ((u32)v & 63) + 1, n = (count + 7) / 8, i = 0;
    for (u32 k = 0; k < 70; k++) from[k] = (u8)(k * 3);
    switch (count % 8) {
    case 0: do { to[i] = from[i]; i++;  /* fall through */
    case 7: to[i] = from[i]; i++;       /* fall through */
    case 6: to[i] = from[i]; i++;       /* fall through */
    case 5: to[i] = from[i]; i++;       /* fall through */
    case 4: to[i] = from[i]; i++;       /* fall through */
    case 3: to[i] = from[i]; i++;       /* fall through */
    case 2: to[i] = from[i]; i++;       /* fall through */
    case 1: to[i] = from[i]; i++;
        } while (--n > 0);
    }
    return to[count - 1];
}
