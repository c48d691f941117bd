/* Revoked devices: what counts of theirs, in whatever order revocation and entries come. */
#include "tests/chat/history_shown.h"

static void cut(struct history_world *w, size_t i, size_t who, bool is_cut)
{
    assert_int_equal(history_cut_set(&w->nodes[i].history, w->nodes[who].pair.public_key,
                                     w->nodes[who].member, is_cut),
                     0);
    history_world_drain(&w->nodes[i]);
    history_check(&w->nodes[i].history);
}

/* b speaks, a answers, b speaks twice more: of these nobody who is not revoked knows. */
static void test_the_revoked_add_nothing(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 3, 1, STORE_MEMORY);
    size_t one = history_world_text(&w, 1, "one");
    assert_int_equal(history_world_feed(&w, 0, one), 0);
    size_t answer = history_world_text(&w, 0, "answer");
    size_t two = history_world_text(&w, 1, "two");
    size_t three = history_world_text(&w, 1, "three");
    const size_t before[] = {one, answer, two, three};

    /* Node 0 has all, then hears of the revocation; node 2 hears of it first. */
    for (size_t k = 2; k < 4; k++) {
        assert_int_equal(history_world_feed(&w, 0, before[k]), 0);
    }
    assert_int_equal(history_world_room(&w, 0)->unread, 3);
    cut(&w, 0, 1, true);
    cut(&w, 2, 1, true);
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(history_world_feed(&w, 2, before[k]), 0);
    }
    for (size_t i = 0; i < 3; i += 2) {
        HISTORY_WORLD_SHOWS(&w, i, one, "one");
        HISTORY_WORLD_SHOWS(&w, i, two, "?");
        HISTORY_WORLD_SHOWS(&w, i, three, "?");
        assert_int_equal(history_world_room(&w, i)->graph->head_count, 1);
    }
    assert_int_equal(w.nodes[0].counts[HISTORY_HIDDEN], 2);
    assert_int_equal(history_world_room(&w, 0)->unread, 1);
    assert_int_equal(history_world_room(&w, 2)->unread, 2);

    /* Nobody who knows links to it; a device that does not know yet does, and it counts. */
    size_t later = history_world_text(&w, 0, "later");
    struct entry e;
    assert_int_equal(entry_read(&e, span_of(w.said[later].bytes, w.said[later].len)), 0);
    assert_int_equal(e.parent_count, 0); /* only its own previous one */
    uint8_t a[32];
    uint8_t b[32];
    assert_int_equal(history_world_feed(&w, 2, later), 0);
    assert_int_equal(history_world_view(&w, 0, a), 3);
    assert_int_equal(history_world_view(&w, 2, b), 3);
    assert_memory_equal(a, b, 32);
    history_world_clear(&w);
}

/* Backdated: b names old parents, or says something else at an old sequence. */
static void test_the_revoked_cannot_backdate(void **state)
{
    struct history_world w;
    struct entry e = {0};

    (void)state;
    history_world_init(&w, 3, 2, STORE_MEMORY);
    size_t one = history_world_text(&w, 1, "one");
    history_world_share(&w);
    assert_int_equal(history_draft(&w.nodes[1].history, w.group, &e), 0);
    size_t two = history_world_text(&w, 1, "two");
    history_world_share(&w);
    history_world_text(&w, 0, "answer");
    history_world_share(&w);
    cut(&w, 0, 1, true);
    e.content = UNIT_TEXT("\x08\x01\x12\x03two"); /* what it might have said instead of it */
    size_t fork = history_world_sign(&w, 1, &e);
    assert_int_equal(history_world_feed(&w, 0, fork), 0);
    assert_int_equal(w.nodes[0].counts[HISTORY_FORKED], 1);
    HISTORY_WORLD_SHOWS(&w, 0, one, "one");
    HISTORY_WORLD_SHOWS(&w, 0, two, "two");
    HISTORY_WORLD_SHOWS(&w, 0, fork, "?");

    /* The same when the fork came first. */
    assert_int_equal(history_world_feed(&w, 2, fork), 0);
    HISTORY_WORLD_SHOWS(&w, 2, fork, "two");
    cut(&w, 2, 1, true);
    HISTORY_WORLD_SHOWS(&w, 2, one, "one");
    HISTORY_WORLD_SHOWS(&w, 2, two, "two");
    HISTORY_WORLD_SHOWS(&w, 2, fork, "?");
    history_world_clear(&w);
}

