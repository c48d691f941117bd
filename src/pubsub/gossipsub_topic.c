/*
 * The table of topics.
 */
#include "pubsub/gossipsub_topic.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define AUTHORS_MAX 4096u /* of a topic whose messages must come in order */
#define CAP_MIN 4u

void gossipsub_topic_init(struct gossipsub_topics *t, const struct random *random)
{
    *t = (struct gossipsub_topics){0};
    map_init(&t->by_name, random);
    list_init(&t->joined);
    list_init(&t->fanout);
    list_init(&t->left);
}

static void gossipsub_topic_free(struct gossipsub_topics *t, struct gossipsub_topic *topic)
{
    CHECK(topic->edge_count == 0 && topic->messages == 0);
    (void)map_remove(&t->by_name, gossipsub_topic_name(topic));
    list_remove(&topic->link);
    t->memory -= sizeof *topic + topic->name_len;
    gossipsub_keys_clear(&topic->backoff);
    gossipsub_keys_clear(&topic->authors);
    mem_free(topic->edges);
    mem_free(topic);
}

void gossipsub_topic_clear(struct gossipsub_topics *t)
{
    struct gossipsub_topic *topic;
    size_t at = 0;
    while ((topic = map_next(&t->by_name, &at)) != NULL) {
        gossipsub_topic_free(t, topic);
        at = 0;
    }
    map_clear(&t->by_name);
}

struct gossipsub_topic *gossipsub_topic_get(const struct gossipsub_topics *t, struct span name)
{
    return map_get(&t->by_name, name);
}

struct gossipsub_topic *gossipsub_topic_need(struct gossipsub_topics *t, struct span name,
                                             bool is_joining)
{
    struct gossipsub_topic *topic = gossipsub_topic_get(t, name);
    bool has_room = t->by_name.count - t->joined_count < GOSSIPSUB_TOPIC_COUNT_MAX;
    if (topic != NULL || !(has_room || is_joining)) {
        return topic;
    }
    topic = mem_new(sizeof *topic + name.len);
    topic->number = -1;
    topic->name_len = name.len;
    memcpy(topic->name, name.ptr, name.len);
    gossipsub_keys_init(&topic->backoff, GOSSIPSUB_TOPIC_BACKOFF_MAX);
    gossipsub_keys_init(&topic->authors, AUTHORS_MAX);
    t->memory += sizeof *topic + topic->name_len;
    (void)map_put(&t->by_name, gossipsub_topic_name(topic), topic);
    return topic;
}

void gossipsub_topic_release(struct gossipsub_topics *t, struct gossipsub_topic *topic)
{
    if (topic->edge_count == 0 && topic->messages == 0 && topic->number < 0 &&
        topic->fanout_until_ns == 0 && topic->backoff.count == 0) {
        gossipsub_topic_free(t, topic);
    }
}

void gossipsub_topic_join(struct gossipsub_topics *t, struct gossipsub_topic *topic)
{
    int number = 0;
    CHECK(topic->number < 0 && t->joined_count < GOSSIPSUB_JOINED_MAX);
    while ((t->numbers[number / 64] >> (number % 64) & 1) != 0) {
        number++;
    }
    t->numbers[number / 64] |= UINT64_C(1) << (number % 64);
    list_remove(&topic->link);
    list_push_back(&t->joined, &topic->link);
    topic->number = number;
    topic->fanout_until_ns = 0;
    t->joined_count++;
    t->other_edges -= topic->edge_count;
}

void gossipsub_topic_leave(struct gossipsub_topics *t, struct gossipsub_topic *topic)
{
    CHECK(topic->number >= 0);
    t->numbers[topic->number / 64] &= ~(UINT64_C(1) << (topic->number % 64));
    list_remove(&topic->link);
    list_push_back(&t->left, &topic->link);
    topic->number = -1;
    topic->front = 0;
    t->joined_count--;
    t->other_edges += topic->edge_count;
    gossipsub_keys_clear(&topic->authors);
}

void gossipsub_topic_fanout(struct gossipsub_topics *t, struct gossipsub_topic *topic,
                            uint64_t until_ns)
{
    CHECK(topic->number < 0);
    list_remove(&topic->link);
    topic->fanout_until_ns = until_ns;
    if (until_ns != 0) {
        list_push_back(&t->fanout, &topic->link);
    } else {
        list_push_back(&t->left, &topic->link);
        topic->front = 0;
    }
}

struct gossipsub_edge *gossipsub_topic_edge(const struct gossipsub_topic *topic,
                                            const struct gossipsub_peer *peer)
{
    bool by_peer = peer->edge_count <= topic->edge_count;
    struct gossipsub_edge **edges = by_peer ? peer->edges : topic->edges;
    uint32_t count = by_peer ? peer->edge_count : topic->edge_count;
    for (uint32_t i = 0; i < count; i++) {
        if (edges[i]->topic == topic && edges[i]->peer == peer) {
            return edges[i];
        }
    }
    return NULL;
}

/* Room for one more in an array of edges; what it grew by. */
static size_t gossipsub_topic_grow(struct gossipsub_edge ***edges, uint32_t count, uint32_t *cap)
{
    if (count < *cap) {
        return 0;
    }
    uint32_t more = *cap == 0 ? CAP_MIN : *cap;
    *cap += more;
    *edges = mem_resize(*edges, *cap * sizeof **edges);
    return more * sizeof **edges;
}

