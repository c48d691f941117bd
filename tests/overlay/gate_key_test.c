/*
 * Proofs of a network of one key: what they are made of, and that each part counts.
 */
#include "overlay/gate_key.h"

#include "base/wr.h"
#include "tests/base/unit.h"

static const struct overlay_id alice = {.bytes = {1}};
static const struct overlay_id bob = {.bytes = {2}};
static const struct overlay_id carol = {.bytes = {3}};
static const uint8_t red[GATE_KEY_SIZE] = {7};
static const uint8_t blue[GATE_KEY_SIZE] = {8};

/* Made with Python's hmac: HMAC(07.., "wavu overlay member 1" | 01.. | 02.. | 09..). */
static void a_tag_is_as_written_down(void **state)
{
    (void)state;
    static const char wanted[] = "f87bb591d8b2851793527d8dc0c7f6d41d0b990f46deb7bad325a72c37e92548";
    uint8_t key[GATE_KEY_SIZE];
    uint8_t binding[32];
    uint8_t tag[GATE_TAG_SIZE];
    char text[2 * GATE_TAG_SIZE + 1] = "";
    struct gate_link link = {.binding = span_of(binding, sizeof binding)};
    struct wr w;
    memset(key, 7, sizeof key);
    memset(binding, 9, sizeof binding);
    memset(link.prover.bytes, 1, sizeof link.prover.bytes);
    memset(link.judge.bytes, 2, sizeof link.judge.bytes);
    gate_tag(tag, key, &link);
    wr_init(&w, span_mut_of(text, sizeof text - 1));
    wr_hex(&w, span_of(tag, sizeof tag));
    assert_string_equal(text, wanted);
}

static bool takes(const struct gate_key *k, struct gate_link link, const uint8_t *tag)
{
    uint8_t tags[2][GATE_TAG_SIZE] = {{0xff}};
    memcpy(tags[1], tag, sizeof tags[1]);
    return k->network.recognise(k->network.context, &link, tags, 2);
}

static void a_proof_is_good_for_one_link_and_direction(void **state)
{
    (void)state;
    const struct gate_link link = {
        .binding = UNIT_TEXT("this link"), .prover = alice, .judge = bob};
    const struct gate_link others[] = {
        {.binding = link.binding, .prover = carol, .judge = bob},              /* stolen */
        {.binding = link.binding, .prover = bob, .judge = alice},              /* sent back */
        {.binding = link.binding, .prover = alice, .judge = carol},            /* passed on */
        {.binding = UNIT_TEXT("the next one"), .prover = alice, .judge = bob}, /* replayed */
        {.binding = span_empty(), .prover = alice, .judge = bob},
    };
    struct gate_key at_alice;
    struct gate_key at_bob;
    struct gate_key elsewhere;
    uint8_t tags[GATE_TAGS_MAX][GATE_TAG_SIZE];
    gate_key_init(&at_alice, red);
    gate_key_init(&at_bob, red);
    gate_key_init(&elsewhere, blue);
    assert_int_equal(at_alice.network.prove(at_alice.network.context, &link, tags), 1);
    assert_true(takes(&at_bob, link, tags[0]));
    assert_false(takes(&elsewhere, link, tags[0]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(takes(&at_bob, others[i], tags[0]));
    }
    for (size_t bit = 0; bit < 8 * GATE_TAG_SIZE; bit++) {
        tags[0][bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(takes(&at_bob, link, tags[0]));
        tags[0][bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    gate_key_clear(&at_bob);
    for (size_t i = 0; i < sizeof at_bob.bytes; i++) {
        assert_int_equal(at_bob.bytes[i], 0);
    }
}

static void without_a_key_it_is_the_open_network(void **state)
{
    (void)state;
    struct gate_key k;
    gate_key_init(&k, NULL);
    assert_null(k.network.prove);
    assert_null(k.network.recognise);
    assert_null(k.network.is_member); /* whoever comes belongs to it */
    gate_key_init(&k, red);
    assert_null(k.network.is_member);
    gate_key_clear(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_tag_is_as_written_down),
        UNIT(a_proof_is_good_for_one_link_and_direction),
        UNIT(without_a_key_it_is_the_open_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
