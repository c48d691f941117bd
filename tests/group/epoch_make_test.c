/*
 * Changes, wraps, asks and welcomes of one's own: what leaves, when, and what it costs.
 */
#include "tests/base/unit.h"

#include "group/epoch_leaf.h"
#include "group/epoch_make.h"
#include "tests/support/group_world.h"

static struct group_world w;

static void begin(size_t count, const struct signer *signer)
{
    group_world_init(&w, 51, signer);
    group_world_begin(&w, count);
}

/* A derived change costs no pair secrets while the secrets are here that they come from: when those
 * are forgotten, they stay. */
static void pairs_of_a_derived_change_are_made_in_time(void **state)
{
    (void)state;
    uint8_t before[32];
    uint8_t bare[32];
    begin(3, &signer_ed25519);
    struct epoch *e = &w.nodes[1].e;
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
    group_world_run(&w);
    struct epoch_change *c = e->graph.heads[0];
    assert_true(c->kind == EPOCH_MSG_DERIVED && c->has_secret && c->pairs == NULL);
    assert_non_null(w.nodes[newcomer].e.graph.heads[0]->pairs); /* it has no parents' secrets */
    int index = epoch_view_index(
        c->members, epoch_view_slot(&e->views, w.nodes[0].e.config.device->public_key));
    assert_true(epoch_make_pair_in(e, c, index, before));
    assert_null(c->pairs); /* only looked at */
    epoch_check(e);
    epoch_forget(e, epoch_graph_find(&e->graph, c->parents));
    assert_non_null(c->pairs);
    assert_memory_equal(c->pairs[index].in, before, 32);
    epoch_check(e);
    assert_true(epoch_graph_take_in(&c->pairs[index], bare));
    assert_false(epoch_make_pair_in(e, c, index, before)); /* once */
    group_world_clear(&w);
}

/* Who makes a change that says it is derived may seal any seed in its welcome. */
static void a_lying_derived_change_keeps_its_pairs(void **state)
{
    (void)state;
    static const uint8_t id[32] = {9};
    static const uint8_t seed[32] = {8};
    begin(3, &signer_ed25519);
    struct epoch *e = &w.nodes[1].e;
    struct epoch_msg_change lie = {
        .kind = EPOCH_MSG_DERIVED, .sequence = 7, .parents = {e->graph.heads[0]->id, 1}};
    epoch_set_commit(lie.commitment, seed);
    struct epoch_change *c =
        epoch_graph_make(&lie, id, epoch_view_slot(&e->views, w.nodes[0].device.public_key),
                         epoch_view_ref(e->current));
    epoch_graph_add_take(&e->graph, c, w.now);
    assert_false(epoch_make_is_derivable(e, c));
    epoch_install(e, w.now, c, seed);
    assert_non_null(c->pairs);
    epoch_settle(e, w.now);
    epoch_check(e);
    group_world_clear(&w);
}

static size_t count_of(size_t first, enum group_world_kind kind)
{
    size_t count = 0;

    for (size_t i = first; i < w.item_count; i++) {
        count += w.items[i]->kind == kind;
    }
    return count;
}

static void nothing_leaves_before_it_is_durable(void **state)
{
    (void)state;
    begin(4, &signer_ed25519);
    w.has_slow_disk = true;
    size_t first = w.item_count;
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
    group_world_pump(&w, 1);
    assert_int_equal(w.item_count, first);
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), WAVU_ERR_AGAIN);
    group_world_disk(&w, 1);
    assert_int_equal(count_of(first, GROUP_WORLD_SAID), 1);
    assert_int_equal(count_of(first, GROUP_WORLD_TOLD), 3);
    group_world_clear(&w);
}

