//! Desktop duplication (DXGI 1.2, Windows 8 and newer): the picture of each monitor out of the graphics card, with what was
//! drawn on it. Unverified: no machine that tests this has it. What is decided here is in [`crate::capture::duplication`] and
//! [`crate::capture::choice`], which are tested; the rest are the calls, in the order of Microsoft's sample.
//!
//! Both libraries are opened when they are needed and from the folder of the system alone: imported, a file of the same
//! name beside the executable would run before `main`. They stay open, for drivers do not like to be taken away.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::slice;
use std::sync::{OnceLock, PoisonError};

use windows::Win32::Foundation::{HMODULE, RECT};
use windows::Win32::Graphics::Direct3D::{D3D_DRIVER_TYPE, D3D_DRIVER_TYPE_UNKNOWN, D3D_FEATURE_LEVEL};
use windows::Win32::Graphics::Direct3D11::{
    D3D11_BOX, D3D11_CPU_ACCESS_READ, D3D11_MAP_READ, D3D11_MAPPED_SUBRESOURCE, D3D11_SDK_VERSION,
    D3D11_TEXTURE2D_DESC, D3D11_USAGE_STAGING, ID3D11Device, ID3D11DeviceContext, ID3D11Texture2D,
};
use windows::Win32::Graphics::Dxgi::Common::{DXGI_FORMAT_B8G8R8A8_UNORM, DXGI_SAMPLE_DESC};
use windows::Win32::Graphics::Dxgi::{
    DXGI_ERROR_ACCESS_LOST, DXGI_ERROR_WAIT_TIMEOUT, DXGI_OUTDUPL_FRAME_INFO, DXGI_OUTDUPL_POINTER_SHAPE_INFO,
    IDXGIAdapter1, IDXGIFactory1, IDXGIOutput, IDXGIOutput1, IDXGIOutputDuplication, IDXGIResource,
};
use windows::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};
use windows::Win32::UI::WindowsAndMessaging::{GetSystemMetrics, SM_CMONITORS};
use windows::core::{GUID, HRESULT, Interface as _, PCSTR, PCWSTR, s, w};

use super::{BYTES_PER_PIXEL, Look, Picture};
use crate::area::Area;
use crate::capture::NotDuplicated;
use crate::capture::duplication::{Changed, Output, Piece, Rotation, are_all_of};
use crate::pointer::Shape;
use crate::pointer::cursor::duplicated;
use crate::windows::DUPLICATED_POINTER;

/// All monitors, each with its own duplication.
pub(super) struct Duplication {
    screen: Area,
    monitors: Vec<Monitor>,
}

