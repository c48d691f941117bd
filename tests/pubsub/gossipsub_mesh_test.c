/* Meshes: their invariants under any schedule, backoff, peers that are named, direct ones. */
#include "pubsub/gossipsub_mesh.h"

#include "crypto/signed_record.h"
#include "tests/pubsub/gossipsub_fixture.h"

static struct gossipsub_config config_of(bool no_score)
{
    return (struct gossipsub_config){.params = gossipsub_params_default(),
                                     .thresholds = gossipsub_score_thresholds_default(),
                                     .no_score = no_score};
}

/* After a time of peace each mesh is mutual, and neither small nor large. */
static void check_meshes(const struct gossipsub_world *w)
{
    const struct gossipsub_params *p = &w->config.params;
    for (size_t a = 0; a < w->count; a++) {
        size_t known = 0;
        size_t mesh = 0;
        for (size_t b = 0; b < w->count; b++) {
            if (a != b && w->links[a * w->count + b] != 0) {
                bool ab = gossipsub_world_is_in_mesh(w, a, b, TOPIC);
                assert_int_equal(ab, gossipsub_world_is_in_mesh(w, b, a, TOPIC));
                mesh += ab ? 1 : 0;
                known++;
            }
        }
        assert_int_equal(mesh, gossipsub_mesh_count(w->nodes[a].machine, UNIT_TEXT(TOPIC)));
        assert_true(mesh >= (known < p->d_low ? known : p->d_low));
        assert_true(mesh <= p->d_high + p->d_out);
    }
}

/* Somebody does something: links, leaves, joins, dies, lives again, speaks. */
static void disturb(struct gossipsub_world *w)
{
    size_t a = (size_t)random_below(&w->random, w->count);
    size_t b = (size_t)random_below(&w->random, w->count);
    struct gossipsub *g = w->nodes[a].machine;
    struct span name;
    switch (random_below(&w->random, 6)) {
    case 0:
    case 1:
        if (a != b && g != NULL && w->nodes[b].machine != NULL) {
            gossipsub_world_link(w, a, b, w->links[a * w->count + b] == 0);
        }
        break;
    case 2:
        if (g == NULL) {
            gossipsub_world_start(w, a);
            gossipsub_world_join(w, a, TOPIC);
        } else if (random_below(&w->random, 4) == 0) {
            gossipsub_world_stop(w, a);
        }
        break;
    case 3:
        if (g != NULL && gossipsub_topics(g, &name, 1) == 0) {
            gossipsub_world_join(w, a, TOPIC);
        } else if (g != NULL) {
            assert_int_equal(gossipsub_leave(g, w->now, UNIT_TEXT(TOPIC)), 0);
            gossipsub_world_drain(w, a);
        }
        break;
    default:
        if (g != NULL && w->said < GOSSIPSUB_WORLD_SAID_MAX) {
            (void)gossipsub_world_say(w, a, TOPIC);
        }
        break;
    }
    gossipsub_world_run(w, random_below(&w->random, 200 * TIMERS_MS));
}

static void meshes_heal_after_any_schedule(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct gossipsub_world *w = gossipsub_world_new(20, seed);
        struct span name;
        gossipsub_world_link_random(w, 5);
        gossipsub_world_join_all(w, TOPIC);
        for (unsigned i = 0; i < 400; i++) {
            disturb(w);
        }
        for (size_t i = 0; i < w->count; i++) {
            if (w->nodes[i].machine == NULL) {
                gossipsub_world_start(w, i);
            }
            if (gossipsub_topics(w->nodes[i].machine, &name, 1) == 0) {
                gossipsub_world_join(w, i, TOPIC);
            }
        }
        gossipsub_world_link_random(w, 5);
        gossipsub_world_run(w, 150 * SECOND); /* beyond all backoffs */
        check_meshes(w);
        w->said = 0;
        for (size_t i = 0; i < w->count; i++) {
            memset(w->nodes[i].got, 0, sizeof w->nodes[i].got);
        }
        size_t last = gossipsub_world_say(w, 3, TOPIC);
        gossipsub_world_run(w, 3 * SECOND);
        assert_int_equal(gossipsub_world_wrong(w, last, 3), 0);
        assert_int_equal(w->refused, 0);
        gossipsub_world_free(w);
    }
}

