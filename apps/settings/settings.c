/*
 * Where values come from: defaults, files, variables, options; and what else is asked of them.
 */
#include "apps/settings/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "apps/settings/file_guard.h"
#include "apps/settings/settings_row.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/guess.h"
#include "base/toml.h"

void settings_init(struct settings *s)
{
    *s = (struct settings){.file_count = 0};
    for (size_t i = 0; settings_row_at(i) != NULL; i++) {
        if (settings_row_at(i)->initial != NULL) {
            (void)settings_row_take(s, settings_row_at(i), settings_row_at(i)->initial);
        }
    }
}

void settings_wipe(struct settings *s)
{
    explicit_bzero(s->keypair_seed, sizeof s->keypair_seed);
    s->has_keypair_seed = false;
}

/* ---- The file ---- */

static int explain_key(const char *path, const struct toml_entry *e)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; settings_row_at(i) != NULL; i++) {
        guess_try(&guess, e->key, settings_row_at(i)->name);
    }
    if (e->table[0] != '\0') {
        return say_problem(SAY_USAGE, "%s:%u:%u: there is no table [%s] among the settings", path,
                           e->line, e->column, e->table);
    }
    return guess.word != NULL
               ? say_problem(SAY_USAGE, "%s:%u:%u: there is no setting '%s'; did you mean %s?",
                             path, e->line, e->column, e->key, guess.word)
               : say_problem(SAY_USAGE, "%s:%u:%u: there is no setting '%s'", path, e->line,
                             e->column, e->key);
}

/* A value of the file as text; false when its kind is not the setting's. */
static bool text_of(const struct settings_row *row, const struct toml_value *v,
                    char out[SETTINGS_VALUE_MAX])
{
    switch (v->kind) {
    case TOML_STRING:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", v->text);
        return strlen(v->text) < SETTINGS_VALUE_MAX && row->kind != SETTINGS_ROW_NUMBER &&
               row->kind != SETTINGS_ROW_REAL && row->kind != SETTINGS_ROW_SWITCH;
    case TOML_INTEGER:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%lld", (long long)v->integer);
        return row->kind == SETTINGS_ROW_NUMBER || row->kind == SETTINGS_ROW_REAL;
    case TOML_FLOAT:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%.17e", v->real);
        return row->kind == SETTINGS_ROW_REAL;
    case TOML_BOOLEAN:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", v->boolean ? "true" : "false");
        return row->kind == SETTINGS_ROW_SWITCH;
    case TOML_ARRAY:
        return false;
    }
    return false;
}

static int take_value(struct settings *s, const struct settings_row *row, const char *path,
                      const struct toml_value *v)
{
    char text[SETTINGS_VALUE_MAX];
    char bounds[SETTINGS_ROW_WANTED_MAX];
    const char *wanted = NULL;
    /* What is refused is named by what is asked for: read the setting's default for that. */
    bool is_kind = text_of(row, v, text);
    wanted = settings_row_take(s, row, is_kind ? text : "");
    if (wanted == NULL) {
        return 0;
    }
    const bool is_text = row->kind == SETTINGS_ROW_DURATION || row->kind == SETTINGS_ROW_ADDRESS ||
                         row->kind == SETTINGS_ROW_LOCAL;
    (void)settings_row_bounds(row, wanted, bounds);
    return is_text ? say_problem(SAY_USAGE, "%s:%u:%u: %s takes %s, in quotes", path, v->line,
                                 v->column, row->name, bounds)
                   : say_problem(SAY_USAGE, "%s:%u:%u: %s takes %s", path, v->line, v->column,
                                 row->name, bounds);
}

