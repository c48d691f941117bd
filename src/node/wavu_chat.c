/*
 * Public: what is said in networks, and what was.
 */
#include "wavu/chat.h"

#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "chat/history_has.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"

#define RECEIPTS_MAX 1024 /* members who are counted */

_Static_assert(WAVU_TEXT_MAX < CONTENT_SIZE_MAX, "a text fits into a content");

int wavu_chat_listen(struct wavu_node *node,
                     void (*up)(void *context, const struct wavu_chat_event *event), void *context)
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    node->networks->chat_up = up;
    node->networks->chat_context = context;
    return 0;
}

static int find(const struct wavu_node *node, const char *network, struct wavu_networks_one **out)
{
    return node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                  : wavu_networks_find(node->networks, network, out);
}

int wavu_say(struct wavu_node *node, const char *network, const char *text, size_t len,
             char id[WAVU_KEY_TEXT_MAX])
{
    struct wavu_networks_one *o = NULL;
    struct content content = {.kind = CONTENT_TEXT,
                              .text = span_of(text, len),
                              .unix_ms = node->port->wall_ms(node->port)};
    uint8_t room[32];
    uint8_t entry[ENTRY_ID_SIZE];
    int rc = find(node, network, &o);

    if (rc < 0 || len > WAVU_TEXT_MAX || o->rooms == NULL) {
        return rc < 0 ? rc : len > WAVU_TEXT_MAX ? WAVU_ERR_LIMIT : WAVU_ERR_AGAIN;
    }
    rooms_main(wavu_rooms_inside(o->rooms), room);
    rc = rooms_say(wavu_rooms_inside(o->rooms), room, &content, entry);
    if (rc == 0 && id != NULL) {
        wavu_networks_hex(id, entry);
    }
    return rc;
}

bool wavu_chat_is_ready(const struct wavu_node *node, const char *network)
{
    struct wavu_networks_one *o = NULL;

    return find(node, network, &o) == 0 && o->rooms != NULL &&
           rooms_is_ready(wavu_rooms_inside(o->rooms));
}

/* ---- Messages ---- */

