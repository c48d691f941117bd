/*
 * What was said, looked at again: of rooms and direct chats, in pages, or what has certain words.
 * Everything happens on the node's thread.
 */
#ifndef WAVU_HISTORY_H
#define WAVU_HISTORY_H

#include "wavu/chat.h"

WAVU_BEGIN

#define WAVU_HISTORY_MAX 100000 /* messages of one look */
#define WAVU_HISTORY_SCAN 2000  /* that came, messages or not, of one look at what is new */

/* Which messages. */
struct wavu_history_of {
    const char *network; /* id or name; NULL: that of the member, else the only one. Where none that
                            this node is in is meant, one that it was in */
    const char *room;    /* id or name; NULL: the main one */
    const char *member;  /* a member's id: the direct chat with it, instead of a room, with those of
                            before this node's person left and came back; or NULL */
    const char *words;   /* only those that have all of these; the last one may be a beginning.
                            NULL: all */
    const char *before;  /* only those before the message of that id; NULL: the last ones */
    const char *after;   /* without `before` and `words`: the first ones after that message */
    const char *at;      /* without all of these: that message alone */
    size_t max;          /* so many at most, WAVU_HISTORY_MAX */
};

/** Call `each` for the last ones (with `after` the first ones): oldest first, in the one order of
 * the room or chat; with `words` newest first, as they came here. What is gone or hidden is not
 * found by words.
 * WAVU_ERR_NOT_FOUND: no such network, room or message (of a chat in which nothing was said yet
 * there is nothing, and no error); _INVALID: no id, several networks or rooms are meant, or more
 * than one of `before`, `after` and `at`, or one of the last two with `words`; what the store
 * says. */
WAVU_API WARN_UNUSED int
wavu_history_look(const struct wavu_node *node, const struct wavu_history_of *of,
                  void (*each)(void *context, const struct wavu_message *message), void *context);

/** Call `each` for what came after the message of `*number` (wavu_message.number; 0: from the first
 * on), in the order in which it came here: for who wants each message once, and no other twice. Of
 * a direct chat only what came since both are there; `words` and `before` do not count. What is
 * gone is among it, what is hidden is not. `*number` moves to what was looked at last, where the
 * next look goes on, and to the last that came where it was above that; 0 where nothing was said
 * yet. `*is_more`: not all was looked at, WAVU_HISTORY_SCAN at a time. Errors as above. */
WAVU_API WARN_UNUSED int
wavu_history_since(const struct wavu_node *node, const struct wavu_history_of *of, uint64_t *number,
                   bool *is_more, void (*each)(void *context, const struct wavu_message *message),
                   void *context);

WAVU_END

#endif
