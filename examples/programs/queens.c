/* queens: places N queens so that none attacks another: counts every solution and draws the first.
 *
 *   queens [N]     1 to 20, default 8. The work grows several times with each N: a subject for a budget. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct search {
    uint32_t all;               /* one bit per column */
    int size, row;
    uint64_t solutions, nodes;
    uint8_t place[20], first[20];
};

static uint8_t bit_index(uint32_t bit)
{
    return (uint8_t)__builtin_ctz(bit);
}

/* columns, left and right: squares of this row that are attacked straight, and along the two diagonals. */
static void descend(struct search *s, uint32_t columns, uint32_t left, uint32_t right)
{
    s->nodes++;
    if (columns == s->all) {
        if (s->solutions++ == 0) {
            for (int i = 0; i < s->size; i++) s->first[i] = s->place[i];
        }
        return;
    }
    uint32_t open = s->all & ~(columns | left | right);
    while (open != 0) {
        uint32_t bit = open & (0u - open);
        open ^= bit;
        s->place[s->row++] = bit_index(bit);
        descend(s, columns | bit, (left | bit) << 1, (right | bit) >> 1);
        s->row--;
    }
}

int main(int argc, char **argv)
{
    struct search s = { 0 };
    s.size = argc > 1 ? atoi(argv[1]) : 8;
    if (s.size < 1 || s.size > 20) {
        fprintf(stderr, "queens: N must be 1 to 20\n");
        return 2;
    }
    printf("searching a board of %d x %d\n", s.size, s.size);
    fflush(stdout);
    s.all = (1u << s.size) - 1;
    descend(&s, 0, 0, 0);
    for (int row = 0; s.solutions > 0 && row < s.size; row++) {
        for (int column = 0; column < s.size; column++) {
            fputs(column == s.first[row] ? " Q" : " .", stdout);
        }
        putchar('\n');
    }
    printf("%llu solutions, %llu positions tried\n", (unsigned long long)s.solutions,
        (unsigned long long)s.nodes);
    return 0;
}
