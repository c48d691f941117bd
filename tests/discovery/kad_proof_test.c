/* Signed answers: whatever is changed breaks the proof; and the puzzle of keys. */
#include "discovery/kad_proof.h"

#include "crypto/secret.h"
#include "tests/base/unit.h"

static struct ed25519_pair pair;
static struct peerid answerer;
static struct kad_proof question;
static uint8_t bytes[512];
static struct kad_msg answer;

/* A signed answer, read back. Returns its bytes. */
static struct span make(void)
{
    static const uint8_t seed[ED25519_SEED_SIZE] = {5};
    uint8_t proof[KAD_MSG_PROOF_SIZE];
    struct wr w;
    question =
        (struct kad_proof){.nonce = {9, 8, 7}, .type = KAD_MSG_FIND_NODE, .key = UNIT_TEXT("key")};
    assert_int_equal(secret_start(), 0);
    ed25519_from_seed(&pair, seed);
    keys_peerid(&answerer, &pair);
    question.asker = answerer;
    question.asker.bytes[10] ^= 1;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&w, question.type, question.key);
    kad_msg_write_nearer(&w, &(struct kad_msg_peer){.id = UNIT_TEXT("some peer")});
    kad_proof_make(proof, &pair, &question, wr_span(&w));
    kad_msg_write_proof(&w, proof);
    assert_int_equal(kad_msg_decode(&answer, wr_span(&w)), 0);
    return wr_span(&w);
}

static int check(struct span key, struct span whole)
{
    question.key = key;
    return kad_proof_check(&question, &answerer, &answer, whole);
}

static void an_answer_proves_itself(void **state)
{
    (void)state;
    assert_int_equal(check(UNIT_TEXT("key"), make()), 0);
}

static void what_is_changed_does_not_hold(void **state)
{
    (void)state;
    struct span whole = make();
    assert_int_equal(check(UNIT_TEXT("kez"), whole), WAVU_ERR_CRYPTO);
    question.nonce[0]++;
    assert_int_equal(check(UNIT_TEXT("key"), whole), WAVU_ERR_CRYPTO);
    question.nonce[0]--;
    question.asker.bytes[20]++;
    assert_int_equal(check(UNIT_TEXT("key"), whole), WAVU_ERR_CRYPTO);
    question.asker.bytes[20]--;
    for (size_t i = 0; i < answer.proven; i++) {
        bytes[i] ^= 4;
        assert_int_equal(check(UNIT_TEXT("key"), whole), WAVU_ERR_CRYPTO);
        bytes[i] ^= 4;
    }
    answerer.bytes[12]++;
    assert_int_equal(check(UNIT_TEXT("key"), whole), WAVU_ERR_CRYPTO);
    answer.proof = span_empty();
    assert_int_equal(check(UNIT_TEXT("key"), whole), WAVU_ERR_PROTO);
}

static void other_kinds_of_ids_prove_nothing(void **state)
{
    (void)state;
    struct span whole = make();
    answerer = (struct peerid){.len = 34, .bytes = {0x12, 0x20, 1, 2, 3}};
    assert_int_equal(check(UNIT_TEXT("key"), whole), WAVU_ERR_CRYPTO);
}

/* Counted with sha256sum: ids whose hash begins with so many zero bits. */
static void the_puzzle_counts_zero_bits(void **state)
{
    (void)state;
    unsigned solved = 0;
    struct peerid id = {.len = 38, .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20}};
    for (unsigned i = 0; i < 4096; i++) {
        id.bytes[6] = (uint8_t)i;
        id.bytes[7] = (uint8_t)(i >> 8);
        solved += kad_proof_puzzle(&id) >= 4 ? 1 : 0;
    }
    assert_in_range(solved, 4096 / 16 - 60, 4096 / 16 + 60);
    id.bytes[6] = 0;
    id.bytes[7] = 0;
    struct peerid hashed = {.len = 34, .bytes = {0x12, 0x20}};
    assert_int_equal(kad_proof_puzzle(&hashed), 1); /* SHA-256 of 32 zero bytes is 66687aad... */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_answer_proves_itself),
        UNIT(what_is_changed_does_not_hold),
        UNIT(other_kinds_of_ids_prove_nothing),
        UNIT(the_puzzle_counts_zero_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
