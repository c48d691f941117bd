/*
 * Token buckets for inbound handshakes, one for each address prefix.
 */
#include "net/admit.h"

#include <string.h>

#include "base/mem.h"

struct admit_bucket {
    uint8_t key[ADMIT_KEY_SIZE];
    struct budget_bucket bucket;
};

void admit_init(struct admit *a, const struct random *random, uint64_t now)
{
    map_init(&a->buckets, random);
    budget_bucket_init(&a->shared, ADMIT_RATE, ADMIT_BURST, now);
}

void admit_clear(struct admit *a)
{
    size_t at = 0;
    struct admit_bucket *b = map_next(&a->buckets, &at);
    while (b != NULL) {
        mem_free(b);
        b = map_next(&a->buckets, &at);
    }
    map_clear(&a->buckets);
}

/* Forget up to a few prefixes whose buckets are full again: they carry no information. */
static void admit_forget_full(struct admit *a, uint64_t now)
{
    struct admit_bucket *full[64];
    size_t count = 0;
    size_t at = 0;
    struct admit_bucket *b = map_next(&a->buckets, &at);
    while (b != NULL && count < sizeof full / sizeof full[0]) {
        if (budget_bucket_is_full(&b->bucket, now)) {
            full[count++] = b;
        }
        b = map_next(&a->buckets, &at);
    }
    for (size_t i = 0; i < count; i++) {
        (void)map_remove(&a->buckets, span_of(full[i]->key, ADMIT_KEY_SIZE));
        mem_free(full[i]);
    }
}

/* /24 of IPv4, /56 of IPv6; IPv4 mapped into IPv6 counts as IPv4. */
static void admit_prefix_of(const struct multiaddr_ip *ip, uint8_t key[ADMIT_KEY_SIZE])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memset(key, 0, ADMIT_KEY_SIZE);
    if (ip->ip_len == 16 && memcmp(ip->ip, mapped, sizeof mapped) != 0) {
        key[0] = 6;
        memcpy(key + 1, ip->ip, 7);
        return;
    }
    key[0] = 4;
    memcpy(key + 1, ip->ip_len == 16 ? ip->ip + 12 : ip->ip, 3);
}

bool admit_prefix(const struct multiaddr *a, uint8_t key[ADMIT_KEY_SIZE])
{
    struct multiaddr_ip ip;
    if (multiaddr_to_ip(a, MULTIADDR_TCP, &ip) < 0 || multiaddr_ip_is_loopback(&ip)) {
        return false;
    }
    admit_prefix_of(&ip, key);
    return true;
}

int admit_take(struct admit *a, const struct multiaddr_ip *ip, uint64_t now)
{
    uint8_t key[ADMIT_KEY_SIZE];
    if (multiaddr_ip_is_loopback(ip)) {
        return 0;
    }
    admit_prefix_of(ip, key);
    struct admit_bucket *b = map_get(&a->buckets, span_of(key, sizeof key));
    if (b == NULL && a->buckets.count >= ADMIT_PREFIXES_MAX) {
        admit_forget_full(a, now);
    }
    if (b == NULL && a->buckets.count >= ADMIT_PREFIXES_MAX) {
        return budget_bucket_take(&a->shared, 1, now);
    }
    if (b == NULL) {
        b = mem_new(sizeof *b);
        memcpy(b->key, key, sizeof key);
        budget_bucket_init(&b->bucket, ADMIT_RATE, ADMIT_BURST, now);
        (void)map_put(&a->buckets, span_of(b->key, sizeof b->key), b);
    }
    return budget_bucket_take(&b->bucket, 1, now);
}
