//! The same on Windows: `ShellExecuteEx` with `runas`, for which Windows asks, and a named pipe.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{env, ptr, slice};

use windows::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_BROKEN_PIPE, ERROR_IO_PENDING, ERROR_OPERATION_ABORTED, ERROR_PIPE_CONNECTED,
    GENERIC_ALL, GENERIC_READ, GENERIC_WRITE, HANDLE, HWND, WAIT_OBJECT_0, WIN32_ERROR,
};
use windows::Win32::Security::{
    ACL, ACL_REVISION, AddAccessAllowedAce, CreateWellKnownSid, EqualSid, GetTokenInformation, InitializeAcl,
    InitializeSecurityDescriptor, PSECURITY_DESCRIPTOR, PSID, SECURITY_ATTRIBUTES, SECURITY_DESCRIPTOR,
    SECURITY_MAX_SID_SIZE, SID_AND_ATTRIBUTES, SetSecurityDescriptorDacl, TOKEN_GROUPS, TOKEN_QUERY, TOKEN_USER,
    TokenGroups, TokenUser, WinBuiltinAdministratorsSid,
};
use windows::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, FILE_SHARE_NONE, FILE_SHARE_READ, OPEN_EXISTING,
    PIPE_ACCESS_DUPLEX, ReadFile, SECURITY_IDENTIFICATION, SECURITY_SQOS_PRESENT, WriteFile,
};
use windows::Win32::System::Com::{COINIT_APARTMENTTHREADED, COINIT_DISABLE_OLE1DDE, CoInitializeEx, CoUninitialize};
use windows::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows::Win32::System::Pipes::{
    ConnectNamedPipe, CreateNamedPipeW, GetNamedPipeClientProcessId, GetNamedPipeServerProcessId, PIPE_READMODE_BYTE,
    PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_WAIT,
};
use windows::Win32::System::SystemServices::SECURITY_DESCRIPTOR_REVISION;
use windows::Win32::System::Threading::{
    CreateEventW, GetCurrentProcess, GetCurrentProcessId, GetExitCodeProcess, GetProcessId, OpenProcess,
    OpenProcessToken, PROCESS_NAME_NATIVE, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
    WaitForMultipleObjects, WaitForSingleObject,
};
use windows::Win32::UI::Shell::{
    SEE_MASK_FLAG_NO_UI, SEE_MASK_NOASYNC, SEE_MASK_NOCLOSEPROCESS, SHELLEXECUTEINFOW, ShellExecuteExW,
};
use windows::Win32::UI::WindowsAndMessaging::{GetForegroundWindow, GetWindowThreadProcessId, SW_SHOWNORMAL};
use windows::core::{HRESULT, HSTRING, PCWSTR, PWSTR, w};

use super::{AnswerError, LineName, OTHER_ACCOUNT, Rise, RiseError, asking};

/// How long the process that was started may take until it has opened the line. Windows may look through the file first.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
/// How long a few bytes may take into a pipe that has room for them.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);
/// Room in each direction, in bytes: more than is ever on its way (`lotse_protocol::limits::DONE`).
const ROOM: u32 = 20 * 1024;

pub(super) fn may_rise() -> Rise {
    match administrators() {
        Ok(attributes) => asking::may_rise(attributes),
        Err(error) => {
            tracing::warn!(%error, "Windows does not say whether this is an administrator's process");
            Rise::Impossible
        }
    }
}

