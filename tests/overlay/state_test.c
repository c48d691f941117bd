/*
 * The shared state on a mesh: everybody ends up with everybody's newest, in few rounds and few
 * bytes, whatever the links lose; owners come back, leave and are forgotten.
 */
#include "swarm/null_sign.h"
#include "tests/base/unit.h"

#include "base/timers.h"
#include "tests/support/overlay_null.h"
#include "tests/support/state_world.h"

static void write_key(struct state_world *w, size_t node, const char *key, const char *value)
{
    assert_int_equal(state_world_write(w, node, key, value), 0);
}

static unsigned rounds_of(struct state_world *w, unsigned max)
{
    unsigned rounds = state_world_rounds(w, max);
    assert_true(rounds < max);
    return rounds;
}

static void all_of_100_learn_all(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(100, 6, 4, 0);
    for (size_t i = 0; i < 100; i++) {
        write_key(w, i, "nick", "somebody");
        write_key(w, i, "address", "/ip4/192.0.2.1/tcp/9000");
    }
    unsigned rounds = rounds_of(w, 30);
    uint64_t bytes = w->mesh.byte_count;
    assert_int_equal(w->changes, 100 * 99 * 2);
    assert_true(state_world_has(w, 0, 99, "nick", "somebody"));
    write_key(w, 1, "nick", "else");
    unsigned one = rounds_of(w, 30);
    assert_true(state_world_has(w, 0, 1, "nick", "else"));
    uint64_t one_bytes = w->mesh.byte_count - bytes;
    bytes = w->mesh.byte_count;
    state_world_run(w, 60 * TIMERS_SECOND);
    uint64_t idle = (w->mesh.byte_count - bytes) / 60 / 100;
    print_message("100 owners: all after %u rounds, one change after %u (%u bytes a node), idle %u"
                  " bytes a node and second\n",
                  rounds, one, (unsigned)(one_bytes / 100), (unsigned)idle);
    assert_true(idle < 100);
    assert_int_equal(w->errors, 0);
    state_world_free(w);
}

static void loss_and_doubling_only_cost_rounds(void **state)
{
    static const uint32_t losses[] = {0, 10, 50, 100};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        unsigned worst = 0;
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct state_world *w = state_world_new(30, 4, seed, 0);
            w->mesh.loss_permil = losses[i];
            w->mesh.double_permil = seed % 2 == 0 ? 50 : 0;
            w->mesh.jitter_ms = seed % 3 == 0 ? 200 : 0;
            w->is_checked = seed == 1;
            for (size_t j = 0; j < 30; j++) {
                write_key(w, j, "a", "1");
                write_key(w, j, "b", "2");
            }
            state_world_run(w, 2 * TIMERS_SECOND);
            for (size_t j = 0; j < 30; j += 3) {
                write_key(w, j, "a", "3");
                write_key(w, j, "b", NULL);
            }
            unsigned rounds = rounds_of(w, 60);
            worst = rounds > worst ? rounds : worst;
            assert_true(state_world_has(w, 29, 27, "a", "3"));
            assert_true(state_world_has(w, 29, 27, "b", NULL));
            assert_int_equal(w->errors, 0);
            state_world_free(w);
        }
        print_message("30 owners, loss %u permil: all the same after %u rounds at worst\n",
                      losses[i], worst);
    }
}

/* A block of an owner that is no node here, as a store keeps it. */
static struct span saved_owner(struct state_world *w, size_t number, struct span_mut out)
{
    struct overlay_id id = overlay_null_id(number);
    struct overlay_sign sign = null_sign_as(&id);
    struct state_config config = {
        .self = id, .generation = 3, .random = &w->mesh.random, .sign = &sign};
    struct state s;
    struct state_event e;
    struct wr wr;
    state_init(&s, w->mesh.now, &config);
    assert_int_equal(state_set(&s, w->mesh.now, UNIT_TEXT("nick"), UNIT_TEXT("absent")), 0);
    while (state_next_event(&s, &e)) {
    }
    wr_init(&wr, out);
    assert_int_equal(state_save(&s, w->mesh.now, &id, &wr), 0);
    state_clear(&s);
    return wr_span(&wr);
}

