/* Layers: the youngest write of a key counts, ranges hide what is below them, both ways. */
#include "store/store_view.h"

#include "store/store_mem.h"
#include "tests/base/unit.h"

static struct random_seeded seeded;
static struct store_batch filling;
static struct store_batch flying;
static struct store_mem *mem;

static void add(struct store_batch *b, const char *key, const char *value)
{
    store_batch_add(b, span_from_text(key), value == NULL,
                    value == NULL ? span_empty() : span_from_text(value));
}

static void add_range(struct store_batch *b, const char *from, const char *to)
{
    assert_int_equal(store_batch_add_range(b, span_from_text(from), span_from_text(to)), 0);
}

static void start(void)
{
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    store_batch_init(&filling, &random);
    store_batch_init(&flying, &random);
    mem = store_mem_new();
}

static void stop(void)
{
    store_batch_clear(&filling);
    store_batch_clear(&flying);
    store_mem_ops.free(mem);
}

/* What was added to `flying` is behind the store. */
static void land(void)
{
    store_mem_ops.settle(mem, &flying);
    store_batch_clear(&flying);
}

/* The key alone, backward from `at`, is `key`; NULL: there is none. */
static void expect_key_alone(const struct store_view *view, const char *prefix,
                             const struct store_whole *at, const struct buf *key)
{
    struct store_whole from = *at;
    struct buf alone;

    buf_init(&alone, STORE_WHOLE_MAX);
    int rc = store_view_walk(view, STORE_BACKWARD, span_from_text(prefix), &from, &alone, NULL);
    assert_int_equal(rc, key == NULL ? WAVU_ERR_NOT_FOUND : 0);
    assert_true(key == NULL || span_is_equal(buf_span(&alone), buf_span(key)));
    buf_clear(&alone);
}

static void expect(enum store_way way, const char *prefix, const char *from, const char *expected)
{
    const struct store_view view = {
        .filling = &filling, .flying = &flying, .ops = &store_mem_ops, .back = mem};
    struct store_whole at;
    struct buf key;
    struct buf value;
    char text[100] = "";
    size_t len = 0;
    int rc;

    buf_init(&key, STORE_WHOLE_MAX);
    buf_init(&value, 10);
    store_whole_set(&at, span_from_text(from));
    struct store_whole before = at;
    while ((rc = store_view_walk(&view, way, span_from_text(prefix), &at, &key, &value)) == 0) {
        struct buf one;
        if (way == STORE_BACKWARD) {
            expect_key_alone(&view, prefix, &before, &key);
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s%.*s ", (int)key.len, key.ptr,
                                (int)value.len, value.ptr);
        buf_init(&one, 10);
        assert_int_equal(store_view_get(&view, buf_span(&key), &one), 0);
        assert_true(span_is_equal(buf_span(&one), buf_span(&value)));
        buf_clear(&one);
        if (way == STORE_FORWARD) {
            store_whole_set_behind(&at, buf_span(&key));
        } else {
            store_whole_set(&at, buf_span(&key));
        }
        before = at;
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
    if (way == STORE_BACKWARD) {
        expect_key_alone(&view, prefix, &before, NULL);
    }
    assert_string_equal(text, expected);
    buf_clear(&key);
    buf_clear(&value);
}

static void test_the_youngest_counts(void **state)
{
    (void)state;
    start();
    add(&flying, "a", "1");
    add(&flying, "b", "1");
    add(&flying, "c", "1");
    land();
    add(&flying, "b", "2");
    add(&flying, "c", NULL);
    add(&flying, "d", "2");
    add(&filling, "d", "3");
    add(&filling, "c", "3");
    add(&filling, "a", NULL);
    expect(STORE_FORWARD, "", "a", "b2 c3 d3 ");
    expect(STORE_BACKWARD, "", "z", "d3 c3 b2 ");
    expect(STORE_BACKWARD, "", "d", "c3 b2 ");
    expect(STORE_FORWARD, "c", "c", "c3 ");
    stop();
}

static void test_ranges(void **state)
{
    (void)state;
    start();
    for (char c = 'a'; c <= 'j'; c++) {
        add(&flying, (char[]){c, '\0'}, "1");
    }
    land();
    add_range(&flying, "b", "e");
    add(&flying, "c", "2");
    add(&flying, "g", "2");
    add_range(&filling, "f", "h");
    add(&filling, "fa", "3");
    expect(STORE_FORWARD, "", "a", "a1 c2 e1 fa3 h1 i1 j1 ");
    expect(STORE_BACKWARD, "", "z", "j1 i1 h1 fa3 e1 c2 a1 ");
    add_range(&filling, "a", "z");
    expect(STORE_FORWARD, "", "a", "");
    expect(STORE_BACKWARD, "", "z", "");
    add(&filling, "m", "4");
    expect(STORE_BACKWARD, "", "z", "m4 ");
    stop();
}

/* A value that does not fit is an error only where it is what would be found. */
static void test_values_that_do_not_fit(void **state)
{
    const struct store_view view = {
        .filling = &filling, .flying = &flying, .ops = &store_mem_ops, .back = NULL};
    struct store_view whole = view;
    struct store_whole at;
    struct buf key;
    struct buf value;

    (void)state;
    start();
    whole.back = mem;
    add(&flying, "b", "too long for it");
    land();
    add(&filling, "a", "1");
    buf_init(&key, STORE_WHOLE_MAX);
    buf_init(&value, 5);
    store_whole_set(&at, UNIT_TEXT("a"));
    assert_int_equal(store_view_walk(&whole, STORE_FORWARD, span_empty(), &at, &key, &value), 0);
    store_whole_set(&at, UNIT_TEXT("b"));
    assert_int_equal(store_view_walk(&whole, STORE_FORWARD, span_empty(), &at, &key, &value),
                     WAVU_ERR_LIMIT);
    add(&filling, "b", "short");
    store_whole_set(&at, UNIT_TEXT("b"));
    assert_int_equal(store_view_walk(&whole, STORE_FORWARD, span_empty(), &at, &key, &value), 0);
    assert_int_equal(value.len, 5);
    buf_clear(&key);
    buf_clear(&value);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_the_youngest_counts),
        UNIT(test_ranges),
        UNIT(test_values_that_do_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
