/* Who is tried next, of those that say they are the one: turns and places by source. */
#include "node/wavu_found.h"

#include <stdio.h>
#include <string.h>

#include "tests/base/unit.h"

static struct wavu_found f;
static struct random_seeded seeded;
static struct random randomness;

static void begin(void)
{
    random_seeded_init(&seeded, 7);
    randomness = random_from_seeded(&seeded);
    wavu_found_init(&f, &randomness);
}

static struct peerid peer(unsigned number)
{
    struct peerid id = {.len = 4};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static void add(unsigned number, unsigned source)
{
    struct peerid id = peer(number);
    struct multiaddr a;
    char text[64];
    (void)snprintf(text, sizeof text, "/ip4/10.0.%u.%u/tcp/9000", source / 250, source % 250);
    assert_int_equal(multiaddr_parse(&a, span_from_text(text)), 0);
    wavu_found_add(&f, &id, &a);
    wavu_found_check(&f);
}

/* Its number; 0: nobody waits. */
static unsigned next(void)
{
    struct peerid id;
    unsigned number = 0;
    uint32_t turns = 0;
    if (wavu_found_next(&f, &id, &turns)) {
        memcpy(&number, id.bytes, sizeof number);
    }
    wavu_found_check(&f);
    return number;
}

static void sources_take_turns(void **state)
{
    (void)state;
    begin();
    assert_int_equal(next(), 0);
    for (unsigned k = 1; k < 100; k++) {
        add(1000 + k, 9); /* one machine, many ids */
    }
    add(1, 1);
    assert_true(next() > 1000);
    assert_int_equal(next(), 1);
    for (unsigned k = 1; k < 100; k++) {
        add(2000 + k, 9);
        add(1, 1);
        assert_true((next() == 1) != (next() == 1));
    }
}

/* Who calls once is tried although its source's others call all the time. */
static void one_of_many_at_a_source(void **state)
{
    (void)state;
    size_t turns = 0;
    begin();
    add(1, 9);
    for (unsigned k = 1, found = 0; found != 1; turns++) {
        for (unsigned i = 0; i < 10; i++, k++) {
            add(1000 + k, 9);
        }
        found = next();
        assert_true(found != 0 && turns < 100);
    }
}

/* Five that call without pause left no place to the sixth of their source, who calls now and then:
 * each has the same chance, however often it calls. */
static void who_calls_seldom_at_a_source(void **state)
{
    (void)state;
    size_t turns = 0;
    begin();
    for (unsigned found = 0; found != 1; turns++) {
        for (unsigned i = 0; i < 1000; i++) {
            add(2 + i % 5, 9);
            if (i == 500) {
                add(1, 9);
            }
        }
        found = next();
        assert_true(found != 0 && turns < 100);
    }
}

/* Somebody sends from more addresses than there are places, again and again: who calls from one
 * more now and then has the chance of each of them. */
static void who_calls_seldom_among_sources(void **state)
{
    (void)state;
    size_t turns = 0;
    const unsigned many = WAVU_FOUND_SOURCES_MAX + 1;
    begin();
    for (unsigned found = 0; found != 1; turns++) {
        for (unsigned i = 0; i < 5 * many; i++) {
            add(2 + i % many, 2 + i % many);
            if (turns > 0 && i == 2 * many) {
                add(1, 1);
            }
        }
        found = next();
        assert_true(found != 0 && turns < 4 * (size_t)many);
    }
}

/* All places are taken by those that wait: a new one has none until one of them had its turn, and
 * then the one with most turns makes room. */
static void places_are_bounded(void **state)
{
    (void)state;
    begin();
    for (unsigned k = 1; k <= WAVU_FOUND_SOURCES_MAX; k++) {
        add(k, k);
    }
    add(500, 500);
    for (unsigned k = 1; k <= WAVU_FOUND_SOURCES_MAX; k++) {
        assert_true(wavu_found_waits(&f, true));
        assert_int_equal(next(), k); /* in the order in which they were found */
        if (k == 1) {
            add(500, 500); /* in the place of the first */
        }
    }
    assert_int_equal(next(), 500);
    assert_false(wavu_found_waits(&f, false));
    add(2, 2);
    assert_true(wavu_found_waits(&f, false));
    assert_false(wavu_found_waits(&f, true)); /* that source had a turn */
    assert_int_equal(next(), 2);
}

static void who_answered_is_not_asked_again(void **state)
{
    (void)state;
    const struct peerid one = peer(1);
    begin();
    add(1, 1);
    assert_int_equal(next(), 1);
    wavu_found_done(&f, &one);
    add(1, 1);
    add(1, 2); /* elsewhere neither */
    wavu_found_add(&f, &one, NULL);
    wavu_found_check(&f);
    assert_int_equal(next(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(sources_take_turns),           UNIT(one_of_many_at_a_source),
        UNIT(who_calls_seldom_at_a_source), UNIT(who_calls_seldom_among_sources),
        UNIT(places_are_bounded),           UNIT(who_answered_is_not_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
