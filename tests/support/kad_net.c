/*
 * Kademlia as a table in memory.
 */
#include "tests/support/kad_net.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wr.h"
#include "tests/base/unit.h"

/* A value is two bytes: a sequence, and a mark that it is signed. */
static int check_test(struct kad_record *r, struct span rest, uint64_t wall_ms)
{
    (void)rest;
    (void)wall_ms;
    if (r->value.len != 2) {
        return WAVU_ERR_PROTO;
    }
    if (r->value.ptr[1] != 's') {
        return WAVU_ERR_CRYPTO;
    }
    r->sequence = r->value.ptr[0];
    r->end_ms = KAD_RECORD_NO_END;
    return 0;
}

static const struct kad_validator validator = {"t", 16, check_test};
static const struct kad_validators validators = {&validator, 1};

void kad_net_id(struct kad_net *n, struct peerid *id)
{
    id->len = 34;
    random_fill(&n->random, id->bytes, id->len);
    id->bytes[0] = 0x12;
    id->bytes[1] = 32;
}

static struct kad_net_node *kad_net_add(struct kad_net *n, enum kad_net_harm harm)
{
    struct kad_net_node *node = &n->nodes[n->count++];
    *node = (struct kad_net_node){.harm = harm};
    kad_net_id(n, &node->id);
    kad_key_of(&node->key, peerid_span(&node->id));
    return node;
}

struct kad_net *kad_net_new(uint64_t seed, size_t nodes)
{
    struct kad_net *n = mem_new(sizeof *n);
    struct peerid self;
    random_seeded_init(&n->seeded, seed);
    n->random = random_from_seeded(&n->seeded);
    n->time = (struct kad_store_time){.now = 1000, .wall_ms = 1};
    kad_net_id(n, &self);
    struct kad_config config = {
        .self = self, .k = KAD_NET_K, .paths = 4, .alpha = 10, .beta = 3, .random = &n->random};
    kad_init(&n->kad, &config, n->time.now);
    struct kad_quests_config quests = {
        .kad = &n->kad, .validators = &validators, .random = &n->random};
    kad_quests_init(&n->quests, &quests, n->time.now);
    for (size_t i = 0; i < nodes; i++) {
        struct kad_net_node *node = kad_net_add(n, KAD_NET_HONEST);
        kad_reached(&n->kad, &node->id, 0, n->time.now);
    }
    return n;
}

void kad_net_free(struct kad_net *n)
{
    kad_quests_check(&n->quests);
    kad_quests_clear(&n->quests);
    kad_clear(&n->kad);
    mem_free(n);
}

struct kad_net_node *kad_net_of(struct kad_net *n, const struct peerid *id)
{
    for (size_t i = 0; i < n->count; i++) {
        if (peerid_is_equal(&n->nodes[i].id, id)) {
            return &n->nodes[i];
        }
    }
    return NULL;
}

size_t kad_net_nearest(struct kad_net *n, const struct kad_key *target, bool is_sybil,
                       const struct kad_net_node *out[], size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < n->count; i++) {
        const struct kad_net_node *node = &n->nodes[i];
        if ((is_sybil && node->harm != KAD_NET_SYBIL) ||
            (count == max && kad_key_compare(target, &node->key, &out[max - 1]->key) > 0)) {
            continue;
        }
        size_t at = count < max ? count++ : max - 1;
        while (at > 0 && kad_key_compare(target, &node->key, &out[at - 1]->key) < 0) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = node;
    }
    return count;
}

static void write_peer(struct wr *w, const struct peerid *id, bool is_provider)
{
    struct kad_msg_peer p = {.id = peerid_span(id)};
    if (is_provider) {
        kad_msg_write_provider(w, &p);
    } else {
        kad_msg_write_nearer(w, &p);
    }
}

static void answer(struct kad_net *n, struct kad_net_node *node, const struct kad_ask *ask)
{
    static uint8_t bytes[KAD_MSG_SIZE_MAX];
    const struct kad_net_node *near[KAD_NET_NAMES];
    struct wr w;
    struct kad_key target;
    struct kad_msg m;
    uint8_t value[2] = {node->sequence, 's'};
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&w, ask->type, ask->key);
    if (node->harm == KAD_NET_FORGER) {
        value[0] = 200;
        value[1] = 'x';
    }
    if (ask->type == KAD_MSG_PUT_VALUE ||
        (ask->type == KAD_MSG_GET_VALUE && (node->sequence > 0 || node->harm == KAD_NET_FORGER))) {
        struct kad_msg_record record = {.key = ask->key, .value = span_of(value, sizeof value)};
        if (ask->type == KAD_MSG_PUT_VALUE && node->harm == KAD_NET_SYBIL) {
            record.value = ask->value; /* it says so */
        }
        kad_msg_write_record(&w, &record);
    }
    kad_key_of(&target, ask->key);
    size_t count = kad_net_nearest(n, &target, node->harm == KAD_NET_SYBIL, near, KAD_NET_NAMES);
    for (size_t i = 0; i < count; i++) {
        write_peer(&w, &near[i]->id, false);
    }
    for (size_t i = 0; ask->type == KAD_MSG_GET_PROVIDERS && node->is_provider && i <= n->extra;
         i++) {
        write_peer(&w, &n->nodes[i].id, true);
    }
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(kad_msg_decode(&m, wr_span(&w)), 0);
    int rc = kad_quests_answered(&n->quests, ask->search, &node->id, 0, &m, &n->time);
    assert_int_equal(
        rc, node->harm == KAD_NET_FORGER && ask->type == KAD_MSG_GET_VALUE ? WAVU_ERR_CRYPTO : 0);
}

