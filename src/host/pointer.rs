//! The thread that follows this computer's pointer for as long as somebody watches, and tells the viewer. While nobody
//! does there is no thread, and nothing is asked of the system.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use lotse_desktop::pointer::{self, Interrupt, News, Pointer, PointerError, Position};
use lotse_protocol::limits;
use lotse_protocol::pointer::Shape;

/// Where the pointer is told of. Called from the thread that follows it; must not block.
pub trait PointerOut: Send + Sync {
    /// It looks like this now.
    fn shape(&self, shape: Arc<Shape>);
    /// It is here now.
    fn at(&self, position: Position);
    /// The viewer may no longer see it: what was said and is still on its way out is not sent.
    fn forget(&self);
}

/// A pointer that is followed. Dropping it ends that: once it is dropped, nothing more is told.
pub struct Following {
    shared: Arc<Shared>,
}

struct Shared {
    out: Arc<dyn PointerOut>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ended: bool,
    interrupt: Option<Interrupt>,
}

impl Following {
    /// Starts the thread, which opens the pointer with `open` ([`Pointer::open`]) and tells `out` of it. A pointer that
    /// cannot be seen, or no longer, is not followed: the session goes on without it.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn start(
        open: impl FnOnce() -> Result<Pointer, PointerError> + Send + 'static,
        out: Arc<dyn PointerOut>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared { out, state: Mutex::default() });
        let following = Arc::clone(&shared);
        let body = move || {
            if let Err(error) = following.follow(open) {
                tracing::warn!("the pointer is not shown: {error}");
            }
        };
        thread::Builder::new().name("lotse-pointer".into()).spawn(body)?;
        Ok(Self { shared })
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.ended = true;
        // Under the lock: the thread says nothing after this.
        self.shared.out.forget();
        // Not waited for: the system may take its time, and the thread has nothing left to say.
        if let Some(interrupt) = state.interrupt.take() {
            interrupt.wake();
        }
    }
}

impl Shared {
    fn follow(&self, open: impl FnOnce() -> Result<Pointer, PointerError>) -> Result<(), PointerError> {
        let mut pointer = open()?;
        self.lock().interrupt = Some(pointer.interrupt());
        loop {
            if self.lock().ended {
                return Ok(());
            }
            let news = pointer.wait(None)?;
            let state = self.lock();
            match news {
                _ if state.ended => return Ok(()),
                News::Shape(shape) => {
                    if let Some(shape) = within_limits(shape) {
                        self.out.shape(shape);
                    }
                }
                News::At(position) => self.out.at(position),
                News::Interrupted | News::Timeout => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As it can be sent: what is larger is cut.
fn within_limits(shape: pointer::Shape) -> Option<Arc<Shape>> {
    let shape = shape.within(limits::POINTER_SIDE);
    match Shape::new((shape.width, shape.height), (shape.hot_x, shape.hot_y), shape.rgba) {
        Ok(shape) => Some(Arc::new(shape)),
        Err(error) => {
            tracing::warn!("the system shows {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use lotse_desktop::pointer::{self, Interrupt, News, Pointer, PointerError, Position, Source};
    use lotse_protocol::limits;
    use lotse_protocol::pointer::Shape;

    use super::{Following, PointerOut};

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A pointer that does what the test says.
    struct Hand {
        news: Receiver<News>,
        wake: Sender<News>,
    }

    impl Source for Hand {
        fn interrupt(&self) -> Interrupt {
            let wake = self.wake.clone();
            Interrupt::new(move || {
                let _ = wake.send(News::Interrupted);
            })
        }

        fn wait(&mut self, _: Option<Duration>) -> Result<News, PointerError> {
            self.news.recv().map_err(|_| PointerError::Lost("the test is over".to_owned()))
        }
    }

    #[derive(Debug, PartialEq)]
    enum Told {
        Shape((u32, u32), (u32, u32)),
        At(u32, u32),
        Forget,
    }

    struct Out(Mutex<Sender<Told>>);

    impl Out {
        fn tell(&self, told: Told) {
            let _ = self.0.lock().expect("no panic").send(told);
        }
    }

    impl PointerOut for Out {
        fn shape(&self, shape: Arc<Shape>) {
            self.tell(Told::Shape(shape.size(), shape.hot()));
        }

        fn at(&self, position: Position) {
            self.tell(Told::At(position.x, position.y));
        }

        fn forget(&self) {
            self.tell(Told::Forget);
        }
    }

    fn follow() -> (Following, Sender<News>, Receiver<Told>) {
        let ((hand, news), (tell, told)) = (mpsc::channel(), mpsc::channel());
        let source = Hand { news, wake: hand.clone() };
        let out = Arc::new(Out(Mutex::new(tell)));
        let following = Following::start(|| Ok(Pointer::from_source(source)), out).expect("a thread");
        (following, hand, told)
    }

    fn at(x: u32, y: u32) -> News {
        News::At(Position { display: 0, x, y })
    }

    fn shape(width: u32, height: u32, hot_x: u32) -> News {
        let rgba = vec![9; (width * height * 4) as usize];
        News::Shape(pointer::Shape { width, height, hot_x, hot_y: 0, rgba })
    }

    #[test]
    fn what_the_pointer_does_is_told_within_the_limits_of_the_wire() {
        let (_following, hand, told) = follow();
        let side = limits::POINTER_SIDE;
        for news in [shape(8, 9, 3), at(5, 6), shape(side + 100, 4, side + 99), shape(0, 0, 0), at(7, 8)] {
            hand.send(news).expect("followed");
        }
        let expected =
            [Told::Shape((8, 9), (3, 0)), Told::At(5, 6), Told::Shape((side, 4), (side - 1, 0)), Told::At(7, 8)];
        for expected in expected {
            assert_eq!(told.recv_timeout(PATIENCE), Ok(expected));
        }
    }

    #[test]
    fn nothing_is_told_once_it_is_no_longer_followed() {
        let (following, hand, told) = follow();
        hand.send(at(1, 1)).expect("followed");
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::At(1, 1)));
        drop(following);
        // The thread may be gone by now.
        let _ = hand.send(at(2, 2));
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Told::Forget));
        assert!(told.recv_timeout(PATIENCE).is_err(), "the thread is gone, and said nothing more");
    }
}
