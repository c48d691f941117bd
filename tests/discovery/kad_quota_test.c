/* Who holds what: counts follow a peer from group to group, and nothing stays behind. */
#include "discovery/kad_quota.h"

#include "tests/discovery/kad_fixture.h"

static struct random_seeded seeded;
static struct random draw;
static struct kad_quota quota;
static struct kad_quota *const q = &quota;

static void begin(void)
{
    random_seeded_init(&seeded, 1);
    draw = random_from_seeded(&seeded);
    const struct kad_quota_limits limits = {
        .peer_bytes = 200, .group_bytes = 300, .peer_provided = 4, .group_provided = 6};
    kad_quota_init(q, &limits, &draw);
}

static struct kad_holder *take(uint32_t number, uint64_t group)
{
    struct peerid id = kad_peer(number);
    return kad_quota_take(q, &id, group);
}

static void counts_follow_a_peer_to_its_group(void **state)
{
    (void)state;
    begin();
    struct kad_holder *a = take(1, 7);
    struct kad_holder *b = take(2, 7);
    kad_quota_charge_values(a, 2, 100);
    kad_quota_charge_provided(a, 3);
    kad_quota_charge_values(b, 1, 10);
    assert_int_equal(kad_quota_group_bytes(b), 110);
    assert_int_equal(kad_quota_group_provided(b), 3);
    kad_quota_check(q);
    assert_ptr_equal(take(1, 8), a); /* it moved */
    assert_int_equal(kad_quota_group_bytes(a), 100);
    assert_int_equal(kad_quota_group_bytes(b), 10);
    assert_ptr_equal(take(1, 0), a); /* to where nobody counts: it still does */
    assert_int_equal(kad_quota_group_bytes(a), 100);
    assert_int_equal(q->groups.count, 2);
    assert_ptr_equal(take(1, 7), a);
    assert_int_equal(kad_quota_group_bytes(b), 110);
    kad_quota_check(q);
    kad_quota_release(q, a); /* something of it is held */
    assert_int_equal(q->holders.count, 2);
    kad_quota_charge_values(a, -2, -100);
    kad_quota_release(q, a);
    kad_quota_charge_provided(a, -3);
    kad_quota_release(q, a);
    assert_int_equal(q->holders.count, 1);
    kad_quota_charge_values(b, -1, -10);
    kad_quota_release(q, b);
    kad_quota_clear(q);
}

/* Whoever has two groups of addresses cannot fill one, carry it into the other, and fill it again.
 */
static void nobody_makes_room_by_going_elsewhere(void **state)
{
    (void)state;
    struct kad_holder *all[200];
    size_t count = 0;
    begin();
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < 10; i++) {
            struct kad_holder *h = take(round * 10 + i, 1);
            while (kad_quota_has_provided(q, h)) {
                kad_quota_charge_provided(h, 1);
            }
            while (kad_quota_has_bytes(q, h, 10)) {
                kad_quota_charge_values(h, 1, 10);
            }
            if (h->values > 0) {
                all[count++] = h;
            } else {
                kad_quota_release(q, h);
            }
        }
        for (size_t i = 0; i < count; i++) {
            (void)kad_quota_take(q, &all[i]->id, 2);
            (void)kad_quota_take(q, &all[i]->id, 0);
        }
        kad_quota_check(q);
    }
    uint32_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        struct kad_holder *h = all[i];
        bytes += h->value_bytes;
        kad_quota_charge_values(h, -(int32_t)h->values, -(int64_t)h->value_bytes);
        kad_quota_charge_provided(h, -(int32_t)h->provided);
        kad_quota_release(q, h);
    }
    assert_int_equal(bytes, 2 * 300);
    kad_quota_clear(q);
}

static void addresses_are_as_many_as_fit(void **state)
{
    (void)state;
    uint8_t bytes[KAD_QUOTA_ADDRESSES_MAX + 100];
    struct wr w;
    begin();
    struct kad_holder *h = take(1, 0);
    kad_quota_charge_provided(h, 1);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    for (unsigned i = 0; i < 13; i++) {
        wr_prefixed(&w, UNIT_TEXT("twenty-one bytes long"));
    }
    kad_quota_set_addresses(q, h, wr_span(&w));
    assert_int_equal(h->len, 11 * 22);
    assert_true(span_is_equal(span_of(h->addresses, h->len), span_of(bytes, h->len)));
    kad_quota_check(q);
    h->is_saved = true;
    kad_quota_set_addresses(q, h, wr_span(&w)); /* the same again: nothing to write */
    assert_true(h->is_saved);
    kad_quota_set_addresses(q, h, UNIT_TEXT("\x02zz\x09short")); /* cut short */
    assert_int_equal(h->len, 3);
    assert_false(h->is_saved);
    kad_quota_set_addresses(q, h, span_empty());
    assert_null(h->addresses);
    kad_quota_check(q);
    kad_quota_charge_provided(h, -1);
    kad_quota_release(q, h);
    kad_quota_clear(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(counts_follow_a_peer_to_its_group),
                                       UNIT(nobody_makes_room_by_going_elsewhere),
                                       UNIT(addresses_are_as_many_as_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
