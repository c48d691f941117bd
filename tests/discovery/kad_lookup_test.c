/*
 * One look-up: who is asked, by which path, when it is over; and whole networks of tables without
 * time, some of them with nodes that name only each other.
 */
#include "discovery/kad_lookup.h"

#include "discovery/kad_table.h"
#include "tests/base/unit.h"

#define MS UINT64_C(1000000)

static struct kad_lookup lookup;
static struct kad_lookup *const l = &lookup;

static struct peerid peer(uint32_t number)
{
    struct peerid id = {.len = 38};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static uint32_t number_of(const struct peerid *id)
{
    uint32_t number;
    memcpy(&number, id->bytes, sizeof number);
    return number;
}

static struct kad_key key(uint32_t number)
{
    struct kad_key k;
    struct peerid id = peer(number);
    kad_key_of(&k, peerid_span(&id));
    return k;
}

static void begin(unsigned k, unsigned paths, unsigned alpha, unsigned beta)
{
    struct peerid self = peer(UINT32_MAX);
    struct kad_lookup_config config = {
        .target = key(0), .k = k, .paths = paths, .alpha = alpha, .beta = beta};
    kad_lookup_init(l, &config, &self);
}

/* Numbers from 1 on, nearest to the target first. */
static void nearest(uint32_t *out, size_t count, uint32_t of)
{
    struct kad_key target = key(0);
    size_t have = 0;
    for (uint32_t i = 1; i <= of; i++) {
        struct kad_key k = key(i);
        size_t at = have;
        while (at > 0) {
            struct kad_key other = key(out[at - 1]);
            if (kad_key_compare(&target, &k, &other) > 0) {
                break;
            }
            at--;
        }
        if (at < count) {
            have += have < count;
            memmove(&out[at + 1], &out[at], (have - at - 1) * sizeof out[0]);
            out[at] = i;
        }
    }
}

static void seed(const uint32_t *numbers, size_t count)
{
    struct peerid ids[32];
    const struct peerid *ptrs[32];
    for (size_t i = 0; i < count; i++) {
        ids[i] = peer(numbers[i]);
        ptrs[i] = &ids[i];
    }
    kad_lookup_seed(l, ptrs, count);
    kad_lookup_check(l);
}

static uint32_t next(uint64_t now)
{
    struct peerid id;
    bool is_more = kad_lookup_next(l, now, &id);
    kad_lookup_check(l);
    return is_more ? number_of(&id) : 0;
}

static void answer(uint32_t from, const uint32_t *numbers, size_t count, uint64_t now)
{
    struct peerid ids[64];
    struct peerid id = peer(from);
    for (size_t i = 0; i < count; i++) {
        ids[i] = peer(numbers[i]);
    }
    kad_lookup_answered(l, &id, ids, count, now);
    kad_lookup_check(l);
}

static void the_nearest_is_asked_first_and_so_many_at_once(void **state)
{
    (void)state;
    uint32_t near[8];
    nearest(near, 8, 500);
    begin(4, 1, 3, 3);
    seed((uint32_t[]){near[5], near[1], near[3], near[7]}, 4);
    assert_int_equal(next(0), near[1]);
    assert_int_equal(next(0), near[3]);
    assert_int_equal(next(0), near[5]);
    assert_int_equal(next(0), 0); /* alpha are under way */
    assert_false(kad_lookup_is_over(l));
    answer(near[1], (uint32_t[]){near[0], near[2]}, 2, 10 * MS);
    assert_int_equal(next(0), near[0]);
    kad_lookup_clear(l);
}

static void it_is_over_when_the_nearest_have_answered(void **state)
{
    (void)state;
    uint32_t near[8];
    nearest(near, 8, 500);
    begin(3, 1, 3, 3);
    seed(near, 8);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(next(0), near[i]);
    }
    assert_int_equal(next(0), 0);
    answer(near[0], near, 8, MS);
    answer(near[1], near, 8, MS);
    assert_false(kad_lookup_is_over(l));
    struct peerid third = peer(near[2]);
    kad_lookup_failed(l, &third); /* the fourth takes its place */
    assert_false(kad_lookup_is_over(l));
    assert_int_equal(next(0), near[3]);
    answer(near[3], NULL, 0, MS);
    assert_true(kad_lookup_is_over(l));
    assert_int_equal(next(0), 0);
    const struct kad_candidate *found[3];
    assert_int_equal(kad_lookup_result(l, found, 3), 3);
    assert_int_equal(number_of(&found[2]->id), near[3]);
    kad_lookup_clear(l);
}

static void paths_share_nobody(void **state)
{
    (void)state;
    uint32_t near[20];
    unsigned asked_by[2] = {0, 0};
    nearest(near, 20, 500);
    begin(8, 2, 4, 3);
    seed((uint32_t[]){near[10], near[11]}, 2);
    assert_int_equal(next(0), near[10]);
    assert_int_equal(next(0), near[11]);
    /* Both name the same: each is asked by one path, and both get their part. */
    answer(near[10], near, 10, MS);
    answer(near[11], near, 10, MS);
    for (uint32_t number = next(MS); number != 0; number = next(MS)) {
        answer(number, near, 10, 2 * MS);
    }
    assert_true(kad_lookup_is_over(l));
    for (size_t i = 0; i < l->count; i++) {
        asked_by[l->candidates[i]->path] += l->candidates[i]->state == KAD_LOOKUP_ANSWERED;
    }
    assert_in_range(asked_by[0], 4, 8);
    assert_in_range(asked_by[1], 4, 8);
    kad_lookup_clear(l);
}

