/*
 * Reading a backup: verified to its end; restored into a home, entry by entry, with the memory of
 * one of them. A mark in the home says from before the first byte until behind the last one that it
 * is no node's yet.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "members/backup_reader.h"
#include "group/networks.h"
#include "node/wavu_backup.h"
#include "node/wavu_vault.h"
#include "store/keyfile.h"
#include "store/store_key.h"

#define COMMIT_BYTES ((size_t)1024 * 1024) /* pending, then they are brought to the disk */

/* A backup being read. */
struct reading {
    struct port *port;
    struct port_file *file;
    struct aead *aead;
    struct backup_reader reader;
    struct backup_rows rows;
    struct network_keep_row networks[NETWORKS_MAX];
    size_t network_count;
    struct store *store; /* where it all goes; NULL: it is only looked at */
    uint8_t seed[BACKUP_SEED_SIZE];
    struct wavu_backup_about about;
};

static int read_at(void *context, uint64_t at, struct span_mut out, size_t *got)
{
    const struct reading *r = context;

    return r->port->files->read_at(r->file, at, out, got);
}

/* ---- One record ---- */

static const struct network_keep_row *network_of(const struct reading *r, struct span id)
{
    for (size_t i = 0; i < r->network_count; i++) {
        if (span_is_equal(id, span_of(r->networks[i].id, sizeof r->networks[i].id))) {
            return &r->networks[i];
        }
    }
    return NULL;
}

static int take_place(struct reading *r, const struct backup_record *record)
{
    struct network_keep_row row = {.number = 0};
    struct rd in;

    rd_init(&in, record->value);
    uint8_t version = rd_u8(&in);
    row.number = rd_u32be(&in);
    rd_copy(&in, row.member, sizeof row.member);
    memcpy(row.id, record->key.ptr, sizeof row.id);
    if (version != WAVU_BACKUP_PLACE_VERSION) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (rd_finish(&in) < 0 || row.number == 0 || row.number == UINT32_MAX ||
        r->network_count == NETWORKS_MAX || network_of(r, record->key) != NULL) {
        return WAVU_ERR_CORRUPT;
    }
    r->networks[r->network_count++] = row;
    r->about.networks++;
    return r->store == NULL ? 0 : network_keep_begin(r->store, &row);
}

static int take_part(struct reading *r, const struct backup_record *record)
{
    const struct network_keep_row *row = network_of(r, record->key);

    if (row == NULL) {
        return WAVU_ERR_CORRUPT; /* its place comes before */
    }
    return r->store == NULL ? 0 : network_keep_append(r->store, row->number, record->value);
}

static int take_entry(struct reading *r, struct span whole, struct span value)
{
    struct store_copied at;
    int rc = store_read_copied(&at, whole);

    if (rc < 0 || !wavu_backup_has(&at)) {
        return WAVU_ERR_CORRUPT; /* what no backup has is not let into a home */
    }
    r->about.entries++;
    r->about.messages += wavu_backup_is_message(&at, value) ? 1 : 0;
    return r->store == NULL ? 0 : store_put_copied(r->store, whole, value);
}

