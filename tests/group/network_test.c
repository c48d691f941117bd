/* A network as a node has it: who belongs, tags between old and new logs, stored and loaded. */
#include "group/network.h"

#include "tests/base/unit.h"
#include "tests/support/members_world.h"

static uint8_t binding[32] = {1};

static struct overlay_id device_of(const struct members_world *w, int who)
{
    struct overlay_id id;

    memcpy(id.bytes, w->persons[who].devices[0].pair.public_key, sizeof id.bytes);
    return id;
}

static struct gate_link link_of(const struct members_world *w, int prover, int judge)
{
    return (struct gate_link){.binding = span_of(binding, sizeof binding),
                              .prover = device_of(w, prover),
                              .judge = device_of(w, judge)};
}

static void open_copy(struct network *n, const struct members_world *w)
{
    const struct members_op *genesis = w->log.ops[MEMBERS_GENESIS];

    assert_int_equal(network_init(n, w->signer, &w->random, span_of(genesis->bytes, genesis->len)),
                     0);
}

/* Let the copy have what the world has; returns what that changed. */
static unsigned follow(struct network *n, const struct members_world *w)
{
    for (uint32_t i = 1; i < w->log.op_count; i++) {
        enum members_fed fed = MEMBERS_KNOWN;

        assert_int_equal(
            members_feed(&n->log, span_of(w->log.ops[i]->bytes, w->log.ops[i]->len), 1, &fed), 0);
    }
    return network_settle(n);
}

static void revoke(struct members_world *w, int who)
{
    static uint8_t salts[256][MEMBERS_MSG_SALT_SIZE];
    struct members_msg m = members_world_revoke(w, who);
    uint8_t *salt = salts[w->log.op_count % 256];

    memcpy(salt, &w->log.op_count, sizeof w->log.op_count);
    m.salt = span_of(salt, MEMBERS_MSG_SALT_SIZE);
    members_world_by(w, 0, m);
}

static void world(struct members_world *w)
{
    members_world_open(w, &signer_ed25519, MEMBERS_MSG_ANY);
    for (int i = 1; i < 5; i++) {
        members_world_join(w, 0, i);
    }
}

static void test_who_belongs(void **state)
{
    (void)state;
    struct members_world w;
    static struct network n;

    world(&w);
    (void)members_world_invite(&w, 0, 5);
    open_copy(&n, &w);
    const struct overlay_id third = device_of(&w, 3);

    assert_int_equal(network_standing(&n, &third), NETWORK_STRANGER);
    assert_int_equal(follow(&n, &w), NETWORK_MEMBERS_CHANGED);
    assert_int_equal(network_standing(&n, &third), NETWORK_MEMBER);
    assert_true(network_guest(&n, w.persons[5].root.pair.public_key, NULL));
    assert_false(network_guest(&n, w.persons[3].root.pair.public_key, NULL));
    assert_int_equal(network_settle(&n), NETWORK_SAME);
    revoke(&w, 3);
    assert_int_equal(follow(&n, &w), NETWORK_MEMBERS_CHANGED | NETWORK_KEY_CHANGED);
    assert_int_equal(network_standing(&n, &third), NETWORK_STRANGER);
    network_clear(&n);
    members_world_close(&w);
}

static bool recognises(const struct network *judge, const struct network *prover,
                       const struct gate_link *link, size_t *key)
{
    uint8_t tags[NETWORK_MSG_TAGS_MAX][NETWORK_MSG_TAG_SIZE];
    size_t count = network_prove(prover, link, tags);

    return network_recognise(judge, link, tags, count, key);
}

