//! The pixels of a display by shared memory, which costs the X server one copy: to look at, and to put there.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context as _, Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, CreateGCAux, Gcontext, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// Bits of a pixel that are colour.
const DEPTH: u8 = 24;

pub(crate) struct Screen {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
    /// Pixels.
    pub(crate) size: (u16, u16),
    graphics: Gcontext,
    segment: shm::Seg,
    memory: File,
}

impl Screen {
    pub(crate) fn of(display: &str) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(display)).with_context(|| format!("opening {display}"))?;
        let screen = connection.setup().roots.get(screen).context("a server has a screen")?;
        ensure!(screen.root_depth == DEPTH, "24 bits of colour");
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        let (segment, graphics) = (connection.generate_id()?, connection.generate_id()?);
        connection.create_gc(graphics, root, &CreateGCAux::new())?;
        let bytes = u32::from(size.0) * u32::from(size.1) * 4;
        connection.shm_query_version()?.reply().context("the X server shares memory")?;
        let memory = File::from(connection.shm_create_segment(segment, bytes, false)?.reply()?.shm_fd);
        Ok(Self { connection, root, size, graphics, segment, memory })
    }

    /// What a rectangle inside of the screen shows, into `pixels`: blue, green, red, nothing; no gap between rows.
    pub(crate) fn look(&self, (x, y): (i16, i16), (width, height): (u16, u16), pixels: &mut Vec<u8>) -> Result<()> {
        let format = u8::from(ImageFormat::Z_PIXMAP);
        self.connection.shm_get_image(self.root, x, y, width, height, u32::MAX, format, self.segment, 0)?.reply()?;
        pixels.resize(usize::from(width) * usize::from(height) * 4, 0);
        self.memory.read_exact_at(pixels, 0)?;
        Ok(())
    }

    /// All of it.
    pub(crate) fn look_at_all(&self, pixels: &mut Vec<u8>) -> Result<()> {
        self.look((0, 0), self.size, pixels)
    }

    /// Puts rows `top..bottom` of a frame as large as the screen where they belong, from `left` to `right`.
    pub(crate) fn put(&self, frame: &[u8], (left, right): (u16, u16), (top, bottom): (u16, u16)) -> Result<()> {
        let stride = usize::from(self.size.0) * 4;
        let rows = usize::from(top) * stride..usize::from(bottom) * stride;
        self.memory.write_all_at(&frame[rows.clone()], u64::try_from(rows.start)?)?;
        let (width, height) = self.size;
        let place = (i16::try_from(left)?, i16::try_from(top)?);
        let format = u8::from(ImageFormat::Z_PIXMAP);
        self.connection.shm_put_image(
            self.root,
            self.graphics,
            width,
            height,
            left,
            top,
            right - left,
            bottom - top,
            place.0,
            place.1,
            DEPTH,
            format,
            false,
            self.segment,
            0,
        )?;
        Ok(())
    }

    /// Returns when the server has done everything.
    pub(crate) fn finish(&self) -> Result<()> {
        self.connection.sync().context("the X server is there")
    }
}
