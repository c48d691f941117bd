/*
 * Output of the program.
 */
#include "apps/term/say.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/term/clean.h"
#include "apps/term/tongue.h"
#include "base/name_looks.h"
#include "base/utf8.h"
#include "wavu/err.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SAY_LOOKS_MAX 64  /* bytes of what a name looks like that could be read as "you" */
#define SAY_LINE_MAX 2048 /* bytes of a problem or a warning, with NUL */

/* Who hears problems and warnings. Owned by the one thread. */
static struct say_ear say_listener;

/* What was said on the command line. Owned by the one thread. */
static struct say_manner say_manner;

/* Why the first failing write to stdout failed: an errno value, or 0. Owned by the one thread. */
static int say_lost;

void say_start(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            /* The lowest free number is `fd`. Read-only, so that writing still fails as it should.
             */
            int opened = open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY);
            if (opened > 2) {
                (void)close(opened);
            }
        }
    }
}

int say_exit_of(int err)
{
    switch (err) {
    case WAVU_OK:
        return SAY_OK;
    case WAVU_ERR_NO_NODE:
        return SAY_NO_NODE;
    case WAVU_ERR_NOT_FOUND:
        return SAY_NOT_FOUND;
    case WAVU_ERR_DENIED:
        return SAY_DENIED;
    case WAVU_ERR_TIMEOUT:
        return SAY_TIMEOUT;
    case WAVU_ERR_EXISTS:
    case WAVU_ERR_IN_USE:
        return SAY_CONFLICT;
    case WAVU_ERR_HARDWARE:
        return SAY_HARDWARE;
    default:
        return SAY_FAILURE;
    }
}

struct say_ear say_to(struct say_ear ear)
{
    struct say_ear before = say_listener;
    say_listener = ear;
    return before;
}

void say_set_manner(const struct say_manner *manner)
{
    say_manner = *manner;
}

bool say_is_quiet(void)
{
    return say_manner.is_quiet;
}

bool say_has_colour(const char *when, bool is_terminal, const char *no_color, const char *term)
{
    if (when != NULL && strcmp(when, "auto") != 0) {
        return strcmp(when, "always") == 0;
    }
    bool is_wanted = no_color == NULL || no_color[0] == '\0';
    bool is_able = term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
    return is_terminal && is_wanted && is_able;
}

/* One line on stderr, without what could steer a terminal. */
static void say_line(bool is_warning, const char *said)
{
    const char *head = is_warning ? tongue("warning: ") : "";
    char text[SAY_LINE_MAX];
    (void)fflush(stdout); /* in the order in which things happened */
    (void)clean_text(text, sizeof text, said, strlen(said), CLEAN_NAME);
    if (say_listener.hear != NULL) {
        say_listener.hear(say_listener.context, is_warning, text);
    } else if (say_manner.is_problem_bright) {
        (void)fprintf(stderr, "\033[1;31mwavu:\033[0m %s%s\n", head, text);
    } else {
        (void)fprintf(stderr, "wavu: %s%s\n", head, text);
    }
}

int say_problem(int exit_code, const char *format, ...)
{
    va_list arguments;
    char text[SAY_LINE_MAX] = "";
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, tongue(format), arguments);
    va_end(arguments);
    say_line(false, text);
    return exit_code;
}

int say_check_text(const char *command, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && (text[i] < '\t' || text[i] > '\r')) {
            return 0;
        }
    }
    return say_problem(SAY_USAGE, "the text is empty; 'wavu %s --help' shows how", command);
}

void say_warning(const char *format, ...)
{
    va_list arguments;
    char text[SAY_LINE_MAX] = "";
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, tongue(format), arguments);
    va_end(arguments);
    say_line(true, text);
}

static void say_note_loss(void)
{
    if (say_lost == 0) {
        say_lost = errno != 0 ? errno : EIO;
    }
}

static void say_out_list(const char *format, va_list arguments)
{
    errno = 0;
    if (say_lost == 0 && vfprintf(stdout, tongue(format), arguments) < 0) {
        say_note_loss();
    }
}

void say_out(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_out_list(format, arguments);
    va_end(arguments);
}

void say_hint(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!say_manner.is_quiet) {
        say_out_list(format, arguments);
    }
    va_end(arguments);
}

void say_note(const char *format, ...)
{
    va_list arguments;
    if (say_manner.is_quiet) {
        return;
    }
    (void)fflush(stdout); /* in the order in which things happened */
    va_start(arguments, format);
    (void)vfprintf(stderr, tongue(format), arguments);
    va_end(arguments);
    (void)fprintf(stderr, "\n");
}

/* Characters of a word. */
static size_t say_columns(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

void say_wrapped(size_t column, size_t indent, const char *text)
{
    bool is_begun = false; /* a word stands on this line */
    text = tongue(text);
    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        const size_t wide = say_columns(text, len);
        if (len > 0 && column > indent && column + (is_begun ? 1 : 0) + wide > SAY_WIDTH) {
            say_out("\n%*s", (int)indent, "");
            column = indent;
            is_begun = false;
        }
        if (len > 0) {
            say_out("%s%.*s", is_begun ? " " : "", (int)len, text);
            column += wide + (is_begun ? 1 : 0);
            is_begun = true;
        }
        text += len;
        if (*text == '\n' && text[1] != '\0') {
            say_out("\n%*s", (int)indent, "");
            column = indent;
            is_begun = false;
        }
        text += *text != '\0' ? 1 : 0;
    }
    say_out("\n");
}

