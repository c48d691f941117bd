/*
 * What one neighbour may bring or ask for: up to the bound, one beyond, and what a second gives
 * back. Its messages are fed as they come from the wire, and all that it brings is well formed.
 */
#include "overlay/plumtree.h"

#include <string.h>

#include "base/timers.h"
#include "swarm/null_sign.h"
#include "tests/base/unit.h"
#include "tests/support/overlay_null.h"

#define EACH 64 /* bytes that a message counts for besides its payload and lists */

static struct plumtree p;
static struct overlay_id self;
static struct overlay_id peer;
static struct overlay_sign sign;
static struct random_seeded seeded;
static struct random randomness;
static uint64_t now;
static size_t gossips; /* sent by `p` since they were looked at */
static size_t acks;

static void begin(void)
{
    self = overlay_null_id(1);
    peer = overlay_null_id(2);
    sign = null_sign_as(&self);
    random_seeded_init(&seeded, 1);
    randomness = random_from_seeded(&seeded);
    now = TIMERS_SECOND;
    struct plumtree_config config = {
        .self = self, .generation = 1, .random = &randomness, .sign = &sign};
    plumtree_init(&p, &config);
    assert_int_equal(plumtree_link_up(&p, now, &peer), 0);
}

static void take_all(void)
{
    struct plumtree_event e;
    while (plumtree_next_event(&p, &e)) {
        gossips += e.kind == PLUMTREE_SEND && e.msg.kind == PLUMTREE_MSG_GOSSIP;
        acks += e.kind == PLUMTREE_SEND && e.msg.kind == PLUMTREE_MSG_ACK;
    }
}

static int feed(const struct plumtree_msg *m)
{
    int rc = plumtree_feed(&p, now, &peer, m);
    take_all();
    return rc;
}

/* Broadcast `sequence` of origin `number`, brought by the neighbour. */
static int bring_nth(size_t number, uint32_t sequence, struct span payload)
{
    struct overlay_id origin = overlay_null_id(number);
    struct overlay_sign as = null_sign_as(&origin);
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    uint8_t signature[OVERLAY_SIGN_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(head, sizeof head));
    wr_text(&w, "wavu broadcast 2");
    wr_bytes(&w, overlay_id_span(&origin));
    wr_u64be(&w, 1);
    wr_u32be(&w, sequence);
    wr_bytes(&w, span_of((const uint8_t[32]){0}, 32)); /* no items */
    as.sign(as.context, signature, wr_span(&w), payload);
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_GOSSIP,
                             .origin = origin,
                             .generation = 1,
                             .sequence = sequence,
                             .hops = 1,
                             .payload = payload,
                             .signature = span_of(signature, sizeof signature)};
    return feed(&m);
}

/* The first one. */
static int bring(size_t number, struct span payload)
{
    return bring_nth(number, 1, payload);
}

/* An id of something that nobody ever said. */
static struct plumtree_msg_id id_of_nothing(uint32_t n)
{
    struct plumtree_msg_id id = {.bytes = {0xaa, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n,
                                           1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1}};
    return id;
}

static void signatures_are_verified_up_to_a_rate(void **state)
{
    (void)state;
    size_t origin = 100;
    begin();
    for (size_t i = 0; i < PLUMTREE_LINK_VERIFY_BURST; i++) {
        assert_int_equal(bring(origin++, UNIT_TEXT("x")), 0);
    }
    assert_int_equal(bring(origin, UNIT_TEXT("x")), WAVU_ERR_LIMIT);
    assert_int_equal(p.stats.shed, 1);
    now += TIMERS_SECOND;
    for (size_t i = 0; i < PLUMTREE_LINK_VERIFY_RATE; i++) {
        assert_int_equal(bring(origin++, UNIT_TEXT("x")), 0); /* what was shed, too */
    }
    assert_int_equal(bring(origin, UNIT_TEXT("x")), WAVU_ERR_LIMIT);
    assert_int_equal(p.stats.delivered, PLUMTREE_LINK_VERIFY_BURST + PLUMTREE_LINK_VERIFY_RATE);
    plumtree_check(&p);
    plumtree_clear(&p);
}

