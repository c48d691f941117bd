/* Providers: who said so last first, shares of peers and groups, floods, rows in any order. */
#include "discovery/kad_providers.h"

#include "tests/discovery/kad_fixture.h"

#define LIFE (48 * HOUR)

static struct kad_fixture fixture;
static struct kad_fixture *const f = &fixture;
static struct kad_providers providers;
static struct kad_providers *const p = &providers;

static void begin(uint32_t peers, uint32_t max)
{
    kad_fixture_init(f, STORE_MEMORY, peers);
    const struct kad_providers_config config = {.table = &f->table,
                                                .quota = &f->quota,
                                                .rows = &f->rows,
                                                .random = &f->draw,
                                                .max = max,
                                                .key_max = 8,
                                                .life_ns = LIFE,
                                                .fresh_ns = HOUR};
    kad_providers_init(p, &config);
    f->quota.limits.peer_provided = 16;
    f->quota.limits.group_provided = max / 4;
}

static void check(void)
{
    kad_providers_check(p);
    kad_quota_check(&f->quota);
}

static void end(void)
{
    check();
    kad_providers_clear(p);
    kad_fixture_clear(f);
}

static int put(uint32_t key, uint32_t peer, uint64_t group, uint64_t now)
{
    uint8_t text[16];
    const struct peerid id = kad_peer(peer);
    const struct kad_providers_put put = {.key = kad_key_text(text, key),
                                          .addresses = UNIT_TEXT("\x03"
                                                                 "abc"),
                                          .peer = &id,
                                          .group = group};
    int rc = kad_providers_put(p, &put, now);
    check();
    return rc;
}

/* Who provides `key`, in order, as numbers of one digit. */
static void assert_provide(uint32_t key, const char *want)
{
    uint8_t text[16];
    const struct kad_provider *e = kad_providers_of(p, kad_key_text(text, key));
    for (; *want != '\0'; want++) {
        const struct peerid id = kad_peer((uint32_t)(*want - '0'));
        assert_non_null(e);
        assert_true(peerid_is_equal(&e->holder->id, &id));
        e = e->next;
    }
    assert_null(e);
}

static void who_said_so_last_is_first(void **state)
{
    (void)state;
    begin(0, 100);
    assert_provide(1, "");
    assert_int_equal(put(1, 1, 0, 0), 0);
    assert_int_equal(put(1, 2, 0, SECOND), 0);
    assert_int_equal(put(2, 1, 0, 2 * SECOND), 0);
    assert_provide(1, "21");
    assert_provide(2, "1");
    assert_int_equal(put(1, 1, 0, HOUR / 2), 0); /* too soon to matter */
    assert_provide(1, "21");
    assert_int_equal(put(1, 1, 0, HOUR), 0);
    assert_provide(1, "12");
    assert_true(kad_providers_deadline(p) == LIFE + SECOND);
    kad_providers_expire(p, LIFE + SECOND);
    check();
    assert_provide(1, "1");
    kad_providers_expire(p, LIFE + HOUR);
    assert_int_equal(p->count, 0);
    assert_int_equal(p->keys.count, 0);
    assert_int_equal(f->quota.holders.count, 0);
    assert_true(p->expired == 3 && kad_providers_deadline(p) == UINT64_MAX);
    end();
}

/* Of a full key each group keeps its quarter: many ids of one provider of addresses do not keep
 * others out. */
static void a_full_key_has_room_for_other_groups(void **state)
{
    (void)state;
    begin(0, 1000);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(put(1, 100 + i, 5, i * SECOND), i < 8 ? 0 : WAVU_ERR_LIMIT);
    }
    assert_int_equal(put(1, 1, 6, 50 * SECOND), 0);
    assert_int_equal(put(1, 2, 7, 51 * SECOND), 0);
    assert_int_equal(put(1, 3, 8, 52 * SECOND), 0);
    uint8_t text[16];
    unsigned of_five = 0;
    const struct kad_provider *e = kad_providers_of(p, kad_key_text(text, 1));
    for (; e != NULL; e = e->next) {
        of_five += e->holder->group->group == 5;
        const struct peerid oldest = kad_peer(102); /* 100 to 102 have gone */
        assert_false(peerid_is_equal(&e->holder->id, &oldest));
    }
    assert_int_equal(of_five, 5);
    for (uint32_t i = 0; i < 20; i++) { /* and the others keep theirs */
        (void)put(1, 200 + i, 5, (60 + i) * SECOND);
        (void)put(1, 300 + i, 9 + i, (60 + i) * SECOND);
    }
    assert_true(p->count == 8);
    end();
}

