/* Chains compared: who lacks what, in which order it is given, and what that takes. */
#include "chat/repair_chains.h"

#include "tests/chat/history_shown.h"

/* What node `a` says of its chains, as node `b` reads it; `frame` holds it. */
static struct repair_msg chains_of(struct history_world *w, size_t a, struct buf *frame)
{
    struct repair_msg m;

    buf_init(frame, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(repair_chains_write(history_world_room(w, a), 0, frame), 0);
    assert_int_equal(repair_msg_read(&m, buf_span(frame)), 0);
    assert_int_equal(m.kind, REPAIR_CHAINS);
    assert_memory_equal(m.room, w->group, 32);
    return m;
}

static void what_is_lacked_is_given_in_order(void **state)
{
    struct history_world w;
    struct repair_chains given = {.count = 0};
    struct buf frame;
    struct buf answer;
    uint64_t number = 0;

    (void)state;
    history_world_init(&w, 3, 1, STORE_MEMORY);
    for (size_t k = 0; k < 6; k++) {
        size_t said = history_world_text(&w, k % 2, "moja");

        assert_int_equal(history_world_feed(&w, 1 - k % 2, said), 0);
        assert_true(k >= 3 || history_world_feed(&w, 2, said) == 0);
    }
    struct repair_msg m = chains_of(&w, 2, &frame);
    buf_init(&answer, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(repair_chains_compare(history_world_room(&w, 0), &m, &given, &answer), 0);
    assert_int_equal(answer.len, 0);
    assert_null(answer.ptr); /* nothing is lacked: nothing is taken */
    assert_int_equal(given.count, 2);
    for (uint64_t k = 4; k <= 6; k++) {
        assert_int_equal(repair_chains_next(history_world_room(&w, 0), &given, &number), 0);
        assert_int_equal(number, k);
    }
    assert_int_equal(repair_chains_next(history_world_room(&w, 0), &given, &number),
                     WAVU_ERR_NOT_FOUND);
    repair_chains_clear(&given);
    buf_clear(&frame);
    history_world_clear(&w);
}

static void what_is_lacked_here_is_asked_for(void **state)
{
    struct history_world w;
    struct repair_chains given = {.count = 0};
    struct repair_msg_row row;
    struct repair_msg m;
    struct buf frame;
    struct buf answer;
    struct rd rows;

    (void)state;
    history_world_init(&w, 2, 2, STORE_MEMORY);
    for (size_t k = 0; k < 5; k++) {
        size_t said = history_world_text(&w, 0, "mbili");

        assert_true(k >= 2 || history_world_feed(&w, 1, said) == 0);
    }
    m = chains_of(&w, 0, &frame);
    buf_init(&answer, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(repair_chains_compare(history_world_room(&w, 1), &m, &given, &answer), 0);
    assert_int_equal(given.count, 0);
    assert_true(answer.len <= REPAIR_MSG_HEAD_MAX + REPAIR_MSG_ROW_SIZE_MAX);
    repair_chains_clear(&given);
    buf_clear(&frame);
    assert_int_equal(repair_msg_read(&m, buf_span(&answer)), 0);
    assert_int_equal(m.flags, REPAIR_ONLY);
    rd_init(&rows, m.items);
    assert_true(repair_msg_next(&rows, &row));
    assert_memory_equal(row.device, w.nodes[0].pair.public_key, sizeof row.device);
    assert_int_equal(row.sequence, 2);
    assert_false(repair_msg_next(&rows, &row));
    /* And the other one gives just that. */
    struct buf none;
    buf_init(&none, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(repair_chains_compare(history_world_room(&w, 0), &m, &given, &none), 0);
    assert_int_equal(given.count, 1);
    assert_int_equal(given.cursors[0].sequence, 2);
    assert_false(given.cursors[0].is_fork);
    repair_chains_clear(&given);
    buf_clear(&answer);
    history_world_clear(&w);
}

/* One has said two things at one place: that chain is given whole, behind the others. */
static void forks_are_given_whole_and_last(void **state)
{
    struct history_world w;
    struct repair_chains given = {.count = 0};
    struct buf frame;
    struct buf answer;
    uint64_t number = 0;

    (void)state;
    history_world_init(&w, 3, 3, STORE_MEMORY);
    struct entry e = {.sequence = 1};
    memcpy(e.room, w.group, sizeof e.room);
    memcpy(e.device, w.nodes[1].pair.public_key, sizeof e.device);
    for (size_t k = 0; k < 2; k++) {
        const struct content c = {.kind = CONTENT_TEXT,
                                  .text = k == 0 ? UNIT_TEXT("ndiyo") : UNIT_TEXT("hapana")};
        uint8_t bytes[100];
        struct wr out;

        wr_init(&out, span_mut_of(bytes, sizeof bytes));
        content_write(&out, &c);
        e.content = wr_span(&out);
        assert_int_equal(history_world_feed(&w, k == 0 ? 0 : 2, history_world_sign(&w, 1, &e)), 0);
    }
    history_world_text(&w, 0, "tatu");
    struct repair_msg m = chains_of(&w, 2, &frame);
    buf_init(&answer, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(repair_chains_compare(history_world_room(&w, 0), &m, &given, &answer), 0);
    assert_int_equal(given.count, 2);
    assert_int_equal(repair_chains_next(history_world_room(&w, 0), &given, &number), 0);
    assert_int_equal(number, 2);
    assert_int_equal(repair_chains_next(history_world_room(&w, 0), &given, &number), 0);
    assert_int_equal(number, 1);
    assert_true(answer.len > 0); /* and the other's is asked for, from its beginning */
    repair_chains_clear(&given);
    buf_clear(&answer);
    buf_clear(&frame);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_lacked_is_given_in_order),
        UNIT(what_is_lacked_here_is_asked_for),
        UNIT(forks_are_given_whole_and_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
