/* What origins may say: own shares, the common one, and who is heard beside a flood. */
#include "overlay/plumtree_rate.h"

#include "base/timers.h"
#include "overlay/plumtree.h"
#include "swarm/null_sign.h"
#include "tests/base/unit.h"
#include "tests/support/overlay_null.h"

#define SHORT_RATE (PLUMTREE_ORIGIN_RATE / PLUMTREE_TOKENS_EACH)
#define FLOOD_RATE ((PLUMTREE_ORIGIN_RATE + PLUMTREE_COMMON_RATE) / PLUMTREE_TOKENS_EACH)
#define FLOODER 50

static struct budget_bucket own;
static struct budget_bucket common;

static void begin(void)
{
    budget_bucket_init(&own, PLUMTREE_ORIGIN_RATE, PLUMTREE_ORIGIN_BURST, 0);
    budget_bucket_init(&common, PLUMTREE_COMMON_RATE, PLUMTREE_COMMON_BURST, 0);
}

static void long_ones_cost_more(void **state)
{
    (void)state;
    assert_int_equal(plumtree_rate_price(0), PLUMTREE_TOKENS_EACH);
    assert_int_equal(plumtree_rate_price(PLUMTREE_TOKEN_BYTES - 1), PLUMTREE_TOKENS_EACH);
    assert_int_equal(plumtree_rate_price(PLUMTREE_TOKEN_BYTES), PLUMTREE_TOKENS_EACH + 1);
    assert_int_equal(plumtree_rate_price(PLUMTREE_MSG_PAYLOAD_MAX), PLUMTREE_TOKENS_EACH + 64);
}

static void the_own_share_goes_first(void **state)
{
    (void)state;
    begin();
    assert_int_equal(plumtree_rate_take(&own, &common, PLUMTREE_ORIGIN_BURST, 0), 0);
    assert_int_equal(budget_bucket_left(&common, 0), PLUMTREE_COMMON_BURST);
    assert_int_equal(plumtree_rate_take(&own, &common, PLUMTREE_COMMON_BURST, 0), 0);
    assert_int_equal(plumtree_rate_take(&own, &common, 1, 0), WAVU_ERR_LIMIT);
    begin(); /* nobody else needs the own one */
    assert_int_equal(budget_bucket_take(&common, PLUMTREE_COMMON_BURST, 0), 0);
    assert_int_equal(plumtree_rate_take(&own, &common, PLUMTREE_ORIGIN_BURST, 0), 0);
}

static void senders_leave_half(void **state)
{
    (void)state;
    uint32_t said = 0;
    begin();
    while (plumtree_rate_say(&own, &common, 1, 0) == 0) {
        said++;
    }
    assert_int_equal(said, (PLUMTREE_ORIGIN_BURST + PLUMTREE_COMMON_BURST) / 2);
    assert_int_equal(plumtree_rate_say(&own, &common, 1, 0), WAVU_ERR_AGAIN);
    for (uint64_t now = 0; now < TIMERS_SECOND;
         now += TIMERS_MS) { /* then all that a second gives */
        said += plumtree_rate_say(&own, &common, 1, now + TIMERS_MS) == 0;
        while (plumtree_rate_say(&own, &common, 1, now + TIMERS_MS) == 0) {
            said++;
        }
    }
    assert_int_equal(said, (PLUMTREE_ORIGIN_BURST + PLUMTREE_COMMON_BURST) / 2 +
                               PLUMTREE_ORIGIN_RATE + PLUMTREE_COMMON_RATE);
}

static void a_debt_is_paid_as_far_as_it_can_be(void **state)
{
    (void)state;
    begin();
    plumtree_rate_owe(&own, 64, 0);
    assert_int_equal(budget_bucket_left(&own, 0), PLUMTREE_ORIGIN_BURST - 64);
    plumtree_rate_owe(&own, 2 * PLUMTREE_ORIGIN_BURST, 0);
    assert_int_equal(budget_bucket_left(&own, 0), 0);
}