struct gossipsub_edge *gossipsub_topic_enter(struct gossipsub_topics *t,
                                             struct gossipsub_topic *topic,
                                             struct gossipsub_peer *peer)
{
    if (peer->edge_count == GOSSIPSUB_PEER_TOPICS_MAX ||
        peer->names + topic->name_len > GOSSIPSUB_PEER_NAMES_MAX ||
        (topic->number < 0 && t->other_edges >= GOSSIPSUB_TOPIC_EDGES_MAX)) {
        return NULL;
    }
    struct gossipsub_edge *e = mem_new(sizeof *e);
    *e = (struct gossipsub_edge){.peer = peer, .topic = topic, .at = topic->edge_count};
    t->memory +=
        sizeof *e + gossipsub_topic_grow(&topic->edges, topic->edge_count, &topic->edge_cap);
    (void)gossipsub_topic_grow(&peer->edges, peer->edge_count, &peer->edge_cap);
    topic->edges[topic->edge_count++] = e;
    peer->edges[peer->edge_count++] = e;
    peer->names += (uint32_t)topic->name_len;
    t->other_edges += topic->number < 0 ? 1 : 0;
    return e;
}

static void gossipsub_topic_swap(struct gossipsub_topic *topic, uint32_t a, uint32_t b)
{
    struct gossipsub_edge *e = topic->edges[a];
    topic->edges[a] = topic->edges[b];
    topic->edges[b] = e;
    topic->edges[a]->at = a;
    topic->edges[b]->at = b;
}

void gossipsub_topic_exit(struct gossipsub_topics *t, struct gossipsub_edge *edge)
{
    struct gossipsub_topic *topic = edge->topic;
    struct gossipsub_peer *peer = edge->peer;
    uint32_t i = 0;
    if (gossipsub_topic_is_front(edge)) {
        gossipsub_topic_from_front(edge);
    }
    gossipsub_topic_swap(topic, edge->at, topic->edge_count - 1);
    topic->edge_count--;
    while (peer->edges[i] != edge) {
        i++;
    }
    peer->edges[i] = peer->edges[--peer->edge_count];
    peer->names -= (uint32_t)topic->name_len;
    t->other_edges -= topic->number < 0 ? 1 : 0;
    t->memory -= sizeof *edge;
    if (topic->edge_count == 0) {
        t->memory -= topic->edge_cap * sizeof(struct gossipsub_edge *);
        mem_free(topic->edges);
        topic->edges = NULL;
        topic->edge_cap = 0;
    }
    mem_free(edge);
    gossipsub_topic_release(t, topic);
}

void gossipsub_topic_to_front(struct gossipsub_edge *edge)
{
    struct gossipsub_topic *topic = edge->topic;
    CHECK(edge->at >= topic->front);
    gossipsub_topic_swap(topic, edge->at, topic->front);
    topic->front++;
}

void gossipsub_topic_from_front(struct gossipsub_edge *edge)
{
    struct gossipsub_topic *topic = edge->topic;
    CHECK(edge->at < topic->front);
    topic->front--;
    gossipsub_topic_swap(topic, edge->at, topic->front);
}

void gossipsub_topic_back_off(struct gossipsub_topic *topic, uint64_t hash, uint64_t until_ns)
{
    struct gossipsub_keys_entry e;
    uint64_t *old = gossipsub_keys_get(&topic->backoff, hash);
    if (old != NULL) {
        *old = *old < until_ns ? until_ns : *old;
        return;
    }
    if (gossipsub_keys_is_full(&topic->backoff)) {
        (void)gossipsub_keys_pop(&topic->backoff, &e);
    }
    gossipsub_keys_put(&topic->backoff, hash, until_ns);
}

uint64_t gossipsub_topic_backoff(const struct gossipsub_topic *topic, uint64_t hash)
{
    const uint64_t *until_ns = gossipsub_keys_get(&topic->backoff, hash);
    return until_ns != NULL ? *until_ns : 0;
}

void gossipsub_topic_forget(struct gossipsub_topic *topic, uint64_t now, uint64_t slack_ns)
{
    struct gossipsub_keys_entry e;
    while (topic->backoff.count > 0 &&
           gossipsub_keys_at(&topic->backoff, 0)->value + slack_ns <= now) {
        (void)gossipsub_keys_pop(&topic->backoff, &e);
    }
}

size_t gossipsub_topic_memory(const struct gossipsub_topics *t)
{
    return sizeof *t + t->memory + t->by_name.cap * sizeof(struct map_slot);
}

static void gossipsub_topic_check_one(const struct gossipsub_topic *topic)
{
    CHECK(topic->front <= topic->edge_count && topic->edge_count <= topic->edge_cap);
    CHECK(topic->number >= 0 || topic->fanout_until_ns != 0 || topic->front == 0);
    gossipsub_keys_check(&topic->backoff);
    for (uint32_t i = 0; i < topic->edge_count; i++) {
        CHECK(topic->edges[i]->at == i && topic->edges[i]->topic == topic);
        CHECK(gossipsub_topic_edge(topic, topic->edges[i]->peer) == topic->edges[i]);
    }
}

void gossipsub_topic_check(const struct gossipsub_topics *t)
{
    const struct gossipsub_topic *topic;
    size_t at = 0;
    size_t joined = 0;
    size_t others = 0;
    map_check(&t->by_name);
    while ((topic = map_next(&t->by_name, &at)) != NULL) {
        gossipsub_topic_check_one(topic);
        joined += topic->number >= 0 ? 1 : 0;
        others += topic->number >= 0 ? 0 : topic->edge_count;
    }
    CHECK(joined == t->joined_count && joined == list_count(&t->joined));
    CHECK(others == t->other_edges);
}
