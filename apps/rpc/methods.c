/*
 * The methods of the control socket: each reads the node's public interface into one JSON value.
 */
#include "apps/rpc/methods.h"

#include <jansson.h>
#include <time.h>

#include "apps/rpc/methods_direct.h"
#include "apps/rpc/methods_contacts.h"
#include "apps/rpc/methods_files.h"
#include "apps/rpc/methods_stick.h"
#include "apps/rpc/methods_members.h"
#include "apps/rpc/methods_modules.h"
#include "apps/rpc/methods_net.h"
#include "apps/rpc/methods_rooms.h"
#include "apps/rpc/methods_sos.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "wavu/kad.h"
#include "wavu/node.h"
#include "wavu/version.h"

/* No method has parameters yet: none, {} and [] are the same. */
static bool methods_has_no_params(const json_t *params, struct jsonrpc_error *error)
{
    if (params == NULL || (json_object_size(params) == 0 && json_array_size(params) == 0)) {
        return true;
    }
    *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, "this method takes no parameters"};
    return false;
}

static bool methods_is_ready(const struct methods *m, const json_t *params,
                             struct jsonrpc_error *error)
{
    return takes_is_ready(m, error) && methods_has_no_params(params, error);
}

static json_t *methods_rpc_version(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    if (!methods_has_no_params(params, error)) {
        return NULL;
    }
    json_t *result = json_object();
    takes_put(result, "rpc", takes_count(METHODS_VERSION));
    takes_put(result, "version", json_string(wavu_version()));
    return result;
}

static json_t *methods_peer_id(const struct methods *m)
{
    char id[WAVU_PEER_TEXT_MAX];
    wavu_node_id(m->node, id);
    return json_string(id);
}

static json_t *methods_addresses(const struct methods *m)
{
    json_t *addresses = json_array();
    char address[WAVU_ADDRESS_TEXT_MAX];
    for (size_t i = 0; wavu_node_address(m->node, i, address); i++) {
        CHECK(json_array_append_new(addresses, jsonrpc_text(address)) == 0);
    }
    return addresses;
}

/* Where peers see us: a router stands between when it is elsewhere. */
static json_t *methods_observed(const struct methods *m)
{
    json_t *observed = json_array();
    char address[WAVU_ADDRESS_TEXT_MAX];
    for (size_t i = 0; wavu_node_observed(m->node, i, address); i++) {
        CHECK(json_array_append_new(observed, jsonrpc_text(address)) == 0);
    }
    return observed;
}

static json_t *methods_node_id(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    if (!methods_is_ready(m, params, error)) {
        return NULL;
    }
    json_t *result = json_object();
    takes_put(result, "peerId", methods_peer_id(m));
    takes_put(result, "addresses", methods_addresses(m));
    return result;
}

static json_t *methods_seeds(const struct methods *m)
{
    json_t *seeds = json_array();
    const char *text = NULL;
    const char *word = NULL;
    for (size_t i = 0; wavu_mesh_seed(m->node, i, &text, &word); i++) {
        json_t *one = json_object();
        takes_put(one, "seed", jsonrpc_text(text));
        takes_put(one, "state", jsonrpc_text(word));
        CHECK(json_array_append_new(seeds, one) == 0);
    }
    return seeds;
}

/* How the mesh stands; null where there is none. */
static json_t *methods_mesh(const struct methods *m)
{
    struct wavu_mesh_status status;
    if (!wavu_mesh_status(m->node, &status)) {
        return json_null();
    }
    json_t *mesh = json_object();
    takes_put(mesh, "members", takes_count(status.members));
    takes_put(mesh, "reachable", takes_count(status.reachable));
    takes_put(mesh, "neighbours", takes_count(status.neighbours));
    takes_put(mesh, "linked", takes_count(status.linked));
    takes_put(mesh, "barred", takes_count(status.barred));
    takes_put(mesh, "isOffline", json_boolean(status.is_offline));
    takes_put(mesh, "network",
              status.network[0] != '\0' ? json_string(status.network) : json_null());
    takes_put(mesh, "seeds", methods_seeds(m));
    return mesh;
}

