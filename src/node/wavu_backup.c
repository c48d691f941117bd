/*
 * Writing a backup: one job reads the whole store as of one moment and seals it into a file beside
 * the place where it is to be; when that is on the disk it gets its name.
 *
 *     wavu_backup_create -> job: head, identity, entries ... end, sync, move -> done
 */
#include "node/wavu_backup.h"

#include <stdatomic.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "chat/history_about.h"
#include "crypto/secret.h"
#include "members/backup_writer.h"
#include "members/identity.h"
#include "node/wavu_networks.h"
#include "node/wavu_node.h"
#include "port/work.h"
#include "store/keyfile.h"

#define PERSON                                                                                     \
    "person" /* a table of what a person set and did: "backup", when there was one last */
#define STAMP_VERSION 1
#define STAMP_SIZE 9  /* version, ms since 1970 */
#define ROW_KIND_AT 2 /* in a value of chat.e: history_row.c */

struct wavu_backup {
    struct wavu_node *node;
    struct port *port;
    struct store *store;
    struct port_job *job;
    void (*done)(void *context, int err, const struct wavu_backup_about *about);
    void *context;
    atomic_bool is_over; /* the job is to end soon */
    /* The job's from its start to its end. */
    char path[WAVU_BACKUP_PATH_MAX];
    char draft[WAVU_BACKUP_PATH_MAX + WAVU_BACKUP_DRAFT_MAX];
    uint8_t passphrase[WAVU_PASSPHRASE_MAX];
    size_t passphrase_len;
    uint8_t seed[IDENTITY_SEED_SIZE];
    struct aead *aead;
    uint8_t salt[BACKUP_SALT_SIZE]; /* drawn before: the node's randomness is not for jobs */
    struct port_file *file;
    struct backup_writer writer;
    struct backup_rows rows;
    struct buf out;
    struct network_keep_row networks[NETWORKS_MAX];
    size_t network_count;
    struct wavu_backup_about about;
    int err;
};

/* ---- What goes in ---- */

bool wavu_backup_has(const struct store_copied *at)
{
    static const char *const tables[] = {"chat.", "contact", "nicks", "peers", "person", "views"};
    const struct span chat = span_from_text(tables[0]);

    if (!at->is_table) {
        return !at->is_log && span_has_prefix(at->name, chat); /* words that are searched */
    }
    if (span_is_equal(at->name, span_from_text("chat.m"))) {
        return false; /* what became of messages in this device's outbox, which stays behind */
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (span_has_prefix(at->name, span_from_text(tables[i]))) {
            return true;
        }
    }
    return false;
}

bool wavu_backup_is_message(const struct store_copied *at, struct span value)
{
    return at->is_table && span_is_equal(at->name, span_from_text("chat.e")) &&
           value.len >= HISTORY_ROW_HEAD_SIZE && history_about_is_shown(value.ptr[ROW_KIND_AT]);
}

/* ---- The job ---- */

/* What the writer has put out goes into the file. */
static int drain(struct wavu_backup *b)
{
    int rc =
        b->out.len == 0 ? 0 : b->port->files->write_at(b->file, b->about.bytes, buf_span(&b->out));

    b->about.bytes += b->out.len;
    b->out.len = 0;
    return rc;
}

static int add(struct wavu_backup *b, enum backup_kind kind, struct span key, struct span value)
{
    const struct backup_record record = {.kind = kind, .key = key, .value = value};
    int rc = backup_writer_add(&b->writer, &record);

    return rc < 0 ? rc : drain(b);
}

static int add_rows(struct wavu_backup *b, bool is_end)
{
    struct span piece;
    int rc = 0;

    while (rc == 0 && backup_rows_piece(&b->rows, is_end, &piece)) {
        rc = add(b, BACKUP_ROWS, span_empty(), piece);
    }
    return rc;
}

