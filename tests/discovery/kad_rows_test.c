/* Rows: what is written is read, what is damaged goes, what is newer stays, and the rate. */
#include "discovery/kad_rows.h"

#include "tests/discovery/kad_fixture.h"

static struct kad_fixture fixture;
static struct kad_fixture *const f = &fixture;

struct seen {
    size_t count;
    int rc; /* what to answer */
};

static int see(void *context, struct span key, struct span value)
{
    struct seen *s = context;
    assert_true(key.len > 0 && value.len > 0);
    s->count++;
    return s->rc;
}

static struct buf found;

static struct span row_of(const char *table, struct span key)
{
    assert_int_equal(store_get(f->disk.store, table, key, &found), 0);
    return buf_span(&found);
}

static void values_are_read(void)
{
    const struct kad_rows_value value = {.until_ms = 1,
                                         .received_ms = 2,
                                         .sequence = 3,
                                         .end_ms = UINT64_MAX,
                                         .group = 5,
                                         .holder = kad_peer(6),
                                         .value = UNIT_TEXT("value")};
    struct kad_rows_value v;
    assert_int_equal(kad_rows_put_value(&f->rows, UNIT_TEXT("/t/1"), &value), 0);
    assert_int_equal(kad_rows_get_value(&v, row_of(KAD_ROWS_VALUES, UNIT_TEXT("/t/1"))), 0);
    assert_true(v.until_ms == 1 && v.received_ms == 2 && v.sequence == 3);
    assert_true(v.end_ms == UINT64_MAX && v.group == 5);
    assert_true(peerid_is_equal(&v.holder, &value.holder) && span_is_equal(v.value, value.value));
    for (size_t len = 0; len < found.len - 5; len++) { /* cut short */
        assert_int_equal(kad_rows_get_value(&v, span_of(found.ptr, len)), WAVU_ERR_CORRUPT);
    }
    found.ptr[0] = KAD_ROWS_VERSION + 1;
    assert_int_equal(kad_rows_get_value(&v, buf_span(&found)), WAVU_ERR_UNSUPPORTED);
}

static void what_is_provided_is_read(void)
{
    const struct kad_rows_provided provided = {
        .key = UNIT_TEXT("a key"), .holder = kad_peer(7), .until_ms = 8};
    struct kad_rows_provided p;
    struct buf key;
    buf_init(&key, STORE_KEY_MAX);
    assert_int_equal(kad_rows_put_provided(&f->rows, &provided), 0);
    assert_int_equal(store_next(f->disk.store, KAD_ROWS_PROVIDED, span_empty(), &key, &found), 0);
    assert_int_equal(kad_rows_get_provided(&p, buf_span(&key), buf_span(&found)), 0);
    assert_true(span_is_equal(p.key, provided.key) && p.until_ms == 8);
    assert_true(peerid_is_equal(&p.holder, &provided.holder));
    for (size_t len = 0; len < key.len; len++) {
        assert_int_equal(kad_rows_get_provided(&p, span_of(key.ptr, len), buf_span(&found)),
                         WAVU_ERR_CORRUPT);
    }
    buf_clear(&key);
    kad_rows_delete_provided(&f->rows, provided.key, &provided.holder);
}

