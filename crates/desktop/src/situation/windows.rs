//! Windows tells nobody on our desktop what it shows on another, nor whom it keeps input from. So it is looked at, a few
//! times a second while there is a session: a look is four questions that Windows answers at once, and asks more only while
//! another desktop is shown.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::mem::transmute;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use windows::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};
use windows::Win32::System::Power::{ES_DISPLAY_REQUIRED, SetThreadExecutionState};
use windows::Win32::UI::WindowsAndMessaging::{
    SPI_GETSCREENSAVERRUNNING, SYSTEM_PARAMETERS_INFO_UPDATE_FLAGS, SystemParametersInfoW,
};
use windows::core::{BOOL, s, w};

use super::signs::{Front, Saver, Session, Signs};
use super::{Sink, Situation, WatchError};
use crate::foremost::{Takes, has_kept, takes};

/// From one look to the next. Within this time keys that Windows keeps from a window are turned away one by one
/// ([`crate::inject::InjectError::Blocked`]).
const LOOKS: Duration = Duration::from_millis(200);

pub(super) struct Watch {
    /// Closed, it ends the thread.
    ends: Option<Sender<()>>,
    looking: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start(mut sink: Sink) -> Result<Self, WatchError> {
        let (ends, ended) = mpsc::channel::<()>();
        let looking = thread::Builder::new().name("lotse-situation".into()).spawn(move || {
            let terminal = Terminal::load();
            let mut told = Situation::default();
            while ended.recv_timeout(LOOKS) == Err(RecvTimeoutError::Timeout) {
                let situation = look(terminal.as_ref()).situation();
                if situation != told {
                    told = situation;
                    sink(situation);
                }
            }
        })?;
        Ok(Self { ends: Some(ends), looking: Some(looking) })
    }

    pub(super) fn light_up(&self) {
        // SAFETY: a flag, which holds for this moment.
        unsafe { SetThreadExecutionState(ES_DISPLAY_REQUIRED) };
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ends = None;
        if self.looking.take().is_some_and(|looking| looking.join().is_err()) {
            tracing::error!("the watch over the session panicked");
        }
    }
}

fn look(terminal: Option<&Terminal>) -> Signs {
    let front = match takes() {
        Takes::Input if has_kept() => Front::Above,
        Takes::Input => Front::Ours,
        Takes::NotFromHere => Front::Above,
        Takes::OtherDesktop => Front::OtherDesktop,
    };
    // Who locks a session, or leaves it, is shown another desktop.
    let session = match (front, terminal) {
        (Front::OtherDesktop, Some(terminal)) => terminal.session(),
        _ => Session::Used,
    };
    Signs { front, session, saver: saver() }
}

fn saver() -> Saver {
    let mut up = BOOL::default();
    let none = SYSTEM_PARAMETERS_INFO_UPDATE_FLAGS::default();
    // SAFETY: a truth value is written, which outlives the call.
    let told = unsafe { SystemParametersInfoW(SPI_GETSCREENSAVERRUNNING, 0, Some((&raw mut up).cast()), none) };
    if told.is_ok() && up.as_bool() { Saver::Up } else { Saver::Down }
}

/// `WTSQuerySessionInformationW`: server, session, what, where to write a pointer to the answer, and its size in bytes.
type Query = unsafe extern "system" fn(*mut c_void, u32, i32, *mut *mut u32, *mut u32) -> BOOL;
type Free = unsafe extern "system" fn(*mut c_void);

/// What knows of sessions (`wtsapi32.dll`), which not every program loads: from Windows' own folder and no other.
struct Terminal {
    query: Query,
    free: Free,
}

/// `WTSConnectState`, and of its answers `WTSActive`.
const CONNECT_STATE: i32 = 8;
const ACTIVE: u32 = 0;
/// `WTSSessionInfoEx`: words of which the first is the level of the answer, 1, and the fifth says whether it is locked.
const SESSION_INFO: i32 = 25;
const FLAGS: usize = 4;
/// `WTS_SESSIONSTATE_LOCK`.
const LOCKED: u32 = 0;
const CURRENT_SESSION: u32 = u32::MAX;

impl Terminal {
    fn load() -> Option<Self> {
        // SAFETY: the functions have these signatures (wtsapi32.h); the library stays loaded.
        unsafe {
            let library = LoadLibraryExW(w!("wtsapi32.dll"), None, LOAD_LIBRARY_SEARCH_SYSTEM32).ok()?;
            let query = GetProcAddress(library, s!("WTSQuerySessionInformationW"))?;
            let free = GetProcAddress(library, s!("WTSFreeMemory"))?;
            Some(Self {
                query: transmute::<unsafe extern "system" fn() -> isize, Query>(query),
                free: transmute::<unsafe extern "system" fn() -> isize, Free>(free),
            })
        }
    }

    fn session(&self) -> Session {
        if self.ask(CONNECT_STATE, 0).is_some_and(|state| state != ACTIVE) {
            Session::Left
        } else if self.ask(SESSION_INFO, FLAGS) == Some(LOCKED) {
            Session::Locked
        } else {
            Session::Used
        }
    }

    /// One word of the answer.
    fn ask(&self, what: i32, word: usize) -> Option<u32> {
        let (mut answer, mut size) = (std::ptr::null_mut(), 0);
        let this_server = std::ptr::null_mut();
        // SAFETY: the two outlive the call. An answer is as long as it says, is aligned for words, and is given back.
        unsafe {
            (self.query)(this_server, CURRENT_SESSION, what, &raw mut answer, &raw mut size).ok().ok()?;
            if answer.is_null() {
                return None;
            }
            let has = usize::try_from(size).is_ok_and(|size| size >= (word + 1) * size_of::<u32>());
            let said = has.then(|| *answer.add(word));
            (self.free)(answer.cast());
            said
        }
    }
}
