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

static struct network_link link_of(const struct members_world *w, int prover, int judge)
{
    return (struct network_link){.binding = span_of(binding, sizeof binding),
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
                       const struct network_link *link, size_t *key)
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
    struct network_link link = link_of(&w, 1, 2);

    assert_int_equal(network_prove(&n, &link, tags), 1);
    assert_true(network_recognise(&n, &link, tags, 1, &key));
    const struct network_link back = link_of(&w, 2, 1);
    assert_false(network_recognise(&n, &back, tags, 1, &key));
    const struct network_link other = link_of(&w, 1, 3);
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
    const struct network_link to_young = link_of(&w, 1, 2);
    const struct network_link to_old = link_of(&w, 2, 1);

    for (unsigned changes = 1; changes <= NETWORK_KEYS_MAX; changes++) {
        revoke(&w, 4); /* each stands, whoever is out already */
        assert_int_equal(follow(&young, &w) & NETWORK_KEY_CHANGED, NETWORK_KEY_CHANGED);
        assert_int_equal(recognises(&young, &old, &to_young, &key), changes < NETWORK_KEYS_MAX);
        if (changes < NETWORK_KEYS_MAX) { /* it is answered under the key that it knows */
            assert_int_equal(key, changes);
            network_answer(&young, &to_old, key, tag[0]);
            assert_true(network_recognise(&old, &to_old, tag, 1, &key));
        }
        /* Who has the younger log and opens shows four keys. */
        assert_int_equal(recognises(&old, &young, &to_old, &key), changes < NETWORK_MSG_TAGS_MAX);
    }
    network_clear(&old);
    network_clear(&young);
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
        UNIT(test_who_belongs),
        UNIT(test_tags_are_of_one_link_and_direction),
        UNIT(test_laggards_come_back),
        UNIT(test_stored_and_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
