/*
 * What tests of the beacon as a machine share: machines with ids and addresses by number, and the
 * packets that go between them by hand.
 */
#ifndef TESTS_DISCOVERY_BEACON_FIXTURE_H
#define TESTS_DISCOVERY_BEACON_FIXTURE_H

#include "base/timers.h"
#include "crypto/keys.h"
#include "crypto/secret.h"
#include "discovery/beacon.h"
#include "tests/base/unit.h"

static struct random_seeded seeded;
static struct random randomness;
static struct aead *aead;
static struct beacon_event event; /* the last that `take` gave */

static inline int setup(void **state)
{
    random_seeded_init(&seeded, 7);
    randomness = random_from_seeded(&seeded);
    aead = aead_new();
    return unit_count_memory(state) + (aead != NULL && secret_start() == 0 ? 0 : -1);
}

static inline int teardown(void **state)
{
    int rc = unit_compare_memory(state);
    aead_free(aead);
    return rc;
}

static inline struct peerid peer_of(uint32_t n)
{
    struct ed25519_pair pair = {.public_key = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)}};
    struct peerid id;
    keys_peerid(&id, &pair);
    return id;
}

static inline struct multiaddr_ip ip_of(uint32_t n)
{
    return (struct multiaddr_ip){
        .ip = {10, 0, (uint8_t)(n >> 8), (uint8_t)n}, .ip_len = 4, .port = 40000};
}

static inline void set_address(struct beacon *b, const char *text)
{
    struct multiaddr address;
    assert_int_equal(multiaddr_parse(&address, span_from_text(text)), 0);
    beacon_set_addresses(b, &address, 1);
}

static inline void start(struct beacon *b, uint32_t n, bool is_open)
{
    struct beacon_config config = {
        .random = &randomness, .aead = aead, .self = peer_of(n), .is_open = is_open};
    beacon_init(b, &config, 0);
    set_address(b, "/ip4/192.168.7.7/tcp/9000");
}

static inline bool take(struct beacon *b, enum beacon_event_kind kind)
{
    beacon_check(b);
    return beacon_next_event(b, &event) && event.kind == kind;
}

/* Let `b` call at its next moment and keep the packet in `event`. */
static inline uint64_t call(struct beacon *b)
{
    uint64_t now = beacon_deadline(b);
    beacon_tick(b, now);
    assert_true(take(b, BEACON_SEND_ALL));
    return now;
}

static inline int hear(struct beacon *b, const struct beacon_event *from, uint32_t n, uint64_t now)
{
    struct multiaddr_ip ip = ip_of(n);
    uint8_t copy[BEACON_MSG_SIZE_MAX];
    memcpy(copy, from->bytes, from->len);
    return beacon_feed(b, &ip, span_of(copy, from->len), now);
}

static const struct beacon_key keys[2] = {{.bytes = {1}, .network = 5, .is_current = true},
                                          {.bytes = {2}, .network = 6, .is_current = true}};

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
