/* The four functions that a user of the freestanding library provides. */
#include <stddef.h>
#include <stdint.h>
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    while (n--) *d++ = *s++;
    return to;
}
void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) return memcpy(to, from, n);
    while (n--) d[n] = s[n];
    return to;
}
void *memset(void *to, int value, size_t n)
{
    uint8_t *d = to;
    while (n--) *d++ = (uint8_t)value;
    return to;
}
int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    for (; n; n--, x++, y++) {
        if (*x != *y) return *x < *y ? -1 : 1;
    }
    return 0;
}
