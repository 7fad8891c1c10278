//! Windows: `Shell_NotifyIcon`, in a thread of its own with a window that is never shown, which the taskbar tells what
//! happens to the icon. Asking the taskbar can take as long as the taskbar is busy, and a menu takes its thread until it
//! is closed; the program's own window waits for neither.
//!
//! The window is no message-only one: those are not told of a new taskbar.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::panic;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::Duration;

use windows::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows::Win32::UI::Shell::{
    NIF_ICON, NIF_INFO, NIF_MESSAGE, NIF_REALTIME, NIF_SHOWTIP, NIF_TIP, NIIF_LARGE_ICON, NIIF_NOSOUND, NIIF_USER,
    NIM_ADD, NIM_DELETE, NIM_MODIFY, NIM_SETVERSION, NIN_BALLOONUSERCLICK, NIN_SELECT, NOTIFY_ICON_DATA_FLAGS,
    NOTIFY_ICON_MESSAGE, NOTIFYICON_VERSION_4, NOTIFYICONDATAW, NOTIFYICONDATAW_0, Shell_NotifyIconW,
};
use windows::Win32::UI::WindowsAndMessaging::{
    AppendMenuW, ChangeWindowMessageFilterEx, CreateIcon, CreatePopupMenu, CreateWindowExW, DefWindowProcW,
    DestroyWindow, DispatchMessageW, EndMenu, FindWindowW, GetMessageW, GetSystemMetrics, HICON, HMENU, MF_GRAYED,
    MF_SEPARATOR, MF_STRING, MSG, MSGFLT_ALLOW, PostMessageW, RegisterClassW, RegisterWindowMessageW,
    SM_MENUDROPALIGNMENT, SetForegroundWindow, SetMenuDefaultItem, SetTimer, TPM_BOTTOMALIGN, TPM_NONOTIFY,
    TPM_RETURNCMD, TPM_RIGHTALIGN, TPM_RIGHTBUTTON, TrackPopupMenuEx, WM_APP, WM_CONTEXTMENU, WM_NULL, WM_TIMER,
    WNDCLASSW, WS_EX_TOOLWINDOW, WS_POPUP,
};
use windows::core::{Owned, PCWSTR, s, w};

use super::room::{Planes, label, large_side, small_side, wide};
use super::{Line, Shown, Told};

/// The taskbar tells of the icon by this.
const TOLD: u32 = WM_APP + 1;
/// There is something in a queue; with [`UNTRUE`], an open menu is to be closed for it.
const WAKE: u32 = WM_APP + 2;
const UNTRUE: usize = 1;
/// [`NIN_SELECT`] by the keyboard; the crate does not have it.
const NIN_KEYSELECT: u32 = NIN_SELECT + 1;
/// So often is looked whether the taskbar is still the same, and drawn as large: nobody tells of its end.
const LOOK: Duration = Duration::from_secs(2);
/// So long may the icon's end take.
const TAKEN_AWAY_WITHIN: Duration = Duration::from_millis(500);
/// The one icon of this window.
const ICON: u32 = 1;
const CLASS: PCWSTR = w!("lotse notification area");
/// Windows' name for the taskbar.
const TASKBAR: PCWSTR = w!("Shell_TrayWnd");

pub(super) struct AreaIcon<A> {
    orders: Sender<Order<A>>,
    window: Receiver<Address>,
    known: OnceLock<Address>,
    ended: Receiver<()>,
}

enum Order<A> {
    Show(Shown<A>),
    Say { title: String, sentence: String },
    Stop,
}

/// The window's handle as a number, which another thread may post to.
#[derive(Clone, Copy)]
struct Address(isize);

impl Address {
    fn wake(self, how: usize) {
        // SAFETY: numbers alone; a window that is gone takes nothing.
        let posted = unsafe { PostMessageW(Some(HWND(self.0 as *mut _)), WAKE, WPARAM(how), LPARAM(0)) };
        if let Err(error) = posted {
            tracing::debug!("the notification area's window hears nothing: {error}");
        }
    }
}

