/*
 * Public: all that can be said in rooms.
 */
#include <string.h>

#include "node/wavu_message.h"
#include "node/wavu_modules.h"
#include "node/wavu_node.h"
#include "node/wavu_room.h"
#include "node/wavu_rooms.h"
#include "wavu/rooms.h"

_Static_assert(WAVU_EXPIRY_S_MAX == CONTENT_EXPIRY_MAX, "one limit");
_Static_assert(WAVU_MENTIONS_MAX == CONTENT_MENTIONS_MAX, "one limit");

/* What ids of a message point to, while it is said. */
struct words_ids {
    uint8_t target[32];
    uint8_t reply[32];
    uint8_t mentions[WAVU_MENTIONS_MAX][32];
};

static const enum content_kind kinds[] = {
    [WAVU_WORDS_TEXT] = CONTENT_TEXT,         [WAVU_WORDS_ACTION] = CONTENT_ME,
    [WAVU_WORDS_EDIT] = CONTENT_EDIT,         [WAVU_WORDS_DELETE] = CONTENT_DELETE,
    [WAVU_WORDS_REACTION] = CONTENT_REACTION,
};

/* An id, or none. */
static int read_id(const char *text, uint8_t id[32], const uint8_t **out)
{
    int rc = text == NULL ? 0 : wavu_networks_id(id, text);

    *out = text == NULL ? NULL : id;
    return rc;
}

/* `content` as `words` say; what it points to is in `ids` and `words`. */
static int read_words(const struct wavu_words *words, struct words_ids *ids,
                      struct content *content)
{
    struct span text = span_of(words->text, words->text == NULL ? 0 : words->text_len);

    if (words->kind > WAVU_WORDS_REACTION || words->mention_count > WAVU_MENTIONS_MAX ||
        words->expiry_s > WAVU_EXPIRY_S_MAX) {
        return WAVU_ERR_INVALID;
    }
    if (text.len > WAVU_TEXT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    content->kind = kinds[words->kind];
    if (words->kind == WAVU_WORDS_REACTION) {
        content->emoji = text;
    } else if (words->kind != WAVU_WORDS_DELETE) {
        content->text = text;
    }
    int rc = read_id(words->target, ids->target, &content->target);
    rc = rc < 0 ? rc : read_id(words->reply, ids->reply, &content->reply);
    content->mention_count = words->mention_count;
    for (size_t i = 0; rc == 0 && i < words->mention_count; i++) {
        rc = read_id(words->mentions[i], ids->mentions[i], &content->mentions[i]);
    }
    return rc;
}

/* What it is about has to be here, and one's own to be edited or deleted. */
static int check_about(const struct history_room *room, const struct content *c)
{
    const struct history *h = room->history;
    const uint8_t *about = c->target != NULL ? c->target : c->reply;
    struct history_place place;

    if (about == NULL) {
        return 0;
    }
    int rc = history_find(room, about, &place);

    if (rc == 0 && (c->kind == CONTENT_EDIT || c->kind == CONTENT_DELETE)) {
        const struct history_device *author = history_device_at(h, place.device);
        bool is_own = author != NULL && memcmp(author->member, h->config.member, 32) == 0;

        rc = is_own ? 0 : WAVU_ERR_DENIED;
    }
    return rc;
}

int wavu_say_words(struct wavu_node *node, const struct wavu_words *words,
                   char id[WAVU_KEY_TEXT_MAX])
{
    struct wavu_networks_one *o = NULL;
    struct history_room *room = NULL;
    struct content content = {.unix_ms = node->port->wall_ms(node->port)};
    struct words_ids ids;
    uint8_t entry[ENTRY_ID_SIZE];
    wavu_modules_fresh(node->modules);
    int rc = read_words(words, &ids, &content);

    rc = rc < 0 ? rc : wavu_room_network(node, words->network, &o);
    rc = rc < 0 ? rc : wavu_room_find(o, words->room, &room);
    rc = rc < 0 ? rc : content_check(&content);
    rc = rc < 0 ? rc : check_about(room, &content);
    rc = rc < 0 ? rc : wavu_message_may(node, WAVU_MODULE_ROOM, &content);
    rc = rc < 0
             ? rc
             : rooms_say(wavu_rooms_inside(o->rooms), room->id, &content, words->expiry_s, entry);
    if (rc == 0 && id != NULL) {
        wavu_networks_hex(id, entry);
    }
    return rc;
}

int wavu_say(struct wavu_node *node, const char *network, const char *text, size_t len,
             char id[WAVU_KEY_TEXT_MAX])
{
    const struct wavu_words words = {.network = network, .text = text, .text_len = len};

    return wavu_say_words(node, &words, id);
}
