//! An institution's own copy of the program: a prebuilt executable, and the block in it that says whose it is
//! (docs/branding.md). No compiler is needed.
//!
//! * [`description`]: what the institution says of itself. [`picture`]: its logo out of a PNG file.
//! * [`executable`]: where the block is in a file of Windows or Linux.

pub mod description;
pub mod executable;
pub mod picture;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use lotse_protocol::brand::block::SealError;
use lotse_protocol::brand::{Brand, Found, seal};

use executable::{Executable, ExecutableError, LARGEST, System};

/// Why there is no branded executable. The file that was given is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is none that can be branded.
    #[error("{}: {error}", .path.display())]
    Executable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: ExecutableError,
    },
    /// What should stand in it does not fit.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It was to be written over.
    #[error("{} would be written over: give another name for the new file", .0.display())]
    Same(PathBuf),
    /// The new file cannot be written.
    #[error("cannot write {}: {error}; nothing of it was left", .path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What was written is not what was meant.
    #[error("what was written to {} could not be read again as it was meant; nothing of it was left", .0.display())]
    Differs(PathBuf),
}

/// Writes `brand` into a copy of the executable `from`, which is named `to` once all of it is on the disk and has been
/// read again.
///
/// # Errors
/// [`Error`]; then there is no new file, and an older one of that name is as it was.
pub fn write(brand: &Brand, from: &Path, to: &Path) -> Result<System, Error> {
    let block = seal(brand)?;
    let (mut executable, permissions) = open(from)?;
    let wrong = |path: &Path, error| Error::Executable { path: path.to_owned(), error };
    executable.fill(&block).map_err(|error| wrong(from, error))?;
    if fs::canonicalize(from).ok().is_some_and(|from| fs::canonicalize(to).is_ok_and(|to| to == from)) {
        return Err(Error::Same(from.to_owned()));
    }
    let failed = |error| Error::Write { path: to.to_owned(), error };
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Beside it, for only within one file system is a new name given in one step. Gone when it is dropped.
    let mut new = tempfile::Builder::new().prefix(".lotse-brand-").tempfile_in(folder).map_err(failed)?;
    new.write_all(executable.bytes()).map_err(failed)?;
    new.as_file().set_permissions(permissions).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    let written = fs::read(new.path()).map_err(failed)?;
    let written = Executable::parse(written).map_err(|error| wrong(to, error))?;
    let meant = written.found().map_err(|error| wrong(to, error))?;
    if meant != Found::Brand(Box::new(brand.clone())) || written.bytes() != executable.bytes() {
        return Err(Error::Differs(to.to_owned()));
    }
    new.persist(to).map_err(|error| failed(error.error))?;
    Ok(executable.system())
}

/// What stands in the executable at `path`, signed or not.
///
/// # Errors
/// [`Error::Read`] and [`Error::Executable`].
pub fn show(path: &Path) -> Result<(Found, System), Error> {
    let (executable, _) = open(path)?;
    let found = executable.found().map_err(|error| Error::Executable { path: path.to_owned(), error })?;
    Ok((found, executable.system()))
}

fn open(path: &Path) -> Result<(Executable, fs::Permissions), Error> {
    let unreadable = |error| Error::Read { path: path.to_owned(), error };
    let file = File::open(path).map_err(unreadable)?;
    let known = file.metadata().map_err(unreadable)?;
    if known.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    let mut bytes = Vec::new();
    // One more shows that there is more.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let executable = Executable::parse(bytes);
    let executable = executable.map_err(|error| Error::Executable { path: path.to_owned(), error })?;
    Ok((executable, known.permissions()))
}
