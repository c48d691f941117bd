/*
 * Quests against a network that is a table in memory: every node knows all, answers at once, keeps
 * what it is given; some lie.
 */
#include "discovery/kad_quest.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wr.h"
#include "tests/base/unit.h"

#define NODES_MAX 1100
#define K 16
#define LIAR_NAMES 16

enum harm {
    HONEST,
    SILENT,
    FORGER, /* answers with a value that nobody signed */
    SYBIL   /* names sybils alone, keeps nothing and says that it did */
};

struct node {
    struct peerid id;
    struct kad_key key;
    enum harm harm;
    uint8_t sequence; /* of the value that it keeps; 0: none */
    bool is_provider; /* it knows one */
    unsigned asked;
};

struct net {
    struct node nodes[NODES_MAX];
    size_t count;
    struct kad kad;
    struct kad_quests quests;
    struct random_seeded seeded;
    struct random random;
    struct kad_store_time time;
    size_t asks; /* of look-ups */
    size_t puts;
    size_t extra; /* providers that one answer names besides */
    /* What was told of the quest that runs. */
    size_t found;
    struct peerid found_first;
    size_t values;
    uint8_t value[2];
    size_t providers;
    size_t done;
    int err;
    unsigned kept;
};

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

#define KEY UNIT_TEXT("/t/what")

static void make_id(struct net *n, struct peerid *id)
{
    id->len = 34;
    random_fill(&n->random, id->bytes, id->len);
    id->bytes[0] = 0x12;
    id->bytes[1] = 32;
}

static struct node *add_node(struct net *n, enum harm harm)
{
    struct node *node = &n->nodes[n->count++];
    *node = (struct node){.harm = harm};
    make_id(n, &node->id);
    kad_key_of(&node->key, peerid_span(&node->id));
    return node;
}

static struct net *net_new(uint64_t seed, size_t nodes)
{
    struct net *n = mem_new(sizeof *n);
    struct peerid self;
    random_seeded_init(&n->seeded, seed);
    n->random = random_from_seeded(&n->seeded);
    n->time = (struct kad_store_time){.now = 1000, .wall_ms = 1};
    make_id(n, &self);
    struct kad_config config = {
        .self = self, .k = K, .paths = 4, .alpha = 10, .beta = 3, .random = &n->random};
    kad_init(&n->kad, &config, n->time.now);
    struct kad_quests_config quests = {
        .kad = &n->kad, .validators = &validators, .random = &n->random};
    kad_quests_init(&n->quests, &quests, n->time.now);
    for (size_t i = 0; i < nodes; i++) {
        struct node *node = add_node(n, HONEST);
        kad_reached(&n->kad, &node->id, 0, n->time.now);
    }
    return n;
}

static void net_free(struct net *n)
{
    kad_quests_check(&n->quests);
    kad_quests_clear(&n->quests);
    kad_clear(&n->kad);
    mem_free(n);
}

static struct node *node_of(struct net *n, const struct peerid *id)
{
    for (size_t i = 0; i < n->count; i++) {
        if (peerid_is_equal(&n->nodes[i].id, id)) {
            return &n->nodes[i];
        }
    }
    return NULL;
}

