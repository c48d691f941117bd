/*
 * Files of a network: the table in the store, and who hears what of whom.
 *
 * Source: docs/protocol/file.md.
 */
#include "sync/file.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "sync/file_fetch.h"
#include "sync/file_row.h"
#include "sync/file_serve.h"

#define KEY_SIZE (FILE_NETWORK_SIZE + FILE_SHAPE_ID_SIZE)

/* A fetch that waits for its name to be committed. */
struct waiting {
    struct file_fetch *fetch;
    uint64_t commit;
};

struct file {
    struct file_config config;
    struct turn *turn;
    struct gate_protocol protocol;
    struct file_disk disk;
    struct file_serve serve;
    struct list fetches;
    struct list over; /* fetches that ended: freed at the turn's end */
    struct waiting waiting[FILE_FETCHES_MAX];
    size_t waiting_count;
    size_t fetch_count;
    size_t offer_count;
    uint64_t offers; /* ever */
    uint64_t moved_ns;
    struct store_watch watch;
    struct turn_dead dead;
    bool is_clearing;
};

static void tell(struct file *f, const struct file_event *event)
{
    if (!f->is_clearing) {
        f->config.event(f->config.context, event);
    }
}

/* ---- The table ---- */

static struct span row_key(const struct file *f, const uint8_t *id, uint8_t key[KEY_SIZE])
{
    memcpy(key, f->config.id, FILE_NETWORK_SIZE);
    memcpy(key + FILE_NETWORK_SIZE, id, FILE_SHAPE_ID_SIZE);
    return span_of(key, KEY_SIZE);
}

static int put_row(struct file *f, const uint8_t *id, const struct file_row *row)
{
    uint8_t *room = mem_new(FILE_ROW_SIZE_MAX);
    uint8_t key[KEY_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(room, FILE_ROW_SIZE_MAX));
    file_row_write(&w, row);
    CHECK(wr_finish(&w) == 0);
    int rc = store_put(f->config.store, FILE_ROW_TABLE, row_key(f, id, key), wr_span(&w));

    secret_wipe(room, FILE_ROW_SIZE_MAX);
    mem_free(room);
    return rc;
}

static int get_row(struct file *f, const uint8_t *id, struct file_row *row)
{
    uint8_t key[KEY_SIZE];
    struct buf value;

    buf_init(&value, FILE_ROW_SIZE_MAX);
    int rc = store_get(f->config.store, FILE_ROW_TABLE, row_key(f, id, key), &value);

    rc = rc < 0 ? rc : file_row_read(row, buf_span(&value));
    buf_wipe(&value);
    return rc;
}

static int delete_row(struct file *f, const uint8_t *id)
{
    uint8_t key[KEY_SIZE];

    return store_delete(f->config.store, FILE_ROW_TABLE, row_key(f, id, key));
}

static void set_text(struct file_row *row, struct span text)
{
    row->text_len = text.len < FILE_ROW_TEXT_MAX ? text.len : FILE_ROW_TEXT_MAX;
    if (row->text_len > 0) {
        memcpy(row->text, text.ptr, row->text_len);
    }
    row->text[row->text_len] = '\0';
}

/* ---- Serving ---- */

static struct file_fetch *fetch_of(const struct file *f, const uint8_t *id)
{
    struct list *link;

    for (link = list_next(&f->fetches, &f->fetches); link != NULL;
         link = list_next(&f->fetches, link)) {
        struct file_fetch *fetch = file_fetch_of(link);

        if (file_shape_is_id(file_fetch_id(fetch), id)) {
            return fetch;
        }
    }
    return NULL;
}

/* The file that a member asks for: where it is, and its key. */
static bool find(void *context, const uint8_t id[FILE_SHAPE_ID_SIZE], struct file_source *source)
{
    struct file *f = context;
    struct file_row *row = mem_new(sizeof *row);
    bool is_here = fetch_of(f, id) == NULL && get_row(f, id, row) == 0 &&
                   (row->state == FILE_ROW_OFFERED || row->state == FILE_ROW_HERE);

    if (is_here) {
        file_source_init(source, f->config.swarm->port, row->text, row->state == FILE_ROW_OFFERED,
                         &row->stamp);
        file_source_set_key(source, row->key, row->aead);
    }
    secret_wipe(row, sizeof *row);
    mem_free(row);
    return is_here;
}

