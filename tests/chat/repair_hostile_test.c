/* What a peer can have us do in a talk for a few bytes. */
#include "chat/repair.h"

#include "tests/chat/history_shown.h"

static bool on_sponsor(void *context, const uint8_t device[32], uint8_t sponsor[32])
{
    size_t *looks = context;

    (void)device;
    (void)sponsor;
    ++*looks;
    return false;
}

static uint64_t on_lasting(void *context)
{
    const struct history_world *w = context;

    return w->now;
}

/* Since when it may read is a walk of thousands of rows: it is found once in a talk, however often
 * it asks. */
static void many_questions_find_once_since_when(void **state)
{
    struct history_world w;
    struct repair_msg m = {.kind = REPAIR_DONE};
    uint8_t want[33 + 32] = {REPAIR_WANT};
    size_t looks = 0;

    (void)state;
    history_world_init(&w, 2, 14, STORE_MEMORY);
    const struct content in = {
        .kind = CONTENT_JOINED, .member = w.nodes[1].member, .device = w.nodes[1].pair.public_key};
    history_world_write(&w, 0, w.group, &in, 0);
    struct repair_config config = {.history = &w.nodes[0].history,
                                   .user = {.lasting = on_lasting, .context = &w}};
    memcpy(config.device, w.nodes[1].pair.public_key, 32);
    memcpy(config.member, w.nodes[1].member, 32);
    w.nodes[0].history.config.sponsor = on_sponsor;
    w.nodes[0].history.config.context = &looks;
    memcpy(want + 1, w.group, 32);
    struct repair *r = repair_new(&config);
    for (size_t i = 0; i < REPAIR_ASKED_MAX; i++) {
        struct buf frame;

        assert_int_equal(repair_feed(r, span_of(want, sizeof want)), 0);
        buf_init(&frame, REPAIR_MSG_SIZE_MAX);
        assert_int_equal(repair_pull(r, &frame), 0);
        assert_int_equal(repair_msg_read(&m, buf_span(&frame)), 0);
        assert_int_equal(m.kind, REPAIR_DONE);
        buf_clear(&frame);
    }
    assert_int_equal(looks, 1);
    repair_free(r);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(many_questions_find_once_since_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
