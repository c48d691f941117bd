/*
 * Ceiling of the ping: a bare sealed echo of 32 bytes between two epoll loops over loopback TCP.
 *
 * In: the number of round trips (argv[1], default 20,000). Out: one JSON line with the round trip's
 * minimum, median, 99th percentile and maximum in milliseconds. Each end waits in epoll, opens what
 * came, seals and sends: what a ping costs the system and the cipher when nothing else stands
 * between.
 */
#include "sealed.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#define PLAIN 32
#define FRAME (SEALED_LENGTH + PLAIN + SEALED_TAG)

/* One end: its socket in an epoll set, and both directions of the seal. */
struct end {
    int fd;
    int epoll;
    struct sealed in;
    struct sealed out;
    unsigned char frame[FRAME];
};

static void end_init(struct end *end, int fd)
{
    struct epoll_event want = {.events = EPOLLIN};
    end->fd = fd;
    end->epoll = epoll_create1(0);
    memset(end->frame, 0, sizeof end->frame);
    sealed_init(&end->in, 0);
    sealed_init(&end->out, 1);
    if (end->epoll < 0 || epoll_ctl(end->epoll, EPOLL_CTL_ADD, fd, &want) != 0) {
        sealed_fail("epoll");
    }
}

static void end_send(struct end *end)
{
    end->frame[0] = 0;
    end->frame[1] = PLAIN + SEALED_TAG;
    sealed_frame(&end->out, end->frame + SEALED_LENGTH, PLAIN);
    sealed_write(end->fd, end->frame, FRAME);
}

/* Wait for one frame and open it; returns 0 when the other end has closed. */
static int end_receive(struct end *end)
{
    size_t held = 0;
    while (held < FRAME) {
        struct epoll_event got;
        if (epoll_wait(end->epoll, &got, 1, -1) < 0) {
            sealed_fail("epoll_wait");
        }
        ssize_t n = read(end->fd, end->frame + held, FRAME - held);
        if (n == 0) {
            return 0;
        }
        if (n < 0) {
            sealed_fail("read");
        }
        held += (size_t)n;
    }
    sealed_frame(&end->in, end->frame + SEALED_LENGTH, PLAIN);
    return 1;
}

static void serve(in_port_t port)
{
    struct end end;
    end_init(&end, sealed_connect(port));
    while (end_receive(&end)) {
        end_send(&end);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(int fd, size_t count)
{
    struct end end;
    double *rtts = calloc(count, sizeof *rtts);
    if (rtts == NULL) {
        sealed_fail("calloc");
    }
    end_init(&end, fd);
    for (size_t i = 0; i < count; i++) {
        double start = sealed_now();
        end_send(&end);
        if (!end_receive(&end)) {
            sealed_fail("the echoing process");
        }
        rtts[i] = (sealed_now() - start) * 1e3;
    }
    qsort(rtts, count, sizeof *rtts, by_size);
    printf("{\"type\":\"ping\",\"count\":%zu,\"rttMs\":{\"min\":%.6f,\"median\":%.6f,\"p99\":%.6f,"
           "\"max\":%.6f}}\n",
           count, rtts[0], rtts[count / 2], rtts[count * 99 / 100], rtts[count - 1]);
    free(rtts);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    in_port_t port;
    int listener = sealed_listen(&port);
    pid_t child = count > 0 ? fork() : -1;
    if (child < 0) {
        sealed_fail("starting");
    }
    if (child == 0) {
        close(listener);
        serve(port);
        return 0;
    }
    int fd = sealed_nodelay(accept(listener, NULL, NULL));
    measure(fd, count);
    close(fd);
    return waitpid(child, NULL, 0) == child ? 0 : 1;
}
