/*
 * Rounds message by message: what is asked and answered, in which sizes, and that lies are bounded.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "overlay/state_core.h"
#include "tests/support/overlay_null.h"
#include "tests/support/state_world.h"

static uint8_t list[STATE_MSG_SIZE_MAX];

/* Number 1 of two nodes is played by the test. */
static struct state_world *duel(void)
{
    return state_world_new(2, 2, 1, 0);
}

static int feed(struct state_world *w, const struct state_msg *m)
{
    return state_feed(&w->nodes[0], w->mesh.now, &w->ids[1], m);
}

/* The next message that node 0 sends, or NONE. */
static struct state_msg sent(struct state_world *w)
{
    struct state_event e;
    while (state_next_event(&w->nodes[0], &e)) {
        if (e.kind == STATE_SEND) {
            return e.msg;
        }
    }
    return (struct state_msg){.kind = STATE_MSG_NONE};
}

static size_t count_items(const struct state_msg *m)
{
    struct state_msg_item item;
    struct pb cursor;
    size_t count = 0;
    pb_init(&cursor, m->items);
    while (state_msg_next_item(&cursor, &item)) {
        count++;
    }
    return count;
}

/* Owners from `first` on, with a value of `len` bytes each. */
static void add_owners(struct state_world *w, size_t first, size_t count, size_t len)
{
    static uint8_t value[STATE_MSG_VALUE_MAX];
    static const uint8_t zeros[OVERLAY_SIGN_SIZE];
    struct state_table *t = &w->nodes[0].table;
    for (size_t i = first; i < first + count; i++) {
        struct overlay_id id = overlay_null_id(i);
        struct state_owner *o = state_table_add(t, &id, w->mesh.now);
        struct state_entry *old;
        uint8_t set[STATE_MSG_SET_SIZE];
        assert_non_null(o);
        o->generation = 1;
        state_owner_set(o, UNIT_TEXT("key"), 1, set);
        struct state_msg_entry e = {.version = 1,
                                    .key = UNIT_TEXT("key"),
                                    .value = span_of(value, len),
                                    .set = span_of(set, sizeof set),
                                    .signature = span_of(zeros, sizeof zeros)};
        assert_int_equal(state_table_put(t, o, &e, &old), 0);
        state_table_settle(t, o);
    }
}

static struct span items_of(const struct state_msg_item *items, size_t count)
{
    struct wr wr;
    wr_init(&wr, span_mut_of(list, sizeof list));
    for (size_t i = 0; i < count; i++) {
        state_msg_put_item(&wr, &items[i]);
    }
    assert_int_equal(wr_finish(&wr), 0);
    return wr_span(&wr);
}

static void equal_states_are_silent(void **state)
{
    (void)state;
    struct state_world *w = duel();
    add_owners(w, 10, 20, 10);
    struct state_msg m = {
        .kind = STATE_MSG_HASH, .salt = 9, .hash = state_table_hash(&w->nodes[0].table, 9)};
    assert_int_equal(feed(w, &m), 0);
    assert_int_equal(sent(w).kind, STATE_MSG_NONE);
    assert_int_equal(w->nodes[0].stats.same, 1);
    m.hash++;
    assert_int_equal(feed(w, &m), 0);
    struct state_msg answer = sent(w);
    assert_true(answer.kind == STATE_MSG_BUCKETS && answer.salt == 9);
    state_world_free(w);
}

static void only_buckets_that_differ_are_listed(void **state)
{
    (void)state;
    struct state_world *w = duel();
    uint64_t hashes[STATE_MSG_BUCKET_COUNT];
    uint8_t bytes[STATE_MSG_BUCKET_COUNT * STATE_MSG_BUCKET_SIZE];
    struct wr wr;
    add_owners(w, 10, 60, 10);
    struct overlay_id id = overlay_null_id(20);
    size_t bucket = state_table_bucket_of(&id);
    state_table_hashes(&w->nodes[0].table, 0, hashes);
    hashes[bucket]++;
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    for (size_t i = 0; i < STATE_MSG_BUCKET_COUNT; i++) {
        wr_u32le(&wr, (uint32_t)hashes[i]);
    }
    struct state_msg m = {.kind = STATE_MSG_BUCKETS, .buckets = wr_span(&wr)};
    assert_int_equal(feed(w, &m), 0);
    struct state_msg digest = sent(w);
    assert_true(digest.kind == STATE_MSG_DIGEST && !digest.is_request);
    assert_true(digest.mask == UINT64_C(1) << bucket);
    assert_true(count_items(&digest) >= 1 && count_items(&digest) < 10);
    state_world_free(w);
}

