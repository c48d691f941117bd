/*
 * Networks with members on whole nodes, in the simulator: people join, find each other again after
 * a restart, and put somebody out.
 */
#include "node/wavu_networks.h"

#include "group/networks_talk.h"

#include "tests/node/people.h"
#include "wavu/direct.h"
#include "wavu/history.h"
#include "wavu/rooms.h"

static void people_join_and_find_each_other_again(void **state)
{
    (void)state;
    start(1, 3, false);
    make();
    join_at(0, 1);
    assert_string_equal(told[0].name, "Baraka");
    assert_string_equal(told[1].name, "Amina");
    assert_string_equal(told[0].word, "used");
    join_at(1, 2); /* the second brings in the third, the first hears of it */
    run(30);
    for (size_t i = 0; i < 3; i++) {
        struct counted c = count(i, "Chiku");
        assert_int_equal(c.members, 3);
        assert_int_equal(c.online, 3);
        assert_int_equal(strlen(c.id), 64);
    }
    for (size_t i = 0; i < 3; i++) {
        down(i);
    }
    for (size_t i = 0; i < 3; i++) {
        up(i, false);
    }
    run(60);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(count(i, NULL).members, 3);
        assert_int_equal(count(i, NULL).online, 3);
    }
    stop();
}

/* Within five seconds everywhere, also where the revoker is not connected. */
static void who_is_put_out_is_cut_off(void **state)
{
    (void)state;
    start(5, 4, false);
    make();
    for (size_t i = 1; i < 4; i++) {
        join_at(0, i);
    }
    run(30);
    struct counted c = count(0, "Daudi");
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, c.id, false), 0);
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(count(i, NULL).members, 3);
        struct wavu_networks_one *o =
            LIST_OF(list_next(&h.nodes[i]->networks->ones, &h.nodes[i]->networks->ones),
                    struct wavu_networks_one, link);
        struct overlay_id gone;
        assert_int_equal(overlay_id_from_peer(&gone, &h.nodes[3]->swarm.self), 0);
        assert_false(views_is_active(&overlay_mesh(o->overlay)->views, &gone));
    }
    run(60); /* and it does not come back */
    struct wavu_networks_one *o =
        LIST_OF(list_next(&h.nodes[1]->networks->ones, &h.nodes[1]->networks->ones),
                struct wavu_networks_one, link);
    assert_int_equal(views_active_count(&overlay_mesh(o->overlay)->views), 2);
    stop();
}

/* Broadcasts, state and forwarding of each network are signed with its id: what a device says in
 * one nobody can say for it in another. */
static void what_is_signed_counts_in_its_network_alone(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    struct overlay_sign_scope scope;
    struct overlay_id self;
    start(11, 1, false);
    make();
    run(5);
    const struct wavu_networks_one *o =
        LIST_OF(list_next(&h.nodes[0]->networks->ones, &h.nodes[0]->networks->ones),
                struct wavu_networks_one, link);
    const struct overlay_sign *sign = overlay_mesh(o->overlay)->plumtree.config.sign;
    assert_int_equal(overlay_id_from_peer(&self, &h.nodes[0]->swarm.self), 0);
    sign->sign(sign->context, signature, UNIT_TEXT("head"), UNIT_TEXT("body"));
    const struct overlay_sign bare = overlay_sign_ed25519(NULL);
    const struct overlay_sign own = overlay_sign_in(
        &scope, &bare, span_of(members_network(&networks_network(o->one)->log), 32));
    assert_int_equal(
        own.verify(own.context, signature, &self, UNIT_TEXT("head"), UNIT_TEXT("body")), 0);
    assert_int_equal(bare.verify(NULL, signature, &self, UNIT_TEXT("head"), UNIT_TEXT("body")),
                     WAVU_ERR_CRYPTO);
    stop();
}

/* A member may make up keys without end, each with a state of its own: of those who are not in the
 * log few are kept. */