static int take_rows(struct reading *r, struct span piece)
{
    struct span whole;
    struct span value;
    int rc = backup_rows_feed(&r->rows, piece);

    while (rc == 0) {
        rc = backup_rows_next(&r->rows, &whole, &value);
        rc = rc < 0 ? rc : take_entry(r, whole, value);
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static int take(struct reading *r, const struct backup_record *record)
{
    switch (record->kind) {
    case BACKUP_IDENTITY:
        memcpy(r->seed, record->value.ptr, sizeof r->seed);
        return 0;
    case BACKUP_PLACE:
        return take_place(r, record);
    case BACKUP_NETWORK:
        return take_part(r, record);
    case BACKUP_ROWS:
        return take_rows(r, record->value);
    default:
        return 0; /* of a newer wavu: nothing that we could restore */
    }
}

static int read_all(struct reading *r)
{
    struct backup_record record;
    int rc = 0;

    while (rc == 0) {
        rc = backup_reader_next(&r->reader, &record);
        rc = rc < 0 ? rc : take(r, &record);
        if (rc == 0 && r->store != NULL && store_pending(r->store) > COMMIT_BYTES) {
            rc = store_flush(r->store);
        }
    }
    if (rc == WAVU_ERR_CLOSED) {
        rc = backup_rows_is_whole(&r->rows) ? 0 : WAVU_ERR_CORRUPT;
    }
    r->about.bytes = r->reader.at;
    return rc;
}

/* ---- The whole ---- */

/* Read the file to its end, into `store` or for looking. */
static int read_file(struct reading *r, const char *path, struct span passphrase,
                     struct store *store)
{
    const struct backup_source source = {.read = read_at, .context = r};
    int rc = r->port->files->open_outside(r->port, path, &r->file);

    if (rc < 0) {
        return rc;
    }
    r->store = store;
    r->about = (struct wavu_backup_about){.bytes = 0};
    r->network_count = 0;
    backup_rows_init(&r->rows);
    rc = backup_reader_open_source(&r->reader, &source, passphrase, r->aead);
    rc = rc < 0 ? rc : read_all(r);
    backup_reader_clear(&r->reader);
    backup_rows_clear(&r->rows);
    r->port->files->close(r->file);
    return rc;
}

static int begin(struct reading **out, struct port *port)
{
    int rc = secret_start();
    struct aead *aead = rc < 0 ? NULL : aead_new();

    if (aead == NULL) {
        return WAVU_ERR_CRYPTO;
    }
    *out = mem_new(sizeof **out);
    (*out)->port = port;
    (*out)->aead = aead;
    return 0;
}

static void end(struct reading *r)
{
    aead_free(r->aead);
    secret_wipe(r, sizeof *r);
    mem_free(r);
}

int wavu_backup_verify(struct port *port, const char *path, const char *passphrase,
                       size_t passphrase_len, struct wavu_backup_about *about)
{
    struct reading *r = NULL;
    int rc = begin(&r, port);

    if (rc < 0) {
        return rc;
    }
    rc = read_file(r, path, span_of(passphrase, passphrase_len), NULL);
    if (rc == 0) {
        *about = r->about;
    }
    end(r);
    return rc;
}

/* ---- Restoring ---- */

/* Nobody's state is overwritten; what a restore left that was cut off is taken away. */
static int make_room(struct port *port)
{
    int rc = port->files->make_home(port);

    rc = rc < 0 ? rc : port->files->exists(port, WAVU_BACKUP_RESTORING);
    if (rc == 0) {
        return wavu_vault_clear(port, NULL);
    }
    rc = rc == WAVU_ERR_NOT_FOUND ? wavu_vault_is_empty(port) : rc;
    return rc < 0 ? rc
                  : port->files->create(port, WAVU_BACKUP_RESTORING,
                                        span_from_text("a backup is being restored here\n"));
}

static int fill_store(struct reading *r, const char *path, struct span passphrase)
{
    uint8_t key[STORE_KEY_SIZE];
    const struct store_config config = {.port = r->port, .kind = STORE_DISK, .key = key};
    struct store *store = NULL;
    int rc = store_key_open(key, r->port, span_empty());

    rc = rc < 0 ? rc : store_new(&config, &store);
    secret_wipe(key, sizeof key);
    rc = rc < 0 ? rc : store_open(store);
    rc = rc < 0 ? rc : read_file(r, path, passphrase, store);
    rc = rc < 0 ? rc : store_flush(store);
    store_free(store);
    return rc;
}

/* A key that has signed nothing, also where the settings name a seed, which the old device had. */
static int make_device(struct port *port)
{
    struct ed25519_pair pair;
    int rc = keyfile_load_or_make(&pair, port, KEYFILE_DEVICE, NULL);

    secret_wipe(&pair, sizeof pair);
    return rc < 0 ? rc
                  : port->files->create(port, WAVU_BACKUP_RESTORED,
                                        span_from_text("a backup was restored here\n"));
}

int wavu_backup_restore(struct port *port, const char *path, const char *passphrase,
                        size_t passphrase_len, struct wavu_backup_about *about)
{
    const struct span typed = span_of(passphrase, passphrase_len);
    struct reading *r = NULL;
    int rc = begin(&r, port);

    if (rc < 0) {
        return rc;
    }
    rc = read_file(r, path, typed, NULL);
    rc = rc < 0 ? rc : make_room(port);
    rc = rc < 0 ? rc : fill_store(r, path, typed);
    rc = rc < 0 ? rc : make_device(port);
    rc =
        rc < 0 ? rc : port->files->create(port, KEYFILE_IDENTITY, span_of(r->seed, sizeof r->seed));
    rc = rc < 0 ? rc : port->files->remove(port, WAVU_BACKUP_RESTORING, true);
    if (rc == 0) {
        *about = r->about;
    }
    end(r);
    return rc;
}
