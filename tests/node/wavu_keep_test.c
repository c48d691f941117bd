/*
 * What a node keeps, through its lives: in the simulator, without seeds and discovery after the
 * first life. And what happens with homes that are not as they should be.
 */
#include "node/wavu_keep.h"

#include "node/wavu_keep_msg.h"
#include "store/store_key.h"
#include "tests/node/homes.h"
#include "wavu/os.h"

#define NODES 5

static struct homes h;

/* A mesh that was told one seed. */
static void begin(uint64_t seed, size_t count)
{
    homes_make(&h, seed, count);
    for (size_t i = 0; i < count; i++) {
        homes_start(&h, i, i > 0);
    }
    assert_true(homes_meet(&h, 60 * TIMERS_SECOND));
}

static void note(size_t i, const char *text)
{
    assert_int_equal(wavu_mesh_set(h.nodes[i], "note", text, strlen(text)), 0);
}

/* Does node `at` know `text` as the note of node `of`? */
static bool has_note(size_t at, size_t of, const char *text)
{
    struct span value;
    const struct overlay_id *id = &homes_mesh(&h, of)->config.self;
    return state_get(&homes_mesh(&h, at)->state, id, UNIT_TEXT("note"), &value) == 0 &&
           span_is_equal(value, span_from_text(text));
}

static void a_stopped_mesh_finds_itself_without_seeds(void **state)
{
    (void)state;
    begin(1, NODES);
    note(2, "mine");
    for (size_t i = 0; i < NODES; i++) {
        homes_stop(&h, i);
    }
    for (size_t i = 0; i < NODES; i++) {
        homes_start(&h, i, false);
    }
    assert_true(has_note(2, 2, "mine")); /* at once */
    assert_true(homes_meet(&h, 20 * TIMERS_SECOND));
    homes_say(&h, 3);
    assert_true(has_note(0, 2, "mine"));
    homes_end(&h);
}

static void one_that_was_away_finds_the_others(void **state)
{
    (void)state;
    begin(2, NODES);
    homes_stop(&h, 0); /* the seed of all */
    sim_run_for(h.sim, 300 * TIMERS_SECOND);
    homes_start(&h, 0, false);
    assert_true(homes_meet(&h, 20 * TIMERS_SECOND));
    homes_say(&h, 0);
    homes_end(&h);
}

/* The address that node `of` is reached at, as the peerbook of node `at` has it; HEARSAY: none. */
static enum peerbook_source source_of(size_t at, size_t of)
{
    struct peerbook_address addresses[PEERBOOK_ADDRESSES_MAX];
    struct multiaddr wanted;
    char text[64];
    (void)snprintf(text, sizeof text, "/ip4/10.0.0.%zu/tcp/9000", of + 1);
    assert_int_equal(multiaddr_parse(&wanted, span_from_text(text)), 0);
    size_t count = peerbook_addresses(&h.nodes[at]->swarm.peerbook, &h.nodes[of]->swarm.self,
                                      addresses, PEERBOOK_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (multiaddr_is_equal(&addresses[i].address, &wanted)) {
            return addresses[i].source;
        }
    }
    return PEERBOOK_HEARSAY;
}

static void the_peerbook_is_as_trusted_as_before(void **state)
{
    (void)state;
    enum peerbook_source before[NODES];
    begin(7, NODES);
    for (size_t i = 0; i < NODES; i++) {
        before[i] = i == 1 ? PEERBOOK_HEARSAY : source_of(1, i);
        assert_true(i == 1 || before[i] > PEERBOOK_HEARSAY);
    }
    assert_int_equal(before[0], PEERBOOK_CONNECTED); /* its seed */
    homes_stop(&h, 1);
    homes_start(&h, 1, false);
    for (size_t i = 0; i < NODES; i++) {
        assert_true(i == 1 || source_of(1, i) == before[i]); /* before any is met */
    }
    homes_end(&h);
}

