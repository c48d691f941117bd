/*
 * Public: the rooms of a network: which there are, making and changing them.
 */
#include "node/wavu_room.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "chat/history_view.h"
#include "node/wavu_message.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"
#include "wavu/rooms.h"

_Static_assert(WAVU_ROOM_NAME_MAX == CONTENT_ROOM_NAME_MAX + 1, "a name and a NUL");
_Static_assert(WAVU_ROOM_TOPIC_MAX == CONTENT_ROOM_TOPIC_MAX + 1, "a topic and a NUL");
_Static_assert(WAVU_ROOM_SHARE_MAX == CONTENT_ROOM_SHARE_MAX, "one limit");

/* ---- Which one ---- */

int wavu_room_network(const struct wavu_node *node, const char *network,
                      struct wavu_networks_one **out)
{
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find(node->networks, network, out);

    return rc < 0 || (*out)->rooms != NULL ? rc : WAVU_ERR_AGAIN;
}

/* Likewise one that we are in no more, to be read. */
static int read_network(const struct wavu_node *node, const char *network,
                        struct wavu_networks_one **out)
{
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find_any(node->networks, network, out);

    return rc < 0 || (*out)->rooms != NULL ? rc : WAVU_ERR_AGAIN;
}

static struct history *histories(const struct wavu_networks_one *o)
{
    return rooms_history(wavu_rooms_inside(o->rooms));
}

/* A span as a text of `size` bytes. */
static void put_text(char *out, size_t size, struct span text)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len > 0) {
        memcpy(out, text.ptr, len);
    }
    out[len] = '\0';
}

/* What the room is called and how it is; "" and zeros where nobody has said. */
static int read_about(const struct history_room *room, struct wavu_room *out)
{
    struct content_room about;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_view_about(room, &about, &bytes);
    if (rc == 0) {
        put_text(out->name, sizeof out->name, about.name);
        put_text(out->topic, sizeof out->topic, about.topic);
        out->share = about.share;
        out->expiry_s = about.expiry;
    }
    buf_clear(&bytes);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static int describe(const struct history_room *room, struct wavu_room *out)
{
    *out = (struct wavu_room){.is_main = room->kind == HISTORY_GROUP,
                              .entries = room->last,
                              .unread = room->unread,
                              .read = room->read};
    wavu_networks_hex(out->id, room->id);
    wavu_networks_hex(out->maker, out->is_main ? room->history->config.founder : room->other);
    wavu_networks_hex(out->network, room->history->config.network);
    return read_about(room, out);
}

static int find_by_name(struct history *h, const char *name, struct history_room **out)
{
    struct history_room *room = NULL;
    struct wavu_room about;
    size_t count = 0;
    int rc = 0;

    for (size_t at = 0; rc == 0 && (room = history_next_room(h, &at)) != NULL;) {
        if (room->kind == HISTORY_DIRECT) {
            continue;
        }
        rc = describe(room, &about);
        if (rc == 0 && strcmp(about.name, name) == 0) {
            *out = room;
            count++;
        }
    }
    if (rc == 0 && count != 1) {
        rc = count == 0 ? WAVU_ERR_NOT_FOUND : WAVU_ERR_INVALID;
    }
    return rc;
}

int wavu_room_find(const struct wavu_networks_one *o, const char *text, struct history_room **out)
{
    struct history *h = histories(o);
    uint8_t id[32];

    if (text == NULL) {
        rooms_main(wavu_rooms_inside(o->rooms), id);
    } else if (wavu_networks_id(id, text) < 0) {
        return find_by_name(h, text, out);
    }
    *out = history_room(h, id);
    return *out == NULL || (*out)->kind == HISTORY_DIRECT ? WAVU_ERR_NOT_FOUND : 0;
}

/* ---- Looking ---- */

static int by_name(const void *left, const void *right)
{
    const struct wavu_room *a = left;
    const struct wavu_room *b = right;

    if (a->is_main != b->is_main) {
        return a->is_main ? -1 : 1;
    }
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->id, b->id);
}

/* Those of one network. */
static int list_rooms(const struct wavu_networks_one *o,
                      void (*each)(void *context, const struct wavu_room *room), void *context)
{
    struct wavu_room *rooms = mem_new_array(histories(o)->rooms.count, sizeof *rooms);
    const struct history_room *room = NULL;
    size_t count = 0;
    int rc = 0;

    for (size_t at = 0; rc == 0 && (room = history_next_room(histories(o), &at)) != NULL;) {
        if (room->kind != HISTORY_DIRECT) {
            rc = describe(room, &rooms[count]);
            wavu_networks_name(networks_network(o->one), rooms[count].network_name);
            count++;
        }
    }
    if (rc == 0) {
        qsort(rooms, count, sizeof *rooms, by_name);
        for (size_t i = 0; i < count; i++) {
            each(context, &rooms[i]);
        }
    }
    mem_free(rooms);
    return rc;
}