/// The attributes of the administrators among this process's groups, if they are among them.
fn administrators() -> io::Result<Option<u32>> {
    let mut sid = [0_u32; SECURITY_MAX_SID_SIZE as usize / 4];
    let mut size = SECURITY_MAX_SID_SIZE;
    let place = PSID(sid.as_mut_ptr().cast());
    // SAFETY: the buffer is of the size that is told, and outlives the call.
    unsafe { CreateWellKnownSid(WinBuiltinAdministratorsSid, None, Some(place), &raw mut size) }?;
    let token = own_token()?;
    let (handle, mut needed) = (HANDLE(token.as_raw_handle()), 0);
    // SAFETY: without room Windows tells how much is needed, and writes nothing.
    let _ = unsafe { GetTokenInformation(handle, TokenGroups, None, 0, &raw mut needed) };
    let mut room = vec![0_u64; needed.div_ceil(8) as usize];
    // SAFETY: the buffer has the size that is told, and is aligned for what is written into it. The list has as many entries as
    // it says, and its identifiers lie in the buffer as well.
    let groups = unsafe {
        GetTokenInformation(handle, TokenGroups, Some(room.as_mut_ptr().cast()), needed, &raw mut needed)?;
        let list = room.as_ptr().cast::<TOKEN_GROUPS>();
        let first = (&raw const (*list).Groups).cast::<SID_AND_ATTRIBUTES>();
        slice::from_raw_parts(first, (*list).GroupCount as usize)
    };
    // SAFETY: both are identifiers, in buffers that live.
    let found = groups.iter().find(|group| unsafe { EqualSid(group.Sid, place) }.is_ok());
    Ok(found.map(|group| group.Attributes))
}

pub(super) fn rise(arguments: &[String], name: &LineName) -> Result<Line, RiseError> {
    hold_own_file()?;
    // Before the process: whoever finds a pipe of this name finds this one.
    let line = Line(make(name)?);
    let process = start(arguments, name)?;
    line.wait_for(&process)?;
    let mut client = 0;
    // SAFETY: both handles are open, and `client` outlives the call.
    let started = unsafe {
        GetNamedPipeClientProcessId(line.handle(), &raw mut client).map_err(io::Error::from)?;
        GetProcessId(HANDLE(process.as_raw_handle()))
    };
    // 0 is nobody.
    if client == 0 || client != started { Err(RiseError::Impostor) } else { Ok(line) }
}

/// From now on, and for as long as this process lives, nobody can rename, replace or change the file that it runs: an
/// administrator's process starts children from it, and whoever writes into its folder would choose what runs there. The
/// first process begins with it before Windows asks, and the second before the first has gone.
fn hold_own_file() -> io::Result<()> {
    static HELD: OnceLock<File> = OnceLock::new();
    if HELD.get().is_none() {
        let file = OpenOptions::new().read(true).share_mode(FILE_SHARE_READ.0).open(env::current_exe()?)?;
        // Two of this process's threads hold it as well as one.
        let _ = HELD.set(file);
    }
    Ok(())
}

/// A pipe for one client, of this user and on this computer.
fn make(name: &LineName) -> io::Result<OwnedHandle> {
    let mut user = Words::default();
    let mut list = Words::default();
    let mut descriptor = SECURITY_DESCRIPTOR::default();
    let place = PSECURITY_DESCRIPTOR((&raw mut descriptor).cast());
    let sid = own_user(&mut user)?;
    let acl: *mut ACL = list.0.as_mut_ptr().cast();
    // SAFETY: every buffer is of the size that is told, aligned for what is written into it, and outlives the pipe's making;
    // the user's identifier is in `user`.
    let pipe = unsafe {
        InitializeAcl(acl, u32::try_from(size_of_val(&list.0)).map_err(io::Error::other)?, ACL_REVISION)?;
        AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL.0, sid)?;
        InitializeSecurityDescriptor(place, SECURITY_DESCRIPTOR_REVISION)?;
        SetSecurityDescriptorDacl(place, true, Some(acl.cast_const()), false)?;
        let attributes = SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).map_err(io::Error::other)?,
            lpSecurityDescriptor: place.0,
            bInheritHandle: false.into(),
        };
        let open = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED;
        let mode = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
        CreateNamedPipeW(&path(name), open, mode, 1, ROOM, ROOM, 0, Some(&raw const attributes))
    };
    if pipe.is_invalid() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was just opened, and nobody else has it.
    Ok(unsafe { OwnedHandle::from_raw_handle(pipe.0) })
}

