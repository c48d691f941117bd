/* The upkeep of an index: which runs there are after which writes, and what it costs. */
#include "store/store_fold.h"

#include "store/store_mem.h"
#include "tests/base/unit.h"

#define HEAD UNIT_TEXT("\3\1x")

static struct random_seeded seeded;
static struct store_batch batch;
static struct store_mem *mem;

static void start(void)
{
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    store_batch_init(&batch, &random);
    mem = store_mem_new();
}

static void commit(void)
{
    store_mem_ops.settle(mem, &batch); /* which brings the indexes up to it */
    store_batch_clear(&batch);
}

static void stop(void)
{
    store_batch_clear(&batch);
    store_mem_ops.free(mem);
}

static void put(uint64_t number, const char *text)
{
    struct store_whole key;
    struct buf entry;

    buf_init(&entry, STORE_INDEX_ENTRY_MAX);
    store_index_entry(&entry, span_from_text(text));
    store_index_key(&key, HEAD, number);
    store_batch_add(&batch, store_whole_span(&key), false, buf_span(&entry));
    buf_clear(&entry);
}

static void drop(uint64_t number)
{
    struct store_whole key;

    store_index_key(&key, HEAD, number);
    store_batch_add(&batch, store_whole_span(&key), true, span_empty());
}

/* Entries of a kind; for runs, each run's first number and length as text. */
static size_t count(enum store_space kind, char text[200])
{
    struct store_whole prefix;
    struct store_whole at;
    struct buf key;
    struct buf value;
    size_t entries = 0;
    size_t len = 0;
    uint64_t last = UINT64_MAX;

    store_index_all_key(&prefix, HEAD, kind);
    at = prefix;
    buf_init(&key, STORE_WHOLE_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    text[0] = '\0';
    while (store_mem_ops.next(mem, store_whole_span(&prefix), store_whole_span(&at), &key,
                              &value) == 0) {
        struct store_run run;
        if (kind == STORE_BLOCKS && store_index_run(buf_span(&key), 3, &run) && run.start != last) {
            len += (size_t)snprintf(text + len, 200 - len, "%llu+%u ",
                                    (unsigned long long)run.start, 1U << run.log2);
            last = run.start;
        }
        store_whole_set_behind(&at, buf_span(&key));
        key.len = value.len = 0;
        entries++;
    }
    buf_clear(&key);
    buf_clear(&value);
    return entries;
}

static void expect(size_t loose, const char *runs)
{
    char text[200];

    assert_int_equal(count(STORE_INDEXES, text), loose);
    (void)count(STORE_BLOCKS, text);
    assert_string_equal(text, runs);
}

static void test_runs_are_folded_when_they_are_over(void **state)
{
    (void)state;
    start();
    for (uint64_t i = 0; i < 256; i++) {
        put(i, "some words");
        commit();
    }
    expect(256, ""); /* more may come to it */
    put(256, "some");
    commit();
    expect(1, "0+256 ");
    for (uint64_t i = 257; i <= 2047; i++) {
        put(i, "some words");
        commit();
    }
    expect(256, "0+256 256+256 512+256 768+256 1024+256 1280+256 1536+256 ");
    put(2048, "some");
    commit();
    expect(1, "0+2048 ");
    stop();
}

/* One commit of many is not folded step by step. */
static void test_many_at_once(void **state)
{
    (void)state;
    start();
    for (uint64_t i = 100; i < 20000; i++) {
        put(i, "some words");
    }
    commit();
    expect(20000 - 19968, "0+16384 16384+2048 18432+256 18688+256 18944+256 19200+256 19456+256 "
                          "19712+256 ");
    stop();
}

static void test_strays_wait_and_are_folded_together(void **state)
{
    (void)state;
    start();
    for (uint64_t i = 0; i <= 2048; i++) {
        put(i, "some words");
    }
    commit();
    for (uint64_t i = 0; i + 1 < STORE_INDEX_STRAYS_MAX; i++) {
        put(i * 7, "written again");
        commit();
    }
    expect(STORE_INDEX_STRAYS_MAX, "0+2048 ");
    put(2000, "written again");
    commit();
    expect(1, "0+2048 ");
    stop();
}

static void test_gaps(void **state)
{
    (void)state;
    start();
    put(5, "a");
    commit();
    put(70000, "a");
    commit();
    expect(1, "0+16384 ");
    put(UINT64_C(1) << 40, "a");
    commit();
    expect(1, "0+16384 65536+16384 ");
    stop();
}

/* What is dropped leaves its run; a run without words is none. */
static void test_drops(void **state)
{
    char text[200];

    (void)state;
    start();
    for (uint64_t i = 0; i <= 256; i++) {
        put(i, i == 77 ? "rare word" : "word");
    }
    commit();
    size_t before = count(STORE_BLOCKS, text);
    drop(77);
    drop(1000); /* never there */
    commit();
    assert_int_equal(count(STORE_BLOCKS, text), before);
    expect(1, "0+256 ");
    for (uint64_t i = 0; i < 256; i++) {
        drop(i);
    }
    commit();
    expect(1, "");
    drop(256);
    commit();
    expect(0, "");
    stop();
}

/* More words than a block holds, and blocks that have another run's place. */
static void test_many_blocks(void **state)
{
    char text[200];

    (void)state;
    start();
    for (uint64_t i = 0; i <= 2048; i++) {
        char words[100];
        (void)snprintf(words, sizeof words, "w%llu x%llu y%llu all", (unsigned long long)i,
                       (unsigned long long)i % 100, (unsigned long long)i / 100);
        put(i, words);
    }
    commit();
    assert_true(count(STORE_BLOCKS, text) > 4);
    for (uint64_t i = 0; i < 200; i++) { /* all of them again: the run is merged with itself */
        char words[100];
        (void)snprintf(words, sizeof words, "again%llu zz", (unsigned long long)i);
        put(i, words);
    }
    commit();
    expect(1, "0+2048 ");
    struct store_run run = {.start = 0, .log2 = 11};
    struct store_whole prefix;
    struct store_whole at;
    struct buf key;
    struct buf value;
    uint8_t last[STORE_WORDS_SIZE_MAX];
    size_t last_len = 0;
    size_t words = 0;
    store_index_run_key(&prefix, HEAD, run, span_empty());
    at = prefix;
    buf_init(&key, STORE_WHOLE_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (store_mem_ops.next(mem, store_whole_span(&prefix), store_whole_span(&at), &key,
                              &value) == 0) {
        struct store_block_word word;
        struct span rest;
        assert_int_equal(store_block_begin(&rest, buf_span(&value)), 0);
        while (store_block_next(&rest, 11, &word) == 0) { /* each once, in order, over all blocks */
            assert_true(span_compare(span_of(last, last_len), word.word) < 0);
            memcpy(last, word.word.ptr, word.word.len);
            last_len = word.word.len;
            words++;
        }
        store_whole_set_behind(&at, buf_span(&key));
        key.len = value.len = 0;
    }
    assert_int_equal(words, 1848 + 100 + 19 + 1 + 200 + 1); /* w x y all again zz */
    buf_clear(&key);
    buf_clear(&value);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_runs_are_folded_when_they_are_over),
        UNIT(test_many_at_once),
        UNIT(test_strays_wait_and_are_folded_together),
        UNIT(test_gaps),
        UNIT(test_drops),
        UNIT(test_many_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
