/*
 * A child process that outlives its parent. Its stderr is a pipe until it answers, so that what
 * keeps it from starting is said here, in its own sentence.
 */
#include "apps/wavu/start_node.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/rpc/rpc_client.h"
#include "apps/term/say.h"
#include "apps/wavu/cmd_passphrase.h"
#include "apps/settings/home.h"
#include "apps/wavu/passphrase.h"
#include "apps/wavu/start_env.h"
#include "wavu/os.h"

#define START_NODE_PROGRAM "/proc/self/exe"
#define START_NODE_LOOK_MS 20 /* between two questions whether it answers */
#define START_NODE_ASK_MS 2000
#define START_NODE_MS_NS UINT64_C(1000000)
#define START_NODE_HEAD "wavu: " /* of say_problem's sentences */
#define START_NODE_FIXED 5 /* wavu, up, --attended, --home, DIR; the last two if it was named */

extern char **environ;

/* One that is being started. */
struct start_node {
    const char *named; /* --home, or NULL: then the environment says it to the node, too */
    struct start_env env;
    char home[HOME_PATH_MAX];
    char socket[HOME_PATH_MAX];
    pid_t child;
    int said;     /* where its stderr is read */
    bool is_over; /* it has ended */
    int status;   /* as waitpid has it */
    char problem[START_NODE_PROBLEM];
    size_t problem_len;
};

/* Is this the program, and no test or other program that runs its commands? */
static bool start_node_is_program(void)
{
    char path[HOME_PATH_MAX];
    ssize_t len = readlink(START_NODE_PROGRAM, path, sizeof path - 1);
    path[len > 0 ? len : 0] = '\0';
    const char *name = strrchr(path, '/');
    return name != NULL && strcmp(name, "/wavu") == 0;
}

/* What answers at the socket: 0 a node that is up, or that is locked (`*is_locked`); else why not.
 */
static int start_node_ask(const struct start_node *s, bool *is_locked)
{
    json_t *result = NULL;
    int rc = rpc_client_ask(s->socket, "vault.state", NULL, START_NODE_ASK_MS, &result);
    *is_locked = json_is_true(json_object_get(result, "isLocked"));
    json_decref(result);
    result = NULL;
    if (rc == 0 && !*is_locked) {
        rc = rpc_client_ask(s->socket, "node.id", NULL, START_NODE_ASK_MS, &result);
        json_decref(result);
    }
    return rc;
}

/* The home as one finds it from "/", too. The environment names it where no option does. */
static int start_node_root(struct start_node *s)
{
    char found[HOME_PATH_MAX];
    char here[HOME_PATH_MAX];
    const char *variable = getenv("WAVU_HOME");
    bool is_named = s->named == NULL && variable != NULL && variable[0] != '\0';
    if (s->home[0] != '/') {
        (void)snprintf(found, sizeof found, "%s", s->home);
        int len = getcwd(here, sizeof here) != NULL
                      ? snprintf(s->home, sizeof s->home, "%s/%s", here, found)
                      : -1;
        if (len < 0 || (size_t)len >= sizeof s->home) {
            return ENAMETOOLONG;
        }
    }
    start_env_take(&s->env, environ, is_named ? s->home : NULL);
    return 0;
}

static int start_node_spawn(struct start_node *s, const char *const *words, size_t count)
{
    static char program[] = "wavu";
    const char *argv[START_NODE_FIXED + START_NODE_WORDS_MAX + 1] = {program, "up", "--attended"};
    size_t at = 3;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int ends[2];
    int error_number = count > START_NODE_WORDS_MAX ? E2BIG : start_node_root(s);
    if (error_number != 0) {
        return error_number;
    }
    if (s->named != NULL) {
        argv[at++] = "--home";
        argv[at++] = s->home;
    }
    for (size_t i = 0; i < count; i++) {
        argv[at++] = words[i];
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    /* Nothing else of whoever typed the command: a lock or a pipe would be held for as long as the
     * node is there. */
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    (void)posix_spawn_file_actions_addchdir_np(&actions, "/"); /* a disk can be taken away */
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes,
                                   POSIX_SPAWN_SETSID); /* no Ctrl+C of this terminal */
    error_number =
        posix_spawn(&s->child, START_NODE_PROGRAM, &actions, &attributes,
                    (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)s->env.all);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    s->said = ends[0];
    return error_number;
}

