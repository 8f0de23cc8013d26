/* log, QM: what happened, as text in a ring of 64 lines with a checksum over all of it. Every 200 ms,
 * whenever nobody else needs the processor. */
#include "signal.h"

enum { LINES = 64, WIDTH = 48 };

static char ring[LINES][WIDTH];
static uint32_t job;

static char *put_text(char *p, const char *text)
{
    for (int i = 0; i < 12 && text[i]; i++) *p++ = text[i];
    return p;
}

static char *put_number(char *p, uint32_t v)
{
    char digits[10];
    int n = 0;
    for (int i = 0; i < 10; i++) {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
        if (!v) break;
    }
    for (int i = 0; i < 10 && n > 0; i++) *p++ = digits[--n];
    return p;
}

static uint32_t checksum(void)
{
    uint32_t a = 1, b = 0;
    for (int i = 0; i < LINES; i++) {
        for (int k = 0; k < WIDTH; k++) {
            a = (a + (uint8_t)ring[i][k]) % 65521u;
            b = (b + a) % 65521u;
        }
    }
    return b << 16 | a;
}

/* Checksum of the whole ring. */
EXPORT("step") uint32_t step(void)
{
    char *p = ring[job % LINES];
    for (int k = 0; k < WIDTH; k++) p[k] = ' ';
    p = put_text(p, "tick ");
    p = put_number(p, job);
    p = put_text(p, " speed ");
    p = put_number(p, (uint32_t)(30 * F - triangle(job, 30, 25 * F)) / F);
    put_text(p, " m/s");
    job++;
    return checksum();
}
