/*
 * Saved state: everything survives, at every step; damage and newer forms are told apart.
 */
#include "tests/base/unit.h"

#include <stdlib.h>

#include "group/epoch_room.h"
#include "tests/support/group_world.h"

static struct group_world w;

/* Save and load every device, as if all restarted in good order: nothing is lost. */
static void reload_all(void)
{
    for (size_t i = 0; i < w.node_count; i++) {
        struct group_world_node *n = &w.nodes[i];
        struct buf a;
        struct buf b;
        buf_init(&a, EPOCH_STATE_SIZE_MAX);
        buf_init(&b, EPOCH_STATE_SIZE_MAX);
        assert_int_equal(epoch_state_save(&n->e, w.now, &a), 0);
        epoch_clear(&n->e);
        /* The clock of another boot. */
        assert_int_equal(epoch_state_load(&n->e, &n->config, 5, buf_span(&a)), 0);
        n->e.offset = 5 + n->e.offset - w.now;
        assert_int_equal(epoch_state_save(&n->e, w.now, &b), 0);
        epoch_check(&n->e);
        /* Own chains stand at the end of their block now; loaded again, nothing else changes. */
        epoch_clear(&n->e);
        assert_int_equal(epoch_state_load(&n->e, &n->config, w.now, buf_span(&b)), 0);
        buf_wipe(&a);
        buf_init(&a, EPOCH_STATE_SIZE_MAX);
        assert_int_equal(epoch_state_save(&n->e, w.now, &a), 0);
        assert_true(span_is_equal(buf_span(&a), buf_span(&b)));
        buf_wipe(&a);
        buf_wipe(&b);
    }
}

/* Time for what is asked for once a second at most. */
static void let_a_second_pass(void)
{
    w.now += EPOCH_SAVE_GAP_NS;
    for (size_t i = 0; i < w.node_count; i++) {
        epoch_tick(&w.nodes[i].e, w.now);
        group_world_pump(&w, i);
    }
}

static void everybody_reads(const struct group_world_item *item)
{
    for (size_t i = 0; i < w.node_count; i++) {
        assert_true(item->opened[i]);
    }
}

static void a_group_goes_on_over_restarts_at_every_step(void **state)
{
    (void)state;
    group_world_init(&w, 61, &signer_ed25519);
    group_world_begin(&w, 3);
    reload_all();
    struct group_world_item *item = group_world_must_write(&w, 0);
    reload_all();
    group_world_run(&w);
    everybody_reads(item);
    /* A gap, kept over the restart. */
    struct group_world_item *late = group_world_must_write(&w, 1);
    item = group_world_must_write(&w, 1);
    late->has[0] = true;
    group_world_run(&w);
    assert_int_equal(w.nodes[0].e.skipped, 1);
    reload_all();
    assert_int_equal(w.nodes[0].e.skipped, 1);
    late->has[0] = false;
    group_world_run(&w);
    everybody_reads(late);
    /* Changes on their way, two at once, one full. */
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, true), 0);
    assert_int_equal(epoch_make_change(&w.nodes[2].e, w.now, false), 0);
    reload_all();
    for (size_t i = 0; i < 3; i++) {
        group_world_pump(&w, i);
        reload_all();
    }
    group_world_run(&w);
    reload_all();
    item = group_world_must_write(&w, 1);
    reload_all();
    group_world_run(&w);
    everybody_reads(item);
    reload_all();
    /* A newcomer who asks, and is answered after a restart of both. */
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 1, false, newcomer);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, 1, newcomer), 0);
    reload_all();
    group_world_run(&w);
    reload_all();
    item = group_world_must_write(&w, newcomer);
    group_world_run(&w);
    everybody_reads(item);
    group_world_clear(&w);
}