static void whose(void *context, const struct peerid *device, uint8_t member[32])
{
    const struct file *f = context;
    const struct gate_network *n = f->config.network;
    struct overlay_id id = {.bytes = {0}};
    struct overlay_id found;

    (void)!overlay_id_from_peer(&id, device); /* the gate let it in: its key is of that kind */
    found = id;
    if (n->whose == NULL || !n->whose(n->context, &id, &found)) {
        found = id;
    }
    memcpy(member, found.bytes, sizeof found.bytes);
}

/* An offer is hashed: keep it, and say so. */
static int keep_offer(struct file *f, const struct file_hold *hold)
{
    struct file_row *row = mem_new(sizeof *row);

    row->state = FILE_ROW_OFFERED;
    row->aead = hold->source.aead;
    row->size = hold->source.stamp.size;
    row->stamp = hold->source.stamp;
    memcpy(row->key, hold->source.secret, sizeof row->key);
    set_text(row, span_from_text(hold->source.path));
    int rc = put_row(f, hold->id, row);

    secret_wipe(row, sizeof *row);
    mem_free(row);
    return rc;
}

static void on_hashed(void *context, struct file_hold *hold, int err)
{
    struct file *f = context;
    const struct file_source *source = &hold->source;
    struct file_event event = {.kind = FILE_HASHED, .offer = hold->token, .err = err};

    if (err == WAVU_ERR_AGAIN) {
        event.err = 0;
        event.bytes = (uint64_t)source->hashed * source->seal.shape.piece;
        event.size = source->stamp.size;
        tell(f, &event);
        return;
    }
    f->offer_count--;
    event.err = err < 0 ? err : keep_offer(f, hold);
    if (event.err < 0) {
        event.kind = FILE_REFUSED;
        tell(f, &event);
        return;
    }
    event.kind = FILE_OFFERED;
    event.id = hold->id;
    event.key = source->secret;
    event.aead = source->aead;
    event.size = source->stamp.size;
    tell(f, &event);
}

/* Damaged or gone: it is not offered again. What could only not be read now may be later. */
static void on_gone(void *context, const uint8_t id[FILE_SHAPE_ID_SIZE], int err)
{
    struct file *f = context;

    if ((err != WAVU_ERR_CORRUPT && err != WAVU_ERR_NOT_FOUND) || fetch_of(f, id) != NULL) {
        return;
    }
    if (delete_row(f, id) == 0) {
        tell(f, &(struct file_event){.kind = FILE_GONE, .id = id, .err = err});
    }
}

/* ---- Fetching ---- */

static void on_moved(void *context, struct file_fetch *fetch)
{
    struct file *f = context;
    uint64_t *last = file_fetch_told(fetch);

    if (*last != 0 && f->turn->now_ns - *last < FILE_MOVED_NS) {
        return;
    }
    *last = f->turn->now_ns;
    tell(f, &(struct file_event){.kind = FILE_MOVED,
                                 .id = file_fetch_id(fetch),
                                 .bytes = file_fetch_bytes(fetch),
                                 .size = file_fetch_size(fetch),
                                 .holders = file_fetch_holder_count(fetch)});
}

/* Change state and text of the fetch's row. */
static int change_row(struct file *f, struct file_fetch *fetch, enum file_row_state state,
                      const char *path)
{
    struct file_row *row = mem_new(sizeof *row);
    int rc = get_row(f, file_fetch_id(fetch), row);

    if (rc == 0) {
        row->state = state;
        row->stamp = *file_fetch_stamp(fetch);
        set_text(row, span_from_text(path));
        rc = put_row(f, file_fetch_id(fetch), row);
    }
    secret_wipe(row, sizeof *row);
    mem_free(row);
    return rc;
}

static void on_named(void *context, struct file_fetch *fetch, const char *path)
{
    struct file *f = context;

    if (change_row(f, fetch, FILE_ROW_NAMED, path) < 0) {
        file_fetch_stop(fetch, false); /* the store takes nothing now, or the file is forgotten */
        return;
    }
    CHECK(f->waiting_count < FILE_FETCHES_MAX);
    f->waiting[f->waiting_count++] =
        (struct waiting){.fetch = fetch, .commit = store_number(f->config.store)};
}

static void on_committed(struct store_watch *watch, uint64_t number)
{
    struct file *f = LIST_OF(watch, struct file, watch);
    size_t kept = 0;

    for (size_t i = 0; i < f->waiting_count; i++) {
        if (f->waiting[i].commit <= number) {
            file_fetch_committed(f->waiting[i].fetch);
        } else {
            f->waiting[kept++] = f->waiting[i];
        }
    }
    f->waiting_count = kept;
}

