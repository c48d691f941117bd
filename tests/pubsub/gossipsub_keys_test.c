/* A bounded set of keys, against a plain list that is searched. */
#include "pubsub/gossipsub_keys.h"

#include "base/random.h"
#include "tests/base/unit.h"

#define MAX 100u

static void it_is_what_a_list_would_be(void **state)
{
    (void)state;
    struct gossipsub_keys_entry list[MAX];
    size_t count = 0;
    struct gossipsub_keys k;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    gossipsub_keys_init(&k, MAX);
    for (unsigned step = 0; step < 20000; step++) {
        /* keys that fall on few places, so that they stand in each other's way */
        uint64_t key = random_below(&random, 40) | random_below(&random, 16) << 32;
        uint64_t *value = gossipsub_keys_get(&k, key);
        size_t at = 0;
        while (at < count && list[at].key != key) {
            at++;
        }
        assert_int_equal(at < count, value != NULL);
        if (value != NULL) {
            assert_int_equal(*value, list[at].value);
            *value = list[at].value = step;
        } else if (!gossipsub_keys_is_full(&k)) {
            gossipsub_keys_put(&k, key, step);
            list[count++] = (struct gossipsub_keys_entry){.key = key, .value = step};
        }
        /* emptied now and then, filled now and then */
        while (count > 0 &&
               (count == MAX || random_below(&random, step % 2000 < 1000 ? 4 : 1) == 0)) {
            struct gossipsub_keys_entry e;
            assert_true(gossipsub_keys_pop(&k, &e));
            assert_int_equal(e.key, list[0].key);
            assert_int_equal(e.value, list[0].value);
            count--;
            memmove(&list[0], &list[1], count * sizeof list[0]);
        }
        assert_int_equal(k.count, count);
        if (step % 50 == 0) {
            gossipsub_keys_check(&k);
        }
    }
    gossipsub_keys_clear(&k);
}

static void the_oldest_stands_first(void **state)
{
    (void)state;
    struct gossipsub_keys k;
    struct gossipsub_keys_entry e;
    gossipsub_keys_init(&k, 20);
    for (uint64_t i = 0; i < 20; i++) {
        gossipsub_keys_put(&k, i * 977, i);
        assert_int_equal(gossipsub_keys_at(&k, (uint32_t)i)->value, i);
    }
    assert_true(gossipsub_keys_is_full(&k));
    assert_true(gossipsub_keys_memory(&k) <= 32 * 24);
    for (uint64_t i = 0; i < 20; i++) {
        assert_true(gossipsub_keys_pop(&k, &e));
        assert_int_equal(e.value, i);
    }
    assert_false(gossipsub_keys_pop(&k, &e));
    assert_int_equal(gossipsub_keys_memory(&k), 0); /* nothing is held for nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(it_is_what_a_list_would_be),
        UNIT(the_oldest_stands_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
