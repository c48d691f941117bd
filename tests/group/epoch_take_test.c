/*
 * What comes from others and is not as it must be: refused, and the state is as it was.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "group/epoch_take.h"
#include "tests/support/group_world.h"

static struct group_world w;
static struct buf before;
static struct buf after;

static void begin(size_t count)
{
    group_world_init(&w, 41, &signer_ed25519);
    group_world_begin(&w, count);
    buf_init(&before, EPOCH_STATE_SIZE_MAX);
    buf_init(&after, EPOCH_STATE_SIZE_MAX);
}

static void end(void)
{
    buf_wipe(&before);
    buf_wipe(&after);
    group_world_clear(&w);
}

static struct span saved(size_t node, struct buf *b)
{
    buf_wipe(b);
    assert_int_equal(epoch_state_save(&w.nodes[node].e, w.now, b), 0);
    return buf_span(b);
}

static int feed(size_t node, size_t from, struct span bytes)
{
    return epoch_feed(&w.nodes[node].e, w.now, w.nodes[from].device.public_key, bytes);
}

/* The first item of that kind from `first` on that is for `node`. */
static struct group_world_item *find(size_t first, enum group_world_kind kind, size_t node)
{
    size_t i = first;

    while (i < w.item_count &&
           (w.items[i]->kind != kind || (kind == GROUP_WORLD_TOLD && w.items[i]->to != node))) {
        i++;
    }
    CHECK(i < w.item_count);
    return w.items[i];
}

/* Where a flipped bit gets another answer than CRYPTO. */
struct telling {
    size_t unsupported[3]; /* bytes that say the kind of message, the format, the kind of change */
    size_t hints[2];       /* of 8 bytes each: what they hint at may still come; 0: none */
};

static bool is_in(size_t byte, size_t start, size_t len)
{
    return byte >= start && byte < start + len;
}

static void check_answer(int rc, size_t byte, const struct telling *t)
{
    bool is_newer =
        byte == t->unsupported[0] || byte == t->unsupported[1] || byte == t->unsupported[2];
    bool is_hint = (t->hints[0] > 0 && is_in(byte, t->hints[0], EPOCH_MSG_HINT_SIZE)) ||
                   (t->hints[1] > 0 && is_in(byte, t->hints[1], EPOCH_MSG_HINT_SIZE));

    assert_true(rc == WAVU_ERR_CRYPTO || (rc == WAVU_ERR_UNSUPPORTED && is_newer) ||
                (rc == WAVU_ERR_AGAIN && is_hint));
}

/* A minute later, as far as wraps are counted that open with nothing. */
static void forgive(struct epoch *e)
{
    for (size_t i = 0; i < e->views.device_count; i++) {
        e->views.devices[i].bad = 0;
    }
}

/* Flip each bit and cut at each length. What then waits for something else may stay; it is taken
 * out again to compare. */
static void damage(size_t node, const struct group_world_item *item, const struct telling *telling)
{
    uint8_t *bytes = mem_new_raw(item->len);
    struct span was = saved(node, &before);

    for (size_t bit = 0; bit < item->len * 8; bit++) {
        memcpy(bytes, item->bytes, item->len);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        forgive(&w.nodes[node].e);
        int rc = feed(node, item->from, span_of(bytes, item->len));
        check_answer(rc, bit / 8, telling);
        struct epoch *e = &w.nodes[node].e;
        if (e->waiting_count > 0) {
            struct list *at = list_pop_front(&e->waiting);
            mem_free(LIST_OF(at, struct epoch_waiting, link));
            e->waiting_count--;
        }
        assert_true(span_is_equal(was, saved(node, &after)));
    }
    for (size_t len = 0; len < item->len; len++) {
        assert_int_equal(feed(node, item->from, span_of(item->bytes, len)), WAVU_ERR_CRYPTO);
    }
    assert_true(span_is_equal(was, saved(node, &after)));
    mem_free(bytes);
}

