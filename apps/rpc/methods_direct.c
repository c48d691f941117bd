/*
 * Direct chats and histories over the control socket: parameters in, wavu/direct.h and
 * wavu/history.h asked, one JSON value or one sentence out.
 */
#include "apps/rpc/methods_direct.h"

#include <jansson.h>

#include "apps/rpc/cause.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/methods_modules.h"
#include "apps/rpc/takes.h"
#include "base/buf.h"
#include "base/check.h"
#include "wavu/direct.h"
#include "wavu/history.h"

/* ---- Parameters ---- */

/* The number at `key`, not below 0; `other` when there is none. */
static uint64_t number_at(const json_t *params, const char *key, uint64_t other, bool *is_good)
{
    const json_t *value = json_object_get(params, key);

    if (value == NULL || json_is_null(value)) {
        return other;
    }
    *is_good = *is_good && json_is_integer(value) && json_integer_value(value) >= 0;
    return *is_good ? (uint64_t)json_integer_value(value) : other;
}

/* Beside what is the network's or the room's fault (cause.h). */
static const struct takes_meaning meanings[] = {
    {WAVU_ERR_NOT_FOUND, "there is no such member, or no such message with that one, or no device "
                         "of theirs belongs; 'wavu members' and 'wavu history --with' list them"},
    {WAVU_ERR_INVALID, "ids of members and messages are 64 hexadecimal digits"},
    {WAVU_ERR_DENIED, "that member left or was put out, or this node did or was; or the message is "
                      "somebody else's"},
    {WAVU_ERR_PROTO, "what is said is text in UTF-8, and not empty"},
    {WAVU_ERR_LIMIT, "the text is too long, or too much waits to be brought; long texts go as "
                     "files"},
    {WAVU_ERR_AGAIN, "the disk is behind, or full; try again in a moment"},
    {0, NULL}};

/* Always NULL. */
static json_t *fail(const struct methods *m, struct jsonrpc_error *error, int err,
                    const char *network)
{
    return cause_fail(m, error, err, (struct cause_named){network, NULL}, meanings);
}

/* ---- Saying ---- */

