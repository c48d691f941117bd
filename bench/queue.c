/*
 * What a simulator of messages could do on this machine at most: the wheel and a codec, and of each
 * node one line of memory. `bench_swarm rate` is to be seen beside it.
 *
 *     bench_queue NODES     events a second of CPU time: an announcement is taken from the wheel,
 *                           decoded, counted at its node, encoded, and put back for another node
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/plumtree_msg.h"
#include "swarm/wheel.h"

#define PENDING 8 /* items a node: what bench_swarm has under way */
#define EVENTS 5000000u
#define MS UINT64_C(1000000)

struct node {
    uint64_t heard;
    uint64_t padding[7];
};

static double cpu_seconds(void)
{
    struct timespec t;
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Steele's splitmix64: what is wanted here is only that it is quick. */
static uint64_t draw(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void put(struct wheel *w, uint64_t *state, uint32_t nodes, const struct plumtree_msg *m)
{
    uint8_t space[256];
    struct wr out;
    wr_init(&out, span_mut_of(space, sizeof space));
    plumtree_msg_encode(&out, m);
    CHECK(wr_finish(&out) == 0);
    uint64_t random = draw(state);
    struct wheel_item item = {
        .to = (uint32_t)(random % nodes), .kind = 1, .len = (uint16_t)out.len};
    uint64_t delay = 10 * MS + random / nodes % (40 * MS);
    memcpy(wheel_put(w, wheel_now(w) + delay, &item), space, out.len);
}

int main(int argc, char **argv)
{
    uint32_t nodes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (nodes < 1 || nodes > 1000000) {
        (void)fprintf(stderr, "usage: bench_queue NODES\n");
        return 2;
    }
    static struct wheel w;
    uint8_t id[PLUMTREE_MSG_ID_SIZE + 1] = {1, 2, 3};
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_HAVE,
                             .ids = span_of(id, PLUMTREE_MSG_ID_SIZE),
                             .id_hops = span_of(id + PLUMTREE_MSG_ID_SIZE, 1)};
    struct node *all = mem_new_array(nodes, sizeof all[0]);
    uint64_t state = 1;
    wheel_init(&w);
    for (uint32_t i = 0; i < PENDING * nodes; i++) {
        put(&w, &state, nodes, &m);
    }
    double cpu = cpu_seconds();
    for (uint32_t i = 0; i < EVENTS; i++) {
        const struct wheel_item *item = wheel_next(&w, UINT64_MAX);
        struct plumtree_msg read;
        CHECK(item != NULL &&
              plumtree_msg_decode(&read, span_of(wheel_body(item), item->len)) == 0);
        all[item->to].heard++;
        put(&w, &state, nodes, &read);
    }
    cpu = cpu_seconds() - cpu;
    printf("{\"type\":\"queue\",\"nodes\":%u,\"events\":%u,\"seconds\":%.3f,\"perSecond\":%.0f}\n",
           nodes, EVENTS, cpu, EVENTS / cpu);
    wheel_clear(&w);
    mem_free(all);
    return 0;
}
