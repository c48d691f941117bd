/*
 * The command that the cursor is in says what may come.
 */
#include "apps/shell/shell_complete.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/shell/shell_ask.h"
#include "apps/shell/shell_commands.h"
#include "apps/shell/shell_words.h"

#define SHELL_COMPLETE_SHORT                                                                       \
    8 /* last letters of a peer id, as routes and topology show it; first digits of a file's */
#define SHELL_COMPLETE_FILES 4096 /* of a folder, that are looked at */

/* First words behind a command of the program, and whether a member is meant next. */
static const struct {
    const char *command;
    const char *words[6];
    bool is_who; /* a member stands there, or behind those words */
} shell_complete_known[] = {
    {"contact", {"name", "block", "unblock", "show"}, true},
    {"file", {"send", "list", "accept", "cancel"}, false},
    {"topic", {"join", "read", "leave", "publish", "list"}, false},
    {"sos", {"call", "list", "cancel", "ack"}, false},
    {"backup", {"create", "restore", "verify"}, false},
    {"module", {"load", "list", "off"}, false},
    {"dm", {NULL}, true},
    {"verify", {NULL}, true},
    {"revoke", {NULL}, true},
    {"--with", {NULL}, true},
    {"--to", {NULL}, true},
};

static void shell_complete_commands(const struct shell *s, struct shell_choices *out)
{
    const struct shell_program *p = s->config->program;
    const struct shell_command *own = NULL;
    struct shell_row row;
    for (size_t i = 0; (own = shell_commands_at(i)) != NULL; i++) {
        shell_choices_offer(out, own->name);
    }
    for (size_t i = 0; p->at(p->context, i, &row); i++) {
        shell_choices_offer(out, row.name);
    }
}

static void shell_complete_options(const struct shell *s, const char *command,
                                   struct shell_choices *out)
{
    const struct shell_program *p = s->config->program;
    const char *option = NULL;
    for (size_t i = 0; (option = p->option(p->context, command, i)) != NULL; i++) {
        shell_choices_offer(out, option);
    }
}

/* A peer by the last letters of its id, or by all of it once its beginning was typed. */
static void shell_complete_id(struct shell_choices *out, const char *id)
{
    size_t len = strlen(id);
    if (len > SHELL_COMPLETE_SHORT) {
        shell_choices_offer(out, id + len - SHELL_COMPLETE_SHORT);
    }
    if (strlen(out->typed) > 1) { /* all of them begin alike */
        shell_choices_offer(out, id);
    }
}

static void shell_complete_ids(const json_t *list, struct shell_choices *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (!json_is_true(json_object_get(one, "isSelf"))) {
            shell_complete_id(out, shell_ask_text(one, "peerId"));
        }
    }
}

static void shell_complete_peers(const struct shell *s, struct shell_choices *out)
{
    json_t *peers = shell_ask_quietly_take(s, "node.peers", NULL);
    json_t *members = shell_ask_quietly_take(s, "mesh.members", NULL);
    shell_complete_ids(json_object_get(peers, "peers"), out);
    shell_complete_ids(json_object_get(members, "members"), out);
    json_decref(peers);
    json_decref(members);
}

static void shell_complete_people(const struct shell *s, struct shell_choices *out)
{
    json_t *result = shell_ask_quietly_take(s, "network.members", NULL);
    const json_t *members = json_object_get(result, "members");
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *one = json_array_get(members, i);
        if (!json_is_true(json_object_get(one, "isSelf"))) {
            shell_choices_offer_name(out, shell_ask_text(one, "shown"), shell_ask_text(one, "id"));
        }
    }
    json_decref(result);
}

/* Ids of files: of others', to be accepted, or of what can be ended. */
static void shell_complete_offers(const struct shell *s, bool is_accept, struct shell_choices *out)
{
    char id[SHELL_COMPLETE_SHORT + 1];
    json_t *result = shell_ask_quietly_take(s, "file.list", NULL);
    const json_t *files = json_object_get(result, "files");
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *one = json_array_get(files, i);
        const char *state = shell_ask_text(one, "state");
        bool is_new = strcmp(state, "offered") == 0 || strcmp(state, "stopped") == 0;
        bool is_endable = strcmp(state, "own") == 0 || strcmp(state, "coming") == 0;
        if (is_accept ? is_new : is_endable) {
            (void)snprintf(id, sizeof id, "%s", shell_ask_text(one, "id"));
            shell_choices_offer(out, id);
        }
    }
    json_decref(result);
}