static void test_an_answer_from_who_does_not_know_lets_it_count(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 3, 3, STORE_MEMORY);
    size_t one = history_world_text(&w, 1, "one");
    size_t two = history_world_text(&w, 1, "two");
    cut(&w, 0, 1, true);
    assert_int_equal(history_world_feed(&w, 0, one), 0);
    assert_int_equal(history_world_feed(&w, 0, two), 0);
    HISTORY_WORLD_SHOWS(&w, 0, one, "?");
    assert_int_equal(history_world_feed(&w, 2, one), 0);
    assert_int_equal(history_world_feed(&w, 2, two), 0);
    size_t answer = history_world_text(&w, 2, "answer");
    assert_int_equal(history_world_feed(&w, 0, answer), 0);
    HISTORY_WORLD_SHOWS(&w, 0, one, "one");
    HISTORY_WORLD_SHOWS(&w, 0, two, "two");
    assert_int_equal(history_world_room(&w, 0)->graph->head_count, 1);
    assert_int_equal(history_world_room(&w, 0)->unread, 3);

    /* Who answered is revoked, too: all of it counts no more; and does again. */
    cut(&w, 0, 2, true);
    HISTORY_WORLD_SHOWS(&w, 0, one, "?");
    HISTORY_WORLD_SHOWS(&w, 0, answer, "?");
    assert_int_equal(history_world_room(&w, 0)->graph->head_count, 0);
    assert_int_equal(history_world_room(&w, 0)->unread, 0);
    cut(&w, 0, 2, false);
    HISTORY_WORLD_SHOWS(&w, 0, one, "one");
    HISTORY_WORLD_SHOWS(&w, 0, answer, "answer");
    assert_int_equal(history_world_room(&w, 0)->graph->head_count, 1);
    cut(&w, 0, 1, false);
    HISTORY_WORLD_SHOWS(&w, 0, two, "two");
    assert_int_equal(history_world_room(&w, 0)->graph->head_count, 1);
    history_world_clear(&w);
}

/* What a hidden entry said about others is undone: an edit, a reaction; a deletion, when it comes
 * after the revocation. */
static void test_what_does_not_count_changes_nothing(void **state)
{
    struct history_world w;
    uint64_t numbers[4];
    struct store_page found = {.before = UINT64_MAX, .numbers = numbers, .max = 4};

    (void)state;
    history_world_init(&w, 2, 4, STORE_MEMORY);
    size_t one = history_world_text(&w, 1, "before");
    size_t other = history_world_text(&w, 1, "stays");
    history_world_share(&w);
    history_world_text(&w, 0, "answer");
    history_world_share(&w);
    history_world_about(&w, 1, one, CONTENT_EDIT, "afterwards");
    history_world_share(&w);
    HISTORY_WORLD_SHOWS(&w, 0, one, "afterwards");
    cut(&w, 0, 1, true);
    HISTORY_WORLD_SHOWS(&w, 0, one, "before");
    assert_int_equal(history_view_find(history_world_room(&w, 0), UNIT_TEXT("afterwards"), &found),
                     0);
    assert_int_equal(found.count, 0);
    found.before = UINT64_MAX;
    assert_int_equal(history_view_find(history_world_room(&w, 0), UNIT_TEXT("before"), &found), 0);
    assert_int_equal(found.count, 1);
    size_t deletion = history_world_about(&w, 1, other, CONTENT_DELETE, "");
    assert_int_equal(history_world_feed(&w, 0, deletion), 0);
    HISTORY_WORLD_SHOWS(&w, 0, other, "stays");
    cut(&w, 0, 1, false);
    HISTORY_WORLD_SHOWS(&w, 0, one, "afterwards");
    HISTORY_WORLD_SHOWS(&w, 0, other, "-");
    history_world_clear(&w);
}