/* The nearest to `target`, nearest first: of sybils, or of all. */
static size_t nearest(struct net *n, const struct kad_key *target, bool is_sybil,
                      const struct node *out[], size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < n->count; i++) {
        const struct node *node = &n->nodes[i];
        if ((is_sybil && node->harm != SYBIL) ||
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

static void answer(struct net *n, struct node *node, const struct kad_ask *ask)
{
    static uint8_t bytes[KAD_MSG_SIZE_MAX];
    const struct node *near[LIAR_NAMES];
    struct wr w;
    struct kad_key target;
    struct kad_msg m;
    uint8_t value[2] = {node->sequence, 's'};
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&w, ask->type, ask->key);
    if (node->harm == FORGER) {
        value[0] = 200;
        value[1] = 'x';
    }
    if (ask->type == KAD_MSG_GET_VALUE && (node->sequence > 0 || node->harm == FORGER)) {
        struct kad_msg_record record = {.key = ask->key, .value = span_of(value, sizeof value)};
        kad_msg_write_record(&w, &record);
    }
    kad_key_of(&target, ask->key);
    size_t count = nearest(n, &target, node->harm == SYBIL, near, LIAR_NAMES);
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
    assert_int_equal(rc,
                     node->harm == FORGER && ask->type == KAD_MSG_GET_VALUE ? WAVU_ERR_CRYPTO : 0);
}

static void serve(struct net *n, const struct kad_ask *ask)
{
    struct node *node = node_of(n, &ask->peer);
    if (node == NULL || node->harm == SILENT) {
        kad_quests_failed(&n->quests, ask->search, &ask->peer, n->time.now);
        return;
    }
    node->asked++;
    if (ask->type == KAD_MSG_ADD_PROVIDER) {
        n->puts++;
        node->is_provider = node->harm == HONEST;
        assert_int_equal(
            kad_quests_answered(&n->quests, ask->search, &ask->peer, 0, NULL, &n->time), 0);
        return;
    }
    if (ask->type == KAD_MSG_PUT_VALUE) {
        n->puts++;
        node->sequence = node->harm == HONEST ? ask->value.ptr[0] : node->sequence;
    } else {
        n->asks++;
    }
    answer(n, node, ask);
}

static void take_events(struct net *n)
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
            assert_non_null(node_of(n, &e.peer));
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

/* Until nobody is to be asked any more. */
static void pump(struct net *n)
{
    struct kad_ask ask;
    take_events(n);
    while (kad_quests_next_ask(&n->quests, n->time.now, &ask)) {
        n->time.now += 1000000;
        serve(n, &ask);
        take_events(n);
        kad_quests_check(&n->quests);
    }
}

static int run(struct net *n, const struct kad_quest_wish *wish)
{
    uint32_t number = 0;
    n->asks = n->puts = n->found = n->values = n->providers = n->done = 0;
    int rc = kad_quests_begin(&n->quests, wish, &n->time, &number);
    if (rc < 0) {
        return rc;
    }
    pump(n);
    assert_int_equal(n->done, 1);
    return n->err;
}

static int put(struct net *n, uint8_t sequence)
{
    uint8_t value[2] = {sequence, 's'};
    struct kad_quest_wish wish = {
        .kind = KAD_QUEST_PUT, .key = KEY, .value = span_of(value, sizeof value)};
    return run(n, &wish);
}

static int get(struct net *n)
{
    struct kad_quest_wish wish = {.kind = KAD_QUEST_GET, .key = KEY};
    return run(n, &wish);
}

/* Let servers be counted. */
static void count_servers(struct net *n)
{
    for (int i = 0; i < 2 * KAD_SIZE_SAMPLES_LEAST; i++) {
        n->time.now += KAD_QUEST_SAMPLE_NS;
        kad_quests_tick(&n->quests, n->time.now);
        pump(n);
    }
    assert_true(kad_quests_size(&n->quests) > 0);
}

/* Of the K nearest honest nodes, how many keep the newest. */
static size_t kept_near(struct net *n, uint8_t sequence)
{
    const struct node *near[K + 8 * K];
    struct kad_key target;
    size_t kept = 0;
    size_t honest = 0;
    kad_key_of(&target, KEY);
    size_t count = nearest(n, &target, false, near, sizeof near / sizeof near[0]);
    for (size_t i = 0; i < count && honest < K; i++) {
        honest += near[i]->harm == HONEST;
        kept += near[i]->harm == HONEST && near[i]->sequence == sequence;
    }
    return kept;
}

static void a_peer_is_found_or_not(void **state)
{
    (void)state;
    struct net *n = net_new(1, 300);
    struct peerid nobody;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_PEER, .key = peerid_span(&n->nodes[7].id)};
    assert_int_equal(run(n, &wish), 0);
    assert_int_equal(n->found, 1);
    assert_true(peerid_is_equal(&n->found_first, &n->nodes[7].id));
    assert_true(n->asks < 30);
    make_id(n, &nobody);
    wish.key = peerid_span(&nobody);
    assert_int_equal(run(n, &wish), WAVU_ERR_NOT_FOUND);
    n->nodes[8].harm = SILENT;
    wish.key = peerid_span(&n->nodes[8].id);
    assert_int_equal(run(n, &wish), WAVU_ERR_NOT_FOUND);
    net_free(n);
}

static void the_nearest_are_told_in_order(void **state)
{
    (void)state;
    struct net *n = net_new(2, 300);
    const struct node *near[1];
    struct kad_key target;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_NEAREST, .key = KEY};
    assert_int_equal(run(n, &wish), 0);
    assert_int_equal(n->found, K);
    kad_key_of(&target, KEY);
    (void)nearest(n, &target, false, near, 1);
    assert_true(peerid_is_equal(&n->found_first, &near[0]->id));
    net_free(n);
}

