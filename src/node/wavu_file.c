/*
 * Public: offers of files in rooms' histories, and what a person does with them.
 */
#include <string.h>

#include "base/mem.h"
#include "node/wavu_contacts.h"
#include "node/wavu_files.h"
#include "node/wavu_message.h"
#include "node/wavu_nicks.h"
#include "node/wavu_node.h"
#include "node/wavu_room.h"
#include "node/wavu_rooms.h"

#define PAGE 256 /* messages looked at in one go */

_Static_assert(WAVU_FILES_NAME_MAX == FILE_NAME_SIZE_MAX + 1, "a name and a NUL");

int wavu_files_listen(struct wavu_node *node,
                      void (*up)(void *context, const struct wavu_files_event *event),
                      void *context)
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    node->networks->files_up = up;
    node->networks->files_context = context;
    return 0;
}

/* The network that is meant, with rooms and files. */
static int find(const struct wavu_node *node, const char *network, struct wavu_networks_one **out)
{
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find(node->networks, network, out);

    return rc == 0 && ((*out)->rooms == NULL || (*out)->files == NULL) ? WAVU_ERR_AGAIN : rc;
}

static struct history *history_of(const struct wavu_networks_one *o)
{
    return rooms_history(wavu_rooms_inside(o->rooms));
}

/* ---- Sending ---- */

/* The other member that is meant. */
static int find_member(const struct wavu_networks_one *o, const char *text, uint8_t other[32])
{
    const struct network *n = networks_network(o->one);
    int rc = wavu_networks_id(other, text);

    if (rc < 0 || span_is_equal(span_of(other, 32), span_of(networks_self(o->one), 32))) {
        return WAVU_ERR_INVALID;
    }
    return members_member_of(&n->log, other) == MEMBERS_NONE ? WAVU_ERR_NOT_FOUND : 0;
}

int wavu_file_send(struct wavu_node *node, const struct wavu_file_wish *wish, uint64_t *number)
{
    struct wavu_networks_one *o = NULL;
    struct history_room *room = NULL;
    uint8_t other[32];
    int rc = find(node, wish->network, &o);

    if (rc < 0 || (wish->to != NULL && wish->room != NULL)) {
        return rc < 0 ? rc : WAVU_ERR_INVALID;
    }
    rc = wish->to != NULL ? find_member(o, wish->to, other) : wavu_room_find(o, wish->room, &room);
    if (rc < 0) {
        return rc;
    }
    const struct wavu_files_to to = {.room = room != NULL ? room->id : NULL,
                                     .other = wish->to != NULL ? other : NULL};

    return wavu_files_send(o->files, &to, wish->path, number);
}

/* ---- Looking ---- */

/* What a message offers. WAVU_ERR_PROTO: no file that could be; _NOT_FOUND: it is not there any
 * more. */
static int offer_of(const struct history_room *room, const struct history_message *m,
                    struct wavu_files_offer *offer)
{
    struct file_shape shape;

    if (m->is_gone || m->is_hidden) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (m->fold.content.kind != CONTENT_FILE) {
        return WAVU_ERR_PROTO;
    }
    offer->room = room->id;
    offer->entry = m->at.id;
    offer->device = history_device_at(room->history, m->device)->key;
    int rc = file_about_decode(&offer->about, m->fold.content.file);

    return rc == 0 && file_shape_of(&shape, offer->about.size) < 0 ? WAVU_ERR_PROTO : rc;
}

static void set_path(const struct wavu_networks_one *o, const uint8_t *id, struct wavu_file *out)
{
    struct buf path;

    buf_init(&path, sizeof out->path - 1);
    if (file_where(wavu_files_inside(o->files), id, &path) == 0) {
        memcpy(out->path, path.ptr, path.len);
        out->path[path.len] = '\0';
    }
    buf_clear(&path);
}

/* How it stands with that file here. */
static void describe_state(const struct wavu_networks_one *o, const struct wavu_files_offer *offer,
                           struct wavu_file *out)
{
    const uint8_t *id = offer->about.id;
    struct file_status status = {.bytes = 0};

    if (file_look(wavu_files_inside(o->files), id, &status) < 0) {
        const uint8_t *self = o->owner->node->swarm.key.public_key;

        out->state =
            span_is_equal(span_of(offer->device, 32), span_of(self, 32)) ? "gone" : "offered";
        return;
    }
    out->bytes = status.bytes;
    out->holders = (uint32_t)status.holders;
    if (status.is_running) {
        out->state = "coming";
    } else if (status.state == FILE_IS_COMING) {
        out->state = "stopped";
        out->err = wavu_files_why(o->files, id);
    } else {
        out->state = status.state == FILE_IS_OFFERED ? "own" : "here";
        out->bytes = status.size;
        set_path(o, id, out);
    }
}