int wavu_rooms(const struct wavu_node *node, const char *network,
               void (*each)(void *context, const struct wavu_room *room), void *context)
{
    struct wavu_networks_one *of[NETWORKS_MAX];
    size_t count = 0;
    int rc = wavu_networks_asked(node->networks, network, of, &count);

    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = list_rooms(of[i], each, context);
    }
    return rc;
}

int wavu_reactions(const struct wavu_node *node, const char *network, const char *room_text,
                   const char *id_text,
                   void (*each)(void *context, const struct wavu_reaction *reaction), void *context)
{
    struct wavu_networks_one *o = NULL;
    struct history_room *room = NULL;
    uint8_t id[32];
    int rc = wavu_networks_id(id, id_text);

    rc = rc < 0 ? rc : read_network(node, network, &o);
    rc = rc < 0 ? rc : wavu_room_find(o, room_text, &room);
    struct history_message *m = mem_new_raw(sizeof *m); /* 64 KiB of reactions: not for a stack */
    rc = rc < 0 ? rc : history_view_get(room, id, m);
    if (rc == 0) {
        struct wavu_reaction reactions[FOLD_EMOJI_MAX];
        size_t count = wavu_message_reactions(&m->fold, room->history->config.member, reactions);

        for (size_t i = 0; i < count; i++) {
            each(context, &reactions[i]);
        }
        history_view_clear(m);
    }
    mem_free(m);
    return rc;
}

/* ---- Making and changing ---- */

static struct span text_span(const char *text)
{
    return text == NULL ? span_empty() : span_from_text(text);
}

static int say(struct wavu_networks_one *o, const struct wavu_room_wish *wish,
               const uint8_t *target, uint8_t id[ENTRY_ID_SIZE])
{
    const struct wavu_node *node = o->owner->node;
    const struct content content = {.kind = target == NULL ? CONTENT_ROOM : CONTENT_ROOM_SET,
                                    .target = target,
                                    .has_room = true,
                                    .room = {.name = text_span(wish->name),
                                             .topic = text_span(wish->topic),
                                             .share = wish->share,
                                             .expiry = wish->expiry_s},
                                    .unix_ms = node->port->wall_ms(node->port)};
    uint8_t room[32];

    rooms_main(wavu_rooms_inside(o->rooms), room);
    return rooms_say(wavu_rooms_inside(o->rooms), room, &content, 0, id);
}

int wavu_room_make(struct wavu_node *node, const char *network, const struct wavu_room_wish *wish,
                   char id[WAVU_KEY_TEXT_MAX])
{
    struct wavu_networks_one *o = NULL;
    uint8_t entry[ENTRY_ID_SIZE];
    int rc = wavu_room_network(node, network, &o);

    rc = rc < 0 ? rc : say(o, wish, NULL, entry);
    if (rc == 0 && id != NULL) {
        wavu_networks_hex(id, entry);
    }
    return rc;
}

int wavu_room_set(struct wavu_node *node, const char *network, const char *room_text,
                  const struct wavu_room_wish *wish)
{
    struct wavu_networks_one *o = NULL;
    struct history_room *room = NULL;
    uint8_t entry[ENTRY_ID_SIZE];
    int rc = wavu_room_network(node, network, &o);

    rc = rc < 0 ? rc : wavu_room_find(o, room_text, &room);
    if (rc < 0) {
        return rc;
    }
    const struct history_config *h = &room->history->config;
    struct span self = span_of(h->member, 32);
    bool is_maker = room->kind == HISTORY_NAMED && span_is_equal(span_of(room->other, 32), self);
    if (!is_maker && !span_is_equal(span_of(h->founder, 32), self)) {
        return WAVU_ERR_DENIED;
    }
    return say(o, wish, room->id, entry);
}

int wavu_room_read(struct wavu_node *node, const char *network, const char *room_text,
                   const char *id_text)
{
    struct wavu_networks_one *o = NULL;
    struct history_room *room = NULL;
    struct history_place place;
    uint8_t id[32];
    int rc = id_text == NULL ? 0 : wavu_networks_id(id, id_text);

    rc = rc < 0 ? rc : read_network(node, network, &o);
    rc = rc < 0 ? rc : wavu_room_find(o, room_text, &room);
    if (rc < 0) {
        return rc;
    }
    place.number = room->last;
    rc = id_text == NULL ? 0 : history_find(room, id, &place);
    return rc < 0 ? rc : history_view_read(room, place.number);
}