static void what_is_put_is_got(void **state)
{
    (void)state;
    struct net *n = net_new(3, 300);
    assert_int_equal(get(n), WAVU_ERR_NOT_FOUND);
    assert_int_equal(put(n, 5), 0);
    assert_true(n->kept >= K * 3 / 4);
    assert_int_equal(n->puts, K);
    assert_int_equal(kept_near(n, 5), K);
    assert_int_equal(get(n), 0);
    assert_int_equal(n->values, 1);
    assert_int_equal(n->value[0], 5);
    net_free(n);
}

static void found_again_takes_one_round(void **state)
{
    (void)state;
    struct net *n = net_new(4, 1000);
    struct kad_ask ask;
    uint32_t number = 0;
    size_t open = 0;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_GET, .key = KEY};
    assert_int_equal(put(n, 5), 0);
    assert_int_equal(get(n), 0);
    /* All that are asked before any answer comes: among them are holders. */
    assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &number), 0);
    while (kad_quests_next_ask(&n->quests, n->time.now, &ask)) {
        open += node_of(n, &ask.peer)->sequence == 5;
    }
    assert_true(open >= KAD_QUEST_QUORUM);
    kad_quests_cancel(&n->quests, number);
    assert_int_equal(get(n), 0);
    assert_true(n->asks <= KAD_CACHE_PEERS_MAX);
    assert_int_equal(n->puts, 0);
    net_free(n);
}

static void the_best_is_told_and_who_has_worse_is_corrected(void **state)
{
    (void)state;
    struct net *n = net_new(5, 300);
    assert_int_equal(put(n, 5), 0);
    n->time.now += KAD_CACHE_LIFE_NS;
    const struct node *near[K];
    struct kad_key target;
    kad_key_of(&target, KEY);
    (void)nearest(n, &target, false, near, K);
    node_of(n, &near[K - 1]->id)->sequence = 9; /* one alone knows the newest */
    struct kad_quest_wish wish = {.kind = KAD_QUEST_GET, .key = KEY, .enough = K};
    assert_int_equal(run(n, &wish), 0);
    assert_int_equal(n->value[0], 9);
    assert_int_equal(kept_near(n, 9), K);
    net_free(n);
}

static void what_nobody_signed_is_no_answer(void **state)
{
    (void)state;
    struct net *n = net_new(6, 300);
    assert_int_equal(put(n, 5), 0);
    n->time.now += KAD_CACHE_LIFE_NS;
    const struct node *near[K];
    struct kad_key target;
    kad_key_of(&target, KEY);
    (void)nearest(n, &target, false, near, K);
    for (size_t i = 0; i < K; i += 2) {
        node_of(n, &near[i]->id)->harm = FORGER;
        node_of(n, &near[i]->id)->asked = 0;
    }
    assert_int_equal(get(n), 0);
    assert_int_equal(n->values, 1);
    assert_int_equal(n->value[0], 5);
    for (size_t i = 0; i < K; i += 2) {
        if (near[i]->asked > 0) {
            assert_null(kad_table_get(&n->kad.table, &near[i]->id));
        }
    }
    uint8_t forged[2] = {5, 'x'};
    struct kad_quest_wish wish = {
        .kind = KAD_QUEST_PUT, .key = KEY, .value = span_of(forged, sizeof forged)};
    assert_int_equal(run(n, &wish), WAVU_ERR_CRYPTO);
    net_free(n);
}

static void providers_are_told_once_each(void **state)
{
    (void)state;
    struct net *n = net_new(7, 300);
    struct kad_quest_wish provide = {.kind = KAD_QUEST_PROVIDE, .key = KEY};
    struct kad_quest_wish find = {.kind = KAD_QUEST_PROVIDERS, .key = KEY};
    assert_int_equal(run(n, &find), WAVU_ERR_NOT_FOUND);
    assert_int_equal(run(n, &provide), 0);
    assert_int_equal(n->puts, K);
    assert_int_equal(run(n, &find), 0);
    assert_int_equal(n->providers, 1);
    n->extra = KAD_MSG_PROVIDERS_MAX - 1;
    assert_int_equal(run(n, &find), 0);
    assert_int_equal(n->providers, KAD_MSG_PROVIDERS_MAX);
    find.enough = 3;
    assert_int_equal(run(n, &find), 0);
    assert_true(n->providers >= 3);
    assert_true(n->asks <= KAD_CACHE_PEERS_MAX);
    net_free(n);
}