static void test_a_refused_message_changes_nothing(void **state)
{
    (void)state;
    begin(3);
    size_t first = w.item_count;
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    struct group_world_item *change = find(first, GROUP_WORLD_SAID, 1);
    struct group_world_item *wrap = find(first, GROUP_WORLD_TOLD, 1);
    damage(1, change, &(struct telling){.unsupported = {0, 7, 79}});
    assert_int_equal(feed(1, 0, span_of(change->bytes, change->len)), 0);
    damage(1, wrap, &(struct telling){.hints = {4, 14}});
    /* From another than the author, a wrap is nothing, whatever is in it. */
    struct span was = saved(1, &before);
    assert_int_equal(feed(1, 2, span_of(wrap->bytes, wrap->len)), WAVU_ERR_CRYPTO);
    assert_true(span_is_equal(was, saved(1, &after)));
    assert_int_equal(feed(1, 0, span_of(wrap->bytes, wrap->len)), 0);
    /* Both again: nothing happens. */
    was = saved(1, &before);
    assert_int_equal(feed(1, 0, span_of(change->bytes, change->len)), 0);
    assert_int_equal(feed(1, 0, span_of(wrap->bytes, wrap->len)), 0);
    assert_true(span_is_equal(was, saved(1, &after)));
    end();
}

static void a_full_change_and_its_wrap_are_as_tight(void **state)
{
    (void)state;
    begin(2);
    size_t first = w.item_count;
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, true), 0);
    group_world_pump(&w, 0);
    struct group_world_item *change = find(first, GROUP_WORLD_SAID, 1);
    struct group_world_item *wrap = find(first, GROUP_WORLD_TOLD, 1);
    uint8_t *bytes = mem_new_raw(wrap->len);
    assert_int_equal(feed(1, 0, span_of(change->bytes, change->len)), 0);
    struct span was = saved(1, &before);
    for (size_t at = 0; at < wrap->len; at += 7) {
        memcpy(bytes, wrap->bytes, wrap->len);
        bytes[at] ^= (uint8_t)(1u << at % 8);
        forgive(&w.nodes[1].e);
        int rc = feed(1, 0, span_of(bytes, wrap->len));
        assert_true(rc < 0);
        if (rc != WAVU_ERR_AGAIN) {
            assert_true(span_is_equal(was, saved(1, &after)));
        } else {
            struct epoch *e = &w.nodes[1].e;
            mem_free(LIST_OF(list_pop_front(&e->waiting), struct epoch_waiting, link));
            e->waiting_count--;
        }
    }
    assert_int_equal(feed(1, 0, span_of(wrap->bytes, wrap->len)), 0);
    mem_free(bytes);
    end();
}

static void a_damaged_welcome_changes_nothing(void **state)
{
    (void)state;
    begin(2);
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    size_t first = w.item_count;
    assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
    struct group_world_item *welcome = find(first, GROUP_WORLD_TOLD, newcomer);
    uint8_t *bytes = mem_new_raw(welcome->len);
    struct span was = saved(newcomer, &before);
    for (size_t at = 0; at < welcome->len; at++) {
        memcpy(bytes, welcome->bytes, welcome->len);
        bytes[at] ^= (uint8_t)(1u << at % 8);
        int rc = feed(newcomer, 0, span_of(bytes, welcome->len)); /* the past, too */
        assert_true(rc == WAVU_ERR_CRYPTO ||
                    (rc == WAVU_ERR_UNSUPPORTED && (at == 10 || at == 82))); /* format, kind */
        struct epoch *e = &w.nodes[newcomer].e;
        if (e->waiting_count > 0) {
            mem_free(LIST_OF(list_pop_front(&e->waiting), struct epoch_waiting, link));
            e->waiting_count--;
        }
        assert_true(span_is_equal(was, saved(newcomer, &after)));
    }
    /* It counts from its author only. Somebody else cannot open it, and who asks once more is not
     * served by the answer of then. */
    assert_int_equal(feed(newcomer, 1, span_of(welcome->bytes, welcome->len)), WAVU_ERR_CRYPTO);
    assert_int_equal(feed(1, 0, span_of(welcome->bytes, welcome->len)), WAVU_ERR_CRYPTO);
    assert_int_equal(feed(newcomer, 0, span_of(welcome->bytes, welcome->len)), 0);
    assert_int_equal(epoch_bar(&w.nodes[newcomer].e), EPOCH_READY);
    assert_int_equal(feed(newcomer, 0, span_of(welcome->bytes, welcome->len)), WAVU_ERR_CRYPTO);
    mem_free(bytes);
    end();
}

/* Sign a change that says what `c` says, as node `by`. */
static struct span signed_change(struct epoch_msg_change *c, size_t by, uint8_t *bytes)
{
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr wr;

