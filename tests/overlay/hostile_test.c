/*
 * A neighbour without manners, over real streams on the virtual clock: it has become one of the
 * mesh in order, and then says what no honest node says, or too much. Whatever it is: it is dropped
 * or shed, what the node holds of it stays within its bounds, and the others' broadcasts arrive.
 *
 * Nodes 0 to 3 are honest; node 4 has no overlay and speaks its protocol by hand, with node 0.
 */
#include "overlay/overlay.h"

#include <string.h>

#include "net/stream.h"
#include "overlay/overlay_link.h"
#include "overlay/state_owner.h"
#include "tests/base/unit.h"
#include "tests/support/overlay_stand.h"

#define HONEST 4
#define FOE 4
#define TALKER 1
#define ROUND_NS (20 * TIMERS_MS)
#define ALLOCATIONS_MAX                                                                            \
    30000 /* of all nodes and the world: 5,000 ids, 4,096 origins, their sends */

static struct net_world w;
static struct overlay_stand stands[HONEST];
static struct overlay *overlays[HONEST];
static size_t heard[HONEST]; /* broadcasts of the talker */
static struct overlay_id ids[HONEST + 1];
static struct net_ear foe;
static uint8_t body[OVERLAY_FRAME_BODY_MAX + 64];
static uint8_t list[OVERLAY_FRAME_BODY_MAX];
static uint8_t big[PLUMTREE_MSG_PAYLOAD_MAX];

static void on_event(void *context, const struct mesh_event *event)
{
    if (event->kind == MESH_DELIVER && overlay_id_is_equal(&event->id, &ids[TALKER])) {
        (*(size_t *)context)++;
    }
}

/* ---- The place ---- */

static void tell(size_t who, size_t other)
{
    struct multiaddr address = net_world_address(other);
    const struct peerid *peer = &w.nodes[other].swarm.self;
    assert_int_equal(
        peerbook_add_address(&w.nodes[who].swarm.peerbook, peer, &address, PEERBOOK_PERSON, 0), 0);
    assert_int_equal(overlay_meet(overlays[who], peer), 0);
}

static void start(uint64_t seed)
{
    net_world_start(&w, seed, HONEST + 1);
    for (size_t i = 0; i <= HONEST; i++) {
        assert_int_equal(overlay_id_from_peer(&ids[i], &w.nodes[i].swarm.self), 0);
    }
    for (size_t i = 0; i < HONEST; i++) {
        overlay_stand_start(&stands[i], &w.nodes[i], NULL);
        struct overlay_config config = overlay_stand_config(&stands[i], &w.nodes[i]);
        config.user = (struct overlay_user){.event = on_event, .context = &heard[i]};
        heard[i] = 0;
        assert_int_equal(overlay_new(&config, &overlays[i]), 0);
    }
    for (size_t i = 1; i < HONEST; i++) {
        tell(i, 0);
    }
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
}

static void stop(void)
{
    for (size_t i = 0; i < HONEST; i++) {
        overlay_free(overlays[i]);
        overlay_stand_stop(&stands[i]);
    }
    net_world_stop(&w);
}

static const struct mesh *victim(void)
{
    return overlay_mesh(overlays[0]);
}

static uint64_t counter(const char *name)
{
    return metric_find(&w.nodes[0].metrics, name)->value;
}

/* ---- What the foe says ---- */

/* Send all; false when the stream has ended. */
static bool say(struct span bytes)
{
    for (size_t tries = 0; bytes.len > 0 && tries < 1000; tries++) {
        size_t taken = 0;
        if (foe.stream == NULL || stream_send(foe.stream, bytes, &taken) < 0) {
            return false;
        }
        bytes = span_slice(bytes, taken, bytes.len);
        if (bytes.len > 0) {
            sim_run_for(w.sim, 10 * TIMERS_MS);
        }
    }
    return true;
}

