/*
 * The peerbook under operations drawn from the input: what peers tell of themselves and of others,
 * signed records of any sequence number, protocols and agents, in a book with little room. After
 * each: the invariants; nobody pinned is forgotten, no address is less trusted than it was.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "net/peerbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PEERS 16
#define ROOM 6
#define NAMES_MAX 96
#define ADDRESSES_MAX 32

enum operation { ADD, RECORD, AGENT, PROTOCOLS, PIN, UNPIN, OPERATIONS };

static struct peerbook book;
static bool is_pinned[PEERS];
static size_t pinned;
static uint64_t now;

static struct peerid peer_of(uint8_t n)
{
    struct peerid id = {.len = 38, .bytes = {0x00, 36, 8, 1, 0x12, 32}};
    id.bytes[6] = n;
    return id;
}

/* An address from the wire, as identify reads it; false when it is none. */
static bool read_address(struct rd *r, struct multiaddr *out)
{
    struct span bytes = rd_bytes(r, rd_u8(r) % 64u);
    return !r->failed && multiaddr_decode(out, bytes) == 0 && out->len > 0;
}

static size_t read_addresses(struct rd *r, struct multiaddr out[ADDRESSES_MAX])
{
    size_t count = rd_u8(r) % (ADDRESSES_MAX + 1u);
    size_t read = 0;
    while (count-- > 0 && !r->failed) {
        read += read_address(r, &out[read]) ? 1 : 0;
    }
    return read;
}

static size_t read_names(struct rd *r, struct span out[NAMES_MAX])
{
    size_t count = rd_u8(r) % (NAMES_MAX + 1u);
    size_t read = 0;
    while (read < count && !r->failed) {
        out[read] = rd_bytes(r, rd_u8(r));
        read += r->failed ? 0 : 1;
    }
    return read;
}

/* Newest first among equals, most trusted before. */
static void check_order(const struct peerid *id)
{
    struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
    size_t count = peerbook_addresses(&book, id, known, PEERBOOK_ADDRESSES_MAX);
    CHECK(count <= PEERBOOK_ADDRESSES_MAX);
    for (size_t i = 1; i < count; i++) {
        CHECK(known[i - 1].source > known[i].source ||
              (known[i - 1].source == known[i].source && known[i - 1].seen_ns >= known[i].seen_ns));
        for (size_t other = 0; other < i; other++) {
            CHECK(!multiaddr_is_equal(&known[other].address, &known[i].address));
        }
    }
}

static void add(struct rd *r, const struct peerid *id)
{
    struct multiaddr address;
    enum peerbook_source source = rd_u8(r) % (PEERBOOK_CONNECTED + 1u);
    if (read_address(r, &address)) {
        int rc = peerbook_add_address(&book, id, &address, source, now);
        CHECK(rc == 0 || rc == WAVU_ERR_LIMIT);
    }
}

static void record(struct rd *r, const struct peerid *id)
{
    struct multiaddr addresses[ADDRESSES_MAX];
    uint64_t seq = rd_u64be(r);
    size_t count = read_addresses(r, addresses);
    int rc = peerbook_put_record(&book, id, seq, addresses, count, now);
    CHECK(rc == 0 || rc == WAVU_ERR_EXISTS || rc == WAVU_ERR_LIMIT);
    if (rc == 0 && seq > 0) { /* told again, it is nothing new */
        CHECK(peerbook_put_record(&book, id, seq, addresses, count, now) == WAVU_ERR_EXISTS);
    }
}

static void protocols(struct rd *r, const struct peerid *id)
{
    struct span names[NAMES_MAX];
    size_t count = read_names(r, names);
    peerbook_set_protocols(&book, id, names, count);
    for (size_t i = 0; i <= PEERBOOK_PROTOCOLS_MAX; i++) {
        struct span name = peerbook_protocol(&book, id, i);
        CHECK(i < count || name.len == 0);
        CHECK(name.len == 0 || span_is_equal(name, names[i]));
    }
    (void)peerbook_speaks(&book, id, "/ipfs/id/push/1.0.0");
}

static void agent(struct rd *r, const struct peerid *id)
{
    peerbook_set_agent(&book, id, rd_bytes(r, rd_u8(r)));
    const char *text = peerbook_agent(&book, id);
    CHECK(strlen(text) < PEERBOOK_AGENT_MAX);
    for (; *text != '\0'; text++) {
        CHECK(*text >= 0x20 && *text < 0x7f);
    }
}

static void pin(uint8_t n, const struct peerid *id, bool is_wanted)
{
    if (is_wanted && pinned >= ROOM - 1 && !is_pinned[n]) {
        return; /* some room stays, as in a node: connections are fewer than entries */
    }
    pinned = pinned + (is_wanted ? 1u : 0u) - (is_pinned[n] ? 1u : 0u);
    is_pinned[n] = is_wanted;
    peerbook_pin(&book, id, is_wanted);
    if (is_wanted) {
        peerbook_set_agent(&book, id, span_of("pinned", 6));
    }
}

static void step(struct rd *r)
{
    enum operation what = rd_u8(r) % OPERATIONS;
    uint8_t n = rd_u8(r) % PEERS;
    struct peerid id = peer_of(n);
    now += rd_u8(r);
    switch (what) {
    case ADD:
        add(r, &id);
        break;
    case RECORD:
        record(r, &id);
        break;
    case AGENT:
        if (!is_pinned[n]) { /* theirs shows that they are not forgotten */
            agent(r, &id);
        }
        break;
    case PROTOCOLS:
        protocols(r, &id);
        break;
    case PIN:
    case UNPIN:
    case OPERATIONS:
        pin(n, &id, what == PIN);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct random_seeded seeded;
    struct rd r;
    size_t before = mem_live_count();
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    peerbook_init(&book, &random);
    book.peers_max = ROOM;
    memset(is_pinned, 0, sizeof is_pinned);
    pinned = 0;
    now = 0;
    rd_init(&r, span_of(data, len));
    while (rd_left(&r) > 0 && !r.failed) {
        step(&r);
        peerbook_check(&book);
        CHECK(book.entries.count <= ROOM);
        for (uint8_t n = 0; n < PEERS; n++) {
            struct peerid id = peer_of(n);
            check_order(&id);
            CHECK(!is_pinned[n] || peerbook_agent(&book, &id)[0] != '\0');
        }
    }
    peerbook_clear(&book);
    CHECK(mem_live_count() == before);
    return 0;
}
