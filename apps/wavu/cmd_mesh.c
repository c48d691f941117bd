/*
 * The mesh as a list, as a drawing, as a graph for Graphviz, and as it changes.
 */
#include "apps/wavu/cmd_mesh.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/term/say.h"
#include "wavu/mesh.h"

#define CMD_MESH_SHORT 8 /* last letters of a peer id in drawings: the first ones are all alike */
#define CMD_MESH_ID_WIDTH 52  /* of an Ed25519 peer id; a line has 80 columns */
#define CMD_MESH_FINE_MS 1000 /* round trips below are shown to the microsecond */
#define CMD_MESH_WAIT_MS (UINT64_C(1000) * 3600 * 24 * 365) /* for the next event */
#define CMD_MESH_PAUSE_MS 100 /* behind an empty answer, of a node that does not let wait */

static const char *cmd_mesh_short(const char *id)
{
    size_t len = strlen(id);
    return len > CMD_MESH_SHORT ? id + len - CMD_MESH_SHORT : id;
}

/* No way leads there; older nodes do not say. */
static bool cmd_mesh_is_gone(const json_t *member)
{
    return json_is_false(json_object_get(member, "isReachable"));
}

static void cmd_mesh_print_member(const json_t *member)
{
    char clean[SAY_CLEAN_MAX];
    const json_t *rtt = json_object_get(member, "rttMs");
    const char *state = json_is_true(json_object_get(member, "isSelf"))        ? tongue("this node")
                        : json_is_true(json_object_get(member, "isSuspected")) ? tongue("suspected")
                        : json_is_true(json_object_get(member, "isNeighbour")) ? tongue("neighbour")
                        : cmd_mesh_is_gone(member)                             ? tongue("no way")
                                                                               : tongue("known");
    say_out("%-*s %-*s %5zu", CMD_MESH_ID_WIDTH, say_clean(cmd_ask_text(member, "peerId"), clean),
            tongue_width(state, 9), state, json_array_size(json_object_get(member, "links")));
    if (json_is_number(rtt)) {
        say_out("  %7.*f ms", json_number_value(rtt) < CMD_MESH_FINE_MS ? 3 : 1,
                json_number_value(rtt));
    }
    say_out("\n");
}

static void cmd_mesh_print_members(const json_t *members)
{
    say_out("%-*s %-9s %5s  %s\n", CMD_MESH_ID_WIDTH, "NODE", "STATE", "LINKS", "ROUND TRIP");
    for (size_t i = 0; i < json_array_size(members); i++) {
        cmd_mesh_print_member(json_array_get(members, i));
    }
}

int cmd_mesh_members_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "mesh.members", NULL, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_mesh_print_members(json_object_get(result, "members"));
    }
    json_decref(result);
    return code;
}

/* ---- Topology ---- */

/* Each node with those that it calls its neighbours. What one says that is gone is old. */
static void cmd_mesh_draw(const json_t *members)
{
    char clean[SAY_CLEAN_MAX];
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);
        const json_t *links = json_object_get(member, "links");
        const char *id = cmd_ask_text(member, "peerId");
        say_out("%s%s --", say_clean(cmd_mesh_short(id), clean),
                json_is_true(json_object_get(member, "isSelf")) ? "*" : " ");
        for (size_t at = 0; at < json_array_size(links); at++) {
            const char *link = json_string_value(json_array_get(links, at));
            say_out(" %s", say_clean(cmd_mesh_short(link != NULL ? link : ""), clean));
        }
        say_out("%s\n", cmd_mesh_is_gone(member) ? tongue("  (no way)") : "");
    }
}

/* The member `id`, borrowed; NULL when it is not known. */
static const json_t *cmd_mesh_find(const json_t *members, const char *id)
{
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);
        if (strcmp(cmd_ask_text(member, "peerId"), id) == 0) {
            return member;
        }
    }
    return NULL;
}

/* Whether the line from `id` to `link` is drawn with `id`'s others: of two ends that both tell of
 * it, with the lesser one's; with none when one of them is gone. */
static bool cmd_mesh_is_drawn(const json_t *members, const char *id, const char *link)
{
    const json_t *other = cmd_mesh_find(members, link);
    const json_t *links = json_object_get(other, "links");
    bool is_lesser = strcmp(id, link) < 0;
    if (cmd_mesh_is_gone(other)) {
        return false;
    }
    for (size_t at = 0; at < json_array_size(links) && !is_lesser; at++) {
        const char *back = json_string_value(json_array_get(links, at));
        if (back != NULL && strcmp(back, id) == 0) {
            return false;
        }
    }
    return true;
}