/* Who names a hundred near ones that nobody else knows fills its own path alone. */
static void a_liar_drives_nobody_out_of_other_paths(void **state)
{
    (void)state;
    uint32_t near[20];
    uint32_t lies[40];
    nearest(near, 20, 500);
    begin(8, 2, 4, 3);
    seed((uint32_t[]){near[18], near[19]}, 2);
    (void)next(0);
    (void)next(0);
    answer(near[19], (uint32_t[]){near[17]}, 1, MS);
    for (uint32_t round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < 40; i++) {
            lies[i] = 1000 + round * 40 + i;
        }
        answer(round == 0 ? near[18] : number_of(&l->candidates[0]->id), lies, 40, MS);
        (void)next(MS);
    }
    struct peerid honest = peer(near[17]);
    bool has_honest = false;
    for (size_t i = 0; i < l->count; i++) {
        has_honest = has_honest || peerid_is_equal(&l->candidates[i]->id, &honest);
    }
    assert_true(has_honest);
    assert_true(l->count <= 2 + 1 + KAD_LOOKUP_OPEN_MAX + l->asked);
    kad_lookup_clear(l);
}

static void who_is_late_holds_nobody_up_and_still_counts(void **state)
{
    (void)state;
    uint32_t near[8];
    nearest(near, 8, 500);
    begin(2, 1, 2, 2);
    seed(near, 4);
    assert_int_equal(next(0), near[0]);
    assert_int_equal(next(0), near[1]);
    assert_int_equal(kad_lookup_deadline(l), KAD_LOOKUP_PATIENCE_LEAST_NS);
    answer(near[1], NULL, 0, 300 * MS);
    struct peerid slow = peer(near[0]);
    kad_lookup_wait(l, &slow, 600 * MS);
    kad_lookup_tick(l, 599 * MS);
    assert_int_equal(next(599 * MS), near[2]);
    kad_lookup_tick(l, 600 * MS);
    assert_int_equal(next(600 * MS), near[3]);
    /* Answers took 300 ms so far: four times that is waited for. */
    assert_int_equal(kad_lookup_deadline(l), 599 * MS + KAD_LOOKUP_PATIENCE_LEAST_NS + 700 * MS);
    answer(near[0], NULL, 0, 700 * MS);
    assert_true(kad_lookup_is_over(l));
    const struct kad_candidate *found[2];
    assert_int_equal(kad_lookup_result(l, found, 2), 2);
    assert_int_equal(number_of(&found[0]->id), near[0]);
    kad_lookup_clear(l);
}

static void strangers_to_it_say_nothing(void **state)
{
    (void)state;
    begin(2, 1, 2, 2);
    seed((uint32_t[]){1, 2}, 2);
    answer(1, (uint32_t[]){3, 4}, 2, MS); /* known, and not asked yet */
    answer(9, (uint32_t[]){5, 6}, 2, MS);
    assert_int_equal(l->count, 2);
    assert_int_equal(l->answered, 0);
    answer(next(0), (uint32_t[]){UINT32_MAX}, 1, MS); /* ourselves */
    assert_int_equal(l->count, 2);
    kad_lookup_stop(l);
    assert_true(kad_lookup_is_over(l));
    assert_int_equal(next(0), 0);
    kad_lookup_clear(l);
}

static void it_ends_however_many_are_named(void **state)
{
    (void)state;
    uint32_t made_up = 1;
    begin(20, 4, 10, 3);
    seed((uint32_t[]){1, 2, 3, 4}, 4);
    for (uint32_t number = next(0); number != 0; number = next(0)) {
        uint32_t lies[40];
        for (size_t i = 0; i < 40; i++) {
            lies[i] = ++made_up;
        }
        answer(number, lies, 40, MS);
    }
    assert_true(kad_lookup_is_over(l));
    assert_true(l->asked <= KAD_LOOKUP_ASKED_MAX);
    kad_lookup_clear(l);
}

/* ---- Whole networks, without time ---- */

#define NODES 1500

struct node {
    struct kad_table table;
    struct kad_key key;
    bool is_hostile;
};

static struct node nodes[NODES];
static struct random_seeded seeded;
static struct random draw;

/* The `max` nearest to `target` among all nodes, or those that are hostile. */
static size_t nearest_nodes(const struct kad_key *target, bool is_hostile, uint32_t *out,
                            size_t max)
{
    size_t count = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        size_t at = count;
        if (is_hostile && !nodes[i].is_hostile) {
            continue;
        }
        while (at > 0 && kad_key_compare(target, &nodes[i].key, &nodes[out[at - 1]].key) < 0) {
            at--;
        }
        if (at < max) {
            count += count < max;
            memmove(&out[at + 1], &out[at], (count - at - 1) * sizeof out[0]);
            out[at] = i;
        }
    }
    return count;
}

