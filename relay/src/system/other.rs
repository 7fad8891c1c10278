use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// What the directory's own access list says holds for what is in it.
pub(crate) fn private_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

pub(crate) fn private_file(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path).map(|_| ())
}

pub(crate) fn is_administrator() -> bool {
    false
}

pub(crate) async fn told_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
