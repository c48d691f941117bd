/* Frames of repair: what is written is read; what is none is refused. */
#include "chat/repair_msg.h"

#include "tests/base/unit.h"

static const uint8_t room[32] = {7};
static const uint8_t hash[8] = {1, 2, 3};

static void test_what_is_written_is_read(void **state)
{
    uint8_t bytes[512];
    struct repair_msg m;
    struct repair_msg_row row = {.device = {1}, .sequence = 300, .is_forked = true, .id = {9}};
    struct wr w;
    struct rd r;

    (void)state;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    repair_msg_write(&w,
                     &(struct repair_msg){
                         .kind = REPAIR_CHAINS, .flags = REPAIR_ONLY, .room = room, .hash = hash});
    repair_msg_write_row(&w, &row);
    row.device[0] = 2;
    row.is_forked = false;
    repair_msg_write_row(&w, &row);
    assert_int_equal(w.len, 1 + 1 + 32 + 8 + 2 * (8 + 2 + 4));
    assert_int_equal(repair_msg_read(&m, wr_span(&w)), 0);
    assert_int_equal(m.kind, REPAIR_CHAINS);
    assert_int_equal(m.flags, REPAIR_ONLY);
    assert_memory_equal(m.room, room, 32);
    assert_memory_equal(m.hash, hash, 8);
    rd_init(&r, m.items);
    assert_true(repair_msg_next(&r, &row) && row.device[0] == 1 && row.sequence == 300 &&
                row.is_forked && row.id[0] == 9);
    assert_true(repair_msg_next(&r, &row) && row.device[0] == 2 && !row.is_forked);
    assert_false(repair_msg_next(&r, &row));

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_VALUE, .age_s = 1000000});
    wr_bytes(&w, UNIT_TEXT("an entry"));
    assert_int_equal(repair_msg_read(&m, wr_span(&w)), 0);
    assert_int_equal(m.age_s, 1000000);
    assert_true(span_is_equal(m.stored, UNIT_TEXT("an entry")));

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_WANT, .room = room});
    wr_bytes(&w, span_of(room, 32));
    assert_int_equal(repair_msg_read(&m, wr_span(&w)), 0);
    assert_int_equal(m.count, 1);
    assert_memory_equal(m.items.ptr, room, 32);

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_ROOMS});
    wr_bytes(&w, span_of(room, 16));
    assert_int_equal(repair_msg_read(&m, wr_span(&w)), 0);
    assert_int_equal(m.count, 1);

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_DONE, .flags = REPAIR_MORE});
    assert_int_equal(repair_msg_read(&m, wr_span(&w)), 0);
    assert_int_equal(m.flags, REPAIR_MORE);
}

static void test_what_is_none_is_refused(void **state)
{
    static uint8_t bytes[REPAIR_MSG_SIZE_MAX + 1];
    struct repair_msg m;
    struct repair_msg_row row = {.device = {2}, .sequence = 1};
    struct wr w;

    (void)state;
    assert_int_equal(repair_msg_read(&m, span_empty()), WAVU_ERR_PROTO);
    bytes[0] = 9;
    assert_int_equal(repair_msg_read(&m, span_of(bytes, 5)), WAVU_ERR_UNSUPPORTED);
    bytes[0] = REPAIR_ROOMS;
    assert_int_equal(repair_msg_read(&m, span_of(bytes, 1 + 15)), WAVU_ERR_PROTO);
    assert_int_equal(repair_msg_read(&m, span_of(bytes, 1 + 16 * (REPAIR_MSG_ROOMS_MAX + 1))),
                     WAVU_ERR_PROTO);
    bytes[0] = REPAIR_WANT;
    assert_int_equal(repair_msg_read(&m, span_of(bytes, 20)), WAVU_ERR_PROTO);
    assert_int_equal(repair_msg_read(&m, span_of(bytes, 1 + 32 * (REPAIR_MSG_IDS_MAX + 2))),
                     WAVU_ERR_PROTO);
    bytes[0] = REPAIR_DONE;
    assert_int_equal(repair_msg_read(&m, span_of(bytes, 1)), WAVU_ERR_PROTO);
    assert_int_equal(repair_msg_read(&m, span_of(bytes, 3)), WAVU_ERR_PROTO);
    bytes[0] = REPAIR_VALUE;
    assert_int_equal(repair_msg_read(&m, span_of(bytes, sizeof bytes)), WAVU_ERR_PROTO);
    bytes[0] = REPAIR_CHAINS;
    for (size_t len = 1; len < 1 + 1 + 32 + 8; len++) {
        assert_int_equal(repair_msg_read(&m, span_of(bytes, len)), WAVU_ERR_PROTO);
    }
    /* Rows that do not ascend, and one that is cut off. */
    for (unsigned second = 1; second <= 3; second++) {
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        repair_msg_write(&w,
                         &(struct repair_msg){.kind = REPAIR_CHAINS, .room = room, .hash = hash});
        row.device[0] = 2;
        repair_msg_write_row(&w, &row);
        row.device[0] = (uint8_t)second;
        repair_msg_write_row(&w, &row);
        assert_int_equal(repair_msg_read(&m, wr_span(&w)), second == 3 ? 0 : WAVU_ERR_PROTO);
        assert_int_equal(repair_msg_read(&m, span_of(bytes, w.len - 1)), WAVU_ERR_PROTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_written_is_read),
        UNIT(test_what_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
