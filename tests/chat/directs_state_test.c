/*
 * States of one's own direct messages: forward only, kept, found by half of an id.
 */
#include "chat/directs_state.h"

#include "tests/support/directs_world.h"

static enum outbox_state state_of(size_t i, size_t person, uint64_t number)
{
    struct directs_state s;
    assert_int_equal(directs_state_get(directs_world_room(i, person), number, &s), 0);
    return s.state;
}

static bool move(uint64_t number, enum outbox_state next)
{
    struct directs_state s = {.state = next, .peer = {9}};
    bool is_new = false;
    assert_int_equal(directs_state_move(directs_world_room(0, 1), number, &s, &is_new), 0);
    return is_new;
}

static void states_only_go_forward(void **state)
{
    (void)state;
    struct directs_state s;
    directs_world_start(1);
    for (size_t n = 0; n < 3; n++) {
        directs_world_text(0, 1, "text");
    }
    assert_int_equal(state_of(0, 1, 1), OUTBOX_QUEUED);
    assert_true(move(1, OUTBOX_STORED));
    assert_false(move(1, OUTBOX_SENT));
    assert_false(move(1, OUTBOX_QUEUED));
    assert_int_equal(directs_state_get(directs_world_room(0, 1), 1, &s), 0);
    assert_int_equal(s.peer[0], 9);
    assert_true(move(1, OUTBOX_DELIVERED));
    assert_false(move(1, OUTBOX_EXPIRED));
    assert_false(move(1, OUTBOX_REFUSED));
    assert_true(move(1, OUTBOX_READ));
    assert_false(move(1, OUTBOX_DELIVERED));
    /* What has ended counts until somebody has it after all. */
    assert_true(move(2, OUTBOX_EXPIRED));
    assert_false(move(2, OUTBOX_SENT));
    assert_false(move(2, OUTBOX_REFUSED));
    assert_true(move(2, OUTBOX_DELIVERED));
    directs_world_again(0);
    assert_int_equal(state_of(0, 1, 1), OUTBOX_READ);
    assert_int_equal(state_of(0, 1, 2), OUTBOX_DELIVERED);
    assert_int_equal(state_of(0, 1, 3), OUTBOX_QUEUED);
    directs_world_stop();
}

static void others_have_none(void **state)
{
    (void)state;
    struct directs_state s;
    uint64_t number = 0;
    uint8_t id[32];
    uint8_t found[32];
    const struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("text")};
    directs_world_start(2);
    assert_int_equal(directs_world_say_content(0, 1, &c, id), 0);
    directs_world_carry();
    assert_int_equal(directs_state_get(directs_world_room(2, 0), 1, &s), WAVU_ERR_NOT_FOUND);
    assert_int_equal(directs_state_get(directs_world_room(1, 1), 1, &s), WAVU_ERR_NOT_FOUND);
    assert_int_equal(directs_state_find(directs_world_room(0, 1), id, &number, found), 0);
    assert_int_equal(number, 1);
    assert_memory_equal(found, id, 32);
    assert_int_equal(directs_state_find(directs_world_room(2, 0), id, &number, found),
                     WAVU_ERR_NOT_FOUND);
    /* A fate of what was never said, of a chat that is none, of somebody else's message. */
    uint8_t strange[32] = {0x55};
    struct courier_fate fate = {.message = strange,
                                .member = directs_world_member(1),
                                .device = w->nodes[2].device,
                                .peer = strange,
                                .state = OUTBOX_READ};
    directs_fate(w->nodes[0].directs, &fate);
    fate.member = strange;
    directs_fate(w->nodes[0].directs, &fate);
    fate.message = id;
    fate.member = directs_world_member(0);
    directs_fate(w->nodes[2].directs, &fate);
    assert_int_equal(w->nodes[2].states[OUTBOX_READ] + w->nodes[0].states[OUTBOX_READ], 0);
    directs_world_stop();
}

/* Bytes that this wavu did not write. */
static void damaged_rows_are_told(void **state)
{
    (void)state;
    struct directs_state s;
    struct history_key k;
    bool is_new = false;
    bool is_told = false;
    directs_world_start(3);
    directs_world_text(0, 1, "text");
    history_row_key(&k, directs_world_room(0, 1)->number);
    wr_u64be(&k.w, 1);
    uint8_t row[34] = {1, 200};
    assert_int_equal(store_put(w->nodes[0].store, "chat.m", history_row_span(&k), span_of(row, 34)),
                     0);
    assert_int_equal(directs_state_get(directs_world_room(0, 1), 1, &s), WAVU_ERR_CORRUPT);
    assert_int_equal(directs_state_move(directs_world_room(0, 1), 1, &s, &is_new),
                     WAVU_ERR_CORRUPT);
    row[0] = 2;
    assert_int_equal(store_put(w->nodes[0].store, "chat.m", history_row_span(&k), span_of(row, 34)),
                     0);
    assert_int_equal(directs_state_get(directs_world_room(0, 1), 1, &s), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(store_put(w->nodes[0].store, "chat.m", history_row_span(&k), span_of(row, 1)),
                     0);
    assert_true(directs_state_get(directs_world_room(0, 1), 1, &s) < 0);
    history_row_key(&k, w->nodes[0].history.number);
    assert_int_equal(store_put(w->nodes[0].store, "chat.w", history_row_span(&k), span_of(row, 2)),
                     0);
    assert_int_equal(directs_state_wish(&w->nodes[0].history, &is_told), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(directs_state_set_wish(&w->nodes[0].history, true), 0);
    assert_int_equal(directs_state_wish(&w->nodes[0].history, &is_told), 0);
    assert_true(is_told);
    directs_world_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(states_only_go_forward),
        UNIT(others_have_none),
        UNIT(damaged_rows_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
