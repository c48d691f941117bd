/*
 * A thief has the whole serialised state of one device at one moment and everything ever sent, with
 * all outer encryption removed. It tries whatever the code can: what it may not read it must not be
 * able to, what the page admits it must.
 *
 * Two weaknesses can be planted (secrets of pairs kept after use, chains that do not move): the
 * same scenes must then be lost, or they would show nothing.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "tests/support/broadcasts.h"
#include "tests/support/group_world.h"

/* Weaknesses, planted by standing in for two functions of the code. */
static bool keeps_pairs;
static bool keeps_chains;

bool __real_epoch_graph_take_in(struct epoch_pair *pair, uint8_t secret[32]);
bool __wrap_epoch_graph_take_in(struct epoch_pair *pair, uint8_t secret[32]);
bool __wrap_epoch_graph_take_in(struct epoch_pair *pair, uint8_t secret[32])
{
    struct epoch_pair kept = *pair;
    bool has = __real_epoch_graph_take_in(pair, secret);

    if (keeps_pairs) {
        *pair = kept;
    }
    return has;
}

int __real_chain_take(struct chain *c, uint64_t now, const struct chain_peek *peek);
int __wrap_chain_take(struct chain *c, uint64_t now, const struct chain_peek *peek);
int __wrap_chain_take(struct chain *c, uint64_t now, const struct chain_peek *peek)
{
    return keeps_chains ? 0 : __real_chain_take(c, now, peek);
}

static struct group_world w;

#define CHANGES 64
#define SETS 256

/* What the thief knows. Changes it reconstructs are its own copies, with seeds where it has them.
 */
struct thief {
    struct epoch e; /* the stolen state, run by the code itself */
    size_t victim;
    struct epoch_change *changes[CHANGES]; /* with merge secrets, as far as known */
    bool has_seed[CHANGES];
    size_t change_count;
    struct epoch_set *sets[SETS]; /* epochs that it can derive anew, from their first generation */
    size_t set_count;
};

static void begin(size_t count)
{
    keeps_pairs = false;
    keeps_chains = false;
    group_world_init(&w, 21, &signer_ed25519);
    group_world_begin(&w, count);
}

/* Steal the state of `victim` as it is now. */
static void steal(struct thief *t, size_t victim)
{
    struct buf state;

    memset(t, 0, sizeof *t);
    t->victim = victim;
    group_world_steal(&w, victim, &state);
    CHECK(epoch_state_load(&t->e, &w.nodes[victim].config, w.now, buf_span(&state)) == 0);
    CHECK(epoch_seal_room(&t->e, w.room) == 0);
    buf_wipe(&state);
}

static void drop(struct thief *t)
{
    for (size_t i = 0; i < t->set_count; i++) {
        (void)epoch_set_free(t->sets[i]);
    }
    for (size_t i = 0; i < t->change_count; i++) {
        epoch_graph_free(t->changes[i]);
    }
    epoch_clear(&t->e);
}

static struct epoch_change *find(const struct thief *t, struct span hint)
{
    for (size_t i = 0; i < t->change_count; i++) {
        if (span_has_prefix(span_of(t->changes[i]->id, 32), hint)) {
            return t->changes[i];
        }
    }
    return NULL;
}