static int take_entry(struct settings *s, const char *path, const struct toml_entry *e)
{
    size_t i = 0;
    while (settings_row_at(i) != NULL &&
           (e->table[0] != '\0' || strcmp(e->key, settings_row_at(i)->name) != 0)) {
        i++;
    }
    if (settings_row_at(i) == NULL) {
        return explain_key(path, e);
    }
    s->from[i] = (struct settings_from){SETTINGS_FROM_FILE, (uint8_t)(s->file_count - 1), e->line};
    if (!settings_row_is_list(settings_row_at(i))) {
        return take_value(s, settings_row_at(i), path, &e->value);
    }
    if (e->value.kind != TOML_ARRAY) {
        return say_problem(SAY_USAGE, "%s:%u:%u: %s takes a list: [\"%s\", ...]", path,
                           e->value.line, e->value.column, settings_row_at(i)->name,
                           settings_row_at(i)->kind == SETTINGS_ROW_MODULES ? "/path/file.so"
                                                                            : "host:port");
    }
    int code = 0;
    struct settings_list *list = settings_row_field(s, settings_row_at(i));
    list->count = 0; /* the list of a later file stands in place of an earlier one's */
    for (size_t at = 0; at < e->value.count && code == 0; at++) {
        code = take_value(s, settings_row_at(i), path, &e->value.items[at]);
    }
    return code;
}

/* The whole file into `out`. Returns 0, -1 when there is none, or an exit code after a sentence. */
static int read_whole(const char *path, struct buf *out)
{
    uint8_t block[4096];
    size_t len = sizeof block;
    FILE *file = fopen(path, "rbe");
    if (file == NULL && (errno == ENOENT || errno == ENOTDIR)) {
        return -1;
    }
    if (file == NULL) {
        return say_problem(errno == EACCES ? SAY_DENIED : SAY_FAILURE,
                           "the settings '%s' cannot be read: %s", path, strerror(errno));
    }
    int code = file_guard_check(fileno(file), path);
    if (code != 0) {
        (void)fclose(file);
        return code;
    }
    int rc = 0;
    while (rc == 0 && len == sizeof block) {
        len = fread(block, 1, sizeof block, file);
        rc = buf_append(out, span_of(block, len));
    }
    bool is_broken = ferror(file) != 0;
    (void)fclose(file);
    explicit_bzero(block, sizeof block); /* the file may hold keypair_seed */
    if (rc < 0) {
        return say_problem(SAY_FAILURE, "the settings '%s' are longer than %d KiB", path,
                           SETTINGS_FILE_MAX / 1024);
    }
    return is_broken ? say_problem(SAY_FAILURE, "the settings '%s' cannot be read", path) : 0;
}

int settings_read_text(struct settings *s, const char *path, struct span text)
{
    struct toml *t = NULL;
    struct toml_error error;
    int code = 0;
    if (s->file_count < PLACES_FILES_MAX) {
        (void)snprintf(s->files[s->file_count++], HOME_PATH_MAX, "%s", path);
    }
    if (toml_parse(text, &t, &error) < 0) {
        return say_problem(SAY_USAGE, "%s:%u:%u: %s", path, error.line, error.column,
                           error.message);
    }
    for (size_t i = 0; i < toml_count(t) && code == 0; i++) {
        code = take_entry(s, path, toml_entry(t, i));
    }
    toml_free(t);
    return code;
}

int settings_read_file(struct settings *s, const char *path, bool may_be_absent)
{
    struct buf text;
    buf_init(&text, SETTINGS_FILE_MAX);
    int code = read_whole(path, &text);
    if (code == 0) {
        code = settings_read_text(s, path, buf_span(&text));
    } else if (code < 0) {
        code = may_be_absent ? 0 : say_problem(SAY_NOT_FOUND, "there are no settings '%s'", path);
    }
    buf_wipe(&text);
    return code;
}

int settings_read_places(struct settings *s, const struct places *places)
{
    int code = 0;
    for (size_t i = 0; i < places->count && code == 0; i++) {
        code = settings_read_file(s, places->files[i], true);
    }
    return code;
}

/* ---- Variables ---- */

/* WAVU_MIN_DEGREE of min_degree. Returns `out`. */
static const char *variable_of(const struct settings_row *row, char out[64])
{
    int len = snprintf(out, 64, "WAVU_%s", row->name);
    for (int i = 0; i < len && i < 63; i++) {
        out[i] = out[i] >= 'a' && out[i] <= 'z' ? (char)(out[i] - 32) : out[i];
    }
    return out;
}

