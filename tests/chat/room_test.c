/* A room's graph: one order from any arrival, waiting, hints, forks, lies, limits. */
#include "chat/room.h"

#include "tests/base/unit.h"
#include "tests/support/room_world.h"

static void shuffle(const struct random *r, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        size_t k = (size_t)random_below(r, i);
        size_t swapped = order[i - 1];

        order[i - 1] = order[k];
        order[k] = swapped;
    }
}

/* All talk, hearing each other now and then, some in halves that do not hear the other. */
static void converse(struct room_world *w, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        size_t author = (size_t)random_below(&w->random, w->node_count);
        size_t said = room_world_say(w, author);
        bool is_split = k > count / 3 && k < 2 * count / 3;

        for (size_t i = 0; i < w->node_count; i++) {
            if (i != author && random_below(&w->random, 3) > 0 &&
                !(is_split && i % 2 != author % 2)) {
                int rc = room_world_feed(w, i, said, random_below(&w->random, 2) == 0);
                assert_true(rc == 0);
            }
        }
    }
}

/* Give node `i` everything, in an order of its own, some of it twice. */
static void catch_up(struct room_world *w, size_t i)
{
    size_t *order = mem_new_array(w->entry_count, sizeof *order);

    shuffle(&w->random, order, w->entry_count);
    for (size_t k = 0; k < w->entry_count; k++) {
        int rc = room_world_feed(w, i, order[k], false);
        assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
        if (random_below(&w->random, 4) == 0) {
            assert_int_equal(room_world_feed(w, i, order[k], random_below(&w->random, 2) == 0),
                             WAVU_ERR_EXISTS);
        }
    }
    mem_free(order);
}

static void test_histories_become_equal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct room_world w;
        uint8_t first[32];
        uint8_t other[32];

        room_world_init(&w, 5, seed);
        converse(&w, 250);
        for (size_t i = 0; i < w.node_count; i++) {
            catch_up(&w, i);
            room_check(&w.nodes[i].room);
            assert_int_equal(room_waiting(&w.nodes[i].room), 0);
            assert_int_equal(w.nodes[i].kept.count, w.entry_count);
            assert_int_equal(w.nodes[i].forked, 0);
            room_world_order(&w, i, i == 0 ? first : other);
            assert_memory_equal(first, i == 0 ? first : other, sizeof first);
        }
        room_world_clear(&w);
    }
}

static void test_a_sealed_entry_finds_its_links(void **state)
{
    (void)state;
    struct room_world w;

    room_world_init(&w, 3, 20);
    for (int k = 0; k < 60; k++) {
        size_t author = (size_t)random_below(&w.random, 2);
        size_t said = room_world_say(&w, author);

        assert_int_equal(room_world_feed(&w, 1 - author, said, true), 0);
        assert_int_equal(room_world_feed(&w, 2, said, true), 0);
        assert_true(room_world_has(&w, 2, said));
    }
    assert_int_equal(room_waiting(&w.nodes[2].room), 0);
    room_world_clear(&w);
}

static void test_sealed_entries_come_in_any_order(void **state)
{
    (void)state;
    struct room_world w;

    room_world_init(&w, 2, 21);
    for (int k = 0; k < 100; k++) {
        room_world_say(&w, 0);
    }
    for (size_t k = 100; k > 0; k--) {
        assert_int_equal(room_world_feed(&w, 1, k - 1, true), 0);
        room_check(&w.nodes[1].room);
    }
    assert_int_equal(room_waiting(&w.nodes[1].room), 0);
    assert_int_equal(w.nodes[1].kept.count, 100);
    room_world_clear(&w);
}

