/*
 * A membership log's stream from any bytes: the answerer's side, whose owner knows every tag and
 * invites every guest. What comes never breaks the log, and what is said can be read. A first byte
 * of 0xff puts a proof and heads before the rest, and as many frames of one operation each as the
 * second byte says: all of it comes at once.
 */
#include "group/log_talk.h"

#include "base/check.h"
#include "tests/support/members_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t answer[32] = {1};

static void drain(struct log_talk *t, struct members *log)
{
    struct log_talk_event event;

    while (log_talk_next_event(t, &event)) {
        if (event.kind == LOG_TALK_PROVED || event.kind == LOG_TALK_INVITED) {
            log_talk_accept(t, log, event.kind == LOG_TALK_PROVED ? answer : NULL, answer);
        }
    }
}

/* All that is said is whole frames. */
static void pull(struct log_talk *t)
{
    static struct network_msg_room room;

    for (int i = 0; i < 64; i++) {
        struct span out = log_talk_pull(t);
        struct network_msg m;
        struct span body;
        unsigned kind = 0;
        size_t used = 0;

        if (out.len == 0) {
            return;
        }
        CHECK(network_msg_frame(out, &kind, &body, &used) == 0);
        CHECK(network_msg_read(&m, kind, body, &room) == 0);
        log_talk_sent(t, used);
    }
}

/* Frames that are right, each of one operation that the log lacks; then `rest`. */
static struct span many_frames(struct members_world *w, unsigned count, struct span rest)
{
    static uint8_t bytes[1 << 18];
    static const struct network_msg heads = {.kind = NETWORK_MSG_HEADS, .state = answer};
    struct wr wr;

    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_write(&wr, &heads);
    for (unsigned i = 0; i < count; i++) {
        const struct members_op *op = members_world_say(w, 1);

        network_msg_begin_ops(&wr, network_msg_op_size(span_of(op->bytes, op->len)));
        network_msg_write_op(&wr, span_of(op->bytes, op->len));
    }
    CHECK(!wr.failed);
    wr_bytes(&wr, span_slice(rest, 0, rest.len < sizeof bytes - wr.len ? rest.len : 0));
    return wr_span(&wr);
}

static void prove(struct log_talk *t, struct members *log)
{
    static const struct network_msg m = {
        .kind = NETWORK_MSG_PROVE, .tags = {answer}, .tag_count = 1};
    uint8_t bytes[64];
    struct wr wr;

    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    network_msg_write(&wr, &m);
    CHECK(log_talk_feed(t, 0, wr_span(&wr)) == wr.len);
    drain(t, log);
}

/* A log of what is in `w` now. */
static void copy(struct members *to, const struct members_world *w)
{
    for (uint32_t i = 0; i < w->log.op_count; i++) {
        const struct span op = span_of(w->log.ops[i]->bytes, w->log.ops[i]->len);
        enum members_fed fed = MEMBERS_KNOWN;

        CHECK((i == 0 ? members_init(to, w->signer, &w->random, op)
                      : members_feed_verified(to, op, &fed)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct members_world w;
    struct span in = span_of(data, len);
    struct members log;
    struct log_talk t;
    size_t at = 0;

    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    members_world_join(&w, 0, 1);
    members_world_join(&w, 1, 2);
    copy(&log, &w);
    log_talk_init(&t, 0, LOG_TALK_ANSWERER, 1);
    if (len >= 2 && data[0] == 0xff) {
        prove(&t, &log);
        in = many_frames(&w, data[1], span_slice(in, 2, len - 2));
    }
    while (at < in.len && t.state != LOG_TALK_ENDED) {
        at += log_talk_feed(&t, 0, span_slice(in, at, in.len - at));
        drain(&t, &log);
        pull(&t);
    }
    members_check(&log);
    log_talk_clear(&t);
    members_clear(&log);
    members_world_close(&w);
    return 0;
}