static void bytes_are_taken_up_to_a_rate(void **state)
{
    (void)state;
    static const uint8_t big[PLUMTREE_MSG_PAYLOAD_MAX];
    const size_t cost = sizeof big + EACH;
    size_t taken = 0;
    begin();
    while (bring(100, span_of(big, sizeof big)) == 0) { /* the same again and again */
        taken++;
    }
    assert_int_equal(taken, PLUMTREE_LINK_BURST / cost);
    assert_int_equal(p.stats.duplicates, taken - 1);
    size_t left = PLUMTREE_LINK_BURST - taken * cost;
    now += TIMERS_SECOND;
    taken = 0;
    while (bring(100, span_of(big, sizeof big)) == 0) {
        taken++;
    }
    assert_int_equal(taken, (PLUMTREE_LINK_RATE + left) / cost);
    plumtree_check(&p);
    plumtree_clear(&p);
}

static void what_is_asked_for_is_sent_again_up_to_a_rate(void **state)
{
    (void)state;
    static const uint8_t big[PLUMTREE_MSG_PAYLOAD_MAX];
    const size_t cost = sizeof big + EACH;
    size_t served = 0;
    begin();
    assert_int_equal(plumtree_broadcast(&p, now, span_of(big, sizeof big), NULL), 0);
    take_all();
    struct plumtree_msg_id id = plumtree_seen_id(plumtree_seen_newest(&p.seen, &self), 1);
    struct plumtree_msg graft = {.kind = PLUMTREE_MSG_GRAFT, .ids = span_of(&id, sizeof id)};
    gossips = 0;
    while (feed(&graft) == 0) {
        served++;
    }
    assert_int_equal(served, PLUMTREE_LINK_SERVE_BURST / cost);
    assert_int_equal(gossips, served);
    size_t left = PLUMTREE_LINK_SERVE_BURST - served * cost;
    now += TIMERS_SECOND;
    while (feed(&graft) == 0) {
        served++;
    }
    assert_int_equal(gossips, served);
    assert_int_equal(served,
                     PLUMTREE_LINK_SERVE_BURST / cost + (PLUMTREE_LINK_SERVE_RATE + left) / cost);
    plumtree_check(&p);
    plumtree_clear(&p);
}

