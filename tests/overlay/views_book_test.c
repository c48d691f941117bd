/*
 * Passive and retained peers: caps by source, what was met stays, what failed is probed for ever.
 */
#include "tests/base/unit.h"

#include "base/random.h"
#include "overlay/views_book.h"

#define S UINT64_C(1000000000)

static struct random_seeded seeded;
static struct random random_source;

static void begin(struct views_book *b, uint32_t passive, uint32_t retained)
{
    random_seeded_init(&seeded, 3);
    random_source = random_from_seeded(&seeded);
    views_book_init(b, &random_source, passive, retained);
}

static struct overlay_id id_of(unsigned n)
{
    return (struct overlay_id){.bytes = {(uint8_t)(n >> 8), (uint8_t)n, 1}};
}

static void one_source_fills_a_quarter_and_drives_out_nobody_else(void **state)
{
    (void)state;
    struct views_book b;
    struct overlay_id met = id_of(9000);
    begin(&b, 100, 64);
    views_book_met(&b, &met, UNIT_TEXT("here"));
    for (unsigned i = 0; i < 20; i++) {
        struct overlay_id honest = id_of(8000 + i);
        assert_true(views_book_hear(&b, &honest, span_empty(), 7));
    }
    for (unsigned i = 0; i < 5000; i++) { /* a hostile shuffle, thousands of ids */
        struct overlay_id forged = id_of(i);
        (void)views_book_hear(&b, &forged, UNIT_TEXT("x"), 666);
    }
    views_book_check(&b);
    assert_int_equal(b.passive.count, 46); /* 25 of the flood, 20 honest, 1 met */
    assert_non_null(views_book_find(&b, &met));
    for (unsigned i = 0; i < 20; i++) {
        struct overlay_id honest = id_of(8000 + i);
        assert_non_null(views_book_find(&b, &honest));
    }
    views_book_clear(&b);
}

static void hearsay_never_drives_out_the_proven_nor_moves_them(void **state)
{
    (void)state;
    struct views_book b;
    struct overlay_id a = id_of(1);
    begin(&b, 10, 4);
    for (unsigned i = 1; i <= 10; i++) {
        struct overlay_id id = id_of(i);
        views_book_met(&b, &id, UNIT_TEXT("true"));
    }
    for (unsigned i = 100; i < 200; i++) {
        struct overlay_id id = id_of(i);
        assert_false(views_book_hear(&b, &id, span_empty(), i));
    }
    assert_false(views_book_hear(&b, &a, UNIT_TEXT("lie"), 5));
    assert_true(span_is_equal(views_book_where(views_book_find(&b, &a)), UNIT_TEXT("true")));
    assert_false(views_book_hear(&b, &a, UNIT_TEXT("moved"), 0));
    assert_true(span_is_equal(views_book_where(views_book_find(&b, &a)), UNIT_TEXT("moved")));
    views_book_check(&b);
    views_book_clear(&b);
}

static void what_fails_is_retained_and_probed_for_ever_with_longer_pauses(void **state)
{
    (void)state;
    struct views_book b;
    struct overlay_id id = id_of(1);
    const struct views_peer *drawn[4];
    uint64_t now = S;
    begin(&b, 10, 4);
    views_book_met(&b, &id, UNIT_TEXT("here"));
    views_book_failed(&b, now, &id);
    assert_int_equal(views_book_draw(&b, UINT64_MAX, drawn, 4), 0);
    assert_null(views_book_due(&b, now));
    for (unsigned i = 0; i < 1000; i++) {
        const struct views_peer *p = views_book_due(&b, UINT64_MAX);
        assert_non_null(p);
        assert_in_range(p->due_ns - now, VIEWS_BOOK_PROBE_NS / 2,
                        (VIEWS_BOOK_PROBE_NS << VIEWS_BOOK_DOUBLINGS) * 3 / 2);
        now = p->due_ns;
        assert_non_null(views_book_due(&b, now));
        views_book_failed(&b, now, &id);
    }
    views_book_met(&b, &id, span_empty());
    assert_null(views_book_due(&b, UINT64_MAX));
    assert_int_equal(views_book_draw(&b, now, drawn, 4), 1);
    assert_true(span_is_equal(views_book_where(drawn[0]), UNIT_TEXT("here")));
    views_book_check(&b);
    views_book_clear(&b);
}

static void the_retained_list_keeps_whom_it_knew_over_hearsay(void **state)
{
    (void)state;
    struct views_book b;
    begin(&b, 100, 8);
    for (unsigned i = 0; i < 8; i++) {
        struct overlay_id id = id_of(i);
        views_book_met(&b, &id, span_empty());
        views_book_failed(&b, S, &id);
    }
    for (unsigned i = 100; i < 120; i++) { /* never met, and dead: worth nothing */
        struct overlay_id id = id_of(i);
        (void)views_book_hear(&b, &id, UNIT_TEXT("w"), i);
        views_book_failed(&b, S, &id);
        assert_null(views_book_find(&b, &id));
    }
    for (unsigned i = 0; i < 8; i++) {
        struct overlay_id id = id_of(i);
        assert_non_null(views_book_find(&b, &id));
    }
    assert_int_equal(b.retained.count, 8);
    views_book_check(&b);
    views_book_clear(&b);
}

static void drawing_is_fair_and_leaves_out_the_delayed(void **state)
{
    (void)state;
    struct views_book b;
    unsigned hits[20] = {0};
    struct overlay_id late = id_of(0);
    begin(&b, 100, 8);
    for (unsigned i = 0; i < 20; i++) {
        struct overlay_id id = id_of(i);
        views_book_met(&b, &id, span_empty());
    }
    views_book_delay(&b, &late, 10 * S);
    for (unsigned i = 0; i < 3800; i++) {
        const struct views_peer *drawn[5];
        assert_int_equal(views_book_draw(&b, S, drawn, 5), 5);
        for (unsigned j = 0; j < 5; j++) {
            hits[drawn[j]->id.bytes[1]]++;
        }
    }
    assert_int_equal(hits[0], 0);
    for (unsigned i = 1; i < 20; i++) {
        assert_in_range(hits[i], 850, 1150);
    }
    views_book_clear(&b);
}

static void who_is_forgotten_is_in_no_list(void **state)
{
    (void)state;
    struct views_book b;
    struct overlay_id passive = id_of(1);
    struct overlay_id retained = id_of(2);
    struct overlay_id other = id_of(3);
    begin(&b, 100, 8);
    views_book_met(&b, &passive, UNIT_TEXT("w"));
    views_book_met(&b, &other, UNIT_TEXT("w"));
    views_book_met(&b, &retained, UNIT_TEXT("w"));
    views_book_failed(&b, S, &retained);
    views_book_forget(&b, &passive);
    views_book_forget(&b, &retained);
    views_book_forget(&b, &retained); /* twice is fine */
    assert_null(views_book_find(&b, &passive));
    assert_null(views_book_find(&b, &retained));
    assert_non_null(views_book_find(&b, &other));
    views_book_check(&b);
    views_book_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_source_fills_a_quarter_and_drives_out_nobody_else),
        UNIT(hearsay_never_drives_out_the_proven_nor_moves_them),
        UNIT(what_fails_is_retained_and_probed_for_ever_with_longer_pauses),
        UNIT(the_retained_list_keeps_whom_it_knew_over_hearsay),
        UNIT(drawing_is_fair_and_leaves_out_the_delayed),
        UNIT(who_is_forgotten_is_in_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
