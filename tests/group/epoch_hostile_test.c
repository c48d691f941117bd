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
#include "tests/support/broadcasts.h"
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

static void change_by(size_t node)
{
    w.now += GROUP_WORLD_SECOND;
    assert_int_equal(epoch_make_change(&w.nodes[node].e, w.now, false), 0);
    group_world_pump(&w, node);
    group_world_run(&w);
}

static int by_bytes(const void *a, const void *b)
{
    return span_compare(span_of(a, 32), span_of(b, 32));
}

/* Name each set of the `count` changes `ids` to node 0, as `from`. Returns how many were taken. */
static size_t name_all(uint8_t (*ids)[32], size_t count, const uint8_t from[32])
{
    size_t taken = 0;

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
        taken += epoch_feed(&w.nodes[0].e, w.now, from, wr_span(&wr)) == 0;
    }
    return taken;
}

/* The changes that node 0 knows, ascending. */
static size_t list_changes(uint8_t (*ids)[32])
{
    struct epoch *e = &w.nodes[0].e;
    size_t count = 0;

    for (struct list *at = list_next(&e->graph.changes, &e->graph.changes); at != NULL;
         at = list_next(&e->graph.changes, at)) {
        memcpy(ids[count++], LIST_OF(at, struct epoch_change, link)->id, 32);
    }
    qsort(ids, count, 32, by_bytes);
    return count;
}

/* Ten changes in a line: none of their sets can be anybody's heads. */
static void only_heads_side_by_side_make_an_epoch(void **state)
{
    (void)state;
    uint8_t ids[16][32];
    const uint8_t stranger[32] = {1};
    begin(2);
    struct epoch *e = &w.nodes[0].e;
    for (int i = 0; i < 9; i++) {
        change_by(1);
    }
    size_t count = list_changes(ids);
    size_t sets = e->set_count;
    assert_int_equal(name_all(ids, count, stranger), 0);
    assert_int_equal(name_all(ids, count, w.nodes[1].device.public_key), 0);
    assert_int_equal(e->set_count, sets);
    assert_int_equal(e->waiting_count, 0);
    group_world_clear(&w);
}

