/*
 * The language that people read.
 */
#include "apps/term/tongue.h"

#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

#define TONGUE_DOMAIN "wavu"

/* Programs read what is said. Owned by the one thread. */
static bool tongue_rests;

static const char *tongue_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return "";
}

void tongue_rest(bool is_resting)
{
    tongue_rests = is_resting;
}

const char *tongue_language(const char *locale, char out[TONGUE_NAME_MAX])
{
    size_t len = strcspn(locale, ".@:/");
    size_t alone = strcspn(locale, "_.@:/");
    out[0] = '\0';
    if (len == 0 || len + alone + 2 > TONGUE_NAME_MAX || strncmp(locale, "C", len) == 0 ||
        (len == strlen("POSIX") && strncmp(locale, "POSIX", len) == 0)) {
        return out;
    }
    if (alone < len) {
        (void)snprintf(out, TONGUE_NAME_MAX, "%.*s:%.*s", (int)len, locale, (int)alone, locale);
    } else {
        (void)snprintf(out, TONGUE_NAME_MAX, "%.*s", (int)len, locale);
    }
    return out;
}

/* Whose locale is not installed gets the language nevertheless: gettext looks for catalogues in any
 * locale but C, and for those that LANGUAGE names. */
static void tongue_without_locale(void)
{
    char language[TONGUE_NAME_MAX];
    const char *wanted = getenv("LANGUAGE");
    if (tongue_language(tongue_of_environment(), language)[0] == '\0' ||
        setlocale(LC_MESSAGES, "C.UTF-8") == NULL) {
        return;
    }
    if (wanted == NULL || wanted[0] == '\0') {
        (void)setenv("LANGUAGE", language, 1);
    }
}

/* Where the catalogues lie: where the program was built for, or beside it when it was moved. */
static void tongue_bind(void)
{
    char path[TONGUE_PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    (void)bindtextdomain(TONGUE_DOMAIN, WAVU_LOCALE_DIR);
    if (len <= 0 || (size_t)len >= sizeof path - 1) {
        return;
    }
    path[len] = '\0';
    char *slash = strrchr(path, '/');
    static const char beside[] = "/../share/locale";
    if (slash != NULL && (size_t)(slash - path) + sizeof beside <= sizeof path) {
        memcpy(slash, beside, sizeof beside);
        if (access(path, X_OK) == 0) {
            (void)bindtextdomain(TONGUE_DOMAIN, path);
        }
    }
}

void tongue_start(void)
{
    if (setlocale(LC_CTYPE, "") == NULL) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
    const char *found = setlocale(LC_MESSAGES, "");
    if (found == NULL || strcmp(found, "C") == 0) {
        tongue_without_locale();
    }
    tongue_bind();
    (void)bind_textdomain_codeset(TONGUE_DOMAIN, "UTF-8");
}

const char *tongue(const char *text)
{
    return text[0] != '\0' && !tongue_rests ? dgettext(TONGUE_DOMAIN, text)
                                            : text; /* "" is a catalogue's head */
}

const char *tongue_many(const char *one, const char *many, unsigned long long count)
{
    if (tongue_rests) {
        return count == 1 ? one : many;
    }
    return dngettext(TONGUE_DOMAIN, one, many, (unsigned long)count);
}

int tongue_width(const char *text, int columns)
{
    const struct span all = span_from_text(text);
    int extra = 0; /* bytes that are no characters of their own */
    for (size_t at = 0; at < all.len;) {
        uint32_t point = 0;
        size_t len = utf8_next(&point, all, at);
        at += len > 0 ? len : 1;
        extra += len > 1 ? (int)len - 1 : 0;
    }
    return columns + extra;
}
