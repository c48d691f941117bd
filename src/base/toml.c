/*
 * Reads a text once, byte by byte, into entries. Names and decoded strings go into one block as big
 * as the text, for none of them is longer than what it stands for in there.
 */
#include "base/toml.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

#define TABLES_MAX 256        /* tables of different names */
#define KEYS_MAX 256          /* of one table */
#define DIGITS_MAX 18         /* of a float: what an int64_t surely holds */
#define FLOAT_EXPONENT_MAX 22 /* powers of ten that a double holds exactly */

struct table {
    const char *name;
    uint32_t count;
    bool is_array;
};

struct toml {
    char *strings; /* one block; names and texts, each with its NUL */
    size_t strings_len;
    struct toml_entry *entries;
    size_t entry_count;
    size_t entry_cap;
    struct toml_value *items; /* of all arrays */
    size_t item_count;
    size_t item_cap;
    struct table tables[TABLES_MAX];
    size_t table_count;
};

struct reader {
    struct toml *t;
    struct span in;
    size_t at;
    uint32_t line;
    size_t line_at; /* where the line begins */
    size_t table;   /* index in tables */
    size_t section; /* the table's first entry */
    struct toml_error *error;
};

/* ---- Bytes ---- */

static int peek(const struct reader *r)
{
    return r->at < r->in.len ? r->in.ptr[r->at] : -1;
}

static uint32_t column(const struct reader *r)
{
    return (uint32_t)(r->at - r->line_at) + 1;
}

static int refuse_as(struct reader *r, int err, const char *message)
{
    *r->error = (struct toml_error){.line = r->line, .column = column(r), .message = message};
    return err;
}

static int refuse(struct reader *r, const char *message)
{
    return refuse_as(r, WAVU_ERR_INVALID, message);
}

static void skip_blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t') {
        r->at++;
    }
}

/* At a line's end, behind blanks and a comment? Go to the next line. */
static int end_line(struct reader *r)
{
    skip_blanks(r);
    if (peek(r) == '#') {
        while (peek(r) >= 0 && peek(r) != '\n') {
            int c = peek(r);
            if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f) {
                return refuse(r, "a comment holds a control character");
            }
            r->at++;
        }
    }
    if (peek(r) == '\r') {
        r->at++;
    }
    if (peek(r) < 0) {
        return 0;
    }
    if (peek(r) != '\n') {
        return refuse(r, "something stands behind the end of this");
    }
    r->at++;
    r->line++;
    r->line_at = r->at;
    return 0;
}

/* ---- Strings and names ---- */

static void put(struct toml *t, char c)
{
    t->strings[t->strings_len++] = c;
}

static bool is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static void put_utf8(struct toml *t, uint32_t code)
{
    uint8_t bytes[4];
    const size_t len = utf8_write(bytes, code);
    for (size_t i = 0; i < len; i++) {
        put(t, (char)bytes[i]);
    }
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_code(struct reader *r, int digits)
{
    uint32_t code = 0;
    for (int i = 0; i < digits; i++) {
        int digit = hex_digit(peek(r));
        if (digit < 0) {
            return refuse(r, "this escape wants hexadecimal digits");
        }
        code = code << 4 | (uint32_t)digit;
        r->at++;
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        return refuse(r, "this escape is no character");
    }
    put_utf8(r->t, code);
    return 0;
}

/* Behind a backslash. */
static int read_escape(struct reader *r)
{
    static const char names[] = "btnfr\"\\";
    static const char bytes[] = "\b\t\n\f\r\"\\";
    int c = peek(r);
    r->at++;
    if (c == 'u' || c == 'U') {
        return read_code(r, c == 'u' ? 4 : 8);
    }
    for (size_t i = 0; i < sizeof names - 1; i++) {
        if (c == names[i]) {
            put(r->t, bytes[i]);
            return 0;
        }
    }
    r->at--;
    return refuse(r, "there is no such escape");
}

/* A string from its first quote to its last. */
static int read_string(struct reader *r, const char **out)
{
    int quote = peek(r);
    const char *text = r->t->strings + r->t->strings_len;
    r->at++;
    while (peek(r) != quote) {
        int c = peek(r);
        if (c < 0 || c == '\n' || c == '\r') {
            return refuse(r, "this string has no end on its line");
        }
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return refuse(r, "a string holds a control character");
        }
        r->at++;
        if (c != '\\' || quote == '\'') {
            put(r->t, (char)c);
            continue;
        }
        int rc = read_escape(r);
        if (rc < 0) {
            return rc;
        }
    }
    r->at++;
    put(r->t, '\0');
    *out = text;
    return 0;
}

