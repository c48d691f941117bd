/*
 * Rooms over the control socket: parameters in, the public interface's wavu/rooms.h asked, one JSON
 * value or one sentence out.
 */
#include "apps/rpc/methods_rooms.h"

#include <jansson.h>
#include <string.h>

#include "apps/rpc/cause.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/methods_modules.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "wavu/rooms.h"

/* Beside what is the network's or the room's fault (cause.h). */
static const struct takes_meaning meanings[] = {
    {WAVU_ERR_NOT_FOUND, "there is no such message in that room: 'wavu history --json' shows ids"},
    {WAVU_ERR_INVALID, "the id of a message or of a member is 64 hexadecimal digits"},
    {WAVU_ERR_AGAIN, cause_waits},
    {WAVU_ERR_PROTO, "a text is UTF-8 and not empty; an edit, a deletion or a reaction needs the "
                     "message that it is about"},
    {WAVU_ERR_LIMIT, "that is too long, or too much waits for the disk; a long text can be sent as "
                     "a file"},
    {0, NULL}};

/* Likewise, of making and changing. */
static const struct takes_meaning wish_meanings[] = {
    {WAVU_ERR_PROTO, "a room's name is text in UTF-8 and not empty, and its topic is such text"},
    {WAVU_ERR_LIMIT, "a room's name has at most 64 bytes, its topic 512; or too much waits for the "
                     "disk: try again in a moment"},
    {WAVU_ERR_DENIED, "only who made the room, or founded the network, can change it"},
    {WAVU_ERR_AGAIN, cause_waits},
    {0, NULL}};

/* The number at `key`, 0 when there is none. False with `error`. */
static bool read_number(const json_t *params, const char *key, json_int_t most, uint64_t *out,
                        struct jsonrpc_error *error)
{
    const json_t *value = json_object_get(params, key);
    json_int_t number = json_integer_value(value);
    bool is_good = value == NULL || json_is_null(value) ||
                   (json_is_integer(value) && number >= 0 && number <= most);
    if (!is_good) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS,
                                        "share and expiry are whole numbers, from 0"};
    }
    *out = (uint64_t)number;
    return is_good;
}

/* ---- Which there are ---- */

static void add_room(void *context, const struct wavu_room *room)
{
    json_t *rooms = context;
    json_t *one = json_object();
    takes_put(one, "id", json_string(room->id));
    takes_put(one, "network", json_string(room->network));
    takes_put(one, "networkName", jsonrpc_text(room->network_name));
    takes_put(one, "name", room->name[0] != '\0' ? jsonrpc_text(room->name) : json_null());
    takes_put(one, "topic", room->topic[0] != '\0' ? jsonrpc_text(room->topic) : json_null());
    takes_put(one, "maker", json_string(room->maker));
    takes_put(one, "isMain", json_boolean(room->is_main));
    takes_put(one, "share", json_integer(room->share));
    takes_put(one, "expiry", json_integer((json_int_t)room->expiry_s));
    takes_put(one, "entries", json_integer((json_int_t)room->entries));
    takes_put(one, "unread", json_integer(room->unread));
    takes_put(one, "read", json_integer((json_int_t)room->read));
    CHECK(json_array_append_new(rooms, one) == 0);
}

json_t *methods_rooms_list(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const char *network = NULL;
    if (!takes_read_network(m, params, &network, error)) {
        return NULL;
    }
    json_t *rooms = json_array();
    int rc = wavu_rooms(m->node, network, add_room, rooms);
    if (rc < 0) {
        json_decref(rooms);
        return cause_fail(m, error, rc, (struct cause_named){network, NULL}, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "rooms", rooms);
    return result;
}

/* ---- Making and changing ---- */

static bool read_wish(const json_t *params, struct wavu_room_wish *wish,
                      struct jsonrpc_error *error)
{
    uint64_t share = 0;
    bool is_good = read_number(params, "share", WAVU_ROOM_SHARE_MAX, &share, error) &&
                   read_number(params, "expiry", WAVU_EXPIRY_S_MAX, &wish->expiry_s, error);
    wish->share = (uint32_t)share;
    return is_good;
}

json_t *methods_rooms_make(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"name", "topic", "network"},
        .count = 3,
        .needed = 1,
        .sentence = "this method takes {\"name\": of the room, \"topic\", \"share\", \"expiry\" "
                    "and \"network\": optional}"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    struct wavu_room_wish wish;
    char id[WAVU_KEY_TEXT_MAX];
    if (!takes_read(&takes, m, params, texts, error) || !read_wish(params, &wish, error)) {
        return NULL;
    }
    wish.name = texts[0];
    wish.topic = texts[1];
    int rc = wavu_room_make(m->node, texts[2], &wish, id);
    if (rc < 0) {
        return cause_fail(m, error, rc, (struct cause_named){texts[2], NULL}, wish_meanings);
    }
    json_t *result = json_object();
    takes_put(result, "room", json_string(id));
    return result;
}

json_t *methods_rooms_set(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"name", "topic", "room", "network"},
        .count = 4,
        .needed = 1,
        .sentence = "this method takes {\"name\": of the room from now on, \"room\": its name or "
                    "id, none for the main room, \"topic\", \"share\", \"expiry\" and "
                    "\"network\": optional}"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    struct wavu_room_wish wish;
    if (!takes_read(&takes, m, params, texts, error) || !read_wish(params, &wish, error)) {
        return NULL;
    }
    wish.name = texts[0];
    wish.topic = texts[1];
    int rc = wavu_room_set(m->node, texts[3], texts[2], &wish);
    return rc < 0
               ? cause_fail(m, error, rc, (struct cause_named){texts[3], texts[2]}, wish_meanings)
               : json_object();
}