static void a_flood_of_one_peer_or_group_fills_its_share(void **state)
{
    (void)state;
    begin(20000, 400);
    uint32_t key = 1;
    for (; key <= 1000; key++) { /* one peer, many keys */
        assert_int_equal(put(key, 1, 5, SECOND), key <= 16 ? 0 : WAVU_ERR_LIMIT);
    }
    for (; key <= 3000; key++) { /* its /16, as many peers as it likes */
        (void)put(key, key, 5, SECOND);
    }
    assert_int_equal(p->count, 100);
    assert_true(p->refused > 2800);
    for (uint32_t i = 0; i < 250; i++) { /* there is room for others */
        assert_int_equal(put(10000 + i, 5000 + i, 1000 + i, SECOND), 0);
    }
    assert_true(p->evicted == 0);
    /* Memory has an end whatever comes. */
    for (uint32_t i = 0; i < 2000; i++) {
        (void)put(20000 + i, 20000 + i, 20000 + i, SECOND);
    }
    assert_int_equal(p->count, 400);
    assert_true(p->evicted > 0);
    end();
}

static void what_is_ours_to_hold_does_not_go(void **state)
{
    (void)state;
    begin(2, 40); /* fewer servers than k */
    for (uint32_t i = 0; i < 40; i++) {
        assert_int_equal(put(kad_key_at(&f->table, i * 100, 0, 0), i, 1 + i, SECOND), 0);
    }
    assert_int_equal(put(kad_key_at(&f->table, 0, 8, 255), 99, 99, SECOND), WAVU_ERR_LIMIT);
    assert_int_equal(p->evicted, 0);
    end();
}

static int save(uint64_t now)
{
    return kad_providers_save(p, now, WALL_MS, true);
}

static void rows_follow_what_is_held(void **state)
{
    (void)state;
    begin(0, 100);
    assert_int_equal(save(0), WAVU_ERR_NOT_FOUND);
    assert_int_equal(put(1, 1, 5, 0), 0);
    assert_int_equal(put(2, 1, 5, 0), 0);
    assert_int_equal(put(3, 2, 5, 0), 0);
    assert_int_equal(save(0), 0);
    assert_int_equal(put(3, 2, 5, HOUR), 0); /* moves to the end while it is unsaved */
    assert_int_equal(save(0), 0);
    assert_int_equal(save(0), 0);
    assert_int_equal(save(0), WAVU_ERR_NOT_FOUND);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_PROVIDED), 3);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_HOLDERS), 2);
    kad_providers_expire(p, LIFE);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_PROVIDED), 1);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_HOLDERS), 1);
    kad_providers_expire(p, LIFE + HOUR);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_PROVIDED), 0);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_HOLDERS), 0);
    end();
}

/* Rows come in order of keys, not of time. */
static void what_is_loaded_is_in_order_of_time(void **state)
{
    (void)state;
    begin(0, 2000);
    for (uint32_t i = 0; i < 1000; i++) {
        uint8_t text[16];
        const struct peerid id = kad_peer(i / 8);
        const struct kad_providers_put put = {
            .key = kad_key_text(text, i), .peer = &id, .group = 1 + i / 8};
        uint64_t until_ns = (1 + random_below(&f->draw, 500)) * SECOND;
        assert_int_equal(kad_providers_load(p, &put, until_ns), 0);
        assert_int_equal(kad_providers_load(p, &put, until_ns), WAVU_ERR_EXISTS);
    }
    kad_providers_loaded(p);
    check(); /* it looks at the order */
    assert_int_equal(save(0), WAVU_ERR_NOT_FOUND);
    kad_providers_expire(p, 250 * SECOND);
    check();
    assert_true(p->count > 400 && p->count < 600);
    kad_providers_loaded(p);
    check();
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_said_so_last_is_first),
        UNIT(a_full_key_has_room_for_other_groups),
        UNIT(a_flood_of_one_peer_or_group_fills_its_share),
        UNIT(what_is_ours_to_hold_does_not_go),
        UNIT(rows_follow_what_is_held),
        UNIT(what_is_loaded_is_in_order_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