static void owners_that_are_in_no_log_are_few(void **state)
{
    (void)state;
    static uint8_t out[4096];
    struct overlay_sign_scope scope;
    struct ed25519_pair pair;
    start(12, 1, false);
    make();
    run(5);
    const struct wavu_networks_one *o =
        LIST_OF(list_next(&h.nodes[0]->networks->ones, &h.nodes[0]->networks->ones),
                struct wavu_networks_one, link);
    const struct random *random = &h.nodes[0]->port->random;
    for (size_t i = 0; i < STATE_STRANGERS_MAX + 10; i++) {
        struct overlay_id id;
        struct state made_up;
        struct wr w;
        ed25519_make(&pair, random);
        memcpy(id.bytes, pair.public_key, OVERLAY_ID_SIZE);
        const struct overlay_sign bare = overlay_sign_ed25519(&pair);
        const struct overlay_sign sign = overlay_sign_in(
            &scope, &bare, span_of(members_network(&networks_network(o->one)->log), 32));
        const struct state_config config = {
            .self = id, .generation = 1, .random = random, .sign = &sign};
        state_init(&made_up, 1, &config);
        assert_int_equal(state_set(&made_up, 1, UNIT_TEXT("nick"), UNIT_TEXT("nobody")), 0);
        wr_init(&w, span_mut_of(out, sizeof out));
        assert_int_equal(state_save(&made_up, 1, &id, &w), 0);
        assert_int_equal(overlay_load(o->overlay, wr_span(&w)), 0);
        state_clear(&made_up);
    }
    assert_int_equal(overlay_mesh(o->overlay)->state.table.count, 1 + STATE_STRANGERS_MAX);
    stop();
}

/* What node 0 has signed last, brought to node `i`: to who is put out nobody brings it by itself.
 */
static void bring_last(size_t i)
{
    const struct members *log = &networks_network(LIST_OF(list_next(&h.nodes[0]->networks->ones,
                                                                    &h.nodes[0]->networks->ones),
                                                          struct wavu_networks_one, link)
                                                      ->one)
                                     ->log;
    struct wavu_networks_one *o =
        LIST_OF(list_next(&h.nodes[i]->networks->ones, &h.nodes[i]->networks->ones),
                struct wavu_networks_one, link);
    const struct members_op *op = log->ops[log->op_count - 1];
    uint8_t space[MEMBERS_MSG_SIZE_MAX + 16];
    struct overlay_id from;
    struct wr w;
    wr_init(&w, span_mut_of(space, sizeof space));
    network_msg_write_op(&w, span_of(op->bytes, op->len));
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(overlay_id_from_peer(&from, &h.nodes[0]->swarm.self), 0);
    networks_talk_take(o->one, &from, wr_span(&w));
    run(2);
}

static void on_room(void *context, const struct wavu_room *room)
{
    (void)room;
    ++*(size_t *)context;
}

static void on_direct(void *context, const struct wavu_message *message)
{
    (void)snprintf(context, 64, "%.*s", (int)message->text_len, message->text);
}

/* What node 1 sees of its past. */
static void assert_reads(void)
{
    char text[64] = "";
    size_t rooms = 0;
    struct counted amina = count(1, "Amina");
    const struct wavu_history_of of = {.network = "savanna", .member = amina.id, .max = 10};
    const struct wavu_direct what = {.member = amina.id, .text = "no", .len = 2};
    assert_string_equal(read_all(1).text, "Amina:karibu|Baraka:asante|Amina:naam|");
    assert_int_equal(wavu_rooms(h.nodes[1], NULL, on_room, &rooms), 0);
    assert_int_equal(rooms, 1);
    assert_int_equal(wavu_history_look(h.nodes[1], &of, on_direct, text), 0);
    assert_string_equal(text, "faraghani");
    assert_int_equal(wavu_room_read(h.nodes[1], NULL, NULL, NULL), 0);
    assert_int_equal(wavu_direct_read(h.nodes[1], NULL, amina.id, NULL), 0);
    assert_int_equal(wavu_say(h.nodes[1], NULL, "no", 2, NULL), WAVU_ERR_DENIED);
    assert_int_equal(wavu_say(h.nodes[1], "savanna", "no", 2, NULL), WAVU_ERR_DENIED);
    assert_int_equal(wavu_direct_say(h.nodes[1], &what, NULL), WAVU_ERR_DENIED);
    run(10);
    assert_string_equal(read_all(0).text, "Amina:karibu|Baraka:asante|Amina:naam|");
}

/* Histories are their reader's: who is put out, and hears of it, reads on, also after a restart. */
static void who_is_put_out_reads_what_was_said(void **state)
{
    (void)state;
    start(8, 2, false);
    make();
    join_at(0, 1);
    run(10);
    say(0, "karibu");
    run(5);
    say(1, "asante");
    run(5);
    say(0, "naam"); /* so all of what was said has counted */
    struct counted baraka = count(0, "Baraka");
    const struct wavu_direct what = {.member = baraka.id, .text = "faraghani", .len = 9};
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, NULL), 0);
    run(10);
    assert_string_equal(read_all(1).text, "Amina:karibu|Baraka:asante|Amina:naam|");
    assert_string_equal(read_all(0).text, "Amina:karibu|Baraka:asante|Amina:naam|");
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, baraka.id, false), 0);
    run(2);
    bring_last(1);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_LEFT], 1);
    assert_reads();
    down(1);
    up(1, false);
    run(5);
    assert_reads();
    stop();
}