impl Drop for Duplication {
    fn drop(&mut self) {
        *DUPLICATED_POINTER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

struct Monitor {
    output: Output,
    duplication: IDXGIOutputDuplication,
    context: ID3D11DeviceContext,
    /// Of the size of its surface, where the processor can read it.
    staging: ID3D11Texture2D,
    /// Nothing of it has been seen yet.
    is_new: bool,
    /// Room for what a frame says of itself.
    metadata: Vec<u8>,
}

impl Duplication {
    /// Of every monitor that the virtual screen is made of, or of none.
    pub(super) fn open(screen: Area) -> Result<Self, NotDuplicated> {
        let libraries = Libraries::get().ok_or(NotDuplicated::Missing)?;
        let mut monitors = Vec::new();
        for adapter in libraries.adapters()? {
            let outputs = outputs(&adapter);
            if outputs.is_empty() {
                continue;
            }
            let (device, context) = libraries.device(&adapter)?;
            for (named, output) in outputs {
                monitors.push(Monitor::open(&named, output, &device, &context)?);
            }
        }
        let outputs: Vec<_> = monitors.iter().map(|monitor| monitor.output).collect();
        // SAFETY: numbers alone.
        let count = unsafe { GetSystemMetrics(SM_CMONITORS) };
        if usize::try_from(count) != Ok(outputs.len()) || !are_all_of(&outputs, screen) {
            return Err(NotDuplicated::Incomplete);
        }
        tracing::debug!(monitors = monitors.len(), "the desktop can be duplicated");
        Ok(Self { screen, monitors })
    }
}

impl Look<NotDuplicated> for Duplication {
    fn look(&mut self, picture: &mut Picture) -> Result<(), NotDuplicated> {
        self.monitors.iter_mut().try_for_each(|monitor| monitor.look(picture, self.screen)).map_err(not_duplicated)
    }
}

impl Monitor {
    fn open(
        named: &IDXGIOutput,
        output: Output,
        device: &ID3D11Device,
        context: &ID3D11DeviceContext,
    ) -> Result<Self, NotDuplicated> {
        let (width, height) = output.surface();
        let looks = D3D11_TEXTURE2D_DESC {
            Width: width,
            Height: height,
            MipLevels: 1,
            ArraySize: 1,
            Format: DXGI_FORMAT_B8G8R8A8_UNORM,
            SampleDesc: DXGI_SAMPLE_DESC { Count: 1, Quality: 0 },
            Usage: D3D11_USAGE_STAGING,
            CPUAccessFlags: D3D11_CPU_ACCESS_READ.0.cast_unsigned(),
            ..D3D11_TEXTURE2D_DESC::default()
        };
        let mut staging = None;
        // SAFETY: live objects, and a live structure that describes a texture without contents.
        let duplication = unsafe {
            let duplication = named.cast::<IDXGIOutput1>().and_then(|named| named.DuplicateOutput(device));
            let made = device.CreateTexture2D(&raw const looks, None, Some(&raw mut staging));
            duplication.and_then(|duplication| made.map(|()| duplication)).map_err(not_duplicated)?
        };
        let staging = staging.ok_or(NotDuplicated::Driver)?;
        Ok(Self { output, duplication, context: context.clone(), staging, is_new: true, metadata: Vec::new() })
    }

    fn look(&mut self, picture: &mut Picture, screen: Area) -> windows::core::Result<()> {
        let mut info = DXGI_OUTDUPL_FRAME_INFO::default();
        let mut resource = None;
        // SAFETY: a live object, and live values that are written.
        match unsafe { self.duplication.AcquireNextFrame(0, &raw mut info, &raw mut resource) } {
            Err(error) if error.code() == DXGI_ERROR_WAIT_TIMEOUT => return Ok(()),
            other => other?,
        }
        let frame = Frame { duplication: self.duplication.clone() };
        if info.PointerShapeBufferSize > 0 {
            self.tell_pointer(info.PointerShapeBufferSize);
        }
        let changed = match info.LastPresentTime {
            // Only the pointer, or a first frame without a picture.
            0 => Changed::Nothing,
            _ if std::mem::take(&mut self.is_new) => Changed::Everything,
            _ => self.changed(&info),
        };
        let pieces = self.output.pieces(&changed, screen);
        if let Some(resource) = resource.filter(|_| !pieces.is_empty()) {
            self.fetch(&resource, &pieces)?;
            // The card goes on drawing while the picture is read.
            drop(frame);
            self.read(&pieces, picture, screen)?;
        }
        Ok(())
    }

    /// What was drawn, and where something was moved to, as the frame says.
    fn changed(&mut self, info: &DXGI_OUTDUPL_FRAME_INFO) -> Changed {
        let bytes = info.TotalMetadataBufferSize;
        self.metadata.resize(bytes as usize, 0);
        let (mut told, buffer) = (0, self.metadata.as_mut_ptr());
        // SAFETY: a live object, and a buffer of as many bytes as is said.
        let moved = unsafe { self.duplication.GetFrameMoveRects(bytes, buffer.cast(), &raw mut told) };
        let moved = moved.ok().and_then(|()| Some(self.metadata.get(..told as usize)?.to_vec()));
        let buffer = self.metadata.as_mut_ptr();
        // SAFETY: as above.
        let drawn = unsafe { self.duplication.GetFrameDirtyRects(bytes, buffer.cast(), &raw mut told) };
        let drawn = drawn.ok().and_then(|()| self.metadata.get(..told as usize));
        match (moved, drawn) {
            (Some(moved), Some(drawn)) => Changed::told(&moved, drawn),
            _ => Changed::Everything,
        }
    }

    /// The pointer looks different from now on.
    fn tell_pointer(&mut self, bytes: u32) {
        self.metadata.resize(bytes as usize, 0);
        let (mut told, mut info) = (0, DXGI_OUTDUPL_POINTER_SHAPE_INFO::default());
        // SAFETY: a live object, a buffer of as many bytes as is said, and two live values that are written.
        let got = unsafe {
            let buffer = self.metadata.as_mut_ptr().cast();
            self.duplication.GetFramePointerShape(bytes, buffer, &raw mut told, &raw mut info)
        };
        let shape = self.metadata.get(..told as usize).filter(|_| got.is_ok()).and_then(|bytes| {
            let (width, height, rgba) = duplicated(info.Type, (info.Width, info.Height), info.Pitch as usize, bytes)?;
            // A shape may point to a pixel just outside of it.
            let hot = |at: i32, length: u32| Some(u32::try_from(at).unwrap_or(0).min(length.checked_sub(1)?));
            Some(Shape { width, height, hot_x: hot(info.HotSpot.x, width)?, hot_y: hot(info.HotSpot.y, height)?, rgba })
        });
        if let Some(shape) = shape {
            *DUPLICATED_POINTER.lock().unwrap_or_else(PoisonError::into_inner) = Some(shape);
        }
    }

    /// Has the card copy these pieces to where the processor can read them.
    fn fetch(&self, resource: &IDXGIResource, pieces: &[Piece]) -> windows::core::Result<()> {
        let surface: ID3D11Texture2D = resource.cast()?;
        let mut known = D3D11_TEXTURE2D_DESC::default();
        // SAFETY: a live object, and a live structure that is written.
        unsafe { surface.GetDesc(&raw mut known) };
        if (known.Width, known.Height) != self.output.surface() || known.Format != DXGI_FORMAT_B8G8R8A8_UNORM {
            // Another mode than a moment ago: as if Windows had said so.
            return Err(DXGI_ERROR_ACCESS_LOST.into());
        }
        for Piece { surface: from, .. } in pieces {
            let part =
                D3D11_BOX { left: from.x, top: from.y, front: 0, right: from.right(), bottom: from.bottom(), back: 1 };
            // SAFETY: live textures of the same format and size, and a box inside of both.
            unsafe {
                let part = Some(&raw const part);
                self.context.CopySubresourceRegion(&self.staging, 0, from.x, from.y, 0, &surface, 0, part);
            }
        }
        Ok(())
    }

    fn read(&self, pieces: &[Piece], picture: &mut Picture, screen: Area) -> windows::core::Result<()> {
        let mut mapped = D3D11_MAPPED_SUBRESOURCE::default();
        // SAFETY: a live texture that the processor may read, and a live structure that is written.
        unsafe { self.context.Map(&self.staging, 0, D3D11_MAP_READ, 0, Some(&raw mut mapped))? };
        let (width, height) = self.output.surface();
        let (pitch, height) = (mapped.RowPitch as usize, height as usize);
        // Behind the last row there may be nothing.
        let bytes = height.saturating_sub(1) * pitch + width as usize * BYTES_PER_PIXEL;
        // SAFETY: while it is mapped, a texture of this size is so many bytes of memory at that place.
        let surface = unsafe { slice::from_raw_parts(mapped.pData.cast_const().cast::<u8>(), bytes) };
        for piece in pieces {
            self.output.copy(*piece, surface, pitch, &mut picture.pixels, screen);
            picture.damage.add(piece.picture);
        }
        // SAFETY: mapped above; nothing of it is borrowed any more.
        unsafe { self.context.Unmap(&self.staging, 0) };
        Ok(())
    }
}

/// A frame that Windows keeps for us until this is dropped.
struct Frame {
    duplication: IDXGIOutputDuplication,
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: a live object. What it says, the next frame says too.
        let _ = unsafe { self.duplication.ReleaseFrame() };
    }
}

fn not_duplicated(error: windows::core::Error) -> NotDuplicated {
    NotDuplicated::from_answer(error.code().0.cast_unsigned())
}

/// The monitors that show a part of the desktop.
fn outputs(adapter: &IDXGIAdapter1) -> Vec<(IDXGIOutput, Output)> {
    // SAFETY: live objects. Counting ends at the first that is not there.
    let all = (0..).map_while(|number| unsafe { adapter.EnumOutputs(number) }.ok());
    let on_desktop = all.filter_map(|named| {
        // SAFETY: a live object.
        let known = unsafe { named.GetDesc() }.ok().filter(|known| known.AttachedToDesktop.as_bool())?;
        let RECT { left, top, right, bottom } = known.DesktopCoordinates;
        let side = |from: i32, to: i32| u32::try_from(to.checked_sub(from)?).ok().filter(|pixels| *pixels > 0);
        let area = Area { x: left, y: top, width: side(left, right)?, height: side(top, bottom)? };
        Some((named, Output { area, rotation: Rotation::from_dxgi(known.Rotation.0) }))
    });
    on_desktop.collect()
}

type CreateFactory = unsafe extern "system" fn(*const GUID, *mut *mut c_void) -> HRESULT;
type CreateDevice = unsafe extern "system" fn(
    *mut c_void,
    D3D_DRIVER_TYPE,
    HMODULE,
    u32,
    *const D3D_FEATURE_LEVEL,
    u32,
    u32,
    *mut *mut c_void,
    *mut D3D_FEATURE_LEVEL,
    *mut *mut c_void,
) -> HRESULT;

/// `CreateDXGIFactory1` and `D3D11CreateDevice`.
#[derive(Clone, Copy)]
struct Libraries {
    create_factory: CreateFactory,
    create_device: CreateDevice,
}

impl Libraries {
    /// Nothing where the system has them not.
    fn get() -> Option<Self> {
        static OPEN: OnceLock<Option<Libraries>> = OnceLock::new();
        *OPEN.get_or_init(|| {
            // SAFETY: the functions of these names have these parameters (dxgi.h, d3d11.h), and their libraries stay open.
            unsafe {
                let create_factory = function(w!("dxgi.dll"), s!("CreateDXGIFactory1"))?;
                let create_device = function(w!("d3d11.dll"), s!("D3D11CreateDevice"))?;
                Some(Self {
                    create_factory: std::mem::transmute::<Function, CreateFactory>(create_factory),
                    create_device: std::mem::transmute::<Function, CreateDevice>(create_device),
                })
            }
        })
    }

