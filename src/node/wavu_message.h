/*
 * What a message looks like to people: from a history, of a room or a direct chat, to what
 * wavu/chat.h shows. Private to node/.
 */
#ifndef NODE_WAVU_MESSAGE_H
#define NODE_WAVU_MESSAGE_H

#include "chat/history_view.h"
#include "node/wavu_networks.h"

/* Who is shown messages. */
struct wavu_message_reader {
    void (*each)(void *context, const struct wavu_message *message);
    void *context;
};

/** Describe `m`, which is of `room`, and show it. */
void wavu_message_show(const struct wavu_networks_one *o, const struct history_room *room,
                       const struct history_message *m, const struct wavu_message_reader *reader);

/** Show the one that is called `id`, if it is there. Errors of the store. */
WARN_UNUSED int wavu_message_show_id(const struct wavu_networks_one *o,
                                     const struct history_room *room, const uint8_t id[32],
                                     const struct wavu_message_reader *reader);

/** Show the last `max`, oldest first. What the store says. */
WARN_UNUSED int wavu_message_last(const struct wavu_networks_one *o,
                                  const struct history_room *room, size_t max,
                                  const struct wavu_message_reader *reader);

/** The nick that the device's person goes by now; "" while unknown. */
void wavu_message_nick(const struct wavu_networks_one *o, const uint8_t device[32],
                       char nick[WAVU_NAME_MAX]);

#endif