/* Every change ever said, with what the stolen state keeps of it. */
static void list_changes(struct thief *t)
{
    for (size_t i = 0; i < w.item_count; i++) {
        struct epoch_msg m;
        struct epoch_msg_change c;
        uint8_t id[32];
        if (w.items[i]->kind != GROUP_WORLD_SAID ||
            epoch_msg_read(&m, span_of(w.items[i]->bytes, w.items[i]->len)) < 0 ||
            m.kind != EPOCH_MSG_CHANGE) {
            continue;
        }
        CHECK(epoch_msg_read_change(&c, m.body) == 0 && t->change_count < CHANGES);
        signer_id(id, epoch_make_label, m.body);
        /* All views are public; whichever of those it has is the right one has the right hash. */
        struct epoch_members *members = NULL;
        for (size_t k = 0; k < w.node_count && members == NULL; k++) {
            struct epoch *e = w.nodes[k].is_up ? &w.nodes[k].e : NULL;
            members = e != NULL ? epoch_view_find(&e->views, c.log_heads) : NULL;
        }
        struct epoch_members *own = epoch_view_find(&t->e.views, c.log_heads);
        members = own != NULL ? own : members;
        CHECK(members != NULL);
        int author = epoch_view_slot(&t->e.views, c.author);
        struct epoch_change *change = epoch_graph_make(&c, id, author, epoch_view_ref(members));
        struct epoch_change *stolen = epoch_graph_find(&t->e.graph, id);
        if (stolen != NULL && stolen->has_secret) {
            change->has_secret = true;
            memcpy(change->merge, stolen->merge, 32);
        }
        if (stolen != NULL && stolen->pairs != NULL) {
            change->pairs = mem_new_array(members->count, sizeof *change->pairs);
            memcpy(change->pairs, stolen->pairs, members->count * sizeof *change->pairs);
        }
        t->changes[t->change_count++] = change;
    }
}

static void learn_seed(struct thief *t, struct epoch_change *c, const uint8_t seed[32])
{
    uint8_t root[32];

    if (c->pairs != NULL) { /* with the seed, all of them come back */
        mem_free(c->pairs);
        c->pairs = NULL;
    }
    c->has_secret = false;
    epoch_set_secrets(c, &t->e.views, t->e.self, seed, root);
    struct epoch_set *s = epoch_set_new(&t->e.views, w.group, &c, 1, t->e.self);
    CHECK(t->set_count < SETS);
    if (s != NULL) {
        epoch_set_fill(s, root);
        t->sets[t->set_count++] = s;
    }
    for (size_t i = 0; i < t->change_count; i++) {
        t->has_seed[i] = t->has_seed[i] || t->changes[i] == c;
    }
}

static bool has_seed(const struct thief *t, const struct epoch_change *c)
{
    for (size_t i = 0; i < t->change_count; i++) {
        if (t->changes[i] == c) {
            return t->has_seed[i];
        }
    }
    return false;
}

/* Try one wrap with every leaf, without a pair's secret and with each that there is. */
static bool crack_wrap(struct thief *t, const struct epoch_msg *m, struct epoch_change *c)
{
    struct wrap_about about = {.label = epoch_make_label_wrap,
                               .id = c->id,
                               .recipient = w.nodes[t->victim].device.public_key};
    uint8_t seed[32];
    uint8_t commitment[32];
    struct epoch_change *base = m->has_base ? find(t, span_of(m->base, sizeof m->base)) : NULL;

    for (size_t i = 0; i < t->e.leaf_count; i++) {
        const struct wrap_own *own = &t->e.leaves[i].own;
        for (size_t k = 0;
             m->has_base && base != NULL && base->pairs != NULL && k < base->members->count; k++) {
            about.base = base->id;
            about.pair = base->pairs[k].in; /* wiped ones, too: as zeros */
            if (wrap_open(seed, &m->sealed, own, &about, w.aead) == 0) {
                epoch_set_commit(commitment, seed);
                if (memcmp(commitment, c->commitment, 32) == 0) {
                    learn_seed(t, c, seed);
                    return true;
                }
            }
        }
        about.base = NULL;
        about.pair = NULL;
        if (!m->has_base && wrap_open(seed, &m->sealed, own, &about, w.aead) == 0) {
            learn_seed(t, c, seed);
            return true;
        }
    }
    return false;
}

