/* Day and month of a day in forty years, year by year and month by month. */
#include "common.h"
static const u8 days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
EXPORT i32 run(i32 v)
{
    u32 day = (u32)v % 14610, year = 0, month = 0;
    for (;;) {
        u32 length = year % 4 == 2 ? 366 : 365;
        if (day < length || year >= 40) break;
        day -= length;
        year++;
    }
    while (month < 11) {
        u32 length = days[month] + (month == 1 && year % 4 == 2);
        if (day < length) break;
        day -= length;
        month++;
    }
    return (i32)(year * 10000 + month * 100 + day);
}
