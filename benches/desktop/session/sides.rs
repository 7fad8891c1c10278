//! Two desks with a program between them: ours as people use it, or TigerVNC.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::sight;
use crate::content::Content;
use crate::desk::hands::keysym;
use crate::desk::impair::{Conditions, Link};
use crate::desk::process::Program;
use crate::desk::relay::Relay;
use crate::desk::{Desk, PATIENCE, until};
use crate::machine;
use crate::people::{ADVISERS_WINDOW, Adviser, Customer, Session};
use crate::workloads::{self, SCREEN};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Lotse,
    /// TigerVNC scraping the display, Tight without JPEG.
    Tiger,
    /// The same with JPEG of quality 8, which its viewer asks for by itself.
    TigerJpeg,
}

impl Product {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lotse => "Lotse",
            Self::Tiger => "TigerVNC, lossless",
            Self::TigerJpeg => "TigerVNC, JPEG 8",
        }
    }

    /// How often each byte passes the loopback on its way.
    pub(crate) fn hops(self) -> f64 {
        match self {
            // The relay sends it on.
            Self::Lotse => 2.0,
            Self::Tiger | Self::TigerJpeg => 1.0,
        }
    }
}

/// The adviser sees the customer's desk, full screen and pixel for pixel, and has its keyboard.
pub(crate) enum Sides {
    /// The link last: the session ends before it.
    Lotse {
        session: Box<Session>,
        _link: Option<Link>,
    },
    Tiger(Box<Tiger>),
}

/// TigerVNC's two programs, which end before the desks they are on.
pub(crate) struct Tiger {
    viewer: Program,
    server: Program,
    advisers: Desk,
    customers: Desk,
}

impl Sides {
    pub(crate) fn of(product: Product, content: &Content) -> Result<Self> {
        let sides = match product {
            Product::Lotse => lotse(content, None),
            Product::Tiger => tiger(content, &["-NoJPEG=1"])?,
            Product::TigerJpeg => tiger(content, &[])?,
        };
        let exact = sight::becomes_exact(sides.customers(), sides.advisers(), PATIENCE)?;
        ensure!(exact.is_some() || product == Product::TigerJpeg, "the adviser does not see the customer's desk");
        Ok(sides)
    }

    /// Ours, with the customer behind such a link.
    pub(crate) fn behind(conditions: Conditions, content: &Content) -> Self {
        lotse(content, Some(conditions))
    }

    pub(crate) fn customers(&self) -> &Desk {
        match self {
            Self::Lotse { session, .. } => &session.customer.desk,
            Self::Tiger(tiger) => &tiger.customers,
        }
    }

    pub(crate) fn advisers(&self) -> &Desk {
        match self {
            Self::Lotse { session, .. } => &session.adviser.desk,
            Self::Tiger(tiger) => &tiger.advisers,
        }
    }

    /// The relay, and everything of the adviser's, take from the customer no more than they would if they were on computers
    /// of their own: only what nobody else wants. It stays so.
    pub(crate) fn put_others_last(&self) -> Result<()> {
        let on_it = format!("DISPLAY={}", self.advisers().display());
        let is_there = |environment: &str| environment.split('\0').any(|one| one == on_it);
        let mut others = machine::started(|name, environment| name == "lotse-relay" || is_there(environment));
        others.push(self.advisers().servers_pid());
        machine::put_last(&others)
    }

    /// Process numbers: the customer's side, the adviser's.
    pub(crate) fn processes(&self) -> (u32, u32) {
        match self {
            Self::Lotse { session, .. } => (session.customer.program.pid(), session.adviser.program.pid()),
            Self::Tiger(tiger) => (tiger.server.pid(), tiger.viewer.pid()),
        }
    }
}

fn lotse(content: &Content, narrow: Option<Conditions>) -> Sides {
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let renderer = ["--renderer".to_owned(), "software".to_owned()];
    let link = narrow.map(|_| Link::to(relay.address()));
    let customers_way = link.as_ref().map_or_else(|| relay.arguments(), |link| relay.arguments_through(link));
    let customer = Customer::start_on(workloads::desk(content), &[&customers_way[..], &renderer].concat());
    customer.accept_terms();
    let desk = Desk::start_sized(SCREEN);
    let adviser = Adviser::start_on(desk, ADVISERS_WINDOW, &[], &[&relay.arguments()[..], &renderer].concat());
    let session = Session::between(relay, &account, customer, adviser);
    session.allow_control();
    session.customer.desk.place(session.customer.window, 10, 560);
    let adviser = &session.adviser;
    adviser.desk.focus(adviser.window);
    adviser.desk.tap(keysym::F11);
    until(PATIENCE, "the full screen", || {
        let window = adviser.desk.geometry(adviser.window);
        ((window.width, window.height) == SCREEN).then_some(())
    });
    // Onto the picture: the keyboard is the customer's from now on.
    thread::sleep(Duration::from_millis(500));
    adviser.desk.click((1400, 900));
    if let (Some(link), Some(conditions)) = (&link, narrow) {
        link.set(conditions);
    }
    Sides::Lotse { session: Box::new(session), _link: link }
}

fn tiger(content: &Content, quality: &[&str]) -> Result<Sides> {
    let (customers, advisers) = (workloads::desk(content), Desk::start_sized(SCREEN));
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut command = Command::new("X0tigervnc");
    command.args(["-display", &customers.display(), "-rfbport", &port.to_string(), "-SecurityTypes", "None"]);
    let server = customers.spawn(command.arg("-localhost"));
    until(PATIENCE, "the server", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
    let mut command = Command::new("xtigervncviewer");
    command.args([&format!("127.0.0.1::{port}"), "-FullScreen=1", "-RemoteResize=0", "-SecurityTypes", "None"]);
    command.args(["-AlertOnFatalError=0", "-ReconnectOnError=0", "-AutoSelect=0", "-PreferredEncoding", "Tight"]);
    let viewer = advisers.spawn(command.args(quality));
    // Its viewer fades a line of help in and out.
    thread::sleep(Duration::from_secs(8));
    advisers.move_to((1400, 900));
    Ok(Sides::Tiger(Box::new(Tiger { viewer, server, advisers, customers })))
}