static bool say_frame(enum overlay_kind kind, struct span of_it)
{
    uint8_t head[OVERLAY_FRAME_HEAD_MAX];
    struct wr out;
    wr_init(&out, span_mut_of(head, sizeof head));
    overlay_frame_head(&out, kind, of_it.len);
    return say(wr_span(&out)) && say(of_it);
}

static struct wr begin_body(void)
{
    struct wr out;
    wr_init(&out, span_mut_of(body, sizeof body));
    return out;
}

static bool say_views(const struct views_msg *m)
{
    struct wr out = begin_body();
    views_msg_encode(&out, m);
    return say_frame(OVERLAY_VIEWS, wr_span(&out));
}

static bool say_plumtree(const struct plumtree_msg *m)
{
    struct wr out = begin_body();
    plumtree_msg_encode(&out, m);
    return say_frame(OVERLAY_PLUMTREE, wr_span(&out));
}

/* An entry of `owner` under the key "k<number>", signed by `signer`. */
static bool say_entry(const struct overlay_id *owner, struct ed25519_pair *signer, uint64_t version,
                      unsigned number, size_t value_len)
{
    uint8_t set[STATE_MSG_SET_SIZE] = {0};
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    char key[24];
    static uint8_t blocks[OVERLAY_FRAME_BODY_MAX];
    struct overlay_sign sign = overlay_sign_ed25519(signer);
    struct wr entries;
    struct wr out;
    (void)snprintf(key, sizeof key, "k%u", number);
    struct state_msg_entry e = {.version = version,
                                .key = span_from_text(key),
                                .value = span_of(big, value_len),
                                .set = span_of(set, sizeof set),
                                .signature = span_of(signature, sizeof signature)};
    sign.sign(sign.context, signature,
              state_owner_head(span_mut_of(head, sizeof head), owner, 7, &e), e.value);
    wr_init(&entries, span_mut_of(list, sizeof list));
    state_msg_put_entry(&entries, &e);
    const struct state_msg_block block = {
        .owner = *owner, .generation = 7, .entries = wr_span(&entries)};
    wr_init(&out, span_mut_of(blocks, sizeof blocks));
    state_msg_put_block(&out, &block);
    const struct state_msg m = {.kind = STATE_MSG_DELTA, .blocks = wr_span(&out)};
    out = begin_body();
    state_msg_encode(&out, &m);
    return say_frame(OVERLAY_STATE, wr_span(&out));
}

/* A broadcast of the foe's own machine, which is new and rightly signed. */
static bool say_broadcast(size_t round, struct ed25519_pair *signer, uint64_t generation,
                          size_t len)
{
    struct overlay_sign sign = overlay_sign_ed25519(signer);
    struct plumtree p;
    struct plumtree_event e;
    bool is_said = false;
    const struct plumtree_config config = {.self = ids[FOE],
                                           .generation = generation,
                                           .random = &w.nodes[FOE].port->random,
                                           .sign = &sign};
    memcpy(big, &round, sizeof round);
    plumtree_init(&p, &config);
    assert_int_equal(plumtree_link_up(&p, 1, &ids[0]), 0);
    assert_int_equal(plumtree_broadcast(&p, 1, span_of(big, len), NULL), 0);
    while (plumtree_next_event(&p, &e)) {
        if (e.kind == PLUMTREE_SEND && e.msg.kind == PLUMTREE_MSG_GOSSIP) {
            is_said = say_plumtree(&e.msg);
        }
    }
    plumtree_clear(&p);
    return is_said;
}

/* ---- Attacks: one thing of round `i`; false when the stream has ended ---- */

static bool a_frame_longer_than_any(size_t i)
{
    (void)i;
    return say(UNIT_TEXT("\xff\xff\x7f\x03")) && say(span_of(big, sizeof big));
}

static bool a_frame_of_nothing(size_t i)
{
    (void)i;
    return say(UNIT_TEXT("\x00"));
}

