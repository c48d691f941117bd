/* Kademlia's machine: a look-up from its start to its end, what answers do to the table, who asks
 * us, upkeep. */
#include "discovery/kad.h"

#include "tests/base/unit.h"

#define SECOND UINT64_C(1000000000)
#define PEERS 30

static struct random_seeded seeded;
static struct random draw;
static struct kad machine;
static struct kad *const k = &machine;

static struct peerid peer(uint32_t number)
{
    static const uint8_t head[] = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
    struct peerid id = {.len = 38};
    memcpy(id.bytes, head, sizeof head);
    memcpy(id.bytes + sizeof head, &number, sizeof number);
    return id;
}

static void begin(void)
{
    random_seeded_init(&seeded, 3);
    draw = random_from_seeded(&seeded);
    struct kad_config config = {
        .self = peer(0), .k = 4, .paths = 2, .alpha = 4, .beta = 2, .random = &draw};
    kad_init(k, &config, 0);
}

static void know(uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        struct peerid id = peer(i);
        kad_reached(k, &id, 0, 0);
    }
}

/* An answer of `from` that names `count` peers from `first` on. */
static int answer(uint32_t search, const struct peerid *from, uint32_t first, uint32_t count,
                  uint64_t now)
{
    static uint8_t bytes[4096];
    struct wr w;
    struct kad_msg m;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&w, KAD_MSG_FIND_NODE, UNIT_TEXT("key"));
    for (uint32_t i = first; i < first + count; i++) {
        struct peerid id = peer(i);
        kad_msg_write_nearer(&w, &(struct kad_msg_peer){.id = peerid_span(&id)});
    }
    assert_int_equal(kad_msg_decode(&m, wr_span(&w)), 0);
    int rc = kad_answered(k, search, from, 0, &m, now);
    kad_check(k);
    return rc;
}

static void nobody_known_is_nobody_to_ask(void **state)
{
    (void)state;
    uint32_t search;
    begin();
    assert_int_equal(kad_find(k, KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 0, 0, &search),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(kad_deadline(k), UINT64_MAX);
    kad_clear(k);
}

static void a_search_goes_from_asking_to_its_end(void **state)
{
    (void)state;
    uint32_t search;
    uint32_t done;
    struct kad_ask ask;
    struct peerid found[4];
    begin();
    know(PEERS);
    assert_int_equal(kad_find(k, KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 0, 0, &search), 0);
    while (kad_next_ask(k, 0, &ask)) {
        assert_int_equal(ask.search, search);
        assert_int_equal(ask.type, KAD_MSG_FIND_NODE);
        assert_true(span_is_equal(ask.key, UNIT_TEXT("key")));
        assert_false(kad_next_done(k, &done));
        assert_int_equal(answer(search, &ask.peer, 1, 4, 1), 0);
    }
    assert_true(kad_next_done(k, &done));
    assert_int_equal(done, search);
    assert_false(kad_next_done(k, &done));
    assert_int_equal(kad_result(k, search, found, 4), 4);
    kad_end(k, search);
    assert_int_equal(kad_result(k, search, found, 4), 0);
    kad_check(k);
    kad_clear(k);
}

static void who_answers_enters_the_table_and_who_is_named_does_not(void **state)
{
    (void)state;
    uint32_t search;
    struct kad_ask ask;
    struct peerid named = peer(100);
    begin();
    know(1);
    assert_int_equal(kad_find(k, KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 0, 0, &search), 0);
    assert_true(kad_next_ask(k, 0, &ask));
    assert_int_equal(answer(search, &ask.peer, 100, 1, 1), 0);
    assert_null(kad_table_get(&k->table, &named));
    assert_true(kad_next_ask(k, 1, &ask)); /* it is asked, and answers */
    assert_true(peerid_is_equal(&ask.peer, &named));
    assert_int_equal(answer(search, &named, 100, 0, 2), 0);
    assert_non_null(kad_table_get(&k->table, &named));
    kad_clear(k);
}

static void an_answer_to_something_else_costs_the_place(void **state)
{
    (void)state;
    uint32_t search;
    struct kad_ask ask;
    begin();
    know(PEERS);
    assert_int_equal(kad_find(k, KAD_MSG_GET_VALUE, UNIT_TEXT("/pk/x"), 0, 0, &search), 0);
    assert_true(kad_next_ask(k, 0, &ask));
    assert_int_equal(answer(search, &ask.peer, 1, 1, 1), WAVU_ERR_PROTO);
    assert_null(kad_table_get(&k->table, &ask.peer));
    kad_clear(k);
}

/* A value came early, and the search is ended: who answers after that has done nothing wrong. */
static void an_answer_to_a_search_that_is_over_costs_nothing(void **state)
{
    (void)state;
    static uint8_t bytes[64];
    uint32_t search;
    struct kad_ask ask;
    struct wr w;
    struct kad_msg m;
    begin();
    know(1);
    assert_int_equal(kad_find(k, KAD_MSG_GET_VALUE, UNIT_TEXT("/a/b"), 0, 0, &search), 0);
    assert_true(kad_next_ask(k, 0, &ask));
    kad_end(k, search);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&w, KAD_MSG_GET_VALUE, UNIT_TEXT("/a/b"));
    assert_int_equal(kad_msg_decode(&m, wr_span(&w)), 0);
    assert_int_equal(kad_answered(k, search, &ask.peer, 0, &m, 1), 0);
    assert_non_null(kad_table_get(&k->table, &ask.peer));
    kad_clear(k);
}

