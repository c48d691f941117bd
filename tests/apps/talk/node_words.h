/*
 * A person who types commands to the scripted node (node.h): answers of the methods behind them,
 * and what was told.
 */
#ifndef TESTS_APPS_TALK_NODE_WORDS_H
#define TESTS_APPS_TALK_NODE_WORDS_H

#include "tests/apps/talk/node_world.h"

static json_t *node_asked;          /* parameters of the last of these methods */
static const char *node_asked_name; /* and which it was */

static inline json_t *node_canned(const char *name, const json_t *params, const char *answer)
{
    json_decref(node_asked);
    node_asked = params != NULL ? json_deep_copy(params) : json_object();
    node_asked_name = name;
    return json_loads(answer, 0, NULL);
}

#define NODE_CANNED(stem, name, answer)                                                            \
    static inline json_t *node_##stem(void *context, const json_t *params,                         \
                                      struct jsonrpc_error *error)                                 \
    {                                                                                              \
        (void)context;                                                                             \
        (void)error;                                                                               \
        return node_canned(name, params, answer);                                                  \
    }

NODE_CANNED(invite, "network.invite",
            "{\"code\":\"7-simba-mto-jua\",\"qr\":\"wavu:x\",\"openMs\":600000,\"after\":1}")
NODE_CANNED(invite_key, "network.inviteKey", "{}")
NODE_CANNED(join, "network.join", "{\"after\":1}")
NODE_CANNED(join_key, "network.joinKey", "{\"after\":1}")
NODE_CANNED(revoke, "network.revoke", "{\"holds\":true}")
NODE_CANNED(leave, "network.leave", "{}")
NODE_CANNED(room_make, "room.make", "{\"room\":\"bb77\"}")
NODE_CANNED(number, "contact.number", "{\"digits\":\"12345 67890\",\"mark\":\"unverified\"}")
NODE_CANNED(verify, "contact.verify", "{\"mark\":\"verified\"}")
NODE_CANNED(file_send, "file.send", "{\"send\":1,\"after\":1}")
NODE_CANNED(
    file_list, "file.list",
    "{\"files\":[{\"id\":\"f1f1f1f100\",\"name\":\"ramani.png\",\"size\":2048,\"nick\":"
    "\"Chui\",\"state\":\"offered\",\"path\":null},{\"id\":\"f2f2f2f200\",\"name\":\"x\"}]}")
NODE_CANNED(file_accept, "file.accept",
            "{\"file\":{\"name\":\"ramani.png\",\"state\":\"coming\"},\"after\":1}")
NODE_CANNED(sos_call, "sos.call", "{\"id\":\"s1\",\"notice\":\"This calls no ambulance.\"}")
NODE_CANNED(sos_cancel, "sos.cancel", "{}")
NODE_CANNED(sos_ack, "sos.ack", "{}")
NODE_CANNED(peers, "node.peers",
            "{\"peers\":[{\"peerId\":\"12D3\",\"rttMs\":1.25,\"secured\":\"hybrid\",\"address\":"
            "\"/ip4/1.2.3.4\"}]}")
NODE_CANNED(mesh, "mesh.members",
            "{\"members\":[{\"peerId\":\"12D3\",\"isSelf\":true,\"isReachable\":true,\"links\":"
            "[\"a\",\"b\"]}]}")

/* Which is asked behind each of the others, too. */
static inline json_t *node_sos_list(void *context, const json_t *params,
                                    struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    return json_loads("{\"calls\":[{\"id\":\"s7\",\"isOwn\":false,\"isSeen\":false,\"isOver\":"
                      "false,\"beganUnixMs\":5},{\"id\":\"s8\",\"isOwn\":true}]}",
                      0, NULL);
}

/* Whoever's name begins so. */
static inline json_t *node_find(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const char *const names[] = {"Amina", "Baraka wa Kwanza", "Baraka wa Pili"};
    static const char *const ids[] = {NODE_SELF, NODE_BARAKA, NODE_CHUI};
    const char *who = json_string_value(json_object_get(params, "who"));
    json_t *members = json_array();
    (void)context;
    (void)error;
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(names[i], who, strlen(who)) == 0) {
            (void)json_array_append_new(
                members, json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", ids[i], "shown", names[i],
                                   "key", NODE_KEY, "standing", "member", "isSelf", i == 0));
        }
    }
    return json_pack("{s:o}", "members", members);
}