static void a_thousand_owners_reach_20_nodes(void **state)
{
    (void)state;
    static uint8_t out[4096];
    struct state_world *w = state_world_new(20, 4, 4, 0);
    for (size_t i = 0; i < 980; i++) {
        struct span saved = saved_owner(w, 20 + i, span_mut_of(out, sizeof out));
        assert_int_equal(state_load(&w->nodes[i % 20], w->mesh.now, saved), 0);
        state_world_drain(w, i % 20);
    }
    for (size_t i = 0; i < 20; i++) {
        write_key(w, i, "nick", "present");
    }
    unsigned rounds = rounds_of(w, 200);
    assert_int_equal(w->nodes[7].table.count, 1000);
    uint64_t bytes = w->mesh.byte_count;
    write_key(w, 3, "nick", "else");
    unsigned one = rounds_of(w, 60);
    print_message("1000 owners at 20 nodes: all after %u rounds, one change after %u (%u bytes a"
                  " node)\n",
                  rounds, one, (unsigned)((w->mesh.byte_count - bytes) / 20));
    assert_int_equal(w->errors, 0);
    state_world_free(w);
}

static void a_restarted_owner_wins_over_its_own_past(void **state)
{
    (void)state;
    /* With a generation above, equal to and below that of its past. */
    static const uint64_t generations[] = {9, 5, 1};
    for (size_t i = 0; i < 3; i++) {
        struct state_world *w = state_world_new(12, 4, 8, 0);
        state_world_link_all(w, 2, false);
        state_clear(&w->nodes[2]);
        state_world_start(w, 2, 5);
        state_world_link_all(w, 2, true);
        write_key(w, 2, "nick", "old");
        write_key(w, 2, "old", "thing");
        write_key(w, 2, "more", "things");
        (void)rounds_of(w, 30);
        assert_true(state_world_has(w, 0, 2, "old", "thing"));
        state_world_link_all(w, 2, false);
        state_clear(&w->nodes[2]);
        state_world_start(w, 2, generations[i]);
        state_world_link_all(w, 2, true);
        write_key(w, 2, "nick", "new");
        state_world_run(w, 15 * TIMERS_SECOND);
        (void)rounds_of(w, 30);
        for (size_t j = 0; j < 12; j++) {
            assert_true(state_world_has(w, j, 2, "nick", "new"));
            assert_true(state_world_has(w, j, 2, "old", NULL));
        }
        assert_int_equal(w->nodes[2].stats.reborn, generations[i] == 9 ? 0 : 1);
        assert_int_equal(w->errors, 0);
        state_world_free(w);
    }
}

/* Who belongs, by number. */
static bool members[12];

static bool is_member(void *context, const struct overlay_id *owner)
{
    const bool *list = context;
    uint64_t number = overlay_null_number(owner);
    return number < 12 && list[number];
}

static void know(struct state_world *w, size_t node)
{
    w->nodes[node].config.policy = (struct state_policy){.belongs = is_member, .context = members};
    state_recheck(&w->nodes[node]);
}

/* Nodes of whom all know that all belong but 0; of all but `late`, a nick is known to all. */
static struct state_world *with_members(size_t late)
{
    struct state_world *w = state_world_new(12, 4, 3, 60 * TIMERS_SECOND);
    w->is_checked = true;
    for (size_t i = 0; i < 12; i++) {
        members[i] = i != 0;
        know(w, i);
    }
    state_world_link_all(w, late, false);
    w->mesh.nodes[late].is_down = true;
    for (size_t i = 0; i < 12; i++) {
        if (i != late) {
            write_key(w, i, "nick", "x");
        }
    }
    (void)rounds_of(w, 30);
    return w;
}

static void go(struct state_world *w, size_t node)
{
    state_world_link_all(w, node, false);
    w->mesh.nodes[node].is_down = true;
    gossip_mesh_touch(&w->mesh, node);
}

