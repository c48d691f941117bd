/*
 * The gossipsub machine under operations drawn from the input: peers come, go, enter topics and
 * leave them, graft, prune, announce, ask, decline, publish, or send whatever bytes the input has.
 * Nothing is delivered twice, invariants hold, nothing leaks.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "pubsub/gossipsub.h"
#include "tests/support/gossipsub_world.h"

#define PEERS 5
#define TOPICS 3
#define STEPS_MAX 300
#define NUMBERS 16                         /* of an author's messages */
#define FORGOTTEN_NS (110 * TIMERS_SECOND) /* what was seen may be forgotten from then on */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct game {
    struct gossipsub *machine;
    struct peerid ids[PEERS + 1]; /* the last is the machine's */
    struct random_seeded seeded;
    struct random random;
    struct gossipsub_sign sign;
    uint64_t now;
    struct rd in;
    uint8_t got[TOPICS][PEERS][NUMBERS];
    uint64_t got_ns[TOPICS][PEERS][NUMBERS];
    uint64_t ticket; /* asked for last */
};

static const char *const names[TOPICS] = {"a", "bb", "ccc"};

static uint8_t draw(struct game *g, uint8_t bound)
{
    return (uint8_t)(rd_u8(&g->in) % bound);
}

static struct span draw_topic(struct game *g)
{
    return span_from_text(names[draw(g, TOPICS)]);
}

/* Each message comes once while it can be remembered. */
static void delivered(struct game *g, const struct gossipsub_event *e)
{
    if (e->message.data.len != 3) {
        return;
    }
    const uint8_t *d = e->message.data.ptr;
    CHECK(d[0] < TOPICS && d[1] < PEERS && d[2] < NUMBERS);
    uint8_t *got = &g->got[d[0]][d[1]][d[2]];
    uint64_t *at = &g->got_ns[d[0]][d[1]][d[2]];
    CHECK(*got == 0 || g->now - *at >= FORGOTTEN_NS);
    *got = 1;
    *at = g->now;
}

static void drain(struct game *g)
{
    struct gossipsub_event e;
    while (gossipsub_next_event(g->machine, &e)) {
        if (e.kind == GOSSIPSUB_DELIVER) {
            delivered(g, &e);
        } else if (e.kind == GOSSIPSUB_VALIDATE) {
            g->ticket = e.ticket;
        }
    }
    gossipsub_check(g->machine);
}

/* A message of a peer, signed as it should be. */
static void write_message(struct game *g, struct wr *w)
{
    uint8_t data[3];
    uint8_t bytes[300];
    struct wr m;
    data[0] = draw(g, TOPICS);
    data[1] = draw(g, PEERS);
    data[2] = draw(g, NUMBERS);
    const struct gossipsub_msg_publish publish = {.data = span_of(data, sizeof data),
                                                  .topic = span_from_text(names[data[0]])};
    wr_init(&m, span_mut_of(bytes, sizeof bytes));
    gossipsub_sign_write(&m, &g->sign, GOSSIPSUB_SIGN_STRICT, &g->ids[data[1]],
                         (uint64_t)data[0] << 8 | data[2], &publish);
    gossipsub_msg_write_publish(w, wr_span(&m));
}

/* The id of such a message. */
static void write_id(struct game *g, struct wr *w, enum gossipsub_msg_kind kind)
{
    uint8_t bytes[64];
    struct wr id;
    uint8_t topic = draw(g, TOPICS);
    wr_init(&id, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&id, peerid_span(&g->ids[draw(g, PEERS)]));
    wr_u64be(&id, (uint64_t)topic << 8 | draw(g, NUMBERS));
    gossipsub_msg_write_id(w, kind, wr_span(&id));
}

static void write_control(struct game *g, struct wr *w)
{
    static const enum gossipsub_msg_kind kinds[] = {GOSSIPSUB_MSG_IHAVE, GOSSIPSUB_MSG_IWANT,
                                                    GOSSIPSUB_MSG_IDONTWANT};
    uint8_t bytes[600];
    uint8_t list[300];
    struct wr items;
    struct wr ids;
    uint8_t kind = draw(g, 5);
    wr_init(&items, span_mut_of(bytes, sizeof bytes));
    wr_init(&ids, span_mut_of(list, sizeof list));
    if (kind == 3) {
        gossipsub_msg_write_graft(&items, draw_topic(g));
    } else if (kind == 4) {
        struct span topic = draw_topic(g);
        gossipsub_msg_write_prune(&items, topic, draw(g, 90), span_empty());
    } else {
        for (uint8_t i = draw(g, 4); i > 0; i--) {
            write_id(g, &ids, kinds[kind]);
        }
        gossipsub_msg_write_ids(&items, kinds[kind], kind == 0 ? draw_topic(g) : span_empty(),
                                wr_span(&ids));
    }
    gossipsub_msg_write_control(w, wr_span(&items));
}

