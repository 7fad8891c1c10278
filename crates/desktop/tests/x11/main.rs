//! Capture and injection on real X servers (Xvfb must be installed), one for each test.
#![cfg(target_os = "linux")]

mod capture;
mod inject;
mod pointer;
mod support;
