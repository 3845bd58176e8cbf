//! Where in a description something stands, without its text.

use std::fmt;

/// One step of a [`Route`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into a table, by key.
    Key(String),
    /// Into an array, by position from 0.
    Index(usize),
    /// The last step: the key itself, rather than its value.
    NameOf(String),
}

/// The way from the top of a description to a value, such as `vhid[1].vips[0]`. What reads the text turns a
/// route into line and column; where a step leads nowhere, the table that was reached so far is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route(Vec<Step>);

impl Route {
    /// The top of the description.
    #[must_use]
    pub const fn top() -> Self {
        Self(Vec::new())
    }

    /// One step further, to the value of a key.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// One step further, to an element of an array, counted from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// The last step, to the name of a key rather than to its value.
    #[must_use]
    pub fn name_of(&self, key: &str) -> Self {
        self.with(Step::NameOf(key.to_owned()))
    }

    /// The steps from the top.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) | Step::NameOf(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) | Step::NameOf(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
