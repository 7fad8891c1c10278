//! The settings file, below what the command line says and above the defaults.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use lotse_relay::serve::Config;
use lotse_relay::system;
use serde::Deserialize;
use tracing::level_filters::LevelFilter;

use crate::arguments::Place;

/// Everything that can be set.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) log: LevelFilter,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    institution: Option<String>,
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    log: Option<String>,
}

impl Settings {
    /// What holds, given `place` and `listen` on the command line.
    pub(crate) fn read(place: Place, listen: Option<SocketAddr>) -> anyhow::Result<Self> {
        let file = match &place.config {
            Some(path) => File::read(path)?,
            None => File::default(),
        };
        let data = match place.data.or(file.data) {
            Some(data) => data,
            None => default_data().context("no directory for the relay's data: give --data DIR")?,
        };
        let mut config = Config::new(&data);
        if let Some(institution) = file.institution {
            config.institution = institution;
        }
        if let Some(listen) = listen.or(file.listen) {
            config.listen = listen;
        }
        let log = match file.log.as_deref() {
            None => LevelFilter::INFO,
            Some(level) => level.parse().ok().with_context(|| {
                format!("log = {level:?}: it is one of \"off\", \"error\", \"warn\", \"info\", \"debug\", \"trace\"")
            })?,
        };
        Ok(Self { config, log })
    }
}

impl File {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not as it should be", path.display()))
    }
}

/// `/var/lib` for a service that runs as root, else what the XDG base directory specification says.
fn default_data() -> Option<PathBuf> {
    const NAME: &str = "lotse-relay";
    if system::is_administrator() {
        return Some(Path::new("/var/lib").join(NAME));
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))?;
    Some(base.join(NAME))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{File, Settings};
    use crate::arguments::Place;

    fn settings(text: &str, place: impl FnOnce(PathBuf) -> Place) -> anyhow::Result<Settings> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("relay.toml");
        std::fs::write(&path, text)?;
        Settings::read(place(path), None)
    }

    #[test]
    fn the_command_line_goes_before_the_file() {
        let text = "institution = 'Here'\nlisten = '127.0.0.1:4433'\ndata = '/there'\nlog = 'warn'\n";
        let read = settings(text, |path| Place { config: Some(path), data: None }).expect("good settings");
        assert_eq!(read.config.institution, "Here");
        assert_eq!(read.config.listen.to_string(), "127.0.0.1:4433");
        assert_eq!(read.config.data, Path::new("/there"));
        let read = settings(text, |path| Place { config: Some(path), data: Some("/elsewhere".into()) });
        assert_eq!(read.expect("good settings").config.data, Path::new("/elsewhere"));
    }

    #[test]
    fn a_mistake_in_the_file_is_named() {
        for (text, named) in
            [("institutoin = 'x'", "institutoin"), ("listen = 'here'", "listen"), ("log = 'loud'", "loud")]
        {
            let place = |path| Place { config: Some(path), data: Some("/x".into()) };
            let error = settings(text, place).err().expect("a mistake");
            assert!(format!("{error:#}").contains(named), "{error:#}");
        }
        assert!(File::read(Path::new("/nonexistent")).is_err());
    }
}
