/*
 * The home, from its rights to its backup.
 */
#include "apps/doctor/doctor_home.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "apps/term/say.h"

#define DOCTOR_HOME_SHORT 32
#define DOCTOR_HOME_OTHERS 077 /* rights of group and others */
#define DOCTOR_HOME_YOURS                                                                          \
    "make it yours (chown -R), run wavu as the user whose it is, or name another with --home"

void doctor_home_folder(const struct doctor_world *w, struct doctor_finding *f)
{
    const struct doctor_file *d = &w->folder;
    if (d->error == ENOENT) {
        doctor_say(f, DOCTOR_OK, "there is no home yet",
                   "there is no home '%s' yet; the first start makes it", w->home);
    } else if (d->error != 0) {
        doctor_say(f, DOCTOR_FAIL, "the home cannot be used",
                   "this user cannot look at the home '%s': %s", w->home, strerror(d->error));
        doctor_next(f, DOCTOR_HOME_YOURS);
    } else if (!d->is_usable) {
        doctor_say(f, DOCTOR_FAIL, "the home cannot be used",
                   "this user cannot read and write the home '%s'", w->home);
        doctor_next(f, DOCTOR_HOME_YOURS);
    } else if (!d->is_ours) {
        doctor_say(f, DOCTOR_FAIL, "the home belongs to another user",
                   "the home '%s' belongs to another user, who can replace what is in it", w->home);
        doctor_next(f, "run wavu as that user, or name another home with --home");
    } else if ((d->mode & DOCTOR_HOME_OTHERS) != 0) {
        doctor_say(f, DOCTOR_FAIL, "others have rights on the home",
                   "others have rights on the home '%s' (mode %03o), which holds secrets", w->home,
                   d->mode);
        doctor_next(f, "take them away: chmod 700 '%s'", w->home);
    } else {
        doctor_say(f, DOCTOR_OK, "the home is this user's alone", "'%s' is this user's alone",
                   w->home);
    }
}

struct doctor_key {
    const char *name;
    const struct doctor_file *file;
};

/* True when something is wrong with that key, which is said. */
static bool doctor_home_key(const struct doctor_world *w, const struct doctor_key *key,
                            struct doctor_finding *f)
{
    if (key->file->error == ENOENT) {
        return false;
    }
    if (key->file->error != 0) {
        doctor_say(f, DOCTOR_FAIL, "a key cannot be read", "this user cannot look at '%s/%s': %s",
                   w->home, key->name, strerror(key->file->error));
        doctor_next(f, DOCTOR_HOME_YOURS);
        return true;
    }
    if (!key->file->is_usable) {
        doctor_say(f, DOCTOR_FAIL, "a key cannot be read", "this user cannot read '%s/%s'", w->home,
                   key->name);
        doctor_next(f, "make it yours and readable: chmod 600 '%s/%s'", w->home, key->name);
        return true;
    }
    if (!key->file->is_ours) {
        doctor_say(f, DOCTOR_FAIL, "a key belongs to another user",
                   "'%s/%s' belongs to another user, who can replace it", w->home, key->name);
        doctor_next(f, "make it yours: chown '%s/%s'", w->home, key->name);
        return true;
    }
    if ((key->file->mode & DOCTOR_HOME_OTHERS) != 0) {
        doctor_say(f, DOCTOR_FAIL, "others have rights on a key",
                   "others have rights on '%s/%s' (mode %03o), which is secret", w->home, key->name,
                   key->file->mode);
        doctor_next(f, "take them away: chmod 600 '%s/%s'", w->home, key->name);
        return true;
    }
    return false;
}

void doctor_home_keys(const struct doctor_world *w, struct doctor_finding *f)
{
    const struct doctor_key keys[] = {{"device.key", &w->device_key},
                                      {"identity.key", &w->identity_key},
                                      {"store.key", &w->store_key}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (doctor_home_key(w, &keys[i], f)) {
            return;
        }
    }
    if (w->store.error == 0 && w->store_key.error == ENOENT) {
        doctor_say(f, DOCTOR_FAIL, "the store has no key",
                   "'%s/store.key' is gone, and without it "
                   "nothing opens the store",
                   w->home);
        doctor_next(f, "restore it: wavu backup restore FILE, into an empty home");
        return;
    }
    if (w->device_key.error == 0) {
        doctor_say(f, DOCTOR_OK, "the keys are private", "the keys are this user's alone");
        return;
    }
    doctor_say(f, DOCTOR_OK, "no keys yet", "there are no keys yet; the first start makes them");
}

