/*
 * A command line that is not whole yet, read against the tables.
 *
 * What an option or a word takes is said by its name in the table: words in small letters with |
 * between them are what it takes ("on|off"); of names in capitals those of one table here are
 * known (FILE, WHO, ...), all others are free.
 */
#include "apps/wavu/complete.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/rpc/rpc_client.h"
#include "apps/term/say.h"
#include "apps/wavu/commands.h"
#include "apps/settings/home.h"
#include "apps/settings/settings.h"

#define COMPLETE_TOKEN_MAX 64 /* bytes of a word's name in the table */

/* What stands on the line so far. */
struct line {
    const struct command *command;    /* NULL: none yet */
    const struct args_option *option; /* its value comes next; NULL: none */
    const char *home;                 /* --home, or NULL */
    const char *first;                /* the command's first word, or NULL */
    size_t word_count;                /* of the command */
    bool are_words;                   /* "--" stood there */
    const char *typed;                /* of the word that is completed */
};

/* ---- Reading the line ---- */

static const struct args_option *complete_option_at(const struct command *command, size_t i)
{
    size_t common_count = 0;
    const struct args_option *common = commands_common(&common_count);
    size_t own = command != NULL ? command->option_count : 0;
    if (i < own) {
        return &command->options[i];
    }
    return i - own < common_count ? &common[i - own] : NULL;
}

static const struct args_option *complete_find_option(const struct command *command,
                                                      const char *word)
{
    const struct args_option *option = complete_option_at(command, 0);
    for (size_t i = 1; option != NULL; option = complete_option_at(command, i++)) {
        size_t len = strlen(option->name);
        bool is_long = word[1] == '-' && strncmp(word + 2, option->name, len) == 0 &&
                       (word[2 + len] == '\0' || word[2 + len] == '=');
        bool is_letter = option->letter != '\0' && word[1] == option->letter && word[2] == '\0';
        if (is_long || is_letter) {
            return option;
        }
    }
    return NULL;
}

static void complete_take_option(struct line *l, const char *word)
{
    const struct args_option *option = complete_find_option(l->command, word);
    const char *equals = strchr(word, '=');
    l->option = option != NULL && option->value != NULL && equals == NULL ? option : NULL;
    if (option != NULL && equals != NULL && strcmp(option->name, "home") == 0) {
        l->home = equals + 1;
    }
}

static void complete_take(struct line *l, const char *word)
{
    if (l->option != NULL) {
        l->home = strcmp(l->option->name, "home") == 0 ? word : l->home;
        l->option = NULL;
    } else if (!l->are_words && strcmp(word, "--") == 0) {
        l->are_words = true;
    } else if (!l->are_words && word[0] == '-' && word[1] != '\0') {
        complete_take_option(l, word);
    } else if (l->command == NULL) {
        l->command = commands_find(word);
        l->first = l->command == NULL ? word : NULL;
    } else {
        l->first = l->word_count == 0 ? word : l->first;
        l->word_count++;
    }
}

/* ---- Offering ---- */

/* One candidate, when it begins as what is typed. `before` stands in front of it ("--power="). */
static void complete_offer(const char *before, const char *typed, const char *word,
                           const char *about)
{
    if (strncmp(word, typed, strlen(typed)) == 0) {
        say_out("%s%s%s%s\n", before, word, about[0] != '\0' ? "\t" : "", about);
    }
}

/* Where a candidate goes to: what is typed of it, and what it stands behind. */
struct target {
    const struct line *line;
    const char *before;
    const char *typed;
};

/* The names at `key` (else the beginning of the id) of the objects in the node's answer. */
static void complete_offer_names(const struct target *t, const json_t *all, const char *key)
{
    char clean[SAY_CLEAN_MAX];
    size_t count = json_array_size(all);
    for (size_t i = 0; i < count && i < COMPLETE_NAMES_MAX; i++) {
        const json_t *one = json_array_get(all, i);
        const char *name = json_string_value(json_object_get(one, key));
        const char *id = json_string_value(json_object_get(one, "id"));
        const char *standing = json_string_value(json_object_get(one, "standing"));
        const char *network = json_string_value(json_object_get(one, "networkName"));
        /* What a terminal would not show as it is cannot be typed like that either; an option is no
         * name, and with : begin words for the scripts (":file"). */
        bool is_good = name != NULL && name[0] != '\0' && name[0] != '-' && name[0] != ':' &&
                       strcmp(say_clean(name, clean), name) == 0;
        if (json_is_true(json_object_get(one, "isSelf")) ||
            (standing != NULL && strcmp(standing, "member") != 0)) {
            continue; /* nothing is to be done with who is gone */
        }
        if (is_good) {
            complete_offer(t->before, t->typed, name, "");
        } else if (id != NULL && strlen(id) >= 8) {
            (void)snprintf(clean, sizeof clean, "%.8s", id);
            complete_offer(t->before, t->typed, clean, network != NULL ? "by its id" : "");
        }
    }
}

/* The running node's answer; NULL when there is none. The caller's. */
static json_t *complete_ask(const struct target *t, const char *method, json_t *params)
{
    char home[HOME_PATH_MAX];
    char socket[HOME_PATH_MAX];
    json_t *result = NULL;
    if (home_find(t->line->home, home) != 0 || home_path(home, HOME_CONTROL, socket) != 0 ||
        access(socket, F_OK) != 0) {
        return NULL;
    }
    if (rpc_client_ask(socket, method, params, COMPLETE_ASK_MS, &result) != 0) {
        json_decref(result);
        return NULL;
    }
    return result;
}

static void complete_names(const struct target *t, const char *method, const char *list)
{
    json_t *result = complete_ask(t, method, NULL);
    complete_offer_names(t, json_object_get(result, list), "name");
    json_decref(result);
}

