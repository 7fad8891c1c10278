//! The few system calls of Linux that have no safe face in the standard library.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::slice;
use std::time::Duration;

/// A counter that other threads raise and that can be polled like a socket.
#[derive(Debug)]
pub(crate) struct Bell(OwnedFd);

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers; a result that is not negative is a descriptor that nobody else owns.
        let fd = unsafe {
            let fd = libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(fd)
        };
        Ok(Self(fd))
    }

    /// Rings; it stays rung until [`Self::silence`].
    pub(crate) fn ring(&self) {
        let one = 1_u64;
        // SAFETY: the descriptor is open and eight bytes are read from a live u64. The only failure is a counter about
        // to overflow, which is rung already.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
    }

    /// Stops ringing, if it does.
    pub(crate) fn silence(&self) {
        let mut count = 0_u64;
        // SAFETY: the descriptor is open and eight bytes are written to a live u64. The only failure is a counter that
        // is zero, which is silent already.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>()) };
    }
}

/// What [`wait_for`] saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) bell: bool,
    pub(crate) readable: bool,
    /// The other end is closed.
    pub(crate) hung_up: bool,
}

/// Sleeps until the bell rings or the descriptor can be read, at most for `timeout` (`None`: as long as it takes).
pub(crate) fn wait_for(bell: &Bell, fd: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<Heard> {
    let entry = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut fds = [entry(bell.0.as_raw_fd()), entry(fd.as_raw_fd())];
    // Rounded up: a remainder below a millisecond must not become a busy loop.
    let timeout = timeout.map_or(-1, |t| t.as_micros().div_ceil(1000).try_into().unwrap_or(libc::c_int::MAX));
    // SAFETY: the pointer and the count describe the live array above.
    let ready = unsafe { libc::poll(fds.as_mut_ptr(), 2, timeout) };
    if ready < 0 {
        let error = io::Error::last_os_error();
        return match error.kind() {
            io::ErrorKind::Interrupted => Ok(Heard { bell: false, readable: false, hung_up: false }),
            _ => Err(error),
        };
    }
    Ok(Heard {
        bell: fds[0].revents & libc::POLLIN != 0,
        readable: fds[1].revents & libc::POLLIN != 0,
        hung_up: fds[1].revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0,
    })
}

/// Anonymous memory that can be shared with another process by its descriptor.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to this value alone and is not bound to the thread that made it.
unsafe impl Send for SharedMemory {}

impl SharedMemory {
    /// `len` zeroed bytes, above zero, and the descriptor to share them by.
    pub(crate) fn new(len: usize) -> io::Result<(Self, OwnedFd)> {
        // SAFETY: the name is a literal that ends in zero; a result that is not negative is a descriptor of our own.
        let fd = unsafe {
            let fd = libc::memfd_create(c"lotse-picture".as_ptr(), libc::MFD_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(fd)
        };
        let file = File::from(fd);
        file.set_len(len as u64)?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the kernel chooses the address of a new mapping of `len` bytes over a file that is that long; the
        // descriptor may be closed afterwards, the mapping stays.
        let start = unsafe {
            let start = libc::mmap(std::ptr::null_mut(), len, protection, libc::MAP_SHARED, file.as_raw_fd(), 0);
            if start == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            start
        };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok((Self { start, len }, file.into()))
    }

    /// The bytes. The other process must not write them meanwhile: the caller asks it for contents, waits until it has
    /// answered, and only then looks.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: `start` and `len` describe a mapping that lives as long as `self`, of initialised memory.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    /// The bytes, to be changed; see [`Self::bytes`].
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, and `&mut self` makes this the only slice.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping made in `new`, which nothing borrows any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::{Bell, SharedMemory, wait_for};

    #[test]
    fn a_bell_rings_until_it_is_silenced() {
        let bell = Bell::new().expect("a bell");
        let (socket, mut other) = UnixStream::pair().expect("two sockets");
        let soon = Some(Duration::ZERO);
        assert!(!wait_for(&bell, socket.as_fd(), soon).expect("a wait").bell);
        bell.ring();
        bell.ring();
        assert!(wait_for(&bell, socket.as_fd(), None).expect("a wait").bell);
        bell.silence();
        bell.silence();
        assert!(!wait_for(&bell, socket.as_fd(), soon).expect("a wait").bell);
        other.write_all(b"x").expect("a write");
        assert!(wait_for(&bell, socket.as_fd(), None).expect("a wait").readable);
        drop(other);
        assert!(wait_for(&bell, socket.as_fd(), None).expect("a wait").hung_up);
    }

    #[test]
    fn shared_memory_is_seen_through_its_descriptor() {
        let (mut memory, fd) = SharedMemory::new(4096).expect("memory");
        memory.bytes_mut()[100] = 7;
        let mut file = std::fs::File::from(fd);
        file.seek(std::io::SeekFrom::Start(100)).expect("a seek");
        let mut byte = [0];
        file.read_exact(&mut byte).expect("a read");
        assert_eq!(byte, [7]);
        assert_eq!(memory.bytes().len(), 4096);
    }
}
