/* The tables with which a world of Kademlia's machines begins. */
#include "swarm/kad_world.h"

#include "tests/base/unit.h"

/* Upkeep finds few whom the tables that we begin with do not have: they are those of a network that
 * has been there for long. */
static void it_begins_as_it_goes_on(void **state)
{
    (void)state;
    struct kad_world_config config = {.seed = 4,
                                      .nodes = 400,
                                      .trip_ms = 100,
                                      .cold_trips = 3,
                                      .kad = {.k = 16, .paths = 4, .alpha = 10, .beta = 3}};
    struct kad_world *w = kad_world_new(&config);
    uint64_t before = kad_world_places(w);
    kad_world_run(w, 1300 * KAD_WORLD_S);
    uint64_t after = kad_world_places(w);
    assert_in_range(after, before, before + before / 20);
    kad_world_check(w);
    kad_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(it_begins_as_it_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