static void a_crashed_mesh_finds_itself_without_seeds(void **state)
{
    (void)state;
    begin(3, NODES);
    note(1, "old");
    sim_run_for(h.sim, WAVU_KEEP_LOOK_NS + WAVU_KEEP_SLACK_NS + TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        homes_crash(&h, i);
    }
    for (size_t i = 0; i < NODES; i++) {
        homes_start(&h, i, false);
    }
    assert_true(has_note(1, 1, "old"));
    assert_true(homes_meet(&h, 20 * TIMERS_SECOND));
    homes_say(&h, 4);
    homes_end(&h);
}

/* The power goes a quarter of a second after two first met; neither is told a seed any more. */
static void a_first_meeting_is_kept_at_once(void **state)
{
    (void)state;
    begin(31, 2);
    sim_run_for(h.sim, WAVU_KEEP_SOON_NS + WAVU_KEEP_SOON_SLACK_NS + 50 * TIMERS_MS);
    homes_crash(&h, 0);
    homes_crash(&h, 1);
    homes_start(&h, 0, false);
    homes_start(&h, 1, false);
    assert_true(homes_meet(&h, 20 * TIMERS_SECOND));
    homes_end(&h);
}

/* Each of six nodes has a neighbour on the other side of a split in halves. */
static bool is_healed(void *context)
{
    struct wavu_mesh_status status;
    bool is_so = true;
    for (size_t i = 0; i < 6; i++) {
        is_so = is_so && wavu_mesh_status(h.nodes[i], &status) && status.neighbours > 2;
    }
    (void)context;
    return is_so;
}

/* All sides of a split forget nothing although all restart in it, some in good order, some not. */
static void a_split_heals_although_all_restart_in_it(void **state)
{
    (void)state;
    const size_t count = 6;
    for (uint64_t seed = 10; seed < 14; seed++) {
        begin(seed, count);
        sim_run_for(h.sim, 60 * TIMERS_SECOND);
        for (size_t i = 0; i < count; i++) {
            sim_cable_set_side(h.hosts[i], i % 2 == 0 ? 1 : 2);
        }
        sim_run_for(h.sim, 300 * TIMERS_SECOND);
        for (size_t i = 0; i < count; i++) {
            if (i < 3) {
                homes_stop(&h, i);
            } else {
                homes_crash(&h, i);
            }
            sim_run_for(h.sim, 10 * TIMERS_SECOND);
            homes_start(&h, i, false);
        }
        sim_run_for(h.sim, 240 * TIMERS_SECOND);
        for (size_t i = 0; i < count; i++) { /* still two meshes */
            struct wavu_mesh_status status;
            assert_true(wavu_mesh_status(h.nodes[i], &status));
            assert_true(status.neighbours <= 2);
        }
        for (size_t i = 0; i < count; i++) {
            sim_cable_set_side(h.hosts[i], 0);
        }
        assert_true(sim_run_until(h.sim, is_healed, NULL, 10 * TIMERS_SECOND));
        homes_say(&h, 1);
        homes_end(&h);
    }
}

/* The card and the battery of a Raspberry Pi: nothing new, nothing written, nobody woken, or
 * little. */
static void an_idle_node_looks_and_writes_seldom(void **state)
{
    (void)state;
    uint64_t before[NODES];
    uint64_t looks[NODES];
    begin(4, NODES);
    sim_run_for(h.sim, 60 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        before[i] = homes_commits(&h, i);
        looks[i] = homes_looks(&h, i);
    }
    sim_run_for(h.sim, 3600 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        uint64_t commits = homes_commits(&h, i) - before[i];
        assert_true(commits <= 60);
        assert_true(commits >= 1); /* our state says four times in an hour that we are there */
        /* One for each of those, and those for hearsay. */
        looks[i] = homes_looks(&h, i) - looks[i];
        assert_in_range(looks[i], 3600 * TIMERS_SECOND / WAVU_KEEP_HEARSAY_NS - 1, 20);
    }
    homes_end(&h);
}

