/*
 * The code against a log that another program made from the page alone
 * (tests/support/vectors_log.py): each byte, each signature, and the state that it comes to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/secret.h"
#include "members/members_admit.h"
#include "members/members_state.h"
#include "members/members_write.h"
#include "tests/support/members_null.h"
#include "tests/support/vectors.h"

/* Sign `body` by the record's key, and compare with what stands there. */
static void assert_signed(struct vectors *v, const char *label, struct span body)
{
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    struct ed25519_pair pair;
    struct wr out;
    assert_true(span_is_equal(body, vectors_span(v, "body")));
    signer_id(id, label, body);
    assert_memory_equal(id, vectors_span(v, "id").ptr, sizeof id);
    ed25519_from_seed(&pair, vectors_span(v, "seed").ptr);
    signer_ed25519.sign(signer_ed25519.context, signature, &pair, label, body);
    wr_init(&out, span_mut_of(room, sizeof room));
    members_msg_encode_signed(&out, body, span_of(signature, sizeof signature));
    assert_int_equal(wr_finish(&out), 0);
    assert_true(span_is_equal(wr_span(&out), vectors_span(v, "signed")));
}

static void take_genesis(struct vectors *v, struct members *log, const struct random *random)
{
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg_genesis g;
    struct wr w;
    struct span name = vectors_text(v, "genesis");
    assert_int_equal(members_msg_decode_genesis(&g, vectors_span(v, "signed")), 0);
    assert_true(span_is_equal(g.name, name));
    assert_int_equal(g.policy, MEMBERS_MSG_INVITER);
    wr_init(&w, span_mut_of(room, sizeof room));
    members_msg_encode_genesis_body(&w, &g);
    assert_int_equal(wr_finish(&w), 0);
    assert_signed(v, members_msg_label_genesis, wr_span(&w));
    assert_int_equal(members_init(log, &signer_ed25519, random, vectors_span(v, "signed")), 0);
    assert_memory_equal(members_network(log), vectors_span(v, "id").ptr, MEMBERS_MSG_ID_SIZE);
}

/* The consent of the key that a DEVICE or SUCCEED makes. */
static void assert_consent(struct vectors *v, const struct members *log,
                           const struct members_msg *m)
{
    uint8_t consent[SIGNER_SIZE];
    struct ed25519_pair pair;
    ed25519_from_seed(&pair, vectors_span(v, "key").ptr);
    assert_memory_equal(pair.public_key, m->key.ptr, sizeof pair.public_key);
    if (vectors_has(v, "leaf")) {
        assert_true(span_is_equal(m->leaf, vectors_span(v, "leaf")));
        members_write_leaf_consent(consent, log, &pair, m->member.ptr, m->author.ptr, m->leaf.ptr);
    } else {
        assert_int_equal(m->leaf.len, 0);
        members_write_consent(consent, log, &pair, m->kind == MEMBERS_MSG_SUCCEED, m->member.ptr,
                              m->author.ptr);
    }
    assert_memory_equal(consent, m->consent.ptr, sizeof consent);
}

/* Returns whether it is an INVITE by a door. */
static bool take_operation(struct vectors *v, struct members *log, uint64_t *kind)
{
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg m;
    struct wr w;
    enum members_fed fed = MEMBERS_KNOWN;
    assert_int_equal(members_msg_decode(&m, vectors_span(v, "signed")), 0);
    struct span text = vectors_text(v, "kind");
    *kind = 0;
    for (size_t i = 0; i < text.len; i++) {
        *kind = *kind * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    assert_int_equal(m.kind, *kind);
    wr_init(&w, span_mut_of(room, sizeof room));
    members_msg_encode_body(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    assert_signed(v, members_msg_label_operation, wr_span(&w));
    assert_int_equal(vectors_has(v, "key"),
                     *kind == MEMBERS_MSG_DEVICE || *kind == MEMBERS_MSG_SUCCEED);
    if (vectors_has(v, "key")) {
        assert_consent(v, log, &m);
    }
    assert_int_equal(members_feed(log, vectors_span(v, "signed"), 1, &fed), 0);
    assert_int_equal(fed, MEMBERS_ADDED);
    return m.is_by_door;
}

/* Feed all backwards: what waits comes in with what it waited for. */
static void assert_backwards(const struct members *log, const struct random *random,
                             const uint8_t hash[HASH_SHA256_SIZE])
{
    struct members twin;
    struct members_state state;
    uint8_t other[HASH_SHA256_SIZE];
    const struct members_op *g = log->ops[MEMBERS_GENESIS];
    assert_int_equal(members_init(&twin, &signer_ed25519, random, span_of(g->bytes, g->len)), 0);
    for (uint32_t i = log->op_count - 1; i > 0; i--) {
        enum members_fed fed = MEMBERS_KNOWN;
        struct span bytes = span_of(log->ops[i]->bytes, log->ops[i]->len);
        assert_int_equal(members_feed(&twin, bytes, 1, &fed), 0);
    }
    assert_int_equal(twin.op_count, log->op_count);
    members_check(&twin);
    members_state_init(&state);
    members_state_run(&state, &twin);
    members_state_hash(&state, other);
    assert_memory_equal(other, hash, sizeof other);
    members_state_clear(&state);
    members_clear(&twin);
}

static void test_vectors(void **unused)
{
    (void)unused;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/members.txt");
    struct members log;
    struct members_state state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    uint8_t hash[HASH_SHA256_SIZE];
    uint32_t kinds = 0;
    uint32_t strange = 0;
    uint32_t doors = 0;
    bool has_state = false;
    assert_true(vectors_next(v));
    take_genesis(v, &log, &random);
    while (vectors_next(v)) {
        assert_false(has_state); /* it stands last */
        has_state = vectors_has(v, "state");
        if (!has_state) {
            uint64_t kind = 0;
            doors += take_operation(v, &log, &kind) ? 1 : 0;
            kinds |= kind <= MEMBERS_MSG_LEAVE ? 1u << kind : 0;
            strange += kind > MEMBERS_MSG_LEAVE ? 1 : 0;
            continue;
        }
        members_state_init(&state);
        members_state_run(&state, &log);
        members_state_hash(&state, hash);
        assert_memory_equal(hash, vectors_span(v, "state").ptr, sizeof hash);
    }
    assert_true(has_state);
    assert_int_equal(kinds, (1u << (MEMBERS_MSG_LEAVE + 1)) - 2); /* each at least once */
    assert_int_equal(strange, 1);
    assert_int_equal(doors, 1);
    assert_backwards(&log, &random, hash);
    members_state_clear(&state);
    members_clear(&log);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
    };
    if (secret_start() < 0) {
        return 1;
    }
    return cmocka_run_group_tests_name("members/members_vectors", tests, NULL, NULL);
}
