/*
 * The detector under drawn operations: after each step the invariants hold, verdicts are about
 * watched neighbours, and at the end all memory is back.
 */
#include "overlay/detector.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PEERS 32

struct fuzz {
    struct detector detector;
    bool is_watched[PEERS];
    uint64_t now;
};

static struct overlay_id id_of(unsigned n)
{
    return (struct overlay_id){.bytes = {(uint8_t)(n % PEERS), 3}};
}

static void drain(struct fuzz *f)
{
    struct detector_event e;
    while (detector_next_event(&f->detector, &e)) {
        unsigned n = e.id.bytes[0];
        CHECK(n < PEERS);
        if (e.kind == DETECTOR_DOWN) {
            CHECK(f->is_watched[n]);
            f->is_watched[n] = false;
        } else if (e.kind == DETECTOR_SEND) {
            CHECK(e.msg.kind != DETECTOR_MSG_NONE);
        } else {
            CHECK(e.kind == DETECTOR_REACH || e.kind == DETECTOR_SEEK || f->is_watched[n]);
        }
    }
}

static void message(struct fuzz *f, struct rd *r, unsigned from)
{
    struct overlay_id id = id_of(from);
    uint8_t shape = rd_u8(r);
    struct detector_msg m = {.kind = (enum detector_msg_kind)(shape % (DETECTOR_MSG_REPORT + 1)),
                             .nonce = rd_u8(r),
                             .interval_ms = (uint32_t)rd_u8(r) * 200,
                             .is_reached = (shape & 0x80) != 0,
                             .target = id_of(shape >> 3),
                             .where = span_of("somewhere", shape >> 5)};
    (void)!detector_feed(&f->detector, f->now, &id, &m);
}

static void step(struct fuzz *f, struct rd *r)
{
    uint8_t op = rd_u8(r);
    struct overlay_id id = id_of(op >> 3);
    unsigned n = id.bytes[0];
    switch (op & 7) {
    case 0:
        if (detector_link_up(&f->detector, f->now, &id, span_of("here", op >> 6)) == 0) {
            CHECK(!f->is_watched[n]);
            f->is_watched[n] = true;
        }
        break;
    case 1:
        detector_link_down(&f->detector, f->now, &id);
        drain(f);
        f->is_watched[n] = false;
        break;
    case 2:
        detector_heard(&f->detector, f->now, &id);
        break;
    case 3:
        detector_sent(&f->detector, f->now, &id);
        break;
    case 4:
        detector_reached(&f->detector, f->now, &id, (op & 8) != 0);
        if ((op & 0x90) == 0x90) {
            detector_sought_none(&f->detector, f->now);
        }
        break;
    case 5:
        f->now += (uint64_t)1 << (18 + (op >> 3) % 16);
        break;
    case 6:
        if (detector_deadline(&f->detector) != UINT64_MAX &&
            detector_deadline(&f->detector) > f->now) {
            f->now = detector_deadline(&f->detector);
        }
        detector_tick(&f->detector, f->now);
        break;
    default:
        message(f, r, op >> 3);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz f;
    struct random_seeded seeded;
    struct rd r;
    size_t live = mem_live_count();
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    rd_init(&r, span_of(data, size));
    f = (struct fuzz){.now = 1};
    detector_init(&f.detector, f.now, &(struct detector_config){.random = &random});
    while (rd_left(&r) > 0 && !r.failed) {
        step(&f, &r);
        drain(&f);
        detector_check(&f.detector);
    }
    detector_clear(&f.detector);
    CHECK(mem_live_count() == live);
    return 0;
}
