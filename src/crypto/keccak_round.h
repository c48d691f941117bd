/*
 * One round of Keccak-f[1600], for lanes of any kind: a number, or a vector of four.
 *
 * Who includes this says what a lane is: KECCAK_LANE, KECCAK_XOR(x, y), KECCAK_ROTATE(x, n), and
 * KECCAK_CHI(x, y, z) = x ^ (~y & z). It is a macro because compilers keep 25 lanes out of memory
 * only where they see all indices at once.
 */
#ifndef CRYPTO_KECCAK_ROUND_H
#define CRYPTO_KECCAK_ROUND_H

#define KECCAK_PARITY(A, x)                                                                        \
    KECCAK_XOR(                                                                                    \
        KECCAK_XOR(KECCAK_XOR((A)[x], (A)[(x) + 5]), KECCAK_XOR((A)[(x) + 10], (A)[(x) + 15])),    \
        (A)[(x) + 20])

/* Chi over a row of five (FIPS 202 3.2.4). */
#define KECCAK_ROW(E, y)                                                                           \
    (E)[(y)] = KECCAK_CHI(b0, b1, b2);                                                             \
    (E)[(y) + 1] = KECCAK_CHI(b1, b2, b3);                                                         \
    (E)[(y) + 2] = KECCAK_CHI(b2, b3, b4);                                                         \
    (E)[(y) + 3] = KECCAK_CHI(b3, b4, b0);                                                         \
    (E)[(y) + 4] = KECCAK_CHI(b4, b0, b1)

/* A lane after theta and rho, on its way to the place that pi gives it (3.2.1 to 3.2.3). */
#define KECCAK_MOVED(A, i, d, n) KECCAK_ROTATE(KECCAK_XOR((A)[i], d), n)

/* The round from A to E. The constant of the round (iota) is left to the caller: (E)[0] lacks it.
 */
#define KECCAK_ROUND(E, A)                                                                         \
    do {                                                                                           \
        const KECCAK_LANE c0 = KECCAK_PARITY(A, 0);                                                \
        const KECCAK_LANE c1 = KECCAK_PARITY(A, 1);                                                \
        const KECCAK_LANE c2 = KECCAK_PARITY(A, 2);                                                \
        const KECCAK_LANE c3 = KECCAK_PARITY(A, 3);                                                \
        const KECCAK_LANE c4 = KECCAK_PARITY(A, 4);                                                \
        const KECCAK_LANE d0 = KECCAK_XOR(c4, KECCAK_ROTATE(c1, 1));                               \
        const KECCAK_LANE d1 = KECCAK_XOR(c0, KECCAK_ROTATE(c2, 1));                               \
        const KECCAK_LANE d2 = KECCAK_XOR(c1, KECCAK_ROTATE(c3, 1));                               \
        const KECCAK_LANE d3 = KECCAK_XOR(c2, KECCAK_ROTATE(c4, 1));                               \
        const KECCAK_LANE d4 = KECCAK_XOR(c3, KECCAK_ROTATE(c0, 1));                               \
        KECCAK_LANE b0 = KECCAK_XOR((A)[0], d0);                                                   \
        KECCAK_LANE b1 = KECCAK_MOVED(A, 6, d1, 44);                                               \
        KECCAK_LANE b2 = KECCAK_MOVED(A, 12, d2, 43);                                              \
        KECCAK_LANE b3 = KECCAK_MOVED(A, 18, d3, 21);                                              \
        KECCAK_LANE b4 = KECCAK_MOVED(A, 24, d4, 14);                                              \
        KECCAK_ROW(E, 0);                                                                          \
        b0 = KECCAK_MOVED(A, 3, d3, 28);                                                           \
        b1 = KECCAK_MOVED(A, 9, d4, 20);                                                           \
        b2 = KECCAK_MOVED(A, 10, d0, 3);                                                           \
        b3 = KECCAK_MOVED(A, 16, d1, 45);                                                          \
        b4 = KECCAK_MOVED(A, 22, d2, 61);                                                          \
        KECCAK_ROW(E, 5);                                                                          \
        b0 = KECCAK_MOVED(A, 1, d1, 1);                                                            \
        b1 = KECCAK_MOVED(A, 7, d2, 6);                                                            \
        b2 = KECCAK_MOVED(A, 13, d3, 25);                                                          \
        b3 = KECCAK_MOVED(A, 19, d4, 8);                                                           \
        b4 = KECCAK_MOVED(A, 20, d0, 18);                                                          \
        KECCAK_ROW(E, 10);                                                                         \
        b0 = KECCAK_MOVED(A, 4, d4, 27);                                                           \
        b1 = KECCAK_MOVED(A, 5, d0, 36);                                                           \
        b2 = KECCAK_MOVED(A, 11, d1, 10);                                                          \
        b3 = KECCAK_MOVED(A, 17, d2, 15);                                                          \
        b4 = KECCAK_MOVED(A, 23, d3, 56);                                                          \
        KECCAK_ROW(E, 15);                                                                         \
        b0 = KECCAK_MOVED(A, 2, d2, 62);                                                           \
        b1 = KECCAK_MOVED(A, 8, d3, 55);                                                           \
        b2 = KECCAK_MOVED(A, 14, d4, 39);                                                          \
        b3 = KECCAK_MOVED(A, 15, d0, 41);                                                          \
        b4 = KECCAK_MOVED(A, 21, d1, 2);                                                           \
        KECCAK_ROW(E, 20);                                                                         \
    } while (0)

#endif
