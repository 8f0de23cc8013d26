/* monitor: samples a sensor at a fixed rate, drops outliers by a median of three, smooths by a moving average
 * and raises an alarm when the smoothed value leaves its band. Between samples it sleeps to an absolute time,
 * so the rate does not drift with the time the work takes.
 *
 *   monitor [SAMPLES] [PERIOD ms]      default 12 samples, 20 ms */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WINDOW = 4, BAND_LOW = 180, BAND_HIGH = 320 };

struct filter { int last[3], window[WINDOW], used, next, sum; };

/* The sensor: a triangle wave in tenths of a degree with noise, and a spike now and then. */
static int read_sensor(int i)
{
    static uint32_t noise = 12345;
    noise = noise * 1103515245u + 12345u;
    int phase = i % 20, wave = phase < 10 ? phase : 20 - phase;
    int value = 200 + wave * 16 + (int)(noise >> 28) - 8;
    return i % 7 == 5 ? value + 600 : value;
}

static int median(const int v[3])
{
    int a = v[0], b = v[1], c = v[2];
    if (a > b) { int t = a; a = b; b = t; }
    if (b > c) b = c;
    return a > b ? a : b;
}

static int filter_put(struct filter *f, int sample)
{
    f->last[0] = f->last[1];
    f->last[1] = f->last[2];
    f->last[2] = sample;
    int clean = f->used < 2 ? sample : median(f->last);
    f->sum += clean - (f->used < WINDOW ? 0 : f->window[f->next]);
    f->window[f->next] = clean;
    f->next = (f->next + 1) % WINDOW;
    f->used++;
    return f->sum / (f->used < WINDOW ? f->used : WINDOW);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_until(int64_t at_ms)
{
    int64_t left = at_ms - now_ms();
    if (left <= 0) return;
    struct timespec pause = { left / 1000, (long)(left % 1000) * 1000000 };
    nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
    int samples = argc > 1 ? atoi(argv[1]) : 12, period_ms = argc > 2 ? atoi(argv[2]) : 20, alarms = 0;
    struct filter f = { 0 };
    int64_t begin = now_ms();
    for (int i = 0; i < samples; i++) {
        sleep_until(begin + (int64_t)i * period_ms);
        int raw = read_sensor(i), smooth = filter_put(&f, raw);
        int alarm = smooth < BAND_LOW || smooth > BAND_HIGH;
        alarms += alarm;
        printf("sample %3d  raw %5.1f  smooth %5.1f%s\n", i, raw / 10.0, smooth / 10.0,
            alarm ? "  ALARM" : "");
        fflush(stdout);
    }
    printf("%d samples, %d alarms\n", samples, alarms);
    return now_ms() - begin >= (int64_t)(samples - 1) * period_ms ? 0 : 1;
}