impl<A: Clone + Send + 'static> AreaIcon<A> {
    pub(super) fn start(shown: Shown<A>, tell: impl Fn(Told<A>) + Send + 'static) -> io::Result<Self> {
        let (orders, waiting) = mpsc::channel();
        let (address, window) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        take_away_in_a_panic();
        thread::Builder::new().name("notification area".to_owned()).spawn(move || {
            match open_window() {
                Ok(window) => {
                    SHOWING.store(window.0 as isize, Ordering::Relaxed);
                    let _nobody = address.send(Address(window.0 as isize));
                    let mut icon = Icon { window, shown, tell, taskbar: None, side: 0 };
                    icon.look();
                    serve(&mut icon, &waiting);
                    icon.take_away();
                    SHOWING.store(0, Ordering::Relaxed);
                    // SAFETY: it is this thread's own window.
                    let _gone = unsafe { DestroyWindow(window) };
                }
                Err(error) => tracing::warn!("no icon in the notification area: {error}"),
            }
            let _nobody = end.send(());
        })?;
        Ok(Self { orders, window, known: OnceLock::new(), ended })
    }
}

impl<A> AreaIcon<A> {
    pub(super) fn show(&self, shown: Shown<A>) {
        self.order(Order::Show(shown), UNTRUE);
    }

    pub(super) fn say(&self, title: String, sentence: String) {
        self.order(Order::Say { title, sentence }, 0);
    }

    fn order(&self, order: Order<A>, how: usize) {
        // Without the thread nobody listens. Before it has a window it looks into its queue by itself.
        let _nobody = self.orders.send(order);
        if self.known.get().is_none()
            && let Ok(address) = self.window.try_recv()
        {
            let _first = self.known.set(address);
        }
        if let Some(address) = self.known.get() {
            address.wake(how);
        }
    }
}

impl<A> Drop for AreaIcon<A> {
    fn drop(&mut self) {
        if self.known.get().is_none()
            && let Ok(address) = self.window.recv_timeout(TAKEN_AWAY_WITHIN)
        {
            let _first = self.known.set(address);
        }
        self.order(Order::Stop, UNTRUE);
        if self.ended.recv_timeout(TAKEN_AWAY_WITHIN).is_err() {
            tracing::debug!(
                "the taskbar does not answer: it takes the icon away when it sees that its program is gone"
            );
        }
    }
}

/// The window whose icon is to go when the program panics, or 0. A panic ends the program at once, and Windows takes the
/// icon of an ended program away only when the pointer moves over it.
static SHOWING: AtomicIsize = AtomicIsize::new(0);

fn take_away_in_a_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |why| {
            let window = SHOWING.swap(0, Ordering::Relaxed);
            if window != 0 {
                notify(NIM_DELETE, &data(HWND(window as *mut _), NOTIFY_ICON_DATA_FLAGS::default()));
            }
            before(why);
        }));
    });
}

thread_local! {
    /// What the window was told, on its own thread; not done at once, since it is told it in the middle of other things.
    static HAPPENED: RefCell<VecDeque<Happened>> = const { RefCell::new(VecDeque::new()) };
}

#[derive(Clone, Copy)]
enum Happened {
    /// There is a new taskbar.
    NewTaskbar,
    /// It is time to look.
    Look,
    /// A click on the icon.
    Opened,
    /// A click with the other button, there on the screen.
    Menu { x: i32, y: i32 },
}

