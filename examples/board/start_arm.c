/* Entry, output and exit on a Cortex-M under an emulator with semihosting (qemu-system-arm -semihosting). No
 * libc: the four memory functions that the library asks for are here. */
#include "board.h"
#include <stdint.h>

extern uint32_t data_source[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];
int main(void);
void reset(void);
void fault(void);

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
};

static int semihost(int number, const void *argument)
{
    register int r0 __asm__("r0") = number;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
void board_write(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) semihost(3, &text[i]); /* SYS_WRITEC */
}
_Noreturn static void leave(int status)
{
    const uint32_t block[2] = { 0x20026, (uint32_t)status };
    semihost(0x20, block); /* SYS_EXIT_EXTENDED */
    for (;;) {}
}
void fault(void)
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
void reset(void)
{
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20; /* CPACR: the floating-point unit on */
    __asm__ volatile("dsb\nisb");
#endif
    for (uint32_t *from = data_source, *to = data_start; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
    leave(main());
}