void doctor_home_settings(const struct doctor_world *w, struct doctor_finding *f)
{
    char clean[SAY_CLEAN_MAX];
    bool has_file = w->config.error == 0;
    if (w->settings_code != 0) {
        doctor_say(f, DOCTOR_FAIL, "the settings have a mistake",
                   "no node starts with these settings: %.400s",
                   say_clean(w->settings_problem, clean));
        doctor_next(f, "mend it, and try: wavu config check");
    } else if (has_file && w->settings.has_keypair_seed &&
               (w->config.mode & DOCTOR_HOME_OTHERS) != 0) {
        doctor_say(f, DOCTOR_FAIL, "others can read the settings, which hold a key",
                   "others have rights on '%s', and a keypair_seed is set", w->config_path);
        doctor_next(f, "take them away: chmod 600 '%s'", w->config_path);
    } else if (has_file) {
        doctor_say(f, DOCTOR_OK, "the settings are good", "the settings are good");
    } else {
        doctor_say(f, DOCTOR_OK, "no settings file", "there is no settings file: all are defaults");
    }
}

void doctor_home_disk(const struct doctor_world *w, struct doctor_finding *f)
{
    char bytes[DOCTOR_HOME_SHORT];
    (void)say_bytes(w->disk_free, bytes, sizeof bytes);
    doctor_next(f, "free some space, or move the home to another disk");
    if (w->folder.error == ENOENT) {
        doctor_say(f, DOCTOR_OK, "not looked at", "there is no home whose disk could be looked at");
        f->next[0] = '\0';
    } else if (w->disk_error == ENOSPC || w->disk_error == EDQUOT) {
        doctor_say(f, DOCTOR_FAIL, "the disk is full",
                   "the disk of the home is full: nothing that is said is kept");
    } else if (w->disk_error == EROFS) {
        doctor_say(f, DOCTOR_FAIL, "the disk can only be read",
                   "the disk of the home can only be read");
        doctor_next(f, "mount it for writing, and look at the system's log for why it is not "
                       "(a damaged disk is often made read-only)");
    } else if (w->disk_error != 0) {
        doctor_say(f, DOCTOR_FAIL, "the disk takes nothing",
                   "the disk of the home takes nothing: %s", strerror(w->disk_error));
        doctor_next(f, "look at the rights of the home and at the system's log");
    } else if (w->disk_free < DOCTOR_DISK_LEAST) {
        doctor_say(f, DOCTOR_FAIL, "the disk is nearly full",
                   "only %s are free on the disk of the "
                   "home",
                   bytes);
    } else if (w->disk_free < DOCTOR_DISK_LOW) {
        doctor_say(f, DOCTOR_WARN, "little of the disk is free",
                   "%s are free on the disk of the home", bytes);
    } else {
        doctor_say(f, DOCTOR_OK, "the disk takes what is written",
                   "%s are free, and a file could be "
                   "written",
                   bytes);
        f->next[0] = '\0';
    }
}

void doctor_home_store(const struct doctor_world *w, struct doctor_finding *f)
{
    char bytes[DOCTOR_HOME_SHORT];
    const char *disk = json_string_value(json_object_get(w->status, "disk"));
    (void)say_bytes(w->store.bytes, bytes, sizeof bytes);
    if (w->is_cut) {
        doctor_say(f, DOCTOR_FAIL, "a restore or wipe was cut off",
                   "a restore or wipe of the home was cut off, so no node starts");
        doctor_next(f, "do it again: wavu backup restore FILE, or wavu wipe");
    } else if (w->store.error == ENOENT) {
        doctor_say(f, DOCTOR_OK, "there is no store yet", "there is no store yet");
    } else if (w->store.error != 0 || !w->store.is_usable) {
        doctor_say(f, DOCTOR_FAIL, "the store cannot be read",
                   "this user cannot read '%s/store.db'", w->home);
        doctor_next(f, "make it yours and readable: chmod 600 '%s'/store.db*", w->home);
    } else if (disk != NULL && strcmp(disk, "damaged") == 0) {
        doctor_say(f, DOCTOR_FAIL, "the store is damaged",
                   "part of the store cannot be read; the node goes on with the rest");
        doctor_next(f, "look at the disk, and restore the last backup into an empty home");
    } else if (disk != NULL && strcmp(disk, "failing") == 0) {
        doctor_say(f, DOCTOR_FAIL, "the store cannot be written",
                   "the node cannot write its store now, and tries again");
        doctor_next(f, "see the line 'disk' above, and the node's log");
    } else if (disk == NULL) {
        doctor_say(f, DOCTOR_OK, "the store is there; only a running node checks it",
                   "the store has %s; only a running node checks what is in it", bytes);
    } else {
        doctor_say(f, DOCTOR_OK, "the store is good", "the store has %s, and the node writes to it",
                   bytes);
    }
}

