/* A window of Windows that writes down what mouse and keyboard do to it, and whose upper left corner changes its colour with
   each character: hears FILE X Y WIDTH HEIGHT TITLE */
#include <windows.h>
#include <windowsx.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *file;

static void button(HWND window, LPARAM at, const char *which, const char *how)
{
    POINT point = { GET_X_LPARAM(at), GET_Y_LPARAM(at) };
    ClientToScreen(window, &point);
    fprintf(file, "%s %s %ld %ld\n", which, how, point.x, point.y);
}

/* The key by the number that Windows gives it; then its place on the keyboard, where Windows tells apart what has the same
   number, such as the two Enter keys. */
static void key(const char *how, WPARAM w, LPARAM l)
{
    fprintf(file, "%s %02x\n", how, (unsigned)w);
    fprintf(file, "at %02x%s\n", (unsigned)(l >> 16 & 0xff), l & 1 << 24 ? " extended" : "");
}

static void blink(HWND window)
{
    static int colour = WHITE_BRUSH;
    RECT corner = { 0, 0, 40, 40 };
    HDC on = GetDC(window);
    colour = colour == WHITE_BRUSH ? BLACK_BRUSH : WHITE_BRUSH;
    FillRect(on, &corner, GetStockObject(colour));
    ReleaseDC(window, on);
    GdiFlush();
}

/* Keys and buttons that were down and are not any more, whichever window was told. */
static void look(void)
{
    static int was_down = 0;
    int is_down = 0;
    for (int key = 1; key < 255; key++) is_down |= GetAsyncKeyState(key) < 0;
    if (was_down && !is_down) fprintf(file, "nothing is down\n");
    was_down = is_down;
}

static LRESULT CALLBACK hear(HWND window, UINT message, WPARAM w, LPARAM l)
{
    const char *extra = GET_XBUTTON_WPARAM(w) == XBUTTON1 ? "back" : "forward";
    switch (message) {
    case WM_CHAR: blink(window); fprintf(file, "char %04x\n", (unsigned)w); break;
    case WM_SYSKEYDOWN:
    case WM_KEYDOWN: key(l & 1 << 30 ? "again" : "down", w, l); break;
    case WM_SYSKEYUP:
    case WM_KEYUP: key("up", w, l); break;
    case WM_LBUTTONDOWN: button(window, l, "left", "down"); break;
    case WM_LBUTTONUP: button(window, l, "left", "up"); break;
    case WM_RBUTTONDOWN: button(window, l, "right", "down"); break;
    case WM_RBUTTONUP: button(window, l, "right", "up"); break;
    case WM_MBUTTONDOWN: button(window, l, "middle", "down"); break;
    case WM_MBUTTONUP: button(window, l, "middle", "up"); break;
    case WM_XBUTTONDOWN: button(window, l, extra, "down"); break;
    case WM_XBUTTONUP: button(window, l, extra, "up"); break;
    case WM_MOUSEWHEEL: fprintf(file, "wheel %d\n", GET_WHEEL_DELTA_WPARAM(w)); break;
    case WM_MOUSEHWHEEL: fprintf(file, "hwheel %d\n", GET_WHEEL_DELTA_WPARAM(w)); break;
    case WM_TIMER: look(); break;
    case WM_SETFOCUS: fprintf(file, "focus\n"); break;
    case WM_DESTROY: PostQuitMessage(0); return 0;
    default: return DefWindowProcW(window, message, w, l);
    }
    fflush(file);
    return 0;
}

int main(int count, char **arguments)
{
    WNDCLASSW class = { .lpfnWndProc = hear, .lpszClassName = L"hears", .hbrBackground = GetStockObject(WHITE_BRUSH) };
    int place[4];
    wchar_t title[64];
    MSG message;
    if (count != 7 || !(file = fopen(arguments[1], "wb"))) return 1;
    for (int i = 0; i < 4; i++) place[i] = atoi(arguments[2 + i]);
    MultiByteToWideChar(CP_UTF8, 0, arguments[6], -1, title, 64);
    class.hInstance = GetModuleHandleW(NULL);
    class.hCursor = LoadCursorW(NULL, (LPCWSTR)IDC_ARROW);
    RegisterClassW(&class);
    HWND window = CreateWindowW(L"hears", title, WS_OVERLAPPEDWINDOW | WS_VISIBLE, place[0], place[1], place[2], place[3], 0, 0, class.hInstance, 0);
    SetForegroundWindow(window);
    SetTimer(window, 1, 10, NULL);
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    return 0;
}