/* Eight heads, all sets of which are named without end: the state loads, nothing opens twice. */
static void names_without_end_replay_nothing(void **state)
{
    (void)state;
    static uint8_t room[512];
    uint8_t ids[16][32];
    struct entry entry;
    struct epoch_seal where;
    struct buf saved;
    const uint8_t stranger[32] = {1};
    begin(8);
    struct epoch *e = &w.nodes[0].e;
    for (size_t i = 0; i < 8; i++) {
        w.nodes[i].part = (unsigned)i + 1;
        assert_int_equal(epoch_make_change(&w.nodes[i].e, w.now, false), 0);
        group_world_pump(&w, i);
    }
    for (size_t i = 0; i < 8; i++) {
        w.nodes[i].part = 0;
    }
    w.nodes[7].part = 1; /* hears the last of the changes later: other heads until then */
    group_world_run(&w);
    struct group_world_item *first = group_world_must_write(&w, 1);
    group_world_run(&w);
    assert_true(first->opened[0]);
    w.nodes[7].part = 0;
    group_world_run(&w);
    size_t count = list_changes(ids);
    assert_int_equal(name_all(ids, count, stranger), 0);
    assert_true(name_all(ids, count, w.nodes[1].device.public_key) > 100);
    assert_true(name_all(ids, count, w.nodes[2].device.public_key) > 100);
    assert_true(name_all(ids, count, w.nodes[1].device.public_key) > 100);
    assert_true(e->set_count <= EPOCH_SETS_MAX);
    struct entry_proof_named by;
    const struct epoch_seal_came came = {.bytes = span_of(first->bytes, first->len), .by = &by};
    broadcasts_name(&by, &first->entry, w.group);
    assert_int_equal(
        epoch_seal_open(e, w.now, &came, span_mut_of(room, sizeof room), &entry, &where),
        WAVU_ERR_CRYPTO);
    (void)group_world_must_write(&w, 0);
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

/* Everybody's frontier passes what stands below the one head. */
static void pass_all(struct epoch *e)
{
    uint8_t id[32];
    assert_int_equal(e->graph.head_count, 1);
    memcpy(id, epoch_set_of(e, w.now, e->graph.heads, 1)->id, 32);
    for (size_t i = 0; i < w.node_count; i++) {
        epoch_passed(e, w.now, w.nodes[i].device.public_key, id);
    }
}

/* The welcome that answers `ask` with the change of `item`, once more, as its author can seal it
 * for good: in `message`. */
static struct span welcome_again(const struct group_world_item *item, struct span ask,
                                 const uint8_t seed[32], const struct epoch_graph *past)
{
    struct epoch_msg change;
    struct epoch_msg_ask a;
    struct epoch_msg m;
    struct wr wr;
    uint8_t id[32];
    uint8_t beside[32];
    uint8_t ids[4 * 32];
    struct epoch_msg_ids list = {ids, past->head_count};
    struct wrap_tools tools = {w.aead, AEAD_CHACHA20_POLY1305, &w.random};
    for (size_t i = 0; i < past->head_count; i++) {
        memcpy(ids + 32 * i, past->heads[i]->id, 32);
    }
    CHECK(epoch_msg_read(&m, ask) == 0 && epoch_msg_read_ask(&a, m.body) == 0);
    CHECK(epoch_msg_read(&change, span_of(item->bytes, item->len)) == 0);
    signer_id(id, epoch_make_label, change.body);
    epoch_make_past_hash(beside, list);
    struct wrap_leaf leaf = {a.key.ptr, a.key.ptr + 32};
    struct wrap_about about = {
        .label = epoch_make_label_welcome, .id = id, .recipient = a.device, .beside = beside};
    m = (struct epoch_msg){.kind = EPOCH_MSG_WELCOME,
                           .body = change.body,
                           .signature = change.signature,
                           .number = a.number};
    memcpy(m.asker, a.device, 32);
    CHECK(wrap_seal(&m.sealed, seed, &leaf, true, &about, &tools) == 0);
    wr_init(&wr, span_mut_of(message, sizeof message));
    epoch_msg_write_welcome(&wr, &m, list);
    CHECK(wr_finish(&wr) == 0);
    return wr_span(&wr);
}

/* Device 1 lets a newcomer in by a derived change, and keeps the seed. Returns the change. */
static const struct group_world_item *welcome_and_keep(uint8_t seed[32])
{
    const struct epoch *mallory = &w.nodes[1].e;
    struct epoch_msg_change c = {0};
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 1, false, newcomer);
    group_world_run(&w);
    c.sequence = mallory->sequence + 1;
    memcpy(c.group, w.group, 32);
    memcpy(c.author, w.nodes[1].device.public_key, 32);
    memcpy(c.members, mallory->current->hash, 32);
    epoch_set_derive(seed, &c, mallory->graph.heads, mallory->graph.head_count);
    size_t first = w.item_count;
    assert_int_equal(group_world_welcome(&w, 1, newcomer), 0);
    group_world_run(&w);
    while (w.items[first]->kind != GROUP_WORLD_SAID) {
        first++;
    }
    return w.items[first];
}

/* A member welcomes with a change of its own that the asker wrote under once and has forgotten, so
 * long ago that the name is, too: its chains would begin anew, and keys be used twice. */
