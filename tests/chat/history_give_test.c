/* What is handed on, and to whom: who came in when, by whose word. */
#include "chat/history_give.h"

#include "chat/history_about.h"
#include "tests/chat/history_shown.h"

static size_t let_in(struct history_world *w, size_t by, size_t who)
{
    const struct content c = {.kind = CONTENT_JOINED,
                              .member = w->nodes[who].member,
                              .device = w->nodes[who].pair.public_key};
    size_t k = history_world_write(w, by, w->group, &c, 0);

    if (by != 0) {
        assert_int_equal(history_world_feed(w, 0, k), 0);
    }
    return k;
}

static int since(struct history_world *w, size_t who, struct history_at *at)
{
    /* Node 0 would give all to its own person: ask as another one. */
    return history_give_since(history_world_room(w, 0), w->nodes[who].pair.public_key,
                              w->nodes[who].member, at);
}

static void words_count_that_rest_on_the_founder(void **state)
{
    struct history_world w;
    struct history_at at;

    (void)state;
    history_world_init(&w, 6, 1, STORE_MEMORY);
    assert_int_equal(since(&w, 0, &at), 0); /* the founder: all of it */
    assert_int_equal(at.height, 0);
    assert_int_equal(since(&w, 1, &at), WAVU_ERR_NOT_FOUND);
    /* Three who say it of each other, all round: nobody let them in. */
    for (size_t i = 1; i < 4; i++) {
        for (size_t k = 1; k < 4; k++) {
            let_in(&w, i, k);
        }
    }
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(since(&w, i, &at), WAVU_ERR_NOT_FOUND);
    }
    /* One of them comes in: what it said before counts no more than it did. */
    size_t k = let_in(&w, 0, 1);
    assert_int_equal(since(&w, 1, &at), 0);
    assert_memory_equal(at.id, w.said[k].id, 32);
    assert_int_equal(since(&w, 2, &at), WAVU_ERR_NOT_FOUND);
    for (size_t n = 0; n < w.said_count; n++) {
        (void)!history_world_feed(&w, 1, n);
    }
    k = let_in(&w, 1, 2);
    assert_int_equal(since(&w, 2, &at), 0);
    assert_memory_equal(at.id, w.said[k].id, 32);
    (void)let_in(&w, 0, 2); /* later: the first one holds */
    assert_int_equal(since(&w, 2, &at), 0);
    assert_memory_equal(at.id, w.said[k].id, 32);
    assert_int_equal(history_give_is_joined(history_world_room(&w, 0), w.nodes[2].pair.public_key),
                     1);
    /* Its sponsor is put out, and nobody builds on its word: another one's counts. */
    assert_int_equal(
        history_cut_set(&w.nodes[0].history, w.nodes[1].pair.public_key, w.nodes[1].member, true),
        0);
    assert_int_equal(since(&w, 2, &at), 0);
    history_world_clear(&w);
}

/* `by` says so often that `who` came in, each time as the first thing that it ever said. */
static void fork_words(struct history_world *w, size_t by, size_t who, size_t times, size_t at)
{
    static uint8_t bytes[CONTENT_SIZE_MAX];
    const struct content c = {.kind = CONTENT_JOINED,
                              .member = w->nodes[who].member,
                              .device = w->nodes[who].pair.public_key};

    for (size_t k = 0; k < times; k++) {
        struct entry e = {.sequence = 1};
        struct wr out;

        memcpy(e.room, w->group, sizeof e.room);
        memcpy(e.device, w->nodes[by].pair.public_key, sizeof e.device);
        wr_init(&out, span_mut_of(bytes, sizeof bytes));
        content_write(&out, &c);
        e.content = wr_span(&out);
        assert_int_equal(history_world_feed(w, at, history_world_sign(w, by, &e)), 0);
        history_world_commit(w, at);
    }
}