    memcpy(c->author, w.nodes[by].device.public_key, 32);
    wr_init(&wr, span_mut_of(body, sizeof body));
    epoch_msg_write_change_body(&wr, c);
    struct span span = wr_span(&wr);
    signer_ed25519.sign(NULL, signature, &w.nodes[by].device, epoch_make_label, span);
    wr_init(&wr, span_mut_of(bytes, EPOCH_MSG_SIZE_MAX));
    epoch_msg_write_signed(&wr, EPOCH_MSG_CHANGE, span, signature);
    assert_int_equal(wr_finish(&wr), 0);
    return wr_span(&wr);
}

/* A change as node `by` would make it now, to be bent. */
static struct epoch_msg_change plain_change(size_t by)
{
    const struct epoch *e = &w.nodes[by].e;
    struct epoch_msg_change c = {.sequence = e->sequence + 1, .kind = EPOCH_MSG_SEED};

    memcpy(c.group, w.group, 32);
    memcpy(c.members, e->current->hash, 32);
    c.parents = (struct epoch_msg_ids){e->graph.heads[0]->id, 1};
    c.log_heads = (struct epoch_msg_ids){e->current->log_heads, e->current->log_head_count};
    return c;
}

static void a_member_cannot_say_who_belongs(void **state)
{
    (void)state;
    static uint8_t bytes[EPOCH_MSG_SIZE_MAX];
    begin(3);
    struct epoch_msg_change c = plain_change(1);
    assert_int_equal(feed(0, 1, signed_change(&c, 1, bytes)), 0); /* as it should be */
    c = plain_change(2);
    c.members[0] ^= 1;
    assert_int_equal(feed(0, 2, signed_change(&c, 2, bytes)), WAVU_ERR_CRYPTO);
    c = plain_change(2);
    c.group[0] ^= 1;
    assert_int_equal(feed(0, 2, signed_change(&c, 2, bytes)), WAVU_ERR_CRYPTO);
    size_t stranger = group_world_make(&w);
    c = plain_change(2);
    assert_int_equal(feed(0, stranger, signed_change(&c, stranger, bytes)), WAVU_ERR_CRYPTO);
    end();
}

/* An author cannot give some members another seed than the rest: each knows what was promised. */
static void a_wrap_of_another_seed_is_refused(void **state)
{
    (void)state;
    begin(2);
    size_t first = w.item_count;
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    w.nodes[0].e.pending.seed[0] ^= 1;
    group_world_pump(&w, 0);
    struct group_world_item *change = find(first, GROUP_WORLD_SAID, 1);
    struct group_world_item *wrap = find(first, GROUP_WORLD_TOLD, 1);
    assert_int_equal(feed(1, 0, span_of(change->bytes, change->len)), 0);
    struct span was = saved(1, &before);
    assert_int_equal(feed(1, 0, span_of(wrap->bytes, wrap->len)), WAVU_ERR_CRYPTO);
    assert_true(span_is_equal(was, saved(1, &after)));
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_BLIND);
    end();
}

/* A member sends wraps that open with nothing: a few are tried, and no other member's are delayed.
 */
static void bad_wraps_are_tried_at_a_rate(void **state)
{
    (void)state;
    begin(3);
    struct epoch *e = &w.nodes[0].e;
    struct group_world_item *wraps[3] = {NULL};
    for (size_t by = 1; by < 3; by++) {
        size_t first = w.item_count;
        assert_int_equal(epoch_make_change(&w.nodes[by].e, w.now, false), 0);
        group_world_pump(&w, by);
        wraps[by] = find(first, GROUP_WORLD_TOLD, 0);
        wraps[by]->is_lost = true;
    }
    group_world_run(&w);
    wraps[1]->bytes[wraps[1]->len - 1] ^= 1;
    struct span bad = span_of(wraps[1]->bytes, wraps[1]->len);
    for (int i = 0; i < EPOCH_TAKE_BAD_MAX; i++) {
        assert_int_equal(feed(0, 1, bad), WAVU_ERR_CRYPTO);
    }
    wraps[1]->bytes[wraps[1]->len - 1] ^= 1;
    assert_int_equal(feed(0, 1, bad), WAVU_ERR_LIMIT);
    assert_int_equal(e->waiting_count, 0);
    assert_int_equal(feed(0, 2, span_of(wraps[2]->bytes, wraps[2]->len)), 0);
    w.now += EPOCH_TAKE_BAD_NS;
    assert_int_equal(feed(0, 1, bad), 0);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    end();
}

