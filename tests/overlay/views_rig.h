/*
 * One views machine and the peers around it, played by the test: what it sends is looked up in a
 * list, what they send is fed.
 */
#ifndef TESTS_OVERLAY_VIEWS_RIG_H
#define TESTS_OVERLAY_VIEWS_RIG_H

#include "overlay/views.h"

#define RIG_S UINT64_C(1000000000)
#define RIG_EVENTS 512

struct rig {
    struct views views;
    struct random_seeded seeded;
    struct random random;
    uint64_t now;
    struct views_event events[RIG_EVENTS]; /* since rig_forget; spans are gone */
    size_t where_len[RIG_EVENTS];
    size_t count;
};

static inline struct overlay_id rig_id(unsigned n)
{
    return (struct overlay_id){.bytes = {0xee, (uint8_t)(n >> 8), (uint8_t)n}};
}

static inline void rig_pump(struct rig *r)
{
    while (r->count < RIG_EVENTS && views_next_event(&r->views, &r->events[r->count])) {
        r->where_len[r->count] = r->events[r->count].where.len;
        r->count++;
    }
    views_check(&r->views);
}

static inline void rig_forget(struct rig *r)
{
    r->count = 0;
}

static inline void rig_init(struct rig *r, struct views_config config)
{
    memset(r, 0, sizeof *r);
    random_seeded_init(&r->seeded, 11);
    r->random = random_from_seeded(&r->seeded);
    r->now = 100 * RIG_S;
    config.self = rig_id(0);
    config.random = &r->random;
    views_init(&r->views, r->now, &config);
}

/* Tick at every deadline until `ns` have passed. */
static inline void rig_pass(struct rig *r, uint64_t ns)
{
    uint64_t end = r->now + ns;
    while (views_deadline(&r->views) <= end) {
        uint64_t due = views_deadline(&r->views);
        r->now = due > r->now ? due : r->now + 1;
        views_tick(&r->views, r->now);
        rig_pump(r);
    }
    r->now = end;
}

static inline int rig_feed(struct rig *r, unsigned from, struct views_msg m)
{
    struct overlay_id id = rig_id(from);
    int rc = views_feed(&r->views, r->now, &id, &m);
    rig_pump(r);
    return rc;
}

static inline void rig_up(struct rig *r, unsigned n, bool is_ours)
{
    struct overlay_id id = rig_id(n);
    assert_int_equal(views_link_up(&r->views, r->now, &id, is_ours), 0);
    rig_pump(r);
}

/* Peer `n` links and asks. */
static inline void rig_request(struct rig *r, unsigned n, enum views_msg_priority priority)
{
    rig_up(r, n, false);
    assert_int_equal(rig_feed(r, n,
                              (struct views_msg){.kind = VIEWS_MSG_REQUEST,
                                                 .priority = priority,
                                                 .degree = 5,
                                                 .peer_count = 1,
                                                 .peers = {{.id = rig_id(n)}}}),
                     0);
}

/* Neighbours 1 .. n. */
static inline void rig_fill(struct rig *r, unsigned n)
{
    for (unsigned i = 1; i <= n; i++) {
        rig_request(r, i, VIEWS_MSG_NORMAL);
    }
    assert_int_equal(views_active_count(&r->views), n);
    rig_forget(r);
}

static inline bool rig_is_active(const struct rig *r, unsigned n)
{
    struct overlay_id id = rig_id(n);
    return views_is_active(&r->views, &id);
}

/* How many events of that kind; about peer `n` when it is not 0. */
static inline size_t rig_events(const struct rig *r, enum views_event_kind kind, unsigned n)
{
    size_t found = 0;
    struct overlay_id id = rig_id(n);
    for (size_t i = 0; i < r->count; i++) {
        found +=
            r->events[i].kind == kind && (n == 0 || overlay_id_is_equal(&r->events[i].id, &id));
    }
    return found;
}

/* The last message of that kind to peer `n` (0: anybody), or NULL. */
static inline const struct views_event *rig_sent(const struct rig *r, enum views_msg_kind kind,
                                                 unsigned n)
{
    struct overlay_id id = rig_id(n);
    for (size_t i = r->count; i > 0; i--) {
        const struct views_event *e = &r->events[i - 1];
        if (e->kind == VIEWS_SEND && e->msg.kind == kind &&
            (n == 0 || overlay_id_is_equal(&e->id, &id))) {
            return e;
        }
    }
    return NULL;
}

/* Likewise, but an empty event when there is none: what is asked of it then fails. */
static inline const struct views_event *rig_got(const struct rig *r, enum views_msg_kind kind,
                                                unsigned n)
{
    static const struct views_event none = {.id = {.bytes = {0xff, 0xff, 0xff}}};
    const struct views_event *e = rig_sent(r, kind, n);
    return e != NULL ? e : &none;
}

static inline unsigned rig_number(const struct overlay_id *id)
{
    return (unsigned)id->bytes[1] << 8 | id->bytes[2];
}

#endif