void kad_net_serve(struct kad_net *n, const struct kad_ask *ask)
{
    struct kad_net_node *node = kad_net_of(n, &ask->peer);
    if (node == NULL || node->harm == KAD_NET_SILENT) {
        kad_quests_failed(&n->quests, ask->search, &ask->peer, n->time.now);
        return;
    }
    node->asked++;
    if (ask->type == KAD_MSG_ADD_PROVIDER) {
        n->puts++;
        node->is_provider = node->harm == KAD_NET_HONEST;
        assert_int_equal(
            kad_quests_answered(&n->quests, ask->search, &ask->peer, 0, NULL, &n->time), 0);
        return;
    }
    if (ask->type == KAD_MSG_PUT_VALUE) {
        n->puts++;
        if (node->harm == KAD_NET_HONEST && ask->value.ptr[0] > node->sequence) {
            node->sequence = ask->value.ptr[0];
        }
    } else {
        n->asks++;
    }
    answer(n, node, ask);
}

void kad_net_take(struct kad_net *n)
{
    struct kad_quest_event e;
    while (kad_quests_next_event(&n->quests, &e, n->time.now)) {
        switch (e.kind) {
        case KAD_QUEST_FOUND:
            n->found_first = n->found == 0 ? e.peer : n->found_first;
            n->found++;
            break;
        case KAD_QUEST_VALUE:
            memcpy(n->value, e.value.ptr, sizeof n->value);
            n->values++;
            break;
        case KAD_QUEST_PROVIDER:
            assert_non_null(kad_net_of(n, &e.peer));
            n->providers++;
            break;
        case KAD_QUEST_DONE:
            n->err = e.err;
            n->kept = e.count;
            n->done++;
            break;
        }
    }
}

void kad_net_pump(struct kad_net *n)
{
    struct kad_ask ask;
    kad_net_take(n);
    while (kad_quests_next_ask(&n->quests, n->time.now, &ask)) {
        n->time.now += 1000000;
        kad_net_serve(n, &ask);
        kad_net_take(n);
        kad_quests_check(&n->quests);
    }
}

int kad_net_run(struct kad_net *n, const struct kad_quest_wish *wish)
{
    uint32_t number = 0;
    n->asks = n->puts = n->found = n->values = n->providers = n->done = 0;
    int rc = kad_quests_begin(&n->quests, wish, &n->time, &number);
    if (rc < 0) {
        return rc;
    }
    kad_net_pump(n);
    assert_int_equal(n->done, 1);
    return n->err;
}

int kad_net_put(struct kad_net *n, uint8_t sequence)
{
    uint8_t value[2] = {sequence, 's'};
    struct kad_quest_wish wish = {
        .kind = KAD_QUEST_PUT, .key = KAD_NET_KEY, .value = span_of(value, sizeof value)};
    return kad_net_run(n, &wish);
}

int kad_net_get(struct kad_net *n)
{
    struct kad_quest_wish wish = {.kind = KAD_QUEST_GET, .key = KAD_NET_KEY};
    return kad_net_run(n, &wish);
}

void kad_net_count(struct kad_net *n)
{
    for (int i = 0; i < 2 * KAD_SIZE_SAMPLES_LEAST; i++) {
        n->time.now += KAD_QUEST_SAMPLE_NS;
        kad_quests_tick(&n->quests, n->time.now);
        kad_net_pump(n);
    }
    assert_true(kad_quests_size(&n->quests) > 0);
}

size_t kad_net_kept(struct kad_net *n, uint8_t sequence)
{
    const struct kad_net_node *near[KAD_NET_K + 8 * KAD_NET_K];
    struct kad_key target;
    size_t kept = 0;
    size_t honest = 0;
    kad_key_of(&target, KAD_NET_KEY);
    size_t count = kad_net_nearest(n, &target, false, near, sizeof near / sizeof near[0]);
    for (size_t i = 0; i < count && honest < KAD_NET_K; i++) {
        honest += near[i]->harm == KAD_NET_HONEST;
        kept += near[i]->harm == KAD_NET_HONEST && near[i]->sequence == sequence;
    }
    return kept;
}

void kad_net_besiege(struct kad_net *n, unsigned count)
{
    const struct kad_net_node *near[1];
    struct kad_key target;
    kad_key_of(&target, KAD_NET_KEY);
    (void)kad_net_nearest(n, &target, false, near, 1);
    struct kad_key first = near[0]->key;
    for (unsigned made = 0; made < count;) {
        struct kad_net_node *node = kad_net_add(n, KAD_NET_SYBIL);
        if (kad_key_compare(&target, &node->key, &first) < 0) {
            made++;
        } else {
            n->count--;
        }
    }
}