/* All wraps to the victim. Returns whether one gave something new. */
static bool crack_wraps(struct thief *t)
{
    bool has_news = false;

    for (size_t i = 0; i < w.item_count; i++) {
        struct epoch_msg m;
        if (w.items[i]->kind != GROUP_WORLD_TOLD || w.items[i]->to != t->victim ||
            epoch_msg_read(&m, span_of(w.items[i]->bytes, w.items[i]->len)) < 0 ||
            m.kind != EPOCH_MSG_WRAP) {
            continue;
        }
        struct epoch_change *c = find(t, span_of(m.change, sizeof m.change));
        if (c != NULL && !has_seed(t, c)) {
            has_news = crack_wrap(t, &m, c) || has_news;
        }
    }
    return has_news;
}

/* All derived changes whose parents' merge secrets it has. */
static bool crack_derived(struct thief *t)
{
    bool has_news = false;

    for (size_t i = 0; i < t->change_count; i++) {
        struct epoch_change *c = t->changes[i];
        struct epoch_change *parents[EPOCH_MSG_PARENTS_MAX];
        struct epoch_msg_change about = {.sequence = c->sequence};
        bool has_all = c->kind == EPOCH_MSG_DERIVED && !t->has_seed[i] && c->author >= 0;
        uint8_t seed[32];
        for (size_t k = 0; has_all && k < c->parent_count; k++) {
            parents[k] = find(t, span_of(c->parents + 32 * k, 32));
            has_all = parents[k] != NULL && parents[k]->has_secret;
        }
        if (has_all) {
            memcpy(about.group, w.group, 32);
            memcpy(about.author, t->e.views.devices[c->author].id, 32);
            memcpy(about.members, c->members->hash, 32);
            epoch_set_derive(seed, &about, parents, c->parent_count);
            learn_seed(t, c, seed);
            has_news = true;
        }
    }
    return has_news;
}

/* Every epoch of several heads that was ever named, from merge secrets. */
static void crack_names(struct thief *t)
{
    for (size_t i = 0; i < w.item_count; i++) {
        struct epoch_msg m;
        struct epoch_change *heads[EPOCH_MSG_PARENTS_MAX];
        const uint8_t *id = NULL;
        size_t at = 0;
        bool has_all = true;
        if (w.items[i]->kind != GROUP_WORLD_SAID ||
            epoch_msg_read(&m, span_of(w.items[i]->bytes, w.items[i]->len)) < 0 ||
            m.kind != EPOCH_MSG_NAME) {
            continue;
        }
        for (size_t k = 0; (id = epoch_msg_next_id(&m, &at)) != NULL; k++) {
            heads[k] = find(t, span_of(id, 32));
            has_all = has_all && heads[k] != NULL && heads[k]->has_secret;
        }
        uint8_t root[32];
        struct epoch_set *s =
            has_all ? epoch_set_new(&t->e.views, w.group, heads, m.id_count, t->e.self) : NULL;
        if (s != NULL) {
            epoch_set_root(s, root);
            epoch_set_fill(s, root);
            CHECK(t->set_count < SETS);
            t->sets[t->set_count++] = s;
        }
    }
}

/* Do all of it, and let the code itself run on with all that was sent, too. */
static void work(struct thief *t)
{
    list_changes(t);
    while (crack_wraps(t) || crack_derived(t)) {
    }
    crack_names(t);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < w.item_count; i++) {
            struct group_world_item *item = w.items[i];
            struct epoch_event event;
            if (item->kind == GROUP_WORLD_SAID || item->kind == GROUP_WORLD_TOLD) {
                int rc = epoch_feed(&t->e, w.now, w.nodes[item->from].device.public_key,
                                    span_of(item->bytes, item->len));
                (void)rc;
            }
            while (epoch_next_event(&t->e, &event)) {
            }
        }
    }
}

