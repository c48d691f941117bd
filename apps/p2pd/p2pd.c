/*
 * The daemon: starts what it is made of, one after the other, and takes it down in reverse.
 */
#include "apps/p2pd/p2pd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/p2pd/p2pd_client.h"
#include "apps/p2pd/p2pd_key.h"
#include "apps/p2pd/p2pd_programs.h"
#include "apps/p2pd/p2pd_splice.h"
#include "base/mem.h"
#include "wavu/kad.h"

#define P2PD_GRACE_MS 500 /* for connections to close in order at the end */

static bool p2pd_fail(struct p2pd_failure *why, enum p2pd_step step, int err, const char *detail)
{
    *why = (struct p2pd_failure){.step = step, .err = err};
    (void)snprintf(why->detail, sizeof why->detail, "%s", detail);
    return false;
}

/* ---- The identity ---- */

static int p2pd_read_file(const char *path, uint8_t out[P2PD_KEY_FILE_MAX], size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 1;
    *len = 0;
    if (fd < 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    while (got > 0 && *len < P2PD_KEY_FILE_MAX) {
        got = read(fd, out + *len, P2PD_KEY_FILE_MAX - *len);
        *len += got > 0 ? (size_t)got : 0;
    }
    (void)close(fd);
    return got < 0 ? WAVU_ERR_IO : got == 0 ? 0 : WAVU_ERR_INVALID;
}

static bool p2pd_read_key(const struct p2pd_flags *flags, struct p2pd_key *key,
                          struct p2pd_failure *why)
{
    static const char *const kinds[] = {"RSA", "Ed25519", "secp256k1", "ECDSA"};
    uint8_t file[P2PD_KEY_FILE_MAX];
    enum p2pd_key_kind kind = P2PD_KEY_ED25519;
    size_t len = 0;
    int rc = p2pd_read_file(flags->id, file, &len);
    rc = rc < 0 ? rc : p2pd_key_decode(key, &kind, span_of(file, len));
    explicit_bzero(file, sizeof file);
    if (rc == WAVU_ERR_UNSUPPORTED) {
        return p2pd_fail(why, P2PD_KEY_KIND, rc, kinds[kind]);
    }
    return rc == 0 || p2pd_fail(why, P2PD_KEY_FILE, rc, flags->id);
}

static bool p2pd_make_node(struct p2pd *d, struct p2pd_failure *why)
{
    struct p2pd_key key;
    const struct wavu_kad_config kad = {.role = d->flags->has_dht          ? WAVU_KAD_AUTO
                                                : d->flags->has_dht_client ? WAVU_KAD_CLIENT
                                                                           : WAVU_KAD_SERVER,
                                        .prefix = "/ipfs",
                                        .is_open = true};
    struct wavu_config config = {
        .port = d->port, .is_ephemeral = true, .kad = p2pd_flags_has_dht(d->flags) ? &kad : NULL};
    char id[WAVU_PEER_TEXT_MAX];
    char wanted[WAVU_PEER_TEXT_MAX];
    memset(&key, 0, sizeof key);
    if (d->flags->id != NULL) {
        if (!p2pd_read_key(d->flags, &key, why)) {
            return false;
        }
        config.seed = key.seed;
    }
    int rc = wavu_node_new(&config, &d->node);
    explicit_bzero(key.seed, sizeof key.seed);
    if (rc < 0) {
        return p2pd_fail(why, P2PD_NODE, rc, "");
    }
    wavu_node_id(d->node, id);
    p2pd_key_peer(&key, wanted);
    return d->flags->id == NULL || strcmp(id, wanted) == 0 ||
           p2pd_fail(why, P2PD_KEY_PAIR, WAVU_ERR_INVALID, d->flags->id);
}

/* ---- Lists of addresses ---- */

/* The next of a list with commas; false at its end. A piece too long is cut: it is no address. */
static bool p2pd_next_address(const char **list, char out[WAVU_ADDRESS_TEXT_MAX])
{
    if (*list == NULL || **list == '\0') {
        return false;
    }
    size_t len = strcspn(*list, ",");
    (void)snprintf(out, WAVU_ADDRESS_TEXT_MAX, "%.*s", (int)(len < 1000 ? len : 1000), *list);
    *list += len + ((*list)[len] == ',' ? 1 : 0);
    return true;
}

static bool p2pd_listen_at(struct p2pd *d, struct p2pd_failure *why)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    const char *list = d->flags->host_addresses;
    if (d->flags->has_no_listen) {
        return true;
    }
    if (list == NULL) {
        int rc = wavu_node_listen(d->node, "/ip4/0.0.0.0/tcp/0");
        int rc6 = wavu_node_listen(d->node, "/ip6/::/tcp/0");
        return rc == 0 || rc6 == 0 || p2pd_fail(why, P2PD_HOST, rc, "/ip4/0.0.0.0/tcp/0");
    }
    while (p2pd_next_address(&list, address)) {
        int rc = wavu_node_listen(d->node, address);
        if (rc < 0) {
            return p2pd_fail(why, P2PD_HOST, rc, address);
        }
    }
    return true;
}

static bool p2pd_announce(struct p2pd *d, struct p2pd_failure *why)
{
    static char texts[WAVU_PEER_ADDRESSES_MAX][WAVU_ADDRESS_TEXT_MAX];
    const char *addresses[WAVU_PEER_ADDRESSES_MAX];
    const char *list = d->flags->announce_addresses;
    size_t count = 0;
    while (count < WAVU_PEER_ADDRESSES_MAX && p2pd_next_address(&list, texts[count])) {
        addresses[count] = texts[count];
        count++;
    }
    int rc = count > 0 ? wavu_node_announce(d->node, addresses, count) : 0;
    return rc == 0 || p2pd_fail(why, P2PD_ANNOUNCE, rc, d->flags->announce_addresses);
}