static void the_mesh_is_filled_and_cut(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(30, NULL);
    fixture_link(w, 3);
    for (size_t i = 1; i <= 30; i++) {
        fixture_subscribe(w, i, TOPIC, true);
    }
    gossipsub_world_join(w, 0, TOPIC);
    assert_int_equal(fixture_mesh(w), 6);
    size_t grafts = 0;
    for (size_t i = 1; i <= 30; i++) {
        struct fixture_seen seen = fixture_read(w, i);
        assert_int_equal(seen.kinds[GOSSIPSUB_MSG_GRAFT], fixture_has(w, i) ? 1 : 0);
        assert_int_equal(seen.kinds[GOSSIPSUB_MSG_SUBSCRIBE], 1);
        grafts += seen.kinds[GOSSIPSUB_MSG_GRAFT];
    }
    assert_int_equal(grafts, 6);
    /* Others want in, up to the most that there may be; whom we dialled beyond it. */
    for (size_t i = 30; i >= 1; i--) {
        fixture_graft(w, i, TOPIC);
    }
    assert_true(fixture_mesh(w) >= 12 && fixture_mesh(w) <= 15);
    assert_true(fixture_has(w, 1) && fixture_has(w, 2) && fixture_has(w, 3));
    gossipsub_world_run(w, 2 * SECOND);
    assert_int_equal(fixture_mesh(w), 6);
    size_t ours =
        (fixture_has(w, 1) ? 1u : 0) + (fixture_has(w, 2) ? 1u : 0) + (fixture_has(w, 3) ? 1u : 0);
    assert_true(ours >= 2);
    gossipsub_world_free(w);
}

static void a_graft_within_the_backoff_is_refused_and_punished(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(2, NULL);
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    fixture_subscribe(w, 1, TOPIC, true);
    fixture_graft(w, 1, TOPIC);
    assert_true(fixture_has(w, 1));
    fixture_prune(w, 1, 0); /* it left the mesh itself */
    assert_false(fixture_has(w, 1));
    (void)fixture_read(w, 1);
    fixture_graft(w, 1, TOPIC);
    struct fixture_seen seen = fixture_read(w, 1);
    assert_false(fixture_has(w, 1));
    assert_int_equal(seen.kinds[GOSSIPSUB_MSG_PRUNE], 1);
    assert_int_equal(seen.backoff_s, 60);
    assert_int_equal(seen.px, 0);
    assert_int_equal(fixture_stats(w)->misbehaviour, 2); /* at once: twice */
    gossipsub_world_run(w, 20 * SECOND);
    fixture_graft(w, 1, TOPIC);
    assert_int_equal(fixture_stats(w)->misbehaviour, 3);
    /* Each attempt begins the wait anew; nobody asks it meanwhile, either. */
    gossipsub_world_run(w, 59 * SECOND);
    assert_false(fixture_has(w, 1));
    gossipsub_world_run(w, 4 * SECOND);
    assert_true(fixture_has(w, 1));
    gossipsub_world_free(w);
}

/* A reconnect does not make it forgotten. */
static void backoff_outlives_the_connection(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    fixture_graft(w, 1, TOPIC);
    fixture_prune(w, 1, 0);
    gossipsub_world_link(w, 1, 0, false);
    gossipsub_world_link(w, 1, 0, true);
    fixture_graft(w, 1, TOPIC);
    assert_false(fixture_has(w, 1));
    assert_true(fixture_stats(w)->misbehaviour > 0);
    gossipsub_world_free(w);
}

static void a_backoff_that_is_told_is_kept_within_reason(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    fixture_link(w, 0);
    fixture_subscribe(w, 1, TOPIC, true);
    gossipsub_world_join(w, 0, TOPIC);
    assert_true(fixture_has(w, 1));
    fixture_prune(w, 1, 5);
    gossipsub_world_run(w, 4 * SECOND);
    assert_false(fixture_has(w, 1));
    gossipsub_world_run(w, 4 * SECOND);
    assert_true(fixture_has(w, 1));
    fixture_prune(w, 1, UINT64_MAX);
    gossipsub_world_run(w, (GOSSIPSUB_MESH_BACKOFF_S_MAX + 3) * SECOND);
    assert_true(fixture_has(w, 1));
    gossipsub_world_free(w);
}