/* Another wavu ties three heads together: hints name two, so the links have to come otherwise. */
static void test_links_that_hints_do_not_give(void **state)
{
    (void)state;
    struct room_world w;
    struct entry e = {0};

    room_world_init(&w, 5, 22);
    room_draft(&w.nodes[3].room, w.nodes[3].pair.public_key, &e);
    for (size_t i = 0; i < 3; i++) {
        size_t said = room_world_say(&w, i);

        assert_int_equal(room_world_feed(&w, 3, said, true), 0);
        assert_int_equal(room_world_feed(&w, 4, said, true), 0);
        entry_id(e.parents[e.parent_count++], &w.entries[said], w.network);
    }
    size_t tie = room_world_sign(&w, 3, &e);

    assert_int_equal(room_world_feed(&w, 4, tie, true), 0);
    room_check(&w.nodes[4].room);
    assert_false(room_world_has(&w, 4, tie));
    assert_int_equal(room_waiting(&w.nodes[4].room), 1);
    assert_int_equal(room_world_feed(&w, 4, tie, false), 0);
    assert_true(room_world_has(&w, 4, tie));
    assert_int_equal(room_waiting(&w.nodes[4].room), 0);
    room_world_clear(&w);
}

static void test_forks_show(void **state)
{
    (void)state;
    struct room_world w;
    struct entry e = {0};

    room_world_init(&w, 3, 23);
    room_world_say(&w, 0);
    room_draft(&w.nodes[0].room, w.nodes[0].pair.public_key, &e);
    size_t one = room_world_sign(&w, 0, &e);
    size_t two = room_world_sign(&w, 0, &e);

    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(room_world_feed(&w, i, 0, false), 0);
        assert_int_equal(room_world_feed(&w, i, i == 1 ? one : two, false), 0);
        assert_int_equal(w.nodes[i].forked, 0);
        assert_int_equal(room_world_feed(&w, i, i == 1 ? two : one, false), 0);
        assert_int_equal(w.nodes[i].forked, 1);
        assert_true(room_world_has(&w, i, one) && room_world_has(&w, i, two));
        assert_true(room_device(&w.nodes[i].room, e.device)->is_forked);
    }
    uint8_t a[32];
    uint8_t b[32];

    room_world_order(&w, 1, a);
    room_world_order(&w, 2, b);
    assert_memory_equal(a, b, sizeof a);
    room_world_clear(&w);
}

/* An entry that says it follows another's entry, or one of another sequence. */
static void test_lies_about_links_are_refused(void **state)
{
    (void)state;
    struct room_world w;
    struct entry e = {0};

    room_world_init(&w, 3, 24);
    size_t of_other = room_world_say(&w, 1);
    room_world_say(&w, 0);
    assert_int_equal(room_world_feed(&w, 2, of_other, false), 0);
    assert_int_equal(room_world_feed(&w, 2, 1, false), 0);

    room_draft(&w.nodes[0].room, w.nodes[0].pair.public_key, &e);
    entry_id(e.previous, &w.entries[of_other], w.network);
    assert_int_equal(room_world_feed(&w, 2, room_world_sign(&w, 0, &e), false), WAVU_ERR_CRYPTO);

    room_draft(&w.nodes[0].room, w.nodes[0].pair.public_key, &e);
    e.sequence = 3;
    assert_int_equal(room_world_feed(&w, 2, room_world_sign(&w, 0, &e), false), WAVU_ERR_CRYPTO);

    e.sequence = 1; /* the first follows nothing */
    assert_int_equal(room_world_feed(&w, 2, room_world_sign(&w, 0, &e), false), WAVU_ERR_CRYPTO);
    assert_int_equal(w.nodes[2].kept.count, 2);
    assert_int_equal(room_waiting(&w.nodes[2].room), 0);

    /* A lie that shows only when the entry that it names has come. */
    struct room_world_node *n = &w.nodes[2];
    size_t later = room_world_say(&w, 1);
    room_draft(&w.nodes[0].room, w.nodes[0].pair.public_key, &e);
    entry_id(e.previous, &w.entries[later], w.network);
    assert_int_equal(room_world_feed(&w, 2, room_world_sign(&w, 0, &e), false), 0);
    assert_int_equal(room_waiting(&n->room), 1);
    assert_int_equal(room_world_feed(&w, 2, later, false), 0);
    assert_int_equal(room_waiting(&n->room), 0);
    assert_int_equal(n->kept.count, 3);
    room_check(&n->room);
    room_world_clear(&w);
}