static void a_welcome_brings_nothing_back(void **state)
{
    (void)state;
    uint8_t seed[32];
    uint8_t ask[2048];
    struct wr wr;
    begin(3);
    struct epoch *victim = &w.nodes[0].e;
    const struct group_world_item *change = welcome_and_keep(seed);
    (void)group_world_must_write(&w, 0);
    group_world_run(&w);
    for (int i = 0; i < 3; i++) {
        change_by(1);
        pass_all(victim);
    }
    victim->graph.past_count = 0;
    wr_init(&wr, span_mut_of(ask, sizeof ask));
    group_world_change_unheard(&w, 1, false, GROUP_WORLD_ALL); /* so it has something to ask */
    assert_int_equal(group_world_ask(&w, 0, &wr), 0);
    size_t count = victim->graph.count;
    struct span welcome = welcome_again(change, wr_span(&wr), seed, &victim->graph);
    assert_int_equal(feed(0, 1, welcome), WAVU_ERR_CRYPTO);
    assert_int_equal(victim->graph.count, count);
    group_world_clear(&w);
}

/* A member says in a welcome that its change's own child, or the change itself, lies below it: with
 * no head left its asker could write nothing. */
static void a_welcome_names_nothing_above_it(void **state)
{
    (void)state;
    uint8_t seed[32];
    uint8_t ask[2048];
    struct wr wr;
    struct epoch_graph lie = {.head_count = 1};
    begin(3);
    struct epoch *victim = &w.nodes[0].e;
    const struct group_world_item *change = welcome_and_keep(seed);
    assert_int_equal(victim->graph.head_count, 1);
    struct epoch_change *below = victim->graph.heads[0];
    group_world_change_unheard(&w, 1, false, GROUP_WORLD_ALL); /* so it has something to ask */
    wr_init(&wr, span_mut_of(ask, sizeof ask));
    assert_int_equal(group_world_ask(&w, 0, &wr), 0);
    lie.heads[0] = victim->graph.heads[0];
    assert_true(lie.heads[0] != below);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(feed(0, 1, welcome_again(change, wr_span(&wr), seed, &lie)), 0);
        assert_int_equal(victim->graph.head_count, 1);
        assert_true(victim->graph.heads[0] != below);
        lie.heads[0] = below;
    }
    group_world_clear(&w);
}

/* Who was removed builds on the change that answers all who ask. It counts for nothing, and yet who
 * asked next was told that it lies below that change, and had no head. */
static void the_removed_hide_no_answer(void **state)
{
    (void)state;
    enum { H, I, X, R };
    uint8_t head[32];
    uint8_t id[32];
    uint8_t ask[2048];
    struct wr wr;
    begin(4);
    struct epoch *e = &w.nodes[X].e;
    struct view old = view_of(e);
    group_world_log(&w, H, true, R);
    group_world_run(&w);
    group_world_change_unheard(&w, H, false, GROUP_WORLD_ALL);
    assert_int_equal(group_world_welcome(&w, H, I), 0);
    group_world_run(&w);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    memcpy(head, w.nodes[H].e.graph.heads[0]->id, 32);
    struct epoch_msg_change c = change_in(&old, w.nodes[R].e.sequence + 1);
    c.parents = (struct epoch_msg_ids){head, 1};
    struct span above = sign_change(&c, R, id);
    assert_int_equal(feed(H, R, above), 0);
    assert_int_equal(feed(X, R, above), 0);
    assert_true(epoch_graph_find(&e->graph, id) != NULL);
    wr_init(&wr, span_mut_of(ask, sizeof ask));
    assert_int_equal(group_world_ask(&w, X, &wr), 0);
    const struct epoch_make_asked asked = {w.nodes[X].device.public_key, wr_span(&wr)};
    assert_int_equal(epoch_make_welcome(&w.nodes[H].e, w.now, &asked, 1), 0);
    group_world_pump(&w, H);
    const struct group_world_item *welcome = w.items[w.item_count - 1];
    for (size_t i = 0; i + 32 <= welcome->len; i++) {
        assert_memory_not_equal(welcome->bytes + i, id, 32); /* it is not said to lie below */
    }
    group_world_run(&w);
    assert_int_equal(e->graph.head_count, 1);
    assert_memory_equal(e->graph.heads[0]->id, head, 32);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    (void)group_world_must_write(&w, X);
    group_world_clear(&w);
}