static void a_digest_is_bounded_and_takes_turns(void **state)
{
    (void)state;
    struct state_world *w = duel();
    uint8_t bytes[STATE_MSG_BUCKET_COUNT * STATE_MSG_BUCKET_SIZE];
    uint64_t seen = 0;
    memset(bytes, 0xa5, sizeof bytes);
    add_owners(w, 10, 900, 10);
    struct state_msg m = {.kind = STATE_MSG_BUCKETS, .buckets = span_of(bytes, sizeof bytes)};
    for (size_t i = 0; i < 60; i++) {
        w->mesh.now += TIMERS_SECOND;
        assert_int_equal(feed(w, &m), 0);
        struct state_msg digest = sent(w);
        assert_true(count_items(&digest) <= STATE_ITEMS_ROUND_MAX);
        assert_true(count_items(&digest) > STATE_ITEMS_ROUND_MAX / 2);
        seen |= digest.mask;
    }
    assert_true(seen == UINT64_MAX);
    state_world_free(w);
}

static void a_full_table_asks_for_no_strangers(void **state)
{
    (void)state;
    struct state_world *w = duel();
    uint8_t bytes[STATE_MSG_BUCKET_COUNT * STATE_MSG_BUCKET_SIZE];
    memset(bytes, 0xa5, sizeof bytes);
    add_owners(w, 10, STATE_TABLE_OWNERS_MAX - 1, 10);
    struct state_msg m = {.kind = STATE_MSG_BUCKETS, .buckets = span_of(bytes, sizeof bytes)};
    assert_int_equal(feed(w, &m), 0);
    struct state_msg digest = sent(w);
    assert_true(digest.kind == STATE_MSG_DIGEST && digest.mask == 0);
    struct state_msg_item item = {.owner = overlay_null_id(5000), .generation = 1, .version = 1};
    m = (struct state_msg){.kind = STATE_MSG_DIGEST, .items = items_of(&item, 1)};
    assert_int_equal(feed(w, &m), 0);
    assert_int_equal(sent(w).kind, STATE_MSG_NONE);
    state_world_free(w);
}

static bool all_belong(void *context, const struct overlay_id *owner)
{
    (void)context;
    (void)owner;
    return true;
}

/* Else two full tables would send each other forever whom they keep. */
static void a_full_table_asks_for_a_silent_members_place_for_who_speaks_alone(void **state)
{
    (void)state;
    struct state_world *w = duel();
    struct state *s = &w->nodes[0];
    s->config.policy = (struct state_policy){.belongs = all_belong};
    add_owners(w, 10, STATE_TABLE_OWNERS_MAX - 1, 10);
    struct overlay_id id = overlay_null_id(10);
    state_table_set_silent(&s->table, state_table_get(&s->table, &id), true);
    struct state_msg_item item = {
        .owner = overlay_null_id(5000), .generation = 1, .version = 1, .is_silent = true};
    struct state_msg m = {.kind = STATE_MSG_DIGEST, .items = items_of(&item, 1)};
    assert_int_equal(feed(w, &m), 0);
    assert_int_equal(sent(w).kind, STATE_MSG_NONE);
    item.is_silent = false;
    m.items = items_of(&item, 1);
    assert_int_equal(feed(w, &m), 0);
    struct state_msg request = sent(w);
    assert_true(request.is_request && count_items(&request) == 1);
    state_world_free(w);
}

static void a_delta_keeps_to_its_budget_but_for_one_namespace(void **state)
{
    (void)state;
    struct state_world *w = duel();
    add_owners(w, 10, 100, 1000);
    struct state_msg m = {.kind = STATE_MSG_DIGEST, .mask = UINT64_MAX};
    assert_int_equal(feed(w, &m), 0); /* it has nothing */
    struct state_msg delta = sent(w);
    assert_int_equal(delta.kind, STATE_MSG_DELTA);
    assert_true(delta.blocks.len > STATE_ROUND_BYTES_MAX / 2);
    assert_true(delta.blocks.len < STATE_ROUND_BYTES_MAX + 2000);
    m.mask = 0; /* it lists nothing whole: nothing follows */
    assert_int_equal(feed(w, &m), 0);
    assert_int_equal(sent(w).kind, STATE_MSG_NONE);
    state_world_free(w);
}

static void what_is_newer_there_is_asked_for_and_what_is_newer_here_sent(void **state)
{
    (void)state;
    struct state_world *w = duel();
    struct state_msg_item item;
    struct pb cursor;
    add_owners(w, 10, 3, 10);
    struct state_msg_item items[4] = {
        {.owner = overlay_null_id(10), .generation = 1, .version = 4}, /* newer there */
        {.owner = overlay_null_id(11), .generation = 0, .version = 9}, /* of an old life */
        {.owner = overlay_null_id(12), .generation = 1, .version = 1}, /* equal */
        {.owner = overlay_null_id(50), .generation = 1, .version = 1}, /* unknown here */
    };
    struct state_msg m = {
        .kind = STATE_MSG_DIGEST, .mask = UINT64_MAX, .items = items_of(items, 4)};
    assert_int_equal(feed(w, &m), 0);
    struct state_msg request = sent(w);
    assert_true(request.kind == STATE_MSG_DIGEST && request.is_request);
    assert_int_equal(count_items(&request), 2);
    pb_init(&cursor, request.items);
    assert_true(state_msg_next_item(&cursor, &item));
    assert_true(item.generation == 1 && item.version == 1);
    assert_true(state_msg_next_item(&cursor, &item));
    assert_true(item.generation == 0 && item.version == 0);
    struct state_msg delta = sent(w);
    struct state_msg_block block;
    assert_int_equal(delta.kind, STATE_MSG_DELTA);
    pb_init(&cursor, delta.blocks);
    assert_true(state_msg_next_block(&cursor, &block));
    assert_true(overlay_id_is_equal(&block.owner, &items[1].owner));
    assert_false(state_msg_next_block(&cursor, &block));
    state_world_free(w);
}