fn open_window() -> windows::core::Result<HWND> {
    // SAFETY: the names end with a zero, `procedure` has the signature of a window's and is there for as long as this
    // executable is, which is the module that is named.
    unsafe {
        let module = GetModuleHandleW(None)?;
        let class = WNDCLASSW {
            lpfnWndProc: Some(procedure),
            hInstance: module.into(),
            lpszClassName: CLASS,
            ..WNDCLASSW::default()
        };
        // A second time it is there already.
        RegisterClassW(&raw const class);
        let window = CreateWindowExW(
            WS_EX_TOOLWINDOW,
            CLASS,
            w!("Lotse"),
            WS_POPUP,
            0,
            0,
            0,
            0,
            None,
            None,
            Some(module.into()),
            None,
        )?;
        // As administrator the program would not hear a taskbar that runs without such rights.
        for message in [new_taskbar(), TOLD] {
            if let Err(error) = ChangeWindowMessageFilterEx(window, message, MSGFLT_ALLOW, None) {
                tracing::debug!("the taskbar may not be heard: {error}");
            }
        }
        let every = u32::try_from(LOOK.as_millis()).expect("a few seconds");
        SetTimer(Some(window), 1, every, None);
        Ok(window)
    }
}

/// What every window is told when there is a new taskbar.
fn new_taskbar() -> u32 {
    static MESSAGE: OnceLock<u32> = OnceLock::new();
    // SAFETY: the name ends with a zero.
    *MESSAGE.get_or_init(|| unsafe { RegisterWindowMessageW(w!("TaskbarCreated")) })
}

/// Called by Windows on the window's own thread.
unsafe extern "system" fn procedure(window: HWND, message: u32, word: WPARAM, long: LPARAM) -> LRESULT {
    let happened = match message {
        WAKE => {
            if word.0 == UNTRUE {
                // SAFETY: no arguments. Nothing happens when no menu is open.
                let _none = unsafe { EndMenu() };
            }
            return LRESULT(0);
        }
        WM_TIMER => Some(Happened::Look),
        TOLD => told(word, long),
        message if message == new_taskbar() => Some(Happened::NewTaskbar),
        // SAFETY: the arguments are those that Windows gave.
        _ => return unsafe { DefWindowProcW(window, message, word, long) },
    };
    if let Some(happened) = happened {
        HAPPENED.with_borrow_mut(|all| all.push_back(happened));
        // What is told from outside of this thread does not end the wait for the next message.
        Address(window.0 as isize).wake(0);
    }
    LRESULT(0)
}

/// Of the icon, as version 4 has it: what in the low half of `long`, where in the two halves of `word`.
fn told(word: WPARAM, long: LPARAM) -> Option<Happened> {
    let [low, high, ..] = long.0.to_le_bytes();
    match u32::from(u16::from_le_bytes([low, high])) {
        NIN_SELECT | NIN_KEYSELECT | NIN_BALLOONUSERCLICK => Some(Happened::Opened),
        WM_CONTEXTMENU => {
            let [a, b, c, d, ..] = word.0.to_le_bytes();
            // Left of the first screen, or above it, they are negative.
            Some(Happened::Menu { x: i16::from_le_bytes([a, b]).into(), y: i16::from_le_bytes([c, d]).into() })
        }
        _ => None,
    }
}

/// Until it is told to stop, or there is no more to wait for.
fn serve<A: Clone, T: Fn(Told<A>)>(icon: &mut Icon<A, T>, orders: &Receiver<Order<A>>) {
    loop {
        loop {
            if let Ok(order) = orders.try_recv() {
                match order {
                    Order::Show(shown) => icon.show(shown),
                    Order::Say { title, sentence } => icon.say(&title, &sentence),
                    Order::Stop => return,
                }
            } else if let Some(happened) = HAPPENED.with_borrow_mut(VecDeque::pop_front) {
                match happened {
                    Happened::NewTaskbar => icon.add(),
                    Happened::Look => icon.look(),
                    Happened::Opened => (icon.tell)(Told::Opened),
                    Happened::Menu { x, y } => icon.menu(x, y),
                }
            } else {
                break;
            }
        }
        let mut message = MSG::default();
        // It ends with WM_QUIT (0), or an error (-1).
        // SAFETY: `message` outlives the call.
        if unsafe { GetMessageW(&raw mut message, None, 0, 0) }.0 <= 0 {
            return;
        }
        // SAFETY: it is what Windows has just given.
        unsafe { DispatchMessageW(&raw const message) };
    }
}