bool say_flush(void)
{
    errno = 0;
    if (say_lost == 0 && fflush(stdout) != 0) {
        say_note_loss();
    }
    return say_lost == 0;
}

int say_end(int exit_code)
{
    if (say_flush()) {
        return exit_code;
    }
    if (say_lost != EPIPE) {
        (void)say_problem(SAY_FAILURE, "writing to the standard output failed: %s",
                          strerror(say_lost));
    }
    return exit_code != SAY_OK ? exit_code : SAY_FAILURE;
}

const char *say_clean(const char *text, char out[SAY_CLEAN_MAX])
{
    (void)clean_text(out, SAY_CLEAN_MAX, text, strlen(text), CLEAN_NAME);
    return out;
}

/* ---- Names ---- */

/* What is read as a sign of the line that a name stands in. tests/vectors/clean.txt has them, too:
 * Python's are the same. */
static const uint32_t say_colons[] = {':',    0x02d0, 0x02f8, 0x0589, 0x05c3, 0x0703, 0x0704,
                                      0x0903, 0x0a83, 0x16ec, 0x1803, 0x1809, 0x205a, 0x2236,
                                      0x2982, 0xa4fd, 0xa789, 0xfe13, 0xfe30, 0xfe55, 0xff1a};
static const uint32_t say_quotes[] = {'"',    0x02ba, 0x02dd, 0x02ee, 0x05f4, 0x201c, 0x201d,
                                      0x201e, 0x201f, 0x2033, 0x275d, 0x275e, 0x3003, 0xff02};
static const uint32_t say_heads[] = {'-',    '*',    '[',    0x02d7, 0x066d, 0x06d4, 0x2010, 0x2011,
                                     0x2012, 0x2013, 0x2014, 0x2015, 0x2043, 0x204e, 0x2212, 0x2217,
                                     0x2731, 0x2772, 0x2796, 0x27e6, 0x2cba, 0x3010, 0x3014, 0xfe58,
                                     0xfe5d, 0xfe63, 0xff0a, 0xff0d, 0xff3b};

static bool say_has_point(const uint32_t *points, size_t count, uint32_t point)
{
    bool has = false;
    for (size_t i = 0; i < count; i++) {
        has = has || points[i] == point;
    }
    return has;
}

/* Is it, or does it look like, `word`? */
static bool say_looks_like(const char *name, const char *word)
{
    uint8_t looks[2][SAY_LOOKS_MAX];
    struct wr w[2];
    for (size_t i = 0; i < 2; i++) {
        wr_init(&w[i], span_mut_of(looks[i], sizeof looks[i]));
        (void)name_looks_write(&w[i], span_from_text(i == 0 ? name : word));
    }
    return !w[0].failed && span_is_equal(wr_span(&w[0]), wr_span(&w[1]));
}

/* Each quotation mark of `text` becomes an apostrophe, in place: what is between quotes has none.
 * Returns whether there was one, or a colon, or a sign of a line's head at the beginning. */
static bool say_take_signs(char *text)
{
    const struct span all = span_from_text(text);
    bool has = false;
    size_t used = 0;
    for (size_t at = 0; at < all.len;) {
        uint32_t point = 0;
        const size_t len = utf8_next(&point, all, at);
        const bool is_quote = say_has_point(say_quotes, COUNT_OF(say_quotes), point);
        has = has || is_quote || say_has_point(say_colons, COUNT_OF(say_colons), point) ||
              (at == 0 && say_has_point(say_heads, COUNT_OF(say_heads), point));
        if (is_quote) {
            text[used++] = '\'';
        } else {
            memmove(text + used, text + at, len);
            used += len;
        }
        at += len;
    }
    text[used] = '\0';
    return has;
}

const char *say_name(const char *text, const char *apart, char out[SAY_CLEAN_MAX])
{
    char clean[SAY_CLEAN_MAX];
    (void)say_clean(text, clean);
    bool is_odd = strpbrk(clean, apart) != NULL || say_looks_like(clean, "you") ||
                  say_looks_like(clean, tongue("you"));
    is_odd = say_take_signs(clean) || is_odd;
    (void)snprintf(out, SAY_CLEAN_MAX, is_odd ? "\"%.*s\"" : "%.*s", SAY_CLEAN_MAX - 3, clean);
    return out;
}

const char *say_duration(uint64_t ms, char *out, size_t size)
{
    uint64_t seconds = ms / 1000;
    uint64_t minutes = seconds / 60;
    uint64_t hours = minutes / 60;
    if (hours >= 24) {
        (void)snprintf(out, size, "%" PRIu64 " d %" PRIu64 " h", hours / 24, hours % 24);
    } else if (hours > 0) {
        (void)snprintf(out, size, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
    } else if (minutes > 0) {
        (void)snprintf(out, size, "%" PRIu64 " min %" PRIu64 " s", minutes, seconds % 60);
    } else {
        (void)snprintf(out, size, "%" PRIu64 " s", seconds);
    }
    return out;
}

const char *say_bytes(uint64_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    double amount = (double)bytes;
    while (amount >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        amount /= 1024;
        unit++;
    }
    (void)snprintf(out, size, unit == 0 ? "%.0f %s" : "%.1f %s", amount, units[unit]);
    return out;
}
