/*
 * Ceiling of one stream's throughput: bare sealed frames of 64 KiB over loopback TCP.
 *
 * In: the number of bytes to send (argv[1], default 2 GiB). Out: one JSON line with the bytes, the
 * seconds and the rate. Two processes: one seals in place and writes, the other reads and opens in
 * place.
 */
#include "sealed.h"

#include <sys/wait.h>

#define READ_BUFFER ((size_t)256 * 1024)
#define FRAME (SEALED_LENGTH + SEALED_PLAIN_MAX + SEALED_TAG)

static void send_all(int fd, uint64_t total)
{
    static unsigned char frame[FRAME];
    struct sealed out;
    sealed_init(&out, 1);
    while (total > 0) {
        size_t plain = total < SEALED_PLAIN_MAX ? (size_t)total : SEALED_PLAIN_MAX;
        size_t body = plain + SEALED_TAG;
        frame[0] = (unsigned char)(body >> 8);
        frame[1] = (unsigned char)body;
        sealed_frame(&out, frame + SEALED_LENGTH, plain);
        sealed_write(fd, frame, SEALED_LENGTH + body);
        total -= plain;
    }
}

/* Open the whole frames at the buffer's start; returns the bytes used and adds the plaintext's
 * length to `*plain`. */
static size_t open_frames(struct sealed *in, unsigned char *buffer, size_t len, uint64_t *plain)
{
    size_t at = 0;
    while (len - at >= SEALED_LENGTH) {
        size_t body = (size_t)buffer[at] << 8 | buffer[at + 1];
        if (len - at < SEALED_LENGTH + body) {
            break;
        }
        sealed_frame(in, buffer + at + SEALED_LENGTH, body - SEALED_TAG);
        *plain += body - SEALED_TAG;
        at += SEALED_LENGTH + body;
    }
    return at;
}

static void receive_all(int fd, uint64_t total)
{
    static unsigned char buffer[READ_BUFFER];
    struct sealed in;
    uint64_t got = 0;
    size_t held = 0;
    sealed_init(&in, 0);
    while (got < total) {
        ssize_t n = read(fd, buffer + held, sizeof buffer - held);
        if (n <= 0) {
            sealed_fail("read");
        }
        held += (size_t)n;
        size_t used = open_frames(&in, buffer, held, &got);
        memmove(buffer, buffer + used, held - used);
        held -= used;
    }
}

int main(int argc, char **argv)
{
    uint64_t total = argc > 1 ? strtoull(argv[1], NULL, 10) : UINT64_C(2) << 30;
    in_port_t port;
    int listener = sealed_listen(&port);
    pid_t child = fork();
    if (child < 0) {
        sealed_fail("fork");
    }
    if (child == 0) {
        send_all(sealed_connect(port), total);
        return 0;
    }
    int fd = sealed_nodelay(accept(listener, NULL, NULL));
    double start = sealed_now();
    receive_all(fd, total);
    double seconds = sealed_now() - start;
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) {
        sealed_fail("the sending process");
    }
    printf("{\"type\":\"ceiling\",\"bytes\":%llu,\"seconds\":%.6f,\"megabytesPerSecond\":%.1f}\n",
           (unsigned long long)total, seconds, (double)total / seconds / 1e6);
    return 0;
}
