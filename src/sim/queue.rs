//! Frames on their way, in the order in which they arrive.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::carp::{Advertisement, Turn};

use super::network::Receivers;
use super::setup::{HostId, SegmentId};

/// A frame on its way to one receiver, or to all that it reaches at the same time.
///
/// One entry for all receivers is as good as one each: those would have consecutive places in the order, and whatever
/// happens while one receives comes behind the last of them. So nothing can come between two receivers of a frame, and
/// handing it to them one after the other, in the order of the hosts, is the same as taking them from the queue one by
/// one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    /// When it arrives.
    pub(super) turn: Turn,
    pub(super) from: HostId,
    pub(super) segment: SegmentId,
    pub(super) to: To,
    /// The bytes, by number, if the run has them.
    pub(super) bytes: Option<u32>,
    pub(super) advertisement: Advertisement,
}

/// Who receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    All(Receivers),
    /// The member of the segment at this place.
    One(u16),
}

/// Frames by arrival. Without jitter every frame arrives behind those that left before it, so a plain list will do; what
/// does not fit behind its end goes to a heap.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    in_order: VecDeque<Flight>,
    heap: BinaryHeap<Reverse<(Turn, u16, usize)>>,
    /// The frames of the heap, and free places among them.
    parked: Vec<Flight>,
    free: Vec<usize>,
}

impl Queue {
    pub(super) fn push(&mut self, flight: Flight) {
        let behind = self
            .in_order
            .back()
            .is_none_or(|last| last.turn < flight.turn);
        if behind && !matches!(flight.to, To::One(_)) {
            self.in_order.push_back(flight);
            return;
        }
        let place = self.free.pop().unwrap_or(self.parked.len());
        if place == self.parked.len() {
            self.parked.push(flight);
        } else {
            self.parked[place] = flight;
        }
        // Frames to single receivers share the order of their advertisement; the receivers' own order decides.
        let receiver = match flight.to {
            To::One(receiver) => receiver,
            To::All(_) => 0,
        };
        self.heap.push(Reverse((flight.turn, receiver, place)));
    }

    /// The turn of the next frame.
    pub(super) fn next(&self) -> Turn {
        let listed = self
            .in_order
            .front()
            .map_or(Turn::NEVER, |flight| flight.turn);
        match self.heap.peek() {
            None => listed,
            Some(Reverse((turn, ..))) => listed.min(*turn),
        }
    }

    pub(super) fn pop(&mut self) -> Option<Flight> {
        let listed = self
            .in_order
            .front()
            .map_or(Turn::NEVER, |flight| flight.turn);
        if self
            .heap
            .peek()
            .is_some_and(|Reverse((turn, ..))| *turn < listed)
        {
            let Reverse((_, _, place)) = self.heap.pop()?;
            self.free.push(place);
            return Some(self.parked[place]);
        }
        self.in_order.pop_front()
    }
}