struct Icon<A, T> {
    window: HWND,
    shown: Shown<A>,
    tell: T,
    /// The taskbar that shows it.
    taskbar: Option<HWND>,
    /// As large as it was drawn last.
    side: u16,
}

impl<A: Clone, T: Fn(Told<A>)> Icon<A, T> {
    fn show(&mut self, shown: Shown<A>) {
        self.shown = shown;
        if self.taskbar.is_some() {
            self.put(NIM_MODIFY);
        }
    }

    /// Where has the icon gone, and has it to be drawn in another size?
    fn look(&mut self) {
        let now = taskbar();
        if self.taskbar.is_some() && self.taskbar != now {
            self.taskbar = None;
            (self.tell)(Told::Gone);
        }
        match (self.taskbar, now) {
            (None, Some(_)) => self.add(),
            (Some(taskbar), _) if self.side != small_side(dots_per_inch(taskbar)) => {
                self.put(NIM_MODIFY);
            }
            _ => {}
        }
    }

    fn add(&mut self) {
        let Some(taskbar) = taskbar() else { return };
        // It may know the icon still: it sends the same message when it has only changed its size.
        if !self.put(NIM_ADD) && !self.put(NIM_MODIFY) {
            return;
        }
        let mut data = self.data(NOTIFY_ICON_DATA_FLAGS::default());
        data.Anonymous = NOTIFYICONDATAW_0 { uVersion: NOTIFYICON_VERSION_4 };
        notify(NIM_SETVERSION, &data);
        if self.taskbar.replace(taskbar).is_none() {
            (self.tell)(Told::There);
        }
    }

    fn take_away(&mut self) {
        if self.taskbar.take().is_some() {
            notify(NIM_DELETE, &self.data(NOTIFY_ICON_DATA_FLAGS::default()));
        }
    }

    /// Picture and tip.
    fn put(&mut self, how: NOTIFY_ICON_MESSAGE) -> bool {
        self.side = small_side(taskbar().map_or(96, dots_per_inch));
        let Some(picture) = picture(&self.shown, self.side) else { return false };
        let mut data = self.data(NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_SHOWTIP);
        data.uCallbackMessage = TOLD;
        data.hIcon = *picture;
        data.szTip = wide(&self.shown.tip);
        // The taskbar has made a copy of the picture when this returns.
        notify(how, &data)
    }

    fn say(&self, title: &str, sentence: &str) {
        let Some(taskbar) = self.taskbar else { return };
        // Not later, when it may no longer be true.
        let mut data = self.data(NIF_INFO | NIF_REALTIME);
        data.szInfoTitle = wide(title);
        data.szInfo = wide(sentence);
        let picture = picture(&self.shown, large_side(dots_per_inch(taskbar)));
        if let Some(picture) = &picture {
            data.dwInfoFlags = NIIF_USER | NIIF_LARGE_ICON | NIIF_NOSOUND;
            data.hBalloonIcon = **picture;
        }
        if !notify(NIM_MODIFY, &data) {
            tracing::debug!("the taskbar says nothing for us");
        }
    }

    /// Shows the menu until something is chosen, or not.
    fn menu(&self, x: i32, y: i32) {
        let Some(menu) = menu(&self.shown.lines) else { return };
        // SAFETY: window and menu are this thread's own. Without the first the menu stays open when somebody clicks
        // elsewhere, without the last when it is opened again at once (both as Microsoft's documentation of
        // TrackPopupMenu has it).
        let chosen = unsafe {
            let aligned = if GetSystemMetrics(SM_MENUDROPALIGNMENT) == 0 { 0 } else { TPM_RIGHTALIGN.0 };
            let flags = TPM_RETURNCMD.0 | TPM_NONOTIFY.0 | TPM_RIGHTBUTTON.0 | TPM_BOTTOMALIGN.0 | aligned;
            let _not_let = SetForegroundWindow(self.window);
            let chosen = TrackPopupMenuEx(*menu, flags, x, y, self.window, None);
            let _gone = PostMessageW(Some(self.window), WM_NULL, WPARAM(0), LPARAM(0));
            chosen
        };
        // Counted from 1: 0 is nothing.
        let line = usize::try_from(chosen.0).ok().and_then(|chosen| chosen.checked_sub(1));
        if let Some(Line::Does { action, .. }) = line.and_then(|line| self.shown.lines.get(line)) {
            (self.tell)(Told::Chosen(action.clone()));
        }
    }

