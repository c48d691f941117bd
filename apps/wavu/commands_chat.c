/*
 * Which commands there are for what people say to each other: their words, options and help.
 */
#include "apps/wavu/commands_chat.h"

#include "apps/wavu/cmd_chat.h"
#include "apps/wavu/cmd_direct.h"
#include "apps/wavu/cmd_file.h"
#include "apps/wavu/cmd_history.h"
#include "apps/wavu/cmd_room.h"
#include "apps/wavu/cmd_say.h"
#include "apps/wavu/cmd_sos.h"
#include "apps/wavu/cmd_stick.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct args_option chat_options[] = {
    {"plain", '\0', NULL, "lines in, lines out: for pipes, scripts and screen readers"},
    {"jsonl", '\0', NULL, "one JSON object a line, in and out"},
    {"ascii", '\0', NULL, "on the screen: ASCII alone"},
    {"no-mouse", '\0', NULL, "on the screen: the mouse is the terminal's own"},
    {"notify", '\0', "HOW", "on the screen: of what means you: hide, show, bell or off (hide)"},
    {"network", '\0', "N", "in that one, by name or id (the first)"},
    {"room", '\0', "ROOM", "in that room, by name or id (the main room)"},
    {"to", '\0', "WHO", "to that member alone"},
    {"history", '\0', "N", "so many messages of before first (10; of a pipe none)"},
    {"wait", '\0', "SECONDS", "at the end, for others to have it (10; of a person 0)"},
    /* Of the node, where none runs here yet. */
    {"nick", '\0', "NAME", "be called so"},
    {"bind", '\0', "ADDR", "listen at that address (0.0.0.0)"},
    {"port", '\0', "N", "and that port (9000)"},
    {"seed", '\0', "ADDR", "a peer to begin with; may be repeated"},
    {"keypair-seed", '\0', "HEX", "identity from 64 hexadecimal digits"},
    {"invite-only", '\0', NULL, "networks that are made are for those who were invited"},
};

static const struct args_option say_options[] = {
    {"network", '\0', "NET", "in that one, by name or id; needed when there are several"},
    {"room", '\0', "ROOM", "in that room, by name or id (the main room)"},
    {"reply", '\0', "ID", "an answer to that message"},
    {"edit", '\0', "ID", "in place of that message of yours"},
    {"delete", '\0', "ID", "nothing; that message of yours goes"},
    {"react", '\0', "ID", "an emoji on that message; the same again takes it back"},
    {"action", '\0', NULL, "shown as what you do: * amina waves"},
    {"expire", '\0', "TIME", "it disappears so long after it came to somebody: 1h, 7d"},
};

static const struct args_option rooms_options[] = {
    {"network", '\0', "NET", "of that one alone, by name or id; else of all"},
};

static const struct args_option room_options[] = {
    {"network", '\0', "NET", "in that one, by name or id; needed when there are several"},
    {"name", '\0', "NAME", "set: call it so"},
    {"topic", '\0', "TEXT", "make, set: what it is about"},
    {"share", '\0', "N", "make, set: newcomers read the last N messages (0)"},
    {"expire", '\0', "TIME",
     "make, set: what is said there disappears after: 24h, 7d; 0s: never (0s)"},
};

static const struct args_option dm_options[] = {
    {"network", '\0', "NET", "the network of that member, by name or id; else any"},
    {"me", '\0', NULL, "as an action: '* Amina waves'"},
    {"reply", '\0', "ID", "it answers that message"},
    {"edit", '\0', "ID", "it replaces the text of that message, one's own"},
    {"delete", '\0', "ID", "that message goes everywhere; without TEXT"},
    {"react", '\0', "ID", "TEXT is one emoji for that message; the same again takes it back"},
    {"expire", '\0', "TIME", "it disappears so long after it is there (30s, 10m, 24h)"},
};

static const struct args_option chats_options[] = {
    {"network", '\0', "NET", "of that one alone, by name or id"},
    {"receipts", '\0', "on|off", "tell others what was read of theirs (off)"},
};

static const struct args_option history_options[] = {
    {"with", '\0', "WHO", "the direct chat with that member"},
    {"room", '\0', "ROOM", "that room, by name or id; else the main one"},
    {"max", '\0', "N", "so many messages at most (50)"},
    {"search", '\0', "WORDS", "only those that have all of these, the newest first"},
    {"peek", '\0', NULL, "what is shown stays unread"},
    {"network", '\0', "NET", "of that one, by name or id"},
};

static const struct args_option file_options[] = {
    {"network", '\0', "NET", "of that one, by name or id; needed to send when there are several"},
    {"room", '\0', "ROOM", "send: into that room, by name or id (the main room)"},
    {"to", '\0', "WHO", "send: to one member alone, by its name or id"},
    {"wait", '\0', NULL, "accept: wait until it is here"},
};