static void the_seed_is_gone_when_the_wraps_are(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    struct buf saved;
    begin(3, &signer_ed25519);
    w.has_slow_disk = true;
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
    uint8_t seed[32];
    memcpy(seed, w.nodes[1].e.pending.seed, 32);
    group_world_pump(&w, 1);
    group_world_disk(&w, 1); /* the state with the seed; then the wraps leave */
    assert_memory_equal(w.nodes[1].e.pending.seed, zeros, 32);
    const uint8_t *memory = (const uint8_t *)&w.nodes[1].e;
    for (size_t i = 0; i + 32 <= sizeof w.nodes[1].e; i++) {
        assert_memory_not_equal(memory + i, seed, 32);
    }
    w.now += EPOCH_SAVE_GAP_NS; /* nothing waits for the next save: a second */
    epoch_tick(&w.nodes[1].e, w.now);
    group_world_pump(&w, 1);
    group_world_disk(&w, 1); /* and it leaves the disk, too */
    group_world_steal(&w, 1, &saved);
    for (size_t i = 0; i + 32 <= w.nodes[1].durable.len; i++) {
        assert_memory_not_equal(w.nodes[1].durable.ptr + i, seed, 32);
    }
    buf_wipe(&saved);
    group_world_clear(&w);
}

/* Killed at each point of sending a change: it is sent whole or never was. */
static void a_crash_loses_no_change(void **state)
{
    (void)state;
    for (size_t taken = 0; taken < 6; taken++) {
        struct epoch_event event;
        begin(4, &signer_ed25519);
        assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, true), 0);
        for (size_t i = 0; i <= taken && epoch_next_event(&w.nodes[1].e, &event); i++) {
            if (event.kind == EPOCH_SAVE) {
                buf_wipe(&w.nodes[1].durable);
                assert_int_equal(epoch_state_save(&w.nodes[1].e, w.now, &w.nodes[1].durable), 0);
                epoch_saved(&w.nodes[1].e, w.now, event.ticket);
            }
        }
        group_world_crash(&w, 1);
        group_world_restart(&w, 1);
        group_world_run(&w);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_READY);
            struct group_world_item *item = group_world_must_write(&w, i);
            group_world_run(&w);
            for (size_t k = 0; k < 4; k++) {
                assert_true(item->opened[k]);
            }
        }
        group_world_clear(&w);
    }
}

static void costs_grow_as_the_page_says(void **state)
{
    (void)state;
    begin(20, &group_world_null_signer);
    for (int is_full = 0; is_full < 2; is_full++) {
        size_t first = w.item_count;
        assert_int_equal(epoch_make_change(&w.nodes[3].e, w.now, is_full), 0);
        group_world_pump(&w, 3);
        group_world_run(&w);
        assert_int_equal(count_of(first, GROUP_WORLD_SAID), 1);
        assert_int_equal(count_of(first, GROUP_WORLD_TOLD), 19);
        for (size_t i = first; i < w.item_count; i++) {
            size_t said = is_full ? 1503 : 316;
            size_t told = is_full ? 1198 : 108;
            assert_int_equal(w.items[i]->len, w.items[i]->kind == GROUP_WORLD_SAID ? said : told);
        }
    }
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 3, false, newcomer);
    group_world_run(&w);
    size_t first = w.item_count;
    assert_int_equal(group_world_welcome(&w, 3, newcomer), 0);
    assert_int_equal(w.item_count - first, 2); /* one to all, one to the newcomer */
    group_world_clear(&w);
}

static void without_mlkem_keys_a_full_change_is_still_read(void **state)
{
    (void)state;
    group_world_init(&w, 52, &signer_ed25519);
    w.has_no_mlkem = true;
    group_world_begin(&w, 3);
    size_t first = w.item_count;
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, true), 0);
    group_world_pump(&w, 1);
    for (size_t i = first; i < w.item_count; i++) {
        assert_true(w.items[i]->kind != GROUP_WORLD_TOLD || w.items[i]->len == 108);
    }
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[2].e), EPOCH_READY);
    group_world_clear(&w);
}