static void digests_are_read_up_to_a_rate(void **state)
{
    (void)state;
    struct plumtree_msg digest = {.kind = PLUMTREE_MSG_DIGEST, .position = 1};
    begin();
    for (size_t second = 0; second < 3; second++) {
        size_t due = second == 0 ? PLUMTREE_LINK_DIGEST_BURST : PLUMTREE_LINK_DIGEST_RATE;
        acks = 0;
        for (size_t i = 0; i < due; i++) {
            assert_int_equal(feed(&digest), 0);
        }
        assert_int_equal(feed(&digest), WAVU_ERR_LIMIT);
        assert_int_equal(acks, due);
        now += TIMERS_SECOND;
    }
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* A digest of one origin's first `count` broadcasts; how many more are wanted then. */
static size_t offered(size_t origin, uint32_t count)
{
    uint8_t space[PLUMTREE_MSG_OFFER_SIZE_MAX + 4];
    struct plumtree_msg_offer offer = {.origin = overlay_null_id(origin),
                                       .generation = 1,
                                       .ranges = {{1, count}},
                                       .range_count = 1};
    struct wr w;
    size_t before = p.want.by_id.count;
    wr_init(&w, span_mut_of(space, sizeof space));
    plumtree_msg_put_offer(&w, &offer);
    struct plumtree_msg digest = {
        .kind = PLUMTREE_MSG_DIGEST, .position = 1, .offers = wr_span(&w)};
    assert_int_equal(feed(&digest), 0);
    return p.want.by_id.count - before;
}

static void a_digest_makes_us_want_so_much_and_no_more(void **state)
{
    (void)state;
    begin();
    assert_int_equal(offered(100, PLUMTREE_WANTS_NEW_MAX), PLUMTREE_WANTS_NEW_MAX);
    plumtree_clear(&p);
    begin();
    assert_int_equal(offered(100, UINT32_MAX - 2), PLUMTREE_WANTS_NEW_MAX);
    assert_int_equal(offered(101, UINT32_MAX - 2), /* and one link so much, by however many */
                     PLUMTREE_WANT_PER_LINK_MAX - PLUMTREE_WANTS_NEW_MAX);
    assert_int_equal(offered(102, 1), 0);
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* Announce `count` that do not exist, and wait until they are given up. False: it is not heard. */
static bool announce_nothing(uint32_t *next, size_t count)
{
    struct plumtree_msg_id ids[PLUMTREE_MSG_IDS_MAX];
    static const uint8_t hops[PLUMTREE_MSG_IDS_MAX];
    for (size_t i = 0; i < count; i++) {
        ids[i] = id_of_nothing((*next)++);
    }
    struct plumtree_msg have = {.kind = PLUMTREE_MSG_HAVE,
                                .ids = span_of(ids, count * sizeof ids[0]),
                                .id_hops = span_of(hops, count)};
    int rc = feed(&have);
    while (p.want.by_id.count > 0) {
        now = plumtree_deadline(&p);
        plumtree_tick(&p, now);
        take_all();
    }
    assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
    return rc == 0;
}

static void who_never_gives_what_it_announced_is_not_heard_for_a_while(void **state)
{
    (void)state;
    uint32_t next = 1;
    begin();
    uint64_t began = now;
    while (announce_nothing(&next, PLUMTREE_MSG_IDS_MAX)) {
        assert_true(next < 100000);
    }
    uint64_t seconds = (now - began) / TIMERS_SECOND;
    uint64_t paid = PLUMTREE_LINK_BROKEN_BURST + PLUMTREE_LINK_BROKEN_RATE * seconds;
    assert_in_range(p.stats.broken, paid, paid + PLUMTREE_LINK_BROKEN_RATE + PLUMTREE_MSG_IDS_MAX);
    assert_int_equal(p.stats.broken, next - 1 - PLUMTREE_MSG_IDS_MAX);
    uint64_t muted = now; /* since the last ids were given up */
    now = muted + PLUMTREE_LINK_MUTE_NS - TIMERS_MS;
    assert_false(announce_nothing(&next, 1));
    now = muted + PLUMTREE_LINK_MUTE_NS;
    assert_true(announce_nothing(&next, 1));
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* Who belongs: those below a number. */
static size_t members_below;

static bool belongs(void *context, const struct overlay_id *origin)
{
    (void)context;
    for (size_t i = 0; i < members_below; i++) {
        struct overlay_id id = overlay_null_id(i);
        if (overlay_id_is_equal(&id, origin)) {
            return true;
        }
    }
    return false;
}

static void begin_closed(void)
{
    begin();
    members_below = 20;
    p.config.policy.belongs = belongs;
}

#define SHORT PLUMTREE_TOKENS_EACH

/* A member invents an origin for each thing that it says: all of them have one small share. */
static void who_invents_origins_gains_nothing(void **state)
{
    (void)state;
    size_t origin = 100;
    begin_closed();
    for (size_t i = 10; i < 20; i++) {
        assert_int_equal(bring(i, UNIT_TEXT("x")), 0);
    }
    for (size_t i = 0; i < 1000; i++) {
        int rc = bring(origin++, UNIT_TEXT("x"));
        assert_int_equal(rc, i < PLUMTREE_STRANGERS_BURST / SHORT ? 0 : WAVU_ERR_LIMIT);
    }
    assert_int_equal(p.stats.delivered, 10 + PLUMTREE_STRANGERS_BURST / SHORT);
    /* Nor does it push out who belongs, or take what these have in common. */
    assert_int_equal(p.seen.stranger_count, PLUMTREE_SEEN_STRANGERS_MAX);
    assert_int_equal(p.seen.count, 10 + PLUMTREE_SEEN_STRANGERS_MAX);
    assert_int_equal(budget_bucket_left(&p.common, now), PLUMTREE_COMMON_BURST);
    for (uint32_t k = 2; k < 100; k++) {
        assert_int_equal(bring_nth(10, k, UNIT_TEXT("x")), 0);
    }
    now += TIMERS_SECOND;
    for (size_t i = 0; i < 30; i++) {
        int rc = bring(origin++, UNIT_TEXT("x"));
        assert_int_equal(rc, i < PLUMTREE_STRANGERS_RATE / SHORT ? 0 : WAVU_ERR_LIMIT);
    }
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* A newcomer says a few things before the news of its coming is here: then it has its own share,
 * and what was shed is taken when it comes again. */
static void a_newcomer_is_a_stranger_for_a_while(void **state)
{
    (void)state;
    const size_t newcomer = 20;
    const uint32_t first = PLUMTREE_STRANGERS_BURST / SHORT;
    begin_closed();
    for (uint32_t k = 1; k <= first; k++) {
        assert_int_equal(bring_nth(newcomer, k, UNIT_TEXT("x")), 0);
    }
    assert_int_equal(bring_nth(newcomer, first + 1, UNIT_TEXT("x")), WAVU_ERR_LIMIT);
    members_below = 21;
    for (uint32_t k = first + 1; k <= first + 300; k++) {
        assert_int_equal(bring_nth(newcomer, k, UNIT_TEXT("x")), 0);
    }
    assert_int_equal(p.seen.stranger_count, 0);
    members_below = 20; /* and it is put out again */
    assert_int_equal(bring_nth(newcomer, first + 301, UNIT_TEXT("x")), WAVU_ERR_LIMIT);
    assert_int_equal(p.seen.stranger_count, 1);
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* All from 30 on are one member's, as soon as they belong. */
static bool whose(void *context, const struct overlay_id *origin, struct overlay_id *member)
{
    if (!belongs(context, origin)) {
        return false;
    }
    for (size_t i = 0; i < 30; i++) {
        struct overlay_id id = overlay_null_id(i);
        if (overlay_id_is_equal(&id, origin)) {
            *member = id;
            return true;
        }
    }
    *member = overlay_null_id(30);
    return true;
}

/* A member with as many devices as it may have floods: it gets what one device would, its own share
 * and all of the common one, and others keep theirs. */
static void many_devices_of_one_member_are_one(void **state)
{
    (void)state;
    size_t taken = 0;
    begin_closed();
    members_below = 100;
    p.config.policy.whose = whose;
    assert_int_equal(bring_nth(10, 1, UNIT_TEXT("x")), 0);
    for (uint32_t k = 1; k <= 100; k++) {
        for (size_t device = 30; device < 94; device++) {
            taken += bring_nth(device, k, UNIT_TEXT("x")) == 0;
        }
        now += TIMERS_MS; /* so that signatures are looked at */
    }
    /* The first of all is for nothing. */
    assert_in_range(taken, 1600, 1 + (PLUMTREE_ORIGIN_BURST + PLUMTREE_COMMON_BURST) / SHORT + 80);
    for (uint32_t k = 2; k <= 400; k++) {
        now += 2 * TIMERS_MS;
        assert_int_equal(bring_nth(10, k, UNIT_TEXT("x")), 0);
    }
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* The peer has these, and it is time to ask for them. */
static void announce_till_asked(const struct plumtree_msg_id *ids, size_t count)
{
    static const uint8_t hops[PLUMTREE_MSG_IDS_MAX];
    struct plumtree_msg have = {.kind = PLUMTREE_MSG_HAVE,
                                .ids = span_of(ids, count * sizeof *ids),
                                .id_hops = span_of(hops, count)};

    assert_int_equal(feed(&have), 0);
    now += PLUMTREE_IHAVE_TIMEOUT_NS;
    plumtree_tick(&p, now);
    take_all();
}

/* Two devices of one member speak before they are known here. Then the news of them comes, and
 * what they say is asked for: they have the member's share, and not one each for good. */
static void newcomers_that_are_asked_for_pay_with_their_member(void **state)
{
    (void)state;
    struct plumtree_msg_id ids[2];
    const struct plumtree_origin *origins[2];
    begin_closed();
    p.config.policy.whose = whose;
    for (size_t i = 0; i < 2; i++) {
        struct overlay_id device = overlay_null_id(30 + i);
        assert_int_equal(bring(30 + i, UNIT_TEXT("x")), 0);
        origins[i] = plumtree_seen_newest(&p.seen, &device);
        ids[i] = plumtree_seen_id(origins[i], 2);
    }
    assert_ptr_not_equal(origins[0]->payer, origins[1]->payer);
    members_below = 100;
    announce_till_asked(ids, sizeof ids / sizeof ids[0]);
    for (size_t i = 0; i < 2; i++) {
        assert_true(plumtree_want_get(&p.want, &ids[i])->is_asked);
        assert_int_equal(bring_nth(30 + i, 2, UNIT_TEXT("x")), 0);
    }
    assert_int_equal(p.seen.stranger_count, 0);
    assert_ptr_equal(origins[0]->payer, origins[1]->payer);
    assert_int_equal(origins[0]->payer->origins, 2);
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* Another neighbour brings what `number` says: all of its share, which nobody has touched. */
static void says_all_it_may(size_t number, uint32_t from)
{
    const struct overlay_id origin = overlay_null_id(number);
    struct plumtree_payer *payer = plumtree_seen_newest(&p.seen, &origin)->payer;
    peer = overlay_null_id(3);
    assert_int_equal(budget_bucket_left(&payer->rate, now), PLUMTREE_ORIGIN_BURST);
    assert_int_equal(budget_bucket_left(&p.common, now), PLUMTREE_COMMON_BURST);
    for (uint32_t k = 0; k < PLUMTREE_ORIGIN_BURST / SHORT; k++) {
        assert_int_equal(bring_nth(number, from + k, UNIT_TEXT("x")), 0);
    }
}

/* What has not the origin's signature is not paid by the origin, whatever bears its name: a
 * member's whose share others would use up so would be heard by nobody. */
static void forgeries_are_not_paid_by_whom_they_name(void **state)
{
    (void)state;
    static const uint8_t big[PLUMTREE_MSG_PAYLOAD_MAX];
    static const uint8_t wrong[OVERLAY_SIGN_SIZE];
    const struct overlay_id other = overlay_null_id(3);
    const struct overlay_id names[] = {overlay_null_id(10), overlay_null_id(100)};
    begin_closed();
    assert_int_equal(plumtree_link_up(&p, now, &other), 0);
    assert_int_equal(bring_nth(10, 1, UNIT_TEXT("x")), 0);
    for (uint32_t k = 2; k < 2 + PLUMTREE_LINK_VERIFY_BURST / 4; k++) {
        for (size_t i = 0; i < 2; i++) {
            struct plumtree_msg m = {.kind = PLUMTREE_MSG_GOSSIP,
                                     .origin = names[i],
                                     .generation = 1,
                                     .sequence = k,
                                     .hops = 1,
                                     .payload = span_of(big, k % 2 == 0 ? sizeof big : 1),
                                     .signature = span_of(wrong, sizeof wrong)};
            int rc = feed(&m);
            assert_true(rc == WAVU_ERR_CRYPTO || rc == WAVU_ERR_LIMIT); /* the link's bytes */
        }
    }
    assert_int_equal(budget_bucket_left(&p.strangers, now), PLUMTREE_STRANGERS_BURST);
    says_all_it_may(10, 2);
    plumtree_check(&p);
    plumtree_clear(&p);
}

/* Nor what was announced in its name and never came, also when who announced it goes. */
static void what_never_came_is_not_paid_by_whom_it_names(void **state)
{
    (void)state;
    const struct overlay_id origin = overlay_null_id(10);
    const struct overlay_id other = overlay_null_id(3);
    for (int goes = 0; goes < 2; goes++) {
        struct plumtree_msg_id ids[PLUMTREE_MSG_IDS_MAX];
        begin_closed();
        assert_int_equal(plumtree_link_up(&p, now, &other), 0);
        assert_int_equal(bring_nth(10, 1, UNIT_TEXT("x")), 0);
        for (uint32_t i = 0; i < PLUMTREE_MSG_IDS_MAX; i++) {
            ids[i] = plumtree_seen_id(plumtree_seen_newest(&p.seen, &origin), 10000 + i);
        }
        announce_till_asked(ids, sizeof ids / sizeof ids[0]);
        assert_true(plumtree_want_get(&p.want, &ids[0])->is_asked);
        if (goes != 0) {
            plumtree_link_down(&p, now, &peer);
        } else {
            now += PLUMTREE_IHAVE_TIMEOUT_NS;
            plumtree_tick(&p, now);
        }
        take_all();
        assert_int_equal(p.want.by_id.count, 0);
        says_all_it_may(10, 2);
        plumtree_check(&p);
        plumtree_clear(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(signatures_are_verified_up_to_a_rate),
        UNIT(bytes_are_taken_up_to_a_rate),
        UNIT(what_is_asked_for_is_sent_again_up_to_a_rate),
        UNIT(digests_are_read_up_to_a_rate),
        UNIT(a_digest_makes_us_want_so_much_and_no_more),
        UNIT(who_never_gives_what_it_announced_is_not_heard_for_a_while),
        UNIT(who_invents_origins_gains_nothing),
        UNIT(a_newcomer_is_a_stranger_for_a_while),
        UNIT(many_devices_of_one_member_are_one),
        UNIT(newcomers_that_are_asked_for_pay_with_their_member),
        UNIT(forgeries_are_not_paid_by_whom_they_name),
        UNIT(what_never_came_is_not_paid_by_whom_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
