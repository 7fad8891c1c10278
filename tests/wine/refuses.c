/* Keeps every program from coming to the foreground, as Windows does while somebody uses another one and Wine does not:
   rundll32 refuses.dll,refuse */
#include "hook.h"

__declspec(dllexport) LRESULT CALLBACK asked(int code, WPARAM window, LPARAM about) {
    return code == HCBT_ACTIVATE ? 1 : CallNextHookEx(NULL, code, window, about);
}

__declspec(dllexport) void CALLBACK refuse(HWND window, HINSTANCE program, LPSTR line, int show) {
    hook(WH_CBT, asked);
}
