//! What is kept, and what is said when it cannot be.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lotse_relay::serve::{Relay, StartError};
use lotse_relay::store::{DATABASE, PUBLIC_KEYS, Store, StoreError};
use tempfile::TempDir;

use crate::program::config;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[tokio::test]
async fn the_first_start_makes_everything_for_the_owner_alone() {
    let directory = TempDir::new().expect("a temporary directory");
    let data = directory.path().join("a/b");
    let store = Store::open(&data).await.expect("opens");
    let pins = store.keys().await.expect("keys").pins();
    assert_eq!([mode(&directory.path().join("a")), mode(&data)], [0o700, 0o700]);
    assert_eq!(fs::read_to_string(data.join(PUBLIC_KEYS)).expect("a file"), format!("{pins}\n"));
    for entry in fs::read_dir(&data).expect("a directory") {
        let path = entry.expect("an entry").path();
        if !path.ends_with(PUBLIC_KEYS) {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
    store.close().await;
    let again = Store::open(&data).await.expect("opens");
    assert_eq!(again.keys().await.expect("keys").pins(), pins, "the keys stay");
}

#[tokio::test]
async fn a_database_that_others_could_read_is_closed_to_them() {
    let data = TempDir::new().expect("a temporary directory");
    Store::open(data.path()).await.expect("opens").close().await;
    let path = data.path().join(DATABASE);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("changed");
    Store::open(data.path()).await.expect("opens").close().await;
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn what_is_no_database_is_called_damaged() {
    let data = TempDir::new().expect("a temporary directory");
    fs::write(data.path().join(DATABASE), "no database at all, but long enough to be one".repeat(100))
        .expect("written");
    let error = Store::open(data.path()).await.err().expect("does not open");
    assert!(matches!(error, StoreError::Damaged), "{error:?}");
    assert!(error.to_string().contains("backup"));
}

#[tokio::test]
async fn two_relays_do_not_share_their_data_and_a_taken_port_is_said() {
    let data = TempDir::new().expect("a temporary directory");
    let running = Relay::start(config(&data)).await.expect("starts");
    let second = Relay::start(config(&data)).await.err().expect("does not start");
    assert!(matches!(second, StartError::Store(StoreError::InUse(_))), "{second}");
    let other = TempDir::new().expect("a temporary directory");
    let mut taken = config(&other);
    taken.listen = running.addr;
    let error = Relay::start(taken).await.err().expect("does not start");
    assert!(error.to_string().contains("another program uses it"), "{error}");
    running.stop().await;
    Relay::start(config(&data)).await.expect("starts again").stop().await;
}