fn path(name: &LineName) -> HSTRING {
    HSTRING::from(format!(r"\\.\pipe\lotse-{name}"))
}

/// Room for an identifier and what Windows puts around it.
#[derive(Default)]
struct Words([u64; 24]);

fn own_token() -> io::Result<OwnedHandle> {
    let mut token = HANDLE::default();
    // SAFETY: the handle means this process, and `token` outlives the call.
    unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) }?;
    // SAFETY: it was just opened, and nobody else has it.
    Ok(unsafe { OwnedHandle::from_raw_handle(token.0) })
}

/// The identifier of the user whose process this is, in `room`.
fn own_user(room: &mut Words) -> io::Result<PSID> {
    let token = own_token()?;
    let size = u32::try_from(size_of_val(&room.0)).map_err(io::Error::other)?;
    let (handle, mut written) = (HANDLE(token.as_raw_handle()), 0);
    // SAFETY: the buffer is of the size that is told, and aligned for what is written into it.
    unsafe {
        GetTokenInformation(handle, TokenUser, Some(room.0.as_mut_ptr().cast()), size, &raw mut written)?;
        Ok((*room.0.as_ptr().cast::<TOKEN_USER>()).User.Sid)
    }
}

/// Has Windows start this file as an administrator's, which asks the person.
fn start(arguments: &[String], name: &LineName) -> Result<OwnedHandle, RiseError> {
    let file = HSTRING::from(own_file()?);
    let _shell = Com::begin();
    let line = asking::command_line(arguments, name).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let line = HSTRING::from(line);
    let mut asked = SHELLEXECUTEINFOW {
        cbSize: u32::try_from(size_of::<SHELLEXECUTEINFOW>()).map_err(io::Error::other)?,
        // Its own messages are not this program's: the window says what came of it.
        fMask: SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI,
        // Windows' question belongs to the window in which it was chosen, and comes before it.
        hwnd: own_window(),
        lpVerb: w!("runas"),
        lpFile: PCWSTR(file.as_ptr()),
        lpParameters: PCWSTR(line.as_ptr()),
        nShow: SW_SHOWNORMAL.0,
        ..SHELLEXECUTEINFOW::default()
    };
    // SAFETY: the texts outlive the call, and the structure is of the size that it tells.
    if let Err(error) = unsafe { ShellExecuteExW(&raw mut asked) } {
        return Err(asking::why_not(error.into()));
    }
    if asked.hProcess.is_invalid() {
        // Started by somebody else's hand: nothing could be known of it.
        return Err(RiseError::NoAnswer);
    }
    // SAFETY: Windows has opened it for this call, and nobody else has it.
    Ok(unsafe { OwnedHandle::from_raw_handle(asked.hProcess.0) })
}

/// The file that this process runs, by a name that an administrator's process understands, too: it does not have the letters
/// of a person's network drives.
fn own_file() -> io::Result<OsString> {
    let file = env::current_exe()?;
    let real = fs::canonicalize(&file).ok().and_then(|real| asking::plain(real.to_str()?));
    Ok(real.map_or_else(|| file.into_os_string(), OsString::from))
}

/// The window in front, if it is ours.
fn own_window() -> HWND {
    // SAFETY: no arguments, and `process` outlives the call; of no window it says 0.
    unsafe {
        let (window, mut process) = (GetForegroundWindow(), 0);
        GetWindowThreadProcessId(window, Some(&raw mut process));
        if process == GetCurrentProcessId() { window } else { HWND::default() }
    }
}

/// What starts programs may be parts of the shell's that want it (Microsoft, "ShellExecuteEx", remarks).
struct Com(HRESULT);

