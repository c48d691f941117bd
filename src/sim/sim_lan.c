/*
 * Who is on which network.
 */
#include "sim/sim_lan.h"

#include <string.h>

#include "base/check.h"
#include "base/ip_text.h"
#include "base/mem.h"
#include "sim/sim_core.h"
#include "sim/sim_life.h"

/* The host's own address `text`, or its first. */
static const struct multiaddr_ip *own_address(const struct sim_host *host, const char *text)
{
    struct multiaddr_ip ip = {.ip_len = 4};
    struct list *link = list_next(&host->addresses, &host->addresses);

    if (text != NULL && ip_text_parse_ip4(span_from_text(text), ip.ip) < 0) {
        ip.ip_len = 16;
        CHECK(ip_text_parse_ip6(span_from_text(text), ip.ip) == 0);
    }
    for (; link != NULL; link = list_next(&host->addresses, link)) {
        const struct multiaddr_ip *own = &LIST_OF(link, struct sim_address, link)->ip;

        if (text == NULL || (own->ip_len == ip.ip_len && memcmp(own->ip, ip.ip, ip.ip_len) == 0)) {
            return own;
        }
    }
    CHECK(false && "a host is plugged in by an address that it has");
    return NULL;
}

/* The host's next plug behind `link` (the head: the first), or NULL. */
static const struct sim_plug *next_plug(const struct sim_host *host, const struct list *link)
{
    struct list *next = list_next(&host->plugs, link);

    return next == NULL ? NULL : LIST_OF(next, struct sim_plug, link);
}

const struct sim_plug *sim_lan_in(const struct sim_host *host, uint32_t lan)
{
    const struct sim_plug *p = next_plug(host, &host->plugs);

    while (p != NULL && p->lan != lan) {
        p = next_plug(host, &p->link);
    }
    return p;
}

static uint32_t free_index(const struct sim_host *host)
{
    uint32_t index = SIM_LAN_FIRST;
    const struct sim_plug *p = next_plug(host, &host->plugs);

    for (; p != NULL; p = next_plug(host, &p->link)) {
        index = p->index >= index ? p->index + 1 : index;
    }
    return index;
}

void sim_lan_plug(struct sim_host *host, uint32_t lan, const char *address)
{
    const struct sim_plug *same = sim_lan_in(host, lan);
    struct sim_plug *p = mem_new(sizeof(*p));

    p->lan = lan;
    p->index = same != NULL ? same->index : free_index(host);
    p->ip = *own_address(host, address);
    list_push_back(&host->plugs, &p->link);
}

void sim_lan_unplug(struct sim_host *host, uint32_t lan)
{
    struct list *link = list_next(&host->plugs, &host->plugs);

    while (link != NULL) {
        struct sim_plug *p = LIST_OF(link, struct sim_plug, link);

        link = list_next(&host->plugs, link);
        if (p->lan == lan) {
            list_remove(&p->link);
            mem_free(p);
        }
    }
}

void sim_lan_leave(struct sim_host *host)
{
    struct list *link;

    while ((link = list_pop_front(&host->plugs)) != NULL) {
        mem_free(LIST_OF(link, struct sim_plug, link));
    }
}

const struct sim_lan_traffic *sim_lan_traffic_of(const struct sim_host *host)
{
    return &host->traffic;
}

const struct sim_plug *sim_lan_find(const struct sim_host *host, uint32_t index, uint8_t ip_len)
{
    const struct sim_plug *p = next_plug(host, &host->plugs);

    while (p != NULL && (p->ip.ip_len != ip_len || (index != 0 && p->index != index))) {
        p = next_plug(host, &p->link);
    }
    return p;
}

static struct multiaddr_ip broadcast_of(const struct sim_plug *p)
{
    struct multiaddr_ip all = p->ip;

    all.ip[3] = 255;
    return all;
}

const struct sim_plug *sim_lan_of_broadcast(const struct sim_host *host,
                                            const struct multiaddr_ip *ip)
{
    static const uint8_t everybody[4] = {255, 255, 255, 255};
    const struct sim_plug *p = next_plug(host, &host->plugs);

    if (ip->ip_len != 4) {
        return NULL;
    }
    if (memcmp(ip->ip, everybody, 4) == 0) {
        return sim_lan_find(host, ip->zone, 4);
    }
    for (; p != NULL; p = next_plug(host, &p->link)) {
        struct multiaddr_ip all = broadcast_of(p);

        if (p->ip.ip_len == 4 && memcmp(all.ip, ip->ip, 4) == 0) {
            return p;
        }
    }
    return NULL;
}

static bool is_plugged(const struct sim_host *host, const struct multiaddr_ip *ip)
{
    const struct sim_plug *p = next_plug(host, &host->plugs);

    while (p != NULL && (p->ip.ip_len != ip->ip_len || memcmp(p->ip.ip, ip->ip, ip->ip_len) != 0)) {
        p = next_plug(host, &p->link);
    }
    return p != NULL;
}

size_t sim_lan_interfaces(struct port *port, struct port_interface *out, size_t max)
{
    static const struct multiaddr_ip loopback[2] = {{.ip = {127, 0, 0, 1}, .ip_len = 4},
                                                    {.ip = {[15] = 1}, .ip_len = 16}};
    const struct sim_host *host = sim_life_of(port)->host;
    const struct sim_plug *p = next_plug(host, &host->plugs);
    struct list *link = list_next(&host->addresses, &host->addresses);
    size_t count = 0;

    for (size_t i = 0; i < 2 && count < max; i++) {
        out[count++] = (struct port_interface){.index = SIM_LAN_LOOPBACK,
                                               .ip = loopback[i],
                                               .prefix = i == 0 ? 8 : 128,
                                               .is_loopback = true};
    }
    for (; p != NULL && count < max; p = next_plug(host, &p->link)) {
        out[count] = (struct port_interface){.index = p->index,
                                             .ip = p->ip,
                                             .prefix = p->ip.ip_len == 4 ? 24 : 64,
                                             .has_groups = true};
        if (p->ip.ip_len == 4) {
            out[count].broadcast = broadcast_of(p);
        }
        count++;
    }
    for (; link != NULL && count < max; link = list_next(&host->addresses, link)) {
        const struct multiaddr_ip *ip = &LIST_OF(link, struct sim_address, link)->ip;

        if (!is_plugged(host, ip)) {
            out[count++] = (struct port_interface){
                .index = SIM_LAN_UPLINK, .ip = *ip, .prefix = (uint8_t)(8 * ip->ip_len)};
        }
    }
    return count;
}
