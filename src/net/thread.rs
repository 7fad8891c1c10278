//! The network's thread and its end.

use std::io;
use std::sync::mpsc as blocking;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

use super::driver::{self, Sink};
use super::input::InputQueue;
use super::{Command, NetConfig};

/// Longest wait for the thread to end: it says goodbye to the other sides first.
const GOODBYE: Duration = Duration::from_millis(1200);

/// The thread. It ends after [`Command::Shutdown`].
pub(super) struct Guard {
    thread: Option<JoinHandle<()>>,
    ended: blocking::Receiver<()>,
}

impl Guard {
    pub(super) fn start(
        config: NetConfig,
        commands: mpsc::UnboundedReceiver<Command>,
        input: InputQueue,
        sink: Sink,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (say_ended, ended) = blocking::channel();
        let thread = std::thread::Builder::new().name("net".to_owned()).spawn(move || {
            runtime.block_on(driver::run(config, commands, input, sink));
            // A name that is still being looked up must not keep the program alive.
            runtime.shutdown_background();
            // Nobody may be waiting any more.
            let _ = say_ended.send(());
        })?;
        Ok(Self { thread: Some(thread), ended })
    }

    /// Waits for the thread's end, within limits. After it has panicked, too, there is an end.
    pub(super) fn wait(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        match self.ended.recv_timeout(GOODBYE) {
            Err(blocking::RecvTimeoutError::Timeout) => tracing::warn!("the network did not end in time"),
            Ok(()) | Err(blocking::RecvTimeoutError::Disconnected) => {
                if thread.join().is_err() {
                    tracing::error!("the network's thread panicked");
                }
            }
        }
    }
}
