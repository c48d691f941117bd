/*
 * Files of one network: sends that become messages when they are hashed, fetches and who is asked
 * for them, what goes on after a start.
 *
 * Source: docs/protocol/file.md.
 */
#include "node/wavu_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "node/wavu_directs.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"
#include "port/files.h"
#include "sync/file_here.h"

#define OF_FORMAT 1
#define OF_SIZE (1 + 32 + ENTRY_ID_SIZE + 32)
#define OF_KEY_SIZE (32 + FILE_SHAPE_ID_SIZE)

/* A file on its way into a room. */
struct sending {
    struct list link;
    uint64_t number; /* file_offer's */
    uint8_t to[32];  /* the room, or the member */
    bool is_direct;
    char name[FILE_NAME_SIZE_MAX + 1];
    bool is_hashed;
    struct file_about about; /* once it is; its key is a secret */
};

/* Which offer a file is of. */
struct of {
    uint8_t room[32];
    uint8_t entry[ENTRY_ID_SIZE];
    uint8_t device[32];
};

struct stop {
    uint8_t id[FILE_SHAPE_ID_SIZE];
    int err;
};

struct wavu_files {
    struct wavu_networks_one *o;
    struct file *file;
    struct list sendings;
    struct timer timer; /* while something waits to be said */
    uint8_t running[FILE_FETCHES_MAX][FILE_SHAPE_ID_SIZE];
    size_t running_count;
    struct stop stops[WAVU_FILES_STOPS_MAX]; /* the oldest first */
    size_t stop_count;
    struct file_here here;
    size_t known; /* rows: offered, coming, here */
};

static struct wavu_node *node_of(const struct wavu_files *f)
{
    return f->o->owner->node;
}

static const struct network *network_of(const struct wavu_files *f)
{
    return networks_network(f->o->one);
}

/* ---- Which offer a file is of ---- */

static struct span of_key(const struct wavu_files *f, const uint8_t *id, uint8_t key[OF_KEY_SIZE])
{
    memcpy(key, members_network(&network_of(f)->log), 32);
    memcpy(key + 32, id, FILE_SHAPE_ID_SIZE);
    return span_of(key, OF_KEY_SIZE);
}

