/*
 * Public: histories of rooms and direct chats.
 */
#include "wavu/history.h"

#include <string.h>

#include "node/wavu_directs.h"
#include "node/wavu_message.h"
#include "node/wavu_node.h"
#include "node/wavu_room.h"
#include "node/wavu_rooms.h"

/* What is looked at: a room, or the chats with a member, the latest first; none: nothing was said
 * yet. */
struct looked {
    const struct wavu_networks_one *of;
    struct history_room *rooms[WAVU_DIRECTS_CHATS_MAX];
    size_t count;
    const char *words; /* NULL: all that was said */
    size_t max;
};

static int chats_of(struct looked *l, const char *member)
{
    uint8_t id[32];
    int rc = wavu_networks_id(id, member);

    if (rc < 0) {
        return rc;
    }
    l->count = wavu_directs_chats(l->of, id, l->rooms);
    return l->count == 0 &&
                   members_member_of(&networks_network(l->of->one)->log, id) == MEMBERS_NONE
               ? WAVU_ERR_NOT_FOUND
               : 0;
}

static int show(const struct looked *l, size_t at, const uint8_t *before, size_t max,
                const struct wavu_message_reader *reader)
{
    return l->words != NULL ? wavu_message_find(l->of, l->rooms[at], l->words, before, max, reader)
                            : wavu_message_before(l->of, l->rooms[at], before, max, reader);
}

static void count_one(void *context, const struct wavu_message *message)
{
    size_t *count = context;

    (void)message;
    (*count)++;
}

/* So many are shown of each from `first` on, where `before` is; those of before fill up. */
static int share(const struct looked *l, size_t first, const uint8_t *before,
                 size_t shares[WAVU_DIRECTS_CHATS_MAX])
{
    size_t left = l->max;
    int rc = 0;

    for (size_t i = first; rc == 0 && i < l->count; i++) {
        const struct wavu_message_reader counter = {.each = count_one, .context = &shares[i]};

        rc = show(l, i, i == first ? before : NULL, left, &counter);
        left -= shares[i];
    }
    return rc;
}

/* Where `before` is; the latest where it is NULL. */
static int first_of(const struct looked *l, const uint8_t *before, size_t *first)
{
    struct history_place place;
    int rc = before == NULL ? 0 : WAVU_ERR_NOT_FOUND;

    *first = 0;
    for (size_t i = 0; rc == WAVU_ERR_NOT_FOUND && i < l->count; i++) {
        rc = history_find(l->rooms[i], before, &place);
        *first = i;
    }
    return rc;
}

static int look(const struct looked *l, const uint8_t *before,
                const struct wavu_message_reader *reader)
{
    size_t shares[WAVU_DIRECTS_CHATS_MAX] = {0};
    size_t first = 0;
    int rc = first_of(l, before, &first);

    if (rc < 0 || first + 1 == l->count) {
        return rc < 0 ? rc : show(l, first, before, l->max, reader);
    }
    rc = share(l, first, before, shares);
    for (size_t i = first; rc == 0 && i < l->count; i++) {
        /* What has the words comes newest first, all else oldest first. */
        const size_t at = l->words != NULL ? i : l->count - 1 - (i - first);

        rc = shares[at] == 0 ? 0 : show(l, at, at == first ? before : NULL, shares[at], reader);
    }
    return rc;
}

/* Counts what is shown on its way. */
struct counted {
    const struct wavu_message_reader *reader;
    size_t count;
};

static void show_counted(void *context, const struct wavu_message *message)
{
    struct counted *c = context;

    c->count++;
    c->reader->each(c->reader->context, message);
}

/* From the chat where `after` is through the later ones. */
static int look_after(const struct looked *l, const uint8_t *after,
                      const struct wavu_message_reader *reader)
{
    struct counted counted = {.reader = reader};
    const struct wavu_message_reader each = {.each = show_counted, .context = &counted};
    size_t first = 0;
    int rc = first_of(l, after, &first);

    for (size_t i = first + 1; rc == 0 && i > 0 && counted.count < l->max; i--) {
        rc = wavu_message_after(l->of, l->rooms[i - 1], i - 1 == first ? after : NULL,
                                l->max - counted.count, &each);
    }
    return rc;
}

static int look_at(const struct looked *l, const uint8_t *at,
                   const struct wavu_message_reader *reader)
{
    size_t first = 0;
    int rc = first_of(l, at, &first);

    return rc < 0 || l->max == 0 ? rc : wavu_message_at(l->of, l->rooms[first], at, reader);
}

/* Which message the look goes from, if any, and that it is one at most. */
static int read_from(const struct wavu_history_of *of, uint8_t id[32], bool *is_there)
{
    const char *from = of->before != NULL ? of->before : of->after != NULL ? of->after : of->at;
    const int count = (of->before != NULL) + (of->after != NULL) + (of->at != NULL);

    *is_there = from != NULL;
    if (count > 1 || (of->words != NULL && count > 0 && of->before == NULL)) {
        return WAVU_ERR_INVALID;
    }
    return from != NULL ? wavu_networks_id(id, from) : 0;
}

/* The room, or the chats, that `of` means. */
static int find(const struct wavu_node *node, const struct wavu_history_of *of, struct looked *l)
{
    struct wavu_networks_one *o = NULL;
    char id[WAVU_KEY_TEXT_MAX];
    const char *network = of->member == NULL
                              ? of->network
                              : wavu_networks_for(node->networks, of->network, of->member, id);
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find_any(node->networks, network, &o);

    *l = (struct looked){.of = o,
                         .words = of->words,
                         .max = of->max < WAVU_HISTORY_MAX ? of->max : WAVU_HISTORY_MAX};
    if (rc < 0 || o->rooms == NULL) {
        return rc;
    }
    if (of->member != NULL) {
        return chats_of(l, of->member);
    }
    rc = wavu_room_find(o, of->room, &l->rooms[0]);
    l->count = rc == 0 ? 1 : 0;
    return rc;
}

int wavu_history_look(const struct wavu_node *node, const struct wavu_history_of *of,
                      void (*each)(void *context, const struct wavu_message *message),
                      void *context)
{
    const struct wavu_message_reader reader = {.each = each, .context = context};
    struct looked looked;
    uint8_t from[32];
    bool is_from = false;
    int rc = find(node, of, &looked);

    rc = rc < 0 ? rc : read_from(of, from, &is_from);
    if (rc < 0 || looked.count == 0) {
        return rc;
    }
    if (of->at != NULL) {
        return look_at(&looked, from, &reader);
    }
    if (of->after != NULL) {
        return look_after(&looked, from, &reader);
    }
    return look(&looked, is_from ? from : NULL, &reader);
}

int wavu_history_since(const struct wavu_node *node, const struct wavu_history_of *of,
                       uint64_t *number, bool *is_more,
                       void (*each)(void *context, const struct wavu_message *message),
                       void *context)
{
    const struct wavu_message_reader reader = {.each = each, .context = context};
    struct looked looked;
    int rc = find(node, of, &looked);

    *is_more = false;
    if (rc < 0 || looked.count == 0) {
        *number = rc < 0 ? *number : 0;
        return rc;
    }
    rc = wavu_message_since(looked.of, looked.rooms[0], number, looked.max, &reader);
    *is_more = *number < looked.rooms[0]->last;
    return rc;
}
