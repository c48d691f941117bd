/*
 * The parts of a saved state: references to what has not come, too many of a kind, wrong sizes.
 * Whole states are tested in epoch_state_test.c.
 */
#include "tests/base/unit.h"

#include "base/mem.h"
#include "base/pb.h"
#include "group/epoch_form.h"
#include "group/epoch_load.h"
#include "tests/support/group_world.h"

static struct group_world w;
static uint8_t room[1 << 16];
static struct wr wr;

static int load(void)
{
    struct epoch e;
    int rc = epoch_state_load(&e, &w.nodes[0].config, w.now, wr_span(&wr));

    if (rc == 0) {
        epoch_check(&e);
        epoch_clear(&e);
    }
    return rc;
}

/* A head, and the leaf that no state is without. */
static void begin(void)
{
    static const uint8_t leaf[2 + 32] = {0x0a, 32, 1};

    wr_init(&wr, span_mut_of(room, sizeof room));
    pb_write_varint(&wr, EPOCH_FORM_FORMAT, EPOCH_FORM_NUMBER);
    pb_write_bytes(&wr, EPOCH_FORM_GROUP, span_of(w.group, 32));
    pb_write_bytes(&wr, EPOCH_FORM_SELF, span_of(w.nodes[0].device.public_key, 32));
    pb_write_bytes(&wr, EPOCH_FORM_LEAF, span_of(leaf, sizeof leaf));
}

static void put_device(const uint8_t *id)
{
    uint8_t bytes[2 + 32] = {0x0a, 32};

    memcpy(bytes + 2, id, 32);
    pb_write_bytes(&wr, EPOCH_FORM_DEVICE, span_of(bytes, sizeof bytes));
}

static void parts_refer_to_what_stands_before_them(void **state)
{
    (void)state;
    static const uint8_t view[] = {0x0a, 0, 0x12, 2, 0, 0};
    const uint8_t *self = w.nodes[0].device.public_key;

    begin();
    assert_int_equal(load(), 0);
    begin();
    pb_write_bytes(&wr, EPOCH_FORM_VIEW, span_of(view, sizeof view)); /* of no device */
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
    begin();
    put_device(self);
    pb_write_bytes(&wr, EPOCH_FORM_VIEW, span_of(view, sizeof view));
    assert_int_equal(load(), 0);
    pb_write_varint(&wr, EPOCH_FORM_CURRENT, 1); /* there is one, number 0 */
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
    begin();
    put_device(self);
    put_device(self);
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
    begin();
    pb_write_bytes(&wr, EPOCH_FORM_CHANGE, span_of(room, 40));
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
    begin();
    pb_write_bytes(&wr, EPOCH_FORM_SET, span_of(room, 0));
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
}

static void counts_have_ends(void **state)
{
    (void)state;
    static const uint8_t leaf[2 + 32] = {0x0a, 32, 1};
    uint8_t waiting[2 + 32 + 2 + 1] = {0x0a, 32};

    waiting[34] = 0x1a;
    waiting[35] = 1;
    begin();
    for (size_t i = 1; i < EPOCH_LEAVES_MAX; i++) {
        pb_write_bytes(&wr, EPOCH_FORM_LEAF, span_of(leaf, sizeof leaf));
    }
    assert_int_equal(load(), 0);
    pb_write_bytes(&wr, EPOCH_FORM_LEAF, span_of(leaf, sizeof leaf));
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
    begin();
    for (size_t i = 0; i < EPOCH_WAITING_MAX; i++) {
        pb_write_bytes(&wr, EPOCH_FORM_WAITING, span_of(waiting, sizeof waiting));
    }
    assert_int_equal(load(), 0);
    pb_write_bytes(&wr, EPOCH_FORM_WAITING, span_of(waiting, sizeof waiting));
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
    begin();
    pb_write_bytes(&wr, EPOCH_FORM_ROOM, span_of(room, 31));
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
    wr_init(&wr, span_mut_of(room, sizeof room)); /* no leaf at all */
    pb_write_varint(&wr, EPOCH_FORM_FORMAT, EPOCH_FORM_NUMBER);
    pb_write_bytes(&wr, EPOCH_FORM_GROUP, span_of(w.group, 32));
    pb_write_bytes(&wr, EPOCH_FORM_SELF, span_of(w.nodes[0].device.public_key, 32));
    assert_int_equal(load(), WAVU_ERR_CORRUPT);
}

static int set_up(void **state)
{
    (void)state;
    group_world_init(&w, 81, &signer_ed25519);
    (void)group_world_make(&w);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    group_world_clear(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(parts_refer_to_what_stands_before_them),
        UNIT(counts_have_ends),
    };
    return cmocka_run_group_tests_name("epoch_load", tests, set_up, tear_down);
}
