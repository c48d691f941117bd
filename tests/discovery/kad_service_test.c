/* Kademlia on real swarms in the simulator: newcomers become known, peers are found, clients are in
 * nobody's table. */
#include "discovery/kad_service.h"

#include "discovery/kad_proof.h"

#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;
static struct kad_service services[NET_WORLD_NODES_MAX];
static bool is_on[NET_WORLD_NODES_MAX];

static void serve(size_t i, enum kad_role_wish role)
{
    struct kad_service_config config = {.swarm = &w.nodes[i].swarm,
                                        .identify = &w.nodes[i].identify,
                                        .metrics = &w.nodes[i].metrics,
                                        .role = role,
                                        .is_signed = i % 2 == 0};
    assert_int_equal(kad_service_init(&services[i], &config), 0);
    is_on[i] = true;
}

static void start(uint64_t seed, size_t count, enum kad_role_wish role)
{
    net_world_start(&w, seed, count);
    for (size_t i = 0; i < count; i++) {
        serve(i, i == count - 1 ? role : KAD_ROLE_SERVER);
    }
}

static void end(size_t i)
{
    if (is_on[i]) {
        kad_service_check(&services[i]);
        kad_service_clear(&services[i]);
        is_on[i] = false;
    }
}

static void stop(void)
{
    for (size_t i = 0; i < w.count; i++) {
        end(i);
    }
    net_world_stop(&w);
}

/* All others come to node 0. */
static void gather(void)
{
    int err;
    for (size_t i = 1; i < w.count; i++) {
        assert_non_null(net_world_dial(&w, i, 0, &err));
    }
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
}

static bool has(size_t i, size_t other)
{
    return kad_table_get(&services[i].kad.table, &w.nodes[other].swarm.self) != NULL;
}

struct heard {
    size_t times;
    int err;
    struct peerid nearest[KAD_TABLE_K_MAX];
    size_t count;
    size_t providers;
    size_t value_len;
    unsigned kept;
};

static void on_up(void *context, const struct kad_quest_event *event)
{
    struct heard *h = context;
    if (event->kind == KAD_QUEST_FOUND) {
        assert_true(h->count < KAD_TABLE_K_MAX);
        h->nearest[h->count++] = event->peer;
    } else if (event->kind == KAD_QUEST_PROVIDER) {
        h->providers++;
        h->nearest[0] = event->peer;
    } else if (event->kind == KAD_QUEST_VALUE) {
        h->value_len = event->value.len;
    } else if (event->kind == KAD_QUEST_DONE) {
        h->times++;
        h->kept = event->count;
        h->err = event->err;
    }
}

static int nearest(size_t from, const char *key, unsigned paths, struct heard *h,
                   struct kad_service_find **f)
{
    struct kad_service_user user = {.up = on_up, .context = h};
    struct kad_quest_wish wish = {
        .kind = KAD_QUEST_NEAREST, .key = span_from_text(key), .paths = paths};
    return kad_service_begin(&services[from], &wish, user, f);
}

static int find(size_t from, const struct peerid *peer, struct heard *h)
{
    struct kad_service_find *f;
    struct kad_service_user user = {.up = on_up, .context = h};
    *h = (struct heard){.times = 0};
    int rc = kad_service_find(&services[from], peer, user, &f);
    assert_int_equal(h->times, 0);
    return rc;
}

static void everybody_gets_to_know_everybody(void **state)
{
    (void)state;
    start(1, 10, KAD_ROLE_SERVER);
    gather();
    for (size_t i = 0; i < w.count; i++) {
        struct kad_service_view view;
        kad_service_look(&services[i], &view);
        assert_true(view.is_server);
        assert_int_equal(view.peers, w.count - 1);
        assert_int_equal(view.searches, 0);
    }
    stop();
}

