/*
 * Group keys on nodes: founders, newcomers, who was away, who is put out; each with the log, a
 * store and timers, messages carried by hand. On virtual time.
 */
#include "group/epochs.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "tests/support/broadcasts.h"
#include "tests/support/group_world.h"
#include "tests/support/members_world.h"

#define NODES 5
#define MAIL_MAX 512

/* A message on its way. */
struct mail {
    size_t from;
    size_t to; /* NODES: all */
    bool has[NODES];
    uint64_t since;
    size_t len;
    uint8_t bytes[EPOCH_MSG_SIZE_MAX];
};

struct node {
    struct sim_host *host;
    struct port *port;
    struct store *store;
    struct network network;
    struct epochs *epochs;
    bool is_in;  /* the log says so, here */
    bool is_cut; /* nothing reaches it */
    bool is_ready;
    uint64_t sequence;
    uint8_t previous[ENTRY_ID_SIZE];
};

static struct sim *sim;
static struct members_world people;
static struct node nodes[NODES];
static struct aead *aead;
static struct mail *mails[MAIL_MAX];
static size_t mail_count;
static const uint8_t room[32] = {9};
static uint64_t tell_ns; /* what is for one is on its way so long */
static const struct signer *signer = &signer_ed25519;

static void post(size_t from, size_t to, struct span bytes)
{
    assert_true(mail_count < MAIL_MAX && bytes.len <= EPOCH_MSG_SIZE_MAX);
    struct mail *m = mem_new(sizeof *m);
    m->from = from;
    m->to = to;
    m->since = sim_now(sim);
    m->len = bytes.len;
    memcpy(m->bytes, bytes.ptr, bytes.len);
    mails[mail_count++] = m;
}

static size_t place_of(const struct node *n)
{
    return (size_t)(n - nodes);
}

static void on_say(void *context, struct span message)
{
    post(place_of(context), NODES, message);
}

static const uint8_t *device_of(size_t i)
{
    return people.persons[i].devices[0].pair.public_key;
}

static void on_tell(void *context, const uint8_t device[32], struct span message)
{
    for (size_t i = 0; i < NODES; i++) {
        if (memcmp(device_of(i), device, 32) == 0) {
            post(place_of(context), i, message);
        }
    }
}

/* What each has in the shared state. */
static struct buf published[NODES][EPOCHS_PUBLISHED];

static void on_publish(void *context, enum epochs_published what, struct span value)
{
    struct buf *own = &published[place_of(context)][what];

    buf_clear(own);
    assert_int_equal(buf_append(own, value), 0);
}

static void on_opened(void *context)
{
    (void)context;
}

static void on_ready(void *context, bool is_ready)
{
    struct node *n = context;
    n->is_ready = is_ready;
}

static size_t welcomes;

static void on_welcomed(void *context, const uint8_t device[32])
{
    (void)context;
    assert_non_null(device);
    welcomes++;
}

/* Node `i` learns the log as it stands now. */
static void see_log(size_t i)
{
    struct node *n = &nodes[i];
    enum members_fed fed = MEMBERS_KNOWN;
    for (uint32_t k = 1; k < people.log.op_count; k++) {
        const struct members_op *op = people.log.ops[k];
        assert_int_equal(members_feed(&n->network.log, span_of(op->bytes, op->len), 1, &fed), 0);
    }
    (void)network_settle(&n->network);
    epochs_members(n->epochs);
}

static void up(size_t i)
{
    struct node *n = &nodes[i];
    const struct epochs_config config = {.port = n->port,
                                         .store = n->store,
                                         .aead = aead,
                                         .signer = signer,
                                         .device = &people.persons[i].devices[0].pair,
                                         .network = &n->network,
                                         .number = 1,
                                         .user = {.say = on_say,
                                                  .tell = on_tell,
                                                  .publish = on_publish,
                                                  .opened = on_opened,
                                                  .ready = on_ready,
                                                  .welcomed = on_welcomed,
                                                  .context = n}};
    n->is_ready = false;
    assert_int_equal(epochs_new(&config, &n->epochs), 0);
    assert_int_equal(epochs_room(n->epochs, room), 0);
}

