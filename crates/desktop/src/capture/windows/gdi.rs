//! GDI: copies the whole virtual screen at once into memory that it shares with us. It is there on every Windows and in
//! every session, and says nothing of what has changed.
//!
//! Without `CAPTUREBLT`: windows that are layered are in the picture of every Windows that composes its desktop (8 and
//! newer, always) without it, and with it the pointer flickers.
#![allow(unsafe_code)]

use std::io;
use std::ptr::NonNull;
use std::slice;

use windows::Win32::Foundation::HANDLE;
use windows::Win32::Graphics::Gdi::{
    BI_RGB, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CreateCompatibleDC, CreateDIBSection, DIB_RGB_COLORS, DeleteDC,
    GdiFlush, GetDC, HBITMAP, HDC, HGDIOBJ, ReleaseDC, SRCCOPY, SelectObject,
};
use windows::Win32::System::StationsAndDesktops::{
    DESKTOP_CONTROL_FLAGS, DESKTOP_READOBJECTS, GetThreadDesktop, GetUserObjectInformationW, HDESK, OpenInputDesktop,
    UOI_NAME,
};
use windows::Win32::System::Threading::GetCurrentThreadId;
use windows::Win32::UI::HiDpi::GetDpiForSystem;
use windows::Win32::UI::Input::KeyboardAndMouse::{GetLastInputInfo, LASTINPUTINFO};
use windows::core::Owned;

use super::{Look, Picture, bytes};
use crate::area::Area;
use crate::capture::CaptureError;

/// Dots per inch at which nothing is scaled.
const UNSCALED: u32 = 96;

/// The scale factor of the first monitor, as it was when this program was started, × 1000.
pub(super) fn scale_permille() -> u32 {
    // SAFETY: no arguments.
    let dots = unsafe { GetDpiForSystem() };
    dots * 1000 / UNSCALED
}

/// A number that is another one after every key and every movement, of whomever.
pub(super) fn last_hand() -> u32 {
    let mut info = LASTINPUTINFO { cbSize: size_of::<LASTINPUTINFO>() as u32, dwTime: 0 };
    // SAFETY: a live structure that says its size. It stays as it is when that fails.
    let _ = unsafe { GetLastInputInfo(&raw mut info) };
    info.dwTime
}

/// Memory of the size of the virtual screen, and what GDI needs to write to it.
pub(super) struct Gdi {
    area: Area,
    memory: Memory,
}

impl Gdi {
    pub(super) fn open(area: Area) -> Result<Self, CaptureError> {
        Ok(Self { area, memory: Memory::new(area)? })
    }
}

impl Look<CaptureError> for Gdi {
    fn look(&mut self, picture: &mut Picture) -> Result<(), CaptureError> {
        if !is_ours_shown() {
            return Err(CaptureError::Refused("Windows shows a desktop of its own".to_owned()));
        }
        self.memory.fill(self.area).map_err(|error| CaptureError::Refused(error.to_string()))?;
        picture.take_over(self.memory.pixels());
        Ok(())
    }
}

