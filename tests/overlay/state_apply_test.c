/*
 * What deltas may change: nothing unsigned, nothing old, nothing beyond the bounds.
 */
#include "swarm/null_sign.h"
#include "tests/base/unit.h"

#include "base/timers.h"
#include "overlay/state_core.h"
#include "tests/support/overlay_null.h"
#include "tests/support/state_world.h"

static uint8_t blocks[STATE_MSG_SIZE_MAX];
static uint8_t entries[STATE_MSG_SIZE_MAX];

/* A delta under way, signed by the node that the test plays. */
struct forge {
    struct state_world *w;
    struct state_msg_block block;
    struct wr entries;
};

static struct forge forge_new(struct state_world *w, const struct overlay_id *owner,
                              uint64_t generation)
{
    struct forge f = {.w = w, .block = {.owner = *owner, .generation = generation}};
    wr_init(&f.entries, span_mut_of(entries, sizeof entries));
    return f;
}

/* Add an entry signed by `signer`. */
static void forge_add(struct forge *f, struct overlay_sign *signer, uint64_t version,
                      struct span key, struct span value)
{
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t set[STATE_MSG_SET_SIZE] = {1};
    struct state_msg_entry e = {.version = version,
                                .key = key,
                                .value = value,
                                .set = span_of(set, sizeof set),
                                .signature = span_of(signature, sizeof signature)};
    signer->sign(
        signer->context, signature,
        state_owner_head(span_mut_of(head, sizeof head), &f->block.owner, f->block.generation, &e),
        value);
    state_msg_put_entry(&f->entries, &e);
}

static int forge_feed(struct forge *f)
{
    struct wr wr;
    struct state_event e;
    f->block.entries = wr_span(&f->entries);
    wr_init(&wr, span_mut_of(blocks, sizeof blocks));
    state_msg_put_block(&wr, &f->block);
    struct state_msg m = {.kind = STATE_MSG_DELTA, .blocks = wr_span(&wr)};
    int rc = state_feed(&f->w->nodes[0], f->w->mesh.now, &f->w->ids[1], &m);
    while (state_next_event(&f->w->nodes[0], &e)) {
    }
    state_check(&f->w->nodes[0]);
    return rc;
}

static void entries_of_others_must_be_theirs(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(3, 2, 1, 0);
    struct forge f = forge_new(w, &w->ids[2], 1);
    forge_add(&f, &w->signs[1], 1, UNIT_TEXT("nick"), UNIT_TEXT("x"));
    assert_int_equal(forge_feed(&f), WAVU_ERR_CRYPTO);
    assert_int_equal(w->nodes[0].table.count, 1); /* not even the owner is kept */
    assert_int_equal(w->nodes[0].stats.forged, 1);
    f = forge_new(w, &w->ids[2], 1);
    forge_add(&f, &w->signs[2], 1, UNIT_TEXT("nick"), UNIT_TEXT("x"));
    assert_int_equal(forge_feed(&f), 0);
    assert_true(state_world_has(w, 0, 2, "nick", "x"));
    f = forge_new(w, &w->ids[2], 1);
    forge_add(&f, &w->signs[2], 1, UNIT_TEXT("nick"), UNIT_TEXT("x"));
    f.block.generation = 2; /* signed for another life */
    assert_int_equal(forge_feed(&f), WAVU_ERR_CRYPTO);
    assert_true(state_world_has(w, 0, 2, "nick", "x"));
    state_world_free(w);
}

static void old_entries_cost_no_verification(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(3, 2, 1, 0);
    struct forge f = forge_new(w, &w->ids[2], 5);
    forge_add(&f, &w->signs[2], 7, UNIT_TEXT("nick"), UNIT_TEXT("new"));
    assert_int_equal(forge_feed(&f), 0);
    f = forge_new(w, &w->ids[2], 5);
    forge_add(&f, &w->signs[1], 6, UNIT_TEXT("nick"), UNIT_TEXT("old")); /* forged, too */
    assert_int_equal(forge_feed(&f), 0);
    f = forge_new(w, &w->ids[2], 4);
    forge_add(&f, &w->signs[1], 9, UNIT_TEXT("nick"), UNIT_TEXT("old"));
    assert_int_equal(forge_feed(&f), 0);
    assert_int_equal(w->nodes[0].stats.stale, 2);
    assert_int_equal(w->nodes[0].stats.forged, 0);
    assert_true(state_world_has(w, 0, 2, "nick", "new"));
    state_world_free(w);
}