static void start(uint64_t seed, size_t members)
{
    sim = sim_new(seed);
    aead = aead_new();
    mail_count = 0;
    members_world_open(&people, &signer_ed25519, MEMBERS_MSG_ANY);
    for (int i = 1; i < NODES; i++) {
        people.persons[i].device_count = 0;
    }
    for (size_t i = 1; i < members; i++) {
        members_world_join(&people, 0, (int)i);
    }
    const struct members_op *genesis = people.log.ops[MEMBERS_GENESIS];
    for (size_t i = 0; i < NODES; i++) {
        struct node *n = &nodes[i];
        for (int k = 0; k < EPOCHS_PUBLISHED; k++) {
            buf_init(&published[i][k], EPOCH_MSG_SIZE_MAX);
        }
        *n = (struct node){.host = sim_host_new(sim, NULL)};
        n->port = sim_host_port(n->host);
        const struct store_config store = {.port = n->port, .kind = STORE_MEMORY};
        assert_int_equal(store_new(&store, &n->store), 0);
        assert_int_equal(network_init(&n->network, &signer_ed25519, &people.random,
                                      span_of(genesis->bytes, genesis->len)),
                         0);
    }
    for (size_t i = 0; i < members; i++) {
        up(i);
        nodes[i].is_in = true;
        see_log(i);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < mail_count; i++) {
        mem_free(mails[i]);
    }
    for (size_t i = 0; i < NODES; i++) {
        epochs_free(nodes[i].epochs);
        for (int k = 0; k < EPOCHS_PUBLISHED; k++) {
            buf_clear(&published[i][k]);
        }
        network_clear(&nodes[i].network);
        store_free(nodes[i].store);
    }
    members_world_close(&people);
    aead_free(aead);
    sim_free(sim);
}

/* Each message comes to each until it is taken. */
static void carry(void)
{
    for (size_t i = 0; i < NODES * NODES; i++) {
        const struct node *n = &nodes[i / NODES];

        for (int k = 0; k < EPOCHS_PUBLISHED; k++) {
            if (n->epochs != NULL && !n->is_cut && !nodes[i % NODES].is_cut) {
                epochs_published(n->epochs, device_of(i % NODES), (enum epochs_published)k,
                                 buf_span(&published[i % NODES][k]));
            }
        }
    }
    for (size_t i = 0; i < mail_count; i++) {
        struct mail *m = mails[i];
        for (size_t to = 0; to < NODES; to++) {
            struct node *n = &nodes[to];
            bool is_for = m->to == NODES || m->to == to;
            bool is_late = m->to != NODES && sim_now(sim) < m->since + tell_ns;
            if (to == m->from || m->has[to] || !is_for || is_late || n->epochs == NULL ||
                n->is_cut || nodes[m->from].is_cut) {
                continue;
            }
            m->has[to] = epochs_take(n->epochs, device_of(m->from), span_of(m->bytes, m->len),
                                     m->to == to) == 0;
        }
    }
}

static void run(uint64_t seconds)
{
    for (uint64_t i = 0; i < seconds * 5; i++) {
        sim_run_for(sim, TIMERS_SECOND / 5);
        carry();
    }
}

/* `by` writes, everybody in `readers` (bits) reads it, others do not. */
/* Node `i` opens what came in a broadcast that names `entry`. */
static int open_named(size_t i, struct span sealed, const struct entry *entry,
                      struct span_mut plain, struct entry *read)
{
    struct entry_proof_named by;
    const struct epoch_seal_came came = {.bytes = sealed, .by = &by};
    broadcasts_name(&by, entry, people.log.ops[MEMBERS_GENESIS]->id);
    return epochs_open(nodes[i].epochs, &came, plain, read);
}

