//! How Windows is asked to start a program as an administrator's, and what its refusals mean: looked at on every system,
//! since where programs are tested nobody is asked.

use std::io;

use super::{LineName, Rise, RiseError};

/// `SE_GROUP_USE_FOR_DENY_ONLY`: the group is among the user's, and does not count for what it may.
const SET_ASIDE: u32 = 0x10;

/// By the attributes of the administrators among the groups of a process, if they are among them. Windows sets them aside
/// until the administrator has consented; of a person who is none they are not there.
pub(super) fn may_rise(administrators: Option<u32>) -> Rise {
    match administrators {
        Some(attributes) if attributes & SET_ASIDE != 0 => Rise::Possible,
        Some(_) | None => Rise::Impossible,
    }
}

/// The arguments as Windows passes them on, as one text. None where one would have to be written otherwise than it is: none
/// of ours has.
pub(super) fn command_line(arguments: &[String], name: &LineName) -> Option<String> {
    let plain = |text: &&String| !text.is_empty() && !text.contains([' ', '\t', '\n', '"', '\\', '\0']);
    let name = name.to_string();
    let all: Vec<&String> = arguments.iter().chain([&name]).collect();
    all.iter().all(plain).then(|| all.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(" "))
}

/// A path without what Windows puts before it so that it is taken literally (Microsoft, "Naming Files, Paths, and
/// Namespaces"), where it means the same without.
pub(super) fn plain(path: &str) -> Option<String> {
    let path = path.strip_prefix(r"\\?\")?;
    if let Some(share) = path.strip_prefix(r"UNC\") {
        return Some(format!(r"\\{share}"));
    }
    let bytes = path.as_bytes();
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1..3) == Some(br":\");
    // What is longer is understood only literally.
    (drive && path.encode_utf16().count() < 260).then(|| path.to_owned())
}

/// The person has said no, or the system for them (Microsoft, "System Error Codes"): `ERROR_CANCELLED`, `ERROR_ACCESS_DENIED`,
/// `ERROR_ACCESS_DISABLED_BY_POLICY`.
const REFUSED: [i32; 3] = [1223, 5, 1260];

/// Errors of the system's are part of larger numbers (Microsoft, "HRESULT_FROM_WIN32").
const SYSTEM: i32 = 0x8007_0000_u32.cast_signed();

/// What `ShellExecuteEx` means by its failure.
pub(super) fn why_not(error: io::Error) -> RiseError {
    let refused = |code: i32| REFUSED.iter().any(|refused| code == *refused | SYSTEM);
    if error.raw_os_error().is_some_and(refused) { RiseError::Refused } else { RiseError::System(error) }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::super::{LineName, Rise, RiseError};
    use super::{command_line, may_rise, plain, why_not};

    #[test]
    fn a_path_that_is_taken_literally_is_written_as_people_do() {
        assert_eq!(plain(r"\\?\C:\Users\Ada\lotse.exe").as_deref(), Some(r"C:\Users\Ada\lotse.exe"));
        assert_eq!(plain(r"\\?\UNC\server\home\lotse.exe").as_deref(), Some(r"\\server\home\lotse.exe"));
        let long = format!(r"\\?\C:\{}\lotse.exe", "x".repeat(260));
        for other in [r"C:\lotse.exe", r"\\?\Volume{1}\lotse.exe", r"\\?\unix\lotse.exe", r"\\?\C:", "", &long] {
            assert_eq!(plain(other), None, "{other}");
        }
    }

    #[test]
    fn only_an_administrator_who_has_not_consented_may_rise() {
        // As `whoami /groups` tells them: "Group used for deny only"; "Mandatory group, Enabled by default, Enabled group,
        // Group owner".
        assert_eq!(may_rise(Some(0x10)), Rise::Possible);
        assert_eq!(may_rise(Some(0x1 | 0x2 | 0x4 | 0x8)), Rise::Impossible);
        assert_eq!(may_rise(None), Rise::Impossible);
    }

    #[test]
    fn arguments_that_would_be_read_otherwise_are_not_passed_on() {
        let name = LineName::of([7; 16]);
        let with = |argument: &str| command_line(&["--relay".to_owned(), argument.to_owned()], &name);
        assert_eq!(with("[::1]:443"), Some(format!("--relay [::1]:443 {name}")));
        for argument in ["", "a b", "a\"b", "a\\", "a\tb"] {
            assert_eq!(with(argument), None, "{argument:?}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_a_failure() {
        let failed_with = |code: u32| why_not(io::Error::from_raw_os_error(code.cast_signed()));
        for code in [0x8007_04c7, 0x8007_0005, 0x8007_04ec] {
            assert!(matches!(failed_with(code), RiseError::Refused), "{code:x}");
        }
        // Not found, not enough memory; and no error of the system's at all.
        for code in [0x8007_0002, 0x8007_0008, 0x8004_04c7] {
            assert!(matches!(failed_with(code), RiseError::System(_)), "{code:x}");
        }
    }
}
