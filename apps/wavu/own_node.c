/*
 * Loop, port and node of a command.
 */
#include "apps/wavu/own_node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/settings/home.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/buf.h"

#define OWN_NODE_STEP_MS 5     /* between two looks whether all is closed */
#define OWN_NODE_STORE_MS 2000 /* for a process that goes down to let go of the store */

static void own_node_print(void *context, enum wavu_log_level level, const char *subsystem,
                           const char *text)
{
    static const char *const names[] = {
        [WAVU_LOG_ERROR] = "error",
        [WAVU_LOG_WARN] = "warn",
        [WAVU_LOG_INFO] = "info",
        [WAVU_LOG_DEBUG] = "debug",
    };
    (void)context;
    (void)fprintf(stderr, "%s %s: %s\n", names[level], subsystem, text);
}

/* Append the file to `out`. 0 or an errno value; EFBIG when it is longer than `out` may be. */
static int own_node_read(const char *path, struct buf *out)
{
    uint8_t block[512];
    int error_number = 0;
    /* Not blocking: opening a FIFO that nobody writes must not wait for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno;
    }
    ssize_t got = read(fd, block, sizeof block);
    while (got > 0 && error_number == 0) {
        if (buf_append(out, span_of(block, (size_t)got)) < 0) {
            error_number = EFBIG;
        } else {
            got = read(fd, block, sizeof block);
        }
    }
    if (got < 0) {
        error_number = errno;
    }
    explicit_bzero(block, sizeof block);
    (void)close(fd);
    return error_number;
}

static int own_node_read_psk(const char *path, struct buf *out)
{
    int error_number = own_node_read(path, out);
    if (error_number == 0) {
        return 0;
    }
    int code = error_number == ENOENT ? SAY_NOT_FOUND : SAY_FAILURE;
    code = error_number == EACCES || error_number == EPERM ? SAY_DENIED : code;
    return say_problem(code, "the pre-shared key file '%s' cannot be read: %s; name a readable one",
                       path, strerror(error_number));
}

int own_node_start_loop(struct own_node *own, const char *home)
{
    own->os = wavu_os_new();
    if (own->os != NULL) {
        own->port = wavu_os_port_new(own->os, home);
    }
    if (own->port == NULL) {
        return say_problem(SAY_FAILURE,
                           "the system gives no event loop, so nothing can run; look at "
                           "its limits on open files (ulimit -n)");
    }
    return 0;
}

static int own_node_explain_new(const struct own_node_wish *wish, const char *file, int err)
{
    if (err == WAVU_ERR_INVALID && wish->psk_path != NULL) {
        return say_problem(SAY_FAILURE,
                           "the file '%s' is no pre-shared key of libp2p: it takes three lines, "
                           "/key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits",
                           wish->psk_path);
    }
    if (wish->home != NULL && file != NULL && err == WAVU_ERR_DENIED &&
        strcmp(file, "store.key") == 0 && wish->passphrase_len > 0) {
        return say_problem(SAY_DENIED, "the passphrase is wrong, or this user may not read '%s/%s'",
                           wish->home, file);
    }
    if (wish->home != NULL && file != NULL) {
        return strcmp(file, HOME_KEY) == 0 ? home_explain_key(wish->home, err)
                                           : home_explain_store(wish->home, file, err);
    }
    return say_problem(say_exit_of(err), "the node cannot start: %s",
                       tongue(wavu_err_sentence(err)));
}

/* A node that goes down has let go of its control socket, and lets go of its store a moment later:
 * its successor waits for that. */
static int own_node_new(struct own_node *own, const struct wavu_config *config)
{
    uint64_t end_ns = wavu_os_now_ns() + OWN_NODE_STORE_MS * UINT64_C(1000000);
    int rc = wavu_node_new(config, &own->node);
    while (rc == WAVU_ERR_IN_USE && wavu_os_now_ns() < end_ns) {
        wavu_os_run(own->os, OWN_NODE_STEP_MS);
        rc = wavu_node_new(config, &own->node);
    }
    return rc;
}

int own_node_open(struct own_node *own, const struct own_node_wish *wish)
{
    struct buf psk;
    const char *file = NULL;
    buf_init(&psk, OWN_NODE_PSK_MAX);
    int code = wish->psk_path != NULL ? own_node_read_psk(wish->psk_path, &psk) : 0;
    if (code == 0 && own->os == NULL) {
        code = own_node_start_loop(own, wish->home);
    }
    if (code == 0) {
        struct wavu_config config = {
            .port = own->port,
            .is_ephemeral = wish->is_ephemeral || wish->home == NULL,
            .psk_file =
                wish->psk_path != NULL ? (psk.len > 0 ? psk.ptr : (const uint8_t *)"") : NULL,
            .psk_file_len = psk.len,
            .root_seed = wish->root_seed,
            .passphrase = wish->passphrase,
            .passphrase_len = wish->passphrase_len,
            .mesh = wish->mesh,
            .kad = wish->kad,
            .serves_echo = wish->serves_echo,
            .idle_ms = wish->idle_ms,
            .connect_timeout_ms = wish->connect_timeout_ms,
            .log_level = wish->log_level,
            .log = wish->log != NULL ? wish->log : own_node_print,
            .log_context = wish->log_context,
            .failed_file = &file,
        };
        int rc = own_node_new(own, &config);
        code = rc == 0 ? 0 : own_node_explain_new(wish, file, rc);
    }
    buf_wipe(&psk);
    return code;
}

void own_node_close(struct own_node *own, uint64_t grace_ms, const bool *is_hurried)
{
    if (own->node == NULL) {
        return;
    }
    uint64_t end_ns = wavu_os_now_ns() + grace_ms * 1000000;
    wavu_node_shut(own->node);
    while (!wavu_node_is_quiet(own->node) && wavu_os_now_ns() < end_ns &&
           (is_hurried == NULL || !*is_hurried)) {
        wavu_os_run(own->os, OWN_NODE_STEP_MS);
    }
    wavu_node_free(own->node);
    own->node = NULL;
}

void own_node_clear(struct own_node *own)
{
    wavu_node_free(own->node);
    wavu_os_port_free(own->port);
    wavu_os_free(own->os);
    *own = (struct own_node){NULL, NULL, NULL};
}

int own_node_check_address(const char *address)
{
    if (wavu_address_check(address) != WAVU_ERR_INVALID) {
        return 0;
    }
    return say_problem(SAY_USAGE,
                       "'%.200s' is no address; write host:port, or a multiaddr such as "
                       "/ip4/192.0.2.7/tcp/9000",
                       address);
}

int own_node_check_dial(const char *address)
{
    int code = own_node_check_address(address);
    if (code != 0 || wavu_address_check(address) == 0) {
        return code;
    }
    return say_problem(SAY_USAGE,
                       "%.200s cannot be dialled: wavu speaks TCP; name an address such as "
                       "/ip4/192.0.2.7/tcp/9000",
                       address);
}

int own_node_explain(const char *address, int err)
{
    switch (err) {
    case WAVU_ERR_INVALID:
        return say_problem(SAY_USAGE,
                           "'%.200s' is no address that can be dialled; write host:port, "
                           "or a multiaddr such as /ip4/192.0.2.7/tcp/9000",
                           address);
    case WAVU_ERR_REFUSED:
        return say_problem(SAY_FAILURE,
                           "nobody listens at %.200s; start the other node, or check "
                           "the port",
                           address);
    case WAVU_ERR_NOT_FOUND:
        return say_problem(SAY_NOT_FOUND, "the name in %.200s is not known; check its spelling",
                           address);
    case WAVU_ERR_TIMEOUT:
        return say_problem(SAY_TIMEOUT,
                           "%.200s does not answer; check that it is on, whether a firewall is in "
                           "between, and if its network is private name its key with --psk",
                           address);
    case WAVU_ERR_PEER_ID:
        return say_problem(SAY_FAILURE,
                           "another peer answers at %.200s than the one named; ask for "
                           "its present address",
                           address);
    case WAVU_ERR_CLOSED: /* in what order does not matter to who wanted more */
    case WAVU_ERR_RESET:
        return say_problem(SAY_FAILURE,
                           "%.200s broke the connection off: it has just ended, its network is "
                           "private (name its key with --psk), or its links are under a module's "
                           "cipher, which this command has not; see which it is, and try again",
                           address);
    case WAVU_ERR_PROTO:
        return say_problem(SAY_FAILURE,
                           "what listens at %.200s does not speak libp2p; check the port", address);
    case WAVU_ERR_UNREACHABLE:
        return say_problem(SAY_FAILURE, "there is no way to %.200s; check the network connection",
                           address);
    default:
        return say_problem(say_exit_of(err), "%.200s: %s", address, tongue(wavu_err_sentence(err)));
    }
}