static int read_bare(struct reader *r)
{
    size_t begin = r->at;
    while (is_bare(peek(r))) {
        put(r->t, (char)peek(r));
        r->at++;
    }
    return r->at > begin ? 0 : refuse(r, "a name is missing here");
}

static int check_name(struct reader *r, const char *name)
{
    return strlen(name) <= TOML_NAME_MAX ? 0
                                         : refuse_as(r, WAVU_ERR_LIMIT, "this name is too long");
}

static int read_key(struct reader *r, const char **out)
{
    if (peek(r) == '"' || peek(r) == '\'') {
        int rc = read_string(r, out);
        return rc < 0 ? rc : check_name(r, *out);
    }
    const char *name = r->t->strings + r->t->strings_len;
    int rc = read_bare(r);
    put(r->t, '\0');
    *out = name;
    return rc < 0 ? rc : check_name(r, name);
}

/* ---- Values ---- */

static int read_value(struct reader *r, struct toml_value *v);

/* Room for one more element; the array may move. */
static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return array;
    }
    *cap = *cap == 0 ? 16 : 2 * *cap;
    return mem_resize(array, *cap * size);
}

static int check_room(struct reader *r)
{
    return r->t->entry_count + r->t->item_count < TOML_ENTRIES_MAX
               ? 0
               : refuse_as(r, WAVU_ERR_LIMIT, "there are too many values");
}

/* Blanks, comments and ends of lines inside an array. */
static int skip_lines(struct reader *r)
{
    skip_blanks(r);
    while (peek(r) == '#' || peek(r) == '\n' || peek(r) == '\r') {
        int rc = end_line(r);
        if (rc < 0) {
            return rc;
        }
        skip_blanks(r);
    }
    return 0;
}

static int read_item(struct reader *r)
{
    struct toml *t = r->t;
    struct toml_value item;
    if (peek(r) == '[') {
        return refuse(r, "arrays in arrays are not spoken here");
    }
    int rc = check_room(r);
    rc = rc < 0 ? rc : read_value(r, &item);
    if (rc == 0) {
        t->items = grow(t->items, t->item_count, &t->item_cap, sizeof item);
        t->items[t->item_count++] = item;
    }
    return rc;
}

/* From behind the bracket. `integer` notes where the items begin until all of them are known. */
static int read_array(struct reader *r, struct toml_value *v)
{
    v->kind = TOML_ARRAY;
    v->integer = (int64_t)r->t->item_count;
    int rc = skip_lines(r);
    while (rc == 0 && peek(r) != ']') {
        rc = read_item(r);
        v->count++;
        rc = rc < 0 ? rc : skip_lines(r);
        if (rc == 0 && peek(r) == ',') {
            r->at++;
            rc = skip_lines(r);
        } else if (rc == 0 && peek(r) != ']') {
            rc = refuse(r, "a comma or the array's end is missing here");
        }
    }
    r->at += rc == 0 ? 1 : 0;
    return rc;
}

/* Digits, with single underscores between them; their number in `*digits`. */
static int read_digits(struct reader *r, uint64_t *value, unsigned *digits)
{
    size_t begin = r->at;
    while ((peek(r) >= '0' && peek(r) <= '9') || peek(r) == '_') {
        int c = peek(r);
        bool is_between = r->at > begin && r->in.ptr[r->at - 1] != '_';
        if (c == '_' && !is_between) {
            return refuse(r, "an underscore stands between two digits only");
        }
        if (c != '_' && *value > (UINT64_MAX - 9) / 10) {
            return refuse(r, "this number is too large");
        }
        *value = c == '_' ? *value : *value * 10 + (uint64_t)(c - '0');
        *digits += c == '_' ? 0 : 1;
        r->at++;
    }
    if (r->at == begin || r->in.ptr[r->at - 1] == '_') {
        return refuse(r, "a digit is missing here");
    }
    return 0;
}

/* A point and an exponent, where they stand. */
static int read_fraction(struct reader *r, uint64_t *mantissa, unsigned *digits, int *exponent)
{
    uint64_t power = 0;
    unsigned power_digits = 0;
    unsigned before = *digits;
    int rc = 0;
    if (peek(r) == '.') {
        r->at++;
        rc = read_digits(r, mantissa, digits);
        *exponent = (int)before - (int)*digits;
    }
    if (rc == 0 && (peek(r) == 'e' || peek(r) == 'E')) {
        r->at++;
        bool is_negative = peek(r) == '-';
        r->at += peek(r) == '-' || peek(r) == '+' ? 1 : 0;
        rc = read_digits(r, &power, &power_digits);
        *exponent += is_negative ? -(int)(power % 1000) : (int)(power % 1000);
        rc = rc == 0 && power >= 1000 ? refuse(r, "this number is too large") : rc;
    }
    return rc;
}