static void on_commit_failed(struct store_watch *watch, int err)
{
    (void)watch;
    (void)err; /* it is tried again, or the node ends */
}

static void wait_no_more(struct file *f, const struct file_fetch *fetch)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->waiting_count; i++) {
        if (f->waiting[i].fetch != fetch) {
            f->waiting[kept++] = f->waiting[i];
        }
    }
    f->waiting_count = kept;
}

static void free_all(struct list *fetches)
{
    struct list *link;

    while ((link = list_next(fetches, fetches)) != NULL) {
        file_fetch_free(file_fetch_of(link));
    }
}

static void reap(struct turn_dead *dead)
{
    free_all(&LIST_OF(dead, struct file, dead)->over);
}

static void on_ended(void *context, struct file_fetch *fetch, int err)
{
    struct file *f = context;
    bool was_empty = list_is_empty(&f->over);

    wait_no_more(f, fetch);
    list_remove(file_fetch_link(fetch));
    list_push_back(&f->over, file_fetch_link(fetch));
    f->fetch_count--;
    if (was_empty) {
        turn_bury(f->turn, &f->dead);
    }
    struct file_event event = {.kind = FILE_STOPPED,
                               .id = file_fetch_id(fetch),
                               .bytes = file_fetch_bytes(fetch),
                               .size = file_fetch_size(fetch),
                               .err = err};

    if (err == 0) {
        event.err = change_row(f, fetch, FILE_ROW_HERE, file_fetch_path(fetch));
    }
    if (event.err == 0) {
        event.kind = FILE_DONE;
        event.path = file_fetch_path(fetch);
        event.bytes = event.size;
    }
    tell(f, &event);
}

/* Nothing of it was opened under another key than its own, so another key is a better one. */
static bool is_other(const struct file_row *row, const struct file_about *about)
{
    return row->state == FILE_ROW_COMING &&
           (row->aead != about->aead || row->size != about->size ||
            !secret_is_equal(row->key, about->key, sizeof row->key));
}

/* Write the row of a new fetch, or look at the one that is there. */
static int ready_row(struct file *f, const struct file_about *about, struct file_row *row)
{
    int rc = get_row(f, about->id, row);

    if (rc == WAVU_ERR_NOT_FOUND || rc == WAVU_ERR_CORRUPT || (rc == 0 && is_other(row, about))) {
        memset(row, 0, sizeof *row);
        row->state = FILE_ROW_COMING;
        row->aead = about->aead;
        row->size = about->size;
        memcpy(row->key, about->key, sizeof row->key);
        set_text(row, span_slice(about->name, 0, FILE_NAME_SIZE_MAX));
        for (size_t i = 0; i < row->text_len; i++) {
            row->text[i] = row->text[i] == '\0' ? '_' : row->text[i];
        }
        return put_row(f, about->id, row);
    }
    return rc == 0 && row->state == FILE_ROW_OFFERED ? WAVU_ERR_EXISTS : rc;
}

static int start_fetch(struct file *f, const uint8_t *id, struct span name,
                       const struct file_row *row)
{
    bool is_named = row->state == FILE_ROW_NAMED || row->state == FILE_ROW_HERE;
    struct file_fetch_config config = {.user = {.context = f,
                                                .swarm = f->config.swarm,
                                                .gate = f->config.gate,
                                                .protocol = &f->protocol,
                                                .disk = &f->disk,
                                                .moved = on_moved,
                                                .named = on_named,
                                                .ended = on_ended},
                                       .form.aead = row->aead,
                                       .name = name,
                                       .named_path = is_named ? row->text : NULL};

    memcpy(config.form.id, id, sizeof config.form.id);
    memcpy(config.secret, row->key, sizeof config.secret);
    int rc = file_shape_of(&config.form.shape, row->size);

    if (rc == 0) {
        struct file_fetch *fetch = file_fetch_new(&config);

        list_push_back(&f->fetches, file_fetch_link(fetch));
        f->fetch_count++;
    }
    secret_wipe(config.secret, sizeof config.secret);
    return rc;
}