/* What only hidden entries link to is a head again, so that new ones stand behind it. */
static void test_what_the_hidden_linked_to_is_a_head_again(void **state)
{
    struct history_world w;
    struct entry e = {0};

    (void)state;
    history_world_init(&w, 3, 5, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "one");
    history_world_share(&w);
    size_t two = history_world_text(&w, 1, "two");
    history_world_text(&w, 1, "three");
    history_world_share(&w);
    cut(&w, 2, 1, true);
    const struct room *graph = history_world_room(&w, 2)->graph;

    assert_int_equal(graph->head_count, 1);
    assert_memory_equal(graph->heads[0].id, w.said[one].id, 32);
    assert_int_equal(history_draft(&w.nodes[2].history, w.group, &e), 0);
    assert_int_equal(e.parent_count, 1);
    assert_memory_equal(e.parents[0], w.said[one].id, 32);
    cut(&w, 2, 1, false);
    assert_int_equal(graph->head_count, 1);
    assert_memory_not_equal(graph->heads[0].id, w.said[one].id, 32);
    assert_memory_not_equal(graph->heads[0].id, w.said[two].id, 32);
    history_world_clear(&w);
}

/* Leave so much room in the turn's commit that some entries can be judged, and not all. */
static void fill_commit(struct history_world *w, size_t i)
{
    static uint8_t bytes[STORE_VALUE_MAX - 1024];
    struct store *store = w->nodes[i].disk.store;
    const size_t keep = HISTORY_COMMIT_ROOM + 3 * (size_t)ENTRY_CONTENT_MAX + 2500;

    for (uint32_t k = 0; store_pending(store) + keep < STORE_PENDING_MAX; k++) {
        const size_t left = STORE_PENDING_MAX - keep - store_pending(store);
        const size_t size = left < sizeof bytes ? left : sizeof bytes;

        assert_int_equal(store_put(store, "junk", span_of(&k, sizeof k), span_of(bytes, size)), 0);
    }
}

/* More than one commit can take: it goes on, also in another life, and ends the same. */
static void test_a_long_revocation_goes_on(void **state)
{
    struct history_world w;
    size_t rounds = 0;
    int rc = 0;

    (void)state;
    history_world_init(&w, 2, 6, STORE_DISK);
    size_t one = history_world_text(&w, 1, "one");
    history_world_share(&w);
    history_world_text(&w, 0, "answer");
    history_world_share(&w);
    for (size_t k = 0; k < 60; k++) {
        history_world_text(&w, 1, "word");
    }
    history_world_share(&w);
    do {
        fill_commit(&w, 0);
        rc = history_cut_set(&w.nodes[0].history, w.nodes[1].pair.public_key, w.nodes[1].member,
                             true);
        assert_true(rc == 0 || rc == WAVU_ERR_AGAIN);
        history_world_drain(&w.nodes[0]);
        history_world_commit(&w, 0);
        history_world_restart(&w, 0, true);
        rounds++;
    } while (rc == WAVU_ERR_AGAIN && rounds < 100);
    assert_true(rc == 0 && rounds > 2);
    HISTORY_WORLD_SHOWS(&w, 0, one, "one");
    for (size_t k = 2; k < w.said_count; k++) {
        HISTORY_WORLD_SHOWS(&w, 0, k, "?");
    }
    assert_int_equal(history_world_room(&w, 0)->unread, 1);
    rounds = 0;
    do { /* and back */
        fill_commit(&w, 0);
        rc = history_cut_set(&w.nodes[0].history, w.nodes[1].pair.public_key, w.nodes[1].member,
                             false);
        history_world_drain(&w.nodes[0]);
        history_world_commit(&w, 0);
        history_world_restart(&w, 0, true);
        rounds++;
    } while (rc == WAVU_ERR_AGAIN && rounds < 100);
    assert_true(rc == 0 && rounds > 2);
    for (size_t k = 2; k < w.said_count; k++) {
        HISTORY_WORLD_SHOWS(&w, 0, k, "word");
    }
    assert_int_equal(history_world_room(&w, 0)->unread, 61);
    history_world_clear(&w);
}

/* The rule by itself: what nobody but the revoked (nodes 1 and 2) has in the past of an entry. */
static void judge(const struct history_world *w, bool *is_hidden)
{
    for (size_t k = w->said_count; k > 0; k--) { /* nothing links to what was said later */
        const struct history_world_said *one = &w->said[k - 1];
        struct entry e;

        is_hidden[k - 1] = one->author == 1 || one->author == 2;
        for (size_t later = k; is_hidden[k - 1] && later < w->said_count; later++) {
            assert_int_equal(entry_read(&e, span_of(w->said[later].bytes, w->said[later].len)), 0);
            bool has_link = span_is_equal(span_of(e.previous, 32), span_of(one->id, 32));

            for (size_t p = 0; p < e.parent_count; p++) {
                has_link |= span_is_equal(span_of(e.parents[p], 32), span_of(one->id, 32));
            }
            is_hidden[k - 1] = !has_link || is_hidden[later];
        }
    }
}