/* Who was removed answers an ask that it still heard of: the asker goes on waiting for others. */
static void the_removed_welcome_nobody(void **state)
{
    (void)state;
    begin(3);
    size_t first = w.item_count;
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, 1, newcomer), 0);
    w.nodes[newcomer].part = 1;
    group_world_log(&w, 0, true, 1);
    for (size_t i = first; i < w.item_count; i++) { /* it has the log, and then the welcome */
        w.items[i]->has[newcomer] = w.items[i]->kind != GROUP_WORLD_LOGGED;
    }
    w.nodes[newcomer].part = 0;
    group_world_run(&w);
    for (size_t i = first; i < w.item_count; i++) {
        const struct group_world_item *item = w.items[i];
        if (item->kind == GROUP_WORLD_TOLD && item->to == newcomer) {
            assert_true(feed(newcomer, 1, span_of(item->bytes, item->len)) < 0);
            group_world_pump(&w, newcomer); /* it asks for no view on that word */
        }
    }
    assert_true(w.nodes[newcomer].e.ask.is_open);
    assert_int_equal(w.nodes[newcomer].events[EPOCH_VIEW], 0);
    assert_int_equal(w.nodes[newcomer].e.waiting_count, 0);
    assert_int_equal(w.nodes[newcomer].e.graph.count, 1); /* the very first one alone */
    assert_int_equal(epoch_bar(&w.nodes[newcomer].e), EPOCH_BLIND);
    group_world_clear(&w);
}

/* Everybody can say an old change once more. */
static void a_change_long_forgotten_is_no_head_again(void **state)
{
    (void)state;
    begin(3);
    struct epoch *e = &w.nodes[1].e;
    for (int i = 0; i < 3; i++) {
        change_by(2);
        pass_all(e);
    }
    e->graph.past_count = 0;
    size_t count = e->graph.count;
    size_t again = 0;
    for (size_t i = 0; i < w.item_count; i++) { /* from the first on, which has no parents */
        const struct group_world_item *item = w.items[i];
        if (item->kind == GROUP_WORLD_SAID) {
            assert_int_equal(feed(1, item->from, span_of(item->bytes, item->len)), 0);
            again++;
        }
    }
    assert_int_equal(again, 4);
    assert_int_equal(e->graph.count, count);
    assert_int_equal(e->graph.head_count, 1);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    /* Not after a restart either. */
    e->graph.past_count = 0;
    buf_wipe(&w.nodes[1].durable);
    CHECK(epoch_state_save(e, w.now, &w.nodes[1].durable) == 0);
    group_world_crash(&w, 1);
    group_world_restart(&w, 1);
    group_world_run(&w);
    assert_int_equal(e->graph.count, count);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    (void)group_world_must_write(&w, 1);
    group_world_clear(&w);
}