static void silent_ones_make_no_quest_hang(void **state)
{
    (void)state;
    struct net *n = net_new(8, 300);
    for (size_t i = 0; i < n->count; i += 3) {
        n->nodes[i].harm = SILENT;
    }
    assert_int_equal(put(n, 5), 0);
    assert_int_equal(get(n), 0);
    for (size_t i = 0; i < n->count; i++) {
        n->nodes[i].harm = SILENT;
    }
    n->time.now += KAD_CACHE_LIFE_NS;
    assert_int_equal(put(n, 6), WAVU_ERR_UNREACHABLE);
    net_free(n);
}

/* Sybils nearer than every honest node, which name each other alone. */
static void besiege(struct net *n, unsigned count)
{
    const struct node *near[1];
    struct kad_key target;
    kad_key_of(&target, KEY);
    (void)nearest(n, &target, false, near, 1);
    struct kad_key first = near[0]->key;
    for (unsigned made = 0; made < count;) {
        struct node *node = add_node(n, SYBIL);
        if (kad_key_compare(&target, &node->key, &first) < 0) {
            made++;
        } else {
            n->count--;
        }
    }
}

static void what_is_put_reaches_honest_nodes_through_a_siege(void **state)
{
    (void)state;
    for (unsigned sybils = K; sybils <= 4 * K; sybils *= 2) {
        size_t least = K;
        for (uint64_t seed = 20; seed < 26; seed++) {
            struct net *n = net_new(seed, 400);
            count_servers(n);
            besiege(n, sybils);
            assert_int_equal(put(n, 5), 0);
            size_t kept = kept_near(n, 5);
            least = kept < least ? kept : least;
            n->time.now += KAD_CACHE_LIFE_NS;
            assert_int_equal(get(n), 0);
            assert_int_equal(n->value[0], 5);
            net_free(n);
        }
        print_message("# %u sybils: %zu of the %d nearest honest nodes keep it, at least\n", sybils,
                      least, K);
        assert_true(least >= K * 3 / 4);
    }
}

static void few_nodes_and_an_untrue_density_end(void **state)
{
    (void)state;
    struct net *n = net_new(10, 3);
    for (int i = 0; i < KAD_SIZE_SAMPLES_LEAST; i++) {
        n->quests.size.slopes[i] = 1e9; /* as if there were billions */
    }
    n->quests.size.count = KAD_SIZE_SAMPLES_LEAST;
    assert_int_equal(put(n, 5), 0);
    assert_int_equal(n->puts, 3);
    net_free(n);
}

static void quests_are_bounded_and_may_be_cancelled(void **state)
{
    (void)state;
    struct net *n = net_new(11, 50);
    struct kad_quest_wish wish = {.kind = KAD_QUEST_NEAREST, .key = KEY};
    uint32_t numbers[KAD_QUESTS_MAX];
    uint32_t more = 0;
    struct kad_ask ask;
    for (size_t i = 0; i < KAD_QUESTS_MAX; i++) {
        assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &numbers[i]), 0);
    }
    assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &more), WAVU_ERR_LIMIT);
    assert_true(kad_quests_next_ask(&n->quests, n->time.now, &ask));
    for (size_t i = 0; i < KAD_QUESTS_MAX; i++) {
        kad_quests_cancel(&n->quests, numbers[i]);
        kad_quests_cancel(&n->quests, numbers[i]);
    }
    ask.key = KEY;  /* its own went with the quest */
    serve(n, &ask); /* an answer that comes too late */
    take_events(n);
    assert_int_equal(n->done, 0);
    assert_int_equal(n->quests.quest_count, 0);
    net_free(n);
    n = net_new(12, 0);
    assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &more), WAVU_ERR_NOT_FOUND);
    net_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_peer_is_found_or_not),
        UNIT(the_nearest_are_told_in_order),
        UNIT(what_is_put_is_got),
        UNIT(found_again_takes_one_round),
        UNIT(the_best_is_told_and_who_has_worse_is_corrected),
        UNIT(what_nobody_signed_is_no_answer),
        UNIT(providers_are_told_once_each),
        UNIT(silent_ones_make_no_quest_hang),
        UNIT(what_is_put_reaches_honest_nodes_through_a_siege),
        UNIT(few_nodes_and_an_untrue_density_end),
        UNIT(quests_are_bounded_and_may_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
