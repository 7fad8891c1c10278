/* A library that rundll32 has called into by the windows of all programs, for as long as it runs. */
#include <windows.h>

static HINSTANCE library;

/* Says so once they do. */
static void hook(int kind, HOOKPROC called) {
    MSG message;
    DWORD written;
    if (!SetWindowsHookExW(kind, called, library, 0)) return;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "hooked\n", 7, &written, NULL);
    while (GetMessageW(&message, NULL, 0, 0) > 0) DispatchMessageW(&message);
}

BOOL WINAPI DllMain(HINSTANCE own_library, DWORD why, void *unused) {
    library = own_library;
    return TRUE;
}
