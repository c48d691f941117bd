/*
 * Proofs of a network: what they are made of, and that each part counts.
 */
#include "tests/base/unit.h"

#include "base/wr.h"
#include "overlay/overlay_gate.h"

static const struct overlay_id alice = {.bytes = {1}};
static const struct overlay_id bob = {.bytes = {2}};
static const struct overlay_gate_invited all = {.is_invited = NULL};

/* Made with Python's hmac: HMAC(07.., "wavu overlay member 1" | 01.. | 02.. | 09..). */
static void a_tag_is_as_written_down(void **state)
{
    (void)state;
    static const char wanted[] = "f87bb591d8b2851793527d8dc0c7f6d41d0b990f46deb7bad325a72c37e92548";
    uint8_t key[OVERLAY_GATE_KEY_SIZE];
    uint8_t binding[32];
    uint8_t tag[VIEWS_MSG_TAG_SIZE];
    char text[2 * VIEWS_MSG_TAG_SIZE + 1] = "";
    struct overlay_id prover;
    struct overlay_id judge;
    struct wr w;
    memset(key, 7, sizeof key);
    memset(binding, 9, sizeof binding);
    memset(prover.bytes, 1, sizeof prover.bytes);
    memset(judge.bytes, 2, sizeof judge.bytes);
    overlay_gate_tag(tag, key, span_of(binding, sizeof binding), &prover, &judge);
    wr_init(&w, span_mut_of(text, sizeof text - 1));
    wr_hex(&w, span_of(tag, sizeof tag));
    assert_string_equal(text, wanted);
}

/* Two ends of a link whose binding is `link`; NULL: it is gone. */
static const char *link_now;

static struct span binding(void *context, const struct overlay_id *peer)
{
    (void)context;
    (void)peer;
    return link_now != NULL ? span_from_text(link_now) : span_empty();
}

static struct overlay_gate gate_of(const struct overlay_id *self, const uint8_t *key)
{
    struct overlay_gate g;
    overlay_gate_init(&g, self, key, all);
    g.binding = binding;
    return g;
}

static void the_other_end_of_the_link_is_believed_and_nobody_else(void **state)
{
    (void)state;
    const uint8_t key[OVERLAY_GATE_KEY_SIZE] = {1};
    const uint8_t other_key[OVERLAY_GATE_KEY_SIZE] = {2};
    const struct overlay_id carol = {.bytes = {3}};
    struct overlay_gate a = gate_of(&alice, key);
    struct overlay_gate b = gate_of(&bob, key);
    struct overlay_gate x = gate_of(&bob, other_key);
    struct views_gate at_a = overlay_gate_ops(&a);
    struct views_gate at_b = overlay_gate_ops(&b);
    struct views_gate at_x = overlay_gate_ops(&x);
    uint8_t tag[VIEWS_MSG_TAG_SIZE];
    link_now = "handshake one";
    assert_true(at_a.prove(at_a.context, &bob, tag));
    assert_int_equal(at_b.judge(at_b.context, &alice, tag), VIEWS_MSG_UNSAID);
    assert_int_equal(at_x.judge(at_x.context, &alice, tag), VIEWS_MSG_WRONG_NETWORK);
    assert_int_equal(at_b.judge(at_b.context, &carol, tag), VIEWS_MSG_WRONG_NETWORK); /* stolen */
    assert_int_equal(at_a.judge(at_a.context, &bob, tag), VIEWS_MSG_WRONG_NETWORK); /* sent back */
    assert_int_equal(at_b.judge(at_b.context, &alice, NULL), VIEWS_MSG_WRONG_NETWORK);
    link_now = "handshake two";
    assert_int_equal(at_b.judge(at_b.context, &alice, tag), VIEWS_MSG_WRONG_NETWORK); /* replayed */
    link_now = NULL;
    assert_false(at_a.prove(at_a.context, &bob, tag));
    assert_int_equal(at_b.judge(at_b.context, &alice, tag), VIEWS_MSG_WRONG_NETWORK);
    a.binding = NULL; /* a world without handshakes: the ids bind */
    b.binding = NULL;
    assert_true(at_a.prove(at_a.context, &bob, tag));
    assert_int_equal(at_b.judge(at_b.context, &alice, tag), VIEWS_MSG_UNSAID);
    for (size_t i = 0; i < sizeof tag; i++) {
        tag[i] ^= 0x80;
        assert_int_equal(at_b.judge(at_b.context, &alice, tag), VIEWS_MSG_WRONG_NETWORK);
        tag[i] ^= 0x80;
    }
    overlay_gate_clear(&a);
    overlay_gate_clear(&b);
    overlay_gate_clear(&x);
}

static bool is_alice(void *context, const struct overlay_id *peer)
{
    (*(size_t *)context)++;
    return overlay_id_is_equal(peer, &alice);
}

static void invitations_are_asked_after_the_proof(void **state)
{
    (void)state;
    size_t asked = 0;
    struct overlay_gate g;
    const struct overlay_id carol = {.bytes = {3}};
    uint8_t tag[VIEWS_MSG_TAG_SIZE] = {0};
    overlay_gate_init(&g, &bob, NULL,
                      (struct overlay_gate_invited){.is_invited = is_alice, .context = &asked});
    struct views_gate ops = overlay_gate_ops(&g);
    assert_null(ops.prove); /* an open network has nothing to prove */
    assert_int_equal(ops.judge(ops.context, &alice, tag), VIEWS_MSG_WRONG_NETWORK);
    assert_int_equal(asked, 0);
    assert_int_equal(ops.judge(ops.context, &alice, NULL), VIEWS_MSG_UNSAID);
    assert_int_equal(ops.judge(ops.context, &carol, NULL), VIEWS_MSG_NOT_INVITED);
    assert_int_equal(asked, 2);
}

static void an_open_network_has_no_gate(void **state)
{
    (void)state;
    struct overlay_gate g;
    overlay_gate_init(&g, &bob, NULL, all);
    struct views_gate ops = overlay_gate_ops(&g);
    assert_false(views_gate_is_closed(&ops));
    assert_null(ops.prove);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_tag_is_as_written_down),
        UNIT(the_other_end_of_the_link_is_believed_and_nobody_else),
        UNIT(invitations_are_asked_after_the_proof),
        UNIT(an_open_network_has_no_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
