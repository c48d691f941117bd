/*
 * The node's counters and how it stands, written as text line by line.
 */
#include "apps/daemon/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "apps/daemon/process.h"
#include "base/page.h"
#include "wavu/members.h"
#include "wavu/mesh.h"
#include "wavu/node.h"
#include "wavu/version.h"

#define METRICS_PATH_MAX 1024

struct metrics_row {
    const char *name; /* as the node has it */
    const char *help;
};

static const struct metrics_row metrics_rows[] = {
    {"beacon_dropped_total",
     "Datagrams on the discovery port that were foreign, malformed or too many."},
    {"beacon_heard_total", "Calls of nodes of our networks heard on the local network."},
    {"beacon_sent_total", "Calls sent on the local network."},
    {"conns_closed_total", "Connections that ended."},
    {"conns_dropped_crypto_total", "Connections ended over a wrong tag, signature or key."},
    {"conns_dropped_denied_total", "Connections ended because the policy said no."},
    {"conns_dropped_downgrade_total",
     "Connections ended because the hybrid handshake was suppressed on the way."},
    {"conns_dropped_limit_total", "Connections ended because they went over a limit."},
    {"conns_dropped_proto_total", "Connections ended because the peer broke the protocol."},
    {"conns_dropped_timeout_total", "Connections ended because a handshake or keepalive ran out."},
    {"conns_handshakes_failed_total", "Handshakes that failed."},
    {"conns_opened_total", "Connections that were made."},
    {"conns_refused_full_total", "Connections refused because there were too many."},
    {"conns_refused_rate_total", "Connections refused because too many came from one prefix."},
    {"courier_cut_total",
     "Streams of envelopes that were cut, for breaking rules or being too slow."},
    {"courier_opened_total", "Sealed envelopes that were read."},
    {"courier_unopened_total", "Sealed envelopes that nothing here opens."},
    {"datagrams_dropped_total", "Datagrams of peers that were dropped."},
    {"datagrams_received_total", "Datagrams that peers sent."},
    {"datagrams_sent_total", "Datagrams sent to peers."},
    {"gate_not_invited_total", "Streams refused to strangers of a closed network."},
    {"gate_wrong_network_total", "Streams refused to members of other networks."},
    {"identify_bad_total", "Descriptions of peers that were malformed or contradicted their key."},
    {"identify_received_total", "Descriptions that peers gave of themselves."},
    {"keep_checks_total", "Full checks of the store that found nothing wrong."},
    {"keep_commits_total", "Commits of the store to the disk."},
    {"keep_damages_total", "Full checks of the store that met damage."},
    {"keep_failures_total", "Commits that the disk did not take."},
    {"keep_looks_total", "Looks whether what the node knows is to be written."},
    {"mdns_dropped_total", "Datagrams of mDNS that were malformed or too many."},
    {"mdns_found_total", "Peers found by mDNS."},
    {"mdns_sent_total", "Datagrams of mDNS sent."},
    {"members_operations_total", "Operations let into membership logs."},
    {"members_talks_total", "Talks begun to keep membership logs equal."},
    {"net_received_bytes_total", "Bytes received from peers."},
    {"net_sent_bytes_total", "Bytes sent to peers."},
    {"overlay_frames_in_total", "Frames of the mesh received."},
    {"overlay_frames_out_total", "Frames of the mesh sent."},
    {"overlay_links_broken_total",
     "Links of the mesh cut, because the peer broke rules or was too slow."},
    {"overlay_links_made_total", "Links of the mesh made."},
    {"rooms_repaired_bytes_total", "Bytes of room entries that came in talks between members."},
    {"rooms_repaired_total", "Room entries that came in talks between members."},
    {"streams_refused_rate_total", "Streams refused because the peer opened too many a second."},
    {"streams_refused_total", "Streams refused: protocol not spoken, audience, or a limit."},
    {"streams_reset_total", "Streams whose negotiation failed or ran out."},
    {"sync_sent_bytes_total", "Bytes sent in talks about what others lack."},
};