static bool a_list_longer_than_any(size_t i)
{
    static struct views_msg m;
    (void)i;
    m = (struct views_msg){.kind = VIEWS_MSG_SHUFFLE, .ttl = 6, .nonce = 1, .peer_count = 1};
    m.peers[0].where = span_of(big, VIEWS_MSG_WHERE_MAX + 1);
    return say_views(&m);
}

static bool a_payload_longer_than_any(size_t i)
{
    static uint8_t longer[PLUMTREE_MSG_PAYLOAD_MAX + 1];
    (void)i;
    return say_plumtree(&(struct plumtree_msg){.kind = PLUMTREE_MSG_GOSSIP,
                                               .origin = ids[FOE],
                                               .generation = 1,
                                               .sequence = 1,
                                               .hops = 1,
                                               .payload = span_of(longer, sizeof longer),
                                               .signature = span_of(big, OVERLAY_SIGN_SIZE)});
}

static bool a_key_in_anothers_name(size_t i)
{
    return say_entry(&ids[TALKER], &w.nodes[FOE].key, 1000 + i, 1, 16);
}

static bool a_broadcast_in_anothers_name(size_t i)
{
    return say_plumtree(&(struct plumtree_msg){.kind = PLUMTREE_MSG_GOSSIP,
                                               .origin = ids[TALKER],
                                               .generation = 1,
                                               .sequence = (uint32_t)(1000 + i),
                                               .hops = 1,
                                               .payload = UNIT_TEXT("lies"),
                                               .signature = span_of(big, OVERLAY_SIGN_SIZE)});
}

static bool the_same_old_version(size_t i)
{
    return say_entry(&ids[FOE], &w.nodes[FOE].key, i == 0 ? 9 : 1 + i % 8, 1, 16);
}

static bool endless_keys(size_t i)
{
    return say_entry(&ids[FOE], &w.nodes[FOE].key, 1 + i, (unsigned)i, 2000);
}

static bool endless_owners(size_t i)
{
    struct ed25519_pair pair;
    struct overlay_id owner;
    uint8_t seed[ED25519_SEED_SIZE] = {9};
    memcpy(seed + 1, &i, sizeof i);
    ed25519_from_seed(&pair, seed);
    memcpy(owner.bytes, pair.public_key, sizeof owner.bytes);
    return say_entry(&owner, &pair, 1, 1, 2000);
}

static bool announcements_of_nothing(size_t i)
{
    uint8_t some[PLUMTREE_MSG_IDS_MAX * PLUMTREE_MSG_ID_SIZE];
    uint8_t hops[PLUMTREE_MSG_IDS_MAX] = {0};
    (void)i;
    random_fill(&w.nodes[FOE].port->random, some, sizeof some);
    return say_plumtree(&(struct plumtree_msg){.kind = PLUMTREE_MSG_HAVE,
                                               .ids = span_of(some, sizeof some),
                                               .id_hops = span_of(hops, sizeof hops)});
}

static bool endless_broadcasts(size_t i)
{
    return say_broadcast(i, &w.nodes[FOE].key, 2 + i, 4000);
}

static bool endless_pings(size_t i)
{
    const struct detector_msg m = {.kind = DETECTOR_MSG_PING, .nonce = (uint32_t)i + 1};
    struct wr out = begin_body();
    detector_msg_encode(&out, &m);
    return say_frame(OVERLAY_DETECTOR, wr_span(&out));
}

static bool endless_probes(size_t i)
{
    struct detector_msg m = {.kind = DETECTOR_MSG_PROBE, .nonce = (uint32_t)i + 1};
    struct wr out = begin_body();
    memcpy(m.target.bytes, &i, sizeof i);
    detector_msg_encode(&out, &m);
    return say_frame(OVERLAY_DETECTOR, wr_span(&out));
}

