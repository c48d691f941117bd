/* Search agrees with looking at every text, over the database and its twin, whatever is pending,
 * folded, written again, deleted, or was cut off by a crash. */
#include "store/store_find.h"

#include "sim/sim_core.h"
#include "tests/store/disk.h"

#define NUMBERS 3000
#define SEEDS 6

static const char *const vocabulary[] = {"the",  "then",  "there", "a",     "wave",  "Wavu",
                                         "mesh", "méshy", "night", "night", "nächt", "привет",
                                         "мир",  "мы",    "x1",    "x12",   "東京",  "!"};
#define WORDS (sizeof vocabulary / sizeof vocabulary[0])

static const char *const queries[] = {
    "the ", "the",  "th",       "wave mesh ", "wave mes", "nacht ",  "NACHT night ",    "Привет ",
    "м",    "x1 ",  "x1",       "京",         "x1 x12 ",  "nobody ", "a the wave мир ", "!",
    "",     "mesh", "mesh the", "w м ",
};
#define QUERIES (sizeof queries / sizeof queries[0])

struct world {
    struct disk disk;
    struct sim_draw draw;
    uint8_t texts[NUMBERS][6]; /* words, one more than their place; 0: none. All 0: no text */
};

static struct world w;

static size_t text_of(const uint8_t words[6], char out[200])
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < 6 && words[i] > 0; i++) {
        at += (size_t)snprintf(out + at, 200 - at, "%s%s", i == 0 ? "" : ", ",
                               vocabulary[words[i] - 1]);
    }
    return at;
}

/* Does the text have all words of the query, by the tokenizer alone? */
static bool is_match(struct span text, struct span query)
{
    struct store_words q;
    uint8_t wanted[STORE_WORDS_SIZE_MAX];
    size_t wanted_len;
    bool is_any = false;

    store_words_init(&q, query);
    while ((wanted_len = store_words_next(&q, wanted)) > 0) {
        struct store_words rest = q;
        uint8_t got[STORE_WORDS_SIZE_MAX];
        bool is_last = store_words_next(&rest, got) == 0;
        bool is_prefix = is_last && store_words_is_open(query);
        bool is_there = false;
        struct store_words t;
        size_t len;

        store_words_init(&t, text);
        while ((len = store_words_next(&t, got)) > 0) {
            is_there = is_there ||
                       (is_prefix ? span_has_prefix(span_of(got, len), span_of(wanted, wanted_len))
                                  : span_is_equal(span_of(got, len), span_of(wanted, wanted_len)));
        }
        if (!is_there) {
            return false;
        }
        is_any = true;
    }
    return is_any;
}

static void expect_found(const char *query, size_t page_max)
{
    uint64_t numbers[64];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = page_max};
    size_t at = 0;
    size_t pages = 0;

    page.count = 0;
    for (size_t i = NUMBERS; i-- > 0;) {
        char text[200];
        size_t len = text_of(w.texts[i], text);
        if (len == 0 || !is_match(span_of(text, len), span_from_text(query))) {
            continue;
        }
        while (at == page.count) {
            assert_true(page.before > 0 && pages++ < 10000);
            assert_int_equal(store_index_find(w.disk.store, "texts", span_from_text(query), &page),
                             0);
            at = 0;
        }
        assert_int_equal(page.numbers[at++], i);
    }
    assert_int_equal(at, page.count);
    while (page.before > 0) {
        assert_int_equal(store_index_find(w.disk.store, "texts", span_from_text(query), &page), 0);
        assert_int_equal(page.count, 0);
    }
}

static void expect_all(void)
{
    for (size_t i = 0; i < QUERIES; i++) {
        expect_found(queries[i], 1 + (size_t)sim_draw_below(&w.draw, 64));
    }
}

