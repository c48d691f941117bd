/* Frame: records hold what was written in order, are sealed in place, sent in any pieces, and given
 * back. */
#include "mux/frame.h"

#include "base/buf.h"
#include "base/random.h"
#include "tests/base/unit.h"

#define HEAD 2
#define BODY 65519
#define TAIL 16

static void put(struct frame_queue *q, struct span data)
{
    while (data.len > 0) {
        struct span_mut room = frame_reserve(q, 1, data.len < BODY ? data.len : BODY);
        assert_in_range(room.len, 1, data.len);
        memcpy(room.ptr, data.ptr, room.len);
        frame_commit(q, room.len);
        data = span_slice(data, room.len, data.len);
    }
}

static void seal_all(struct frame_queue *q)
{
    struct span_mut body = frame_unsealed(q);
    while (body.len > 0) {
        body.ptr[-HEAD] = (uint8_t)(body.len >> 8);
        body.ptr[1 - HEAD] = (uint8_t)body.len;
        memset(body.ptr + body.len, 0x5a, TAIL);
        frame_sealed(q);
        body = frame_unsealed(q);
    }
}

/* Strip heads and tails off `wire` into `plain`; returns how many records there were. */
static size_t open_all(const struct buf *wire, struct buf *plain)
{
    size_t records = 0;
    for (size_t at = 0; at < wire->len; records++) {
        size_t len = (size_t)wire->ptr[at] << 8 | wire->ptr[at + 1];
        assert_true(len > 0 && at + HEAD + len + TAIL <= wire->len);
        assert_int_equal(buf_append(plain, span_of(wire->ptr + at + HEAD, len)), 0);
        for (size_t i = 0; i < TAIL; i++) {
            assert_int_equal(wire->ptr[at + HEAD + len + i], 0x5a);
        }
        at += HEAD + len + TAIL;
    }
    return records;
}

/* Send at most `max` bytes as one writev would, all pieces taken or cut. */
static size_t send_some(struct frame_queue *q, struct buf *wire, size_t max)
{
    struct span pieces[FRAME_GATHER_MAX];
    size_t count = frame_gather(q, pieces, FRAME_GATHER_MAX);
    size_t sent = 0;
    for (size_t i = 0; i < count && sent < max; i++) {
        struct span piece = span_slice(pieces[i], 0, max - sent);
        assert_int_equal(buf_append(wire, piece), 0);
        sent += piece.len;
    }
    frame_sent(q, sent);
    return sent;
}

static void test_bytes_arrive_in_order_under_any_split(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct frame_pool pool;
    struct frame_queue q;
    struct buf wire;
    struct buf plain;
    struct buf model;
    static uint8_t data[200000];
    random_seeded_init(&seeded, 7);
    struct random random = random_from_seeded(&seeded);
    frame_pool_init(&pool, 3);
    frame_queue_init(&q, &pool, HEAD, BODY, TAIL);
    buf_init(&wire, 1 << 26);
    buf_init(&plain, 1 << 26);
    buf_init(&model, 1 << 26);
    for (int round = 0; round < 300; round++) {
        size_t len = random_below(&random, round % 10 == 0 ? sizeof data : 2000);
        random_fill(&random, data, len);
        put(&q, span_of(data, len));
        assert_int_equal(buf_append(&model, span_of(data, len)), 0);
        if (round % 3 == 0) {
            seal_all(&q);
            assert_int_equal(q.open_bytes, 0);
        }
        (void)send_some(&q, &wire, random_below(&random, 150000));
        assert_true(pool.spare_count <= 3);
    }
    seal_all(&q);
    while (q.sealed_bytes > 0) {
        assert_true(send_some(&q, &wire, 1 + random_below(&random, 5000)) > 0);
    }
    assert_null(q.first);
    assert_null(q.last);
    assert_null(q.unsealed);
    (void)open_all(&wire, &plain);
    assert_true(span_is_equal(buf_span(&plain), buf_span(&model)));
    frame_queue_clear(&q);
    frame_pool_clear(&pool);
    buf_clear(&wire);
    buf_clear(&plain);
    buf_clear(&model);
}