impl Com {
    fn begin() -> Self {
        // SAFETY: for this thread alone, until it is dropped.
        Self(unsafe { CoInitializeEx(None, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE) })
    }
}

impl Drop for Com {
    fn drop(&mut self) {
        if self.0.is_ok() {
            // SAFETY: it was begun on this thread.
            unsafe { CoUninitialize() };
        }
    }
}

pub(super) fn answer(name: &LineName) -> Result<Line, AnswerError> {
    hold_own_file()?;
    let access = GENERIC_READ.0 | GENERIC_WRITE.0;
    // Whoever made the pipe may know who opens it, and not do anything in that one's name.
    let flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
    // SAFETY: the name outlives the call; there is no template.
    let pipe = unsafe { CreateFileW(&path(name), access, FILE_SHARE_NONE, None, OPEN_EXISTING, flags, None) };
    let pipe = match pipe {
        // SAFETY: it was just opened, and nobody else has it.
        Ok(pipe) => unsafe { OwnedHandle::from_raw_handle(pipe.0) },
        Err(error) if is(&error, ERROR_ACCESS_DENIED) => return Err(AnswerError::OtherAccount),
        Err(error) => return Err(AnswerError::Gone(error.into())),
    };
    let line = Line(pipe);
    let mut server = 0;
    // SAFETY: the handle is open, and `server` outlives the call.
    unsafe { GetNamedPipeServerProcessId(line.handle(), &raw mut server) }.map_err(io::Error::from)?;
    // SAFETY: no arguments.
    let own = image_of(unsafe { GetCurrentProcessId() })?;
    if image_of(server)? == own { Ok(line) } else { Err(AnswerError::Impostor) }
}

/// The file that a process runs, as the kernel names it: without the letters of drives, which each person has of their own.
fn image_of(process: u32) -> io::Result<Vec<u16>> {
    // SAFETY: a number; the handle is nobody else's.
    let process = unsafe {
        let process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, process)?;
        OwnedHandle::from_raw_handle(process.0)
    };
    // The longest path that Windows has.
    let mut path = vec![0; 32 * 1024];
    let mut length = u32::try_from(path.len()).map_err(io::Error::other)?;
    let (handle, place) = (HANDLE(process.as_raw_handle()), PWSTR(path.as_mut_ptr()));
    // SAFETY: the buffer is of the length that is told, which outlives the call.
    unsafe { QueryFullProcessImageNameW(handle, PROCESS_NAME_NATIVE, place, &raw mut length) }?;
    path.truncate(length as usize);
    Ok(path)
}

/// One end of the pipe.
#[derive(Debug)]
pub(super) struct Line(OwnedHandle);

impl Line {
    fn handle(&self) -> HANDLE {
        HANDLE(self.0.as_raw_handle())
    }