static bool endless_shuffles(size_t i)
{
    static struct views_msg m;
    m = (struct views_msg){.kind = i % 2 == 0 ? VIEWS_MSG_SHUFFLE : VIEWS_MSG_JOIN,
                           .ttl = VIEWS_MSG_TTL_MAX,
                           .nonce = i + 1,
                           .peer_count = VIEWS_MSG_PEERS_MAX};
    for (size_t at = 0; at < VIEWS_MSG_PEERS_MAX; at++) {
        size_t number = i * VIEWS_MSG_PEERS_MAX + at;
        memcpy(m.peers[at].id.bytes + 1, &number, sizeof number);
    }
    return say_views(&m);
}

/* Roots whose hashes are left out, of a list that nobody has: each asks for whole ones back. */
static bool endless_questions(size_t i)
{
    static struct views_msg m;
    m = (struct views_msg){.kind = VIEWS_MSG_AUDIT,
                           .is_asking = true,
                           .is_brief = true,
                           .list = (uint32_t)i + 1,
                           .root_count = VIEWS_MSG_ROOTS_MAX};
    return say_views(&m);
}

/* Roots with hashes, and behind them some without. */
static bool roots_of_both_kinds(size_t i)
{
    static struct views_msg m;
    struct wr out = begin_body();
    (void)i;
    m = (struct views_msg){.kind = VIEWS_MSG_AUDIT, .root_count = 1, .roots = {{.hash = 1}}};
    views_msg_encode(&out, &m);
    m = (struct views_msg){.kind = VIEWS_MSG_AUDIT, .is_brief = true, .list = 1, .root_count = 1};
    views_msg_encode(&out, &m);
    return say_frame(OVERLAY_VIEWS, wr_span(&out));
}

/* Two thousand frames of a kind that nobody knows, with nothing in them. */
static bool endless_frames(size_t i)
{
    uint8_t frames[2000 * 2];
    struct wr out;
    (void)i;
    wr_init(&out, span_mut_of(frames, sizeof frames));
    for (size_t n = 0; n < 2000; n++) {
        overlay_frame_head(&out, (enum overlay_kind)99, 0);
    }
    assert_int_equal(wr_finish(&out), 0);
    return say(wr_span(&out));
}

struct attack {
    const char *name;
    bool (*once)(size_t i);
    size_t count;
    size_t burst; /* of them before the world runs on */
    bool is_dropped;
};

static const struct attack attacks[] = {
    {"a frame longer than any", a_frame_longer_than_any, 1, 1, true},
    {"a frame of nothing", a_frame_of_nothing, 1, 1, true},
    {"a list longer than any", a_list_longer_than_any, 1, 1, true},
    {"a payload longer than any", a_payload_longer_than_any, 1, 1, true},
    {"a key in another's name", a_key_in_anothers_name, 1, 1, true},
    {"a broadcast in another's name", a_broadcast_in_anothers_name, 1, 1, true},
    {"the same old version", the_same_old_version, 4000, 8, true},
    {"endless keys", endless_keys, 2000, 4, true},
    {"endless owners", endless_owners, 3000, 4, true},
    {"announcements of nothing", announcements_of_nothing, 2000, 4, false},
    {"endless broadcasts", endless_broadcasts, 3000, 4, false},
    {"endless pings", endless_pings, 10000, 20, true},
    {"endless probes", endless_probes, 5000, 20, true},
    {"endless frames", endless_frames, 100, 1, true},
    {"endless shuffles", endless_shuffles, 5000, 10, true},
    {"endless questions", endless_questions, 5000, 10, true},
    {"roots of both kinds", roots_of_both_kinds, 1, 1, true},
};

/* ---- What has to hold ---- */

