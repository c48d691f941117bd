/*
 * What takes a while is a task of the node's: begun, waited for step by step, given up by Ctrl+C.
 */
#include "apps/shell/shell_net.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "apps/rpc/tasks.h"
#include "apps/shell/shell_ask.h"
#include "apps/term/say.h"

#define SHELL_NET_SHORT 8 /* last letters of a peer id: the first ones are all alike */

static const char *shell_net_short(const char *id, char clean[SAY_CLEAN_MAX])
{
    size_t len = strlen(id);
    return say_clean(len > SHELL_NET_SHORT ? id + len - SHELL_NET_SHORT : id, clean);
}

static double shell_net_ms(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* Begin a task; its number, or 0 and `*code`. */
static uint64_t shell_net_begin(const struct shell *s, const char *method, json_t *params,
                                int *code)
{
    json_t *result = NULL;
    if (params == NULL) {
        *code = say_problem(SAY_USAGE, "what was typed is not UTF-8");
        return 0;
    }
    *code = shell_ask_take(s, method, params, 0, &result);
    uint64_t number = *code == 0 ? shell_ask_count(result, "task") : 0;
    json_decref(result);
    return number;
}

/* The exit code of an error's name, as the node gave it. */
static int shell_net_exit(const char *name)
{
    int err = -1;
    while (err > WAVU_ERR_DOWNGRADE && strcmp(wavu_err_name(err), name) != 0) {
        err--;
    }
    return say_exit_of(err);
}

/* How a task ended: 0, or the exit code after its sentence. */
static int shell_net_verdict(const json_t *task)
{
    char clean[SAY_CLEAN_MAX];
    const char *name = shell_ask_text(task, "error");
    return name[0] == '\0' ? SAY_OK
                           : say_problem(shell_net_exit(name), "%s",
                                         say_clean(shell_ask_text(task, "problem"), clean));
}

/* Looks at a task that has more steps than before. */
typedef void shell_net_each(void *context, const json_t *task);

/* Wait until the task is done; `*task` is it with all steps behind those that `each` (or NULL) saw.
 * Returns 0, or an exit code. */
static int shell_net_follow(const struct shell *s, uint64_t number, shell_net_each *each,
                            void *context, json_t **task)
{
    bool is_done = false;
    uint64_t after = 0;
    int code = 0;
    *task = NULL;
    while (code == 0 && !is_done) {
        json_decref(*task);
        code = shell_ask_task(s, number, after, task);
        is_done = json_is_true(json_object_get(*task, "isDone"));
        if (code == 0 && each != NULL) {
            each(context, *task);
            after = shell_ask_count(*task, "next");
            code = say_flush() ? 0 : SAY_FAILURE;
        } else if (code == 0 && !is_done) {
            after = shell_ask_count(*task, "next");
        }
    }
    if (code != 0) {
        shell_ask_task_end(s, number);
    }
    return code;
}

/* ---- Connections ---- */

int shell_net_connect(struct shell *s, size_t count, const char *const *words)
{
    char clean[SAY_CLEAN_MAX];
    json_t *task = NULL;
    int code = 0;
    (void)count;
    uint64_t number =
        shell_net_begin(s, "net.connect", json_pack("{s:s}", "address", words[0]), &code);
    code = code == 0 ? shell_net_follow(s, number, NULL, NULL, &task) : code;
    if (code == 0 && s->config->is_json) {
        shell_ask_print_json(task);
    }
    code = code == 0 ? shell_net_verdict(task) : code;
    if (code == 0 && !s->config->is_json) {
        say_out("connected to %s\n", say_clean(shell_ask_text(task, "peer"), clean));
    }
    json_decref(task);
    return code;
}

int shell_net_disconnect(struct shell *s, size_t count, const char *const *words)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s}", "peer", words[0]);
    (void)count;
    if (params == NULL) {
        return say_problem(SAY_USAGE, "what was typed is not UTF-8");
    }
    int code = shell_ask_take(s, "net.disconnect", params, 0, &result);
    if (code == 0 && s->config->is_json) {
        shell_ask_print_json(result);
    }
    json_decref(result);
    return code;
}

/* ---- Ways ---- */

static void shell_net_print_route(const json_t *route)
{
    char clean[SAY_CLEAN_MAX];
    const json_t *hops = json_object_get(route, "hops");
    const size_t links = json_array_size(hops);
    say_out("%-*s ", SHELL_NET_SHORT, shell_net_short(shell_ask_text(route, "peerId"), clean));
    if (links == 0) {
        say_out("no way is known now\n");
        return;
    }
    say_out("%5zu %9.3f ms  ", links, shell_net_ms(route, "costMs"));
    for (size_t i = 0; i < links; i++) {
        const json_t *hop = json_array_get(hops, i);
        say_out("%s%s", i > 0 ? ", " : "", shell_net_short(shell_ask_text(hop, "peerId"), clean));
        if (json_is_number(json_object_get(hop, "rttMs"))) {
            say_out(" %.3f ms", shell_net_ms(hop, "rttMs"));
        }
    }
    say_out("\n");
}