static void come(struct state_world *w, size_t node)
{
    w->mesh.nodes[node].is_down = false;
    state_world_link_all(w, node, true);
    gossip_mesh_touch(&w->mesh, node);
}

/* A node that comes for the first time. */
static void come_anew(struct state_world *w, size_t node)
{
    state_clear(&w->nodes[node]);
    state_world_start(w, node, 1);
    know(w, node);
    come(w, node);
}

static void who_is_silent_is_forgotten_unless_a_member(void **state)
{
    (void)state;
    struct state_world *w = with_members(11);
    go(w, 0); /* a stranger */
    go(w, 1);
    state_world_run(w, 40 * TIMERS_SECOND);
    assert_int_equal(w->forgotten, 0);
    state_world_run(w, 140 * TIMERS_SECOND); /* as long as thrice what makes a stranger forgotten */
    assert_int_equal(w->forgotten, 9);
    come_anew(w, 11);
    (void)rounds_of(w, 30);
    for (size_t i = 2; i < 12; i++) {
        assert_true(state_world_has(w, i, 0, "nick", NULL));
        assert_true(state_world_has(w, i, 1, "nick", "x"));
        assert_true(state_world_has(w, i, 2 + (i + 1) % 9, "nick", "x")); /* they speak up */
    }
    assert_int_equal(w->nodes[5].table.count, 10); /* 0 is gone for good, and 11 says nothing */
    assert_int_equal(w->nodes[5].table.silents, 1);
    come(w, 0); /* it was only asleep */
    come(w, 1);
    write_key(w, 0, "nick", "y");
    write_key(w, 1, "nick", "y");
    (void)rounds_of(w, 30);
    assert_true(state_world_has(w, 7, 0, "nick", "y") && state_world_has(w, 7, 1, "nick", "y"));
    assert_int_equal(w->nodes[5].table.silents, 0);
    state_world_free(w);
}

static void who_is_put_out_is_forgotten_as_others(void **state)
{
    (void)state;
    struct state_world *w = with_members(11);
    go(w, 1);
    state_world_run(w, 180 * TIMERS_SECOND);
    assert_true(state_world_has(w, 5, 1, "nick", "x"));
    members[1] = false;
    for (size_t i = 0; i < 12; i++) {
        know(w, i);
    }
    state_world_run(w, 10 * TIMERS_SECOND);
    for (size_t i = 2; i < 11; i++) {
        assert_true(state_world_has(w, i, 1, "nick", NULL));
    }
    come_anew(w, 11);
    (void)rounds_of(w, 30);
    assert_true(state_world_has(w, 11, 1, "nick", NULL));
    state_world_free(w);
}

/* A newcomer whose log lags behind hears of a silent one as of a stranger, and forgets it. */
static void who_is_found_to_belong_is_asked_for_again(void **state)
{
    (void)state;
    struct state_world *w = with_members(11);
    go(w, 1);
    state_world_run(w, 180 * TIMERS_SECOND);
    members[1] = false;
    come_anew(w, 11);
    state_world_run(w, 10 * TIMERS_SECOND);
    assert_int_equal(w->nodes[11].stats.forgotten, 1);
    assert_true(state_world_has(w, 11, 1, "nick", NULL));
    members[1] = true;
    state_recheck(&w->nodes[11]);
    (void)rounds_of(w, 30);
    assert_true(state_world_has(w, 11, 1, "nick", "x"));
    state_world_free(w);
}

