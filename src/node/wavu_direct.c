/*
 * Public: direct chats.
 */
#include "wavu/direct.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "node/wavu_contacts.h"
#include "node/wavu_directs.h"
#include "node/wavu_message.h"
#include "node/wavu_modules.h"
#include "node/wavu_nicks.h"
#include "node/wavu_node.h"
#include "node/wavu_rooms.h"

int wavu_direct_listen(struct wavu_node *node,
                       void (*up)(void *context, const struct wavu_direct_event *event),
                       void *context)
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    node->networks->direct_up = up;
    node->networks->direct_context = context;
    return 0;
}

/* AGAIN: its histories could not be opened. */
static int chats_of(const struct wavu_networks_one *o, struct directs **out)
{
    if (o->rooms == NULL) {
        return WAVU_ERR_AGAIN;
    }
    *out = wavu_directs_inside(wavu_rooms_directs(o->rooms));
    return 0;
}

/* The network's direct chats. */
static int find(const struct wavu_node *node, const char *network, struct wavu_networks_one **o,
                struct directs **out)
{
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find(node->networks, network, o);

    return rc < 0 ? rc : chats_of(*o, out);
}

/* Likewise of a network that we are in no more, to be read. */
static int find_any(const struct wavu_node *node, const char *network, struct wavu_networks_one **o,
                    struct directs **out)
{
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find_any(node->networks, network, o);

    return rc < 0 ? rc : chats_of(*o, out);
}

/* ---- Saying ---- */

static int kind_of(const char *word, enum content_kind *kind)
{
    static const struct {
        const char *word;
        enum content_kind kind;
    } kinds[] = {{"text", CONTENT_TEXT},
                 {"me", CONTENT_ME},
                 {"edit", CONTENT_EDIT},
                 {"delete", CONTENT_DELETE},
                 {"reaction", CONTENT_REACTION}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(word == NULL ? "text" : word, kinds[i].word) == 0) {
            *kind = kinds[i].kind;
            return 0;
        }
    }
    return WAVU_ERR_INVALID;
}

/* What is said, and about what; `about` is borrowed for it. */
static int content_of(const struct wavu_direct *what, uint8_t about[32], struct content *c)
{
    const struct span text = span_of(what->text, what->text == NULL ? 0 : what->len);
    int rc = kind_of(what->kind, &c->kind);

    rc = rc == 0 && what->about != NULL ? wavu_networks_id(about, what->about) : rc;
    if (rc < 0) {
        return rc;
    }
    if (c->kind == CONTENT_REACTION) {
        c->emoji = text;
    } else {
        c->text = text;
    }
    if (what->about != NULL && (c->kind == CONTENT_TEXT || c->kind == CONTENT_ME)) {
        c->reply = about;
    } else if (what->about != NULL) {
        c->target = about;
    }
    return text.len > WAVU_TEXT_MAX ? WAVU_ERR_LIMIT : 0;
}

int wavu_direct_say(struct wavu_node *node, const struct wavu_direct *what,
                    char id[WAVU_KEY_TEXT_MAX])
{
    struct wavu_networks_one *o = NULL;
    struct directs *directs = NULL;
    struct content content = {.unix_ms = node->port->wall_ms(node->port)};
    uint8_t other[32];
    uint8_t about[32];
    uint8_t said[32];
    char network[WAVU_KEY_TEXT_MAX];
    const struct directs_words words = {
        .other = other, .content = &content, .expiry = what->seconds};

    wavu_modules_fresh(node->modules);
    int rc = find(node, wavu_networks_for(node->networks, what->network, what->member, network), &o,
                  &directs);

    rc = rc < 0 ? rc : wavu_networks_id(other, what->member);
    rc = rc < 0 ? rc : content_of(what, about, &content);
    rc = rc < 0 ? rc : wavu_message_may(node, WAVU_MODULE_DIRECT, &content);
    rc = rc < 0 ? rc : directs_say(directs, &words, said);
    if (rc == 0 && id != NULL) {
        wavu_networks_hex(id, said);
    }
    return rc;
}

/* ---- Chats ---- */

struct chat_at {
    const struct wavu_networks_one *of;
    const struct history_room *room;
    uint64_t came_s; /* of what came last */
    uint64_t messages;
    uint32_t unread;
};

static int by_last(const void *a, const void *b)
{
    const struct chat_at *x = a;
    const struct chat_at *y = b;

    if (x->came_s != y->came_s) {
        return x->came_s < y->came_s ? 1 : -1;
    }
    return memcmp(x->room->id, y->room->id, 32);
}

static int last_of(const struct history_room *room, uint64_t *came_s)
{
    struct history_row row = {.came_s = 0};
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc =
        history_row_get_entry(room->history->config.store, room->number, room->last, &row, &bytes);

    *came_s = row.came_s;
    buf_clear(&bytes);
    return rc;
}

