/*
 * The first minute.
 */
#include "apps/tui/wizard.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_online.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"

#define ADDRESS_PORT_MAX 65535

/* What each step asks. */
static const char *const questions[][4] = {
    [WIZARD_OFF] = {NULL},
    [WIZARD_NICK] = {"Welcome to wavu", "", "What shall others call you? Type a name and Enter.",
                     NULL},
    [WIZARD_CHOICE] = {"A network of people", "", "1  create a network",
                       "2  join one with a code that somebody gave you"},
    [WIZARD_CODE] = {"Join with a code", "",
                     "Type or paste the code (a number and three words), and Enter.",
                     "Esc goes back."},
    [WIZARD_MAKING] = {"The network is being made.", NULL},
    [WIZARD_JOINING] = {"Looking for whoever gave you the code", "",
                        "On a network nearby they are found alone. Over the internet type an "
                        "address of theirs, and Enter (192.0.2.7:9000).",
                        "Esc goes back."},
    [WIZARD_DONE] = {NULL},
};

static void go(struct wizard *w, enum wizard_step step)
{
    w->step = step;
    w->wants_draw = true;
}

static void problem(struct wizard *w, const char *text)
{
    char clean[SAY_CLEAN_MAX];
    (void)snprintf(w->problem, sizeof w->problem, "%.*s", (int)sizeof w->problem - 1,
                   say_clean(tongue(text), clean));
    w->wants_draw = true;
}

void wizard_start(struct wizard *w, struct talk *talk)
{
    memset(w, 0, sizeof *w);
    w->talk = talk;
    go(w, talk_self(talk)->nick[0] != '\0' ? WIZARD_CHOICE : WIZARD_NICK);
}

const char *wizard_line(const struct wizard *w, size_t i)
{
    const char *const *lines = questions[w->step];
    size_t count = 0;
    while (count < 4 && lines[count] != NULL) {
        count++;
    }
    if (i < count) {
        return tongue(lines[i]);
    }
    const char *extra[] = {w->progress, w->problem};
    for (size_t k = 0; k < 2; k++) {
        if (extra[k][0] != '\0' && i-- == count) {
            return extra[k];
        }
    }
    return NULL;
}

static void nick_done(void *context, const struct rpc_link_answer *answer)
{
    struct wizard *w = context;
    if (answer->err != 0) {
        problem(w, answer->sentence);
    } else if (w->step == WIZARD_NICK) {
        go(w, WIZARD_CHOICE);
    }
}

static void make_done(void *context, const struct rpc_link_answer *answer)
{
    struct wizard *w = context;
    if (answer->err != 0) {
        problem(w, answer->sentence);
        go(w, WIZARD_CHOICE);
    } else {
        w->is_made = true;
        go(w, WIZARD_DONE);
    }
}

static void join_done(void *context, const struct rpc_link_answer *answer)
{
    struct wizard *w = context;
    w->is_trying = w->is_trying && answer->err == 0;
    if (answer->err == WAVU_ERR_NOT_FOUND && w->step == WIZARD_JOINING) {
        problem(w,
                tongue("This node does not look on a network nearby: type an address of theirs."));
    } else if (answer->err != 0 && w->step == WIZARD_JOINING) {
        problem(w, answer->sentence);
        go(w, WIZARD_CODE);
    }
}

static void ask(struct wizard *w, const char *method, json_t *params, rpc_link_done *done)
{
    if (params == NULL || talk_ask_take(w->talk, method, params, done, w) != 0) {
        problem(w, params == NULL ? tongue("That is no text in UTF-8.")
                                  : tongue("The node cannot be asked now; try again."));
    }
}

bool wizard_address(char out[WIZARD_LINE_MAX], const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t len = strlen(text);
    if (len == 0 || len + 32 > WIZARD_LINE_MAX || strchr(text, ' ') != NULL) {
        return false;
    }
    if (text[0] == '/') {
        (void)snprintf(out, WIZARD_LINE_MAX, "%s", text);
        return true;
    }
    unsigned port = 0;
    size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || colon == text ||
        sscanf(colon + 1, "%5u", &port) != 1 || port == 0 || port > ADDRESS_PORT_MAX) {
        return false;
    }
    size_t host_len = (size_t)(colon - text);
    bool is_six = text[0] == '[' && colon[-1] == ']';
    bool is_four = strspn(text, "0123456789.") == host_len;
    if (is_six ? host_len < 4 : memchr(text, ':', host_len) != NULL) {
        return false;
    }
    (void)snprintf(out, WIZARD_LINE_MAX, "/%s/%.*s/tcp/%u",
                   is_six ? "ip6" : (is_four ? "ip4" : "dns"),
                   (int)(is_six ? host_len - 2 : host_len), is_six ? text + 1 : text, port);
    return true;
}

static void join(struct wizard *w, const char *address)
{
    json_t *params = json_pack("{s:s,s:s*}", "code", w->code, "address", address);
    w->progress[0] = '\0';
    w->is_replaced = w->is_trying;
    w->is_trying = true;
    if (address == NULL && !talk_online_is_any()) {
        problem(w, TONGUE("This machine is on no network now. Switch Wi-Fi on or plug in a cable; "
                          "whoever shows that code is looked for meanwhile."));
    }
    go(w, WIZARD_JOINING);
    ask(w, "network.join", params, join_done);
}

