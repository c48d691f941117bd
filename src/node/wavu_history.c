/*
 * Public: histories of rooms and direct chats.
 */
#include "wavu/history.h"

#include <string.h>

#include "node/wavu_directs.h"
#include "node/wavu_message.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"

/* A room that is called so, or whose id begins so. */
static bool is_called(const struct history_room *room, const char *name)
{
    struct content_room about;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    const bool is_so = history_view_about(room, &about, &bytes) == 0 &&
                       span_is_equal(about.name, span_from_text(name));

    buf_clear(&bytes);
    return is_so;
}

static int room_by_name(const struct history *h, const char *name, const struct history_room **out)
{
    const struct history_room *room = NULL;
    size_t count = 0;

    for (size_t at = 0; (room = history_next_room(h, &at)) != NULL;) {
        if (room->kind != HISTORY_DIRECT && is_called(room, name)) {
            *out = room;
            count++;
        }
    }
    return count == 1 ? 0 : count == 0 ? WAVU_ERR_NOT_FOUND : WAVU_ERR_INVALID;
}

static int room_of(const struct wavu_networks_one *o, const char *text,
                   const struct history_room **out)
{
    struct rooms *rooms = wavu_rooms_inside(o->rooms);
    const struct history *h = rooms_history(rooms);
    uint8_t id[32];

    if (text == NULL) {
        rooms_main(rooms, id);
    } else if (wavu_networks_id(id, text) < 0) {
        return room_by_name(h, text, out);
    }
    *out = history_room(h, id);
    return *out == NULL || (*out)->kind == HISTORY_DIRECT ? WAVU_ERR_NOT_FOUND : 0;
}

/* The chat with a member; NULL: nothing was said yet. */
static int chat_of(const struct wavu_networks_one *o, const char *member,
                   const struct history_room **out)
{
    uint8_t id[32];
    int rc = wavu_networks_id(id, member);

    if (rc < 0) {
        return rc;
    }
    *out = directs_chat(wavu_directs_inside(wavu_rooms_directs(o->rooms)), id);
    if (*out == NULL && members_member_of(&networks_network(o->one)->log, id) == MEMBERS_NONE) {
        return WAVU_ERR_NOT_FOUND;
    }
    return 0;
}

int wavu_history_look(const struct wavu_node *node, const struct wavu_history_of *of,
                      void (*each)(void *context, const struct wavu_message *message),
                      void *context)
{
    const struct wavu_message_reader reader = {.each = each, .context = context};
    const size_t max = of->max < WAVU_HISTORY_MAX ? of->max : WAVU_HISTORY_MAX;
    const struct history_room *room = NULL;
    struct wavu_networks_one *o = NULL;
    char id[WAVU_KEY_TEXT_MAX];
    const char *network = of->member == NULL
                              ? of->network
                              : wavu_networks_for(node->networks, of->network, of->member, id);
    uint8_t before[32];
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find_any(node->networks, network, &o);

    if (rc < 0 || o->rooms == NULL) {
        return rc;
    }
    rc = of->member != NULL ? chat_of(o, of->member, &room) : room_of(o, of->room, &room);
    rc = rc == 0 && of->before != NULL ? wavu_networks_id(before, of->before) : rc;
    if (rc < 0 || room == NULL) {
        return rc;
    }
    const uint8_t *from = of->before != NULL ? before : NULL;

    return of->words != NULL ? wavu_message_find(o, room, of->words, from, max, &reader)
                             : wavu_message_before(o, room, from, max, &reader);
}