/* The parts of `text` between commas, which for all but lists is the whole. */
static const char *take_variable(struct settings *s, const struct settings_row *row,
                                 const char *text)
{
    char part[SETTINGS_VALUE_MAX];
    const char *wanted = NULL;
    if (!settings_row_is_list(row)) {
        return settings_row_take(s, row, text);
    }
    ((struct settings_list *)settings_row_field(s, row))->count = 0;
    while (wanted == NULL && *text != '\0') {
        size_t len = strcspn(text, ",");
        (void)snprintf(part, sizeof part, "%.*s", (int)len, text);
        wanted = len < sizeof part ? settings_row_take(s, row, part) : tongue("a list with commas");
        text += len + (text[len] == ',' ? 1 : 0);
    }
    return wanted;
}

int settings_read_environment(struct settings *s)
{
    char name[64];
    char bounds[SETTINGS_ROW_WANTED_MAX];
    for (size_t i = 0; settings_row_at(i) != NULL; i++) {
        const char *text = settings_row_at(i)->kind != SETTINGS_ROW_SEED
                               ? getenv(variable_of(settings_row_at(i), name))
                               : NULL;
        if (text == NULL || text[0] == '\0') {
            continue;
        }
        const char *wanted = take_variable(s, settings_row_at(i), text);
        if (wanted != NULL) {
            return say_problem(SAY_USAGE, "%s takes %s, not '%.64s'", name,
                               settings_row_bounds(settings_row_at(i), wanted, bounds), text);
        }
        s->from[i] = (struct settings_from){.origin = SETTINGS_FROM_ENVIRONMENT};
    }
    return 0;
}

/* ---- Options ---- */

int settings_read_args(struct settings *s, const struct args *args)
{
    char bounds[SETTINGS_ROW_WANTED_MAX];
    for (size_t i = 0; settings_row_at(i) != NULL; i++) {
        const struct settings_row *row = settings_row_at(i);
        if (args_has(args, row->option) && settings_row_is_list(row)) {
            /* the option's list stands in place of the file's */
            ((struct settings_list *)settings_row_field(s, row))->count = 0;
        }
        for (size_t at = 0; args_has(args, row->option); at++) {
            const char *text = args_nth(args, row->option, at);
            if (row->kind == SETTINGS_ROW_SWITCH && text == NULL) {
                text = "true"; /* a bare one */
            }
            if (text == NULL) {
                break;
            }
            const char *wanted = settings_row_take(s, row, text);
            if (wanted != NULL) {
                return say_problem(SAY_USAGE, "--%s takes %s, not '%.64s'", row->option,
                                   settings_row_bounds(row, wanted, bounds),
                                   row->kind == SETTINGS_ROW_SEED ? "..." : text);
            }
            s->from[i] = (struct settings_from){.origin = SETTINGS_FROM_OPTION};
            if (row->kind == SETTINGS_ROW_SWITCH) {
                break;
            }
        }
    }
    return 0;
}

int settings_check(const struct settings *s)
{
    if (s->min_degree > s->max_degree) {
        return say_problem(SAY_USAGE, "min_degree is %llu and max_degree %llu; let it not be less",
                           (unsigned long long)s->min_degree, (unsigned long long)s->max_degree);
    }
    return 0;
}

/* ---- Changing ---- */

size_t settings_find(const char *name)
{
    struct guess guess = {NULL, 0};
    for (size_t i = 0; settings_row_at(i) != NULL; i++) {
        if (strcmp(settings_row_at(i)->name, name) == 0) {
            return i;
        }
        guess_try(&guess, name, settings_row_at(i)->name);
    }
    if (guess.word != NULL) {
        (void)say_problem(SAY_NOT_FOUND, "there is no setting '%.64s'; did you mean %s?", name,
                          guess.word);
    } else {
        (void)say_problem(SAY_NOT_FOUND, "there is no setting '%.64s'; 'wavu get' lists them",
                          name);
    }
    return SETTINGS_COUNT_MAX;
}

