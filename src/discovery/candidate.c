/*
 * Addresses that neighbours state.
 */
#include "discovery/candidate.h"

#include "base/span.h"

bool candidate_is_plausible(const struct multiaddr_ip *ip, const struct multiaddr_ip *from)
{
    if (ip->port == 0 || multiaddr_ip_is_unspecified(ip)) {
        return false;
    }
    if (multiaddr_ip_is_loopback(ip)) {
        return multiaddr_ip_is_loopback(from);
    }
    bool is_link_local = ip->ip_len == 16 && ip->ip[0] == 0xfe && (ip->ip[1] & 0xc0) == 0x80;
    bool is_sender = span_is_equal(span_of(ip->ip, ip->ip_len), span_of(from->ip, from->ip_len));
    return is_sender || (multiaddr_ip_is_private(ip) && !is_link_local);
}

void candidate_add(struct candidate_list *list, const struct multiaddr *address)
{
    for (size_t i = 0; i < list->count; i++) {
        if (multiaddr_is_equal(&list->addresses[i], address)) {
            return;
        }
    }
    if (list->count < CANDIDATE_LIST_MAX) {
        list->addresses[list->count++] = *address;
    }
}
