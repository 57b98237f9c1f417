#include "scenarios/utc.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Days since 1970-01-01 of a date of the Gregorian calendar: years begin in March, so that
 * the leap day is the last; 719468 days lie between 0000-03-01 and 1970-01-01. */
static int64_t days_of_date(int year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t m = month <= 2 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Exactly `n` digits. */
static bool digits_read(const char **p, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*p)[i]))
            return false;
        *value = 10 * *value + (*p)[i] - '0';
    }
    *p += n;
    return true;
}

static bool letter_read(const char **p, char letter)
{
    if (**p != letter)
        return false;
    (*p)++;
    return true;
}

static int days_in_month(int year, int month)
{
    return (int)(days_of_date(month == 12 ? year + 1 : year, month % 12 + 1, 1) -
                 days_of_date(year, month, 1));
}

/* "", ":30" or ":30.125" */
static bool seconds_read(const char **p, double *seconds)
{
    int whole = 0;
    char *end;

    *seconds = 0.0;
    if (!letter_read(p, ':'))
        return true;
    if (!digits_read(p, 2, &whole) || whole > 59)
        return false;
    *seconds = whole;
    if (**p == '.' && isdigit((unsigned char)(*p)[1])) {
        *seconds += strtod(*p, &end);
        if (strspn(*p + 1, "0123456789") != (size_t)(end - *p) - 1)
            return false; /* an exponent */
        *p = end;
    }
    return true;
}

bool utc_read(const char *text, double *seconds)
{
    const char *p = text;
    int year, month, day, hour, minute;
    double second;

    if (!digits_read(&p, 4, &year) || !letter_read(&p, '-') ||
        !digits_read(&p, 2, &month) || !letter_read(&p, '-') || !digits_read(&p, 2, &day) ||
        year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    if ((!letter_read(&p, 'T') && !letter_read(&p, ' ')) || !digits_read(&p, 2, &hour) ||
        !letter_read(&p, ':') || !digits_read(&p, 2, &minute) || hour > 23 || minute > 59 ||
        !seconds_read(&p, &second))
        return false;
    letter_read(&p, 'Z');
    *seconds =
        (double)(86400 * days_of_date(year, month, day) + 3600 * hour + 60 * minute) +
        second;
    return *p == '\0';
}

const char *utc_text(double seconds, struct arena *arena)
{
    const double whole = floor(seconds), fraction = seconds - whole;
    int64_t day = (int64_t)floor(whole / 86400.0);
    const int second = (int)(whole - 86400.0 * (double)day);
    int year = 1970 + (int)(day / 366), month = 1;

    while (days_of_date(year + 1, 1, 1) <= day)
        year++;
    while (month < 12 && days_of_date(year, month + 1, 1) <= day)
        month++;
    day -= days_of_date(year, month, 1);
    const char *base =
        arena_print(arena, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, (int)day + 1,
                    second / 3600, second / 60 % 60, second % 60);
    if (fraction == 0.0)
        return arena_print(arena, "%sZ", base);
    char digits[16];
    snprintf(digits, sizeof digits, "%.9f", fraction);
    return arena_print(arena, "%s%sZ", base, digits + 1);
}
