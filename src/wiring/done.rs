//! The list of what was done, as the customer's program hands it to the one that goes on as an administrator's
//! ([`lotse_protocol::ticket::Coming`]).

use lotse_protocol::permission::Permission;
use lotse_protocol::ticket::{Coming, Done};

use crate::app::customer::Earlier;
use crate::app::view::{Activity, ActivityKind, Beyond, Paused, StayedHere};

pub(super) fn coming(earlier: &Earlier) -> Coming {
    let done = earlier.activities.iter().map(|activity| {
        let (kind, of) = numbers(activity.kind);
        Done { minute: activity.minute, kind, of }
    });
    Coming { minutes: earlier.minutes, done: done.collect() }
}

/// Lines with numbers that nobody knows are left out.
pub(super) fn earlier(coming: &Coming) -> Earlier {
    let activities = coming
        .done
        .iter()
        .filter_map(|done| Some(Activity { minute: done.minute, kind: kind(done.kind, done.of)? }))
        .collect();
    Earlier { minutes: coming.minutes, activities }
}

const fn numbers(kind: ActivityKind) -> (u32, u32) {
    match kind {
        ActivityKind::Allowed(permission) => (1, permission as u32),
        ActivityKind::Refused(permission) => (2, permission as u32),
        ActivityKind::Stopped(permission) => (3, permission as u32),
        ActivityKind::Clicked => (4, 0),
        ActivityKind::Typed => (5, 0),
        ActivityKind::Paused(Paused::Locked) => (6, 1),
        ActivityKind::Paused(Paused::Away) => (6, 2),
        ActivityKind::WentOn => (7, 0),
        ActivityKind::Beyond(Beyond::Prompt) => (8, 1),
        ActivityKind::Beyond(Beyond::Administrator) => (8, 2),
        ActivityKind::ScreenSlept => (9, 0),
        ActivityKind::ScreenChanged => (10, 0),
        ActivityKind::Onward => (11, 0),
        ActivityKind::StayedHere(StayedHere::Refused) => (12, 1),
        ActivityKind::StayedHere(StayedHere::OtherAccount) => (12, 2),
        ActivityKind::StayedHere(StayedHere::NotStarted) => (12, 3),
        ActivityKind::StayedHere(StayedHere::NotReady) => (12, 4),
        ActivityKind::StayedHere(StayedHere::AdviserStayed) => (12, 5),
    }
}

fn kind(kind: u32, of: u32) -> Option<ActivityKind> {
    let permission = || Permission::ALL.into_iter().find(|permission| *permission as u32 == of);
    Some(match (kind, of) {
        (1, _) => ActivityKind::Allowed(permission()?),
        (2, _) => ActivityKind::Refused(permission()?),
        (3, _) => ActivityKind::Stopped(permission()?),
        (4, 0) => ActivityKind::Clicked,
        (5, 0) => ActivityKind::Typed,
        (6, 1) => ActivityKind::Paused(Paused::Locked),
        (6, 2) => ActivityKind::Paused(Paused::Away),
        (7, 0) => ActivityKind::WentOn,
        (8, 1) => ActivityKind::Beyond(Beyond::Prompt),
        (8, 2) => ActivityKind::Beyond(Beyond::Administrator),
        (9, 0) => ActivityKind::ScreenSlept,
        (10, 0) => ActivityKind::ScreenChanged,
        (11, 0) => ActivityKind::Onward,
        (12, 1) => ActivityKind::StayedHere(StayedHere::Refused),
        (12, 2) => ActivityKind::StayedHere(StayedHere::OtherAccount),
        (12, 3) => ActivityKind::StayedHere(StayedHere::NotStarted),
        (12, 4) => ActivityKind::StayedHere(StayedHere::NotReady),
        (12, 5) => ActivityKind::StayedHere(StayedHere::AdviserStayed),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lotse_protocol::limits;
    use lotse_protocol::ticket::{Coming, Done};
    use prost::Message as _;

    use super::{coming, earlier, kind, numbers};
    use crate::app::customer::Earlier;
    use crate::app::view::Activity;

    /// Every kind that any numbers mean.
    fn known() -> Vec<(u32, u32)> {
        let numbers = (0..40).flat_map(|number| (0..256).map(move |of| (number, of)));
        numbers.filter(|(number, of)| kind(*number, *of).is_some()).collect()
    }

    #[test]
    fn every_line_is_the_same_in_the_other_program() {
        // Three of eight permissions, and what else there is: a kind that is added to one direction alone is missed here or
        // by the compiler.
        let (known, all) = (known(), 3 * 8 + 15);
        assert_eq!(known.len(), all);
        let lines = known.iter().map(|(number, of)| kind(*number, *of).expect("it is known"));
        assert_eq!(lines.clone().map(numbers).collect::<Vec<_>>(), known);
        assert_eq!(lines.map(|line| format!("{line:?}")).collect::<BTreeSet<_>>().len(), all);
    }

    #[test]
    fn the_longest_list_fits_and_comes_back_in_order() {
        let lines = known().into_iter().cycle().take(500).zip(u64::from(u32::MAX)..);
        let activities = lines
            .map(|((number, of), minute)| Activity { minute, kind: kind(number, of).expect("it is known") })
            .collect();
        let list = Earlier { minutes: u64::MAX, activities };
        let bytes = coming(&list).encode_to_vec();
        assert!(bytes.len() <= limits::DONE, "{} bytes", bytes.len());
        assert_eq!(earlier(&Coming::decode(bytes.as_slice()).expect("just written")), list);
    }

    #[test]
    fn a_line_that_nobody_knows_is_left_out() {
        let lines = [(4, 0), (4, 1), (0, 0), (1, 3), (12, 6), (u32::MAX, u32::MAX), (5, 0)];
        let done = lines.map(|(kind, of)| Done { minute: 2, kind, of }).to_vec();
        let read = earlier(&Coming { minutes: 3, done });
        assert_eq!(read.activities.iter().map(|line| numbers(line.kind)).collect::<Vec<_>>(), [(4, 0), (5, 0)]);
    }
}
