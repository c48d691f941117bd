/*
 * Public: what is said in networks, and what was.
 */
#include "wavu/chat.h"

#include <string.h>

#include "node/wavu_message.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"

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

bool wavu_chat_is_ready(const struct wavu_node *node, const char *network)
{
    struct wavu_networks_one *o = NULL;

    return find(node, network, &o) == 0 && o->rooms != NULL &&
           rooms_is_ready(wavu_rooms_inside(o->rooms));
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
    const struct wavu_message_reader reader = {.each = each, .context = context};
    struct wavu_networks_one *o = NULL;
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find_any(node->networks, network, &o);

    return rc < 0 || o->rooms == NULL ? rc : wavu_message_last(o, main_room(o), max, &reader);
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
    char in[WAVU_KEY_TEXT_MAX] = "";
    char author[WAVU_KEY_TEXT_MAX] = "";
    char id[WAVU_KEY_TEXT_MAX] = "";
    struct wavu_chat_event event = {
        .kind = kind, .network = network, .room = in, .author = author, .id = id};
    struct telling telling = {.networks = w, .event = &event};

    if (w->chat_up == NULL || (from != NULL && o->rooms == NULL)) {
        return;
    }
    wavu_networks_hex(network, members_network(&networks_network(o->one)->log));
    if (from != NULL) {
        wavu_networks_hex(in, from->room);
    }
    if (kind == WAVU_CHAT_MESSAGE || kind == WAVU_CHAT_CHANGED) {
        struct rooms *rooms = wavu_rooms_inside(o->rooms);
        const struct history_room *room = history_room(rooms_history(rooms), from->room);
        const struct wavu_message_reader reader = {.each = tell_message, .context = &telling};

        if (room != NULL) {
            (void)!wavu_message_show_id(o, room, from->id, &reader);
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