/* More heads of the log than a change can name, and one member less. */
static void a_split_log_shuts_the_removed_out_all_the_same(void **state)
{
    (void)state;
    static uint8_t heads[(EPOCH_VIEW_LOG_HEADS_MAX + 1) * 32];
    struct buf saved;
    begin(2);
    struct epoch *e = &w.nodes[0].e;
    struct epoch_member one = {0};
    memcpy(one.device, w.nodes[0].device.public_key, 32);
    struct epoch_view v = {.members = &one, .count = 1};
    for (size_t i = 0; i <= EPOCH_VIEW_LOG_HEADS_MAX; i++) {
        heads[32 * i] = (uint8_t)(i >> 8);
        heads[32 * i + 1] = (uint8_t)i;
    }
    v.log_heads = (struct epoch_msg_ids){heads, EPOCH_MSG_LOG_HEADS_MAX + 1};
    assert_int_equal(epoch_members(e, w.now, &v), 0);
    assert_int_equal(epoch_bar(e), EPOCH_SPLIT);
    group_world_pump(&w, 0);
    assert_int_equal(w.nodes[0].events[EPOCH_DUE], 1);
    assert_int_equal(group_world_write(&w, 0), WAVU_ERR_DENIED);
    assert_int_equal(epoch_make_change(e, w.now, false), WAVU_ERR_LIMIT);
    group_world_steal(&w, 0, &saved); /* it stays shut after a restart */
    epoch_clear(e);
    assert_int_equal(epoch_state_load(e, &w.nodes[0].config, w.now, buf_span(&saved)), 0);
    buf_wipe(&saved);
    assert_int_equal(epoch_bar(e), EPOCH_SPLIT);
    /* So many that they are not even kept: who belongs is not known, and nothing is written. */
    v.log_heads.count = EPOCH_VIEW_LOG_HEADS_MAX + 1;
    assert_int_equal(epoch_members(e, w.now, &v), WAVU_ERR_INVALID);
    assert_int_equal(epoch_bar(e), EPOCH_UNSURE);
    assert_int_equal(epoch_make_change(e, w.now, false), WAVU_ERR_DENIED);
    /* The heads were brought together. */
    v.log_heads.count = 1;
    assert_int_equal(epoch_members(e, w.now, &v), 0);
    assert_int_equal(epoch_bar(e), EPOCH_REMOVED);
    (void)group_world_must_write(&w, 0);
    group_world_clear(&w);
}

/* What others settled is forgotten as a reason: the next one is told again. */
static void each_reason_for_a_change_is_told(void **state)
{
    (void)state;
    begin(3);
    for (unsigned round = 1; round <= 3; round++) {
        w.now += EPOCH_GRAPH_KEEP_NS;
        epoch_tick(&w.nodes[0].e, w.now);
        group_world_pump(&w, 0);
        assert_int_equal(w.nodes[0].events[EPOCH_DUE], round);
        epoch_tick(&w.nodes[0].e, w.now);
        group_world_pump(&w, 0);
        assert_int_equal(w.nodes[0].events[EPOCH_DUE], round); /* once */
        change_by(1);
    }
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(&w.nodes[0].e, w.now);
    group_world_log(&w, 0, true, 2); /* a better reason than age */
    assert_int_equal(w.nodes[0].events[EPOCH_DUE], 5);
    assert_int_equal(epoch_bar(&w.nodes[0].e), EPOCH_REMOVED);
    group_world_clear(&w);
}

/* A member signs a change of a sequence that it has used, with a parent that nobody has: it hides
 * below a later one, so no change ever stands above it, and two heads were never clear again. */
static void a_hidden_orphan_stops_nobody(void **state)
{
    (void)state;
    enum { M = 3 };
    uint8_t id[32];
    uint8_t gone[32] = {0x5a};
    begin(4);
    for (size_t i = 0; i < 3; i++) {
        change_by(M);
    }
    change_by(0);
    struct view v = view_of(&w.nodes[0].e);
    struct epoch_msg_change c = change_in(&v, 1);
    c.parents = (struct epoch_msg_ids){gone, 1};
    for (size_t node = 0; node < M; node++) {
        assert_int_equal(feed(node, M, sign_change(&c, M, id)), WAVU_ERR_AGAIN);
    }
    w.now += EPOCH_ORPHAN_NS;
    for (size_t node = 0; node < M; node++) {
        epoch_tick(&w.nodes[node].e, w.now);
        group_world_pump(&w, node);
        struct epoch_change *hidden = epoch_graph_find(&w.nodes[node].e.graph, id);
        assert_true(hidden != NULL && hidden->is_orphan && hidden->is_below);
    }
    for (int round = 0; round < 2; round++) {
        w.nodes[1].part = 1; /* two at the same time, again and again */
        change_by(0);
        change_by(1);
        w.nodes[1].part = 0;
        group_world_run(&w);
        for (size_t node = 0; node < M; node++) {
            assert_int_equal(w.nodes[node].e.graph.head_count, 2);
            assert_int_equal(epoch_bar(&w.nodes[node].e), EPOCH_READY);
        }
        assert_int_equal(group_world_write(&w, 0), 0);
        struct group_world_item *item = w.items[w.item_count - 1];
        group_world_run(&w);
        assert_true(item->opened[1] && item->opened[2]);
    }
    group_world_log(&w, 0, true, M); /* and its removal shows */
    assert_int_equal(epoch_bar(&w.nodes[0].e), EPOCH_REMOVED);
    group_world_clear(&w);
}

