/*
 * A call for help is made, looked at, ended and answered by questions to the running node. Each
 * time one is made it is said that this calls no emergency service.
 */
#include "apps/wavu/cmd_sos.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/term/say.h"
#include "wavu/sos.h"

#define CMD_SOS_SHORT 8      /* digits of an id */
#define CMD_SOS_DECIMALS 7   /* of degrees: a centimetre */
#define CMD_SOS_METRES 20000 /* an altitude is no more */

/* ---- Where somebody is ---- */

/* Read "-6.1659" from `*text` in units of 10^-`decimals`, up to a comma or the end; what is finer
 * is cut. False when that is no number, or above `max`. */
static bool cmd_sos_number(const char **text, int decimals, int64_t max, int64_t *out)
{
    const char *at = *text;
    bool is_negative = *at == '-';
    bool has_digit = false;
    int64_t value = 0;
    int left = -1; /* decimals that may follow; below 0: before the point */
    at += is_negative || *at == '+' ? 1 : 0;
    for (; *at != '\0' && *at != ','; at++) {
        if (*at == '.' && left < 0) {
            left = decimals;
            continue;
        }
        if (*at < '0' || *at > '9' || value > max) {
            return false;
        }
        has_digit = true;
        if (left != 0) {
            value = value * 10 + (*at - '0');
            left -= left > 0 ? 1 : 0;
        }
    }
    for (left = left < 0 ? decimals : left; left > 0; left--) {
        value *= 10;
    }
    *out = is_negative ? -value : value;
    *text = at;
    return has_digit && value <= max;
}

/* "LAT,LON[,ALT]" as the node takes it; NULL when it is none. */
static json_t *cmd_sos_position(const char *text)
{
    int64_t latitude = 0;
    int64_t longitude = 0;
    int64_t altitude = 0;
    bool is_good = cmd_sos_number(&text, CMD_SOS_DECIMALS, 900000000, &latitude) && *text == ',';
    text += is_good ? 1 : 0;
    is_good = is_good && cmd_sos_number(&text, CMD_SOS_DECIMALS, 1800000000, &longitude);
    bool has_altitude = is_good && *text == ',';
    text += has_altitude ? 1 : 0;
    is_good = is_good && (!has_altitude || cmd_sos_number(&text, 0, CMD_SOS_METRES, &altitude)) &&
              *text == '\0';
    if (!is_good) {
        return NULL;
    }
    json_t *position = json_pack("{s:I,s:I}", "latitudeE7", (json_int_t)latitude, "longitudeE7",
                                 (json_int_t)longitude);
    if (has_altitude) {
        (void)json_object_set_new(position, "altitudeM", json_integer((json_int_t)altitude));
    }
    return position;
}

static void cmd_sos_print_degrees(json_int_t e7)
{
    uint64_t size = e7 < 0 ? (uint64_t)-e7 : (uint64_t)e7;
    say_out("%s%" PRIu64 ".%07" PRIu64, e7 < 0 ? "-" : "", size / 10000000, size % 10000000);
}

static void cmd_sos_print_position(const json_t *position)
{
    const json_t *altitude = json_object_get(position, "altitudeM");
    if (!json_is_object(position)) {
        return;
    }
    say_out("    at ");
    cmd_sos_print_degrees(json_integer_value(json_object_get(position, "latitudeE7")));
    say_out(", ");
    cmd_sos_print_degrees(json_integer_value(json_object_get(position, "longitudeE7")));
    if (json_is_integer(altitude)) {
        say_out(", %lld m", (long long)json_integer_value(altitude));
    }
    say_out("\n");
}

/* ---- Calling ---- */

/* {"to"/"all", "network", "text", "position"}; NULL after a sentence. */
static json_t *cmd_sos_wish(const struct call *call)
{
    const char *at = args_value(&call->args, "at");
    const char *text = call->args.word_count > 0 ? call->args.words[0] : NULL;
    json_t *params =
        json_pack("{s:s*,s:s*}", "network", args_value(&call->args, "network"), "text", text);
    json_t *position = at != NULL ? cmd_sos_position(at) : NULL;
    if (params == NULL || (at != NULL && position == NULL)) {
        (void)say_problem(SAY_USAGE, params == NULL
                                         ? "a text is UTF-8"
                                         : "a position is LAT,LON or LAT,LON,ALT: degrees with a "
                                           "decimal point, and metres: --at -6.1659,39.2026,12");
        json_decref(params);
        json_decref(position);
        return NULL;
    }
    if (position != NULL) {
        (void)json_object_set_new(params, "position", position);
    }
    if (args_has(&call->args, "all")) {
        (void)json_object_set_new(params, "all", json_true());
        return params;
    }
    json_t *to = json_array();
    const char *who = NULL;
    for (size_t i = 0; (who = args_nth(&call->args, "to", i)) != NULL; i++) {
        (void)json_array_append_new(to, json_string(who));
    }
    (void)json_object_set_new(params, "to", to);
    return params;
}