/* Open `item` with keys of an epoch derived anew; the chains stay where they are. */
static bool reads_by_set(const struct thief *t, struct epoch_set *s,
                         const struct group_world_item *item)
{
    struct epoch_members *all = t->e.current;
    struct epoch e = t->e; /* the code's opening, with nothing but that epoch */
    struct entry entry;
    struct epoch_seal where;
    uint8_t room[512];

    (void)all;
    list_init(&e.sets);
    list_init(&e.out);
    list_push_back(&e.sets, &s->link);
    e.set_count = 1;
    e.bar = EPOCH_OUTSIDE;
    int own = s->own;
    s->own = -1; /* the victim's own words are as good as any */
    struct chain *chains = epoch_set_chains(s, &t->e.views);
    s->chains = mem_new_array(s->count, sizeof *chains);
    memcpy(s->chains, chains, s->count * sizeof *chains);
    struct entry_proof_named by;
    const struct epoch_seal_came came = {.bytes = span_of(item->bytes, item->len), .by = &by};
    broadcasts_name(&by, &item->entry, w.group);
    int rc = epoch_seal_open(&e, w.now, &came, span_mut_of(room, sizeof room), &entry, &where);
    for (size_t i = 0; i < s->count; i++) {
        if (s->chains[i].skipped != chains[i].skipped) {
            mem_free(s->chains[i].skipped);
        }
    }
    mem_free(s->chains);
    s->chains = chains;
    s->own = own;
    list_remove(&s->link);
    return rc == 0;
}

/* Whether the thief can read that entry, in any way. */
static bool reads(struct thief *t, const struct group_world_item *item)
{
    uint8_t room[512];
    struct entry entry;
    struct epoch_seal where;
    bool can = false;

    for (size_t i = 0; i < t->set_count && !can; i++) {
        can = reads_by_set(t, t->sets[i], item);
    }
    if (!can) {
        struct entry_proof_named by;
        const struct epoch_seal_came came = {.bytes = span_of(item->bytes, item->len), .by = &by};
        broadcasts_name(&by, &item->entry, w.group);
        can = epoch_seal_open(&t->e, w.now, &came, span_mut_of(room, sizeof room), &entry,
                              &where) == 0;
    }
    return can;
}

static void change(size_t node, bool is_full)
{
    assert_int_equal(epoch_make_change(&w.nodes[node].e, w.now, is_full), 0);
    group_world_pump(&w, node);
    group_world_run(&w);
}

static struct group_world_item *say(size_t node)
{
    struct group_world_item *item = group_world_must_write(&w, node);

    group_world_run(&w);
    return item;
}

/* What all have said and heard under epochs of one head, before the theft. */
static size_t past_read(size_t victim, bool plants_pairs, bool plants_chains)
{
    struct group_world_item *past[12];
    size_t count = 0;
    size_t read = 0;
    struct thief t;

    begin(3);
    for (size_t i = 0; i < 3; i++) { /* so that all have wrapped to all with a pair's secret */
        change(i, false);
    }
    keeps_pairs = plants_pairs;
    keeps_chains = plants_chains;
    for (size_t round = 0; round < 2; round++) {
        change(0, round == 1);
        for (size_t i = 0; i < 3; i++) {
            past[count++] = say(i);
            past[count++] = say(i);
        }
    }
    keeps_chains = false;
    steal(&t, victim);
    work(&t);
    for (size_t i = 0; i < count; i++) {
        read += reads(&t, past[i]);
    }
    drop(&t);
    group_world_clear(&w);
    return read;
}

static void test_used_keys_do_not_come_back(void **state)
{
    (void)state;
    for (size_t victim = 0; victim < 3; victim++) {
        assert_int_equal(past_read(victim, false, false), 0);
    }
}

static void a_kept_pair_secret_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(past_read(1, true, false), 12);
}

static void a_chain_that_does_not_move_is_noticed(void **state)
{
    (void)state;
    assert_true(past_read(1, false, true) > 0);
}

