/*
 * The tokens of the hybrid's key share.
 */
#include "tests/base/unit.h"
#include "base/random.h"
#include "mux/multistream.h"
#include "net/key_share_msg.h"

static uint8_t first[NOISE_HYBRID_FIRST];
static uint8_t tokens[KEY_SHARE_MSG_SIZE];

static int make(void **state)
{
    struct random_seeded seeded;
    (void)state;
    random_seeded_init(&seeded, 3);
    const struct random random = random_from_seeded(&seeded);
    random_fill(&random, first, sizeof first);
    key_share_msg_encode(tokens, first);
    return 0;
}

static void what_is_carried_arrives(void **state)
{
    uint8_t got[NOISE_HYBRID_FIRST];
    (void)state;
    assert_int_equal(key_share_msg_decode(got, tokens), 0);
    assert_memory_equal(got, first, sizeof got);
    assert_int_equal(KEY_SHARE_MSG_SIZE, 1630);
}

/* To everybody else they are two names of protocols, which he refuses. */
static void others_read_two_proposals(void **state)
{
    struct multistream m;
    struct multistream_event event;
    struct span in = span_of(tokens, sizeof tokens);
    size_t used = 0;
    (void)state;
    multistream_init_responder(&m);
    assert_int_equal(multistream_feed(&m, UNIT_TEXT("\x13/multistream/1.0.0\n"), &used, &event), 0);
    for (size_t i = 0; i < KEY_SHARE_MSG_TOKENS; i++) {
        assert_int_equal(multistream_feed(&m, in, &used, &event), 0);
        assert_int_equal(event.kind, MULTISTREAM_PROPOSED);
        assert_int_equal(used, KEY_SHARE_MSG_TOKEN_SIZE);
        assert_int_equal(event.name.len, 1 + KEY_SHARE_MSG_TEXT);
        assert_int_equal(event.name.ptr[0], '/');
        for (size_t at = 1; at < event.name.len; at++) {
            const uint8_t c = event.name.ptr[at];
            assert_true((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z') || c == '-' || c == '_');
        }
        multistream_refuse(&m);
        in = span_slice(in, used, in.len);
    }
    assert_int_equal(in.len, 0);
    multistream_clear(&m);
}

/* There is one text for a message: whatever differs is refused, or is another message. */
static void every_changed_bit_is_refused_or_shows(void **state)
{
    uint8_t got[NOISE_HYBRID_FIRST];
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof tokens; bit++) {
        tokens[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const int rc = key_share_msg_decode(got, tokens);
        assert_true(rc == WAVU_ERR_PROTO || (rc == 0 && memcmp(got, first, sizeof got) != 0));
        tokens[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    static const size_t edges[] = {0, 1, 2, KEY_SHARE_MSG_TOKEN_SIZE - 1, KEY_SHARE_MSG_TOKEN_SIZE};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        const uint8_t was = tokens[edges[i]];
        tokens[edges[i]] = 'A';
        assert_int_equal(key_share_msg_decode(got, tokens), WAVU_ERR_PROTO);
        tokens[edges[i]] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_carried_arrives, make),
        cmocka_unit_test_setup(others_read_two_proposals, make),
        cmocka_unit_test_setup(every_changed_bit_is_refused_or_shows, make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
