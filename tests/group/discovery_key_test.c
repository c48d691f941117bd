/* The discovery key of a log: as defined, the same for the same log, another after a revocation. */
#include "group/discovery_key.h"

#include "tests/base/unit.h"
#include "tests/support/members_world.h"

static void key_of(struct members_world *w, uint8_t key[DISCOVERY_KEY_SIZE])
{
    members_world_run(w);
    discovery_key_of(key, &w->state);
}

static void sign_revoke(struct members_world *w, int by, int who, uint8_t first)
{
    uint8_t salt[MEMBERS_MSG_SALT_SIZE] = {first};
    struct members_msg m = members_world_revoke(w, who);

    m.salt = span_of(salt, sizeof salt);
    members_world_by(w, by, m);
}

static void world(struct members_world *w)
{
    members_world_open(w, &signer_ed25519, MEMBERS_MSG_ANY);
    for (int i = 1; i < 5; i++) {
        members_world_join(w, 0, i);
    }
}

static void test_changes_with_each_revocation(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t keys[4][DISCOVERY_KEY_SIZE];

    world(&w);
    key_of(&w, keys[0]);
    members_world_say(&w, 1);
    key_of(&w, keys[1]);
    assert_memory_equal(keys[0], keys[1], DISCOVERY_KEY_SIZE);
    sign_revoke(&w, 0, 3, 9);
    key_of(&w, keys[2]);
    assert_memory_not_equal(keys[0], keys[2], DISCOVERY_KEY_SIZE);
    sign_revoke(&w, 0, 4, 5);
    key_of(&w, keys[3]);
    assert_memory_not_equal(keys[2], keys[3], DISCOVERY_KEY_SIZE);
    members_world_close(&w);
}

/* The log has grown since the state was found: that is the key's of the next time. */
static void test_what_came_since_plays_no_part(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t keys[3][DISCOVERY_KEY_SIZE];

    world(&w);
    key_of(&w, keys[0]);
    struct members_msg m = members_world_revoke(&w, 4);
    const struct members_msg_cut cut = m.cuts[0];

    for (int i = 0; i < 200; i++) { /* beyond what was allocated for the state */
        uint8_t salt[MEMBERS_MSG_SALT_SIZE] = {(uint8_t)i, 1};

        m.salt = span_of(salt, sizeof salt);
        m.cuts[0] = cut;
        (void)members_world_by(&w, 0, m);
    }
    discovery_key_of(keys[1], &w.state);
    assert_memory_equal(keys[0], keys[1], DISCOVERY_KEY_SIZE);
    key_of(&w, keys[2]);
    assert_memory_not_equal(keys[0], keys[2], DISCOVERY_KEY_SIZE);
    discovery_key_first(keys[1], members_network(&w.log));
    assert_memory_equal(keys[0], keys[1], DISCOVERY_KEY_SIZE);
    members_world_close(&w);
}

static void test_order_of_signing_plays_no_part(void **state)
{
    (void)state;
    uint8_t keys[2][DISCOVERY_KEY_SIZE];

    for (int i = 0; i < 2; i++) {
        struct members_world w;

        world(&w);
        sign_revoke(&w, 0, 3, i == 0 ? 9 : 5);
        sign_revoke(&w, 0, 4, i == 0 ? 5 : 9);
        key_of(&w, keys[i]);
        members_world_close(&w);
    }
    assert_memory_equal(keys[0], keys[1], DISCOVERY_KEY_SIZE); /* worlds are alike but for salts */
}

/* Knowing all but the salt is knowing nothing. */
static void test_the_revoked_cannot_follow(void **state)
{
    (void)state;
    uint8_t keys[2][DISCOVERY_KEY_SIZE];

    for (int i = 0; i < 2; i++) {
        struct members_world w;

        world(&w);
        sign_revoke(&w, 0, 3, (uint8_t)i);
        key_of(&w, keys[i]);
        members_world_close(&w);
    }
    assert_memory_not_equal(keys[0], keys[1], DISCOVERY_KEY_SIZE);
}

static void test_what_does_not_stand_changes_nothing(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t keys[2][DISCOVERY_KEY_SIZE];

    members_world_open(&w, &signer_ed25519, MEMBERS_MSG_TWO);
    members_world_join(&w, 0, 1);
    members_world_join(&w, 0, 2);
    key_of(&w, keys[0]);
    sign_revoke(&w, 1, 2, 7); /* alone: nobody has signed it, too */
    key_of(&w, keys[1]);
    assert_memory_equal(keys[0], keys[1], DISCOVERY_KEY_SIZE);
    members_world_close(&w);
}

/* kdf(network, "wavu network discovery 1", nothing, 32), written out with HMAC. */
static void test_definition(void **state)
{
    (void)state;
    static const char label[] = "wavu network discovery 1";
    const uint8_t len = sizeof label - 1;
    const uint8_t one = 1;
    struct members_world w;
    uint8_t key[DISCOVERY_KEY_SIZE];
    uint8_t extracted[HASH_SHA256_SIZE];
    uint8_t expected[HASH_SHA256_SIZE];

    world(&w);
    key_of(&w, key);
    hash_hmac_sha256(extracted, span_of(members_network(&w.log), 32), NULL, 0);
    const struct span info[] = {span_of(&len, 1), span_of(label, len), span_of(&one, 1)};

    hash_hmac_sha256(expected, span_of(extracted, sizeof extracted), info, 3);
    assert_memory_equal(key, expected, sizeof key);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_came_since_plays_no_part),       UNIT(test_changes_with_each_revocation),
        UNIT(test_order_of_signing_plays_no_part),      UNIT(test_the_revoked_cannot_follow),
        UNIT(test_what_does_not_stand_changes_nothing), UNIT(test_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
