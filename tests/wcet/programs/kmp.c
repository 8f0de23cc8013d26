/* Looks for a word in 100 letters without ever going back in the text. */
#include "common.h"
static const u8 word[8] = { 1, 0, 1, 0, 1, 1, 0, 1 };
static u8 text[100], fail[8];
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 found = 0;
    for (i32 i = 0; i < 100; i++) text[i] = (u8)(next(&s) & 1);
    for (i32 i = 1, k = 0; i < 8; i++) {
        while (k > 0 && word[i] != word[k]) k = fail[k - 1];
        if (word[i] == word[k]) k++;
        fail[i] = (u8)k;
    }
    for (i32 i = 0, k = 0; i < 100; i++) {
        while (k > 0 && (k == 8 || text[i] != word[k])) k = fail[k - 1];
        if (text[i] == word[k]) k++;
        found += k == 8;
    }
    return found;
}
