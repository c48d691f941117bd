/*
 * What members answer in talks about this device: who was put out, and has no revocation, is told
 * that they say so, until one of them lets it in.
 */
#include "group/networks_core.h"
#include "group/networks_talk.h"
#include "tests/base/unit.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

static bool is_denied(size_t i)
{
    assert_true(networks_world_is_live(&w, i)); /* by its own log it belongs */
    return networks_denied_is_said(networks_world_one(&w, i));
}

/* Node 1 is put out while it is away, and comes back. */
static void who_was_put_out_is_told_what_others_say(void **state)
{
    (void)state;
    uint8_t revoked[MEMBERS_MSG_ID_SIZE];
    networks_world_start(&w, 1, 2, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    memcpy(revoked, networks_world_member(&w, 1), sizeof revoked);
    networks_world_down(&w, 1, false);
    assert_int_equal(networks_revoke(networks_world_one(&w, 0), revoked, false), 0);
    run(1);
    networks_world_up(&w, 1);
    assert_false(is_denied(1));
    (void)networks_world_dial(&w, 1, 0);
    run(2);
    assert_true(is_denied(1));
    assert_int_equal(w.nodes[1].told[NETWORKS_DENIED], 1);
    assert_false(is_denied(0));
    networks_world_down(&w, 1, false);
    run(1);
    networks_world_up(&w, 1);
    assert_true(is_denied(1)); /* nobody was asked again */
    networks_world_stop(&w);
}

/* What node 0 thinks of node 1's device, until its log grows. */
static void think(enum members_state_device what)
{
    struct members_state *s = &networks_world_one(&w, 0)->network.state;
    const uint8_t *device = w.nodes[1].networks->self.bytes;

    for (uint32_t seat = 0; seat < s->seat_count; seat++) {
        if (memcmp(members_seat_key(s->log, seat), device, MEMBERS_MSG_KEY_SIZE) == 0) {
            s->devices[seat] = (uint8_t)what;
        }
    }
}

static void a_talk_takes_it_back(void **state)
{
    (void)state;
    networks_world_start(&w, 2, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    think(MEMBERS_STATE_REMOVED);
    struct conn *conn = networks_world_dial(&w, 1, 0);
    networks_talk_meet(networks_world_one(&w, 1), conn);
    run(2);
    assert_true(is_denied(1));
    think(MEMBERS_STATE_LIVE);
    networks_talk_meet(networks_world_one(&w, 1), conn);
    run(2);
    assert_false(is_denied(1));
    assert_int_equal(w.nodes[1].told[NETWORKS_DENIED], 2);
    networks_world_stop(&w);
}

/* Nobody asks to be let in, and so nobody's "not invited" to a guest, or to another network, is
 * taken for one; who is no member says nothing that counts. */
static void strangers_say_nothing_that_counts(void **state)
{
    (void)state;
    struct overlay_id stranger;
    networks_world_start(&w, 3, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    stranger = w.nodes[2].networks->self;
    networks_denied_by(networks_world_one(&w, 1), &stranger);
    assert_int_equal(networks_world_one(&w, 1)->denials.count, 0);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), WAVU_ERR_DENIED);
    assert_int_equal(networks_world_one(&w, 1)->denials.count, 0);
    assert_false(is_denied(1));
    networks_world_stop(&w);
}

/* In the end it hears of its revocation: then that is so, and nobody says it. */
static void who_hears_of_it_is_out(void **state)
{
    (void)state;
    uint8_t space[MEMBERS_MSG_SIZE_MAX + 16];
    struct wr out;
    networks_world_start(&w, 4, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    w.is_deaf = true;
    struct networks_one *own = networks_world_one(&w, 1);
    assert_int_equal(
        networks_revoke(networks_world_one(&w, 0), networks_world_member(&w, 1), false), 0);
    run(1);
    networks_talk_meet(own, networks_world_dial(&w, 1, 0));
    run(2);
    assert_true(is_denied(1));
    const struct members *log = &networks_network(networks_world_one(&w, 0))->log;
    const struct members_op *op = log->ops[log->op_count - 1];
    wr_init(&out, span_mut_of(space, sizeof space));
    network_msg_write_op(&out, span_of(op->bytes, op->len));
    networks_talk_take(own, &w.nodes[0].networks->self, wr_span(&out));
    run(1);
    assert_false(networks_is_live(own));
    assert_false(networks_denied_is_said(own));
    assert_int_equal(own->denials.count, 0);
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_was_put_out_is_told_what_others_say),
        UNIT(a_talk_takes_it_back),
        UNIT(strangers_say_nothing_that_counts),
        UNIT(who_hears_of_it_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
