/*
 * The outbox under operations drawn from the input: orders, fates, receipts and tokens, true and
 * false, links, bundles, retired sessions, time, restarts. Invariants hold, what is known of a
 * message at a member never goes back, what is stored can be loaded, nothing leaks. A first byte of
 * 255: the rest is a stored row, 254: a body of receipts.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "courier/outbox_row.h"
#include "tests/support/outbox_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define DEVICES 4 /* 1 to 4; two of a member */
#define MESSAGES 8
#define STEPS_MAX 250

static struct outbox_world w;
static struct rd in;
static uint8_t known[MESSAGES][DEVICES]; /* by message and member: the highest state told */

static uint8_t draw(void)
{
    return rd_u8(&in);
}

static const uint8_t *id_of(uint8_t device)
{
    static uint8_t id[ENVELOPE_DEVICE_SIZE];
    memset(id, device, sizeof(id));
    return id;
}

/* A message ends at one of its members, and may be ordered anew. */
static void watch(void)
{
    for (size_t i = 0; i < w.count; i++) {
        const struct outbox_event *e = &w.log[i];
        if (e->kind == OUTBOX_STATE) {
            uint8_t *before = &known[e->message[0] % MESSAGES][e->member[0] % DEVICES];
            const bool is_over = e->state <= OUTBOX_EXPIRED || e->state >= OUTBOX_DELIVERED;
            CHECK(e->state > *before || is_over);
            *before = is_over ? 0 : (uint8_t)e->state;
        }
    }
}

static void order(void)
{
    const uint8_t device = (uint8_t)(1 + draw() % DEVICES);
    const uint8_t message = draw() % MESSAGES;
    struct outbox_order o = outbox_world_order(message, device, (uint8_t)(device / 3));
    uint64_t row;
    o.class_number = (enum envelope_class)(1 + message % 4);
    o.is_unanswered = message == 7;
    o.body_len = message * 700u;
    o.lifetime_s = message % 2 == 0 ? 3600 : 86400;
    (void)!outbox_add(&w.box, w.now, &o, &row);
}

static void hear(void)
{
    struct receipt r = {.state = (uint8_t)(1 + draw() % 2)};
    r.message[0] = draw() % MESSAGES;
    if (draw() % 2 == 0) {
        outbox_receipts(&w.box, w.now, id_of((uint8_t)(1 + draw() % 5)), &r, 1);
    } else {
        outbox_received(&w.box, w.now, id_of((uint8_t)(1 + draw() % 5)), &r);
    }
}

static void step(void)
{
    const uint8_t what = draw() % 12;
    const uint8_t device = (uint8_t)(1 + draw() % DEVICES);
    const uint8_t which = draw();
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    memset(token, which, sizeof(token));
    switch (what) {
    case 0:
        order();
        break;
    case 1:
        outbox_fate(&w.box, w.now, which, draw() % 5, (enum way_fate)(draw() % 4));
        break;
    case 2:
        hear();
        break;
    case 3:
        outbox_world_reach(&w, which % OUTBOX_WORLD_WAYS, device, draw() % 2 == 0);
        break;
    case 4:
        outbox_bundle(&w.box, w.now, id_of(device));
        break;
    case 5:
        outbox_retired(&w.box, w.now, id_of(device));
        break;
    case 6:
        outbox_forget(&w.box, w.now, id_of(device));
        break;
    case 7:
        envelope_lock(lock, token);
        outbox_stored(&w.box, w.now, lock, id_of(9));
        break;
    case 8:
        outbox_done(&w.box, w.now, token);
        break;
    case 9:
        w.seal_err = which % 4 == 0 ? WAVU_ERR_AGAIN : which % 4 == 1 ? WAVU_ERR_LIMIT : 0;
        break;
    case 10:
        outbox_world_restart(&w);
        break;
    default:
        outbox_world_pass(&w, (uint64_t)which * draw() * 20000000);
        watch();
        break;
    }
    outbox_world_pump(&w);
    watch();
}

static void load_row(struct span value)
{
    if (outbox_row_load(&w.box, w.now, 1, value) == 0) {
        outbox_world_pump(&w);
        outbox_check(&w.box);
    }
}

static void read_receipts(struct span body)
{
    struct receipt receipts[RECEIPT_MAX];
    size_t count;
    if (receipt_decode(receipts, &count, body) == 0) {
        CHECK(count <= RECEIPT_MAX);
        outbox_receipts(&w.box, w.now, id_of(1), receipts, count);
        outbox_world_pump(&w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t live = mem_live_count();
    memset(known, 0, sizeof(known));
    outbox_world_init(&w);
    rd_init(&in, span_of(data, len));
    if (len > 0 && data[0] == 255) {
        load_row(span_of(data + 1, len - 1));
    } else if (len > 0 && data[0] == 254) {
        read_receipts(span_of(data + 1, len - 1));
    } else {
        for (size_t i = 0; i < STEPS_MAX && rd_left(&in) > 0; i++) {
            step();
        }
    }
    outbox_world_clear(&w);
    CHECK(mem_live_count() == live);
    return 0;
}
