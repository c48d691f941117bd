/*
 * The peer is looked up among the members by what was typed of its id; then the running node is
 * asked to send, and then for the verdict, which it tells when it is there.
 */
#include "apps/wavu/cmd_send.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/wavu/cmd_ask.h"
#include "apps/term/say.h"
#include "wavu/mesh.h"

#define CMD_SEND_PART_MIN 6   /* characters: all ids begin with the same eight */
#define CMD_SEND_WHOLE_MIN 46 /* characters of the shortest peer id */
#define CMD_SEND_NAMED_MAX 8  /* candidates in a sentence */
#define CMD_SEND_PAUSE_MS                                                                          \
    50 /* behind an answer without verdict, of a node that does not let wait */

/* Members that fit what was typed. */
struct found {
    const char *id; /* the first; borrowed */
    size_t count;
    char names[CMD_SEND_NAMED_MAX * (WAVU_PEER_TEXT_MAX + 2)]; /* "a, b, c" */
};

static bool cmd_send_fits(const char *id, const char *part)
{
    size_t id_len = strlen(id);
    size_t len = strlen(part);
    return id_len >= len && (strncmp(id, part, len) == 0 || strcmp(id + id_len - len, part) == 0);
}

static void cmd_send_find(const json_t *members, const char *part, struct found *found)
{
    size_t used = 0;
    *found = (struct found){.count = 0};
    for (size_t i = 0; i < json_array_size(members); i++) {
        const char *id = cmd_ask_text(json_array_get(members, i), "peerId");
        if (!cmd_send_fits(id, part) || strlen(id) >= WAVU_PEER_TEXT_MAX) {
            continue;
        }
        if (found->count < CMD_SEND_NAMED_MAX) {
            int put = snprintf(found->names + used, sizeof found->names - used, "%s%s",
                               found->count > 0 ? ", " : "", id);
            used += put > 0 ? (size_t)put : 0;
        }
        found->id = found->count == 0 ? id : found->id;
        found->count++;
    }
}

/* Find whom `part` means. Returns 0 with the id, or an exit code after a sentence. */
static int cmd_send_resolve(const json_t *members, const char *part, char id[WAVU_PEER_TEXT_MAX])
{
    struct found found;
    char clean[SAY_CLEAN_MAX];
    cmd_send_find(members, part, &found);
    if (found.count > CMD_SEND_NAMED_MAX) {
        return say_problem(SAY_USAGE, "'%s' fits %zu members, such as %s; type more of the id",
                           part, found.count, say_clean(found.names, clean));
    }
    if (found.count > 1) {
        return say_problem(SAY_USAGE, "'%s' fits %zu members: %s; type more of the id", part,
                           found.count, say_clean(found.names, clean));
    }
    if (found.count == 1) {
        (void)snprintf(id, WAVU_PEER_TEXT_MAX, "%s", found.id);
        return 0;
    }
    if (strlen(part) >= CMD_SEND_WHOLE_MIN && strlen(part) < WAVU_PEER_TEXT_MAX) {
        (void)snprintf(id, WAVU_PEER_TEXT_MAX, "%s", part); /* the node judges it */
        return 0;
    }
    return say_problem(SAY_NOT_FOUND,
                       "no member's id begins or ends with '%s'; 'wavu members --nodes' lists them",
                       part);
}