static void test_tags_are_of_one_link_and_direction(void **state)
{
    (void)state;
    struct members_world w;
    static struct network n;
    uint8_t tags[NETWORK_MSG_TAGS_MAX][NETWORK_MSG_TAG_SIZE];
    size_t key = 0;

    world(&w);
    open_copy(&n, &w);
    (void)follow(&n, &w);
    struct gate_link link = link_of(&w, 1, 2);

    assert_int_equal(network_prove(&n, &link, tags), 1);
    assert_true(network_recognise(&n, &link, tags, 1, &key));
    const struct gate_link back = link_of(&w, 2, 1);
    assert_false(network_recognise(&n, &back, tags, 1, &key));
    const struct gate_link other = link_of(&w, 1, 3);
    assert_false(network_recognise(&n, &other, tags, 1, &key));
    binding[0] ^= 1; /* another connection */
    assert_false(network_recognise(&n, &link, tags, 1, &key));
    binding[0] ^= 1;
    assert_false(network_recognise(&n, &link, tags, 0, &key));
    network_clear(&n);
    members_world_close(&w);
}

static void test_laggards_come_back(void **state)
{
    (void)state;
    struct members_world w;
    static struct network old;
    static struct network young;
    uint8_t tag[1][NETWORK_MSG_TAG_SIZE];
    size_t key = 0;

    world(&w);
    open_copy(&old, &w);
    open_copy(&young, &w);
    (void)follow(&old, &w);
    (void)follow(&young, &w);
    const struct gate_link to_young = link_of(&w, 1, 2);
    const struct gate_link to_old = link_of(&w, 2, 1);

    for (unsigned changes = 1; changes <= NETWORK_KEYS_MAX; changes++) {
        revoke(&w, 4); /* each stands, whoever is out already */
        assert_int_equal(follow(&young, &w) & NETWORK_KEY_CHANGED, NETWORK_KEY_CHANGED);
        assert_true(recognises(&young, &old, &to_young, &key));
        assert_int_equal(key, changes < NETWORK_KEYS_MAX ? changes : NETWORK_KEY_FIRST);
        network_answer(&young, &to_old, key, tag[0]); /* under the key that it knows */
        assert_true(network_recognise(&old, &to_old, tag, 1, &key));
        /* Who has the younger log and opens shows the newest keys, and the first one. */
        assert_true(recognises(&old, &young, &to_old, &key));
    }
    /* To who is out not that: what is shown has nothing of what he knows. */
    const struct gate_link to_gone = link_of(&w, 2, 4);
    assert_false(recognises(&old, &young, &to_gone, &key));
    network_clear(&old);
    network_clear(&young);
    members_world_close(&w);
}

/* A member whom nobody may revoke alone removes its own device again and again, with another salt
 * each time: every discovery key that an absent one has is pushed out of who was there. Both find
 * together all the same, whoever opens. */
static void test_nobody_pushes_out_who_is_absent(void **state)
{
    (void)state;
    struct members_world w;
    static struct network absent;
    static struct network there;
    size_t key = 0;

    members_world_open(&w, &members_null_signer, MEMBERS_MSG_TWO);
    for (int i = 1; i < 5; i++) {
        members_world_join(&w, 0, i);
    }
    members_world_device(&w, 4);
    open_copy(&absent, &w);
    open_copy(&there, &w);
    for (unsigned i = 0; i < 70; i++) {
        uint8_t salt[MEMBERS_MSG_SALT_SIZE] = {(uint8_t)i, 7};
        struct members_msg m = members_world_remove(&w, 4, 1);

        if (i == 5) { /* not even with some of these already known */
            (void)follow(&absent, &w);
        }
        m.salt = span_of(salt, sizeof salt);
        (void)members_world_sign(&w, &w.persons[4].root, m);
        assert_int_equal(follow(&there, &w) & NETWORK_KEY_CHANGED, NETWORK_KEY_CHANGED);
    }
    const struct gate_link in = link_of(&w, 1, 2);
    const struct gate_link out = link_of(&w, 2, 1);

    assert_true(recognises(&there, &absent, &in, &key));
    assert_int_equal(key, NETWORK_KEY_FIRST);
    assert_true(recognises(&absent, &there, &out, &key));
    network_clear(&absent);
    network_clear(&there);
    members_world_close(&w);
}

/* Two revoke the same one at the same time, and each node hears of one of them: the members are the
 * same, the discovery keys are not. The log's hash says that there is something to talk about. */