static double scale(double value, int exponent)
{
    double power = 1;
    for (int i = 0; i < (exponent < 0 ? -exponent : exponent); i++) {
        power *= 10;
    }
    return exponent < 0 ? value / power : value * power;
}

static int read_number(struct reader *r, struct toml_value *v)
{
    uint64_t mantissa = 0;
    unsigned digits = 0;
    int exponent = 0;
    bool is_negative = peek(r) == '-';
    r->at += peek(r) == '-' || peek(r) == '+' ? 1 : 0;
    bool has_zero = peek(r) == '0';
    int rc = read_digits(r, &mantissa, &digits);
    if (rc == 0 && has_zero && digits > 1) {
        return refuse(r, "a number does not begin with 0");
    }
    v->kind = peek(r) == '.' || peek(r) == 'e' || peek(r) == 'E' ? TOML_FLOAT : TOML_INTEGER;
    rc = rc < 0 ? rc : read_fraction(r, &mantissa, &digits, &exponent);
    if (rc < 0) {
        return rc;
    }
    if (mantissa > INT64_MAX || (v->kind == TOML_FLOAT && digits > DIGITS_MAX) ||
        exponent > FLOAT_EXPONENT_MAX || exponent < -FLOAT_EXPONENT_MAX) {
        return refuse(r, "this number is too large, or has too many digits");
    }
    if (is_bare(peek(r)) || peek(r) == ':' || peek(r) == '.') {
        return refuse(r, "this is neither a number nor anything else that is spoken here");
    }
    v->real = scale((double)mantissa, exponent) * (is_negative ? -1 : 1);
    v->integer = (int64_t)mantissa * (is_negative ? -1 : 1);
    if (v->kind == TOML_FLOAT) {
        v->integer = v->real > -9e18 && v->real < 9e18 ? (int64_t)v->real : 0;
    }
    return 0;
}

static int read_word(struct reader *r, struct toml_value *v)
{
    struct span rest = span_slice(r->in, r->at, r->in.len);
    struct span yes = span_from_text("true");
    struct span no = span_from_text("false");
    v->kind = TOML_BOOLEAN;
    v->boolean = span_has_prefix(rest, yes);
    if (!v->boolean && !span_has_prefix(rest, no)) {
        return refuse(
            r, "a value is missing here: a string (in quotes), number, true, false, or array");
    }
    r->at += v->boolean ? yes.len : no.len;
    return is_bare(peek(r)) ? refuse(r, "this word is no value; a string stands in quotes") : 0;
}

static int read_value(struct reader *r, struct toml_value *v)
{
    int c = peek(r);
    *v = (struct toml_value){.text = "", .line = r->line, .column = column(r)};
    if (c == '"' || c == '\'') {
        v->kind = TOML_STRING;
        return read_string(r, &v->text);
    }
    if (c == '[') {
        r->at++;
        return read_array(r, v);
    }
    if (c == '{') {
        return refuse(r, "inline tables are not spoken here; write [a table] of its own");
    }
    if ((c >= '0' && c <= '9') || c == '+' || c == '-') {
        return read_number(r, v);
    }
    return read_word(r, v);
}

/* ---- Lines ---- */

