/* A window of a program that nobody may ask how high it stands, as one of an administrator's is to others:
   above X Y WIDTH HEIGHT TITLE */
#include <windows.h>
#include <aclapi.h>
#include <stdlib.h>

static LRESULT CALLBACK hear(HWND window, UINT message, WPARAM w, LPARAM l)
{
    if (message == WM_DESTROY) PostQuitMessage(0);
    return DefWindowProcW(window, message, w, l);
}

int main(int count, char **arguments)
{
    WNDCLASSW class = { .lpfnWndProc = hear, .lpszClassName = L"above", .hbrBackground = GetStockObject(GRAY_BRUSH) };
    SECURITY_DESCRIPTOR closed;
    ACL nobody;
    int place[4];
    wchar_t title[64];
    MSG message;
    if (count != 6) return 1;
    for (int i = 0; i < 4; i++) place[i] = atoi(arguments[1 + i]);
    MultiByteToWideChar(CP_UTF8, 0, arguments[5], -1, title, 64);
    if (!InitializeAcl(&nobody, sizeof nobody, ACL_REVISION)
        || !InitializeSecurityDescriptor(&closed, SECURITY_DESCRIPTOR_REVISION)
        || !SetSecurityDescriptorDacl(&closed, TRUE, &nobody, FALSE)
        || !SetKernelObjectSecurity(GetCurrentProcess(), DACL_SECURITY_INFORMATION, &closed)) return 2;
    class.hInstance = GetModuleHandleW(NULL);
    class.hCursor = LoadCursorW(NULL, (LPCWSTR)IDC_ARROW);
    RegisterClassW(&class);
    HWND window = CreateWindowW(L"above", title, WS_OVERLAPPEDWINDOW | WS_VISIBLE, place[0], place[1], place[2], place[3], 0, 0, class.hInstance, 0);
    SetForegroundWindow(window);
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    return 0;
}
