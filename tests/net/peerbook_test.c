/*
 * The peerbook: order of trust, replacement, bounds.
 */
#include "tests/base/unit.h"
#include "net/peerbook.h"

static struct random_seeded seeded;

static void start(struct peerbook *b)
{
    random_seeded_init(&seeded, 2);
    struct random random = random_from_seeded(&seeded);
    peerbook_init(b, &random);
}

static struct peerid peer_number(uint32_t n)
{
    struct peerid id = {.len = 38, .bytes = {0x00, 36, 8, 1, 0x12, 32}};
    memcpy(id.bytes + 6, &n, sizeof n);
    return id;
}

static struct multiaddr address_number(uint16_t port)
{
    struct multiaddr a;
    struct multiaddr_ip ip = {.ip = {192, 0, 2, 1}, .ip_len = 4, .port = port};
    multiaddr_from_ip(&a, &ip, MULTIADDR_TCP);
    return a;
}

static int add(struct peerbook *b, uint32_t peer, uint16_t port, enum peerbook_source source,
               uint64_t now)
{
    struct peerid id = peer_number(peer);
    struct multiaddr a = address_number(port);
    return peerbook_add_address(b, &id, &a, source, now);
}

static size_t list_of(struct peerbook *b, uint32_t peer, struct peerbook_address *out)
{
    struct peerid id = peer_number(peer);
    return peerbook_addresses(b, &id, out, PEERBOOK_ADDRESSES_MAX);
}

static uint16_t port_of(const struct peerbook_address *a)
{
    struct multiaddr_ip ip;
    assert_int_equal(multiaddr_to_ip(&a->address, MULTIADDR_TCP, &ip), 0);
    return ip.port;
}

static void most_trusted_and_most_recent_come_first(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerbook_address out[PEERBOOK_ADDRESSES_MAX];
    start(&b);
    assert_int_equal(add(&b, 1, 10, PEERBOOK_HEARSAY, 9), 0);
    assert_int_equal(add(&b, 1, 20, PEERBOOK_PERSON, 1), 0);
    assert_int_equal(add(&b, 1, 30, PEERBOOK_PERSON, 5), 0);
    assert_int_equal(add(&b, 1, 40, PEERBOOK_IDENTIFY, 8), 0);
    assert_int_equal(list_of(&b, 1, out), 4);
    assert_int_equal(port_of(&out[0]), 30);
    assert_int_equal(port_of(&out[1]), 20);
    assert_int_equal(port_of(&out[2]), 40);
    assert_int_equal(port_of(&out[3]), 10);
    assert_int_equal(list_of(&b, 2, out), 0);
    peerbook_check(&b);
    peerbook_clear(&b);
}

static void the_same_address_is_kept_once_with_its_best_source(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerbook_address out[PEERBOOK_ADDRESSES_MAX];
    start(&b);
    assert_int_equal(add(&b, 1, 10, PEERBOOK_CONNECTED, 1), 0);
    assert_int_equal(add(&b, 1, 10, PEERBOOK_HEARSAY, 7), 0);
    assert_int_equal(list_of(&b, 1, out), 1);
    assert_int_equal(out[0].source, PEERBOOK_CONNECTED);
    assert_int_equal(out[0].seen_ns, 7);
    peerbook_clear(&b);
}

static void a_full_entry_gives_up_the_least_trusted(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerbook_address out[PEERBOOK_ADDRESSES_MAX];
    start(&b);
    for (uint16_t i = 0; i < PEERBOOK_ADDRESSES_MAX; i++) {
        assert_int_equal(add(&b, 1, (uint16_t)(100 + i), PEERBOOK_IDENTIFY, i), 0);
    }
    assert_int_equal(add(&b, 1, 1, PEERBOOK_HEARSAY, 99), WAVU_ERR_LIMIT);
    assert_int_equal(add(&b, 1, 2, PEERBOOK_PERSON, 99), 0);
    assert_int_equal(list_of(&b, 1, out), PEERBOOK_ADDRESSES_MAX);
    assert_int_equal(port_of(&out[0]), 2);
    assert_int_equal(port_of(&out[PEERBOOK_ADDRESSES_MAX - 1]), 101); /* 100 was the oldest */
    peerbook_clear(&b);
}

