/* Values: the better one stays, the farthest goes, shares of peers and groups, floods. */
#include "discovery/kad_values.h"

#include "discovery/kad_store.h"
#include "tests/discovery/kad_fixture.h"

#define ROOM 65536 /* of a small store: some 190 values */

static struct kad_fixture fixture;
static struct kad_fixture *const f = &fixture;
static struct kad_values values;
static struct kad_values *const v = &values;

static void begin(uint32_t peers, uint32_t bytes)
{
    kad_fixture_init(f, STORE_MEMORY, peers);
    const struct kad_values_config config = {.table = &f->table,
                                             .quota = &f->quota,
                                             .rows = &f->rows,
                                             .random = &f->draw,
                                             .bytes_max = bytes,
                                             .count_max = 100000,
                                             .fresh_ns = 10};
    kad_values_init(v, &config);
    f->quota.limits.peer_bytes = bytes / KAD_STORE_PEER_SHARE;
    f->quota.limits.group_bytes = bytes / KAD_STORE_GROUP_SHARE;
}

static void check(void)
{
    kad_values_check(v);
    kad_quota_check(&f->quota);
}

static void end(void)
{
    check();
    kad_values_clear(v);
    kad_fixture_clear(f);
}

struct said {
    uint32_t number; /* of the key */
    uint32_t peer;
    uint64_t group;
    uint64_t sequence;
    uint64_t until_ns;
};

static int put_bytes(const struct said *s, struct span value)
{
    uint8_t text[16];
    const struct peerid peer = kad_peer(s->peer);
    const struct kad_record record = {.key = kad_key_text(text, s->number),
                                      .value = value,
                                      .sequence = s->sequence,
                                      .end_ms = KAD_RECORD_NO_END};
    const struct kad_values_put put = {
        .record = &record, .peer = &peer, .group = s->group, .until_ns = s->until_ns};
    return kad_values_put(v, &put);
}

static int put(struct said s, const char *value)
{
    int rc = put_bytes(&s, span_from_text(value));
    check();
    return rc;
}

static struct kad_value *get(uint32_t number)
{
    uint8_t text[16];
    struct kad_key place;
    kad_key_of(&place, kad_key_text(text, number));
    return kad_values_get(v, &place);
}

static bool has(uint32_t number, const char *value)
{
    const struct kad_value *e = get(number);
    return e != NULL && span_is_equal(kad_value_span(e), span_from_text(value));
}

static void the_better_value_stays(void **state)
{
    (void)state;
    begin(0, ROOM);
    assert_int_equal(put((struct said){1, 1, 7, 5, 100}, "five"), 0);
    assert_int_equal(put((struct said){1, 2, 8, 4, 900}, "four"),
                     WAVU_ERR_EXISTS); /* rolled back */
    assert_int_equal(put((struct said){1, 2, 8, 5, 900}, "another five"), WAVU_ERR_EXISTS);
    assert_true(has(1, "five"));
    assert_int_equal(put((struct said){1, 2, 8, 6, 200}, "six, which is longer"), 0);
    assert_true(has(1, "six, which is longer"));
    assert_true(peerid_is_equal(&get(1)->holder->id, &(struct peerid[]){kad_peer(1)}[0]));
    assert_int_equal(f->quota.holders.count, 1); /* who brought news is charged for nothing */
    assert_int_equal(put((struct said){1, 3, 9, 7, 200}, "7"), 0);
    assert_int_equal(v->places.count, 1);
    end();
}

static void the_same_again_lives_longer(void **state)
{
    (void)state;
    begin(0, ROOM);
    assert_int_equal(put((struct said){1, 1, 0, 5, 100}, "v"), 0);
    assert_int_equal(put((struct said){1, 2, 0, 5, 105}, "v"), 0);
    assert_true(get(1)->until_ns == 100); /* nothing new: nothing to write */
    assert_int_equal(kad_values_save(v, 0, WALL_MS, true), 0);
    assert_int_equal(kad_values_save(v, 0, WALL_MS, true), WAVU_ERR_NOT_FOUND);
    assert_int_equal(put((struct said){1, 2, 0, 5, 200}, "v"), 0);
    assert_true(get(1)->until_ns == 200);
    assert_int_equal(kad_values_save(v, 0, WALL_MS, true), 0);
    assert_int_equal(put((struct said){1, 2, 0, 5, 150}, "v"), 0);
    assert_true(get(1)->until_ns == 200); /* never shorter */
    kad_values_expire(v, 199);
    assert_non_null(get(1));
    kad_values_expire(v, 200);
    assert_null(get(1));
    assert_int_equal(kad_rows_count(f, KAD_ROWS_VALUES), 0);
    assert_true(v->expired == 1);
    end();
}

/* Each value from a peer and a group of its own. */
static int put_alone(uint32_t number)
{
    return put((struct said){number, number, 1 + number, 0, 1000}, "value");
}

