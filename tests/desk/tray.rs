//! A message bus of the desk's own, and on it a real panel that shows the icons of programs that run.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use lotse::tray::icon::{Icon, Picture};

use super::hands::Button;
use super::process::Program;
use super::screen::{Pixels, Rect};
use super::{Desk, PATIENCE, until};

/// How high the panel is, at the desk's lower edge.
const PANEL: u16 = 32;
/// How large the icons on it are.
const ICON: u16 = 24;

/// One panel with nothing on it but the tray. Plain, dark or light: a colour of its own.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=8;x=640;y=785"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="icon-size" type="uint" value="24"/>
      <property name="background-style" type="uint" value="1"/>
      <property name="background-rgba" type="array">
        <value type="double" value="SHADE"/>
        <value type="double" value="SHADE"/>
        <value type="double" value="SHADE"/>
        <value type="double" value="1"/>
      </property>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="icon-size" type="int" value="24"/>
    </property>
  </property>
</channel>
"#;

/// The panel's colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shade {
    Light,
    Dark,
}

impl Desk {
    /// Where the desk's message bus is, or would be.
    pub(crate) fn bus(&self) -> PathBuf {
        self.folder().join("bus")
    }

    /// Where the system's message bus is, or would be: one of the desk's own as well.
    pub(crate) fn system_bus(&self) -> PathBuf {
        self.folder().join("system-bus")
    }

    /// Starts the message bus.
    ///
    /// # Panics
    /// When it does not answer in time.
    pub(crate) fn start_bus(&self) -> Program {
        self.start_bus_at(&self.bus())
    }

    /// Starts what programs take for the system's message bus.
    ///
    /// # Panics
    /// When it does not answer in time.
    pub(crate) fn start_system_bus(&self) -> Program {
        self.start_bus_at(&self.system_bus())
    }

    fn start_bus_at(&self, place: &Path) -> Program {
        let mut command = Command::new("dbus-daemon");
        // Whoever may do what on a system's bus is not the matter here.
        command.args(["--session", "--nofork", "--nopidfile"]);
        command.arg(format!("--address=unix:path={}", place.display()));
        let bus = self.spawn(&mut command);
        until(PATIENCE, "the message bus", || UnixStream::connect(place).ok());
        bus
    }

    /// Starts a panel with a tray at the desk's lower edge.
    ///
    /// # Panics
    /// When it does not show in time.
    pub(crate) fn start_panel(&self, shade: Shade) -> Program {
        let folder = self.folder().join("config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&folder).expect("the desk's folder is writable");
        let value = match shade {
            Shade::Light => "0.94",
            Shade::Dark => "0.12",
        };
        let settings = SETTINGS.replace("SHADE", value);
        fs::write(folder.join("xfce4-panel.xml"), settings).expect("the desk's folder is writable");
        let panel = self.spawn(Command::new("xfce4-panel").arg("--disable-wm-check"));
        self.window("xfce4-panel", PATIENCE);
        panel
    }

    /// The middle of this icon on the panel, if it is there.
    pub(crate) fn find_icon(&self, icon: Icon) -> Option<(i16, i16)> {
        self.find_icon_of(icon, ICON)
    }

    /// The same of an icon that its program has drawn in a size of its own.
    pub(crate) fn find_icon_of(&self, icon: Icon, side: u16) -> Option<(i16, i16)> {
        let panel = self.panel();
        let (x, y) = place_of(&icon.draw(side), &self.pixels_in(panel))?;
        let middle = i16::try_from(side / 2).expect("a small number");
        Some((panel.x + x + middle, panel.y + y + middle))
    }

    /// Waits for this icon on the panel; answers its middle.
    ///
    /// # Panics
    /// When it does not come in time.
    #[track_caller]
    pub(crate) fn icon(&self, icon: Icon) -> (i16, i16) {
        until(PATIENCE, &format!("the icon {icon:?}"), || self.find_icon(icon))
    }

    /// Opens the menu of this icon and clicks on its line so many from the bottom, the last one being 0.
    ///
    /// # Panics
    /// When icon or menu do not come in time.
    #[track_caller]
    pub(crate) fn choose(&self, icon: Icon, from_bottom: u16) {
        let place = self.icon(icon);
        self.click_with(Button::Right, place);
        // Not the icon's tip, which has one line, nor a notification, which is elsewhere.
        let is_menu = |rect: &Rect| {
            let right = i32::from(rect.x) + i32::from(rect.width);
            rect.height > 3 * LINE && (i32::from(rect.x)..right).contains(&i32::from(place.0))
        };
        let menu = until(PATIENCE, "the icon's menu", || self.popups().into_iter().find(is_menu));
        self.at_rest(std::time::Duration::from_millis(700), PATIENCE);
        let from_bottom = i16::try_from(from_bottom * LINE + LINE / 2 + MARGIN).expect("inside a screen");
        let height = i16::try_from(menu.height).expect("inside a screen");
        self.click((menu.x + 30, menu.y + height - from_bottom));
    }

    fn panel(&self) -> Rect {
        let screen = self.geometry(self.root);
        Rect { y: i16::try_from(screen.height - PANEL).expect("inside a screen"), height: PANEL, ..screen }
    }
}

/// Where `icon` is. Panels scale what they are given, so only pixels are compared around which nothing changes.
fn place_of(icon: &Picture, shown: &Pixels) -> Option<(i16, i16)> {
    let side = usize::from(icon.size);
    let (width, height) = (usize::from(shown.width), usize::from(shown.height));
    let pixel = |x: usize, y: usize| &icon.rgba[(y * side + x) * 4..][..4];
    let is_flat = |(x, y): &(usize, usize)| {
        let mut around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        pixel(*x, *y)[3] == u8::MAX && around.all(|(near_x, near_y)| pixel(near_x, near_y) == pixel(*x, *y))
    };
    let inside = (1..side - 1).flat_map(|x| (1..side - 1).map(move |y| (x, y)));
    let flat: Vec<(usize, usize)> = inside.filter(is_flat).collect();
    let is_at = |left: usize, top: usize| {
        flat.iter().all(|(x, y)| {
            let bgr = &shown.bgrx[((top + y) * width + left + x) * 4..][..3];
            [bgr[2], bgr[1], bgr[0]].iter().zip(pixel(*x, *y)).all(|(a, b)| a.abs_diff(*b) <= 8)
        })
    };
    let places = (0..=height.checked_sub(side)?).flat_map(|top| (0..=width - side).map(move |left| (left, top)));
    let (left, top) = places.into_iter().find(|(left, top)| is_at(*left, *top))?;
    Some((i16::try_from(left).ok()?, i16::try_from(top).ok()?))
}

/// A line of a menu, and the menu's edge, in pixels.
const LINE: u16 = 25;
const MARGIN: u16 = 5;
