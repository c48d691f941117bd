/*
 * One connection a question. Where somebody types, Ctrl+C ends the wait for an answer.
 */
#include "apps/shell/shell_ask.h"

#include <jansson.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/rpc/rpc_client.h"
#include "apps/shell/interrupt.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"

#define SHELL_ASK_TASK_MS UINT64_C(90000) /* the next step of a task: an interval, and a dial */
#define SHELL_ASK_QUIET_MS 1000           /* for a completion: somebody waits at the keyboard */

static int shell_ask_explain(const struct shell *s, int err)
{
    switch (err) {
    case WAVU_ERR_NO_NODE:
        return say_problem(SAY_NO_NODE, "no node runs in '%s' any more; start one with 'wavu up'",
                           s->config->home);
    case WAVU_ERR_DENIED:
        return say_problem(SAY_DENIED, "the node in '%s' belongs to another user; ask as that user",
                           s->config->home);
    case WAVU_ERR_TIMEOUT:
        return say_problem(SAY_TIMEOUT,
                           "the node in '%s' does not answer; it is overloaded or stopped",
                           s->config->home);
    case WAVU_ERR_UNSUPPORTED:
        return say_problem(SAY_FAILURE,
                           "the node in '%s' does not know that: it is of another version, or was "
                           "built without it",
                           s->config->home);
    default:
        return say_problem(say_exit_of(err),
                           "the node in '%s' gave no usable answer: %s; is it of another version?",
                           s->config->home, tongue(wavu_err_sentence(err)));
    }
}

int shell_ask_take(const struct shell *s, const char *method, json_t *params, uint64_t wait_ms,
                   json_t **result)
{
    *result = NULL;
    int rc = rpc_client_follow(s->config->socket, method, params, RPC_CLIENT_TIMEOUT_MS + wait_ms,
                               interrupt_fd(), result);
    bool was_interrupted = s->is_terminal && interrupt_came();
    json_decref(params);
    if (rc == 0 && json_is_object(*result)) {
        return 0;
    }
    int code = SHELL_INTERRUPTED;
    if (rc < 0 && json_is_string(*result)) { /* it says itself what is wrong */
        char clean[SAY_CLEAN_MAX];
        code = say_problem(rc == WAVU_ERR_INVALID ? SAY_USAGE : say_exit_of(rc), "%s",
                           say_clean(json_string_value(*result), clean));
    } else if (!was_interrupted) {
        code = shell_ask_explain(s, rc == 0 ? WAVU_ERR_PROTO : rc);
    }
    json_decref(*result);
    *result = NULL;
    return code;
}

json_t *shell_ask_quietly_take(const struct shell *s, const char *method, json_t *params)
{
    json_t *result = NULL;
    int rc = rpc_client_ask(s->config->socket, method, params, SHELL_ASK_QUIET_MS, &result);
    json_decref(params);
    if (rc < 0) {
        json_decref(result);
        result = NULL;
    }
    return result;
}

int shell_ask_task(const struct shell *s, uint64_t number, uint64_t after, json_t **result)
{
    return shell_ask_take(s, "net.task",
                          json_pack("{s:I,s:I,s:b}", "task", (json_int_t)number, "after",
                                    (json_int_t)after, "wait", true),
                          SHELL_ASK_TASK_MS, result);
}

void shell_ask_task_end(const struct shell *s, uint64_t number)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:I}", "task", (json_int_t)number);
    (void)!rpc_client_ask(s->config->socket, "net.taskEnd", params, RPC_CLIENT_TIMEOUT_MS, &result);
    json_decref(params);
    json_decref(result);
}

void shell_ask_print_json(const json_t *value)
{
    struct buf text;
    buf_init(&text, JSONRPC_ANSWER_MAX);
    if (jsonrpc_write(value, &text) == 0) {
        say_out("%.*s", (int)text.len, (const char *)text.ptr);
    }
    buf_clear(&text);
}

const char *shell_ask_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

uint64_t shell_ask_count(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}