static void a_derived_change_cannot_shut_anybody_out(void **state)
{
    (void)state;
    static uint8_t bytes[EPOCH_MSG_SIZE_MAX];
    uint8_t seed[32];
    begin(4);
    group_world_log(&w, 0, true, 3);
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_REMOVED);
    struct epoch_msg_change c = plain_change(1);
    c.kind = EPOCH_MSG_DERIVED;
    memcpy(c.author, w.nodes[1].device.public_key, 32);
    epoch_set_derive(seed, &c, w.nodes[1].e.graph.heads, 1);
    epoch_set_commit(c.commitment, seed);
    assert_int_equal(feed(0, 1, signed_change(&c, 1, bytes)), WAVU_ERR_CRYPTO);
    /* And a wrong commitment leaves it without a secret. */
    (void)group_world_must_write(&w, 0);
    group_world_run(&w);
    c = plain_change(1);
    c.kind = EPOCH_MSG_DERIVED;
    memset(c.commitment, 7, 32);
    assert_int_equal(feed(0, 1, signed_change(&c, 1, bytes)), 0);
    assert_int_equal(epoch_bar(&w.nodes[0].e), EPOCH_BLIND);
    end();
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    static uint8_t bytes[EPOCH_MSG_SIZE_MAX];
    uint8_t unknown[32] = {1};
    begin(8);
    for (size_t by = 1; by < 8; by++) {
        for (size_t i = 0; i < 17; i++) {
            struct epoch_msg_change c = plain_change(by);
            c.sequence += i;
            unknown[1]++;
            c.parents.bytes = unknown;
            assert_int_equal(feed(0, by, signed_change(&c, by, bytes)), WAVU_ERR_AGAIN);
            assert_true(w.nodes[0].e.waiting_count <= EPOCH_WAITING_MAX);
        }
    }
    assert_int_equal(w.nodes[0].e.waiting_count, EPOCH_WAITING_MAX);
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(&w.nodes[0].e, w.now);
    assert_int_equal(w.nodes[0].e.waiting_count, 0);
    end();
}

static void one_author_has_its_share_of_the_graph(void **state)
{
    (void)state;
    begin(2);
    for (size_t i = 0; i < 2 * EPOCH_GRAPH_AUTHOR_MAX; i++) {
        assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
        group_world_pump(&w, 1);
        group_world_run(&w);
        assert_true(w.nodes[0].e.graph.count <= EPOCH_GRAPH_AUTHOR_MAX + 1);
        assert_int_equal(w.nodes[0].e.graph.head_count, 1);
    }
    assert_true((*group_world_must_write(&w, 0)).len > 0);
    end();
}

static void a_name_makes_an_epoch_readable_or_nothing(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct wr wr;
    begin(3);
    uint8_t ids[64];
    memset(ids, 1, 32);
    memset(ids + 32, 2, 32);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_name(&wr, w.group, (struct epoch_msg_ids){ids, 2});
    assert_int_equal(feed(0, 1, wr_span(&wr)), WAVU_ERR_AGAIN);
    uint8_t other[32] = {9};
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_name(&wr, other, (struct epoch_msg_ids){ids, 2});
    assert_int_equal(feed(0, 1, wr_span(&wr)), WAVU_ERR_CRYPTO);
    end();
}

static void newer_versions_are_told_apart(void **state)
{
    (void)state;
    static uint8_t bytes[EPOCH_MSG_SIZE_MAX];
    begin(2);
    struct epoch_msg_change c = plain_change(1);
    c.kind = (enum epoch_msg_change_kind)3;
    struct span was = saved(0, &before);
    assert_int_equal(feed(0, 1, signed_change(&c, 1, bytes)), WAVU_ERR_UNSUPPORTED);
    c = plain_change(1);
    struct span message = signed_change(&c, 1, bytes);
    size_t at = 0; /* the body begins with its format */
    while (!(bytes[at] == 0x08 && bytes[at + 1] == 1 && bytes[at + 2] == 0x12)) {
        at++;
    }
    bytes[at + 1] = 2;
    assert_int_equal(feed(0, 1, message), WAVU_ERR_UNSUPPORTED);
    static const uint8_t unknown_kind[] = {0x3a, 1, 0};
    assert_int_equal(feed(0, 1, span_of(unknown_kind, 3)), WAVU_ERR_UNSUPPORTED);
    assert_true(span_is_equal(was, saved(0, &after)));
    end();
}

