/* Loops whose bounds only their pragmas tell. tests/wcet/lines.py knows the lines: change both. */
static int table[64];

__attribute__((noinline)) static int drain(int n)
{
    int sum = 0;
    _Pragma("loopbound min 0 max 20")
    for (int i = 0; i < n; i++) {
        sum += table[i & 63];
#pragma loopbound min 0 max 9
        while (sum > table[0]) {
            sum -= table[7];
        }
    }
    return sum;
}

__attribute__((export_name("step"))) int step(int n)
{
    int sum = 0;
    _Pragma( "loopbound min 1 max 32" )
    do {
        sum += drain(n);
        table[sum & 63] = n;
        n >>= 1;
    } while (n > 0);
    return sum;
}
