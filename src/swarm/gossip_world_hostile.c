/*
 * Hostile nodes: they know of each link only whether they are in the peer's mesh, and of messages
 * the last few numbers. Many in one mind cost little, so that there may be thousands.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "swarm/gossip_world_core.h"

#define REGRAFT_NS (61 * GOSSIP_WORLD_S) /* the backoff of others, and a bit */
#define SPAM_IDS 20                      /* announced a second to each peer */
#define SPAM_ID_SIZE 46                  /* as long as a real one */
#define ROOM 1024

static bool gossip_world_behaves(const struct gossip_world *w)
{
    return gossip_world_now(w) < w->config.turn_ns;
}

static void gossip_world_hostile_graft(struct gossip_world *w, uint32_t at,
                                       struct gossip_world_link *link)
{
    uint8_t bytes[64];
    uint8_t item[32];
    struct wr out;
    struct wr control;
    wr_init(&control, span_mut_of(item, sizeof item));
    gossipsub_msg_write_graft(&control, gossip_world_topic());
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_control(&out, wr_span(&control));
    CHECK(wr_finish(&out) == 0);
    link->is_in_mesh = true; /* until the peer says otherwise */
    gossip_world_send(w, gossip_world_now(w), at, link->peer, wr_span(&out));
}

void gossip_world_hostile_up(struct gossip_world *w, uint32_t at, struct gossip_world_link *link)
{
    uint8_t bytes[64];
    struct wr out;
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_subscription(&out, gossip_world_topic(), true);
    CHECK(wr_finish(&out) == 0);
    gossip_world_send(w, gossip_world_now(w), at, link->peer, wr_span(&out));
    gossip_world_hostile_graft(w, at, link);
}

/* ---- Handing on ---- */

/* Is that message new to it? From now on it is not. */
static bool gossip_world_hostile_is_new(struct gossip_world_node *n, uint32_t number)
{
    if (n->recent == NULL) {
        n->recent = mem_new_array(GOSSIP_WORLD_RECENT, sizeof *n->recent);
    }
    uint32_t *place = &n->recent[number % GOSSIP_WORLD_RECENT];
    bool is_new = *place != number + 1;
    *place = number + 1;
    return is_new;
}

static void gossip_world_hand_on(struct gossip_world *w, uint32_t at, uint32_t from,
                                 const struct gossipsub_msg_publish *m, uint64_t after_ns)
{
    struct gossip_world_node *n = &w->nodes[at];
    struct rd r;
    struct wr out;
    rd_init(&r, m->data);
    if (!gossip_world_hostile_is_new(n, rd_u32be(&r))) {
        return;
    }
    uint8_t *bytes = mem_new_raw(m->bytes.len + 16);
    wr_init(&out, span_mut_of(bytes, m->bytes.len + 16));
    gossipsub_msg_write_publish(&out, m->bytes);
    CHECK(wr_finish(&out) == 0);
    for (uint32_t i = 0; i < n->link_count; i++) {
        if (n->links[i].is_up && n->links[i].is_in_mesh && n->links[i].peer != from) {
            gossip_world_send(w, gossip_world_now(w) + after_ns, at, n->links[i].peer,
                              wr_span(&out));
        }
    }
    mem_free(bytes);
}

/* Announce it to all, so that they wait for it. */
static void gossip_world_hold(struct gossip_world *w, uint32_t at,
                              const struct gossipsub_msg_publish *m)
{
    struct gossip_world_node *n = &w->nodes[at];
    struct gossipsub_sign_id id;
    uint8_t bytes[512];
    uint8_t item[256];
    uint8_t name[128];
    struct wr list;
    struct wr control;
    struct wr out;
    struct rd r;
    rd_init(&r, m->data);
    if (!gossip_world_hostile_is_new(n, rd_u32be(&r))) {
        return;
    }
    int rc = gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, m);
    wr_init(&list, span_mut_of(name, sizeof name));
    gossipsub_msg_write_id(&list, GOSSIPSUB_MSG_IHAVE, gossipsub_sign_id_span(&id));
    wr_init(&control, span_mut_of(item, sizeof item));
    gossipsub_msg_write_ids(&control, GOSSIPSUB_MSG_IHAVE, gossip_world_topic(), wr_span(&list));
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_control(&out, wr_span(&control));
    CHECK(rc == 0 && wr_finish(&out) == 0);
    for (uint32_t i = 0; i < n->link_count; i++) {
        if (n->links[i].is_up) {
            gossip_world_send(w, gossip_world_now(w), at, n->links[i].peer, wr_span(&out));
        }
    }
}