static void show_chat(const struct chat_at *at,
                      void (*each)(void *context, const struct wavu_direct_chat *chat),
                      void *context)
{
    const struct network *n = networks_network(at->of->one);
    const struct history_room *room = at->room;
    char network[WAVU_KEY_TEXT_MAX];
    char name[WAVU_NAME_MAX];
    struct wavu_direct_chat out = {.network = network,
                                   .network_name = name,
                                   .messages = at->messages,
                                   .read = room->read,
                                   .unread = at->unread < HISTORY_UNREAD_MAX ? at->unread
                                                                             : HISTORY_UNREAD_MAX};

    wavu_networks_hex(network, room->history->config.network);
    wavu_networks_name(n, name);
    wavu_networks_hex(out.member, room->other);
    out.is_blocked = wavu_contacts_is_blocked(at->of, room->other);
    out.unread = out.is_blocked ? 0 : out.unread;
    out.is_open = wavu_nicks_of_member(at->of, members_member_of(&n->log, room->other), out.nick);
    each(context, &out);
}

static const struct history *history_of(const struct wavu_networks_one *o)
{
    return rooms_history(wavu_rooms_inside(o->rooms));
}

/* The one of `chats` that is with the same member; or a new one behind them. */
static struct chat_at *chat_with(const struct wavu_networks_one *o, const uint8_t other[32],
                                 struct chat_at *chats, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (chats[i].of == o &&
            span_is_equal(span_of(chats[i].room->other, 32), span_of(other, 32))) {
            return &chats[i];
        }
    }
    return &chats[(*count)++];
}

/* The chats of one network behind `chats`, which has room for them. Who was out and came back has
 * several with one member, of which the later goes on: they are shown as one. */
static int add_chats(const struct wavu_networks_one *o, struct chat_at *chats, size_t *count)
{
    const struct history_room *room = NULL;
    int rc = 0;

    for (size_t at = 0; rc == 0 && (room = history_next_room(history_of(o), &at)) != NULL;) {
        if (room->kind == HISTORY_DIRECT && room->last > 0) {
            struct chat_at *chat = chat_with(o, room->other, chats, count);
            uint64_t came_s = 0;

            rc = last_of(room, &came_s);
            chat->of = o;
            chat->room = room;
            chat->came_s = came_s > chat->came_s ? came_s : chat->came_s;
            chat->messages += room->last;
            chat->unread += room->unread;
        }
    }
    return rc;
}

int wavu_direct_chats(const struct wavu_node *node, const char *network,
                      void (*each)(void *context, const struct wavu_direct_chat *chat),
                      void *context)
{
    struct wavu_networks_one *of[NETWORKS_MAX];
    size_t networks = 0;
    size_t room = 0;
    size_t count = 0;
    int rc = wavu_networks_asked(node->networks, network, of, &networks);

    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < networks; i++) {
        room += history_of(of[i])->rooms.count;
    }
    struct chat_at *chats = mem_new_array(room, sizeof *chats);

    for (size_t i = 0; rc == 0 && i < networks; i++) {
        rc = add_chats(of[i], chats, &count);
    }
    qsort(chats, rc == 0 ? count : 0, sizeof *chats, by_last);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        show_chat(&chats[i], each, context);
    }
    mem_free(chats);
    return rc;
}

int wavu_direct_read(struct wavu_node *node, const char *network, const char *member,
                     const char *id)
{
    struct wavu_networks_one *o = NULL;
    struct directs *directs = NULL;
    struct history_place place;
    uint8_t other[32];
    uint8_t about[32];
    char of[WAVU_KEY_TEXT_MAX];
    int rc = find_any(node, wavu_networks_for(node->networks, network, member, of), &o, &directs);

    rc = rc < 0 ? rc : wavu_networks_id(other, member);
    rc = rc == 0 && id != NULL ? wavu_networks_id(about, id) : rc;
    if (rc < 0) {
        return rc;
    }
    struct history_room *chats[WAVU_DIRECTS_CHATS_MAX];
    const size_t count = wavu_directs_chats(o, other, chats);

    for (size_t i = 0; rc == 0 && i < count && id == NULL; i++) {
        rc = directs_read(directs, chats[i], UINT64_MAX);
    }
    if (id == NULL || count == 0) {
        return count == 0 ? WAVU_ERR_NOT_FOUND : rc;
    }
    rc = WAVU_ERR_NOT_FOUND;
    for (size_t i = 0; rc == WAVU_ERR_NOT_FOUND && i < count; i++) {
        rc = history_find(chats[i], about, &place);
        rc = rc == 0 ? directs_read(directs, chats[i], place.number) : rc;
    }
    return rc;
}

int wavu_direct_receipts(struct wavu_node *node, const char *network, bool is_told)
{
    struct wavu_networks_one *o = NULL;
    struct directs *directs = NULL;
    int rc = find(node, network, &o, &directs);

    return rc < 0 ? rc : directs_tell_read(directs, is_told);
}