static void complete_files(const struct target *t)
{
    (void)t;
    say_out(":file\n");
}

static void complete_folders(const struct target *t)
{
    (void)t;
    say_out(":dir\n");
}

static void complete_people(const struct target *t)
{
    json_t *all = complete_ask(t, "network.list", NULL);
    const json_t *networks = json_object_get(all, "networks");
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *network = json_array_get(networks, i);
        json_t *params = json_pack("{s:O*}", "network", json_object_get(network, "id"));
        json_t *result = complete_ask(t, "network.members", params);
        complete_offer_names(t, json_object_get(result, "members"), "shown");
        json_decref(result);
        json_decref(params);
    }
    json_decref(all);
}

static void complete_networks(const struct target *t)
{
    complete_names(t, "network.list", "networks");
}

static void complete_rooms(const struct target *t)
{
    complete_names(t, "room.list", "rooms");
}

static void complete_commands(const struct target *t)
{
    const struct command *command = commands_at(0);
    for (size_t i = 1; command != NULL; command = commands_at(i++)) {
        complete_offer(t->before, t->typed, command->name, command->summary);
    }
}

static void complete_settings(const struct target *t)
{
    for (size_t i = 0; settings_name(i) != NULL; i++) {
        complete_offer(t->before, t->typed, settings_name(i), "");
    }
}

/* Those of `tokens`, with | between them, that are in small letters. */
static void complete_alternatives(const struct target *t, const char *tokens)
{
    char word[COMPLETE_TOKEN_MAX];
    while (*tokens != '\0') {
        size_t len = strcspn(tokens, "|");
        (void)snprintf(word, sizeof word, "%.*s", (int)len, tokens);
        if (word[0] >= 'a' && word[0] <= 'z') {
            complete_offer(t->before, t->typed, word, "");
        }
        tokens += len + (tokens[len] == '|' ? 1 : 0);
    }
}

static void complete_levels(const struct target *t)
{
    complete_alternatives(t, "error|warn|info|debug");
}

static void complete_setting_values(const struct target *t)
{
    complete_alternatives(t, settings_words(t->line->first != NULL ? t->line->first : ""));
}

static const struct {
    const char *name; /* in the table of commands */
    void (*offer)(const struct target *t);
} kinds[] = {
    {"FILE", complete_files},   {"PATH", complete_files},       {"SCENARIO", complete_files},
    {"DIR", complete_folders},  {"WHO", complete_people},       {"PEER", complete_people},
    {"NET", complete_networks}, {"ROOM", complete_rooms},       {"COMMAND", complete_commands},
    {"LEVEL", complete_levels}, {"SETTING", complete_settings}, {"VALUE", complete_setting_values},
};

/* Whatever the name `token` from a table stands for: alternatives, and one known kind. */
static void complete_kind(const struct target *t, const char *token)
{
    complete_alternatives(t, token);
    while (*token != '\0') {
        size_t len = strcspn(token, "|[="); /* FILE[=ARG] is a FILE */
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, token, len) == 0) {
                kinds[i].offer(t);
            }
        }
        len = strcspn(token, "|");
        token += len + (token[len] == '|' ? 1 : 0);
    }
}

static void complete_options(const struct line *l)
{
    char word[COMPLETE_TOKEN_MAX];
    const struct args_option *option = complete_option_at(l->command, 0);
    for (size_t i = 1; option != NULL; option = complete_option_at(l->command, i++)) {
        (void)snprintf(word, sizeof word, "--%s", option->name);
        if (complete_find_option(l->command, word) == option) { /* own ones go before common ones */
            complete_offer("", l->typed, word, option->help);
        }
    }
}

/* The value of `option`: behind a space, or behind = and `before`. */
static void complete_value(const struct line *l, const struct args_option *option,
                           const char *before, const char *typed)
{
    const struct target target = {l, before, typed};
    if (option != NULL && option->value != NULL) {
        complete_kind(&target, option->value);
    }
}

/* The name that the table has for the command's next word, without brackets. False: none. */
static bool complete_token(const struct line *l, char out[COMPLETE_TOKEN_MAX])
{
    const char *at = l->command->words;
    for (size_t i = 0; i < l->word_count && *at != '\0'; i++) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    size_t len = 0;
    for (; *at != '\0' && *at != ' ' && len + 1 < COMPLETE_TOKEN_MAX; at++) {
        if (*at != '[' && *at != ']') {
            out[len++] = *at;
        }
    }
    out[len] = '\0';
    return len > 0;
}

static void complete_word(const struct line *l)
{
    char token[COMPLETE_TOKEN_MAX];
    const struct target target = {l, "", l->typed};
    if (l->command == NULL && l->first == NULL) {
        complete_commands(&target);
    } else if (l->command != NULL && complete_token(l, token)) {
        complete_kind(&target, token);
    }
}

int complete_print(int count, char *const *words)
{
    struct line l = {.typed = ""};
    int at = count > 0 && strcmp(words[0], "--") == 0 ? 1 : 0;
    for (; at + 1 < count; at++) {
        complete_take(&l, words[at]);
    }
    l.typed = at < count ? words[at] : "";
    const char *equals = strchr(l.typed, '=');
    if (l.option != NULL) {
        complete_value(&l, l.option, "", l.typed);
    } else if (!l.are_words && strncmp(l.typed, "--", 2) == 0 && equals != NULL) {
        char before[COMPLETE_TOKEN_MAX];
        (void)snprintf(before, sizeof before, "%.*s", (int)(equals + 1 - l.typed), l.typed);
        complete_value(&l, complete_find_option(l.command, l.typed), before, equals + 1);
    } else if (!l.are_words && l.typed[0] == '-') {
        complete_options(&l);
    } else {
        complete_word(&l);
    }
    return SAY_OK;
}