static void test_what_comes_late_is_marked(void **state)
{
    (void)state;
    struct room_world w;

    room_world_init(&w, 3, 25);
    size_t old = room_world_say(&w, 2);
    for (int k = 0; k < ROOM_LATE + 2; k++) {
        assert_int_equal(room_world_feed(&w, 1, room_world_say(&w, 0), false), 0);
    }
    assert_int_equal(w.nodes[1].late, 0);
    assert_int_equal(room_world_feed(&w, 1, old, false), 0);
    assert_int_equal(w.nodes[1].late, 1);
    room_world_clear(&w);
}

/* ---- Limits ---- */

static void test_one_device_has_its_share_of_waiting(void **state)
{
    (void)state;
    const size_t share = ROOM_WAITING_MAX / ROOM_WAITING_SHARE;
    struct room_world w;
    struct entry e = {0};

    room_world_init(&w, 3, 26);
    memcpy(e.room, w.nodes[0].room.id, sizeof e.room);
    for (size_t k = 0; k <= share; k++) { /* each names another entry that nobody has */
        e.sequence = 2 + k;
        random_fill(&w.random, e.previous, sizeof e.previous);
        e.has_links = true;
        size_t said = room_world_sign(&w, 0, &e);
        assert_int_equal(room_world_feed(&w, 2, said, false), k < share ? 0 : WAVU_ERR_LIMIT);
    }
    room_check(&w.nodes[2].room);
    size_t first = room_world_say(&w, 1);
    size_t second = room_world_say(&w, 1);

    assert_int_equal(room_world_feed(&w, 2, second, false), 0); /* others wait as before */
    assert_int_equal(room_waiting(&w.nodes[2].room), share + 1);
    assert_int_equal(room_world_feed(&w, 2, first, false), 0);
    assert_true(room_world_has(&w, 2, second));
    room_world_clear(&w);
}

