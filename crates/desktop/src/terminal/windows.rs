//! Windows: the console of the program that started this one. What was sent elsewhere, to a file or another program, goes
//! there all the same.
#![allow(unsafe_code)]

use windows::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};

pub(super) fn attach() {
    // SAFETY: a number. It fails when there is none, and when this program has one already.
    let _ = unsafe { AttachConsole(ATTACH_PARENT_PROCESS) };
}