static void only_members_are_welcomed_by_who_can(void **state)
{
    (void)state;
    uint8_t ask[2048];
    struct wr wr;
    begin(3, &signer_ed25519);
    size_t newcomer = group_world_make(&w);
    assert_int_equal(group_world_welcome(&w, 0, newcomer), WAVU_ERR_DENIED);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    wr_init(&wr, span_mut_of(ask, sizeof ask));
    assert_int_equal(group_world_ask(&w, newcomer, &wr), 0);
    struct epoch_make_asked span = {w.nodes[newcomer].device.public_key, wr_span(&wr)};
    for (size_t at = 4; at < wr.len; at += 61) { /* the signature covers all of it */
        ask[at] ^= 1;
        int rc = epoch_make_welcome(&w.nodes[0].e, w.now, &span, 1);
        assert_int_equal(rc, WAVU_ERR_CRYPTO);
        ask[at] ^= 1;
    }
    assert_int_equal(w.nodes[0].e.sequence, 1);
    assert_int_equal(epoch_make_welcome(&w.nodes[newcomer].e, w.now, &span, 1), WAVU_ERR_AGAIN);
    assert_int_equal(epoch_make_welcome(&w.nodes[0].e, w.now, &span, 0), WAVU_ERR_LIMIT);
    group_world_log(&w, 0, true, 2); /* somebody must be shut out first */
    assert_int_equal(epoch_make_welcome(&w.nodes[0].e, w.now, &span, 1), WAVU_ERR_AGAIN);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    assert_int_equal(epoch_make_welcome(&w.nodes[0].e, w.now, &span, 1), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[newcomer].e), EPOCH_READY);
    group_world_clear(&w);
}

static void many_are_welcomed_at_once(void **state)
{
    (void)state;
    static uint8_t asks[EPOCH_ASKS_MAX][1536];
    struct epoch_make_asked spans[EPOCH_ASKS_MAX];
    begin(2, &signer_ed25519);
    size_t first = w.node_count;
    for (size_t i = 0; i < EPOCH_ASKS_MAX; i++) {
        size_t newcomer = group_world_make(&w);
        group_world_log(&w, 0, false, newcomer);
        struct wr wr;
        wr_init(&wr, span_mut_of(asks[i], sizeof asks[i]));
        assert_int_equal(group_world_ask(&w, newcomer, &wr), 0);
        spans[i] = (struct epoch_make_asked){w.nodes[newcomer].device.public_key, wr_span(&wr)};
    }
    group_world_run(&w);
    assert_int_equal(epoch_make_welcome(&w.nodes[0].e, w.now, spans, EPOCH_ASKS_MAX), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    for (size_t i = first; i < w.node_count; i++) {
        assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_READY);
    }
    struct group_world_item *item = group_world_must_write(&w, first + 3);
    group_world_run(&w);
    for (size_t i = 0; i < w.node_count; i++) {
        assert_true(item->opened[i]);
    }
    group_world_clear(&w);
}

/* An owner whose disk stands still: what waits to be sent is bounded, and so is the state. */
static void messages_not_taken_are_bounded(void **state)
{
    (void)state;
    static uint8_t ask[1536];
    struct wr wr;
    int rc = 0;
    size_t answers = 0;
    begin(2, &group_world_null_signer);
    struct epoch *e = &w.nodes[0].e;
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    struct epoch_make_asked span = {.from = w.nodes[newcomer].device.public_key};
    for (; rc == 0 && answers < 2000; answers++) {
        wr_init(&wr, span_mut_of(ask, sizeof ask));
        assert_int_equal(group_world_ask(&w, newcomer, &wr), 0);
        span.message = wr_span(&wr);
        rc = epoch_make_welcome(e, w.now, &span, 1);
        w.now += EPOCH_ASK_WORN_NS; /* then it asks anew */
        epoch_tick(&w.nodes[newcomer].e, w.now);
    }
    assert_int_equal(rc, WAVU_ERR_AGAIN);
    assert_true(answers > 100 && e->out_bytes <= EPOCH_OUT_BYTES_MAX);
    assert_int_equal(epoch_make_change(e, w.now, false), WAVU_ERR_AGAIN);
    group_world_pump(&w, 0);
    assert_int_equal(e->out_bytes, 0);
    assert_int_equal(epoch_make_welcome(e, w.now, &span, 1), 0);
    group_world_clear(&w);
}