/* ---- In the machine ---- */

struct flood {
    struct plumtree p;
    struct overlay_id self;
    struct overlay_id peer;
    struct overlay_sign sign;
    struct random_seeded seeded;
    struct random random;
    uint64_t now;
    uint32_t sequences[64];
};

/* The next broadcast of an origin comes over the one link. */
static bool hears(struct flood *f, size_t number, struct span payload)
{
    struct overlay_id origin = overlay_null_id(number);
    struct overlay_sign as = null_sign_as(&origin);
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    uint8_t signature[OVERLAY_SIGN_SIZE];
    struct plumtree_event e;
    struct wr w;

    wr_init(&w, span_mut_of(head, sizeof head));
    wr_text(&w, "wavu broadcast 2");
    wr_bytes(&w, overlay_id_span(&origin));
    wr_u64be(&w, 1);
    wr_u32be(&w, f->sequences[number] + 1);
    wr_bytes(&w, span_of((const uint8_t[32]){0}, 32)); /* no items */
    as.sign(as.context, signature, wr_span(&w), payload);
    const struct plumtree_msg m = {.kind = PLUMTREE_MSG_GOSSIP,
                                   .origin = origin,
                                   .generation = 1,
                                   .sequence = f->sequences[number] + 1,
                                   .hops = 1,
                                   .payload = payload,
                                   .signature = span_of(signature, sizeof signature)};
    int rc = plumtree_feed(&f->p, f->now, &f->peer, &m);
    while (plumtree_next_event(&f->p, &e)) {
    }
    f->sequences[number] += rc == 0;
    return rc == 0;
}

/* A member floods for a minute with payloads of `len` bytes, all that its neighbour lets through;
 * three others say what is theirs. Returns what came of the flood in the last 10 s. */
static size_t flooded(size_t len)
{
    static const uint8_t payload[PLUMTREE_MSG_PAYLOAD_MAX];
    static struct flood f;
    size_t came = 0;

    f = (struct flood){
        .self = overlay_null_id(1), .peer = overlay_null_id(2), .now = TIMERS_SECOND};
    f.sign = null_sign_as(&f.self);
    random_seeded_init(&f.seeded, 1);
    f.random = random_from_seeded(&f.seeded);
    const struct plumtree_config config = {
        .self = f.self, .generation = 1, .random = &f.random, .sign = &f.sign};
    plumtree_init(&f.p, &config);
    assert_int_equal(plumtree_link_up(&f.p, f.now, &f.peer), 0);
    for (uint32_t tick = 0; tick < 60 * SHORT_RATE / 2; tick++) {
        f.now += 2 * TIMERS_SECOND / SHORT_RATE;
        while (plumtree_rate_price(len) <= budget_bucket_left(&f.p.common, f.now) &&
               hears(&f, FLOODER, span_of(payload, len))) {
            came += tick >= 50 * SHORT_RATE / 2;
        }
        for (size_t i = 0; i < 3; i++) {
            assert_true(hears(&f, FLOODER + 1 + i, UNIT_TEXT("habari")));
        }
    }
    plumtree_check(&f.p);
    plumtree_clear(&f.p);
    return came;
}

static void others_are_heard_beside_a_flood(void **state)
{
    (void)state;
    size_t came = flooded(100);

    assert_in_range(came, 10 * (FLOOD_RATE - SHORT_RATE) * 9 / 10, 10 * FLOOD_RATE);
    came = flooded(PLUMTREE_MSG_PAYLOAD_MAX);
    assert_true(came * PLUMTREE_MSG_PAYLOAD_MAX <
                (size_t)10 * (PLUMTREE_ORIGIN_RATE + PLUMTREE_COMMON_RATE) * PLUMTREE_TOKEN_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(long_ones_cost_more),
        UNIT(the_own_share_goes_first),
        UNIT(senders_leave_half),
        UNIT(a_debt_is_paid_as_far_as_it_can_be),
        UNIT(others_are_heard_beside_a_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
