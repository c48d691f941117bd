/*
 * The graph of changes: heads, what void ones do, passing and forgetting.
 */
#include "tests/base/unit.h"

#include "group/epoch_graph.h"

static struct epoch_views views;
static struct epoch_members *all;
static struct epoch_graph g;

/* A graph over `count` devices, numbered from 1. */
static void begin(size_t count)
{
    struct epoch_member members[8];
    static const uint8_t log[32] = {1};
    struct epoch_view view = {.log_heads = {log, 1}, .members = members, .count = count};

    memset(members, 0, sizeof members);
    for (size_t i = 0; i < count; i++) {
        members[i].device[0] = (uint8_t)(i + 1);
    }
    epoch_view_init(&views);
    epoch_graph_init(&g);
    assert_int_equal(epoch_view_take(&views, &view, &all), 0);
}

static void end(void)
{
    epoch_graph_clear(&g);
    epoch_view_drop(all);
    epoch_view_clear(&views);
}

/* Change `name` by `author` over `parents`, a string of names. */
static struct epoch_change *add(char name, int author, const char *parents)
{
    uint8_t id[32] = {(uint8_t)name};
    uint8_t ids[8 * 32] = {0};
    struct epoch_msg_change c = {.kind = EPOCH_MSG_SEED, .sequence = 1, .parents = {ids, 0}};

    for (; parents[c.parents.count] != '\0'; c.parents.count++) {
        ids[c.parents.count * 32] = (uint8_t)parents[c.parents.count];
    }
    struct epoch_change *change = epoch_graph_make(&c, id, author, epoch_view_ref(all));
    epoch_graph_add_take(&g, change, 100);
    return change;
}

/* The oldest that is marked, but `not_this`. */
static struct epoch_change *first_marked(const struct epoch_change *not_this)
{
    struct list *at = list_next(&g.changes, &g.changes);

    while (at != NULL && (!LIST_OF(at, struct epoch_change, link)->is_marked ||
                          LIST_OF(at, struct epoch_change, link) == not_this)) {
        at = list_next(&g.changes, at);
    }
    return at != NULL ? LIST_OF(at, struct epoch_change, link) : NULL;
}

static struct epoch_change *first_stale(const struct epoch_members *current, uint64_t now)
{
    size_t count = epoch_graph_mark_stale(&g, current, 0, now);

    assert_true((count > 0) == (first_marked(NULL) != NULL));
    return first_marked(NULL);
}

static void assert_heads(const struct epoch_members *current, const char *names)
{
    char seen[EPOCH_GRAPH_CHANGES_MAX + 1] = {0};

    epoch_graph_refresh(&g, current, 200);
    for (size_t i = 0; i < g.head_count; i++) {
        seen[i] = (char)g.heads[i]->id[0];
    }
    assert_string_equal(seen, names);
}

/* All devices but the one in `slot`. */
static struct epoch_members *without(int slot)
{
    struct epoch_member members[8];
    uint8_t log[32] = {2, (uint8_t)slot};
    struct epoch_view view = {.log_heads = {log, 1}, .members = members};
    struct epoch_members *m = NULL;

    memset(members, 0, sizeof members);
    for (size_t i = 0; i < all->count; i++) {
        if ((int)i != slot) {
            members[view.count++].device[0] = (uint8_t)(i + 1);
        }
    }
    assert_int_equal(epoch_view_take(&views, &view, &m), 0);
    return m;
}

static void heads_are_what_nothing_stands_on(void **state)
{
    (void)state;
    begin(3);
    assert_heads(all, "");
    add('a', 0, "");
    assert_heads(all, "a");
    add('c', 1, "a");
    add('b', 2, "a");
    assert_heads(all, "bc");
    add('d', 0, "bc");
    assert_heads(all, "d");
    add('e', 1, "a"); /* somebody far behind */
    assert_heads(all, "de");
    assert_heads(NULL, "");
    end();
}

static void what_a_welcome_puts_below_is_no_head(void **state)
{
    (void)state;
    begin(3);
    add('a', 0, "");
    struct epoch_change *b = add('b', 1, "a");
    add('d', 2, "c"); /* c, over b, never came */
    assert_heads(all, "bd");
    b->is_below = true;
    assert_heads(all, "d");
    end();
}