static void run_as(size_t by)
{
    w.now += GROUP_WORLD_SECOND;
    assert_int_equal(epoch_make_change(&w.nodes[by].e, w.now, false), 0);
    group_world_pump(&w, by);
    group_world_run(&w);
}

static void pass_time(uint64_t ns)
{
    w.now += ns;
    for (size_t i = 0; i < w.node_count; i++) {
        epoch_tick(&w.nodes[i].e, w.now);
        group_world_pump(&w, i);
    }
    group_world_run(&w);
}

/* Two changes of device 1 while 0 is away; the first is held back from it. A day later the second
 * is taken without, 0 is told what is missing, and its next change brings all together. */
static void a_change_is_taken_without_its_parents_in_the_end(void **state)
{
    (void)state;
    begin(3);
    struct epoch *e = &w.nodes[0].e;
    w.nodes[0].part = 1;
    size_t first = w.item_count;
    run_as(1);
    size_t second = w.item_count;
    run_as(1);
    struct group_world_item *parent = find(first, GROUP_WORLD_SAID, 0);
    struct group_world_item *child = find(second, GROUP_WORLD_SAID, 0);
    for (size_t i = first; i < second; i++) {
        w.items[i]->has[0] = true; /* lost on the way */
    }
    w.nodes[0].part = 0;
    run_as(0); /* 0 does not know of them: two heads */
    assert_true(child->waits[0]);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    pass_time(EPOCH_ORPHAN_NS - 1);
    assert_int_equal(w.nodes[0].events[EPOCH_MISSING], 0);
    uint64_t at = epoch_deadline(e);
    assert_true(at <= w.now + 1);
    pass_time(1);
    assert_int_equal(w.nodes[0].events[EPOCH_MISSING], 1);
    assert_int_equal(e->graph.head_count, 2);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND); /* it may stand above the other */
    buf_wipe(&before);
    assert_int_equal(epoch_state_save(e, w.now, &before), 0);
    group_world_crash(&w, 0); /* so it is after a restart */
    assert_int_equal(epoch_state_load(e, &w.nodes[0].config, w.now, buf_span(&before)), 0);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    w.nodes[0].is_up = true;
    assert_int_equal(epoch_seal_room(e, w.room), 0);
    struct group_world_item *mine = group_world_must_write(&w, 0);
    group_world_run(&w);
    for (size_t i = 0; i < 3; i++) {
        assert_true(mine->opened[i] && epoch_bar(&w.nodes[i].e) == EPOCH_READY);
        mine = i == 2 ? mine : group_world_must_write(&w, i + 1);
        group_world_run(&w);
        assert_true(mine->opened[0]);
    }
    /* What comes late is no head any more. */
    size_t count = e->graph.count;
    assert_int_equal(feed(0, 1, span_of(parent->bytes, parent->len)), 0);
    assert_int_equal(e->graph.count, count + 1);
    assert_int_equal(e->graph.head_count, 1);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    end();
}

/* Both heads can be read, but one lacks a parent: nobody writes under the two of them together. */
static void what_lacks_a_parent_is_no_head_among_others(void **state)
{
    (void)state;
    begin(2);
    struct epoch *e = &w.nodes[0].e;
    w.nodes[1].part = 1;
    run_as(0);
    run_as(1);
    w.nodes[1].part = 0;
    group_world_run(&w);
    assert_true(e->graph.head_count == 2 && epoch_bar(e) == EPOCH_READY);
    e->graph.heads[0]->parents[0] ^= 1;
    e->graph.heads[0]->is_orphan = true;
    epoch_settle(e, w.now);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    /* Its owner is told so, once, and again behind a restart. */
    unsigned due = w.nodes[0].events[EPOCH_DUE];
    for (int i = 0; i < 2; i++) {
        epoch_tick(e, w.now);
        group_world_pump(&w, 0);
        assert_int_equal(w.nodes[0].events[EPOCH_DUE], due + 1);
        assert_int_equal(e->due, EPOCH_BLIND);
    }
    struct buf *durable = &w.nodes[0].durable;
    buf_wipe(durable);
    assert_int_equal(epoch_state_save(e, w.now, durable), 0);
    group_world_crash(&w, 0);
    group_world_restart(&w, 0);
    assert_int_equal(epoch_bar(e), EPOCH_BLIND);
    assert_int_equal(w.nodes[0].events[EPOCH_DUE], due + 2);
    assert_int_equal(epoch_make_change(e, w.now, false), 0);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    end();
}