static void check_bounds(void)
{
    const struct mesh *m = victim();
    const struct state_owner *of_foe = state_table_get(&m->state.table, &ids[FOE]);
    const struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[FOE].swarm.self);
    assert_true(m->state.table.bytes <= STATE_TABLE_BYTES_MAX);
    assert_true(m->state.table.count <= STATE_TABLE_OWNERS_MAX);
    assert_true(of_foe == NULL || (of_foe->count <= STATE_OWNER_KEYS_MAX &&
                                   of_foe->bytes <= STATE_OWNER_BYTES_MAX + STATE_OWNER_COST));
    assert_true(m->plumtree.cache.bytes <= PLUMTREE_CACHE_BYTES_MAX);
    assert_true(m->plumtree.seen.count <= PLUMTREE_ORIGINS_MAX);
    for (size_t i = 0; i < PLUMTREE_WANT_SLOTS; i++) {
        assert_true(m->plumtree.want.charged[i] <= PLUMTREE_WANT_PER_LINK_MAX);
    }
    assert_true(m->views.book.passive.count <= VIEWS_PASSIVE_MAX);
    assert_true(peer == NULL || peer->budget.used <= SWARM_PEER_BYTES);
    assert_true(mem_live_count() < ALLOCATIONS_MAX);
}

/* The foe comes in as anybody does. */
static void foe_joins(void)
{
    static struct views_msg m;
    int err = 0;
    struct conn *c = net_world_dial(&w, FOE, 0, &err);
    assert_non_null(c);
    net_ear_init(&foe, OVERLAY_NAME);
    overlay_stand_open_ear(&foe, c);
    sim_run_for(w.sim, TIMERS_SECOND);
    m = (struct views_msg){.kind = VIEWS_MSG_REQUEST,
                           .priority = VIEWS_MSG_ALONE,
                           .peer_count = 1,
                           .peers = {{.id = ids[FOE]}}};
    assert_true(say_views(&m));
    sim_run_for(w.sim, 100 * TIMERS_MS);
    assert_true(views_is_active(&victim()->views, &ids[FOE]));
}

static uint64_t shed(void)
{
    const struct mesh *m = victim();
    return m->state.stats.stale + m->state.stats.full + m->state.stats.shed +
           m->plumtree.stats.broken + m->plumtree.stats.shed + m->detector.stats.shed +
           m->detector.stats.refused + m->views.stats.shed;
}

static void talker_is_heard(size_t times)
{
    for (size_t i = 0; i < HONEST; i++) {
        assert_int_equal(heard[i], i == TALKER ? 0 : times);
    }
}

static void run(const struct attack *a, uint64_t seed)
{
    size_t said = 0;
    size_t sent = 0;
    start(seed);
    foe_joins();
    uint64_t broken = counter("overlay_links_broken_total");
    uint64_t before = shed();
    uint64_t talk_ns = sim_now(w.sim);
    bool is_open = true;
    while (sent < a->count && is_open) {
        for (size_t i = 0; i < a->burst && sent < a->count && is_open; i++) {
            is_open = a->once(sent++);
        }
        sim_run_for(w.sim, ROUND_NS);
        if (sim_now(w.sim) >= talk_ns) {
            talk_ns = sim_now(w.sim) + TIMERS_SECOND;
            assert_int_equal(overlay_broadcast(overlays[TALKER], UNIT_TEXT("hear"), NULL), 0);
            said++;
        }
        check_bounds();
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    print_message("%s: %zu, shed %llu, %s, %zu allocations live\n", a->name, sent,
                  (unsigned long long)(shed() - before), foe.closed > 0 ? "dropped" : "not dropped",
                  mem_live_count());
    assert_int_equal(foe.closed > 0, a->is_dropped);
    assert_int_equal(counter("overlay_links_broken_total") - broken, a->is_dropped ? 1 : 0);
    assert_int_equal(views_is_active(&victim()->views, &ids[FOE]), !a->is_dropped);
    assert_true(a->is_dropped || shed() - before > 0);
    assert_int_equal(overlay_broadcast(overlays[TALKER], UNIT_TEXT("hear"), NULL), 0);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    check_bounds();
    talker_is_heard(said + 1);
    for (size_t i = 0; i < HONEST; i++) {
        mesh_check(overlay_mesh(overlays[i]));
        assert_true(views_active_count(&overlay_mesh(overlays[i])->views) >= HONEST - 1);
    }
    stop();
}

static void whatever_a_neighbour_says_the_node_stays_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        run(&attacks[i], 60 + i);
    }
}

