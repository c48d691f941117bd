/*
 * The methods of what protects a home: vault.state, .lock, .unlock, .backup, .backupDone;
 * node.stop. Each takes a struct methods as its context; docs/protocol/control.md has their fields.
 *
 * A node is locked, unlocked and stopped by the program that runs it, when its loop has returned:
 * what is wished is left here for it.
 */
#ifndef RPC_METHODS_VAULT_H
#define RPC_METHODS_VAULT_H

#include "apps/rpc/jsonrpc.h"
#include "wavu/vault.h"

struct methods;

struct methods_vault {
    /* How things stand: the program's. */
    bool has_passphrase; /* the home wants one: only then it can be locked */
    bool is_locked;      /* no node is there: it waits for the passphrase */
    const char *problem; /* why the last try failed; NULL: it did not; static */
    /* Wishes, which the program takes. */
    bool wants_lock;
    bool wants_stop;
    char typed[WAVU_PASSPHRASE_MAX]; /* wiped by the program */
    size_t typed_len;                /* 0: nothing was typed */
    void (*wish)(void *context);
    void *wish_context;
    uint64_t asked_ns; /* boot time of the last command; waiting for events is none */
    /* The last backup. */
    uint64_t backups;
    bool is_backing;
    int backup_err;
    struct wavu_backup_about about;
};

/** Called before each method: counts, and says why none but a few can be called now, or NULL. */
const char *methods_vault_asked(void *context, const char *method);

/* Of struct jsonrpc_method. */
struct json_t *methods_vault_state(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);
struct json_t *methods_vault_lock(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_vault_unlock(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_vault_backup(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_vault_backup_done(void *context, const struct json_t *params,
                                         struct jsonrpc_error *error);
struct json_t *methods_vault_stop(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);

#endif