const char *metrics_help(const char *name)
{
    for (size_t i = 0; i < sizeof metrics_rows / sizeof metrics_rows[0]; i++) {
        if (strcmp(name, metrics_rows[i].name) == 0) {
            return metrics_rows[i].help;
        }
    }
    return NULL;
}

static void metrics_about(struct page *p, const char *name, const char *type, const char *help)
{
    page_print(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void metrics_gauge(struct page *p, const char *name, uint64_t value, const char *help)
{
    metrics_about(p, name, "gauge", help);
    page_print(p, "%s %" PRIu64 "\n", name, value);
}

/* `thousandths` of the unit, without a locale's point. */
static void metrics_decimal(struct page *p, const char *name, const char *type,
                            uint64_t thousandths, const char *help)
{
    metrics_about(p, name, type, help);
    page_print(p, "%s %" PRIu64 ".%03u\n", name, thousandths / 1000,
               (unsigned)(thousandths % 1000));
}

static void metrics_on_counter(void *context, const char *name, uint64_t value)
{
    struct page *p = context;
    const char *help = metrics_help(name);
    if (help == NULL) {
        return; /* wakeups_per_minute: no counter, and no base unit */
    }
    page_print(p, "# HELP wavu_%s %s\n# TYPE wavu_%s counter\nwavu_%s %" PRIu64 "\n", name, help,
               name, name, value);
}

/* ---- The node ---- */

static void metrics_put_node(struct page *p, const struct wavu_node *node)
{
    struct wavu_status s;
    wavu_node_status(node, &s); /* not wavu_node_peers: it writes out each peer, of thousands */
    wavu_node_metrics(node, metrics_on_counter, p);
    metrics_decimal(p, "wavu_uptime_seconds", "gauge", s.uptime_ms,
                    "How long the node has been up.");
    metrics_gauge(p, "wavu_peers", s.peers, "Connected peers.");
    metrics_gauge(p, "wavu_connections", s.conns, "Connections, open and opening.");
    metrics_gauge(p, "wavu_handshakes_pending", s.handshakes, "Inbound handshakes, unfinished.");
    metrics_decimal(p, "wavu_wakeups_per_second", "gauge", s.wakeups_per_minute * 1000 / 60,
                    "Turns of the node, as of the last whole minute.");
    metrics_gauge(p, "wavu_disk_failing", s.is_failing ? 1 : 0,
                  "1 while the disk takes nothing, which is tried again.");
    metrics_gauge(p, "wavu_disk_damaged", s.is_damaged ? 1 : 0,
                  "1 when part of the store cannot be read.");
}

/* How many seeds there are, and how many of them are connected. */
static uint64_t metrics_seeds(const struct wavu_node *node, uint64_t *out_connected)
{
    const char *text = NULL;
    const char *word = NULL;
    uint64_t count = 0;
    *out_connected = 0;
    while (wavu_mesh_seed(node, count, &text, &word)) {
        *out_connected += strcmp(word, "connected") == 0 ? 1 : 0;
        count++;
    }
    return count;
}

static void metrics_put_mesh(struct page *p, const struct wavu_node *node)
{
    struct wavu_mesh_status s;
    uint64_t connected = 0;
    if (!wavu_mesh_status(node, &s)) {
        return;
    }
    uint64_t seeds = metrics_seeds(node, &connected);
    metrics_gauge(p, "wavu_mesh_members", s.members,
                  "Nodes of the mesh, networks apart, that are known.");
    metrics_gauge(p, "wavu_mesh_members_reachable", s.reachable,
                  "Nodes of the mesh to which a way is known, this one included.");
    metrics_gauge(p, "wavu_mesh_neighbours", s.neighbours, "Nodes with a direct link to this one.");
    metrics_gauge(p, "wavu_mesh_peers_barred", s.barred,
                  "Peers that broke the rules and have no links for a while.");
    metrics_gauge(p, "wavu_mesh_offline", s.is_offline ? 1 : 0,
                  "1 when there is no neighbour and every seed failed often.");
    metrics_gauge(p, "wavu_mesh_seeds", seeds, "Seeds of the settings.");
    metrics_gauge(p, "wavu_mesh_seeds_connected", connected, "Seeds that are connected.");
}

struct metrics_networks {
    uint64_t joined;
    uint64_t frozen;
    uint64_t members;
    uint64_t neighbours;
};

static void metrics_on_network(void *context, const struct wavu_network *network)
{
    struct metrics_networks *sum = context;
    if (network->is_member) {
        sum->joined++;
        sum->frozen += network->is_frozen ? 1 : 0;
        sum->members += network->members;
        sum->neighbours += network->neighbours;
    }
}

/* All of them together, so that nothing tells one from another. */
static void metrics_put_networks(struct page *p, const struct wavu_node *node)
{
    struct metrics_networks sum = {.joined = 0};
    wavu_networks(node, metrics_on_network, &sum);
    metrics_gauge(p, "wavu_networks", sum.joined, "Networks that this node belongs to.");
    metrics_gauge(p, "wavu_networks_frozen", sum.frozen,
                  "Of them, such as only a newer wavu understands.");
    metrics_gauge(p, "wavu_network_members", sum.members, "Members of all its networks together.");
    metrics_gauge(p, "wavu_network_neighbours", sum.neighbours,
                  "Neighbours in all its networks together.");
}

/* ---- The home and the process ---- */

static void metrics_put_store(struct page *p, const char *home)
{
    static const char *const names[] = {"store.db", "store.db-wal", "store.db-journal"};
    char path[METRICS_PATH_MAX];
    struct statvfs disk;
    uint64_t bytes = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stat info;
        int len = snprintf(path, sizeof path, "%s/%s", home, names[i]);
        if (len > 0 && (size_t)len < sizeof path && stat(path, &info) == 0) {
            bytes += (uint64_t)info.st_size;
        }
    }
    metrics_gauge(p, "wavu_store_size_bytes", bytes, "Bytes of the store's files.");
    if (statvfs(home, &disk) == 0) {
        metrics_gauge(p, "wavu_home_free_bytes", (uint64_t)disk.f_bavail * disk.f_frsize,
                      "Bytes that this user may still write on the disk of the home.");
    }
}

static void metrics_put_process(struct page *p)
{
    struct process_figures f;
    process_read(&f);
    metrics_decimal(p, "process_cpu_seconds_total", "counter", f.cpu_ms,
                    "CPU time of user and system.");
    metrics_gauge(p, "process_resident_memory_bytes", f.resident_bytes, "Resident memory.");
    metrics_gauge(p, "process_virtual_memory_bytes", f.virtual_bytes, "Virtual memory.");
    metrics_gauge(p, "process_open_fds", f.open_fds, "Open file descriptors.");
    if (f.fds_max > 0) {
        metrics_gauge(p, "process_max_fds", f.fds_max, "Most file descriptors that may be open.");
    }
    metrics_decimal(p, "process_start_time_seconds", "gauge", f.start_unix_ms,
                    "When the process began, since 1970.");
}

int metrics_render(void *context, struct buf *out)
{
    const struct metrics *m = context;
    struct page p = {.out = out};
    metrics_about(&p, "wavu_build_info", "gauge", "Always 1; the label says which wavu this is.");
    page_print(&p, "wavu_build_info{version=\"%s\"} 1\n", wavu_version());
    metrics_gauge(&p, "wavu_locked", m->node == NULL ? 1 : 0,
                  "1 while the node is locked, or starts.");
    if (m->node != NULL) {
        metrics_put_node(&p, m->node);
        metrics_put_mesh(&p, m->node);
        metrics_put_networks(&p, m->node);
    }
    if (m->home != NULL) {
        metrics_put_store(&p, m->home);
    }
    metrics_put_process(&p);
    return p.rc;
}