json_t *methods_rooms_read(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"room", "upTo", "network"},
        .count = 3,
        .sentence = "this method takes {\"room\": name or id, none for the main room, \"upTo\": a "
                    "message's id, \"network\": name or id}, all optional"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_room_read(m->node, texts[2], texts[0], texts[1]);
    return rc < 0 ? cause_fail(m, error, rc, (struct cause_named){texts[2], texts[0]}, meanings)
                  : json_object();
}

/* ---- Saying ---- */

/* "text", "action", "edit", "delete", "reaction"; NULL: text. False when it is none of them. */
static bool read_kind(const char *text, enum wavu_words_kind *out)
{
    static const char *const names[] = {
        [WAVU_WORDS_TEXT] = "text",         [WAVU_WORDS_ACTION] = "action",
        [WAVU_WORDS_EDIT] = "edit",         [WAVU_WORDS_DELETE] = "delete",
        [WAVU_WORDS_REACTION] = "reaction",
    };
    *out = WAVU_WORDS_TEXT;
    for (size_t i = 0; text != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = (enum wavu_words_kind)i;
            return true;
        }
    }
    return text == NULL;
}

/* What an error means for that kind alone; NULL: nothing else. */
static const char *say_sentence(enum wavu_words_kind kind, int err)
{
    if (err == WAVU_ERR_DENIED && (kind == WAVU_WORDS_EDIT || kind == WAVU_WORDS_DELETE)) {
        return "only who said a message can edit or delete it, and only while 'wavu networks' says "
               "that this node belongs";
    }
    if (err == WAVU_ERR_LIMIT && kind == WAVU_WORDS_REACTION) {
        return "a reaction is one emoji, of 32 bytes at most; or too much waits for the disk: try "
               "again in a moment";
    }
    return NULL;
}

/* The list of ids at "mentions", borrowed from `params`; none when there is none. False when it is
 * something else, or too long. */
static bool read_mentions(const json_t *params, const char *mentions[WAVU_MENTIONS_MAX],
                          struct wavu_words *words)
{
    const json_t *list = json_object_get(params, "mentions");
    const size_t count = json_array_size(list);

    if (list != NULL && !json_is_null(list) && !json_is_array(list)) {
        return false;
    }
    for (size_t i = 0; i < count && i < WAVU_MENTIONS_MAX; i++) {
        mentions[i] = json_string_value(json_array_get(list, i));
        if (mentions[i] == NULL) {
            return false;
        }
    }
    words->mentions = mentions;
    words->mention_count = count;
    return count <= WAVU_MENTIONS_MAX;
}

json_t *methods_rooms_say(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"text", "room", "network", "kind", "target", "reply"},
        .count = 6,
        .sentence = "this method takes {\"text\", \"kind\": text, action, edit, delete or "
                    "reaction, \"target\" and \"reply\": messages' ids, \"expiry\": seconds, "
                    "\"mentions\": up to 64 members' ids, \"room\" and \"network\": name or id}"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    const char *mentions[WAVU_MENTIONS_MAX];
    struct wavu_words words = {.kind = WAVU_WORDS_TEXT};
    char id[WAVU_KEY_TEXT_MAX];
    if (!takes_read(&takes, m, params, texts, error) ||
        !read_number(params, "expiry", WAVU_EXPIRY_S_MAX, &words.expiry_s, error)) {
        return NULL;
    }
    if (!read_kind(texts[3], &words.kind) || !read_mentions(params, mentions, &words)) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, takes.sentence};
        return NULL;
    }
    words.text = texts[0];
    words.text_len = json_string_length(json_object_get(params, "text"));
    words.room = texts[1];
    words.network = texts[2];
    words.target = texts[4];
    words.reply = texts[5];
    int rc = wavu_say_words(m->node, &words, id);
    if (methods_modules_refused(m, rc, error)) {
        return NULL;
    }
    if (rc < 0) {
        (void)cause_fail(m, error, rc, (struct cause_named){texts[2], texts[1]}, meanings);
        const char *sentence = say_sentence(words.kind, rc);
        error->message = sentence != NULL ? sentence : error->message;
        return NULL;
    }
    json_t *result = json_object();
    takes_put(result, "message", json_string(id));
    return result;
}

static void add_reaction(void *context, const struct wavu_reaction *reaction)
{
    json_t *reactions = context;
    json_t *one = json_object();
    takes_put(one, "emoji", jsonrpc_text(reaction->emoji));
    takes_put(one, "count", json_integer(reaction->count));
    takes_put(one, "isOwn", json_boolean(reaction->is_own));
    CHECK(json_array_append_new(reactions, one) == 0);
}

json_t *methods_rooms_reactions(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"message", "room", "network"},
        .count = 3,
        .needed = 1,
        .sentence = "this method takes {\"message\": an id, \"room\" and \"network\": name or id}"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    json_t *reactions = json_array();
    int rc = wavu_reactions(m->node, texts[2], texts[1], texts[0], add_reaction, reactions);
    if (rc < 0) {
        json_decref(reactions);
        return cause_fail(m, error, rc, (struct cause_named){texts[2], texts[1]}, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "reactions", reactions);
    return result;
}
