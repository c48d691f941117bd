/*
 * Rooms as people see them. Names stand last in a line, so that none can pass for a column.
 */
#include "apps/wavu/cmd_room.h"

#include <jansson.h>
#include <string.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_network.h"
#include "apps/term/say.h"
#include "base/duration.h"
#include "wavu/rooms.h"

/* ---- wavu rooms ---- */

static void cmd_room_print(const json_t *room, int width)
{
    char clean[SAY_CLEAN_MAX];
    const char *name = cmd_ask_text(room, "name");
    const char *topic = cmd_ask_text(room, "topic");
    bool is_main = json_is_true(json_object_get(room, "isMain"));
    say_out("%-8s  %6llu  ", cmd_network_short(room, "id"),
            (unsigned long long)cmd_ask_count(room, "unread"));
    if (width > 0) {
        say_out("%-*s  ", width, say_clean(cmd_ask_text(room, "networkName"), clean));
    }
    say_out("%s%s", name[0] != '\0' ? say_clean(name, clean) : "",
            is_main ? (name[0] != '\0' ? tongue("  (main room)") : tongue("(main room)")) : "");
    say_out("%s%s\n", topic[0] != '\0' ? "  - " : "",
            topic[0] != '\0' ? say_clean(topic, clean) : "");
}

static void cmd_room_print_all(const json_t *rooms)
{
    const int width = cmd_network_width(rooms);
    say_out("%-8s  %6s  ", "ID", "UNREAD");
    if (width > 0) {
        say_out("%-*s  ", width, "NETWORK");
    }
    say_out("NAME\n");
    for (size_t i = 0; i < json_array_size(rooms); i++) {
        cmd_room_print(json_array_get(rooms, i), width);
    }
}

int cmd_room_list_run(struct call *call)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*}", "network", args_value(&call->args, "network"));
    int code = cmd_ask(call, "room.list", params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_room_print_all(json_object_get(result, "rooms"));
    }
    json_decref(params);
    json_decref(result);
    return code;
}

/* ---- wavu room ---- */

/* A room's rules as they were typed. */
struct room_wish {
    uint64_t share;
    uint64_t expiry_s;
};

static int cmd_room_wish(struct call *call, struct room_wish *out)
{
    const char *expiry = args_value(&call->args, "expire");
    uint64_t ms = 0;
    if (expiry != NULL && (duration_parse(expiry, &ms) < 0 || (ms > 0 && ms < 1000))) {
        return say_problem(SAY_USAGE,
                           "--expire takes a time such as 24h or 7d, and 0s for never, "
                           "not '%.32s'",
                           expiry);
    }
    out->expiry_s = ms / 1000;
    if (!args_number(&call->args, "share", 0, WAVU_ROOM_SHARE_MAX, &out->share)) {
        return say_problem(SAY_USAGE, "%s", call->args.problem);
    }
    return 0;
}

static int cmd_room_ask(const struct call *call, const char *method, json_t *params,
                        const char *done)
{
    json_t *result = NULL;
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a name is UTF-8");
    }
    int code = cmd_ask_ready(call, method, params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        say_out("%s\n", done != NULL ? done : cmd_ask_text(result, "room"));
    }
    json_decref(params);
    json_decref(result);
    return code;
}

/* May a room be called so? Not when others could not type it, or take it for another room but
 * `other` (NULL: for any). Rooms of the same name are made all the same by two at once. */
static int cmd_room_check_name(const struct call *call, const char *name, const json_t *other)
{
    char clean[SAY_CLEAN_MAX];
    json_t *result = NULL;
    if (name[strspn(name, " \t\r\n")] == '\0') {
        return say_problem(SAY_USAGE, "a room's name is not empty; choose one like plans");
    }
    if (strcmp(say_clean(name, clean), name) != 0 && strlen(name) < SAY_CLEAN_MAX) {
        return say_problem(SAY_USAGE, "a room's name has characters that no terminal shows, or is "
                                      "not UTF-8; leave them out");
    }
    json_t *params = json_pack("{s:s*}", "network", args_value(&call->args, "network"));
    int code = cmd_ask_ready(call, "room.list", params, &result);
    const json_t *rooms = json_object_get(result, "rooms");
    for (size_t i = 0; i < json_array_size(rooms) && code == 0; i++) {
        const json_t *one = json_array_get(rooms, i);
        if (strcmp(cmd_ask_text(one, "name"), name) == 0 &&
            strcmp(cmd_ask_text(one, "id"), cmd_ask_text(other, "id")) != 0) {
            code = say_problem(SAY_CONFLICT,
                               "there is a room '%s' already; choose another name, so that one "
                               "can be told from the other",
                               name);
        }
    }
    json_decref(params);
    json_decref(result);
    return code;
}