    fn data(&self, flags: NOTIFY_ICON_DATA_FLAGS) -> NOTIFYICONDATAW {
        data(self.window, flags)
    }
}

/// Names the icon of `window`.
fn data(window: HWND, flags: NOTIFY_ICON_DATA_FLAGS) -> NOTIFYICONDATAW {
    NOTIFYICONDATAW {
        cbSize: u32::try_from(size_of::<NOTIFYICONDATAW>()).expect("a small structure"),
        hWnd: window,
        uID: ICON,
        uFlags: flags,
        ..NOTIFYICONDATAW::default()
    }
}

fn notify(how: NOTIFY_ICON_MESSAGE, data: &NOTIFYICONDATAW) -> bool {
    // SAFETY: the structure has the size that it says, and what it names outlives the call.
    unsafe { Shell_NotifyIconW(how, data) }.as_bool()
}

fn taskbar() -> Option<HWND> {
    // SAFETY: the name ends with a zero.
    unsafe { FindWindowW(TASKBAR, None) }.ok()
}

/// Of the screen that the window is on. Windows 10 knows it since 2016, and the executable must start without.
fn dots_per_inch(window: HWND) -> u32 {
    type GetDpiForWindow = unsafe extern "system" fn(HWND) -> u32;
    static FOUND: OnceLock<Option<GetDpiForWindow>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        // SAFETY: the names end with a zero, user32 is loaded for as long as this program runs, and the function has had
        // this signature since it exists.
        unsafe {
            let user = GetModuleHandleW(w!("user32.dll")).ok()?;
            let found = GetProcAddress(user, s!("GetDpiForWindow"))?;
            Some(std::mem::transmute::<unsafe extern "system" fn() -> isize, GetDpiForWindow>(found))
        }
    });
    // SAFETY: a handle; 0 for one that is none any more.
    let dots = found.map_or(0, |get| unsafe { get(window) });
    if dots == 0 { 96 } else { dots }
}

fn picture<A>(shown: &Shown<A>, side: u16) -> Option<Owned<HICON>> {
    let rgba = (shown.draw)(side);
    if rgba.len() != usize::from(side) * usize::from(side) * 4 {
        return None;
    }
    let Planes { colours, nothing } = Planes::of(rgba, side);
    // SAFETY: both hold as many bytes as an icon of this size is read from, which are copied; the handle is nobody else's.
    unsafe {
        let icon = CreateIcon(None, side.into(), side.into(), 1, 32, nothing.as_ptr(), colours.as_ptr());
        icon.inspect_err(|error| tracing::warn!("no picture for the notification area: {error}"))
            .map(|icon| Owned::new(icon))
            .ok()
    }
}

fn menu<A>(lines: &[Line<A>]) -> Option<Owned<HMENU>> {
    // SAFETY: the handle is nobody else's.
    let menu = unsafe { Owned::new(CreatePopupMenu().ok()?) };
    for (index, line) in lines.iter().enumerate() {
        let (flags, text) = match line {
            Line::Does { label: text, .. } => (MF_STRING, label(text)),
            Line::Says(text) => (MF_STRING | MF_GRAYED, label(text)),
            Line::Between => (MF_SEPARATOR, vec![0]),
        };
        // SAFETY: the text ends with a zero and is copied.
        unsafe { AppendMenuW(*menu, flags, index + 1, PCWSTR(text.as_ptr())) }.ok()?;
    }
    // What a click on the icon does, too.
    if matches!(lines.first(), Some(Line::Does { .. })) {
        // SAFETY: a menu with such a line.
        let _plain = unsafe { SetMenuDefaultItem(*menu, 1, 0) };
    }
    Some(menu)
}
