/* What the programs of this folder share. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef long long i64;
typedef unsigned long long u64;
#define EXPORT __attribute__((export_name("run"), noinline))
#define NOINLINE __attribute__((noinline))
static inline u32 next(u32 *s) { *s = *s * 1103515245u + 12345u; return *s >> 8; }