static void describe(const struct wavu_networks_one *o, const struct history_message *m,
                     const struct wavu_files_offer *offer, struct wavu_file *out)
{
    const struct history_device *device = history_device_at(history_of(o), m->device);

    memset(out, 0, sizeof *out);
    wavu_networks_hex(out->id, m->at.id);
    wavu_networks_hex(out->author, device->member);
    wavu_nicks_of(o, device->key, out->nick);
    file_name_make(out->name, offer->about.name, 1);
    out->size = offer->about.size;
    out->unix_ms = m->fold.content.unix_ms;
    describe_state(o, offer, out);
}

/* A file that is here stays so when its message was deleted or has ended: that says no more than
 * who offered it, so it is called as it lies in the downloads. */
static void describe_kept(const struct wavu_networks_one *o, const struct history_message *m,
                          const struct wavu_files_kept *kept, struct wavu_file *out)
{
    const struct history_device *device = history_device_at(history_of(o), m->device);
    struct file_status status = {.size = 0};

    memset(out, 0, sizeof *out);
    wavu_networks_hex(out->id, m->at.id);
    wavu_networks_hex(out->author, device->member);
    wavu_nicks_of(o, device->key, out->nick);
    (void)!file_look(wavu_files_inside(o->files), kept->id, &status); /* it was there just now */
    out->size = status.size;
    out->bytes = status.size;
    out->state = "here";
    set_path(o, kept->id, out);
    const char *last = strrchr(out->path, '/');
    file_name_make(out->name, span_from_text(last == NULL ? out->path : last + 1), 1);
}

/* Is it gone, and may what it offered be here? */
static bool is_past(const struct history_message *m)
{
    return m->is_gone && !m->is_hidden && m->kind == CONTENT_FILE;
}

/* A walk over offers. */
struct listing {
    const struct wavu_networks_one *o;
    void (*each)(void *context, const struct wavu_file *file);
    void *context;
    struct wavu_file *file;
    struct history_item *items;   /* PAGE */
    struct wavu_files_kept *kept; /* owned; NULL until one is asked for */
    size_t kept_count;
};

static const struct wavu_files_kept *kept_of(struct listing *l, const uint8_t *entry)
{
    if (l->kept == NULL) {
        l->kept_count = wavu_files_kept(l->o->files, &l->kept);
    }
    return wavu_files_kept_of(l->kept, l->kept_count, entry);
}

static int list_message(struct listing *l, const struct history_room *room, uint64_t number)
{
    struct history_message *m = mem_new(sizeof *m);
    struct wavu_files_offer offer;
    const struct wavu_files_kept *kept = NULL;
    int rc = history_view_at(room, number, m);

    if (rc == 0) {
        if (offer_of(room, m, &offer) == 0) { /* what is none is not shown */
            describe(l->o, m, &offer, l->file);
            l->each(l->context, l->file);
        } else if (is_past(m) && (kept = kept_of(l, m->at.id)) != NULL) {
            describe_kept(l->o, m, kept, l->file);
            l->each(l->context, l->file);
        }
        history_view_clear(m);
    }
    mem_free(m);
    return rc;
}

static int list_room(struct listing *l, const struct history_room *room)
{
    struct history_page page = {.at = {.height = UINT64_MAX}, .items = l->items, .max = PAGE};
    int rc = 0;

    for (size_t seen = 0; rc == 0 && !page.is_end && seen < WAVU_FILES_SCAN_MAX; seen += PAGE) {
        rc = history_view_page(room, &page);
        for (size_t i = 0; rc == 0 && i < page.count; i++) {
            if (page.items[i].kind == CONTENT_FILE) {
                rc = list_message(l, room, page.items[i].number);
            }
        }
    }
    return rc;
}

int wavu_files(const struct wavu_node *node, const char *network,
               void (*each)(void *context, const struct wavu_file *file), void *context)
{
    struct wavu_networks_one *o = NULL;
    const struct history_room *room = NULL;
    size_t at = 0;
    int rc = find(node, network, &o);

    if (rc < 0) {
        return rc;
    }
    struct listing l = {.o = o,
                        .each = each,
                        .context = context,
                        .file = mem_new(sizeof *l.file),
                        .items = mem_new_raw(PAGE * sizeof *l.items)};

    while (rc == 0 && (room = history_next_room(history_of(o), &at)) != NULL) {
        rc = list_room(&l, room);
    }
    mem_free(l.file);
    mem_free(l.items);
    mem_free(l.kept);
    return rc;
}

