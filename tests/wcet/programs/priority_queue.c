/* A heap of at most 31 that grows and shrinks as the data say. */
#include "common.h"
static i32 heap[32];
static u32 size;
NOINLINE static void push(i32 x)
{
    u32 i = ++size;
    for (; i > 1 && heap[i / 2] > x; i /= 2) heap[i] = heap[i / 2];
    heap[i] = x;
}
NOINLINE static i32 pop(void)
{
    i32 top = heap[1], x = heap[size--];
    u32 i = 1, c;
    while ((c = 2 * i) <= size && c < 31) {
        if (c < size && heap[c + 1] < heap[c]) c++;
        if (heap[c] >= x) break;
        heap[i] = heap[c];
        i = c;
    }
    heap[i] = x;
    return top;
}
EXPORT i32 run(i32 v)
{
    u32 s = (u32)v;
    i32 sum = 0;
    size = 0;
    for (i32 i = 0; i < 60; i++) {
        u32 r = next(&s);
        if (r & 1 && size < 31) push((i32)(r & 1023));
        else if (size > 0) sum += pop();
    }
    return sum;
}