/* What part the node takes in Kademlia. */
static json_t *methods_kad(const struct methods *m)
{
    struct wavu_kad_status status;
    json_t *kad = json_object();
    wavu_kad_status(m->node, &status);
    const char *role = status.is_server ? "server" : "client";
    takes_put(kad, "role", json_string(status.is_on ? role : "off"));
    takes_put(kad, "peers", takes_count(status.peers));
    takes_put(kad, "searches", takes_count(status.searches));
    return kad;
}

/* What members say of this machine's clock; null when they have nothing to say against it. */
static json_t *methods_clock(const struct wavu_status *status)
{
    if (status->clock_others == 0) {
        return json_null();
    }
    json_t *clock = json_object();
    takes_put(clock, "aheadMs", json_integer((json_int_t)status->clock_ahead_ms));
    takes_put(clock, "others", takes_count(status->clock_others));
    return clock;
}

static json_t *methods_node_status(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    if (!methods_is_ready(m, params, error)) {
        return NULL;
    }
    struct wavu_status status;
    wavu_node_status(m->node, &status);
    json_t *result = json_object();
    takes_put(result, "peerId", methods_peer_id(m));
    takes_put(result, "version", json_string(wavu_version()));
    takes_put(result, "uptimeMs", takes_count(status.uptime_ms));
    takes_put(result, "addresses", methods_addresses(m));
    takes_put(result, "observed", methods_observed(m));
    takes_put(result, "peers", takes_count(status.peers));
    takes_put(result, "connections", takes_count(status.conns));
    takes_put(result, "handshakes", takes_count(status.handshakes));
    takes_put(result, "bytesReceived", takes_count(status.bytes_received));
    takes_put(result, "bytesSent", takes_count(status.bytes_sent));
    takes_put(result, "wakeupsPerMinute", takes_count(status.wakeups_per_minute));
    const char *disk = status.is_failing ? "failing" : "good";
    takes_put(result, "disk", json_string(status.is_damaged ? "damaged" : disk));
    const char *url = m->metrics_url == NULL ? "" : m->metrics_url;
    takes_put(result, "metrics", url[0] == '\0' ? json_null() : jsonrpc_text(url));
    takes_put(result, "isPrivate", json_boolean(status.is_private));
    takes_put(result, "clock", methods_clock(&status));
    takes_put(result, "mesh", methods_mesh(m));
    takes_put(result, "kad", methods_kad(m));
    return result;
}

static void methods_add_peer(void *context, const struct wavu_peer *peer)
{
    json_t *peers = context;
    json_t *one = json_object();
    takes_put(one, "peerId", jsonrpc_text(peer->id));
    takes_put(one, "address", jsonrpc_text(peer->address));
    takes_put(one, "agent", jsonrpc_text(peer->agent));
    takes_put(one, "direction", json_string(peer->is_dialled ? "outbound" : "inbound"));
    const char *secured = peer->is_hybrid ? "hybrid" : "classic";
    takes_put(one, "secured", json_string(peer->is_experiment ? "experiment" : secured));
    takes_put(one, "connectedMs", takes_count(peer->connected_ms));
    takes_put(one, "rttMs",
              peer->rtt_us == 0 ? json_null() : json_real((double)peer->rtt_us / 1e3));
    takes_put(one, "connections", takes_count(peer->conns));
    takes_put(one, "streams", takes_count(peer->streams));
    takes_put(one, "barredMs", takes_count(peer->barred_ms));
    CHECK(json_array_append_new(peers, one) == 0);
}

static json_t *methods_node_peers(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    if (!methods_is_ready(m, params, error)) {
        return NULL;
    }
    json_t *peers = json_array();
    wavu_node_peers(m->node, methods_add_peer, peers);
    json_t *result = json_object();
    takes_put(result, "peers", peers);
    return result;
}

static void methods_add_metric(void *context, const char *name, uint64_t value)
{
    takes_put(context, name, takes_count(value));
}

static json_t *methods_node_metrics(void *context, const json_t *params,
                                    struct jsonrpc_error *error)
{
    const struct methods *m = context;
    if (!methods_is_ready(m, params, error)) {
        return NULL;
    }
    json_t *counters = json_object();
    wavu_node_metrics(m->node, methods_add_metric, counters);
    json_t *result = json_object();
    takes_put(result, "counters", counters);
    return result;
}

