/*
 * Nodes of the simulator with gossipsub, and what each was told.
 */
#ifndef TESTS_PUBSUB_GOSSIPSUB_STREAMS_H
#define TESTS_PUBSUB_GOSSIPSUB_STREAMS_H

#include "pubsub/gossipsub_service.h"

#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define NODES_MAX 12
#define TOPIC UNIT_TEXT("news")

struct reader {
    struct gossipsub_service service;
    size_t delivered;
    size_t asked;
    size_t on;
    uint8_t last[64];
    size_t last_len;
    enum gossipsub_verdict verdict;
    bool answers; /* a message by one of its own */
};

static struct net_world w;
static struct reader readers[NODES_MAX];

static inline void told(void *context, const struct gossipsub_event *e)
{
    struct reader *r = context;
    switch (e->kind) {
    case GOSSIPSUB_DELIVER:
        r->delivered++;
        r->last_len = e->message.data.len < sizeof r->last ? e->message.data.len : sizeof r->last;
        memcpy(r->last, e->message.data.ptr, r->last_len);
        if (r->answers) {
            r->answers = false;
            assert_int_equal(
                gossipsub_service_publish(&r->service, TOPIC, UNIT_TEXT("and back"), NULL), 0);
        }
        break;
    case GOSSIPSUB_VALIDATE:
        r->asked++;
        gossipsub_service_validated(&r->service, e->ticket, r->verdict);
        break;
    case GOSSIPSUB_PEER_ON:
        r->on++;
        break;
    case GOSSIPSUB_PEER_OFF:
        r->on--;
        break;
    case GOSSIPSUB_WRITABLE:
    case GOSSIPSUB_CONNECT:
    case GOSSIPSUB_CLOSE:
        fail(); /* the service keeps these to itself */
    }
}

static inline void open_reader(size_t i, bool is_floodsub)
{
    struct reader *r = &readers[i];
    *r = (struct reader){.verdict = GOSSIPSUB_ACCEPT};
    struct gossipsub_service_config config = {.swarm = &w.nodes[i].swarm,
                                              .seqno = 1 + i,
                                              .is_floodsub = is_floodsub,
                                              .audience = STREAM_ANY,
                                              .metrics = &w.nodes[i].metrics,
                                              .user = {.told = told, .context = r}};
    assert_int_equal(gossipsub_service_init(&r->service, &config), 0);
}

static inline void start(uint64_t seed, size_t count)
{
    net_world_start(&w, seed, count);
    for (size_t i = 0; i < count; i++) {
        open_reader(i, false);
    }
}

static inline void stop(void)
{
    for (size_t i = 0; i < w.count; i++) {
        if (w.nodes[i].is_up) {
            gossipsub_check(readers[i].service.machine);
            gossipsub_service_clear(&readers[i].service);
        }
    }
    net_world_stop(&w);
}

static inline void join_all(void)
{
    for (size_t i = 0; i < w.count; i++) {
        assert_int_equal(gossipsub_service_join(&readers[i].service, TOPIC, NULL), 0);
    }
}

static inline struct conn *bring_together(size_t a, size_t b)
{
    int err = 0;
    struct conn *c = net_world_dial(&w, a, b, &err);
    assert_non_null(c);
    return c;
}

static inline void say(size_t i, const char *text)
{
    assert_int_equal(
        gossipsub_service_publish(&readers[i].service, TOPIC, span_from_text(text), NULL), 0);
}

static inline void run(uint64_t seconds)
{
    sim_run_for(w.sim, seconds * TIMERS_SECOND);
}

#endif
