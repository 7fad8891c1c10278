/* A library under another's name: leaves a file of that name in the folder that LOTSE_MARKS names, when it is loaded. */
#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
    WCHAR mark[2 * MAX_PATH], own[MAX_PATH];
    DWORD length, at;
    if (reason != DLL_PROCESS_ATTACH) return TRUE;
    length = GetModuleFileNameW(self, own, MAX_PATH);
    for (at = length; at > 0 && own[at - 1] != '\\'; at--) continue;
    length = GetEnvironmentVariableW(L"LOTSE_MARKS", mark, MAX_PATH);
    mark[length] = '\\';
    lstrcpynW(mark + length + 1, own + at, MAX_PATH);
    CloseHandle(CreateFileW(mark, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    return TRUE;
}
