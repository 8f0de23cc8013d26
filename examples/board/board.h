/* What board.c asks of the machine below it. */
#ifndef BOARD_H
#define BOARD_H
#include <stddef.h>
void board_write(const char *text, size_t n);
#endif
