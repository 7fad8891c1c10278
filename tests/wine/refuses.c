/* Keeps every program from coming to the foreground, as Windows does while somebody uses another one and Wine does not:
   rundll32 refuses.dll,refuse */
#include <windows.h>

static HINSTANCE library;

__declspec(dllexport) LRESULT CALLBACK asked(int code, WPARAM window, LPARAM about) {
    return code == HCBT_ACTIVATE ? 1 : CallNextHookEx(NULL, code, window, about);
}

__declspec(dllexport) void CALLBACK refuse(HWND window, HINSTANCE program, LPSTR line, int show) {
    MSG message;
    DWORD written;
    if (!SetWindowsHookExW(WH_CBT, asked, library, 0)) return;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "hooked\n", 7, &written, NULL);
    while (GetMessageW(&message, NULL, 0, 0) > 0) DispatchMessageW(&message);
}

BOOL WINAPI DllMain(HINSTANCE own, DWORD why, void *unused) {
    library = own;
    return TRUE;
}