static void endless_keys_bar_their_owner(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(3, 2, 1, 0);
    char key[] = "k00";
    for (size_t round = 0; round < 3; round++) {
        struct forge f = forge_new(w, &w->ids[2], 1);
        for (size_t i = 0; i < 60; i++) {
            key[0] = (char)('a' + round);
            key[1] = (char)('0' + i / 10);
            key[2] = (char)('0' + i % 10);
            forge_add(&f, &w->signs[2], 1 + round * 60 + i, span_of(key, 3), UNIT_TEXT("x"));
        }
        assert_int_equal(forge_feed(&f), 0);
    }
    const struct state_owner *o = state_table_get(&w->nodes[0].table, &w->ids[2]);
    assert_true(o->is_forgotten && o->version == UINT64_MAX && o->count == 0);
    assert_int_equal(w->nodes[0].stats.full, 1);
    /* In a new life it is heard again. */
    struct forge f = forge_new(w, &w->ids[2], 2);
    forge_add(&f, &w->signs[2], 1, UNIT_TEXT("nick"), UNIT_TEXT("sorry"));
    assert_int_equal(forge_feed(&f), 0);
    assert_true(state_world_has(w, 0, 2, "nick", "sorry"));
    state_world_free(w);
}

static void endless_owners_fill_their_places_only(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    size_t taken = 0;
    for (size_t i = 0; i < STATE_TABLE_OWNERS_MAX + 100; i++) {
        struct overlay_id id = overlay_null_id(100 + i);
        struct overlay_sign sign = null_sign_as(&id);
        struct forge f = forge_new(w, &id, 1);
        w->mesh.now += TIMERS_SECOND;
        forge_add(&f, &sign, 1, UNIT_TEXT("nick"), UNIT_TEXT("x"));
        assert_int_equal(forge_feed(&f), 0);
        taken = w->nodes[0].table.count;
    }
    assert_int_equal(taken, STATE_TABLE_OWNERS_MAX);
    assert_int_equal(w->nodes[0].stats.full, 101);
    state_world_free(w);
}

/* Who belongs: the two nodes, and those from 5,000 up to what `context` says. */
static bool belongs_up_to(void *context, const struct overlay_id *owner)
{
    const size_t *end = context;
    for (size_t i = 5000; i < *end; i++) {
        struct overlay_id id = overlay_null_id(i);
        if (overlay_id_is_equal(&id, owner)) {
            return true;
        }
    }
    return false;
}

/* Keys of the owner, which said something so long ago, from the neighbour. */
static void bring_keys(struct state_world *w, size_t number, size_t count, uint64_t age_s)
{
    static const uint8_t value[STATE_MSG_VALUE_MAX];
    static const char *const keys[] = {"nick", "a", "b", "c", "d"};
    struct overlay_id id = overlay_null_id(number);
    struct overlay_sign sign = null_sign_as(&id);
    struct forge f = forge_new(w, &id, 1);
    f.block.age_s = age_s;
    w->mesh.now += TIMERS_SECOND;
    for (size_t i = 0; i < count; i++) {
        forge_add(&f, &sign, i + 1, span_from_text(keys[i]), span_of(value, sizeof value));
    }
    assert_int_equal(forge_feed(&f), 0);
}

/* One key of the owner, from the neighbour. */
static void bring(struct state_world *w, size_t number, size_t value_len)
{
    static uint8_t value[STATE_MSG_VALUE_MAX];
    struct overlay_id id = overlay_null_id(number);
    struct overlay_sign sign = null_sign_as(&id);
    struct forge f = forge_new(w, &id, 1);
    w->mesh.now += TIMERS_SECOND;
    forge_add(&f, &sign, 1, UNIT_TEXT("nick"), span_of(value, value_len));
    assert_int_equal(forge_feed(&f), 0);
}

static bool is_here(struct state_world *w, size_t number)
{
    struct overlay_id id = overlay_null_id(number);
    struct span value;
    return state_get(&w->nodes[0], &id, UNIT_TEXT("nick"), &value) == 0;
}

