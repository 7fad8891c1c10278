/* Has the line that lotse.exe would go on with, and is not lotse.exe: impostor NAME. Offers what may be a ticket to whoever
   opens it, and says how many bytes came back. */
#include <windows.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    /* Version 1, account "mallory", adviser "Maria Huber", language "en"; its length before it. */
    static const char ticket[] = "\x1c\0\0\0\x08\x01\x12\x07mallory\x22\x0bMaria Huber\x2a\x02" "en";
    char path[96], came[64];
    DWORD moved = 0;
    HANDLE pipe;
    if (count != 2) return 1;
    snprintf(path, sizeof path, "\\\\.\\pipe\\lotse-%s", arguments[1]);
    pipe = CreateNamedPipeA(path, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_WAIT, 1, 4096, 4096, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE) return 2;
    printf("waits\n");
    fflush(stdout);
    if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) return 3;
    printf("opened\n");
    WriteFile(pipe, ticket, sizeof ticket - 1, &moved, NULL);
    moved = 0;
    ReadFile(pipe, came, sizeof came, &moved, NULL);
    printf("came %lu\n", moved);
    return 0;
}