static void a_void_change_covers_nothing(void **state)
{
    (void)state;
    begin(3);
    struct epoch_change *a = add('a', 0, "");
    add('b', 2, "a");
    struct epoch_members *now = without(2);
    assert_heads(now, "a");
    assert_true(a->superseded == 0);
    add('c', 1, "b"); /* who had not heard built upon it: what stands above counts */
    assert_heads(now, "c");
    assert_true(a->superseded == 200);
    assert_heads(all, "c");
    epoch_view_drop(now);
    end();
}

static void passing_is_for_all_below(void **state)
{
    (void)state;
    begin(3);
    struct epoch_change *a = add('a', 0, "");
    struct epoch_change *b = add('b', 1, "a");
    struct epoch_change *c = add('c', 2, "b");
    assert_heads(all, "c");
    assert_null(first_stale(all, 300));
    epoch_graph_pass(&g, c, 1);
    assert_null(first_stale(all, 300));
    epoch_graph_pass(&g, b, 2); /* it is not above b, but above a */
    assert_ptr_equal(first_stale(all, 300), a);
    epoch_graph_forget(&g, a);
    assert_null(first_stale(all, 300));
    epoch_graph_pass(&g, c, 2);
    assert_ptr_equal(first_stale(all, 300), b);
    uint8_t id[32] = {'a'};
    assert_null(epoch_graph_find(&g, id));
    assert_true(epoch_graph_knows(&g, id));
    struct epoch_members *now = without(2); /* who is gone need not pass */
    add('d', 1, "c");
    epoch_graph_refresh(&g, now, 200);
    epoch_graph_pass(&g, LIST_OF(g.changes.prev, struct epoch_change, link), 1);
    assert_non_null(first_stale(now, 300));
    epoch_view_drop(now);
    end();
}

static void time_is_the_other_way_out(void **state)
{
    (void)state;
    begin(2);
    struct epoch_change *a = add('a', 0, "");
    struct epoch_change *b = add('b', 1, "a");
    assert_heads(all, "b");
    assert_null(first_stale(all, 200 + EPOCH_GRAPH_KEEP_NS - 1));
    assert_ptr_equal(first_stale(all, 200 + EPOCH_GRAPH_KEEP_NS), a);
    assert_ptr_equal(epoch_graph_oldest(&g, -1), a);
    assert_ptr_equal(epoch_graph_oldest(&g, 0), a);
    assert_null(epoch_graph_oldest(&g, 1));
    epoch_graph_forget(&g, a);
    assert_null(first_stale(all, UINT64_MAX)); /* a head stays */
    struct epoch_members *now = without(1);
    epoch_graph_refresh(&g, now, 200);
    assert_ptr_equal(first_stale(now, 100 + EPOCH_GRAPH_KEEP_NS), b);
    epoch_view_drop(now);
    end();
}

static void hints_and_names_are_found(void **state)
{
    (void)state;
    begin(2);
    struct epoch_change *a = add('a', 0, "");
    struct epoch_change *b = add('b', 1, "a");
    b->id[0] = 'a';
    b->id[31] = 9;
    assert_ptr_equal(epoch_graph_hinted(&g, NULL, a->id), a);
    assert_ptr_equal(epoch_graph_hinted(&g, a, a->id), b);
    assert_null(epoch_graph_hinted(&g, b, a->id));
    assert_ptr_equal(epoch_graph_find(&g, b->id), b);
    assert_int_equal(epoch_graph_by(&g, 1), 1);
    assert_true(epoch_graph_has(&g, 1, 1));
    assert_false(epoch_graph_has(&g, 1, 2));
    for (size_t i = 0; i <= EPOCH_MSG_PAST_MAX; i++) {
        uint8_t id[32] = {0, (uint8_t)i, (uint8_t)(i >> 8)};
        epoch_graph_remember(&g, id);
    }
    uint8_t first[32] = {0};
    uint8_t second[32] = {0, 1};
    assert_false(epoch_graph_knows(&g, first));
    assert_true(epoch_graph_knows(&g, second));
    assert_true(epoch_graph_was_hinted(&g, second) && !epoch_graph_was_hinted(&g, first));
    end();
}

static void a_secret_taken_is_gone(void **state)
{
    (void)state;
    struct epoch_pair pair = {.has_in = true, .has_out = true, .in = {1}, .out = {2}};
    static const uint8_t zeros[32];
    uint8_t secret[32];

    assert_true(epoch_graph_take_in(&pair, secret));
    assert_true(secret[0] == 1 && !pair.has_in && pair.has_out);
    assert_memory_equal(pair.in, zeros, 32);
    assert_false(epoch_graph_take_in(&pair, secret));
    assert_true(epoch_graph_take_out(&pair, secret));
    assert_int_equal(secret[0], 2);
    assert_memory_equal(pair.out, zeros, 32);
}