void doctor_home_control(const struct doctor_world *w, struct doctor_finding *f)
{
    if (strlen(w->home) + sizeof HOME_CONTROL > HOME_SOCKET_MAX) {
        doctor_say(f, DOCTOR_FAIL, "the home's path is too long for a socket",
                   "the path '%s/%s' is too long for a socket, which takes 107 bytes", w->home,
                   HOME_CONTROL);
        doctor_next(f, "name a shorter home with --home");
    } else if (w->is_held && w->node != DOCTOR_NODE_UP && w->node != DOCTOR_NODE_LOCKED) {
        doctor_say(f, DOCTOR_FAIL, "a process holds the home's lock",
                   "a process holds the lock of the home '%s', and no node answers there", w->home);
        doctor_next(f, "see which, and end it: fuser -v '%s'", w->home);
    } else if (w->control.error == 0 && !w->control.is_usable) {
        doctor_say(f, DOCTOR_FAIL, "the control socket's name is taken by something else",
                   "'%s/%s' is no socket, and is left alone", w->home, HOME_CONTROL);
        doctor_next(f, "move it away");
    } else if (w->node == DOCTOR_NODE_FOREIGN) {
        doctor_say(f, DOCTOR_FAIL, "the node belongs to another user",
                   "the node in '%s' belongs to another user", w->home);
        doctor_next(f, "ask as that user, or name another home with --home");
    } else if (w->control.error == 0 && w->node == DOCTOR_NODE_NONE) {
        doctor_say(f, DOCTOR_OK, "a killed node left its socket",
                   "a node that was killed left its socket; the next one replaces it");
    } else {
        doctor_say(f, DOCTOR_OK, "nothing stands in the way", "nothing stands in a node's way");
    }
}

void doctor_home_backup(const struct doctor_world *w, struct doctor_finding *f)
{
    char age[DOCTOR_HOME_SHORT];
    json_int_t at_ms = json_integer_value(json_object_get(w->vault, "backupUnixMs"));
    int64_t age_s = w->now_s - (int64_t)(at_ms / 1000);
    doctor_next(f, "make one, onto another disk: wavu backup create FILE");
    if (w->identity_key.error == ENOENT) {
        doctor_say(f, DOCTOR_OK, "there is nothing to be saved yet",
                   "nobody is in this home yet, so there is nothing to be saved");
        f->next[0] = '\0';
    } else if (w->vault == NULL || w->node != DOCTOR_NODE_UP) {
        doctor_say(f, DOCTOR_OK, "not asked: no node is open",
                   "when the last backup was made is asked of a running, open node");
        f->next[0] = '\0';
    } else if (at_ms == 0) {
        doctor_say(f, DOCTOR_WARN, "there is no backup",
                   "no backup was made of this home: when the "
                   "disk dies, so do you in all networks");
    } else if (age_s > DOCTOR_BACKUP_S) {
        doctor_say(f, DOCTOR_WARN, "the last backup is old", "the last backup is %s old",
                   say_duration((uint64_t)age_s * 1000, age, sizeof age));
    } else {
        doctor_say(f, DOCTOR_OK, "there is a backup", "the last backup is %s old",
                   say_duration((uint64_t)(age_s > 0 ? age_s : 0) * 1000, age, sizeof age));
        f->next[0] = '\0';
    }
}
