//! A transport for tests: it answers what it was told to, and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use super::transport::{Reply, Request, Target, Transport, TransportError};
use crate::model::HostName;

/// What a host was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which host, and the way to it.
    pub target: Target,
    /// The script.
    pub script: Vec<u8>,
    /// A login of its own was wanted.
    pub new_login: bool,
}

type Answer = Box<dyn Fn(&Request) -> Result<Reply, TransportError> + Send>;

/// Answers that are given in their order, host by host.
#[derive(Default)]
pub struct Fake {
    answers: Mutex<BTreeMap<HostName, VecDeque<Answer>>>,
    asked: Mutex<Vec<Asked>>,
}

impl Fake {
    /// One that answers nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next answer of a host.
    pub fn answer(&self, host: &HostName, result: Result<Reply, TransportError>) {
        self.answer_with(host, move |_| result.clone());
    }

    /// The next answer of a host, made of the question.
    pub fn answer_with(
        &self,
        host: &HostName,
        answer: impl Fn(&Request) -> Result<Reply, TransportError> + Send + 'static,
    ) {
        let mut answers = self
            .answers
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        let of_host = answers.entry(host.clone()).or_default();
        of_host.push_back(Box::new(answer));
    }

    /// What was asked so far, in that order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self
            .asked
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        asked.clone()
    }
}

impl Transport for Fake {
    fn exchange(&self, target: &Target, request: &Request) -> Result<Reply, TransportError> {
        self.asked
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
            .push(Asked {
                target: target.clone(),
                script: request.script.to_vec(),
                new_login: request.new_login,
            });
        let mut answers = self
            .answers
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        let next = answers.get_mut(&target.host).and_then(VecDeque::pop_front);
        drop(answers);
        match next {
            Some(answer) => answer(request),
            None => Err(TransportError::Unreachable {
                destination: target.destination.clone(),
                why: "no answer was prepared".to_owned(),
            }),
        }
    }
}
