/* Entry, output and exit on the RISC-V machine `virt` of an emulator (qemu-system-riscv64 -M virt -bios
 * none): a serial port at 0x10000000, a register at 0x100000 that ends the emulation. */
#include "board.h"
#include <stdint.h>

extern uint8_t bss_start[], bss_end[], stack_top[];
int main(void);
void begin(void);

__attribute__((naked, section(".start"), used)) void _start(void);
__attribute__((naked, section(".start"), used)) void _start(void)
{
    __asm__ volatile("la sp, stack_top\n"
                     "li t0, 0x2000\n"      /* mstatus.FS: floating point on */
                     "csrs mstatus, t0\n"
                     "la t0, trapped\n"
                     "csrw mtvec, t0\n"
                     "j begin\n");
}
void board_write(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) *(volatile uint8_t *)0x10000000 = (uint8_t)text[i];
}
_Noreturn static void leave(int status)
{
    *(volatile uint32_t *)0x100000 = status ? (uint32_t)status << 16 | 0x3333 : 0x5555;
    for (;;) {}
}
__attribute__((aligned(4), used)) void trapped(void);
__attribute__((aligned(4), used)) void trapped(void)
{
    static const char text[] = "fault\n";
    board_write(text, sizeof text - 1);
    leave(70);
}
void wrt_board_panic(const char *file, int line, const char *what);
void wrt_board_panic(const char *file, int line, const char *what)
{
    (void)line;
    for (; *file; file++) board_write(file, 1);
    board_write(": ", 2);
    for (; *what; what++) board_write(what, 1);
    board_write("\n", 1);
    leave(70);
}
void begin(void)
{
    for (uint8_t *to = bss_start; to < bss_end;) *to++ = 0;
    leave(main());
}