static void a_newer_record_replaces_signed_addresses_only(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerbook_address out[PEERBOOK_ADDRESSES_MAX];
    struct peerid id = peer_number(1);
    struct multiaddr first[2] = {address_number(10), address_number(11)};
    struct multiaddr second[1] = {address_number(12)};
    start(&b);
    assert_int_equal(add(&b, 1, 5, PEERBOOK_IDENTIFY, 1), 0);
    assert_int_equal(peerbook_put_record(&b, &id, 7, first, 2, 2), 0);
    assert_int_equal(peerbook_put_record(&b, &id, 7, second, 1, 3), WAVU_ERR_EXISTS);
    assert_int_equal(peerbook_put_record(&b, &id, 6, second, 1, 3), WAVU_ERR_EXISTS);
    assert_int_equal(list_of(&b, 1, out), 3);
    assert_int_equal(peerbook_put_record(&b, &id, 8, second, 1, 4), 0);
    assert_int_equal(list_of(&b, 1, out), 2);
    assert_int_equal(port_of(&out[0]), 12);
    assert_int_equal(port_of(&out[1]), 5);
    peerbook_clear(&b);
}

static void agents_are_printable_and_cut(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerid id = peer_number(1);
    uint8_t longer[PEERBOOK_AGENT_MAX + 50];
    memset(longer, 'x', sizeof longer);
    start(&b);
    assert_string_equal(peerbook_agent(&b, &id), "");
    peerbook_set_agent(&b, &id, UNIT_TEXT("evil\x1b[2J\xff"));
    assert_string_equal(peerbook_agent(&b, &id), "evil?[2J?");
    peerbook_set_agent(&b, &id, span_of(longer, sizeof longer));
    assert_int_equal(strlen(peerbook_agent(&b, &id)), PEERBOOK_AGENT_MAX - 1);
    peerbook_clear(&b);
}

static void protocols_are_bounded_and_replaced(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerid id = peer_number(1);
    struct span names[PEERBOOK_PROTOCOLS_MAX + 5];
    for (size_t i = 0; i < PEERBOOK_PROTOCOLS_MAX + 5; i++) {
        names[i] = UNIT_TEXT("/a/1");
    }
    start(&b);
    names[1] = UNIT_TEXT("/b/1");
    peerbook_set_protocols(&b, &id, names, PEERBOOK_PROTOCOLS_MAX + 5);
    assert_true(peerbook_speaks(&b, &id, "/b/1"));
    assert_false(peerbook_speaks(&b, &id, "/b"));
    assert_true(peerbook_protocol(&b, &id, PEERBOOK_PROTOCOLS_MAX - 1).len > 0);
    assert_int_equal(peerbook_protocol(&b, &id, PEERBOOK_PROTOCOLS_MAX).len, 0);
    peerbook_set_protocols(&b, &id, names, 1);
    assert_false(peerbook_speaks(&b, &id, "/b/1"));
    peerbook_clear(&b);
}

static void so_many_peers_and_no_more(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerbook_address out[PEERBOOK_ADDRESSES_MAX];
    start(&b);
    for (uint32_t n = 0; n < PEERBOOK_PEERS_MAX; n++) {
        assert_int_equal(add(&b, n, 10, PEERBOOK_HEARSAY, n), 0);
    }
    assert_int_equal(list_of(&b, 1, out), 1);
    for (uint32_t n = 0; n < 100; n++) { /* a stranger's inventions, one after the other */
        assert_int_equal(add(&b, PEERBOOK_PEERS_MAX + n, 10, PEERBOOK_HEARSAY, 20000 + n), 0);
        assert_int_equal(list_of(&b, PEERBOOK_PEERS_MAX + n, out), 1);
    }
    size_t known = 0;
    for (uint32_t n = 0; n < PEERBOOK_PEERS_MAX + 100; n++) {
        known += list_of(&b, n, out);
    }
    assert_int_equal(known, PEERBOOK_PEERS_MAX);
    peerbook_check(&b);
    peerbook_clear(&b);
}

static void the_longest_unused_is_forgotten_but_never_a_connected_one(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerbook_address out[PEERBOOK_ADDRESSES_MAX];
    struct peerid pinned = peer_number(0);
    start(&b);
    b.peers_max = 3;
    peerbook_pin(&b, &pinned, true);
    assert_int_equal(add(&b, 1, 10, PEERBOOK_PERSON, 1), 0);
    assert_int_equal(add(&b, 2, 10, PEERBOOK_PERSON, 2), 0);
    assert_int_equal(add(&b, 1, 11, PEERBOOK_PERSON, 3), 0);
    assert_int_equal(add(&b, 3, 10, PEERBOOK_PERSON, 4), 0);
    assert_int_equal(list_of(&b, 2, out), 0);
    assert_int_equal(list_of(&b, 1, out), 2);
    peerbook_check(&b);
    struct peerid one = peer_number(1);
    struct peerid three = peer_number(3);
    peerbook_pin(&b, &one, true);
    peerbook_pin(&b, &three, true);
    assert_int_equal(add(&b, 4, 10, PEERBOOK_PERSON, 5), WAVU_ERR_LIMIT);
    peerbook_pin(&b, &pinned, false);
    assert_int_equal(add(&b, 4, 10, PEERBOOK_PERSON, 6), 0);
    peerbook_clear(&b);
}