static const char *word_of(const struct history_message *m)
{
    switch (m->fold.content.kind) {
    case CONTENT_TEXT:
        return "text";
    case CONTENT_ME:
        return "me";
    case CONTENT_FILE:
        return "file";
    case CONTENT_ROOM:
    case CONTENT_ROOM_SET:
        return "room";
    case CONTENT_JOINED:
        return "joined";
    case CONTENT_SOS:
        return "sos";
    case CONTENT_SOS_OVER:
        return "sos over";
    case CONTENT_EDIT:
    case CONTENT_DELETE:
    case CONTENT_REACTION:
    case CONTENT_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

static uint32_t receipts_of(const struct history_room *room, const uint8_t id[32])
{
    struct history_receipt *receipts = mem_new_raw(RECEIPTS_MAX * sizeof *receipts);
    size_t count = 0;

    if (history_has_of(room, id, receipts, RECEIPTS_MAX, &count) < 0) {
        count = 0;
    }
    mem_free(receipts);
    return (uint32_t)count;
}

/* Its author's nick, as its device says now. */
static void nick_of(const struct wavu_networks_one *o, const uint8_t device[32],
                    char nick[WAVU_NAME_MAX])
{
    struct overlay_id id;
    struct span said = span_empty();

    memcpy(id.bytes, device, sizeof id.bytes);
    nick[0] = '\0';
    if (state_get(&overlay_mesh(o->overlay)->state, &id, span_from_text(WAVU_NETWORKS_NICK_KEY),
                  &said) == 0 &&
        name_check(said) == NAME_GOOD) {
        memcpy(nick, said.ptr, said.len);
        nick[said.len] = '\0';
    }
}

/* Describe a message and hand it to `each`. */
static void describe(const struct wavu_networks_one *o, const struct history_room *room,
                     const struct history_message *m,
                     void (*each)(void *context, const struct wavu_message *message), void *context)
{
    const struct history *h = room->history;
    const struct history_device *device = history_device_at(h, m->device);
    const char *text = (const char *)m->fold.content.text.ptr;
    struct wavu_message out = {.text = text == NULL ? "" : text};
    char nick[WAVU_NAME_MAX];

    nick_of(o, device->key, nick);
    wavu_networks_hex(out.id, m->at.id);
    wavu_networks_hex(out.author, device->member);
    out.nick = nick;
    out.text_len = m->fold.content.text.len;
    out.kind = word_of(m);
    out.number = m->number;
    out.unix_ms = m->fold.content.unix_ms;
    out.is_own = span_is_equal(span_of(device->member, 32), span_of(h->config.member, 32));
    out.receipts = out.is_own ? receipts_of(room, m->at.id) : 0;
    out.is_edited = m->edit.len > 0;
    out.is_gone = m->is_gone;
    out.is_late = m->is_late;
    out.is_hidden = m->is_hidden;
    each(context, &out);
}

static const struct history_room *main_room(const struct wavu_networks_one *o)
{
    uint8_t id[32];
    struct rooms *rooms = wavu_rooms_inside(o->rooms);

    rooms_main(rooms, id);
    return history_room(rooms_history(rooms), id);
}

int wavu_history(const struct wavu_node *node, const char *network, size_t max,
                 void (*each)(void *context, const struct wavu_message *message), void *context)
{
    struct wavu_networks_one *o = NULL;
    struct history_page page = {.at = {.height = UINT64_MAX}, .max = max};
    int rc = find(node, network, &o);

    if (rc < 0 || max == 0 || o->rooms == NULL) {
        return rc;
    }
    const struct history_room *room = main_room(o);
    page.items = mem_new_raw(max * sizeof page.items[0]);
    do {
        rc = history_view_page(room, &page);
    } while (rc == 0 && !page.is_end && page.count == 0);
    for (size_t i = page.count; rc == 0 && i > 0; i--) {
        struct history_message m;

        rc = history_view_at(room, page.items[i - 1].number, &m);
        if (rc == 0) {
            describe(o, room, &m, each, context);
            history_view_clear(&m);
        }
    }
    mem_free(page.items);
    return rc;
}

/* ---- Events ---- */

struct telling {
    struct wavu_networks *networks;
    struct wavu_chat_event *event;
};

static void tell_message(void *context, const struct wavu_message *message)
{
    const struct telling *t = context;

    t->event->message = message;
    t->networks->chat_up(t->networks->chat_context, t->event);
}

void wavu_networks_chat(struct wavu_networks_one *o, enum wavu_chat_kind kind,
                        const struct history_event *from)
{
    struct wavu_networks *w = o->owner;
    char network[WAVU_KEY_TEXT_MAX];
    char author[WAVU_KEY_TEXT_MAX] = "";
    char id[WAVU_KEY_TEXT_MAX] = "";
    struct wavu_chat_event event = {.kind = kind, .network = network, .author = author, .id = id};
    struct telling telling = {.networks = w, .event = &event};

    if (w->chat_up == NULL || (from != NULL && o->rooms == NULL)) {
        return;
    }
    wavu_networks_hex(network, members_network(&networks_network(o->one)->log));
    if (kind == WAVU_CHAT_MESSAGE || kind == WAVU_CHAT_CHANGED) {
        struct rooms *rooms = wavu_rooms_inside(o->rooms);
        const struct history_room *room = history_room(rooms_history(rooms), from->room);
        struct history_message m;

        if (room != NULL && history_view_get(room, from->id, &m) == 0) {
            describe(o, room, &m, tell_message, &telling);
            history_view_clear(&m);
        }
        return;
    }
    if (kind == WAVU_CHAT_HAS) {
        const struct history *h = rooms_history(wavu_rooms_inside(o->rooms));

        wavu_networks_hex(author, history_device_at(h, from->device)->member);
        wavu_networks_hex(id, from->id);
    }
    w->chat_up(w->chat_context, &event);
}
