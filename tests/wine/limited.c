/* Starts a program as Windows does it for an administrator who has not consented: among its user's groups the administrators
   are there, and count for nothing. limited PROGRAM ARGUMENT... ends as that one ends. */
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

static int fail(const char *what)
{
    fprintf(stderr, "limited: %s: %lu\n", what, GetLastError());
    return 99;
}

int main(void)
{
    SID_IDENTIFIER_AUTHORITY nt = { SECURITY_NT_AUTHORITY };
    SID_AND_ATTRIBUTES aside = { 0 };
    HANDLE own, limited;
    STARTUPINFOW start = { sizeof start };
    PROCESS_INFORMATION program;
    DWORD code;
    wchar_t *line = GetCommandLineW();
    /* Behind this program's own name. */
    if (*line == L'"') line = wcschr(line + 1, L'"') + 1;
    else while (*line && *line != L' ') line++;
    while (*line == L' ') line++;
    if (!AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &aside.Sid))
        return fail("no identifier");
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own)) return fail("no token");
    if (!CreateRestrictedToken(own, 0, 1, &aside, 0, NULL, 0, NULL, &limited)) return fail("not limited");
    if (!CreateProcessAsUserW(limited, NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &program)) return fail("not started");
    WaitForSingleObject(program.hProcess, INFINITE);
    GetExitCodeProcess(program.hProcess, &code);
    return code;
}
