/* sha256: the digest (FIPS 180-4) of generated data, of standard input, or of the standard's own examples.
 *
 *   sha256            checks the examples of the standard, then hashes 64 KiB
 *   sha256 KIB        hashes KIB kibibytes of a pseudo-random stream
 *   sha256 -          hashes standard input */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sha256 { uint32_t h[8]; uint64_t bytes; uint8_t block[64]; };

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static uint32_t rotr(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void start(struct sha256 *s)
{
    static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    memcpy(s->h, initial, sizeof initial);
    s->bytes = 0;
}

static void compress(struct sha256 *s, const uint8_t *p)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)p[i * 4] << 24 | (uint32_t)p[i * 4 + 1] << 16 | (uint32_t)p[i * 4 + 2] << 8
            | p[i * 4 + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(v, s->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t e = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t a = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t t1 = v[7] + e + ((v[4] & v[5]) ^ (~v[4] & v[6])) + round_constant[i] + w[i];
        uint32_t t2 = a + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) s->h[i] += v[i];
}

static void update(struct sha256 *s, const uint8_t *p, size_t n)
{
    while (n > 0) {
        size_t at = s->bytes % 64, room = 64 - at, take = n < room ? n : room;
        memcpy(s->block + at, p, take);
        s->bytes += take;
        p += take;
        n -= take;
        if (take == room) compress(s, s->block);
    }
}

static void finish(struct sha256 *s, char hex[65])
{
    static const uint8_t pad[64] = { 0x80 };
    uint64_t bits = s->bytes * 8;
    update(s, pad, 64 - (s->bytes + 8) % 64);
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    update(s, length, 8);
    for (int i = 0; i < 8; i++) snprintf(hex + i * 8, 9, "%08x", (unsigned)s->h[i]);
}

static void digest_text(const char *text, char hex[65])
{
    struct sha256 s;
    start(&s);
    update(&s, (const uint8_t *)text, strlen(text));
    finish(&s, hex);
}

/* The two one-line examples that the standard's authors publish. */
static int check(void)
{
    static const char *const examples[][2] = {
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };
    for (size_t i = 0; i < 2; i++) {
        char hex[65];
        digest_text(examples[i][0], hex);
        if (strcmp(hex, examples[i][1]) != 0) {
            printf("example %zu is wrong: %s\n", i + 1, hex);
            return 1;
        }
    }
    printf("both examples of the standard agree\n");
    return 0;
}

static void hash_generated(unsigned kib)
{
    struct sha256 s;
    uint64_t state = 0x9e3779b97f4a7c15u;
    uint8_t buffer[1024];
    char hex[65];
    start(&s);
    for (unsigned i = 0; i < kib; i++) {
        for (size_t k = 0; k < sizeof buffer; k++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            buffer[k] = (uint8_t)(state >> 32);
        }
        update(&s, buffer, sizeof buffer);
    }
    finish(&s, hex);
    printf("%s  %u KiB generated\n", hex, kib);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-") == 0) {
        struct sha256 s;
        uint8_t buffer[4096];
        char hex[65];
        size_t n;
        start(&s);
        while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0) update(&s, buffer, n);
        finish(&s, hex);
        printf("%s  -\n", hex);
        return ferror(stdin) ? 1 : 0;
    }
    if (argc == 1 && check() != 0) return 1;
    hash_generated(argc > 1 ? (unsigned)atoi(argv[1]) : 64);
    return 0;
}