/* Take what it said, for a moment; and whether it has ended. */
static void start_node_listen(struct start_node *s)
{
    struct pollfd one = {.fd = s->said, .events = POLLIN};
    (void)poll(&one, 1, START_NODE_LOOK_MS);
    for (;;) {
        char rest[256];
        const size_t room = sizeof s->problem - 1 - s->problem_len;
        char *to = room > 0 ? s->problem + s->problem_len : rest;
        ssize_t n = read(s->said, to, room > 0 ? room : sizeof rest);
        if (n <= 0) {
            break;
        }
        s->problem_len += room > 0 ? (size_t)n : 0;
    }
    s->problem[s->problem_len] = '\0';
    s->is_over = s->is_over || waitpid(s->child, &s->status, WNOHANG) == s->child;
}

/* It ended before it answered: its own sentence, which is for people already, without the log
 * before it, if there is one; else all that it said. */
static int start_node_explain(const struct start_node *s)
{
    const char *logged = strstr(s->problem, "\n" START_NODE_HEAD);
    const char *sentence = logged != NULL ? logged + 1 : s->problem;
    const bool is_failed = WIFEXITED(s->status) && WEXITSTATUS(s->status) != 0;
    if (is_failed && strncmp(sentence, START_NODE_HEAD, strlen(START_NODE_HEAD)) == 0) {
        sentence += strlen(START_NODE_HEAD);
        return say_problem(WEXITSTATUS(s->status), "%.*s", (int)strcspn(sentence, "\n"), sentence);
    }
    if (s->problem_len > 0) {
        (void)fflush(stdout);
        (void)!write(STDERR_FILENO, sentence, strlen(sentence));
    }
    if (is_failed && s->problem_len > 0) {
        return WEXITSTATUS(s->status);
    }
    return say_problem(SAY_FAILURE,
                       "the node that was started in '%s' has ended; 'wavu up' shows why", s->home);
}

/* Until it answers, or has ended, or takes too long. */
static int start_node_await(struct start_node *s, bool *is_locked)
{
    const uint64_t until_ns = wavu_os_now_ns() + START_NODE_WAIT_MS * START_NODE_MS_NS;
    int rc = WAVU_ERR_NO_NODE;
    while (rc != 0 && wavu_os_now_ns() < until_ns) {
        start_node_listen(s);
        rc = start_node_ask(s, is_locked);
        if (rc != 0 && s->is_over) {
            return start_node_explain(s);
        }
    }
    return rc == 0 ? 0
                   : say_problem(SAY_TIMEOUT,
                                 "the node that was started in '%s' does not answer; 'wavu up' "
                                 "shows what it is doing",
                                 s->home);
}

/* A locked home is opened by who knows its passphrase. */
static int start_node_unlock(const struct call *call)
{
    return passphrase_has_terminal()
               ? cmd_passphrase_open(call)
               : say_problem(SAY_DENIED, "the node is locked; 'wavu unlock' opens it");
}

int start_node_ensure(const struct call *call, const char *const *words, size_t count, bool *is_new)
{
    struct start_node s = {.named = call->home, .said = -1};
    bool is_locked = false;
    bool is_made = false;
    int code = home_find(call->home, s.home);
    code = code != 0 ? code : home_path(s.home, HOME_CONTROL, s.socket);
    if (code != 0) {
        return code;
    }
    int rc = start_node_ask(&s, &is_locked);
    if (rc == WAVU_ERR_NO_NODE && !start_node_is_program()) {
        return say_problem(SAY_NO_NODE, "no node runs in '%s'; start one with 'wavu up'", s.home);
    }
    if (rc == WAVU_ERR_NO_NODE) {
        (void)signal(SIGCHLD, SIG_DFL); /* to see it end */
        int error_number = start_node_spawn(&s, words, count);
        is_made = error_number == 0;
        code = is_made ? start_node_await(&s, &is_locked)
                       : say_problem(SAY_FAILURE, "a node could not be started: %s",
                                     strerror(error_number));
        (void)signal(SIGCHLD, SIG_IGN); /* whenever it ends, nothing is left of it */
    }
    if (s.said >= 0) {
        (void)close(s.said);
    }
    code = code == 0 && is_locked ? start_node_unlock(call) : code;
    if (is_new != NULL) {
        *is_new = is_made;
    }
    return code;
}
