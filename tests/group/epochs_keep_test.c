/*
 * A state in the store: whole or not, and back again.
 */
#include "group/epochs_keep.h"

#include "base/check.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "tests/support/group_world.h"

static struct group_world w;
static struct sim *sim;
static struct store *store;
static struct epochs_keep keep;

static void begin(void)
{
    group_world_init(&w, 1, &signer_ed25519);
    group_world_begin(&w, 5);
    sim = sim_new(1);
    const struct store_config config = {.port = sim_host_port(sim_host_new(sim, NULL)),
                                        .kind = STORE_MEMORY};
    assert_int_equal(store_new(&config, &store), 0);
    epochs_keep_init(&keep, store, 7);
}

static void end(void)
{
    epochs_keep_clear(&keep);
    store_free(store);
    sim_free(sim);
    group_world_clear(&w);
}

static void what_is_saved_comes_back(void **state)
{
    (void)state;
    begin();
    struct group_world_node *n = &w.nodes[2];
    assert_int_equal(epochs_keep_save(&keep, &n->e, w.now), 0);
    struct epochs_keep again;
    struct epoch loaded;
    epochs_keep_init(&again, store, 7);
    assert_int_equal(epochs_keep_load(&again, &loaded, &n->config, w.now), 0);
    assert_int_equal(again.parts, keep.parts);
    assert_int_equal(loaded.graph.count, n->e.graph.count);
    assert_memory_equal(loaded.leaves[0].own.x25519.secret, n->e.leaves[0].own.x25519.secret, 32);
    epoch_clear(&loaded);
    end();
}

/* Nothing there: a new machine; a part missing: damage, not a part of a state. */
static void a_part_is_no_state(void **state)
{
    (void)state;
    begin();
    struct group_world_node *n = &w.nodes[1];
    struct epoch loaded;
    assert_int_equal(epochs_keep_load(&keep, &loaded, &n->config, w.now), 0);
    assert_int_equal(loaded.graph.count, 0);
    epoch_clear(&loaded);
    assert_int_equal(epochs_keep_save(&keep, &n->e, w.now), 0);
    assert_true(keep.parts > 1);
    const uint8_t last[2] = {0, (uint8_t)(keep.parts - 1)};
    assert_int_equal(store_delete(store, "epoch-7", span_of(last, 2)), 0);
    epochs_keep_clear(&keep);
    epochs_keep_init(&keep, store, 7);
    assert_int_equal(epochs_keep_load(&keep, &loaded, &n->config, w.now), WAVU_ERR_CORRUPT);
    end();
}

/* Keys of others that were used up. */
static uint64_t opened(const struct epoch *e)
{
    uint64_t count = 0;
    for (struct list *l = list_next(&e->sets, &e->sets); l != NULL; l = list_next(&e->sets, l)) {
        const struct epoch_set *s = LIST_OF(l, struct epoch_set, link);
        for (size_t i = 0; i < s->count && s->chains != NULL; i++) {
            count += (int)i == s->own ? 0 : s->chains[i].next;
        }
    }
    return count;
}

/* A save of what is in the store already costs its first part, which says when that was; and what
 * one entry changed a part or two: the store has the whole of it all the same. */
static void only_what_changed_is_put(void **state)
{
    (void)state;
    begin();
    struct group_world_node *n = &w.nodes[2];
    group_world_must_write(&w, 1); /* the chains of the epoch come with its first entry */
    group_world_run(&w);
    assert_int_equal(epochs_keep_save(&keep, &n->e, w.now), 0);
    assert_true(keep.parts > 2);
    uint64_t writes = store_writes(store);
    assert_int_equal(epochs_keep_save(&keep, &n->e, w.now + 1), 0);
    assert_true(store_writes(store) - writes == 1);
    const uint64_t before = opened(&n->e);
    group_world_must_write(&w, 1);
    group_world_run(&w);
    assert_int_equal(opened(&n->e), before + 1);
    writes = store_writes(store);
    assert_int_equal(epochs_keep_save(&keep, &n->e, w.now + 2), 0);
    assert_in_range(store_writes(store) - writes, 2, 3);
    struct epochs_keep again;
    struct epoch loaded;
    epochs_keep_init(&again, store, 7);
    assert_int_equal(epochs_keep_load(&again, &loaded, &n->config, w.now), 0);
    assert_int_equal(opened(&loaded), before + 1);
    epoch_clear(&loaded);
    /* another life knows no hashes: it puts all of them */
    writes = store_writes(store);
    assert_int_equal(epochs_keep_save(&again, &n->e, w.now + 3), 0);
    assert_int_equal(store_writes(store) - writes, again.parts);
    epochs_keep_clear(&again);
    end();
}

/* A commit that is nearly full takes none of it. */
static void there_is_room_for_all_or_for_none(void **state)
{
    (void)state;
    static uint8_t much[STORE_VALUE_MAX];
    begin();
    for (uint32_t i = 0; store_put(store, "much", span_of(&i, sizeof i), span_of(much, 1000)) == 0;
         i++) {
    }
    assert_int_equal(epochs_keep_save(&keep, &w.nodes[0].e, w.now), WAVU_ERR_AGAIN);
    assert_int_equal(store_flush(store), 0);
    assert_int_equal(epochs_keep_save(&keep, &w.nodes[0].e, w.now), 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_saved_comes_back),
        UNIT(a_part_is_no_state),
        UNIT(only_what_changed_is_put),
        UNIT(there_is_room_for_all_or_for_none),
    };
    return cmocka_run_group_tests_name("epochs_keep", tests, NULL, NULL);
}