json_t *methods_direct_say(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes_meaning oneself[] = {
        {WAVU_ERR_INVALID, "that is you: say to whom else; 'wavu members' lists people"},
        {0, NULL}};
    const struct methods *m = context;
    char id[WAVU_KEY_TEXT_MAX];
    bool is_good = true;
    const struct wavu_direct what = {.network = takes_text_at(params, "network", &is_good),
                                     .member = takes_text_at(params, "member", &is_good),
                                     .kind = takes_text_at(params, "kind", &is_good),
                                     .text = takes_text_at(params, "text", &is_good),
                                     .len = json_string_length(json_object_get(params, "text")),
                                     .about = takes_text_at(params, "about", &is_good),
                                     .seconds = number_at(params, "seconds", 0, &is_good)};

    if (!is_good || what.member == NULL) {
        return takes_refuse(error,
                            "this method takes {\"member\": id, \"text\": words, and optionally "
                            "\"network\", \"kind\", \"about\": a message's id, \"seconds\"}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    int rc = wavu_direct_say(m->node, &what, id);

    if (methods_modules_refused(m, rc, error)) {
        return NULL;
    }
    if (rc == WAVU_ERR_INVALID && cause_is_id(what.member) && cause_is_id(what.about)) {
        return cause_fail(m, error, rc, (struct cause_named){what.network, NULL}, oneself);
    }
    if (rc < 0) {
        return fail(m, error, rc, what.network);
    }
    json_t *result = json_object();
    takes_put(result, "id", json_string(id));
    return result;
}

/* ---- Chats ---- */

static void add_chat(void *context, const struct wavu_direct_chat *chat)
{
    json_t *chats = context;
    json_t *one = json_object();

    takes_put(one, "network", json_string(chat->network));
    takes_put(one, "networkName", jsonrpc_text(chat->network_name));
    takes_put(one, "member", json_string(chat->member));
    takes_put(one, "nick", takes_text_or_null(chat->nick));
    takes_put(one, "messages", json_integer((json_int_t)chat->messages));
    takes_put(one, "unread", json_integer(chat->unread));
    takes_put(one, "read", takes_count(chat->read));
    takes_put(one, "isOpen", json_boolean(chat->is_open));
    takes_put(one, "isBlocked", json_boolean(chat->is_blocked));
    CHECK(json_array_append_new(chats, one) == 0);
}

json_t *methods_direct_chats(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    bool is_good = true;
    const char *network = takes_text_at(params, "network", &is_good);

    if (!is_good) {
        return takes_refuse(error, "this method takes {\"network\": name or id, optional}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    json_t *chats = json_array();
    int rc = wavu_direct_chats(m->node, network, add_chat, chats);

    if (rc < 0) {
        json_decref(chats);
        return fail(m, error, rc, network);
    }
    json_t *result = json_object();
    takes_put(result, "chats", chats);
    return result;
}

json_t *methods_direct_read(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    bool is_good = true;
    const char *network = takes_text_at(params, "network", &is_good);
    const char *member = takes_text_at(params, "member", &is_good);
    const char *id = takes_text_at(params, "id", &is_good);

    if (!is_good || member == NULL) {
        return takes_refuse(error,
                            "this method takes {\"member\": id, \"network\": optional, \"id\": "
                            "of a message, optional}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    int rc = wavu_direct_read(m->node, network, member, id);

    return rc < 0 ? fail(m, error, rc, network) : json_object();
}

json_t *methods_direct_receipts(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    bool is_good = true;
    const char *network = takes_text_at(params, "network", &is_good);
    const json_t *on = json_object_get(params, "on");

    if (!is_good || !json_is_boolean(on)) {
        return takes_refuse(error,
                            "this method takes {\"on\": true or false, \"network\": optional}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    int rc = wavu_direct_receipts(m->node, network, json_is_true(on));

    return rc < 0 ? fail(m, error, rc, network) : json_object();
}

/* ---- Histories ---- */

struct looking {
    json_t *messages;
    struct buf text; /* of one message, with NUL */
    size_t bytes;    /* of all */
};

static json_t *text_of(struct looking *l, const struct wavu_message *message)
{
    static const uint8_t end = 0;

    l->text.len = 0;
    if (buf_append(&l->text, span_of(message->text, message->text_len)) < 0 ||
        buf_append(&l->text, span_of(&end, 1)) < 0) {
        return json_null();
    }
    l->bytes += message->text_len + message->mention_count * WAVU_KEY_TEXT_MAX;
    return jsonrpc_long_text((const char *)l->text.ptr, WAVU_TEXT_MAX);
}

static json_t *reactions_of(const struct wavu_message *message)
{
    json_t *reactions = json_array();

    for (size_t i = 0; i < message->reaction_count; i++) {
        const struct wavu_reaction *reaction = &message->reactions[i];
        json_t *one = json_object();

        takes_put(one, "emoji", jsonrpc_text(reaction->emoji));
        takes_put(one, "count", json_integer(reaction->count));
        takes_put(one, "isOwn", json_boolean(reaction->is_own));
        CHECK(json_array_append_new(reactions, one) == 0);
    }
    return reactions;
}

static void add_message(void *context, const struct wavu_message *message)
{
    struct looking *l = context;

    if (l->bytes > METHODS_DIRECT_LOOK_BYTES) {
        return; /* a smaller page is looked at next */
    }
    json_t *one = json_object();

    takes_put(one, "id", json_string(message->id));
    takes_put(one, "author", json_string(message->author));
    takes_put(one, "nick", takes_text_or_null(message->nick));
    takes_put(one, "shown", json_string(message->shown));
    takes_put(one, "kind", json_string(message->kind));
    takes_put(one, "text", text_of(l, message));
    takes_put(one, "number", json_integer((json_int_t)message->number));
    takes_put(one, "unixMs", takes_count(message->unix_ms));
    takes_put(one, "about", takes_text_or_null(message->about));
    takes_put(one, "reactions", reactions_of(message));
    takes_put(one, "mentions", takes_mentions(message));
    takes_put(one, "isMentioned", json_boolean(message->is_mentioned));
    takes_put(one, "state", takes_text_or_null(message->state));
    takes_put(one, "holder", takes_text_or_null(message->holder));
    takes_put(one, "receipts", json_integer(message->receipts));
    takes_put(one, "isOwn", json_boolean(message->is_own));
    takes_put(one, "isEdited", json_boolean(message->is_edited));
    takes_put(one, "isGone", json_boolean(message->is_gone));
    takes_put(one, "isLate", json_boolean(message->is_late));
    takes_put(one, "isHidden", json_boolean(message->is_hidden));
    takes_put(one, "isBlocked", json_boolean(message->is_blocked));
    takes_put(one, "isFiltered", json_boolean(message->is_filtered));
    takes_put(one, "filter", takes_text_or_null(message->filter));
    CHECK(json_array_append_new(l->messages, one) == 0);
}

/* Pages of what is asked for, smaller than all of it: the last ones are there, and `isMore`. */
static int look(const struct methods *m, struct wavu_history_of *of, struct looking *l)
{
    int rc = 0;

    do { /* fewer, when they are long */
        json_array_clear(l->messages);
        l->bytes = 0;
        rc = wavu_history_look(m->node, of, add_message, l);
        of->max = l->bytes > METHODS_DIRECT_LOOK_BYTES ? of->max / 2 : of->max;
    } while (rc == 0 && l->bytes > METHODS_DIRECT_LOOK_BYTES && of->max > 0);
    return rc;
}

/* What came after that number, likewise cut; `*number` moves. */
static int look_since(const struct methods *m, struct wavu_history_of *of, uint64_t *number,
                      bool *is_more, struct looking *l)
{
    const uint64_t since = *number;
    int rc = 0;

    do {
        json_array_clear(l->messages);
        l->bytes = 0;
        *number = since;
        rc = wavu_history_since(m->node, of, number, is_more, add_message, l);
        of->max = l->bytes > METHODS_DIRECT_LOOK_BYTES ? of->max / 2 : of->max;
    } while (rc == 0 && l->bytes > METHODS_DIRECT_LOOK_BYTES && of->max > 0);
    return rc;
}

json_t *methods_direct_look(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    bool is_good = true;
    struct wavu_history_of of = {.network = takes_text_at(params, "network", &is_good),
                                 .room = takes_text_at(params, "room", &is_good),
                                 .member = takes_text_at(params, "member", &is_good),
                                 .words = takes_text_at(params, "words", &is_good),
                                 .before = takes_text_at(params, "before", &is_good),
                                 .after = takes_text_at(params, "after", &is_good),
                                 .at = takes_text_at(params, "at", &is_good)};
    const uint64_t max = number_at(params, "max", 50, &is_good);
    const json_t *since = json_object_get(params, "since");
    const bool is_since = since != NULL && !json_is_null(since);
    uint64_t number = number_at(params, "since", 0, &is_good);
    bool is_more = false;
    struct looking l = {.bytes = 0};

    if (!is_good || (of.room != NULL && of.member != NULL) ||
        (is_since &&
         (of.words != NULL || of.before != NULL || of.after != NULL || of.at != NULL))) {
        return takes_refuse(error,
                            "this method takes, all optional, {\"network\", \"room\" or "
                            "\"member\": id, \"words\", \"before\", \"after\" or \"at\": a "
                            "message's id, or in place of these \"since\": a number, \"max\"}");
    }
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    of.max = max < METHODS_DIRECT_LOOK_MAX ? (size_t)max : METHODS_DIRECT_LOOK_MAX;
    l.messages = json_array();
    buf_init(&l.text, WAVU_TEXT_MAX + 1024);
    int rc = is_since ? look_since(m, &of, &number, &is_more, &l) : look(m, &of, &l);

    buf_clear(&l.text);
    if (rc < 0) {
        json_decref(l.messages);
        return cause_fail(m, error, rc, (struct cause_named){of.network, of.room}, meanings);
    }
    json_t *result = json_object();
    is_more = is_since ? is_more : of.max > 0 && json_array_size(l.messages) == of.max;
    takes_put(result, "isMore", json_boolean(is_more));
    if (is_since) {
        takes_put(result, "upTo", takes_count(number));
    }
    takes_put(result, "messages", l.messages);
    return result;
}