/* A newcomer that came to one only finds somebody it never met. */
static void a_peer_is_found(void **state)
{
    struct heard h;
    (void)state;
    start(2, 9, KAD_ROLE_CLIENT);
    gather();
    struct peerid sought = w.nodes[3].swarm.self;
    struct conn *c = swarm_conn(&w.nodes[8].swarm, &sought);
    if (c != NULL) {
        conn_close(c, WAVU_ERR_CLOSED);
        sim_run_for(w.sim, TIMERS_SECOND);
    }
    assert_int_equal(find(8, &sought, &h), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(h.err, 0);
    assert_non_null(swarm_conn(&w.nodes[8].swarm, &sought));
    assert_int_equal(find(8, &sought, &h), 0); /* connected already */
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(h.err, 0);
    stop();
}

static void a_client_is_in_no_table(void **state)
{
    (void)state;
    start(3, 5, KAD_ROLE_CLIENT);
    gather();
    struct kad_service_view view;
    kad_service_look(&services[4], &view);
    assert_false(view.is_server);
    assert_int_equal(view.peers, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_false(has(i, 4));
    }
    stop();
}

static void who_is_nowhere_is_not_found(void **state)
{
    struct heard h;
    struct peerid nobody = {.len = 38, .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20, 3}};
    (void)state;
    start(4, 6, KAD_ROLE_SERVER);
    assert_int_equal(find(2, &nobody, &h), WAVU_ERR_NOT_FOUND); /* nobody to ask */
    gather();
    assert_int_equal(find(2, &nobody, &h), 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(h.err, WAVU_ERR_NOT_FOUND);
    stop();
}

static void the_nearest_are_all_there_are(void **state)
{
    struct heard h = {.times = 0};
    struct kad_service_find *f;
    (void)state;
    start(5, 8, KAD_ROLE_SERVER);
    gather();
    assert_int_equal(nearest(1, "a key", 2, &h, &f), 0);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(h.err, 0);
    assert_int_equal(h.count, 7);
    stop();
}

/* A crash is noticed, and the others are found all the same. */
static void one_is_gone(void **state)
{
    struct heard h;
    (void)state;
    start(6, 8, KAD_ROLE_SERVER);
    gather();
    end(5);
    net_world_crash(&w, 5, true);
    assert_int_equal(
        find(2, &(struct peerid){.len = 38, .bytes = {0, 0x24, 8, 1, 0x12, 0x20, 9}}, &h), 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(find(2, &w.nodes[6].swarm.self, &h), 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(h.err, 0);
    stop();
}

static void what_is_cancelled_is_not_told(void **state)
{
    struct heard h = {.times = 0};
    struct kad_service_find *f;
    (void)state;
    start(7, 4, KAD_ROLE_SERVER);
    gather();
    assert_int_equal(nearest(1, "a key", 0, &h, &f), 0);
    kad_service_cancel(f);
    assert_int_equal(nearest(1, "a key", 0, &h, &f), 0);
    sim_run_for(w.sim, TIMERS_MS / 1000);
    kad_service_cancel(f);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_int_equal(h.times, 0);
    /* What is under way when all ends is told. */
    assert_int_equal(nearest(1, "a key", 0, &h, &f), 0);
    end(1);
    assert_int_equal(h.times, 1);
    assert_int_equal(h.err, WAVU_ERR_SHUTDOWN);
    stop();
}

static void finds_are_bounded(void **state)
{
    struct heard h = {.times = 0};
    struct kad_service_find *f;
    (void)state;
    start(8, 3, KAD_ROLE_SERVER);
    gather();
    for (size_t i = 0; i < KAD_SERVICE_FINDS_MAX; i++) {
        assert_int_equal(nearest(1, "k", 0, &h, &f), 0);
    }
    assert_int_equal(nearest(1, "k", 0, &h, &f), WAVU_ERR_LIMIT);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_int_equal(h.times, KAD_SERVICE_FINDS_MAX);
    stop();
}

/* A server that becomes a client says so, and leaves the tables. */
static void a_role_that_changes_is_pushed(void **state)
{
    (void)state;
    start(9, 4, KAD_ROLE_SERVER);
    gather();
    assert_true(has(0, 3));
    kad_service_set_power(&services[3], true);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    for (size_t i = 0; i < 3; i++) {
        assert_false(has(i, 3));
    }
    kad_service_set_power(&services[3], false);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_true(has(0, 3));
    stop();
}

static enum stream_audience only_evens(void *context, const struct peerid *peer)
{
    (void)context;
    for (size_t i = 0; i < w.count; i += 2) {
        if (peerid_is_equal(&w.nodes[i].swarm.self, peer)) {
            return STREAM_MEMBER;
        }
    }
    return STREAM_GUEST;
}

/* kad_admission = members: strangers are not answered, not told of it, and enter no table. */
static void members_keep_to_themselves(void **state)
{
    (void)state;
    net_world_start(&w, 10, 6);
    for (size_t i = 0; i < w.count; i++) {
        w.nodes[i].swarm.policy.standing = only_evens;
        struct kad_service_config config = {.swarm = &w.nodes[i].swarm,
                                            .identify = &w.nodes[i].identify,
                                            .metrics = &w.nodes[i].metrics,
                                            .role = KAD_ROLE_SERVER,
                                            .is_members_only = i % 2 == 0};
        assert_int_equal(kad_service_init(&services[i], &config), 0);
        is_on[i] = true;
    }
    gather();
    for (size_t i = 0; i < w.count; i++) {
        for (size_t j = 0; j < w.count; j++) {
            bool is_one = i != j && i % 2 == 0 && j % 2 == 0;
            if (i % 2 == 0) {
                assert_int_equal(has(i, j), is_one);
            } else if (j % 2 == 0) {
                assert_false(has(i, j)); /* it was never told that those are servers */
            }
        }
    }
    stop();
}

/* Keys that do not solve the puzzle are no servers of ours. */
static void a_puzzle_keeps_ids_out(void **state)
{
    (void)state;
    net_world_start(&w, 11, 8);
    for (size_t i = 0; i < w.count; i++) {
        struct kad_service_config config = {.swarm = &w.nodes[i].swarm,
                                            .identify = &w.nodes[i].identify,
                                            .metrics = &w.nodes[i].metrics,
                                            .role = KAD_ROLE_SERVER,
                                            .puzzle = 1};
        assert_int_equal(kad_service_init(&services[i], &config), 0);
        is_on[i] = true;
    }
    gather();
    size_t solved = 0;
    for (size_t j = 1; j < w.count; j++) {
        bool is_solved = kad_proof_puzzle(&w.nodes[j].swarm.self) >= 1;
        solved += is_solved ? 1 : 0;
        assert_int_equal(has(0, j), is_solved);
    }
    assert_in_range(solved, 1, w.count - 2);
    stop();
}

static void begin(size_t from, enum kad_quest_kind kind, struct span key, struct span value,
                  struct heard *h)
{
    struct kad_service_find *f;
    struct kad_service_user user = {.up = on_up, .context = h};
    struct kad_quest_wish wish = {.kind = kind, .key = key, .value = value};
    *h = (struct heard){.times = 0};
    assert_int_equal(kad_service_begin(&services[from], &wish, user, &f), 0);
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    assert_int_equal(h->times, 1); /* all answer at once: there was nothing to wait for */
    sim_run_for(w.sim, 18 * TIMERS_SECOND);
}

/* The public key of node `i`, as a record. */
static struct span public_key(size_t i, struct wr *key)
{
    kad_record_key_pk(key, &w.nodes[i].swarm.self);
    return span_of(w.nodes[i].swarm.identity.key, KEYS_ED25519_PUBLIC_SIZE);
}

static void what_one_puts_another_gets(void **state)
{
    struct heard h;
    uint8_t room[KAD_MSG_KEY_MAX];
    struct wr key;
    (void)state;
    start(14, 8, KAD_ROLE_SERVER);
    gather();
    wr_init(&key, span_mut_of(room, sizeof room));
    struct span value = public_key(5, &key);
    begin(3, KAD_QUEST_GET, wr_span(&key), span_empty(), &h);
    assert_int_equal(h.err, WAVU_ERR_NOT_FOUND);
    begin(5, KAD_QUEST_PUT, wr_span(&key), value, &h);
    assert_int_equal(h.err, 0);
    assert_true(h.kept >= 5);
    begin(2, KAD_QUEST_GET, wr_span(&key), span_empty(), &h);
    assert_int_equal(h.err, 0);
    assert_int_equal(h.value_len, value.len);
    struct kad_quest_wish forged = {
        .kind = KAD_QUEST_PUT, .key = wr_span(&key), .value = UNIT_TEXT("forged")};
    struct kad_service_find *f;
    struct kad_service_user user = {.up = on_up, .context = &h};
    assert_true(kad_service_begin(&services[2], &forged, user, &f) < 0);
    stop();
}

static void what_one_provides_another_finds(void **state)
{
    struct heard h;
    struct peerbook_address at;
    (void)state;
    start(15, 8, KAD_ROLE_SERVER);
    gather();
    begin(4, KAD_QUEST_PROVIDE, UNIT_TEXT("a file"), span_empty(), &h);
    assert_int_equal(h.err, 0);
    assert_true(h.kept >= 5);
    begin(7, KAD_QUEST_PROVIDERS, UNIT_TEXT("a file"), span_empty(), &h);
    assert_int_equal(h.err, 0);
    assert_int_equal(h.providers, 1);
    assert_true(peerid_is_equal(&h.nearest[0], &w.nodes[4].swarm.self));
    assert_int_equal(peerbook_addresses(&w.nodes[7].swarm.peerbook, &w.nodes[4].swarm.self, &at, 1),
                     1);
    begin(7, KAD_QUEST_PROVIDERS, UNIT_TEXT("another"), span_empty(), &h);
    assert_int_equal(h.err, WAVU_ERR_NOT_FOUND);
    stop();
}

/* What is published is said by itself, again after a day, and to a server that comes later. */
static void what_is_published_stays(void **state)
{
    struct heard h;
    uint8_t room[KAD_MSG_KEY_MAX];
    struct wr key;
    (void)state;
    start(16, 6, KAD_ROLE_SERVER);
    gather();
    wr_init(&key, span_mut_of(room, sizeof room));
    struct kad_quest_wish wish = {.kind = KAD_QUEST_PUT, .value = public_key(1, &key)};
    wish.key = wr_span(&key);
    assert_int_equal(kad_service_publish(&services[1], &wish), 0);
    struct kad_quest_wish provided = {.kind = KAD_QUEST_PROVIDE, .key = UNIT_TEXT("a file")};
    assert_int_equal(kad_service_publish(&services[1], &provided), 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    for (unsigned day = 0; day < 3; day++) {
        begin(4, KAD_QUEST_GET, wish.key, span_empty(), &h);
        assert_int_equal(h.err, 0);
        begin(4, KAD_QUEST_PROVIDERS, provided.key, span_empty(), &h);
        assert_int_equal(h.err, 0);
        sim_run_for(w.sim, 25 * 3600 * TIMERS_SECOND);
    }
    assert_int_equal(kad_service_withdraw(&services[1], wish.key, false), 0);
    assert_int_equal(kad_service_withdraw(&services[1], wish.key, false), WAVU_ERR_NOT_FOUND);
    stop();
}

/* A start begins with those of the last run, without anybody telling. */
static void the_table_outlives_a_restart(void **state)
{
    struct store *store = NULL;
    struct kad_service_view view;
    (void)state;
    net_world_start(&w, 17, 7);
    for (size_t i = 0; i < 6; i++) {
        serve(i, KAD_ROLE_SERVER);
    }
    struct store_config kept = {.port = w.nodes[6].port, .kind = STORE_MEMORY};
    assert_int_equal(store_new(&kept, &store), 0);
    struct metric_set sets[2] = {{.first = NULL}, {.first = NULL}};
    struct kad_service_config config = {
        .swarm = &w.nodes[6].swarm, .store = store, .role = KAD_ROLE_CLIENT, .metrics = &sets[0]};
    assert_int_equal(kad_service_init(&services[6], &config), 0);
    is_on[6] = true;
    gather();
    kad_service_look(&services[6], &view);
    assert_int_equal(view.peers, 6);
    end(6);
    struct list *conns = &w.nodes[6].swarm.conns;
    for (struct list *l = list_next(conns, conns), *after; l != NULL; l = after) {
        after = list_next(conns, l);
        conn_close(LIST_OF(l, struct conn, link_swarm), WAVU_ERR_CLOSED);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(w.nodes[6].swarm.conn_count, 0);
    config.metrics = &sets[1];
    assert_int_equal(kad_service_init(&services[6], &config), 0);
    is_on[6] = true;
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    kad_service_look(&services[6], &view);
    assert_int_equal(view.peers, 6);
    end(6);
    store_free(store);
    stop();
}

/* What net/records.h asks. */
static void on_record(void *context, int err)
{
    struct heard *h = context;
    h->times++;
    h->err = err;
}

static void records_are_found(void **state)
{
    struct heard h = {.times = 0};
    struct records_find *f;
    struct records_user user = {.done = on_record, .context = &h};
    (void)state;
    start(12, 6, KAD_ROLE_SERVER);
    gather();
    struct records r = kad_service_records(&services[2]);
    assert_int_equal(r.find(r.context, &w.nodes[4].swarm.self, user, &f), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(h.err, 0);
    assert_int_equal(r.find(r.context, &w.nodes[4].swarm.self, user, &f), 0);
    r.cancel(f);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    stop();
}

static void a_bad_prefix_is_refused(void **state)
{
    static const char *const bad[] = {"", "/", "wavu",
                                      "/0123456789012345678901234567890123456789"
                                      "012345678901234567890123456789"};
    (void)state;
    net_world_start(&w, 13, 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct kad_service_config config = {
            .swarm = &w.nodes[0].swarm, .metrics = &w.nodes[0].metrics, .prefix = bad[i]};
        assert_int_equal(kad_service_init(&services[0], &config), WAVU_ERR_INVALID);
    }
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_gets_to_know_everybody), UNIT(a_peer_is_found),
        UNIT(a_client_is_in_no_table),          UNIT(who_is_nowhere_is_not_found),
        UNIT(the_nearest_are_all_there_are),    UNIT(one_is_gone),
        UNIT(what_is_cancelled_is_not_told),    UNIT(finds_are_bounded),
        UNIT(a_role_that_changes_is_pushed),    UNIT(members_keep_to_themselves),
        UNIT(a_puzzle_keeps_ids_out),           UNIT(what_one_puts_another_gets),
        UNIT(what_one_provides_another_finds),  UNIT(what_is_published_stays),
        UNIT(the_table_outlives_a_restart),     UNIT(records_are_found),
        UNIT(a_bad_prefix_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
