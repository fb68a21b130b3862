// rm -rf --no-preserve-root DIRECTORY, in a program that needs nothing of what it deletes. The last line tells what is left.
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static long deleted, kept;

static int away(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)walk;
    if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0)
        return 0;
    if ((type == FTW_DP ? rmdir(path) : unlink(path)) == 0)
        deleted++;
    else
        kept++;
    return 0;
}

int main(int argc, char **argv)
{
    // Mode and directory. Outside a user namespace "/" would be this machine's own: never.
    if (argc != 3)
        return 2;
    char map[256] = "";
    FILE *file = fopen("/proc/self/uid_map", "r");
    if (!file || !fgets(map, sizeof map, file))
        return 2;
    unsigned long inside, outside, count;
    if (sscanf(map, "%lu %lu %lu", &inside, &outside, &count) != 3)
        return 2;
    int in_vm = outside != 0;
    if (in_vm != (strcmp(argv[1], "vm") == 0) || (!in_vm && strncmp(argv[2], "/tmp/hyperspector-", 18) != 0)) {
        printf("ATTACK misplaced: %s\n", argv[2]);
        return 1;
    }
    nftw(argv[2], away, 64, FTW_DEPTH | FTW_PHYS);
    printf("ATTACK done: deleted %ld, kept %ld, /usr/bin/env is %s\n", deleted, kept, access("/usr/bin/env", F_OK) ? "gone" : "there");
    return 0;
}
