/* What was nearest is known again, for a while, and of so many places. */
#include "discovery/kad_cache.h"

#include "base/wr.h"
#include "tests/base/unit.h"

static struct kad_key place(uint32_t number)
{
    struct kad_key k = {{0}};
    struct wr w;
    wr_init(&w, span_mut_of(k.bytes, sizeof k.bytes));
    wr_u32be(&w, number);
    return k;
}

static struct peerid peer(uint8_t number)
{
    struct peerid p = {.len = 2, .bytes = {0, number}};
    return p;
}

static void it_is_known_until_it_is_too_old(void **state)
{
    (void)state;
    struct kad_cache c = {0};
    struct kad_key here = place(1);
    struct kad_key there = place(2);
    struct peerid peers[2] = {peer(1), peer(2)};
    size_t count = 9;
    assert_null(kad_cache_get(&c, &here, 0, &count));
    assert_int_equal(count, 0);
    kad_cache_put(&c, &here, peers, 2, 5);
    const struct peerid *known = kad_cache_get(&c, &here, KAD_CACHE_LIFE_NS + 4, &count);
    assert_int_equal(count, 2);
    assert_true(peerid_is_equal(&known[1], &peers[1]));
    assert_null(kad_cache_get(&c, &there, 5, &count));
    assert_null(kad_cache_get(&c, &here, KAD_CACHE_LIFE_NS + 5, &count));
    kad_cache_clear(&c);
}

static void the_newest_word_counts(void **state)
{
    (void)state;
    struct kad_cache c = {0};
    struct kad_key here = place(1);
    struct peerid peers[2] = {peer(1), peer(2)};
    size_t count = 0;
    kad_cache_put(&c, &here, peers, 2, 0);
    kad_cache_put(&c, &here, &peers[1], 1, 7);
    const struct peerid *known = kad_cache_get(&c, &here, 7, &count);
    assert_int_equal(count, 1);
    assert_true(peerid_is_equal(&known[0], &peers[1]));
    kad_cache_put(&c, &here, peers, 0, 8); /* nobody was found: that says nothing */
    assert_non_null(kad_cache_get(&c, &here, 8, &count));
    kad_cache_drop(&c, &here);
    assert_null(kad_cache_get(&c, &here, 8, &count));
    kad_cache_drop(&c, &here);
    kad_cache_clear(&c);
}

static void the_oldest_place_goes_when_it_is_full(void **state)
{
    (void)state;
    struct kad_cache c = {0};
    struct peerid peers[KAD_CACHE_PEERS_MAX + 1] = {peer(1)};
    size_t count = 0;
    for (uint32_t i = 0; i <= KAD_CACHE_PLACES_MAX; i++) {
        struct kad_key k = place(i);
        kad_cache_put(&c, &k, peers, KAD_CACHE_PEERS_MAX + 1, 0);
    }
    struct kad_key first = place(0);
    struct kad_key second = place(1);
    assert_null(kad_cache_get(&c, &first, 0, &count));
    assert_non_null(kad_cache_get(&c, &second, 0, &count));
    assert_int_equal(count, KAD_CACHE_PEERS_MAX);
    kad_cache_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(it_is_known_until_it_is_too_old),
        UNIT(the_newest_word_counts),
        UNIT(the_oldest_place_goes_when_it_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