static void write_and_read(size_t by, unsigned readers)
{
    uint8_t sealed[2048];
    struct entry entry = {.sequence = ++nodes[by].sequence};
    struct wr w;
    wr_init(&w, span_mut_of(sealed, sizeof sealed));
    memcpy(entry.room, room, sizeof room);
    memcpy(entry.device, device_of(by), 32);
    memcpy(entry.previous, nodes[by].previous, sizeof entry.previous);
    entry.content = UNIT_TEXT("habari");
    entry.has_content = true;
    entry.has_links = true;
    int rc = WAVU_ERR_AGAIN;
    for (int i = 0; i < 20 && rc == WAVU_ERR_AGAIN; i++) {
        rc = epochs_seal(nodes[by].epochs, &entry, &w);
        run(1);
    }
    assert_int_equal(rc, 0);
    entry_id(nodes[by].previous, &entry, people.log.ops[MEMBERS_GENESIS]->id);
    for (size_t i = 0; i < NODES; i++) {
        uint8_t plain[2048];
        struct entry read;
        if (i == by || nodes[i].epochs == NULL) {
            continue;
        }
        rc = open_named(i, wr_span(&w), &entry, span_mut_of(plain, sizeof plain), &read);
        assert_int_equal(rc == 0, (readers >> i) % 2);
    }
}

static void a_group_gets_its_keys(void **state)
{
    (void)state;
    start(1, 3);
    run(120);
    for (size_t i = 0; i < 3; i++) {
        assert_true(nodes[i].is_ready);
    }
    for (size_t i = 0; i < 3; i++) {
        write_and_read(i, 7u & ~(1u << i));
    }
    stop();
}

static void a_newcomer_reads_on_and_not_back(void **state)
{
    (void)state;
    uint8_t old[2048];
    struct entry read;
    struct wr w;
    start(2, 2);
    run(120);
    struct entry entry = {.sequence = 1, .has_content = true, .has_links = true};
    memcpy(entry.room, room, sizeof room);
    memcpy(entry.device, device_of(0), 32);
    entry.content = UNIT_TEXT("zamani");
    wr_init(&w, span_mut_of(old, sizeof old));
    int rc = epochs_seal(nodes[0].epochs, &entry, &w);
    run(1);
    rc = rc == WAVU_ERR_AGAIN ? epochs_seal(nodes[0].epochs, &entry, &w) : rc;
    assert_int_equal(rc, 0);
    nodes[0].sequence = 1;
    entry_id(nodes[0].previous, &entry, people.log.ops[MEMBERS_GENESIS]->id);
    members_world_join(&people, 0, 2);
    for (size_t i = 0; i < 2; i++) {
        see_log(i);
    }
    up(2);
    see_log(2);
    run(200);
    assert_true(nodes[2].is_ready);
    assert_true(welcomes > 0);
    uint8_t plain[2048];
    assert_true(open_named(2, wr_span(&w), &entry, span_mut_of(plain, sizeof plain), &read) < 0);
    write_and_read(0, 6);
    write_and_read(2, 3);
    stop();
}

static void who_is_put_out_reads_no_more(void **state)
{
    (void)state;
    start(3, 4);
    run(200);
    (void)members_world_sign(&people, &people.persons[0].devices[0],
                             members_world_revoke(&people, 3));
    for (size_t i = 0; i < 3; i++) {
        see_log(i);
    }
    assert_false(nodes[1].is_ready);
    epochs_hurry(nodes[1].epochs, false); /* somebody wants to write now */
    run(10);
    assert_true(nodes[1].is_ready);
    write_and_read(1, 5); /* and not 3, which was told nothing new */
    write_and_read(0, 6);
    stop();
}

