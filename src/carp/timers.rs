//! The timers of a host: a table of deadlines, and a queue that may lag behind it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};

use super::time::Instant;

/// When something happens, and its place among what happens at the same time: first in, first out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn {
    /// When.
    pub at: Instant,
    /// The number of what is due; smaller ones come first.
    pub order: u64,
}

impl Turn {
    /// Behind everything that happens.
    pub const NEVER: Self = Self {
        at: Instant::NEVER,
        order: u64::MAX,
    };
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// When the timer is due; [`Turn::NEVER`] while it is stopped.
    due: Turn,
    /// Where its one valid entry of the queue stands; [`Turn::NEVER`] without one.
    queued: Turn,
}

/// The timers of a host, by number.
///
/// Every advertisement sets the timer of every backup anew, so setting must cost next to nothing: it writes the
/// deadline into the table and leaves the queue alone. The entry in the queue is then too early; when its turn comes, it
/// is put back at the deadline of the table. As an entry never stands behind its deadline, and keeps the order number
/// that setting gave to the deadline, timers come out exactly in the order of their turns. Only a deadline before the
/// queued one needs a new entry at once; the old one is recognised by its order number and dropped.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers {
    slots: Vec<Slot>,
    queue: BinaryHeap<Reverse<(Turn, u32)>>,
    /// The order number of the next thing that is set.
    pub(super) next_order: u64,
}

impl Timers {
    /// Makes room for timers with numbers below this one.
    pub(super) fn grow(&mut self, count: usize) {
        self.slots.resize(
            count.max(self.slots.len()),
            Slot {
                due: Turn::NEVER,
                queued: Turn::NEVER,
            },
        );
    }

    /// The next order number, for something that is due but no timer.
    pub(super) fn take_order(&mut self) -> u64 {
        self.next_order += 1;
        self.next_order - 1
    }

    /// Sets a timer, running or not.
    pub(super) fn set(&mut self, timer: usize, at: Instant) {
        let due = Turn {
            at,
            order: self.take_order(),
        };
        let slot = &mut self.slots[timer];
        slot.due = due;
        if due < slot.queued {
            slot.queued = due;
            self.queue.push(Reverse((due, timer as u32)));
        }
    }

    /// Stops a timer. Its entry in the queue is dropped in its turn.
    pub(super) fn stop(&mut self, timer: usize) {
        self.slots[timer].due = Turn::NEVER;
    }

    /// When a timer is due; [`Turn::NEVER`] if it is stopped.
    pub(super) fn due(&self, timer: usize) -> Turn {
        self.slots[timer].due
    }

    /// No timer is due before this; cheap.
    pub(super) fn not_before(&self) -> Turn {
        self.queue
            .peek()
            .map_or(Turn::NEVER, |Reverse((turn, _))| *turn)
    }

    /// The timer that is due next.
    pub(super) fn next(&mut self) -> Option<(Turn, usize)> {
        while let Some(mut top) = self.queue.peek_mut() {
            let Reverse((turn, timer)) = *top;
            let slot = &mut self.slots[timer as usize];
            if slot.queued != turn {
                std::collections::binary_heap::PeekMut::pop(top);
            } else if slot.due == turn {
                return Some((turn, timer as usize));
            } else if slot.due == Turn::NEVER {
                slot.queued = Turn::NEVER;
                std::collections::binary_heap::PeekMut::pop(top);
            } else {
                slot.queued = slot.due;
                *top = Reverse((slot.due, timer));
            }
        }
        None
    }

    /// Takes the timer that is due next, if it is due by now.
    ///
    /// Its entry stays in the queue, as most timers are set again at once, which then costs one move.
    pub(super) fn expire(&mut self, now: Instant) -> Option<usize> {
        let (turn, timer) = self.next().filter(|(turn, _)| turn.at <= now)?;
        debug_assert_eq!(self.slots[timer].queued, turn);
        self.slots[timer].due = Turn::NEVER;
        Some(timer)
    }
}

/// The queue is no part of the state: it follows from the table.
impl PartialEq for Timers {
    fn eq(&self, other: &Self) -> bool {
        self.next_order == other.next_order
            && self.slots.len() == other.slots.len()
            && (self.slots.iter().zip(&other.slots)).all(|(a, b)| a.due == b.due)
    }
}

impl Eq for Timers {}

impl Hash for Timers {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for slot in &self.slots {
            slot.due.hash(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is set, set again and stopped: timers expire in the order of (deadline, setting).
        #[test]
        fn timers_expire_in_order(
            acts in proptest::collection::vec((0usize..5, 0u64..50, 0u8..8), 1..200)
        ) {
            let mut timers = Timers::default();
            timers.grow(5);
            let mut model: BTreeMap<usize, Turn> = BTreeMap::new();
            let mut now = Instant::ZERO;
            for (timer, delay, what) in acts {
                match what {
                    0 => { timers.stop(timer); model.remove(&timer); }
                    1 | 2 => {
                        now = now.after_us(delay);
                        loop {
                            let first = model.iter().map(|(t, due)| (*due, *t)).min();
                            let expected = first.filter(|(due, _)| due.at <= now).map(|(_, t)| t);
                            prop_assert_eq!(timers.expire(now), expected);
                            let Some(gone) = expected else { break };
                            model.remove(&gone);
                        }
                    }
                    _ => {
                        let order = timers.next_order;
                        timers.set(timer, now.after_us(delay));
                        model.insert(timer, Turn { at: now.after_us(delay), order });
                    }
                }
                prop_assert!(timers.not_before() <= model.values().copied().min().unwrap_or(Turn::NEVER));
            }
        }
    }
}
