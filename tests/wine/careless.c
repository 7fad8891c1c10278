/* What lotse.exe is not to be: imports a library that is not known, and loads another from wherever it is found. */
#include <windows.h>

__declspec(dllimport) HRESULT WINAPI DwmFlush(void);

/* Used, and never called. */
HRESULT(WINAPI *volatile imported)(void) = DwmFlush;

int main(void) {
    LoadLibraryW(L"uxtheme.dll");
    return 0;
}