static int cmd_sos_call(const struct call *call)
{
    json_t *result = NULL;
    json_t *params = cmd_sos_wish(call);
    char clean[SAY_CLEAN_MAX];
    if (params == NULL) {
        return SAY_USAGE;
    }
    int code = cmd_ask(call, "sos.call", params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        say_out("calling for help, again and again until everybody has acknowledged it: %.*s\n",
                CMD_SOS_SHORT, say_clean(cmd_ask_text(result, "id"), clean));
        say_wrapped(0, 0, say_clean(cmd_ask_text(result, "notice"), clean));
        say_out("'wavu sos status' shows who has it; 'wavu sos cancel' says that it is over\n");
    }
    json_decref(params);
    json_decref(result);
    return code;
}

/* ---- Looking ---- */

static void cmd_sos_print_own(const json_t *one)
{
    const json_t *to = json_object_get(one, "to");
    char clean[SAY_CLEAN_MAX];
    bool is_over = json_is_true(json_object_get(one, "isOver"));
    uint64_t number = cmd_ask_count(one, "number");
    say_out("%.*s  own, ", CMD_SOS_SHORT, say_clean(cmd_ask_text(one, "id"), clean));
    if (number == 0) {
        say_out("%s\n",
                is_over ? tongue("over before anybody was called") : tongue("not said yet"));
    } else {
        say_out(is_over ? tongue_many("said %llu time, over\n", "said %llu times, over\n", number)
                        : tongue_many("said %llu time\n", "said %llu times\n", number),
                (unsigned long long)number);
    }
    for (size_t i = 0; i < json_array_size(to); i++) {
        const json_t *target = json_array_get(to, i);
        const char *state = tongue(say_clean(cmd_ask_text(target, "state"), clean));
        say_out("    %-*s  ", tongue_width(state, 12), state);
        say_out("%s\n", say_clean(cmd_ask_text(target, "shown"), clean));
    }
}

static void cmd_sos_print_in(const json_t *one)
{
    char clean[SAY_CLEAN_MAX];
    const char *state = json_is_true(json_object_get(one, "isOver"))   ? tongue("over")
                        : json_is_true(json_object_get(one, "isSeen")) ? tongue("acknowledged")
                                                                       : tongue("CALLS FOR HELP");
    say_out("%.*s  %s: ", CMD_SOS_SHORT, say_clean(cmd_ask_text(one, "id"), clean), state);
    say_out("%s\n", say_clean(cmd_ask_text(one, "shown"), clean));
}

static int cmd_sos_status(const struct call *call)
{
    json_t *result = NULL;
    char clean[SAY_CLEAN_MAX];
    int code = cmd_ask(call, "sos.list", NULL, &result);
    const json_t *calls = json_object_get(result, "calls");
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0 && json_array_size(calls) == 0) {
        say_out("nobody calls for help\n");
    }
    for (size_t i = 0; code == 0 && !call->is_json && i < json_array_size(calls); i++) {
        const json_t *one = json_array_get(calls, i);
        const char *text = cmd_ask_text(one, "text");
        if (json_is_true(json_object_get(one, "isOwn"))) {
            cmd_sos_print_own(one);
        } else {
            cmd_sos_print_in(one);
        }
        if (text[0] != '\0') {
            say_out("    \"%s\"\n", say_clean(text, clean));
        }
        cmd_sos_print_position(json_object_get(one, "position"));
    }
    if (code == 0 && !call->is_json && json_array_size(calls) > 0) {
        say_wrapped(0, 0, say_clean(cmd_ask_text(result, "notice"), clean));
    }
    json_decref(result);
    return code;
}

/* ---- Ending and answering ---- */

static int cmd_sos_answer(const struct call *call, const char *method, const char *said)
{
    const char *id = call->args.word_count > 1 ? call->args.words[1] : NULL;
    json_t *result = NULL;
    json_t *params = json_pack("{s:s*}", "id", id);
    int code = params == NULL ? say_problem(SAY_USAGE, "an id has hexadecimal digits")
                              : cmd_ask(call, method, params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        say_out("%s\n", said);
    }
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_sos_run(struct call *call)
{
    const char *word = call->args.word_count > 0 ? call->args.words[0] : "";
    bool is_all = args_has(&call->args, "all");
    bool is_named = args_has(&call->args, "to");
    if (is_all || is_named) {
        if ((is_all && is_named) || call->args.word_count > 1) {
            return say_problem(SAY_USAGE, is_all && is_named ? "say --all or --to, not both"
                                                             : "the text is one word: put it into "
                                                               "quotes");
        }
        return cmd_sos_call(call);
    }
    if (strcmp(word, "status") == 0 && call->args.word_count == 1) {
        return cmd_sos_status(call);
    }
    if (strcmp(word, "cancel") == 0) {
        return cmd_sos_answer(call, "sos.cancel",
                              tongue("it is over; everybody who was called is told"));
    }
    if (strcmp(word, "ack") == 0 && call->args.word_count == 2) {
        return cmd_sos_answer(call, "sos.ack", tongue("who calls is told that you have seen it"));
    }
    if (strcmp(word, "ack") == 0) {
        return say_problem(SAY_USAGE,
                           "say whose call you have seen: wavu sos ack ID; 'wavu sos status' "
                           "shows the ids");
    }
    return say_problem(SAY_USAGE,
                       "say whom to call: wavu sos --to WHO [TEXT], or --all; or status, "
                       "cancel [ID], ack ID");
}
