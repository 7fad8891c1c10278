//! Windows' exception filter. It may find the heap locked, so what it needs is there before.
#![allow(unsafe_code)]

use std::os::windows::ffi::OsStrExt as _;
use std::sync::OnceLock;
use std::{env, iter, ptr};

use windows::Win32::System::Diagnostics::Debug::{
    EXCEPTION_POINTERS, SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode, SetUnhandledExceptionFilter,
};
use windows::Win32::System::LibraryLoader::GetModuleHandleW;
use windows::Win32::System::Threading::{
    CreateProcessW, GetCurrentProcess, PROCESS_CREATION_FLAGS, PROCESS_INFORMATION, STARTUPINFOW, TerminateProcess,
};
use windows::Win32::UI::WindowsAndMessaging::{MB_ICONERROR, MB_OK, MB_SETFOREGROUND, MessageBoxW};
use windows::core::{HSTRING, PCWSTR, PWSTR};

use super::{EXIT_CODE, NoDisplay};

/// Little enough for what a stack that has run over leaves.
const LONGEST: usize = 1024;

/// `"C:\…\lotse.exe" argument `: the place comes behind it.
static COMMAND: OnceLock<Vec<u16>> = OnceLock::new();

pub(super) fn without_an_image(argument: Option<&'static str>) {
    if let (Some(argument), Ok(program)) = (argument, env::current_exe()) {
        let quote = || iter::once(u16::from(b'"'));
        let words = quote().chain(program.as_os_str().encode_wide()).chain(quote());
        let _same = COMMAND.set(words.chain(format!(" {argument} ").encode_utf16()).collect());
    }
    // SAFETY: numbers, and a function that stays.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
        SetUnhandledExceptionFilter(Some(failed));
    }
}

/// Ends this process, after a new one was told to say so, if one is to be.
unsafe extern "system" fn failed(exception: *const EXCEPTION_POINTERS) -> i32 {
    if let Some(command) = COMMAND.get().filter(|command| command.len() < LONGEST - 64) {
        // SAFETY: Windows gives what its documentation says, or nothing.
        let record = unsafe { exception.as_ref().and_then(|exception| exception.ExceptionRecord.as_ref()) };
        let (address, code) = record.map_or((0, 0), |known| (known.ExceptionAddress as usize, known.ExceptionCode.0));
        // SAFETY: asks for this executable, whose handle is its place in memory.
        let image = unsafe { GetModuleHandleW(None) }.map_or(0, |image| image.0 as usize);
        let mut line = [0_u16; LONGEST];
        line[..command.len()].copy_from_slice(command);
        let mut end = command.len();
        for (before, number) in [(b'+', address.wrapping_sub(image)), (b'-', code.cast_unsigned() as usize)] {
            line[end] = u16::from(before);
            end = hexadecimal(&mut line, end + 1, number);
        }
        let startup = STARTUPINFOW { cb: size_of::<STARTUPINFOW>() as u32, ..Default::default() };
        let mut started = PROCESS_INFORMATION::default();
        // SAFETY: the line is writable and ends with a zero, the others outlive the call. Should it fail, nobody is told.
        let _ = unsafe {
            let line = PWSTR(line.as_mut_ptr());
            let nothing = PROCESS_CREATION_FLAGS(0);
            CreateProcessW(
                None,
                Some(line),
                None,
                None,
                false,
                nothing,
                None,
                None,
                &raw const startup,
                &raw mut started,
            )
        };
    }
    // SAFETY: this process; nothing of it runs afterwards.
    let _ = unsafe { TerminateProcess(GetCurrentProcess(), u32::from(EXIT_CODE)) };
    0
}

/// Writes `number` at `at`, and returns where it ends.
fn hexadecimal(line: &mut [u16], at: usize, number: usize) -> usize {
    let digits = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1) as usize;
    for (place, digit) in line[at..at + digits].iter_mut().zip((0..digits).rev()) {
        let digit = (number >> (4 * digit)) as u8 & 0xf;
        *place = u16::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
    at + digits
}

pub(super) fn tell(title: &str, text: &str) -> Result<(), NoDisplay> {
    let (title, text) = (HSTRING::from(title), HSTRING::from(text));
    // SAFETY: both texts outlive the call.
    let answer = unsafe {
        MessageBoxW(None, PCWSTR(text.as_ptr()), PCWSTR(title.as_ptr()), MB_OK | MB_ICONERROR | MB_SETFOREGROUND)
    };
    if answer.0 == 0 { Err(NoDisplay) } else { Ok(()) }
}

#[inline(never)]
pub(super) fn fail() -> ! {
    // SAFETY: none: nothing can be written there, which is what this is for.
    unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
    std::process::abort()
}