static void on_own_network(void *context, const struct wavu_network *network)
{
    *(struct wavu_network *)context = *network;
}

/* Invited again, its device hears what is so: its chain is cut for good. A new one comes in. */
static void who_is_put_out_is_told_why_it_stays_out(void **state)
{
    (void)state;
    struct wavu_network network;
    struct wavu_invitation invitation;
    start(9, 3, false);
    make();
    join_at(0, 1);
    run(10);
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, count(0, "Baraka").id, false), 0);
    run(2);
    bring_last(1);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_LEFT], 1);
    assert_int_equal(wavu_invite(h.nodes[0], NULL, "en", &invitation), 0);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, "10.0.0.1:9000"), 0);
    run(10);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 1);
    assert_int_equal(told[1].err, WAVU_ERR_CLOSED);
    wavu_networks(h.nodes[1], on_own_network, &network);
    assert_int_equal(wavu_join_open(h.nodes[1], network.id, NULL), WAVU_ERR_CLOSED);
    join_at(0, 2);
    assert_int_equal(count(0, NULL).members, 2);
    stop();
}

/* Who leaves reads on, hears nothing more, also after a restart, and comes back when invited. */
static void who_leaves_reads_on_and_comes_back(void **state)
{
    (void)state;
    struct wavu_network network;
    struct wavu_invitation invitation;
    start(11, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(10);
    say(0, "karibu");
    run(5);
    say(1, "asante");
    run(5);
    assert_int_equal(wavu_network_leave(h.nodes[1], NULL), 0);
    run(5);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_LEFT], 1);
    assert_int_equal(count(0, NULL).members, 2);
    assert_int_equal(count(2, NULL).members, 2);
    say(0, "bila wewe");
    run(10);
    assert_string_equal(read_all(1).text, "Amina:karibu|Baraka:asante|");
    assert_int_equal(wavu_say(h.nodes[1], NULL, "no", 2, NULL), WAVU_ERR_DENIED);
    assert_int_equal(wavu_network_leave(h.nodes[1], NULL), WAVU_ERR_DENIED);
    assert_int_equal(wavu_invite(h.nodes[1], NULL, "en", &invitation), WAVU_ERR_DENIED);
    down(1);
    up(1, false);
    run(5);
    wavu_networks(h.nodes[1], on_own_network, &network);
    assert_true(network.has_left && !network.is_member);
    assert_string_equal(read_all(1).text, "Amina:karibu|Baraka:asante|");
    assert_int_equal(wavu_invite(h.nodes[0], NULL, "en", &invitation), 0);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, "10.0.0.1:9000"), 0);
    run(30);
    assert_int_equal(count(0, NULL).members, 3);
    wavu_networks(h.nodes[1], on_own_network, &network);
    assert_true(network.is_member && !network.has_left);
    say(1, "nimerudi");
    run(10);
    assert_non_null(strstr(read_all(1).text, "Amina:karibu|Baraka:asante|"));
    assert_non_null(strstr(read_all(1).text, "Baraka:nimerudi|"));
    assert_non_null(strstr(read_all(0).text, "Baraka:nimerudi|"));
    assert_non_null(strstr(read_all(2).text, "Baraka:nimerudi|"));
    say(2, "karibu tena");
    run(10);
    assert_non_null(strstr(read_all(1).text, "Chiku:karibu tena|"));
    assert_non_null(strstr(read_all(1).text, "Amina:karibu|Baraka:asante|"));
    stop();
}

/* A network that a full disk did not let begin is there all the same: to be waited for. */
static void a_full_disk_is_no_missing_network(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    start(10, 1, false);
    make();
    run(5);
    sim_files_set_fault(h.hosts[0], SIM_DISK_FULL);
    assert_int_equal(wavu_network_make(h.nodes[0], "harbour", NULL, id), 0);
    run(5);
    assert_int_equal(wavu_say(h.nodes[0], "harbour", "no", 2, NULL), WAVU_ERR_AGAIN);
    sim_files_set_fault(h.hosts[0], SIM_DISK_SOUND);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_signed_counts_in_its_network_alone),
        UNIT(owners_that_are_in_no_log_are_few),
        UNIT(people_join_and_find_each_other_again),
        UNIT(who_is_put_out_is_cut_off),
        UNIT(who_is_put_out_reads_what_was_said),
        UNIT(who_is_put_out_is_told_why_it_stays_out),
        UNIT(who_leaves_reads_on_and_comes_back),
        UNIT(a_full_disk_is_no_missing_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
