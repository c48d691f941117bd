/*
 * multistream in both roles, twice over the same input: in pieces, and whole. Both must come to the
 * same end, use the same bytes and say the same. The first byte picks the role, the size of pieces
 * and how the responder answers.
 */
#include "mux/multistream.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "wavu/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SAID_MAX 20000

struct outcome {
    enum multistream_state state;
    int err;
    size_t used;
    size_t events;
    uint8_t said[SAID_MAX];
    size_t said_len;
};

static void take_said(struct multistream *m, struct outcome *o)
{
    while (multistream_has_output(m)) {
        struct span_mut room = span_mut_of(o->said + o->said_len, SAID_MAX - o->said_len);
        CHECK(room.len > 0);
        room.len = room.len < 7 ? room.len : 7;
        o->said_len += multistream_pull(m, room);
    }
}

/* Answer a proposal: names of an even length are refused. */
static void answer(struct multistream *m, const struct multistream_event *event)
{
    if (event->kind != MULTISTREAM_PROPOSED) {
        return;
    }
    CHECK(event->name.len > 0 && event->name.len < MULTISTREAM_TOKEN_MAX);
    if (event->name.len % 2 == 0) {
        multistream_refuse(m);
    } else {
        multistream_accept(m, event->name);
    }
}

static void run(struct outcome *o, bool is_initiator, struct span in, size_t step)
{
    static const char *const proposals[] = {"/a", "/b/1", "/c", NULL};
    struct multistream m;
    *o = (struct outcome){.err = 0};
    if (is_initiator) {
        multistream_init_initiator(&m, proposals);
    } else {
        multistream_init_responder(&m);
    }
    while (o->used < in.len && m.state != MULTISTREAM_DONE && m.state != MULTISTREAM_DEAD) {
        struct multistream_event event;
        size_t used = 0;
        struct span piece = span_slice(in, o->used, step);
        o->err = multistream_feed(&m, piece, &used, &event);
        CHECK(used <= piece.len && (o->err < 0 || used > 0));
        CHECK((o->err < 0) <= (m.state == MULTISTREAM_DEAD));
        o->used += used;
        o->events += event.kind != MULTISTREAM_NOTHING;
        answer(&m, &event);
        take_said(&m, o);
    }
    take_said(&m, o);
    o->state = m.state;
    multistream_clear(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct outcome pieces;
    static struct outcome whole;
    size_t live = mem_live_count();
    if (len < 1) {
        return 0;
    }
    struct span in = span_of(data + 1, len - 1);
    run(&pieces, (data[0] & 1) != 0, in, 1 + (data[0] >> 1));
    run(&whole, (data[0] & 1) != 0, in, SIZE_MAX);
    CHECK(pieces.state == whole.state && pieces.err == whole.err);
    CHECK(pieces.events == whole.events && pieces.said_len == whole.said_len);
    CHECK(memcmp(pieces.said, whole.said, whole.said_len) == 0);
    CHECK(whole.err < 0 || pieces.used == whole.used);
    CHECK(mem_live_count() == live);
    return 0;
}