static void feed(struct game *g)
{
    uint8_t bytes[1200];
    struct wr w;
    const struct peerid *from = &g->ids[draw(g, PEERS)];
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    switch (draw(g, 4)) {
    case 0:
        wr_bytes(&w, rd_bytes(&g->in, draw(g, 60)));
        break;
    case 1: {
        struct span topic = draw_topic(g);
        gossipsub_msg_write_subscription(&w, topic, draw(g, 4) != 0);
        break;
    }
    case 2:
        write_message(g, &w);
        break;
    default:
        write_control(g, &w);
        break;
    }
    int rc = gossipsub_feed(g->machine, g->now, from, wr_span(&w));
    CHECK(rc == 0 || rc == WAVU_ERR_PROTO || rc == WAVU_ERR_NOT_FOUND);
}

static void pull(struct game *g)
{
    struct buf out;
    buf_init(&out, 2 * GOSSIPSUB_MSG_SIZE_MAX);
    while (gossipsub_pull(g->machine, g->now, &g->ids[draw(g, PEERS)], &out)) {
        CHECK(out.len <= GOSSIPSUB_MSG_SENT_MAX && gossipsub_msg_check(buf_span(&out)) == 0);
        buf_drop_front(&out, out.len);
    }
    buf_clear(&out);
}

static void come_or_go(struct game *g)
{
    const struct peerid *peer = &g->ids[draw(g, PEERS)];
    const struct gossipsub_link link = {.version = (enum gossipsub_version)draw(g, 4),
                                        .is_dialled = draw(g, 2) == 0,
                                        .group = draw(g, 3)};
    if (gossipsub_peer_up(g->machine, g->now, peer, &link) == WAVU_ERR_EXISTS) {
        gossipsub_peer_down(g->machine, g->now, peer);
    }
}

static void join_or_leave(struct game *g)
{
    struct span topic = draw_topic(g);
    const struct gossipsub_topic_config config = {.asks = draw(g, 3) == 0};
    if (gossipsub_join(g->machine, g->now, topic, &config) == WAVU_ERR_EXISTS) {
        int rc = gossipsub_leave(g->machine, g->now, topic);
        CHECK(rc == 0);
    }
}

static void step(struct game *g)
{
    int rc = 0;
    switch (draw(g, 10)) {
    case 0:
        come_or_go(g);
        break;
    case 1:
        join_or_leave(g);
        break;
    case 2:
        g->now += (uint64_t)draw(g, 200) * 20 * TIMERS_MS;
        gossipsub_tick(g->machine, g->now);
        break;
    case 3:
        rc = gossipsub_publish(g->machine, g->now, draw_topic(g), rd_bytes(&g->in, 4), NULL);
        CHECK(rc == 0);
        break;
    case 4:
        gossipsub_validated(g->machine, g->now, g->ticket, (enum gossipsub_verdict)draw(g, 3));
        break;
    case 5:
        rc = gossipsub_direct(g->machine, g->now, &g->ids[draw(g, PEERS)], draw(g, 2) == 0);
        CHECK(rc == 0);
        break;
    case 6:
        pull(g);
        break;
    default:
        feed(g);
        break;
    }
    drain(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct game *g = mem_new(sizeof *g);
    size_t before = mem_live_count();
    random_seeded_init(&g->seeded, 1);
    g->random = random_from_seeded(&g->seeded);
    g->sign = gossipsub_world_sign();
    g->now = TIMERS_SECOND;
    rd_init(&g->in, span_of(data, len));
    for (uint8_t i = 0; i <= PEERS; i++) {
        uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
        uint8_t bytes[ED25519_PUBLIC_SIZE] = {i};
        keys_ed25519_encode(key, bytes);
        peerid_from_key(&g->ids[i], span_of(key, sizeof key));
    }
    const struct gossipsub_config config = {.self = g->ids[PEERS],
                                            .seqno = 1,
                                            .random = &g->random,
                                            .sign = &g->sign,
                                            .params = gossipsub_params_default(),
                                            .thresholds = gossipsub_score_thresholds_default()};
    g->machine = gossipsub_new(&config, g->now);
    for (unsigned i = 0; i < STEPS_MAX && rd_left(&g->in) > 0; i++) {
        step(g);
    }
    gossipsub_free(g->machine);
    CHECK(mem_live_count() == before);
    mem_free(g);
    return 0;
}
