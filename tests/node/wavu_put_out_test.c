/*
 * Whole nodes whose person was put out, and to whom nobody brings the revocation: what others say
 * there is told, as what they say, and never for the word of one who lies or is behind.
 */
#include "node/wavu_networks.h"

#include "group/networks_core.h"
#include "tests/node/people.h"

static void on_own_network(void *context, const struct wavu_network *network)
{
    *(struct wavu_network *)context = *network;
}

static struct wavu_network own(size_t i)
{
    struct wavu_network network = {.id = ""};
    wavu_networks(h.nodes[i], on_own_network, &network);
    return network;
}

/* Is the person of node `i` told that others say so, though its own log says that it belongs? */
static bool is_told(size_t i)
{
    const struct wavu_network network = own(i);
    assert_true(network.is_member);
    return network.is_denied;
}

static struct wavu_networks_one *one_of(size_t i)
{
    return LIST_OF(list_next(&h.nodes[i]->networks->ones, &h.nodes[i]->networks->ones),
                   struct wavu_networks_one, link);
}

static void on_connected(void *context, int err, const char *peer)
{
    (void)peer;
    *(int *)context = err;
}

/* Node `i` dials node `to`, and takes up with it what both are in. */
static void connect_to(size_t i, size_t to)
{
    char address[64];
    int err = 1;
    struct wavu_op *op = NULL;
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", to + 1);
    assert_int_equal(wavu_connect(h.nodes[i], address, on_connected, &err, &op), 0);
    run(5);
    assert_int_equal(err, 0);
}

static void begin(uint64_t seed, size_t count)
{
    start(seed, count, false);
    make();
    for (size_t i = 1; i < count; i++) {
        join_at(0, i);
    }
    run(30);
}

static void revoke(size_t by, const char *nick)
{
    assert_int_equal(wavu_revoke(h.nodes[by], NULL, count(by, nick).id, false), 0);
}

/* Of two one is put out: no third is there who could bring it the revocation. */
static void of_two_one_is_put_out(void **state)
{
    (void)state;
    begin(1, 2);
    assert_false(is_told(1));
    revoke(0, "Baraka");
    run(10);
    assert_true(is_told(1));
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_DENIED], 1);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_LEFT], 0);
    run(600);
    assert_true(is_told(1));
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_DENIED], 1);
    down(1);
    up(1, false);
    run(5);
    assert_true(is_told(1)); /* it asks nobody again, and knows it still */
    stop();
}

/* Another one is away: who put it out is who brought it in, and could do that alone. */
static void who_is_away_holds_up_nothing(void **state)
{
    (void)state;
    begin(2, 3);
    down(2);
    run(120);
    revoke(0, "Baraka");
    run(30);
    assert_true(is_told(1));
    up(2, false); /* it has not heard of it, and lets in whom it knows, for a moment */
    run(120);
    assert_false(count(2, NULL).members == 3);
    assert_true(!own(1).is_member || own(1).is_denied);
    stop();
}

/* What node `i` thinks of somebody's device, until its log grows: as if that one was put out. */
static void lie(size_t i, size_t about, enum members_state_device as)
{
    struct networks_one *one = one_of(i)->one;
    struct members_state *s = &one->network.state;
    struct overlay_id device;
    assert_int_equal(overlay_id_from_peer(&device, &h.nodes[about]->swarm.self), 0);
    for (uint32_t seat = 0; seat < s->seat_count; seat++) {
        if (memcmp(members_seat_key(s->log, seat), device.bytes, sizeof device.bytes) == 0) {
            s->devices[seat] = (uint8_t)as;
        }
    }
    gate_recheck(h.nodes[i]->gate, &one->gate);
    overlay_recheck(one_of(i)->overlay);
}

/* One of many lies. It is not believed while others let us in, nor when none of them is there. */
static void one_liar_is_not_believed(void **state)
{
    (void)state;
    begin(3, 5);
    lie(3, 4, MEMBERS_STATE_REMOVED);
    run(60);
    assert_int_equal(one_of(4)->one->denials.count, 1); /* it was said */
    assert_false(is_told(4));
    for (size_t i = 0; i < 3; i++) {
        down(i);
    }
    run(60);
    assert_int_equal(overlay_meet(one_of(4)->overlay, &h.nodes[3]->swarm.self), 0);
    run(60); /* it is asked again, and says it again */
    assert_int_equal(one_of(4)->one->denials.count, 1);
    assert_int_equal(own(4).neighbours, 0);
    assert_false(is_told(4));
    assert_int_equal(told[4].kinds[WAVU_MEMBERS_DENIED], 0);
    stop();
}

