/*
 * yamux under drawn operations. The input is a program: an operation byte, then its operands.
 * Frames come from a peer that mostly keeps to the header's shape and to nothing else; wishes come
 * from an owner who keeps to the contract. After each step the invariants hold; at the end all
 * memory and budget is back.
 */
#include "mux/yamux.h"

#include "base/budget.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define OWNED_MAX 16
#define BUDGET ((uint64_t)YAMUX_STREAM_COST * 24 + 2 * YAMUX_WINDOW_INITIAL)

static const uint8_t zeros[70000];

struct owned {
    struct yamux_stream *stream;
    uint64_t unconsumed;
    bool has_fin_in;
    bool is_dead; /* reset: release it and nothing else */
};

struct fuzz {
    struct yamux *y;
    struct budget budget;
    struct frame_pool pool;
    struct frame_queue out;
    struct owned owned[OWNED_MAX];
    uint64_t now;
    bool is_dead;
};

static struct owned *owned_of(struct fuzz *f, const struct yamux_stream *s)
{
    for (size_t i = 0; i < OWNED_MAX; i++) {
        if (f->owned[i].stream == s) {
            return &f->owned[i];
        }
    }
    return NULL;
}

static void adopt(struct fuzz *f, struct yamux_stream *s)
{
    struct owned *slot = owned_of(f, NULL);
    if (slot == NULL) {
        yamux_reset(f->y, s, 1);
        yamux_release(f->y, s);
    } else {
        *slot = (struct owned){.stream = s};
    }
}

static void on_event(struct fuzz *f, const struct yamux_event *event)
{
    struct owned *o = event->stream != NULL ? owned_of(f, event->stream) : NULL;
    switch (event->kind) {
    case YAMUX_OPEN:
        CHECK(o == NULL);
        adopt(f, event->stream);
        return;
    case YAMUX_DATA:
        CHECK(o != NULL && !o->has_fin_in && !o->is_dead && event->data.len > 0);
        o->unconsumed += event->data.len;
        return;
    case YAMUX_WRITABLE:
        CHECK(o != NULL && !o->is_dead);
        return;
    case YAMUX_FIN:
        CHECK(o != NULL && !o->has_fin_in && !o->is_dead);
        o->has_fin_in = true;
        return;
    case YAMUX_RESET:
        CHECK(o != NULL && !o->is_dead);
        o->is_dead = true;
        return;
    case YAMUX_NOTHING:
    case YAMUX_PONG:
    case YAMUX_GOAWAY:
        return;
    }
}

static void feed(struct fuzz *f, struct span in, bool drain)
{
    while (in.len > 0 && !f->is_dead) {
        struct yamux_event event;
        size_t used = 0;
        int rc = yamux_feed(f->y, f->now, in, &used, &event);
        CHECK(used <= in.len && (rc < 0 || used > 0 || event.kind != YAMUX_NOTHING));
        f->is_dead = rc < 0;
        in = span_slice(in, used, in.len);
        if (rc == 0) {
            on_event(f, &event);
        }
        while (drain && yamux_next_event(f->y, &event)) {
            on_event(f, &event);
        }
    }
}

/* A frame with drawn type, flags, a small id and a length of any magnitude; then some of its
 * payload. */
static void peer_frame(struct fuzz *f, struct rd *r)
{
    uint8_t head[YAMUX_MSG_SIZE];
    uint8_t kind = rd_u8(r);
    uint8_t id = rd_u8(r);
    uint8_t size = rd_u8(r);
    uint32_t length = (uint32_t)(1 + size % 16) << (size / 16 * 2);
    struct yamux_msg msg = {.type = kind & 3,
                            .flags = (uint16_t)(kind >> 2 & 15),
                            .stream = id,
                            .length = size == 0 ? 0 : length};
    yamux_msg_encode(&msg, head);
    feed(f, span_of(head, sizeof head), (kind & 0x40) == 0);
    if (msg.type == YAMUX_MSG_DATA && (kind & 0x80) == 0) {
        feed(f, span_slice(span_of(zeros, sizeof zeros), 0, msg.length), (kind & 0x40) == 0);
    }
}

static void owner_wish(struct fuzz *f, struct owned *o, uint8_t wish, uint16_t amount)
{
    size_t taken = 0;
    int rc = 0;
    uint64_t consumed = amount < o->unconsumed ? amount : o->unconsumed;
    switch (wish % 5) {
    case 0:
        rc = yamux_write(f->y, o->stream, span_of(zeros, amount), (amount & 1) != 0, &f->out,
                         &taken);
        CHECK(taken <= amount && (rc == 0 || taken == 0));
        return;
    case 1:
        yamux_consume(f->y, o->stream, f->now, (uint32_t)consumed);
        o->unconsumed -= consumed;
        return;
    case 2:
        yamux_reset(f->y, o->stream, amount);
        o->is_dead = true;
        return;
    default:
        if (o->is_dead || wish % 5 == 4) {
            yamux_release(f->y, o->stream);
            *o = (struct owned){.stream = NULL};
        }
        return;
    }
}

static void drain(struct fuzz *f)
{
    struct span piece;
    while (frame_unsealed(&f->out).len > 0) {
        frame_sealed(&f->out);
    }
    while (frame_gather(&f->out, &piece, 1) == 1) {
        frame_sent(&f->out, piece.len);
    }
}

static void step(struct fuzz *f, struct rd *r)
{
    uint8_t op = rd_u8(r);
    struct yamux_stream *s = NULL;
    struct yamux_event event;
    struct owned *o = &f->owned[op >> 4];
    switch (op & 7) {
    case 0:
        if (yamux_open(f->y, f->now, &s) == 0) {
            adopt(f, s);
        }
        break;
    case 1:
        if (o->stream != NULL) {
            uint8_t wish = rd_u8(r);
            owner_wish(f, o, wish, rd_u16be(r));
        }
        break;
    case 2:
        yamux_pull(f->y, &f->out);
        CHECK(frame_queue_bytes(&f->out) < YAMUX_CONTROL_MAX + 65536);
        break;
    case 3:
        drain(f);
        yamux_room(f->y);
        break;
    case 4:
        f->now += (uint64_t)1 << (op >> 3);
        f->now += op == 0xfc ? YAMUX_KEEPALIVE_NS : 0;
        (void)!yamux_tick(f->y, f->now);
        break;
    case 5:
        if (yamux_next_event(f->y, &event)) {
            on_event(f, &event);
        } else {
            (void)!yamux_ping(f->y, f->now);
        }
        break;
    case 6:
        feed(f, rd_bytes(r, op >> 3), true);
        break;
    default:
        peer_frame(f, r);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct fuzz f;
    struct random_seeded seeded;
    struct rd r;
    size_t live = mem_live_count();
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    rd_init(&r, span_of(data, len));
    f = (struct fuzz){.now = 1};
    budget_init(&f.budget, NULL, BUDGET);
    frame_pool_init(&f.pool, 2);
    frame_queue_init(&f.out, &f.pool, 2, 65519, 16);
    f.y = yamux_new(&(struct yamux_config){
        .is_client = (rd_u8(&r) & 1) != 0, .random = &random, .budget = &f.budget, .now = 1});
    while (rd_left(&r) > 0 && !r.failed) {
        step(&f, &r);
        yamux_check(f.y);
    }
    yamux_free(f.y);
    frame_queue_clear(&f.out);
    frame_pool_clear(&f.pool);
    budget_clear(&f.budget);
    CHECK(mem_live_count() == live);
    return 0;
}
