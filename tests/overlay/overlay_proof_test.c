/*
 * The frame by which who was dialled shows its network.
 */
#include "overlay/overlay_proof.h"

#include "overlay/gate_key.h"
#include "tests/base/unit.h"

static const uint8_t red[GATE_KEY_SIZE] = {1};
static const uint8_t blue[GATE_KEY_SIZE] = {2};
static const struct gate_link link = {.binding = {(const uint8_t *)"this link", 9},
                                      .prover = {.bytes = {1}},
                                      .judge = {.bytes = {2}}};

static bool everybody(void *context, const struct overlay_id *device)
{
    (void)context;
    (void)device;
    return true;
}

static struct overlay_frame read(struct span bytes)
{
    struct overlay_frame frame;
    size_t used = 0;
    assert_int_equal(overlay_frame_read(bytes, &frame, &used), 0);
    assert_int_equal(used, bytes.len);
    return frame;
}

static void it_is_wanted_where_only_the_key_says_who_belongs(void **state)
{
    (void)state;
    struct gate_key k;
    gate_key_init(&k, NULL);
    assert_false(overlay_proof_is_wanted(&k.network)); /* the open one has nothing to show */
    gate_key_init(&k, red);
    assert_true(overlay_proof_is_wanted(&k.network));
    k.network.is_member = everybody; /* a log that knows the members */
    assert_false(overlay_proof_is_wanted(&k.network));
}

static void it_holds_for_its_key_link_and_direction(void **state)
{
    (void)state;
    uint8_t bytes[OVERLAY_PROOF_FRAME_MAX];
    struct gate_key ours;
    struct gate_key other;
    struct wr w;
    gate_key_init(&ours, red);
    gate_key_init(&other, blue);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    overlay_proof_write(&ours.network, &link, &w);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(w.len, 2 + GATE_TAG_SIZE);
    struct overlay_frame frame = read(wr_span(&w));
    assert_true(overlay_proof_holds(&ours.network, &link, &frame));
    assert_false(overlay_proof_holds(&other.network, &link, &frame));
    struct gate_link back = {.binding = link.binding, .prover = link.judge, .judge = link.prover};
    assert_false(overlay_proof_holds(&ours.network, &back, &frame));
    frame.kind = OVERLAY_VIEWS;
    assert_false(overlay_proof_holds(&ours.network, &link, &frame));
}

static void what_is_no_proof_is_none(void **state)
{
    (void)state;
    static const uint8_t zeros[(GATE_TAGS_MAX + 1) * GATE_TAG_SIZE];
    struct gate_key ours;
    gate_key_init(&ours, red);
    for (size_t len = 0; len <= sizeof zeros; len++) {
        const struct overlay_frame frame = {.kind = OVERLAY_PROOF, .body = span_of(zeros, len)};
        assert_false(overlay_proof_holds(&ours.network, &link, &frame));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(it_is_wanted_where_only_the_key_says_who_belongs),
        UNIT(it_holds_for_its_key_link_and_direction),
        UNIT(what_is_no_proof_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