/* Who tells of thousands of peers makes this node forget nobody whom it knows better, and who was
 * met in thousands leaves room for what is told. */
static void hearsay_drives_out_nobody_who_is_known_better(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerbook_address out[PEERBOOK_ADDRESSES_MAX];
    start(&b);
    b.peers_max = 100;
    for (uint32_t n = 0; n < 70; n++) {
        assert_int_equal(add(&b, n, 10, n % 2 == 0 ? PEERBOOK_PERSON : PEERBOOK_CONNECTED, 1), 0);
    }
    for (uint32_t n = 1000; n < 3000; n++) {
        assert_int_equal(add(&b, n, 10, PEERBOOK_HEARSAY, 2), 0);
    }
    peerbook_check(&b);
    for (uint32_t n = 0; n < 70; n++) {
        assert_int_equal(list_of(&b, n, out), 1);
    }
    assert_int_equal(add(&b, 2999, 11, PEERBOOK_IDENTIFY, 3), 0); /* it is met now */
    for (uint32_t n = 5000; n < 5300; n++) {
        assert_int_equal(add(&b, n, 10, PEERBOOK_CONNECTED, 4), 0);
    }
    peerbook_check(&b);
    assert_int_equal(b.entries.count, 100);
    assert_int_equal(b.hearsay_count, 100 / PEERBOOK_HEARSAY_SHARE);
    assert_int_equal(list_of(&b, 2998, out), 1);
    assert_int_equal(list_of(&b, 2999, out), 0);
    peerbook_clear(&b);
}

/* The record itself is kept for others, until there is a newer one; not when it is large. */
static void the_newest_record_is_kept(void **state)
{
    static const uint8_t large[PEERBOOK_RECORD_MAX + 1];
    (void)state;
    struct peerbook b;
    struct peerid id = peer_number(1);
    start(&b);
    peerbook_keep_record(&b, &id, UNIT_TEXT("of nobody"));
    assert_int_equal(peerbook_record(&b, &id).len, 0);
    assert_int_equal(peerbook_put_record(&b, &id, 4, NULL, 0, 1), 0);
    peerbook_keep_record(&b, &id, UNIT_TEXT("first"));
    assert_true(span_is_equal(peerbook_record(&b, &id), UNIT_TEXT("first")));
    assert_int_equal(peerbook_put_record(&b, &id, 3, NULL, 0, 1), WAVU_ERR_EXISTS);
    assert_true(span_is_equal(peerbook_record(&b, &id), UNIT_TEXT("first")));
    assert_int_equal(peerbook_put_record(&b, &id, 5, NULL, 0, 1), 0);
    assert_int_equal(peerbook_record(&b, &id).len, 0);
    peerbook_keep_record(&b, &id, span_of(large, sizeof large));
    assert_int_equal(peerbook_record(&b, &id).len, 0);
    peerbook_keep_record(&b, &id, span_of(large, PEERBOOK_RECORD_MAX));
    assert_int_equal(peerbook_record(&b, &id).len, PEERBOOK_RECORD_MAX);
    peerbook_clear(&b);
}

static void an_empty_name_is_kept_as_such(void **state)
{
    (void)state;
    struct peerbook b;
    struct peerid id = peer_number(1);
    const struct span names[] = {UNIT_TEXT("/a/1"), span_empty(), UNIT_TEXT("/b/1")};
    start(&b);
    peerbook_set_protocols(&b, &id, names, 3);
    assert_true(peerbook_speaks(&b, &id, "/a/1"));
    assert_int_equal(peerbook_protocol(&b, &id, 1).len, 0);
    assert_true(peerbook_speaks(&b, &id, "/b/1"));
    peerbook_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(so_many_peers_and_no_more),
        UNIT(most_trusted_and_most_recent_come_first),
        UNIT(the_same_address_is_kept_once_with_its_best_source),
        UNIT(a_full_entry_gives_up_the_least_trusted),
        UNIT(a_newer_record_replaces_signed_addresses_only),
        UNIT(agents_are_printable_and_cut),
        UNIT(protocols_are_bounded_and_replaced),
        UNIT(the_longest_unused_is_forgotten_but_never_a_connected_one),
        UNIT(hearsay_drives_out_nobody_who_is_known_better),
        UNIT(the_newest_record_is_kept),
        UNIT(an_empty_name_is_kept_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