static void test_heads_and_devices_are_bounded(void **state)
{
    (void)state;
    static struct room_world w;
    struct room_device d = {.sequence = 1};
    struct room_head head = {.height = 1};
    struct entry e = {0};

    room_world_init(&w, 1, 27);
    struct room *r = &w.nodes[0].room;

    for (uint32_t k = 0; k <= ROOM_DEVICES_MAX; k++) {
        memcpy(d.device, &k, sizeof k);
        assert_int_equal(room_load_device(r, &d), k < ROOM_DEVICES_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    for (uint32_t k = 0; k < 2 * ROOM_HEADS_MAX; k++) {
        memcpy(head.id, &k, sizeof k);
        head.height = k + 1;
        room_load_head(r, &head);
        room_check(r);
    }
    assert_int_equal(r->head_count, ROOM_HEADS_MAX);
    room_draft(r, d.device, &e);
    assert_int_equal(e.parent_count, 2);
    uint32_t ends[2];

    memcpy(&ends[0], e.parents[0], sizeof ends[0]);
    memcpy(&ends[1], e.parents[1], sizeof ends[1]);
    assert_int_equal(ends[0],
                     2 * ROOM_HEADS_MAX - 1); /* the highest, and the oldest that is left */
    assert_int_equal(ends[1], ROOM_HEADS_MAX);
    room_world_clear(&w);
}

static bool is_head(const struct room_world *w, size_t i, size_t k)
{
    const struct room *r = &w->nodes[i].room;
    uint8_t id[ENTRY_ID_SIZE];
    bool is = false;

    entry_id(id, &w->entries[k], w->network);
    for (size_t h = 0; h < r->head_count; h++) {
        is = is || memcmp(r->heads[h].id, id, sizeof id) == 0;
    }
    return is;
}

/* Device `i` says something that links to its own previous one and, `above`, to the last that node
 * 0 said: so it decides where it stands. Node 0 has it then. */
static void forge(struct room_world *w, size_t i, const size_t *above)
{
    struct entry e = {0};

    room_draft(&w->nodes[i].room, w->nodes[i].pair.public_key, &e);
    e.parent_count = 0;
    if (above != NULL) {
        entry_id(e.parents[e.parent_count++], &w->entries[*above], w->network);
        assert_int_equal(room_world_feed(w, i, *above, false), 0);
    }
    size_t said = room_world_sign(w, i, &e);

    assert_int_equal(room_world_feed(w, i, said, false), 0);
    assert_int_equal(room_world_feed(w, 0, said, false), 0);
}

/* One member with devices that always stand highest and lowest: what others said is tied as soon as
 * it is their turn, so that it counts when they are put out one day. */
static void test_forgers_keep_nobody_untied(void **state)
{
    (void)state;
    struct room_world w;
    enum { OTHERS = 2, FORGERS = 5, ROUNDS = 40 };
    size_t said[1 + OTHERS] = {0};

    room_world_init(&w, 1 + OTHERS + FORGERS, 33);
    w.authors = 2 + OTHERS; /* all further devices are one member's */
    for (size_t k = 0; k < 10; k++) {
        said[0] = room_world_say(&w, 0);
        for (size_t i = 1; i < w.node_count; i++) {
            assert_int_equal(room_world_feed(&w, i, said[0], false), 0);
        }
    }
    for (size_t i = 1; i <= OTHERS; i++) { /* they speak once */
        said[i] = room_world_say(&w, i);
        assert_int_equal(room_world_feed(&w, 0, said[i], false), 0);
    }
    said[0] = said[1];
    for (size_t k = 0; k < ROUNDS; k++) {
        forge(&w, 1 + OTHERS, &said[0]);
        for (size_t i = 2 + OTHERS; i < w.node_count; i++) {
            forge(&w, i, NULL);
        }
        said[0] = room_world_say(&w, 0);
        room_check(&w.nodes[0].room);
        /* Of three members each has had its turn. */
        assert_true(k < 2 || (!is_head(&w, 0, said[1]) && !is_head(&w, 0, said[2])));
    }
    room_world_clear(&w);
}

/* Who has many heads loses them before others lose theirs, however high it stands. */
static void test_many_heads_push_out_nobody(void **state)
{
    (void)state;
    struct room_world w;
    struct room_head head = {{1}, 1, 7};

    room_world_init(&w, 1, 34);
    struct room *r = &w.nodes[0].room;

    room_load_head(r, &head);
    for (uint32_t k = 0; k < 3 * ROOM_HEADS_MAX; k++) {
        head = (struct room_head){{2}, 2 + k, 8 + k % 3};
        memcpy(head.id + 1, &k, sizeof k);
        room_load_head(r, &head);
        room_check(r);
    }
    assert_int_equal(r->head_count, ROOM_HEADS_MAX);
    assert_int_equal(r->heads[0].author, 7);
    room_world_clear(&w);
}

/* Many speak at once: what the next one says stands at its place as soon as its sealed form comes,
 * which hints at two parents. */
static void test_many_heads_hold_nobody_up(void **state)
{
    (void)state;
    struct room_world w;
    enum { SPEAKERS = 7 };
    size_t said[SPEAKERS];

    room_world_init(&w, SPEAKERS, 31);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < SPEAKERS; i++) {
            said[i] = room_world_say(&w, i);
        }
        for (size_t i = 0; i < SPEAKERS; i++) {
            for (size_t k = 1; k < SPEAKERS; k++) {
                size_t other = said[(i + k) % SPEAKERS];

                assert_int_equal(room_world_feed(&w, i, other, true), 0);
                assert_true(room_world_has(&w, i, other));
            }
        }
    }
    for (size_t k = 0; k < SPEAKERS; k++) { /* one who goes on ties them together */
        size_t last = room_world_say(&w, 0);

        assert_int_equal(room_world_feed(&w, 1, last, true), 0);
        assert_true(room_world_has(&w, 1, last));
    }
    assert_int_equal(w.nodes[1].room.head_count, 1);
    room_world_clear(&w);
}