static void keys_are_written_read_walked_and_deleted(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    struct state *s = &w->nodes[0];
    struct span value;
    struct state_event e;
    static const uint8_t big[STATE_MSG_VALUE_MAX + 1];
    assert_int_equal(state_set(s, 0, UNIT_TEXT("a"), UNIT_TEXT("1")), 0);
    assert_int_equal(state_set(s, 0, UNIT_TEXT("b"), span_empty()), 0);
    assert_true(state_next_event(s, &e));
    assert_int_equal(e.kind, STATE_WRITTEN);
    assert_false(state_next_event(s, &e));
    assert_int_equal(state_set(s, 0, UNIT_TEXT("a"), UNIT_TEXT("1")), 0);
    assert_false(state_next_event(s, &e)); /* the same again is no news */
    assert_int_equal(state_get(s, &w->ids[0], UNIT_TEXT("b"), &value), 0);
    assert_int_equal(value.len, 0);
    assert_int_equal(state_set(s, 0, span_empty(), UNIT_TEXT("1")), WAVU_ERR_INVALID);
    assert_int_equal(state_set(s, 0, UNIT_TEXT("c"), span_of(big, sizeof big)), WAVU_ERR_LIMIT);
    assert_int_equal(state_set(s, 0, span_of(big, STATE_MSG_KEY_MAX + 1), UNIT_TEXT("1")),
                     WAVU_ERR_LIMIT);
    assert_int_equal(state_delete(s, 0, UNIT_TEXT("a")), 0);
    assert_int_equal(state_delete(s, 0, UNIT_TEXT("a")), WAVU_ERR_NOT_FOUND);
    assert_int_equal(state_get(s, &w->ids[0], UNIT_TEXT("a"), &value), WAVU_ERR_NOT_FOUND);
    struct state_cursor cursor = {0};
    assert_true(state_next(s, &cursor));
    assert_true(span_is_equal(cursor.key, UNIT_TEXT("b")));
    assert_true(overlay_id_is_equal(&cursor.owner, &w->ids[0]));
    assert_false(state_next(s, &cursor));
    state_world_free(w);
}

static void deleted_keys_make_room_by_a_new_generation(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(4, 2, 1, 0);
    char key[] = "k00";
    for (size_t i = 0; i < 3 * STATE_OWNER_KEYS_MAX; i++) {
        key[1] = (char)('0' + i / 16);
        key[2] = (char)('0' + i % 16);
        write_key(w, 0, key, "value");
        write_key(w, 0, key, NULL);
    }
    write_key(w, 0, "last", "one");
    assert_true(state_generation(&w->nodes[0]) > 1);
    for (size_t i = 0; i < STATE_OWNER_KEYS_MAX - 1; i++) {
        key[1] = (char)('0' + i / 16);
        key[2] = (char)('0' + i % 16);
        write_key(w, 0, key, "value");
    }
    assert_int_equal(state_world_write(w, 0, "more", "value"), WAVU_ERR_LIMIT);
    (void)rounds_of(w, 30);
    assert_true(state_world_has(w, 3, 0, "last", "one"));
    state_world_free(w);
}

static void what_is_saved_is_loaded_in_a_higher_generation(void **state)
{
    (void)state;
    static uint8_t out[STATE_MSG_SIZE_MAX];
    struct state_world *w = state_world_new(6, 4, 2, 0);
    struct wr wr;
    write_key(w, 0, "nick", "zuri");
    write_key(w, 0, "gone", "soon");
    write_key(w, 0, "gone", NULL);
    write_key(w, 1, "nick", "other");
    (void)rounds_of(w, 30);
    wr_init(&wr, span_mut_of(out, sizeof out));
    assert_int_equal(state_save(&w->nodes[0], w->mesh.now, &w->ids[0], &wr), 0);
    struct span self = wr_span(&wr);
    static uint8_t other[STATE_MSG_SIZE_MAX];
    wr_init(&wr, span_mut_of(other, sizeof other));
    assert_int_equal(state_save(&w->nodes[0], w->mesh.now, &w->ids[1], &wr), 0);
    state_world_link_all(w, 0, false);
    state_clear(&w->nodes[0]);
    state_world_start(w, 0, 1);
    assert_int_equal(state_load(&w->nodes[0], w->mesh.now, wr_span(&wr)), 0);
    assert_int_equal(state_load(&w->nodes[0], w->mesh.now, self), 0);
    state_world_drain(w, 0);
    assert_int_equal(state_generation(&w->nodes[0]), 2);
    assert_true(state_world_has(w, 0, 0, "nick", "zuri"));
    assert_true(state_world_has(w, 0, 1, "nick", "other"));
    assert_int_equal(state_load(&w->nodes[0], w->mesh.now, self), WAVU_ERR_EXISTS);
    state_world_link_all(w, 0, true);
    (void)rounds_of(w, 30);
    assert_true(state_world_has(w, 3, 0, "nick", "zuri"));
    /* Damage is found out. */
    out[self.len - 10] ^= 1;
    struct state fresh = {0};
    struct state_config config = {
        .self = w->ids[0], .generation = 1, .random = &w->mesh.random, .sign = &w->signs[0]};
    state_init(&fresh, 0, &config);
    assert_int_equal(state_load(&fresh, 0, self), WAVU_ERR_CORRUPT);
    assert_int_equal(state_load(&fresh, 0, UNIT_TEXT("rubbish")), WAVU_ERR_CORRUPT);
    state_check(&fresh);
    state_clear(&fresh);
    state_world_free(w);
}

