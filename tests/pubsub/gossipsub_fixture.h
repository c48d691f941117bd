/*
 * One machine among puppets: their RPCs are made by hand, and what is sent to them is read.
 */
#ifndef TESTS_PUBSUB_GOSSIPSUB_FIXTURE_H
#define TESTS_PUBSUB_GOSSIPSUB_FIXTURE_H

#include "tests/base/unit.h"
#include "tests/support/gossipsub_world.h"

#define TOPIC "news"
#define SECOND TIMERS_SECOND

/* What was sent to a puppet. */
struct fixture_seen {
    size_t rpcs;
    size_t kinds[GOSSIPSUB_MSG_IDONTWANT + 1]; /* items of each */
    size_t ids;                                /* of IHAVE, IWANT and IDONTWANT */
    size_t px;
    uint64_t backoff_s;
};

/* Node 0 is the machine; the others are puppets: deaf, so that what is sent to them waits. */
static inline struct gossipsub_world *fixture_new(size_t puppets,
                                                  const struct gossipsub_config *config)
{
    struct gossipsub_world *w = gossipsub_world_new(puppets + 1, 1);
    gossipsub_world_stop(w, 0);
    if (config != NULL) {
        w->config = *config;
    }
    gossipsub_world_start(w, 0);
    for (size_t i = 1; i <= puppets; i++) {
        w->nodes[i].is_deaf = true;
    }
    return w;
}

/* All puppets are connected; the first `dialled` of them by the machine. */
static inline void fixture_link(struct gossipsub_world *w, size_t dialled)
{
    for (size_t i = 1; i < w->count; i++) {
        if (i <= dialled) {
            gossipsub_world_link(w, 0, i, true);
        } else {
            gossipsub_world_link(w, i, 0, true);
        }
    }
}

static inline struct fixture_seen fixture_read(struct gossipsub_world *w, size_t puppet)
{
    struct fixture_seen seen = {0};
    struct buf out;
    buf_init(&out, 2 * GOSSIPSUB_MSG_SIZE_MAX);
    while (gossipsub_pull(w->nodes[0].machine, w->now, &w->nodes[puppet].id, &out)) {
        struct gossipsub_msg m;
        struct gossipsub_msg_item item;
        struct gossipsub_msg_peer peer;
        struct span id;
        assert_int_equal(gossipsub_msg_check(buf_span(&out)), 0);
        gossipsub_msg_init(&m, buf_span(&out));
        while (gossipsub_msg_next(&m, &item)) {
            seen.kinds[item.kind]++;
            seen.backoff_s = item.kind == GOSSIPSUB_MSG_PRUNE ? item.backoff_s : seen.backoff_s;
            while (item.kind == GOSSIPSUB_MSG_PRUNE && gossipsub_msg_next_peer(&item, &peer)) {
                seen.px++;
            }
            while ((item.kind == GOSSIPSUB_MSG_IHAVE || item.kind == GOSSIPSUB_MSG_IWANT ||
                    item.kind == GOSSIPSUB_MSG_IDONTWANT) &&
                   gossipsub_msg_next_id(&item, &id)) {
                seen.ids++;
            }
        }
        seen.rpcs++;
        buf_drop_front(&out, out.len);
    }
    buf_clear(&out);
    return seen;
}

/* Puppets that are in the mesh of the machine. */
static inline size_t fixture_mesh(const struct gossipsub_world *w)
{
    return gossipsub_mesh_count(w->nodes[0].machine, UNIT_TEXT(TOPIC));
}

static inline bool fixture_has(const struct gossipsub_world *w, size_t puppet)
{
    return gossipsub_world_is_in_mesh(w, 0, puppet, TOPIC);
}

static inline int fixture_say(struct gossipsub_world *w, size_t puppet, const struct wr *rpc)
{
    assert_false(rpc->failed);
    return gossipsub_world_inject(w, puppet, 0, wr_span(rpc));
}