/* ---- The control socket ---- */

static void p2pd_on_accepted(void *context, struct pipe *p)
{
    p2pd_client_start(context, p);
}

static bool p2pd_open_socket(struct p2pd *d, struct p2pd_failure *why)
{
    struct pipe_wish wish = {.is_anywhere = d->flags->is_anywhere,
                             .max = P2PD_CLIENTS_MAX,
                             .accepted = p2pd_on_accepted,
                             .context = d};
    int rc = multiaddr_parse(&wish.at, span_from_text(d->flags->listen));
    rc = rc < 0 ? rc : pipe_listen(d->os, &wish, &d->server);
    return rc == 0 || p2pd_fail(why, P2PD_SOCKET, rc, d->flags->listen);
}

void p2pd_control_address(const struct p2pd *d, char out[WAVU_ADDRESS_TEXT_MAX])
{
    struct multiaddr at;
    pipe_server_address(d->server, &at);
    if (multiaddr_format(&at, out, WAVU_ADDRESS_TEXT_MAX) < 0) {
        out[0] = '\0';
    }
}

bool p2pd_host_address(const struct p2pd *d, size_t i, char out[WAVU_ADDRESS_TEXT_MAX])
{
    if (!wavu_node_address(d->node, i, out)) {
        return false;
    }
    char *id = strstr(out, "/p2p/");
    if (id != NULL) {
        *id = '\0';
    }
    return true;
}

/* ---- Peers to begin with ---- */

static void p2pd_on_bootstrap(void *context, int err, const char *peer)
{
    (void)context;
    (void)err; /* nobody asked, and nobody is told */
    (void)peer;
}

void p2pd_bootstrap(struct p2pd *d)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    const char *list = d->flags->bootstrap_peers;
    while (p2pd_next_address(&list, address)) {
        struct wavu_op *op = NULL;
        int rc = wavu_connect(d->node, address, p2pd_on_bootstrap, d, &op);
        (void)rc; /* as p2pd_on_bootstrap */
    }
}

static bool p2pd_check_bootstrap(const struct p2pd *d, struct p2pd_failure *why)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    const char *list = d->flags->bootstrap_peers;
    while (p2pd_next_address(&list, address)) {
        struct multiaddr parsed;
        int rc = multiaddr_parse(&parsed, span_from_text(address));
        if (rc < 0) {
            return p2pd_fail(why, P2PD_PEER, rc, address);
        }
    }
    return true;
}

/* ---- The whole ---- */

static bool p2pd_limit(struct p2pd *d)
{
    const struct p2pd_flags *f = d->flags;
    int rc = f->has_conn_manager ? wavu_peers_limit(d->node, (uint32_t)f->conn_low,
                                                    (uint32_t)f->conn_high, f->conn_grace_ms)
                                 : 0;
    return rc == 0;
}

bool p2pd_start(struct p2pd *d, const struct p2pd_flags *flags, struct p2pd_failure *why)
{
    *d = (struct p2pd){.flags = flags};
    list_init(&d->clients);
    list_init(&d->programs);
    list_init(&d->splices);
    budget_init(&d->budget, NULL, P2PD_REQUESTS_BYTES);
    d->os = wavu_os_new();
    bool is_up = d->os != NULL || p2pd_fail(why, P2PD_LOOP, WAVU_ERR_LIMIT, "");
    if (is_up) {
        d->port = wavu_os_port_new(d->os, NULL);
    }
    is_up = is_up && p2pd_make_node(d, why) && p2pd_check_bootstrap(d, why) &&
            p2pd_listen_at(d, why) && p2pd_announce(d, why);
    is_up = is_up && (p2pd_limit(d) || p2pd_fail(why, P2PD_FLAGS, WAVU_ERR_INVALID, ""));
    if (is_up && flags->has_echo && p2pd_programs_set_echo(d) < 0) {
        is_up = p2pd_fail(why, P2PD_NODE, WAVU_ERR_LIMIT, "");
    }
    is_up = is_up && p2pd_open_socket(d, why);
    if (!is_up) {
        p2pd_end(d);
    }
    return is_up;
}

static void p2pd_on_signal(void *context, int signal_number)
{
    (void)signal_number;
    p2pd_stop(context);
}

void p2pd_run(struct p2pd *d)
{
    wavu_os_on_signal(d->os, p2pd_on_signal, d);
    wavu_os_run(d->os, -1);
}

void p2pd_stop(struct p2pd *d)
{
    d->is_closing = true;
    wavu_os_stop(d->os);
}

/* Connections close in order, for a moment. */
static void p2pd_leave(struct p2pd *d)
{
    uint64_t end_ns = wavu_os_now_ns() + P2PD_GRACE_MS * UINT64_C(1000000);
    wavu_node_shut(d->node);
    while (!wavu_node_is_quiet(d->node) && wavu_os_now_ns() < end_ns) {
        wavu_os_run(d->os, 10);
    }
}

void p2pd_end(struct p2pd *d)
{
    pipe_server_close(d->server);
    d->server = NULL;
    p2pd_client_end_all(d);
    p2pd_splice_end_all(d);
    if (d->node != NULL) {
        p2pd_leave(d);
    }
    p2pd_splice_end_all(d); /* what came meanwhile */
    wavu_node_free(d->node);
    p2pd_programs_clear(d);
    wavu_os_port_free(d->port);
    wavu_os_free(d->os);
    budget_clear(&d->budget);
    *d = (struct p2pd){.flags = d->flags};
}
