/*
 * A membership log's stream from any bytes: the answerer's side, whose owner knows every tag and
 * invites every guest. What comes never breaks the log, and what is said can be read.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct members_world w;
    struct log_talk t;
    size_t at = 0;

    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    members_world_join(&w, 0, 1);
    members_world_join(&w, 1, 2);
    log_talk_init(&t, 0, LOG_TALK_ANSWERER, 1);
    while (at < len && t.state != LOG_TALK_ENDED) {
        at += log_talk_feed(&t, 0, span_slice(span_of(data, len), at, len - at));
        drain(&t, &w.log);
        pull(&t);
    }
    members_check(&w.log);
    log_talk_clear(&t);
    members_world_close(&w);
    return 0;
}