/* Files whose path begins with what was typed; a folder has a / behind it. */
static void shell_complete_files(struct shell_choices *out)
{
    char folder[SHELL_CHOICES_WORD_MAX];
    char path[2 * SHELL_CHOICES_WORD_MAX];
    const char *slash = strrchr(out->typed, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - out->typed) + 1;
    if (len >= sizeof folder) {
        return;
    }
    memcpy(folder, out->typed, len);
    folder[len] = '\0';
    DIR *dir = opendir(len == 0 ? "." : folder);
    const struct dirent *entry = NULL;
    for (size_t i = 0; dir != NULL && i < SHELL_COMPLETE_FILES && (entry = readdir(dir)) != NULL;
         i++) {
        struct stat about;
        bool is_hidden =
            entry->d_name[0] == '.' && (slash == NULL ? out->typed : slash + 1)[0] != '.';
        int put = snprintf(path, sizeof path - 1, "%s%s", folder, entry->d_name);
        if (is_hidden || put < 0 || (size_t)put >= sizeof path - 1) {
            continue;
        }
        if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
            (void)snprintf(path + put, sizeof path - (size_t)put, "/");
        }
        shell_choices_offer(out, path);
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

/* Behind a command of the program. `count` words stand there, the last is being typed. */
static void shell_complete_known_words(const struct shell *s, const struct shell_words *words,
                                       size_t count, struct shell_choices *out)
{
    const size_t rows = sizeof shell_complete_known / sizeof shell_complete_known[0];
    bool is_path = count >= 2 && strpbrk(out->typed, "/") != NULL;
    for (size_t i = 0; i < rows; i++) {
        bool is_it = strcmp(shell_complete_known[i].command, words->items[0]) == 0;
        bool is_before = strcmp(shell_complete_known[i].command, words->items[count - 2]) == 0;
        bool has_words = shell_complete_known[i].words[0] != NULL;
        for (size_t w = 0; is_it && count == 2 && w < 6; w++) {
            if (shell_complete_known[i].words[w] != NULL) {
                shell_choices_offer(out, shell_complete_known[i].words[w]);
            }
        }
        if (shell_complete_known[i].is_who &&
            (is_before || (is_it && count == (has_words ? 3u : 2u)))) {
            shell_complete_people(s, out);
        }
    }
    if (strcmp(words->items[0], "file") == 0 && count == 3) {
        bool is_accept = strcmp(words->items[1], "accept") == 0;
        if (is_accept || strcmp(words->items[1], "cancel") == 0) {
            shell_complete_offers(s, is_accept, out);
            return;
        }
    }
    bool is_module = count == 3 && strcmp(words->items[1], "load") == 0;
    if (is_path || is_module || strcmp(words->items[0], "import") == 0 ||
        strcmp(words->items[0], "export") == 0 || strcmp(words->items[0], "file") == 0) {
        shell_complete_files(out);
    }
}

/* Behind one of the shell's own. */
static void shell_complete_own(const struct shell *s, const struct shell_command *own, size_t count,
                               struct shell_choices *out)
{
    switch (own->takes) {
    case SHELL_TAKES_NOTHING:
        return;
    case SHELL_TAKES_PEER:
        if (count == 2) {
            shell_complete_peers(s, out);
        }
        return;
    case SHELL_TAKES_COMMAND:
        if (count == 2) {
            shell_complete_commands(s, out);
        }
        return;
    }
}

bool shell_complete_line(const struct shell *s, const char *line, size_t len,
                         struct shell_choices *out, char typed[SHELL_CHOICES_WORD_MAX], size_t *at)
{
    static struct shell_words words;
    size_t begin = 0;
    int rc = shell_words_read(&words, line, len);
    while (rc == 0 && begin + words.used < len) { /* the last command */
        begin += words.used;
        rc = shell_words_read(&words, line + begin, len - begin);
    }
    bool is_ended = rc == 0 && len > 0 && (line[len - 1] == ';' || line[len - 1] == '\n');
    bool is_new = words.open == SHELL_WORDS_BETWEEN || words.count == 0 || is_ended;
    size_t count = is_ended ? 0 : words.count;
    const char *word = is_new ? "" : words.items[count - 1];
    if ((rc < 0 && rc != WAVU_ERR_PROTO) || strlen(word) >= SHELL_CHOICES_WORD_MAX ||
        (is_new && count == SHELL_WORDS_MAX)) {
        return false;
    }
    memcpy(typed, word, strlen(word) + 1);
    *at = is_new ? len : begin + words.last_at;
    shell_choices_begin(out, typed);
    count += is_new ? 1 : 0; /* the new one counts as the last */
    if (count == 1) {
        shell_complete_commands(s, out);
        return true;
    }
    const struct shell_command *own = shell_commands_find(words.items[0]);
    if (typed[0] == '-') {
        shell_complete_options(s, words.items[0], out);
    } else if (own != NULL) {
        shell_complete_own(s, own, count, out);
    } else {
        shell_complete_known_words(s, &words, count, out);
    }
    return true;
}