static int add_network(struct wavu_backup *b, const struct network_keep_row *row)
{
    uint8_t space[WAVU_BACKUP_PLACE_SIZE];
    struct wr w;

    if (b->network_count == NETWORKS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    b->networks[b->network_count++] = *row;
    b->about.networks++;
    wr_init(&w, span_mut_of(space, sizeof space));
    wr_u8(&w, WAVU_BACKUP_PLACE_VERSION);
    wr_u32be(&w, row->number);
    wr_bytes(&w, span_of(row->member, sizeof row->member));
    return add(b, BACKUP_PLACE, span_of(row->id, sizeof row->id), wr_span(&w));
}

static int add_part(struct wavu_backup *b, uint32_t number, struct span part)
{
    for (size_t i = 0; i < b->network_count; i++) {
        if (b->networks[i].number == number) {
            return add(b, BACKUP_NETWORK, span_of(b->networks[i].id, 32), part);
        }
    }
    return 0; /* of one that is gone */
}

/* An entry of the store. */
static int on_entry(void *context, struct span whole, struct span value)
{
    struct wavu_backup *b = context;
    struct network_keep_row row;
    struct store_copied at;
    uint32_t number = 0;

    if (atomic_load(&b->is_over)) {
        return WAVU_ERR_SHUTDOWN;
    }
    int rc = store_read_copied(&at, whole);
    if (rc < 0) {
        return rc;
    }
    if (network_keep_is_part(&at, &number)) {
        return add_part(b, number, value);
    }
    rc = network_keep_read(&row, &at, value);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc < 0 ? rc : add_network(b, &row);
    }
    if (!wavu_backup_has(&at)) {
        return 0;
    }
    b->about.entries++;
    b->about.messages += wavu_backup_is_message(&at, value) ? 1 : 0;
    rc = backup_rows_write(&b->rows, whole, value);
    return rc < 0 ? rc : add_rows(b, false);
}

static void fill_salt(void *context, uint8_t *out, size_t len)
{
    const struct wavu_backup *b = context;

    CHECK(len == sizeof b->salt);
    memcpy(out, b->salt, len);
}

static int write_all(struct wavu_backup *b)
{
    const struct random salt = {.fill = fill_salt, .context = b};
    const struct backup_writer_config config = {
        .aead = b->aead,
        .random = &salt,
        .kind = AEAD_CHACHA20_POLY1305, /* any machine is to read it */
        .cost = {.memory_kib = BACKUP_MEMORY_KIB, .passes = BACKUP_PASSES},
        .passphrase = span_of(b->passphrase, b->passphrase_len)};
    int rc = backup_writer_begin(&b->writer, &b->out, &config);

    rc = rc < 0 ? rc : drain(b);
    rc = rc < 0 ? rc : add(b, BACKUP_IDENTITY, span_empty(), span_of(b->seed, sizeof b->seed));
    rc = rc < 0 ? rc : store_copy(b->store, on_entry, b);
    rc = rc < 0 ? rc : add_rows(b, true);
    rc = rc < 0 ? rc : backup_writer_end(&b->writer);
    rc = rc < 0 ? rc : drain(b);
    backup_writer_clear(&b->writer);
    return rc;
}

/* The draft, if the name is free that it is to have in the end. One that a crash left has another
 * name and is left alone, like all that this backup did not make. */
static int open_draft(struct wavu_backup *b)
{
    const struct port_files *files = b->port->files;
    int rc = files->open_outside(b->port, b->path, &b->file);

    if (rc == 0) {
        files->close(b->file);
    }
    if (rc == 0 || rc == WAVU_ERR_CORRUPT) {
        return WAVU_ERR_EXISTS; /* a file, or something else */
    }
    return rc == WAVU_ERR_NOT_FOUND ? files->make_outside(b->port, b->draft, &b->file) : rc;
}

static void run(void *context)
{
    struct wavu_backup *b = context;
    const struct port_files *files = b->port->files;
    int rc = open_draft(b);

    if (rc < 0) {
        b->err = rc;
        return;
    }
    rc = write_all(b);
    rc = rc < 0 ? rc : files->sync(b->file);
    files->close(b->file);
    b->file = NULL;
    rc = rc < 0 ? rc : files->move_outside(b->port, b->draft, b->path);
    if (rc < 0) {
        (void)files->remove_outside(b->port, b->draft);
    }
    b->err = rc;
}

/* ---- Life ---- */

static void clear(struct wavu_backup *b)
{
    b->node->backup = NULL;
    aead_free(b->aead);
    backup_rows_clear(&b->rows);
    buf_clear(&b->out); /* sealed */
    secret_wipe(b, sizeof *b);
    mem_free(b);
}

