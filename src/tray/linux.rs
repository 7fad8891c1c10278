//! StatusNotifierItem: the icon is an object on the session's message bus, drawn by whatever program shows the tray.
//! GNOME needs an extension for it; Xfce, KDE, Cinnamon, MATE and LXQt show it as they are.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use ksni::blocking::{Handle, TrayMethods as _};
use ksni::menu::StandardItem;
use ksni::{MenuItem, OfflineReason, ToolTip};
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Flags;
use zbus::zvariant::Value;

use super::icon::{Icon, Picture};
use super::{Event, Item, Menu};
use crate::app::view::CustomerAction;

/// Panels are so many pixels high inside; they scale what they do not find.
const SIZES: [u16; 6] = [16, 22, 24, 32, 48, 64];
/// The picture beside a notification.
const LARGE: u16 = 48;

/// Says to the tray's own thread what to do: the message bus may be slow, or hang.
pub(super) struct Tray {
    orders: mpsc::Sender<Order>,
}

enum Order {
    Show(Menu),
    Say {
        title: String,
        sentence: String,
    },
    /// The message bus is gone, and the icon with it.
    Stop,
}

type Tell = Arc<dyn Fn(Event) + Send + Sync>;

impl Tray {
    pub(super) fn start(menu: Menu, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        let (orders, waiting) = mpsc::channel();
        let stop = orders.clone();
        let tell: Tell = Arc::new(tell);
        start_thread("tray", move || {
            // A desktop without a message bus, or without a tray, is no fault.
            if let Err(error) = serve(menu, &tell, &waiting, stop) {
                tracing::debug!("no icon in the tray: {error}");
            }
            tell(Event::Gone);
        });
        Self { orders }
    }

    pub(super) fn show(&self, menu: &Menu) {
        self.order(Order::Show(menu.clone()));
    }

    pub(super) fn say(&self, title: String, sentence: String) {
        self.order(Order::Say { title, sentence });
    }

    fn order(&self, order: Order) {
        // Where there is no tray nobody listens.
        let _nobody = self.orders.send(order);
    }
}

fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(work) {
        tracing::warn!("the system gives no thread for the icon in the tray: {error}");
    }
}

/// Shows the icon and carries the orders out, until the message bus is gone.
fn serve(
    menu: Menu,
    tell: &Tell,
    orders: &mpsc::Receiver<Order>,
    stop: mpsc::Sender<Order>,
) -> Result<(), Box<dyn std::error::Error>> {
    let bus = Connection::session()?;
    watch(&bus, stop);
    let notifier = Notifier { menu, tell: Arc::clone(tell), host: Cell::new(Host::There) };
    // A host that comes later is taken too: the desktop may still be starting, or its panel starts anew.
    let handle = notifier.assume_sni_available(true).spawn()?;
    // Told in there, so that what happens at the same time is told after it.
    handle.update(|notifier| {
        if notifier.host.get() == Host::There {
            (notifier.tell)(Event::There);
        }
    });
    let carried_out = carry_out(&bus, &handle, orders);
    // Told to, not left to find out: with the bus and the handle both gone ksni's own thread panics, which ends the program.
    handle.shutdown();
    Ok(carried_out?)
}

fn carry_out(bus: &Connection, handle: &Handle<Notifier>, orders: &mpsc::Receiver<Order>) -> zbus::Result<()> {
    for order in orders {
        match order {
            Order::Show(menu) => {
                handle.update(|notifier| notifier.menu = menu);
            }
            Order::Say { title, sentence } => notify(bus, &title, &sentence)?,
            Order::Stop => break,
        }
    }
    Ok(())
}

/// Nobody else says that the bus itself has died: then this connection ends.
fn watch(bus: &Connection, stop: mpsc::Sender<Order>) {
    let messages = MessageIterator::from(bus);
    start_thread("tray bus", move || {
        messages.for_each(drop);
        let _nobody = stop.send(Order::Stop);
    });
}

/// A notification, as the freedesktop.org specification has it. Whether somebody shows it is not waited for.
fn notify(bus: &Connection, title: &str, sentence: &str) -> zbus::Result<()> {
    let Picture { size, rgba } = Icon::Connected.draw(LARGE);
    let side = i32::from(size);
    let image = Value::from((side, side, side * 4, true, 8, 4, rgba));
    let hints = HashMap::from([("image-data", image), ("transient", Value::from(true))]);
    let no_actions: &[&str] = &[];
    let call = zbus::Message::method_call("/org/freedesktop/Notifications", "Notify")?
        .destination("org.freedesktop.Notifications")?
        .interface("org.freedesktop.Notifications")?
        .with_flags(Flags::NoReplyExpected)?
        .build(&("Lotse", 0u32, "", title, without_markup(sentence), no_actions, hints, -1i32))?;
    bus.send(&call)
}

/// What the tray's host asks for.
struct Notifier {
    menu: Menu,
    tell: Tell,
    host: Cell<Host>,
}

/// Whoever shows the icons of programs that run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    There,
    Gone,
}

impl Notifier {
    fn host_is(&self, host: Host) {
        self.host.set(host);
        (self.tell)(match host {
            Host::There => Event::There,
            Host::Gone => Event::Gone,
        });
    }
}

impl ksni::Tray for Notifier {
    fn id(&self) -> String {
        "lotse".to_owned()
    }

    fn title(&self) -> String {
        "Lotse".to_owned()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: without_markup(&self.menu.tip), ..ToolTip::default() }
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        SIZES.into_iter().map(|size| pixmap(self.menu.icon.draw(size))).collect()
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.menu.items.iter().map(line).collect()
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        (self.tell)(Event::Chosen(CustomerAction::Open));
    }

    fn watcher_online(&self) {
        self.host_is(Host::There);
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        tracing::debug!("the tray is gone: {reason:?}");
        self.host_is(Host::Gone);
        // It may come again.
        true
    }
}

fn line(item: &Item) -> MenuItem<Notifier> {
    match item {
        Item::Does { label, action } => {
            let action = action.clone();
            let activate = move |notifier: &mut Notifier| (notifier.tell)(Event::Chosen(action.clone()));
            StandardItem { label: without_mnemonics(label), activate: Box::new(activate), ..StandardItem::default() }
                .into()
        }
        Item::Says(sentence) => {
            StandardItem { label: without_mnemonics(sentence), enabled: false, ..StandardItem::default() }.into()
        }
        Item::Line => MenuItem::Separator,
    }
}

/// A single underscore would underline the next letter.
fn without_mnemonics(label: &str) -> String {
    label.replace('_', "__")
}

/// A name is no markup.
fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Opacity first, as the specification has it.
fn pixmap(Picture { size, mut rgba }: Picture) -> ksni::Icon {
    for pixel in rgba.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    ksni::Icon { width: size.into(), height: size.into(), data: rgba }
}
