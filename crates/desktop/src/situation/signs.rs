//! What Windows shows of a session's situation, and what that means.

use super::{Light, Presence, Reach, Situation};

/// What Windows says at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signs {
    pub(super) front: Front,
    pub(super) session: Session,
    pub(super) saver: Saver,
}

/// What is in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// What takes input from this program.
    Ours,
    /// A window of a program with more rights.
    Above,
    /// A desktop of Windows' own: a question, or a lock.
    OtherDesktop,
}

/// How the session of this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Session {
    /// Somebody uses it, or nobody says otherwise.
    Used,
    /// It is locked.
    Locked,
    /// Nobody sees it: somebody else uses the computer, or a remote desktop has been left.
    Left,
}

/// Is a screen saver up?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saver {
    Up,
    Down,
}

impl Signs {
    pub(super) fn situation(self) -> Situation {
        let Self { front, session, saver } = self;
        let presence = match (session, front, saver) {
            (Session::Left, ..) => Presence::Away,
            // A screen saver that asks for a password has a desktop of its own as well, before there is a lock.
            (Session::Locked, ..) | (_, Front::OtherDesktop, Saver::Up) => Presence::Locked,
            (Session::Used, ..) => Presence::Here,
        };
        let reach = match (presence, front) {
            (Presence::Here, Front::OtherDesktop) => Reach::Prompt,
            (Presence::Here, Front::Above) => Reach::Administrator,
            // Who is not there has nothing to answer.
            _ => Reach::All,
        };
        let light = if saver == Saver::Up { Light::Asleep } else { Light::On };
        Situation { presence, light, reach }
    }
}

#[cfg(test)]
mod tests {
    use super::{Front, Light, Presence, Reach, Saver, Session, Signs, Situation};

    const USUAL: Signs = Signs { front: Front::Ours, session: Session::Used, saver: Saver::Down };

    #[test]
    fn a_desktop_of_windows_own_is_a_question_unless_it_is_a_lock() {
        assert_eq!(USUAL.situation(), Situation::default());
        let asked = Signs { front: Front::OtherDesktop, ..USUAL };
        let here = |reach| Situation { reach, ..Situation::default() };
        assert_eq!(asked.situation(), here(Reach::Prompt));
        assert_eq!(Signs { front: Front::Above, ..USUAL }.situation(), here(Reach::Administrator));
        let locked = Situation { presence: Presence::Locked, ..Situation::default() };
        assert_eq!(Signs { session: Session::Locked, ..asked }.situation(), locked);
        let saved = Signs { saver: Saver::Up, ..asked };
        assert_eq!(saved.situation(), Situation { light: Light::Asleep, ..locked });
    }

    #[test]
    fn a_session_that_nobody_sees_has_been_left_however_it_is_locked() {
        for front in [Front::Ours, Front::Above, Front::OtherDesktop] {
            let left = Signs { front, session: Session::Left, ..USUAL };
            assert_eq!(left.situation(), Situation { presence: Presence::Away, ..Situation::default() });
        }
    }

    #[test]
    fn a_screen_saver_without_a_password_is_only_dark() {
        let dark = Signs { saver: Saver::Up, ..USUAL };
        assert_eq!(dark.situation(), Situation { light: Light::Asleep, ..Situation::default() });
    }
}
