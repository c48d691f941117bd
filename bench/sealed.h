/*
 * What the ceilings share: a sealed frame as Noise makes it, and two ends of a loopback TCP
 * connection.
 *
 * The ceilings are what the wire could do if wavu cost nothing: the same frames, the same seal, no
 * multiplexer, no handshake, no turn. A bench stands beside them, so that its figure can be read on
 * any machine.
 */
#ifndef BENCH_SEALED_H
#define BENCH_SEALED_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SEALED_TAG 16   /* Poly1305 */
#define SEALED_LENGTH 2 /* bytes of the frame's big-endian length */
#define SEALED_PLAIN_MAX (65535 - SEALED_TAG)

/* One direction of a sealed connection. */
struct sealed {
    EVP_CIPHER_CTX *cipher; /* keyed once; owned */
    uint64_t counter;       /* the next frame's nonce */
    int seal;               /* 1: this end seals, 0: it opens */
};

static inline void sealed_fail(const char *what)
{
    fprintf(stderr, "bench: %s failed: %s\n", what, strerror(errno));
    exit(1);
}

static inline double sealed_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/** Key one direction. Both ends of it use the same fixed key: nothing here is secret. */
static inline void sealed_init(struct sealed *s, int seal)
{
    static const unsigned char key[32] = {7};
    s->cipher = EVP_CIPHER_CTX_new();
    s->counter = 0;
    s->seal = seal;
    if (s->cipher == NULL ||
        EVP_CipherInit_ex(s->cipher, EVP_chacha20_poly1305(), NULL, key, NULL, seal) != 1) {
        sealed_fail("ChaCha20-Poly1305");
    }
}

/** Seal or open `len` bytes of plaintext in place; the tag stands, or is put, behind them. */
static inline void sealed_frame(struct sealed *s, unsigned char *text, size_t len)
{
    unsigned char nonce[12] = {0};
    int out = 0;
    memcpy(nonce + 4, &s->counter, sizeof s->counter);
    s->counter++;
    int ok = EVP_CipherInit_ex(s->cipher, NULL, NULL, NULL, nonce, s->seal) == 1;
    if (!s->seal) {
        ok = ok &&
             EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_SET_TAG, SEALED_TAG, text + len) == 1;
    }
    ok = ok && EVP_CipherUpdate(s->cipher, text, &out, text, (int)len) == 1 &&
         EVP_CipherFinal_ex(s->cipher, text + len, &out) == 1;
    if (s->seal) {
        ok = ok &&
             EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, SEALED_TAG, text + len) == 1;
    }
    if (!ok) {
        sealed_fail("sealing or opening a frame");
    }
}

/** A listening socket on 127.0.0.1 with a port that the system picks, put in `*port` (network
 * order). */
static inline int sealed_listen(in_port_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        sealed_fail("listening on loopback");
    }
    *port = at.sin_port;
    return fd;
}

static inline int sealed_nodelay(int fd)
{
    int on = 1;
    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        sealed_fail("connecting on loopback");
    }
    return fd;
}

static inline int sealed_connect(in_port_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = port};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        sealed_fail("connecting on loopback");
    }
    return sealed_nodelay(fd);
}

/** Write all of it to a blocking socket. */
static inline void sealed_write(int fd, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR) {
            sealed_fail("write");
        }
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
}

#endif
