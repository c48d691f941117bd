/*
 * "2026-11-23T01:02:03.004Z" and what others write so: any number of digits behind the point, and
 * zones.
 */
#include "discovery/kad_time.h"

#include <stdio.h>

#include "base/check.h"
#include "base/rd.h"

#define DAY_S UINT64_C(86400)
#define YEAR_FIRST 1970
#define DAYS_TO_1970 719468 /* from March 1st of the year 0 */
#define DAYS_OF_400 146097

/* A number of exactly `digits` digits. */
static unsigned kad_time_digits(struct rd *r, unsigned digits)
{
    unsigned value = 0;
    for (unsigned i = 0; i < digits; i++) {
        uint8_t c = rd_u8(r);
        if (c < '0' || c > '9') {
            r->failed = true;
        }
        value = value * 10 + (unsigned)(c - '0');
    }
    return r->failed ? 0 : value;
}

/* One of the characters of `allowed`; 0 when it is none. */
static char kad_time_char(struct rd *r, const char *allowed)
{
    char c = (char)rd_u8(r);
    for (const char *a = allowed; *a != '\0'; a++) {
        if (!r->failed && c == *a) {
            return c;
        }
    }
    r->failed = true;
    return 0;
}

static unsigned kad_time_month_days(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap ? 1U : 0U);
}

/* Days from 1970 on. The year begins in March, so that its last day may be the 29th of February. */
static uint64_t kad_time_days(unsigned year, unsigned month, unsigned day)
{
    unsigned y = month > 2 ? year : year - 1;
    unsigned m = month > 2 ? month - 3 : month + 9;
    uint64_t of_year = (153U * m + 2U) / 5U + day - 1U;
    return 365U * (uint64_t)y + y / 4 - y / 100 + y / 400 + of_year - DAYS_TO_1970;
}

/* The digits behind a point, if there is one: milliseconds. */
static unsigned kad_time_fraction(struct rd *r)
{
    unsigned ms = 0;
    unsigned weight = 100;
    if (rd_left(r) == 0 || r->in.ptr[r->at] != '.') {
        return 0;
    }
    (void)rd_u8(r);
    ms = kad_time_digits(r, 1) * weight;
    while (rd_left(r) > 0 && r->in.ptr[r->at] >= '0' && r->in.ptr[r->at] <= '9') {
        weight /= 10;
        ms += kad_time_digits(r, 1) * weight;
    }
    return ms;
}

/* Seconds that the text's clock is ahead of UTC. */
static int64_t kad_time_zone(struct rd *r)
{
    char sign = kad_time_char(r, "Zz+-");
    if (sign != '+' && sign != '-') {
        return 0;
    }
    unsigned hours = kad_time_digits(r, 2);
    (void)kad_time_char(r, ":");
    unsigned minutes = kad_time_digits(r, 2);
    r->failed = r->failed || hours > 23 || minutes > 59;
    int64_t ahead = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    return sign == '+' ? ahead : -ahead;
}

int kad_time_parse(struct span text, uint64_t *unix_ms)
{
    struct rd r;
    if (text.len > KAD_TIME_TEXT_MAX) {
        return WAVU_ERR_PROTO;
    }
    rd_init(&r, text);
    unsigned year = kad_time_digits(&r, 4);
    (void)kad_time_char(&r, "-");
    unsigned month = kad_time_digits(&r, 2);
    (void)kad_time_char(&r, "-");
    unsigned day = kad_time_digits(&r, 2);
    (void)kad_time_char(&r, "Tt ");
    unsigned hour = kad_time_digits(&r, 2);
    (void)kad_time_char(&r, ":");
    unsigned minute = kad_time_digits(&r, 2);
    (void)kad_time_char(&r, ":");
    unsigned second = kad_time_digits(&r, 2);
    unsigned ms = kad_time_fraction(&r);
    int64_t ahead = kad_time_zone(&r);
    bool is_date = rd_finish(&r) == 0 && year >= YEAR_FIRST && month >= 1 && month <= 12 &&
                   day >= 1 && day <= kad_time_month_days(year, month);
    if (!is_date || hour > 23 || minute > 59 || second > 60) { /* 60: a leap second */
        return WAVU_ERR_PROTO;
    }
    int64_t seconds = (int64_t)(kad_time_days(year, month, day) * DAY_S) + (int64_t)hour * 3600 +
                      (int64_t)minute * 60 + (int64_t)second - ahead;
    if (seconds < 0 || (uint64_t)seconds > KAD_TIME_MS_MAX / 1000) {
        return WAVU_ERR_PROTO;
    }
    *unix_ms = (uint64_t)seconds * 1000 + ms;
    return 0;
}

void kad_time_format(char out[KAD_TIME_FORMAT_SIZE], uint64_t unix_ms)
{
    uint64_t ms = unix_ms < KAD_TIME_MS_MAX ? unix_ms : KAD_TIME_MS_MAX;
    unsigned of_day = (unsigned)(ms / 1000 % DAY_S);
    unsigned days = (unsigned)(ms / 1000 / DAY_S) + DAYS_TO_1970;
    unsigned era = days / DAYS_OF_400;
    unsigned of_era = days % DAYS_OF_400;
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned m = (5 * of_year + 2) / 153;
    unsigned month = m < 10 ? m + 3 : m - 9;
    year += era * 400 + (month <= 2 ? 1 : 0);
    int len = snprintf(out, KAD_TIME_FORMAT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
                       year % 10000, month, of_year - (153 * m + 2) / 5 + 1, of_day / 3600,
                       of_day / 60 % 60, of_day % 60, (unsigned)(ms % 1000));
    CHECK(len == KAD_TIME_FORMAT_SIZE - 1);
}
