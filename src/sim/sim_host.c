/*
 * Hosts. A scenario makes, crashes and restarts them; cables and connections hang on them.
 */
#include "sim/sim_host.h"

#include "base/check.h"
#include "base/ip_text.h"
#include "base/mem.h"
#include "sim/sim_core.h"
#include "sim/sim_life.h"
#include "sim/sim_note.h"

#define PORT_FIRST 32768 /* Linux' first port for callers that name none */

#define DATAGRAM_DRAWS 0xffffffff /* numbers the stream of draws of a host's datagrams */

/* A process finds its machine up for a second to a day: no two boot clocks agree. */
#define BOOT_NS_MIN TIMERS_SECOND
#define BOOT_NS_SPREAD (86400 * TIMERS_SECOND)

static void add_ip(struct sim_host *host, const struct multiaddr_ip *ip)
{
    struct sim_address *address = mem_new(sizeof(*address));

    address->host = host;
    address->ip = *ip;
    CHECK(map_put(&host->sim->addresses, span_of(address->ip.ip, address->ip.ip_len), address) ==
          NULL);
    list_push_back(&host->addresses, &address->link);
}

static void start_life(struct sim_host *host)
{
    host->boot_ns = BOOT_NS_MIN + sim_draw_below(&host->draw, BOOT_NS_SPREAD);
    host->life = sim_life_new(host);
    host->lives++;
}

struct sim_host *sim_host_new(struct sim *sim, const char *address)
{
    struct sim_host *host = mem_new(sizeof(*host));

    host->sim = sim;
    host->number = sim->host_count++;
    host->draw = sim_draw_of(sim->seed, SIM_NETWORK, (uint64_t)host->number << 32);
    host->work = sim_draw_of(sim->seed, SIM_NETWORK, (uint64_t)host->number << 32 | UINT32_MAX);
    host->port_next = PORT_FIRST;
    list_init(&host->addresses);
    list_init(&host->wires);
    list_init(&host->listeners);
    list_init(&host->plugs);
    list_init(&host->sockets);
    host->datagrams =
        sim_draw_of(sim->seed, SIM_NETWORK, (uint64_t)host->number << 32 | DATAGRAM_DRAWS);
    sim_files_init(&host->disk, sim_draw_of(sim->seed, SIM_FAULTS, host->number));
    list_push_back(&sim->hosts, &host->link);
    start_life(host);
    if (address != NULL) {
        sim_host_add_address(host, address);
    } else {
        uint32_t n = host->number + 1;

        CHECK(n < 1U << 24);
        add_ip(host, &(struct multiaddr_ip){.ip = {10, n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff},
                                            .ip_len = 4});
    }
    return host;
}

void sim_host_add_address(struct sim_host *host, const char *address)
{
    struct multiaddr_ip ip = {.ip_len = 4};
    struct span text = span_from_text(address);

    if (ip_text_parse_ip4(text, ip.ip) < 0) {
        ip.ip_len = 16;
        CHECK(ip_text_parse_ip6(text, ip.ip) == 0 && "an address of a host is an IP address");
    }
    add_ip(host, &ip);
}

struct port *sim_host_port(struct sim_host *host)
{
    return &host->life->port;
}

bool sim_host_is_up(const struct sim_host *host)
{
    return !host->life->is_dead;
}

void sim_host_crash(struct sim_host *host, bool is_silent)
{
    CHECK(sim_host_is_up(host));
    sim_note_event(host, SIM_KIND_CRASH, is_silent);
    if (is_silent) {
        sim_cable_set_silent(host, true);
    }
    sim_life_kill(host->life);
    sim_files_crash(&host->disk);
}

struct port *sim_host_restart(struct sim_host *host)
{
    CHECK(!sim_host_is_up(host));
    sim_note_event(host, SIM_KIND_RESTART, host->lives);
    sim_life_free(host->life);
    host->stalled_until_ns = 0;
    start_life(host);
    sim_cable_set_silent(host, false);
    return sim_host_port(host);
}

void sim_host_set_skew(struct sim_host *host, int64_t skew_ms)
{
    host->skew_ms = skew_ms;
}

void sim_host_jump(struct sim_host *host, uint64_t leap_ns)
{
    host->boot_ns += leap_ns;
    sim_life_sync(host->life);
}

void sim_host_set_turn_cost(struct sim_host *host, uint64_t cost_ns)
{
    host->turn_cost_ns = cost_ns;
}

void sim_host_stall(struct sim_host *host, uint64_t duration_ns)
{
    uint64_t until_ns = host->sim->now_ns + duration_ns;

    if (host->stalled_until_ns < until_ns) {
        host->stalled_until_ns = until_ns;
    }
}

void sim_host_set_hidden(struct sim_host *host, bool is_hidden)
{
    host->is_hidden = is_hidden;
}

size_t sim_host_open_sockets(const struct sim_host *host)
{
    return list_count(&host->life->handles);
}

static void free_host(struct sim_host *host)
{
    struct list *link;

    while ((link = list_pop_front(&host->addresses)) != NULL) {
        mem_free(LIST_OF(link, struct sim_address, link));
    }
    sim_lan_leave(host);
    sim_life_free(host->life);
    sim_files_clear(&host->disk);
    mem_free(host);
}

void sim_host_free_all(struct sim *sim)
{
    struct list *link;

    while ((link = list_pop_front(&sim->hosts)) != NULL) {
        free_host(LIST_OF(link, struct sim_host, link));
    }
}