/* However often something changes, there is one commit a look. */
static void a_busy_node_writes_once_a_look(void **state)
{
    (void)state;
    begin(5, 2);
    sim_run_for(h.sim, 30 * TIMERS_SECOND);
    uint64_t before = homes_commits(&h, 0);
    for (int i = 0; i < 600; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        note(0, text);
        sim_run_for(h.sim, TIMERS_SECOND / 10);
    }
    uint64_t commits = homes_commits(&h, 0) - before;
    assert_true(commits >= 60 * TIMERS_SECOND / (WAVU_KEEP_LOOK_NS + WAVU_KEEP_SLACK_NS) - 1);
    assert_true(commits <= 60 * TIMERS_SECOND / WAVU_KEEP_LOOK_NS + 1);
    homes_end(&h);
}

static void each_life_is_above_the_last(void **state)
{
    (void)state;
    uint64_t last = 0;
    homes_make(&h, 6, 1);
    for (int life = 0; life < 20; life++) {
        sim_host_set_skew(h.hosts[0], -(int64_t)life * 86400000); /* the clock goes back */
        homes_start(&h, 0, false);
        assert_true(wavu_keep_generation(h.nodes[0]->keep) > last);
        note(0, "x");
        assert_true(state_generation(&homes_mesh(&h, 0)->state) > last);
        last = state_generation(&homes_mesh(&h, 0)->state);
        if (life % 3 == 0) {
            homes_stop(&h, 0);
        } else {
            homes_crash(&h, 0); /* before the first look */
        }
    }
    homes_end(&h);
}

/* ---- Homes that are not as they should be ---- */

/* A home with a store in it, and nothing running. */
static void make_home(uint64_t seed)
{
    homes_make(&h, seed, 1);
    homes_start(&h, 0, false);
    note(0, "kept");
    homes_stop(&h, 0);
}

static void read_file(const char *name, struct buf *out)
{
    buf_init(out, 1 << 20);
    assert_true(sim_files_peek(h.hosts[0], name, out));
}

/* The node refuses to start over `file`, and leaves the store as it is. */
static void refuses(int err, const char *file)
{
    struct buf before;
    struct buf after;
    read_file(STORE_FILE, &before);
    assert_int_equal(homes_try(&h, 0, false), err);
    assert_string_equal(h.failed_file, file);
    sim_run_for(h.sim, TIMERS_SECOND);
    read_file(STORE_FILE, &after);
    assert_true(span_is_equal(buf_span(&before), buf_span(&after)));
    buf_clear(&before);
    buf_clear(&after);
}

static void a_damaged_store_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct buf good;
    make_home(20);
    read_file(STORE_FILE, &good);
    for (size_t at = 0; at < good.len; at += 997) {
        good.ptr[at] ^= 0x10;
    }
    sim_files_put(h.hosts[0], STORE_FILE, buf_span(&good));
    refuses(WAVU_ERR_CORRUPT, STORE_FILE);
    for (size_t at = 0; at < good.len; at += 997) {
        good.ptr[at] ^= 0x10;
    }
    sim_files_put(h.hosts[0], STORE_FILE, buf_span(&good));
    homes_start(&h, 0, false); /* restored from a backup */
    assert_true(has_note(0, 0, "kept"));
    buf_clear(&good);
    homes_end(&h);
}

static void another_key_is_refused_and_nothing_lost(void **state)
{
    (void)state;
    uint8_t other[STORE_KEY_SIZE] = {1, 2, 3};
    struct buf key;
    make_home(21);
    read_file(STORE_KEY_FILE, &key);
    sim_files_put(h.hosts[0], STORE_KEY_FILE, span_of(other, sizeof other));
    refuses(WAVU_ERR_CORRUPT, STORE_FILE);
    sim_files_put(h.hosts[0], STORE_KEY_FILE, span_of(other, sizeof other - 1));
    refuses(WAVU_ERR_CORRUPT, STORE_KEY_FILE);
    sim_files_put(h.hosts[0], STORE_KEY_FILE, buf_span(&key));
    homes_start(&h, 0, false);
    assert_true(has_note(0, 0, "kept"));
    buf_clear(&key);
    homes_end(&h);
}

