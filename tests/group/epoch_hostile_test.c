/*
 * Attacks on epochs by who is a member, was one, or never will be; and crashes at bad moments. Each
 * was found by hostile reading and worked once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "group/epoch_take.h"
#include "tests/base/unit.h"
#include "tests/support/group_world.h"

static struct group_world w;
static uint8_t message[EPOCH_MSG_SIZE_MAX];

static void begin(size_t count)
{
    group_world_init(&w, 7, &signer_ed25519);
    group_world_begin(&w, count);
}

static int feed(size_t node, size_t from, struct span bytes)
{
    return epoch_feed(&w.nodes[node].e, w.now, w.nodes[from].device.public_key, bytes);
}

/* `c` as `by` signs it, valid until the next call; its id. */
static struct span sign_change(struct epoch_msg_change *c, size_t by, uint8_t id[32])
{
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr wr;
    memcpy(c->group, w.group, 32);
    memcpy(c->author, w.nodes[by].device.public_key, 32);
    memset(c->leaf, 9, 32);
    wr_init(&wr, span_mut_of(body, sizeof body));
    epoch_msg_write_change_body(&wr, c);
    struct span written = wr_span(&wr);
    w.signer->sign(NULL, signature, &w.nodes[by].device, epoch_make_label, written);
    signer_id(id, epoch_make_label, written);
    wr_init(&wr, span_mut_of(message, sizeof message));
    epoch_msg_write_signed(&wr, EPOCH_MSG_CHANGE, written, signature);
    CHECK(wr_finish(&wr) == 0);
    return wr_span(&wr);
}

/* The log heads and members of now, to be named later. */
struct view {
    uint8_t heads[EPOCH_MSG_LOG_HEADS_MAX * 32];
    size_t count;
    uint8_t hash[32];
};

static struct view view_of(const struct epoch *e)
{
    struct view v = {.count = e->current->log_head_count};
    memcpy(v.heads, e->current->log_heads, 32 * v.count);
    memcpy(v.hash, e->current->hash, 32);
    return v;
}

static struct epoch_msg_change change_in(struct view *v, uint64_t sequence)
{
    struct epoch_msg_change c = {.sequence = sequence, .kind = EPOCH_MSG_SEED};
    c.log_heads = (struct epoch_msg_ids){v->heads, v->count};
    memcpy(c.members, v->hash, 32);
    memset(c.commitment, (int)(sequence & 0xff), 32);
    return c;
}

/* The only change that holds a view is forgotten for the one that names the view again. */
static void a_view_outlives_the_change_that_held_it(void **state)
{
    (void)state;
    uint8_t previous[32];
    uint8_t id[32];
    begin(2);
    struct epoch *e = &w.nodes[0].e;
    struct view old = view_of(e);
    memcpy(previous, e->graph.heads[0]->id, 32);
    size_t newcomer = group_world_make(&w);
    for (uint64_t i = 1; i <= 66; i++) {
        if (i == 2) {
            group_world_log(&w, 0, false, newcomer);
        }
        struct view now = view_of(e);
        struct epoch_msg_change c = change_in(i == 1 || i >= 65 ? &old : &now, i);
        c.parents = (struct epoch_msg_ids){previous, 1};
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(feed(0, 1, sign_change(&c, 1, id)), 0);
        memcpy(previous, id, 32);
    }
    assert_true(e->graph.count <= EPOCH_GRAPH_AUTHOR_MAX + 2);
    group_world_clear(&w);
}

/* A state from before an epoch, and two reservations in it: the later one holds. */
static void reservations_of_an_epoch_to_come_add_up(void **state)
{
    (void)state;
    struct buf old;
    begin(2);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_steal(&w, 1, &old);
    group_world_pump(&w, 0);
    group_world_run(&w);
    for (int i = 0; i < EPOCH_SET_BLOCK + 6; i++) {
        (void)group_world_must_write(&w, 1);
    }
    group_world_crash(&w, 1);
    buf_wipe(&w.nodes[1].durable);
    CHECK(buf_append(&w.nodes[1].durable, buf_span(&old)) == 0);
    group_world_restart(&w, 1);
    group_world_run(&w);
    (void)group_world_must_write(&w, 1);
    const struct epoch_set *s = w.nodes[1].e.writing;
    assert_true(s->chains[s->own].next > EPOCH_SET_BLOCK + 6);
    buf_wipe(&old);
    group_world_clear(&w);
}

static int by_bytes(const void *a, const void *b)
{
    return span_compare(span_of(a, 32), span_of(b, 32));
}

/* Every combination of known changes is named by a stranger: the state can still be loaded. */
static void names_without_end_leave_a_state_that_loads(void **state)
{
    (void)state;
    uint8_t ids[16][32];
    size_t count = 0;
    const uint8_t stranger[32] = {1};
    struct buf saved;
    begin(2);
    struct epoch *e = &w.nodes[0].e;
    for (int i = 0; i < 9; i++) {
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
        group_world_pump(&w, 1);
        group_world_run(&w);
    }
    for (struct list *at = list_next(&e->graph.changes, &e->graph.changes); at != NULL;
         at = list_next(&e->graph.changes, at)) {
        memcpy(ids[count++], LIST_OF(at, struct epoch_change, link)->id, 32);
    }
    qsort(ids, count, 32, by_bytes);
    for (unsigned mask = 1; mask < 1U << count; mask++) {
        uint8_t heads[16 * 32];
        struct epoch_msg_ids named = {heads, 0};
        struct wr wr;
        for (size_t i = 0; i < count; i++) {
            if ((mask >> i & 1) != 0) {
                memcpy(heads + 32 * named.count++, ids[i], 32);
            }
        }
        wr_init(&wr, span_mut_of(message, sizeof message));
        epoch_msg_write_name(&wr, w.group, named);
        (void)!epoch_feed(e, w.now, stranger, wr_span(&wr));
    }
    assert_true(e->set_count <= EPOCH_SETS_MAX);
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
    group_world_pump(&w, 1);
    group_world_run(&w);
    assert_true(e->set_count <= EPOCH_SETS_MAX);
    group_world_steal(&w, 0, &saved);
    epoch_clear(e);
    assert_int_equal(epoch_state_load(e, &w.nodes[0].config, w.now, buf_span(&saved)), 0);
    buf_wipe(&saved);
    group_world_clear(&w);
}

/* Four that were removed make all the changes there is room for: members go on. */
static void changes_of_the_removed_make_room(void **state)
{
    (void)state;
    uint8_t id[32];
    begin(6);
    struct epoch *e = &w.nodes[0].e;
    struct view old = view_of(e);
    for (size_t gone = 1; gone <= 4; gone++) {
        group_world_log(&w, 0, true, gone);
    }
    group_world_run(&w);
    for (size_t gone = 1; gone <= 4; gone++) {
        for (uint64_t i = 1; i <= EPOCH_GRAPH_AUTHOR_MAX; i++) {
            struct epoch_msg_change c = change_in(&old, 100 + i);
            (void)feed(0, 5, sign_change(&c, gone, id));
        }
    }
    for (int i = 0; i < 3; i++) {
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(epoch_make_change(e, w.now, false), 0);
        group_world_pump(&w, 0);
    }
    (void)group_world_must_write(&w, 0);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_view_outlives_the_change_that_held_it),
        UNIT(reservations_of_an_epoch_to_come_add_up),
        UNIT(names_without_end_leave_a_state_that_loads),
        UNIT(changes_of_the_removed_make_room),
    };
    return cmocka_run_group_tests_name("epoch_hostile", tests, NULL, NULL);
}