static void what_comes_next_can_be_read_until_the_victim_changes(void **state)
{
    (void)state;
    struct thief t;
    begin(3);
    change(1, false);
    steal(&t, 1);
    struct group_world_item *under_old = say(0);
    change(0, false); /* another's change does not heal the victim: the thief has its leaf */
    struct group_world_item *under_others = say(2);
    change(2, true);
    struct group_world_item *under_full = say(0);
    work(&t);
    assert_true(reads(&t, under_old));
    assert_true(reads(&t, under_others));
    assert_true(reads(&t, under_full));
    drop(&t);
    group_world_clear(&w);
}

static void heals(bool is_full)
{
    struct thief t;
    struct group_world_item *after[8];
    size_t count = 0;

    begin(4);
    change(1, false);
    steal(&t, 1);
    struct group_world_item *before = say(2);
    change(1, is_full);
    after[count++] = say(0);
    after[count++] = say(1);
    change(0, false);
    after[count++] = say(2);
    change(3, true);
    after[count++] = say(1);
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
    group_world_run(&w);
    after[count++] = say(newcomer);
    work(&t);
    assert_true(reads(&t, before));
    for (size_t i = 0; i < count; i++) {
        assert_false(reads(&t, after[i]));
    }
    drop(&t);
    group_world_clear(&w);
}

static void test_a_change_heals(void **state)
{
    (void)state;
    heals(false);
    heals(true);
}

static void test_a_partition_heals_by_itself(void **state)
{
    (void)state;
    struct thief t;
    begin(6);
    change(1, false);
    steal(&t, 1);
    for (size_t i = 3; i < 6; i++) {
        w.nodes[i].part = 1;
    }
    change(1, false); /* the victim's half is healed */
    struct group_world_item *here = say(0);
    change(4, false); /* the other half has not heard of it */
    struct group_world_item *there = say(5);
    for (size_t i = 3; i < 6; i++) {
        w.nodes[i].part = 0;
    }
    group_world_run(&w);
    struct group_world_item *together = say(3); /* under both heads: one healed one is enough */
    change(2, false);
    struct group_world_item *later = say(4);
    assert_true(here->opened[5] && there->opened[0] && together->opened[1] && later->opened[1]);
    work(&t);
    assert_false(reads(&t, here));
    assert_true(reads(&t, there));
    assert_false(reads(&t, together));
    assert_false(reads(&t, later));
    drop(&t);
    group_world_clear(&w);
}

/* Two changes at once, and entries under both heads, before the theft. */
static struct group_world_item *under_two_heads(void)
{
    begin(4);
    for (size_t i = 0; i < 4; i++) {
        change(i, false);
    }
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    assert_int_equal(epoch_make_change(&w.nodes[3].e, w.now, false), 0);
    group_world_pump(&w, 0);
    group_world_pump(&w, 3);
    group_world_run(&w);
    assert_int_equal(w.nodes[1].e.graph.head_count, 2);
    return say(2);
}

static void test_merge_secrets_reopen_until_forgotten(void **state)
{
    (void)state;
    struct thief t;
    struct group_world_item *item = under_two_heads();
    assert_true(item->opened[1]);
    steal(&t, 1);
    work(&t);
    assert_true(reads(&t, item));
    drop(&t);
    group_world_clear(&w);
}

static void test_forgotten_epochs_stay_shut(void **state)
{
    (void)state;
    struct thief t;
    struct group_world_item *item = under_two_heads();
    assert_true(item->opened[1]);
    change(2, false);
    struct group_world_item *next = say(0);
    struct epoch *e = &w.nodes[1].e;
    for (size_t i = 0; i < 4; i++) { /* all frontiers have passed */
        epoch_passed(e, w.now, w.nodes[i].device.public_key, next->epoch);
    }
    assert_int_equal(e->graph.count, 1);
    steal(&t, 1);
    work(&t);
    assert_false(reads(&t, item));
    assert_false(reads(&t, next));
    drop(&t);
    /* Seven days do the same without anybody's frontier. */
    group_world_clear(&w);
    item = under_two_heads();
    change(2, false);
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(&w.nodes[1].e, w.now);
    steal(&t, 1);
    work(&t);
    assert_false(reads(&t, item));
    drop(&t);
    group_world_clear(&w);
}