static void meet(uint32_t one, uint32_t other)
{
    struct peerid id = peer(other);
    (void)kad_table_put(&nodes[one].table, &id, 0, 1);
}

/* Each met 300 others, and those nearest to it when it came. */
static void network_begin(unsigned hostile_percent)
{
    random_seeded_init(&seeded, 5);
    draw = random_from_seeded(&seeded);
    for (uint32_t i = 0; i < NODES; i++) {
        struct peerid self = peer(i);
        kad_table_init(&nodes[i].table, &self, 16, &draw, 0);
        nodes[i].key = key(i);
        nodes[i].is_hostile = random_below(&draw, 100) < hostile_percent;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        uint32_t near[16];
        (void)nearest_nodes(&nodes[i].key, false, near, 16);
        for (uint32_t j = 0; j < 16; j++) {
            meet(i, near[j]);
            meet(near[j], i);
        }
        for (uint32_t j = 0; j < 300; j++) {
            meet(i, (uint32_t)random_below(&draw, NODES));
        }
    }
}

static void network_end(void)
{
    for (uint32_t i = 0; i < NODES; i++) {
        kad_table_clear(&nodes[i].table);
    }
}

/* What `node` names: an honest one the nearest it knows, a hostile one the nearest of its kind. */
static size_t named(uint32_t node, const struct kad_key *target, struct peerid *out)
{
    const struct kad_entry *near[16];
    uint32_t numbers[16];
    size_t count;
    if (nodes[node].is_hostile) {
        count = nearest_nodes(target, true, numbers, 16);
        for (size_t i = 0; i < count; i++) {
            out[i] = peer(numbers[i]);
        }
        return count;
    }
    count = kad_table_nearest(&nodes[node].table, target, NULL, near, 16);
    for (size_t i = 0; i < count; i++) {
        out[i] = near[i]->id;
    }
    return count;
}

/* Is `wanted` found by `from` over so many paths? */
static bool is_found(uint32_t from, uint32_t wanted, unsigned paths)
{
    struct kad_lookup_config config = {
        .target = key(wanted), .k = 16, .paths = paths, .alpha = 10, .beta = 3};
    struct peerid self = peer(from);
    const struct kad_entry *near[32];
    const struct peerid *ids[32];
    struct peerid id;
    bool is_there = false;
    kad_lookup_init(l, &config, &self);
    size_t count = kad_table_nearest(&nodes[from].table, &config.target, NULL, near, 32);
    for (size_t i = 0; i < count; i++) {
        ids[i] = &near[i]->id;
    }
    kad_lookup_seed(l, ids, count);
    while (kad_lookup_next(l, 0, &id)) {
        struct peerid others[16];
        kad_lookup_answered(l, &id, others, named(number_of(&id), &config.target, others), MS);
    }
    assert_true(kad_lookup_is_over(l));
    kad_lookup_check(l);
    const struct kad_candidate *found[16];
    for (size_t i = kad_lookup_result(l, found, 16); i-- > 0;) {
        is_there = is_there || number_of(&found[i]->id) == wanted;
    }
    kad_lookup_clear(l);
    return is_there;
}

static unsigned found_of(unsigned tries, unsigned paths)
{
    unsigned found = 0;
    for (unsigned i = 0; i < tries;) {
        uint32_t from = (uint32_t)random_below(&draw, NODES);
        uint32_t wanted = (uint32_t)random_below(&draw, NODES);
        if (from != wanted && !nodes[from].is_hostile && !nodes[wanted].is_hostile) {
            found += is_found(from, wanted, paths);
            i++;
        }
    }
    return found;
}

static void everybody_is_found_among_the_honest(void **state)
{
    (void)state;
    network_begin(0);
    assert_int_equal(found_of(200, 1), 200);
    assert_int_equal(found_of(200, 4), 200);
    network_end();
}

static void disjoint_paths_find_what_one_does_not(void **state)
{
    (void)state;
    network_begin(20);
    unsigned one = found_of(200, 1);
    unsigned four = found_of(200, 4);
    unsigned eight = found_of(200, 8);
    printf(
        "among 20 %% hostile nodes of %u, found of 200: %u over one path, %u over 4, %u over 8\n",
        NODES, one, four, eight);
    assert_true(one < 190);
    assert_true(four >= 196);
    assert_true(eight >= four);
    network_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_nearest_is_asked_first_and_so_many_at_once),
        UNIT(it_is_over_when_the_nearest_have_answered),
        UNIT(paths_share_nobody),
        UNIT(a_liar_drives_nobody_out_of_other_paths),
        UNIT(who_is_late_holds_nobody_up_and_still_counts),
        UNIT(strangers_to_it_say_nothing),
        UNIT(it_ends_however_many_are_named),
        UNIT(everybody_is_found_among_the_honest),
        UNIT(disjoint_paths_find_what_one_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