/* Word that nobody counts, as low as can be, and more than anybody would look at. */
static void worthless_words_shut_nobody_out(void **state)
{
    struct history_world w;
    struct history_at at;

    (void)state;
    history_world_init(&w, 6, 6, STORE_MEMORY);
    fork_words(&w, 5, 3, 200, 0);
    fork_words(&w, 4, 3, 200, 0);
    assert_int_equal(since(&w, 3, &at), WAVU_ERR_NOT_FOUND);
    size_t k = let_in(&w, 0, 3);
    assert_int_equal(since(&w, 3, &at), 0);
    assert_memory_equal(at.id, w.said[k].id, 32);
    /* By another one's word, whom they talk about as well. */
    fork_words(&w, 5, 1, 100, 0);
    fork_words(&w, 5, 2, 100, 0);
    (void)let_in(&w, 0, 1);
    for (size_t n = 0; n < w.said_count; n++) {
        (void)!history_world_feed(&w, 1, n);
        history_world_commit(&w, 1);
    }
    k = let_in(&w, 1, 2);
    assert_int_equal(since(&w, 2, &at), 0);
    assert_memory_equal(at.id, w.said[k].id, 32);
    /* Who is put out leaves words that are hidden: they count for nothing. */
    for (size_t i = 4; i < 6; i++) {
        assert_int_equal(history_cut_set(&w.nodes[0].history, w.nodes[i].pair.public_key,
                                         w.nodes[i].member, true),
                         0);
    }
    assert_int_equal(since(&w, 2, &at), 0);
    assert_int_equal(since(&w, 3, &at), 0);
    history_world_clear(&w);
}

/* A store of before has all words about somebody in one place. */
static void words_of_before_count(void **state)
{
    struct history_world w;
    struct history_at at;

    (void)state;
    history_world_init(&w, 3, 8, STORE_MEMORY);
    size_t k = let_in(&w, 0, 1);
    assert_int_equal(since(&w, 1, &at), 0);
    struct history_room *room = history_world_room(&w, 0);
    struct history_rows s = {.store = w.nodes[0].disk.store};
    for (size_t i = 0; i < 2; i++) { /* from its member's to nobody's */
        uint8_t value[13];
        struct history_key key;
        struct wr out;

        history_about_key(&key, room, w.nodes[1].pair.public_key, HISTORY_ABOUT_JOINED,
                          i == 0 ? w.nodes[0].member : NULL);
        wr_u64be(&key.w, at.height);
        wr_bytes(&key.w, span_of(at.id, sizeof at.id));
        wr_init(&out, span_mut_of(value, sizeof value));
        wr_u64be(&out, room->last);
        wr_u32be(&out, 1);
        wr_u8(&out, CONTENT_JOINED);
        if (i == 0) {
            history_row_delete(&s, "chat.a", &key);
            assert_int_equal(since(&w, 1, &at), WAVU_ERR_NOT_FOUND);
        } else {
            history_row_put(&s, "chat.a", &key, wr_span(&out));
        }
        memcpy(at.id, w.said[k].id, sizeof at.id);
    }
    assert_int_equal(s.rc, 0);
    assert_int_equal(since(&w, 1, &at), 0);
    assert_memory_equal(at.id, w.said[k].id, 32);
    history_world_clear(&w);
}

static bool sponsor_is_third(void *context, const uint8_t device[32], uint8_t member[32])
{
    const struct history_world *w = context;
    size_t by = memcmp(device, w->nodes[5].pair.public_key, 32) == 0 ? 3 : 0;

    memcpy(member, w->nodes[by].member, 32);
    return true;
}