/* The removed device as its own thief: it has its state of now and hears everything. */
static void who_is_removed_hears_everything_and_reads_nothing(void **state)
{
    (void)state;
    struct thief t;
    begin(4);
    for (size_t i = 0; i < 4; i++) {
        change(i, true);
    }
    steal(&t, 3);
    struct group_world_item *before = say(1);
    group_world_log(&w, 0, true, 3);
    struct group_world_item *after = say(0);
    group_world_run(&w);
    struct group_world_item *later = say(2);
    change(1, false);
    struct group_world_item *last = say(1);
    work(&t);
    assert_true(reads(&t, before));
    assert_false(reads(&t, after));
    assert_false(reads(&t, later));
    assert_false(reads(&t, last));
    drop(&t);
    group_world_clear(&w);
}

/* A newcomer with all that was sent before it came. */
static void a_newcomer_reads_nothing_of_old_recordings(void **state)
{
    (void)state;
    struct thief t;
    begin(3);
    change(1, true);
    struct group_world_item *before = say(0);
    struct group_world_item *latest = say(1);
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
    group_world_run(&w);
    struct group_world_item *after =
        group_world_must_write(&w, 2); /* the newcomer has yet to get it */
    steal(&t, newcomer);
    work(&t);
    assert_false(reads(&t, before));
    assert_false(reads(&t, latest));
    assert_true(reads(&t, after));
    drop(&t);
    group_world_clear(&w);
}

/* A derived change stands between: its seed can be had again from merge secrets that are kept, so
 * wraps among those who had a seed change in common are not based on it. */
static void used_keys_do_not_come_back_through_a_derived_change(void **state)
{
    (void)state;
    struct thief t;
    begin(3);
    for (size_t i = 0; i < 3; i++) {
        change(i, false);
    }
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
    group_world_run(&w);
    change(0, false);
    struct group_world_item *said = say(0);
    struct group_world_item *heard = say(2);
    steal(&t, 1);
    work(&t);
    assert_false(reads(&t, said));
    assert_false(reads(&t, heard));
    drop(&t);
    group_world_clear(&w);
}

/* The admitted limit: a wrap without base rests on the leaf alone, until its owner's next change
 * and what follows it. */
static void a_wrap_without_base_rests_on_the_leaf(void **state)
{
    (void)state;
    struct thief t;
    begin(3); /* the first change of all: its wraps have no base */
    struct group_world_item *first = say(0);
    assert_true(first->opened[1]);
    steal(&t, 1);
    work(&t);
    assert_true(reads(&t, first));
    drop(&t);
    change(1, false); /* the leaf is replaced; the old one is kept for a week */
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(&w.nodes[1].e, w.now);
    steal(&t, 1);
    work(&t);
    assert_false(reads(&t, first));
    drop(&t);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_used_keys_do_not_come_back),
        UNIT(a_kept_pair_secret_is_noticed),
        UNIT(a_chain_that_does_not_move_is_noticed),
        UNIT(what_comes_next_can_be_read_until_the_victim_changes),
        UNIT(test_a_change_heals),
        UNIT(test_a_partition_heals_by_itself),
        UNIT(test_merge_secrets_reopen_until_forgotten),
        UNIT(test_forgotten_epochs_stay_shut),
        UNIT(who_is_removed_hears_everything_and_reads_nothing),
        UNIT(a_newcomer_reads_nothing_of_old_recordings),
        UNIT(used_keys_do_not_come_back_through_a_derived_change),
        UNIT(a_wrap_without_base_rests_on_the_leaf),
    };
    return cmocka_run_group_tests_name("epoch_thief", tests, NULL, NULL);
}