static bool is_closed(void *context)
{
    (void)context;
    return foe.closed > 0;
}

/* A neighbour that takes nothing off its stream holds what is meant for it up to a bound. */
static void who_never_reads_is_cut(void **state)
{
    (void)state;
    size_t sent = 0;
    start(90);
    foe_joins();
    foe.take_max = 0;
    uint64_t broken = counter("overlay_links_broken_total");
    while (foe.closed == 0 && sent < 200) {
        memcpy(big, &sent, sizeof sent);
        assert_int_equal(overlay_broadcast(overlays[0], span_of(big, sizeof big), NULL), 0);
        sent++;
        (void)endless_pings(sent); /* it is alive, and says so */
        sim_run_for(w.sim, 100 * TIMERS_MS);
        check_bounds();
    }
    print_message("cut after %zu KiB\n", sent * sizeof big / 1024);
    assert_true(sent * sizeof big > OVERLAY_OUT_MAX);
    assert_true(sent * sizeof big < 2 * OVERLAY_OUT_MAX + 1024 * 1024); /* and the windows' */
    assert_int_equal(counter("overlay_links_broken_total") - broken, 1);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    stop();
}

/* What services above send to it waits up to a bound of its own, and costs it no link. */
static void frames_from_above_wait_for_a_slow_neighbour_up_to_a_bound(void **state)
{
    (void)state;
    size_t sent = 0;
    int rc = 0;
    start(91);
    foe_joins();
    foe.take_max = 0;
    uint64_t broken = counter("overlay_links_broken_total");
    while ((rc = overlay_send(overlays[0], &ids[FOE], OVERLAY_ROUTE, span_of(big, 8192))) == 0) {
        assert_true(++sent < 10000);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    /* The stream's own buffer, and then at least the bound and at most one frame more. */
    assert_in_range(sent * 8192, OVERLAY_SEND_MAX, OVERLAY_SEND_MAX + 512 * 1024 + 2 * 8192);
    assert_int_equal(foe.closed, 0);
    assert_int_equal(overlay_send(overlays[0], &ids[FOE], OVERLAY_ROUTE,
                                  span_of(list, OVERLAY_FRAME_BODY_MAX + 1)),
                     WAVU_ERR_LIMIT);
    assert_int_equal(counter("overlay_links_broken_total"), broken);
    assert_int_equal(overlay_send(overlays[0], &ids[TALKER], OVERLAY_ROUTE, UNIT_TEXT("x")), 0);
    stop();
}

/* An old stream may still be ending when a new one comes; more at once nobody needs. */
static void streams_of_one_peer_are_few(void **state)
{
    (void)state;
    struct conn *c = NULL;
    int err = 0;
    start(91);
    c = net_world_dial(&w, FOE, 0, &err);
    assert_non_null(c);
    net_ear_init(&foe, OVERLAY_NAME);
    for (size_t i = 0; i < OVERLAY_INBOUND_MAX + 2; i++) { /* all in one turn */
        overlay_stand_open_ear(&foe, c);
    }
    assert_true(sim_run_until(w.sim, is_closed, NULL, 5 * TIMERS_SECOND));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(foe.closed >= 2 && foe.closed <= OVERLAY_INBOUND_MAX + 1);
    mesh_check(victim());
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(frames_from_above_wait_for_a_slow_neighbour_up_to_a_bound),
        UNIT(whatever_a_neighbour_says_the_node_stays_whole),
        UNIT(who_never_reads_is_cut),
        UNIT(streams_of_one_peer_are_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