/* Many members at once, each with words of its own: who has let it in by the log comes first. */
static void the_sponsor_is_heard_before_others(void **state)
{
    struct history_world w;
    struct history_at at;

    (void)state;
    history_world_init(&w, 6, 7, STORE_MEMORY);
    for (size_t n = 0; n < 300; n++) { /* somebody's own people */
        w.nodes[4].member[1] = (uint8_t)(1 + n / 250);
        w.nodes[4].member[2] = (uint8_t)(1 + n % 250);
        w.nodes[4].member[0] = 0; /* before all others */
        uint8_t secret[ED25519_SEED_SIZE];

        random_fill(&w.random, secret, sizeof secret);
        ed25519_from_seed(&w.nodes[4].pair, secret);
        fork_words(&w, 4, 5, 4, 0);
    }
    (void)let_in(&w, 0, 3);
    for (size_t n = 0; n < w.said_count; n++) {
        assert_int_equal(history_world_feed(&w, 3, n), 0);
        history_world_commit(&w, 3);
    }
    size_t k = let_in(&w, 3, 5);
    assert_int_equal(since(&w, 5, &at), WAVU_ERR_NOT_FOUND); /* nobody knows the log */
    w.nodes[0].history.config.sponsor = sponsor_is_third;
    w.nodes[0].history.config.context = &w;
    assert_int_equal(since(&w, 5, &at), 0);
    assert_memory_equal(at.id, w.said[k].id, 32);
    history_world_clear(&w);
}

/* Who has not heard of the room yet begins at its bottom: who came in before may read it. */
static void what_later_ones_say_is_for_those_before(void **state)
{
    struct history_world w;
    static uint8_t bytes[ENTRY_STORED_SIZE_MAX];
    struct entry e;
    uint64_t age_s = 0;
    struct wr out;

    (void)state;
    history_world_init(&w, 4, 5, STORE_MEMORY);
    (void)let_in(&w, 0, 3);
    size_t low[2] = {history_world_text(&w, 2, "moja"), history_world_text(&w, 3, "mbili")};
    history_world_text(&w, 0, "x");
    (void)let_in(&w, 0, 1);
    (void)let_in(&w, 0, 2);
    for (size_t i = 0; i < 2; i++) {
        struct history_give_known known = {.is_known = false};
        struct history_give_to to = {.device = w.nodes[1].pair.public_key, .known = &known};
        struct history_place place;

        assert_int_equal(history_world_feed(&w, 0, low[i]), 0);
        assert_int_equal(history_find(history_world_room(&w, 0), w.said[low[i]].id, &place), 0);
        assert_int_equal(since(&w, 1, &to.since), 0);
        assert_true(place.height < to.since.height);
        wr_init(&out, span_mut_of(bytes, sizeof bytes));
        assert_int_equal(
            history_give_entry(history_world_room(&w, 0), place.number, &to, &age_s, &out), 0);
        assert_int_equal(entry_read(&e, wr_span(&out)), 0);
        assert_int_equal(e.has_content, i == 0);
        /* That is kept, and not looked for again with each entry. */
        const uint32_t author = history_device_of(&w.nodes[0].history, e.device)->number;
        assert_true(known.is_known && known.is_in);
        assert_int_equal(known.authors[author % HISTORY_GIVE_KNOWN], author);
        assert_int_equal(known.is_later[author % HISTORY_GIVE_KNOWN], i == 0);
        known.is_later[author % HISTORY_GIVE_KNOWN] = i == 1;
        wr_init(&out, span_mut_of(bytes, sizeof bytes));
        assert_int_equal(
            history_give_entry(history_world_room(&w, 0), place.number, &to, &age_s, &out), 0);
        assert_int_equal(entry_read(&e, wr_span(&out)), 0);
        assert_int_equal(e.has_content, i == 1);
    }
    history_world_clear(&w);
}

/* A long row of people who let in one another. */
static void many_generations(void **state)
{
    struct history_world w;
    struct history_at at;

    (void)state;
    history_world_init(&w, 6, 2, STORE_MEMORY);
    for (size_t i = 1; i < 6; i++) {
        size_t k = let_in(&w, i - 1, i);

        for (size_t n = 0; n < 6; n++) {
            (void)!history_world_feed(&w, n, k);
        }
        assert_int_equal(since(&w, i, &at), 0);
        assert_memory_equal(at.id, w.said[k].id, 32);
    }
    history_world_clear(&w);
}