static int put_of(struct wavu_files *f, const uint8_t *id, const struct of *of)
{
    uint8_t key[OF_KEY_SIZE];
    uint8_t space[OF_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    wr_u8(&w, OF_FORMAT);
    wr_bytes(&w, span_of(of->room, sizeof of->room));
    wr_bytes(&w, span_of(of->entry, sizeof of->entry));
    wr_bytes(&w, span_of(of->device, sizeof of->device));
    return store_put(node_of(f)->store.store, WAVU_FILES_TABLE, of_key(f, id, key), wr_span(&w));
}

static int get_of(const struct wavu_files *f, const uint8_t *id, struct of *of)
{
    uint8_t key[OF_KEY_SIZE];
    struct buf value;
    struct rd r;

    buf_init(&value, OF_SIZE);
    int rc = store_get(node_of(f)->store.store, WAVU_FILES_TABLE, of_key(f, id, key), &value);

    rd_init(&r, buf_span(&value));
    if (rc == 0 && rd_u8(&r) != OF_FORMAT) {
        rc = WAVU_ERR_UNSUPPORTED;
    }
    rd_copy(&r, of->room, sizeof of->room);
    rd_copy(&r, of->entry, sizeof of->entry);
    rd_copy(&r, of->device, sizeof of->device);
    rc = rc < 0 ? rc : rd_finish(&r);
    buf_clear(&value);
    return rc;
}

static void delete_of(struct wavu_files *f, const uint8_t *id)
{
    uint8_t key[OF_KEY_SIZE];

    (void)!store_delete(node_of(f)->store.store, WAVU_FILES_TABLE, of_key(f, id, key));
}

/* The room or chat of that id; NULL: it is not known, or the rooms do not open. */
static const struct history_room *room_of(const struct wavu_files *f, const uint8_t room[32])
{
    return f->o->rooms == NULL ? NULL
                               : history_room(rooms_history(wavu_rooms_inside(f->o->rooms)), room);
}

/* ---- Telling ---- */

static void tell(const struct wavu_files *f, struct wavu_files_event *event, const uint8_t *entry)
{
    struct wavu_networks *w = f->o->owner;
    char network[WAVU_KEY_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX] = "";

    wavu_networks_hex(network, members_network(&network_of(f)->log));
    if (entry != NULL) {
        wavu_networks_hex(id, entry);
    }
    event->network = network;
    event->id = id;
    event->path = event->path == NULL ? "" : event->path;
    if (w->files_up != NULL) {
        w->files_up(w->files_context, event);
    }
}

/* What the service tells of a file by its id is told by that of its offer. */
static void tell_of(const struct wavu_files *f, enum wavu_files_kind kind,
                    const struct file_event *from)
{
    struct wavu_files_event event = {.kind = kind,
                                     .path = from->path,
                                     .bytes = from->bytes,
                                     .size = from->size,
                                     .holders = (uint32_t)from->holders,
                                     .err = from->err};
    struct of of;

    tell(f, &event, get_of(f, from->id, &of) == 0 ? of.entry : NULL);
}

/* ---- Why fetches ended ---- */

int wavu_files_why(const struct wavu_files *f, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    for (size_t i = 0; i < f->stop_count; i++) {
        if (file_shape_is_id(f->stops[i].id, id)) {
            return f->stops[i].err;
        }
    }
    return 0;
}

static void forget_why(struct wavu_files *f, const uint8_t *id)
{
    for (size_t i = 0; i < f->stop_count; i++) {
        if (file_shape_is_id(f->stops[i].id, id)) {
            f->stop_count--;
            memmove(&f->stops[i], &f->stops[i + 1], (f->stop_count - i) * sizeof f->stops[0]);
            return;
        }
    }
}

static void note_why(struct wavu_files *f, const uint8_t *id, int err)
{
    forget_why(f, id);
    if (f->stop_count == WAVU_FILES_STOPS_MAX) {
        f->stop_count--;
        memmove(&f->stops[0], &f->stops[1], f->stop_count * sizeof f->stops[0]);
    }
    f->stops[f->stop_count].err = err;
    memcpy(f->stops[f->stop_count++].id, id, FILE_SHAPE_ID_SIZE);
}

/* ---- Who has what ---- */

static void publish(const struct wavu_files *f)
{
    uint8_t space[FILE_HERE_SIZE_MAX];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    file_here_write(&w, &f->here);
    /* Refused, it says less than there is: who offered the file is asked all the same. */
    (void)!overlay_set(f->o->overlay, span_from_text(FILE_HERE_KEY), wr_span(&w));
}

/* What came in a direct chat concerns nobody else: only what is known to be of a room is told. */
static void note_here(struct wavu_files *f, const uint8_t *id)
{
    const struct history_room *room = NULL;
    struct of of;

    room = get_of(f, id, &of) == 0 ? room_of(f, of.room) : NULL;
    if (room != NULL && room->kind != HISTORY_DIRECT) {
        file_here_add(&f->here, id);
    }
}

static bool is_running(const struct wavu_files *f, const uint8_t *id, size_t *at)
{
    for (*at = 0; *at < f->running_count; (*at)++) {
        if (file_shape_is_id(f->running[*at], id)) {
            return true;
        }
    }
    return false;
}

/* Ask who offered it, and who says that it is there. */
static void ask_holders(struct wavu_files *f, const uint8_t *id, const uint8_t device[32])
{
    const struct state *state = &overlay_mesh(f->o->overlay)->state;
    struct members_state_view view;
    struct overlay_id other;
    struct span value = span_empty();
    uint32_t at = 0;

    memcpy(other.bytes, device, sizeof other.bytes);
    (void)!file_holder(f->file, id, &other); /* it is new, and the first */
    while (members_state_next_device(&network_of(f)->state, &at, &view)) {
        memcpy(other.bytes, view.device, sizeof other.bytes);
        if (state_get(state, &other, span_from_text(FILE_HERE_KEY), &value) == 0 &&
            file_here_has(value, id)) {
            (void)!file_holder(f->file, id, &other); /* or enough are asked */
        }
    }
}

/* A fetch of the service has begun. */
static void begun(struct wavu_files *f, const uint8_t *id, const uint8_t device[32])
{
    size_t at = 0;

    if (!is_running(f, id, &at) && f->running_count < FILE_FETCHES_MAX) {
        memcpy(f->running[f->running_count++], id, FILE_SHAPE_ID_SIZE);
    }
    ask_holders(f, id, device);
}

/* Go on with what is coming, as far as there is room: at the start, and when there is room again.
 * What ended in this life waits for a person, or for the next one. */
static void resume(struct wavu_files *f)
{
    struct file_status status;
    bool is_first = true;

    while (file_next(f->file, is_first, &status) == 0) {
        struct of of;

        is_first = false;
        if (status.state == FILE_IS_COMING && !status.is_running &&
            wavu_files_why(f, status.id) == 0 && get_of(f, status.id, &of) == 0 &&
            file_resume(f->file, status.id) == 0) {
            begun(f, status.id, of.device);
        }
    }
}

/* Somebody says what is there: what nobody had goes on. */
static void revive(struct wavu_files *f, struct span value)
{
    for (size_t i = 0; i < f->stop_count; i++) {
        const struct stop stop = f->stops[i];
        struct of of;

        if (stop.err == WAVU_ERR_NOT_FOUND && file_here_has(value, stop.id) &&
            get_of(f, stop.id, &of) == 0 && file_resume(f->file, stop.id) == 0) {
            forget_why(f, stop.id);
            begun(f, stop.id, of.device);
            return; /* the next one with the next news of somebody */
        }
    }
}

void wavu_files_event(struct wavu_files *f, const struct mesh_event *event)
{
    if (event->kind == MESH_NEIGHBOUR && event->is_up) {
        file_near(f->file, &event->id);
    }
    if (event->kind != MESH_CHANGED || event->value.ptr == NULL ||
        !span_is_equal(event->key, span_from_text(FILE_HERE_KEY))) {
        return;
    }
    for (size_t i = 0; i < f->running_count; i++) {
        if (file_here_has(event->value, f->running[i])) {
            (void)!file_holder(f->file, f->running[i], &event->id); /* or it is asked already */
        }
    }
    revive(f, event->value);
}

/* ---- Sending ---- */

static struct sending *sending_of(const struct wavu_files *f, uint64_t number)
{
    for (struct list *l = list_next(&f->sendings, &f->sendings); l != NULL;
         l = list_next(&f->sendings, l)) {
        struct sending *s = LIST_OF(l, struct sending, link);

        if (s->number == number) {
            return s;
        }
    }
    return NULL;
}

static void end_sending(struct sending *s)
{
    list_remove(&s->link);
    secret_wipe(s, sizeof *s);
    mem_free(s);
}

static void refuse(struct wavu_files *f, struct sending *s, int err)
{
    struct wavu_files_event event = {.kind = WAVU_FILES_REFUSED, .number = s->number, .err = err};

    end_sending(s);
    tell(f, &event, NULL);
}

/* `of`: the room or chat that it was said in, and the message. */
static int say_to(struct wavu_files *f, const struct sending *s, const struct content *content,
                  struct of *of)
{
    struct wavu_directs *directs = wavu_rooms_directs(f->o->rooms);
    const struct directs_words words = {.other = s->to, .content = content};

    if (!s->is_direct) {
        memcpy(of->room, s->to, sizeof of->room);
        return rooms_say(wavu_rooms_inside(f->o->rooms), s->to, content, 0, of->entry);
    }
    int rc = directs == NULL ? WAVU_ERR_AGAIN
                             : directs_say(wavu_directs_inside(directs), &words, of->entry);
    if (rc == 0) {
        memcpy(of->room, directs_chat(wavu_directs_inside(directs), s->to)->id, sizeof of->room);
    }
    return rc;
}

/* Say it where it is to be: the row of the service and the entry are one commit. */
static int say(struct wavu_files *f, const struct sending *s, struct of *of)
{
    uint8_t space[FILE_ABOUT_SIZE_MAX];
    struct content content = {.kind = CONTENT_FILE,
                              .text = s->about.name,
                              .unix_ms = node_of(f)->port->wall_ms(node_of(f)->port)};
    struct wr w;

    if (f->o->rooms == NULL) {
        return WAVU_ERR_AGAIN;
    }
    wr_init(&w, span_mut_of(space, sizeof space));
    file_about_encode(&w, &s->about);
    content.file = wr_span(&w);
    memcpy(of->device, node_of(f)->swarm.key.public_key, sizeof of->device);
    int rc = say_to(f, s, &content, of);

    secret_wipe(space, sizeof space);
    return rc < 0 ? rc : put_of(f, s->about.id, of);
}

static void later(struct wavu_files *f)
{
    struct turn *turn = &node_of(f)->port->turn;

    timers_set(&turn->timers, &f->timer, turn->now_ns + WAVU_FILES_RETRY_NS, TIMERS_SECOND);
}

/* Say it, or later: keys may be on their way, or the disk behind. */
static void try_say(struct wavu_files *f, struct sending *s)
{
    struct wavu_files_event event = {
        .kind = WAVU_FILES_SENT, .number = s->number, .size = s->about.size};
    struct of of;
    int rc = say(f, s, &of);

    if (rc == WAVU_ERR_AGAIN) {
        later(f);
        return;
    }
    if (rc < 0) {
        (void)!file_forget(f->file, s->about.id);
        refuse(f, s, rc);
        return;
    }
    f->known++;
    end_sending(s);
    tell(f, &event, of.entry);
}

static void on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_files *f = LIST_OF(timer, struct wavu_files, timer);
    struct list *next = NULL;

    (void)now;
    resume(f); /* one that had no place */
    for (struct list *l = list_next(&f->sendings, &f->sendings); l != NULL; l = next) {
        struct sending *s = LIST_OF(l, struct sending, link);

        next = list_next(&f->sendings, l);
        if (s->is_hashed) {
            try_say(f, s);
        }
    }
}