static int cmd_room_make(struct call *call, const char *name)
{
    struct room_wish wish = {.share = 0};
    int code = cmd_room_wish(call, &wish);
    code = code == 0 ? cmd_room_check_name(call, name, NULL) : code;
    if (code != 0) {
        return code;
    }
    return cmd_room_ask(call, "room.make",
                        json_pack("{s:s,s:s*,s:s*,s:I,s:I}", "name", name, "topic",
                                  args_value(&call->args, "topic"), "network",
                                  args_value(&call->args, "network"), "share",
                                  (json_int_t)wish.share, "expiry", (json_int_t)wish.expiry_s),
                        NULL);
}

/* A room by the name or id that was typed, in what the node lists; NULL: the main room. */
static const json_t *cmd_room_of(const json_t *rooms, const char *name)
{
    const json_t *room = NULL;
    for (size_t i = 0; i < json_array_size(rooms) && room == NULL; i++) {
        const json_t *one = json_array_get(rooms, i);
        bool is_meant = name == NULL ? json_is_true(json_object_get(one, "isMain"))
                                     : strcmp(cmd_ask_text(one, "name"), name) == 0 ||
                                           strcmp(cmd_ask_text(one, "id"), name) == 0;
        room = is_meant ? one : NULL;
    }
    return room;
}

/* What is not named stays as it is; a main room that has no name yet is called as its network. */
static int cmd_room_change(struct call *call, const char *name, const json_t *room)
{
    const struct args *args = &call->args;
    const char *topic = args_value(args, "topic");
    const char *called = args_value(args, "name");
    struct room_wish wish = {.share = cmd_ask_count(room, "share")};
    int code = cmd_room_wish(call, &wish);
    code = code == 0 && called != NULL ? cmd_room_check_name(call, called, room) : code;
    if (code != 0) {
        return code;
    }
    if (!args_has(args, "expire")) {
        wish.expiry_s = cmd_ask_count(room, "expiry");
    }
    called = called != NULL ? called : cmd_ask_text(room, "name");
    called =
        called[0] != '\0' || args_has(args, "name") ? called : cmd_ask_text(room, "networkName");
    topic = topic != NULL ? topic : cmd_ask_text(room, "topic");
    return cmd_room_ask(call, "room.set",
                        json_pack("{s:s,s:s,s:s*,s:s*,s:I,s:I}", "name", called, "topic", topic,
                                  "room", name, "network", args_value(args, "network"), "share",
                                  (json_int_t)wish.share, "expiry", (json_int_t)wish.expiry_s),
                        tongue("the room is as you wish now"));
}

static int cmd_room_set(struct call *call, const char *name)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*}", "network", args_value(&call->args, "network"));
    int code = cmd_ask(call, "room.list", params, &result);
    const json_t *room = cmd_room_of(json_object_get(result, "rooms"), name);
    if (code == 0 && room == NULL) {
        code =
            say_problem(SAY_NOT_FOUND, "there is no room '%.64s'; 'wavu rooms' lists them", name);
    }
    code = code == 0 ? cmd_room_change(call, name, room) : code;
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_room_run(struct call *call)
{
    const char *verb = call->args.words[0];
    const char *name = call->args.word_count > 1 ? call->args.words[1] : NULL;
    if (strcmp(verb, "make") == 0 && name != NULL) {
        return cmd_room_make(call, name);
    }
    if (strcmp(verb, "set") == 0) {
        return cmd_room_set(call, name);
    }
    if (strcmp(verb, "read") == 0) {
        return cmd_room_ask(
            call, "room.read",
            json_pack("{s:s*,s:s*}", "room", name, "network", args_value(&call->args, "network")),
            tongue("all of it counts as read now"));
    }
    return say_problem(SAY_USAGE, "write 'wavu room make NAME', 'wavu room set [NAME]' or 'wavu "
                                  "room read [NAME]'; no NAME: the main room");
}