static void test_the_hash_of_the_log(void **state)
{
    (void)state;
    struct members_world w;
    static struct network nodes[2];
    uint8_t hashes[3][NETWORK_LOG_HASH_SIZE];
    const struct members_op *ops[2] = {NULL};

    world(&w);
    for (int i = 0; i < 2; i++) {
        open_copy(&nodes[i], &w);
        (void)follow(&nodes[i], &w);
    }
    network_log_hash(&nodes[0], hashes[2]);
    const struct members_msg m = members_world_revoke(&w, 4);
    for (int i = 0; i < 2; i++) {
        const uint8_t salt[MEMBERS_MSG_SALT_SIZE] = {(uint8_t)i, 3};
        struct members_msg salted = m;

        salted.salt = span_of(salt, sizeof salt);
        ops[i] = members_world_by(&w, i, salted);
        enum members_fed fed = MEMBERS_KNOWN;
        assert_int_equal(members_feed(&nodes[i].log, span_of(ops[i]->bytes, ops[i]->len), 1, &fed),
                         0);
        (void)network_settle(&nodes[i]);
        network_log_hash(&nodes[i], hashes[i]);
        assert_memory_not_equal(hashes[i], hashes[2], NETWORK_LOG_HASH_SIZE);
    }
    assert_memory_equal(nodes[0].hash, nodes[1].hash, sizeof nodes[0].hash);
    assert_memory_not_equal(nodes[0].keys[0], nodes[1].keys[0], DISCOVERY_KEY_SIZE);
    assert_memory_not_equal(hashes[0], hashes[1], NETWORK_LOG_HASH_SIZE);
    for (int i = 0; i < 2; i++) {
        (void)follow(&nodes[i], &w);
        network_log_hash(&nodes[i], hashes[i]);
    }
    assert_memory_equal(hashes[0], hashes[1], NETWORK_LOG_HASH_SIZE);
    assert_memory_equal(nodes[0].keys[0], nodes[1].keys[0], DISCOVERY_KEY_SIZE);
    for (int i = 0; i < 2; i++) {
        network_clear(&nodes[i]);
    }
    members_world_close(&w);
}

static void test_stored_and_loaded(void **state)
{
    (void)state;
    struct members_world w;
    static struct network n;
    static struct network loaded;
    uint8_t keys[NETWORK_KEYS_SIZE_MAX];
    struct buf log;
    struct wr wr;

    world(&w);
    open_copy(&n, &w);
    (void)follow(&n, &w);
    revoke(&w, 4);
    (void)follow(&n, &w);
    buf_init(&log, MEMBERS_STORED_MAX);
    assert_int_equal(members_save(&n.log, &log), 0);
    wr_init(&wr, span_mut_of(keys, sizeof keys));
    network_save_keys(&n, &wr);
    assert_int_equal(wr_finish(&wr), 0);
    assert_int_equal(network_load(&loaded, w.signer, &w.random, buf_span(&log), wr_span(&wr)), 0);
    assert_int_equal(loaded.key_count, 2);
    assert_memory_equal(loaded.keys, n.keys, sizeof n.keys);
    assert_memory_equal(loaded.hash, n.hash, sizeof n.hash);
    network_clear(&loaded);

    assert_int_equal(network_load(&loaded, w.signer, &w.random, buf_span(&log), span_empty()),
                     WAVU_ERR_CORRUPT);
    assert_int_equal(
        network_load(&loaded, w.signer, &w.random, buf_span(&log), span_of(keys, wr.len - 1)),
        WAVU_ERR_CORRUPT);
    keys[0] = 2;
    assert_int_equal(network_load(&loaded, w.signer, &w.random, buf_span(&log), wr_span(&wr)),
                     WAVU_ERR_UNSUPPORTED);
    network_clear(&n);
    buf_clear(&log);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_who_belongs),         UNIT(test_tags_are_of_one_link_and_direction),
        UNIT(test_laggards_come_back),  UNIT(test_nobody_pushes_out_who_is_absent),
        UNIT(test_the_hash_of_the_log), UNIT(test_stored_and_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