static void enter_code(struct wizard *w, const char *text)
{
    if (strlen(text) >= sizeof w->code) {
        problem(w, tongue("That is longer than a code."));
        return;
    }
    (void)snprintf(w->code, sizeof w->code, "%s", text);
    join(w, NULL);
}

static void enter_choice(struct wizard *w, const char *text)
{
    if (strcmp(text, "1") == 0) {
        go(w, WIZARD_MAKING); /* the node names it after the person */
        ask(w, "network.make", json_object(), make_done);
    } else if (strcmp(text, "2") == 0) {
        go(w, WIZARD_CODE);
    } else if (strchr(text, '-') != NULL) {
        enter_code(w, text); /* a code at once */
    } else {
        problem(w, tongue("Type 1 or 2, and Enter."));
    }
}

void wizard_enter(struct wizard *w, const char *text)
{
    char address[WIZARD_LINE_MAX];
    w->problem[0] = '\0';
    w->wants_draw = true;
    switch (w->step) {
    case WIZARD_NICK:
        ask(w, "person.nick", json_pack("{s:s}", "nick", text), nick_done);
        break;
    case WIZARD_CHOICE:
        enter_choice(w, text);
        break;
    case WIZARD_CODE:
        enter_code(w, text);
        break;
    case WIZARD_JOINING:
        if (wizard_address(address, text)) {
            join(w, address);
        } else {
            problem(w, tongue("That is no address; one looks like 192.0.2.7:9000."));
        }
        break;
    case WIZARD_OFF:
    case WIZARD_MAKING:
    case WIZARD_DONE:
        break;
    }
}

bool wizard_back(struct wizard *w)
{
    w->problem[0] = '\0';
    if (w->step == WIZARD_CODE) {
        go(w, WIZARD_CHOICE);
        return true;
    }
    if (w->step == WIZARD_JOINING) {
        w->progress[0] = '\0';
        go(w, WIZARD_CODE);
        return true;
    }
    return false;
}

/* Why nobody was joined, by the name of an error. */
static const char *failure(const char *error)
{
    static const char *const rows[][2] = {
        {"crypto", "The code is wrong, or closed already. Ask for another one."},
        {"denied", "Whoever answers there does not let this node in. Ask them for a code."},
        {"closed", "This device was put out of that network, and cannot come back itself. Ask a "
                   "member to invite a new home: wavu --home DIR."},
        {"timeout", "Nobody with that code was found. Is it still open? Are both on one network? "
                    "Else type an address of theirs."},
        {"in_use", "Another code was typed since, and is tried instead."},
        {"refused", "Nobody listens at that address. See that their node runs, and check it."},
        {"unreachable", "There is no way to that address. Check this machine's network, and the "
                        "address."},
        {"unsupported", "Whoever answers there is in no network with members, or runs another "
                        "version of wavu. Ask them which."},
        {"again", "Too many tries came from here lately. Wait half a minute, and type it again."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i][0], error) == 0) {
            return tongue(rows[i][1]);
        }
    }
    return tongue(
        "Whoever gave you the code could not be reached. Check the address and the code.");
}

void wizard_event(struct wizard *w, const struct json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    const char *name = json_string_value(json_object_get(event, "name"));
    const char *error = json_string_value(json_object_get(event, "error"));
    if (kind == NULL || w->step == WIZARD_OFF) {
        return;
    }
    if (strcmp(kind, "entered") == 0) {
        go(w, WIZARD_DONE);
    } else if (w->step != WIZARD_JOINING) {
        return;
    } else if (strcmp(kind, "joining") == 0) {
        char clean[SAY_CLEAN_MAX];
        (void)snprintf(w->progress, sizeof w->progress, tongue("Found: %.80s knows the code, too."),
                       name != NULL && name[0] != '\0' ? say_clean(name, clean)
                                                       : tongue("somebody"));
        w->wants_draw = true;
    } else if (strcmp(kind, "joinFailed") == 0) {
        if (w->is_replaced && error != NULL && strcmp(error, "in_use") == 0) {
            w->is_replaced = false; /* the one at the address goes on */
            return;
        }
        bool goes_on = json_integer_value(json_object_get(event, "left")) > 0;
        if (goes_on) {
            (void)snprintf(w->progress, sizeof w->progress,
                           tongue("One who answers has another code; "
                                  "looking on."));
            w->wants_draw = true;
        } else {
            /* Who was not found may be found elsewhere: the code is kept, and an address helps. */
            bool is_kept =
                error != NULL && (strcmp(error, "timeout") == 0 || strcmp(error, "refused") == 0 ||
                                  strcmp(error, "unreachable") == 0);
            w->is_trying = false;
            w->progress[0] = '\0';
            problem(w, failure(error != NULL ? error : ""));
            go(w, is_kept ? WIZARD_JOINING : WIZARD_CODE);
        }
    }
}
