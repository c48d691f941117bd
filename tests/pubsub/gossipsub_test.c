/* Gossipsub as a whole: messages reach everybody once, whatever the schedule; its doors. */
#include "pubsub/gossipsub.h"

#include "tests/base/unit.h"
#include "tests/support/gossipsub_world.h"

#define TOPIC "news"

static void everybody_gets_every_message_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct gossipsub_world *w = gossipsub_world_new(40, seed);
        gossipsub_world_link_random(w, 6);
        gossipsub_world_join_all(w, TOPIC);
        gossipsub_world_run(w, 5 * TIMERS_SECOND);
        w->padding = 100;
        for (size_t i = 0; i < 100; i++) {
            (void)gossipsub_world_say(w, i % w->count, TOPIC);
            gossipsub_world_run(w, 100 * TIMERS_MS);
        }
        gossipsub_world_run(w, 5 * TIMERS_SECOND);
        for (size_t i = 0; i < 100; i++) {
            assert_int_equal(gossipsub_world_wrong(w, i, i % w->count), 0);
        }
        assert_int_equal(w->strange, 0);
        assert_int_equal(w->refused, 0);
        gossipsub_world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_gets_every_message_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
