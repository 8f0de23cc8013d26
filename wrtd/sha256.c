/* sha256: FIPS 180-4, for comparing files with what a manifest names. */
#include <string.h>
#include "manifest.h"

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
static const uint32_t sha_k[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb,
    0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
    0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb,
    0xbef9a3f7, 0xc67178f2 };

static uint32_t sha_turn(uint32_t v, int by)
{
    return v >> by | v << (32 - by);
}

static void sha_block(uint32_t h[8], const uint8_t *p)
{
    uint32_t w[64], v[8];
    for (int k = 0; k < 16; k++) {
        w[k] = (uint32_t)p[4 * k] << 24 | (uint32_t)p[4 * k + 1] << 16 | (uint32_t)p[4 * k + 2] << 8
            | p[4 * k + 3];
    }
    for (int k = 16; k < 64; k++) {
        uint32_t a = sha_turn(w[k - 15], 7) ^ sha_turn(w[k - 15], 18) ^ w[k - 15] >> 3;
        uint32_t b = sha_turn(w[k - 2], 17) ^ sha_turn(w[k - 2], 19) ^ w[k - 2] >> 10;
        w[k] = w[k - 16] + a + w[k - 7] + b;
    }
    memcpy(v, h, sizeof v);
    for (int k = 0; k < 64; k++) {
        uint32_t e = sha_turn(v[4], 6) ^ sha_turn(v[4], 11) ^ sha_turn(v[4], 25);
        uint32_t one = v[7] + e + ((v[4] & v[5]) ^ (~v[4] & v[6])) + sha_k[k] + w[k];
        uint32_t a = sha_turn(v[0], 2) ^ sha_turn(v[0], 13) ^ sha_turn(v[0], 22);
        uint32_t two = a + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += one;
        v[0] = one + two;
    }
    for (int k = 0; k < 8; k++) h[k] += v[k];
}

void wd_sha256(const void *data, size_t n, uint8_t out[32])
{
    uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19 };
    const uint8_t *p = data;
    uint8_t tail[128] = { 0 };
    size_t whole = n / 64 * 64, rest = n - whole, end = rest < 56 ? 64 : 128;
    for (size_t at = 0; at < whole; at += 64) sha_block(h, p + at);
    if (rest) memcpy(tail, p + whole, rest);
    tail[rest] = 0x80;
    for (int k = 0; k < 8; k++) tail[end - 1 - (size_t)k] = (uint8_t)((uint64_t)n * 8 >> (8 * k));
    for (size_t at = 0; at < end; at += 64) sha_block(h, tail + at);
    for (int k = 0; k < 32; k++) out[k] = (uint8_t)(h[k / 4] >> (24 - 8 * (k % 4)));
}
