/* The board example on a host: output is standard output. */
#include "board.h"
#include <stdio.h>
void board_write(const char *text, size_t n)
{
    fwrite(text, 1, n, stdout);
}
