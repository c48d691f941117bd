/*
 * The node's store.
 */
#include "node/wavu_store.h"

#include <string.h>

#include "crypto/secret.h"
#include "store/keyfile.h"
#include "store/store_key.h"

static void tell(const struct wavu_store *s)
{
    if (s->told != NULL) {
        s->told(s->told_context);
    }
}

static void on_committed(struct store_watch *watch, uint64_t number)
{
    struct wavu_store *s = LIST_OF(watch, struct wavu_store, watch);

    (void)number;
    s->commits.value++;
    if (s->is_failing) {
        log_write(s->log, LOG_WARN, "keep", "the store can be written again");
    }
    s->is_failing = false;
    tell(s);
}

static void on_failed(struct store_watch *watch, int err)
{
    struct wavu_store *s = LIST_OF(watch, struct wavu_store, watch);
    bool is_over = err == WAVU_ERR_CORRUPT || err == WAVU_ERR_UNSUPPORTED;

    s->failures.value++;
    if (!s->is_failing) {
        log_write(s->log, is_over ? LOG_ERROR : LOG_WARN, "keep",
                  "the store cannot be written: %s; %s", wavu_err_sentence(err),
                  is_over ? "what changes from now on is forgotten at the next start"
                          : "it is tried again until it works");
    }
    s->is_failing = true;
    s->failed = err;
    tell(s);
}

/* A slice of the full check. What is damaged is left as it is: the rest can be read and saved. */
static void on_checked(struct store_watch *watch, const struct store_progress *p)
{
    struct wavu_store *s = LIST_OF(watch, struct wavu_store, watch);

    if (p->err == WAVU_ERR_CORRUPT) {
        s->damages.value++;
        s->is_damaged = true;
        log_write(s->log, LOG_ERROR, "keep",
                  "the store is damaged behind its entry %llu; save what can be read of it, and "
                  "begin with an empty one or a backup",
                  (unsigned long long)p->entries);
    } else if (p->is_done) {
        s->checked.value++;
    }
    if (p->err < 0 || p->is_done) {
        timers_set(&s->port->turn.timers, &s->round, s->port->turn.now_ns + WAVU_STORE_ROUND_NS,
                   WAVU_STORE_SLICE_NS);
    }
}

static void on_round(struct timer *timer, uint64_t now)
{
    struct wavu_store *s = LIST_OF(timer, struct wavu_store, round);

    (void)now;
    store_inspect_slowly(s->store, WAVU_STORE_SLICE_NS);
}

int wavu_store_unlock(struct wavu_store *s, const struct wavu_config *node, const char **file)
{
    const struct span typed = span_of(node->passphrase, node->passphrase_len);

    if (node->is_ephemeral || !keyfile_is_sealed(node->port)) {
        return 0;
    }
    int rc = store_key_open(s->key, node->port, typed);
    if (rc < 0) {
        *file = STORE_KEY_FILE;
        return rc;
    }
    s->has_key = true;
    keyfile_seal_init(&s->keys, s->key);
    return 0;
}

/* What a change of the passphrase left, and keys that came from elsewhere. */
static void settle_keys(struct wavu_store *s)
{
    bool wants = false;
    int rc = store_key_look(s->port, &wants);

    rc = rc < 0 ? rc : keyfile_settle(s->port, &s->keys, wants);
    if (rc < 0) {
        log_write(s->log, LOG_WARN, "keep",
                  "identity.key and device.key could not be %s: %s; the next start tries again",
                  wants ? "put under the passphrase" : "opened", wavu_err_sentence(rc));
    }
}

/* The store's key; `*kind` is STORE_MEMORY when the port has no home. */
static int find_key(const struct wavu_store *s, const struct wavu_config *config,
                    uint8_t key[STORE_KEY_SIZE], enum store_kind *kind)
{
    *kind = STORE_MEMORY;
    if (config->is_ephemeral) {
        return 0;
    }
    if (s->has_key) {
        memcpy(key, s->key, STORE_KEY_SIZE);
        *kind = STORE_DISK;
        return 0;
    }
    int rc = store_key_open(key, config->port, span_of(config->passphrase, config->passphrase_len));
    *kind = rc == 0 ? STORE_DISK : STORE_MEMORY;
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int wavu_store_open(struct wavu_store *s, const struct wavu_config *node, struct log *log,
                    const char **file)
{
    uint8_t key[STORE_KEY_SIZE] = {0};
    struct store_config config = {.port = node->port, .key = key};

    s->log = log;
    s->port = node->port;
    timers_prepare(&s->round, on_round);
    *file = STORE_KEY_FILE;
    int rc = find_key(s, node, key, &config.kind);
    if (rc == 0 && config.kind == STORE_DISK) {
        keyfile_seal_init(&s->keys, key);
        settle_keys(s);
    }
    secret_wipe(s->key, sizeof s->key);
    s->has_key = false;
    if (rc == 0) {
        *file = STORE_FILE;
        rc = store_new(&config, &s->store);
    }
    secret_wipe(key, sizeof key);
    if (rc < 0) {
        return rc;
    }
    s->watch =
        (struct store_watch){.committed = on_committed, .failed = on_failed, .checked = on_checked};
    store_watch(s->store, &s->watch);
    rc = store_open(s->store);
    if (rc < 0) {
        wavu_store_clear(s);
        return rc;
    }
    if (config.kind == STORE_DISK) {
        store_inspect_slowly(s->store, WAVU_STORE_SLICE_NS);
    }
    *file = NULL;
    return 0;
}

void wavu_store_count(struct wavu_store *s, struct metric_set *metrics)
{
    metric_add(metrics, &s->commits, "keep_commits_total");
    metric_add(metrics, &s->failures, "keep_failures_total");
    metric_add(metrics, &s->checked, "keep_checks_total");
    metric_add(metrics, &s->damages, "keep_damages_total");
}

void wavu_store_shut(struct wavu_store *s)
{
    if (s->store == NULL) {
        return;
    }
    int rc = store_flush(s->store);
    if (rc < 0) {
        log_write(s->log, LOG_WARN, "keep",
                  "what is new since the last commit could not be kept: %s", wavu_err_sentence(rc));
    }
    wavu_store_clear(s);
}

void wavu_store_clear(struct wavu_store *s)
{
    if (s->store != NULL) {
        timers_cancel(&s->port->turn.timers, &s->round);
        store_unwatch(&s->watch);
        store_free(s->store);
        s->store = NULL;
    }
    secret_wipe(s->key, sizeof s->key);
    secret_wipe(&s->keys, sizeof s->keys);
    s->has_key = false;
}
