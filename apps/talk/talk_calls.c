/*
 * Calls for help that are open, as sos.list has them.
 */
#include "apps/talk/talk_calls.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "apps/talk/talk_core.h"
#include "apps/talk/talk_json.h"
#include "apps/term/tongue.h"

/* One of the list. Of each kind the newest is kept; `began` is when that one began. */
static void talk_calls_take(struct talk_calls *all, const json_t *item, uint64_t began[2])
{
    const bool is_own = talk_json_is(item, "isOwn");
    const uint64_t at = talk_json_count(item, "beganUnixMs");
    struct talk_call *call = is_own ? &all->own : &all->other;
    size_t *count = is_own ? &all->owns : &all->others;

    if (talk_json_is(item, "isOver") || (!is_own && talk_json_is(item, "isSeen"))) {
        return;
    }
    (*count)++;
    if (*count > 1 && at < began[is_own]) {
        return;
    }
    began[is_own] = at;
    talk_json_shown(call->shown, sizeof call->shown, item, "shown");
    talk_json_shown(call->text, sizeof call->text, item, "text");
    call->called = talk_json_small(item, "called");
    call->reached = talk_json_small(item, "reached");
    call->seen = talk_json_small(item, "seen");
}

/* A face that does not show them is told of those that were there before it. */
static void talk_calls_tell(struct talk *t)
{
    char line[TALK_LINE_MAX];

    if (!t->has_calls && t->user->called == NULL && talk_calls_line(t, false, line)) {
        talk_tell(t, TALK_ALERT, NULL, "%s", line);
    }
    t->has_calls = true;
}

static void talk_calls_ask(struct talk *t);

static void talk_calls_on_list(void *context, const struct rpc_link_answer *answer)
{
    struct talk *t = context;
    const json_t *list = json_object_get(answer->result, "calls");
    uint64_t began[2] = {0, 0};

    t->is_asking_calls = false;
    if (answer->err == 0) {
        t->calls = (struct talk_calls){.others = 0};
        for (size_t i = 0; i < json_array_size(list); i++) {
            talk_calls_take(&t->calls, json_array_get(list, i), began);
        }
        t->news |= TALK_NEWS_CALLS;
        talk_calls_tell(t);
    }
    if (answer->err == 0 && t->wants_calls) {
        talk_calls_ask(t);
    }
}

static void talk_calls_ask(struct talk *t)
{
    t->wants_calls = false;
    t->is_asking_calls = talk_ask_take(t, "sos.list", NULL, talk_calls_on_list, t) == 0;
}

void talk_calls_want(struct talk *t)
{
    if (t->is_asking_calls) {
        t->wants_calls = true;
    } else {
        talk_calls_ask(t);
    }
}

const struct talk_calls *talk_calls(const struct talk *t)
{
    return &t->calls;
}

bool talk_calls_line(const struct talk *t, bool is_own, char out[TALK_LINE_MAX])
{
    const struct talk_calls *c = &t->calls;
    const struct talk_call *call = is_own ? &c->own : &c->other;
    int used = 0;

    out[0] = '\0';
    if ((is_own ? c->owns : c->others) == 0) {
        return false;
    }
    if (is_own) {
        used = snprintf(out, TALK_LINE_MAX,
                        tongue("You call for help. Called: %" PRIu32 ", reached: %" PRIu32
                               ", seen by: %" PRIu32 ". /sos cancel ends it."),
                        call->called, call->reached, call->seen);
    } else {
        used = snprintf(out, TALK_LINE_MAX,
                        tongue("%s CALLS FOR HELP. /sos seen tells them that you saw it."),
                        call->shown);
        if (c->others > 1 && used > 0) {
            used += snprintf(out + used, TALK_LINE_MAX - (size_t)used,
                             tongue(" Others who call: %zu."), c->others - 1);
        }
    }
    if (call->text[0] != '\0' && used > 0) {
        (void)snprintf(out + used, TALK_LINE_MAX - (size_t)used, " \"%s\"", call->text);
    }
    return true;
}