/* `puppet` is in the topic from now on, or no longer. */
static inline void fixture_subscribe(struct gossipsub_world *w, size_t puppet, const char *topic,
                                     bool is_on)
{
    uint8_t bytes[512];
    struct wr rpc;
    wr_init(&rpc, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_subscription(&rpc, span_from_text(topic), is_on);
    assert_int_equal(fixture_say(w, puppet, &rpc), 0);
}

/* `puppet` sends a control part. */
static inline void fixture_control(struct gossipsub_world *w, size_t puppet, const struct wr *items)
{
    uint8_t *bytes = mem_new(items->len + 16);
    struct wr rpc;
    assert_false(items->failed);
    wr_init(&rpc, span_mut_of(bytes, items->len + 16));
    gossipsub_msg_write_control(&rpc, wr_span(items));
    assert_int_equal(fixture_say(w, puppet, &rpc), 0);
    mem_free(bytes);
}

static inline void fixture_graft(struct gossipsub_world *w, size_t puppet, const char *topic)
{
    uint8_t bytes[512];
    struct wr items;
    wr_init(&items, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_graft(&items, span_from_text(topic));
    fixture_control(w, puppet, &items);
}

static inline void fixture_prune(struct gossipsub_world *w, size_t puppet, uint64_t backoff_s)
{
    uint8_t bytes[512];
    struct wr items;
    wr_init(&items, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_prune(&items, UNIT_TEXT(TOPIC), backoff_s, span_empty());
    fixture_control(w, puppet, &items);
}

/* A signed message number `number` by author `by`, brought by `puppet`; its id. */
static inline struct gossipsub_sign_id fixture_publish(struct gossipsub_world *w, size_t puppet,
                                                       size_t by, uint64_t number, size_t len)
{
    size_t size = len + 2000;
    uint8_t *bytes = mem_new(2 * size);
    struct wr message;
    struct wr rpc;
    struct gossipsub_sign sign = gossipsub_world_sign();
    struct gossipsub_sign_id id;
    struct gossipsub_msg_publish m = {.data = span_of(bytes + size, len),
                                      .topic = UNIT_TEXT(TOPIC)};
    w->said = number + 1 > w->said ? number + 1 : w->said;
    if (len >= GOSSIPSUB_WORLD_HEAD) {
        bytes[size + 6] = (uint8_t)(number >> 8);
        bytes[size + 7] = (uint8_t)number;
    }
    wr_init(&message, span_mut_of(bytes, size));
    gossipsub_sign_write(&message, &sign, w->topic.policy, &w->nodes[by].id, number, &m);
    assert_int_equal(gossipsub_msg_publish_decode(&m, wr_span(&message)), 0);
    assert_int_equal(gossipsub_sign_name(&id, w->topic.policy, &m), 0);
    wr_init(&rpc, span_mut_of(bytes + size, size));
    gossipsub_msg_write_publish(&rpc, wr_span(&message));
    assert_int_equal(fixture_say(w, puppet, &rpc), 0);
    mem_free(bytes);
    return id;
}

/* `puppet` sends `count` ids of one kind, from `first` on. */
static inline void fixture_ids(struct gossipsub_world *w, size_t puppet,
                               enum gossipsub_msg_kind kind, const struct gossipsub_sign_id *first,
                               size_t count)
{
    size_t size = count * (GOSSIPSUB_MSG_ID_MAX + 2) + 600;
    uint8_t *bytes = mem_new(2 * size);
    struct wr ids;
    struct wr items;
    wr_init(&ids, span_mut_of(bytes, size));
    for (size_t i = 0; i < count; i++) {
        gossipsub_msg_write_id(&ids, kind, gossipsub_sign_id_span(&first[i]));
    }
    wr_init(&items, span_mut_of(bytes + size, size));
    gossipsub_msg_write_ids(
        &items, kind, kind == GOSSIPSUB_MSG_IHAVE ? UNIT_TEXT(TOPIC) : span_empty(), wr_span(&ids));
    fixture_control(w, puppet, &items);
    mem_free(bytes);
}

/* Ids that nobody ever said, from number `first` on. Free with mem_free. */
static inline struct gossipsub_sign_id *fixture_made_up(size_t first, size_t count)
{
    struct gossipsub_sign_id *ids = mem_new_array(count, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        ids[i].len = 46;
        ids[i].bytes[0] = (uint8_t)((first + i) >> 16);
        ids[i].bytes[1] = (uint8_t)((first + i) >> 8);
        ids[i].bytes[2] = (uint8_t)(first + i);
    }
    return ids;
}

static inline const struct gossipsub_stats *fixture_stats(const struct gossipsub_world *w)
{
    return gossipsub_stats(w->nodes[0].machine);
}

#endif
