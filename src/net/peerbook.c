/*
 * The book of peers. Addresses are stored as length and bytes, names as one block, so that an entry
 * of a typical peer stays under half a KiB.
 */
#include "net/peerbook.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* An address on the heap: as long as its bytes. */
struct peerbook_stored {
    uint64_t seen_ns;
    uint8_t source; /* enum peerbook_source */
    uint8_t len;
    uint8_t bytes[];
};

struct peerbook_entry {
    struct peerid id;
    uint8_t address_count;
    uint8_t protocol_count;
    bool is_pinned;
    bool is_hearsay;     /* nothing else is known of it */
    struct list by_use;  /* in one of the book's two lists */
    uint64_t record_seq; /* of the newest signed record; 0: none */
    char *agent;         /* owned, or NULL */
    uint8_t *record;     /* owned: the newest signed record, record_len bytes; or NULL */
    uint16_t record_len;
    uint8_t *protocols; /* owned: length byte and name, protocol_count times; or NULL */
    struct peerbook_stored **addresses; /* owned array of PEERBOOK_ADDRESSES_MAX at most */
};

void peerbook_init(struct peerbook *b, const struct random *random)
{
    map_init(&b->entries, random);
    list_init(&b->by_use);
    list_init(&b->hearsay);
    b->hearsay_count = 0;
    b->peers_max = PEERBOOK_PEERS_MAX;
}

static void peerbook_free_entry(struct peerbook_entry *e)
{
    for (size_t i = 0; i < e->address_count; i++) {
        mem_free(e->addresses[i]);
    }
    mem_free(e->addresses);
    mem_free(e->agent);
    mem_free(e->record);
    mem_free(e->protocols);
    mem_free(e);
}

void peerbook_clear(struct peerbook *b)
{
    struct list *node = NULL;
    while ((node = list_pop_front(&b->by_use)) != NULL ||
           (node = list_pop_front(&b->hearsay)) != NULL) {
        peerbook_free_entry(LIST_OF(node, struct peerbook_entry, by_use));
    }
    b->hearsay_count = 0;
    map_clear(&b->entries);
}

static struct peerbook_entry *peerbook_get(const struct peerbook *b, const struct peerid *peer)
{
    return map_get(&b->entries, peerid_span(peer));
}

/* Forget the entry of `list` unused for longest whose peer is not connected. */
static bool peerbook_forget_one(struct peerbook *b, struct list *list)
{
    for (struct list *node = list_next(list, list); node != NULL; node = list_next(list, node)) {
        struct peerbook_entry *e = LIST_OF(node, struct peerbook_entry, by_use);
        if (!e->is_pinned) {
            list_remove(&e->by_use);
            b->hearsay_count -= e->is_hearsay;
            (void)map_remove(&b->entries, peerid_span(&e->id));
            peerbook_free_entry(e);
            return true;
        }
    }
    return false;
}

/* Room for one more. Whoever tells of ten thousand peers drives out others that were told of, and
 * nobody who is known better. */
static bool peerbook_make_room(struct peerbook *b)
{
    bool is_much_hearsay = b->hearsay_count > b->peers_max / PEERBOOK_HEARSAY_SHARE;
    return b->entries.count < b->peers_max ||
           (is_much_hearsay && peerbook_forget_one(b, &b->hearsay)) ||
           peerbook_forget_one(b, &b->by_use) || peerbook_forget_one(b, &b->hearsay);
}

/* The entry of `peer`, made when there is room; it is then the most recently used, unless hearsay
 * tells of one that is known better. */
static struct peerbook_entry *peerbook_make(struct peerbook *b, const struct peerid *peer,
                                            bool is_hearsay)
{
    struct peerbook_entry *e = peerbook_get(b, peer);
    if (e == NULL) {
        if (!peerbook_make_room(b)) {
            return NULL;
        }
        e = mem_new(sizeof *e);
        e->id = *peer;
        e->is_hearsay = is_hearsay;
        b->hearsay_count += is_hearsay;
        (void)map_put(&b->entries, peerid_span(&e->id), e);
    } else if (is_hearsay && !e->is_hearsay) {
        return e;
    }
    if (e->is_hearsay && !is_hearsay) {
        e->is_hearsay = false;
        b->hearsay_count--;
    }
    list_remove(&e->by_use);
    list_push_back(is_hearsay ? &b->hearsay : &b->by_use, &e->by_use);
    return e;
}

/* ---- Addresses ---- */