static bool is_twice(const struct reader *r, const char *key)
{
    for (size_t i = r->section; i < r->t->entry_count; i++) {
        if (strcmp(r->t->entries[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static int read_entry(struct reader *r)
{
    struct toml *t = r->t;
    const struct table *table = &t->tables[r->table];
    struct toml_entry e = {
        .table = table->name, .table_at = table->count - 1, .line = r->line, .column = column(r)};
    int rc = check_room(r);
    rc = rc < 0 ? rc : read_key(r, &e.key);
    if (rc < 0) {
        return rc;
    }
    if (is_twice(r, e.key)) {
        r->at = r->line_at + e.column - 1;
        return refuse(r, "this key stands twice in its table");
    }
    if (t->entry_count - r->section >= KEYS_MAX) {
        return refuse_as(r, WAVU_ERR_LIMIT, "this table has too many keys");
    }
    skip_blanks(r);
    if (peek(r) != '=') {
        return refuse(r, "a '=' is missing here");
    }
    r->at++;
    skip_blanks(r);
    rc = read_value(r, &e.value);
    rc = rc < 0 ? rc : end_line(r);
    if (rc == 0) {
        t->entries = grow(t->entries, t->entry_count, &t->entry_cap, sizeof e);
        t->entries[t->entry_count++] = e;
    }
    return rc;
}

/* Enter the table `name`. */
static int enter(struct reader *r, const char *name, bool is_array)
{
    struct toml *t = r->t;
    size_t i = 0;
    while (i < t->table_count && strcmp(t->tables[i].name, name) != 0) {
        i++;
    }
    if (i == TABLES_MAX) {
        return refuse_as(r, WAVU_ERR_LIMIT, "there are too many tables");
    }
    if (i == t->table_count) {
        t->tables[t->table_count++] = (struct table){.name = name, .is_array = is_array};
    } else if (!is_array || !t->tables[i].is_array) {
        return refuse(r, "this table stands twice");
    }
    t->tables[i].count++;
    r->table = i;
    r->section = t->entry_count;
    return 0;
}

/* "a.b" up to the bracket, with blanks around names. */
static int read_path(struct reader *r, const char **out)
{
    const char *path = r->t->strings + r->t->strings_len;
    int rc = 0;
    bool has_more = true;
    while (rc == 0 && has_more) {
        skip_blanks(r);
        rc = read_bare(r);
        skip_blanks(r);
        has_more = rc == 0 && peek(r) == '.';
        if (has_more) {
            put(r->t, '.');
            r->at++;
        }
    }
    put(r->t, '\0');
    *out = path;
    return rc < 0 ? rc : check_name(r, path);
}

static int read_table(struct reader *r)
{
    const char *name = NULL;
    r->at++;
    bool is_array = peek(r) == '[';
    r->at += is_array ? 1 : 0;
    int rc = read_path(r, &name);
    for (int i = 0; i < (is_array ? 2 : 1) && rc == 0; i++) {
        rc = peek(r) == ']' ? 0 : refuse(r, "a ']' is missing here");
        r->at += rc == 0 ? 1 : 0;
    }
    rc = rc < 0 ? rc : enter(r, name, is_array);
    return rc < 0 ? rc : end_line(r);
}

static int read_all(struct reader *r)
{
    int rc = enter(r, "", false);
    while (rc == 0 && r->at < r->in.len) {
        skip_blanks(r);
        int c = peek(r);
        if (c == '[') {
            rc = read_table(r);
        } else if (c < 0 || c == '#' || c == '\n' || c == '\r') {
            rc = end_line(r);
        } else {
            rc = read_entry(r);
        }
    }
    return rc;
}

/* Arrays know where their items begin; now that these move no more, they point there. */
static void settle(struct toml *t)
{
    for (size_t i = 0; i < t->entry_count; i++) {
        struct toml_value *v = &t->entries[i].value;
        if (v->kind == TOML_ARRAY) {
            v->items = v->count > 0 ? t->items + v->integer : NULL;
            v->integer = 0;
        }
    }
}

/* ---- Public ---- */

int toml_parse(struct span text, struct toml **out, struct toml_error *error)
{
    struct reader r = {.in = text, .line = 1, .error = error};
    if (text.len > TOML_SIZE_MAX) {
        return refuse_as(&r, WAVU_ERR_LIMIT, "the text is too long");
    }
    r.t = mem_new(sizeof *r.t);
    /* A name or string takes a NUL more than its bytes, and has a sign behind it in the text, but
     * for the last when the text ends too early. */
    r.t->strings = mem_new_raw(text.len + 2);
    int rc = read_all(&r);
    CHECK(r.t->strings_len <= text.len + 2);
    if (rc < 0) {
        toml_free(r.t);
        return rc;
    }
    settle(r.t);
    *out = r.t;
    return 0;
}

void toml_free(struct toml *t)
{
    if (t == NULL) {
        return;
    }
    mem_free(t->strings);
    mem_free(t->entries);
    mem_free(t->items);
    mem_free(t);
}

size_t toml_count(const struct toml *t)
{
    return t->entry_count;
}

const struct toml_entry *toml_entry(const struct toml *t, size_t i)
{
    CHECK(i < t->entry_count);
    return &t->entries[i];
}

const struct toml_entry *toml_find(const struct toml *t, const char *table, uint32_t table_at,
                                   const char *key)
{
    for (size_t i = 0; i < t->entry_count; i++) {
        const struct toml_entry *e = &t->entries[i];
        if (e->table_at == table_at && strcmp(e->table, table) == 0 && strcmp(e->key, key) == 0) {
            return e;
        }
    }
    return NULL;
}

uint32_t toml_tables(const struct toml *t, const char *table)
{
    for (size_t i = 0; i < t->table_count; i++) {
        if (strcmp(t->tables[i].name, table) == 0) {
            return t->tables[i].count;
        }
    }
    return 0;
}