/* The state in the store: how many parts, and their bytes. */
static size_t parts_of(size_t i, size_t *bytes)
{
    struct buf key;
    struct buf part;
    size_t count = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&part, STORE_VALUE_MAX);
    *bytes = 0;
    while (store_next(nodes[i].store, "epoch-1", span_empty(), &key, &part) == 0) {
        *bytes += part.len;
        count++;
    }
    buf_clear(&key);
    buf_clear(&part);
    return count;
}

static void keys_survive_restarts(void **state)
{
    (void)state;
    start(4, 3);
    run(120);
    write_and_read(1, 5);
    size_t bytes = 0;
    assert_true(parts_of(1, &bytes) > 2);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_flush(nodes[i].store), 0);
        epochs_free(nodes[i].epochs);
        up(i);
        see_log(i);
    }
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_true(nodes[i].is_ready);
    }
    write_and_read(1, 5);
    write_and_read(2, 3);
    stop();
}

/* Nobody answers: a change of one's own needs nobody's secret. */
static void who_is_not_answered_goes_on(void **state)
{
    (void)state;
    start(5, 3);
    nodes[2].is_cut = true;
    run(120);
    assert_true(nodes[0].is_ready && nodes[1].is_ready);
    nodes[2].is_cut = false;
    run(60);
    assert_true(nodes[0].is_ready && nodes[1].is_ready && nodes[2].is_ready);
    write_and_read(2, 3);
    write_and_read(0, 6);
    stop();
}

/* The store is full when the state is to be saved: it is saved whole, once there is room. */
static void a_state_is_saved_whole_or_not(void **state)
{
    (void)state;
    static uint8_t much[STORE_VALUE_MAX];
    start(6, 2);
    struct store *store = nodes[1].store;
    for (uint32_t i = 0; store_put(store, "much", span_of(&i, sizeof i),
                                   span_of(much, i < 100 ? sizeof much : 100)) == 0;
         i += i < 30 ? 1 : 100) {
    }
    run(200);
    assert_true(nodes[0].is_ready && nodes[1].is_ready);
    write_and_read(1, 1);
    assert_int_equal(store_flush(store), 0);
    epochs_free(nodes[1].epochs);
    up(1);
    see_log(1);
    run(5);
    write_and_read(1, 1);
    stop();
}

/* A newcomer's change outruns the operation that lets it in. */
static void what_comes_before_the_log_is_kept(void **state)
{
    (void)state;
    start(8, 2);
    run(120);
    members_world_join(&people, 0, 2);
    see_log(0); /* 1 has not heard of it */
    up(2);
    see_log(2);
    run(200);
    assert_true(nodes[2].is_ready);
    see_log(1);
    run(30);
    write_and_read(2, 3);
    write_and_read(1, 5);
    stop();
}

/* Three come at once, and ask each other as well: they make no change that nobody could read. */
static void newcomers_wait_little(void **state)
{
    (void)state;
    size_t shut_s = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        start(seed, 2);
        run(120);
        members_world_join(&people, 0, 2);
        members_world_join(&people, 0, 3);
        members_world_join(&people, 0, 4);
        for (size_t i = 0; i < NODES; i++) {
            if (i >= 2) {
                up(i);
            }
            see_log(i);
        }
        for (int i = 0; i < 20; i++) {
            run(1);
            for (size_t k = 0; k < NODES; k++) {
                shut_s += nodes[k].is_ready ? 0 : 1;
            }
        }
        stop();
    }
    assert_in_range(shut_s, 0, 250); /* less than 9 s for each of 30 */
}

static size_t bytes_of(size_t i)
{
    size_t bytes = 0;
    assert_true(parts_of(i, &bytes) > 0);
    return bytes;
}

/* When all write under the heads of now, what lies below is forgotten, long before seven days; one
 * that is away may still have something of it, so it is kept. */