static void a_torn_namespace_is_asked_for_and_given_whole(void **state)
{
    (void)state;
    struct state_world *w = duel();
    struct state_msg_item wish;
    struct pb cursor;
    add_owners(w, 10, 1, 10);
    struct overlay_id id = overlay_null_id(10);
    struct state_msg_item item = {.owner = id, .generation = 1, .version = 1};
    struct state_owner *o = state_table_get(&w->nodes[0].table, &id);
    o->entries[0]->set[0] ^= 1; /* as if a key were hidden from us */
    state_table_settle(&w->nodes[0].table, o);
    struct state_msg m = {.kind = STATE_MSG_DIGEST, .items = items_of(&item, 1)};
    assert_int_equal(feed(w, &m), 0);
    struct state_msg request = sent(w);
    assert_true(request.is_request);
    pb_init(&cursor, request.items);
    assert_true(state_msg_next_item(&cursor, &wish));
    assert_int_equal(wish.version, 0); /* all of it */
    assert_int_equal(w->nodes[0].stats.torn, 1);
    o->entries[0]->set[0] ^= 1;
    state_table_settle(&w->nodes[0].table, o);
    item.is_partial = true; /* now it is hidden from the other */
    m.items = items_of(&item, 1);
    assert_int_equal(feed(w, &m), 0);
    assert_int_equal(sent(w).kind, STATE_MSG_DELTA);
    state_world_free(w);
}

static void lying_digests_are_believed_at_a_rate(void **state)
{
    (void)state;
    struct state_world *w = duel();
    static struct state_msg_item items[STATE_MSG_ITEMS_MAX];
    size_t asked = 0;
    int rc = 0;
    for (size_t i = 0; i < 60 && rc == 0; i++) {
        for (size_t j = 0; j < STATE_MSG_ITEMS_MAX; j++) {
            items[j] = (struct state_msg_item){
                .owner = overlay_null_id(1000 + i * STATE_MSG_ITEMS_MAX + j), .version = 7};
        }
        struct state_msg m = {.kind = STATE_MSG_DIGEST,
                              .items = items_of(items, STATE_MSG_ITEMS_MAX)};
        rc = feed(w, &m);
        struct state_msg request = sent(w);
        asked += count_items(&request);
    }
    assert_int_equal(asked, STATE_LINK_WISHES_BURST);
    assert_int_equal(w->nodes[0].table.count, 1); /* nothing is kept of it */
    for (size_t i = 0; i < STATE_LINK_MESSAGES_BURST; i++) {
        struct state_msg m = {.kind = STATE_MSG_HASH};
        rc = feed(w, &m);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    size_t taken = 0;
    w->mesh.now += TIMERS_SECOND;
    for (size_t i = 0; i < 2 * STATE_LINK_MESSAGES_RATE; i++) { /* what a second gives */
        struct state_msg m = {.kind = STATE_MSG_HASH};
        taken += feed(w, &m) == 0;
    }
    assert_int_equal(taken, STATE_LINK_MESSAGES_RATE);
    state_world_free(w);
}

static void a_request_for_one_owner_many_times_is_one(void **state)
{
    (void)state;
    struct state_world *w = duel();
    struct state_msg_item items[8];
    struct state_msg_block block;
    struct pb cursor;
    add_owners(w, 10, 2, 1000);
    for (size_t i = 0; i < 8; i++) {
        items[i] = (struct state_msg_item){.owner = overlay_null_id(10), .generation = 1};
    }
    struct state_msg m = {
        .kind = STATE_MSG_DIGEST, .is_request = true, .items = items_of(items, 8)};
    assert_int_equal(feed(w, &m), 0);
    struct state_msg delta = sent(w);
    pb_init(&cursor, delta.blocks);
    assert_true(state_msg_next_block(&cursor, &block));
    assert_false(state_msg_next_block(&cursor, &block));
    items[0].version = 1;
    m.items = items_of(items, 1);
    assert_int_equal(feed(w, &m), 0); /* it has that already */
    assert_int_equal(sent(w).kind, STATE_MSG_NONE);
    state_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(equal_states_are_silent),
        UNIT(only_buckets_that_differ_are_listed),
        UNIT(a_digest_is_bounded_and_takes_turns),
        UNIT(a_full_table_asks_for_no_strangers),
        UNIT(a_full_table_asks_for_a_silent_members_place_for_who_speaks_alone),
        UNIT(a_delta_keeps_to_its_budget_but_for_one_namespace),
        UNIT(what_is_newer_there_is_asked_for_and_what_is_newer_here_sent),
        UNIT(a_torn_namespace_is_asked_for_and_given_whole),
        UNIT(lying_digests_are_believed_at_a_rate),
        UNIT(a_request_for_one_owner_many_times_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