static void ours_and_holders_are_read(void)
{
    const struct kad_rows_own own = {
        .key = UNIT_TEXT("/t/2"), .due_ms = 9, .end_ms = 10, .value = UNIT_TEXT("mine")};
    struct kad_rows_own o;
    assert_int_equal(kad_rows_put_own(&f->rows, &own), 0);
    struct span own_row = row_of(KAD_ROWS_OWN, UNIT_TEXT("\0/t/2"));
    assert_int_equal(kad_rows_get_own(&o, UNIT_TEXT("\0/t/2"), own_row), 0);
    assert_true(o.due_ms == 9 && o.end_ms == 10 && !o.is_provided);
    assert_true(span_is_equal(o.value, own.value) && span_is_equal(o.key, own.key));
    assert_int_equal(kad_rows_get_own(&o, UNIT_TEXT("\1/t/2"), own_row), WAVU_ERR_CORRUPT);
    assert_int_equal(kad_rows_get_own(&o, UNIT_TEXT("\2/t/2"), own_row), WAVU_ERR_CORRUPT);
    assert_int_equal(kad_rows_get_own(&o, UNIT_TEXT("\0"), own_row), WAVU_ERR_CORRUPT);

    struct peerid who = kad_peer(8);
    const struct kad_rows_holder holder = {.group = 11, .addresses = UNIT_TEXT("\x01x")};
    struct kad_rows_holder h;
    assert_int_equal(kad_rows_put_holder(&f->rows, &who, &holder), 0);
    assert_int_equal(kad_rows_get_holder(&h, row_of(KAD_ROWS_HOLDERS, peerid_span(&who))), 0);
    assert_true(h.group == 11 && span_is_equal(h.addresses, holder.addresses));

    kad_rows_delete_holder(&f->rows, &who);
    kad_rows_delete_own(&f->rows, false, own.key);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    kad_fixture_init(f, STORE_MEMORY, 0);
    buf_init(&found, STORE_VALUE_MAX);
    values_are_read();
    what_is_provided_is_read();
    ours_and_holders_are_read();
    kad_rows_delete_value(&f->rows, UNIT_TEXT("/t/1"));
    const char *const tables[] = {KAD_ROWS_VALUES, KAD_ROWS_PROVIDED, KAD_ROWS_HOLDERS,
                                  KAD_ROWS_OWN};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kad_rows_count(f, tables[i]), 0);
    }
    buf_clear(&found);
    kad_fixture_clear(f);
}

static void damaged_rows_go_and_newer_ones_stay(void **state)
{
    (void)state;
    kad_fixture_init(f, STORE_MEMORY, 0);
    for (uint8_t i = 1; i <= 20; i++) {
        assert_int_equal(store_put(f->disk.store, "t", span_of(&i, 1), UNIT_TEXT("x")), 0);
    }
    struct seen seen = {.rc = 0};
    assert_int_equal(kad_rows_each(&f->rows, "t", see, &seen), 0);
    assert_int_equal(seen.count, 20);
    assert_int_equal(kad_rows_count(f, "t"), 20);
    seen.rc = WAVU_ERR_UNSUPPORTED;
    assert_int_equal(kad_rows_each(&f->rows, "t", see, &seen), 0);
    assert_int_equal(kad_rows_count(f, "t"), 20);
    assert_true(f->rows.lost == 0);
    seen.rc = WAVU_ERR_CORRUPT;
    assert_int_equal(kad_rows_each(&f->rows, "t", see, &seen), 0);
    assert_int_equal(kad_rows_count(f, "t"), 0);
    assert_true(f->rows.lost == 20 && seen.count == 60);
    kad_fixture_clear(f);
}

static void writing_keeps_to_its_rate(void **state)
{
    (void)state;
    kad_fixture_init(f, STORE_MEMORY, 0);
    size_t written = 0;
    while (kad_rows_may(&f->rows, 8192, 0)) {
        written += 8192;
    }
    assert_int_equal(written, KAD_ROWS_BURST);
    for (uint64_t second = 1; second <= 100; second++) {
        while (kad_rows_may(&f->rows, 8192, second * SECOND)) {
            written += 8192;
        }
    }
    assert_int_equal(written, KAD_ROWS_BURST + 100 * KAD_ROWS_RATE);
    struct kad_rows none;
    kad_rows_init(&none, NULL, 0);
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(kad_rows_may(&none, 8192, 0)); /* nothing is written anyway */
    }
    struct seen seen = {.rc = 0};
    assert_int_equal(kad_rows_each(&none, "t", see, &seen), 0);
    kad_rows_delete_value(&none, UNIT_TEXT("k"));
    assert_int_equal(seen.count, 0);
    kad_fixture_clear(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(what_is_written_is_read),
                                       UNIT(damaged_rows_go_and_newer_ones_stay),
                                       UNIT(writing_keeps_to_its_rate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