static void write_text(size_t number)
{
    char text[200];

    memset(w.texts[number], 0, sizeof w.texts[number]);
    for (size_t i = sim_draw_below(&w.draw, 6) + 1; i-- > 0;) {
        w.texts[number][i] = (uint8_t)(1 + sim_draw_below(&w.draw, WORDS));
    }
    size_t len = text_of(w.texts[number], text);
    assert_int_equal(store_index_put(w.disk.store, "texts", number, span_of(text, len)), 0);
    assert_int_equal(store_index_put(w.disk.store, "others", number, UNIT_TEXT("the wave")), 0);
}

static void drop_text(size_t number)
{
    memset(w.texts[number], 0, sizeof w.texts[number]);
    assert_int_equal(store_index_drop(w.disk.store, "texts", number), 0);
}

static void start(uint64_t seed, enum store_kind kind)
{
    memset(&w, 0, sizeof w);
    w.draw = sim_draw_of(seed, SIM_SCENARIO, 1);
    disk_start(&w.disk, seed, kind);
}

/* New texts in order, now and then an old one again or away; commits of all sizes. */
static void grow(size_t *next, size_t count)
{
    for (size_t i = 0; i < count && *next < NUMBERS; i++) {
        uint64_t what = sim_draw_below(&w.draw, 30);
        size_t old = (size_t)sim_draw_below(&w.draw, *next + 1);

        if (what == 0) {
            drop_text(old);
        } else if (what == 1) {
            write_text(old);
            *next += old == *next ? 1 : 0;
        } else if (what == 2) {
            (*next)++; /* a gap */
        } else {
            write_text((*next)++);
        }
        if (sim_draw_chance(&w.draw, 1, 40)) {
            sim_run_for(w.disk.sim, sim_draw_below(&w.draw, 15 * TIMERS_MS));
        }
    }
}

static void test_search_agrees_with_looking(void **state)
{
    static const enum store_kind kinds[] = {STORE_DISK, STORE_MEMORY};

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t next = 0;

        start(seed, kinds[seed % 2]);
        expect_all();
        while (next < NUMBERS) {
            grow(&next, 1 + (size_t)sim_draw_below(&w.draw, 900));
            expect_all();
        }
        disk_run(&w.disk);
        expect_all();
        for (size_t i = 0; i < NUMBERS; i += 1 + (size_t)sim_draw_below(&w.draw, 4)) {
            drop_text(i);
        }
        expect_all();
        disk_run(&w.disk);
        expect_all();
        assert_int_equal(store_index_clear(w.disk.store, "texts"), 0);
        memset(w.texts, 0, sizeof w.texts);
        write_text(700);
        expect_all();
        disk_run(&w.disk);
        expect_all();
        disk_stop(&w.disk);
    }
}

/* Texts and their words come and go together, whenever the power does. */
static void test_cuts(void **state)
{
    static uint8_t before[NUMBERS][6];
    size_t kept = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        size_t next = 0;
        start(seed, STORE_DISK);
        grow(&next, 300 + (size_t)sim_draw_below(&w.draw, 1200));
        if (seed % 2 == 0) {
            assert_int_equal(store_flush(w.disk.store), 0);
        } else { /* of what is kept, much is not in its place */
            sim_run_for(w.disk.sim, TIMERS_SECOND);
        }
        w.disk.told = store_committed(w.disk.store);
        memcpy(before, w.texts, sizeof before);
        sim_files_fail(w.disk.host, sim_draw_below(&w.draw, 40), SIM_DISK_FOR_EVER);
        for (size_t i = 0; i < 300 && next < NUMBERS; i++) { /* one commit */
            write_text(next++);
            drop_text((size_t)sim_draw_below(&w.draw, next));
        }
        sim_run_for(w.disk.sim, TIMERS_SECOND);
        disk_crash(&w.disk);
        struct store_page page = {.before = UINT64_MAX, .numbers = (uint64_t[1]){0}, .max = 1};
        assert_int_equal(store_index_find(w.disk.store, "others", UNIT_TEXT("the "), &page), 0);
        if (page.count == 0 || page.numbers[0] != next - 1) {
            memcpy(w.texts, before, sizeof before); /* nothing of it */
            kept++;
        }
        expect_all();
        disk_stop(&w.disk);
    }
    assert_true(kept > 5 && kept < 55);
}