static void who_leaves_says_so_and_waits(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    fixture_link(w, 0);
    fixture_subscribe(w, 1, TOPIC, true);
    gossipsub_world_join(w, 0, TOPIC);
    (void)fixture_read(w, 1);
    assert_int_equal(gossipsub_leave(w->nodes[0].machine, w->now, UNIT_TEXT(TOPIC)), 0);
    struct fixture_seen seen = fixture_read(w, 1);
    assert_int_equal(seen.kinds[GOSSIPSUB_MSG_UNSUBSCRIBE], 1);
    assert_int_equal(seen.kinds[GOSSIPSUB_MSG_PRUNE], 1);
    assert_int_equal(seen.backoff_s, 10);
    gossipsub_world_join(w, 0, TOPIC);
    assert_false(fixture_has(w, 1));
    gossipsub_world_run(w, 13 * SECOND);
    assert_true(fixture_has(w, 1));
    gossipsub_world_free(w);
}

static void grafts_for_other_topics_are_ignored(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    (void)fixture_read(w, 1);
    fixture_graft(w, 1, "another");
    assert_int_equal(fixture_read(w, 1).rpcs, 0);
    assert_int_equal(fixture_stats(w)->misbehaviour, 0);
    gossipsub_world_free(w);
}

/* 10,000 GRAFTs and PRUNEs in one RPC: a bounded part is looked at, and it is punished. */
static void floods_of_grafts_are_bounded(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    size_t size = 400000;
    uint8_t *bytes = mem_new(size);
    struct wr items;
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    fixture_subscribe(w, 1, TOPIC, true);
    (void)fixture_read(w, 1);
    wr_init(&items, span_mut_of(bytes, size));
    for (unsigned i = 0; i < 10000; i++) {
        gossipsub_msg_write_graft(&items, UNIT_TEXT(TOPIC));
        gossipsub_msg_write_prune(&items, UNIT_TEXT(TOPIC), 0, span_empty());
    }
    fixture_control(w, 1, &items);
    assert_true(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_PRUNE] <= 1024);
    assert_true(gossipsub_score(w->nodes[0].machine, w->now, &w->nodes[1].id) < 0);
    gossipsub_world_run(w, 2 * SECOND);
    assert_false(fixture_has(w, 1));
    gossipsub_world_free(w);
    mem_free(bytes);
}

static void who_does_harm_is_put_out(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(3, NULL);
    fixture_link(w, 0);
    for (size_t i = 1; i <= 3; i++) {
        fixture_subscribe(w, i, TOPIC, true);
    }
    gossipsub_world_join(w, 0, TOPIC);
    assert_int_equal(fixture_mesh(w), 3);
    gossipsub_score_set(w->nodes[0].machine, &w->nodes[2].id, -GOSSIPSUB_SCORE_ONE);
    gossipsub_world_run(w, 2 * SECOND);
    assert_false(fixture_has(w, 2));
    assert_int_equal(fixture_mesh(w), 2);
    fixture_graft(w, 2, TOPIC);
    assert_false(fixture_has(w, 2));
    gossipsub_world_free(w);
}

/* ---- Peers that are named ---- */

static uint8_t record_bytes[512];
static struct span record;
static struct peerid stranger;

static void make_record(void)
{
    struct ed25519_pair pair;
    uint8_t seed[ED25519_SEED_SIZE] = {5};
    static const uint8_t address[] = {4, 127, 0, 0, 1, 6, 0x0f, 0xa1};
    const struct span addresses[] = {{address, sizeof address}};
    struct wr w;
    ed25519_from_seed(&pair, seed);
    keys_peerid(&stranger, &pair);
    wr_init(&w, span_mut_of(record_bytes, sizeof record_bytes));
    assert_int_equal(signed_record_seal_peer(&w, &pair, 1, addresses, 1), 0);
    record = wr_span(&w);
}

static bool give_record(void *context, const struct peerid *peer, struct span *out)
{
    (void)context;
    (void)peer;
    *out = record;
    return true;
}