static void what_lies_below_is_found_oldest_first(void **state)
{
    (void)state;
    begin(2);
    struct epoch_change *a = add('a', 0, "");
    struct epoch_change *x = add('x', 1, "");
    struct epoch_change *b = add('b', 1, "a");
    struct epoch_change *c = add('c', 0, "b");
    struct epoch_change *parents[2];
    uint8_t ids[64] = {0};
    assert_heads(all, "cx");
    assert_ptr_equal(first_stale(all, 200 + EPOCH_GRAPH_KEEP_NS), a);
    assert_true(a->is_marked && b->is_marked && !c->is_marked && !x->is_marked);
    b->superseded = 100; /* younger ones below an old one go with it */
    assert_ptr_equal(first_stale(all, 100 + EPOCH_GRAPH_KEEP_NS), a);
    assert_true(a->is_marked && b->is_marked);
    epoch_graph_mark(&g, b); /* alone */
    assert_ptr_equal(first_marked(NULL), b);
    assert_null(first_marked(b));
    ids[0] = 'b';
    ids[32] = 'x';
    assert_true(epoch_graph_all(&g, (struct epoch_msg_ids){ids, 2}, parents));
    assert_true(parents[0] == b && parents[1] == x);
    ids[32] = 'y';
    assert_false(epoch_graph_all(&g, (struct epoch_msg_ids){ids, 2}, parents));
    assert_false(epoch_graph_all(&g, (struct epoch_msg_ids){ids, 0}, parents));
    end();
}

/* As dense as the limits admit: each of 256 names the 32 before it. Finding what may go walks each
 * link a few times, not once for each change that goes. */
static void forgetting_walks_each_link_a_few_times(void **state)
{
    (void)state;
    uint8_t ids[EPOCH_GRAPH_CHANGES_MAX][32] = {{0}};
    size_t links = 0;

    begin(4);
    for (size_t i = 0; i < EPOCH_GRAPH_CHANGES_MAX; i++) {
        size_t count = i < EPOCH_MSG_PARENTS_MAX ? i : EPOCH_MSG_PARENTS_MAX;
        struct epoch_msg_change c = {
            .kind = EPOCH_MSG_SEED, .sequence = i, .parents = {ids[i - count], count}};
        ids[i][0] = (uint8_t)(i * 7); /* they come in no order of their ids */
        ids[i][1] = (uint8_t)(i >> 3);
        epoch_graph_add_take(&g, epoch_graph_make(&c, ids[i], (int)(i % 4), epoch_view_ref(all)),
                             100);
        links += count;
    }
    size_t size = EPOCH_GRAPH_CHANGES_MAX + links;
    epoch_graph_refresh(&g, all, 200);
    assert_true(g.head_count == 1 && g.steps <= 2 * size);
    g.steps = 0;
    assert_int_equal(epoch_graph_mark_stale(&g, all, 0, 200 + EPOCH_GRAPH_KEEP_NS),
                     EPOCH_GRAPH_CHANGES_MAX - 1);
    assert_true(g.steps <= 3 * size);
    for (size_t i = 0; i < EPOCH_GRAPH_CHANGES_MAX; i++) {
        assert_non_null(epoch_graph_find(&g, ids[i]));
    }
    end();
}

/* Parents may come behind their children: they are no heads then, nor is what lies below them. */
static void a_parent_may_come_behind_its_child(void **state)
{
    (void)state;
    begin(4);
    (void)add('a', 0, "");
    struct epoch_change *d = add('d', 3, "c"); /* nobody knows c */
    d->is_orphan = true;
    (void)add('e', 0, "d");
    (void)add('f', 1, "x");
    assert_heads(all, "aef");
    assert_true(d->is_orphan);
    assert_true(epoch_graph_is_unclear(&g)); /* a may be below c, f too */
    d->is_below = true; /* of a later one of its author; but e stands above it */
    assert_heads(all, "aef");
    assert_true(epoch_graph_is_unclear(&g));
    d->is_below = false;
    (void)add('b', 1, "a"); /* behind d in time, below it in truth */
    assert_heads(all, "bef");
    assert_true(d->is_orphan);
    (void)add('c', 2, "b");
    assert_heads(all, "ef");
    assert_false(d->is_orphan || epoch_graph_is_unclear(&g));
    d->is_orphan = true;
    assert_true(epoch_graph_is_unclear(&g));
    (void)add('g', 1, "ef");
    (void)add('h', 1, "d");
    assert_heads(all, "gh"); /* both stand above it */
    d->is_orphan = true;
    assert_false(epoch_graph_is_unclear(&g));
    d->is_orphan = false;
    const char *order = "abcde"; /* each stands before what stands on it */
    size_t at = 0;
    for (struct list *l = list_next(&g.changes, &g.changes); l != NULL;
         l = list_next(&g.changes, l)) {
        const struct epoch_change *c = LIST_OF(l, struct epoch_change, link);
        at += order[at] != '\0' && c->id[0] == (uint8_t)order[at];
    }
    assert_int_equal(at, 5);
    assert_int_equal(list_count(&g.changes), 8);
    end();
}