static void methods_add_member(void *context, const struct wavu_member *member)
{
    json_t *members = context;
    json_t *links = json_array();
    json_t *one = json_object();
    for (size_t i = 0; i < member->link_count; i++) {
        CHECK(json_array_append_new(links, jsonrpc_text(member->links[i])) == 0);
    }
    takes_put(one, "peerId", jsonrpc_text(member->id));
    takes_put(one, "isSelf", json_boolean(member->is_self));
    takes_put(one, "isNeighbour", json_boolean(member->is_neighbour));
    takes_put(one, "isSuspected", json_boolean(member->is_suspected));
    takes_put(one, "isReachable", json_boolean(member->is_reachable));
    takes_put(one, "rttMs",
              member->rtt_us == 0 ? json_null() : json_real((double)member->rtt_us / 1e3));
    takes_put(one, "links", links);
    CHECK(json_array_append_new(members, one) == 0);
}

static json_t *methods_mesh_members(void *context, const json_t *params,
                                    struct jsonrpc_error *error)
{
    const struct methods *m = context;
    if (!methods_is_ready(m, params, error)) {
        return NULL;
    }
    json_t *members = json_array();
    wavu_mesh_members(m->node, methods_add_member, members);
    json_t *result = json_object();
    takes_put(result, "members", members);
    return result;
}

/* True when `params` says that the answer may wait until there is something new. */
static bool methods_waits(const json_t *params)
{
    return json_is_true(json_object_get(params, "wait"));
}

static json_t *methods_mesh_events(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const json_t *after = json_object_get(params, "after");
    if (!json_is_integer(after) || json_integer_value(after) < 0) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS,
                                        "this method takes {\"after\": a number}"};
        return NULL;
    }
    if (methods_waits(params) && (uint64_t)json_integer_value(after) + 1 >= m->feed.next) {
        error->code = JSONRPC_LATER;
    }
    return feed_since(&m->feed, (uint64_t)json_integer_value(after));
}

#define METHODS_DIGITS(number) #number
#define METHODS_TEXT(number) METHODS_DIGITS(number)

static const char *methods_broadcast_sentence(int err)
{
    switch (err) {
    case WAVU_ERR_LIMIT:
        return "a broadcast has at most " METHODS_TEXT(WAVU_BROADCAST_MAX) " bytes";
    case WAVU_ERR_AGAIN:
        return "too much is being said already; try again in a second";
    case WAVU_ERR_UNSUPPORTED:
        return "this node has no mesh: it was started with --no-mesh";
    default:
        return wavu_err_sentence(err);
    }
}

static json_t *methods_mesh_broadcast(void *context, const json_t *params,
                                      struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const json_t *text = json_object_get(params, "text");
    if (!json_is_string(text)) {
        *error =
            (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, "this method takes {\"text\": words}"};
        return NULL;
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    int rc = wavu_broadcast(m->node, json_string_value(text), json_string_length(text));
    if (methods_modules_refused(m, rc, error)) {
        return NULL;
    }
    if (rc < 0) {
        *error = (struct jsonrpc_error){JSONRPC_INTERNAL, methods_broadcast_sentence(rc)};
        return NULL;
    }
    struct wavu_mesh_status status;
    (void)wavu_mesh_status(m->node, &status);
    json_t *result = json_object();
    takes_put(result, "neighbours", takes_count(status.neighbours));
    return result;
}

static json_t *methods_mesh_send(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods *m = context;
    const json_t *peer = json_object_get(params, "peer");
    const json_t *text = json_object_get(params, "text");
    if (!json_is_string(peer) || !json_is_string(text)) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS,
                                        "this method takes {\"peer\": an id, \"text\": words}"};
        return NULL;
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    return outbox_send(&m->outbox, m->node, json_string_value(peer), json_string_value(text),
                       json_string_length(text));
}