static void test_idle_holds_nothing_and_spares_are_bounded(void **state)
{
    (void)state;
    struct frame_pool pool;
    struct frame_queue q;
    struct buf wire;
    static uint8_t data[5 * BODY];
    size_t live = mem_live_count();
    frame_pool_init(&pool, 2);
    frame_queue_init(&q, &pool, HEAD, BODY, TAIL);
    buf_init(&wire, 1 << 24);
    put(&q, span_of(data, 100)); /* small: not kept */
    seal_all(&q);
    (void)send_some(&q, &wire, SIZE_MAX);
    assert_int_equal(mem_live_count(), live + 1); /* the test's own `wire` */
    assert_int_equal(pool.spare_count, 0);
    put(&q, span_of(data, sizeof data));
    assert_int_equal(q.open_bytes, sizeof data);
    assert_int_equal(frame_queue_bytes(&q), sizeof data);
    seal_all(&q);
    assert_int_equal(q.sealed_bytes, sizeof data + 5 * (HEAD + TAIL));
    (void)send_some(&q, &wire, SIZE_MAX);
    assert_int_equal(pool.spare_count, 2);
    assert_int_equal(mem_live_count(), live + 3);
    put(&q, span_of(data, 3000)); /* big enough to take a spare one */
    assert_int_equal(pool.spare_count, 1);
    assert_int_equal(mem_live_count(), live + 3);
    frame_queue_clear(&q);
    frame_pool_clear(&pool);
    buf_clear(&wire);
    assert_int_equal(mem_live_count(), live);
}

static void test_small_writes_gather(void **state)
{
    (void)state;
    struct frame_pool pool;
    struct frame_queue q;
    struct buf wire;
    struct buf plain;
    uint8_t data[300] = {1, 2, 3};
    frame_pool_init(&pool, 2);
    frame_queue_init(&q, &pool, HEAD, BODY, TAIL);
    buf_init(&wire, 1 << 20);
    buf_init(&plain, 1 << 20);
    for (int i = 0; i < 100; i++) {
        put(&q, span_of(data, sizeof data));
    }
    seal_all(&q);
    (void)send_some(&q, &wire, SIZE_MAX);
    assert_int_equal(open_all(&wire, &plain), 2); /* a small one, then all the rest in a big one */
    assert_int_equal(plain.len, 100 * sizeof data);
    frame_queue_clear(&q);
    frame_pool_clear(&pool);
    buf_clear(&wire);
    buf_clear(&plain);
}

static void test_reserve_without_commit(void **state)
{
    (void)state;
    struct frame_pool pool;
    struct frame_queue q;
    frame_pool_init(&pool, 2);
    frame_queue_init(&q, &pool, HEAD, BODY, TAIL);
    assert_int_equal(frame_reserve(&q, 10, 20).len, 20);
    assert_int_equal(frame_unsealed(&q).len, 0);
    assert_int_equal(frame_reserve(&q, BODY, BODY).len, BODY); /* replaces the small empty one */
    frame_commit(&q, 5);
    assert_int_equal(frame_reserve(&q, BODY - 5, BODY).len, BODY - 5);
    assert_int_equal(frame_reserve(&q, BODY - 4, BODY).len, BODY);
    frame_commit(&q, 0);
    assert_int_equal(frame_unsealed(&q).len, 5);
    struct span piece;
    assert_int_equal(frame_gather(&q, &piece, 1), 0);
    frame_sealed(&q);
    assert_int_equal(frame_unsealed(&q).len, 0);
    assert_int_equal(frame_gather(&q, &piece, 1), 1);
    assert_int_equal(piece.len, HEAD + 5 + TAIL);
    frame_sent(&q, 3);
    assert_int_equal(frame_gather(&q, &piece, 1), 1);
    assert_int_equal(piece.len, HEAD + 2 + TAIL);
    frame_queue_clear(&q);
    frame_pool_clear(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_bytes_arrive_in_order_under_any_split),
        UNIT(test_idle_holds_nothing_and_spares_are_bounded),
        UNIT(test_small_writes_gather),
        UNIT(test_reserve_without_commit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
