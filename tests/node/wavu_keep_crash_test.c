/*
 * A node whose power goes at 200 drawn moments, in the middle of commits and of starting: it starts
 * again, what was on the disk is there, and for the others its part of the shared state never goes
 * back.
 *
 * Node 0 lives on and watches; node 1 writes a rising number and dies.
 */
#include "node/wavu_keep_msg.h"
#include "sim/sim_draw.h"
#include "tests/node/homes.h"

#define SEEDS 10
#define LIVES 20
#define KEY "count"

struct world {
    struct homes homes;
    struct sim_draw draw;
    struct overlay_id mortal;
    uint32_t written;    /* the number in the shared state, all lives together */
    uint32_t safe;       /* the number that was on the disk for certain */
    bool has_peer;       /* so was that it knows node 0 */
    uint64_t generation; /* as node 0 has it of node 1 */
    uint64_t version;
    uint64_t used; /* the highest generation that node 1 had */
};

static struct world w;
static uint32_t crashes;
static uint32_t failed_starts;
static uint32_t lost;   /* crashes that cost a number */
static uint32_t exact;  /* crashes that cost none */
static uint32_t broken; /* crashes after the disk had failed */

/* The number that node `at` knows of node 1; 0: none. */
static uint32_t number_at(size_t at)
{
    struct span value;
    uint32_t number = 0;
    if (state_get(&homes_mesh(&w.homes, at)->state, &w.mortal, UNIT_TEXT(KEY), &value) == 0) {
        assert_int_equal(value.len, sizeof number);
        memcpy(&number, value.ptr, sizeof number);
    }
    return number;
}

/* What node 0 has of node 1 is never older than before. */
static void watch(void)
{
    const struct state *state = &homes_mesh(&w.homes, 0)->state;
    const struct state_owner *o = state_table_get(&state->table, &w.mortal);
    if (o == NULL) {
        return;
    }
    assert_true(o->generation > w.generation ||
                (o->generation == w.generation && o->version >= w.version));
    w.generation = o->generation;
    w.version = o->version;
}

/* The number in what state_save wrote; 0: none. */
static uint32_t number_in(struct span saved)
{
    struct state_msg m;
    struct state_msg_block block;
    struct state_msg_entry e;
    struct pb blocks;
    struct pb entries;
    uint32_t number = 0;
    assert_int_equal(state_msg_decode(&m, saved), 0);
    pb_init(&blocks, m.blocks);
    assert_true(state_msg_next_block(&blocks, &block));
    pb_init(&entries, block.entries);
    while (state_msg_next_entry(&entries, &e)) {
        if (span_is_equal(e.key, UNIT_TEXT(KEY))) {
            assert_int_equal(e.value.len, sizeof number);
            memcpy(&number, e.value.ptr, sizeof number);
        }
    }
    return number;
}

/* When nothing is pending, all that the store says is on the disk. */
static void look(void)
{
    struct store *store = w.homes.nodes[1]->store.store;
    const struct overlay_id *other = &homes_mesh(&w.homes, 0)->config.self;
    struct span saved;
    struct buf value;
    if (store_pending(store) > 0) {
        return;
    }
    buf_init(&value, STORE_VALUE_MAX);
    if (store_get(store, "state", overlay_id_span(&w.mortal), &value) == 0) {
        assert_int_equal(wavu_keep_msg_get_state(buf_span(&value), &saved), 0);
        uint32_t number = number_in(saved);
        assert_true(number >= w.safe);
        w.safe = number;
    }
    w.has_peer = w.has_peer || store_get(store, "views", overlay_id_span(other), &value) == 0;
    buf_clear(&value);
}

/* Let node 1 live a while; the number rises. Its disk may fail for good on the way. */
static void live(uint64_t steps)
{
    uint64_t failing = sim_draw_chance(&w.draw, 1, 2) ? sim_draw_below(&w.draw, steps + 1) : steps;
    for (uint64_t i = 0; i < steps; i++) {
        if (i == failing) {
            sim_files_fail(w.homes.hosts[1], sim_draw_below(&w.draw, 10), SIM_DISK_FOR_EVER);
        }
        if (sim_draw_chance(&w.draw, 1, 4)) {
            w.written++;
            assert_int_equal(wavu_mesh_set(w.homes.nodes[1], KEY, &w.written, sizeof w.written), 0);
        }
        sim_run_for(w.homes.sim, 1 + sim_draw_below(&w.draw, 200 * TIMERS_MS));
        watch();
        look();
    }
    broken += sim_files_failed(w.homes.hosts[1]) > 0;
}