static void a_name_takes_no_others_place(void **state)
{
    (void)state;
    begin(2);
    for (size_t i = 0; i < 3 * EPOCH_GRAPH_PAST_SHARE; i++) { /* one member's push out its own */
        struct epoch_change *c = add('a', 0, "");
        uint8_t id[32] = {1, (uint8_t)i};
        memcpy(c->id, id, 32);
        c->owner = 7;
        epoch_graph_forget(&g, c);
        uint8_t other[32] = {2, (uint8_t)i};
        assert_true(epoch_graph_remember_said(&g, other, 7)); /* what it said is counted apart */
    }
    assert_int_equal(g.past_count, EPOCH_GRAPH_PAST_SHARE + EPOCH_GRAPH_PAST_SAID);
    const uint8_t newest[2][32] = {{1, 3 * EPOCH_GRAPH_PAST_SHARE - 1},
                                   {2, 3 * EPOCH_GRAPH_PAST_SHARE - 1}};
    const uint8_t gone[2][32] = {{1, 2 * EPOCH_GRAPH_PAST_SHARE - 1},
                                 {2, 3 * EPOCH_GRAPH_PAST_SHARE - 1 - EPOCH_GRAPH_PAST_SAID}};
    for (size_t i = 0; i < 2; i++) {
        assert_true(epoch_graph_knows(&g, newest[i]));
        assert_false(epoch_graph_knows(&g, gone[i]));
    }
    end();
}

/* A welcome brings names in any number, and its author may lie: in a full house it is welcomes' own
 * names that go, as long as there are most of them. */
static void a_welcome_pushes_out_its_own_names(void **state)
{
    (void)state;
    begin(2);
    for (uint64_t owner = 1; owner <= 8; owner++) {
        for (size_t i = 0; i < EPOCH_GRAPH_PAST_SHARE; i++) {
            const uint8_t id[32] = {1, (uint8_t)owner, (uint8_t)i};
            assert_true(owner == 8 || epoch_graph_restore(&g, id, owner, false));
        }
    }
    for (size_t i = 0; i < 2 * EPOCH_MSG_PAST_MAX; i++) {
        const uint8_t id[32] = {2, (uint8_t)i, (uint8_t)(i >> 8)};
        epoch_graph_remember(&g, id);
    }
    assert_int_equal(g.past_count, EPOCH_GRAPH_PAST_MAX);
    for (uint64_t owner = 1; owner < 8; owner++) {
        size_t left = 0;
        for (size_t i = 0; i < EPOCH_GRAPH_PAST_SHARE; i++) {
            const uint8_t id[32] = {1, (uint8_t)owner, (uint8_t)i};
            left += epoch_graph_knows(&g, id);
        }
        assert_true(left >= EPOCH_GRAPH_PAST_SHARE - 1);
    }
    const uint8_t more[32] = {4};
    assert_false(epoch_graph_remember_said(&g, more, 9)); /* for this, nothing goes */
    assert_false(epoch_graph_restore(&g, more, 9, false));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(heads_are_what_nothing_stands_on),
        UNIT(what_a_welcome_puts_below_is_no_head),
        UNIT(a_void_change_covers_nothing),
        UNIT(passing_is_for_all_below),
        UNIT(time_is_the_other_way_out),
        UNIT(hints_and_names_are_found),
        UNIT(a_secret_taken_is_gone),
        UNIT(what_lies_below_is_found_oldest_first),
        UNIT(forgetting_walks_each_link_a_few_times),
        UNIT(a_parent_may_come_behind_its_child),
        UNIT(a_name_takes_no_others_place),
        UNIT(a_welcome_pushes_out_its_own_names),
    };
    return cmocka_run_group_tests_name("epoch_graph", tests, NULL, NULL);
}