static void what_all_have_passed_goes(void **state)
{
    (void)state;
    start(9, 3);
    run(120);
    nodes[2].is_cut = true;
    for (size_t i = 3; i < NODES; i++) { /* a change each */
        members_world_join(&people, 0, (int)i);
        see_log(0);
        see_log(1);
        up(i);
        see_log(i);
        if (i == 4) {
            see_log(3);
        }
        run(20);
        assert_true(nodes[i].is_ready);
    }
    run(400);
    size_t kept = bytes_of(0);
    nodes[2].is_cut = false;
    see_log(2);
    run(400);
    assert_true(nodes[2].is_ready);
    assert_in_range(bytes_of(0), 1, kept - 1000);
    for (size_t i = 0; i < NODES; i++) {
        write_and_read(i, 31u & ~(1u << i));
    }
    stop();
}

/* ---- Many messages ---- */

#define STEP_NS (20 * TIMERS_MS)
#define MANY 3000

/* `by` says something, if it may now; all others read it at once. */
static bool say_once(size_t by, size_t members)
{
    uint8_t sealed[512];
    struct entry entry = {.sequence = nodes[by].sequence + 1};
    struct wr w;
    wr_init(&w, span_mut_of(sealed, sizeof sealed));
    memcpy(entry.room, room, sizeof room);
    memcpy(entry.previous, nodes[by].previous, sizeof entry.previous);
    entry.content = UNIT_TEXT("habari");
    entry.has_content = true;
    entry.has_links = true;
    if (epochs_seal(nodes[by].epochs, &entry, &w) < 0) {
        return false;
    }
    nodes[by].sequence++;
    entry_id(nodes[by].previous, &entry, people.log.ops[MEMBERS_GENESIS]->id);
    for (size_t i = 0; i < members; i++) {
        uint8_t plain[512];
        struct entry read;
        if (i != by) {
            assert_int_equal(
                open_named(i, wr_span(&w), &entry, span_mut_of(plain, sizeof plain), &read), 0);
        }
    }
    return true;
}

/* Each says MANY, one in each step: the longest time in which one of them may not. */
static uint64_t longest_stop(uint64_t seed, size_t members)
{
    uint64_t longest = 0;
    uint64_t last[NODES];
    bool is_done = false;
    signer = &group_world_null_signer; /* of the real size, without its cost */
    start(seed, members);
    run(200);
    tell_ns = TIMERS_SECOND; /* wraps take their own way */
    for (size_t i = 0; i < NODES; i++) {
        last[i] = sim_now(sim);
    }
    while (!is_done) {
        sim_run_for(sim, STEP_NS);
        carry();
        is_done = true;
        for (size_t i = 0; i < members; i++) {
            uint64_t since = sim_now(sim) - last[i];
            if (nodes[i].sequence < MANY && say_once(i, members)) {
                longest = since > longest ? since : longest;
                last[i] = sim_now(sim);
            }
            assert_true(nodes[i].sequence == MANY || since < 60 * TIMERS_SECOND);
            is_done = is_done && nodes[i].sequence == MANY;
        }
    }
    tell_ns = 0;
    signer = &signer_ed25519;
    stop();
    return longest;
}

/* A chain has 1,024 generations. The ordinary: until the first block of them is on the disk. */
static void nobody_stops_while_keys_change(void **state)
{
    (void)state;
    assert_in_range(longest_stop(11, 2), STEP_NS, 5 * STEP_NS);
    assert_in_range(longest_stop(12, NODES), STEP_NS, 5 * STEP_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_group_gets_its_keys),
        UNIT(a_newcomer_reads_on_and_not_back),
        UNIT(who_is_put_out_reads_no_more),
        UNIT(keys_survive_restarts),
        UNIT(who_is_not_answered_goes_on),
        UNIT(a_state_is_saved_whole_or_not),
        UNIT(what_comes_before_the_log_is_kept),
        UNIT(newcomers_wait_little),
        UNIT(what_all_have_passed_goes),
        UNIT(nobody_stops_while_keys_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
