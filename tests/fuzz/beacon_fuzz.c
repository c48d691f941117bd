/*
 * Beacons. First byte 0 to 127: a packet's content, which encodes again as it was read. Above: a
 * machine with an open and a closed network, and with codes that the input opens and seeks, is fed
 * pieces of the input as datagrams, at moments and from senders that the input names.
 */
#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "discovery/beacon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_codec(struct span in)
{
    uint8_t out[2 * BEACON_MSG_SIZE_MAX];
    struct beacon_msg_packet packet;
    struct beacon_msg first;
    struct beacon_msg second;
    struct wr w;
    if (beacon_msg_split(&packet, in) < 0 || packet.kind == BEACON_MSG_CLOSED ||
        beacon_msg_decode(&first, packet.kind, packet.content) < 0) {
        return;
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    beacon_msg_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(beacon_msg_decode(&second, packet.kind, wr_span(&w)) == 0);
    CHECK(peerid_is_equal(&first.peer, &second.peer) && first.asks == second.asks);
    CHECK(first.slot == second.slot);
    CHECK(span_is_equal(first.network, second.network));
    CHECK(first.port_count == second.port_count && first.address_count == second.address_count);
    for (size_t i = 0; i < first.port_count; i++) {
        CHECK(first.ports[i] == second.ports[i]);
    }
    for (size_t i = 0; i < first.address_count; i++) {
        CHECK(span_is_equal(first.addresses[i], second.addresses[i]));
    }
}

static void fuzz_drain(struct beacon *b)
{
    static struct beacon_event event;
    while (beacon_next_event(b, &event)) {
        bool is_found = event.kind == BEACON_FOUND || event.kind == BEACON_INVITER;
        CHECK(is_found || event.len <= BEACON_MSG_SIZE_MAX);
        CHECK(!is_found || event.found.candidates.count <= CANDIDATE_LIST_MAX);
        CHECK(event.kind != BEACON_INVITER || (event.slot == b->seek && event.slot != 0));
    }
    beacon_check(b);
}

/* Operations: 1 byte what, 1 byte sender, 1 byte length or time, then the datagram's bytes. */
static void fuzz_machine(struct beacon *b, struct span in)
{
    static const uint8_t magic[4] = {'w', 'a', 'v', 'u'};
    uint8_t datagram[4 + 512];
    uint64_t now = 0;
    struct rd r;
    rd_init(&r, in);
    while (rd_left(&r) > 0 && !r.failed) {
        uint8_t what = rd_u8(&r);
        struct multiaddr_ip from = {.ip = {10, 0, 0, rd_u8(&r)}, .ip_len = 4, .port = 1};
        size_t len = (size_t)rd_u8(&r) * 2;
        if (what % 8 == 0) {
            now += (uint64_t)len * 100000000;
            beacon_tick(b, now);
        } else if (what % 8 == 1) {
            beacon_set_power(b, len % 4 != 0, now);
        } else if (what % 8 == 2) {
            beacon_set_slot(b, (uint16_t)(len / 2 % 4), now);
            beacon_seek(b, (uint16_t)(len / 8 % 4), now);
        } else {
            size_t left = rd_left(&r);
            struct span bytes = rd_bytes(&r, len < left ? len : left);
            memcpy(datagram, magic, sizeof magic);
            if (bytes.len > 0) {
                memcpy(datagram + 4, bytes.ptr, bytes.len);
            }
            int rc = beacon_feed(b, &from, span_of(datagram, 4 + bytes.len), now);
            CHECK(rc == 0 || rc == WAVU_ERR_PROTO || rc == WAVU_ERR_LIMIT ||
                  rc == WAVU_ERR_CRYPTO || rc == WAVU_ERR_UNSUPPORTED);
        }
        fuzz_drain(b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aead *aead;
    static struct beacon b;
    struct random_seeded seeded;
    struct beacon_key key = {.bytes = {1}, .network = 1, .is_current = true};
    if (size == 0 || size > 4096) {
        return 0;
    }
    if (data[0] < 128) {
        fuzz_codec(span_of(data + 1, size - 1));
        return 0;
    }
    if (aead == NULL) {
        CHECK(secret_start() == 0);
        aead = aead_new();
    }
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    struct beacon_config config = {
        .random = &random, .aead = aead, .self = {.len = 2, .bytes = {0, 0}}, .is_open = true};
    beacon_init(&b, &config, 0);
    CHECK(beacon_set_keys(&b, &key, 1) == 0);
    fuzz_machine(&b, span_of(data + 1, size - 1));
    beacon_clear(&b);
    return 0;
}