static void gossip_world_hostile_publish(struct gossip_world *w, uint32_t at, uint32_t from,
                                         const struct gossipsub_msg_publish *m)
{
    if (gossip_world_behaves(w)) {
        gossip_world_hand_on(w, at, from, m, 0);
    } else if (w->config.harm == GOSSIP_WORLD_LATE) {
        gossip_world_hand_on(w, at, from, m, w->config.late_ns);
    } else if (w->config.harm == GOSSIP_WORLD_HOLD) {
        gossip_world_hold(w, at, m);
    }
}

void gossip_world_hostile_feed(struct gossip_world *w, uint32_t at, uint32_t from, struct span rpc)
{
    struct gossip_world_link *link = gossip_world_link(w, at, from);
    struct gossipsub_msg m;
    struct gossipsub_msg_item item;
    CHECK(link != NULL && gossipsub_msg_check(rpc) == 0);
    gossipsub_msg_init(&m, rpc);
    while (gossipsub_msg_next(&m, &item)) {
        if (item.kind == GOSSIPSUB_MSG_PUBLISH) {
            gossip_world_hostile_publish(w, at, from, &item.publish);
        } else if (item.kind == GOSSIPSUB_MSG_GRAFT) {
            link->is_in_mesh = true;
        } else if (item.kind == GOSSIPSUB_MSG_PRUNE) {
            bool waits = gossip_world_behaves(w) || w->config.harm != GOSSIP_WORLD_SPAM;
            link->is_in_mesh = false;
            link->graft_ns = gossip_world_now(w) + (waits ? REGRAFT_NS : 0);
        }
    }
}

/* ---- Spam ---- */

/* Ids that nobody has, and a message that nobody signed. */
static void gossip_world_spam(struct gossip_world *w, uint32_t at,
                              const struct gossip_world_link *link)
{
    uint8_t ids[ROOM];
    uint8_t bytes[ROOM + 512];
    uint8_t lie[256];
    uint8_t id[SPAM_ID_SIZE];
    uint8_t junk[64];
    struct wr list;
    struct wr out;
    struct wr message;
    uint8_t item[ROOM + 64];
    wr_init(&list, span_mut_of(ids, sizeof ids));
    for (unsigned i = 0; i < SPAM_IDS; i++) {
        random_fill(&w->random, id, sizeof id);
        gossipsub_msg_write_id(&list, GOSSIPSUB_MSG_IHAVE, span_of(id, sizeof id));
    }
    wr_init(&out, span_mut_of(item, sizeof item));
    gossipsub_msg_write_ids(&out, GOSSIPSUB_MSG_IHAVE, gossip_world_topic(), wr_span(&list));
    struct span control = wr_span(&out);
    random_fill(&w->random, junk, sizeof junk);
    const struct gossipsub_msg_publish p = {
        .from = peerid_span(&w->nodes[random_below(&w->random, w->config.nodes)].id),
        .data = span_of(junk, sizeof junk),
        .seqno = span_of(junk, GOSSIPSUB_SIGN_SEQNO_SIZE),
        .topic = gossip_world_topic(),
        .signature = span_of(junk, sizeof junk)};
    wr_init(&message, span_mut_of(lie, sizeof lie));
    gossipsub_msg_publish_encode(&message, &p);
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_publish(&out, wr_span(&message));
    gossipsub_msg_write_control(&out, control);
    CHECK(wr_finish(&message) == 0 && wr_finish(&out) == 0);
    gossip_world_send(w, gossip_world_now(w), at, link->peer, wr_span(&out));
}

void gossip_world_hostile_tick(struct gossip_world *w, uint32_t at)
{
    struct gossip_world_node *n = &w->nodes[at];
    uint64_t now = gossip_world_now(w);
    for (uint32_t i = 0; i < n->link_count; i++) {
        struct gossip_world_link *link = &n->links[i];
        if (link->is_up && !link->is_in_mesh && link->graft_ns <= now) {
            gossip_world_hostile_graft(w, at, link);
        }
        if (link->is_up && w->config.harm == GOSSIP_WORLD_SPAM && !gossip_world_behaves(w)) {
            gossip_world_spam(w, at, link);
        }
    }
    gossip_world_plan(w, now + GOSSIP_WORLD_S, at, GOSSIP_WORLD_TICK);
}
