/*
 * Version n's number is written in the transaction that makes it n: what is there is always one
 * version, whole.
 */
#include "store/store_schema.h"

#include <sqlite3.h>
#include <stdio.h>

#define NUMBER_TEXT_MAX 80

const char *const store_schema_steps[STORE_SCHEMA_VERSION] = {
    [0] = "CREATE TABLE entry (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID",
    /* Also spaces 3 and 4: an older wavu would append to a log without looking at its end, and
     * delete a message but not its words. Blocks fill a page each, which the inner pages of `entry`
     * would hold as well. */
    [1] = "CREATE TABLE block (k BLOB NOT NULL UNIQUE, v BLOB NOT NULL)",
    /* An older wavu would not see what waits in it. */
    [2] = "CREATE TABLE journal (n INTEGER PRIMARY KEY, v BLOB NOT NULL)",
};

static int run(struct store_conn *c, const char *sql)
{
    return store_conn_err(c, sqlite3_exec(store_conn_handle(c), sql, NULL, NULL, NULL));
}

/* The number that a statement answers. */
static int ask(struct store_conn *c, const char *sql, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(store_conn_handle(c), sql, -1, &s, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(s);
        *out = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    }
    (void)sqlite3_finalize(s);
    return store_conn_err(c, code);
}

/* One step, or nothing of it. */
static int take_step(struct store_conn *c, const char *sql, int64_t version)
{
    char numbers[NUMBER_TEXT_MAX];
    (void)snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   STORE_SCHEMA_APPLICATION, (int)version);
    int rc = run(c, "BEGIN IMMEDIATE");
    rc = rc < 0 ? rc : run(c, sql);
    rc = rc < 0 ? rc : run(c, numbers);
    rc = rc < 0 ? rc : run(c, "COMMIT");
    return rc; /* a connection that fails to open is closed, which rolls back */
}

int store_schema_bring(struct store_conn *c, const char *const *steps, int64_t count)
{
    int64_t tables = 0;
    int64_t application = 0;
    int64_t version = 0;
    int rc = ask(c, "SELECT count(*) FROM sqlite_master", &tables);
    rc = rc < 0 ? rc : ask(c, "PRAGMA application_id", &application);
    rc = rc < 0 ? rc : ask(c, "PRAGMA user_version", &version);
    if (rc < 0) {
        return rc;
    }
    /* New, or a crash came while it was being made: neither tables nor numbers. */
    bool is_new = tables == 0 && application == 0 && version == 0;
    if (!is_new && (application != STORE_SCHEMA_APPLICATION || version < 1)) {
        return WAVU_ERR_CORRUPT;
    }
    if (version > count) {
        return WAVU_ERR_UNSUPPORTED;
    }
    for (; rc == 0 && version < count; version++) {
        rc = take_step(c, steps[version], version + 1);
    }
    return rc;
}
