/*
 * Several hops in a network: two members without a connection, on whole nodes in the simulator.
 */
#include "node/wavu_hops.h"

#include "node/wavu_rooms.h"
#include "sim/sim_cable.h"
#include "tests/node/people.h"
#include "wavu/direct.h"

static char states[128];
static size_t came;

static void on_direct(void *context, const struct wavu_direct_event *event)
{
    const bool is_writer = context != NULL;
    if (is_writer && event->kind == WAVU_DIRECT_STATE) {
        size_t used = strlen(states);
        (void)snprintf(states + used, sizeof states - used, "%s ", event->state);
    } else if (!is_writer && event->kind == WAVU_DIRECT_MESSAGE) {
        came++;
    }
}

static int tell(size_t from, const char *nick, const char *text, size_t len)
{
    char id[WAVU_KEY_TEXT_MAX];
    struct counted other = count(from, nick);
    const struct wavu_direct what = {.member = other.id, .text = text, .len = len};
    return wavu_direct_say(h.nodes[from], &what, id);
}

/* Baraka and Chiku have only Amina between them. */
static void begin(uint64_t seed)
{
    states[0] = '\0';
    came = 0;
    start(seed, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    assert_int_equal(wavu_direct_listen(h.nodes[1], on_direct, states), 0);
    assert_int_equal(wavu_direct_listen(h.nodes[2], on_direct, NULL), 0);
    sim_cable_cut(h.hosts[1], h.hosts[2], true);
    run(120);
}

static void a_member_two_hops_away(void **state)
{
    (void)state;
    begin(41);
    assert_int_equal(tell(1, "Chiku", "habari", 6), 0);
    run(2);
    assert_int_equal(came, 0); /* a connection is tried first */
    run(6);                    /* and the own mailbox takes nothing before the tenth second */
    assert_int_equal(came, 1);
    assert_string_equal(states, "sent delivered ");
    /* Ten at once, and each once. */
    states[0] = '\0';
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(tell(1, "Chiku", "tena", 4), 0);
    }
    run(9);
    assert_int_equal(came, 11);
    run(60);
    assert_int_equal(came, 11);
    stop();
}

/* With nobody between them there is no way, and nothing is tried; afterwards there is. */
static void no_way(void **state)
{
    (void)state;
    begin(42);
    sim_cable_cut(h.hosts[0], h.hosts[2], true);
    run(120);
    assert_int_equal(tell(1, "Chiku", "habari", 6), 0);
    run(60);
    assert_int_equal(came, 0);
    sim_cable_cut(h.hosts[0], h.hosts[2], false);
    run(300);
    assert_int_equal(came, 1);
    assert_non_null(strstr(states, "delivered"));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_member_two_hops_away),
        UNIT(no_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