/* For wavu_backup_last; lost with a disk that takes nothing now. */
static void stamp(struct wavu_node *node)
{
    uint8_t space[STAMP_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    wr_u8(&w, STAMP_VERSION);
    wr_u64be(&w, node->port->wall_ms(node->port));
    (void)!store_put(node->store.store, PERSON, span_from_text("backup"), wr_span(&w));
}

uint64_t wavu_backup_last(const struct wavu_node *node)
{
    struct buf value;
    struct rd r;
    uint64_t at_ms = 0;

    buf_init(&value, STAMP_SIZE);
    if (node->store.store != NULL &&
        store_get(node->store.store, PERSON, span_from_text("backup"), &value) == 0) {
        rd_init(&r, buf_span(&value));
        bool is_known = rd_u8(&r) == STAMP_VERSION;
        at_ms = rd_u64be(&r);
        at_ms = is_known && !r.failed ? at_ms : 0;
    }
    buf_clear(&value);
    return at_ms;
}

static void done(void *context)
{
    struct wavu_backup *b = context;
    const struct wavu_backup_about about = b->about;
    void (*told)(void *, int, const struct wavu_backup_about *) = b->done;
    void *told_context = b->context;
    const int err = b->err;

    if (err == 0) {
        stamp(b->node);
    }
    clear(b); /* the next one may begin from the callback */
    told(told_context, err, err == 0 ? &about : NULL);
}

void wavu_backup_end(struct wavu_node *node)
{
    struct wavu_backup *b = node->backup;

    if (b != NULL) {
        atomic_store(&b->is_over, true);
        b->port->work->cancel(b->job); /* waits for it */
        b->err = WAVU_ERR_SHUTDOWN;
        done(b);
    }
}

/* The person's root seed. */
static int load_seed(struct wavu_node *node, uint8_t seed[IDENTITY_SEED_SIZE])
{
    struct ed25519_pair root;

    if (node->has_root_seed) {
        memcpy(seed, node->root_seed, IDENTITY_SEED_SIZE);
        return 0;
    }
    int rc = keyfile_load(&root, node->port, KEYFILE_IDENTITY, &node->store.keys);
    if (rc == 0) {
        memcpy(seed, root.seed, IDENTITY_SEED_SIZE);
        secret_wipe(&root, sizeof root);
    }
    return rc;
}

static void name_draft(struct wavu_backup *b)
{
    uint8_t chance[8];
    struct wr w;

    random_fill(&b->port->random, chance, sizeof chance);
    wr_init(&w, span_mut_of(b->draft, sizeof b->draft));
    wr_text(&w, b->path);
    wr_text(&w, ".");
    wr_hex(&w, span_of(chance, sizeof chance));
    wr_text(&w, ".part");
    CHECK(wr_finish_text(&w) == 0);
}

static int begin(struct wavu_backup *b, const char *path)
{
    static const struct port_work_user user = {.run = run, .done = done};

    memcpy(b->path, path, strlen(path) + 1);
    name_draft(b);
    int rc = load_seed(b->node, b->seed);
    if (rc < 0) {
        return rc;
    }
    b->aead = aead_new();
    if (b->aead == NULL) {
        return WAVU_ERR_CRYPTO;
    }
    random_fill(&b->port->random, b->salt, sizeof b->salt);
    return b->port->work->start(b->port, &user, b, &b->job);
}

int wavu_backup_create(struct wavu_node *node, const char *path, const char *passphrase,
                       size_t passphrase_len,
                       void (*told)(void *context, int err, const struct wavu_backup_about *about),
                       void *context)
{
    if (path[0] != '/' || strlen(path) >= WAVU_BACKUP_PATH_MAX || passphrase_len == 0 ||
        passphrase_len > WAVU_PASSPHRASE_MAX) {
        return WAVU_ERR_INVALID;
    }
    if (node->store.store == NULL || node->is_ephemeral || node->networks == NULL) {
        return node->swarm.is_closing ? WAVU_ERR_SHUTDOWN : WAVU_ERR_UNSUPPORTED;
    }
    if (node->backup != NULL) {
        return WAVU_ERR_IN_USE;
    }
    struct wavu_backup *b = mem_new(sizeof *b);
    b->node = node;
    b->port = node->port;
    b->store = node->store.store;
    b->done = told;
    b->context = context;
    memcpy(b->passphrase, passphrase, passphrase_len);
    b->passphrase_len = passphrase_len;
    backup_rows_init(&b->rows);
    buf_init(&b->out, BACKUP_OUT_MAX);
    node->backup = b;
    int rc = begin(b, path);
    if (rc < 0) {
        clear(b);
    }
    return rc;
}
