/*
 * What the muxer alone costs: two machines in one process, one stream, no cipher, no socket. Bytes
 * are copied once into records; the other side reads them in place. Prints one JSON line for each
 * size of write.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/random.h"
#include "mux/yamux.h"
#include "wavu/err.h"

#define HEAD 2
#define TAIL 16
#define TOTAL (UINT64_C(4) << 30)

struct half {
    struct yamux *y;
    struct frame_queue out;
    uint64_t received;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* One record's plaintext comes in: take it and give the credit back. */
static void take(struct half *to, uint64_t now, struct span in)
{
    while (in.len > 0) {
        struct yamux_event event;
        size_t used = 0;
        CHECK(yamux_feed(to->y, now, in, &used, &event) == 0);
        in = span_slice(in, used, in.len);
        if (event.kind == YAMUX_DATA) {
            to->received += event.data.len;
            yamux_consume(to->y, event.stream, now, (uint32_t)event.data.len);
        }
    }
}

/* One turn's out phase of `from`, read by `to`. */
static void move(struct half *from, struct half *to, uint64_t now)
{
    yamux_pull(from->y, &from->out);
    struct span_mut body = frame_unsealed(&from->out);
    while (body.len > 0) {
        frame_sealed(&from->out);
        take(to, now, span_from_mut(body));
        body = frame_unsealed(&from->out);
    }
    frame_sent(&from->out, from->out.sealed_bytes);
    yamux_room(from->y);
}

static void half_init(struct half *h, bool is_client, struct frame_pool *pool,
                      struct random *random)
{
    *h = (struct half){.received = 0};
    frame_queue_init(&h->out, pool, HEAD, 65519, TAIL);
    h->y = yamux_new(
        &(struct yamux_config){.is_client = is_client, .random = random, .now = now_ns()});
}

static void half_clear(struct half *h)
{
    yamux_free(h->y);
    frame_queue_clear(&h->out);
}

static void run(size_t write_size)
{
    static uint8_t data[1 << 20];
    struct random_seeded seeded;
    struct frame_pool pool;
    struct half a;
    struct half b;
    struct yamux_stream *s = NULL;
    uint64_t turns = 0;
    memset(data, 0x5a, sizeof data); /* pages of its own, not the one of zeros */
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    frame_pool_init(&pool, 8);
    half_init(&a, true, &pool, &random);
    half_init(&b, false, &pool, &random);
    uint64_t start = now_ns();
    CHECK(yamux_open(a.y, start, &s) == 0);
    while (b.received < TOTAL) {
        uint64_t now = now_ns();
        struct yamux_event event;
        size_t taken = write_size;
        while (taken == write_size) {
            int rc = yamux_write(a.y, s, span_of(data, write_size), false, &a.out, &taken);
            CHECK(rc == 0 || rc == WAVU_ERR_AGAIN);
        }
        move(&a, &b, now);
        move(&b, &a, now);
        while (yamux_next_event(a.y, &event)) {
            CHECK(event.kind == YAMUX_WRITABLE);
        }
        turns++;
    }
    double seconds = (double)(now_ns() - start) / 1e9;
    printf("{\"bench\":\"yamux\",\"write_bytes\":%zu,\"gigabytes_per_second\":%.2f,"
           "\"turns\":%llu,\"window_bytes\":%u}\n",
           write_size, (double)b.received / 1e9 / seconds, (unsigned long long)turns,
           (unsigned)s->send_window);
    half_clear(&a);
    half_clear(&b);
    frame_pool_clear(&pool);
}

int main(void)
{
    static const size_t sizes[] = {100, 1024, 16384, 65507, 65536, 262144, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        run(sizes[i]);
    }
    return 0;
}