/* X is away for more than a week. Meanwhile who was removed signs 512 changes that count as
 * forgotten, or a member does so: each pushed out the name of what X builds on, and nobody could
 * read X any more, ever. */
static void halves_merge_again(bool has_attacker, size_t attacker)
{
    enum { R, S, X, M };
    static uint8_t bytes[EPOCH_MSG_SIZE_MAX];
    begin(5);
    run_as(M);
    run_as(M + 1);
    run_as(S);
    run_as(X);
    run_as(R);
    group_world_log(&w, R, true, M);
    group_world_run(&w);
    run_as(R);
    w.nodes[X].part = 1;
    run_as(R);
    run_as(S);
    pass_time(8 * EPOCH_GRAPH_KEEP_NS / 7);
    struct epoch *e = &w.nodes[R].e;
    assert_true(e->graph.past_count > 4);
    for (uint16_t i = 0; i < EPOCH_GRAPH_PAST_MAX && has_attacker; i++) {
        struct epoch_msg_change c = plain_change(R);
        c.parents.count = 0;
        c.sequence = 1;
        memcpy(c.commitment, &i, sizeof i);
        for (size_t node = R; node <= S; node++) {
            (void)!feed(node, attacker, signed_change(&c, attacker, bytes));
        }
    }
    assert_true(e->graph.past_count <= 10 + EPOCH_GRAPH_PAST_SHARE);
    run_as(X);
    w.nodes[X].part = 0;
    group_world_run(&w);
    run_as(R);
    struct group_world_item *mine = group_world_must_write(&w, X);
    group_world_run(&w);
    assert_true(mine->opened[R] && mine->opened[S]);
    end();
}

static void test_names_are_nobodys_to_push_out(void **state)
{
    (void)state;
    halves_merge_again(false, 0);
    halves_merge_again(true, 3); /* removed */
    halves_merge_again(true, 4); /* a member */
}

/* Whatever became of the names: a day later the halves are together. */
static void test_halves_merge_without_names(void **state)
{
    (void)state;
    enum { R, S, X };
    begin(3);
    run_as(S);
    run_as(X);
    run_as(R);
    w.nodes[X].part = 1;
    run_as(R);
    run_as(S);
    pass_time(8 * EPOCH_GRAPH_KEEP_NS / 7);
    w.nodes[R].e.graph.past_count = 0;
    w.nodes[S].e.graph.past_count = 0;
    run_as(X);
    (void)group_world_must_write(&w, X);
    w.nodes[X].part = 0;
    group_world_run(&w);
    pass_time(EPOCH_ORPHAN_NS);
    assert_true(w.nodes[R].events[EPOCH_MISSING] > 0);
    for (size_t by = R; by <= X; by++) {
        struct group_world_item *mine = group_world_must_write(&w, by);
        group_world_run(&w);
        for (size_t i = R; i <= X; i++) {
            assert_true(mine->opened[i]);
        }
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_refused_message_changes_nothing),
        UNIT(a_full_change_and_its_wrap_are_as_tight),
        UNIT(a_damaged_welcome_changes_nothing),
        UNIT(a_member_cannot_say_who_belongs),
        UNIT(a_wrap_of_another_seed_is_refused),
        UNIT(bad_wraps_are_tried_at_a_rate),
        UNIT(a_derived_change_cannot_shut_anybody_out),
        UNIT(what_waits_is_bounded),
        UNIT(one_author_has_its_share_of_the_graph),
        UNIT(a_name_makes_an_epoch_readable_or_nothing),
        UNIT(newer_versions_are_told_apart),
        UNIT(a_change_is_taken_without_its_parents_in_the_end),
        UNIT(what_lacks_a_parent_is_no_head_among_others),
        UNIT(test_names_are_nobodys_to_push_out),
        UNIT(test_halves_merge_without_names),
    };
    return cmocka_run_group_tests_name("epoch_take", tests, NULL, NULL);
}