/* A member makes up keys, which cost nothing, and signs for each what it likes. */
static void made_up_owners_keep_no_member_out(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    size_t end = 5000;
    w->nodes[0].config.policy = (struct state_policy){.belongs = belongs_up_to, .context = &end};
    for (size_t i = 0; i < 2 * STATE_STRANGERS_MAX; i++) {
        bring(w, 100 + i, STATE_MSG_VALUE_MAX);
    }
    assert_int_equal(w->nodes[0].table.strangers, STATE_STRANGERS_MAX);
    assert_false(is_here(w, 5000)); /* a newcomer that is not known yet */
    bring(w, 5000, 1);
    assert_false(is_here(w, 5000));
    end = 5001; /* now it is */
    state_recheck(&w->nodes[0]);
    bring(w, 5000, 1);
    assert_true(is_here(w, 5000));
    state_world_free(w);
}

/* One of them comes while it is not known yet, and stays when it is. */
static void who_belongs_has_the_place_of_who_does_not(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    size_t end = 5000;
    struct state *s = &w->nodes[0];
    s->config.policy = (struct state_policy){.belongs = belongs_up_to, .context = &end};
    bring(w, 5000, 1);
    assert_int_equal(s->table.strangers, 1);
    end = 5001;
    state_recheck(s);
    assert_int_equal(s->table.strangers, 0);
    bring(w, 100, STATE_MSG_VALUE_MAX);
    bring(w, 101, STATE_MSG_VALUE_MAX);
    s->table.max = s->table.count;
    end = 5003;
    bring(w, 5001, 1); /* the longest silent of them gives way */
    assert_true(is_here(w, 5000) && is_here(w, 5001) && is_here(w, 101) && !is_here(w, 100));
    s->table.max++;
    s->table.bytes_max = s->table.bytes + 100;
    bring(w, 5002, 1);
    assert_true(is_here(w, 5000) && is_here(w, 5001) && is_here(w, 5002) && !is_here(w, 101));
    state_world_free(w);
}

/* Six members make as many devices as they may, each with a namespace as large as may be, that
 * say nothing any more. */
static void silent_devices_give_way_to_who_speaks(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    struct state *s = &w->nodes[0];
    size_t end = 6000;
    size_t silent = 0;
    s->config.policy = (struct state_policy){.belongs = belongs_up_to, .context = &end};
    w->mesh.now += 3 * STATE_FORGET_NS;
    bring_keys(w, 100, 1, 0);
    for (size_t i = 0; i < 10; i++) {
        bring_keys(w, 5000 + i, 5, 0);
    }
    for (size_t i = 0; i < 6 * 64; i++) {
        bring_keys(w, 5100 + i, 5, 3 * 3600);
        silent += is_here(w, 5100 + i);
    }
    assert_true(silent > 300 && s->stats.full > 0);
    assert_false(is_here(w, 100));               /* strangers went before them */
    assert_false(is_here(w, 5100 + 6 * 64 - 1)); /* and none of them has another's place */
    assert_int_equal(s->table.silents, silent);
    for (size_t i = 10; i < 20; i++) {
        bring_keys(w, 5000 + i, 5, 0);
    }
    bring_keys(w, 5100 + 1, 5, 0); /* it is there already: nothing new */
    for (size_t i = 0; i < 20; i++) {
        assert_true(is_here(w, 5000 + i)); /* who speaks is all here */
    }
    for (int i = 0; i < 5; i++) { /* there is room for what we say, too */
        static const uint8_t value[STATE_MSG_VALUE_MAX];
        static const char *const keys[] = {"a", "b", "c", "d", "e"};
        assert_int_equal(
            state_set(s, w->mesh.now, span_from_text(keys[i]), span_of(value, sizeof value)), 0);
        state_world_drain(w, 0);
    }
    assert_true(s->table.silents < silent && s->table.silents > 300);
    state_check(s);
    state_world_free(w);
}

/* So it is with places, and what a neighbour has of silent ones only is not asked for again and
 * again. */
