/* A checksum, bit by bit, over 64 bytes. */
#include "common.h"
EXPORT i32 run(i32 v)
{
    u32 crc = 0xffff, s = (u32)v;
    for (i32 i = 0; i < 64; i++) {
        crc ^= next(&s) & 0xff;
        for (i32 b = 0; b < 8; b++) crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
    }
    return (i32)crc;
}