/* A member makes a change that one refuses, who knows its parent, and another takes a day later,
 * who does not. What the second builds on it is not waited for by the first, also behind a restart.
 */
static void a_refused_change_keeps_nobody_apart(void **state)
{
    (void)state;
    enum { X, Y, M };
    uint8_t parent[32];
    uint8_t id[32];
    begin(3);
    struct view old = view_of(&w.nodes[X].e);
    group_world_log(&w, X, false, group_world_make(&w));
    group_world_run(&w);
    struct view now = view_of(&w.nodes[X].e);
    change_by(X);
    change_by(Y);
    struct epoch_msg_change p = change_in(&now, 1);
    assert_int_equal(feed(X, M, sign_change(&p, M, parent)), 0);
    struct epoch_msg_change c = change_in(&old, 2); /* shuts out who came */
    c.kind = EPOCH_MSG_DERIVED;
    c.parents = (struct epoch_msg_ids){parent, 1};
    struct span bytes = sign_change(&c, M, id);
    assert_int_equal(feed(Y, M, bytes), WAVU_ERR_AGAIN);
    assert_int_equal(feed(X, M, bytes), WAVU_ERR_CRYPTO);
    buf_wipe(&w.nodes[X].durable);
    group_world_steal(&w, X, &w.nodes[X].durable);
    group_world_crash(&w, X);
    group_world_restart(&w, X);
    w.now += EPOCH_ORPHAN_NS;
    epoch_tick(&w.nodes[Y].e, w.now);
    group_world_pump(&w, Y);
    assert_non_null(epoch_graph_find(&w.nodes[Y].e.graph, id));
    assert_null(epoch_graph_find(&w.nodes[X].e.graph, id));
    change_by(Y);
    struct group_world_item *item = group_world_must_write(&w, Y);
    group_world_run(&w);
    assert_true(item->opened[X]);
    group_world_clear(&w);
}

/* Nobody gives way to an ask that is none. */
static void a_junk_ask_costs_nothing(void **state)
{
    (void)state;
    const uint8_t junk[8] = {1};
    begin(2);
    struct epoch_make_asked ask = {w.nodes[1].device.public_key, span_of(junk, sizeof junk)};
    struct epoch *e = &w.nodes[0].e;
    for (int i = 0; i < EPOCH_GRAPH_AUTHOR_MAX - 1; i++) {
        change_by(0);
    }
    size_t count = e->graph.count;
    assert_int_equal(epoch_make_welcome(e, w.now, &ask, 1), WAVU_ERR_CRYPTO);
    assert_int_equal(e->graph.count, count);
    group_world_clear(&w);
}

static unsigned take_all(struct epoch *e, enum epoch_event_kind kind)
{
    struct epoch_event event;
    unsigned count = 0;

    while (epoch_next_event(e, &event)) {
        count += event.kind == kind;
    }
    return count;
}

static void fill_events(struct epoch *e, enum epoch_event_kind kind)
{
    const uint8_t id[32] = {0};

    while (epoch_hint_id(e, kind, id)) {
    }
}

/* The owner was slow and `kind` was dropped: it comes, once, when events are taken again. */
static void assert_told_later(struct epoch *e, enum epoch_event_kind kind)
{
    assert_int_equal(take_all(e, kind), 0);
    assert_true(epoch_deadline(e) <= w.now);
    epoch_tick(e, w.now);
    assert_int_equal(take_all(e, kind), 1);
    assert_true(epoch_deadline(e) > w.now);
    epoch_tick(e, w.now);
    assert_int_equal(take_all(e, kind), 0);
}

