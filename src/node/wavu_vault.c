/*
 * Public: the passphrase of a home, and its end.
 */
#include "node/wavu_vault.h"

#include <string.h>

#include "base/wr.h"
#include "crypto/secret.h"
#include "node/wavu_backup.h"
#include "store/keyfile.h"
#include "store/store_key.h"
#include "sync/file_part.h"

#define NAMES_MAX ((size_t)1024 * 1024) /* of the files in one folder */

_Static_assert(WAVU_PASSPHRASE_MAX == STORE_WRAP_PASSPHRASE_MAX, "one limit");

/* ---- The passphrase ---- */

int wavu_passphrase_is_set(struct port *port, bool *is_set)
{
    return store_key_look(port, is_set);
}

/* Seal the keys beside the store, or open them: under its key, which stays the same. */
static int form_keys(struct port *port, struct span passphrase, bool seal)
{
    struct keyfile_seal_lock lock = {.is_known = false};
    uint8_t key[STORE_KEY_SIZE] = {0};
    bool wants = false;
    int rc = store_key_look(port, &wants); /* no key is made here */

    rc = rc < 0 ? rc : store_key_open(key, port, passphrase);
    if (rc == 0) {
        keyfile_seal_init(&lock, key);
        rc = keyfile_settle(port, &lock, seal);
    }
    secret_wipe(key, sizeof key);
    secret_wipe(&lock, sizeof lock);
    return rc;
}

int wavu_passphrase_change(struct port *port, const char *from, size_t from_len, const char *to,
                           size_t to_len)
{
    const struct stretch_cost cost = {.memory_kib = STORE_WRAP_MEMORY_KIB,
                                      .passes = STORE_WRAP_PASSES};
    const struct span now = span_of(from, from_len);
    bool was_set = false;
    int rc = secret_start();

    if (rc == 0 && to_len > WAVU_PASSPHRASE_MAX) {
        rc = WAVU_ERR_INVALID;
    }
    rc = rc < 0 ? rc : store_key_look(port, &was_set);
    if (rc == 0 && to_len > 0) { /* first, so that all is under it when that is said */
        rc = form_keys(port, now, true);
    }
    rc = rc < 0 ? rc : store_key_change(port, now, span_of(to, to_len), cost);
    if (rc == 0 ? to_len == 0 : !was_set) {
        (void)!form_keys(port, span_empty(), false); /* or the next start does it */
    }
    return rc;
}

/* ---- Files ---- */

static const char *const database[] = {STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm",
                                       STORE_FILE "-journal"};

int wavu_vault_is_empty(struct port *port)
{
    static const char *const signs[] = {KEYFILE_IDENTITY, KEYFILE_IDENTITY KEY_SWAP_NEW,
                                        KEYFILE_DEVICE,   KEYFILE_DEVICE KEY_SWAP_NEW,
                                        STORE_KEY_FILE,   STORE_KEY_FILE_NEW,
                                        STORE_FILE,       WAVU_BACKUP_WIPING};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        int rc = port->files->exists(port, signs[i]);

        if (rc != WAVU_ERR_NOT_FOUND) {
            return rc == 0 ? WAVU_ERR_EXISTS : rc;
        }
    }
    return 0;
}

/* `rc` of what was done to `name`: there is nothing of it any more, or that is remembered. */
static int is_gone(int rc, const char *name, int before, const char **failed_file)
{
    if (rc == 0 || rc == WAVU_ERR_NOT_FOUND) {
        return before;
    }
    if (failed_file != NULL && before == 0) {
        *failed_file = name;
    }
    return before < 0 ? before : rc;
}

static int key_files_gone(struct port *port, int before, const char **failed_file)
{
    const char *name = KEYFILE_IDENTITY;
    int rc = keyfile_destroy(port, &name);

    return is_gone(rc, name, before, failed_file);
}

/* WAVU_ERR_IN_USE: a process has the store open, and would go on writing. */
static int is_let_go(struct port *port)
{
    struct port_file *file = NULL;
    int rc = port->files->open(port, STORE_FILE, PORT_FILES_THERE, &file);

    if (rc == 0) {
        rc = port->files->lock(file);
        port->files->close(file);
    }
    return rc == WAVU_ERR_IN_USE ? rc : 0; /* whatever else is there is taken away */
}

int wavu_vault_clear(struct port *port, const char **failed_file)
{
    int rc = is_gone(is_let_go(port), STORE_FILE, 0, failed_file); /* first: it may need its key */

    rc = rc < 0 ? rc : is_gone(store_key_destroy(port), STORE_KEY_FILE, rc, failed_file);
    if (rc < 0) {
        return rc;
    }
    rc = key_files_gone(port, rc, failed_file);
    for (size_t i = 0; i < sizeof database / sizeof database[0]; i++) {
        rc = is_gone(port->files->remove(port, database[i], true), database[i], rc, failed_file);
    }
    rc = is_gone(port->files->remove(port, WAVU_BACKUP_RESTORED, true), WAVU_BACKUP_RESTORED, rc,
                 failed_file);
    return rc;
}

/* What was fetched from others lies there as it is. */
static int clear_downloads(struct port *port)
{
    char path[FILE_PART_PATH_MAX];
    struct buf names;
    int rc = 0;

    buf_init(&names, NAMES_MAX);
    int listed = port->files->list_folder(port, FILE_PART_FOLDER, &names);
    for (size_t at = 0; listed == 0 && at < names.len;) {
        const char *name = (const char *)names.ptr + at;
        struct wr w;

        at += strlen(name) + 1;
        wr_init(&w, span_mut_of(path, sizeof path));
        wr_text(&w, FILE_PART_FOLDER "/");
        wr_text(&w, name);
        int removed = wr_finish_text(&w);
        removed = removed < 0 ? removed : port->files->remove(port, path, false);
        rc = rc < 0 ? rc : removed;
    }
    buf_clear(&names);
    return listed < 0 ? listed : rc;
}

int wavu_wipe(struct port *port, const char **failed_file)
{
    static const char text[] = "this home is being wiped\n";
    int rc = secret_start();

    if (rc < 0) {
        return rc;
    }
    rc = is_gone(store_key_destroy(port), STORE_KEY_FILE, 0, failed_file);
    /* A full disk does not keep anybody from it: then the mark is missing, and nothing else. */
    (void)!port->files->create(port, WAVU_BACKUP_WIPING, span_from_text(text));
    rc = key_files_gone(port, rc, failed_file);
    if (rc == 0) {
        rc = wavu_vault_clear(port, failed_file);
    }
    rc = is_gone(clear_downloads(port), FILE_PART_FOLDER, rc, failed_file);
    rc = is_gone(port->files->remove(port, WAVU_BACKUP_RESTORING, true), WAVU_BACKUP_RESTORING, rc,
                 failed_file);
    if (rc == 0) {
        rc = is_gone(port->files->remove(port, WAVU_BACKUP_WIPING, true), WAVU_BACKUP_WIPING, rc,
                     failed_file);
    }
    return rc;
}
