/*
 * The table of the simulator's sockets and names, and the interfaces of a host.
 */
#include "sim/sim_net.h"

#include "sim/sim_life.h"
#include "sim/sim_listener.h"
#include "sim/sim_name.h"
#include "sim/sim_shake.h"
#include "sim/sim_tcp.h"
#include "sim/sim_udp.h"

/* Loopback first, as the kernel lists it, then the host's addresses in the order they were given.
 */
static size_t interfaces(struct port *port, struct multiaddr_ip *out, size_t max)
{
    static const struct multiaddr_ip loopback[2] = {{.ip = {127, 0, 0, 1}, .ip_len = 4},
                                                    {.ip = {[15] = 1}, .ip_len = 16}};
    struct sim_host *host = sim_life_of(port)->host;
    struct list *link;
    size_t count = 0;

    for (size_t i = 0; i < 2 && count < max; i++) {
        out[count++] = loopback[i];
    }
    for (link = list_next(&host->addresses, &host->addresses); link != NULL && count < max;
         link = list_next(&host->addresses, link)) {
        out[count++] = LIST_OF(link, struct sim_address, link)->ip;
    }
    return count;
}

const struct port_net sim_net_ops = {
    .tcp_listen = sim_listener_open,
    .listener_address = sim_listener_address,
    .listener_close = sim_listener_close,
    .tcp_dial = sim_shake_dial,
    .tcp_attach = sim_tcp_attach,
    .tcp_send = sim_tcp_send,
    .tcp_pause = sim_tcp_pause,
    .tcp_addresses = sim_tcp_addresses,
    .tcp_close = sim_tcp_close,
    .udp_open = sim_udp_open,
    .udp_address = sim_udp_address,
    .udp_join = sim_udp_join,
    .udp_send = sim_udp_send,
    .udp_close = sim_udp_close,
    .udp_interfaces = sim_lan_interfaces,
    .lookup = sim_name_lookup,
    .lookup_cancel = sim_name_cancel,
    .interfaces = interfaces,
};