bool settings_is_secret(size_t i)
{
    return settings_row_at(i)->kind == SETTINGS_ROW_SEED;
}

const char *settings_words(const char *name)
{
    const struct settings_row *row = NULL;
    for (size_t i = 0; (row = settings_row_at(i)) != NULL; i++) {
        if (strcmp(row->name, name) != 0) {
            continue;
        }
        if (row->kind == SETTINGS_ROW_SWITCH) {
            return "true|false";
        }
        if (row->kind == SETTINGS_ROW_POWER) {
            return "normal|low";
        }
        if (row->kind == SETTINGS_ROW_FORMAT) {
            return "text|json";
        }
        if (row->kind == SETTINGS_ROW_KAD) {
            return "auto|client|server|off";
        }
        if (row->kind == SETTINGS_ROW_ADMISSION) {
            return "members|any";
        }
    }
    return "";
}

int settings_write(size_t i, const char *text, struct buf *out)
{
    static struct settings scratch; /* 41 KiB */
    char bounds[SETTINGS_ROW_WANTED_MAX];
    char value[SETTINGS_VALUE_MAX];
    const struct settings_row *row = settings_row_at(i);
    int rc = 0;
    settings_init(&scratch);
    const char *wanted = take_variable(&scratch, row, text);
    if (wanted != NULL) {
        return say_problem(SAY_USAGE, "%s takes %s, not '%.64s'", row->name,
                           settings_row_bounds(row, wanted, bounds),
                           row->kind == SETTINGS_ROW_SEED ? "..." : text);
    }
    if (settings_row_is_list(row)) {
        rc = settings_list_write(settings_row_const_field(&scratch, row), out);
    } else if (row->kind == SETTINGS_ROW_REAL) { /* all its digits */
        rc = buf_append(out, span_from_text(text));
    } else if (row->kind == SETTINGS_ROW_SEED) {
        (void)snprintf(value, sizeof value, "\"%s\"", text);
        rc = buf_append(out, span_from_text(value));
        explicit_bzero(value, sizeof value);
    } else {
        rc = buf_append(out, span_from_text(settings_show(&scratch, i, value)));
    }
    settings_wipe(&scratch);
    return rc < 0 ? say_problem(SAY_USAGE, "the value of %s is too long", row->name) : 0;
}

/* ---- Read again ---- */

/* How many bytes at its offset a setting has; texts are equal up to their end, so they are not
 * compared by it. */
static size_t size_of(const struct settings_row *row)
{
    switch (row->kind) {
    case SETTINGS_ROW_ADDRESS:
        return SETTINGS_ADDRESS_MAX;
    case SETTINGS_ROW_NUMBER:
    case SETTINGS_ROW_DURATION:
        return sizeof(uint64_t);
    case SETTINGS_ROW_REAL:
        return sizeof(double);
    case SETTINGS_ROW_SWITCH:
    case SETTINGS_ROW_POWER:
    case SETTINGS_ROW_FORMAT:
    case SETTINGS_ROW_ADMISSION:
        return sizeof(bool);
    case SETTINGS_ROW_KAD:
        return sizeof(enum settings_kad);
    case SETTINGS_ROW_PREFIX:
        return WAVU_KAD_PREFIX_MAX;
    case SETTINGS_ROW_LEVELS:
        return sizeof(struct log_levels);
    case SETTINGS_ROW_NAME:
        return SETTINGS_NETWORK_MAX;
    case SETTINGS_ROW_LOCAL:
        return sizeof((struct settings *)0)->metrics;
    case SETTINGS_ROW_SEED:
        return SETTINGS_SEED_SIZE;
    case SETTINGS_ROW_ADDRESSES:
    case SETTINGS_ROW_MODULES:
        return sizeof(struct settings_list);
    }
    return 0;
}