/* Open the home's store beside any node. */
static struct store *open_store(void)
{
    uint8_t key[STORE_KEY_SIZE];
    struct store *store = NULL;
    struct store_config config = {
        .port = sim_host_port(h.hosts[0]), .kind = STORE_DISK, .key = key};
    assert_int_equal(store_key_open(key, config.port, span_empty()), 0);
    assert_int_equal(store_new(&config, &store), 0);
    assert_int_equal(store_open(store), 0);
    return store;
}

static void a_store_that_another_has_is_refused(void **state)
{
    (void)state;
    make_home(22);
    struct store *other = open_store();
    refuses(WAVU_ERR_IN_USE, STORE_FILE);
    store_free(other);
    homes_start(&h, 0, false);
    wavu_node_shut(h.nodes[0]);
    other = open_store(); /* who goes down has let go of it */
    store_free(other);
    homes_end(&h);
}

/* Every value of `table` gets another first byte. */
static void set_versions(const char *table, uint8_t version)
{
    struct store *store = open_store();
    struct buf key;
    struct buf value;
    size_t count = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (store_next(store, table, span_empty(), &key, &value) == 0) {
        value.ptr[0] = version;
        assert_int_equal(store_put(store, table, buf_span(&key), buf_span(&value)), 0);
        count++;
    }
    assert_true(count > 0);
    assert_int_equal(store_flush(store), 0);
    store_free(store);
    buf_clear(&key);
    buf_clear(&value);
}

static void newer_values_of_ours_are_refused(void **state)
{
    (void)state;
    static const char *const tables[] = {"life", "state"};
    make_home(23);
    for (size_t i = 0; i < 2; i++) {
        set_versions(tables[i], WAVU_KEEP_MSG_VERSION + 1);
        refuses(WAVU_ERR_UNSUPPORTED, STORE_FILE);
        set_versions(tables[i], 0);
        refuses(WAVU_ERR_CORRUPT, STORE_FILE);
        set_versions(tables[i], WAVU_KEEP_MSG_VERSION);
    }
    homes_start(&h, 0, false);
    assert_true(has_note(0, 0, "kept"));
    homes_end(&h);
}

/* A state that does not verify is nobody's: refused, until it is put right. */
static void a_forged_state_is_refused(void **state)
{
    (void)state;
    struct buf key;
    struct buf value;
    make_home(27);
    for (int i = 0; i < 2; i++) {
        struct store *store = open_store();
        buf_init(&key, STORE_KEY_MAX);
        buf_init(&value, STORE_VALUE_MAX);
        assert_int_equal(store_next(store, "state", span_empty(), &key, &value), 0);
        value.ptr[value.len - 1] ^= 1; /* of the last signature; then back */
        assert_int_equal(store_put(store, "state", buf_span(&key), buf_span(&value)), 0);
        assert_int_equal(store_flush(store), 0);
        store_free(store);
        buf_clear(&key);
        buf_clear(&value);
        if (i == 0) {
            assert_int_equal(homes_try(&h, 0, false), WAVU_ERR_CORRUPT);
            assert_string_equal(h.failed_file, STORE_FILE);
        }
    }
    homes_start(&h, 0, false);
    assert_true(has_note(0, 0, "kept"));
    homes_end(&h);
}

static void newer_values_about_peers_are_left_alone(void **state)
{
    (void)state;
    begin(24, 2);
    homes_stop(&h, 0);
    set_versions("views", WAVU_KEEP_MSG_VERSION + 1);
    set_versions("peers", WAVU_KEEP_MSG_VERSION + 1);
    homes_stop(&h, 1); /* or it would be met again and written anew */
    homes_start(&h, 0, false);
    sim_run_for(h.sim, 60 * TIMERS_SECOND);
    homes_stop(&h, 0);
    set_versions("views", WAVU_KEEP_MSG_VERSION); /* they are still there */
    set_versions("peers", WAVU_KEEP_MSG_VERSION);
    homes_start(&h, 1, false);
    homes_start(&h, 0, false);
    assert_true(homes_meet(&h, 60 * TIMERS_SECOND));
    homes_end(&h);
}

