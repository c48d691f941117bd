/*
 * Questions of the shell to the running node, and what goes wrong with them, in a sentence.
 */
#ifndef SHELL_SHELL_ASK_H
#define SHELL_SHELL_ASK_H

#include <stdint.h>

#include "apps/shell/shell.h"

struct json_t;

/** Ask; on 0 `*result` is an object, the caller's. Else an exit code after a sentence, or
 * SHELL_INTERRUPTED without one. `params` is taken; NULL: none. `wait_ms`: what the answer may take
 * besides. */
WARN_UNUSED int shell_ask_take(const struct shell *s, const char *method, struct json_t *params,
                               uint64_t wait_ms, struct json_t **result);

/** The same for whoever says nothing about what goes wrong: NULL then. A second at most. */
struct json_t *shell_ask_quietly_take(const struct shell *s, const char *method,
                                      struct json_t *params);

/** Wait until task `number` (net.task) has more than `after` steps, or is done. */
WARN_UNUSED int shell_ask_task(const struct shell *s, uint64_t number, uint64_t after,
                               struct json_t **result);

/** Give up the task: nothing is said. */
void shell_ask_task_end(const struct shell *s, uint64_t number);

/** One JSON value as a line of the result. */
void shell_ask_print_json(const struct json_t *value);

/** The text or number at `key`; "" or 0 when there is none. */
const char *shell_ask_text(const struct json_t *object, const char *key);
uint64_t shell_ask_count(const struct json_t *object, const char *key);

#endif