/* Whatever is placed is known when it comes again, the longer branch of a fork as well. */
static void test_what_is_placed_is_known_again(void **state)
{
    (void)state;
    struct room_world w;
    struct entry branch = {0};
    size_t said[6];

    room_world_init(&w, 2, 32);
    room_draft(&w.nodes[0].room, w.nodes[0].pair.public_key, &branch);
    said[0] = room_world_say(&w, 0);
    said[1] = room_world_say(&w, 0);
    for (size_t k = 2; k < 6; k++) { /* another first one, and three behind it */
        said[k] = room_world_sign(&w, 0, &branch);
        entry_id(branch.previous, &w.entries[said[k]], w.network);
        branch.sequence++;
    }
    for (size_t k = 0; k < 6; k++) {
        assert_int_equal(room_world_feed(&w, 1, said[k], false), 0);
        room_check(&w.nodes[1].room);
    }
    assert_int_equal(w.nodes[1].kept.count, 6);
    for (size_t k = 0; k < 6; k++) {
        assert_int_equal(room_world_feed(&w, 1, said[k], false), WAVU_ERR_EXISTS);
    }
    assert_int_equal(room_waiting(&w.nodes[1].room), 0);
    room_world_clear(&w);
}

static void test_what_the_store_refuses_is_not_placed(void **state)
{
    (void)state;
    struct room_world w;

    room_world_init(&w, 2, 28);
    size_t first = room_world_say(&w, 0);
    size_t second = room_world_say(&w, 0);

    w.nodes[1].fails = WAVU_ERR_NO_SPACE;
    assert_int_equal(room_world_feed(&w, 1, first, false), WAVU_ERR_NO_SPACE);
    assert_int_equal(room_world_feed(&w, 1, second, false), 0); /* waits */
    assert_int_equal(w.nodes[1].kept.count, 0);
    assert_int_equal(room_device(&w.nodes[1].room, w.entries[first].device)->sequence, 0);
    w.nodes[1].fails = 0;
    assert_int_equal(room_world_feed(&w, 1, first, false), 0);
    assert_true(room_world_has(&w, 1, first) && room_world_has(&w, 1, second));
    room_check(&w.nodes[1].room);
    room_world_clear(&w);
}

static void test_goes_on_from_what_was_kept(void **state)
{
    (void)state;
    struct room_world w;

    room_world_init(&w, 2, 29);
    for (int k = 0; k < 10; k++) {
        assert_int_equal(room_world_feed(&w, 1, room_world_say(&w, 0), false), 0);
    }
    struct room_world_node *n = &w.nodes[1];
    const struct room_device d = *room_device(&n->room, w.entries[0].device);
    const struct room_head head = n->room.heads[0];
    const struct room_ops ops = n->room.ops;
    uint8_t id[32];

    assert_int_equal(n->room.head_count, 1);
    memcpy(id, n->room.id, sizeof id);
    room_clear(&n->room);
    room_init(&n->room, w.network, id, &ops, &w.random);
    assert_int_equal(room_load_device(&n->room, &d), 0);
    room_load_head(&n->room, &head);
    size_t said = room_world_say(&w, 1);

    assert_int_equal(w.entries[said].parent_count, 1);
    assert_memory_equal(w.entries[said].parents[0], head.id, sizeof head.id);
    assert_int_equal(n->room.height, 11);
    assert_int_equal(room_world_feed(&w, 1, room_world_say(&w, 0), true), 0);
    assert_int_equal(room_waiting(&n->room), 0);
    room_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_histories_become_equal),
        UNIT(test_a_sealed_entry_finds_its_links),
        UNIT(test_sealed_entries_come_in_any_order),
        UNIT(test_links_that_hints_do_not_give),
        UNIT(test_forks_show),
        UNIT(test_lies_about_links_are_refused),
        UNIT(test_what_comes_late_is_marked),
        UNIT(test_one_device_has_its_share_of_waiting),
        UNIT(test_heads_and_devices_are_bounded),
        UNIT(test_forgers_keep_nobody_untied),
        UNIT(test_many_heads_push_out_nobody),
        UNIT(test_many_heads_hold_nobody_up),
        UNIT(test_what_is_placed_is_known_again),
        UNIT(test_what_the_store_refuses_is_not_placed),
        UNIT(test_goes_on_from_what_was_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
