/*
 * Nobody can send us into a network of our own from outside, or have us tell of it.
 */
#include "discovery/kad_addresses.h"

#include <string.h>

#include "crypto/signed_record.h"
#include "net/listen.h"

static bool kad_addresses_ip(const struct multiaddr *a, struct multiaddr_ip *ip)
{
    return multiaddr_to_ip(a, MULTIADDR_TCP, ip) == 0 || multiaddr_to_ip(a, MULTIADDR_UDP, ip) == 0;
}

enum kad_addresses_scope kad_addresses_scope(const struct multiaddr *a)
{
    struct multiaddr_ip ip;
    if (!kad_addresses_ip(a, &ip)) {
        return KAD_ADDRESSES_PUBLIC;
    }
    return multiaddr_ip_is_loopback(&ip)  ? KAD_ADDRESSES_LOOPBACK
           : multiaddr_ip_is_private(&ip) ? KAD_ADDRESSES_PRIVATE
                                          : KAD_ADDRESSES_PUBLIC;
}

enum kad_addresses_scope kad_addresses_scope_of(const struct conn *conn)
{
    struct multiaddr local;
    struct multiaddr remote;
    conn_addresses(conn, &local, &remote);
    return kad_addresses_scope(&remote);
}

uint64_t kad_addresses_group(const struct conn *conn)
{
    struct multiaddr local;
    struct multiaddr remote;
    struct multiaddr_ip ip;
    uint64_t group = 0;
    conn_addresses(conn, &local, &remote);
    if (!kad_addresses_ip(&remote, &ip) || kad_addresses_scope(&remote) != KAD_ADDRESSES_PUBLIC) {
        return 0;
    }
    for (size_t i = 0; i < (ip.ip_len == 4 ? 2u : 4u); i++) {
        group = group << 8 | ip.ip[i];
    }
    return group << 8 | ip.ip_len;
}

/* An address that a link of ours can be made to. */
static bool kad_addresses_is_fit(const struct swarm *swarm, const struct multiaddr *a,
                                 enum kad_addresses_scope scope)
{
    struct multiaddr_ip ip;
    return kad_addresses_ip(a, &ip) && ip.port != 0 && !multiaddr_ip_is_unspecified(&ip) &&
           kad_addresses_scope(a) <= scope && swarm_transport_for(swarm, a) != NULL;
}

void kad_addresses_tell(const struct swarm *swarm, const struct peerid *peer,
                        enum kad_addresses_scope scope, struct kad_addresses *out)
{
    struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
    size_t count = peerbook_addresses(&swarm->peerbook, peer, known, PEERBOOK_ADDRESSES_MAX);
    out->count = 0;
    for (size_t i = 0; i < count && out->count < KAD_ADDRESSES_TOLD_MAX; i++) {
        if (kad_addresses_is_fit(swarm, &known[i].address, scope)) {
            out->addresses[out->count++] = known[i].address;
        }
    }
}

void kad_addresses_own(struct swarm *swarm, enum kad_addresses_scope scope,
                       struct kad_addresses *out)
{
    struct multiaddr own[LISTEN_ADDRESSES_MAX];
    size_t count = listen_addresses(swarm, own, LISTEN_ADDRESSES_MAX);
    out->count = 0;
    for (size_t i = 0; i < count && out->count < KAD_ADDRESSES_TOLD_MAX; i++) {
        if (kad_addresses_is_fit(swarm, &own[i], scope)) {
            out->addresses[out->count++] = own[i];
        }
    }
}

bool kad_addresses_read(const struct swarm *swarm, struct span bytes,
                        enum kad_addresses_scope scope, const struct peerid *peer,
                        struct multiaddr *out)
{
    uint8_t id[PEERID_SIZE_MAX];
    size_t id_len = sizeof id;
    if (multiaddr_decode(out, bytes) < 0) {
        return false;
    }
    if (multiaddr_pop_peer(out, id, &id_len) &&
        !span_is_equal(span_of(id, id_len), peerid_span(peer))) {
        return false;
    }
    return kad_addresses_is_fit(swarm, out, scope);
}

/* True when the record is the peer's own. A signature costs far more than an address: of whom the
 * book knows better than hearsay, none is looked at. */
static bool kad_addresses_learn_record(struct swarm *swarm, const struct kad_msg_peer *p,
                                       enum kad_addresses_scope scope, const struct peerid *id)
{
    struct peerbook_address best;
    struct signed_record_peer r;
    struct multiaddr addresses[KAD_ADDRESSES_TOLD_MAX];
    size_t count = 0;
    bool is_known =
        peerbook_addresses(&swarm->peerbook, id, &best, 1) == 1 && best.source >= PEERBOOK_SIGNED;
    if (is_known || p->record.ptr == NULL || signed_record_open_peer(&r, p->record) < 0 ||
        !peerid_is_equal(&r.peer, id)) {
        return is_known;
    }
    for (size_t i = 0; i < r.address_count && count < KAD_ADDRESSES_TOLD_MAX; i++) {
        count += kad_addresses_read(swarm, r.addresses[i], scope, id, &addresses[count]) ? 1 : 0;
    }
    int rc =
        peerbook_put_record(&swarm->peerbook, id, r.seq, addresses, count, swarm->turn->now_ns);
    if (rc == 0) {
        peerbook_keep_record(&swarm->peerbook, id, p->record);
    }
    return rc == 0 || rc == WAVU_ERR_EXISTS;
}

bool kad_addresses_learn(struct swarm *swarm, const struct kad_msg_peer *p,
                         enum kad_addresses_scope scope, struct peerid *id)
{
    if (peerid_decode(id, p->id) < 0 || peerid_is_equal(id, &swarm->self)) {
        return false;
    }
    if (kad_addresses_learn_record(swarm, p, scope, id)) {
        return true;
    }
    size_t learnt = 0;
    for (size_t i = 0; i < p->address_count && learnt < KAD_ADDRESSES_TOLD_MAX; i++) {
        struct multiaddr address;
        if (kad_addresses_read(swarm, p->addresses[i], scope, id, &address)) {
            learnt++;
            int rc = peerbook_add_address(&swarm->peerbook, id, &address, PEERBOOK_HEARSAY,
                                          swarm->turn->now_ns);
            (void)rc; /* better known addresses fill the entry */
        }
    }
    return true;
}