static void a_dropped_event_is_told_later(void **state)
{
    (void)state;
    begin(3);
    struct epoch *e = &w.nodes[0].e;
    w.nodes[0].part = 1;
    size_t first = w.item_count;
    change_by(1);
    fill_events(e, EPOCH_MISSING);
    for (size_t i = first; i < w.item_count; i++) { /* the change and its wrap */
        if (w.items[i]->kind == GROUP_WORLD_SAID || w.items[i]->to == 0) {
            assert_int_equal(feed(0, 1, span_of(w.items[i]->bytes, w.items[i]->len)), 0);
        }
    }
    assert_told_later(e, EPOCH_OPENED);
    first = w.item_count;
    change_by(1);
    assert_int_equal(feed(0, 1, span_of(w.items[first]->bytes, w.items[first]->len)), 0);
    fill_events(e, EPOCH_OPENED);
    w.now += EPOCH_BLIND_NS;
    epoch_tick(e, w.now);
    assert_told_later(e, EPOCH_MISSING);
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 1, false, newcomer);
    first = w.item_count;
    change_by(1);
    fill_events(e, EPOCH_OPENED);
    assert_int_equal(feed(0, 1, span_of(w.items[first]->bytes, w.items[first]->len)),
                     WAVU_ERR_AGAIN);
    assert_told_later(e, EPOCH_VIEW);
    group_world_clear(&w);
}

/* Members make a graph as dense as they may; a week later all of it goes in one walk over its
 * links, not in one for each change. */
static void a_dense_graph_is_forgotten_in_one_walk(void **state)
{
    (void)state;
    enum { COUNT = 240 };
    static uint8_t ids[COUNT + 1][32];
    size_t links = 0;
    begin(6);
    struct epoch *e = &w.nodes[0].e;
    struct view now = view_of(e);
    memcpy(ids[0], e->graph.heads[0]->id, 32);
    for (size_t i = 1; i <= COUNT; i++) {
        uint8_t parents[EPOCH_MSG_PARENTS_MAX][32];
        size_t count = i < EPOCH_MSG_PARENTS_MAX ? i : EPOCH_MSG_PARENTS_MAX;
        struct epoch_msg_change c = change_in(&now, i);
        memcpy(parents, ids[i - count], count * 32);
        qsort(parents, count, 32, by_bytes);
        c.parents = (struct epoch_msg_ids){parents[0], count};
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(feed(0, 5, sign_change(&c, 1 + i % 4, ids[i])), 0);
        links += count;
    }
    assert_int_equal(e->graph.count, COUNT + 1);
    uint64_t before = e->graph.steps;
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(e, w.now);
    assert_int_equal(e->graph.count, 1);
    assert_true(e->graph.steps - before <= 4 * (COUNT + links));
    epoch_check(e);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_view_outlives_the_change_that_held_it),
        UNIT(only_heads_side_by_side_make_an_epoch),
        UNIT(names_without_end_replay_nothing),
        UNIT(changes_of_the_removed_make_room),
        UNIT(a_welcome_brings_nothing_back),
        UNIT(a_welcome_names_nothing_above_it),
        UNIT(the_removed_hide_no_answer),
        UNIT(the_removed_welcome_nobody),
        UNIT(a_change_long_forgotten_is_no_head_again),
        UNIT(a_split_log_shuts_the_removed_out_all_the_same),
        UNIT(each_reason_for_a_change_is_told),
        UNIT(a_hidden_orphan_stops_nobody),
        UNIT(a_refused_change_keeps_nobody_apart),
        UNIT(a_junk_ask_costs_nothing),
        UNIT(a_dropped_event_is_told_later),
        UNIT(a_dense_graph_is_forgotten_in_one_walk),
    };
    return cmocka_run_group_tests_name("epoch_hostile", tests, NULL, NULL);
}