static const struct args_option sos_options[] = {
    {"to", '\0', "WHO", "call that person; may be repeated"},
    {"all", '\0', NULL, "call all members instead, and say it in the room"},
    {"network", '\0', "NET", "only people of that network, by its name or id"},
    {"at", '\0', "POS", "where you are: LAT,LON or LAT,LON,ALT (degrees, metres)"},
};

static const struct args_option export_options[] = {
    {"for", '\0', "WHO", "what is for that member"},
    {"all", '\0', NULL, "what is for anybody"},
    {"network", '\0', "NET", "of that one, by name or id; needed when there are several"},
};

static const struct args_option import_options[] = {
    {"network", '\0', "NET", "only for that one, by name or id"},
};

static const struct command table[] = {
    {
        .name = "say",
        .words = "TEXT",
        .summary = "say something in a room",
        .examples = "  wavu say 'habari za asubuhi'\n"
                    "  wavu say --room plans --expire 7d 'we meet at noon'\n"
                    "  wavu say '@Baraka, can you bring the map?'\n"
                    "  uptime | wavu say -\n"
                    "  wavu say --react ID '\xf0\x9f\x91\x8d'\n"
                    "  wavu say --delete ID\n",
        .notes = "A terminal is told that it was said, a script the message's id. TEXT of - is\n"
                 "read from stdin. All members of the network read it, also those who are away\n"
                 "now, when they are back. 'wavu history' shows what was said; the digits there\n"
                 "are the ID of a message. An edit lives as long as its message; with --expire\n"
                 "the message ends with it. @NAME mentions a member, who is shown so: up to the\n"
                 "next space, or @\"NAME WITH SPACES\", or 8 digits of an id where several are\n"
                 "called so: a mention is never guessed.\n",
        .options = say_options,
        .option_count = COUNT_OF(say_options),
        .words_max = 1,
        .run = cmd_say_run,
    },
    {
        .name = "rooms",
        .words = "",
        .summary = "the rooms of the networks",
        .examples = "  wavu rooms\n"
                    "  wavu rooms --network savanna --json\n",
        .notes = "All members of the network can read all of its rooms.\n",
        .options = rooms_options,
        .option_count = COUNT_OF(rooms_options),
        .run = cmd_room_list_run,
    },
    {
        .name = "room",
        .words = "make|set|read [ROOM]",
        .summary = "make or change a room; count it as read",
        .examples = "  wavu room make plans --topic 'where and when'\n"
                    "  wavu room set plans --expire 7d\n"
                    "  wavu room set --name 'Savanna' --share 50\n"
                    "  wavu room read plans\n",
        .notes =
            "No NAME: the main room. Who made a room, and who founded the network, can set\n"
            "it; what is not named stays as it is. A main room that nobody has named is called\n"
            "as its network from then on.\n",
        .options = room_options,
        .option_count = COUNT_OF(room_options),
        .words_min = 1,
        .words_max = 2,
        .run = cmd_room_run,
    },
    {
        .name = "dm",
        .words = "WHO TEXT",
        .summary = "say something to one member, end-to-end encrypted",
        .examples = "  wavu dm Baraka 'the bridge is open'\n"
                    "  wavu dm 0a1b2c3d 'only for today' --expire 24h\n"
                    "  wavu dm Baraka --delete 77aa01c4\n",
        .notes =
            "WHO is a nick, a member's id or the beginning of one. What is said is kept until\n"
            "each of that person's devices has it, for a week at most; others hold it, sealed,\n"
            "while both are not there together. 'wavu history --with WHO' tells what became\n"
            "of it. A message's ID is what history shows, or its whole id.\n",
        .options = dm_options,
        .option_count = COUNT_OF(dm_options),
        .words_min = 1,
        .words_max = 2,
        .run = cmd_direct_say_run,
    },
    {
        .name = "chat",
        .words = "",
        .summary = "chat: read and write in a room or with one member",
        .examples = "  wavu chat --plain\n"
                    "  echo 'the bridge is open' | wavu chat --plain\n"
                    "  printf '/join 7-apple-river-stone\\nhello\\n' | wavu chat --plain --nick "
                    "Baraka\n"
                    "  wavu chat --plain --bind 127.0.0.1 --port 0 --seed ADDR --invite-only\n",
        .notes =
            "Each line is a message, or a /command: /help lists them, // begins a text with one\n"
            "'/'. Messages of others are lines with a time and a name; what is told is on lines\n"
            "that begin with '-- '. The end of the input ends it, when others have what was said\n"
            "or after --wait. A node is started where none runs, and ends after the chat.\n",
        .options = chat_options,
        .option_count = COUNT_OF(chat_options),
        .run = cmd_chat_run,
    },
    {
        .name = "chats",
        .words = "",
        .summary = "with whom this node's person talks, and what is unread",
        .examples = "  wavu chats\n"
                    "  wavu chats --receipts on\n",
        .notes = "The chat in which something came last is first.\n",
        .options = chats_options,
        .option_count = COUNT_OF(chats_options),
        .run = cmd_direct_chats_run,
    },
    {
        .name = "history",
        .words = "",
        .summary = "what was said in a room, or with one member",
        .examples = "  wavu history\n"
                    "  wavu history --with Baraka --max 200\n"
                    "  wavu history --search 'bridge open'\n",
        .notes = "Oldest first, in the order that all see; the time is by the author's clock.\n"
                 "Behind one's own to a member: queued, sent (it left this device), stored at\n"
                 "MEMBER (who holds it meanwhile), delivered, read (when the other tells),\n"
                 "expired or refused. (@you): it mentions you. In brackets: reactions, and by\n"
                 "how many. What is shown counts as read.\n",
        .options = history_options,
        .option_count = COUNT_OF(history_options),
        .run = cmd_history_run,
    },
    {
        .name = "file",
        .words = "send|list|accept|cancel [FILE]",
        .summary = "send files to members, and take theirs",
        .examples = "  wavu file send ./trip.ogg\n"
                    "  wavu file list\n"
                    "  wavu file accept 5f6a7b8c --wait\n"
                    "  wavu file accept 5f6a7b8c ~/Music          # and copy it there\n"
                    "  wavu file cancel 5f6a7b8c\n",
        .notes =
            "What is sent is read where it lies, as long as it stays as it is. Others fetch it\n"
            "when they accept it, from all who have it; it goes on by itself after a restart,\n"
            "and is in the folder downloads of the home when it is whole. With a PATH, accept\n"
            "waits and copies it there; nothing is ever replaced. An ID may be cut to 6 digits.\n"
            "Cancel ends what is coming, or withdraws one's own offer.\n"
            "Exit code 4 when there is no such offer, or nobody has the file any more.\n",
        .options = file_options,
        .option_count = COUNT_OF(file_options),
        .words_min = 1,
        .words_max = 3,
        .run = cmd_file_run,
    },
    {
        .name = "sos",
        .words = "[TEXT]|status|cancel|ack ID",
        .summary = "call people for help, until they answer",
        .examples = "  wavu sos --to Mama --to Baraka 'fell, leg broken' --at -6.1659,39.2026\n"
                    "  wavu sos --all 'fire at the school'\n"
                    "  wavu sos status\n"
                    "  wavu sos cancel                    # it is over\n"
                    "  wavu sos ack 5f6a7b8c              # I have seen it\n",
        .notes = "It calls no emergency service: only the people named hear of it. It is said\n"
                 "again after 1, 2, 4, ... 30 minutes, over restarts, until each person has\n"
                 "acknowledged it or it is cancelled. Others are told of at most one a member in\n"
                 "half a minute; who is blocked is not heard.\n",
        .options = sos_options,
        .option_count = COUNT_OF(sos_options),
        .words_max = 2,
        .run = cmd_sos_run,
    },
    {
        .name = "export",
        .words = "DIR",
        .summary = "write what waits for members to a stick",
        .examples = "  wavu export --for Baraka /media/stick\n"
                    "  wavu export --all /media/stick\n",
        .notes = "Writes sealed messages into DIR as files whose names tell nothing: direct\n"
                 "messages, receipts and keys of this node, and what it holds for others. Who\n"
                 "finds the stick reads nothing of it. They wait here, too, until their reader\n"
                 "has them. When the command has ended, the stick may be pulled out.\n",
        .options = export_options,
        .option_count = COUNT_OF(export_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_stick_export_run,
    },
    {
        .name = "import",
        .words = "DIR",
        .summary = "read what somebody carried here on a stick",
        .examples = "  wavu import /media/stick\n",
        .notes = "Reads the files that 'wavu export' wrote: what is for this node is shown, what\n"
                 "is for other members is held for them. Ends when all of it is on the disk; the\n"
                 "files stay. Receipts go back with the next 'wavu export', or by the network.\n"
                 "Exit code 1 when some could not be taken yet: keep the files, and try again.\n",
        .options = import_options,
        .option_count = COUNT_OF(import_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_stick_import_run,
    },
};

const struct command *commands_chat(size_t *count)
{
    *count = COUNT_OF(table);
    return table;
}