/// A bitmap whose pixels are memory of ours, in the device context through which GDI writes it.
struct Memory {
    context: HDC,
    bitmap: HBITMAP,
    /// What the context had in its place.
    before: HGDIOBJ,
    pixels: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the context was made after another one, so that it is the process's and no thread's; the bitmap and its memory
// are the process's anyway. One thread uses them at a time, since this is not `Sync`.
unsafe impl Send for Memory {}

impl Memory {
    fn new(area: Area) -> Result<Self, CaptureError> {
        let refused =
            |what: &str| CaptureError::Open(format!("Windows gives no {what}: {}", io::Error::last_os_error()));
        let too_large = || CaptureError::Memory(io::ErrorKind::OutOfMemory.into());
        let header = BITMAPINFOHEADER {
            biSize: size_of::<BITMAPINFOHEADER>() as u32,
            biWidth: area.width.try_into().map_err(|_| too_large())?,
            // Negative: rows from the top.
            biHeight: -i32::try_from(area.height).map_err(|_| too_large())?,
            biPlanes: 1,
            biBitCount: 32,
            biCompression: BI_RGB.0,
            ..BITMAPINFOHEADER::default()
        };
        let info = BITMAPINFO { bmiHeader: header, ..BITMAPINFO::default() };
        let screen = ScreenContext::get().ok_or_else(|| refused("screen"))?;
        let mut pixels = std::ptr::null_mut();
        // SAFETY: the screen's context is live, the header describes a bitmap that needs no colours behind it, and a
        // pointer is written. What is made here is undone when a later step fails, or else by `drop`.
        unsafe {
            let context = CreateCompatibleDC(Some(screen.0));
            if context.is_invalid() {
                return Err(refused("context"));
            }
            let made = CreateDIBSection(Some(screen.0), &raw const info, DIB_RGB_COLORS, &raw mut pixels, None, 0);
            let (Ok(bitmap), Some(pixels)) = (made, NonNull::new(pixels.cast())) else {
                let error = io::Error::last_os_error();
                let _ = DeleteDC(context);
                return Err(CaptureError::Memory(error));
            };
            let before = SelectObject(context, bitmap.into());
            Ok(Self { context, bitmap, before, pixels, bytes: bytes(area) })
        }
    }

    /// The screen as it is now.
    fn fill(&mut self, area: Area) -> io::Result<()> {
        let screen = ScreenContext::get().ok_or_else(io::Error::last_os_error)?;
        // Sides that `new` has converted the same way.
        let (width, height) = (area.width as i32, area.height as i32);
        // SAFETY: both contexts are live; ours holds a bitmap of this size.
        unsafe {
            BitBlt(self.context, 0, 0, width, height, Some(screen.0), area.x, area.y, SRCCOPY)?;
            // GDI may not have written it yet.
            let _ = GdiFlush();
        }
        Ok(())
    }

    fn pixels(&self) -> &[u8] {
        // SAFETY: the memory of the bitmap, which lives as long as `self`: rows of whole four bytes without gaps. GDI
        // writes it in `fill` only, which borrows `self` for itself alone.
        unsafe { slice::from_raw_parts(self.pixels.as_ptr(), self.bytes) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: both were made in `new` and are nobody else's; a bitmap can go when no context holds it.
        unsafe {
            SelectObject(self.context, self.before);
            let _ = DeleteDC(self.context);
            drop(Owned::new(self.bitmap));
        }
    }
}

/// The device context of the whole screen. Not kept: it is this thread's, and does not outlive a change of the monitors.
struct ScreenContext(HDC);

impl ScreenContext {
    fn get() -> Option<Self> {
        // SAFETY: no window: the whole screen's.
        let context = unsafe { GetDC(None) };
        (!context.is_invalid()).then_some(Self(context))
    }
}

impl Drop for ScreenContext {
    fn drop(&mut self) {
        // SAFETY: got by `GetDC` without a window, on this thread: the value holds a raw pointer and is not `Send`.
        unsafe { ReleaseDC(None, self.0) };
    }
}

/// Is the desktop that Windows shows, and takes input for, the one that this thread belongs to?
fn is_ours_shown() -> bool {
    // SAFETY: no pointers. The one that is opened here is closed when it is dropped; the thread's own is only borrowed.
    unsafe {
        let Ok(shown) = OpenInputDesktop(DESKTOP_CONTROL_FLAGS(0), false, DESKTOP_READOBJECTS) else { return false };
        let shown = Owned::new(shown);
        let Ok(ours) = GetThreadDesktop(GetCurrentThreadId()) else { return false };
        name(*shown) == name(ours)
    }
}

/// Long enough for what Windows itself calls its desktops: "Default", "Winlogon", "Screen-saver".
fn name(desktop: HDESK) -> Option<[u16; 64]> {
    let mut name = [0_u16; 64];
    let bytes = size_of_val(&name) as u32;
    // SAFETY: a live handle, and a live buffer of as many bytes as it says.
    unsafe {
        let into = Some(name.as_mut_ptr().cast());
        GetUserObjectInformationW(HANDLE(desktop.0), UOI_NAME, into, bytes, None).ok()?;
    }
    Some(name)
}
