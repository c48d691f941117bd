/*
 * What a message looks like to people: from a history, of a room or a direct chat, to what
 * wavu/chat.h shows. Private to node/.
 */
#ifndef NODE_WAVU_MESSAGE_H
#define NODE_WAVU_MESSAGE_H

#include "chat/directs_state.h"
#include "chat/fold.h"
#include "chat/history_view.h"
#include "node/wavu_networks.h"
#include "wavu/chat.h"
#include "wavu/module.h"

/* Who is shown messages. */
struct wavu_message_reader {
    void (*each)(void *context, const struct wavu_message *message);
    void *context;
};

/** Describe `m`, which is of `room`, and show it. */
void wavu_message_show(const struct wavu_networks_one *o, const struct history_room *room,
                       const struct history_message *m, const struct wavu_message_reader *reader);

/** What was reacted with to the message of `f`, as `member` sees it; `out` is its own. Returns how
 * many different ones. */
size_t wavu_message_reactions(const struct fold *f, const uint8_t member[32],
                              struct wavu_reaction out[FOLD_EMOJI_MAX]);

/** Show the one that is called `id`. NOT_FOUND, also of what is no message of its own; errors of
 * the store. */
WARN_UNUSED int wavu_message_at(const struct wavu_networks_one *o, const struct history_room *room,
                                const uint8_t id[32], const struct wavu_message_reader *reader);

/** Show the one that is called `id`, if it is there. Errors of the store. */
WARN_UNUSED int wavu_message_show_id(const struct wavu_networks_one *o,
                                     const struct history_room *room, const uint8_t id[32],
                                     const struct wavu_message_reader *reader);

/** Show the last `max` before the message `before` (its id; NULL: the newest), oldest first.
 * NOT_FOUND: there is no such message; what the store says. */
WARN_UNUSED int wavu_message_before(const struct wavu_networks_one *o,
                                    const struct history_room *room, const uint8_t *before,
                                    size_t max, const struct wavu_message_reader *reader);

/** Show the first `max` after the message `after` (its id; NULL: the oldest), oldest first.
 * Likewise.
 */
WARN_UNUSED int wavu_message_after(const struct wavu_networks_one *o,
                                   const struct history_room *room, const uint8_t *after,
                                   size_t max, const struct wavu_message_reader *reader);

/** Show those that have all `words`, that came before `before` (likewise), newest first. */
WARN_UNUSED int wavu_message_find(const struct wavu_networks_one *o,
                                  const struct history_room *room, const char *words,
                                  const uint8_t *before, size_t max,
                                  const struct wavu_message_reader *reader);

/** Show those that came after the one of `*number`, `max` at most, as they came; it moves to the
 * last that was looked at, WAVU_HISTORY_SCAN at a time. What the store says. */
WARN_UNUSED int wavu_message_since(const struct wavu_networks_one *o,
                                   const struct history_room *room, uint64_t *number, size_t max,
                                   const struct wavu_message_reader *reader);

/** Show the last `max`, oldest first. What the store says. */
WARN_UNUSED int wavu_message_last(const struct wavu_networks_one *o,
                                  const struct history_room *room, size_t max,
                                  const struct wavu_message_reader *reader);

/** May these words be said, for all that filters say? WAVU_ERR_DENIED: wavu_module_refusal. */
WARN_UNUSED int wavu_message_may(struct wavu_node *node, enum wavu_module_where where,
                                 const struct content *c);

/** A state as wavu_message.state says it. */
const char *wavu_message_state(enum outbox_state state);

/** Whose device holds a message, as text; "" when nobody's any more. */
void wavu_message_holder(const struct wavu_networks_one *o, const uint8_t device[32],
                         char holder[WAVU_KEY_TEXT_MAX]);

#endif