static void a_full_disk_is_refused_at_the_start_and_survived_later(void **state)
{
    (void)state;
    homes_make(&h, 25, 1);
    sim_files_set_room(h.hosts[0], 64); /* for the keys */
    assert_int_equal(homes_try(&h, 0, false), WAVU_ERR_NO_SPACE);
    assert_string_equal(h.failed_file, STORE_FILE);
    sim_files_set_room(h.hosts[0], UINT64_MAX);
    homes_start(&h, 0, false);
    sim_files_set_fault(h.hosts[0], SIM_DISK_FULL);
    note(0, "late");
    sim_run_for(h.sim, 600 * TIMERS_SECOND);
    sim_files_set_fault(h.hosts[0], SIM_DISK_SOUND);
    sim_run_for(h.sim, STORE_RETRY_NS_MAX * 2);
    homes_crash(&h, 0);
    homes_start(&h, 0, false);
    assert_true(has_note(0, 0, "late"));
    homes_end(&h);
}

static void an_ephemeral_node_writes_nothing(void **state)
{
    (void)state;
    const struct wavu_mesh_config mesh = {.has_discovery = false};
    homes_make(&h, 26, 1);
    const struct wavu_config config = {
        .port = sim_host_port(h.hosts[0]), .is_ephemeral = true, .mesh = &mesh};
    assert_int_equal(wavu_node_new(&config, &h.nodes[0]), 0);
    note(0, "x");
    sim_run_for(h.sim, 60 * TIMERS_SECOND);
    assert_true(homes_commits(&h, 0) > 0); /* into memory */
    homes_stop(&h, 0);
    assert_int_equal(sim_files_changes(h.hosts[0]), 0);
    homes_end(&h);
}

static void a_node_without_a_home_keeps_in_memory(void **state)
{
    (void)state;
    static const uint8_t seed[WAVU_SEED_SIZE] = {9};
    const struct wavu_mesh_config mesh = {.has_discovery = false};
    struct wavu_node *node = NULL;
    struct wavu_os *os = wavu_os_new();
    assert_non_null(os);
    struct port *port = wavu_os_port_new(os, NULL);
    const struct wavu_config config = {.port = port, .seed = seed, .mesh = &mesh};
    assert_int_equal(wavu_node_new(&config, &node), 0);
    assert_non_null(node->store.store);
    wavu_node_shut(node);
    assert_null(node->store.store);
    wavu_node_free(node);
    wavu_os_port_free(port);
    wavu_os_free(os);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_stopped_mesh_finds_itself_without_seeds),
        UNIT(one_that_was_away_finds_the_others),
        UNIT(the_peerbook_is_as_trusted_as_before),
        UNIT(a_crashed_mesh_finds_itself_without_seeds),
        UNIT(a_first_meeting_is_kept_at_once),
        UNIT(a_split_heals_although_all_restart_in_it),
        UNIT(an_idle_node_looks_and_writes_seldom),
        UNIT(a_busy_node_writes_once_a_look),
        UNIT(each_life_is_above_the_last),
        UNIT(a_damaged_store_is_refused_and_left_alone),
        UNIT(another_key_is_refused_and_nothing_lost),
        UNIT(a_store_that_another_has_is_refused),
        UNIT(newer_values_of_ours_are_refused),
        UNIT(a_forged_state_is_refused),
        UNIT(newer_values_about_peers_are_left_alone),
        UNIT(a_full_disk_is_refused_at_the_start_and_survived_later),
        UNIT(an_ephemeral_node_writes_nothing),
        UNIT(a_node_without_a_home_keeps_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