static void more_neighbours_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0); /* one neighbour each */
    struct state *s = &w->nodes[0];
    for (size_t i = 1; i < STATE_LINKS_MAX; i++) {
        struct overlay_id id = overlay_null_id(100 + i);
        assert_int_equal(state_link_up(s, w->mesh.now, &id), 0);
    }
    struct overlay_id more = overlay_null_id(99);
    assert_int_equal(state_link_up(s, w->mesh.now, &more), WAVU_ERR_LIMIT);
    state_check(s);
    state_link_down(s, w->mesh.now, &w->ids[1]);
    assert_int_equal(state_link_up(s, w->mesh.now, &more), 0);
    state_check(s);
    state_world_free(w);
}

static void real_signatures_carry_a_namespace(void **state)
{
    (void)state;
    static uint8_t out[STATE_MSG_SIZE_MAX];
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    struct random source = random_from_seeded(&seeded);
    struct ed25519_pair pairs[2];
    struct overlay_id ids[2];
    struct overlay_sign signs[2];
    struct state nodes[2];
    struct span value;
    struct wr wr;
    for (size_t i = 0; i < 2; i++) {
        ed25519_make(&pairs[i], &source);
        memcpy(ids[i].bytes, pairs[i].public_key, OVERLAY_ID_SIZE);
        signs[i] = overlay_sign_ed25519(&pairs[i]);
        struct state_config config = {
            .self = ids[i], .generation = 1, .random = &source, .sign = &signs[i]};
        state_init(&nodes[i], 1, &config);
    }
    assert_int_equal(state_set(&nodes[0], 1, UNIT_TEXT("nick"), UNIT_TEXT("zuri")), 0);
    wr_init(&wr, span_mut_of(out, sizeof out));
    assert_int_equal(state_save(&nodes[0], 1, &ids[0], &wr), 0);
    out[wr.len - 1] ^= 1; /* of the signature */
    assert_int_equal(state_load(&nodes[1], 1, wr_span(&wr)), WAVU_ERR_CORRUPT);
    out[wr.len - 1] ^= 1;
    assert_int_equal(state_load(&nodes[1], 1, wr_span(&wr)), 0);
    assert_int_equal(state_get(&nodes[1], &ids[0], UNIT_TEXT("nick"), &value), 0);
    assert_true(span_is_equal(value, UNIT_TEXT("zuri")));
    state_clear(&nodes[0]);
    state_clear(&nodes[1]);
}

/* What is signed in no network, or in another one, is none of this one's; but what this node saved
 * before its network was signed is its own, and is signed anew. */