static void die(void)
{
    w.used = state_generation(&homes_mesh(&w.homes, 1)->state);
    homes_crash(&w.homes, 1);
    crashes++;
}

/* Start again, now and then only after some tries that the power cut short. */
static void rise(void)
{
    while (sim_draw_chance(&w.draw, 1, 4)) {
        sim_files_fail(w.homes.hosts[1], sim_draw_below(&w.draw, 12), SIM_DISK_FOR_EVER);
        int rc = homes_try(&w.homes, 1, false);
        assert_true(rc == 0 || rc == WAVU_ERR_IO);
        failed_starts += rc < 0;
        homes_crash(&w.homes, 1);
    }
    homes_start(&w.homes, 1, false);
    uint32_t number = number_at(1);
    assert_true(number >= w.safe && number <= w.written);
    lost += number < w.written;
    exact += number == w.written;
    assert_true(state_generation(&homes_mesh(&w.homes, 1)->state) > w.used);
    const struct overlay_id *other = &homes_mesh(&w.homes, 0)->config.self;
    const struct views_book *book = &homes_mesh(&w.homes, 1)->views.book;
    assert_true(!w.has_peer || views_book_find(book, other) != NULL);
}

static void a_node_survives_power_cuts_at_200_moments(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        w = (struct world){.draw = sim_draw_of(seed, SIM_SCENARIO, 1)};
        homes_make(&w.homes, seed, 2);
        homes_start(&w.homes, 0, false);
        homes_start(&w.homes, 1, true);
        w.mortal = homes_mesh(&w.homes, 1)->config.self;
        for (int life = 0; life < LIVES; life++) {
            live(sim_draw_below(&w.draw, 240));
            die();
            rise();
        }
        w.written++;
        assert_int_equal(wavu_mesh_set(w.homes.nodes[1], KEY, &w.written, sizeof w.written), 0);
        assert_true(homes_meet(&w.homes, 120 * TIMERS_SECOND));
        sim_run_for(w.homes.sim, 10 * TIMERS_SECOND);
        watch();
        assert_int_equal(number_at(0), w.written);
        homes_end(&w.homes);
    }
    assert_int_equal(crashes, SEEDS * LIVES);
    assert_true(lost > 50 && exact > 5 && failed_starts > 10 && broken > 30); /* all kinds */
}

/* Start in an empty home whose power goes after `calm` changes to the disk, and once more; whether
 * it went before the start was over. */
static bool start_cut_after(uint64_t calm, uint64_t tear)
{
    struct homes h;
    homes_make(&h, 1 + tear, 1);
    sim_files_fail(h.hosts[0], calm, SIM_DISK_FOR_EVER);
    int rc = homes_try(&h, 0, false);
    bool was_cut = sim_files_failed(h.hosts[0]) > 0;
    assert_true(rc == 0 || (was_cut && (rc == WAVU_ERR_IO || rc == WAVU_ERR_NO_SPACE)));
    uint64_t generation = rc == 0 ? state_generation(&homes_mesh(&h, 0)->state) : 0;
    homes_crash(&h, 0);
    homes_start(&h, 0, false);
    assert_true(state_generation(&homes_mesh(&h, 0)->state) > generation);
    homes_end(&h);
    return was_cut;
}

static void a_first_start_survives_a_power_cut_at_every_change(void **state)
{
    (void)state;
    for (uint64_t tear = 0; tear < 3; tear++) {
        uint64_t calm = 0;
        while (start_cut_after(calm, tear)) {
            calm++;
        }
        assert_true(calm > 10); /* as many points there were */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_node_survives_power_cuts_at_200_moments),
        UNIT(a_first_start_survives_a_power_cut_at_every_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