static struct span peerbook_stored_span(const struct peerbook_stored *stored)
{
    return span_of(stored->bytes, stored->len);
}

/* True when `a` is worth less than `b`: less trusted, then older. */
static bool peerbook_is_worse(const struct peerbook_stored *a, const struct peerbook_stored *b)
{
    return a->source != b->source ? a->source < b->source : a->seen_ns < b->seen_ns;
}

static void peerbook_remove_address(struct peerbook_entry *e, size_t i)
{
    mem_free(e->addresses[i]);
    e->address_count--;
    memmove(&e->addresses[i], &e->addresses[i + 1],
            (e->address_count - i) * sizeof e->addresses[0]);
}

static bool peerbook_refresh(struct peerbook_entry *e, const struct multiaddr *address,
                             enum peerbook_source source, uint64_t now)
{
    for (size_t i = 0; i < e->address_count; i++) {
        struct peerbook_stored *stored = e->addresses[i];
        if (span_is_equal(peerbook_stored_span(stored), multiaddr_span(address))) {
            stored->source = (uint8_t)(source > stored->source ? source : stored->source);
            stored->seen_ns = now;
            return true;
        }
    }
    return false;
}

/* Make a place; false when all that is stored is worth more than `source`. */
static bool peerbook_make_place(struct peerbook_entry *e, enum peerbook_source source)
{
    if (e->address_count < PEERBOOK_ADDRESSES_MAX) {
        return true;
    }
    size_t worst = 0;
    for (size_t i = 1; i < e->address_count; i++) {
        if (peerbook_is_worse(e->addresses[i], e->addresses[worst])) {
            worst = i;
        }
    }
    if (e->addresses[worst]->source > source) {
        return false;
    }
    peerbook_remove_address(e, worst);
    return true;
}

int peerbook_add_address(struct peerbook *b, const struct peerid *peer,
                         const struct multiaddr *address, enum peerbook_source source, uint64_t now)
{
    struct peerbook_entry *e = peerbook_make(b, peer, source == PEERBOOK_HEARSAY);
    if (e == NULL) {
        return WAVU_ERR_LIMIT;
    }
    if (peerbook_refresh(e, address, source, now)) {
        return 0;
    }
    if (!peerbook_make_place(e, source)) {
        return WAVU_ERR_LIMIT;
    }
    struct peerbook_stored *stored = mem_new(sizeof *stored + address->len);
    stored->seen_ns = now;
    stored->source = (uint8_t)source;
    stored->len = address->len;
    memcpy(stored->bytes, address->bytes, address->len);
    e->addresses = mem_resize(e->addresses, (e->address_count + 1u) * sizeof e->addresses[0]);
    e->addresses[e->address_count++] = stored;
    return 0;
}

size_t peerbook_addresses(const struct peerbook *b, const struct peerid *peer,
                          struct peerbook_address *out, size_t max)
{
    const struct peerbook_entry *e = peerbook_get(b, peer);
    const struct peerbook_stored *sorted[PEERBOOK_ADDRESSES_MAX];
    size_t count = e == NULL ? 0 : e->address_count;
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        while (at > 0 && peerbook_is_worse(sorted[at - 1], e->addresses[i])) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = e->addresses[i];
    }
    count = count < max ? count : max;
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct peerbook_address){.source = (enum peerbook_source)sorted[i]->source,
                                           .seen_ns = sorted[i]->seen_ns};
        out[i].address.len = sorted[i]->len;
        memcpy(out[i].address.bytes, sorted[i]->bytes, sorted[i]->len);
    }
    return count;
}