static void what_was_saved_before_the_network_was_signed_is_read(void **state)
{
    (void)state;
    static uint8_t out[4096];
    struct random_seeded seeded;
    struct random source;
    struct ed25519_pair pair;
    struct overlay_sign_scope scopes[2];
    struct overlay_id id;
    struct state nodes[2] = {0};
    struct span value;
    struct wr wr;
    random_seeded_init(&seeded, 8);
    source = random_from_seeded(&seeded);
    ed25519_make(&pair, &source);
    memcpy(id.bytes, pair.public_key, OVERLAY_ID_SIZE);
    struct overlay_sign open = overlay_sign_ed25519(&pair);
    struct overlay_sign red = overlay_sign_in(&scopes[0], &open, UNIT_TEXT("red"));
    struct overlay_sign blue = overlay_sign_in(&scopes[1], &open, UNIT_TEXT("blue"));
    const struct overlay_sign *const signs[2] = {&open, &red};
    for (size_t i = 0; i < 2; i++) {
        struct state_config config = {
            .self = id, .generation = 1, .random = &source, .sign = signs[i]};
        state_init(&nodes[0], 1, &config);
        assert_int_equal(state_set(&nodes[0], 1, UNIT_TEXT("nick"), UNIT_TEXT("zuri")), 0);
        wr_init(&wr, span_mut_of(out, sizeof out));
        assert_int_equal(state_save(&nodes[0], 1, &id, &wr), 0);
        config.sign = &blue;
        state_init(&nodes[1], 1, &config);
        assert_int_equal(state_load(&nodes[1], 1, wr_span(&wr)), WAVU_ERR_CORRUPT);
        nodes[1].config.sign_saved = &open;
        assert_int_equal(state_load(&nodes[1], 1, wr_span(&wr)), i == 0 ? 0 : WAVU_ERR_CORRUPT);
        if (i == 0) {
            assert_int_equal(state_get(&nodes[1], &id, UNIT_TEXT("nick"), &value), 0);
            assert_true(span_is_equal(value, UNIT_TEXT("zuri")));
            wr_init(&wr, span_mut_of(out, sizeof out));
            assert_int_equal(state_save(&nodes[1], 1, &id, &wr), 0);
            state_clear(&nodes[1]);
            state_init(&nodes[1], 1, &config);
            assert_int_equal(state_load(&nodes[1], 1, wr_span(&wr)), 0); /* in blue, now */
        }
        state_clear(&nodes[0]);
        state_clear(&nodes[1]);
    }
}

/* While it runs: a round that was far off comes soon, and the next ones as often. */
static void rounds_can_be_rarer_or_more_often(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 1, 31, 0);
    struct state *s = &w->nodes[0];
    uint64_t now = w->mesh.now;
    state_set_interval(s, now, UINT64_C(3600) * 1000000000);
    assert_int_equal(s->config.interval_ns, UINT64_C(3600) * 1000000000);
    s->round_due_ns = now + UINT64_C(3000) * 1000000000;
    state_set_interval(s, now, UINT64_C(1000000000));
    assert_in_range(s->round_due_ns, now, now + UINT64_C(1500000001));
    state_set_interval(s, now, 0);
    assert_int_equal(s->config.interval_ns, STATE_INTERVAL_NS);
    s->round_due_ns = TIMERS_NEVER; /* nobody to ask: no round by that */
    state_set_interval(s, now, UINT64_C(1000000000));
    assert_true(s->round_due_ns == TIMERS_NEVER);
    state_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(more_neighbours_than_there_is_room_for_are_refused),
        UNIT(what_was_saved_before_the_network_was_signed_is_read),
        UNIT(all_of_100_learn_all),
        UNIT(loss_and_doubling_only_cost_rounds),
        UNIT(a_thousand_owners_reach_20_nodes),
        UNIT(a_restarted_owner_wins_over_its_own_past),
        UNIT(who_is_silent_is_forgotten_unless_a_member),
        UNIT(who_is_put_out_is_forgotten_as_others),
        UNIT(who_is_found_to_belong_is_asked_for_again),
        UNIT(keys_are_written_read_walked_and_deleted),
        UNIT(deleted_keys_make_room_by_a_new_generation),
        UNIT(what_is_saved_is_loaded_in_a_higher_generation),
        UNIT(real_signatures_carry_a_namespace),
        UNIT(rounds_can_be_rarer_or_more_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