bool settings_differ(const struct settings *a, const struct settings *b, size_t i)
{
    const struct settings_row *row = settings_row_at(i);
    const void *in_a = settings_row_const_field(a, row);
    const void *in_b = settings_row_const_field(b, row);
    if (settings_row_is_list(row)) {
        return settings_list_differ(in_a, in_b);
    }
    if (row->kind == SETTINGS_ROW_ADDRESS || row->kind == SETTINGS_ROW_NAME ||
        row->kind == SETTINGS_ROW_LOCAL || row->kind == SETTINGS_ROW_PREFIX) {
        return strcmp(in_a, in_b) != 0;
    }
    return memcmp(in_a, in_b, size_of(row)) != 0 ||
           (row->kind == SETTINGS_ROW_SEED && a->has_keypair_seed != b->has_keypair_seed);
}

void settings_take(struct settings *to, const struct settings *from, size_t i)
{
    const struct settings_row *row = settings_row_at(i);
    memcpy(settings_row_field(to, row), settings_row_const_field(from, row), size_of(row));
    to->from[i] = from->from[i];
    memcpy(to->files, from->files, sizeof to->files); /* which that names */
    to->file_count = from->file_count;
    if (row->kind == SETTINGS_ROW_SEED) {
        to->has_keypair_seed = from->has_keypair_seed;
    }
}

/* ---- Showing ---- */

void settings_mesh(const struct settings *s, const char *seeds[SETTINGS_SEEDS_MAX],
                   struct wavu_mesh_config *out)
{
    for (size_t i = 0; i < s->seed_peers.count; i++) {
        seeds[i] = s->seed_peers.items[i];
    }
    *out = (struct wavu_mesh_config){
        .has_discovery = s->discovery_port != 0,
        .discovery_port = (uint16_t)s->discovery_port,
        .has_mdns = s->discovery_port != 0,
        .min_degree = (uint16_t)s->min_degree,
        .max_degree = (uint16_t)s->max_degree,
        .gossip_interval_ms = s->gossip_interval_ms,
        .heartbeat_interval_ms = s->heartbeat_interval_ms,
        .phi_threshold = s->phi_threshold,
        .rebalance_interval_ms = s->rebalance_interval_ms,
        .ihave_timeout_ms = s->ihave_timeout_ms,
        .connect_timeout_ms = s->connect_timeout_ms,
        .recovery_base_delay_ms = s->recovery_base_delay_ms,
        .max_discovery_retries = (uint32_t)s->max_discovery_retries,
        .is_low_power = s->is_low_power,
        .is_wan = s->wan_mode,
        .network = s->network,
        .seeds = seeds,
        .seed_count = s->seed_peers.count,
    };
}

bool settings_kad(const struct settings *s, struct wavu_kad_config *out)
{
    static const enum wavu_kad_role roles[] = {[SETTINGS_KAD_AUTO] = WAVU_KAD_AUTO,
                                               [SETTINGS_KAD_CLIENT] = WAVU_KAD_CLIENT,
                                               [SETTINGS_KAD_SERVER] = WAVU_KAD_SERVER};
    if (s->kad == SETTINGS_KAD_OFF) {
        return false;
    }
    *out = (struct wavu_kad_config){.role = roles[s->kad],
                                    .prefix = s->kad_prefix,
                                    .is_open = s->is_kad_open,
                                    .puzzle = (uint8_t)s->kad_puzzle};
    return true;
}

const char *settings_name(size_t i)
{
    return settings_row_at(i) != NULL ? settings_row_at(i)->name : NULL;
}

static void show_duration(uint64_t ms, char out[SETTINGS_VALUE_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, SETTINGS_VALUE_MAX));
    wr_text(&w, "\"");
    duration_write(&w, ms);
    wr_text(&w, "\"");
    CHECK(wr_finish_text(&w) == 0);
}