int peerbook_put_record(struct peerbook *b, const struct peerid *peer, uint64_t seq,
                        const struct multiaddr *addresses, size_t count, uint64_t now)
{
    struct peerbook_entry *e = peerbook_make(b, peer, false);
    if (e == NULL) {
        return WAVU_ERR_LIMIT;
    }
    if (e->record_seq != 0 && seq <= e->record_seq) {
        return WAVU_ERR_EXISTS;
    }
    e->record_seq = seq;
    mem_free(e->record);
    e->record = NULL;
    e->record_len = 0;
    for (size_t i = e->address_count; i > 0; i--) {
        if (e->addresses[i - 1]->source == PEERBOOK_SIGNED) {
            peerbook_remove_address(e, i - 1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        int rc = peerbook_add_address(b, peer, &addresses[i], PEERBOOK_SIGNED, now);
        if (rc < 0) {
            break; /* better known addresses fill the entry */
        }
    }
    return 0;
}

void peerbook_keep_record(struct peerbook *b, const struct peerid *peer, struct span envelope)
{
    struct peerbook_entry *e = peerbook_get(b, peer);
    if (e == NULL || envelope.len == 0 || envelope.len > PEERBOOK_RECORD_MAX) {
        return;
    }
    e->record = mem_resize(e->record, envelope.len);
    memcpy(e->record, envelope.ptr, envelope.len);
    e->record_len = (uint16_t)envelope.len;
}

struct span peerbook_record(const struct peerbook *b, const struct peerid *peer)
{
    const struct peerbook_entry *e = peerbook_get(b, peer);
    return e == NULL ? span_empty() : span_of(e->record, e->record_len);
}

/* ---- Agent and protocols ---- */

void peerbook_set_agent(struct peerbook *b, const struct peerid *peer, struct span agent)
{
    struct peerbook_entry *e = peerbook_make(b, peer, false);
    if (e == NULL) {
        return;
    }
    size_t len = agent.len < PEERBOOK_AGENT_MAX ? agent.len : PEERBOOK_AGENT_MAX - 1;
    e->agent = mem_resize(e->agent, len + 1);
    for (size_t i = 0; i < len; i++) {
        bool is_printable = agent.ptr[i] >= 0x20 && agent.ptr[i] < 0x7f;
        e->agent[i] = (char)(is_printable ? agent.ptr[i] : '?');
    }
    e->agent[len] = '\0';
}

const char *peerbook_agent(const struct peerbook *b, const struct peerid *peer)
{
    const struct peerbook_entry *e = peerbook_get(b, peer);
    return e == NULL || e->agent == NULL ? "" : e->agent;
}

void peerbook_set_protocols(struct peerbook *b, const struct peerid *peer, const struct span *names,
                            size_t count)
{
    struct peerbook_entry *e = peerbook_make(b, peer, false);
    size_t size = 0;
    size_t kept = 0;
    if (e == NULL) {
        return;
    }
    while (kept < count && kept < PEERBOOK_PROTOCOLS_MAX && names[kept].len <= UINT8_MAX &&
           size + 1 + names[kept].len <= PEERBOOK_TEXT_MAX) {
        size += 1 + names[kept].len;
        kept++;
    }
    mem_free(e->protocols);
    e->protocols = size == 0 ? NULL : mem_new_raw(size);
    e->protocol_count = (uint8_t)kept;
    uint8_t *to = e->protocols;
    for (size_t i = 0; i < kept; i++) {
        *to++ = (uint8_t)names[i].len;
        if (names[i].len > 0) { /* the bytes of an empty name need not exist */
            memcpy(to, names[i].ptr, names[i].len);
        }
        to += names[i].len;
    }
}

struct span peerbook_protocol(const struct peerbook *b, const struct peerid *peer, size_t i)
{
    const struct peerbook_entry *e = peerbook_get(b, peer);
    if (e == NULL || i >= e->protocol_count) {
        return span_empty();
    }
    const uint8_t *at = e->protocols;
    for (size_t skipped = 0; skipped < i; skipped++) {
        at += 1 + *at;
    }
    return span_of(at + 1, *at);
}

bool peerbook_speaks(const struct peerbook *b, const struct peerid *peer, const char *protocol)
{
    const struct peerbook_entry *e = peerbook_get(b, peer);
    for (size_t i = 0; e != NULL && i < e->protocol_count; i++) {
        if (span_is_equal(peerbook_protocol(b, peer, i), span_from_text(protocol))) {
            return true;
        }
    }
    return false;
}

void peerbook_pin(struct peerbook *b, const struct peerid *peer, bool pinned)
{
    struct peerbook_entry *e = pinned ? peerbook_make(b, peer, false) : peerbook_get(b, peer);
    if (e != NULL) {
        e->is_pinned = pinned;
    }
}

void peerbook_check(const struct peerbook *b)
{
    size_t at = 0;
    size_t count = 0;
    size_t hearsay = 0;
    map_check(&b->entries);
    const struct peerbook_entry *e = map_next(&b->entries, &at);
    while (e != NULL) {
        CHECK(e->address_count <= PEERBOOK_ADDRESSES_MAX);
        CHECK(list_is_linked(&e->by_use));
        hearsay += e->is_hearsay;
        count++;
        e = map_next(&b->entries, &at);
    }
    CHECK(count == b->entries.count && hearsay == b->hearsay_count);
    CHECK(hearsay == list_count(&b->hearsay) && count - hearsay == list_count(&b->by_use));
}