#define NODE_MORE_METHODS                                                                          \
    {"network.find", node_find}, {"network.invite", node_invite},                                  \
        {"network.inviteKey", node_invite_key}, {"network.join", node_join},                       \
        {"network.joinKey", node_join_key}, {"network.revoke", node_revoke},                       \
        {"network.leave", node_leave}, {"room.make", node_room_make},                              \
        {"contact.number", node_number}, {"contact.verify", node_verify},                          \
        {"file.send", node_file_send}, {"file.list", node_file_list},                              \
        {"file.accept", node_file_accept}, {"sos.call", node_sos_call},                            \
        {"sos.cancel", node_sos_cancel}, {"sos.list", node_sos_list}, {"sos.ack", node_sos_ack},   \
        {"node.peers", node_peers},                                                                \
    {                                                                                              \
        "mesh.members", node_mesh                                                                  \
    }

#include "tests/apps/talk/node.h"

#include "apps/talk/talk_words.h"

static struct talk_words *words;
static int words_done;
static int words_err;
static enum talk_words_outcome words_outcome;
static struct talk_chat *words_chat;
static char words_question[TALK_LINE_MAX];
static bool words_shows; /* the face shows outcomes itself */
static char words_ran[256];

static inline bool words_on_outcome(void *context, const struct talk_words_told *outcome)
{
    (void)context;
    words_outcome = outcome->outcome;
    words_chat = outcome->chat;
    return words_shows;
}

static inline void words_on_confirm(void *context, const char *question)
{
    (void)context;
    (void)snprintf(words_question, sizeof words_question, "%s", question);
}

static inline bool words_on_run(void *context, const char *const *run)
{
    (void)context;
    words_ran[0] = '\0';
    for (; *run != NULL; run++) {
        const size_t used = strlen(words_ran);
        (void)snprintf(words_ran + used, sizeof words_ran - used, "%s ", *run);
    }
    return true;
}

static char words_unsaid[256]; /* "chat: text; " of each */

static inline void words_on_unsaid(void *context, struct talk_chat *chat, const char *text)
{
    const size_t used = strlen(words_unsaid);
    (void)context;
    (void)snprintf(words_unsaid + used, sizeof words_unsaid - used, "%s: %s; ", chat->name, text);
}

static inline void words_on_done(void *context, int err, const char *id)
{
    (void)context;
    (void)id;
    words_done++;
    words_err = err;
}

static const struct talk_words_user words_user = {.outcome = words_on_outcome,
                                                  .confirm = words_on_confirm,
                                                  .run = words_on_run,
                                                  .unsaid = words_on_unsaid,
                                                  .done = words_on_done};
static const struct talk_words_user words_plain = {.outcome = words_on_outcome,
                                                   .done = words_on_done};

static inline int words_begin(void **state, const struct talk_words_user *user)
{
    int rc = node_start_settled(state);
    node_asked_name = "";
    words_done = 0;
    words_unsaid[0] = '\0';
    words_shows = false;
    words_question[0] = '\0';
    words = rc == 0 ? talk_words_new(the_talk, user, NULL) : NULL;
    return rc;
}

static inline int words_start(void **state)
{
    return words_begin(state, &words_user);
}

/* A face that cannot ask or run anything. */
static inline int words_start_plain(void **state)
{
    return words_begin(state, &words_plain);
}

static inline int words_stop(void **state)
{
    talk_free(the_talk);
    the_talk = NULL;
    talk_words_free(words);
    json_decref(node_asked);
    node_asked = NULL;
    return node_stop(state);
}

/* Type it in the room "safari". What came of it is in words_err, what was told last in told.line.
 */
static inline void type(const char *line)
{
    const int before = words_done;
    words_err = 1;
    told.line[0] = '\0';
    int rc = talk_words_enter(words, chat_named("safari"), line);
    node_settle();
    if (rc < 0) {
        assert_int_equal(words_done, before);
        words_err = rc;
    }
}

static inline void holds(const char *part)
{
    if (strstr(told.line, part) == NULL) {
        fail_msg("'%s' does not hold '%s'", told.line, part);
    }
}

static inline const char *asked(const char *key)
{
    const char *text = json_string_value(json_object_get(node_asked, key));
    return text != NULL ? text : "";
}

#define WORDS(test) cmocka_unit_test_setup_teardown(test, words_start, words_stop)
#define WORDS_PLAIN(test) cmocka_unit_test_setup_teardown(test, words_start_plain, words_stop)

#endif