/* One answer's ways; the last one's id goes to `last`, which is "" where there is no more. */
static int shell_net_routes_part(struct shell *s, json_t *params, char last[WAVU_PEER_TEXT_MAX])
{
    json_t *result = NULL;
    int code = shell_ask_take(s, "mesh.routes", params, 0, &result);
    const json_t *routes = json_object_get(result, "routes");
    const size_t count = json_array_size(routes);
    last[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const json_t *route = json_array_get(routes, i);
        if (s->config->is_json) {
            shell_ask_print_json(route);
        } else {
            shell_net_print_route(route);
        }
        const char *id = shell_ask_text(route, "peerId");
        if (json_is_true(json_object_get(result, "isMore")) && strlen(id) < WAVU_PEER_TEXT_MAX) {
            memcpy(last, id, strlen(id) + 1);
        }
    }
    json_decref(result);
    return code == 0 && !say_flush() ? SAY_FAILURE : code;
}

int shell_net_routes(struct shell *s, size_t count, const char *const *words)
{
    char last[WAVU_PEER_TEXT_MAX] = "";
    json_t *params = count > 0 ? json_pack("{s:s}", "peer", words[0]) : json_object();
    if (params == NULL) {
        return say_problem(SAY_USAGE, "what was typed is not UTF-8");
    }
    if (!s->config->is_json) {
        say_out("%-*s %5s %12s  %s\n", SHELL_NET_SHORT, "TO", "LINKS", "COST", "WAY");
    }
    int code = shell_net_routes_part(s, params, last);
    while (code == 0 && last[0] != '\0') {
        code = shell_net_routes_part(s, json_pack("{s:s}", "after", last), last);
    }
    return code;
}

static void shell_net_print_trace(const json_t *task)
{
    char clean[SAY_CLEAN_MAX];
    const json_t *steps = json_object_get(task, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const json_t *links = json_object_get(step, "links");
        say_out("%2zu  %-*s ", i + 1, SHELL_NET_SHORT,
                shell_net_short(shell_ask_text(step, "peerId"), clean));
        if (!json_is_number(json_object_get(step, "rttMs"))) {
            say_out("no answer\n");
            continue;
        }
        say_out("%9.3f ms", shell_net_ms(step, "rttMs"));
        if ((size_t)json_integer_value(links) != i + 1) {
            say_out("  (its answer came over %lld links)", (long long)json_integer_value(links));
        }
        say_out("\n");
    }
}

int shell_net_trace(struct shell *s, size_t count, const char *const *words)
{
    json_t *task = NULL;
    json_t *last = NULL;
    int code = 0;
    (void)count;
    uint64_t number = shell_net_begin(s, "mesh.trace", json_pack("{s:s}", "peer", words[0]), &code);
    code = code == 0 ? shell_net_follow(s, number, NULL, NULL, &last) : code;
    code = code == 0 ? shell_ask_take(s, "net.task", json_pack("{s:I}", "task", (json_int_t)number),
                                      0, &task)
                     : code;
    if (code == 0 && s->config->is_json) {
        shell_ask_print_json(task);
    } else if (code == 0) {
        shell_net_print_trace(task);
    }
    code = code == 0 ? shell_net_verdict(task) : code;
    json_decref(last);
    json_decref(task);
    return code;
}

/* ---- Round trips ---- */

struct shell_net_ping {
    const struct shell *shell;
    double samples[TASKS_STEPS_MAX]; /* in ms */
    size_t received;
};

static void shell_net_on_steps(void *context, const json_t *task)
{
    struct shell_net_ping *p = context;
    char clean[SAY_CLEAN_MAX];
    const json_t *steps = json_object_get(task, "steps");
    for (size_t i = 0; i < json_array_size(steps) && p->received < TASKS_STEPS_MAX; i++) {
        const json_t *step = json_array_get(steps, i);
        p->samples[p->received++] = shell_net_ms(step, "rttMs");
        if (p->shell->config->is_json) {
            shell_ask_print_json(step);
            continue;
        }
        say_out("reply from %s: seq=%zu time=%.3f ms links=%lld\n",
                say_clean(shell_ask_text(step, "peerId"), clean), p->received,
                p->samples[p->received - 1],
                (long long)json_integer_value(json_object_get(step, "links")));
    }
}

static int shell_net_compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : (left > right ? 1 : 0);
}

static void shell_net_summarise(struct shell_net_ping *p)
{
    if (p->received == 0 || p->shell->config->is_json) {
        return;
    }
    qsort(p->samples, p->received, sizeof p->samples[0], shell_net_compare);
    double median = (p->samples[(p->received - 1) / 2] + p->samples[p->received / 2]) / 2;
    say_out("%zu came back; round trip min/median/max = %.3f/%.3f/%.3f ms\n", p->received,
            p->samples[0], median, p->samples[p->received - 1]);
}

int shell_net_ping(struct shell *s, size_t count, const char *const *words)
{
    struct shell_net_ping p = {.shell = s};
    char *end = NULL;
    long trips = count > 1 ? strtol(words[1], &end, 10) : 4;
    bool is_place = strpbrk(words[0], ".:/") != NULL;
    json_t *task = NULL;
    int code = 0;
    if ((end != NULL && (*end != '\0' || end == words[1])) || trips < 1 ||
        trips > TASKS_STEPS_MAX) {
        return say_problem(SAY_USAGE, "ping takes a number from 1 to %d, not '%.32s'",
                           TASKS_STEPS_MAX, words[1]);
    }
    uint64_t number = shell_net_begin(
        s, "net.ping",
        json_pack("{s:s,s:I}", is_place ? "address" : "peer", words[0], "count", (json_int_t)trips),
        &code);
    if (code != 0) {
        return code;
    }
    code = shell_net_follow(s, number, shell_net_on_steps, &p, &task);
    shell_net_summarise(&p);
    code = code == 0 ? shell_net_verdict(task) : code;
    json_decref(task);
    return code;
}