/* A table of many peers: we are one of the nearest to nothing but our own neighbourhood. */
static void the_farthest_goes_first(void **state)
{
    (void)state;
    begin(20000, ROOM);
    uint32_t number = 0;
    while (v->evicted == 0) {
        number = kad_key_at(&f->table, number + 1, 0, 0);
        assert_int_equal(put_alone(number), 0);
    }
    assert_true(v->places.count > 100);
    uint64_t farthest = heap_first(&v->by_distance)->key;
    /* Nearer ones come in, each in place of the farthest; those that are farther stay out. */
    for (unsigned i = 0; i < 50; i++) {
        number = kad_key_at(&f->table, number + 1, 1, 3);
        assert_int_equal(put_alone(number), 0);
        assert_true(heap_first(&v->by_distance)->key > farthest);
        farthest = heap_first(&v->by_distance)->key;
    }
    size_t refused = 0;
    for (uint32_t i = 0; i < 500; i++) {
        uint8_t text[16];
        struct kad_key place;
        number = kad_key_at(&f->table, number + 1, 0, 255);
        kad_key_of(&place, kad_key_text(text, number));
        bool is_nearer = UINT64_MAX - kad_key_distance(&f->table.self, &place) > farthest;
        int rc = put_alone(number);
        assert_int_equal(rc, is_nearer ? 0 : WAVU_ERR_LIMIT);
        farthest = heap_first(&v->by_distance)->key;
        refused += rc != 0;
    }
    assert_true(refused > 100 && v->refused == refused);
    end();
}

/* With fewer servers than k everything is ours to hold: nothing goes for a newcomer. */
static void what_is_ours_to_hold_does_not_go(void **state)
{
    (void)state;
    begin(2, ROOM);
    uint32_t number = 0;
    int rc = 0;
    while (rc == 0) {
        number = kad_key_at(&f->table, number + 1, 0, 0);
        rc = put_alone(number);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    size_t count = v->places.count;
    number = kad_key_at(&f->table, 0, 8, 255);
    assert_int_equal(put_alone(number), WAVU_ERR_LIMIT);
    assert_int_equal(v->places.count, count);
    assert_int_equal(v->evicted, 0);
    end();
}

/* Whoever floods fills its share and no more, as one peer and as a group of many; others still
 * find room. */
static void a_flood_fills_its_share(void **state)
{
    (void)state;
    begin(20000, ROOM);
    uint32_t number = 0;
    for (unsigned i = 0; i < 2000; i++) { /* one peer */
        assert_true(put((struct said){number++, 1, 5, 0, 1000}, "junk") <= 0);
    }
    struct peerid flooder = kad_peer(1);
    struct kad_holder *h = map_get(&f->quota.holders, peerid_span(&flooder));
    assert_true(h->value_bytes <= ROOM / KAD_STORE_PEER_SHARE);
    assert_true(h->value_bytes > ROOM / KAD_STORE_PEER_SHARE - 400);
    for (unsigned i = 0; i < 2000; i++) { /* its /16 */
        assert_true(put((struct said){number++, 1 + i, 5, 0, 1000}, "junk") <= 0);
    }
    assert_true(kad_quota_group_bytes(h) <= ROOM / KAD_STORE_GROUP_SHARE);
    assert_true(v->bytes <= ROOM / KAD_STORE_GROUP_SHARE);
    uint64_t evicted = v->evicted;
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(put_alone(1000000 + i), 0);
    }
    assert_true(v->evicted == evicted);
    /* Long values count as such. */
    static uint8_t big[KAD_MSG_VALUE_MAX];
    const struct said s = {7000000, 9999, 9, 0, 1000};
    assert_int_equal(put_bytes(&s, span_of(big, sizeof big)), WAVU_ERR_LIMIT);
    end();
}

/* Who brought somebody's record first and then uses its share up does not keep the next one out. */
static void the_first_sender_keeps_no_news_out(void **state)
{
    (void)state;
    begin(0, ROOM);
    assert_int_equal(put((struct said){1, 1, 5, 1, 1000}, "v"), 0);
    uint32_t number = 2;
    while (put((struct said){number, 1, 5, 1, 1000}, "v") == 0) {
        number++;
    }
    static char longer[200];
    memset(longer, 'x', sizeof longer - 1);
    assert_int_equal(put((struct said){1, 1, 5, 2, 1000}, longer), WAVU_ERR_LIMIT); /* its own */
    assert_int_equal(put((struct said){1, 2, 6, 2, 1000}, longer), 0);
    assert_true(has(1, longer));
    const struct peerid second = kad_peer(2);
    assert_true(peerid_is_equal(&get(1)->holder->id, &second));
    end();
}

static void rows_are_written_behind_at_a_rate(void **state)
{
    (void)state;
    static uint8_t big[8000];
    begin(0, 64 * 1024 * 1024);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct said s = {i, i, 1 + i, 0, 1000 * SECOND};
        assert_int_equal(put_bytes(&s, span_of(big, sizeof big)), 0);
    }
    assert_int_equal(kad_rows_count(f, KAD_ROWS_VALUES), 0);
    int rc = 0;
    uint64_t now = 0;
    size_t seconds = 0;
    while (rc != WAVU_ERR_NOT_FOUND) {
        rc = kad_values_save(v, now, WALL_MS, false);
        assert_true(rc == 0 || rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_NOT_FOUND);
        if (rc == WAVU_ERR_AGAIN) {
            now += SECOND;
            seconds++;
        }
        if (store_pending(f->disk.store) > STORE_PENDING_MAX / 2) {
            disk_run(&f->disk); /* the store commits, as it does each turn */
        }
    }
    assert_true(seconds >= (1000 * sizeof big - KAD_ROWS_BURST) / KAD_ROWS_RATE);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_VALUES), 1000);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_better_value_stays),
        UNIT(the_same_again_lives_longer),
        UNIT(the_farthest_goes_first),
        UNIT(what_is_ours_to_hold_does_not_go),
        UNIT(a_flood_fills_its_share),
        UNIT(the_first_sender_keeps_no_news_out),
        UNIT(rows_are_written_behind_at_a_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
