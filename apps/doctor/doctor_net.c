/*
 * Ways to others, as far as this machine alone can see them.
 */
#include "apps/doctor/doctor_net.h"

#include <jansson.h>
#include <stdio.h>

#include "apps/term/say.h"
#include "base/multiaddr.h"

static bool doctor_net_is_up(const struct doctor_world *w)
{
    return w->node == DOCTOR_NODE_UP;
}

void doctor_net_port(const struct doctor_world *w, struct doctor_finding *f)
{
    char clean[SAY_CLEAN_MAX];
    const json_t *addresses = json_object_get(w->status, "addresses");
    size_t count = json_array_size(addresses);
    if (doctor_net_is_up(w) && count > 0) {
        const char *first = json_string_value(json_array_get(addresses, 0));
        doctor_say(
            f, DOCTOR_OK, "the node listens",
            "addresses of this machine at which the node can be dialled: %zu; the first: %.200s",
            count, say_clean(first != NULL ? first : "", clean));
        return;
    }
    if (doctor_net_is_up(w)) {
        doctor_say(f, DOCTOR_WARN, "the node listens nowhere",
                   "the node listens at no address, so nobody can dial it");
        doctor_next(f, "start it with --listen 0.0.0.0:9000, or connect the machine to a network");
        return;
    }
    switch (w->listen.state) {
    case DOCTOR_PORT_TAKEN:
        if (w->listen.by[0] != '\0') {
            doctor_say(f, DOCTOR_FAIL, "the port is taken", "port %u is taken by %s",
                       (unsigned)w->listen.number, say_clean(w->listen.by, clean));
        } else {
            doctor_say(f, DOCTOR_FAIL, "the port is taken",
                       "port %u is taken by another user's process", (unsigned)w->listen.number);
        }
        doctor_next(f, "end that one, or choose another port: wavu set bind_addr 0.0.0.0:9001");
        break;
    case DOCTOR_PORT_DENIED:
        doctor_say(f, DOCTOR_FAIL, "this user may not listen there",
                   "this user may not listen at port %u", (unsigned)w->listen.number);
        doctor_next(f, "choose a port above 1023: wavu set bind_addr 0.0.0.0:9001");
        break;
    case DOCTOR_PORT_ABSENT:
        doctor_say(f, DOCTOR_FAIL, "the address is none of this machine",
                   "%.200s (bind_addr) is no address of this machine", w->settings.bind_addr);
        doctor_next(f, "listen at all of them: wavu set bind_addr 0.0.0.0:9000");
        break;
    case DOCTOR_PORT_FREE:
        doctor_say(f, DOCTOR_OK, "the port is free", "port %u is free for a node",
                   (unsigned)w->listen.number);
        break;
    case DOCTOR_PORT_OFF:
        doctor_say(f, DOCTOR_OK, "not looked at", "no port was looked at");
        break;
    }
}

void doctor_net_discovery(const struct doctor_world *w, struct doctor_finding *f)
{
    char clean[SAY_CLEAN_MAX];
    if (w->discovery.state == DOCTOR_PORT_OFF) {
        doctor_say(f, DOCTOR_OK, "discovery on the local network is off",
                   "discovery on the local network is off (discovery_port = 0)");
    } else if (w->discovery.state == DOCTOR_PORT_FREE) {
        doctor_say(f, DOCTOR_OK, "the discovery port can be used",
                   "UDP port %u, where nodes of the local network are heard, can be used",
                   (unsigned)w->discovery.number);
    } else {
        if (w->discovery.by[0] != '\0') {
            doctor_say(f, DOCTOR_FAIL, "the discovery port is taken",
                       "UDP port %u, where nodes of the local network are heard, is taken by %s",
                       (unsigned)w->discovery.number, say_clean(w->discovery.by, clean));
        } else {
            doctor_say(f, DOCTOR_FAIL, "the discovery port is taken",
                       "UDP port %u, where nodes of the local network are heard, is taken by "
                       "another user's process",
                       (unsigned)w->discovery.number);
        }
        doctor_next(f, "end that one, or let all nodes here use another: wavu set discovery_port "
                       "9998");
    }
}