static void chains_are_walked(void **state)
{
    struct history_world w;
    uint64_t sequence = 0;
    uint64_t number = UINT64_MAX;

    (void)state;
    history_world_init(&w, 2, 3, STORE_MEMORY);
    for (size_t k = 0; k < 5; k++) {
        history_world_text(&w, 0, "x");
    }
    const struct history_room *room = history_world_room(&w, 0);
    for (uint64_t k = 1; k <= 5; k++) {
        assert_int_equal(history_give_next(room, 1, &sequence, &number), 0);
        assert_int_equal(sequence, k);
        assert_int_equal(number, k);
    }
    assert_int_equal(history_give_next(room, 1, &sequence, &number), WAVU_ERR_NOT_FOUND);
    sequence = 3;
    number = UINT64_MAX;
    assert_int_equal(history_give_next(room, 1, &sequence, &number), 0);
    assert_int_equal(sequence, 4);
    assert_int_equal(history_give_next(room, 2, &sequence, &number), WAVU_ERR_NOT_FOUND);
    history_world_clear(&w);
}

static void age_goes_along(void **state)
{
    struct history_world w;
    static uint8_t bytes[ENTRY_STORED_SIZE_MAX];
    struct entry e;
    uint64_t age_s = 0;
    struct wr out;

    (void)state;
    history_world_init(&w, 2, 4, STORE_MEMORY);
    history_world_text(&w, 0, "x");
    struct history_give_known known = {.is_known = false};
    struct history_give_to to = {.device = w.nodes[1].pair.public_key,
                                 .known = &known,
                                 .now_s = w.now / HISTORY_WORLD_SECOND + 77};
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(history_give_entry(history_world_room(&w, 0), 1, &to, &age_s, &out), 0);
    assert_int_equal(age_s, 77);
    assert_int_equal(entry_read(&e, wr_span(&out)), 0);
    assert_true(e.has_content);
    to.since.height = 10;
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(history_give_entry(history_world_room(&w, 0), 1, &to, &age_s, &out), 0);
    assert_int_equal(entry_read(&e, wr_span(&out)), 0);
    assert_false(e.has_content);
    assert_int_equal(entry_verify(&e, w.network, &signer_ed25519), 0);
    to.device = w.nodes[0].pair.public_key; /* its own */
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(history_give_entry(history_world_room(&w, 0), 1, &to, &age_s, &out), 0);
    assert_int_equal(entry_read(&e, wr_span(&out)), 0);
    assert_true(e.has_content);
    assert_int_equal(history_give_entry(history_world_room(&w, 0), 9, &to, &age_s, &out),
                     WAVU_ERR_NOT_FOUND);
    history_world_clear(&w);
}

/* Any number of contents that nobody has keep others from being missed for a time only. */
static void what_is_given_up_hides_no_gap(void **state)
{
    struct history_world w;
    struct history_give_gap gaps[4];
    size_t count = 0;

    (void)state;
    history_world_init(&w, 3, 21, STORE_MEMORY);
    const struct content in = {
        .kind = CONTENT_JOINED, .member = w.nodes[1].member, .device = w.nodes[1].pair.public_key};
    history_world_write(&w, 0, w.group, &in, 0);
    history_world_share(&w);
    for (size_t k = 0; k < HISTORY_GIVE_SCAN + 10; k++) {
        size_t one = history_world_text(&w, 2, "nobody has it");

        assert_int_equal(history_world_feed_bare(&w, 1, one), 0);
        history_world_commit(&w, 1);
        history_world_commit(&w, 2);
    }
    w.now += (HISTORY_GIVE_GAP_S + 1) * HISTORY_WORLD_SECOND;
    assert_int_equal(history_world_feed_bare(&w, 1, history_world_text(&w, 0, "later")), 0);
    struct history_room *room = history_world_room(&w, 1);
    assert_int_equal(history_give_gaps(room, gaps, 4, &count), 0);
    assert_int_equal(history_give_gaps(room, gaps, 4, &count), 0);
    assert_int_equal(count, 1);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(words_count_that_rest_on_the_founder),
        UNIT(worthless_words_shut_nobody_out),
        UNIT(words_of_before_count),
        UNIT(the_sponsor_is_heard_before_others),
        UNIT(what_later_ones_say_is_for_those_before),
        UNIT(many_generations),
        UNIT(chains_are_walked),
        UNIT(age_goes_along),
        UNIT(what_is_given_up_hides_no_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
