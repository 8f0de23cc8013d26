/* The guest of the board example: no libc, no imports. Integer, float, memory, indirect calls, recursion,
 * bulk work. Built by build.sh; guest.wasm is committed beside it. */
typedef unsigned int u32;
typedef unsigned long long u64;
#define EXPORT(name) __attribute__((export_name(#name)))

static u32 seed = 1;
static u32 next(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static u32 heap[2048];
static double matrix[3][12][12];

static int ascending(u32 a, u32 b) { return a < b; }
static int descending(u32 a, u32 b) { return a > b; }
static int (*volatile order[2])(u32, u32) = { ascending, descending };

static void sort(u32 *a, int low, int high, int (*less)(u32, u32))
{
    while (low < high) {
        u32 pivot = a[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (less(a[i], pivot)) i++;
            while (less(pivot, a[j])) j--;
            if (i <= j) {
                u32 t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        sort(a, low, j, less);
        low = i;
    }
}

EXPORT(sort) u32 run_sort(u32 n)
{
    u32 sum = 0;
    for (u32 i = 0; i < 2048; i++) heap[i] = next();
    for (u32 k = 0; k < n; k++) {
        sort(heap, 0, 2047, order[k & 1]);
        for (u32 i = 0; i < 2048; i += 7) sum = sum * 31 + heap[i];
    }
    return sum;
}

EXPORT(matrix) u64 run_matrix(u32 n)
{
    for (u32 i = 0; i < 144; i++) {
        matrix[0][0][i] = (double)(next() & 1023) / 37.0;
        matrix[1][0][i] = (double)(next() & 1023) / -11.0;
    }
    for (u32 k = 0; k < n; k++) {
        for (int i = 0; i < 12; i++) {
            for (int j = 0; j < 12; j++) {
                double s = 0;
                for (int m = 0; m < 12; m++) s += matrix[0][i][m] * matrix[1][m][j];
                matrix[2][i][j] = s;
            }
        }
        for (u32 i = 0; i < 144; i++) matrix[0][0][i] = matrix[2][0][i] * 0x1p-9 + 0.5;
    }
    double total = 0;
    for (u32 i = 0; i < 144; i++)
        total += __builtin_sqrt(__builtin_fabs(matrix[2][0][i])) + __builtin_floor(matrix[0][0][i]);
    u64 bits;
    __builtin_memcpy(&bits, &total, 8);
    return bits;
}

EXPORT(crc) u32 run_crc(u32 n)
{
    u32 crc = ~0u;
    unsigned char *p = (unsigned char *)heap;
    for (u32 k = 0; k < n; k++) {
        __builtin_memset(p, (int)(k * 7 + 1), 4096);
        __builtin_memcpy(p + 4000, p, 3000);
        for (u32 i = 0; i < 4096; i += 3) {
            crc ^= p[i] + i;
            for (int b = 0; b < 8; b++) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

EXPORT(collatz) u64 run_collatz(u32 n)
{
    u64 most = 0;
    for (u64 i = 1; i <= n; i++) {
        u64 steps = 0;
        for (u64 v = i; v != 1; v = v % 2 ? 3 * v + 1 : v / 2) steps++;
        if (steps > most) most = steps << 32 | i;
    }
    return most;
}