bool settings_is_private(size_t i)
{
    switch (settings_row_at(i)->kind) {
    case SETTINGS_ROW_NUMBER:
    case SETTINGS_ROW_DURATION:
    case SETTINGS_ROW_REAL:
    case SETTINGS_ROW_SWITCH:
    case SETTINGS_ROW_POWER:
    case SETTINGS_ROW_LEVELS:
    case SETTINGS_ROW_FORMAT:
    case SETTINGS_ROW_KAD:
    case SETTINGS_ROW_ADMISSION:
        return false;
    case SETTINGS_ROW_ADDRESS:
    case SETTINGS_ROW_NAME:
    case SETTINGS_ROW_LOCAL:
    case SETTINGS_ROW_SEED:
    case SETTINGS_ROW_ADDRESSES:
    case SETTINGS_ROW_MODULES:
    case SETTINGS_ROW_PREFIX:
        return true;
    }
    return true;
}

static void show_levels(const struct log_levels *levels, char out[SETTINGS_VALUE_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, SETTINGS_VALUE_MAX));
    wr_text(&w, "\"");
    log_levels_write(levels, &w);
    wr_text(&w, "\"");
    CHECK(wr_finish_text(&w) == 0);
}

const char *settings_show(const struct settings *s, size_t i, char out[SETTINGS_VALUE_MAX])
{
    const struct settings_row *row = settings_row_at(i);
    const void *field = settings_row_const_field(s, row);
    switch (row->kind) {
    case SETTINGS_ROW_ADDRESS:
    case SETTINGS_ROW_LOCAL:
    case SETTINGS_ROW_PREFIX:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", (const char *)field);
        break;
    case SETTINGS_ROW_NUMBER:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%llu",
                       (unsigned long long)*(const uint64_t *)field);
        break;
    case SETTINGS_ROW_DURATION:
        show_duration(*(const uint64_t *)field, out);
        break;
    case SETTINGS_ROW_REAL: /* never in a locale's way */
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%llu.%llu",
                       (unsigned long long)*(const double *)field,
                       (unsigned long long)(*(const double *)field * 10) % 10);
        break;
    case SETTINGS_ROW_SWITCH:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", *(const bool *)field ? "true" : "false");
        break;
    case SETTINGS_ROW_NAME:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", (const char *)field);
        break;
    case SETTINGS_ROW_POWER:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", *(const bool *)field ? "low" : "normal");
        break;
    case SETTINGS_ROW_LEVELS:
        show_levels(field, out);
        break;
    case SETTINGS_ROW_FORMAT:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", *(const bool *)field ? "json" : "text");
        break;
    case SETTINGS_ROW_KAD:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"",
                       settings_row_kad(*(const enum settings_kad *)field));
        break;
    case SETTINGS_ROW_ADMISSION:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "\"%s\"", *(const bool *)field ? "any" : "members");
        break;
    case SETTINGS_ROW_SEED:
        (void)snprintf(out, SETTINGS_VALUE_MAX, "%s", s->has_keypair_seed ? "\"(set)\"" : "\"\"");
        break;
    case SETTINGS_ROW_ADDRESSES:
    case SETTINGS_ROW_MODULES:
        settings_list_show(field, out);
        break;
    }
    return out;
}

const char *settings_origin(const struct settings *s, size_t i)
{
    static const char *const names[] = {"default", "file", "environment", "option"};
    return names[s->from[i].origin];
}

const char *settings_place(const struct settings *s, size_t i, char out[SETTINGS_PLACE_MAX])
{
    char name[64];
    const struct settings_from *from = &s->from[i];
    switch ((enum settings_origin)from->origin) {
    case SETTINGS_DEFAULT:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "default");
        break;
    case SETTINGS_FROM_FILE:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "%s:%u", s->files[from->file],
                       (unsigned)from->line);
        break;
    case SETTINGS_FROM_ENVIRONMENT:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "%s", variable_of(settings_row_at(i), name));
        break;
    case SETTINGS_FROM_OPTION:
        (void)snprintf(out, SETTINGS_PLACE_MAX, "--%s", settings_row_at(i)->option);
        break;
    }
    return out;
}

const char *settings_file_of(const struct settings *s, const char *name)
{
    for (size_t i = 0; settings_row_at(i) != NULL; i++) {
        if (strcmp(settings_row_at(i)->name, name) == 0 &&
            s->from[i].origin == SETTINGS_FROM_FILE) {
            return s->files[s->from[i].file];
        }
    }
    return NULL;
}