/* Two say it, and others go on to let us in. */
static void nobody_is_believed_while_one_lets_us_in(void **state)
{
    (void)state;
    begin(4, 5);
    lie(2, 4, MEMBERS_STATE_REMOVED);
    lie(3, 4, MEMBERS_STATE_REMOVED);
    run(60);
    assert_int_equal(one_of(4)->one->denials.count, 2);
    assert_false(is_told(4));
    run(60);
    down(0);
    down(1); /* who let us in go to bed; what those two said before, and say again, is doubted */
    run(60);
    assert_int_equal(own(4).neighbours, 0);
    assert_false(is_told(4));
    stop();
}

/* What was said is over when somebody lets us in again. */
static void it_is_over_when_somebody_lets_us_in(void **state)
{
    (void)state;
    begin(5, 2);
    lie(0, 1, MEMBERS_STATE_REMOVED);
    run(30);
    assert_true(is_told(1));
    lie(0, 1, MEMBERS_STATE_LIVE);
    assert_int_equal(overlay_meet(one_of(0)->overlay, &h.nodes[1]->swarm.self), 0);
    run(30);
    assert_false(is_told(1));
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_LET_IN], 1);
    assert_int_equal(own(1).neighbours, 1);
    assert_int_equal(one_of(1)->one->denials.count, 0);
    down(1);
    up(1, false);
    run(30);
    assert_false(is_told(1));
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_DENIED], 1);
    stop();
}

/* The founder was away when somebody came in, whose sponsor is away now: it hears the newcomer's
 * invitation from that one, and nobody is told anything. */
static void who_is_behind_hears_the_newcomer_first(void **state)
{
    (void)state;
    start(6, 3, false);
    make();
    join_at(0, 1);
    run(30);
    down(0);
    join_at(1, 2);
    run(30);
    down(1);
    up(0, false);
    connect_to(2, 0);
    run(60);
    assert_int_equal(own(2).neighbours, 1);
    assert_int_equal(told[2].kinds[WAVU_MEMBERS_DENIED], 0);
    stop();
}

/* The same of one who left and was let in again: who heard of the first alone hears the rest. */
static void who_is_behind_hears_who_came_back(void **state)
{
    (void)state;
    begin(7, 3);
    assert_int_equal(wavu_network_leave(h.nodes[1], NULL), 0);
    run(30);
    assert_int_equal(count(0, NULL).members, 2);
    down(0);
    told[1].kinds[WAVU_MEMBERS_ENTERED] = 0;
    join_at(2, 1);
    run(30);
    down(2);
    up(0, false);
    connect_to(1, 0);
    run(60);
    assert_int_equal(own(1).neighbours, 1);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_DENIED], 0);
    assert_int_equal(count(0, NULL).members, 3);
    stop();
}

/* Who put us out was put out itself, before: so that never counted, and who knows the one and not
 * the other is behind. It says what it knows, and takes it back when it has heard the rest. */
static void who_is_behind_takes_it_back(void **state)
{
    (void)state;
    start(8, 4, false);
    make();
    for (size_t i = 1; i < 4; i++) {
        join_at(i - 1, i);
    }
    run(30);
    down(0);
    down(3);
    revoke(2, "Daudi"); /* whom Chiku has brought in */
    run(20);
    assert_int_equal(count(1, NULL).members, 3);
    down(1);
    down(2);
    up(0, false);
    up(3, false);
    connect_to(3, 0);
    run(30);
    revoke(0, "Chiku"); /* honouring what the founder knows of her */
    run(30);
    assert_int_equal(own(3).members, 3);
    assert_int_equal(own(3).neighbours, 1);
    down(0);
    up(1, false);
    run(90);
    connect_to(3, 1);
    run(30);
    assert_true(is_told(3)); /* Baraka could have put Daudi out */
    up(0, false);
    connect_to(0, 1);
    connect_to(3, 0);
    run(120);
    assert_int_equal(count(1, NULL).members, 3);
    assert_false(is_told(3));
    assert_int_equal(told[3].kinds[WAVU_MEMBERS_LET_IN], 1);
    assert_int_equal(own(3).neighbours, 2);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(of_two_one_is_put_out),
        UNIT(who_is_away_holds_up_nothing),
        UNIT(one_liar_is_not_believed),
        UNIT(nobody_is_believed_while_one_lets_us_in),
        UNIT(it_is_over_when_somebody_lets_us_in),
        UNIT(who_is_behind_hears_the_newcomer_first),
        UNIT(who_is_behind_hears_who_came_back),
        UNIT(who_is_behind_takes_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