/* A wrap that came before its change, over a restart. */
static void what_waits_survives(void **state)
{
    (void)state;
    group_world_init(&w, 62, &signer_ed25519);
    group_world_begin(&w, 2);
    size_t first = w.item_count;
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    for (size_t i = w.item_count; i > first; i--) {
        (void)group_world_deliver(&w, 1, i - 1);
        reload_all();
    }
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_READY);
    assert_int_equal(w.nodes[1].e.graph.count, 2);
    group_world_clear(&w);
}

/* Names keep their shares: else a member's could push out others' behind every restart. */
static void names_stay_their_members_own(void **state)
{
    (void)state;
    group_world_init(&w, 64, &signer_ed25519);
    group_world_begin(&w, 2);
    struct epoch_graph *g = &w.nodes[1].e.graph;
    for (uint64_t i = 0; i < EPOCH_GRAPH_PAST_MAX; i++) {
        uint8_t id[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
        assert_true(epoch_graph_restore(g, id, i / 3 << 40, i % 5 == 0));
    }
    struct epoch_graph before = *g;
    reload_all();
    assert_int_equal(g->past_count, before.past_count);
    assert_memory_equal(g->past, before.past, sizeof g->past);
    assert_memory_equal(g->past_by, before.past_by, sizeof g->past_by);
    assert_memory_equal(g->past_said, before.past_said, sizeof g->past_said);
    group_world_clear(&w);
}

static void ages_go_on_over_a_restart(void **state)
{
    (void)state;
    group_world_init(&w, 63, &signer_ed25519);
    group_world_begin(&w, 2);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    struct group_world_node *n = &w.nodes[1];
    struct buf b;
    let_a_second_pass();
    let_a_second_pass();
    uint64_t left = epoch_deadline(&n->e) - w.now;
    w.now += left - 1;
    group_world_steal(&w, 1, &b);
    epoch_clear(&n->e);
    assert_int_equal(epoch_state_load(&n->e, &n->config, 7, buf_span(&b)), 0);
    assert_true(epoch_deadline(&n->e) == 7 + 1);
    epoch_tick(&n->e, 7);
    assert_int_equal(n->e.graph.count, 2);
    epoch_tick(&n->e, 8);
    assert_int_equal(n->e.graph.count, 1);
    buf_wipe(&b);
    group_world_clear(&w);
}

static void damage_is_noticed_and_leaks_nothing(void **state)
{
    (void)state;
    struct buf b;
    struct epoch e;
    group_world_init(&w, 64, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    (void)group_world_must_write(&w, 0);
    (void)group_world_must_write(&w, 0);
    (void)group_world_deliver(&w, 1, w.item_count - 1);
    group_world_steal(&w, 1, &b);
    const struct epoch_config *config = &w.nodes[1].config;
    for (size_t len = 0; len < b.len; len += len < 300 ? 1 : 37) {
        int rc = epoch_state_load(&e, config, w.now, span_of(b.ptr, len));
        assert_true(rc == WAVU_ERR_CORRUPT || rc == 0);
        if (rc == 0) { /* cut between two parts at the end */
            epoch_check(&e);
            epoch_clear(&e);
        }
    }
    for (size_t at = 0; at < b.len; at++) { /* it may load, but never break anything */
        b.ptr[at] ^= (uint8_t)(1u << at % 8);
        int rc = epoch_state_load(&e, config, w.now, buf_span(&b));
        assert_true(rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED || rc == 0);
        if (rc == 0) {
            epoch_clear(&e);
        }
        b.ptr[at] ^= (uint8_t)(1u << at % 8);
    }
    b.ptr[1] = 2;
    assert_int_equal(epoch_state_load(&e, config, w.now, buf_span(&b)), WAVU_ERR_UNSUPPORTED);
    b.ptr[1] = 1;
    assert_int_equal(epoch_state_load(&e, &w.nodes[0].config, w.now, buf_span(&b)),
                     WAVU_ERR_CORRUPT); /* another device's */
    buf_wipe(&b);
    group_world_clear(&w);
}

static bool holds(const struct buf *b, const uint8_t bytes[32])
{
    for (size_t i = 0; i + 32 <= b->len; i++) {
        if (memcmp(b->ptr + i, bytes, 32) == 0) {
            return true;
        }
    }
    return false;
}

/* Node 1's chain of node 0 in the epoch of now. */
static struct chain *chain_of_other(void)
{
    struct epoch *e = &w.nodes[1].e;
    struct epoch_set *s = epoch_set_of(e, w.now, e->graph.heads, e->graph.head_count);

    assert_non_null(s);
    return &epoch_set_chains(s, &e->views)[1 - s->own];
}

/* What the next key of node 0 comes from, at node 1. */
static void next_secret(uint8_t out[32])
{
    struct epoch *e = &w.nodes[1].e;
    const struct epoch_set *s = epoch_set_of(e, w.now, e->graph.heads, e->graph.head_count);

    assert_non_null(s);
    memcpy(out, s->chains != NULL ? s->chains[1 - s->own].key : s->root, 32);
}

static void open_at_1(struct group_world_item *item)
{
    assert_true(group_world_deliver(&w, 1, w.item_count - 1));
    assert_true(item->opened[1]);
    group_world_pump(&w, 1);
}

/* A save is asked for when something came or went, behind 64 keys used up, and an hour behind the
 * first of fewer: the disk knows what memory has forgotten for no longer. */
static void what_was_used_leaves_the_disk(void **state)
{
    (void)state;
    group_world_init(&w, 65, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    struct group_world_node *n = &w.nodes[1];
    unsigned saves = n->events[EPOCH_SAVE];
    uint8_t first[32];
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0); /* something comes */
    group_world_pump(&w, 0);
    group_world_run(&w);
    let_a_second_pass();
    assert_int_equal(n->events[EPOCH_SAVE], ++saves);
    let_a_second_pass();
    next_secret(first);
    assert_true(holds(&n->durable, first));
    for (unsigned i = 1; i <= EPOCH_SAVE_USES; i++) {
        open_at_1(group_world_must_write(&w, 0));
        assert_int_equal(n->events[EPOCH_SAVE], i < EPOCH_SAVE_USES ? saves : saves + 1);
        assert_true(holds(&n->durable, first) == (i < EPOCH_SAVE_USES));
    }
    saves++;
    let_a_second_pass();
    next_secret(first);
    open_at_1(group_world_must_write(&w, 0));
    assert_true(epoch_deadline(&n->e) <= w.now + EPOCH_SAVE_NS);
    w.now += EPOCH_SAVE_NS;
    epoch_tick(&n->e, w.now - 1 - EPOCH_SAVE_NS / 2);
    group_world_pump(&w, 1);
    assert_true(holds(&n->durable, first));
    epoch_tick(&n->e, w.now);
    group_world_pump(&w, 1);
    assert_int_equal(n->events[EPOCH_SAVE], ++saves);
    assert_false(holds(&n->durable, first));
    assert_true(epoch_deadline(&n->e) > w.now + EPOCH_SAVE_NS);
    group_world_clear(&w);
}

/* What is forgotten because of its age, or because all have passed it, likewise. */
static void what_was_forgotten_leaves_the_disk(void **state)
{
    (void)state;
    group_world_init(&w, 66, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    struct group_world_node *n = &w.nodes[1];
    uint8_t merge[32];
    uint8_t kept[32];
    memcpy(merge, n->e.graph.heads[0]->merge, 32);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    let_a_second_pass();
    let_a_second_pass();
    assert_true(holds(&n->durable, merge));
    epoch_passed(&n->e, w.now, w.nodes[0].device.public_key,
                 epoch_set_of(&n->e, w.now, n->e.graph.heads, 1)->id);
    group_world_pump(&w, 1);
    assert_int_equal(n->e.graph.count, 1);
    assert_false(holds(&n->durable, merge));
    let_a_second_pass();
    /* A key that was passed over. */
    group_world_must_write(&w, 0)->has[1] = true;
    open_at_1(group_world_must_write(&w, 0));
    memcpy(kept, chain_of_other()->skipped[0].keys.key, 32);
    w.now += EPOCH_SAVE_NS;
    epoch_tick(&n->e, w.now);
    group_world_pump(&w, 1);
    assert_true(holds(&n->durable, kept));
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(&n->e, w.now);
    group_world_pump(&w, 1);
    assert_int_equal(n->e.skipped, 0);
    assert_false(holds(&n->durable, kept));
    group_world_clear(&w);
}

/* A junk entry makes the machine look at the epoch of its heads, which it has not met yet: its
 * state stays the same, bit for bit. */
static void what_can_be_made_again_is_no_part_of_it(void **state)
{
    (void)state;
    static const uint8_t junk[200] = {1};
    static uint8_t room[512];
    struct entry entry;
    struct epoch_seal where;
    struct buf a;
    struct buf b;
    group_world_init(&w, 67, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 3);
    w.nodes[2].part = 1;
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(epoch_make_change(&w.nodes[i].e, w.now, false), 0);
        group_world_pump(&w, i);
        group_world_run(&w);
    }
    w.nodes[2].part = 0;
    group_world_run(&w);
    struct epoch *e = &w.nodes[0].e;
    assert_int_equal(e->graph.head_count, 2);
    group_world_steal(&w, 0, &a);
    struct entry_proof_named by = {.id = {1}};
    const struct epoch_seal_came came = {.bytes = span_of(junk, sizeof junk), .by = &by};
    memcpy(by.device, junk + 1, 8);
    assert_int_equal(
        epoch_seal_open(e, w.now, &came, span_mut_of(room, sizeof room), &entry, &where),
        WAVU_ERR_AGAIN);
    group_world_steal(&w, 0, &b);
    assert_true(span_is_equal(buf_span(&a), buf_span(&b)));
    buf_wipe(&a);
    buf_wipe(&b);
    /* Made again behind a restart, it opens what was sealed under it. */
    struct group_world_item *item = group_world_must_write(&w, 1);
    reload_all();
    group_world_run(&w);
    assert_true(item->opened[0] && item->opened[2]);
    group_world_clear(&w);
}

static int compare_members(const void *a, const void *b)
{
    return memcmp(((const struct epoch_member *)a)->device,
                  ((const struct epoch_member *)b)->device, 32);
}

/* A derived change of `author` over `parent`, as a message of the null signer. */
static struct span derived_change(uint8_t *message, size_t size, const uint8_t author[32],
                                  uint64_t sequence, struct epoch_change *parent)
{
    const struct epoch_members *view = w.nodes[0].e.current;
    struct epoch_msg_change c = {.sequence = sequence, .kind = EPOCH_MSG_DERIVED};
    struct ed25519_pair pair = {0};
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    uint8_t seed[32];
    struct wr wr;

    memcpy(c.group, w.group, 32);
    memcpy(c.author, author, 32);
    memcpy(pair.public_key, author, 32);
    c.parents = (struct epoch_msg_ids){parent->id, 1};
    c.log_heads = (struct epoch_msg_ids){view->log_heads, view->log_head_count};
    memcpy(c.members, view->hash, 32);
    epoch_set_derive(seed, &c, &parent, 1);
    epoch_set_commit(c.commitment, seed);
    wr_init(&wr, span_mut_of(body, sizeof body));
    epoch_msg_write_change_body(&wr, &c);
    struct span written = wr_span(&wr);
    group_world_null_signer.sign(NULL, signature, &pair, epoch_make_label, written);
    wr_init(&wr, span_mut_of(message, size));
    epoch_msg_write_signed(&wr, EPOCH_MSG_CHANGE, written, signature);
    return wr_span(&wr);
}

/* The largest view: the world's devices and others, four of which attack. */
static void grow_to_the_largest(uint8_t foes[4][32])
{
    static struct epoch_member members[EPOCH_VIEW_DEVICES_MAX];
    static const uint8_t head[32] = {7};
    struct epoch_view view = {
        .log_heads = {head, 1}, .members = members, .count = EPOCH_VIEW_DEVICES_MAX};

    for (size_t i = 0; i < EPOCH_VIEW_DEVICES_MAX; i++) {
        random_fill(&w.random, members[i].device, 32);
        if (i < w.node_count) {
            memcpy(members[i].device, w.nodes[i].device.public_key, 32);
        } else if (i < w.node_count + 4) {
            memcpy(foes[i - w.node_count], members[i].device, 32);
        }
    }
    qsort(members, EPOCH_VIEW_DEVICES_MAX, sizeof members[0], compare_members);
    assert_int_equal(epoch_members(&w.nodes[0].e, w.now, &view), 0);
}

/* Four devices of 2,048 make as many changes as are taken, each of which costs a secret for every
 * member: the state can be saved all the same, and the next changes of others, and one's own, have
 * room. */
static void in_the_largest_group_a_state_can_be_saved(void **state)
{
    (void)state;
    uint8_t message[512];
    uint8_t foes[4][32];
    struct buf b;
    struct epoch loaded;
    size_t taken = 0;
    group_world_init(&w, 69, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    struct group_world_node *n = &w.nodes[0];
    grow_to_the_largest(foes);
    let_a_second_pass();
    struct epoch_change parent = *n->e.graph.heads[0]; /* it will give way */
    unsigned saves = n->events[EPOCH_SAVE];
    for (uint64_t i = 0; i < 68; i++) {
        taken += epoch_feed(
                     &n->e, w.now, foes[i % 4],
                     derived_change(message, sizeof message, foes[i % 4], 1 + i / 4, &parent)) == 0;
        group_world_pump(&w, 0); /* saves, and CHECKs that it can */
    }
    assert_in_range(taken, 60, EPOCH_ROOM_SECRETS_MAX / EPOCH_VIEW_DEVICES_MAX);
    assert_in_range(n->events[EPOCH_SAVE], saves, saves + 1); /* all within a second */
    let_a_second_pass();
    assert_int_equal(epoch_bar(&n->e), EPOCH_CROWDED);
    while (epoch_bar(&n->e) == EPOCH_CROWDED) {
        assert_int_equal(epoch_make_change(&n->e, w.now, false), 0);
        group_world_pump(&w, 0);
    }
    assert_int_equal(
        epoch_feed(&n->e, w.now, foes[0],
                   derived_change(message, sizeof message, foes[0], 99, n->e.graph.heads[0])),
        0);
    assert_int_equal(group_world_write(&w, 0), 0);
    epoch_check(&n->e);
    group_world_steal(&w, 0, &b);
    assert_int_equal(epoch_state_load(&loaded, &n->config, w.now, buf_span(&b)), 0);
    epoch_check(&loaded);
    epoch_clear(&loaded);
    buf_wipe(&b);
    group_world_clear(&w);
}

static void a_stop_outlives_a_restart(void **state)
{
    (void)state;
    group_world_init(&w, 68, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    epoch_stop(&w.nodes[1].e);
    group_world_pump(&w, 1);
    group_world_crash(&w, 1);
    group_world_restart(&w, 1);
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_STOPPED);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_group_goes_on_over_restarts_at_every_step),
        UNIT(what_waits_survives),
        UNIT(names_stay_their_members_own),
        UNIT(ages_go_on_over_a_restart),
        UNIT(damage_is_noticed_and_leaks_nothing),
        UNIT(what_was_used_leaves_the_disk),
        UNIT(what_was_forgotten_leaves_the_disk),
        UNIT(what_can_be_made_again_is_no_part_of_it),
        UNIT(in_the_largest_group_a_state_can_be_saved),
        UNIT(a_stop_outlives_a_restart),
    };
    return cmocka_run_group_tests_name("epoch_state", tests, NULL, NULL);
}