static void check_rule(struct history_world *w, size_t i, size_t *hidden)
{
    bool *is_hidden = mem_new_array(w->said_count, sizeof *is_hidden);
    char text[16];

    judge(w, is_hidden);
    for (size_t k = 0; k < w->said_count; k++) {
        history_world_shows(w, i, k, text, sizeof text);
        assert_string_equal(text, is_hidden[k] ? "?" : "word");
        *hidden += is_hidden[k];
    }
    mem_free(is_hidden);
}

/* Whatever came when, revocations among it: all show the same, and as one who began with all
 * revocations. */
static void test_revocations_in_any_order(void **state)
{
    size_t hidden = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct history_world w;
        uint8_t views[HISTORY_WORLD_NODES_MAX][32];

        history_world_init(&w, 6, seed, STORE_MEMORY);
        cut(&w, 5, 1, true); /* knows it from the beginning */
        cut(&w, 5, 2, true);
        for (size_t k = 0; k < 80; k++) {
            size_t author = (size_t)random_below(&w.random, 4);
            size_t said = history_world_text(&w, author, "word");

            for (size_t i = 0; i < 5; i++) { /* also the revoked go on, heard by some */
                if (i != author && random_below(&w.random, k > 60 ? 6 : 2) == 0) {
                    int rc = history_world_feed(&w, i, said);
                    assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
                }
            }
            if (k >= 40 && random_below(&w.random, 4) == 0) {
                cut(&w, (size_t)random_below(&w.random, 5), 1 + (size_t)random_below(&w.random, 2),
                    random_below(&w.random, 5) > 0);
            }
            if (random_below(&w.random, 20) == 0) {
                size_t i = (size_t)random_below(&w.random, 5);

                history_world_commit(&w, i);
                history_world_room(&w, i); /* its graph is loaded again */
            }
        }
        history_world_share(&w);
        for (size_t i = 0; i < 6; i++) {
            cut(&w, i, 1, true);
            cut(&w, i, 2, true);
            size_t count = history_world_view(&w, i, views[i]);
            assert_true(count > 0 && count <= w.said_count);
            assert_memory_equal(views[i], views[0], 32);
            check_rule(&w, i, &hidden);
            assert_int_equal(history_world_room(&w, i)->graph->head_count,
                             history_world_room(&w, 0)->graph->head_count);
        }
        history_world_clear(&w);
    }
    assert_true(hidden > 100); /* so it was about something */
}

static void end_all(struct history_world *w, size_t i)
{
    bool is_more = true;

    w->now += 60 * HISTORY_WORLD_SECOND;
    while (is_more) {
        assert_int_equal(history_due_tick(&w->nodes[i].history, w->now, &is_more), 0);
        history_world_commit(w, i);
    }
    history_world_drain(&w->nodes[i]);
}

/* What has ended is unread no more, and takes no other's place when it counts no more, too; nor
 * when it ends while it does not count. */
static void test_the_ended_is_not_unread(void **state)
{
    const struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("ends")};
    struct history_world w;

    (void)state;
    history_world_init(&w, 3, 5, STORE_MEMORY);
    const struct history_room *room = history_world_room(&w, 0);
    size_t other = history_world_text(&w, 2, "other");
    assert_int_equal(history_world_feed(&w, 0, other), 0);
    for (size_t i = 0; i < 2; i++) {
        size_t ends = history_world_write(&w, 1, w.group, &c, 60);
        assert_int_equal(history_world_feed(&w, 0, ends), 0);
        assert_int_equal(room->unread, 2);
        cut(&w, 0, 1, i == 1);
        end_all(&w, 0);
        assert_int_equal(room->unread, 1);
        cut(&w, 0, 1, i == 0);
        assert_int_equal(room->unread, 1);
        cut(&w, 0, 1, false);
        assert_int_equal(room->unread, 1);
    }
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_the_revoked_add_nothing),
        UNIT(test_the_revoked_cannot_backdate),
        UNIT(test_an_answer_from_who_does_not_know_lets_it_count),
        UNIT(test_what_does_not_count_changes_nothing),
        UNIT(test_what_the_hidden_linked_to_is_a_head_again),
        UNIT(test_a_long_revocation_goes_on),
        UNIT(test_revocations_in_any_order),
        UNIT(test_the_ended_is_not_unread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