static void searches_are_bounded(void **state)
{
    (void)state;
    uint32_t search;
    begin();
    know(PEERS);
    for (size_t i = 0; i < KAD_SEARCHES_MAX; i++) {
        assert_int_equal(kad_find(k, KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 0, 0, &search), 0);
    }
    assert_int_equal(kad_find(k, KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 0, 0, &search),
                     WAVU_ERR_LIMIT);
    kad_check(k);
    kad_clear(k);
}

/* Whoever asks us is asked back, over a connection of ours, and enters only by that answer. */
static void who_asked_us_is_asked_back(void **state)
{
    (void)state;
    struct kad_ask ask;
    struct peerid newcomer = peer(200);
    begin();
    know(3);
    kad_met(k, &newcomer);
    kad_met(k, &newcomer);
    assert_null(kad_table_get(&k->table, &newcomer));
    assert_true(kad_next_ask(k, 0, &ask));
    assert_true(peerid_is_equal(&ask.peer, &newcomer));
    assert_int_equal(ask.search, 0);
    assert_false(kad_next_ask(k, 0, &ask)); /* once */
    assert_int_equal(answer(0, &newcomer, 1, 0, 1), 0);
    assert_non_null(kad_table_get(&k->table, &newcomer));
    kad_met(k, &newcomer); /* it is there */
    assert_false(kad_next_ask(k, 2, &ask));
    for (uint32_t i = 300; i < 400; i++) {
        struct peerid id = peer(i);
        kad_met(k, &id);
    }
    assert_in_range(k->met_count, 1, KAD_MET_MAX);
    kad_clear(k);
}

static void who_is_in_doubt_is_asked_again(void **state)
{
    (void)state;
    struct kad_ask ask;
    struct peerid id = peer(1);
    begin();
    know(3);
    kad_failed(k, 0, &id, SECOND);
    assert_false(kad_next_ask(k, 2 * SECOND, &ask));
    assert_true(kad_next_ask(k, 31 * SECOND, &ask));
    assert_true(peerid_is_equal(&ask.peer, &id));
    assert_false(kad_next_ask(k, 31 * SECOND, &ask));
    kad_tick(k, 41 * SECOND); /* no answer: it goes */
    assert_null(kad_table_get(&k->table, &id));
    kad_clear(k);
}

static void upkeep_looks_up_ourselves_and_ends_by_itself(void **state)
{
    (void)state;
    struct kad_ask ask;
    uint32_t done;
    begin();
    know(2);
    assert_int_equal(kad_deadline(k), KAD_TABLE_REFRESH_NS);
    kad_tick(k, KAD_TABLE_REFRESH_NS);
    assert_int_equal(k->search_count, 1);
    bool is_asked = false;
    while (kad_next_ask(k, KAD_TABLE_REFRESH_NS, &ask)) {
        is_asked = true;
        assert_true(span_is_equal(ask.key, peerid_span(&k->config.self)));
        assert_int_equal(answer(ask.search, &ask.peer, 1, 2, KAD_TABLE_REFRESH_NS), 0);
    }
    assert_true(is_asked);
    assert_false(kad_next_done(k, &done)); /* nobody asked for it */
    assert_int_equal(k->search_count, 0);
    assert_int_equal(kad_deadline(k), 2 * KAD_TABLE_REFRESH_NS);
    kad_clear(k);
}

static void who_asks_is_not_named(void **state)
{
    (void)state;
    struct peerid out[4];
    struct peerid asker = peer(2);
    begin();
    know(4);
    assert_int_equal(kad_named(k, &asker, peerid_span(&asker), out, 4), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_false(peerid_is_equal(&out[i], &asker));
    }
    kad_clear(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(nobody_known_is_nobody_to_ask),
        UNIT(a_search_goes_from_asking_to_its_end),
        UNIT(who_answers_enters_the_table_and_who_is_named_does_not),
        UNIT(an_answer_to_something_else_costs_the_place),
        UNIT(an_answer_to_a_search_that_is_over_costs_nothing),
        UNIT(searches_are_bounded),
        UNIT(who_asked_us_is_asked_back),
        UNIT(who_is_in_doubt_is_asked_again),
        UNIT(upkeep_looks_up_ourselves_and_ends_by_itself),
        UNIT(who_asks_is_not_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
