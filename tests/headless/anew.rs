//! A viewer that cannot continue the picture, and the pump that sends it: without a network between them.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use lotse::host::ViewerId;
use lotse::host::pump::{Pump, UpdateOut};
use lotse::viewer::decode::{Decoding, Report};
use lotse::viewer::framebuffer::Picture;
use lotse_desktop::capture::synthetic;
use lotse_protocol::message::session::UpdateHeader;

use crate::party::SOON;

const WATCHER: ViewerId = ViewerId(1);

/// Always free.
struct Out(Mutex<mpsc::Sender<(UpdateHeader, Vec<u8>)>>);

impl UpdateOut for Out {
    fn wait_free(&self, _: Duration) -> bool {
        true
    }

    fn put(&self, header: UpdateHeader, update: Vec<u8>) {
        self.0.lock().expect("no panic").send((header, update)).unwrap_or(());
    }
}

/// The first update, while nothing is known of the link; the second; and one of many. A host that still counted it as on its way
/// would have no room for a keyframe.
#[test]
fn a_viewer_that_cannot_take_an_update_gets_the_picture_anew() {
    for broken in [1, 2, 40] {
        let (capture, stage) = synthetic::open(320, 240);
        let pump = Pump::start(move || Ok(capture), |_| {}).expect("a thread");
        let (sender, updates) = mpsc::channel();
        pump.begin(WATCHER, Arc::new(Out(Mutex::new(sender))));
        let picture = Arc::new(Picture::new());
        let (sender, reports) = mpsc::channel();
        let report = move |report| sender.send(report).unwrap_or(());
        let decoding = Decoding::start(Arc::clone(&picture), report, || {}).expect("a thread");
        let (mut count, mut asked) = (0, 0);
        let end = Instant::now() + SOON;
        loop {
            assert!(Instant::now() < end, "the picture stands still after update {broken}");
            stage.step();
            let Ok((header, mut update)) = updates.recv_timeout(Duration::from_millis(1)) else { continue };
            count += 1;
            if count == broken {
                update.truncate(1);
            }
            let is_anew = count > broken && header.keyframe;
            decoding.update(header, update.into()).expect("there is room");
            match reports.recv_timeout(SOON).expect("a report") {
                Report::Applied(applied) => pump.applied(WATCHER, &applied),
                Report::KeyframeWanted(_, applied) => {
                    asked += 1;
                    pump.keyframe_wanted(WATCHER);
                    pump.applied(WATCHER, &applied);
                }
            }
            if is_anew {
                break;
            }
        }
        assert_eq!(asked, 1);
        assert_eq!(picture.size(), (320, 240));
    }
}