/* What the node's word for a verdict means to people. Returns the exit code. */
static int cmd_send_verdict(const json_t *result)
{
    char clean[SAY_CLEAN_MAX];
    char word[SAY_CLEAN_MAX];
    const char *state = cmd_ask_text(result, "state");
    const char *peer = say_clean(cmd_ask_text(result, "peer"), clean);
    int err = WAVU_ERR_AGAIN;
    while (err > WAVU_ERR_DOWNGRADE && strcmp(wavu_err_name(err), state) != 0) {
        err--;
    }
    if (strcmp(state, "delivered") == 0) {
        return SAY_OK;
    }
    switch (err) {
    case WAVU_ERR_TIMEOUT:
        return say_problem(SAY_TIMEOUT, "no answer from %s; it may have arrived all the same",
                           peer);
    case WAVU_ERR_UNREACHABLE:
        return say_problem(SAY_FAILURE,
                           "no way to %s now; 'wavu members --nodes' lists who is there", peer);
    case WAVU_ERR_AGAIN:
        return say_problem(SAY_FAILURE, "too much is being sent already; try again in a second");
    case WAVU_ERR_LIMIT:
        return say_problem(SAY_USAGE, "send takes a text of at most %d bytes", WAVU_SEND_MAX);
    case WAVU_ERR_INVALID:
        return say_problem(SAY_USAGE, "'%s' is no peer id of another node", peer);
    case WAVU_ERR_UNSUPPORTED:
        return say_problem(SAY_FAILURE, "%s has a kind of key that members of a mesh have not",
                           peer);
    case WAVU_ERR_DENIED:
        return say_problem(SAY_DENIED, "a filter of this node does not let that be said; 'wavu "
                                       "module list' lists them");
    case WAVU_ERR_SHUTDOWN:
        return say_problem(SAY_FAILURE, "the node went down before %s answered", peer);
    default:
        return say_problem(SAY_FAILURE,
                           "the node says '%s' of the text to %s; is it of another "
                           "version?",
                           say_clean(state, word), peer);
    }
}

/* Wait for the verdict; `*result` becomes it. Returns 0 or an exit code. */
static int cmd_send_wait(const struct call *call, json_t **result)
{
    static const struct timespec pause = {.tv_nsec = CMD_SEND_PAUSE_MS * 1000000L};
    int code = 0;
    while (code == 0 && strcmp(cmd_ask_text(*result, "state"), "underway") == 0) {
        uint64_t wait_ms = cmd_ask_count(*result, "withinMs");
        json_t *params =
            json_pack("{s:O,s:b}", "number", json_object_get(*result, "number"), "wait", true);
        json_decref(*result);
        *result = NULL;
        code = cmd_ask_wait(call, "mesh.sent", params, wait_ms, result);
        json_decref(params);
        if (code == 0 && strcmp(cmd_ask_text(*result, "state"), "underway") == 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return code;
}

static int cmd_send_to(const struct call *call, const char *peer, const char *text)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s,s:s}", "peer", peer, "text", text);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "send takes a peer's id and text in UTF-8");
    }
    int code = cmd_ask(call, "mesh.send", params, &result);
    json_decref(params);
    code = code == 0 ? cmd_send_wait(call, &result) : code;
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    }
    if (code == 0) {
        code = cmd_send_verdict(result);
    }
    if (code == 0 && !call->is_json) {
        say_out("delivered to %s\n", peer);
    }
    json_decref(result);
    return code;
}

int cmd_send_run(struct call *call)
{
    const char *part = call->args.words[0];
    const char *text = call->args.words[1];
    char peer[WAVU_PEER_TEXT_MAX] = "";
    json_t *result = NULL;
    if (strlen(part) < CMD_SEND_PART_MIN) {
        return say_problem(SAY_USAGE,
                           "PEER is a peer id, or at least %d of its first or last characters, not "
                           "'%s'",
                           CMD_SEND_PART_MIN, part);
    }
    if (strlen(text) > WAVU_SEND_MAX) {
        return say_problem(SAY_USAGE, "send takes a text of at most %d bytes", WAVU_SEND_MAX);
    }
    int code = say_check_text("send", text, strlen(text));
    code = code != 0 ? code : cmd_ask(call, "mesh.members", NULL, &result);
    if (code == 0) {
        code = cmd_send_resolve(json_object_get(result, "members"), part, peer);
    }
    json_decref(result);
    return code == 0 ? cmd_send_to(call, peer, text) : code;
}