    /// Waits until somebody has opened the other end, but no longer than the process lives that should.
    fn wait_for(&self, process: &OwnedHandle) -> Result<(), RiseError> {
        let mut operation = Operation::new()?;
        // SAFETY: the pipe is open, and the operation is over before it is dropped.
        let begun = unsafe { ConnectNamedPipe(self.handle(), Some(&raw mut operation.overlapped)) };
        match begun {
            Ok(()) => return Ok(()),
            Err(error) if is(&error, ERROR_PIPE_CONNECTED) => return Ok(()),
            Err(error) if is(&error, ERROR_IO_PENDING) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
        let process = HANDLE(process.as_raw_handle());
        let events = [operation.overlapped.hEvent, process];
        // SAFETY: both handles are open.
        let first = unsafe { WaitForMultipleObjects(&events, false, milliseconds(ANSWERS_WITHIN)) };
        if operation.end(self.handle(), Ends::Now).is_ok() {
            return Ok(());
        }
        let mut code = 0;
        // SAFETY: the handle is open, and `code` outlives the call.
        let told = first.0 == WAIT_OBJECT_0.0 + 1 && unsafe { GetExitCodeProcess(process, &raw mut code) }.is_ok();
        Err(if told && code == u32::from(OTHER_ACCOUNT) { RiseError::OtherAccount } else { RiseError::NoAnswer })
    }

    pub(super) fn read(&mut self, into: &mut [u8], within: Duration) -> io::Result<usize> {
        let mut operation = Operation::new()?;
        // SAFETY: buffer and operation live until that is over, which `end` waits for.
        let begun = unsafe { ReadFile(self.handle(), Some(into), None, Some(&raw mut operation.overlapped)) };
        match operation.moved(self.handle(), begun, within) {
            Err(error) if error.raw_os_error() == Some(code_of(ERROR_BROKEN_PIPE)) => Ok(0),
            moved => moved,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let until = Instant::now() + WRITTEN_WITHIN;
        let mut left = bytes;
        while !left.is_empty() {
            let mut operation = Operation::new()?;
            // SAFETY: as for reading.
            let begun = unsafe { WriteFile(self.handle(), Some(left), None, Some(&raw mut operation.overlapped)) };
            let within = until.saturating_duration_since(Instant::now());
            match operation.moved(self.handle(), begun, within)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                moved => left = left.get(moved..).unwrap_or_default(),
            }
        }
        Ok(())
    }
}

/// Something that Windows does on a pipe, and tells when it is over.
struct Operation {
    overlapped: OVERLAPPED,
    /// Closed after all of it.
    _event: OwnedHandle,
}

#[derive(PartialEq, Eq)]
enum Ends {
    /// It is over, or is given up.
    Now,
    /// It is over.
    ByItself,
}

impl Operation {
    fn new() -> io::Result<Self> {
        // SAFETY: no name and no attributes; the handle is nobody else's.
        let event = unsafe {
            let event = CreateEventW(None, true, false, PCWSTR::null())?;
            OwnedHandle::from_raw_handle(event.0)
        };
        let overlapped = OVERLAPPED { hEvent: HANDLE(event.as_raw_handle()), ..OVERLAPPED::default() };
        Ok(Self { overlapped, _event: event })
    }

    /// So many bytes have moved.
    fn moved(&mut self, pipe: HANDLE, begun: windows::core::Result<()>, within: Duration) -> io::Result<usize> {
        let ends = match begun {
            Ok(()) => Ends::ByItself,
            Err(error) if is(&error, ERROR_IO_PENDING) => {
                // SAFETY: the event is open.
                let waited = unsafe { WaitForSingleObject(self.overlapped.hEvent, milliseconds(within)) };
                if waited == WAIT_OBJECT_0 { Ends::ByItself } else { Ends::Now }
            }
            Err(error) => return Err(error.into()),
        };
        let moved = self.end(pipe, ends);
        moved.map_err(|error| match error.raw_os_error() {
            Some(code) if code == code_of(ERROR_OPERATION_ABORTED) => io::ErrorKind::TimedOut.into(),
            _ => error,
        })
    }

    /// Waits until it is over, however it ends: only then its buffer is ours again.
    fn end(&mut self, pipe: HANDLE, ends: Ends) -> io::Result<usize> {
        let mut moved = 0;
        // SAFETY: the operation is this pipe's. That it is over already is no failure.
        unsafe {
            if ends == Ends::Now {
                let _ = CancelIoEx(pipe, Some(ptr::from_ref(&self.overlapped)));
            }
            GetOverlappedResult(pipe, ptr::from_ref(&self.overlapped), &raw mut moved, true)?;
        }
        Ok(moved as usize)
    }
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX - 1)
}

fn is(error: &windows::core::Error, code: WIN32_ERROR) -> bool {
    error.code() == HRESULT::from_win32(code.0)
}

/// As it stands in an [`io::Error`] that was made of one of Windows'.
fn code_of(error: WIN32_ERROR) -> i32 {
    HRESULT::from_win32(error.0).0
}
