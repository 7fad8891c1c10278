/* Says no, once, in place of the person whom Windows asks whether a program may be an administrator's, and whom Wine does not
   ask: rundll32 declines.dll,decline */
#include "hook.h"
#include <shellapi.h>
#include <string.h>

/* What ShellExecuteExW begins with: none when nothing is in its place. */
static BYTE own[12];

static void begin_with(const BYTE *code) {
    BYTE *function = (BYTE *)ShellExecuteExW;
    DWORD protection;
    VirtualProtect(function, sizeof own, PAGE_EXECUTE_READWRITE, &protection);
    memcpy(function, code, sizeof own);
    VirtualProtect(function, sizeof own, protection, &protection);
    FlushInstructionCache(GetCurrentProcess(), function, sizeof own);
}

static BOOL WINAPI decline_once(SHELLEXECUTEINFOW *asked) {
    begin_with(own);
    SetLastError(ERROR_CANCELLED);
    return FALSE;
}

/* In each program that a message comes to. */
__declspec(dllexport) LRESULT CALLBACK told(int code, WPARAM taken, LPARAM about) {
    /* mov rax, function; jmp rax */
    BYTE jump[12] = { 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0 };
    void *function = decline_once;
    memcpy(jump + 2, &function, sizeof function);
    if (!own[0] && GetModuleHandleW(L"lotse.exe")) {
        memcpy(own, ShellExecuteExW, sizeof own);
        begin_with(jump);
    }
    return CallNextHookEx(NULL, code, taken, about);
}

__declspec(dllexport) void CALLBACK decline(HWND window, HINSTANCE program, LPSTR line, int show) {
    hook(WH_GETMESSAGE, told);
}
