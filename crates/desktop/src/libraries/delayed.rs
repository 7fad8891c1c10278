//! Loads at its first call what Windows would otherwise load before `main`, and from beside the program. `build.rs` makes
//! the calls: dlltool's delay-import libraries for the functions in `assets/windows/delayed`, which jump to
//! [`__delayLoadHelper2`]. Microsoft's linker brings its own.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::AtomicU64;

use windows::Win32::Foundation::HMODULE;
use windows::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExA};
use windows::core::PCSTR;

/// What the linker says of one library (`IMAGE_DELAYLOAD_DESCRIPTOR`, Microsoft's "PE Format"): places are in bytes from
/// the start of the program in memory.
#[repr(C)]
pub(super) struct Descriptor {
    attributes: u32,
    /// Its name, in ASCII.
    library: u32,
    handle: u32,
    /// Pointers to its functions, in the order of `names`.
    functions: u32,
    /// Places of their names, each behind a hint of two bytes; none is called by number here.
    names: u32,
    bound: u32,
    unload: u32,
    time: u32,
}

/// Functions are called through pointers that lead here at first: finds the function that `slot` stands for, and puts it
/// there. Two threads that do so at once find the same.
///
/// # Safety
/// `descriptor` and `slot` are the linker's.
///
/// # Panics
/// A Windows that lacks the library or the function is none that this program runs on.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "the linker's name")]
pub(super) unsafe extern "system" fn __delayLoadHelper2(
    descriptor: *const Descriptor,
    slot: *mut *const c_void,
) -> *const c_void {
    let image = (&raw const __ImageBase).cast::<u8>();
    // SAFETY: both are the linker's, by this function's contract: the slot is one of the library's functions, the table of
    // names is as long as that of the functions, and both names are in the image and end with a zero.
    unsafe {
        let descriptor = &*descriptor;
        let functions = image.add(descriptor.functions as usize).cast::<*const c_void>();
        let names = image.add(descriptor.names as usize).cast::<u64>();
        let name = *names.offset(slot.cast_const().offset_from(functions));
        let library = CStr::from_ptr(image.add(descriptor.library as usize).cast::<c_char>());
        let name = CStr::from_ptr(image.add(name as usize + size_of::<u16>()).cast::<c_char>());
        let function = find(library, name);
        slot.write_volatile(function);
        function
    }
}

unsafe extern "C" {
    /// Where the program begins in memory.
    static __ImageBase: u8;
}

fn find(library: &CStr, name: &CStr) -> *const c_void {
    // SAFETY: a text that ends with a zero; the library stays loaded, as its functions are kept.
    let module = unsafe { LoadLibraryExA(PCSTR(library.as_ptr().cast()), None, LOAD_LIBRARY_SEARCH_SYSTEM32) };
    let module: HMODULE = module.unwrap_or_else(|error| panic!("Windows has no {library:?}: {error}"));
    // SAFETY: a library that was just loaded, and a text that ends with a zero.
    match unsafe { GetProcAddress(module, PCSTR(name.as_ptr().cast())) } {
        Some(function) => function as *const c_void,
        None => panic!("Windows has no {name:?} in {library:?}"),
    }
}

/// What Windows reads of a program before it loads the program's libraries (`IMAGE_LOAD_CONFIG_DIRECTORY64`, Microsoft's "PE
/// Format"), as far as it is of use here.
#[repr(C)]
struct LoadConfiguration {
    size: u32,
    defaults: [u8; 0x4a],
    dependent_load_flags: u16,
    edit_list: u64,
    /// Windows puts a random number there, and wants a place for it.
    security_cookie: &'static AtomicU64,
    handlers: [u64; 2],
}

/// By this number Windows knows that it has not been there yet.
static SECURITY_COOKIE: AtomicU64 = AtomicU64::new(0x2b99_2ddf_a232);

/// The known libraries, too, come from System32 alone, should a Windows not know one. `./dev windows build` enters it into
/// the program's header, where Microsoft's linker would.
#[unsafe(no_mangle)]
#[used]
#[allow(non_upper_case_globals, reason = "the linkers' name")]
static _load_config_used: LoadConfiguration = LoadConfiguration {
    size: size_of::<LoadConfiguration>() as u32,
    defaults: [0; 0x4a],
    dependent_load_flags: LOAD_LIBRARY_SEARCH_SYSTEM32.0 as u16,
    edit_list: 0,
    security_cookie: &SECURITY_COOKIE,
    handlers: [0; 2],
};

/// Ends the list of [`Descriptor`]s: dlltool puts those into a section before this one.
#[unsafe(no_mangle)]
#[used]
#[unsafe(link_section = ".text$3")]
static __lotse_delayed_end: [u8; size_of::<Descriptor>()] = [0; size_of::<Descriptor>()];