void doctor_net_lan(const struct doctor_world *w, struct doctor_finding *f)
{
    if (w->interfaces == 0) {
        doctor_say(f, DOCTOR_WARN, "the machine is in no network",
                   "the machine is in no network now");
        doctor_next(f, "connect it by cable or Wi-Fi; or carry messages on a stick: wavu export");
    } else if (w->calling == 0) {
        doctor_say(f, DOCTOR_WARN, "no interface carries multicast or broadcast",
                   "interfaces that are up: %u; none carries multicast or broadcast, so nobody is "
                   "found by "
                   "itself",
                   w->interfaces);
        doctor_next(f, "name somebody with --seed, or type the address behind the code of an "
                       "invitation");
    } else {
        doctor_say(f, DOCTOR_OK, "the machine is in a network where others can be found",
                   "interfaces that are up: %u; where others can be found by themselves: %u",
                   w->interfaces, w->calling);
    }
}

void doctor_net_ip6(const struct doctor_world *w, struct doctor_finding *f)
{
    if (!w->has_ip6) {
        doctor_say(f, DOCTOR_OK, "no IPv6", "the system does not speak IPv6; IPv4 alone is fine");
    } else if (w->ip6_global == 0) {
        doctor_say(f, DOCTOR_OK, "IPv6 within the local network",
                   "IPv6 reaches the local network alone; IPv4 is used beyond");
    } else if (!w->has_ip6_way) {
        doctor_say(f, DOCTOR_WARN, "an IPv6 address without a way out",
                   "there is an IPv6 address, and no way leads out over it: dialling takes longer");
        doctor_next(f, "look at the router's settings, or switch IPv6 off there");
    } else {
        doctor_say(f, DOCTOR_OK, "IPv6 works",
                   "IPv6 leads to the internet: others can dial this "
                   "machine without a router's help, where no firewall forbids it");
    }
}

/* A public address at which peers see us ("/ip4/203.0.113.9"), or NULL. */
static const char *doctor_net_seen(const struct doctor_world *w)
{
    const json_t *observed = json_object_get(w->status, "observed");
    for (size_t i = 0; i < json_array_size(observed); i++) {
        const char *text = json_string_value(json_array_get(observed, i));
        char whole[DOCTOR_TEXT_MAX];
        struct multiaddr address;
        struct multiaddr_ip ip;
        (void)snprintf(whole, sizeof whole, "%.200s/tcp/1", text != NULL ? text : "");
        if (multiaddr_parse_any(&address, span_from_text(whole)) == 0 &&
            multiaddr_to_ip(&address, MULTIADDR_TCP, &ip) == 0 && !multiaddr_ip_is_private(&ip)) {
            return text;
        }
    }
    return NULL;
}

/* An address of what others see us at that is none of ours: a router stands between. */
void doctor_net_nat(const struct doctor_world *w, struct doctor_finding *f)
{
    char clean[SAY_CLEAN_MAX];
    const char *seen = doctor_net_seen(w);
    bool is_public = w->ip4_public > 0 || w->ip6_global > 0;
    if (seen != NULL && !is_public) {
        doctor_say(f, DOCTOR_WARN, "a router stands between this machine and others",
                   "others see this machine at %.100s, and it has private addresses alone",
                   say_clean(seen, clean));
    } else if (!is_public && w->ip4_private > 0) {
        doctor_say(
            f, DOCTOR_WARN, "private addresses alone",
            "this machine has private addresses alone: people in other places cannot dial it, "
            "though it can dial them");
    } else if (is_public) {
        doctor_say(f, DOCTOR_OK, "a public address", "this machine has a public address");
        return;
    } else {
        doctor_say(f, DOCTOR_OK, "no address", "this machine has no address now");
        return;
    }
    doctor_next(f,
                "nothing within one network; else let a router forward the port, or let all name a "
                "node with a public address as seed");
}