/* What others are told that it is called. */
static void name_of(const char *path, char name[FILE_NAME_SIZE_MAX + 1])
{
    const char *last = strrchr(path, '/');
    struct span own = span_from_text(last == NULL ? path : last + 1);

    if (file_name_is_good(own)) {
        memcpy(name, own.ptr, own.len);
        name[own.len] = '\0';
    } else {
        file_name_make(name, own, 1);
    }
}

int wavu_files_send(struct wavu_files *f, const struct wavu_files_to *to, const char *path,
                    uint64_t *number)
{
    if (f->known >= WAVU_FILES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    int rc = file_offer(f->file, path, number);

    if (rc < 0) {
        return rc;
    }
    struct sending *s = mem_new(sizeof *s);

    s->number = *number;
    s->is_direct = to->other != NULL;
    memcpy(s->to, s->is_direct ? to->other : to->room, sizeof s->to);
    name_of(path, s->name);
    list_push_back(&f->sendings, &s->link);
    return 0;
}

static void on_offered(struct wavu_files *f, const struct file_event *event)
{
    struct sending *s = sending_of(f, event->offer);

    if (s == NULL) {
        return;
    }
    s->is_hashed = true;
    memcpy(s->about.id, event->id, sizeof s->about.id);
    memcpy(s->about.key, event->key, sizeof s->about.key);
    s->about.size = event->size;
    s->about.aead = event->aead;
    s->about.name = span_from_text(s->name);
    try_say(f, s);
}

/* ---- Accepting ---- */

/* Is there room on the disk for that much, and for the rest of what is coming? */
static int check_room(struct wavu_files *f, uint64_t size)
{
    struct port *port = node_of(f)->port;
    uint64_t needed = size + WAVU_FILES_SPARE;
    uint64_t room = 0;
    int rc = port->files->room(port, &room);

    for (size_t i = 0; i < f->running_count; i++) {
        struct file_status status;

        if (file_look(f->file, f->running[i], &status) == 0 && status.bytes < status.size) {
            needed += status.size - status.bytes;
        }
    }
    return rc < 0 ? rc : room < needed ? WAVU_ERR_NO_SPACE : 0;
}

int wavu_files_accept(struct wavu_files *f, const struct wavu_files_offer *offer)
{
    const uint8_t *id = offer->about.id;
    struct file_shape shape;
    struct file_status status;
    struct of of;
    int rc = file_shape_of(&shape, offer->about.size);

    if (rc < 0) {
        return WAVU_ERR_LIMIT;
    }
    bool is_known = file_look(f->file, id, &status) == 0;

    if (is_known && status.is_running) {
        return WAVU_ERR_EXISTS;
    }
    if (!is_known) {
        rc = f->known >= WAVU_FILES_MAX ? WAVU_ERR_LIMIT : check_room(f, offer->about.size);
    }
    memcpy(of.room, offer->room, sizeof of.room);
    memcpy(of.entry, offer->entry, sizeof of.entry);
    memcpy(of.device, offer->device, sizeof of.device);
    rc = rc < 0 ? rc : file_fetch(f->file, &offer->about);
    if (rc < 0) {
        return rc;
    }
    f->known += is_known ? 0 : 1;
    forget_why(f, id);
    rc = put_of(f, id, &of); /* in one commit with the row of the service */
    begun(f, id, offer->device);
    return rc;
}

static void on_ended(struct wavu_files *f, const struct file_event *event)
{
    struct file_status status;
    size_t at = 0;

    if (is_running(f, event->id, &at)) {
        f->running_count--;
        memmove(f->running[at], f->running[at + 1], (f->running_count - at) * sizeof f->running[0]);
    }
    if (event->kind == FILE_DONE) {
        note_here(f, event->id);
        publish(f);
        tell_of(f, WAVU_FILES_DONE, event);
    } else {
        if (event->err != WAVU_ERR_CLOSED) {
            note_why(f, event->id, event->err);
        }
        tell_of(f, WAVU_FILES_STOPPED, event);
    }
    if (file_look(f->file, event->id, &status) == WAVU_ERR_NOT_FOUND) {
        delete_of(f, event->id); /* it was cancelled */
    }
    later(f);
}

/* Who cancels withdraws: others see the offer no more, and who asks for the file is told so. */
static int withdraw(struct wavu_files *f, const struct wavu_files_offer *offer)
{
    const struct content content = {.kind = CONTENT_DELETE, .target = offer->entry};
    struct sending deletion = {.is_direct = false};
    struct of of;

    if (f->o->rooms == NULL) {
        return WAVU_ERR_AGAIN;
    }
    const struct history_room *room = room_of(f, offer->room);

    deletion.is_direct = room != NULL && room->kind == HISTORY_DIRECT;
    memcpy(deletion.to, deletion.is_direct ? room->other : offer->room, sizeof deletion.to);
    return say_to(f, &deletion, &content, &of);
}

int wavu_files_cancel(struct wavu_files *f, const struct wavu_files_offer *offer)
{
    const uint8_t *id = offer->about.id;
    struct file_status status;
    int rc = file_look(f->file, id, &status);

    if (rc == 0 && status.state == FILE_IS_HERE && !status.is_running) {
        return WAVU_ERR_EXISTS;
    }
    if (rc == 0 && status.state == FILE_IS_OFFERED) {
        rc = withdraw(f, offer);
    } else if (rc == 0 && !status.is_running) {
        rc = file_resume(f->file, id); /* what came of it is taken away by a fetch */
        status.is_running = rc == 0;
    }
    rc = rc < 0 ? rc : file_forget(f->file, id);
    if (rc == 0) {
        f->known--;
        forget_why(f, id);
        if (!status.is_running) {
            delete_of(f, id); /* else when it has ended */
        }
    }
    return rc;
}

/* ---- What the service tells ---- */

static void on_gone(struct wavu_files *f, const struct file_event *event)
{
    f->known--;
    if (file_here_remove(&f->here, event->id)) {
        publish(f);
    }
    tell_of(f, WAVU_FILES_GONE, event);
    delete_of(f, event->id);
}

static void on_event(void *context, const struct file_event *event)
{
    struct wavu_files *f = context;
    struct wavu_files_event hashed = {.kind = WAVU_FILES_HASHED,
                                      .number = event->offer,
                                      .bytes = event->bytes,
                                      .size = event->size};
    struct sending *s = NULL;

    switch (event->kind) {
    case FILE_HASHED:
        tell(f, &hashed, NULL);
        return;
    case FILE_OFFERED:
        on_offered(f, event);
        return;
    case FILE_REFUSED:
        s = sending_of(f, event->offer);
        if (s != NULL) {
            refuse(f, s, event->err);
        }
        return;
    case FILE_MOVED:
        tell_of(f, WAVU_FILES_MOVED, event);
        return;
    case FILE_DONE:
    case FILE_STOPPED:
        on_ended(f, event);
        return;
    case FILE_GONE:
        on_gone(f, event);
        return;
    }
}

void wavu_files_placed(struct wavu_files *f, const uint8_t entry[32])
{
    struct wavu_files_event event = {.kind = WAVU_FILES_OFFER};

    tell(f, &event, entry);
    wavu_files_auto(f->o, entry);
}

/* ---- Life ---- */

/* Count what is known, and tell what is here. */
static void look_through(struct wavu_files *f)
{
    struct file_status status;

    for (bool is_first = true; file_next(f->file, is_first, &status) == 0; is_first = false) {
        f->known++;
        if (status.state == FILE_IS_HERE) {
            note_here(f, status.id);
        }
    }
    if (f->here.count > 0) {
        publish(f);
    }
}

int wavu_files_new(struct wavu_networks_one *o, struct wavu_files **out)
{
    struct wavu_node *node = o->owner->node;
    struct wavu_files *f = mem_new(sizeof *f);
    struct file_config config = {.swarm = &node->swarm,
                                 .gate = node->gate,
                                 .network = networks_gate(o->one),
                                 .store = node->store.store,
                                 .kind = aead_fast(),
                                 .context = f,
                                 .event = on_event};

    f->o = o;
    list_init(&f->sendings);
    timers_prepare(&f->timer, on_timer);
    memcpy(config.id, members_network(&network_of(f)->log), sizeof config.id);
    int rc = file_new(&config, &f->file);
    if (rc < 0) {
        mem_free(f);
        return rc;
    }
    look_through(f);
    resume(f);
    *out = f;
    return 0;
}

void wavu_files_shut(struct wavu_files *f)
{
    if (f != NULL) {
        file_settle(f->file);
    }
}

void wavu_files_free(struct wavu_files *f)
{
    struct list *l = NULL;

    if (f == NULL) {
        return;
    }
    timers_cancel(&node_of(f)->port->turn.timers, &f->timer);
    file_free(f->file);
    while ((l = list_next(&f->sendings, &f->sendings)) != NULL) {
        end_sending(LIST_OF(l, struct sending, link));
    }
    mem_free(f);
}

static int by_entry(const void *a, const void *b)
{
    const struct wavu_files_kept *x = a;
    const struct wavu_files_kept *y = b;

    return memcmp(x->entry, y->entry, sizeof x->entry);
}

size_t wavu_files_kept(const struct wavu_files *f, struct wavu_files_kept **out)
{
    struct wavu_files_kept *kept = mem_new_raw(WAVU_FILES_MAX * sizeof *kept);
    struct file_status status;
    struct of of;
    size_t count = 0;

    for (bool is_first = true; count < WAVU_FILES_MAX && file_next(f->file, is_first, &status) == 0;
         is_first = false) {
        if (status.state == FILE_IS_HERE && get_of(f, status.id, &of) == 0) {
            memcpy(kept[count].entry, of.entry, sizeof kept[count].entry);
            memcpy(kept[count].id, status.id, sizeof kept[count].id);
            count++;
        }
    }
    qsort(kept, count, sizeof *kept, by_entry);
    *out = kept;
    return count;
}

const struct wavu_files_kept *wavu_files_kept_of(const struct wavu_files_kept *kept, size_t count,
                                                 const uint8_t entry[32])
{
    struct wavu_files_kept wanted;

    memcpy(wanted.entry, entry, sizeof wanted.entry);
    return bsearch(&wanted, kept, count, sizeof *kept, by_entry);
}

struct file *wavu_files_inside(struct wavu_files *f)
{
    return f->file;
}