static void silent_members_wait_for_a_free_place(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    struct state *s = &w->nodes[0];
    struct overlay_id id = overlay_null_id(5003);
    size_t end = 6000;
    s->config.policy = (struct state_policy){.belongs = belongs_up_to, .context = &end};
    w->mesh.now += 3 * STATE_FORGET_NS;
    bring_keys(w, 5000, 1, 5000);
    bring_keys(w, 5001, 1, 4000);
    bring_keys(w, 5002, 1, 10);
    s->table.max = s->table.count;
    assert_true(state_has_place(s, &id, false) && !state_has_place(s, &id, true));
    bring_keys(w, 5003, 1, 3600);
    assert_false(is_here(w, 5003));
    bring_keys(w, 5003, 1, 3599);
    assert_true(is_here(w, 5003) && is_here(w, 5002) && is_here(w, 5001) && !is_here(w, 5000));
    bring_keys(w, 5004, 1, 0);
    assert_true(is_here(w, 5004) && is_here(w, 5003) && is_here(w, 5002) && !is_here(w, 5001));
    assert_int_equal(s->table.silents, 0);
    assert_false(state_has_place(s, &id, false)); /* who was heard of within the hour stays */
    bring_keys(w, 5005, 1, 0);
    assert_true(is_here(w, 5004) && is_here(w, 5003) && is_here(w, 5002) && !is_here(w, 5005));
    state_world_free(w);
}

static void signatures_of_one_neighbour_have_a_rate(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(3, 2, 1, 0);
    int rc = 0;
    size_t taken = 0;
    while (rc == 0) {
        struct forge f = forge_new(w, &w->ids[2], 1);
        for (size_t i = 0; i < 60; i++) {
            forge_add(&f, &w->signs[2], ++taken, UNIT_TEXT("nick"), UNIT_TEXT("x"));
        }
        w->mesh.now += TIMERS_SECOND / 16;
        rc = forge_feed(&f);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_true(taken > STATE_LINK_VERIFY_BURST && taken < 5 * STATE_LINK_VERIFY_BURST);
    state_world_free(w);
}

static void a_past_of_ours_is_overtaken_only_when_it_is_ours(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    assert_int_equal(state_world_write(w, 0, "nick", "me"), 0);
    struct forge f = forge_new(w, &w->ids[0], 40);
    forge_add(&f, &w->signs[1], 1, UNIT_TEXT("nick"), UNIT_TEXT("not me"));
    assert_int_equal(forge_feed(&f), WAVU_ERR_CRYPTO);
    assert_int_equal(state_generation(&w->nodes[0]), 1);
    f = forge_new(w, &w->ids[0], 40);
    forge_add(&f, &w->signs[0], 1, UNIT_TEXT("nick"), UNIT_TEXT("me then"));
    assert_int_equal(forge_feed(&f), 0);
    assert_int_equal(state_generation(&w->nodes[0]), 41);
    assert_true(state_world_has(w, 0, 0, "nick", "me"));
    f = forge_new(w, &w->ids[0], UINT64_MAX);
    forge_add(&f, &w->signs[0], 1, UNIT_TEXT("nick"), UNIT_TEXT("the end"));
    assert_int_equal(forge_feed(&f), 0);
    assert_int_equal(state_generation(&w->nodes[0]), 41);
    state_world_free(w);
}

static void who_left_does_not_come_back_by_others(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(3, 2, 1, 0);
    struct forge f = forge_new(w, &w->ids[2], 1);
    forge_add(&f, &w->signs[2], 3, UNIT_TEXT("nick"), UNIT_TEXT("x"));
    assert_int_equal(forge_feed(&f), 0);
    state_forget(&w->nodes[0], w->mesh.now, &w->ids[2]);
    state_world_drain(w, 0);
    assert_int_equal(w->forgotten, 1);
    assert_int_equal(forge_feed(&f), 0); /* again, by one that has not forgotten */
    assert_true(state_world_has(w, 0, 2, "nick", NULL));
    f = forge_new(w, &w->ids[2], 1);
    forge_add(&f, &w->signs[2], 4, UNIT_TEXT("nick"), UNIT_TEXT("here"));
    assert_int_equal(forge_feed(&f), 0); /* it says something new itself */
    assert_true(state_world_has(w, 0, 2, "nick", "here"));
    state_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(entries_of_others_must_be_theirs),
        UNIT(old_entries_cost_no_verification),
        UNIT(endless_keys_bar_their_owner),
        UNIT(endless_owners_fill_their_places_only),
        UNIT(made_up_owners_keep_no_member_out),
        UNIT(who_belongs_has_the_place_of_who_does_not),
        UNIT(silent_devices_give_way_to_who_speaks),
        UNIT(silent_members_wait_for_a_free_place),
        UNIT(signatures_of_one_neighbour_have_a_rate),
        UNIT(a_past_of_ours_is_overtaken_only_when_it_is_ours),
        UNIT(who_left_does_not_come_back_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