/* ---- One offer ---- */

/* An offer by its message's id, with what it borrows from. */
struct found {
    struct wavu_networks_one *o;
    struct history_message *m; /* owned */
    struct wavu_files_offer offer;
};

/* The message alone. Nothing to be dropped after an error. */
static int find_message(const struct wavu_node *node, const char *network, const char *text,
                        struct found *found, const struct history_room **in)
{
    const struct history_room *room = NULL;
    uint8_t id[32];
    size_t at = 0;
    int rc = find(node, network, &found->o);

    rc = rc < 0 ? rc : wavu_networks_id(id, text);
    if (rc < 0) {
        return rc;
    }
    found->m = mem_new(sizeof *found->m);
    rc = WAVU_ERR_NOT_FOUND;
    while (rc == WAVU_ERR_NOT_FOUND &&
           (room = history_next_room(history_of(found->o), &at)) != NULL) {
        rc = history_view_get(room, id, found->m);
    }
    if (rc < 0) {
        mem_free(found->m);
    }
    *in = room;
    return rc;
}

static void drop(struct found *found)
{
    history_view_clear(found->m);
    mem_free(found->m);
}

/* Likewise with what it offers. */
static int find_offer(const struct wavu_node *node, const char *network, const char *text,
                      struct found *found)
{
    const struct history_room *room = NULL;
    int rc = find_message(node, network, text, found, &room);

    if (rc < 0) {
        return rc;
    }
    rc = offer_of(room, found->m, &found->offer);
    if (rc < 0) {
        drop(found);
    }
    return rc;
}

static int look_past(const struct found *found, struct wavu_file *out)
{
    struct wavu_files_kept *all = NULL;
    size_t count = wavu_files_kept(found->o->files, &all);
    const struct wavu_files_kept *kept = wavu_files_kept_of(all, count, found->m->at.id);

    if (kept != NULL) {
        describe_kept(found->o, found->m, kept, out);
    }
    mem_free(all);
    return kept != NULL ? 0 : WAVU_ERR_NOT_FOUND;
}

int wavu_file_look(const struct wavu_node *node, const char *network, const char *id,
                   struct wavu_file *out)
{
    const struct history_room *room = NULL;
    struct found found;
    int rc = find_message(node, network, id, &found, &room);

    if (rc < 0) {
        return rc;
    }
    rc = offer_of(room, found.m, &found.offer);
    if (rc == 0) {
        describe(found.o, found.m, &found.offer, out);
    } else if (is_past(found.m)) {
        rc = look_past(&found, out);
    }
    drop(&found);
    return rc;
}

int wavu_file_accept(struct wavu_node *node, const char *network, const char *id)
{
    struct found found;
    int rc = find_offer(node, network, id, &found);

    if (rc == 0) {
        rc = wavu_files_accept(found.o->files, &found.offer);
        drop(&found);
    }
    return rc;
}

int wavu_files_auto_accept(struct wavu_node *node, uint64_t size_max)
{
    struct wavu_networks *w = node->networks;

    if (w == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    w->auto_accept = size_max;
    budget_bucket_init(&w->autos, 1, WAVU_FILES_AUTO_MAX * WAVU_FILES_AUTO_SECONDS,
                       node->port->turn.now_ns);
    return 0;
}

void wavu_files_auto(struct wavu_networks_one *o, const uint8_t entry[32])
{
    struct wavu_networks *w = o->owner;
    char network[WAVU_KEY_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    struct found found;

    wavu_networks_hex(network, members_network(&networks_network(o->one)->log));
    wavu_networks_hex(id, entry);
    if (w->auto_accept == 0 || find_offer(w->node, network, id, &found) < 0) {
        return;
    }
    const uint8_t *member = history_device_at(history_of(o), found.m->device)->member;
    bool is_own = span_is_equal(span_of(member, 32), span_of(networks_self(o->one), 32));

    if (!is_own && found.offer.about.size <= w->auto_accept &&
        wavu_contacts_is_verified(o, member) &&
        budget_bucket_take(&w->autos, WAVU_FILES_AUTO_SECONDS, w->node->port->turn.now_ns) == 0) {
        (void)!wavu_files_accept(o->files, &found.offer); /* or it waits for its person */
    }
    drop(&found);
}

int wavu_file_cancel(struct wavu_node *node, const char *network, const char *id)
{
    struct found found;
    int rc = find_offer(node, network, id, &found);

    if (rc == 0) {
        rc = wavu_files_cancel(found.o->files, &found.offer);
        drop(&found);
    }
    return rc;
}