    fn adapters(self) -> Result<Vec<IDXGIAdapter1>, NotDuplicated> {
        let (kind, mut factory) = (IDXGIFactory1::IID, std::ptr::null_mut());
        // SAFETY: a live identifier, and a pointer that is written with an interface of that kind, which is ours.
        let factory = unsafe {
            (self.create_factory)(&raw const kind, &raw mut factory).ok().map_err(not_duplicated)?;
            IDXGIFactory1::from_raw(factory)
        };
        // SAFETY: a live object. Counting ends at the first that is not there.
        Ok((0..).map_while(|number| unsafe { factory.EnumAdapters1(number) }.ok()).collect())
    }

    fn device(self, adapter: &IDXGIAdapter1) -> Result<(ID3D11Device, ID3D11DeviceContext), NotDuplicated> {
        let (mut device, mut context) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: a live adapter, whose device is of no kind that is named; no list of levels; and two pointers that are
        // written, each with an interface that is ours, unless the call fails.
        unsafe {
            (self.create_device)(
                adapter.as_raw(),
                D3D_DRIVER_TYPE_UNKNOWN,
                HMODULE::default(),
                0,
                std::ptr::null(),
                0,
                D3D11_SDK_VERSION,
                &raw mut device,
                std::ptr::null_mut(),
                &raw mut context,
            )
            .ok()
            .map_err(not_duplicated)?;
            Ok((ID3D11Device::from_raw(device), ID3D11DeviceContext::from_raw(context)))
        }
    }
}

type Function = unsafe extern "system" fn() -> isize;

/// A function of one of the system's own libraries.
fn function(library: PCWSTR, name: PCSTR) -> Option<Function> {
    // SAFETY: names that end in zero. The library is never closed.
    unsafe { GetProcAddress(LoadLibraryExW(library, None, LOAD_LIBRARY_SEARCH_SYSTEM32).ok()?, name) }
}
