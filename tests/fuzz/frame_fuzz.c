/*
 * frame_queue against plain counters: what is written is numbered, so what must be sent is known.
 * Each input byte is an operation: write, seal one, or send some.
 */
#include "mux/frame.h"

#include "base/check.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define HEAD 3
#define BODY 4000
#define TAIL 5

struct model {
    uint64_t written; /* body bytes committed */
    uint64_t sealed;
    uint64_t opened;    /* body bytes seen by whom they are sent to */
    size_t expect_head; /* of the record being received: bytes of head still to come */
    size_t expect_body;
    size_t expect_tail;
    uint64_t sizes[4096]; /* of sealed records, in order */
    size_t first_size;
    size_t last_size;
};

static void put(struct frame_queue *q, struct model *m, size_t len)
{
    while (len > 0) {
        size_t min = len < 300 ? len : 300;
        struct span_mut room = frame_reserve(q, min, len);
        CHECK(room.len >= min && room.len <= len);
        for (size_t i = 0; i < room.len; i++) {
            room.ptr[i] = (uint8_t)((m->written + i) * 31);
        }
        frame_commit(q, room.len);
        m->written += room.len;
        len -= room.len;
    }
}

static void seal(struct frame_queue *q, struct model *m)
{
    struct span_mut body = frame_unsealed(q);
    CHECK((body.len == 0) == (m->sealed == m->written));
    if (body.len > 0 && m->last_size < 4096) {
        for (size_t i = 0; i < HEAD; i++) {
            body.ptr[(ptrdiff_t)i - HEAD] = 0xaa;
        }
        for (size_t i = 0; i < TAIL; i++) {
            body.ptr[body.len + i] = 0xbb;
        }
        m->sizes[m->last_size++] = body.len;
        m->sealed += body.len;
        frame_sealed(q);
    }
}

static void receive(struct model *m, uint8_t byte)
{
    if (m->expect_head + m->expect_body + m->expect_tail == 0) {
        CHECK(m->first_size < m->last_size);
        m->expect_head = HEAD;
        m->expect_body = m->sizes[m->first_size++];
        m->expect_tail = TAIL;
    }
    if (m->expect_head > 0) {
        CHECK(byte == 0xaa);
        m->expect_head--;
    } else if (m->expect_body > 0) {
        CHECK(byte == (uint8_t)(m->opened * 31));
        m->opened++;
        m->expect_body--;
    } else {
        CHECK(byte == 0xbb);
        m->expect_tail--;
    }
}

static void send(struct frame_queue *q, struct model *m, size_t max)
{
    struct span pieces[3];
    size_t sent = 0;
    size_t count = frame_gather(q, pieces, 3);
    CHECK((count == 0) == (q->sealed_bytes == 0));
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < pieces[i].len && sent < max; k++) {
            receive(m, pieces[i].ptr[k]);
            sent++;
        }
    }
    frame_sent(q, sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct frame_pool pool;
    struct frame_queue q;
    static struct model m;
    size_t live = mem_live_count();
    m = (struct model){.written = 0};
    frame_pool_init(&pool, 2);
    frame_queue_init(&q, &pool, HEAD, BODY, TAIL);
    for (size_t i = 0; i < len; i++) {
        size_t amount = (size_t)(data[i] >> 2) * (size_t)(data[i] >> 2) * 3;
        switch (data[i] & 3) {
        case 0:
            put(&q, &m, amount);
            break;
        case 1:
            seal(&q, &m);
            break;
        default:
            send(&q, &m, amount);
            break;
        }
        CHECK(q.open_bytes == m.written - m.sealed && pool.spare_count <= 2);
    }
    frame_queue_clear(&q);
    frame_pool_clear(&pool);
    CHECK(mem_live_count() == live);
    return 0;
}
