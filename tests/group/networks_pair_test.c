/*
 * People let others in with a code, over real streams in the simulator.
 */
#include "group/networks_pair.h"

#include "tests/base/unit.h"
#include "tests/support/net_ear.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

static void a_newcomer_joins_with_a_code(void **state)
{
    (void)state;
    networks_world_start(&w, 1, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    assert_int_equal(networks_world_members(&w, 0), 2);
    networks_world_check_equal(&w, 0, 1);
    assert_int_equal(w.nodes[0].told[NETWORKS_NEWCOMER], 1);
    assert_int_equal(w.nodes[0].told[NETWORKS_CODE_CLOSED], 1);
    assert_int_equal(w.nodes[0].reason, PAIRING_HOST_USED);
    assert_memory_equal(w.nodes[0].peer.name, "Amina", 5);
    assert_memory_equal(w.nodes[0].peer.root, w.nodes[1].person.root.public_key, 32);
    assert_int_equal(w.nodes[1].told[NETWORKS_JOINING], 1);
    assert_int_equal(w.nodes[1].told[NETWORKS_ENTERED], 1);
    assert_int_equal(w.nodes[1].told[NETWORKS_JOIN_FAILED], 0);
    /* Both are let through the gate now. */
    struct stream *stream = NULL;
    struct conn *conn = networks_world_dial(&w, 1, 0);
    assert_int_equal(gate_open(w.nodes[1].gate, &w.nodes[1].protocol, conn, NULL, &stream), 0);
    run(1);
    assert_int_equal(w.nodes[0].opened, 1);
    assert_int_equal(w.nodes[1].opened, 1);
    networks_world_stop(&w);
}

static void a_wrong_code_closes_after_three_tries(void **state)
{
    (void)state;
    struct code code;
    struct code wrong;
    networks_world_start(&w, 2, 4, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    assert_int_equal(networks_pair_open(networks_world_one(&w, 0), WORDS_ENGLISH, &code), 0);
    assert_int_equal(networks_pair_number(w.nodes[0].networks), code.number);
    wrong = code;
    wrong.words[1] ^= 1;
    for (size_t i = 1; i < 4; i++) { /* from three places */
        assert_int_equal(networks_pair_join(w.nodes[i].networks, &wrong, NULL), 0);
        assert_int_equal(networks_pair_try(w.nodes[i].networks, networks_world_dial(&w, i, 0)), 0);
        run(2);
        assert_int_equal(w.nodes[i].told[NETWORKS_JOIN_FAILED], 1);
        assert_int_equal(w.nodes[i].err, WAVU_ERR_CRYPTO);
        assert_int_equal(w.nodes[i].left, 2);
        networks_pair_cancel(w.nodes[i].networks);
    }
    assert_int_equal(w.nodes[0].told[NETWORKS_TRY], 3);
    assert_int_equal(w.nodes[0].told[NETWORKS_CODE_CLOSED], 1);
    assert_int_equal(w.nodes[0].reason, PAIRING_HOST_TRIED);
    assert_int_equal(networks_pair_number(w.nodes[0].networks), 0);
    assert_int_equal(networks_pair_join(w.nodes[1].networks, &code, NULL),
                     0); /* now the right one */
    assert_int_equal(networks_pair_try(w.nodes[1].networks, networks_world_dial(&w, 1, 0)), 0);
    run(2);
    assert_false(networks_world_is_live(&w, 1));
    assert_int_equal(networks_world_members(&w, 0), 1);
    networks_world_stop(&w);
}

/* A crash at any moment of a joining: it is in, or joins again, and neither side is ever stopped.
 */
static void joining_survives_crashes(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 48; at++) {
        struct code code;
        networks_world_start(&w, 100 + at, 2, STORE_DISK);
        networks_world_found(&w, MEMBERS_MSG_INVITER);
        run(1);
        assert_int_equal(networks_pair_open(networks_world_one(&w, 0), WORDS_SWAHILI, &code), 0);
        assert_int_equal(networks_pair_join(w.nodes[1].networks, &code, NULL), 0);
        assert_int_equal(networks_pair_try(w.nodes[1].networks, networks_world_dial(&w, 1, 0)), 0);
        sim_run_for(w.net.sim, at * TIMERS_MS);
        networks_world_down(&w, at % 2, true);
        run(2);
        networks_world_up(&w, at % 2);
        networks_pair_cancel(w.nodes[1].networks);
        assert_non_null(networks_world_one(&w, 0));
        if (!networks_world_is_live(&w, 1)) {
            networks_pair_close(w.nodes[0].networks);
            networks_world_join(&w, 0, 1);
        } else {
            (void)networks_world_dial(&w, 1, 0);
        }
        run(3);
        assert_int_equal(networks_world_members(&w, 0), 2);
        networks_world_check_equal(&w, 0, 1);
        assert_int_equal(w.nodes[0].told[NETWORKS_STOPPED] + w.nodes[1].told[NETWORKS_STOPPED], 0);
        uint8_t member[MEMBERS_MSG_ID_SIZE];
        const uint8_t key[32] = {7};
        assert_int_equal(networks_invite(networks_world_one(&w, 1), key, member), 0);
        run(1);
        networks_world_check_equal(&w, 0, 1);
        networks_world_stop(&w);
    }
}

/* ---- Bytes of a stranger ---- */

static struct net_ear raw;

static void say(struct conn *conn, struct span bytes)
{
    size_t taken = 0;
    net_ear_open(&raw, conn);
    assert_int_equal(stream_send(raw.stream, bytes, &taken), 0);
    sim_run_for(w.net.sim, TIMERS_SECOND / 2);
}

static void bad_bytes_end_their_stream_alone(void **state)
{
    (void)state;
    static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t too_long[] = {0x80, 0x80, 0x80, 0x01};
    static const uint8_t empty[] = {0, 0, 0, 0, 0, 0, 0, 0};
    struct code code;
    networks_world_start(&w, 20, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    assert_int_equal(networks_pair_open(networks_world_one(&w, 0), WORDS_ENGLISH, &code), 0);
    struct conn *conn = networks_world_dial(&w, 1, 0);
    net_ear_init(&raw, "/wavu/pair/1");
    say(conn, span_of(endless, sizeof endless));
    assert_int_equal(raw.closed, 1);
    say(conn, span_of(too_long, sizeof too_long));
    assert_int_equal(raw.closed, 2);
    say(conn, span_of(empty, sizeof empty));
    for (size_t i = 0; i < 60; i++) {
        uint8_t bytes[200];
        random_fill(&w.net.nodes[1].port->random, bytes, sizeof bytes);
        bytes[0] = (uint8_t)(i % 2 == 0 ? 100 : bytes[0]);
        say(conn, span_of(bytes, sizeof bytes));
        if (raw.stream != NULL) {
            stream_reset(raw.stream, 0);
        }
    }
    assert_true(conn_is_open(conn));
    assert_int_equal(w.nodes[0].told[NETWORKS_TRY], 0); /* no guess was made */
    assert_int_equal(networks_pair_number(w.nodes[0].networks), code.number);
    run(70); /* the stranger's place has its allowance again */
    assert_int_equal(networks_pair_join(w.nodes[2].networks, &code, NULL), 0);
    assert_int_equal(networks_pair_try(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(3);
    assert_true(networks_world_is_live(&w, 2));
    networks_world_stop(&w);
}

/* A person says no, or takes the name back while a code is open. */
static void what_may_not_be_is_refused(void **state)
{
    (void)state;
    struct code code;
    struct networks_one *one = NULL;
    networks_world_start(&w, 21, 2, STORE_MEMORY);
    assert_int_equal(
        networks_found(w.nodes[0].networks, UNIT_TEXT("Bad Name"), MEMBERS_MSG_ANY, &one),
        WAVU_ERR_INVALID);
    assert_null(one);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    assert_int_equal(networks_pair_open(networks_world_one(&w, 0), WORDS_ENGLISH, &code), 0);
    assert_int_equal(networks_pair_open(networks_world_one(&w, 0), WORDS_ENGLISH, &code),
                     WAVU_ERR_EXISTS);
    assert_int_equal(networks_pair_set_name(w.nodes[0].networks, UNIT_TEXT("Juma")),
                     WAVU_ERR_AGAIN);
    networks_pair_close(w.nodes[0].networks);
    assert_int_equal(w.nodes[0].reason, PAIRING_HOST_CANCELLED);
    assert_int_equal(networks_pair_set_name(w.nodes[0].networks, UNIT_TEXT("a\x1b[2J")),
                     WAVU_ERR_INVALID);
    assert_int_equal(networks_pair_set_name(w.nodes[0].networks, UNIT_TEXT("Juma")), 0);
    assert_int_equal(networks_pair_join(w.nodes[1].networks, &code, NULL), 0);
    assert_int_equal(networks_pair_join(w.nodes[1].networks, &code, NULL), WAVU_ERR_EXISTS);
    struct conn *conn = networks_world_dial(&w, 1, 0);
    assert_int_equal(networks_pair_try(w.nodes[1].networks, conn), 0);
    assert_int_equal(networks_pair_try(w.nodes[1].networks, conn), WAVU_ERR_AGAIN);
    networks_pair_cancel(w.nodes[1].networks);
    assert_int_equal(networks_pair_try(w.nodes[1].networks, conn), WAVU_ERR_NOT_FOUND);
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_newcomer_joins_with_a_code), UNIT(a_wrong_code_closes_after_three_tries),
        UNIT(joining_survives_crashes),     UNIT(bad_bytes_end_their_stream_alone),
        UNIT(what_may_not_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