static void a_newcomer_learns_leaves_from_their_owners(void **state)
{
    (void)state;
    begin(3, &signer_ed25519);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(epoch_make_change(&w.nodes[i].e, w.now, i == 1), 0);
        group_world_pump(&w, i);
        group_world_run(&w);
    }
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    for (size_t i = 0; i < w.item_count; i++) { /* it gets the log alone, and what it is given */
        w.items[i]->has[newcomer] = w.items[i]->kind != GROUP_WORLD_LOGGED;
    }
    group_world_run(&w);
    struct epoch *e = &w.nodes[newcomer].e;
    size_t at = 0;
    size_t count = 0;
    struct span message;
    while ((message = epoch_leaf_next(&w.nodes[0].e, &at)).len > 0) {
        assert_int_equal(epoch_leaf_learn(e, message), 0);
        count++;
    }
    assert_int_equal(count, 4); /* full ones of 0 and 1, light ones of 0 and 2 */
    for (size_t i = 0; i < 3; i++) {
        const struct epoch_device *d =
            &e->views.devices[epoch_view_slot(&e->views, w.nodes[i].device.public_key)];
        assert_memory_equal(d->leaf, w.nodes[i].e.leaves[0].own.x25519.public_key, 32);
    }
    assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
    group_world_run(&w);
    assert_int_equal(epoch_make_change(e, w.now, true), 0);
    group_world_pump(&w, newcomer);
    group_world_run(&w);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_READY);
    }
    group_world_clear(&w);
}

/* Of sixty heads a change names 32: one's own last change is among them, wherever its id stands, or
 * one would write on as if it had not been made. */
static void ones_own_last_change_is_a_parent(void **state)
{
    (void)state;
    enum { OTHERS = 60 };
    begin(2, &group_world_null_signer);
    struct epoch *e = &w.nodes[0].e;
    int other = epoch_view_slot(&e->views, w.nodes[1].device.public_key);
    for (size_t i = 0; i < OTHERS; i++) {
        struct epoch_msg_change c = {.sequence = i + 1, .kind = EPOCH_MSG_SEED};
        uint8_t id[32] = {0, (uint8_t)i}; /* all before our own */
        epoch_graph_add_take(&e->graph, epoch_graph_make(&c, id, other, epoch_view_ref(e->current)),
                             w.now);
    }
    epoch_settle(e, w.now);
    assert_int_equal(e->graph.head_count, OTHERS + 1);
    const struct epoch_change *own = e->graph.heads[OTHERS];
    assert_int_equal(own->author, e->self);
    assert_int_equal(epoch_make_change(e, w.now, false), 0);
    assert_int_equal(e->graph.head_count, OTHERS + 2 - EPOCH_MSG_PARENTS_MAX);
    assert_true(own->superseded > 0);
    for (size_t i = 1; i < e->pending.change->parent_count; i++) {
        const uint8_t *ids = e->pending.change->parents;
        assert_true(memcmp(ids + 32 * (i - 1), ids + 32 * i, 32) < 0);
    }
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(nothing_leaves_before_it_is_durable),
        UNIT(the_seed_is_gone_when_the_wraps_are),
        UNIT(a_crash_loses_no_change),
        UNIT(costs_grow_as_the_page_says),
        UNIT(without_mlkem_keys_a_full_change_is_still_read),
        UNIT(only_members_are_welcomed_by_who_can),
        UNIT(many_are_welcomed_at_once),
        UNIT(messages_not_taken_are_bounded),
        UNIT(a_newcomer_learns_leaves_from_their_owners),
        UNIT(ones_own_last_change_is_a_parent),
        UNIT(pairs_of_a_derived_change_are_made_in_time),
        UNIT(a_lying_derived_change_keeps_its_pairs),
    };
    return cmocka_run_group_tests_name("epoch_make", tests, NULL, NULL);
}
