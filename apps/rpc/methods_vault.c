/*
 * Locking, backups and stopping over the control socket: parameters in, wishes left for the
 * program or wavu/vault.h asked, one JSON value or one sentence out.
 */
#include "apps/rpc/methods_vault.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "wavu/os.h"

static json_t *fail(struct jsonrpc_error *error, int code, const char *sentence)
{
    *error = (struct jsonrpc_error){code, sentence};
    return NULL;
}

static void wish(const struct methods_vault *v)
{
    if (v->wish != NULL) {
        v->wish(v->wish_context);
    }
}

/* Does the client wait until things change? */
static bool waits(const json_t *params)
{
    return json_is_true(json_object_get(params, "wait"));
}

const char *methods_vault_asked(void *context, const char *method)
{
    struct methods *m = context;
    static const char *const always[] = {
        "vault.state", "vault.lock",  "vault.unlock", "vault.backupDone", "rpc.version",
        "node.stop",   "node.reload", "log.get",      "log.set",          "rpc.methods"};
    bool is_always = false;
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        is_always = is_always || strcmp(method, always[i]) == 0;
    }
    if (strcmp(method, "mesh.events") != 0) {
        m->vault.asked_ns = wavu_os_now_ns();
    }
    return m->vault.is_locked && !is_always ? "the node is locked; 'wavu unlock' opens it" : NULL;
}

/* ---- Locking ---- */

json_t *methods_vault_state(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const struct methods_vault *v = &m->vault;
    uint64_t backup_ms = m->node == NULL ? 0 : wavu_backup_last(m->node);
    json_t *result = json_object();
    takes_put(result, "hasPassphrase", json_boolean(v->has_passphrase));
    takes_put(result, "isLocked", json_boolean(v->is_locked));
    takes_put(result, "isTrying", json_boolean(v->typed_len > 0));
    takes_put(result, "problem", v->problem != NULL ? json_string(v->problem) : json_null());
    takes_put(result, "backupUnixMs", backup_ms > 0 ? takes_count(backup_ms) : json_null());
    if (waits(params) && (v->typed_len > 0 || v->wants_lock)) {
        error->code = JSONRPC_LATER;
    }
    return result;
}

json_t *methods_vault_lock(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods_vault *v = &((struct methods *)context)->vault;
    (void)params;
    if (!v->has_passphrase) {
        return fail(error, JSONRPC_TOO_LARGE + WAVU_ERR_UNSUPPORTED,
                    "only a node that was started with a passphrase can be locked; set one with "
                    "'wavu passphrase set' unless that is done, and start the node again");
    }
    if (!v->is_locked) {
        v->wants_lock = true;
        wish(v);
    }
    return json_object();
}

json_t *methods_vault_unlock(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods_vault *v = &((struct methods *)context)->vault;
    const json_t *typed = json_object_get(params, "passphrase");
    size_t len = json_string_length(typed);
    if (!json_is_string(typed) || len == 0 || len > sizeof v->typed) {
        return fail(error, JSONRPC_INVALID_PARAMS,
                    "this method takes {\"passphrase\": 1 to 1,024 bytes}");
    }
    if (!v->is_locked) {
        return fail(error, JSONRPC_TOO_LARGE + WAVU_ERR_EXISTS, "the node is not locked");
    }
    if (v->typed_len > 0) {
        return fail(error, JSONRPC_TOO_LARGE + WAVU_ERR_AGAIN,
                    "another passphrase is being tried; try again in a second");
    }
    memcpy(v->typed, json_string_value(typed), len);
    v->typed_len = len;
    v->problem = NULL;
    wish(v);
    return json_object();
}

json_t *methods_vault_stop(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods_vault *v = &((struct methods *)context)->vault;
    (void)params;
    (void)error;
    v->wants_stop = true;
    wish(v);
    json_t *result = json_object();
    takes_put(result, "pid", takes_count((uint64_t)getpid()));
    return result;
}

/* ---- Backups ---- */

static const char *backup_sentence(int err)
{
    switch (err) {
    case WAVU_ERR_EXISTS:
        return "there is a file of that name already, and no backup is written over it";
    case WAVU_ERR_NOT_FOUND:
        return "there is no folder of that name to write the backup into";
    case WAVU_ERR_DENIED:
        return "the backup may not be written there; name a folder that is yours";
    case WAVU_ERR_NO_SPACE:
        return "the disk is full, so no backup was written; free some space or name another disk";
    case WAVU_ERR_CORRUPT:
        return "the store is damaged, so no backup was written; what can be read of it is there "
               "until it is moved away";
    case WAVU_ERR_IN_USE:
        return "a backup is being written already; wait for its end";
    case WAVU_ERR_UNSUPPORTED:
        return "this node keeps nothing: it is ephemeral, or was started with --no-mesh";
    case WAVU_ERR_INVALID:
        return "a backup takes an absolute path, and a passphrase of 1 to 1,024 bytes";
    default:
        return wavu_err_sentence(err);
    }
}

static void on_backup(void *context, int err, const struct wavu_backup_about *about)
{
    struct methods *m = context;
    m->vault.is_backing = false;
    m->vault.backup_err = err;
    if (about != NULL) {
        m->vault.about = *about;
    }
    if (m->news != NULL) {
        m->news(m->news_context);
    }
}

json_t *methods_vault_backup(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods *m = context;
    const json_t *path = json_object_get(params, "path");
    const json_t *typed = json_object_get(params, "passphrase");
    if (!json_is_string(path) || !json_is_string(typed)) {
        return fail(error, JSONRPC_INVALID_PARAMS,
                    "this method takes {\"path\": an absolute one, \"passphrase\": words}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    int rc = wavu_backup_create(m->node, json_string_value(path), json_string_value(typed),
                                json_string_length(typed), on_backup, m);
    if (rc < 0) {
        return fail(error, JSONRPC_TOO_LARGE + rc,
                    rc == WAVU_ERR_NOT_FOUND
                        ? "there is nothing to back up yet: nobody's key is here; 'wavu create' or "
                          "'wavu join' makes one"
                        : backup_sentence(rc));
    }
    m->vault.backups++;
    m->vault.is_backing = true;
    json_t *result = json_object();
    takes_put(result, "backup", takes_count(m->vault.backups));
    return result;
}

json_t *methods_vault_backup_done(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods_vault *v = &((const struct methods *)context)->vault;
    const json_t *number = json_object_get(params, "backup");
    if (!json_is_integer(number) || json_integer_value(number) <= 0 ||
        (uint64_t)json_integer_value(number) != v->backups) {
        return fail(error, JSONRPC_INVALID_PARAMS,
                    "this method takes {\"backup\": of the last vault.backup}");
    }
    if (!v->is_backing && v->backup_err < 0) {
        return fail(error, JSONRPC_TOO_LARGE + v->backup_err, backup_sentence(v->backup_err));
    }
    json_t *result = json_object();
    takes_put(result, "isDone", json_boolean(!v->is_backing));
    takes_put(result, "bytes", takes_count(v->is_backing ? 0 : v->about.bytes));
    takes_put(result, "networks", takes_count(v->is_backing ? 0 : v->about.networks));
    takes_put(result, "messages", takes_count(v->is_backing ? 0 : v->about.messages));
    if (v->is_backing && waits(params)) {
        error->code = JSONRPC_LATER;
    }
    return result;
}
