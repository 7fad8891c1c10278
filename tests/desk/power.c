/* The dummy driver of the X server offers no DPMS, which the server has. This module asks it to, once the screen is there
 * and before the extensions begin. Declared as in xserver 21.1, so that no headers have to be installed. */
typedef struct Callbacks *Callbacks;
extern int AddCallback(Callbacks *, void (*)(Callbacks *, void *, void *), void *);
extern Callbacks ResourceStateCallback;
extern void **xf86Screens;
extern void *xf86ScrnToScreen(void *);
extern int xf86DPMSInit(void *screen, void (*set)(void *, int, int), int flags);
extern void xf86DPMSSet(void *, int, int);

static void something_made(Callbacks *list, void *mine, void *what)
{
    static int done;
    void *screen = xf86Screens && xf86Screens[0] ? xf86ScrnToScreen(xf86Screens[0]) : 0;
    if (!done && screen)
        done = xf86DPMSInit(screen, xf86DPMSSet, 0);
}

static void *setup(void *module, void *options, int *major, int *minor)
{
    AddCallback(&ResourceStateCallback, something_made, 0);
    return module;
}

static struct {
    const char *name, *vendor;
    unsigned info[2], server;
    unsigned char major, minor;
    unsigned short patch;
    const char *abi;
    unsigned abi_version;
    const char *kind;
    unsigned checksum[4];
} version = {"power", "test", {0, 0}, 0, 1, 0, 0, 0, 0, 0, {0}};

struct {
    void *version, *setup, *teardown;
} powerModuleData = {&version, setup, 0};