static void test_what_is_dropped_leaves_no_word(void **state)
{
    struct disk d;

    (void)state;
    disk_start(&d, 1, STORE_MEMORY);
    for (uint64_t i = 0; i < 700; i++) {
        assert_int_equal(store_index_put(d.store, "x", i, UNIT_TEXT("some words in here")), 0);
    }
    disk_run(&d);
    for (uint64_t i = 0; i < 700; i++) {
        assert_int_equal(store_index_drop(d.store, "x", i), 0);
    }
    assert_int_equal(store_flush(d.store), 0);
    uint64_t number;
    struct store_page page = {.before = UINT64_MAX, .numbers = &number, .max = 1};
    assert_int_equal(store_index_find(d.store, "x", UNIT_TEXT("words "), &page), 0);
    assert_int_equal(page.count, 0);
    assert_int_equal(page.before, 0); /* no run is left to look into */
    disk_stop(&d);
}

/* No room for a run's folding: its commit waits, all is found meanwhile and behind it. */
static void test_a_full_disk(void **state)
{
    size_t next = 0;

    (void)state;
    start(3, STORE_DISK);
    grow(&next, 200);
    assert_int_equal(store_flush(w.disk.store), 0);
    w.disk.told = store_committed(w.disk.store);
    sim_files_set_fault(w.disk.host, SIM_DISK_FULL);
    while (next < 600) {
        write_text(next++);
    }
    sim_run_for(w.disk.sim, TIMERS_SECOND);
    assert_int_equal(w.disk.last_error, WAVU_ERR_NO_SPACE);
    expect_all();
    sim_files_set_fault(w.disk.host, SIM_DISK_SOUND);
    sim_run_for(w.disk.sim, 2 * STORE_RETRY_NS_MAX);
    assert_int_equal(store_pending(w.disk.store), 0);
    expect_all();
    disk_stop(&w.disk);
}

static void test_limits(void **state)
{
    static char text[STORE_VALUE_MAX];
    struct disk d;
    uint64_t number = 0;
    struct store_page page = {.before = UINT64_MAX, .numbers = &number, .max = 1};
    size_t len = 0;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    assert_int_equal(store_index_put(d.store, "x", STORE_INDEX_NUMBER_MAX + 1, UNIT_TEXT("a")),
                     WAVU_ERR_LIMIT);
    assert_int_equal(store_index_put(d.store, "x", STORE_INDEX_NUMBER_MAX, UNIT_TEXT("a")), 0);
    assert_int_equal(store_flush(d.store), 0);
    assert_int_equal(store_index_find(d.store, "x", UNIT_TEXT("a "), &page), 0);
    assert_int_equal(page.count, 1);
    assert_true(number == STORE_INDEX_NUMBER_MAX);
    for (unsigned i = 0; len + 10 < sizeof text; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "w%u ", i);
    }
    assert_int_equal(store_index_put(d.store, "y", 5, span_of(text, len)), 0);
    assert_int_equal(store_flush(d.store), 0);
    page.before = UINT64_MAX;
    assert_int_equal(store_index_find(d.store, "y", UNIT_TEXT("w1023 "), &page), 0);
    assert_int_equal(page.count, 1);
    page.before = UINT64_MAX;
    assert_int_equal(store_index_find(d.store, "y", UNIT_TEXT("w1024 "), &page), 0);
    assert_int_equal(page.count, 0);
    disk_stop(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_search_agrees_with_looking),
        UNIT(test_cuts),
        UNIT(test_what_is_dropped_leaves_no_word),
        UNIT(test_a_full_disk),
        UNIT(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