static json_t *methods_mesh_sent(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const json_t *number = json_object_get(params, "number");
    json_t *result = NULL;
    if (json_is_integer(number) && json_integer_value(number) > 0) {
        result = outbox_look(&m->outbox, (uint64_t)json_integer_value(number));
    }
    if (result != NULL && methods_waits(params) &&
        !outbox_is_over(&m->outbox, (uint64_t)json_integer_value(number))) {
        error->code = JSONRPC_LATER;
    }
    if (result == NULL) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS,
                                        "this method takes {\"number\": of a recent mesh.send}"};
    }
    return result;
}

/* For people: nothing is decided by it. */
static uint64_t methods_unix_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void methods_on_event(void *context, const struct wavu_mesh_event *event)
{
    struct methods *m = context;
    feed_add(&m->feed, event, methods_unix_ms());
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

static void methods_on_members(void *context, const struct wavu_members_event *event)
{
    struct methods *m = context;
    feed_add_members(&m->feed, event, methods_unix_ms());
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

static void methods_on_contacts(void *context, const struct wavu_contacts_event *event)
{
    struct methods *m = context;
    feed_add_contacts(&m->feed, event, methods_unix_ms());
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

static void methods_on_files(void *context, const struct wavu_files_event *event)
{
    struct methods *m = context;
    if (event->kind == WAVU_FILES_HASHED || event->kind == WAVU_FILES_MOVED) {
        return; /* four a second: who wants to see them looks */
    }
    feed_add_files(&m->feed, event, methods_unix_ms());
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

static void methods_on_chat(void *context, const struct wavu_chat_event *event)
{
    struct methods *m = context;
    const uint64_t before = m->feed.next;
    feed_add_chat(&m->feed, event, methods_unix_ms());
    if (m->news != NULL && m->feed.next > before) {
        m->news(m->news_context);
    }
}

static void methods_on_direct(void *context, const struct wavu_direct_event *event)
{
    struct methods *m = context;
    feed_add_direct(&m->feed, event, methods_unix_ms());
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

static void methods_on_sos(void *context, const struct wavu_sos_event *event)
{
    struct methods *m = context;
    feed_add_sos(&m->feed, event, methods_unix_ms());
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

static void on_kept(void *context)
{
    const struct methods *m = context;
    if (m->kept != NULL) {
        m->kept(m->news_context);
    }
}

static uint64_t methods_written(void *context)
{
    const struct methods *m = context;
    return m->node == NULL ? 0 : wavu_node_written(m->node);
}

/* A node that was closed wrote all that it could. */
static int methods_kept(void *context, uint64_t written)
{
    const struct methods *m = context;
    return m->node == NULL ? 0 : wavu_node_kept(m->node, written);
}

void methods_tell(struct methods *m, void (*news)(void *context), void (*kept)(void *context),
                  void *context)
{
    m->news = news;
    m->kept = kept;
    m->news_context = context;
    m->outbox.told = news;
    m->outbox.told_context = context;
    m->tasks.told = news;
    m->tasks.told_context = context;
}

void methods_listen(struct methods *m)
{
    uint64_t next = m->feed.next; /* a node that was locked: numbers go on, what happened is gone */
    feed_clear(&m->feed);
    feed_init(&m->feed);
    m->feed.first = next > 0 ? next : m->feed.first;
    m->feed.next = m->feed.first;
    /* Without a mesh nothing ever happens in it. */
    (void)!wavu_mesh_listen(m->node, methods_on_event, m);
    (void)!wavu_members_listen(m->node, methods_on_members, m);
    (void)!wavu_contacts_listen(m->node, methods_on_contacts, m);
    (void)!wavu_files_listen(m->node, methods_on_files, m);
    (void)!wavu_chat_listen(m->node, methods_on_chat, m);
    (void)!wavu_direct_listen(m->node, methods_on_direct, m);
    (void)!wavu_sos_listen(m->node, methods_on_sos, m);
    methods_topics_reset(m);
    wavu_node_kept_listen(m->node, on_kept, m);
}

void methods_clear(struct methods *m)
{
    feed_clear(&m->feed);
    methods_topics_clear(m);
}

static json_t *methods_rpc_methods(void *context, const json_t *params,
                                   struct jsonrpc_error *error);

static const struct jsonrpc_method methods_table[] = {
    {"mesh.members", methods_mesh_members},
    {"mesh.events", methods_mesh_events},
    {"mesh.broadcast", methods_mesh_broadcast},
    {"mesh.send", methods_mesh_send},
    {"mesh.sent", methods_mesh_sent},
    {"mesh.routes", methods_net_routes},
    {"mesh.trace", methods_net_trace},
    {"net.connect", methods_net_connect},
    {"net.disconnect", methods_net_disconnect},
    {"net.ping", methods_net_ping},
    {"net.task", methods_net_task},
    {"net.taskEnd", methods_net_task_end},
    {"person.key", methods_members_key},
    {"person.nick", methods_members_nick},
    {"network.make", methods_members_make},
    {"network.first", methods_members_first},
    {"network.list", methods_members_list},
    {"network.members", methods_members_of},
    {"network.find", methods_members_find},
    {"network.invite", methods_members_invite},
    {"network.inviteClose", methods_members_invite_close},
    {"network.inviteKey", methods_members_invite_key},
    {"network.join", methods_members_join},
    {"network.joinKey", methods_members_join_key},
    {"network.joinOpen", methods_members_join_open},
    {"network.revoke", methods_members_revoke},
    {"network.leave", methods_members_leave},
    {"room.list", methods_rooms_list},
    {"room.make", methods_rooms_make},
    {"room.set", methods_rooms_set},
    {"room.read", methods_rooms_read},
    {"room.say", methods_rooms_say},
    {"room.reactions", methods_rooms_reactions},
    {"direct.say", methods_direct_say},
    {"direct.chats", methods_direct_chats},
    {"direct.read", methods_direct_read},
    {"direct.receipts", methods_direct_receipts},
    {"history.look", methods_direct_look},
    {"contact.list", methods_contacts_list},
    {"contact.find", methods_contacts_find},
    {"contact.number", methods_contacts_number},
    {"contact.verify", methods_contacts_verify},
    {"contact.name", methods_contacts_name},
    {"contact.block", methods_contacts_block},
    {"file.send", methods_files_send},
    {"file.list", methods_files_list},
    {"file.look", methods_files_look},
    {"file.accept", methods_files_accept},
    {"file.cancel", methods_files_cancel},
    {"stick.write", methods_stick_write},
    {"stick.next", methods_stick_next},
    {"stick.put", methods_stick_put},
    {"stick.take", methods_stick_take},
    {"sos.call", methods_sos_call},
    {"sos.list", methods_sos_list},
    {"sos.cancel", methods_sos_cancel},
    {"sos.ack", methods_sos_ack},
    {"topic.join", methods_topics_join},
    {"topic.leave", methods_topics_leave},
    {"topic.publish", methods_topics_publish},
    {"topic.list", methods_topics_list},
    {"module.load", methods_modules_load},
    {"module.list", methods_modules_list},
    {"module.off", methods_modules_off},
    {"rpc.version", methods_rpc_version},
    {"rpc.methods", methods_rpc_methods},
    {"vault.state", methods_vault_state},
    {"vault.lock", methods_vault_lock},
    {"vault.unlock", methods_vault_unlock},
    {"vault.backup", methods_vault_backup},
    {"vault.backupDone", methods_vault_backup_done},
    {"node.stop", methods_vault_stop},
    {"node.reload", methods_reload_run},
    {"log.get", methods_log_get},
    {"log.set", methods_log_set},
    {"node.id", methods_node_id},
    {"node.status", methods_node_status},
    {"node.peers", methods_node_peers},
    {"node.metrics", methods_node_metrics},
};

static json_t *methods_rpc_methods(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    if (!methods_has_no_params(params, error)) {
        return NULL;
    }
    json_t *names = json_array();
    for (size_t i = 0; i < sizeof methods_table / sizeof methods_table[0]; i++) {
        CHECK(json_array_append_new(names, json_string(methods_table[i].name)) == 0);
    }
    json_t *result = json_object();
    takes_put(result, "methods", names);
    return result;
}

struct jsonrpc_service methods_service(struct methods *m)
{
    return (struct jsonrpc_service){
        .methods = methods_table,
        .method_count = sizeof methods_table / sizeof methods_table[0],
        .context = m,
        .asked = methods_vault_asked,
        .written = methods_written,
        .kept = methods_kept,
    };
}
