/* Sums and products in brackets by recursive descent; the text is known, so its depth is. */
#include "common.h"
static const char text[] = "(1+2*(3+4))*(5+(6*(7+8)))+9*2";
static i32 at;
static i32 sum(void);
NOINLINE static i32 atom(void)
{
    if (text[at] == '(') {
        at++;
        i32 x = sum();
        at++;
        return x;
    }
    return text[at++] - '0';
}
NOINLINE static i32 product(void)
{
    i32 x = atom();
    while (text[at] == '*') {
        at++;
        x *= atom();
    }
    return x;
}
NOINLINE static i32 sum(void)
{
    i32 x = product();
    while (text[at] == '+') {
        at++;
        x += product();
    }
    return x;
}
EXPORT i32 run(i32 v)
{
    at = 0;
    return sum() + v;
}