static void peers_are_named_to_who_is_put_out(void **state)
{
    (void)state;
    struct gossipsub_config config = config_of(false);
    make_record();
    config.record = give_record;
    struct gossipsub_world *w = fixture_new(40, &config);
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    for (size_t i = 1; i <= 40; i++) {
        fixture_subscribe(w, i, TOPIC, true);
        (void)fixture_read(w, i);
    }
    for (size_t i = 1; i <= 12; i++) {
        fixture_graft(w, i, TOPIC);
    }
    fixture_graft(w, 13, TOPIC); /* there is no place for it any more */
    struct fixture_seen seen = fixture_read(w, 13);
    assert_int_equal(seen.kinds[GOSSIPSUB_MSG_PRUNE], 1);
    assert_int_equal(seen.px, 16);
    gossipsub_score_set(w->nodes[0].machine, &w->nodes[14].id, -GOSSIPSUB_SCORE_ONE);
    fixture_graft(w, 14, TOPIC);
    assert_int_equal(fixture_read(w, 14).px, 0);
    gossipsub_world_free(w);
}

static void prune_naming(struct gossipsub_world *w, size_t puppet, struct span id, struct span rec)
{
    uint8_t list[700];
    uint8_t bytes[900];
    struct wr peers;
    struct wr items;
    const struct gossipsub_msg_peer peer = {.id = id, .record = rec};
    wr_init(&peers, span_mut_of(list, sizeof list));
    gossipsub_msg_write_peer(&peers, &peer);
    wr_init(&items, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_write_prune(&items, UNIT_TEXT(TOPIC), 1, wr_span(&peers));
    fixture_control(w, puppet, &items);
}

static void named_peers_are_dialled_by_their_own_record_alone(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(2, NULL);
    struct gossipsub *g = w->nodes[0].machine;
    make_record();
    fixture_link(w, 0);
    fixture_subscribe(w, 1, TOPIC, true);
    fixture_subscribe(w, 2, TOPIC, true);
    gossipsub_world_join(w, 0, TOPIC);
    prune_naming(w, 1, peerid_span(&stranger), record); /* nobody we trust */
    assert_int_equal(w->nodes[0].connects, 0);
    gossipsub_score_set(g, &w->nodes[1].id, 10 * GOSSIPSUB_SCORE_ONE);
    prune_naming(w, 1, peerid_span(&stranger), record); /* it was not in the mesh any more */
    assert_int_equal(w->nodes[0].connects, 0);
    gossipsub_score_set(g, &w->nodes[2].id, 10 * GOSSIPSUB_SCORE_ONE);
    prune_naming(w, 2, peerid_span(&w->nodes[1].id), record); /* a record of another */
    assert_int_equal(w->nodes[0].connects, 0);
    gossipsub_world_run(w, 5 * SECOND);
    assert_true(fixture_has(w, 2));
    prune_naming(w, 2, peerid_span(&stranger), span_empty());
    assert_int_equal(w->nodes[0].connects, 0);
    gossipsub_world_run(w, 5 * SECOND);
    prune_naming(w, 2, peerid_span(&stranger), record);
    assert_int_equal(w->nodes[0].connects, 1);
    assert_true(peerid_is_equal(&w->nodes[0].connect, &stranger));
    gossipsub_world_free(w);
}

/* ---- Others ---- */

static void direct_peers_are_outside_of_meshes(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(2, NULL);
    struct gossipsub *g = w->nodes[0].machine;
    fixture_link(w, 0);
    fixture_subscribe(w, 1, TOPIC, true);
    fixture_subscribe(w, 2, TOPIC, true);
    gossipsub_world_join(w, 0, TOPIC);
    assert_true(fixture_has(w, 1));
    assert_int_equal(gossipsub_direct(g, w->now, &w->nodes[1].id, true), 0);
    assert_false(fixture_has(w, 1));
    (void)fixture_read(w, 1);
    fixture_graft(w, 1, TOPIC);
    assert_false(fixture_has(w, 1));
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_PRUNE], 1);
    (void)fixture_publish(w, 2, 2, 1, 20);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_PUBLISH], 1);
    /* One that is not there is to be dialled, now and every 300 heartbeats. */
    make_record();
    assert_int_equal(gossipsub_direct(g, w->now, &stranger, true), 0);
    gossipsub_world_drain(w, 0);
    assert_int_equal(w->nodes[0].connects, 1);
    gossipsub_world_run(w, 301 * SECOND);
    assert_int_equal(w->nodes[0].connects, 2);
    assert_int_equal(gossipsub_direct(g, w->now, &stranger, false), 0);
    for (uint8_t i = 0; i < GOSSIPSUB_DIRECT_MAX; i++) {
        struct peerid id = stranger;
        id.bytes[40 % id.len] ^= (uint8_t)(i + 1);
        int rc = gossipsub_direct(g, w->now, &id, true);
        assert_int_equal(rc, i + 1u < GOSSIPSUB_DIRECT_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    gossipsub_world_free(w);
}

static void who_is_not_in_a_topic_speaks_through_a_fan_out(void **state)
{
    (void)state;
    struct gossipsub_config config = config_of(false);
    config.params.flood_publish = false;
    struct gossipsub_world *w = fixture_new(20, &config);
    fixture_link(w, 0);
    size_t reached = 0;
    for (size_t i = 1; i <= 20; i++) {
        fixture_subscribe(w, i, TOPIC, true);
    }
    (void)gossipsub_world_say(w, 0, TOPIC);
    for (size_t i = 1; i <= 20; i++) {
        reached += fixture_read(w, i).kinds[GOSSIPSUB_MSG_PUBLISH];
    }
    assert_int_equal(reached, 6);
    gossipsub_world_run(w, 3 * SECOND); /* the others hear of it by gossip */
    size_t announced = 0;
    for (size_t i = 1; i <= 20; i++) {
        announced += fixture_read(w, i).kinds[GOSSIPSUB_MSG_IHAVE] > 0 ? 1 : 0;
    }
    assert_true(announced >= 6);
    gossipsub_world_run(w, 62 * SECOND);
    for (size_t i = 1; i <= 20; i++) {
        fixture_subscribe(w, i, TOPIC, false);
    }
    gossipsub_world_run(w, 10 * SECOND);
    assert_true(gossipsub_memory(w->nodes[0].machine) < 40000);
    gossipsub_world_free(w);
}

static void a_poor_mesh_takes_better_peers_in(void **state)
{
    (void)state;
    struct gossipsub_config config = config_of(false);
    config.params.opportunistic_beats = 5;
    struct gossipsub_world *w = fixture_new(12, &config);
    struct gossipsub *g = w->nodes[0].machine;
    fixture_link(w, 12);
    for (size_t i = 1; i <= 6; i++) {
        fixture_subscribe(w, i, TOPIC, true);
    }
    gossipsub_world_join(w, 0, TOPIC);
    assert_int_equal(fixture_mesh(w), 6);
    for (size_t i = 7; i <= 12; i++) {
        fixture_subscribe(w, i, TOPIC, true);
        gossipsub_score_set(g, &w->nodes[i].id, 3 * GOSSIPSUB_SCORE_ONE);
    }
    gossipsub_world_run(w, 6 * SECOND);
    assert_int_equal(fixture_mesh(w), 8);
    gossipsub_world_run(w, 60 * SECOND); /* until the median is well */
    size_t better = 0;
    for (size_t i = 7; i <= 12; i++) {
        better += fixture_has(w, i) ? 1 : 0;
    }
    assert_true(better >= 4);
    gossipsub_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(meshes_heal_after_any_schedule),
        UNIT(the_mesh_is_filled_and_cut),
        UNIT(a_graft_within_the_backoff_is_refused_and_punished),
        UNIT(backoff_outlives_the_connection),
        UNIT(a_backoff_that_is_told_is_kept_within_reason),
        UNIT(who_leaves_says_so_and_waits),
        UNIT(grafts_for_other_topics_are_ignored),
        UNIT(floods_of_grafts_are_bounded),
        UNIT(who_does_harm_is_put_out),
        UNIT(peers_are_named_to_who_is_put_out),
        UNIT(named_peers_are_dialled_by_their_own_record_alone),
        UNIT(direct_peers_are_outside_of_meshes),
        UNIT(who_is_not_in_a_topic_speaks_through_a_fan_out),
        UNIT(a_poor_mesh_takes_better_peers_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