int file_fetch(struct file *f, const struct file_about *about)
{
    struct file_shape shape;
    int rc = file_shape_of(&shape, about->size);

    if (rc == 0 && fetch_of(f, about->id) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (rc < 0 || f->fetch_count + list_count(&f->over) >= FILE_FETCHES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct file_row *row = mem_new(sizeof *row);

    rc = ready_row(f, about, row);
    rc = rc < 0 ? rc : start_fetch(f, about->id, about->name, row);
    secret_wipe(row, sizeof *row);
    mem_free(row);
    return rc;
}

int file_resume(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    if (fetch_of(f, id) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (f->fetch_count + list_count(&f->over) >= FILE_FETCHES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct file_row *row = mem_new(sizeof *row);
    int rc = get_row(f, id, row);

    if (rc == 0 && row->state != FILE_ROW_COMING && row->state != FILE_ROW_NAMED) {
        rc = WAVU_ERR_NOT_FOUND;
    }
    if (rc == 0) { /* of one that has its name that name will do, should it be gone */
        struct span name = span_of(row->text, row->text_len);
        size_t folder = row->state == FILE_ROW_NAMED ? sizeof FILE_PART_FOLDER : 0;

        rc = start_fetch(f, id, span_slice(name, folder < name.len ? folder : 0, name.len), row);
    }
    secret_wipe(row, sizeof *row);
    mem_free(row);
    return rc;
}

void file_near(struct file *f, const struct overlay_id *device)
{
    struct list *link;

    for (link = list_next(&f->fetches, &f->fetches); link != NULL;
         link = list_next(&f->fetches, link)) {
        file_fetch_holder_near(file_fetch_of(link), device);
    }
}

int file_holder(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE],
                const struct overlay_id *device)
{
    struct file_fetch *fetch = fetch_of(f, id);

    return fetch == NULL ? WAVU_ERR_NOT_FOUND : file_fetch_holder_add(fetch, device);
}

int file_stop(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    struct file_fetch *fetch = fetch_of(f, id);

    if (fetch == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    file_fetch_stop(fetch, false);
    return 0;
}

/* ---- Offering, forgetting, looking ---- */

int file_offer(struct file *f, const char *path, uint64_t *offer)
{
    uint8_t secret[FILE_SHAPE_KEY_SIZE];
    struct port *port = f->config.swarm->port;
    struct file_source source;

    if (path[0] != '/' || strlen(path) > FILE_ROW_TEXT_MAX) {
        return WAVU_ERR_INVALID;
    }
    if (f->offer_count >= FILE_OFFERS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    random_fill(&port->random, secret, sizeof secret);
    file_source_init(&source, port, path, true, NULL);
    file_source_set_key(&source, secret, f->config.kind);
    secret_wipe(secret, sizeof secret);
    *offer = ++f->offers;
    f->offer_count++;
    (void)file_serve_offer_take(&f->serve, &source, *offer);
    secret_wipe(&source, sizeof source);
    return 0;
}

int file_offer_cancel(struct file *f, uint64_t offer)
{
    struct file_hold *hold = file_serve_offer(&f->serve, offer);

    if (hold == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    file_serve_drop(&f->serve, hold);
    f->offer_count--;
    return 0;
}

int file_forget(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    struct file_status status;
    struct file_fetch *fetch = fetch_of(f, id);
    struct file_hold *hold = file_serve_find(&f->serve, id);
    int rc = file_look(f, id, &status);

    rc = rc < 0 ? rc : delete_row(f, id);
    if (fetch != NULL) {
        file_fetch_stop(fetch, true);
    }
    if (hold != NULL) {
        file_serve_drop(&f->serve, hold);
    }
    return rc;
}

static void fill_status(struct file *f, const struct file_row *row, struct file_status *status)
{
    struct file_fetch *fetch = fetch_of(f, status->id);

    status->state = row->state == FILE_ROW_OFFERED ? FILE_IS_OFFERED
                    : row->state == FILE_ROW_HERE  ? FILE_IS_HERE
                                                   : FILE_IS_COMING;
    status->size = row->size;
    status->is_running = fetch != NULL;
    status->bytes = fetch != NULL ? file_fetch_bytes(fetch) : 0;
    status->holders = fetch != NULL ? file_fetch_holder_count(fetch) : 0;
}

int file_look(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE], struct file_status *status)
{
    struct file_row *row = mem_new(sizeof *row);
    int rc = get_row(f, id, row);

    if (rc == 0) {
        memcpy(status->id, id, sizeof status->id);
        fill_status(f, row, status);
    }
    secret_wipe(row, sizeof *row);
    mem_free(row);
    return rc;
}

int file_where(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE], struct buf *path)
{
    struct file_row *row = mem_new(sizeof *row);
    int rc = get_row(f, id, row);

    if (rc == 0) {
        path->len = 0;
        rc = buf_append(path, span_of(row->text, row->text_len));
    }
    secret_wipe(row, sizeof *row);
    mem_free(row);
    return rc;
}

int file_next(struct file *f, bool is_first, struct file_status *status)
{
    uint8_t at[KEY_SIZE];
    struct file_row *row = mem_new(sizeof *row);
    struct buf key;
    struct buf value;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, FILE_ROW_SIZE_MAX);
    int rc = is_first ? 0 : buf_append(&key, row_key(f, status->id, at));

    do { /* rows that cannot be read are passed over */
        rc = rc < 0 ? rc
                    : store_next(f->config.store, FILE_ROW_TABLE,
                                 span_of(f->config.id, FILE_NETWORK_SIZE), &key, &value);
    } while (rc == 0 && (key.len != KEY_SIZE || file_row_read(row, buf_span(&value)) < 0));
    if (rc == 0) {
        memcpy(status->id, key.ptr + FILE_NETWORK_SIZE, sizeof status->id);
        fill_status(f, row, status);
    }
    secret_wipe(row, sizeof *row);
    mem_free(row);
    buf_clear(&key);
    buf_wipe(&value);
    return rc;
}

/* ---- Streams, beginning and end ---- */

static void up(void *service, struct stream *stream, struct stream_event *event)
{
    struct file *f = service;

    if (stream_is_inbound(stream)) {
        file_serve_up(&f->serve, stream, event);
    } else {
        file_fetch_holder_up(stream, event);
    }
}

int file_new(const struct file_config *config, struct file **out)
{
    struct file *f = mem_new(sizeof *f);
    const struct file_serve_user user = {
        .context = f, .find = find, .whose = whose, .hashed = on_hashed, .gone = on_gone};
    int rc = file_disk_init(&f->disk, config->swarm->port);

    if (rc < 0) {
        goto no_disk;
    }
    f->config = *config;
    f->turn = config->swarm->turn;
    list_init(&f->fetches);
    list_init(&f->over);
    f->dead.reap = reap;
    file_serve_init(&f->serve, f->turn, &f->disk, &user);
    f->protocol.stream = (struct stream_protocol){.name = FILE_PROTOCOL,
                                                  .audience = STREAM_MEMBER,
                                                  .inbound_max = FILE_SERVE_PEER_MAX,
                                                  .up = up,
                                                  .service = f};
    rc = gate_register(config->gate, config->network, &f->protocol);
    if (rc < 0) {
        goto no_gate;
    }
    f->watch = (struct store_watch){.committed = on_committed, .failed = on_commit_failed};
    store_watch(config->store, &f->watch);
    *out = f;
    return 0;

no_gate:
    file_serve_clear(&f->serve);
    file_disk_clear(&f->disk);
no_disk:
    mem_free(f);
    return rc;
}

void file_settle(struct file *f)
{
    struct list *link = f == NULL ? NULL : list_next(&f->fetches, &f->fetches);

    for (; link != NULL; link = list_next(&f->fetches, link)) {
        file_fetch_settle(file_fetch_of(link));
    }
}

void file_free(struct file *f)
{
    if (f == NULL) {
        return;
    }
    f->is_clearing = true;
    free_all(&f->fetches);
    free_all(&f->over);
    gate_unregister(f->config.gate, &f->protocol);
    file_serve_clear(&f->serve);
    file_disk_clear(&f->disk);
    store_unwatch(&f->watch);
    list_remove(&f->dead.link);
    mem_free(f);
}

size_t file_held(const struct file *f)
{
    size_t held = f->serve.pool.bytes;
    struct list *link;

    for (link = list_next(&f->fetches, &f->fetches); link != NULL;
         link = list_next(&f->fetches, link)) {
        held += file_fetch_held(file_fetch_of(link));
    }
    return held;
}

void file_check(const struct file *f)
{
    size_t count = 0;
    struct list *link;

    for (link = list_next(&f->fetches, &f->fetches); link != NULL;
         link = list_next(&f->fetches, link)) {
        file_fetch_check(file_fetch_of(link));
        count++;
    }
    CHECK(count == f->fetch_count && f->waiting_count <= FILE_FETCHES_MAX);
    file_serve_check(&f->serve);
}
