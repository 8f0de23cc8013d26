/* maze: carves a maze by a random depth-first walk, solves it breadth first and draws both.
 *
 *   maze [WIDTH] [HEIGHT] [SEED]     3 to 60 cells each way; the same seed gives the same maze everywhere */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 60, CELLS_MAX = SIDE_MAX * SIDE_MAX };
enum { OPEN_EAST = 1, OPEN_SOUTH = 2, VISITED = 4, ON_PATH = 8 };

struct maze {
    int width, height;
    uint32_t random;
    uint8_t cell[CELLS_MAX];
    uint16_t work[CELLS_MAX], from[CELLS_MAX];
};

static uint32_t next_random(struct maze *m)
{
    m->random = m->random * 1664525u + 1013904223u;
    return m->random >> 16;
}

/* The neighbour of a cell in direction 0 east, 1 south, 2 west, 3 north; -1 at the border. */
static int neighbour(const struct maze *m, int at, int direction)
{
    int x = at % m->width, y = at / m->width;
    switch (direction) {
    case 0: return x + 1 < m->width ? at + 1 : -1;
    case 1: return y + 1 < m->height ? at + m->width : -1;
    case 2: return x > 0 ? at - 1 : -1;
    default: return y > 0 ? at - m->width : -1;
    }
}

static int wall_open(const struct maze *m, int at, int direction)
{
    int next = neighbour(m, at, direction);
    if (next < 0) return 0;
    switch (direction) {
    case 0: return m->cell[at] & OPEN_EAST;
    case 1: return m->cell[at] & OPEN_SOUTH;
    case 2: return m->cell[next] & OPEN_EAST;
    default: return m->cell[next] & OPEN_SOUTH;
    }
}

static void open_wall(struct maze *m, int at, int direction)
{
    int next = neighbour(m, at, direction);
    int owner = direction < 2 ? at : next;
    m->cell[owner] |= direction % 2 == 0 ? OPEN_EAST : OPEN_SOUTH;
}

static void carve(struct maze *m)
{
    int depth = 1;
    m->work[0] = 0;
    m->cell[0] |= VISITED;
    while (depth > 0) {
        int at = m->work[depth - 1], turn = (int)(next_random(m) % 4), moved = 0;
        for (int i = 0; i < 4 && !moved; i++) {
            int direction = (turn + i) % 4, next = neighbour(m, at, direction);
            if (next < 0 || (m->cell[next] & VISITED) != 0) continue;
            open_wall(m, at, direction);
            m->cell[next] |= VISITED;
            m->work[depth++] = (uint16_t)next;
            moved = 1;
        }
        if (!moved) depth--;
    }
}

/* Breadth-first search from the first cell to the last. Returns the number of steps. */
static int solve(struct maze *m)
{
    int cells = m->width * m->height, head = 0, tail = 0, steps = 0;
    for (int i = 0; i < cells; i++) m->from[i] = UINT16_MAX;
    m->work[tail++] = 0;
    m->from[0] = 0;
    while (head < tail) {
        int at = m->work[head++];
        for (int direction = 0; direction < 4; direction++) {
            int next = neighbour(m, at, direction);
            if (!wall_open(m, at, direction) || m->from[next] != UINT16_MAX) continue;
            m->from[next] = (uint16_t)at;
            m->work[tail++] = (uint16_t)next;
        }
    }
    for (int at = cells - 1; at != 0; at = m->from[at], steps++) m->cell[at] |= ON_PATH;
    m->cell[0] |= ON_PATH;
    return steps;
}

static void draw(const struct maze *m)
{
    char line[SIDE_MAX * 2 + 3];
    memset(line, '#', (size_t)m->width * 2 + 1);
    line[m->width * 2 + 1] = 0;
    puts(line);
    for (int y = 0; y < m->height; y++) {
        char below[sizeof line];
        int at = y * m->width;
        line[0] = below[0] = '#';
        for (int x = 0; x < m->width; x++) {
            int path = m->cell[at + x] & ON_PATH;
            int east = m->cell[at + x] & OPEN_EAST, south = m->cell[at + x] & OPEN_SOUTH;
            line[x * 2 + 1] = path ? '.' : ' ';
            line[x * 2 + 2] = !east ? '#' : path && (m->cell[at + x + 1] & ON_PATH) ? '.' : ' ';
            below[x * 2 + 1] = !south ? '#' : path && (m->cell[at + x + m->width] & ON_PATH) ? '.' : ' ';
            below[x * 2 + 2] = '#';
        }
        line[m->width * 2 + 1] = below[m->width * 2 + 1] = 0;
        puts(line);
        puts(below);
    }
}

int main(int argc, char **argv)
{
    static struct maze m;
    m.width = argc > 1 ? atoi(argv[1]) : 24;
    m.height = argc > 2 ? atoi(argv[2]) : 8;
    m.random = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
    if (m.width < 3 || m.width > SIDE_MAX || m.height < 3 || m.height > SIDE_MAX) {
        fprintf(stderr, "maze: width and height must be 3 to %d\n", SIDE_MAX);
        return 2;
    }
    carve(&m);
    int steps = solve(&m);
    draw(&m);
    printf("%d cells, %d steps from corner to corner\n", m.width * m.height, steps);
    return 0;
}
