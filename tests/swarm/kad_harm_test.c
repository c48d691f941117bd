/* What hostile nodes name, of each kind. */
#include "swarm/kad_harm.h"

#include "tests/base/unit.h"

#define NODES 300
#define TARGET UINT64_C(0x5a5a5a5a5a5a5a5a)

static struct kad_harm harm;
static struct kad_harm *const h = &harm;

static void begin(enum kad_harm_kind kind)
{
    kad_harm_init(h, kind, NODES);
    for (uint32_t i = 0; i < NODES; i++) {
        struct peerid id = kad_harm_id(i, 7);
        struct kad_key key;
        kad_key_of(&key, peerid_span(&id));
        kad_forest_add(&h->kin, kad_forest_place(&key), i);
    }
    kad_forest_sort(&h->kin);
}

static void an_id_says_its_number(void **state)
{
    (void)state;
    struct peerid one = kad_harm_id(77, 1);
    struct peerid other = kad_harm_id(77, 2);
    struct peerid read;
    assert_int_equal(kad_harm_number(&one), 77);
    assert_false(peerid_is_equal(&one, &other));
    assert_int_equal(peerid_decode(&read, peerid_span(&one)), 0);
}

static void colluders_name_the_nearest_of_their_kind(void **state)
{
    (void)state;
    uint32_t out[16];
    begin(KAD_HARM_COLLUDE);
    assert_int_equal(kad_harm_named(h, 0, TARGET, out, 16), 16);
    for (size_t i = 0; i < 16; i++) {
        assert_true(out[i] < NODES);
    }
    kad_harm_clear(h);
}

/* Far from the target it answers as the honest do, that is, names nobody of its own. */
static void who_lies_last_lies_near_the_target_alone(void **state)
{
    (void)state;
    uint32_t out[16];
    begin(KAD_HARM_LAST);
    assert_int_equal(kad_harm_named(h, ~TARGET, TARGET, out, 16), 0);
    assert_int_equal(kad_harm_named(h, TARGET ^ 1, TARGET, out, 16), 16);
    kad_harm_clear(h);
}

/* The ids made beforehand are nearer to any target than the nodes are: of 40 targets, the nearest
 * node stands before the k-th of them at a few. */
static void made_ids_are_nearer_than_any_node(void **state)
{
    (void)state;
    unsigned nearer = 0;
    begin(KAD_HARM_DIVERT);
    for (uint64_t i = 1; i <= 40; i++) {
        uint32_t out[16];
        uint32_t node;
        struct kad_key key;
        uint64_t target = i * UINT64_C(0x0123456789abcdef);
        assert_int_equal(kad_harm_named(h, 0, target, out, 16), 16);
        struct peerid id = kad_harm_id(out[15], KAD_HARM_MADE_SALT);
        assert_true((out[15] & KAD_HARM_MADE_BIT) != 0);
        kad_key_of(&key, peerid_span(&id));
        assert_int_equal(kad_forest_nearest(&h->kin, target, &node, 1), 1);
        struct peerid other = kad_harm_id(node, 7);
        struct kad_key place;
        kad_key_of(&place, peerid_span(&other));
        nearer += (kad_forest_place(&place) ^ target) < (kad_forest_place(&key) ^ target);
    }
    assert_in_range(nearer, 0, 8);
    kad_harm_clear(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_id_says_its_number),
        UNIT(colluders_name_the_nearest_of_their_kind),
        UNIT(who_lies_last_lies_near_the_target_alone),
        UNIT(made_ids_are_nearer_than_any_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
