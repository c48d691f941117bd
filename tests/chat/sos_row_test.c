/*
 * Calls for help as rows: damaged and newer ones are told, and rows without what they belong to.
 */
#include "chat/sos_row.h"

#include "tests/chat/sos_world.h"

static struct sos_world w;

/* Load a store that has this row, and expect `err`. */
static void expect(struct span key, struct span value, int err)
{
    struct list own;
    struct list in;
    struct list *l = NULL;
    size_t count = 0;
    assert_int_equal(store_put(w.disk.store, SOS_TABLE, key, value), 0);
    list_init(&own);
    list_init(&in);
    assert_int_equal(sos_row_load(w.disk.store, &own, &in, &count), err);
    while ((l = list_next(&own, &own)) != NULL) {
        sos_row_free_own(LIST_OF(l, struct sos_own, link));
    }
    while ((l = list_next(&in, &in)) != NULL) {
        sos_row_free_in(LIST_OF(l, struct sos_in, link));
    }
    assert_int_equal(store_delete(w.disk.store, SOS_TABLE, key), 0);
}

static void rows_that_are_none(void **state)
{
    (void)state;
    sos_world_init(&w, 1);
    expect(UNIT_TEXT("o0123456789abcdef"), UNIT_TEXT("\x02\x00 of a newer wavu"),
           WAVU_ERR_UNSUPPORTED);
    expect(UNIT_TEXT("o0123456789abcdef"), UNIT_TEXT("\x01\x00"), WAVU_ERR_CORRUPT);
    expect(UNIT_TEXT("o0123456789abcdef"), /* without content */
           UNIT_TEXT("\x01\x00"
                     "1234"
                     "12345678"
                     "12345678"),
           WAVU_ERR_CORRUPT);
    expect(UNIT_TEXT("o0123456789abcdef"),
           UNIT_TEXT("\x01\x00"
                     "1234"
                     "12345678"
                     "12345678"
                     "\x08\x0a"),
           0);
    expect(UNIT_TEXT("o0123456789abcdef+"),
           UNIT_TEXT("\x01\x00"
                     "1234"
                     "12345678"
                     "12345678"
                     "\x08\x0a"),
           WAVU_ERR_CORRUPT);
    expect(UNIT_TEXT("t0123456789abcdef1234"
                     "12345678901234567890123456789012"),
           UNIT_TEXT("\x01\x00\x01"
                     "0123456789abcdef"),
           WAVU_ERR_CORRUPT); /* of nothing */
    expect(UNIT_TEXT("r0123456789abcdef1234"),
           UNIT_TEXT("\x01\x00"
                     "12345678901234567890123456789012"),
           WAVU_ERR_CORRUPT);
    expect(UNIT_TEXT("x"), UNIT_TEXT("\x01\x00"), WAVU_ERR_CORRUPT);
    expect(UNIT_TEXT("i1234"
                     "12345678901234567890123456789012"
                     "0123456789abcdef"),
           UNIT_TEXT("\x01\x03"
                     "1234"
                     "12345678"
                     "12345678"),
           0);
    sos_world_clear(&w);
}

/* Rows are what they were, each in its place. */
static void rows_come_back(void **state)
{
    (void)state;
    uint8_t id[16];
    const uint8_t theirs[16] = {7};
    sos_world_init(&w, 2);
    memcpy(id, sos_world_call(&w, 300, true)->id, 16);
    sos_world_delivered(&w, 3, false);
    w.now += TIMERS_SECOND;
    assert_int_equal(sos_world_hear(&w, 9, SOS_MSG_CALL, theirs, 4), 0);
    sos_world_again(&w);
    const struct sos_own *own = LIST_OF(list_next(&w.sos.own, &w.sos.own), struct sos_own, link);
    assert_memory_equal(own->id, id, 16);
    assert_int_equal(own->target_count, 300);
    assert_int_equal(own->room_count, 1);
    assert_true(own->rooms[0].is_said);
    assert_int_equal(own->rooms[0].entry[31], 0x77);
    assert_int_equal(own->number, 1);
    assert_int_equal(own->unix_ms, 1700000000000);
    size_t delivered = 0;
    for (size_t i = 0; i < 300; i++) {
        delivered += own->targets[i].reach == SOS_DELIVERED ? 1 : 0;
    }
    assert_int_equal(delivered, 1);
    const struct sos_in *in = LIST_OF(list_next(&w.sos.in, &w.sos.in), struct sos_in, link);
    assert_memory_equal(in->id, theirs, 16);
    assert_int_equal(in->number, 4);
    assert_int_equal(in->since, w.now);
    assert_int_equal(in->member[0], 9);
    assert_int_equal(sos_row_drop_own(w.disk.store, own), 0);
    sos_world_again(&w);
    assert_true(list_is_empty(&w.sos.own)); /* with all that was below it */
    sos_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(rows_that_are_none), UNIT(rows_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