/* Nodes that are gone stand alone, dashed. */
static void cmd_mesh_draw_dot(const json_t *members)
{
    char from[SAY_CLEAN_MAX];
    char to[SAY_CLEAN_MAX];
    say_out("graph mesh {\n");
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);
        const json_t *links = json_object_get(member, "links");
        const char *id = cmd_ask_text(member, "peerId");
        bool is_gone = cmd_mesh_is_gone(member);
        say_out("  \"%s\"%s;\n", say_clean(cmd_mesh_short(id), from),
                is_gone ? " [style=dashed]" : "");
        for (size_t at = 0; at < json_array_size(links) && !is_gone; at++) {
            const char *link = json_string_value(json_array_get(links, at));
            if (link != NULL && cmd_mesh_is_drawn(members, id, link)) {
                say_out("  \"%s\" -- \"%s\";\n", from, say_clean(cmd_mesh_short(link), to));
            }
        }
    }
    say_out("}\n");
}

int cmd_mesh_topology_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "mesh.members", NULL, &result);
    const json_t *members = json_object_get(result, "members");
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0 && args_has(&call->args, "graphviz")) {
        cmd_mesh_draw_dot(members);
    } else if (code == 0) {
        cmd_mesh_draw(members);
    }
    json_decref(result);
    return code;
}

/* ---- Broadcasts and events ---- */

static void cmd_mesh_print_said(uint64_t neighbours)
{
    if (neighbours == 0) {
        say_out("nobody is near now; it is kept for those who come\n");
    } else {
        say_out(tongue_many("said to %llu neighbour, to be passed on\n",
                            "said to %llu neighbours, to be passed on\n", neighbours),
                (unsigned long long)neighbours);
    }
}

int cmd_mesh_broadcast_run(struct call *call)
{
    json_t *result = NULL;
    int code = say_check_text("broadcast", call->args.words[0], strlen(call->args.words[0]));
    if (code != 0) {
        return code;
    }
    if (strlen(call->args.words[0]) > WAVU_BROADCAST_MAX) {
        return say_problem(SAY_USAGE, "broadcast takes a text of at most %d bytes",
                           WAVU_BROADCAST_MAX);
    }
    json_t *params = json_pack("{s:s}", "text", call->args.words[0]);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "broadcast takes text in UTF-8");
    }
    code = cmd_ask(call, "mesh.broadcast", params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0 && json_is_integer(json_object_get(result, "neighbours"))) {
        cmd_mesh_print_said(cmd_ask_count(result, "neighbours"));
    }
    json_decref(params);
    json_decref(result);
    return code;
}

/* Print what is new since `*after`, waiting up to `wait_ms` for it. Returns 0, or an exit code. */
static int cmd_mesh_print_new(const struct call *call, json_int_t *after, bool is_shown,
                              uint64_t wait_ms)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:I,s:b}", "after", *after, "wait", wait_ms > 0);
    int code = cmd_ask_follow(call, "mesh.events", params, wait_ms, &result);
    const json_t *events = json_object_get(result, "events");
    for (size_t i = 0; i < json_array_size(events) && code == 0 && is_shown; i++) {
        code = cmd_ask_print_json(json_array_get(events, i));
    }
    if (code == 0) {
        *after = json_integer_value(json_object_get(result, "next")) - 1;
        code = is_shown && !say_flush() ? SAY_FAILURE : 0;
    }
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_mesh_events_run(struct call *call)
{
    static const struct timespec pause = {.tv_nsec = CMD_MESH_PAUSE_MS * 1000000L};
    json_int_t after = 0;
    int code = 0;
    bool is_once = args_has(&call->args, "no-follow");
    bool is_all = is_once || args_has(&call->args, "all");
    if (!is_all) { /* from now on */
        json_int_t before = -1;
        while (code == 0 && before != after) {
            before = after;
            code = cmd_mesh_print_new(call, &after, false, 0);
        }
    }
    /* One answer holds a part of what is there: --no-follow ends with the first empty one. */
    bool is_more = code == 0;
    while (is_more) {
        json_int_t before = after;
        code = cmd_mesh_print_new(call, &after, true, is_once ? 0 : CMD_MESH_WAIT_MS);
        is_more = code == 0 && (!is_once || after != before);
        if (is_more && after == before) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return code;
}
